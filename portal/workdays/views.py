"""The public pages: how a limit is counted, and the calendar of a year with its notices."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from portal.workdays import wording
from portal.workdays.calendar import HOLIDAY, MAKEUP, Calendar, Day, DayCount
from portal.workdays.current import current_calendar
from portal.workdays.forms import Answer, CalculatorForm
from portal.workdays.models import CalendarNotice

USUAL_DAYS = 15


@dataclass(frozen=True, slots=True)
class Row:
    """One day of the explanation, written out: a table of a year of days formats nothing in the template."""

    day: str
    weekday: str
    counted: bool
    number: int
    reason: str
    provisional: bool


@dataclass(frozen=True, slots=True)
class HolidayRow:
    """One holiday of a year: its days off, the weekends worked for it, and the notice."""

    name: str
    rest: str
    work: str
    notice: str
    provisional: bool


@dataclass(frozen=True, slots=True)
class Cell:
    """One day of the month's grid; `number` is empty before the first and after the last day."""

    number: str = ""
    css: str = ""
    mark: str = ""


@require_safe
def calculator(request: HttpRequest) -> HttpResponse:
    calendar = current_calendar()
    asked = "start" in request.GET or "days" in request.GET
    if asked:
        form = CalculatorForm(request.GET, calendar=calendar)
    else:
        form = CalculatorForm(calendar=calendar, initial={"start": timezone.localdate(), "days": USUAL_DAYS})
    context: dict[str, Any] = {
        "form": form,
        "years": _years(calendar),
        "this_year": timezone.localdate().year,
        "provisional_from": calendar.provisional_from and wording.date_text(calendar.provisional_from),
    }
    if asked and form.is_valid():
        context |= _answer_context(form.answer)
    return render(request, "workdays/calculator.html", context, status=400 if asked and form.errors else 200)


@require_safe
def year(request: HttpRequest, year: int) -> HttpResponse:
    calendar = current_calendar()
    years = _years(calendar)
    if year not in years:
        raise Http404(_("The calendar has no such year."))
    notices = list(CalendarNotice.objects.filter(year=year).order_by("issued_on", "id"))
    labels = {notice.label for notice in notices}
    days = [day for day in calendar.days if day.date.year == year]
    before = [
        day
        for day in calendar.days
        if (day.date.year, day.date.month) == (year - 1, 12) and day.notice in labels
    ]
    context = {
        "year": year,
        "years": years,
        "previous": year - 1 if year - 1 in years else None,
        "next": year + 1 if year + 1 in years else None,
        "notices": [
            (notice, wording.date_text(notice.issued_on) if notice.issued_on else "") for notice in notices
        ],
        "working_days": sum(day.working for day in days),
        "provisional": any(day.provisional for day in days),
        "holidays": _holidays(before + days),
        "off": wording.off_mark(),
        "work": wording.work_mark(),
        "heads": wording.weekday_heads(),
        "months": [
            (wording.month_text(date(year, month, 1)), _weeks(list(of_month)))
            for month, of_month in groupby(days, key=lambda day: day.date.month)
        ],
    }
    return render(request, "workdays/year.html", context)


def _years(calendar: Calendar) -> list[int]:
    return list(range(calendar.last.year, calendar.first.year - 1, -1))


def _answer_context(answer: Answer) -> dict[str, Any]:
    query = urlencode({"start": answer.start.isoformat(), "days": answer.n})
    return {
        "answer": answer,
        "start": wording.date_text(answer.start),
        "end": wording.full_date(answer.end),
        "months": [
            (wording.month_text(rows[0].date), [_row(day) for day in rows])
            for rows in (
                list(of_month)
                for _month, of_month in groupby(answer.days, key=lambda day: (day.date.year, day.date.month))
            )
        ],
        "provisional_years": wording.listed([str(year) for year in answer.provisional_years]),
        "api_url": f"{reverse('api-workdays-add')}?{query}",
    }


def _row(day: DayCount) -> Row:
    return Row(
        day=wording.day_text(day.date),
        weekday=wording.weekday_text(day.date),
        counted=day.counted,
        number=day.number,
        reason=wording.describe_reason(day),
        provisional=day.provisional,
    )


def _holidays(days: list[Day]) -> list[HolidayRow]:
    """The days that a notice or the law names, grouped by holiday in the order of their days off."""
    groups: dict[tuple[str, str, bool], list[Day]] = {}
    for day in days:
        if day.name:
            groups.setdefault((day.name, day.notice, day.provisional), []).append(day)
    return [
        HolidayRow(
            name=wording.holiday_name(name),
            rest=wording.listed(_spans([day.date for day in named if not day.working])),
            work=wording.listed(
                [
                    f"{wording.day_text(day.date)} {wording.weekday_text(day.date)}"
                    for day in named
                    if day.working
                ]
            ),
            notice=notice,
            provisional=provisional,
        )
        for (name, notice, provisional), named in sorted(groups.items(), key=_first_day_off)
    ]


def _first_day_off(group: tuple[tuple[str, str, bool], list[Day]]) -> date:
    _key, named = group
    return min((day.date for day in named if not day.working), default=named[0].date)


def _spans(days: list[date]) -> list[str]:
    """Days that follow one another, as spans."""
    spans: list[list[date]] = []
    for day in days:
        if spans and day - spans[-1][-1] == timedelta(days=1):
            spans[-1].append(day)
        else:
            spans.append([day])
    return [wording.span_text(span[0], span[-1]) for span in spans]


def _weeks(days: list[Day]) -> list[list[Cell]]:
    """A month as weeks of seven cells, Monday first."""
    cells = [Cell()] * days[0].date.weekday() + [_cell(day) for day in days]
    cells += [Cell()] * (-len(cells) % 7)
    return [cells[start : start + 7] for start in range(0, len(cells), 7)]


def _cell(day: Day) -> Cell:
    number = str(day.date.day)
    if day.reason == HOLIDAY:
        return Cell(number, "table-info", wording.off_mark())
    if day.reason == MAKEUP:
        return Cell(number, "table-warning", wording.work_mark())
    return Cell(number, "" if day.working else "text-body-secondary")
