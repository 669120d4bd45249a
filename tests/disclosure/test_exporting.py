"""Lists of the catalogue as files: the same rows in the same order as the page, harmless in a spreadsheet."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode
from xml.etree import ElementTree

import pytest
import time_machine
from django.core.cache import cache
from django.db import connection
from django.http import QueryDict
from django.template.loader import render_to_string
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import include, path, reverse
from rest_framework.throttling import ScopedRateThrottle

from disclosure import actions, browsing, exporting
from disclosure.models import Category, Disclosure, Theme, Validity
from disclosure.urls import urlpatterns as own
from disclosure.views.export import export, question
from portal.cases.workflow import Refused
from portal.organisation.actors import SYSTEM
from portal.urls import urlpatterns as all_others
from tests.bureau import FOUNDED, MONDAY, Bureau, moment

own_and_export = [*own, path("export.<kind>", export, name="export")]
urlpatterns = [path("disclosure/", include((own_and_export, "disclosure"))), *all_others]
pytestmark = [pytest.mark.urls(__name__), pytest.mark.django_db]

LIST = reverse("disclosure:catalogue")
SITE = "http://127.0.0.1:8000"
LATER = moment("2026-11-20 10:00")
CHINESE = [
    *("索引号", "标题", "文号", "类别", "主题", "发布单位", "成文日期", "发布日期", "有效性", "关键词"),
]
KEYS = [
    *("index_number", "title", "document_number", "category_path", "theme", "unit", "dated_on"),
    *("published_on", "validity", "keywords", "url"),
]
SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


@pytest.fixture(autouse=True)
def _asked_seldom(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    settings.PUBLIC_URL = SITE
    monkeypatch.setitem(ScopedRateThrottle.THROTTLE_RATES, "export", "1000/hour")
    cache.clear()


def published(bureau: Bureau, **more: Any) -> Disclosure:
    given: dict[str, Any] = {
        "category": Category.objects.get(code="c1"),
        "theme": Theme.objects.get(code="t1"),
        "unit": bureau.units["greening"],
        "title": "关于保护朱鹮栖息地的通知",
        "body": "第一条　在滩涂立牌。\n第二条　不得惊扰丹顶鹤。",
        "dated_on": FOUNDED.date(),
        "document_number": "云城管发[2026]12号",
        "keywords": "湿地 朱鹮",
    }
    return actions.publish(actions.Entry(**{**given, **more}), actor=SYSTEM, at=MONDAY)


def address(kind: str) -> str:
    return f"/disclosure/export.{kind}"


def body(answer: Any) -> bytes:
    return b"".join(answer.streaming_content)


def csv_rows(client: Client, asked: dict[str, str] | None = None) -> list[list[str]]:
    """The rows below the headings."""
    return list(csv.reader(io.StringIO(body(client.get(address("csv"), asked)).decode("utf-8-sig"))))[1:]


def json_rows(client: Client, asked: dict[str, str] | None = None) -> list[dict[str, str]]:
    found: list[dict[str, str]] = json.loads(body(client.get(address("json"), asked)))
    return found


def xlsx_parts(client: Client, asked: dict[str, str] | None = None) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(body(client.get(address("xlsx"), asked)))) as book:
        return {name: book.read(name) for name in book.namelist()}


def xlsx_rows(parts: dict[str, bytes]) -> list[list[str]]:
    """Every row of the only sheet, each cell as it is stored."""
    sheet = ElementTree.fromstring(parts["xl/worksheets/sheet1.xml"])
    return [["".join(cell.itertext()) for cell in row] for row in sheet.iter(f"{SHEET}row")]


def listed(client: Client, asked: dict[str, str]) -> list[str]:
    """Index numbers as the page lists them, page by page."""
    found: list[str] = []
    url = f"{LIST}?{urlencode(asked)}"
    while url:
        page = client.get(url)
        found += [row["item"].index_number for row in page.context["rows"]]
        url = page.context["older_url"]
    return found


# What is in a file ------------------------------------------------------------------------------------------


def test_a_row_of_a_csv_by_hand(items: Bureau, client: Client) -> None:
    below = Category.objects.create(
        code="below", name="下级", name_en="Below", parent=Category.objects.get(code="c1")
    )
    item = published(items, category=below)
    answer = client.get(address("csv"), {"category": "below"})
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    text = body(answer)
    assert text.startswith(b"\xef\xbb\xbf")
    assert text.endswith(b"\r\n")
    rows = list(csv.reader(io.StringIO(text.decode("utf-8-sig"))))
    assert rows[0][:-1] == CHINESE
    assert rows[1:] == [
        [
            item.index_number,
            "关于保护朱鹮栖息地的通知",
            "云城管发〔2026〕12号",
            f"{Category.objects.get(code='c1').name} › 下级",
            Theme.objects.get(code="t1").name,
            "园林绿化管理处",
            "2026-01-05",
            "2026-11-02",
            "现行有效",
            "湿地 朱鹮",
            f"{SITE}/disclosure/{item.index_number}/",
        ],
    ]


def test_a_row_of_json_by_hand(items: Bureau, client: Client) -> None:
    item = published(items, title='关于“甲”与"乙"的通知')
    actions.end(item, Validity.REPEALED, by=None, actor=SYSTEM, at=LATER)
    answer = client.get(address("json"), {"q": "丹顶鹤"})
    assert answer["Content-Type"] == "application/json"
    text = body(answer).decode()
    assert "关于" in text
    [row] = json.loads(text)
    assert list(row) == KEYS
    assert (row["title"], row["validity"], row["unit"]) == (item.title, "repealed", "园林绿化管理处")
    assert (row["dated_on"], row["published_on"]) == ("2026-01-05", "2026-11-02")
    assert row["url"] == f"{SITE}{item.get_absolute_url()}"


def test_a_row_of_a_workbook_by_hand(items: Bureau, client: Client) -> None:
    item = published(items)
    parts = xlsx_parts(client, {"q": "丹顶鹤"})
    first, row = xlsx_rows(parts)
    assert first[:-1] == CHINESE
    # Days are days to a spreadsheet, which counts them from 1900.
    assert row[6:8] == ["46027", "46328"]
    assert row[:3] == [item.index_number, item.title, "云城管发〔2026〕12号"]
    assert row[8:] == ["现行有效", "湿地 朱鹮", f"{SITE}{item.get_absolute_url()}"]


def test_a_workbook_says_nothing_of_who_made_it(items: Bureau, client: Client) -> None:
    with time_machine.travel(datetime.fromisoformat("2026-11-02T09:00+08:00"), tick=False):
        parts = xlsx_parts(client, {"year": "2026"})
    about = ElementTree.fromstring(parts["docProps/core.xml"])
    told = {each.tag.rpartition("}")[2]: each.text for each in about if each.text}
    assert told == {"created": "2026-11-02T09:00:00Z", "modified": "2026-11-02T09:00:00Z"}


def test_names_are_in_the_readers_language(items: Bureau, client: Client, settings: Any) -> None:
    published(items)
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    text = body(client.get(address("csv"), {"q": "丹顶鹤"})).decode("utf-8-sig")
    first, row = csv.reader(io.StringIO(text))
    assert (first[0], first[-1]) == ("Index number", "Permanent address")
    assert (row[5], row[8]) == ("Parks and Greening Division", "in force")


def test_a_list_of_nothing_is_a_file_of_nothing(items: Bureau, client: Client) -> None:
    asked = {"q": "没有这个词组"}
    assert csv_rows(client, asked) == []
    assert json_rows(client, asked) == []
    assert len(xlsx_rows(xlsx_parts(client, asked))) == 1
    assert json_rows(client, {"year": "1999"}) == []


# Which rows -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "asked",
    [
        *({}, {"year": "2026"}, {"category": "c1"}, {"theme": "t2", "validity": "in_force"}),
        *({"unit": "greening"}, {"q": "管理"}, {"q": "管理", "category": "c1"}, {"q": '"'}),
    ],
)
def test_rows_are_those_of_the_page_in_its_order(
    items: Bureau, client: Client, monkeypatch: pytest.MonkeyPatch, asked: dict[str, str]
) -> None:
    published(items)
    expected = listed(client, asked)
    assert expected
    for step in (7, 1000):
        monkeypatch.setattr(exporting, "STEP", step)
        monkeypatch.setattr(exporting, "SEARCH_STEP", step + 4)
        assert [row[0] for row in csv_rows(client, asked)] == expected
        assert [row["index_number"] for row in json_rows(client, asked)] == expected
    assert [row[0] for row in xlsx_rows(xlsx_parts(client, asked))[1:]] == expected


def test_a_place_in_the_list_is_none_in_the_file(items: Bureau, client: Client) -> None:
    page = client.get(LIST)
    second = QueryDict(page.context["older_url"].partition("?")[2])
    assert second["after"]
    assert len(csv_rows(client, {"after": second["after"]})) == Disclosure.objects.count()


def test_what_was_withdrawn_is_in_no_file(items: Bureau, client: Client) -> None:
    item = published(items)
    actions.withdraw(item, reason="内容有误。", actor=SYSTEM, at=LATER)
    for asked in ({}, {"q": "丹顶鹤"}):
        assert item.index_number not in [row[0] for row in csv_rows(client, asked)]
        assert item.index_number not in [row["index_number"] for row in json_rows(client, asked)]
    assert "朱鹮" not in xlsx_parts(client, {"year": "2026"})["xl/worksheets/sheet1.xml"].decode()


@pytest.mark.parametrize("words", [[], ["丹顶鹤"]])
def test_nor_what_is_withdrawn_while_the_file_begins(items: Bureau, words: list[str]) -> None:
    item, other = published(items), published(items)
    found = exporting.batches(words, {}, names=browsing.names(), site=SITE)
    actions.withdraw(item, reason="内容有误。", actor=SYSTEM, at=LATER)
    numbers = [row.index_number for rows in found for row in rows]
    assert item.index_number not in numbers
    assert other.index_number in numbers


# How many ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("asked", [{"year": "2026"}, {"q": "管理"}])
@pytest.mark.parametrize("step", [3, 1000])
def test_a_list_that_is_too_long_is_to_be_narrowed_down(
    items: Bureau,
    client: Client,
    monkeypatch: pytest.MonkeyPatch,
    settings: Any,
    asked: dict[str, str],
    step: int,
) -> None:
    number = len(listed(client, asked))
    assert number > 4
    monkeypatch.setattr(exporting, "SEARCH_STEP", step)
    monkeypatch.setattr(exporting, "MOST_ROWS", number)
    assert len(csv_rows(client, asked)) == number
    monkeypatch.setattr(exporting, "MOST_ROWS", number - 1)
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    for kind in ("csv", "xlsx", "json"):
        answer = client.get(address(kind), asked)
        assert answer.status_code == 400
        text = answer.content.decode()
        assert f"more than {number - 1} items" in text
        assert f'href="{LIST}?{urlencode(asked)}#facets"' in text


def test_the_sentence_says_the_number_as_it_is() -> None:
    assert exporting.MOST_ROWS == 50_000
    assert "50,000" in str(exporting._too_many())
    assert isinstance(exporting._too_many(), Refused)


@pytest.mark.parametrize(
    ("asked", "most"),
    [
        # Categories, themes and units; the count; three times 150 rows.
        ({}, 5),
        # The same for what is narrowed by one more, which is looked up by its code.
        ({"category": "c1"}, 4),
    ],
)
def test_rows_are_read_some_at_a_time(
    items: Bureau, client: Client, monkeypatch: pytest.MonkeyPatch, asked: dict[str, str], most: int
) -> None:
    monkeypatch.setattr(exporting, "STEP", 150)
    assert Disclosure.objects.count() == 400
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(address("csv"), asked)
        before = len(queries)
        chunks = list(answer.streaming_content)
    assert answer.streaming
    # Of the rows nothing was read before the answer began.
    assert before == 2 + len(asked)
    assert len(queries) <= most
    assert len(chunks) == 1 + len(queries) - before


# Harmless ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "＝", "＋", "－", "＠"])
def test_no_cell_is_a_formula(items: Bureau, client: Client, sign: str) -> None:
    title = f"{sign}HYPERLINK(朱鹮)"
    published(items, title=title, keywords=f"{sign}1 朱鹮")
    asked = {"q": "丹顶鹤"}
    [row] = csv_rows(client, asked)
    assert (row[1], row[9]) == (f"'{title}", f"'{sign}1 朱鹮")
    [told] = json_rows(client, asked)
    assert told["title"] == title
    parts = xlsx_parts(client, asked)
    sheet = ElementTree.fromstring(parts["xl/worksheets/sheet1.xml"])
    assert title in [cell for row in xlsx_rows(parts) for cell in row]
    assert list(sheet.iter(f"{SHEET}f")) == []
    kinds = {cell.get("t") for cell in list(sheet.iter(f"{SHEET}row"))[1] if cell.get("r") == "B2"}
    assert kinds == {"inlineStr"}


@pytest.mark.parametrize("cell", ["", "通知", "a=1", "'=1", "2026-11-02", " 甲"])
def test_other_cells_stay_as_they_are(cell: str) -> None:
    assert exporting.harmless(cell) == cell


@pytest.mark.parametrize("cell", ["\t=1", "\r=1", "\n=1"])
def test_white_space_hides_no_formula(cell: str) -> None:
    assert exporting.harmless(cell) == f"'{cell}"


# The page ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "asked",
    [
        *({"year": "x"}, {"year": "1"}, {"category": "nowhere"}, {"unit": "x"}, {"theme": "x"}),
        *({"validity": "x"}, {"q": "a\x07"}, {"q": "字" * 101}),
    ],
)
@pytest.mark.parametrize("kind", ["csv", "xlsx", "json"])
def test_a_wrong_question_gets_the_sentence_of_the_page(
    items: Bureau, client: Client, kind: str, asked: dict[str, str]
) -> None:
    answer = client.get(address(kind), asked)
    assert answer.status_code == 400
    assert answer["Content-Type"].startswith("text/html")
    text = answer.content.decode()
    assert "message-error" in text or "field-error" in text


def test_what_is_no_file_of_ours(items: Bureau, client: Client) -> None:
    assert client.get(address("pdf")).status_code == 404
    assert client.head(address("csv")).status_code == 405
    assert client.post(address("csv")).status_code == 405


@pytest.mark.parametrize("kind", ["csv", "xlsx", "json"])
def test_the_file_has_the_day_in_its_name(items: Bureau, client: Client, kind: str) -> None:
    # Already Tuesday in Shanghai.
    with time_machine.travel(datetime.fromisoformat("2026-11-02T16:30+00:00"), tick=False):
        answer = client.get(address(kind), {"year": "2026"})
    body(answer)
    name = quote(f"信息公开目录-2026-11-03.{kind}")
    assert answer["Content-Disposition"] == f"attachment; filename*=utf-8''{name}"


def test_who_asks_too_often_waits(items: Bureau, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ScopedRateThrottle.THROTTLE_RATES, "export", "2/hour")
    # A wrong question makes no file and counts for none.
    assert client.get(address("csv"), {"year": "x"}).status_code == 400
    for kind in ("csv", "json"):
        assert client.get(address(kind), {"q": "丹顶鹤"}).status_code == 200
    answer = client.get(address("xlsx"))
    assert answer.status_code == 429
    assert 3500 < int(answer["Retry-After"]) <= 3600


def test_the_links_keep_what_the_list_is_narrowed_by() -> None:
    request = RequestFactory().get(
        LIST, {"q": "管理 a&b", "year": "2026", "unit": "", "after": "1-2", "x": "y"}
    )
    asked = question(request)
    assert QueryDict(asked).dict() == {"q": "管理 a&b", "year": "2026"}
    text = render_to_string("disclosure/_exports.html", {"question": asked})
    for kind in ("csv", "xlsx", "json"):
        assert f'href="{address(kind)}?{asked.replace("&", "&amp;")}"' in text
    assert f'href="{address("csv")}"' in render_to_string("disclosure/_exports.html", {"question": ""})
