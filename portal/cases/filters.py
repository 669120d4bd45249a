"""What a list of cases can be narrowed by; the page and the API of each app ask with the same names."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, ClassVar

import django_filters
from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_filters.rest_framework import DjangoFilterBackend

from portal.cases.keyset import DUE_FIRST, NEWEST_FIRST, Order
from portal.cases.terms import local_day, midnight
from portal.cases.workflow import Workflow
from portal.organisation.models import Unit
from portal.workdays.calendar import Calendar
from portal.workdays.current import current_calendar

DUE = {
    "overdue": gettext_lazy("overdue"),
    "today": gettext_lazy("due today"),
    "soon": gettext_lazy("due by the next working day"),
}
DAY_MESSAGES = {"invalid": gettext_lazy("There is no such day. Please write it like 2026-02-13.")}


def day_filter(label: Any, method: str) -> django_filters.DateFilter:
    return django_filters.DateFilter(
        label=label,
        method=method,
        input_formats=["%Y-%m-%d"],
        error_messages=DAY_MESSAGES,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
    )


class FromToForm(forms.Form):
    """`days` names the two fields that are the first and the last day of a time."""

    days: ClassVar[tuple[str, str]] = ("opened_from", "opened_to")

    def full_clean(self) -> None:
        super().full_clean()
        for name in self.errors:
            # A browser's own field for days shows nothing of a day that does not exist.
            if isinstance(self.fields.get(name), forms.DateField):
                self.fields[name].widget = forms.TextInput()

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        first, last = (cleaned.get(name) for name in self.days)
        if first and last and last < first:
            self.add_error(self.days[1], _("The last day lies before the first."))
        return cleaned


class CaseFilter(django_filters.FilterSet):
    """Open cases, what is due first on top; ended ones, or that of a number, newest first.

    An app's own filter names its `workflow`, and has `state = state_filter(workflow)`. `now` and `calendar`
    say what is due; without them they are read, once a request.
    """

    workflow: ClassVar[Workflow]

    due = django_filters.ChoiceFilter(
        label=gettext_lazy("Limit"),
        choices=list(DUE.items()),
        method="due_by",
        empty_label=gettext_lazy("any"),
    )
    unit = django_filters.ModelChoiceFilter(
        label=gettext_lazy("Unit"),
        queryset=Unit.objects.all(),
        to_field_name="code",
        empty_label=gettext_lazy("any"),
    )
    opened_from = day_filter(gettext_lazy("Received from"), "from_day")
    opened_to = day_filter(gettext_lazy("Received until"), "to_day")
    number = django_filters.CharFilter(label=gettext_lazy("Number"), method="of_number", max_length=40)

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        queryset: QuerySet[Any] | None = None,
        *,
        request: HttpRequest | None = None,
        prefix: str | None = None,
        now: datetime | None = None,
        calendar: Calendar | None = None,
    ) -> None:
        super().__init__(data, queryset, request=request, prefix=prefix)
        self.now = now or timezone.now()
        self._calendar = calendar

    @property
    def calendar(self) -> Calendar:
        if self._calendar is None:
            self._calendar = current_calendar()
        return self._calendar

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen = self.form.cleaned_data
        if not chosen["state"] and not chosen["number"]:
            queryset = queryset.filter(closed_at=None)
        return super().filter_queryset(queryset)

    def order(self) -> Order:
        """How the filtered list is sorted; asks for a valid form."""
        chosen = self.form.cleaned_data
        ended = chosen["number"] or chosen["state"] in self.workflow.final
        return NEWEST_FIRST if ended else DUE_FIRST

    def of_state(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        # The open ones stand under an index that closed ones are not in, so that it must be said.
        return queryset.filter(state=value, closed_at__isnull=value not in self.workflow.final)

    def due_by(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        today = local_day(self.now)
        if value == "overdue":
            return queryset.filter(closed_at=None, next_due_at__lte=self.now)
        last = today if value == "today" else self.calendar.add_workdays(today, 1)
        end = midnight(last + timedelta(days=1))
        return queryset.filter(closed_at=None, next_due_at__gt=self.now, next_due_at__lte=end)

    def from_day(self, queryset: QuerySet[Any], name: str, value: date) -> QuerySet[Any]:
        return queryset.filter(opened_at__gte=midnight(value))

    def to_day(self, queryset: QuerySet[Any], name: str, value: date) -> QuerySet[Any]:
        if value == date.max:
            return queryset
        return queryset.filter(opened_at__lt=midnight(value + timedelta(days=1)))

    def of_number(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return queryset.filter(number=value.strip().upper())


def state_filter(workflow: Workflow) -> django_filters.ChoiceFilter:
    """The states of one workflow; without a choice, all that are open."""
    return django_filters.ChoiceFilter(
        label=gettext_lazy("State"),
        choices=list(workflow.states.items()),
        method="of_state",
        empty_label=gettext_lazy("all open"),
    )


class StrictFilterBackend(DjangoFilterBackend):
    """The same filters for the API: 400 with the field and a sentence for what is wrong."""

    raise_exception = True
