"""Elder mode (适老化): large text and strong contrast, remembered in a cookie, without script or account."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse

COOKIE = "elder"
A_YEAR = 365 * 24 * 3600


def is_elder(request: HttpRequest) -> bool:
    """Whether the reader has asked for elder mode."""
    return request.COOKIES.get(COOKIE) == "1"


def remember(response: HttpResponse, *, on: bool) -> None:
    """Keep the reader's choice for a year, or forget it."""
    if on:
        response.set_cookie(
            COOKIE, "1", max_age=A_YEAR, secure=settings.SESSION_COOKIE_SECURE, httponly=True, samesite="Lax"
        )
    else:
        response.delete_cookie(COOKIE, samesite="Lax")
