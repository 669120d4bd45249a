"""The hotline's pages, walked as their people walk them."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import chain
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from hotline import actions
from hotline.models import Call, Ticket
from portal.cases.actions import advance
from portal.organisation.actors import CITIZEN
from tests.bureau import Bureau, matter, ticket

BrowserOf = Callable[[str], Client]
NEW = reverse("hotline:new_call")
CALL = {
    "do": "save",
    "phone": "199 0000 0001",
    "name": "测试市民",
    "category": "trees",
    "urgency": "normal",
    "place": "青石路12号",
    "description": "枝条压到人行道。\r\n要绕行。",
    "goes_on": "dispatch",
    "unit": "",
    "answer": "",
}


def step(client: Client, case: Ticket, name: str, **given: Any) -> Any:
    """Take a step on the ticket's page as it stands now, and follow where it leads."""
    given.setdefault("seen", Ticket.objects.get(pk=case.pk).version)
    return client.post(reverse("hotline:ticket", args=[case.number]), {"step": name, **given}, follow=True)


# The operator's page ----------------------------------------------------------------------------------------


def test_a_call_is_logged_and_dispatched_to_the_usual_unit(browser_of: BrowserOf) -> None:
    operator = browser_of("operator")
    assert 'name="once"' in operator.get(NEW).content.decode()
    done = operator.post(NEW, CALL, follow=True)
    made = Ticket.objects.get()
    assert (made.state, made.unit.code, made.caller_phone) == ("dispatched", "greening", "19900000001")
    assert made.description == "枝条压到人行道。\n要绕行。"
    assert [call.outcome for call in made.calls.all()] == ["ticket"]
    page = done.content.decode()
    assert made.number in page
    assert f"{made.lookup_code[:4]} {made.lookup_code[4:]}" in page
    assert re.search(r'href="/hotline/calls/new/"[^>]*autofocus', page)


@pytest.mark.parametrize(
    ("given", "state"),
    [
        ({"goes_on": "keep"}, "received"),
        ({"goes_on": "dispatch", "unit": "roads"}, "dispatched"),
        ({"goes_on": "answer", "answer": "已告知办理流程。"}, "closed"),
    ],
)
def test_how_a_call_goes_on(browser_of: BrowserOf, given: dict[str, str], state: str) -> None:
    assert browser_of("operator").post(NEW, CALL | given).status_code == 302
    made = Ticket.objects.get()
    assert made.state == state
    assert made.unit.code == (given.get("unit") or "hotline")


def test_a_call_without_a_matter_is_kept_and_opens_nothing(browser_of: BrowserOf) -> None:
    given = {"do": "save", "phone": "", "name": "", "description": "打错了", "goes_on": "no_matter"}
    done = browser_of("operator").post(NEW, given, follow=True)
    assert done.status_code == 200
    assert Call.objects.get().outcome == "no_matter"
    assert not Ticket.objects.exists()


@pytest.mark.parametrize("typed", ["trees", "绿化养护", "绿化", "Tre", "trees "])
def test_a_category_is_known_by_its_first_letters(browser_of: BrowserOf, typed: str) -> None:
    browser_of("operator").post(NEW, CALL | {"category": typed})
    assert Ticket.objects.get().category.code == "trees"


@pytest.mark.parametrize("typed", ["", "没有这一类", "e"])
def test_a_category_that_is_none_or_several_is_asked_for_again(browser_of: BrowserOf, typed: str) -> None:
    refused = browser_of("operator").post(NEW, CALL | {"category": typed})
    assert refused.status_code == 400
    assert "category" in refused.context["form"].errors
    assert 'value="青石路12号"' in refused.content.decode()
    assert not Ticket.objects.exists()


def test_earlier_tickets_appear_by_post_alone(browser_of: BrowserOf, bureau: Bureau) -> None:
    earlier = ticket(bureau)
    operator = browser_of("operator")
    assert operator.get(reverse("hotline:caller"), {"phone": "19900000001"}).status_code == 405
    shown = operator.post(reverse("hotline:caller"), {"phone": "+86 199-0000-0001"}).content.decode()
    assert earlier.number in shown
    assert f'value="add:{earlier.number}"' in shown
    assert (
        earlier.number not in operator.post(reverse("hotline:caller"), {"phone": "1990000"}).content.decode()
    )


def test_looking_up_without_script_keeps_what_was_typed(browser_of: BrowserOf, bureau: Bureau) -> None:
    earlier = ticket(bureau)
    page = browser_of("operator").post(NEW, CALL | {"do": "look_up", "place": "东街3号"})
    text = page.content.decode()
    assert page.status_code == 200
    assert earlier.number in text
    assert 'value="东街3号"' in text
    assert 'class="limit-lines"' in text
    assert Ticket.objects.count() == 1


def test_a_call_about_an_earlier_ticket_is_added_to_it(browser_of: BrowserOf, bureau: Bureau) -> None:
    earlier = ticket(bureau)
    given = {"do": f"add:{earlier.number}", "phone": "19900000001", "description": "又来催问。"}
    page = browser_of("operator").post(NEW, given, follow=True)
    assert earlier.number in page.content.decode()
    assert Ticket.objects.count() == 1
    assert earlier.calls.get(outcome="added").note == "又来催问。"


def test_what_the_caller_said_must_be_written_to_add_a_call(browser_of: BrowserOf, bureau: Bureau) -> None:
    earlier = ticket(bureau)
    refused = browser_of("operator").post(NEW, {"do": f"add:{earlier.number}", "phone": "19900000001"})
    assert refused.status_code == 400
    assert set(refused.context["form"].errors) == {"description"}
    assert not earlier.calls.filter(outcome="added").exists()


def test_the_limit_is_said_in_words_while_the_category_is_chosen(browser_of: BrowserOf) -> None:
    operator = browser_of("operator")
    page = operator.get(reverse("hotline:limits"), {"category": "绿化", "urgency": "normal"})
    assert len(page.context["limits"]) == 2
    assert "5" in page.context["limits"][1]
    urgent = operator.get(reverse("hotline:limits"), {"category": "绿化", "urgency": "urgent"})
    assert "3" in urgent.context["limits"][1]
    assert operator.get(reverse("hotline:limits"), {"category": "?"}).context["limits"] == []


def test_a_double_click_logs_one_call(browser_of: BrowserOf) -> None:
    operator = browser_of("operator")
    once = re.search(r'name="once" value="([0-9a-f-]{36})"', operator.get(NEW).content.decode())
    assert once is not None
    answers = [operator.post(NEW, CALL | {"once": once[1]}) for _click in range(2)]
    assert answers[0].url == answers[1].url
    assert Ticket.objects.count() == 1


# The ticket's page: the whole loop --------------------------------------------------------------------------


def test_the_whole_loop(browser_of: BrowserOf, photo: SimpleUploadedFile) -> None:
    operator, handler = browser_of("operator"), browser_of("handler")
    operator.post(NEW, CALL)
    made = Ticket.objects.get()
    assert made.number in handler.get(reverse("hotline:desk")).content.decode()
    assert step(handler, made, "sign").status_code == 200
    replied = step(handler, made, "reply", reply="已修剪。", photos=[photo])
    assert replied.status_code == 200
    assert replied.content.decode().count("/cases/photos/") == 2
    called = step(operator, made, "call_back", reached="yes", resolved="yes", rating="5", note="很满意")
    assert "很满意" in called.content.decode()
    assert step(operator, made, "close").status_code == 200
    made.refresh_from_db()
    assert (made.state, made.rating, made.resolved) == ("closed", 5, True)
    page = operator.get(reverse("hotline:ticket", args=[made.number]))
    assert page.context["forms"] == []
    assert [entry.title for entry in page.context["entries"]][-1] == "受理" or page.context["entries"]


def test_back_to_the_unit_and_extension(browser_of: BrowserOf, bureau: Bureau, just_now: datetime) -> None:
    made = ticket(bureau, "handling", at=just_now)
    handler, supervisor, operator = (browser_of(name) for name in ("handler", "supervisor", "operator"))
    assert step(handler, made, "ask_extension", extension_asked="2", note="需要采购苗木").status_code == 200
    page = supervisor.get(reverse("hotline:ticket", args=[made.number]))
    extend = next(form for form in page.context["forms"] if form.step.name == "extend")
    assert extend["extend_by"].value() == 2
    assert step(supervisor, made, "extend", extend_by="2", note="同意").status_code == 200
    assert made.deadlines.get(term="hotline.reply").extended == 2
    step(handler, made, "reply", reply="已补种。")
    step(operator, made, "call_back", reached="yes", resolved="no", rating="1")
    assert step(operator, made, "close").status_code == 400
    assert step(operator, made, "rework", note="树坑未填平").status_code == 200
    made.refresh_from_db()
    assert made.state == "dispatched"


def test_who_returns_a_ticket_is_led_to_the_desk(browser_of: BrowserOf, bureau: Bureau) -> None:
    made = ticket(bureau, "dispatched")
    done = step(browser_of("handler"), made, "return", note="属于市政设施")
    assert done.redirect_chain[-1][0] == reverse("hotline:desk")
    assert "forms" not in done.context


def test_a_refusal_stands_at_its_field_and_what_was_typed_stays(
    browser_of: BrowserOf, bureau: Bureau, just_now: datetime
) -> None:
    made = ticket(bureau, "handling", at=just_now)
    refused = step(browser_of("handler"), made, "reply", reply="   ")
    assert refused.status_code == 400
    assert "reply" in refused.context["tried"].errors
    refused = step(browser_of("handler"), made, "ask_extension", extension_asked="60", note="理由充分")
    assert refused.status_code == 400
    assert "extension_asked" in refused.context["tried"].errors
    assert "理由充分" in refused.content.decode()
    made.refresh_from_db()
    assert (made.state, made.extension_asked) == ("handling", None)


def test_the_second_of_two_people_is_told_who_was_first(browser_of: BrowserOf, bureau: Bureau) -> None:
    made = ticket(bureau)
    seen = made.version
    greening, roads = bureau.units["greening"], bureau.units["roads"]
    assert step(browser_of("operator"), made, "dispatch", seen=seen, unit=greening.code).status_code == 200
    second = step(browser_of("operator2"), made, "dispatch", seen=seen, unit=roads.code, note="请尽快到场")
    assert second.status_code == 409
    text = second.content.decode()
    assert bureau.staff["operator"].name in text
    assert "请尽快到场" in text  # no longer possible, and yet not lost
    made.refresh_from_db()
    assert (made.version, made.unit) == (seen + 1, greening)


def test_a_double_click_takes_a_step_once(browser_of: BrowserOf, bureau: Bureau) -> None:
    made = ticket(bureau, "handling")
    handler, seen = browser_of("handler"), made.version
    statuses = [step(handler, made, "urge", seen=seen, note="x").status_code]
    statuses += [
        step(browser_of("operator"), made, "urge", seen=seen, note="请抓紧").status_code for _ in range(2)
    ]
    assert statuses == [403, 200, 409]


def test_the_phone_is_for_those_who_call(browser_of: BrowserOf, bureau: Bureau) -> None:
    made = ticket(bureau, "dispatched")
    url = reverse("hotline:ticket", args=[made.number])
    for username, shown in {"operator": True, "handler": True, "supervisor": False}.items():
        text = browser_of(username).get(url).content.decode()
        assert ("19900000001" in text) is shown, username
        assert ("199****0001" in text) is not shown, username


def test_the_code_is_read_again_to_who_lost_it(browser_of: BrowserOf, bureau: Bureau) -> None:
    made = ticket(bureau, "closed")
    link = reverse("hotline:call_logged", args=[made.number])
    page = reverse("hotline:ticket", args=[made.number])
    assert link in browser_of("operator").get(page).content.decode()
    assert link not in browser_of("handler").get(page).content.decode()
    assert made.lookup_code[:4] in browser_of("operator").get(link).content.decode()


# The list ---------------------------------------------------------------------------------------------------


def many(bureau: Bureau, count: int, at: datetime) -> list[Ticket]:
    return [
        actions.log_call(matter(bureau, place=f"青石路{n}号"), actor=bureau.actor("operator"), at=at)
        for n in range(count)
    ]


def walk(client: Client, url: str) -> list[list[str]]:
    """The numbers on every page of a list, by its own links."""
    pages = []
    while url:
        page = client.get(url)
        assert page.status_code == 200
        pages.append([row.case.number for row in page.context["rows"]])
        url = page.context["older_url"]
    return pages


def test_the_list_pages_by_key_forwards_and_back(
    browser_of: BrowserOf, bureau: Bureau, just_now: datetime
) -> None:
    made = many(bureau, 45, just_now)
    operator = browser_of("operator")
    pages = walk(operator, reverse("hotline:queue"))
    assert [len(page) for page in pages] == [20, 20, 5]
    assert list(chain.from_iterable(pages)) == [each.number for each in made]
    onward = operator.get(operator.get(reverse("hotline:queue")).context["older_url"])
    third = operator.get(onward.context["older_url"])
    second = operator.get(third.context["newer_url"])
    assert [row.case.number for row in second.context["rows"]] == pages[1]
    first = operator.get(second.context["newer_url"])
    assert [row.case.number for row in first.context["rows"]] == pages[0]
    assert first.context["newer_url"] == ""


@pytest.mark.parametrize(
    ("username", "which"), [("operator", "queue"), ("handler", "desk"), ("supervisor", "queue")]
)
def test_a_page_of_the_list_costs_few_queries(
    browser_of: BrowserOf,
    bureau: Bureau,
    just_now: datetime,
    django_assert_max_num_queries: Any,
    username: str,
    which: str,
) -> None:
    for made in many(bureau, 25, just_now):
        advance(made, "dispatch", actor=bureau.actor("operator"), at=just_now, unit=bureau.units["greening"])
    client = browser_of(username)
    client.get(reverse(f"hotline:{which}"))
    with django_assert_max_num_queries(12) as captured:
        shown = client.get(reverse(f"hotline:{which}"), {"category": "trees"})
    assert len(shown.context["rows"]) == 20
    for query in captured.captured_queries:
        counts_cases = "COUNT(" in query["sql"] and "cases_case" in query["sql"]
        assert not counts_cases, query["sql"]
        assert "OFFSET" not in query["sql"], query["sql"]


def test_due_first_and_in_words(browser_of: BrowserOf, bureau: Bureau) -> None:
    now = timezone.now()
    late = actions.log_call(matter(bureau), actor=bureau.actor("operator"), at=now - timedelta(days=30))
    fresh = actions.log_call(matter(bureau), actor=bureau.actor("operator"), at=now)
    page = browser_of("operator").get(reverse("hotline:queue"))
    assert [row.case.number for row in page.context["rows"]] == [late.number, fresh.number]
    assert page.context["rows"][0].limit.level == "over"
    assert page.context["rows"][0].limit.sign in page.content.decode()


def test_filters_narrow_the_list(browser_of: BrowserOf, bureau: Bureau, just_now: datetime) -> None:
    operator = browser_of("operator")
    late = ticket(bureau, "dispatched", at=just_now - timedelta(days=40))
    new = ticket(bureau, at=just_now, category="potholes", urgency="urgent")
    done = ticket(bureau, "closed", at=just_now)
    web = actions.report(matter(bureau), actor=CITIZEN, at=just_now)
    day = timezone.localtime(just_now).date().isoformat()
    every = {
        "": [late, new, web],
        "due=overdue": [late],
        "state=closed": [done],
        "state=dispatched": [late],
        "category=potholes": [new],
        "urgency=urgent": [new],
        "source=web": [web],
        "unit=greening": [late],
        f"opened_from={day}": [new, web],
        f"number={done.number.lower()}": [done],
        "number=12319-19990101-0001": [],
    }
    for query, expected in every.items():
        page = operator.get(f"{reverse('hotline:queue')}?{query}")
        found = {row.case.number for row in page.context["rows"]}
        assert found == {each.number for each in expected}, query


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("opened_from=2026-02-30", "opened_from"),
        ("opened_to=yesterday", "opened_to"),
        ("opened_from=2026-03-02&opened_to=2026-03-01", "opened_to"),
        ("state=lost", "state"),
        ("category=none", "category"),
        ("unit=none", "unit"),
        ("number=" + "9" * 41, "number"),
        ("after=x", "__all__"),
        ("after=999999999999999999-1", "__all__"),
    ],
)
def test_a_filter_that_makes_no_sense_is_said_at_its_field(
    browser_of: BrowserOf, bureau: Bureau, query: str, field: str
) -> None:
    ticket(bureau)
    page = browser_of("operator").get(f"{reverse('hotline:queue')}?{query}")
    assert page.status_code == 400
    assert field in page.context["form"].errors
    assert page.context["rows"] == []


@pytest.mark.parametrize("query", ["opened_from=0001-01-01", "opened_to=9999-12-31", "opened_to=0001-01-01"])
def test_far_days_are_days(browser_of: BrowserOf, query: str) -> None:
    assert browser_of("operator").get(f"{reverse('hotline:queue')}?{query}").status_code == 200
