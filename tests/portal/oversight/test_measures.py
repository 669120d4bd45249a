"""Measures: exact shares, one measure a code, and limits of every kind of case counted by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils.translation import override

from portal.cases import deadlines
from portal.cases.actions import advance, sweep
from portal.cases.models import Case, Deadline
from portal.cases.terms import DayUnit, Limit, Term
from portal.organisation.actions import create_unit
from portal.organisation.actors import SYSTEM
from portal.oversight import measures
from portal.oversight.measures import PROMISED_KEPT, Measure, Share
from portal.workdays.current import current_calendar
from tests.portal.notices.bureau import AT, FOUNDED, Bureau

# Of a call on Monday 23 November the promise of 5 working days ends on Monday the 30th.
LAST_DAY = date(2026, 11, 30)
OVER = AT.replace(day=30, hour=16)  # its midnight in Shanghai
LATER = OVER + timedelta(days=30)
ONE_DAY = timedelta(days=1)


def nothing(**_asked: object) -> Share:
    return Share(0, 0)


EXAMPLE = Measure(
    code="example.nothing",
    name="Example",
    sentence="Nothing within %(days)s days",
    part_label="none",
    whole_label="all",
    count=nothing,
    figures_url_name="site:home",
    takes_days=True,
)


@pytest.fixture
def empty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measures, "_measures", {})


def kept(
    *, first: date = LAST_DAY, last: date = LAST_DAY, now: datetime = LATER, units: set[int] | None = None
) -> tuple[int, int]:
    share = measures.promised_kept(unit_ids=units, first=first, last=last, days=None, now=now)
    return share.part, share.whole


# Shares -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("part", "whole", "target", "answer"),
    [
        (949, 1000, "95", False),
        (950, 1000, "95", True),
        (951, 1000, "95", True),
        # 95.99 % of the half-year report is not 96 %.
        (2586, 2694, "96", False),
        (2586, 2694, "95.99", True),
        (2, 3, "66.66666666666666666666666666666666666", True),
        (2, 3, "66.66666666666666666666666666666666667", False),
        (999_999_999, 1_000_000_000, "100", False),
        (5, 5, "100", True),
        (0, 5, "0", True),
        (0, 0, "0", None),
        (0, 0, "95", None),
    ],
)
def test_a_target_is_reached_exactly_or_not(part: int, whole: int, target: str, answer: bool | None) -> None:
    assert Share(part, whole).reaches(Decimal(target)) is answer


def test_percent_is_not_rounded_to_be_shown() -> None:
    assert Share(949, 1000).percent == Decimal("94.9")
    assert Share(2586, 2694).percent == Decimal(258600) / 2694
    assert Share(0, 7).percent == 0
    assert Share(0, 0).percent is None


@pytest.mark.parametrize(("part", "whole"), [(2, 1), (-1, 1), (1, 0)])
def test_a_part_is_part_of_the_whole(part: int, whole: int) -> None:
    with pytest.raises(ValueError, match="no share"):
        Share(part, whole)


# The registry -----------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("empty")
def test_a_code_names_one_measure() -> None:
    measures.register(EXAMPLE)
    measures.register(EXAMPLE)
    assert measures.every() == [EXAMPLE]
    assert measures.named("example.nothing") is EXAMPLE
    with pytest.raises(ValueError, match=r"example\.nothing"):
        measures.register(replace(EXAMPLE, name="Another"))
    assert measures.named("example.nothing") is EXAMPLE


@pytest.mark.usefixtures("empty")
def test_what_nobody_offers_is_not_known() -> None:
    measures.register(EXAMPLE)
    assert measures.known("example.nothing")
    assert not measures.known("example.something")
    with pytest.raises(KeyError):
        measures.named("example.something")


def test_a_question_names_its_days() -> None:
    assert EXAMPLE.question(3) == "Nothing within 3 days"
    with pytest.raises(ValueError, match="working days"):
        EXAMPLE.question()


def test_every_measure_that_is_offered_can_be_asked_and_shown() -> None:
    assert measures.known("cases.promised_kept")
    for measure in measures.every():
        assert measures.named(measure.code) is measure
        assert reverse(measure.figures_url_name).startswith("/")
        with override("en"):
            days = 3 if measure.takes_days else None
            assert "%" not in measure.question(days)
            assert ("3" in measure.question(days)) is measure.takes_days
            assert measure.name
            assert measure.part_label
            assert measure.whole_label


# Promised limits --------------------------------------------------------------------------------------------


def replied(bureau: Bureau, ticket: Case, at: datetime) -> Case:
    return advance(ticket, "reply", actor=bureau.actor("handler"), at=at, reply="已修复。")


def test_nothing_due_is_a_share_of_nothing(bureau: Bureau) -> None:
    bureau.handled()
    assert kept(now=OVER - timedelta(microseconds=1)) == (0, 0)
    assert kept(last=LAST_DAY - ONE_DAY, first=LAST_DAY - ONE_DAY) == (0, 0)


def test_promises_by_hand(bureau: Bureau) -> None:
    replied(bureau, bureau.handled(), AT + ONE_DAY)  # early
    replied(bureau, bureau.handled(), OVER - timedelta(microseconds=1))  # in the last moment
    late = bureau.handled()
    bureau.handled()  # late and open
    assert kept(now=OVER) == (2, 4)
    sweep(at=OVER)
    assert kept(now=OVER) == (2, 4)
    replied(bureau, late, OVER)
    assert kept() == (2, 4)


def test_a_limit_belongs_to_its_last_day_alone(bureau: Bureau) -> None:
    replied(bureau, bureau.handled(), AT)
    assert kept() == (1, 1)
    assert kept(first=LAST_DAY - 30 * ONE_DAY, last=LAST_DAY - ONE_DAY) == (0, 0)
    assert kept(first=LAST_DAY + ONE_DAY, last=LAST_DAY + 30 * ONE_DAY) == (0, 0)
    assert kept(first=LAST_DAY + ONE_DAY, last=LAST_DAY - ONE_DAY) == (0, 0)


def test_an_early_reply_is_counted_when_its_limit_is_over(bureau: Bureau) -> None:
    replied(bureau, bureau.handled(), AT)
    assert kept(now=OVER - timedelta(microseconds=1)) == (0, 0)
    assert kept(now=OVER) == (1, 1)


def test_an_extended_promise_is_due_when_it_then_is(bureau: Bureau) -> None:
    ticket = bureau.handled()
    advance(ticket, "extend", actor=bureau.actor("supervisor"), at=AT, note="属实", extend_by=2)
    assert kept() == (0, 0)
    assert kept(last=LAST_DAY + 2 * ONE_DAY) == (0, 1)


def test_a_unit_answers_for_itself_and_those_below_it(bureau: Bureau) -> None:
    brigade = create_unit(
        code="brigade",
        name="绿化一队",
        name_en="Brigade",
        parent=bureau.greening,
        actor=SYSTEM,
        at=FOUNDED,
    )
    bureau.dispatched()
    bureau.dispatched(unit=brigade)
    bureau.dispatched(unit=bureau.roads)
    assert kept(units={bureau.greening.pk}) == (0, 1)
    assert kept(units=set(bureau.greening.subtree_ids())) == (0, 2)
    assert kept(units=set()) == (0, 0)
    assert kept() == (0, 3)


def test_promises_of_every_kind_of_limit(bureau: Bureau) -> None:
    """Clocks of the engine beside the ticket's own, each with 2 working days from Monday: to the 25th."""
    case, calendar = bureau.handled(), current_calendar()
    last_day = date(2026, 11, 25)
    over = AT.replace(day=25, hour=16)

    def clock(code: str, **more: object) -> Deadline:
        term = Term(code, 2, DayUnit.WORKING_DAYS, 1, "", **{"limit": Limit.PROMISED, **more})
        deadline = deadlines.planned(term, at=AT, calendar=calendar)
        deadlines.start(case, [deadline])
        return deadline

    def end(deadline: Deadline, ended: Deadline.Ended, at: datetime) -> None:
        deadlines.end(deadline, at=at, ended=ended)

    def answer() -> tuple[int, int]:
        return kept(first=last_day, last=last_day)

    clock("x.step", limit=Limit.STEP)
    clock("x.statutory", limit=Limit.STATUTORY)
    end(clock("x.void"), Deadline.Ended.VOID, AT)
    end(clock("x.anew"), Deadline.Ended.RESTARTED, AT)
    # The clock takes a step by itself: neither before it was settled nor afterwards is that a breach.
    clock("x.follows", then="close")
    end(clock("x.followed", then="close"), Deadline.Ended.FOLLOWED, over)
    assert answer() == (0, 0)
    # At closing time on its last day, which belongs to that day.
    end(clock("x.closing", at_closing=True), Deadline.Ended.KEPT, AT)
    assert answer() == (1, 1)
    # Missed, and then begun anew: what is missed stays missed.
    missed = clock("x.missed")
    deadlines.fire([(case, missed)], at=over, calendar=calendar)
    assert answer() == (1, 2)
    end(missed, Deadline.Ended.RESTARTED, over + ONE_DAY)
    assert answer() == (1, 2)


def test_promises_cost_one_statement(bureau: Bureau, django_assert_num_queries) -> None:  # type: ignore[no-untyped-def]
    for _each in range(3):
        bureau.handled()
    with django_assert_num_queries(1):
        assert kept(units={bureau.greening.pk, bureau.roads.pk}) == (0, 3)


def test_the_measure_of_the_cases_is_the_one_that_is_registered() -> None:
    assert measures.named("cases.promised_kept") is PROMISED_KEPT
    assert not PROMISED_KEPT.takes_days
