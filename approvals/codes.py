"""The code of an item (实施编码): credit code, level, twelve figures of the national list. Pure."""

from __future__ import annotations

import re

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from portal.cases.identity import check_credit_code

IMPLEMENTATION_CODE = re.compile(r"[0-9A-Z]{18}[1-5][0-9]{12}")


def validate_implementation_code(value: str) -> None:
    """Raises ValidationError unless it is 18 characters of credit code, a level, and 12 figures."""
    if not IMPLEMENTATION_CODE.fullmatch(value):
        raise ValidationError(
            _("An implementation code has 31 characters: credit code, level (1 to 5), twelve figures."),
            "format",
        )
    try:
        check_credit_code(value[:18])
    except ValidationError:
        raise ValidationError(
            _("The implementation code begins with a credit code that is mistyped."), "checksum"
        ) from None
