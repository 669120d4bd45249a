"""The text of attachments: what is read of good files, and that bad ones do no more harm than have none."""

from __future__ import annotations

import io
import itertools
import threading
import zipfile
import zlib
from collections.abc import Iterator

import docx
import pylopdf_fonts_zh_cn
import pytest
import typst
from django.utils.translation import override

from disclosure import extracting, office_reading, office_text, pdf_text
from disclosure.extracting import MOST_CHARACTERS, NoText, text_of
from portal.cases import confined, packages, pdf_files
from tests.portal.documents import samples
from tests.portal.documents.samples import plain, stream


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    with override("en"):
        yield


def refusal(data: bytes, kind: str) -> str:
    with pytest.raises(NoText) as refused:
        text_of(data, kind)
    assert str(refused.value).endswith(".")
    return refused.value.code


# PDF --------------------------------------------------------------------------------------------------------

CATALOG = b"<</Type/Catalog/Pages 2 0 R>>"
FONT = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"
FONTS = str(next(iter(pylopdf_fonts_zh_cn.__path__)))


def typeset(source: str) -> bytes:
    return typst.compile(
        f'#set text(font: "Noto Serif SC", lang: "zh")\n{source}'.encode(),
        font_paths=[FONTS],
        ignore_system_fonts=True,
    )


def pages(*contents: bytes, font: bytes = FONT, more: bytes = b"", objects: tuple[bytes, ...] = ()) -> bytes:
    """A PDF with a page for each content; `objects` are numbered from 4, `more` stands among resources."""
    first = 4 + len(objects)
    kids = b" ".join(b"%d 0 R" % (first + 2 * at) for at in range(len(contents)))
    found = [CATALOG, b"<</Type/Pages/Kids[%s]/Count %d>>" % (kids, len(contents)), font, *objects]
    for at, each in enumerate(contents):
        found.append(
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]"
            b"/Resources<</Font<</F 3 0 R>>%s>>/Contents %d 0 R>>" % (more, first + 2 * at + 1)
        )
        found.append(each if each.startswith(b"<<") else stream(each))
    return plain(*found)


def shown(text: bytes, height: int = 700) -> bytes:
    return b"BT /F 12 Tf 50 %d Td (%s) Tj ET" % (height, text)


def test_a_pdf_in_its_order_with_words_that_run_over_line_ends():
    sentence = "为规范户外广告设置行为，现将有关事项说明如下。"
    text = text_of(
        typeset(
            f"= 关于户外广告的说明\n{sentence * 12}\n\n电话 0570-5550140\n#pagebreak()\n第二页 see page two"
        ),
        "pdf",
    )
    assert text.startswith("关于户外广告的说明")
    assert text.count(sentence) == 12
    assert text.index("0570-5550140") < text.index("第二页 see page two")


@pytest.mark.parametrize(
    ("encoding", "codec"), [(b"GBK-EUC-H", "gbk"), (b"UniGB-UCS2-H", "utf-16-be"), (b"GB-EUC-H", "gb2312")]
)
def test_fonts_that_are_not_in_the_file(encoding: bytes, codec: str):
    """As the offices' own programs write them: by the codes of a national character set."""
    font = (
        b"<</Type/Font/Subtype/Type0/BaseFont/FangSong_GB2312/Encoding/%s/DescendantFonts[<</Type/Font"
        b"/Subtype/CIDFontType0/BaseFont/FangSong_GB2312/DW 1000/CIDSystemInfo<</Registry(Adobe)"
        b"/Ordering(GB1)/Supplement 2>>>>]>>" % encoding
    )
    lines = [each.encode(codec).hex().encode() for each in ("城市管理信息公", "开说明。")]
    content = b"BT /F 16 Tf 50 700 Td <%s> Tj 0 -24 Td <%s> Tj ET" % tuple(lines)
    assert text_of(pages(content, font=font), "pdf") == "城市管理信息公开说明。"


def test_blanks_of_a_pdf():
    content = b"BT /F 12 Tf 50 700 Td (one   two) Tj 0 -20 Td ( three\001) Tj ET"
    assert text_of(pages(content, shown(b"four")), "pdf") == "one two\nthree\nfour"


@pytest.mark.parametrize(
    "data",
    [pages(b""), pages(b"0 0 9 9 re f"), pages(shown(b"- 1 -"), shown(b"- 2 -"))],
    ids=["empty", "drawn", "numbered"],
)
def test_a_pdf_without_text(data: bytes):
    assert refusal(data, "pdf") == "scanned"


def test_one_page_that_cannot_be_read_does_not_take_the_others_with_it():
    broken = b"<</Filter/Nonsense/Length 3>>\nstream\nabc\nendstream"
    assert text_of(pages(shown(b"before"), broken, shown(b"after")), "pdf") == "before\nafter"
    assert refusal(pages(broken), "pdf") == "damaged"


def test_a_form_is_read_where_it_is_drawn():
    form = stream(
        shown(b"inside"), b"/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</Font<</F 3 0 R>>>>"
    )
    content = shown(b"before") + b" /X Do " + shown(b"after", 500)
    data = pages(content, more=b"/XObject<</X 4 0 R>>", objects=(form,))
    assert text_of(data, "pdf") == "before\ninside\nafter"


def packed(content: bytes) -> bytes:
    return stream(zlib.compress(content, 9), b"/Filter/FlateDecode")


# Shorter than a page may be, but for its words.
WORDS = packed(b"BT /F 12 Tf " + b"()Tj " * (pdf_text.MOST_WORDS // 2 + 1) + b"ET")


def doubling(depth: int) -> bytes:
    """Each form draws the next one twice: 2^depth in all."""
    forms = tuple(
        stream(
            b"/X Do /X Do" if at < depth else shown(b"deep"),
            b"/Subtype/Form/BBox[0 0 9 9]/Resources<</Font<</F 3 0 R>>/XObject<</X %d 0 R>>>>" % (5 + at),
        )
        for at in range(depth + 1)
    )
    return pages(shown(b"top") + b" /X Do", more=b"/XObject<</X 4 0 R>>", objects=(*forms, b"null"))


@pytest.mark.parametrize(
    ("data", "codes"),
    [
        (b"", {"damaged"}),
        (b"%PDF-1.7", {"damaged"}),
        (b"%PDF-1.7\n" + bytes(100_000) + b"%%EOF", {"damaged"}),
        (pages(shown(b"whole"))[:-6], {"damaged"}),
        (samples.encrypted(), {"encrypted"}),
        (plain(CATALOG, b"<</Type/Pages/Kids[2 0 R]/Count 1>>"), {"damaged"}),
        (plain(CATALOG, b"<</Kids[%s]>>" % (b"3 0 R " * 10_000), b"<</Type/Page>>"), {"too_much"}),
        (plain(CATALOG, b"<</X " + b"[" * 50_000 + b"]" * 50_000 + b">>"), {"damaged", "too_much"}),
        (plain(b"<</Type/Catalog/Pages 2 0 R/OpenAction<</S/JavaScript/JS(x)>>>>", b"null"), {"unsafe"}),
        # More than a stream may become, and more words than a page may have.
        (pages(packed(b" " * (pdf_text.MOST_UNPACKED + 1))), {"too_much", "scanned"}),
        (pages(WORDS), {"too_much"}),
    ],
    ids=[
        *("empty", "head", "zeros", "cut", "encrypted", "circle", "10000-pages", "nested", "script"),
        *("unpacks", "words"),
    ],
)
def test_a_hostile_pdf(data: bytes, codes: set[str]):
    assert refusal(data, "pdf") in codes


def test_forms_that_double_are_drawn_only_so_often():
    words = text_of(doubling(20), "pdf").split()
    assert words[0] == "top"
    assert words.count("deep") <= pdf_text.MOST_FORMS


def test_a_page_of_too_many_words_is_passed_over():
    assert text_of(pages(shown(b"before"), WORDS, shown(b"after")), "pdf") == "before\nafter"


class Pages:
    """A reader's pages, which count how many were asked for."""

    def __init__(self, content: bytes, text: str) -> None:
        self.asked = 0
        self._content, self._text = content, text

    @property
    def pages(self) -> Iterator[Pages]:
        for _at in range(1000):
            self.asked += 1
            yield self

    def get_contents(self) -> Pages:
        return self

    def get_data(self) -> bytes:
        return self._content

    def extract_text(self) -> str:
        return self._text


def test_pages_are_read_until_there_is_enough_and_no_further():
    reader = Pages(b"", "字" * 100)
    assert len(pdf_text._read(reader, 950)["text"]) == 1000 + 9
    assert reader.asked == 10
    reader = Pages(bytes(pdf_text.MOST_DRAWN // 3), "字")
    assert pdf_text._read(reader, 950)["text"] == "字\n字\n字"
    assert reader.asked == 4


def test_the_reader_is_confined(monkeypatch: pytest.MonkeyPatch):
    asked: list[tuple[object, ...]] = []

    def ask(program: str, data: bytes, what: object, **limits: object) -> dict[str, str]:
        asked.append((program, what, limits["memory"], limits["cpu"]))
        return {"problem": "", "text": "found"}

    monkeypatch.setattr(confined, "ask", ask)
    assert text_of(b"%PDF-", "pdf") == "found"
    limits = (extracting.MEMORY, extracting.CPU_SECONDS)
    assert asked == [("disclosure.pdf_text", {"most": 2 * MOST_CHARACTERS}, *limits)]


def test_a_reader_that_had_to_be_ended_and_one_that_never_began(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(extracting, "WALL_SECONDS", 0.001)
    assert refusal(pages(shown(b"whole")), "pdf") == "too_much"
    monkeypatch.setattr(extracting, "PATIENCE_SECONDS", 0.0)
    full = threading.BoundedSemaphore(1)
    full.acquire()
    given = confined.ask
    monkeypatch.setattr(confined, "ask", lambda *a, **more: given(*a, **more, places=full))
    assert refusal(pages(shown(b"whole")), "pdf") == "busy"


def test_every_answer_of_the_portals_check_has_a_sentence():
    answers = {*pdf_files.NAMES.values(), "encrypted", "too_many_pages", "too_much"}
    assert answers == set(extracting._PROBLEMS)
    assert set(extracting._PROBLEMS.values()) <= set(extracting.SENTENCES)


# Word -------------------------------------------------------------------------------------------------------

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def saved(document: docx.document.Document) -> bytes:
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def word(body: str, *, space: str = packages.WORD[0]) -> bytes:
    """A Word file of just these paragraphs."""
    return zipped(
        {
            "[Content_Types].xml": types("word/document", "wordprocessingml.document.main"),
            "_rels/.rels": related(("officeDocument", "word/document.xml")),
            "word/document.xml": f'<w:document xmlns:w="{space}"><w:body>{body}</w:body></w:document>',
        }
    )


def zipped(members: dict[str, str | bytes], how: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", how) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


def types(name: str, kind: str) -> str:
    declared = f"application/vnd.openxmlformats-officedocument.{kind}+xml"
    row = f'<Override PartName="/{name}.xml" ContentType="{declared}"/>'
    return f'<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">{row}</Types>'


OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def related(*rows: tuple[str, str]) -> str:
    each = (
        f'<Relationship Id="r{number}" Type="{OFFICE}/{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(rows, 1)
    )
    space = "http://schemas.openxmlformats.org/package/2006/relationships"
    return f'<Relationships xmlns="{space}">{"".join(each)}</Relationships>'


def test_a_word_file_in_its_order():
    document = docx.Document()
    document.add_heading("关于占道经营的说明", 1)
    run = document.add_paragraph("第一段　").add_run("　继续\t到此")
    run.add_break()
    run.add_text("另起一行")
    table = document.add_table(rows=2, cols=2)
    for cell, text in zip(table._cells, ("序号", "单位", "1", "某样例公司"), strict=True):
        cell.text = text
    document.add_paragraph("")
    document.add_paragraph("最后一段")
    assert text_of(saved(document), "docx").split("\n") == [
        "关于占道经营的说明",
        "第一段 继续 到此",
        "另起一行",
        *("序号", "单位", "1", "某样例公司"),
        "最后一段",
    ]


@pytest.mark.parametrize(
    ("inner", "text"),
    [
        ("<w:r><w:t>甲</w:t></w:r><w:ins><w:r><w:t>乙</w:t></w:r></w:ins>", "甲乙"),
        ("<w:del><w:r><w:delText>甲</w:delText></w:r></w:del><w:r><w:t>乙</w:t></w:r>", "乙"),
        (
            "<w:moveFrom><w:r><w:t>甲</w:t></w:r></w:moveFrom><w:moveTo><w:r><w:t>甲</w:t></w:r></w:moveTo>",
            "甲",
        ),
        ("<w:r><w:instrText>PAGE</w:instrText><w:t>甲</w:t></w:r>", "甲"),
        ("<w:pPr><w:tabs><w:tab/></w:tabs></w:pPr><w:r><w:t>甲</w:t></w:r>", "甲"),
        ("<w:r><w:t>0570</w:t><w:noBreakHyphen/><w:t>5550140</w:t></w:r>", "0570-5550140"),
        (
            "<w:r><w:ruby><w:rt><w:r><w:t>jia</w:t></w:r></w:rt><w:rubyBase><w:r><w:t>甲</w:t></w:r></w:rubyBase>"
            "</w:ruby></w:r>",
            "甲",
        ),
        (
            '<m:AlternateContent xmlns:m="http://schemas.openxmlformats.org/markup-compatibility/2006">'
            "<m:Choice><w:p><w:r><w:t>框</w:t></w:r></w:p></m:Choice>"
            "<m:Fallback><w:p><w:r><w:t>框</w:t></w:r></w:p></m:Fallback></m:AlternateContent>"
            "<w:r><w:t>甲</w:t></w:r>",
            "框\n甲",
        ),
        ("<w:r><w:t>甲&#8203;&#173;&#57344;&#65533;&lt;乙</w:t></w:r>", "甲<乙"),
    ],
    ids=["added", "deleted", "moved", "field", "stops", "hyphen", "ruby", "box", "unseen"],
)
@pytest.mark.parametrize("space", packages.WORD)
def test_what_is_text_in_a_word_file(inner: str, text: str, space: str):
    assert text_of(word(f"<w:p>{inner}</w:p>", space=space), "docx") == text


def test_notes_follow_the_text_and_comments_do_not():
    note = '<w:{0}s {1}><w:{0} w:id="1"><w:p><w:r><w:t>{2}</w:t></w:r></w:p></w:{0}></w:{0}s>'
    data = zipped(
        {
            "[Content_Types].xml": types("doc", "wordprocessingml.document.main"),
            "_rels/.rels": related(("officeDocument", "/doc.xml")),
            "doc.xml": f"<w:document {W}><w:body><w:p><w:r><w:t>正文</w:t></w:r></w:p></w:body></w:document>",
            "_rels/doc.xml.rels": related(
                ("comments", "c.xml"), ("footnotes", "parts/f.xml"), ("endnotes", "./parts/../e.xml")
            ),
            "c.xml": note.format("comment", W, "批注"),
            "parts/f.xml": note.format("footnote", W, "脚注"),
            "e.xml": note.format("endnote", W, "尾注"),
        }
    )
    assert text_of(data, "docx") == "正文\n脚注\n尾注"


# Excel ------------------------------------------------------------------------------------------------------


def workbook(
    *sheets: str,
    shared: str = "",
    space: str = packages.SHEET[0],
    names: tuple[str, ...] = ("甲表", "乙表", "丙表"),
    backwards: bool = False,
) -> bytes:
    """A workbook of rows; its members may be numbered against the order of its tabs."""
    order = list(range(len(sheets)))[:: -1 if backwards else 1]
    tabs = "".join(
        f'<sheet name="{names[at]}" sheetId="{at + 1}" r:id="r{order[at] + 1}"/>' for at in range(len(sheets))
    )
    rows = [("worksheet", f"worksheets/sheet{number}.xml") for number in range(1, len(sheets) + 1)]
    found: dict[str, str | bytes] = {
        "[Content_Types].xml": types("xl/workbook", "spreadsheetml.sheet.main"),
        "_rels/.rels": related(("officeDocument", "xl/workbook.xml")),
        "xl/workbook.xml": f'<workbook xmlns="{space}" xmlns:r="{OFFICE}"><sheets>{tabs}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": related(*rows, ("sharedStrings", "strings.xml")),
        "xl/strings.xml": f'<sst xmlns="{space}">{shared}</sst>',
    }
    for at, each in enumerate(sheets):
        found[f"xl/worksheets/sheet{order[at] + 1}.xml"] = (
            f'<worksheet xmlns="{space}"><sheetData>{each}</sheetData></worksheet>'
        )
    return zipped(found)


def row(*cells: str) -> str:
    return f"<row>{''.join(cells)}</row>"


def cell(value: str, kind: str = "n") -> str:
    return f'<c r="A1" t="{kind}"><v>{value}</v></c>'


@pytest.mark.parametrize("space", packages.SHEET)
def test_a_workbook_in_its_order(space: str):
    shared = (
        "<si><t>单位</t></si><si><r><t>某样例</t></r><r><t>公司</t></r><rPh><t>gongsi</t></rPh></si>"
        "<si><t> 多 \n行 </t></si>"
    )
    first = row(cell("0", "s"), cell("1", "s")) + row() + row(cell("2", "s"), cell("1200.5"))
    second = row(
        '<c t="inlineStr"><is><t>写在格内</t></is></c>', '<c t="str"><f>A1&amp;B1</f><v>算得</v></c>'
    )
    data = workbook(first, second, shared=shared, space=space, backwards=True)
    assert text_of(data, "xlsx").split("\n") == [
        "甲表",
        "单位\t某样例公司",
        "多",
        "行\t1200.5",
        "乙表",
        "写在格内\t算得",
    ]


@pytest.mark.parametrize(
    ("written", "text"),
    [
        (cell("12"), "12"),
        ("<c><v>12</v></c>", "12"),
        (cell("5.0"), "5"),
        (cell("1.38E10"), "13800000000"),
        (cell("0.25"), "0.25"),
        (cell("1E300"), "1E300"),
        (cell("1E999999999"), "1E999999999"),
        (cell("nan"), "nan"),
        (cell("1", "b"), ""),
        (cell("#REF!", "e"), ""),
        (cell("9", "s"), ""),
        (cell("-1", "s"), ""),
        (cell("1" * 5000, "s"), ""),
        (cell("x", "s"), ""),
        ("<c><f>1+1</f></c>", ""),
        ("<c/>", ""),
    ],
)
def test_what_a_cell_shows(written: str, text: str):
    found = text_of(workbook(row(written, cell("末", "str"))), "xlsx")
    assert found == "甲表\n" + (f"{text}\t末" if text else "末")


def test_a_sheet_that_is_missing_or_no_sheet_is_passed_over():
    data = workbook(row(cell("甲", "str")), row(cell("乙", "str")))
    rows = related(("chartsheet", "worksheets/sheet1.xml"), ("worksheet", "worksheets/sheet2.xml"))
    data = zipped({**members(data), "xl/_rels/workbook.xml.rels": rows})
    assert text_of(data, "xlsx") == "乙表\n乙"


# Both -------------------------------------------------------------------------------------------------------


def members(data: bytes) -> dict[str, str | bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {each: archive.read(each) for each in archive.namelist()}


def with_document(document: bytes) -> bytes:
    return zipped({**members(PLAIN_WORD), "word/document.xml": document})


def unpacked(data: bytes) -> bytes:
    """As large as what is in it, so that nobody takes it for a bomb."""
    return zipped(members(data), zipfile.ZIP_STORED)


PLAIN_WORD = word("<w:p><w:r><w:t>甲</w:t></w:r></w:p>")
PLAIN_SHEET = workbook(row(cell("甲", "str")))
LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE w:document [<!ENTITY a "haha">'
    + "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in itertools.pairwise("abcdefghij"))
    + f"]><w:document {W}><w:body><w:p><w:r><w:t>&j;</w:t></w:r></w:p></w:body></w:document>"
).encode()
OUTSIDE = (
    f'<!DOCTYPE w:document [<!ENTITY a SYSTEM "file:///etc/hostname">]><w:document {W}><w:body><w:p><w:r>'
    "<w:t>&a;</w:t></w:r></w:p></w:body></w:document>"
).encode()


@pytest.mark.parametrize("kind", ["docx", "xlsx"])
@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "damaged"),
        (b"PK\x03\x04" + bytes(1000), "damaged"),
        (b"%PDF-1.7", "damaged"),
        (zipped({"a.txt": "甲"}), "damaged"),
        (packages.OLE + bytes(504), "encrypted"),
        (PLAIN_WORD[: len(PLAIN_WORD) // 2], "damaged"),
        (zipped({f"{each}": "" for each in range(office_reading.MOST_MEMBERS + 1)}), "too_much"),
        (zipped({"word/vbaProject.bin": "x"}), "unsafe"),
        (zipped({"_rels/.rels": related(("officeDocument", "../../etc/hostname"))}), "damaged"),
        (zipped({"_rels/.rels": related(("officeDocument", "a.xml")) + " " * 120_000_000}), "too_much"),
        (zipped({"_rels/.rels": related(*[("x", "y")] * 60_000)}), "too_much"),
    ],
    ids=["empty", "zeros", "pdf", "zip", "ole", "cut", "members", "macros", "outside", "bomb", "marks"],
)
def test_what_is_no_office_file(data: bytes, code: str, kind: str):
    assert refusal(data, kind) == code


def test_one_kind_is_not_the_other():
    assert refusal(PLAIN_WORD, "xlsx") == "damaged"
    assert refusal(PLAIN_SHEET, "docx") == "damaged"
    for kind in ("jpg", "doc", "", "PDF"):
        assert refusal(PLAIN_WORD, kind) == "other_kind"


@pytest.mark.parametrize(
    "document",
    [
        LAUGHS,
        OUTSIDE,
        f"<!DOCTYPE x><w:document {W}><w:p><w:r><w:t>甲</w:t></w:r></w:p></w:document>".encode(),
        b"<!--" + b"x" * 70_000 + b"-->" + LAUGHS[21:],
        LAUGHS.decode().encode("utf-16"),
        b"",
        b"<x/>",
        PLAIN_WORD,
        b"<w:document>",
        f"<w:document {W}><w:body>".encode(),
        f"<w:document {W}>\0</w:document>".encode(),
        f"<w:document {W}>甲</w:document>".encode("gbk"),
    ],
    ids=[
        "laughs",
        "outside",
        "declared",
        "late",
        "utf-16",
        "empty",
        "other",
        "zip",
        "unbound",
        "open",
        "null",
        "gbk",
    ],
)
def test_a_hostile_document(document: bytes):
    assert refusal(with_document(document), "docx") == "damaged"


def test_a_file_without_words():
    assert refusal(word("<w:p/>"), "docx") == "empty"
    assert refusal(word("<w:p><w:r><w:t> — </w:t></w:r></w:p>"), "docx") == "empty"
    assert refusal(workbook("", names=("",)), "xlsx") == "empty"


def test_deep_nesting_is_but_many_elements():
    deep = "<w:p>" * 100_000 + "<w:r><w:t>甲</w:t></w:r>" + "</w:p>" * 100_000
    assert text_of(unpacked(word(deep)), "docx") == "甲"


def test_a_bomb_is_stopped_by_what_it_has_unpacked(monkeypatch: pytest.MonkeyPatch):
    """Counted while it unpacks: of 110 MB in 0.3 no more comes out than the ratio allows."""
    sizes = []
    given = packages.Package.chunks

    def chunks(self: packages.Package, info: zipfile.ZipInfo) -> Iterator[bytes]:
        for each in given(self, info):
            sizes.append(len(each))
            yield each

    monkeypatch.setattr(packages.Package, "chunks", chunks)
    remark = b"<!--" + b"x" * 100_000 + b"-->"
    bomb = f"<w:document {W}>".encode() + remark * 1_100 + b"</w:document>"
    data = with_document(bomb)
    assert refusal(data, "docx") == "too_much"
    assert sum(sizes) <= office_reading.MOST_RATIO * len(data) + packages.AT_ONCE


def varied(pattern: str, count: int) -> str:
    """Many elements that do not shrink to nothing, so that they are counted before the bytes are."""
    return "".join(pattern.format(at * 7919 % 1_000_003) for at in range(count))


def test_cells_are_counted_while_they_are_read(monkeypatch: pytest.MonkeyPatch):
    """Of as many cells as there may be, and no more, does the reader hear."""
    monkeypatch.setattr(office_reading, "MOST_ELEMENTS", 10_000)
    heard = []
    given = office_text._Sheet.opened

    def opened(self: office_text._Sheet, name: str, attributes: dict[str, str]) -> None:
        heard.append(name)
        given(self, name, attributes)

    monkeypatch.setattr(office_text._Sheet, "opened", opened)
    data = workbook(row(cell("甲", "str")) + row(varied('<c r="A{}"/>', 50_000)), row(cell("乙", "str")))
    assert text_of(data, "xlsx") == "甲表\n甲"
    assert len(heard) <= 10_001


def test_five_million_cells_cost_no_more_than_are_counted(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(office_reading, "MOST_ELEMENTS", 100_000)
    heard = itertools.count()
    given = office_reading.Reader.start

    def start(self: office_reading.Reader, tag: str, attributes: dict[str, str]) -> None:
        next(heard)
        given(self, tag, attributes)

    monkeypatch.setattr(office_reading.Reader, "start", start)
    sheet = row(cell("甲", "str")) + "<row>" + "<c/>" * 5_000_000 + "</row>"
    assert text_of(unpacked(workbook(sheet)), "xlsx") == "甲表\n甲"
    # As much more as one piece of a member holds.
    assert next(heard) <= office_reading.MOST_ELEMENTS + packages.AT_ONCE


def test_paragraphs_are_counted_while_they_are_read(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(office_reading, "MOST_ELEMENTS", 1_000)
    data = word(
        "<w:p><w:r><w:t>甲</w:t></w:r></w:p>"
        + varied('<w:p id="{}"/>', 20_000)
        + "<w:p><w:r><w:t>乙</w:t></w:r></w:p>"
    )
    assert text_of(data, "docx") == "甲"


def test_strings_that_cells_share_are_counted(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(office_text, "MOST_SHARED", 100)
    shared = "".join(f"<si><t>{at:010}</t></si>" for at in range(50))
    text = text_of(workbook(row(cell("9", "s"), cell("49", "s")), shared=shared), "xlsx")
    assert text == "甲表\n0000000009"
    # Long before the last cell of a million.
    repeated = workbook(row(*[cell("0", "s")] * 100_000), shared=f"<si><t>{'字' * 90}</t></si>")
    assert len(text_of(repeated, "xlsx")) <= MOST_CHARACTERS


@pytest.mark.parametrize(
    ("data", "kind", "begins"),
    [
        (pages(*[shown(b"word " * 2_000)] * 30), "pdf", "word word"),
        (word(f"<w:p><w:r><w:t>{varied('{} ', 90_000)}</w:t></w:r></w:p>" * 2), "docx", "0 7919 "),
        (workbook(row(varied("<c><v>{}</v></c>", 90_000))), "xlsx", "甲表\n0\t7919\t"),
    ],
    ids=["pdf", "docx", "xlsx"],
)
def test_no_more_than_is_wanted(data: bytes, kind: str, begins: str):
    text = text_of(data, kind)
    assert text.startswith(begins)
    assert MOST_CHARACTERS - 10 < len(text) <= MOST_CHARACTERS


def test_what_is_read_can_be_kept_by_the_database():
    text = text_of(word("<w:p><w:r><w:t>甲&#x10FFFF;&#xFFFD;乙&#x9;&#xA0;丙</w:t></w:r></w:p>"), "docx")
    assert text.replace("\U0010ffff", "") == "甲乙\t丙"
    text.encode()
