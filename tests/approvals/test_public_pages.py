"""Everybody's pages of the window: items and their guides, and the own application in every state."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from approvals import permits, statistics
from approvals.actions import take
from approvals.files import keep_files
from approvals.guides import Brought
from approvals.models import ApprovalCase, BadRating, ItemGuide
from portal.cases.actions import sweep
from portal.ledger.models import Event
from portal.organisation.actors import CITIZEN
from portal.site import home
from tests.approvals.public import PDF, PROGRAM, jpeg, looked_at, materials_of, next_guide, next_version, sent
from tests.approvals.window import CREDIT_CODE, ID_NUMBER, case_in, guide_of, publish, write_guide
from tests.bureau import MONDAY, Bureau, moment

START = "/approvals/"
ITEM = "/approvals/items/direct/"
# Every state of tests/approvals/window.py.
STATES = [
    *("received", "received:in_order", "received:missing", "received:again", "received:web"),
    *("received:offered", "received:left", "supplement", "refused", "withdrawn"),
    *("accepted", "accepted:deemed", "accepted:web", "accepted:special", "accepted:asked"),
    *("accepted:extended", "survey", "survey:arranged", "survey:signed", "review", "sign_off"),
    *("granted", "serving:granted", "serving:denied", "closed", "closed:rated"),
]


@pytest.fixture(autouse=True)
def _window(window: Bureau, plain_papers: None) -> None:
    """Every test has a window, whose papers are not typeset."""


def english(client: Client) -> Client:
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    return client


def following(case: ApprovalCase, client: Client | None = None) -> Client:
    """A browser that may follow the application."""
    client = client or Client()
    given = {"number": case.number, "code": case.lookup_code}
    assert client.post(reverse("cases:follow"), given).url == own(case)
    return client


def just_now() -> datetime:
    """So that what is opened then has its limits still before it."""
    return timezone.now() - timedelta(minutes=5)


def own(case: ApprovalCase) -> str:
    return reverse("approvals:followed", args=[case.number])


# Items ------------------------------------------------------------------------------------------------------


def found(client: Client, **asked: str) -> list[str]:
    answer = client.get(START, asked)
    return [guide.item.code for guide in answer.context["guides"]]


def test_the_items_with_their_limits(client: Client) -> None:
    text = client.get(START).content.decode()
    assert found(client) == ["all", "joint", "short", "direct"]
    for said in ("店招标牌备案", "不收费", 'name="ColumnName"'):
        assert said in text
    words = english(client).get(START).content.decode()
    for said in ("Registration of shop signs", "20 working days", "7 working days", "45 working days"):
        assert said in words


@pytest.mark.parametrize(
    ("words", "items"),
    [
        ("店招", ["short"]),
        ("shop signs", ["short"]),
        ("signs SHOP", ["short"]),
        ("现场平面图", ["all", "joint", "short", "direct"]),
        ("特殊需要 垃圾", ["direct"]),
        ("火箭", []),
        ("%", []),
    ],
)
def test_items_are_found_by_words(client: Client, words: str, items: list[str]) -> None:
    assert found(client, q=words) == items


def test_items_for_persons_and_for_bodies(client: Client) -> None:
    item = guide_of("short").item
    item.for_persons = False
    item.save()
    assert "short" not in found(client, applicant="persons")
    assert "short" in found(client, applicant="bodies")
    assert client.get(START, {"applicant": "cats"}).status_code == 400
    assert client.get(START, {"q": "a\x07"}).status_code == 400


def test_nothing_found_says_what_to_do(client: Client) -> None:
    page = client.get(START, {"q": "火箭"})
    assert page.status_code == 200
    assert 'class="empty"' in page.content.decode()


def test_the_list_costs_the_same_for_more_items(
    client: Client, window: Bureau, django_assert_max_num_queries: Any
) -> None:
    client.get(START)  # the figures are kept for a while
    with django_assert_max_num_queries(1):
        client.get(START)
    with django_assert_max_num_queries(1):
        client.get(START, {"q": "图", "applicant": "persons"})


# Guides -----------------------------------------------------------------------------------------------------


def test_a_guide_as_the_public_reads_it(client: Client) -> None:
    text = client.get("/approvals/items/all/").content.decode()
    guide = guide_of("all")
    for said in (
        *(guide.basis, guide.conditions, guide.fee, guide.place, guide.hours, guide.phone),
        *(guide.certificate, guide.item.implementation_code, "申请表", "加盖公章", "法审〔2026〕3号"),
        reverse("approvals:apply", args=["all"]),
    ):
        assert said in text
    words = re.sub(r"<[^>]+>", "", english(client).get("/approvals/items/all/").content.decode())
    # By law, promised, for the extension, for what is not counted, and for a supplement.
    for days in (20, 7, 10, 30, 15):
        assert f"{days} working days" in words


def test_what_is_not_published_is_not_there(client: Client, window: Bureau) -> None:
    write_guide_of_new_item(window)
    assert client.get("/approvals/items/new/").status_code == 404
    assert client.get("/approvals/items/nothing/").status_code == 404
    draft = ItemGuide.objects.get(item__code="new")
    assert client.get(f"/approvals/items/new/versions/{draft.number}/").status_code == 404
    assert "new" not in found(client)


def write_guide_of_new_item(window: Bureau) -> None:
    from tests.approvals import window as made

    made.NAMES["new"], made.STEPS["new"] = ("新事项", "New item"), {"sign_off": 1}
    try:
        write_guide(window, "new", position=9)
    finally:
        del made.NAMES["new"], made.STEPS["new"]


def test_earlier_versions_stay_readable(client: Client, window: Bureau) -> None:
    next_version("direct", window, Brought(name="新申请表"), conditions="新的条件。", promised_days=5)
    today, before = client.get(ITEM).content.decode(), client.get(f"{ITEM}versions/1/").content.decode()
    assert "新的条件" in today
    assert "新申请表" in today
    assert "因建设或者其他特殊需要" not in today
    assert f"{ITEM}versions/1/" in today
    assert "因建设或者其他特殊需要" in before
    assert "新申请表" not in before
    assert reverse("approvals:apply", args=["direct"]) not in before
    assert ITEM in before
    assert client.get(f"{ITEM}versions/2/").status_code == 200
    for number in (0, 3, 10**12):
        assert client.get(f"{ITEM}versions/{number}/").status_code == 404


def test_an_item_out_of_use_is_still_read_and_not_applied_for(client: Client) -> None:
    item = guide_of("direct").item
    item.active = False
    item.save()
    text = client.get(ITEM).content.decode()
    assert reverse("approvals:apply", args=["direct"]) not in text
    assert "message-warning" in text


def test_forms_to_download(client: Client, window: Bureau) -> None:
    brought = Brought(name="申请表", blank_form=looked_at("a.pdf", PDF))
    next_version("direct", window, brought, Brought(name="平面图"))
    form, plan = materials_of("direct")
    url = reverse("approvals:form_file", args=["direct", form.pk, "blank"])
    assert url in client.get(ITEM).content.decode()
    answer = client.get(url)
    assert answer.content == PDF
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["X-Content-Type-Options"] == "nosniff"
    nowhere = [
        ("direct", form.pk, "sample"),
        ("direct", plan.pk, "blank"),
        ("direct", form.pk, "note"),
        ("short", form.pk, "blank"),
        ("direct", 10**12, "blank"),
    ]
    assert {client.get(reverse("approvals:form_file", args=each)).status_code for each in nowhere} == {404}
    # Of an earlier version they stay; of a draft there are none yet.
    draft = next_guide("direct", window, brought)
    hidden = reverse("approvals:form_file", args=["direct", draft.materials.get().pk, "blank"])
    assert client.get(hidden).status_code == 404
    publish(draft, window)
    assert [client.get(each).status_code for each in (url, hidden)] == [200, 200]


def test_a_guide_costs_the_same_for_more_materials(
    client: Client, window: Bureau, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(4):
        client.get(ITEM)
    next_version("direct", window, *(Brought(name=f"材料{number}") for number in range(12)))
    with django_assert_num_queries(4):
        client.get(ITEM)


# The number, while it is typed ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "number", "css"),
    [
        ("person", ID_NUMBER, "number-right"),
        ("person", ID_NUMBER[:-1] + "8", "number-wrong"),
        ("person", CREDIT_CODE, "number-wrong"),
        ("body", CREDIT_CODE.lower(), "number-right"),
        ("body", f"{CREDIT_CODE[:8]} {CREDIT_CODE[8:]}", "number-right"),
        ("body", CREDIT_CODE[:-1] + "T", "number-wrong"),
        ("person", ID_NUMBER[:17], "soft"),
        ("", ID_NUMBER, "soft"),
    ],
)
def test_the_number_is_checked(client: Client, kind: str, number: str, css: str) -> None:
    given = {"applicant_kind": kind, "applicant_number": number}
    answer = client.post(reverse("approvals:check_applicant_number"), given)
    assert f'class="{css}"' in answer.content.decode()
    assert number not in answer.content.decode()


def test_nothing_typed_says_nothing(client: Client) -> None:
    assert not client.post(reverse("approvals:check_applicant_number")).content.strip()
    assert client.get(reverse("approvals:check_applicant_number")).status_code == 405


def test_the_check_is_no_way_to_try_numbers(client: Client) -> None:
    url = reverse("approvals:check_applicant_number")
    statuses = [client.post(url).status_code for _try in range(61)]
    assert statuses == [200] * 60 + [429]


# The own application ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", STATES)
def test_every_state_in_both_languages(state: str, window: Bureau) -> None:
    other = case_in("received", window)
    case = case_in(state, window)
    browser = following(case)
    names = {staff.name for staff in window.staff.values()}
    for language in (browser, english(browser)):
        page = language.get(own(case))
        text = page.content.decode()
        assert page.status_code == 200
        assert case.number in text
        assert other.number not in text
        assert page.context["stands"]
        assert not {name for name in names if name in text}
        for hidden in (ID_NUMBER, "19900000001", case.lookup_code):
            assert hidden not in text
    offered = {form.step.name for form in page.context["forms"]}
    assert offered == what_is_offered(state)


def what_is_offered(state: str) -> set[str]:
    base = state.partition(":")[0]
    if state == "closed:rated":
        return set()
    offered = {"closed": {"rate"}, "refused": {"rate"}, "supplement": {"supplement", "withdraw"}}
    return offered.get(base, set() if base in ("withdrawn", "granted", "serving") else {"withdraw"})


def test_who_does_not_follow_is_asked_for_the_code(client: Client, window: Bureau) -> None:
    case = case_in("closed", window)
    for answer in (client.get(own(case)), client.post(own(case), {"step": "rate", "rating": 1})):
        assert answer.url == reverse("cases:follow")
    paper = case.papers.order_by("id")[0]
    assert client.get(reverse("approvals:paper", args=[case.number, paper.pk])).status_code == 404
    assert following(case_in("received", window)).get(own(case)).url == reverse("cases:follow")


def test_until_when_and_every_paper(window: Bureau) -> None:
    case = case_in("closed", window)
    browser = following(case)
    text = browser.get(own(case)).content.decode()
    for deadline in case.deadlines.all():
        assert reverse("cases:deadline", args=[case.number, deadline.pk]) in text
        assert browser.get(reverse("cases:deadline", args=[case.number, deadline.pk])).status_code == 200
    assert case.papers.count() == 4
    for paper in case.papers.all():
        url = reverse("approvals:paper", args=[case.number, paper.pk])
        assert url in text
        assert browser.get(url).status_code == 200


def test_a_permit_with_its_check_page(window: Bureau) -> None:
    case = case_in("closed", window)
    browser = following(case)
    page = browser.get(own(case))
    check = reverse("verify:document", args=[case.permit.document.check_code])
    assert check in page.content.decode()
    assert "limit-ok" in page.content.decode()
    told = {"note": "现场整改。", "basis": "第八条"}
    permits.take(case.permit, "suspend", actor=window.actor("chief"), at=timezone.now(), **told)
    assert "suspended" in english(browser).get(own(case)).content.decode()


def test_it_costs_the_same_with_few_and_with_many_events(
    window: Bureau, django_assert_max_num_queries: Any
) -> None:
    few, many = case_in("supplement", window), case_in("survey:arranged", window)
    for time in range(12):
        at = MONDAY + timedelta(minutes=time)
        take(many, "urge", actor=window.actor("supervisor"), at=at, note="请抓紧。")
    costs = []
    for case in (few, many, case_in("closed", window)):
        browser = following(case)
        with django_assert_max_num_queries(12) as counted:
            assert browser.get(own(case)).status_code == 200
        costs.append(len(counted))
    again = following(many)
    for time in range(12):
        at = MONDAY + timedelta(minutes=20 + time)
        take(many, "urge", actor=window.actor("supervisor"), at=at, note="请抓紧。")
    with django_assert_max_num_queries(costs[1]):
        again.get(own(many))


# What an applicant does -------------------------------------------------------------------------------------


def step(browser: Client, case: ApprovalCase, name: str, **more: Any) -> Any:
    return browser.post(own(case), {"step": name, "seen": case.version, **more})


def test_what_was_missing_is_sent(window: Bureau) -> None:
    case = case_in("supplement", window, at=just_now())
    browser = following(case)
    page = browser.get(own(case))
    text = page.content.decode()
    missing = case.missing()[0]
    assert [each.material.name for each in case.missing()] == ["现场平面图"]
    assert missing.problem in text
    name = f"material_{missing.material_id}"
    done = step(browser, case, "supplement", **{name: [sent("新图.jpg"), sent("图2.jpg", jpeg(3))]})
    assert done.url == own(case)
    case = ApprovalCase.objects.get(pk=case.pk)
    assert case.state == "received"
    assert sorted(case.files.values_list("name", "by_public")) == [("图2.jpg", True), ("新图.jpg", True)]
    assert case.papers.filter(purpose="receipt").count() == 2
    files = [reverse("approvals:file", args=[case.number, file.pk]) for file in case.files.all()]
    again = browser.get(own(case)).content.decode()
    assert all(url in again for url in files)
    assert browser.get(files[0])["Content-Disposition"].startswith("attachment")
    assert Client().get(files[0]).status_code == 404


def test_a_supplement_without_a_file_or_with_a_hostile_one(window: Bureau) -> None:
    case = case_in("supplement", window, at=just_now())
    browser = following(case)
    name = f"material_{case.missing()[0].material_id}"
    empty = step(browser, case, "supplement", note="见附件。")
    assert empty.status_code == 400
    assert "见附件。" in empty.content.decode()
    hostile = step(browser, case, "supplement", **{name: [sent("坏.pdf", PROGRAM)]})
    assert hostile.status_code == 400
    assert "坏.pdf" in hostile.content.decode()
    case.refresh_from_db()
    assert case.state == "supplement"
    assert not case.files.exists()


def test_one_wrong_file_of_a_supplement_costs_no_other(window: Bureau) -> None:
    case = case_in("supplement", window, at=just_now())
    browser, version = following(case), case.version
    name = f"material_{case.missing()[0].material_id}"
    refused = step(browser, case, "supplement", **{name: [sent("新图.jpg"), sent("坏.pdf", PROGRAM)]})
    assert refused.status_code == 400
    assert "坏.pdf" in refused.content.decode()
    case.refresh_from_db()
    assert (case.state, case.version) == ("supplement", version)
    assert list(case.files.values_list("name", flat=True)) == ["新图.jpg"]
    assert "新图.jpg" in browser.get(own(case)).content.decode()
    # It is not sent: nobody at the bureau reads it or is told its name, and the applicant may take it out.
    clerk, kept = Client(), case.files.get()
    clerk.force_login(window.staff["clerk"])
    file = reverse("approvals:file", args=[case.number, kept.pk])
    assert (clerk.get(file).status_code, browser.get(file).status_code) == (404, 200)
    assert "新图.jpg" not in clerk.get(reverse("approvals:case", args=[case.number])).content.decode()
    assert "新图.jpg" not in clerk.get(f"/api/v1/approvals/{case.number}/").content.decode()
    attached = Event.objects.of(case.subject).filter(verb="files_attached")
    assert not attached.exists()
    assert step(browser, case, "supplement", remove=kept.pk).url == own(case)
    assert not case.files.exists()
    # Nothing has to be chosen a second time.
    step(browser, case, "supplement", **{name: [sent("新图.jpg"), sent("坏.pdf", PROGRAM)]})
    assert step(browser, case, "supplement").url == own(case)
    case.refresh_from_db()
    assert (case.state, case.files.count()) == ("received", 1)
    assert attached.count() == 1
    assert clerk.get(reverse("approvals:file", args=[case.number, case.files.get().pk])).status_code == 200
    # What was sent stays.
    assert step(browser, case, "supplement", remove=case.files.get().pk).status_code == 409
    assert case.files.count() == 1


def test_what_is_refused_as_a_whole_does_not_say_that_it_was_kept(
    window: Bureau, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = case_in("supplement", window, at=just_now())
    monkeypatch.setattr("approvals.files.MOST_FILES", 1)
    name = f"material_{case.missing()[0].material_id}"
    refused = step(following(case), case, "supplement", **{name: [sent(), sent("二.jpg", jpeg(9))]})
    assert refused.status_code == 400
    assert (refused.context["chose_files"], refused.context["lost_files"]) == (False, True)
    assert not case.files.exists()


def test_who_is_urged_meanwhile_loses_no_file_of_a_supplement(window: Bureau) -> None:
    case = case_in("supplement", window, at=just_now())
    take(case, "urge", actor=window.actor("supervisor"), at=just_now(), note="请尽快补正。")
    name = f"material_{case.missing()[0].material_id}"
    browser = following(case)
    answer = browser.post(own(case), {"step": "supplement", "seen": case.version, name: [sent("新图.jpg")]})
    assert answer.status_code == 409
    assert answer.context["chose_files"]
    fresh = ApprovalCase.objects.get(pk=case.pk)
    assert step(browser, fresh, "supplement").url == own(case)


def test_a_supplement_has_room_of_its_own(window: Bureau, monkeypatch: pytest.MonkeyPatch) -> None:
    case = case_in("supplement", window, at=just_now())
    name = f"material_{case.missing()[0].material_id}"
    early = case.missing()[0].material
    keep_files({early.pk: [looked_at("早.jpg", jpeg(200))]}, actor=CITIZEN, at=MONDAY, case=case)
    monkeypatch.setattr("approvals.files.MOST_FILES", 1)
    assert step(following(case), case, "supplement", **{name: [sent()]}).url == own(case)
    assert case.files.count() == 2


def test_steps_from_one_address_are_limited_and_cost_nothing_typed(window: Bureau) -> None:
    case = case_in("accepted", window)
    browser = following(case)
    for _try in range(60):
        assert step(browser, case, "withdraw", note=" ").status_code == 400
    refused = step(browser, case, "withdraw", note="不再需要了。")
    assert refused.status_code == 429
    assert "不再需要了。" in refused.content.decode()


def test_a_problem_is_shown_and_not_run(window: Bureau) -> None:
    case = case_in("supplement", window, at=just_now())
    case.given_materials.filter(in_order=False).update(problem="<b onload=x>图</b>")
    text = following(case).get(own(case)).content.decode()
    assert "<b onload" not in text
    assert "&lt;b onload" in text


def test_withdrawing_needs_a_reason(window: Bureau) -> None:
    case = case_in("accepted", window)
    browser = following(case)
    assert step(browser, case, "withdraw", note=" ").status_code == 400
    assert step(browser, case, "withdraw", note="不再需要。").url == own(case)
    case.refresh_from_db()
    assert case.state == "withdrawn"


def test_who_comes_second_loses_nothing_and_reads_no_name(window: Bureau) -> None:
    case = case_in("received:in_order", window)
    browser = following(case)
    take(case, "accept", actor=window.actor("clerk"), at=MONDAY)
    answer = step(browser, case, "withdraw", note="不再需要了。")
    assert answer.status_code == 409
    text = answer.content.decode()
    assert "不再需要了。" in text
    assert window.staff["clerk"].name not in text
    fresh = ApprovalCase.objects.get(pk=case.pk)
    assert f'value="{fresh.version}"' in text
    assert step(browser, fresh, "withdraw", note="不再需要了。").status_code == 302


@pytest.mark.parametrize(("grade", "bad"), [(5, False), (3, False), (2, True), (1, True)])
def test_a_rating_and_what_it_opens(window: Bureau, grade: int, bad: bool) -> None:
    case = case_in("closed", window)
    browser = following(case)
    assert step(browser, case, "rate", rating="").status_code == 400
    assert step(browser, case, "rate", rating=grade, rating_words="等得太久。").url == own(case)
    task = BadRating.objects.filter(approval=case).first()
    assert (task is not None) == bad
    text = browser.get(own(case)).content.decode()
    assert "等得太久。" in text
    if task is not None:
        followed = reverse("approvals:rating_followed", args=[task.number])
        assert followed in text
        assert browser.get(followed).status_code == 200
        assert Client().get(followed).url == reverse("cases:follow")
    case.refresh_from_db()
    assert step(browser, case, "rate", rating=5).status_code == 400


@pytest.mark.parametrize("name", ["accept", "grant", "take", "deem_accepted", "urge"])
def test_what_is_the_offices_is_not_the_applicants(window: Bureau, name: str) -> None:
    case = case_in("received:in_order", window)
    assert step(following(case), case, name).status_code == 403
    case.refresh_from_db()
    assert case.state == "received"


def test_a_step_that_there_is_not(window: Bureau) -> None:
    case = case_in("received", window)
    browser = following(case)
    assert step(browser, case, "fly").status_code == 400
    # Possible once, and no longer: what was typed is there to be copied.
    late = step(following(case_in("withdrawn", window)), case_in("received", window), "withdraw")
    assert late.status_code == 302
    closed = case_in("closed", window)
    answer = step(following(closed), closed, "withdraw", note="来不及了。")
    assert answer.status_code == 400
    assert "来不及了。" in answer.content.decode()


# Figures ----------------------------------------------------------------------------------------------------

SINCE, NOW = moment("2026-11-01 00:00").date(), moment("2026-11-25 12:00")


def counted() -> tuple[int, ...]:
    counts = statistics.count(since=SINCE, now=NOW)
    return (counts.received, counts.decided, counts.granted, counts.promises_kept, counts.promises_due)


def test_every_figure_by_hand(window: Bureau) -> None:
    case_in("closed", window, "direct")  # granted in time
    case_in("serving:denied", window, "short")  # denied in time
    case_in("withdrawn", window)  # before a promise began
    withdrawn = case_in("accepted", window)
    take(withdrawn, "withdraw", actor=_citizen(), at=MONDAY, note="不再需要。")  # in time: nothing was due
    case_in("received", window)  # accepted by silence, promised since Monday, late and open
    late = case_in("sign_off", window, "direct")  # decided late
    case_in("accepted", window, at=NOW - timedelta(hours=2))  # not due yet
    case_in("closed", window, "direct", at=moment("2026-10-20 09:00"))  # of an earlier time
    sweep(at=moment("2026-11-24 09:00"))
    day = moment("2026-11-24 10:00")
    take(
        late,
        "grant",
        actor=window.actor("chief"),
        at=day,
        content="准予。",
        valid_from=day.date(),
        valid_until=None,
    )
    assert counted() == (7, 3, 2, 2, 4)


def _citizen() -> Any:
    from portal.organisation.actors import CITIZEN

    return CITIZEN


def test_the_figures_cost_two_statements_and_are_kept(
    client: Client, window: Bureau, django_assert_num_queries: Callable[..., Any]
) -> None:
    with django_assert_num_queries(2):
        statistics.count(since=SINCE, now=NOW)
    now: datetime = timezone.now()
    before = statistics.this_year(now).received
    case_in("received", window, at=now)
    assert statistics.this_year(now).received == before
    cache.clear()
    assert statistics.this_year(now).received == before + 1


def test_a_share_says_of_what_and_is_on_the_home_page(client: Client, window: Bureau) -> None:
    (rate,) = statistics.rates(statistics.count(since=SINCE, now=NOW))
    assert rate.percent == "–"
    assert statistics.figures in home._suppliers
    case_in("closed", window, "direct", at=just_now())
    cache.clear()
    text = english(client).get(reverse("site:home")).content.decode()
    assert "One-stop window: Decided within the promised limit" in text
    assert reverse("approvals:start") in text
