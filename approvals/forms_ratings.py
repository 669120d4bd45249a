"""How bad ratings are listed, and how their steps are asked."""

from __future__ import annotations

from typing import Any

from django.db.models import Prefetch, QuerySet
from django.utils.translation import gettext_lazy

from approvals.models import BadRating
from approvals.ratings import KIND
from approvals.rules import rating as rules
from portal.cases.filters import CaseFilter, FromToForm, state_filter
from portal.cases.models import Deadline
from portal.cases.step_forms import StepForm
from portal.organisation.actors import Actor


def seen_ratings(actor: Actor) -> QuerySet[BadRating]:
    """The bad ratings that the actor may see, with what a row of the list shows."""
    running = Prefetch("deadlines", Deadline.objects.running(), to_attr="running_deadlines")
    # The kind is named although every row has it: the index of the queue begins with it.
    rows: Any = BadRating.objects.visible_to(actor)
    return rows.for_list().filter(kind=KIND).prefetch_related(running)


class RatingFilter(CaseFilter):
    workflow = rules.WORKFLOW

    state = state_filter(rules.WORKFLOW)

    class Meta:
        model = BadRating
        fields: tuple[str, ...] = ()
        form = FromToForm


class RatingStepForm(StepForm):
    note_labels = {
        "call_back": gettext_lazy("What the applicant said"),
        "not_reached": gettext_lazy("When, and what happened"),
        "put_right": gettext_lazy("What was put right; the applicant reads this"),
    }
    # What was put right stands with the rating.
    note_lengths = {"put_right": BadRating._meta.get_field("remedy").max_length or 0}
