"""Official letters written at the desk: from what was typed to what the layout takes, and to a draft."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from portal.cases.terms import local_day
from portal.documents import kinds
from portal.documents.registration import LETTER
from portal.documents.rendering import render
from portal.documents.values import LAYOUTS, RenderingFailed, checked

# Stands where a code would: made of a code's letters, and of a word that says what it is.
DRAFT_CODE = "DRAFT-DRAFT"
DRAFT_NUMBER = "样稿（未编号、未签章）"


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter before it is issued. Each line of `text` is a paragraph; empty lines may stand between them.

    Who writes in Chinese ends a paragraph by one line end: joining lines would run 一、 and 二、 together.
    """

    title: str
    addressee: str
    text: str
    attachments: Sequence[str] = ()
    contact: str = ""

    @property
    def paragraphs(self) -> list[str]:
        return lines(self.text)

    def values(self) -> dict[str, Any]:
        """What the layout takes, beside what `actions.issue` sets itself."""
        return {
            "addressee": self.addressee,
            "paragraphs": self.paragraphs,
            "attachments": list(self.attachments),
            "contact": self.contact,
        }


def lines(text: str) -> list[str]:
    """The lines of what was typed, without empty ones."""
    return [line.strip() for line in text.splitlines() if line.strip()]


# What the layout calls a value, and where it was typed; the rest is nobody's fault at the desk.
FIELDS = {"title": "title", "addressee": "addressee", "paragraphs": "text"}
FIELDS |= {"attachments": "attachments", "contact": "contact"}


def fault(letter: Letter) -> tuple[str, str] | None:
    """(field, sentence) of the first thing that the layout would refuse; None when it can be typeset."""
    try:
        checked(LAYOUTS[LETTER.layout], _whole(letter, day="2026-01-01"))
    except RenderingFailed as failed:
        return FIELDS.get(failed.field.partition(".")[0], ""), str(failed)
    return None


def draft(letter: Letter, *, at: datetime) -> bytes:
    """The PDF as it would be, marked as a draft, without number, code and signature. Nothing is written.

    Raises RenderingFailed.
    """
    return draft_of(LETTER.code, letter.values(), title=letter.title, at=at)


def draft_of(kind: str, values: Mapping[str, Any], *, title: str, at: datetime) -> bytes:
    """The same for a document of any kind, with the values that its layout takes."""
    day = local_day(at).isoformat()
    return render(kinds.named(kind).layout, _marked(values, title=title, day=day), at=at)


def _whole(letter: Letter, *, day: str) -> Mapping[str, Any]:
    return _marked(letter.values(), title=letter.title, day=day)


def _marked(values: Mapping[str, Any], *, title: str, day: str) -> Mapping[str, Any]:
    """With the marks of a draft where number and code would stand."""
    return {
        **values,
        "title": title,
        "agency": settings.BUREAU["name"],
        "number": DRAFT_NUMBER,
        "dated_on": day,
        "check_code": DRAFT_CODE,
        "check_url": f"{settings.PUBLIC_URL}/verify/",
    }


def file_name() -> str:
    """What a draft is called when it is kept."""
    return _("Draft letter") + ".pdf"
