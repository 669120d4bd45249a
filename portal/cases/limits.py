"""How a limit looks in a list: in words, with a sign and a colour, so that none of them stands alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portal.cases.terms import ONE_DAY, DayUnit, Run, days_left, local_day
from portal.workdays.calendar import Calendar, OutsideCalendar


@dataclass(frozen=True, slots=True)
class LimitView:
    """`words` say it, `sign` and `css` show it; `level` is one of none, ok, soon, over."""

    words: str
    sign: str
    css: str
    level: str
    due_on: date | None


NO_LIMIT_SIGN, SIGNS = "–", {"ok": "○", "soon": "△", "over": "▲"}


def limit_view(
    due_at: datetime | None,
    *,
    now: datetime,
    calendar: Calendar,
    provisional: bool = False,
    at_closing: bool = False,
    run: Run | None = None,
) -> LimitView:
    """The limit that ends at `due_at` (the first moment too late), seen at `now`.

    Days left are working days, days late are calendar days; with `run`, excluded time does not count as
    left. None or a far sentinel: no clock runs.
    """
    if due_at is None or due_at.year >= 9999:
        return LimitView(_("no limit runs"), NO_LIMIT_SIGN, "limit-none", "none", None)
    last = local_day(due_at) if at_closing else local_day(due_at) - ONE_DAY
    today = local_day(now)
    if now >= due_at:
        late = max((today - last).days, 1)
        level, words = (
            "over",
            ngettext("%(days)d day overdue", "%(days)d days overdue", late) % {"days": late},
        )
    elif last == today:
        level, words = "soon", _("due today")
    else:
        left = _left(calendar, today, last, run)
        level = "soon" if left <= 1 else "ok"
        words = ngettext("%(days)d working day left", "%(days)d working days left", left) % {"days": left}
    if provisional:
        words = _("%(limit)s (provisional)") % {"limit": words}
    return LimitView(words, SIGNS[level], f"limit-{level}", level, last)


def _left(calendar: Calendar, today: date, last: date, run: Run | None) -> int:
    try:
        if run is not None and run.unit is DayUnit.WORKING_DAYS:
            return days_left(run, calendar, today=today, last=last)
        return calendar.workdays_between(today, last)
    except OutsideCalendar:
        return (last - today).days
