"""The demonstration's thirteen items: founded, their guides written, legally reviewed and published."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from functools import partial

from django.conf import settings

from approvals import demonstration_texts as texts
from approvals import guides
from approvals.models import ItemGuide
from portal.cases.terms import local_day
from portal.cases.uploads import MEDIA_TYPES, Upload, clean_name
from portal.documents.rendering import render
from portal.organisation.actors import Role
from portal.site.story import Story

# Made up, with check characters that fit. Yunxi has districts and a detachment: a prefecture-level city,
# whose figure in an implementation code is 3 (1 national, 2 provincial, 3 prefecture, 4 county, 5 township).
BUREAU_CODE, LEVEL = "11330800MB0DEM019D", 3
PLACE = "云溪市政务服务中心二楼城市管理窗口"
JOINT_EXTENSION, EXTENSION = 15, 10
REVIEWER = "法制审核员"


def found_items(story: Story) -> dict[str, ItemGuide]:
    """All items at `story.founded`; the published guides by the items' codes, materials and steps read."""
    for position, text in enumerate(texts.items(), 1):
        found(story, text, position, at=story.founded)
    published = ItemGuide.objects.published().for_public().order_by("item__position")
    return {guide.item.code: guide for guide in published}


def found(story: Story, text: texts.ItemText, position: int, *, at: datetime) -> ItemGuide:
    """Who writes the guide does not record its review; the chief representative publishes it."""
    administrator = story.who(Role.ADMINISTRATOR)
    item = guides.found_item(
        code=text.code,
        name=text.name,
        name_en=text.name_en,
        implementation_code=f"{BUREAU_CODE}{LEVEL}{text.basic_code}",
        unit=story.units[text.unit],
        for_persons=text.for_persons,
        for_bodies=text.for_bodies,
        position=position,
        actor=administrator,
        at=at,
    )
    guide = guides.write(
        item,
        columns={
            **{name: getattr(text, name) for name in SAME},
            "extend_at_most": JOINT_EXTENSION if text.joint else EXTENSION,
            "place": PLACE,
            "phone": story.units[text.unit].phone,
        },
        steps=dict(text.steps),
        materials=[brought(each, at=at) for each in text.materials],
        actor=administrator,
        at=at,
    )
    guide = guides.take(
        guide,
        "record_review",
        reviewer=REVIEWER,
        review_number=f"云城管法审〔{local_day(at).year}〕{position}号",
        note="依据有效，时限、材料和收费与法律、法规一致，同意公布。",
        actor=story.who(Role.OFFICE_HEAD),
        at=at,
    )
    return guides.take(guide, "publish", actor=story.who(Role.CHIEF_REPRESENTATIVE), at=at)


# What a text and a guide call by the same name.
SAME = (
    *("basis", "conditions", "statutory_days", "promised_days", "joint", "fee", "fee_basis"),
    *("fee_exemptions", "hours", "certificate", "validity_months"),
)


def brought(text: texts.MaterialText, *, at: datetime) -> guides.Brought:
    """A material with its blank form and filled sample, where it is a form that one fills in."""
    form = partial(filled_form, text, at=at)
    return guides.Brought(
        name=text.name,
        originals=text.originals,
        copies=text.copies,
        required=text.required,
        note=text.note,
        blank_form=form([(label, "") for label, _sample in text.form]) if text.form else None,
        filled_sample=form(text.form) if text.form else None,
    )


def filled_form(text: texts.MaterialText, fields: Sequence[tuple[str, str]], *, at: datetime) -> Upload:
    """The form of a material as PDF, with the values that `fields` have beside their labels."""
    values = {
        "title": text.name,
        "agency": settings.BUREAU["name"],
        "note": text.note,
        "fields": [{"label": label, "value": value} for label, value in fields],
    }
    data = render("form", values, at=at)
    digest = hashlib.sha256(data).hexdigest()
    return Upload(f"{clean_name(text.name)}.pdf", data, "pdf", MEDIA_TYPES["pdf"], digest)
