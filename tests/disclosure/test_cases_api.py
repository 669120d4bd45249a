"""Requests and publications over the API: who may do what, to apply, what is told, and what it costs."""

from __future__ import annotations

import json
import re
import uuid
from datetime import date
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.authtoken.models import Token
from rest_framework.test import APIClient

from disclosure.api_urls import urlpatterns
from disclosure.models import InformationRequest, Publication, RequestFile
from disclosure.rules import publication as publication_rules
from disclosure.rules import request as request_rules
from disclosure.serializers_cases import PUBLICATION_STEPS, REQUEST_STEPS
from portal.ledger.models import Event
from tests.approvals.apis import client_of, cost, send
from tests.bureau import Bureau, moment
from tests.disclosure import desks
from tests.disclosure import office as of
from tests.disclosure.desks import ASKS, KNOWN, MASKED, NOBODY, gets, pdf, photo, program
from tests.disclosure.office import CREDIT_CODE, ID_NUMBER, NAME, QUESTION

founded, office, plain_papers = of.founded, of.office, of.plain_papers
today, fresh_cache = desks.today, desks.fresh_cache
pytestmark = pytest.mark.usefixtures("plain_papers")
REQUESTS, PUBLICATIONS = "/api/v1/information-requests/", "/api/v1/publications/"
RECEIVED, CATALOGUE = f"{REQUESTS}received/", "/api/v1/disclosures/"
PERSONAL = (*KNOWN, "199-0000-0001", desks.EMAIL, desks.ADDRESS, QUESTION)


def apply(given: dict[str, Any] | None = None, **headers: str) -> Any:
    return send(APIClient(), REQUESTS, {**ASKS, **(given or {})}, **headers)


def receive(office: Bureau, given: dict[str, Any] | None = None, **headers: str) -> Any:
    told = {**ASKS, "channel": "counter", "received_on": "2026-11-02", **(given or {})}
    return send(client_of(office, "disclosure"), RECEIVED, told, **headers)


def of_request(made: InformationRequest, step: str = "") -> str:
    return f"{REQUESTS}{made.number}/{step}/" if step else f"{REQUESTS}{made.number}/"


def of_publication(made: Publication, step: str = "") -> str:
    return f"{PUBLICATIONS}{made.number}/{step}/" if step else f"{PUBLICATIONS}{made.number}/"


# Every address × every role ---------------------------------------------------------------------------------

OFFICER = gets(200, "disclosure")
DESK = gets(200, "disclosure", "secrecy", "agency_head", "supervisor")
# Handlers see the publications of their own unit; this one is the greening division's.
LISTED = DESK | dict.fromkeys(("handler", "handler_roads"), 200)
ONE = LISTED | {"handler_roads": 404}
EVERYONE = dict.fromkeys(NOBODY, 200)
# Nothing is given, so that 400 means: it is theirs to do.
API: dict[tuple[str, str], dict[str, int]] = {
    ("get", "disclosures/"): EVERYONE,
    ("get", "information-requests/"): DESK,
    ("post", "information-requests/"): dict.fromkeys(NOBODY, 400),
    ("post", "information-requests/received/"): gets(400, "disclosure"),
    ("get", "information-requests/{request}/"): DESK,
    ("get", "publications/"): LISTED,
    ("get", "publications/{publication}/"): ONE,
}
# Whose step it is, of a request that is being worked on; whether it is possible now is said to them alone.
REQUEST_STEP_ROLES: dict[str, set[str]] = {
    "register": {"disclosure"},
    "begin_review": {"disclosure"},
    "ask_supplement": {"disclosure"},
    "supplement": {"disclosure"},
    "lapse": {"disclosure"},
    "consult": {"disclosure"},
    "record_opinion": {"disclosure"},
    "pass_secrecy": {"secrecy"},
    "ask_extension": {"disclosure"},
    "extend": {"agency_head"},
    "refuse_extension": {"agency_head"},
    "ask_fee": {"disclosure"},
    "record_payment": {"disclosure"},
    "reply": {"disclosure"},
    "deliver": {"disclosure"},
    "close": {"disclosure"},
    "withdraw": {"disclosure"},
    "urge": {"supervisor"},
}
# Of a publication in secrecy review that the handler wrote.
PUBLICATION_STEP_ROLES: dict[str, set[str]] = {
    "submit": {"handler", "disclosure"},
    "pass_secrecy": {"secrecy"},
    "escalate": {"secrecy"},
    "record_determination": {"secrecy"},
    "record_third_party": {"disclosure"},
    "approve": {"agency_head"},
    "publish": {"disclosure"},
    "schedule": {"disclosure"},
    "unschedule": {"disclosure"},
    # Back to its author it goes from whoever has it now.
    "send_back": {"secrecy"},
    "drop": {"handler", "disclosure"},
    "urge": {"supervisor"},
}


@pytest.fixture
def places(office: Bureau) -> dict[str, str]:
    return {
        "request": of.request_in("reviewing", office).number,
        "publication": of.publication_in("review", office).number,
    }


def test_who_may_ask_the_api(office: Bureau, places: dict[str, str]) -> None:
    for who in NOBODY:
        # Nobody has asked too often yet.
        cache.clear()
        client = client_of(office, who)
        for (method, address), expected in API.items():
            answer = getattr(client, method)("/api/v1/" + address.format(**places))
            assert answer.status_code == expected[who], (who, method, address)


def test_who_may_take_which_step(office: Bureau, places: dict[str, str]) -> None:
    """Nothing fit is given, so that nothing happens where the step is one's own."""
    tables = (
        (REQUESTS + places["request"], REQUEST_STEP_ROLES, DESK),
        (PUBLICATIONS + places["publication"], PUBLICATION_STEP_ROLES, ONE),
    )
    events = Event.objects.count()
    for who in NOBODY:
        client = client_of(office, who)
        for address, steps, sees in tables:
            for step, whose in steps.items():
                expected = 400 if who in whose else 403 if sees[who] == 200 else sees[who]
                answer = send(client, f"{address}/{step}/", {"seen": -1})
                assert answer.status_code == expected, (who, step, answer.content)
                assert client.get(f"{address}/{step}/").status_code in (403, 405)
    assert Event.objects.count() == events


def test_every_address_stands_in_the_tables() -> None:
    taken = {f"api-request-{step}" for step in REQUEST_STEPS}
    taken |= {f"api-publication-{step}" for step in PUBLICATION_STEPS}
    others = {each.name for each in urlpatterns} - taken
    assert len(others) == len({address for _method, address in API}) == 6
    assert set(REQUEST_STEP_ROLES) == set(REQUEST_STEPS)
    assert set(PUBLICATION_STEP_ROLES) == set(PUBLICATION_STEPS)


def test_every_step_of_the_workflows_has_its_address() -> None:
    """But for what the clock does; to change a text has a page."""
    clock = {"supplement_over", "consultation_over", "fee_over"}
    assert set(REQUEST_STEPS) == set(request_rules.WORKFLOW.transitions) - clock
    assert set(PUBLICATION_STEPS) == set(publication_rules.WORKFLOW.transitions) - {"revise"}


def test_another_units_text_looks_like_what_is_not_there(office: Bureau, places: dict[str, str]) -> None:
    client = client_of(office, "handler_roads")
    for step in ("", "urge/", "drop/"):
        answers = [
            send(client, f"{PUBLICATIONS}{number}/{step}", {"note": "x"})
            if step
            else client.get(f"{PUBLICATIONS}{number}/")
            for number in (places["publication"], "GK-20260101-9999")
        ]
        assert [each.status_code for each in answers] == [404, 404]
        assert answers[0].content == answers[1].content


@pytest.mark.parametrize(
    "number", ["1", "SP-20261102-0001", "YS-20261102-0001'--", "YS-20261102-٠٠٠١", "x" * 500]
)
def test_what_is_no_number_is_no_page(office: Bureau, number: str) -> None:
    officer = client_of(office, "disclosure")
    for place in (REQUESTS, PUBLICATIONS):
        assert officer.get(f"{place}{number}/").status_code == 404
    # Nor is one kind's number the other's.
    assert officer.get(of_request(of.request_in("submitted", office)).replace("YS", "GK")).status_code == 404


def test_a_program_works_with_a_token(office: Bureau) -> None:
    made = of.request_in("submitted", office)
    key = Token.objects.create(user=office.staff["disclosure"]).key
    program = APIClient(headers={"Authorization": f"Token {key}"})
    answer = send(program, of_request(made, "register"), {"received_on": "2026-11-02"})
    assert answer.status_code == 200, answer.content
    assert answer.json()["state"] == "registered"


# Applying ---------------------------------------------------------------------------------------------------


def test_anyone_applies_without_an_account(office: Bureau) -> None:
    answer = apply({"may_publish": True, "wanted_number": "样城管〔2026〕5号"})
    assert answer.status_code == 201, answer.content
    made, said = InformationRequest.objects.get(), answer.json()
    assert set(said) == {"number", "code", "lookup_code", "state", "deadlines"}
    assert re.fullmatch(r"YS-20261102-\d{4}", said["number"])
    assert said["code"] == said["lookup_code"] == made.lookup_code
    assert (said["number"], said["state"]) == (made.number, "submitted")
    # Three working days to confirm it: Tuesday, Wednesday, Thursday.
    [clock] = said["deadlines"]
    assert (clock["term"], clock["due_on"]) == ("request.confirm", "2026-11-05")
    assert [each["date"] for each in clock["explanation"] if each["counted"]] == [
        "2026-11-03",
        "2026-11-04",
        "2026-11-05",
    ]
    assert "no-store" in answer.headers["Cache-Control"]
    text = answer.content.decode()
    assert not [each for each in PERSONAL if each in text]


def test_what_is_kept_of_it(office: Bureau) -> None:
    apply({"may_publish": True, "wanted_title": " 修剪决算 "})
    kept = InformationRequest.objects.values(
        *("channel", "applicant_kind", "applicant_name", "applicant_number", "phone", "email", "address"),
        *("description", "wanted_title", "wanted_form", "wanted_delivery", "may_publish", "title"),
        *("received_on", "reply_type", "outcome"),
    ).get()
    assert kept == {
        "channel": "web",
        "applicant_kind": "person",
        "applicant_name": NAME,
        "applicant_number": ID_NUMBER,
        "phone": "19900000001",
        "email": desks.EMAIL,
        "address": desks.ADDRESS,
        "description": QUESTION,
        "wanted_title": "修剪决算",
        "wanted_form": "electronic",
        "wanted_delivery": "net",
        "may_publish": True,
        "title": "修剪决算",
        # The day is there when both sides have confirmed it (art. 31).
        "received_on": None,
        "reply_type": "",
        "outcome": "",
    }
    made = InformationRequest.objects.get()
    assert (made.holder, made.unit) == (office.staff["disclosure"], office.units["bureau"])
    [event] = Event.objects.of(made.subject)
    assert (event.verb, event.actor_id) == ("submit", None)
    assert not [each for each in PERSONAL if each in json.dumps(event.data, ensure_ascii=False)]


def test_unless_said_otherwise_the_answer_comes_over_the_net(office: Bureau) -> None:
    given = {name: value for name, value in ASKS.items() if not name.startswith("wanted_")}
    assert send(APIClient(), REQUESTS, given).status_code == 201
    made = InformationRequest.objects.get()
    assert (made.wanted_form, made.wanted_delivery, made.may_publish) == ("electronic", "net", False)


def test_who_works_here_applies_as_anyone(office: Bureau) -> None:
    """The public address takes what citizens send, whoever is signed in."""
    assert send(client_of(office, "clerk"), REQUESTS, ASKS).status_code == 201
    made = InformationRequest.objects.get()
    assert made.channel == "web"
    assert Event.objects.of(made.subject).get().actor_id is None


def test_files_come_as_form_data(office: Bureau) -> None:
    given = {**ASKS, "files": [photo("身份证.jpg"), pdf("说明.pdf")]}
    answer = APIClient().post(REQUESTS, given, format="multipart")
    assert answer.status_code == 201, answer.content
    kept = RequestFile.objects.order_by("id")
    assert [(each.name, each.kind, each.is_given) for each in kept] == [
        ("身份证.jpg", "jpg", False),
        ("说明.pdf", "pdf", False),
    ]
    assert not [each.name for each in kept if each.name in answer.content.decode()]


def test_a_hostile_file_is_refused_by_name(office: Bureau) -> None:
    given = {**ASKS, "files": [photo(), program("函.pdf")]}
    answer = APIClient().post(REQUESTS, given, format="multipart", headers={"Accept-Language": "en"})
    assert (answer.status_code, set(answer.json())) == (400, {"files"})
    [sentence] = answer.json()["files"]
    assert sentence.startswith("函.pdf: ")
    assert not InformationRequest.objects.exists()
    assert not RequestFile.objects.exists()


@pytest.mark.parametrize("files", ["x", ["x"], {"1": "x"}, 7, [None]])
def test_what_is_no_file_is_none(office: Bureau, files: Any) -> None:
    answer = apply({"files": files})
    assert (answer.status_code, set(answer.json())) == (400, {"files"})
    assert all(isinstance(each, str) for each in answer.json()["files"])


def test_at_most_five_files_come_with_it(office: Bureau) -> None:
    for count, status in ((6, 400), (5, 201)):
        given = {**ASKS, "files": [photo(f"{each}.jpg", shade=each) for each in range(count)]}
        assert APIClient().post(REQUESTS, given, format="multipart").status_code == status


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"applicant_kind": "cat"}, "applicant_kind"),
    ({"applicant_kind": ["person"]}, "applicant_kind"),
    ({"applicant_kind": ""}, "applicant_kind"),
    ({"applicant_name": ""}, "applicant_name"),
    ({"applicant_name": "名" * 101}, "applicant_name"),
    ({"applicant_name": "一\n二"}, "applicant_name"),
    ({"applicant_number": ""}, "applicant_number"),
    ({"applicant_number": ID_NUMBER[:-1] + "8"}, "applicant_number"),
    ({"applicant_number": CREDIT_CODE}, "applicant_number"),
    ({"applicant_number": "1" * 31}, "applicant_number"),
    ({"applicant_number": "a\x00b"}, "applicant_number"),
    # A body has a credit code, and somebody who speaks for it.
    ({"applicant_kind": "company", "representative": "范样例"}, "applicant_number"),
    ({"applicant_kind": "company", "applicant_number": CREDIT_CODE}, "representative"),
    ({"representative": "代" * 61}, "representative"),
    ({"phone": "no number"}, "phone"),
    ({"phone": "", "email": "", "address": ""}, "phone"),
    ({"email": "nobody"}, "email"),
    ({"address": "址" * 201}, "address"),
    ({"description": " "}, "description"),
    ({"description": "\x01"}, "description"),
    ({"description": "a\x00b"}, "description"),
    ({"description": "\ud800"}, "description"),
    ({"description": "字" * 2001}, "description"),
    ({"wanted_title": "题" * 101}, "wanted_title"),
    ({"wanted_title": "\u202e反"}, "wanted_title"),
    ({"wanted_number": "号" * 61}, "wanted_number"),
    ({"wanted_form": "film"}, "wanted_form"),
    ({"wanted_delivery": "pigeon"}, "wanted_delivery"),
    # Paper does not go over the net, and nothing goes by post without an address.
    ({"wanted_form": "paper"}, "wanted_delivery"),
    ({"wanted_delivery": "post", "address": ""}, "address"),
    ({"may_publish": "perhaps"}, "may_publish"),
]


@pytest.mark.parametrize(("given", "field"), WRONG)
def test_what_is_wrong_is_said_at_its_field(office: Bureau, given: dict[str, Any], field: str) -> None:
    events = Event.objects.count()
    # Escaped, so that half a surrogate pair can be sent at all.
    answer = APIClient().post(REQUESTS, json.dumps({**ASKS, **given}), content_type="application/json")
    assert answer.status_code == 400, answer.content
    assert set(answer.json()) == {field}
    assert not InformationRequest.objects.exists()
    assert Event.objects.count() == events


@pytest.mark.parametrize("body", ["", "[", "[]", '"text"', "null", "12"])
def test_what_is_no_object_is_refused(office: Bureau, body: str) -> None:
    answer = APIClient().post(REQUESTS, body, content_type="application/json")
    assert answer.status_code == 400, answer.content


def test_everything_wrong_is_said_at_once_and_in_the_readers_language(office: Bureau) -> None:
    wrong = {"applicant_name": "", "phone": "x", "wanted_form": "film"}
    english, chinese = apply(wrong).json(), apply(wrong, **{"Accept-Language": "zh-hans"}).json()
    assert set(english) == set(chinese) == {"applicant_name", "phone", "wanted_form"}
    assert english["applicant_name"] != chinese["applicant_name"]
    mistyped = apply({"applicant_number": ID_NUMBER[:-1] + "8"}).json()
    assert mistyped["applicant_number"] == ["This ID number is mistyped: its check digit does not fit."]


def test_requests_from_one_address_are_limited(office: Bureau) -> None:
    statuses = [apply({"phone": "x"}).status_code for _each in range(21)]
    assert statuses == [400] * 20 + [429]
    # Officers who enter what came are not slowed down, nor is who reads.
    assert receive(office).status_code == 201
    assert client_of(office, "disclosure").get(REQUESTS).status_code == 200


# A lost connection ------------------------------------------------------------------------------------------


def test_the_same_request_is_received_once(office: Bureau) -> None:
    key = {"Idempotency-Key": str(uuid.uuid4())}
    first, second = apply(**key), apply(**key)
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert InformationRequest.objects.count() == 1
    # As long as nobody says that it is the same, it is another; so is another content.
    numbers = {
        first.json()["number"],
        apply().json()["number"],
        apply({"description": "另一份决算"}, **key).json()["number"],
        apply(**{"Idempotency-Key": str(uuid.uuid4())}).json()["number"],
    }
    assert len(numbers) == InformationRequest.objects.count() == 4


def test_the_same_files_make_the_same_request(office: Bureau) -> None:
    key = {"Idempotency-Key": str(uuid.uuid4())}

    def sent(shade: int) -> str:
        given = {**ASKS, "files": [photo(shade=shade)]}
        answer = APIClient().post(REQUESTS, given, format="multipart", headers=key)
        assert answer.status_code == 201, answer.content
        return str(answer.json()["number"])

    assert sent(10) == sent(10) != sent(20)


def test_a_refused_request_may_be_sent_again_under_its_key(office: Bureau) -> None:
    key = {"Idempotency-Key": str(uuid.uuid4())}
    # What only the rules refuse has passed the fields.
    company = {"applicant_kind": "company", "applicant_number": CREDIT_CODE}
    assert apply(company, **key).status_code == 400
    assert apply(company, **key).json() == {"representative": ["Please name who speaks for it."]}
    assert apply({**company, "representative": "范样例"}, **key).status_code == 201


def test_of_two_at_the_same_moment_the_second_waits(office: Bureau, monkeypatch: pytest.MonkeyPatch) -> None:
    from disclosure import api_cases

    monkeypatch.setattr(cache, "add", lambda *args: False)
    monkeypatch.setattr(cache, "get", lambda *args: "")
    monkeypatch.setattr(api_cases.Requests, "get_throttles", lambda self: [])
    answer = apply(**{"Idempotency-Key": str(uuid.uuid4())})
    assert answer.status_code == 409
    assert "being saved already" in answer.json()["detail"]
    assert not InformationRequest.objects.exists()


@pytest.mark.parametrize("key", ["1", "not-a-uuid", "x" * 1000])
def test_a_key_is_a_uuid(office: Bureau, key: str) -> None:
    for answer in (apply(**{"Idempotency-Key": key}), receive(office, **{"Idempotency-Key": key})):
        assert (answer.status_code, set(answer.json())) == (400, {"Idempotency-Key"})
    assert not InformationRequest.objects.exists()


# What came by post or over the counter ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("channel", "day", "state", "received_on"),
    [
        # In person the day of handing in, today where nothing is said; signed-for post the day of signing.
        ("counter", None, "registered", "2026-11-02"),
        ("counter", "2026-10-30", "registered", "2026-10-30"),
        ("post_signed", "2026-10-30", "registered", "2026-10-30"),
        # These are confirmed with the applicant first.
        ("post_plain", None, "submitted", None),
        ("fax", None, "submitted", None),
    ],
)
def test_an_officer_enters_what_came(
    office: Bureau, channel: str, day: str | None, state: str, received_on: str | None
) -> None:
    answer = receive(office, {"channel": channel, "received_on": day})
    assert answer.status_code == 201, answer.content
    made, said = InformationRequest.objects.get(), answer.json()
    assert (said["number"], said["code"], said["state"]) == (made.number, made.lookup_code, state)
    assert made.channel == channel
    assert made.received_on == (date.fromisoformat(received_on) if received_on else None)
    assert made.holder == office.staff["disclosure"]
    terms = {each["term"] for each in said["deadlines"] if each["stopped_at"] is None}
    assert terms == ({"request.notify", "request.reply"} if received_on else {"request.confirm"})


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"channel": ""}, "channel"),
        ({"channel": "web"}, "channel"),
        ({"channel": "pigeon"}, "channel"),
        ({"received_on": "2026-02-30"}, "received_on"),
        ({"received_on": "2026-11-03"}, "received_on"),
        ({"channel": "post_signed", "received_on": None}, "received_on"),
        ({"applicant_number": "1"}, "applicant_number"),
        ({"phone": "", "email": "", "address": ""}, "phone"),
    ],
)
def test_what_does_not_fit_a_letter_is_said_at_its_field(
    office: Bureau, given: dict[str, Any], field: str
) -> None:
    answer = receive(office, given)
    assert (answer.status_code, set(answer.json())) == (400, {field})
    assert not InformationRequest.objects.exists()


def test_of_a_letter_the_address_may_be_all_there_is(office: Bureau) -> None:
    given = {"phone": "", "email": ""}
    assert receive(office, given).status_code == 201
    made = InformationRequest.objects.get()
    assert (made.phone, made.email, made.address) == ("", "", desks.ADDRESS)


def test_what_came_is_entered_once(office: Bureau) -> None:
    key = {"Idempotency-Key": str(uuid.uuid4())}
    numbers = [
        receive(office, given, **key).json()["number"]
        # By another way, or on another day, it is another letter.
        for given in ({}, {}, {"channel": "post_signed"}, {"received_on": "2026-10-30"})
    ]
    assert numbers[0] == numbers[1]
    assert len(set(numbers)) == InformationRequest.objects.count() == 3


# What is told -----------------------------------------------------------------------------------------------


def told(office: Bureau, who: str, url: str) -> Any:
    answer = client_of(office, who).get(url, headers={"Accept-Language": "en"})
    assert answer.status_code == 200, answer.content
    assert "no-store" in answer.headers["Cache-Control"]
    return answer.json()


READS = {"disclosure": KNOWN, "secrecy": MASKED, "agency_head": MASKED, "supervisor": MASKED}


def test_who_learns_who_asks(office: Bureau) -> None:
    made = of.request_in("consulting", office)
    company = of.request_in("submitted", office, asked=of.of_a_company())
    for who, (name, number, phone) in READS.items():
        said = told(office, who, of_request(made))
        assert (said["applicant_name"], said["applicant_number"], said["phone"]) == (name, number, phone), who
        # Whom it might harm is asked by the officers, and known to them.
        assert [each["name"] for each in said["consultations"]] == (
            [of.THIRD_PARTY] if who == "disclosure" else []
        )
        # The name and the code of a body are public.
        said = told(office, who, of_request(company))
        assert (said["applicant_name"], said["applicant_number"]) == ("样例建设有限公司", CREDIT_CODE), who
        assert said["phone"] == phone
        # In lists nobody needs it.
        listed = client_of(office, who).get(REQUESTS).content.decode()
        assert made.number in listed
        assert not [each for each in (*KNOWN, *MASKED, "样例建设有限公司", CREDIT_CODE) if each in listed]


def test_a_request_is_told_whole(office: Bureau) -> None:
    made = of.do(of.request_in("replied", office), "deliver", office)
    said = told(office, "disclosure", of_request(made))
    assert (said["number"], said["state"], said["state_label"]) == (made.number, "delivered", "delivered")
    assert (said["unit"], said["holder"]) == ("bureau", office.staff["disclosure"].name)
    assert (said["reply_type"], said["outcome"]) == ("provided", "granted")
    assert (said["received_on"], said["served_on"], said["served_by"]) == ("2026-11-02", "2026-11-02", "net")
    assert (said["channel"], said["applicant_kind"], said["fee"]) == ("web", "person", 0)
    assert said["description"] == QUESTION
    assert {each["term"] for each in said["deadlines"] if each["stopped_at"] is None} == set()
    assert (said["allowed"], said["version"]) == (["close"], made.version)
    # The one who received it, and how the applicant is reached, are not told.
    assert not {"served_to", "email", "address", "lookup_code", "code"} & set(said)


def test_a_publication_is_told_whole(office: Bureau) -> None:
    made = of.publication_in("published", office)
    [entry] = made.entries.select_related("item")
    assert entry.item is not None
    said = told(office, "handler", of_publication(made))
    assert (said["number"], said["state"], said["title"]) == (made.number, "published", entry.title)
    assert (said["occasion"], said["author"], said["unit"]) == (
        "made",
        office.staff["handler"].name,
        "greening",
    )
    assert (said["items"], said["corrects"]) == ([entry.item.index_number], None)
    assert said["secrecy_basis"] == of.PUBLICATION_ENTERED["pass_secrecy"]["secrecy_basis"]
    assert said["allowed"] == []
    [clock] = said["deadlines"]
    # Twenty working days from Monday 2 November: Monday 30 November.
    assert (clock["term"], clock["due_on"]) == ("publication.publish", "2026-11-30")


def test_the_steps_that_may_be_taken_are_told(office: Bureau) -> None:
    made = of.request_in("reviewing", office)
    assert {who: told(office, who, of_request(made))["allowed"] for who in READS} == {
        "disclosure": ["ask_supplement", "consult", "ask_extension", "ask_fee", "reply", "withdraw"],
        "secrecy": ["pass_secrecy"],
        "agency_head": ["extend"],
        "supervisor": ["urge"],
    }
    draft = of.publication_in("draft", office)
    readers = ("handler", "disclosure", "secrecy", "agency_head", "supervisor")
    # To change a text has a page and no address here.
    assert {who: told(office, who, of_publication(draft))["allowed"] for who in readers} == {
        "handler": ["submit", "drop"],
        "disclosure": ["submit", "drop"],
        "secrecy": [],
        "agency_head": [],
        "supervisor": ["urge"],
    }


# Lists ------------------------------------------------------------------------------------------------------


def listed(office: Bureau, who: str, url: str, **query: str) -> list[str]:
    answer = client_of(office, who).get(url, query)
    assert answer.status_code == 200, answer.content
    return [row["number"] for row in answer.json()["results"]]


def test_the_list_of_requests_is_narrowed_down(office: Bureau) -> None:
    late = of.request_in("submitted", office, at=moment("2026-09-01 09:00")).number
    web = of.request_in("submitted", office).number
    mine = of.request_in("reviewing", office, asked=of.of_a_company()).number
    over = of.request_in("closed", office).number
    assert listed(office, "secrecy", REQUESTS) == [late, web, mine]
    for query, found in (
        ({"state": "submitted"}, [late, web]),
        ({"state": "closed"}, [over]),
        ({"applicant_kind": "company"}, [mine]),
        ({"number": over.lower()}, [over]),
        ({"due": "overdue"}, [late]),
        ({"unit": "bureau"}, [late, web, mine]),
        ({"unit": "greening"}, []),
        ({"opened_from": "2026-11-02"}, [web, mine]),
        ({"opened_to": "2026-11-01"}, [late]),
    ):
        assert listed(office, "disclosure", REQUESTS, **query) == found, query


def test_the_list_of_publications_is_narrowed_down(office: Bureau) -> None:
    draft = of.publication_in("draft", office).number
    other = of.publication_in("review", office, who="handler_roads", occasion="carried_over").number
    over = of.publication_in("published", office).number
    assert listed(office, "disclosure", PUBLICATIONS) == [draft, other]
    assert listed(office, "handler", PUBLICATIONS) == [draft]
    assert listed(office, "handler_roads", PUBLICATIONS) == [other]
    for query, found in (
        ({"state": "review"}, [other]),
        ({"state": "published"}, [over]),
        ({"occasion": "carried_over"}, [other]),
        ({"unit": "greening"}, [draft]),
        ({"number": over}, [over]),
    ):
        assert listed(office, "supervisor", PUBLICATIONS, **query) == found, query


@pytest.mark.parametrize(
    ("url", "query", "field"),
    [
        (REQUESTS, {"state": "lost"}, "state"),
        (REQUESTS, {"applicant_kind": "cat"}, "applicant_kind"),
        (REQUESTS, {"unit": "nowhere"}, "unit"),
        (REQUESTS, {"opened_from": "2026-02-30"}, "opened_from"),
        (REQUESTS, {"after": "x"}, "after"),
        (REQUESTS, {"before": "1-99999999999999999999"}, "before"),
        (PUBLICATIONS, {"state": "reviewing"}, "state"),
        (PUBLICATIONS, {"occasion": "whim"}, "occasion"),
        (PUBLICATIONS, {"after": "x"}, "after"),
    ],
)
def test_a_wrong_question_names_its_field(
    office: Bureau, url: str, query: dict[str, str], field: str
) -> None:
    answer = client_of(office, "disclosure").get(url, query)
    assert (answer.status_code, set(answer.json())) == (400, {field})


def test_the_lists_page_by_key(office: Bureau) -> None:
    requests = [of.applied(office).number for _each in range(22)]
    publications = [of.drafted(office).number for _each in range(22)]
    officer = client_of(office, "disclosure")
    for url, made in ((REQUESTS, requests), (PUBLICATIONS, publications)):
        first = officer.get(url, {"state": ""}).json()
        second = officer.get(first["next"]).json()
        assert [row["number"] for row in first["results"] + second["results"]] == made
        assert (len(first["results"]), first["previous"], second["next"]) == (20, None, None)
        assert officer.get(second["previous"]).json()["results"] == first["results"]


def test_lists_cost_the_same_however_many_rows(office: Bureau) -> None:
    def fill(count: int) -> None:
        for _each in range(count):
            of.request_in("reviewing", office)
            of.publication_in("review", office)

    officer, handler = client_of(office, "disclosure"), client_of(office, "handler")
    fill(1)
    first = {
        (client, url): cost(client, url) for client, url in ((officer, REQUESTS), (handler, PUBLICATIONS))
    }
    fill(5)
    assert {each: cost(*each) for each in first} == first
    assert [len(client.get(url).json()["results"]) for client, url in first] == [6, 6]
    # Person and units; the rows, with their running limits.
    assert list(first.values()) == [5, 5]


def test_one_costs_the_same_whatever_belongs_to_it(office: Bureau) -> None:
    officer = client_of(office, "disclosure")
    plain, rich = of.request_in("consulting", office), of.request_in("consulting:two", office)
    assert cost(officer, of_request(plain)) == cost(officer, of_request(rich)) <= 9
    one = of.publication_in("draft", office)
    many = of.drafted(office, *(of.text(office, title=f"通知{each}") for each in range(5)))
    assert cost(officer, of_publication(one)) == cost(officer, of_publication(many)) <= 8


def test_what_applying_costs(office: Bureau) -> None:
    """Whose it is; two numbers; the calendar; the request, its limit, their event; two notices."""
    apply()
    with CaptureQueriesContext(connection) as queries:
        assert apply().status_code == 201
    assert sum("SAVEPOINT" not in each["sql"] for each in queries) <= 16


# The catalogue and the description --------------------------------------------------------------------------


def test_the_catalogues_own_handle_stays_as_it_was(office: Bureau) -> None:
    item = of.public_item(office)
    answer = APIClient().get(CATALOGUE, {"q": "行道树"})
    assert answer.status_code == 200
    said = answer.json()
    assert (set(said), said["total"]) == ({"total", "next", "previous", "results"}, 1)
    [row] = said["results"]
    assert set(row) == {
        *("index_number", "title", "document_number", "category", "theme", "unit", "dated_on"),
        *("published_on", "validity", "corrected_at", "keywords", "excerpt", "url"),
    }
    assert (row["index_number"], row["published_on"]) == (item.index_number, "2026-11-02")
    assert (row["category"], row["unit"]["code"]) == ({"code": "office", "name": "工作规则"}, "greening")
    # Nothing is written there, by nobody.
    for method in ("post", "put", "patch", "delete"):
        assert getattr(client_of(office, "disclosure"), method)(CATALOGUE).status_code in (403, 405)


def test_the_schema_names_every_address_and_raises_no_warning(db: None) -> None:
    from drf_spectacular.drainage import GENERATOR_STATS
    from drf_spectacular.generators import SchemaGenerator

    with GENERATOR_STATS.silence():
        schema = SchemaGenerator().get_schema(public=True)
        assert not GENERATOR_STATS._warn_cache
        assert not GENERATOR_STATS._error_cache
    operations = {
        operation["operationId"]: operation
        for address, methods in schema["paths"].items()
        if address.startswith((REQUESTS, PUBLICATIONS, CATALOGUE))
        for operation in methods.values()
    }
    assert len(operations) == len(API) + len(REQUEST_STEPS) + len(PUBLICATION_STEPS)
    applying = operations["information_requests_apply"]
    assert {each["name"] for each in applying["parameters"]} == {"Idempotency-Key"}
    assert set(applying["requestBody"]["content"]) == {"multipart/form-data", "application/json"}
    assert set(applying["responses"]) == {"201", "400", "409", "429"}
    asked = {each["name"] for each in operations["information_requests_list"]["parameters"]}
    assert {"state", "due", "unit", "applicant_kind", "opened_from", "after", "before"} <= asked
    asked = {each["name"] for each in operations["disclosures_list"]["parameters"]}
    assert asked == {"q", "category", "year", "unit", "theme", "validity", "after", "before", "page_size"}
