"""What the pages of an application read, and what of it the reader may know."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.http import Http404, HttpRequest

from approvals.models import ApprovalCase, GivenMaterial, MaterialFile, Survey, SurveyParty
from approvals.registration import knows_the_applicant
from approvals.rules.checks import LEAST_PRESENT
from approvals.workflow import HANDLED_BY, SEEN_BY
from portal.cases.identity import masked_number
from portal.cases.models import Attachment
from portal.ledger.models import Event
from portal.organisation.actors import Actor, Role
from portal.organisation.actors_of import actor_of

STAFF = tuple(sorted(SEEN_BY | HANDLED_BY))
SEES_ID_NUMBERS = (Role.CLERK, Role.OFFICE_HEAD, Role.CHIEF_REPRESENTATIVE)


def approval_or_404(request: HttpRequest, number: str) -> ApprovalCase:
    """The application, with what every rule asks of it, if it is the reader's to see."""
    found = (
        ApprovalCase.objects.visible_to(actor_of(request))
        .select_related("unit", "holder", "first_contact", "handover_to", "permit__document")
        .with_surveys()
        .filter(number=number)
        .first()
    )
    if found is None:
        raise Http404
    return found


@dataclass(frozen=True, slots=True)
class Applicant:
    """What the reader may know: `knows` whom to call, and `number` as it may be shown."""

    knows: bool
    number: str


def applicant_for(case: ApprovalCase, actor: Actor) -> Applicant:
    """An ID number is in full for those who check it; a credit code is public anyway."""
    in_full = not case.is_person or actor.has_role(*SEES_ID_NUMBERS)
    number = case.applicant_number
    return Applicant(knows_the_applicant(case, actor), number if in_full else masked_number(number))


@dataclass(frozen=True, slots=True)
class Brought:
    """A material as it was brought, with the files that were uploaded for it."""

    given: GivenMaterial
    files: list[MaterialFile]


def brought(case: ApprovalCase) -> list[Brought]:
    files: dict[int, list[MaterialFile]] = {}
    for file in case.sent_files():
        files.setdefault(file.material_id, []).append(file)
    return [Brought(each, files.get(each.material_id, [])) for each in case.given]


@dataclass(frozen=True, slots=True)
class Opinion:
    """A unit at a survey, and the photos that came with its opinion."""

    party: SurveyParty
    photos: list[Attachment]


@dataclass(frozen=True, slots=True)
class SurveyRecord:
    """A survey, what each unit said of it, and how many of the staff were there; `missing` units have not."""

    survey: Survey
    opinions: list[Opinion]
    present: int
    missing: list[SurveyParty] = field(default_factory=list)

    @property
    def lacks_people(self) -> bool:
        """Two of the staff at least must have been there (行政许可法 art. 34)."""
        return not self.missing and self.present < LEAST_PRESENT

    @property
    def is_complete(self) -> bool:
        return not self.missing and not self.lacks_people


def survey_records(case: ApprovalCase, events: Iterable[Event]) -> list[SurveyRecord]:
    """Every survey of the application, the last one first. `case` was read `with_surveys`."""
    attachments = list(case.attachments.all()) if case.surveys_read else []
    added = [each for each in events if each.verb == "photos_attached"]
    return [
        SurveyRecord(
            survey,
            [Opinion(each, _photos_of(each, attachments, added)) for each in survey.parties.all()],
            len(survey.present_ids()),
            [each for each in survey.parties.all() if each.signed_at is None],
        )
        for survey in reversed(case.surveys_read)
    ]


def _photos_of(party: SurveyParty, attachments: Sequence[Attachment], added: list[Event]) -> list[Attachment]:
    """What came with the unit's opinion, and what those of it who were there added later.

    The last survey is asked first and takes out of `added` what is its own: who was at two surveys added
    the rest at the one before.
    """
    if party.signed_at is None:
        return []
    there = {each.pk for each in party.present.all()} | {party.signed_by_id}
    own = [each for each in added if each.actor_id in there and each.at >= party.signed_at]
    for each in own:
        added.remove(each)
    hashes = {(each.at, sha256) for each in own for sha256 in each.data.get("sha256", ())}
    return [each for each in attachments if (each.at, each.sha256) in hashes]
