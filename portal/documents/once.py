"""What a second click may not do twice: issuing a letter, ordering a batch."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any

from django.core.cache import cache

from portal.organisation.actors import Actor

# As long as a form may lie open: what was made of it is remembered for a day.
KEPT_SECONDS = 24 * 60 * 60
UNDER_WAY = ""
# A process that dies in the middle leaves its mark behind; after this the form may be sent again.
UNDER_WAY_SECONDS = 60


class UnderWay(Exception):
    """The same form is at work at this moment."""


def made_once(mark: object, content: Any, actor: Actor, make: Callable[[], str]) -> str:
    """The name of what `make` made, now or when the same was sent before.

    The same is: the same person, the same form (`mark`, its token), the same content. Who goes back and
    corrects a word sends something else. When `make` fails, nothing was made, and the mark is free again.
    Raises UnderWay while the first click is still at work.
    """
    said = json.dumps([str(mark), actor.id, content], ensure_ascii=False, sort_keys=True, default=str)
    key = f"documents:once:{hashlib.sha256(said.encode('utf-8', 'surrogatepass')).hexdigest()}"
    if not cache.add(key, UNDER_WAY, UNDER_WAY_SECONDS):
        if name := cache.get(key):
            return str(name)
        raise UnderWay
    try:
        name = make()
    except BaseException:
        cache.delete(key)
        raise
    cache.set(key, name, KEPT_SECONDS)
    return name
