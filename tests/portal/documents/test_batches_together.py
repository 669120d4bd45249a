"""Two workers at one time, with real commits."""

from __future__ import annotations

import pytest
from django.core.cache import cache
from django.utils import timezone

from portal.documents import batches
from portal.documents.models import Document
from tests.portal.documents.desk import issued, numbers, ordered
from tests.portal.ledger.tampering import verified
from tests.portal.ledger.test_ledger_together import at_once
from tests.portal.notices.bureau import Bureau, found

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def bureau() -> Bureau:
    cache.clear()
    return found()


def run() -> None:
    batches.run(clock=timezone.now)


def test_two_workers_at_two_batches_issue_each_letter_once_and_leave_no_gap(bureau: Bureau):
    first, second = ordered(bureau, 12, bad=(5,)), ordered(bureau, 12)
    at_once(run, run)
    run()
    assert batches.progress(first) == batches.Progress(issued=11, failed=1, waiting=0)
    assert batches.progress(second) == batches.Progress(issued=12, failed=0, waiting=0)
    assert numbers() == list(range(1, 24))
    assert Document.objects.filter(batch_item__isnull=False).count() == 23
    assert verified()[0] == 0


def test_two_workers_at_one_batch_issue_nothing_twice(bureau: Bureau):
    batch = ordered(bureau, 10)
    at_once(run, run)
    run()
    assert batches.progress(batch) == batches.Progress(issued=10, failed=0, waiting=0)
    assert numbers() == list(range(1, 11))
    titles = list(Document.objects.order_by("title").values_list("title", flat=True))
    assert len(titles) == len(set(titles)) == 10


def test_a_person_at_the_desk_and_a_worker_share_one_series(bureau: Bureau):
    ordered(bureau, 6)
    at_once(run, lambda: [issued(bureau) for _time in range(4)] and None)
    run()
    assert numbers() == list(range(1, 11))


def test_a_batch_that_is_stopped_while_it_runs_stops_after_the_letter_at_hand(bureau: Bureau):
    batch = ordered(bureau, 40)

    def stops() -> None:
        batches.stop(batch, actor=bureau.actor("office_head"), at=timezone.now())

    at_once(run, stops)
    done = batches.progress(batch)
    assert done.issued + done.waiting == 40
    assert done.waiting > 0
    assert numbers() == list(range(1, done.issued + 1))
    run()
    assert batches.progress(batch) == done
