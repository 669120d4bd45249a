"""Who may take a step of an application, and what has to be right about it.

Guards look at case and actor alone, and are asked before a button is drawn; checks look at what was entered.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from approvals.rules.terms import DECIDE, RECEIVED, REVIEW, SUPPLEMENT, approval_of
from portal.cases.checking import written
from portal.cases.terms import ONE_DAY, local_day
from portal.cases.workflow import Check, Move, NotAllowed, Refused
from portal.organisation.actors import Role
from portal.organisation.models import Staff, Unit

if TYPE_CHECKING:
    from approvals.models import ApprovalCase

LEAST_PRESENT = 2  # Art. 34: two of the staff at least verify on the spot.
MOST_HEARING = 20  # Art. 47: a hearing is held within twenty days of being asked for.
# Art. 32: what may be said instead of accepting, and why.
REFUSAL_GROUNDS = {
    "not_needed": gettext_lazy("No licence is needed for this"),
    "not_this_agency": gettext_lazy("Another agency is competent"),
    "not_supplemented": gettext_lazy("What was missing has not been brought"),
    "not_admissible": gettext_lazy(
        "The law excludes this application (false materials, or within its time bar)"
    ),
}
# Art. 45: whose time is not counted.
PROCEDURES = {
    "hearing": gettext_lazy("Hearing"),
    "tender": gettext_lazy("Tender"),
    "auction": gettext_lazy("Auction"),
    "inspection": gettext_lazy("Inspection"),
    "testing": gettext_lazy("Testing"),
    "quarantine": gettext_lazy("Quarantine"),
    "appraisal": pgettext_lazy("procedure", "Appraisal"),
    "expert_review": gettext_lazy("Expert review"),
}
RECOMMENDATIONS = {"grant": gettext_lazy("Grant"), "deny": pgettext_lazy("application", "Deny")}
VERDICTS = {
    "agree": gettext_lazy("Agrees"),
    "conditional": gettext_lazy("Agrees on conditions"),
    "disagree": gettext_lazy("Does not agree"),
}
SERVED_BY = {
    "hand": gettext_lazy("Handed over at the window"),
    "post": gettext_lazy("By post"),
    "net": gettext_lazy("Over the net, with the applicant's consent"),
}
SERVED_CHOICES = list(SERVED_BY.items())


# Who owns it ------------------------------------------------------------------------------------------------


def owned_by(*besides: Role) -> Check:
    """First contact (首问负责制): of the clerks, who took it; and whoever has a role of `besides`."""

    def guard(move: Move) -> None:
        approval = approval_of(move.case)
        if move.actor.has_role(*besides):
            return
        if approval.first_contact_id is None:
            raise Refused(_("Nobody has taken this application yet. Please take it first."))
        if move.actor.id is None or move.actor.id != approval.first_contact_id:
            raise NotAllowed(_("Another clerk took this application first and answers for it."))

    return guard


def nobody_owns_it(move: Move) -> None:
    if approval_of(move.case).first_contact_id is not None:
        raise Refused(_("Somebody has taken this application already."))


def somebody_owns_it(move: Move) -> None:
    if approval_of(move.case).first_contact_id is None:
        raise Refused(_("Nobody has taken this application yet."))


def owner_has_left(move: Move) -> None:
    owner = approval_of(move.case).first_contact
    if owner is not None and owner.is_active and owner.has_staff_role(Role.CLERK):
        raise Refused(_("Who took it still works at the window: it goes on by a handover that is accepted."))


def not_offered(move: Move) -> None:
    offered_to = approval_of(move.case).handover_to
    if offered_to is not None and offered_to.is_active and offered_to.has_staff_role(Role.CLERK):
        raise Refused(_("A handover has been offered already."))


def offered_to_oneself(move: Move) -> None:
    offered_to = approval_of(move.case).handover_to_id
    if offered_to is None:
        raise Refused(_("No handover has been offered."))
    if move.actor.id is None or move.actor.id != offered_to:
        raise NotAllowed(_("This handover was offered to somebody else."))


def another_clerk_is_named(move: Move) -> None:
    named = move.changes.get("handover_to") or move.given.get("handover_to")
    if named is None or not named.is_active or not named.has_staff_role(Role.CLERK):
        raise Refused(_("Please choose a clerk who works at the window."), field="handover_to")
    if named.pk == approval_of(move.case).first_contact_id:
        raise Refused(_("This clerk has the application already."), field="handover_to")


# Who did what -----------------------------------------------------------------------------------------------


def did_none_of(*steps: str) -> Check:
    """Who did a step cannot review it."""

    def guard(move: Move) -> None:
        if move.actor.id in workers(approval_of(move.case), steps):
            raise NotAllowed(
                _("Who did a step of this application cannot review it. Please ask somebody else.")
            )

    return guard


def their_turn(move: Move) -> None:
    """The office head sends back from the review, the chief representative from the sign-off."""
    in_review = move.case.state == REVIEW
    if not move.actor.has_role(Role.OFFICE_HEAD if in_review else Role.CHIEF_REPRESENTATIVE):
        raise NotAllowed(_("It is not your turn at this step."))
    # To send back is an outcome of reviewing.
    did_none_of(*(BEFORE_REVIEW if in_review else BEFORE_SIGN_OFF))(move)


def workers(approval: ApprovalCase, steps: Iterable[str]) -> set[int]:
    """The keys of those who did one of the steps, in whatever round."""
    return {pk for step in steps for pk in approval.done_by.get(step, ())}


BEFORE_REVIEW = ("accept", "preliminary", "survey")
BEFORE_SIGN_OFF = (*BEFORE_REVIEW, "review")


def done(move: Move, step: str) -> dict[str, Any]:
    """`done_by` with the actor added to the step."""
    done_by = approval_of(move.case).done_by
    so_far = done_by.get(step, [])
    if move.actor.id is None or move.actor.id in so_far:
        return {"done_by": done_by}
    return {"done_by": {**done_by, step: [*so_far, move.actor.id]}}


# Materials and the one notice -------------------------------------------------------------------------------


def everything_in_order(move: Move) -> None:
    missing = approval_of(move.case).missing()
    if missing:
        names = "、".join(each.material.name for each in missing)
        raise Refused(_("Not in order yet: %(names)s.") % {"names": names}, field="checked")


def something_is_missing(move: Move) -> None:
    """Known only once every required material has been looked at: one notice names everything."""
    if any(each.in_order is None and each.material.required for each in approval_of(move.case).given):
        raise Refused(_("Please look at every material first."))
    if not approval_of(move.case).missing():
        raise Refused(_("Everything that is required is in order: there is nothing to ask for."))


def not_asked_before(move: Move) -> None:
    if approval_of(move.case).supplement_asked_at is not None:
        raise Refused(
            _(
                "Everything that was missing had to be named in one notice, and that has been sent. "
                "Please accept the application, or do not accept it and say why."
            )
        )


def everything_missing_is_named(move: Move) -> None:
    unnamed = [each for each in approval_of(move.case).missing() if not each.problem.strip()]
    if unnamed:
        sentence = _("Please write for each material what is wrong with it: %(names)s.")
        raise Refused(
            sentence % {"names": "、".join(each.material.name for each in unnamed)}, field="checked"
        )


def what_is_wrong_is_written(move: Move) -> None:
    checked = move.given.get("checked") or {}
    materials = {each.pk: each for each in approval_of(move.case).guide.materials.all()}
    if unknown := set(checked) - set(materials):
        raise Refused(
            _("There is no such material: %(names)s.") % {"names": sorted(unknown)}, field="checked"
        )
    for pk, material in materials.items():
        in_order, problem = checked.get(pk, (None, ""))
        if in_order is False and not str(problem).strip():
            sentence = _("Please write what is wrong with it: %(name)s.")
            raise Refused(sentence % {"name": material.name}, field="checked")


def ground_is_given(move: Move) -> None:
    approval, ground = approval_of(move.case), move.changes.get("refusal_ground")
    if ground not in REFUSAL_GROUNDS:
        raise Refused(_("Please choose the ground."), field="refusal_ground")
    if approval.state == SUPPLEMENT and ground != "not_supplemented":
        raise Refused(
            _("The applicant was asked for a supplement: only its absence can be the ground now."),
            field="refusal_ground",
        )
    if approval.state == RECEIVED and ground == "not_supplemented":
        if approval.supplement_asked_at is None:
            raise Refused(_("Nobody has asked for a supplement."), field="refusal_ground")
        if not approval.missing():
            raise Refused(_("Everything that is required is in order."), field="refusal_ground")
    until = approval.supplement_until
    if approval.state == SUPPLEMENT and until is not None and local_day(move.at) <= until:
        raise Refused(
            _("The applicant has until %(day)s to bring what was missing.") % {"day": until.isoformat()},
            field="refusal_ground",
        )
    if ground == "not_this_agency" and not str(move.changes.get("competent_agency") or "").strip():
        raise Refused(
            _("Please name the agency that is competent, so that the applicant need not search."),
            field="competent_agency",
        )


# The survey -------------------------------------------------------------------------------------------------


def survey_is_not_complete(move: Move) -> None:
    """An appointment can be moved, and units that have not signed be replaced, until it can be concluded."""
    survey = approval_of(move.case).survey()
    if survey is None or any(each.signed_at is None for each in survey.parties.all()):
        return
    if len(survey.present_ids()) >= LEAST_PRESENT:
        raise Refused(_("Every unit has signed: the survey can be concluded."))


def survey_is_planned(move: Move) -> None:
    units, planned_at = move.given.get("units") or [], move.given.get("planned_at")
    if not units or not all(unit.active for unit in units):
        raise Refused(_("Please choose the units that take part."), field="units")
    able = units_that_can_sign(units)
    unable = [unit.localized_name for unit in units if unit.pk not in able]
    if unable:
        raise Refused(
            _("Nobody in these units could sign an opinion: %(names)s.") % {"names": "、".join(unable)},
            field="units",
        )
    survey = approval_of(move.case).survey()
    signed = {each.unit_id for each in survey.parties.all() if each.signed_at} if survey else set()
    if signed - {unit.pk for unit in units}:
        raise Refused(_("A unit that has signed stays in the record."), field="units")
    # Earlier today is no mistake: it is arranged in the morning and entered later.
    if not isinstance(planned_at, datetime) or local_day(planned_at) < local_day(move.at):
        raise Refused(
            _("Please give the day and hour of the survey; it cannot lie in the past."), field="planned_at"
        )
    if not str(move.given.get("place") or "").strip():
        raise Refused(_("Please write where the survey takes place."), field="place")


def units_that_can_sign(units: Collection[Unit]) -> set[int | None]:
    """The keys of those units in which somebody works who may sign their opinion."""
    people = Staff.objects.active().with_role(Role.HANDLER, Role.CLERK)
    return set(people.filter(unit__in=units).values_list("unit_id", flat=True))


def takes_part(move: Move) -> None:
    """Of the survey that is arranged, the actor's unit has an opinion to sign."""
    survey = approval_of(move.case).survey()
    if survey is None:
        raise Refused(_("The survey has not been arranged yet."))
    # Each unit signs its own: nobody signs for one below theirs.
    own = next((each for each in survey.parties.all() if each.unit_id == move.actor.unit_id), None)
    if own is None:
        raise NotAllowed(_("Your unit does not take part in this survey."))
    if own.signed_at is not None:
        raise Refused(_("Your unit has signed its opinion already."))


def opinion_is_written(move: Move) -> None:
    survey = approval_of(move.case).survey()
    if survey is not None and move.at < survey.planned_at:
        raise Refused(_("The survey has not begun yet: an opinion is about what one saw."))
    if move.given.get("verdict") not in VERDICTS:
        raise Refused(_("Please choose what your unit says."), field="verdict")
    if not str(move.given.get("opinion") or "").strip():
        raise Refused(_("Please write the opinion, in a sentence at least."), field="opinion")
    present = move.given.get("present") or []
    if not present:
        raise Refused(_("Please name who of your unit was there."), field="present")
    if strangers := [
        each.name for each in present if not each.is_active or each.unit_id != move.actor.unit_id
    ]:
        raise Refused(
            _("Not of your unit: %(names)s. Each unit names its own.") % {"names": "、".join(strangers)},
            field="present",
        )


def everybody_signed(move: Move) -> None:
    survey = approval_of(move.case).survey()
    if survey is None:
        raise Refused(_("The survey has not been arranged yet."))
    waiting = [each.unit.localized_name for each in survey.parties.all() if each.signed_at is None]
    if waiting:
        raise Refused(_("These units have not signed yet: %(names)s.") % {"names": "、".join(waiting)})
    if len(survey.present_ids()) < LEAST_PRESENT:
        raise Refused(
            _("At least %(least)s members of staff must have been at the survey (行政许可法 art. 34).")
            % {"least": LEAST_PRESENT}
        )


# Reviews and decision ---------------------------------------------------------------------------------------


def recommends(move: Move) -> None:
    if move.changes.get("recommendation") not in RECOMMENDATIONS:
        raise Refused(_("Please say what you recommend."), field="recommendation")


content_is_written = written("content", gettext_lazy("Please write what is granted."))
basis_of_denial_is_written = written(
    "denial_basis", gettext_lazy("Please name the law and article that the denial rests on.")
)
place_of_service_is_written = written("served_to", gettext_lazy("Please write who received it."))


def validity_fits(move: Move) -> None:
    first, last = move.changes.get("valid_from"), move.changes.get("valid_until")
    if first is None:
        raise Refused(_("Please give the first day of validity."), field="valid_from")
    if first < local_day(move.at):
        raise Refused(_("What is granted holds from today at the earliest."), field="valid_from")
    if last is not None and last < first:
        raise Refused(_("The last day lies before the first."), field="valid_until")
    check_length(first, last, approval_of(move.case).guide.validity_months)


def check_length(first: date, last: date | None, months: int | None) -> None:
    """Raises Refused unless something granted ends by the time that the guide names (民法典 art. 202)."""
    if months is None:
        return
    if last is None:
        raise Refused(_("Please give the last day of validity."), field="valid_until")
    latest = months_later(first, months)
    if last > latest:
        raise Refused(
            _("The guide grants it until %(day)s at the latest.") % {"day": latest.isoformat()},
            field="valid_until",
        )


def months_later(day: date, months: int) -> date:
    """The same day of a later month, or that month's last (民法典 art. 202)."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = (date(year + month // 11, (month + 1) % 12 + 1, 1) - ONE_DAY).day
    return date(year, month + 1, min(day.day, last))


def service_fits(move: Move) -> None:
    if move.changes.get("served_by") not in SERVED_BY:
        raise Refused(_("Please choose how it was served."), field="served_by")
    day = move.changes.get("served_on")
    decided_at = approval_of(move.case).decided_at
    if day is None or day > local_day(move.at) or (decided_at is not None and day < local_day(decided_at)):
        raise Refused(_("Please give the day of service: between the decision and today."), field="served_on")


# Time that is not counted, and extensions -------------------------------------------------------------------


def special_runs(approval: ApprovalCase, at: datetime) -> bool:
    return approval.special_until is not None and approval.special_until >= local_day(at)


def limit_runs(move: Move) -> None:
    """What fell due stays fallen due: no time is excluded from a limit that was missed."""
    decide = move.clock(DECIDE)
    if decide is None or decide.breached_at is not None:
        raise Refused(_("The limit has been missed already; it can no longer be moved."))


def nothing_excluded_now(move: Move) -> None:
    if special_runs(approval_of(move.case), move.at):
        raise Refused(_("A special procedure is under way. Please end it first, or wait for its end."))


def something_excluded_now(move: Move) -> None:
    if not special_runs(approval_of(move.case), move.at):
        raise Refused(_("No special procedure is under way."))


def procedure_fits(move: Move) -> None:
    approval = approval_of(move.case)
    if move.changes.get("special_kind") not in PROCEDURES:
        raise Refused(_("Please choose the procedure."), field="special_kind")
    days, most = move.given.get("days"), approval.guide.special_days
    if move.changes["special_kind"] == "hearing":
        most = min(most, MOST_HEARING)
    if days is None or not 1 <= days <= most:
        raise Refused(
            _("Please give the working days that it takes: between 1 and %(most)s.") % {"most": most},
            field="days",
        )


def limit_extendable(move: Move) -> None:
    if not move.may_extend(DECIDE):
        raise Refused(_("The limit of this application cannot be extended (any more)."))


def nothing_asked_yet(move: Move) -> None:
    if approval_of(move.case).extension_asked is not None:
        raise Refused(_("An extension has been asked for already; the agency's head has not decided yet."))


def extension_asked(move: Move) -> None:
    if approval_of(move.case).extension_asked is None:
        raise Refused(_("Nobody has asked for an extension."))


def days_are_asked(move: Move) -> None:
    days, most = move.changes.get("extension_asked"), approval_of(move.case).guide.extend_at_most
    if days is None or not 1 <= days <= most:
        raise Refused(
            _("The extension must be between 1 and %(most)s days.") % {"most": most}, field="extension_asked"
        )


def deemed_without_notice(move: Move) -> None:
    approval = approval_of(move.case)
    if not approval.deemed:
        raise Refused(_("The acceptance notice was issued with the acceptance."))
    if approval.papers.filter(purpose="acceptance").exists():
        raise Refused(_("The acceptance notice has been issued already."))


# Rating -----------------------------------------------------------------------------------------------------


def not_rated_yet(move: Move) -> None:
    if approval_of(move.case).rating is not None:
        raise Refused(_("You have rated this already. Thank you."))


def grade_is_given(move: Move) -> None:
    if move.changes.get("rating") not in (1, 2, 3, 4, 5):
        raise Refused(_("Please choose one of the five grades."), field="rating")
