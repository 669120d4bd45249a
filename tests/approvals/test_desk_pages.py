"""The desk and the list of applications, as each role opens them."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from approvals.actions import Application, apply, take
from approvals.models import ApprovalCase
from portal.organisation import second_factor
from portal.organisation.actions import change_roles, deactivate
from portal.organisation.actors import CITIZEN, SYSTEM, Role
from tests.approvals.window import STEPS, application, case_in
from tests.bureau import PEOPLE, Bureau

pytestmark = pytest.mark.usefixtures("plain_papers")
BrowserOf = Callable[[str], Client]
DESK, CASES = reverse("approvals:desk"), reverse("approvals:cases")


@pytest.fixture
def browser_of(window: Bureau) -> BrowserOf:
    """`browser_of("clerk")`: a browser of that person, in Chinese; "nobody" is not signed in."""

    def browser(username: str) -> Client:
        client = Client()
        if username != "nobody":
            client.force_login(window.staff[username])
            session = client.session
            second_factor.mark_passed(session, window.staff[username])
            session.save()
        return client

    return browser


@pytest.fixture
def just_now() -> datetime:
    return timezone.now() - timedelta(minutes=1)


def numbers(page: Any) -> list[str]:
    return [each["case"].number for each in page.context["rows"]]


# Who opens what ---------------------------------------------------------------------------------------------

SIGN_IN = {"nobody": 302} | dict.fromkeys(PEOPLE, 403)
AT_THE_WINDOW = ("clerk", "office_head", "chief", "agency_head")
HANDLERS = ("handler", "handler_roads")
CLERKS = SIGN_IN | {"clerk": 200}
PAGES = {
    "desk": SIGN_IN | dict.fromkeys((*AT_THE_WINDOW, *HANDLERS), 200),
    "cases": SIGN_IN | dict.fromkeys((*AT_THE_WINDOW, *HANDLERS, "supervisor"), 200),
    "new": CLERKS,
    "new_for": CLERKS,
    "check_number": SIGN_IN | {"clerk": 405},
    "applicant": SIGN_IN | {"clerk": 405},
    "received": CLERKS,
}


@pytest.mark.parametrize("name", PAGES)
def test_who_may_open_which_page(
    browser_of: BrowserOf, window: Bureau, just_now: datetime, name: str
) -> None:
    made = case_in("received", window, at=just_now)
    takes = {"new_for": ["all"], "received": [made.number]}
    url = reverse(f"approvals:{name}", args=takes.get(name, []))
    assert {who: browser_of(who).get(url).status_code for who in PAGES[name]} == PAGES[name]


@pytest.mark.parametrize("name", ["new_for", "check_number", "applicant"])
def test_nobody_but_a_clerk_sends_anything(browser_of: BrowserOf, name: str) -> None:
    url = reverse(f"approvals:{name}", args=["all"] if name == "new_for" else [])
    others = [who for who in SIGN_IN if who != "clerk"]
    found = {who: browser_of(who).post(url, {}).status_code for who in others}
    assert found == {who: SIGN_IN[who] for who in others}
    assert not ApprovalCase.objects.exists()


@pytest.mark.parametrize("who", ["clerk", "agency_head"])
def test_a_clerk_and_the_agency_head_begin_at_the_desk(browser_of: BrowserOf, who: str) -> None:
    begins = browser_of(who).get(reverse("site:workbench"))
    assert (begins.status_code, begins.url) == (302, DESK)


@pytest.mark.parametrize("who", ["office_head", "chief"])
def test_who_reviews_keeps_the_page_of_before(browser_of: BrowserOf, who: str) -> None:
    assert browser_of(who).get(reverse("site:workbench")).url == reverse("pledges:desk")


# What waits for whom ----------------------------------------------------------------------------------------


def test_a_clerk_sees_the_own_those_that_nobody_took_and_what_is_offered(
    browser_of: BrowserOf, window: Bureau, just_now: datetime
) -> None:
    own = case_in("received", window, at=just_now)
    in_review = case_in("review", window, at=just_now)
    web = case_in("received:web", window, at=just_now)
    offered = case_in("received:offered", window, at=just_now)
    case_in("closed", window, "direct", at=just_now)
    mine = set(numbers(browser_of("clerk").get(DESK)))
    assert mine == {own.number, in_review.number, web.number, offered.number}
    page = browser_of("clerk2").get(DESK)
    assert set(numbers(page)) == {web.number, offered.number}
    reasons = {each["case"].number: each["why"] for each in page.context["rows"]}
    assert all(reasons.values())
    assert reasons[web.number] != reasons[offered.number]


@pytest.mark.parametrize(
    ("who", "state", "item"),
    [
        ("office_head", "review", "all"),
        ("chief", "sign_off", "all"),
        ("chief", "sign_off", "direct"),
        ("agency_head", "accepted:asked", "all"),
        ("handler", "survey:arranged", "all"),
    ],
)
def test_what_waits_for_the_others(
    browser_of: BrowserOf, window: Bureau, just_now: datetime, who: str, state: str, item: str
) -> None:
    waiting = case_in(state, window, item, at=just_now)
    for other in ("accepted", "serving:granted", "withdrawn"):
        case_in(other, window, "short", at=just_now)
    assert numbers(browser_of(who).get(DESK)) == [waiting.number]
    others = {"office_head", "chief", "agency_head", "handler", "handler_roads"} - {who}
    assert {each: numbers(browser_of(each).get(DESK)) for each in others} == {each: [] for each in others}


def test_a_unit_that_has_signed_is_not_told_to_sign(
    browser_of: BrowserOf, window: Bureau, just_now: datetime
) -> None:
    lists = {"handler": reverse("approvals:cases"), "clerk2": DESK}
    case = case_in("survey:arranged", window, at=just_now)

    def reasons(who: str) -> list[str]:
        return [row["why"] for row in browser_of(who).get(lists[who]).context["rows"]]

    # Of the two units, the window's own has signed.
    assert ["签" in each for each in reasons("handler")] == [True]
    told = {"verdict": "agree", "opinion": "同意。", "present": [window.staff["handler"]]}
    take(case, "sign_opinion", actor=window.actor("handler"), at=just_now, **told)
    assert reasons("handler") == [""]


def test_what_one_did_oneself_does_not_wait_for_ones_review(
    browser_of: BrowserOf, window: Bureau, just_now: datetime
) -> None:
    case_in("review", window, at=just_now)
    clerk2 = window.staff["clerk2"]
    change_roles(staff=clerk2, roles=[Role.OFFICE_HEAD], actor=SYSTEM, at=just_now)
    assert len(numbers(browser_of("clerk2").get(DESK))) == 1
    ApprovalCase.objects.update(done_by={"survey": [7, clerk2.pk]})
    assert numbers(browser_of("clerk2").get(DESK)) == []
    assert len(numbers(browser_of("office_head").get(DESK))) == 1


@pytest.mark.parametrize("how", ["left", "other work"])
def test_what_nobody_at_the_window_has_any_more_waits_for_the_office_head(
    browser_of: BrowserOf, window: Bureau, just_now: datetime, how: str
) -> None:
    left = case_in("received", window, at=just_now)
    apply(application(), actor=window.actor("clerk2"), at=just_now)
    clerk = window.staff["clerk"]
    if how == "left":
        deactivate(staff=clerk, actor=SYSTEM, at=just_now)
    else:
        change_roles(staff=clerk, roles=[Role.HANDLER], actor=SYSTEM, at=just_now)
    page = browser_of("office_head").get(DESK)
    assert numbers(page) == [left.number]
    assert page.context["rows"][0]["why"]


def test_a_unit_that_signed_has_the_survey_no_longer_before_it(
    browser_of: BrowserOf, window: Bureau, just_now: datetime
) -> None:
    case_in("survey:signed", window, at=just_now)
    page = browser_of("handler").get(DESK)
    assert numbers(page) == []
    assert reverse("approvals:cases") in page.content.decode()


def test_what_is_due_first_stands_on_top_and_pages_go_on_by_key(
    browser_of: BrowserOf, window: Bureau
) -> None:
    now = timezone.now()
    made = [case_in("received", window, at=now - timedelta(minutes=each)) for each in range(1, 23)]
    late = case_in("received", window, at=now - timedelta(days=40))
    for url in (DESK, CASES):
        first = browser_of("clerk").get(url)
        assert numbers(first)[0] == late.number
        assert first.context["rows"][0]["row"].limit.level == "over"
        second = browser_of("clerk").get(first.context["older_url"])
        assert set(numbers(first)) | set(numbers(second)) == {each.number for each in [*made, late]}
        assert len(numbers(second)) == 3
        back = browser_of("clerk").get(second.context["newer_url"])
        assert numbers(back) == numbers(first)
        assert browser_of("clerk").get(url, {"after": "nonsense"}).status_code == 400


# Finding one ------------------------------------------------------------------------------------------------


def test_a_number_or_its_last_figures_lead_to_the_application(
    browser_of: BrowserOf, window: Bureau, just_now: datetime
) -> None:
    made = case_in("closed", window, "direct", at=just_now)
    day, last = made.number[3:11], made.number[-4:]
    clerk = browser_of("clerk")
    for typed in (
        made.number,
        made.number.lower(),
        f" {made.number} ",
        made.number.replace("-", ""),
        f"ＳＰ－{day}－{last}",
        last,
        last.lstrip("0"),
        day[-2:] + last,
    ):
        found = clerk.get(DESK, {"number": typed})
        assert (found.status_code, found.get("Location")) == (
            302,
            reverse("approvals:case", args=[made.number]),
        ), typed


def test_where_several_end_alike_one_chooses(
    browser_of: BrowserOf, window: Bureau, just_now: datetime
) -> None:
    today = case_in("received", window, at=just_now)
    before = case_in("received", window, at=just_now - timedelta(days=1))
    assert today.number[-4:] == before.number[-4:]
    page = browser_of("clerk").get(DESK, {"number": today.number[-4:]})
    assert page.status_code == 200
    assert numbers(page) == [today.number, before.number]


@pytest.mark.parametrize(
    ("typed", "status"), [("9999", 404), ("SP-20200101-0001", 404), ("", 400), ("石", 400)]
)
def test_what_leads_nowhere_is_said_at_the_field(
    browser_of: BrowserOf, window: Bureau, typed: str, status: int
) -> None:
    page = browser_of("clerk").get(DESK, {"number": typed})
    assert page.status_code == status
    assert page.context["find"].errors["number"]
    assert "field-error" in page.content.decode()


def test_what_is_not_seen_is_not_found(browser_of: BrowserOf, window: Bureau, just_now: datetime) -> None:
    made = case_in("received", window, at=just_now)
    assert browser_of("handler_roads").get(DESK, {"number": made.number}).status_code == 404


@pytest.mark.parametrize("typed", ["330802199003071239", "19900000001", "91330802MA2DEM013R"])
def test_a_personal_number_is_refused_here_and_by_the_browser_before_it_is_sent(
    browser_of: BrowserOf, window: Bureau, typed: str
) -> None:
    page = browser_of("clerk").get(DESK, {"number": typed})
    assert page.status_code == 400
    pattern = page.context["find"].fields["number"].widget.attrs["pattern"]
    assert re.fullmatch(pattern, typed) is None
    assert re.fullmatch(pattern, "SP-20261125-0007")
    assert re.fullmatch(pattern, "7")
    form = re.search(r"<form[^>]*desk-find[^>]*>", page.content.decode())
    assert form is not None
    # A form that is not checked would send it all the same.
    assert "novalidate" not in form[0]


# The whole list ---------------------------------------------------------------------------------------------


@pytest.fixture
def various(window: Bureau, just_now: datetime) -> dict[str, ApprovalCase]:
    bill = apply(application("joint", consolidated_bill=True), actor=window.actor("clerk2"), at=just_now)
    states = ("received:web", "supplement", "serving:granted", "serving:denied", "closed", "accepted:web")
    made = {state: case_in(state, window, "direct", at=just_now) for state in states}
    late = case_in("received", window, "short", at=just_now - timedelta(days=40))
    return {**made, "bill": bill, "late": late}


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"state": "supplement"}, {"supplement"}),
        ({"state": "serving"}, {"serving:granted", "serving:denied"}),
        ({"item": "joint"}, {"bill"}),
        ({"source": "web"}, {"received:web", "accepted:web"}),
        ({"consolidated_bill": "true"}, {"bill"}),
        ({"outcome": "denied"}, {"serving:denied"}),
        ({"outcome": "granted", "state": "closed"}, {"closed"}),
        ({"deemed": "true"}, {"accepted:web"}),
        ({"taken_by": "nobody"}, {"received:web", "accepted:web"}),
        ({"taken_by": "me"}, {"supplement", "serving:granted", "serving:denied", "late"}),
        ({"due": "overdue"}, {"late"}),
    ],
)
def test_the_list_narrowed(
    browser_of: BrowserOf, various: dict[str, ApprovalCase], asked: dict[str, str], expected: set[str]
) -> None:
    page = browser_of("clerk").get(CASES, asked)
    assert page.status_code == 200
    names = {case.number: name for name, case in various.items()}
    assert {names[number] for number in numbers(page)} == expected


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"item": "nothing"}, "item"),
        ({"consolidated_bill": "perhaps"}, "consolidated_bill"),
        ({"deemed": "1"}, "deemed"),
        ({"taken_by": "them"}, "taken_by"),
        ({"opened_from": "2026-02-30"}, "opened_from"),
        ({"opened_from": "2026-02-02", "opened_to": "2026-02-01"}, "opened_to"),
    ],
)
def test_what_cannot_be_asked_is_said_at_its_field(
    browser_of: BrowserOf, asked: dict[str, str], field: str
) -> None:
    page = browser_of("clerk").get(CASES, asked)
    assert page.status_code == 400
    assert page.context["form"].errors[field]


def test_the_daily_questions_are_links(browser_of: BrowserOf, various: dict[str, ApprovalCase]) -> None:
    views = browser_of("clerk").get(CASES).context["views"]
    assert [view["current"] for view in views] == [True, False, False, False, False, False]
    for view in views:
        page = browser_of("clerk").get(view["url"])
        assert page.status_code == 200
        assert [each["url"] for each in page.context["views"] if each["current"]] == [view["url"]]
    assert len(browser_of("handler").get(CASES).context["views"]) == 3


def test_a_handler_sees_where_the_unit_takes_part(
    browser_of: BrowserOf, window: Bureau, just_now: datetime
) -> None:
    asked = case_in("survey:arranged", window, at=just_now)
    case_in("received", window, at=just_now)
    assert numbers(browser_of("handler").get(CASES)) == [asked.number]
    assert numbers(browser_of("handler_roads").get(CASES)) == []


# What it costs, and what stands in it -----------------------------------------------------------------------


@pytest.mark.parametrize("who", ["clerk", "office_head", "chief", "agency_head", "handler"])
@pytest.mark.parametrize("url", [DESK, CASES])
def test_a_page_costs_the_same_with_three_rows_and_with_thirty(
    browser_of: BrowserOf, window: Bureau, just_now: datetime, who: str, url: str
) -> None:
    states = {
        "clerk": "received",
        "office_head": "review",
        "chief": "sign_off",
        "agency_head": "accepted:asked",
        "handler": "survey:arranged",
    }
    client, costs, shown = browser_of(who), [], []
    client.get(url)
    for wanted in (3, 30):
        while ApprovalCase.objects.count() < wanted:
            case_in(states[who], window, at=just_now)
        with CaptureQueriesContext(connection) as captured:
            page = client.get(url)
        shown.append(len(page.context["rows"]))
        costs.append(len(captured))
        for query in captured.captured_queries:
            assert "OFFSET" not in query["sql"], query["sql"]
    assert shown == [3, 20]
    assert costs[0] == costs[1] <= 12


def test_neither_list_says_who_applies(browser_of: BrowserOf, window: Bureau, just_now: datetime) -> None:
    told: Application = application(applicant_name="某某样例公司", phone="19900000077")
    apply(told, actor=CITIZEN, at=just_now)
    for who, url in (("clerk", DESK), ("supervisor", CASES), ("agency_head", CASES)):
        text = browser_of(who).get(url).content.decode()
        for secret in (told.applicant_name, told.applicant_number, told.phone):
            assert secret not in text


def test_the_desk_in_english(browser_of: BrowserOf, window: Bureau, just_now: datetime) -> None:
    case_in("received:web", window, at=just_now)
    client = browser_of("clerk")
    client.cookies["django_language"] = "en"
    text = client.get(DESK).content.decode()
    assert "Nobody has taken it yet" in text
    assert "Temporary use of green space" in text
    assert set(STEPS) == {"all", "joint", "short", "direct"}
