"""What the layout of yearly reports takes: chapters of text, and tables whose cells span lines, columns."""

# ruff: noqa: RUF009 - `taken` and its kin are dataclasses.field with a label.

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.documents import typed
from portal.documents.typed import Wrong
from portal.documents.value_fields import taken
from portal.documents.values_official import Issued

# A line of 156 mm holds no more columns that can be read.
MOST_COLUMNS, MOST_HEADS, WIDEST = 20, 5, 100

_cell = typed.parts(
    text=(typed.optional_line, True),
    across=(partial(typed.count, most=MOST_COLUMNS), False),
    down=(partial(typed.count, most=typed.MOST_ITEMS), False),
    name=(typed.flag, False),
)
_grid = typed.parts(
    widths=(typed.items(partial(typed.count, most=WIDEST), fewest=1), True),
    heads=(partial(typed.count, most=MOST_HEADS), True),
    lines=(typed.items(typed.items(_cell), fewest=1), True),
)


def grid(value: Any) -> dict[str, Any]:
    """A table: `widths` of its columns to one another, `lines` of cells, the first `heads` of them heads.

    A cell is {"text", "across", "down", "name"}; it spans so many columns and lines (one, where it does not
    say), and is a `name` or a number. Raises Wrong where the cells do not fill the table exactly.
    """
    found = _grid(value)
    columns, lines = len(found["widths"]), found["lines"]
    if columns > MOST_COLUMNS:
        raise Wrong(_("it has more than %(most)s items.") % {"most": MOST_COLUMNS}, ("widths",))
    lines = [[{"across": 1, "down": 1, "name": False, **cell} for cell in line] for line in lines]
    taken_until = [0] * columns
    for number, line in enumerate(lines):
        cells, column = iter(line), 0
        while column < columns:
            if taken_until[column] > number:
                column += 1
                continue
            cell = next(cells, None)
            across = cell["across"] if cell else 0
            free = [until <= number for until in taken_until[column : column + across]]
            if cell is None or len(free) < across or not all(free):
                raise Wrong(_("its cells do not fill the line."), ("lines", number + 1))
            for place in range(column, column + across):
                taken_until[place] = number + cell["down"]
            column += across
        if next(cells, None) is not None:
            raise Wrong(_("its cells do not fill the line."), ("lines", number + 1))
    if any(until > len(lines) for until in taken_until) or found["heads"] >= len(lines):
        raise Wrong(_("its cells do not fill the line."), ("lines", len(lines)))
    return {**found, "lines": lines}


def chapter(value: Any) -> dict[str, Any]:
    """A chapter: {"heading", "paragraphs", "grids", "dense"}; a `dense` one has a page of its own."""
    found = typed.parts(
        heading=(typed.one_line, True),
        paragraphs=(typed.items(typed.many_lines), False),
        grids=(typed.items(grid), False),
        dense=(typed.flag, False),
    )(value)
    paragraphs = [line for each in found.get("paragraphs", []) for line in each]
    return {"grids": [], "dense": False, **found, "paragraphs": paragraphs}


@dataclass(frozen=True, kw_only=True)
class Annual(Issued):
    """`annual`, 年度报告: chapters one after the other, each with its text, its tables, or both."""

    label: ClassVar[str | Promise] = gettext_lazy("Yearly report")

    chapters: list[dict[str, Any]] = taken(gettext_lazy("Chapters"), typed.items(chapter, fewest=1))

    def for_layout(self) -> dict[str, Any]:
        return {
            **super().for_layout(),
            "mark_lines": [self.agency],
            "attachments": [],
            "chapters": self.chapters,
        }
