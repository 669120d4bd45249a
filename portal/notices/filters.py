"""What an inbox and the list of failed deliveries can be narrowed to."""

from __future__ import annotations

import django_filters as filters
from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from portal.notices.models import Notice


class InboxFilter(filters.FilterSet):
    unread = filters.BooleanFilter(
        label=_("Unread only"), method="only_unread", widget=forms.CheckboxInput(), required=False
    )
    case = filters.CharFilter(label=_("Case number"), method="of_case")

    class Meta:
        model = Notice
        fields: list[str] = []

    def only_unread(self, found: QuerySet[Notice], name: str, value: bool) -> QuerySet[Notice]:
        return found.filter(read_at=None) if value else found

    def of_case(self, found: QuerySet[Notice], name: str, value: str) -> QuerySet[Notice]:
        return found.filter(case__number=value.strip().upper())


class FailedFilter(filters.FilterSet):
    channel = filters.ChoiceFilter(
        label=_("Channel"),
        choices=[each for each in Notice.Channel.choices if each[0] != Notice.Channel.PORTAL],
        empty_label=_("all"),
    )

    class Meta:
        model = Notice
        fields: list[str] = []
