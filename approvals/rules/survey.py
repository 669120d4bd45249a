"""Photos of the site that reach the portal after their unit has signed: who adds them, and how long.

Source: 行政许可法 art. 34 (two of the staff at least verify on the spot). What the unit says stays as it was
signed; a photo is evidence beside it, until the survey is concluded on what there is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from approvals.rules.terms import SURVEY
from portal.cases.workflow import NotAllowed, Refused
from portal.organisation.actors import Actor, Role

if TYPE_CHECKING:
    from approvals.models import ApprovalCase

# Those who sign an opinion.
SIGNERS = frozenset({Role.HANDLER, Role.CLERK})


def check_may_add_photos(case: ApprovalCase, *, actor: Actor) -> None:
    """Raises NotAllowed or Refused unless this actor may add photos to the survey under way now.

    Whoever of the unit was there may, once it has signed; before that they come with the opinion.
    """
    if not actor.has_role(*SIGNERS):
        raise NotAllowed(_("Your role does not permit this step."))
    survey = case.survey()
    if case.state != SURVEY or survey is None:
        raise Refused(_("No survey is under way to which photos could be added."))
    own = next((each for each in survey.parties.all() if each.unit_id == actor.unit_id), None)
    if own is None:
        raise NotAllowed(_("Your unit does not take part in this survey."))
    if own.signed_at is None:
        raise Refused(_("Your unit has not signed its opinion yet: please send the photos with it."))
    if actor.id not in {each.pk for each in own.present.all()} | {own.signed_by_id}:
        raise NotAllowed(_("Photos of the site are added by those who were there."))


def may_add_photos(case: ApprovalCase, *, actor: Actor) -> bool:
    try:
        check_may_add_photos(case, actor=actor)
    except Refused:
        return False
    return True
