"""The question anyone may ask of the calendar; page and API read it with the same form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from portal.workdays.calendar import Calendar, DayCount, OutsideCalendar
from portal.workdays.wording import date_text

MAX_DAYS = 250


@dataclass(frozen=True, slots=True)
class Answer:
    """The last day of a limit, and every day from the start to it."""

    start: date
    n: int
    end: date
    days: list[DayCount]
    provisional_years: list[int]

    @property
    def provisional(self) -> bool:
        return bool(self.provisional_years)

    @property
    def not_counted(self) -> int:
        return len(self.days) - self.n


class CalculatorForm(forms.Form):
    """`answer` is there once the form is valid."""

    start = forms.DateField(
        label=_("First event (this day is not counted)"),
        input_formats=["%Y-%m-%d"],
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        error_messages={
            "required": _("Please give the day, like 2026-02-13."),
            "invalid": _("There is no such day. Please write it like 2026-02-13."),
        },
    )
    days = forms.IntegerField(
        label=_("Number of working days"),
        min_value=0,
        max_value=MAX_DAYS,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
        error_messages={
            "required": _("Please give the number of working days."),
            "invalid": _("Please give the number of working days as a whole number."),
            "min_value": _("The number of working days must not be negative."),
            "max_value": _("At most %(limit_value)s working days can be counted at once."),
        },
    )
    answer: Answer

    def __init__(self, data: Mapping[str, Any] | None = None, *, calendar: Calendar, **options: Any) -> None:
        super().__init__(data, **options)
        self.calendar = calendar

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if "start" not in cleaned:
            # A date control would show nothing of what was written, and hides what has to be corrected.
            self.fields["start"].widget = forms.TextInput()
            self.fields["start"].widget.is_required = True
        if "start" not in cleaned or "days" not in cleaned:
            return cleaned
        start, n = cleaned["start"], cleaned["days"]
        try:
            counted = self.calendar.explain(start, n)
        except OutsideCalendar as outside:
            known = {"first": date_text(outside.first), "last": date_text(outside.last)}
            if start in self.calendar:
                self.add_error(
                    "days", gettext("The calendar ends on %(last)s: please ask for fewer days.") % known
                )
            else:
                self.add_error("start", gettext("The calendar knows %(first)s to %(last)s.") % known)
            return cleaned
        end = counted[-1].date if counted else start
        provisional_years = {day.date.year for day in counted if day.provisional}
        if self.calendar.is_provisional(end):
            provisional_years.add(end.year)
        self.answer = Answer(start, n, end, counted, sorted(provisional_years))
        return cleaned
