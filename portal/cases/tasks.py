"""Celery wakes the sweep; the truth is in Postgres, so a lost or repeated message changes nothing."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from portal.cases import actions


@shared_task(name="portal.cases.tasks.sweep")
def sweep() -> None:
    """Let everything that has fallen due take effect."""
    actions.sweep(at=timezone.now())
