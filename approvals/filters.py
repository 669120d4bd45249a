"""What a list of applications can be narrowed by; the page and the API ask with the same names."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import Prefetch, QuerySet
from django.utils.translation import gettext_lazy, pgettext_lazy

from approvals.actions import KIND
from approvals.models import ApprovalCase, ServiceItem
from approvals.models.applications import Source
from approvals.waiting import with_to_be_signed
from approvals.workflow import OUTCOMES, WORKFLOW
from portal.cases.filters import CaseFilter, FromToForm, state_filter
from portal.cases.models import Deadline
from portal.organisation.actors import Actor
from portal.organisation.actors_of import actor_of

TAKEN_BY = {"me": gettext_lazy("me"), "nobody": gettext_lazy("nobody yet")}
YES_NO = [("true", gettext_lazy("Yes")), ("false", gettext_lazy("No"))]


def seen_approvals(actor: Actor) -> QuerySet[ApprovalCase]:
    """The applications that the actor may see, with what a row of the list shows, in two queries."""
    running = Prefetch("deadlines", Deadline.objects.running(), to_attr="running_deadlines")
    # The kind is named although every application has it: the index of the queue begins with it.
    approvals: Any = ApprovalCase.objects.visible_to(actor)
    return with_to_be_signed(approvals.for_list().filter(kind=KIND).prefetch_related(running), actor)


def yes_or_no(label: Any, name: str) -> django_filters.ChoiceFilter:
    """Of a column that is true or false; written like `true` in an address, as the API's clients do."""
    return django_filters.ChoiceFilter(
        field_name=name,
        label=label,
        choices=YES_NO,
        method="true_or_false",
        empty_label=gettext_lazy("any"),
    )


class ApprovalFilter(CaseFilter):
    workflow = WORKFLOW

    state = state_filter(WORKFLOW)
    item = django_filters.ModelChoiceFilter(
        field_name="guide__item",
        label=gettext_lazy("Item"),
        queryset=ServiceItem.objects.all(),
        to_field_name="code",
        empty_label=gettext_lazy("any"),
    )
    taken_by = django_filters.ChoiceFilter(
        label=pgettext_lazy("application", "Taken by"),
        choices=list(TAKEN_BY.items()),
        method="taken",
        empty_label=gettext_lazy("anybody"),
    )
    source = django_filters.ChoiceFilter(
        label=gettext_lazy("Source"), choices=Source.choices, empty_label=gettext_lazy("any")
    )
    outcome = django_filters.ChoiceFilter(
        label=gettext_lazy("Decision"), choices=list(OUTCOMES.items()), empty_label=gettext_lazy("any")
    )
    consolidated_bill = yes_or_no(gettext_lazy("On a consolidated bill"), "consolidated_bill")
    deemed = yes_or_no(gettext_lazy("Accepted by silence"), "deemed")

    class Meta:
        model = ApprovalCase
        fields: tuple[str, ...] = ()
        form = FromToForm

    def true_or_false(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return queryset.filter(**{name: value == "true"})

    def taken(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        if value == "nobody":
            return queryset.filter(first_contact=None)
        # Nobody's own where it is not known who asks.
        own = actor_of(self.request).id if self.request is not None else None
        return queryset.filter(first_contact_id=own) if own is not None else queryset.none()
