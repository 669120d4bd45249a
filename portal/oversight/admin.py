"""Cards, to look at: they are issued by the clock and decided on their own pages."""

from __future__ import annotations

from django.contrib import admin

from portal.organisation.read_only_admin import ReadOnlyAdmin
from portal.oversight.models import Card


@admin.register(Card)
class CardAdmin(ReadOnlyAdmin):
    list_display = ("number", "colour", "state", "case", "unit", "holder_name", "issued_at", "reply_by")
    list_filter = ("colour", "state")
    search_fields = ("number__exact", "case__number__exact")
    list_select_related = ("case", "unit")
