"""The limits of an application, in working days (行政许可法 art. 82); those of an item stand in its guide."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from django.utils.translation import gettext_lazy

from portal.cases.models import Case
from portal.cases.terms import DayUnit, Limit, Term

if TYPE_CHECKING:
    from approvals.models import ApprovalCase

RECEIVED, SUPPLEMENT = "received", "supplement"
ACCEPTED, SURVEY, REVIEW, SIGN_OFF = "accepted", "survey", "review", "sign_off"
GRANTED, SERVING = "granted", "serving"
CLOSED, REFUSED, WITHDRAWN = "closed", "refused", "withdrawn"
# The chain: an item has those steps that its guide names, in this order.
STEP_STATES = {"preliminary": ACCEPTED, "survey": SURVEY, "review": REVIEW, "sign_off": SIGN_OFF}
STEP_AT = {state: step for step, state in STEP_STATES.items()}
STEP_NAMES = {
    "preliminary": gettext_lazy("preliminary review"),
    "survey": gettext_lazy("joint site survey"),
    "review": gettext_lazy("office head's review"),
    "sign_off": gettext_lazy("chief representative's sign-off"),
}
STEP_TERMS = {step: f"approvals.{step}" for step in STEP_STATES}
ACCEPT, DECIDE, PROMISE = "approvals.accept", "approvals.decide", "approvals.promise"
DELIVER = "approvals.deliver"
BRING, LAPSED = "approvals.supplement", "approvals.lapsed"
TERM_NAMES = {
    ACCEPT: gettext_lazy("acceptance"),
    BRING: gettext_lazy("supplement by the applicant"),
    LAPSED: gettext_lazy("deciding after a supplement did not come"),
    DECIDE: gettext_lazy("decision"),
    PROMISE: gettext_lazy("decision, as promised"),
    **{STEP_TERMS[step]: name for step, name in STEP_NAMES.items()},
    DELIVER: gettext_lazy("delivery of the decision"),
}
# What stands still while a hearing, a test or an expert review takes its time.
EXCLUDABLE = (DECIDE, PROMISE, *STEP_TERMS.values())
EXTENDED = (DECIDE, PROMISE)


def approval_of(case: Case) -> ApprovalCase:
    return cast("ApprovalCase", case)


# Art. 32: one notice within five working days; who says nothing has accepted on the day of receipt.
ACCEPT_WITHIN = Term(
    ACCEPT, 5, DayUnit.WORKING_DAYS, 1, "行政许可法第三十二条", Limit.STATUTORY, then="deem_accepted"
)
# Whoever was not brought what was missing decides soon, so that no application lies there for ever.
LAPSED_WITHIN = Term(LAPSED, 5, DayUnit.WORKING_DAYS, 1, "本局限时办结制", Limit.STEP)
# Art. 44: from the decision.
DELIVER_WITHIN = Term(DELIVER, 10, DayUnit.WORKING_DAYS, 2, "行政许可法第四十四条", Limit.STATUTORY)


def bring_within(case: Case) -> Term:
    """The applicant's own time for a supplement; when it is over nobody has missed anything."""
    guide = approval_of(case).guide
    basis = f"《{guide.item.name}》办事指南第{guide.number}版"
    return Term(
        BRING, guide.supplement_days, DayUnit.WORKING_DAYS, 1, basis, Limit.STEP, then="supplement_lapsed"
    )


def decide_within(case: Case) -> Term:
    """Art. 42: twenty working days from acceptance, or what the item's own law says; extended once."""
    guide = approval_of(case).guide
    return Term(
        DECIDE,
        guide.statutory_days,
        DayUnit.WORKING_DAYS,
        min(3, guide.statutory_days),
        "行政许可法第四十二条",
        Limit.STATUTORY,
        extensions=1 if guide.extend_at_most else 0,
        extend_at_most=guide.extend_at_most,
    )


def promise_within(case: Case) -> Term:
    """What the guide promises; an extension that the agency's head approves moves it as well."""
    guide = approval_of(case).guide
    return Term(
        PROMISE,
        guide.promised_days,
        DayUnit.WORKING_DAYS,
        1,
        f"《{guide.item.name}》办事指南第{guide.number}版",
        Limit.PROMISED,
        extensions=1 if guide.extend_at_most else 0,
        extend_at_most=guide.extend_at_most,
    )


def step_within(case: Case) -> Term:
    """The limit of the step at which the case is now, as its guide sets it."""
    approval = approval_of(case)
    step = STEP_AT[approval.state]
    basis = f"《{approval.guide.item.name}》办事指南第{approval.guide.number}版"
    return Term(STEP_TERMS[step], approval.days_of(step), DayUnit.WORKING_DAYS, 1, basis, Limit.STEP)
