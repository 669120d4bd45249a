"""What surrounds every request: /healthz before anything else, a calm answer when a server is gone.

And what no page of ours can want is refused before any page sees it.
"""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.middleware.locale import LocaleMiddleware
from django.utils import translation
from django.utils.cache import add_never_cache_headers
from django.utils.translation import check_for_language

from . import errors, health, lost

Next = Callable[[HttpRequest], HttpResponse]

MEGABYTE = 1024 * 1024
# Six photos of 10 MB with a form around them; a form without files may have 2 MB (DATA_UPLOAD_MAX_…).
MOST_WITH_FILES = 62 * MEGABYTE
MOST_WITHOUT_FILES = 3 * MEGABYTE
TAKES_FILES = (
    "/approvals/",
    "/hotline/report/",
    "/hotline/tickets/",
    "/api/v1/applications",
    "/api/v1/approvals",
    "/api/v1/reports",
    "/api/v1/tickets",
    "/api/v1/pledges",
    "/cases/calendar/new/",
    "/pledges/",
    "/verify/",
)
# Cases over the API: the answer is for one reader, also for the one who has no account.
OWN_CASES = (
    *("/api/v1/tickets", "/api/v1/cases", "/api/v1/reports", "/api/v1/breaches"),
    *("/api/v1/applications", "/api/v1/approvals", "/api/v1/incoming", "/api/v1/ratings", "/api/v1/permits"),
)


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


class Unwanted:
    """400 for a NUL, which Postgres can hold in no text, and 413 for more than any of our forms sends.

    Stands after the language is known and before anything reads the body.
    """

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        query = request.META.get("QUERY_STRING", "")
        if "\0" in request.path_info or "\0" in query or "%00" in query:
            return errors.bad_request(request)
        if _length(request) > _most(request):
            return errors.too_large(request, _most(request) // MEGABYTE)
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *view: object) -> HttpResponse | None:
        # The administrators' lists take what was ticked straight into a query.
        if not request.path_info.startswith("/admin/") or "action" not in request.POST:
            return None
        ticked = request.POST.getlist("_selected_action")
        return errors.bad_request(request) if any("\0" in each for each in ticked) else None


def _length(request: HttpRequest) -> int:
    """Bytes that are announced; a body that is not announced is not read by Django."""
    try:
        return int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return 0


def _most(request: HttpRequest) -> int:
    """Files come as multipart only; JSON of that size would be read into memory whole."""
    multipart = request.META.get("CONTENT_TYPE", "").lower().startswith("multipart/")
    return MOST_WITH_FILES if multipart and request.path_info.startswith(TAKES_FILES) else MOST_WITHOUT_FILES


class OwnAnswers:
    """What was made for one reader is kept by no cache: no proxy's, nor the browser's after sign-out."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if not response.has_header("Cache-Control") and _is_own(request):
            add_never_cache_headers(response)
        return response


def _is_own(request: HttpRequest) -> bool:
    if request.path_info.startswith(OWN_CASES) or "HTTP_AUTHORIZATION" in request.META:
        return True
    # Who has no session is not asked for one.
    return settings.SESSION_COOKIE_NAME in request.COOKIES and request.user.is_authenticated
