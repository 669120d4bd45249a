"""An application taken in at the counter, as a clerk does it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext

from approvals import guides
from approvals.actions import apply
from approvals.forms_counter import names_of
from approvals.models import ApprovalCase, MaterialFile
from portal.organisation import second_factor
from portal.organisation.actors import CITIZEN
from tests.approvals.public import PDF, PROGRAM, jpeg
from tests.approvals.window import CREDIT_CODE, ID_NUMBER, STEPS, application, columns, guide_of
from tests.bureau import Bureau

pytestmark = pytest.mark.usefixtures("plain_papers")
NEW = reverse("approvals:new")
ALL = reverse("approvals:new_for", args=["all"])
CHECK, APPLICANT = reverse("approvals:check_number"), reverse("approvals:applicant")
MISTYPED = ID_NUMBER[:-1] + "8"
SECRETS = ("某某样例", ID_NUMBER, "19900000077", "someone@portal.invalid", "某路9号")


@pytest.fixture
def clerk(window: Bureau) -> Client:
    return browser(window, "clerk")


def browser(window: Bureau, username: str, **options: Any) -> Client:
    client = Client(**options)
    client.force_login(window.staff[username])
    session = client.session
    second_factor.mark_passed(session, window.staff[username])
    session.save()
    return client


def found_as(*states: str, item: str = "all") -> dict[str, str]:
    """How each material was found, in the guide's order; what is wrong with it stands after a colon."""
    filled = {}
    for material, found in zip(guide_of(item).materials.all(), states, strict=False):
        state, problem, _files = names_of(material)
        filled[state], _colon, filled[problem] = found.partition(":")
    return filled


def material(position: int, which: int, item: str = "all") -> str:
    return names_of(guide_of(item).materials.get(position=position))[which]


def filled_in(*states: str, **more: Any) -> dict[str, Any]:
    return {
        "do": "save",
        "applicant_kind": "person",
        "applicant_name": "某某样例",
        "applicant_number": ID_NUMBER,
        "representative": "",
        "phone": "199 0000 0077",
        "email": "someone@portal.invalid",
        "address": "某路9号",
        "subject_matter": "临时占用门前绿地。\r\n为期一月。",
        "place": "青石路12号",
        **found_as(*states),
        **more,
    }


IN_ORDER = ("yes", "yes")


# The item ---------------------------------------------------------------------------------------------------


def test_every_published_item_is_one_click_away(clerk: Client, window: Bureau) -> None:
    text = clerk.get(NEW).content.decode()
    for code in ("all", "joint", "short", "direct"):
        assert f'href="{reverse("approvals:new_for", args=[code])}"' in text


@pytest.mark.parametrize(
    "typed", ["all", "临时占用城市绿地审批", "绿地", "green space", "TEMPORARY  use", "00001"]
)
def test_an_item_that_alone_fits_is_opened(clerk: Client, typed: str) -> None:
    opened = clerk.post(NEW, {"q": typed})
    assert (opened.status_code, opened.get("Location")) == (302, ALL)


def test_where_several_fit_or_none_one_chooses(clerk: Client) -> None:
    several = clerk.post(NEW, {"q": "审批"})
    assert {each.item.code for each in several.context["guides"]} == {"all", "joint"}
    none = clerk.post(NEW, {"q": "没有这一项"})
    assert (none.status_code, none.context["guides"]) == (200, [])
    assert clerk.post(NEW, {"q": "a\x07b"}).status_code == 200


def test_while_one_types_only_the_list_is_drawn(clerk: Client) -> None:
    part = clerk.post(NEW, {"q": "绿地"}, headers={"HX-Request": "true"})
    assert part.status_code == 200
    assert ALL in part.content.decode()
    assert "<html" not in part.content.decode()


def test_an_item_without_a_published_guide_has_no_form(clerk: Client, window: Bureau) -> None:
    assert clerk.get(reverse("approvals:new_for", args=["nothing"])).status_code == 404
    guide = guide_of("direct")
    guides.change_item(guide.item, active=False, actor=window.actor("administrator"), at=timezone.now())
    assert clerk.get(reverse("approvals:new_for", args=["direct"])).status_code == 404
    assert "direct/" not in clerk.get(NEW).content.decode()


# Received ---------------------------------------------------------------------------------------------------


def test_it_is_received_and_both_are_told(clerk: Client, window: Bureau) -> None:
    page = clerk.post(ALL, filled_in("yes", "no:图上未标注尺寸", consolidated_bill="on"), follow=True)
    case = ApprovalCase.objects.get()
    assert page.redirect_chain == [(reverse("approvals:received", args=[case.number]), 302)]
    assert (case.state, case.source, case.consolidated_bill) == ("received", "counter", True)
    assert case.first_contact == window.staff["clerk"]
    assert (case.phone, case.subject_matter) == ("19900000077", "临时占用门前绿地。\n为期一月。")
    found = [(each.in_order, each.problem) for each in case.given]
    assert found == [(True, ""), (False, "图上未标注尺寸"), (None, "")]
    text = page.content.decode()
    assert case.number in text
    assert f"{case.lookup_code[:4]} {case.lookup_code[4:]}" in text
    paper = case.papers.get()
    assert reverse("verify:file", args=[paper.document.check_code]) in text
    assert reverse("approvals:case", args=[case.number]) in text


def test_accepted_at_once(clerk: Client) -> None:
    page = clerk.post(ALL, filled_in(*IN_ORDER, do="accept"), follow=True)
    case = ApprovalCase.objects.get()
    assert case.state == "accepted"
    assert {each.purpose for each in case.papers.all()} == {"receipt", "acceptance"}
    assert len(page.context["papers"]) == 2
    assert {each.term for each in page.context["clocks"]} == {"approvals.decide", "approvals.promise"}


@pytest.mark.parametrize(
    ("states", "field"), [(("yes",), 0), (("yes", ""), 0), (("yes", "no:图上未标注尺寸"), 0)]
)
def test_nothing_is_accepted_while_something_is_missing(
    clerk: Client, states: tuple[str, ...], field: int
) -> None:
    page = clerk.post(ALL, filled_in(*states, do="accept"))
    assert page.status_code == 400
    assert not ApprovalCase.objects.exists()
    form = page.context["form"]
    assert "现场平面图" in form.non_field_errors()[0]
    assert set(form.errors) == {"__all__", material(2, field)}
    assert_nothing_is_lost(page)


def test_everything_missing_is_asked_for_at_once(clerk: Client) -> None:
    page = clerk.post(ALL, filled_in("no:未签名", "no:图上未标注尺寸", do="ask"), follow=True)
    case = ApprovalCase.objects.get()
    assert case.state == "supplement"
    assert {each.purpose for each in case.papers.all()} == {"receipt", "supplement"}
    assert case.supplement_until is not None
    assert page.context["clocks"] == []


def test_what_was_not_looked_at_cannot_be_asked_for(clerk: Client) -> None:
    page = clerk.post(ALL, filled_in("no:未签名", do="ask"))
    assert page.status_code == 400
    assert set(page.context["form"].errors) == {"__all__", material(2, 0)}
    assert not ApprovalCase.objects.exists()


def test_where_everything_is_in_order_there_is_nothing_to_ask_for(clerk: Client) -> None:
    page = clerk.post(ALL, filled_in(*IN_ORDER, do="ask"))
    assert page.status_code == 400
    assert set(page.context["form"].errors) == {"__all__"}


@pytest.mark.parametrize("do", ["save", "accept", "ask"])
def test_what_is_wrong_has_to_be_written(clerk: Client, do: str) -> None:
    page = clerk.post(ALL, filled_in("yes", "no", do=do))
    assert page.status_code == 400
    assert set(page.context["form"].errors) == {"__all__", material(2, 1)}
    assert_nothing_is_lost(page)


def assert_nothing_is_lost(page: Any) -> None:
    text = page.content.decode()
    for typed in (
        "某某样例",
        ID_NUMBER,
        "199 0000 0077",
        "someone@portal.invalid",
        "某路9号",
        "为期一月。",
        "青石路12号",
    ):
        assert typed in text
    assert re.search(rf'name="{material(1, 0)}" value="(yes|no)"[^>]*checked', text)


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("applicant_kind", ""),
        ("applicant_kind", "dog"),
        ("applicant_name", ""),
        ("applicant_name", "甲" * 101),
        ("applicant_name", "甲\u202e乙"),
        ("applicant_number", ""),
        ("applicant_number", MISTYPED),
        ("applicant_number", CREDIT_CODE),
        ("phone", "12"),
        ("email", "nobody"),
        ("subject_matter", ""),
        ("subject_matter", "甲" * 1001),
        ("place", ""),
    ],
)
def test_bad_input_is_said_at_its_field_and_nothing_is_lost(clerk: Client, field: str, typed: str) -> None:
    page = clerk.post(ALL, filled_in("no:未签名", "yes") | {field: typed})
    assert page.status_code == 400
    assert set(page.context["form"].errors) == {field}
    text = page.content.decode()
    assert f'id="id_{field}_error"' in text
    for name, value in filled_in().items():
        if name not in (field, "do", "applicant_kind", "subject_matter") and value:
            assert f'value="{value}"' in text, name
    assert 'value="未签名"' in text
    assert not ApprovalCase.objects.exists()


@pytest.mark.parametrize(("which", "typed"), [(0, "perhaps"), (1, "甲" * 201)])
def test_bad_input_of_a_material(clerk: Client, which: int, typed: str) -> None:
    page = clerk.post(ALL, filled_in("no:未签名") | {material(1, which): typed})
    assert page.status_code == 400
    assert set(page.context["form"].errors) == {material(1, which)}


def test_an_item_for_bodies_takes_no_person(clerk: Client, window: Bureau) -> None:
    guide = guide_of("direct")
    guides.change_item(guide.item, for_persons=False, actor=window.actor("administrator"), at=timezone.now())
    url = reverse("approvals:new_for", args=["direct"])
    page = clerk.get(url)
    assert re.search(r'value="body"[^>]*checked', page.content.decode())
    refused = clerk.post(url, filled_in())
    assert (refused.status_code, set(refused.context["form"].errors)) == (400, {"applicant_kind"})


def test_a_draft_of_a_guide_changes_nothing_at_the_counter(clerk: Client, window: Bureau) -> None:
    guides.write(
        guide_of("all").item,
        columns={**columns("all"), "promised_days": 3},
        steps=STEPS["all"],
        materials=(),
        actor=window.actor("administrator"),
        at=timezone.now(),
    )
    assert len(clerk.get(ALL).context["materials"]) == 3


def test_files_are_kept_by_their_material(clerk: Client) -> None:
    files = [SimpleUploadedFile("申请表.pdf", PDF), SimpleUploadedFile("附页.pdf", PDF + b"\n")]
    assert clerk.post(ALL, filled_in(*IN_ORDER) | {material(1, 2): files}).status_code == 302
    kept = MaterialFile.objects.filter(case=ApprovalCase.objects.get())
    assert {(each.name, each.by_public) for each in kept} == {("申请表.pdf", False), ("附页.pdf", False)}
    assert {each.material.position for each in kept} == {1}


def test_a_file_that_is_none_is_said_at_its_field(clerk: Client) -> None:
    page = clerk.post(ALL, filled_in(*IN_ORDER) | {material(2, 2): SimpleUploadedFile("图.pdf", PROGRAM)})
    assert page.status_code == 400
    assert set(page.context["form"].errors) == {material(2, 2)}
    assert page.context["files_lost"]
    assert not ApprovalCase.objects.exists()


# Twice ------------------------------------------------------------------------------------------------------


def mark(page: Any) -> str:
    found = re.search(r'name="once" value="([0-9a-f-]{36})"', page.content.decode())
    assert found is not None
    return found[1]


def test_a_double_click_receives_once(clerk: Client) -> None:
    sent = filled_in(*IN_ORDER, do="accept", once=mark(clerk.get(ALL)))
    first, second = clerk.post(ALL, sent), clerk.post(ALL, sent)
    assert first.url == second.url
    assert ApprovalCase.objects.count() == 1


def test_while_the_first_click_is_at_work_the_second_waits(
    clerk: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = filled_in(*IN_ORDER, once=mark(clerk.get(ALL)))
    monkeypatch.setattr(cache, "add", lambda *args: False)
    page = clerk.post(ALL, sent)
    assert page.status_code == 409
    assert page.context["form"].non_field_errors()
    assert_nothing_is_lost(page)


def test_what_was_refused_may_be_sent_again(clerk: Client) -> None:
    once = mark(clerk.get(ALL))
    refused = clerk.post(ALL, filled_in("yes", do="accept", once=once))
    assert (refused.status_code, mark(refused)) == (400, once)
    assert clerk.post(ALL, filled_in(*IN_ORDER, do="accept", once=once)).status_code == 302
    assert ApprovalCase.objects.count() == 1


def test_a_mark_that_is_none_is_no_way_in(clerk: Client) -> None:
    assert clerk.post(ALL, filled_in(once="nonsense")).status_code == 400
    assert not ApprovalCase.objects.exists()


# While the number is typed ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "number"),
    [
        ("person", ID_NUMBER),
        ("person", " 330802-19900307-1239 "),
        ("body", CREDIT_CODE),
        ("body", CREDIT_CODE.lower()),
    ],
)
def test_a_number_that_can_be_right(clerk: Client, kind: str, number: str) -> None:
    said = clerk.post(CHECK, {"applicant_kind": kind, "applicant_number": number}).content.decode()
    assert "said-right" in said
    assert number.strip() not in said


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize(
    ("kind", "number", "sentence"),
    [
        ("person", MISTYPED, "This ID number is mistyped: its check digit does not fit."),
        ("body", CREDIT_CODE[:-1] + "0", "This credit code is mistyped: its check character does not fit."),
        ("", ID_NUMBER, "Please choose above who applies: a person, or a company or other body."),
    ],
)
def test_a_number_that_is_mistyped(
    clerk: Client, language: str, kind: str, number: str, sentence: str
) -> None:
    sent = {"applicant_kind": kind, "applicant_number": number}
    clerk.cookies["django_language"] = language
    with translation.override(language):
        expected = gettext(sentence)
    said = clerk.post(CHECK, sent).content.decode()
    assert "said-wrong" in said
    assert expected in said
    page = clerk.post(ALL, filled_in(**sent))
    assert page.status_code == 400
    if kind:
        assert page.context["form"].errors["applicant_number"] == [expected]
        assert page.content.decode().count(expected) == 1


def test_how_many_characters_are_still_missing(clerk: Client) -> None:
    clerk.cookies["django_language"] = "en"
    said = clerk.post(CHECK, {"applicant_kind": "person", "applicant_number": ID_NUMBER[:7]})
    assert "An ID number has 18 characters; this one has 7." in said.content.decode()


def test_nothing_typed_is_no_mistake(clerk: Client) -> None:
    assert clerk.post(CHECK, {}).content.decode().strip() == ""
    assert clerk.post(CHECK, {"applicant_number": " - "}).content.decode().strip() == ""


def test_without_script_the_page_says_the_same(clerk: Client) -> None:
    sent = filled_in("no:未签名", do="look_up", applicant_number=MISTYPED, subject_matter="", phone="12")
    page = clerk.post(ALL, sent)
    text = page.content.decode()
    assert page.status_code == 200
    assert "said-wrong" in text
    # What was not asked yet is not complained of.
    assert "field-error" not in text
    assert f'value="{MISTYPED}"' in text
    assert 'value="未签名"' in text
    assert not page.context["files_lost"]
    with_file = {**sent, material(1, 2): SimpleUploadedFile("图.jpg", jpeg())}
    assert clerk.post(ALL, with_file).context["files_lost"]


def test_what_is_typed_into_the_search_gets_into_no_address(clerk: Client) -> None:
    page = clerk.get(NEW).content.decode()
    assert re.search(r'<form class="desk-find" method="post"', page)
    assert "hx-get" not in page
    found = clerk.post(NEW, {"q": ID_NUMBER})
    assert (found.status_code, found.context["guides"]) == (200, [])


@pytest.mark.parametrize("url", [CHECK, APPLICANT, ALL])
def test_what_is_sent_needs_the_pages_own_token(window: Bureau, url: str) -> None:
    client = browser(window, "clerk", enforce_csrf_checks=True)
    assert client.post(url, {"applicant_kind": "person", "applicant_number": ID_NUMBER}).status_code == 403


# A known applicant ------------------------------------------------------------------------------------------


@pytest.fixture
def earlier(window: Bureau) -> list[ApprovalCase]:
    told = {"applicant_name": "某某样例", "phone": "19900000077", "email": "someone@portal.invalid"}
    at = timezone.now()
    first = apply(application("short", address="旧街1号", **told), actor=window.actor("clerk2"), at=at)
    same = apply(application("short", address="某路9号", **told), actor=CITIZEN, at=at)
    last = apply(application("all", address="某路9号", **told), actor=window.actor("clerk2"), at=at)
    body = {"applicant_kind": "body", "applicant_number": CREDIT_CODE, "applicant_name": "样例公司"}
    apply(application("short", **body), actor=CITIZEN, at=at)
    return [first, same, last]


def test_what_was_said_before_is_offered_again_each_telling_once(
    clerk: Client, earlier: list[ApprovalCase]
) -> None:
    first, same, last = earlier
    sent = {"applicant_kind": "person", "applicant_number": f" {ID_NUMBER[:6]} {ID_NUMBER[6:]}"}
    text = clerk.post(APPLICANT, sent).content.decode()
    assert [f"fill:{each.number}" in text for each in (first, same, last)] == [True, False, True]
    assert text.index(last.number) < text.index(first.number)
    for secret in SECRETS:
        assert (secret in text) == (secret != ID_NUMBER)
    assert "样例公司" not in text


@pytest.mark.parametrize(
    ("kind", "number"),
    [
        ("person", ID_NUMBER[:17]),
        ("person", MISTYPED),
        ("body", ID_NUMBER),
        ("", ID_NUMBER),
        ("person", "%"),
        ("person", ""),
    ],
)
def test_nobody_is_offered_before_the_number_is_right(
    clerk: Client, earlier: list[ApprovalCase], kind: str, number: str
) -> None:
    text = clerk.post(APPLICANT, {"applicant_kind": kind, "applicant_number": number}).content.decode()
    assert "fill:" not in text


def test_one_click_fills_the_form_and_keeps_the_rest(clerk: Client, earlier: list[ApprovalCase]) -> None:
    first = earlier[0]
    once = mark(clerk.get(ALL))
    sent = filled_in("no:未签名", once=once, do=f"fill:{first.number}")
    sent |= {"applicant_name": "", "phone": "", "email": "", "address": "", "place": "东街3号"}
    page = clerk.post(ALL, sent)
    text = page.content.decode()
    assert page.status_code == 200
    for value in (
        "某某样例",
        "19900000077",
        "someone@portal.invalid",
        "旧街1号",
        "东街3号",
        "未签名",
        ID_NUMBER,
    ):
        assert f'value="{value}"' in text
    assert "field-error" not in text
    assert mark(page) == once
    # The button sends only what it needs, and takes only this part of the page.
    assert 'id="told"' in text
    assert 'hx-select="#told"' in text


def test_what_another_number_said_is_not_put_to_this_one(clerk: Client, earlier: list[ApprovalCase]) -> None:
    other = {"applicant_kind": "body", "applicant_number": CREDIT_CODE, "applicant_name": "", "address": ""}
    page = clerk.post(ALL, filled_in(do=f"fill:{earlier[0].number}", **other))
    assert page.status_code == 400
    assert page.context["unknown"]
    assert "旧街1号" not in page.content.decode().split("known-head")[0]
    assert clerk.post(ALL, filled_in(do="fill:\0")).status_code == 400


def test_what_looking_up_costs(clerk: Client, window: Bureau) -> None:
    costs = []
    sent = {"applicant_kind": "person", "applicant_number": ID_NUMBER}
    clerk.post(APPLICANT, sent)
    for wanted in (3, 30):
        while ApprovalCase.objects.count() < wanted:
            apply(application(applicant_name=f"市民{wanted}"), actor=CITIZEN, at=timezone.now())
        for url, data in ((APPLICANT, sent), (ALL, filled_in(do="look_up"))):
            with CaptureQueriesContext(connection) as captured:
                clerk.post(url, data)
            costs.append(len(captured))
    assert costs[:2] == costs[2:]
    assert max(costs) <= 12


def test_what_the_pages_cost(clerk: Client, window: Bureau) -> None:
    clerk.post(ALL, filled_in(*IN_ORDER, do="accept"))
    case = ApprovalCase.objects.get()
    for url in (NEW, ALL, reverse("approvals:received", args=[case.number])):
        clerk.get(url)
        with CaptureQueriesContext(connection) as captured:
            clerk.get(url)
        assert len(captured) <= 12, url


# Personal data ----------------------------------------------------------------------------------------------


def test_no_personal_data_in_an_address_or_a_title(clerk: Client, earlier: list[ApprovalCase]) -> None:
    pages = [clerk.get(ALL), clerk.post(ALL, filled_in(do="look_up")), clerk.post(ALL, filled_in("no"))]
    done = clerk.post(ALL, filled_in(*IN_ORDER), follow=True)
    pages.append(done)
    said = [address for address, _status in done.redirect_chain]
    for page in pages:
        text = page.content.decode()
        title = re.search(r"<title>(.*?)</title>", text, re.DOTALL)
        assert title is not None
        said += [title[1], *re.findall(r'(?:href|action|src|hx-get|hx-post)="([^"]*)"', text)]
    for secret in SECRETS:
        assert not [each for each in said if secret in each]
    assert not [secret for secret in SECRETS if secret in done.content.decode()]


@pytest.mark.parametrize("url", [CHECK, APPLICANT])
def test_by_get_there_is_no_answer(clerk: Client, url: str) -> None:
    assert clerk.get(url, {"applicant_kind": "person", "applicant_number": ID_NUMBER}).status_code == 405


def test_every_page_in_english(clerk: Client, earlier: list[ApprovalCase]) -> None:
    clerk.cookies["django_language"] = "en"
    assert "Temporary use of green space" in clerk.get(NEW).content.decode()
    text = clerk.post(ALL, filled_in(do="look_up")).content.decode()
    for words in ("Who applies", "Save and accept at once", "Fill in these data", "not looked at"):
        assert words in text
    done = clerk.post(ALL, filled_in(*IN_ORDER, do="accept"), follow=True).content.decode()
    assert "Please tell both to the applicant" in done
    assert "Acceptance notice" in done
