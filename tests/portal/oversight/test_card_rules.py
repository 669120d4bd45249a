"""The rules of a card, every state × step × person written by hand."""

from __future__ import annotations

from datetime import date

import pytest

from portal.cases.workflow import NotAllowed, Refused
from portal.organisation.actors import CITIZEN, SYSTEM, Actor, Role
from portal.oversight.workflow import (
    STEPS,
    CardFacts,
    Colour,
    State,
    allowed,
    check,
    check_may,
    colour_of,
    may_see,
    reply_by,
    step_named,
)
from portal.workdays.calendar import Calendar
from portal.workdays.planning import seed_days, seed_notices

CALENDAR = Calendar(seed_days(seed_notices()))
UNIT, ABOVE, OTHER, CENTRE = 10, 1, 20, 30


def person(pk: int, *roles: Role, unit: int | None = None, units: frozenset[int] = frozenset()) -> Actor:
    return Actor(id=pk, name=f"p{pk}", roles=frozenset(roles), unit_id=unit, unit_ids=units)


PEOPLE = {
    "holder": person(1, Role.HANDLER, unit=OTHER, units=frozenset({OTHER})),
    "colleague": person(2, Role.HANDLER, unit=UNIT, units=frozenset({UNIT})),
    "above": person(3, Role.HANDLER, unit=ABOVE, units=frozenset({ABOVE, UNIT, OTHER})),
    "other unit": person(4, Role.HANDLER, unit=OTHER, units=frozenset({OTHER})),
    "operator": person(5, Role.OPERATOR, unit=CENTRE),
    "clerk": person(6, Role.CLERK, unit=UNIT, units=frozenset({UNIT})),
    "office head": person(7, Role.OFFICE_HEAD, unit=UNIT, units=frozenset({UNIT})),
    "chief": person(8, Role.CHIEF_REPRESENTATIVE, unit=UNIT, units=frozenset({UNIT})),
    "disclosure": person(9, Role.DISCLOSURE_OFFICER, unit=UNIT, units=frozenset({UNIT})),
    "secrecy": person(10, Role.SECRECY_REVIEWER, unit=UNIT, units=frozenset({UNIT})),
    "supervisor": person(11, Role.SUPERVISOR),
    "administrator": person(12, Role.ADMINISTRATOR, unit=UNIT),
    "citizen": CITIZEN,
    "system": SYSTEM,
}
CONCERNED = {"holder", "colleague", "above"}
# State → what those whom the card concerns may do, what a supervisor may do.
TABLE = {
    State.ISSUED: ({"answer", "appeal"}, {"withdraw"}),
    State.ANSWERED: (set(), {"accept", "uphold", "withdraw"}),
    State.APPEALED: (set(), {"uphold", "withdraw"}),
    State.UPHELD: ({"answer"}, {"withdraw"}),
    State.ACCEPTED: (set(), set()),
    State.WITHDRAWN: (set(), set()),
}


def card(state: State = State.ISSUED, holder: int | None = 1, unit: int | None = UNIT) -> CardFacts:
    return CardFacts(state=state, holder_id=holder, unit_id=unit)


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("who", PEOPLE)
def test_who_may_do_what_in_every_state(state, who):
    concerned, supervisor = TABLE[state]
    may = concerned if who in CONCERNED else supervisor if who == "supervisor" else set()
    assert {step.name for step in allowed(card(state), PEOPLE[who])} == may
    for name, step in STEPS.items():
        if name in may:
            check_may(step, card(state), PEOPLE[who])
            continue
        right_person = who == "supervisor" if step.by == "supervisor" else who in CONCERNED
        with pytest.raises(Refused) as refused:
            check_may(step, card(state), PEOPLE[who])
        assert isinstance(refused.value, NotAllowed) != right_person


@pytest.mark.parametrize("who", PEOPLE)
def test_who_sees_a_card(who):
    assert may_see(card(), PEOPLE[who]) == (who in {*CONCERNED, "supervisor"})


def test_an_operator_answers_for_the_centre_alone():
    assert may_see(card(holder=None, unit=CENTRE), PEOPLE["operator"])
    assert not may_see(card(holder=None, unit=UNIT), PEOPLE["operator"])
    assert may_see(card(holder=5, unit=UNIT), PEOPLE["operator"])


def test_a_card_that_nobody_holds_is_nobodys_own():
    for who in ("citizen", "system", "colleague"):
        assert not may_see(card(holder=None, unit=None), PEOPLE[who])


def test_nobody_decides_on_the_own_card():
    both = person(1, Role.SUPERVISOR, Role.HANDLER, unit=UNIT, units=frozenset({UNIT}))
    assert {step.name for step in allowed(card(), both)} == {"answer", "appeal"}
    with pytest.raises(NotAllowed):
        check_may(STEPS["withdraw"], card(), both)


@pytest.mark.parametrize(
    ("name", "state", "who"),
    [
        ("answer", State.ISSUED, "holder"),
        ("appeal", State.ISSUED, "holder"),
        ("uphold", State.APPEALED, "supervisor"),
        ("withdraw", State.ISSUED, "supervisor"),
    ],
)
@pytest.mark.parametrize("text", ["", "  \n\t "])
def test_a_reason_must_be_written(name, state, who, text):
    with pytest.raises(Refused) as refused:
        check(STEPS[name], card(state), PEOPLE[who], text)
    assert refused.value.field == "text"
    check(STEPS[name], card(state), PEOPLE[who], "理由")


def test_an_answer_is_accepted_without_a_word():
    check(STEPS["accept"], card(State.ANSWERED), PEOPLE["supervisor"], "")


def test_a_step_that_is_none_is_refused():
    with pytest.raises(Refused):
        step_named("forgive")


@pytest.mark.parametrize(
    ("limit", "colour"),
    [("statutory", Colour.RED), ("promised", Colour.YELLOW), ("step", Colour.YELLOW)],
)
def test_red_is_for_a_statutory_limit(limit, colour):
    assert colour_of(limit) == colour


@pytest.mark.parametrize(
    ("issued", "last"),
    [
        ("2026-12-01", "2026-12-04"),
        # Friday: the weekend does not count.
        ("2026-11-27", "2026-12-02"),
        # Before the Spring Festival, as in the house's own vectors.
        ("2026-02-13", "2026-02-25"),
        # Where no calendar reaches, Monday to Friday count: a Friday.
        ("2040-12-28", "2041-01-02"),
    ],
)
def test_the_reply_is_due_after_three_working_days(issued, last):
    assert reply_by(date.fromisoformat(issued), CALENDAR) == date.fromisoformat(last)
