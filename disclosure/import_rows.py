"""What the rows of a spreadsheet say, and every reason why one of them cannot be taken."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Field
from django.utils.translation import gettext as _

from disclosure import personal, workflow
from disclosure.codes import normal_document_number
from disclosure.import_headings import COLUMNS, Column, plain
from disclosure.import_layout import Errors, check_layout, columns_of, fault_of
from disclosure.import_names import Catalogue, Wrong, told
from disclosure.import_tables import MOST_ROWS, Table, Value
from disclosure.import_template import EXAMPLE_MARKS, is_example
from disclosure.models import Category, Channel, PublicationEntry, Theme
from disclosure.normal import normal
from portal.cases.text import refuse_control_characters, refuse_line_breaks
from portal.cases.workflow import Refused
from portal.organisation.models import Unit

# Documents that are older belong to an archive, and 1026 is a slip of the fingers.
FIRST_YEAR = 1900
# So many show a clerk where to look.
MOST_NUMBERS = 5
# The day as people write it; spreadsheets that became text put midnight behind it.
_DAY = re.compile(r"([0-9]{4}) ?[-/.年] ?([0-9]{1,2}) ?[-/.月] ?([0-9]{1,2}) ?日?(?:[ T]0?0:00(?::00)?)?")


def _longest(field: str) -> int:
    found = PublicationEntry._meta.get_field(field)
    assert isinstance(found, Field)
    return int(found.max_length or 0)


_LONGEST = {each: _longest(each) for each in ("title", "body", "document_number", "keywords")}


@dataclass(frozen=True, slots=True)
class Row:
    """An item as a row has it, fit to be published; `number` as the spreadsheet counts."""

    number: int
    category: Category
    theme: Theme
    unit: Unit
    title: str
    body: str
    dated_on: date
    document_number: str
    channels: tuple[str, ...]
    keywords: str


def read_rows(table: Table, catalogue: Catalogue, *, today: date) -> tuple[list[Row], Errors]:
    """All rows of a table, in their order, and all that is wrong with it; rows are whole without errors."""
    errors = Errors()
    if not table.rows:
        errors.add(1, "", _("The sheet is empty."))
        return [], errors
    top, headings = table.rows[0]
    columns = columns_of(top, headings, errors)
    check_layout(table, columns, headings, errors)
    if table.first_too_many:
        errors.add(table.first_too_many, "", _("The file has more than %(most)d rows.") % {"most": MOST_ROWS})
    if table.first_too_many or not columns:
        return [], errors
    reader = _Reader(catalogue, today, {place: told(str(headings[place])) for place in columns}, errors)
    items = [each for each in table.rows[1:] if not _is_example(each[1], columns)]
    if not items:
        errors.add(top, "", _("There are no rows below the headings."))
    rows = [reader.read(number, cells, columns) for number, cells in items]
    return [row for row in rows if row is not None], errors


def _is_example(cells: dict[int, Value], columns: dict[int, Column]) -> bool:
    """Whether it is the row that the template shows, as it came."""
    texts = {column.field: cells.get(place) for place, column in columns.items()}
    return is_example(texts.get("title"), texts.get("body"))


# A row ------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Reader:
    """Reads one row after the other; `headings` are as the file has them, by place."""

    catalogue: Catalogue
    today: date
    headings: dict[int, str]
    errors: Errors
    _seen: dict[tuple[str, str], int] = field(default_factory=dict)

    def read(self, number: int, cells: dict[int, Value], columns: dict[int, Column]) -> Row | None:
        """The row; None, and what is wrong among the errors, where there is none."""
        found: dict[str, Any] = {"document_number": "", "channels": (Channel.WEBSITE.value,), "keywords": ""}
        written: dict[str, str] = {}
        is_whole = True
        for place, column in columns.items():
            value = cells.get(place, "")
            written[column.field] = str(value)
            sentences = list(self._read(column, value, found))
            for sentence in sentences:
                self.errors.add(number, self.headings[place], sentence)
            is_whole = is_whole and not sentences
        is_whole = self._is_first(number, written, columns) and is_whole
        if not is_whole or any(each.required and each.field not in found for each in COLUMNS):
            return None
        return Row(number=number, **found)

    def _read(self, column: Column, value: Value, found: dict[str, Any]) -> Iterator[str]:
        """Puts what a cell holds into `found`, or says what is wrong with it."""
        if fault := fault_of(value):
            yield fault
        elif value == "":
            if column.required:
                yield _("“%(name)s” is empty.") % {"name": column.heading}
        elif column.field == "dated_on":
            yield from self._put(found, column, lambda: self._day(value))
        elif not isinstance(value, str):
            yield _("There is a day in this cell, where a text should be.")
        elif column.field in ("title", "body", "keywords"):
            found[column.field] = value
            yield from self._faults_of_text(column, value)
        else:
            yield from self._put(found, column, lambda: self._named(column, value))

    def _put(self, found: dict[str, Any], column: Column, read: Callable[[], object]) -> Iterator[str]:
        try:
            found[column.field] = read()
        except (Wrong, Refused) as wrong:
            yield str(wrong)

    def _named(self, column: Column, value: str) -> object:
        if column.field == "document_number":
            number = workflow.document_number(value)
            if len(number) > _LONGEST[column.field]:
                raise Wrong(_too_long(column))
            return number
        if column.field == "channels":
            return self.catalogue.channels(value) or (Channel.WEBSITE.value,)
        finders = {
            "category": self.catalogue.categories.find,
            "theme": self.catalogue.themes.find,
            "unit": self.catalogue.units.find,
        }
        return finders[column.field](value)

    def _day(self, value: Value) -> date:
        day = value if isinstance(value, date) else _day_written(str(value))
        if day.year < FIRST_YEAR:
            raise Wrong(_("There is no day %(value)s.") % {"value": day.isoformat()})
        try:
            workflow.check_days(day, today=self.today)
        except Refused:
            sentence = _("%(value)s is still to come: a document is made before it is published.")
            raise Wrong(sentence % {"value": day.isoformat()}) from None
        return day

    def _faults_of_text(self, column: Column, value: str) -> Iterator[str]:
        for refuse in (refuse_control_characters, *([] if column.field == "body" else [refuse_line_breaks])):
            try:
                refuse(value)
            except ValidationError as wrong:
                yield wrong.messages[0]
        if len(value) > _LONGEST[column.field]:
            yield _too_long(column)
        if column.field == "title" and plain(value).startswith(EXAMPLE_MARKS):
            yield _("This row is marked as an example. Delete it, or take the mark out of the title.")
        if numbers := personal.find(value, public_numbers=self.catalogue.public_numbers):
            few = numbers[:MOST_NUMBERS]
            shown = "、".join(personal.masked(each.text, personal.find(each.text)) for each in few)
            shown += "…" if len(numbers) > len(few) else ""
            sentence = _("It tells numbers of persons: %(numbers)s. Please mask them in the file.")
            yield sentence % {"numbers": shown}

    def _is_first(self, number: int, written: dict[str, str], columns: dict[int, Column]) -> bool:
        """Whether no row before has the same title and document number."""
        if not written.get("title"):
            return True
        key = normal(written["title"]), normal_document_number(written.get("document_number", ""))
        first = self._seen.setdefault(key, number)
        if first == number:
            return True
        place = next(place for place, column in columns.items() if column.field == "title")
        sentence = _("Row %(row)d has the same title and document number.") % {"row": first}
        self.errors.add(number, self.headings[place], sentence)
        return False


def _too_long(column: Column) -> str:
    words = {"name": column.heading, "most": _LONGEST[column.field]}
    return _("“%(name)s” is longer than %(most)d characters.") % words


def _day_written(written: str) -> date:
    """Raises Wrong."""
    value = {"value": told(written)}
    found = _DAY.fullmatch(plain(written).upper())
    if not found:
        sentence = _("“%(value)s” is no day. Please write it as in 2026-01-05 or 2026年1月5日.")
        raise Wrong(sentence % value)
    try:
        return date(*map(int, found.groups()))
    except ValueError:
        raise Wrong(_("There is no day %(value)s.") % value) from None
