"""Read-only lists: the calendar changes only through its verbs, which lock, number and record."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from portal.workdays.models import CalendarNotice, Day


class ReadOnlyAdmin(ModelAdmin):
    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(CalendarNotice)
class CalendarNoticeAdmin(ReadOnlyAdmin):
    list_display = ("year", "number", "title", "issued_on", "seeded", "entered_by_name")
    list_filter = ("seeded",)
    search_fields = ("number", "title")


@admin.register(Day)
class DayAdmin(ReadOnlyAdmin):
    list_display = ("date", "working", "ordinal", "reason", "name", "notice", "provisional")
    list_filter = ("reason", "provisional")
    list_select_related = ("notice",)
    date_hierarchy = "date"
    search_fields = ("name",)
