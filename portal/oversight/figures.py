"""What the supervisors' desk counts and lists: one grouped query for the figures, a few rows of each list."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q

from portal.cases import kinds
from portal.cases.limits import LimitView, limit_view
from portal.cases.models import Case, CaseQuerySet, SweepFailure
from portal.cases.terms import ONE_DAY, local_day, midnight
from portal.organisation.models import Unit
from portal.workdays.calendar import Calendar

ROWS = 20


@dataclass(frozen=True, slots=True)
class UnitLoad:
    """How many open cases of a unit (None: of no unit yet) are overdue, due today, due tomorrow."""

    unit: Unit | None
    overdue: int
    today: int
    tomorrow: int


@dataclass(frozen=True, slots=True)
class OverdueCase:
    case: Case
    limit: LimitView


def _open_cases() -> CaseQuerySet:
    # The kinds are named so that the index of the queues, which begins with the kind, serves.
    return Case.objects.open().filter(kind__in=[kind.code for kind in kinds.every()])


def load_by_unit(now: datetime) -> list[UnitLoad]:
    """The units with something overdue or due by tomorrow, the most overdue first. Days are Shanghai's.

    A limit is due on its last day: its due moment is the midnight after, or closing time on it.
    """
    tonight = midnight(local_day(now) + ONE_DAY)
    tomorrow_night = tonight + ONE_DAY
    rows = (
        _open_cases()
        .filter(next_due_at__lte=tomorrow_night)
        .values("unit_id")
        .annotate(
            overdue=Count("pk", filter=Q(next_due_at__lte=now)),
            today=Count("pk", filter=Q(next_due_at__gt=now, next_due_at__lte=tonight)),
            tomorrow=Count("pk", filter=Q(next_due_at__gt=max(now, tonight))),
        )
    )
    found = {row["unit_id"]: row for row in rows}
    units = Unit.objects.in_bulk([pk for pk in found if pk is not None])
    loads = [
        UnitLoad(units.get(pk) if pk is not None else None, row["overdue"], row["today"], row["tomorrow"])
        for pk, row in found.items()
    ]
    return sorted(loads, key=lambda load: (-load.overdue, -load.today, load.unit.code if load.unit else ""))


def overdue_cases(now: datetime, calendar: Calendar, *, count: int = ROWS) -> list[OverdueCase]:
    """The open cases that have been overdue the longest."""
    rows = _open_cases().overdue(now).select_related("unit", "holder").order_by("next_due_at", "id")[:count]
    return [OverdueCase(case, limit_view(case.next_due_at, now=now, calendar=calendar)) for case in rows]


def failed_clocks(*, count: int = ROWS) -> list[SweepFailure]:
    """Cases whose clock could not be settled, the longest-standing first."""
    return list(SweepFailure.objects.select_related("case__unit").order_by("first_at", "id")[:count])
