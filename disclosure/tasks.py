"""What the clock does for the catalogue."""

from __future__ import annotations

from celery import shared_task

from disclosure import visits


@shared_task(name="disclosure.tasks.keep_visits")
def keep_visits() -> int:
    """Move the visits of the last minutes into the database. One that is missed leaves them to the next."""
    return visits.keep_visits()
