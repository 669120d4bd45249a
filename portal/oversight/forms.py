"""What somebody writes on a card, and the year that is appraised."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.validators import MaxValueValidator
from django.utils.translation import gettext_lazy

from portal.oversight.models import CardStep
from portal.oversight.workflow import Step


class StepForm(forms.Form):
    """The text of one step; `seen` is the version of the card on which the page was drawn.

    Whether the text must be given is `workflow.check`'s rule; the mark on the field is only a help.
    """

    seen = forms.IntegerField(widget=forms.HiddenInput, min_value=1, required=False)
    text = forms.CharField(
        max_length=2000,
        validators=CardStep._meta.get_field("text").validators,
        widget=forms.Textarea(attrs={"rows": 4}),
        required=False,
    )

    def __init__(self, *args: Any, step: Step, **kwargs: Any) -> None:
        kwargs["prefix"] = step.name
        super().__init__(*args, **kwargs)
        self.step = step
        self.fields["text"].label = str(step.asks)
        self.fields["text"].required = step.required


class YearForm(forms.Form):
    """A year up to this one; the calendar begins with 2004."""

    year = forms.IntegerField(label=gettext_lazy("Year"), min_value=2004)

    def __init__(self, *args: Any, this_year: int, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["year"].validators.append(MaxValueValidator(this_year))
