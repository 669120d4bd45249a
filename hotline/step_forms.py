"""A form for each step of a ticket: how it is asked. What must be given is the workflow's to say."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hotline.models import Rating, Ticket
from hotline.workflow import CENTRE_CODE
from portal.cases.fields import PhotosField, UnitChoice, text
from portal.cases.models import Extension
from portal.cases.step_forms import StepForm, yes_no
from portal.cases.workflow import Transition

NOTE_LABELS = {
    "dispatch": gettext_lazy("Note to the unit"),
    "answer": gettext_lazy("What you answered"),
    "return": gettext_lazy("Why it is not for your unit"),
    "ask_extension": gettext_lazy("Why more time is needed"),
    "extend": gettext_lazy("Why it may take longer"),
    "refuse_extension": gettext_lazy("Why not"),
    "call_back": gettext_lazy("What the citizen said"),
    "rework": gettext_lazy("What is still to be put right"),
    "close": gettext_lazy("Note"),
    "urge": gettext_lazy("What is to be hurried, and why"),
}
NOTE_LENGTHS = {
    "answer": Ticket._meta.get_field("reply").max_length or 0,
    "extend": Extension._meta.get_field("reason").max_length or 0,
}


class TicketStepForm(StepForm):
    note_labels = NOTE_LABELS
    note_lengths = NOTE_LENGTHS

    def __init__(self, step: Transition, ticket: Ticket, data: Any = None, files: Any = None) -> None:
        super().__init__(step, ticket, data, files)
        self.initial["extend_by"] = ticket.extension_asked


class DispatchForm(TicketStepForm):
    unit = UnitChoice(label=gettext_lazy("Unit"))

    def __init__(self, step: Transition, ticket: Ticket, data: Any = None, files: Any = None) -> None:
        super().__init__(step, ticket, data, files)
        unit = self.fields["unit"]
        assert isinstance(unit, UnitChoice)
        unit.queryset = unit.queryset.exclude(code=CENTRE_CODE)  # type: ignore[union-attr]
        if ticket.returned_by_id != ticket.category.usual_unit_id:
            self.initial["unit"] = ticket.category.usual_unit.code


class AskExtensionForm(TicketStepForm):
    extension_asked = forms.IntegerField(label=gettext_lazy("Working days more"), min_value=1, max_value=60)

    def __init__(self, step: Transition, ticket: Ticket, data: Any = None, files: Any = None) -> None:
        super().__init__(step, ticket, data, files)
        most = ticket.limits.extend_at_most
        self.fields["extension_asked"].help_text = _("At most %(most)s.") % {"most": most}


class ExtendForm(TicketStepForm):
    extend_by = forms.IntegerField(label=gettext_lazy("Working days more"), min_value=1, max_value=60)


class ReplyForm(TicketStepForm):
    reply = text(
        Ticket,
        "reply",
        label=gettext_lazy("What was done"),
        required=True,
        rows=5,
        help_text=gettext_lazy("The citizen reads this. Name no other person in it."),
        error_messages={
            "required": gettext_lazy("Please write what was done, in words the citizen understands.")
        },
    )
    photos = PhotosField()


class CallBackForm(TicketStepForm):
    reached = yes_no(label=gettext_lazy("Was the citizen reached?"))
    resolved = yes_no(label=gettext_lazy("Is the matter settled?"), required=False)
    rating = forms.TypedChoiceField(
        label=gettext_lazy("How satisfied is the citizen?"),
        choices=[("", gettext_lazy("not said")), *Rating.choices],
        coerce=int,
        empty_value=None,
        required=False,
    )


FORMS: dict[str, type[TicketStepForm]] = {
    "dispatch": DispatchForm,
    "ask_extension": AskExtensionForm,
    "extend": ExtendForm,
    "reply": ReplyForm,
    "call_back": CallBackForm,
}


def form_for(step: Transition, ticket: Ticket, data: Any = None, files: Any = None) -> TicketStepForm:
    return FORMS.get(step.name, TicketStepForm)(step, ticket, data, files)


# What carries the matter on stands above what holds it up or hands it back.
ONWARD = ("dispatch", "sign", "reply", "close", "rework", "call_back", "extend")


def blank_forms(ticket: Ticket, allowed: list[Transition]) -> dict[str, TicketStepForm]:
    """An empty form for each step; those that carry the matter on come first."""
    found = {step.name: form_for(step, ticket) for step in allowed}
    first = {name: found[name] for name in ONWARD if name in found}
    return first | found
