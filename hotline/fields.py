"""Form fields of the hotline's pages: a category, typed in or chosen."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hotline.models import Category


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
