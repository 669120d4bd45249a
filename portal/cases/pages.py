"""What pages that open and move cases need: who is slowed down, what a double click may not do twice."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from django.core.cache import cache
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.datastructures import MultiValueDict
from django.utils.translation import ngettext
from rest_framework.throttling import ScopedRateThrottle

from portal.cases.fields import Once
from portal.cases.workflow import Refused
from portal.organisation.actors import Actor

# As long as a form may be open: the mark of one that was sent is kept for a day.
KEPT_SECONDS = 24 * 60 * 60
UNDER_WAY = ""
# A process that dies in mid-save leaves the mark behind; the form may be sent again after a minute.
UNDER_WAY_SECONDS = 60


def is_throttled(request: HttpRequest, scope: str) -> bool:
    """Whether this address has asked too often; pages and the API count together."""
    throttle: Any = ScopedRateThrottle()
    return not throttle.allow_request(request, SimpleNamespace(throttle_scope=scope))


@dataclass(frozen=True, slots=True)
class TooOften:
    """That a form was sent too often, for the page on which it stands again; `seconds` until it is taken."""

    sentence: str
    seconds: int

    def on(self, response: HttpResponse) -> HttpResponse:
        """The page, saying to programs as well when to come again."""
        response["Retry-After"] = str(self.seconds)
        return response


def too_often(request: HttpRequest, scope: str) -> TooOften:
    """When this address may send again; ask it of a request that is throttled, which is not counted twice."""
    throttle: Any = ScopedRateThrottle()
    throttle.allow_request(request, SimpleNamespace(throttle_scope=scope))
    seconds = max(1, math.ceil(throttle.wait() or 0))
    minutes = math.ceil(seconds / 60)
    sentence = ngettext(
        "The portal takes this only a few times in a while from one connection. What you typed is still "
        "here; files have to be chosen again. Please send it once more in %(minutes)d minute.",
        "The portal takes this only a few times in a while from one connection. What you typed is still "
        "here; files have to be chosen again. Please send it once more in %(minutes)d minutes.",
        minutes,
    )
    return TooOften(sentence % {"minutes": minutes}, seconds)


def too_many(request: HttpRequest) -> HttpResponse:
    return render(request, "429.html", status=429)


class UnderWay(Exception):
    """The same form is being saved at this moment."""


def opened_once(
    form: Once, opens: Callable[[], str], *, content: Any = None, actor: Actor | None = None
) -> str:
    """The name of what `opens` opened, now or when the same was sent before; `form` is valid.

    The same is: the same kind of form with the same mark and the same content, from the same `actor` where
    one is given. Who goes back and corrects a word sends something else. `content` stands for what was sent,
    where that says the same in several ways. Raises UnderWay while the first click is still at work. When it
    fails, nothing was saved, and the form may be sent again.
    """
    mark = form.cleaned_data["once"]
    if mark is None:
        return opens()
    kind = f"{type(form).__module__}.{type(form).__qualname__}"
    said = [kind, mark, actor.id if actor else None, what_was_sent(form) if content is None else content]
    return said_once(said, opens)


def said_once(said: Any, opens: Callable[[], str]) -> str:
    """The name of what `opens` opened, now or when the same was `said` within a day. Raises UnderWay."""
    text = json.dumps(said, ensure_ascii=False, sort_keys=True, default=str)
    key = f"cases:once:{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()}"
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


def what_was_sent(form: Once) -> dict[str, Any]:
    """Everything that came with a form, also what stands beside it on its page; of files what they hold."""
    typed, files = MultiValueDict(form.data).lists(), form.files.lists()
    return {
        "data": {name: values for name, values in typed if name != "csrfmiddlewaretoken"},
        "files": [[name, each.name, each.size, _hash(each)] for name, sent in files for each in sent],
    }


def _hash(file: UploadedFile) -> str:
    found = hashlib.sha256()
    for chunk in file.chunks():
        found.update(chunk)
    return found.hexdigest()


def put_error(form: Any, refused: Refused, names: dict[str, str] | None = None) -> None:
    """What a rule said, at the field that it is about; `names` says where the form calls it otherwise."""
    name = refused.field
    if name not in form.fields:
        name = (names or {}).get(name or "", name)
    form.add_error(name if name in form.fields else None, str(refused.message))
