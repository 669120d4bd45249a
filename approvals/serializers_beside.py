"""What the API takes and answers of what stands beside applications: what comes in, bad ratings, permits."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from approvals.incoming import Arrival
from approvals.models import BadRating, Incoming, Permit
from approvals.models.incoming import Form
from approvals.permits import LONGEST_REASON
from approvals.rules import incoming as incoming_rules
from approvals.rules import rating as rating_rules
from approvals.serializers_desk import PermitSerializer
from portal.cases.api_fields import (
    NoteSerializer,
    ReasonGivenSerializer,
    SeenSerializer,
    UnitField,
    note,
    one_of,
    text_of,
)
from portal.cases.api_rows import ROW, CaseRowSerializer, WholeSerializer
from portal.cases.models import Extension
from portal.site.wording import masked

# What comes in ----------------------------------------------------------------------------------------------


class IncomingRowSerializer(CaseRowSerializer):
    """`form`: an incoming document (来文) or request (来件)."""

    form = one_of(Form.values)
    state = one_of(incoming_rules.STATES)

    class Meta:
        model = Incoming
        fields: tuple[str, ...] = (*ROW, "form", "sender")


class IncomingPageSerializer(serializers.Serializer[Any]):
    """A page of at most 20; nothing is counted."""

    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = IncomingRowSerializer(many=True)


class IncomingSerializer(WholeSerializer, IncomingRowSerializer):
    """All of what came in. `allowed` names the steps that may be taken, with `version` as their `seen`."""

    registered_by = serializers.CharField(source="registered_by.name")
    sender_phone = serializers.SerializerMethodField()

    def get_sender_phone(self, incoming: Incoming) -> str:
        return incoming.sender_phone if self.context["sees_the_sender"] else masked(incoming.sender_phone)

    class Meta(IncomingRowSerializer.Meta):
        fields = (
            *IncomingRowSerializer.Meta.fields,
            *("sender_phone", "sender_number", "dated_on", "content", "own_days", "same_day"),
            *("registered_by", "reply", "reply_number", "replied_at", "deadlines", "allowed"),
        )


class ArrivalSerializer(serializers.ModelSerializer):
    """A document, with `own_days` where it sets a limit itself; or a request, `same_day` if it can be."""

    form = serializers.ChoiceField(choices=Form.choices)

    class Meta:
        model = Incoming
        fields = (
            *("form", "title", "sender", "sender_phone", "sender_number", "dated_on", "content"),
            *("own_days", "same_day"),
        )

    def get_fields(self) -> dict[str, Any]:
        fields = super().get_fields()
        fields["own_days"] = serializers.IntegerField(
            required=False,
            allow_null=True,
            min_value=1,
            max_value=incoming_rules.MOST_OWN_DAYS,
            help_text="Working days.",
        )
        return fields

    def arrival(self) -> Arrival:
        return Arrival(**self.validated_data)


class AssignSerializer(NoteSerializer):
    unit = UnitField()


class AnswerIncomingSerializer(SeenSerializer):
    """The sender reads the reply."""

    reply = text_of(Incoming, "reply")
    reply_number = text_of(Incoming, "reply_number", required=False, allow_blank=True, default="")


class ExtendIncomingSerializer(SeenSerializer):
    extend_by = serializers.IntegerField(
        min_value=1, max_value=incoming_rules.EXTEND_AT_MOST, help_text="Working days."
    )
    note = note(required=True, max_length=Extension._meta.get_field("reason").max_length or 0)


INCOMING_STEPS: dict[str, type[serializers.Serializer[Any]]] = {
    "assign": AssignSerializer,
    "give_back": ReasonGivenSerializer,
    "not_today": ReasonGivenSerializer,
    "reply": AnswerIncomingSerializer,
    "extend": ExtendIncomingSerializer,
    "urge": ReasonGivenSerializer,
}

# Bad ratings ------------------------------------------------------------------------------------------------


class RatingRowSerializer(CaseRowSerializer):
    """A bad rating as a task; `application` is the number of what was rated, `rating` its grade."""

    state = one_of(rating_rules.STATES)
    application = serializers.CharField(source="approval.number")
    item = serializers.CharField(source="approval.guide.item.code")
    rating = serializers.IntegerField(source="approval.rating")
    rated_at = serializers.DateTimeField(source="approval.rated_at")

    class Meta:
        model = BadRating
        fields: tuple[str, ...] = (*ROW, "application", "item", "rating", "rated_at")


class RatingPageSerializer(serializers.Serializer[Any]):
    """A page of at most 20; nothing is counted."""

    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = RatingRowSerializer(many=True)


class RatingSerializer(WholeSerializer, RatingRowSerializer):
    """All of a bad rating, with whom to call: everybody who sees it deals with it, but for who was rated."""

    rating_words = serializers.SerializerMethodField()
    applicant_name = serializers.SerializerMethodField()
    phone = serializers.SerializerMethodField()

    class Meta(RatingRowSerializer.Meta):
        fields = (
            *RatingRowSerializer.Meta.fields,
            *("rating_words", "applicant_name", "phone", "tries", "remedy", "deadlines", "allowed"),
        )

    def _told(self, value: str) -> str:
        return value if self.context["calls"] else ""

    def get_rating_words(self, rating: BadRating) -> str:
        return self._told(rating.approval.rating_words)

    def get_applicant_name(self, rating: BadRating) -> str:
        return self._told(rating.approval.applicant_name)

    def get_phone(self, rating: BadRating) -> str:
        return self._told(rating.approval.phone)


class PutRightRatingSerializer(SeenSerializer):
    """The applicant reads the note."""

    note = note(required=True, max_length=BadRating._meta.get_field("remedy").max_length or 0)


RATING_STEPS: dict[str, type[serializers.Serializer[Any]]] = {
    "call_back": ReasonGivenSerializer,
    "not_reached": ReasonGivenSerializer,
    "put_right": PutRightRatingSerializer,
}

# Permits ----------------------------------------------------------------------------------------------------


class PermitAtDeskSerializer(PermitSerializer):
    """`allowed` names the steps that may be taken now, with `version` as their `seen`."""

    allowed = serializers.SerializerMethodField()

    class Meta(PermitSerializer.Meta):
        fields = (*PermitSerializer.Meta.fields, "allowed")

    def get_allowed(self, permit: Permit) -> list[str]:
        return list(self.context["allowed"])


class WithBasisSerializer(SeenSerializer):
    """Everyone who checks the permit reads note and basis."""

    basis = note(required=True, max_length=LONGEST_REASON)
    note = note(required=True, max_length=LONGEST_REASON)


class ChangePermitSerializer(WithBasisSerializer):
    """What is left out stays as it is; `valid_until` null is without an end, where the item permits it."""

    content = text_of(Permit, "content")
    conditions = text_of(Permit, "conditions", required=False, allow_blank=True)
    valid_until = serializers.DateField(required=False, allow_null=True)


class ReinstateSerializer(SeenSerializer):
    note = note(required=True, max_length=LONGEST_REASON)


PERMIT_STEPS: dict[str, type[serializers.Serializer[Any]]] = {
    "suspend": WithBasisSerializer,
    "reinstate": ReinstateSerializer,
    "change": ChangePermitSerializer,
    "revoke": WithBasisSerializer,
}
