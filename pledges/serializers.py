"""What the API of pledges takes and answers, for everyone; the rules are the workflow's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.urls import reverse
from rest_framework import serializers
from rest_framework.request import Request

from pledges.actions import values_of
from pledges.complaints import Grievance
from pledges.keeping import Summary
from pledges.models import Breach, Clause, PledgeVersion, Result
from pledges.published import Signed, SignedClause
from pledges.workflow import BREACH_STATES, VERSION_STATES, VERSIONS_SEEN_BY, WITHDRAWN
from portal.cases.api import DeadlineSerializer
from portal.cases.api_fields import PhotosField, one_of
from portal.organisation.actors import Actor


class PledgingUnitSerializer(serializers.Serializer[Any]):
    """The name is in the reader's language."""

    code = serializers.CharField()
    name = serializers.CharField(source="localized_name")


class MeasureSerializer(serializers.Serializer[Any]):
    """What a clause can be measured by; `takes_days`: it is promised within so many working days."""

    code = serializers.CharField()
    name = serializers.CharField()
    takes_days = serializers.BooleanField()


class ResultSerializer(serializers.ModelSerializer):
    """What a measure answered for the days from `first` to `day`: `part` of `whole`.

    `percent` is cut off after one decimal, never rounded up; null, as is `kept`, where there was nothing to
    measure. `target` is in per cent.
    """

    percent = serializers.SerializerMethodField()
    target = serializers.DecimalField(source="clause.measure_target", max_digits=5, decimal_places=2)

    class Meta:
        model = Result
        fields = ("first", "day", "part", "whole", "percent", "target", "kept")

    def get_percent(self, result: Result) -> float | None:
        return (result.part * 1000 // result.whole) / 10 if result.whole else None


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads, on which day, and through which request: links are absolute."""

    request: Request
    actor: Actor
    today: date

    def link(self, name: str, *args: Any) -> str:
        found: str = self.request.build_absolute_uri(reverse(name, args=args))
        return found

    def links(self, version: PledgeVersion) -> dict[str, str | None]:
        """The signed PDF, for those who may read it, and the page on which anyone checks it."""
        document = version.document
        if document is None:
            return {"document_url": None, "verify_url": None}
        may_read = document.is_public or self.actor.has_role(*VERSIONS_SEEN_BY)
        return {
            "document_url": self.link("verify:file", document.check_code) if may_read else None,
            "verify_url": self.link("verify:document", document.check_code),
        }


class VersionSerializer(serializers.Serializer[Any]):
    """What every answer says of a version. `number` is its document's, as it is printed; days are Shanghai's.

    `document_url` is the signed PDF, null to whoever may not read it; `verify_url` where anyone checks it.
    """

    version = serializers.IntegerField()
    number = serializers.CharField(allow_null=True)
    state = one_of(VERSION_STATES)
    state_label = serializers.CharField()
    valid_from = serializers.DateField()
    valid_until = serializers.DateField(allow_null=True)
    published_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)
    document_url = serializers.URLField(allow_null=True)
    verify_url = serializers.URLField(allow_null=True)


def version_as_data(version: PledgeVersion, reader: Reader) -> dict[str, Any]:
    """In the shape of `VersionSerializer`; read with its document."""
    names = ("state", "state_label", "valid_from", "valid_until", "published_at", "ended_at")
    return {
        "version": version.number,
        "number": version.document.number if version.document else None,
        **{name: getattr(version, name) for name in names},
        **reader.links(version),
    }


class MeasuredSerializer(serializers.Serializer[Any]):
    """How many measured clauses were kept, and missed, by their latest result."""

    kept = serializers.IntegerField()
    missed = serializers.IntegerField()


class PledgeRowSerializer(VersionSerializer):
    """A pledge in force; `id` names it through all its versions.

    `holds`: whether today lies within its validity. `url` is the pledge in this API.
    """

    id = serializers.IntegerField()
    unit = PledgingUnitSerializer()
    title = serializers.CharField()
    holds = serializers.BooleanField()
    url = serializers.URLField()
    clauses_count = serializers.IntegerField()
    measured = MeasuredSerializer()


def row_as_data(version: PledgeVersion, summary: Summary, reader: Reader) -> dict[str, Any]:
    return {
        **version_as_data(version, reader),
        "id": version.pledge_id,
        "unit": version.pledge.unit,
        "title": version.title,
        "holds": version.holds_on(reader.today),
        "url": reader.link("api-pledge", version.pledge_id),
        "clauses_count": summary.clauses,
        "measured": summary,
    }


class PledgePageSerializer(serializers.Serializer[Any]):
    """A page of at most 20, newest first; nothing is counted."""

    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = PledgeRowSerializer(many=True)


class PledgeClauseSerializer(serializers.Serializer[Any]):
    """`measure` is the sentence that it is measured by, "" without one; `upheld` counts its breaches."""

    number = serializers.IntegerField()
    text = serializers.CharField()
    measure = serializers.CharField(allow_blank=True)
    result = ResultSerializer(allow_null=True)
    upheld = serializers.IntegerField()


class SignerSerializer(serializers.Serializer[Any]):
    """As they were on that day."""

    name = serializers.CharField()
    title = serializers.CharField()


class PledgeTextSerializer(VersionSerializer):
    """One version with its text: once it `is_signed`, as it is read out of the signed file, in Chinese.

    `preamble` and `closing` are paragraphs. Before the signature, number, day and signer are null.
    """

    id = serializers.IntegerField()
    unit = PledgingUnitSerializer()
    holds = serializers.BooleanField()
    is_signed = serializers.BooleanField()
    title = serializers.CharField()
    preamble = serializers.ListField(child=serializers.CharField())
    clauses = PledgeClauseSerializer(many=True)
    closing = serializers.ListField(child=serializers.CharField())
    phone = serializers.CharField()
    fax = serializers.CharField(allow_blank=True)
    email = serializers.CharField(allow_blank=True)
    dated_on = serializers.DateField(allow_null=True)
    signer = SignerSerializer(allow_null=True)


def text_as_data(
    version: PledgeVersion,
    text: Signed | None,
    reader: Reader,
    *,
    results: Mapping[int, Result],
    upheld: Mapping[int, int],
) -> dict[str, Any]:
    """A version with its text as it was signed; out of the tables while there is no signature.

    `results` and `upheld` are by a clause's number.
    """
    words = _as_signed(text) if text else _as_written(version)
    clauses = [
        {
            "number": each.number,
            "text": each.text,
            "measure": each.measure,
            "result": results.get(each.number),
            "upheld": upheld.get(each.number, 0),
        }
        for each in words.pop("clauses")
    ]
    return {
        **version_as_data(version, reader),
        "id": version.pledge_id,
        "unit": version.pledge.unit,
        "holds": version.holds_on(reader.today),
        "is_signed": text is not None,
        "clauses": clauses,
        **words,
    }


def _as_signed(text: Signed) -> dict[str, Any]:
    names = ("number", "title", "preamble", "clauses", "closing", "phone", "fax", "email", "dated_on")
    return {
        **{name: getattr(text, name) for name in names},
        "valid_from": text.valid_from,
        "valid_until": text.valid_until,
        "signer": {"name": text.signer_name, "title": text.signer_title},
    }


def _as_written(version: PledgeVersion) -> dict[str, Any]:
    values = values_of(version)
    return {
        "title": version.title,
        "preamble": values["paragraphs"],
        "clauses": [
            SignedClause(number, each["text"], each["measure"])
            for number, each in enumerate(values["clauses"], 1)
        ],
        **{name: values[name] for name in ("closing", "phone", "fax", "email")},
        "dated_on": None,
        "signer": None,
    }


class VersionLinkSerializer(VersionSerializer):
    """One of the versions that were published; `reason` says why a withdrawn one was."""

    reason = serializers.CharField(allow_blank=True)
    url = serializers.URLField()


def link_as_data(version: PledgeVersion, reader: Reader) -> dict[str, Any]:
    return {
        **version_as_data(version, reader),
        "reason": version.ended_reason,
        "url": reader.link("api-pledge-version", version.pledge_id, version.number),
    }


class PledgeSerializer(PledgeTextSerializer):
    """A pledge in force, with every version that was published, newest first."""

    versions = VersionLinkSerializer(many=True)


class TombstoneSerializer(serializers.Serializer[Any]):
    """What is left of a version that was withdrawn: when it was, and why; and its file."""

    id = serializers.IntegerField()
    version = serializers.IntegerField()
    state = one_of([WITHDRAWN])
    state_label = serializers.CharField()
    withdrawn_at = serializers.DateTimeField()
    reason = serializers.CharField()
    document_url = serializers.URLField(allow_null=True)
    verify_url = serializers.URLField()


def tombstone_as_data(version: PledgeVersion, reader: Reader) -> dict[str, Any]:
    return {
        "id": version.pledge_id,
        "version": version.number,
        "state": version.state,
        "state_label": version.state_label,
        "withdrawn_at": version.ended_at,
        "reason": version.ended_reason,
        **reader.links(version),
    }


class ComplaintSerializer(serializers.ModelSerializer):
    """What was not kept; without name, phone and e-mail it is anonymous.

    `clause` is its number, in the `version` that is in force now unless another one is named.
    """

    version = serializers.IntegerField(required=False, min_value=1, max_value=2**15 - 1)
    clause = serializers.IntegerField(min_value=1, max_value=2**15 - 1)
    name = serializers.CharField(required=False, allow_blank=True)
    phone = serializers.CharField(required=False, allow_blank=True)
    email = serializers.EmailField(required=False, allow_blank=True, max_length=254)
    photos = PhotosField()

    class Meta:
        model = Breach
        fields = ("version", "clause", "description", "photos", "name", "phone", "email")

    def get_fields(self) -> dict[str, Any]:
        fields = super().get_fields()
        # The model's own rules for the two that bear another name here.
        for name in ("name", "phone"):
            column: Any = Breach._meta.get_field(f"complainant_{name}")
            fields[name].validators = [*fields[name].validators, *column.validators]
        return fields

    def grievance(self, clause: Clause) -> Grievance:
        names = ("description", "photos", "name", "phone", "email")
        given = {name: self.validated_data[name] for name in names if name in self.validated_data}
        return Grievance(clause=clause, **given)


class ComplaintOpenedSerializer(serializers.Serializer[Any]):
    """Number and look-up code: together they let the complainant follow it."""

    number = serializers.CharField()
    lookup_code = serializers.CharField()
    state = one_of(BREACH_STATES)
    deadlines = DeadlineSerializer(many=True)
