"""What each step of an application takes over the API. What must be given is the workflow's to say."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy
from rest_framework import serializers

from approvals.models import ApprovalCase, ItemGuide, Survey, SurveyParty
from approvals.rules.checks import PROCEDURES, RECOMMENDATIONS, REFUSAL_GROUNDS, SERVED_BY, VERDICTS
from approvals.serializers import MaterialFilesField, WithFiles, by_material
from approvals.serializers_desk import CheckedField, PlainListField, checked_by_material
from approvals.step_form_base import NOTE_LENGTHS
from portal.cases.api_fields import (
    NoteSerializer,
    PhotosField,
    ReasonGivenSerializer,
    SeenSerializer,
    UnitField,
    note,
    text_of,
)
from portal.organisation.models import Staff

WORKING_DAYS = "Working days."


class PersonField(serializers.CharField):
    """Somebody who works here, by user name."""

    def to_internal_value(self, data: Any) -> Any:
        name = super().to_internal_value(data)
        known = name.isascii() and len(name) <= 60
        found = Staff.objects.active().select_related("unit").filter(username=name).first() if known else None
        if found is None:
            self.fail("nobody")
        return found

    default_error_messages = {"nobody": gettext_lazy("Nobody with this user name works here.")}


class ChecksSerializer(SeenSerializer):
    checked = CheckedField()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        guide: ItemGuide = self.context["guide"]
        return {**attrs, "checked": checked_by_material(attrs["checked"], guide)}


class RefuseSerializer(ReasonGivenSerializer):
    """The note are the reasons; they stand in the decision."""

    refusal_ground = serializers.ChoiceField(choices=list(REFUSAL_GROUNDS.items()))
    competent_agency = text_of(ApprovalCase, "competent_agency", required=False, allow_blank=True, default="")


class RecommendSerializer(ReasonGivenSerializer):
    recommendation = serializers.ChoiceField(choices=list(RECOMMENDATIONS.items()))


class ArrangeSerializer(NoteSerializer):
    units = PlainListField(child=UnitField())
    planned_at = serializers.DateTimeField()
    place = text_of(Survey, "place")


class SignOpinionSerializer(SeenSerializer):
    """`present` are user names of those of the own unit who were there."""

    verdict = serializers.ChoiceField(choices=list(VERDICTS.items()))
    opinion = text_of(SurveyParty, "opinion")
    present = PlainListField(child=PersonField())
    photos = PhotosField()


class PhotosSerializer(serializers.Serializer[Any]):
    """Photos that come after the unit's opinion."""

    photos = PhotosField(required=True)


class SendBackSerializer(ReasonGivenSerializer):
    survey_again = serializers.BooleanField(required=False, default=False)


class GrantSerializer(NoteSerializer):
    content = text_of(ApprovalCase, "content")
    conditions = text_of(ApprovalCase, "conditions", required=False, allow_blank=True, default="")
    valid_from = serializers.DateField()
    valid_until = serializers.DateField(required=False, allow_null=True, default=None)


class DenySerializer(SeenSerializer):
    """The note are facts and reasons; they stand in the decision, as does the basis."""

    denial_basis = text_of(ApprovalCase, "denial_basis")
    note = note(required=True, max_length=NOTE_LENGTHS["deny"])


class ServiceSerializer(serializers.Serializer[Any]):
    """How a paper reached the applicant, and on which day."""

    served_by = serializers.ChoiceField(choices=list(SERVED_BY.items()))
    served_to = text_of(ApprovalCase, "served_to")
    served_on = serializers.DateField()


class ServeSerializer(ServiceSerializer, NoteSerializer):
    pass


class BroughtSerializer(WithFiles, NoteSerializer):
    """What the applicant brought to the window; files, where they were scanned, as multipart form data."""

    files = MaterialFilesField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        guide: ItemGuide = self.context["guide"]
        return {**attrs, "files": by_material(guide, attrs.get("files", {}))}


class SpecialSerializer(ReasonGivenSerializer):
    special_kind = serializers.ChoiceField(choices=list(PROCEDURES.items()))
    days = serializers.IntegerField(min_value=1, max_value=90, help_text=WORKING_DAYS)


class AskMoreSerializer(ReasonGivenSerializer):
    extension_asked = serializers.IntegerField(min_value=1, max_value=60, help_text=WORKING_DAYS)


class ExtendLimitSerializer(SeenSerializer):
    extend_by = serializers.IntegerField(min_value=1, max_value=60, help_text=WORKING_DAYS)
    note = note(required=True, max_length=NOTE_LENGTHS["extend"])


class HandoverSerializer(NoteSerializer):
    handover_to = PersonField(help_text="The user name of the other clerk.")


STEPS: dict[str, type[serializers.Serializer[Any]]] = {
    "take": SeenSerializer,
    "check_materials": ChecksSerializer,
    "accept": NoteSerializer,
    "certify_acceptance": SeenSerializer,
    "ask_supplement": NoteSerializer,
    "supplement": BroughtSerializer,
    "refuse": RefuseSerializer,
    "withdraw": ReasonGivenSerializer,
    "pass_preliminary": RecommendSerializer,
    "arrange_survey": ArrangeSerializer,
    "sign_opinion": SignOpinionSerializer,
    "conclude_survey": NoteSerializer,
    "pass_review": RecommendSerializer,
    "send_back": SendBackSerializer,
    "grant": GrantSerializer,
    "deny": DenySerializer,
    "issue_certificate": SeenSerializer,
    "serve": ServeSerializer,
    "special_procedure": SpecialSerializer,
    "end_special_procedure": NoteSerializer,
    "ask_extension": AskMoreSerializer,
    "extend": ExtendLimitSerializer,
    "refuse_extension": ReasonGivenSerializer,
    "offer_handover": HandoverSerializer,
    "accept_handover": SeenSerializer,
    "decline_handover": ReasonGivenSerializer,
    "reassign": HandoverSerializer,
    "urge": ReasonGivenSerializer,
}
