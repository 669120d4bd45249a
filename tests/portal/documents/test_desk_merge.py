"""A table fills a letter: what is read, and what is refused, row by row. No database."""

from __future__ import annotations

import pytest
from django.utils import translation

from portal.documents import merge
from portal.documents.letters import Letter
from portal.documents.merge import TableRefused, read_table
from tests.portal.documents.desk import PATTERN, UNPRINTABLE, table


@pytest.fixture(autouse=True)
def _in_english():
    with translation.override("en"):
        yield


def pattern(**more: str) -> Letter:
    given = {**PATTERN, **more}
    return Letter(given["title"], given["addressee"], given["text"])


def merged(text: str, **more: str) -> merge.Merged:
    return merge.merge(pattern(**more), read_table(text.encode()))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_table_is_read_in_each_encoding_that_a_spreadsheet_writes(encoding: str):
    found = read_table(table(2).replace("\n", "\r\n").encode(encoding))
    assert found.columns == ["小区", "日期"]
    assert found.rows == [(2, ["小区1", "12月1日"]), (3, ["小区2", "12月2日"])]


def test_a_row_is_filled_in_wherever_its_column_stands():
    first, second = merged(table(2)).letters
    assert first.title == "关于小区1停水的函"
    assert first.addressee == "小区1业主委员会"
    # Braces of a Chinese keyboard are braces as well.
    assert first.text == "因管道检修，小区1将于12月1日停水。\n请提前储水。"
    assert second.values()["paragraphs"] == ["因管道检修，小区2将于12月2日停水。", "请提前储水。"]


def test_rows_are_counted_as_a_spreadsheet_counts_them():
    text = '小区,日期\n\n"甲\n区",12月1日\n,,\n乙区,\n'
    found = merged(text, title="关于停水的函", addressee="业主委员会")
    assert list(found.bad) == [5]
    assert [letter.values()["paragraphs"][0] for letter in found.letters] == ["因管道检修，甲"]


def test_headings_may_be_wide_and_have_blanks_around():
    found = read_table("\u3000ＡＢ\u3000,姓 名\nx,y\n".encode())
    assert found.columns == ["AB", "姓 名"]
    assert merge.placeholders("{ ab }{AB}｛AB｝{姓 名}") == ["ab", "AB", "姓 名"]


def test_what_a_cell_holds_is_no_placeholder():
    found = merged("小区,日期\n{日期},12月1日\n")
    assert found.letters[0].title == "关于{日期}停水的函"


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        (",12月1日", "“小区” is empty."),
        ("甲区", "“日期” is empty."),
        ("甲\x07区,12月1日", "“小区” contains characters that cannot be shown."),
        ("甲\u202e区,12月1日", "“小区” contains characters that cannot be shown."),
        (f"{'甲' * 2001},12月1日", "“小区” is longer than 2000 characters."),
        (f"{'甲' * 200},12月1日", "Title: it is longer than 200 characters."),
        (f"甲{UNPRINTABLE}区,12月1日", "which the document's fonts cannot print."),
        ("甲区,12月1日,多余", "The row has more cells than there are headings."),
        ("小区1,12月1日", "It would be the same letter as that of row 2."),
        ('"甲\n区",12月1日', "control character U+000A"),
    ],
)
def test_what_is_wrong_with_a_row_is_said_for_that_row(row: str, sentence: str):
    found = merged(f"小区,日期\n小区1,12月1日\n{row}\n小区3,12月3日\n")
    (number,) = {3, 4} & set(found.bad) or {None}
    assert number == 3
    assert any(sentence in each for each in found.bad[3])
    assert [letter.addressee for letter in found.letters] == ["小区1业主委员会", "小区3业主委员会"]


def test_every_empty_cell_of_a_row_is_named_and_unused_columns_may_be_empty():
    text = "小区,日期,备注\n,,说明\n甲区,12月1日,\n"
    found = merged(text)
    assert found.bad == {2: ["“小区” is empty.", "“日期” is empty."]}
    assert len(found.letters) == 1


def test_rows_that_differ_in_an_unused_column_alone_are_doubled():
    assert merged("序号,小区,日期\n1,甲区,12月1日\n2,甲区,12月1日\n").bad == {
        3: ["It would be the same letter as that of row 2."]
    }


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "needs a row of headings"),
        ("小区,日期\n".encode(), "needs a row of headings"),
        ("小区,日期\n".encode("utf-16") + "甲,乙\n".encode("utf-16-le"), "is no CSV file"),
        (b"PK\x03\x04\x00\x00\x08\x00", "is no CSV file"),
        (b"\xff\xff\xff\n", "is no CSV file"),
        ("小区,小区\n甲,乙\n".encode(), "Two columns are called “小区”."),
        ("小区,,日期\n甲,乙,丙\n".encode(), "Column 2 has no heading."),
        (('小区,"日\n期"\n甲,乙\n').encode(), "The heading of column 2 is no name."),
        ('小区,日期\n"甲,乙\n'.encode(), "is not a table of comma-separated values"),
        (",".join(map(str, range(51))).encode() + b"\n1\n", "more than 50 columns"),
        (b"a\n" + b"x\n" * 5001, "more than 5000 rows"),
        (b"a" * (2 * 1024 * 1024 + 1), "larger than 2 MB"),
        (b"a\n" + b"x" * 200_000, "is not a table of comma-separated values"),
    ],
)
def test_a_file_that_is_no_table_is_refused_with_a_sentence(data: bytes, sentence: str):
    with pytest.raises(TableRefused, match=sentence.replace("(", "\\(")):
        read_table(data)


def test_five_thousand_rows_are_taken():
    assert len(read_table(table(5000).encode()).rows) == 5000


def test_placeholders_that_the_table_does_not_know_are_named():
    sentence = merge.unknown("{小区}{姓名}{日期}{电话}", ["小区", "日期"])
    assert sentence == "The table has no columns “姓名”, “电话”. It has: 小区, 日期."
    assert merge.unknown("{小区}", ["小区"]) == ""


@pytest.mark.parametrize("text", ["{小区", "小区}", "{{小区}}", "｛小区"])
def test_a_brace_that_stands_alone_is_no_placeholder(text: str):
    assert "A brace stands alone" in merge.brace_fault(text)


def test_braces_that_belong_together_are_fine():
    assert merge.brace_fault("{小区}与｛日期｝") == ""
