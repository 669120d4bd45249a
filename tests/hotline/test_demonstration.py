"""The demonstration's hotline: the same from the same seed. What it holds: tests/test_demonstration.py."""

from __future__ import annotations

from django.db import transaction

from hotline import demonstration
from hotline.models import Ticket
from portal.ledger.models import Event
from tests.lived_through import load, told_by


class Undone(Exception):
    pass


def told(seed: int) -> list[tuple]:
    """What a small bureau looks like after loading, undone afterwards."""
    try:
        with transaction.atomic():
            load(seed=seed)
            tickets = Ticket.objects.order_by("pk")
            found = [(t.number, t.state, t.description, t.caller_name, t.next_due_at) for t in tickets]
            raise Undone
    except Undone:
        return found


def test_the_same_seed_tells_the_same_story(db, monkeypatch):
    told_by(monkeypatch, "hotline")
    monkeypatch.setattr(demonstration, "TICKETS", 30)
    monkeypatch.setattr(demonstration, "DAYS", 20)
    first = told(7)
    assert len(first) == 30
    assert told(7) == first
    assert told(8) != first


def test_a_portal_with_staff_is_left_alone(db, monkeypatch):
    told_by(monkeypatch, "hotline")
    monkeypatch.setattr(demonstration, "TICKETS", 20)
    monkeypatch.setattr(demonstration, "DAYS", 15)
    load()
    before = Event.objects.count()
    load()
    assert Event.objects.count() == before
