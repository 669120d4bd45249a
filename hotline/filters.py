"""What a list of tickets can be narrowed by; the page and the API ask with the same names."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

import django_filters
from django import forms
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_filters.rest_framework import DjangoFilterBackend

from hotline.keyset import DUE_FIRST, NEWEST_FIRST, Order
from hotline.models import Category, Source, Ticket, Urgency
from hotline.registration import KIND
from hotline.workflow import CLOSED, STATES
from portal.cases.models import Deadline
from portal.cases.terms import local_day, midnight
from portal.organisation.actors import Actor
from portal.organisation.models import Unit
from portal.workdays.calendar import Calendar
from portal.workdays.current import current_calendar

DUE = {
    "overdue": gettext_lazy("overdue"),
    "today": gettext_lazy("due today"),
    "soon": gettext_lazy("due by the next working day"),
}
DAY_MESSAGES = {"invalid": gettext_lazy("There is no such day. Please write it like 2026-02-13.")}


def seen_tickets(actor: Actor) -> QuerySet[Ticket]:
    """The tickets that the actor may see, with what a row of the list shows."""
    running = Prefetch("deadlines", Deadline.objects.running(), to_attr="running_deadlines")
    # The kind is named although every ticket has it: the index of the queue begins with it.
    tickets: Any = Ticket.objects.visible_to(actor)
    return tickets.for_list().filter(kind=KIND).prefetch_related(running)


def day_filter(label: Any, method: str) -> django_filters.DateFilter:
    return django_filters.DateFilter(
        label=label,
        method=method,
        input_formats=["%Y-%m-%d"],
        error_messages=DAY_MESSAGES,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
    )


class TicketFilter(django_filters.FilterSet):
    """Open tickets, what is due first on top; closed ones, or those of a number, newest first.

    `now` and `calendar` say what is due; without them they are read, once a request.
    """

    state = django_filters.ChoiceFilter(
        label=gettext_lazy("State"),
        choices=list(STATES.items()),
        method="of_state",
        empty_label=gettext_lazy("all open"),
    )
    due = django_filters.ChoiceFilter(
        label=gettext_lazy("Limit"),
        choices=list(DUE.items()),
        method="due_by",
        empty_label=gettext_lazy("any"),
    )
    category = django_filters.ModelChoiceFilter(
        label=gettext_lazy("Category"),
        queryset=Category.objects.all(),
        to_field_name="code",
        empty_label=gettext_lazy("any"),
    )
    unit = django_filters.ModelChoiceFilter(
        label=gettext_lazy("Unit"),
        queryset=Unit.objects.all(),
        to_field_name="code",
        empty_label=gettext_lazy("any"),
    )
    urgency = django_filters.ChoiceFilter(
        label=gettext_lazy("Urgency"), choices=Urgency.choices, empty_label=gettext_lazy("any")
    )
    source = django_filters.ChoiceFilter(
        label=gettext_lazy("Source"), choices=Source.choices, empty_label=gettext_lazy("any")
    )
    opened_from = day_filter(gettext_lazy("Received from"), "from_day")
    opened_to = day_filter(gettext_lazy("Received until"), "to_day")
    number = django_filters.CharFilter(label=gettext_lazy("Number"), method="of_number", max_length=40)

    class Meta:
        model = Ticket
        fields: tuple[str, ...] = ()

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        queryset: QuerySet[Ticket] | None = None,
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

    def get_form_class(self) -> type[forms.Form]:
        class TicketFilterForm(super().get_form_class()):  # type: ignore[misc]
            def full_clean(self) -> None:
                super().full_clean()
                for name in self.errors:
                    # A browser's own field for days shows nothing of a day that does not exist.
                    if isinstance(self.fields.get(name), forms.DateField):
                        self.fields[name].widget = forms.TextInput()

            def clean(self) -> dict[str, Any]:
                cleaned: dict[str, Any] = super().clean()
                first, last = cleaned.get("opened_from"), cleaned.get("opened_to")
                if first and last and last < first:
                    self.add_error("opened_to", _("The last day lies before the first."))
                return cleaned

        return TicketFilterForm

    def filter_queryset(self, queryset: QuerySet[Ticket]) -> QuerySet[Ticket]:
        chosen = self.form.cleaned_data
        if not chosen["state"] and not chosen["number"]:
            queryset = queryset.filter(closed_at=None)
        return super().filter_queryset(queryset)

    def order(self) -> Order:
        """How the filtered list is sorted; asks for a valid form."""
        chosen = self.form.cleaned_data
        return NEWEST_FIRST if chosen["number"] or chosen["state"] == CLOSED else DUE_FIRST

    def of_state(self, queryset: QuerySet[Ticket], name: str, value: str) -> QuerySet[Ticket]:
        # The open ones stand under an index that closed ones are not in, so that it must be said.
        return queryset.filter(state=value, closed_at__isnull=value != CLOSED)

    def due_by(self, queryset: QuerySet[Ticket], name: str, value: str) -> QuerySet[Ticket]:
        today = local_day(self.now)
        if value == "overdue":
            return queryset.filter(closed_at=None, next_due_at__lte=self.now)
        last = today if value == "today" else self.calendar.add_workdays(today, 1)
        end = midnight(last + timedelta(days=1))
        return queryset.filter(closed_at=None, next_due_at__gt=self.now, next_due_at__lte=end)

    def from_day(self, queryset: QuerySet[Ticket], name: str, value: date) -> QuerySet[Ticket]:
        return queryset.filter(opened_at__gte=midnight(value))

    def to_day(self, queryset: QuerySet[Ticket], name: str, value: date) -> QuerySet[Ticket]:
        if value == date.max:
            return queryset
        return queryset.filter(opened_at__lt=midnight(value + timedelta(days=1)))

    def of_number(self, queryset: QuerySet[Ticket], name: str, value: str) -> QuerySet[Ticket]:
        return queryset.filter(number=value.strip().upper())


class TicketFilterBackend(DjangoFilterBackend):
    """The same filters for the API: 400 with the field and a sentence for what is wrong."""

    raise_exception = True
