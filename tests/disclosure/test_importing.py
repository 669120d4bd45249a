"""Spreadsheets of items: what is read of good ones, every reason against bad ones, and no harm from any."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils.translation import override
from xlsxwriter import Workbook

from disclosure import import_tables, import_xlsx, importing, office_reading
from disclosure.import_headings import COLUMNS
from disclosure.importing import MOST_ERRORS, MOST_ROWS, RowError, Sheet, read
from disclosure.models import Category, Theme
from portal.cases import office_files, packages
from portal.cases.workflow import Refused
from tests.bureau import Bureau, make_bureau
from tests.disclosure.test_extracting import OFFICE, members, related, types, zipped

TODAY = date(2026, 11, 2)
HEADINGS = [each.chinese[0] for each in COLUMNS]
GOOD = {
    "标题": "关于清理占道经营的通告",
    "正文": "第一条　即日起清理。\n第二条　逾期处罚。",
    "目录分类": "通告",
    "主题": "市容",
    "发布机构": "园林绿化管理处",
    "成文日期": "2026-01-05",
    "文号": "云城管发〔2026〕12号",
    "公开渠道": "website",
    "关键词": "占道、通告",
}
# A number with a right check digit, of a place that there is not, and of a range that is not given out.
ID_NUMBER, MOBILE = "330802199003071239", "19900000001"


@pytest.fixture(scope="module")
def arranged(django_db_setup: None, django_db_blocker: Any) -> Iterator[Bureau]:
    """Two branches, which both have a "其他", and what is no longer used."""
    with django_db_blocker.unblock(), transaction.atomic():
        made = make_bureau()
        Theme.objects.create(code="looks", name="市容", name_en="City looks")
        Theme.objects.create(code="old", name="旧主题", name_en="Old theme", active=False)
        for code, name, name_en in (("papers", "政策文件", "Papers"), ("work", "工作动态", "Work")):
            root = Category.objects.create(code=code, name=name, name_en=name_en)
            Category.objects.create(code=f"{code}-rest", name="其他", name_en="Rest", parent=root)
        Category.objects.create(code="calls", name="通告", name_en="Calls", parent=root)
        Category.objects.create(code="gone", name="旧目录", name_en="Gone", active=False)
        yield made
        transaction.set_rollback(True)


@pytest.fixture(autouse=True)
def bureau(arranged: Bureau, db: None) -> Iterator[Bureau]:
    with override("en"):
        yield arranged


def rows_of(*changes: dict[str, Any]) -> list[list[Any]]:
    """Headings and a row for each of the changes, every one with a title of its own."""
    rows: list[list[Any]] = [HEADINGS]
    for number, each in enumerate(changes, 2):
        row = {**GOOD, "标题": f"{GOOD['标题']}（{number}）", **each}
        rows.append([row[heading] for heading in HEADINGS])
    return rows


def as_csv(rows: list[list[Any]], encoding: str = "utf-8") -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode(encoding)


def as_xlsx(rows: list[list[Any]], *, more: Any = None, names: tuple[str, ...] = ("信息",)) -> bytes:
    """As a library writes it; the rows stand in the last of the sheets, and `more` is done to that."""
    kept = io.BytesIO()
    with Workbook(kept, {"in_memory": True, "strings_to_formulas": False}) as book:
        for name in names:
            sheet = book.add_worksheet(name)
        day = book.add_format({"num_format": 'yyyy"年"m"月"d"日";@'})
        for number, row in enumerate(rows):
            for place, value in enumerate(row):
                if isinstance(value, date):
                    sheet.write_datetime(number, place, value, day)
                else:
                    sheet.write(number, place, value)
        if more:
            more(book, sheet)
    return kept.getvalue()


def raw(
    rows: str,
    *,
    before: str = "",
    after: str = "",
    shared: str = "",
    styles: str = "",
    properties: str = "",
    **more: str | bytes,
) -> bytes:
    """A workbook of one sheet as somebody may have written it by hand."""
    space = packages.SHEET[0]
    return zipped(
        {
            "[Content_Types].xml": types("xl/workbook", "spreadsheetml.sheet.main"),
            "_rels/.rels": related(("officeDocument", "xl/workbook.xml")),
            "xl/workbook.xml": f'<workbook xmlns="{space}" xmlns:r="{OFFICE}">{properties}<sheets>'
            '<sheet name="甲表" sheetId="1" r:id="r1"/></sheets></workbook>',
            "xl/_rels/workbook.xml.rels": related(
                ("worksheet", "sheet.xml"), ("sharedStrings", "strings.xml"), ("styles", "styles.xml")
            ),
            "xl/strings.xml": f'<sst xmlns="{space}">{shared}</sst>',
            "xl/styles.xml": f'<styleSheet xmlns="{space}">{styles}</styleSheet>',
            "xl/sheet.xml": f'<worksheet xmlns="{space}">{before}<sheetData>{rows}</sheetData>{after}'
            "</worksheet>",
            **more,
        }
    )


def raw_row(values: list[str], number: int, **attributes: str) -> str:
    said = "".join(f' {name}="{value}"' for name, value in attributes.items())
    cells = "".join(
        each if each.startswith("<") else f'<c t="inlineStr"><is><t>{each}</t></is></c>' for each in values
    )
    return f'<row r="{number}"{said}>{cells}</row>'


def raw_rows(**changes: str) -> str:
    """Headings, and one row; a change that begins with < is a cell as it is."""
    return raw_row(HEADINGS, 1) + raw_row(list({**GOOD, **changes}.values()), 2)


def found(data: bytes, name: str = "a.xlsx", today: date = TODAY) -> Sheet:
    return read(data, name=name, today=today)


def errors(data: bytes, name: str = "a.xlsx") -> list[tuple[int, str, str]]:
    sheet = found(data, name)
    assert sheet.rows == []
    assert all(isinstance(each, RowError) for each in sheet.errors)
    return [(each.row, each.column, each.sentence) for each in sheet.errors]


def refusal(data: bytes, name: str = "a.xlsx") -> str:
    with pytest.raises(Refused) as refused:
        found(data, name)
    assert refused.value.field == "file"
    sentence = str(refused.value)
    return next(
        code for code, each in importing.SENTENCES.items() if sentence.startswith(str(each).partition("%")[0])
    )


# Good ones --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["utf-8", "utf-8-sig", "gb18030", "xlsx"])
def test_what_is_read(bureau: Bureau, kind: str) -> None:
    rows = rows_of({}, {"文号": "", "公开渠道": "", "关键词": ""})
    data, name = (as_xlsx(rows), "信息.xlsx") if kind == "xlsx" else (as_csv(rows, kind), "信息.CSV")
    sheet = found(data, name)
    assert (sheet.errors, sheet.more_errors) == ([], 0)
    assert sheet.sheet_name == ("信息" if kind == "xlsx" else "")
    first, second = sheet.rows
    assert (first.number, first.title) == (2, "关于清理占道经营的通告（2）")
    assert first.body == "第一条　即日起清理。\n第二条　逾期处罚。"
    assert (first.category.code, first.theme.code) == ("calls", "looks")
    assert first.unit == bureau.units["greening"]
    assert first.dated_on == date(2026, 1, 5)
    assert (first.document_number, first.channels) == ("云城管发〔2026〕12号", ("website",))
    assert first.keywords == "占道、通告"
    assert (second.number, second.document_number, second.keywords) == (3, "", "")
    assert second.channels == ("website",)


def test_headings_in_english_in_any_order_and_letters() -> None:
    headings = [each.english[0].title() for each in COLUMNS]
    values = [GOOD[heading] for heading in HEADINGS]
    data = as_csv([[], [*headings[::-1]], [], [*values[::-1]]])
    (row,) = found(data, "a.csv").rows
    # As a spreadsheet counts, empty rows too.
    assert (row.number, row.title, row.dated_on) == (4, GOOD["标题"], date(2026, 1, 5))


def test_columns_that_may_be_missing() -> None:
    rows = [row[:6] for row in rows_of({})]
    (row,) = found(as_csv(rows), "a.csv").rows
    assert (row.document_number, row.channels, row.keywords) == ("", ("website",), "")


@pytest.mark.parametrize(
    ("column", "written", "attribute", "code"),
    [
        ("目录分类", "calls", "category", "calls"),
        ("目录分类", " CALLS ", "category", "calls"),
        ("目录分类", "Calls", "category", "calls"),
        ("目录分类", "工作动态/通告", "category", "calls"),
        ("目录分类", "工作动态 ＞ 其他", "category", "work-rest"),
        ("目录分类", "papers/rest", "category", "papers-rest"),
        ("目录分类", "政策文件", "category", "papers"),
        ("目录分类", "papers-rest", "category", "papers-rest"),
        # A mark of no width, which comes along from a web page.
        ("目录分类", "通告\u200b", "category", "calls"),
        ("主题", "looks", "theme", "looks"),
        ("主题", "city  looks", "theme", "looks"),
        ("发布机构", "greening", "unit", "greening"),
        ("发布机构", "Parks and Greening Division", "unit", "greening"),
    ],
)
def test_codes_names_and_paths(column: str, written: str, attribute: str, code: str) -> None:
    (row,) = found(as_csv(rows_of({column: written})), "a.csv").rows
    assert getattr(row, attribute).code == code


@pytest.mark.parametrize(
    ("written", "channels"),
    [
        ("website", ("website",)),
        ("政府网站、公告栏", ("website", "board")),
        ("Notice board, gazette；政府公报", ("board", "gazette")),
        ("、", ("website",)),
    ],
)
def test_channels(written: str, channels: tuple[str, ...]) -> None:
    (row,) = found(as_csv(rows_of({"公开渠道": written})), "a.csv").rows
    assert row.channels == channels


@pytest.mark.parametrize(
    "written",
    [
        *("2026-01-05", "2026-1-5", "2026/1/5", "2026.01.05", "2026年1月5日", "2026 年 1 月 5 日"),
        *("２０２６年１月５日", "2026/1/5 0:00", "2026-01-05 00:00:00", "2026-01-05T00:00:00"),
        date(2026, 1, 5),
    ],
)
def test_days_as_people_write_them(written: str | date) -> None:
    (row,) = found(as_xlsx(rows_of({"成文日期": written}))).rows
    assert row.dated_on == date(2026, 1, 5)


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        # The styles: no format, a day in the program's own form, and in Chinese with the form written.
        ('<c s="1"><v>46027</v></c>', date(2026, 1, 5)),
        ('<c s="2"><v>46027.75</v></c>', date(2026, 1, 5)),
        ('<c t="d"><v>2026-01-05T10:00:00</v></c>', date(2026, 1, 5)),
        ('<c s="0"><v>46027</v></c>', None),
        # A month, and a time of day.
        ('<c s="3"><v>46027</v></c>', None),
        ('<c s="4"><v>46027</v></c>', None),
        ('<c s="5"><v>46027</v></c>', None),
        ('<c s="1"><v>60</v></c>', None),
        ('<c s="1"><v>2958466</v></c>', None),
        ('<c s="1"><v>-5</v></c>', None),
        ('<c s="1"><v>nan</v></c>', None),
    ],
)
def test_days_of_a_spreadsheet(cell: str, day: date | None) -> None:
    chinese = "[$-804]yyyy&quot;年&quot;m&quot;月&quot;d&quot;日&quot;;@"
    forms = "".join(f'<xf numFmtId="{each}"/>' for each in (0, 14, 176, 17, 20, 177))
    styles = (
        f'<numFmts><numFmt numFmtId="176" formatCode="{chinese}"/>'
        '<numFmt numFmtId="177" formatCode="0&quot;day&quot;"/></numFmts>'
        '<cellStyleXfs><xf numFmtId="14"/></cellStyleXfs>'
        f"<cellXfs>{forms}</cellXfs>"
        '<cellStyles><xf numFmtId="14"/></cellStyles>'
    )
    data = raw(raw_rows(成文日期=cell), styles=styles)
    if day:
        assert found(data).rows[0].dated_on == day
    else:
        assert [(row, column) for row, column, _said in errors(data)] == [(2, "成文日期")]


def test_days_since_1904() -> None:
    styles = '<cellXfs><xf numFmtId="0"/><xf numFmtId="31"/></cellXfs>'
    cell = '<c s="1"><v>44565</v></c>'
    for said, day in (('<workbookPr date1904="1"/>', date(2026, 1, 5)), ("<workbookPr/>", date(2022, 1, 4))):
        data = raw(raw_rows(成文日期=cell), styles=styles, properties=said)
        assert found(data).rows[0].dated_on == day


def test_texts_as_the_spreadsheet_shows_them() -> None:
    shared = (
        "<si><r><t>甲</t></r><r><t>乙_x000D_\n丙</t></r><rPh><t>jia</t></rPh></si>"
        "<si><t>_x005F_x0031_</t></si>"
    )
    data = raw(
        raw_rows(
            标题='<c t="s"><v>1</v></c>',
            正文='<c t="s"><v>0</v></c>',
            关键词="<c><v>2026.0</v></c>",
            文号="<c/>",
        ),
        shared=shared,
    )
    (row,) = found(data).rows
    assert (row.title, row.body, row.keywords) == ("_x0031_", "甲乙\n丙", "2026")


def test_the_first_sheet_that_is_seen_and_holds_something() -> None:
    def hide(book: Any, sheet: Any) -> None:
        hidden = book.get_worksheet_by_name("藏")
        hidden.write(0, 0, "标题")
        hidden.hide()
        other = book.add_worksheet("名单")
        other.write(0, 0, "别的")

    data = as_xlsx(rows_of({}), more=hide, names=("空", "藏", "信息"))
    sheet = found(data)
    assert (sheet.sheet_name, len(sheet.rows)) == ("信息", 1)


def test_the_database_is_asked_as_often_for_many_rows_and_nothing_is_written() -> None:
    for data, many in (
        (as_csv(rows_of({})), 1),
        (as_csv(rows_of(*[{}] * 60)), 60),
        (as_csv(rows_of({}, {"主题": "x"}, {"标题": ""})), 0),
    ):
        with CaptureQueriesContext(connection) as queries:
            assert len(found(data, "a.csv").rows) == many
        assert len(queries) == 4
        assert all(each["sql"].startswith("SELECT") for each in queries)


# What is wrong with a sheet ---------------------------------------------------------------------------------


@pytest.mark.parametrize("data", [as_csv([[], ["", " "]]), b"\xef\xbb\xbf", as_xlsx([]), raw("")])
def test_an_empty_sheet(data: bytes) -> None:
    name = "a.xlsx" if data.startswith(b"PK") else "a.csv"
    assert errors(data, name) == [(1, "", "The sheet is empty.")]


def test_headings_alone() -> None:
    assert errors(as_csv([HEADINGS]), "a.csv") == [(1, "", "There are no rows below the headings.")]


def test_rows_without_headings() -> None:
    rows = rows_of({})[1:]
    ((row, column, sentence),) = errors(as_csv(rows), "a.csv")
    assert (row, column) == (1, "")
    assert "title, text, category" in sentence


def test_headings_that_are_missing_unknown_or_there_twice() -> None:
    rows = rows_of({"主题": "x"})
    rows[0] = ["标题", "备注", "目录分类", "主题", "Category", "成文日期", "文号", "=1+1", "关键词"]
    told = errors(as_csv(rows), "a.csv")
    assert [(row, column) for row, column, _said in told] == [
        (1, "备注"),
        (1, "Category"),
        (1, "H"),
        (1, "text"),
        (1, "unit"),
        # Rows are looked at all the same.
        (2, "主题"),
    ]
    assert told[0][2].startswith("There is no heading “备注”. The headings are: title, text,")
    assert told[1][2] == "“category” stands twice: in the columns C and E."
    assert "formula" in told[2][2]
    assert told[3][2] == "The column “text” is missing."


def test_cells_under_no_heading() -> None:
    rows = rows_of({}, {}, {})
    rows[2] += ["", "多"]
    rows[3] += ["", "出"]
    assert errors(as_csv(rows), "a.csv") == [(3, "K", "There is no heading above this cell.")]


def test_merged_cells_and_what_is_hidden() -> None:
    def spoil(book: Any, sheet: Any) -> None:
        sheet.merge_range(2, 2, 3, 2, "通告", book.add_format({"align": "center"}))
        sheet.set_row(1, None, None, {"hidden": True})
        # What is hidden and empty hides nothing.
        sheet.set_row(9, None, None, {"hidden": True})
        sheet.set_column(7, 8, None, None, {"hidden": True})

    data = as_xlsx(rows_of({}, {}, {}, {}), more=spoil)
    assert errors(data) == [
        (1, "公开渠道", "This column is hidden. Show it, or delete it."),
        (1, "关键词", "This column is hidden. Show it, or delete it."),
        (2, "", "This row is hidden. Show it, or delete it."),
        (3, "C", "The cells C3:C4 are merged. Unmerge them, and fill in each."),
        (4, "目录分类", "“category” is empty."),
    ]


def test_formulas_and_errors_in_cells() -> None:
    def spoil(book: Any, sheet: Any) -> None:
        sheet.write_formula(1, 0, '=CONCATENATE("关于","通告")', None, "关于通告")
        sheet.write_formula(2, 5, "=TODAY()", None, 46027)

    told = errors(as_xlsx(rows_of({}, {}), more=spoil))
    assert [(row, column) for row, column, _said in told] == [(2, "标题"), (3, "成文日期")]
    assert told[0][2] == "There is a formula in this cell. Copy the cells, and paste them as values."
    # One that refers to another's, and says nothing of its own.
    told = errors(raw(raw_rows(主题='<c t="str"><f t="shared" si="0"/><v>市容</v></c>')))
    assert [(row, column) for row, column, _said in told] == [(2, "主题")]
    told = errors(raw(raw_rows(关键词='<c t="e"><v>#N/A</v></c>')))
    assert (told[0][:2], told[0][2][:14]) == ((2, "关键词"), "There is an er")
    told = errors(as_csv(rows_of({"关键词": " =HYPERLINK(1)"})), "a.csv")
    assert (told[0][:2], told[0][2][:14]) == ((2, "关键词"), "There is a for")


# What is wrong with a cell ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("column", "written", "sentence"),
    [
        ("标题", "", "“title” is empty."),
        ("标题", "字" * 201, "“title” is longer than 200 characters."),
        ("标题", "一\n二", "Please write this in one line."),
        ("标题", "一\x07", "The text contains characters that cannot be shown. Please type it anew."),
        ("标题", "一\u202e", "The text contains characters that cannot be shown. Please type it anew."),
        ("标题", "【示例】通告", "This row is marked as an example."),
        ("正文", " ", "“text” is empty."),
        ("正文", "字" * 100_001, "“text” is longer than 100000 characters."),
        ("正文", "一\x00二", "not_text"),
        ("正文", "一\x1b二", "The text contains characters that cannot be shown. Please type it anew."),
        ("目录分类", "", "“category” is empty."),
        ("目录分类", "不存在", "There is no category “不存在”."),
        ("目录分类", "通告/工作动态", "There is no category “通告/工作动态”."),
        ("目录分类", "旧目录", "The category “旧目录” is no longer in use."),
        (
            "目录分类",
            "其他",
            "Several are called “其他”. Please write the code; one of these: papers-rest, work-rest.",
        ),
        ("目录分类", "长" * 300, f"There is no category “{'长' * 60}…”."),
        ("主题", "不存在", "There is no theme “不存在”."),
        ("主题", "old", "The theme “old” is no longer in use."),
        ("发布机构", "不存在", "There is no unit “不存在”."),
        ("成文日期", "", "“made on” is empty."),
        ("成文日期", "2026-02-30", "There is no day 2026-02-30."),
        ("成文日期", "2026年13月1日", "There is no day 2026年13月1日."),
        ("成文日期", "1026-01-05", "There is no day 1026-01-05."),
        ("成文日期", "2026-11-03", "2026-11-03 is still to come: a document is made before it is published."),
        ("成文日期", "2026年1月", "“2026年1月” is no day. Please write it as in 2026-01-05 or 2026年1月5日."),
        ("成文日期", "20260105", "“20260105” is no day. Please write it as in 2026-01-05 or 2026年1月5日."),
        ("文号", "云城管发(2026)12号", "In a document number the year stands in six-cornered brackets"),
        ("文号", f"云城管发〔2026〕{'1' * 60}号", "“document number” is longer than 60 characters."),
        (
            "公开渠道",
            "政府网站、电报",
            "There is no channel “电报”. Known are: website, gazette, notice board",
        ),
        ("关键词", "字" * 121, "“keywords” is longer than 120 characters."),
        ("关键词", "一\n二", "Please write this in one line."),
    ],
)
def test_what_is_wrong_with_a_cell(column: str, written: str, sentence: str) -> None:
    data = as_csv(rows_of({}, {column: written}))
    if sentence == "not_text":
        assert refusal(data, "a.csv") == sentence
        return
    ((row, told_of, told),) = errors(data, "a.csv")
    assert (row, told_of) == (3, column)
    assert told.startswith(sentence)


def test_a_day_where_a_text_should_be() -> None:
    told = errors(as_xlsx(rows_of({"关键词": date(2026, 1, 5)})))
    assert told == [(2, "关键词", "There is a day in this cell, where a text should be.")]


def test_today_is_not_still_to_come() -> None:
    assert found(as_csv(rows_of({"成文日期": "2026-11-02"})), "a.csv").rows


@pytest.mark.parametrize("column", ["标题", "正文", "关键词"])
def test_numbers_of_persons_are_told_masked(column: str) -> None:
    ((row, told_of, told),) = errors(
        as_csv(rows_of({}, {column: f"联系{MOBILE}，证件{ID_NUMBER}。"})), "a.csv"
    )
    assert (row, told_of) == (3, column)
    assert told == (
        "It tells numbers of persons: 199****0001、330802**********39. Please mask them in the file."
    )


def test_the_bureaus_own_telephones_may_stand(bureau: Bureau) -> None:
    unit = bureau.units["greening"]
    unit.phone = "0570-5550140"
    unit.save()
    assert found(as_csv(rows_of({"正文": "请拨打12319或者0570-5550140。"})), "a.csv").rows
    assert errors(as_csv(rows_of({"正文": "请拨打0570-5550141。"})), "a.csv")


def test_the_same_title_and_document_number_twice() -> None:
    same = {"标题": "关于清理的通告"}
    rows = rows_of(
        same, {**same, "文号": "云城管发〔2026〕13号"}, {}, {**same, "文号": "云城管发[2026] 12号"}
    )
    assert errors(as_csv(rows), "a.csv") == [
        (5, "标题", "Row 2 has the same title and document number."),
    ]
    rows = rows_of({**same, "文号": ""}, {"标题": "关于清理的通告 ", "文号": ""})
    assert [each[:2] for each in errors(as_csv(rows), "a.csv")] == [(3, "标题")]


def test_all_that_is_wrong_is_told_at_once() -> None:
    bad = {"标题": "", "目录分类": "x", "主题": "x", "成文日期": "x", "正文": f"{MOBILE}\x07"}
    told = errors(as_csv(rows_of(bad, {}, {"发布机构": "x"})), "a.csv")
    assert [(row, column) for row, column, _said in told] == [
        *((2, column) for column in ("标题", "正文", "正文", "目录分类", "主题", "成文日期")),
        (4, "发布机构"),
    ]


def test_of_many_errors_the_first_are_told_and_the_others_counted() -> None:
    sheet = found(as_csv(rows_of(*[{"主题": "x"}] * (MOST_ERRORS + 7))), "a.csv")
    assert (len(sheet.errors), sheet.more_errors) == (MOST_ERRORS, 7)
    assert [each.row for each in sheet.errors] == list(range(2, MOST_ERRORS + 2))


def test_in_chinese() -> None:
    with override("zh-hans"):
        told = errors(as_csv(rows_of({"标题": ""})), "a.csv")
    assert told == [(2, "标题", "“标题”为空。")]


# Many, and hostile ones -------------------------------------------------------------------------------------


def numbered(many: int) -> list[list[Any]]:
    body = "依法对占道经营的行为作出处理，并告知当事人。" * 10
    return [
        ["标题", "正文", "目录分类", "主题", "发布机构", "成文日期"],
        *(
            [f"第{each}号通告", f"{body}{each}", "通告", "市容", "greening", "2026-1-5"]
            for each in range(many)
        ),
    ]


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_ten_thousand_rows_and_one_more(kind: str) -> None:
    write = as_csv if kind == "csv" else as_xlsx
    sheet = found(write(numbered(MOST_ROWS)), f"a.{kind}")
    assert (len(sheet.rows), sheet.errors) == (MOST_ROWS, [])
    assert sheet.rows[-1].number == MOST_ROWS + 1
    told = errors(write(numbered(MOST_ROWS + 5)), f"a.{kind}")
    assert told == [(MOST_ROWS + 2, "", f"The file has more than {MOST_ROWS} rows.")]


def test_a_sheet_that_says_it_is_as_large_as_can_be() -> None:
    rows = raw_rows() + '<row r="1048576"><c r="XFD1048576" s="0"/></row>'
    data = raw(
        rows, before='<dimension ref="A1:XFD1048576"/><cols><col min="1" max="16384" width="9"/></cols>'
    )
    assert len(found(data).rows) == 1


ONE, SHARED, MERGED = "<c><v>1</v></c>", '<c t="s"><v>0</v></c>', '<mergeCell ref="A1:B2"/>'
EMPTY, PARTS = "<c/>", '<c t="inlineStr"><is>{}</is></c>'
ELEMENTS = 5_000
# Elements beyond number, below each other and side by side; texts that many cells share; merged cells.
BOMBS: dict[str, Callable[[], bytes]] = {
    "rows": lambda: raw("<row/>" * ELEMENTS),
    "cells": lambda: raw(f"<row>{ONE * ELEMENTS}</row>"),
    "columns": lambda: raw(f"<row>{EMPTY * 500}</row>" * 10),
    "parts": lambda: raw(raw_rows(正文=PARTS.format("<t/>" * ELEMENTS))),
    "shared": lambda: raw(f"<row>{SHARED * 200}</row>" * 5, shared=f"<si><t>{'字' * 10_001}</t></si>"),
    "merged": lambda: raw(raw_rows(), after=f"<mergeCells>{MERGED * ELEMENTS}</mergeCells>"),
    "strings": lambda: raw(raw_rows(), shared="<si/>" * ELEMENTS),
    "styles": lambda: raw(raw_rows(), styles=f"<cellXfs>{'<xf/>' * ELEMENTS}</cellXfs>"),
}


@pytest.mark.parametrize("kind", BOMBS)
def test_bombs(monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    monkeypatch.setattr(office_reading, "MOST_ELEMENTS", ELEMENTS)
    # Stored as it is, so that it passes as an upload and the reading itself has to stop.
    data = zipped(members(BOMBS[kind]()), zipfile.ZIP_STORED)
    assert office_files.kind_of(data) == "xlsx"
    assert refusal(data) == "too_much"


def test_a_bomb_of_a_zip_file() -> None:
    data = raw(raw_rows() + "<row/>" * 3_000_000)
    assert len(data) < 200_000
    assert refusal(data) == "too_much"


TEXT_BOMBS: dict[str, Callable[[], bytes]] = {
    "commas": lambda: b"," * 1_000_001,
    "characters": lambda: as_csv([["字" * 4_000] * 500] * 6),
    "lines": lambda: b"\n" * (import_tables.LAST_ROW + 1),
    "columns": lambda: b"," * import_tables.MOST_COLUMNS,
}


def test_more_merged_cells_than_anybody_makes() -> None:
    data = raw(raw_rows(), after=f"<mergeCells>{MERGED * (MOST_ROWS + 2)}</mergeCells>")
    assert refusal(zipped(members(data), zipfile.ZIP_STORED)) == "too_much"


@pytest.mark.parametrize("kind", TEXT_BOMBS)
def test_bombs_of_text(monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    monkeypatch.setattr(importing, "MOST_BYTES", 100_000_000)
    assert refusal(TEXT_BOMBS[kind](), "a.csv") == "too_much"


WORD = "wordprocessingml.document.main"
LINKED = related(("worksheet", "sheet.xml"), ("externalLink", "links/1.xml"))


@pytest.mark.parametrize(
    ("data", "name", "code"),
    [
        (b"", "a.csv", "empty"),
        (packages.OLE + b"x" * 600, "a.xls", "locked"),
        (b"PK\x03\x04 no more", "a.xlsx", "damaged"),
        (as_xlsx(rows_of({}))[:-40], "a.xlsx", "damaged"),
        (as_xlsx(rows_of({})) + b"more", "a.xlsx", "damaged"),
        (as_xlsx(rows_of({})), "a.csv", "no_csv"),
        (as_csv(rows_of({})), "a.xlsx", "no_workbook"),
        (b"<html><table><tr><td>1</td></tr></table></html>", "a.xls", "no_workbook"),
        (b"%PDF-1.7\n", "a.csv", "other_kind"),
        (zipped({"a.txt": "x"}), "a.xlsx", "other_kind"),
        (raw(raw_rows(), **{"xl/vbaProject.bin": b"x"}), "a.xlsx", "macros"),
        (raw(raw_rows(), **{"xl/embeddings/a.xlsx": b"x"}), "a.xlsx", "holds_files"),
        (raw(raw_rows(), **{"xl/_rels/workbook.xml.rels": LINKED}), "a.xlsx", "loads"),
        (as_csv(rows_of({}), "utf-16"), "a.csv", "not_text"),
        (b"\xef\xbb\xbf" + as_csv(rows_of({}), "gb18030"), "a.csv", "not_text"),
        (b"\xff\xff\xff", "a.csv", "not_text"),
        (as_csv(rows_of({})) + '"没有写完'.encode(), "a.csv", "not_separated"),
        (as_csv(rows_of({"正文": "字" * 140_000})), "a.csv", "not_separated"),
    ],
)
def test_what_is_no_spreadsheet(data: bytes, name: str, code: str) -> None:
    assert refusal(data, name) == code


def test_a_word_file_is_no_spreadsheet() -> None:
    files = {
        "[Content_Types].xml": types("w", WORD),
        "_rels/.rels": related(("officeDocument", "w.xml")),
        "w.xml": f'<document xmlns="{packages.WORD[0]}"/>',
    }
    assert refusal(zipped(files), "a.xlsx") == "other_kind"


def test_a_file_that_is_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "MOST_BYTES", 10)
    assert refusal(as_csv(rows_of({})), "a.csv") == "too_large"


def test_where_a_text_cannot_be_parted() -> None:
    with pytest.raises(Refused, match="from row 3 on"):
        found(as_csv(rows_of({})) + b'"x"y,1\n', "a.csv")


@pytest.mark.parametrize(
    "rows",
    [
        raw_row(HEADINGS, 2) + raw_row(list(GOOD.values()), 1),
        raw_row(HEADINGS, 1) + raw_row(list(GOOD.values()), 1),
        raw_row(HEADINGS, 1) + raw_row(list(GOOD.values()), 1_048_577),
        raw_rows(标题='<c r="A3" t="str"><v>通告</v></c>'),
        raw_rows(标题='<c r="B2" t="str"><v>通告</v></c>', 正文='<c r="A2" t="str"><v>通告</v></c>'),
        raw_rows(标题='<c r="XFE2" t="str"><v>通告</v></c>'),
        raw_rows(标题='<c r="a2" t="str"><v>通告</v></c>'),
        raw_rows(标题='<c t="s"><v>9</v></c>'),
        raw_rows(标题='<c t="s"><v>-1</v></c>'),
        raw_rows(标题="<c><v>x</v></c>"),
        raw_rows() + "<row>",
        raw_rows() + "]]></sheetData></worksheet><!DOCTYPE x>",
    ],
)
def test_a_sheet_that_others_would_read_in_another_way(rows: str) -> None:
    assert refusal(raw(rows)) == "damaged"


# The template -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_template_is_read_and_its_example_is_not(language: str) -> None:
    with override(language):
        data = importing.template_workbook()
        assert importing.template_workbook() == data
    assert errors(data) == [(1, "", "There are no rows below the headings.")]
    table = import_xlsx.read_xlsx(data)
    assert len(table.rows) == 2
    headings, example = (cells for _number, cells in table.rows)
    expected = [(each.chinese if language == "zh-hans" else each.english)[0] for each in COLUMNS]
    assert list(headings.values()) == expected
    assert str(example[1]).startswith("【示例】" if language == "zh-hans" else "[Example]")
    assert example[6] == date(2026, 1, 5)


def test_an_example_that_somebody_filled_in_is_not_passed_over() -> None:
    table = import_xlsx.read_xlsx(importing.template_workbook())
    headings, example = (list(cells.values()) for _number, cells in table.rows)
    example[1] = "第一条　即日起清理。"
    ((row, column, sentence),) = errors(as_xlsx([headings, example]))
    assert (row, column) == (2, "title")
    assert sentence == "This row is marked as an example. Delete it, or take the mark out of the title."
    # Without the mark, everything that the example says is what may be written.
    example[0] = "关于整治市容的通告"
    assert len(found(as_xlsx([headings, example])).rows) == 1


def test_the_template_lists_what_is_in_use() -> None:
    with override("zh-hans"):
        parts = members(importing.template_workbook())
    told = bytes(parts["xl/sharedStrings.xml"]).decode()
    for name in ("工作动态/其他", "政策文件/其他", "市容", "园林绿化管理处", "公告栏"):
        assert f">{name}<" in told
    for name in ("旧目录", "旧主题"):
        assert name not in told
