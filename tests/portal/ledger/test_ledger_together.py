"""Several writers at once, with real commits."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import psycopg2
import pytest
from django.db import OperationalError, connection, transaction

from portal.ledger import actions
from portal.ledger.actions import Entry, record, record_many, seal
from portal.ledger.models import Event, Head, Seal
from tests.portal.ledger.tampering import AT, CLERK, verified, write

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*work: Callable[[], None]) -> None:
    """Run the pieces of work in threads that begin together; the first exception is raised here."""
    gate = threading.Barrier(len(work))

    def run(piece: Callable[[], None]) -> None:
        try:
            gate.wait(10)
            piece()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(work)) as pool:
        for future in [pool.submit(run, piece) for piece in work]:
            future.result(60)


def records(subject: str, verb: str, times: int) -> Callable[[], None]:
    def work() -> None:
        for _time in range(times):
            with transaction.atomic():
                record(subject, verb, at=AT, actor=CLERK)

    return work


def batches(subjects: list[str], verb: str, times: int) -> Callable[[], None]:
    def work() -> None:
        for _time in range(times):
            with transaction.atomic():
                record_many([Entry(subject, verb, AT, CLERK) for subject in subjects])

    return work


def test_two_writers_on_one_new_subject_make_one_chain():
    at_once(records("case:1", "a", 20), records("case:1", "b", 20))
    assert [event.seq for event in Event.objects.of("case:1")] == list(range(1, 41))
    assert Head.objects.get(pk="case:1").seq == 40
    assert verified()[0] == 0


def test_batches_in_any_order_do_not_wait_for_each_other_for_ever():
    names = [f"case:{n}" for n in range(12)]
    at_once(
        batches(names, "a", 8),
        batches(names[::-1], "b", 8),
        batches(names[6:] + names[:3], "c", 8),
        records(names[5], "d", 8),
    )
    assert Event.objects.of(names[5]).count() == 24
    assert verified()[0] == 0


def test_a_seal_made_while_many_write_leaves_nothing_out():
    def sealing() -> None:
        for day in range(1, 11):
            assert seal(day=date(2026, 11, day), at=AT)

    at_once(records("case:1", "a", 30), batches(["case:2", "case:3"], "b", 15), sealing)
    assert seal(day=date(2026, 11, 11), at=AT)
    assert sum(Seal.objects.values_list("count", flat=True)) == Event.objects.count()
    assert verified()[0] == 0


def test_one_day_is_sealed_once_by_two_who_try():
    write("case:1", "open")
    made: list[Seal | None] = []

    def work() -> None:
        made.append(seal(day=date(2026, 11, 20), at=AT))

    at_once(work, work)
    assert sorted(found is not None for found in made) == [False, True]


@pytest.fixture
def other() -> psycopg2.extensions.connection:
    """A second connection to the same database, as another process has one."""
    parameters = connection.get_connection_params()
    parameters.pop("cursor_factory", None)
    found = psycopg2.connect(**parameters)
    yield found
    found.close()


def test_a_seal_gives_up_on_a_writer_that_does_not_end(other, monkeypatch: pytest.MonkeyPatch):
    write("case:1", "open")
    other.cursor().execute("LOCK TABLE ledger_event IN ROW EXCLUSIVE MODE")
    monkeypatch.setattr(actions, "SEAL_WAITS", "50ms")
    with pytest.raises(OperationalError, match="lock timeout"):
        seal(day=date(2026, 11, 20), at=AT)
    other.rollback()
    assert Seal.objects.count() == 0
    assert seal(day=date(2026, 11, 20), at=AT)


def test_writers_go_on_while_a_seal_is_being_made(other):
    """The lock on the events is given up before the hashing, not at the end of the transaction."""
    write("case:1", "open")
    with transaction.atomic():
        assert seal(day=date(2026, 11, 20), at=AT)
        cursor = other.cursor()
        cursor.execute("SET lock_timeout = '500ms'")
        cursor.execute("LOCK TABLE ledger_event IN ROW EXCLUSIVE MODE")
        other.rollback()
