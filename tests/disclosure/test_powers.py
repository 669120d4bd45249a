"""The powers of the demonstration's bureau: how many, each once, and that the import takes them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from django.utils.translation import override

from disclosure import personal
from disclosure.demonstration_powers import CHINESE, Kind, Power, as_rows, as_workbook, numeral, powers
from disclosure.importing import read
from disclosure.models import Category, Theme
from portal.organisation.demonstration import UNITS
from portal.organisation.models import Unit

TODAY = date(2026, 11, 2)
COUNTS = {Kind.PERMIT: 21, Kind.PENALTY: 158, Kind.MEASURE: 7, Kind.SERVICE: 30}
GIVEN: dict[str, Any] = {
    "bureau": "云溪市城市管理局",
    "phone": "12319",
    "categories": {kind: f"职权目录/{name}" for kind, name in CHINESE.items()},
    "theme": "城市管理",
    "units": {code: name for code, _above, name, _english, _phone in UNITS},
    "dated_on": date(2026, 1, 5),
}


@pytest.fixture
def catalogue(db: None) -> Iterator[None]:
    root = Category.objects.create(code="powers", name="职权目录", name_en="Powers")
    for kind, name in CHINESE.items():
        Category.objects.create(code=kind.value, name=name, name_en=kind.value.title(), parent=root)
    Theme.objects.create(code="city", name="城市管理", name_en="City")
    for code, _above, name, english, phone in UNITS:
        Unit.objects.create(code=code, name=name, name_en=english, phone=phone)
    with override("zh-hans"):
        yield


def test_how_many_there_are() -> None:
    assert Counter(each.kind for each in powers()) == COUNTS
    assert len(powers()) == 216


def test_each_is_there_once() -> None:
    assert len({each.title for each in powers()}) == 216
    assert len({each.about for each in powers()}) == 216
    assert len({row["body"] for row in as_rows(**GIVEN)}) == 216


@pytest.mark.parametrize("power", powers(), ids=lambda power: power.name)
def test_what_is_said_of_each(power: Power) -> None:
    assert power.basis
    for each in power.basis:
        assert re.fullmatch(r"《[^《》]{4,30}》(第[一二三四五六七八九十百零]{1,6}条)?", each)
    assert len(set(power.basis)) == len(power.basis)
    assert power.unit in GIVEN["units"]
    assert len(power.about) >= 8
    assert not power.about.endswith("。")
    assert power.name.startswith("对") == power.name.endswith("的处罚") == (power.kind is Kind.PENALTY)
    assert bool(power.how) == (power.kind is Kind.MEASURE)
    assert bool(power.conduct) == (power.kind is Kind.PENALTY)


def test_every_text_has_its_parts_and_tells_no_numbers() -> None:
    for power, row in zip(powers(), as_rows(**GIVEN), strict=True):
        body = str(row["body"])
        assert 3 <= body.count("。") <= 5
        for part in (power.about, *power.basis, GIVEN["units"][power.unit], GIVEN["bureau"], "监督电话12319"):
            assert part in body
        # Not even those of the bureau are known here.
        assert personal.find(f"{row['title']}\n{body}\n{row['keywords']}") == []


@pytest.mark.parametrize(
    ("number", "written"),
    [
        *((1, "一"), (10, "十"), (15, "十五"), (20, "二十"), (34, "三十四"), (93, "九十三")),
        *((100, "一百"), (106, "一百零六"), (111, "一百一十一"), (120, "一百二十")),
    ],
)
def test_articles_as_laws_count_them(number: int, written: str) -> None:
    assert numeral(number) == written


def test_the_first_of_each_kind() -> None:
    firsts = {each.kind: each for each in reversed(powers())}
    assert firsts[Kind.PERMIT].title == "行政许可：设置大型户外广告审批"
    assert firsts[Kind.PERMIT].basis == ("《城市市容和环境卫生管理条例》第十一条",)
    assert firsts[Kind.PENALTY].title == "行政处罚：对随地吐痰、便溺的处罚"
    assert firsts[Kind.MEASURE].unit == "enforcement"
    assert firsts[Kind.SERVICE].title.startswith("社会经济事务管理：12319")


def test_the_import_takes_the_workbook(catalogue: None) -> None:
    data = as_workbook(**GIVEN)
    assert data == as_workbook(**GIVEN)
    sheet = read(data, name="职权目录.xlsx", today=TODAY)
    assert (sheet.errors, sheet.more_errors) == ([], 0)
    for power, given, row in zip(powers(), as_rows(**GIVEN), sheet.rows, strict=True):
        assert (row.title, row.body, row.keywords) == (power.title, given["body"], given["keywords"])
        assert (row.category.code, row.theme.code, row.unit.code) == (power.kind, "city", power.unit)
        assert (row.dated_on, row.document_number, row.channels) == (date(2026, 1, 5), "", ("website",))


def test_a_kind_without_category_is_not_passed_over() -> None:
    with pytest.raises(KeyError):
        as_rows(**{**GIVEN, "categories": {Kind.PERMIT: "职权目录"}})
