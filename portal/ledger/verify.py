"""Is the ledger as the portal wrote it? Reads all of it, in one snapshot and in bounded memory.

Three passes: every chain of events against its own hashes and its head; every seal, its signature and the
events it covers; and what other modules add to `more_checks`, which compare their rows with the ledger.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, models, transaction
from django.db.models.functions import Cast
from django.utils.translation import gettext as _

from portal.ledger import chain
from portal.ledger.faults import Fault, event_named, places_named
from portal.ledger.models import Event, Head
from portal.ledger.verify_seals import check_seals

__all__ = ["Fault", "more_checks", "verify"]

# Checks of other modules, registered from AppConfig.ready(): each reads what it needs and answers faults.
more_checks: list[Callable[[], Iterable[Fault]]] = []

CHUNK = 2000
FIELDS = (
    "id",
    "subject",
    "seq",
    "verb",
    "at",
    "actor_role",
    "actor_id",
    "actor_name",
    "previous",
    "actor_hash",
    "data_hash",
    "hash",
)


def nothing_seen(events: int) -> None:
    """The progress of who does not want to know."""


def verify(*, progress: Callable[[int], None] = nothing_seen) -> Iterator[Fault]:
    """Every fault, chain by chain, then seal by seal, then those of `more_checks`.

    `progress` is told how many more events were read. Writers go on meanwhile: all is read as it was at one
    moment. Nothing is written.
    """
    own_transaction = not connection.in_atomic_block
    with transaction.atomic():
        if own_transaction:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield from check_chains(progress)
        yield from check_seals(progress)
        for check in more_checks:
            yield from check()


@dataclass(slots=True)
class Row:
    """An event as it stands in the table; `data` is its JSON text, which need not be readable."""

    id: int
    subject: str
    seq: int
    verb: str
    at: datetime
    role: str
    actor_id: int | None
    actor_name: str
    previous: str
    actor_hash: str
    data_hash: str
    hash: str
    data: str

    def named(self) -> str:
        return event_named(self.subject, self.seq, self.verb, self.at)

    def fault(self, kind: str, sentence: str) -> Fault:
        return Fault(kind, self.subject, self.seq, sentence % {"event": self.named()}, self.id)


def check_chains(progress: Callable[[int], None]) -> Iterator[Fault]:
    """Every event against its hashes, every chain against its head."""
    heads = Head.objects.exclude(pk=chain.SEALS).order_by("subject").iterator(chunk_size=CHUNK)
    head = next(heads, None)
    for subject, rows in _by_subject(progress):
        # Both come in the order of bytes, which is Python's: a head that sorts lower has no events.
        while head is not None and head.subject < subject:
            yield from _lonely(head)
            head = next(heads, None)
        own, head = (head, next(heads, None)) if head and head.subject == subject else (None, head)
        yield from _check_chain(subject, rows, own)
    while head is not None:
        yield from _lonely(head)
        head = next(heads, None)


def _rows() -> Iterator[Row]:
    text = Cast("data", models.TextField())
    query = Event.objects.order_by("subject", "seq", "id").annotate(data_text=text)
    for values in query.values_list(*FIELDS, "data_text").iterator(chunk_size=CHUNK):
        yield Row(*values)


def _by_subject(progress: Callable[[int], None]) -> Iterator[tuple[str, Iterator[Row]]]:
    """Each subject with its events; they must be read before the next subject is asked for."""
    rows = _rows()
    waiting = next(rows, None)

    def of(subject: str) -> Iterator[Row]:
        nonlocal waiting
        while waiting is not None and waiting.subject == subject:
            row, waiting = waiting, next(rows, None)
            progress(1)
            yield row

    while waiting is not None:
        yield waiting.subject, of(waiting.subject)


def _check_chain(subject: str, rows: Iterator[Row], head: Head | None) -> Iterator[Fault]:
    before: Row | None = None
    trusted = True  # whether the event before is as the portal wrote it
    for row in rows:
        expected = before.seq + 1 if before else 1
        fault = _check_row(row)
        if row.seq < expected:
            yield row.fault("inserted", _("%(event)s was inserted: its place is taken by another event."))
        elif row.seq > expected:
            yield _missing(subject, expected, row.seq - 1, row.id, before)
        elif fault is None and trusted and row.previous != (before.hash if before else chain.NOTHING):
            yield row.fault(
                "altered", _("%(event)s does not follow the event before it, which was replaced.")
            )
        if fault is not None:
            yield fault
        trusted, before = fault is None, row
    if before is not None:
        yield from _check_end(before, head, trusted)


def _check_row(row: Row) -> Fault | None:
    """The fault of one event by itself, if it has any."""
    try:
        data = json.loads(row.data)
        right = _hashes(row, data)
    except (ValueError, RecursionError):
        return row.fault("altered", _("%(event)s was altered: its details cannot be read any more."))
    whole = chain.digest(
        chain.header(
            subject=row.subject,
            seq=row.seq,
            verb=row.verb,
            at=row.at,
            role=row.role,
            previous=row.previous,
            actor_hash=row.actor_hash,
            data_hash=row.data_hash,
        )
    )
    if whole != row.hash:
        return row.fault(
            "altered",
            _("%(event)s was altered: what it says happened, when or in what role is not what was hashed."),
        )
    if row.data_hash != right.data_hash and row.actor_hash != right.actor_hash:
        return row.fault(
            "inserted",
            _("%(event)s was written or rewritten by somebody who does not have the portal's key."),
        )
    if row.data_hash != right.data_hash:
        return row.fault("altered", _("%(event)s was altered: its details are not what was hashed."))
    if row.actor_hash != right.actor_hash:
        return row.fault("altered", _("%(event)s was altered: who acted is not what was hashed."))
    return None


def _hashes(row: Row, data: Any) -> chain.Hashes:
    return chain.hashes(
        subject=row.subject,
        seq=row.seq,
        verb=row.verb,
        at=row.at,
        role=row.role,
        previous=row.previous,
        actor_id=row.actor_id,
        actor_name=row.actor_name,
        data=data,
    )


def _missing(subject: str, first: int, last: int, place: int, before: Row | None) -> Fault:
    names = {"events": places_named(subject, first, last)}
    if before is None:
        sentence = _("%(events)s: removed from the beginning of the chain.") % names
    else:
        sentence = _("%(events)s: removed; the last event before is %(before)s.") % {
            **names,
            "before": before.named(),
        }
    return Fault("missing", subject, first, sentence, place)


def _check_end(last: Row, head: Head | None, trusted: bool) -> Iterator[Fault]:
    """The last event of a chain against the head, which says where the chain ended."""

    def fault(sentence: str) -> Fault:
        return Fault("head", last.subject, None, sentence % {"event": last.named()}, last.id)

    if head is None:
        yield fault(_("The head of the chain that now ends with %(event)s was removed."))
        return
    if not head.is_ours:
        yield fault(
            _("The head of the chain that now ends with %(event)s was written without the portal's key.")
        )
    if head.seq > last.seq:
        yield _missing(last.subject, last.seq + 1, head.seq, last.id, last)
    elif head.seq < last.seq:
        yield last.fault(
            "inserted", _("%(event)s was inserted: the head says that the chain ends before it.")
        )
    elif head.hash != last.hash and head.is_ours and trusted:
        yield last.fault("altered", _("%(event)s was replaced: the head holds another hash."))


def _lonely(head: Head) -> Iterator[Fault]:
    """A head without events: all were removed, unless it was left by a subject that never had one."""
    if not head.is_ours:
        sentence = _("The head of %(subject)s has no events, and was written without the portal's key.")
        yield Fault("head", head.subject, None, sentence % {"subject": head.subject})
    elif head.seq:
        yield _missing(head.subject, 1, head.seq, 0, None)
