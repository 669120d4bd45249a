"""The annual report on its way: who writes and approves it, what has to be there, what stays as it was."""

from __future__ import annotations

import io
import re
from typing import Any

import pypdf
import pytest
from django.conf import settings
from django.db import DatabaseError, IntegrityError, transaction
from docx import Document as WordFile

from disclosure import annual, reporting
from disclosure import annual_names as names
from disclosure.annual_docx import docx
from disclosure.models import InformationRequest
from disclosure.models.reports import AnnualReport
from disclosure.rules import annual as rules
from portal.cases.workflow import Conflict, NotAllowed, Refused
from portal.documents import kinds
from portal.documents.actions import document_bytes
from portal.documents.letters import draft_of
from portal.documents.models import Document
from portal.documents.rendering import RenderingFailed
from portal.ledger.models import Event
from portal.organisation.actors import ANONYMOUS, CITIZEN
from tests.bureau import PEOPLE, Bureau, moment
from tests.disclosure import office as of
from tests.disclosure.annual_reports import FIGURES, JANUARY, TEXTS, approved, begun, written
from tests.disclosure.table_three import ROWS

founded, office = of.founded, of.office
pytestmark = pytest.mark.django_db
EVERYBODY = {*PEOPLE, *of.MORE_PEOPLE}
WRITERS = {"disclosure", "disclosure2", "officer_reviewer", "officer_head"}
HEADS = {"agency_head", "head2", "reviewer_head", "officer_head"}


def events(report: AnnualReport) -> list[str]:
    return [each.verb for each in Event.objects.of(report.subject)]


# Who --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", sorted(EVERYBODY))
def test_who_begins_and_writes(office: Bureau, who: str) -> None:
    actor = office.actor(who)
    if who not in WRITERS:
        with pytest.raises(NotAllowed):
            begun(office, who=who)
        report = begun(office)
        with pytest.raises(NotAllowed):
            reporting.write(report, figures={"rules_made": 1}, actor=actor, at=JANUARY)
        assert events(report) == ["report_begun"]
        return
    report = begun(office, who=who)
    reporting.write(report, figures={"rules_made": 1}, actor=actor, at=JANUARY)
    assert events(report) == ["report_begun", "report_written"]


@pytest.mark.parametrize("who", sorted(EVERYBODY))
def test_who_approves(office: Bureau, who: str) -> None:
    report, actor = written(office), office.actor(who)
    if who in HEADS:
        assert reporting.approve(report, actor=actor, at=JANUARY).approved_by_id == actor.id
        return
    with pytest.raises(NotAllowed):
        reporting.approve(report, actor=actor, at=JANUARY)
    assert not Document.objects.filter(kind="annual_report").exists()


def test_citizens_do_nothing(office: Bureau) -> None:
    report = written(office)
    for actor in (CITIZEN, ANONYMOUS):
        with pytest.raises(NotAllowed):
            reporting.begin(2025, actor=actor, at=JANUARY)
        with pytest.raises(NotAllowed):
            reporting.write(report, texts=TEXTS, actor=actor, at=JANUARY)
        with pytest.raises(NotAllowed):
            reporting.approve(report, actor=actor, at=JANUARY)


def test_who_wrote_a_single_figure_does_not_approve(office: Bureau) -> None:
    report, both = written(office), office.actor("officer_head")
    reporting.write(report, figures={"rules_made": 1}, actor=both, at=JANUARY)
    # Somebody else's word comes after: it was written in all the same.
    reporting.write(report, figures={"rules_made": 0}, actor=office.actor("disclosure"), at=JANUARY)
    with pytest.raises(NotAllowed):
        reporting.approve(report, actor=both, at=JANUARY)
    reporting.approve(report, actor=office.actor("agency_head"), at=JANUARY)


# When -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("year", [2018, 2028])
def test_years_that_have_no_report(office: Bureau, year: int) -> None:
    with pytest.raises(Refused):
        reporting.begin(year, actor=office.actor("disclosure"), at=JANUARY)


def test_it_is_begun_once(office: Bureau) -> None:
    begun(office)
    with pytest.raises(Refused):
        begun(office, who="disclosure2")


def test_it_is_approved_when_the_year_is_over_in_shanghai(office: Bureau) -> None:
    report = written(office, at=moment("2026-12-20 10:00"))
    head = office.actor("agency_head")
    with pytest.raises(Refused):
        reporting.approve(report, actor=head, at=moment("2026-12-31 23:59"))
    # In UTC it is still 2026.
    assert reporting.approve(report, actor=head, at=moment("2027-01-01 00:00")).is_approved


# What -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("figures", "texts"),
    [
        *(({name: None}, {}) for name in FIGURES),
        ({}, {"overall": "（一）主动公开。【待补充】"}),
        ({}, {"problems": "一句话，【待补充】"}),
        # An empty chapter is drafted anew, with what is to be written in it.
        ({}, {"others": " \n "}),
    ],
)
def test_something_is_missing(office: Bureau, figures: dict[str, Any], texts: dict[str, str]) -> None:
    report = written(office)
    reporting.write(report, figures=figures, texts=texts, actor=office.actor("disclosure"), at=JANUARY)
    with pytest.raises(Refused):
        reporting.approve(report, actor=office.actor("agency_head"), at=JANUARY)
    assert not AnnualReport.objects.get(pk=report.pk).is_approved


def test_what_does_not_come_out_even_is_not_approved(office: Bureau) -> None:
    request = of.request_in("replied", office)
    report = written(office)
    InformationRequest.objects.filter(pk=request.pk).update(outcome="nowhere")
    with pytest.raises(Refused, match="自然人"):
        reporting.approve(report, actor=office.actor("agency_head"), at=JANUARY)
    InformationRequest.objects.filter(pk=request.pk).update(outcome="granted")
    reporting.approve(report, actor=office.actor("agency_head"), at=JANUARY)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("rules_made", -1),
        ("rules_made", 1.5),
        ("rules_made", "many"),
        ("rules_made", 10_000_000),
        ("fees_amount", "-0.1"),
        ("fees_amount", "0.00001"),
        ("fees_amount", "NaN"),
        ("fees_amount", "Infinity"),
    ],
)
def test_figures_that_are_none(office: Bureau, name: str, value: Any) -> None:
    report = begun(office)
    with pytest.raises(Refused) as refused:
        reporting.write(report, figures={name: value}, actor=office.actor("disclosure"), at=JANUARY)
    assert refused.value.field == name


@pytest.mark.parametrize(
    ("value", "kept"),
    [("12.50", "12.5"), ("0", "0"), ("100", "100"), ("0.0001", "0.0001"), ("9999999", "9999999")],
)
def test_an_amount_is_kept_as_it_is_printed(office: Bureau, value: str, kept: str) -> None:
    report = reporting.write(
        begun(office), figures={"fees_amount": value}, actor=office.actor("disclosure"), at=JANUARY
    )
    assert AnnualReport.objects.get(pk=report.pk).figures == {"fees_amount": kept}


def test_figures_and_chapters_that_there_are_not(office: Bureau) -> None:
    report, actor = begun(office), office.actor("disclosure")
    for given in ({"figures": {"suits": 1}}, {"texts": {"requests": "由办件汇总。"}}):
        with pytest.raises(Refused):
            reporting.write(report, **given, actor=actor, at=JANUARY)


def test_a_text_that_cannot_be_printed_is_refused_while_it_is_written(office: Bureau) -> None:
    with pytest.raises(Refused) as refused:
        reporting.write(
            begun(office), texts={"problems": "\u202e反"}, actor=office.actor("disclosure"), at=JANUARY
        )
    assert refused.value.field == "problems"


def test_an_emptied_chapter_is_drafted_from_the_figures_of_today(office: Bureau) -> None:
    report = begun(office)
    assert "新收政府信息公开申请0件" in report.texts["overall"]
    of.request_in("registered", office)
    report = reporting.write(report, texts={"overall": ""}, actor=office.actor("disclosure"), at=JANUARY)
    assert "新收政府信息公开申请1件" in report.texts["overall"]


def test_who_looked_at_an_older_version_is_told(office: Bureau) -> None:
    report = written(office)
    seen = report.version
    reporting.write(
        report, figures={"rules_made": 1}, seen=seen, actor=office.actor("disclosure"), at=JANUARY
    )
    with pytest.raises(Conflict):
        reporting.write(
            report, figures={"rules_made": 2}, seen=seen, actor=office.actor("disclosure2"), at=JANUARY
        )
    with pytest.raises(Conflict):
        reporting.approve(report, seen=seen, actor=office.actor("agency_head"), at=JANUARY)
    assert AnnualReport.objects.get(pk=report.pk).figures["rules_made"] == 1


def test_what_was_not_changed_is_not_recorded(office: Bureau) -> None:
    report = written(office)
    again = reporting.write(
        report, figures=FIGURES, texts=TEXTS, actor=office.actor("disclosure2"), at=JANUARY
    )
    assert again.version == report.version
    assert again.writers == [office.staff["disclosure"].pk]
    assert events(report) == ["report_begun", "report_written"]


# Approved ---------------------------------------------------------------------------------------------------


def test_the_tables_stay_as_they_were(office: Bureau) -> None:
    of.request_in("replied", office)
    report = approved(office)
    kept = AnnualReport.objects.get(pk=report.pk).tables
    assert kept is not None
    assert [kept["requests"]["received"][each] for each in annual.COLUMNS] == [1, 0, 0, 0, 0, 0, 1]
    # Entered late, with an earlier day of receipt.
    day, at = moment("2026-12-30 09:00").date(), moment("2027-01-05 09:00")
    of.applied(office, channel="post_signed", received_on=day, at=at)
    assert annual.tables(2026).requests["received"]["total"] == 2
    assert reporting.tables_of(AnnualReport.objects.get()).requests["received"]["total"] == 1


def test_the_approval_is_signed_recorded_and_public(office: Bureau) -> None:
    report = approved(office)
    assert report.document is not None
    assert re.fullmatch(r".+年报〔2027〕1号", report.document.number)
    assert report.document.is_public
    assert report.document.title == reporting.title_of(2026)
    assert (report.approved_at, report.approved_by_id) == (JANUARY, office.staff["agency_head"].pk)
    last = Event.objects.of(report.subject)[2]
    assert (last.verb, last.data["document"]) == ("report_approved", report.document.number)
    assert last.data["tables"] == report.tables
    assert last.data["sha256"] == report.document.sha256


def test_an_approved_report_is_not_written_in_and_not_approved_again(office: Bureau) -> None:
    report = approved(office)
    with pytest.raises(Refused):
        reporting.write(report, texts={"problems": "没有。"}, actor=office.actor("disclosure"), at=JANUARY)
    with pytest.raises(Refused):
        reporting.approve(report, actor=office.actor("head2"), at=JANUARY)
    assert Document.objects.filter(kind="annual_report").count() == 1


@pytest.mark.parametrize(
    "change", [{"tables": {}}, {"figures": {}}, {"texts": {}}, {"year": 2025}, {"version": 9}]
)
def test_the_database_keeps_an_approved_report(office: Bureau, change: dict[str, Any]) -> None:
    report = approved(office)
    with pytest.raises(DatabaseError), transaction.atomic():
        AnnualReport.objects.filter(pk=report.pk).update(**change)
    with pytest.raises(DatabaseError), transaction.atomic():
        AnnualReport.objects.filter(pk=report.pk).delete()
    assert AnnualReport.objects.get(pk=report.pk).tables == report.tables


def test_the_database_holds_the_rules(office: Bureau) -> None:
    report = written(office)
    document = reporting.issue(
        "annual_report",
        title="年度报告",
        values=reporting.values_of(report, annual.tables(2026)),
        actor=office.actor("agency_head"),
        at=JANUARY,
    )
    whole: dict[str, Any] = {
        "state": "approved",
        "tables": annual.tables(2026).kept(),
        "approved_by": office.staff["agency_head"],
        "approved_at": JANUARY,
        "document": document,
    }
    rows = AnnualReport.objects.filter(pk=report.pk)
    wrong = [
        *({**whole, name: None} for name in ("tables", "approved_by", "approved_at", "document")),
        # A draft has none of it.
        {"tables": annual.tables(2026).kept()},
        {"state": "signed"},
        # Its author.
        {**whole, "approved_by": office.staff["disclosure"]},
    ]
    for change in wrong:
        with pytest.raises(IntegrityError), transaction.atomic():
            rows.update(**change)
    with pytest.raises(IntegrityError), transaction.atomic():
        AnnualReport.objects.create(year=2026, author=office.staff["disclosure"], begun_at=JANUARY)
    # All of it together is right.
    rows.update(**whole)


def test_a_report_that_cannot_be_signed_is_not_approved(
    office: Bureau, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = written(office)

    def fails(*_args: Any, **_more: Any) -> Any:
        raise RenderingFailed("no layout")

    monkeypatch.setattr("portal.documents.actions.render", fails)
    with pytest.raises(Refused):
        reporting.approve(report, actor=office.actor("agency_head"), at=JANUARY)
    assert not AnnualReport.objects.get(pk=report.pk).is_approved
    assert events(report) == ["report_begun", "report_written"]


# What FIGURES has that is not 0, as it is printed.
ENTERED = ["4201", "4202", "4203", "4204", "4205", "4206", "4207.5"]


# On paper ---------------------------------------------------------------------------------------------------


def numbered() -> annual.Tables:
    """Tables in which every number is another, and none is that of a year or of a line."""
    numbers = iter(range(5001, 5999))
    return annual.Tables(
        2026,
        {row: {column: next(numbers) for column in annual.COLUMNS} for row in annual.ROWS},
        {kind: {column: next(numbers) for column in annual.REMEDY_COLUMNS} for kind in annual.REMEDIES},
    )


def numbers_of(tables: annual.Tables) -> list[str]:
    """All of them, in the order in which they are read."""
    parts = (tables.requests, tables.remedies)
    return [str(each) for counts in parts for columns in counts.values() for each in columns.values()]


def text_of(pdf: bytes) -> str:
    return "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages)


def test_the_document_has_every_number_in_its_place(office: Bureau) -> None:
    report, tables = written(office), numbered()
    values = reporting.values_of(report, tables)
    text = text_of(draft_of("annual_report", values, title=reporting.title_of(2026), at=JANUARY))
    assert re.findall(r"\b5\d{3}\b", text) == numbers_of(tables)
    assert re.findall(r"\b42\d\d(?:\.\d)?\b", text) == ENTERED
    run_together = re.sub(r"\s", "", text)
    for chapter in names.CHAPTERS.values():
        assert chapter.chinese in run_together
    for code, name in ROWS:
        assert code == "results" or name in run_together
    assert "明年逐条补齐。" in run_together


def test_the_big_table_is_on_one_page(office: Bureau) -> None:
    report, tables = written(office), numbered()
    values = reporting.values_of(report, tables)
    pdf = draft_of("annual_report", values, title=reporting.title_of(2026), at=JANUARY)
    pages = [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages]
    (page,) = [each for each in pages if "5001" in each]
    last = str(tables.requests["carried_out"]["total"])
    assert last in page


def test_the_signed_document_is_what_was_counted(office: Bureau) -> None:
    of.request_in("replied", office)
    report = approved(office)
    assert report.document is not None
    text = re.sub(r"\s", "", text_of(document_bytes(report.document)))
    assert "一、本年新收政府信息公开申请数量1000001" in text
    assert "（一）予以公开1000001" in text
    assert report.document.number in text
    assert report.document.shown_code in text


def test_the_word_file_has_every_number_in_its_place(office: Bureau) -> None:
    report = approved(office)
    report.tables = numbered().kept()
    file = WordFile(io.BytesIO(docx(report)))
    words = [each.text for each in file.paragraphs if each.text]
    assert report.document is not None
    assert words[:3] == [reporting.title_of(2026), report.document.number, "一、总体情况"]
    assert TEXTS["problems"] in words
    # Four parts of table 2, table 3, table 4.
    assert len(file.tables) == 6
    shown = [text for table in file.tables[4:] for row in table.rows for text in cells_of(row)]
    assert [each for each in shown if each.isdigit()] == numbers_of(numbered())
    figures = [text for table in file.tables[:4] for row in table.rows for text in cells_of(row)]
    assert [each for each in figures if each[0].isdigit()] == ["0", "0", "0", *ENTERED]
    assert all(table.style is not None and table.style.name == "Table Grid" for table in file.tables)
    # It says of itself who made it and when, and nothing else.
    said = file.core_properties
    assert (said.title, said.author, said.comments) == (words[0], settings.BUREAU["name"], "")
    assert said.created == JANUARY


def cells_of(row: Any) -> list[str]:
    """The text of each cell once: a merged one is answered for every place that it covers."""
    found: list[Any] = []
    for cell in row.cells:
        if all(cell._tc is not each._tc for each in found):
            found.append(cell)
    return [each.text for each in found if each.text]


# The layout -------------------------------------------------------------------------------------------------


def refused_grid(lines: list[list[dict[str, Any]]], **more: Any) -> RenderingFailed:
    grid = {"widths": [1, 1, 1], "heads": 1, "lines": lines, **more}
    values = {"chapters": [{"heading": "一、表", "grids": [grid]}]}
    with pytest.raises(RenderingFailed) as failed:
        draft_of("annual_report", values, title="样表", at=JANUARY)
    return failed.value


A, WIDE, TALL = {"text": "1"}, {"text": "1", "across": 2}, {"text": "1", "down": 2}


@pytest.mark.parametrize(
    "lines",
    [
        # Too few cells, too many, one that is too wide, one that meets another from above, one that goes on
        # below the last line; and nothing but heads.
        [[A, A, A], [A, A]],
        [[A, A, A], [A, A, A, A]],
        [[A, A, A], [WIDE, WIDE]],
        [[A, TALL, A], [WIDE, A]],
        [[A, A, A], [A, A, TALL]],
        [[A, A, A]],
    ],
)
def test_cells_that_do_not_fill_their_table_are_refused(lines: list[list[dict[str, Any]]]) -> None:
    assert refused_grid(lines).field.startswith("chapters.1.grids.1.lines")


def test_a_table_with_too_many_columns_is_refused() -> None:
    line = [A] * 21
    assert refused_grid([line, line], widths=[1] * 21).field == "chapters.1.grids.1.widths"


def test_the_kind_is_public_and_has_a_word_of_its_own() -> None:
    kind = kinds.named("annual_report")
    assert (kind.series_word, kind.public, kind.layout) == ("年报", True, "annual")
    # Nobody issues one by hand: its rules are the report's own.
    assert kind.issued_by == frozenset()


def test_it_is_due_on_the_last_day_of_january() -> None:
    assert str(rules.due_on(2026)) == "2027-01-31"
