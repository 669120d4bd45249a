"""The window over the API, for staff: who may do what, what is told, what is refused, and what it costs."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from rest_framework.authtoken.models import Token
from rest_framework.test import APIClient

from approvals.actions import apply, take
from approvals.api_urls import urlpatterns
from approvals.files import keep_files
from approvals.models import ApprovalCase, Incoming, Permit
from approvals.rules import incoming as incoming_rules
from approvals.rules import permit as permit_rules
from approvals.rules import rating as rating_rules
from approvals.serializers_beside import INCOMING_STEPS, PERMIT_STEPS, RATING_STEPS
from approvals.serializers_steps import STEPS
from approvals.workflow import WORKFLOW
from portal.ledger.models import Event
from portal.organisation.actors import CITIZEN
from tests.approvals.apis import (
    APPLICATION,
    APPLICATIONS,
    APPROVALS,
    INCOMING,
    ITEMS,
    PERMITS,
    RATINGS,
    client_of,
    cost,
    of,
    photo,
    send,
)
from tests.approvals.public import jpeg, looked_at
from tests.approvals.window import ID_NUMBER, application, bad_rating_in, case_in, incoming_in
from tests.bureau import PEOPLE, Bureau

ApiOf = Callable[[str], APIClient]


@pytest.fixture
def bureau(window: Bureau, plain_papers: None) -> Bureau:
    return window


@pytest.fixture
def api_of(bureau: Bureau) -> ApiOf:
    return lambda username: client_of(bureau, username)


@pytest.fixture
def just_now() -> datetime:
    return timezone.now() - timedelta(minutes=1)


# Every address × every role ---------------------------------------------------------------------------------

STAFF = (
    "operator",
    "handler",  # of the greening division, to which what comes in is assigned
    "handler_roads",
    "clerk",  # owns every application
    "clerk2",
    "office_head",
    "chief",
    "agency_head",
    "disclosure",
    "secrecy",
    "supervisor",
    "administrator",
)
NOBODY = dict.fromkeys(("nobody", *STAFF), 403)
EVERYONE = dict.fromkeys(NOBODY, 200)
SEES_ALL = ("clerk", "clerk2", "office_head", "chief", "agency_head", "supervisor")
HANDLERS = ("handler", "handler_roads")
DESK = NOBODY | dict.fromkeys((*SEES_ALL, *HANDLERS), 200)
# The application is the window's alone: units that no survey asks find none.
ONE = DESK | dict.fromkeys(HANDLERS, 404)
CLERKS = NOBODY | dict.fromkeys(("clerk", "clerk2"), 400)
COUNTER = NOBODY | dict.fromkeys(("clerk", "clerk2", "office_head", "supervisor", *HANDLERS), 200)
RATING = NOBODY | dict.fromkeys(("office_head", "supervisor"), 200)

# Method and address → who gets what. Nothing is given, so that 400 means: it is theirs to do.
API: dict[tuple[str, str], dict[str, int]] = {
    ("get", "service-items/"): EVERYONE,
    ("get", "service-items/{item}/"): EVERYONE,
    ("post", "applications/"): dict.fromkeys(EVERYONE, 400),
    ("get", "approvals/"): DESK,
    ("post", "approvals/"): CLERKS,
    ("get", "approvals/{approval}/"): ONE,
    ("get", "approvals/{approval}/files/{file}/"): NOBODY
    | dict.fromkeys((*SEES_ALL, *HANDLERS), 404)
    | dict.fromkeys(("clerk", "clerk2", "office_head", "chief"), 200),
    # Of a paper that the first clerk answers for.
    ("post", "approvals/{approval}/papers/{paper}/service/"): NOBODY | {"clerk": 400},
    # Whose unit signed nothing there: what is not possible now is said to those alone who might.
    ("post", "approvals/{approval}/photos/"): NOBODY
    | dict.fromkeys(HANDLERS, 404)
    | dict.fromkeys(("clerk", "clerk2"), 400),
    ("get", "incoming/"): COUNTER,
    ("post", "incoming/"): CLERKS,
    ("get", "incoming/{incoming}/"): COUNTER | {"handler_roads": 404},
    ("get", "ratings/"): RATING,
    ("get", "ratings/{rating}/"): RATING,
    ("get", "permits/{permitted}/"): ONE,
    # An application that led to no permit.
    ("get", "permits/{approval}/"): NOBODY | dict.fromkeys((*SEES_ALL, *HANDLERS), 404),
    # Known by the code, which nobody gives here.
    ("post", "applications/{approval}/supplement/"): dict.fromkeys(EVERYONE, 404),
    ("post", "applications/{approval}/withdraw/"): dict.fromkeys(EVERYONE, 404),
    ("post", "applications/{approval}/rate/"): dict.fromkeys(EVERYONE, 404),
}


@pytest.fixture
def places(bureau: Bureau, just_now: datetime) -> dict[str, str]:
    accepted = case_in("accepted", bureau, "short", at=just_now)
    files = {accepted.given[0].material_id: [looked_at("图.jpg", jpeg())]}
    [file] = keep_files(files, actor=CITIZEN, at=just_now, case=accepted)
    return {
        "item": "all",
        "approval": accepted.number,
        "file": str(file.pk),
        "paper": str(accepted.papers.get(purpose="acceptance").pk),
        "permitted": case_in("serving", bureau, "short", at=just_now).number,
        "incoming": incoming_in("assigned", bureau, at=just_now).number,
        "rating": bad_rating_in("received", bureau, at=just_now).number,
    }


def test_who_may_ask_the_api(bureau: Bureau, places: dict[str, str]) -> None:
    for who in NOBODY:
        # Nobody has asked too often yet.
        cache.clear()
        client = client_of(bureau, who)
        for (method, address), expected in API.items():
            url = "/api/v1/" + address.format(**places)
            answer = getattr(client, method)(url)
            assert answer.status_code == expected[who], (who, method, address)


def test_every_address_stands_in_the_tables() -> None:
    steps = (
        ("approval", STEPS),
        ("incoming", INCOMING_STEPS),
        ("rating", RATING_STEPS),
        ("permit", PERMIT_STEPS),
    )
    taken = {f"api-{kind}-{step}" for kind, table in steps for step in table}
    others = {each.name for each in urlpatterns} - taken
    assert len(others) == len({address for _method, address in API}) - 1 == 16
    assert set(STEP_ROLES) == set(STEPS)
    assert set(INCOMING_STEP_ROLES) == set(INCOMING_STEPS)
    assert set(STAFF) == set(PEOPLE) - {"operator2"} | {"clerk2"}


def test_every_step_of_the_workflows_has_its_address() -> None:
    """But for what the applicant does, and the clock."""
    assert set(STEPS) == set(WORKFLOW.transitions) - {"rate", "deem_accepted", "supplement_lapsed"}
    assert set(INCOMING_STEPS) == set(incoming_rules.WORKFLOW.transitions)
    assert set(RATING_STEPS) == set(rating_rules.WORKFLOW.transitions)
    assert set(PERMIT_STEPS) == set(permit_rules.WORKFLOW.transitions)


# Whose step it is, of an application in preliminary review; whether it is possible now is said to them alone.
STEP_ROLES: dict[str, set[str]] = {
    "take": {"clerk", "clerk2"},
    "check_materials": {"clerk", "clerk2"},
    "accept": {"clerk", "clerk2"},
    "certify_acceptance": {"clerk"},
    "ask_supplement": {"clerk", "clerk2"},
    "supplement": {"clerk", "clerk2"},
    "refuse": {"clerk", "clerk2"},
    "withdraw": {"clerk"},
    "pass_preliminary": {"clerk"},
    "arrange_survey": {"clerk", "clerk2"},
    "sign_opinion": {"clerk", "clerk2"},
    "conclude_survey": {"clerk", "clerk2"},
    "pass_review": {"office_head"},
    "send_back": {"office_head", "chief"},
    "grant": {"chief"},
    "deny": {"chief"},
    "issue_certificate": {"clerk", "clerk2"},
    "serve": {"clerk", "clerk2"},
    "special_procedure": {"clerk", "office_head"},
    "end_special_procedure": {"clerk", "office_head"},
    "ask_extension": {"clerk", "office_head"},
    "extend": {"agency_head"},
    "refuse_extension": {"agency_head"},
    "offer_handover": {"clerk"},
    "accept_handover": {"clerk", "clerk2"},
    "decline_handover": {"clerk", "clerk2"},
    "reassign": {"office_head"},
    "urge": {"office_head", "supervisor"},
}
# Of a document that was assigned to the greening division.
INCOMING_STEP_ROLES: dict[str, set[str]] = {
    "assign": {"clerk", "clerk2"},
    "give_back": {"handler"},
    "not_today": {"clerk", "clerk2", "handler"},
    "reply": {"handler"},
    "extend": {"supervisor"},
    "urge": {"supervisor"},
}


def test_who_may_take_which_step(bureau: Bureau, places: dict[str, str]) -> None:
    """Nothing fit is given, so that nothing happens where the step is one's own."""
    tables = (
        (APPROVALS + places["approval"], STEP_ROLES, ONE),
        (INCOMING + places["incoming"], INCOMING_STEP_ROLES, COUNTER | {"handler_roads": 404}),
        (RATINGS + places["rating"], {step: {"office_head", "supervisor"} for step in RATING_STEPS}, RATING),
        (PERMITS + places["permitted"], {step: {"chief"} for step in PERMIT_STEPS}, ONE),
    )
    events = Event.objects.count()
    for who in NOBODY:
        client = client_of(bureau, who)
        for address, steps, sees in tables:
            for step, whose in steps.items():
                expected = 400 if who in whose else 403 if sees[who] == 200 else sees[who]
                answer = send(client, f"{address}/{step}/", {"seen": -1})
                assert answer.status_code == expected, (who, address, step, answer.content)
                assert client.get(f"{address}/{step}/").status_code in (403, 405)
    assert Event.objects.count() == events


def test_what_is_not_ones_own_looks_like_what_is_not_there(bureau: Bureau, places: dict[str, str]) -> None:
    handler = client_of(bureau, "handler_roads")
    for hidden, missing in (
        (APPROVALS + places["approval"], f"{APPROVALS}SP-20260101-9999"),
        (INCOMING + places["incoming"], f"{INCOMING}LW-20260101-9999"),
        (PERMITS + places["permitted"], f"{PERMITS}SP-20260101-9999"),
    ):
        for step in ("", "urge/" if PERMITS not in hidden else "revoke/"):
            one, other = (
                send(handler, f"{url}/{step}", {"note": "x"}) if step else handler.get(f"{url}/")
                for url in (hidden, missing)
            )
            assert (one.status_code, one.content) == (404, other.content)


def test_a_program_works_with_a_token(bureau: Bureau, just_now: datetime) -> None:
    case = case_in("accepted", bureau, at=just_now)
    key = Token.objects.create(user=bureau.staff["clerk"]).key
    program = APIClient(headers={"Authorization": f"Token {key}"})
    answer = send(program, of(case, "pass_preliminary"), {"recommendation": "grant", "note": "齐全。"})
    assert answer.status_code == 200, answer.content
    assert answer.json()["state"] == "survey"


@pytest.mark.parametrize(
    "number", ["1", "12319-20261123-0007", "SP-20261123-0007'--", "SP-20261123-٠٠٠٧", "x" * 500]
)
def test_what_is_no_number_is_no_page(api_of: ApiOf, number: str) -> None:
    clerk = api_of("clerk")
    for place in (APPROVALS, INCOMING, RATINGS, PERMITS):
        assert clerk.get(f"{place}{number}/").status_code == 404


# What is told -----------------------------------------------------------------------------------------------

MASKED = ID_NUMBER[:6] + "*" * 10 + ID_NUMBER[-2:]
# Who reads whose application it is, and the ID number.
READS = {
    "clerk": ("测试市民", "19900000001", ID_NUMBER),
    "clerk2": ("测试市民", "19900000001", ID_NUMBER),
    "office_head": ("测试市民", "19900000001", ID_NUMBER),
    "chief": ("测试市民", "19900000001", ID_NUMBER),
    "handler": ("测试市民", "19900000001", MASKED),  # whose unit takes part in the survey
    "agency_head": ("测某", "199****0001", MASKED),
    "supervisor": ("测某", "199****0001", MASKED),
}


def test_whose_application_it_is(bureau: Bureau, just_now: datetime) -> None:
    case = case_in("survey:signed", bureau, at=just_now)
    for who, told in READS.items():
        client = client_of(bureau, who)
        answer = client.get(of(case))
        said = answer.json()
        assert (said["applicant_name"], said["phone"], said["applicant_number"]) == told, who
        assert "no-store" in answer.headers["Cache-Control"]
        # In lists nobody needs it.
        listed = client.get(APPROVALS).content.decode()
        assert case.number in listed
        for personal in ("测试市民", "19900000001", ID_NUMBER, MASKED):
            assert personal not in listed
    # The name and the code of a body are public.
    body = {"applicant_kind": "body", "applicant_name": "测试公司", "applicant_number": "91330802MA2DEM013R"}
    company = apply(application("all", **body), actor=bureau.actor("clerk"), at=just_now)
    said = client_of(bureau, "supervisor").get(of(company)).json()
    assert (said["applicant_name"], said["applicant_number"]) == ("测试公司", "91330802MA2DEM013R")
    assert (said["phone"], said["email"]) == ("199****0001", "")


def test_who_received_a_paper_is_told_to_those_who_know(bureau: Bureau, just_now: datetime) -> None:
    case = case_in("closed", bureau, at=just_now)
    for who, name in (("clerk", "测试市民"), ("supervisor", "")):
        said = client_of(bureau, who).get(of(case)).json()
        assert said["served_to"] == name
        assert [each["served_to"] for each in said["papers"] if each["served_on"]] == [name, name]


def test_an_application_is_told_whole(bureau: Bureau, just_now: datetime) -> None:
    case = case_in("serving", bureau, at=just_now)
    said = send_get(client_of(bureau, "clerk"), of(case))
    assert (said["number"], said["item"], said["state"]) == (case.number, "all", "serving")
    assert said["item_label"] == "Temporary use of green space"
    assert (said["first_contact"], said["holder"], said["unit"]) == ("窗样例", "窗样例", "bureau")
    assert [each["position"] for each in said["materials"]] == [1, 2, 3]
    assert [each["in_order"] for each in said["materials"]] == [True, True, None]
    assert [each["purpose"] for each in said["papers"]] == ["receipt", "acceptance", "grant", "permit"]
    assert client_of(bureau, "clerk").get(said["papers"][0]["url"]).status_code == 200
    (survey,) = said["surveys"]
    assert [(each["unit"]["code"], each["verdict"]) for each in survey["parties"]] == [
        ("greening", "agree"),
        ("bureau", "agree"),
    ]
    assert [each["present"] for each in survey["parties"]] == [["林样例"], ["窗样例"]]
    assert (said["permit"]["state"], said["permit"]["application"]) == ("in_force", case.number)
    running = {each["term"]: each for each in said["deadlines"] if each["stopped_at"] is None}
    assert set(running) == {"approvals.deliver"}
    assert all(each["due_on"] and each["explanation"] for each in said["deadlines"])
    assert said["allowed"] == ["serve", "offer_handover"]
    assert said["version"] == case.version
    assert said["words"] == running["approvals.deliver"]["words"]


def send_get(client: APIClient, url: str) -> Any:
    answer = client.get(url, headers={"Accept-Language": "en"})
    assert answer.status_code == 200, answer.content
    return answer.json()


def test_the_steps_that_may_be_taken_are_told(bureau: Bureau, just_now: datetime) -> None:
    case = case_in("accepted", bureau, at=just_now)
    allowed = {
        "clerk": ["withdraw", "pass_preliminary", "special_procedure", "ask_extension", "offer_handover"],
        "clerk2": [],
        "office_head": ["special_procedure", "ask_extension", "urge"],
        "agency_head": ["extend"],
        "supervisor": ["urge"],
        "chief": [],
    }
    assert {who: client_of(bureau, who).get(of(case)).json()["allowed"] for who in allowed} == allowed


# Lists ------------------------------------------------------------------------------------------------------


def test_the_list_is_narrowed_down(bureau: Bureau, just_now: datetime) -> None:
    web = case_in("received:web", bureau, at=just_now).number
    mine = case_in("accepted", bureau, "short", at=just_now).number
    over = case_in("closed", bureau, "direct", at=just_now).number
    clerk = client_of(bureau, "clerk")

    def listed(**query: str) -> set[str]:
        answer = clerk.get(APPROVALS, query)
        assert answer.status_code == 200, answer.content
        return {row["number"] for row in answer.json()["results"]}

    assert listed() == {web, mine}
    assert listed(state="closed") == {over}
    assert listed(taken_by="me") == {mine}
    assert listed(taken_by="nobody") == listed(source="web") == {web}
    assert listed(item="short") == {mine}
    assert listed(number=over.lower()) == {over}
    assert listed(deemed="true") == listed(due="overdue") == set()


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"state": "lost"}, "state"),
        ({"item": "none"}, "item"),
        ({"source": "rumour"}, "source"),
        ({"taken_by": "you"}, "taken_by"),
        ({"deemed": "perhaps"}, "deemed"),
        ({"opened_from": "2026-02-30"}, "opened_from"),
        ({"after": "x"}, "after"),
        ({"before": "1-99999999999999999999"}, "before"),
    ],
)
def test_a_wrong_question_names_its_field(api_of: ApiOf, query: dict[str, str], field: str) -> None:
    answer = api_of("clerk").get(APPROVALS, query)
    assert (answer.status_code, set(answer.json())) == (400, {field})


# At the counter ---------------------------------------------------------------------------------------------

IN_ORDER = [{"position": 1, "in_order": True}, {"position": 2, "in_order": True}]


def test_a_clerk_receives_and_accepts_in_one_go(api_of: ApiOf, bureau: Bureau) -> None:
    given = {**APPLICATION, "consolidated_bill": True, "checked": IN_ORDER, "accept": True}
    answer = send(api_of("clerk"), APPROVALS, given)
    assert answer.status_code == 201, answer.content
    case, said = ApprovalCase.objects.get(), answer.json()
    assert (said["number"], said["code"], said["state"]) == (case.number, case.lookup_code, "accepted")
    running = {each["term"] for each in said["deadlines"] if each["stopped_at"] is None}
    assert running == {"approvals.decide", "approvals.promise", "approvals.preliminary"}
    assert (case.source, case.consolidated_bill, case.first_contact) == (
        "counter",
        True,
        bureau.staff["clerk"],
    )


def test_what_is_only_received_waits(api_of: ApiOf) -> None:
    answer = send(api_of("clerk"), APPROVALS, APPLICATION)
    assert (answer.status_code, answer.json()["state"]) == (201, "received")
    case = ApprovalCase.objects.get()
    assert [each.in_order for each in case.given] == [None, None, None]
    checked = [{"position": 2, "in_order": False, "problem": "未标注尺寸"}, {"position": 3, "in_order": None}]
    answer = send(api_of("clerk"), APPROVALS, {**APPLICATION, "checked": checked})
    assert (answer.status_code, answer.json()["state"]) == (201, "received")
    case = ApprovalCase.objects.get(number=answer.json()["number"])
    assert [(each.in_order, each.problem) for each in case.given] == [
        (None, ""),
        (False, "未标注尺寸"),
        (None, ""),
    ]


def test_what_is_missing_is_asked_for_at_once(api_of: ApiOf) -> None:
    checked = [{"position": 1, "in_order": True}, {"position": 2, "in_order": False, "problem": "未标注尺寸"}]
    answer = send(api_of("clerk"), APPROVALS, {**APPLICATION, "checked": checked, "ask_supplement": True})
    assert (answer.status_code, answer.json()["state"]) == (201, "supplement")


def test_scans_come_with_the_form(api_of: ApiOf) -> None:
    given = {
        **APPLICATION,
        "files.1": photo("申请表.jpg"),
        "checked[0]position": "1",
        "checked[0]in_order": "true",
        "checked[1]position": "2",
        "checked[1]in_order": "true",
        "accept": "true",
    }
    answer = api_of("clerk").post(APPROVALS, given, format="multipart")
    assert answer.status_code == 201, answer.content
    case = ApprovalCase.objects.get()
    assert (case.state, case.files.get().by_public) == ("accepted", False)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"item": "none"}, "item"),
        ({"applicant_number": "1"}, "applicant_number"),
        ({"accept": True}, "checked"),
        ({"accept": True, "checked": IN_ORDER[:1]}, "checked"),
        ({"checked": [{"position": 1, "in_order": False}]}, "checked"),
        ({"checked": [{"position": 9, "in_order": True}]}, "checked"),
        ({"checked": [{"position": 1}, {"position": 1}]}, "checked"),
        ({"checked": [{"in_order": True}]}, "checked"),
        ({"checked": [{"position": 1, "in_order": "perhaps"}]}, "checked"),
        ({"checked": [{"position": 1, "in_order": False, "problem": "字" * 201}]}, "checked"),
        ({"checked": "all"}, "checked"),
        ({"checked": [1, None]}, "checked"),
        ({"accept": "perhaps"}, "accept"),
        ({"accept": True, "ask_supplement": True}, "ask_supplement"),
    ],
)
def test_what_is_wrong_at_the_counter_is_said_at_its_field(
    api_of: ApiOf, given: dict[str, Any], field: str
) -> None:
    clerk, events = api_of("clerk"), Event.objects.count()
    answer = send(clerk, APPROVALS, {**APPLICATION, **given})
    assert answer.status_code == 400, answer.content
    assert set(answer.json()) == {field}
    assert all(isinstance(each, str) for each in answer.json()[field])
    assert not ApprovalCase.objects.exists()
    assert Event.objects.count() == events


def test_the_counter_receives_once_as_well(api_of: ApiOf) -> None:
    key, given = str(uuid.uuid4()), {**APPLICATION, "checked": IN_ORDER, "accept": True}
    numbers = {
        send(api_of(who), APPROVALS, given, **{"Idempotency-Key": key}).json()["number"]
        for who in ("clerk", "clerk", "clerk2")
    }
    # Another's is another.
    assert len(numbers) == ApprovalCase.objects.count() == 2


# Steps ------------------------------------------------------------------------------------------------------


def test_the_whole_loop(api_of: ApiOf, bureau: Bureau) -> None:
    today = timezone.localdate()
    number = send(api_of("clerk"), APPROVALS, APPLICATION).json()["number"]
    now = timezone.now().isoformat()
    opinion = {"verdict": "agree", "opinion": "现场与申请一致。"}
    year = {"valid_from": today.isoformat(), "valid_until": (today + timedelta(days=364)).isoformat()}
    for who, step, given, state in (
        ("clerk", "check_materials", {"checked": IN_ORDER}, "received"),
        ("clerk", "accept", {}, "accepted"),
        ("clerk", "ask_extension", {"extension_asked": 5, "note": "案情复杂。"}, "accepted"),
        ("agency_head", "refuse_extension", {"note": "可以按期办结。"}, "accepted"),
        ("agency_head", "extend", {"extend_by": 5, "note": "情况属实。"}, "accepted"),
        ("clerk", "special_procedure", {"special_kind": "hearing", "days": 5, "note": "听证。"}, "accepted"),
        ("office_head", "end_special_procedure", {}, "accepted"),
        ("supervisor", "urge", {"note": "请抓紧。"}, "accepted"),
        ("clerk", "offer_handover", {"handover_to": "clerk2"}, "accepted"),
        ("clerk2", "decline_handover", {"note": "手头太多。"}, "accepted"),
        ("clerk", "offer_handover", {"handover_to": "clerk2", "note": "休假。"}, "accepted"),
        ("clerk2", "accept_handover", {}, "accepted"),
        ("clerk2", "pass_preliminary", {"recommendation": "grant", "note": "齐全。"}, "survey"),
        (
            "clerk2",
            "arrange_survey",
            {"units": ["greening", "bureau"], "planned_at": now, "place": "青石路12号"},
            "survey",
        ),
        ("handler", "sign_opinion", {**opinion, "present": ["handler"]}, "survey"),
        ("clerk", "sign_opinion", {**opinion, "present": ["clerk", "clerk2"]}, "survey"),
        ("clerk2", "conclude_survey", {}, "review"),
        ("office_head", "send_back", {"note": "请补充意见。", "survey_again": False}, "accepted"),
        ("clerk2", "pass_preliminary", {"recommendation": "grant", "note": "已补充。"}, "review"),
        ("office_head", "pass_review", {"recommendation": "grant", "note": "同意。"}, "sign_off"),
        ("chief", "grant", {"content": "准予占用20平方米。", **year}, "granted"),
        ("clerk2", "issue_certificate", {}, "serving"),
        (
            "clerk2",
            "serve",
            {"served_by": "hand", "served_to": "测试市民", "served_on": today.isoformat()},
            "closed",
        ),
    ):
        case = ApprovalCase.objects.get(number=number)
        answer = send(api_of(who), of(case, step), {**given, "seen": case.version})
        assert answer.status_code == 200, (step, answer.content)
        assert answer.json()["state"] == state, step
    assert answer.json()["allowed"] == []
    assert Permit.objects.get().case.number == number


def test_the_other_ways(api_of: ApiOf, bureau: Bureau, just_now: datetime) -> None:
    """Taken from the web; supplemented; refused; withdrawn; denied; certified; reassigned."""
    clerk = api_of("clerk")
    web = case_in("received:web", bureau, at=just_now)
    assert send(clerk, of(web, "take")).json()["first_contact"] == "窗样例"
    missing = case_in("received:missing", bureau, at=just_now)
    assert send(clerk, of(missing, "ask_supplement"), {"note": "详见清单。"}).json()["state"] == "supplement"
    assert send(clerk, of(missing, "supplement")).json()["state"] == "received"
    ground = {"refusal_ground": "not_this_agency", "competent_agency": "水利局", "note": "不属于本机关。"}
    assert send(clerk, of(missing, "refuse"), ground).json()["state"] == "refused"
    silent = case_in("accepted:deemed", bureau, at=just_now)
    said = send(clerk, of(silent, "certify_acceptance")).json()
    assert "acceptance" in [each["purpose"] for each in said["papers"]]
    assert send(clerk, of(silent, "withdraw"), {"note": "申请人撤回。"}).json()["state"] == "withdrawn"
    ready = case_in("sign_off", bureau, at=just_now)
    denial = {"denial_basis": "《城市绿化条例》第二十条", "note": "将损毁古树。"}
    assert send(api_of("chief"), of(ready, "deny"), denial).json()["outcome"] == "denied"
    left = case_in("received:left", bureau, at=just_now)
    said = send(api_of("office_head"), of(left, "reassign"), {"handover_to": "clerk2"}).json()
    assert said["first_contact"] == "口样例"


def test_photos_come_with_the_opinion(api_of: ApiOf, bureau: Bureau, just_now: datetime) -> None:
    case = case_in("survey:arranged", bureau, at=just_now)
    given = {"verdict": "disagree", "opinion": "现场有古树。", "present": ["handler"], "photos": [photo()]}
    answer = api_of("handler").post(of(case, "sign_opinion"), given, format="multipart")
    assert answer.status_code == 200, answer.content
    assert case.attachments.get().by_public is False


WRONG_STEPS: list[tuple[str, str, str, dict[str, Any], str]] = [
    ("received", "clerk", "check_materials", {}, "checked"),
    ("received", "clerk", "check_materials", {"checked": [{"position": 9, "in_order": True}]}, "checked"),
    ("received", "clerk", "check_materials", {"checked": [{"position": 1, "in_order": False}]}, "checked"),
    ("received", "clerk", "accept", {"seen": "new"}, "seen"),
    # A guard: what is not in order stands with the materials.
    ("received", "clerk", "accept", {}, "checked"),
    ("received", "clerk", "refuse", {"refusal_ground": "mood", "note": "x"}, "refusal_ground"),
    ("received", "clerk", "refuse", {"refusal_ground": "not_this_agency", "note": "x"}, "competent_agency"),
    ("received", "clerk", "refuse", {"refusal_ground": "not_needed"}, "note"),
    ("accepted", "clerk", "pass_preliminary", {"note": "x"}, "recommendation"),
    ("accepted", "clerk", "pass_preliminary", {"recommendation": "grant", "note": "\x02"}, "note"),
    ("accepted", "clerk", "offer_handover", {"handover_to": "handler"}, "handover_to"),
    ("accepted", "clerk", "offer_handover", {"handover_to": "nobody"}, "handover_to"),
    ("accepted", "clerk", "offer_handover", {"handover_to": "\ud800"}, "handover_to"),
    ("accepted", "clerk", "offer_handover", {"handover_to": ["clerk2"]}, "handover_to"),
    # These move several limits at once, and each keeps its own row for it.
    ("accepted", "clerk", "special_procedure", {"special_kind": "hearing", "days": 21, "note": "x"}, "days"),
    (
        "accepted",
        "clerk",
        "special_procedure",
        {"special_kind": "walk", "days": 1, "note": "x"},
        "special_kind",
    ),
    ("accepted", "clerk", "ask_extension", {"extension_asked": 11, "note": "x"}, "extension_asked"),
    ("accepted", "agency_head", "extend", {"extend_by": 11, "note": "x"}, "extend_by"),
    ("accepted", "agency_head", "extend", {"extend_by": 1, "note": "字" * 501}, "note"),
    ("survey", "clerk", "arrange_survey", {"units": ["none"], "place": "x"}, "units"),
    ("survey:arranged", "handler", "sign_opinion", {"verdict": "agree", "opinion": "x"}, "present"),
    (
        "survey:arranged",
        "handler",
        "sign_opinion",
        {"verdict": "agree", "opinion": "x", "present": ["clerk"]},
        "present",
    ),
    ("sign_off", "chief", "grant", {"content": "x", "valid_from": "2026-02-30"}, "valid_from"),
    ("sign_off", "chief", "grant", {"content": "x", "valid_from": "2020-01-01"}, "valid_from"),
    ("sign_off", "chief", "deny", {"note": "x"}, "denial_basis"),
    (
        "serving",
        "clerk",
        "serve",
        {"served_by": "hand", "served_to": "x", "served_on": "2020-01-01"},
        "served_on",
    ),
    ("closed", "clerk", "accept", {}, "detail"),
    ("received", "chief", "grant", {"content": "x", "valid_from": "2030-01-01"}, "detail"),
]


@pytest.mark.parametrize(("state", "who", "step", "given", "field"), WRONG_STEPS)
def test_a_step_that_is_refused_says_why_and_changes_nothing(
    api_of: ApiOf,
    bureau: Bureau,
    just_now: datetime,
    state: str,
    who: str,
    step: str,
    given: dict[str, Any],
    field: str,
) -> None:
    case = case_in(state, bureau, at=just_now)
    if step == "arrange_survey":
        given = {**given, "planned_at": (timezone.now() + timedelta(days=1)).isoformat()}
    events = Event.objects.count()
    answer = api_of(who).post(of(case, step), json.dumps(given), content_type="application/json")
    assert answer.status_code == 400, answer.content
    assert set(answer.json()) == {field}, answer.json()
    assert Event.objects.count() == events
    assert ApprovalCase.objects.get(pk=case.pk).version == case.version


def test_the_second_of_two_people_is_told_who_was_first(
    api_of: ApiOf, bureau: Bureau, just_now: datetime
) -> None:
    case = case_in("accepted", bureau, at=just_now)
    assert (
        send(api_of("supervisor"), of(case, "urge"), {"note": "快。", "seen": case.version}).status_code
        == 200
    )
    given = {"recommendation": "grant", "note": "齐全。", "seen": case.version}
    second = send(api_of("clerk"), of(case, "pass_preliminary"), given)
    assert second.status_code == 409
    assert bureau.staff["supervisor"].name in second.json()["detail"]
    assert ApprovalCase.objects.get(pk=case.pk).state == "accepted"


@pytest.mark.parametrize("step", ["receive", "rate", "deem_accepted", "supplement_lapsed", "explode"])
def test_an_unknown_step_is_no_page(api_of: ApiOf, bureau: Bureau, just_now: datetime, step: str) -> None:
    case = case_in("received", bureau, at=just_now)
    assert send(api_of("clerk"), of(case, step)).status_code == 404


def test_who_did_a_step_does_not_review_it(api_of: ApiOf, bureau: Bureau, just_now: datetime) -> None:
    case = case_in("review", bureau, at=just_now)
    staff = bureau.staff["clerk"]
    type(staff).objects.filter(pk=staff.pk).update(roles=["clerk", "office_head"])
    staff.refresh_from_db()
    answer = send(api_of("clerk"), of(case, "pass_review"), {"recommendation": "grant", "note": "同意。"})
    assert answer.status_code == 403


# What comes in ----------------------------------------------------------------------------------------------

LETTER = {
    "form": "document",
    "title": "关于征求绿化方案意见的函",
    "sender": "测试市住房和城乡建设局",
    "sender_number": "测住建函〔2026〕8号",
    "dated_on": "2026-01-05",
    "content": "请提出意见。",
    "own_days": 5,
}


def test_what_comes_in_is_registered_and_answered(api_of: ApiOf, bureau: Bureau) -> None:
    clerk, handler = api_of("clerk"), api_of("handler")
    answer = send(clerk, INCOMING, LETTER)
    assert answer.status_code == 201, answer.content
    said = answer.json()
    url = f"{INCOMING}{said['number']}/"
    (clock,) = said["deadlines"]
    assert (clock["term"], sum(day["counted"] for day in clock["explanation"])) == ("incoming.document", 5)
    assert said["allowed"] == ["assign", "reply"]
    assert send(clerk, f"{url}assign/", {"unit": "greening"}).json()["unit"] == "greening"
    assert send(handler, f"{url}give_back/", {"note": "不归我们。"}).status_code == 204
    assert handler.get(url).status_code == 404
    assert send(clerk, f"{url}assign/", {"unit": "greening", "note": "请办理。"}).status_code == 200
    assert (
        send(api_of("supervisor"), f"{url}extend/", {"extend_by": 3, "note": "情况复杂。"}).status_code == 200
    )
    assert send(api_of("supervisor"), f"{url}urge/", {"note": "请抓紧。"}).status_code == 200
    seen = Incoming.objects.get().version
    assert send(handler, f"{url}reply/", {"reply": "无意见。", "seen": seen - 1}).status_code == 409
    answer = send(
        handler, f"{url}reply/", {"reply": "无意见。", "reply_number": "测园函〔2026〕1号", "seen": seen}
    )
    assert (answer.status_code, answer.json()["state"]) == (200, "closed")
    assert [row["number"] for row in clerk.get(INCOMING, {"state": "closed"}).json()["results"]] == [
        said["number"]
    ]


def test_a_request_is_put_off(api_of: ApiOf) -> None:
    request = {
        "form": "request",
        "title": "查询结果",
        "sender": "测试市民",
        "content": "请查询。",
        "same_day": True,
    }
    said = send(api_of("clerk"), INCOMING, request).json()
    assert [each["term"] for each in said["deadlines"]] == ["incoming.same_day"]
    answer = send(api_of("clerk"), f"{INCOMING}{said['number']}/not_today/", {"note": "系统故障。"})
    assert answer.status_code == 200, answer.content
    assert answer.json()["same_day"] is False


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"form": "rumour"}, "form"),
        ({"title": ""}, "title"),
        ({"title": "字" * 121}, "title"),
        ({"sender": "a\nb"}, "sender"),
        ({"sender_phone": "none"}, "sender_phone"),
        ({"content": "\x00"}, "content"),
        ({"dated_on": "2026-02-30"}, "dated_on"),
        ({"dated_on": "9999-01-01"}, "dated_on"),
        ({"own_days": 0}, "own_days"),
        ({"own_days": 91}, "own_days"),
        ({"same_day": True}, "same_day"),
        ({"form": "request"}, "own_days"),
    ],
)
def test_what_comes_in_wrong_names_its_field(api_of: ApiOf, given: dict[str, Any], field: str) -> None:
    answer = send(api_of("clerk"), INCOMING, {**LETTER, **given})
    assert (answer.status_code, set(answer.json())) == (400, {field})
    assert not Incoming.objects.exists()


# Files and papers -------------------------------------------------------------------------------------------


def test_a_clerk_brings_a_supplement_with_what_was_scanned(bureau: Bureau, just_now: datetime) -> None:
    case, clerk = case_in("supplement", bureau, at=just_now), client_of(bureau, "clerk")
    missing = case.missing()[0].material
    files = {f"files.{missing.position}": SimpleUploadedFile("图.jpg", jpeg(), "image/jpeg")}
    answer = clerk.post(of(case, "supplement"), files, format="multipart")
    assert answer.status_code == 200, answer.content
    told = next(each for each in answer.json()["materials"] if each["name"] == missing.name)
    assert [(each["name"], each["by_public"]) for each in told["files"]] == [("图.jpg", False)]
    found = clerk.get(told["files"][0]["url"])
    assert (found.content[:2], found["Content-Type"]) == (b"\xff\xd8", "image/jpeg")
    for accepts in ("application/octet-stream", "image/*", "application/pdf"):
        assert clerk.get(told["files"][0]["url"], headers={"Accept": accepts}).status_code == 200
    # Who need not know whose application it is learns no name from a file's either.
    other = client_of(bureau, "supervisor").get(of(case)).json()["materials"]
    assert {(file["name"], file["url"]) for each in other for file in each["files"]} == {("", "")}
    # The same by hand, with nothing scanned; and no file for a material that there is not.
    other = case_in("supplement", bureau, at=just_now)
    strange = {"files.9": SimpleUploadedFile("图.jpg", jpeg(), "image/jpeg")}
    assert clerk.post(of(other, "supplement"), strange, format="multipart").status_code == 400
    assert clerk.post(of(other, "supplement")).status_code == 200


def test_the_proof_of_service_of_a_paper(bureau: Bureau, just_now: datetime) -> None:
    case, clerk = case_in("accepted", bureau, at=just_now), client_of(bureau, "clerk")
    paper = case.papers.get(purpose="acceptance")
    url = f"{of(case)}papers/{paper.pk}/service/"
    today = timezone.localdate()
    proof = {"served_by": "hand", "served_to": "测试市民", "served_on": today.isoformat()}
    tomorrow = {**proof, "served_on": (today + timedelta(days=1)).isoformat()}
    assert list(send(clerk, url, tomorrow).json()) == ["served_on"]
    answer = send(clerk, url, proof)
    assert answer.status_code == 200, answer.content
    told = next(each for each in answer.json()["papers"] if each["id"] == paper.pk)
    assert (told["served_by"], told["served_to"], told["served_on"]) == tuple(proof.values())
    assert Event.objects.of(case.subject).filter(verb="paper_served").count() == 1
    assert send(clerk, url, proof).status_code == 409
    # Another application's paper is none of this one.
    other = case_in("accepted", bureau, at=just_now)
    assert send(clerk, f"{of(other)}papers/{paper.pk}/service/", proof).status_code == 404


def test_photos_come_after_the_opinion(bureau: Bureau, just_now: datetime) -> None:
    case, handler = case_in("survey:signed", bureau, at=just_now), client_of(bureau, "handler")
    url = of(case, "photos")
    assert list(send(handler, url).json()) == ["photos"]
    no_photo = SimpleUploadedFile("图.jpg", b"MZ", "image/jpeg")
    assert list(handler.post(url, {"photos": [no_photo]}, format="multipart").json()) == ["photos"]
    answer = handler.post(url, {"photos": [photo("a.jpg"), photo("b.jpg", side=40)]}, format="multipart")
    assert answer.status_code == 200, answer.content
    assert case.attachments.count() == 2
    take(case, "conclude_survey", actor=bureau.actor("clerk"), at=timezone.now())
    assert handler.post(url, {"photos": [photo()]}, format="multipart").status_code == 400
    assert case.attachments.count() == 2


# Bad ratings ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "reads"),
    [
        *(("office_head", True), ("supervisor", True)),
        # Who was rated, and everybody who has nothing to do with ratings.
        *(("clerk", False), ("clerk2", False), ("chief", False), ("agency_head", False)),
    ],
)
def test_who_reads_the_words_of_a_rating(bureau: Bureau, who: str, reads: bool) -> None:
    case = bad_rating_in("received", bureau).approval
    browser = client_of(bureau, who)
    assert browser.get(of(case)).json()["rating_words"] == ("等得太久。" if reads else "")
    page = browser.get(reverse("approvals:case", args=[case.number])).content.decode()
    assert ("等得太久。" in page) == reads
    assert "True" not in page


def test_a_bad_rating_is_called_and_put_right(api_of: ApiOf, bureau: Bureau, just_now: datetime) -> None:
    task = bad_rating_in("received", bureau, at=just_now)
    head, url = api_of("office_head"), f"{RATINGS}{task.number}/"
    said = head.get(url).json()
    assert (said["application"], said["rating"], said["rating_words"]) == (
        task.approval.number,
        2,
        "等得太久。",
    )
    assert (said["applicant_name"], said["phone"]) == ("测试市民", "19900000001")
    assert said["allowed"] == ["call_back", "not_reached"]
    listed = head.get(RATINGS).content.decode()
    assert task.number in listed
    assert "19900000001" not in listed
    assert "测试市民" not in listed
    assert send(head, f"{url}put_right/", {"note": "x"}).status_code == 400
    assert send(head, f"{url}not_reached/", {"note": "无人接听。"}).json()["tries"] == 1
    assert send(head, f"{url}call_back/", {"note": "已联系。"}).json()["state"] == "contacted"
    answer = send(api_of("supervisor"), f"{url}put_right/", {"note": "已致歉。"})
    assert (answer.json()["state"], answer.json()["remedy"]) == ("closed", "已致歉。")


def test_who_was_rated_calls_nobody(api_of: ApiOf, bureau: Bureau, just_now: datetime) -> None:
    task = bad_rating_in("received", bureau, at=just_now)
    staff = bureau.staff["clerk"]
    type(staff).objects.filter(pk=staff.pk).update(roles=["clerk", "office_head"])
    staff.refresh_from_db()
    said = api_of("clerk").get(f"{RATINGS}{task.number}/").json()
    assert (said["applicant_name"], said["phone"], said["allowed"]) == ("", "", [])
    assert said["rating_words"] == ""
    assert send(api_of("clerk"), f"{RATINGS}{task.number}/call_back/", {"note": "x"}).status_code == 403


# Permits ----------------------------------------------------------------------------------------------------


def test_a_permit_is_suspended_changed_and_revoked(api_of: ApiOf, bureau: Bureau, just_now: datetime) -> None:
    case = case_in("serving", bureau, at=just_now)
    chief, url = api_of("chief"), f"{PERMITS}{case.number}/"
    said = chief.get(url).json()
    assert (said["state"], said["application"]) == ("in_force", case.number)
    assert said["allowed"] == ["suspend", "change", "revoke"]
    assert chief.get(said["check_url"]).status_code == 200
    why = {"note": "现场违规。", "basis": "行政许可法第六十九条"}
    assert send(chief, f"{url}suspend/", {**why, "seen": said["version"]}).json()["state"] == "suspended"
    late = send(chief, f"{url}reinstate/", {"note": "已整改。", "seen": said["version"]})
    assert late.status_code == 409
    assert send(chief, f"{url}reinstate/", {"note": "已整改。"}).json()["state"] == "in_force"
    until = said["valid_until"]
    changed = send(chief, f"{url}change/", {**why, "content": "准予占用10平方米。"}).json()
    assert (changed["content"], changed["valid_until"]) == ("准予占用10平方米。", until)
    assert changed["number"] != said["number"]
    # The item's permits end some day.
    endless = send(chief, f"{url}change/", {**why, "content": "同上。", "valid_until": None})
    assert (endless.status_code, set(endless.json())) == (400, {"valid_until"})
    gone = send(chief, f"{url}revoke/", why)
    assert (gone.json()["state"], gone.json()["allowed"]) == ("revoked", [])


@pytest.mark.parametrize(
    ("step", "given", "field"),
    [
        ("suspend", {"note": "x"}, "basis"),
        ("suspend", {"basis": "x"}, "note"),
        ("suspend", {"basis": "x" * 300, "note": "字" * 300}, "note"),
        ("reinstate", {"note": "x"}, "detail"),
        ("change", {"basis": "x", "note": "x"}, "content"),
        ("change", {"basis": "x", "note": "x", "content": "x", "valid_until": "2020-01-01"}, "valid_until"),
        ("revoke", {}, "basis"),
    ],
)
def test_a_wrong_step_of_a_permit_names_its_field(
    api_of: ApiOf, bureau: Bureau, just_now: datetime, step: str, given: dict[str, str], field: str
) -> None:
    case = case_in("serving", bureau, "short", at=just_now)
    answer = send(api_of("chief"), f"{PERMITS}{case.number}/{step}/", given)
    assert answer.status_code == 400
    assert field in answer.json()
    assert Permit.objects.get().version == 1


# Costs ------------------------------------------------------------------------------------------------------


def test_lists_cost_the_same_however_many_rows(bureau: Bureau, just_now: datetime) -> None:
    def fill(count: int) -> None:
        for _each in range(count):
            case_in("received", bureau, "direct", at=just_now)
            incoming_in("registered", bureau, at=just_now)
            bad_rating_in("received", bureau, at=just_now)

    head = client_of(bureau, "office_head")
    fill(1)
    first = {url: cost(head, url) for url in (APPROVALS, INCOMING, RATINGS)}
    fill(6)
    assert {url: cost(head, url) for url in first} == first
    assert all(len(head.get(url).json()["results"]) == 7 for url in first)
    # Session, person and the units below theirs; the rows, with their running limits.
    assert first == {APPROVALS: 5, INCOMING: 5, RATINGS: 5}


def test_the_list_pages_by_key(bureau: Bureau, just_now: datetime) -> None:
    made = [apply(application("direct"), actor=CITIZEN, at=just_now).number for _each in range(22)]
    clerk = client_of(bureau, "clerk")
    first = clerk.get(APPROVALS).json()
    second = clerk.get(first["next"]).json()
    assert [row["number"] for row in first["results"] + second["results"]] == made
    assert (len(second["results"]), second["next"]) == (2, None)
    assert clerk.get(second["previous"]).json()["results"] == first["results"]


def step_cost(client: APIClient, url: str, given: dict[str, Any]) -> tuple[int, int]:
    """Statements of the step itself, and of the whole request with its answer; savepoints are the test's."""
    with CaptureQueriesContext(connection) as queries:
        answer = send(client, url, given)
    assert answer.status_code == 200, answer.content
    asked = [each["sql"] for each in queries]
    # The step begins with the calendar's lock and ends with its transaction.
    begins = next(at for at, sql in enumerate(asked) if "pg_advisory_xact_lock_shared" in sql)
    ends = max(at for at, sql in enumerate(asked) if sql.startswith("RELEASE SAVEPOINT"))
    own = [sql for sql in asked[begins:ends] if "SAVEPOINT" not in sql]
    return len(own), sum("SAVEPOINT" not in sql for sql in asked)


def test_an_application_with_all_that_belongs_to_it(
    bureau: Bureau, django_assert_max_num_queries: Any
) -> None:
    for state in ("survey:signed", "serving:granted", "accepted:special"):
        case, client = case_in(state, bureau), client_of(bureau, "clerk")
        with django_assert_max_num_queries(12):
            assert client.get(of(case)).status_code == 200


TOMORROW = (timezone.now() + timedelta(days=1)).isoformat()
TODAY, IN_A_YEAR = timezone.localdate(), timezone.localdate() + timedelta(days=364)
WHY = {"note": "理由。"}
# With its paper, where it writes one: numbered, kept, and recorded in its own chain and the application's.
MOST = 15
# To read who asks and what about, and to answer with all of it, its limits, surveys, papers and steps.
AROUND_IT = 24
# state, who, step, what is given; the most that the step itself may cost.
COSTS: list[tuple[str, str, str, dict[str, Any], int]] = [
    ("received:web", "clerk", "take", {}, MOST),
    ("received", "clerk", "check_materials", {"checked": IN_ORDER}, MOST),
    ("accepted", "clerk", "pass_preliminary", {"recommendation": "grant", **WHY}, MOST),
    (
        "survey",
        "clerk",
        "arrange_survey",
        {"units": ["greening"], "planned_at": TOMORROW, "place": "x"},
        MOST,
    ),
    (
        "survey:arranged",
        "handler",
        "sign_opinion",
        {"verdict": "agree", "opinion": "x", "present": ["handler"]},
        MOST,
    ),
    ("survey:signed", "clerk", "conclude_survey", {}, MOST),
    ("review", "office_head", "pass_review", {"recommendation": "grant", **WHY}, MOST),
    ("review", "office_head", "send_back", WHY, MOST),
    (
        "serving",
        "clerk",
        "serve",
        {"served_by": "hand", "served_to": "x", "served_on": TODAY.isoformat()},
        MOST,
    ),
    ("accepted", "clerk", "withdraw", WHY, MOST),
    ("accepted:special", "clerk", "end_special_procedure", {}, 16),
    ("accepted", "clerk", "ask_extension", {"extension_asked": 5, **WHY}, MOST),
    ("accepted:asked", "agency_head", "refuse_extension", WHY, MOST),
    ("accepted", "clerk", "offer_handover", {"handover_to": "clerk2"}, MOST),
    ("received:offered", "clerk2", "accept_handover", {}, MOST),
    ("received:offered", "clerk2", "decline_handover", WHY, MOST),
    ("received:left", "office_head", "reassign", {"handover_to": "clerk2"}, MOST),
    ("accepted", "supervisor", "urge", WHY, MOST),
    ("received:in_order", "clerk", "accept", {}, MOST),
    ("received:missing", "clerk", "ask_supplement", {}, MOST),
    # It asks besides which files the applicant had kept before.
    ("supplement", "clerk", "supplement", {}, 16),
    ("received", "clerk", "refuse", {"refusal_ground": "not_needed", **WHY}, MOST),
    # These move several limits at once, and each keeps its own row for it.
    ("accepted", "clerk", "special_procedure", {"special_kind": "testing", "days": 5, **WHY}, 20),
    ("accepted", "agency_head", "extend", {"extend_by": 5, **WHY}, 19),
    (
        "sign_off",
        "chief",
        "grant",
        {"content": "x", "valid_from": TODAY.isoformat(), "valid_until": IN_A_YEAR.isoformat()},
        MOST,
    ),
    ("sign_off", "chief", "deny", {"denial_basis": "x", **WHY}, MOST),
    ("granted", "clerk", "issue_certificate", {}, MOST),
]


def test_what_a_step_costs(bureau: Bureau, just_now: datetime) -> None:
    assert {step for _state, _who, step, _given, _most in COSTS} == set(STEPS) - {"certify_acceptance"}
    for state, who, step, given, most in COSTS:
        case = case_in(state, bureau, at=just_now)
        client = client_of(bureau, who)
        client.get(of(case))
        own, whole = step_cost(client, of(case, step), given)
        assert own <= most, step
        assert whole - own <= AROUND_IT, step


# The description --------------------------------------------------------------------------------------------


def test_the_schema_names_every_address_and_raises_no_warning(db: None) -> None:
    from drf_spectacular.drainage import GENERATOR_STATS
    from drf_spectacular.generators import SchemaGenerator
    from drf_spectacular.validation import validate_schema

    with GENERATOR_STATS.silence():
        schema = SchemaGenerator().get_schema(public=True)
        assert not GENERATOR_STATS._warn_cache
        assert not GENERATOR_STATS._error_cache
    validate_schema(schema)
    paths = schema["paths"]
    operations = [
        (address, operation)
        for address, methods in paths.items()
        if address.startswith(tuple(f"/api/v1/{part}/" for part in OURS))
        for operation in methods.values()
    ]
    assert len(operations) == len(API) - 1 + sum(
        len(each) for each in (STEPS, INCOMING_STEPS, RATING_STEPS, PERMIT_STEPS)
    )
    assert all(operation["operationId"].startswith("approvals_") for _address, operation in operations)
    for step in STEPS:
        assert f"/api/v1/approvals/{{number}}/{step}/" in paths
    asked = {each["name"] for each in paths[APPROVALS]["get"]["parameters"]}
    assert {"state", "due", "unit", "item", "taken_by", "opened_from", "after"} <= asked
    applying = paths[APPLICATIONS]["post"]
    assert {"Idempotency-Key"} == {each["name"] for each in applying["parameters"]}
    assert set(applying["requestBody"]["content"]) == {"multipart/form-data", "application/json"}
    own = paths["/api/v1/applications/{number}/withdraw/"]["post"]
    assert {"X-Case-Code", "number"} == {each["name"] for each in own["parameters"]}
    pdf = paths["/api/v1/cases/{number}/documents/{code}/"]["get"]["responses"]["200"]
    assert set(pdf["content"]) == {"application/pdf"}
    assert {"q", "applicant"} == {each["name"] for each in paths[ITEMS]["get"]["parameters"]}


OURS = ("service-items", "applications", "approvals", "incoming", "ratings", "permits")
