"""Telephone numbers as people write them, and as the portal keeps them."""

from __future__ import annotations

import re

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

_NOISE = re.compile(r"[\s\-()（）－–—.]")
_FULL_WIDTH = str.maketrans("０１２３４５６７８９＋", "0123456789+")
# A mobile number, a fixed one with or without its area code, a service number (12345, 95598), or one abroad.
_VALID = re.compile(
    r"^(1[3-9]\d{9}|0\d{2,3}\d{7,8}|[2-9]\d{6,7}|1[0-2]\d{1,5}|9\d{4,6}|400\d{7}|\+\d{6,15})$"
)


def normal_phone(text: str) -> str:
    """The number without blanks, dashes, brackets and the country's own +86: one form of one number."""
    plain = _NOISE.sub("", text.strip().translate(_FULL_WIDTH))
    for prefix in ("+86", "0086"):
        if plain.startswith(prefix):
            plain = plain[len(prefix) :]
    return plain


def is_phone(text: str) -> bool:
    """Whether a normalised number can be one."""
    return bool(_VALID.match(text))


def validate_phone(text: str) -> None:
    if not is_phone(normal_phone(text)):
        raise ValidationError(_("This is not a telephone number. Please check the digits."), "phone")
