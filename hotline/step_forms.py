"""A form for each step of a ticket: how it is asked. What must be given is the workflow's to say."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hotline.fields import PhotosField, UnitChoice, Words, text
from hotline.models import Rating, Ticket
from hotline.workflow import CENTRE_CODE
from portal.cases.models import Extension
from portal.cases.text import refuse_control_characters
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
NOTE_LENGTH = {
    "answer": Ticket._meta.get_field("reply").max_length,
    "extend": Extension._meta.get_field("reason").max_length,
}
YES_NO = [("yes", gettext_lazy("Yes")), ("no", gettext_lazy("No"))]


def yes_no(**options: Any) -> forms.TypedChoiceField:
    return forms.TypedChoiceField(
        choices=YES_NO,
        coerce=lambda value: value == "yes",
        empty_value=None,
        widget=forms.RadioSelect,
        **options,
    )


class StepForm(forms.Form):
    """`seen` is the version of the ticket that the page showed when it was drawn."""

    seen = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=2**31 - 1)

    def __init__(self, step: Transition, ticket: Ticket, data: Any = None, files: Any = None) -> None:
        super().__init__(
            data,
            files,
            auto_id=f"id_{step.name}_%s",
            initial={"seen": ticket.version, "extend_by": ticket.extension_asked},
        )
        self.step = step
        self.ticket = ticket
        if step.note:
            self.fields["note"] = Words(
                label=NOTE_LABELS[step.name],
                required=step.note == "required",
                max_length=NOTE_LENGTH.get(step.name, 1000),
                validators=[refuse_control_characters],
                widget=forms.Textarea(attrs={"rows": 3}),
                error_messages={"required": gettext_lazy("Please say why, in a sentence.")},
            )
        self.order_fields(["seen", *(name for name in self.fields if name != "note"), "note"])

    @property
    def asks_for_files(self) -> bool:
        return self.is_multipart()

    @property
    def is_bare(self) -> bool:
        """Nothing to fill in: a button is enough."""
        return not self.visible_fields()

    def given(self) -> dict[str, Any]:
        """What the step takes; call when the form is valid."""
        return {name: value for name, value in self.cleaned_data.items() if name != "seen"}

    def typed_texts(self) -> list[tuple[str, str]]:
        """The texts in it, to be copied where the step can no longer be taken."""
        return [
            (str(bound.label), str(bound.value()))
            for bound in self.visible_fields()
            if isinstance(bound.field, Words) and bound.value()
        ]


class DispatchForm(StepForm):
    unit = UnitChoice(label=gettext_lazy("Unit"))

    def __init__(self, step: Transition, ticket: Ticket, data: Any = None, files: Any = None) -> None:
        super().__init__(step, ticket, data, files)
        unit = self.fields["unit"]
        assert isinstance(unit, UnitChoice)
        unit.queryset = unit.queryset.exclude(code=CENTRE_CODE)  # type: ignore[union-attr]
        if ticket.returned_by_id != ticket.category.usual_unit_id:
            self.initial["unit"] = ticket.category.usual_unit.code


class AskExtensionForm(StepForm):
    extension_asked = forms.IntegerField(label=gettext_lazy("Working days more"), min_value=1, max_value=60)

    def __init__(self, step: Transition, ticket: Ticket, data: Any = None, files: Any = None) -> None:
        super().__init__(step, ticket, data, files)
        most = ticket.limits.extend_at_most
        self.fields["extension_asked"].help_text = _("At most %(most)s.") % {"most": most}


class ExtendForm(StepForm):
    extend_by = forms.IntegerField(label=gettext_lazy("Working days more"), min_value=1, max_value=60)


class ReplyForm(StepForm):
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


class CallBackForm(StepForm):
    reached = yes_no(label=gettext_lazy("Was the citizen reached?"))
    resolved = yes_no(label=gettext_lazy("Is the matter settled?"), required=False)
    rating = forms.TypedChoiceField(
        label=gettext_lazy("How satisfied is the citizen?"),
        choices=[("", gettext_lazy("not said")), *Rating.choices],
        coerce=int,
        empty_value=None,
        required=False,
    )


FORMS: dict[str, type[StepForm]] = {
    "dispatch": DispatchForm,
    "ask_extension": AskExtensionForm,
    "extend": ExtendForm,
    "reply": ReplyForm,
    "call_back": CallBackForm,
}


def form_for(step: Transition, ticket: Ticket, data: Any = None, files: Any = None) -> StepForm:
    return FORMS.get(step.name, StepForm)(step, ticket, data, files)


# What carries the matter on stands above what holds it up or hands it back.
ONWARD = ("dispatch", "sign", "reply", "close", "rework", "call_back", "extend")


def blank_forms(ticket: Ticket, allowed: list[Transition]) -> dict[str, StepForm]:
    """An empty form for each step; those that carry the matter on come first."""
    found = {step.name: form_for(step, ticket) for step in allowed}
    first = {name: found[name] for name in ONWARD if name in found}
    return first | found
