"""What comes with an application is hostile input: good files are kept, all others are refused in words."""

from __future__ import annotations

import contextlib
import hashlib
import io
import struct
import time
import tracemalloc
import warnings
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

import docx
import pytest
import typst
from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils.datastructures import MultiValueDict
from django.utils.translation import override
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from rest_framework import serializers

from portal.cases import api_fields, confined, office_files, packages, pdf_files, uploads
from portal.cases.fields import FilesField, read_files
from portal.cases.uploads import MOST_BYTES, Upload, read_upload
from tests.portal.documents import samples
from tests.portal.documents.samples import plain, stream


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    with override("en"):
        yield


def upload(data: bytes, name: str) -> Upload:
    return read_upload(io.BytesIO(data), name=name, size=len(data))


def refusal(data: bytes, name: str) -> str:
    """The code with which a file is refused; its sentence is one, and says nothing of the machine."""
    with pytest.raises(ValidationError) as refused:
        upload(data, name)
    (sentence,) = refused.value.messages
    assert sentence.endswith(".")
    assert "%(" not in sentence
    return str(refused.value.code)


# Good files -------------------------------------------------------------------------------------------------

CATALOG = b"<</Type/Catalog/Pages 2 0 R%s>>"
PAGES = b"<</Type/Pages/Kids[3 0 R]/Count 1>>"
PAGE = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]%s>>"


def pdf(*more: bytes, catalog: bytes = b"", page: bytes = b"") -> bytes:
    """A PDF of one page; what is more is numbered from 4."""
    return plain(CATALOG % catalog, PAGES, PAGE % page, *more)


def compressed(*objects: bytes) -> bytes:
    """A PDF whose objects, numbered from 1, all lie in a compressed stream of objects."""
    heads, body = b"", b""
    for number, each in enumerate(objects, 1):
        heads += b"%d %d " % (number, len(body))
        body += each + b" "
    more = b"/Type/ObjStm/N %d/First %d/Filter/FlateDecode" % (len(objects), len(heads))
    out = b"%PDF-1.7\n"
    rows = [bytes(7)] + [struct.pack(">BIH", 2, len(objects) + 1, index) for index in range(len(objects))]
    rows.append(struct.pack(">BIH", 1, len(out), 0))
    out += b"%d 0 obj\n" % (len(objects) + 1) + stream(samples.packed(heads + body), more) + b"\nendobj\n"
    rows.append(struct.pack(">BIH", 1, len(out), 0))
    table = b"/Type/XRef/Size %d/W[1 4 2]/Root 1 0 R" % (len(objects) + 3)
    last = b"%d 0 obj\n" % (len(objects) + 2) + stream(b"".join(rows), table) + b"\nendobj\n"
    return out + last + b"startxref\n%d\n%%%%EOF\n" % len(out)


def typeset(pages: int = 3) -> bytes:
    return typst.compile(b"= Title\n#lorem(50)\n" + b"#pagebreak()\n#lorem(20)\n" * (pages - 1))


def word() -> bytes:
    document = docx.Document()
    document.add_heading("申请书", 1)
    document.add_paragraph("申请临时占用城市道路。")
    document.add_picture(io.BytesIO(photo("PNG")))
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.{}+xml"
RELATED = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
LIST = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{}</Relationships>'
)


def related(*rows: tuple[str, str], outside: bool = False) -> bytes:
    mode = ' TargetMode="External"' if outside else ""
    each = (
        f'<Relationship Id="rId{number}" Type="{RELATED}/{kind}" Target="{target}"{mode}/>'
        for number, (kind, target) in enumerate(rows, 1)
    )
    return LIST.format("".join(each)).encode()


def sheet() -> bytes:
    """A workbook by hand."""
    space = packages.SHEET[0]
    types = "".join(
        f'<Override PartName="/xl/{name}.xml" ContentType="{TYPE.format(kind)}"/>'
        for name, kind in (("workbook", "sheet.main"), ("worksheets/sheet1", "worksheet"))
    )
    members = {
        "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f"{types}</Types>",
        "_rels/.rels": related(("officeDocument", "xl/workbook.xml")).decode(),
        "xl/workbook.xml": f'<workbook xmlns="{space}" xmlns:r="{RELATED}"><sheets>'
        '<sheet name="表" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": related(("worksheet", "worksheets/sheet1.xml")).decode(),
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{space}"><sheetData><row r="1"><c r="A1"><v>1</v></c>'
        "</row></sheetData></worksheet>",
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


def photo(kind: str = "JPEG", size: tuple[int, int] = (60, 40)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "green").save(out, kind, **({"comment": b"secret"} if kind == "JPEG" else {}))
    return out.getvalue()


WORD, SHEET, PDF, JPEG = word(), sheet(), pdf(), photo()


@pytest.mark.parametrize(
    ("data", "name", "kept", "kind", "pages"),
    [
        (PDF, "申请书.pdf", "申请书.pdf", "pdf", 1),
        (PDF, "SCAN 1.PDF", "SCAN 1.pdf", "pdf", 1),
        (typeset(), "a.pdf", "a.pdf", "pdf", 3),
        (compressed(CATALOG % b"", PAGES, PAGE % b""), "a.pdf", "a.pdf", "pdf", 1),
        (PDF + b"\r\n\0\0", "a.pdf", "a.pdf", "pdf", 1),
        (samples.added_to(pdf(stream(b""), page=b"/Contents 4 0 R")), "a.pdf", "a.pdf", "pdf", 1),
        (WORD, "申请书.docx", "申请书.docx", "docx", None),
        (SHEET, "清单.xlsx", "清单.xlsx", "xlsx", None),
        (JPEG, "IMG_1.JPEG", "IMG_1.jpg", "jpg", None),
        (photo("PNG"), "a.png", "a.jpg", "jpg", None),
        # What telephones' programs save under the name of another format.
        (photo("WEBP"), "a.jpg", "a.jpg", "jpg", None),
    ],
)
def test_good_files(data: bytes, name: str, kept: str, kind: str, pages: int | None):
    found = upload(data, name)
    assert (found.name, found.kind, found.pages) == (kept, kind, pages)
    assert found.media_type == uploads.MEDIA_TYPES[kind]
    assert found.sha256 == hashlib.sha256(found.data).hexdigest()
    assert (found.data == data) is (kind != "jpg")


def test_photos_are_drawn_anew():
    assert b"secret" in JPEG
    found = upload(JPEG + b"%PDF-1.7 PK\x03\x04 <script>", "a.jpg")
    assert not any(each in found.data for each in (b"secret", b"%PDF", b"PK\x03\x04", b"<script>"))
    assert Image.open(io.BytesIO(found.data)).size == (60, 40)


def test_a_large_scan_is_read_in_time():
    image = stream(bytes(range(256)) * 4 * 1024 * 18, b"/Type/XObject/Subtype/Image")
    began = time.monotonic()
    assert upload(pdf(image, page=b"/Resources<</XObject<</I 4 0 R>>>>"), "a.pdf").pages == 1
    assert time.monotonic() - began < 5


def test_links_in_a_text_are_no_harm():
    rows = related(("hyperlink", "https://example.org/"), outside=True)
    template = related(("attachedTemplate", r"file:///C:\Users\li\Normal.dotm"), outside=True)
    changed = {"word/_rels/footer1.xml.rels": rows, "word/_rels/settings.xml.rels": template}
    assert upload(packed(WORD, changed), "a.docx").kind == "docx"


def test_the_strict_format():
    body = member(SHEET, "xl/workbook.xml").replace(packages.SHEET[0].encode(), packages.SHEET[1].encode())
    assert upload(packed(SHEET, {"xl/workbook.xml": body}), "a.xlsx").kind == "xlsx"


# Names ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/cron.d/a.pdf", "a.pdf"),
        (r"C:\Users\li\Desktop\a.pdf", "a.pdf"),
        ("/a.pdf", "a.pdf"),
        ("a\0b\x1b\r\n c.pdf", "ab c.pdf"),
        ("\u202efdp.a\u202c.pdf", "fdp.a.pdf"),
        ("a\u200b\ufeff\u2066b\ue000.pdf", "ab.pdf"),
        ("x" * 300 + ".pdf", "x" * 96 + ".pdf"),
        ("申" * 300, "申" * 96 + ".pdf"),
        ("...pdf", "pdf.pdf"),
        (".pdf", "pdf.pdf"),
        ("", "file.pdf"),
        ("..", "file.pdf"),
        ("a.pdf. ", "a.pdf"),
        ("合同 2026.5", "合同 2026.5.pdf"),
        ('a"<b>|c:d?*.pdf', "a__b__c_d__.pdf"),
        ("e\u0301.pdf", "é.pdf"),
        ("a.exe.pdf", "a.exe.pdf"),
    ],
)
def test_a_name_is_made_fit(name: str, kept: str):
    found = upload(PDF, name).name
    assert found == kept
    assert len(found) <= 100


@pytest.mark.parametrize(
    ("data", "name", "what"),
    [
        (PDF, "a.exe", "a PDF"),
        (PDF, "a.docx", "a PDF"),
        (PDF, "a.pdf\u202e.\u200bexe", "a PDF"),
        (JPEG, "a.pdf", "a photo"),
        (WORD, "a.xlsx", "a Word file (.docx)"),
        (WORD, "a.docm", "a Word file (.docx)"),
        (WORD, "a.zip", "a Word file (.docx)"),
        (SHEET, "a.docx", "an Excel file (.xlsx)"),
    ],
)
def test_the_content_decides_and_the_name_must_agree(data: bytes, name: str, what: str):
    with pytest.raises(
        ValidationError, match=rf"the file is {what}\.".replace("(.", r"\(\.").replace("x)", r"x\)")
    ):
        upload(data, name)
    assert refusal(data, name) == "wrong_ending"


# Whatever it is called --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty"),
        (b"<!doctype html><script>alert(1)</script>", "wrong_kind"),
        (b"<html><!--\n" + PDF + b"--></html>", "wrong_kind"),
        (b"MZ" + bytes(500), "wrong_kind"),
        (b"GIF89a" + bytes(500), "wrong_kind"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "wrong_kind"),
        ("申请书".encode(), "wrong_kind"),
        (bytes(1000), "wrong_kind"),
        (packages.OLE + bytes(504), "locked"),
        (b"Rar!\x1a\x07\x01\0" + bytes(500), "archive"),
        (b"7z\xbc\xaf\x27\x1c" + bytes(500), "archive"),
        (b"\x1f\x8b\x08" + bytes(500), "archive"),
        (b"PK\x05\x06" + bytes(18), "archive"),
        (b"\xff\xd8\xff\xe0" + bytes(500), "no_photo"),
        (JPEG[:-200], "no_photo"),
        (b"\x89PNG\r\n\x1a\n" + bytes(500), "no_photo"),
        (b"RIFF\0\0\0\0WEBP" + bytes(500), "no_photo"),
    ],
)
def test_what_is_none_of_these(data: bytes, code: str):
    for ending in ("pdf", "docx", "jpg", "doc", "txt"):
        assert refusal(data, f"a.{ending}") == code


def test_the_size_is_what_is_read_not_what_is_said():
    class Unread(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            raise AssertionError

    with pytest.raises(ValidationError, match=r"larger than 20 MB"):
        read_upload(Unread(), name="a.pdf", size=MOST_BYTES + 1)
    with pytest.raises(ValidationError, match=r"larger than 20 MB"):
        read_upload(io.BytesIO(bytes(MOST_BYTES + 1)), name="a.pdf", size=10)


# PDF --------------------------------------------------------------------------------------------------------

SCRIPT = b"<</S/JavaScript/JS(app.alert\\(1\\))>>"
OTHER = b"<</Type/Filespec/F(a.exe)/EF<</F 5 0 R>>>>"
REFUSED = {
    "scripts": [
        pdf(SCRIPT, catalog=b"/OpenAction 4 0 R"),
        pdf(catalog=b"/Names<</JavaScript<</Names[(a)%s]>>>>" % SCRIPT),
        pdf(page=b"/AA<</O %s>>" % SCRIPT),
        pdf(catalog=b"/OpenAction<</S/J#61vaScript/JS(x)>>"),
        pdf(catalog=b"/OpenAction<</S 4 0 R/#4a#53(x)>>"),
        pdf(b"/Java#53cript", catalog=b"/OpenAction<</S 4 0 R>>"),
        pdf(stream(b"app.alert(1)"), catalog=b"/OpenAction<</S/Rendition/JS 4 0 R>>"),
        # The first of two is taken by one reader, the second by another.
        pdf(catalog=b"/OpenAction null/OpenAction%s" % SCRIPT),
        # Nothing leads to it, but a viewer that mends a broken file finds it.
        pdf(SCRIPT),
        PDF.replace(b"xref\n0", b"9 0 obj\n%s\nendobj\nxref\n0" % SCRIPT).replace(
            b"startxref\n%d" % PDF.index(b"xref\n0"),
            b"startxref\n%d" % (PDF.index(b"xref\n0") + len(SCRIPT) + 16),
        ),
        compressed(CATALOG % b"/OpenAction 4 0 R", PAGES, PAGE % b"", SCRIPT),
        compressed(
            CATALOG % b"/OpenAction 4 0 R", PAGES, PAGE % b"", b"<</S/#4aavaScript/JS 5 0 R>>", b"(x)"
        ),
        compressed(CATALOG % b"", PAGES, PAGE % b"", SCRIPT),
        compressed(CATALOG % b"/A 1/A<</S/JavaScript>>", PAGES, PAGE % b""),
        pdf(catalog=b"/AcroForm<</Fields[]/XFA 4 0 R>>"),
        pdf(stream(b"", b"/Type/3D/Subtype/U3D/OnInstantiate 5 0 R"), stream(b"x"), page=b"/X 4 0 R"),
    ],
    "launches": [
        pdf(catalog=b"/OpenAction<</S/Launch/F(cmd.exe)>>"),
        pdf(page=b"/Annots[<</Subtype/Link/A<</S/#4Caunch/Win<</F(calc.exe)>>>>>>]"),
        compressed(CATALOG % b"", PAGES, PAGE % b"/AA<</O<</S/Launch>>>>"),
        pdf(catalog=rb"/OpenAction<</S/GoToR/F(\\\\host\\share\\a.pdf)/D[0/Fit]>>"),
        pdf(catalog=b"/OpenAction<</S/GoToE/T<<>>>>"),
        pdf(catalog=b"/OpenAction<</S/ImportData/F(a.fdf)>>"),
        pdf(stream(b"", b"/F(other.bin)"), page=b"/Contents 4 0 R"),
    ],
    "embedded": [
        pdf(
            OTHER,
            stream(b"MZ", b"/Type/EmbeddedFile"),
            catalog=b"/Names<</EmbeddedFiles<</Names[(a)4 0 R]>>>>",
        ),
        pdf(OTHER, stream(b"MZ"), page=b"/Annots[<</Subtype/FileAttachment/FS 4 0 R>>]"),
        pdf(OTHER, stream(b"MZ"), catalog=b"/AF[4 0 R]"),
        compressed(CATALOG % b"/Names<</E#6dbeddedFiles 4 0 R>>", PAGES, PAGE % b"", b"<</Names[]>>"),
        pdf(page=b"/Annots[<</Subtype/RichMedia>>]"),
        pdf(catalog=b"/Collection<</View/T>>"),
    ],
    "encrypted": [
        samples.encrypted(),
        plain(CATALOG % b"", PAGES, PAGE % b"", b"<</Filter/Standard/V 9>>", trailer=b"/Encrypt 4 0 R"),
    ],
    "broken": [
        b"%PDF-1.7\n",
        b"%PDF-1.7\n%%EOF",
        PDF[:-6],
        PDF[: len(PDF) // 2],
        PDF[: len(PDF) // 2] + b"%%EOF",
        PDF + b"<script>alert(1)</script>",
        PDF.replace(b"endobj", b"endxxx", 1).replace(b"/Type/Catalog", b"/Type(Catalog"),
        plain(CATALOG % b"", b"<</Type/Pages/Kids[]/Count 7>>"),
        plain(CATALOG % b"", b"<</Type/Pages/Kids[9 0 R]/Count 1>>"),
        plain(CATALOG % b"", b"<</Type/Pages/Kids[2 0 R]/Count 1>>"),
        plain(CATALOG % b"", b"<</Kids[3 0 R]>>", b"<</Kids[2 0 R]>>"),
        plain(b"<</Type/Catalog>>", PAGES, PAGE % b""),
        plain(b"(no catalog)", PAGES, PAGE % b""),
        plain(CATALOG % b"", PAGES, PAGE % b"", root=77),
        compressed(b"<<", PAGES, PAGE % b""),
    ],
    "too_many_pages": [
        plain(CATALOG % b"", b"<</Kids[%s]>>" % (b"3 0 R " * 501), PAGE % b""),
        plain(CATALOG % b"", b"<</Kids 3 0 R>>", b"[%s]" % (b"4 0 R " * 501), PAGE % b""),
    ],
    "too_much": [
        pdf(*[b"null"] * pdf_files.MOST_OBJECTS),
        pdf(catalog=b"/X " + b"[" * 50_000 + b"]" * 50_000),
    ],
}


@pytest.mark.parametrize(
    ("code", "data"),
    [
        pytest.param(code, data, id=f"{code}-{number}")
        for code, rows in REFUSED.items()
        for number, data in enumerate(rows)
    ],
)
def test_a_pdf_that_is_refused(code: str, data: bytes):
    began = time.monotonic()
    found = refusal(data, "a.pdf")
    assert found == code or (code, found) == ("too_much", "broken")
    assert time.monotonic() - began < uploads.CPU_SECONDS + 5


def test_as_many_pages_as_are_allowed():
    kids = b"<</Kids[%s]>>" % (b"3 0 R " * 500)
    assert upload(plain(CATALOG % b"", kids, PAGE % b""), "a.pdf").pages == 500


@pytest.mark.parametrize("name", samples.HOSTILE)
def test_what_the_check_page_is_afraid_of(name: str):
    assert refusal(samples.HOSTILE[name](), "a.pdf") in ("broken", "too_much")


def test_a_second_file_behind_or_inside_a_pdf():
    assert refusal(PDF + SHEET, "a.pdf") == "broken"
    assert refusal(PDF + SHEET + b"\n%%EOF", "a.pdf") == "embedded"
    assert refusal(pdf(stream(SHEET)), "a.pdf") == "embedded"
    # The other way round it is no Excel file: something stands before it.
    assert refusal(b"PK\x03\x04" + PDF + SHEET, "a.xlsx") == "damaged"


def test_ordinary_names_are_no_scripts():
    fonts = b"/Resources<</Font<</JS 4 0 R/EF 4 0 R/XFA 4 0 R>>>>"
    said = stream(b"BT (JavaScript /JavaScripted /Launches) Tj ET")
    assert (
        upload(pdf(b"<</Type/Font/BaseFont/JS>>", said, page=fonts + b"/Contents 5 0 R"), "a.pdf").pages == 1
    )


@pytest.mark.parametrize(
    ("limit", "small"), [("MEMORY", 100 * 1024 * 1024), ("CPU_SECONDS", 1), ("WALL_SECONDS", 0.01)]
)
def test_each_limit_ends_the_reader(limit: str, small: float, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(uploads, limit, small)
    assert refusal(pdf(b"[" + b"[]" * 3_000_000 + b"]"), "a.pdf") == "too_much"


def test_only_so_many_at_once(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(uploads, "PATIENCE_SECONDS", 0.01)
    for _place in range(confined.MOST_AT_ONCE):
        assert confined.places.acquire(blocking=False)
    try:
        assert refusal(PDF, "a.pdf") == "busy"
        assert upload(WORD, "a.docx").kind == "docx"
    finally:
        for _place in range(confined.MOST_AT_ONCE):
            confined.places.release()
    assert upload(PDF, "a.pdf").pages == 1


# Word and Excel ---------------------------------------------------------------------------------------------


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


TYPES, BODY, BOOK = "[Content_Types].xml", "word/document.xml", "xl/workbook.xml"


def retyped(data: bytes, old: bytes, new: bytes) -> bytes:
    types = member(data, TYPES)
    assert old in types
    return packed(data, {TYPES: types.replace(old, new)})


def test_macros():
    plain_word = b"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    plain_sheet = b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
    word_macros = retyped(WORD, plain_word, b"application/vnd.ms-word.document.macroEnabled.main+xml")
    sheet_macros = retyped(SHEET, plain_sheet, b"application/vnd.ms-excel.sheet.macroEnabled.main+xml")
    hidden = retyped(SHEET, plain_sheet, b"application/vnd.ms-excel.sheet.macro&#69;nabled.main+xml")
    old_macros = retyped(SHEET, TYPE.format("worksheet").encode(), b"application/vnd.ms-excel.macrosheet+xml")
    for data in (
        word_macros,
        sheet_macros,
        hidden,
        old_macros,
        packed(WORD, {"word/vbaProject.bin": b"x"}),
        packed(WORD, {"word/VBAPROJECT.BIN": b"x"}),
        packed(WORD, {"docProps/deep/vbaProject.bin.xml": b"x"}),
        packed(SHEET, {"xl/vbaProject.bin": packages.OLE + bytes(504)}),
        packed(WORD, {"word/_rels/footer1.xml.rels": related(("vbaProject", "a.bin")), "word/a.bin": b"x"}),
    ):
        for name in ("a.docx", "a.docm", "a.xlsm", "a.pdf"):
            assert refusal(data, name) == "macros"


@pytest.mark.parametrize(
    "more",
    [
        {"word/embeddings/oleObject1.bin": b"x"},
        {"word/embeddings/Microsoft_Excel_Sheet1.xlsx": SHEET},
        {"word/EMBEDDINGS/a.xml": b"<a/>"},
        {"word/activeX/activeX1.bin": b"x"},
        {"customXml/item9.xml": SHEET},
        {"word/media/image9.png": packages.OLE + bytes(504)},
        {"word/media/image9.png": b"MZ" + bytes(504)},
        {"word/media/image9.png": PDF},
        {"word/media/image9.png": b"Rar!\x1a\x07" + bytes(500)},
        {"word/_rels/footer1.xml.rels": related(("oleObject", "media/a.png"))},
        {"word/_rels/footer1.xml.rels": related(("aFChunk", "a.html")), "word/a.html": b"<p>"},
        {"word/_rels/footer1.xml.rels": related(("package", "a.xml"))},
        {"word/_rels/FOOTER1.XML.RELS": related(("control", "a.xml"))},
    ],
)
def test_other_files_inside(more: dict[str, bytes]):
    assert refusal(packed(WORD, more), "a.docx") == "holds_files"


@pytest.mark.parametrize(
    ("kind", "target", "outside"),
    [
        ("attachedTemplate", "https://example.org/a.dotm", True),
        ("attachedTemplate", r"file://host/share/a.dotm", True),
        ("attachedTemplate", r"\\host\share\a.dotm", True),
        ("image", "http://example.org/seen.png", True),
        ("oleObject", "http://example.org/a.xls", True),
        ("frame", "http://example.org/", True),
        ("mailMergeSource", r"file:///C:\a.mdb", True),
        ("externalLink", "externalLinks/externalLink1.xml", False),
        ("connections", "connections.xml", False),
    ],
)
def test_what_would_fetch_something(kind: str, target: str, outside: bool):
    rows = related((kind, target), outside=outside)
    assert refusal(packed(WORD, {"word/_rels/settings.xml.rels": rows}), "a.docx") == "loads"
    assert refusal(packed(SHEET, {"xl/worksheets/_rels/sheet1.xml.rels": rows}), "a.xlsx") == "loads"
    spelled = rows.replace(b'"External"', b'"external"')
    assert refusal(packed(WORD, {"word/_rels/settings.xml.rels": spelled}), "a.docx") == "loads"


MEGABYTE = 1024 * 1024


def test_bombs():
    several = {f"word/media/{number}.bin": bytes(MEGABYTE) for number in range(101)}
    bombs = [
        packed(WORD, {"word/media/image9.png": bytes(50 * MEGABYTE)}),
        packed(WORD, {BODY: b" " * 20 * MEGABYTE + member(WORD, BODY)}),
        packed(WORD, {TYPES: b" " * 20 * MEGABYTE + member(WORD, TYPES)}),
        packed(SHEET, {"xl/_rels/workbook.xml.rels": b"<a>" + b"<b/>" * 100_001 + b"</a>"}),
        # Each below what makes a member suspicious.
        packed(WORD, several),
        packed(WORD, {f"word/{number}": b"" for number in range(office_files.MOST_MEMBERS)}),
    ]
    for data in bombs:
        assert len(data) < MEGABYTE
        tracemalloc.start()
        try:
            assert refusal(data, "a.docx") == "unpacks"
            assert tracemalloc.get_traced_memory()[1] < 40 * MEGABYTE
        finally:
            tracemalloc.stop()


def test_a_bomb_that_lies_about_its_size():
    data = packed(WORD, {"word/media/image9.png": bytes(50 * MEGABYTE)})
    said = struct.pack("<L", 50 * MEGABYTE)
    assert data.count(said) == 2
    for lie in (0, 1000, 49 * MEGABYTE):
        assert refusal(data.replace(said, struct.pack("<L", lie)), "a.docx") in ("damaged", "unpacks")


def test_a_list_of_members_that_is_longer_than_the_file_says():
    entry = b"PK\x01\x02" + bytes(42)
    end = b"PK\x05\x06" + struct.pack("<4H2LH", 0, 0, 1, 1, 400_000 * 46, 0, 0)
    tracemalloc.start()
    try:
        assert refusal(b"PK\x03\x04" + entry * 400_000 + end, "a.docx") == "unpacks"
        assert tracemalloc.get_traced_memory()[1] < 60 * MEGABYTE
    finally:
        tracemalloc.stop()


def test_members_that_lie_over_one_another():
    data = bytearray(packed(WORD, {"word/a1": b"x" * 1000, "word/a2": b"x" * 1000}))
    entries = [data.rfind(b"word/" + name) - 46 for name in (b"a1", b"a2")]
    data[entries[1] + 42 : entries[1] + 46] = data[entries[0] + 42 : entries[0] + 46]
    assert refusal(bytes(data), "a.docx") == "damaged"


@pytest.mark.parametrize(
    "name",
    [
        "../a.xml",
        "word/../../a.xml",
        "/etc/passwd",
        "..",
        r"word\a.xml",
        "C:/a.xml",
        "a\nb",
        "word/a\x7f.xml",
    ],
)
def test_members_that_lead_out(name: str):
    assert refusal(packed(WORD, {name: b"x"}), "a.docx") == "damaged"


def test_a_member_that_leads_elsewhere():
    out = io.BytesIO(WORD)
    link = zipfile.ZipInfo("word/link")
    link.create_system, link.external_attr = 3, 0o120777 << 16
    with zipfile.ZipFile(out, "a") as archive:
        archive.writestr(link, "/etc/passwd")
    assert refusal(out.getvalue(), "a.docx") == "damaged"


@pytest.mark.parametrize("name", [BODY, BODY.upper()])
def test_two_members_of_one_name(name: str):
    out = io.BytesIO(WORD)
    with warnings.catch_warnings(), zipfile.ZipFile(out, "a") as archive:
        warnings.simplefilter("ignore")
        archive.writestr(name, "<a/>")
    assert refusal(out.getvalue(), "a.docx") == "damaged"


def with_comment(data: bytes, comment: bytes) -> bytes:
    out = io.BytesIO(data)
    with zipfile.ZipFile(out, "a") as archive:
        archive.comment = comment
    return out.getvalue()


def with_gap(data: bytes, between: bytes) -> bytes:
    """The file with something between its members and their list, which still finds them."""
    start = data.index(b"PK\x01\x02")
    end = data.rindex(b"PK\x05\x06")
    moved = data[end : end + 16] + struct.pack("<L", start + len(between)) + data[end + 20 :]
    return data[:start] + between + data[start:end] + moved


@pytest.mark.parametrize(
    "data",
    [
        b"PK\x03\x04" + bytes(100) + WORD,
        JPEG.replace(b"\xff\xd8", b"PK\x03\x04", 1) + WORD,
        WORD + b"<script>alert(1)</script>",
        with_comment(WORD, PDF),
        with_gap(WORD, PDF),
        WORD[: len(WORD) // 2],
        WORD[:-1],
        WORD[:30],
        packed(WORD, {}, zipfile.ZIP_BZIP2),
        packed(WORD, {}, zipfile.ZIP_LZMA),
        packed(WORD, {BODY: b"<a/>"}),
        packed(WORD, {BODY: b""}),
        packed(WORD, {BODY: b"<!DOCTYPE a>" + member(WORD, BODY)}),
        packed(WORD, {BODY: b"<!--" + b" " * 65527 + b"--><!DOCTYPE a [<!ENTITY b 'c'>]><a/>"}),
        packed(WORD, {BODY: member(WORD, BODY).decode().replace("UTF-8", "UTF-16").encode("utf-16")}),
        packed(WORD, {}, without=BODY),
        packed(WORD, {TYPES: b"<"}),
        packed(SHEET, {"xl/_rels/workbook.xml.rels": b"<!DOCTYPE a><a/>"}),
        packed(SHEET, {"xl/_rels/workbook.xml.rels": "<a/>".encode("utf-16")}),
        packed(SHEET, {BOOK: member(WORD, BODY)}),
    ],
    # By their bytes they would be named after the second in which they were packed.
    ids=range(20),
)
def test_a_damaged_or_doubtful_package(data: bytes):
    assert refusal(data, "a.docx") == "damaged"


def test_one_byte_of_a_member_is_wrong():
    """What is not read for its words is read for its sum."""
    data = bytearray(packed(WORD, {"word/media/image9.png": JPEG}, zipfile.ZIP_STORED))
    data[data.index(JPEG) + 100] ^= 1
    assert refusal(bytes(data), "a.docx") == "damaged"


def test_a_locked_member():
    data = bytearray(WORD)
    for sign, flags in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        place = data.find(sign)
        while place >= 0:
            data[place + flags] |= 1
            place = data.find(sign, place + 4)
    assert refusal(bytes(data), "a.docx") == "locked"


def test_other_archives():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("申请书.pdf", PDF)
    assert refusal(out.getvalue(), "a.zip") == "archive"
    assert refusal(out.getvalue(), "a.docx") == "archive"
    slides = retyped(
        WORD,
        b"wordprocessingml.document.main+xml",
        b"presentationml.presentation.main+xml",
    )
    assert refusal(slides, "a.docx") == "archive"
    assert refusal(packed(WORD, {}, without="_rels/.rels"), "a.docx") == "archive"


# Forms and API ----------------------------------------------------------------------------------------------


class Form(forms.Form):
    files = FilesField(most=2)


def sent(*files: tuple[str, bytes]) -> list[SimpleUploadedFile]:
    # A browser may say of a file what it likes.
    return [SimpleUploadedFile(name, data, content_type="text/html") for name, data in files]


def form(*files: tuple[str, bytes]) -> Form:
    return Form({}, MultiValueDict({"files": sent(*files)}))


def test_a_form_takes_several_files():
    found = form(("a.pdf", PDF), ("b.docx", WORD))
    assert found.is_valid()
    assert [each.name for each in found.cleaned_data["files"]] == ["a.pdf", "b.docx"]
    assert form().is_valid()
    assert form().fields["files"].clean([]) == []


def test_a_form_names_the_files_that_it_refuses():
    found = form(("a\u202e.pdf", b""), ("b.docx", PDF))
    assert found.errors["files"] == [
        "a.pdf: The file is empty.",
        "b.docx: The name ends in .docx, but the file is a PDF. Give it its right name, and send it again.",
    ]
    assert form(*[("a.pdf", b"x")] * 3).errors["files"] == ["At most 2 files can be sent."]


def test_a_form_that_asks_for_files():
    field = FilesField(required=True)
    for nothing in (None, []):
        with pytest.raises(ValidationError, match="required"):
            field.clean(nothing)
    shown = str(Form()["files"])
    assert "multiple" in shown
    assert 'accept=".pdf,.docx,.xlsx,.jpg' in shown
    assert "at most 2 files: documents of 20 MB each, photos of 10 MB" in str(
        Form().fields["files"].help_text
    )
    assert "at most 5 files" in str(field.help_text)


def test_the_api():
    class Given(serializers.Serializer[Any]):
        files = api_fields.FilesField(most=2)

    def answer(*files: tuple[str, bytes]) -> Given:
        given = Given(data=MultiValueDict({"files": sent(*files)}))
        given.is_valid()
        return given

    assert [each.kind for each in answer(("a.pdf", PDF)).validated_data["files"]] == ["pdf"]
    assert answer(("a.pdf", b"")).errors["files"] == ["a.pdf: The file is empty."]
    assert len(answer(*[("a.pdf", PDF)] * 3).errors["files"]) == 1
    assert answer().is_valid()


def test_too_many_are_not_even_read():
    with pytest.raises(ValidationError) as refused:
        read_files([None] * 6)
    assert refused.value.code == "too_many"


def test_every_sentence_is_one():
    for code, sentence in uploads.SENTENCES.items():
        shown = str(sentence) % {"most": 20, "pages": 500, "ending": ".x", "what": "a PDF"}
        assert shown.endswith("."), code


# Anything ---------------------------------------------------------------------------------------------------


def mutated(*good: bytes) -> st.SearchStrategy[bytes]:
    """A good file with some bytes changed, some left out, and perhaps its end."""

    def changed(data: bytes) -> st.SearchStrategy[bytes]:
        place = st.integers(0, len(data) - 1)
        return st.builds(
            change,
            st.just(data),
            st.lists(st.tuples(place, st.integers(0, 255)), max_size=6),
            st.tuples(place, st.sampled_from([0, 0, 0, 1, 20])),
            # Three of four are whole.
            st.one_of(*[st.just(len(data))] * 3, place),
        )

    def change(data: bytes, bytes_: list[tuple[int, int]], cut: tuple[int, int], keep: int) -> bytes:
        found = bytearray(data)
        for place, value in bytes_:
            found[place] = value
        del found[cut[0] : cut[0] + cut[1]]
        return bytes(found[:keep])

    return st.sampled_from(good).flatmap(changed)


NAMES = st.one_of(st.text(max_size=120), st.sampled_from(["a.pdf", "a.docx", "a.xlsx", "a.jpg"]))


def survives(data: bytes, name: str) -> None:
    began = time.monotonic()
    with contextlib.suppress(ValidationError):
        found = upload(data, name)
        assert 0 < len(found.name) <= 100
        assert found.name.endswith(f".{found.kind}")
        assert not {"/", "\\", "\0", "\u202e"} & set(found.name)
    assert time.monotonic() - began < 5


@settings(max_examples=150, deadline=None)
@given(data=st.one_of(mutated(WORD, SHEET, JPEG, photo("PNG"), photo("WEBP")), st.binary()), name=NAMES)
def test_whatever_happens_to_a_file(data: bytes, name: str):
    survives(data, name)


@settings(max_examples=25, deadline=None)
@given(data=mutated(PDF, typeset(2), compressed(CATALOG % b"", PAGES, PAGE % b"")), name=NAMES)
def test_whatever_happens_to_a_pdf(data: bytes, name: str):
    survives(data, name)


@settings(max_examples=20, deadline=None)
@given(
    head=st.sampled_from([b"%PDF-1.7\n", b"PK\x03\x04", b"\xff\xd8\xff", b"RIFF1234WEBP"]), rest=st.binary()
)
def test_whatever_follows_a_good_beginning(head: bytes, rest: bytes):
    survives(head + rest, "a.pdf")


def answered(read: Callable[[bytes], dict[str, Any]], data: bytes) -> dict[str, Any]:
    try:
        return read(data)
    except Exception:
        return {"problem": "broken"}


@settings(max_examples=200, deadline=None)
@given(data=mutated(pdf(SCRIPT, catalog=b"/OpenAction 4 0 R")))
def test_the_reader_of_pdfs_always_answers(data: bytes):
    began = time.monotonic()
    found = answered(pdf_files.read, data)
    assert found["problem"] or found["pages"]
    assert time.monotonic() - began < 2
