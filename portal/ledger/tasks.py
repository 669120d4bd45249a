"""What the clock does for the ledger."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

from celery import shared_task
from django.utils import timezone

from portal.ledger import actions

SHANGHAI = ZoneInfo("Asia/Shanghai")


@shared_task(name="portal.ledger.tasks.seal")
def seal() -> int | None:
    """Seal yesterday if nobody has; the new number. Woken every hour, for nights slept through."""
    now = timezone.now()
    made = actions.seal(day=now.astimezone(SHANGHAI).date() - timedelta(days=1), at=now)
    return made.number if made else None
