"""Handing out files that somebody uploaded, so that they are saved and never shown by this site."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse
from django.utils.http import content_disposition_header

# Whoever opens it in the browser all the same gets a page that can do nothing.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; object-src 'self'; frame-ancestors 'none'; sandbox"


def as_attachment(data: bytes, *, name: str, media_type: str) -> HttpResponse:
    """Bytes of a stranger's file, to be saved and not shown; `name` was cleaned when it came in."""
    return HttpResponse(
        data,
        content_type=media_type,
        headers={
            "Content-Disposition": content_disposition_header(as_attachment=True, filename=name)
            or "attachment",
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": POLICY,
        },
    )


def kept_bytes(file: Any) -> bytes:
    """What lies in storage, no larger than an upload may be, read at once; Http404 where it is gone."""
    try:
        with file.open("rb") as found:
            return bytes(found.read())
    except OSError:
        raise Http404 from None
