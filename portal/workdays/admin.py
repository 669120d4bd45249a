"""Read-only lists: the calendar changes only through its verbs, which lock, number and record."""

from __future__ import annotations

from django.contrib import admin

from portal.organisation.read_only_admin import ReadOnlyAdmin
from portal.workdays.models import CalendarNotice, Day


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
