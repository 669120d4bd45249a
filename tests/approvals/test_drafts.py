"""An application on the web before it is sent: nothing is lost of it, and after a month all of it is gone."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core.files.storage import default_storage
from django.test import Client
from django.urls import reverse

from approvals import drafts
from approvals.guides import Brought
from approvals.models import ApprovalCase, Draft, MaterialFile
from approvals.tasks import forget_drafts
from portal.celery import app
from portal.ledger.models import Event
from tests.approvals.public import (
    FILLED_IN,
    PDF,
    PROGRAM,
    field,
    jpeg,
    looked_at,
    materials_of,
    next_version,
    post,
    sent,
    whole,
)
from tests.approvals.window import guide_of
from tests.bureau import MONDAY, Bureau

APPLY = "/approvals/items/short/apply/"
CONTINUE = "/approvals/apply/continue/"


@pytest.fixture(autouse=True)
def _window(window: Bureau, plain_papers: None) -> None:
    """Every test has a window, whose papers are not typeset."""


def shown_on(page: Any) -> dict[str, Any]:
    """What stands in the fields of the page."""
    form = page.context["form"]
    return {name: form[name].value() for name in FILLED_IN if name != "website"}


def kept() -> list[tuple[str, str]]:
    """(material, file) of the only draft."""
    rows = MaterialFile.objects.filter(draft=Draft.objects.get())
    return list(rows.order_by("id").values_list("material__name", "name"))


# Kept -------------------------------------------------------------------------------------------------------


def test_what_was_typed_is_kept_right_or_wrong(client: Client) -> None:
    wrong = {"applicant_number": "33080219900307123", "phone": "12", "place": ""}
    saved = post(client, "short", "save", **wrong)
    assert saved.url == APPLY + "#draft"
    draft = Draft.objects.get()
    page = client.get(APPLY)
    text = page.content.decode()
    assert shown_on(page) | {"website": ""} == FILLED_IN | wrong
    assert draft.number in text
    assert f"{draft.lookup_code[:4]} {draft.lookup_code[4:]}" in text
    assert draft.number not in saved.url
    assert not page.context["form"].errors
    assert not ApprovalCase.objects.exists()


def test_numbers_follow_one_another(client: Client) -> None:
    with time_machine.travel(MONDAY, tick=False):
        for browser in (client, Client()):
            post(browser, "short", "save")
    assert sorted(Draft.objects.values_list("number", flat=True)) == ["CG-20261102-0001", "CG-20261102-0002"]
    assert {len(each.lookup_code) for each in Draft.objects.all()} == {8}


def test_saving_again_changes_the_same_draft(client: Client) -> None:
    post(client, "short", "save")
    number = Draft.objects.get().number
    post(client, "short", "save", draft=number, place="东街3号", **{field("short", 1): [sent()]})
    draft = Draft.objects.get()
    assert draft.data["place"] == "东街3号"
    assert kept() == [("申请表", "现场.jpg")]


def test_a_refused_file_costs_nothing_else(client: Client) -> None:
    files = {
        field("short", 1): [sent("好.jpg"), sent("坏.pdf", PROGRAM)],
        field("short", 2): [sent("图.pdf", PDF)],
        field("short", 3): [sent("宏.docx", b"PK\x03\x04" + bytes(40))],
    }
    answer = post(client, "short", "save", place="", **files)
    assert answer.status_code == 400
    text = answer.content.decode()
    assert "坏.pdf" in " ".join(answer.context["form"].errors[field("short", 1)])
    assert "宏.docx" in " ".join(answer.context["form"].errors[field("short", 3)])
    assert kept() == [("申请表", "好.jpg"), ("现场平面图", "图.pdf")]
    # What is still to be filled in is not complained of while one saves.
    assert "place" not in answer.context["form"].errors
    assert "好.jpg" in text
    assert Draft.objects.get().data["subject_matter"] == FILLED_IN["subject_matter"]


def test_files_are_kept_when_another_field_is_wrong(client: Client) -> None:
    answer = post(client, "short", "send", phone="x", **whole("short"))
    assert answer.status_code == 400
    assert list(answer.context["form"].errors) == ["phone"]
    assert len(kept()) == 2
    assert not ApprovalCase.objects.exists()
    number = Draft.objects.get().number
    assert post(client, "short", "send", draft=number).url == reverse("approvals:applied")
    assert ApprovalCase.objects.get().files.count() == 2
    assert not Draft.objects.exists()


def test_a_file_is_taken_out(client: Client, django_capture_on_commit_callbacks: Any) -> None:
    post(client, "short", "save", **whole("short"))
    draft = Draft.objects.get()
    first, second = draft.files.order_by("id")
    path = first.file.name
    with django_capture_on_commit_callbacks(execute=True):
        post(client, "short", f"remove:{first.pk}", draft=draft.number, place="东街3号")
    assert list(draft.files.all()) == [second]
    assert not default_storage.exists(path)
    assert default_storage.exists(second.file.name)
    assert Draft.objects.get().data["place"] == "东街3号"


def test_nobody_takes_a_file_out_of_another_draft(client: Client) -> None:
    post(client, "short", "save", **whole("short"))
    file = MaterialFile.objects.order_by("id")[0]
    other = Client()
    post(other, "short", "save")
    own = Draft.objects.exclude(pk=file.draft_id).get()
    for number in (own.number, file.draft.number):
        post(other, "short", f"remove:{file.pk}", draft=number)
    post(other, "short", "remove:x", draft=own.number)
    assert MaterialFile.objects.filter(pk=file.pk).exists()


@pytest.mark.parametrize("do", ["save", "send"])
def test_a_page_that_outlived_its_session(client: Client, do: str) -> None:
    """Nobody writes to a draft without its code; what was typed and chosen is kept in another."""
    post(client, "short", "save")
    draft = Draft.objects.get()
    stranger = Client()
    answer = post(stranger, "short", do, draft=draft.number, place="别处", **whole("short"))
    assert answer.status_code == 409
    assert draft.number in answer.content.decode()
    draft.refresh_from_db()
    assert draft.data["place"] == FILLED_IN["place"]
    fresh = Draft.objects.exclude(pk=draft.pk).get()
    assert answer.context["draft"] == fresh
    assert (fresh.data["place"], fresh.files.count()) == ("别处", 2)
    assert not ApprovalCase.objects.exists()
    done = post(stranger, "short", "send", draft=fresh.number, place="别处")
    assert done.url == reverse("approvals:applied")


def test_a_draft_that_is_gone_says_so(client: Client) -> None:
    answer = post(client, "short", "send", draft="CG-20260101-0001", **whole("short"))
    assert answer.status_code == 400
    assert "已" in str(answer.context["form"].non_field_errors())
    assert not ApprovalCase.objects.exists()


def test_more_files_than_an_application_may_have(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("approvals.files.MOST_FILES", 1)
    answer = post(client, "short", "save", place="东街3号", **whole("short"))
    assert answer.status_code == 400
    assert answer.context["form"].non_field_errors()
    draft = Draft.objects.get()
    assert draft.data["place"] == "东街3号"
    assert not draft.files.exists()


def test_a_nul_in_what_was_typed(client: Client) -> None:
    post(client, "short", "save", place="东\0街")
    assert Draft.objects.get().data["place"] == "东街"


def test_nothing_filled_in_makes_no_draft(client: Client) -> None:
    empty = dict.fromkeys(FILLED_IN, "")
    assert post(client, "short", "send", **empty).status_code == 400
    assert not Draft.objects.exists()


def test_another_application_beside_the_draft(client: Client) -> None:
    post(client, "short", "save")
    fresh = client.get(APPLY, {"new": "1"})
    assert fresh.context["draft"] is None
    assert not fresh.context["form"].initial.get("place")


# On another computer ----------------------------------------------------------------------------------------


def test_it_goes_on_on_another_computer(client: Client) -> None:
    post(client, "short", "save", **{field("short", 1): [sent("申请表.jpg")]})
    draft = Draft.objects.get()
    other = Client()
    code = draft.lookup_code.lower()
    opened = other.post(CONTINUE, {"number": draft.number.lower(), "code": f"{code[:4]} {code[4:]}"})
    assert opened.url == APPLY
    page = other.get(APPLY)
    assert shown_on(page)["applicant_name"] == "测试市民"
    assert "申请表.jpg" in page.content.decode()
    done = post(other, "short", "send", draft=draft.number, **{field("short", 2): [sent("图.jpg", jpeg(10))]})
    assert done.url == reverse("approvals:applied")
    # In the first browser the draft is gone, and what it still shows sends nothing a second time.
    again = post(client, "short", "send", draft=draft.number, **whole("short"))
    assert again.status_code == 400
    assert again.context["form"].non_field_errors()
    assert ApprovalCase.objects.count() == 1


def test_the_one_opened_last_is_gone_on_with(client: Client) -> None:
    post(client, "short", "save", place="甲路1号")
    first = Draft.objects.get()
    post(client, "short", "save", place="乙路2号")
    assert shown_on(client.get(APPLY))["place"] == "乙路2号"
    client.post(CONTINUE, {"number": first.number, "code": first.lookup_code})
    assert shown_on(client.get(APPLY))["place"] == "甲路1号"


def test_the_same_sentence_for_a_wrong_number_and_a_wrong_code(client: Client) -> None:
    post(Client(), "short", "save")
    draft = Draft.objects.get()
    answers = [
        client.post(CONTINUE, {"number": number, "code": code})
        for number, code in ((draft.number, "AAAAAAAA"), ("CG-20200101-0001", draft.lookup_code))
    ]
    assert [answer.status_code for answer in answers] == [400, 400]
    assert answers[0].context["form"].errors == answers[1].context["form"].errors
    assert client.get(APPLY).context["draft"] is None


def test_guessing_codes_is_slowed_down(client: Client) -> None:
    guess = {"number": "CG-20261102-0001", "code": "AAAAAAAA"}
    statuses = [client.post(CONTINUE, guess).status_code for _try in range(31)]
    assert statuses == [400] * 30 + [429]


def test_who_finishes_leaves_no_draft_at_the_computer(client: Client) -> None:
    post(client, "short", "save")
    assert reverse("cases:finish") in client.get(APPLY).content.decode()
    client.post(reverse("cases:finish"))
    page = client.get(APPLY)
    assert page.context["draft"] is None
    assert "测试市民" not in page.content.decode()


# A new version of the guide ---------------------------------------------------------------------------------

LATER_MATERIALS = (Brought(name="现场平面图"), Brought(name="申请表（新）"), Brought(name="承诺书"))


def test_a_draft_goes_on_under_the_version_that_holds(client: Client, window: Bureau) -> None:
    post(client, "short", "save", **whole("short"))
    guide = next_version("short", window, *LATER_MATERIALS)
    page = client.get(APPLY)
    assert page.context["draft"].guide_id == guide.pk
    # Under the material of the same name; nobody guesses what a file of another one is.
    assert kept() == [("申请表", "申请表.jpg"), ("现场平面图", "图.jpg")]
    assert [each.name for each in page.context["left_over"]] == ["申请表.jpg"]
    assert page.context["required_missing"] == 2
    assert "message-warning" in page.content.decode()
    first, _second, third = materials_of("short")
    files = {f"material_{first.pk}": [sent("新图.jpg", jpeg(30))]}
    post(client, "short", "send", draft=page.context["draft"].number, incomplete="on", **files)
    case = ApprovalCase.objects.get()
    assert sorted(case.files.values_list("name", flat=True)) == ["图.jpg", "新图.jpg"]
    assert not MaterialFile.objects.filter(name="申请表.jpg").exists()
    assert third.name in {each.material.name for each in case.missing()}


def test_a_page_drawn_before_the_new_version_loses_nothing(client: Client, window: Bureau) -> None:
    files = {**whole("short"), field("short", 3): [sent("坏.exe", PROGRAM)]}
    next_version("short", window, *LATER_MATERIALS)
    answer = post(client, "short", "send", version=1, **files)
    assert answer.url == APPLY
    page = client.get(APPLY)
    assert len(kept()) == 2
    assert shown_on(page)["place"] == FILLED_IN["place"]
    assert any("坏.exe" in str(each) for each in page.context["messages"])
    assert not ApprovalCase.objects.exists()


# Gone after a month -----------------------------------------------------------------------------------------


def drafted(at: datetime) -> Draft:
    draft = drafts.begin(guide_of("short"), at=at)
    first = materials_of("short")[0]
    return drafts.save(
        draft, data=dict(FILLED_IN), files={first.pk: [looked_at("a.jpg", jpeg(at.day))]}, at=at
    )


def test_what_was_not_saved_for_a_month_is_deleted_with_its_files(
    django_capture_on_commit_callbacks: Any,
) -> None:
    month = timedelta(days=drafts.KEPT_DAYS)
    old, young = drafted(MONDAY - month - timedelta(seconds=1)), drafted(MONDAY - month)
    paths = [each.files.get().file.name for each in (old, young)]
    assert all(map(default_storage.exists, paths))
    with time_machine.travel(MONDAY, tick=False), django_capture_on_commit_callbacks(execute=True):
        assert forget_drafts() == 1
        assert forget_drafts() == 0
    assert Draft.objects.get() == young
    assert [default_storage.exists(path) for path in paths] == [False, True]
    assert MaterialFile.objects.count() == 1


def test_saving_begins_the_month_anew() -> None:
    draft = drafted(MONDAY - timedelta(days=40))
    drafts.save(draft, data={}, at=MONDAY - timedelta(days=1))
    assert drafts.delete_old(at=MONDAY) == 0
    draft.refresh_from_db()
    assert drafts.kept_until(draft) == (MONDAY + timedelta(days=29)).date()


def test_beat_wakes_it_every_hour() -> None:
    entry = app.conf.beat_schedule["forget_drafts"]
    assert entry["task"] == forget_drafts.name
    assert entry["schedule"].hour == set(range(24))
    assert entry["options"]["expires"] < 3600


# Sent -------------------------------------------------------------------------------------------------------


def test_sent_with_number_code_receipt_and_files(client: Client) -> None:
    done = post(client, "short", "send", **whole("short"))
    assert done.url == reverse("approvals:applied")
    case = ApprovalCase.objects.get()
    assert (case.state, case.source, case.applicant_number) == (
        "received",
        "web",
        FILLED_IN["applicant_number"],
    )
    assert case.first_contact is None
    assert sorted(case.files.values_list("material__name", "name", "by_public")) == [
        ("现场平面图", "图.jpg", True),
        ("申请表", "申请表.jpg", True),
    ]
    verbs = list(Event.objects.of(case.subject).values_list("verb", flat=True))
    assert verbs.count("files_attached") == 1
    text = client.get(done.url).content.decode()
    assert case.number in text
    assert case.lookup_code[:4] in text
    assert case.papers.get().purpose == "receipt"
    assert reverse("approvals:paper", args=[case.number, case.papers.get().pk]) in text
    assert not Draft.objects.exists()
    assert client.get(APPLY).context["draft"] is None
    assert client.get(reverse("approvals:followed", args=[case.number])).status_code == 200
    assert Client().get(done.url).url == reverse("approvals:start")


def test_what_is_missing_is_said_at_each_material(client: Client) -> None:
    answer = post(client, "short", "send", **{field("short", 1): [sent()]})
    assert answer.status_code == 400
    assert list(answer.context["form"].errors) == [field("short", 2)]
    assert not ApprovalCase.objects.exists()
    assert kept() == [("申请表", "现场.jpg")]


def test_a_double_click_opens_one_application(client: Client) -> None:
    once = client.get(APPLY).context["form"].initial["once"]
    for _click in range(2):
        answer = post(client, "short", "send", once=once, **whole("short"))
        assert answer.url == reverse("approvals:applied")
    assert ApprovalCase.objects.count() == 1
    assert not Draft.objects.exists()


def test_a_double_click_on_a_draft_opens_one_application(client: Client) -> None:
    post(client, "short", "save", **whole("short"))
    page = client.get(APPLY)
    once, number = page.context["form"].initial["once"], page.context["draft"].number
    for _click in range(2):
        answer = post(client, "short", "send", once=once, draft=number)
        assert answer.url == reverse("approvals:applied")
    assert ApprovalCase.objects.count() == 1


def test_the_second_click_while_the_first_is_at_work(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    once = client.get(APPLY).context["form"].initial["once"]
    monkeypatch.setattr("portal.cases.pages.cache.add", lambda *_all: False)
    monkeypatch.setattr("approvals.views.applying.is_throttled", lambda *_all: False)
    answer = post(client, "short", "send", once=once, **whole("short"))
    assert answer.status_code == 409
    assert not Draft.objects.exists()
    assert not ApprovalCase.objects.exists()


def test_what_cannot_be_applied_for_stays_a_draft(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_all: Any, **_more: Any) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr("approvals.drafts.apply", broken)
    with pytest.raises(OSError, match="full"):
        post(client, "short", "send", **whole("short"))
    assert len(kept()) == 2
    assert not ApprovalCase.objects.exists()


def test_a_program_that_fills_in_everything_sends_nothing(client: Client) -> None:
    answer = post(client, "short", "send", website="http://x.invalid", **whole("short"))
    assert answer.status_code == 400
    assert not Draft.objects.exists()
    assert not ApprovalCase.objects.exists()


def test_applications_from_one_address_are_limited(client: Client) -> None:
    post(client, "short", "save")
    number = Draft.objects.get().number
    tries = [post(client, "short", "send", draft=number, phone="x") for _try in range(61)]
    assert [each.status_code for each in tries] == [400] * 60 + [429]
    # Nothing typed is lost by it, and a draft can still be saved.
    refused = post(client, "short", "send", draft=number, place="东街9号")
    assert refused.status_code == 429
    assert shown_on(refused)["place"] == "东街9号"
    assert post(client, "short", "save", draft=number, place="东街9号").status_code == 302


def test_one_address_does_not_fill_the_disk_with_drafts(client: Client) -> None:
    answers = [post(Client(), "short", "save") for _try in range(41)]
    assert [each.status_code for each in answers] == [302] * 40 + [400]
    assert shown_on(answers[-1])["place"] == FILLED_IN["place"]
    assert Draft.objects.count() == 40


def test_an_application_that_is_not_complete_is_received_when_its_applicant_says_so(client: Client) -> None:
    asked = post(client, "short", "send")
    assert asked.status_code == 400
    assert asked.context["lacking"]
    assert 'name="incomplete"' in asked.content.decode()
    done = post(client, "short", "send", draft=Draft.objects.get().number, incomplete="on")
    assert done.url == reverse("approvals:applied")
    assert ApprovalCase.objects.get().state == "received"


def test_an_item_that_goes_out_of_use_meanwhile_costs_nothing(client: Client) -> None:
    item = guide_of("short").item
    files, version = whole("short"), guide_of("short").number
    item.active = False
    item.save()
    sending = {**FILLED_IN, "version": version, "do": "send", **files}
    answer = client.post(APPLY, sending)
    assert answer.status_code == 409
    draft = Draft.objects.get()
    assert (draft.data["place"], draft.files.count()) == (FILLED_IN["place"], 2)
    said = answer.content.decode()
    assert draft.number in said
    assert draft.lookup_code[:4] in said
    assert not ApprovalCase.objects.exists()


def test_the_page_for_all_matters_leads_to_a_draft(client: Client) -> None:
    post(client, "short", "save")
    draft = Draft.objects.get()
    follow = reverse("cases:follow")
    other = Client()
    assert other.post(follow, {"number": draft.number, "code": "AAAAAAAA"}).status_code == 400
    assert other.get(APPLY).context["draft"] is None
    assert other.post(follow, {"number": draft.number, "code": draft.lookup_code}).url == APPLY
    assert other.get(APPLY).context["draft"] == draft


def test_a_body_applies_with_its_credit_code(client: Client) -> None:
    mistyped = post(client, "short", "send", applicant_kind="body", **whole("short"))
    assert list(mistyped.context["form"].errors) == ["applicant_number"]
    draft = Draft.objects.get()
    code = "9133 0802 MA2D EM01 3R"
    post(client, "short", "send", applicant_kind="body", applicant_number=code, draft=draft.number)
    assert ApprovalCase.objects.get().applicant_number == "91330802MA2DEM013R"


def test_what_is_out_of_use_leads_to_its_guide(client: Client) -> None:
    item = guide_of("short").item
    item.active = False
    item.save()
    assert client.get(APPLY).url == reverse("approvals:item", args=["short"])
    nowhere = client.get("/approvals/items/nothing/apply/", follow=True)
    assert nowhere.status_code == 404
