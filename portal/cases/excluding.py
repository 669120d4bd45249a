"""Excluded time: the verbs that stop a case's clock for days which do not count, and let it run again.

The app that offers them has checked who may; source and document of each are kept (行政许可法 art. 45).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.db import transaction

from portal.cases import deadlines
from portal.cases.actions import lock, plain, running_term, settle
from portal.cases.models import Case, Deadline
from portal.cases.terms import local_day
from portal.ledger.actions import record
from portal.organisation.actors import Actor
from portal.workdays.calendar import Calendar
from portal.workdays.current import lock_calendar_shared


def exclude_from(
    case: Case,
    running: list[Deadline],
    *terms: str,
    starts_on: date,
    ends_on: date | None,
    reason: str,
    basis: str,
    evidence: str,
    actor: Actor,
    at: datetime,
    calendar: Calendar,
) -> None:
    """`exclude_time` for a case that the caller has locked and settled."""
    concerned = _concerned(running, terms)
    old = concerned[0].due_at
    *_others, row = deadlines.pause(
        concerned,
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
    _moved_by_hand(case, running, "time_excluded", concerned, old, data, actor=actor, at=at)


def resume_in(
    case: Case,
    running: list[Deadline],
    *terms: str,
    ends_on: date,
    actor: Actor,
    at: datetime,
    calendar: Calendar,
) -> None:
    """`resume` for a case that the caller has locked and settled."""
    # A limit that began meanwhile has no time excluded from it.
    stand = deadlines.open_pauses(running, on=local_day(at))
    still = [each for each in running if each.pk in stand]
    concerned = _concerned(still or running, terms)
    old = concerned[0].due_at
    *_others, row = deadlines.resume(concerned, ends_on=ends_on, at=at, calendar=calendar)
    _moved_by_hand(case, running, "clock_resumed", concerned, old, {"days": str(row)}, actor=actor, at=at)


@transaction.atomic
def exclude_time(
    case: Case,
    *terms: str,
    starts_on: date,
    ends_on: date | None,
    reason: str,
    basis: str,
    evidence: str,
    actor: Actor,
    at: datetime,
) -> Case:
    """Exclude days from running limits of the case, or stop their clocks until `resume` (ends_on None).

    The first of `terms` must run; the others are excluded from as well where they run and are not missed.
    """
    calendar = lock_calendar_shared()
    locked = lock(case)
    running = settle(locked, at=at, calendar=calendar)
    exclude_from(
        locked,
        running,
        *terms,
        starts_on=starts_on,
        ends_on=ends_on,
        reason=reason,
        basis=basis,
        evidence=evidence,
        actor=actor,
        at=at,
        calendar=calendar,
    )
    return locked


@transaction.atomic
def resume(case: Case, *terms: str, ends_on: date, actor: Actor, at: datetime) -> Case:
    """Let clocks run again from the day after `ends_on`: those that stand still or would in days to come."""
    calendar = lock_calendar_shared()
    locked = lock(case)
    running = settle(locked, at=at, calendar=calendar)
    resume_in(locked, running, *terms, ends_on=ends_on, actor=actor, at=at, calendar=calendar)
    return locked


def _concerned(running: list[Deadline], terms: Sequence[str]) -> list[Deadline]:
    first = running_term(running, terms[0])
    return [first, *(each for each in running if each.term in terms[1:] and each.breached_at is None)]


def _moved_by_hand(
    case: Case,
    running: list[Deadline],
    verb: str,
    moved: Sequence[Deadline],
    old: datetime | None,
    more: dict[str, Any],
    *,
    actor: Actor,
    at: datetime,
) -> None:
    case.next_due_at = deadlines.next_due(running)
    case.version += 1
    case.save(update_fields=["next_due_at", "version"])
    first = moved[0]
    data = {"term": first.term, "due_from": plain(old), "due_to": plain(first.due_at), **more}
    if len(moved) > 1:
        data["terms"] = [each.term for each in moved]
    record(case.subject, verb, at=at, actor=actor, data=data)
