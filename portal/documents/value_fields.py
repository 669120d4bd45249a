"""The fields of what a layout takes: what an official calls each, and how its value is looked at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, ClassVar

from django.utils.functional import Promise

from portal.documents import typed
from portal.documents.typed import Check

LONGEST_LABEL = 60
# The tallest box of a form is half a page of lines to write on.
MOST_LINES = 10


@dataclass(frozen=True, kw_only=True)
class Values:
    """What a layout takes. Its fields are made by `taken` and its kin."""

    label: ClassVar[str | Promise]
    # Inherited, with no place in the layout: refused rather than left out in silence.
    not_printed: ClassVar[frozenset[str]] = frozenset()

    def check_together(self) -> None:
        """What no value alone can tell. Raises Wrong, with the field in `at`."""

    def for_layout(self) -> dict[str, Any]:
        """What the layout reads. Values are checked ones; the text is Chinese, as the document is."""
        raise NotImplementedError


def taken(label: str | Promise, check: Check, **default: Any) -> Any:
    """A field of a layout: what an official calls it, and its check. Without a default it must be given."""
    return field(metadata={"label": label, "check": check}, **default)


def texts(label: str | Promise, check: Check = typed.one_line) -> Any:
    return taken(label, typed.items(check), default_factory=list)


def optional(label: str | Promise) -> Any:
    return taken(label, typed.optional_line, default="")


def plain_text(value: Any) -> list[dict[str, Any]]:
    """The paragraphs of a text, as the layouts take them: level 0 has no number."""
    return [{"level": 0, "text": each} for each in typed.many_lines(value)]


def text_or_level(value: Any) -> list[dict[str, Any]]:
    """The paragraphs of a text, or one at a level of the body."""
    if isinstance(value, str):
        return plain_text(value)
    # The two upper levels are headings, the lower ones paragraphs with a number.
    heading = isinstance(value, Mapping) and value.get("level") in (1, 2)
    text = typed.one_line if heading else partial(typed.one_line, most=typed.LONGEST_TEXT)
    return [typed.parts(level=(typed.level, True), text=(text, True))(value)]


def clause(value: Any) -> dict[str, Any]:
    """A clause: its text, or its text and what it is measured by."""
    if isinstance(value, str):
        return {"text": typed.many_lines(value), "measure": ""}
    found = typed.parts(text=(typed.many_lines, True), measure=(typed.optional_line, False))(value)
    return {"measure": "", **found}


long_line = partial(typed.one_line, most=typed.LONGEST_TEXT)
named = partial(typed.one_line, most=LONGEST_LABEL)
# A row of facts: what it is called, and what it is, in one line or several.
fact = typed.parts(label=(named, True), value=(typed.many_lines, True))


def listing(value: Any) -> dict[str, Any] | None:
    """A heading and numbered rows; None for none. The heads of the columns may be given as well."""
    if not value:
        return None
    row = typed.parts(name=(long_line, True), text=(typed.some_lines, False))
    found = typed.parts(
        heading=(typed.one_line, True),
        rows=(typed.items(row, fewest=1), True),
        name_label=(named, False),
        text_label=(named, False),
    )(value)
    rows = [{"text": [], **each} for each in found["rows"]]
    return {"name_label": "名称", "text_label": "说明", **found, "rows": rows}


def box(value: Any) -> dict[str, Any]:
    """A box of a form: what it is called, what stands in it ("" for nothing), how many lines tall it is."""
    found = typed.parts(
        label=(named, True),
        value=(typed.some_lines, False),
        lines=(partial(typed.count, most=MOST_LINES), False),
    )(value)
    return {"value": [], "lines": 1, **found}
