"""The values a document was made of, in its signed file, so that a page can be drawn from what was signed.

They lie in the catalogue's page-piece dictionary, PDF's own place for data of an application (ISO 32000-1,
14.5), which PDF/A-2 permits; a reader of PDFs shows nothing of them, and the signature covers them.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_date, pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader

PIECE, PART, DATA, CHANGED = map(
    pdf_name, ("/PieceInfo", "/GovernmentAffairsPortal", "/Private", "/LastModified")
)


class NothingEnclosed(Exception):
    """The file holds no values of ours."""


class _Appending(IncrementalPdfFileWriter):
    """Adds the values and leaves the document's properties alone, as what signs it does."""

    def _update_meta(self) -> None:
        pass


def enclose(pdf: bytes, values: Mapping[str, Any], *, at: datetime) -> bytes:
    """The file with the values inside; call before it is signed."""
    data = json.dumps(values, ensure_ascii=False, sort_keys=True, default=str).encode()
    writer = _Appending(io.BytesIO(pdf))
    stream = writer.add_object(generic.StreamObject(stream_data=data))
    part = generic.DictionaryObject({CHANGED: pdf_date(at), DATA: stream})
    writer.root[PIECE] = generic.DictionaryObject({PART: part})
    writer.update_root()
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def enclosed(pdf: bytes) -> dict[str, Any]:
    """The values that were enclosed. For files that are known to be ours; raises NothingEnclosed."""
    try:
        found = json.loads(PdfFileReader(io.BytesIO(pdf)).root[PIECE][PART][DATA].data)
    except (PdfError, KeyError, ValueError, AttributeError, TypeError):
        raise NothingEnclosed from None
    if not isinstance(found, dict):
        raise NothingEnclosed
    return found
