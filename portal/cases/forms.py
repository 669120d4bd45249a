"""What the pages of cases ask for: a calendar notice with its days; number and look-up code of a matter."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.cases.fields import Words
from portal.workdays.actions import NoticeRefused, parse_notice_csv
from portal.workdays.notice_csv import MAX_BYTES


class NoticeForm(forms.Form):
    """A notice of the State Council's General Office on the holidays of a year."""

    number = forms.CharField(
        label=gettext_lazy("Document number"),
        max_length=60,
        help_text=gettext_lazy("As printed, for example 国办发明电〔2025〕7号."),
    )
    title = forms.CharField(label=gettext_lazy("Title"), max_length=200)
    issued_on = forms.DateField(
        label=gettext_lazy("Date of issue"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    year = forms.IntegerField(label=gettext_lazy("For the year"), min_value=2004, max_value=2100)
    days_text = forms.CharField(
        label=gettext_lazy("Days"),
        required=False,
        max_length=MAX_BYTES,
        widget=forms.Textarea(attrs={"rows": 10, "spellcheck": "false"}),
        help_text=gettext_lazy(
            "One day a line: date, 休 (rest) or 班 (work), holiday. For example: 2027-01-01,休,元旦"
        ),
    )
    days_file = forms.FileField(
        label=gettext_lazy("or a CSV file"),
        required=False,
        help_text=gettext_lazy("The same three columns, in UTF-8 or GB18030."),
    )
    confirmed = forms.BooleanField(required=False, widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        upload, text = cleaned.get("days_file"), cleaned.get("days_text", "")
        if upload and text.strip():
            self.add_error("days_file", _("Please either type the days or choose a file, not both."))
            return cleaned
        if not upload and not text.strip():
            self.add_error("days_text", _("Please type the days of the notice, or choose a file."))
            return cleaned
        try:
            if upload:
                # One byte more than allowed is enough for the parser to refuse the file.
                cleaned["days"] = parse_notice_csv(upload.read(MAX_BYTES + 1))
            else:
                cleaned["days"] = parse_notice_csv(text)
        except NoticeRefused as refused:
            self.refuse(refused)
        return cleaned

    def refuse(self, refused: NoticeRefused) -> None:
        """Put what the rule said at the field that it is about, a sentence a row."""
        field = {"days": "days_file" if self.files.get("days_file") else "days_text"}.get(
            refused.field or "", refused.field
        )
        sentences = [sentence for _row, sentence in refused.rows] or [refused.message]
        for sentence in sentences[:20]:
            self.add_error(field if field in self.fields else None, sentence)

    def notice(self) -> dict[str, Any]:
        """What the verbs of the calendar take."""
        names = ("number", "title", "issued_on", "year", "days")
        return {name: self.cleaned_data[name] for name in names}

    def to_confirm(self) -> NoticeForm:
        """The same notice with its days as text, to be sent once more as confirmed."""
        text = "\n".join(
            f"{day.date.isoformat()},{'班' if day.working else '休'},{day.name}"
            for day in self.cleaned_data["days"]
        )
        initial = {name: self.cleaned_data[name] for name in ("number", "title", "issued_on", "year")}
        return NoticeForm(initial={**initial, "days_text": text, "confirmed": True})


class FollowForm(forms.Form):
    """Number and look-up code, as they were read out or written down."""

    number = Words(
        label=gettext_lazy("Number of the matter"),
        max_length=40,
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "placeholder": "12319-20260101-0001, WN-20260101-0001"}
        ),
    )
    code = Words(
        label=gettext_lazy("Look-up code"),
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=gettext_lazy("Eight letters and figures; capital or small makes no difference."),
    )
