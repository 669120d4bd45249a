"""What each layout takes: a dataclass a layout, whose fields say what they are and how they are checked.

A caller may fill a dataclass and hand on `asdict` of it, or hand on a plain mapping; `checked` looks at both.
"""

# ruff: noqa: RUF009 - `taken` and its kin are dataclasses.field with a label.

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from datetime import date
from functools import partial
from typing import Any, ClassVar

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.documents import typed
from portal.documents.qr import qr_svg
from portal.documents.titles import break_title, width
from portal.documents.typed import Check, Wrong, in_full

# All text of a document together: some 300 pages, set in a few seconds.
MOST_CHARACTERS = 200_000
# An agency's mark longer than this becomes two lines, rather than smaller than the title below it.
LONGEST_MARK = 18.0


class RenderingFailed(Exception):
    """A document cannot be set, with a sentence for the person who asked for it.

    `field` names the value at fault as the code has it, counted from 1 (`clauses.4.text`); "" for none.
    """

    def __init__(self, sentence: str, *, field: str = "") -> None:
        super().__init__(sentence)
        self.field = field


def taken(label: str | Promise, check: Check, **default: Any) -> Any:
    """A field of a layout: what an official calls it, and its check. Without a default it must be given."""
    return field(metadata={"label": label, "check": check}, **default)


def texts(label: str | Promise, check: Check = typed.one_line) -> Any:
    return taken(label, typed.items(check), default_factory=list)


def optional(label: str | Promise) -> Any:
    return taken(label, typed.optional_line, default="")


def _plain_text(value: Any) -> list[dict[str, Any]]:
    """The paragraphs of a text, as the layouts take them: level 0 has no number."""
    return [{"level": 0, "text": each} for each in typed.many_lines(value)]


def _text_or_level(value: Any) -> list[dict[str, Any]]:
    """The paragraphs of a text, or one at a level of the body."""
    if isinstance(value, str):
        return _plain_text(value)
    # The two upper levels are headings, the lower ones paragraphs with a number.
    heading = isinstance(value, Mapping) and value.get("level") in (1, 2)
    text = typed.one_line if heading else partial(typed.one_line, most=typed.LONGEST_TEXT)
    return [typed.parts(level=(typed.level, True), text=(text, True))(value)]


def _clause(value: Any) -> dict[str, Any]:
    """A clause: its text, or its text and what it is measured by."""
    if isinstance(value, str):
        return {"text": typed.many_lines(value), "measure": ""}
    found = typed.parts(text=(typed.many_lines, True), measure=(typed.optional_line, False))(value)
    return {"measure": "", **found}


@dataclass(frozen=True, kw_only=True)
class Official:
    """`official`, 公文: what every official document takes.

    `paragraphs` are texts, or {"level": 1 to 4, "text": …} for 一、（一）1.（1）, which the layout
    numbers. A text of several lines is several paragraphs. `title_lines` is the title with its breaks chosen
    by hand. `signatory` are the lines over the date; without them the agency signs. `contact` stands in
    brackets below the date; `copies` (抄送) and `printed_by` (印发机关, else the agency) in the imprint.
    """

    label: ClassVar[str | Promise] = gettext_lazy("Official document")
    # Inherited, with no place in the layout: refused rather than left out in silence.
    not_printed: ClassVar[frozenset[str]] = frozenset()

    agency: str = taken(gettext_lazy("Issuing agency"), typed.one_line)
    number: str = taken(gettext_lazy("Document number"), typed.one_line)
    title: str = taken(gettext_lazy("Title"), typed.one_line)
    dated_on: date | str = taken(gettext_lazy("Date of the document"), typed.day)
    check_url: str = taken(gettext_lazy("Address of the check page"), typed.address)
    check_code: str = taken(gettext_lazy("Check code"), typed.check_code)
    paragraphs: list[str | dict[str, Any]] = taken(
        gettext_lazy("Text"), typed.items(_text_or_level, fewest=1)
    )
    addressee: str = optional(gettext_lazy("Addressee"))
    title_lines: list[str] = texts(gettext_lazy("Lines of the title"))
    attachments: list[str] = texts(gettext_lazy("Attachments"))
    signatory: list[str] = texts(gettext_lazy("Signatory"))
    contact: str = optional(gettext_lazy("Contact"))
    copies: list[str] = texts(gettext_lazy("Copies to"))
    printed_by: str = optional(gettext_lazy("Printed by"))

    def mark(self) -> str:
        """The agency's name as it stands in red (7.2.4): with 文件 on a document of the general form."""
        return self.agency if self.agency.endswith("文件") else f"{self.agency}文件"

    def note(self) -> str:
        return f"联系方式：{self.contact}" if self.contact else ""

    def signatories(self) -> list[str]:
        return self.signatory or [self.agency]

    def for_layout(self) -> dict[str, Any]:
        """What the layout reads. Values are checked ones; the text is Chinese, as the document is."""
        assert isinstance(self.dated_on, date)
        place, _slash, last = self.check_url.rstrip("/").rpartition("/")
        known_by_code = last.replace("-", "").upper() == self.check_code.replace("-", "")
        return {
            "agency": self.agency,
            "number": self.number,
            "title": self.title,
            "title_lines": self.title_lines or break_title(self.title),
            "mark_lines": break_title(self.mark(), full=max(LONGEST_MARK, width(self.mark()) / 2 + 2))
            if width(self.mark()) > LONGEST_MARK
            else [self.mark()],
            "addressee": self.addressee,
            "blocks": [block for each in self.paragraphs for block in each],
            "attachments": self.attachments,
            "signatory": self.signatories(),
            "dated": in_full(self.dated_on),
            "note": self.note(),
            "copies": self.copies,
            "printed_by": self.printed_by or self.agency,
            "check_code": self.check_code,
            "check_url": self.check_url,
            "check_place": f"{place}/" if known_by_code else self.check_url,
            "qr": qr_svg(self.check_url),
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
    clauses: list[str | dict[str, str]] = taken(gettext_lazy("Clauses"), typed.items(_clause, fewest=1))
    valid_from: date | str = taken(gettext_lazy("Valid from"), typed.day)
    valid_until: date | str | None = taken(gettext_lazy("Valid until"), typed.optional_day, default=None)
    signer: dict[str, str] = taken(
        gettext_lazy("Signer"), typed.parts(name=(typed.one_line, True), title=(typed.one_line, True))
    )
    paragraphs: list[str | dict[str, Any]] = texts(gettext_lazy("Text"), _plain_text)
    closing: list[str] = texts(gettext_lazy("Closing words"), typed.many_lines)
    phone: str = optional(gettext_lazy("Complaints telephone"))
    fax: str = optional(gettext_lazy("Fax"))
    email: str = optional(gettext_lazy("E-mail"))

    def mark(self) -> str:
        return self.agency

    def signatories(self) -> list[str]:
        return [*(self.signatory or [self.unit]), f"{self.signer['title']}　{self.signer['name']}"]

    def for_layout(self) -> dict[str, Any]:
        assert isinstance(self.valid_from, date)
        until = self.valid_until
        end = f"至{in_full(until)}止" if isinstance(until, date) else "长期有效"
        own = {
            **{name: getattr(self, name) for name in ("unit", "clauses", "phone", "fax", "email", "contact")},
            "closing": [line for each in self.closing for line in each],
            "validity": f"自{in_full(self.valid_from)}起{end}",
        }
        return {**super().for_layout(), **own}


LAYOUTS: dict[str, type[Official]] = {"official": Official, "letter": Letter, "pledge": Pledge}


def checked(takes: type[Official], values: Mapping[str, Any]) -> Official:
    """The values as the layout takes them. Raises RenderingFailed, naming what is missing or wrong."""
    known = {each.name: each for each in fields(takes)}
    for name in values:
        if name not in known or (name in takes.not_printed and values[name]):
            raise _failed(takes, str(name), _("this layout does not print it."))
    found = {}
    for name, each in known.items():
        if name not in values:
            if each.default is MISSING and each.default_factory is MISSING:
                raise _failed(takes, name, _("it is missing."))
            continue
        try:
            found[name] = each.metadata["check"](values[name])
        except Wrong as wrong:
            raise _failed(takes, ".".join(map(str, (name, *wrong.at))), str(wrong)) from None
    made = takes(**found)
    _check_together(made)
    return made


def _check_together(made: Official) -> None:
    """What no value alone can tell. Raises RenderingFailed."""
    if made.title_lines and "".join(made.title_lines).replace(" ", "") != made.title.replace(" ", ""):
        raise _failed(made, "title_lines", _("together they are not the title."))
    above = 0
    blocks = ((number, block) for number, each in enumerate(made.paragraphs, 1) for block in each)
    for number, block in blocks:
        # （一） without 一、 above it would be a heading in the air, which PDF/UA refuses as well.
        if isinstance(block, dict) and block["level"] == 2 and above == 0:
            why = _("level 2 cannot come before the first level 1.")
            raise _failed(made, f"paragraphs.{number}.level", why)
        above = above or (isinstance(block, dict) and block["level"] == 1)
    if isinstance(made, Pledge) and made.valid_until and made.valid_until < made.valid_from:  # type: ignore[operator]
        raise _failed(made, "valid_until", _("it is before the day from which the pledge is valid."))


def _failed(takes: Official | type[Official], place: str, why: str) -> RenderingFailed:
    """The failure in words: what an official calls the value, where it is, what is wrong with it."""
    name, _dot, inside = place.partition(".")
    label = next((str(each.metadata["label"]) for each in fields(takes) if each.name == name), name)
    if inside:
        label = f"{label} {inside}"
    return RenderingFailed(_("%(label)s: %(why)s") % {"label": label, "why": why}, field=place)
