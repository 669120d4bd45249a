"""What the clock does for the window, besides the limits of its cases."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from approvals import drafts


@shared_task(name="approvals.tasks.forget_drafts")
def forget_drafts() -> int:
    """Delete drafts that nobody went on with. Woken every hour, for nights that were missed."""
    return drafts.delete_old(at=timezone.now())
