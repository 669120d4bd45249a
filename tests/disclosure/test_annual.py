"""The tables of the annual report against a year that was walked, and against the form as it was copied."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from django.db import transaction

from disclosure import annual, annual_form, annual_names, annual_texts
from disclosure.models import InformationRequest
from disclosure.rules.replies import REPLIES
from tests.bureau import Bureau, moment
from tests.disclosure import annual_year as by_hand
from tests.disclosure import office as of
from tests.disclosure import table_three as form

founded, office, plain_papers = of.founded, of.office, of.plain_papers
pytestmark = [pytest.mark.usefixtures("plain_papers"), pytest.mark.django_db]
YEAR = by_hand.YEAR


@pytest.fixture(scope="module")
def years(founded: Bureau, plain_papers: None, django_db_blocker: Any) -> Iterator[by_hand.Years]:
    """Three years, walked once; each test's own changes are undone."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield by_hand.walk(founded)
        transaction.set_rollback(True)


def as_tuples(counts: annual.Counts, columns: tuple[str, ...]) -> dict[str, tuple[int, ...]]:
    return {row: tuple(each[column] for column in columns) for row, each in counts.items()}


def whole(lines: dict[str, tuple[int, ...]], rows: tuple[str, ...] = annual.ROWS) -> dict[str, Any]:
    """With the lines that are 0 in every column."""
    return {row: lines.get(row, (0,) * len(annual.COLUMNS)) for row in rows}


# The form ---------------------------------------------------------------------------------------------------


def test_rows_and_columns_are_those_of_the_form_in_its_words() -> None:
    printed = [(code, name) for code, name in form.ROWS if code not in form.HEADINGS]
    assert [(row, annual_names.ROWS[row].chinese) for row in annual.ROWS] == printed
    named = [(each, annual_names.COLUMNS[each].chinese) for each in annual.COLUMNS]
    assert named == form.COLUMNS
    columns = [(each, annual_names.REMEDY_RESULTS[each].chinese) for each in annual.REMEDY_COLUMNS]
    assert columns == form.TABLE_4
    groups = [(each, annual_names.REMEDIES[each].chinese) for each in annual.REMEDIES]
    assert groups == form.TABLE_4_GROUPS


def test_table_two_asks_what_the_form_asks() -> None:
    parts = [
        (
            annual_names.ITEMS[item].chinese,
            [(line, annual_names.LINES[line].chinese) for line in lines],
            [(each, annual_names.MEASURES[each].chinese) for each in measures],
        )
        for item, lines, measures in annual_form.PARTS
    ]
    assert parts == form.TABLE_2


def test_table_three_is_ruled_as_the_form_is(years: by_hand.Years) -> None:
    grid = annual_form.requests_grid(annual.tables(YEAR), annual_form.official)
    names = [cell.text for line in grid.body_lines for cell in line if cell.is_head]
    # （三）不予公开 and its like stand beside their lines, without a figure.
    wanted = [name for code, name in form.ROWS]
    assert names == wanted
    figures = [[cell.text for cell in line if not cell.is_head] for line in grid.body_lines]
    assert figures == [[str(each) for each in by_hand.TABLE_3[row]] for row in annual.ROWS]


@pytest.mark.parametrize("which", ["requests", "remedies"])
def test_cells_fill_their_table(years: by_hand.Years, which: str) -> None:
    tables = annual.tables(YEAR)
    grid = {
        "requests": annual_form.requests_grid(tables, annual_form.official),
        "remedies": annual_form.remedies_grid(tables, annual_form.official),
    }[which]
    places = [
        (line + below, column + beside)
        for line, column, cell in annual_form.placed(grid)
        for below in range(cell.down)
        for beside in range(cell.across)
    ]
    every = [(line, column) for line in range(len(grid.lines)) for column in range(len(grid.widths))]
    assert sorted(places) == every


# Counted ----------------------------------------------------------------------------------------------------


def test_the_walk_answers_in_every_way_there_is() -> None:
    assert set(by_hand.ANSWERED) == set(REPLIES)


@pytest.mark.parametrize("reply", sorted(by_hand.ANSWERED))
def test_an_answer_counts_in_its_line_and_in_no_other(years: by_hand.Years, reply: str) -> None:
    request, (kind, _entered) = years.requests[reply], by_hand.ANSWERED[reply]
    rows = [row for row in annual.ROWS if annual.cases_of(YEAR, row, "total").filter(pk=request.pk).exists()]
    assert rows == ["received", by_hand.cell_of(reply), "total"]
    columns = [
        column
        for column in annual.COLUMNS
        if annual.cases_of(YEAR, "received", column).filter(pk=request.pk).exists()
    ]
    assert columns == [kind, "total"]


@pytest.mark.parametrize(
    ("name", "of_2025", "of_2026", "of_2027"),
    [
        ("before", ["received", "carried_out"], ["carried_in", "granted", "total"], []),
        ("done_before", ["received", "internal", "total"], [], []),
        ("at_midnight", ["received", "carried_out"], ["carried_in", "internal", "total"], []),
        (
            "long",
            ["received", "carried_out"],
            ["carried_in", "carried_out"],
            ["carried_in", "internal", "total"],
        ),
        ("lapsed", [], ["received", "supplement_lapsed", "total"], []),
        ("unpaid", [], ["received", "fee_lapsed", "total"], []),
        ("withdrawn", [], ["received", "other", "total"], []),
        ("never_received", [], [], []),
        ("eve", [], ["received", "internal", "total"], []),
        ("late", [], ["received", "carried_out"], ["carried_in", "internal", "total"]),
        ("open", [], ["received", "carried_out"], ["carried_in", "carried_out"]),
        ("unconfirmed", [], [], ["received", "carried_out"]),
    ],
)
def test_what_a_request_counts_as_in_each_year(
    years: by_hand.Years, name: str, of_2025: list[str], of_2026: list[str], of_2027: list[str]
) -> None:
    pk = years.requests[name].pk
    found = [
        [row for row in annual.ROWS if annual.cases_of(year, row, "total").filter(pk=pk).exists()]
        for year in (2025, 2026, 2027)
    ]
    assert found == [of_2025, of_2026, of_2027]


@pytest.mark.parametrize(
    ("year", "requests", "remedies"),
    [
        (2025, by_hand.TABLE_3_BEFORE, by_hand.TABLE_4_BEFORE),
        (2026, by_hand.TABLE_3, by_hand.TABLE_4),
        (2027, by_hand.TABLE_3_AFTER, by_hand.TABLE_4_AFTER),
    ],
)
def test_the_tables_are_those_counted_by_hand(
    years: by_hand.Years,
    year: int,
    requests: dict[str, tuple[int, ...]],
    remedies: dict[str, tuple[int, ...]],
) -> None:
    found = annual.tables(year)
    assert as_tuples(found.requests, annual.COLUMNS) == whole(requests)
    assert as_tuples(found.remedies, annual.REMEDY_COLUMNS) == remedies
    assert annual.check(found) == []


@pytest.mark.parametrize("year", [2025, 2026, 2027])
def test_every_number_is_the_count_of_the_cases_that_it_opens(years: by_hand.Years, year: int) -> None:
    found = annual.tables(year)
    counted = {
        row: {column: annual.cases_of(year, row, column).count() for column in annual.COLUMNS}
        for row in annual.ROWS
    }
    assert found.requests == counted
    remedies = {
        kind: {column: annual.remedies_of(year, kind, column).count() for column in annual.REMEDY_COLUMNS}
        for kind in annual.REMEDIES
    }
    assert found.remedies == remedies


def test_what_happens_later_changes_nothing(years: by_hand.Years) -> None:
    assert years.january == annual.tables(YEAR)


def test_there_is_no_such_number(years: by_hand.Years) -> None:
    # A heading of the form has no figure.
    for row, column in (("refused", "total"), ("received", "nobody"), ("pk", "total")):
        with pytest.raises(KeyError):
            annual.cases_of(YEAR, row, column)
    for kind, column in (("suit", "nobody"), ("appeal", "total")):
        with pytest.raises(KeyError):
            annual.remedies_of(YEAR, kind, column)


def test_both_tables_cost_two_statements_and_what_else_is_known_two(
    years: by_hand.Years, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(2):
        annual.tables(YEAR)
    with django_assert_num_queries(2):
        annual.facts(YEAR)


def test_a_year_without_requests_is_all_noughts(office: Bureau) -> None:
    found = annual.tables(2024)
    assert as_tuples(found.requests, annual.COLUMNS) == whole({})
    assert annual.check(found) == []


# Checked ----------------------------------------------------------------------------------------------------


def changed(found: annual.Tables, row: str, **more: int) -> annual.Tables:
    columns = {column: found.requests[row][column] + number for column, number in more.items()}
    return replace(found, requests={**found.requests, row: {**found.requests[row], **columns}})


def test_a_column_that_does_not_balance_is_said(years: by_hand.Years) -> None:
    (sentence,) = annual.check(changed(annual.tables(YEAR), "received", person=1, total=1))[:1]
    assert "自然人" in sentence
    assert "8" in sentence
    assert "7" in sentence


@pytest.mark.parametrize(
    ("row", "more", "count"),
    [
        # Two columns that differ; the columns still add up.
        ("received", {"person": 1, "total": 1}, 2),
        ("carried_out", {"research": 1, "total": 1}, 2),
        # One more result than the total has, in two columns.
        ("internal", {"company": 1, "total": 1}, 2),
        # The total against its own lines, and against what came in.
        ("total", {"other": 1, "total": 1}, 4),
        # Columns that do not add up to their total.
        ("petition", {"person": 1}, 2),
        # One error hides another only if they are of the same column.
        ("received", {"person": 1, "company": -1}, 2),
    ],
)
def test_what_does_not_come_out_even(
    years: by_hand.Years, row: str, more: dict[str, int], count: int
) -> None:
    assert len(annual.check(changed(annual.tables(YEAR), row, **more))) == count


def test_remedies_that_do_not_add_up(years: by_hand.Years) -> None:
    found = annual.tables(YEAR)
    suits = {**found.remedies["suit"], "upheld": 1}
    assert len(annual.check(replace(found, remedies={**found.remedies, "suit": suits}))) == 1


def test_a_request_in_no_line_and_one_of_no_column_are_noticed(years: by_hand.Years) -> None:
    rows = InformationRequest.objects.filter(pk=years.requests["petition"].pk)
    rows.update(outcome="nowhere")
    # Of those of public interest, and in the total: came and left differ.
    assert len(annual.check(annual.tables(YEAR))) == 2
    rows.update(outcome="petition", applicant_kind="nobody")
    # In no column, yet in the totals of its lines: received, petition, total.
    assert len(annual.check(annual.tables(YEAR))) == 3


def test_what_was_carried_over_otherwise_a_year_ago_is_said(years: by_hand.Years) -> None:
    before, now = annual.tables(2025), annual.tables(YEAR)
    assert annual.carried_differently(now, before) == []
    assert annual.carried_differently(now, None) == []
    # Found behind the cupboard: it was signed for in December, and is entered in February.
    late = of.applied(
        years.office,
        channel="post_signed",
        received_on=moment("2025-12-30 09:00").date(),
        at=moment("2026-02-02 09:00"),
    )
    assert late.received_on == moment("2025-12-30 09:00").date()
    sentences = annual.carried_differently(annual.tables(YEAR), before)
    assert [("自然人" in each, "总计" in each) for each in sentences] == [(True, False), (False, True)]
    assert annual.check(annual.tables(YEAR)) == []


# Told -------------------------------------------------------------------------------------------------------


def test_the_first_draft_tells_the_numbers(years: by_hand.Years) -> None:
    drafts = annual_texts.first_drafts(annual.tables(YEAR), annual.Facts(published=8, fees_paid=1, fees=150))
    assert "主动公开政府信息8条" in drafts["overall"]
    assert (
        "新收政府信息公开申请27件，上年结转3件；办结27件，其中予以公开3件、部分公开1件、不予公开10件、无法提供4件、"
        "不予处理5件、其他处理4件；结转下年度继续办理3件。" in drafts["overall"]
    )
    assert "被申请行政复议2件、被提起行政诉讼2件" in drafts["overall"]
    assert "对1件申请收取信息处理费，共150元" in drafts["others"]


def test_the_first_draft_of_a_year_in_which_nothing_came(office: Bureau) -> None:
    drafts = annual_texts.first_drafts(annual.tables(2024), annual.Facts(0, 0, 0))
    assert "新收政府信息公开申请0件，上年结转0件；办结0件；结转下年度继续办理0件。" in drafts["overall"]
    assert "没有因政府信息公开工作被申请行政复议、提起行政诉讼。" in drafts["overall"]
    assert "没有收取政府信息公开信息处理费" in drafts["others"]


def test_what_was_published_and_paid_in_the_year(office: Bureau) -> None:
    of.public_item(office)
    of.request_in("reviewing:paid", office)
    # 45 pages: those from the 31st to the 45th at 10 yuan each.
    assert annual.facts(2026) == annual.Facts(published=1, fees_paid=1, fees=150)
    assert annual.facts(2025) == annual.facts(2027) == annual.Facts(0, 0, 0)
