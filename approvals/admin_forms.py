"""How administrators write a guide: its columns and steps in one form, a material in each row of another."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db.models.fields.files import FieldFile
from django.forms import BaseInlineFormSet
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminIntegerFieldWidget

from approvals.guide_parts import FILE_COLUMNS, Brought, Kept
from approvals.guides import COLUMNS
from approvals.models import ItemGuide, Material, ServiceItem
from approvals.rules.terms import STEP_NAMES
from portal.cases.uploads import ENDINGS, Upload, read_upload
from portal.cases.workflow import Refused

STEP_FIELDS = {step: f"step_{step}" for step in STEP_NAMES}
WHICH = {"blank_form": "blank", "filled_sample": "sample"}
TOLD = ("name", "originals", "copies", "required", "note")
KEY = re.compile(r"[0-9]{1,18}")
# The fields that ask for the files are none of the model's: what they hold is kept by the verb alone.
ASKS_FOR = {"blank_form": "blank_file", "filled_sample": "sample_file"}


def _not_asked(exclude: Any = None) -> None:
    """In place of an instance's `validate_constraints`."""


class WithoutConstraints(forms.ModelForm):
    """What the verbs refuse they say in a sentence; the names of the database's constraints are none."""

    def _post_clean(self) -> None:
        self.instance.validate_constraints = _not_asked
        super()._post_clean()  # type: ignore[misc]


class ByVerbForm(WithoutConstraints):
    """`refused` is what a verb said of the same form a moment ago, when it was sent."""

    refused: Refused | ValidationError | None = None

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        said = self.refused
        if isinstance(said, ValidationError):
            fields = getattr(said, "error_dict", {}).keys() <= self.fields.keys()
            self.add_error(None, said if fields else said.messages)
        elif said is not None:
            self.add_error(said.field if said.field in self.fields else None, str(said.message))
        return cleaned


def step_field(step: str) -> forms.IntegerField:
    return forms.IntegerField(
        label=capfirst(STEP_NAMES[step]),
        required=step == "sign_off",
        min_value=1,
        max_value=90,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text=gettext_lazy("Working days; empty where the item does not have this step."),
    )


class GuideForm(ByVerbForm):
    """A draft. `seen` is the count of changes that the page showed, so that nobody overwrites another."""

    seen = forms.IntegerField(required=False, widget=forms.HiddenInput)
    step_preliminary = step_field("preliminary")
    step_survey = step_field("survey")
    step_review = step_field("review")
    step_sign_off = step_field("sign_off")

    class Meta:
        model = ItemGuide
        fields = COLUMNS

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if self.instance.pk:
            self.initial.update({"seen": self.instance.version, **steps_of(self.instance)})
        if "step_sign_off" in self.fields:
            self.fields["step_sign_off"].help_text = _("Working days; every item ends with it.")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        now = ItemGuide.objects.filter(pk=self.instance.pk).values_list("version", flat=True).first()
        if now is not None and cleaned.get("seen") != now and self.refused is None:
            self.add_error(
                None,
                _(
                    "Somebody changed this guide while you were looking at it. Please open it again; "
                    "what you typed is still here, to be copied."
                ),
            )
        return cleaned

    def columns(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in COLUMNS}

    def steps(self) -> dict[str, int]:
        return {step: self.cleaned_data[field] or 0 for step, field in STEP_FIELDS.items()}


def steps_of(guide: ItemGuide) -> dict[str, int]:
    """The days of a guide's steps, by the names of the fields that ask for them."""
    return {STEP_FIELDS[each.step]: each.days for each in guide.steps.all()}


class FileInput(forms.ClearableFileInput):
    """A file that is there already can be looked at and taken away; a new one takes its place."""

    def is_initial(self, value: Any) -> bool:
        return isinstance(value, FieldFile) and bool(value)

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        attrs = self.build_attrs(self.attrs, {**(attrs or {}), "type": "file", "name": name})
        accept = ",".join(each for endings in ENDINGS.values() for each in endings)
        chooser = format_html(
            '<input type="file" name="{}" id="{}" accept="{}">', name, attrs.get("id", ""), accept
        )
        if not self.is_initial(value):
            return chooser
        material: Material = value.instance
        address = reverse(
            "approvals:guide_file", args=[material.guide.item.code, material.pk, WHICH[value.field.name]]
        )
        return format_html(
            '<a href="{}">{}</a> <label><input type="checkbox" name="{}"> {}</label><br>{}',
            address,
            _("Look at the file"),
            self.clear_checkbox_name(name),
            _("Take it away"),
            chooser,
        )


class GuideFileField(forms.FileField):
    """A file to download, looked at before anything is kept; answers an upload, False for "take it away"."""

    widget = FileInput

    def clean(self, data: Any, initial: Any = None) -> Any:
        found = super().clean(data, initial)
        if not isinstance(found, UploadedFile):
            return found
        # The form is read once more where a verb refused it.
        found.seek(0)
        return read_upload(found, name=found.name or "", size=found.size or 0)


class MaterialForm(WithoutConstraints):
    """A material in a row. `keeps` is the key of one of the last version, whose files this one keeps."""

    place = forms.IntegerField(
        label=gettext_lazy("Position"),
        required=False,
        min_value=1,
        max_value=999,
        widget=UnfoldAdminIntegerFieldWidget,
    )
    keeps = forms.IntegerField(required=False, widget=forms.HiddenInput)
    blank_file = GuideFileField(label=gettext_lazy("Blank form"), required=False)
    sample_file = GuideFileField(label=gettext_lazy("Filled sample"), required=False)

    class Meta:
        model = Material
        # Not the position: it is no key here, so that two rows can change places.
        fields = TOLD
        labels = {"note": gettext_lazy("Note for the applicant")}

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.kept = self._kept()
        if self.instance.pk:
            self.initial["place"] = self.instance.position
        if self.kept is not None:
            self.initial.update({ASKS_FOR[name]: getattr(self.kept, name) for name in FILE_COLUMNS})

    def _kept(self) -> Material | None:
        if self.instance.pk:
            return self.instance
        key = self.data.get(self.add_prefix("keeps")) if self.is_bound else self.initial.get("keeps")
        if not KEY.fullmatch(str(key)):
            return None
        return Material.objects.select_related("guide__item").filter(pk=int(str(key))).first()

    def has_changed(self) -> bool:
        # A row that stands as the last version had it is one all the same.
        return bool(self.kept) or super().has_changed()

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not (cleaned.get("originals") or cleaned.get("copies")):
            self.add_error("originals", _("Say how many originals or copies are brought."))
        return cleaned

    def brought(self) -> Brought:
        told: dict[str, Any] = {name: self.cleaned_data[name] for name in TOLD}
        told |= {name: self._file(name) for name in FILE_COLUMNS}
        return Brought(**told)

    def _file(self, name: str) -> Upload | Kept | None:
        found = self.cleaned_data.get(ASKS_FOR[name])
        if isinstance(found, Upload):
            return found
        before = getattr(self.kept, name) if self.kept is not None and found is not False else None
        return Kept(before.name) if before else None


class MaterialFormSet(BaseInlineFormSet):
    """The materials of a draft. They are written by the guide's verb, and by nothing of Django's own."""

    def rows(self) -> list[Brought]:
        """Those that are left, by their places; what has none stands last."""
        left: list[Any] = [form for form in self.forms if form.has_changed() and not self._is_taken_out(form)]
        left.sort(key=lambda form: form.cleaned_data.get("place") or 1000)
        return [form.brought() for form in left]

    def _is_taken_out(self, form: Any) -> bool:
        return bool(form.cleaned_data.get("DELETE"))


def initial_rows(guide: ItemGuide) -> list[dict[str, Any]]:
    """The materials of the last version, for the rows of the next."""
    return [
        {"place": each.position, "keeps": each.pk, **{name: getattr(each, name) for name in TOLD}}
        for each in guide.materials.all()
    ]


def item_named(key: str) -> ServiceItem | None:
    """The item for whose guide the next version is written, by its code."""
    return ServiceItem.objects.filter(code=key[:40].replace("\0", "")).first()
