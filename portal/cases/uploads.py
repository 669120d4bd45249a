"""Files that come with an application: looked at before they are kept, and judged by what is in them.

Neither the ending of a name nor what a browser says of a file is believed. Photos are drawn anew; PDF, Word
and Excel files are kept byte for byte, so whatever could act on the reader's machine is refused.
"""

from __future__ import annotations

import hashlib
import io
import re
import unicodedata
from dataclasses import dataclass
from typing import IO

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.cases import confined, office_files, packages, pdf_files
from portal.cases.attachments import read_photo

MOST_BYTES = 20 * 1024 * 1024
MOST_FILES = 5
LONGEST_NAME = 100

# What reading a PDF may cost: as much memory as a check of a signed one, and what MOST_OBJECTS take.
READER = "portal.cases.pdf_files"
MEMORY = 384 * 1024 * 1024
CPU_SECONDS = 10
WALL_SECONDS = 30.0
# Nobody minds waiting for an upload as for a page.
PATIENCE_SECONDS = 10.0

# The first is the one that a file gets.
ENDINGS = {
    "pdf": (".pdf",),
    "docx": (".docx",),
    "xlsx": (".xlsx",),
    "jpg": (".jpg", ".jpeg", ".jfif", ".png", ".webp"),
}
MEDIA_TYPES = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "jpg": "image/jpeg",
}
_PHOTO = re.compile(rb"\xff\xd8\xff|\x89PNG\r\n\x1a\n|RIFF....WEBP", re.DOTALL)
_ARCHIVE = (b"PK\x05\x06", b"PK\x07\x08", b"Rar!\x1a\x07", b"7z\xbc\xaf\x27\x1c", b"\x1f\x8b")
# An ending has a letter: the 5 of "1.5" is none.
_ENDING = re.compile(r"\.(?=[0-9]*[A-Za-z])[A-Za-z0-9]{1,5}$")
# Marks that cannot be seen, turn the order of others, end a line, or are half a character.
_UNSEEN = ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")
# No name on Windows has these.
_NOT_IN_NAMES = re.compile(r'[<>:"|?*]')


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that was looked at. `name` is fit to be shown and saved, and ends as the content demands.

    `kind` is the ending without its point, `sha256` that of `data`, `pages` those of a PDF, else None.
    """

    name: str
    data: bytes
    kind: str
    media_type: str
    sha256: str
    pages: int | None = None


def read_upload(file: IO[bytes], *, name: str, size: int) -> Upload:
    """What is in an uploaded file; `name` and `size` in bytes as announced.

    Raises ValidationError, with a sentence that also says what to do, for what is not accepted.
    """
    data = file.read(MOST_BYTES + 1) if size <= MOST_BYTES else b""
    if size > MOST_BYTES or len(data) > MOST_BYTES:
        raise _refused("too_large")
    pages = None
    if not data:
        raise _refused("empty")
    if data.startswith(b"%PDF-"):
        kind, pages = "pdf", _pages(data)
    elif _PHOTO.match(data):
        kind, data = "jpg", read_photo(io.BytesIO(data), size=len(data)).data
    elif data.startswith(b"PK\x03\x04"):
        kind = _office_kind(data)
    elif data.startswith(packages.OLE):
        raise _refused("locked")
    else:
        raise _refused("archive" if data.startswith(_ARCHIVE) else "wrong_kind")
    return Upload(_named(name, kind), data, kind, MEDIA_TYPES[kind], hashlib.sha256(data).hexdigest(), pages)


def clean_name(name: str) -> str:
    """The last part of a path, without what cannot be seen; "" if nothing is left. May be of any length."""
    last = re.split(r"[\\/]", unicodedata.normalize("NFC", name))[-1]
    seen = "".join(" " if each.isspace() else each for each in last if each.isspace() or _is_seen(each))
    return _NOT_IN_NAMES.sub("_", " ".join(seen.split())).strip(". ")


def _is_seen(character: str) -> bool:
    return unicodedata.category(character) not in _UNSEEN


def _named(name: str, kind: str) -> str:
    clean = clean_name(name)
    if found := _ENDING.search(clean):
        if found[0].lower() not in ENDINGS[kind]:
            raise _refused("wrong_ending", ending=found[0], what=_words_for(kind))
        clean = clean[: found.start()].strip(". ")
    ending = ENDINGS[kind][0]
    return (clean or _("file"))[: LONGEST_NAME - len(ending)].strip(". ") + ending


def _office_kind(data: bytes) -> str:
    try:
        return office_files.kind_of(data)
    except office_files.NotOffice:
        code = "archive"
    except office_files.HoldsFiles:
        code = "holds_files"
    except office_files.LoadsFromElsewhere:
        code = "loads"
    except packages.HasMacros:
        code = "macros"
    except packages.IsLocked:
        code = "locked"
    except packages.TooMuch:
        code = "unpacks"
    except Exception:
        # A damaged file makes its readers fail in ways that they do not list; each means the same here.
        code = "damaged"
    raise _refused(code)


def _pages(data: bytes) -> int:
    try:
        found = confined.ask(
            READER,
            data,
            {},
            memory=MEMORY,
            cpu=CPU_SECONDS,
            wall=WALL_SECONDS,
            patience=PATIENCE_SECONDS,
        )
    except confined.TooBusy:
        raise _refused("busy") from None
    if found["problem"]:
        raise _refused(found["problem"])
    return int(found["pages"])


# Words ------------------------------------------------------------------------------------------------------

SENTENCES = {
    "empty": gettext_lazy("The file is empty."),
    "too_large": gettext_lazy("The file is larger than %(most)d MB."),
    "wrong_kind": gettext_lazy(
        "Whatever its name says, this is no PDF, no Word file (.docx), no Excel file (.xlsx) and no photo "
        "(JPEG, PNG, WebP). Nothing else can be sent."
    ),
    "wrong_ending": gettext_lazy(
        "The name ends in %(ending)s, but the file is %(what)s. Give it its right name, and send it again."
    ),
    "archive": gettext_lazy(
        "This is an archive, or a file of another program. Send the documents in it by themselves, as PDF, "
        ".docx, .xlsx or photos."
    ),
    "locked": gettext_lazy(
        "The file is in an older format of Word, Excel or WPS, or locked with a password. "
        "Save it as .docx, .xlsx or PDF, without a password."
    ),
    "macros": gettext_lazy("The file contains macros. Save it as .docx, .xlsx or PDF, which hold none."),
    "unpacks": gettext_lazy(
        "The file unpacks into far more than a document holds. Save it as PDF and send that."
    ),
    "holds_files": gettext_lazy(
        "The file holds another file or an object of another program. Save it as PDF and send that."
    ),
    "loads": gettext_lazy(
        "When it is opened, the file fetches a template, a picture or data from elsewhere. "
        "Save it as PDF and send that."
    ),
    "damaged": gettext_lazy("The Word or Excel file is damaged. Save it once more and send it again."),
    "encrypted": gettext_lazy(
        "The PDF is locked with a password, or against changes. Save it without that, or print it into a "
        "new PDF."
    ),
    "broken": gettext_lazy("The PDF is damaged, or its end is missing. Save it once more and send it again."),
    "scripts": gettext_lazy("The PDF contains scripts. Print it into a new PDF and send that."),
    "launches": gettext_lazy("The PDF opens other programs or files. Print it into a new PDF and send that."),
    "embedded": gettext_lazy(
        "The PDF holds other files. Send those by themselves, and the pages printed into a new PDF."
    ),
    "too_many_pages": gettext_lazy("The PDF has more than %(pages)d pages. Send it in parts."),
    "too_much": gettext_lazy(
        "The PDF is too intricate to be checked. Print it into a new PDF, or send it in parts."
    ),
    "busy": gettext_lazy("Many files are being checked right now. Please send it again in a minute."),
}


def _refused(code: str, **values: str) -> ValidationError:
    known = {"most": MOST_BYTES // 1024 // 1024, "pages": pdf_files.MOST_PAGES}
    return ValidationError(str(SENTENCES[code]) % {**known, **values}, code)


def _words_for(kind: str) -> str:
    return {
        "pdf": _("a PDF"),
        "docx": _("a Word file (.docx)"),
        "xlsx": _("an Excel file (.xlsx)"),
        "jpg": _("a photo"),
    }[kind]
