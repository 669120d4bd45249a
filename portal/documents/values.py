"""What each layout takes: a dataclass a layout, whose fields say what they are and how they are checked.

A caller may fill a dataclass and hand on `asdict` of it, or hand on a plain mapping; `checked` looks at both.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, fields
from typing import Any

from django.utils.translation import gettext as _

from portal.documents.typed import Wrong
from portal.documents.value_fields import Values
from portal.documents.values_annual import Annual
from portal.documents.values_official import Letter, Official, Pledge
from portal.documents.values_window import BlankForm, Certificate, Notice

# All text of a document together: some 300 pages, set in a few seconds.
MOST_CHARACTERS = 200_000

LAYOUTS: dict[str, type[Values]] = {
    "official": Official,
    "letter": Letter,
    "pledge": Pledge,
    "notice": Notice,
    "certificate": Certificate,
    "form": BlankForm,
    "annual": Annual,
}


class RenderingFailed(Exception):
    """A document cannot be set, with a sentence for the person who asked for it.

    `field` names the value at fault as the code has it, counted from 1 (`clauses.4.text`); "" for none.
    """

    def __init__(self, sentence: str, *, field: str = "") -> None:
        super().__init__(sentence)
        self.field = field


def checked(takes: type[Values], values: Mapping[str, Any]) -> Values:
    """The values as the layout takes them. Raises RenderingFailed, naming what is missing or wrong."""
    known = {each.name: each for each in fields(takes)}
    for name in values:
        if name not in known or (name in takes.not_printed and values[name]):
            raise _failed(takes, str(name), _("this layout does not print it."))
    found = {}
    for name, each in known.items():
        if name not in values:
            if each.default is MISSING and each.default_factory is MISSING:
                raise _failed(takes, name, _("it is missing."))
            continue
        try:
            found[name] = each.metadata["check"](values[name])
        except Wrong as wrong:
            raise _failed(takes, ".".join(map(str, (name, *wrong.at))), str(wrong)) from None
    made = takes(**found)
    try:
        made.check_together()
    except Wrong as wrong:
        raise _failed(takes, ".".join(map(str, wrong.at)), str(wrong)) from None
    return made


def _failed(takes: type[Values], place: str, why: str) -> RenderingFailed:
    """The failure in words: what an official calls the value, where it is, what is wrong with it."""
    name, _dot, inside = place.partition(".")
    label = next((str(each.metadata["label"]) for each in fields(takes) if each.name == name), name)
    if inside:
        label = f"{label} {inside}"
    return RenderingFailed(_("%(label)s: %(why)s") % {"label": label, "why": why}, field=place)
