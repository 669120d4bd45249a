"""Numbers with check digits: residents' ID numbers, unified social credit codes, implementation codes.

Each vector was computed by hand from the standards' own tables, as the comments show; the two of the ID
number that are not made up are the examples of GB 11643 itself, that of the credit code of GB 32100.
"""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from approvals.codes import validate_implementation_code
from portal.cases.identity import (
    check_credit_code,
    check_id_number,
    check_number,
    masked_number,
    normal_number,
)


def code_of(refused: pytest.ExceptionInfo[ValidationError]) -> str | None:
    assert refused.value.messages[0]
    return refused.value.code


# ID numbers -------------------------------------------------------------------------------------------------

# Σ digit × weight (7 9 10 5 8 4 2 1 6 3 7 9 10 5 8 4 2), mod 11, and the figure at that place of 10X98765432.
ID_NUMBERS = [
    ("11010519491231002X", "167 = 15 × 11 + 2: X"),
    ("440524188001010014", "195 = 17 × 11 + 8: 4"),
    # Born in 1958, before the place had its present code: the number is as good as any.
    ("330802195806071234", "272 = 24 × 11 + 8: 4"),
    ("330802195806071250", "276 = 25 × 11 + 1: 0"),
    ("33080219580607067X", "288 = 26 × 11 + 2: X"),
    ("330802199003071239", "245 = 22 × 11 + 3: 9"),
]
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def with_check_digit(first: str) -> str:
    """By GB 11643, written once more so that what is tested does not judge itself."""
    return first + "10X98765432"[sum(int(a) * b for a, b in zip(first, WEIGHTS, strict=True)) % 11]


@pytest.mark.parametrize("number", [number for number, _why in ID_NUMBERS])
def test_an_id_number_is_taken(number):
    assert with_check_digit(number[:-1]) == number
    check_id_number(number)
    assert check_number("person", number) == number


@pytest.mark.parametrize("first", ["33021919600229001", "00000019900101000", "99999920000229999"])
def test_the_place_is_not_asked_and_the_day_must_exist(first):
    check_id_number(with_check_digit(first))


@pytest.mark.parametrize(
    "first",
    [
        "33080219590229001",  # 1959 had no 29 February
        "33080219000229001",  # nor had 1900
        "33080219901301001",
        "33080219900001001",
        "33080219900431001",
        "33080219900100001",
    ],
)
def test_a_day_that_there_never_was_is_refused_whatever_the_check_digit(first):
    with pytest.raises(ValidationError) as refused:
        check_id_number(with_check_digit(first))
    assert code_of(refused) == "component"


@pytest.mark.parametrize("position", range(17))
def test_one_wrong_figure_is_found_wherever_it_stands(position):
    number = "330802195806071234"
    for wrong in set("0123456789") - {number[position]}:
        with pytest.raises(ValidationError):
            check_id_number(number[:position] + wrong + number[position + 1 :])


def test_two_neighbours_changed_over_are_found():
    """The commonest slip of a hand; the weights are there for it."""
    number = "330802195806071234"
    for position in range(17):
        swapped = list(number)
        swapped[position], swapped[position + 1] = swapped[position + 1], swapped[position]
        if "".join(swapped) != number:
            with pytest.raises(ValidationError):
                check_id_number("".join(swapped))


@pytest.mark.parametrize(
    ("number", "code"),
    [
        ("", "length"),
        ("33080219580607123", "length"),
        ("3308021958060712345", "length"),
        # Fifteen figures, as up to 1999: no longer valid since 2013.
        ("330802580607123", "length"),
        ("33080219580607123A", "format"),
        ("33080X195806071234", "format"),
        ("三三零八零二一九五八零六零七一二三四", "format"),
        ("330802195806071235", "checksum"),
        ("11010519491231002x", "format"),  # `check_number` has made it a capital before
    ],
)
def test_what_is_wrong_with_an_id_number_is_said(number, code):
    with pytest.raises(ValidationError) as refused:
        check_id_number(number)
    assert code_of(refused) == code


# Credit codes -----------------------------------------------------------------------------------------------

# Σ value × weight (1 3 9 27 19 26 16 17 20 29 25 13 8 24 10 30 28), then (31 − Σ mod 31) mod 31, in the
# characters 0-9 and A-Z without I O S V Z.
CREDIT_CODES = [
    "91350100M000100Y43",  # 1640 = 52 × 31 + 28: 3
    "91330802MA2DEM013R",  # 2021 = 65 × 31 + 6: 25 = R
    "11330800MB0DEM019D",  # 2126 = 68 × 31 + 18: 13 = D
    "91330802MA2DEM0150",  # 2077 = 67 × 31: 0, not 31
]


@pytest.mark.parametrize("number", CREDIT_CODES)
def test_a_credit_code_is_taken(number):
    check_credit_code(number)
    assert check_number("body", number) == number


@pytest.mark.parametrize("number", CREDIT_CODES)
def test_one_wrong_character_of_a_credit_code_is_found(number):
    for position in range(18):
        for wrong in "0123456789ABCDEFGHJKLMNPQRTUWXY":
            if wrong != number[position]:
                with pytest.raises(ValidationError):
                    check_credit_code(number[:position] + wrong + number[position + 1 :])


@pytest.mark.parametrize(
    ("number", "code"),
    [
        ("", "length"),
        ("91330802MA2DEM013", "length"),
        ("91330802MA2DEM013RR", "length"),
        ("91330802MA2DEM013S", "checksum"),
        # The letters that a code never has.
        *[(f"91330802MA2DE{letter}013R", "checksum") for letter in "IOSVZ"],
        ("91330802MA2DEM01三R", "checksum"),
        # An ID number is no credit code.
        ("330802195806071234", "checksum"),
    ],
)
def test_what_is_wrong_with_a_credit_code_is_said(number, code):
    with pytest.raises(ValidationError) as refused:
        check_credit_code(number)
    assert code_of(refused) == code


# As people type them ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "typed", "kept"),
    [
        ("person", " 11010519491231002x ", "11010519491231002X"),
        ("person", "110105 1949 1231 002X", "11010519491231002X"),
        ("person", "110105-19491231-002X", "11010519491231002X"),
        ("person", "１１０１０５１９４９１２３１００２Ｘ", "11010519491231002X"),
        ("person", "１１０１０５１９４９１２３１００２ｘ", "11010519491231002X"),
        ("person", "330802\u3000195806071234", "330802195806071234"),
        ("person", "330802－19580607－1234", "330802195806071234"),
        ("body", "91330802ma2dem013r", "91330802MA2DEM013R"),
        ("body", "９１３３０８０２ＭＡ２ＤＥＭ０１３Ｒ", "91330802MA2DEM013R"),
        ("body", "91330802-MA2DEM01-3R", "91330802MA2DEM013R"),
    ],
)
def test_a_number_is_kept_in_one_form(kind, typed, kept):
    assert check_number(kind, typed) == kept
    assert normal_number(kept) == kept


@pytest.mark.parametrize(
    ("kind", "number"), [("person", "91330802MA2DEM013R"), ("body", "330802195806071234")]
)
def test_a_person_has_an_id_number_and_a_body_a_credit_code(kind, number):
    with pytest.raises(ValidationError):
        check_number(kind, number)


# As it stands on papers -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "masked"),
    [
        ("330802195806071234", "330802**********34"),
        ("11010519491231002X", "110105**********2X"),
        ("91330802MA2DEM013R", "913308**********3R"),
        ("123456789", "123456*89"),
        # Too short to show anything of.
        ("12345678", "********"),
        ("1", "*"),
        ("", ""),
    ],
)
def test_a_masked_number_shows_neither_birthday_nor_sequence(number, masked):
    assert masked_number(number) == masked
    assert len(masked) == len(number)


# Implementation codes ---------------------------------------------------------------------------------------


def test_an_implementation_code_is_a_credit_code_a_level_and_twelve_figures():
    for level in "12345":
        validate_implementation_code(f"11330800MB0DEM019D{level}000117000001")


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("", "format"),
        ("11330800MB0DEM019D400011700000", "format"),
        ("11330800MB0DEM019D40001170000011", "format"),
        ("11330800MB0DEM019D0000117000001", "format"),
        ("11330800MB0DEM019D6000117000001", "format"),
        ("11330800MB0DEM019D400011700000A", "format"),
        ("11330800mb0dem019d4000117000001", "format"),
        ("11330800MB0DEM019E4000117000001", "checksum"),
    ],
)
def test_what_is_wrong_with_an_implementation_code_is_said(code, why):
    with pytest.raises(ValidationError) as refused:
        validate_implementation_code(code)
    assert code_of(refused) == why
