"""The text of Word and Excel files, read as hostile input. Pure.

Both functions raise what `office_reading` raises.
"""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from typing import Any

from disclosure.office_reading import Budget, Reader, feed, opened_package, related
from portal.cases import packages

# What cells share, which is kept until the last of them has been read.
MOST_SHARED = 2_000_000
MOST_SHEETS = 200

_RELATED = (
    "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
    "http://purl.oclc.org/ooxml/officeDocument/relationships",
)
_WORD = {f"{{{space}}}" for space in packages.WORD}
_SHEET = {f"{{{space}}}" for space in packages.SHEET}
# What stands in Word's text besides letters. Cells of a table are paragraphs.
_PRINTED = {"p": "\n", "br": "\n", "cr": "\n", "tab": " ", "ptab": " ", "noBreakHyphen": "-"}


# Word -------------------------------------------------------------------------------------------------------


class _Paragraphs(Reader):
    def __init__(self, budget: Budget, root: str) -> None:
        super().__init__(budget, _WORD, root)
        self.parts: list[str] = []
        self._in_text = False

    def opened(self, name: str, attributes: Mapping[str, str]) -> None:
        self._in_text = name == "t"
        if name in _PRINTED:
            self.parts.append(_PRINTED[name])

    def closed(self, name: str) -> None:
        self._in_text = False
        if name == "p":
            self.parts.append("\n")

    def text(self, text: str) -> None:
        if self._in_text:
            self.parts.append(text)
            self._budget.characters -= len(text)


def text_of_word(data: bytes, *, most: int) -> str:
    """The text with its tables, text boxes and tracked insertions, then the notes at foot and end.

    Headers, footers and comments are left out. Of about `most` characters, if there are so many.
    """
    package, place = opened_package(data)
    budget = Budget(most)
    body = _Paragraphs(budget, "document")
    feed(package, place, body, budget)
    parts = body.parts
    for kind, member in related(package, place).values():
        if kind in ("footnotes", "endnotes") and not budget.is_spent:
            notes = _Paragraphs(budget, kind)
            feed(package, member, notes, budget)
            parts += notes.parts
    return "".join(parts)


# Excel ------------------------------------------------------------------------------------------------------


class _Shared(Reader):
    """The strings that cells share, in their order."""

    def __init__(self, budget: Budget) -> None:
        super().__init__(budget, _SHEET, "sst")
        self.strings: list[str] = []
        self._parts: list[str] = []
        self._left = MOST_SHARED
        self._in_text = False

    def opened(self, name: str, attributes: Mapping[str, str]) -> None:
        self._in_text = name == "t"

    def closed(self, name: str) -> None:
        self._in_text = False
        if name == "si":
            self.strings.append("".join(self._parts))
            self._parts = []

    def text(self, text: str) -> None:
        if self._in_text and self._left > 0:
            self._left -= len(text)
            self._parts.append(text)


class _Sheet(Reader):
    """Rows, with a tab between their cells."""

    def __init__(self, budget: Budget, shared: list[str]) -> None:
        super().__init__(budget, _SHEET, "worksheet")
        self.parts: list[str] = []
        self._shared = shared
        self._kind = ""
        self._value: list[str] | None = None
        self._in_value = False

    def opened(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "c":
            self._kind, self._value = attributes.get("t", "n"), []
        self._in_value = name == "v" or (name == "t" and self._kind == "inlineStr")

    def closed(self, name: str) -> None:
        self._in_value = False
        if name == "row":
            self.parts.append("\n")
        elif name == "c" and self._value is not None:
            if shown := self._shown("".join(self._value)):
                self.parts.append(f"{shown}\t")
            self._value = None

    def text(self, text: str) -> None:
        if self._in_value and self._value is not None:
            self._value.append(text)
            self._budget.characters -= len(text)

    def _shown(self, value: str) -> str:
        # Truth and errors are no words.
        if self._kind in ("b", "e"):
            return ""
        if self._kind == "s":
            place = int(value) if value.isascii() and value.isdigit() and len(value) < 8 else MOST_SHARED
            found = self._shared[place] if place < len(self._shared) else ""
            self._budget.characters -= len(found)
            return found
        return _plain_number(value) if self._kind == "n" else value


def _plain_number(value: str) -> str:
    """Some programs write 1.3E7 and 5.0, where Excel shows 13000000 and 5."""
    try:
        number = float(value)
    except ValueError:
        return value
    return str(int(number)) if number.is_integer() and abs(number) < 1e15 else value


def text_of_sheets(data: bytes, *, most: int) -> str:
    """Sheet by sheet its name, then its rows; hidden ones too, which everybody can unhide.

    Numbers as they are kept, so that a day is Excel's number of it. Of about `most` characters, if there are
    so many.
    """
    package, place = opened_package(data)
    budget = Budget(most)
    parts_of = related(package, place)
    # Their own elements, of which many may come before the first cell.
    own = Budget(most)
    shared = _Shared(own)
    for kind, member in parts_of.values():
        if kind == "sharedStrings":
            feed(package, member, shared, own)
            break
    parts: list[str] = []
    for name, number in _sheets(package.xml(place))[:MOST_SHEETS]:
        kind, member = parts_of.get(number, ("", ""))
        if kind == "worksheet" and not budget.is_spent:
            sheet = _Sheet(budget, shared.strings)
            feed(package, member, sheet, budget)
            parts += [name, "\n", *sheet.parts, "\n"]
    return "".join(parts)


def _sheets(root: Any) -> list[tuple[str, str]]:
    """Names of the sheets, in the order of their tabs, and by which number the workbook leads to them."""
    if root.tag not in {f"{space}workbook" for space in _SHEET}:
        raise zipfile.BadZipFile
    return [
        (
            each.get("name", ""),
            next((found for space in _RELATED if (found := each.get(f"{{{space}}}id"))), ""),
        )
        for each in root.iter(*(f"{space}sheet" for space in _SHEET))
    ]
