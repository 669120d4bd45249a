"""How the calendar speaks to people: dates, weekdays and the reason why a day counts, in their language."""

from __future__ import annotations

import calendar as english
from datetime import date

from django.utils.translation import get_language, gettext, ngettext
from django.utils.translation import gettext_lazy as _

from portal.workdays.calendar import HOLIDAY, MAKEUP, WEEKEND, Day, DayCount

# Notices write Chinese names; two festivals in one holiday are joined with 、.
HOLIDAY_NAMES = {
    "元旦": _("New Year's Day"),
    "春节": _("Spring Festival"),
    "清明节": _("Tomb-Sweeping Day"),
    "劳动节": _("Labour Day"),
    "端午节": _("Dragon Boat Festival"),
    "中秋节": _("Mid-Autumn Festival"),
    "国庆节": _("National Day"),
    "抗战胜利70周年纪念日": _("70th anniversary of the victory in the War of Resistance"),
}

WEEKDAYS_ZH = "一二三四五六日"


def is_chinese() -> bool:
    return (get_language() or "").startswith("zh")


def date_text(day: date) -> str:
    """2026年3月12日, in English 12 March 2026."""
    if is_chinese():
        return f"{day.year}年{day.month}月{day.day}日"
    return f"{day.day} {english.month_name[day.month]} {day.year}"


def day_text(day: date) -> str:
    """3月12日, in English 12 March."""
    if is_chinese():
        return f"{day.month}月{day.day}日"
    return f"{day.day} {english.month_name[day.month]}"


def month_text(day: date) -> str:
    """2026年3月, in English March 2026."""
    if is_chinese():
        return f"{day.year}年{day.month}月"
    return f"{english.month_name[day.month]} {day.year}"


def weekday_text(day: date) -> str:
    """星期四, in English Thursday."""
    return f"星期{WEEKDAYS_ZH[day.weekday()]}" if is_chinese() else english.day_name[day.weekday()]


def full_date(day: date) -> str:
    """2026年3月12日 星期四, in English Thursday, 12 March 2026."""
    if is_chinese():
        return f"{date_text(day)} {weekday_text(day)}"
    return f"{weekday_text(day)}, {date_text(day)}"


def weekday_heads() -> list[str]:
    """Monday to Sunday, for the head of a narrow grid."""
    return list(WEEKDAYS_ZH) if is_chinese() else [name[:2] for name in english.day_name]


def off_mark() -> str:
    """Marks a holiday in a narrow grid, as printed calendars do."""
    return "休" if is_chinese() else "off"


def work_mark() -> str:
    """Marks a weekend day that is worked."""
    return "班" if is_chinese() else "work"


def listed(parts: list[str]) -> str:
    """1月1日、1月3日; in English with commas."""
    return ("、" if is_chinese() else ", ").join(parts)


def span_text(first: date, last: date) -> str:
    """1月1日至1月3日（3天）; a single day alone."""
    if first == last:
        return day_text(first)
    count = (last - first).days + 1
    return ngettext(
        "%(first)s to %(last)s (%(count)s day)", "%(first)s to %(last)s (%(count)s days)", count
    ) % {"first": day_text(first), "last": day_text(last), "count": count}


def holiday_name(name: str) -> str:
    """The holiday's name in the reader's language; one that is not known stays as the notice wrote it."""
    if is_chinese():
        return name
    return listed([str(HOLIDAY_NAMES.get(part, part)) for part in name.split("、")])


def describe_reason(day: Day | DayCount) -> str:
    """Why a day counts or not: 周末; 国庆节（国办发明电〔2025〕7号）; 调休上班：春节（…）."""
    words = {"holiday": holiday_name(day.name), "notice": day.notice}
    if day.reason == WEEKEND:
        reason = gettext("Weekend")
    elif day.reason == HOLIDAY:
        reason = gettext("%(holiday)s (%(notice)s)") % words if day.notice else words["holiday"]
    elif day.reason == MAKEUP:
        reason = gettext("Make-up working day: %(holiday)s (%(notice)s)") % words
    elif day.notice:
        reason = gettext("Working day by notice: %(holiday)s (%(notice)s)") % words
    else:
        reason = gettext("Working day")
    return gettext("%(reason)s, provisional") % {"reason": reason} if day.provisional else reason
