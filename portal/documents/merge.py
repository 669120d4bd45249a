"""One letter to many: a table whose columns fill the {placeholders} of a letter. Pure.

Everything that would stop a letter is found here, row by row, before anything is ordered.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from portal.documents.batches import MOST_ROWS
from portal.documents.letters import Letter, fault

MOST_BYTES = 2 * 1024 * 1024
MOST_COLUMNS = 50
LONGEST_CELL = 2_000
# What a Chinese keyboard types is meant as well.
_BRACES = str.maketrans("｛｝", "{}")
PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
FILLED = ("title", "addressee", "text")
# Tab and line ends may stand in a cell; nothing else that cannot be seen.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


class TableRefused(Exception):
    """The file as a whole is no table for letters; the message is a sentence."""


@dataclass(frozen=True, slots=True)
class Table:
    """The headings, and the rows that hold something, each with its number as a spreadsheet counts."""

    columns: list[str]
    rows: list[tuple[int, list[str]]]


@dataclass(slots=True)
class Merged:
    """The letters in the order of their rows; `bad` has what is wrong, sentences by row.

    With anything in `bad` nothing is to be ordered, and `letters` holds only those that are fit.
    """

    letters: list[Letter] = field(default_factory=list)
    bad: dict[int, list[str]] = field(default_factory=dict)

    def rows(self) -> list[tuple[str, dict[str, Any]]]:
        """What `batches.order` takes."""
        return [(letter.title, letter.values()) for letter in self.letters]


def name_of(text: str) -> str:
    """A heading or a placeholder as they are compared: of one width, without blanks around."""
    return unicodedata.normalize("NFKC", text).strip()


def read_table(data: bytes) -> Table:
    """The table of a CSV file in UTF-8, with or without byte order mark, or GB18030. Raises TableRefused."""
    if len(data) > MOST_BYTES:
        raise TableRefused(_("The file is larger than %(most)d MB.") % {"most": MOST_BYTES // 1024 // 1024})
    records: list[tuple[int, list[str]]] = []
    try:
        for number, cells in enumerate(csv.reader(io.StringIO(_decoded(data), newline=""), strict=True), 1):
            cells = [cell.strip() for cell in cells]
            if not any(cells):
                continue
            records.append((number, cells))
            if len(records) > MOST_ROWS + 1:
                raise TableRefused(_("The file has more than %(most)d rows.") % {"most": MOST_ROWS})
    except csv.Error:
        raise TableRefused(_("The file is not a table of comma-separated values.")) from None
    if len(records) < 2:
        raise TableRefused(_("The file needs a row of headings, and a row for each letter below it."))
    return _with_headings(records)


def _decoded(data: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        # A workbook, or text in UTF-16, decodes to this.
        if "\0" in text:
            break
        return text
    raise TableRefused(_("The file is no CSV file in UTF-8 or GB18030. In a spreadsheet, save it as CSV."))


def _with_headings(records: list[tuple[int, list[str]]]) -> Table:
    columns = [name_of(cell) for cell in records[0][1]]
    rows = records[1:]
    while columns and not columns[-1]:
        columns.pop()
    if len(columns) > MOST_COLUMNS:
        raise TableRefused(_("The file has more than %(most)d columns.") % {"most": MOST_COLUMNS})
    for position, name in enumerate(columns, 1):
        if not name:
            raise TableRefused(_("Column %(position)d has no heading.") % {"position": position})
        if columns.index(name) + 1 != position:
            raise TableRefused(_("Two columns are called “%(name)s”.") % {"name": name})
        if _CONTROL.search(name) or "\n" in name or len(name) > 60:
            raise TableRefused(_("The heading of column %(position)d is no name.") % {"position": position})
    return Table(columns, rows)


def column() -> str:
    """A heading such as a table for letters has, for examples."""
    return pgettext("heading of a column", "name")


def example() -> str:
    return f"{{{column()}}}"


def placeholders(text: str) -> list[str]:
    """The names in braces, in order, each once."""
    return list(dict.fromkeys(name_of(name) for name in PLACEHOLDER.findall(text.translate(_BRACES))))


def brace_fault(text: str) -> str:
    """A sentence when a brace in the text opens or closes nothing; "" when all is well."""
    if re.search(r"[{}]", PLACEHOLDER.sub("", text.translate(_BRACES))):
        sentence = _("A brace stands alone. A placeholder is written like this: %(example)s.")
        return sentence % {"example": example()}
    return ""


def unknown(text: str, columns: Sequence[str]) -> str:
    """A sentence that names the placeholders for which the table has no column; "" when all are known."""
    missing = [name for name in placeholders(text) if name not in columns]
    if not missing:
        return ""
    sentence = ngettext(
        "The table has no column %(missing)s. It has: %(columns)s.",
        "The table has no columns %(missing)s. It has: %(columns)s.",
        len(missing),
    )
    names = _(", ").join(f"“{name}”" for name in missing)
    return sentence % {"missing": names, "columns": _(", ").join(columns)}


def merge(
    pattern: Letter, table: Table, *, check: Callable[[Letter], tuple[str, str] | None] = fault
) -> Merged:
    """A letter for each row. `pattern` has only placeholders that the table knows; see `unknown`."""
    used = list(dict.fromkeys(name for part in FILLED for name in placeholders(getattr(pattern, part))))
    found, seen = Merged(), dict[tuple[str, str, str], int]()
    for number, cells in table.rows:
        row = dict(zip(table.columns, [*cells, *[""] * len(table.columns)], strict=False))
        sentences = _cell_faults(row, used)
        if any(cells[len(table.columns) :]):
            sentences.append(_("The row has more cells than there are headings."))
        if not sentences:
            letter = _filled(pattern, row)
            made = (letter.title, letter.addressee, letter.text)
            first = seen.setdefault(made, number)
            if first != number:
                sentences = [_("It would be the same letter as that of row %(row)d.") % {"row": first}]
            elif wrong := check(letter):
                sentences = [wrong[1]]
            else:
                found.letters.append(letter)
        if sentences:
            found.bad[number] = sentences
    return found


def _cell_faults(row: dict[str, str], used: list[str]) -> list[str]:
    sentences = []
    for name in used:
        value = row[name]
        if not value:
            sentence = _("“%(name)s” is empty.")
        elif _CONTROL.search(value):
            sentence = _("“%(name)s” contains characters that cannot be shown.")
        elif len(value) > LONGEST_CELL:
            sentence = _("“%(name)s” is longer than %(most)d characters.")
        else:
            continue
        sentences.append(sentence % {"name": name, "most": LONGEST_CELL})
    return sentences


def _filled(pattern: Letter, row: dict[str, str]) -> Letter:
    def fill(text: str) -> str:
        # What a cell holds is never read as a placeholder again.
        return PLACEHOLDER.sub(lambda found: row[name_of(found[1])], text.translate(_BRACES))

    return Letter(
        title=fill(pattern.title),
        addressee=fill(pattern.addressee),
        text=fill(pattern.text),
        attachments=pattern.attachments,
        contact=pattern.contact,
    )
