"""Who is told of which step, and what the notice says; written by hand, state by state.

Nobody is told what they have just done themselves. A text message names the number and no person.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

import pytest
from django.template.loader import get_template

from approvals.actions import apply, bring_supplement, take
from approvals.models import ApprovalCase, BadRating
from approvals.rules import incoming, rating
from approvals.workflow import WORKFLOW
from portal.cases.actions import advance, sweep
from portal.cases.models import Case
from portal.cases.workflow import Transition, Workflow
from portal.notices.inbox import owned_by
from portal.notices.models import Notice
from portal.notices.outbox import template_of
from portal.organisation.actions import change_details, deactivate
from portal.organisation.actors import CITIZEN, SYSTEM, Actor
from tests.approvals.window import ID_NUMBER, application, bad_rating_in, case_in, incoming_in
from tests.bureau import MONDAY, Bureau, moment

LATER = moment("2026-11-02 15:00")
PHONE = "19900000001"
PRIVATE = ("测试市民", ID_NUMBER, "330802", PHONE)
WORKFLOWS = {"approval": WORKFLOW, "incoming": incoming.WORKFLOW, "bad_rating": rating.WORKFLOW}


@pytest.fixture
def bureau(window: Bureau, plain_papers: None) -> Bureau:
    return window


def actor_of(bureau: Bureau, who: str) -> Actor:
    return {"citizen": CITIZEN, "system": SYSTEM}[who] if who in ("citizen", "system") else bureau.actor(who)


def readers(notices: Iterable[Notice]) -> set[str]:
    found = set()
    for each in notices:
        if each.channel != "portal":
            found.add(f"{each.channel}:{each.address}")
        elif each.staff is not None:
            found.add(f"staff:{each.staff.username}")
        elif each.unit is not None:
            found.add(f"unit:{each.unit.code}")
        else:
            found.add(f"role:{each.role}")
    return found


def told_of(case: Case, verb: str) -> list[Notice]:
    """The notices of the last time that the step was taken, all of them read through."""
    found = list(
        Notice.objects.filter(case_id=case.pk, key__startswith=f"{case.subject}:{verb}:").order_by("id")
    )
    last = [each for each in found if each.key.split(":")[3] == found[-1].key.split(":")[3]]
    for each in last:
        text = f"{each.subject}\n{each.body}"
        assert each.subject
        assert each.body
        for unfilled in ("{{", "{%", "None", "（）", "“”", "，，", "。。", "理由：\n", "至。", "至，"):
            assert unfilled not in text, (each.key, unfilled, text)
        assert not text.endswith(("：", "，")), text
    return last


# Every step that tells has its texts ------------------------------------------------------------------------


def tells(workflow: Workflow) -> list[tuple[Transition, str]]:
    rules = [workflow.opening, *workflow.transitions.values()]
    return [(rule, audience) for rule in rules for audience in rule.tells]


@pytest.mark.parametrize(
    ("kind", "verb", "audience"),
    [
        (kind, rule.name, audience)
        for kind, workflow in WORKFLOWS.items()
        for rule, audience in tells(workflow)
    ],
)
def test_every_audience_has_its_text(kind, verb, audience):
    get_template(template_of(Case(kind=kind), verb, audience))


def test_no_text_is_there_for_nobody():
    from pathlib import Path

    from django.conf import settings

    folder = Path(settings.BASE_DIR) / "templates" / "notices"
    for kind, workflow in WORKFLOWS.items():
        wanted = {f"{rule.name}.{audience}.txt" for rule, audience in tells(workflow)}
        assert {path.name for path in (folder / kind).iterdir()} == wanted, kind


# An application ---------------------------------------------------------------------------------------------

SMS = f"sms:{PHONE}"
GRANT: dict[str, Any] = {
    "content": "准予。",
    "valid_from": date(2026, 11, 2),
    "valid_until": date(2027, 11, 1),
}
DENY: dict[str, Any] = {"note": "损毁古树。", "denial_basis": "《城市绿化条例》第二十条"}
SPECIAL: dict[str, Any] = {"special_kind": "hearing", "days": 5, "note": "依申请听证。"}
REFUSE: dict[str, Any] = {
    "refusal_ground": "not_this_agency",
    "competent_agency": "测试市水利局",
    "note": "不属于本机关职权。",
}
SERVE: dict[str, Any] = {"served_by": "hand", "served_to": "测试市民", "served_on": date(2026, 11, 2)}
PASS: dict[str, Any] = {"note": "符合条件。", "recommendation": "grant"}

# item, state, verb, who, what is entered, who is told, and what must be read in every notice to staff
TOLD: list[tuple[str, str, str, str, dict[str, Any], set[str]]] = [
    ("all", "received:web", "take", "clerk", {}, set()),
    ("all", "received", "check_materials", "clerk", {"checked": {}}, set()),
    # The clerk who accepts has the next step: nothing to tell.
    ("all", "received:in_order", "accept", "clerk", {}, {SMS}),
    ("direct", "received:in_order", "accept", "clerk", {}, {SMS, "staff:chief"}),
    ("all", "received", "deem_accepted", "system", {}, {SMS, "staff:clerk", "role:supervisor"}),
    ("direct", "received", "deem_accepted", "system", {}, {SMS, "staff:chief", "role:supervisor"}),
    # Nobody has taken it: the unit is told.
    ("all", "received:web", "deem_accepted", "system", {}, {SMS, "unit:bureau", "role:supervisor"}),
    ("all", "accepted:deemed", "certify_acceptance", "clerk", {}, {SMS}),
    ("all", "received:missing", "ask_supplement", "clerk", {}, {SMS}),
    ("all", "supplement", "supplement", "citizen", {}, {SMS, "staff:clerk"}),
    ("all", "supplement", "supplement", "clerk", {}, {SMS}),
    ("all", "supplement", "supplement_lapsed", "system", {}, {SMS, "staff:clerk"}),
    ("all", "received", "refuse", "clerk", REFUSE, {SMS}),
    ("all", "received", "withdraw", "citizen", {"note": "不再需要。"}, {SMS, "staff:clerk"}),
    ("all", "review", "withdraw", "citizen", {"note": "不再需要。"}, {SMS, "staff:office_head"}),
    ("all", "received", "withdraw", "clerk", {"note": "来电撤回。"}, {SMS}),
    ("all", "accepted", "pass_preliminary", "clerk", PASS, set()),
    ("short", "accepted", "pass_preliminary", "clerk", PASS, {"staff:chief"}),
    ("all", "survey:arranged", "sign_opinion", "handler", {}, {"staff:clerk"}),
    ("all", "survey:signed", "conclude_survey", "clerk", {}, {"staff:office_head"}),
    ("all", "review", "pass_review", "office_head", PASS, {"staff:chief"}),
    ("all", "review", "send_back", "office_head", {"note": "请补充理由。"}, {"staff:clerk"}),
    ("all", "sign_off", "send_back", "chief", {"note": "请补充理由。"}, {"staff:clerk"}),
    ("all", "sign_off", "grant", "chief", GRANT, {SMS, "staff:clerk"}),
    ("direct", "sign_off", "grant", "chief", GRANT, {SMS, "staff:clerk"}),
    ("all", "sign_off", "deny", "chief", DENY, {SMS, "staff:clerk"}),
    ("all", "granted", "issue_certificate", "clerk", {}, set()),
    ("all", "serving:granted", "serve", "clerk", SERVE, {SMS}),
    ("all", "serving:denied", "serve", "clerk", SERVE, {SMS}),
    ("all", "accepted", "special_procedure", "clerk", SPECIAL, {SMS}),
    ("all", "accepted", "special_procedure", "office_head", SPECIAL, {SMS, "staff:clerk"}),
    ("all", "review", "special_procedure", "clerk", SPECIAL, {SMS, "staff:office_head"}),
    ("all", "accepted:special", "end_special_procedure", "clerk", {}, {SMS}),
    ("all", "accepted:special", "end_special_procedure", "office_head", {}, {SMS, "staff:clerk"}),
    (
        *("all", "accepted", "ask_extension", "clerk"),
        *({"extension_asked": 5, "note": "案情复杂。"}, {"role:agency_head"}),
    ),
    (
        "all",
        "accepted:asked",
        "extend",
        "agency_head",
        {"extend_by": 5, "note": "同意。"},
        {SMS, "staff:clerk"},
    ),
    ("all", "accepted:asked", "refuse_extension", "agency_head", {"note": "不同意。"}, {"staff:clerk"}),
    ("all", "received:offered", "accept_handover", "clerk2", {}, set()),
    ("all", "received:offered", "decline_handover", "clerk2", {"note": "正在休假。"}, {"staff:clerk"}),
    ("all", "accepted", "urge", "supervisor", {"note": "请抓紧。"}, {"staff:clerk"}),
    ("all", "review", "urge", "supervisor", {"note": "请抓紧。"}, {"staff:office_head"}),
    ("all", "sign_off", "urge", "supervisor", {"note": "请抓紧。"}, {"staff:chief"}),
    # Whoever holds it need not be told that they urged themselves.
    ("all", "review", "urge", "office_head", {"note": "请抓紧。"}, set()),
    ("all", "closed", "rate", "citizen", {"rating": 5}, set()),
]


@pytest.mark.parametrize(("item", "state", "verb", "who", "entered", "expected"), TOLD)
def test_who_is_told_of_a_step(bureau, item, state, verb, who, entered, expected):
    case = case_in(state, bureau, item)
    if verb == "sign_opinion":
        entered = {"verdict": "agree", "opinion": "同意。", "present": [bureau.staff["handler"]]}
    if verb == "deem_accepted":
        sweep(at=moment("2026-11-10 00:00"))
    else:
        take(case, verb, actor=actor_of(bureau, who), at=LATER, **entered)
    case = ApprovalCase.objects.get(pk=case.pk)
    found = told_of(case, verb) if expected else []
    assert readers(found) == expected
    if not expected:
        assert not Notice.objects.filter(key__startswith=f"{case.subject}:{verb}:{case.version}:").exists()
    note = entered.get("note", "")
    for each in found:
        assert case.number in each.subject + each.body
        if each.channel == "sms":
            for private in (*PRIVATE, *([note] if note else [])):
                assert private not in each.subject + each.body
            # The code leads to everything; it is sent once, with the receipt.
            assert case.lookup_code not in each.body
        else:
            assert case.title in each.body
            assert not set(PRIVATE) & {private for private in PRIVATE if private in each.body}


def test_the_table_speaks_of_every_verb():
    elsewhere = {"arrange_survey", "offer_handover", "reassign"}
    assert {row[2] for row in TOLD} | elsewhere == set(WORKFLOW.transitions)


def test_whoever_is_offered_or_given_a_case_is_told(bureau):
    offered = case_in("received:offered", bureau)
    assert readers(told_of(offered, "offer_handover")) == {"staff:clerk2"}
    left = case_in("accepted", bureau)
    deactivate(staff=bureau.staff["clerk"], actor=SYSTEM, at=MONDAY)
    clerk2 = bureau.staff["clerk2"]
    take(left, "reassign", actor=bureau.actor("office_head"), at=LATER, handover_to=clerk2)
    assert readers(told_of(left, "reassign")) == {"staff:clerk2"}


def test_where_who_is_told_has_left_the_unit_is(bureau):
    case = case_in("review", bureau)
    deactivate(staff=bureau.staff["clerk"], actor=SYSTEM, at=MONDAY)
    take(case, "send_back", actor=bureau.actor("office_head"), at=LATER, note="请补充。")
    assert readers(told_of(case, "send_back")) == {"unit:bureau"}


def test_who_has_an_address_is_written_to_and_not_for_what_they_did(bureau):
    """The rule that nobody is told of their own doing looks at the person, not at the channel."""
    change_details(staff=bureau.staff["clerk"], actor=SYSTEM, at=MONDAY, email="c@example.com")
    case = case_in("supplement", bureau)
    bring_supplement(case, {}, actor=CITIZEN, at=LATER)
    assert readers(told_of(case, "supplement")) == {SMS, "email:c@example.com"}
    again = case_in("supplement", bureau)
    bring_supplement(again, {}, actor=bureau.actor("clerk"), at=LATER)
    assert readers(told_of(again, "supplement")) == {SMS}


@pytest.mark.parametrize(
    ("state", "verb", "reader", "inboxes"),
    [
        ("accepted:asked", "ask_extension", "role:agency_head", {"agency_head"}),
        ("received:offered", "offer_handover", "staff:clerk2", {"clerk2"}),
        ("accepted:deemed", "deem_accepted", "role:supervisor", {"supervisor"}),
        ("survey:arranged", "arrange_survey", "unit:greening", {"handler"}),
    ],
)
def test_a_notice_is_in_the_inboxes_of_those_it_is_for(bureau, state, verb, reader, inboxes):
    case = case_in(state, bureau)
    [notice] = [each for each in told_of(case, verb) if readers([each]) == {reader}]
    found = {who for who in bureau.staff if owned_by(bureau.actor(who)).filter(pk=notice.pk).exists()}
    # Whoever answers for the units below reads their inboxes as well.
    above = {
        who
        for who in bureau.staff
        if notice.unit_id is not None and notice.unit_id in bureau.actor(who).unit_ids
    }
    assert found == inboxes | above


def test_every_unit_of_a_survey_has_a_notice_of_its_own(bureau):
    case = case_in("survey", bureau)
    units = [bureau.units[code] for code in ("greening", "roads", "bureau")]
    take(
        case,
        "arrange_survey",
        actor=bureau.actor("clerk"),
        at=LATER,
        units=units,
        planned_at=moment("2026-11-03 00:30"),
        place="北门",
    )
    found = told_of(case, "arrange_survey")
    assert readers(found) == {SMS, "unit:greening", "unit:roads", "unit:bureau"}
    # In Shanghai's time, whatever the server's is.
    assert all("2026年11月3日00:30" in each.body and "北门" in each.body for each in found)


# What they say ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "verb", "days"),
    [
        ("received", "receive", ["2026年11月9日"]),
        ("received:again", "supplement", ["2026年11月9日"]),
        ("supplement", "ask_supplement", ["2026年11月23日"]),
        ("accepted", "accept", ["2026年11月11日", "2026年11月30日"]),
        ("accepted:deemed", "deem_accepted", ["2026年11月11日"]),
        ("accepted:extended", "extend", ["2026年12月14日"]),
        ("granted", "grant", ["2026年11月16日"]),
        ("serving:denied", "deny", ["2026年11月16日"]),
    ],
)
def test_the_applicant_is_told_the_right_days(bureau, state, verb, days):
    [sms] = [each for each in told_of(case_in(state, bureau), verb) if each.channel == "sms"]
    for day in days:
        assert day in sms.body


def test_a_day_in_a_year_whose_holidays_are_unknown_is_provisional(bureau):
    case = case_in("accepted", bureau, at=moment("2026-12-28 10:00"))
    [sms] = [each for each in told_of(case, "accept") if each.channel == "sms"]
    assert "（暂定）" in sms.body


def test_a_supplement_date_in_such_a_year_is_provisional(bureau):
    case = case_in("supplement", bureau, at=moment("2026-12-28 10:00"))
    [sms] = [each for each in told_of(case, "ask_supplement") if each.channel == "sms"]
    assert "暂定" in sms.body


def test_a_procedure_has_its_chinese_name(bureau):
    """Fails as long as the catalogue lacks the names of the procedures."""
    case = case_in("accepted:special", bureau)
    [sms] = [each for each in told_of(case, "special_procedure") if each.channel == "sms"]
    assert "需要进行听证，" in sms.body


def test_who_cannot_be_reached_by_text_message_is_left_out(bureau):
    case = apply(application(phone="0570-5550140"), actor=bureau.actor("clerk"), at=MONDAY)
    assert not Notice.objects.filter(case=case).exists()


# What comes in ----------------------------------------------------------------------------------------------

INCOMING: list[tuple[str, str, str, str, dict[str, Any], set[str]]] = [
    ("request", "registered", "assign", "clerk", {}, {"unit:greening"}),
    ("document", "registered", "assign", "clerk", {"note": "请阅办。"}, {"unit:greening"}),
    ("same_day", "registered", "assign", "clerk", {}, {"unit:greening"}),
    ("request", "assigned", "give_back", "handler", {"note": "不属于本单位。"}, {"staff:clerk"}),
    ("same_day", "assigned", "not_today", "handler", {"note": "需要调档。"}, {SMS}),
    ("same_day", "registered", "not_today", "clerk", {"note": "需要调档。"}, {SMS}),
    ("request", "assigned", "reply", "handler", {"reply": "已批准。"}, {SMS}),
    ("document", "assigned", "reply", "handler", {"reply": "无意见。"}, set()),
    (
        "request",
        "assigned",
        "extend",
        "supervisor",
        {"extend_by": 3, "note": "需要调档。"},
        {SMS, "staff:handler"},
    ),
    ("document", "assigned", "extend", "supervisor", {"extend_by": 3, "note": "会签。"}, {"staff:handler"}),
    ("request", "assigned", "urge", "supervisor", {"note": "请抓紧。"}, {"staff:handler"}),
    ("document", "registered", "urge", "supervisor", {"note": "请抓紧。"}, {"staff:clerk"}),
]


@pytest.mark.parametrize(("form", "state", "verb", "who", "entered", "expected"), INCOMING)
def test_who_is_told_of_what_came_in(bureau, form, state, verb, who, entered, expected):
    arrived = incoming_in(state, bureau, form=form)
    entered = dict(entered, unit=bureau.units["greening"]) if verb == "assign" else entered
    advance(arrived, verb, actor=bureau.actor(who), at=LATER, **entered)
    found = told_of(arrived, verb) if expected else []
    assert readers(found) == expected
    for each in found:
        assert arrived.number in each.subject + each.body


@pytest.mark.parametrize(
    ("form", "state", "verb", "who", "entered"),
    [
        (
            "request",
            "assigned",
            "reply",
            "handler",
            {"reply": "张三（身份证330802199003071239）的占道许可已批准。"},
        ),
        ("same_day", "assigned", "not_today", "handler", {"note": "张三的档案在330802199003071239号盒。"}),
    ],
)
def test_no_text_message_says_what_was_written_freely(bureau, form, state, verb, who, entered):
    arrived = incoming_in(state, bureau, form=form)
    advance(arrived, verb, actor=bureau.actor(who), at=LATER, **entered)
    [sms] = [each for each in told_of(arrived, verb) if each.channel == "sms"]
    assert ID_NUMBER not in sms.body


@pytest.mark.parametrize("form", ["request", "same_day"])
def test_who_brought_a_request_gets_its_number_and_code(bureau, form):
    arrived = incoming_in("registered", bureau, form=form)
    found = list(Notice.objects.filter(case_id=arrived.pk))
    assert readers(found) == {SMS}
    assert arrived.number in found[0].body
    assert arrived.lookup_code in found[0].body


# Bad ratings ------------------------------------------------------------------------------------------------


def test_a_bad_rating_reaches_who_is_not_rated(bureau):
    task = bad_rating_in("received", bureau)
    assert readers(told_of(task, "receive")) == {"staff:office_head"}
    [told] = told_of(task, "receive")
    for each in (task.approval.number, "等得太久。", "2026年11月3日", "2026年11月23日"):
        assert each in told.body
    assert not [each for each in PRIVATE if each in told.body]


def test_where_the_head_is_rated_the_supervisor_is_told(bureau):
    deactivate(staff=bureau.staff["office_head"], actor=SYSTEM, at=MONDAY)
    rated = case_in("closed", bureau, "short")
    take(rated, "rate", actor=CITIZEN, at=LATER, rating=1, rating_words="")
    task = BadRating.objects.get(approval=rated)
    assert readers(told_of(task, "receive")) == {"staff:supervisor"}


def test_the_applicant_is_told_that_it_was_put_right(bureau):
    task = bad_rating_in("closed", bureau)
    [sms] = told_of(task, "put_right")
    assert readers([sms]) == {SMS}
    assert task.approval.number in sms.body
    assert task.remedy not in sms.body


@pytest.mark.parametrize("grade", [3, 4, 5])
def test_a_good_rating_tells_nobody(bureau, grade):
    case = case_in("closed", bureau, "direct")
    before = Notice.objects.count()
    take(case, "rate", actor=CITIZEN, at=LATER, rating=grade)
    assert Notice.objects.count() == before
    assert not BadRating.objects.filter(approval=case).exists()


# Nobody sees in an inbox what they must not see of a case ---------------------------------------------------


def test_an_opinion_does_not_land_in_an_inbox_of_everybody(bureau):
    deactivate(staff=bureau.staff["chief"], actor=SYSTEM, at=MONDAY)
    case = case_in("accepted", bureau, "short")
    take(case, "pass_preliminary", actor=bureau.actor("clerk"), at=LATER, **PASS)
    [notice] = told_of(case, "pass_preliminary")
    readers_of_it = {who for who in bureau.staff if owned_by(bureau.actor(who)).filter(pk=notice.pk).exists()}
    may_see = {
        who for who in bureau.staff if Case.objects.visible_to(bureau.actor(who)).filter(pk=case.pk).exists()
    }
    assert PASS["note"] not in notice.body or readers_of_it <= may_see, readers_of_it - may_see
