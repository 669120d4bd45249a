"""How notices make a calendar: values in, a new calendar out. Preview and entry use the same function.

Source: 全国年节及纪念日放假办法 (as revised in November 2024) for the holidays with a fixed date; the yearly
notices of the State Council's General Office for everything else.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path

from portal.workdays.calendar import HOLIDAY, MAKEUP, ONE_DAY, WEEKEND, WORKDAY, Calendar, Day

NOTICES_FILE = Path(__file__).parent / "data" / "notices.json"
PROVISIONAL_YEARS = 4

FIXED_HOLIDAYS = {
    (1, 1): "元旦",
    (5, 1): "劳动节",
    (5, 2): "劳动节",
    (10, 1): "国庆节",
    (10, 2): "国庆节",
    (10, 3): "国庆节",
}


class NoticeRefused(ValueError):
    """A notice that cannot be entered. `message` is a sentence for the user.

    `field` is the input it is about; `rows` has a sentence for every bad row (row number, sentence), the
    first of which is also `row` and `message`.
    """

    def __init__(
        self,
        message: str,
        *,
        field: str | None = None,
        row: int | None = None,
        rows: Sequence[tuple[int, str]] = (),
    ) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.row = row
        self.rows = tuple(rows)

    @classmethod
    def of_rows(cls, rows: Sequence[tuple[int, str]]) -> NoticeRefused:
        row, message = rows[0]
        return cls(message, field="days", row=row, rows=rows)


@dataclass(frozen=True, slots=True)
class NoticeDay:
    """One day that a notice names. `row` is its line in the file it came from, 0 when there was none."""

    date: date
    working: bool
    name: str
    row: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class SeedNotice:
    """One notice of data/notices.json; number and date of issue are left out where they are not confirmed."""

    year: int
    number: str
    title: str
    issued_on: date | None
    days: tuple[NoticeDay, ...]

    @property
    def label(self) -> str:
        return self.number or self.title


def plain_day(day: date, *, provisional: bool = False) -> Day:
    """A day that no notice speaks of: Monday to Friday is worked."""
    working = day.isoweekday() <= 5
    return Day(day, working, WORKDAY if working else WEEKEND, provisional=provisional)


def provisional_year(year: int) -> list[Day]:
    """What can be said of a year before its notice: weekdays, and the holidays with a fixed date."""
    days = []
    for day in days_of(year):
        name = FIXED_HOLIDAYS.get((day.month, day.day), "")
        days.append(
            Day(day, False, HOLIDAY, name=name, provisional=True)
            if name
            else plain_day(day, provisional=True)
        )
    return days


def days_of(year: int) -> Iterable[date]:
    day, last = date(year, 1, 1), date(year, 12, 31)
    while day < last:
        yield day
        day += ONE_DAY
    yield last


def day_by_notice(said: NoticeDay, label: str) -> Day:
    """The calendar's day as a notice says it."""
    if not said.working:
        return Day(said.date, False, HOLIDAY, name=said.name, notice=label)
    reason = MAKEUP if said.date.isoweekday() > 5 else WORKDAY
    return Day(said.date, True, reason, name=said.name, notice=label)


def with_notice(calendar: Calendar, *, year: int, days: Iterable[NoticeDay], label: str) -> Calendar:
    """The calendar as it is once a notice for `year` is entered; `label` is the notice's number or title.

    The first notice of a year fixes the whole of it: what was provisional becomes plain. A later one, an
    amendment, changes only the days it names. The year after the last known one may be added this way.
    """
    known = {day.date: day for day in calendar.days}
    if year == calendar.last.year + 1:
        known.update((day.date, day) for day in provisional_year(year))
    _apply(known, year=year, days=days, label=label)
    return Calendar(known.values())


def changed_days(before: Calendar, after: Calendar) -> list[Day]:
    """The days of `after` that are new or not as they were."""
    return [day for day in after.days if day.date not in before or before.day(day.date) != day]


def seed_days(notices: Sequence[SeedNotice]) -> list[Day]:
    """Every day from the first notice's year to some provisional years beyond the last one's."""
    years = [notice.year for notice in notices]
    known: dict[date, Day] = {}
    for year in range(min(years), max(years) + PROVISIONAL_YEARS + 1):
        known.update((day.date, day) for day in provisional_year(year))
    for notice in notices:
        _apply(known, year=notice.year, days=notice.days, label=notice.label)
    return list(known.values())


def _apply(known: dict[date, Day], *, year: int, days: Iterable[NoticeDay], label: str) -> None:
    for day in days_of(year):
        if known[day].provisional:
            known[day] = plain_day(day)
    for said in days:
        known[said.date] = day_by_notice(said, label)


@cache
def seed_notices() -> tuple[SeedNotice, ...]:
    """The notices that come with the portal, in order of their entry into force."""
    return tuple(
        SeedNotice(
            year=entry["year"],
            number=entry["number"],
            title=entry["title"],
            issued_on=date.fromisoformat(entry["issued_on"]) if entry["issued_on"] else None,
            days=tuple(
                NoticeDay(day, working, group["name"])
                for group in entry["days"]
                for key, working in (("rest", False), ("work", True))
                for span in group.get(key, ())
                for day in _days_of_span(span)
            ),
        )
        for entry in json.loads(NOTICES_FILE.read_text(encoding="utf-8"))
    )


def _days_of_span(span: str) -> Iterable[date]:
    """ "2026-01-01" or "2026-01-01/2026-01-03", both ends included."""
    start, _slash, end = span.partition("/")
    day, last = date.fromisoformat(start), date.fromisoformat(end or start)
    while day <= last:
        yield day
        day += ONE_DAY
