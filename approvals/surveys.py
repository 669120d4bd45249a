"""A joint site survey (联合踏勘): its rows, written when the application takes the steps they belong to."""

from __future__ import annotations

from approvals.models import Survey, SurveyParty
from approvals.rules.terms import approval_of
from portal.cases.effects import Moved
from portal.cases.kinds import Audience
from portal.cases.models import Case


def arrange(moved: Moved) -> None:
    """One record, in which each unit that takes part has a place for its opinion."""
    case = approval_of(moved.case)
    survey = case.survey() or Survey(case=case)
    moves = survey.pk is not None
    survey.planned_at, survey.place = moved.given["planned_at"], moved.given["place"].strip()
    survey.note, survey.arranged_at = moved.note.strip(), moved.at
    survey.save()
    units = {unit.pk: unit for unit in moved.given["units"]}
    if moves:
        # Whoever has signed stays; the others are asked anew.
        survey.parties.filter(signed_at=None).delete()
        for signed in survey.parties.values_list("unit_id", flat=True):
            units.pop(signed, None)
    SurveyParty.objects.bulk_create(SurveyParty(survey=survey, unit=unit) for unit in units.values())
    case.forget_survey()


def sign(moved: Moved) -> None:
    """The unit's opinion, with who of it was there; whoever signs it was."""
    survey = approval_of(moved.case).survey()
    assert survey is not None
    party = next(each for each in survey.parties.all() if each.unit_id == moved.actor.unit_id)
    party.verdict, party.opinion = moved.given["verdict"], moved.given["opinion"].strip()
    party.signed_by_id, party.signed_at = moved.actor.id, moved.at
    party.save(update_fields=["verdict", "opinion", "signed_by", "signed_at"])
    party.present.set(moved.given["present"])
    approval_of(moved.case).forget_survey()


def conclude(moved: Moved) -> None:
    Survey.objects.filter(case_id=moved.case.pk, concluded_at=None).update(concluded_at=moved.at)
    approval_of(moved.case).forget_survey()


def parties(case: Case) -> Audience:
    """The units that take part in the survey that is under way."""
    survey = approval_of(case).survey()
    return Audience(unit_ids=tuple(each.unit_id for each in survey.parties.all()) if survey else ())
