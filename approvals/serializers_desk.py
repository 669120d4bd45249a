"""What the API takes and answers of applications at the desks of staff; the rules are the workflow's."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from approvals.models import ApprovalCase, GivenMaterial, MaterialFile, Paper, Permit, Survey, SurveyParty
from approvals.models.applications import Source
from approvals.rules import permit as permit_rules
from approvals.rules.checks import VERDICTS
from approvals.serializers import ApplicationSerializer, ItemUnitSerializer, no_such_material
from approvals.workflow import OUTCOMES, STATES
from portal.cases.api import DeadlineSerializer
from portal.cases.api_fields import one_of, text_of
from portal.cases.identity import masked_number
from portal.cases.models import NEVER
from portal.site.wording import masked

# At the counter ---------------------------------------------------------------------------------------------


class CheckedSerializer(serializers.Serializer[Any]):
    """What was found of a material: in order, not in order and why, or (null) not looked at yet."""

    position = serializers.IntegerField(min_value=1, max_value=9999, help_text="That of the guide.")
    in_order = serializers.BooleanField(allow_null=True, default=None)
    problem = text_of(GivenMaterial, "problem", required=False, allow_blank=True, default="")


class PlainListField(serializers.ListField):
    """A list of which every error is said at the list, as sentences."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"max_length": 50, **options})

    def to_internal_value(self, data: Any) -> Any:
        try:
            return super().to_internal_value(data)
        except serializers.ValidationError as refused:
            raise serializers.ValidationError(list(dict.fromkeys(_sentences(refused.detail)))) from None


class CheckedField(PlainListField):
    """The materials that were looked at; those that are left out have not been."""

    child = CheckedSerializer()

    def to_internal_value(self, data: Any) -> Any:
        found = super().to_internal_value(data)
        if len({each["position"] for each in found}) < len(found):
            raise serializers.ValidationError([_("Please name each material once.")])
        return found


def _sentences(detail: Any) -> list[str]:
    """All that is said anywhere in an error."""
    if isinstance(detail, dict):
        return [sentence for each in detail.values() for sentence in _sentences(each)]
    if isinstance(detail, list):
        return [sentence for each in detail for sentence in _sentences(each)]
    return [str(detail)]


def checked_by_material(rows: list[dict[str, Any]], guide: Any) -> dict[int, tuple[bool | None, str]]:
    """As the verbs take it; raises ValidationError for a position that the guide does not have."""
    keys = {each.position: each.pk for each in guide.materials.all()}
    if strange := sorted({row["position"] for row in rows} - set(keys)):
        raise serializers.ValidationError({"checked": [no_such_material(each) for each in strange]})
    return {keys[row["position"]]: (row["in_order"], row["problem"]) for row in rows}


class CounterSerializer(ApplicationSerializer):
    """An application at the counter: received, and its materials looked at.

    Then it is accepted with `accept`, or with `ask_supplement` the applicant is told all that is missing.
    """

    checked = CheckedField(required=False)
    accept = serializers.BooleanField(required=False, default=False)
    ask_supplement = serializers.BooleanField(required=False, default=False)

    class Meta(ApplicationSerializer.Meta):
        fields = (*ApplicationSerializer.Meta.fields, "checked", "accept", "ask_supplement")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["accept"] and attrs["ask_supplement"]:
            sentence = _("Please either accept it or ask for what is missing, not both.")
            raise serializers.ValidationError({"ask_supplement": [sentence]})
        attrs = super().validate(attrs)
        return {**attrs, "checked": checked_by_material(attrs.get("checked", []), attrs["item"])}


# In lists, and whole ----------------------------------------------------------------------------------------


class ApprovalRowSerializer(serializers.ModelSerializer):
    """An application in a list, without anything of the applicant.

    `words` is the limit that comes first, in the reader's language; `first_contact` answers for it.
    """

    item = serializers.CharField(source="guide.item.code")
    item_label = serializers.CharField(source="guide.item.__str__")
    state = one_of(STATES)
    state_label = serializers.CharField()
    source = one_of(Source.values)
    unit = serializers.CharField(source="unit.code", default=None, allow_null=True)
    holder = serializers.CharField(source="holder.name", default=None, allow_null=True)
    first_contact = serializers.CharField(source="first_contact.name", default=None, allow_null=True)
    due_at = serializers.SerializerMethodField()
    words = serializers.SerializerMethodField()

    class Meta:
        model = ApprovalCase
        fields: tuple[str, ...] = (
            *("number", "item", "item_label", "place", "state", "state_label", "source", "unit", "holder"),
            *("first_contact", "opened_at", "received_at", "closed_at", "due_at", "words", "version"),
        )

    def get_due_at(self, case: ApprovalCase) -> str | None:
        return None if case.next_due_at >= NEVER else case.next_due_at.isoformat()

    def get_words(self, case: ApprovalCase) -> str:
        return str(self.context["words"](case))


class ApprovalPageSerializer(serializers.Serializer[Any]):
    """A page of at most 20; nothing is counted, so that a page costs the same in a list of any length."""

    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = ApprovalRowSerializer(many=True)


class MaterialFileSerializer(serializers.ModelSerializer):
    """A file that came with a material. `kind` is its true ending, `by_public`: from the applicant.

    At `url` it lies for those who may know whose application it is; to others its name is not told either.
    """

    name = serializers.SerializerMethodField()
    url = serializers.SerializerMethodField()

    class Meta:
        model = MaterialFile
        fields = ("name", "kind", "size", "sha256", "by_public", "at", "url")
        read_only_fields = fields

    def get_name(self, file: MaterialFile) -> str:
        return file.name if self.context["knows_the_applicant"] else ""

    def get_url(self, file: MaterialFile) -> str:
        if not self.context["knows_the_applicant"]:
            return ""
        where = [self.context["number"], file.pk]
        absolute: str = self.context["request"].build_absolute_uri(reverse("api-approval-file", args=where))
        return absolute


class GivenMaterialSerializer(serializers.ModelSerializer):
    """`in_order` is null until somebody has looked at it; `problem` says what is wrong with it."""

    position = serializers.IntegerField(source="material.position")
    name = serializers.CharField(source="material.name")
    required = serializers.BooleanField(source="material.required")
    files = serializers.SerializerMethodField()

    class Meta:
        model = GivenMaterial
        fields = ("position", "name", "required", "in_order", "problem", "files")

    @extend_schema_field(MaterialFileSerializer(many=True))
    def get_files(self, given: GivenMaterial) -> Any:
        found = [each for each in self.context["files"] if each.material_id == given.material_id]
        return MaterialFileSerializer(found, many=True, context=self.context).data


class PartySerializer(serializers.ModelSerializer):
    """A unit at a survey, and the opinion that it signed; `verdict` is "" until then."""

    unit = ItemUnitSerializer()
    verdict = one_of(VERDICTS)
    present = serializers.SerializerMethodField()
    signed_by = serializers.CharField(source="signed_by.name", default=None, allow_null=True)

    class Meta:
        model = SurveyParty
        fields = ("unit", "verdict", "opinion", "present", "signed_by", "signed_at")

    def get_present(self, party: SurveyParty) -> list[str]:
        return [each.name for each in party.present.all()]


class SurveySerializer(serializers.ModelSerializer):
    parties = PartySerializer(many=True)

    class Meta:
        model = Survey
        fields = ("planned_at", "place", "note", "arranged_at", "concluded_at", "parties")


class PaperSerializer(serializers.ModelSerializer):
    """A paper of the application, and the proof of its service. `url` is the signed PDF."""

    number = serializers.CharField(source="document.number")
    title = serializers.CharField(source="document.title")
    made_at = serializers.DateTimeField(source="document.made_at")
    url = serializers.SerializerMethodField()
    served_by = serializers.CharField()

    class Meta:
        model = Paper
        fields = ("id", "purpose", "number", "title", "made_at", "url", "served_by", "served_to", "served_on")

    def get_url(self, paper: Paper) -> str:
        where = [self.context["number"], paper.document.check_code]
        absolute: str = self.context["request"].build_absolute_uri(reverse("api-case-document", args=where))
        return absolute


class PermitSerializer(serializers.ModelSerializer):
    """What was granted, and whether it holds. `version` is the `seen` of its next step."""

    number = serializers.CharField(source="document.number")
    application = serializers.CharField(source="case.number")
    state = one_of(permit_rules.STATES)
    state_label = serializers.CharField()
    check_url = serializers.SerializerMethodField()

    class Meta:
        model = Permit
        fields: tuple[str, ...] = (
            *("number", "application", "state", "state_label", "content", "conditions", "valid_from"),
            *("valid_until", "issued_at", "check_url", "version"),
        )

    def get_check_url(self, permit: Permit) -> str:
        address = reverse("verify:document", args=[permit.document.check_code])
        absolute: str = self.context["request"].build_absolute_uri(address)
        return absolute


# What is told of the applicant to those who need not know whom to call: a beginning, or nothing.
MASKED, UNTOLD = ("representative", "phone"), ("email", "address", "served_to")


class ApprovalSerializer(ApprovalRowSerializer):
    """All of an application. `allowed` names the steps that may be taken now, with `version` as their `seen`.

    Whoever need not know whom to call reads stars, or nothing, in place of what is personal. An ID number is
    whole for the window, its head and the chief representative alone; a body's name and code are public. The
    words of a rating are for those who deal with ratings, and never for who was rated.
    """

    outcome = one_of(OUTCOMES)
    applicant_kind = serializers.CharField()
    recommendation = serializers.CharField()
    refusal_ground = serializers.CharField()
    special_kind = serializers.CharField()
    served_by = serializers.CharField()
    rating = serializers.IntegerField(allow_null=True)
    handover_to = serializers.CharField(source="handover_to.name", default=None, allow_null=True)
    materials = serializers.SerializerMethodField()
    surveys = serializers.SerializerMethodField()
    papers = serializers.SerializerMethodField()
    permit = serializers.SerializerMethodField()
    deadlines = serializers.SerializerMethodField()
    allowed = serializers.SerializerMethodField()

    class Meta(ApprovalRowSerializer.Meta):
        fields = (
            *ApprovalRowSerializer.Meta.fields,
            *("title", "applicant_kind", "applicant_name", "applicant_number", "representative", "phone"),
            *("email", "address", "subject_matter", "consolidated_bill", "accepted_at", "deemed"),
            *("handover_to", "supplement_asked_at", "supplement_until", "refusal_ground"),
            *("competent_agency", "recommendation", "special_kind", "special_until", "extension_asked"),
            *("outcome", "decided_at", "content", "conditions", "valid_from", "valid_until"),
            *("denial_basis", "served_by", "served_to", "served_on", "rating", "rating_words", "rated_at"),
            *("materials", "surveys", "papers", "permit", "deadlines", "allowed"),
        )

    def to_representation(self, instance: ApprovalCase) -> dict[str, Any]:
        told: dict[str, Any] = super().to_representation(instance)
        if not self.context["knows_the_applicant"]:
            told |= {name: masked(told[name]) for name in MASKED} | dict.fromkeys(UNTOLD, "")
            if instance.is_person:
                told["applicant_name"] = masked(instance.applicant_name)
        if not self.context["reads_words"]:
            told["rating_words"] = ""
        if instance.is_person and not self.context["reads_numbers"]:
            told["applicant_number"] = masked_number(instance.applicant_number)
        return told

    @extend_schema_field(GivenMaterialSerializer(many=True))
    def get_materials(self, case: ApprovalCase) -> Any:
        context = {**self.context, "files": case.sent_files(), "number": case.number}
        return GivenMaterialSerializer(case.given, many=True, context=context).data

    @extend_schema_field(SurveySerializer(many=True))
    def get_surveys(self, case: ApprovalCase) -> Any:
        return SurveySerializer(case.surveys_read, many=True).data

    @extend_schema_field(PaperSerializer(many=True))
    def get_papers(self, case: ApprovalCase) -> Any:
        context = {**self.context, "number": case.number}
        told: Any = PaperSerializer(case.papers.select_related("document"), many=True, context=context).data
        if not self.context["knows_the_applicant"]:
            told = [{**each, "served_to": ""} for each in told]
        return told

    @extend_schema_field(PermitSerializer(allow_null=True))
    def get_permit(self, case: ApprovalCase) -> Any:
        found = getattr(case, "permit", None)
        return PermitSerializer(found, context=self.context).data if found else None

    @extend_schema_field(DeadlineSerializer(many=True))
    def get_deadlines(self, case: ApprovalCase) -> Any:
        return DeadlineSerializer(self.context["deadlines"], many=True).data

    def get_allowed(self, case: ApprovalCase) -> list[str]:
        return list(self.context["allowed"])
