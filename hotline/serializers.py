"""What the API takes and answers. Rules are the workflow's; here stands only what is well-formed."""

from __future__ import annotations

from functools import cache
from typing import Any

from rest_framework import serializers

from hotline.actions import Matter
from hotline.models import Call, Category, Rating, Source, Ticket, Urgency
from hotline.workflow import STATES
from portal.cases.api import DeadlineSerializer
from portal.cases.api_fields import CodeField, PhotosField, SeenSerializer, UnitField, note
from portal.cases.models import Extension


class CategoryField(CodeField):
    """A category in use, by its code."""

    model, queryset = Category, Category.objects.filter(active=True)


class MatterSerializer(serializers.ModelSerializer):
    """What a citizen brings."""

    category = CategoryField()
    name = serializers.CharField(source="caller_name", required=False, allow_blank=True)
    phone = serializers.CharField(source="caller_phone", required=False, allow_blank=True)
    email = serializers.EmailField(source="caller_email", required=False, allow_blank=True, max_length=254)

    class Meta:
        model = Ticket
        fields = ("category", "place", "description", "name", "phone", "email")

    def get_fields(self) -> dict[str, Any]:
        fields = super().get_fields()
        # The model's own rules for the two that bear another name here.
        for name in ("name", "phone"):
            if name in fields:
                column: Any = Ticket._meta.get_field(f"caller_{name}")
                fields[name].validators = [*fields[name].validators, *column.validators]
        return fields

    def matter(self) -> Matter:
        return matter_of(self.validated_data)


def matter_of(given: dict[str, Any]) -> Matter:
    return Matter(**{name: given[name] for name in given if name in Matter.__dataclass_fields__})


class NewTicketSerializer(MatterSerializer):
    """A call: answered at once with `answer`, sent on with `dispatch_to`, or kept to be dispatched."""

    urgency = serializers.ChoiceField(choices=Urgency.choices, required=False)
    answer = note(required=False, max_length=Ticket._meta.get_field("reply").max_length or 4000)
    dispatch_to = UnitField(required=False)

    class Meta(MatterSerializer.Meta):
        fields = (*MatterSerializer.Meta.fields, "urgency", "answer", "dispatch_to")

    @classmethod
    def read(cls, data: Any) -> dict[str, Any]:
        """What was given, checked. Raises ValidationError as `is_valid` does.

        To check leaves nothing behind in a form, so one with its fields serves every call: to make it takes
        longer than to check. What it refuses is checked once more by a form of its own, for the sentences: a
        figure in one of them is kept in the language in which it was said first.
        """
        try:
            return _new_ticket().run_validation(data)
        except serializers.ValidationError:
            form = cls(data=data)
            form.is_valid(raise_exception=True)
            return form.validated_data


@cache
def _new_ticket() -> NewTicketSerializer:
    return NewTicketSerializer()


class ReportSerializer(MatterSerializer):
    photos = PhotosField()

    class Meta(MatterSerializer.Meta):
        fields = (*MatterSerializer.Meta.fields, "photos")


class OpenedSerializer(serializers.Serializer[Any]):
    """Number and look-up code: together they let the citizen follow the ticket."""

    number = serializers.CharField()
    lookup_code = serializers.CharField()
    state = serializers.ChoiceField(choices=list(STATES.items()))
    deadlines = DeadlineSerializer(many=True)


class CategorySerializer(serializers.ModelSerializer):
    usual_unit: Any = serializers.SlugRelatedField(slug_field="code", read_only=True)
    label = serializers.CharField(source="__str__", read_only=True, help_text="In the reader's language.")

    class Meta:
        model = Category
        fields = ("code", "label", "name", "name_en", "nature", "usual_unit")


class TicketRowSerializer(serializers.ModelSerializer):
    """A ticket in a list. `words` is the limit that comes first, in the reader's language."""

    category: Any = serializers.SlugRelatedField(slug_field="code", read_only=True)
    unit: Any = serializers.SlugRelatedField(slug_field="code", read_only=True)
    state = serializers.ChoiceField(choices=list(STATES.items()))
    holder = serializers.CharField(source="holder.name", read_only=True, default=None)
    due_at = serializers.SerializerMethodField()
    words = serializers.SerializerMethodField()

    class Meta:
        model = Ticket
        fields = (
            "number",
            "category",
            "place",
            "state",
            "state_label",
            "urgency",
            "source",
            "unit",
            "holder",
            "opened_at",
            "closed_at",
            "due_at",
            "words",
            "version",
        )

    state_label = serializers.CharField(read_only=True)
    urgency = serializers.ChoiceField(choices=Urgency.choices)
    source = serializers.ChoiceField(choices=Source.choices)

    def get_due_at(self, ticket: Ticket) -> str | None:
        return None if ticket.next_due_at.year >= 9999 else ticket.next_due_at.isoformat()

    def get_words(self, ticket: Ticket) -> str:
        return str(self.context["words"](ticket))


class CallSerializer(serializers.ModelSerializer):
    operator = serializers.CharField(source="operator.name")

    class Meta:
        model = Call
        fields = ("direction", "outcome", "at", "operator", "note", "resolved", "rating")


class TicketSerializer(TicketRowSerializer):
    """All of a ticket. `allowed` names the steps that may be taken now, with `version` as their `seen`.

    Name and phone are empty to whoever need not call the citizen.
    """

    deadlines = serializers.SerializerMethodField()
    calls = CallSerializer(many=True)
    allowed = serializers.SerializerMethodField()
    caller_name = serializers.SerializerMethodField()
    caller_phone = serializers.SerializerMethodField()

    class Meta(TicketRowSerializer.Meta):
        fields = (
            *TicketRowSerializer.Meta.fields,
            "description",
            "caller_name",
            "caller_phone",
            "reply",
            "replied_at",
            "extension_asked",
            "resolved",
            "rating",
            "deadlines",
            "calls",
            "allowed",
        )

    def get_deadlines(self, ticket: Ticket) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = DeadlineSerializer(self.context["deadlines"], many=True).data
        return found

    def get_allowed(self, ticket: Ticket) -> list[str]:
        return list(self.context["allowed"])

    def get_caller_name(self, ticket: Ticket) -> str:
        return ticket.caller_name if self.context["sees_the_caller"] else ""

    def get_caller_phone(self, ticket: Ticket) -> str:
        return ticket.caller_phone if self.context["sees_the_caller"] else ""


# One for each step --------------------------------------------------------------------------------------


class StepSerializer(SeenSerializer):
    def given(self) -> dict[str, Any]:
        return {name: value for name, value in self.validated_data.items() if name != "seen"}


class DispatchSerializer(StepSerializer):
    unit = UnitField()
    note = note(required=False)


class AnswerSerializer(StepSerializer):
    note = note(required=True, max_length=Ticket._meta.get_field("reply").max_length or 4000)


class SignSerializer(StepSerializer):
    pass


class ReasonSerializer(StepSerializer):
    note = note(required=True)


class AskExtensionSerializer(StepSerializer):
    extension_asked = serializers.IntegerField(min_value=1, max_value=60, help_text="Working days more.")
    note = note(required=True)


class ExtendSerializer(StepSerializer):
    extend_by = serializers.IntegerField(min_value=1, max_value=60, help_text="Working days more.")
    note = note(required=True, max_length=Extension._meta.get_field("reason").max_length or 500)


class ReplySerializer(StepSerializer):
    reply = note(required=True, max_length=Ticket._meta.get_field("reply").max_length or 4000)
    photos = PhotosField()


class CallBackSerializer(StepSerializer):
    reached = serializers.BooleanField()
    resolved = serializers.BooleanField(required=False, allow_null=True, default=None)
    rating = serializers.ChoiceField(choices=Rating.choices, required=False, allow_null=True, default=None)
    note = note(required=False)


class CloseSerializer(StepSerializer):
    note = note(required=False)


STEPS: dict[str, type[StepSerializer]] = {
    "answer": AnswerSerializer,
    "dispatch": DispatchSerializer,
    "sign": SignSerializer,
    "return": ReasonSerializer,
    "ask_extension": AskExtensionSerializer,
    "extend": ExtendSerializer,
    "refuse_extension": ReasonSerializer,
    "reply": ReplySerializer,
    "call_back": CallBackSerializer,
    "rework": ReasonSerializer,
    "close": CloseSerializer,
    "urge": ReasonSerializer,
}
