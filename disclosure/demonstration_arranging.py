"""How the demonstration's catalogue is arranged: the bureau's six topics, what lies below, and themes."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from disclosure import actions
from disclosure.demonstration_powers import Kind
from disclosure.models import Category, Theme
from portal.organisation.actors import Role
from portal.site.story import Story

TEXTS = Path(__file__).with_name("demonstration_catalogue.toml")
# Where the powers of each kind stand.
POWERS = {kind: f"power-{kind.value}" for kind in Kind}


@cache
def texts() -> dict[str, Any]:
    """The whole file, read once."""
    return tomllib.loads(TEXTS.read_text(encoding="utf-8"))


def drawn_branches() -> list[str]:
    """The names of the branches into which made-up texts are put; the others have texts of their own."""
    return [each["name"] for each in texts()["branches"] if not each.get("written")]


@dataclass(frozen=True, slots=True)
class Shelves:
    """The categories and themes of the catalogue by their codes."""

    categories: dict[str, Category] = field(default_factory=dict)
    themes: dict[str, Theme] = field(default_factory=dict)


def arrange(story: Story) -> Shelves:
    """Make them at `story.founded`, as the administrator does who arranges a catalogue."""
    administrator, at, shelves = story.who(Role.ADMINISTRATOR), story.founded, Shelves()
    for position, given in enumerate([*texts()["topics"], *texts()["branches"]], 1):
        category = Category()
        actions.arrange(
            category,
            code=given["code"],
            name=given["name"],
            name_en=given["name_en"],
            parent=shelves.categories.get(given.get("under", "")),
            position=position,
            actor=administrator,
            at=at,
        )
        shelves.categories[category.code] = category
    for position, given in enumerate(texts()["themes"], 1):
        theme = Theme()
        actions.arrange(theme, position=position, actor=administrator, at=at, **given)
        shelves.themes[theme.code] = theme
    return shelves
