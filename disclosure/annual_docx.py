"""The annual report as a Word file, for those who have to hand it on: the same chapters, numbers and rules.

The fonts are those that offices have; a machine without them puts its own in their place.
"""

from __future__ import annotations

import io
from datetime import UTC
from typing import Any

from django.conf import settings
from docx import Document
from docx.enum.table import WD_ALIGN_VERTICAL, WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt

from disclosure.annual_form import Chapter, Grid, chapters, placed
from disclosure.models.reports import AnnualReport
from disclosure.reporting import tables_of, title_of
from portal.cases.terms import local_day
from portal.documents.typed import in_full

BODY, HEADING, TITLE = "仿宋", "黑体", "宋体"
# GB/T 9704-2012: a type area of 156 mm, text of 16 pt, a title of 22 pt.
AREA, TEXT_SIZE, TITLE_SIZE, FOOT_SIZE, CELL_SIZE = 156, Pt(16), Pt(22), Pt(14), Pt(10.5)
LINE = Pt(28)


def docx(report: AnnualReport) -> bytes:
    """The file of a report: an approved one's kept tables, of a draft those of now."""
    file = Document()
    _describe(file, report)
    _page(file)
    _paragraph(file, title_of(report.year), font=TITLE, size=TITLE_SIZE, bold=True, centred=True)
    if report.document is not None:
        _paragraph(file, report.document.number, centred=True)
    for chapter in chapters(report.figures, report.texts, tables_of(report)):
        _chapter(file, chapter)
    if report.approved_at is not None:
        for line in (settings.BUREAU["name"], in_full(local_day(report.approved_at))):
            _paragraph(file, line).alignment = WD_ALIGN_PARAGRAPH.RIGHT
    kept = io.BytesIO()
    file.save(kept)
    return kept.getvalue()


def _describe(file: Any, report: AnnualReport) -> None:
    """What the file says of itself; the empty one that it is made from says other things."""
    said = file.core_properties
    said.title, said.author = title_of(report.year), settings.BUREAU["name"]
    said.language, said.comments, said.last_modified_by = "zh-CN", "", settings.BUREAU["name"]
    if report.approved_at is not None:
        said.created = said.modified = report.approved_at.astimezone(UTC).replace(tzinfo=None)
    for language in file.styles.element.iter(qn("w:lang")):
        language.set(qn("w:eastAsia"), "zh-CN")


def _page(file: Any) -> None:
    section = file.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin, section.right_margin = Mm(28), Mm(26)
    section.top_margin, section.bottom_margin = Mm(30), Mm(30)
    foot = section.footer.paragraphs[0]
    foot.alignment = WD_ALIGN_PARAGRAPH.CENTER
    number = OxmlElement("w:fldSimple")
    number.set(qn("w:instr"), "PAGE")
    _run(foot, "— ", font=BODY, size=FOOT_SIZE)
    foot._p.append(number)
    _run(foot, " —", font=BODY, size=FOOT_SIZE)


def _paragraph(
    file: Any,
    text: str,
    *,
    font: str = BODY,
    size: Any = TEXT_SIZE,
    bold: bool = False,
    centred: bool = False,
) -> Any:
    """A paragraph of one run, whose Chinese characters have a font of their own (`w:eastAsia`)."""
    paragraph = file.add_paragraph()
    _run(paragraph, text, font=font, size=size, bold=bold)
    shape = paragraph.paragraph_format
    shape.space_before = shape.space_after = Pt(0)
    shape.line_spacing_rule, shape.line_spacing = WD_LINE_SPACING.EXACTLY, LINE
    if centred:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    return paragraph


def _run(paragraph: Any, text: str, *, font: str, size: Any, bold: bool = False) -> None:
    run = paragraph.add_run(text)
    run.font.name, run.font.size, run.font.bold = font, size, bold
    run._element.rPr.rFonts.set(qn("w:eastAsia"), font)


def _chapter(file: Any, chapter: Chapter) -> None:
    heading = _paragraph(file, chapter.heading, font=HEADING)
    heading.paragraph_format.first_line_indent = 2 * TEXT_SIZE
    heading.paragraph_format.keep_with_next = True
    heading.paragraph_format.page_break_before = chapter.dense
    # A heading to who moves about in the file; the look is the form's own.
    level = OxmlElement("w:outlineLvl")
    level.set(qn("w:val"), "0")
    heading._p.get_or_add_pPr().append(level)
    for text in chapter.paragraphs:
        _paragraph(file, text).paragraph_format.first_line_indent = 2 * TEXT_SIZE
    for grid in chapter.grids:
        _table(file, grid)


def _table(file: Any, grid: Grid) -> None:
    table = file.add_table(len(grid.lines), len(grid.widths), style="Table Grid")
    table.alignment, table.autofit = WD_TABLE_ALIGNMENT.CENTER, False
    widths = [Mm(AREA * width / sum(grid.widths)) for width in grid.widths]
    # Asking the table for a cell counts all of them anew; merging takes away those that are covered.
    cells = [list(row.cells) for row in table.rows]
    for row in cells:
        for cell, width in zip(row, widths, strict=True):
            cell.width = width
    for line, column, each in placed(grid):
        cell = cells[line][column]
        if each.across > 1 or each.down > 1:
            cell = cell.merge(cells[line + each.down - 1][column + each.across - 1])
        cell.vertical_alignment = WD_ALIGN_VERTICAL.CENTER
        paragraph = cell.paragraphs[0]
        paragraph.alignment = (
            WD_ALIGN_PARAGRAPH.LEFT
            if each.is_head and len(each.text) > 8 and each.down == 1
            else WD_ALIGN_PARAGRAPH.CENTER
        )
        _run(paragraph, each.text, font=HEADING if each.is_head else BODY, size=CELL_SIZE)
    for head in table.rows[: grid.heads]:
        # Read aloud as heads, and repeated where the table goes on overleaf.
        head._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))
    # Between two tables, which Word would make one of.
    _gap(file)


def _gap(file: Any) -> None:
    shape = file.add_paragraph().paragraph_format
    shape.space_before = shape.space_after = Pt(0)
    shape.line_spacing_rule, shape.line_spacing = WD_LINE_SPACING.EXACTLY, Pt(6)
