"""Every step of a request and of a publication over the API: taken, refused at its field, or too late."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from disclosure import requesting
from disclosure.models import Disclosure, InformationRequest, Publication, RequestFile
from disclosure.serializers_cases import PUBLICATION_STEPS, REQUEST_STEPS
from portal.organisation.actors import CITIZEN
from tests.approvals.apis import client_of, send
from tests.bureau import Bureau, moment
from tests.disclosure import desks
from tests.disclosure import office as of
from tests.disclosure.desks import NOW, pdf, program
from tests.disclosure.office import CO_AGENCY, NAME, QUESTION, THIRD_PARTY
from tests.disclosure.test_cases_api import of_publication, of_request

founded, office, plain_papers = of.founded, of.office, of.plain_papers
today, fresh_cache = desks.today, desks.fresh_cache
pytestmark = pytest.mark.usefixtures("plain_papers")
TODAY = NOW.date().isoformat()
BASIS, NOTE = "《保守国家秘密法》，不涉密。", {"note": "按规定办理。"}
ANSWERED = {"reply_type": "internal", "reply_text": "该信息属于本机关内部管理事务。"}
PARTY = {"kind": "third_party", "name": THIRD_PARTY}


def step(office: Bureau, who: str, made: Any, name: str, given: Any = None, *, status: int = 200) -> Any:
    """What the API answers somebody who takes a step."""
    url = of_publication(made, name) if isinstance(made, Publication) else of_request(made, name)
    answer = send(client_of(office, who), url, given)
    assert answer.status_code == status, (name, answer.content)
    return answer.json()


# Requests: every way ----------------------------------------------------------------------------------------


def test_the_way_to_an_answer_with_its_files(office: Bureau) -> None:
    made = of.request_in("submitted", office)
    said = step(office, "disclosure", made, "register", {"received_on": TODAY, "seen": made.version})
    assert (said["state"], said["received_on"]) == ("registered", TODAY)
    assert {each["term"] for each in said["deadlines"] if not each["stopped_at"]} == {
        "request.notify",
        "request.reply",
    }
    assert step(office, "disclosure", made, "begin_review")["state"] == "reviewing"
    parties = [PARTY, {"kind": "co_agency", "name": CO_AGENCY}]
    said = step(office, "disclosure", made, "consult", {"parties": parties, "note": "请说明是否同意公开。"})
    assert said["state"] == "consulting"
    assert [(each["kind"], each["name"], each["answer"]) for each in said["consultations"]] == [
        ("third_party", THIRD_PARTY, ""),
        ("co_agency", CO_AGENCY, ""),
    ]
    first, second = (each["key"] for each in said["consultations"])
    objects = {"party": first, "answer": "objects", "reason": "涉及报价。"}
    assert step(office, "disclosure", made, "record_opinion", objects)["state"] == "consulting"
    said = step(office, "disclosure", made, "record_opinion", {"party": second, "answer": "agrees"})
    assert said["state"] == "reviewing"
    assert [(each["answer"], each["reason"]) for each in said["consultations"]] == [
        ("objects", "涉及报价。"),
        ("agrees", ""),
    ]
    assert step(office, "secrecy", made, "pass_secrecy", {"secrecy_basis": BASIS})["secrecy_basis"] == BASIS
    # Over an objection it is given only for a public interest.
    provided = {"reply_type": "provided", "reply_text": "现将决算表提供给你。"}
    assert set(step(office, "disclosure", made, "reply", provided, status=400)) == {"public_interest"}
    given = {**provided, "public_interest": "关系公共安全。", "files": [pdf("决算表.pdf")]}
    answer = client_of(office, "disclosure").post(of_request(made, "reply"), given, format="multipart")
    assert answer.status_code == 200, answer.content
    said = answer.json()
    assert (said["state"], said["reply_type"], said["outcome"]) == ("replied", "provided", "granted")
    assert [(each.name, each.is_given) for each in RequestFile.objects.all()] == [("决算表.pdf", True)]
    served = {"served_by": "net", "served_to": NAME, "served_on": TODAY}
    assert step(office, "disclosure", made, "deliver", served)["served_by"] == "net"
    said = step(office, "disclosure", made, "close")
    assert (said["state"], said["allowed"], said["due_at"]) == ("closed", [], None)
    assert said["closed_at"]


def test_a_supplement_is_asked_for_and_arrives(office: Bureau) -> None:
    made = of.request_in("registered", office)
    asked = {"supplement_days": 10, "note": "请写明路段。"}
    said = step(office, "disclosure", made, "ask_supplement", asked)
    # Ten working days from Monday 2 November: Monday 16 November.
    [clock] = [each for each in said["deadlines"] if not each["stopped_at"]]
    assert (said["state"], clock["term"], clock["due_on"]) == (
        "supplement",
        "request.supplement",
        "2026-11-16",
    )
    given = {"description": f"{QUESTION}，限青石路", "files": [pdf("说明.pdf")]}
    answer = client_of(office, "disclosure").post(of_request(made, "supplement"), given, format="multipart")
    assert answer.status_code == 200, answer.content
    assert (answer.json()["state"], answer.json()["description"]) == ("reviewing", f"{QUESTION}，限青石路")
    assert [(each.name, each.is_given) for each in RequestFile.objects.all()] == [("说明.pdf", False)]


def test_a_supplement_that_did_not_come_is_given_up(office: Bureau) -> None:
    made = of.request_in("supplement:over", office)
    said = step(office, "disclosure", made, "lapse", NOTE)
    assert (said["state"], said["outcome"], said["reply_type"]) == ("closed", "supplement_lapsed", "")


def test_a_fee_that_did_not_come_is_given_up(office: Bureau) -> None:
    made = of.request_in("fee:over", office)
    said = step(office, "disclosure", made, "lapse", NOTE)
    assert (said["state"], said["outcome"], said["reply_type"]) == ("closed", "fee_lapsed", "")


def test_more_time_is_asked_for_refused_and_given(office: Bureau) -> None:
    made = of.request_in("reviewing", office)
    asked = {"extension_asked": 10, "note": "需要检索的档案较多。"}
    assert step(office, "disclosure", made, "ask_extension", asked)["extension_asked"] == 10
    assert step(office, "agency_head", made, "refuse_extension", NOTE)["extension_asked"] is None
    step(office, "disclosure", made, "ask_extension", asked)
    said = step(office, "agency_head", made, "extend", {"extend_by": 10, "note": "同意延长。"})
    [clock] = [each for each in said["deadlines"] if each["term"] == "request.reply"]
    # Thirty working days from Monday 2 November: Monday 14 December.
    assert (said["extension_asked"], clock["due_on"]) == (None, "2026-12-14")
    # Once, and no more (art. 33).
    step(office, "agency_head", made, "extend", {"extend_by": 1, **NOTE}, status=400)


def test_a_fee_is_asked_for_and_paid(office: Bureau) -> None:
    made = of.request_in("reviewing", office)
    # 45 pages: 30 are free, 15 cost ten yuan each.
    said = step(office, "disclosure", made, "ask_fee", {"fee_by": "pages", "fee_pages": 45})
    assert (said["state"], said["fee_by"], said["fee_pages"], said["fee"]) == ("fee", "pages", 45, 150)
    said = step(office, "disclosure", made, "record_payment", {"paid_on": TODAY})
    assert (said["state"], said["paid_on"]) == ("reviewing", TODAY)


def test_it_is_withdrawn_and_urged(office: Bureau) -> None:
    made = of.request_in("reviewing", office)
    said = step(office, "supervisor", made, "urge", NOTE)
    assert (said["state"], said["version"]) == ("reviewing", made.version + 1)
    said = step(office, "disclosure", made, "withdraw", {"note": "申请人来电撤回。"})
    assert (said["state"], said["outcome"]) == ("closed", "other")


def test_every_kind_of_answer_is_taken(office: Bureau) -> None:
    item = of.public_item(office)
    for reply_type in of.REPLY_TYPES:
        with of.undone():
            made = of.ripe(office)
            earlier = InformationRequest.objects.earliest("opened_at")
            needs = {
                "public_item": item.index_number,
                "withheld_grounds": ["internal", "third_party"],
                "competent_agency": "样例市自然资源局",
                "earlier": earlier.number.lower(),
            }
            given = {name: needs[name] for name in of.REPLY_NEEDS.get(reply_type, ())}
            told = {"reply_type": reply_type, "reply_text": "现答复如下。", **given}
            said = step(office, "disclosure", made, "reply", told)
            assert (said["state"], said["reply_type"]) == ("replied", reply_type)
            assert (said["public_item"] == item.index_number) is ("public_item" in given)
            assert (said["earlier"] == earlier.number) is ("earlier" in given)
            assert said["withheld_grounds"] == given.get("withheld_grounds", [])


# Requests: what is refused ----------------------------------------------------------------------------------

REFUSED: list[tuple[str, str, str, dict[str, Any], str]] = [
    ("submitted", "disclosure", "register", {}, "received_on"),
    ("submitted", "disclosure", "register", {"received_on": "2026-02-30"}, "received_on"),
    ("submitted", "disclosure", "register", {"received_on": "2026-11-01"}, "received_on"),
    ("submitted", "disclosure", "register", {"received_on": TODAY, "note": "字" * 1001}, "note"),
    ("submitted", "disclosure", "register", {"received_on": TODAY, "seen": "new"}, "seen"),
    ("submitted", "disclosure", "begin_review", {}, "detail"),
    ("registered", "disclosure", "begin_review", {"note": "a\x00b"}, "note"),
    ("registered", "disclosure", "ask_supplement", {"supplement_days": 10}, "note"),
    ("registered", "disclosure", "ask_supplement", {"supplement_days": 10, "note": " "}, "note"),
    ("registered", "disclosure", "ask_supplement", NOTE, "supplement_days"),
    ("registered", "disclosure", "ask_supplement", {"supplement_days": 4, **NOTE}, "supplement_days"),
    ("registered", "disclosure", "ask_supplement", {"supplement_days": 31, **NOTE}, "supplement_days"),
    ("reviewing:supplemented", "disclosure", "ask_supplement", {"supplement_days": 5, **NOTE}, "detail"),
    ("supplement", "disclosure", "supplement", {}, "description"),
    ("supplement", "disclosure", "supplement", {"description": " "}, "description"),
    ("supplement", "disclosure", "supplement", {"description": "字" * 2001}, "description"),
    ("supplement", "disclosure", "supplement", {"description": "x", "files": ["x"]}, "files"),
    ("supplement", "disclosure", "lapse", NOTE, "detail"),
    ("supplement:over", "disclosure", "lapse", {}, "note"),
    # As it was: nothing has been made clear.
    ("supplement", "disclosure", "supplement", {"description": QUESTION}, "description"),
    ("fee", "disclosure", "lapse", NOTE, "detail"),
    ("reviewing", "disclosure", "consult", {"parties": [PARTY]}, "note"),
    ("reviewing", "disclosure", "consult", NOTE, "parties"),
    ("reviewing", "disclosure", "consult", {"parties": [], **NOTE}, "parties"),
    ("reviewing", "disclosure", "consult", {"parties": "x", **NOTE}, "parties"),
    ("reviewing", "disclosure", "consult", {"parties": ["x"], **NOTE}, "parties"),
    ("reviewing", "disclosure", "consult", {"parties": {"kind": "third_party"}, **NOTE}, "parties"),
    (
        "reviewing",
        "disclosure",
        "consult",
        {"parties": [PARTY, {"kind": "cat", "name": ""}], **NOTE},
        "parties",
    ),
    ("reviewing", "disclosure", "consult", {"parties": [{**PARTY, "name": "名" * 101}], **NOTE}, "parties"),
    ("reviewing", "disclosure", "consult", {"parties": [PARTY, PARTY], **NOTE}, "parties"),
    ("reviewing", "disclosure", "consult", {"parties": [{**PARTY, "name": NAME}], **NOTE}, "parties"),
    ("consulting", "disclosure", "record_opinion", {"answer": "agrees"}, "party"),
    ("consulting", "disclosure", "record_opinion", {"party": 0, "answer": "agrees"}, "party"),
    ("consulting", "disclosure", "record_opinion", {"party": 2**63, "answer": "agrees"}, "party"),
    ("consulting", "disclosure", "record_opinion", {"party": THIRD_PARTY, "answer": "agrees"}, "party"),
    ("consulting", "disclosure", "record_opinion", {"party": "first"}, "answer"),
    ("consulting", "disclosure", "record_opinion", {"party": "first", "answer": "silent"}, "answer"),
    ("consulting", "disclosure", "record_opinion", {"party": "first", "answer": "objects"}, "reason"),
    # It came between the letter and today; where no day is given it came today.
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
    ("reviewing", "secrecy", "pass_secrecy", {}, "secrecy_basis"),
    ("reviewing", "secrecy", "pass_secrecy", {"secrecy_basis": " "}, "secrecy_basis"),
    ("reviewing", "secrecy", "pass_secrecy", {"secrecy_basis": "字" * 501}, "secrecy_basis"),
    ("reviewing", "disclosure", "ask_extension", {"extension_asked": 21, **NOTE}, "extension_asked"),
    ("reviewing", "disclosure", "ask_extension", {"extension_asked": 5}, "note"),
    ("reviewing:asked", "disclosure", "ask_extension", {"extension_asked": 5, **NOTE}, "detail"),
    ("reviewing", "agency_head", "extend", {"extend_by": 0, **NOTE}, "extend_by"),
    ("reviewing", "agency_head", "extend", {"extend_by": 21, **NOTE}, "extend_by"),
    ("reviewing", "agency_head", "extend", {"extend_by": 5}, "note"),
    ("reviewing", "agency_head", "refuse_extension", NOTE, "detail"),
    ("reviewing:asked", "agency_head", "refuse_extension", {}, "note"),
    ("reviewing", "disclosure", "ask_fee", {}, "fee_by"),
    ("reviewing", "disclosure", "ask_fee", {"fee_by": "weight"}, "fee_by"),
    ("reviewing", "disclosure", "ask_fee", {"fee_by": "pages"}, "fee_pages"),
    ("reviewing", "disclosure", "ask_fee", {"fee_by": "pages", "fee_pages": 30}, "fee_by"),
    ("reviewing", "disclosure", "ask_fee", {"fee_by": "number"}, "fee_by"),
    ("reviewing", "disclosure", "ask_fee", {"fee_by": "number", "fee_pages": 45}, "fee_pages"),
    ("fee", "disclosure", "record_payment", {}, "paid_on"),
    ("fee", "disclosure", "record_payment", {"paid_on": "2026-11-01"}, "paid_on"),
    ("reviewing", "disclosure", "reply", {"reply_text": "x"}, "reply_type"),
    ("reviewing", "disclosure", "reply", {"reply_type": "maybe", "reply_text": "x"}, "reply_type"),
    ("reviewing", "disclosure", "reply", {"reply_type": "internal"}, "reply_text"),
    # Given only after its secrecy was reviewed (art. 17).
    ("reviewing", "disclosure", "reply", {"reply_type": "provided", "reply_text": "x"}, "reply_type"),
    (
        "reviewing:reviewed",
        "disclosure",
        "reply",
        {"reply_type": "partly", "reply_text": "x"},
        "withheld_grounds",
    ),
    ("reviewing", "disclosure", "reply", {**ANSWERED, "withheld_grounds": ["internal"]}, "withheld_grounds"),
    ("reviewing", "disclosure", "reply", {**ANSWERED, "withheld_grounds": ["whim"]}, "withheld_grounds"),
    ("reviewing", "disclosure", "reply", {**ANSWERED, "withheld_grounds": "internal"}, "withheld_grounds"),
    ("reviewing", "disclosure", "reply", {**ANSWERED, "public_item": "x"}, "public_item"),
    ("reviewing", "disclosure", "reply", {**ANSWERED, "public_item": "MB0DEM019/2026-09999"}, "public_item"),
    ("reviewing", "disclosure", "reply", {**ANSWERED, "public_item": "x\x00"}, "public_item"),
    ("reviewing", "disclosure", "reply", {**ANSWERED, "earlier": "YS-20200101-0001"}, "earlier"),
    ("reviewing", "disclosure", "reply", {**ANSWERED, "earlier": "YS-\x00"}, "earlier"),
    ("reviewing", "disclosure", "reply", {**ANSWERED, "earlier": "\ud800"}, "earlier"),
    ("reviewing", "disclosure", "reply", {**ANSWERED, "earlier": ["YS-20200101-0001"]}, "earlier"),
    ("reviewing", "disclosure", "reply", {**ANSWERED, "reply_type": "duplicate"}, "earlier"),
    ("reviewing", "disclosure", "reply", {**ANSWERED, "reply_type": "not_this_agency"}, "competent_agency"),
    ("reviewing", "disclosure", "reply", {**ANSWERED, "files": ["x"]}, "files"),
    ("replied", "disclosure", "deliver", {"served_to": NAME, "served_on": TODAY}, "served_by"),
    ("replied", "disclosure", "deliver", {"served_by": "net", "served_on": TODAY}, "served_to"),
    ("replied", "disclosure", "deliver", {"served_by": "net", "served_to": NAME}, "served_on"),
    (
        *("replied", "disclosure", "deliver"),
        {"served_by": "net", "served_to": NAME, "served_on": "2026-11-03"},
        "served_on",
    ),
    ("replied", "disclosure", "close", {}, "detail"),
    ("reviewing", "disclosure", "withdraw", {}, "note"),
    ("replied", "disclosure", "withdraw", NOTE, "detail"),
    ("reviewing", "supervisor", "urge", {}, "note"),
    ("closed", "supervisor", "urge", NOTE, "detail"),
]


def test_what_is_wrong_with_a_step_is_said_at_its_field(office: Bureau) -> None:
    assert {name for _state, _who, name, _given, _field in REFUSED} == set(REQUEST_STEPS)
    for state, who, name, given, field in REFUSED:
        with of.undone():
            made = of.request_in(state, office)
            before = of.as_kept(made)
            if given.get("party") == "first":
                given = {**given, "party": made.consultations.get().pk}
            # Escaped, so that half a surrogate pair can be sent at all.
            answer = client_of(office, who).post(
                of_request(made, name), json.dumps(given), content_type="application/json"
            )
            assert (answer.status_code, set(answer.json())) == (400, {field}), (name, given, answer.content)
            said = answer.json()[field]
            # A sentence, or a list of them, and nothing nested.
            assert isinstance(said, str if field == "detail" else list), said
            assert all(isinstance(each, str) for each in said), said
            assert of.as_kept(made) == before, (name, given)


def test_a_hostile_file_is_refused_and_nothing_is_answered(office: Bureau) -> None:
    made = of.request_in("reviewing", office)
    given = {**ANSWERED, "files": [pdf(), program("坏.pdf")]}
    answer = client_of(office, "disclosure").post(of_request(made, "reply"), given, format="multipart")
    assert (answer.status_code, set(answer.json())) == (400, {"files"})
    assert "坏.pdf" in answer.json()["files"][0]
    made.refresh_from_db()
    assert (made.state, RequestFile.objects.count()) == ("reviewing", 0)


def test_another_requests_party_is_not_this_ones(office: Bureau) -> None:
    made, other = of.request_in("consulting", office), of.request_in("consulting", office)
    given = {"party": other.consultations.get().pk, "answer": "agrees"}
    assert set(step(office, "disclosure", made, "record_opinion", given, status=400)) == {"party"}
    assert not other.consultations.exclude(answer="").exists()


def test_an_earlier_request_is_of_the_same_applicant(office: Bureau) -> None:
    other = of.request_in("replied", office, asked=of.of_a_company())
    made = of.request_in("reviewing", office, at=moment("2026-11-02 09:10"))
    given = {**ANSWERED, "reply_type": "duplicate", "earlier": other.number}
    assert set(step(office, "disclosure", made, "reply", given, status=400)) == {"earlier"}


def test_what_was_withdrawn_is_no_place_to_send_somebody_to(office: Bureau) -> None:
    from disclosure import actions

    item = of.public_item(office)
    actions.withdraw(item, reason="内容有误。", actor=office.actor("disclosure"), at=NOW)
    made = of.request_in("reviewing", office)
    given = {"reply_type": "already_public", "reply_text": "x", "public_item": item.index_number}
    assert set(step(office, "disclosure", made, "reply", given, status=400)) == {"public_item"}


def test_who_works_on_it_does_not_review_its_secrecy(office: Bureau) -> None:
    made = of.request_in("reviewing", office, who="officer_reviewer")
    said = step(office, "officer_reviewer", made, "pass_secrecy", {"secrecy_basis": BASIS}, status=403)
    assert "somebody else" in said["detail"]
    assert step(office, "secrecy", made, "pass_secrecy", {"secrecy_basis": BASIS})["secrecy_basis"] == BASIS


def test_who_asks_for_more_time_does_not_give_it(office: Bureau) -> None:
    made = of.request_in("reviewing", office, who="officer_head")
    step(office, "officer_head", made, "ask_extension", {"extension_asked": 5, **NOTE})
    step(office, "officer_head", made, "extend", {"extend_by": 5, **NOTE}, status=403)
    step(office, "agency_head", made, "extend", {"extend_by": 5, **NOTE})


# Publications: every way ------------------------------------------------------------------------------------


def test_the_way_into_the_catalogue(office: Bureau) -> None:
    made = of.publication_in("draft", office)
    assert step(office, "handler", made, "submit", {"seen": made.version})["state"] == "review"
    said = step(office, "secrecy", made, "pass_secrecy", {"secrecy_basis": BASIS})
    assert (said["state"], said["secrecy_basis"], said["items"]) == ("ready", BASIS, [])
    said = step(office, "disclosure", made, "publish")
    assert said["state"] == "published"
    [number] = said["items"]
    item = Disclosure.objects.get(index_number=number)
    [found] = APIClient().get("/api/v1/disclosures/").json()["results"]
    assert (found["index_number"], found["title"]) == (item.index_number, made.title)


def test_in_doubt_the_authority_decides(office: Bureau) -> None:
    for may, state in ((True, "ready"), (False, "dropped")):
        made = of.publication_in("review", office)
        assert step(office, "secrecy", made, "escalate", NOTE)["state"] == "escalated"
        given = {"may_be_public": may, "determined_by": "样例市国家保密局", "note": "样密函〔2026〕3号"}
        said = step(office, "secrecy", made, "record_determination", given)
        assert (said["state"], bool(said["secrecy_basis"])) == (state, True)


def test_a_third_party_is_heard_and_the_head_approves(office: Bureau) -> None:
    made = of.publication_in("third_party", office)
    given = {"third_party_answer": "objects", "public_interest": "关系公共安全。", **NOTE}
    said = step(office, "disclosure", made, "record_third_party", given)
    # Over an objection the agency's head decides (art. 15).
    assert (said["state"], said["third_party_answer"]) == ("approval", "objects")
    assert step(office, "agency_head", made, "approve")["state"] == "ready"


def test_it_is_put_on_a_day_and_taken_off_again(office: Bureau) -> None:
    made = of.publication_in("ready", office)
    said = step(office, "disclosure", made, "schedule", {"publish_on": "2026-11-05"})
    assert (said["state"], said["publish_on"]) == ("scheduled", "2026-11-05")
    said = step(office, "disclosure", made, "unschedule", NOTE)
    assert (said["state"], said["publish_on"]) == ("ready", None)


def test_it_is_sent_back_urged_and_dropped(office: Bureau) -> None:
    made = of.publication_in("review", office)
    assert step(office, "secrecy", made, "send_back", NOTE)["state"] == "draft"
    assert step(office, "supervisor", made, "urge", NOTE)["state"] == "draft"
    said = step(office, "handler", made, "drop", NOTE)
    assert (said["state"], said["allowed"]) == ("dropped", [])


# Publications: what is refused ------------------------------------------------------------------------------

PUBLICATION_REFUSED: list[tuple[str, str, str, dict[str, Any], str]] = [
    ("draft", "handler", "submit", {"note": "字" * 1001}, "note"),
    ("review", "handler", "submit", {}, "detail"),
    ("review", "secrecy", "pass_secrecy", {}, "secrecy_basis"),
    ("review", "secrecy", "pass_secrecy", {"secrecy_basis": "字" * 501}, "secrecy_basis"),
    ("draft", "secrecy", "pass_secrecy", {"secrecy_basis": BASIS}, "detail"),
    ("review", "secrecy", "escalate", {}, "note"),
    (
        "escalated",
        "secrecy",
        "record_determination",
        {"determined_by": "样例市国家保密局", **NOTE},
        "may_be_public",
    ),
    ("escalated", "secrecy", "record_determination", {"may_be_public": True, **NOTE}, "determined_by"),
    ("escalated", "secrecy", "record_determination", {"may_be_public": True, "determined_by": "局"}, "note"),
    (
        *("escalated", "secrecy", "record_determination"),
        {"may_be_public": None, "determined_by": "局", **NOTE},
        "may_be_public",
    ),
    ("third_party", "disclosure", "record_third_party", NOTE, "third_party_answer"),
    ("third_party", "disclosure", "record_third_party", {"third_party_answer": "consents"}, "note"),
    (
        "third_party",
        "disclosure",
        "record_third_party",
        {"third_party_answer": "silent", **NOTE},
        "public_interest",
    ),
    (
        "third_party",
        "disclosure",
        "record_third_party",
        {"third_party_answer": "perhaps", **NOTE},
        "third_party_answer",
    ),
    ("review", "agency_head", "approve", {}, "detail"),
    ("review", "disclosure", "publish", {}, "detail"),
    ("ready", "disclosure", "publish", {"seen": 2**31}, "seen"),
    ("ready", "disclosure", "schedule", {}, "publish_on"),
    ("ready", "disclosure", "schedule", {"publish_on": TODAY}, "publish_on"),
    # It has to be public within twenty working days (art. 26).
    ("ready", "disclosure", "schedule", {"publish_on": "2026-12-01"}, "publish_on"),
    ("scheduled", "disclosure", "unschedule", {}, "note"),
    ("review", "secrecy", "send_back", {}, "note"),
    ("draft", "handler", "drop", {"note": " "}, "note"),
    ("review", "supervisor", "urge", {}, "note"),
    ("dropped", "supervisor", "urge", NOTE, "detail"),
]


def test_what_is_wrong_with_a_step_of_a_publication_is_said_at_its_field(office: Bureau) -> None:
    assert {name for _state, _who, name, _given, _field in PUBLICATION_REFUSED} == set(PUBLICATION_STEPS)
    for state, who, name, given, field in PUBLICATION_REFUSED:
        with of.undone():
            made = of.publication_in(state, office)
            before = of.as_kept(made)
            answer = send(client_of(office, who), of_publication(made, name), given)
            assert (answer.status_code, set(answer.json())) == (400, {field}), (name, given, answer.content)
            assert of.as_kept(made) == before, (name, given)


def test_what_is_not_said_is_no_no(office: Bureau) -> None:
    """A form that is sent without the answer has not said that it may not be public."""
    made = of.publication_in("escalated", office)
    given = {"determined_by": "样例市国家保密局", "note": "样密函〔2026〕3号"}
    for kind in ("multipart", "json"):
        answer = client_of(office, "secrecy").post(
            of_publication(made, "record_determination"), given, format=kind
        )
        assert (answer.status_code, set(answer.json())) == (400, {"may_be_public"}), kind
    made.refresh_from_db()
    assert made.state == "escalated"


def test_a_text_that_tells_numbers_is_not_handed_in(office: Bureau) -> None:
    made = of.drafted(office, of.text(office, body=f"联系人电话{desks.MOBILE}。"))
    assert set(step(office, "handler", made, "submit", status=400)) == {"body"}


def test_who_wrote_it_neither_reviews_nor_approves_it(office: Bureau) -> None:
    made = of.publication_in("review", office, who="writer_reviewer")
    step(office, "writer_reviewer", made, "pass_secrecy", {"secrecy_basis": BASIS}, status=403)
    made = of.publication_in("approval", office, reviewer="reviewer_head")
    step(office, "reviewer_head", made, "approve", status=403)
    assert step(office, "agency_head", made, "approve")["state"] == "ready"


def test_a_colleague_of_the_unit_hands_in_only_the_own_texts(office: Bureau) -> None:
    made = of.publication_in("draft", office)
    assert step(office, "handler2", made, "submit", status=403)["detail"] == "Somebody else wrote this."
    assert step(office, "handler2", made, "drop", NOTE, status=403)
    # An officer sees to any.
    assert step(office, "disclosure", made, "submit")["state"] == "review"


# Too late ---------------------------------------------------------------------------------------------------


def test_the_second_of_two_is_told_who_was_first(office: Bureau) -> None:
    made = of.request_in("reviewing", office)
    step(office, "disclosure2", made, "reply", {**ANSWERED, "seen": made.version})
    said = step(office, "disclosure", made, "reply", {**ANSWERED, "seen": made.version}, status=409)
    assert office.staff["disclosure2"].name in said["detail"]
    # Without `seen` it is said that it is no longer possible.
    assert set(step(office, "disclosure", made, "reply", ANSWERED, status=400)) == {"detail"}
    assert InformationRequest.objects.get(pk=made.pk).version == made.version + 1
    text = of.publication_in("review", office)
    given = {"secrecy_basis": BASIS, "seen": text.version}
    step(office, "secrecy2", text, "pass_secrecy", given)
    said = step(office, "secrecy", text, "pass_secrecy", given, status=409)
    assert office.staff["secrecy2"].name in said["detail"]


def test_the_applicant_may_be_first(office: Bureau) -> None:
    made = of.request_in("reviewing", office)
    requesting.take(made, "withdraw", actor=CITIZEN, at=NOW)
    given = {**ANSWERED, "seen": made.version}
    said = step(office, "disclosure", made, "reply", given, status=409)
    assert NAME not in said["detail"]


# What a step costs ------------------------------------------------------------------------------------------

# state, who, step, what is given; the most that the whole request may cost, with reading and answering.
COSTS: list[tuple[str, str, str, dict[str, Any]]] = [
    ("submitted", "disclosure", "register", {"received_on": TODAY}),
    ("registered", "disclosure", "begin_review", {}),
    ("reviewing", "disclosure", "consult", {"parties": [PARTY], **NOTE}),
    ("reviewing", "secrecy", "pass_secrecy", {"secrecy_basis": BASIS}),
    ("reviewing", "agency_head", "extend", {"extend_by": 5, **NOTE}),
    ("reviewing", "disclosure", "reply", ANSWERED),
    ("reviewing", "disclosure", "withdraw", NOTE),
]
MOST = 40


def test_what_a_step_costs(office: Bureau) -> None:
    for state, who, name, given in COSTS:
        made, client = of.request_in(state, office), client_of(office, who)
        client.get(of_request(made))
        with CaptureQueriesContext(connection) as queries:
            assert send(client, of_request(made, name), given).status_code == 200
        assert sum("SAVEPOINT" not in each["sql"] for each in queries) <= MOST, name
