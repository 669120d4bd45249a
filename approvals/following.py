"""What follows from a step beside the case itself, in the same transaction, whoever takes the step.

Registered as an effect of the cases, before the notices: what people are told of is there when they are told.
"""

from __future__ import annotations

from collections.abc import Callable

from approvals import papers, ratings, surveys
from approvals.actions import KIND
from approvals.models import GivenMaterial, Paper
from approvals.permits import issue_permit
from approvals.rules.terms import EXCLUDABLE, approval_of
from portal.cases.effects import Moved
from portal.cases.excluding import exclude_from, resume_in
from portal.cases.terms import ONE_DAY, local_day


def follow(moved: Moved) -> None:
    """Do what belongs to the step of an application; other kinds of case are others' concern."""
    if moved.case.kind != KIND:
        return
    for what in FOLLOWS.get(moved.transition.name, ()):
        what(moved)


def keep_what_was_checked(moved: Moved) -> None:
    rows = list(GivenMaterial.objects.filter(case_id=moved.case.pk))
    for row in rows:
        row.in_order, problem = moved.given["checked"].get(row.material_id, (None, ""))
        row.problem = problem.strip() if row.in_order is False else ""
    GivenMaterial.objects.bulk_update(rows, ["in_order", "problem"])
    approval_of(moved.case).__dict__.pop("given", None)


def exclude_the_time(moved: Moved) -> None:
    """The days of a special procedure do not count; its notice is the document that says so."""
    case = approval_of(moved.case)
    notice = papers.issue_special(moved)
    assert case.special_until is not None
    assert moved.calendar is not None
    exclude_from(
        case,
        list(moved.running),
        *EXCLUDABLE,
        starts_on=local_day(moved.at) + ONE_DAY,
        ends_on=case.special_until,
        reason=f"{papers.procedure_of(case)}：{moved.note}"[:200],
        basis="行政许可法第四十五条",
        evidence=notice.document.number,
        actor=moved.actor,
        at=moved.at,
        calendar=moved.calendar,
    )


def count_on(moved: Moved) -> None:
    assert moved.calendar is not None
    resume_in(
        moved.case,
        list(moved.running),
        *EXCLUDABLE,
        ends_on=local_day(moved.at),
        actor=moved.actor,
        at=moved.at,
        calendar=moved.calendar,
    )


def note_service(moved: Moved) -> None:
    """The proof of service of what was decided stands with its papers."""
    case = approval_of(moved.case)
    Paper.objects.filter(case=case, purpose__in=("grant", "denial", "permit"), served_on=None).update(
        served_by=case.served_by, served_to=case.served_to, served_on=case.served_on
    )


FOLLOWS: dict[str, tuple[Callable[[Moved], object], ...]] = {
    "receive": (papers.issue_receipt,),
    "supplement": (papers.issue_receipt,),
    "check_materials": (keep_what_was_checked,),
    "accept": (papers.issue_acceptance,),
    "certify_acceptance": (papers.issue_acceptance,),
    "ask_supplement": (papers.issue_supplement,),
    "refuse": (papers.issue_refusal,),
    "arrange_survey": (surveys.arrange,),
    "sign_opinion": (surveys.sign,),
    "conclude_survey": (surveys.conclude,),
    "special_procedure": (exclude_the_time,),
    "end_special_procedure": (count_on,),
    "extend": (papers.issue_extension,),
    "grant": (papers.issue_grant,),
    "deny": (papers.issue_denial,),
    "issue_certificate": (issue_permit,),
    "serve": (note_service,),
    "rate": (ratings.open_if_bad,),
}
