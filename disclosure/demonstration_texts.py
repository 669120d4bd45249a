"""What the demonstration's catalogue holds: texts drawn by the generator, and those written by hand.

Everything is drawn from the story's own chance: the same seed gives the same texts.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from disclosure import synthetic
from disclosure.demonstration_arranging import Shelves, drawn_branches
from disclosure.models import Disclosure
from disclosure.publishing import Text
from portal.organisation.models import Unit

TEXTS = Path(__file__).with_name("demonstration_publications.toml")

# Units that the drawn texts are of; the brigades publish through their detachment.
UNITS = (
    *("yunxi", "hotline", "appearance", "sanitation", "facilities", "greening"),
    *("advertising", "dust", "parking", "enforcement", "permits"),
)
# Some titles are drawn twice, and some say a word twice: so many more texts are asked for.
SPARE = 1 / 5
SAID_TWICE = "管理管理"
# Rules (规范性文件) are printed in the gazette as well, announcements put on the notice board.
RULES, ORDERS, ANNOUNCEMENTS = "云城管规", "云城管发", "云城管告"
CHANNELS = {RULES: ("website", "gazette"), ANNOUNCEMENTS: ("website", "board")}


@cache
def texts() -> dict[str, Any]:
    """The whole file, read once."""
    return tomllib.loads(TEXTS.read_text(encoding="utf-8"))


@dataclass(slots=True, eq=False)
class Piece:
    """A text, and what becomes of it besides being published; `item` is what it became in the catalogue.

    `attachment` is "picture", "form" or "tasks". It amends or repeals (`how`) the piece that it `ends`. With
    `correct` it first reads wrong. `withdrawn` says why it is taken out again.
    """

    text: Text
    attachment: str = ""
    how: str = ""
    ends: Piece | None = None
    correct: Mapping[str, Any] | None = None
    withdrawn: str = ""
    item: Disclosure | None = None

    @property
    def kinds(self) -> list[str]:
        return self.text.keywords.split()

    def as_first_published(self) -> Text:
        if self.correct is None:
            return self.text
        return replace(self.text, body=self.text.body.replace(self.correct["right"], self.correct["wrong"]))


def slots(day: date) -> dict[str, int]:
    """What stands for the names in curly brackets in a text of that day."""
    past = day.replace(day=1) - timedelta(days=1)
    return {"year": day.year, "month": day.month, "past_year": past.year, "past": past.month}


def written(given: Mapping[str, Any], *, made_on: date, shelves: Shelves, units: Mapping[str, Unit]) -> Text:
    """A text that was written by hand, made on that day."""
    return Text(
        category=shelves.categories[given["category"]],
        theme=shelves.themes[given["theme"]],
        unit=units[given["unit"]],
        title=given["title"].format(**slots(made_on)),
        body=given["body"].strip().format(**slots(made_on)),
        dated_on=made_on,
    )


def drawn(
    count: int, *, rng: Random, first: date, last: date, shelves: Shelves, units: Mapping[str, Unit]
) -> list[tuple[Piece, str]]:
    """`count` drawn texts with different titles, in the order of their days, each with the validity drawn.

    Raises ValueError when the generator repeats itself too often.
    """
    by_name = {unit.name: unit for unit in units.values()}
    categories = {each.name: each for each in shelves.categories.values()}
    themes = {each.name: each for each in shelves.themes.values()}
    made = synthetic.texts(
        count + round(count * SPARE),
        seed=rng.randrange(2**32),
        first=first,
        last=last,
        categories=drawn_branches(),
        units=[units[code].name for code in UNITS],
    )
    different = list({each.title: each for each in made if SAID_TWICE not in each.title}.values())
    chosen = sorted(rng.sample(range(len(different)), count))
    return [
        (
            Piece(
                Text(
                    category=categories[each.category],
                    theme=themes[each.theme],
                    unit=by_name[each.unit],
                    title=each.title,
                    body=each.body,
                    dated_on=each.dated_on,
                    document_number=each.document_number,
                    channels=CHANNELS.get(each.document_number.partition("〔")[0], ("website",)),
                    keywords=" ".join(each.keywords),
                )
            ),
            each.validity,
        )
        for each in sorted((different[place] for place in chosen), key=lambda text: text.dated_on)
    ]


def is_normative(piece: Piece) -> bool:
    """Whether it has rules that can be amended or repealed."""
    return piece.text.document_number.startswith((RULES, ORDERS))


def ending(target: Piece, how: str, number: int, *, made_on: date, shelves: Shelves) -> Piece:
    """The decision that amends or repeals a text, the `number`-th of its kind."""
    known, old = texts()["ends"], target.text
    inner = old.title.replace("《", "〈").replace("》", "〉")
    bodies: Sequence[str] = known[how]["bodies"]
    return Piece(
        Text(
            category=shelves.categories["county-01"],
            theme=shelves.themes["policy"],
            unit=old.unit,
            title=known[how]["title"].format(named=f"《{inner}》"),
            body=bodies[number % len(bodies)].format(named=f"《{inner}》（{old.document_number}）"),
            dated_on=made_on,
            document_number=f"{known['word']}〔{made_on.year}〕{number}号",
            channels=CHANNELS[RULES],
        ),
        how=how,
        ends=target,
    )
