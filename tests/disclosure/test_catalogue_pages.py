"""The catalogue as everybody reads it: lists, numbers beside the filters, search, items, feed, API."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import pytest
from django.db import connection
from django.db.models import Count
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from disclosure import actions
from disclosure.models import Category, Disclosure, Tally, Theme, Validity, Version
from portal.cases.workflow import Refused
from portal.ledger.models import Event
from portal.organisation.actors import SYSTEM
from tests.bureau import FOUNDED, MONDAY, Bureau, moment

LIST = reverse("disclosure:catalogue")
API = "/api/v1/disclosures/"
LATER = moment("2026-11-20 10:00")


def entry(bureau: Bureau, **more: Any) -> actions.Entry:
    given: dict[str, Any] = {
        "category": Category.objects.get(code="c1"),
        "theme": Theme.objects.get(code="t1"),
        "unit": bureau.units["greening"],
        "title": "关于保护朱鹮栖息地的通知",
        "body": "第一条　在滩涂立牌。\n第二条　不得惊扰丹顶鹤。",
        "dated_on": FOUNDED.date(),
        "document_number": "云城管发[2026]12号",
    }
    return actions.Entry(**{**given, **more})


def published(bureau: Bureau, **more: Any) -> Disclosure:
    return actions.publish(entry(bureau, **more), actor=SYSTEM, at=MONDAY)


def counted() -> dict[tuple[Any, ...], int]:
    """The tallies as they should be, counted from the items themselves."""
    kinds = ("category_id", "theme_id", "unit_id", "year", "validity")
    rows = Disclosure.objects.listed().values_list(*kinds).annotate(number=Count("id"))
    return {tuple(row[:-1]): row[-1] for row in rows}


def tallied() -> dict[tuple[Any, ...], int]:
    return {each.kind: each.count for each in Tally.objects.filter(count__gt=0)}


def facet(page: Any, name: str) -> dict[str, int]:
    found = next(each for each in page.context["facets"] if each["name"] == name)
    return {link["label"]: link["count"] for link in found["links"]}


# Written ----------------------------------------------------------------------------------------------------


def test_what_is_published_has_number_text_count_and_event(items: Bureau) -> None:
    item = published(items)
    assert item.index_number.startswith("MB0DEM019/2026-")
    assert item.document_number == "云城管发〔2026〕12号"
    assert Version.objects.get(disclosure=item).body.startswith("第一条")
    assert tallied() == counted()
    assert [each.verb for each in Event.objects.of(item.subject)] == ["published"]


def test_the_counts_follow_every_change(items: Bureau) -> None:
    item, other = published(items), published(items, title="关于废止有关文件的决定")
    later = entry(items, category=Category.objects.get(code="c2"), unit=items.units["roads"])
    actions.correct(item, later, note="更正分类。", actor=SYSTEM, at=LATER)
    assert tallied() == counted()
    actions.end(item, Validity.REPEALED, by=other, actor=SYSTEM, at=LATER)
    assert tallied() == counted()
    actions.withdraw(item, reason="内容有误。", actor=SYSTEM, at=LATER)
    assert tallied() == counted()


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"title": " "}, "title"),
        ({"title": "字" * 201}, "title"),
        ({"body": " \n"}, "body"),
        ({"body": "a\x07b"}, "body"),
        ({"document_number": "云城管发〔2026〕012号"}, "document_number"),
        ({"dated_on": LATER.date()}, "dated_on"),
        ({"channels": ["telegraph"]}, "channels"),
    ],
)
def test_what_cannot_be_published(items: Bureau, more: dict[str, Any], field: str) -> None:
    before = (Disclosure.objects.count(), Event.objects.count())
    with pytest.raises(Refused) as refused:
        published(items, **more)
    assert refused.value.field == field
    assert (Disclosure.objects.count(), Event.objects.count()) == before


def test_what_was_withdrawn_or_repealed_stays_so(items: Bureau) -> None:
    item = published(items)
    actions.end(item, Validity.REPEALED, by=None, actor=SYSTEM, at=LATER)
    with pytest.raises(Refused):
        actions.end(item, Validity.AMENDED, by=None, actor=SYSTEM, at=LATER)
    with pytest.raises(Refused):
        actions.withdraw(item, reason=" ", actor=SYSTEM, at=LATER)
    actions.withdraw(item, reason="内容有误。", actor=SYSTEM, at=LATER)
    for again in (
        lambda: actions.withdraw(item, reason="x", actor=SYSTEM, at=LATER),
        lambda: actions.correct(item, entry(items), note="x", actor=SYSTEM, at=LATER),
    ):
        with pytest.raises(Refused):
            again()


# Browsed ----------------------------------------------------------------------------------------------------


def test_the_list_is_read_page_by_page_newest_first(items: Bureau, client: Client) -> None:
    expected = list(Disclosure.objects.order_by("-published_at", "-id").values_list("pk", flat=True))
    found: list[int] = []
    url = LIST
    while url:
        page = client.get(url)
        found += [row["item"].pk for row in page.context["rows"]]
        url = page.context["older_url"]
    assert found == expected
    assert page.context["newer_url"]


def test_the_numbers_beside_the_filters_are_those_of_the_items(items: Bureau, client: Client) -> None:
    first = Disclosure.objects.order_by("pk")[7]
    asked = {"year": str(first.year), "theme": first.theme.code}
    page = client.get(LIST, asked)
    both = Disclosure.objects.filter(year=first.year, theme=first.theme)
    assert page.context["total"] == both.count()
    # A facet counts under the others and not under itself, so that one can choose again.
    for name, rows in (
        ("year", Disclosure.objects.filter(theme=first.theme)),
        ("theme", Disclosure.objects.filter(year=first.year)),
        ("unit", both),
    ):
        column = {"year": "year", "theme": "theme__name", "unit": "unit__name"}[name]
        expected = {str(value): number for value, number in rows.values_list(column).annotate(n=Count("id"))}
        assert facet(page, name) == expected


def test_a_category_holds_what_stands_below_it(items: Bureau, client: Client) -> None:
    below = Category.objects.create(
        code="below", name="下级", name_en="Below", parent=Category.objects.get(code="c1")
    )
    item = published(items, category=below)
    above = client.get(LIST, {"category": "c1"})
    assert item.pk in [row["item"].pk for row in above.context["rows"]]
    assert facet(above, "category")["下级"] == 1
    assert [row["item"].pk for row in client.get(LIST, {"category": "below"}).context["rows"]] == [item.pk]


@pytest.mark.parametrize(
    "question", [{}, {"year": "2026"}, {"category": "c1", "validity": "in_force"}, {"theme": "t2"}]
)
def test_a_list_takes_three_statements(items: Bureau, client: Client, question: dict[str, str]) -> None:
    client.get(LIST, question)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(LIST, question).status_code == 200
    # A value of the question that is looked up by its code is one more.
    assert len(queries) <= 3 + len({"category", "theme", "unit"} & question.keys())


@pytest.mark.parametrize(
    "question",
    [
        *({"year": "x"}, {"year": "1"}, {"category": "nowhere"}, {"unit": "x"}, {"validity": "x"}),
        *(
            {"after": "x"},
            {"after": "1-2-3"},
            {"q": "管理", "after": "1-2"},
            {"q": "a\x07"},
            {"q": "字" * 101},
        ),
    ],
)
def test_a_wrong_question_gets_a_sentence(items: Bureau, client: Client, question: dict[str, str]) -> None:
    page = client.get(LIST, question)
    assert page.status_code == 400
    assert "message-error" in page.content.decode() or "field-error" in page.content.decode()
    assert client.get(API, question).status_code == 400


# Searched ---------------------------------------------------------------------------------------------------


def test_words_are_found_and_marked(items: Bureau, client: Client) -> None:
    item = published(items, title="关于<b>朱鹮</b>的通知")
    page = client.get(LIST, {"q": "丹顶鹤 朱鹮"})
    assert [row["item"].pk for row in page.context["rows"]] == [item.pk]
    text = page.content.decode()
    assert "<mark>朱鹮</mark>" in text
    assert "<mark>丹顶鹤</mark>" in text
    assert "<b>" not in text
    assert page.context["total"] == 1
    assert facet(page, "unit") == {item.unit.name: 1}


def test_nothing_found_says_what_to_do(items: Bureau, client: Client) -> None:
    page = client.get(LIST, {"q": "没有这个词组"})
    assert page.status_code == 200
    assert page.context["rows"] == []
    assert 'class="empty"' in page.content.decode()


def test_a_search_is_read_page_by_page(items: Bureau, client: Client) -> None:
    found: list[int] = []
    url = f"{LIST}?q=管理"
    while url:
        page = client.get(url)
        found += [row["item"].pk for row in page.context["rows"]]
        url = page.context["older_url"]
    assert len(found) == len(set(found)) > 20
    assert page.context["first_url"]


# An item ----------------------------------------------------------------------------------------------------


def test_an_item_with_its_corrections_and_what_ended_it(items: Bureau, client: Client) -> None:
    item = published(items)
    later = entry(items, body="第一条　在湿地立牌。")
    actions.correct(item, later, note="地点更正为湿地。", actor=SYSTEM, at=LATER)
    other = published(items, title="关于废止有关文件的决定")
    actions.end(item, Validity.REPEALED, by=other, actor=SYSTEM, at=LATER)
    page = client.get(item.get_absolute_url())
    text = page.content.decode()
    assert page.status_code == 200
    assert "在湿地立牌" in text
    assert "在滩涂立牌" not in text
    assert "地点更正为湿地。" in text
    assert other.get_absolute_url() in text
    assert item.get_absolute_url() in client.get(other.get_absolute_url()).content.decode()
    assert '<meta name="PubDate" content="2026-11-02 09:00">' in text


def test_a_withdrawn_item_leaves_no_more_than_a_tombstone(items: Bureau, client: Client) -> None:
    item = published(items)
    actions.withdraw(item, reason="内容有误。", actor=SYSTEM, at=LATER)
    page = client.get(item.get_absolute_url())
    assert page.status_code == 410
    text = page.content.decode()
    assert item.index_number in text
    assert "内容有误。" in text
    assert item.document_number not in text
    for secret in ("朱鹮", "丹顶鹤"):
        assert secret not in text
        assert secret not in client.get(LIST).content.decode()
        assert client.get(API, {"q": secret}).json()["results"] == []
    assert "朱鹮" not in client.get(reverse("disclosure:feed")).content.decode()
    assert client.get("/disclosure/MB0DEM019/2026-99999/").status_code == 404


def test_the_feed_is_one_that_readers_understand(items: Bureau, client: Client) -> None:
    item = published(items, title="关于“甲”与<乙>的通知")
    answer = client.get(reverse("disclosure:feed"), {"unit": "greening"})
    assert answer["Content-Type"].startswith("application/atom+xml")
    atom = "{http://www.w3.org/2005/Atom}"
    feed = ElementTree.fromstring(answer.content)
    first = feed.find(f"{atom}entry")
    assert first is not None
    assert first.findtext(f"{atom}title") == item.title
    assert first.findtext(f"{atom}id", "").endswith(item.get_absolute_url())
    assert {each.findtext(f"{atom}author/{atom}name") for each in feed.iter(f"{atom}entry")} == {
        item.unit.name
    }
    assert client.get(reverse("disclosure:feed"), {"unit": "x"}).status_code == 400


# The API ----------------------------------------------------------------------------------------------------


def test_the_api_says_the_same(items: Bureau, client: Client) -> None:
    item = published(items)
    answer = client.get(API, {"q": "朱鹮", "unit": "greening", "year": "2026", "page_size": "5"}).json()
    assert answer["total"] == 1
    [told] = answer["results"]
    assert (told["index_number"], told["title"], told["published_on"], told["url"]) == (
        item.index_number,
        item.title,
        "2026-11-02",
        f"http://testserver{item.get_absolute_url()}",
    )
    assert "朱鹮" in told["excerpt"] or "滩涂" in told["excerpt"]


def test_the_api_pages_by_key(items: Bureau, client: Client) -> None:
    for question in ({}, {"q": "管理"}):
        found: list[str] = []
        url: str | None = API
        given: dict[str, str] = {**question, "page_size": "50"}
        while url:
            answer = client.get(url, given).json()
            found += [each["index_number"] for each in answer["results"]]
            url, given = answer["next"], {}
        assert len(found) == len(set(found))
    assert client.get(API, {"page_size": "101"}).status_code == 400
    assert client.get(API, {"page_size": "0"}).status_code == 400
