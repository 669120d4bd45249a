"""What cases of every kind are given over the API: notes, a unit by its code, photos, and what was seen."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.db import models
from rest_framework import serializers

from portal.cases.attachments import MOST_PHOTOS
from portal.cases.fields import read_files, read_photos
from portal.cases.text import refuse_control_characters
from portal.cases.uploads import MOST_FILES
from portal.organisation.models import Unit
from portal.rows import fetch


def note(*, required: bool, max_length: int = 1000, **options: Any) -> serializers.CharField:
    return serializers.CharField(
        required=required,
        allow_blank=not required,
        max_length=max_length,
        validators=[refuse_control_characters],
        **options,
    )


def one_of(values: Iterable[str]) -> serializers.CharField:
    """What is answered, never taken: `state` has one meaning in one app and another in the next."""
    return serializers.CharField(help_text=f"One of: {', '.join(values)}.")


def text_of(
    model: type[models.Model], name: str, *, longest: int = 0, **options: Any
) -> serializers.CharField:
    """A text that asks what a model's field asks: its length (unless `longest` is given), its validators."""
    column: Any = model._meta.get_field(name)
    rules = [each for each in column.validators if not isinstance(each, MaxLengthValidator)]
    return serializers.CharField(max_length=longest or column.max_length, validators=rules, **options)


class CodeField(serializers.SlugRelatedField):
    """A row by its code, of those that are in use."""

    model: type[models.Model]

    def __init__(self, **options: Any) -> None:
        super().__init__(slug_field="code", **options)

    def to_internal_value(self, data: Any) -> Any:
        # Written out, as every call asks it; what is not found so is refused by the field's own way.
        sql = f'SELECT {{columns}} FROM "{self.model._meta.db_table}" m WHERE m.code = %s AND m.active'  # noqa: S608
        try:
            found = fetch(self.model, sql, [data]) if isinstance(data, str) else []
        except ValueError:
            # A text that no database holds: with a NUL, or with half a character.
            found = []
        return found[0] if found else super().to_internal_value(data)


class UnitField(CodeField):
    """A unit that still works, by its code."""

    model, queryset = Unit, Unit.objects.active()


class ManyField(serializers.ListField):
    """Files as multipart form data, read by `read` all together."""

    child = serializers.FileField(allow_empty_file=True)

    def __init__(self, *, most: int, **options: Any) -> None:
        super().__init__(**{"required": False, "max_length": most, **options})

    def read(self, files: list[Any]) -> list[Any]:
        """Raises ValidationError, with sentences."""
        raise NotImplementedError

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
            return self.read(files)
        except ValidationError as refused:
            raise serializers.ValidationError(refused.messages) from None


class PhotosField(ManyField):
    """At most six files of JPEG, PNG or WebP."""

    def __init__(self, **options: Any) -> None:
        super().__init__(most=MOST_PHOTOS, **options)

    def read(self, files: list[Any]) -> list[Any]:
        return read_photos(files)


class FilesField(ManyField):
    """Files of an application: PDF, .docx, .xlsx, JPEG, PNG or WebP; `most` of them."""

    def __init__(self, *, most: int = MOST_FILES, **options: Any) -> None:
        self.most = most
        super().__init__(most=most, **options)

    def read(self, files: list[Any]) -> list[Any]:
        return read_files(files, most=self.most)


class SeenSerializer(serializers.Serializer[Any]):
    """`seen` is the count of changes that was looked at; with it, the second of two is told who was first."""

    seen = serializers.IntegerField(required=False, min_value=0, max_value=2**31 - 1)


class NoteSerializer(SeenSerializer):
    note = note(required=False)


class ReasonGivenSerializer(SeenSerializer):
    note = note(required=True)
