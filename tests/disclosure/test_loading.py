"""Many synthetic items at once: as good as published ones to every page, and never on top of real ones."""

from __future__ import annotations

from datetime import date

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client

from disclosure import loading
from disclosure.models import Disclosure, SearchText, Tally, Version
from disclosure.normal import normal
from portal.organisation.models import Unit
from tests.disclosure.test_catalogue_pages import counted, tallied

LAST = date(2026, 11, 2)
pytestmark = pytest.mark.django_db


def test_into_an_empty_portal(client: Client) -> None:
    told: list[int] = []
    loading.load(120, last=LAST, progress=told.append)
    assert told == [120]
    assert Unit.objects.get().code == "bureau"
    assert tallied() == counted()
    assert sum(each.count for each in Tally.objects.all()) == Version.objects.count() == 120
    item = Disclosure.objects.order_by("-pk").first()
    assert item is not None
    assert normal(item.title) == SearchText.objects.get(pk=item.pk).title
    assert client.get(item.get_absolute_url()).status_code == 200
    assert client.get("/api/v1/disclosures/", {"page_size": 100}).json()["total"] == 120


def test_more_than_a_batch_has_its_indexes_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "BATCH", 40)
    told: list[int] = []
    loading.load(100, last=LAST, progress=told.append)
    assert told == [40, 80, 100]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, a.attstattarget FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid "
            "WHERE c.relname IN ('search_words', 'search_title') ORDER BY 1"
        )
        assert cursor.fetchall() == [("search_title", 500), ("search_words", 500)]
    assert tallied() == counted()


def test_the_same_seed_gives_the_same_items() -> None:
    loading.load(30, last=LAST, seed=4)
    first = list(Disclosure.objects.order_by("pk").values_list("index_number", "title"))
    Tally.objects.all().delete()
    Disclosure.objects.all().delete()
    loading.load(30, last=LAST, seed=4)
    assert [each[1] for each in first] == list(
        Disclosure.objects.order_by("pk").values_list("title", flat=True)
    )


def test_never_on_top_of_others() -> None:
    loading.load(10, last=LAST)
    with pytest.raises(ValueError, match="already"):
        loading.load(10, last=LAST)
    for wrong in ("0", "-1"):
        with pytest.raises(CommandError):
            call_command("load_disclosures", wrong)
    with pytest.raises(CommandError):
        call_command("load_disclosures", "5")
    assert Disclosure.objects.count() == 10
