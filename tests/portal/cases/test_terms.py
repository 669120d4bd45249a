"""The arithmetic of a limit: vectors by hand, and a day-by-day oracle against random calendars."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.cases.terms import (
    SHANGHAI,
    DayUnit,
    Interval,
    Run,
    Term,
    days_left,
    explain,
    last_day,
    midnight,
    moments,
)
from portal.workdays.calendar import Calendar, Day
from portal.workdays.planning import seed_days, seed_notices

CALENDAR = Calendar(seed_days(seed_notices()))
FIRST = date(2026, 1, 1)
HORIZON = 400


def run(start: str, length: int, **more) -> Run:
    return Run(started_on=date.fromisoformat(start), length=length, **more)


def pause(first: str, last: str | None) -> Interval:
    return Interval(date.fromisoformat(first), date.fromisoformat(last) if last else None, "hearing")


@pytest.mark.parametrize(
    ("start", "length", "last"),
    [
        ("2026-02-13", 3, "2026-02-25"),
        ("2026-02-13", 15, "2026-03-12"),
        ("2026-02-13", 20, "2026-03-19"),
        ("2026-09-18", 7, "2026-09-29"),
        ("2026-09-18", 15, "2026-10-15"),
        ("2026-09-30", 15, "2026-10-27"),
        ("2026-11-23", 15, "2026-12-14"),
        ("2011-09-30", 15, "2011-10-26"),
        ("2026-02-15", 15, "2026-03-13"),
    ],
)
def test_working_days_by_hand(start, length, last):
    assert last_day(run(start, length), CALENDAR) == date.fromisoformat(last)


def test_the_same_day_is_the_day_itself_and_rolls_on_from_a_rest_day():
    assert last_day(run("2026-11-23", 0), CALENDAR) == date(2026, 11, 23)
    # A Saturday: the next working day is Monday.
    assert last_day(run("2026-11-21", 0), CALENDAR) == date(2026, 11, 23)


def test_calendar_days_roll_on_when_the_last_is_a_rest_day():
    # 2026-10-01 + 3 ends within the National Day holiday, which lasts to 7 October.
    assert last_day(run("2026-10-01", 3, unit=DayUnit.CALENDAR_DAYS), CALENDAR) == date(2026, 10, 8)
    assert last_day(run("2026-11-02", 3, unit=DayUnit.CALENDAR_DAYS), CALENDAR) == date(2026, 11, 5)


def test_excluded_days_do_not_count_and_a_day_excluded_twice_is_excluded_once():
    plain = run("2026-11-02", 5)
    assert last_day(plain, CALENDAR) == date(2026, 11, 9)
    paused = run("2026-11-02", 5, pauses=(pause("2026-11-04", "2026-11-05"),))
    assert last_day(paused, CALENDAR) == date(2026, 11, 11)
    twice = run(
        "2026-11-02", 5, pauses=(pause("2026-11-04", "2026-11-05"), pause("2026-11-05", "2026-11-05"))
    )
    assert last_day(twice, CALENDAR) == date(2026, 11, 11)


def test_a_pause_over_a_weekend_excludes_only_working_days():
    over_weekend = run("2026-11-02", 5, pauses=(pause("2026-11-06", "2026-11-08"),))
    assert last_day(over_weekend, CALENDAR) == date(2026, 11, 10)


def test_an_extension_adds_to_the_length():
    assert last_day(run("2026-11-02", 5, extended=5), CALENDAR) == date(2026, 11, 16)


def test_due_is_the_midnight_after_the_last_day_and_closing_time_where_the_term_says_so():
    found = moments(run("2026-11-02", 5), CALENDAR, warn=1)
    assert found.due_at == datetime(2026, 11, 10, tzinfo=SHANGHAI)
    assert found.warn_at == datetime(2026, 11, 9, tzinfo=SHANGHAI)
    closing = moments(run("2026-11-02", 5, at_closing=True), CALENDAR, warn=1)
    assert closing.due_at == datetime(2026, 11, 9, 17, 30, tzinfo=SHANGHAI)


def test_a_warning_of_three_days_comes_when_three_counted_days_are_left():
    found = moments(run("2026-11-02", 5), CALENDAR, warn=3)
    assert found.warn_at == midnight(date(2026, 11, 5))


def test_a_stopped_clock_has_no_moments():
    found = moments(run("2026-11-02", 5, pauses=(pause("2026-11-04", None),)), CALENDAR, warn=1)
    assert (found.last_day, found.warn_at, found.due_at) == (None, None, None)


def test_a_limit_into_a_year_without_notice_is_provisional():
    assert moments(run("2026-12-11", 15), CALENDAR, warn=1).provisional
    assert not moments(run("2026-12-10", 15), CALENDAR, warn=1).provisional


def test_every_day_is_explained():
    found = explain(run("2026-09-30", 3, pauses=(pause("2026-10-09", "2026-10-09"),)), CALENDAR)
    assert [(day.date.isoformat(), day.number, day.reason) for day in found] == [
        ("2026-09-30", None, "event"),
        ("2026-10-01", None, "holiday"),
        ("2026-10-02", None, "holiday"),
        ("2026-10-03", None, "holiday"),
        ("2026-10-04", None, "holiday"),
        ("2026-10-05", None, "holiday"),
        ("2026-10-06", None, "holiday"),
        ("2026-10-07", None, "holiday"),
        ("2026-10-08", 1, "workday"),
        ("2026-10-09", None, "paused"),
        ("2026-10-10", 2, "makeup"),
        ("2026-10-11", None, "weekend"),
        ("2026-10-12", 3, "workday"),
    ]


def test_days_that_an_extension_added_say_so():
    found = explain(run("2026-11-02", 2, extended=1), CALENDAR)
    assert [(day.number, day.extension) for day in found if day.counted] == [
        (1, False),
        (2, False),
        (3, True),
    ]


@pytest.mark.parametrize(
    "term",
    [
        {"length": -1},
        {"length": 3, "warn": 4},
        {"length": 3, "extensions": 1},
        {"length": 3, "extend_at_most": 5},
    ],
)
def test_a_term_that_makes_no_sense_is_refused_when_it_is_written(term):
    with pytest.raises(ValueError, match=r"x\.y"):
        Term("x.y", **term)


# The oracle -----------------------------------------------------------------------------------------------


@st.composite
def calendars(draw) -> Calendar:
    working = draw(st.lists(st.booleans(), min_size=HORIZON, max_size=HORIZON))
    days = []
    for offset in range(HORIZON):
        day = FIRST + timedelta(days=offset)
        # Enough working days that every random limit ends within the horizon.
        works = working[offset] or offset % 5 == 0
        days.append(Day(day, works, "workday" if works else "weekend"))
    return Calendar(days)


@st.composite
def runs(draw) -> Run:
    pauses = []
    for _number in range(draw(st.integers(0, 3))):
        first = draw(st.integers(0, 40))
        pauses.append(
            Interval(
                FIRST + timedelta(days=first),
                FIRST + timedelta(days=first + draw(st.integers(0, 12))),
                "hearing",
            )
        )
    return Run(
        started_on=FIRST + timedelta(days=draw(st.integers(0, 20))),
        length=draw(st.integers(0, 20)),
        extended=draw(st.integers(0, 10)),
        unit=draw(st.sampled_from(DayUnit)),
        pauses=tuple(pauses),
    )


def oracle(run: Run, calendar: Calendar) -> date:
    """Ten lines that walk from day to day, as somebody would with a pencil on a wall calendar."""
    day, counted = run.started_on, 0
    while counted < run.length + run.extended:
        day += timedelta(days=1)
        paused = any(each.starts_on <= day <= each.ends_on for each in run.pauses)
        if not paused and (run.unit is not DayUnit.WORKING_DAYS or calendar.is_working(day)):
            counted += 1
    if run.unit is DayUnit.EXACT_DAYS:
        return day
    first = day
    while not calendar.is_working(day) or (
        day > run.started_on and any(each.starts_on <= day <= each.ends_on for each in run.pauses)
    ):
        day += timedelta(days=1)
    assert run.unit is DayUnit.CALENDAR_DAYS or day == first or counted == 0
    return day


@given(calendars(), runs())
def test_the_arithmetic_agrees_with_the_oracle(calendar, run):
    assert last_day(run, calendar) == oracle(run, calendar)


@given(calendars(), runs())
def test_the_explanation_agrees_with_the_arithmetic(calendar, run):
    found = explain(run, calendar)
    last = last_day(run, calendar)
    assert found[0].date == run.started_on
    assert found[-1].date == last
    assert [day.date for day in found] == [
        run.started_on + timedelta(days=offset) for offset in range((last - run.started_on).days + 1)
    ]
    assert sum(day.counted for day in found) == run.total
    assert [day.number for day in found if day.counted] == list(range(1, run.total + 1))


@given(calendars(), runs(), st.integers(0, 30))
def test_what_is_left_is_what_is_still_to_be_counted(calendar, run, offset):
    last = last_day(run, calendar)
    today = min(run.started_on + timedelta(days=offset), last)
    still = [day for day in explain(run, calendar) if day.counted and day.date > today]
    left = days_left(run, calendar, today=today, last=last)
    # A last day that rolled on may stand behind the last counted one.
    assert left >= len(still)
    if run.unit is DayUnit.WORKING_DAYS and run.total:
        assert left == len(still)
