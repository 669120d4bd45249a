"""Files that come with the demonstration's texts: drawn pictures, forms as PDF, tables as Word files.

None is kept in the repository: each is made of its words, and is the same every time.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from random import Random

from django.conf import settings
from docx import Document
from PIL import Image, ImageDraw, ImageFont

from disclosure.synthetic_words import vocabulary
from portal.cases.uploads import LONGEST_NAME, MEDIA_TYPES, Upload, clean_name
from portal.documents.glyphs import FONT_FOLDER
from portal.documents.rendering import render

SIZE = 640, 400
PAPER, INK, FAINT, BLUE, GREEN = "#ffffff", "#1f2937", "#d1d5db", "#0b3d78", "#4d7c3f"
DISTRICTS = ("东溪区", "西岭区", "南湖区")
STREETS = ("望湖路", "文澜路", "翠屏路", "织造路")
# A file of a zip is dated, and the day on which it was made is no part of what it says.
LONG_AGO = (2026, 1, 1, 0, 0, 0)


def upload(name: str, data: bytes, kind: str) -> Upload:
    """As one that was looked at: what we have drawn ourselves needs no second look."""
    cut = clean_name(name)[: LONGEST_NAME - len(kind) - 1]
    return Upload(f"{cut}.{kind}", data, kind, MEDIA_TYPES[kind], hashlib.sha256(data).hexdigest())


# Pictures ---------------------------------------------------------------------------------------------------


def picture(caption: str) -> Upload:
    """A chart of the districts, or a plan of some streets, with the caption above it."""
    # The same caption gives the same picture: this is chance, not secrecy.
    chance = Random(caption)  # noqa: S311
    image = Image.new("RGB", SIZE, PAPER)
    draw = ImageDraw.Draw(image)
    name = chance.choice(("各区完成情况", "作业路段示意图"))
    for line, text in enumerate((caption[:26], caption[26:52])):
        draw.text((SIZE[0] / 2, 16 + 26 * line), text, font=_font(20), fill=INK, anchor="ma")
    if name == "各区完成情况":
        _chart(draw, chance)
    else:
        _plan(draw, chance, caption)
    drawn_by = f"{settings.BUREAU['name']}制图"
    draw.text((SIZE[0] - 16, SIZE[1] - 8), drawn_by, font=_font(13), fill=INK, anchor="rs")
    kept = io.BytesIO()
    image.save(kept, "JPEG", quality=80)
    return upload(name, kept.getvalue(), "jpg")


@cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(FONT_FOLDER / "NotoSansSC-Regular.otf"), size)


def _chart(draw: ImageDraw.ImageDraw, chance: Random) -> None:
    foot, high = 340, 220
    for share in (25, 50, 75, 100):
        y = foot - high * share / 100
        draw.line((80, y, 600, y), fill=FAINT)
        draw.text((70, y), f"{share}%", font=_font(13), fill=INK, anchor="rm")
    for place, district in enumerate(DISTRICTS):
        share, left = chance.randrange(58, 101), 130 + 160 * place
        top = foot - high * share / 100
        draw.rectangle((left, top, left + 90, foot), fill=BLUE)
        draw.text((left + 45, top - 4), f"{share}%", font=_font(15), fill=INK, anchor="ms")
        draw.text((left + 45, foot + 8), district, font=_font(16), fill=INK, anchor="ma")
    draw.line((80, foot, 600, foot), fill=INK, width=2)


def _plan(draw: ImageDraw.ImageDraw, chance: Random, caption: str) -> None:
    # The street that it is about, where it names one.
    named = [road for road in vocabulary()["roads"] if road in caption]
    across, down = (*named[:1], *chance.sample([road for road in STREETS if road not in named], 2))[:2]
    x, y = chance.randrange(180, 460), chance.randrange(140, 230)
    draw.rectangle((40, 90, 600, 350), outline=INK)
    draw.rectangle((x + 30, y + 30, 590, 340), fill="#dcead5")
    draw.text(((x + 620) / 2, (y + 370) / 2), "公园绿地", font=_font(16), fill=GREEN, anchor="mm")
    draw.rectangle((41, y - 12, 599, y + 12), fill=FAINT)
    draw.rectangle((x - 12, 91, x + 12, 349), fill=FAINT)
    start = chance.randrange(60, 300)
    draw.line((start, y, start + 240, y), fill=BLUE, width=10)
    draw.text((start + 120, y - 18), "作业路段", font=_font(16), fill=BLUE, anchor="ms")
    draw.text((590, y), across, font=_font(16), fill=INK, anchor="rm")
    for place, character in enumerate(down):
        draw.text((x, 272 + 22 * place), character, font=_font(16), fill=INK, anchor="ma")


# Papers -----------------------------------------------------------------------------------------------------


def form(title: str, labels: Sequence[str], *, at: datetime) -> Upload:
    """A form to fill in, as PDF."""
    fields = [{"label": label, "value": ""} for label in labels]
    data = render("form", {"title": title, "agency": settings.BUREAU["name"], "fields": fields}, at=at)
    return upload(title, data, "pdf")


def table(title: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> Upload:
    """A title and a table, as a Word file."""
    file = Document()
    file.core_properties.author, file.core_properties.title = settings.BUREAU["name"], title
    file.add_heading(title, level=1)
    cells = file.add_table(1, len(head), style="Table Grid")
    for row in (head, *rows):
        for cell, text in zip(
            cells.rows[0].cells if row is head else cells.add_row().cells, row, strict=True
        ):
            cell.text = text
    kept = io.BytesIO()
    file.save(kept)
    return upload(title, _dated_long_ago(kept), "docx")


def _dated_long_ago(packed: io.BytesIO) -> bytes:
    kept = io.BytesIO()
    with zipfile.ZipFile(packed) as old, zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            info = zipfile.ZipInfo(name, LONG_AGO)
            info.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(info, old.read(name))
    return kept.getvalue()
