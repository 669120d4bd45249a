"""Beat's sign of life, for /healthz."""

from __future__ import annotations

import time

from celery import shared_task
from django.core.cache import cache

from .health import HEARTBEAT


@shared_task(name="portal.site.tasks.heartbeat")
def heartbeat() -> None:
    """Write the time: that it is fresh shows that beat, broker and a worker are all at work."""
    cache.set(HEARTBEAT, int(time.time()), timeout=None)
