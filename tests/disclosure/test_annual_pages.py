"""The pages of the annual report: what everyone reads, the desk where it is made, cases behind numbers."""

from __future__ import annotations

import io
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from docx import Document as WordFile

from disclosure import annual, reporting, requesting
from disclosure.models.reports import AnnualReport
from portal import paging
from tests.bureau import PEOPLE, Bureau
from tests.disclosure import office as of
from tests.disclosure.annual_reports import FIGURES, JANUARY, TEXTS, approved, begun, browser, written

founded, office, plain_papers = of.founded, of.office, of.plain_papers
pytestmark = [pytest.mark.usefixtures("plain_papers"), pytest.mark.django_db]
LIST, REPORT = reverse("disclosure:annual_reports"), reverse("disclosure:annual_report", args=[2026])
WORD = reverse("disclosure:annual_report_docx", args=[2026])
DESKS, DESK = reverse("disclosure:annual_desk_list"), reverse("disclosure:annual_desk", args=[2026])
PREVIEW = reverse("disclosure:annual_preview", args=[2026])
CASES = reverse("disclosure:annual_cases", args=[2026, "received", "person"])
REMEDIES = reverse("disclosure:annual_remedies", args=[2026, "suit", "total"])
# What a page costs whoever is signed in, whatever it shows.
SIGNED_IN = 3
READERS = {"disclosure", "secrecy", "agency_head", "supervisor"}


@pytest.fixture(autouse=True)
def _in_january() -> Iterator[None]:
    """Sessions and pages read the clock; the year is over."""
    with time_machine.travel(JANUARY, tick=False):
        yield


# Everyone ---------------------------------------------------------------------------------------------------


def test_nothing_is_public_before_it_is_approved(office: Bureau, client: Client) -> None:
    written(office)
    assert reporting.title_of(2026) not in client.get(LIST).content.decode()
    assert client.get(REPORT).status_code == 404
    assert client.get(WORD).status_code == 404


def test_everyone_reads_an_approved_report(
    office: Bureau, client: Client, django_assert_num_queries: Any
) -> None:
    of.request_in("replied", office)
    report = approved(office)
    assert report.document is not None
    with django_assert_num_queries(1):
        listed = client.get(LIST).content.decode()
    assert reporting.title_of(2026) in listed
    assert report.document.number in listed
    with django_assert_num_queries(1):
        page = client.get(REPORT).content.decode()
    for text in (*TEXTS["overall"].splitlines(), "（五）不予处理", "4207.5", "尚未审结"):
        assert text in page
    assert reverse("verify:file", args=[report.document.check_code]) in page
    assert WORD in page
    # Whoever reads it sees no way to the cases, nor a name of the staff.
    assert "/desk/" not in page
    assert "局样例" not in page


def test_the_report_is_read_in_english_as_well(office: Bureau, client: Client) -> None:
    approved(office)
    client.post(reverse("set_language"), {"language": "en", "next": REPORT})
    page = client.get(REPORT).content.decode()
    assert "Carried over to next year" in page
    assert "结转下年度" not in page
    # What was written stays in its own language.
    assert f'<p class="prose" lang="zh-CN">{TEXTS["problems"]}' in page


def test_the_word_file(office: Bureau, client: Client) -> None:
    approved(office)
    found = client.get(WORD)
    assert found["Content-Type"].endswith("wordprocessingml.document")
    assert "attachment" in found["Content-Disposition"]
    assert WordFile(io.BytesIO(found.content)).paragraphs[0].text == reporting.title_of(2026)
    # It never changes: who has it is not sent it again.
    again = client.get(WORD, headers={"if-none-match": found["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("address", ["annual-reports/1999/", "annual-reports/20270/", "annual-reports/2019/"])
def test_there_is_no_such_report(office: Bureau, client: Client, address: str) -> None:
    assert client.get(reverse("disclosure:catalogue") + address).status_code == 404


# The desk ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["nobody", *sorted(PEOPLE)])
def test_who_opens_the_desk(office: Bureau, who: str) -> None:
    written(office)
    client = browser(office, who)
    wanted = 302 if who == "nobody" else 200 if who in READERS else 403
    assert {client.get(url).status_code for url in (DESKS, DESK, PREVIEW, CASES, REMEDIES)} == {wanted}


@pytest.mark.parametrize("do", ["begin", "figures", "texts", "approve"])
@pytest.mark.parametrize("who", sorted(READERS))
def test_who_presses_which_button(office: Bureau, who: str, do: str) -> None:
    may = who == ("agency_head" if do == "approve" else "disclosure")
    report = None if do == "begin" else written(office)
    sent = {"do": do, "seen": report.version if report else "", "problems": "没有。", "rules_made": "7"}
    found = browser(office, who).post(DESK, {**TEXTS, **FIGURES, **sent})
    assert found.status_code == (302 if may else 403)
    now = AnnualReport.objects.filter(year=2026).first()
    if not may:
        assert (now and now.version) == (report and report.version)
    elif do == "figures":
        assert now is not None
        assert now.figures["rules_made"] == 7
    elif do == "texts":
        assert now is not None
        assert now.texts["problems"] == "没有。"
    else:
        assert now is not None
        assert now.is_approved == (do == "approve")


def test_a_report_is_made_from_its_first_word_to_its_last(office: Bureau, client: Client) -> None:
    officer, head = browser(office, "disclosure"), browser(office, "agency_head")
    assert "report" in officer.get(DESK).context
    assert officer.post(DESK, {"do": "begin"}).status_code == 302
    page = officer.get(DESK)
    assert len(page.context["obstacles"]) == 4
    seen = page.context["forms"]["figures"]["seen"].value()
    assert officer.post(DESK, {"do": "figures", "seen": seen, **FIGURES}).status_code == 302
    assert officer.post(DESK, {"do": "texts", "seen": seen + 1, **TEXTS}).status_code == 302
    assert officer.get(DESK).context["obstacles"] == []
    page = head.get(DESK)
    assert page.context["may_approve"]
    assert head.post(DESK, {"do": "approve", "seen": seen + 2}).status_code == 302
    assert client.get(REPORT).status_code == 200
    after = head.get(DESK)
    assert "forms" not in after.context
    assert REPORT in after.content.decode()
    assert head.get(PREVIEW).status_code == 404


def test_the_year_that_goes_on_has_a_draft_and_no_approval(office: Bureau) -> None:
    officer, head = browser(office, "disclosure"), browser(office, "agency_head")
    desk = reverse("disclosure:annual_desk", args=[2027])
    officer.post(desk, {"do": "begin"})
    officer.post(desk, {"do": "figures", "seen": 1, **FIGURES})
    officer.post(desk, {"do": "texts", "seen": 2, **TEXTS})
    assert len(head.get(desk).context["obstacles"]) == 1
    assert head.post(desk, {"do": "approve", "seen": 3}).status_code == 400
    assert not AnnualReport.objects.get(year=2027).is_approved


@pytest.mark.parametrize("year", [2018, 2028])
def test_years_without_a_report_have_no_desk(office: Bureau, year: int) -> None:
    desk = reverse("disclosure:annual_desk", args=[year])
    assert browser(office, "disclosure").get(desk).status_code == 404


def test_what_is_wrong_stands_at_its_field_and_nothing_is_lost(office: Bureau) -> None:
    written(office)
    officer = browser(office, "disclosure")
    sent = {**FIGURES, "do": "figures", "seen": 2, "penalties_decisions": "viele", "permits_decisions": "77"}
    page = officer.post(DESK, sent)
    assert page.status_code == 400
    form = page.context["forms"]["figures"]
    assert set(form.errors) == {"penalties_decisions"}
    assert form["permits_decisions"].value() == "77"
    page = officer.post(DESK, {**TEXTS, "do": "texts", "seen": 2, "others": "没有\u202e了"})
    assert page.status_code == 400
    assert set(page.context["forms"]["texts"].errors) == {"others"}


def test_two_who_write_at_once(office: Bureau) -> None:
    written(office)
    first, second = browser(office, "disclosure"), browser(office, "disclosure2")
    assert first.post(DESK, {**TEXTS, "do": "texts", "seen": 2, "problems": "甲。"}).status_code == 302
    page = second.post(DESK, {**TEXTS, "do": "texts", "seen": 2, "problems": "乙。"})
    assert page.status_code == 409
    # What was typed stands in the form, what was saved meanwhile in the report; sent again it is taken.
    form = page.context["forms"]["texts"]
    assert form["problems"].value() == "乙。"
    assert "甲。" in page.content.decode()
    again = second.post(DESK, {**TEXTS, "do": "texts", "seen": form["seen"].value(), "problems": "乙。"})
    assert again.status_code == 302
    assert AnnualReport.objects.get().texts["problems"] == "乙。"


def test_beginning_twice_and_pressing_what_is_not_there(office: Bureau) -> None:
    officer = browser(office, "disclosure")
    assert officer.post(DESK, {"do": "texts", "seen": 1}).status_code == 404
    begun(office)
    assert officer.post(DESK, {"do": "begin"}).status_code == 409
    assert officer.post(DESK, {"do": "delete", "seen": 1}).status_code == 404


def test_the_draft_is_typeset_without_number_or_signature(office: Bureau) -> None:
    written(office)
    found = browser(office, "supervisor").get(PREVIEW)
    assert found["Content-Type"] == "application/pdf"
    assert found.content.startswith(b"%PDF")
    assert b"/Sig" not in found.content


# The cases behind the numbers -------------------------------------------------------------------------------


def test_a_number_opens_its_cases(office: Bureau) -> None:
    request = of.request_in("replied", office)
    begun(office)
    client = browser(office, "secrecy")
    page = client.get(DESK).content.decode()
    granted = reverse("disclosure:annual_cases", args=[2026, "granted", "person"])
    assert f'<a href="{granted}">1</a>' in page
    # What is 0 opens nothing.
    assert reverse("disclosure:annual_cases", args=[2026, "partly", "person"]) not in page
    found = client.get(granted)
    assert [each.number for each in found.context["requests"]] == [request.number]
    # Who asks is no part of it.
    assert of.NAME not in found.content.decode()


def test_a_remedy_opens_its_case(office: Bureau) -> None:
    request = of.request_in("replied", office)
    officer, client = office.actor("disclosure"), browser(office, "disclosure")
    requesting.note_remedy(request, kind="suit", opened_on=JANUARY.date(), actor=officer, at=JANUARY)
    desk = client.get(reverse("disclosure:annual_desk", args=[2027])).content.decode()
    address = reverse("disclosure:annual_remedies", args=[2027, "suit", "pending"])
    assert f'<a href="{address}">1</a>' in desk
    assert [each.number for each in client.get(address).context["requests"]] == [request.number]


@pytest.mark.parametrize(
    "address",
    [
        ("annual_cases", "refused", "total"),
        ("annual_cases", "received", "nobody"),
        ("annual_remedies", "received", "total"),
        ("annual_remedies", "suit", "person"),
    ],
)
def test_no_such_number(office: Bureau, address: tuple[str, str, str]) -> None:
    name, row, column = address
    url = reverse(f"disclosure:{name}", args=[2026, row, column])
    assert browser(office, "disclosure").get(url).status_code == 404


def test_what_the_desk_costs(office: Bureau, django_assert_num_queries: Any) -> None:
    for _each in range(3):
        of.request_in("registered", office)
    written(office)
    client = browser(office, "agency_head")
    client.get(DESK)
    # The report, its two tables, the year before.
    with django_assert_num_queries(SIGNED_IN + 4):
        client.get(DESK)
    with django_assert_num_queries(SIGNED_IN + 1):
        found = client.get(CASES)
    assert len(found.context["requests"]) == 3


def test_a_long_list_has_pages(office: Bureau, monkeypatch: pytest.MonkeyPatch) -> None:
    made = [of.request_in("registered", office).number for _each in range(3)]
    monkeypatch.setattr("disclosure.views.annual.page", partial(paging.page, size=2))
    client = browser(office, "disclosure")
    first = client.get(CASES)
    second = client.get(CASES + first.context["page"].older_url)
    shown = [[each.number for each in found.context["requests"]] for found in (first, second)]
    assert sorted([*shown[0], *shown[1]]) == sorted(made)
    assert [len(each) for each in shown] == [2, 1]


def test_what_was_carried_over_otherwise_is_told(office: Bureau) -> None:
    with time_machine.travel("2026-01-05 10:00+08:00", tick=False):
        before = reporting.begin(2025, actor=office.actor("disclosure"), at=JANUARY)
        reporting.write(before, figures=FIGURES, texts=TEXTS, actor=office.actor("disclosure"), at=JANUARY)
        reporting.approve(before, actor=office.actor("agency_head"), at=JANUARY)
    client = browser(office, "disclosure")
    assert client.get(DESK).context["differences"] == []
    day = JANUARY.replace(year=2025, month=12, day=30).date()
    of.applied(office, channel="post_signed", received_on=day, at=JANUARY)
    assert annual.tables(2026).requests["carried_in"]["total"] == 1
    assert len(client.get(DESK).context["differences"]) == 2
