"""How dates, names and numbers are written in the reader's language. Pure, apart from the language.

Django's own localisation costs ten times as much a date, which a list of a hundred rows feels.
"""

from __future__ import annotations

import re
from calendar import month_name
from datetime import date, datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import get_language

PHONE = re.compile(r"\+?[\d\s-]{7,20}")
# Two-character surnames that are still borne by many; the first character alone would be a wrong name.
COMPOUND_SURNAMES = frozenset(
    re.findall(
        "..",
        "欧阳太史端木上官司马东方独孤南宫万俟闻人夏侯诸葛尉迟公羊赫连澹台皇甫宗政濮阳公冶"
        "太叔申屠公孙慕容仲孙钟离长孙宇文司徒鲜于司空闾丘令狐百里呼延东郭微生轩辕西门",
    )
)


def _chinese() -> bool:
    return (get_language() or "").startswith("zh")


def local_date(value: date | datetime) -> str:
    """A day in words: "2026年3月12日", or in English "12 March 2026". A moment gives its day in Shanghai."""
    if isinstance(value, datetime):
        value = timezone.localtime(value)
    if _chinese():
        return f"{value.year}年{value.month}月{value.day}日"
    return f"{value.day} {month_name[value.month]} {value.year}"


def local_moment(value: datetime) -> str:
    """A moment to the minute, in Shanghai's time: "2026年3月12日 14:05"."""
    value = timezone.localtime(value)
    return f"{local_date(value)} {value:%H:%M}"


def short_date(value: date | datetime) -> str:
    """A day for a narrow column, the same in every language: "2026-03-12"."""
    if isinstance(value, datetime):
        value = timezone.localtime(value)
    return value.isoformat()[:10]


def short_moment(value: datetime) -> str:
    """A moment for a narrow column, in Shanghai's time: "03-12 14:05"."""
    return f"{timezone.localtime(value):%m-%d %H:%M}"


def masked(value: Any) -> str:
    """A person's name or telephone number as the public may see it: 张某, 138****5678.

    The public's pages never show a natural person's full name or number (个人信息保护法, art 25).
    """
    text = str(value or "").strip()
    if not text:
        return ""
    if PHONE.fullmatch(text):
        digits = re.sub(r"\D", "", text)
        return (
            f"{digits[:3]}****{digits[-4:]}"
            if len(digits) >= 11
            else f"{'*' * (len(digits) - 2)}{digits[-2:]}"
        )
    if "\u3400" <= text[0] <= "\u9fff":
        return f"{text[:2] if text[:2] in COMPOUND_SURNAMES else text[0]}某"
    return f"{text[0]}***"
