"""What is answered when something is wrong: a page with a sentence, or for the API {"detail": sentence}."""

from __future__ import annotations

import sys
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template import loader
from django.utils.translation import gettext as _
from django.views.decorators.csrf import requires_csrf_token
from redis.exceptions import RedisError
from rest_framework.response import Response
from rest_framework.views import exception_handler as rest_exception_handler
from rest_framework.views import set_rollback

from portal.cases.workflow import Conflict, NotAllowed, Refused

from . import lost


def _answer(request: HttpRequest, status: int, sentence: str) -> HttpResponse:
    if request.path_info.startswith("/api/"):
        return JsonResponse({"detail": sentence}, status=status)
    return render(request, f"{status}.html", {"sentence": sentence}, status=status)


def _own_words(exception: Exception | None) -> str:
    """The sentence of our own code, if it wrote one; Django's own are for developers, in English."""
    if isinstance(exception, Refused):
        return str(exception.message)
    if isinstance(exception, PermissionDenied) and exception.args:
        return str(exception.args[0])
    return ""


@requires_csrf_token
def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """400: the request is not one that a page of ours would send."""
    return _answer(
        request,
        400,
        _own_words(exception) or _("The portal could not read this request. Please go back and try again."),
    )


@requires_csrf_token
def too_large(request: HttpRequest, megabytes: int) -> HttpResponse:
    """413: more was sent than the page takes."""
    sentence = _(
        "More was sent than this page takes (%(most)s MB), and nothing has been saved. Please send fewer or "
        "smaller files."
    )
    return _answer(request, 413, sentence % {"most": megabytes})


@requires_csrf_token
def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403: signed in, yet not for this."""
    return _answer(request, 403, _own_words(exception) or _("Your account may not open this page."))


@requires_csrf_token
def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404; what is hidden from the reader looks the same as what is not there."""
    return _answer(request, 404, _("There is no page at this address, or it is not open to you."))


@requires_csrf_token
def server_error(request: HttpRequest) -> HttpResponse:
    """500, or 503 where the error (raised in a middleware) only says that a server is gone."""
    error = sys.exc_info()[1]
    if lost.is_lost(error):
        return lost.unavailable(request, error)
    sentence = _("The portal made a mistake. It has been noted; please try again later.")
    if request.path_info.startswith("/api/"):
        return JsonResponse({"detail": sentence}, status=500)
    return HttpResponse(loader.render_to_string("500.html", {"sentence": sentence}), status=500)


@requires_csrf_token
def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403: the form is older than the session it was drawn for, or came from elsewhere."""
    return _answer(
        request,
        403,
        _(
            "This form has expired, and nothing has been saved. Go back to it, load it anew and send it "
            "again: what you typed is still there in most browsers."
        ),
    )


def api_exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's handler, which also knows the house's refusals. Nothing is half-written in any of these cases."""
    if isinstance(error, Refused):
        set_rollback()
        status = 409 if isinstance(error, Conflict) else 403 if isinstance(error, NotAllowed) else 400
        sentence = str(error.message)
        named = status == 400 and error.field
        return Response({error.field: [sentence]} if named else {"detail": sentence}, status=status)
    if isinstance(error, OperationalError | InterfaceError | RedisError) and lost.is_lost(error):
        return Response(
            {"detail": lost.sentence(error)},
            status=503,
            headers={"Retry-After": str(lost.RETRY_AFTER_SECONDS), "Cache-Control": "no-store"},
        )
    return rest_exception_handler(error, context)
