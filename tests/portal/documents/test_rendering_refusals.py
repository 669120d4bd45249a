"""What cannot be printed is refused in words that name it, before anything is typeset."""

from __future__ import annotations

from typing import Any

import pytest

from portal.documents.glyphs import printable
from portal.documents.rendering import RenderingFailed, render
from tests.portal.documents.papers import AT, VALUES, blank_form, official, pledge, text_of


def refused(name: str, values: dict[str, Any]) -> RenderingFailed:
    with pytest.raises(RenderingFailed) as caught:
        render(name, values, at=AT)
    return caught.value


def test_rare_characters_of_names_are_printed():
    names = "㛃䶮𬱖𫖯𬘫㼆𠅤喆堃昇晞燊﨑囧㐂〇"
    pdf = render("pledge", pledge(signer={"name": names, "title": "科长"}), at=AT)
    assert names in text_of(pdf)


@pytest.mark.parametrize("character", ["😀", "\U00031350", "ש", "\U000e0100"])
def test_a_character_without_a_glyph_is_named(character):
    if character in printable():
        pytest.fail(f"The fonts have {character} now: choose another.")
    failed = refused("pledge", pledge(signer={"name": f"张{character}", "title": "科长"}))
    assert failed.field == "signer.name"
    assert f"U+{ord(character):04X}" in str(failed)


@pytest.mark.parametrize(
    "character", ["\x00", "\x07", "\x1b", "\x85", "\u202e", "\u2066", "\u2028", "\ud800"]
)
def test_control_characters_are_refused(character):
    failed = refused("letter", official(addressee=f"甲{character}乙"))
    assert failed.field == "addressee"
    assert f"U+{ord(character):04X}" in str(failed)
    assert character not in str(failed)


def test_what_prints_nothing_is_dropped():
    pasted = official(addressee="\ufeff甲\u200b乙\u00ad丙☎\ufe0f")
    assert render("letter", pasted, at=AT) == render("letter", official(addressee="甲乙丙☎"), at=AT)


@pytest.mark.parametrize(
    ("name", "more", "field"),
    [
        ("official", {"agency": ""}, "agency"),
        ("official", {"agency": None}, "agency"),
        ("official", {"title": "两\n行"}, "title"),
        ("official", {"title": "长" * 201}, "title"),
        ("official", {"dated_on": "2026年11月24日"}, "dated_on"),
        ("official", {"dated_on": "20261124"}, "dated_on"),
        ("official", {"dated_on": AT}, "dated_on"),
        ("official", {"check_url": "javascript:alert(1)"}, "check_url"),
        ("official", {"check_url": "https://例.invalid/"}, "check_url"),
        ("official", {"check_code": "ABCDE-FGHI1"}, "check_code"),
        ("official", {"title_lines": ["关于", "别的"]}, "title_lines"),
        ("official", {"paragraphs": []}, "paragraphs"),
        ("official", {"paragraphs": "一段"}, "paragraphs"),
        ("official", {"paragraphs": ["好", " \n "]}, "paragraphs.2"),
        ("official", {"paragraphs": ["好", 5]}, "paragraphs.2"),
        ("official", {"paragraphs": [{"level": 5, "text": "甲"}]}, "paragraphs.1.level"),
        ("official", {"paragraphs": [{"level": 2, "text": "甲"}]}, "paragraphs.1.level"),
        ("official", {"paragraphs": [{"level": 1}]}, "paragraphs.1.text"),
        ("official", {"paragraphs": ["字" * 20_001]}, "paragraphs.1"),
        ("official", {"paragraphs": ["字" * 20_000] * 11}, ""),
        ("official", {"attachments": ["甲", ""]}, "attachments.2"),
        ("official", {"clauses": ["甲"]}, "clauses"),
        ("letter", {"addressee": ""}, "addressee"),
        ("letter", {"printed_by": "办公室"}, "printed_by"),
        ("pledge", {"attachments": ["清单"]}, "attachments"),
        ("pledge", {"clauses": []}, "clauses"),
        ("pledge", {"clauses": ["甲", {"text": "乙", "measure": 5}]}, "clauses.2.measure"),
        ("pledge", {"clauses": [{"text": "乙", "mesure": "丙"}]}, "clauses.1.mesure"),
        ("pledge", {"signer": "张三"}, "signer"),
        ("pledge", {"signer": {"name": "张三"}}, "signer.title"),
        ("pledge", {"valid_until": "2026-11-30"}, "valid_until"),
        ("notice", {"addressee": ""}, "addressee"),
        ("notice", {"copies": ["甲"]}, "copies"),
        ("notice", {"facts": []}, "facts"),
        (
            "notice",
            {"facts": [{"label": "甲", "value": "乙"}, {"label": "丙", "value": ""}]},
            "facts.2.value",
        ),
        ("notice", {"facts": [{"value": "乙"}]}, "facts.1.label"),
        ("notice", {"facts": [{"label": "甲" * 61, "value": "乙"}]}, "facts.1.label"),
        ("notice", {"listing": {"heading": "材料", "rows": []}}, "listing.rows"),
        ("notice", {"listing": {"rows": [{"name": "甲"}]}}, "listing.heading"),
        ("notice", {"listing": {"heading": "材料", "rows": [{"text": "甲"}]}}, "listing.rows.1.name"),
        ("notice", {"listing": "材料"}, "listing"),
        ("notice", {"closing": ["甲", ""]}, "closing.2"),
        ("notice", {"service": "no"}, "service"),
        ("notice", {"paragraphs": [{"level": 2, "text": "甲"}]}, "paragraphs.1.level"),
        ("certificate", {"holder": ""}, "holder"),
        ("certificate", {"content": " "}, "content"),
        ("certificate", {"conditions": ["甲", "乙\n丙"]}, "conditions.2"),
        ("certificate", {"valid_until": "2026-11-30"}, "valid_until"),
        ("certificate", {"landscape": 1}, "landscape"),
        ("certificate", {"title_lines": ["别的"]}, "title_lines"),
        ("certificate", {"contact": "窗口"}, "contact"),
        ("form", {"fields": []}, "fields"),
        ("form", {"fields": [{"value": ""}]}, "fields.1.label"),
        ("form", {"fields": [{"label": "甲", "lines": 0}]}, "fields.1.lines"),
        ("form", {"fields": [{"label": "甲", "lines": 11}]}, "fields.1.lines"),
        ("form", {"fields": [{"label": "甲", "lines": True}]}, "fields.1.lines"),
        ("form", {"fields": [{"label": "甲", "value": "\x07"}]}, "fields.1.value"),
        ("form", {"number": "1号"}, "number"),
        ("secret", {}, ""),
    ],
)
def test_a_wrong_value_is_named(name, more, field):
    failed = refused(name, (VALUES | {"form": blank_form}).get(name, official)(**more))
    assert failed.field == field
    assert str(failed)
    assert "typst" not in str(failed)


@pytest.mark.parametrize("name", [*VALUES, "form"])
def test_a_missing_value_is_named(name):
    whole = (VALUES | {"form": blank_form})[name]()
    optional = {"official": {"addressee"}, "pledge": {"addressee", "paragraphs"}}.get(name, set())
    for left_out in whole:
        values = {key: value for key, value in whole.items() if key != left_out}
        if left_out in optional:
            assert render(name, values, at=AT).startswith(b"%PDF-")
        else:
            assert refused(name, values).field == left_out
