"""What surrounds every request: /healthz before anything else, and a calm answer when a server is gone."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.middleware.locale import LocaleMiddleware
from django.utils import translation
from django.utils.translation import check_for_language

from . import health, lost

Next = Callable[[HttpRequest], HttpResponse]


class DatabaseLost:
    """503 instead of 500 where Postgres or Valkey is gone. (`errors.server_error` sees other middleware's.)

    /healthz is answered here, above session and sign-in, as it must answer when nothing else can.
    """

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info == "/healthz":
            return health.healthz(request)
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        return lost.unavailable(request, error) if lost.is_lost(error) else None


class ChosenLanguage(LocaleMiddleware):
    """Chinese unless the reader chose otherwise: what a browser prefers counts for programs (the API) only.

    Many browsers in the bureau's offices are set to English by whoever installed them.
    """

    def process_request(self, request: HttpRequest) -> None:
        if request.path_info.startswith("/api/"):
            super().process_request(request)
            return
        chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
        known = chosen in dict(settings.LANGUAGES) and check_for_language(chosen)
        translation.activate(chosen if known else settings.LANGUAGE_CODE)
        request.LANGUAGE_CODE = translation.get_language()
