"""The seeded years against two other sources, and against a table worked out by hand."""

from __future__ import annotations

import re
from datetime import date, timedelta

import chinese_calendar
import holidays
import pytest

from portal.workdays.calendar import HOLIDAY, MAKEUP, WORKDAY, Calendar
from portal.workdays.models import NUMBER_PATTERN
from portal.workdays.planning import seed_notices

# The 2006 notice makes 31 December 2005, a Saturday, a working day; chinesecalendar does not know it.
WRONG_ELSEWHERE = {date(2005, 12, 31)}

VECTORS = [
    ("2026-02-13", 3, "2026-02-25"),
    ("2026-02-13", 15, "2026-03-12"),
    ("2026-02-13", 20, "2026-03-19"),
    ("2026-09-18", 7, "2026-09-29"),
    ("2026-09-18", 15, "2026-10-15"),
    ("2026-09-30", 15, "2026-10-27"),
    ("2026-11-23", 15, "2026-12-14"),
    ("2011-09-30", 15, "2011-10-26"),
    ("2026-02-15", 15, "2026-03-13"),
]


@pytest.mark.parametrize(("start", "n", "last"), VECTORS)
def test_vectors(seeded: Calendar, start: str, n: int, last: str) -> None:
    assert seeded.add_workdays(date.fromisoformat(start), n) == date.fromisoformat(last)


def test_the_seed_covers_2004_to_2030_and_2027_is_provisional(seeded: Calendar) -> None:
    assert (seeded.first, seeded.last) == (date(2004, 1, 1), date(2030, 12, 31))
    assert seeded.provisional_from == date(2027, 1, 1)
    assert all(day.provisional for day in seeded.days if day.date.year >= 2027)


def test_every_day_agrees_with_chinesecalendar(seeded: Calendar) -> None:
    day, differing = date(2004, 1, 1), set()
    while day <= date(2026, 12, 31):
        if chinese_calendar.is_workday(day) != seeded.is_working(day):
            differing.add(day)
        day += timedelta(days=1)
    assert differing == WRONG_ELSEWHERE
    assert seeded.day(date(2005, 12, 31)).reason == MAKEUP


@pytest.mark.parametrize("year", [2025, 2026])
def test_every_day_agrees_with_holidays(seeded: Calendar, year: int) -> None:
    theirs = holidays.country_holidays("CN", years=year)
    days = [day for day in seeded.days if day.date.year == year]
    assert [day.date for day in days if theirs.is_working_day(day.date) != day.working] == []
    assert sum(day.working for day in days) == 248


def test_a_provisional_year_knows_weekdays_and_fixed_holidays_only(seeded: Calendar) -> None:
    named = {(d.date.month, d.date.day): d.name for d in seeded.days if d.date.year == 2028 and d.name}
    assert named == {
        (1, 1): "元旦",
        (5, 1): "劳动节",
        (5, 2): "劳动节",
        (10, 1): "国庆节",
        (10, 2): "国庆节",
        (10, 3): "国庆节",
    }
    assert all(
        day.working == (day.date.isoweekday() <= 5)
        for day in seeded.days
        if day.date.year == 2028 and not day.name
    )


def test_amending_notices_have_the_last_word(seeded: Calendar) -> None:
    extended = seeded.day(date(2020, 2, 1))
    assert (extended.working, extended.reason, extended.notice) == (False, HOLIDAY, "国办发明电〔2020〕1号")
    assert seeded.day(date(2020, 1, 30)).notice == "国办发明电〔2019〕16号"
    assert seeded.day(date(2019, 5, 5)).notice == "国办发明电〔2019〕3号"
    assert seeded.day(date(2015, 9, 6)).reason == MAKEUP


def test_numbers_are_well_formed_and_titles_stand_in_where_none_is_confirmed(seeded: Calendar) -> None:
    numbers = [notice.number for notice in seed_notices()]
    assert {notice.year for notice in seed_notices() if not notice.number} == {2004, 2005, 2008}
    assert all(re.match(NUMBER_PATTERN, number) for number in numbers if number)
    assert len({number for number in numbers if number}) == len([number for number in numbers if number])
    assert seeded.day(date(2008, 10, 1)).notice == "国务院办公厅关于2008年部分节假日安排的通知"


def test_every_seeded_day_off_the_week_is_named(seeded: Calendar) -> None:
    for day in seeded.days:
        usual = day.date.isoweekday() <= 5
        assert day.working == usual or day.name
        assert (day.reason == WORKDAY) == (day.working and usual)
