"""What a list of tickets can be narrowed by; the page and the API ask with the same names."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import Prefetch, QuerySet
from django.utils.translation import gettext_lazy

from hotline.models import Category, Source, Ticket, Urgency
from hotline.registration import KIND
from hotline.workflow import WORKFLOW
from portal.cases.filters import CaseFilter, FromToForm, state_filter
from portal.cases.models import Deadline
from portal.organisation.actors import Actor


def seen_tickets(actor: Actor) -> QuerySet[Ticket]:
    """The tickets that the actor may see, with what a row of the list shows."""
    running = Prefetch("deadlines", Deadline.objects.running(), to_attr="running_deadlines")
    # The kind is named although every ticket has it: the index of the queue begins with it.
    tickets: Any = Ticket.objects.visible_to(actor)
    return tickets.for_list().filter(kind=KIND).prefetch_related(running)


class TicketFilter(CaseFilter):
    workflow = WORKFLOW

    state = state_filter(WORKFLOW)
    category = django_filters.ModelChoiceFilter(
        label=gettext_lazy("Category"),
        queryset=Category.objects.all(),
        to_field_name="code",
        empty_label=gettext_lazy("any"),
    )
    urgency = django_filters.ChoiceFilter(
        label=gettext_lazy("Urgency"), choices=Urgency.choices, empty_label=gettext_lazy("any")
    )
    source = django_filters.ChoiceFilter(
        label=gettext_lazy("Source"), choices=Source.choices, empty_label=gettext_lazy("any")
    )

    class Meta:
        model = Ticket
        fields: tuple[str, ...] = ()
        form = FromToForm
