"""What cases of every kind are given over the API: notes, a unit by its code, photos, and what was seen."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from rest_framework import serializers

from portal.cases.attachments import MOST_PHOTOS
from portal.cases.fields import read_photos
from portal.cases.text import refuse_control_characters
from portal.organisation.models import Unit


def note(*, required: bool, max_length: int = 1000, **options: Any) -> serializers.CharField:
    return serializers.CharField(
        required=required,
        allow_blank=not required,
        max_length=max_length,
        validators=[refuse_control_characters],
        **options,
    )


class UnitField(serializers.SlugRelatedField):
    """A unit that still works, by its code."""

    def __init__(self, **options: Any) -> None:
        super().__init__(slug_field="code", queryset=Unit.objects.active(), **options)


class PhotosField(serializers.ListField):
    """At most six files of JPEG, PNG or WebP, as multipart form data."""

    child = serializers.FileField(allow_empty_file=True)

    def __init__(self, **options: Any) -> None:
        super().__init__(required=False, max_length=MOST_PHOTOS, **options)

    def to_internal_value(self, data: Any) -> list[Any]:
        try:
            files = super().to_internal_value(data)
        except serializers.ValidationError as refused:
            if isinstance(refused.detail, dict):
                # The list says it for each file; an error here is always a list of sentences.
                each = [str(sentence) for found in refused.detail.values() for sentence in found]
                raise serializers.ValidationError(list(dict.fromkeys(each))) from None
            raise
        try:
            return read_photos(files)
        except ValidationError as refused:
            raise serializers.ValidationError(refused.messages) from None


class SeenSerializer(serializers.Serializer[Any]):
    """`seen` is the count of changes that was looked at; with it, the second of two is told who was first."""

    seen = serializers.IntegerField(required=False, min_value=0, max_value=2**31 - 1)


class NoteSerializer(SeenSerializer):
    note = note(required=False)


class ReasonGivenSerializer(SeenSerializer):
    note = note(required=True)
