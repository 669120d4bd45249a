"""`{% load portal %}`: the components and the ways of writing things down that every page shares."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django import forms, template
from django.forms import BoundField
from django.urls import NoReverseMatch, reverse

from portal.site import wording

register = template.Library()


@register.filter
def local_date(value: date | datetime | None) -> str:
    """2026年3月12日 / 12 March 2026"""
    return wording.local_date(value) if value else ""


@register.filter
def local_moment(value: datetime | None) -> str:
    """2026年3月12日 14:05 / 12 March 2026 14:05"""
    return wording.local_moment(value) if value else ""


@register.filter
def short_date(value: date | datetime | None) -> str:
    """2026-03-12"""
    return wording.short_date(value) if value else ""


@register.filter
def short_moment(value: datetime | None) -> str:
    """03-12 14:05"""
    return wording.short_moment(value) if value else ""


@register.filter
def masked(value: Any) -> str:
    """张某, 138****5678"""
    return wording.masked(value)


@register.inclusion_tag("_components/limit.html")
def limit(view: Any) -> dict[str, Any]:
    """How a limit stands: an object with `words` (还剩 2 个工作日), `sign`, `css`; None shows nothing."""
    return {"limit": view}


@register.simple_tag
def url_if_any(name: str, *args: Any) -> str:
    """The address of a page, or "" where this installation has no such page."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""


def _css_class(widget: forms.Widget) -> str:
    if isinstance(widget, forms.CheckboxInput):
        return "form-check-input"
    if isinstance(widget, forms.Select):
        return "form-select"
    return "form-control"


@register.inclusion_tag("_components/field.html")
def field(bound: BoundField, label: str = "", **attrs: Any) -> dict[str, Any]:
    """A form field with label, help and error, tied together for screen readers.

    Further arguments become attributes of the control, with _ for -: `{% field form.phone hx_get=url %}`.
    """
    widget = bound.field.widget
    group = isinstance(widget, forms.RadioSelect | forms.CheckboxSelectMultiple)
    described = [bound.auto_id + "_helptext"] if bound.help_text else []
    described += [bound.auto_id + "_error"] if bound.errors else []
    attributes = {name.replace("_", "-"): value for name, value in attrs.items()}
    if str(widget.attrs.get("placeholder", "")) == str(bound.label):
        attributes.setdefault("placeholder", "")  # allauth repeats the label in the field
    if described:
        attributes["aria-describedby"] = " ".join(described)
    if bound.errors:
        attributes["aria-invalid"] = "true"
    css = " ".join(filter(None, (_css_class(widget), widget.attrs.get("class"), attributes.get("class"))))
    attributes["class"] = css + (" is-invalid" if bound.errors else "")
    context: dict[str, Any] = {
        "field": bound,
        "label": label or bound.label,
        "group": group,
        "checkbox": isinstance(widget, forms.CheckboxInput),
        "required": bound.field.required,
        "described_by": " ".join(described),
    }
    if group:
        options = list(bound.subwidgets)
        for option in options:
            option.data["attrs"]["class"] = "form-check-input"
            option.data["attrs"].pop("aria-describedby", None)
        context["options"] = options
    else:
        context["control"] = bound.as_widget(attrs=attributes)
    return context


@register.inclusion_tag("_components/fields.html")
def form_fields(form: forms.BaseForm) -> dict[str, Any]:
    """Every field of a form, after the errors that belong to none of them."""
    return {"form": form}


@register.inclusion_tag("_components/form_errors.html")
def form_errors(form: forms.BaseForm) -> dict[str, Any]:
    """The errors of the form as a whole, and how many fields want another look."""
    return {"form": form}
