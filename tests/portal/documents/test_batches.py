"""Batches: ordered by one person, issued by whoever is awake, stopped, killed, gone on with."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.utils import timezone

from portal.cases.workflow import NotAllowed, Refused
from portal.documents import actions, batches, kinds, tasks
from portal.documents.models import Batch, Document
from portal.ledger.models import Event
from portal.organisation.actions import change_roles, deactivate
from portal.organisation.actors import ANONYMOUS, SYSTEM, Role
from tests.portal.documents.desk import UNPRINTABLE, numbers, ordered, rows
from tests.portal.notices.bureau import Bureau, found

pytestmark = pytest.mark.django_db


@pytest.fixture
def bureau(db: None) -> Bureau:
    cache.clear()
    return found()


# Issuing ----------------------------------------------------------------------------------------------------


def test_thirty_with_a_bad_row_give_twenty_nine_letters_and_a_reason(bureau: Bureau):
    batch = ordered(bureau, 30, bad=(17,))
    start, step = timezone.now(), iter(range(100))
    # Thirty rows, and the look that finds nothing more.
    assert batches.run(clock=lambda: start + timedelta(seconds=next(step))) == 30
    batch.refresh_from_db()
    assert batch.finished_at
    assert batches.progress(batch) == batches.Progress(issued=29, failed=1, waiting=0)
    bad = batch.items.get(document=None)
    assert bad.position == 17
    assert UNPRINTABLE in bad.error
    assert numbers() == list(range(1, 30))
    in_order = batch.items.filter(document__isnull=False).order_by("position").select_related("document")
    made = [item.document for item in in_order]
    assert [each.title for each in made] == [f"第{n}封函" for n in range(1, 31) if n != 17]
    # Each bears the moment of its own issue, and what it was made of.
    assert [each.made_at for each in made] == sorted({each.made_at for each in made})
    assert {each.made_by_name for each in made} == {"示例office_head"}
    assert batches.run(clock=timezone.now) == 0


def test_batches_are_issued_in_the_order_in_which_they_were_ordered(bureau: Bureau):
    now = timezone.now()
    second = ordered(bureau, 2, at=now)
    first = ordered(bureau, 2, at=now - timedelta(minutes=1))
    assert batches.run(clock=timezone.now, most=3) == 3
    assert batches.progress(first).issued == 2
    assert batches.progress(second).issued == 1


def test_a_batch_that_is_stopped_issues_no_more(bureau: Bureau):
    batch = ordered(bureau, 5)
    assert batches.run(clock=timezone.now, most=2) == 2
    batches.stop(batch, actor=bureau.actor("office_head"), at=timezone.now())
    assert batches.run(clock=timezone.now) == 0
    assert batches.progress(batch) == batches.Progress(issued=2, failed=0, waiting=3)
    assert [event.verb for event in Event.objects.of(batches.subject_of(batch))] == [
        "batch_ordered",
        "batch_stopped",
    ]
    with pytest.raises(Refused):
        batches.stop(batch, actor=bureau.actor("office_head"), at=timezone.now())


def test_only_who_ordered_it_may_stop_it(bureau: Bureau):
    batch = ordered(bureau, 1)
    with pytest.raises(NotAllowed):
        batches.stop(batch, actor=bureau.actor("chief_representative"), at=timezone.now())


@pytest.mark.parametrize("how", ["role", "account"])
def test_what_is_taken_from_a_person_in_mid_batch_is_taken_at_once(bureau: Bureau, how: str):
    batch = ordered(bureau, 4)
    batches.run(clock=timezone.now, most=2)
    head, now = bureau.staff["office_head"], timezone.now()
    if how == "role":
        change_roles(staff=head, roles=[Role.CLERK], actor=SYSTEM, at=now)
    else:
        deactivate(staff=head, actor=SYSTEM, at=now)
    batches.run(clock=timezone.now)
    assert batches.progress(batch) == batches.Progress(issued=2, failed=2, waiting=0)
    assert set(batch.items.exclude(error="").values_list("error", flat=True)) == {
        str(_refusal(batch)),
    }
    assert numbers() == [1, 2]


def _refusal(batch: Batch) -> str:
    with pytest.raises(NotAllowed) as refused:
        actions.check_may_issue(kinds.named(batch.kind), ANONYMOUS)
    return str(refused.value.message)


class Killed(BaseException):
    """As when a process ends: nothing catches it."""


def test_a_worker_that_dies_in_the_middle_loses_and_repeats_nothing(
    bureau: Bureau, monkeypatch: pytest.MonkeyPatch
):
    batch, real, calls = ordered(bureau, 6), batches.issue, []

    def dies(*args: Any, **options: Any) -> Document:
        document = real(*args, **options)
        calls.append(document)
        if len(calls) == 4:
            # Numbered, signed, written; and not committed.
            raise Killed
        return document

    with monkeypatch.context() as patched:
        patched.setattr(batches, "issue", dies)
        with pytest.raises(Killed):
            batches.run(clock=timezone.now)
    assert batches.progress(batch) == batches.Progress(issued=3, failed=0, waiting=3)
    assert batches.run(clock=timezone.now) == 3
    assert numbers() == [1, 2, 3, 4, 5, 6]
    titles = list(Document.objects.order_by("pk").values_list("title", flat=True))
    assert titles == [f"第{n}封函" for n in range(1, 7)]
    codes = set(Document.objects.values_list("check_code", flat=True))
    issued = Event.objects.filter(verb="document_issued").values_list("subject", flat=True)
    assert set(issued) == {f"document:{code}" for code in codes}


def test_a_failure_of_the_portal_is_a_row_and_its_values_are_in_no_log(
    bureau: Bureau, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    batch, real = ordered(bureau, 3), batches.issue

    def fails(kind: str, *, title: str, **options: Any) -> Document:
        if title == "第2封函":
            raise RuntimeError(f"secret {options['values']}")
        return real(kind, title=title, **options)

    monkeypatch.setattr(batches, "issue", fails)
    assert batches.run(clock=timezone.now) == 3
    assert batches.progress(batch) == batches.Progress(issued=2, failed=1, waiting=0)
    assert numbers() == [1, 2]
    assert "RuntimeError" in caplog.text
    assert "第2小区" not in caplog.text


def test_a_turn_of_the_worker_hands_on_what_is_left(bureau: Bureau, monkeypatch: pytest.MonkeyPatch):
    batch, handed = ordered(bureau, 5), []
    monkeypatch.setattr(tasks, "A_TURN", 3)
    monkeypatch.setattr(tasks.issue_waiting, "delay", lambda: handed.append(1))
    tasks.issue_waiting()
    assert (batches.progress(batch).issued, len(handed)) == (3, 1)
    tasks.issue_waiting()
    assert (batches.progress(batch).issued, len(handed)) == (5, 1)


@pytest.mark.parametrize("count", [0, 5001])
def test_a_batch_has_between_one_and_five_thousand_rows(bureau: Bureau, count: int):
    with pytest.raises(Refused) as refused:
        batches.order(
            "letter",
            title="停水",
            rows=rows(1) * count,
            actor=bureau.actor("office_head"),
            at=timezone.now(),
        )
    assert refused.value.field == "rows"
    assert not Batch.objects.exists()
