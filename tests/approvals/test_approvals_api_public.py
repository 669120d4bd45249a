"""The window over the API, for everyone: items, to apply, to follow, and the applicant's own steps."""

from __future__ import annotations

import json
import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from approvals import guides
from approvals.actions import take
from approvals.models import ApprovalCase, BadRating, MaterialFile
from portal.documents.actions import document_bytes
from portal.ledger.models import Event
from tests.approvals.apis import APPLICATION, APPLICATIONS, CASES, ITEMS, client_of, cost, own, photo, send
from tests.approvals.window import (
    CREDIT_CODE,
    ID_NUMBER,
    bad_rating_in,
    case_in,
    incoming_in,
    publish,
    write_guide,
)
from tests.bureau import Bureau

EICAR = b"<!doctype html><script>alert(1)</script>"


@pytest.fixture
def bureau(window: Bureau, plain_papers: None) -> Bureau:
    return window


@pytest.fixture
def just_now() -> datetime:
    return timezone.now() - timedelta(minutes=1)


def apply(given: dict[str, Any] | None = None, **headers: str) -> Any:
    return send(APIClient(), APPLICATIONS, {**APPLICATION, **(given or {})}, **headers)


def apply_with_files(**files: Any) -> Any:
    """`file_2` stands for the part of the form that is called files.2."""
    parts = {name.replace("file_", "files."): value for name, value in files.items()}
    return APIClient().post(
        APPLICATIONS, {**APPLICATION, **parts}, format="multipart", headers={"Accept-Language": "en"}
    )


# Items ------------------------------------------------------------------------------------------------------


def test_the_items_are_public(bureau: Bureau) -> None:
    said = APIClient().get(ITEMS).json()
    assert [each["code"] for each in said] == ["all", "joint", "short", "direct"]
    assert said[0] == {
        "code": "all",
        "name": "临时占用城市绿地审批",
        "name_en": "Temporary use of green space",
        "label": "临时占用城市绿地审批",
        "implementation_code": "11330800MB0DEM019D4000117000001",
        "for_persons": True,
        "for_bodies": True,
        "statutory_days": 20,
        "promised_days": 7,
        "fee": "不收费",
        "url": "http://testserver/api/v1/service-items/all/",
    }
    english = APIClient().get(ITEMS, headers={"Accept-Language": "en"}).json()
    assert english[0]["label"] == "Temporary use of green space"


@pytest.mark.parametrize(
    ("query", "codes"),
    [
        ({"q": "绿地"}, ["all"]),
        ({"q": "waste"}, ["direct"]),
        ({"q": "没有这样的事项"}, []),
        ({"applicant": "persons"}, ["all", "joint", "short", "direct"]),
        ({"applicant": "bodies", "q": "标牌"}, ["short"]),
    ],
)
def test_items_are_looked_for(bureau: Bureau, query: dict[str, str], codes: list[str]) -> None:
    assert [each["code"] for each in APIClient().get(ITEMS, query).json()] == codes


def test_a_wrong_question_names_its_field(bureau: Bureau) -> None:
    answer = APIClient().get(ITEMS, {"applicant": "cats"})
    assert (answer.status_code, set(answer.json())) == (400, {"applicant"})


def test_a_guide_is_told_whole(bureau: Bureau) -> None:
    said = APIClient().get(f"{ITEMS}all/", headers={"Accept-Language": "en"}).json()
    assert said["steps"] == [
        {"step": "preliminary", "label": "preliminary review", "days": 2},
        {"step": "survey", "label": "joint site survey", "days": 3},
        {"step": "review", "label": "office head's review", "days": 1},
        {"step": "sign_off", "label": "chief representative's sign-off", "days": 1},
    ]
    assert [each["position"] for each in said["materials"]] == [1, 2, 3]
    assert said["materials"][1] == {
        "position": 2,
        "name": "现场平面图",
        "originals": 0,
        "copies": 1,
        "required": True,
        "note": "",
        "blank_form_url": None,
        "filled_sample_url": None,
    }
    assert (said["number"], said["basis"], said["certificate"]) == (
        1,
        "《城市绿化条例》第二十条",
        "临时占用绿地许可证",
    )
    assert (said["supplement_days"], said["special_days"], said["extend_at_most"]) == (15, 30, 10)
    assert said["unit"] == {"code": "bureau", "name": "Test City Urban Management Bureau"}


def test_a_form_has_an_address_to_download_it(bureau: Bureau, monkeypatch: pytest.MonkeyPatch) -> None:
    from portal.cases.uploads import read_upload

    blank = photo()
    upload = read_upload(blank, name="表.jpg", size=blank.size)
    forms = (guides.Brought(name="申请表", blank_form=upload),)
    monkeypatch.setattr("tests.approvals.window.MATERIALS", forms)
    monkeypatch.setitem(_window().STEPS, "signs", {"sign_off": 1})
    monkeypatch.setitem(_window().NAMES, "signs", ("路牌", "Road signs"))
    publish(write_guide(bureau, "signs", position=9), bureau)
    (material,) = APIClient().get(f"{ITEMS}signs/").json()["materials"]
    assert material["filled_sample_url"] is None
    assert APIClient().get(material["blank_form_url"]).status_code == 200


def _window() -> Any:
    from tests.approvals import window

    return window


@pytest.mark.parametrize("code", ["none", "ALL", "all'--", "x" * 500])
def test_what_is_no_item_is_not_there(bureau: Bureau, code: str) -> None:
    assert APIClient().get(f"{ITEMS}{code}/").status_code == 404


def test_a_guide_that_is_not_published_is_not_there(bureau: Bureau, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(_window().STEPS, "signs", {"sign_off": 1})
    monkeypatch.setitem(_window().NAMES, "signs", ("路牌", "Road signs"))
    write_guide(bureau, "signs", position=9)
    assert APIClient().get(f"{ITEMS}signs/").status_code == 404
    assert "signs" not in [each["code"] for each in APIClient().get(ITEMS).json()]
    assert set(apply({"item": "signs"}).json()) == {"item"}


# Applying ---------------------------------------------------------------------------------------------------


def test_anyone_applies_without_an_account(bureau: Bureau) -> None:
    answer = apply()
    assert answer.status_code == 201, answer.content
    case = ApprovalCase.objects.get()
    said = answer.json()
    assert set(said) == {"number", "code", "lookup_code", "state", "deadlines"}
    assert (said["number"], said["code"], said["lookup_code"]) == (
        case.number,
        case.lookup_code,
        case.lookup_code,
    )
    assert said["state"] == "received"
    (clock,) = said["deadlines"]
    stored = case.deadlines.get()
    assert (clock["term"], clock["due_on"]) == ("approvals.accept", stored.due_on.isoformat())
    assert clock["provisional"] is stored.provisional
    assert sum(day["counted"] for day in clock["explanation"]) == 5
    assert "no-store" in answer.headers["Cache-Control"]
    assert (case.source, case.phone, case.first_contact) == ("web", "19900000001", None)
    assert case.applicant_number == ID_NUMBER


def test_files_come_with_their_materials(bureau: Bureau) -> None:
    answer = apply_with_files(
        file_1=photo("申请表.jpg"), file_2=[photo("一.jpg", side=33), photo("二.jpg", side=34)]
    )
    assert answer.status_code == 201, answer.content
    kept = MaterialFile.objects.select_related("material").order_by("material__position", "id")
    assert [(each.material.position, each.name) for each in kept] == [
        (1, "申请表.jpg"),
        (2, "一.jpg"),
        (2, "二.jpg"),
    ]
    assert all(each.by_public for each in kept)


def test_a_hostile_file_is_refused_by_name(bureau: Bureau) -> None:
    bad = SimpleUploadedFile("平面图.pdf", EICAR, content_type="application/pdf")
    answer = apply_with_files(file_1=photo(), file_2=[photo(), bad])
    assert answer.status_code == 400
    assert set(answer.json()) == {"files.2"}
    (sentence,) = answer.json()["files.2"]
    assert sentence.startswith("平面图.pdf: ")
    assert not ApprovalCase.objects.exists()
    assert not MaterialFile.objects.exists()


@pytest.mark.parametrize("name", ["files.9", "files.0", "files.x", "files", "files.²", "files." + "1" * 400])
def test_a_file_belongs_to_a_material_of_the_guide(bureau: Bureau, name: str) -> None:
    answer = APIClient().post(APPLICATIONS, {**APPLICATION, name: photo()}, format="multipart")
    assert answer.status_code == 400
    assert set(answer.json()) == {name[:26]}
    assert not ApprovalCase.objects.exists()


@pytest.mark.parametrize("files", ["x", [], ["x"], {"1": "x"}, {"1": ["x"]}, {"1": {"0": "x"}}, 7])
def test_what_is_no_file_is_none(bureau: Bureau, files: Any) -> None:
    answer = apply({"files": files})
    assert answer.status_code == 400
    assert set(answer.json()) <= {"files", "files.1"}
    assert all(isinstance(each, str) for found in answer.json().values() for each in found)


def test_text_in_place_of_a_file_is_refused(bureau: Bureau) -> None:
    answer = APIClient().post(APPLICATIONS, {**APPLICATION, "files.1": "text"}, format="multipart")
    assert (answer.status_code, set(answer.json())) == (400, {"files.1"})


def test_more_files_than_are_kept_are_refused(bureau: Bureau) -> None:
    answer = apply_with_files(file_1=[photo(side=32 + each) for each in range(6)])
    assert (answer.status_code, set(answer.json())) == (400, {"files.1"})
    # More than a form may bring at all are not even counted.
    answer = apply_with_files(file_1=[photo(side=32 + each) for each in range(101)])
    assert (answer.status_code, set(answer.json())) == (400, {"detail"})


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"item": "none"}, "item"),
    ({"item": "\ud800"}, "item"),
    ({"item": ["all"]}, "item"),
    ({"item": None}, "item"),
    ({"applicant_kind": "cat"}, "applicant_kind"),
    ({"applicant_kind": ["person"]}, "applicant_kind"),
    ({"applicant_name": ""}, "applicant_name"),
    ({"applicant_name": "名" * 101}, "applicant_name"),
    ({"applicant_name": "一\n二"}, "applicant_name"),
    ({"applicant_number": ID_NUMBER[:-1] + "8"}, "applicant_number"),
    ({"applicant_number": CREDIT_CODE}, "applicant_number"),
    ({"applicant_number": "1" * 31}, "applicant_number"),
    ({"applicant_number": ""}, "applicant_number"),
    ({"applicant_kind": "body"}, "applicant_number"),
    ({"phone": "no number"}, "phone"),
    ({"phone": ""}, "phone"),
    ({"email": "nobody"}, "email"),
    ({"address": "址" * 201}, "address"),
    ({"subject_matter": ""}, "subject_matter"),
    ({"subject_matter": "\x01"}, "subject_matter"),
    ({"subject_matter": "a\x00b"}, "subject_matter"),
    ({"subject_matter": "字" * 1001}, "subject_matter"),
    ({"place": "\u202e反"}, "place"),
    ({"consolidated_bill": "perhaps"}, "consolidated_bill"),
]


@pytest.mark.parametrize(("given", "field"), WRONG)
def test_what_is_wrong_is_said_at_its_field(bureau: Bureau, given: dict[str, Any], field: str) -> None:
    events = Event.objects.count()
    # Escaped, so that half a surrogate pair can be sent at all.
    answer = APIClient().post(
        APPLICATIONS, json.dumps({**APPLICATION, **given}), content_type="application/json"
    )
    assert answer.status_code == 400, answer.content
    assert set(answer.json()) == {field}
    assert not ApprovalCase.objects.exists()
    assert Event.objects.count() == events


@pytest.mark.parametrize("body", ["", "[", "[]", '"text"', "null", "12"])
def test_what_is_no_object_is_refused(bureau: Bureau, body: str) -> None:
    answer = APIClient().post(APPLICATIONS, body, content_type="application/json")
    assert answer.status_code == 400, answer.content


def test_everything_wrong_is_said_at_once_and_in_the_readers_language(bureau: Bureau) -> None:
    wrong = {"applicant_number": ID_NUMBER[:-1] + "8", "phone": "x", "place": ""}
    english = apply(wrong).json()
    chinese = apply(wrong, **{"Accept-Language": "zh-hans"}).json()
    assert set(english) == set(chinese) == {"applicant_number", "phone", "place"}
    assert english["applicant_number"] == ["This ID number is mistyped: its check digit does not fit."]
    assert chinese["place"] != english["place"]


def test_an_item_says_for_whom_it_is(bureau: Bureau) -> None:
    from approvals.models import ServiceItem

    ServiceItem.objects.filter(code="all").update(for_persons=False)
    assert set(apply().json()) == {"applicant_kind"}
    body = {"applicant_kind": "body", "applicant_name": "测试有限公司", "applicant_number": CREDIT_CODE}
    assert apply(body).status_code == 201


def test_applications_from_one_address_are_limited(bureau: Bureau, settings: Any) -> None:
    statuses = [apply({"place": ""}).status_code for _each in range(61)]
    assert statuses == [400] * 60 + [429]


# A lost connection ------------------------------------------------------------------------------------------


def test_the_same_request_is_received_once(bureau: Bureau) -> None:
    key = str(uuid.uuid4())
    first, second = (apply(**{"Idempotency-Key": key}) for _each in range(2))
    assert (first.status_code, second.status_code) == (201, 201)
    assert ApprovalCase.objects.count() == 1
    one, two = first.json(), second.json()
    assert (one["number"], one["code"]) == (two["number"], two["code"])
    assert [each["due_on"] for each in one["deadlines"]] == [each["due_on"] for each in two["deadlines"]]
    # As long as nobody says that it is the same, it is another; so is another content.
    assert apply().json()["number"] != one["number"]
    assert apply({"place": "东街"}, **{"Idempotency-Key": key}).json()["number"] != one["number"]
    assert apply(**{"Idempotency-Key": str(uuid.uuid4())}).json()["number"] != one["number"]


def test_the_same_files_make_the_same_request(bureau: Bureau) -> None:
    key = {"Idempotency-Key": str(uuid.uuid4())}

    def sent(side: int) -> str:
        given = {**APPLICATION, "files.1": photo(side=side)}
        answer = APIClient().post(APPLICATIONS, given, format="multipart", headers=key)
        assert answer.status_code == 201, answer.content
        return str(answer.json()["number"])

    assert sent(32) == sent(32)
    assert sent(40) != sent(32)


def test_a_refused_request_may_be_sent_again_under_its_key(
    bureau: Bureau, monkeypatch: pytest.MonkeyPatch
) -> None:
    from portal.cases.workflow import Refused

    key = {"Idempotency-Key": str(uuid.uuid4())}
    with monkeypatch.context() as broken:

        def refuse(*args: Any, **options: Any) -> None:
            raise Refused("no", field="guide")

        broken.setattr("approvals.api.actions.apply", refuse)
        assert apply(**key).json() == {"item": ["no"]}
    assert apply(**key).status_code == 201


def test_of_two_at_the_same_moment_the_second_waits(bureau: Bureau, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "add", lambda *args: False)
    monkeypatch.setattr(cache, "get", lambda *args: "")
    from approvals import api

    monkeypatch.setattr(api.Applications, "throttle_classes", ())
    answer = apply(**{"Idempotency-Key": str(uuid.uuid4())})
    assert answer.status_code == 409
    assert "saved already" in answer.json()["detail"]


@pytest.mark.parametrize("key", ["1", "not-a-uuid", "x" * 1000])
def test_a_key_is_a_uuid(bureau: Bureau, key: str) -> None:
    answer = apply(**{"Idempotency-Key": key})
    assert (answer.status_code, set(answer.json())) == (400, {"Idempotency-Key"})


# To follow --------------------------------------------------------------------------------------------------


def test_the_case_is_told_in_the_applicants_words(bureau: Bureau, just_now: datetime) -> None:
    case = case_in("review", bureau, at=just_now)
    take(case, "urge", actor=bureau.actor("supervisor"), at=just_now, note="快办。")
    case.refresh_from_db()
    answer = APIClient().get(
        f"{CASES}{case.number}/", headers={"X-Case-Code": case.lookup_code, "Accept-Language": "en"}
    )
    assert answer.status_code == 200
    said = answer.json()
    assert (said["kind"], said["state"], said["state_label"]) == (
        "approval",
        "review",
        "office head's review",
    )
    assert [step["verb"] for step in said["steps"]][:3] == ["receive", "check_materials", "accept"]
    assert said["steps"][0]["label"] == "The window received your application."
    running = {each["term"]: each for each in said["deadlines"] if each["stopped_at"] is None}
    assert set(running) == {"approvals.decide", "approvals.promise", "approvals.review"}
    assert all(each["due_on"] and each["explanation"] for each in running.values())
    assert all(each["provisional"] in (True, False) for each in running.values())
    # Neither who applies nor who works on it, and no inner note.
    text = answer.content.decode()
    for personal in (case.applicant_name, ID_NUMBER, "19900000001", "窗样例", "材料齐全"):
        assert personal not in text


def test_what_is_between_colleagues_is_no_step_of_the_applicants(bureau: Bureau, just_now: datetime) -> None:
    case = case_in("received:offered", bureau, at=just_now)
    said = APIClient().get(f"{CASES}{case.number}/", {"code": case.lookup_code}).json()
    assert [step["verb"] for step in said["steps"]] == ["receive"]


def test_other_kinds_are_told_as_well(bureau: Bureau, just_now: datetime) -> None:
    made = incoming_in("closed", bureau, form="request", at=just_now)
    said = (
        APIClient()
        .get(f"{CASES}{made.number}/", headers={"X-Case-Code": made.lookup_code, "Accept-Language": "en"})
        .json()
    )
    assert (said["kind"], said["state_label"]) == ("incoming", "answered")
    assert [step["label"] for step in said["steps"]] == [
        "The window registered it.",
        "It went to: Parks and Greening Division.",
        "It was answered.",
    ]
    rated = bad_rating_in("contacted", bureau, at=just_now)
    said = (
        APIClient()
        .get(f"{CASES}{rated.number}/", headers={"X-Case-Code": rated.lookup_code, "Accept-Language": "en"})
        .json()
    )
    assert [step["label"] for step in said["steps"]] == [
        "Your rating was received; it is looked into.",
        "We called you about it.",
    ]


def test_the_papers_of_a_case(bureau: Bureau, just_now: datetime) -> None:
    case = case_in("accepted", bureau, at=just_now)
    code = {"X-Case-Code": case.lookup_code}
    answer = APIClient().get(f"{CASES}{case.number}/documents/", headers=code)
    assert answer.status_code == 200
    said = answer.json()
    assert [each["kind"] for each in said] == ["approval_receipt", "approval_acceptance"]
    assert said[0]["made_on"] == timezone.localtime(just_now).date().isoformat()
    assert said[0]["standing"] == "in_force"
    paper = case.papers.select_related("document").get(purpose="receipt")
    assert said[0]["number"] == paper.document.number
    # The code stands in no address that the API gives out.
    assert case.lookup_code not in answer.content.decode()
    for accept in ("*/*", "application/pdf", "application/json"):
        pdf = APIClient().get(said[0]["url"], headers={**code, "Accept": accept})
        assert (pdf.status_code, pdf["Content-Type"]) == (200, "application/pdf")
        assert pdf.content == document_bytes(paper.document)
        assert "no-store" in pdf.headers["Cache-Control"]
        assert pdf.headers["X-Content-Type-Options"] == "nosniff"


def test_who_reads_a_paper(bureau: Bureau, just_now: datetime) -> None:
    case, other = (case_in("received", bureau, at=just_now) for _each in range(2))
    paper = case.papers.get(purpose="receipt").document
    urls = [f"{CASES}{case.number}/documents/", f"{CASES}{case.number}/documents/{paper.check_code}/"]
    for url in urls:
        for code in ("", "AAAAAAAA", other.lookup_code):
            accept = "application/pdf" if url == urls[1] else "*/*"
            found = APIClient().get(url, headers={"X-Case-Code": code, "Accept": accept})
            assert (found.status_code, found["Content-Type"]) == (404, "application/json")
        assert APIClient().get(url, {"code": case.lookup_code}).status_code == 200
        for who, status in {
            "clerk": 200,
            "supervisor": 200,
            "agency_head": 200,
            "handler": 404,
            "operator": 404,
            "administrator": 404,
        }.items():
            assert client_of(bureau, who).get(url).status_code == status, who
    # A paper is read with its own case.
    url = f"{CASES}{other.number}/documents/{paper.check_code}/"
    assert APIClient().get(url, headers={"X-Case-Code": other.lookup_code}).status_code == 404


def test_a_paper_that_is_not_as_signed_is_not_handed_out(bureau: Bureau, just_now: datetime) -> None:
    case = case_in("received", bureau, at=just_now)
    paper = case.papers.get(purpose="receipt").document
    with open(paper.file.path, "ab") as file:
        file.write(b"x")
    url = f"{CASES}{case.number}/documents/{paper.check_code}/"
    answer = APIClient().get(url, headers={"X-Case-Code": case.lookup_code})
    assert answer.status_code == 500
    assert "detail" in answer.json()


# The applicant's own steps ----------------------------------------------------------------------------------


def headers(case: ApprovalCase) -> dict[str, str]:
    return {"X-Case-Code": case.lookup_code}


def test_what_was_missing_is_brought(bureau: Bureau, just_now: datetime) -> None:
    case = case_in("supplement", bureau, at=just_now)
    given = {"files.2": photo("平面图.jpg"), "note": "已标注尺寸。"}
    answer = APIClient().post(own(case, "supplement"), given, format="multipart", headers=headers(case))
    assert answer.status_code == 200, answer.content
    assert answer.json()["state"] == "received"
    assert case.files.get().name == "平面图.jpg"
    assert "no-store" in answer.headers["Cache-Control"]


@pytest.mark.parametrize("files", [{}, {"files.1": "photo"}, {"files.2": "hostile"}, {"files.9": "photo"}])
def test_a_supplement_that_brings_nothing_fit_is_refused(
    bureau: Bureau, just_now: datetime, files: dict[str, str]
) -> None:
    case = case_in("supplement", bureau, at=just_now)
    made = {"photo": photo, "hostile": lambda: SimpleUploadedFile("x.pdf", EICAR)}
    given = {name: made[kind]() for name, kind in files.items()}
    answer = APIClient().post(own(case, "supplement"), given, format="multipart", headers=headers(case))
    assert answer.status_code == 400, answer.content
    assert set(answer.json()) == {"files.9" if "files.9" in files else "files.2"}
    case.refresh_from_db()
    assert (case.state, case.files.count()) == ("supplement", 0)


def test_the_applicant_withdraws(bureau: Bureau, just_now: datetime) -> None:
    case = case_in("accepted", bureau, at=just_now)
    answer = send(APIClient(), own(case, "withdraw"), {"code": case.lookup_code, "note": "不再需要。"})
    assert answer.status_code == 200, answer.content
    assert answer.json()["state"] == "withdrawn"
    again = send(APIClient(), own(case, "withdraw"), {"code": case.lookup_code, "note": "再撤一次。"})
    assert (again.status_code, set(again.json())) == (400, {"detail"})


def test_the_applicant_rates_once(bureau: Bureau, just_now: datetime) -> None:
    case = case_in("closed", bureau, at=just_now)
    answer = send(APIClient(), own(case, "rate"), {"rating": 1, "rating_words": "慢。"}, **headers(case))
    assert answer.status_code == 200, answer.content
    assert answer.json()["steps"][-1]["label"] == "You rated how your application was handled."
    assert BadRating.objects.get().approval_id == case.pk
    again = send(APIClient(), own(case, "rate"), {"rating": 5}, **headers(case))
    assert (again.status_code, set(again.json())) == (400, {"detail"})


@pytest.mark.parametrize(
    ("state", "step", "given", "field"),
    [
        ("accepted", "withdraw", {}, "note"),
        ("accepted", "withdraw", {"note": " "}, "note"),
        ("accepted", "withdraw", {"note": "\x01"}, "note"),
        ("accepted", "withdraw", {"note": "x", "seen": "new"}, "seen"),
        ("closed", "withdraw", {"note": "x"}, "detail"),
        ("received", "supplement", {}, "detail"),
        ("closed", "rate", {}, "rating"),
        ("closed", "rate", {"rating": 6}, "rating"),
        ("closed", "rate", {"rating": "good"}, "rating"),
        ("closed", "rate", {"rating": 5, "rating_words": "字" * 1001}, "rating_words"),
        ("accepted", "rate", {"rating": 5}, "detail"),
    ],
)
def test_what_is_refused_says_why(
    bureau: Bureau, just_now: datetime, state: str, step: str, given: dict[str, Any], field: str
) -> None:
    case = case_in(state, bureau, at=just_now)
    answer = send(APIClient(), own(case, step), given, **headers(case))
    assert (answer.status_code, set(answer.json())) == (400, {field})
    assert ApprovalCase.objects.get(pk=case.pk).version == case.version


def test_the_office_that_was_first_has_no_name(bureau: Bureau, just_now: datetime) -> None:
    case = case_in("accepted", bureau, at=just_now)
    take(
        case,
        "pass_preliminary",
        recommendation="grant",
        note="齐全。",
        actor=bureau.actor("clerk"),
        at=just_now,
    )
    given = {"note": "不再需要。", "seen": case.version}
    answer = send(APIClient(), own(case, "withdraw"), given, **headers(case))
    assert answer.status_code == 409
    assert "The office has gone on" in answer.json()["detail"]
    assert "窗样例" not in answer.content.decode()


OWN_STEPS = ("supplement", "withdraw", "rate")


@pytest.mark.parametrize("step", OWN_STEPS)
def test_only_the_code_opens_it(bureau: Bureau, just_now: datetime, step: str) -> None:
    case, other = (case_in("supplement", bureau, at=just_now) for _each in range(2))
    nobody = APIClient()
    for code in ("", "AAAAAAAA", other.lookup_code, "\u4e00"):
        wrong = send(nobody, own(case, step), {"code": code, "note": "x", "rating": 5})
        missing = send(nobody, f"{APPLICATIONS}SP-20260101-9999/{step}/", {"code": code})
        assert (wrong.status_code, wrong.content) == (404, missing.content)
    for body in (None, [], "x", 7, {"code": 7}, {"code": ["x"]}, {"code": None}):
        answer = nobody.post(own(case, step), json.dumps(body), content_type="application/json")
        assert answer.status_code == 404, body
    # Nor is it the staff's to do in the applicant's name.
    assert send(client_of(bureau, "clerk"), own(case, step), {"note": "x"}).status_code == 404
    # A matter of another kind is none of these.
    made = incoming_in("registered", bureau, at=just_now)
    assert nobody.post(f"{APPLICATIONS}{made.number}/{step}/", headers=headers(made)).status_code == 404


def test_who_guesses_is_slowed_down(bureau: Bureau, just_now: datetime) -> None:
    case = case_in("accepted", bureau, at=just_now)
    statuses = [
        send(APIClient(), own(case, "withdraw"), {"code": "AAAAAAAA"}).status_code for _each in range(31)
    ]
    assert statuses == [404] * 30 + [429]


# Costs ------------------------------------------------------------------------------------------------------


def test_items_cost_the_same_however_many(bureau: Bureau) -> None:
    # The guides with their items; of one, its materials and steps as well.
    assert cost(APIClient(), ITEMS) == 1
    assert cost(APIClient(), f"{ITEMS}all/") == 3


def test_what_applying_costs(bureau: Bureau) -> None:
    """The guide; two numbers; the calendar; the case, its paper, their events; a notice."""
    apply()
    with CaptureQueriesContext(connection) as queries:
        assert apply().status_code == 201
    # Besides these fourteen, the test has a savepoint where the portal has its transaction.
    assert len(queries) <= 14 + 2
