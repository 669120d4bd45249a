"""Existing pledges, as bureaus have written them, and files that nobody should open."""

from __future__ import annotations

import contextlib
import io
import struct
import zipfile
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import docx
import pytest
from django.utils.translation import override
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn

from pledges import importing, word_files
from pledges.importing import Imported, NotReadable, read_text, read_upload


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    with override("en"):
        yield


USUAL = """琼海市综合行政执法局公开承诺书

为进一步转变工作作风，现向社会公开承诺如下：
一、依法行政。严格按照法定权限和程序履行职责，
做到公开、公平、公正。
二、限时办结。对群众投诉，15个工作日内答复。
（一）咨询当场答复；
（二）1.5公里内30分钟到场。
三、廉洁自律。
以上承诺，请社会各界和广大群众监督。
监督电话：0898－62812319　传真：（0898）62812320
电子邮箱：cg@example.gov.cn
承诺单位：琼海市综合行政执法局（盖章）
承诺人：张某
2026年11月24日
"""
PARTS = Imported(
    title="琼海市综合行政执法局公开承诺书",
    preamble=["为进一步转变工作作风，现向社会公开承诺如下："],
    clauses=[
        "依法行政。严格按照法定权限和程序履行职责，\n做到公开、公平、公正。",
        "限时办结。对群众投诉，15个工作日内答复。\n（一）咨询当场答复；\n（二）1.5公里内30分钟到场。",
        "廉洁自律。",
    ],
    closing=["以上承诺，请社会各界和广大群众监督。"],
    phone="0898-62812319",
    fax="(0898)62812320",
    email="cg@example.gov.cn",
    doubts=[],
)


def clauses(*lines: str) -> list[str]:
    return read_text("\n".join(("承诺书", *lines))).clauses


def doubts(*lines: str) -> list[str]:
    return read_text("\n".join(("承诺书", *lines))).doubts


# Text -------------------------------------------------------------------------------------------------------


def test_a_pledge_as_they_are_written():
    assert read_text(USUAL) == PARTS


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("第一条", "第二条"),
        ("第1条：", "第2条："),
        ("第 一 条　", "第 二 条　"),
        ("一、", "二、"),
        ("一．", "二．"),
        ("1.", "2."),
        ("1、", "2、"),
        ("1．", "2．"),
        ("１、", "２、"),
        ("1)", "2)"),
        ("⒈", "⒉"),
        ("（一）", "（二）"),
        ("(一)", "(二)"),
        ("(1)", "(2)"),
        ("（1）、", "（2）、"),
        ("⑴", "⑵"),
        ("①", "②"),
    ],
)
def test_every_way_of_numbering(first, second):
    assert clauses(f"{first}来访有人接。", f"　　{second} 来电有人答。") == ["来访有人接。", "来电有人答。"]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("十", 10),
        ("十二", 12),
        ("二十", 20),
        ("二十一", 21),
        ("一百", 100),
        ("一百零二", 102),
        ("一百一十", 110),
    ],
)
def test_chinese_numbers(text, number):
    assert importing._number(text) == number


def test_counting_goes_on_after_ten():
    numbers = [*"一二三四五六七八九十", "十一", "十二"]
    assert clauses(*(f"{each}、第{each}" for each in numbers)) == [f"第{each}" for each in numbers]
    assert doubts(*(f"{each}、第{each}" for each in numbers)) == []


def test_inner_numbers_stay_in_their_clause():
    found = clauses("一、服务", "1. 热情", "（1）微笑", "2. 周到", "二、廉洁", "1. 不收礼", "2. 不吃请")
    assert found == ["服务\n1. 热情\n（1）微笑\n2. 周到", "廉洁\n1. 不收礼\n2. 不吃请"]


def test_the_outermost_is_the_first_to_begin_whatever_its_kind():
    assert clauses("1. 服务", "（一）热情", "（二）周到", "2. 廉洁") == [
        "服务\n（一）热情\n（二）周到",
        "廉洁",
    ]


def test_a_list_in_the_preamble_numbers_no_clause():
    read = read_text("承诺书\n我们的目标：\n1. 满意\n2. 高效\n一、依法\n二、便民")
    assert read.preamble == ["我们的目标：", "1. 满意", "2. 高效"]
    assert read.clauses == ["依法", "便民"]


def test_articles_count_through_headings_which_are_doubted():
    read = read_text("承诺书\n第一章 总则\n第一条 甲\n第二章 服务\n第二条 乙")
    assert read.clauses == ["甲\n第二章 服务", "乙"]
    assert read.preamble == ["第一章 总则"]
    assert [each[:9] for each in read.doubts] == ["“第一章 总则” ", "“第二章 服务” "]


def test_decimals_and_years_number_nothing():
    assert clauses("1. 甲", "1.5公里内到场", "10.1放假照常", "2026年起", "2. 乙") == [
        "甲\n1.5公里内到场\n10.1放假照常\n2026年起",
        "乙",
    ]


def test_gaps_and_repeats_are_doubted_and_nothing_is_lost():
    lines = ("一、甲", "三、乙", "三、丙", "二、丁")
    assert clauses(*lines) == ["甲", "乙", "丙", "丁"]
    assert doubts(*lines) == [
        "After number 1 comes number 3: is a clause missing?",
        "The number 3 stands twice.",
        "After number 3 comes number 2: is a clause missing?",
    ]


def test_a_number_with_its_text_on_the_next_line_and_one_with_none():
    assert clauses("第一条", "来访有人接。", "第二条", "第三条", "来电有人答。") == [
        "来访有人接。",
        "来电有人答。",
    ]
    assert doubts("第一条", "甲。", "第二条", "第三条", "乙。") == [
        "The number 2 has no text: it was left out."
    ]


@pytest.mark.parametrize(
    "text", ["", "承诺书\n我们一定做好。", "承诺书\n一、只有一条。", "二、甲\n三、乙", "一、甲\n一、乙"]
)
def test_without_clauses_it_is_said_what_is_expected(text):
    with pytest.raises(NotReadable, match=r"No clauses were found\. They are two or more paragraphs"):
        read_text(text)


def test_the_title_is_the_line_that_names_it():
    read = read_text("附件1\n公 开 承 诺 书\n全市人民：\n一、甲\n二、乙")
    assert (read.title, read.preamble) == ("公开承诺书", ["附件1", "全市人民："])
    assert read.doubts == ["“附件1” stands above the title: it is now in the words before the clauses."]


def test_a_sentence_is_no_title():
    read = read_text("为了人民，我们承诺：\n一、甲\n二、乙")
    assert (read.title, read.preamble) == ("", ["为了人民，我们承诺："])
    assert read.doubts == ["No title was found."]


def test_lines_after_the_last_clause_are_its_own_where_others_have_such_lines():
    assert clauses("一、甲", "甲的续行", "二、乙", "乙的续行", "特此承诺。")[-1] == "乙\n乙的续行"


def test_lines_after_the_last_clause_are_closing_words_where_no_other_has_any():
    read = read_text("承诺书\n一、甲。\n二、乙。\n望大家多提意见。")
    assert (read.clauses, read.closing) == (["甲。", "乙。"], ["望大家多提意见。"])
    assert len(read.doubts) == 1


def test_a_contact_between_clauses_ends_nothing():
    assert clauses("一、甲", "投诉电话：12345", "二、乙", "投诉电话：12319") == ["甲\n投诉电话：12345", "乙"]


def test_a_contact_among_inner_numbers_ends_nothing():
    assert clauses("一、甲", "二、监督", "1. 电话：12345", "2. 邮箱：a@b.cn") == [
        "甲",
        "监督\n1. 电话：12345\n2. 邮箱：a@b.cn",
    ]


@pytest.mark.parametrize(
    ("line", "phone", "fax", "email"),
    [
        ("电话：12319", "12319", "", ""),
        ("电 话： 0898 62812319", "0898 62812319", "", ""),
        ("投诉举报电话 0898—62812319；", "0898-62812319", "", ""),
        ("咨询电话：12345，监督电话：12319", "12319", "", ""),
        ("电话/传真：0898-62812319", "0898-62812319", "0898-62812319", ""),
        ("传真：62812320 邮箱：a.b@c.gov.cn", "", "62812320", "a.b@c.gov.cn"),
        ("E-mail: A@B.CN", "", "", "A@B.CN"),
        ("电子邮件地址：a@b.cn", "", "", "a@b.cn"),
        ("监督电话\n0898-62812319\n传真\n62812320", "0898-62812319", "62812320", ""),
        ("承诺单位：某局　监督电话：12319", "12319", "", ""),
    ],
)
def test_contacts(line, phone, fax, email):
    read = read_text(f"承诺书\n一、甲\n二、乙\n{line}")
    assert (read.phone, read.fax, read.email) == (phone, fax, email)
    assert read.clauses == ["甲", "乙"]
    # A second number is told of, and kept.
    assert (read.closing, len(read.doubts)) == (([line], 1) if "咨询" in line else ([], 0))


@pytest.mark.parametrize("line", ["监督电话：", "电话：1", "电话：12319转8、9", "邮箱：见网站"])
def test_a_contact_that_is_not_understood_is_kept_and_doubted(line):
    read = read_text(f"承诺书\n一、甲\n二、乙\n{line}")
    assert read.closing == [line]
    assert read.doubts == [f"“{line}” was not understood as a whole: it is in the closing words."]


def test_an_address_is_kept_without_a_doubt():
    read = read_text("承诺书\n一、甲\n二、乙\n地址：嘉积镇1号\n电话：12319")
    assert (read.closing, read.phone, read.doubts) == (["地址：嘉积镇1号"], "12319", [])


@pytest.mark.parametrize(
    "lines",
    [
        "承诺单位：某局",
        "承诺人（签字）：",
        "某局（盖章）",
        "2026年11月24日",
        "二〇二六年十一月二十四日",
        "年　　月　　日",
        "2026-11-24",
        "琼海市城市管理局\n2026年11月24日",
        "琼海市城市管理局　　2026年11月24日",
        "负责人：张某\n日期：",
    ],
)
def test_what_the_portal_itself_puts_under_a_pledge_is_left_out(lines):
    read = read_text(f"承诺书\n一、甲\n二、乙\n{lines}")
    assert (read.clauses, read.closing, read.doubts) == (["甲", "乙"], [], [])


def test_a_second_pledge_in_one_text_is_doubted_and_kept():
    read = read_text("承诺书\n一、甲\n二、乙\n承诺人：张某\n第二份\n一、丙\n二、丁")
    assert read.clauses == ["甲", "乙"]
    assert read.closing == ["第二份", "一、丙", "二、丁"]
    assert [each[:21] for each in read.doubts] == ["After the end of the "]


@pytest.mark.parametrize("character", ["\x00", "\x07", "\x0c", "\x85", "\u202e", "\u2067", "\ud800"])
def test_control_characters_are_refused(character):
    with pytest.raises(NotReadable, match=f"control character U\\+{ord(character):04X}"):
        read_text(f"一、甲{character}\n二、乙")


def test_what_prints_nothing_is_dropped():
    assert clauses("\ufeff一、甲\u200b乙\t丙", "二、丁") == ["甲乙 丙", "丁"]


def test_limits_of_clauses():
    assert len(clauses(*(f"{n}、{'长' * 2000}" for n in range(1, 201)))) == 200
    with pytest.raises(NotReadable, match=r"more than 200 clauses"):
        clauses(*(f"{n}、甲" for n in range(1, 202)))
    with pytest.raises(NotReadable, match=r"number 2 is longer than 2000 characters"):
        clauses("1、甲", f"2、{'长' * 2001}", "3、乙")
    with pytest.raises(NotReadable, match=r"longer than 500000 characters"):
        read_text("长" * 500_001)


def test_doubts_are_no_flood():
    assert len(doubts(*("一、甲", "三、乙") * 90)) == importing.MOST_DOUBTS


@pytest.mark.parametrize(
    "tail",
    [
        "电话" + " " * 400_000 + "x",
        "签名" + " " * 400_000 + "x",
        "（" * 400_000,
        "电话（\n" * 80_000,
        "电话 1\n" * 80_000,
        "年" * 400_000,
        "a@" * 200_000,
    ],
    ids=lambda tail: tail[:4].strip(),
)
def test_no_line_takes_its_time(tail):
    """Each of these is done in a second; a pattern that tries all ways would need hours."""
    assert read_text(f"承诺书\n一、甲\n二、乙\n{tail}").clauses == ["甲", "乙"]


# Files ------------------------------------------------------------------------------------------------------


def upload(data: bytes, name: str = "承诺书.docx", size: int | None = None) -> Imported:
    return read_upload(io.BytesIO(data), name=name, size=len(data) if size is None else size)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk"])
def test_text_files(encoding):
    assert upload(USUAL.replace("\n", "\r\n").encode(encoding), "承诺书.TXT") == PARTS


@pytest.mark.parametrize("data", [USUAL.encode("utf-16"), b"\xff\xff\xff", b"PK\x03\x04\x00\x00"])
def test_what_is_no_text_file(data):
    with pytest.raises(NotReadable, match=r"no text file in UTF-8 or GB18030"):
        upload(data, "a.txt")


@pytest.mark.parametrize("name", ["a.pdf", "a.rtf", "a", "", "docx", "a.docx.exe", "a.xlsx"])
def test_other_files_are_not_opened(name):
    with pytest.raises(NotReadable, match=r"Choose a Word file"):
        upload(USUAL.encode(), name)


def test_the_size_is_what_is_read_not_what_is_said():
    for size in (0, word_files.MOST_BYTES + 1):
        with pytest.raises(NotReadable, match=r"larger than 5 MB"):
            upload(b" " * (word_files.MOST_BYTES + 1), "a.txt", size)
    with pytest.raises(NotReadable, match=r"larger than 5 MB"):
        upload(b"", "a.txt", word_files.MOST_BYTES + 1)


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 504


@pytest.mark.parametrize(("data", "name"), [(OLE, "a.doc"), (OLE, "a.docx"), (OLE, "a.txt"), (b"x", "a.wps")])
def test_the_old_format_and_locked_files(data, name):
    with pytest.raises(NotReadable, match=r"save it as \.docx"):
        upload(data, name)


# Word -------------------------------------------------------------------------------------------------------


def word(*paragraphs: str | tuple[str, str], change: Callable[[Any], Any] = lambda document: None) -> bytes:
    """A file of python-docx's; a paragraph is its text, or its text and the name of its style."""
    document = docx.Document()
    for each in paragraphs:
        document.add_paragraph(*([each] if isinstance(each, str) else each))
    change(document)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def packed(
    data: bytes, replaced: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED, without: str = ""
) -> bytes:
    """The file with members replaced or added."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", method) as new:
        members = {name: old.read(name) for name in old.namelist()} | replaced
        for name, content in members.items():
            if name != without:
                new.writestr(name, content)
    return out.getvalue()


def member(data: bytes, name: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return archive.read(name)


BODY = "word/document.xml"


def test_a_word_file_with_typed_numbers():
    assert upload(word(*USUAL.splitlines())) == PARTS


def test_words_own_numbering_by_a_style():
    read = upload(
        word(
            "公开承诺书",
            "我们承诺：",
            ("来访有人接。", "List Number"),
            ("态度热情；", "List Number 2"),
            ("来电有人答。", "List Number"),
            ("件件有回音。", "List Number"),
            "投诉电话：12319",
        )
    )
    assert read.title == "公开承诺书"
    assert read.preamble == ["我们承诺："]
    assert read.clauses == ["来访有人接。\n态度热情；", "来电有人答。", "件件有回音。"]
    assert (read.phone, read.doubts) == ("12319", [])


def numbered(levels: Mapping[str, int], number: int = 1, **formats: str) -> Callable[[Any], None]:
    """Puts paragraphs into a list of Word's, by their texts; `formats` by level, as in l1="bullet"."""

    def change(document: Any) -> None:
        levels_xml = "".join(
            f'<w:lvl w:ilvl="{level}"><w:numFmt w:val="{formats.get(f"l{level}", "decimal")}"/></w:lvl>'
            for level in range(3)
        )
        root = document.part.numbering_part.element
        root.insert(
            0,
            parse_xml(f'<w:abstractNum {nsdecls("w")} w:abstractNumId="77">{levels_xml}</w:abstractNum>'),
        )
        for each in (771, 772):
            root.append(
                parse_xml(f'<w:num {nsdecls("w")} w:numId="{each}"><w:abstractNumId w:val="77"/></w:num>')
            )
        for index, paragraph in enumerate(document.paragraphs):
            if paragraph.text in levels:
                own = paragraph._p.get_or_add_pPr().get_or_add_numPr()
                own.get_or_add_ilvl().val = levels[paragraph.text]
                # A list goes under a new number after a restart.
                own.get_or_add_numId().val = 771 + index % 2 if number else 0

    return change


def test_levels_of_words_own_numbering():
    change = numbered({"服务": 0, "热情": 1, "微笑": 2, "周到": 1, "廉洁": 0, "不收礼": 1})
    read = upload(
        word("承诺书", "服务", "热情", "微笑", "周到", "廉洁", "不收礼", "监督电话：12319", change=change)
    )
    assert read.clauses == ["服务\n热情\n微笑\n周到", "廉洁\n不收礼"]
    assert (read.phone, read.doubts) == ("12319", [])


def test_a_contact_below_the_first_level_ends_nothing():
    change = numbered({"服务": 0, "监督": 0, "电话：12319": 1})
    assert upload(word("承诺书", "服务", "监督", "电话：12319", change=change)).clauses == [
        "服务",
        "监督\n电话：12319",
    ]


def test_bullets_and_paragraphs_taken_out_of_their_list_have_no_number():
    bullets = word("承诺书", "甲", "乙", change=numbered({"甲": 0, "乙": 0}, l0="bullet"))
    taken_out = word(
        "承诺书", ("甲", "List Number"), ("乙", "List Number"), change=numbered({"甲": 0, "乙": 0}, 0)
    )
    for data in (bullets, taken_out):
        with pytest.raises(NotReadable, match="No clauses"):
            upload(data)


def test_typed_clauses_with_words_own_numbers_inside():
    change = numbered({"热情": 0, "周到": 0, "不收礼": 0, "不吃请": 0})
    data = word(
        "承诺书", "一、服务", "热情", "周到", "二、廉洁", "不收礼", "不吃请", "2026年1月1日", change=change
    )
    assert upload(data).clauses == ["服务\n热情\n周到", "廉洁\n不收礼\n不吃请"]


def test_tables_are_read_cell_by_cell():
    def change(document: Any) -> None:
        table = document.add_table(rows=3, cols=2)
        texts = ["一、依法", "二、便民", "监督电话", "0898-62812319", "传真", "62812320"]
        for cell, text in zip((cell for row in table.rows for cell in row.cells), texts, strict=True):
            cell.text = text

    read = upload(word("承诺书", change=change))
    assert (read.clauses, read.phone, read.fax) == (["依法", "便民"], "0898-62812319", "62812320")


def test_breaks_tabs_and_hyphens():
    def change(document: Any) -> None:
        run = document.add_paragraph().add_run("一、甲")
        run.add_tab()
        run.add_text("乙")
        run.add_break()
        run.add_text("二、0898")
        run._r.append(parse_xml(f"<w:noBreakHyphen {nsdecls('w')}/>"))
        run.add_text("1")

    assert upload(word("承诺书", change=change)).clauses == ["甲 乙", "0898-1"]


def test_tracked_changes_are_read_as_accepted_and_doubted():
    def change(document: Any) -> None:
        paragraph = document.add_paragraph("二、")._p
        run = "<w:r><w:{tag}>{text}</w:{tag}></w:r>"
        for kind, tag, text in (("del", "delText", "十五"), ("ins", "t", "十"), ("moveFrom", "t", "旧")):
            inner = run.format(tag=tag, text=text)
            paragraph.append(parse_xml(f'<w:{kind} {nsdecls("w")} w:id="1" w:author="a">{inner}</w:{kind}>'))
        paragraph.append(parse_xml(f"<w:r {nsdecls('w')}><w:t>日内办结</w:t></w:r>"))

    read = upload(word("承诺书", "一、甲", change=change))
    assert read.clauses == ["甲", "十日内办结"]
    assert read.doubts == ["The file has tracked changes: they were read as if accepted."]


def test_content_controls_links_and_text_boxes():
    space = nsdecls("w")
    box = (
        '<mc:AlternateContent xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006">'
        "<mc:{0}><w:txbxContent><w:p><w:r><w:t>{1}</w:t></w:r></w:p></w:txbxContent></mc:{0}>"
        "</mc:AlternateContent>"
    )
    run = "<w:r><w:t>{}</w:t></w:r>"

    def change(document: Any) -> None:
        body = document.element.body
        control = f"<w:p>{run.format('二、乙')}<w:hyperlink>{run.format('链接')}</w:hyperlink></w:p>"
        for xml in (
            f"<w:p {space}><w:r>{box.format('Choice', '框内')}{box.format('Fallback', '框内')}</w:r></w:p>",
            f"<w:p {space}>{run.format('一、甲')}</w:p>",
            f"<w:sdt {space}><w:sdtContent>{control}</w:sdtContent></w:sdt>",
        ):
            body.insert(len(body) - 1, parse_xml(xml))

    read = upload(word("承诺书", change=change))
    assert (read.preamble, read.clauses) == (["框内"], ["甲", "乙链接"])


def test_the_strict_format_and_another_name_for_the_text():
    data = word("承诺书", "一、甲", "二、乙")
    body = member(data, BODY).replace(qn("w:p")[1:-2].encode(), word_files._SPACES[1].encode())
    lists = member(data, "_rels/.rels").replace(
        b'Target="word/document.xml"', b'Target="/word/document2.xml"'
    )
    moved = {"word/document2.xml": body, "_rels/.rels": lists}
    assert upload(packed(data, moved, without=BODY)).clauses == ["甲", "乙"]


# Hostile ----------------------------------------------------------------------------------------------------

GOOD = word("承诺书", "一、甲", "二、乙")
DAMAGED = r"no Word file \(\.docx\), or it is damaged"
TOO_MUCH = "far more than a pledge"


def with_body(inside: str, before: str = "") -> bytes:
    body = f"<w:document {nsdecls('w')}><w:body>{inside}</w:body></w:document>"
    return packed(GOOD, {BODY: f"<?xml version='1.0' encoding='UTF-8'?>{before}{body}".encode()})


def test_macros_are_refused():
    declared = member(GOOD, "[Content_Types].xml")
    main = b"application/vnd.ms-word.document.macroEnabled.main+xml"
    plain = b"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    assert plain in declared
    for data, name in (
        (GOOD, "a.docm"),
        (packed(GOOD, {"word/vbaProject.bin": b"x"}), "a.docx"),
        (packed(GOOD, {"word/VBAPROJECT.BIN": b"x"}), "a.docx"),
        (packed(GOOD, {"[Content_Types].xml": declared.replace(plain, main)}), "a.docx"),
    ):
        with pytest.raises(NotReadable, match="macros"):
            upload(data, name)


@pytest.mark.parametrize("part", [0, 1, 4, 100, len(GOOD) // 2, len(GOOD) - 30, len(GOOD) - 1])
def test_a_truncated_file(part):
    with pytest.raises(NotReadable, match=DAMAGED):
        upload(GOOD[:part])


def test_every_byte_may_be_wrong():
    for place in range(0, len(GOOD), 97):
        data = bytearray(GOOD)
        data[place] ^= 0xFF
        # Most bytes are of no consequence; the others end in a sentence.
        with contextlib.suppress(NotReadable):
            upload(bytes(data))


@pytest.mark.parametrize(
    "members",
    [
        {BODY: b""},
        {BODY: b"<a/>"},
        {BODY: b"<w:document>"},
        {BODY: "<a>甲</a>".encode("gb18030")},
        {"_rels/.rels": b"<a/>"},
        {"_rels/.rels": member(GOOD, "_rels/.rels").replace(b"word/document.xml", b"../../etc/passwd")},
        {"_rels/.rels": member(GOOD, "_rels/.rels").replace(b"word/document.xml", b"http://example.org/")},
        {"word/styles.xml": b"<"},
    ],
)
def test_what_is_no_word_file_inside(members):
    with pytest.raises(NotReadable, match=DAMAGED):
        upload(packed(GOOD, members))


def test_a_zip_bomb_is_stopped_while_it_unpacks():
    for name in (BODY, "word/styles.xml", "[Content_Types].xml"):
        data = packed(GOOD, {name: b" " * (word_files.MOST_UNPACKED + 1)})
        assert len(data) < 100_000
        with pytest.raises(NotReadable, match=TOO_MUCH):
            upload(data)
    together = b"<a>" + b" " * (word_files.MOST_UNPACKED // 2) + b"</a>"
    with pytest.raises(NotReadable, match=f"{TOO_MUCH}|{DAMAGED}"):
        upload(packed(GOOD, {"word/styles.xml": together, "word/numbering.xml": together}))


def test_a_zip_bomb_that_lies_about_its_size():
    data = packed(GOOD, {BODY: b" " * (word_files.MOST_UNPACKED + 1)})
    said = struct.pack("<L", word_files.MOST_UNPACKED + 1)
    assert data.count(said) == 2
    with pytest.raises(NotReadable, match=DAMAGED):
        upload(data.replace(said, struct.pack("<L", 1000)))


def test_what_is_not_read_is_not_unpacked():
    data = packed(GOOD, {"word/media/image1.png": b" " * (word_files.MOST_UNPACKED + 1)})
    assert upload(data).clauses == ["甲", "乙"]


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_methods_that_unpack_without_measure_are_refused(method):
    with pytest.raises(NotReadable, match=DAMAGED):
        upload(packed(GOOD, {}, method))


def test_a_locked_member():
    data = bytearray(GOOD)
    for sign, flags in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        place = data.find(sign)
        while place >= 0:
            data[place + flags] |= 1
            place = data.find(sign, place + 4)
    with pytest.raises(NotReadable, match="locked with a password"):
        upload(bytes(data))


def test_too_many_members():
    with pytest.raises(NotReadable, match=TOO_MUCH):
        upload(packed(GOOD, {f"word/{n}": b"" for n in range(word_files.MOST_MEMBERS)}))


@pytest.mark.parametrize(
    "inside", ["<w:p/>" * 500_001, "<w:p a=''/>" * 250_001], ids=["elements", "attributes"]
)
def test_too_many_elements(inside):
    with pytest.raises(NotReadable, match=TOO_MUCH):
        upload(with_body(inside))


def test_too_deep():
    with pytest.raises(NotReadable, match=DAMAGED):
        upload(with_body("<w:p>" * 5000 + "</w:p>" * 5000))


def test_too_long():
    with pytest.raises(NotReadable, match="longer than 500000 characters"):
        upload(with_body(f"<w:p><w:r><w:t>{'长' * 1000}</w:t></w:r></w:p>" * 501))


PARAGRAPHS = "".join(f"<w:p><w:r><w:t>{each}</w:t></w:r></w:p>" for each in ("一、甲&x;", "二、乙"))
BOMB = '<!DOCTYPE a [<!ENTITY x0 "笑">{}<!ENTITY x "&x9;">]>'.format(
    "".join(f'<!ENTITY x{n} "{f"&x{n - 1};" * 10}">' for n in range(1, 10))
)


@pytest.mark.parametrize(
    "declared",
    [
        BOMB,
        '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE a [<!ENTITY x SYSTEM "http://127.0.0.1:9/">]>',
        '<!DOCTYPE a SYSTEM "http://127.0.0.1:9/a.dtd">',
        "<!DOCTYPE a>",
        "",
    ],
)
def test_entities_are_never_declared(declared):
    with pytest.raises(NotReadable, match=DAMAGED):
        upload(with_body(PARAGRAPHS, declared))
    text = f'<?xml version="1.0" encoding="utf-16"?>{BOMB}<a>&x;</a>'
    with pytest.raises(NotReadable, match=DAMAGED):
        upload(packed(GOOD, {BODY: text.encode("utf-16")}))


@pytest.mark.parametrize("declared", ["<!DOCTYPE a>", BOMB, '<!DOCTYPE a SYSTEM "http://127.0.0.1:9/a.dtd">'])
def test_a_declaration_alone_is_refused(declared):
    body = PARAGRAPHS.replace("&x;", "")
    assert upload(with_body(body)).clauses == ["甲", "乙"]
    with pytest.raises(NotReadable, match=DAMAGED):
        upload(with_body(body, declared))


def test_another_encoding_is_not_believed():
    """In UTF-7 a declaration would be spelled without its first character."""
    hidden = BOMB.replace("<", "+ADw-").replace(">", "+AD4-")
    text = f'<?xml version="1.0" encoding="utf-7"?>{hidden}<w:document {nsdecls("w")}/>'
    with pytest.raises(NotReadable, match=DAMAGED):
        upload(packed(GOOD, {BODY: text.encode()}))


def test_styles_that_are_based_on_one_another():
    styles = "".join(
        f'<w:style w:styleId="{one}"><w:basedOn w:val="{other}"/></w:style>' for one, other in ("AB", "BA")
    )
    data = with_body(f'<w:p><w:pPr><w:pStyle w:val="A"/></w:pPr></w:p>{PARAGRAPHS.replace("&x;", "")}')
    data = packed(data, {"word/styles.xml": f"<w:styles {nsdecls('w')}>{styles}</w:styles>".encode()})
    assert upload(data).clauses == ["甲", "乙"]


def test_control_characters_in_a_word_file():
    with pytest.raises(NotReadable, match=r"U\+202E"):
        upload(word("承诺书", "一、甲\u202e", "二、乙"))
