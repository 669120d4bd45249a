"""What the layouts of the window for approvals take: its notices, the certificate, the form to fill in."""

# ruff: noqa: RUF009 - `taken` and its kin are dataclasses.field with a label.

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from portal.documents import typed
from portal.documents.titles import break_title, width
from portal.documents.typed import span
from portal.documents.value_fields import Values, box, fact, listing, long_line, optional, taken, texts
from portal.documents.values_official import Issued, Official, check_days


@dataclass(frozen=True, kw_only=True)
class Notice(Official):
    """`notice`, 告知书、通知书、决定书: what the window hands to an applicant.

    `facts` are {"label", "value"}, in a table above the text: item, its code, the case's number, the
    applicant with a masked identity. `listing` is {"heading", "rows"}, with rows {"name", "text"} (`text` may
    be left out), and the heads of its columns, "name_label" and "text_label"; it stands below `paragraphs`.
    `closing` follows it: remedies, and what silence means. The proof of service, to be signed by hand,
    is left out when `service` is false.
    """

    label: ClassVar[str | Promise] = gettext_lazy("Notice of the window")
    not_printed: ClassVar[frozenset[str]] = frozenset({"copies", "printed_by"})

    addressee: str = taken(gettext_lazy("Addressee"), typed.one_line)
    facts: list[dict[str, str]] = taken(gettext_lazy("Facts"), typed.items(fact, fewest=1))
    listing: dict[str, Any] | None = taken(gettext_lazy("Listing"), listing, default=None)
    closing: list[str] = texts(gettext_lazy("Closing words"), typed.many_lines)
    service: bool = taken(gettext_lazy("Proof of service"), typed.flag, default=True)

    def mark(self) -> str:
        return self.agency

    def for_layout(self) -> dict[str, Any]:
        own = {name: getattr(self, name) for name in ("facts", "listing", "service")}
        return {**super().for_layout(), **own, "closing": [line for each in self.closing for line in each]}


@dataclass(frozen=True, kw_only=True)
class Certificate(Issued):
    """`certificate`, 许可证: what a holder shows and hangs up.

    `title` is the certificate's own name, `number` stands as 证号. `content` is what is permitted, in one
    line or several. `valid_until` left out or "" means that no end is set. `landscape` turns the sheet.
    """

    label: ClassVar[str | Promise] = gettext_lazy("Permit")

    holder: str = taken(gettext_lazy("Holder"), typed.one_line)
    item: str = taken(gettext_lazy("Item"), typed.one_line)
    content: list[str] = taken(gettext_lazy("What is permitted"), typed.many_lines)
    valid_from: date | str = taken(gettext_lazy("Valid from"), typed.day)
    valid_until: date | str | None = taken(gettext_lazy("Valid until"), typed.optional_day, default=None)
    holder_number: str = optional(gettext_lazy("Holder's number, masked"))
    item_code: str = optional(gettext_lazy("Code of the item"))
    place: str = optional(gettext_lazy("Place"))
    basis: str = optional(gettext_lazy("Legal basis"))
    conditions: list[str] = texts(gettext_lazy("Conditions"), long_line)
    landscape: bool = taken(gettext_lazy("Landscape"), typed.flag, default=True)

    def check_together(self) -> None:
        super().check_together()
        check_days(self.valid_from, self.valid_until)

    def rows(self) -> list[tuple[str, list[str]]]:
        """What stands below the title, label by label."""
        rows = [
            ("持证人", self._with(self.holder, "证件号码", self.holder_number)),
            ("许可事项", self._with(self.item, "事项编码", self.item_code)),
            ("许可内容", self.content),
            ("许可地点", [self.place]),
            ("有效期限", [span(self.valid_from, self.valid_until)]),
            ("许可依据", [self.basis]),
        ]
        return [(name, lines) for name, lines in rows if lines != [""]]

    def _with(self, text: str, label: str, number: str) -> list[str]:
        """Its number on the same line where lines are long, else below."""
        if not number:
            return [text]
        return [f"{text}　{label} {number}"] if self.landscape else [text, f"{label} {number}"]

    def for_layout(self) -> dict[str, Any]:
        own = {"rows": self.rows(), "conditions": self.conditions, "landscape": self.landscape}
        # Larger than a document's title, and spaced: fewer characters go in a line.
        lines = self.title_lines or break_title(self.title, full=max(14.0, width(self.title) / 3 + 2))
        return {**super().for_layout(), **own, "title_lines": lines}


@dataclass(frozen=True, kw_only=True)
class BlankForm(Values):
    """`form`, 申请表: what an applicant fills in; neither numbered nor signed.

    `fields` are {"label", "value", "lines"}: a `value` left out or "" prints an empty box, as many `lines`
    tall as are given. With any value it is the filled sample, and says so across the page. `note` stands
    below the title, `agency` above it.
    """

    label: ClassVar[str | Promise] = gettext_lazy("Form to fill in")

    title: str = taken(gettext_lazy("Title"), typed.one_line)
    fields: list[dict[str, Any]] = taken(gettext_lazy("Fields"), typed.items(box, fewest=1))
    note: str = taken(gettext_lazy("Note"), typed.some_lines, default_factory=list)
    agency: str = optional(gettext_lazy("Agency"))

    def for_layout(self) -> dict[str, Any]:
        return {
            "title": self.title,
            "title_lines": break_title(self.title),
            "agency": self.agency,
            "note": self.note,
            "fields": self.fields,
            "sample": any(each["value"] for each in self.fields),
        }
