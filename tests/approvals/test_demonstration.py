"""The demonstration's window: the same from the same seed, whatever day is today.

What is found of it in the whole bureau: tests/test_demonstration.py.
"""

from __future__ import annotations

from datetime import date

import pytest
from django.db import transaction

from approvals import demonstration
from approvals.models import ApprovalCase, Incoming
from tests.lived_through import load, told_by

# A Sunday; the first working day after the National Day holiday.
DAYS_TO_TELL_FROM = (date(2026, 11, 22), date(2026, 10, 8))
FEW = {"plan-review": 3, "construction-waste": 2, "drainage": 2}


class Undone(Exception):
    pass


@pytest.fixture
def few(monkeypatch, plain_papers):
    """Only the window, with a few applications, and papers that are neither typeset nor signed."""
    told_by(monkeypatch, "approvals")
    monkeypatch.setattr(demonstration, "CONSOLIDATED", FEW)
    monkeypatch.setattr(demonstration, "OTHERS", {"outdoor-ads": 2})


def told(**chosen) -> list[list[tuple]]:
    """What is told of applications and of what came in, undone afterwards."""
    try:
        with transaction.atomic():
            load(**chosen)
            cases = ApprovalCase.objects.order_by("pk")
            mail = Incoming.objects.order_by("pk")
            found = [
                [(each.number, each.state, each.subject_matter, each.applicant_name) for each in cases],
                [(each.number, each.state, each.title, each.sender) for each in mail],
            ]
            raise Undone
    except Undone:
        return found


def test_the_same_seed_tells_the_same_story(db, few):
    assert told(seed=7) == told(seed=7)


@pytest.mark.parametrize("today", DAYS_TO_TELL_FROM, ids=str)
def test_whatever_day_is_today_the_half_year_is_closed(db, few, today):
    cases, _mail = told(today=today)
    states = [state for _number, state, _subject, _name in cases]
    assert states.count("closed") == sum(FEW.values()) + 2
    assert len(cases) - states.count("closed") == len(demonstration.UNDER_WAY) + 2


def test_the_half_year_has_116_applications():
    assert sum(demonstration.CONSOLIDATED.values()) == 107
    assert demonstration.RECEIVED == 116
