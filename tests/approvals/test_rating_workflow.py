"""Ratings (好差评) of approvals, and what a bad one sets going, as a table written by hand from the rules.

The applicant rates once what was closed or refused, from 1 to 5: 非常满意 5, 满意 4, 基本满意 3, 不满意 2,
非常不满意 1. The last two are bad. A bad rating is a task with a clock, `received → contacted → closed`: the
applicant is called back and the matter put right by the office head or a supervisor, never by who owns the
rated case. A call in vain is noted; after three of them the matter is put right without one.
"""

from __future__ import annotations

from typing import Any

import pytest

from approvals.actions import take
from approvals.models import ApprovalCase, BadRating
from portal.cases import kinds
from portal.cases.actions import advance, sweep
from portal.cases.models import Deadline
from portal.cases.workflow import NotAllowed, Refused
from portal.ledger.models import Event
from portal.organisation.actions import change_roles, deactivate
from portal.organisation.actors import ANONYMOUS, CITIZEN, SYSTEM, Actor
from portal.oversight.models import Card
from tests.approvals.window import bad_rating_in, case_in
from tests.bureau import MONDAY, Bureau, moment

# The same Monday, some hours later.
LATER = moment("2026-11-02 15:00")

STAFF = [
    "clerk",  # owns the rated case
    "clerk2",
    "office_head",
    "chief",
    "agency_head",
    "handler",
    "handler_roads",
    "operator",
    "disclosure",
    "secrecy",
    "supervisor",
    "administrator",
]
WHO = {"office_head", "supervisor"}

# Who may do what in which state. What is not named is refused: to everybody else, and in every other state.
# ":twice" and ":thrice": so often somebody has called in vain.
TABLE: dict[str, dict[str, set[str]]] = {
    "received": {"call_back": WHO, "not_reached": WHO},
    "received:twice": {"call_back": WHO, "not_reached": WHO},
    "received:thrice": {"call_back": WHO, "not_reached": WHO, "put_right": WHO},
    "contacted": {"put_right": WHO},
    "closed": {},
}
# "=" stays.
LEADS_TO = {"call_back": "contacted", "not_reached": "=", "put_right": "closed"}
MOVES = [(state, verb) for state, verbs in TABLE.items() for verb in sorted(verbs)]
IN_VAIN = {"": 0, "twice": 2, "thrice": 3}


@pytest.fixture
def bureau(window: Bureau, plain_papers: None) -> Bureau:
    return window


def people(bureau: Bureau) -> dict[str, Actor]:
    found = {username: bureau.actor(username) for username in STAFF}
    return {**found, "citizen": CITIZEN, "anonymous": ANONYMOUS, "system": SYSTEM}


def do(task: BadRating, verb: str, actor: Actor, *, at=MONDAY, note: str = "已电话致歉并说明。") -> BadRating:
    return advance(task, verb, actor=actor, at=at, note=note)


def task_in(state: str, bureau: Bureau) -> BadRating:
    """A bad rating in a state of the table."""
    base, _colon, way = state.partition(":")
    task = bad_rating_in(base, bureau)
    for _call in range(IN_VAIN[way]):
        do(task, "not_reached", bureau.actor("office_head"), note="无人接听。")
    return fresh(task)


def fresh(task: BadRating) -> BadRating:
    return BadRating.objects.get(pk=task.pk)


def drawn(task: BadRating, actor: Actor) -> set[str]:
    return {rule.name for rule in kinds.of(task).workflow.allowed(task, actor=actor, at=MONDAY)}


def kept(task: BadRating) -> tuple[Any, ...]:
    return (
        BadRating.objects.filter(pk=task.pk).values().get(),
        list(Deadline.objects.filter(case=task).order_by("pk").values()),
        Event.objects.count(),
    )


def rate(case: ApprovalCase, rating: int | None, words: str = "") -> ApprovalCase:
    return take(case, "rate", actor=CITIZEN, at=LATER, rating=rating, rating_words=words)


# The task ---------------------------------------------------------------------------------------------------


def test_the_table_speaks_of_every_verb(bureau):
    workflow = kinds.of(bad_rating_in("received", bureau)).workflow
    assert set(workflow.transitions) == set(LEADS_TO)
    assert set(workflow.states) == {state.partition(":")[0] for state in TABLE}


@pytest.mark.parametrize("state", TABLE)
def test_who_may_do_what(bureau, state):
    task = task_in(state, bureau)
    assert task.state == state.partition(":")[0]
    before = kept(task)
    for name, actor in people(bureau).items():
        expected = {verb for verb, who in TABLE[state].items() if name in who}
        assert drawn(task, actor) == expected, f"{state}: buttons of {name}"
        for verb in LEADS_TO.keys() - expected:
            with pytest.raises(Refused) as refused:
                do(task, verb, actor)
            assert refused.value.message
            kind = Refused if name in WHO else NotAllowed
            assert type(refused.value) is kind, f"{state}: {verb} by {name}"
    assert kept(task) == before


@pytest.mark.parametrize(("state", "verb"), MOVES)
def test_where_a_verb_leads(bureau, state, verb):
    for who in sorted(TABLE[state][verb]):
        task = task_in(state, bureau)
        expected = task.state if LEADS_TO[verb] == "=" else LEADS_TO[verb]
        assert do(task, verb, bureau.actor(who), at=LATER).state == expected
        assert fresh(task).state == expected
        last = Event.objects.of(task.subject).filter(verb=verb).last()
        assert (last.actor_id, last.at) == (bureau.staff[who].pk, LATER)
        assert fresh(task).closed_at == (LATER if expected == "closed" else None)


@pytest.mark.parametrize(("state", "verb"), MOVES)
@pytest.mark.parametrize("note", ["", " \n"])
def test_what_was_said_and_done_is_written_down(bureau, state, verb, note):
    task = task_in(state, bureau)
    before = kept(task)
    with pytest.raises(Refused) as refused:
        do(task, verb, bureau.actor("supervisor"), note=note)
    assert (type(refused.value), refused.value.field) == (Refused, "note")
    assert kept(task) == before


@pytest.mark.parametrize("role", ["supervisor", "office_head"])
@pytest.mark.parametrize(("state", "verb"), MOVES)
def test_nobody_puts_right_a_rating_of_the_own_case(bureau, state, verb, role):
    """Whatever the owner of the case has become since."""
    task = task_in(state, bureau)
    owner = bureau.staff["clerk"]
    change_roles(staff=owner, roles=[role, "clerk"], actor=SYSTEM, at=MONDAY)
    owner.refresh_from_db()
    before = kept(task)
    assert drawn(task, owner.actor()) == set()
    with pytest.raises(NotAllowed):
        do(task, verb, owner.actor())
    assert kept(task) == before


@pytest.mark.parametrize("calls", [0, 1, 2])
def test_before_three_calls_in_vain_the_applicant_is_called(bureau, calls):
    task = bad_rating_in("received", bureau)
    for _call in range(calls):
        do(task, "not_reached", bureau.actor("supervisor"), note="无人接听。")
    before = kept(task)
    with pytest.raises(Refused) as refused:
        do(fresh(task), "put_right", bureau.actor("office_head"))
    assert type(refused.value) is Refused
    assert kept(task) == before


def test_calls_in_vain_are_counted_whoever_makes_them(bureau):
    task = bad_rating_in("received", bureau)
    for who in ("supervisor", "office_head", "supervisor"):
        do(task, "not_reached", bureau.actor(who), note="无人接听。")
    assert (fresh(task).tries, fresh(task).holder) == (3, bureau.staff["supervisor"])
    closed = do(fresh(task), "put_right", bureau.actor("office_head"), note="已增开窗口。")
    assert (closed.state, closed.remedy) == ("closed", "已增开窗口。")


def test_who_was_reached_at_last_is_not_put_off(bureau):
    task = task_in("received:twice", bureau)
    assert do(task, "call_back", bureau.actor("office_head")).state == "contacted"
    assert do(fresh(task), "put_right", bureau.actor("office_head")).state == "closed"


def test_who_calls_back_need_not_be_who_puts_it_right(bureau):
    task = bad_rating_in("received", bureau)
    do(task, "call_back", bureau.actor("supervisor"))
    assert do(fresh(task), "put_right", bureau.actor("office_head")).state == "closed"


# How it comes about -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["closed", "refused"])
@pytest.mark.parametrize(("rating", "is_bad"), [(1, True), (2, True), (3, False), (4, False), (5, False)])
def test_which_ratings_are_bad(bureau, state, rating, is_bad):
    case = case_in(state, bureau)
    rate(case, rating, "态度不好。" if is_bad else "")
    rated = ApprovalCase.objects.get(pk=case.pk)
    assert (rated.state, rated.rating, rated.rated_at) == (state, rating, LATER)
    assert [each.state for each in BadRating.objects.all()] == (["received"] if is_bad else [])


@pytest.mark.parametrize(("first", "second"), [(1, 5), (5, 1), (2, 2)])
def test_a_case_is_rated_once(bureau, first, second):
    case = case_in("closed", bureau)
    rate(case, first, "等得太久。")
    with pytest.raises(Refused):
        rate(ApprovalCase.objects.get(pk=case.pk), second)
    assert ApprovalCase.objects.get(pk=case.pk).rating == first
    assert BadRating.objects.count() == (1 if first <= 2 else 0)


@pytest.mark.parametrize("rating", [None, 0, 6, -1])
def test_a_rating_is_from_one_to_five(bureau, rating):
    case = case_in("closed", bureau)
    with pytest.raises(Refused) as refused:
        rate(case, rating)
    assert refused.value.field == "rating"
    assert not BadRating.objects.exists()


@pytest.mark.parametrize("who", STAFF)
def test_nobody_of_the_bureau_rates_it(bureau, who):
    case = case_in("closed", bureau)
    with pytest.raises(NotAllowed):
        take(case, "rate", actor=bureau.actor(who), at=LATER, rating=5, rating_words="")
    assert ApprovalCase.objects.get(pk=case.pk).rating is None


def test_a_bad_rating_opens_for_whom_it_does_not_concern(bureau):
    """Its limit stands in the name of somebody who may act on it."""
    task = bad_rating_in("received", bureau)
    assert task.holder in {bureau.staff["office_head"], bureau.staff["supervisor"]}


def test_a_bad_rating_has_a_name_on_it_also_when_the_office_head_has_left(bureau):
    deactivate(staff=bureau.staff["office_head"], actor=SYSTEM, at=MONDAY)
    rate(case_in("refused", bureau), 1, "没有说明理由。")
    assert BadRating.objects.get().holder == bureau.staff["supervisor"]


# Its clock --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("state", "runs"), [("received", True), ("contacted", True), ("closed", False)])
def test_a_bad_rating_is_a_task_with_a_clock_until_it_is_put_right(bureau, state, runs):
    task = bad_rating_in(state, bureau)
    found = Deadline.objects.filter(case=task)
    assert found.exists()
    assert found.filter(stopped_at=None, due_at__isnull=False).exists() is runs


# Counted by hand: one working day to call, fifteen to put it right, from Monday, 2 November.
@pytest.mark.parametrize(
    ("state", "limits"),
    [
        ("received", {"rating.call": "2026-11-03", "rating.put_right": "2026-11-23"}),
        # Who was called was called, whether or not somebody answered.
        ("received:twice", {"rating.put_right": "2026-11-23"}),
        ("contacted", {"rating.put_right": "2026-11-23"}),
        ("closed", {}),
    ],
)
def test_what_limits_run(bureau, state, limits):
    task = task_in(state, bureau)
    found = {each.term: str(each.due_on) for each in Deadline.objects.running().filter(case=task)}
    assert found == limits


@pytest.mark.parametrize("state", ["received", "received:thrice", "contacted"])
def test_a_bad_rating_that_nobody_puts_right_is_a_card(bureau, state):
    task = task_in(state, bureau)
    sweep(at=moment("2026-12-31 00:00"))
    assert Card.objects.filter(case=task).exists()


def test_a_bad_rating_that_was_put_right_in_time_is_none(bureau):
    task = bad_rating_in("closed", bureau)
    sweep(at=moment("2026-12-31 00:00"))
    assert not Card.objects.filter(case=task).exists()
