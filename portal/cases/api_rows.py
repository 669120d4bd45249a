"""What the API says of a case of any kind: a row of a list, and what a page of it knows besides."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from portal.cases.api import DeadlineSerializer
from portal.cases.models import NEVER


class CaseRowSerializer(serializers.ModelSerializer):
    """A case in a list. `words` is the limit that comes first, in the reader's language."""

    state_label = serializers.CharField()
    unit = serializers.CharField(source="unit.code", default=None, allow_null=True)
    holder = serializers.CharField(source="holder.name", default=None, allow_null=True)
    due_at = serializers.SerializerMethodField()
    words = serializers.SerializerMethodField()

    def get_due_at(self, case: Any) -> str | None:
        return None if case.next_due_at >= NEVER else case.next_due_at.isoformat()

    def get_words(self, case: Any) -> str:
        return str(self.context["words"](case))


ROW = (
    *("number", "title", "state", "state_label", "unit", "holder", "opened_at", "closed_at", "due_at"),
    *("words", "version"),
)


class WholeSerializer(serializers.Serializer[Any]):
    """`allowed` names the steps that may be taken now, with `version` as their `seen`."""

    deadlines = serializers.SerializerMethodField()
    allowed = serializers.SerializerMethodField()

    @extend_schema_field(DeadlineSerializer(many=True))
    def get_deadlines(self, case: Any) -> Any:
        return DeadlineSerializer(self.context["deadlines"], many=True).data

    def get_allowed(self, case: Any) -> list[str]:
        return list(self.context["allowed"])
