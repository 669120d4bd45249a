"""The text of an attachment, by which it is found: PDF, Word and Excel files, read as hostile input. Pure.

A PDF is read in a process of its own, Word and Excel files here, as they are unpacked; both stop where they
have what is wanted.
"""

from __future__ import annotations

import re
import unicodedata

from django.utils.translation import gettext_lazy

from disclosure import office_text
from portal.cases import confined, packages

MOST_CHARACTERS = 200_000

# What the reading of a PDF may cost: the portal's check of it, and what `pdf_text` reads at most.
READER = "disclosure.pdf_text"
MEMORY = 512 * 1024 * 1024
CPU_SECONDS = 30
WALL_SECONDS = 90.0
# Nobody waits before a page for this.
PATIENCE_SECONDS = 60.0

_HAN = (
    "[\u2e80-\u2fdf\u3001-\u303f\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    "\uff01-\uff0f\uff1a-\uff1f\U00020000-\U0003ffff]"
)
# A PDF knows no paragraphs: a line ends in the middle of a word, and 通 知 is set wide.
_BETWEEN_HAN = re.compile(rf"(?<={_HAN})\s(?={_HAN})")


class NoText(Exception):
    """A file has no text that could be searched; the message is a sentence for the officer.

    `code` is a key of SENTENCES; "busy" alone passes, and the same file may be read later.
    """

    def __init__(self, code: str) -> None:
        super().__init__(str(SENTENCES[code]))
        self.code = code


SENTENCES = {
    "encrypted": gettext_lazy(
        "The text of this file is locked with a password, or in an older format. Save it as PDF, .docx or "
        ".xlsx without a password, so that it can be found."
    ),
    "damaged": gettext_lazy("The file is damaged: its text cannot be read. Save it once more."),
    "too_much": gettext_lazy(
        "The file is too large or too intricate for its text to be read. Save it anew, or in parts."
    ),
    "unsafe": gettext_lazy(
        "The file contains scripts, macros or other files, so that its text was not read. Print it into a "
        "new PDF."
    ),
    "scanned": gettext_lazy(
        "The PDF has pictures of pages, but no text that could be found. Put the text into the item, or save "
        "the PDF from the document itself."
    ),
    "empty": gettext_lazy("There is no text in this file."),
    "other_kind": gettext_lazy("Only PDF, Word (.docx) and Excel (.xlsx) files have text that can be found."),
    "busy": gettext_lazy(
        "Many files are being read right now. The text of this one can be read in a minute."
    ),
}
# What the portal's check of a PDF may say.
_PROBLEMS = {
    "encrypted": "encrypted",
    "too_many_pages": "too_much",
    "too_much": "too_much",
    "scripts": "unsafe",
    "launches": "unsafe",
    "embedded": "unsafe",
}


def text_of(data: bytes, kind: str) -> str:
    """The text of a file in reading order: at most MOST_CHARACTERS, lines by line ends, cells by tabs.

    `kind` is "pdf", "docx" or "xlsx", as `uploads.Upload` has it. Raises NoText, and nothing else whatever
    the file is.
    """
    if kind == "pdf":
        text = _BETWEEN_HAN.sub("", _squeezed(_text_of_pdf(data)))
    elif kind in ("docx", "xlsx"):
        text = _squeezed(_text_of_office(data, kind))
    else:
        raise NoText("other_kind")
    # Page numbers alone are no text.
    if not any(each.isalpha() if kind == "pdf" else each.isalnum() for each in text):
        raise NoText("scanned" if kind == "pdf" else "empty")
    return text[:MOST_CHARACTERS].rstrip()


def _text_of_pdf(data: bytes) -> str:
    try:
        found = confined.ask(
            READER,
            data,
            {"most": 2 * MOST_CHARACTERS},
            memory=MEMORY,
            cpu=CPU_SECONDS,
            wall=WALL_SECONDS,
            patience=PATIENCE_SECONDS,
        )
    except confined.TooBusy:
        raise NoText("busy") from None
    if problem := found["problem"]:
        raise NoText(_PROBLEMS.get(problem, "damaged"))
    return str(found["text"])


def _text_of_office(data: bytes, kind: str) -> str:
    if data.startswith(packages.OLE):
        raise NoText("encrypted")
    read = office_text.text_of_word if kind == "docx" else office_text.text_of_sheets
    try:
        return read(data, most=2 * MOST_CHARACTERS)
    except packages.IsLocked:
        raise NoText("encrypted") from None
    except packages.TooMuch:
        raise NoText("too_much") from None
    except packages.HasMacros:
        raise NoText("unsafe") from None
    except Exception:
        # A damaged file makes its readers fail in ways that they do not list; each means the same here.
        raise NoText("damaged") from None


def _squeezed(text: str) -> str:
    """Without what prints nothing or stands for nothing; blanks one by one, no empty lines and cells."""
    seen = "".join(each for each in text[: 4 * MOST_CHARACTERS] if each.isspace() or _is_seen(each))
    rows = (filter(None, (" ".join(cell.split()) for cell in line.split("\t"))) for line in seen.splitlines())
    return "\n".join(filter(None, ("\t".join(row) for row in rows)))


def _is_seen(character: str) -> bool:
    # U+FFFD is what a PDF's reader gives for a character of which it knows the drawing alone.
    return unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Co") and character != "\ufffd"
