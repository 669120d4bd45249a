"""Form fields that cases of every kind share: text as the models hold it, a unit, photos, and a mark."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.db import models
from django.utils.text import capfirst, format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.cases import uploads
from portal.cases.attachments import FORMATS, MOST_BYTES, MOST_PHOTOS, Photo, read_photo
from portal.cases.phones import validate_phone
from portal.cases.text import refuse_control_characters, refuse_line_breaks
from portal.cases.uploads import ENDINGS, LONGEST_NAME, MOST_FILES, Upload, clean_name, read_upload
from portal.organisation.models import Unit

ONE_LINE = [refuse_control_characters, refuse_line_breaks]


class Once(forms.Form):
    """A form that opens something new carries a mark, so that a double click opens it once."""

    once = forms.UUIDField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.initial.setdefault("once", uuid.uuid4())


class Words(forms.CharField):
    """What a person typed. A browser sends a line's end as two characters and counts it as one."""

    def to_python(self, value: Any) -> str:
        return str(super().to_python(value)).replace("\r\n", "\n")


def words(field: Any, *, rows: int = 0, attrs: dict[str, Any] | None = None, **options: Any) -> Words:
    """A form field that asks what a model's text field asks: its label, its length, its validators."""
    widget: forms.Widget
    widget = forms.Textarea(attrs={"rows": rows, **(attrs or {})}) if rows else forms.TextInput(attrs=attrs)
    defaults: dict[str, Any] = {
        "label": capfirst(field.verbose_name),
        "required": not field.blank,
        "max_length": field.max_length,
        "validators": [each for each in field.validators if not isinstance(each, MaxLengthValidator)],
        "widget": widget,
    }
    return Words(**{**defaults, **options})


def text(model: type[models.Model], name: str, **options: Any) -> Words:
    return words(model._meta.get_field(name), **options)


class UnitChoice(forms.ModelChoiceField):
    """A unit that still works, sent as its code."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            queryset=Unit.objects.active(),
            to_field_name="code",
            error_messages={"invalid_choice": gettext_lazy("There is no such unit.")},
            **options,
        )


class ManyInput(forms.FileInput):
    """Several files at once; `accept` is what a browser offers first, and no rule."""

    allow_multiple_selected = True
    accept = ""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"accept": self.accept, **(attrs or {})})


class PhotosInput(ManyInput):
    accept = ",".join(f"image/{name.lower()}" for name in FORMATS)


class FilesInput(ManyInput):
    accept = ",".join(each for endings in ENDINGS.values() for each in endings)


class PhotosField(forms.FileField):
    """Up to six photos, each looked at and drawn anew before anything is kept."""

    widget = PhotosInput

    def __init__(self, **options: Any) -> None:
        defaults = {
            "label": gettext_lazy("Photos"),
            "required": False,
            "help_text": gettext_lazy(
                "JPEG, PNG or WebP, at most 6 photos of 10 MB each. Place and camera are removed from them."
            ),
        }
        super().__init__(**{**defaults, **options})

    def clean(self, data: Any, initial: Any = None) -> list[Photo]:
        return read_photos(_sent(data))


def _sent(data: Any) -> list[Any]:
    return [each for each in (data if isinstance(data, list) else [data]) if each]


def read_photos(files: list[Any]) -> list[Photo]:
    """The photos in uploaded files; raises ValidationError with a sentence, naming the file."""
    if len(files) > MOST_PHOTOS:
        raise ValidationError(_("At most %(most)s photos can be sent.") % {"most": MOST_PHOTOS}, "too_many")
    photos = []
    for position, file in enumerate(files, start=1):
        try:
            photos.append(read_photo(file, size=file.size))
        except ValidationError as refused:
            sentence = _("Photo %(position)s: %(why)s") % {
                "position": position,
                "why": " ".join(refused.messages),
            }
            raise ValidationError(sentence, "photo") from None
    return photos


class FilesField(forms.FileField):
    """Files of an application, each looked at before anything is kept; `most` of them."""

    widget = FilesInput

    def __init__(self, *, most: int = MOST_FILES, **options: Any) -> None:
        self.most = most
        defaults = {
            "label": gettext_lazy("Files"),
            "required": False,
            "help_text": format_lazy(
                gettext_lazy(
                    "PDF, Word (.docx), Excel (.xlsx) or photos (JPEG, PNG, WebP), at most {most} files: "
                    "documents of {megabytes} MB each, photos of {photo} MB. No macros, no password."
                ),
                most=most,
                megabytes=uploads.MOST_BYTES // 1024 // 1024,
                photo=MOST_BYTES // 1024 // 1024,
            ),
        }
        super().__init__(**{**defaults, **options})

    def clean(self, data: Any, initial: Any = None) -> list[Upload]:
        files = _sent(data)
        if self.required and not files:
            raise ValidationError(self.error_messages["required"], "required")
        return read_files(files, most=self.most)


def read_files(files: list[Any], *, most: int = MOST_FILES) -> list[Upload]:
    """What is in uploaded files; raises ValidationError with a sentence for each that is refused, by name."""
    if len(files) > most:
        raise ValidationError(_("At most %(most)s files can be sent.") % {"most": most}, "too_many")
    found, refused = [], []
    for file in files:
        try:
            found.append(read_upload(file, name=file.name or "", size=file.size))
        except ValidationError as why:
            named = {"name": clean_name(file.name or "")[:LONGEST_NAME], "why": " ".join(why.messages)}
            refused.append(ValidationError(_("%(name)s: %(why)s") % named, "file"))
    if refused:
        raise ValidationError(refused)
    return found


class Trap(forms.Form):
    """People do not see its field and leave it empty; programs that fill in everything give themselves
    away.
    """

    website = forms.CharField(
        label=gettext_lazy("Leave this field empty"),
        required=False,
        widget=forms.TextInput(attrs={"tabindex": "-1", "autocomplete": "off"}),
    )

    def clean_website(self) -> str:
        if self.cleaned_data["website"]:
            raise forms.ValidationError(_("Please leave this field empty."), "filled")
        return ""


class FromCitizen(Trap, Once):
    """What a citizen brings from the web: photos, and how to be reached, if they like."""

    photos = PhotosField()
    name = Words(
        label=gettext_lazy("Your name"),
        required=False,
        max_length=40,
        validators=ONE_LINE,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    phone = Words(
        label=gettext_lazy("Your phone"),
        required=False,
        max_length=20,
        validators=[*ONE_LINE, validate_phone],
        widget=forms.TextInput(attrs={"autocomplete": "tel", "inputmode": "tel"}),
        help_text=gettext_lazy("We call you back when it is settled, and for nothing else."),
    )
    email = forms.EmailField(
        label=gettext_lazy("Your e-mail"),
        required=False,
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        help_text=gettext_lazy("We write to you when something happens with your matter."),
    )
