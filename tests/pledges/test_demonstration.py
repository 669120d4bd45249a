"""The demonstration's pledges: the same from the same seed, and what is promised in them.

What is found of them in the whole bureau: tests/test_demonstration.py.
"""

from __future__ import annotations

import re

import pytest
from django.db import transaction

from hotline import demonstration as hotline
from pledges import demonstration
from pledges.models import Breach, PledgeVersion, Result
from portal.cases.phones import is_phone, normal_phone
from portal.organisation.demonstration import UNITS
from portal.oversight import measures
from tests.lived_through import load, told_by


class Undone(Exception):
    pass


def told(seed: int) -> list[list[tuple]]:
    """What is told of pledges, undone afterwards."""
    try:
        with transaction.atomic():
            load(seed=seed)
            versions = PledgeVersion.objects.order_by("pk")
            breaches = Breach.objects.order_by("pk")
            results = Result.objects.order_by("pk")
            found = [
                [(each.title, each.number, each.state, each.published_at) for each in versions],
                [(each.number, each.state, each.description, each.complainant_name) for each in breaches],
                [(each.day, each.part, each.whole) for each in results],
            ]
            raise Undone
    except Undone:
        return found


def test_the_same_seed_tells_the_same_story(db, monkeypatch):
    told_by(monkeypatch, "hotline", "pledges")
    monkeypatch.setattr(hotline, "TICKETS", 30)
    monkeypatch.setattr(hotline, "DAYS", 20)
    assert told(7) == told(7)


# The texts --------------------------------------------------------------------------------------------------

TEXTS = demonstration.texts()
PROMISED = [*TEXTS["pledges"], *TEXTS["next"]]


@pytest.mark.parametrize("text", PROMISED, ids=lambda text: text["unit"])
def test_a_pledge_says_who_promises_what_and_where_to_complain(text):
    assert text["unit"] in {code for code, *_rest in UNITS}
    assert text["title"].endswith("公开承诺书")
    assert is_phone(normal_phone(text["fax"]))
    assert text["fax"].startswith("0570-5550")
    assert text["email"].endswith("@yunxi.example.invalid")
    assert text["preamble"].strip().endswith("。")
    for clause in text["clauses"]:
        assert clause["text"].endswith("。")
        assert len(clause["text"]) <= 200
        assert demonstration.promise(clause).text == clause["text"]
        assert bool(demonstration.promise(clause).measure) == ("measure" in clause)


def test_complaints_are_of_clauses_that_stand_there():
    for text in TEXTS["complaints"]:
        assert (
            1
            <= text["clause"]
            <= max(len(each["clauses"]) for each in PROMISED if each["unit"] == text["unit"])
        )
        assert text["lodged"] < 50
    descriptions = [text["description"] for text in TEXTS["complaints"]]
    assert len(set(descriptions)) == len(descriptions)


def test_nobody_is_called_so_and_no_number_is_anybodys():
    people = [each.split() for each in TEXTS["people"]]
    assert len({phone for _name, phone in people}) == len(people)
    assert all(re.fullmatch(r"1990001\d{4}", phone) for _name, phone in people)


def test_a_clause_is_promised_without_a_measure_that_nobody_offers(monkeypatch):
    monkeypatch.setattr(measures, "known", lambda code: False)
    clause = {"text": "三个工作日内办结。", "measure": "hotline.closed_within", "days": 3, "target": 95}
    promised = demonstration.promise(clause)
    assert (promised.measure, promised.days, promised.target) == ("", None, None)
