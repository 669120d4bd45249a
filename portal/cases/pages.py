"""What pages that open and move cases need: who is slowed down, what a double click may not do twice."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from rest_framework.throttling import ScopedRateThrottle

from portal.cases.workflow import Refused

# As long as a form may be open: the mark of one that was sent is kept for a day.
KEPT_SECONDS = 24 * 60 * 60
UNDER_WAY = ""
# A process that dies in mid-save leaves the mark behind; the form may be sent again after a minute.
UNDER_WAY_SECONDS = 60


def is_throttled(request: HttpRequest, scope: str) -> bool:
    """Whether this address has asked too often; pages and the API count together."""
    throttle: Any = ScopedRateThrottle()
    return not throttle.allow_request(request, SimpleNamespace(throttle_scope=scope))


def too_many(request: HttpRequest) -> HttpResponse:
    return render(request, "429.html", status=429)


class UnderWay(Exception):
    """The same form is being saved at this moment."""


def opened_once(mark: UUID | None, opens: Callable[[], str]) -> str:
    """The number of what `opens` opened, now or when the form with this mark was sent before.

    Raises UnderWay while the first click is still at work. When it fails, nothing was saved, and the mark is
    free again.
    """
    if mark is None:
        return opens()
    key = f"cases:once:{mark}"
    if not cache.add(key, UNDER_WAY, UNDER_WAY_SECONDS):
        number = cache.get(key)
        if not number:
            raise UnderWay
        return str(number)
    try:
        number = opens()
    except BaseException:
        cache.delete(key)
        raise
    cache.set(key, number, KEPT_SECONDS)
    return number


def put_error(form: Any, refused: Refused, names: dict[str, str] | None = None) -> None:
    """What a rule said, at the field that it is about."""
    name = (names or {}).get(refused.field or "", refused.field)
    form.add_error(name if name in form.fields else None, str(refused.message))
