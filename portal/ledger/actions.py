"""Writing the ledger: record what happened, and seal each day."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import connection, transaction

from portal.ledger import chain, merkle
from portal.ledger.keys import keyring
from portal.ledger.models import SUBJECT_LENGTH, Event, Head, Seal
from portal.ledger.receipts import receipt
from portal.organisation.actors import Actor, Role

__all__ = ["Entry", "LedgerBroken", "receipt", "record", "record_many", "seal"]

logger = logging.getLogger(__name__)

# How long a seal waits for writers under way before it gives up until the next time, and they go on.
SEAL_WAITS = "10s"


class LedgerBroken(Exception):
    """The record of a subject was changed outside the portal; nothing more is written to it.

    To go on would put the portal's own mark under what somebody else wrote.
    """

    def __init__(self, subject: str) -> None:
        super().__init__(
            f"The ledger of {subject} was changed outside the portal. Run: manage.py verify_ledger"
        )
        self.subject = subject


@dataclass(frozen=True, slots=True)
class Entry:
    """An event to be written. `at` is aware; `data` holds what JSON can, and moments, days and fractions.

    `role` is the one under which the actor acted; without it, the first of the actor's roles.
    """

    subject: str
    verb: str
    at: datetime
    actor: Actor
    data: Mapping[str, Any] = field(default_factory=dict)
    role: Role | None = None


def record(
    subject: str,
    verb: str,
    *,
    at: datetime,
    actor: Actor,
    data: Mapping[str, Any] | None = None,
    role: Role | None = None,
    opens: bool = False,
) -> Event:
    """Write one event, inside the caller's transaction, in two statements.

    `opens` says that the subject is new: one statement; IntegrityError when it is not. Raises LedgerBroken
    when the subject's chain no longer ends as the portal left it.
    """
    _check_in_transaction()
    entry = Entry(subject, verb, at, actor, data or {}, role)
    if opens:
        event = _next(entry, seq=0, previous=chain.NOTHING)
        _insert(event, OPEN_HEAD)
        return event
    head = _lock_head(_checked_subject(subject))
    event = _next(entry, seq=head.seq, previous=head.hash)
    _insert(event, MOVE_HEAD)
    return event


def record_many(entries: Sequence[Entry]) -> list[Event]:
    """Write events in the given order, in a constant number of statements; a subject may come repeatedly."""
    _check_in_transaction()
    if not entries:
        return []
    heads = _lock_heads({_checked_subject(entry.subject) for entry in entries})
    ends = {subject: (head.seq, head.hash) for subject, head in heads.items()}
    events = []
    for entry in entries:
        seq, previous = ends[entry.subject]
        event = _next(entry, seq=seq, previous=previous)
        ends[entry.subject] = (event.seq, event.hash)
        events.append(event)
    Event.objects.bulk_create(events)
    after = [_head_after(event) for event in {event.subject: event for event in events}.values()]
    with connection.cursor() as cursor:
        cursor.execute(
            MOVE_HEADS,
            [
                [head.subject for head in after],
                [head.seq for head in after],
                [head.hash for head in after],
                [head.mac for head in after],
            ],
        )
    return events


def _check_in_transaction() -> None:
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError(
            "An event is written in the same transaction as what it tells of: use transaction.atomic."
        )


def _checked_subject(subject: str) -> str:
    if not 0 < len(subject) <= SUBJECT_LENGTH or subject == chain.SEALS:
        raise ValueError(f"not a subject: {subject!r}")
    return subject


def _next(entry: Entry, *, seq: int, previous: str) -> Event:
    """The event that follows the one numbered `seq`, not yet written."""
    if entry.at.tzinfo is None:
        raise ValueError("an event's moment must name its time zone")
    role = entry.role or min(entry.actor.roles, default=None)
    event = Event(
        subject=_checked_subject(entry.subject),
        seq=seq + 1,
        verb=entry.verb,
        at=entry.at,
        actor_id=entry.actor.id,
        actor_name=entry.actor.name,
        actor_role=role.value if role else "",
        data=chain.plain(entry.data),
        previous=previous,
    )
    hashes = event.expected()
    event.actor_hash, event.data_hash, event.hash = hashes.actor_hash, hashes.data_hash, hashes.hash
    return event


def _head_after(event: Event) -> Head:
    return Head(
        subject=event.subject,
        seq=event.seq,
        hash=event.hash,
        mac=chain.head_mac(event.subject, event.seq, event.hash),
    )


# One statement for both rows, written out: every verb of the portal records, and the ORM's way of saying this
# costs several times what the rows do.
OPEN_HEAD = "INSERT INTO ledger_head (seq, hash, mac, subject) VALUES (%s, %s, %s, %s)"
MOVE_HEAD = "UPDATE ledger_head SET seq = %s, hash = %s, mac = %s WHERE subject = %s"
COLUMNS = (
    *("subject", "seq", "verb", "at", "actor_id", "actor_name", "actor_role"),
    *("data", "actor_hash", "data_hash", "previous", "hash"),
)
# Existing heads are locked (WHERE false: not changed) and new ones made in one statement and one order.
# To lock what exists and then to make what does not is two orders, and two batches would wait for each other.
LOCK_HEADS = """
    INSERT INTO ledger_head (subject, seq, hash, mac)
    SELECT new.subject, 0, %s, new.mac FROM unnest(%s::text[], %s::text[]) AS new (subject, mac)
    ON CONFLICT (subject) DO UPDATE SET seq = 0 WHERE false
"""
MOVE_HEADS = """
    UPDATE ledger_head SET seq = new.seq, hash = new.hash, mac = new.mac
    FROM unnest(%s::text[], %s::integer[], %s::text[], %s::text[]) AS new (subject, seq, hash, mac)
    WHERE ledger_head.subject = new.subject
"""
INSERT_EVENT = (
    f"INSERT INTO ledger_event ({', '.join(COLUMNS)}) "  # noqa: S608 - our own names
    f"VALUES ({', '.join(['%s'] * len(COLUMNS))}) RETURNING id"
)


def _insert(event: Event, head_sql: str) -> None:
    """Write the event and the head that follows from it."""
    head = _head_after(event)
    values = [getattr(event, name) for name in COLUMNS]
    values[COLUMNS.index("data")] = chain.canonical(event.data).decode()
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH head AS ({head_sql}) {INSERT_EVENT}",
            [head.seq, head.hash, head.mac, head.subject, *values],
        )
        (event.id,) = cursor.fetchone()
    event._state.adding, event._state.db = False, connection.alias


def _lock_head(subject: str) -> Head:
    """The end of one subject's chain, locked and found to be ours; a new one where there is none."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT seq, hash, mac FROM ledger_head WHERE subject = %s FOR UPDATE", [subject])
        row = cursor.fetchone()
    return _checked(Head(subject, *row)) if row else _lock_heads([subject])[subject]


def _lock_heads(subjects: Iterable[str]) -> dict[str, Head]:
    """The ends of several chains, locked and found to be ours, new ones included, in two statements."""
    names = sorted(subjects)
    macs = [chain.head_mac(name, 0, chain.NOTHING) for name in names]
    with connection.cursor() as cursor:
        cursor.execute(LOCK_HEADS, [chain.NOTHING, names, macs])
        cursor.execute("SELECT subject, seq, hash, mac FROM ledger_head WHERE subject = ANY(%s)", [names])
        return {row[0]: _checked(Head(*row)) for row in cursor.fetchall()}


def _checked(head: Head) -> Head:
    if not head.is_ours:
        raise LedgerBroken(head.subject)
    return head


# Seals --------------------------------------------------------------------------------------------------


@transaction.atomic
def seal(*, day: date, at: datetime) -> Seal | None:
    """Seal, under the name of `day`, every event that no seal holds yet; None when `day` is sealed already.

    A day without events gives a seal as well, so that the list shows a missing one. Raises OperationalError
    when writers under way do not end within ten seconds, LedgerBroken when the list of seals was changed.
    """
    # One seal is made at a time: who comes second finds the day sealed.
    head = _lock_head(chain.SEALS)
    last = Seal.objects.headers().last()
    if last is not None and day <= last.day:
        return None
    if (last.number if last else 0, last.hash if last else chain.NOTHING) != (head.seq, head.hash):
        raise LedgerBroken(chain.SEALS)
    after = last.last_event_id if last else 0
    until = _last_settled_id()
    leaves: list[bytes] = []
    first_id, last_id = None, after
    for event in Event.objects.filter(id__gt=after, id__lte=until or 0).order_by("id").iterator():
        if event.is_ours:
            leaves.append(bytes.fromhex(event.hash))
        else:
            # The bureau does not sign what it did not write; nor may one such row end all sealing.
            logger.error("Event %s is not as the portal wrote it, and is sealed as refused.", event)
            leaves.append(chain.refused_leaf(event.pk))
        first_id, last_id = first_id or event.pk, event.pk
    fresh = Seal(
        number=head.seq + 1,
        day=day,
        at=at,
        first_event_id=first_id,
        last_event_id=last_id,
        count=len(leaves),
        root=merkle.root(leaves).hex(),
        previous=head.hash,
        leaves=b"".join(leaves),
    )
    fresh.hash = chain.digest(fresh.header())
    fresh.signature = keyring().sign(chain.seal_message(fresh.header()))
    fresh.save(force_insert=True)
    Head.objects.filter(pk=chain.SEALS).update(
        seq=fresh.number,
        hash=fresh.hash,
        mac=chain.head_mac(chain.SEALS, fresh.number, fresh.hash),
    )
    return fresh


def _last_settled_id() -> int | None:
    """The highest event id below which no further event can appear; None in an empty ledger.

    By id and not by time: an event bears the moment at which it happened, which may be long before it was
    written, and one written before midnight may be committed after it. Ids are given out while the writer
    holds its lock on the table; so once ours is granted, all lower ones are committed or gone. Rolling back
    to the savepoint gives the lock up at once: writers wait for one look-up, not for the hashing.
    """
    with connection.cursor() as cursor:
        savepoint = transaction.savepoint()
        try:
            cursor.execute(f"SET LOCAL lock_timeout = '{SEAL_WAITS}'")
            cursor.execute("LOCK TABLE ledger_event IN SHARE MODE")
            cursor.execute("SELECT max(id) FROM ledger_event")
            (found,) = cursor.fetchone()
        finally:
            transaction.savepoint_rollback(savepoint)
    return found
