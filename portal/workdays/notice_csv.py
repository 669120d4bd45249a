"""A notice's days from a CSV file, with a sentence for every row that cannot be read."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from datetime import date

from django.utils.translation import gettext as _

from portal.workdays.planning import NoticeDay, NoticeRefused

MAX_BYTES = 64 * 1024
MAX_ROWS = 400
COLUMNS = 3

WORKING_WORDS = {"1": True, "班": True, "上班": True, "0": False, "休": False, "放假": False, "休息": False}
HEADINGS = {"date", "日期"}
_DATE = re.compile(r"([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?")


def parse_notice_csv(content: bytes | str) -> list[NoticeDay]:
    """The days of a file with the columns date, working (1/0, 班/休) and name; a heading row may be there.

    Text is UTF-8, with or without a byte order mark, or GB18030. Raises NoticeRefused; its `rows` has the
    number of every bad row, as a spreadsheet counts them, and what is wrong with it.
    """
    text = _text_of(content)
    days: list[NoticeDay] = []
    bad: list[tuple[int, str]] = []
    try:
        for number, cells in enumerate(csv.reader(io.StringIO(text), strict=True), start=1):
            cells = [cell.strip() for cell in cells]
            if not any(cells) or (number == 1 and cells[0].lower() in HEADINGS):
                continue
            if number > MAX_ROWS:
                raise NoticeRefused(
                    _("The file has more than %(limit)s rows.") % {"limit": MAX_ROWS}, field="days"
                )
            try:
                days.append(_day_of(cells, number))
            except ValueError as error:
                bad.append((number, str(error)))
    except csv.Error:
        raise NoticeRefused(_("The file is not a table of comma-separated values."), field="days") from None
    if bad:
        raise NoticeRefused.of_rows(bad)
    if not days:
        raise NoticeRefused(_("The file has no days in it."), field="days")
    return days


def _text_of(content: bytes | str) -> str:
    size = len(content.encode("utf-8", "surrogatepass")) if isinstance(content, str) else len(content)
    if size > MAX_BYTES:
        raise NoticeRefused(
            _("The file is larger than %(limit)s KB.") % {"limit": MAX_BYTES // 1024}, field="days"
        )
    text = content.removeprefix("\ufeff") if isinstance(content, str) else _decoded(content)
    if any(unicodedata.category(c) in ("Cc", "Cs") and c not in "\r\n\t" for c in text):
        raise NoticeRefused(
            _("The file is not plain text. Save the table as CSV and try again."), field="days"
        )
    return text


def _decoded(content: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise NoticeRefused(_("The file is neither UTF-8 nor GB18030 text."), field="days")


def _day_of(cells: list[str], number: int) -> NoticeDay:
    """Raises ValueError with a sentence."""
    words: dict[str, object] = {"row": number}
    if len(cells) < COLUMNS or any(cells[COLUMNS:]):
        raise ValueError(_("Row %(row)s must have three columns: date, working, name.") % words)
    written, working, name = cells[:COLUMNS]
    words["value"] = written[:20]
    match = _DATE.fullmatch(written)
    if match is None:
        raise ValueError(_("Row %(row)s: “%(value)s” is not a date like 2027-01-01.") % words)
    try:
        day = date(*(int(part) for part in match.groups()))
    except ValueError:
        raise ValueError(_("Row %(row)s: there is no day %(value)s.") % words) from None
    if working not in WORKING_WORDS:
        words["value"] = working[:20]
        raise ValueError(
            _("Row %(row)s: write 1 for a working day, 0 for a day off, not “%(value)s”.") % words
        )
    if not name:
        raise ValueError(_("Row %(row)s needs the name of the holiday.") % words)
    return NoticeDay(day, WORKING_WORDS[working], name, row=number)
