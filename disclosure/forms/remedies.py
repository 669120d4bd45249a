"""A reconsideration or a suit about an answer, as an officer notes it for table 4 of the annual report."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy

from disclosure.rules.request_checks import REMEDY_KINDS, REMEDY_RESULTS
from portal.cases.fields import Once
from portal.cases.step_forms import day_field


class RemedyForm(Once):
    """Table 4 counts them, so that a double click notes one."""

    kind = forms.ChoiceField(label=gettext_lazy("Remedy"), choices=list(REMEDY_KINDS.items()))
    opened_on = day_field(gettext_lazy("Begun on"))
    result = forms.ChoiceField(label=gettext_lazy("Result"), choices=list(REMEDY_RESULTS.items()))
    decided_on = day_field(gettext_lazy("Decided on"), required=False)
