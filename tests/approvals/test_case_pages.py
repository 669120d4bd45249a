"""The page of an application, of its survey and of its permit, walked as their people walk them."""

from __future__ import annotations

import io
import itertools
import re
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override

from approvals import permits
from approvals.actions import add_photos as add_photos_to
from approvals.actions import apply, sign_opinion, take
from approvals.files import keep_files
from approvals.models import ApprovalCase, Paper
from approvals.step_form_base import NOTE_LABELS
from approvals.step_forms import blank_forms, months_later
from approvals.wording import chain, history, public_history, where_it_stands
from approvals.workflow import WORKFLOW
from portal.cases.attachments import read_photo
from portal.ledger.models import Event
from portal.organisation.actions import deactivate
from portal.organisation.actors import CITIZEN, SYSTEM
from tests.approvals.browsers import browser, follows, queries_of
from tests.approvals.public import PDF, jpeg, looked_at, materials_of, sent
from tests.approvals.window import CREDIT_CODE, ID_NUMBER, application, case_in
from tests.bureau import PEOPLE, Bureau

pytestmark = pytest.mark.usefixtures("plain_papers")
EVERYBODY = (*PEOPLE, "clerk2")
SEE_IT = ("clerk", "clerk2", "office_head", "chief", "agency_head", "supervisor")
SIGNED = {"verdict": "agree", "opinion": "现场与申请一致，同意。"}
MOST_QUERIES = 25


@pytest.fixture
def just_now() -> datetime:
    return timezone.now() - timedelta(minutes=1)


def page_of(case: ApprovalCase) -> str:
    return reverse("approvals:case", args=[case.number])


def survey_of(case: ApprovalCase) -> str:
    return reverse("approvals:survey", args=[case.number])


def again(case: ApprovalCase) -> ApprovalCase:
    return ApprovalCase.objects.get(pk=case.pk)


def send(client: Client, case: ApprovalCase, name: str, *, to: str = "", **given: Any) -> Any:
    """Send a step to the application's page as it stands now."""
    given.setdefault("seen", again(case).version)
    return client.post(to or page_of(case), {"step": name, **given})


def arranged(bureau: Bureau, *units: str, at: datetime) -> ApprovalCase:
    case = case_in("survey", bureau, at=at)
    told = {"units": [bureau.units[code] for code in units], "planned_at": at, "place": "青石路12号门前"}
    return take(case, "arrange_survey", actor=bureau.actor("clerk"), at=at, **told)


# Each step --------------------------------------------------------------------------------------------------


def day(days: int = 0) -> str:
    return (timezone.localdate() + timedelta(days=days)).isoformat()


def checked(case: ApprovalCase, *wrong: int) -> dict[str, str]:
    """Every material in order, but for those at the positions `wrong`."""
    told = {}
    for each in case.given:
        fine = each.material.position not in wrong
        told[f"state_{each.material_id}"] = "yes" if fine else "no"
        told[f"problem_{each.material_id}"] = "" if fine else "缺少签字"
    return told


# step: (state it is taken in, who takes it, what is sent, state afterwards)
STEPS: dict[str, tuple[str, tuple[str, ...], dict[str, Any], str]] = {
    "take": ("received:web", ("clerk", "clerk2"), {}, "received"),
    "accept": ("received:in_order", ("clerk",), {"note": ""}, "accepted"),
    "certify_acceptance": ("accepted:certified", ("clerk",), {}, "accepted"),
    "ask_supplement": ("received:missing", ("clerk",), {"note": "请一并带来原件。"}, "supplement"),
    "supplement": ("supplement", ("clerk",), {"note": ""}, "received"),
    "refuse": (
        "received",
        ("clerk",),
        {"refusal_ground": "not_this_agency", "competent_agency": "测试市水利局", "note": "属水利管理。"},
        "refused",
    ),
    "withdraw": ("accepted", ("clerk",), {"note": "不再需要。"}, "withdrawn"),
    "pass_preliminary": (
        "accepted",
        ("clerk",),
        {"recommendation": "grant", "note": "符合条件。"},
        "survey",
    ),
    "conclude_survey": ("survey:signed", ("clerk",), {"note": "一致同意。"}, "review"),
    "pass_review": ("review", ("office_head",), {"recommendation": "grant", "note": "同意。"}, "sign_off"),
    "send_back": ("review", ("office_head",), {"note": "请补充说明。", "survey_again": "on"}, "accepted"),
    "grant": (
        "sign_off",
        ("chief",),
        {"content": "准予占用20平方米。", "conditions": "", "valid_from": "", "valid_until": "", "note": ""},
        "granted",
    ),
    "deny": (
        "sign_off",
        ("chief",),
        {"denial_basis": "《城市绿化条例》第二十条", "note": "将损毁古树。"},
        "serving",
    ),
    "issue_certificate": ("granted", ("clerk",), {}, "serving"),
    "serve": (
        "serving",
        ("clerk",),
        {"served_by": "hand", "served_to": "测试市民", "served_on": "", "note": ""},
        "closed",
    ),
    "special_procedure": (
        "accepted",
        ("clerk", "office_head"),
        {"special_kind": "hearing", "days": "5", "note": "依申请听证。"},
        "accepted",
    ),
    "end_special_procedure": ("accepted:special", ("clerk", "office_head"), {"note": ""}, "accepted"),
    "ask_extension": (
        "accepted",
        ("clerk", "office_head"),
        {"extension_asked": "5", "note": "案情复杂。"},
        "accepted",
    ),
    "extend": ("accepted:asked", ("agency_head",), {"extend_by": "5", "note": "同意延长。"}, "accepted"),
    "refuse_extension": ("accepted:asked", ("agency_head",), {"note": "理由不足。"}, "accepted"),
    "offer_handover": ("accepted", ("clerk",), {"handover_to": "clerk2", "note": ""}, "accepted"),
    "accept_handover": ("received:offered", ("clerk2",), {}, "received"),
    "decline_handover": ("received:offered", ("clerk2",), {"note": "手头已满。"}, "received"),
    "reassign": ("received:left", ("office_head",), {"handover_to": "clerk2", "note": ""}, "received"),
    "urge": ("accepted", ("office_head", "supervisor"), {"note": "请抓紧。"}, "accepted"),
}
# Days that a form begins with; here as of today.
TODAY = ("valid_from", "served_on")


def ready(state: str, bureau: Bureau, at: datetime) -> ApprovalCase:
    if state == "accepted:certified":
        case = case_in("accepted:web", bureau, at=at)
        return take(case, "take", actor=bureau.actor("clerk"), at=at)
    return case_in(state, bureau, at=at)


def filled(given: dict[str, Any], bureau: Bureau) -> dict[str, Any]:
    told = {name: day() if name in TODAY else value for name, value in given.items()}
    if "handover_to" in told:
        told["handover_to"] = str(bureau.staff[told["handover_to"]].pk)
    return told


@pytest.mark.parametrize("name", STEPS)
def test_each_step_is_taken_by_its_role_and_by_nobody_else(
    window: Bureau, just_now: datetime, name: str
) -> None:
    state, takers, given, after = STEPS[name]
    case = ready(state, window, just_now)
    told = filled(given, window)
    # Who sees no application at all is tried with the pages.
    for who in (*SEE_IT, "handler", "handler_roads", "operator"):
        if who in takers or not window.staff[who].is_active or (name, who) == ("reassign", "clerk"):
            continue
        answer = send(browser(window, who), case, name, **told)
        expected = {403} if who in SEE_IT else {403, 404}
        assert answer.status_code in expected, who
    assert again(case).version == case.version
    for who in takers:
        page = browser(window, who).get(page_of(case))
        assert name in [form.step.name for form in page.context["forms"]], who
    done = send(browser(window, takers[0]), case, name, **told)
    assert (done.status_code, done.url) == (302, page_of(case))
    assert again(case).state == after


def test_every_step_of_staff_has_a_form_and_every_note_its_name() -> None:
    by_staff = {
        name for name, rule in WORKFLOW.transitions.items() if rule.by - {*CITIZEN.roles, *SYSTEM.roles}
    }
    surveys_and_materials = {"check_materials", "arrange_survey", "sign_opinion"}
    assert set(STEPS) | surveys_and_materials == by_staff
    assert set(NOTE_LABELS) == {name for name in by_staff if WORKFLOW.transition(name).note}


def test_materials_are_looked_at_one_by_one(window: Bureau, just_now: datetime) -> None:
    case, clerk = case_in("received", window, at=just_now), browser(window, "clerk")
    assert "accept" not in [form.step.name for form in clerk.get(page_of(case)).context["forms"]]
    unsaid = checked(case, 2)
    unsaid[f"problem_{case.given[1].material_id}"] = ""
    refused = send(clerk, case, "check_materials", **unsaid)
    assert refused.status_code == 400
    assert case.given[1].material.name in refused.content.decode()
    assert send(clerk, case, "check_materials", **checked(case, 2)).status_code == 302
    text = clerk.get(page_of(case)).content.decode()
    assert "缺少签字" in text
    assert [each.in_order for each in again(case).given] == [True, False, True]
    assert send(clerk, case, "check_materials", **checked(case)).status_code == 302
    page = clerk.get(page_of(case))
    # What carries the matter on stands first.
    assert page.context["forms"][0].step.name == "accept"


def test_what_is_brought_to_the_window_is_kept_with_its_scans(window: Bureau, just_now: datetime) -> None:
    case, clerk = case_in("supplement", window, at=just_now), browser(window, "clerk")
    [missing] = case.missing()
    name = f"files_{missing.material_id}"
    assert f'name="{name}"' in clerk.get(page_of(case)).content.decode()
    broken = send(clerk, case, "supplement", note="已带原件。", **{name: [sent("图.jpg", b"MZ")]})
    assert (broken.status_code, list(broken.context["tried"].errors)) == (400, [name])
    assert "已带原件。" in broken.content.decode()
    assert "请重新选择文件" in broken.content.decode()
    assert not case.files.exists()
    done = send(clerk, case, "supplement", note="", **{name: [sent("图.jpg"), sent("图2.jpg", jpeg(10))]})
    assert done.status_code == 302
    assert again(case).state == "received"
    assert {(each.material_id, each.by_public) for each in case.files.all()} == {(missing.material_id, False)}
    assert case.files.count() == 2


def test_who_was_signed_out_meanwhile_loses_no_opinion(window: Bureau) -> None:
    case = case_in("survey:arranged", window)
    told = {"verdict": "agree", "opinion": "树根外露，须移位两米。", "photos": [sent("现场.jpg")]}
    answer = send(Client(), case, "sign_opinion", to=survey_of(case), **told)
    assert answer.status_code == 403
    assert answer["Cache-Control"] == "no-store"
    text = answer.content.decode()
    assert "树根外露，须移位两米。" in text
    assert f"{reverse('account_login')}?next={survey_of(case)}" in text
    assert "文件需要重新选择" in text
    # A box that was ticked is no text.
    assert ">agree<" not in text
    assert not case.surveys.get().parties.filter(unit=window.units["greening"]).get().opinion


def test_a_survey_is_arranged_and_moved(window: Bureau, just_now: datetime) -> None:
    case, clerk = case_in("survey", window, at=just_now), browser(window, "clerk")
    told = {
        "units": ["greening", "roads"],
        "planned_at": f"{day(1)}T09:30",
        "place": "青石路12号",
        "note": "",
    }
    past = send(clerk, case, "arrange_survey", **told | {"planned_at": f"{day(-1)}T09:30"})
    assert past.status_code == 400
    assert "planned_at" in past.context["tried"].errors
    # Both units are still chosen.
    assert past.content.decode().count(" checked") == 2
    assert send(clerk, case, "arrange_survey", **told).status_code == 302
    survey = case.surveys.get()
    assert timezone.localtime(survey.planned_at).strftime("%H:%M") == "09:30"
    form = next(
        form for form in clerk.get(page_of(case)).context["forms"] if form.step.name == "arrange_survey"
    )
    assert form.initial["units"] == ["greening", "roads"]
    assert send(clerk, case, "arrange_survey", **told | {"units": ["greening"]}).status_code == 302
    assert [each.unit.code for each in survey.parties.all()] == ["greening"]


@pytest.mark.parametrize("moment", ["0001-01-01T00:00", "9999-12-31T23:59", "2026-13-01T00:00", "x"])
def test_an_impossible_hour_is_a_sentence_at_its_field(
    window: Bureau, just_now: datetime, moment: str
) -> None:
    case = case_in("survey", window, at=just_now)
    told = {"units": ["greening"], "planned_at": moment, "place": "青石路12号"}
    answer = send(browser(window, "clerk"), case, "arrange_survey", **told)
    assert answer.status_code in (302, 400)


def test_a_grant_begins_with_what_was_applied_for_and_the_guides_validity(
    window: Bureau, just_now: datetime
) -> None:
    case, chief = case_in("sign_off", window, at=just_now), browser(window, "chief")
    form = chief.get(page_of(case)).context["forms"][0]
    today = timezone.localdate()
    assert form.step.name == "grant"
    assert form.initial["content"] == case.subject_matter
    assert (form.initial["valid_from"], form.initial["valid_until"]) == (today, months_later(today, 12))
    far = send(chief, case, "grant", content="准予。", valid_from="9999-06-01", valid_until="")
    assert far.status_code == 400
    assert "valid_from" in far.context["tried"].errors
    assert send(chief, case, "grant", content="准予。", valid_from=day(3), valid_until="").status_code == 302
    granted = again(case)
    assert granted.valid_from is not None
    assert granted.valid_until == months_later(granted.valid_from, 12)


@pytest.mark.parametrize(
    ("first", "months", "last"),
    [
        (date(2026, 11, 2), 12, date(2027, 11, 2)),
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2026, 11, 30), 1, date(2026, 12, 30)),
        (date(2026, 12, 31), 2, date(2027, 2, 28)),
    ],
)
def test_months_later(first: date, months: int, last: date) -> None:
    assert months_later(first, months) == last


def test_a_rule_is_said_at_the_field_it_is_about(window: Bureau, just_now: datetime) -> None:
    case = case_in("accepted", window, at=just_now)
    clerk, head = browser(window, "clerk"), browser(window, "agency_head")
    told = {"special_kind": "hearing", "days": "21", "note": "听证"}
    assert "days" in send(clerk, case, "special_procedure", **told).context["tried"].errors
    told = {"extension_asked": "11", "note": "复杂"}
    assert "extension_asked" in send(clerk, case, "ask_extension", **told).context["tried"].errors
    assert "extend_by" in send(head, case, "extend", extend_by="11", note="同意").context["tried"].errors
    assert again(case).version == case.version


@pytest.mark.parametrize("name", ["", "nothing", "rate", "deem_accepted"])
def test_what_is_no_step_of_the_page_changes_nothing(window: Bureau, just_now: datetime, name: str) -> None:
    case = case_in("received", window, at=just_now)
    assert send(browser(window, "clerk"), case, name).status_code in (400, 403)
    assert again(case).version == case.version


def test_the_second_of_two_people_is_told_who_was_first(window: Bureau, just_now: datetime) -> None:
    case = case_in("accepted", window, at=just_now)
    seen = case.version
    told = {"special_kind": "testing", "days": "3", "note": "需要检测土壤。"}
    assert send(browser(window, "office_head"), case, "urge", seen=seen, note="请抓紧。").status_code == 302
    second = send(browser(window, "clerk"), case, "special_procedure", seen=seen, **told)
    assert second.status_code == 409
    text = second.content.decode()
    assert window.staff["office_head"].name in text
    assert "需要检测土壤。" in text
    # Sent once more, it is about the application as it stands now.
    form = next(form for form in second.context["forms"] if form.step.name == "special_procedure")
    assert form["seen"].value() == str(seen + 1)
    third = send(browser(window, "clerk"), case, "withdraw", seen=seen, note="申请人来电撤回。")
    assert third.status_code == 409
    assert "申请人来电撤回。" in third.content.decode()


def test_a_text_whose_step_is_gone_is_not_lost(window: Bureau, just_now: datetime) -> None:
    case = case_in("accepted", window, at=just_now)
    seen = case.version
    take(case, "withdraw", actor=CITIZEN, at=just_now, note="不再需要。")
    told = {"recommendation": "grant", "note": "材料齐全，建议准予。"}
    late = send(browser(window, "clerk"), case, "pass_preliminary", seen=seen, **told)
    assert late.status_code == 409
    assert late.context["lost"]
    assert "材料齐全，建议准予。" in late.content.decode()


# The survey's page ------------------------------------------------------------------------------------------


def test_an_opinion_is_signed_on_the_telephone_with_photos(window: Bureau, just_now: datetime) -> None:
    case = arranged(window, "greening", "bureau", at=just_now)
    handler = browser(window, "handler")
    shown = handler.get(survey_of(case))
    text = shown.content.decode()
    for said in ("青石路12号门前", "因管道施工", "测试市民", "19900000001", 'capture="environment"'):
        assert said in text
    assert ID_NUMBER not in text
    me = window.staff["handler"].pk
    told = SIGNED | {"present": [me], "camera": sent("a.jpg"), "photos": [sent("b.jpg"), sent("c.jpg")]}
    done = send(handler, case, "sign_opinion", to=survey_of(case), **told)
    assert (done.status_code, done.url) == (302, survey_of(case))
    page = handler.get(survey_of(case))
    assert page.context["forms"] == []
    assert [each.unit.code for each in page.context["record"].missing] == ["bureau"]
    assert len(page.context["record"].opinions[0].photos) == 3
    case_page = browser(window, "clerk").get(page_of(case)).content.decode()
    assert case_page.count('<a href="/cases/photos/') == 3
    assert "现场与申请一致，同意。" in case_page


def add_photos(client: Client, case: ApprovalCase, *photos: Any) -> Any:
    return client.post(survey_of(case), {"add_photos": "1", "photos": list(photos)})


def test_photos_come_after_the_opinion_until_the_survey_is_concluded(
    window: Bureau, just_now: datetime
) -> None:
    case, handler = arranged(window, "greening", "bureau", at=just_now), browser(window, "handler")
    # Before that, they come with the opinion.
    assert handler.get(survey_of(case)).context["more"] is None
    assert add_photos(handler, case, sent()).status_code == 409
    told = SIGNED | {"present": [window.staff["handler"].pk], "photos": [sent("a.jpg")]}
    send(handler, case, "sign_opinion", to=survey_of(case), **told)
    opinion = case.surveys.get().parties.get(unit__code="greening")
    assert 'name="add_photos"' in handler.get(survey_of(case)).content.decode()
    nothing = add_photos(handler, case)
    assert (nothing.status_code, list(nothing.context["more"].errors)) == (400, ["photos"])
    broken = add_photos(handler, case, sent("b.jpg", b"MZ"))
    assert (broken.status_code, list(broken.context["more"].errors)) == (400, ["photos"])
    assert "请重新选择文件" in broken.content.decode()
    done = add_photos(handler, case, sent("b.jpg", jpeg(10)), sent("c.jpg", jpeg(20)))
    assert (done.status_code, done.url) == (302, survey_of(case))
    record = handler.get(survey_of(case)).context["record"]
    assert {each.party.unit.code: len(each.photos) for each in record.opinions} == {
        "greening": 3,
        "bureau": 0,
    }
    # The opinion stays as it was signed, and nobody's next step is held up by a photo.
    opinion.refresh_from_db()
    assert (opinion.opinion, opinion.signed_by_id) == (SIGNED["opinion"], window.staff["handler"].pk)
    clerk = browser(window, "clerk")
    told = SIGNED | {"present": [window.staff["clerk"].pk]}
    send(clerk, case, "sign_opinion", to=survey_of(case), **told)
    assert send(clerk, case, "conclude_survey", note="").status_code == 302
    assert handler.get(survey_of(case)).context["more"] is None
    late = add_photos(handler, case, sent("d.jpg", jpeg(30)))
    assert late.status_code == 409
    assert case.attachments.count() == 3


@pytest.mark.parametrize("who", EVERYBODY)
def test_who_adds_photos(window: Bureau, just_now: datetime, who: str) -> None:
    """Whoever of a unit was there; the second clerk is of the same unit as the first, and was not."""
    case = case_in("survey:signed", window, at=just_now)
    added = who in ("handler", "clerk")
    assert add_photos(browser(window, who), case, sent()).status_code == (
        302 if added else 404 if who == "handler_roads" else 403
    )
    assert case.attachments.count() == (1 if added else 0)
    if who in SEE_IT:
        assert (browser(window, who).get(survey_of(case)).context["more"] is not None) is added


def test_photos_of_two_surveys_stand_with_their_own(window: Bureau, just_now: datetime) -> None:
    case, me = case_in("survey:signed", window, at=just_now), window.actor("handler")
    later = just_now + timedelta(seconds=20)

    def add(shade: int, at: datetime) -> None:
        add_photos_to(case, [read_photo(io.BytesIO(jpeg(shade)), size=1)], actor=me, at=at)

    add(10, just_now + timedelta(seconds=1))
    clerk, head = window.actor("clerk"), window.actor("office_head")
    take(case, "conclude_survey", actor=clerk, at=later)
    take(case, "send_back", actor=head, at=later, note="请再看一次。", survey_again=True)
    take(case, "pass_preliminary", actor=clerk, at=later, recommendation="grant", note="齐全。")
    units = [window.units["greening"]]
    take(case, "arrange_survey", actor=clerk, at=later, units=units, planned_at=later, place="青石路12号")
    take(case, "sign_opinion", actor=me, at=later, present=[window.staff["handler"]], **SIGNED)
    add(20, later + timedelta(seconds=1))
    add(30, later + timedelta(seconds=2))
    records = browser(window, "clerk").get(page_of(case)).context["records"]
    greening = [each for record in records for each in record.opinions if each.party.unit.code == "greening"]
    assert [len(each.photos) for each in greening] == [2, 1]


def test_two_of_the_staff_must_have_been_there(window: Bureau, just_now: datetime) -> None:
    case = arranged(window, "greening", at=just_now)
    sign_opinion(
        case, actor=window.actor("handler"), at=just_now, present=[window.staff["handler"]], **SIGNED
    )
    page = browser(window, "clerk").get(survey_of(case))
    assert page.context["record"].lacks_people
    assert not page.context["record"].is_complete
    assert send(browser(window, "clerk"), case, "conclude_survey", note="").status_code == 400


@pytest.mark.parametrize("who", EVERYBODY)
def test_who_signs_an_opinion(window: Bureau, just_now: datetime, who: str) -> None:
    case = arranged(window, "greening", at=just_now)
    told = SIGNED | {"present": [window.staff[who].pk]}
    answer = send(browser(window, who), case, "sign_opinion", to=survey_of(case), **told)
    if who == "handler":
        assert answer.status_code == 302
    else:
        assert answer.status_code == (403 if who in SEE_IT else 404 if who == "handler_roads" else 403)


def test_a_unit_names_its_own_people_and_at_most_six_photos(window: Bureau, just_now: datetime) -> None:
    case, handler = arranged(window, "greening", at=just_now), browser(window, "handler")
    stranger = send(handler, case, "sign_opinion", **SIGNED, present=[window.staff["clerk"].pk])
    assert stranger.status_code == 400
    assert "present" in stranger.context["tried"].errors
    told = SIGNED | {"present": [window.staff["handler"].pk]}
    photos = [sent(f"{number}.jpg") for number in range(6)]
    many = send(handler, case, "sign_opinion", **told, camera=sent("a.jpg"), photos=photos)
    assert many.status_code == 400
    assert "photos" in many.context["tried"].errors
    assert not case.attachments.exists()


def test_a_survey_that_is_not_arranged_is_said_to_be_so(window: Bureau, just_now: datetime) -> None:
    case = case_in("survey", window, at=just_now)
    page = browser(window, "clerk").get(survey_of(case))
    assert page.status_code == 200
    assert page.context["record"] is None


# Who sees what ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", EVERYBODY)
def test_which_staff_see_the_pages(window: Bureau, just_now: datetime, who: str) -> None:
    case = case_in("closed", window, at=just_now)
    reading = browser(window, who)
    pages = [page_of(case), survey_of(case), reverse("approvals:permit", args=[case.number])]
    found = {reading.get(page).status_code for page in pages}
    expected = 200 if who in (*SEE_IT, "handler") else 404 if who == "handler_roads" else 403
    assert found == {expected}


def test_a_visitor_is_asked_to_sign_in(window: Bureau, just_now: datetime) -> None:
    case = case_in("closed", window, at=just_now)
    assert Client().get(page_of(case)).status_code == 302
    assert follows(case).get(page_of(case)).status_code == 302


@pytest.mark.parametrize(
    ("who", "number", "name", "phone"),
    [
        ("clerk", True, True, True),
        ("office_head", True, True, True),
        ("chief", True, True, True),
        ("handler", False, True, True),
        ("agency_head", False, False, False),
        ("supervisor", False, False, False),
    ],
)
def test_numbers_are_masked_for_those_who_need_not_know(
    window: Bureau, just_now: datetime, who: str, number: bool, name: bool, phone: bool
) -> None:
    case = arranged(window, "greening", at=just_now)
    for page in (page_of(case), survey_of(case)):
        text = browser(window, who).get(page).content.decode()
        if page == page_of(case):
            assert (ID_NUMBER in text) is number
            assert ("330802**********39" in text) is not number
        assert ("测试市民" in text) is name
        assert ("19900000001" in text) is phone
        assert ("199****0001" in text) is not phone
        title = re.search(r"<title>(.*?)</title>", text, re.DOTALL)
        assert title is not None
        assert "测试市民" not in title[1]


def test_a_bodys_credit_code_is_public(window: Bureau, just_now: datetime) -> None:
    more = {"applicant_kind": "body", "applicant_name": "测试市政有限公司", "applicant_number": CREDIT_CODE}
    case = apply(application(**more), actor=window.actor("clerk"), at=just_now)
    text = browser(window, "supervisor").get(page_of(case)).content.decode()
    assert CREDIT_CODE in text
    assert "测试市政有限公司" in text


@pytest.fixture
def with_file(window: Bureau, just_now: datetime) -> ApprovalCase:
    """An application from the web with a file whose name is not harmless."""
    material = materials_of("all")[0]
    upload = looked_at('申请表"\r\n<b>.pdf', PDF)
    return apply(application(files={material.pk: [upload]}), actor=CITIZEN, at=just_now)


@pytest.mark.parametrize("who", [*EVERYBODY, "nobody"])
def test_files_and_papers_are_for_those_who_may_see_the_application(
    window: Bureau, with_file: ApprovalCase, who: str
) -> None:
    reading = browser(window, who)
    assert reading.get(paper_of(with_file)).status_code == (200 if who in SEE_IT else 404)
    # A scan of an identity card says what the page masks.
    knows = who in SEE_IT and who not in ("supervisor", "agency_head")
    assert reading.get(file_of(with_file)).status_code == (200 if knows else 404)


def file_of(case: ApprovalCase) -> str:
    return reverse("approvals:file", args=[case.number, case.files.get().pk])


def paper_of(case: ApprovalCase, purpose: str = "receipt") -> str:
    return reverse("approvals:paper", args=[case.number, case.papers.get(purpose=purpose).pk])


def test_the_applicant_reads_the_own_file_as_an_attachment(
    window: Bureau, with_file: ApprovalCase, just_now: datetime
) -> None:
    answer = follows(with_file).get(file_of(with_file))
    assert answer.content == PDF
    assert answer["Content-Type"] == "application/pdf"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer["Content-Security-Policy"]
    assert answer["Content-Disposition"].startswith("attachment;")
    assert "\n" not in answer["Content-Disposition"]
    assert "no-store" in answer["Cache-Control"]
    other = case_in("received", window, at=just_now)
    assert follows(other).get(file_of(with_file)).status_code == 404
    # Nor under another application's number.
    crossed = reverse("approvals:file", args=[other.number, with_file.files.get().pk])
    assert browser(window, "clerk").get(crossed).status_code == 404
    crossed = reverse("approvals:paper", args=[other.number, with_file.papers.get().pk])
    assert browser(window, "clerk").get(crossed).status_code == 404


def test_a_paper_is_the_signed_file_or_none(window: Bureau, with_file: ApprovalCase) -> None:
    clerk, paper = browser(window, "clerk"), with_file.papers.get()
    answer = clerk.get(paper_of(with_file))
    assert paper.document.number.encode() in answer.content
    assert answer["Content-Disposition"].startswith("attachment;")
    assert answer["X-Content-Type-Options"] == "nosniff"
    storage = paper.document.file.storage
    storage.delete(paper.document.file.name)
    assert clerk.get(paper_of(with_file)).status_code == 500
    storage.delete(with_file.files.get().file.name)
    assert clerk.get(file_of(with_file)).status_code == 404


# Proof of service -------------------------------------------------------------------------------------------


def serve_paper(client: Client, case: ApprovalCase, paper: Paper, **given: Any) -> Any:
    told = {"served_by": "hand", "served_to": "测试市民", "served_on": day(), **given}
    return client.post(page_of(case), {"paper": paper.pk, **told})


def test_the_proof_of_service_is_kept_once(window: Bureau, just_now: datetime) -> None:
    case, clerk = case_in("refused", window, at=just_now), browser(window, "clerk")
    paper = case.papers.get(purpose="refusal")
    early = serve_paper(clerk, case, paper, served_on=day(-1))
    assert early.status_code == 400
    form = next(row["form"] for row in early.context["papers"] if row["paper"].pk == paper.pk)
    assert "served_on" in form.errors
    assert serve_paper(clerk, case, paper, served_by="pigeon").status_code == 400
    assert serve_paper(clerk, case, paper, served_to=" ").status_code == 400
    assert serve_paper(clerk, case, paper).status_code == 302
    paper.refresh_from_db()
    assert (paper.served_by, paper.served_to, paper.served_on) == ("hand", "测试市民", timezone.localdate())
    page = clerk.get(page_of(case))
    assert paper.document.number in page.context["entries"][0].text
    assert serve_paper(clerk, case, paper, served_to="别人").status_code == 409
    assert serve_paper(clerk, case, Paper(pk=0)).status_code == 404
    for wrong in ("x", "²", "9" * 40):
        assert clerk.post(page_of(case), {"paper": wrong}).status_code == 404


def test_who_records_a_service(window: Bureau, just_now: datetime) -> None:
    case = case_in("accepted", window, at=just_now)
    paper = case.papers.get(purpose="acceptance")
    for who in SEE_IT[1:]:
        assert serve_paper(browser(window, who), case, paper).status_code == 403, who
    # Whose owner has left is anybody's of the window.
    deactivate(staff=window.staff["clerk"], actor=SYSTEM, at=timezone.now())
    assert serve_paper(browser(window, "clerk2"), case, paper).status_code == 302


def test_a_decision_is_served_by_the_step_that_closes(window: Bureau, just_now: datetime) -> None:
    case = case_in("serving", window, at=just_now)
    clerk = browser(window, "clerk")
    for purpose in ("grant", "permit"):
        assert serve_paper(clerk, case, case.papers.get(purpose=purpose)).status_code == 403


# Permits ----------------------------------------------------------------------------------------------------


def test_a_permit_is_suspended_changed_and_revoked(window: Bureau, just_now: datetime) -> None:
    case = case_in("closed", window, at=just_now)
    address, chief = reverse("approvals:permit", args=[case.number]), browser(window, "chief")
    why = {"basis": "《行政许可法》第六十九条", "note": "查处期间暂停。"}

    def sent_to_it(who: Client, name: str, **given: Any) -> Any:
        seen = given.pop("seen", ApprovalCase.objects.get(pk=case.pk).permit.version)
        return who.post(address, {"step": name, "seen": seen, **given})

    for who in (each for each in SEE_IT if each != "chief"):
        assert sent_to_it(browser(window, who), "suspend", **why).status_code == 403, who
    assert sent_to_it(chief, "suspend", note="x").status_code == 400
    assert sent_to_it(chief, "suspend", **why).status_code == 302
    late = sent_to_it(chief, "revoke", seen=1, basis="第七十条", note="逾期未改。")
    assert late.status_code == 409
    assert "逾期未改。" in late.content.decode()
    assert sent_to_it(chief, "reinstate", note="已改正。").status_code == 302
    changed = {"content": "准予占用10平方米。", "conditions": "", "valid_until": day(30), **why}
    assert sent_to_it(chief, "change", **changed).status_code == 302
    page = chief.get(address)
    assert len(page.context["papers"]) == 2
    assert "准予占用10平方米。" in page.content.decode()
    assert sent_to_it(chief, "revoke", **why).status_code == 302
    page = chief.get(address)
    assert (page.context["permit"].state, page.context["forms"]) == ("revoked", [])
    assert [entry.title for entry in page.context["entries"]] != []
    assert browser(window, "clerk").get(page_of(case)).status_code == 200


def test_without_a_permit_there_is_no_page_of_it(window: Bureau, just_now: datetime) -> None:
    case = case_in("refused", window, at=just_now)
    assert browser(window, "clerk").get(reverse("approvals:permit", args=[case.number])).status_code == 404


# What it costs, and how it reads ----------------------------------------------------------------------------


READERS = ("clerk", "office_head", "chief", "agency_head", "supervisor", "handler")


def busy(case: ApprovalCase, bureau: Bureau, at: datetime) -> None:
    """A dozen events more, and files with every material."""
    for number in range(12):
        take(case, "urge", actor=bureau.actor("supervisor"), at=at, note=f"请抓紧 {number}")
    files = {
        each.material_id: [looked_at("图.jpg", jpeg(60 + each.material_id % 60 + more)) for more in range(2)]
        for each in case.given
    }
    with transaction.atomic():
        keep_files(files, case=case, actor=CITIZEN, at=at)


@pytest.mark.parametrize("state", ["received", "accepted:asked", "survey:arranged", "review"])
def test_a_page_costs_the_same_however_much_has_happened(
    window: Bureau, just_now: datetime, state: str
) -> None:
    case = case_in(state, window, at=just_now)
    surveyed = state in ("survey:arranged", "review")
    readers = {who: browser(window, who) for who in READERS if surveyed or who != "handler"}
    before = {who: queries_of(reading, page_of(case)) for who, reading in readers.items()}
    busy(case, window, just_now)
    for who, reading in readers.items():
        assert before[who] <= MOST_QUERIES, who
        # The files of all materials are one query, whether there are any or not.
        assert queries_of(reading, page_of(case)) == before[who], who
        assert queries_of(reading, survey_of(case)) <= MOST_QUERIES, who


CHINESE = re.compile(r"[\u4e00-\u9fff]")
STATES = (
    *("received", "received:missing", "received:web", "received:left", "supplement", "accepted:asked"),
    *("accepted:special", "survey", "survey:signed", "review", "sign_off", "granted", "serving", "closed"),
    *("refused", "withdrawn"),
)


@pytest.mark.parametrize("state", STATES)
def test_where_it_stands_is_said_in_sentences_and_in_the_chain(
    window: Bureau, just_now: datetime, state: str
) -> None:
    case = case_in(state, window, at=just_now)
    with override("en"):
        sentences = where_it_stands(case)
        stages = [(str(stage.name), stage.words, stage.state, stage.sign) for stage in chain(case)]
    names = {staff.name for staff in window.staff.values()}
    assert sentences
    assert not any(name in sentence for name in names for sentence in sentences)
    places = "".join(sentences).replace("青石路12号", "").replace("测试市水利局", "")
    assert not CHINESE.search(places), places
    assert stages[0][0] == "acceptance"
    reached = [state for _name, _words, state, _sign in stages if state in ("now", "ended")]
    assert len(reached) == (0 if state == "closed" else 1)
    for name, words, _state, sign in stages:
        assert sign
        assert not CHINESE.search(f"{name} {words}")


LATIN = re.compile(r"[A-Za-z]{3,}")
FORMATS = {"JPEG", "PNG", "WebP"}


def test_the_labels_of_a_form_are_in_one_language(window: Bureau, just_now: datetime) -> None:
    foreign = []
    for state in STATES:
        case, now = case_in(state, window, at=just_now), timezone.now()
        for language, who in itertools.product(("en", "zh-hans"), READERS):
            with override(language):
                actor = window.actor(who)
                allowed = WORKFLOW.allowed(case, actor=actor, at=now)
                for form in blank_forms(case, allowed, actor=actor, at=now).values():
                    said = [str(form.step.label)]
                    # A material is called what the guide calls it.
                    fields = [
                        each for name, each in form.fields.items() if "_" not in name or name[-1].isalpha()
                    ]
                    said += [f"{each.label} {each.help_text}" for each in fields if each.label]
                    foreign += [each for each in said if language == "en" and CHINESE.search(each)]
                    foreign += [
                        each for each in said if language != "en" and set(LATIN.findall(each)) - FORMATS
                    ]
    assert foreign == []


def test_the_history_for_the_applicant_names_nobody(window: Bureau, just_now: datetime) -> None:
    case = case_in("closed:rated", window, at=just_now)
    permits.take(
        case.permit,
        "suspend",
        actor=window.actor("chief"),
        at=timezone.now(),
        basis="第六十九条",
        note="暂停。",
    )
    events = list(Event.objects.of(case.subject))
    told = public_history(events)
    text = "\n".join(f"{entry.title} {entry.text} {entry.who}" for entry in told)
    for staff in window.staff.values():
        assert staff.name not in text
    assert "材料齐全，符合条件。" not in text
    assert case.papers.get(purpose="permit").document.number in text
    assert window.units["greening"].name in text
    staff_text = "\n".join(f"{entry.title} {entry.text} {entry.who}" for entry in history(events))
    assert "材料齐全，符合条件。" in staff_text
    assert window.staff["clerk"].name in staff_text
    assert "Something else" not in staff_text
    assert "其他" not in "".join(entry.title for entry in history(events))


@pytest.mark.parametrize("state", ["received:in_order", "supplement", "review"])
def test_what_ends_an_application_stands_last(window: Bureau, just_now: datetime, state: str) -> None:
    page = browser(window, "clerk").get(page_of(case_in(state, window, at=just_now)))
    names = [form.step.name for form in page.context["forms"]]
    ending = [name for name in names if name in ("refuse", "withdraw")]
    assert ending
    assert names[-len(ending) :] == ending
