"""What the database alone takes for the rows of a sweep: the same rows again, written down beforehand.

Nothing is found, worked out, hashed or put into words here; three COPYs and two UPDATEs in one transaction on
one psycopg2 connection, on the same tables with the same indexes, checks, triggers and foreign keys.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING, Any

from benchmarks.house import address_of
from portal.rows import written

if TYPE_CHECKING:
    from django.db.models import Model

MARK = "UPDATE cases_deadline SET breached_at = due_at, wake_at = NULL WHERE id = ANY(%s)"
MOVE = (
    "UPDATE ledger_head SET seq = seq + 2, hash = new.hash, mac = new.mac "
    "FROM unnest(%s::text[], %s::text[], %s::text[]) AS new (subject, hash, mac) "
    "WHERE ledger_head.subject = new.subject"
)


@dataclass(frozen=True, slots=True)
class Clock:
    """A clock of the mass, which lends its keys to the rows that are written again."""

    deadline_id: int
    case_id: int
    subject: str


def write_again(name: str, ids: list[int], number: int) -> float:
    """Write what the sweep wrote for the deadlines `ids`, for as many others; the seconds it took."""
    import psycopg2

    from portal.cases.models import Deadline
    from portal.ledger.models import Event, Head
    from portal.notices.models import Notice
    from portal.oversight.models import Card

    swept = list(Deadline.objects.filter(pk__in=ids).select_related("case").order_by("pk"))
    others = Deadline.objects.running().filter(breached_at=None, warned_at=None).select_related("case")
    lent = [Clock(each.pk, each.case_id, each.case.subject) for each in others.order_by("-pk")[: len(ids)]]
    by_case = {each.case_id: clock for each, clock in zip(swept, lent, strict=True)}
    by_subject = {each.case.subject: clock for each, clock in zip(swept, lent, strict=True)}
    events = Event.objects.filter(subject__in=by_subject, verb__in=["limit_missed", "card_issued"])
    notices = Notice.objects.filter(case__in=by_case, key__contains=":breach:")
    cards = Card.objects.filter(deadline__in=ids)
    assert (len(events), len(notices), len(cards)) == (2 * len(ids), len(ids), len(ids))
    copies = [
        _text(Event, [(each, {"subject": by_subject[each.subject].subject}) for each in events]),
        _text(
            Notice,
            [
                (each, {"case_id": by_case[each.case_id].case_id, "key": f"{each.key}:{number}"})
                for each in notices
            ],
        ),
        _text(
            Card,
            [
                (
                    each,
                    {
                        "case_id": by_case[each.case_id].case_id,
                        "deadline_id": by_case[each.case_id].deadline_id,
                        "number": f"{each.number}-{number}",
                    },
                )
                for each in cards
            ],
        ),
    ]
    heads = Head.objects.in_bulk(list(by_subject))
    moved = [
        [clock.subject for clock in by_subject.values()],
        [heads[subject].hash for subject in by_subject],
        [heads[subject].mac for subject in by_subject],
    ]
    bare = psycopg2.connect(address_of(name))
    try:
        begun = perf_counter()
        with bare, bare.cursor() as cursor:
            cursor.execute(MARK, [[clock.deadline_id for clock in lent]])
            for sql, text in copies:
                cursor.copy_expert(sql, io.StringIO(text))
            cursor.execute(MOVE, moved)
        return perf_counter() - begun
    finally:
        bare.close()


def _text(model: type[Model], rows: list[tuple[Any, dict[str, Any]]]) -> tuple[str, str]:
    """A COPY, and what goes into it: the rows with some columns changed, and new ids."""
    columns = [each for each in model._meta.local_concrete_fields if each.column != "id"]
    names = ", ".join(f'"{each.column}"' for each in columns)
    text = written(
        [changed.get(each.column, getattr(row, each.attname)) for each in columns] for row, changed in rows
    )
    return f'COPY "{model._meta.db_table}" ({names}) FROM STDIN', text
