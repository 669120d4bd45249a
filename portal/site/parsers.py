"""What the API reads."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser


class ShallowJSONParser(JSONParser):
    """JSON; brackets nested deeper than Python reads are a mistake of the sender (400), not of ours."""

    def parse(self, *args: Any, **options: Any) -> Any:
        try:
            return super().parse(*args, **options)
        except RecursionError:
            raise ParseError(
                _("The portal could not read this request. Please go back and try again.")
            ) from None
