"""The nightly measuring: whether each measured clause in force was kept, and the breach where it was not."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q

from pledges.actions import measure_in_chinese
from pledges.complaints import open_breach
from pledges.models import Breach, Clause, Pledge, PledgeVersion, Result, Source
from portal.cases.actions import plainly, traceable
from portal.cases.terms import ONE_DAY, local_day, midnight
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
    """Answer every measured clause for each day of its force that is over and has no answer, oldest first.

    Right when run late, twice or in parallel: an answer, and the breach that follows from it, are one commit
    for each clause and day.
    """
    done = Measured()
    yesterday = local_day(at) - ONE_DAY
    # Those that have ended since are answered up to their last whole day.
    lately = midnight(yesterday - timedelta(days=MOST_DAYS_MADE_UP))
    clauses = (
        Clause.objects.exclude(measure="")
        .filter(version__published_at__isnull=False, version__valid_from__lte=yesterday)
        .filter(Q(version__ended_at=None) | Q(version__ended_at__gte=lately))
        .select_related("version__pledge__unit")
        .order_by("pk")
    )
    for clause in clauses:
        for day in _days_to_measure(clause, yesterday):
            try:
                breach = measure_day(clause, day, at=at)
            except Exception as error:
                # A day that cannot be answered leaves no other unanswered; it is tried again in an hour.
                sentence = "Clause %d could not be measured: %s"
                logger.error(sentence, clause.pk, plainly(error), exc_info=traceable(error))
                done.failed += 1
                continue
            done.results += breach is not False
            done.breaches += isinstance(breach, Breach)
    return done


def bound_from(clause: Clause) -> date:
    """The first day of which a clause can be asked whether it was kept: in force, and public.

    Where the version before promised the same measure, the promise goes on: a new version wipes no slate.
    """
    earlier = clause.version.pledge.versions.filter(
        published_at__isnull=False, number__lte=clause.version.number
    )
    first = None
    for version in earlier.order_by("-number"):
        same = version.clauses.filter(measure=clause.measure, measure_days=clause.measure_days)
        if version.pk != clause.version_id and not same.exists():
            break
        assert version.published_at is not None
        first = max(version.valid_from, local_day(version.published_at))
    assert first is not None
    return first


def _days_to_measure(clause: Clause, yesterday: date) -> list[date]:
    """The days without an answer, from the version's own first day to its last whole one."""
    version = clause.version
    assert version.published_at is not None
    first = max(
        version.valid_from, local_day(version.published_at), yesterday - timedelta(days=MOST_DAYS_MADE_UP - 1)
    )
    ends = [yesterday, version.valid_until, version.ended_at and local_day(version.ended_at) - ONE_DAY]
    end = min(each for each in ends if each is not None)
    answered = set(clause.results.filter(day__gte=first).values_list("day", flat=True))
    days = (first + timedelta(days=each) for each in range((end - first).days + 1))
    return [day for day in days if day not in answered]


@transaction.atomic
def measure_day(clause: Clause, day: date, *, at: datetime) -> Breach | bool | None:
    """Answer one clause for the window that ends with `day`: the breach it opened, None without one.

    False when the answer was there already, the version had ended, or nobody knows the measure any more.
    """
    measure = clause.measured_by
    if measure is None or clause.measure_target is None:
        return False
    # One at a time for a pledge, so that two nights at once neither answer twice nor open two breaches.
    Pledge.objects.select_for_update().get(pk=clause.version.pledge_id)
    version = PledgeVersion.objects.select_related("pledge__unit").get(pk=clause.version_id)
    over = version.ended_at is not None and day >= local_day(version.ended_at)
    if over or clause.results.filter(day=day).exists():
        return False
    since = bound_from(clause)
    first = max(day - timedelta(days=WINDOW_DAYS - 1), since)
    unit = version.pledge.unit
    units = None if unit.parent_id is None else unit.subtree_ids()
    share = measure.count(
        unit_ids=units, first=first, last=day, days=clause.measure_days, now=at, since=since
    )
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
    """A miss opens a breach unless one of the same promise is open, or was opened by a day of this window.

    The same promise: this clause, or in another version the one by the same measure.
    """
    elsewhere = Q(
        clause__version__pledge=clause.version.pledge_id,
        clause__measure=clause.measure,
        clause__measure_days=clause.measure_days,
    ) & ~Q(clause__version=clause.version_id)
    by_measure = Breach.objects.filter(Q(clause=clause) | elsewhere, source=Source.MEASURE)
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
