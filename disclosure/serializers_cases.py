"""What the API takes and answers of information requests and of publications: rows, wholes, steps."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from disclosure.codes import check_index_number
from disclosure.models import Consultation, Disclosure, InformationRequest, Publication
from disclosure.models.requests import ApplicantKind, WantedDelivery, WantedForm
from disclosure.requesting import MOST_FILES, TOLD, Asking
from disclosure.rules import publication as publications
from disclosure.rules import request_checks as checks
from disclosure.rules import request_terms as terms
from disclosure.rules.replies import CELLS, REPLIES, WITHHELD
from portal.cases.api import DeadlineSerializer
from portal.cases.api_fields import (
    FilesField,
    NoteSerializer,
    ReasonGivenSerializer,
    SeenSerializer,
    note,
    one_of,
    text_of,
)
from portal.cases.api_rows import ROW, CaseRowSerializer, WholeSerializer
from portal.cases.identity import masked_number
from portal.cases.models import Extension
from portal.site.wording import masked

WORKING_DAYS = "Working days."


def _optional(name: str) -> serializers.CharField:
    return text_of(InformationRequest, name, required=False, allow_blank=True, default="")


# Applying ---------------------------------------------------------------------------------------------------


class AskingSerializer(serializers.Serializer[Any]):
    """Who asks, for what, and how the answer is wanted (政府信息公开条例 art. 29).

    `applicant_number` is a person's ID number, or that of a passport or permit; of a body its credit code.
    One of `description`, `wanted_title`, `wanted_number` is needed.
    """

    applicant_kind = serializers.ChoiceField(choices=ApplicantKind.choices)
    applicant_name = text_of(InformationRequest, "applicant_name")
    applicant_number = text_of(InformationRequest, "applicant_number")
    representative = _optional("representative")
    phone = text_of(InformationRequest, "phone")
    email = serializers.EmailField(required=False, allow_blank=True, default="")
    address = _optional("address")
    description = _optional("description")
    wanted_title = _optional("wanted_title")
    wanted_number = _optional("wanted_number")
    wanted_form = serializers.ChoiceField(choices=WantedForm.choices, default=WantedForm.ELECTRONIC)
    wanted_delivery = serializers.ChoiceField(choices=WantedDelivery.choices, default=WantedDelivery.NET)
    may_publish = serializers.BooleanField(required=False, default=False)
    files = FilesField(most=MOST_FILES)

    def asking(self) -> Asking:
        """What is asked for, as the verb takes it; call when the form is valid."""
        given = self.validated_data
        return Asking(**{name: given[name] for name in TOLD}, files=given.get("files", ()))

    def said(self) -> dict[str, Any]:
        """The same as plain data, by which a request is known again."""
        files = [[each.name, each.sha256] for each in self.validated_data.get("files", ())]
        return {**{name: self.validated_data[name] for name in TOLD}, "files": files}


class ReceivedSerializer(AskingSerializer):
    """What came in person, by post or by fax. Of a letter the address may be all there is (art. 29)."""

    phone = _optional("phone")
    channel = serializers.ChoiceField(
        choices=[(code, label) for code, label in terms.CHANNELS.items() if code != terms.WEB]
    )
    received_on = serializers.DateField(
        required=False,
        allow_null=True,
        default=None,
        help_text="In person the day of handing in, signed-for post the day of signing; else left out.",
    )

    def said(self) -> dict[str, Any]:
        beside = {name: self.validated_data[name] for name in ("channel", "received_on")}
        return {**super().said(), **beside}


class RequestOpenedSerializer(serializers.Serializer[Any]):
    """Number and code: together they let the applicant follow the request. `lookup_code` is the code."""

    number = serializers.CharField()
    code = serializers.CharField()
    lookup_code = serializers.CharField()
    state = one_of(terms.STATES)
    deadlines = DeadlineSerializer(many=True)


# Requests ---------------------------------------------------------------------------------------------------


class RequestRowSerializer(CaseRowSerializer):
    """A request in a list. Who asks stands in none."""

    state = one_of(terms.STATES)
    channel = one_of(terms.CHANNELS)
    applicant_kind = one_of(ApplicantKind.values)
    reply_type = one_of(REPLIES)
    outcome = one_of(CELLS)

    class Meta:
        model = InformationRequest
        fields: tuple[str, ...] = (*ROW, "channel", "applicant_kind", "received_on", "reply_type", "outcome")


class RequestPageSerializer(serializers.Serializer[Any]):
    """A page of at most 20; nothing is counted."""

    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = RequestRowSerializer(many=True)


class ConsultationSerializer(serializers.ModelSerializer):
    """Somebody who was asked; `key` names them to the step record_opinion."""

    key = serializers.IntegerField(source="pk")
    document = serializers.CharField(source="document.number")
    kind = one_of(checks.PARTY_KINDS)
    answer = one_of(checks.ANSWERS)

    class Meta:
        model = Consultation
        fields = ("key", "kind", "name", "asked_at", "document", "answer", "reason", "answered_at")


class RequestSerializer(WholeSerializer, RequestRowSerializer):
    """All of a request. What identifies a person is masked for whoever need not know it; a body is public."""

    applicant_name = serializers.SerializerMethodField()
    applicant_number = serializers.SerializerMethodField()
    phone = serializers.SerializerMethodField()
    consultations = serializers.SerializerMethodField()
    public_item = serializers.CharField(source="public_item.index_number", default=None, allow_null=True)
    earlier = serializers.CharField(source="earlier.number", default=None, allow_null=True)
    wanted_form = one_of(WantedForm.values)
    wanted_delivery = one_of(WantedDelivery.values)
    fee_by = one_of(checks.FEES_BY)
    served_by = one_of(checks.SERVED_BY)

    class Meta(RequestRowSerializer.Meta):
        fields = (
            *RequestRowSerializer.Meta.fields,
            *("applicant_name", "applicant_number", "phone", "description", "wanted_title", "wanted_number"),
            *("wanted_form", "wanted_delivery", "may_publish", "secrecy_basis", "extension_asked"),
            *("fee_by", "fee_pages", "fee", "paid_on", "reply_text", "withheld_grounds", "public_item"),
            *("earlier", "competent_agency", "replied_at", "served_by", "served_on", "consultations"),
            *("deadlines", "allowed"),
        )

    def _is_open(self, request: InformationRequest) -> bool:
        return self.context["knows_the_applicant"] or not request.is_person

    def get_applicant_name(self, request: InformationRequest) -> str:
        name = request.applicant_name
        return name if self._is_open(request) else masked(name)

    def get_applicant_number(self, request: InformationRequest) -> str:
        number = request.applicant_number
        return number if self._is_open(request) else masked_number(number)

    def get_phone(self, request: InformationRequest) -> str:
        return request.phone if self.context["knows_the_applicant"] else masked(request.phone)

    @extend_schema_field(ConsultationSerializer(many=True))
    def get_consultations(self, request: InformationRequest) -> Any:
        rows = request.consultations.select_related("document") if self.context["knows_the_applicant"] else ()
        return ConsultationSerializer(rows, many=True).data


def sentences(detail: Any) -> list[str]:
    """What is wrong within a list, in whatever part of it: each sentence once."""
    inner = detail.values() if isinstance(detail, dict) else detail if isinstance(detail, list) else None
    found = [str(detail)] if inner is None else [each for part in inner for each in sentences(part)]
    return list(dict.fromkeys(found))


class SaidPlainly:
    """A list whose errors are sentences, as everywhere in the API, and not lists by place."""

    def to_internal_value(self, data: Any) -> Any:
        try:
            return super().to_internal_value(data)  # type: ignore[misc]
        except serializers.ValidationError as wrong:
            raise serializers.ValidationError(sentences(wrong.detail)) from None


class AskedParties(SaidPlainly, serializers.ListSerializer[Any]):
    pass


class AskedPartySerializer(serializers.Serializer[Any]):
    class Meta:
        list_serializer_class = AskedParties

    kind = serializers.ChoiceField(choices=list(checks.PARTY_KINDS.items()))
    name = text_of(Consultation, "name")


class RegisterSerializer(NoteSerializer):
    received_on = serializers.DateField()


class AskSupplementSerializer(ReasonGivenSerializer):
    """The note names everything that is unclear; it stands in the notice."""

    supplement_days = serializers.IntegerField(
        min_value=terms.LEAST_SUPPLEMENT_DAYS, max_value=terms.MOST_SUPPLEMENT_DAYS, help_text=WORKING_DAYS
    )


class SupplementSerializer(NoteSerializer):
    description = text_of(InformationRequest, "description")
    files = FilesField(most=MOST_FILES)


class ConsultSerializer(ReasonGivenSerializer):
    parties = AskedPartySerializer(many=True)

    def validate_parties(self, value: list[dict[str, str]]) -> list[tuple[str, str]]:
        return [(each["kind"], each["name"]) for each in value]


class PartyField(serializers.IntegerField):
    """Somebody who was asked, by key."""

    default_error_messages = {"nobody": gettext_lazy("Please choose somebody who was asked.")}

    def to_internal_value(self, data: Any) -> Any:
        key = super().to_internal_value(data)
        found = Consultation.objects.filter(pk=key).first() if 0 < key < 2**63 else None
        if found is None:
            self.fail("nobody")
        return found


class OpinionSerializer(SeenSerializer):
    party = PartyField()
    answer = serializers.ChoiceField(choices=[checks.AGREES, checks.OBJECTS])
    reason = text_of(Consultation, "reason", required=False, allow_blank=True, default="")
    answered_on = serializers.DateField(required=False, help_text="The day on which it came; else today.")


class SecrecySerializer(NoteSerializer):
    secrecy_basis = text_of(InformationRequest, "secrecy_basis")


class RequestExtensionSerializer(ReasonGivenSerializer):
    extension_asked = serializers.IntegerField(
        min_value=1, max_value=terms.EXTEND_AT_MOST, help_text=WORKING_DAYS
    )


class ExtendRequestSerializer(SeenSerializer):
    extend_by = serializers.IntegerField(min_value=1, max_value=terms.EXTEND_AT_MOST, help_text=WORKING_DAYS)
    note = note(required=True, max_length=Extension._meta.get_field("reason").max_length or 0)


class FeeSerializer(NoteSerializer):
    fee_by = serializers.ChoiceField(choices=list(checks.FEES_BY.items()))
    fee_pages = serializers.IntegerField(required=False, min_value=1, max_value=100_000)


class PaymentSerializer(NoteSerializer):
    paid_on = serializers.DateField()


class ItemField(serializers.CharField):
    """An item of the catalogue, by its index number."""

    default_error_messages = {"unknown": gettext_lazy("There is no item with this index number.")}

    def to_internal_value(self, data: Any) -> Any:
        try:
            number = check_index_number(super().to_internal_value(data)[:60])
        except ValidationError as wrong:
            raise serializers.ValidationError(wrong.messages) from None
        found = Disclosure.objects.filter(index_number=number).first()
        if found is None:
            self.fail("unknown")
        return found


class RequestField(serializers.CharField):
    """An earlier request, by its number."""

    default_error_messages = {"unknown": gettext_lazy("There is no request with this number.")}

    def to_internal_value(self, data: Any) -> Any:
        number = super().to_internal_value(data).strip().upper()[:40]
        # A NUL, or half a character, is in no number, and no database looks for one.
        is_one = number.isascii() and number.isprintable()
        found = InformationRequest.objects.filter(number=number).first() if is_one else None
        if found is None:
            self.fail("unknown")
        return found


class GroundsField(SaidPlainly, serializers.ListField):
    child = serializers.ChoiceField(choices=WITHHELD)


class ReplyToRequestSerializer(SeenSerializer):
    """Every kind of answer; what belongs to some kinds alone is refused where it does not."""

    reply_type = serializers.ChoiceField(choices=[(each.code, each.label) for each in REPLIES.values()])
    reply_text = text_of(InformationRequest, "reply_text")
    withheld_grounds = GroundsField(required=False, default=list)
    earlier = RequestField(required=False, allow_null=True, default=None)
    competent_agency = _optional("competent_agency")
    public_item = ItemField(required=False, allow_null=True, default=None)
    public_interest = _optional("public_interest")
    files = FilesField(most=MOST_FILES)


class DeliverSerializer(NoteSerializer):
    served_by = serializers.ChoiceField(choices=list(checks.SERVED_BY.items()))
    served_to = text_of(InformationRequest, "served_to")
    served_on = serializers.DateField()


REQUEST_STEPS: dict[str, type[serializers.Serializer[Any]]] = {
    "register": RegisterSerializer,
    "begin_review": NoteSerializer,
    "ask_supplement": AskSupplementSerializer,
    "supplement": SupplementSerializer,
    "lapse": ReasonGivenSerializer,
    "consult": ConsultSerializer,
    "record_opinion": OpinionSerializer,
    "pass_secrecy": SecrecySerializer,
    "ask_extension": RequestExtensionSerializer,
    "extend": ExtendRequestSerializer,
    "refuse_extension": ReasonGivenSerializer,
    "ask_fee": FeeSerializer,
    "record_payment": PaymentSerializer,
    "reply": ReplyToRequestSerializer,
    "deliver": DeliverSerializer,
    "close": NoteSerializer,
    "withdraw": NoteSerializer,
    "urge": ReasonGivenSerializer,
}


# Publications -----------------------------------------------------------------------------------------------


class PublicationRowSerializer(CaseRowSerializer):
    state = one_of(publications.STATES)
    occasion = one_of(publications.OCCASIONS)
    author = serializers.CharField(source="author.name", default=None, allow_null=True)
    corrects = serializers.CharField(source="corrects.index_number", default=None, allow_null=True)

    class Meta:
        model = Publication
        fields: tuple[str, ...] = (*ROW, "occasion", "made_on", "author", "corrects")


class PublicationPageSerializer(serializers.Serializer[Any]):
    """A page of at most 20; nothing is counted."""

    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = PublicationRowSerializer(many=True)


class PublicationSerializer(WholeSerializer, PublicationRowSerializer):
    """All of a publication but its texts, which have a page. `items`: what came of it, by index number."""

    items = serializers.SerializerMethodField()
    third_party_answer = one_of(publications.THIRD_PARTY_ANSWERS)

    class Meta(PublicationRowSerializer.Meta):
        fields = (
            *PublicationRowSerializer.Meta.fields,
            *("third_party", "third_party_answer", "needs_approval", "secrecy_basis", "publish_on", "items"),
            *("deadlines", "allowed"),
        )

    def get_items(self, publication: Publication) -> list[str]:
        rows = publication.entries.filter(item__isnull=False).order_by("position")
        return list(rows.values_list("item__index_number", flat=True))


class PublicationSecrecySerializer(NoteSerializer):
    secrecy_basis = text_of(Publication, "secrecy_basis")


class SaidField(serializers.BooleanField):
    """Yes or no: a form that leaves it out has not said no."""

    default_empty_html = serializers.empty


class DeterminationSerializer(ReasonGivenSerializer):
    may_be_public = SaidField()
    determined_by = text_of(Publication, "determined_by")


class ThirdPartySerializer(ReasonGivenSerializer):
    third_party_answer = serializers.ChoiceField(choices=list(publications.THIRD_PARTY_ANSWERS.items()))
    public_interest = text_of(Publication, "public_interest", required=False, allow_blank=True, default="")


class ScheduleSerializer(SeenSerializer):
    publish_on = serializers.DateField()


# To change a text has its page: files go with it, and numbers that are confirmed one by one.
PUBLICATION_STEPS: dict[str, type[serializers.Serializer[Any]]] = {
    "submit": NoteSerializer,
    "pass_secrecy": PublicationSecrecySerializer,
    "escalate": ReasonGivenSerializer,
    "record_determination": DeterminationSerializer,
    "record_third_party": ThirdPartySerializer,
    "approve": NoteSerializer,
    "publish": NoteSerializer,
    "schedule": ScheduleSerializer,
    "unschedule": ReasonGivenSerializer,
    "send_back": ReasonGivenSerializer,
    "drop": ReasonGivenSerializer,
    "urge": ReasonGivenSerializer,
}
