"""What a list of cards can be narrowed to."""

from __future__ import annotations

from datetime import date

import django_filters as filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.cases import kinds
from portal.cases.terms import ONE_DAY, midnight
from portal.organisation.models import Unit
from portal.oversight.models import Card
from portal.oversight.workflow import UNDECIDED, WAITING, Colour, State

STAGES = {
    "waiting": (gettext_lazy("to be answered"), WAITING),
    "undecided": (gettext_lazy("to be decided"), UNDECIDED),
    "settled": (gettext_lazy("settled"), frozenset(State) - WAITING - UNDECIDED),
}


def _kinds() -> list[tuple[str, str]]:
    return [(kind.code, str(kind.name)) for kind in kinds.every()]


class CardFilterForm(forms.Form):
    def clean(self) -> dict[str, object]:
        cleaned = super().clean() or {}
        first, last = cleaned.get("first"), cleaned.get("last")
        if first and last and last < first:
            raise ValidationError({"last": _("The last day lies before the first.")})
        return cleaned


class CardFilter(filters.FilterSet):
    """`first` and `last` are days in Asia/Shanghai, both included."""

    colour = filters.ChoiceFilter(
        label=gettext_lazy("Colour"), choices=Colour.choices, empty_label=gettext_lazy("all")
    )
    answered = filters.ChoiceFilter(
        label=gettext_lazy("Answer"),
        choices=[(code, label) for code, (label, _states) in STAGES.items()],
        method="in_stage",
        empty_label=gettext_lazy("all"),
    )
    unit = filters.ModelChoiceFilter(
        label=gettext_lazy("Unit"), queryset=Unit.objects.all(), empty_label=gettext_lazy("all")
    )
    kind = filters.ChoiceFilter(
        label=gettext_lazy("Kind of case"),
        field_name="case__kind",
        choices=_kinds,
        empty_label=gettext_lazy("all"),
    )
    first = filters.DateFilter(
        label=gettext_lazy("Issued from"),
        method="issued_from",
        widget=forms.DateInput(attrs={"type": "date"}),
    )
    last = filters.DateFilter(
        label=gettext_lazy("Issued until"),
        method="issued_until",
        widget=forms.DateInput(attrs={"type": "date"}),
    )

    class Meta:
        model = Card
        fields: list[str] = []
        form = CardFilterForm

    def in_stage(self, found: QuerySet[Card], name: str, value: str) -> QuerySet[Card]:
        return found.filter(state__in=STAGES[value][1])

    def issued_from(self, found: QuerySet[Card], name: str, value: date) -> QuerySet[Card]:
        return found.filter(issued_at__gte=midnight(value))

    def issued_until(self, found: QuerySet[Card], name: str, value: date) -> QuerySet[Card]:
        if value == date.max:
            return found
        return found.filter(issued_at__lt=midnight(value + ONE_DAY))


class OwnCardFilter(CardFilter):
    """For one unit's cards there is no unit to choose."""

    unit = None
