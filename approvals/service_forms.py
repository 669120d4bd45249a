"""The proof that a paper reached the applicant, as it is asked for beside each paper."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from approvals.models import Paper
from approvals.rules.checks import SERVED_BY
from portal.cases.fields import text
from portal.cases.step_forms import day_field, one_of


class ServiceForm(forms.Form):
    """How the paper was served, to whom, on which day. `today` is what the day begins with."""

    served_by = one_of(
        SERVED_BY, gettext_lazy("How it was served"), gettext_lazy("Please choose how it was served.")
    )
    served_to = text(Paper, "served_to", required=True, label=gettext_lazy("Received by"))
    served_on = day_field(gettext_lazy("On which day"))

    def __init__(self, paper: Paper, data: Any = None, *, today: date) -> None:
        super().__init__(data, auto_id=f"id_paper_{paper.pk}_%s", initial={"served_on": today})
        self.paper = paper
