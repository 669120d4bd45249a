"""The demonstration's catalogue and requests: the same from the same seed, whatever day is today.

What is found of them in the whole bureau: tests/test_demonstration.py.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from random import Random

import pytest
from django.db import transaction

from disclosure import demonstration_publishing
from disclosure import demonstration_texts as made
from disclosure.demonstration_arranging import Shelves, texts
from disclosure.demonstration_days import Days
from disclosure.models import Category, Disclosure, DisclosureFile, InformationRequest, Publication, Theme
from portal.cases.models import Deadline
from portal.organisation.demonstration import UNITS
from portal.organisation.models import Unit
from portal.site.story import Story
from tests.bureau import make_bureau
from tests.disclosure import office as of
from tests.lived_through import WEDNESDAY, load, told_by

plain_papers = of.plain_papers
SUNDAY, AFTER_HOLIDAY = date(2026, 11, 22), date(2026, 10, 8)
FEW, FEW_PICTURES, FEW_ENDED = 340, 3, 2


class Undone(Exception):
    pass


@pytest.fixture
def few(monkeypatch, plain_papers):
    """Only this app, with some drawn texts, and papers that are neither typeset nor signed."""
    told_by(monkeypatch, "disclosure")
    monkeypatch.setattr(demonstration_publishing, "PUBLISHED", FEW)
    monkeypatch.setattr(demonstration_publishing, "PICTURES", FEW_PICTURES)
    monkeypatch.setattr(demonstration_publishing, "ENDED", FEW_ENDED)


def told(**chosen) -> dict[str, list[tuple]]:
    """What is told of texts and requests, undone afterwards."""
    asked = ("number", "state", "outcome", "applicant_number", "description", "replied_at", "closed_at")
    rows = {
        "items": partial(
            Disclosure.objects.order_by("pk").values_list,
            *("index_number", "title", "published_at", "validity", "withdrawn_at", "corrected_at"),
        ),
        "publications": partial(Publication.objects.order_by("pk").values_list, "number", "title", "state"),
        "requests": partial(InformationRequest.objects.order_by("pk").values_list, *asked),
        "files": partial(DisclosureFile.objects.order_by("pk").values_list, "name", "sha256"),
        "missed": partial(
            Deadline.objects.exclude(breached_at=None).values_list, "case__state", "term", "breached_at"
        ),
    }
    try:
        with transaction.atomic():
            load(**chosen)
            found = {name: list(query()) for name, query in rows.items()}
            raise Undone
    except Undone:
        return found


def check_it_is_whole(found: dict[str, list[tuple]]) -> None:
    assert len(found["items"]) == FEW
    assert len(found["files"]) > FEW_PICTURES
    assert sum(state == "closed" for _number, state, *_rest in found["requests"]) == 23
    assert len(found["requests"]) == 32
    assert len({state for _number, _title, state in found["publications"]}) == 9
    # The one that is planned.
    assert [(state, term) for state, term, _at in found["missed"]] == [("approval", "publication.publish")]


def test_the_same_seed_tells_the_same_story_on_a_sunday(db, few):
    once = told(seed=7, today=SUNDAY)
    assert once == told(seed=7, today=SUNDAY)
    check_it_is_whole(once)


def test_after_a_holiday_and_with_another_seed_it_is_as_whole(db, few):
    check_it_is_whole(told(seed=8, today=AFTER_HOLIDAY))


# What there is to publish -----------------------------------------------------------------------------------


def drawn(count: int, seed: int) -> list[made.Piece]:
    shelves = Shelves(
        {each["code"]: Category(**_own(each)) for each in (*texts()["topics"], *texts()["branches"])},
        {each["code"]: Theme(**_own(each)) for each in texts()["themes"]},
    )
    units = {code: Unit(code=code, name=name) for code, _above, name, *_rest in UNITS}
    first = WEDNESDAY - timedelta(days=365)
    found = made.drawn(count, rng=Random(seed), first=first, last=WEDNESDAY, shelves=shelves, units=units)
    return [piece for piece, _validity in found]


def _own(given: dict) -> dict:
    return {name: given[name] for name in ("code", "name", "name_en")}


@pytest.mark.parametrize("seed", [1, 7])
def test_a_year_of_drawn_texts_has_different_titles_and_fills_every_branch(seed):
    pieces = drawn(1436, seed)
    assert len({each.text.title for each in pieces}) == len(pieces) == 1436
    assert not any("管理管理" in each.text.title for each in pieces)
    days = [each.text.dated_on for each in pieces]
    assert days == sorted(days)
    branches = {each["name"] for each in texts()["branches"] if not each.get("written")}
    assert {each.text.category.name for each in pieces} == branches
    # All are of units that hand in, enough of them rules that can be ended.
    assert {each.text.unit.code for each in pieces} == set(made.UNITS)
    assert sum(made.is_normative(each) for each in pieces) > 60
    gazette = [each for each in pieces if "gazette" in each.text.channels]
    assert all(each.text.document_number.startswith("云城管规") for each in gazette)
    assert gazette


def test_a_text_that_is_corrected_first_reads_wrong():
    right = drawn(1, 1)[0].text
    body = f"{right.body}\n共六座。"
    piece = made.Piece(replace(right, body=body), correct={"wrong": "共八座", "right": "共六座"})
    assert piece.as_first_published().body == f"{right.body}\n共八座。"
    assert made.Piece(right).as_first_published() is right


def test_working_days_are_counted_back_from_today(db):
    make_bureau()
    days = Days(Story(today=date(2026, 10, 8), seed=7, progress=lambda *step: None, days=30))
    # The first seven days of October are a holiday.
    assert [days.before(back) for back in (0, 1, 2)] == [
        date(2026, 10, 8),
        date(2026, 9, 30),
        date(2026, 9, 29),
    ]
    assert days.founded == date(2026, 9, 7)
    assert days.after_founding(1) == date(2026, 9, 8)
    assert days.since_founding(but=1)[-1] == date(2026, 9, 29)
    assert date(2026, 9, 12) not in days.since_founding(but=1)
