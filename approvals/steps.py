"""One way to take a step of an application, for the page and for the API alike."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from approvals import actions
from approvals.models import ApprovalCase
from approvals.workflow import WORKFLOW
from portal.cases.workflow import Move, NotAllowed, Refused, Transition
from portal.organisation.actors import Actor

# What a rule calls an input, where the forms and the API call it otherwise.
INPUT_OF = {"days": "extend_by", "reason": "note"}


def step_named(name: str) -> Transition:
    """The step; raises Refused where there is none of that name."""
    return WORKFLOW.transition(name)


def check_is_for(case: ApprovalCase, step: Transition, *, actor: Actor, at: datetime) -> None:
    """Raises NotAllowed when the step is not this actor's to take at all, before anyone reads the input."""
    try:
        WORKFLOW.check_may(step, Move(case=case, actor=actor, at=at))
    except NotAllowed:
        raise
    except Refused:
        return  # what stands in the way may be gone when the application is locked, and is said then


def take(
    case: ApprovalCase,
    step: Transition,
    *,
    actor: Actor,
    at: datetime,
    seen: int | None,
    given: dict[str, Any],
) -> ApprovalCase:
    """Take the step with what was given, by the verb that it belongs to; the application afterwards.

    Raises Refused and its kinds.
    """
    if step.name == "sign_opinion":
        return actions.sign_opinion(case, actor=actor, at=at, seen=seen, **given)
    if step.name == "supplement":
        files = given.pop("files", {})
        return actions.bring_supplement(case, files, actor=actor, at=at, seen=seen, **given)
    return actions.take(case, step.name, actor=actor, at=at, seen=seen, **given)
