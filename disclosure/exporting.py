"""A list of the catalogue as a file: CSV, XLSX or JSON, in the order of the list, few rows in memory at once.

What is withdrawn is in no file. Rows hold what the catalogue's public row holds and nothing of a person.
"""

from __future__ import annotations

import csv
import io
import json
from array import array
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import IO, Any, NamedTuple

from django.urls import reverse
from django.utils.translation import gettext as _
from xlsxwriter import Workbook

from disclosure import browsing
from disclosure.browsing import NEWEST_FIRST, Names, Wanted
from disclosure.models import Disclosure, Validity
from disclosure.searching import Key
from portal.cases.keyset import read_page
from portal.cases.terms import local_day
from portal.cases.workflow import Refused

MOST_ROWS = 50_000
# Rows are read and written by so many; results of a search are looked for by more, as each part of them may
# ask the index for all of them.
STEP = 1_000
SEARCH_STEP = 10_000
COLUMNS = (
    *("pk", "index_number", "title", "document_number", "category_id", "theme_id", "unit_id"),
    *("dated_on", "published_at", "validity", "keywords"),
)
WIDTHS = (24, 60, 26, 36, 16, 24, 12, 12, 10, 30, 60)
# What a spreadsheet takes for the beginning of a formula, also in the full-width form of a Chinese keyboard.
FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
BOM = "\N{BYTE ORDER MARK}"


class Row(NamedTuple):
    """An item as the files tell it, under the names that the API has for the same.

    `category_path` goes from the root down, `published_on` is the day in Shanghai, `validity` the code.
    Names are in the reader's language.
    """

    index_number: str
    title: str
    document_number: str
    category_path: str
    theme: str
    unit: str
    dated_on: date
    published_on: date
    validity: str
    keywords: str
    url: str


def headings() -> list[str]:
    """What the columns are called, in the order of Row."""
    return [
        *(_("Index number"), _("Title"), _("Document number"), _("Category"), _("Theme"), _("Issuing unit")),
        *(_("Made on"), _("Published on"), _("Validity"), _("Keywords"), _("Permanent address")),
    ]


# Which rows -------------------------------------------------------------------------------------------------


def batches(words: Sequence[str], wanted: Wanted, *, names: Names, site: str) -> Iterator[list[Row]]:
    """All items of a list in its order, some at a time: newest first, or as the search finds the words.

    `words` and `wanted` as CatalogueFilter gives them, `site` is what addresses begin with, without a slash.
    Raises Refused at once where there are more than MOST_ROWS; nothing is read of the rows until then.
    """
    found = _of_search(_keys(words, wanted)) if words else _of_list(wanted)
    paths = {pk: " › ".join(each.name for each in names.path(pk)) for pk in names.categories}

    def told(row: Any) -> Row:
        return Row(
            row.index_number,
            row.title,
            row.document_number,
            paths[row.category_id],
            names.themes[row.theme_id].name,
            names.units[row.unit_id].name,
            row.dated_on,
            local_day(row.published_at),
            row.validity,
            row.keywords,
            site + reverse("disclosure:item", args=[row.index_number]),
        )

    return ([told(row) for row in rows] for rows in found)


def _of_list(wanted: Wanted) -> Iterator[list[Any]]:
    if browsing.total(browsing.tallies(wanted), wanted) > MOST_ROWS:
        raise _too_many()
    return _walked(wanted)


def _walked(wanted: Wanted) -> Iterator[list[Any]]:
    listed = Disclosure.objects.listed().filter(**{f"{name}__in": values for name, values in wanted.items()})
    after = ""
    while True:
        page = read_page(listed.values_list(*COLUMNS, named=True), order=NEWEST_FIRST, after=after, size=STEP)
        yield page.rows
        if not (after := page.after):
            return


def _keys(words: Sequence[str], wanted: Wanted) -> array[int]:
    """The keys of all results in their order: eight bytes each, so that only the rows have to be walked."""
    keys = array("q")
    after: Key | None = None
    while True:
        results = browsing.found(words, wanted, after=after, size=SEARCH_STEP)
        keys.extend(each.pk for each in results.keys)
        if len(keys) > MOST_ROWS:
            raise _too_many()
        if not results.more:
            return keys
        after = results.keys[-1]


def _of_search(keys: array[int]) -> Iterator[list[Any]]:
    for first in range(0, len(keys), STEP):
        some = keys[first : first + STEP].tolist()
        # Once more only what is listed: something may be withdrawn while the file is written.
        rows = Disclosure.objects.listed().filter(pk__in=some).values_list(*COLUMNS, named=True)
        found = {row.pk: row for row in rows}
        yield [found[pk] for pk in some if pk in found]


def _too_many() -> Refused:
    sentence = _(
        "This list has more than %(most)s items, which is more than fits into one file. Please narrow it "
        "down, for example by year, by category or with a further word, and save it in several files."
    )
    return Refused(sentence % {"most": f"{MOST_ROWS:,}"})


# How they are written ---------------------------------------------------------------------------------------


def csv_of(found: Iterator[list[Row]]) -> Iterator[bytes]:
    """A file for spreadsheets, in UTF-8 with the mark by which Excel knows it, in the reader's language."""
    first, labels = headings(), _labels()

    def lines() -> Iterator[bytes]:
        yield _csv([first], before=BOM)
        for rows in found:
            yield _csv([row._replace(validity=labels[row.validity]) for row in rows])

    return lines()


def _csv(rows: Sequence[Sequence[str | date]], *, before: str = "") -> bytes:
    file = io.StringIO(before)
    file.seek(0, io.SEEK_END)
    csv.writer(file).writerows([harmless(str(cell)) for cell in row] for row in rows)
    return file.getvalue().encode()


def harmless(cell: str) -> str:
    """A cell that no spreadsheet computes; an apostrophe before it says that it is text."""
    return f"'{cell}" if cell.startswith(FORMULAS) else cell


def json_of(found: Iterator[list[Row]]) -> Iterator[bytes]:
    """A list of objects with the names of Row; days as 2026-11-02, validity by its code."""
    between = "[\n"
    for rows in found:
        if rows:
            yield (between + ",\n".join(map(_json, rows))).encode()
            between = ",\n"
    yield b"[]\n" if between == "[\n" else b"\n]\n"


def _json(row: Row) -> str:
    return json.dumps(row._asdict(), ensure_ascii=False, default=date.isoformat)


def write_xlsx(found: Iterator[list[Row]], file: IO[bytes], *, at: datetime) -> None:
    """A workbook of one sheet, written into `file`; each text is a cell of text, also one that begins with =.

    The rows wait in a temporary file and not in memory. `at`: when the workbook says that it was made; of who
    made it, it says nothing.
    """
    labels = _labels()
    with Workbook(file, {"constant_memory": True}) as book:
        # Without a time zone, as the format has it.
        book.set_properties({"created": at.replace(tzinfo=None)})
        bold, day = book.add_format({"bold": True}), book.add_format({"num_format": "yyyy-mm-dd"})
        sheet = book.add_worksheet(_("Catalogue"))
        sheet.freeze_panes(1, 0)
        for column, width in enumerate(WIDTHS):
            sheet.set_column(column, column, width)
        for column, heading in enumerate(headings()):
            sheet.write_string(0, column, heading, bold)
        number = 0
        for rows in found:
            for row in rows:
                number += 1
                for column, cell in enumerate(row._replace(validity=labels[row.validity])):
                    if isinstance(cell, date):
                        sheet.write_datetime(number, column, cell, day)
                    else:
                        sheet.write_string(number, column, cell)


def _labels() -> dict[str, str]:
    return {each.value: str(each.label) for each in Validity}
