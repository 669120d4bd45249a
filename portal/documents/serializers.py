"""What the API says of a document: to anyone what the register says, the rest to those who may read it."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.urls import reverse
from rest_framework import serializers

from portal.cases.terms import local_day
from portal.documents.models import Document, Standing
from portal.documents.wording_check import of_standing

# What only those learn who may read the document.
FOR_READERS = (
    "title",
    "valid_from",
    "valid_until",
    "suspended_reason",
    "ended_reason",
    "sha256",
    "size",
    "document_url",
)


class DocumentSerializer(serializers.ModelSerializer):
    """To whoever may not read the document it says that it is genuine and how it stands, and no more.

    Title, days of validity, the reasons of its suspension and ending, hash, size and address are null then.
    Days are in Asia/Shanghai. `words` says how it stands in the reader's language. `sha256` is of the signed
    file. `suspended_at` stays when a suspended document ends.
    """

    kind_name = serializers.CharField(read_only=True)
    title = serializers.CharField(read_only=True, allow_null=True)
    check_code = serializers.CharField(source="shown_code", read_only=True)
    valid_from = serializers.DateField(read_only=True, allow_null=True)
    suspended_reason = serializers.CharField(read_only=True, allow_null=True)
    ended_reason = serializers.CharField(read_only=True, allow_null=True)
    sha256 = serializers.CharField(read_only=True, allow_null=True)
    size = serializers.IntegerField(read_only=True, allow_null=True)
    issued_at = serializers.DateTimeField(source="made_at", read_only=True)
    standing = serializers.SerializerMethodField()
    words = serializers.SerializerMethodField()
    replaced_by = serializers.CharField(source="replaced_by.number", read_only=True, default=None)
    check_url = serializers.SerializerMethodField()
    document_url = serializers.SerializerMethodField()

    class Meta:
        model = Document
        fields = (
            "number",
            "kind",
            "kind_name",
            "title",
            "check_code",
            "issued_at",
            "valid_from",
            "valid_until",
            "standing",
            "words",
            "suspended_at",
            "suspended_reason",
            "ended_at",
            "ended_reason",
            "replaced_by",
            "is_public",
            "signer",
            "signed_at",
            "sha256",
            "size",
            "check_url",
            "document_url",
        )
        read_only_fields = fields

    def _may_read(self, document: Document) -> bool:
        return bool(self.context["may_read"])

    def to_representation(self, instance: Document) -> dict[str, Any]:
        told: dict[str, Any] = super().to_representation(instance)
        return told if self._may_read(instance) else told | dict.fromkeys(FOR_READERS)

    def get_standing(self, document: Document) -> Standing:
        return document.standing(self.context["today"])

    def get_words(self, document: Document) -> str:
        standing, may_read = self.get_standing(document), self._may_read(document)
        return str(of_standing(document, standing, may_read=may_read).title)

    def _url(self, name: str, document: Document) -> str:
        address = reverse(name, args=[document.check_code])
        absolute: str = self.context["request"].build_absolute_uri(address)
        return absolute

    def get_check_url(self, document: Document) -> str:
        return self._url("verify:document", document)

    def get_document_url(self, document: Document) -> str | None:
        return self._url("verify:file", document)


class DocumentPageSerializer(serializers.Serializer[Any]):
    """A page of at most 20, newest first; nothing is counted."""

    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = DocumentSerializer(many=True)


class CaseDocumentSerializer(serializers.ModelSerializer):
    """A paper of a case. `made_on` is the day in Asia/Shanghai; `url` is the signed PDF, for the same reader
    with the same look-up code; at `check_url` anyone checks it."""

    kind_name = serializers.CharField(read_only=True)
    made_on = serializers.SerializerMethodField()
    standing = serializers.SerializerMethodField()
    url = serializers.SerializerMethodField()
    check_url = serializers.SerializerMethodField()

    class Meta:
        model = Document
        fields = ("number", "kind", "kind_name", "title", "made_on", "standing", "url", "check_url")
        read_only_fields = fields

    def get_made_on(self, document: Document) -> date:
        return local_day(document.made_at)

    def get_standing(self, document: Document) -> Standing:
        return document.standing(self.context["today"])

    def get_url(self, document: Document) -> str:
        return self._url("api-case-document", self.context["number"], document.check_code)

    def get_check_url(self, document: Document) -> str:
        return self._url("verify:document", document.check_code)

    def _url(self, name: str, *args: str) -> str:
        absolute: str = self.context["request"].build_absolute_uri(reverse(name, args=args))
        return absolute
