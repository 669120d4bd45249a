"""Pages of what comes in: registered, assigned, answered, followed; who opens what, and nothing is lost."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from approvals.models import Incoming
from portal.cases.actions import advance
from tests.approvals.browsers import MOST_QUERIES, browser, follows, queries_of
from tests.approvals.window import incoming_in
from tests.bureau import PEOPLE, Bureau

LIST, NEW = reverse("approvals:incoming_list"), reverse("approvals:register_incoming")
DOCUMENT = {
    "form": "document",
    "title": "关于征求绿化方案意见的函",
    "sender": "测试市住房和城乡建设局",
    "sender_phone": "0570-5550199",
    "sender_number": "测住建函〔2026〕8号",
    "dated_on": "2026-11-01",
    "content": "请于五个工作日内\r\n提出意见。",
    "own_days": "5",
}
REQUEST = {
    "form": "request",
    "title": "查询占道审批结果",
    "sender": "测试市民",
    "sender_phone": "199 0000 0001",
    "content": "请告知办理结果。",
    "same_day": "yes",
}


@pytest.fixture
def bureau(window: Bureau) -> Bureau:
    return window


@pytest.fixture
def just_now() -> datetime:
    """At most a moment ago, so that what can be done today can still be done today."""
    return timezone.now()


def page(case: Incoming) -> str:
    return reverse("approvals:incoming", args=[case.number])


def step(bureau: Bureau, who: str, case: Incoming, name: str, **given: Any) -> Any:
    """Take a step on the page as it stands now."""
    given.setdefault("seen", Incoming.objects.get(pk=case.pk).version)
    return browser(bureau, who).post(page(case), {"step": name, **given})


# Who opens what ---------------------------------------------------------------------------------------------

STAFF = [*PEOPLE, "clerk2"]
SIGN_IN = {"nobody": 302} | dict.fromkeys(STAFF, 403)
SEE_ALL = ("clerk", "clerk2", "supervisor", "office_head")
LISTED = SIGN_IN | dict.fromkeys((*SEE_ALL, "handler", "handler_roads"), 200)
REGISTER = SIGN_IN | {"clerk": 200, "clerk2": 200}
# It was assigned to the greening division.
ONE = LISTED | {"handler_roads": 404}
# Not assigned yet, it is the window's.
AT_THE_WINDOW = LISTED | {"handler": 404, "handler_roads": 404}


@pytest.mark.parametrize("who", SIGN_IN)
def test_who_opens_what(bureau: Bureau, just_now: datetime, who: str) -> None:
    assigned = incoming_in("assigned", bureau, at=just_now)
    registered = incoming_in("registered", bureau, at=just_now)
    client = browser(bureau, who)
    expected = {
        LIST: LISTED,
        NEW: REGISTER,
        page(assigned): ONE,
        page(registered): AT_THE_WINDOW,
        reverse("approvals:incoming_followed", args=[assigned.number]): dict.fromkeys(SIGN_IN, 302),
    }
    found = {address: client.get(address).status_code for address in expected}
    assert found == {address: gets[who] for address, gets in expected.items()}


@pytest.mark.parametrize("who", SIGN_IN)
def test_the_navigation_leads_whom_it_lets_in(bureau: Bureau, who: str) -> None:
    shown = f'href="{LIST}"' in browser(bureau, who).get("/").content.decode()
    assert shown is (LISTED[who] == 200)


# Registered -------------------------------------------------------------------------------------------------


def test_a_document_is_registered_with_its_own_limit(bureau: Bureau) -> None:
    done = browser(bureau, "clerk").post(NEW, DOCUMENT, follow=True)
    made = Incoming.objects.get()
    assert done.redirect_chain[-1][0] == page(made)
    assert re.fullmatch(r"LW-\d{8}-0001", made.number)
    assert (made.state, made.own_days, made.sender_number) == ("registered", 5, "测住建函〔2026〕8号")
    assert made.content == "请于五个工作日内\n提出意见。"
    assert made.registered_by == bureau.staff["clerk"]
    assert [each.length for each in made.deadlines.all()] == [5]


@pytest.mark.parametrize(("same_day", "term"), [("yes", "incoming.same_day"), ("no", "incoming.request")])
def test_of_a_request_it_is_asked_whether_it_can_be_done_today(
    bureau: Bureau, same_day: str, term: str
) -> None:
    assert browser(bureau, "clerk").post(NEW, REQUEST | {"same_day": same_day}).status_code == 302
    made = Incoming.objects.get()
    assert re.fullmatch(r"LJ-\d{8}-0001", made.number)
    assert made.sender_phone == "19900000001"
    assert [each.term for each in made.deadlines.all()] == [term]


@pytest.mark.parametrize(
    ("given", "field"),
    [
        (DOCUMENT | {"form": ""}, "form"),
        (DOCUMENT | {"title": " "}, "title"),
        (DOCUMENT | {"sender": ""}, "sender"),
        (DOCUMENT | {"content": ""}, "content"),
        (DOCUMENT | {"own_days": "0"}, "own_days"),
        (DOCUMENT | {"own_days": "91"}, "own_days"),
        (DOCUMENT | {"same_day": "yes"}, "same_day"),
        (DOCUMENT | {"dated_on": "2126-01-01"}, "dated_on"),
        (DOCUMENT | {"dated_on": "2026-02-30"}, "dated_on"),
        (DOCUMENT | {"sender_phone": "nobody"}, "sender_phone"),
        (REQUEST | {"same_day": ""}, "same_day"),
        (REQUEST | {"own_days": "3"}, "own_days"),
    ],
)
def test_what_does_not_fit_is_said_at_its_field_and_stays(
    bureau: Bureau, given: dict[str, str], field: str
) -> None:
    refused = browser(bureau, "clerk").post(NEW, given)
    assert refused.status_code == 400
    assert list(refused.context["form"].errors) == [field]
    for kept in (given["title"], given["sender"]):
        assert f'value="{kept}"' in refused.content.decode() or not kept.strip()
    assert not Incoming.objects.exists()


def test_a_document_may_leave_its_limit_open(bureau: Bureau) -> None:
    browser(bureau, "clerk").post(NEW, DOCUMENT | {"own_days": "", "same_day": "no"})
    assert [each.length for each in Incoming.objects.get().deadlines.all()] == [15]


def test_a_double_click_registers_once(bureau: Bureau) -> None:
    clerk = browser(bureau, "clerk")
    once = re.search(r'name="once" value="([0-9a-f-]{36})"', clerk.get(NEW).content.decode())
    assert once is not None
    answers = [clerk.post(NEW, REQUEST | {"once": once[1]}) for _click in range(2)]
    assert answers[0].url == answers[1].url
    assert Incoming.objects.count() == 1


# The page of one: the whole way -----------------------------------------------------------------------------


def forms(answer: Any) -> set[str]:
    return {form.step.name for form in answer.context["forms"]}


def test_the_whole_way(bureau: Bureau, just_now: datetime) -> None:
    made = incoming_in("registered", bureau, at=just_now)
    greening, roads = bureau.units["greening"].code, bureau.units["roads"].code
    assert step(bureau, "clerk", made, "assign", unit=roads, note="请于本周答复。").status_code == 302
    back = step(bureau, "handler_roads", made, "give_back", note="属于园林绿化。")
    # Who gave it back sees it no longer.
    assert back.url == LIST
    assert step(bureau, "clerk2", made, "assign", unit=greening).status_code == 302
    assert forms(browser(bureau, "handler").get(page(made))) == {"reply", "give_back"}
    assert forms(browser(bureau, "clerk").get(page(made))) == set()
    assert step(bureau, "supervisor", made, "urge", note="请抓紧。").status_code == 302
    assert step(bureau, "supervisor", made, "extend", extend_by="2", note="需现场核实。").status_code == 302
    done = step(bureau, "handler", made, "reply", reply="无意见。", reply_number="测园函〔2026〕3号")
    assert done.status_code == 302
    made.refresh_from_db()
    assert (made.state, made.reply, made.reply_number) == ("closed", "无意见。", "测园函〔2026〕3号")
    shown = browser(bureau, "supervisor").get(page(made))
    assert forms(shown) == set()
    text = shown.content.decode()
    for words in ("请于本周答复。", "属于园林绿化。", "请抓紧。", "需现场核实。", "测园函〔2026〕3号"):
        assert words in text
    assert next(entry.who for entry in shown.context["entries"]) == bureau.staff["handler"].name


def test_what_cannot_be_done_today_gets_three_days(bureau: Bureau) -> None:
    made = incoming_in("registered", bureau, form="same_day", at=timezone.now())
    assert forms(browser(bureau, "clerk").get(page(made))) == {"assign", "reply", "not_today"}
    assert step(bureau, "clerk", made, "not_today", note="系统检修。").status_code == 302
    assert forms(browser(bureau, "clerk").get(page(made))) == {"assign", "reply"}
    assert made.deadlines.get(stopped_at=None).term == "incoming.request"
    followed = follows(made).get(reverse("approvals:incoming_followed", args=[made.number]))
    assert "系统检修" not in followed.content.decode()
    assert followed.context["clock"].deadline.term == "incoming.request"


@pytest.mark.parametrize(
    ("who", "name", "given", "field"),
    [
        ("handler", "reply", {"reply": "  "}, "reply"),
        ("handler", "give_back", {"note": ""}, "note"),
        ("supervisor", "extend", {"extend_by": "16", "note": "情况复杂。"}, "extend_by"),
        ("supervisor", "extend", {"extend_by": "2", "note": " "}, "note"),
        ("supervisor", "urge", {"note": ""}, "note"),
    ],
)
def test_a_refusal_stands_at_its_field(
    bureau: Bureau, just_now: datetime, who: str, name: str, given: dict[str, str], field: str
) -> None:
    made = incoming_in("assigned", bureau, at=just_now)
    refused = step(bureau, who, made, name, **given)
    assert refused.status_code == 400
    assert list(refused.context["tried"].errors) == [field]
    assert given.get("note", "") in refused.content.decode()
    assert Incoming.objects.get(pk=made.pk).version == made.version


def test_an_unknown_unit_and_an_unknown_step(bureau: Bureau, just_now: datetime) -> None:
    made = incoming_in("registered", bureau, at=just_now)
    assert step(bureau, "clerk", made, "assign", unit="nowhere").status_code == 400
    assert step(bureau, "clerk", made, "vanish").status_code == 400
    # Possible a moment ago, and of the role: it is said, and is no matter of permission.
    assert (
        step(bureau, "supervisor", incoming_in("closed", bureau, at=just_now), "urge", note="x").status_code
        == 400
    )


@pytest.mark.parametrize(
    ("who", "name"),
    [
        ("clerk", "reply"),
        ("office_head", "urge"),
        ("handler", "extend"),
        ("supervisor", "reply"),
        ("clerk", "urge"),
    ],
)
def test_a_step_of_others_is_forbidden(bureau: Bureau, just_now: datetime, who: str, name: str) -> None:
    made = incoming_in("assigned", bureau, at=just_now)
    assert step(bureau, who, made, name, reply="已办。", note="已办。", extend_by="1").status_code == 403


def test_the_second_of_two_people_is_told_who_was_first(bureau: Bureau, just_now: datetime) -> None:
    made = incoming_in("registered", bureau, at=just_now)
    seen, greening = made.version, bureau.units["greening"].code
    assert step(bureau, "clerk", made, "assign", seen=seen, unit=greening).status_code == 302
    second = step(bureau, "clerk2", made, "assign", seen=seen, unit="roads", note="请尽快答复")
    assert second.status_code == 409
    text = second.content.decode()
    assert bureau.staff["clerk"].name in text
    assert "请尽快答复" in text  # no longer possible, and yet not lost
    # Another step of the same reader is still possible: it stays in its form, about the case as it is now.
    urged = step(bureau, "supervisor", made, "urge", seen=seen, note="请抓紧办理")
    assert urged.status_code == 409
    assert f'name="seen" value="{seen + 1}"' in urged.content.decode()
    assert "请抓紧办理" in urged.content.decode()


def test_the_phone_is_for_those_who_answer(bureau: Bureau, just_now: datetime) -> None:
    made = incoming_in("assigned", bureau, form="request", at=just_now)
    for who, shown in {"clerk": True, "handler": True, "supervisor": False, "office_head": False}.items():
        text = browser(bureau, who).get(page(made)).content.decode()
        assert ("19900000001" in text) is shown, who
        assert ("199****0001" in text) is not shown, who


def test_the_code_is_read_out_by_the_window_alone(bureau: Bureau, just_now: datetime) -> None:
    made = incoming_in("assigned", bureau, form="request", at=just_now)
    code = f"{made.lookup_code[:4]} {made.lookup_code[4:]}"
    for who, shown in {"clerk": True, "handler": False, "supervisor": False, "office_head": False}.items():
        assert (code in browser(bureau, who).get(page(made)).content.decode()) is shown, who


# Followed ---------------------------------------------------------------------------------------------------


def test_the_sender_follows_it_and_reads_of_nobody(bureau: Bureau, just_now: datetime) -> None:
    made = incoming_in("assigned", bureau, form="request", at=just_now)
    advance(made, "urge", actor=bureau.actor("supervisor"), at=timezone.now(), note="内部催办意见")
    advance(made, "reply", actor=bureau.actor("handler"), at=timezone.now(), reply="审批已通过。")
    address = reverse("approvals:incoming_followed", args=[made.number])
    answer = follows(made).get(address)
    text = answer.content.decode()
    assert answer.status_code == 200
    assert "审批已通过。" in text
    assert bureau.units["greening"].name in text
    assert "内部催办意见" not in text
    assert made.lookup_code not in text
    assert not [staff.name for staff in bureau.staff.values() if staff.name in text]
    other = incoming_in("registered", bureau, form="request", at=just_now)
    assert follows(other).get(address).url == reverse("cases:follow")


# The list ---------------------------------------------------------------------------------------------------


def numbers(answer: Any) -> list[str]:
    return [row.case.number for row in answer.context["rows"]]


def test_the_list_is_narrowed_down(bureau: Bureau) -> None:
    now = timezone.now()
    late = incoming_in("assigned", bureau, at=now - timedelta(days=60))
    today = incoming_in("registered", bureau, form="same_day", at=now)
    request = incoming_in("registered", bureau, form="request", at=now)
    closed = incoming_in("closed", bureau, at=now)
    clerk = browser(bureau, "clerk")
    assert numbers(clerk.get(LIST)) == [late.number, today.number, request.number]
    for query, expected in {
        "form=request": [today.number, request.number],
        "form=document": [late.number],
        "state=assigned": [late.number],
        "state=closed": [closed.number],
        "unit=greening": [late.number],
        "due=overdue": [late.number],
        f"number={closed.number}": [closed.number],
    }.items():
        assert numbers(clerk.get(f"{LIST}?{query}")) == expected, query
    assert numbers(browser(bureau, "handler").get(LIST)) == [late.number]
    assert numbers(browser(bureau, "handler_roads").get(LIST)) == []


@pytest.mark.parametrize("query", ["form=letter", "state=nowhere", "due=never", "after=nowhere", "unit=none"])
def test_nonsense_in_the_address_is_said_and_harms_nothing(bureau: Bureau, query: str) -> None:
    answer = browser(bureau, "clerk").get(f"{LIST}?{query}")
    assert answer.status_code == 400
    assert numbers(answer) == []


def test_pages_follow_one_another(bureau: Bureau, just_now: datetime) -> None:
    made = [incoming_in("registered", bureau, at=just_now).number for _each in range(21)]
    clerk = browser(bureau, "clerk")
    first = clerk.get(LIST)
    second = clerk.get(first.context["older_url"])
    assert numbers(first) + numbers(second) == made
    assert numbers(clerk.get(second.context["newer_url"])) == made[:20]


def test_the_number_of_queries_does_not_grow(bureau: Bureau, just_now: datetime) -> None:
    made = incoming_in("assigned", bureau, at=just_now)
    clerk = browser(bureau, "clerk")
    few = queries_of(clerk, LIST)
    for form in ("request", "document", "same_day"):
        incoming_in("assigned", bureau, form=form, at=just_now)
    assert queries_of(clerk, LIST) == few <= MOST_QUERIES
    for who in ("clerk", "handler", "supervisor"):
        client = browser(bureau, who)
        few = queries_of(client, page(made))
        assert few <= MOST_QUERIES, who
    for _each in range(3):
        advance(made, "urge", actor=bureau.actor("supervisor"), at=timezone.now(), note="请抓紧。")
    assert queries_of(client, page(made)) == few
    follower = follows(made)
    assert queries_of(follower, reverse("approvals:incoming_followed", args=[made.number])) <= MOST_QUERIES
