"""Personal data in a text that is to be published: numbers by which a person is known or reached. Pure.

What may never be public is in 个人信息保护法 art. 25 and 政府信息公开条例 art. 15. Numbers are known by their
form and, where they have one, by their check digit; names and addresses are for the officer's own eyes.

Every pattern begins where a run of letters and figures begins and repeats nothing without end, so that
reading takes time in proportion to the text, whatever it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import date

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from stdnum import luhn
from stdnum.cn import ric, uscc

from portal.site import wording


class Kind(TextChoices):
    """The more specific stand first: of two that are equally long, the first holds."""

    ID_NUMBER = "id_number", _("ID number")
    OLD_ID_NUMBER = "old_id_number", _("ID number of the old form")
    PHONE = "phone", _("telephone number")
    PLATE = "plate", _("licence plate")
    BANK_CARD = "bank_card", _("bank card number")


@dataclass(frozen=True, slots=True)
class Found:
    """Personal data in a text, from `start` to before `end`; `text` is what stands there."""

    kind: Kind
    start: int
    end: int
    text: str


# One character for one, so that places stay the same: full width, every dash, every blank within a line.
_PLAIN: dict[int, str | int] = {
    **{code: chr(code - 0xFEE0).upper() for code in range(0xFF01, 0xFF5F)},
    **{code: chr(code).upper() for code in range(ord("a"), ord("z") + 1)},
    **dict.fromkeys((0x2010, 0x2011, 0x2012, 0x2013, 0x2014, 0x2015, 0x2212, 0xAD), "-"),
    **dict.fromkeys((0xA0, 0x2002, 0x2003, 0x2009, 0x200B, 0x200C, 0x200D, 0x202F, 0x3000, 0xFEFF), " "),
}

# Codes of letters and figures hold runs that look like all of these. Words may stand before ("TEL138…").
_FIRST = r"(?<![0-9A-Z])(?:[A-Z]{1,10})?"
_LAST = r"(?![0-9A-Z])"
_GAP = r"[ -]{0,3}"
_AREA = r"(?:10|2[0-9]|[3-9][0-9]{2})"
_LOCAL = r"[1-9][0-9]{2,3}[ -]?[0-9]{4}"
_EXTENSION = r"(?: ?(?:-|转|分机|转分机|EXT\.?) ?[0-9]{1,5}(?![0-9-]))?"

_ID_NUMBER = re.compile(rf"{_FIRST}(?P<number>[0-9](?:{_GAP}[0-9]){{16}}{_GAP}[0-9X]){_LAST}")
# The old numbers have no check digit to go by, so that their first figures must be those of a province.
_PROVINCE = r"(?:1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[12])"
_OLD_ID_NUMBER = re.compile(
    rf"{_FIRST}(?P<number>{_PROVINCE}[0-9]{{4}}{_GAP}(?:[0-9]{{2}}{_GAP}){{3}}[0-9]{{3}}"
    rf"|{_PROVINCE}[0-9]{{2}}([ -])[0-9]{{4}}\2[0-9]{{4}}\2[0-9]{{3}}){_LAST}"
)
_MOBILE = re.compile(
    rf"{_FIRST}(?P<number>(?P<base>(?:(?:\+?86|0086){_GAP}|0)?(?:"
    rf"1[3-9][0-9]{_GAP}[0-9]{{4}}{_GAP}[0-9]{{4}}|1[3-9][0-9]\.[0-9]{{4}}\.[0-9]{{4}}"
    # Not 19…: a year may be the first of such groups.
    rf"|1[3-8][0-9]{{2}}([ -])(?:[0-9]{{3}}\3[0-9]{{4}}|[0-9]{{4}}\3[0-9]{{3}})))){_LAST}"
)
_LANDLINE = re.compile(
    rf"(?<![0-9A-Z])(?P<number>(?P<base>(?:(?:\+86|0086|86[ -]){_GAP}(?:\(0\)|0)?{_AREA}"
    rf"|0{_AREA}|\(0{_AREA}\)){_GAP}{_LOCAL}){_EXTENSION}){_LAST}"
)
# Seven or eight figures may be anything, unless a word before says what they are.
_NAMED_LANDLINE = re.compile(
    rf"(?:电话|手机|座机|固话|传真|热线|TEL|PHONE|FAX)(?:号码?)?[ :.是为]{{0,3}}"
    rf"(?P<number>(?P<base>{_LOCAL}){_EXTENSION}){_LAST}"
)
_PLATE = re.compile(
    r"(?P<number>[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-HJ-NP-Z][ ·•・‧∙.-]{0,3}"
    r"(?:[A-HJ-NP-Z][0-9A-HJ-NP-Z][0-9]{4}|[0-9]{5}[A-HJ-NP-Z]|[0-9A-HJ-NP-Z]{4}[0-9A-HJ-NP-Z挂学警港澳]))"
    r"(?![0-9A-Z])"
)
# Issuers' own groups; numbers that begin with a year are not cards, nor do any begin with 0 or 1.
_BANK_CARD = re.compile(
    rf"{_FIRST}(?P<number>(?!20)[2-9][0-9]{{12,18}}"
    r"|[3-9][0-9]{3}([ -])[0-9]{4}\2[0-9]{4}\2(?:[0-9]{4}(?:\2[0-9]{1,3})?|[0-9]{1,3})"
    r"|[3-9][0-9]{5}[ -][0-9]{7,13}"
    rf"|3[0-9]{{3}}([ -])[0-9]{{6}}\3[0-9]{{4,5}}){_LAST}"
)
# What follows a whole card after a blank may be another number.
_BANK_CARD_OF_16 = re.compile(rf"{_FIRST}(?P<number>[3-9][0-9]{{3}}(?:[ -][0-9]{{4}}){{3}}){_LAST}")

# "3.138…" is the third of a list; 0.138…, and 118.138… on the map, are fractions.
_MONEY_BEFORE = re.compile(r"(?:(?:[$¥￥]|RMB|CNY|USD) ?|[0-9]{3}\.|(?<![0-9])0\.)$")
_MONEY_AFTER = re.compile(r"\.[0-9]{2}(?![0-9])| ?(?:元|万元|亿元|万美元|亿美元|美元|%)")


def find(text: str, *, public_numbers: Collection[str] = frozenset()) -> list[Found]:
    """The personal data of a text by place, without overlaps: the longest holds, then the most specific.

    `public_numbers` are telephone numbers that are meant to be public, in any form of writing.
    """
    public = {_national(each) for each in public_numbers}
    found = [
        Found(kind, *match.span("number"), text[match.start("number") : match.end("number")])
        for kind, match in _candidates(text.translate(_PLAIN))
        if kind is not Kind.PHONE or not _is_public(match, public)
    ]
    order = list(Kind)
    found.sort(key=lambda each: (each.start - each.end, order.index(each.kind), each.start))
    taken, kept = bytearray(len(text)), []
    for each in found:
        if taken.find(1, each.start, each.end) < 0:
            taken[each.start : each.end] = b"\1" * (each.end - each.start)
            kept.append(each)
    return sorted(kept, key=lambda each: each.start)


def masked(text: str, found: Collection[Found]) -> str:
    """The text with what `find` has found in it masked as the portal masks such numbers elsewhere.

    Of a telephone number the first three and last four figures stay (of a short one the last two), of ID and
    card numbers the first six and last two, of a plate the place; blanks and hyphens within go.
    """
    parts, end = [], 0
    for each in sorted(found, key=lambda each: each.start):
        parts += [text[end : each.start], _mask(each)]
        end = each.end
    return "".join((*parts, text[end:]))


def _mask(found: Found) -> str:
    plain = found.text.translate(_PLAIN)
    if found.kind is Kind.PHONE:
        return wording.masked(_without_country(re.sub("[^0-9]", "", plain)))
    number = re.sub("[^0-9A-Z]", "", plain)
    if found.kind is Kind.PLATE:
        return f"{found.text[0]}{number[0]}{'*' * 5}"
    return f"{number[:6]}{'*' * (len(number) - 8)}{number[-2:]}"


# What it is -------------------------------------------------------------------------------------------------


def _candidates(plain: str) -> Iterator[tuple[Kind, re.Match[str]]]:
    """Everything that has the form of personal data and passes the checks of its kind; may overlap."""
    for kind, pattern, check in CHECKS:
        at = 0
        while match := pattern.search(plain, at):
            start, end = match.span("number")
            # One that fails may hide the beginning of another.
            at = start + 1
            if check(re.sub("[^0-9A-Z]", "", match["number"])) and not _is_amount(kind, plain, start, end):
                yield kind, match
                at = end


def _is_amount(kind: Kind, plain: str, start: int, end: int) -> bool:
    """Whether a sign of money stands before or behind, or the number is the fraction of another."""
    if kind not in (Kind.PHONE, Kind.BANK_CARD):
        return False
    return bool(_MONEY_BEFORE.search(plain[max(start - 4, 0) : start]) or _MONEY_AFTER.match(plain, end))


def _is_any(number: str) -> bool:
    return True


def _is_id_number(number: str) -> bool:
    """By date and check digit (GB 11643); the place is not asked, since places lose their codes."""
    return _is_day(number[6:10], number[10:12], number[12:14]) and ric.calc_check_digit(number) == number[-1]


def _is_old_id_number(number: str) -> bool:
    """Of 15 figures, given until 1999: place, day of birth with the year's last two figures, three more."""
    return _is_day(f"19{number[6:8]}", number[8:10], number[10:12])


def _is_day(year: str, month: str, day: str) -> bool:
    if year[:2] not in ("18", "19", "20"):
        return False
    try:
        date(int(year), int(month), int(day))
    except ValueError:
        return False
    return True


def _is_plate(number: str) -> bool:
    """`number` is without the place's character. Words of letters alone are no plates."""
    return sum(each.isdigit() for each in number[1:]) >= 2


def _is_bank_card(number: str) -> bool:
    """A credit code may be of figures alone, and then has the length of a card number."""
    return luhn.is_valid(number) and not uscc.is_valid(number)


CHECKS: tuple[tuple[Kind, re.Pattern[str], Callable[[str], bool]], ...] = (
    (Kind.ID_NUMBER, _ID_NUMBER, _is_id_number),
    (Kind.OLD_ID_NUMBER, _OLD_ID_NUMBER, _is_old_id_number),
    (Kind.PHONE, _MOBILE, _is_any),
    (Kind.PHONE, _LANDLINE, _is_any),
    (Kind.PHONE, _NAMED_LANDLINE, _is_any),
    (Kind.PLATE, _PLATE, _is_plate),
    (Kind.BANK_CARD, _BANK_CARD, _is_bank_card),
    (Kind.BANK_CARD, _BANK_CARD_OF_16, _is_bank_card),
)


# Telephone numbers ------------------------------------------------------------------------------------------


def _without_country(digits: str) -> str:
    for prefix in ("0086", "86"):
        # No area code begins with 86, and a number without one has at most eight figures.
        if digits.startswith(prefix) and len(digits) - len(prefix) >= 9:
            return digits[len(prefix) :]
    return digits


def _national(number: str) -> str:
    """Figures alone, without the country's code and the zero of the area code: one form of one number."""
    return _without_country(re.sub(r"[^0-9]", "", number.translate(_PLAIN))).lstrip("0")


def _is_public(match: re.Match[str], public: Collection[str]) -> bool:
    """Whether a number is public, whatever its extension; one without area code is that of any area."""
    base = _national(match["base"])
    return base in public or (len(base) in (7, 8) and any(each.endswith(base) for each in public))
