"""Issuing what was ordered in batches. Right when run late, twice or in parallel."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from portal.documents import batches

# A turn of some seconds, so that a sweep on the same worker never waits for a long batch.
A_TURN = 50


@shared_task(name="portal.documents.tasks.issue_waiting")
def issue_waiting() -> None:
    if batches.run(clock=timezone.now, most=A_TURN) == A_TURN:
        issue_waiting.delay()
