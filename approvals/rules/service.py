"""The proof that a paper was served (送达回证), and who records it.

Source: 行政许可法 art. 32 (notices in writing), art. 44 (delivery of the decision); 民事诉讼法 on service,
which agencies follow.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from approvals.rules.checks import SERVED_BY
from approvals.rules.terms import CLOSED
from portal.cases.workflow import NotAllowed, Refused
from portal.organisation.actors import Actor, Role

if TYPE_CHECKING:
    from approvals.models import ApprovalCase

# What was decided is served by the step that closes the application.
DECISIONS = frozenset({"grant", "denial", "permit"})


@dataclass(frozen=True, slots=True)
class Service:
    """How a paper was served, to whom, and on which day."""

    served_by: str
    served_to: str
    served_on: date | None


def check_may_record(case: ApprovalCase, purpose: str, *, actor: Actor) -> None:
    """Raises NotAllowed or Refused unless this actor may record the service of such a paper now.

    The clerk who answers for the application does; any clerk, where nobody does or who did has left.
    """
    owner = case.first_contact
    if not actor.has_role(Role.CLERK):
        raise NotAllowed(_("Your role does not permit this step."))
    if owner is not None and owner.pk != actor.id and owner.is_active and owner.has_staff_role(Role.CLERK):
        raise NotAllowed(_("Another clerk took this application first and answers for it."))
    if purpose in DECISIONS and case.state != CLOSED:
        raise Refused(_("A decision is served with the step that closes the application."))


def may_record(case: ApprovalCase, purpose: str, *, actor: Actor) -> bool:
    try:
        check_may_record(case, purpose, actor=actor)
    except Refused:
        return False
    return True


def check_proof(service: Service, *, issued_on: date, today: date) -> None:
    """Raises Refused, at the field, for a proof that is not whole or names an impossible day."""
    if service.served_by not in SERVED_BY:
        raise Refused(_("Please choose how it was served."), field="served_by")
    if not service.served_to:
        raise Refused(_("Please write who received it."), field="served_to")
    if service.served_on is None or not issued_on <= service.served_on <= today:
        raise Refused(
            _("Please give the day of service: between the day of the paper and today."), field="served_on"
        )
