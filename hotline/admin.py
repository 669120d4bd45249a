"""The administrators' pages of the hotline: categories and limits by their verbs, the rest to look at."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from unfold.admin import ModelAdmin

from hotline import actions
from hotline.models import Call, Category, LimitRule, Ticket
from portal.cases.workflow import NotAllowed, Refused
from portal.organisation.actors_of import actor_of
from portal.organisation.read_only_admin import ReadOnlyAdmin

CATEGORY_CHANGES = ("name", "name_en", "usual_unit", "position", "active")


class ByVerbs(ModelAdmin):
    """Nothing is deleted, and what a verb refuses is said on the page."""

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def changeform_view(self, request: HttpRequest, *args: Any, **options: Any) -> HttpResponse:
        try:
            return super().changeform_view(request, *args, **options)
        except NotAllowed as refused:
            raise PermissionDenied(str(refused.message)) from None
        except Refused as refused:
            messages.error(request, str(refused.message))
            return redirect(request.get_full_path())


@admin.register(Category)
class CategoryAdmin(ByVerbs):
    """A new category gets the limits of its nature at once; code and nature stand in the records for good."""

    list_display = ("name", "name_en", "code", "nature", "usual_unit", "position", "active")
    list_filter = ("active", "nature")
    list_select_related = ("usual_unit",)
    search_fields = ("name", "name_en", "code")
    fields = ("code", "name", "name_en", "nature", "usual_unit", "position", "active")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("code", "nature") if obj else ("active",)

    def save_model(self, request: HttpRequest, obj: Category, form: Any, change: bool) -> None:
        given, at, actor = form.cleaned_data, timezone.now(), actor_of(request)
        if change:
            changed = {name: given[name] for name in form.changed_data if name in CATEGORY_CHANGES}
            if changed:
                category = Category.objects.get(pk=obj.pk)
                actions.change_category(category, actor=actor, at=at, **changed)
            return
        names = ("code", "name", "name_en", "nature", "usual_unit", "position")
        made = actions.create_category(**{name: given[name] for name in names}, actor=actor, at=at)
        obj.pk = made.pk


@admin.register(LimitRule)
class LimitRuleAdmin(ByVerbs):
    """Working days. Tickets that run already keep the limits they began with."""

    list_display = ("category", "urgency", *actions.LIMIT_FIELDS)
    list_filter = ("category", "urgency")
    list_select_related = ("category",)
    fields = ("category", "urgency", *actions.LIMIT_FIELDS)
    readonly_fields = ("category", "urgency")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: LimitRule, form: Any, change: bool) -> None:
        changed = {name: form.cleaned_data[name] for name in form.changed_data}
        if changed:
            rule = LimitRule.objects.get(pk=obj.pk)
            actions.set_limits(rule, actor=actor_of(request), at=timezone.now(), **changed)


@admin.register(Ticket)
class TicketAdmin(ReadOnlyAdmin):
    """Without the caller and without the look-up code: an administrator calls nobody back."""

    list_display = ("number", "category", "place", "state", "unit", "opened_at", "closed_at")
    list_filter = ("state", "category")
    search_fields = ("number__exact",)
    list_select_related = ("category", "unit")
    exclude = ("lookup_code", "caller_name", "caller_phone", "caller_email")


@admin.register(Call)
class CallAdmin(ReadOnlyAdmin):
    list_display = ("at", "direction", "outcome", "ticket", "operator", "rating")
    list_filter = ("direction", "outcome")
    list_select_related = ("ticket", "operator")
    search_fields = ("ticket__number__exact",)
    exclude = ("name", "phone")
