"""What the catalogue is narrowed by; the page, the feeds and the API ask with the same names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import django_filters
from django.utils.translation import gettext_lazy

from disclosure.models import Category, Disclosure, Theme, Validity
from disclosure.normal import words_of
from portal.cases.text import refuse_control_characters
from portal.organisation.models import Unit

LONGEST_QUESTION = 100


def _by_code(model: Any, label: Any) -> django_filters.ModelChoiceFilter:
    return django_filters.ModelChoiceFilter(
        label=label, queryset=model.objects.all(), to_field_name="code", empty_label=gettext_lazy("any")
    )


class CatalogueFilter(django_filters.FilterSet):
    """Words that all have to stand in an item; a branch of the catalogue with everything below; and so on."""

    q = django_filters.CharFilter(
        label=gettext_lazy("What are you looking for?"),
        max_length=LONGEST_QUESTION,
        validators=[refuse_control_characters],
    )
    category = _by_code(Category, gettext_lazy("Category"))
    unit = _by_code(Unit, gettext_lazy("Issuing unit"))
    theme = _by_code(Theme, gettext_lazy("Theme"))
    year = django_filters.NumberFilter(
        label=gettext_lazy("Published in the year"), min_value=1900, max_value=2099, decimal_places=0
    )
    validity = django_filters.ChoiceFilter(
        label=gettext_lazy("Validity"), choices=Validity.choices, empty_label=gettext_lazy("any")
    )

    class Meta:
        model = Disclosure
        fields: tuple[str, ...] = ()

    def words(self) -> list[str]:
        """The words that were asked for, in their normal form; call when the question is valid."""
        return words_of(self.form.cleaned_data.get("q") or "")

    def wanted(self, below: Mapping[int, list[int]]) -> dict[str, list[Any]]:
        """The values that each column of an item may have; `below`: every category with its subtree."""
        asked = self.form.cleaned_data
        found: dict[str, list[Any]] = {}
        if asked.get("category"):
            found["category_id"] = below[asked["category"].pk]
        for name in ("unit", "theme"):
            if asked.get(name):
                found[f"{name}_id"] = [asked[name].pk]
        if asked.get("year"):
            found["year"] = [int(asked["year"])]
        if asked.get("validity"):
            found["validity"] = [asked["validity"]]
        return found
