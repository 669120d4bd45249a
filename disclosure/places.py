"""A place among the results of a search as it stands in an address."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from disclosure.searching import Key
from portal.cases.keyset import BadKey, parse_key

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
PLACE = re.compile(r"(t|w)-(\d{1,18}-\d{1,18})", re.ASCII)


def written(key: Key) -> str:
    moment = (key.published_at - EPOCH) // timedelta(microseconds=1)
    return f"{'t' if key.in_title else 'w'}-{moment}-{key.pk}"


def read(text: str) -> Key | None:
    """The place that an address names, None for none. Raises BadKey for what no page of ours gave out."""
    if not text:
        return None
    parts = PLACE.fullmatch(text)
    if parts is None:
        raise BadKey(text)
    return Key(parts[1] == "t", *parse_key(parts[2]))
