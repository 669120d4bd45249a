"""Document numbers (GB/T 9704) and index numbers: every form that is written, each fault by its name."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.core.exceptions import ValidationError
from django.utils.translation import override

from disclosure.codes import (
    INDEX_PATTERN,
    check_document_number,
    check_index_number,
    index_number,
    normal_document_number,
)


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    with override("en"):
        yield


def fault(check: Callable[[str], str], text: str) -> str | None:
    with pytest.raises(ValidationError) as refused:
        check(text)
    (sentence,) = refused.value.messages
    assert sentence.endswith(".")
    assert "%(" not in sentence
    return refused.value.code


# Document numbers -------------------------------------------------------------------------------------------

WRITTEN = [
    "样城管〔2026〕5号",
    "样城管[2026]5号",
    "样城管【2026】5号",
    "样城管﹝2026﹞5号",
    "样城管〖2026〗5号",
    "样城管［2026］5号",
    "样城管〔２０２６〕５号",
    "样城管【２０２６]5号",
    " 样城管 〔2026〕 5 号\n",
    "样城管\u3000〔2026〕\u00a05\u200b号",
]


@pytest.mark.parametrize("text", WRITTEN)
def test_a_document_number_has_one_form(text: str):
    assert normal_document_number(text) == "样城管〔2026〕5号"
    assert check_document_number(text) == "样城管〔2026〕5号"


@pytest.mark.parametrize(
    "text",
    [
        "样办〔1900〕1号",
        "样办〔2099〕10号",
        f"{'样' * 20}〔2026〕123456号",
        "一龥〔2026〕90号",
    ],
)
def test_document_numbers_at_their_limits(text: str):
    assert check_document_number(text) == text


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "bracket"),
        ("样城管2026年5号", "bracket"),
        ("样城管（2026）5号", "bracket"),
        ("样城管(2026)5号", "bracket"),
        ("样城管〔2026 5号", "bracket"),
        ("样城管2026〕5号", "bracket"),
        ("样城管〈2026〉5号", "bracket"),
        ("〔2026〕5号", "agency"),
        ("样〔2026〕5号", "agency"),
        (f"{'样' * 21}〔2026〕5号", "agency"),
        ("样A办〔2026〕5号", "agency"),
        ("样办1〔2026〕5号", "agency"),
        ("样城管〔26〕5号", "year"),
        ("样城管〔1899〕5号", "year"),
        ("样城管〔2100〕5号", "year"),
        ("样城管〔20261〕5号", "year"),
        ("样城管〔2026年〕5号", "year"),
        ("样城管〔二〇二六〕5号", "year"),
        ("样城管〔〕5号", "year"),
        ("样城管〔٢٠٢٦〕5号", "year"),
        ("样城管〔2026〕5", "ending"),
        ("样城管〔2026〕", "ending"),
        ("样城管〔2026〕5號", "ending"),
        ("样城管〔2026〕5号文", "ending"),
        ("样城管〔2026〕第5号", "ordinal"),
        ("样城管〔2026〕05号", "leading_zero"),
        ("样城管〔2026〕0号", "leading_zero"),
        ("样城管〔2026〕００５号", "leading_zero"),
        ("样城管〔2026〕号", "number"),
        ("样城管〔2026〕五号", "number"),
        ("样城管〔2026〕5-6号", "number"),
        ("样城管〔2026〕5号6号", "number"),
        ("样城管〔2026〕٥号", "number"),
    ],
)
def test_what_is_wrong_with_a_document_number(text: str, code: str):
    assert fault(check_document_number, text) == code


def test_the_year_that_is_wrong_is_named_and_no_novel():
    with pytest.raises(ValidationError, match="“26”"):
        check_document_number("样城管〔26〕5号")
    with pytest.raises(ValidationError) as refused:
        check_document_number(f"样城管〔{'9' * 10_000}〕5号")
    assert len(refused.value.messages[0]) < 120


def test_what_is_wrong_stays_as_it_was_written():
    assert normal_document_number("样城管（2026） 5号") == "样城管(2026)5号"
    assert normal_document_number("") == ""


# Index numbers ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("organisation", "year", "sequence", "expected"),
    [
        ("MB0DEM019", 2026, 1, "MB0DEM019/2026-00001"),
        ("MB0DEM019", 2026, 99_999, "MB0DEM019/2026-99999"),
        ("00000000X", 1999, 120, "00000000X/1999-00120"),
    ],
)
def test_index_numbers(organisation: str, year: int, sequence: int, expected: str):
    found = index_number(organisation, year, sequence)
    assert found == expected
    assert INDEX_PATTERN.fullmatch(found)
    assert check_index_number(found) == found


@pytest.mark.parametrize(
    ("organisation", "year", "sequence"),
    [
        ("MB0DEM019", 2026, 0),
        ("MB0DEM019", 2026, -1),
        ("MB0DEM019", 2026, 100_000),
        ("MB0DEM019", 26, 1),
        ("MB0DEM019", 2100, 1),
        ("MB0DEM01", 2026, 1),
        ("MB0DEM0199", 2026, 1),
        ("mb0dem019", 2026, 1),
        ("MB0DEM01-", 2026, 1),
        ("", 2026, 1),
    ],
)
def test_of_what_no_index_number_is_made(organisation: str, year: int, sequence: int):
    with pytest.raises(ValueError, match="No index number"):
        index_number(organisation, year, sequence)


@pytest.mark.parametrize(
    "text",
    ["mb0dem019/2026-00001", " MB0DEM019 / 2026 - 00001 ", "ＭＢ０ＤＥＭ０１９／２０２６－００００１"],
)
def test_an_index_number_has_one_form(text: str):
    assert check_index_number(text) == "MB0DEM019/2026-00001"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "format"),
        ("MB0DEM019-2026-00001", "format"),
        ("MB0DEM019/202600001", "format"),
        ("MB0DEM01/2026-00001", "organisation"),
        ("MB0DEM0190/2026-00001", "organisation"),
        ("样城管/2026-00001", "organisation"),
        ("MB0DEM019/26-00001", "year"),
        ("MB0DEM019/1899-00001", "year"),
        ("MB0DEM019/٢٠٢٦-00001", "year"),
        ("MB0DEM019/2026-1", "sequence"),
        ("MB0DEM019/2026-00000", "sequence"),
        ("MB0DEM019/2026-000001", "sequence"),
        ("MB0DEM019/2026-0000A", "sequence"),
        ("MB0DEM019/2026-", "sequence"),
        ("MB0DEM019/2026-00001/2", "sequence"),
    ],
)
def test_what_is_wrong_with_an_index_number(text: str, code: str):
    assert fault(check_index_number, text) == code
