"""Excluded time: the verbs that stop a case's clock for days which do not count, and let it run again.

The app that offers them has checked who may; source and document of each are kept (行政许可法 art. 45).
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.db import transaction

from portal.cases import deadlines
from portal.cases.actions import lock, plain, running_term, settle
from portal.cases.models import Case, Deadline
from portal.ledger.actions import record
from portal.organisation.actors import Actor
from portal.workdays.current import lock_calendar_shared


@transaction.atomic
def exclude_time(
    case: Case,
    term: str,
    *,
    starts_on: date,
    ends_on: date | None,
    reason: str,
    basis: str,
    evidence: str,
    actor: Actor,
    at: datetime,
) -> Case:
    """Exclude days from one running limit of the case, or stop its clock until `resume` (ends_on None)."""
    calendar = lock_calendar_shared()
    locked = lock(case)
    running = settle(locked, at=at, calendar=calendar)
    deadline = running_term(running, term)
    old = deadline.due_at
    row = deadlines.pause(
        deadline,
        starts_on=starts_on,
        ends_on=ends_on,
        reason=reason,
        basis=basis,
        evidence=evidence,
        actor=actor,
        at=at,
        calendar=calendar,
    )
    data = {"days": str(row), "reason": row.reason, "basis": row.basis, "evidence": row.evidence}
    _moved_by_hand(locked, running, "time_excluded", deadline, old, data, actor=actor, at=at)
    return locked


@transaction.atomic
def resume(case: Case, term: str, *, ends_on: date, actor: Actor, at: datetime) -> Case:
    """Let a clock that stands still run again from the day after `ends_on`."""
    calendar = lock_calendar_shared()
    locked = lock(case)
    running = settle(locked, at=at, calendar=calendar)
    deadline = running_term(running, term)
    row = deadlines.resume(deadline, ends_on=ends_on, at=at, calendar=calendar)
    _moved_by_hand(locked, running, "clock_resumed", deadline, None, {"days": str(row)}, actor=actor, at=at)
    return locked


def _moved_by_hand(
    case: Case,
    running: list[Deadline],
    verb: str,
    deadline: Deadline,
    old: datetime | None,
    data: dict[str, Any],
    *,
    actor: Actor,
    at: datetime,
) -> None:
    case.next_due_at = deadlines.next_due(running)
    case.version += 1
    case.save(update_fields=["next_due_at", "version"])
    moved = {"term": deadline.term, "due_from": plain(old), "due_to": plain(deadline.due_at)}
    record(case.subject, verb, at=at, actor=actor, data={**moved, **data})
