"""What a citizen typed or chose outlives limits, ended sessions, new versions and items out of use."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from rest_framework.test import APIClient
from rest_framework.throttling import ScopedRateThrottle

from approvals.actions import keep_for_supplement
from approvals.guides import Brought
from approvals.models import ApprovalCase, BadRating, Draft, MaterialFile
from portal.organisation.actors import CITIZEN
from tests.approvals.public import FILLED_IN, PROGRAM, field, jpeg, looked_at, next_version, post, sent, whole
from tests.approvals.window import case_in, guide_of
from tests.bureau import MONDAY, Bureau

APPLY = "/approvals/items/short/apply/"
LATER_MATERIALS = (Brought(name="现场平面图"), Brought(name="申请表"))


@pytest.fixture(autouse=True)
def _window(window: Bureau, plain_papers: None) -> None:
    """Every test has a window, whose papers are not typeset."""


@pytest.fixture
def english(client: Client) -> Client:
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    return client


@pytest.fixture
def once_an_hour(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of everything that is limited by the hour, one goes."""
    for scope in ("application", "draft_save", "own_step"):
        monkeypatch.setitem(ScopedRateThrottle.THROTTLE_RATES, scope, "1/hour")


@pytest.fixture
def one_draft_a_day(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ScopedRateThrottle.THROTTLE_RATES, "draft_begin", "1/day")


def out_of_use() -> None:
    item = guide_of("short").item
    item.active = False
    item.save()


def just_now() -> datetime:
    return timezone.now() - timedelta(minutes=5)


# Too often --------------------------------------------------------------------------------------------------


def test_who_sends_too_often_is_told_when_it_goes_on(english: Client, once_an_hour: None) -> None:
    with time_machine.travel(MONDAY, tick=False) as clock:
        post(english, "short", "send", phone="x")
        clock.shift(timedelta(minutes=20))
        refused = post(english, "short", "send", phone="x", place="东街9号", incomplete="on")
    assert refused.status_code == 429
    text = refused.content.decode()
    assert "in 40 minutes" in text
    assert "东街9号" in text
    assert refused["Retry-After"] == "2400"
    # What was confirmed is not asked for once more.
    assert 'name="incomplete"' in text
    assert "checked" in text.partition('name="incomplete"')[2].partition(">")[0]


def test_a_step_too_many_is_told_the_same(english: Client, window: Bureau, once_an_hour: None) -> None:
    case = case_in("accepted", window)
    english.post(reverse("cases:follow"), {"number": case.number, "code": case.lookup_code})
    own = reverse("approvals:followed", args=[case.number])
    step = {"step": "withdraw", "seen": case.version, "note": " "}
    with time_machine.travel(timezone.now(), tick=False):
        assert english.post(own, step).status_code == 400
        refused = english.post(own, {**step, "note": "不再需要了。"})
    assert refused.status_code == 429
    assert "in 60 minutes" in refused.content.decode()
    assert "不再需要了。" in refused.content.decode()
    assert refused["Retry-After"] == "3600"


def test_a_limit_on_a_page_of_an_earlier_version_mixes_no_files(
    client: Client, window: Bureau, once_an_hour: None
) -> None:
    post(client, "short", "save", **{field("short", 1): [sent("申请表.jpg")]})
    number, fields = Draft.objects.get().number, [field("short", each) for each in (1, 2)]
    next_version("short", window, *LATER_MATERIALS)
    refused = post(client, "short", "save", draft=number, version=1)
    assert refused.status_code == 429
    # The page stays what it was; it moves to the new version when it can be kept.
    assert 'name="version" value="1"' in refused.content.decode()
    assert all(f'name="{each}"' in refused.content.decode() for each in fields)


def test_a_limit_does_not_make_the_page_forget_its_draft(client: Client, once_an_hour: None) -> None:
    post(client, "short", "save")
    number = Draft.objects.get().number
    refused = post(Client(), "short", "save", draft=number)
    assert refused.status_code == 429
    assert f'name="draft" value="{number}"' in refused.content.decode()


def test_no_number_of_a_draft_breaks_the_page(client: Client) -> None:
    for number in ("CG\0", "", "x" * 1000):
        assert post(client, "short", "save", draft=number).status_code == 302


# A new version ----------------------------------------------------------------------------------------------


def test_files_of_a_second_window_follow_to_the_new_version(client: Client, window: Bureau) -> None:
    one, two = sent("申请表.jpg"), sent("图.jpg", jpeg(10))
    first, second = field("short", 1), field("short", 2)
    post(client, "short", "save", **{first: [one]})
    number = Draft.objects.get().number
    guide = next_version("short", window, *LATER_MATERIALS)
    client.get(APPLY)  # one window has moved it already
    post(client, "short", "save", version=1, draft=number, **{first: [sent("申请表.jpg")], second: [two]})
    files = MaterialFile.objects.filter(draft__number=number).order_by("material__position")
    assert {each.material.guide_id for each in files} == {guide.pk}
    # Kept once, though both windows sent it.
    assert [(each.material.name, each.name) for each in files] == [
        ("现场平面图", "图.jpg"),
        ("申请表", "申请表.jpg"),
    ]


def test_a_new_version_and_an_ended_session(client: Client, window: Bureau) -> None:
    post(client, "short", "save")
    number = Draft.objects.get().number
    next_version("short", window, *LATER_MATERIALS)
    stranger = Client()
    answer = post(stranger, "short", "send", version=1, draft=number, place="别处", **whole_before("short"))
    page = stranger.get(answer.url)
    assert any(number in str(each) for each in page.context["messages"])
    assert page.context["draft"].number != number
    assert Draft.objects.get(number=number).data["place"] == FILLED_IN["place"]


def whole_before(item: str) -> dict[str, Any]:
    """A file for each required material of the first version."""
    first = guide_of(item).item.guides.get(number=1).materials.order_by("position")
    return {f"material_{each.pk}": [sent(data=jpeg(each.position))] for each in first if each.required}


# An item that goes out of use -------------------------------------------------------------------------------


def test_out_of_use_and_a_file_that_is_refused(client: Client) -> None:
    files = {field("short", 1): [sent("好.jpg"), sent("坏.pdf", PROGRAM)]}
    version = guide_of("short").number
    out_of_use()
    answer = client.post(APPLY, {**FILLED_IN, "version": version, "do": "send", **files})
    assert answer.status_code == 409
    assert "坏.pdf" in answer.content.decode()
    assert Draft.objects.get().files.get().name == "好.jpg"


def test_a_draft_of_an_item_out_of_use_can_be_read(client: Client) -> None:
    post(client, "short", "save", place="东街9号", **{field("short", 1): [sent("好.jpg")]})
    draft = Draft.objects.get()
    out_of_use()
    other = Client()
    assert other.get(APPLY).url == reverse("approvals:item", args=["short"])
    given = {"number": draft.number, "code": draft.lookup_code}
    page = other.get(other.post(reverse("approvals:continue_draft"), given).url)
    assert page.status_code == 200
    text = page.content.decode()
    assert "东街9号" in text
    assert "好.jpg" in text
    assert "目前不能申请" in text or "暂不" in text


def test_out_of_use_and_too_often(client: Client, once_an_hour: None) -> None:
    post(client, "short", "save")
    number, version = Draft.objects.get().number, guide_of("short").number
    out_of_use()
    given = {**FILLED_IN, "place": "东街9号", "version": version, "do": "send", "draft": number}
    refused = client.post(APPLY, given)
    assert refused.status_code == 429
    assert "东街9号" in refused.content.decode()


def test_out_of_use_and_no_further_draft(english: Client, one_draft_a_day: None) -> None:
    post(Client(), "short", "save")
    version = guide_of("short").number
    out_of_use()
    given = {**FILLED_IN, "place": "东街9号", "version": version, "do": "send"}
    refused = english.post(APPLY, given)
    assert refused.status_code == 409
    text = refused.content.decode()
    assert "东街9号" in text
    assert "cannot be applied for at present" in text
    assert "send the application" not in text.partition('role="alert"')[2].partition("</div>")[0]


def test_out_of_use_and_an_ended_session(client: Client) -> None:
    post(client, "short", "save")
    number, version = Draft.objects.get().number, guide_of("short").number
    out_of_use()
    stranger = Client()
    given = {**FILLED_IN, "place": "别处", "version": version, "do": "send", "draft": number}
    said = stranger.post(APPLY, given).content.decode()
    fresh = Draft.objects.exclude(number=number).get()
    assert number in said
    assert fresh.number in said
    assert Draft.objects.get(number=number).data["place"] == FILLED_IN["place"]


def uploads_in_storage() -> list[str]:
    """Every file that lies below the folder of materials."""
    folder = Path(settings.MEDIA_ROOT) / "materials"
    return sorted(each.name for each in folder.rglob("*") if each.is_file())


# What one address may leave behind --------------------------------------------------------------------------


def test_sending_what_is_refused_is_no_way_to_fill_the_disk(
    english: Client, one_draft_a_day: None, django_capture_on_commit_callbacks: Any
) -> None:
    """An application may be sent at any time; what is refused counts as a draft that was begun."""
    post(Client(), "short", "save")
    before = uploads_in_storage()
    with django_capture_on_commit_callbacks(execute=True):
        refused = post(english, "short", "send", place="东街9号", **{field("short", 1): [sent()]})
    assert refused.status_code == 400
    text = refused.content.decode()
    assert "东街9号" in text
    assert "no further one can be kept" in text
    assert (Draft.objects.count(), MaterialFile.objects.count()) == (1, 0)
    assert uploads_in_storage() == before
    assert post(english, "short", "send", **whole("short")).url == reverse("approvals:applied")


# A supplement -----------------------------------------------------------------------------------------------


def test_what_the_page_kept_counts_for_the_api(window: Bureau) -> None:
    case = case_in("supplement", window, at=just_now())
    material = case.missing()[0].material
    keep_for_supplement(case, {material.pk: [looked_at("图.jpg", jpeg())]}, actor=CITIZEN, at=timezone.now())
    url = f"/api/v1/applications/{case.number}/supplement/"
    answer = APIClient().post(url, {}, format="json", headers={"X-Case-Code": case.lookup_code})
    assert answer.status_code == 200, answer.content
    assert answer.json()["state"] == "received"


# A bad rating -----------------------------------------------------------------------------------------------


def test_from_the_application_to_its_bad_rating_and_its_limit(
    window: Bureau, django_assert_max_num_queries: Any
) -> None:
    case = case_in("closed", window)
    browser = Client()
    browser.post(reverse("cases:follow"), {"number": case.number, "code": case.lookup_code})
    own = reverse("approvals:followed", args=[case.number])
    browser.post(own, {"step": "rate", "seen": case.version, "rating": 1})
    rating = BadRating.objects.get(approval=case)
    limit = rating.deadlines.get(term="rating.put_right")
    counted = reverse("cases:deadline", args=[rating.number, limit.pk])
    with django_assert_max_num_queries(12):
        assert counted in browser.get(own).content.decode()
    assert browser.get(counted).status_code == 200
    page = browser.get(reverse("approvals:rating_followed", args=[rating.number])).content.decode()
    assert counted in page
    # Nobody else is led to it.
    assert Client().get(counted).status_code == 404


# Received though it is not complete -------------------------------------------------------------------------


def test_the_api_says_that_files_may_be_missing(client: Client) -> None:
    schema = APIClient().get(reverse("api-schema"), {"format": "json"}).json()
    said = schema["paths"]["/api/v1/applications/"]["post"]["description"]
    assert "without files" in said


def test_what_the_form_confirms_is_received_like_what_the_api_sends(client: Client) -> None:
    post(client, "short", "send", incomplete="on")
    by_page = ApprovalCase.objects.get()
    names = ("applicant_kind", "applicant_name", "applicant_number", "phone", "subject_matter", "place")
    given = {"item": "short", **{name: FILLED_IN[name] for name in names}}
    answer = APIClient().post("/api/v1/applications/", given, format="json")
    assert answer.status_code == 201, answer.content
    by_api = ApprovalCase.objects.get(number=answer.json()["number"])
    assert answer.json()["code"] == by_api.lookup_code
    assert (by_page.state, by_page.source) == (by_api.state, by_api.source) == ("received", "web")
