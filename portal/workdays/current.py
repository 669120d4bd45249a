"""The calendar in force, kept per process and read again only when it has changed.

Order of locks, everywhere: the calendar first, then cases, then their deadlines. Who writes a deadline holds
the calendar shared until commit; who changes the calendar holds it alone and then re-plans the deadlines.
Taken the other way round, the two would wait for each other.
"""

from __future__ import annotations

import uuid

from django.db import connection
from django.db.transaction import TransactionManagementError

from portal.workdays.calendar import Calendar, Day
from portal.workdays.models import CalendarVersion
from portal.workdays.models import Day as DayRow

# The advisory lock's key: the letters "wday". Nothing else in the portal may use it.
LOCK_KEY = 0x77646179

# The last calendar read, with the token it was read under; one assignment, so threads need no lock.
_cached: tuple[uuid.UUID, Calendar] | None = None


class CalendarMissing(RuntimeError):
    """No calendar has been loaded into this database yet: run `manage.py load_calendar`."""


def current_calendar() -> Calendar:
    """The calendar in force: one small query, and the days only when they changed since the last call."""
    return _calendar_of(_token())


def lock_calendar_shared() -> Calendar:
    """The calendar in force, unchanged until the transaction ends; any number of writers may hold it so."""
    return _locked("pg_advisory_xact_lock_shared")


def lock_calendar_exclusive() -> Calendar:
    """The same for whoever changes it: waits for every transaction that is writing deadlines."""
    return _locked("pg_advisory_xact_lock")


def lock_for_loading() -> None:
    """The exclusive lock alone, for loading into a database that may have no calendar yet."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT pg_advisory_xact_lock({LOCK_KEY})")


def read_days() -> list[Day]:
    """Every day of the calendar as values, oldest first."""
    rows = DayRow.objects.order_by("date").values_list(
        "date", "working", "reason", "name", "notice__number", "notice__title", "provisional"
    )
    return [
        Day(date, working, reason, name, number or title or "", provisional)
        for date, working, reason, name, number, title, provisional in rows
    ]


def _token() -> uuid.UUID:
    token = CalendarVersion.objects.values_list("token", flat=True).first()
    if token is None:
        raise CalendarMissing("The working-day calendar is empty. Run `manage.py load_calendar`.")
    return token


def _calendar_of(token: uuid.UUID) -> Calendar:
    global _cached
    while True:
        # Read once: another thread may put a newer calendar there between two looks.
        cached = _cached
        if cached is not None and cached[0] == token:
            return cached[1]
        calendar = Calendar(read_days())
        # A notice may be entered between the two queries: the days then belong to the next version.
        again = _token()
        if again == token:
            _cached = (token, calendar)
            return calendar
        token = again


def _locked(function: str) -> Calendar:
    if not connection.in_atomic_block:
        raise TransactionManagementError("The calendar can be locked only inside a transaction.")
    # Two statements in one round trip: the second takes its snapshot after the lock is granted, so it sees
    # what the last holder committed. A row lock would write to the row for every deadline.
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {function}({LOCK_KEY}); SELECT token FROM {CalendarVersion._meta.db_table}"  # noqa: S608
        )
        row = cursor.fetchone()
    if row is None:
        raise CalendarMissing("The working-day calendar is empty. Run `manage.py load_calendar`.")
    return _calendar_of(row[0])
