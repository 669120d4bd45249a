"""Databases of N applications: some made by real verbs, the mass cloned in SQL, one in fifty of it open.

A clone has the rows of an application that was received (header, application, limit, three materials, two
events and the end of their chain, receipt and its document). Those that count as closed have no more: what a
page of one application reads lies in its own rows, however many others there are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from benchmarks import many
from benchmarks.bare_tables import bare
from benchmarks.house import say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.db.models import Model

    from benchmarks.house import House

SIZES = (1_000, 1_000_000)
BASE = "window"
# Made by real verbs, so that each of two desks has more than a page: the second clerk's are few among many.
REAL, PEOPLE = 25, ("clerk", "clerk2")
OPEN_IN = 50
NUMBER = "'SP-20261102-' || (100000 + n)"
# By the case, and by the subject of the chain.
KEYED_OTHERWISE = ("approvals_approvalcase", "ledger_head")
IS_OPEN = f"mod(n, {OPEN_IN}) = 0"


def database(house: House, size: int) -> str:
    """The name of a database with `size` applications, made when first asked for."""
    name = f"window_{size}"
    if name in house.made:
        return name
    if BASE not in house.made:
        house.copy(BASE)
        with house.using(BASE):
            _walk(house)
        house.made.add(BASE)
    say(f"filling a database with {size:,} applications …")
    house.copy(name, of=BASE)
    with house.using(name):
        fill(house, size)
    house.made.add(name)
    return name


def _walk(house: House) -> None:
    """A page and more for each desk: received by each clerk, and in review."""
    from django.utils import timezone

    from approvals.actions import apply
    from portal.documents.signing import authority
    from tests.approvals.window import add_window, application, case_in
    from tests.bureau import MONDAY

    authority.make(at=timezone.now())
    add_window(house.bureau)
    for person in PEOPLE:
        for place in range(REAL):
            apply(application("short", place=f"第{place}处"), actor=house.bureau.actor(person), at=MONDAY)
    for _number in range(REAL):
        case_in("review", house.bureau, "all")


def fill(house: House, size: int) -> None:
    """Clone an application until there are `size` of them, then gather statistics."""
    from django.db import connection, transaction

    from approvals.models import ApprovalCase
    from portal.cases.models import Deadline

    pattern = ApprovalCase.objects.filter(state="received", first_contact=house.bureau.staff["clerk"])[0]
    count = size - ApprovalCase.objects.count()
    (clock,) = Deadline.objects.running().filter(case=pattern)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit = off; SET LOCAL maintenance_work_mem = '256MB'")
        rows = list(_rows(cursor, pattern, clock))
        many._days(cursor, clock)
        tables = list(dict.fromkeys(model._meta.db_table for model, _pk, _changed in rows))
        with bare(cursor, tables):
            for model, pk, changed in rows:
                many._clone(cursor, model, pk, count, changed)
        for table in tables:
            if table not in KEYED_OTHERWISE:
                cursor.execute(
                    f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))"
                )
    with connection.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE)")


def _rows(cursor: Any, pattern: Any, clock: Any) -> Iterator[tuple[type[Model], Any, dict[str, str]]]:
    """Each row of the pattern, by its key, with the columns in which a clone differs."""
    from approvals.models import ApprovalCase, GivenMaterial, Paper
    from portal.cases.models import Case, Deadline
    from portal.documents.models import Document
    from portal.ledger.models import Event, Head

    case_id = f"{many._last(cursor, Case)} + n"
    closed = {
        "state": f"CASE WHEN {IS_OPEN} THEN 'received' ELSE 'closed' END",
        "closed_at": f"CASE WHEN {IS_OPEN} THEN NULL ELSE m.due_at END",
        "next_due_at": f"CASE WHEN {IS_OPEN} THEN m.due_at ELSE '9999-01-01 00:00+00' END",
    }
    kept = {
        "stopped_at": f"CASE WHEN {IS_OPEN} THEN NULL ELSE {many.STARTED} END",
        "ended": f"CASE WHEN {IS_OPEN} THEN '' ELSE 'kept' END",
        "wake_at": f"CASE WHEN {IS_OPEN} THEN m.warn_at ELSE NULL END",
    }
    yield Case, pattern.pk, {"id": case_id, "number": NUMBER, "opened_at": many.STARTED, **closed}
    yield ApprovalCase, pattern.pk, {"case_ptr_id": case_id, "received_at": many.STARTED}
    clock_id = f"{many._last(cursor, Deadline)} + n"
    yield (
        Deadline,
        clock.pk,
        {"id": clock_id, "case_id": case_id, "started_at": many.STARTED, **many.DERIVED, **kept},
    )
    given = list(pattern.given_materials.all())
    first = many._last(cursor, GivenMaterial)
    for place, each in enumerate(given):
        yield GivenMaterial, each.pk, {"id": f"{first} + n * {len(given)} + {place}", "case_id": case_id}
    events = list(Event.objects.of(pattern.subject))
    first = many._last(cursor, Event)
    subject = f"'case:' || {NUMBER}"
    for place, each in enumerate(events):
        own = {"id": f"{first} + n * {len(events)} + {place}", "subject": subject, "at": many.STARTED}
        yield Event, each.pk, own
    yield Head, pattern.subject, {"subject": subject}
    paper = pattern.papers.get()
    document_id = f"{many._last(cursor, Document)} + n"
    own = {
        "id": document_id,
        "case_id": case_id,
        "number": "'许收' || n",
        "check_code": "lpad(to_hex(n), 10, 'Z')",
        "sha256": "lpad(to_hex(n), 64, '0')",
    }
    yield Document, paper.document_id, own
    paper_id = f"{many._last(cursor, Paper)} + n"
    yield Paper, paper.pk, {"id": paper_id, "case_id": case_id, "document_id": document_id}
