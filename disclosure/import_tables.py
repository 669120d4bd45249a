"""A spreadsheet as rows of cells, before anybody asks what they mean; and how a CSV file becomes one. Pure.

`import_xlsx` reads workbooks. Rows and columns are counted as a spreadsheet counts them, from 1.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import Enum, auto

from portal.cases import packages

MOST_ROWS = 10_000
# A thousand a row; what a text costs to be checked is in proportion to it.
MOST_CHARACTERS = 10_000_000
# As many as Excel has.
MOST_COLUMNS, LAST_ROW = 16_384, 1_048_576
# Each comma may part two cells, and costs a list some bytes before anything can be counted.
MOST_COMMAS = 1_000_000


class Fault(Enum):
    """What stands in a cell that holds neither text nor day."""

    FORMULA = auto()
    ERROR = auto()


Value = str | date | Fault


class NotText(Exception):
    """The file is no text in UTF-8 or GB18030."""


class NotSeparated(Exception):
    """The text cannot be parted into cells; `row` is where that begins."""

    def __init__(self, row: int) -> None:
        super().__init__(row)
        self.row = row


@dataclass(slots=True)
class Table:
    """The rows that hold something, each with its number and what stands in which column.

    `merged` are places such as "A2:B3". `first_too_many` is the number of the row at which the reading
    ended, because MOST_ROWS and their headings had been read; 0 where all were.
    """

    name: str = ""
    rows: list[tuple[int, dict[int, Value]]] = field(default_factory=list)
    merged: list[str] = field(default_factory=list)
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: list[range] = field(default_factory=list)
    first_too_many: int = 0
    _characters: int = MOST_CHARACTERS

    def add(self, number: int, cells: Mapping[int, Value]) -> None:
        """Takes what is not blank. Raises TooMuch when it is more than MOST_CHARACTERS together."""
        kept: dict[int, Value] = {}
        for column, value in cells.items():
            if isinstance(value, str):
                # First, as cells may share a text that costs nothing until it is looked at.
                self._characters -= len(value)
                if self._characters < 0:
                    raise packages.TooMuch
                value = value.replace("\r\n", "\n").replace("\r", "\n").strip()
            if value != "":
                kept[column] = value
        if kept and len(self.rows) > MOST_ROWS:
            self.first_too_many = number
        elif kept:
            self.rows.append((number, kept))


def letters(column: int) -> str:
    """The name of a column: A for 1, AA for 27."""
    found = ""
    while column:
        column, place = divmod(column - 1, 26)
        found = chr(ord("A") + place) + found
    return found


def column_of(name: str) -> int:
    """The number of a column by its name, in capital letters."""
    found = 0
    for each in name:
        found = found * 26 + ord(each) - ord("A") + 1
    return found


# CSV --------------------------------------------------------------------------------------------------------

# Excel takes it for a formula when it opens the file.
_FORMULA = re.compile(r"\s*=")


def read_csv(data: bytes) -> Table:
    """The table of a CSV file in UTF-8, with or without byte order mark, or GB18030.

    Raises NotText, NotSeparated, and TooMuch.
    """
    text = _decoded(data)
    if text.count(",") > MOST_COMMAS:
        raise packages.TooMuch
    table = Table()
    number = 0
    try:
        for number, cells in enumerate(csv.reader(io.StringIO(text, newline=""), strict=True), 1):
            if number > LAST_ROW or len(cells) > MOST_COLUMNS:
                raise packages.TooMuch
            table.add(number, {column: _value(cell) for column, cell in enumerate(cells, 1)})
            if table.first_too_many:
                break
    except csv.Error:
        raise NotSeparated(number + 1) from None
    return table


def _decoded(data: bytes) -> str:
    # What says that it is UTF-8 is not to be taken for something else because a byte of it is broken.
    marked = data.startswith(b"\xef\xbb\xbf")
    for encoding in ("utf-8-sig",) if marked else ("utf-8", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        # Text in UTF-16, and much that is no text, decodes to this.
        if "\0" not in text:
            return text
        break
    raise NotText


def _value(cell: str) -> Value:
    return Fault.FORMULA if _FORMULA.match(cell) else cell
