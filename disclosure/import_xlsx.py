"""The first sheet of a workbook that holds something, read as hostile input. Pure.

Element by element, as `office_reading` does: nothing is held but what stands in cells, whatever size the
sheet says it has. Formulas, merged cells and what is hidden are told, which needs the sheet's own elements.
"""

from __future__ import annotations

import math
import re
import zipfile
from collections.abc import Mapping
from datetime import date, timedelta

from disclosure.import_book import SPACES, Book, Strings, Styles, unescaped, whole
from disclosure.import_tables import (
    LAST_ROW,
    MOST_CHARACTERS,
    MOST_COLUMNS,
    MOST_ROWS,
    Fault,
    Table,
    Value,
    column_of,
)
from disclosure.office_reading import Budget, Reader, feed, opened_package, related
from portal.cases import packages
from portal.cases.packages import Package

_RELATED = (
    "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id",
    "{http://purl.oclc.org/ooxml/officeDocument/relationships}id",
)
_PLACE = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})")
# Days are counted from here; Excel believes that 1900 had a 29 February, so that earlier ones are not told.
_ZERO, _ZERO_1904, _FIRST = date(1899, 12, 30), date(1904, 1, 1), 61


def read_xlsx(data: bytes) -> Table:
    """The first sheet in the order of the tabs that is not hidden and holds something; else an empty table.

    `data` has passed `portal.cases.office_files.kind_of`. Raises TooMuch, and whatever zipfile and lxml raise
    for a damaged file.
    """
    package, place = opened_package(data)
    workbook = package.xml(place)
    if workbook.tag not in {f"{space}workbook" for space in SPACES}:
        raise zipfile.BadZipFile
    parts = related(package, place)
    book = _read_book(package, dict(parts.values()))
    for each in workbook.iter(*(f"{space}workbookPr" for space in SPACES)):
        book.since_1904 = each.get("date1904") in ("1", "true")
    # What was read of sheets before counts as well.
    budget = Budget(MOST_CHARACTERS)
    for each in workbook.iter(*(f"{space}sheet" for space in SPACES)):
        kind, member = parts.get(
            next((found for name in _RELATED if (found := each.get(name))), ""), ("", "")
        )
        if kind != "worksheet" or each.get("state", "visible") != "visible":
            continue
        table = Table(each.get("name", ""))
        _read(package, member, _Sheet(budget, book, table), budget, enough=table)
        if table.rows:
            return table
    return Table()


def _read_book(package: Package, members: Mapping[str, str]) -> Book:
    book = Book()
    for kind, reader in (("sharedStrings", Strings), ("styles", Styles)):
        if kind in members:
            budget = Budget(MOST_CHARACTERS)
            _read(package, members[kind], reader(budget, book), budget)
    return book


def _read(
    package: Package, member: str, reader: Reader, budget: Budget, *, enough: Table | None = None
) -> None:
    """Reads a member to its end, or to the row at which `enough` has all it takes. Raises TooMuch."""
    feed(package, member, reader, budget)
    if budget.is_spent and not (enough and enough.first_too_many):
        raise packages.TooMuch


class _Sheet(Reader):
    """Puts the rows of a sheet into a table, and stops the reading where it has enough of them."""

    def __init__(self, budget: Budget, book: Book, table: Table) -> None:
        super().__init__(budget, SPACES, "worksheet")
        self._book, self._table = book, table
        self._row = self._column = 0
        self._cells: dict[int, Value] = {}
        self._kind, self._style = "n", 0
        self._parts: list[str] | None = None
        self._is_hidden = self._has_formula = self._in_value = False

    def opened(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "row":
            # In any other order the sheet would look different in other programs.
            self._row = _next(self._row, whole(attributes.get("r", "")), LAST_ROW)
            self._column, self._cells = 0, {}
            self._is_hidden = _is_true(attributes.get("hidden", ""))
        elif name == "c":
            self._column = _next(self._column, self._column_of(attributes.get("r", "")), MOST_COLUMNS)
            self._kind, self._style = attributes.get("t", "n"), whole(attributes.get("s", "0"))
            self._parts, self._has_formula = [], False
        elif name == "f":
            self._has_formula = True
        elif name == "mergeCell":
            if len(self._table.merged) > MOST_ROWS:
                raise packages.TooMuch
            self._table.merged.append(attributes.get("ref", ""))
        elif name == "col" and _is_true(attributes.get("hidden", "")):
            first, last = (whole(attributes.get(each, "")) for each in ("min", "max"))
            self._table.hidden_columns.append(range(first, last + 1))
        self._in_value = name == "v" or (name == "t" and self._kind == "inlineStr")

    def closed(self, name: str) -> None:
        self._in_value = False
        if name == "c" and self._parts is not None:
            value = Fault.FORMULA if self._has_formula else self._value("".join(self._parts))
            if value != "":
                self._cells[self._column] = value
            self._parts = None
        elif name == "row" and self._cells:
            self._table.add(self._row, self._cells)
            if self._is_hidden:
                self._table.hidden_rows.add(self._row)
            self._cells = {}
            if self._table.first_too_many:
                self._budget.elements = -1

    def text(self, text: str) -> None:
        if self._in_value and self._parts is not None:
            self._parts.append(text)
            self._budget.characters -= len(text)

    def _column_of(self, place: str) -> int:
        """The column in a place such as B7, of this row; 0 where no place is said."""
        if not place:
            return 0
        found = _PLACE.fullmatch(place)
        if not found or int(found[2]) != self._row:
            raise zipfile.BadZipFile
        return column_of(found[1])

    def _value(self, written: str) -> Value:
        if self._kind == "s":
            return self._book.strings[whole(written)] if written else ""
        if self._kind == "e":
            return Fault.ERROR
        if self._kind == "b":
            return "TRUE" if _is_true(written) else "FALSE"
        if self._kind == "d":
            return _day_of_text(written)
        if self._kind != "n" or not written:
            return unescaped(written)
        return self._number(float(written))

    def _number(self, number: float) -> Value:
        if self._style in self._book.days and math.isfinite(number):
            zero, first = (_ZERO_1904, 0) if self._book.since_1904 else (_ZERO, _FIRST)
            # The last that Excel can show is 31 December 9999.
            if first <= number < (date.max - zero).days + 1:
                return zero + timedelta(days=int(number))
        # As Excel shows it: 5.0 as 5, 1.38E10 in full, and no more than 15 figures.
        is_whole = math.isfinite(number) and number.is_integer() and abs(number) < 1e15
        return str(int(number)) if is_whole else f"{number:.15g}"


# What is written --------------------------------------------------------------------------------------------


def _next(last: int, said: int, most: int) -> int:
    """The number of a row or column after `last`; `said` is 0 where the next one is meant."""
    found = said or last + 1
    if not last < found <= most:
        raise zipfile.BadZipFile
    return found


def _is_true(written: str) -> bool:
    return written in ("1", "true")


def _day_of_text(written: str) -> Value:
    try:
        return date.fromisoformat(written.partition("T")[0])
    except ValueError:
        return written
