"""The ledger in the administrators' pages: to be read, by nobody to be changed."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from portal.ledger.models import Event, Seal


class ReadOnlyAdmin(ModelAdmin):
    # No count over a table that only grows.
    show_full_result_count = False
    list_per_page = 50

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


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
