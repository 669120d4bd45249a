"""Many items of the catalogue from a spreadsheet: read, checked as a whole, and written by nobody here.

A file is taken with all its rows or not at all; then every reason is told, so that a clerk mends it once.
What it may cost is bounded: its bytes, what they unpack to, elements, characters and rows.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from django.utils.translation import gettext_lazy as _

from disclosure import import_rows
from disclosure.import_layout import MOST_ERRORS, RowError
from disclosure.import_names import Catalogue
from disclosure.import_rows import Row
from disclosure.import_tables import MOST_ROWS, NotSeparated, NotText, Table, read_csv
from disclosure.import_template import template_workbook
from disclosure.import_xlsx import read_xlsx
from portal.cases import office_files, packages
from portal.cases.uploads import MOST_BYTES
from portal.cases.workflow import Refused

__all__ = ["MOST_ERRORS", "MOST_ROWS", "Row", "RowError", "Sheet", "read", "template_workbook"]

_ZIP, _BOOK_ENDINGS = b"PK\x03\x04", (".xlsx", ".xlsm", ".xls", ".et", ".ods")

SENTENCES = {
    "empty": _("The file is empty."),
    "too_large": _("The file is larger than %(most)d MB."),
    "other_kind": _("Only Excel files (.xlsx) and CSV files can be read here."),
    "no_workbook": _(
        "Whatever its name says, this is no Excel file (.xlsx). In Excel or WPS, save it as .xlsx."
    ),
    "no_csv": _("Whatever its name says, this is an Excel file. Give it its right name, and send it again."),
    "locked": _(
        "The file is in an older format of Excel or WPS, or locked with a password. Save it as .xlsx without "
        "a password."
    ),
    "macros": _("The file contains macros. Save it as .xlsx, which holds none."),
    "holds_files": _("The file holds another file. Copy the table alone into a new file, and send that."),
    "loads": _(
        "When it is opened, the file fetches data from elsewhere. Copy the table into a new file, as values, "
        "and send that."
    ),
    "too_much": _(
        "There is more in the file than can be read at once. Copy the rows alone into a new file, or send "
        "them in parts."
    ),
    "damaged": _("The Excel file is damaged. Save it once more and send it again."),
    "not_text": _("The file is no CSV file in UTF-8 or GB18030. In a spreadsheet, save it as .xlsx."),
    "not_separated": _(
        "The file cannot be read from row %(row)d on: a quotation mark is missing or left over, or a cell is "
        "too long. In a spreadsheet, save it as .xlsx."
    ),
}


@dataclass(frozen=True, slots=True)
class Sheet:
    """All rows, or else what is wrong: `errors` by row, and how many there are besides.

    `sheet_name` is that of the sheet that was read, "" for a CSV file.
    """

    rows: list[Row] = field(default_factory=list)
    errors: list[RowError] = field(default_factory=list)
    more_errors: int = 0
    sheet_name: str = ""


def read(data: bytes, *, name: str, today: date) -> Sheet:
    """The items of a spreadsheet: .xlsx, or CSV in UTF-8 or GB18030; `name` is that of the file.

    Of a workbook the first sheet that holds something and is not hidden. Nothing is written, and the database
    is asked four questions. Raises Refused for the field "file" where the file cannot be read as a table.
    """
    table = _table(data, name.strip().lower())
    rows, errors = import_rows.read_rows(table, Catalogue(), today=today)
    if errors.kept:
        # What is wrong with the sheet as a whole was found first.
        return Sheet([], sorted(errors.kept, key=lambda each: each.row), errors.more, table.name)
    return Sheet(rows, sheet_name=table.name)


def _table(data: bytes, name: str) -> Table:
    if not data:
        raise _refused("empty")
    if len(data) > MOST_BYTES:
        raise _refused("too_large", most=MOST_BYTES // 1024 // 1024)
    if data.startswith(packages.OLE):
        raise _refused("locked")
    is_workbook = data.startswith(_ZIP)
    if is_workbook and name.endswith((".csv", ".txt")):
        raise _refused("no_csv")
    if not is_workbook and name.endswith(_BOOK_ENDINGS):
        raise _refused("no_workbook")
    return _of_workbook(data) if is_workbook else _of_text(data)


def _of_workbook(data: bytes) -> Table:
    """Refuses whatever an upload is refused for, and what is no workbook."""
    code = "other_kind"
    try:
        if office_files.kind_of(data) == "xlsx":
            return read_xlsx(data)
    except office_files.NotOffice:
        pass
    except office_files.HoldsFiles:
        code = "holds_files"
    except office_files.LoadsFromElsewhere:
        code = "loads"
    except packages.HasMacros:
        code = "macros"
    except packages.IsLocked:
        code = "locked"
    except packages.TooMuch:
        code = "too_much"
    except Exception:
        # A damaged file makes its readers fail in ways that they do not list; each means the same here.
        code = "damaged"
    raise _refused(code)


def _of_text(data: bytes) -> Table:
    if data.startswith((b"%PDF-", b"\xff\xd8\xff", b"\x89PNG")):
        raise _refused("other_kind")
    try:
        return read_csv(data)
    except NotText:
        raise _refused("not_text") from None
    except NotSeparated as wrong:
        raise _refused("not_separated", row=wrong.row) from None
    except packages.TooMuch:
        raise _refused("too_much") from None


def _refused(code: str, **values: int) -> Refused:
    return Refused(str(SENTENCES[code]) % values, field="file")
