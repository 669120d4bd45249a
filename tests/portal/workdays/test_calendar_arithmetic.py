"""The pure calendar against an oracle that counts day by day."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.workdays.calendar import REASONS, Calendar, Day, OutsideCalendar
from portal.workdays.planning import plain_day

FIRST = date(2026, 1, 1)


def oracle(days: dict[date, bool], start: date, n: int) -> date | None:
    """Ten lines that can be checked by eye; None when the calendar ends first."""
    day = start
    while n:
        day += timedelta(days=1)
        if day not in days:
            return None
        if days[day]:
            n -= 1
    return day


def calendar_of(pattern: list[bool], first: date = FIRST) -> Calendar:
    return Calendar(
        Day(first + timedelta(days=i), working, "workday" if working else "holiday", "" if working else "x")
        for i, working in enumerate(pattern)
    )


patterns = st.lists(st.booleans(), min_size=1, max_size=120)


@given(patterns, st.integers(0, 119), st.integers(0, 130))
def test_add_workdays_counts_as_the_oracle_does(pattern: list[bool], offset: int, n: int) -> None:
    calendar = calendar_of(pattern)
    start = FIRST + timedelta(days=offset % len(pattern))
    expected = oracle({day.date: day.working for day in calendar.days}, start, n)
    if expected is None:
        with pytest.raises(OutsideCalendar):
            calendar.add_workdays(start, n)
    else:
        assert calendar.add_workdays(start, n) == expected


@given(patterns, st.integers(0, 119), st.integers(0, 119))
def test_workdays_between_is_the_number_of_working_days(pattern: list[bool], one: int, other: int) -> None:
    calendar = calendar_of(pattern)
    start, end = sorted(FIRST + timedelta(days=offset % len(pattern)) for offset in (one, other))
    expected = sum(day.working for day in calendar.days if start < day.date <= end)
    assert calendar.workdays_between(start, end) == expected
    assert calendar.workdays_between(end, start) == -expected


@given(patterns, st.integers(0, 119), st.integers(0, 60))
def test_an_explanation_agrees_with_the_sum(pattern: list[bool], offset: int, n: int) -> None:
    calendar = calendar_of(pattern)
    start = FIRST + timedelta(days=offset % len(pattern))
    try:
        end = calendar.add_workdays(start, n)
    except OutsideCalendar:
        with pytest.raises(OutsideCalendar):
            calendar.explain(start, n)
        return
    days = calendar.explain(start, n)
    assert [day.date for day in days] == [start + timedelta(days=i) for i in range(1, (end - start).days + 1)]
    assert [day.counted for day in days] == [calendar.is_working(day.date) for day in days]
    assert [day.number for day in days if day.counted] == list(range(1, n + 1))
    assert {day.number for day in days if not day.counted} <= {0}
    assert all(day.reason in REASONS for day in days)


@given(patterns, st.integers(0, 119), st.integers(0, 119))
def test_a_calendar_day_limit_rolls_on_from_a_rest_day(pattern: list[bool], offset: int, n: int) -> None:
    calendar = calendar_of(pattern)
    start = FIRST + timedelta(days=offset % len(pattern))
    end = start + timedelta(days=n)
    working = {day.date for day in calendar.days if day.working}
    while end in calendar and end not in working:
        end += timedelta(days=1)
    if end in calendar:
        assert calendar.add_calendar_days(start, n) == end
    else:
        with pytest.raises(OutsideCalendar):
            calendar.add_calendar_days(start, n)


def test_outside_names_what_the_calendar_knows() -> None:
    calendar = calendar_of([True] * 5)
    for ask in (
        lambda: calendar.add_workdays(date(2025, 12, 31), 1),
        lambda: calendar.add_workdays(date(2025, 12, 31), 0),
        lambda: calendar.add_workdays(FIRST, 5),
        lambda: calendar.is_working(date(2026, 1, 6)),
        lambda: calendar.workdays_between(FIRST, date(2026, 1, 6)),
        lambda: calendar.add_calendar_days(FIRST, 10**9),
    ):
        with pytest.raises(OutsideCalendar) as caught:
            ask()
        assert (caught.value.first, caught.value.last) == (FIRST, date(2026, 1, 5))


def test_days_are_counted_forwards_only() -> None:
    calendar = calendar_of([True] * 5)
    with pytest.raises(ValueError, match="forwards"):
        calendar.add_workdays(FIRST, -1)
    with pytest.raises(ValueError, match="forwards"):
        calendar.add_calendar_days(FIRST, -1)


def test_a_moment_is_not_a_day() -> None:
    """Which day 00:30 in Shanghai is depends on the zone, so the calendar does not guess."""
    calendar = calendar_of([True] * 5)
    with pytest.raises(TypeError, match="datetime"):
        calendar.add_workdays(datetime(2026, 1, 1, 16, 30, tzinfo=UTC), 1)


def test_a_calendar_has_no_gaps_and_is_not_empty() -> None:
    with pytest.raises(ValueError, match="follow one another"):
        Calendar([plain_day(date(2026, 1, 1)), plain_day(date(2026, 1, 3))])
    with pytest.raises(ValueError, match="at least one"):
        Calendar([])


def test_provisional_days_are_known_as_such() -> None:
    days = [plain_day(FIRST + timedelta(days=i), provisional=i >= 3) for i in range(6)]
    calendar = Calendar(days)
    assert calendar.provisional_from == date(2026, 1, 4)
    assert not calendar.is_provisional(date(2026, 1, 3))
    assert calendar.is_provisional(date(2026, 1, 4))
    assert not calendar.any_provisional(FIRST, date(2026, 1, 3))
    assert calendar.any_provisional(FIRST, date(2026, 1, 4))
    assert not calendar.any_provisional(date(2026, 1, 4), date(2026, 1, 4))


def test_equal_days_make_equal_calendars() -> None:
    assert calendar_of([True, False]) == calendar_of([True, False])
    assert hash(calendar_of([True, False])) == hash(calendar_of([True, False]))
    assert calendar_of([True, False]) != calendar_of([True, True])
