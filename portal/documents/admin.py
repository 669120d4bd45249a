"""Documents and batches, to look at. What may speak of people is left out: titles, reasons, files, values."""

from __future__ import annotations

from django.contrib import admin

from portal.documents.models import Batch, Document
from portal.organisation.read_only_admin import ReadOnlyAdmin


@admin.register(Document)
class DocumentAdmin(ReadOnlyAdmin):
    list_display = ("number", "kind", "made_at", "made_by_name", "suspended_at", "ended", "is_public", "size")
    list_filter = ("kind", "ended", "is_public")
    search_fields = ("number__exact", "check_code__exact", "sha256__exact")
    exclude = ("title", "file", "suspended_reason", "ended_reason")
    list_select_related = ()
    ordering = ("-id",)


@admin.register(Batch)
class BatchAdmin(ReadOnlyAdmin):
    list_display = ("id", "kind", "ordered_at", "ordered_by", "stopped_at", "finished_at")
    list_filter = ("kind",)
    list_select_related = ("ordered_by",)
    ordering = ("-id",)
