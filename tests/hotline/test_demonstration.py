"""The demonstration bureau: lived through by real actions, the same from the same seed, and whole."""

from __future__ import annotations

from datetime import date

import pytest
from django.core.management import call_command
from django.db import transaction

from hotline import demonstration
from hotline.models import Call, Ticket
from portal.cases.limits import limit_view
from portal.cases.models import Deadline
from portal.cases.terms import midnight
from portal.ledger.models import Event, Seal
from portal.ledger.verify import verify
from portal.organisation.actors import STAFF_ROLES
from portal.organisation.models import Staff
from portal.oversight.models import Card
from portal.workdays.current import current_calendar

TODAY = date(2026, 11, 23)


@pytest.fixture(autouse=True)
def _asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests' own servers may be named by DATABASE_URL."""
    monkeypatch.setenv("DEMONSTRATION", "1")


class Undone(Exception):
    pass


def told(seed: int) -> list[tuple]:
    """What a small bureau looks like after loading, undone afterwards."""
    try:
        with transaction.atomic():
            call_command("load_demonstration", today=TODAY.isoformat(), seed=seed, verbosity=0)
            tickets = Ticket.objects.order_by("pk")
            found = [(t.number, t.state, t.description, t.caller_name, t.next_due_at) for t in tickets]
            raise Undone
    except Undone:
        return found


def test_the_same_seed_tells_the_same_story(db, monkeypatch):
    monkeypatch.setattr(demonstration, "TICKETS", 30)
    monkeypatch.setattr(demonstration, "DAYS", 20)
    first = told(7)
    assert len(first) == 30
    assert told(7) == first
    assert told(8) != first


def test_three_months_of_a_bureau(db):
    call_command("load_demonstration", today=TODAY.isoformat(), seed=7, verbosity=0)
    assert Ticket.objects.count() == 300
    assert len(set(Ticket.objects.values_list("description", flat=True))) == 300
    roles = {role for staff in Staff.objects.all() for role in staff.roles}
    assert roles == {role.value for role in STAFF_ROLES}

    now, calendar = midnight(TODAY), current_calendar()
    words = [limit_view(each, now=now, calendar=calendar).level for each in open_dues()]
    assert {"soon", "over"} <= set(words)
    due_on = {limit_view(each, now=now, calendar=calendar).due_on for each in open_dues()}
    assert {TODAY, date(2026, 11, 24)} <= due_on

    assert set(Ticket.objects.values_list("state", flat=True)) == {
        "received",
        "dispatched",
        "handling",
        "returned",
        "replied",
        "closed",
    }
    assert Call.objects.filter(ticket=None).exists()
    assert Call.objects.filter(rating__lte=2).exists()
    breached = Deadline.objects.exclude(breached_at=None).count()
    assert Card.objects.count() == breached > 5
    assert Event.objects.filter(at__gt=now.replace(hour=1)).count() == 0
    assert Seal.objects.count() == demonstration.DAYS + 1
    assert list(verify()) == []


def open_dues():
    return Ticket.objects.open().values_list("next_due_at", flat=True)


def test_a_portal_with_staff_is_left_alone(db, monkeypatch):
    monkeypatch.setattr(demonstration, "TICKETS", 20)
    monkeypatch.setattr(demonstration, "DAYS", 15)
    call_command("load_demonstration", today=TODAY.isoformat())
    before = Event.objects.count()
    call_command("load_demonstration", today=TODAY.isoformat())
    assert Event.objects.count() == before
