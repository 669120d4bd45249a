"""The form of a step of a case: how it is asked. What must be given is the workflow's to say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, TypeVar

from django import forms
from django.utils.translation import gettext_lazy

from portal.cases.fields import Words
from portal.cases.models import Case
from portal.cases.text import refuse_control_characters
from portal.cases.workflow import Transition

YES_NO = [("yes", gettext_lazy("Yes")), ("no", gettext_lazy("No"))]
NOTE_LENGTH = 1000
AnyStepForm = TypeVar("AnyStepForm", bound="StepForm")


def yes_no(**options: Any) -> forms.TypedChoiceField:
    return forms.TypedChoiceField(
        choices=YES_NO,
        coerce=lambda value: value == "yes",
        empty_value=None,
        widget=forms.RadioSelect,
        **options,
    )


def day_field(label: Any, **options: Any) -> forms.DateField:
    """A day, entered with what the browser has for it."""
    return forms.DateField(
        label=label, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), **options
    )


def one_of(choices: Mapping[str, Any], label: Any, asks: Any) -> forms.ChoiceField:
    return forms.ChoiceField(
        label=label,
        choices=list(choices.items()),
        widget=forms.RadioSelect,
        error_messages={"required": asks},
    )


def onward_first(found: Iterable[AnyStepForm]) -> list[AnyStepForm]:
    """What carries the matter on stands above what holds it up and has to be explained."""
    return sorted(found, key=lambda form: form.step.note == "required")


def about_now(form: forms.Form, version: int) -> None:
    """Make a form that was refused about the row as it stands now, so that it can be sent once more.

    Everything typed stays, fields with several values as well. `version` is the one that the page shows.
    """
    typed: Any = form.data.copy()  # type: ignore[attr-defined]
    typed[form.add_prefix("seen")] = str(version)
    form.data = typed


class StepForm(forms.Form):
    """`seen` is the version of the case that the page showed when it was drawn.

    An app's own form says what its notes are called and how long they may be, by the name of the step.
    """

    note_labels: ClassVar[Mapping[str, Any]] = {}
    note_lengths: ClassVar[Mapping[str, int]] = {}
    # What a rule calls an input, where the form calls it otherwise.
    input_of: ClassVar[Mapping[str, str]] = {}

    seen = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=2**31 - 1)

    def __init__(self, step: Transition, case: Case, data: Any = None, files: Any = None) -> None:
        super().__init__(data, files, auto_id=f"id_{step.name}_%s", initial={"seen": case.version})
        self.step = step
        self.case = case
        if step.note:
            self.fields["note"] = Words(
                label=self.note_labels[step.name],
                required=step.note == "required",
                max_length=self.note_lengths.get(step.name, NOTE_LENGTH),
                validators=[refuse_control_characters],
                widget=forms.Textarea(attrs={"rows": 3}),
                error_messages={"required": gettext_lazy("Please say why, in a sentence.")},
            )
        self.order_fields(["seen", *(name for name in self.fields if name != "note"), "note"])

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
