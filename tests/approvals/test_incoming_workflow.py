"""Incoming documents and requests (来文、来件) as a table, written by hand from the rule 限时办结制.

`registered → assigned → closed`. A document follows its own limit, else 15 working days; a request is done
the same day if it can be, else in 3 working days. "In principle" is the rule's own word: a supervisor may
extend, with a reason that is kept. The same day is not extended: who cannot do it today says so, and has the
three days, which can be.

The forms of `incoming_in`: "document" has no limit of its own, "own" is a document that asks for an answer
within five working days, "request" is one that takes three, "same_day" one that can be done today.
"""

from __future__ import annotations

from typing import Any

import pytest

from approvals.models import Incoming
from portal.cases import kinds
from portal.cases.actions import advance, sweep
from portal.cases.models import Deadline, Extension
from portal.cases.terms import SHANGHAI
from portal.cases.workflow import NotAllowed, Refused
from portal.ledger.models import Event
from portal.organisation.actors import ANONYMOUS, CITIZEN, SYSTEM, Actor
from portal.oversight.models import Card
from tests.approvals.window import incoming_in
from tests.bureau import MONDAY, Bureau, moment

# The same Monday, some hours later.
LATER = moment("2026-11-02 15:00")

STAFF = [
    "clerk",  # registered it
    "clerk2",
    "office_head",
    "chief",
    "agency_head",
    "handler",  # of the greening division, to which it is assigned
    "handler_roads",  # of another unit
    "operator",
    "disclosure",
    "secrecy",
    "supervisor",
    "administrator",
]
CLERKS = {"clerk", "clerk2"}
HANDLERS = {"handler", "handler_roads"}

# Who may do what in which state, form by form. What is not named is refused.
TABLE: dict[tuple[str, str], dict[str, set[str]]] = {
    ("document", "registered"): {
        "assign": CLERKS,
        "reply": CLERKS,
        "extend": {"supervisor"},
        "urge": {"supervisor"},
    },
    ("document", "assigned"): {
        "give_back": {"handler"},
        "reply": {"handler"},
        "extend": {"supervisor"},
        "urge": {"supervisor"},
    },
    ("document", "closed"): {},
    ("own", "registered"): {
        "assign": CLERKS,
        "reply": CLERKS,
        "extend": {"supervisor"},
        "urge": {"supervisor"},
    },
    ("own", "assigned"): {
        "give_back": {"handler"},
        "reply": {"handler"},
        "extend": {"supervisor"},
        "urge": {"supervisor"},
    },
    ("own", "closed"): {},
    ("request", "registered"): {
        "assign": CLERKS,
        "reply": CLERKS,
        "extend": {"supervisor"},
        "urge": {"supervisor"},
    },
    ("request", "assigned"): {
        "give_back": {"handler"},
        "reply": {"handler"},
        "extend": {"supervisor"},
        "urge": {"supervisor"},
    },
    ("request", "closed"): {},
    # No unit has it yet, so that no handler can say that it cannot be done today.
    ("same_day", "registered"): {
        "assign": CLERKS,
        "reply": CLERKS,
        "not_today": CLERKS,
        "urge": {"supervisor"},
    },
    ("same_day", "assigned"): {
        "give_back": {"handler"},
        "reply": {"handler"},
        "not_today": {"clerk", "clerk2", "handler"},
        "urge": {"supervisor"},
    },
    ("same_day", "closed"): {},
}
# Whose role it is at all: everybody else is not allowed, whatever the state.
ROLE_OF = {
    "assign": CLERKS,
    "give_back": HANDLERS,
    "not_today": CLERKS | HANDLERS,
    "reply": CLERKS | HANDLERS,
    "extend": {"supervisor"},
    "urge": {"supervisor"},
}
POSSIBLE_IN = {
    "assign": {"registered"},
    "give_back": {"assigned"},
    "not_today": {"registered", "assigned"},
    "reply": {"registered", "assigned"},
    "extend": {"registered", "assigned"},
    "urge": {"registered", "assigned"},
}
# Where each verb leads; "=" stays.
LEADS_TO = {
    "assign": "assigned",
    "give_back": "registered",
    "not_today": "=",
    "reply": "closed",
    "extend": "=",
    "urge": "=",
}
MOVES = [(form, state, verb) for (form, state), verbs in TABLE.items() for verb in sorted(verbs)]


@pytest.fixture
def bureau(window: Bureau, plain_papers: None) -> Bureau:
    return window


def people(bureau: Bureau) -> dict[str, Actor]:
    found = {username: bureau.actor(username) for username in STAFF}
    return {**found, "citizen": CITIZEN, "anonymous": ANONYMOUS, "system": SYSTEM}


def given(bureau: Bureau, verb: str) -> dict[str, Any]:
    """What somebody would enter who does it right."""
    return {
        "assign": {"unit": bureau.units["greening"]},
        "reply": {"reply": "已办结，复函附后。"},
        "extend": {"extend_by": 2, "note": "需现场核实。"},
    }.get(verb, {"note": "按规定办理。"})


def do(case: Incoming, verb: str, bureau: Bureau, who: str, *, at=MONDAY, **entered: Any) -> Incoming:
    actor = people(bureau)[who]
    return advance(case, verb, actor=actor, at=at, **{**given(bureau, verb), **entered})


def fresh(case: Incoming) -> Incoming:
    return Incoming.objects.get(pk=case.pk)


def drawn(case: Incoming, actor: Actor, at=MONDAY) -> set[str]:
    return {rule.name for rule in kinds.of(case).workflow.allowed(case, actor=actor, at=at)}


def kept(case: Incoming) -> tuple[Any, ...]:
    return (
        Incoming.objects.filter(pk=case.pk).values().get(),
        list(Deadline.objects.filter(case=case).order_by("pk").values()),
        Event.objects.count(),
    )


# The table --------------------------------------------------------------------------------------------------


def test_the_table_speaks_of_every_verb(bureau):
    workflow = kinds.of(incoming_in("registered", bureau, form="document")).workflow
    assert set(workflow.transitions) == set(LEADS_TO) == set(ROLE_OF) == set(POSSIBLE_IN)
    assert set(workflow.states) == {state for _form, state in TABLE}


@pytest.mark.parametrize(("form", "state"), TABLE)
def test_who_may_do_what(bureau, form, state):
    case = incoming_in(state, bureau, form=form)
    assert case.state == state
    before = kept(case)
    for name, actor in people(bureau).items():
        expected = {verb for verb, who in TABLE[form, state].items() if name in who}
        assert drawn(case, actor) == expected, f"{form}, {state}: buttons of {name}"
        for verb in LEADS_TO.keys() - expected:
            with pytest.raises(Refused) as refused:
                do(case, verb, bureau, name)
            told = f"{form}, {state}: {verb} by {name}"
            assert refused.value.message, told
            if name not in ROLE_OF[verb]:
                assert type(refused.value) is NotAllowed, f"{told}: it is not their role"
            elif state not in POSSIBLE_IN[verb]:
                assert type(refused.value) is Refused, f"{told}: it is not the time for it"
            elif verb in TABLE[form, state]:
                assert type(refused.value) is NotAllowed, f"{told}: it is for somebody else"
    assert kept(case) == before


@pytest.mark.parametrize(("form", "state", "verb"), MOVES)
def test_where_a_verb_leads(bureau, form, state, verb):
    for who in sorted(TABLE[form, state][verb]):
        case = incoming_in(state, bureau, form=form)
        moved = do(case, verb, bureau, who, at=LATER)
        expected = state if LEADS_TO[verb] == "=" else LEADS_TO[verb]
        assert moved.state == fresh(case).state == expected, who
        last = Event.objects.of(case.subject).filter(verb=verb).last()
        assert (last.actor_id, last.at) == (bureau.staff[who].pk, LATER)
        assert fresh(case).closed_at == (LATER if expected == "closed" else None)


def test_what_cannot_be_done_today_is_said_once(bureau):
    case = incoming_in("registered", bureau, form="same_day")
    do(case, "not_today", bureau, "clerk", at=LATER)
    for who in ("clerk", "clerk2"):
        assert "not_today" not in drawn(fresh(case), bureau.actor(who), LATER)
    with pytest.raises(Refused):
        do(fresh(case), "not_today", bureau, "clerk", at=LATER)


@pytest.mark.parametrize(("state", "who"), [("registered", "clerk"), ("assigned", "handler")])
def test_the_same_day_is_not_extended_before_somebody_says_that_it_cannot_be_done(bureau, state, who):
    case = incoming_in(state, bureau, form="same_day")
    before = kept(case)
    with pytest.raises(Refused) as refused:
        do(case, "extend", bureau, "supervisor")
    assert type(refused.value) is Refused
    assert kept(case) == before
    do(case, "not_today", bureau, who, at=LATER)
    assert "extend" in drawn(fresh(case), bureau.actor("supervisor"), LATER)
    do(fresh(case), "extend", bureau, "supervisor", at=LATER)
    assert running(case) == {"incoming.request": "2026-11-09"}


@pytest.mark.parametrize("form", ["document", "own", "request"])
def test_a_limit_is_extended_once(bureau, form):
    case = incoming_in("assigned", bureau, form=form)
    do(case, "extend", bureau, "supervisor")
    assert "extend" not in drawn(fresh(case), bureau.actor("supervisor"))
    with pytest.raises(Refused):
        do(fresh(case), "extend", bureau, "supervisor")


def test_what_was_given_back_is_no_longer_the_units(bureau):
    case = incoming_in("assigned", bureau, form="same_day")
    do(case, "give_back", bureau, "handler")
    assert drawn(fresh(case), bureau.actor("handler")) == set()
    do(fresh(case), "assign", bureau, "clerk2", unit=bureau.units["roads"])
    assert drawn(fresh(case), bureau.actor("handler")) == set()
    assert "reply" in drawn(fresh(case), bureau.actor("handler_roads"))


# What was entered -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("form", "state", "verb", "who", "entered", "field"),
    [
        ("document", "registered", "assign", "clerk", {"unit": None}, "unit"),
        ("document", "assigned", "give_back", "handler", {"note": " "}, "note"),
        ("same_day", "registered", "not_today", "clerk", {"note": ""}, "note"),
        ("same_day", "assigned", "not_today", "handler", {"note": " \n"}, "note"),
        ("document", "registered", "reply", "clerk", {"reply": ""}, "reply"),
        ("request", "assigned", "reply", "handler", {"reply": "\t"}, "reply"),
        ("document", "assigned", "extend", "supervisor", {"note": ""}, "note"),
        ("document", "assigned", "extend", "supervisor", {"extend_by": 0}, "days"),
        ("request", "assigned", "extend", "supervisor", {"extend_by": -1}, "days"),
        ("document", "registered", "urge", "supervisor", {"note": ""}, "note"),
    ],
)
def test_what_is_missing_is_said_at_the_field(bureau, form, state, verb, who, entered, field):
    case = incoming_in(state, bureau, form=form)
    before = kept(case)
    with pytest.raises(Refused) as refused:
        do(case, verb, bureau, who, **entered)
    assert (type(refused.value), refused.value.field) == (Refused, field)
    assert kept(case) == before


@pytest.mark.parametrize(
    ("state", "verb", "who", "changes"),
    [
        ("registered", "assign", "clerk", {"reply": "已办。"}),
        ("assigned", "reply", "handler", {"unit": None}),
        ("assigned", "give_back", "handler", {"reply": "已办。"}),
    ],
)
def test_a_step_writes_only_its_own_fields(bureau, state, verb, who, changes):
    case = incoming_in(state, bureau, form="document")
    before = kept(case)
    with pytest.raises(Refused):
        do(case, verb, bureau, who, **changes)
    assert kept(case) == before


# Clocks -----------------------------------------------------------------------------------------------------


def running(case: Incoming) -> dict[str, str]:
    found = Deadline.objects.running().filter(case=case)
    return {each.term: str(each.due_on) for each in found}


# Counted by hand with the State Council's notice for 2026: rest 15–23 February, 25–27 September and 1–7
# October; at work on the Saturdays and Sundays 14 and 28 February, 20 September and 10 October.
@pytest.mark.parametrize(
    ("form", "registered", "term", "due"),
    [
        ("document", "2026-11-02 09:00", "incoming.document", "2026-11-23"),
        ("document", "2026-11-23 09:00", "incoming.document", "2026-12-14"),
        ("document", "2026-09-18 10:00", "incoming.document", "2026-10-15"),
        ("document", "2026-09-30 17:00", "incoming.document", "2026-10-27"),
        ("document", "2026-02-13 16:00", "incoming.document", "2026-03-12"),
        ("document", "2026-02-15 10:00", "incoming.document", "2026-03-13"),
        # Its own limit, of five days, goes before the rule's fifteen.
        ("own", "2026-11-02 09:00", "incoming.document", "2026-11-09"),
        ("own", "2026-09-30 17:00", "incoming.document", "2026-10-13"),
        ("own", "2026-02-13 16:00", "incoming.document", "2026-02-27"),
        ("request", "2026-11-02 09:00", "incoming.request", "2026-11-05"),
        ("request", "2026-11-06 16:00", "incoming.request", "2026-11-11"),
        ("request", "2026-09-18 10:00", "incoming.request", "2026-09-22"),
        ("request", "2026-09-30 17:00", "incoming.request", "2026-10-10"),
        ("request", "2026-02-13 16:00", "incoming.request", "2026-02-25"),
        ("same_day", "2026-11-02 09:00", "incoming.same_day", "2026-11-02"),
        ("same_day", "2026-11-02 17:00", "incoming.same_day", "2026-11-02"),
        ("same_day", "2026-10-10 09:00", "incoming.same_day", "2026-10-10"),
        # On a rest day: the next day of work.
        ("same_day", "2026-11-07 10:00", "incoming.same_day", "2026-11-09"),
        ("same_day", "2026-10-01 10:00", "incoming.same_day", "2026-10-08"),
    ],
)
def test_by_when_it_is_to_be_done(bureau, form, registered, term, due):
    case = incoming_in("registered", bureau, form=form, at=moment(registered))
    assert running(case) == {term: due}


@pytest.mark.parametrize(("form", "length"), [("document", 15), ("own", 5), ("request", 3), ("same_day", 0)])
def test_whose_limit_it_is(bureau, form, length):
    clock = Deadline.objects.get(case=incoming_in("registered", bureau, form=form))
    assert (clock.limit, clock.length) == ("promised", length)


def test_the_last_day_ends_at_midnight(bureau):
    clock = Deadline.objects.get(case=incoming_in("registered", bureau, form="document"))
    assert clock.due_at.astimezone(SHANGHAI) == moment("2026-11-24 00:00")


@pytest.mark.parametrize(
    ("form", "due"),
    [
        ("document", {"incoming.document": "2026-11-23"}),
        ("own", {"incoming.document": "2026-11-09"}),
        ("request", {"incoming.request": "2026-11-05"}),
    ],
)
def test_to_pass_it_on_gives_nobody_more_time(bureau, form, due):
    case = incoming_in("registered", bureau, form=form)
    do(case, "assign", bureau, "clerk", at=moment("2026-11-03 10:00"))
    assert running(case) == due
    do(fresh(case), "give_back", bureau, "handler", at=moment("2026-11-04 10:00"))
    assert running(case) == due
    do(fresh(case), "assign", bureau, "clerk", at=moment("2026-11-05 10:00"), unit=bureau.units["roads"])
    assert running(case) == due


@pytest.mark.parametrize(("state", "who"), [("registered", "clerk"), ("assigned", "handler")])
@pytest.mark.parametrize(
    ("registered", "said", "due"),
    [
        ("2026-11-02 09:00", "2026-11-02 16:00", "2026-11-05"),
        ("2026-11-02 09:00", "2026-11-02 23:59:59", "2026-11-05"),
        ("2026-09-30 09:00", "2026-09-30 16:00", "2026-10-10"),
        # Came on a Saturday: the three days run from when it came, and not from when that was said.
        ("2026-11-07 10:00", "2026-11-09 10:00", "2026-11-11"),
    ],
)
def test_what_cannot_be_done_today_is_done_in_three_days_from_when_it_came(
    bureau, state, who, registered, said, due
):
    case = incoming_in(state, bureau, form="same_day", at=moment(registered))
    do(case, "not_today", bureau, who, at=moment(said))
    assert running(case) == {"incoming.request": due}
    assert Deadline.objects.get(case=case, term="incoming.same_day").breached_at is None


def test_on_the_next_day_it_is_too_late_to_say_not_today(bureau):
    case = incoming_in("registered", bureau, form="same_day")
    sweep(at=moment("2026-11-03 00:00"))
    with pytest.raises(Refused):
        do(fresh(case), "not_today", bureau, "clerk", at=moment("2026-11-03 09:00"))
    missed = Deadline.objects.get(case=case)
    assert (missed.term, missed.breached_at) == ("incoming.same_day", moment("2026-11-03 00:00"))


@pytest.mark.parametrize(
    ("form", "days", "due"),
    [
        ("document", 5, {"incoming.document": "2026-11-30"}),
        ("own", 5, {"incoming.document": "2026-11-16"}),
        ("request", 2, {"incoming.request": "2026-11-09"}),
    ],
)
def test_a_supervisor_extends_with_a_reason_that_is_kept(bureau, form, days, due):
    case = incoming_in("assigned", bureau, form=form)
    do(case, "extend", bureau, "supervisor", extend_by=days)
    assert running(case) == due
    extension = Extension.objects.get(deadline__case=case)
    assert (extension.length, extension.reason) == (days, "需现场核实。")
    assert extension.by_id == bureau.staff["supervisor"].pk


def test_what_is_missed_is_not_extended(bureau):
    case = incoming_in("assigned", bureau, form="request")
    with pytest.raises(Refused):
        do(case, "extend", bureau, "supervisor", at=moment("2026-11-06 00:00"))


@pytest.mark.parametrize("form", ["document", "own", "request", "same_day"])
def test_what_is_answered_has_no_clock_any_more(bureau, form):
    case = incoming_in("closed", bureau, form=form)
    assert running(case) == {}
    assert {each.ended for each in Deadline.objects.filter(case=case)} == {Deadline.Ended.KEPT}


@pytest.mark.parametrize(
    ("form", "state", "in_time", "missed", "holder"),
    [
        ("document", "registered", "2026-11-23 23:59:59", "2026-11-24 00:00", "clerk"),
        ("document", "assigned", "2026-11-23 23:59:59", "2026-11-24 00:00", "handler"),
        ("request", "assigned", "2026-11-05 23:59:59", "2026-11-06 00:00", "handler"),
        ("same_day", "registered", "2026-11-02 23:59:59", "2026-11-03 00:00", "clerk"),
    ],
)
def test_a_missed_limit_is_a_card_to_who_has_it(bureau, form, state, in_time, missed, holder):
    case = incoming_in(state, bureau, form=form)
    sweep(at=moment(in_time))
    assert not Card.objects.exists()
    sweep(at=moment(missed))
    sweep(at=moment(missed))
    card = Card.objects.get()
    assert (card.case_id, card.holder) == (case.pk, bureau.staff[holder])
