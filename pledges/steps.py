"""One way to take a step, of a version or of a complaint, for the page and for the API alike."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError

from pledges import actions
from pledges.models import Breach, PledgeVersion
from pledges.workflow import BREACH_WORKFLOW
from portal.cases.actions import advance
from portal.cases.workflow import Move, NotAllowed, Refused, Transition
from portal.organisation import second_factor
from portal.organisation.actors import Actor
from portal.organisation.models import Staff
from portal.organisation.second_factor import Confirmation


def check_version_is_for(version: PledgeVersion, step: Transition, *, actor: Actor, at: datetime) -> None:
    """Raises NotAllowed when the step is not this actor's to take at all, before anyone reads the input."""
    _unless_not_allowed(lambda: actions.check_may(version, step, actor=actor, at=at))


def check_breach_is_for(breach: Breach, step: Transition, *, actor: Actor, at: datetime) -> None:
    """The same of a complaint."""
    _unless_not_allowed(
        lambda: BREACH_WORKFLOW.check_may(step, Move(case=breach, actor=actor, at=at)),
    )


def _unless_not_allowed(check: Callable[[], None]) -> None:
    try:
        check()
    except NotAllowed:
        raise
    except Refused:
        return  # what stands in the way may be gone when the row is locked, and is said then


def take_version_step(
    version: PledgeVersion,
    step: Transition,
    *,
    actor: Actor,
    at: datetime,
    seen: int | None,
    note: str = "",
    code: str = "",
) -> PledgeVersion:
    """Take a step of a version; to sign takes the `code` of the signer's second factor.

    Raises Refused and its kinds, at the field "code" where the code is not right.
    """
    confirmed = None
    # A code serves once: it is not asked for where the step is refused without it.
    if step.name == "sign" and seen in (None, version.version):
        actions.check(version, step, actor=actor, at=at)
        confirmed = _confirmed(actor, code, at=at)
    return actions.take(version, step.name, actor=actor, at=at, note=note, seen=seen, confirmed=confirmed)


def _confirmed(actor: Actor, code: str, *, at: datetime) -> Confirmation:
    try:
        return second_factor.confirm(Staff.objects.get(pk=actor.id), code, at=at)
    except ValidationError as refused:
        raise Refused(" ".join(refused.messages), field="code") from None


def take_breach_step(
    breach: Breach,
    step: Transition,
    *,
    actor: Actor,
    at: datetime,
    seen: int | None,
    given: dict[str, Any],
) -> None:
    """Take a step of a complaint with what was given. Raises Refused and its kinds."""
    advance(breach, step.name, actor=actor, at=at, seen=seen, **given)
