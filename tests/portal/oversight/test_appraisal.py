"""What counts in a unit's appraisal: cards that stand, by the unit and the day; the page for supervisors."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from portal.cases.actions import sweep
from portal.oversight import appraisal, cards
from portal.oversight.models import Card

PAGE = "/oversight/appraisal/"
LATE = datetime(2026, 12, 2, 2, 0, tzinfo=UTC)
YEAR = date(2026, 1, 1), date(2026, 12, 31)


@pytest.fixture(autouse=True)
def _clock(monkeypatch):
    """Views read the clock."""
    monkeypatch.setattr(timezone, "now", lambda: LATE)


@pytest.fixture
def card(bureau) -> Card:
    bureau.handled()
    sweep(at=LATE)
    return Card.objects.get()


def counted(first: date, last: date) -> dict[str, list[int]]:
    return {row.unit.code: [times for _label, times in row.counts] for row in appraisal.table(first, last)}


def test_a_yellow_card_counts_against_the_unit_on_the_day_it_was_issued(card):
    codes = [item.code for item in appraisal.items()]
    (row,) = counted(*YEAR).values()
    assert dict(zip(codes, row, strict=True)) == dict.fromkeys(codes, 0) | {"oversight.yellow_cards": 1}
    day = timezone.localtime(card.issued_at).date()
    assert counted(day, day) == counted(*YEAR)
    assert counted(date(2026, 1, 1), date.fromordinal(day.toordinal() - 1)) == {}
    assert counted(date.fromordinal(day.toordinal() + 1), date(2026, 12, 31)) == {}


def test_a_card_that_was_withdrawn_counts_no_more(bureau, card):
    cards.take_step(card, "withdraw", text="系统故障。", actor=bureau.actor("supervisor"), at=LATE)
    assert counted(*YEAR) == {}


@pytest.mark.parametrize("year", ["", "2003", "2027", "x", "99999999999999999999"])
def test_a_year_that_is_none_is_a_sentence_at_the_field(bureau, year):
    answer = bureau.client("supervisor").get(PAGE, {"year": year})
    assert answer.status_code == 400
    assert answer.context["form"].errors["year"]


def test_the_page_costs_a_query_an_item(bureau, card):
    client = bureau.client("supervisor")
    with CaptureQueriesContext(connection) as seen:
        assert client.get(PAGE).status_code == 200
    assert len(seen) <= 3 + len(appraisal.items())


def test_another_code_of_the_same_name_is_refused():
    with pytest.raises(ValueError, match=r"oversight\.red_cards"):
        appraisal.register(appraisal.Item("oversight.red_cards", "x", lambda first, last: {}))
