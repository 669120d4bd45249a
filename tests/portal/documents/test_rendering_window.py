"""The window's papers: notices with their tables, the certificate, the form to fill in."""

from __future__ import annotations

import io
import re
import subprocess
from typing import Any

import pytest
from django.utils import timezone
from pyhanko.pdf_utils.reader import PdfFileReader

from portal.documents import actions, kinds
from portal.documents.checking import Verdict, check_upload
from portal.documents.kinds import DocumentKind
from portal.documents.rendering import render
from portal.organisation.actors import SYSTEM
from tests.portal.documents.conftest import needs
from tests.portal.documents.papers import (
    AT,
    bare,
    blank_form,
    certificate,
    notice,
    pages,
    structure,
    text_of,
)

HOSTILE = "#let x = 1 $a^2$ @ref `code` <b>粗</b> // 注 *强* _斜_"


def set_as(name: str, values: dict[str, Any]) -> bytes:
    return render(name, values, at=AT)


def listing(*names: str, **more: Any) -> dict[str, Any]:
    return {"heading": "需要补正的材料", "rows": [{"name": each} for each in names], **more}


def right_edges(pdf: bytes) -> list[float]:
    needs("pdftotext")
    boxes = subprocess.run(["pdftotext", "-bbox", "-", "-"], input=pdf, capture_output=True, check=True)
    return [float(each) / 72 * 25.4 for each in re.findall(rb'xMax="([\d.]+)"', boxes.stdout)]


# Notices ----------------------------------------------------------------------------------------------------


def test_a_notice_says_what_it_is_about_in_order():
    rows = [{"name": "占道平面图", "text": "缺少比例尺。\n请重新绘制。"}, {"name": "申请表"}]
    values = notice(
        paragraphs=["经审查，材料不齐。", {"level": 1, "text": "说明"}],
        listing=listing(rows=rows, name_label="材料", text_label="问题"),
        closing=["逾期不告知的，即为受理。"],
        attachments=["清单"],
        contact="一窗受理窗口 12319",
    )
    text = text_of(set_as("notice", values))
    order = [
        "云溪市城市管理局",
        "云城管许受〔2026〕1号",
        "受理通知书",
        "申屠某：",
        "项目内容",
        "申请事项城市道路临时占用许可",
        "申请人申屠某（3301**********1234）",
        "经审查，材料不齐。",
        "一、说明",
        "需要补正的材料",
        "序号材料问题",
        "1占道平面图缺少比例尺。请重新绘制。",
        "2申请表",
        "以上共2项。",
        "逾期不告知的，即为受理。",
        "附件：清单",
        "云溪市城市管理局2026年11月24日",
        "（联系方式：一窗受理窗口12319）",
    ]
    places = [text.index(each) for each in order]
    assert places == sorted(places)
    assert "核验码7KQ2M-XB4RT" in text
    for each in ("送达回证", "受理通知书（云城管许受〔2026〕1号）", "受送达人（签名）", "送达方式"):
        assert each in text
    for each in ("送达日期", "送达人（签名）"):
        assert each in text


def test_what_a_notice_does_not_need_is_not_there():
    text = text_of(set_as("notice", notice(service=False)))
    for each in ("送达", "序号", "以上共", "联系方式"):
        assert each not in text
    # Rows that say no more than their name have no column for it.
    text = text_of(set_as("notice", notice(listing=listing("申请表", "身份证"))))
    assert "序号名称1申请表2身份证以上共2项。" in text


def test_every_text_of_a_table_is_printed_as_it_came():
    rows = [{"name": HOSTILE, "text": HOSTILE}]
    values = notice(facts=[{"label": "#甲*", "value": HOSTILE}], listing=listing(rows=rows, heading=HOSTILE))
    assert text_of(set_as("notice", values)).count(bare(HOSTILE)) >= 2
    assert "#甲*" in text_of(set_as("notice", values))
    run = "x" * 300
    values = notice(
        facts=[{"label": "A" * 60, "value": run}],
        listing=listing(rows=[{"name": run, "text": run}]),
        closing=[run],
    )
    # The type area ends at 184 mm.
    assert max(right_edges(set_as("notice", values))) < 184 + 3


def test_tables_have_heads_that_are_read_aloud_and_repeated():
    facts = [{"label": f"事实{n}", "value": "字" * 60} for n in range(60)]
    pdf = set_as("notice", notice(facts=facts))
    told = structure(pdf)
    assert told.count("/Scope /Column") == 3  # two of the facts, one of the proof of service
    assert re.search(r"TH <.*?/Headers \[\].*?\"项目\"", told, re.DOTALL)
    found = pages(pdf)
    with_facts = [page for page in found if "事实" in page]
    assert len(with_facts) > 4
    assert all("项目" in bare(page) for page in with_facts)


@pytest.mark.parametrize("length", range(1, 16, 2))
def test_a_row_stays_together_unless_it_is_long(length):
    facts = [*[{"label": "前", "value": "行"}] * length, {"label": "整行", "value": "首" + "中" * 90 + "尾"}]
    found = pages(set_as("notice", notice(facts=facts)))
    assert [("首" in page) == ("尾" in page) for page in found] == [True] * len(found)
    long = [{"label": "长", "value": "首" + "中" * 3000 + "尾"}]
    found = pages(set_as("notice", notice(facts=long)))
    assert sum("中" in page for page in found) >= 3
    # It begins where it stands instead of leaving the page to its head.
    assert "首" in found[0]


@pytest.mark.parametrize("rows", [1, 5, 6, 7, 8, 9, 10, 11, 24])
def test_the_signature_of_a_listing_has_a_line_with_it(rows):
    found = pages(set_as("notice", notice(listing=listing(*["材料"] * rows), contact="窗口")))
    [signed] = [page for page in found if re.search(r"2026年11月24日", bare(page))]
    assert f"以上共{rows}项。" in bare(signed)
    assert "窗口" in signed


@pytest.mark.parametrize("paragraphs", range(1, 14, 2))
def test_the_proof_of_service_is_whole_and_names_its_document(paragraphs):
    found = pages(set_as("notice", notice(paragraphs=["段落。"] * paragraphs)))
    [served] = [bare(page) for page in found if "送达回证" in page]
    for each in ("云城管许受〔2026〕1号", "受送达人（签名）", "送达方式", "送达日期", "送达人（签名）"):
        assert each in served


@pytest.mark.django_db
@pytest.mark.parametrize(("layout", "values"), [("notice", notice()), ("certificate", certificate())])
def test_they_are_issued_and_checked_as_every_document_is(layout, values, monkeypatch):
    monkeypatch.setitem(kinds._kinds, "window", DocumentKind("window", "Paper", layout, "试"))
    set_by_issuing = ("agency", "number", "title", "dated_on", "check_code", "check_url")
    own = {name: value for name, value in values.items() if name not in set_by_issuing}
    at = timezone.now()
    document = actions.issue("window", title=values["title"], values=own, actor=SYSTEM, at=at)
    pdf = actions.document_bytes(document)
    assert document.number in text_of(pdf, lines=True)
    found = check_upload(io.BytesIO(pdf), size=len(pdf), at=timezone.now())
    assert (found.verdict, found.document) == (Verdict.VALID, document)


# The certificate --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("landscape", "size"), [(True, [0, 0, 842, 595]), (False, [0, 0, 595, 842])])
def test_a_certificate_says_who_may_do_what_where_and_how_long(landscape, size):
    values = certificate(
        landscape=landscape,
        holder_number="9133**********000X",
        item_code="330117001000",
        place="青山路12号",
        basis="《城市道路管理条例》第三十一条",
        content="占用人行道20平方米。\n用于围挡。",
        conditions=["不得占用盲道。", "期满后恢复原状。"],
        valid_until="2027-11-30",
    )
    pdf = set_as("certificate", values)
    page = PdfFileReader(io.BytesIO(pdf)).root["/Pages"]["/Kids"][0]
    assert [round(float(each)) for each in page["/MediaBox"]] == size
    assert len(pages(pdf)) == 1
    text = text_of(pdf)
    for each in (
        "城市道路占用许可证证号：云城管许证〔2026〕1号",
        "持证人：云溪某某商贸有限公司证件号码9133**********000X",
        "许可事项：城市道路临时占用许可事项编码330117001000",
        "许可内容：占用人行道20平方米。用于围挡。",
        "许可地点：青山路12号",
        "有效期限：自2026年12月1日起至2027年11月30日止",
        "许可依据：《城市道路管理条例》第三十一条",
        "许可条件：1.不得占用盲道。2.期满后恢复原状。",
        "核验码7KQ2M-XB4RT",
    ):
        assert each in text
    assert "云溪市城市管理局2026年11月24日" in text


def test_a_certificate_without_an_end_and_with_nothing_more():
    text = text_of(set_as("certificate", certificate(valid_until="")))
    assert "自2026年12月1日起长期有效" in text
    for each in ("证件号码", "事项编码", "许可地点", "许可依据", "许可条件", "页"):
        assert each not in text
    assert "许可条件：不得转让。" in text_of(set_as("certificate", certificate(conditions=["不得转让。"])))


@pytest.mark.parametrize("landscape", [True, False])
def test_every_further_sheet_says_what_it_belongs_to(landscape):
    conditions = [f"{'条件' * 40}第{n}条" for n in range(12, 34)]
    found = pages(set_as("certificate", certificate(landscape=landscape, conditions=conditions)))
    assert len(found) > 2
    assert "（续）" not in found[0]
    for number, page in enumerate(found[1:], 2):
        assert "城市道路占用许可证云城管许证〔2026〕1号（续）" in bare(page)
        assert f"第{number}页，共{len(found)}页" in bare(page)
    assert "第33条" in bare(found[-1])
    assert "2026年11月24日" in bare(found[-1])


@pytest.mark.parametrize("landscape", [True, False])
@pytest.mark.parametrize("title", ["证", "许可证" * 13, "长" * 200])
def test_a_certificates_name_stays_within_the_border(landscape, title):
    pdf = set_as("certificate", certificate(title=title, landscape=landscape, holder="甲" * 200))
    assert max(right_edges(pdf)) < (297 if landscape else 210) - 13
    assert title in text_of(pdf)


# The form ---------------------------------------------------------------------------------------------------


def test_a_form_is_no_document_yet_is_archived_and_read_aloud():
    pdf = set_as("form", blank_form(agency="云溪市城市管理局", note="请用黑色笔填写。\n带*的必须填写。"))
    root = PdfFileReader(io.BytesIO(pdf)).root
    xmp = root["/Metadata"].data.decode()
    for claim in ("pdfaid:part>2<", "pdfaid:conformance>B<", "pdfuaid:part>1<", "城市道路占用许可申请表"):
        assert claim in xmp
    assert root["/Lang"] == "zh-CN"
    text = text_of(pdf)
    for each in ("云溪市城市管理局城市道路占用许可申请表请用黑色笔填写。带*的必须填写。", "申请人占用事由"):
        assert each in text
    for each in ("样表", "核验码", "签章", "号"):
        assert each not in text
    assert "TH" in structure(pdf)


def test_a_filled_form_is_marked_as_a_sample_for_the_eye_alone():
    fields = [{"label": "申请人", "value": "张某某"}, {"label": "占用事由", "value": "", "lines": 5}]
    pdf = set_as("form", blank_form(fields=fields))
    assert "申请人张某某" in text_of(pdf)
    assert "样" in text_of(pdf)
    told = structure(pdf)
    assert "张某某" in told
    assert "样表" not in bare(told)


def test_a_box_is_as_tall_as_is_asked_for_and_never_broken():
    fields = [{"label": f"项目{n}", "value": "", "lines": 10} for n in range(5)]
    found = pages(set_as("form", blank_form(fields=fields)))
    assert [page.count("项目") for page in found] == [3, 3, 2]  # with the head of the table
    assert bare(found[0]).startswith("城市道路占用许可申请表项目填写内容项目0")
