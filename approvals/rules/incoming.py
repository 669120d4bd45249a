"""Incoming documents (来文) and requests (来件): registered, assigned, answered.

Source: the bureau's rule of limited-time handling (限时办结制): a document follows its own limit, else 15
working days; a request is done the same day if it can be, else in 3. "In principle" is the rule's own word,
so that a supervisor may extend, with a reason that is kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from portal.cases.checking import written
from portal.cases.models import Case
from portal.cases.terms import DayUnit, Limit, Term
from portal.cases.workflow import Move, NotAllowed, Refused, Transition, Workflow
from portal.organisation.actors import Actor, Role
from portal.organisation.models import Staff, Unit

if TYPE_CHECKING:
    from approvals.models import Incoming

REGISTERED, ASSIGNED, CLOSED = "registered", "assigned", "closed"
STATES = {
    REGISTERED: pgettext_lazy("incoming", "registered, to be assigned"),
    ASSIGNED: pgettext_lazy("incoming", "being handled"),
    CLOSED: pgettext_lazy("incoming", "answered"),
}
DOCUMENT, REQUEST = "document", "request"
DOCUMENT_DAYS, REQUEST_DAYS, MOST_OWN_DAYS, EXTEND_AT_MOST = 15, 3, 90, 15
BASIS = "本局限时办结制"
DOCUMENT_TERM, REQUEST_TERM, TODAY_TERM = "incoming.document", "incoming.request", "incoming.same_day"
TERM_NAMES = {
    DOCUMENT_TERM: gettext_lazy("answer to the document"),
    REQUEST_TERM: gettext_lazy("answer to the request"),
    TODAY_TERM: gettext_lazy("answer on the same day"),
}
CLERK, UNIT = frozenset({Role.CLERK}), frozenset({Role.HANDLER})
SUPERVISORS = frozenset({Role.SUPERVISOR})
SEEN_BY = CLERK | SUPERVISORS | {Role.OFFICE_HEAD}


def incoming_of(case: Case) -> Incoming:
    return cast("Incoming", case)


def answer_within(case: Case) -> Term:
    """A document's own limit, else 15 working days; a request's 3, or the same day."""
    incoming = incoming_of(case)
    if incoming.form == DOCUMENT:
        days = incoming.own_days or DOCUMENT_DAYS
        basis = f"来文载明的办理时限；{BASIS}" if incoming.own_days else BASIS
        return _extendable(DOCUMENT_TERM, days, basis)
    if incoming.same_day:
        return Term(TODAY_TERM, 0, DayUnit.WORKING_DAYS, 0, BASIS, Limit.PROMISED)
    return _extendable(REQUEST_TERM, REQUEST_DAYS, BASIS)


def _extendable(code: str, days: int, basis: str) -> Term:
    return Term(
        code,
        days,
        DayUnit.WORKING_DAYS,
        min(1, days),
        basis,
        Limit.PROMISED,
        extensions=1,
        extend_at_most=EXTEND_AT_MOST,
    )


REQUEST_WITHIN = _extendable(REQUEST_TERM, REQUEST_DAYS, BASIS)


# Guards and checks ------------------------------------------------------------------------------------------


def own_unit(move: Move) -> None:
    """A handler speaks for the unit that it was assigned to, a clerk for the window that registered it."""
    if move.actor.has_role(Role.CLERK):
        return
    if move.case.unit_id not in move.actor.unit_ids:
        raise NotAllowed(_("This has been assigned to another unit."))


def of_the_unit(move: Move) -> None:
    if move.case.unit_id not in move.actor.unit_ids:
        raise NotAllowed(_("This has been assigned to another unit."))


def whose_answer(move: Move) -> None:
    """The unit answers what it was assigned; the window what it has not passed on."""
    role = Role.CLERK if move.case.state == REGISTERED else Role.HANDLER
    if not move.actor.has_role(role):
        raise NotAllowed(_("It is not your turn at this step."))
    if role is Role.HANDLER:
        of_the_unit(move)


def was_for_today(move: Move) -> None:
    incoming = incoming_of(move.case)
    today = move.clock(TODAY_TERM)
    if incoming.form != REQUEST or not incoming.same_day or today is None or today.breached_at is not None:
        raise Refused(_("Only a request that was to be answered on the same day can be put off."))


def unit_is_named(move: Move) -> None:
    unit = move.changes.get("unit")
    if unit is None or not unit.active:
        raise Refused(_("Please choose the unit that is to handle it."), field="unit")


def limit_extendable(move: Move) -> None:
    if not move.may_extend(DOCUMENT_TERM, REQUEST_TERM):
        raise Refused(_("The limit can no longer be extended."))


def sees_the_sender(incoming: Incoming, actor: Actor) -> bool:
    """The window and the unit that answers may know whom to call; nobody else needs to."""
    return actor.has_role(*CLERK) or (actor.has_role(*UNIT) and incoming.unit_id in actor.unit_ids)


# What follows -----------------------------------------------------------------------------------------------


def responsible_for(unit: Unit | None) -> int | None:
    """Who answers for it in the unit: its first handler, else one of a unit above."""
    while unit is not None:
        found = Staff.objects.active().with_role(Role.HANDLER).of_unit(unit).order_by("id").first()
        if found is not None:
            return found.pk
        unit = unit.parent
    return None


def with_who_registered(move: Move) -> Mapping[str, Any]:
    return {"holder_id": move.actor.id, "registered_by_id": move.actor.id, "unit_id": move.actor.unit_id}


def with_the_unit(move: Move) -> Mapping[str, Any]:
    return {"holder_id": responsible_for(move.changes["unit"])}


def back_at_the_window(move: Move) -> Mapping[str, Any]:
    incoming = incoming_of(move.case)
    registered_by = incoming.registered_by
    return {
        "holder_id": incoming.registered_by_id,
        "unit_id": registered_by.unit_id if registered_by else None,
    }


def answered(move: Move) -> Mapping[str, Any]:
    return {"replied_at": move.at, "holder_id": move.actor.id}


OPENING = Transition(
    name="register",
    label=gettext_lazy("Register"),
    sources=frozenset(),
    target=REGISTERED,
    by=CLERK,
    starts=(answer_within,),
    sets=with_who_registered,
    tells=("citizen",),
)
TRANSITIONS = (
    Transition(
        name="assign",
        label=gettext_lazy("Assign to a unit"),
        sources=frozenset({REGISTERED}),
        target=ASSIGNED,
        by=CLERK,
        checks=(unit_is_named,),
        changes=("unit",),
        note="optional",
        sets=with_the_unit,
        tells=("unit",),
    ),
    Transition(
        name="give_back",
        label=gettext_lazy("Give back to the window"),
        sources=frozenset({ASSIGNED}),
        target=REGISTERED,
        by=UNIT,
        guards=(of_the_unit,),
        note="required",
        sets=back_at_the_window,
        tells=("holder",),
    ),
    Transition(
        name="not_today",
        label=gettext_lazy("It cannot be done today"),
        sources=frozenset({REGISTERED, ASSIGNED}),
        target=None,
        by=CLERK | UNIT,
        guards=(own_unit, was_for_today),
        note="required",
        # The three days run from receipt, however late in the day somebody says so.
        starts_earlier=(REQUEST_WITHIN,),
        since=lambda move: move.case.opened_at,
        voids=(TODAY_TERM,),
        sets=lambda move: {"same_day": False},
        tells=("citizen",),
    ),
    Transition(
        name="reply",
        label=gettext_lazy("Answer and close"),
        sources=frozenset({REGISTERED, ASSIGNED}),
        target=CLOSED,
        by=CLERK | UNIT,
        guards=(whose_answer,),
        checks=(written("reply", gettext_lazy("Please write the answer, or what was done.")),),
        changes=("reply", "reply_number"),
        sets=answered,
        tells=("citizen",),
    ),
    Transition(
        name="extend",
        label=gettext_lazy("Extend the limit"),
        sources=frozenset({REGISTERED, ASSIGNED}),
        target=None,
        by=SUPERVISORS,
        guards=(limit_extendable,),
        note="required",
        # One of the two runs: the other name stands for nothing then.
        extends=(DOCUMENT_TERM, REQUEST_TERM),
        tells=("holder", "citizen"),
    ),
    Transition(
        name="urge",
        label=gettext_lazy("Urge"),
        sources=frozenset({REGISTERED, ASSIGNED}),
        target=None,
        by=SUPERVISORS,
        note="required",
        tells=("holder",),
    ),
)
WORKFLOW = Workflow(states=STATES, opening=OPENING, transitions=TRANSITIONS, final=(CLOSED,))
