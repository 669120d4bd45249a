"""An application (办件) on its way from the counter to the certificate.

Source: 行政许可法 (2019): receipt and acceptance art. 32, verification by two of the staff art. 34, decision
and extension art. 42, delivery art. 44, time that is not counted art. 45; the bureau's own rules of
first-contact responsibility (首问负责制) and limited-time handling (限时办结制).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from approvals.rules import checks as c
from approvals.rules.terms import (
    ACCEPT,
    ACCEPT_WITHIN,
    ACCEPTED,
    BRING,
    CLOSED,
    DECIDE,
    DELIVER_WITHIN,
    EXTENDED,
    GRANTED,
    LAPSED,
    LAPSED_WITHIN,
    PROMISE,
    RECEIVED,
    REFUSED,
    REVIEW,
    SERVING,
    SIGN_OFF,
    STEP_STATES,
    STEP_TERMS,
    SUPPLEMENT,
    SURVEY,
    WITHDRAWN,
    approval_of,
    bring_within,
    decide_within,
    promise_within,
    step_within,
)
from portal.cases.checking import person_for
from portal.cases.terms import local_day
from portal.cases.workflow import Move, Refused, Route, Transition, Workflow
from portal.organisation.actors import Role
from portal.workdays.calendar import OutsideCalendar

STATES = {
    RECEIVED: gettext_lazy("to be accepted"),
    SUPPLEMENT: gettext_lazy("to be supplemented by the applicant"),
    ACCEPTED: gettext_lazy("in preliminary review"),
    SURVEY: gettext_lazy("joint site survey"),
    REVIEW: gettext_lazy("office head's review"),
    SIGN_OFF: gettext_lazy("chief representative's sign-off"),
    GRANTED: gettext_lazy("granted, certificate to be issued"),
    SERVING: gettext_lazy("decided, to be served"),
    CLOSED: pgettext_lazy("application", "closed"),
    REFUSED: pgettext_lazy("application", "not accepted"),
    WITHDRAWN: pgettext_lazy("application", "withdrawn"),
}
FINAL = (CLOSED, REFUSED, WITHDRAWN)
OPEN = frozenset(STATES) - set(FINAL)
UNDER_WAY = frozenset({ACCEPTED, SURVEY, REVIEW, SIGN_OFF})
BEFORE_DECISION = UNDER_WAY | {RECEIVED, SUPPLEMENT}
OUTCOMES = {"granted": gettext_lazy("granted"), "denied": gettext_lazy("denied")}

CLERK, HEAD = frozenset({Role.CLERK}), frozenset({Role.OFFICE_HEAD})
CHIEF, AGENCY = frozenset({Role.CHIEF_REPRESENTATIVE}), frozenset({Role.AGENCY_HEAD})
SYSTEM, APPLICANT = frozenset({Role.SYSTEM}), frozenset({Role.CITIZEN})
SEEN_BY = CLERK | HEAD | CHIEF | AGENCY | {Role.SUPERVISOR}
HANDLED_BY = frozenset({Role.HANDLER})
TURN_OF = {
    REVIEW: (Role.OFFICE_HEAD, c.BEFORE_REVIEW),
    SIGN_OFF: (Role.CHIEF_REPRESENTATIVE, c.BEFORE_SIGN_OFF),
}


# Where it leads ---------------------------------------------------------------------------------------------


def after(step: str | None) -> Callable[[Move], str]:
    """The state of the next step that the item's guide has; a survey that was held is not held again."""

    def choose(move: Move) -> str:
        approval = approval_of(move.case)
        steps = list(STEP_STATES)
        later = steps if step is None else steps[steps.index(step) + 1 :]
        wanted = (
            each for each in later if approval.days_of(each) and not (each == "survey" and approval.surveyed)
        )
        return STEP_STATES[next(wanted)]

    return choose


def back(move: Move) -> str:
    approval = approval_of(move.case)
    return STEP_STATES[next(each for each in STEP_STATES if approval.days_of(each))]


def way(choose: Callable[[Move], str], *among: str) -> Route:
    return Route(frozenset(among), choose)


FIRST_STEP = way(after(None), *STEP_STATES.values())


def certificate_or_service(move: Move) -> str:
    return GRANTED if approval_of(move.case).guide.certificate else SERVING


def leads_back(move: Move) -> None:
    if back(move) == move.case.state:
        raise Refused(_("This item has no earlier step to which it could go back."))


# What follows from a step -----------------------------------------------------------------------------------

Sets = Callable[[Move], Mapping[str, Any]]


def turn(move: Move, state: str) -> Mapping[str, Any]:
    """Who is responsible in a state: whose review it is, else the clerk who took it first."""
    approval = approval_of(move.case)
    if state not in TURN_OF:
        return {"holder_id": approval.first_contact_id}
    role, steps = TURN_OF[state]
    but = c.workers(approval, steps)
    if move.actor.id is not None:
        but |= {move.actor.id}
    return {"holder_id": person_for(role, approval.unit_id, but=but)}


def goes_on(choose: Callable[[Move], str], step: str = "", **more: Any) -> Sets:
    """The next person's turn; the actor did `step`; `more` are fixed values."""

    def sets(move: Move) -> Mapping[str, Any]:
        own = c.done(move, step) if step else {}
        return {**own, **turn(move, choose(move)), **more}

    return sets


def stays_at_the_window(move: Move) -> Mapping[str, Any]:
    return {"holder_id": approval_of(move.case).first_contact_id}


def at_the_window(move: Move) -> Mapping[str, Any]:
    clerk_id = move.actor.id if move.actor.has_role(Role.CLERK) else None
    return {
        "unit": approval_of(move.case).guide.item.unit,
        "holder_id": clerk_id,
        "first_contact_id": clerk_id,
        "received_at": move.at,
    }


def with_who_takes_it(move: Move) -> Mapping[str, Any]:
    approval = approval_of(move.case)
    own = {"first_contact_id": move.actor.id}
    return own if approval.state in TURN_OF else {**own, "holder_id": move.actor.id}


def handed_over(clerk_of: Callable[[Move], int | None]) -> Sets:
    def sets(move: Move) -> Mapping[str, Any]:
        clerk_id = clerk_of(move)
        own = {"first_contact_id": clerk_id, "handover_to_id": None}
        return own if approval_of(move.case).state in TURN_OF else {**own, "holder_id": clerk_id}

    return sets


def supplement_asked(move: Move) -> Mapping[str, Any]:
    """The applicant has the guide's days to bring it; who brings nothing may be refused after them."""
    assert move.calendar is not None
    days = approval_of(move.case).guide.supplement_days
    until = move.calendar.add_workdays(local_day(move.at), days)
    return {**stays_at_the_window(move), "supplement_asked_at": move.at, "supplement_until": until}


def received_again(move: Move) -> Mapping[str, Any]:
    return {**stays_at_the_window(move), "received_at": move.at}


def accepted(move: Move) -> Mapping[str, Any]:
    return {**goes_on(after(None), "accept")(move), "accepted_at": move.at}


def deemed_accepted(move: Move) -> Mapping[str, Any]:
    """Art. 32: accepted from the day on which the application was received."""
    received_at = approval_of(move.case).received_at
    return {**turn(move, after(None)(move)), "deemed": True, "accepted_at": received_at}


def day_of_receipt(move: Move) -> datetime:
    return approval_of(move.case).received_at


def survey_over(move: Move) -> Mapping[str, Any]:
    approval = approval_of(move.case)
    survey = approval.survey()
    assert survey is not None
    # Who was there did the survey, and who signed or concluded it.
    signed = {each.signed_by_id for each in survey.parties.all()}
    before = set(approval.done_by.get("survey", ()))
    done_by = {**approval.done_by, "survey": sorted(before | survey.present_ids() | signed | {move.actor.id})}
    return {**turn(move, after("survey")(move)), "done_by": done_by, "surveyed": True}


def sent_back(move: Move) -> Mapping[str, Any]:
    again = bool(move.given.get("survey_again"))
    surveyed = approval_of(move.case).surveyed and not again
    return {**turn(move, back(move)), "surveyed": surveyed, "recommendation": ""}


def decided(outcome: str) -> Sets:
    def sets(move: Move) -> Mapping[str, Any]:
        return {
            **stays_at_the_window(move),
            **c.done(move, "sign_off"),
            "outcome": outcome,
            "decided_at": move.at,
        }

    return sets


def special_begins(move: Move) -> Mapping[str, Any]:
    """The days after today that the procedure takes; raises Refused where the calendar ends before."""
    assert move.calendar is not None
    try:
        last = move.calendar.add_workdays(local_day(move.at), move.given["days"])
    except OutsideCalendar as outside:
        sentence = _("The procedure would end after %(last)s, the last day that the calendar knows.")
        raise Refused(sentence % {"last": outside.last.isoformat()}, field="days") from None
    return {"special_until": last}


def step(name: str, label: Any, sources: Any, target: str | Route | None, by: Any, **more: Any) -> Transition:
    """A row, so that the table below stays a table."""
    return Transition(name=name, label=label, sources=frozenset(sources), target=target, by=by, **more)


# The rows ---------------------------------------------------------------------------------------------------

ALL_STEPS = tuple(STEP_TERMS.values())
BEGIN_DECIDING = (decide_within, promise_within, step_within)

OPENING = Transition(
    name="receive",
    label=pgettext_lazy("application", "Receive"),
    sources=frozenset(),
    target=RECEIVED,
    by=CLERK | APPLICANT,
    starts=(ACCEPT_WITHIN,),
    sets=at_the_window,
    tells=("citizen",),
)
TRANSITIONS = (
    step(
        "take",
        gettext_lazy("Take the application"),
        OPEN,
        None,
        CLERK,
        guards=(c.nobody_owns_it,),
        sets=with_who_takes_it,
    ),
    step(
        "check_materials",
        gettext_lazy("Check the materials"),
        {RECEIVED},
        None,
        CLERK,
        guards=(c.owned_by(),),
        checks=(c.what_is_wrong_is_written,),
        takes=("checked",),
    ),
    step(
        "accept",
        gettext_lazy("Accept"),
        {RECEIVED},
        FIRST_STEP,
        CLERK,
        guards=(c.owned_by(), c.everything_in_order),
        note="optional",
        starts=BEGIN_DECIDING,
        stops=(ACCEPT,),
        sets=accepted,
        tells=("citizen", "holder"),
    ),
    step(
        "deem_accepted",
        gettext_lazy("Accepted by silence"),
        {RECEIVED},
        FIRST_STEP,
        SYSTEM,
        starts=(step_within,),
        starts_earlier=(decide_within, promise_within),
        stops=(ACCEPT,),
        since=day_of_receipt,
        sets=deemed_accepted,
        tells=("citizen", "holder", "supervisors"),
    ),
    step(
        "certify_acceptance",
        gettext_lazy("Issue the acceptance notice"),
        UNDER_WAY,
        None,
        CLERK,
        guards=(c.owned_by(), c.deemed_without_notice),
        sets=lambda move: c.done(move, "accept"),
        tells=("citizen",),
    ),
    step(
        "ask_supplement",
        gettext_lazy("Ask for everything that is missing"),
        {RECEIVED},
        SUPPLEMENT,
        CLERK,
        guards=(c.owned_by(), c.not_asked_before, c.something_is_missing),
        checks=(c.everything_missing_is_named,),
        note="optional",
        starts=(bring_within,),
        stops=(ACCEPT,),
        sets=supplement_asked,
        tells=("citizen",),
    ),
    step(
        "supplement",
        gettext_lazy("The supplement has arrived"),
        {SUPPLEMENT},
        RECEIVED,
        CLERK | APPLICANT,
        guards=(c.owned_by(Role.CITIZEN),),
        note="optional",
        starts=(ACCEPT_WITHIN,),
        stops=(BRING, LAPSED),
        sets=received_again,
        tells=("citizen", "holder"),
    ),
    step(
        "supplement_lapsed",
        gettext_lazy("The time for the supplement is over"),
        {SUPPLEMENT},
        None,
        SYSTEM,
        starts=(LAPSED_WITHIN,),
        tells=("citizen", "holder"),
    ),
    step(
        "refuse",
        gettext_lazy("Do not accept"),
        {RECEIVED, SUPPLEMENT},
        REFUSED,
        CLERK,
        guards=(c.owned_by(),),
        checks=(c.ground_is_given,),
        changes=("refusal_ground", "competent_agency"),
        note="required",
        tells=("citizen",),
    ),
    step(
        "withdraw",
        gettext_lazy("Withdraw the application"),
        BEFORE_DECISION,
        WITHDRAWN,
        CLERK | APPLICANT,
        guards=(c.owned_by(Role.CITIZEN),),
        note="required",
        tells=("citizen", "holder"),
    ),
    step(
        "pass_preliminary",
        gettext_lazy("Finish the preliminary review"),
        {ACCEPTED},
        way(after("preliminary"), SURVEY, REVIEW, SIGN_OFF),
        CLERK,
        guards=(c.owned_by(), c.nothing_excluded_now),
        checks=(c.recommends,),
        changes=("recommendation",),
        note="required",
        starts=(step_within,),
        stops=ALL_STEPS,
        sets=goes_on(after("preliminary"), "preliminary"),
        tells=("holder",),
    ),
    step(
        "arrange_survey",
        gettext_lazy("Arrange the joint survey"),
        {SURVEY},
        None,
        CLERK,
        guards=(c.owned_by(), c.survey_is_not_complete),
        checks=(c.survey_is_planned,),
        takes=("units", "planned_at", "place"),
        note="optional",
        tells=("citizen", "parties"),
    ),
    step(
        "sign_opinion",
        gettext_lazy("Sign your unit's opinion"),
        {SURVEY},
        None,
        HANDLED_BY | CLERK,
        guards=(c.takes_part,),
        checks=(c.opinion_is_written,),
        takes=("verdict", "opinion", "present"),
        tells=("holder",),
    ),
    step(
        "conclude_survey",
        gettext_lazy("Conclude the survey"),
        {SURVEY},
        way(after("survey"), REVIEW, SIGN_OFF),
        CLERK,
        guards=(c.owned_by(), c.everybody_signed, c.nothing_excluded_now),
        note="optional",
        starts=(step_within,),
        stops=ALL_STEPS,
        sets=survey_over,
        tells=("holder",),
    ),
    step(
        "pass_review",
        gettext_lazy("Pass on for sign-off"),
        {REVIEW},
        way(after("review"), SIGN_OFF),
        HEAD,
        guards=(c.did_none_of(*c.BEFORE_REVIEW), c.nothing_excluded_now),
        checks=(c.recommends,),
        changes=("recommendation",),
        note="required",
        starts=(step_within,),
        stops=ALL_STEPS,
        sets=goes_on(after("review"), "review"),
        tells=("holder",),
    ),
    step(
        "send_back",
        gettext_lazy("Send back to the window"),
        {REVIEW, SIGN_OFF},
        way(back, *STEP_STATES.values()),
        HEAD | CHIEF,
        guards=(c.their_turn, leads_back, c.nothing_excluded_now),
        takes=("survey_again",),
        note="required",
        starts=(step_within,),
        stops=ALL_STEPS,
        sets=sent_back,
        tells=("holder",),
    ),
    step(
        "grant",
        gettext_lazy("Grant"),
        {SIGN_OFF},
        way(certificate_or_service, GRANTED, SERVING),
        CHIEF,
        guards=(c.did_none_of(*c.BEFORE_SIGN_OFF), c.nothing_excluded_now),
        checks=(c.content_is_written, c.validity_fits),
        changes=("content", "conditions", "valid_from", "valid_until"),
        note="optional",
        starts=(DELIVER_WITHIN,),
        stops=(DECIDE, PROMISE, *ALL_STEPS),
        sets=decided("granted"),
        tells=("citizen", "holder"),
    ),
    step(
        "deny",
        pgettext_lazy("application", "Deny"),
        {SIGN_OFF},
        SERVING,
        CHIEF,
        guards=(c.did_none_of(*c.BEFORE_SIGN_OFF), c.nothing_excluded_now),
        checks=(c.basis_of_denial_is_written,),
        changes=("denial_basis",),
        note="required",
        starts=(DELIVER_WITHIN,),
        stops=(DECIDE, PROMISE, *ALL_STEPS),
        sets=decided("denied"),
        tells=("citizen", "holder"),
    ),
    step(
        "issue_certificate",
        gettext_lazy("Issue the certificate"),
        {GRANTED},
        SERVING,
        CLERK,
        guards=(c.owned_by(),),
    ),
    step(
        "serve",
        gettext_lazy("Served: close"),
        {SERVING},
        CLOSED,
        CLERK,
        guards=(c.owned_by(),),
        checks=(c.place_of_service_is_written, c.service_fits),
        changes=("served_by", "served_to", "served_on"),
        private=("served_to",),
        note="optional",
        tells=("citizen",),
    ),
    step(
        "special_procedure",
        gettext_lazy("Begin a special procedure"),
        UNDER_WAY,
        None,
        CLERK | HEAD,
        guards=(c.owned_by(Role.OFFICE_HEAD), c.nothing_excluded_now, c.limit_runs),
        checks=(c.procedure_fits,),
        changes=("special_kind",),
        takes=("days",),
        note="required",
        sets=special_begins,
        tells=("citizen", "holder"),
    ),
    step(
        "end_special_procedure",
        gettext_lazy("End the special procedure"),
        UNDER_WAY,
        None,
        CLERK | HEAD,
        guards=(c.owned_by(Role.OFFICE_HEAD), c.something_excluded_now),
        note="optional",
        sets=lambda move: {"special_until": None},
        tells=("citizen", "holder"),
    ),
    step(
        "ask_extension",
        gettext_lazy("Ask for an extension"),
        UNDER_WAY,
        None,
        CLERK | HEAD,
        guards=(c.owned_by(Role.OFFICE_HEAD), c.nothing_asked_yet, c.limit_extendable),
        checks=(c.days_are_asked,),
        changes=("extension_asked",),
        note="required",
        tells=("agency_head",),
    ),
    step(
        "extend",
        gettext_lazy("Extend the limit"),
        UNDER_WAY,
        None,
        AGENCY,
        guards=(c.limit_extendable,),
        note="required",
        extends=EXTENDED,
        sets=lambda move: {"extension_asked": None},
        tells=("holder", "citizen"),
    ),
    step(
        "refuse_extension",
        gettext_lazy("Refuse the extension"),
        UNDER_WAY,
        None,
        AGENCY,
        guards=(c.extension_asked,),
        note="required",
        sets=lambda move: {"extension_asked": None},
        tells=("holder",),
    ),
    step(
        "offer_handover",
        gettext_lazy("Offer a handover"),
        OPEN,
        None,
        CLERK,
        guards=(c.owned_by(), c.not_offered),
        checks=(c.another_clerk_is_named,),
        changes=("handover_to",),
        note="optional",
        tells=("handover",),
    ),
    step(
        "accept_handover",
        gettext_lazy("Accept the handover"),
        OPEN,
        None,
        CLERK,
        guards=(c.offered_to_oneself,),
        sets=handed_over(lambda move: move.actor.id),
    ),
    step(
        "decline_handover",
        gettext_lazy("Decline the handover"),
        OPEN,
        None,
        CLERK,
        guards=(c.offered_to_oneself,),
        note="required",
        sets=lambda move: {"handover_to_id": None},
        tells=("owner",),
    ),
    step(
        "reassign",
        gettext_lazy("Give it to another clerk"),
        OPEN,
        None,
        HEAD,
        guards=(c.owner_has_left,),
        checks=(c.another_clerk_is_named,),
        takes=("handover_to",),
        note="optional",
        sets=handed_over(lambda move: move.given["handover_to"].pk),
        tells=("owner",),
    ),
    step(
        "urge",
        gettext_lazy("Urge"),
        OPEN,
        None,
        HEAD | {Role.SUPERVISOR},
        guards=(c.somebody_owns_it,),
        note="required",
        tells=("holder",),
    ),
    step(
        "rate",
        gettext_lazy("Rate"),
        {CLOSED, REFUSED},
        None,
        APPLICANT,
        guards=(c.not_rated_yet,),
        checks=(c.grade_is_given,),
        changes=("rating", "rating_words"),
        private=("rating_words",),
        sets=lambda move: {"rated_at": move.at},
    ),
)
WORKFLOW = Workflow(states=STATES, opening=OPENING, transitions=TRANSITIONS, final=FINAL)
