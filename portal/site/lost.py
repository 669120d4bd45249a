"""When a server behind the portal is gone in mid-request: which errors mean it, what the reader is told."""

from __future__ import annotations

from types import TracebackType

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template import loader
from django.utils.translation import gettext as _
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

RETRY_AFTER_SECONDS = 30
# PostgreSQL's classes of errors (appendix A of its manual): connection, resources, operator, system.
LOST_CLASSES = ("08", "53", "57", "58")
# Serialization failure, deadlock, lock not available: the transaction was given up, not the server.
GIVEN_UP = ("40001", "40P01", "55P03")


def is_lost(error: BaseException | None) -> bool:
    """Whether the error says that Postgres or Valkey cannot be reached, or gave the transaction up."""
    if isinstance(error, RedisConnectionError | RedisTimeoutError | InterfaceError):
        return True
    if isinstance(error, OperationalError):
        code = getattr(error.__cause__, "pgcode", None)
        return code is None or code[:2] in LOST_CLASSES or code in GIVEN_UP
    return False


def _passed_through(traceback: TracebackType | None, function: str) -> bool:
    while traceback is not None:
        if traceback.tb_frame.f_code.co_name == function:
            return True
        traceback = traceback.tb_next
    return False


def sentence(error: BaseException | None) -> str:
    """What has become of the reader's entry, as far as it can be known."""
    # A transaction is over or in doubt once COMMIT was sent; the session is written after the page was made.
    if isinstance(error, OperationalError | InterfaceError) and not _passed_through(
        error.__traceback__, "_commit"
    ):
        return _("The database cannot be reached just now. Nothing was saved. Please try again in a minute.")
    return _(
        "A part of the portal cannot be reached just now. Please wait a minute and look whether your entry "
        "is already there before you send it again."
    )


def unavailable(request: HttpRequest, error: BaseException | None) -> HttpResponse:
    """503 with the sentence, made without database, session or sign-in."""
    text = sentence(error)
    response: HttpResponse
    if request.path_info.startswith("/api/"):
        response = JsonResponse({"detail": text}, status=503)
    else:
        response = HttpResponse(loader.render_to_string("503.html", {"sentence": text}), status=503)
    response["Retry-After"] = str(RETRY_AFTER_SECONDS)
    response["Cache-Control"] = "no-store"
    return response
