"""Queue what people are to be told, in the transaction of what it tells of.

Registered as effects of the cases. A row here and the event it tells of are one commit: there is no message
without the event, and no event whose message was lost. `portal.notices.delivery` sends afterwards.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from portal.cases import kinds
from portal.cases.effects import Batch, Moved
from portal.cases.models import Case
from portal.ledger.actions import Entry
from portal.notices import texts
from portal.notices.hours import sendable_from
from portal.notices.models import Notice
from portal.organisation.actors import Role
from portal.organisation.colleagues import Colleague, colleagues
from portal.rows import copy_in, insert_one

CITIZEN, UNIT, HOLDER, SUPERVISORS = "citizen", "unit", "holder", "supervisors"
# A fixed line cannot show a text message.
MOBILE = re.compile(r"1[3-9]\d{9}|\+\d{6,15}")
LIMIT_TEMPLATES = {"warn": "notices/limit_warned.txt", "breach": "notices/limit_missed.txt"}


@dataclass(frozen=True, slots=True)
class Reader:
    """Where a notice goes: an inbox of the portal, or an address outside."""

    channel: Notice.Channel = Notice.Channel.PORTAL
    staff_id: int | None = None
    unit_id: int | None = None
    role: Role | None = None
    address: str = ""


class Row(NamedTuple):
    """A notice's columns, before it has an id."""

    key: str
    case_id: int
    channel: Notice.Channel
    staff_id: int | None
    unit_id: int | None
    role: Role | None
    address: str
    subject: str
    body: str
    queued_at: datetime
    deliver_after: datetime
    state: Notice.State
    next_attempt_at: datetime | None
    delivered_at: datetime | None
    attempts: int = 0
    error: str = ""


def notice(*, key: str, case: Case, reader: Reader, text: texts.Text, at: datetime) -> Row:
    """A notice that is not saved yet. One for an inbox is there at once; others wait for a decent hour."""
    in_portal = reader.channel is Notice.Channel.PORTAL
    after = at if in_portal else sendable_from(at)
    return Row(
        key=key,
        case_id=case.pk,
        channel=reader.channel,
        staff_id=reader.staff_id,
        unit_id=reader.unit_id,
        role=reader.role,
        address=reader.address,
        subject=text.subject,
        body=text.body,
        queued_at=at,
        deliver_after=after,
        state=Notice.State.DELIVERED if in_portal else Notice.State.QUEUED,
        next_attempt_at=None if in_portal else after,
        delivered_at=at if in_portal else None,
    )


def queue(rows: Sequence[Row]) -> None:
    """Save notices, in the transaction of what they tell of: one statement, none for none."""
    if len(rows) == 1:
        insert_one(Notice, Row._fields, rows[0])
    elif rows:
        copy_in(Notice, Row._fields, rows)


# Readers --------------------------------------------------------------------------------------------------


def citizen(case: Case) -> Reader | None:
    """The person who brought the case: by text message, else by e-mail; None who left no address."""
    contact = kinds.of(case).contact(case)
    if MOBILE.fullmatch(contact.phone):
        return Reader(Notice.Channel.SMS, address=contact.phone)
    if contact.email:
        return Reader(Notice.Channel.EMAIL, address=contact.email)
    return None


def unit_of(case: Case) -> Reader:
    """The inbox of the case's unit; of a case that no unit has yet, the supervisors', so that it is seen."""
    return supervisors() if case.unit_id is None else Reader(unit_id=case.unit_id)


def supervisors() -> Reader:
    return Reader(role=Role.SUPERVISOR)


def holder_of(case: Case, holders: Mapping[int | None, Colleague]) -> Reader:
    """The responsible person; where nobody is named, or whoever was named has left, who answers instead.

    That is the unit, but not where the case is one against it: then it is the supervisors.
    """
    return person(case.holder_id, case, holders)


def person(staff_id: int | None, case: Case, known: Mapping[int | None, Colleague]) -> Reader:
    """A member of staff; where nobody is named, or whoever was named has left, who answers for the case."""
    found = known.get(staff_id)
    if found is None or not found.is_active:
        return unit_of(case) if kinds.of(case).unit_answers else supervisors()
    if found.email:
        return Reader(Notice.Channel.EMAIL, staff_id=found.id, address=found.email)
    return Reader(staff_id=found.id)


def _readers(
    case: Case, audiences: Sequence[str], *, actor_id: int | None = None
) -> list[tuple[str, Reader]]:
    """Who is told, each with a name of their own; whoever left no address is left out."""
    found: list[tuple[str, Reader | None]] = []
    special = kinds.of(case).audiences
    for audience in audiences:
        if audience in special:
            readers = _of_the_kind(special[audience](case), case)
            found += [(audience + more, reader) for more, reader in readers]
        elif audience == CITIZEN:
            found.append((audience, citizen(case)))
        elif audience == UNIT:
            found.append((audience, unit_of(case)))
        elif audience == SUPERVISORS:
            found.append((audience, supervisors()))
        elif audience == HOLDER:
            # Nobody is told what they have just done themselves, so nobody need be looked up for it.
            if case.holder_id is None or case.holder_id != actor_id:
                found.append((audience, holder_of(case, colleagues({case.holder_id}))))
        else:
            raise ValueError(f"nobody is known as {audience!r}")
    return [(name, reader) for name, reader in found if reader is not None]


def _of_the_kind(audience: kinds.Audience, case: Case) -> list[tuple[str, Reader]]:
    found = [(f"-{unit_id}", Reader(unit_id=unit_id)) for unit_id in audience.unit_ids]
    if audience.role is not None:
        found.append(("", Reader(role=audience.role)))
    if audience.staff_id is not None:
        found.append(("", person(audience.staff_id, case, colleagues({audience.staff_id}))))
    return found


# Effects --------------------------------------------------------------------------------------------------


def template_of(case: Case, verb: str, audience: str) -> str:
    return f"notices/{case.kind}/{verb}.{audience}.txt"


def tell_of_move(moved: Moved) -> None:
    """Queue what the transition tells, to each audience it names: one INSERT for all of them."""
    case, verb = moved.case, moved.transition.name
    rows = []
    values: dict[str, Any] = {
        "case": case,
        "number": case.number,
        "note": moved.note,
        "due": texts.limits_of(moved.running),
    }
    for name, reader in _readers(case, moved.transition.tells, actor_id=moved.actor.id):
        if reader.staff_id is not None and reader.staff_id == moved.actor.id:
            continue
        rows.append(
            notice(
                key=f"{case.subject}:{verb}:{case.version}:{name}",
                case=case,
                reader=reader,
                text=texts.render(template_of(case, verb, name.partition("-")[0]), values),
                at=moved.at,
            )
        )
    queue(rows)


def tell_of_limits(batch: Batch) -> list[Entry]:
    """One notice a stage of a deadline, to the responsible person: one statement, however many fired.

    `at` is the moment at which the limit warned or passed, so that a late sweep writes what an early one
    would have written.
    """
    rows = []
    for fired in batch.fired:
        deadline = fired.deadline
        values = {
            "number": fired.case.number,
            "title": fired.case.title,
            "limit": texts.limit_name(deadline),
            "last_day": texts.last_day(deadline),
            "due": texts.moment(deadline.due_at) if deadline.due_at else "",
            "extendable": deadline.extensions_allowed > 0 and not deadline.extended,
        }
        rows.append(
            notice(
                # With the moment: a limit that was extended warns once more.
                key=f"deadline:{deadline.pk}:{fired.stage}:{fired.at:%Y%m%d%H%M%z}",
                case=fired.case,
                reader=holder_of(fired.case, batch.holders),
                text=texts.render(LIMIT_TEMPLATES[fired.stage], values),
                at=fired.at,
            )
        )
    queue(rows)
    # The stage has its event; the notice adds none.
    return []
