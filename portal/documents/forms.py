"""What is asked at the desk: a letter, the same letter for many with a table, the reason of a revocation."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.cases.fields import Once
from portal.cases.text import refuse_control_characters, refuse_line_breaks
from portal.documents import letters, merge
from portal.documents.letters import Letter
from portal.documents.models import Document
from portal.documents.typed import LONGEST_LINE, LONGEST_TEXT

MOST_ATTACHMENTS = 30


class Words(forms.CharField):
    """What a person typed. A browser sends a line's end as two characters and counts it as one."""

    def to_python(self, value: Any) -> str:
        return str(super().to_python(value)).replace("\r\n", "\n").replace("\r", "\n")


def line(label: Any, **options: Any) -> Words:
    validators = [refuse_control_characters, refuse_line_breaks]
    return Words(label=label, **{"max_length": LONGEST_LINE, "validators": validators, **options})


def lines(label: Any, rows: int, **options: Any) -> Words:
    widget = forms.Textarea(attrs={"rows": rows})
    return Words(label=label, widget=widget, validators=[refuse_control_characters], **options)


def day(label: Any, **options: Any) -> forms.DateField:
    return forms.DateField(
        label=label,
        required=False,
        input_formats=["%Y-%m-%d"],
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        error_messages={
            "invalid": gettext_lazy("There is no such day. Please write it like 2026-02-13."),
        },
        **options,
    )


class LetterFields(Once):
    """What every letter has."""

    title = line(
        gettext_lazy("Title"),
        help_text=gettext_lazy("As it stands on the letter, for example 关于青石路路灯改造的函."),
    )
    addressee = line(gettext_lazy("Addressed to"), help_text=gettext_lazy("Without the colon at its end."))
    text = lines(
        gettext_lazy("Text"),
        12,
        max_length=LONGEST_TEXT,
        help_text=gettext_lazy("Each line is a paragraph; empty lines may stand between them."),
    )
    attachments = lines(
        gettext_lazy("Attachments"),
        2,
        required=False,
        max_length=4_000,
        help_text=gettext_lazy("Their names, one a line; they are listed, and sent beside the letter."),
    )
    contact = line(
        gettext_lazy("Contact"),
        required=False,
        help_text=gettext_lazy("Office and telephone; it stands in brackets below the date."),
    )

    def clean_attachments(self) -> str:
        typed: str = self.cleaned_data["attachments"]
        if len(letters.lines(typed)) > MOST_ATTACHMENTS:
            raise forms.ValidationError(
                _("At most %(most)d attachments can be listed.") % {"most": MOST_ATTACHMENTS}, "too_many"
            )
        return typed

    def letter(self) -> Letter:
        cleaned = self.cleaned_data
        return Letter(
            title=cleaned["title"],
            addressee=cleaned["addressee"],
            text=cleaned["text"],
            attachments=letters.lines(cleaned["attachments"]),
            contact=cleaned["contact"],
        )

    def content(self) -> dict[str, Any]:
        """What was typed, without the mark."""
        return {name: value for name, value in self.cleaned_data.items() if name != "once"}


class LetterForm(LetterFields):
    """A letter to one addressee. `today` is the day in Asia/Shanghai."""

    valid_from = day(gettext_lazy("Valid from"), help_text=gettext_lazy("Left empty: from the day of issue."))
    valid_until = day(
        gettext_lazy("Valid until"), help_text=gettext_lazy("This day included. Left empty: without an end.")
    )
    is_public = forms.BooleanField(
        label=gettext_lazy("Public"),
        required=False,
        help_text=gettext_lazy(
            "Anyone who has its number or check code may read it. Otherwise others can only check it."
        ),
    )

    def __init__(self, *args: Any, today: date, **options: Any) -> None:
        super().__init__(*args, **options)
        self.today = today

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        first, last = cleaned.get("valid_from"), cleaned.get("valid_until")
        if last and last < self.today:
            self.add_error("valid_until", _("This day is past: the letter would never be in force."))
        elif first and last and last < first:
            self.add_error("valid_until", _("The last day lies before the first."))
        if not self.errors and (wrong := letters.fault(self.letter())):
            name, sentence = wrong
            self.add_error(name or None, sentence)
        return cleaned

    def as_issued(self) -> dict[str, Any]:
        """What `actions.issue_by_hand` takes beside kind, actor and moment."""
        cleaned, letter = self.cleaned_data, self.letter()
        return {
            "title": letter.title,
            "values": letter.values(),
            "valid_from": cleaned["valid_from"],
            "valid_until": cleaned["valid_until"],
            "is_public": cleaned["is_public"],
        }


class BatchForm(LetterFields):
    """One letter to many: {column} in title, addressee and text is filled from the table, row by row."""

    table = forms.FileField(
        label=gettext_lazy("Table"),
        required=False,
        help_text=gettext_lazy(
            "A CSV file in UTF-8 or GB18030, at most 5,000 rows and 2 MB. Its first row has the headings."
        ),
        widget=forms.FileInput(attrs={"accept": ".csv,text/csv"}),
        error_messages={"empty": gettext_lazy("This file is empty.")},
    )
    # Where a table that was read already is kept until the batch is ordered.
    kept = forms.UUIDField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["title"].help_text = _("For example: 关于{小区}停水的函")
        self.fields["addressee"].help_text = _("For example: %(example)s. Without the colon at its end.") % {
            "example": merge.example()
        }

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        found: list[str] = []
        for name in merge.FILLED:
            if name in cleaned:
                found += merge.placeholders(cleaned[name])
                if wrong := merge.brace_fault(cleaned[name]):
                    self.add_error(name, wrong)
        if not self.errors and not found:
            sentence = _(
                "No placeholder stands here, nor in addressee and text: every letter would be the same."
            )
            self.add_error("title", sentence)
        return cleaned

    def check_columns(self, columns: list[str]) -> None:
        """Put at each field which of its placeholders the table has no column for."""
        for name in merge.FILLED:
            if name in self.cleaned_data and (wrong := merge.unknown(self.cleaned_data[name], columns)):
                self.add_error(name, wrong)


class RevokeForm(forms.Form):
    """Why a document ceases to hold. Everyone who may read the document reads the reason."""

    reason = lines(
        gettext_lazy("Reason"),
        3,
        max_length=Document._meta.get_field("ended_reason").max_length,
        help_text=gettext_lazy(
            "Everyone who may read the document reads it, of a public one anyone: please write nothing "
            "about a person here."
        ),
        error_messages={"required": gettext_lazy("Please say why, in a sentence.")},
    )
