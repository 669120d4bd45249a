"""The numbers of a document that is made public: document number (文号) and index number (索引号). Pure.

Document numbers as GB/T 9704 (党政机关公文格式) has them: the agency's code word, the year in six-cornered
brackets, the number without zeros before it, and 号. Index numbers are the agency's nine characters, the year
and five figures; they vary from province to province, so that the agency's part is the caller's.
"""

from __future__ import annotations

import re

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

DOCUMENT_NUMBER = re.compile(r"[一-龥]{2,20}〔(19|20)[0-9]{2}〕[1-9][0-9]*号")
INDEX_PATTERN = re.compile(r"[0-9A-Z]{9}/(19|20)[0-9]{2}-(?!00000)[0-9]{5}")
MOST_A_YEAR = 99_999

# What stands on keyboards in place of the six-cornered brackets; ［ ］ are plain ones by then.
_BRACKETS = str.maketrans("[【﹝〖]】﹞〗", "〔〔〔〔〕〕〕〕")
_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_BLANKS = re.compile(r"[\s\u200b-\u200d\ufeff]")


def _plain(text: str) -> str:
    """Full-width figures, letters and marks as plain ones, without blanks."""
    return _BLANKS.sub("", text.translate(_FULL_WIDTH))


def normal_document_number(text: str) -> str:
    """Without blanks, with plain figures and with 〔 〕 for the brackets that stand in their place.

    Round brackets stay, because they also stand in names; `check_document_number` says that they are wrong.
    """
    return _plain(text).translate(_BRACKETS)


def check_document_number(text: str) -> str:
    """The normal form of a document number such as 样城管〔2026〕5号.

    Raises ValidationError, with what is wrong; its code is "bracket", "agency", "year", "ending", "ordinal",
    "leading_zero" or "number".
    """
    plain = normal_document_number(text)
    if DOCUMENT_NUMBER.fullmatch(plain):
        return plain
    agency, opened, rest = plain.partition("〔")
    year, closed, number = rest.partition("〕")
    if not opened or not closed:
        raise ValidationError(
            _("In a document number the year stands in six-cornered brackets, as in 〔2026〕."), "bracket"
        )
    if not re.fullmatch(r"[一-龥]{2,20}", agency):
        raise ValidationError(
            _("A document number begins with the agency's code word, of 2 to 20 Chinese characters."),
            "agency",
        )
    if not re.fullmatch(r"(19|20)[0-9]{2}", year):
        raise ValidationError(
            _("The year of a document number has four figures, from 1900 to 2099; this one is “%(year)s”.")
            % {"year": year[:20]},
            "year",
        )
    if not number.endswith("号"):
        raise ValidationError(_("A document number ends in 号."), "ending")
    number = number[:-1]
    if number.startswith("第"):
        raise ValidationError(_("In a document number there is no 第 before the number."), "ordinal")
    if number.startswith("0"):
        raise ValidationError(
            _("The number of a document has no zeros before it, as in 5号, and begins at 1."), "leading_zero"
        )
    raise ValidationError(
        _("Between the year and 号 of a document number there are figures alone."), "number"
    )


def index_number(organisation: str, year: int, sequence: int) -> str:
    """The index number of an agency's item, such as MB0DEM019/2026-00001.

    `organisation` is the agency's organisation code, characters 9 to 17 of its credit code; `sequence` counts
    from 1 within a year. Raises ValueError where no index number can be made of them.
    """
    if not 1 <= sequence <= MOST_A_YEAR:
        raise ValueError(f"No index number has the sequence {sequence}.")
    found = f"{organisation}/{year}-{sequence:05d}"
    if not INDEX_PATTERN.fullmatch(found):
        raise ValueError(f"No index number has the organisation {organisation!r} and the year {year}.")
    return found


def check_index_number(text: str) -> str:
    """The normal form of an index number. Raises ValidationError, with what is wrong.

    Its code is "organisation", "year" or "sequence"; "format" where the parts cannot be told apart.
    """
    plain = _plain(text).upper()
    if INDEX_PATTERN.fullmatch(plain):
        return plain
    organisation, slash, rest = plain.partition("/")
    year, hyphen, _sequence = rest.partition("-")
    if not slash or not hyphen:
        raise ValidationError(
            _("An index number is the agency's code, the year and five figures, as in MB0DEM019/2026-00001."),
            "format",
        )
    if not re.fullmatch(r"[0-9A-Z]{9}", organisation):
        raise ValidationError(
            _("An index number begins with the agency's code of nine figures and capital letters."),
            "organisation",
        )
    if not re.fullmatch(r"(19|20)[0-9]{2}", year):
        raise ValidationError(_("The year of an index number has four figures, from 1900 to 2099."), "year")
    raise ValidationError(_("An index number ends in five figures, from 00001 to 99999."), "sequence")
