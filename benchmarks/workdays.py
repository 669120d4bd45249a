"""“The 15th working day after D”: ours, holidays, chinesecalendar, and a bare array."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import TYPE_CHECKING

from benchmarks.figures import Figure, at_most, exactly, faster, in_turns, medians, seconds

if TYPE_CHECKING:
    from benchmarks.house import House

COUNT = 15
FIRST, LAST = date(2004, 1, 1), date(2026, 12, 31)
ONE_DAY = timedelta(days=1)
ROUNDS = 9
# 国办发明电〔2005〕35号 makes this Saturday a working day; chinesecalendar 1.11 does not know it.
WRONG_ELSEWHERE = {date(2005, 12, 31)}


def days_from(first: date, last: date) -> list[date]:
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def measure(house: House) -> Iterator[Figure]:
    import chinese_calendar
    import holidays

    from portal.workdays.current import current_calendar

    calendar = current_calendar()
    china = holidays.country_holidays("CN", years=range(2004, 2027))

    # Working days only: from a rest day chinesecalendar counts another way, and would answer something else.
    starts = [day for day in days_from(date(2025, 1, 1), date(2025, 11, 30)) if calendar.is_working(day)]

    def plain_loop(start: date, count: int) -> date:
        while count:
            start += ONE_DAY
            count -= china.is_working_day(start)
        return start

    # The limit of what Python can do: two look-ups in lists, nothing checked.
    offset = calendar.first.toordinal()
    every = [each.date for each in calendar.days]
    ordinals = [calendar.ordinal(day) for day in every]
    working = [date.min, *(each.date for each in calendar.days if each.working)]

    def each(count: Callable[[date], object], repeat: int) -> Callable[[], float]:
        """Seconds of one answer, over all starts."""

        def run() -> float:
            def all_of_them() -> None:
                for _number in range(repeat):
                    for start in starts:
                        count(start)

            return seconds(all_of_them) / repeat / len(starts)

        return run

    add = calendar.add_workdays
    found = medians(
        in_turns(
            ROUNDS,
            ours=each(lambda day: add(day, COUNT), 200),
            array=each(lambda day: working[ordinals[day.toordinal() - offset] + COUNT], 200),
            nothing=each(lambda day: day, 200),
            loop=each(lambda day: plain_loop(day, COUNT), 1),
            holidays=each(lambda day: china.get_nth_working_day(day, COUNT), 1),
            chinesecalendar=each(lambda day: chinese_calendar.find_workday(COUNT, day), 1),
        )
    )
    # The loop and the call that all share cost as much as the array; without them the ratio is the true one.
    ours, array = found["ours"] - found["nothing"], found["array"] - found["nothing"]
    quickest = min(found["loop"], found["holidays"])
    yield faster("15 working days: holidays", ours, quickest, by=50)
    yield faster("15 working days: chinesecalendar", ours, found["chinesecalendar"], by=1000)
    yield at_most("15 working days: bare array", ours, array, times=5)

    def works(day: date) -> bool:
        return chinese_calendar.is_workday(day) or day in WRONG_ELSEWHERE

    known = days_from(FIRST, LAST)
    wrong = sum(calendar.is_working(day) != works(day) for day in known)
    theirs = sum(chinese_calendar.is_workday(day) != works(day) for day in known)
    yield exactly("wrong days 2004–2026: chinesecalendar", wrong, 0, theirs=f"{theirs} wrong")
    wrong = sum(calendar.is_working(day) != china.is_working_day(day) for day in known)
    yield exactly("days other than in holidays 2004–2026", wrong, 0)
    wrong = 0
    for start in days_from(FIRST, LAST - timedelta(days=40)):
        day, left = start, COUNT
        while left:
            day += ONE_DAY
            left -= works(day)
        wrong += add(start, COUNT) != day
    yield exactly("wrong 15th working days 2004–2026, day by day", wrong, 0)
