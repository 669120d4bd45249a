"""What one version of a guide says otherwise than another, field by field. Only reads."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from approvals.guides import COLUMNS
from approvals.models import ItemGuide, Material
from approvals.rules.terms import STEP_NAMES

# As many figures of a file's hash stand in its name.
HASH = 32


@dataclass(frozen=True, slots=True)
class Difference:
    """A field as it was and as it is; "" where there was, or is, nothing."""

    name: str
    old: str
    new: str


def differences(old: ItemGuide, new: ItemGuide) -> list[Difference]:
    """In the order in which a guide is written. Both with materials and steps read before."""
    return [*_columns(old, new), *_steps(old, new), *_materials(old, new)]


def _columns(old: ItemGuide, new: ItemGuide) -> Iterator[Difference]:
    for name in COLUMNS:
        before, after = getattr(old, name), getattr(new, name)
        if before != after:
            yield Difference(_name_of(ItemGuide, name), _in_words(before), _in_words(after))


def _name_of(model: Any, name: str) -> str:
    return capfirst(str(model._meta.get_field(name).verbose_name))


def _in_words(value: object) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return "" if value is None else str(value)


def _steps(old: ItemGuide, new: ItemGuide) -> Iterator[Difference]:
    for step, name in STEP_NAMES.items():
        before, after = old.days_of(step), new.days_of(step)
        if before != after:
            label = _("Step: %(name)s") % {"name": name}
            yield Difference(label, _days(before), _days(after))


def _days(days: int) -> str:
    """ "" for a step that the item does not have."""
    if not days:
        return ""
    return ngettext("%(days)d working day", "%(days)d working days", days) % {"days": days}


def _materials(old: ItemGuide, new: ItemGuide) -> Iterator[Difference]:
    """By their names: what is called otherwise is another material."""
    before = {each.name: each for each in old.materials.all()}
    after = {each.name: each for each in new.materials.all()}
    for name in [*after, *(each for each in before if each not in after)]:
        was, now = _asked(before.get(name)), _asked(after.get(name))
        if was != now:
            yield Difference(_("Material: %(name)s") % {"name": name}, was, now)
        elif name in before and name in after and _files(before[name]) != _files(after[name]):
            sentence = _("other files to download")
            yield Difference(_("Material: %(name)s") % {"name": name}, was, f"{now}\n{sentence}")
    if list(before) != list(after) and set(before) == set(after):
        yield Difference(_("Order of the materials"), "\n".join(before), "\n".join(after))


def _asked(material: Material | None) -> str:
    """What is brought of it, a line a thing; "" where it is not asked for."""
    if material is None:
        return ""
    originals = ngettext("%(count)d original", "%(count)d originals", material.originals)
    copies = ngettext("%(count)d copy", "%(count)d copies", material.copies)
    lines = [
        originals % {"count": material.originals} if material.originals else "",
        copies % {"count": material.copies} if material.copies else "",
        _("always") if material.required else _("where it applies"),
        material.note,
        _("with a blank form") if material.blank_form else "",
        _("with a filled sample") if material.filled_sample else "",
    ]
    return "\n".join(line for line in lines if line)


def _files(material: Material) -> list[str]:
    """By what is in them: the names of kept files begin with the hash."""
    names = [material.blank_form.name or "", material.filled_sample.name or ""]
    return [PurePosixPath(name).name[:HASH] for name in names]
