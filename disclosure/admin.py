"""The administrators' pages of the catalogue: how it is arranged, by its verb; items to look at."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.utils import timezone
from unfold.admin import ModelAdmin

from disclosure import actions
from disclosure.forms.categories import CategoryForm
from disclosure.models import Category, Disclosure, InformationRequest, Publication, Theme
from portal.cases.workflow import NotAllowed
from portal.organisation.actors_of import actor_of
from portal.organisation.read_only_admin import ReadOnlyAdmin


class ByVerb(ModelAdmin):
    """Nothing is deleted: items stand there. The code stands in addresses and in the ledger for good."""

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("code",) if obj else ("active",)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        changed = {name: form.cleaned_data[name] for name in form.changed_data}
        row = type(obj).objects.get(pk=obj.pk) if change else type(obj)()
        if not changed:
            return
        try:
            actions.arrange(row, actor=actor_of(request), at=timezone.now(), **changed)
        except NotAllowed as refused:
            raise PermissionDenied(str(refused.message)) from None
        obj.pk = row.pk


@admin.register(Category)
class CategoryAdmin(ByVerb):
    form = CategoryForm
    list_display = ("name", "name_en", "code", "parent", "position", "active")
    list_filter = ("active",)
    list_select_related = ("parent",)
    search_fields = ("name", "name_en", "code")
    fields = ("code", "name", "name_en", "parent", "position", "active")


@admin.register(Theme)
class ThemeAdmin(ByVerb):
    list_display = ("name", "name_en", "code", "position", "active")
    list_filter = ("active",)
    search_fields = ("name", "name_en", "code")
    fields = ("code", "name", "name_en", "position", "active")


@admin.register(Disclosure)
class DisclosureAdmin(ReadOnlyAdmin):
    list_display = ("index_number", "title", "category", "unit", "published_at", "validity", "withdrawn_at")
    list_filter = ("validity", "category")
    list_select_related = ("category", "unit")
    search_fields = ("index_number__exact",)
    # As they are recorded, which tells a reader nothing.
    exclude = ("channels",)


@admin.register(Publication)
class PublicationAdmin(ReadOnlyAdmin):
    """Without the third party and without the texts: an administrator decides nothing."""

    list_display = ("number", "occasion", "state", "unit", "opened_at", "closed_at")
    list_filter = ("state", "occasion")
    search_fields = ("number__exact",)
    list_select_related = ("unit",)
    exclude = (
        *("lookup_code", "title", "third_party", "third_party_answer", "public_interest", "written_by"),
        *("occasion", "determined_by"),
    )


@admin.register(InformationRequest)
class InformationRequestAdmin(ReadOnlyAdmin):
    """Without the applicant, without what is asked and answered, and without the look-up code."""

    list_display = ("number", "state", "unit", "received_on", "opened_at", "closed_at")
    list_filter = ("state",)
    search_fields = ("number__exact",)
    list_select_related = ("unit",)
    exclude = (
        *("lookup_code", "title", "applicant_name", "applicant_number", "representative", "phone", "email"),
        *("address", "wanted_title", "wanted_number", "description", "asked", "reply_text"),
        *("withheld_grounds", "public_interest", "served_to", "outcome", "earlier"),
    )
