"""An information request (依申请公开) on its way from the applicant to the answer.

Source: 政府信息公开条例 (国令711号, 2019): the application art. 29, supplement art. 30, receipt art. 31,
third parties art. 32, the limit and its extension art. 33, agencies that made it together art. 34, answers
art. 36 to 41, fees art. 42 with 国办函〔2020〕109号.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time
from typing import Any

from django.utils.translation import gettext_lazy, pgettext_lazy

from disclosure.rules import request_checks as c
from disclosure.rules.replies import FEE_LAPSED, OTHER, REPLIES, SUPPLEMENT_LAPSED
from disclosure.rules.request_terms import (
    BRING,
    CLOSED,
    CONFIRM,
    CONFIRM_WITHIN,
    CONSULT,
    CONSULT_WITHIN,
    CONSULTING,
    DELIVER,
    DELIVER_WITHIN,
    DELIVERED,
    FEE,
    FINAL,
    LAPSED,
    LAPSED_WITHIN,
    NOTIFY,
    NOTIFY_WITHIN,
    PAY,
    PAY_WITHIN,
    REGISTERED,
    REPLIED,
    REPLY,
    REPLY_WITHIN,
    REVIEWING,
    STATES,
    SUBMITTED,
    SUPPLEMENT,
    bring_within,
    request_of,
)
from portal.cases.checking import person_for
from portal.cases.terms import SHANGHAI
from portal.cases.workflow import Move, Route, Transition, Workflow
from portal.organisation.actors import Role
from portal.organisation.models import Staff

OFFICER, REVIEWER = frozenset({Role.DISCLOSURE_OFFICER}), frozenset({Role.SECRECY_REVIEWER})
HEAD, SUPERVISORS = frozenset({Role.AGENCY_HEAD}), frozenset({Role.SUPERVISOR})
APPLICANT, SYSTEM = frozenset({Role.CITIZEN}), frozenset({Role.SYSTEM})
SEEN_BY = OFFICER | REVIEWER | HEAD | SUPERVISORS
# Only they need to know who asks.
KNOWS_THE_APPLICANT = OFFICER
UNANSWERED = frozenset({SUBMITTED, REGISTERED, SUPPLEMENT, REVIEWING, CONSULTING, FEE})
OPEN = frozenset(STATES) - set(FINAL)
AT_WORK = frozenset({REGISTERED, REVIEWING, CONSULTING})


# What follows from a step -----------------------------------------------------------------------------------


def with_an_officer(move: Move) -> Mapping[str, Any]:
    """Of whoever enters it; of one from the web the first officer there is, and that officer's unit."""
    holder_id = move.actor.id or person_for(Role.DISCLOSURE_OFFICER, None)
    unit_id = move.actor.unit_id
    if move.actor.id is None and holder_id is not None:
        unit_id = Staff.objects.values_list("unit_id", flat=True).get(pk=holder_id)
    return {"holder_id": holder_id, "unit_id": unit_id}


def with_the_actor(move: Move) -> Mapping[str, Any]:
    return {"holder_id": move.actor.id}


def since_receipt(move: Move) -> datetime:
    """The day of receipt, which itself is not counted (民法典 art. 201)."""
    return datetime.combine(move.changes["received_on"], time(9), SHANGHAI)


def supplement_asked(move: Move) -> Mapping[str, Any]:
    return {"supplement_asked_at": move.at}


def supplemented(move: Move) -> Mapping[str, Any]:
    """What it asks for may be another thing now, of which nobody has reviewed the secrecy."""
    reviewed = {"secrecy_basis": "", "secrecy_by_id": None, "secrecy_at": None}
    return {"supplemented_at": move.at, "supplement_over": False, **reviewed}


def on_in_review(move: Move) -> str:
    """Where the last of those who were asked has answered, it is worked on again."""
    waiting = [each for each in request_of(move.case).consultations.all() if not each.answer]
    party = move.given.get("party")
    return REVIEWING if {each.pk for each in waiting} <= {party.pk if party else None} else CONSULTING


def secrecy_reviewed(move: Move) -> Mapping[str, Any]:
    return {"secrecy_by_id": move.actor.id, "secrecy_at": move.at}


def fee_asked(move: Move) -> Mapping[str, Any]:
    return {"fee": c.fee_of(move), "fee_asked_at": move.at}


def answered(move: Move) -> Mapping[str, Any]:
    cell = REPLIES[move.changes["reply_type"]].cell
    return {"outcome": cell, "replied_at": move.at, "holder_id": move.actor.id, "extension_asked": None}


def given_up(move: Move) -> Mapping[str, Any]:
    """Each is a row of table 3 of its own."""
    return ended(FEE_LAPSED if move.case.state == FEE else SUPPLEMENT_LAPSED)(move)


def ended(outcome: str) -> Any:
    def sets(move: Move) -> Mapping[str, Any]:
        return {"outcome": outcome, "replied_at": move.at}

    return sets


OPENING = Transition(
    name="submit",
    label=gettext_lazy("Send the request"),
    sources=frozenset(),
    target=SUBMITTED,
    by=APPLICANT | OFFICER,
    starts=(CONFIRM_WITHIN,),
    sets=with_an_officer,
    tells=("citizen", "holder"),
)
TRANSITIONS = (
    Transition(
        name="register",
        label=gettext_lazy("Register as received"),
        sources=frozenset({SUBMITTED}),
        target=REGISTERED,
        by=OFFICER,
        checks=(c.day_of_receipt_fits,),
        changes=("received_on",),
        note="optional",
        starts_earlier=(NOTIFY_WITHIN, REPLY_WITHIN),
        since=since_receipt,
        stops=(CONFIRM,),
        sets=with_the_actor,
        tells=("citizen",),
    ),
    Transition(
        name="begin_review",
        label=gettext_lazy("It is complete: work on it"),
        sources=frozenset({REGISTERED}),
        target=REVIEWING,
        by=OFFICER,
        note="optional",
        stops=(NOTIFY,),
        sets=with_the_actor,
    ),
    Transition(
        name="ask_supplement",
        label=gettext_lazy("Ask for everything that is missing"),
        sources=frozenset({REGISTERED, REVIEWING}),
        target=SUPPLEMENT,
        by=OFFICER,
        guards=(c.not_asked_before, c.still_in_time_to_ask),
        checks=(c.supplement_days_fit,),
        changes=("supplement_days",),
        note="required",
        starts=(bring_within,),
        stops=(NOTIFY,),
        voids=(REPLY,),
        sets=supplement_asked,
        tells=("citizen",),
    ),
    Transition(
        name="supplement",
        label=gettext_lazy("The supplement has arrived"),
        sources=frozenset({SUPPLEMENT}),
        target=REVIEWING,
        by=OFFICER | APPLICANT,
        checks=(c.description_is_written,),
        changes=("description",),
        private=("description",),
        note="optional",
        starts=(REPLY_WITHIN,),
        stops=(BRING, LAPSED),
        sets=supplemented,
        tells=("citizen", "holder"),
    ),
    Transition(
        name="supplement_over",
        label=gettext_lazy("The time for the supplement is over"),
        sources=frozenset({SUPPLEMENT}),
        target=None,
        by=SYSTEM,
        guards=(c.time_is_over(BRING),),
        starts=(LAPSED_WITHIN,),
        sets=lambda move: {"supplement_over": True},
        tells=("citizen", "holder"),
    ),
    Transition(
        name="lapse",
        label=gettext_lazy("Given up: nothing came in time, without good reason"),
        sources=frozenset({SUPPLEMENT, FEE}),
        target=CLOSED,
        by=OFFICER,
        guards=(c.applicant_is_overdue,),
        note="required",
        sets=given_up,
        tells=("citizen",),
    ),
    Transition(
        name="consult",
        label=gettext_lazy("Ask those whom it concerns"),
        sources=frozenset({REVIEWING}),
        target=CONSULTING,
        by=OFFICER,
        guards=(c.limit_not_missed, c.not_on_the_last_day),
        checks=(c.somebody_is_asked,),
        takes=("parties",),
        private=("parties",),
        note="required",
        starts=(CONSULT_WITHIN,),
        tells=("citizen",),
    ),
    Transition(
        name="record_opinion",
        label=gettext_lazy("Record an opinion that came"),
        sources=frozenset({CONSULTING}),
        target=Route(frozenset({REVIEWING, CONSULTING}), on_in_review),
        by=OFFICER,
        checks=(c.opinion_fits,),
        takes=("party", "answer", "reason", "answered_on"),
        private=("reason",),
        also_stops=lambda move: (CONSULT,) if on_in_review(move) == REVIEWING else (),
    ),
    Transition(
        name="consultation_over",
        label=gettext_lazy("The time for opinions is over"),
        sources=frozenset({CONSULTING}),
        target=REVIEWING,
        by=SYSTEM,
        guards=(c.time_is_over(CONSULT),),
        tells=("holder",),
    ),
    Transition(
        name="pass_secrecy",
        label=gettext_lazy("Its secrecy is reviewed: it may be given"),
        sources=frozenset({REVIEWING}),
        target=None,
        by=REVIEWER,
        guards=(c.somebody_else_works_on_it,),
        checks=(c.basis_is_written,),
        changes=("secrecy_basis",),
        note="optional",
        sets=secrecy_reviewed,
        tells=("holder",),
    ),
    Transition(
        name="ask_extension",
        label=gettext_lazy("Ask for an extension"),
        sources=AT_WORK,
        target=None,
        by=OFFICER,
        guards=(c.nothing_asked_yet, c.limit_extendable),
        checks=(c.days_are_asked,),
        changes=("extension_asked",),
        note="required",
        sets=lambda move: {"extension_asked_by_id": move.actor.id},
        tells=("agency_head",),
    ),
    Transition(
        name="extend",
        label=gettext_lazy("Extend the limit"),
        sources=AT_WORK,
        target=None,
        by=HEAD,
        guards=(c.limit_extendable, c.asked_by_somebody_else),
        note="required",
        extends=(REPLY,),
        sets=lambda move: {"extension_asked": None, "extended_at": move.at},
        tells=("holder", "citizen"),
    ),
    Transition(
        name="refuse_extension",
        label=gettext_lazy("Refuse the extension"),
        sources=AT_WORK,
        target=None,
        by=HEAD,
        guards=(c.extension_asked,),
        note="required",
        sets=lambda move: {"extension_asked": None},
        tells=("holder",),
    ),
    Transition(
        name="ask_fee",
        label=gettext_lazy("Ask for the fee"),
        sources=frozenset({REVIEWING}),
        target=FEE,
        by=OFFICER,
        guards=(c.no_fee_yet, c.limit_not_missed),
        checks=(c.fee_is_due,),
        changes=("fee_by", "fee_pages"),
        note="optional",
        starts=(PAY_WITHIN,),
        voids=(REPLY,),
        sets=fee_asked,
        tells=("citizen",),
    ),
    Transition(
        name="record_payment",
        label=gettext_lazy("Record the payment"),
        sources=frozenset({FEE}),
        target=REVIEWING,
        by=OFFICER,
        checks=(c.day_of_payment_fits,),
        changes=("paid_on",),
        note="optional",
        # 国办函〔2020〕109号: the limit begins anew on the day after the payment.
        starts_earlier=(REPLY_WITHIN,),
        since=lambda move: datetime.combine(move.changes["paid_on"], time(9), SHANGHAI),
        stops=(PAY, LAPSED),
        tells=("citizen",),
    ),
    Transition(
        name="fee_over",
        label=gettext_lazy("The fee was not paid in time"),
        sources=frozenset({FEE}),
        target=None,
        by=SYSTEM,
        guards=(c.time_is_over(PAY),),
        starts=(LAPSED_WITHIN,),
        sets=lambda move: {"payment_over": True},
        tells=("citizen", "holder"),
    ),
    Transition(
        name="reply",
        label=gettext_lazy("Answer the request"),
        sources=frozenset({REVIEWING}),
        target=REPLIED,
        by=OFFICER,
        checks=(c.reply_fits,),
        changes=(
            *("reply_type", "reply_text", "withheld_grounds", "earlier"),
            *("competent_agency", "public_item", "public_interest"),
        ),
        takes=("files",),
        private=("reply_text", "public_interest", "files"),
        starts=(DELIVER_WITHIN,),
        stops=(REPLY,),
        sets=answered,
        tells=("citizen",),
    ),
    Transition(
        name="deliver",
        label=gettext_lazy("Delivered"),
        sources=frozenset({REPLIED}),
        target=DELIVERED,
        by=OFFICER,
        checks=(c.service_fits,),
        changes=("served_by", "served_to", "served_on"),
        private=("served_to",),
        note="optional",
        stops=(DELIVER,),
        tells=("citizen",),
    ),
    Transition(
        name="close",
        label=pgettext_lazy("information request", "Close"),
        sources=frozenset({DELIVERED}),
        target=CLOSED,
        by=OFFICER,
        note="optional",
    ),
    Transition(
        name="withdraw",
        label=gettext_lazy("Withdraw the request"),
        sources=UNANSWERED,
        target=CLOSED,
        by=OFFICER | APPLICANT,
        checks=(c.staff_say_why,),
        note="optional",
        sets=ended(OTHER),
        tells=("citizen", "holder"),
    ),
    Transition(
        name="urge",
        label=gettext_lazy("Urge"),
        sources=OPEN,
        target=None,
        by=SUPERVISORS,
        note="required",
        tells=("holder",),
    ),
)
WORKFLOW = Workflow(states=STATES, opening=OPENING, transitions=TRANSITIONS, final=FINAL)
