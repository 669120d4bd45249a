"""Approvals (行政许可) as a table, written by hand from the rules: state × verb × person.

`received → supplement | refused | accepted → survey → review → sign-off → granted | denied → certificate →
service → closed` (行政许可法 29–45, and the bureau's own rules). An item leaves out the steps it does not
need; five working days of silence accept; who did a step does not review it; who took a case first owns it
until a handover is accepted (首问负责制).

The window of these tests (tests/approvals/window.py), where `case_in` walks everything at MONDAY by default:

- all items: statutory 20 working days, promised 7, to be extended by 10 at most. "joint" alone: 45, 30, 15.
- days of a step, wherever the item has it: preliminary 2, survey 3, review 1, sign-off 1.
- "all" and "joint" have all four steps, "short" preliminary and sign-off, "direct" sign-off only. All but
  "direct" end in a certificate, valid for 12 months.
- materials: the first and the second are required, the third is not.
- survey: the units greening and bureau; the bureau's opinion is signed by clerk, greening's by handler, each
  with themselves present.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import pytest

from approvals.actions import allowed, take
from approvals.models import ApprovalCase, GuideStep, ItemGuide, Material, Paper
from portal.cases.actions import sweep
from portal.cases.models import Deadline, Extension, Pause
from portal.cases.terms import SHANGHAI
from portal.cases.workflow import NotAllowed, Refused
from portal.ledger.models import Event
from portal.organisation.actions import change_roles, deactivate
from portal.organisation.actors import ANONYMOUS, CITIZEN, SYSTEM, Actor
from tests.approvals.window import case_in
from tests.bureau import MONDAY, Bureau, moment

# The same Monday, some hours later.
LATER = moment("2026-11-02 15:00")

STAFF = [
    "clerk",  # received the case, and owns it
    "clerk2",
    "office_head",
    "chief",
    "agency_head",
    "handler",  # of the greening division, which takes part in the survey
    "handler_roads",  # of a unit that takes no part
    "operator",
    "disclosure",
    "secrecy",
    "supervisor",
    "administrator",
]
PRESS = {"supervisor", "office_head"}
EXCLUDE = {"clerk", "office_head"}

# What is the same in every state of a kind; the rest is said state by state.
OPEN = {"offer_handover": {"clerk"}, "urge": PRESS}
UNDECIDED = {**OPEN, "withdraw": {"clerk", "citizen"}}
UNDER_WAY = {**UNDECIDED, "extend": {"agency_head"}}
AT_EASE = {"special_procedure": EXCLUDE, "ask_extension": EXCLUDE}

# Who may do what in which state. What is not named is refused: to everybody else, and in every other state.
TABLE: dict[str, dict[str, set[str]]] = {
    # No material has been looked at: it can neither be accepted nor can anything be called missing.
    "received": {
        "check_materials": {"clerk"},
        "refuse": {"clerk"},
        "deem_accepted": {"system"},
        **UNDECIDED,
    },
    # The first two materials are in order. Nothing is missing that a notice could name.
    "received:in_order": {
        "check_materials": {"clerk"},
        "accept": {"clerk"},
        "refuse": {"clerk"},
        "deem_accepted": {"system"},
        **UNDECIDED,
    },
    # The first is in order, the second is missing, and it is written what is wrong with it.
    "received:missing": {
        "check_materials": {"clerk"},
        "ask_supplement": {"clerk"},
        "refuse": {"clerk"},
        "deem_accepted": {"system"},
        **UNDECIDED,
    },
    # A supplement was asked for and came, and the second is checked and still missing: one notice, not two.
    "received:again": {
        "check_materials": {"clerk"},
        "refuse": {"clerk"},
        "deem_accepted": {"system"},
        **UNDECIDED,
    },
    # From the web: nobody answers for it until a clerk takes it, and the clock runs all the same.
    "received:web": {
        "take": {"clerk", "clerk2"},
        "withdraw": {"citizen"},
        "reassign": {"office_head"},
        "deem_accepted": {"system"},
    },
    # Offered to clerk2, who has not said a word: clerk owns it as before.
    "received:offered": {
        "check_materials": {"clerk"},
        "refuse": {"clerk"},
        "withdraw": {"clerk", "citizen"},
        "accept_handover": {"clerk2"},
        "decline_handover": {"clerk2"},
        "urge": PRESS,
        "deem_accepted": {"system"},
    },
    # Clerk no longer works here. Nobody helps themselves to it; the office head names who has it.
    "received:left": {
        "reassign": {"office_head"},
        "withdraw": {"citizen"},
        "urge": PRESS,
        "deem_accepted": {"system"},
    },
    "supplement": {
        "supplement": {"clerk", "citizen"},
        "supplement_lapsed": {"system"},
        "refuse": {"clerk"},
        **UNDECIDED,
    },
    "accepted": {"pass_preliminary": {"clerk"}, **UNDER_WAY, **AT_EASE},
    # Accepted by silence, with no notice of it yet.
    "accepted:deemed": {
        "certify_acceptance": {"clerk"},
        "pass_preliminary": {"clerk"},
        **UNDER_WAY,
        **AT_EASE,
    },
    # Accepted by silence from the web, and still taken by nobody.
    "accepted:web": {
        "take": {"clerk", "clerk2"},
        "withdraw": {"citizen"},
        "special_procedure": {"office_head"},
        "ask_extension": {"office_head"},
        "extend": {"agency_head"},
        "reassign": {"office_head"},
    },
    # A hearing of five days is under way: nothing is decided before its end (art. 48).
    "accepted:special": {
        "end_special_procedure": EXCLUDE,
        "ask_extension": EXCLUDE,
        **UNDER_WAY,
    },
    # An extension is asked for, and the agency's head has not decided.
    "accepted:asked": {
        "pass_preliminary": {"clerk"},
        "special_procedure": EXCLUDE,
        "refuse_extension": {"agency_head"},
        **UNDER_WAY,
    },
    # The agency's head has extended it: once, and not again.
    "accepted:extended": {
        "pass_preliminary": {"clerk"},
        "special_procedure": EXCLUDE,
        **UNDECIDED,
    },
    "survey": {"arrange_survey": {"clerk"}, **UNDER_WAY, **AT_EASE},
    # The bureau has signed, greening has not: another unit may be asked in its place.
    "survey:arranged": {"arrange_survey": {"clerk"}, "sign_opinion": {"handler"}, **UNDER_WAY, **AT_EASE},
    # Both have signed, and two people were there.
    "survey:signed": {"conclude_survey": {"clerk"}, **UNDER_WAY, **AT_EASE},
    "review": {
        "pass_review": {"office_head"},
        "send_back": {"office_head"},
        **UNDER_WAY,
        **AT_EASE,
    },
    "sign_off": {
        "grant": {"chief"},
        "deny": {"chief"},
        "send_back": {"chief"},
        **UNDER_WAY,
        **AT_EASE,
    },
    "granted": {"issue_certificate": {"clerk"}, **OPEN},
    "serving:granted": {"serve": {"clerk"}, **OPEN},
    "serving:denied": {"serve": {"clerk"}, **OPEN},
    "refused": {"rate": {"citizen"}},
    "withdrawn": {},
    "closed": {"rate": {"citizen"}},
    "closed:rated": {},
}

CLERKS = {"clerk", "clerk2"}
# Whose role it is at all: everybody else is not allowed, whatever the state.
ROLE_OF = {
    "take": CLERKS,
    "check_materials": CLERKS,
    "accept": CLERKS,
    "deem_accepted": {"system"},
    "certify_acceptance": CLERKS,
    "ask_supplement": CLERKS,
    "supplement": CLERKS | {"citizen"},
    "supplement_lapsed": {"system"},
    "refuse": CLERKS,
    "withdraw": CLERKS | {"citizen"},
    "pass_preliminary": CLERKS,
    "arrange_survey": CLERKS,
    "sign_opinion": CLERKS | {"handler", "handler_roads"},
    "conclude_survey": CLERKS,
    "pass_review": {"office_head"},
    "send_back": {"office_head", "chief"},
    "grant": {"chief"},
    "deny": {"chief"},
    "issue_certificate": CLERKS,
    "serve": CLERKS,
    "special_procedure": CLERKS | {"office_head"},
    "end_special_procedure": CLERKS | {"office_head"},
    "ask_extension": CLERKS | {"office_head"},
    "extend": {"agency_head"},
    "refuse_extension": {"agency_head"},
    "offer_handover": CLERKS,
    "accept_handover": CLERKS,
    "decline_handover": CLERKS,
    "reassign": {"office_head"},
    "urge": PRESS,
    "rate": {"citizen"},
}
RECEIVED = {"received"}
BEING_EXAMINED = {"accepted", "survey", "review", "sign_off"}
BEFORE_THE_DECISION = {"received", "supplement", "accepted", "survey", "review", "sign_off"}
NOT_OVER = {"received", "supplement", "accepted", "survey", "review", "sign_off", "granted", "serving"}
POSSIBLE_IN = {
    "take": NOT_OVER,
    "check_materials": RECEIVED,
    "accept": RECEIVED,
    "deem_accepted": RECEIVED,
    "certify_acceptance": BEING_EXAMINED,
    "ask_supplement": RECEIVED,
    "supplement": {"supplement"},
    "supplement_lapsed": {"supplement"},
    "refuse": {"received", "supplement"},
    "withdraw": BEFORE_THE_DECISION,
    "pass_preliminary": {"accepted"},
    "arrange_survey": {"survey"},
    "sign_opinion": {"survey"},
    "conclude_survey": {"survey"},
    "pass_review": {"review"},
    "send_back": {"review", "sign_off"},
    "grant": {"sign_off"},
    "deny": {"sign_off"},
    "issue_certificate": {"granted"},
    "serve": {"serving"},
    "special_procedure": BEING_EXAMINED,
    "end_special_procedure": BEING_EXAMINED,
    "ask_extension": BEING_EXAMINED,
    "extend": BEING_EXAMINED,
    "refuse_extension": BEING_EXAMINED,
    "offer_handover": NOT_OVER,
    "accept_handover": NOT_OVER,
    "decline_handover": NOT_OVER,
    "reassign": NOT_OVER,
    "urge": NOT_OVER,
    "rate": {"closed", "refused"},
}
# Where each verb leads for an item with every step; "=" stays.
LEADS_TO = {
    "take": "=",
    "check_materials": "=",
    "accept": "accepted",
    "deem_accepted": "accepted",
    "certify_acceptance": "=",
    "ask_supplement": "supplement",
    "supplement": "received",
    "supplement_lapsed": "=",
    "refuse": "refused",
    "withdraw": "withdrawn",
    "pass_preliminary": "survey",
    "arrange_survey": "=",
    "sign_opinion": "=",
    "conclude_survey": "review",
    "pass_review": "sign_off",
    "send_back": "accepted",
    "grant": "granted",
    "deny": "serving",
    "issue_certificate": "serving",
    "serve": "closed",
    "special_procedure": "=",
    "end_special_procedure": "=",
    "ask_extension": "=",
    "extend": "=",
    "refuse_extension": "=",
    "offer_handover": "=",
    "accept_handover": "=",
    "decline_handover": "=",
    "reassign": "=",
    "urge": "=",
    "rate": "=",
}
# Theirs to do, but done: their unit's opinion is there.
SIGNED_ALREADY = {
    ("survey:arranged", "sign_opinion", "clerk"),
    ("survey:arranged", "sign_opinion", "clerk2"),
}
MOVES = [(state, verb) for state, verbs in TABLE.items() for verb in sorted(verbs)]

NOT_THIS_AGENCY, NOT_SUPPLEMENTED = "not_this_agency", "not_supplemented"


@pytest.fixture
def bureau(window: Bureau, plain_papers: None) -> Bureau:
    return window


def people(bureau: Bureau) -> dict[str, Actor]:
    found = {username: bureau.actor(username) for username in STAFF}
    return {**found, "citizen": CITIZEN, "anonymous": ANONYMOUS, "system": SYSTEM}


def base(state: str) -> str:
    """serving:denied is a way of being in the state serving."""
    return state.partition(":")[0]


def checked(
    item: str = "all", *, missing: Mapping[int, str] | None = None, unseen: tuple[int, ...] = ()
) -> dict[int, tuple[bool, str]]:
    """What a clerk enters who looked at the materials: by the material's key, in order or not, and why not.

    `missing` and `unseen` name materials by their position.
    """
    missing = missing or {}
    return {
        material.pk: (material.position not in missing, missing.get(material.position, ""))
        for material in Material.objects.filter(guide__item__code=item)
        if material.position not in unseen
    }


def given(bureau: Bureau, verb: str, state: str) -> dict[str, Any]:
    """What somebody would enter who does it right."""
    if verb == "refuse" and base(state) == "supplement":
        return {"note": "逾期未补正。", "refusal_ground": NOT_SUPPLEMENTED}
    if verb == "check_materials":
        return {"checked": checked()}
    return {
        "refuse": {
            "note": "该事项不属于本机关职权范围。",
            "refusal_ground": NOT_THIS_AGENCY,
            "competent_agency": "测试市水利局",
        },
        "pass_preliminary": {"note": "材料齐全，符合条件。", "recommendation": "grant"},
        "arrange_survey": {
            "units": [bureau.units["greening"], bureau.units["bureau"]],
            "planned_at": MONDAY,
            "place": "青石路12号",
        },
        "sign_opinion": {
            "verdict": "agree",
            "opinion": "现场与申请一致，同意。",
            "present": [bureau.staff["handler"]],
        },
        "pass_review": {"note": "同意初审意见。", "recommendation": "grant"},
        "send_back": {"note": "初审意见未说明理由，请补充。"},
        "grant": {
            "content": "准予临时占用青石路12号门前绿地20平方米。",
            "conditions": "到期恢复原状。",
            "valid_from": date(2026, 11, 2),
            "valid_until": date(2027, 11, 1),
        },
        "deny": {"note": "现场踏勘表明占用将损毁古树。", "denial_basis": "《城市绿化条例》第二十条"},
        "serve": {"served_by": "hand", "served_to": "测试市民", "served_on": date(2026, 11, 2)},
        "special_procedure": {"special_kind": "hearing", "days": 5, "note": "涉及他人重大利益，依申请听证。"},
        "ask_extension": {"extension_asked": 10, "note": "案情复杂。"},
        "extend": {"extend_by": 10, "note": "情况属实，同意延长。"},
        "offer_handover": {"handover_to": bureau.staff["clerk2"]},
        "reassign": {"handover_to": bureau.staff["clerk2"]},
        "rate": {"rating": 5, "rating_words": "办得快。"},
    }.get(verb, {"note": "按规定办理。"})


def do(
    case: ApprovalCase,
    verb: str,
    bureau: Bureau,
    who: str,
    *,
    at: datetime = MONDAY,
    state: str = "",
    **entered: Any,
) -> ApprovalCase:
    """Take a step as somebody who does it right, but for what is `entered`.

    What was asked for is refused for its absence only after the days that the applicant has to bring it.
    """
    actor = people(bureau)[who]
    if verb == "grant":
        day = at.astimezone(SHANGHAI).date()
        entered = {"valid_from": day, "valid_until": day.replace(year=day.year + 1), **entered}
    if verb == "refuse" and base(state or case.state) == "supplement":
        at = max(at, moment("2026-11-24 09:00"))
    return take(case, verb, actor=actor, at=at, **{**given(bureau, verb, state or case.state), **entered})


def fresh(case: ApprovalCase) -> ApprovalCase:
    return ApprovalCase.objects.get(pk=case.pk)


def kept(case: ApprovalCase) -> tuple[Any, ...]:
    """What is in the database of a case."""
    return (
        ApprovalCase.objects.filter(pk=case.pk).values().get(),
        list(Deadline.objects.filter(case=case).order_by("pk").values()),
        Paper.objects.filter(case=case).count(),
        Event.objects.count(),
    )


def drawn(case: ApprovalCase, actor: Actor, at: datetime = MONDAY) -> set[str]:
    return {rule.name for rule in allowed(case, actor=actor, at=at)}


# The table --------------------------------------------------------------------------------------------------


def test_the_table_speaks_of_every_verb():
    named = {verb for verbs in TABLE.values() for verb in verbs}
    assert named == set(LEADS_TO) == set(ROLE_OF) == set(POSSIBLE_IN)


@pytest.mark.parametrize(
    ("item", "steps"),
    [
        ("all", [("preliminary", 2), ("survey", 3), ("review", 1), ("sign_off", 1)]),
        ("joint", [("preliminary", 2), ("survey", 3), ("review", 1), ("sign_off", 1)]),
        ("short", [("preliminary", 2), ("sign_off", 1)]),
        ("direct", [("sign_off", 1)]),
    ],
)
def test_the_items_are_those_that_the_table_means(bureau, item, steps):
    guide = ItemGuide.objects.get(item__code=item, state="published")
    found = {each.step: each.days for each in GuideStep.objects.filter(guide=guide)}
    assert found == dict(steps)
    limits = (guide.statutory_days, guide.promised_days, guide.extend_at_most, guide.joint)
    assert limits == ((45, 30, 15, True) if item == "joint" else (20, 7, 10, False))
    assert bool(guide.certificate) == (item != "direct")
    required = Material.objects.filter(guide=guide).order_by("position").values_list("position", "required")
    assert list(required) == [(1, True), (2, True), (3, False)]


@pytest.mark.parametrize("state", TABLE)
def test_what_each_is_offered(bureau, state):
    case = case_in(state, bureau)
    assert case.state == base(state)
    for name, actor in people(bureau).items():
        expected = {verb for verb, who in TABLE[state].items() if name in who}
        assert drawn(case, actor) == expected, f"{state}: buttons of {name}"


@pytest.mark.parametrize("state", TABLE)
def test_what_each_is_refused(bureau, state):
    case = case_in(state, bureau)
    before = kept(case)
    for name, actor in people(bureau).items():
        for verb in LEADS_TO.keys() - {verb for verb, who in TABLE[state].items() if name in who}:
            with pytest.raises(Refused) as refused:
                take(case, verb, actor=actor, at=MONDAY, **given(bureau, verb, state))
            told = f"{state}: {verb} by {name}"
            assert refused.value.message, told
            if name not in ROLE_OF[verb] or (state, name) == ("received:left", "clerk"):
                assert type(refused.value) is NotAllowed, f"{told}: it is not their role"
            elif base(state) not in POSSIBLE_IN[verb]:
                assert type(refused.value) is Refused, f"{told}: it is not the time for it"
            elif state.endswith(":web") and name in CLERKS:
                assert type(refused.value) is Refused, f"{told}: it is to be taken first"
            elif verb in TABLE[state] and (state, verb, name) not in SIGNED_ALREADY:
                assert type(refused.value) is NotAllowed, f"{told}: it is for somebody else"
    assert kept(case) == before


@pytest.mark.parametrize(("state", "verb"), MOVES)
def test_where_a_verb_leads(bureau, state, verb):
    for who in sorted(TABLE[state][verb]):
        case = case_in(state, bureau)
        moved = do(case, verb, bureau, who, at=LATER, state=state)
        expected = base(state) if LEADS_TO[verb] == "=" else LEADS_TO[verb]
        assert moved.state == fresh(case).state == expected, who
        if expected in ("closed", "refused", "withdrawn"):
            assert fresh(case).closed_at is not None
        else:
            assert fresh(case).closed_at is None


@pytest.mark.parametrize(("state", "verb"), MOVES)
def test_a_step_is_in_the_record_under_its_own_name(bureau, state, verb):
    who = sorted(TABLE[state][verb])[0]
    case = case_in(state, bureau)
    # By then the time that the applicant has to supplement is over.
    at = moment("2026-11-24 15:00") if (state, verb) == ("supplement", "refuse") else LATER
    do(case, verb, bureau, who, at=at, state=state)
    last = Event.objects.of(case.subject).filter(verb=verb).last()
    assert last is not None
    assert (last.actor_id, last.at) == (people(bureau)[who].id, at)


# What an item leaves out ------------------------------------------------------------------------------------

# item, state, verb, who, and where it leads
CHAINS = [
    ("all", "received:in_order", "accept", "clerk", "accepted"),
    ("all", "received", "deem_accepted", "system", "accepted"),
    ("all", "accepted", "pass_preliminary", "clerk", "survey"),
    ("all", "survey:signed", "conclude_survey", "clerk", "review"),
    ("all", "review", "pass_review", "office_head", "sign_off"),
    ("all", "review", "send_back", "office_head", "accepted"),
    ("all", "sign_off", "send_back", "chief", "accepted"),
    ("all", "sign_off", "grant", "chief", "granted"),
    ("all", "sign_off", "deny", "chief", "serving"),
    ("short", "received:in_order", "accept", "clerk", "accepted"),
    ("short", "received", "deem_accepted", "system", "accepted"),
    ("short", "accepted", "pass_preliminary", "clerk", "sign_off"),
    ("short", "sign_off", "send_back", "chief", "accepted"),
    ("short", "sign_off", "grant", "chief", "granted"),
    ("short", "sign_off", "deny", "chief", "serving"),
    ("direct", "received:in_order", "accept", "clerk", "sign_off"),
    ("direct", "received", "deem_accepted", "system", "sign_off"),
    # No certificate to issue: what is granted is served.
    ("direct", "sign_off", "grant", "chief", "serving"),
    ("direct", "sign_off", "deny", "chief", "serving"),
]


@pytest.mark.parametrize(("item", "state", "verb", "who", "leads_to"), CHAINS)
def test_a_step_that_the_item_does_not_need_is_passed_over(bureau, item, state, verb, who, leads_to):
    case = case_in(state, bureau, item)
    assert do(case, verb, bureau, who, at=LATER, state=state).state == leads_to
    assert fresh(case).state == leads_to


def test_where_there_is_only_the_sign_off_there_is_nobody_to_send_it_back_to(bureau):
    """Else the chief representative would begin the limit of the own step anew, as often as wanted."""
    case = case_in("sign_off", bureau, "direct")
    assert "send_back" not in drawn(case, bureau.actor("chief"))
    with pytest.raises(Refused):
        do(case, "send_back", bureau, "chief")


@pytest.mark.parametrize("item", ["all", "short", "direct"])
@pytest.mark.parametrize("verb", ["grant", "deny"])
def test_the_outcome_is_kept(bureau, item, verb):
    case = case_in("sign_off", bureau, item)
    assert case.outcome == ""
    do(case, verb, bureau, "chief")
    assert fresh(case).outcome == {"grant": "granted", "deny": "denied"}[verb]


@pytest.mark.parametrize("item", ["all", "short", "direct"])
@pytest.mark.parametrize("outcome", ["granted", "denied"])
def test_what_was_decided_is_served_and_closed(bureau, item, outcome):
    case = case_in(f"serving:{outcome}", bureau, item)
    assert do(case, "serve", bureau, "clerk", at=LATER).state == "closed"
    assert fresh(case).outcome == outcome


def test_a_recommendation_does_not_bind_who_decides(bureau):
    case = case_in("review", bureau)
    do(case, "pass_review", bureau, "office_head", recommendation="deny")
    assert do(fresh(case), "grant", bureau, "chief").state == "granted"


# One notice of everything missing ---------------------------------------------------------------------------


def test_what_is_required_must_be_in_order_and_the_rest_need_not(bureau):
    case = case_in("received", bureau)
    do(case, "check_materials", bureau, "clerk", checked=checked(unseen=(3,)))
    assert do(fresh(case), "accept", bureau, "clerk").state == "accepted"


@pytest.mark.parametrize("unseen", [(1,), (2,), (1, 2)])
def test_what_nobody_looked_at_is_not_in_order(bureau, unseen):
    case = case_in("received", bureau)
    do(case, "check_materials", bureau, "clerk", checked=checked(unseen=unseen))
    with pytest.raises(Refused):
        do(fresh(case), "accept", bureau, "clerk")


def test_what_is_missing_is_not_accepted(bureau):
    case = case_in("received", bureau)
    do(case, "check_materials", bureau, "clerk", checked=checked(missing={1: "缺少申请人签名。"}))
    with pytest.raises(Refused):
        do(fresh(case), "accept", bureau, "clerk")


def check_and_ask(case: ApprovalCase, bureau: Bureau, entered: dict[int, tuple[bool, str]]) -> ApprovalCase:
    do(case, "check_materials", bureau, "clerk", checked=entered)
    return do(fresh(case), "ask_supplement", bureau, "clerk")


def test_a_notice_names_all_that_is_missing(bureau):
    everything = checked(missing={1: "缺少申请人签名。", 2: "未提交平面图。"})
    assert check_and_ask(case_in("received", bureau), bureau, everything).state == "supplement"


def test_a_notice_is_not_given_before_everything_was_looked_at(bureau):
    """What were found missing later could not be asked for any more."""
    with pytest.raises(Refused):
        check_and_ask(case_in("received", bureau), bureau, checked(missing={1: "缺签名。"}, unseen=(2,)))


@pytest.mark.parametrize("problem", ["", "  \n"])
def test_a_notice_says_what_is_wrong_with_each(bureau, problem):
    with pytest.raises(Refused):
        check_and_ask(case_in("received", bureau), bureau, checked(missing={1: "缺签名。", 2: problem}))


def test_a_notice_of_nothing_is_not_given(bureau):
    with pytest.raises(Refused):
        check_and_ask(case_in("received", bureau), bureau, checked())


@pytest.mark.parametrize("who", ["clerk", "citizen"])
def test_a_second_notice_is_refused(bureau, who):
    case = check_and_ask(case_in("received", bureau), bureau, checked(missing={2: "未提交平面图。"}))
    do(case, "supplement", bureau, who, at=moment("2026-11-03 10:00"))
    at = moment("2026-11-03 11:00")
    do(fresh(case), "check_materials", bureau, "clerk", at=at, checked=checked(missing={1: "签名不符。"}))
    with pytest.raises(Refused):
        do(fresh(case), "ask_supplement", bureau, "clerk", at=at)
    assert fresh(case).state == "received"


# Who did a step does not review it --------------------------------------------------------------------------


def becomes(bureau: Bureau, who: str, *roles: str) -> None:
    """Somebody is given other roles, after the case has come as far as it has."""
    staff = bureau.staff[who]
    change_roles(staff=staff, roles=list(roles), actor=SYSTEM, at=MONDAY)
    staff.refresh_from_db()


# item, state, who did an earlier step, what they have become, and what they then may not do
EARLIER_STEPS = [
    # Accepted it, reviewed it first, arranged and concluded the survey.
    ("all", "review", "clerk", "office_head", "pass_review"),
    ("all", "review", "clerk", "office_head", "send_back"),
    # Signed an opinion at the survey.
    ("all", "review", "handler", "office_head", "pass_review"),
    ("all", "sign_off", "clerk", "chief_representative", "grant"),
    ("all", "sign_off", "clerk", "chief_representative", "deny"),
    ("all", "sign_off", "clerk", "chief_representative", "send_back"),
    ("all", "sign_off", "handler", "chief_representative", "grant"),
    # Passed the office head's review.
    ("all", "sign_off", "office_head", "chief_representative", "grant"),
    ("all", "sign_off", "office_head", "chief_representative", "deny"),
    ("short", "sign_off", "clerk", "chief_representative", "grant"),
    # Accepted it, and no more than that.
    ("direct", "sign_off", "clerk", "chief_representative", "grant"),
    ("direct", "sign_off", "clerk", "chief_representative", "deny"),
]


@pytest.mark.parametrize("keeps", [True, False])
@pytest.mark.parametrize(("item", "state", "who", "role", "verb"), EARLIER_STEPS)
def test_who_did_a_step_does_not_review_it(bureau, item, state, who, role, verb, keeps):
    case = case_in(state, bureau, item)
    becomes(bureau, who, role, *(bureau.staff[who].roles if keeps else []))
    before = kept(case)
    assert verb not in drawn(case, bureau.actor(who))
    with pytest.raises(NotAllowed):
        do(case, verb, bureau, who)
    assert kept(case) == before


def test_a_handover_does_not_wash_off_what_was_done(bureau):
    case = case_in("review", bureau)
    do(case, "offer_handover", bureau, "clerk")
    do(fresh(case), "accept_handover", bureau, "clerk2")
    becomes(bureau, "clerk", "office_head")
    with pytest.raises(NotAllowed):
        do(fresh(case), "pass_review", bureau, "clerk")


def test_to_urge_is_no_step(bureau):
    case = case_in("review", bureau)
    do(case, "urge", bureau, "office_head")
    assert do(fresh(case), "pass_review", bureau, "office_head").state == "sign_off"


def test_the_same_people_review_it_again_when_it_comes_back(bureau):
    """Their own step is not an earlier one: else a case could be sent back once, and be stuck."""
    case = case_in("sign_off", bureau)
    do(case, "send_back", bureau, "chief", survey_again=True)
    do(fresh(case), "pass_preliminary", bureau, "clerk")
    do(fresh(case), "arrange_survey", bureau, "clerk")
    case = signed(fresh(case), bureau, "handler", "handler")
    case = signed(case, bureau, "clerk", "clerk")
    do(case, "conclude_survey", bureau, "clerk")
    do(fresh(case), "pass_review", bureau, "office_head")
    assert do(fresh(case), "grant", bureau, "chief").state == "granted"


def test_a_survey_that_was_held_is_not_held_again_unless_that_is_asked_for(bureau):
    case = case_in("sign_off", bureau)
    do(case, "send_back", bureau, "chief")
    assert do(fresh(case), "pass_preliminary", bureau, "clerk").state == "review"


def test_what_was_sent_back_has_no_recommendation_any_more(bureau):
    case = case_in("review", bureau)
    do(case, "send_back", bureau, "office_head")
    assert fresh(case).recommendation == ""


# First contact (首问负责) -----------------------------------------------------------------------------------


@pytest.mark.parametrize("state", TABLE)
def test_who_took_it_answers_for_it_to_the_end(bureau, state):
    owner = None if state in ("received:web", "accepted:web") else bureau.staff["clerk"]
    assert case_in(state, bureau).first_contact == owner


def test_who_takes_what_came_from_the_web_owns_it(bureau):
    case = case_in("received:web", bureau)
    do(case, "take", bureau, "clerk2")
    assert fresh(case).first_contact == bureau.staff["clerk2"]
    assert "check_materials" in drawn(fresh(case), bureau.actor("clerk2"))
    with pytest.raises(NotAllowed):
        do(fresh(case), "check_materials", bureau, "clerk")
    with pytest.raises(Refused):
        do(fresh(case), "take", bureau, "clerk")
    with pytest.raises(Refused):
        do(fresh(case), "take", bureau, "clerk2")


@pytest.mark.parametrize(
    "state",
    ["received", "supplement", "accepted", "survey", "review", "sign_off", "granted", "serving:granted"],
)
def test_it_is_handed_over_when_it_is_taken_and_not_before(bureau, state):
    case = case_in(state, bureau)
    do(case, "offer_handover", bureau, "clerk")
    assert fresh(case).first_contact == bureau.staff["clerk"]
    assert fresh(case).handover_to == bureau.staff["clerk2"]
    do(fresh(case), "accept_handover", bureau, "clerk2")
    found = fresh(case)
    assert (found.first_contact, found.handover_to) == (bureau.staff["clerk2"], None)
    assert drawn(found, bureau.actor("clerk")) == set()
    assert "offer_handover" in drawn(found, bureau.actor("clerk2"))


def test_what_was_declined_stays_and_may_be_offered_again(bureau):
    case = case_in("received:offered", bureau)
    do(case, "decline_handover", bureau, "clerk2")
    found = fresh(case)
    assert (found.first_contact, found.handover_to) == (bureau.staff["clerk"], None)
    assert "offer_handover" in drawn(found, bureau.actor("clerk"))


def test_who_is_named_for_one_who_left_owns_it(bureau):
    case = case_in("received:left", bureau)
    do(case, "reassign", bureau, "office_head")
    found = fresh(case)
    assert (found.first_contact, found.handover_to) == (bureau.staff["clerk2"], None)
    assert "reassign" not in drawn(found, bureau.actor("office_head"))


def test_who_is_at_the_window_no_longer_is_as_good_as_gone(bureau):
    """Still in the bureau, in another office: without this the case could not be moved by anybody."""
    case = case_in("accepted", bureau)
    becomes(bureau, "clerk", "operator")
    assert "reassign" in drawn(case, bureau.actor("office_head"))
    do(case, "reassign", bureau, "office_head")
    assert fresh(case).first_contact == bureau.staff["clerk2"]


def test_nobody_hands_over_to_who_no_longer_works_here(bureau):
    case = case_in("received", bureau)
    deactivate(staff=bureau.staff["clerk2"], actor=SYSTEM, at=MONDAY)
    with pytest.raises(Refused) as refused:
        do(case, "offer_handover", bureau, "clerk")
    assert refused.value.field == "handover_to"


def test_who_is_no_clerk_any_more_does_not_take_what_was_offered(bureau):
    case = case_in("received:offered", bureau)
    becomes(bureau, "clerk2", "supervisor")
    with pytest.raises(NotAllowed):
        do(case, "accept_handover", bureau, "clerk2")


# The joint survey -------------------------------------------------------------------------------------------


def arranged(bureau: Bureau, *units: str) -> ApprovalCase:
    case = case_in("survey", bureau)
    do(case, "arrange_survey", bureau, "clerk", units=[bureau.units[code] for code in units])
    return fresh(case)


def signed(case: ApprovalCase, bureau: Bureau, who: str, *present: str) -> ApprovalCase:
    do(case, "sign_opinion", bureau, who, present=[bureau.staff[each] for each in present])
    return fresh(case)


def test_each_unit_signs_its_own_opinion(bureau):
    """Also the unit above, whose people otherwise see what is the division's."""
    case = arranged(bureau, "greening")
    for who in ("clerk", "clerk2", "handler_roads"):
        assert "sign_opinion" not in drawn(case, bureau.actor(who)), who
        with pytest.raises(NotAllowed):
            signed(case, bureau, who, who)
    assert "sign_opinion" in drawn(case, bureau.actor("handler"))


def test_a_unit_signs_once(bureau):
    case = signed(arranged(bureau, "greening", "roads"), bureau, "handler", "handler")
    with pytest.raises(Refused):
        signed(case, bureau, "handler", "handler")
    assert "sign_opinion" in drawn(case, bureau.actor("handler_roads"))


@pytest.mark.parametrize("who", ["clerk", "clerk2"])
def test_a_clerk_signs_for_the_window_whoever_owns_the_case(bureau, who):
    case = arranged(bureau, "bureau", "greening")
    assert "sign_opinion" in drawn(signed(case, bureau, "handler", "handler"), bureau.actor(who))


def test_a_survey_is_concluded_when_all_have_signed(bureau):
    case = signed(arranged(bureau, "greening", "roads"), bureau, "handler", "handler")
    with pytest.raises(Refused):
        do(case, "conclude_survey", bureau, "clerk")
    case = signed(case, bureau, "handler_roads", "handler_roads")
    assert do(case, "conclude_survey", bureau, "clerk").state == "review"


def test_a_survey_that_was_not_arranged_is_not_concluded(bureau):
    with pytest.raises(Refused):
        do(case_in("survey", bureau), "conclude_survey", bureau, "clerk")


def test_one_person_is_no_survey(bureau):
    """行政许可法 34: at least two."""
    case = signed(arranged(bureau, "greening"), bureau, "handler", "handler")
    assert "conclude_survey" not in drawn(case, bureau.actor("clerk"))
    with pytest.raises(Refused):
        do(case, "conclude_survey", bureau, "clerk")


def conclude_with_the_same_person_twice(bureau: Bureau) -> None:
    case = signed(arranged(bureau, "greening", "roads"), bureau, "handler", "handler")
    case = signed(case, bureau, "handler_roads", "handler")
    do(case, "conclude_survey", bureau, "clerk")


def conclude_with_one_person_named_twice(bureau: Bureau) -> None:
    case = signed(arranged(bureau, "greening"), bureau, "handler", "handler", "handler")
    do(case, "conclude_survey", bureau, "clerk")


@pytest.mark.parametrize(
    "conclude", [conclude_with_the_same_person_twice, conclude_with_one_person_named_twice]
)
def test_one_person_is_no_survey_however_often_named(bureau, conclude):
    with pytest.raises(Refused):
        conclude(bureau)


def test_a_unit_that_disagrees_has_signed(bureau):
    """Its opinion goes to who decides; it stops nothing."""
    case = arranged(bureau, "greening", "roads")
    do(case, "sign_opinion", bureau, "handler", verdict="disagree", opinion="古树在占用范围内，不同意。")
    case = signed(fresh(case), bureau, "handler_roads", "handler_roads")
    assert do(case, "conclude_survey", bureau, "clerk").state == "review"


# What was entered -------------------------------------------------------------------------------------------

WRONG = [
    ("received", "refuse", "clerk", {"note": " \n"}, "note"),
    ("received", "refuse", "clerk", {"refusal_ground": ""}, "refusal_ground"),
    ("received", "refuse", "clerk", {"refusal_ground": "no_reason"}, "refusal_ground"),
    ("received", "refuse", "clerk", {"competent_agency": " "}, "competent_agency"),
    # Nothing was asked for, so nothing was left out.
    (
        "received",
        "refuse",
        "clerk",
        {"refusal_ground": NOT_SUPPLEMENTED, "competent_agency": ""},
        "refusal_ground",
    ),
    ("supplement", "refuse", "clerk", {"note": ""}, "note"),
    ("supplement", "refuse", "clerk", {"refusal_ground": ""}, "refusal_ground"),
    (
        "supplement",
        "refuse",
        "clerk",
        {"refusal_ground": NOT_THIS_AGENCY, "competent_agency": "水利局"},
        "refusal_ground",
    ),
    ("received", "withdraw", "clerk", {"note": ""}, "note"),
    ("received", "withdraw", "citizen", {"note": "  "}, "note"),
    ("sign_off", "withdraw", "citizen", {"note": ""}, "note"),
    ("accepted", "pass_preliminary", "clerk", {"note": ""}, "note"),
    ("accepted", "pass_preliminary", "clerk", {"recommendation": ""}, "recommendation"),
    ("accepted", "pass_preliminary", "clerk", {"recommendation": "perhaps"}, "recommendation"),
    ("survey", "arrange_survey", "clerk", {"units": []}, "units"),
    ("survey", "arrange_survey", "clerk", {"planned_at": None}, "planned_at"),
    ("survey", "arrange_survey", "clerk", {"place": " "}, "place"),
    ("survey:arranged", "sign_opinion", "handler", {"verdict": ""}, "verdict"),
    ("survey:arranged", "sign_opinion", "handler", {"verdict": "perhaps"}, "verdict"),
    ("survey:arranged", "sign_opinion", "handler", {"opinion": "\t"}, "opinion"),
    ("survey:arranged", "sign_opinion", "handler", {"present": []}, "present"),
    ("review", "pass_review", "office_head", {"note": ""}, "note"),
    ("review", "pass_review", "office_head", {"recommendation": ""}, "recommendation"),
    ("review", "send_back", "office_head", {"note": " "}, "note"),
    ("sign_off", "send_back", "chief", {"note": ""}, "note"),
    ("sign_off", "grant", "chief", {"content": " "}, "content"),
    ("sign_off", "grant", "chief", {"valid_until": date(2026, 11, 1)}, "valid_until"),
    ("sign_off", "deny", "chief", {"note": ""}, "note"),
    ("sign_off", "deny", "chief", {"denial_basis": " "}, "denial_basis"),
    ("serving:granted", "serve", "clerk", {"served_by": ""}, "served_by"),
    ("serving:granted", "serve", "clerk", {"served_by": "by_pigeon"}, "served_by"),
    ("serving:denied", "serve", "clerk", {"served_to": " "}, "served_to"),
    ("serving:granted", "serve", "clerk", {"served_on": None}, "served_on"),
    # Neither tomorrow, nor before it was decided.
    ("serving:granted", "serve", "clerk", {"served_on": date(2026, 11, 3)}, "served_on"),
    ("serving:denied", "serve", "clerk", {"served_on": date(2026, 11, 1)}, "served_on"),
    ("accepted", "special_procedure", "clerk", {"note": ""}, "note"),
    ("accepted", "special_procedure", "clerk", {"special_kind": ""}, "special_kind"),
    # A public notice is not on the list of article 45.
    ("accepted", "special_procedure", "office_head", {"special_kind": "public_notice"}, "special_kind"),
    ("accepted", "special_procedure", "clerk", {"days": None}, "days"),
    ("accepted", "special_procedure", "clerk", {"days": 0}, "days"),
    ("accepted", "special_procedure", "clerk", {"days": -1}, "days"),
    ("accepted", "special_procedure", "clerk", {"days": 1000}, "days"),
    # 行政许可法 47: a hearing is held within 20 days.
    ("accepted", "special_procedure", "clerk", {"days": 21}, "days"),
    ("accepted", "ask_extension", "clerk", {"note": ""}, "note"),
    ("accepted", "ask_extension", "clerk", {"extension_asked": None}, "extension_asked"),
    ("accepted", "ask_extension", "office_head", {"extension_asked": 0}, "extension_asked"),
    ("accepted", "ask_extension", "clerk", {"extension_asked": 11}, "extension_asked"),
    ("accepted", "extend", "agency_head", {"note": ""}, "note"),
    ("accepted", "extend", "agency_head", {"extend_by": 0}, "days"),
    ("accepted", "extend", "agency_head", {"extend_by": 11}, "days"),
    ("accepted:asked", "extend", "agency_head", {"extend_by": 11}, "days"),
    ("accepted:asked", "refuse_extension", "agency_head", {"note": ""}, "note"),
    ("received", "offer_handover", "clerk", {"handover_to": None}, "handover_to"),
    ("received:left", "reassign", "office_head", {"handover_to": None}, "handover_to"),
    ("received", "urge", "supervisor", {"note": ""}, "note"),
    ("serving:granted", "urge", "office_head", {"note": " "}, "note"),
    ("closed", "rate", "citizen", {"rating": None}, "rating"),
    ("closed", "rate", "citizen", {"rating": 0}, "rating"),
    ("refused", "rate", "citizen", {"rating": 6}, "rating"),
]


@pytest.mark.parametrize(("state", "verb", "who", "entered", "field"), WRONG)
def test_what_is_missing_is_said_at_the_field(bureau, state, verb, who, entered, field):
    case = case_in(state, bureau)
    before = kept(case)
    with pytest.raises(Refused) as refused:
        do(case, verb, bureau, who, state=state, **entered)
    assert (type(refused.value), refused.value.field) == (Refused, field)
    assert kept(case) == before


@pytest.mark.parametrize("to", ["clerk", "office_head", "supervisor", "handler"])
def test_a_case_is_handed_to_another_clerk(bureau, to):
    with pytest.raises(Refused) as refused:
        do(case_in("received", bureau), "offer_handover", bureau, "clerk", handover_to=bureau.staff[to])
    assert refused.value.field == "handover_to"


@pytest.mark.parametrize("to", ["clerk", "office_head", "supervisor", "handler"])
def test_a_case_is_given_to_a_clerk_who_works_here(bureau, to):
    case = case_in("received:left", bureau)
    with pytest.raises(Refused) as refused:
        do(case, "reassign", bureau, "office_head", handover_to=bureau.staff[to])
    assert refused.value.field == "handover_to"


@pytest.mark.parametrize(
    ("state", "verb", "who", "entered"),
    [
        ("received:in_order", "accept", "clerk", {"content": "准予。"}),
        ("accepted", "pass_preliminary", "clerk", {"denial_basis": "无"}),
        ("review", "pass_review", "office_head", {"valid_until": date(2030, 1, 1)}),
        ("sign_off", "deny", "chief", {"content": "准予。"}),
        ("granted", "issue_certificate", "clerk", {"valid_until": date(2030, 1, 1)}),
        ("serving:granted", "serve", "clerk", {"rating": 5}),
        ("closed", "rate", "citizen", {"served_to": "他人"}),
    ],
)
def test_a_step_writes_only_its_own_fields(bureau, state, verb, who, entered):
    case = case_in(state, bureau)
    before = kept(case)
    with pytest.raises(Refused):
        do(case, verb, bureau, who, state=state, **entered)
    assert kept(case) == before


@pytest.mark.parametrize(
    ("procedure", "is_one"),
    [
        ("hearing", True),
        ("tender", True),
        ("auction", True),
        ("inspection", True),
        ("testing", True),
        ("quarantine", True),
        ("appraisal", True),
        ("expert_review", True),
        ("public_notice", False),
        ("consultation", False),
    ],
)
def test_which_time_is_excluded(bureau, procedure, is_one):
    """行政许可法 45 names eight, and no other."""
    case = case_in("accepted", bureau)
    if is_one:
        assert (
            do(case, "special_procedure", bureau, "clerk", special_kind=procedure, days=1).state == "accepted"
        )
    else:
        with pytest.raises(Refused):
            do(case, "special_procedure", bureau, "clerk", special_kind=procedure, days=1)


# Papers -----------------------------------------------------------------------------------------------------

# Which paper a step issues; every other step issues none. What a supplement is confirmed with is left open.
ISSUES = {
    "accept": "acceptance",
    "certify_acceptance": "acceptance",
    "ask_supplement": "supplement",
    "refuse": "refusal",
    "special_procedure": "special",
    "extend": "extension",
    "grant": "grant",
    "deny": "denial",
    "issue_certificate": "permit",
}


def purposes(case: ApprovalCase) -> list[str]:
    return sorted(Paper.objects.filter(case=case).values_list("purpose", flat=True))


@pytest.mark.parametrize("state", ["received", "received:web"])
def test_who_brings_something_gets_a_receipt(bureau, state):
    assert purposes(case_in(state, bureau)) == ["receipt"]


@pytest.mark.parametrize(("state", "verb"), [move for move in MOVES if move[1] != "supplement"])
def test_which_paper_a_step_issues(bureau, state, verb):
    case = case_in(state, bureau)
    before = purposes(case)
    do(case, verb, bureau, sorted(TABLE[state][verb])[0], at=LATER, state=state)
    issued = [ISSUES[verb]] if verb in ISSUES else []
    assert purposes(case) == sorted(before + issued)


def test_acceptance_by_silence_is_certified_once(bureau):
    case = case_in("accepted:deemed", bureau)
    do(case, "certify_acceptance", bureau, "clerk")
    assert "certify_acceptance" not in drawn(fresh(case), bureau.actor("clerk"))
    with pytest.raises(Refused):
        do(fresh(case), "certify_acceptance", bureau, "clerk")
    assert purposes(case) == ["acceptance", "receipt"]


# Clocks -----------------------------------------------------------------------------------------------------

LIMITS = {"approvals.accept", "approvals.decide", "approvals.promise", "approvals.deliver"}


def clocks(case: ApprovalCase) -> dict[str, Deadline]:
    """The latest of each limit; that of the step under way is called "step"."""
    found = Deadline.objects.filter(case=case).order_by("id")
    latest = {each.term: each for each in found}
    running = [each for each in found if each.is_running and each.term not in LIMITS]
    assert len(running) <= 1
    return {**latest, "step": running[0]} if running else latest


def due(case: ApprovalCase, *terms: str) -> tuple[str, ...]:
    """The last days: due(case, "decide", "promise", "step")."""
    found = clocks(case)
    named = [found["step" if term == "step" else f"approvals.{term}"] for term in terms]
    return tuple(str(each.due_on) for each in named)


@pytest.mark.parametrize(
    ("state", "running", "step_days"),
    [
        ("received", {"approvals.accept"}, None),
        ("received:web", {"approvals.accept"}, None),
        ("received:again", {"approvals.accept"}, None),
        # The applicant's own, of which nobody at the bureau can miss anything.
        ("supplement", set(), 15),
        ("accepted", {"approvals.decide", "approvals.promise"}, 2),
        ("accepted:deemed", {"approvals.decide", "approvals.promise"}, 2),
        ("accepted:special", {"approvals.decide", "approvals.promise"}, 2),
        ("survey", {"approvals.decide", "approvals.promise"}, 3),
        ("survey:signed", {"approvals.decide", "approvals.promise"}, 3),
        ("review", {"approvals.decide", "approvals.promise"}, 1),
        ("sign_off", {"approvals.decide", "approvals.promise"}, 1),
        ("granted", {"approvals.deliver"}, None),
        ("serving:granted", {"approvals.deliver"}, None),
        ("serving:denied", {"approvals.deliver"}, None),
        ("refused", set(), None),
        ("withdrawn", set(), None),
        ("closed", set(), None),
    ],
)
def test_which_clocks_run(bureau, state, running, step_days):
    case = case_in(state, bureau)
    found = {each.term for each in Deadline.objects.running().filter(case=case)}
    assert found & LIMITS == running
    assert len(found - LIMITS) == (0 if step_days is None else 1)
    if step_days is not None:
        assert clocks(case)["step"].length == step_days


def test_whose_limits_they_are(bureau):
    found = clocks(case_in("sign_off", bureau))
    assert {term: (found[term].limit, found[term].length) for term in LIMITS & set(found)} == {
        "approvals.accept": ("statutory", 5),
        "approvals.decide": ("statutory", 20),
        "approvals.promise": ("promised", 7),
    }
    assert (found["step"].limit, found["step"].length) == ("step", 1)
    deliver = clocks(case_in("granted", bureau))["approvals.deliver"]
    assert (deliver.limit, deliver.length) == ("statutory", 10)


# Counted by hand with the State Council's notice for 2026: rest 15–23 February, 25–27 September and 1–7
# October; at work on the Saturdays and Sundays 14 and 28 February, 20 September and 10 October.
@pytest.mark.parametrize(
    ("received", "accept"),
    [
        ("2026-11-02 09:00", "2026-11-09"),
        ("2026-11-02 23:59:59", "2026-11-09"),
        ("2026-11-03 00:00", "2026-11-10"),
        ("2026-11-07 12:00", "2026-11-13"),
        ("2026-09-18 10:00", "2026-09-24"),
        ("2026-09-30 17:00", "2026-10-13"),
        ("2026-02-13 16:00", "2026-02-27"),
        ("2026-02-15 10:00", "2026-02-28"),
    ],
)
def test_five_days_to_accept(bureau, received, accept):
    case = case_in("received", bureau, at=moment(received))
    assert due(case, "accept") == (accept,)
    # The last day ends at 24:00 in Shanghai.
    moment_due = clocks(case)["approvals.accept"].due_at.astimezone(SHANGHAI)
    assert (moment_due.hour, moment_due.minute) == (0, 0)
    assert moment_due.date() > date.fromisoformat(accept)


@pytest.mark.parametrize(
    ("accepted", "decide", "promise", "step"),
    [
        ("2026-11-02 09:00", "2026-11-30", "2026-11-11", "2026-11-04"),
        ("2026-11-04 10:00", "2026-12-02", "2026-11-13", "2026-11-06"),
        ("2026-09-18 10:00", "2026-10-22", "2026-09-29", "2026-09-21"),
        ("2026-09-30 17:00", "2026-11-03", "2026-10-15", "2026-10-09"),
        ("2026-02-13 16:00", "2026-03-19", "2026-03-02", "2026-02-24"),
    ],
)
def test_statutory_promised_and_step_run_side_by_side_from_acceptance(
    bureau, accepted, decide, promise, step
):
    case = case_in("accepted", bureau, at=moment(accepted))
    assert due(case, "decide", "promise", "step") == (decide, promise, step)


def test_the_days_before_acceptance_do_not_count(bureau):
    """Received on Monday, accepted on Wednesday: 20 and 7 from Wednesday."""
    case = case_in("received:in_order", bureau)
    do(case, "accept", bureau, "clerk", at=moment("2026-11-04 10:00"))
    assert due(case, "decide", "promise", "step") == ("2026-12-02", "2026-11-13", "2026-11-06")
    assert clocks(case)["approvals.accept"].ended == Deadline.Ended.KEPT
    assert fresh(case).deemed is False


def test_each_step_has_days_of_its_own_from_when_it_begins(bureau):
    case = case_in("accepted", bureau)
    do(case, "pass_preliminary", bureau, "clerk", at=moment("2026-11-03 10:00"))
    # Three days, and what is statutory and promised goes on.
    assert due(case, "decide", "promise", "step") == ("2026-11-30", "2026-11-11", "2026-11-06")
    case = case_in("review", bureau)
    do(case, "pass_review", bureau, "office_head", at=moment("2026-11-03 10:00"))
    assert due(case, "decide", "promise", "step") == ("2026-11-30", "2026-11-11", "2026-11-04")


def test_what_is_sent_back_has_its_step_anew_and_no_more(bureau):
    case = case_in("sign_off", bureau)
    do(case, "send_back", bureau, "chief", at=moment("2026-11-03 16:00"))
    assert due(case, "decide", "promise", "step") == ("2026-11-30", "2026-11-11", "2026-11-05")


def test_a_handover_gives_nobody_more_time(bureau):
    case = case_in("accepted", bureau)
    do(case, "offer_handover", bureau, "clerk", at=moment("2026-11-03 10:00"))
    do(fresh(case), "accept_handover", bureau, "clerk2", at=moment("2026-11-04 10:00"))
    assert due(case, "decide", "promise", "step") == ("2026-11-30", "2026-11-11", "2026-11-04")
    case = case_in("received:web", bureau)
    do(case, "take", bureau, "clerk", at=moment("2026-11-05 10:00"))
    assert due(case, "accept") == ("2026-11-09",)


# Silence ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["received", "received:missing", "received:web"])
@pytest.mark.parametrize(
    ("received", "in_time", "midnight", "decide", "promise"),
    [
        ("2026-11-02 09:00", "2026-11-09 23:59:59", "2026-11-10 00:00", "2026-11-30", "2026-11-11"),
        ("2026-11-07 12:00", "2026-11-13 23:59:59", "2026-11-14 00:00", "2026-12-04", "2026-11-17"),
        ("2026-09-30 17:00", "2026-10-13 23:59:59", "2026-10-14 00:00", "2026-11-03", "2026-10-15"),
        ("2026-02-13 16:00", "2026-02-27 23:59:59", "2026-02-28 00:00", "2026-03-19", "2026-03-02"),
    ],
)
def test_silence_accepts_from_the_day_of_receipt(bureau, state, received, in_time, midnight, decide, promise):
    case = case_in(state, bureau, at=moment(received))
    sweep(at=moment(in_time))
    assert (fresh(case).state, fresh(case).deemed) == ("received", False)
    sweep(at=moment(midnight))
    sweep(at=moment(midnight))
    assert (fresh(case).state, fresh(case).deemed) == ("accepted", True)
    assert due(case, "decide", "promise") == (decide, promise)
    assert clocks(case)["approvals.accept"].ended == Deadline.Ended.FOLLOWED
    told = Event.objects.of(case.subject).get(verb="deem_accepted")
    assert (told.actor_id, told.at) == (None, moment(midnight))


def test_a_late_sweep_changes_nothing(bureau):
    case = case_in("received", bureau)
    sweep(at=moment("2026-11-12 08:00"))
    assert due(case, "decide", "promise") == ("2026-11-30", "2026-11-11")
    assert Event.objects.of(case.subject).get(verb="deem_accepted").at == moment("2026-11-10 00:00")


def test_silence_leads_to_the_first_step_of_the_item(bureau):
    direct, short = case_in("received", bureau, "direct"), case_in("received", bureau, "short")
    sweep(at=moment("2026-11-10 00:00"))
    assert (fresh(direct).state, fresh(short).state) == ("sign_off", "accepted")


@pytest.mark.parametrize(
    ("state", "verb"),
    [
        ("received:in_order", "accept"),
        ("received:missing", "ask_supplement"),
        ("received", "refuse"),
    ],
)
def test_the_window_speaks_in_time_or_not_at_all(bureau, state, verb):
    """Also where no sweep has come by."""
    in_time = case_in(state, bureau)
    do(in_time, verb, bureau, "clerk", at=moment("2026-11-09 23:59:59"))
    assert fresh(in_time).deemed is False
    late = case_in(state, bureau)
    with pytest.raises(Refused):
        do(late, verb, bureau, "clerk", at=moment("2026-11-10 00:00"))


def test_a_supplement_begins_the_five_days_anew(bureau):
    case = case_in("received:missing", bureau)
    do(case, "ask_supplement", bureau, "clerk", at=moment("2026-11-04 10:00"))
    # While the applicant is at it, no clock of the bureau's runs, and silence accepts nothing.
    sweep(at=moment("2026-11-10 00:00"))
    assert fresh(case).state == "supplement"
    do(fresh(case), "supplement", bureau, "citizen", at=moment("2026-11-10 10:00"))
    found = fresh(case)
    assert (found.state, found.received_at) == ("received", moment("2026-11-10 10:00"))
    assert due(case, "accept") == ("2026-11-17",)


def test_silence_upon_a_supplement_accepts_from_the_day_of_the_supplement(bureau):
    case = case_in("received:missing", bureau)
    do(case, "ask_supplement", bureau, "clerk", at=moment("2026-11-04 10:00"))
    do(fresh(case), "supplement", bureau, "citizen", at=moment("2026-11-06 10:00"))
    assert due(case, "accept") == ("2026-11-13",)
    sweep(at=moment("2026-11-13 23:59:59"))
    assert fresh(case).state == "received"
    sweep(at=moment("2026-11-14 00:00"))
    assert (fresh(case).state, fresh(case).deemed) == ("accepted", True)
    assert due(case, "decide", "promise") == ("2026-12-04", "2026-11-17")


# Excluded time ----------------------------------------------------------------------------------------------


# Accepted on Monday 2 November: to be decided by the 30th, as promised by the 11th, the step by the 4th.
@pytest.mark.parametrize(
    ("began", "days", "decide", "promise", "step"),
    [
        ("2026-11-02 10:00", 1, "2026-12-01", "2026-11-12", "2026-11-05"),
        ("2026-11-02 10:00", 5, "2026-12-07", "2026-11-18", "2026-11-11"),
        ("2026-11-02 10:00", 10, "2026-12-14", "2026-11-25", "2026-11-18"),
        # Begun on another day than that from which the limits run, the days are as many.
        ("2026-11-03 16:00", 5, "2026-12-07", "2026-11-18", "2026-11-11"),
        # On the last day of the step.
        ("2026-11-04 16:00", 1, "2026-12-01", "2026-11-12", "2026-11-04"),
    ],
)
def test_days_of_a_special_procedure_do_not_count(bureau, began, days, decide, promise, step):
    """What lies behind the last day of the step is excluded from it in vain."""
    case = case_in("accepted", bureau)
    do(case, "special_procedure", bureau, "clerk", at=moment(began), days=days)
    assert due(case, "decide", "promise", "step") == (decide, promise, step)


def test_a_special_procedure_stops_neither_acceptance_nor_delivery(bureau):
    case = case_in("accepted", bureau)
    do(case, "special_procedure", bureau, "clerk")
    found = clocks(case)
    paused = {each.deadline_id for each in Pause.objects.filter(deadline__case=case)}
    assert paused == {found[term].pk for term in ("approvals.decide", "approvals.promise", "step")}
    signing = case_in("sign_off", bureau)
    do(signing, "special_procedure", bureau, "clerk", days=3)
    do(fresh(signing), "end_special_procedure", bureau, "clerk", at=moment("2026-11-03 10:00"))
    do(fresh(signing), "grant", bureau, "chief", at=moment("2026-11-04 10:00"))
    assert due(signing, "deliver") == ("2026-11-18",)


def test_excluded_time_has_a_reason_a_basis_and_a_document(bureau):
    case = case_in("accepted:special", bureau)
    for pause in Pause.objects.filter(deadline__case=case):
        assert "听证" in pause.reason
        assert "行政许可法" in pause.basis
        assert "许特" in pause.evidence
    assert "special" in purposes(case)


# A procedure of five days, begun on Monday 2 November. The day on which it ends is excluded as well: the
# clock runs again from the next.
@pytest.mark.parametrize(
    ("ended", "decide", "promise", "step"),
    [
        ("2026-11-02 16:00", "2026-11-30", "2026-11-11", "2026-11-04"),
        ("2026-11-03 10:00", "2026-12-01", "2026-11-12", "2026-11-05"),
        ("2026-11-05 10:00", "2026-12-03", "2026-11-16", "2026-11-09"),
        ("2026-11-09 10:00", "2026-12-07", "2026-11-18", "2026-11-11"),
    ],
)
def test_a_procedure_that_ends_sooner_excludes_less(bureau, ended, decide, promise, step):
    case = case_in("accepted:special", bureau)
    do(case, "end_special_procedure", bureau, "clerk", at=moment(ended))
    assert due(case, "decide", "promise", "step") == (decide, promise, step)


def test_nothing_is_passed_on_while_a_procedure_runs(bureau):
    """A decision rests on the record of the hearing (art. 48): no step ends before it."""
    case = case_in("accepted:special", bureau)
    with pytest.raises(Refused):
        do(case, "pass_preliminary", bureau, "clerk", at=moment("2026-11-09 10:00"))
    # Its last day was Monday 9 November.
    assert (
        do(fresh(case), "pass_preliminary", bureau, "clerk", at=moment("2026-11-10 10:00")).state == "survey"
    )


def test_a_procedure_that_ends_late_excludes_no_more(bureau):
    case = case_in("accepted:special", bureau)
    with contextlib.suppress(Refused):
        do(case, "end_special_procedure", bureau, "clerk", at=moment("2026-11-13 10:00"))
    assert due(case, "decide", "promise") == ("2026-12-07", "2026-11-18")


def test_one_procedure_after_another(bureau):
    case = case_in("accepted:special", bureau)
    do(case, "end_special_procedure", bureau, "clerk", at=moment("2026-11-09 10:00"))
    more = {"special_kind": "expert_review", "days": 5}
    do(fresh(case), "special_procedure", bureau, "office_head", at=moment("2026-11-10 10:00"), **more)
    assert due(case, "decide", "promise", "step") == ("2026-12-14", "2026-11-25", "2026-11-18")


def test_what_is_missed_stays_missed_and_the_statutory_limit_moves_all_the_same(bureau):
    """The promise was for the 11th, the step for the 4th; by law there is time to the 30th."""
    case = case_in("accepted", bureau)
    do(case, "special_procedure", bureau, "clerk", at=moment("2026-11-20 10:00"))
    assert due(case, "decide", "promise", "step") == ("2026-12-07", "2026-11-11", "2026-11-04")
    assert clocks(case)["approvals.promise"].breached_at == moment("2026-11-12 00:00")
    assert clocks(case)["step"].breached_at == moment("2026-11-05 00:00")


# Extension --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["accepted", "accepted:asked", "accepted:deemed"])
@pytest.mark.parametrize(
    ("days", "decide", "promise"),
    [
        (1, "2026-12-01", "2026-11-12"),
        (5, "2026-12-07", "2026-11-18"),
        (10, "2026-12-14", "2026-11-25"),
    ],
)
def test_the_head_of_the_agency_extends_what_is_statutory_and_what_is_promised(
    bureau, state, days, decide, promise
):
    case = case_in(state, bureau)
    step = due(case, "step")
    do(case, "extend", bureau, "agency_head", extend_by=days, at=LATER)
    assert due(case, "decide", "promise") == (decide, promise)
    assert due(case, "step") == step
    assert fresh(case).extension_asked is None
    for extension in Extension.objects.filter(deadline__case=case):
        assert (extension.length, extension.reason) == (days, "情况属实，同意延长。")
        assert extension.by_id == bureau.staff["agency_head"].pk


def test_a_limit_is_extended_once(bureau):
    case = case_in("accepted", bureau)
    do(case, "extend", bureau, "agency_head", extend_by=5)
    with pytest.raises(Refused):
        do(fresh(case), "extend", bureau, "agency_head", extend_by=5)
    with pytest.raises(Refused):
        do(fresh(case), "ask_extension", bureau, "clerk", extension_asked=5)
    assert due(case, "decide") == ("2026-12-07",)


def test_what_was_refused_may_be_asked_for_again(bureau):
    case = case_in("accepted:asked", bureau)
    do(case, "refuse_extension", bureau, "agency_head")
    assert fresh(case).extension_asked is None
    assert due(case, "decide", "promise") == ("2026-11-30", "2026-11-11")
    assert "ask_extension" in drawn(fresh(case), bureau.actor("clerk"))


def test_asking_gives_no_day(bureau):
    assert due(case_in("accepted:asked", bureau), "decide", "promise") == ("2026-11-30", "2026-11-11")


@pytest.mark.parametrize(("verb", "who"), [("ask_extension", "clerk"), ("extend", "agency_head")])
def test_what_is_past_its_statutory_limit_is_not_extended(bureau, verb, who):
    in_time, late = case_in("accepted", bureau), case_in("accepted", bureau)
    do(in_time, verb, bureau, who, at=moment("2026-11-30 23:59:59"))
    with pytest.raises(Refused):
        do(late, verb, bureau, who, at=moment("2026-12-01 00:00"))


def test_a_promise_that_is_broken_stays_broken_when_the_statutory_limit_is_extended(bureau):
    case = case_in("accepted", bureau)
    do(case, "extend", bureau, "agency_head", at=moment("2026-11-20 10:00"))
    assert due(case, "decide", "promise") == ("2026-12-14", "2026-11-11")
    assert clocks(case)["approvals.promise"].breached_at == moment("2026-11-12 00:00")


def test_excluded_and_extended(bureau):
    """Five days excluded and ten more: the 30th of November becomes the 21st of December."""
    case = case_in("accepted:special", bureau)
    do(case, "extend", bureau, "agency_head", extend_by=10)
    assert due(case, "decide", "promise") == ("2026-12-21", "2026-12-02")


# Joint handling (行政许可法 42): 45 and 15. From Wednesday 1 July 2026; Sunday 20 September is a day of work.
def test_what_several_agencies_handle_jointly_has_more_time(bureau):
    at = moment("2026-07-01 10:00")
    case = case_in("accepted", bureau, "joint", at=at)
    assert due(case, "decide", "promise") == ("2026-09-02", "2026-08-12")
    with pytest.raises(Refused):
        do(case, "extend", bureau, "agency_head", at=at, extend_by=16)
    do(case, "extend", bureau, "agency_head", at=at, extend_by=15)
    assert due(case, "decide", "promise") == ("2026-09-22", "2026-09-02")


# Delivery ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("verb", ["grant", "deny"])
@pytest.mark.parametrize(
    ("decided", "deliver"),
    [
        ("2026-11-02 09:00", "2026-11-16"),
        ("2026-11-04 10:00", "2026-11-18"),
        ("2026-09-18 10:00", "2026-10-09"),
        ("2026-09-30 17:00", "2026-10-20"),
        ("2026-02-13 16:00", "2026-03-05"),
    ],
)
def test_ten_days_to_deliver_what_was_decided(bureau, verb, decided, deliver):
    at = moment(decided)
    case = case_in("sign_off", bureau, at=at)
    do(case, verb, bureau, "chief", at=at)
    assert due(case, "deliver") == (deliver,)
    assert clocks(case)["approvals.decide"].ended == Deadline.Ended.KEPT
    assert clocks(case)["approvals.promise"].ended == Deadline.Ended.KEPT


def test_the_certificate_does_not_begin_delivery_anew(bureau):
    case = case_in("granted", bureau)
    do(case, "issue_certificate", bureau, "clerk", at=moment("2026-11-05 10:00"))
    assert due(case, "deliver") == ("2026-11-16",)
    at = moment("2026-11-16 16:00")
    do(fresh(case), "serve", bureau, "clerk", at=at, served_on=date(2026, 11, 16))
    delivered = clocks(case)["approvals.deliver"]
    assert (delivered.ended, delivered.breached_at) == (Deadline.Ended.KEPT, None)


def test_what_is_served_late_was_late(bureau):
    case = case_in("serving:granted", bureau)
    at = moment("2026-11-17 09:00")
    do(case, "serve", bureau, "clerk", at=at, served_on=date(2026, 11, 17))
    assert clocks(case)["approvals.deliver"].breached_at == moment("2026-11-17 00:00")


def test_what_is_decided_late_was_late(bureau):
    case = case_in("sign_off", bureau)
    do(case, "grant", bureau, "chief", at=moment("2026-12-01 00:00"))
    assert clocks(case)["approvals.decide"].breached_at == moment("2026-12-01 00:00")
    assert clocks(case)["approvals.promise"].breached_at == moment("2026-11-12 00:00")
