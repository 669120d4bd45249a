"""Single values of a document, looked at before they are typeset: texts, dates, addresses, codes.

Each check takes what came in and answers what will be printed, or raises Wrong with a sentence that an
official can act on. Nothing is put right in silence except what prints nothing at all.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _

from portal.documents.glyphs import printable

LONGEST_LINE = 200
LONGEST_TEXT = 20_000
MOST_ITEMS = 500
CHECK_CODE = re.compile(r"([2-9A-HJKMNP-Z]{5})-?([2-9A-HJKMNP-Z]{5})")
ADDRESS = re.compile(r"https?://[!-~]{1,280}")

# Characters that come along with copied text and print nothing; dropped, so that a name which was pasted is
# not refused for what nobody can see. They would stay in the text that is searched and compared.
DROPPED = dict.fromkeys(
    map(
        ord,
        "\u200b"  # zero-width space, put by editors where a line may break
        "\u200c\u200d"  # zero-width (non-)joiner, which no Chinese character needs
        "\u2060\ufeff"  # word joiner, byte order mark at a file's start
        "\u00ad"  # soft hyphen of web pages
        "\ufe0e\ufe0f",  # "as text", "as picture" after a symbol: print is always text
    )
)


class Wrong(Exception):
    """A value that cannot be printed: the sentence says why; `at` says where inside the value, from 1."""

    def __init__(self, sentence: str, at: tuple[str | int, ...] = ()) -> None:
        super().__init__(sentence)
        self.at = at


Check = Callable[[Any], Any]


def one_line(value: Any, *, most: int = LONGEST_LINE, empty: bool = False) -> str:
    """A text on one line, without what prints nothing. Raises Wrong for control or unprintable characters."""
    if not isinstance(value, str):
        raise Wrong(_("it must be a text."))
    line = value.translate(DROPPED).strip()
    if not line and not empty:
        raise Wrong(_("it is empty."))
    if len(line) > most:
        raise Wrong(_("it is longer than %(most)s characters.") % {"most": most})
    _check_characters(line)
    return line


def optional_line(value: Any) -> str:
    return one_line(value, empty=True)


def many_lines(value: Any) -> list[str]:
    """A text of one or several paragraphs: each line that is not empty is one; a tab is a space."""
    if not isinstance(value, str):
        raise Wrong(_("it must be a text."))
    if len(value) > LONGEST_TEXT:
        raise Wrong(_("it is longer than %(most)s characters.") % {"most": LONGEST_TEXT})
    lines = [one_line(each.replace("\t", " "), most=LONGEST_TEXT, empty=True) for each in value.splitlines()]
    found = [each for each in lines if each]
    if not found:
        raise Wrong(_("it is empty."))
    return found


def some_lines(value: Any) -> list[str]:
    """The same, where nothing may be given: "" is none."""
    return [] if value == "" else many_lines(value)


def _check_characters(text: str) -> None:
    """Every character has a glyph, and none turns the order of what is read or moves the print elsewhere."""
    missing = set(text) - printable()
    if not missing:
        return
    character = next(each for each in text if each in missing)
    code = f"U+{ord(character):04X}"
    if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp"):
        raise Wrong(_("it contains the control character %(code)s.") % {"code": code})
    shown = "" if unicodedata.category(character).startswith(("C", "M")) else character
    raise Wrong(
        _("it contains the character %(character)s (%(code)s), which the document's fonts cannot print.")
        % {"character": shown, "code": code}
    )


def items(check: Check, *, fewest: int = 0) -> Check:
    """A check of a list, each item by `check`."""

    def checked(value: Any) -> list[Any]:
        if not isinstance(value, list | tuple):
            raise Wrong(_("it must be a list."))
        if len(value) < fewest:
            raise Wrong(_("it is empty."))
        if len(value) > MOST_ITEMS:
            raise Wrong(_("it has more than %(most)s items.") % {"most": MOST_ITEMS})
        found = []
        for number, each in enumerate(value, 1):
            try:
                found.append(check(each))
            except Wrong as wrong:
                raise Wrong(str(wrong), (number, *wrong.at)) from None
        return found

    return checked


def parts(**checks: tuple[Check, bool]) -> Check:
    """A check of a mapping: for each name its check, and whether it must be there; others are refused."""

    def checked(value: Any) -> dict[str, Any]:
        if not isinstance(value, Mapping):
            raise Wrong(_("it must be a text or named parts."))
        for name in value:
            if name not in checks:
                raise Wrong(_("it is not known here."), (str(name),))
        found = {}
        for name, (check, must) in checks.items():
            if name not in value:
                if must:
                    raise Wrong(_("it is missing."), (name,))
                continue
            try:
                found[name] = check(value[name])
            except Wrong as wrong:
                raise Wrong(str(wrong), (name, *wrong.at)) from None
        return found

    return checked


def level(value: Any) -> int:
    """The level of a numbered paragraph, from 1 (一、) to 4 （1）."""
    if isinstance(value, bool) or value not in (1, 2, 3, 4):
        raise Wrong(_("it must be a level from 1 to 4."))
    return int(value)


def count(value: Any, *, most: int) -> int:
    """A number from 1 to `most`."""
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
        raise Wrong(_("it must be a number from 1 to %(most)d.") % {"most": most})
    return value


def flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise Wrong(_("it must be true or false."))
    return value


def day(value: Any) -> date:
    """A date, or its text as in 2026-11-24."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    try:
        return date.fromisoformat(value if len(value) == 10 else "")
    except (TypeError, ValueError):
        raise Wrong(_("it must be a date such as 2026-11-24.")) from None


def optional_day(value: Any) -> date | None:
    return None if value in ("", None) else day(value)


def address(value: Any) -> str:
    """The address of the check page: http or https, ASCII, short enough for a QR code."""
    if not isinstance(value, str) or not ADDRESS.fullmatch(value):
        raise Wrong(_("it must be an address that begins with https:// or http://."))
    return value


def check_code(value: Any) -> str:
    """A check code as it is shown: XXXXX-XXXXX."""
    found = CHECK_CODE.fullmatch(value) if isinstance(value, str) else None
    if not found:
        raise Wrong(_("it must be a check code such as ABCDE-FGHJK."))
    return "-".join(found.groups())


def in_full(value: date) -> str:
    """A date in full: 2026年11月24日, in Arabic digits, without leading zeros (GB/T 9704-2012)."""
    return f"{value.year}年{value.month}月{value.day}日"


def span(first: Any, last: Any) -> str:
    """From which day until which something holds, in full; without a last day it has no end."""
    return f"自{in_full(first)}起" + (f"至{in_full(last)}止" if last else "长期有效")
