"""The outbox, to look at. Texts and addresses are left out: keeping the post going needs neither."""

from __future__ import annotations

from django.contrib import admin

from portal.notices.models import Notice
from portal.organisation.read_only_admin import ReadOnlyAdmin


@admin.register(Notice)
class NoticeAdmin(ReadOnlyAdmin):
    list_display = (
        "key",
        "channel",
        "state",
        "attempts",
        "queued_at",
        "next_attempt_at",
        "delivered_at",
        "error",
    )
    list_filter = ("state", "channel")
    search_fields = ("key__exact",)
    exclude = ("address", "subject", "body")
    list_select_related = ("case", "staff", "unit")
    ordering = ("-id",)
