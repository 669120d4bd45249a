"""What lists of pledges and of complaints can be narrowed by; pages and API ask with the same names."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet
from django.utils.translation import gettext_lazy

from pledges.complaints import KIND
from pledges.models import VERSION_STATE_CHOICES, Breach, Clause, PledgeVersion, Source
from pledges.workflow import BREACH_WORKFLOW
from portal.cases.filters import CaseFilter, FromToForm, state_filter
from portal.cases.models import Deadline
from portal.cases.text import refuse_control_characters
from portal.organisation.actors import Actor
from portal.organisation.models import Unit


class PledgeFilter(django_filters.FilterSet):
    """What the public looks for: words of a title, of a clause or of a document number; one unit."""

    q = django_filters.CharFilter(
        label=gettext_lazy("Words or number"),
        method="which_contain",
        max_length=100,
        validators=[refuse_control_characters],
    )
    unit = django_filters.ModelChoiceFilter(
        label=gettext_lazy("Pledging unit"),
        field_name="pledge__unit",
        queryset=Unit.objects.all(),
        to_field_name="code",
        empty_label=gettext_lazy("any"),
    )

    class Meta:
        model = PledgeVersion
        fields: tuple[str, ...] = ()

    def which_contain(self, found: QuerySet[PledgeVersion], name: str, value: str) -> QuerySet[PledgeVersion]:
        # Asked for as "is there one": a version with two such clauses is still one row.
        in_a_clause = Exists(Clause.objects.filter(version=OuterRef("pk"), text__icontains=value))
        return found.filter(Q(title__icontains=value) | Q(document__number__icontains=value) | Q(in_a_clause))


class VersionFilter(PledgeFilter):
    """The desk's: every version on its way as well, by its state."""

    state = django_filters.ChoiceFilter(
        label=gettext_lazy("State"), choices=VERSION_STATE_CHOICES, empty_label=gettext_lazy("any")
    )


def seen_breaches(actor: Actor) -> QuerySet[Breach]:
    """The complaints that the actor may see, with what a row of the list shows."""
    running = Prefetch("deadlines", Deadline.objects.running(), to_attr="running_deadlines")
    # The kind is named although every complaint has it: the index of the queue begins with it.
    breaches: Any = Breach.objects.visible_to(actor)
    return breaches.for_list().filter(kind=KIND).prefetch_related(running)


class BreachFilter(CaseFilter):
    workflow = BREACH_WORKFLOW

    state = state_filter(BREACH_WORKFLOW)
    source = django_filters.ChoiceFilter(
        label=gettext_lazy("Source"), choices=Source.choices, empty_label=gettext_lazy("any")
    )

    class Meta:
        model = Breach
        fields: tuple[str, ...] = ()
        form = FromToForm
