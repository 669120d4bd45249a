"""What is asked of an incoming document or request: when it is registered, narrowed down in a list, moved."""

from __future__ import annotations

from typing import Any

import django_filters
from django import forms
from django.db.models import Prefetch, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from approvals.incoming import KIND, Arrival
from approvals.models import Incoming
from approvals.models.incoming import Form
from approvals.rules import incoming as rules
from portal.cases.fields import Once, UnitChoice, text
from portal.cases.filters import CaseFilter, FromToForm, state_filter
from portal.cases.models import Deadline, Extension
from portal.cases.step_forms import StepForm, yes_no
from portal.cases.workflow import Transition
from portal.organisation.actors import Actor


class RegisterForm(Once):
    """A document or a request. What belongs to the other of the two is not asked for, and refused."""

    form = forms.ChoiceField(
        label=gettext_lazy("What has come in?"), choices=Form.choices, widget=forms.RadioSelect
    )
    title = text(Incoming, "title", label=gettext_lazy("What it is about"), attrs={"autocomplete": "off"})
    sender = text(Incoming, "sender", attrs={"autocomplete": "off"})
    sender_phone = text(Incoming, "sender_phone", attrs={"inputmode": "tel", "autocomplete": "off"})
    sender_number = text(
        Incoming,
        "sender_number",
        attrs={"autocomplete": "off"},
        help_text=gettext_lazy("As it is printed on the document, if it has one."),
    )
    dated_on = forms.DateField(
        label=gettext_lazy("Dated"),
        required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        error_messages={"invalid": gettext_lazy("There is no such day. Please write it like 2026-02-13.")},
    )
    content = text(Incoming, "content", label=gettext_lazy("What it asks for"), rows=5)
    own_days = forms.IntegerField(
        label=gettext_lazy("Limit that the document sets"),
        required=False,
        min_value=1,
        max_value=rules.MOST_OWN_DAYS,
        help_text=gettext_lazy("Working days. Where it sets none, 15 working days count."),
    )
    same_day = yes_no(
        label=gettext_lazy("Can it be done today?"),
        required=False,
        help_text=gettext_lazy("If it can, it is answered today; if not, within 3 working days."),
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        unsaid = "same_day" not in self.errors and cleaned.get("same_day") is None
        if cleaned.get("form") == rules.REQUEST and unsaid:
            self.add_error("same_day", _("Please say whether it can be done today."))
        return cleaned

    def arrival(self) -> Arrival:
        """What was filled in, as the verb takes it; call when the form is valid."""
        names = Arrival.__dataclass_fields__.keys()
        told = {name: value for name, value in self.cleaned_data.items() if name in names}
        return Arrival(**{**told, "same_day": bool(told["same_day"])})


# The list ---------------------------------------------------------------------------------------------------


def seen_incoming(actor: Actor) -> QuerySet[Incoming]:
    """What the actor may see of what came in, with what a row of the list shows."""
    running = Prefetch("deadlines", Deadline.objects.running(), to_attr="running_deadlines")
    # The kind is named although every row has it: the index of the queue begins with it.
    rows: Any = Incoming.objects.visible_to(actor)
    return rows.for_list().filter(kind=KIND).prefetch_related(running)


class IncomingFilter(CaseFilter):
    workflow = rules.WORKFLOW

    form = django_filters.ChoiceFilter(
        label=gettext_lazy("Kind"),
        choices=Form.choices,
        empty_label=gettext_lazy("any"),
    )
    state = state_filter(rules.WORKFLOW)

    class Meta:
        model = Incoming
        fields: tuple[str, ...] = ()
        form = FromToForm


# Steps ------------------------------------------------------------------------------------------------------


class IncomingStepForm(StepForm):
    note_labels = {
        "assign": gettext_lazy("Note to the unit"),
        "give_back": gettext_lazy("Why it is not for your unit"),
        "not_today": gettext_lazy("Why it cannot be done today; the sender reads this"),
        "extend": gettext_lazy("Why it may take longer; the sender can read this"),
        "urge": gettext_lazy("What is to be hurried, and why"),
    }
    note_lengths = {"extend": Extension._meta.get_field("reason").max_length or 0}


class AssignForm(IncomingStepForm):
    unit = UnitChoice(label=gettext_lazy("Unit"))


class ReplyForm(IncomingStepForm):
    reply = text(
        Incoming,
        "reply",
        label=gettext_lazy("The answer, or what was done"),
        required=True,
        rows=5,
        help_text=gettext_lazy("The sender reads this. Name no other person in it."),
        error_messages={"required": gettext_lazy("Please write the answer, or what was done.")},
    )
    reply_number = text(
        Incoming,
        "reply_number",
        attrs={"autocomplete": "off"},
        help_text=gettext_lazy("Where the answer is a document with a number of its own."),
    )


class ExtendForm(IncomingStepForm):
    extend_by = forms.IntegerField(
        label=gettext_lazy("Working days more"), min_value=1, max_value=rules.EXTEND_AT_MOST
    )


FORMS: dict[str, type[IncomingStepForm]] = {
    "assign": AssignForm,
    "reply": ReplyForm,
    "extend": ExtendForm,
}


def form_for(step: Transition, incoming: Incoming, data: Any = None) -> IncomingStepForm:
    return FORMS.get(step.name, IncomingStepForm)(step, incoming, data)


# What carries the matter on stands above what holds it up or hands it back.
ONWARD = ("assign", "reply", "extend")


def blank_forms(incoming: Incoming, allowed: list[Transition]) -> list[IncomingStepForm]:
    """An empty form for each step; those that carry the matter on come first."""
    found = {step.name: form_for(step, incoming) for step in allowed}
    first = {name: found[name] for name in ONWARD if name in found}
    return list((first | found).values())
