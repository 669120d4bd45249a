"""Beat wakes, this reads the clock and makes one call."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from portal.notices.delivery import deliver


@shared_task(name="portal.notices.tasks.deliver")
def deliver_waiting() -> None:
    deliver(at=timezone.now())
