"""Batches: ordered by one person, issued by whoever is awake, stopped, killed, gone on with."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from kombu.exceptions import OperationalError

from portal.cases.workflow import NotAllowed, Refused
from portal.documents import actions, batches, kinds, tasks, views_batches
from portal.documents.models import Batch, BatchItem, Document
from portal.ledger.models import Event
from portal.numbering.models import Series
from portal.organisation.actions import change_roles, deactivate
from portal.organisation.actors import ANONYMOUS, SYSTEM, Role
from tests.portal.documents.desk import PATTERN, UNPRINTABLE, numbers, ordered, rows, table
from tests.portal.notices.bureau import Bureau, found

pytestmark = pytest.mark.django_db
NEW = "/documents/batches/new/"


@pytest.fixture
def bureau(db: None) -> Bureau:
    cache.clear()
    return found()


@pytest.fixture
def desk(bureau: Bureau, monkeypatch: pytest.MonkeyPatch) -> Client:
    """The office head's browser; nobody wakes a worker."""
    monkeypatch.setattr(views_batches.issue_waiting, "apply_async", lambda **options: None)
    client = bureau.client("office_head")
    client.cookies["django_language"] = "en"
    return client


def upload(text: str | bytes, name: str = "table.csv") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, text.encode() if isinstance(text, str) else text)


def form(**more: Any) -> dict[str, Any]:
    return {**PATTERN, "once": str(uuid.uuid4()), **more}


def text_of(response: Any) -> str:
    return response.content.decode()


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


# The desk ---------------------------------------------------------------------------------------------------


def test_a_table_is_looked_at_ordered_and_issued(bureau: Bureau, desk: Client):
    given = form()
    preview = desk.post(NEW, {**given, "do": "preview", "table": upload(table(30))})
    assert preview.status_code == 200
    page = text_of(preview)
    assert "30 letters would be issued" in page
    assert page.count("desk-sheet") == 3
    assert "关于小区3停水的函" in page
    assert "关于小区4停水的函" not in page
    assert not Batch.objects.exists()
    order = desk.post(NEW, {**given, "do": "issue", "kept": preview.context["kept"]})
    batch = Batch.objects.get()
    assert order["Location"] == f"/documents/batches/{batch.pk}/"
    assert batch.title == "关于{小区}停水的函"
    page = text_of(desk.get(order["Location"]))
    assert "Running: 0 of 30 rows are done." in page
    assert 'hx-trigger="every 2s"' in page
    batches.run(clock=timezone.now, most=3)
    page = text_of(desk.get(order["Location"]))
    assert "Running: 3 of 30 rows are done." in page
    assert Document.objects.get(title="关于小区2停水的函").number in page


def test_a_preview_writes_nothing_to_the_database(desk: Client):
    written = ("INSERT", "UPDATE", "DELETE", "COPY")
    with CaptureQueriesContext(connection) as queries:
        for do in ("preview", "change"):
            desk.post(NEW, {**form(), "do": do, "table": upload(table(30))})
    assert [each["sql"] for each in queries if each["sql"].lstrip().startswith(written)] == []
    assert not BatchItem.objects.exists()
    assert not Series.objects.filter(code__startswith="document.").exists()


def test_bad_rows_are_all_named_and_nothing_is_ordered(desk: Client):
    text = table(5) + ",12月9日\n小区1,12月1日\n" + f"甲{UNPRINTABLE},12月2日\n"
    given = form()
    response = desk.post(NEW, {**given, "do": "preview", "table": upload(text)})
    assert response.status_code == 400
    assert list(response.context["bad"]) == [7, 8, 9]
    page = text_of(response)
    assert "3 rows of 8 cannot become letters" in page
    assert 'value="issue"' not in page
    again = desk.post(NEW, {**given, "do": "issue", "kept": response.context["kept"]})
    assert again.status_code == 400
    assert not Batch.objects.exists()


def test_a_second_click_orders_nothing_more(desk: Client):
    given = form()
    kept = desk.post(NEW, {**given, "do": "preview", "table": upload(table(2))}).context["kept"]
    first = desk.post(NEW, {**given, "do": "issue", "kept": kept})
    second = desk.post(NEW, {**given, "do": "issue", "kept": kept})
    assert first["Location"] == second["Location"]
    assert Batch.objects.count() == 1


def test_a_table_survives_an_error_in_the_letter_and_is_nobody_elses(bureau: Bureau, desk: Client):
    given = form(title="关于{姓名}的函")
    response = desk.post(NEW, {**given, "do": "preview", "table": upload(table(2))})
    assert response.status_code == 400
    assert response.context["form"].errors["title"] == ["The table has no column “姓名”. It has: 小区, 日期."]
    kept = response.context["kept"]
    chief = bureau.client("chief_representative")
    assert chief.post(NEW, {**form(), "kept": kept}).context["form"].errors["table"]
    assert desk.post(NEW, {**form(), "kept": kept}).status_code == 200
    assert desk.post(NEW, {**form(title=""), "kept": kept}).context["kept"] == kept
    # And through “change”, as long as it is there.
    assert kept in text_of(desk.post(NEW, {**form(), "kept": kept, "do": "change"}))
    cache.delete(views_batches._key(kept, bureau.actor("office_head")))
    gone = desk.post(NEW, {**form(), "kept": kept})
    assert gone.context["form"].errors["table"] == ["Please choose the table again."]


@pytest.mark.parametrize(
    ("name", "given", "sentence"),
    [
        ("table", {"table": None}, "Please choose a table."),
        ("table", {"table": upload("")}, "This file is empty."),
        ("table", {"table": upload(b"\x00\x01")}, "is no CSV file"),
        ("table", {"kept": "x"}, "Please choose a table."),
        ("title", {"title": "停水的函", "addressee": "居民", "text": "停水。"}, "No placeholder stands here"),
        ("title", {"title": "关于{小区停水的函"}, "A brace stands alone"),
        ("addressee", {"addressee": "{单位}"}, "The table has no column “单位”"),
        ("text", {"text": "{小区}{姓名}"}, "The table has no column “姓名”"),
        ("text", {"text": ""}, "required"),
    ],
)
def test_what_is_wrong_with_letter_or_table_is_said_at_its_field(desk: Client, name, given, sentence):
    sent = {"table": upload(table(2)), **form(), **given}
    if "kept" in given or sent["table"] is None:
        del sent["table"]
    elif sent["table"].size == 0 or name == "table":
        sent["table"].seek(0)
    response = desk.post(NEW, {**sent, "do": "issue"})
    assert response.status_code == 400
    assert sentence in " ".join(response.context["form"].errors[name])
    assert not Batch.objects.exists()


def test_a_broker_that_is_down_loses_no_batch(bureau: Bureau, desk: Client, monkeypatch: pytest.MonkeyPatch):
    def down(**options: Any) -> None:
        raise OperationalError("connection refused")

    monkeypatch.setattr(views_batches.issue_waiting, "apply_async", down)
    given = form()
    kept = desk.post(NEW, {**given, "table": upload(table(2))}).context["kept"]
    response = desk.post(NEW, {**given, "do": "issue", "kept": kept}, follow=True)
    assert "within half a minute" in text_of(response)
    # As beat does.
    tasks.issue_waiting()
    assert batches.progress(Batch.objects.get()).issued == 2


def test_a_finished_batch_shows_its_rows_page_by_page(bureau: Bureau, desk: Client, monkeypatch):
    monkeypatch.setattr(views_batches, "ROWS_SHOWN", 2)
    batch = ordered(bureau, 5, bad=(2,))
    batches.run(clock=timezone.now)
    address = f"/documents/batches/{batch.pk}/"
    page = desk.get(address)
    assert "Finished, with rows that failed." in text_of(page)
    assert "hx-get" not in text_of(page).split('id="progress"')[1].split(">")[0]
    assert "Stop issuing" not in text_of(page)
    seen = []
    while True:
        seen += [row.position for row in page.context["rows"]]
        if not page.context["older_url"]:
            break
        page = desk.get(address + page.context["older_url"])
    assert seen == [1, 2, 3, 4, 5]
    failed = desk.get(f"{address}?show=failed")
    assert [row.position for row in failed.context["rows"]] == [2]
    assert "cannot print" in text_of(failed) or "无法" in text_of(failed)
    assert [row.position for row in desk.get(f"{address}?show=waiting").context["rows"]] == []
    for query in ("show=nothing", "after=x", "after=-1", "after=٣", "after=9999999999"):
        assert desk.get(f"{address}?{query}").status_code == 400


def test_the_progress_alone_is_for_htmx_and_ends_with_the_whole_page(bureau: Bureau, desk: Client):
    batch = ordered(bureau, 2)
    address, htmx = f"/documents/batches/{batch.pk}/progress/", {"HX-Request": "true"}
    assert desk.get(address)["Location"] == f"/documents/batches/{batch.pk}/"
    batches.run(clock=timezone.now, most=1)
    running = desk.get(address, headers=htmx)
    assert "HX-Refresh" not in running
    assert '<progress class="desk-bar" max="2" value="1"' in text_of(running)
    batches.run(clock=timezone.now)
    assert desk.get(address, headers=htmx)["HX-Refresh"] == "true"


def test_the_desk_stops_a_batch(bureau: Bureau, desk: Client):
    batch = ordered(bureau, 3)
    batches.run(clock=timezone.now, most=1)
    page = text_of(desk.post(f"/documents/batches/{batch.pk}/stop/", follow=True))
    assert "The batch is stopped." in page
    assert "Stopped: 1 of 3 rows were done." in page
    assert "not issued" in page
    again = desk.post(f"/documents/batches/{batch.pk}/stop/")
    assert again.status_code == 409
    assert "over already" in text_of(again)


def test_the_pages_cost_the_same_however_much_is_on_them(bureau: Bureau, desk: Client):
    def cost(address: str) -> int:
        desk.get(address)
        with CaptureQueriesContext(connection) as queries:
            assert desk.get(address).status_code == 200
        return len(queries)

    small, large = ordered(bureau, 1), ordered(bureau, 20)
    batches.run(clock=timezone.now, most=10)
    page = cost(f"/documents/batches/{small.pk}/")
    assert page == cost(f"/documents/batches/{large.pk}/") <= 9
    two = cost("/documents/batches/")
    for _time in range(5):
        ordered(bureau, 3)
    assert two == cost("/documents/batches/") <= 7
