"""What a pledge may promise of the hotline, against tickets counted by hand."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from django.utils.translation import override

from hotline import actions
from hotline.measures import receipt_days
from hotline.models import Ticket
from portal.cases.actions import advance, sweep
from portal.organisation.actions import create_unit, hire
from portal.organisation.actors import SYSTEM, Role
from portal.oversight import measures
from portal.workdays.calendar import OutsideCalendar
from portal.workdays.current import current_calendar
from tests.bureau import FOUNDED, MONDAY, Bureau, matter, moment, ticket

# Of a call on Monday 2 November five working days end on Monday the 9th, one on Tuesday the 3rd.
NINTH = date(2026, 11, 9)
TUESDAY = date(2026, 11, 3)
LATER = moment("2026-12-31 12:00")
NOVEMBER = (date(2026, 11, 1), date(2026, 11, 30))
A_MOMENT = timedelta(microseconds=1)
ONE_DAY = timedelta(days=1)


def ask(
    code: str,
    first: date,
    last: date | None = None,
    *,
    units: frozenset[int] | None = None,
    days: int | None = None,
    now: datetime = LATER,
) -> tuple[int, int]:
    share = measures.named(code).count(unit_ids=units, first=first, last=last or first, days=days, now=now)
    return share.part, share.whole


def closed_within_5(first: date, last: date | None = None, **more) -> tuple[int, int]:  # type: ignore[no-untyped-def]
    return ask("hotline.closed_within", first, last, days=5, **more)


def of(bureau: Bureau, code: str) -> frozenset[int]:
    """The unit and those below it."""
    return bureau.units[code].subtree_ids()


def alone(bureau: Bureau, code: str) -> frozenset[int]:
    return frozenset({bureau.units[code].pk})


def closed(bureau: Bureau, *, at: datetime, received: datetime = MONDAY) -> Ticket:
    """A ticket of the greening division that was called back at once, and closed at `at`."""
    made = ticket(bureau, "reached", at=received)
    advance(made, "close", actor=bureau.actor("operator"), at=at)
    return made


def of_roads(bureau: Bureau, *, at: datetime = MONDAY) -> Ticket:
    made = actions.log_call(matter(bureau, "potholes"), actor=bureau.actor("operator"), at=at)
    advance(made, "dispatch", actor=bureau.actor("operator"), at=at, unit=bureau.units["roads"])
    return made


def test_all_are_offered_in_order() -> None:
    offered = [measure.code for measure in measures.every() if measure.code.startswith("hotline.")]
    assert offered == [
        "hotline.closed_within",
        "hotline.replies_on_time",
        "hotline.satisfied",
        "hotline.signed_on_time",
    ]


def test_the_sentence_counts_its_days() -> None:
    measure = measures.named("hotline.closed_within")
    with override("en"):
        assert measure.question(1) == "Tickets of this unit closed within 1 working day"
        assert measure.question(5) == "Tickets of this unit closed within 5 working days"


@pytest.mark.usefixtures("bureau")
@pytest.mark.parametrize("code", ["closed_within", "replies_on_time", "satisfied", "signed_on_time"])
def test_nothing_to_measure_is_neither_kept_nor_missed(code: str) -> None:
    share = measures.named(f"hotline.{code}").count(
        unit_ids=None, first=NOVEMBER[0], last=NOVEMBER[1], days=5, now=LATER
    )
    assert (share.part, share.whole, share.percent, share.reaches(Decimal(95))) == (0, 0, None, None)


# Closed within days -----------------------------------------------------------------------------------------


def test_closed_on_the_last_day_is_in_time(bureau: Bureau) -> None:
    closed(bureau, at=MONDAY)
    closed(bureau, at=moment("2026-11-10 00:00") - A_MOMENT)
    assert closed_within_5(NINTH) == (2, 2)
    closed(bureau, at=moment("2026-11-10 00:00"))
    assert closed_within_5(NINTH) == (2, 3)


def test_closed_on_a_rest_day_after_the_last_day_is_late(bureau: Bureau) -> None:
    # Five working days from Friday 30 October end on Friday 6 November.
    received = moment("2026-10-30 09:00")
    closed(bureau, received=received, at=moment("2026-11-06 23:00"))
    closed(bureau, received=received, at=moment("2026-11-07 10:00"))
    assert closed_within_5(date(2026, 11, 6)) == (1, 2)


def test_late_and_open_is_due_and_not_kept(bureau: Bureau) -> None:
    for state in ("received", "dispatched", "returned", "handling", "replied", "complained"):
        ticket(bureau, state)
    assert closed_within_5(NINTH) == (0, 6)


def test_a_ticket_is_due_when_its_last_day_is_over(bureau: Bureau) -> None:
    closed(bureau, at=MONDAY)
    ticket(bureau, "handling")
    midnight = moment("2026-11-10 00:00")
    assert closed_within_5(*NOVEMBER, now=midnight - A_MOMENT) == (0, 0)
    assert closed_within_5(*NOVEMBER, now=midnight) == (1, 2)


def test_a_ticket_belongs_to_the_day_on_which_its_time_ends(bureau: Bureau) -> None:
    closed(bureau, at=MONDAY)
    assert closed_within_5(date(2026, 11, 1), NINTH) == (1, 1)
    assert closed_within_5(NINTH, date(2026, 11, 30)) == (1, 1)
    assert closed_within_5(date(2026, 11, 1), NINTH - ONE_DAY) == (0, 0)
    assert closed_within_5(NINTH + ONE_DAY, date(2026, 11, 30)) == (0, 0)
    assert closed_within_5(NINTH + ONE_DAY, NINTH) == (0, 0)


def test_what_comes_on_a_rest_day_ends_with_what_came_before_it(bureau: Bureau) -> None:
    for received in ("2026-11-06 23:59", "2026-11-07 00:00", "2026-11-08 23:59"):
        ticket(bureau, at=moment(received))
    ticket(bureau, at=moment("2026-11-05 23:59"))
    ticket(bureau, at=moment("2026-11-09 00:00"))
    assert closed_within_5(date(2026, 11, 12)) == (0, 1)
    assert closed_within_5(date(2026, 11, 13)) == (0, 3)
    assert closed_within_5(date(2026, 11, 14), date(2026, 11, 15)) == (0, 0)
    assert closed_within_5(date(2026, 11, 16)) == (0, 1)


def test_other_days_are_another_question(bureau: Bureau) -> None:
    closed(bureau, at=moment("2026-11-05 10:00"))
    count = [ask("hotline.closed_within", *NOVEMBER, days=days) for days in (1, 2, 3, 4, 60)]
    assert count == [(0, 1), (0, 1), (1, 1), (1, 1), (0, 0)]


def test_whose_ticket_it_is(bureau: Bureau) -> None:
    closed(bureau, at=MONDAY)  # of the greening division
    of_roads(bureau)
    ticket(bureau)  # with the centre still
    actions.log_call(matter(bureau), actor=bureau.actor("operator"), at=MONDAY, answer="已告知。")
    assert closed_within_5(NINTH, units=of(bureau, "greening")) == (1, 1)
    assert closed_within_5(NINTH, units=of(bureau, "roads")) == (0, 1)
    assert closed_within_5(NINTH, units=of(bureau, "hotline")) == (1, 2)
    # The bureau and all below it are the whole.
    assert closed_within_5(NINTH, units=of(bureau, "bureau")) == (2, 4)
    assert closed_within_5(NINTH, units=alone(bureau, "bureau")) == (0, 0)
    assert closed_within_5(NINTH) == (2, 4)


@pytest.mark.parametrize("days", [None, 0, -1])
def test_days_are_needed(days: int | None) -> None:
    with pytest.raises(ValueError, match="1 or more"):
        ask("hotline.closed_within", NINTH, days=days)


@pytest.mark.usefixtures("bureau")
def test_the_days_of_receipt_are_those_that_end_in_the_window() -> None:
    """Every day of 2026 with its holidays and make-up days, asked one by one."""
    calendar = current_calendar()
    year = [day.date for day in calendar.days if day.date.year == 2026]
    for days in (1, 3, 15):
        ends = {day: calendar.add_workdays(day, days) for day in year}
        for place in range(60, 300, 7):
            first, last = year[place], year[place + place % 5]
            begin, end = receipt_days(calendar, first=first, last=last, days=days)
            found = [day for day in year if begin <= day < end]
            assert found == [day for day in year if first <= ends[day] <= last]
    with pytest.raises(OutsideCalendar):
        receipt_days(calendar, first=calendar.first, last=calendar.last, days=1)


def test_closing_costs_two_statements_however_many_there_are(
    bureau: Bureau, django_assert_num_queries
) -> None:  # type: ignore[no-untyped-def]
    current_calendar()  # the days are read once a process
    for hours in range(4):
        closed(bureau, at=MONDAY + timedelta(hours=hours))
        ticket(bureau, "handling", at=MONDAY + timedelta(days=hours))
    with django_assert_num_queries(2):
        assert closed_within_5(*NOVEMBER, units=alone(bureau, "greening")) == (4, 8)


# Replies on time --------------------------------------------------------------------------------------------


def replies(first: date, last: date | None = None, **more) -> tuple[int, int]:  # type: ignore[no-untyped-def]
    return ask("hotline.replies_on_time", first, last, **more)


def replied(bureau: Bureau, *, at: datetime, received: datetime = MONDAY) -> Ticket:
    made = ticket(bureau, "handling", at=received)
    return actions.reply(made, text="已处理。", actor=bureau.actor("handler"), at=at)


def test_replies_by_hand(bureau: Bureau) -> None:
    replied(bureau, at=MONDAY)
    replied(bureau, at=moment("2026-11-10 00:00") - A_MOMENT)
    replied(bureau, at=moment("2026-11-10 00:00"))
    ticket(bureau, "handling")  # late and open
    actions.log_call(matter(bureau), actor=bureau.actor("operator"), at=MONDAY, answer="已告知。")
    assert replies(NINTH) == (3, 5)
    assert replies(NINTH, units=of(bureau, "greening")) == (2, 4)
    assert replies(NINTH, units=of(bureau, "roads")) == (0, 0)
    assert replies(NINTH, units=of(bureau, "hotline")) == (1, 1)
    assert replies(NINTH, units=of(bureau, "bureau")) == (3, 5)


def test_no_two_windows_count_a_reply(bureau: Bureau) -> None:
    replied(bureau, at=MONDAY)
    assert replies(date(2026, 11, 1), NINTH - ONE_DAY) == (0, 0)
    assert replies(NINTH, date(2026, 11, 30)) == (1, 1)
    assert replies(NINTH + ONE_DAY, date(2026, 11, 30)) == (0, 0)
    assert replies(*NOVEMBER, now=moment("2026-11-10 00:00") - A_MOMENT) == (0, 0)


def test_a_reply_is_the_units_that_gave_it(bureau: Bureau) -> None:
    """Replied late by one unit, sent back for rework, and passed on to another."""
    operator = bureau.actor("operator")
    made = replied(bureau, at=moment("2026-11-11 09:00"))
    day = moment("2026-11-12 09:00")
    actions.call_back(made, reached=True, resolved=False, rating=1, actor=operator, at=day)
    advance(made, "rework", actor=operator, at=day + ONE_DAY, note="未解决。")
    advance(made, "return", actor=bureau.actor("handler"), at=day + ONE_DAY * 2, note="不属于本单位职责。")
    advance(made, "dispatch", actor=operator, at=day + ONE_DAY * 3, unit=bureau.units["roads"])
    assert replies(NINTH, units=of(bureau, "greening")) == (0, 1)
    assert replies(NINTH, units=of(bureau, "roads")) == (0, 0)
    # So is the rating of it.
    assert satisfied(*NOVEMBER, units=of(bureau, "greening")) == (0, 1)
    assert satisfied(*NOVEMBER, units=of(bureau, "roads")) == (0, 0)


def test_who_has_a_late_ticket_answers_for_it(bureau: Bureau) -> None:
    made = ticket(bureau, "returned")
    assert replies(NINTH, units=of(bureau, "hotline")) == (0, 1)
    at = moment("2026-11-04 09:00")
    advance(made, "dispatch", actor=bureau.actor("operator"), at=at, unit=bureau.units["roads"])
    assert replies(NINTH, units=of(bureau, "hotline") | of(bureau, "greening")) == (0, 0)
    assert replies(NINTH, units=of(bureau, "roads")) == (0, 1)


# Satisfied citizens -----------------------------------------------------------------------------------------


def satisfied(first: date, last: date | None = None, **more) -> tuple[int, int]:  # type: ignore[no-untyped-def]
    return ask("hotline.satisfied", first, last, **more)


def test_ratings_by_hand(bureau: Bureau) -> None:
    operator = bureau.actor("operator")
    for rating in (5, 4, 3, 2, 1, None):
        made = ticket(bureau, "replied")
        actions.call_back(made, reached=True, resolved=True, rating=rating, actor=operator, at=MONDAY)
    actions.call_back(ticket(bureau, "replied"), reached=False, actor=operator, at=MONDAY)
    assert satisfied(MONDAY.date()) == (3, 5)
    assert satisfied(MONDAY.date(), units=of(bureau, "greening")) == (3, 5)
    assert satisfied(MONDAY.date(), units=of(bureau, "roads")) == (0, 0)
    assert satisfied(MONDAY.date(), units=of(bureau, "bureau")) == (3, 5)


@pytest.mark.parametrize(
    ("at", "counted"),
    [
        ("2026-11-03 23:59", 0),
        ("2026-11-04 00:00", 1),
        ("2026-11-05 23:59", 1),
        ("2026-11-06 00:00", 0),
    ],
)
def test_a_rating_is_of_the_day_of_its_callback(bureau: Bureau, at: str, counted: int) -> None:
    made = ticket(bureau, "replied")
    actions.call_back(
        made, reached=True, resolved=True, rating=5, actor=bureau.actor("operator"), at=moment(at)
    )
    assert satisfied(date(2026, 11, 4), date(2026, 11, 5)) == (counted, counted)
    assert satisfied(*NOVEMBER, now=moment(at) - A_MOMENT) == (0, 0)


def test_each_callbacks_own_rating_is_counted(bureau: Bureau) -> None:
    """Bad at first, put right, and good in the end: two ratings, of which one is good."""
    made, operator, handler = ticket(bureau, "complained"), bureau.actor("operator"), bureau.actor("handler")
    at = MONDAY + ONE_DAY
    advance(made, "rework", actor=operator, at=at, note="未解决。")
    advance(made, "sign", actor=handler, at=at)
    actions.reply(made, text="已返工。", actor=handler, at=at)
    actions.call_back(made, reached=True, resolved=True, rating=4, actor=operator, at=at)
    assert satisfied(*NOVEMBER, units=of(bureau, "greening")) == (1, 2)


# Signed for on time -----------------------------------------------------------------------------------------


def signed(first: date, last: date | None = None, **more) -> tuple[int, int]:  # type: ignore[no-untyped-def]
    return ask("hotline.signed_on_time", first, last, **more)


def test_signing_by_hand(bureau: Bureau) -> None:
    handler = bureau.actor("handler")
    ticket(bureau, "handling")
    handed_back = ticket(bureau, "dispatched")
    late = ticket(bureau, "dispatched")
    ticket(bureau, "dispatched")  # late and open
    ticket(bureau)  # not to be signed for yet
    of_roads(bureau)
    advance(handed_back, "return", actor=handler, at=MONDAY + ONE_DAY, note="不属于本单位职责。")
    advance(late, "sign", actor=handler, at=moment("2026-11-04 00:00"))
    assert signed(TUESDAY) == (2, 5)
    assert signed(TUESDAY, units=of(bureau, "greening")) == (2, 4)
    assert signed(TUESDAY, units=of(bureau, "roads")) == (0, 1)
    assert signed(TUESDAY, units=of(bureau, "hotline")) == (0, 0)
    assert signed(TUESDAY, now=moment("2026-11-04 00:00") - A_MOMENT) == (0, 0)
    sweep(at=LATER)
    assert signed(TUESDAY) == (2, 5)


def test_who_let_it_lie_answers_for_it_after_it_was_passed_on(bureau: Bureau) -> None:
    operator, roads = bureau.actor("operator"), bureau.actor("handler_roads")
    made = ticket(bureau, "dispatched")
    thursday = moment("2026-11-05 09:00")
    advance(made, "return", actor=bureau.actor("handler"), at=thursday, note="不属于本单位职责。")
    assert signed(*NOVEMBER, units=of(bureau, "greening")) == (0, 1)
    assert signed(*NOVEMBER, units=of(bureau, "hotline")) == (0, 0)
    advance(made, "dispatch", actor=operator, at=thursday + ONE_DAY, unit=bureau.units["roads"])
    advance(made, "sign", actor=roads, at=thursday + ONE_DAY)
    assert signed(*NOVEMBER, units=of(bureau, "greening")) == (0, 1)
    assert signed(*NOVEMBER, units=of(bureau, "roads")) == (1, 1)
    assert signed(*NOVEMBER) == (1, 2)


def test_units_below_are_counted_with_the_one_above(bureau: Bureau) -> None:
    brigade = create_unit(
        code="brigade",
        name="绿化一队",
        name_en="Brigade",
        parent=bureau.units["greening"],
        actor=SYSTEM,
        at=FOUNDED,
    )
    hire(
        username="brigadier",
        name="队样例",
        roles=[Role.HANDLER],
        unit=brigade,
        encoded_password="!",
        actor=SYSTEM,
        at=FOUNDED,
    )
    ticket(bureau, "dispatched")
    below = ticket(bureau)
    advance(below, "dispatch", actor=bureau.actor("operator"), at=MONDAY, unit=brigade)
    for code in ("signed_on_time", "replies_on_time"):
        asked = f"hotline.{code}"
        assert ask(asked, *NOVEMBER, units=of(bureau, "greening")) == (0, 2)
        assert ask(asked, *NOVEMBER, units=alone(bureau, "greening")) == (0, 1)
        assert ask(asked, *NOVEMBER, units=frozenset({brigade.pk})) == (0, 1)
    assert closed_within_5(*NOVEMBER, units=of(bureau, "greening")) == (0, 2)


@pytest.mark.parametrize("code", ["replies_on_time", "satisfied", "signed_on_time"])
def test_the_others_cost_one_statement(bureau: Bureau, code: str, django_assert_num_queries) -> None:  # type: ignore[no-untyped-def]
    for state in ("closed", "complained", "returned", "handling"):
        ticket(bureau, state)
    units = alone(bureau, "greening")
    with django_assert_num_queries(1):
        ask(f"hotline.{code}", *NOVEMBER, units=units)
