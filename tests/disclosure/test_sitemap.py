"""The site map for search engines: every listed item once, with the day of its last change."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from django.contrib import sitemaps as contrib
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import path

from disclosure import actions, sitemaps
from disclosure.models import Category, Disclosure, Theme
from portal.organisation.actors import SYSTEM
from portal.urls import urlpatterns as all_others
from tests.bureau import FOUNDED, MONDAY, Bureau, moment

urlpatterns = [
    path("sitemap.xml", sitemaps.index, name="sitemap"),
    path("sitemap-<int:section>.xml", sitemaps.section, name="sitemap_section"),
    *all_others,
]
pytestmark = [pytest.mark.urls(__name__), pytest.mark.django_db]

XML = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
LATER = moment("2026-11-20 10:00")
# A hundred keys a section: the 400 items of the fixture fill some of them.
STEP = 100


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Iterator[None]:
    monkeypatch.setattr(sitemaps, "STEP", STEP)
    monkeypatch.setattr(sitemaps.OnePage, "count", STEP)
    # As long as django.contrib.sitemaps is not installed: apps cannot be set up twice.
    [engine] = settings.TEMPLATES
    folder = Path(contrib.__file__).parent / "templates"
    settings.TEMPLATES = [{**engine, "DIRS": [*engine["DIRS"], folder]}]
    cache.clear()
    yield
    cache.clear()


def entry(bureau: Bureau) -> actions.Entry:
    return actions.Entry(
        category=Category.objects.get(code="c1"),
        theme=Theme.objects.get(code="t1"),
        unit=bureau.units["greening"],
        title="关于保护朱鹮栖息地的通知",
        body="在滩涂立牌。",
        dated_on=FOUNDED.date(),
    )


def published(bureau: Bureau) -> Disclosure:
    return actions.publish(entry(bureau), actor=SYSTEM, at=MONDAY)


def read(client: Client, url: str) -> list[tuple[str, str]]:
    """Addresses and days of a map or of the index."""
    answer = client.get(url)
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("application/xml")
    root = ElementTree.fromstring(answer.content)
    return [(each.findtext(f"{XML}loc", ""), each.findtext(f"{XML}lastmod", "")) for each in root]


def read_all(client: Client) -> dict[str, str]:
    found: dict[str, str] = {}
    for url, _changed in read(client, "/sitemap.xml"):
        part = read(client, url.removeprefix("http://testserver"))
        assert 0 < len(part) <= STEP
        assert not found.keys() & {each for each, _ in part}
        found |= dict(part)
    return found


def test_every_item_stands_in_it_once(items: Bureau, client: Client) -> None:
    item = published(items)
    found = read_all(client)
    assert found.keys() == {
        f"http://testserver/disclosure/{number}/"
        for number in Disclosure.objects.values_list("index_number", flat=True)
    }
    assert len(found) == 401
    assert found[f"http://testserver{item.get_absolute_url()}"] == "2026-11-02"


def test_a_section_is_a_range_of_keys(items: Bureau, client: Client) -> None:
    for pk in (100, 101, 200, 201):
        number = Disclosure.objects.filter(pk=pk).values_list("index_number", flat=True).first()
        assert number is not None
        sections = [
            each
            for each in (1, 2, 3)
            if f"http://testserver/disclosure/{number}/" in dict(read(client, f"/sitemap-{each}.xml"))
        ]
        assert sections == [(pk - 1) // 100 + 1]


def test_a_correction_is_a_change_of_item_and_section(items: Bureau, client: Client) -> None:
    item = Disclosure.objects.order_by("pk")[0]
    section = (item.pk - 1) // STEP + 1
    actions.correct(item, entry(items), note="地点更正。", actor=SYSTEM, at=LATER)
    found = dict(read(client, f"/sitemap-{section}.xml"))
    assert found[f"http://testserver{item.get_absolute_url()}"] == "2026-11-20"
    index = dict(read(client, "/sitemap.xml"))
    assert index[f"http://testserver/sitemap-{section}.xml"].startswith("2026-11-20T10:00:00")
    others = [changed for url, changed in index.items() if url != f"http://testserver/sitemap-{section}.xml"]
    assert others
    assert max(others) < "2026-11-20"


def test_what_is_withdrawn_is_gone_at_once(items: Bureau, client: Client) -> None:
    item, _other = published(items), published(items)
    address = f"http://testserver{item.get_absolute_url()}"
    assert address in read_all(client)
    actions.withdraw(item, reason="内容有误。", actor=SYSTEM, at=LATER)
    # Although the index of sections is kept for some minutes.
    assert address not in read_all(client)


def test_a_section_with_nothing_left_is_not_named(items: Bureau, client: Client) -> None:
    Disclosure.objects.filter(pk__gt=100, pk__lte=200).update(
        withdrawn_at=LATER, withdrawn_reason="内容有误。"
    )
    named = [url for url, _changed in read(client, "/sitemap.xml")]
    assert "http://testserver/sitemap-1.xml" in named
    assert "http://testserver/sitemap-2.xml" not in named
    assert "http://testserver/sitemap-3.xml" in named
    assert client.get("/sitemap-2.xml").status_code == 404


@pytest.mark.parametrize(
    "url", ["/sitemap-0.xml", "/sitemap-9999.xml", "/sitemap-x.xml", "/sitemap-1.xml?p=2"]
)
def test_what_is_no_section(items: Bureau, client: Client, url: str) -> None:
    assert client.get(url).status_code == 404


def test_a_number_beyond_all_keys_is_no_error(items: Bureau, client: Client) -> None:
    assert client.get(f"/sitemap-{10**30}.xml").status_code == 404


def test_nothing_is_counted_and_nothing_passed_over(items: Bureau, client: Client) -> None:
    with CaptureQueriesContext(connection) as queries:
        read(client, "/sitemap.xml")
    assert len(queries) == 1
    with CaptureQueriesContext(connection) as queries:
        read(client, "/sitemap.xml")
    assert len(queries) == 0
    with CaptureQueriesContext(connection) as queries:
        read(client, "/sitemap-2.xml")
    # Whether there is anything, and what.
    assert len(queries) == 2
    for query in queries:
        assert "COUNT(" not in query["sql"]
        assert "OFFSET" not in query["sql"]


def test_a_catalogue_of_nothing_has_a_map_of_nothing(items: Bureau, client: Client) -> None:
    Disclosure.objects.update(withdrawn_at=LATER, withdrawn_reason="内容有误。")
    assert read(client, "/sitemap.xml") == []
