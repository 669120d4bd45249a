"""The rules of a pledge (公开承诺书) and of the complaint of its breach (违诺投诉): THE place for them.

Sources: the bureau's rules of public pledges and of limited-time handling (限时办结制); who wrote a text
neither reviews nor signs it, and nobody handles a complaint against themselves, as everywhere in the bureau.
What was signed stays readable for ever. A complaint is received within 1 working day and answered within 15.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, cast

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from portal.cases.models import Case
from portal.cases.terms import DayUnit, Limit, Term, local_day
from portal.cases.workflow import Move, NotAllowed, Refused, Transition, Workflow
from portal.organisation.actors import Actor, Role
from portal.organisation.models import Staff, Unit, subtree_ids

if TYPE_CHECKING:
    from pledges.models import Breach, PledgeVersion

# The versions of a pledge -----------------------------------------------------------------------------------

DRAFT, REVIEWED, SIGNED = "draft", "reviewed", "signed"
PUBLISHED, SUPERSEDED, WITHDRAWN = "published", "superseded", "withdrawn"

VERSION_STATES = {
    DRAFT: gettext_lazy("draft"),
    REVIEWED: gettext_lazy("reviewed, to be signed"),
    SIGNED: gettext_lazy("signed, to be published"),
    PUBLISHED: gettext_lazy("in force"),
    SUPERSEDED: pgettext_lazy("pledge", "superseded"),
    WITHDRAWN: pgettext_lazy("pledge", "withdrawn"),
}
WRITERS = frozenset({Role.HANDLER, Role.DISCLOSURE_OFFICER})
REVIEWERS = frozenset({Role.DISCLOSURE_OFFICER, Role.OFFICE_HEAD})
SIGNERS = frozenset({Role.OFFICE_HEAD, Role.CHIEF_REPRESENTATIVE})
PUBLISHERS = frozenset({Role.DISCLOSURE_OFFICER})
# Who sees every version, drafts too; a handler sees those of the own unit.
VERSIONS_SEEN_BY = frozenset(
    {Role.DISCLOSURE_OFFICER, Role.OFFICE_HEAD, Role.CHIEF_REPRESENTATIVE, Role.SUPERVISOR}
)
MOST_CLAUSES, LONGEST_CLAUSE = 200, 2000
MOST_DAYS, LEAST_TARGET = 60, Decimal("0.01")
LONGEST_REASON = 500
# Between showing the second factor and signing lies one click.
CONFIRMED_FOR = timedelta(minutes=5)


def version_of(move: Move) -> PledgeVersion:
    """A version has a state under rules and no clock: a move of it carries it in place of a case."""
    return cast("PledgeVersion", move.case)


def may_write_for(actor: Actor, unit_id: int) -> bool:
    """The disclosure office writes for every unit, a handler for the own one and those below it."""
    if actor.has_role(Role.DISCLOSURE_OFFICER):
        return True
    return actor.has_role(Role.HANDLER) and unit_id in actor.unit_ids


def check_may_write_for(actor: Actor, unit: Unit) -> None:
    """Raises NotAllowed unless the actor may write a pledge of the unit."""
    if not may_write_for(actor, unit.pk):
        raise NotAllowed(_("You may write pledges of your own unit only."))
    if not unit.active:
        raise Refused(_("This unit no longer works."), field="unit")


def for_a_unit_of_theirs(move: Move) -> None:
    if not may_write_for(move.actor, version_of(move).pledge.unit_id):
        raise NotAllowed(_("This pledge belongs to another unit."))


def not_the_writer(move: Move) -> None:
    if move.actor.id in version_of(move).writers:
        raise NotAllowed(_("Who wrote a pledge neither reviews nor signs it: please ask somebody else."))


def has_clauses(move: Move) -> None:
    if not version_of(move).clauses.exists():
        raise Refused(_("A pledge without a clause promises nothing."))


def not_over_already(move: Move) -> None:
    version = version_of(move)
    if version.valid_until is not None and version.valid_until < local_day(move.at):
        raise Refused(_("The validity of this pledge is over: please set it anew."))


def leaves_no_gap(move: Move) -> None:
    """A text replaces the one in force on the day from which it holds, so that no day is without a pledge."""
    version = version_of(move)
    if version.valid_from > local_day(move.at) and version.pledge.in_force is not None:
        raise Refused(
            _("It holds from %(day)s and takes the place of the version in force: publish it on that day.")
            % {"day": version.valid_from.isoformat()}
        )


def somebody_answers_for_it(move: Move) -> None:
    """A promise whose breach nobody could put right, or nobody could judge, is not made."""
    version = version_of(move)
    if responsible_for(version.pledge.unit) is None:
        raise Refused(
            _("Nobody in this unit handles its cases: an administrator must name a unit handler first.")
        )
    if on_duty(version.pledge.unit, version.signer_id) is None:
        raise Refused(
            _(
                "Every supervisor and disclosure officer works in this unit or signed this pledge: "
                "nobody could handle a complaint about it."
            )
        )


def not_the_reviewer(move: Move) -> None:
    if move.actor.id == version_of(move).reviewed_by_id:
        raise NotAllowed(_("Who reviewed a pledge does not sign it: please ask somebody else."))


def reason_fits(move: Move) -> None:
    if len(move.note.strip()) > LONGEST_REASON:
        raise Refused(_("Please write at most %(most)s characters.") % {"most": LONGEST_REASON}, field="note")


def reviewed_by_whom(move: Move) -> Mapping[str, Any]:
    return {"reviewed_by_id": move.actor.id, "reviewed_at": move.at}


def review_undone(move: Move) -> Mapping[str, Any]:
    return {"reviewed_by_id": None, "reviewed_at": None}


VERSION_OPENING = Transition(
    name="write",
    label=gettext_lazy("Write"),
    sources=frozenset(),
    target=DRAFT,
    by=WRITERS,
)
VERSION_TRANSITIONS = (
    Transition(
        name="change",
        label=gettext_lazy("Change the text"),
        sources=frozenset({DRAFT}),
        target=None,
        by=WRITERS,
        guards=(for_a_unit_of_theirs,),
    ),
    Transition(
        name="review",
        label=gettext_lazy("Review: the text is right"),
        sources=frozenset({DRAFT}),
        target=REVIEWED,
        by=REVIEWERS,
        guards=(not_the_writer, has_clauses, not_over_already),
        note="optional",
        sets=reviewed_by_whom,
    ),
    Transition(
        name="send_back",
        label=gettext_lazy("Send back to be changed"),
        sources=frozenset({REVIEWED}),
        target=DRAFT,
        by=REVIEWERS | SIGNERS,
        note="required",
        sets=review_undone,
    ),
    Transition(
        name="sign",
        label=gettext_lazy("Sign"),
        sources=frozenset({REVIEWED}),
        target=SIGNED,
        by=SIGNERS,
        guards=(not_the_writer, not_the_reviewer, not_over_already),
    ),
    Transition(
        name="publish",
        label=gettext_lazy("Publish"),
        sources=frozenset({SIGNED}),
        target=PUBLISHED,
        by=PUBLISHERS,
        guards=(not_over_already, leaves_no_gap, somebody_answers_for_it),
    ),
    Transition(
        name="supersede",
        label=gettext_lazy("Superseded by a later version"),
        sources=frozenset({PUBLISHED}),
        target=SUPERSEDED,
        # Follows from publishing the next version, and is nobody's button.
        by=frozenset({Role.SYSTEM}),
    ),
    Transition(
        name="withdraw",
        label=gettext_lazy("Withdraw"),
        sources=frozenset({SIGNED, PUBLISHED}),
        target=WITHDRAWN,
        by=PUBLISHERS,
        note="required",
        checks=(reason_fits,),
    ),
)
VERSION_WORKFLOW = Workflow(
    states=VERSION_STATES,
    opening=VERSION_OPENING,
    transitions=VERSION_TRANSITIONS,
    final=(SUPERSEDED, WITHDRAWN),
)

# Complaints: a case with clocks -----------------------------------------------------------------------------

RECEIVED, ACCEPTED, REFUSED, INVESTIGATING = "received", "accepted", "refused", "investigating"
UPHELD, REJECTED, PUT_RIGHT, CLOSED = "upheld", "rejected", "put_right", "closed"

BREACH_STATES = {
    RECEIVED: gettext_lazy("received"),
    ACCEPTED: gettext_lazy("accepted"),
    REFUSED: gettext_lazy("not accepted"),
    INVESTIGATING: gettext_lazy("being investigated"),
    UPHELD: gettext_lazy("upheld, to be put right"),
    REJECTED: gettext_lazy("not upheld"),
    PUT_RIGHT: gettext_lazy("put right, to be checked"),
    CLOSED: gettext_lazy("closed"),
}
TERM_NAMES = {
    "pledges.receive": gettext_lazy("receiving the complaint"),
    "pledges.answer": gettext_lazy("answer to the complaint"),
    "pledges.put_right": gettext_lazy("putting it right"),
    "pledges.check": gettext_lazy("checking what was put right"),
}
BASIS = "本局公开承诺与违诺投诉办理规定；限时办结制"
RECEIVE_WITHIN = Term("pledges.receive", 1, DayUnit.WORKING_DAYS, 1, BASIS, Limit.STEP)
ANSWER_WITHIN = Term("pledges.answer", 15, DayUnit.WORKING_DAYS, 3, BASIS, Limit.PROMISED)
# Customary for what a citizen waits for: as for a callback of the hotline.
CHECK_WITHIN = Term("pledges.check", 3, DayUnit.WORKING_DAYS, 1, BASIS, Limit.STEP)
# What who upholds a complaint may give the unit to put it right, in working days.
PUT_RIGHT_AT_MOST = 30

HANDLES = frozenset({Role.SUPERVISOR, Role.DISCLOSURE_OFFICER})
UNIT = frozenset({Role.HANDLER})
BREACHES_SEEN_BY = HANDLES


def breach_of(case: Case) -> Breach:
    return cast("Breach", case)


def put_right_within(case: Case) -> Term:
    days = breach_of(case).put_right_days
    assert days is not None
    return Term("pledges.put_right", days, DayUnit.WORKING_DAYS, 1, BASIS, Limit.STEP)


def is_against(actor: Actor, *, unit: Unit, signer_id: int | None) -> bool:
    """Whether a complaint about a pledge of this unit is one against the actor.

    Who signed the pledge is concerned, and whoever works in the unit or below it. What the bureau promises as
    a whole is no one unit's own: there, only who signed is.
    """
    if actor.id is not None and actor.id == signer_id:
        return True
    if unit.parent_id is None or actor.unit_id is None:
        return False
    return actor.unit_id in subtree_ids(unit.pk)


def may_handle(actor: Actor, breach: Breach) -> bool:
    """Whether the actor's role handles complaints, and this one is not against the actor."""
    version = breach.clause.version
    return actor.has_role(*HANDLES) and not is_against(
        actor, unit=version.pledge.unit, signer_id=version.signer_id
    )


def sees_the_complainant(breach: Breach, actor: Actor) -> bool:
    """Who handles the complaint may know who brought it; whom it is against never does."""
    return may_handle(actor, breach)


def not_against_oneself(move: Move) -> None:
    breach = breach_of(move.case)
    version = breach.clause.version
    if is_against(move.actor, unit=version.pledge.unit, signer_id=version.signer_id):
        raise NotAllowed(_("Nobody handles a complaint against themselves or their own unit."))
    if move.actor.id in breach.spoke_for_the_unit:
        raise NotAllowed(_("Who spoke for the unit in this complaint does not decide on it."))


def own_unit(move: Move) -> None:
    if breach_of(move.case).clause.version.pledge.unit_id not in move.actor.unit_ids:
        raise NotAllowed(_("This complaint concerns another unit."))


def on_duty(unit: Unit, signer_id: int | None) -> int | None:
    """Whose name stands on the complaint until somebody takes it: a supervisor whom it does not concern."""
    for role in (Role.SUPERVISOR, Role.DISCLOSURE_OFFICER):
        for staff in Staff.objects.active().with_role(role).order_by("id"):
            if not is_against(staff.actor(), unit=unit, signer_id=signer_id):
                return staff.pk
    return None


def responsible_for(unit: Unit) -> int | None:
    """Who answers for putting it right: the unit's first handler, else one of a unit above."""
    above: Unit | None = unit
    while above is not None:
        found = Staff.objects.active().with_role(Role.HANDLER).of_unit(above).order_by("id").first()
        if found is not None:
            return found.pk
        above = above.parent
    return None


def with_who_is_on_duty(move: Move) -> Mapping[str, Any]:
    version = breach_of(move.case).clause.version
    return {"unit": version.pledge.unit, "holder_id": on_duty(version.pledge.unit, version.signer_id)}


def with_who_took_it(move: Move) -> Mapping[str, Any]:
    """Who took it first answers for it to the complainant, whoever goes on with it (首问负责制)."""
    return {
        "holder_id": move.actor.id,
        "taken_by_id": breach_of(move.case).taken_by_id or move.actor.id,
    }


def with_the_unit(move: Move) -> Mapping[str, Any]:
    return {
        "upheld": True,
        "decided_at": move.at,
        "holder_id": responsible_for(breach_of(move.case).clause.version.pledge.unit),
    }


def decided(move: Move) -> Mapping[str, Any]:
    return {"upheld": False, "decided_at": move.at}


def back_to_who_took_it(move: Move) -> Mapping[str, Any]:
    version = breach_of(move.case).clause.version
    taken_by = breach_of(move.case).taken_by
    if taken_by is not None and may_handle(taken_by.actor(), breach_of(move.case)):
        return {"holder_id": taken_by.pk}
    return {"holder_id": on_duty(version.pledge.unit, version.signer_id)}


def back_to_the_unit(move: Move) -> Mapping[str, Any]:
    return {"holder_id": responsible_for(breach_of(move.case).clause.version.pledge.unit)}


def _is_written(name: str, sentence: Any) -> Any:
    def check(move: Move) -> None:
        if not str(move.changes.get(name) or "").strip():
            raise Refused(str(sentence), field=name)

    return check


finding_is_written = _is_written(
    "finding", gettext_lazy("Please write what was found, in words that the complainant understands.")
)
statement_is_written = _is_written("statement", gettext_lazy("Please write what the unit has to say to it."))
remedy_is_written = _is_written("remedy", gettext_lazy("Please write what was put right, and how."))


def days_are_given(move: Move) -> None:
    days = move.changes.get("put_right_days")
    if days is None or not 1 <= days <= PUT_RIGHT_AT_MOST:
        raise Refused(
            _("The limit for putting it right must be between 1 and %(most)s working days.")
            % {"most": PUT_RIGHT_AT_MOST},
            field="put_right_days",
        )


BREACH_OPENING = Transition(
    name="receive",
    label=gettext_lazy("Complaint received"),
    sources=frozenset(),
    target=RECEIVED,
    # A measure that was missed opens one by itself.
    by=frozenset({Role.CITIZEN, Role.SYSTEM}),
    starts=(RECEIVE_WITHIN, ANSWER_WITHIN),
    sets=with_who_is_on_duty,
    tells=("citizen", "holder"),
)
BREACH_TRANSITIONS = (
    Transition(
        name="accept",
        label=gettext_lazy("Accept"),
        sources=frozenset({RECEIVED}),
        target=ACCEPTED,
        by=HANDLES,
        guards=(not_against_oneself,),
        note="optional",
        stops=("pledges.receive",),
        sets=with_who_took_it,
        tells=("citizen", "unit"),
    ),
    Transition(
        name="refuse",
        label=gettext_lazy("Do not accept"),
        sources=frozenset({RECEIVED}),
        target=REFUSED,
        by=HANDLES,
        guards=(not_against_oneself,),
        note="required",
        sets=with_who_took_it,
        tells=("citizen",),
    ),
    Transition(
        name="investigate",
        label=gettext_lazy("Begin the investigation"),
        sources=frozenset({ACCEPTED}),
        target=INVESTIGATING,
        by=HANDLES,
        guards=(not_against_oneself,),
        note="optional",
        sets=with_who_took_it,
        tells=("citizen",),
    ),
    Transition(
        name="explain",
        label=gettext_lazy("Write the unit's statement"),
        sources=frozenset({ACCEPTED, INVESTIGATING}),
        target=None,
        by=UNIT,
        guards=(own_unit,),
        checks=(statement_is_written,),
        changes=("statement",),
        tells=("citizen", "holder"),
    ),
    Transition(
        name="uphold",
        label=gettext_lazy("Uphold: the pledge was not kept"),
        sources=frozenset({INVESTIGATING}),
        target=UPHELD,
        by=HANDLES,
        guards=(not_against_oneself,),
        checks=(finding_is_written, days_are_given),
        changes=("finding", "put_right_days"),
        starts=(put_right_within,),
        stops=("pledges.answer",),
        sets=with_the_unit,
        tells=("citizen", "unit", "supervisors"),
    ),
    Transition(
        name="reject",
        label=gettext_lazy("Do not uphold"),
        sources=frozenset({INVESTIGATING}),
        target=REJECTED,
        by=HANDLES,
        guards=(not_against_oneself,),
        checks=(finding_is_written,),
        changes=("finding",),
        sets=decided,
        tells=("citizen", "unit"),
    ),
    Transition(
        name="put_right",
        label=gettext_lazy("Report that it is put right"),
        sources=frozenset({UPHELD}),
        target=PUT_RIGHT,
        by=UNIT,
        guards=(own_unit,),
        checks=(remedy_is_written,),
        changes=("remedy",),
        starts=(CHECK_WITHIN,),
        stops=("pledges.put_right",),
        sets=back_to_who_took_it,
        tells=("citizen", "holder"),
    ),
    Transition(
        name="not_yet",
        label=gettext_lazy("Not put right yet"),
        sources=frozenset({PUT_RIGHT}),
        target=UPHELD,
        by=HANDLES,
        guards=(not_against_oneself,),
        note="required",
        starts=(put_right_within,),
        stops=("pledges.check",),
        sets=back_to_the_unit,
        tells=("citizen", "unit"),
    ),
    Transition(
        name="close",
        label=gettext_lazy("Close"),
        sources=frozenset({PUT_RIGHT}),
        target=CLOSED,
        by=HANDLES,
        guards=(not_against_oneself,),
        note="optional",
        tells=("citizen",),
    ),
)
BREACH_WORKFLOW = Workflow(
    states=BREACH_STATES,
    opening=BREACH_OPENING,
    transitions=BREACH_TRANSITIONS,
    final=(REFUSED, REJECTED, CLOSED),
)
