"""Batches at the desk: letter and table, what would come of them, the order, how far it is."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from kombu.exceptions import OperationalError

from portal.documents import batches, tasks, views_batches
from portal.documents.models import Batch, BatchItem, Document
from portal.numbering.models import Series
from tests.portal.documents.desk import PATTERN, UNPRINTABLE, ordered, table
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
