"""The hotline's rules as a table, written by hand from the bureau's rules: state × verb × role."""

from __future__ import annotations

import pytest

from hotline import actions as hotline
from hotline.models import Call, Ticket
from hotline.workflow import WORKFLOW
from portal.cases.actions import advance
from portal.cases.models import Deadline
from portal.cases.workflow import NotAllowed, Refused
from portal.ledger.models import Event
from portal.organisation.actors import ANONYMOUS, CITIZEN, SYSTEM
from tests.bureau import MONDAY, PEOPLE, make_bureau, moment, ticket

# Who may do what in which state. "handler" is of the ticket's own unit, "handler_roads" of another. What is
# not named is refused: to every other role, and in every other state.
TABLE = {
    "received": {
        "answer": {"operator", "operator2"},
        "dispatch": {"operator", "operator2"},
    },
    "dispatched": {
        "sign": {"handler"},
        "return": {"handler"},
        "urge": {"operator", "operator2", "supervisor"},
    },
    "handling": {
        "return": {"handler"},
        "reply": {"handler"},
        "ask_extension": {"handler"},
        "extend": {"supervisor"},
        "urge": {"operator", "operator2", "supervisor"},
    },
    "asked": {
        "return": {"handler"},
        "reply": {"handler"},
        "extend": {"supervisor"},
        "refuse_extension": {"supervisor"},
        "urge": {"operator", "operator2", "supervisor"},
    },
    "returned": {
        "answer": {"operator", "operator2"},
        "dispatch": {"operator", "operator2"},
    },
    "replied": {"call_back": {"operator", "operator2"}},
    "reached": {"call_back": {"operator", "operator2"}, "close": {"operator", "operator2"}},
    "complained": {"call_back": {"operator", "operator2"}, "rework": {"operator", "operator2"}},
    "closed": {},
}
VERBS = {
    "answer",
    "dispatch",
    "sign",
    "return",
    "ask_extension",
    "extend",
    "refuse_extension",
    "reply",
    "call_back",
    "rework",
    "close",
    "urge",
}
# Where each verb leads; "=" stays.
LEADS_TO = {
    "answer": "closed",
    "dispatch": "dispatched",
    "sign": "handling",
    "return": "returned",
    "ask_extension": "=",
    "extend": "=",
    "refuse_extension": "=",
    "reply": "replied",
    "call_back": "=",
    "rework": "dispatched",
    "close": "closed",
    "urge": "=",
}


@pytest.fixture
def bureau(db):
    return make_bureau()


def in_state(bureau, state: str) -> Ticket:
    if state != "asked":
        return ticket(bureau, state)
    made = ticket(bureau, "handling")
    advance(
        made, "ask_extension", actor=bureau.actor("handler"), at=MONDAY, note="等待材料", extension_asked=3
    )
    made.refresh_from_db()
    return made


def given(bureau, verb: str, state: str) -> dict:
    """What somebody would enter who does it right."""
    other = bureau.units["roads"] if state == "returned" else bureau.units["greening"]
    return {
        "dispatch": {"unit": other},
        "ask_extension": {"note": "等待材料", "extension_asked": 3},
        "extend": {"note": "情况属实", "extend_by": 3},
        "reply": {"reply": "已修剪完毕。"},
        "call_back": {"resolved": True, "rating": 4},
    }.get(verb, {"note": "按规定办理。"})


def actors(bureau) -> dict:
    everyone = {username: bureau.actor(username) for username in PEOPLE}
    return {**everyone, "citizen": CITIZEN, "anonymous": ANONYMOUS, "system": SYSTEM}


def test_the_table_speaks_of_every_verb():
    assert set(WORKFLOW.transitions) == VERBS == set(LEADS_TO)


@pytest.mark.parametrize("state", TABLE)
def test_who_may_do_what(bureau, state):
    case = in_state(bureau, state)
    for name, actor in actors(bureau).items():
        expected = {verb for verb, who in TABLE[state].items() if name in who}
        drawn = {rule.name for rule in WORKFLOW.allowed(case, actor=actor, at=MONDAY)}
        assert drawn == expected, f"{state}: buttons of {name}"
        for verb in VERBS - expected:
            with pytest.raises(Refused):
                advance(case, verb, actor=actor, at=MONDAY, **given(bureau, verb, state))
    fresh = Ticket.objects.get(pk=case.pk)
    assert (fresh.state, fresh.version) == (case.state, case.version)


@pytest.mark.parametrize(
    ("state", "verb"), [(state, verb) for state, verbs in TABLE.items() for verb in sorted(verbs)]
)
def test_where_a_verb_leads(bureau, state, verb):
    case = in_state(bureau, state)
    who = sorted(TABLE[state][verb])[0]
    moved = advance(case, verb, actor=bureau.actor(who), at=MONDAY, **given(bureau, verb, state))
    assert moved.state == (case.state if LEADS_TO[verb] == "=" else LEADS_TO[verb])
    last = Event.objects.of(case.subject).last()
    assert (last.verb, last.actor_id) == (verb, bureau.staff[who].pk)


# What was entered -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "verb", "who", "entered", "field"),
    [
        ("received", "answer", "operator", {"note": "  "}, "note"),
        ("received", "dispatch", "operator", {}, "unit"),
        ("dispatched", "return", "handler", {"note": ""}, "note"),
        ("handling", "reply", "handler", {"reply": " "}, "reply"),
        ("handling", "ask_extension", "handler", {"note": "等待材料"}, "extension_asked"),
        (
            "handling",
            "ask_extension",
            "handler",
            {"note": "等待材料", "extension_asked": 6},
            "extension_asked",
        ),
        ("handling", "extend", "supervisor", {"note": "同意", "extend_by": 0}, "days"),
        ("handling", "extend", "supervisor", {"note": "", "extend_by": 3}, "note"),
        ("dispatched", "urge", "supervisor", {}, "note"),
        ("complained", "rework", "operator", {}, "note"),
    ],
)
def test_what_is_missing_is_said_at_the_field(bureau, state, verb, who, entered, field):
    case = in_state(bureau, state)
    with pytest.raises(Refused) as refused:
        advance(case, verb, actor=bureau.actor(who), at=MONDAY, **entered)
    assert refused.value.field == field


def test_a_step_writes_only_its_own_fields(bureau):
    case = in_state(bureau, "dispatched")
    with pytest.raises(Refused):
        advance(case, "sign", actor=bureau.actor("handler"), at=MONDAY, caller_phone="19900000002")


def test_the_centre_does_not_dispatch_to_itself_nor_to_a_closed_unit(bureau):
    case = in_state(bureau, "received")
    with pytest.raises(Refused) as refused:
        advance(case, "dispatch", actor=bureau.actor("operator"), at=MONDAY, unit=bureau.units["hotline"])
    assert refused.value.field == "unit"


def test_a_returned_ticket_does_not_go_back_to_who_returned_it(bureau):
    case = in_state(bureau, "returned")
    with pytest.raises(Refused) as refused:
        advance(case, "dispatch", actor=bureau.actor("operator"), at=MONDAY, unit=bureau.units["greening"])
    assert refused.value.field == "unit"


# Who is responsible ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "holder", "unit"),
    [
        ("received", "operator", "hotline"),
        ("dispatched", "handler", "greening"),
        ("handling", "handler", "greening"),
        ("returned", "operator", "hotline"),
        ("replied", "operator", "greening"),
    ],
)
def test_every_limit_has_a_name_on_it(bureau, state, holder, unit):
    """首问负责制: who took it first answers towards the citizen, who signed answers for the handling."""
    case = in_state(bureau, state)
    assert (case.holder, case.unit) == (bureau.staff[holder], bureau.units[unit])


def test_a_report_from_the_web_stands_in_the_name_of_the_centre_on_duty(bureau):
    from tests.bureau import matter

    made = hotline.report(matter(bureau), actor=CITIZEN, at=MONDAY)
    assert (made.holder, made.operator, made.source) == (bureau.staff["operator"], None, "web")
    advance(made, "dispatch", actor=bureau.actor("operator2"), at=MONDAY, unit=bureau.units["greening"])
    made.refresh_from_db()
    assert made.operator == bureau.staff["operator2"]


# Clocks ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "running"),
    [
        ("received", {"hotline.dispatch", "hotline.reply"}),
        ("dispatched", {"hotline.sign", "hotline.reply"}),
        ("handling", {"hotline.reply"}),
        ("returned", {"hotline.dispatch", "hotline.reply"}),
        ("replied", {"hotline.callback"}),
        ("closed", set()),
    ],
)
def test_which_clocks_run(bureau, state, running):
    case = in_state(bureau, state)
    assert set(Deadline.objects.running().filter(case=case).values_list("term", flat=True)) == running


def test_rework_begins_a_limit_of_its_own_and_the_callback_no_longer_matters(bureau):
    case = in_state(bureau, "complained")
    at = moment("2026-11-09 10:00")
    advance(case, "rework", actor=bureau.actor("operator"), at=at, note="市民反映未修剪到位")
    clocks = {each.term: each for each in Deadline.objects.filter(case=case)}
    assert clocks["hotline.callback"].ended == Deadline.Ended.VOID
    assert clocks["hotline.rework"].due_on.isoformat() == "2026-11-16"
    assert clocks["hotline.reply"].ended == Deadline.Ended.KEPT
    case.refresh_from_db()
    assert (case.rating, case.resolved) == (None, None)


# Calls ----------------------------------------------------------------------------------------------------


def test_a_citizen_who_was_not_reached_is_tried_three_times(bureau):
    case = in_state(bureau, "replied")
    operator = bureau.actor("operator")
    for number in (1, 2):
        hotline.call_back(case, reached=False, actor=operator, at=moment(f"2026-11-03 1{number}:00"))
        with pytest.raises(Refused):
            advance(case, "close", actor=operator, at=moment(f"2026-11-03 1{number}:30"))
    hotline.call_back(case, reached=False, actor=operator, at=moment("2026-11-04 10:00"))
    advance(case, "close", actor=operator, at=moment("2026-11-04 10:30"))
    assert Ticket.objects.get(pk=case.pk).state == "closed"
    assert Call.objects.filter(ticket=case, outcome="not_reached").count() == 3


def test_a_citizen_without_a_telephone_is_not_called(bureau):
    case = ticket(bureau, "replied", caller_phone="")
    with pytest.raises(Refused):
        hotline.call_back(case, reached=False, actor=bureau.actor("operator"), at=MONDAY)
    advance(case, "close", actor=bureau.actor("operator"), at=MONDAY)
    assert Ticket.objects.get(pk=case.pk).state == "closed"


def test_a_bad_rating_is_not_closed_over_the_citizen(bureau):
    case = in_state(bureau, "complained")
    with pytest.raises(Refused):
        advance(case, "close", actor=bureau.actor("operator"), at=MONDAY)
    assert Ticket.objects.get(pk=case.pk).rating == 2


def test_a_callback_asks_whether_it_is_settled(bureau):
    case = in_state(bureau, "replied")
    with pytest.raises(Refused) as refused:
        hotline.call_back(case, reached=True, rating=5, actor=bureau.actor("operator"), at=MONDAY)
    assert refused.value.field == "resolved"
    with pytest.raises(Refused):
        hotline.call_back(case, reached=False, rating=5, actor=bureau.actor("operator"), at=MONDAY)
    assert Call.objects.filter(ticket=case, direction="out").count() == 0


def test_a_call_answered_at_once_is_a_closed_ticket_with_its_call(bureau):
    from tests.bureau import matter

    made = hotline.log_call(
        matter(bureau, "questions"), actor=bureau.actor("operator"), at=MONDAY, answer="凭身份证到窗口办理。"
    )
    made.refresh_from_db()
    assert (made.state, made.answered_at_once, made.closed_at) == ("closed", True, MONDAY)
    assert made.calls.get().outcome == "answered"


def test_a_call_about_nothing_is_kept_without_a_ticket(bureau):
    call = hotline.note_call(
        actor=bureau.actor("operator"), at=MONDAY, phone="199 0000 0009", note="拨错号码"
    )
    assert (call.ticket, call.phone) == (None, "19900000009")


@pytest.mark.parametrize("who", [name for name in PEOPLE if not name.startswith("operator")])
def test_only_operators_log_calls(bureau, who):
    from tests.bureau import matter

    with pytest.raises(NotAllowed):
        hotline.log_call(matter(bureau), actor=bureau.actor(who), at=MONDAY)
    with pytest.raises(NotAllowed):
        hotline.note_call(actor=bureau.actor(who), at=MONDAY)
    assert Call.objects.count() == 0
    assert Ticket.objects.count() == 0


# Limits ---------------------------------------------------------------------------------------------------


def test_a_new_limit_holds_for_new_tickets_only(bureau):
    running = ticket(bureau)
    rule = bureau.categories["trees"].limit_rules.get(urgency="normal")
    hotline.set_limits(rule, actor=bureau.actor("administrator"), at=MONDAY, handle_days=3)
    new = ticket(bureau)
    days = {case.pk: case.deadlines.get(term="hotline.reply").length for case in (running, new)}
    assert days == {running.pk: 5, new.pk: 3}


@pytest.mark.parametrize("who", [name for name in PEOPLE if name != "administrator"])
def test_only_an_administrator_sets_limits(bureau, who):
    rule = bureau.categories["trees"].limit_rules.get(urgency="normal")
    with pytest.raises(NotAllowed):
        hotline.set_limits(rule, actor=bureau.actor(who), at=MONDAY, handle_days=3)


# What a hostile reader found --------------------------------------------------------------------------


def test_calls_in_vain_do_not_take_back_a_complaint(bureau):
    case = in_state(bureau, "complained")
    operator = bureau.actor("operator")
    for hour in (10, 11, 12):
        hotline.call_back(case, reached=False, actor=operator, at=moment(f"2026-11-03 {hour}:00"))
    case.refresh_from_db()
    drawn = {rule.name for rule in WORKFLOW.allowed(case, actor=operator, at=moment("2026-11-03 13:00"))}
    assert drawn == {"call_back", "rework"}


def test_a_complaint_is_not_answered_away_after_the_unit_returned_it(bureau):
    case = in_state(bureau, "complained")
    operator, handler = bureau.actor("operator"), bureau.actor("handler")
    advance(case, "rework", actor=operator, at=MONDAY, note="未修剪到位")
    advance(case, "return", actor=handler, at=MONDAY, note="不属于本单位职责")
    with pytest.raises(Refused):
        advance(case, "answer", actor=operator, at=MONDAY, note="已处理")


def test_who_has_left_is_no_longer_responsible(bureau):
    from portal.organisation.actions import deactivate

    case = in_state(bureau, "handling")
    deactivate(staff=bureau.staff["operator"], actor=bureau.actor("administrator"), at=MONDAY)
    replied = hotline.reply(case, text="已修剪。", actor=bureau.actor("handler"), at=MONDAY)
    assert replied.holder == bureau.staff["operator2"]


def test_an_extension_goes_by_the_rule_that_the_clock_began_with(bureau):
    case = in_state(bureau, "handling")
    rule = bureau.categories["trees"].limit_rules.get(urgency="normal")
    hotline.set_limits(rule, actor=bureau.actor("administrator"), at=MONDAY, extend_at_most=0)
    handler = bureau.actor("handler")
    advance(case, "ask_extension", actor=handler, at=MONDAY, note="等待材料", extension_asked=5)
    assert Ticket.objects.get(pk=case.pk).extension_asked == 5


def test_a_handler_who_is_also_an_operator_handles_for_the_own_unit(bureau):
    from portal.organisation.actions import change_roles

    case = in_state(bureau, "dispatched")
    both = bureau.staff["handler"]
    change_roles(staff=both, roles=["handler", "operator"], actor=bureau.actor("administrator"), at=MONDAY)
    both.refresh_from_db()
    assert advance(case, "sign", actor=both.actor(), at=MONDAY).state == "handling"


def test_without_a_centre_there_is_a_sentence(db):
    from portal.organisation.models import Unit
    from tests.bureau import matter

    bureau = make_bureau()
    Unit.objects.filter(code="hotline").update(code="centre")
    with pytest.raises(Refused):
        hotline.report(matter(bureau), actor=CITIZEN, at=MONDAY)
