"""What a list of documents can be narrowed by; the page and the API ask with the same names."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import django_filters
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy

from portal.cases.filters import FromToForm, day_filter
from portal.cases.terms import local_day, midnight
from portal.cases.text import refuse_control_characters
from portal.documents import kinds
from portal.documents.models import Document, Standing, is_held_back


def kind_choices() -> list[tuple[str, str]]:
    return [(kind.code, str(kind.name)) for kind in kinds.every()]


class DocumentFilterForm(FromToForm):
    days = ("issued_from", "issued_to")


class DocumentFilter(django_filters.FilterSet):
    """`issued_from` and `issued_to` are days in Asia/Shanghai, both included; `today` tells what holds."""

    contains = django_filters.CharFilter(
        label=gettext_lazy("Number or title"),
        method="which_contain",
        max_length=100,
        validators=[refuse_control_characters],
    )
    kind = django_filters.ChoiceFilter(
        label=gettext_lazy("Kind"), choices=kind_choices, empty_label=gettext_lazy("any")
    )
    standing = django_filters.ChoiceFilter(
        label=gettext_lazy("Standing"),
        choices=Standing.choices,
        method="of_standing",
        empty_label=gettext_lazy("any"),
    )
    issued_from = day_filter(gettext_lazy("Date of issue, from"), "from_day")
    issued_to = day_filter(gettext_lazy("Date of issue, until"), "to_day")

    class Meta:
        model = Document
        fields: tuple[str, ...] = ()
        form = DocumentFilterForm

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        queryset: QuerySet[Document] | None = None,
        *,
        request: HttpRequest | None = None,
        prefix: str | None = None,
        today: date | None = None,
    ) -> None:
        super().__init__(data, queryset, request=request, prefix=prefix)
        self.today = today or local_day(timezone.now())

    def which_contain(self, found: QuerySet[Document], name: str, value: str) -> QuerySet[Document]:
        return found.filter(Q(number__icontains=value) | Q(title__icontains=value))

    def of_standing(self, found: QuerySet[Document], name: str, value: str) -> QuerySet[Document]:
        """As `Document.standing` says it, for a whole list."""
        if value in (Standing.REVOKED, Standing.SUPERSEDED):
            return found.filter(ended=value)
        held_back, begun = is_held_back(), Q(valid_from__lte=self.today)
        lasts = ~held_back & (Q(valid_until=None) | Q(valid_until__gte=self.today))
        holds = lasts & Q(suspended_at=None)
        wanted = {
            Standing.UNPUBLISHED: held_back,
            Standing.EXPIRED: ~held_back & Q(valid_until__lt=self.today),
            Standing.SUSPENDED: lasts & Q(suspended_at__isnull=False),
            Standing.NOT_YET: holds & ~begun,
            Standing.IN_FORCE: holds & begun,
        }
        return found.filter(wanted[Standing(value)], ended="")

    def from_day(self, found: QuerySet[Document], name: str, value: date) -> QuerySet[Document]:
        return found.filter(made_at__gte=midnight(value))

    def to_day(self, found: QuerySet[Document], name: str, value: date) -> QuerySet[Document]:
        if value == date.max:
            return found
        return found.filter(made_at__lt=midnight(value + timedelta(days=1)))
