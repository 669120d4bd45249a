"""What all sheets of a workbook share: strings, and the styles that show a number as a day. Pure."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field

from disclosure.office_reading import Budget, Reader
from portal.cases import packages

SPACES = {f"{{{space}}}" for space in packages.SHEET}
# What XML cannot hold, and what only looks like this, Excel writes as _x000D_ and _x005F_. Halves of a
# character stay as they are: they would be no text.
_ESCAPED = re.compile(r"_x(?![Dd][89A-Fa-f])([0-9A-Fa-f]{4})_")
# Formats by which Excel shows a day, in Chinese and elsewhere. Those of a month alone are none: which day it
# is would be a guess.
_DAY_FORMATS = frozenset({14, 15, 16, 22, 28, 29, 30, 31, 51, 53, 54, 58})
# Parts of a format that are printed as they are, or say how: "年", [$-804], \d, _d, *d.
_PRINTED = re.compile(r'"[^"]*"|\[[^\]]*\]|[\\_*].')


@dataclass(slots=True)
class Book:
    """What the cells of all sheets refer to; `days` are the numbers of styles that show a day."""

    strings: list[str] = field(default_factory=list)
    days: set[int] = field(default_factory=set)
    since_1904: bool = False


class Strings(Reader):
    """The strings that cells share, in their order."""

    def __init__(self, budget: Budget, book: Book) -> None:
        super().__init__(budget, SPACES, "sst")
        self._strings = book.strings
        self._parts: list[str] = []
        self._in_text = False

    def opened(self, name: str, attributes: Mapping[str, str]) -> None:
        self._in_text = name == "t"

    def closed(self, name: str) -> None:
        self._in_text = False
        if name == "si":
            self._strings.append(unescaped("".join(self._parts)))
            self._parts = []

    def text(self, text: str) -> None:
        if self._in_text:
            self._parts.append(text)
            self._budget.characters -= len(text)


class Styles(Reader):
    """Which styles show a number as a day."""

    def __init__(self, budget: Budget, book: Book) -> None:
        super().__init__(budget, SPACES, "styleSheet")
        self._days = book.days
        self._formats = set(_DAY_FORMATS)
        self._is_of_cells = False
        self._style = 0

    def opened(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "numFmt" and _shows_a_day(attributes.get("formatCode", "")):
            self._formats.add(whole(attributes.get("numFmtId", "")))
        elif name == "cellXfs":
            self._is_of_cells = True
        elif name == "xf" and self._is_of_cells:
            if whole(attributes.get("numFmtId", "0")) in self._formats:
                self._days.add(self._style)
            self._style += 1

    def closed(self, name: str) -> None:
        if name == "cellXfs":
            self._is_of_cells = False

    def text(self, text: str) -> None:
        pass


# What is written --------------------------------------------------------------------------------------------


def whole(written: str) -> int:
    """A number of figures alone; 0 for none. Raises BadZipFile for anything else."""
    if not written:
        return 0
    if not written.isascii() or not written.isdigit() or len(written) > 9:
        raise zipfile.BadZipFile
    return int(written)


def unescaped(text: str) -> str:
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text) if "_x" in text else text


def _shows_a_day(code: str) -> bool:
    """Whether a format shows the day of a month: yyyy"年"m"月"d"日";@ does, "0.00" and h:mm do not."""
    return "d" in _PRINTED.sub("", code).partition(";")[0].lower()
