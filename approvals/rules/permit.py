"""What becomes of a permit after it was granted: suspended, changed, revoked, each with its reasons.

Source: 行政许可法 art. 8 (withdrawal and change where circumstances changed), art. 49 (change at the holder's
request), art. 69 and 70 (revocation, cancellation).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from approvals.rules.checks import check_length
from portal.cases.checking import written
from portal.cases.terms import local_day
from portal.cases.workflow import Move, Refused, Transition, Workflow
from portal.organisation.actors import Role

if TYPE_CHECKING:
    from approvals.models import Permit

IN_FORCE, SUSPENDED, REVOKED = "in_force", "suspended", "revoked"
STATES = {
    IN_FORCE: pgettext_lazy("permit", "granted"),
    SUSPENDED: pgettext_lazy("permit", "suspended"),
    REVOKED: pgettext_lazy("permit", "revoked"),
}
DECIDES = frozenset({Role.CHIEF_REPRESENTATIVE})


def permit_of(move: Move) -> Permit:
    """A permit has a state under rules and no clock: a move of it carries it in place of a case."""
    return cast("Permit", move.case)


def validity_fits(move: Move) -> None:
    permit = permit_of(move)
    last = move.changes.get("valid_until", permit.valid_until)
    if last is not None and last < max(local_day(move.at), permit.valid_from):
        raise Refused(
            _("The last day lies in the past, or before the first day of validity."), field="valid_until"
        )
    check_length(permit.valid_from, last, permit.case.guide.validity_months)


def has_not_expired(move: Move) -> None:
    """What is over is renewed by an application (art. 50), not changed."""
    last = permit_of(move).valid_until
    if last is not None and last < local_day(move.at):
        raise Refused(_("This permit has expired: it is renewed by a new application."))


def basis_is_written(move: Move) -> None:
    written("basis", gettext_lazy("Please name the law and article."))(move)


OPENING = Transition(
    name="issue",
    label=gettext_lazy("Issue the permit"),
    sources=frozenset(),
    target=IN_FORCE,
    by=frozenset({Role.CLERK}),
)
TRANSITIONS = (
    Transition(
        name="suspend",
        label=gettext_lazy("Suspend the permit"),
        sources=frozenset({IN_FORCE}),
        target=SUSPENDED,
        by=DECIDES,
        checks=(basis_is_written,),
        takes=("basis",),
        note="required",
    ),
    Transition(
        name="reinstate",
        label=gettext_lazy("Let the permit hold again"),
        sources=frozenset({SUSPENDED}),
        target=IN_FORCE,
        by=DECIDES,
        note="required",
    ),
    Transition(
        name="change",
        label=gettext_lazy("Change the permit"),
        sources=frozenset({IN_FORCE}),
        target=None,
        by=DECIDES,
        guards=(has_not_expired,),
        checks=(
            written("content", gettext_lazy("Please write what is granted.")),
            validity_fits,
            basis_is_written,
        ),
        changes=("content", "conditions", "valid_until"),
        takes=("basis",),
        note="required",
    ),
    Transition(
        name="revoke",
        label=gettext_lazy("Revoke the permit"),
        sources=frozenset({IN_FORCE, SUSPENDED}),
        target=REVOKED,
        by=DECIDES,
        checks=(basis_is_written,),
        takes=("basis",),
        note="required",
    ),
)
WORKFLOW = Workflow(states=STATES, opening=OPENING, transitions=TRANSITIONS, final=(REVOKED,))
