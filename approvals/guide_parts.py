"""What belongs to a guide: its steps with their days, its materials with the files to download.

Written whole by the verbs of `approvals.guides`, of a draft alone: the database refuses it of any other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.core.files.base import ContentFile
from django.db.models.fields.files import FieldFile
from django.utils.translation import gettext as _

from approvals.models import GuideStep, ItemGuide, Material
from approvals.rules.terms import STEP_NAMES
from portal.cases import kept_files
from portal.cases.uploads import Upload
from portal.cases.workflow import Refused

FILE_COLUMNS = ("blank_form", "filled_sample")


@dataclass(frozen=True, slots=True)
class Kept:
    """A file that a version of the item's guide has already: by the name under which it is stored."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """A material as a guide asks for it; the two files are those to download."""

    name: str
    originals: int = 1
    copies: int = 0
    required: bool = True
    note: str = ""
    blank_form: Upload | Kept | None = None
    filled_sample: Upload | Kept | None = None


def put_steps(guide: ItemGuide, steps: Mapping[str, int]) -> None:
    """The steps of a draft with their working days, in place of those it had."""
    if unknown := set(steps) - set(STEP_NAMES):
        raise Refused(
            _("There is no such step: %(names)s.") % {"names": ", ".join(sorted(unknown))}, field="steps"
        )
    guide.steps.all().delete()
    rows = [GuideStep(guide=guide, step=step, days=steps[step]) for step in STEP_NAMES if steps.get(step)]
    for row in rows:
        row.full_clean(exclude=["guide"])
    GuideStep.objects.bulk_create(rows)
    guide.__dict__.pop("days_by_step", None)


@kept_files.undone_with_the_verb()
def put_materials(guide: ItemGuide, materials: Sequence[Brought]) -> None:
    """The materials of a draft, in place of those it had.

    A kept file must be one of this item's guides: versions share what did not change. Raises Refused.
    """
    known = {
        name
        for names in Material.objects.filter(guide__item_id=guide.item_id).values_list(*FILE_COLUMNS)
        for name in names
        if name
    }
    guide.materials.all().delete()
    for position, each in enumerate(materials, 1):
        _put_material(guide, position, each, known)


def _put_material(guide: ItemGuide, position: int, each: Brought, known: set[str]) -> None:
    material = Material(
        guide=guide,
        position=position,
        **{name: getattr(each, name) for name in ("name", "originals", "copies", "required", "note")},
    )
    if not (each.originals or each.copies):
        raise Refused(
            _("Say how many originals or copies are brought: %(name)s.") % {"name": each.name},
            field="materials",
        )
    for name in FILE_COLUMNS:
        brought: Upload | Kept | None = getattr(each, name)
        if isinstance(brought, Kept):
            if brought.name not in known:
                raise Refused(_("There is no such file: %(name)s.") % {"name": each.name}, field="materials")
            setattr(material, name, brought.name)
        elif brought is not None:
            file: FieldFile = getattr(material, name)
            content = ContentFile(brought.data)
            file.save(f"{brought.sha256[:32]}.{brought.kind}", content, save=False)
            kept_files.note(file)
    material.full_clean(exclude=["guide"])
    material.save(force_insert=True)
