"""The ledger in the administrators' pages: to be read, by nobody to be changed."""

from __future__ import annotations

from django.contrib import admin

from portal.ledger.models import Event, Seal
from portal.organisation.read_only_admin import ReadOnlyAdmin


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin):
    list_display = ("subject", "seq", "verb", "at", "actor_name", "actor_role")
    search_fields = ("subject__startswith",)
    ordering = ("-id",)


@admin.register(Seal)
class SealAdmin(ReadOnlyAdmin):
    list_display = ("number", "day", "count", "root", "at")
    fields = (
        "number",
        "day",
        "at",
        "first_event_id",
        "last_event_id",
        "count",
        "root",
        "previous",
        "hash",
        "signature",
    )
    ordering = ("-number",)
