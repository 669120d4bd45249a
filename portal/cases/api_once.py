"""How a program sends the same once more without opening it twice."""

from __future__ import annotations

import uuid

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.request import Request

KEY_HEADER = "Idempotency-Key"
KEY = OpenApiParameter(
    KEY_HEADER,
    uuid.UUID,
    OpenApiParameter.HEADER,
    description="A UUID that you make up for each application. Where the connection was lost, send the same "
    "once more with the same key: within a day it is answered with the number that it has already, and "
    "nothing is received twice. With other content it is another application.",
)


def key_of(request: Request) -> str:
    """The mark by which a request is known again; "" without one. Raises ValidationError for no UUID."""
    given = request.headers.get(KEY_HEADER, "").strip()
    if not given:
        return ""
    try:
        return str(uuid.UUID(given))
    except ValueError:
        raise serializers.ValidationError({KEY_HEADER: [_("This is not a UUID.")]}) from None
