"""Photos with a case: decoded and written anew, so that nothing travels with them.

A photo is read as hostile input. What is kept is a JPEG that this portal has drawn itself: no position, no
camera, no name of a person, no second file hidden behind the first (domain: photo metadata is never public).
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import IO

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.utils.translation import gettext as _
from PIL import Image, ImageOps

from portal.cases import kept_files
from portal.cases.models import Attachment, Case
from portal.ledger.actions import record
from portal.organisation.actors import Actor

MOST_PHOTOS = 6
MOST_BYTES = 10 * 1024 * 1024
# What telephones send unasked (5712 x 4284); decoded, a picture takes up to four bytes a pixel.
MOST_PIXELS = 25_000_000
LONGEST_SIDE = 2000
FORMATS = ("JPEG", "PNG", "WEBP")
SMOOTH_MODES = ("RGB", "RGBA", "L", "LA", "CMYK", "YCbCr")


@dataclass(frozen=True, slots=True)
class Photo:
    """A photo that was looked at and drawn anew: JPEG bytes and their size in pixels."""

    data: bytes
    width: int
    height: int


def read_photo(file: IO[bytes], *, size: int) -> Photo:
    """The photo in an uploaded file. Raises ValidationError, with a sentence, for what is none."""
    if size > MOST_BYTES:
        raise ValidationError(
            _("The photo is larger than %(most)s MB.") % {"most": MOST_BYTES // 1024 // 1024}, "too_large"
        )
    no_photo = ValidationError(
        _("This file is not a photo (JPEG, PNG or WebP) or it is damaged."), "no_photo"
    )
    try:
        with warnings.catch_warnings():
            # A camera's broken note is no matter for the log; size is refused below, in words.
            warnings.simplefilter("ignore")
            with Image.open(file, formats=FORMATS) as image:
                if image.width * image.height > MOST_PIXELS:
                    raise ValidationError(_("The photo has too many pixels."), "too_large")
                return _drawn(image)
    except ValidationError:
        raise
    except Exception:
        # A damaged file makes the decoder fail in ways that it does not list; each means the same here.
        raise no_photo from None


def _drawn(image: Image.Image) -> Photo:
    """The picture alone, small and upright. Raises whatever the decoder raises for a damaged file."""
    image.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
    image.load()
    # Palettes cannot be made smaller smoothly; everything else is, before it is copied.
    small = image if image.mode in SMOOTH_MODES else image.convert("RGB")
    small.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    # A camera's note may be broken where the picture is not, which then stays as it lies.
    with contextlib.suppress(Exception):
        small = ImageOps.exif_transpose(small)
    drawn = small.convert("RGB")
    # Comments and profiles would be written into the new file.
    drawn.info = {}
    out = io.BytesIO()
    drawn.save(out, "JPEG", quality=85, optimize=True)
    return Photo(out.getvalue(), drawn.width, drawn.height)


@kept_files.undone_with_the_verb()
def attach(case: Case, photos: Sequence[Photo], *, actor: Actor, at: datetime) -> list[Attachment]:
    """Keep photos with a case; call inside the transaction of the verb they belong to."""
    rows = [_row(case, photo, actor=actor, at=at) for photo in photos]
    for row, photo in zip(rows, photos, strict=True):
        row.file.save(f"{row.sha256}.jpg", ContentFile(photo.data), save=False)
        kept_files.note(row.file)
        row.save(force_insert=True)
    if rows:
        hashes = [row.sha256 for row in rows]
        record(case.subject, "photos_attached", at=at, actor=actor, data={"sha256": hashes})
    return rows


def _row(case: Case, photo: Photo, *, actor: Actor, at: datetime) -> Attachment:
    return Attachment(
        case_id=case.pk,
        sha256=hashlib.sha256(photo.data).hexdigest(),
        width=photo.width,
        height=photo.height,
        by_public=not actor.is_staff,
        at=at,
    )
