"""“Log a call” as a whole, committed, beside bare INSERTs of the very same rows on one connection."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count, islice
from typing import TYPE_CHECKING, Any

from benchmarks import many
from benchmarks.figures import Figure, in_turns, in_words, medians, middling

if TYPE_CHECKING:
    from django.db.models import Model

    from benchmarks.house import House

ROUNDS = 7
A_ROUND = 40
BAR = 0.25


def rows_of(number: str) -> list[tuple[type[Model], list[Any]]]:
    """Every row that logging the call of this number wrote, by table."""
    from hotline.models import Call, Ticket
    from portal.cases.models import Case, Deadline
    from portal.ledger.models import Event, Head
    from portal.notices.models import Notice
    from portal.numbering.models import Series

    ticket = Ticket.objects.get(number=number)
    return [
        (Series, list(Series.objects.filter(code="12319").order_by("-pk")[:1])),
        (Case, [Case.objects.get(pk=ticket.pk)]),
        (Ticket, [ticket]),
        (Deadline, list(Deadline.objects.filter(case=ticket))),
        (Event, list(Event.objects.of(ticket.subject))),
        (Head, list(Head.objects.filter(pk=ticket.subject))),
        (Notice, list(Notice.objects.filter(case=ticket))),
        (Call, list(ticket.calls.all())),
    ]


def bare_inserts(number: str) -> tuple[list[tuple[str, dict[str, Any]]], int]:
    """One INSERT a table, and the values of its rows; keys that must be new are named placeholders."""
    from django.db import connection

    statements = []
    total = 0
    for model, found in rows_of(number):
        columns = [each for each in model._meta.local_concrete_fields if each.column != "id"]
        if model.__name__ == "Case":
            columns = list(model._meta.local_concrete_fields)
        names = ", ".join(f'"{each.column}"' for each in columns)
        values = ", ".join(
            "(" + ", ".join(f"%(r{index}_{each.column})s" for each in columns) + ")"
            for index in range(len(found))
        )
        given = {
            f"r{index}_{each.column}": each.get_db_prep_save(getattr(row, each.attname), connection)
            for index, row in enumerate(found)
            for each in columns
        }
        total += len(found)
        statements.append((f'INSERT INTO "{model._meta.db_table}" ({names}) VALUES {values}', given))
    return statements, total


def measure(house: House) -> Iterator[Figure]:
    import psycopg2
    from django.db import connection
    from django.utils import timezone

    from benchmarks.house import address_of
    from benchmarks.statements import counting
    from hotline.actions import log_call
    from tests.bureau import matter

    bureau = house.bureau
    actor = bureau.actor("operator")
    name = many.database(house, many.SIZES[0])
    with house.using(name):
        at = timezone.now()
        told = matter(bureau)
        for _number in range(5):
            pattern = log_call(told, actor=actor, at=at)
        statements, rows = bare_inserts(pattern.number)
        with counting() as counted:
            log_call(told, actor=actor, at=at)
        with connection.cursor() as cursor:
            cursor.execute("SHOW synchronous_commit")
            assert cursor.fetchone() == ("on",)

    fresh = count(1)
    bare = psycopg2.connect(address_of(name))

    def ours() -> float:
        with house.using(name):
            return middling(lambda: log_call(told, actor=actor, at=at), A_ROUND)

    def theirs() -> float:
        prepared = iter([
            [(sql, _renewed(given, number)) for sql, given in statements]
            for number in islice(fresh, A_ROUND)
        ])  # fmt: skip

        def insert() -> None:
            with bare, bare.cursor() as cursor:
                for sql, given in next(prepared):
                    cursor.execute(sql, given)

        return middling(insert, A_ROUND)

    try:
        found = medians(in_turns(ROUNDS, ours=ours, theirs=theirs))
    finally:
        bare.close()
    ratio = found["theirs"] / found["ours"]
    yield Figure(
        f"log a call ({rows} rows, {counted.count} statements): bare INSERTs",
        in_words(found["ours"]),
        in_words(found["theirs"]),
        ratio,
        f"≥ {BAR} ×",
        ratio >= BAR,
    )


def _renewed(given: dict[str, Any], number: int) -> dict[str, Any]:
    """The same values with keys that no row has yet."""
    high = 50_000_000 + number
    changed = {}
    for name, value in given.items():
        column = name.partition("_")[2]
        if column == "number" or (column == "subject" and str(value).startswith("case:")):
            value = f"{value}-{number}"
        elif column == "period":
            value = f"b{number}"
        elif column == "key":
            value = f"{value}:{number}"
        elif column in ("case_id", "case_ptr_id", "ticket_id") or name == "r0_id":
            value = high
        changed[name] = value
    return changed
