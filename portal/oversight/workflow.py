"""The rules of a yellow or red card: THE place for them. Pure: values in, a refusal or nothing out.

Source: the bureau's rules of efficiency supervision (效能监察). A yellow card is for a minor breach, a red
one for passing a statutory limit; each has evidence, a demand, a limit for the reply and a way to appeal
(申诉). Which steps there are within that frame is ours, and stands in `STEPS`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import TextChoices
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.cases.terms import ONE_DAY, Limit
from portal.cases.workflow import NotAllowed, Refused
from portal.organisation.actors import Actor, Role
from portal.workdays.calendar import Calendar, OutsideCalendar

# Working days for the statement or the appeal, counted from the day after the card (民法典 art. 201).
REPLY_WITHIN = 3


class Colour(TextChoices):
    YELLOW = "yellow", gettext_lazy("Yellow card")
    RED = "red", gettext_lazy("Red card")


class State(TextChoices):
    ISSUED = "issued", gettext_lazy("to be answered")
    ANSWERED = "answered", gettext_lazy("answered")
    APPEALED = "appealed", gettext_lazy("appealed against")
    UPHELD = "upheld", gettext_lazy("upheld, to be answered")
    ACCEPTED = "accepted", gettext_lazy("answer accepted")
    WITHDRAWN = "withdrawn", gettext_lazy("withdrawn")


# Somebody still has to answer.
WAITING = frozenset({State.ISSUED, State.UPHELD})
# A supervisor still has to decide.
UNDECIDED = frozenset({State.ANSWERED, State.APPEALED})


@dataclass(frozen=True, slots=True)
class CardFacts:
    """What the rules ask of a card: its state, and whose it is (primary keys, None where nobody's)."""

    state: State
    holder_id: int | None
    unit_id: int | None


@dataclass(frozen=True, slots=True)
class Step:
    """One rule: from where, to where, by whom ("concerned" or "supervisor"), and what has to be written.

    `tells` is who gets a notice of it.
    """

    name: str
    label: str | Promise
    sources: frozenset[State]
    target: State
    by: str
    asks: str | Promise
    required: bool
    tells: str


CONCERNED, SUPERVISOR = "concerned", "supervisor"

STEPS = {
    step.name: step
    for step in (
        Step(
            name="answer",
            label=gettext_lazy("Answer the card"),
            sources=WAITING,
            target=State.ANSWERED,
            by=CONCERNED,
            asks=gettext_lazy("What was the reason, and what has been put right?"),
            required=True,
            tells=SUPERVISOR,
        ),
        Step(
            name="appeal",
            label=gettext_lazy("Appeal against the card"),
            # Once: a card that was upheld is to be answered.
            sources=frozenset({State.ISSUED}),
            target=State.APPEALED,
            by=CONCERNED,
            asks=gettext_lazy("Why is the card not justified?"),
            required=True,
            tells=SUPERVISOR,
        ),
        Step(
            name="accept",
            label=gettext_lazy("Accept the answer"),
            sources=frozenset({State.ANSWERED}),
            target=State.ACCEPTED,
            by=SUPERVISOR,
            asks=gettext_lazy("Remark"),
            required=False,
            tells=CONCERNED,
        ),
        Step(
            name="uphold",
            label=gettext_lazy("Uphold the card"),
            sources=UNDECIDED,
            target=State.UPHELD,
            by=SUPERVISOR,
            asks=gettext_lazy("Why does the card stand, and what is still to be done?"),
            required=True,
            tells=CONCERNED,
        ),
        Step(
            name="withdraw",
            label=gettext_lazy("Withdraw the card"),
            sources=WAITING | UNDECIDED,
            target=State.WITHDRAWN,
            by=SUPERVISOR,
            asks=gettext_lazy("Why is the card withdrawn?"),
            required=True,
            tells=CONCERNED,
        ),
    )
}


def colour_of(limit: str) -> Colour:
    """Red for passing a statutory limit, yellow for a promised one or a step's."""
    return Colour.RED if limit == Limit.STATUTORY else Colour.YELLOW


def reply_by(issued_on: date, calendar: Calendar) -> date:
    """The last day for the reply to a card of that day."""
    try:
        return calendar.add_workdays(issued_on, REPLY_WITHIN)
    except OutsideCalendar:
        return _after_weekdays(issued_on, REPLY_WITHIN)


def _after_weekdays(day: date, count: int) -> date:
    """Where no calendar reaches, a card still gets its limit: Monday to Friday count."""
    while count:
        day += ONE_DAY
        count -= day.weekday() < 5
    return day


def is_concerned(card: CardFacts, actor: Actor) -> bool:
    """Whether the card is the actor's own: by name, or as one who handles the unit's cases."""
    if actor.id is not None and actor.id == card.holder_id:
        return True
    if card.unit_id is None:
        return False
    if actor.has_role(Role.HANDLER) and card.unit_id in actor.unit_ids:
        return True
    # An operator sees every unit's cases, and answers for those of the centre alone.
    return actor.has_role(Role.HANDLER, Role.OPERATOR) and card.unit_id == actor.unit_id


def may_see(card: CardFacts, actor: Actor) -> bool:
    return actor.has_role(Role.SUPERVISOR) or is_concerned(card, actor)


def step_named(name: str) -> Step:
    """The step of that name; raises Refused for a name that is none."""
    try:
        return STEPS[name]
    except KeyError:
        raise Refused(_("There is no such step.")) from None


def check_may(step: Step, card: CardFacts, actor: Actor) -> None:
    """Raises NotAllowed or Refused unless role and state permit the step."""
    if step.by == SUPERVISOR:
        if not actor.has_role(Role.SUPERVISOR):
            raise NotAllowed(_("Only a supervisor decides on a card."))
        if is_concerned(card, actor):
            raise NotAllowed(_("Nobody decides on a card of their own."))
    elif not is_concerned(card, actor):
        raise NotAllowed(_("This card concerns another unit."))
    if card.state not in step.sources:
        raise Refused(
            _("“%(step)s” is not possible: the card is “%(state)s”.")
            % {"step": step.label, "state": card.state.label}
        )


def check(step: Step, card: CardFacts, actor: Actor, text: str) -> None:
    """`check_may`, and Refused when what has to be written is missing."""
    check_may(step, card, actor)
    if step.required and not text.strip():
        raise Refused(_("Please write it in a sentence or two."), field="text")


def allowed(card: CardFacts, actor: Actor) -> list[Step]:
    """The steps that this actor may take now, for drawing buttons."""
    found = []
    for step in STEPS.values():
        try:
            check_may(step, card, actor)
        except Refused:
            continue
        found.append(step)
    return found
