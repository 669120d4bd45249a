"""What waits for a member of staff at the window: the rows of the desk, and why each stands there."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from approvals import workflow
from approvals.models import ApprovalCase, SurveyParty
from approvals.rules import checks
from approvals.rules.terms import REVIEW, SIGN_OFF, SURVEY
from portal.organisation.actors import Actor, Role

DESK_ROLES = workflow.CLERK | workflow.HEAD | workflow.CHIEF | workflow.AGENCY | workflow.HANDLED_BY


def waits_for(actor: Actor) -> Q:
    """Open applications that want something of the actor, as a condition; with several roles, of any."""
    wanted = Q(pk__in=())
    if actor.has_role(*workflow.CLERK):
        # Who took it answers for it to the end, at whosever step it is (首问负责制).
        wanted |= Q(first_contact_id=actor.id) | Q(first_contact=None) | Q(handover_to_id=actor.id)
    if actor.has_role(*workflow.HEAD):
        wanted |= Q(state=REVIEW) & did_none_of(actor, checks.BEFORE_REVIEW)
        wanted |= owner_has_left()
    if actor.has_role(*workflow.CHIEF):
        wanted |= Q(state=SIGN_OFF) & did_none_of(actor, checks.BEFORE_SIGN_OFF)
    if actor.has_role(*workflow.AGENCY):
        wanted |= Q(state__in=workflow.UNDER_WAY, extension_asked__isnull=False)
    if actor.has_role(*workflow.HANDLED_BY):
        wanted |= Q(state=SURVEY, pk__in=unsigned(actor).values("survey__case_id"))
    return Q(closed_at=None) & wanted


def with_to_be_signed(approvals: QuerySet[ApprovalCase], actor: Actor) -> QuerySet[ApprovalCase]:
    """With `to_be_signed`: whether a survey under way waits for the opinion of the actor's own unit."""
    mine = unsigned(actor).filter(survey__case_id=OuterRef("pk"))
    return approvals.annotate(to_be_signed=Exists(mine))


def unsigned(actor: Actor) -> QuerySet[SurveyParty]:
    """The places of the actor's unit in surveys under way where its opinion is missing."""
    own = SurveyParty.objects.filter(unit_id=actor.unit_id or 0)
    return own.filter(signed_at=None, survey__concluded_at=None)


def did_none_of(actor: Actor, steps: tuple[str, ...]) -> Q:
    """`checks.did_none_of` as a condition: what one may not review does not wait for one."""
    condition = Q()
    for step in steps:
        condition &= ~Q(done_by__contains={step: [actor.id]})
    return condition


def owner_has_left() -> Q:
    """`checks.owner_has_left` as a condition: the office head gives it to another clerk."""
    works = Q(first_contact__is_active=True, first_contact__roles__contains=[Role.CLERK.value])
    return Q(first_contact__isnull=False) & ~works


def why(case: ApprovalCase, actor: Actor) -> str:
    """What the application wants of the reader, in a phrase; "" where its state says it."""
    if not case.is_open:
        return ""
    if case.handover_to_id is not None and case.handover_to_id == actor.id:
        return _("A handover is offered to you")
    if actor.has_role(*workflow.CLERK) and case.first_contact_id is None:
        return _("Nobody has taken it yet")
    if actor.has_role(*workflow.AGENCY) and case.extension_asked is not None:
        days = case.extension_asked
        return ngettext(
            "%(days)s more working day is asked for", "%(days)s more working days are asked for", days
        ) % {"days": days}
    owner = case.first_contact
    works_here = owner is None or (owner.is_active and owner.has_staff_role(Role.CLERK))
    if actor.has_role(*workflow.HEAD) and not works_here:
        return _("Who took it no longer works at the window")
    if actor.has_role(*workflow.HANDLED_BY) and getattr(case, "to_be_signed", False):
        return _("Your unit has not signed its opinion")
    return ""
