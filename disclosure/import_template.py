"""The spreadsheet to fill in, and spreadsheets in the same form: what `importing` reads, written."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import cache
from typing import Any

from django.utils.translation import get_language, gettext, override
from django.utils.translation import gettext_lazy as _
from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from disclosure.import_headings import COLUMNS, plain
from disclosure.import_names import LANGUAGES
from disclosure.models import Category, Channel, Theme
from portal.organisation.models import Unit

# What a title of an example begins with, as `plain` has it.
EXAMPLE_MARKS = ("【示例】", "[example]")
EXAMPLE_TITLE = _("Notice on tidying up the streets of the city centre")
EXAMPLE_BODY = _(
    "This row is an example and is not imported. Please write below it, an item a row, in the same columns."
)
# Any day will do, and a fixed one keeps the file the same for everybody.
EXAMPLE_DAY = date(2026, 1, 5)
EXAMPLE_NUMBER = "样城管〔2026〕5号"

WIDTHS = {"title": 40, "body": 60, "category": 26, "theme": 16, "unit": 24, "document_number": 22}
DAY_FORMAT = "yyyy-mm-dd"
# Shown beside a cell that is chosen; Excel takes 255 characters.
HINTS = {
    "title": _("Must be filled in: at most 200 characters, in one line, with no other row the same."),
    "body": _("Must be filled in. Numbers of persons (ID cards, telephones, plates) must be masked."),
    "category": _("Must be filled in: code, name, or path with / between the steps. See the second sheet."),
    "theme": _("Must be filled in: code or name. See the second sheet."),
    "unit": _("Must be filled in: code or name. See the second sheet."),
    "dated_on": _("Must be filled in: the day on which it was made, as in 2026-01-05 or 2026年1月5日."),
    "document_number": _("May be empty. The year stands in six-cornered brackets, as in 样城管〔2026〕5号."),
    "channels": _("May be empty: then it is the website. Several are parted by 、"),
    "keywords": _("May be empty: at most 120 characters."),
}


# What is not imported ---------------------------------------------------------------------------------------


def _example() -> tuple[str, str]:
    is_chinese = (get_language() or "").startswith("zh")
    mark = "【示例】" if is_chinese else "[Example] "
    return f"{mark}{EXAMPLE_TITLE}", str(EXAMPLE_BODY)


@cache
def _examples() -> frozenset[tuple[str, str]]:
    found = set()
    for language in LANGUAGES:
        with override(language):
            title, body = _example()
            found.add((plain(title), plain(body)))
    return frozenset(found)


def is_example(title: object, body: object) -> bool:
    """Whether a row is that of the template as it came; one that was filled in is somebody's work."""
    return (
        plain(str(title)).startswith(EXAMPLE_MARKS) and (plain(str(title)), plain(str(body))) in _examples()
    )


# What is written --------------------------------------------------------------------------------------------


def template_workbook() -> bytes:
    """An .xlsx to fill in, in the reader's language: headings, an example, and a sheet of all names."""
    lists = _lists()
    title, body = _example()
    example: dict[str, str | date] = {
        **{field: names[0] for field, names in lists.items() if names},
        "title": title,
        "body": body,
        "dated_on": EXAMPLE_DAY,
        "document_number": EXAMPLE_NUMBER,
    }
    return workbook_of([example], lists=lists)


def workbook_of(
    rows: Sequence[Mapping[str, str | date]], *, lists: Mapping[str, Sequence[str]] | None = None
) -> bytes:
    """An .xlsx as `importing.read` takes it: headings in the reader's language, then the rows.

    A row has its values by field, as in `import_headings.COLUMNS`; what it has not stays empty. `lists` are
    names to choose from by field, which stand in a second sheet.
    """
    kept = io.BytesIO()
    with Workbook(kept, {"in_memory": True}) as book:
        # Otherwise the file would tell when it was made, and be another one every time.
        book.set_properties({"created": datetime(2026, 1, 1)})  # noqa: DTZ001 - Excel knows no zones
        sheet = book.add_worksheet(gettext("Items to publish"))
        heading = book.add_format({"bold": True, "bottom": 1, "valign": "top"})
        text = book.add_format({"text_wrap": True, "valign": "top", "num_format": "@"})
        day = book.add_format({"valign": "top", "num_format": DAY_FORMAT})
        for place, column in enumerate(COLUMNS):
            form = day if column.field == "dated_on" else text
            sheet.set_column(place, place, WIDTHS.get(column.field, 14), form)
            sheet.write_string(0, place, column.heading, heading)
            for number, row in enumerate(rows, 1):
                value = row.get(column.field, "")
                if isinstance(value, date):
                    sheet.write_datetime(number, place, value, day)
                elif value:
                    sheet.write_string(number, place, value, text)
        sheet.freeze_panes(1, 0)
        if lists is not None:
            _write_lists(book, sheet, lists)
    return kept.getvalue()


def _write_lists(book: Workbook, sheet: Worksheet, lists: Mapping[str, Sequence[str]]) -> None:
    name = gettext("Names to choose from")
    beside = book.add_worksheet(name)
    bold = book.add_format({"bold": True, "bottom": 1})
    places = {field: place for place, field in enumerate(lists)}
    for place, column in enumerate(COLUMNS):
        rule: dict[str, Any] = {"validate": "any", "input_message": str(HINTS[column.field])}
        names = lists.get(column.field, ())
        if column.field in places:
            at = places[column.field]
            beside.set_column(at, at, 30)
            beside.write_string(0, at, column.heading, bold)
            beside.write_column(1, at, names)
        # Of channels there may be several in a cell, which no list offers.
        if names and column.field != "channels":
            letter = "ABCD"[places[column.field]]
            # Codes are taken as well, so that nothing is refused while it is typed.
            source = f"='{name}'!${letter}$2:${letter}${len(names) + 1}"
            rule |= {"validate": "list", "source": source, "show_error": False}
        sheet.data_validation(1, place, 10_000, place, rule)


def _lists() -> dict[str, list[str]]:
    """What is in use, by field: categories by their path, everything else by name."""
    categories = list(Category.objects.order_by("position", "pk"))
    by_pk = {each.pk: each for each in categories}
    return {
        "category": [_path(each, by_pk) for each in categories if each.active],
        "theme": [str(each) for each in Theme.objects.filter(active=True).order_by("position", "pk")],
        "unit": [each.localized_name for each in Unit.objects.active().order_by("pk")],
        "channels": [str(each.label) for each in Channel],
    }


def _path(category: Category, by_pk: Mapping[int, Category]) -> str:
    steps: list[str] = []
    above: Category | None = category
    while above is not None and str(above) not in steps:
        steps.insert(0, str(above))
        above = by_pk.get(above.parent_id) if above.parent_id else None
    return "/".join(steps)
