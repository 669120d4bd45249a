"""Which characters the fonts of a document can print, and the fonts themselves.

A character without a glyph would be printed as a box: on a decision about a person that box is the person's
name. So it is known before, and the document is refused.
"""

from __future__ import annotations

import functools
import struct
from pathlib import Path

import pylopdf_fonts_zh_cn

FONT_FOLDER = Path(pylopdf_fonts_zh_cn.__file__).parent
FONT_FILES = (pylopdf_fonts_zh_cn.serif_path(), pylopdf_fonts_zh_cn.sans_path())
UNICODE_FULL = (3, 10)
SEGMENTED_COVERAGE = 12


@functools.cache
def printable() -> frozenset[str]:
    """Every character that one of the document's two fonts has a glyph for."""
    return frozenset().union(*(characters_of(path.read_bytes()) for path in FONT_FILES))


def characters_of(font: bytes) -> frozenset[str]:
    """The characters in an OpenType font's `cmap` table, format 12 (OpenType 1.9, "cmap").

    Raises ValueError for a font without that table, which every font with rare Chinese characters has.
    """
    (tables,) = struct.unpack_from(">H", font, 4)
    for index in range(tables):
        tag, _checksum, start, _length = struct.unpack_from(">4sLLL", font, 12 + 16 * index)
        if tag == b"cmap":
            return _characters_of_table(font, start)
    raise ValueError("the font has no cmap table")


def _characters_of_table(font: bytes, start: int) -> frozenset[str]:
    (subtables,) = struct.unpack_from(">H", font, start + 2)
    for index in range(subtables):
        platform, encoding, offset = struct.unpack_from(">HHL", font, start + 4 + 8 * index)
        at = start + offset
        if (platform, encoding) == UNICODE_FULL and struct.unpack_from(">H", font, at)[
            0
        ] == SEGMENTED_COVERAGE:
            (groups,) = struct.unpack_from(">L", font, at + 12)
            spans = struct.iter_unpack(">LLL", font[at + 16 : at + 16 + 12 * groups])
            return frozenset(chr(code) for first, last, _glyph in spans for code in range(first, last + 1))
    raise ValueError("the font has no cmap subtable of format 12")
