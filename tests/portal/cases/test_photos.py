"""A photo is hostile input: what is kept is drawn anew, and what cannot be drawn is refused in words."""

from __future__ import annotations

import io
import struct
import tracemalloc
import zlib

import pytest
from django.core.exceptions import ValidationError
from PIL import Image, PngImagePlugin

from portal.cases import attachments
from portal.cases.attachments import LONGEST_SIDE, MOST_PIXELS, Photo, read_photo

SECRET = "position 30.25 120.16"
ORIENTATION, MAKER, DATE = 0x0112, 0x010F, 0x9003


def read(data: bytes) -> Photo:
    return read_photo(io.BytesIO(data), size=len(data))


def saved(kind: str, *, size: tuple[int, int] = (60, 40), mode: str = "RGB", **options: object) -> bytes:
    out = io.BytesIO()
    Image.new(mode, size, 1 if mode == "P" else "green").save(out, kind, **options)
    return out.getvalue()


def notes(key: str, text: str) -> PngImagePlugin.PngInfo:
    info = PngImagePlugin.PngInfo()
    info.add_text(key, text)
    return info


def exif() -> Image.Exif:
    made = Image.Exif()
    made[ORIENTATION] = 6
    made[MAKER] = SECRET
    made.get_ifd(0x8769)[DATE] = "2026:01:01 00:00:00"
    return made


def test_a_jpeg_loses_comment_and_exif_and_stands_upright():
    photo = read(saved("JPEG", comment=SECRET.encode(), exif=exif()))
    assert SECRET.encode() not in photo.data
    assert (photo.width, photo.height) == (40, 60)
    with Image.open(io.BytesIO(photo.data)) as kept:
        assert kept.size == (40, 60)
        assert not kept.getexif()
        assert set(kept.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}


@pytest.mark.parametrize("key", ["comment", "Comment", "exif", "XML:com.adobe.xmp", "icc_profile", "dpi"])
def test_a_png_loses_its_texts(key):
    assert SECRET.encode() not in read(saved("PNG", pnginfo=notes(key, SECRET))).data


def test_a_text_longer_than_a_jpeg_comment_can_be():
    photo = read(saved("PNG", pnginfo=notes("comment", "x" * 70_000)))
    assert (photo.width, photo.height) == (60, 40)
    assert len(photo.data) < 5_000


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_broken_note_of_the_camera_costs_no_photo(kind):
    good = exif().tobytes()
    whole = saved(kind, exif=good)
    assert good[6:] in whole
    start = whole.index(good[6:])
    seen = 0
    for place in range(8, len(good) - 6, 3):
        for value in (0, 2, 12, 255):
            broken = bytearray(whole)
            broken[start + place] = value
            if kind == "PNG":
                broken = bytearray(with_right_sums(bytes(broken)))
            photo = read(bytes(broken))
            assert {photo.width, photo.height} == {60, 40}
            seen += 1
    assert seen > 50


def with_right_sums(png: bytes) -> bytes:
    """The PNG with the checksum of each of its chunks put right."""
    out, place = png[:8], 8
    while place < len(png):
        (length,) = struct.unpack(">I", png[place : place + 4])
        body = png[place + 4 : place + 8 + length]
        out += png[place : place + 4] + body + struct.pack(">I", zlib.crc32(body))
        place += 12 + length
    return out


def bare_png(width: int, height: int) -> bytes:
    """A PNG that says how large it is, with hardly a pixel in it."""
    chunks = [(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0))]
    chunks += [(b"IDAT", zlib.compress(bytes(1000))), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in chunks
    )


@pytest.mark.parametrize("size", [(5001, 5001), (7070, 7070), (40_000, 40_000), (MOST_PIXELS + 1, 1)])
def test_too_many_pixels_are_refused_before_they_are_decoded(size, monkeypatch):
    monkeypatch.setattr(attachments, "_drawn", lambda image: pytest.fail("must not be decoded"))
    tracemalloc.start()
    try:
        with pytest.raises(ValidationError):
            read(bare_png(*size))
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()


def test_a_telephones_photo_is_made_small():
    photo = read(saved("JPEG", size=(5712, 4284)))
    assert max(photo.width, photo.height) == LONGEST_SIDE


@pytest.mark.parametrize("mode", ["P", "L", "LA", "RGBA", "1", "I"])
def test_every_kind_of_png_is_drawn(mode):
    photo = read(saved("PNG", mode=mode) if mode != "I" else saved_deep())
    with Image.open(io.BytesIO(photo.data)) as kept:
        assert (kept.mode, kept.size) == ("RGB", (60, 40))


def saved_deep() -> bytes:
    out = io.BytesIO()
    Image.new("I;16", (60, 40), 30_000).save(out, "PNG")
    return out.getvalue()


@pytest.mark.parametrize("keep", [0, 4, 200, -30])
def test_half_a_file_is_no_photo(keep):
    with pytest.raises(ValidationError) as refused:
        read(saved("JPEG", size=(300, 200))[:keep])
    assert refused.value.code == "no_photo"
