"""A form for each step of a publication: how it is asked. What must be given the rules say."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import django_filters
from django import forms
from django.db.models import Prefetch, QuerySet
from django.utils.translation import gettext_lazy

from disclosure.models import Publication
from disclosure.publishing import KIND
from disclosure.rules.publication import OCCASIONS, THIRD_PARTY_ANSWERS, WORKFLOW
from portal.cases.fields import text
from portal.cases.filters import CaseFilter, FromToForm, state_filter
from portal.cases.models import Deadline
from portal.cases.step_forms import StepForm, day_field, one_of, yes_no
from portal.cases.workflow import Transition
from portal.organisation.actors import Actor


class PublicationStepForm(StepForm):
    note_labels = {
        "submit": gettext_lazy("Note to the reviewer"),
        "pass_secrecy": gettext_lazy("Opinion of the review"),
        "escalate": gettext_lazy("What is in doubt, and whom you ask"),
        "record_determination": gettext_lazy("What was decided, with the number of the document"),
        "record_third_party": gettext_lazy("How they were asked, and what they wrote"),
        "approve": gettext_lazy("Note"),
        "publish": gettext_lazy("Note"),
        "unschedule": gettext_lazy("Why not on that day"),
        "send_back": gettext_lazy("What is to be changed, and why"),
        "drop": gettext_lazy("Why it is not published"),
        "urge": gettext_lazy("What is to be hurried, and why"),
    }


class SecrecyForm(PublicationStepForm):
    secrecy_basis = text(
        Publication,
        "secrecy_basis",
        required=True,
        rows=2,
        help_text=gettext_lazy("Law and article, or the list of secrets that was gone through."),
    )


class DeterminationForm(PublicationStepForm):
    may_be_public = yes_no(
        label=gettext_lazy("May it be public?"),
        error_messages={"required": gettext_lazy("Please say whether it may be made public.")},
    )
    determined_by = text(Publication, "determined_by", required=True, attrs={"autocomplete": "off"})


class ThirdPartyForm(PublicationStepForm):
    third_party_answer = one_of(
        THIRD_PARTY_ANSWERS, gettext_lazy("What they say"), gettext_lazy("Please say what the answer is.")
    )
    public_interest = text(
        Publication,
        "public_interest",
        rows=2,
        label=gettext_lazy("Without their consent: what public interest demands it"),
    )


class ScheduleForm(PublicationStepForm):
    publish_on = day_field(
        gettext_lazy("On which day"), help_text=gettext_lazy("It appears when that day begins.")
    )


FORMS: dict[str, type[PublicationStepForm]] = {
    "pass_secrecy": SecrecyForm,
    "record_determination": DeterminationForm,
    "record_third_party": ThirdPartyForm,
    "schedule": ScheduleForm,
}
# What carries the matter on stands first; what ends it without coming out last.
ONWARD = (
    *("submit", "pass_secrecy", "record_determination", "record_third_party", "approve", "publish"),
    *("schedule", "escalate", "send_back"),
)
# Changing a text has a page of its own.
ELSEWHERE = ("revise",)
LAST = ("drop",)


def form_for(step: Transition, case: Publication, data: Any = None) -> PublicationStepForm:
    return FORMS.get(step.name, PublicationStepForm)(step, case, data)


def blank_forms(case: Publication, allowed: Iterable[Transition]) -> list[PublicationStepForm]:
    """An empty form for each step; those that carry the matter on come first."""
    found = {step.name: form_for(step, case) for step in allowed if step.name not in ELSEWHERE}
    names = sorted(found, key=lambda name: ONWARD.index(name) if name in ONWARD else len(ONWARD))
    return [found[name] for name in sorted(names, key=LAST.__contains__)]


# The list ---------------------------------------------------------------------------------------------------


def seen_publications(actor: Actor) -> QuerySet[Publication]:
    """What the actor may see of the publications, with what a row of the list shows."""
    running = Prefetch("deadlines", Deadline.objects.running(), to_attr="running_deadlines")
    rows: Any = Publication.objects.visible_to(actor)
    return rows.for_list().filter(kind=KIND).prefetch_related(running)


class PublicationFilter(CaseFilter):
    workflow = WORKFLOW

    occasion = django_filters.ChoiceFilter(
        label=gettext_lazy("Why it is published"),
        choices=list(OCCASIONS.items()),
        empty_label=gettext_lazy("any"),
        widget=forms.Select,
    )
    state = state_filter(WORKFLOW)

    class Meta:
        model = Publication
        fields: tuple[str, ...] = ()
        form = FromToForm
