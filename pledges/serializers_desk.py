"""What the API of pledges takes and answers at the desk; the rules are the workflow's."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from rest_framework import serializers

from pledges.actions import Draft, Promise
from pledges.models import Breach, Clause, PledgeVersion, Source
from pledges.serializers import PledgingUnitSerializer, Reader, ResultSerializer
from pledges.workflow import (
    BREACH_STATES,
    LEAST_TARGET,
    MOST_CLAUSES,
    MOST_DAYS,
    PUT_RIGHT_AT_MOST,
    VERSION_STATES,
)
from portal.cases.api import DeadlineSerializer
from portal.cases.api_fields import (
    NoteSerializer,
    ReasonGivenSerializer,
    SeenSerializer,
    UnitField,
    note,
    one_of,
)
from portal.cases.models import NEVER
from portal.cases.text import refuse_control_characters


def length_of(model: Any, name: str) -> int:
    longest = model._meta.get_field(name).max_length
    assert longest is not None
    return int(longest)


# Versions at the desk ---------------------------------------------------------------------------------------


class ClauseSerializer(serializers.Serializer[Any]):
    """A clause as it is written. `target` is in per cent, `days` are working days where the measure asks."""

    text = serializers.CharField(
        allow_blank=True, max_length=length_of(Clause, "text"), validators=[refuse_control_characters]
    )
    measure = serializers.CharField(
        required=False,
        allow_blank=True,
        default="",
        max_length=length_of(Clause, "measure"),
        validators=[refuse_control_characters],
    )
    days = serializers.IntegerField(
        source="measure_days", required=False, allow_null=True, default=None, min_value=1, max_value=MOST_DAYS
    )
    target = serializers.DecimalField(
        source="measure_target",
        required=False,
        allow_null=True,
        default=None,
        max_digits=5,
        decimal_places=2,
        min_value=LEAST_TARGET,
        max_value=Decimal(100),
    )


DRAFT_FIELDS = ("title", "preamble", "closing", "phone", "fax", "email", "valid_from", "valid_until")


class DraftSerializer(serializers.ModelSerializer):
    """The text of a version. What is wrong with a clause is said at `clauses.3.target`, say."""

    clauses = serializers.ListField(child=ClauseSerializer(), max_length=MOST_CLAUSES)

    class Meta:
        model = PledgeVersion
        fields: tuple[str, ...] = (*DRAFT_FIELDS, "clauses")

    def run_validation(self, data: Any = serializers.empty) -> Any:
        try:
            return super().run_validation(data)
        except serializers.ValidationError as refused:
            raise serializers.ValidationError(_by_clause(refused.detail)) from None

    def draft(self) -> Draft:
        given = self.validated_data
        promises = [
            Promise(each["text"], each["measure"], each["measure_days"], each["measure_target"])
            for each in given["clauses"]
        ]
        return Draft(clauses=promises, **{name: given[name] for name in DRAFT_FIELDS if name in given})


def _by_clause(detail: Any) -> Any:
    """Every sentence at the field that it is about, as the rules name it."""
    if not isinstance(detail, dict) or not isinstance(detail.get("clauses"), dict):
        return detail
    found = detail.pop("clauses")
    for index, wrong in found.items():
        if isinstance(wrong, dict):
            for name, sentences in wrong.items():
                at = f".{name}" if name != "non_field_errors" else ""
                detail[f"clauses.{index + 1}{at}"] = sentences
        else:
            detail[f"clauses.{index + 1}"] = wrong
    return detail


class NewPledgeSerializer(DraftSerializer):
    """The first version of a new pledge, of the unit with this code."""

    unit = UnitField()

    class Meta(DraftSerializer.Meta):
        fields = ("unit", *DraftSerializer.Meta.fields)


class ChangedDraftSerializer(DraftSerializer):
    """A draft written anew; `seen` is that of the version that was looked at."""

    seen = serializers.IntegerField(min_value=0, max_value=2**31 - 1)

    class Meta(DraftSerializer.Meta):
        fields = ("seen", *DraftSerializer.Meta.fields)


class DeskRowSerializer(serializers.ModelSerializer):
    """A version on its way. `seen` counts its changes: send it back with the next step."""

    pledge = serializers.IntegerField(source="pledge_id")
    unit = PledgingUnitSerializer(source="pledge.unit")
    version = serializers.IntegerField(source="number")
    number = serializers.CharField(source="document.number", default=None, allow_null=True)
    state = one_of(VERSION_STATES)
    state_label = serializers.CharField()
    seen = serializers.IntegerField(source="version")
    document_url = serializers.SerializerMethodField()

    class Meta:
        model = PledgeVersion
        fields: tuple[str, ...] = (
            "id",
            "pledge",
            "unit",
            "title",
            "version",
            "number",
            "state",
            "state_label",
            "valid_from",
            "valid_until",
            "written_at",
            "published_at",
            "ended_at",
            "document_url",
            "seen",
        )

    def get_document_url(self, version: PledgeVersion) -> str | None:
        reader: Reader = self.context["reader"]
        return reader.links(version)["document_url"]


class DeskPageSerializer(serializers.Serializer[Any]):
    """A page of at most 20, what was changed last on top; nothing is counted."""

    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = DeskRowSerializer(many=True)


class DeskVersionSerializer(DeskRowSerializer):
    """All of a version. `allowed` are the steps that may be taken now; `writers` neither review nor sign."""

    clauses = ClauseSerializer(many=True)
    writers = serializers.SerializerMethodField()
    reviewed_by = serializers.CharField(source="reviewed_by.name", default=None, allow_null=True)
    reason = serializers.CharField(source="ended_reason", allow_blank=True)
    allowed = serializers.SerializerMethodField()

    class Meta(DeskRowSerializer.Meta):
        fields = (
            *DeskRowSerializer.Meta.fields,
            "preamble",
            "clauses",
            "closing",
            "phone",
            "fax",
            "email",
            "writers",
            "reviewed_by",
            "reviewed_at",
            "signer_name",
            "signer_title",
            "signed_at",
            "reason",
            "allowed",
        )

    def get_writers(self, version: PledgeVersion) -> list[str]:
        return list(self.context["writers"])

    def get_allowed(self, version: PledgeVersion) -> list[str]:
        return list(self.context["allowed"])


class WithdrawSerializer(SeenSerializer):
    """Everyone reads the note."""

    note = note(required=True, max_length=length_of(PledgeVersion, "ended_reason"))


class ReviewSerializer(NoteSerializer):
    """Nobody calls a text right that they have not seen: `seen` is asked for."""

    seen = serializers.IntegerField(min_value=0, max_value=2**31 - 1)


class SignPledgeSerializer(serializers.Serializer[Any]):
    """`code` is that of the signer's authenticator app, or a recovery code; each serves once.

    Nobody signs what they have not seen: `seen` is asked for.
    """

    seen = serializers.IntegerField(min_value=0, max_value=2**31 - 1)
    code = serializers.CharField(max_length=20, validators=[refuse_control_characters])


VERSION_STEPS: dict[str, type[serializers.Serializer[Any]]] = {
    "review": ReviewSerializer,
    "send_back": ReasonGivenSerializer,
    "sign": SignPledgeSerializer,
    "publish": SeenSerializer,
    "withdraw": WithdrawSerializer,
}

# Complaints at the desk -------------------------------------------------------------------------------------


class ClauseOfSerializer(serializers.Serializer[Clause]):
    """Which clause of which version of which pledge."""

    pledge = serializers.IntegerField(source="version.pledge_id")
    title = serializers.CharField(source="version.title")
    version = serializers.IntegerField(source="version.number")
    number = serializers.IntegerField(source="position")


class BreachRowSerializer(serializers.ModelSerializer):
    """A complaint in a list. `words` is the limit that comes first, in the reader's language."""

    clause = ClauseOfSerializer()
    unit = PledgingUnitSerializer()
    source = one_of(Source.values)
    state = one_of(BREACH_STATES)
    state_label = serializers.CharField()
    holder = serializers.CharField(source="holder.name", default=None, allow_null=True)
    due_at = serializers.SerializerMethodField()
    words = serializers.SerializerMethodField()

    class Meta:
        model = Breach
        fields: tuple[str, ...] = (
            "number",
            "clause",
            "unit",
            "source",
            "state",
            "state_label",
            "holder",
            "opened_at",
            "closed_at",
            "due_at",
            "words",
            "version",
        )

    def get_due_at(self, breach: Breach) -> str | None:
        return None if breach.next_due_at >= NEVER else breach.next_due_at.isoformat()

    def get_words(self, breach: Breach) -> str:
        return str(self.context["words"](breach))


class BreachPageSerializer(serializers.Serializer[Any]):
    """A page of at most 20; nothing is counted, so that a page costs the same in a list of any length."""

    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = BreachRowSerializer(many=True)


class BreachSerializer(BreachRowSerializer):
    """All of a complaint. `allowed` names the steps that may be taken now, with `version` as their `seen`.

    Name, phone and e-mail are empty to whoever does not handle it. `result` is the missed measure, where
    that opened it.
    """

    text = serializers.CharField(source="clause.text", help_text="The clause.")
    result = ResultSerializer(allow_null=True)
    complainant_name = serializers.SerializerMethodField()
    complainant_phone = serializers.SerializerMethodField()
    complainant_email = serializers.SerializerMethodField()
    taken_by = serializers.CharField(source="taken_by.name", default=None, allow_null=True)
    deadlines = serializers.SerializerMethodField()
    allowed = serializers.SerializerMethodField()

    class Meta(BreachRowSerializer.Meta):
        fields = (
            *BreachRowSerializer.Meta.fields,
            "text",
            "result",
            "description",
            "is_anonymous",
            "complainant_name",
            "complainant_phone",
            "complainant_email",
            "taken_by",
            "statement",
            "finding",
            "upheld",
            "decided_at",
            "put_right_days",
            "remedy",
            "deadlines",
            "allowed",
        )

    is_anonymous = serializers.BooleanField()

    def _personal(self, breach: Breach, name: str) -> str:
        return str(breach.personal()[name]) if self.context["sees_the_complainant"] else ""

    def get_complainant_name(self, breach: Breach) -> str:
        return self._personal(breach, "name")

    def get_complainant_phone(self, breach: Breach) -> str:
        return self._personal(breach, "phone")

    def get_complainant_email(self, breach: Breach) -> str:
        return self._personal(breach, "email")

    def get_deadlines(self, breach: Breach) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = DeadlineSerializer(self.context["deadlines"], many=True).data
        return found

    def get_allowed(self, breach: Breach) -> list[str]:
        return list(self.context["allowed"])


class RejectSerializer(SeenSerializer):
    finding = note(required=True, max_length=length_of(Breach, "finding"))


class UpholdSerializer(RejectSerializer):
    put_right_days = serializers.IntegerField(
        min_value=1, max_value=PUT_RIGHT_AT_MOST, help_text="Working days."
    )


class ExplainSerializer(SeenSerializer):
    statement = note(required=True, max_length=length_of(Breach, "statement"))


class PutRightSerializer(SeenSerializer):
    remedy = note(required=True, max_length=length_of(Breach, "remedy"))


BREACH_STEPS: dict[str, type[serializers.Serializer[Any]]] = {
    "accept": NoteSerializer,
    "refuse": ReasonGivenSerializer,
    "investigate": NoteSerializer,
    "explain": ExplainSerializer,
    "uphold": UpholdSerializer,
    "reject": RejectSerializer,
    "put_right": PutRightSerializer,
    "not_yet": ReasonGivenSerializer,
    "close": NoteSerializer,
}
