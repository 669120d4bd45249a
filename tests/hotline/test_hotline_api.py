"""The hotline over the API: the same verbs, the same rules, and errors that name the field."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.authtoken.models import Token
from rest_framework.renderers import JSONRenderer
from rest_framework.test import APIClient

from hotline import actions
from hotline.api import opened
from hotline.models import Call, Category, Ticket
from hotline.serializers import STEPS, NewTicketSerializer, OpenedSerializer
from hotline.workflow import WORKFLOW
from portal.ledger.models import Event
from tests.bureau import Bureau, matter, ticket

ApiOf = Callable[[str], APIClient]
TICKETS = "/api/v1/tickets/"
CALL = {
    "category": "trees",
    "place": "青石路12号",
    "description": "枝条压到人行道。",
    "name": "测试市民",
    "phone": "199-0000-0001",
}


def url(made: Ticket, step: str = "") -> str:
    return f"{TICKETS}{made.number}/{step}/" if step else f"{TICKETS}{made.number}/"


def test_a_call_is_logged_with_its_limits(api_of: ApiOf) -> None:
    answer = api_of("operator").post(TICKETS, CALL | {"dispatch_to": "greening"}, format="json")
    assert answer.status_code == 201, answer.content
    made = Ticket.objects.get()
    said = answer.json()
    assert (said["number"], said["lookup_code"]) == (made.number, made.lookup_code)
    assert said["state"] == "dispatched"
    assert {row["term"] for row in said["deadlines"]} == {"hotline.dispatch", "hotline.sign", "hotline.reply"}
    assert all(row["explanation"] for row in said["deadlines"])
    assert made.caller_phone == "19900000001"


def test_the_answer_is_what_stands_in_the_database(api_of: ApiOf) -> None:
    """It is made from what is in hand, and must say the same as one that was read, in the promised shape."""
    answer = api_of("operator").post(TICKETS, CALL, format="json")
    assert answer.status_code == 201, answer.content
    made = Ticket.objects.get()
    assert made.opening is None
    read = opened(made, now=made.opened_at).data
    assert answer.json() == json.loads(JSONRenderer().render(OpenedSerializer(read).data))
    assert [row["term"] for row in answer.json()["deadlines"]] == ["hotline.dispatch", "hotline.reply"]
    call = made.calls.get()
    assert (call.at, call.phone, call.name) == (made.opened_at, made.caller_phone, made.caller_name)


def test_what_logging_a_call_costs(bureau: Bureau, django_assert_num_queries: Any) -> None:
    """Who calls, what about; number, centre, calendar, limits; the rows of the case, its event, a notice."""
    key = Token.objects.create(user=bureau.staff["operator"]).key
    program = APIClient(headers={"Authorization": f"Token {key}"})
    program.post(TICKETS, CALL, format="json")
    # Besides these nine, the test has a savepoint where the portal has its transaction.
    with django_assert_num_queries(9 + 2):
        assert program.post(TICKETS, CALL, format="json").status_code == 201


def test_a_refusal_is_in_the_language_of_its_reader(api_of: ApiOf) -> None:
    """The form is kept from call to call; what it said to one reader is not said to the next."""
    operator, long = api_of("operator"), CALL | {"place": "长" * 121, "name": "名" * 41}
    english = operator.post(TICKETS, long, format="json", headers={"Accept-Language": "en"}).json()
    chinese = operator.post(TICKETS, long, format="json", headers={"Accept-Language": "zh-hans"}).json()
    again = operator.post(TICKETS, long, format="json", headers={"Accept-Language": "en"}).json()
    assert set(english) == set(chinese) == {"place", "name"}
    assert "120" in english["place"][0]
    assert "120" in chinese["place"][0]
    assert english["place"] != chinese["place"]
    assert english["name"] != chinese["name"]
    assert again == english


@pytest.mark.parametrize("body", ["null", "[]", '"text"', "{}", "7"])
def test_a_body_that_is_no_form_is_refused_as_by_the_form_itself(api_of: ApiOf, body: str) -> None:
    answer = api_of("operator").post(TICKETS, body, content_type="application/json")
    form = NewTicketSerializer(data=json.loads(body))
    assert not form.is_valid()
    assert answer.status_code == 400
    assert set(answer.json()) == set(form.errors)


@pytest.mark.parametrize(
    "code", ["", "TREES", "trees ", "trees\0", "\ud800", "no-such", 1, True, None, ["trees"], {}]
)
def test_only_the_code_of_a_category_in_use_is_taken(api_of: ApiOf, code: Any) -> None:
    body = json.dumps(CALL | {"category": code})
    answer = api_of("operator").post(TICKETS, body, content_type="application/json")
    assert answer.status_code == 400
    assert set(answer.json()) == {"category"}


def test_a_category_out_of_use_is_refused(api_of: ApiOf, bureau: Bureau) -> None:
    Category.objects.filter(code="trees").update(active=False)
    answer = api_of("operator").post(TICKETS, CALL, format="json")
    assert (answer.status_code, set(answer.json())) == (400, {"category"})


def test_the_whole_loop(api_of: ApiOf, photo: SimpleUploadedFile) -> None:
    operator, handler = api_of("operator"), api_of("handler")
    operator.post(TICKETS, CALL | {"dispatch_to": "greening"}, format="json")
    made = Ticket.objects.get()
    for client, step, given in (
        (handler, "sign", {"seen": 2}),
        (handler, "reply", {"reply": "已修剪。"}),
        (operator, "call_back", {"reached": True, "resolved": True, "rating": 4}),
        (operator, "close", {"note": ""}),
    ):
        answer = client.post(url(made, step), given, format="json")
        assert answer.status_code == 200, (step, answer.content)
    assert answer.json()["state"] == "closed"
    assert answer.json()["allowed"] == []
    assert [call["outcome"] for call in answer.json()["calls"]] == ["reached", "ticket"]


def test_a_reply_brings_its_photos(
    api_of: ApiOf, bureau: Bureau, just_now: datetime, photo: SimpleUploadedFile
) -> None:
    made = ticket(bureau, "handling", at=just_now)
    given = {"reply": "已修剪。", "photos": [photo]}
    answer = api_of("handler").post(url(made, "reply"), given, format="multipart")
    assert answer.status_code == 200, answer.content
    assert made.attachments.get().by_public is False


def test_every_step_of_the_workflow_has_its_address() -> None:
    assert set(STEPS) == set(WORKFLOW.transitions)


def test_allowed_steps_and_version_are_told(api_of: ApiOf, bureau: Bureau, just_now: datetime) -> None:
    made = ticket(bureau, "dispatched", at=just_now)
    said = api_of("handler").get(url(made)).json()
    assert said["allowed"] == ["sign", "return"]
    assert said["version"] == made.version
    assert said["caller_phone"] == "19900000001"
    assert api_of("supervisor").get(url(made)).json()["caller_phone"] == ""


def test_the_list_pages_by_key(api_of: ApiOf, bureau: Bureau, just_now: datetime) -> None:
    made = [
        actions.log_call(matter(bureau), actor=bureau.actor("operator"), at=just_now) for _each in range(25)
    ]
    operator = api_of("operator")
    first = operator.get(TICKETS, {"category": "trees"}).json()
    assert "count" not in first
    assert len(first["results"]) == 20
    second = operator.get(first["next"]).json()
    assert second["next"] is None
    assert [row["number"] for row in first["results"] + second["results"]] == [each.number for each in made]
    assert operator.get(second["previous"]).json()["results"] == first["results"]


def test_a_handler_lists_the_own_unit_alone(api_of: ApiOf, bureau: Bureau, just_now: datetime) -> None:
    made = ticket(bureau, "dispatched", at=just_now)
    assert [row["number"] for row in api_of("handler").get(TICKETS).json()["results"]] == [made.number]
    assert api_of("handler_roads").get(TICKETS).json()["results"] == []


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"opened_from": "2026-02-30"}, "opened_from"),
        ({"state": "lost"}, "state"),
        ({"unit": "nowhere"}, "unit"),
        ({"after": "x"}, "after"),
        ({"before": "1-99999999999999999999"}, "before"),
    ],
)
def test_a_filter_that_makes_no_sense_names_its_field(
    api_of: ApiOf, query: dict[str, str], field: str
) -> None:
    answer = api_of("operator").get(TICKETS, query)
    assert answer.status_code == 400
    assert set(answer.json()) == {field}


WRONG_CALLS: list[tuple[dict[str, Any], str]] = [
    ({"category": "none"}, "category"),
    ({"category": ["trees"]}, "category"),
    ({"category": None}, "category"),
    ({"place": ""}, "place"),
    ({"place": "路" * 10_000}, "place"),
    ({"place": "一行\n两行"}, "place"),
    ({"description": "字" * 10_000}, "description"),
    ({"description": "\x01"}, "description"),
    ({"description": "a\x00b"}, "description"),
    ({"description": "\ud800"}, "description"),
    ({"description": "\u202e反"}, "description"),
    ({"name": "名" * 41}, "name"),
    ({"name": "名\x07"}, "name"),
    ({"phone": "no number"}, "phone"),
    ({"phone": "1" * 10_000}, "phone"),
    ({"email": "nobody"}, "email"),
    ({"urgency": "soon"}, "urgency"),
    ({"dispatch_to": "nowhere"}, "dispatch_to"),
    ({"dispatch_to": "hotline"}, "dispatch_to"),
    ({"answer": "x", "dispatch_to": "roads"}, "dispatch_to"),
    ({"answer": "字" * 10_000}, "answer"),
]


@pytest.mark.parametrize(("given", "field"), WRONG_CALLS)
def test_a_call_that_is_not_well_formed_names_its_field(
    api_of: ApiOf, given: dict[str, Any], field: str
) -> None:
    operator = api_of("operator")
    events = Event.objects.count()
    # Escaped, so that half a surrogate pair can be sent at all.
    answer = operator.post(TICKETS, json.dumps(CALL | given), content_type="application/json")
    assert answer.status_code == 400, answer.content
    assert set(answer.json()) == {field}
    assert (Ticket.objects.count(), Call.objects.count()) == (0, 0)
    assert Event.objects.count() == events


@pytest.mark.parametrize("body", ["", "[", "[]", '"text"', "null", "12", '{"category": {}}'])
def test_what_is_no_object_is_refused(api_of: ApiOf, body: str) -> None:
    answer = api_of("operator").post(TICKETS, body, content_type="application/json")
    assert answer.status_code == 400, answer.content


@pytest.mark.parametrize(
    ("state", "username", "step", "given", "field"),
    [
        ("received", "operator", "dispatch", {}, "unit"),
        ("received", "operator", "dispatch", {"unit": "hotline"}, "unit"),
        ("received", "operator", "answer", {}, "note"),
        ("received", "operator", "answer", {"note": "  "}, "note"),
        ("received", "operator", "dispatch", {"unit": "roads", "seen": "new"}, "seen"),
        ("dispatched", "handler", "return", {"note": "\x02"}, "note"),
        ("handling", "handler", "ask_extension", {"extension_asked": 0, "note": "x"}, "extension_asked"),
        ("handling", "handler", "ask_extension", {"extension_asked": 6, "note": "x"}, "extension_asked"),
        ("handling", "supervisor", "extend", {"extend_by": 60, "note": "x"}, "extend_by"),
        ("handling", "supervisor", "extend", {"extend_by": 1, "note": "字" * 501}, "note"),
        ("handling", "handler", "reply", {"reply": ""}, "reply"),
        ("handling", "handler", "reply", {"reply": "字" * 10_000}, "reply"),
        ("replied", "operator", "call_back", {"reached": True}, "resolved"),
        ("replied", "operator", "call_back", {"reached": False, "rating": 5}, "reached"),
        ("replied", "operator", "call_back", {"reached": True, "resolved": True, "rating": 6}, "rating"),
        # Wrong in this state, or before its time: said of the ticket, not of a field.
        ("received", "operator", "close", {}, "detail"),
        ("replied", "operator", "close", {}, "detail"),
        ("replied", "operator", "rework", {"note": "x"}, "detail"),
        ("closed", "operator", "urge", {"note": "x"}, "detail"),
    ],
)
def test_a_step_that_is_refused_says_why_and_changes_nothing(
    api_of: ApiOf,
    bureau: Bureau,
    just_now: datetime,
    state: str,
    username: str,
    step: str,
    given: dict[str, Any],
    field: str,
) -> None:
    made = ticket(bureau, state, at=just_now)
    before = (Event.objects.count(), Call.objects.count())
    answer = api_of(username).post(url(made, step), given, format="json")
    assert answer.status_code == 400, answer.content
    assert set(answer.json()) == {field}
    assert (Event.objects.count(), Call.objects.count()) == before
    assert Ticket.objects.get(pk=made.pk).version == made.version


def test_the_second_of_two_people_is_told_who_was_first(
    api_of: ApiOf, bureau: Bureau, just_now: datetime
) -> None:
    made = ticket(bureau, at=just_now)
    given = {"unit": "greening", "seen": made.version}
    assert api_of("operator").post(url(made, "dispatch"), given, format="json").status_code == 200
    second = api_of("operator2").post(url(made, "dispatch"), given | {"unit": "roads"}, format="json")
    assert second.status_code == 409
    assert bureau.staff["operator"].name in second.json()["detail"]


def test_who_returns_a_ticket_sees_it_no_longer(api_of: ApiOf, bureau: Bureau, just_now: datetime) -> None:
    made = ticket(bureau, "dispatched", at=just_now)
    handler = api_of("handler")
    assert handler.post(url(made, "return"), {"note": "属于市政"}, format="json").status_code == 204
    assert handler.get(url(made)).status_code == 404


def test_an_unknown_step_is_no_page(api_of: ApiOf, bureau: Bureau, just_now: datetime) -> None:
    made = ticket(bureau, at=just_now)
    for step in ("receive", "explode", "delete"):
        assert api_of("operator").post(url(made, step), {}, format="json").status_code == 404


@pytest.mark.parametrize("number", ["1", "12319-20261123-0007'--", "%01", "12319-20261123-٠٠٠٧", "x" * 500])
def test_what_is_no_number_is_no_page(api_of: ApiOf, number: str) -> None:
    assert api_of("operator").get(f"{TICKETS}{number}/").status_code == 404


# Everyone ---------------------------------------------------------------------------------------------------


def test_anyone_reports_without_an_account(bureau: Bureau, photo: SimpleUploadedFile) -> None:
    given = {"category": "potholes", "place": "东街", "description": "路面塌陷。", "photos": [photo]}
    answer = APIClient().post("/api/v1/reports/", given, format="multipart")
    assert answer.status_code == 201, answer.content
    made = Ticket.objects.get()
    assert answer.json()["number"] == made.number
    assert made.attachments.count() == 1
    follow = APIClient().get(f"/api/v1/cases/{made.number}/", {"code": made.lookup_code})
    assert follow.status_code == 200


@pytest.mark.parametrize("photos", ["x", ["x", "y"], [None], {"0": "x"}, [["x"]], ["x"] * 7])
def test_what_is_no_file_is_no_photo(bureau: Bureau, photos: Any) -> None:
    given = {"category": "potholes", "place": "东街", "description": "路面塌陷。", "photos": photos}
    answer = APIClient().post("/api/v1/reports/", given, format="json")
    assert answer.status_code == 400
    assert set(answer.json()) == {"photos"}
    assert all(isinstance(sentence, str) for sentence in answer.json()["photos"])
    assert not Ticket.objects.exists()


def test_reports_from_one_address_are_limited(bureau: Bureau) -> None:
    given = {"category": "potholes", "place": "东街", "description": "路面塌陷。"}
    statuses = [APIClient().post("/api/v1/reports/", given, format="json").status_code for _each in range(21)]
    assert statuses == [201] * 20 + [429]


def test_the_categories_are_public(bureau: Bureau) -> None:
    said = APIClient().get("/api/v1/hotline-categories/").json()
    assert [each["code"] for each in said] == ["trees", "potholes", "questions"]
    assert said[0]["label"] == "绿化养护"


def test_the_schema_names_every_step(client: Any) -> None:
    schema = client.get("/api/schema/", {"format": "json"})
    paths = schema.json()["paths"]
    for step in STEPS:
        assert f"/api/v1/tickets/{{number}}/{step}/" in paths
    assert {"get", "post"} <= set(paths["/api/v1/tickets/"])
    asked = {each["name"] for each in paths["/api/v1/tickets/"]["get"]["parameters"]}
    assert {"state", "due", "unit", "opened_from", "after"} <= asked
