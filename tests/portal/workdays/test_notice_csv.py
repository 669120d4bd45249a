from __future__ import annotations

from datetime import date

import pytest
from django.utils.translation import override

from portal.workdays.notice_csv import MAX_BYTES, MAX_ROWS, parse_notice_csv
from portal.workdays.planning import NoticeDay, NoticeRefused

GOOD = "日期,是否上班,名称\r\n2027-01-01,0,元旦\r\n2027/2/20,班,春节\r\n2027年10月1日,休,国庆节\r\n"
DAYS = [
    NoticeDay(date(2027, 1, 1), False, "元旦"),
    NoticeDay(date(2027, 2, 20), True, "春节"),
    NoticeDay(date(2027, 10, 1), False, "国庆节"),
]


@pytest.mark.parametrize(
    "content",
    [GOOD, GOOD.encode(), GOOD.encode("utf-8-sig"), GOOD.encode("gb18030"), "\ufeff" + GOOD],
    ids=["text", "utf-8", "bom", "gb18030", "text with bom"],
)
def test_every_encoding_a_spreadsheet_writes_is_read(content: bytes | str) -> None:
    assert parse_notice_csv(content) == DAYS


def test_a_heading_and_empty_lines_are_no_days_and_rows_are_counted_with_them() -> None:
    days = parse_notice_csv("date,working,name\n\n2027-01-01,0,元旦\n,,\n")
    assert [(day.date, day.row) for day in days] == [(date(2027, 1, 1), 3)]
    assert parse_notice_csv("2027-01-01,0,元旦") == DAYS[:1]


BAD_ROWS = [
    ("2027-02-30,0,春节", "there is no day 2027-02-30"),
    ("0000-01-01,0,春节", "there is no day"),
    ("1 January,0,元旦", "is not a date"),
    ("２０２７-01-01,0,元旦", "is not a date"),
    ("2027-01-01,maybe,元旦", "write 1 for a working day"),
    ("2027-01-01,0", "three columns"),
    ("2027-01-01,0,元旦,more", "three columns"),
    ("2027-01-01,0,", "needs the name"),
]


@pytest.mark.parametrize(("row", "sentence"), BAD_ROWS)
def test_a_bad_row_is_named_with_a_sentence(row: str, sentence: str) -> None:
    with override("en"), pytest.raises(NoticeRefused) as caught:
        parse_notice_csv(f"date,working,name\n2027-05-01,0,劳动节\n{row}\n")
    assert caught.value.row == 3
    assert sentence in caught.value.message
    assert "Row 3" in caught.value.message or row.startswith("0000")


def test_every_bad_row_is_told_at_once() -> None:
    text = "date,working,name\n" + "\n".join(row for row, _sentence in BAD_ROWS)
    with pytest.raises(NoticeRefused) as caught:
        parse_notice_csv(text)
    assert [number for number, _sentence in caught.value.rows] == list(range(2, 2 + len(BAD_ROWS)))


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "has no days"),
        (b"date,working,name\n", "has no days"),
        (b"PK\x03\x04\x14\x00\x06\x00sheet", "not plain text"),
        ("2027-01-01,0,元\x00旦", "not plain text"),
        ("2027-01-01,0,元\x1b[31m旦", "not plain text"),
        (b"\xff\xfe\xff\xff\xff\xff", "neither UTF-8 nor GB18030"),
        ('2027-01-01,0,"元旦', "comma-separated"),
        (b"x" * (MAX_BYTES + 1), "larger than 64 KB"),
        ("2027-01-01,0,a\n" * (MAX_ROWS + 1), "more than 400 rows"),
    ],
)
def test_a_file_that_is_no_table_is_refused(content: bytes | str, sentence: str) -> None:
    with override("en"), pytest.raises(NoticeRefused) as caught:
        parse_notice_csv(content)
    assert sentence in caught.value.message
    assert caught.value.field == "days"
