"""What the public looks for among the items that can be applied for; page and API ask with the same names."""

from __future__ import annotations

import django_filters
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy

from approvals.models import ItemGuide, Material
from portal.cases.text import refuse_control_characters

APPLICANTS = {
    "persons": gettext_lazy("persons"),
    "bodies": gettext_lazy("companies and other bodies"),
}


class ItemFilter(django_filters.FilterSet):
    """Words of a name, of the conditions or of a material, all of which have to be there; and who applies."""

    q = django_filters.CharFilter(
        label=gettext_lazy("What would you like to do?"),
        method="which_contain",
        max_length=100,
        validators=[refuse_control_characters],
    )
    applicant = django_filters.ChoiceFilter(
        label=gettext_lazy("For"),
        choices=list(APPLICANTS.items()),
        method="which_are_for",
        empty_label=gettext_lazy("everybody"),
    )

    class Meta:
        model = ItemGuide
        fields: tuple[str, ...] = ()

    def which_contain(self, found: QuerySet[ItemGuide], name: str, value: str) -> QuerySet[ItemGuide]:
        for word in value.split()[:10]:
            # Asked for as "is there one": a guide with two such materials is still one row.
            in_a_material = Exists(Material.objects.filter(guide=OuterRef("pk"), name__icontains=word))
            found = found.filter(
                Q(item__name__icontains=word)
                | Q(item__name_en__icontains=word)
                | Q(conditions__icontains=word)
                | Q(in_a_material)
            )
        return found

    def which_are_for(self, found: QuerySet[ItemGuide], name: str, value: str) -> QuerySet[ItemGuide]:
        return found.filter(**{f"item__for_{value}": True})
