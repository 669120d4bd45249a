"""Numbers that people and bodies have, checked by their own check digits. Pure.

ID numbers by GB 11643, credit codes by GB 32100.
"""

from __future__ import annotations

import re

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from stdnum.cn import ric, uscc
from stdnum.exceptions import InvalidComponent, InvalidFormat, InvalidLength
from stdnum.exceptions import ValidationError as Wrong

ID_NUMBER = re.compile(r"[0-9]{17}[0-9X]")


def normal_number(value: str) -> str:
    """Without blanks and hyphens, in capitals, full-width characters as plain ones."""
    plain = value.translate({code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)})
    return re.sub(r"[\s-]", "", plain).upper()


def check_id_number(value: str) -> None:
    """Raises ValidationError, with what is wrong, unless it is a resident's ID number."""
    if len(value) != 18:
        raise ValidationError(
            _("An ID number has 18 characters; this one has %(count)s.") % {"count": len(value)}, "length"
        )
    if not ID_NUMBER.fullmatch(value):
        raise ValidationError(_("An ID number is 17 digits and a digit or X."), "format")
    try:
        # Not the library's whole check: its list of places refuses people who were born before a place's
        # present code, and they are many.
        ric.get_birth_date(value)
    except InvalidComponent:
        raise ValidationError(_("There is no such day of birth in an ID number."), "component") from None
    if ric.calc_check_digit(value) != value[-1]:
        raise ValidationError(_("This ID number is mistyped: its check digit does not fit."), "checksum")


def check_credit_code(value: str) -> None:
    """Raises ValidationError, with what is wrong, unless it is a unified social credit code."""
    try:
        uscc.validate(value)
    except InvalidLength:
        raise ValidationError(
            _("A credit code has 18 characters; this one has %(count)s.") % {"count": len(value)}, "length"
        ) from None
    except (InvalidFormat, Wrong):
        raise ValidationError(
            _("This credit code is mistyped: its check character does not fit."), "checksum"
        ) from None


def check_number(kind: str, value: str) -> str:
    """The normal form of a person's ID number or a body's credit code. Raises ValidationError."""
    plain = normal_number(value)
    check_id_number(plain) if kind == "person" else check_credit_code(plain)
    return plain


def masked_number(value: str) -> str:
    """As it stands on papers: the first six and the last two characters."""
    return value[:6] + "*" * (len(value) - 8) + value[-2:] if len(value) > 8 else "*" * len(value)
