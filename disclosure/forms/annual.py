"""What is entered in the annual report: the figures of chapter two, and the chapters in words."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from disclosure import annual_names as names
from disclosure.models.reports import AnnualReport
from disclosure.rules import annual as rules
from portal.cases.fields import Words
from portal.documents.typed import LONGEST_TEXT


class ReportForm(forms.Form):
    """A form about a report, with the version that was looked at."""

    seen = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, report: AnnualReport, data: Any = None) -> None:
        kept = {**report.figures, **report.texts, "seen": report.version}
        # Two forms of a page do not share their fields' names for what reads them aloud.
        super().__init__(data, initial=kept, auto_id=f"{type(self).__name__.lower()}_%s")

    def entered(self) -> dict[str, Any]:
        """What was entered, without the version; call when the form is valid."""
        return {name: value for name, value in self.cleaned_data.items() if name != "seen"}


class FiguresForm(ReportForm):
    """Whole numbers, and an amount. What is not known yet stays empty; where there is none, 0 is written."""

    def __init__(self, report: AnnualReport, data: Any = None) -> None:
        super().__init__(report, data)
        for line, measure in rules.COUNTED:
            self.fields[rules.figure_name(line, measure)] = forms.IntegerField(
                label=self._label(line, measure), required=False, min_value=0, max_value=rules.MOST_COUNTED
            )
        for line, measure in rules.AMOUNTS:
            self.fields[rules.figure_name(line, measure)] = forms.DecimalField(
                label=self._label(line, measure),
                required=False,
                min_value=0,
                max_value=rules.MOST_COUNTED,
                decimal_places=rules.DECIMALS,
            )

    def _label(self, line: str, measure: str) -> str:
        words = {"line": names.LINES[line], "measure": names.MEASURES[measure]}
        return _("%(line)s: %(measure)s") % words


class ChaptersForm(ReportForm):
    """The chapters in words; one that is emptied is drafted anew from the figures."""

    def __init__(self, report: AnnualReport, data: Any = None) -> None:
        super().__init__(report, data)
        for chapter in rules.CHAPTERS:
            self.fields[chapter] = Words(
                label=str(names.CHAPTERS[chapter]),
                required=False,
                max_length=LONGEST_TEXT,
                widget=forms.Textarea(attrs={"rows": 10, "lang": "zh-CN"}),
                help_text=gettext_lazy("Empty it to have it drafted anew from the figures."),
            )


class ApproveForm(ReportForm):
    """Nothing but the version that was looked at."""
