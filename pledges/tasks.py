"""What the clock does for pledges."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from pledges import measuring


@shared_task(name="pledges.tasks.measure")
def measure() -> int:
    """Answer measured clauses for the days that are over. Woken every hour, for nights that were missed."""
    return measuring.measure_due(at=timezone.now()).results
