from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from django.utils import translation

from portal.ledger.actions import seal
from portal.ledger.models import Event
from tests.portal.ledger.tampering import AT, write


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    """Sentences are compared in the language of the sources, whatever the catalogue says today."""
    with translation.override("en"):
        yield


@pytest.fixture
def ledger(db: None) -> dict[str, list[Event]]:
    """Three cases: two seals of two days, and events since that no seal holds."""
    cases = {
        "case:A-1": write("case:A-1", "log_call", "dispatch", "sign"),
        "case:A-2": write("case:A-2", "log_call", "dispatch"),
    }
    assert seal(day=date(2026, 11, 20), at=AT + timedelta(hours=14))
    cases["case:A-1"] += write("case:A-1", "reply", at=AT + timedelta(days=1))
    cases["case:A-3"] = write("case:A-3", "report", at=AT + timedelta(days=1))
    assert seal(day=date(2026, 11, 21), at=AT + timedelta(days=1, hours=14))
    cases["case:A-1"] += write("case:A-1", "callback", "close", at=AT + timedelta(days=2))
    return cases
