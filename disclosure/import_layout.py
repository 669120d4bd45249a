"""A table as a whole: what its columns hold, and what only looks like a table of one row an item. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from disclosure.import_headings import COLUMNS, Column, column_named
from disclosure.import_names import told
from disclosure.import_tables import Fault, Table, Value, letters

MOST_ERRORS = 200
_MERGED = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6}):.*")


@dataclass(frozen=True, slots=True)
class RowError:
    """What is wrong with a cell; `column` is its heading as the file has it, "" where the row is meant."""

    row: int
    column: str
    sentence: str


@dataclass(slots=True)
class Errors:
    """The first MOST_ERRORS, and how many more there are."""

    kept: list[RowError] = field(default_factory=list)
    more: int = 0

    def add(self, row: int, column: str, sentence: str) -> None:
        if len(self.kept) < MOST_ERRORS:
            self.kept.append(RowError(row, column, sentence))
        else:
            self.more += 1


def columns_of(top: int, headings: dict[int, Value], errors: Errors) -> dict[int, Column]:
    """What each column holds, by its place."""
    known = _(", ").join(each.heading for each in COLUMNS)
    found: dict[int, Column] = {}
    for place, value in headings.items():
        column = column_named(value) if isinstance(value, str) else None
        if column is not None and column not in found.values():
            found[place] = column
    if not found:
        sentence = _("This row has none of the headings. They are: %(known)s.")
        errors.add(top, "", sentence % {"known": known})
        return {}
    for place, value in headings.items():
        if place in found:
            continue
        if fault := fault_of(value):
            errors.add(top, letters(place), fault)
        elif column := column_named(str(value)):
            first = next(other for other, each in found.items() if each is column)
            sentence = _("“%(name)s” stands twice: in the columns %(first)s and %(second)s.")
            name = {"name": column.heading, "first": letters(first), "second": letters(place)}
            errors.add(top, told(str(value)), sentence % name)
        else:
            sentence = _("There is no heading “%(value)s”. The headings are: %(known)s.")
            errors.add(top, told(str(value)), sentence % {"value": told(str(value)), "known": known})
    for column in COLUMNS:
        if column.required and column not in found.values():
            sentence = _("The column “%(name)s” is missing.") % {"name": column.heading}
            errors.add(top, column.heading, sentence)
    return found


def check_layout(
    table: Table, columns: dict[int, Column], headings: dict[int, Value], errors: Errors
) -> None:
    """What only looks like a table of one row an item: merged, hidden, without heading."""
    for merged in table.merged:
        at = _MERGED.fullmatch(merged)
        sentence = _("The cells %(cells)s are merged. Unmerge them, and fill in each.")
        errors.add(int(at[2]) if at else 1, at[1] if at else "", sentence % {"cells": told(merged)})
    for hidden in table.hidden_columns:
        for place in filter(hidden.__contains__, columns):
            sentence = _("This column is hidden. Show it, or delete it.")
            errors.add(table.rows[0][0], told(str(headings[place])), sentence)
    without: dict[int, int] = {}
    for number, cells in table.rows:
        if number in table.hidden_rows:
            errors.add(number, "", _("This row is hidden. Show it, or delete it."))
        for place in cells:
            if place not in headings:
                without.setdefault(place, number)
    for place, number in without.items():
        errors.add(number, letters(place), _("There is no heading above this cell."))


def fault_of(value: Value) -> str:
    if value is Fault.FORMULA:
        return _("There is a formula in this cell. Copy the cells, and paste them as values.")
    if value is Fault.ERROR:
        return _("There is an error of the spreadsheet in this cell. Please write what is meant.")
    return ""
