"""The Celery app and what beat wakes.

A message only wakes: what is due, and what is still to be told, stands in Postgres. So a message that
finds no worker for a while may go (`expires`), and one that comes twice finds nothing to do.

`portal.site`'s AppConfig imports this module, so that tasks belong to this app in every process; the
package `portal` itself imports nothing, as `portal.embedded` must run before anything is installed.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import Any

from celery import Celery
from celery.schedules import crontab
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")


def every(seconds: int, task: str) -> dict[str, Any]:
    """A wake-up as soon as beat starts and then each `seconds`; one not taken before the next may go."""
    return {
        "task": task,
        "schedule": float(seconds),
        "options": {"expires": max(seconds, 5)},
        "last_run_at": datetime(2000, 1, 1, tzinfo=UTC),
    }


app = Celery("portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.conf.beat_schedule = {
    "sweep": every(settings.SWEEP_SECONDS, "portal.cases.tasks.sweep"),
    "deliver": every(settings.DELIVER_SECONDS, "portal.notices.tasks.deliver"),
    "issue_documents": every(30, "portal.documents.tasks.issue_waiting"),
    # What readers counted, from memory into the database.
    "keep_visits": every(180, "disclosure.tasks.keep_visits"),
    "heartbeat": every(10, "portal.site.tasks.heartbeat"),
    # Ten past midnight in Shanghai; once more an hour later each hour, for a night that was slept through.
    "seal": {
        "task": "portal.ledger.tasks.seal",
        "schedule": crontab(minute="10", hour="*"),
        "options": {"expires": 3000},
    },
    # Like the seal: what a night left out is made up within the hour.
    "measure": {
        "task": "pledges.tasks.measure",
        "schedule": crontab(minute="20", hour="*"),
        "options": {"expires": 3000},
    },
    # Personal data that nobody sent goes after a month; like the seal, also after a night that was missed.
    "forget_drafts": {
        "task": "approvals.tasks.forget_drafts",
        "schedule": crontab(minute="40", hour="*"),
        "options": {"expires": 3000},
    },
}
