"""The words of the made-up texts, and some to search for. Pure; the words are in `synthetic_words.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from functools import cache
from itertools import product
from pathlib import Path
from random import Random
from typing import Any, Literal

WORDS = Path(__file__).with_name("synthetic_words.toml")
WordKind = Literal["rare", "one_percent", "frequent", "four", "two_words", "phrase"]


@cache
def vocabulary() -> dict[str, Any]:
    """The file, with its lists of words parted, and the places and rare words put together."""
    words = tomllib.loads(WORDS.read_text(encoding="utf-8"))
    two, three = words["places"]["two"].split(), words["places"]["three"].split()
    words["roads"] = (*(f"{stem}{end}" for stem in two for end in "路街"), *(f"{stem}路" for stem in three))
    words["areas"] = (*(f"{stem}社区" for stem in two), *(f"{stem}街道" for stem in three))
    words["opens"] = (
        *(f"{stem}公园" for stem in two[::2]),
        *(f"{stem}河" for stem in two[1::2]),
        *(f"{stem}广场" for stem in three),
    )
    words["rare_words"] = tuple(
        a + b for a, b in product(words["rare"]["first"].strip(), words["rare"]["second"].strip())
    )
    words["trades"] = words["rare"]["trades"].split()
    words["queries"] = {
        kind: tuple(known.split() if isinstance(known, str) else known)
        for kind, known in words["queries"].items()
    }
    for entry in (*words["fields"], *words["kinds"]):
        for key in ("hints", "topics", "measures", "actions", "projects", "trades"):
            if key in entry:
                entry[key] = tuple(entry[key].split())
    return words


def themes() -> tuple[str, ...]:
    """Every theme that a text can have."""
    words = vocabulary()
    return tuple(sorted({entry["theme"] for entry in (*words["fields"], *words["kinds"])} - {""}))


def kinds() -> tuple[str, ...]:
    """The kinds of texts: names that a category can have, or contain, to be given them."""
    return tuple(kind["name"] for kind in vocabulary()["kinds"])


def sample_words(kind: WordKind, *, seed: int, count: int) -> list[str]:
    """Queries for texts of this vocabulary: all different, unless more are wanted than there are.

    `rare` stand in 1 to 20 of 200,000 texts, `one_percent` in about one of a hundred, `frequent` in a tenth
    or more; `four` are of four characters, `two_words` pairs that stand in one text, `phrase` runs of six
    characters or more.
    """
    words = vocabulary()
    known: Sequence[str] = words["rare_words"] if kind == "rare" else words["queries"][kind]
    random = Random(seed)  # noqa: S311
    return random.sample(known, count) if count <= len(known) else random.choices(known, k=count)
