"""What the layouts of official documents take: the general form, the letter, and the public pledge."""

# ruff: noqa: RUF009 - `taken` and its kin are dataclasses.field with a label.

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.documents import typed
from portal.documents.qr import qr_svg
from portal.documents.titles import break_title, width
from portal.documents.typed import Wrong, in_full, span
from portal.documents.value_fields import Values, clause, optional, plain_text, taken, text_or_level, texts

# An agency's mark longer than this becomes two lines, rather than smaller than the title below it.
LONGEST_MARK = 18.0


@dataclass(frozen=True, kw_only=True)
class Issued(Values):
    """What every document takes that is numbered, signed and checked. `actions.issue` sets most of it itself.

    `title_lines` is the title with its breaks chosen by hand. `signatory` are the lines over the date;
    without them the agency signs.
    """

    agency: str = taken(gettext_lazy("Issuing agency"), typed.one_line)
    number: str = taken(gettext_lazy("Document number"), typed.one_line)
    title: str = taken(gettext_lazy("Title"), typed.one_line)
    dated_on: date | str = taken(gettext_lazy("Date of the document"), typed.day)
    check_url: str = taken(gettext_lazy("Address of the check page"), typed.address)
    check_code: str = taken(gettext_lazy("Check code"), typed.check_code)
    title_lines: list[str] = texts(gettext_lazy("Lines of the title"))
    signatory: list[str] = texts(gettext_lazy("Signatory"))

    def check_together(self) -> None:
        if self.title_lines and "".join(self.title_lines).replace(" ", "") != self.title.replace(" ", ""):
            raise Wrong(_("together they are not the title."), ("title_lines",))

    def note(self) -> str:
        """What stands below the date, in brackets."""
        return ""

    def signatories(self) -> list[str]:
        return self.signatory or [self.agency]

    def for_layout(self) -> dict[str, Any]:
        assert isinstance(self.dated_on, date)
        place, _slash, last = self.check_url.rstrip("/").rpartition("/")
        known_by_code = last.replace("-", "").upper() == self.check_code.replace("-", "")
        return {
            "agency": self.agency,
            "number": self.number,
            "title": self.title,
            "title_lines": self.title_lines or break_title(self.title),
            "signatory": self.signatories(),
            "dated": in_full(self.dated_on),
            "note": self.note(),
            "check_code": self.check_code,
            "check_url": self.check_url,
            "check_place": f"{place}/" if known_by_code else self.check_url,
            "qr": qr_svg(self.check_url),
        }


@dataclass(frozen=True, kw_only=True)
class Official(Issued):
    """`official`, 公文: what every official document takes.

    `paragraphs` are texts, or {"level": 1 to 4, "text": …} for 一、（一）1.（1）, which the layout
    numbers. A text of several lines is several paragraphs. `contact` stands in brackets below the date;
    `copies` (抄送) and `printed_by` (印发机关, else the agency) in the imprint.
    """

    label: ClassVar[str | Promise] = gettext_lazy("Official document")

    paragraphs: list[str | dict[str, Any]] = taken(gettext_lazy("Text"), typed.items(text_or_level, fewest=1))
    addressee: str = optional(gettext_lazy("Addressee"))
    attachments: list[str] = texts(gettext_lazy("Attachments"))
    contact: str = optional(gettext_lazy("Contact"))
    copies: list[str] = texts(gettext_lazy("Copies to"))
    printed_by: str = optional(gettext_lazy("Printed by"))

    def check_together(self) -> None:
        super().check_together()
        above = 0
        blocks = ((number, block) for number, each in enumerate(self.paragraphs, 1) for block in each)
        for number, block in blocks:
            # （一） without 一、 above it would be a heading in the air, which PDF/UA refuses as well.
            if isinstance(block, dict) and block["level"] == 2 and above == 0:
                sentence = _("level 2 cannot come before the first level 1.")
                raise Wrong(sentence, ("paragraphs", number, "level"))
            above = above or (isinstance(block, dict) and block["level"] == 1)

    def mark(self) -> str:
        """The agency's name as it stands in red (7.2.4): with 文件 on a document of the general form."""
        return self.agency if self.agency.endswith("文件") else f"{self.agency}文件"

    def note(self) -> str:
        return f"联系方式：{self.contact}" if self.contact else ""

    def for_layout(self) -> dict[str, Any]:
        mark = self.mark()
        two_lines = max(LONGEST_MARK, width(mark) / 2 + 2)
        return {
            **super().for_layout(),
            "mark_lines": break_title(mark, full=two_lines) if width(mark) > LONGEST_MARK else [mark],
            "addressee": self.addressee,
            "blocks": [block for each in self.paragraphs for block in each],
            "attachments": self.attachments,
            "copies": self.copies,
            "printed_by": self.printed_by or self.agency,
        }


@dataclass(frozen=True, kw_only=True)
class Letter(Official):
    """`letter`, 公函: an addressee must be given; the contact's office and telephone follow the date."""

    label: ClassVar[str | Promise] = gettext_lazy("Official letter")
    not_printed: ClassVar[frozenset[str]] = frozenset({"printed_by"})

    addressee: str = taken(gettext_lazy("Addressee"), typed.one_line)
    office: str = optional(gettext_lazy("Contact's office"))
    phone: str = optional(gettext_lazy("Contact's telephone"))

    def mark(self) -> str:
        return self.agency

    def note(self) -> str:
        named = [("联系单位", self.office), ("联系电话", self.phone), ("联系方式", self.contact)]
        return "；".join(f"{label}：{value}" for label, value in named if value)


@dataclass(frozen=True, kw_only=True)
class Pledge(Official):
    """`pledge`, 公开承诺书: `unit` pledges the `clauses`, each a text or {"text", "measure"}.

    `paragraphs` stand before the clauses, `closing` after them; both may be left out. `valid_until` left out
    or "" means that no end is set. `signer` is {"name", "title"}: who stands for it.
    """

    label: ClassVar[str | Promise] = gettext_lazy("Public pledge")
    not_printed: ClassVar[frozenset[str]] = frozenset({"attachments", "copies", "printed_by"})

    unit: str = taken(gettext_lazy("Pledging unit"), typed.one_line)
    clauses: list[str | dict[str, str]] = taken(gettext_lazy("Clauses"), typed.items(clause, fewest=1))
    valid_from: date | str = taken(gettext_lazy("Valid from"), typed.day)
    valid_until: date | str | None = taken(gettext_lazy("Valid until"), typed.optional_day, default=None)
    signer: dict[str, str] = taken(
        gettext_lazy("Signer"), typed.parts(name=(typed.one_line, True), title=(typed.one_line, True))
    )
    paragraphs: list[str | dict[str, Any]] = texts(gettext_lazy("Text"), plain_text)
    closing: list[str] = texts(gettext_lazy("Closing words"), typed.many_lines)
    phone: str = optional(gettext_lazy("Complaints telephone"))
    fax: str = optional(gettext_lazy("Fax"))
    email: str = optional(gettext_lazy("E-mail"))

    def check_together(self) -> None:
        super().check_together()
        check_days(self.valid_from, self.valid_until)

    def mark(self) -> str:
        return self.agency

    def signatories(self) -> list[str]:
        return [*(self.signatory or [self.unit]), f"{self.signer['title']}　{self.signer['name']}"]

    def for_layout(self) -> dict[str, Any]:
        own = {
            **{name: getattr(self, name) for name in ("unit", "clauses", "phone", "fax", "email", "contact")},
            "closing": [line for each in self.closing for line in each],
            "validity": span(self.valid_from, self.valid_until),
        }
        return {**super().for_layout(), **own}


def check_days(first: Any, last: Any) -> None:
    """Raises Wrong when what holds from a day ends before it."""
    if last and last < first:
        raise Wrong(_("it is before the day from which it is valid."), ("valid_until",))
