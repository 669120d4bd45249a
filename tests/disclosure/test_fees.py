"""Fees of information requests (国办函〔2020〕109号), by hand; every edge of a band from both sides."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.utils.translation import override

from disclosure.rules.fees import explained_by_number, explained_by_pages, fee_by_number, fee_by_pages


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    with override("en"):
        yield


# Of the n-th request of the month.
BY_NUMBER = {
    1: 0,
    2: 0,
    9: 0,
    10: 0,
    11: 100,
    12: 100,
    20: 100,
    21: 100,
    29: 100,
    30: 100,
    31: 200,
    35: 200,
    40: 200,
    41: 300,
    50: 300,
    51: 400,
    60: 400,
    61: 500,
    70: 500,
    71: 600,
    80: 600,
    81: 700,
    90: 700,
    91: 800,
    100: 800,
    101: 900,
    110: 900,
    111: 1000,
    1000: 9800,
}
# 31–100 are 70 pages, 700 together; 101–200 are 100 pages, 2000 together.
BY_PAGES = {
    0: 0,
    1: 0,
    29: 0,
    30: 0,
    31: 10,
    32: 20,
    65: 350,
    99: 690,
    100: 700,
    101: 720,
    102: 740,
    150: 1700,
    199: 2680,
    200: 2700,
    201: 2740,
    202: 2780,
    250: 4700,
    300: 6700,
    1000: 34700,
}
# If all requests of a month are charged by number: 20 × 100 to the 30th, then 10 × 200, 10 × 300 …
WHOLE_MONTHS = {10: 0, 11: 100, 30: 2000, 31: 2200, 40: 4000, 41: 4300, 50: 7000, 60: 11000}


@pytest.mark.parametrize(("ordinal", "yuan"), BY_NUMBER.items())
def test_a_request_costs_the_price_of_its_place_in_the_month(ordinal: int, yuan: int):
    assert fee_by_number(ordinal) == yuan


@pytest.mark.parametrize(("count", "yuan"), WHOLE_MONTHS.items())
def test_a_month_costs_the_sum_of_its_requests(count: int, yuan: int):
    assert sum(fee_by_number(each) for each in range(1, count + 1)) == yuan


@pytest.mark.parametrize(("pages", "yuan"), BY_PAGES.items())
def test_each_page_costs_the_price_of_its_band(pages: int, yuan: int):
    assert fee_by_pages(pages) == yuan


def test_one_page_more_never_costs_more_than_its_own_price():
    """Progressive: no leap at an edge, as there would be if one price held for all pages."""
    added = [fee_by_pages(page) - fee_by_pages(page - 1) for page in range(1, 301)]
    assert added == [0] * 30 + [10] * 70 + [20] * 100 + [40] * 100


@pytest.mark.parametrize("of", [fee_by_number, explained_by_number])
@pytest.mark.parametrize("nonsense", [0, -1, 10.5, True, None, "11"])
def test_an_ordinal_is_a_whole_number_from_1_on(of: Callable[[Any], object], nonsense: object):
    with pytest.raises(ValueError, match="from 1 on"):
        of(nonsense)


@pytest.mark.parametrize("of", [fee_by_pages, explained_by_pages])
@pytest.mark.parametrize("nonsense", [-1, 30.5, True, None, "31"])
def test_pages_are_a_whole_number_from_0_on(of: Callable[[Any], object], nonsense: object):
    with pytest.raises(ValueError, match="from 0 on"):
        of(nonsense)


@pytest.mark.parametrize(
    ("ordinal", "lines"),
    [
        (
            10,
            [
                "This is request no. 10 of the applicant in this calendar month.",
                "The first 10 requests of a calendar month are free of charge.",
                "There is no fee.",
            ],
        ),
        (
            11,
            [
                "This is request no. 11 of the applicant in this calendar month.",
                "Requests no. 11 to 30 cost ¥100 each.",
                "The fee is ¥100.",
            ],
        ),
        (
            45,
            [
                "This is request no. 45 of the applicant in this calendar month.",
                "From request no. 31 on, the price rises by ¥100 with every 10 requests.",
                "Requests no. 41 to 50 cost ¥300 each.",
                "The fee is ¥300.",
            ],
        ),
    ],
)
def test_how_a_fee_by_number_comes_about(ordinal: int, lines: list[str]):
    assert explained_by_number(ordinal) == lines


@pytest.mark.parametrize(
    ("pages", "lines"),
    [
        (
            1,
            [
                "1 page is given; a page is one side of A4 or smaller.",
                "The first 30 pages of a request are free of charge.",
                "There is no fee.",
            ],
        ),
        (
            31,
            [
                "31 pages are given; a page is one side of A4 or smaller.",
                "The first 30 pages of a request are free of charge.",
                "From page 31 on: 1 page at ¥10, ¥10.",
                "The fee is ¥10.",
            ],
        ),
        (
            250,
            [
                "250 pages are given; a page is one side of A4 or smaller.",
                "The first 30 pages of a request are free of charge.",
                "From page 31 on: 70 pages at ¥10 each, ¥700.",
                "From page 101 on: 100 pages at ¥20 each, ¥2000.",
                "From page 201 on: 50 pages at ¥40 each, ¥2000.",
                "The fee is ¥4700.",
            ],
        ),
    ],
)
def test_how_a_fee_by_pages_comes_about(pages: int, lines: list[str]):
    assert explained_by_pages(pages) == lines


@pytest.mark.parametrize(
    ("explained", "table"), [(explained_by_number, BY_NUMBER), (explained_by_pages, BY_PAGES)]
)
def test_the_last_line_is_the_fee(explained: Callable[[int], list[str]], table: dict[int, int]):
    said = {number: explained(number)[-1] for number in table}
    assert said == {
        number: f"The fee is ¥{yuan}." if yuan else "There is no fee." for number, yuan in table.items()
    }


@pytest.mark.parametrize("ordinal", range(11, 121))
def test_the_band_that_is_named_is_the_one_in_which_the_request_is(ordinal: int):
    band = next(line for line in explained_by_number(ordinal) if line.startswith("Requests no. "))
    first, last = band.removeprefix("Requests no. ").partition(" cost ")[0].split(" to ")
    assert int(first) <= ordinal <= int(last)
    assert {fee_by_number(each) for each in range(int(first), int(last) + 1)} == {fee_by_number(ordinal)}
