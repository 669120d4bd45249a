from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine

from portal.ledger import chain, merkle
from portal.ledger.actions import LedgerBroken, seal
from portal.ledger.keys import keyring
from portal.ledger.models import Event, Seal
from portal.ledger.tasks import seal as seal_task
from tests.portal.ledger.tampering import AT, behind_the_portals_back, write

pytestmark = pytest.mark.django_db
DAY = date(2026, 11, 20)


def test_a_seal_holds_every_event_since_the_last_one(ledger: dict[str, list[Event]]):
    first, second = Seal.objects.all()
    # The first holds whatever the installation itself wrote before, too.
    assert (first.number, first.previous, first.day) == (1, chain.NOTHING, DAY)
    assert first.count == Event.objects.filter(id__lte=first.last_event_id).count() >= 5
    assert (second.number, second.count, second.previous) == (2, 2, first.hash)
    assert (second.first_event_id, second.last_event_id) == (
        ledger["case:A-1"][3].pk,
        ledger["case:A-3"][0].pk,
    )
    entries = [bytes.fromhex(ledger["case:A-1"][3].hash), bytes.fromhex(ledger["case:A-3"][0].hash)]
    assert bytes(second.leaves) == b"".join(entries)
    assert second.root == merkle.root(entries).hex()
    assert second.hash == chain.digest(second.header())
    assert keyring().has_signed(chain.seal_message(second.header()), second.signature)
    assert not keyring().has_signed(chain.seal_message(first.header()), second.signature)
    assert not keyring().has_signed(chain.seal_message(second.header()), "no signature")


def test_a_day_is_sealed_once_and_never_after_a_later_one():
    assert seal(day=DAY, at=AT)
    assert seal(day=DAY, at=AT) is None
    assert seal(day=DAY - timedelta(days=1), at=AT) is None
    assert Seal.objects.count() == 1


def test_an_empty_day_has_a_seal_so_that_a_missing_one_shows():
    before = seal(day=DAY, at=AT)
    empty = seal(day=DAY + timedelta(days=1), at=AT)
    assert before
    assert empty
    assert (empty.number, empty.count, empty.first_event_id) == (2, 0, None)
    assert (empty.root, empty.last_event_id) == (merkle.EMPTY.hex(), before.last_event_id)
    write("case:1", "open")
    after = seal(day=DAY + timedelta(days=2), at=AT)
    assert after
    assert (after.count, after.previous) == (1, empty.hash)


def test_an_event_that_happened_long_ago_is_sealed_when_it_was_written():
    assert seal(day=DAY, at=AT)
    write("case:1", "breach", at=AT - timedelta(days=30))
    late = seal(day=DAY + timedelta(days=1), at=AT)
    assert late
    assert late.count == 1


def test_what_sealing_costs(django_assert_max_num_queries):
    seal(day=DAY, at=AT)
    write("case:1", *["a"] * 60)
    with django_assert_max_num_queries(12):
        seal(day=DAY + timedelta(days=1), at=AT)


def test_the_bureau_does_not_sign_what_it_did_not_write(caplog: pytest.LogCaptureFixture):
    events = write("case:1", "open", "sign", "close")
    with behind_the_portals_back() as run:
        run("UPDATE ledger_event SET verb = 'forged' WHERE id = %s", events[1].pk)
    made = seal(day=DAY, at=AT)
    assert made
    entries = merkle.entries_of(bytes(made.leaves))
    assert entries[-3:] == [
        bytes.fromhex(events[0].hash),
        chain.refused_leaf(events[1].pk),
        bytes.fromhex(events[2].hash),
    ]
    assert "case:1 2 forged" in caplog.text


def test_no_seal_is_put_on_a_list_that_was_changed(ledger: dict[str, list[Event]]):
    with behind_the_portals_back() as run:
        run("DELETE FROM ledger_seal WHERE number = 2")
    with pytest.raises(LedgerBroken, match="ledger:seals"):
        seal(day=DAY + timedelta(days=5), at=AT)
    with behind_the_portals_back() as run:
        run("UPDATE ledger_head SET seq = 1 WHERE subject = 'ledger:seals'")
    with pytest.raises(LedgerBroken, match="ledger:seals"):
        seal(day=DAY + timedelta(days=5), at=AT)


@pytest.mark.parametrize(
    ("now", "day"),
    [
        (datetime(2026, 11, 20, 16, 10, tzinfo=UTC), date(2026, 11, 20)),  # ten past midnight in Shanghai
        (datetime(2026, 11, 20, 15, 59, tzinfo=UTC), date(2026, 11, 19)),
    ],
)
def test_the_task_seals_the_day_that_ended_in_shanghai(now: datetime, day: date):
    with time_machine.travel(now, tick=False):
        number = seal_task()
        assert seal_task() is None
    made = Seal.objects.get()
    assert (made.number, made.day, made.at) == (number, day, now)
    assert seal_task.name == "portal.ledger.tasks.seal"
