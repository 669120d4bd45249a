"""Writing the ledger: record what happened, and seal each day."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple

from django.db import connection, transaction

from portal.ledger import chain, merkle
from portal.ledger.keys import keyring
from portal.ledger.models import SUBJECT_LENGTH, Event, Head, Seal
from portal.ledger.receipts import receipt
from portal.organisation.actors import Actor, Role
from portal.rows import copy_in

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
    after: Event | None = None,
) -> Event:
    """Write one event, inside the caller's transaction, in two statements.

    `opens` says that the subject is new: one statement; IntegrityError when it is not. So does `after`, the
    subject's last event where this very transaction wrote it, outside of any savepoint that was given up, and
    so holds the end of the chain; IntegrityError when another came in between. Raises LedgerBroken when the
    subject's chain no longer ends as the portal left it.
    """
    _check_in_transaction()
    entry = Entry(subject, verb, at, actor, data or {}, role)
    if opens:
        return _write(_next(entry, seq=0, previous=chain.NOTHING), OPEN_HEAD)
    if after is not None:
        if after.subject != subject:
            raise ValueError(f"the last event is of {after.subject}, not of {subject}")
        return _write(_next(entry, seq=after.seq, previous=after.hash), MOVE_HEAD)
    end = _lock_head(_checked_subject(subject))
    return _write(_next(entry, seq=end.seq, previous=end.hash), MOVE_HEAD)


def record_many(entries: Sequence[Entry]) -> None:
    """Write events in the given order, in a constant number of statements; a subject may come repeatedly."""
    _check_in_transaction()
    if not entries:
        return
    heads = _lock_heads({_checked_subject(entry.subject) for entry in entries})
    ends = {subject: (end.seq, end.hash) for subject, end in heads.items()}
    rows = []
    for entry in entries:
        seq, previous = ends[entry.subject]
        row = _next(entry, seq=seq, previous=previous)
        ends[entry.subject] = (row.seq, row.hash)
        rows.append(row)
    copy_in(Event, Row._fields, rows)
    moved = [End.after(subject, *end) for subject, end in ends.items()]
    with connection.cursor() as cursor:
        cursor.execute(MOVE_HEADS, [list(column) for column in zip(*moved, strict=True)])


def _check_in_transaction() -> None:
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError(
            "An event is written in the same transaction as what it tells of: use transaction.atomic."
        )


def _checked_subject(subject: str) -> str:
    if not 0 < len(subject) <= SUBJECT_LENGTH or subject == chain.SEALS:
        raise ValueError(f"not a subject: {subject!r}")
    return subject


class Row(NamedTuple):
    """An event's columns, before it has an id; a batch of them needs no instances of the model."""

    subject: str
    seq: int
    verb: str
    at: datetime
    actor_id: int | None
    actor_name: str
    actor_role: str
    data: Any
    actor_hash: str
    data_hash: str
    previous: str
    hash: str


class End(NamedTuple):
    """Where a chain ends: what is in a Head."""

    subject: str
    seq: int
    hash: str
    mac: str

    @classmethod
    def after(cls, subject: str, seq: int, hash: str) -> End:
        """The end that the portal writes behind this event."""
        return cls(subject, seq, hash, chain.head_mac(subject, seq, hash))


def _next(entry: Entry, *, seq: int, previous: str) -> Row:
    """The event that follows the one numbered `seq`, not yet written."""
    if entry.at.tzinfo is None:
        raise ValueError("an event's moment must name its time zone")
    role = entry.role or min(entry.actor.roles, default=None)
    subject, seq, data = _checked_subject(entry.subject), seq + 1, chain.plain(entry.data)
    role_name = role.value if role else ""
    hashes = chain.hashes(
        subject=subject,
        seq=seq,
        verb=entry.verb,
        at=entry.at,
        role=role_name,
        previous=previous,
        actor_id=entry.actor.id,
        actor_name=entry.actor.name,
        data=data,
    )
    return Row(
        subject,
        seq,
        entry.verb,
        entry.at,
        entry.actor.id,
        entry.actor.name,
        role_name,
        data,
        hashes.actor_hash,
        hashes.data_hash,
        previous,
        hashes.hash,
    )


# One statement for both rows, written out: every verb of the portal records, and the ORM's way of saying this
# costs several times what the rows do.
OPEN_HEAD = "INSERT INTO ledger_head (seq, hash, mac, subject) VALUES (%s, %s, %s, %s)"
MOVE_HEAD = "UPDATE ledger_head SET seq = %s, hash = %s, mac = %s WHERE subject = %s"
# Existing heads are locked (WHERE false: not changed) and new ones made in one statement and one order.
# To lock what exists and then to make what does not is two orders, and two batches would wait for each other.
LOCK_HEADS = """
    INSERT INTO ledger_head (subject, seq, hash, mac)
    SELECT new.subject, 0, %s, new.mac FROM unnest(%s::text[], %s::text[]) AS new (subject, mac)
    ON CONFLICT (subject) DO UPDATE SET seq = 0 WHERE false
"""
READ_HEADS = (
    "SELECT subject, seq, hash, mac FROM ledger_head WHERE subject = ANY(%s) ORDER BY subject FOR UPDATE"
)
MOVE_HEADS = """
    UPDATE ledger_head SET seq = new.seq, hash = new.hash, mac = new.mac
    FROM unnest(%s::text[], %s::integer[], %s::text[], %s::text[]) AS new (subject, seq, hash, mac)
    WHERE ledger_head.subject = new.subject
"""
INSERT_EVENT = (
    f"INSERT INTO ledger_event ({', '.join(Row._fields)}) "  # noqa: S608 - our own names
    f"VALUES ({', '.join(['%s'] * len(Row._fields))}) RETURNING id"
)


def _write(row: Row, head_sql: str) -> Event:
    """Write the event and the end that follows from it, in one statement."""
    end = End.after(row.subject, row.seq, row.hash)
    values = row._replace(data=chain.canonical(row.data).decode())
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH head AS ({head_sql}) {INSERT_EVENT}", [end.seq, end.hash, end.mac, end.subject, *values]
        )
        (event_id,) = cursor.fetchone()
    event = Event(id=event_id, **row._asdict())
    event._state.adding, event._state.db = False, connection.alias
    return event


def _lock_head(subject: str) -> End:
    """The end of one subject's chain, locked and found to be ours; a new one where there is none."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT seq, hash, mac FROM ledger_head WHERE subject = %s FOR UPDATE", [subject])
        row = cursor.fetchone()
    return _checked(End(subject, *row)) if row else _lock_heads([subject])[subject]


def _lock_heads(subjects: Iterable[str]) -> dict[str, End]:
    """The ends of several chains, locked and found to be ours: two statements, three where some are new."""
    names = sorted(subjects)
    with connection.cursor() as cursor:
        # No end is ever removed: where all are there, they will still be there when they are locked.
        cursor.execute("SELECT count(*) FROM ledger_head WHERE subject = ANY(%s)", [names])
        (known,) = cursor.fetchone()
        if known < len(names):
            macs = [chain.head_mac(name, 0, chain.NOTHING) for name in names]
            cursor.execute(LOCK_HEADS, [chain.NOTHING, names, macs])
        cursor.execute(READ_HEADS, [names])
        return {row[0]: _checked(End(*row)) for row in cursor.fetchall()}


def _checked(end: End) -> End:
    if not chain.head_is_ours(*end):
        raise LedgerBroken(end.subject)
    return end


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
