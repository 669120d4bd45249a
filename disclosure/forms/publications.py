"""What an author is asked for: a text to come out, where it is to stand, its files, and why it comes out."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from disclosure import personal, workflow
from disclosure.codes import check_document_number
from disclosure.models import Category, Channel, Publication, PublicationEntry, PublicationFile, Theme
from disclosure.publishing import MOST_FILES, WRITTEN, Text, read
from disclosure.rules.publication import OCCASIONS
from portal.cases.fields import FilesField, Once, UnitChoice, Words, text
from portal.cases.step_forms import day_field, one_of
from portal.cases.text import refuse_control_characters
from portal.organisation.actors import Actor
from portal.organisation.models import Unit

MASK = "mask"


class ByCode(forms.ModelChoiceField):
    """A category or theme that is in use, sent as its code."""

    def __init__(self, model: Any, **options: Any) -> None:
        super().__init__(
            queryset=model.objects.filter(active=True),
            to_field_name="code",
            empty_label=gettext_lazy("Please choose"),
            **options,
        )


class TextForm(forms.Form):
    """One text, as it is to stand in the catalogue."""

    title = text(PublicationEntry, "title", attrs={"autocomplete": "off"})
    body = text(
        PublicationEntry,
        "body",
        rows=14,
        help_text=gettext_lazy("An empty line begins a new paragraph. Files may say it instead."),
    )
    category = ByCode(Category, label=gettext_lazy("Category"))
    theme = ByCode(Theme, label=gettext_lazy("Theme"))
    unit = UnitChoice(label=gettext_lazy("Issuing unit"), empty_label=gettext_lazy("Please choose"))
    dated_on = day_field(gettext_lazy("Made on"))
    document_number = Words(
        label=gettext_lazy("Document number"),
        required=False,
        max_length=60,
        validators=[refuse_control_characters],
        widget=forms.TextInput(attrs={"autocomplete": "off", "placeholder": "样城管〔2026〕5号"}),
    )
    channels = forms.MultipleChoiceField(
        label=gettext_lazy("Made public by"),
        choices=Channel.choices,
        initial=[Channel.WEBSITE],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Please choose where it is made public.")},
    )
    keywords = text(PublicationEntry, "keywords", attrs={"autocomplete": "off"})
    uploads = FilesField(label=gettext_lazy("Files that belong to it"), most=MOST_FILES)

    def __init__(
        self, *args: Any, actor: Actor, entry: PublicationEntry | None = None, **options: Any
    ) -> None:
        super().__init__(*args, **options)
        self.entry = entry
        units = self.fields["unit"]
        assert isinstance(units, forms.ModelChoiceField)
        if not actor.has_role(*workflow.PUBLISHERS):
            units.queryset = Unit.objects.active().filter(pk__in=actor.unit_ids)
        if actor.unit_id is not None:
            self.initial.setdefault("unit", Unit.objects.filter(pk=actor.unit_id).first())
        if entry is not None:
            self.initial.update({name: getattr(entry, name) for name in WRITTEN})
            self._ask_for_numbers(entry)

    def _ask_for_numbers(self, entry: PublicationEntry) -> None:
        """Each number that looks like a person's is confirmed by itself, or masked."""
        found = numbers_in(entry, public=frozenset(workflow.public_numbers()))
        if found:
            self.fields["confirmed"] = forms.MultipleChoiceField(
                label=_("Numbers that look like those of persons: which may stand?"),
                required=False,
                choices=[(each, each) for each in found],
                widget=forms.CheckboxSelectMultiple,
                help_text=_("The others have to be masked before the text can be handed in."),
            )
            self.initial["confirmed"] = [each for each in entry.confirmed if each in found]
        files = list(entry.files.all())
        if files:
            self.fields["without"] = forms.ModelMultipleChoiceField(
                label=_("Files to take out"),
                required=False,
                queryset=PublicationFile.objects.filter(entry=entry),
                widget=forms.CheckboxSelectMultiple,
            )
            self.fields["without"].label_from_instance = lambda row: row.name  # type: ignore[attr-defined]

    def clean_document_number(self) -> str:
        typed = str(self.cleaned_data["document_number"])
        return check_document_number(typed) if typed.strip() else ""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        has_files = bool(cleaned.get("uploads")) or (self.entry is not None and self.entry.files.exists())
        if "body" not in self.errors and not cleaned.get("body", "").strip() and not has_files:
            self.add_error("body", _("There is no text yet."))
        return cleaned

    def text(self, *, mask: bool = False) -> Text:
        """What was written, as the verbs take it; call when the form is valid.

        The files are read here, which takes its time. With `mask`, numbers that were not confirmed are.
        """
        told = {
            name: self.cleaned_data[name] for name in Text.__dataclass_fields__ if name in self.cleaned_data
        }
        told["confirmed"] = tuple(self.cleaned_data.get("confirmed", ()))
        if mask:
            for name in ("title", "body", "keywords"):
                told[name] = masked(told[name], told["confirmed"])
        return Text(**told, files=[read(each) for each in self.cleaned_data["uploads"]])


def numbers_in(entry: PublicationEntry, *, public: frozenset[str]) -> list[str]:
    """What looks like a number of a person anywhere in the text or its files, each once, in their order.

    `public` are the bureau's own, asked for once however many texts there are.
    """
    files = list(entry.files.all())
    told = (*(each.name for each in files), *(each.text for each in files))
    texts = (entry.title, entry.body, entry.keywords, *told)
    found = (each.text for one in texts for each in personal.find(one, public_numbers=public))
    return list(dict.fromkeys(found))


def masked(typed: str, confirmed: tuple[str, ...]) -> str:
    found = personal.find(typed, public_numbers=frozenset(workflow.public_numbers()))
    return personal.masked(typed, [each for each in found if each.text not in confirmed])


class PublicationForm(forms.Form):
    """What is asked of the whole publication, beside its texts."""

    third_party = text(
        Publication,
        "third_party",
        help_text=gettext_lazy("Whose trade secrets or privacy it touches; empty where nobody's."),
        attrs={"autocomplete": "off"},
    )
    needs_approval = forms.BooleanField(label=gettext_lazy("A superior has to approve it"), required=False)


class NewPublicationForm(TextForm, PublicationForm, Once):
    """A new text, written by hand. One that corrects an item says what; the others why they come out."""

    occasion = one_of(
        OCCASIONS, gettext_lazy("Why is it published?"), gettext_lazy("Please choose why it is published.")
    )
    correction_note = text(
        Publication,
        "correction_note",
        required=True,
        help_text=gettext_lazy("Everyone reads this beside the corrected text."),
    )

    def __init__(self, *args: Any, corrects: bool = False, **options: Any) -> None:
        super().__init__(*args, **options)
        del self.fields["occasion" if corrects else "correction_note"]
        first = ["correction_note"] if corrects else ["occasion"]
        self.initial.setdefault("occasion", "made")
        self.order_fields([*first, *(name for name in self.fields if name not in first)])


class ReviseForm(TextForm, PublicationForm):
    """A text of a draft, to be changed; `seen` is the version of the publication that was looked at."""

    seen = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=2**31 - 1)
    correction_note = text(Publication, "correction_note", required=True)

    def __init__(self, publication: Publication, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.initial.update(
            seen=publication.version,
            third_party=publication.third_party,
            needs_approval=publication.needs_approval,
            correction_note=publication.correction_note,
        )
        if publication.corrects_id is None:
            del self.fields["correction_note"]

    def changes(self) -> dict[str, Any]:
        """What belongs to the whole publication; call when the form is valid."""
        names = ("third_party", "needs_approval", "correction_note")
        return {name: self.cleaned_data[name] for name in names if name in self.cleaned_data}


class ImportForm(PublicationForm, Once):
    """A spreadsheet with many texts."""

    file = forms.FileField(
        label=gettext_lazy("Spreadsheet"),
        help_text=gettext_lazy("Excel (.xlsx) or CSV, one text a row, at most 10,000."),
        error_messages={"empty": gettext_lazy("The file is empty.")},
    )
    occasion = one_of(
        OCCASIONS, gettext_lazy("Why is it published?"), gettext_lazy("Please choose why it is published.")
    )

    MOST_BYTES = 20 * 1024 * 1024

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > self.MOST_BYTES:
            most = self.MOST_BYTES // 1024 // 1024
            raise ValidationError(_("The file is larger than %(most)d MB.") % {"most": most}, "too_large")
        return file


class WithdrawForm(forms.Form):
    reason = Words(
        label=gettext_lazy("Why it is withdrawn; everyone reads this"),
        max_length=200,
        validators=[refuse_control_characters],
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": gettext_lazy("Please say why, in a sentence.")},
    )


class EndForm(forms.Form):
    validity = one_of(
        {"amended": gettext_lazy("amended"), "repealed": gettext_lazy("repealed")},
        gettext_lazy("What happened to it?"),
        gettext_lazy("Please choose what happened to it."),
    )
    ended_by = Words(
        label=gettext_lazy("Index number of the item that did it, where it is public"),
        required=False,
        max_length=40,
        validators=[refuse_control_characters],
        widget=forms.TextInput(attrs={"autocomplete": "off", "placeholder": "MB0DEM019/2026-00001"}),
    )
