"""Text that people typed: fields which refuse control characters and keep one form of a thing."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.db import models
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from portal.cases.workflow import Refused

# Tab, line feed and carriage return may stand in a text of several lines; nothing else below blank, and none
# of the marks that turn the direction of writing and so can disguise a text.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_BREAKS = re.compile(r"[\t\r\n]")


def refuse_control_characters(value: str) -> None:
    if _CONTROL.search(value):
        raise ValidationError(
            _("The text contains characters that cannot be shown. Please type it anew."), "control"
        )


def refuse_line_breaks(value: str) -> None:
    if _BREAKS.search(value):
        raise ValidationError(_("Please write this in one line."), "line_break")


class TextField(models.TextField):
    """Several lines, at most `max_length` characters, held by forms and the API alike."""

    default_validators = [refuse_control_characters]

    @cached_property
    def validators(self) -> list[Any]:
        limit = [] if self.max_length is None else [MaxLengthValidator(self.max_length)]
        return [*super().validators, *limit]


class LineField(models.CharField):
    """One line."""

    default_validators = [refuse_control_characters, refuse_line_breaks]


def check_fields(row: models.Model, names: Collection[str]) -> None:
    """What a form would refuse is refused here as well: an import asks no form. Raises Refused, by field."""
    try:
        row.clean_fields(exclude={each.name for each in row._meta.fields} - set(names))
    except ValidationError as wrong:
        name, sentences = next(iter(wrong.message_dict.items()))
        raise Refused(sentences[0], field=name) from None
