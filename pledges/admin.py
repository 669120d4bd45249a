"""The administrators' pages of the pledges: to look at. What is written, the verbs write."""

from __future__ import annotations

from django.contrib import admin

from pledges.models import Breach, Pledge, PledgeVersion, Result
from portal.organisation.read_only_admin import ReadOnlyAdmin


@admin.register(Pledge)
class PledgeAdmin(ReadOnlyAdmin):
    list_display = ("id", "unit", "created_at")
    list_filter = ("unit",)
    list_select_related = ("unit",)


@admin.register(PledgeVersion)
class PledgeVersionAdmin(ReadOnlyAdmin):
    list_display = ("title", "number", "state", "document", "valid_from", "valid_until", "published_at")
    list_filter = ("state",)
    list_select_related = ("document",)
    search_fields = ("document__number__exact",)
    # Drafts are for those who work on them.
    exclude = ("preamble", "closing", "phone", "fax", "email", "writers")


@admin.register(Result)
class ResultAdmin(ReadOnlyAdmin):
    list_display = ("day", "clause", "part", "whole", "kept", "measured_at")
    list_filter = ("kept",)
    list_select_related = ("clause",)


@admin.register(Breach)
class BreachAdmin(ReadOnlyAdmin):
    """Without the complainant and without the look-up code: an administrator handles no complaint."""

    list_display = ("number", "title", "source", "state", "unit", "opened_at", "closed_at")
    list_filter = ("state", "source")
    search_fields = ("number__exact",)
    list_select_related = ("unit",)
    exclude = (
        "lookup_code",
        "complainant_name",
        "complainant_phone",
        "complainant_email",
        "description",
        "statement",
        "finding",
        "remedy",
    )
