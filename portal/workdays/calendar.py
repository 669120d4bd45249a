"""The arithmetic of working days: a value, with no clock, no database and no Django in it.

Rules: the day an event happens is not counted, day 1 is the next one (民法典 article 201); a last day that
is a rest day rolls on to the next working day (article 203); State Council notices make weekends working
days (调休上班) and weekdays rest days, a year at a time.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

WORKDAY = "workday"
WEEKEND = "weekend"
HOLIDAY = "holiday"
MAKEUP = "makeup"
REASONS = (WORKDAY, WEEKEND, HOLIDAY, MAKEUP)

ONE_DAY = timedelta(days=1)


class OutsideCalendar(ValueError):
    """A day before the first or after the last one the calendar knows; both are on the exception."""

    def __init__(self, first: date, last: date) -> None:
        super().__init__(f"the calendar knows {first} to {last} only")
        self.first = first
        self.last = last


@dataclass(frozen=True, slots=True)
class Day:
    """One day of the calendar.

    `reason` is one of REASONS; `name` is the holiday that a rest day or a make-up day belongs to; `notice` is
    the number of the notice that says so, or its title where the number is not known. A provisional day is
    one of a year whose notice has not been entered yet.
    """

    date: date
    working: bool
    reason: str
    name: str = ""
    notice: str = ""
    provisional: bool = False


@dataclass(frozen=True, slots=True)
class DayCount:
    """One day of an explanation. `number` is 1 for the first working day counted, 0 for a day not counted."""

    date: date
    counted: bool
    reason: str
    name: str
    notice: str
    provisional: bool
    number: int = 0


class Calendar:
    """Every day from `first` to `last`, without a gap. Never changed once built, so it may be shared.

    Each question is a look-up or two: `_ordinals` holds for each day the number of working days up to and
    including it, `_working` the working days in order, the first of them at index 1.
    """

    __slots__ = ("_days", "_offset", "_ordinals", "_working", "first", "last", "provisional_from")

    def __init__(self, days: Iterable[Day]) -> None:
        self._days: tuple[Day, ...] = tuple(days)
        if not self._days:
            raise ValueError("a calendar needs at least one day")
        self.first: date = self._days[0].date
        self.last: date = self._days[-1].date
        self._offset = self.first.toordinal()
        # Index 0 stands for "no working day yet" and is never handed out.
        working = [date.min]
        ordinals: dict[date, int] = {}
        provisional_from: date | None = None
        for position, day in enumerate(self._days, start=self._offset):
            if day.date.toordinal() != position:
                raise ValueError(f"the days must follow one another: {day.date} does not")
            if day.working:
                working.append(day.date)
            if day.provisional and provisional_from is None:
                provisional_from = day.date
            ordinals[day.date] = len(working) - 1
        self._working = tuple(working)
        self._ordinals = ordinals
        self.provisional_from: date | None = provisional_from

    @property
    def days(self) -> tuple[Day, ...]:
        return self._days

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Calendar) and self._days == other._days

    def __hash__(self) -> int:
        return hash((self.first, self.last, len(self._working)))

    def __repr__(self) -> str:
        return f"<Calendar {self.first} to {self.last}, {len(self._working) - 1} working days>"

    def __contains__(self, day: date) -> bool:
        return day in self._ordinals

    def day(self, day: date) -> Day:
        """Raises OutsideCalendar."""
        self.ordinal(day)
        return self._days[day.toordinal() - self._offset]

    def ordinal(self, day: date) -> int:
        """The number of working days from the calendar's first day to `day`, both included."""
        try:
            return self._ordinals[day]
        except KeyError:
            raise self._refusal(day) from None

    def is_working(self, day: date) -> bool:
        return self.day(day).working

    def is_provisional(self, day: date) -> bool:
        return self.day(day).provisional

    def any_provisional(self, start: date, end: date) -> bool:
        """Whether a day in (start, end] is provisional: then a limit that spans them may still move."""
        if self.provisional_from is None or end < self.provisional_from:
            return False
        return any(day.provisional for day in self._between(start, end))

    def add_workdays(self, start: date, n: int) -> date:
        """The n-th working day after `start`; `start` itself when n is 0 (民法典 201).

        Raises OutsideCalendar when either end lies outside, ValueError when n is negative.
        """
        if n > 0:
            try:
                return self._working[self._ordinals[start] + n]
            except (KeyError, IndexError):
                raise self._refusal(start) from None
        if n < 0:
            raise ValueError("working days are counted forwards: n must not be negative")
        self.ordinal(start)
        return start

    def add_calendar_days(self, start: date, n: int) -> date:
        """The n-th calendar day after `start`; a rest day rolls on to the next working day (民法典 203)."""
        if n < 0:
            raise ValueError("days are counted forwards: n must not be negative")
        self.ordinal(start)
        try:
            last = start + timedelta(days=n)
        except OverflowError:
            raise self._refusal(start) from None
        return self.roll_on(last)

    def roll_on(self, day: date) -> date:
        """`day` when it is a working day, else the next one (民法典 203)."""
        if self.is_working(day):
            return day
        return self.add_workdays(day, 1)

    def workdays_between(self, start: date, end: date) -> int:
        """The working days in (start, end]; negative when `end` is before `start`."""
        return self.ordinal(end) - self.ordinal(start)

    def explain(self, start: date, n: int) -> list[DayCount]:
        """Every day from the one after `start` to the n-th working day: counted or not, and why."""
        return self.explain_between(start, self.add_workdays(start, n))

    def explain_between(self, start: date, end: date) -> list[DayCount]:
        """The same for every day in (start, end]; empty when `end` is not after `start`."""
        answer: list[DayCount] = []
        number = 0
        for day in self._between(start, end):
            number += day.working
            answer.append(
                DayCount(
                    day.date,
                    day.working,
                    day.reason,
                    day.name,
                    day.notice,
                    day.provisional,
                    number if day.working else 0,
                )
            )
        return answer

    def _between(self, start: date, end: date) -> tuple[Day, ...]:
        self.ordinal(start)
        self.ordinal(end)
        return self._days[start.toordinal() + 1 - self._offset : end.toordinal() + 1 - self._offset]

    def _refusal(self, day: date) -> Exception:
        # A datetime is a date to Python and would be looked up in vain: which day it falls on depends on
        # the time zone, which only the caller can say.
        if isinstance(day, datetime):
            return TypeError("the calendar takes a date, not a datetime")
        return OutsideCalendar(self.first, self.last)
