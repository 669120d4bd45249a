"""Databases of N tickets with one running clock each: some made by real verbs, the mass cloned in SQL.

A clone has all the rows of a real ticket (header, ticket, clock, call, event and end of its chain), so that
every table and index that a sweep or a page touches is as large as it would be. What differs between clones
are the numbers, the unit, and the clock's moments, which follow from the calendar as real ones do.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from benchmarks.bare_tables import bare
from benchmarks.house import say

if TYPE_CHECKING:
    from django.db.models import Model

    from benchmarks.house import House

SIZES = (1_000, 50_000, 1_000_000)
# What falls due by and by: a few to warm up, then a hundred a round.
WARM_UP, DUE, ROUNDS = 10, 100, 7
WAVES = (WARM_UP, *[DUE] * ROUNDS)
FIRST_MONDAY = date(2025, 1, 6)
WAVE_EVERY = timedelta(days=28)
# The mass was opened over these days, so that it falls due long after every wave.
OPENED_FROM, OPENED_DAYS = date(2026, 11, 2), 240
BASE = "waves"
# Columns of a clone, as expressions of n and of the moments of the day on which it was opened.
NUMBER = "'12319-20261102-' || (100000 + n)"
STARTED = "m.started_at + mod(n, 28800) * interval '1 second'"
DERIVED = {"due_at": "m.due_at", "warn_at": "m.warn_at", "wake_at": "m.warn_at"}


def name_of(size: int) -> str:
    return f"many_{size}"


def wave_at(number: int) -> Any:
    from tests.bureau import moment

    return moment(f"{FIRST_MONDAY + number * WAVE_EVERY} 09:00")


def database(house: House, size: int) -> str:
    """The name of a database with `size` tickets and as many running clocks, made when first asked for."""
    name = name_of(size)
    if name in house.made:
        return name
    if BASE not in house.made:
        house.copy(BASE)
        with house.using(BASE):
            _walk_waves(house)
        house.made.add(BASE)
    say(f"filling a database with {size:,} tickets …")
    house.copy(name, of=BASE)
    with house.using(name):
        fill(size - sum(WAVES))
    house.made.add(name)
    return name


def _walk_waves(house: House) -> None:
    from tests.bureau import ticket

    for number, count in enumerate(WAVES):
        for place in range(count):
            ticket(house.bureau, "handling", at=wave_at(number), place=f"第{number}批第{place}处")


def fill(count: int) -> None:
    """Clone the newest ticket `count` times in the current database, then gather statistics."""
    from django.db import connection, transaction

    from hotline.models import Call, Ticket
    from portal.cases.models import Case, Deadline
    from portal.ledger.models import Event, Head

    pattern = Ticket.objects.latest("pk")
    (clock,) = Deadline.objects.running().filter(case=pattern)
    first = pattern.pk + 1
    ids = {"id": f"{first} + n", "number": NUMBER}
    event = Event.objects.of(pattern.subject).first()
    call = pattern.calls.get()
    assert event is not None
    tables = (Case, Ticket, Deadline, Call, Event, Head)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit = off; SET LOCAL maintenance_work_mem = '256MB'")
        clock_ids = {"id": f"{_last(cursor, Deadline)} + n", "case_id": f"{first} + n"}
        call_ids = {"id": f"{_last(cursor, Call)} + n", "ticket_id": f"{first} + n"}
        event_ids = {"id": f"{_last(cursor, Event)} + n"}
        cursor.execute("SELECT array_agg(id) FROM organisation_unit WHERE code IN ('greening', 'roads')")
        units = f"(ARRAY{cursor.fetchone()[0]})[1 + mod(n, 2)]"
        _days(cursor, clock)
        with bare(cursor, [model._meta.db_table for model in tables]):
            for model, pk, changed in (
                (Case, pattern.pk, ids | {"unit_id": units, "opened_at": STARTED, "next_due_at": "m.due_at"}),
                (Ticket, pattern.pk, {"case_ptr_id": f"{first} + n"}),
                (Deadline, clock.pk, clock_ids | {"started_at": STARTED} | DERIVED),
                (Call, call.pk, call_ids | {"at": STARTED}),
                (Event, event.pk, event_ids | {"at": STARTED, "subject": f"'case:' || {NUMBER}"}),
                (Head, pattern.subject, {"subject": f"'case:' || {NUMBER}"}),
            ):
                _clone(cursor, model, pk, count, changed)
        for model in (Case, Deadline, Call, Event):
            table = model._meta.db_table
            cursor.execute(
                f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))"
            )
    with connection.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE)")


def _last(cursor: Any, model: type[Model]) -> int:
    cursor.execute(f"SELECT max(id) FROM {model._meta.db_table}")
    return cursor.fetchone()[0] + 1


def _days(cursor: Any, clock: Any) -> None:
    """A table `moments`: for each day on which a part of the mass was opened, its clock's moments."""
    from portal.cases.terms import Run, midnight, moments
    from portal.workdays.current import current_calendar

    calendar = current_calendar()
    cursor.execute(
        "CREATE TEMPORARY TABLE moments (day integer PRIMARY KEY, "
        "started_at timestamptz, due_at timestamptz, warn_at timestamptz) ON COMMIT DROP"
    )
    for number in range(OPENED_DAYS):
        day = OPENED_FROM + timedelta(days=number)
        derived = moments(Run(day, clock.length), calendar, warn=clock.warn)
        opened = midnight(day) + timedelta(hours=9)
        cursor.execute(
            "INSERT INTO moments VALUES (%s, %s, %s, %s)", [number, opened, derived.due_at, derived.warn_at]
        )


def _clone(cursor: Any, model: type[Model], pk: Any, count: int, changed: dict[str, str]) -> None:
    """Insert copies of a row; `changed` gives columns as expressions of n (from 0) and of moments m."""
    table = model._meta.db_table
    columns = [each.column for each in model._meta.local_concrete_fields]
    key = model._meta.pk.column
    names = ", ".join(f'"{each}"' for each in columns)
    values = ", ".join(changed.get(each, f'p."{each}"') for each in columns)
    cursor.execute(
        f'INSERT INTO "{table}" ({names}) SELECT {values} FROM "{table}" p, generate_series(0, %s) n '
        f'JOIN moments m ON m.day = mod(n, {OPENED_DAYS}) WHERE p."{key}" = %s',
        [count - 1, pk],
    )
