"""What is asked for in the demonstration, and what happens to each request: read from its file. Pure."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from disclosure.rules.replies import REPLIES
from disclosure.rules.request_terms import COUNTER, POST_SIGNED

TEXTS = Path(__file__).with_name("demonstration_requests.toml")
# Here a request stands as it came; one that came over the counter is registered by that.
AS_IT_CAME = ("apply", "register")


@cache
def texts() -> dict[str, Any]:
    """The whole file, read once."""
    return tomllib.loads(TEXTS.read_text(encoding="utf-8"))


def steps(text: Mapping[str, Any]) -> list[tuple[str, float]]:
    """What happens to a request, up to where it stops: steps, each so many working days after the last.

    Raises ValueError for one that stops at a step that it does not take.
    """
    stop = text.get("stop")
    if stop in AS_IT_CAME:
        return []
    found = list(_all_steps(text))
    return found if stop is None else found[: [name for name, _days in found].index(stop) + 1]


def _all_steps(text: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    if text["channel"] not in (COUNTER, POST_SIGNED):
        yield "register", 1
    if missing := text.get("supplement"):
        yield "ask_supplement", 1
        if "brings" in missing:
            yield "supplement", missing["after"]
        else:
            # The second day after the last one: the clock has said that it is over.
            yield "lapse", missing["days"] + 2
    else:
        yield "begin_review", 1
    if extension := text.get("extension"):
        yield "ask_extension", extension["after"]
        yield "extend", 1
    if consulted := text.get("consult"):
        yield "consult", consulted["after"]
        yield "record_opinion", consulted["days"]
    if fee := text.get("fee"):
        yield "ask_fee", fee["after"]
        yield "record_payment", fee.get("paid", 1)
    if reply := text.get("reply"):
        gives = REPLIES[reply["type"]].gives
        if gives:
            yield "pass_secrecy", reply["after"] - 1
        yield "reply", 1 if gives else reply["after"]
        yield "deliver", 1
        yield "close", 1
