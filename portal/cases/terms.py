"""The arithmetic of a limit: pure functions of values, with no clock and no database in them.

A limit runs from an event. The day of the event is not counted (民法典 art. 201), a last day that is a rest
day rolls on to the next working day, and the last day ends at 24:00 Asia/Shanghai, or at closing time where
business hours apply (art. 203). Limits of 行政许可法 are working days (art. 82), and so are those of the
information regulation (国令711号).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from portal.workdays.calendar import Calendar

SHANGHAI = ZoneInfo("Asia/Shanghai")
CLOSING_TIME = time(17, 30)
ONE_DAY = timedelta(days=1)


class DayUnit(StrEnum):
    """Calendar days whose last is a rest day roll on; exact days do not, as where a day itself was chosen."""

    WORKING_DAYS = "working_days"
    CALENDAR_DAYS = "calendar_days"
    EXACT_DAYS = "exact_days"


class Limit(StrEnum):
    """Whose limit it is. A promised one is never longer than the statutory one beside it."""

    STATUTORY = "statutory"
    PROMISED = "promised"
    STEP = "step"


@dataclass(frozen=True, slots=True)
class Term:
    """A limit as a rule says it, before any case runs under it.

    `length` and `warn` count days of `unit`; length 0 is "the same day". `extensions` is how often it may
    be extended, `extend_at_most` by how many days in all. `then` names the transition that the clock itself
    takes when the limit passes (deemed acceptance); without it, passing the limit is a breach.
    """

    code: str
    length: int
    unit: DayUnit = DayUnit.WORKING_DAYS
    warn: int = 1
    basis: str = ""
    limit: Limit = Limit.STEP
    at_closing: bool = False
    extensions: int = 0
    extend_at_most: int = 0
    then: str = ""

    def __post_init__(self) -> None:
        if self.length < 0 or self.warn < 0:
            raise ValueError(f"{self.code}: a limit and its warning count days from 0 upwards")
        if self.warn > self.length:
            raise ValueError(f"{self.code}: the warning cannot come before the limit starts")
        if bool(self.extensions) != bool(self.extend_at_most):
            raise ValueError(f"{self.code}: say both how often and by how much it may be extended")


@dataclass(frozen=True, slots=True)
class Interval:
    """Excluded time: the days from `starts_on` to `ends_on`, both included. Open while `ends_on` is None."""

    starts_on: date
    ends_on: date | None
    reason: str = ""

    def covers(self, day: date) -> bool:
        return self.starts_on <= day and (self.ends_on is None or day <= self.ends_on)


@dataclass(frozen=True, slots=True)
class Run:
    """A limit that runs: what a deadline's row says, as a value.

    `started_on` is the day of the event in Asia/Shanghai, `length` the term's own length, `extended` the
    days that extensions added.
    """

    started_on: date
    length: int
    unit: DayUnit = DayUnit.WORKING_DAYS
    extended: int = 0
    pauses: tuple[Interval, ...] = ()
    at_closing: bool = False

    @property
    def total(self) -> int:
        return self.length + self.extended

    @property
    def open_pause(self) -> Interval | None:
        return next((pause for pause in self.pauses if pause.ends_on is None), None)


@dataclass(frozen=True, slots=True)
class Moments:
    """When a run warns and when it is due, as aware datetimes; both None while the clock is stopped."""

    last_day: date | None
    warn_at: datetime | None
    due_at: datetime | None
    provisional: bool


@dataclass(frozen=True, slots=True)
class ExplainedDay:
    """A day of a run: counted as the `number`-th, or not, and why.

    `reason` is one of: event, workday, makeup, calendar_day, weekend, holiday, paused, rolled_on. `name` is
    the holiday's name or the pause's reason, `notice` the document that made the day what it is.
    """

    date: date
    counted: bool
    number: int | None
    reason: str
    name: str
    notice: str
    provisional: bool
    extension: bool


def local_day(at: datetime) -> date:
    """The day in Asia/Shanghai on which an aware moment falls."""
    return at.astimezone(SHANGHAI).date()


def midnight(day: date) -> datetime:
    """The first moment of a day in Asia/Shanghai."""
    return datetime.combine(day, time.min, SHANGHAI)


def due_moment(last_day: date, *, at_closing: bool) -> datetime:
    """The first moment that is too late: midnight after the last day, or closing time on it."""
    return datetime.combine(last_day, CLOSING_TIME, SHANGHAI) if at_closing else midnight(last_day + ONE_DAY)


def last_day(run: Run, calendar: Calendar, *, total: int | None = None) -> date:
    """The day on which the `total`-th counted day falls (default: all of them), rolled on where it must be.

    Raises OutsideCalendar when it lies beyond what the calendar knows or guesses.
    """
    total = run.total if total is None else total
    if run.unit is DayUnit.WORKING_DAYS:
        day = calendar.add_workdays(run.started_on, total)
        # Each pass counts the paused working days found so far on top; more days can only add more.
        while run.pauses:
            paused = sum(
                1
                for pause in merged(run.pauses, day)
                for each in days_between(max(pause[0], run.started_on + ONE_DAY), pause[1])
                if calendar.is_working(each)
            )
            further = calendar.add_workdays(run.started_on, total + paused)
            if further == day:
                break
            day = further
    else:
        day, left = run.started_on, total
        while left:
            day += ONE_DAY
            left -= not is_paused(run, day)
    if run.unit is DayUnit.EXACT_DAYS or (day > run.started_on and run.unit is DayUnit.WORKING_DAYS):
        return day
    while not calendar.is_working(day) or (day > run.started_on and is_paused(run, day)):
        day += ONE_DAY
    return day


def is_paused(run: Run, day: date) -> bool:
    return any(pause.covers(day) for pause in run.pauses)


def merged(pauses: Sequence[Interval], until: date) -> list[tuple[date, date]]:
    """The pauses up to a day as intervals that do not overlap: a day excluded twice is excluded once."""
    result: list[tuple[date, date]] = []
    for pause in sorted(pauses, key=lambda pause: pause.starts_on):
        start, end = pause.starts_on, min(pause.ends_on or until, until)
        if start > end:
            continue
        if result and start <= result[-1][1] + ONE_DAY:
            result[-1] = (result[-1][0], max(result[-1][1], end))
        else:
            result.append((start, end))
    return result


def days_between(first: date, last: date) -> list[date]:
    """Every day from first to last, both included; none when last is before first."""
    return [first + timedelta(days=offset) for offset in range((last - first).days + 1)]


def moments(run: Run, calendar: Calendar, *, warn: int) -> Moments:
    """When the run warns (when `warn` counted days are left, that day among them) and when it is due."""
    if run.open_pause:
        return Moments(None, None, None, provisional=False)
    last = last_day(run, calendar)
    warn_at = None
    if warn and run.total:
        warn_at = midnight(last_day(run, calendar, total=max(run.total - warn + 1, 1)))
    return Moments(
        last_day=last,
        warn_at=warn_at,
        due_at=due_moment(last, at_closing=run.at_closing),
        provisional=calendar.is_provisional(last),
    )


def explain(run: Run, calendar: Calendar, *, until: date | None = None) -> list[ExplainedDay]:
    """Every day from the event to the last day, counted or not, and why.

    `until` ends the list of a clock that stands still; a running one ends with its last day.
    """
    end = (
        until
        if run.open_pause and until
        else last_day(run, calendar)
        if not run.open_pause
        else run.started_on
    )
    found = [_explained(run, calendar, run.started_on, number=None, reason="event")]
    number = 0
    day = run.started_on
    while day < end:
        day += ONE_DAY
        pause = next((pause for pause in run.pauses if pause.covers(day)), None)
        counts = not pause and (run.unit is not DayUnit.WORKING_DAYS or calendar.is_working(day))
        if pause:
            found.append(_explained(run, calendar, day, number=None, reason="paused", name=pause.reason))
        elif counts and number < run.total:
            number += 1
            reason = None if run.unit is DayUnit.WORKING_DAYS else "calendar_day"
            found.append(_explained(run, calendar, day, number=number, reason=reason))
        else:
            rolled = number >= run.total and calendar.is_working(day)
            found.append(_explained(run, calendar, day, number=None, reason="rolled_on" if rolled else None))
    return found


def _explained(
    run: Run, calendar: Calendar, day: date, *, number: int | None, reason: str | None, name: str = ""
) -> ExplainedDay:
    fact = calendar.day(day)
    return ExplainedDay(
        date=day,
        counted=number is not None,
        number=number,
        reason=reason or fact.reason,
        name=name or fact.name,
        notice=fact.notice,
        provisional=fact.provisional,
        extension=number is not None and number > run.length,
    )


def days_left(run: Run, calendar: Calendar, *, today: date, last: date) -> int:
    """Counted days after today up to the last day: what "N working days left" says."""
    if run.unit is DayUnit.WORKING_DAYS and not run.pauses:
        return calendar.workdays_between(today, last)
    return sum(
        1
        for day in days_between(today + ONE_DAY, last)
        if not is_paused(run, day) and (run.unit is not DayUnit.WORKING_DAYS or calendar.is_working(day))
    )
