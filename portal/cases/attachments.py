"""Photos with a case: decoded and written anew, so that nothing travels with them.

A photo is read as hostile input. What is kept is a JPEG that this portal has drawn itself: no position, no
camera, no name of a person, no second file hidden behind the first (domain: photo metadata is never public).
"""

from __future__ import annotations

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
from PIL import Image, ImageOps, UnidentifiedImageError

from portal.cases.models import Attachment, Case
from portal.ledger.actions import record
from portal.organisation.actors import Actor

MOST_PHOTOS = 6
MOST_BYTES = 10 * 1024 * 1024
MOST_PIXELS = 50_000_000
LONGEST_SIDE = 2000
FORMATS = ("JPEG", "PNG", "WEBP")


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
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(file, formats=FORMATS) as image:
                if image.width * image.height > MOST_PIXELS:
                    raise ValidationError(_("The photo has too many pixels."), "too_large")
                upright = ImageOps.exif_transpose(image).convert("RGB")
    except (UnidentifiedImageError, Image.DecompressionBombWarning, Image.DecompressionBombError):
        raise no_photo from None
    except (OSError, ValueError, SyntaxError, EOFError, MemoryError):
        raise no_photo from None
    upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    out = io.BytesIO()
    upright.save(out, "JPEG", quality=85, optimize=True)
    return Photo(out.getvalue(), upright.width, upright.height)


def attach(case: Case, photos: Sequence[Photo], *, actor: Actor, at: datetime) -> list[Attachment]:
    """Keep photos with a case; call inside the transaction of the verb they belong to."""
    rows = []
    for photo in photos:
        digest = hashlib.sha256(photo.data).hexdigest()
        row = Attachment(
            case_id=case.pk,
            sha256=digest,
            width=photo.width,
            height=photo.height,
            by_public=not actor.is_staff,
            at=at,
        )
        row.file.save(f"{digest}.jpg", ContentFile(photo.data), save=False)
        row.save(force_insert=True)
        rows.append(row)
    if rows:
        record(
            case.subject, "photos_attached", at=at, actor=actor, data={"sha256": [row.sha256 for row in rows]}
        )
    return rows
