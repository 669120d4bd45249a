"""The made-up citizens' words: the same from the same seed, never twice the same, nothing left unfilled."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import astuple
from random import Random

import pytest

from hotline import demonstration_texts as texts
from portal.cases.phones import is_phone
from portal.organisation.actors import Role
from portal.organisation.demonstration import ACCOUNTS, UNITS

UNIT_CODES = {code for code, *_rest in UNITS}
UNITS_WITH_HANDLERS = {account.unit for account in ACCOUNTS if account.role is Role.HANDLER}
GROUPS = [texts.texts()[code] for code in texts.CATEGORY_CODES]
MATTERS = [(code, matter) for code in texts.CATEGORY_CODES for matter in texts.texts()[code]["matters"]]
SOURCES: tuple[texts.Source, ...] = ("call", "web", "12345")


def strings(value: object) -> list[str]:
    """Every string inside a value, however deep."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for each in value.values() for text in strings(each)]
    if isinstance(value, list | tuple):
        return [text for each in value for text in strings(each)]
    return []


def three_hundred(seed: int) -> list[texts.Scenario]:
    rng, told = Random(seed), set()
    return [texts.draw(rng, source=SOURCES[n % 3], told=told) for n in range(300)]


def notes(rng: Random, scenario: texts.Scenario) -> list[str]:
    return [
        texts.callback_note(rng, scenario, resolved=resolved, rating=rating)
        for resolved in (True, False)
        for rating in (None, 1, 2, 3, 4, 5)
    ] + [
        texts.not_reached_note(rng),
        texts.urge_note(rng),
        texts.asked_again_note(rng),
        texts.stray_call_note(rng),
    ]


def test_the_same_seed_says_the_same_words():
    assert three_hundred(7) == three_hundred(7)
    assert three_hundred(7) != three_hundred(8)
    assert texts.callers(Random(7), 50) == texts.callers(Random(7), 50)
    first, again = Random(3), Random(3)
    assert notes(first, three_hundred(7)[0]) == notes(again, three_hundred(7)[0])


@pytest.mark.parametrize("seed", range(5))
def test_three_hundred_tickets_are_three_hundred_descriptions(seed):
    drawn = three_hundred(seed)
    assert len({scenario.description for scenario in drawn}) == 300
    assert {scenario.category for scenario in drawn} == set(texts.CATEGORY_CODES)


def test_a_category_can_be_asked_for():
    rng = Random(1)
    for code in texts.CATEGORY_CODES:
        assert texts.draw(rng, category=code).category == code


def test_every_matter_at_every_place_leaves_no_slot_open_and_fits_its_field():
    rng = Random(2)
    for code, matter in MATTERS:
        places = [place for place in texts.PLACES if place.kind in matter["at"]]
        assert places, matter["title"]
        for place in places:
            for source in SOURCES:
                scenario = texts._scenario(rng, code, matter, place, source)
                said = strings(astuple(scenario)) + notes(rng, scenario)
                assert not [text for text in said if re.search(r"[{}\[\]|]", text)]
                assert len(scenario.title) <= 120
                assert 20 <= len(scenario.description) <= 500
                assert place.spoken in scenario.description


def test_no_sentence_is_written_twice_and_none_is_empty():
    for group in GROUPS:
        assert all(text.strip() == text and text for text in strings(group["matters"]))
    written = Counter(matter["what"] for _code, matter in MATTERS)
    titles = Counter(matter["title"] for _code, matter in MATTERS)
    replies = Counter(reply for _code, matter in MATTERS for reply in matter["replies"])
    for counted in (written, titles, replies):
        assert counted.most_common(1)[0][1] == 1


def test_every_category_has_enough_to_say():
    assert len(MATTERS) >= 110
    assert set(texts.texts()) == {*texts.CATEGORY_CODES, "general", "notes"}
    assert len(texts.WEIGHTS) == len(texts.CATEGORIES)
    for group in GROUPS:
        assert len(group["matters"]) >= 8
        assert len(group["returns"]) >= 2
        assert len(group["extensions"]) >= 3
    assert all(len(set(matter["replies"])) == 2 for _code, matter in MATTERS)
    assert sum("answer" in matter for _code, matter in MATTERS) >= 10
    enquiries = {each.code for each in texts.CATEGORIES if each.nature == "enquiry"}
    assert all("answer" in matter for code, matter in MATTERS if code in enquiries)


def test_every_unit_is_known_and_has_somebody_to_sign():
    assert {category.unit for category in texts.CATEGORIES} <= UNITS_WITH_HANDLERS
    assert {matter["unit"] for _code, matter in MATTERS if "unit" in matter} <= UNITS_WITH_HANDLERS
    assert set(texts.BRIGADES.values()) <= UNITS_WITH_HANDLERS
    assert {scenario.unit for scenario in three_hundred(7)} <= UNITS_WITH_HANDLERS
    returned_to = {whose for group in GROUPS for _reason, whose in group["returns"]}
    assert returned_to - {""} <= UNIT_CODES


def test_a_ticket_is_returned_for_another_unit_than_its_own():
    for scenario in three_hundred(7):
        assert scenario.returns
        for returned in scenario.returns:
            assert returned.belongs_to != scenario.unit
            assert returned.belongs_to != "enforcement" or scenario.unit not in texts.BRIGADES.values()


def test_places_are_sixty_in_three_districts_with_a_brigade_each():
    assert len({place.spoken for place in texts.PLACES}) == len(texts.PLACES) == 60
    assert len({place.address for place in texts.PLACES}) == 60
    assert {place.district for place in texts.PLACES} == set(texts.BRIGADES)
    assert max(len(place.address) for place in texts.PLACES) <= 120


def test_what_is_enforced_goes_to_the_brigade_of_the_district():
    rng = Random(4)
    for _ in range(60):
        scenario = texts.draw(rng, category="fumes-noise")
        assert scenario.unit == texts.BRIGADES[scenario.place.district]


def test_callers_have_made_up_numbers_of_their_own():
    callers = texts.callers(Random(5), 500)
    assert len({caller.phone for caller in callers}) == 500
    assert all(re.fullmatch(r"1990000\d{4}", caller.phone) and is_phone(caller.phone) for caller in callers)
    assert all(re.fullmatch(r"[一-龥]{3}", caller.name) for caller in callers)


def test_no_telephone_number_is_in_the_texts():
    said = strings(texts.texts()) + [place.address for place in texts.PLACES]
    assert not [text for text in said if re.search(r"\d{6,}", text)]


def test_a_bad_callback_says_what_is_wrong_and_a_good_one_does_not():
    rng = Random(6)
    for scenario in three_hundred(7):
        unresolved = texts.callback_note(rng, scenario, resolved=False, rating=1)
        assert any(complaint in unresolved for complaint in scenario.complaints)
        assert "重新办理" in unresolved
        slow = texts.callback_note(rng, scenario, resolved=True, rating=2)
        assert "已致歉" in slow
        pleased = texts.callback_note(rng, scenario, resolved=True, rating=5)
        assert any(thanks in pleased for thanks in scenario.thanks)
        assert "未作评价" in texts.callback_note(rng, scenario, resolved=True, rating=None)
