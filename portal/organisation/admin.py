"""The administrators' pages of units and staff. Nothing is written but by the verbs of `actions.py`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from allauth.account import views as account_views
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib import admin, messages
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from rest_framework.authtoken.models import TokenProxy
from unfold.admin import ModelAdmin

from portal.organisation import actions as verbs
from portal.organisation.actors_of import actor_of
from portal.organisation.adapters import StaffAccountAdapter
from portal.organisation.admin_forms import StaffForm, UnitForm
from portal.organisation.models import Staff, Unit

# Rights come from roles; keys and second factors are nobody's to read; addresses are not proved by mail.
for model in (Group, EmailAddress, Authenticator, UserSession, TokenProxy):
    if admin.site.is_registered(model):
        admin.site.unregister(model)


def _change_own_password(request: HttpRequest, extra_context: Any = None) -> HttpResponse:
    return redirect("account_change_password")


# The one way out, and the one way to a new password, are the portal's own: they leave an event.
admin.site.logout = lambda request, extra_context=None: account_views.logout(request)  # type: ignore[method-assign]
admin.site.password_change = _change_own_password  # type: ignore[method-assign,assignment]


class ByVerbs(ModelAdmin):
    """No deletion, and a verb's refusal becomes a sentence on the page."""

    actions_selection_counter = True

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """What stands in the records is written once."""
        fixed: tuple[str, ...] = self.written_once if obj else ()
        return (*super().get_readonly_fields(request, obj), *fixed)

    written_once: tuple[str, ...] = ()

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return super().changeform_view(request, *args, **kwargs)
        except ValidationError as refused:
            for sentence in refused.messages:
                messages.error(request, sentence)
            return redirect(request.get_full_path())


@admin.register(Unit)
class UnitAdmin(ByVerbs):
    form = UnitForm
    list_display = ("name", "name_en", "code", "parent", "phone", "active")
    list_filter = ("active",)
    list_select_related = ("parent",)
    search_fields = ("name", "name_en", "code")
    fields = ("name", "name_en", "code", "parent", "phone", "active")
    written_once = ("code",)

    def save_model(self, request: HttpRequest, obj: Unit, form: Any, change: bool) -> None:
        values, at, actor = form.cleaned_data, timezone.now(), actor_of(request)
        if not change:
            made = verbs.create_unit(
                **{name: values[name] for name in ("name", "name_en", "code", "parent", "phone")},
                actor=actor,
                at=at,
            )
            obj.pk = made.pk
            return
        unit = Unit.objects.get(pk=obj.pk)
        details = {name: values[name] for name in verbs.UNIT_DETAILS}
        verbs.change_unit_details(unit=unit, actor=actor, at=at, **details)
        verbs.move_unit(unit=unit, parent=values["parent"], actor=actor, at=at)
        if values["active"] != unit.active:
            (verbs.reopen_unit if values["active"] else verbs.close_unit)(unit=unit, actor=actor, at=at)


@admin.register(Staff)
class StaffAdmin(ByVerbs):
    form = StaffForm
    list_display = ("username", "name", "unit", "role_names", "title", "is_active", "last_login")
    list_filter = ("is_active", "unit")
    list_select_related = ("unit",)
    search_fields = ("username", "name", "phone")
    fieldsets = (
        (None, {"fields": ("username", "name", "title", "phone", "email")}),
        (_("What they may do"), {"fields": ("unit", "roles", "is_active")}),
        (_("Signing in"), {"fields": ("new_password", "last_login", "date_joined")}),
    )
    readonly_fields = ("last_login", "date_joined")
    written_once = ("username",)
    actions = ("issue_tokens", "revoke_tokens", "reset_second_factors", "unlock")

    @admin.display(description=_("roles"))
    def role_names(self, staff: Staff) -> str:
        return gettext(", ").join(staff.role_labels())

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        fields = super().get_readonly_fields(request, obj)
        # One's own rights are somebody else's to change.
        return (*fields, "unit", "roles", "is_active") if obj and obj.pk == request.user.pk else fields

    def save_model(self, request: HttpRequest, obj: Staff, form: Any, change: bool) -> None:
        values, at, actor = form.cleaned_data, timezone.now(), actor_of(request)
        details = {name: values[name] for name in verbs.DETAILS}
        if not change:
            made = verbs.hire(
                username=values["username"],
                roles=values["roles"],
                unit=values["unit"],
                password=values["new_password"] or None,
                actor=actor,
                at=at,
                **details,
            )
            obj.pk = made.pk
            return
        staff = Staff.objects.get(pk=obj.pk)
        verbs.change_details(staff=staff, actor=actor, at=at, **details)
        if "roles" in form.changed_data or "unit" in form.changed_data:
            _change_post(staff, values, actor=actor, at=at)
        if "is_active" in form.changed_data:
            verb = verbs.reactivate if values["is_active"] else verbs.deactivate
            verb(staff=staff, actor=actor, at=at)
        if values["new_password"]:
            address = StaffAccountAdapter(request).get_client_ip(request)
            verbs.set_password(
                staff=staff, password=values["new_password"], actor=actor, at=at, address=address
            )

    @admin.action(description=_("Issue a token for the API"))
    def issue_tokens(self, request: HttpRequest, chosen: QuerySet[Staff]) -> None:
        def issue(staff: Staff) -> str:
            key = verbs.issue_token(staff=staff, actor=actor_of(request), at=timezone.now())
            return gettext("Token of %(name)s, shown this once: %(key)s") % {
                "name": staff.username,
                "key": key,
            }

        self._each(request, chosen, issue)

    @admin.action(description=_("Revoke the token for the API"))
    def revoke_tokens(self, request: HttpRequest, chosen: QuerySet[Staff]) -> None:
        def revoke(staff: Staff) -> str:
            verbs.revoke_token(staff=staff, actor=actor_of(request), at=timezone.now())
            return gettext("%(name)s has no token any more.") % {"name": staff.username}

        self._each(request, chosen, revoke)

    @admin.action(description=_("Take the second factor away (lost device)"))
    def reset_second_factors(self, request: HttpRequest, chosen: QuerySet[Staff]) -> None:
        def reset(staff: Staff) -> str:
            verbs.reset_second_factor(staff=staff, actor=actor_of(request), at=timezone.now())
            return gettext("%(name)s sets up a second factor anew.") % {"name": staff.username}

        self._each(request, chosen, reset)

    @admin.action(description=_("Open a locked sign-in"))
    def unlock(self, request: HttpRequest, chosen: QuerySet[Staff]) -> None:
        def open_again(staff: Staff) -> str:
            StaffAccountAdapter(request).unlock(request, staff, actor=actor_of(request))
            return gettext("%(name)s may sign in again.") % {"name": staff.username}

        self._each(request, chosen, open_again)

    def _each(self, request: HttpRequest, chosen: QuerySet[Staff], verb: Callable[[Staff], str]) -> None:
        """One sentence for each, whether it was done or refused."""
        for staff in chosen:
            try:
                messages.success(request, verb(staff))
            except (ValidationError, PermissionDenied) as refused:
                sentence = refused.messages[0] if isinstance(refused, ValidationError) else str(refused)
                messages.error(request, f"{staff.username}: {sentence}")


def _change_post(staff: Staff, values: dict[str, Any], *, actor: Any, at: Any) -> None:
    """Unit and roles, in the order in which a handler is never without a unit."""
    if values["unit"] is None:
        verbs.change_roles(staff=staff, roles=values["roles"], actor=actor, at=at)
        verbs.move_to_unit(staff=staff, unit=None, actor=actor, at=at)
    else:
        verbs.move_to_unit(staff=staff, unit=values["unit"], actor=actor, at=at)
        verbs.change_roles(staff=staff, roles=values["roles"], actor=actor, at=at)
