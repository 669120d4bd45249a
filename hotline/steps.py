"""One way to take a step on a ticket, for the page and for the API alike."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from hotline import actions
from hotline.models import Ticket
from hotline.workflow import WORKFLOW
from portal.cases.actions import advance
from portal.cases.workflow import Move, NotAllowed, Refused, Transition
from portal.organisation.actors import Actor

# What a rule calls an input, where the forms and the API call it otherwise.
INPUT_OF = {"days": "extend_by", "reason": "note"}


def step_named(name: str) -> Transition:
    """The step; raises Refused where there is none of that name."""
    return WORKFLOW.transition(name)


def check_is_for(ticket: Ticket, step: Transition, *, actor: Actor, at: datetime) -> None:
    """Raises NotAllowed when the step is not this actor's to take at all, before anyone reads the input."""
    try:
        WORKFLOW.check_may(step, Move(case=ticket, actor=actor, at=at))
    except NotAllowed:
        raise
    except Refused:
        return  # what stands in the way may be gone when the ticket is locked, and is said then


def take(
    ticket: Ticket, step: Transition, *, actor: Actor, at: datetime, seen: int | None, given: dict[str, Any]
) -> None:
    """Take the step with what was given, by the verb that it belongs to. Raises Refused and its kinds."""
    if step.name == "reply":
        actions.reply(
            ticket,
            text=given["reply"],
            photos=given.get("photos", ()),
            actor=actor,
            at=at,
            seen=seen,
        )
    elif step.name == "call_back":
        actions.call_back(ticket, actor=actor, at=at, seen=seen, **given)
    else:
        advance(ticket, step.name, actor=actor, at=at, seen=seen, **given)
