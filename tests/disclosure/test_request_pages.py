"""Pages of information requests: how one applies, the own request, the list, what came by post, and one with
its steps. Who opens what; what is wrong is said at its field, and nothing that was typed is lost.
"""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from disclosure import requesting
from disclosure.models import InformationRequest, RequestFile
from portal.ledger.models import Event
from portal.organisation.actors import CITIZEN
from tests.approvals.browsers import MOST_QUERIES, browser, follows, queries_of
from tests.bureau import Bureau, moment
from tests.disclosure import desks
from tests.disclosure import office as of
from tests.disclosure.desks import ASKS, KNOWN, MASKED, NOBODY, NOW, gets, pdf, photo, program
from tests.disclosure.office import CREDIT_CODE, ID_NUMBER, NAME, QUESTION

founded, office, plain_papers = of.founded, of.office, of.plain_papers
today, fresh_cache = desks.today, desks.fresh_cache
pytestmark = pytest.mark.usefixtures("plain_papers")
START, APPLY = reverse("disclosure:requests_start"), reverse("disclosure:apply")
APPLIED, FOLLOW = reverse("disclosure:applied"), reverse("cases:follow")
LIST, NEW = reverse("disclosure:requests"), reverse("disclosure:received")
LETTER = {**ASKS, "channel": "counter", "received_on": "2026-11-02"}
COMPANY = {"applicant_kind": "company", "applicant_number": CREDIT_CODE, "representative": "范样例"}


def page(made: InformationRequest) -> str:
    return reverse("disclosure:request", args=[made.number])


def own(made: InformationRequest) -> str:
    return reverse("disclosure:followed", args=[made.number])


def forms(answer: Any) -> list[str]:
    return [form.step.name for form in answer.context["forms"]]


def once(client: Client, address: str) -> str:
    """The mark of the form that stands on a page."""
    found = re.search(r'name="once" value="([0-9a-f-]{36})"', client.get(address).content.decode())
    assert found is not None
    return found[1]


# Who opens what ---------------------------------------------------------------------------------------------

DESK = gets(200, "disclosure", "secrecy", "agency_head", "supervisor", nobody=302)
EVERYONE = dict.fromkeys(NOBODY, 200)


@pytest.mark.parametrize("who", NOBODY)
def test_who_opens_what(office: Bureau, who: str) -> None:
    made = of.request_in("reviewing", office)
    client = browser(office, who)
    expected = {
        START: EVERYONE,
        APPLY: EVERYONE,
        # Nothing was sent from this browser, and no code was given.
        APPLIED: dict.fromkeys(NOBODY, 302),
        own(made): dict.fromkeys(NOBODY, 302),
        LIST: DESK,
        NEW: gets(200, "disclosure", nobody=302),
        page(made): DESK,
    }
    found = {address: client.get(address).status_code for address in expected}
    assert found == {address: who_gets[who] for address, who_gets in expected.items()}
    assert client.get(own(made)).url == FOLLOW
    assert client.get(APPLIED).url == START


def test_the_applicant_opens_the_own_request_and_no_other(office: Bureau) -> None:
    made, other = of.request_in("submitted", office), of.request_in("submitted", office)
    client = follows(made)
    assert [client.get(address).status_code for address in (START, APPLY, own(made))] == [200, 200, 200]
    assert client.get(own(other)).url == FOLLOW
    # The desk is for those who work here.
    assert {client.get(address).status_code for address in (LIST, NEW, page(made))} == {302}
    # One of the staff may ask for information like anybody else.
    clerk = browser(office, "clerk")
    clerk.post(FOLLOW, {"number": made.number, "code": made.lookup_code})
    assert (clerk.get(own(made)).status_code, clerk.get(page(made)).status_code) == (200, 403)


@pytest.mark.parametrize("who", NOBODY)
def test_the_navigation_leads_whom_it_lets_in(office: Bureau, who: str) -> None:
    shown = browser(office, who).get("/").content.decode()
    assert (f'href="{LIST}"' in shown) is (DESK[who] == 200)
    assert f'href="{START}"' in shown


def test_a_number_of_another_kind_is_no_page(office: Bureau) -> None:
    officer = browser(office, "disclosure")
    for number in ("YS-20260101-9999", "GK-20261102-0001", "SP-20261102-0001"):
        assert officer.get(f"{LIST}{number}/").status_code == 404


# To apply ---------------------------------------------------------------------------------------------------


def test_anyone_applies_and_gets_number_and_code(office: Bureau, client: Client) -> None:
    sent = {**ASKS, "may_publish": "on", "uploads": [photo("身份证.jpg"), pdf("说明.pdf")]}
    done = client.post(APPLY, sent, follow=True)
    made = InformationRequest.objects.get()
    assert done.redirect_chain == [(APPLIED, 302)]
    text = done.content.decode()
    for shown in (made.number, f"{made.lookup_code[:4]} {made.lookup_code[4:]}", own(made)):
        assert shown in text
    # Three working days after Monday to confirm it.
    assert done.context["clock"].due_on.isoformat() == "2026-11-05"
    assert not [each for each in (*KNOWN, QUESTION) if each in text]
    assert "no-store" in done.headers["Cache-Control"]
    assert (made.channel, made.phone, made.may_publish) == ("web", "19900000001", True)
    assert [(each.name, each.is_given) for each in RequestFile.objects.order_by("id")] == [
        ("身份证.jpg", False),
        ("说明.pdf", False),
    ]
    # Who sent it may follow it at once; in no other browser is the code shown.
    assert client.get(own(made)).status_code == 200
    assert follows(made).get(APPLIED).url == START


WRONG: list[tuple[dict[str, str], str]] = [
    ({"applicant_kind": ""}, "applicant_kind"),
    ({"applicant_kind": "cat"}, "applicant_kind"),
    ({"applicant_name": " "}, "applicant_name"),
    ({"applicant_name": "名" * 101}, "applicant_name"),
    ({"applicant_number": ""}, "applicant_number"),
    ({"applicant_number": ID_NUMBER[:-1] + "8"}, "applicant_number"),
    ({"applicant_number": CREDIT_CODE}, "applicant_number"),
    ({"applicant_kind": "company", "representative": "范样例"}, "applicant_number"),
    ({**COMPANY, "representative": ""}, "representative"),
    ({"phone": "no number"}, "phone"),
    ({"phone": ""}, "phone"),
    ({"email": "nobody"}, "email"),
    ({"wanted_delivery": "post", "address": ""}, "address"),
    ({"description": ""}, "description"),
    ({"description": "字" * 2001}, "description"),
    ({"description": "a\x00b"}, "description"),
    ({"wanted_title": "一\n二"}, "wanted_title"),
    ({"wanted_form": ""}, "wanted_form"),
    ({"wanted_form": "paper"}, "wanted_delivery"),
    ({"wanted_delivery": "pigeon"}, "wanted_delivery"),
]


@pytest.mark.parametrize(("given", "field"), WRONG)
def test_what_is_wrong_is_said_at_its_field_and_nothing_typed_is_lost(
    office: Bureau, client: Client, given: dict[str, str], field: str
) -> None:
    sent = {**ASKS, **given}
    refused = client.post(APPLY, sent)
    assert refused.status_code == 400
    assert list(refused.context["form"].errors) == [field]
    assert_kept(refused, sent)
    assert not InformationRequest.objects.exists()
    assert not Event.objects.filter(verb="submit").exists()


def assert_kept(answer: Any, sent: dict[str, Any]) -> None:
    """Everything that was typed stands in the form again, what is chosen is chosen."""
    text = answer.content.decode()
    for name in ("applicant_name", "applicant_number", "phone", "email", "address"):
        if (value := sent[name]).strip():
            assert f'name="{name}" value="{value}"' in text
    if sent["description"].isprintable():
        assert sent["description"] in text
    for name in ("applicant_kind", "wanted_form", "wanted_delivery"):
        chosen = re.findall(rf'name="{name}" value="(\w+)"[^>]* checked', text)
        assert chosen == ([sent[name]] if sent[name] not in ("", "cat", "pigeon") else [])


def test_everything_is_told_at_once(office: Bureau, client: Client) -> None:
    wrong = {"applicant_name": "", "phone": "x", "email": "x", "description": ""}
    refused = client.post(APPLY, {**ASKS, **wrong})
    assert set(refused.context["form"].errors) == set(wrong)


def test_a_hostile_file_is_refused_by_name(office: Bureau, client: Client) -> None:
    refused = client.post(APPLY, {**ASKS, "uploads": [photo(), program("函.pdf")]})
    assert (refused.status_code, list(refused.context["form"].errors)) == (400, ["uploads"])
    assert "函.pdf" in str(refused.context["form"].errors["uploads"])
    assert_kept(refused, ASKS)
    # A browser does not keep them, and the page says so.
    assert refused.content.decode().count("message-warning") == 1
    assert not InformationRequest.objects.exists()
    assert not RequestFile.objects.exists()


def test_a_program_that_fills_in_everything_gives_itself_away(office: Bureau, client: Client) -> None:
    refused = client.post(APPLY, {**ASKS, "website": "http://spam.invalid"})
    assert (refused.status_code, list(refused.context["form"].errors)) == (400, ["website"])
    assert not InformationRequest.objects.exists()


def test_a_double_click_applies_once(office: Bureau, client: Client) -> None:
    mark = once(client, APPLY)
    for _click in range(2):
        assert client.post(APPLY, {**ASKS, "once": mark}).url == APPLIED
    assert InformationRequest.objects.count() == 1
    # Who goes back and corrects a word sends something else.
    client.post(APPLY, {**ASKS, "once": mark, "wanted_title": "决算"})
    assert InformationRequest.objects.count() == 2


def test_what_is_being_sent_is_not_sent_again(
    office: Bureau, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    mark = once(client, APPLY)
    monkeypatch.setattr(cache, "add", lambda *args: False)
    waits = client.post(APPLY, {**ASKS, "once": mark})
    assert (waits.status_code, list(waits.context["form"].errors)) == (409, ["__all__"])
    assert_kept(waits, ASKS)
    assert not InformationRequest.objects.exists()


def test_who_sends_too_often_is_slowed_down_and_loses_nothing(office: Bureau, client: Client) -> None:
    for _each in range(20):
        assert client.post(APPLY, {}).status_code == 400
    often = client.post(APPLY, ASKS)
    assert often.status_code == 429
    assert int(often["Retry-After"]) > 0
    assert_kept(often, ASKS)
    assert not InformationRequest.objects.exists()


def test_the_first_page_says_what_is_free(office: Bureau, client: Client) -> None:
    """Ten requests of a month and thirty pages of one (国办函〔2020〕109号)."""
    shown = client.get(START)
    assert (shown.context["free_requests"], shown.context["free_pages"]) == (10, 30)
    assert APPLY in shown.content.decode()


# What came by post or over the counter ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("channel", "day", "state", "received_on"),
    [
        ("counter", "", "registered", "2026-11-02"),
        ("counter", "2026-10-30", "registered", "2026-10-30"),
        ("post_signed", "2026-10-30", "registered", "2026-10-30"),
        ("post_plain", "", "submitted", "None"),
        ("fax", "", "submitted", "None"),
    ],
)
def test_an_officer_enters_what_came(
    office: Bureau, channel: str, day: str, state: str, received_on: str
) -> None:
    sent = {**LETTER, "channel": channel, "received_on": day, "uploads": [pdf("信.pdf")]}
    done = browser(office, "disclosure").post(NEW, sent, follow=True)
    made = InformationRequest.objects.get()
    assert done.redirect_chain[-1][0] == page(made)
    assert (made.channel, made.state, str(made.received_on)) == (channel, state, received_on)
    assert made.holder == office.staff["disclosure"]
    assert [(each.name, each.is_given) for each in RequestFile.objects.all()] == [("信.pdf", False)]


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"channel": ""}, "channel"),
        ({"channel": "web"}, "channel"),
        ({"received_on": "2026-02-30"}, "received_on"),
        ({"received_on": "2026-11-03"}, "received_on"),
        ({"channel": "post_signed", "received_on": ""}, "received_on"),
        ({"applicant_number": "1"}, "applicant_number"),
        ({"phone": "", "email": "", "address": ""}, "phone"),
    ],
)
def test_what_does_not_fit_a_letter_is_said_at_its_field_and_stays(
    office: Bureau, given: dict[str, str], field: str
) -> None:
    sent = {**LETTER, **given}
    refused = browser(office, "disclosure").post(NEW, sent)
    assert (refused.status_code, list(refused.context["form"].errors)) == (400, [field])
    assert_kept(refused, sent)
    assert not InformationRequest.objects.exists()


def test_of_a_letter_the_address_may_be_all_there_is(office: Bureau) -> None:
    """Art. 29 asks for a way to reach the applicant, and names none."""
    browser(office, "disclosure").post(NEW, {**LETTER, "phone": "", "email": ""})
    made = InformationRequest.objects.get()
    assert (made.phone, made.email, made.address) == ("", "", desks.ADDRESS)
    assert browser(office, "disclosure").get(page(made)).status_code == 200


def test_a_hostile_scan_is_refused_and_the_page_says_that_files_are_gone(office: Bureau) -> None:
    refused = browser(office, "disclosure").post(NEW, {**LETTER, "uploads": [program()]})
    assert (refused.status_code, list(refused.context["form"].errors)) == (400, ["uploads"])
    assert refused.content.decode().count("message-warning") == 1


def test_a_double_click_enters_once(office: Bureau) -> None:
    officer = browser(office, "disclosure")
    mark = once(officer, NEW)
    answers = [officer.post(NEW, {**LETTER, "once": mark}) for _click in range(2)]
    assert answers[0].url == answers[1].url
    assert InformationRequest.objects.count() == 1


@pytest.mark.parametrize("who", [who for who in NOBODY if who != "disclosure"])
def test_nobody_else_enters_a_letter(office: Bureau, who: str) -> None:
    refused = browser(office, who).post(NEW, LETTER)
    # What somebody typed who was signed out in the meantime is shown once more.
    assert refused.status_code == 403
    assert (QUESTION in refused.content.decode()) is (who == "nobody")
    assert not InformationRequest.objects.exists()


# The list ---------------------------------------------------------------------------------------------------


def numbers(answer: Any) -> list[str]:
    return [row.case.number for row in answer.context["rows"]]


def test_the_list_is_narrowed_down(office: Bureau) -> None:
    late = of.request_in("submitted", office, at=moment("2026-09-01 09:00")).number
    web = of.request_in("submitted", office).number
    company = of.request_in("reviewing", office, asked=of.of_a_company()).number
    over = of.request_in("closed", office).number
    for who in ("disclosure", "secrecy", "agency_head", "supervisor"):
        client = browser(office, who)
        shown = client.get(LIST)
        assert numbers(shown) == [late, web, company]
        # Who asks is on no list, and only an officer enters what came.
        assert not [each for each in (*KNOWN, "样例建设有限公司") if each in shown.content.decode()]
        assert (NEW in shown.content.decode()) is (who == "disclosure")
    for query, found in {
        "state=submitted": [late, web],
        "state=closed": [over],
        "applicant_kind=company": [company],
        "due=overdue": [late],
        "unit=greening": [],
        "opened_from=2026-11-02": [web, company],
        f"number={over.lower()}": [over],
    }.items():
        assert numbers(client.get(f"{LIST}?{query}")) == found, query


@pytest.mark.parametrize(
    "query", ["state=nowhere", "applicant_kind=cat", "due=never", "after=x", "unit=none"]
)
def test_nonsense_in_the_address_is_said_and_harms_nothing(office: Bureau, query: str) -> None:
    answer = browser(office, "disclosure").get(f"{LIST}?{query}")
    assert (answer.status_code, numbers(answer)) == (400, [])


def test_pages_follow_one_another(office: Bureau) -> None:
    made = [of.applied(office).number for _each in range(21)]
    officer = browser(office, "disclosure")
    first = officer.get(LIST)
    second = officer.get(first.context["older_url"])
    assert numbers(first) + numbers(second) == made
    assert numbers(officer.get(second.context["newer_url"])) == made[:20]


# The page of one: the whole way -----------------------------------------------------------------------------


def step(office: Bureau, who: str, made: InformationRequest, name: str, **given: Any) -> Any:
    """Take a step on the page as it stands now."""
    given.setdefault("seen", InformationRequest.objects.get(pk=made.pk).version)
    return browser(office, who).post(page(made), {"step": name, **given})


def taken(office: Bureau, who: str, made: InformationRequest, name: str, **given: Any) -> str:
    """The state after a step that is taken."""
    done = step(office, who, made, name, **given)
    assert (done.status_code, getattr(done, "url", "")) == (302, page(made)), name
    made.refresh_from_db()
    return made.state


def test_the_whole_way(office: Bureau) -> None:
    made = of.applied(office, may_publish=True)
    assert taken(office, "disclosure", made, "register", received_on="2026-11-02") == "registered"
    assert taken(office, "disclosure", made, "begin_review") == "reviewing"
    asked = {
        "third_parties": f"{of.THIRD_PARTY}\r\n\r\n",
        "co_agencies": of.CO_AGENCY,
        "note": "请说明意见。",
    }
    assert taken(office, "disclosure", made, "consult", **asked) == "consulting"
    third, agency = made.consultations.all()
    assert [(each.kind, each.name) for each in (third, agency)] == [
        ("third_party", of.THIRD_PARTY),
        ("co_agency", of.CO_AGENCY),
    ]
    objects = {"party": third.pk, "answer": "objects", "reason": "涉及报价。", **CAME}
    assert taken(office, "disclosure", made, "record_opinion", **objects) == "consulting"
    agrees = {"party": agency.pk, "answer": "agrees", **CAME}
    assert taken(office, "disclosure", made, "record_opinion", **agrees) == "reviewing"
    assert taken(office, "secrecy", made, "pass_secrecy", secrecy_basis="不涉密。") == "reviewing"
    reply = {
        "reply_type": "partly",
        "reply_text": "现提供汇总数。",
        "withheld_grounds": ["third_party", "internal"],
        "uploads": [pdf("汇总表.pdf")],
    }
    assert taken(office, "disclosure", made, "reply", **reply) == "replied"
    assert (made.outcome, made.withheld_grounds) == ("partly", ["third_party", "internal"])
    assert [(each.name, each.is_given) for each in made.files.all()] == [("汇总表.pdf", True)]
    served = {"served_by": "net", "served_to": NAME, "served_on": "2026-11-02"}
    assert taken(office, "disclosure", made, "deliver", **served) == "delivered"
    assert taken(office, "disclosure", made, "close") == "closed"
    shown = browser(office, "disclosure").get(page(made))
    assert forms(shown) == []
    text = shown.content.decode()
    for words in (
        of.THIRD_PARTY,
        of.CO_AGENCY,
        "涉及报价。",
        "请说明意见。",
        "不涉密。",
        "现提供汇总数。",
        "汇总表.pdf",
    ):
        assert words in text
    assert shown.context["entries"][0].who == office.staff["disclosure"].name


def test_the_steps_of_each_reader(office: Bureau) -> None:
    made = of.request_in("reviewing", office)
    expected = {
        # What carries it on stands first, what ends it without an answer last.
        "disclosure": ["reply", "consult", "ask_supplement", "ask_fee", "ask_extension", "withdraw"],
        "secrecy": ["pass_secrecy"],
        "agency_head": ["extend"],
        "supervisor": ["urge"],
    }
    assert {who: forms(browser(office, who).get(page(made))) for who in expected} == expected


def test_more_time_a_fee_and_a_supplement(office: Bureau) -> None:
    made = of.request_in("registered", office)
    assert (
        taken(office, "disclosure", made, "ask_extension", extension_asked="10", note="档案多。")
        == "registered"
    )
    # The head finds the days that were asked for.
    head = browser(office, "agency_head").get(page(made))
    [extend] = [each for each in head.context["forms"] if each.step.name == "extend"]
    assert extend.initial["extend_by"] == 10
    assert taken(office, "agency_head", made, "refuse_extension", note="能按期办结。") == "registered"
    asked = {"supplement_days": "5", "note": "请写明路段。"}
    assert taken(office, "disclosure", made, "ask_supplement", **asked) == "supplement"
    brought = {"description": "青石路的决算", "uploads": [pdf("补正.pdf")]}
    assert taken(office, "disclosure", made, "supplement", **brought) == "reviewing"
    assert (made.description, made.files.get().name) == ("青石路的决算", "补正.pdf")
    assert taken(office, "disclosure", made, "ask_fee", fee_by="pages", fee_pages="45") == "fee"
    assert "150" in browser(office, "supervisor").get(page(made)).content.decode()
    assert taken(office, "disclosure", made, "record_payment", paid_on="2026-11-02") == "reviewing"
    assert taken(office, "supervisor", made, "urge", note="请抓紧。") == "reviewing"
    assert taken(office, "disclosure", made, "withdraw", note="申请人来电撤回。") == "closed"
    assert made.outcome == "other"


def test_the_fee_by_number_is_told_before_it_is_asked_for(office: Bureau) -> None:
    """The eleventh request of a month costs a hundred yuan (109号 art. 4)."""
    for _each in range(10):
        of.request_in("registered", office)
    made = of.request_in("reviewing", office)
    shown = browser(office, "disclosure").get(page(made))
    [form] = [each for each in shown.context["forms"] if each.step.name == "ask_fee"]
    assert {"11", "100"} <= set(re.findall(r"\d+", str(form.fields["fee_by"].help_text)))
    assert taken(office, "disclosure", made, "ask_fee", fee_by="number", fee_pages="") == "fee"
    assert (made.fee, made.fee_by, made.fee_pages) == (100, "number", None)


CAME = {"answered_on": "2026-11-02"}
REFUSED: list[tuple[str, str, str, dict[str, Any], str]] = [
    ("submitted", "disclosure", "register", {"received_on": "2026-11-01", "note": "电话确认"}, "received_on"),
    (
        "registered",
        "disclosure",
        "ask_supplement",
        {"supplement_days": "4", "note": "请写明路段"},
        "supplement_days",
    ),
    ("registered", "disclosure", "ask_supplement", {"supplement_days": "10", "note": " "}, "note"),
    ("supplement", "disclosure", "supplement", {"description": " ", "note": "来电补正"}, "description"),
    ("supplement:over", "disclosure", "lapse", {"note": ""}, "note"),
    ("reviewing", "disclosure", "consult", {"third_parties": " ", "note": "请说明意见"}, "third_parties"),
    ("reviewing", "disclosure", "consult", {"third_parties": "甲公司", "note": ""}, "note"),
    ("consulting", "disclosure", "record_opinion", {"answer": "agrees", **CAME}, "party"),
    (
        *("consulting", "disclosure", "record_opinion"),
        {"party": "first", "answer": "objects", "reason": "", **CAME},
        "reason",
    ),
    # It came between the letter and today.
    (
        *("consulting", "disclosure", "record_opinion"),
        {"party": "first", "answer": "agrees", "answered_on": "2026-11-01"},
        "answered_on",
    ),
    (
        *("consulting", "disclosure", "record_opinion"),
        {"party": "first", "answer": "agrees", "answered_on": "2026-11-03"},
        "answered_on",
    ),
    # As it was: nothing has been made clear.
    ("supplement", "disclosure", "supplement", {"description": QUESTION, "note": ""}, "description"),
    ("fee:over", "disclosure", "lapse", {"note": ""}, "note"),
    ("reviewing", "secrecy", "pass_secrecy", {"secrecy_basis": " ", "note": "已审"}, "secrecy_basis"),
    (
        "reviewing",
        "disclosure",
        "ask_extension",
        {"extension_asked": "21", "note": "档案较多"},
        "extension_asked",
    ),
    ("reviewing", "agency_head", "extend", {"extend_by": "0", "note": "同意延长"}, "extend_by"),
    ("reviewing", "agency_head", "extend", {"extend_by": "5", "note": " "}, "note"),
    (
        "reviewing",
        "disclosure",
        "ask_fee",
        {"fee_by": "pages", "fee_pages": "", "note": "对公转账"},
        "fee_pages",
    ),
    ("reviewing", "disclosure", "ask_fee", {"fee_by": "", "note": "对公转账"}, "fee_by"),
    ("reviewing", "disclosure", "ask_fee", {"fee_by": "number", "note": "对公转账"}, "fee_by"),
    ("fee", "disclosure", "record_payment", {"paid_on": "2026-11-03", "note": "已到账"}, "paid_on"),
    ("reviewing", "disclosure", "reply", {"reply_type": "", "reply_text": "答复如下"}, "reply_type"),
    ("reviewing", "disclosure", "reply", {"reply_type": "internal", "reply_text": ""}, "reply_text"),
    ("reviewing", "disclosure", "reply", {"reply_type": "provided", "reply_text": "答复如下"}, "reply_type"),
    (
        *("reviewing", "disclosure", "reply"),
        {"reply_type": "not_this_agency", "reply_text": "答复如下", "competent_agency": " "},
        "competent_agency",
    ),
    (
        *("reviewing", "disclosure", "reply"),
        {"reply_type": "already_public", "reply_text": "答复如下", "public_item": "MB0DEM019/2026-09999"},
        "public_item",
    ),
    (
        *("reviewing", "disclosure", "reply"),
        {"reply_type": "already_public", "reply_text": "答复如下", "public_item": "在目录里"},
        "public_item",
    ),
    (
        *("reviewing", "disclosure", "reply"),
        {"reply_type": "duplicate", "reply_text": "答复如下", "earlier": "YS-20200101-0001"},
        "earlier",
    ),
    (
        *("reviewing", "disclosure", "reply"),
        {"reply_type": "duplicate", "reply_text": "答复如下", "earlier": "\x00"},
        "earlier",
    ),
    (
        "replied",
        "disclosure",
        "deliver",
        {"served_by": "net", "served_to": "", "served_on": "2026-11-02"},
        "served_to",
    ),
    (
        *("replied", "disclosure", "deliver"),
        {"served_by": "net", "served_to": "某收件人", "served_on": "2026-11-01"},
        "served_on",
    ),
    ("reviewing", "disclosure", "withdraw", {"note": " "}, "note"),
    ("reviewing", "supervisor", "urge", {"note": ""}, "note"),
]


def test_a_refusal_stands_at_its_field_with_what_was_typed(office: Bureau) -> None:
    for state, who, name, given, field in REFUSED:
        with of.undone():
            made = of.request_in(state, office)
            before = of.as_kept(made)
            if given.get("party") == "first":
                given = {**given, "party": str(made.consultations.get().pk)}
            refused = step(office, who, made, name, **given)
            assert refused.status_code == 400, (name, given)
            tried = refused.context["tried"]
            assert list(tried.errors) == [field], (name, given)
            assert {each: tried[each].value() for each in given} == given
            text = refused.content.decode()
            for value in given.values():
                assert value in text or not value.isprintable()
            assert of.as_kept(made) == before, name


def test_a_hostile_file_stands_in_the_way_of_an_answer(office: Bureau) -> None:
    made = of.request_in("reviewing", office)
    given = {"reply_type": "internal", "reply_text": "属于内部事务", "uploads": [program("坏.pdf")]}
    refused = step(office, "disclosure", made, "reply", **given)
    assert (refused.status_code, list(refused.context["tried"].errors)) == (400, ["uploads"])
    assert "坏.pdf" in refused.content.decode()
    assert "属于内部事务" in refused.content.decode()
    assert not RequestFile.objects.exists()


@pytest.mark.parametrize(
    ("who", "name"),
    [
        ("disclosure", "pass_secrecy"),
        ("disclosure", "extend"),
        ("disclosure", "urge"),
        ("secrecy", "reply"),
        ("agency_head", "ask_extension"),
        ("supervisor", "withdraw"),
    ],
)
def test_a_step_of_others_is_forbidden(office: Bureau, who: str, name: str) -> None:
    made = of.request_in("reviewing", office)
    before = of.as_kept(made)
    assert step(office, who, made, name, note="x", secrecy_basis="x", extend_by="1").status_code == 403
    assert of.as_kept(made) == before


@pytest.mark.parametrize("who", [who for who in NOBODY if DESK[who] != 200])
def test_whoever_sees_none_takes_no_step(office: Bureau, who: str) -> None:
    made = of.request_in("reviewing", office)
    before = of.as_kept(made)
    for name in ("urge", "withdraw", "reply"):
        assert step(office, who, made, name, note="请抓紧。").status_code == 403
    assert browser(office, who).post(page(made), {"remedy": "", "kind": "suit"}).status_code in (302, 403)
    assert of.as_kept(made) == before


def test_a_step_that_there_is_not_and_one_that_is_over(office: Bureau) -> None:
    made = of.request_in("closed", office)
    assert step(office, "disclosure", made, "vanish").status_code == 400
    # Of the role, and possible before: it is said, and is no matter of permission.
    late = step(office, "supervisor", made, "urge", note="请抓紧办理")
    assert late.status_code == 400
    assert step(office, "disclosure", made, "reply", seen="x", reply_text="y").status_code == 400


def test_the_second_of_two_is_told_who_was_first(office: Bureau) -> None:
    made = of.request_in("reviewing", office)
    seen = made.version
    first = {"reply_type": "internal", "reply_text": "属于内部事务。"}
    assert step(office, "disclosure2", made, "reply", seen=seen, **first).status_code == 302
    second = step(
        office, "disclosure", made, "reply", seen=seen, reply_type="not_held", reply_text="没有这份决算"
    )
    assert second.status_code == 409
    text = second.content.decode()
    assert office.staff["disclosure2"].name in text
    # No longer possible, and yet not lost.
    assert "没有这份决算" in text
    # Another step of the same reader is still possible: it stays in its form, about the request as it is now.
    urged = step(office, "supervisor", made, "urge", seen=seen, note="请抓紧办理")
    assert urged.status_code == 409
    assert f'name="seen" value="{seen + 1}"' in urged.content.decode()
    assert "请抓紧办理" in urged.content.decode()


# Who asks ---------------------------------------------------------------------------------------------------


def test_who_learns_who_asks(office: Bureau) -> None:
    made = of.request_in("consulting", office, asked=of.asking(email=desks.EMAIL, address=desks.ADDRESS))
    code = f"{made.lookup_code[:4]} {made.lookup_code[4:]}"
    for who, knows in {
        "disclosure": True,
        "secrecy": False,
        "agency_head": False,
        "supervisor": False,
    }.items():
        text = browser(office, who).get(page(made)).content.decode()
        for known, masked in zip(KNOWN, MASKED, strict=True):
            assert (known in text) is knows, (who, known)
            assert (masked in text) is not knows, (who, masked)
        # How else the applicant is reached, whom it might harm, and what the applicant follows it with.
        for private in (desks.EMAIL, desks.ADDRESS, of.THIRD_PARTY, code):
            assert (private in text) is knows, (who, private)


def test_a_body_is_public_and_its_phone_is_not(office: Bureau) -> None:
    made = of.request_in("reviewing", office, asked=of.of_a_company())
    for who in ("disclosure", "supervisor"):
        text = browser(office, who).get(page(made)).content.decode()
        assert "样例建设有限公司" in text
        assert CREDIT_CODE in text
        assert ("范样例" in text) is (KNOWN[2] in text) is (who == "disclosure")


def test_the_same_question_is_found_again(office: Bureau) -> None:
    earlier = of.request_in("replied", office)
    others = of.request_in("submitted", office, asked=of.of_a_company())
    unlike = of.request_in("submitted", office, asked=of.asking(description="湖心公园的开放时间"))
    made = of.request_in("reviewing", office, asked=of.asking(description=f"{QUESTION}？"))
    shown = browser(office, "disclosure").get(page(made))
    assert [each.number for each in shown.context["earlier"]] == [others.number, earlier.number]
    assert unlike.number not in shown.content.decode()
    # That the same person asked is nothing to those who need not know who asks.
    assert earlier.number not in browser(office, "secrecy").get(page(made)).content.decode()


def test_what_came_of_it_is_shown(office: Bureau) -> None:
    item = of.public_item(office)
    made = of.ripe(office)
    earlier = InformationRequest.objects.earliest("opened_at")
    taken(
        office,
        "disclosure",
        made,
        "reply",
        reply_type="already_public",
        reply_text="见目录。",
        public_item=item.index_number,
    )
    assert item.get_absolute_url() in browser(office, "supervisor").get(page(made)).content.decode()
    again = of.request_in("reviewing", office, at=moment("2026-11-02 09:20"))
    repeated = {"reply_type": "duplicate", "reply_text": "已答复。", "earlier": f" {earlier.number.lower()} "}
    taken(office, "disclosure", again, "reply", **repeated)
    assert again.earlier == earlier
    assert page(earlier) in browser(office, "supervisor").get(page(again)).content.decode()


# Reconsideration and suits ----------------------------------------------------------------------------------

REMEDY = {
    "remedy": "",
    "kind": "reconsideration",
    "opened_on": "2026-11-02",
    "result": "pending",
    "decided_on": "",
}


def note(office: Bureau, made: InformationRequest, who: str = "disclosure", **given: str) -> Any:
    return browser(office, who).post(page(made), {**REMEDY, **given})


def test_a_remedy_is_noted_and_decided(office: Bureau) -> None:
    made = of.request_in("replied", office)
    assert note(office, made).url == page(made)
    [remedy] = made.remedies.all()
    assert (remedy.kind, remedy.result, remedy.decided_on) == ("reconsideration", "pending", None)
    decided = {"remedy": str(remedy.pk), "result": "corrected", "decided_on": "2026-11-02"}
    assert note(office, made, **decided).status_code == 302
    [remedy] = made.remedies.all()
    assert (remedy.result, str(remedy.decided_on)) == ("corrected", "2026-11-02")
    # The suit after it is another one.
    assert note(office, made, kind="suit_after").status_code == 302
    assert made.remedies.count() == 2
    assert of.verbs_of(made)[-3:] == ["remedy_noted"] * 3
    for who in ("disclosure", "secrecy", "agency_head", "supervisor"):
        shown = browser(office, who).get(page(made))
        assert [each.kind for each in shown.context["remedies"]] == ["reconsideration", "suit_after"]
        assert (shown.context["remedy_form"] is not None) is (who == "disclosure")


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"kind": ""}, "kind"),
        ({"kind": "complaint"}, "kind"),
        ({"opened_on": ""}, "opened_on"),
        ({"opened_on": "2026-11-01"}, "opened_on"),
        ({"opened_on": "2026-11-03"}, "opened_on"),
        ({"result": "won"}, "result"),
        ({"result": "upheld"}, "decided_on"),
        ({"decided_on": "2026-11-02"}, "decided_on"),
        ({"result": "upheld", "decided_on": "2026-11-03"}, "decided_on"),
    ],
)
def test_a_wrong_remedy_is_said_at_its_field_and_stays(
    office: Bureau, given: dict[str, str], field: str
) -> None:
    made = of.request_in("replied", office)
    refused = note(office, made, **given)
    assert refused.status_code == 400
    form = refused.context["remedy_form"]
    assert list(form.errors) == [field]
    sent = {**REMEDY, **given}
    assert {name: form[name].value() for name in ("kind", "opened_on", "result", "decided_on")} == {
        name: sent[name] for name in ("kind", "opened_on", "result", "decided_on")
    }
    assert not made.remedies.exists()


def test_which_remedy_was_meant_stays_chosen(office: Bureau) -> None:
    made = of.request_in("replied", office)
    note(office, made)
    remedy = made.remedies.get()
    refused = note(office, made, remedy=str(remedy.pk), result="upheld")
    assert refused.status_code == 400
    assert f'<option value="{remedy.pk}" selected>' in refused.content.decode()
    assert made.remedies.get().result == "pending"


def test_a_remedy_of_another_request_is_none_of_this_one(office: Bureau) -> None:
    made, other = of.request_in("replied", office), of.request_in("replied", office)
    note(office, other)
    for key in (str(other.remedies.get().pk), "999999", "x"):
        refused = note(office, made, remedy=key, result="upheld", decided_on="2026-11-02")
        assert refused.status_code == 400, key
        assert refused.context["remedy_form"].non_field_errors()
    assert not made.remedies.exists()
    assert other.remedies.get().result == "pending"


def test_a_double_click_notes_a_remedy_once(office: Bureau) -> None:
    """Table 4 of the annual report counts them."""
    made = of.request_in("replied", office)
    officer = browser(office, "disclosure")
    mark = once(officer, page(made))
    for _click in range(2):
        assert officer.post(page(made), {**REMEDY, "once": mark}).url == page(made)
    assert made.remedies.count() == 1


def test_a_remedy_follows_an_answer_and_is_an_officers_to_note(office: Bureau) -> None:
    made = of.request_in("reviewing", office)
    assert note(office, made).status_code == 400
    answered = of.request_in("replied", office)
    for who in ("secrecy", "agency_head", "supervisor"):
        assert note(office, answered, who).status_code == 403
    assert not made.remedies.exists()
    assert not answered.remedies.exists()


# The own request --------------------------------------------------------------------------------------------


def test_the_applicant_reads_where_it_stands_and_of_nobody(office: Bureau) -> None:
    made = of.request_in("consulting", office)
    of.do(made, "urge", office, "supervisor", note="内部催办意见")
    answer = follows(made).get(own(made))
    text = answer.content.decode()
    assert QUESTION in text
    assert "no-store" in answer.headers["Cache-Control"]
    # Neither who works on it, nor what they say to one another, nor whom they ask.
    for inner in ("内部催办意见", "请说明是否涉及商业秘密。", of.THIRD_PARTY, made.lookup_code):
        assert inner not in text
    assert not [each.name for each in office.staff.values() if each.name in text]
    # The limit of the answer stands still meanwhile, and is shown with the other.
    assert {clock.deadline.term for clock in answer.context["clocks"]} == {"request.reply", "request.consult"}


def test_the_applicant_reads_the_answer(office: Bureau) -> None:
    made = of.request_in("reviewing:reviewed", office)
    of.do(made, "reply", office, files=[desks.upload("决算.jpg")])
    answer = follows(made).get(own(made))
    text = answer.content.decode()
    assert of.PROVIDED["reply_text"] in text
    assert [each.name for each in answer.context["given_files"]] == ["决算.jpg"]
    assert [row["paper"].purpose for row in answer.context["papers"]] == ["receipt", "reply"]
    # Once it is answered there is nothing to take back.
    assert forms(answer) == []


def test_the_applicant_supplements_it(office: Bureau) -> None:
    made = of.request_in("supplement", office)
    client = follows(made)
    assert forms(client.get(own(made))) == ["supplement", "withdraw"]
    sent = {
        "step": "supplement",
        "seen": made.version,
        "description": "青石路的决算",
        "uploads": [pdf("补正.pdf")],
    }
    done = client.post(own(made), sent)
    assert done.url == own(made)
    made.refresh_from_db()
    assert (made.state, made.description, made.files.get().name) == ("reviewing", "青石路的决算", "补正.pdf")
    assert "决算" in made.asked


def test_the_applicant_withdraws_it(office: Bureau) -> None:
    made = of.request_in("reviewing", office)
    done = follows(made).post(own(made), {"step": "withdraw", "seen": made.version, "note": ""})
    assert done.url == own(made)
    made.refresh_from_db()
    assert (made.state, made.outcome) == ("closed", "other")
    assert Event.objects.of(made.subject).last().actor_id is None  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("state", "given", "field"),
    [
        ("supplement", {"step": "supplement", "description": " ", "note": "已经写明"}, "description"),
        ("supplement", {"step": "supplement", "description": "字" * 2001}, "description"),
        # As it was: nothing has been made clear.
        ("supplement", {"step": "supplement", "description": QUESTION, "note": ""}, "description"),
        ("supplement", {"step": "supplement", "description": "决算", "uploads": "hostile"}, "uploads"),
        ("reviewing", {"step": "withdraw", "note": "字" * 1001}, "note"),
        ("reviewing", {"step": "withdraw", "note": "a\x00b"}, "note"),
    ],
)
def test_what_the_applicant_sends_wrong_is_said_at_its_field(
    office: Bureau, state: str, given: dict[str, str], field: str
) -> None:
    made = of.request_in(state, office)
    before = of.as_kept(made)
    sent = {"seen": made.version, **given} | ({"uploads": [program()]} if "uploads" in given else {})
    refused = follows(made).post(own(made), sent)
    assert (refused.status_code, list(refused.context["tried"].errors)) == (400, [field])
    for value in given.values():
        assert value in refused.content.decode() or value in ("a\x00b", "hostile", " ")
    assert of.as_kept(made) == before
    assert not RequestFile.objects.exists()


def test_the_office_that_was_first_has_no_name(office: Bureau) -> None:
    made = of.request_in("reviewing", office)
    client, seen = follows(made), made.version
    of.do(made, "ask_supplement", office)
    late = client.post(own(made), {"step": "withdraw", "seen": seen, "note": "不再需要这份决算"})
    assert late.status_code == 409
    text = late.content.decode()
    assert not [each.name for each in office.staff.values() if each.name in text]
    assert "不再需要这份决算" in text
    # Sent once more, it is about the request as it stands now.
    assert f'name="seen" value="{seen + 1}"' in text
    again = client.post(own(made), {"step": "withdraw", "seen": seen + 1, "note": "不再需要这份决算"})
    assert again.status_code == 302


def test_the_applicant_takes_no_step_of_the_office(office: Bureau) -> None:
    made = of.request_in("reviewing", office)
    before = of.as_kept(made)
    client = follows(made)
    for name in ("reply", "begin_review", "extend", "urge"):
        assert client.post(own(made), {"step": name, "seen": made.version, "note": "x"}).status_code == 403
    assert client.post(own(made), {"step": "vanish", "seen": made.version}).status_code == 400
    # What is not asked for is not brought.
    sent = {"step": "supplement", "seen": made.version, "description": "决算"}
    assert client.post(own(made), sent).status_code == 400
    assert of.as_kept(made) == before
    # Who follows nothing is led to where number and code are asked for.
    assert Client().post(own(made), sent).url == FOLLOW


def test_the_applicants_own_steps_are_counted_with_what_is_sent(office: Bureau) -> None:
    made = of.request_in("supplement", office)
    client = follows(made)
    for _each in range(20):
        client.post(own(made), {"step": "supplement", "seen": made.version})
    often = client.post(
        own(made), {"step": "supplement", "seen": made.version, "description": "青石路的决算"}
    )
    assert often.status_code == 429
    assert int(often["Retry-After"]) > 0
    assert "青石路的决算" in often.content.decode()
    made.refresh_from_db()
    assert made.state == "supplement"


def test_what_ended_without_an_answer_says_so(office: Bureau) -> None:
    made = of.request_in("closed:withdrawn", office)
    answer = follows(made).get(own(made))
    assert answer.status_code == 200
    assert forms(answer) == []
    assert "answer-head" in answer.content.decode()


# What it costs ----------------------------------------------------------------------------------------------


def test_the_list_costs_the_same_however_many_rows(office: Bureau) -> None:
    officer = browser(office, "disclosure")
    of.request_in("reviewing", office)
    few = queries_of(officer, LIST)
    for _each in range(5):
        of.request_in("consulting", office)
    assert queries_of(officer, LIST) == few <= MOST_QUERIES


def test_a_page_costs_the_same_whatever_belongs_to_it(office: Bureau) -> None:
    made = of.request_in("consulting", office)
    rich = of.request_in("consulting:two", office, asked=of.asking(files=[desks.upload("一.jpg", 1)]))
    for _each in range(4):
        of.do(rich, "urge", office, "supervisor")
    for who in ("disclosure", "secrecy", "supervisor"):
        client = browser(office, who)
        assert queries_of(client, page(made)) == queries_of(client, page(rich)) <= 18, who
    assert queries_of(follows(made), own(made)) == queries_of(follows(rich), own(rich)) <= MOST_QUERIES


def test_public_pages_cost_next_to_nothing(office: Bureau) -> None:
    assert queries_of(Client(), START) <= 1
    assert queries_of(Client(), APPLY) <= 1


def test_the_applicant_is_first_and_the_office_reads_that_it_was_the_portal(office: Bureau) -> None:
    made = of.request_in("reviewing", office)
    seen = made.version
    requesting.take(made, "withdraw", actor=CITIZEN, at=NOW)
    late = step(
        office, "disclosure", made, "reply", seen=seen, reply_type="internal", reply_text="属于内部事务"
    )
    assert late.status_code == 409
    assert "属于内部事务" in late.content.decode()
