"""A bad rating (差评) is a task with a clock: the applicant is called, and it is put right.

Source: 国办发〔2019〕51号 (好差评): five grades, of which the last two are bad; each bad one is looked into,
the person is called, and it is put right. Who was rated does not judge it. The days are the bureau's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from portal.cases.checking import person_for
from portal.cases.models import Case
from portal.cases.terms import DayUnit, Limit, Term
from portal.cases.workflow import Move, NotAllowed, Refused, Transition, Workflow
from portal.organisation.actors import Actor, Role

if TYPE_CHECKING:
    from approvals.models import ApprovalCase, BadRating

RECEIVED, CONTACTED, CLOSED = "received", "contacted", "closed"
STATES = {
    RECEIVED: pgettext_lazy("rating", "to be called"),
    CONTACTED: pgettext_lazy("rating", "to be put right"),
    CLOSED: pgettext_lazy("rating", "put right"),
}
BASIS = "国办发〔2019〕51号；本局“好差评”办法"
CALL_WITHIN = Term("rating.call", 1, DayUnit.WORKING_DAYS, 1, BASIS, Limit.STEP)
PUT_RIGHT_WITHIN = Term("rating.put_right", 15, DayUnit.WORKING_DAYS, 3, BASIS, Limit.PROMISED)
TERM_NAMES = {
    "rating.call": gettext_lazy("call after a bad rating"),
    "rating.put_right": gettext_lazy("putting right what was rated badly"),
}
BAD = frozenset({1, 2})
# How often the applicant is called in vain before it goes on without.
TRIES = 3
HANDLES = frozenset({Role.OFFICE_HEAD, Role.SUPERVISOR})


def rating_of(case: Case) -> BadRating:
    return cast("BadRating", case)


def may_read_words(approval: ApprovalCase, actor: Actor) -> bool:
    """Whether the actor may read what the applicant wrote: those who deal with ratings, not who was rated."""
    return actor.has_role(*HANDLES) and actor.id != approval.first_contact_id


def not_the_rated(move: Move) -> None:
    if move.actor.id is not None and move.actor.id == rating_of(move.case).approval.first_contact_id:
        raise NotAllowed(_("Who was rated does not deal with the rating."))


def called_before(move: Move) -> None:
    rating = rating_of(move.case)
    if rating.state == RECEIVED and rating.tries < TRIES:
        raise Refused(
            _("Please call the applicant first; after %(times)s calls in vain it goes on without.")
            % {"times": TRIES}
        )


def on_duty(move: Move) -> Mapping[str, Any]:
    approval = rating_of(move.case).approval
    rated = {pk for pk in (approval.first_contact_id,) if pk is not None}
    head = person_for(Role.OFFICE_HEAD, approval.unit_id, but=rated)
    holder_id = head if head is not None else person_for(Role.SUPERVISOR, None, but=rated)
    return {"unit": approval.unit, "holder_id": holder_id}


OPENING = Transition(
    name="receive",
    label=gettext_lazy("Bad rating received"),
    sources=frozenset(),
    target=RECEIVED,
    by=frozenset({Role.CITIZEN}),
    starts=(CALL_WITHIN, PUT_RIGHT_WITHIN),
    sets=on_duty,
    tells=("holder",),
)
TRANSITIONS = (
    Transition(
        name="call_back",
        label=gettext_lazy("The applicant was called"),
        sources=frozenset({RECEIVED}),
        target=CONTACTED,
        by=HANDLES,
        guards=(not_the_rated,),
        note="required",
        stops=("rating.call",),
        sets=lambda move: {"holder_id": move.actor.id},
    ),
    Transition(
        name="not_reached",
        label=gettext_lazy("Called in vain"),
        sources=frozenset({RECEIVED}),
        target=None,
        by=HANDLES,
        guards=(not_the_rated,),
        note="required",
        # Who was called was called, whether or not somebody answered.
        stops=("rating.call",),
        sets=lambda move: {"tries": rating_of(move.case).tries + 1, "holder_id": move.actor.id},
    ),
    Transition(
        name="put_right",
        label=gettext_lazy("Put right: close"),
        sources=frozenset({RECEIVED, CONTACTED}),
        target=CLOSED,
        by=HANDLES,
        guards=(not_the_rated, called_before),
        note="required",
        sets=lambda move: {"remedy": move.note},
        tells=("citizen",),
    ),
)
WORKFLOW = Workflow(states=STATES, opening=OPENING, transitions=TRANSITIONS, final=(CLOSED,))
