"""The nightly measuring: whether each measured clause in force was kept, and the breach where it was not."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction

from pledges import workflow
from pledges.actions import measure_in_chinese
from pledges.complaints import open_breach
from pledges.models import Breach, Clause, Pledge, PledgeVersion, Result, Source
from portal.cases.terms import ONE_DAY, local_day
from portal.ledger.actions import Entry, record_many
from portal.organisation.actors import SYSTEM

logger = logging.getLogger(__name__)

# What a measure looks back on: so many days, the one that has just ended included.
WINDOW_DAYS = 30
# Nights that were slept through are made up; a portal that was off for longer starts anew.
MOST_DAYS_MADE_UP = 60


@dataclass(slots=True)
class Measured:
    """What a night of measuring did: results written, breaches opened, clauses that could not be measured."""

    results: int = 0
    breaches: int = 0
    failed: int = 0


def measure_due(*, at: datetime) -> Measured:
    """Answer every measured clause in force for each day that is over and has no answer yet, oldest first.

    Right when run late, twice or in parallel: an answer, and the breach that follows from it, are one commit
    for each clause and day.
    """
    done = Measured()
    yesterday = local_day(at) - ONE_DAY
    clauses = (
        Clause.objects.exclude(measure="")
        .filter(version__state=workflow.PUBLISHED, version__valid_from__lte=yesterday)
        .select_related("version__pledge__unit")
        .order_by("pk")
    )
    for clause in clauses:
        try:
            for day in _days_to_measure(clause, yesterday):
                breach = measure_day(clause, day, at=at)
                done.results += breach is not False
                done.breaches += isinstance(breach, Breach)
        except Exception:
            # One measure that fails does not leave the others unmeasured; it is tried again in an hour.
            logger.exception(
                "Clause %s of pledge %s could not be measured.", clause.pk, clause.version.pledge_id
            )
            done.failed += 1
    return done


def bound_from(version: PledgeVersion) -> date:
    """The first day of which a version can be asked whether it was kept: in force, and public."""
    assert version.published_at is not None
    return max(version.valid_from, local_day(version.published_at))


def _days_to_measure(clause: Clause, yesterday: date) -> list[date]:
    last = clause.results.order_by("-day").values_list("day", flat=True).first()
    version = clause.version
    first = max(
        last + ONE_DAY if last else bound_from(version),
        yesterday - timedelta(days=MOST_DAYS_MADE_UP - 1),
    )
    end = min(yesterday, version.valid_until) if version.valid_until else yesterday
    return [first + timedelta(days=each) for each in range((end - first).days + 1)]


@transaction.atomic
def measure_day(clause: Clause, day: date, *, at: datetime) -> Breach | bool | None:
    """Answer one clause for the window that ends with `day`: the breach it opened, None without one.

    False when the answer was there already, or nobody knows the measure any more.
    """
    measure = clause.measured_by
    if measure is None or clause.measure_target is None:
        return False
    # One at a time for a pledge, so that two nights at once neither answer twice nor open two breaches.
    Pledge.objects.select_for_update().get(pk=clause.version.pledge_id)
    if clause.results.filter(day=day).exists():
        return False
    first = max(day - timedelta(days=WINDOW_DAYS - 1), bound_from(clause.version))
    unit = clause.version.pledge.unit
    units = None if unit.parent_id is None else unit.subtree_ids()
    share = measure.count(unit_ids=units, first=first, last=day, days=clause.measure_days, now=at)
    kept = share.reaches(clause.measure_target)
    result = Result.objects.create(
        clause=clause, first=first, day=day, part=share.part, whole=share.whole, kept=kept, measured_at=at
    )
    record_many([_measured_entry(result)])
    if kept is not False or not _is_news(clause, first):
        return None
    return open_breach(
        clause,
        description=_missed(clause, result),
        source=Source.MEASURE,
        actor=SYSTEM,
        at=at,
        result=result,
    )


def _measured_entry(result: Result) -> Entry:
    data = {
        "version": result.clause.version.number,
        "clause": result.clause.position,
        "first": result.first,
        "day": result.day,
        "part": result.part,
        "whole": result.whole,
    }
    subject = result.clause.version.pledge.measured_subject
    return Entry(subject, "pledge_measured", result.measured_at, SYSTEM, data)


def _is_news(clause: Clause, first: date) -> bool:
    """A miss opens a breach unless one of this clause is open, or was opened by a day of the same window."""
    by_measure = Breach.objects.filter(clause=clause, source=Source.MEASURE)
    return (
        not by_measure.filter(closed_at=None).exists()
        and not by_measure.filter(result__day__gte=first).exists()
    )


def _missed(clause: Clause, result: Result) -> str:
    """In Chinese: it is a record, whatever language the portal is read in."""
    words: Mapping[str, Any] = {
        "measure": measure_in_chinese(clause),
        "first": result.first.isoformat(),
        "day": result.day.isoformat(),
        "part": result.part,
        "whole": result.whole,
        "percent": result.share.shown,
    }
    return "{measure}。{first}至{day}：{part}÷{whole}，即{percent}，未达到承诺。".format(**words)
