"""Documents as they are printed: what goes in stands on paper, letter by letter, or is refused in words."""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from pyhanko.pdf_utils.reader import PdfFileReader

from portal.documents import rendering
from portal.documents.qr import qr_svg
from portal.documents.rendering import LAYOUT_FOLDER, RenderingFailed, layout, layout_in, render
from portal.documents.titles import break_title, width
from tests.portal.documents.conftest import needs
from tests.portal.documents.papers import AT, VALUES, bare, official, pages, pledge, text_of

HOSTILE = (
    "#let x = 1 $a^2$ \\ @ref `code` <b>粗</b> // 注 /* 释 */ *强* _斜_ ~ -- --- ... "
    "\"q\" 'q' [a] {b} ${c} &amp;"
)
CLOSING = "，。、；：？！）》〉」』】〕］｝”’％"
OPENING = "（《〈「『【〔［｛“‘"
CLAUSE = (
    "对申请材料齐全、符合《中华人民共和国行政许可法》（2019年修正）规定的，当场受理；不齐的，一次性告知“全部”补正内容，"
    "并在3个工作日内（含当日）电话回访；满意率≥98%，数据见《年度报告》〔2026〕第12号。"
)


# What a PDF is ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", VALUES)
def test_the_same_values_at_the_same_moment_give_the_same_bytes(name):
    first = render(name, VALUES[name](), at=AT)
    other = render(name, VALUES[name](title="另一份文书"), at=AT)
    assert render(name, VALUES[name](), at=AT) == first != other
    assert render(name, VALUES[name](), at=datetime(2026, 11, 25, tzinfo=UTC)) != first


@pytest.mark.parametrize("name", VALUES)
def test_archived_and_read_aloud(name):
    root = PdfFileReader(io.BytesIO(render(name, VALUES[name](), at=AT))).root
    xmp = root["/Metadata"].data.decode()
    for claim in ("pdfaid:part>2<", "pdfaid:conformance>B<", "pdfuaid:part>1<", "云溪市城市管理局"):
        assert claim in xmp
    assert VALUES[name]()["title"] in xmp
    assert root["/Lang"] == "zh-CN"
    assert root["/MarkInfo"]["/Marked"]
    kinds, alternatives = set(), []
    waiting = [root["/StructTreeRoot"]["/K"]]
    while waiting:
        node = waiting.pop().get_object()
        if isinstance(node, list):
            waiting += list(node)
        elif hasattr(node, "get") and node.get("/S"):
            kinds.add(str(node["/S"]))
            alternatives.append(str(node.get("/Alt", "")))
            waiting += [node.raw_get("/K")] if "/K" in node else []
    assert {"/Document", "/H1", "/P", "/Figure"} <= kinds
    assert any("7KQ2M-XB4RT" in each for each in alternatives)


def test_made_at_the_moment_given():
    needs("pdfinfo")
    pdf = render("letter", official(), at=AT)
    told = subprocess.run(
        ["pdfinfo", "-isodates", "-"], input=pdf, capture_output=True, check=True
    ).stdout.decode()
    assert "2026-11-24T02:00:00" in told
    assert "595.276 x 841.89 pts (A4)" in told
    with pytest.raises(ValueError, match="aware"):
        render("letter", official(), at=AT.replace(tzinfo=None))


# What stands on it -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["official", "letter"])
def test_every_text_is_printed_as_it_came(name):
    values = official(
        title="#标题$x$<b>*",
        addressee="@甲#乙_丙",
        paragraphs=[HOSTILE, "= 不是标题", "- 不是列表", "1. 不是编号", "第一段\n\n第二段\r\n\t第三段"],
        attachments=["#附件*一*", "清单"],
        signatory=["城管局#", "公安局"],
        contact="`办公室` 12319",
        copies=["#甲", "乙"],
    )
    text = text_of(render(name, values, at=AT))
    for each in (values["title"], HOSTILE, "=不是标题", "-不是列表", "1.不是编号", "第一段第二段第三段"):
        assert bare(each) in text
    for each in (
        "@甲#乙_丙：",
        "1.#附件*一*2.清单",
        "城管局#公安局2026年11月24日",
        "`办公室`12319",
        "#甲，乙。",
    ):
        assert each in text
    assert "云城管发〔2026〕18号" in text_of(render(name, values, at=AT), lines=True)


@pytest.mark.parametrize("letters", ["a", "é", "。", "！？", "“", "—", "1.2-"])
def test_what_has_no_place_to_break_stays_on_the_page(letters):
    run = (letters * 300)[:300]
    pdf = render("letter", official(paragraphs=[f"甲{run}乙", "末段"]), at=AT)
    needs("pdftotext")
    boxes = subprocess.run(
        ["pdftotext", "-bbox", "-", "-"], input=pdf, capture_output=True, check=True
    ).stdout
    right_edges = [float(each) for each in re.findall(rb'xMax="([\d.]+)"', boxes)]
    # The type area ends at 184 mm; a closing mark may hang over by half of its width.
    assert max(right_edges) < 184 / 25.4 * 72 + 9
    assert f"甲{run}乙末段" in text_of(pdf)


def test_levels_are_numbered_anew_under_each_other():
    blocks = [
        (1, "甲"),
        (2, "乙"),
        (3, "丙"),
        (3, "丁"),
        (4, "戊"),
        (2, "己"),
        (3, "庚"),
        (1, "辛"),
        (2, "壬"),
    ]
    pdf = render("official", official(paragraphs=[{"level": n, "text": t} for n, t in blocks]), at=AT)
    assert "一、甲（一）乙1.丙2.丁（1）戊（二）己1.庚二、辛（一）壬" in text_of(pdf)


def test_a_pledge_says_who_what_how_measured_and_for_how_long():
    clauses = [{"text": f"承诺{n}。", "measure": "按时率≥95%" if n == 11 else ""} for n in range(1, 13)]
    values = pledge(
        clauses=clauses,
        closing=["请监督。"],
        valid_until=date(2027, 11, 30),
        phone="12319",
        fax="0000-1",
        email="a@b.c",
    )
    text = text_of(render("pledge", values, at=AT))
    for each in (
        "第一条承诺1。第二条",
        "第十一条承诺11。考核指标：按时率≥95%第十二条",
        "承诺单位：行政审批科",
        "自2026年12月1日起至2027年11月30日止",
        "投诉电话：12319",
        "0000-1",
        "a@b.c",
        "行政审批科科长申屠晞2026年11月24日",
    ):
        assert each in text
    assert text.count("考核指标") == 1
    assert "自2026年12月1日起长期有效" in text_of(render("pledge", pledge(valid_until=""), at=AT))


def test_the_way_to_the_check_page():
    text = text_of(render("letter", official(), at=AT))
    assert "核验码7KQ2M-XB4RT" in text
    assert "https://portal.invalid/verify/输入核验码" in text
    elsewhere = official(check_url="https://portal.invalid/check?n=1")
    assert "https://portal.invalid/check?n=1输入" in text_of(render("letter", elsewhere, at=AT))
    assert qr_svg("a") == qr_svg("a") != qr_svg("b")
    with pytest.raises(ValueError, match="large"):
        qr_svg("x" * 5000)


# Lines and pages -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shift", range(0, 28, 3))
def test_lines_break_as_chinese_lines_do(shift):
    """Ten clauses, pushed along by one character after another: every place comes to a line's end once."""
    clauses = ["甲" * (shift + n % 3) + CLAUSE for n in range(10)]
    for page in pages(render("pledge", pledge(clauses=clauses), at=AT)):
        for line in filter(None, map(str.strip, page.splitlines())):
            assert line[0] not in CLOSING, line
            assert line[-1] not in OPENING, line


def test_a_page_holds_22_lines_of_28_characters():
    second = pages(render("official", official(paragraphs=["字" * 28 * 60]), at=AT))[1]
    lines = [each.strip() for each in second.splitlines() if "字" in each]
    assert len(lines) == 22
    assert {len(each) for each in lines} == {28}


@pytest.mark.parametrize("length", [1, 5, 9, 13, 17, 21, 26, 31])
def test_a_heading_is_never_last_nor_a_signature_alone(length):
    blocks: list[Any] = [
        *["段落。"] * length,
        {"level": 1, "text": "标题一"},
        {"level": 2, "text": "标题二"},
        "末段。",
    ]
    found = pages(render("official", official(paragraphs=blocks, contact="办公室"), at=AT))
    [last] = [page for page in found if "末段。" in page]
    for each in ("标题一", "标题二", "2026年11月24日", "办公室"):
        assert each in last


@pytest.mark.parametrize("lines", range(1, 31))
def test_a_long_last_paragraph_shares_its_end_with_the_signature(lines):
    pdf = render("official", official(paragraphs=["段落。", "字" * (28 * lines - 2)]), at=AT)
    found = pages(pdf)
    [signed] = [page for page in found if "2026年11月24日\n" in page and "印发" not in page.split("日\n")[0]]
    assert "字" in signed
    # The first page is filled, unless the paragraph is short enough to go as a whole.
    assert "字" in found[0] or lines <= 6


def test_page_numbers_stand_outside():
    found = pages(render("official", official(paragraphs=["字" * 28 * 60]), at=AT))
    for number, page in enumerate(found, 1):
        line = next(each for each in reversed(page.splitlines()) if each.strip())
        assert bare(line) == f"—{number}—"
        assert (len(line) - len(line.lstrip()) > 20) == bool(number % 2)
    assert "—1—" not in bare(pages(render("letter", official(paragraphs=["字" * 28 * 60]), at=AT))[0])


@pytest.mark.parametrize(
    ("title", "lines"),
    [
        ("通知", ["通知"]),
        ("关于商请协助核实青山路12号建筑垃圾来源的函", ["关于商请协助核实", "青山路12号建筑垃圾来源的函"]),
        (
            "云溪市城市管理局环境卫生管理处关于进一步提升市容环境卫生服务质量的公开承诺书",
            ["云溪市城市管理局环境卫生管理处", "关于进一步提升市容环境", "卫生服务质量的公开承诺书"],
        ),
    ],
)
def test_titles_break_between_words(title, lines):
    assert break_title(title) == lines


@pytest.mark.parametrize("title", ["字" * 200, "（" * 50, "a" * 199, "的" * 60, "《" + "、" * 90 + "》"])
def test_a_title_without_words_is_whole_and_fits(title):
    lines = break_title(title)
    assert "".join(lines) == title
    assert max(map(width, lines)) <= 20


def test_a_title_broken_by_hand():
    by_hand = official(title_lines=["关于规范", "城区停车秩序的通知"])
    assert "关于规范\n" in re.sub(" ", "", text_of(render("official", by_hand, at=AT), lines=True))


# Layouts and processes -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", VALUES)
def test_a_layout_is_known_by_all_that_it_imports(name, tmp_path):
    folder = tmp_path / "layouts"
    shutil.copytree(LAYOUT_FOLDER, folder)
    before = layout(name)
    assert layout_in(folder, name) == before
    assert re.fullmatch(r"\d+", before.version)
    assert re.fullmatch(r"[0-9a-f]{64}", before.digest)
    base: Path = folder / "base.typ"
    base.write_text(base.read_text() + "\n")
    assert layout_in(folder, name).digest != before.digest
    own: Path = folder / f"{name}.typ"
    own.write_text("// no number\n" + own.read_text())
    with pytest.raises(ValueError, match="version"):
        layout_in(folder, name)


def test_several_threads_at_once_get_each_their_own():
    titles = [f"第{n}号通知" for n in range(12)]
    alone = [render("letter", official(title=title), at=AT) for title in titles]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda title: render("letter", official(title=title), at=AT), titles))
    assert together == alone


def test_a_child_of_a_process_that_typeset_says_so_and_does_not_hang():
    render("letter", official(), at=AT)
    child = os.fork()
    if child == 0:
        try:
            render("letter", official(), at=AT)
        except RenderingFailed:
            os._exit(7)
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
    assert not rendering._Threads.lost
