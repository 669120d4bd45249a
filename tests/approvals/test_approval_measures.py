"""What a pledge may promise of the window, counted by hand."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from approvals.actions import take
from portal.cases.terms import SHANGHAI
from portal.organisation.actors import CITIZEN
from portal.oversight import measures
from portal.oversight.measures import Share
from tests.approvals.window import case_in
from tests.bureau import MONDAY

# "short" promises seven working days: received and accepted on a Monday, due on the Wednesday after next.
DUE = date(2026, 11, 11)
AFTER = datetime(2026, 11, 12, 9, tzinfo=SHANGHAI)

pytestmark = pytest.mark.usefixtures("plain_papers")


def counted(*, first: date = DUE, last: date = DUE, now: datetime = AFTER, units=None, since=None) -> Share:
    measure = measures.named("approvals.decided_as_promised")
    return measure.count(unit_ids=units, first=first, last=last, days=None, now=now, since=since)


def decided(window, *, days_later: int) -> None:
    """An application that was received on the Monday, and granted so many days later."""
    case = case_in("sign_off", window, "short")
    at = MONDAY + timedelta(days=days_later)
    take(
        case,
        "grant",
        actor=window.actor("chief"),
        at=at,
        content="准予。",
        valid_from=at.date(),
        valid_until=date(2027, 11, 2),
    )


def test_those_are_kept_that_were_decided_on_the_last_day_or_before(window):
    assert MONDAY.date() == date(2026, 11, 2)
    decided(window, days_later=1)
    decided(window, days_later=9)
    decided(window, days_later=10)
    case_in("accepted", window, "short")
    assert counted() == Share(2, 4)


def test_a_promise_belongs_to_its_last_day_alone(window):
    decided(window, days_later=1)
    assert counted(first=date(2026, 11, 1), last=date(2026, 11, 10)) == Share(0, 0)
    assert counted(first=date(2026, 11, 12), last=date(2026, 12, 30)) == Share(0, 0)
    assert counted(first=date(2026, 11, 1), last=date(2026, 12, 30)) == Share(1, 1)
    # Its last day is not over yet.
    assert counted(now=AFTER - timedelta(days=1)) == Share(0, 0)


def test_what_was_withdrawn_in_time_was_not_due(window):
    take(case_in("accepted", window, "short"), "withdraw", actor=CITIZEN, at=MONDAY, note="不再需要。")
    assert counted() == Share(0, 0)


def test_what_was_withdrawn_too_late_was_missed(window):
    late = case_in("accepted", window, "short")
    take(late, "withdraw", actor=CITIZEN, at=AFTER, note="等得太久。")
    assert counted(now=AFTER + timedelta(days=1)) == Share(0, 1)


def test_of_one_unit_and_since_a_day(window):
    decided(window, days_later=1)
    bureau = window.units["bureau"].pk
    assert counted(units=[bureau]) == Share(1, 1)
    assert counted(units=[window.units["greening"].pk]) == Share(0, 0)
    assert counted(since=date(2026, 11, 3)) == Share(0, 0)


def test_it_is_counted_in_one_statement(window, django_assert_num_queries):
    decided(window, days_later=1)
    with django_assert_num_queries(1):
        counted()


def test_it_can_be_asked_and_looked_up():
    measure = measures.named("approvals.decided_as_promised")
    assert not measure.takes_days
    assert measure.question()
    assert measure.figures_url_name == "approvals:start"
