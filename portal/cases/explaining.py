"""A deadline explained, day by day: what the page shows and the API answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from django.utils import formats
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from portal.cases.limits import LimitView, limit_view
from portal.cases.models import NEVER, Case, Deadline
from portal.cases.terms import SHANGHAI, ExplainedDay, Limit, Run, explain, local_day
from portal.workdays.calendar import Calendar

REASONS = {
    "event": gettext_lazy("the day it happened, which is not counted"),
    "workday": gettext_lazy("working day"),
    "calendar_day": gettext_lazy("calendar day"),
    "makeup": gettext_lazy("make-up working day"),
    "weekend": gettext_lazy("weekend"),
    "holiday": gettext_lazy("holiday"),
    "paused": gettext_lazy("excluded time"),
    "rolled_on": gettext_lazy("the next working day after a rest day"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One day with its reason as a phrase in the reader's language."""

    day: ExplainedDay
    text: str


@dataclass(frozen=True, slots=True)
class Explanation:
    deadline: Deadline
    limit: LimitView
    lines: tuple[Line, ...]
    calendar_moved: bool

    @property
    def whose(self) -> str:
        return whose_limit(self.deadline.limit)

    @property
    def sentence(self) -> str:
        return sentence_of(self.deadline)


def whose_limit(limit: str) -> str:
    return {
        Limit.STATUTORY: _("statutory limit"),
        Limit.PROMISED: _("promised limit"),
        Limit.STEP: _("limit of this step"),
    }[Limit(limit)]


def reason_text(day: ExplainedDay) -> str:
    """Why the day counted or not, in a phrase."""
    words = str(REASONS[day.reason])
    text = f"{words}: {day.name}" if day.name and day.reason != "event" else words
    if day.notice and day.reason in ("holiday", "makeup"):
        text = _("%(reason)s (%(notice)s)") % {"reason": text, "notice": day.notice}
    if day.extension:
        text = _("%(reason)s, added by the extension") % {"reason": text}
    if day.provisional:
        text = _("%(reason)s, provisional") % {"reason": text}
    return text


def sentence_of(deadline: Deadline) -> str:
    """The rule in one sentence: so many days from that day, on this basis."""
    words = {
        "days": deadline.length,
        "start": formats.date_format(local_day(deadline.started_at), "DATE_FORMAT"),
        "basis": deadline.basis or _("the bureau's own rule"),
    }
    if deadline.unit == "working_days":
        text = _("%(days)s working days from %(start)s. Basis: %(basis)s.") % words
    else:
        text = _("%(days)s calendar days from %(start)s. Basis: %(basis)s.") % words
    if deadline.extended:
        text += " " + _("Extended by %(days)s days.") % {"days": deadline.extended}
    return text


def explanation(
    deadline: Deadline, *, calendar: Calendar, now: datetime, run: Run | None = None
) -> Explanation:
    """Why the deadline ends when it ends. A clock that stands still is explained up to today.

    A limit that was missed or stopped keeps its date when a notice changes the calendar afterwards; then the
    days are shown up to that date, and `calendar_moved` says that today's calendar counts otherwise. `run`
    is the deadline as a value where that is known; else its pauses are read.
    """
    run = run or deadline.run()
    until = local_day(deadline.stopped_at or now) if run.open_pause else None
    lines, moved = _kept(calendar)(run, calendar, until, deadline.due_on, get_language())
    return Explanation(
        deadline=deadline,
        limit=deadline_limit(deadline, calendar=calendar, now=now, run=run),
        lines=lines,
        calendar_moved=moved,
    )


# All that begins on one day under one rule has the same days, and a calendar never changes once it is built.
@lru_cache(maxsize=512)
def _lines(
    run: Run, calendar: Calendar, until: date | None, due_on: date | None, language: str | None
) -> tuple[tuple[Line, ...], bool]:
    """The days with their reasons in the active language, and whether the calendar has moved since."""
    days = explain(run, calendar, until=until)
    moved = due_on is not None and days[-1].date != due_on
    if moved:
        days = [day for day in days if due_on is not None and day.date <= due_on]
    return tuple(Line(day, reason_text(day)) for day in days), moved


_calendar: Calendar | None = None


def _kept(calendar: Calendar) -> Callable[..., tuple[tuple[Line, ...], bool]]:
    """`_lines`, keeping nothing of an earlier calendar: to find the two different, all days are compared."""
    global _calendar
    if calendar is not _calendar:
        _lines.cache_clear()
        _calendar = calendar
    return _lines


def deadline_limit(
    deadline: Deadline, *, calendar: Calendar, now: datetime, run: Run | None = None
) -> LimitView:
    """The limit in words: as it stands now while it runs, as it ended once it was stopped."""
    return limit_view(
        deadline.due_at,
        now=deadline.stopped_at or now,
        calendar=calendar,
        provisional=deadline.provisional,
        at_closing=deadline.at_closing,
        run=run or deadline.run(),
    )


def deadline_as_data(
    deadline: Deadline, *, calendar: Calendar, now: datetime, run: Run | None = None
) -> dict[str, Any]:
    """A deadline for the API, in the shape of `DeadlineSerializer` and as plain as JSON wants it.

    Dates are days in Asia/Shanghai, moments are given in its time. `run` is that of `explanation`.
    """
    found = explanation(deadline, calendar=calendar, now=now, run=run)
    return {
        "id": deadline.pk,
        "term": deadline.term,
        "name": deadline.name,
        "limit": deadline.limit,
        "started_at": _moment(deadline.started_at),
        "due_on": deadline.due_on.isoformat() if deadline.due_on else None,
        "due_at": _moment(deadline.due_at),
        "provisional": deadline.provisional,
        "warned_at": _moment(deadline.warned_at),
        "breached_at": _moment(deadline.breached_at),
        "stopped_at": _moment(deadline.stopped_at),
        "words": found.limit.words,
        "basis": deadline.basis,
        "explanation": [
            {
                "date": line.day.date.isoformat(),
                "counted": line.day.counted,
                "number": line.day.number,
                "reason": line.day.reason,
                "text": line.text,
                "provisional": line.day.provisional,
            }
            for line in found.lines
        ],
    }


def _moment(at: datetime | None) -> str | None:
    return at.astimezone(SHANGHAI).isoformat() if at else None


def case_deadlines(case: Case) -> list[Deadline]:
    """The case's deadlines with what their explanation needs, in two queries; those that run stay with it."""
    found = list(case.deadlines.prefetch_related("pauses").order_by("id"))
    case.running_deadlines = [each for each in found if each.is_running]
    return found


@dataclass(frozen=True, slots=True)
class Clock:
    """A limit of a case, as it runs or as it ended."""

    deadline: Deadline
    limit: LimitView
    whose: str


def clocks_of(deadlines: Iterable[Deadline], *, now: datetime, calendar: Calendar) -> list[Clock]:
    """The limits that run, what is due first on top, then those that ended."""
    clocks = [
        Clock(each, deadline_limit(each, calendar=calendar, now=now), whose_limit(each.limit))
        for each in deadlines
    ]
    return sorted(
        clocks,
        key=lambda each: (not each.deadline.is_running, each.deadline.due_at or NEVER, each.deadline.pk),
    )


@dataclass(frozen=True, slots=True)
class Row:
    """A case in a list, with the limit that comes first."""

    case: Any
    limit: LimitView
    term: str


def row_of(case: Any, *, now: datetime, calendar: Calendar) -> Row:
    """Of a case whose `running_deadlines` were read with it."""
    first = min(
        (each for each in case.running_deadlines if each.due_at),
        key=lambda each: (each.due_at, each.pk),
        default=None,
    )
    if case.next_due_at >= NEVER or first is None:
        return Row(case, limit_view(None, now=now, calendar=calendar), "")
    limit = limit_view(
        first.due_at,
        now=now,
        calendar=calendar,
        provisional=first.provisional,
        at_closing=first.at_closing,
    )
    return Row(case, limit, first.name)
