"""Cases and their clocks, to look at: they are moved through their workflows alone."""

from __future__ import annotations

from django.contrib import admin

from portal.cases.models import Case, Deadline, SweepFailure
from portal.organisation.read_only_admin import ReadOnlyAdmin


@admin.register(Case)
class CaseAdmin(ReadOnlyAdmin):
    list_display = ("number", "kind", "title", "state", "unit", "opened_at", "closed_at")
    list_filter = ("kind", "state")
    search_fields = ("number__exact",)
    list_select_related = ("unit",)
    exclude = ("lookup_code",)


@admin.register(Deadline)
class DeadlineAdmin(ReadOnlyAdmin):
    list_display = ("case", "term", "limit", "started_at", "due_at", "warned_at", "breached_at", "stopped_at")
    list_filter = ("limit", "term")
    list_select_related = ("case",)
    search_fields = ("case__number__exact",)


@admin.register(SweepFailure)
class SweepFailureAdmin(ReadOnlyAdmin):
    list_display = ("case", "attempts", "first_at", "last_at", "retry_at", "error")
    list_select_related = ("case",)
