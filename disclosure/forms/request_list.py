"""What the list of information requests is narrowed by; the page and the API ask with the same names."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import Prefetch, QuerySet
from django.utils.translation import gettext_lazy

from disclosure.models import InformationRequest
from disclosure.models.requests import ApplicantKind
from disclosure.requesting import KIND
from disclosure.rules.request import WORKFLOW
from portal.cases.filters import CaseFilter, FromToForm, state_filter
from portal.cases.models import Deadline
from portal.organisation.actors import Actor


def seen_requests(actor: Actor) -> QuerySet[InformationRequest]:
    """What the actor may see of the requests, with what a row of the list shows."""
    running = Prefetch("deadlines", Deadline.objects.running(), to_attr="running_deadlines")
    # The kind is named although every row has it: the index of the queue begins with it.
    rows: Any = InformationRequest.objects.visible_to(actor)
    return rows.for_list().filter(kind=KIND).prefetch_related(running)


class RequestFilter(CaseFilter):
    workflow = WORKFLOW

    applicant_kind = django_filters.ChoiceFilter(
        label=gettext_lazy("Applicant"), choices=ApplicantKind.choices, empty_label=gettext_lazy("any")
    )
    state = state_filter(WORKFLOW)

    class Meta:
        model = InformationRequest
        fields: tuple[str, ...] = ()
        form = FromToForm
