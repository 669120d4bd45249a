"""Form fields that the hotline's pages share: text as the models hold it, a category typed in, photos."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.db import models
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hotline.models import Category
from portal.cases.attachments import FORMATS, MOST_PHOTOS, Photo, read_photo
from portal.organisation.models import Unit


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


class CategoryInput(forms.TextInput):
    """A line with the categories as suggestions: the first letters of name or code are enough."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        attrs = dict(attrs or {})
        options = f"{attrs.get('id', name)}_options"
        categories = Category.objects.filter(active=True).select_related("usual_unit")
        return format_html(
            '{}<datalist id="{}">{}</datalist>',
            super().render(name, value, {**attrs, "list": options}, renderer),
            options,
            format_html_join(
                "",
                '<option value="{}" label="{} · {}"></option>',
                ((each, each.code, each.usual_unit) for each in categories),
            ),
        )


class CategoryField(forms.CharField):
    """A category by its code or name, or by as many first letters as tell it from the others."""

    widget = CategoryInput

    def clean(self, value: Any) -> Category | None:
        typed = super().clean(value).strip().casefold()
        if not typed:
            return None
        every = list(Category.objects.filter(active=True).select_related("usual_unit"))
        names = {each: (each.code, each.name, each.name_en.casefold()) for each in every}
        for fits in (str.__eq__, str.startswith, str.__contains__):
            found = [each for each in every if any(fits(name, typed) for name in names[each])]
            if len(found) == 1:
                return found[0]
            if found:
                choice = _(", ").join(str(each) for each in found)
                raise ValidationError(_("Several categories fit: %(names)s.") % {"names": choice}, "several")
        raise ValidationError(_("There is no such category. Please choose one from the list."), "unknown")


class CategoryChoice(forms.ModelChoiceField):
    """A category out of those in use, sent as its code."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            queryset=Category.objects.filter(active=True),
            to_field_name="code",
            error_messages={
                "invalid_choice": gettext_lazy("There is no such category. Please choose one from the list.")
            },
            **options,
        )


class UnitChoice(forms.ModelChoiceField):
    """A unit that still works, sent as its code."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            queryset=Unit.objects.active(),
            to_field_name="code",
            error_messages={"invalid_choice": gettext_lazy("There is no such unit.")},
            **options,
        )


class PhotosInput(forms.FileInput):
    allow_multiple_selected = True

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        accept = ",".join(f"image/{name.lower()}" for name in FORMATS)
        super().__init__({"accept": accept, **(attrs or {})})


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
        files = [each for each in (data if isinstance(data, list) else [data]) if each]
        return read_photos(files)


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
