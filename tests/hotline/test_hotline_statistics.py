"""The figures, against numbers counted by hand."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, timedelta

from django.core.cache import cache

from hotline import actions, statistics
from portal.cases.actions import advance, sweep
from tests.bureau import MONDAY, Bureau, matter, moment, ticket

SINCE = date(2026, 11, 1)
LATER = moment("2026-11-20 12:00")


def test_every_figure_by_hand(bureau: Bureau) -> None:
    operator, handler = bureau.actor("operator"), bureau.actor("handler")
    ticket(bureau, "closed", at=MONDAY)  # on time, content
    ticket(bureau, "complained", at=MONDAY)  # on time, rated bad
    ticket(bureau, "handling", at=MONDAY)  # late and still open
    ticket(bureau, "returned", at=LATER - timedelta(hours=1))  # dispatched once, nothing due yet
    ticket(bureau, at=LATER - timedelta(hours=1))  # not dispatched
    actions.log_call(matter(bureau), actor=operator, at=MONDAY, answer="已告知。")
    actions.note_call(actor=operator, at=MONDAY)
    late = ticket(bureau, "handling", at=MONDAY)
    sweep(at=moment("2026-11-12 09:00"))
    actions.reply(late, text="已处理。", actor=handler, at=moment("2026-11-12 10:00"))
    before = ticket(bureau, "dispatched", at=moment("2026-10-30 09:00"))  # of an earlier time
    advance(before, "sign", actor=handler, at=moment("2026-10-30 10:00"))
    counted = asdict(statistics.count(since=SINCE, now=LATER))
    assert counted == {
        "since": SINCE,
        "received": 7,
        "calls_in": 8,
        "calls_back": 2,
        "dispatched": 5,
        "closed": 1,
        "ratings": 2,
        "satisfied": 1,
        # Replied: closed, complained, answered at once, late; and the one that is late and open.
        "replies_due": 5,
        "replies_on_time": 3,
    }


def test_nothing_is_a_share_of_nothing(bureau: Bureau) -> None:
    counts = statistics.count(since=SINCE, now=LATER)
    assert [rate.percent for rate in statistics.rates(counts)] == ["–", "–", "–"]


def test_the_pages_ask_once_in_five_minutes(bureau: Bureau) -> None:
    first = statistics.this_year(LATER)
    ticket(bureau, at=MONDAY)
    assert statistics.this_year(LATER) == first
    cache.clear()
    assert statistics.this_year(LATER).received == first.received + 1


def test_what_is_counted_costs_three_statements(bureau: Bureau, django_assert_num_queries) -> None:  # type: ignore[no-untyped-def]
    with django_assert_num_queries(3):
        statistics.count(since=SINCE, now=LATER)
