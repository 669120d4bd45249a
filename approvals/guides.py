"""The verbs of items and their guides: founded, written, legally reviewed, published.

Rules: `approvals.rules.guide`. A guide is frozen from its review on; what runs keeps the one it began with.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from django.core.files.base import ContentFile
from django.db import transaction
from django.utils.translation import gettext as _

from approvals.models import GuideStep, ItemGuide, Material, ServiceItem
from approvals.rules import guide as rules
from approvals.rules.terms import STEP_NAMES
from portal.cases.actions import acting_role, plain
from portal.cases.models import Case
from portal.cases.uploads import Upload
from portal.cases.workflow import Conflict, Move, NotAllowed, Refused, Transition
from portal.ledger.actions import record
from portal.organisation.actors import SYSTEM, Actor, Role
from portal.organisation.models import Unit

# What a writer fills in of a guide, besides steps and materials.
COLUMNS = (
    *("basis", "conditions", "statutory_days", "promised_days", "joint", "extend_at_most", "special_days"),
    "supplement_days",
    *("fee", "fee_basis", "fee_exemptions", "place", "hours", "phone", "certificate", "validity_months"),
)
ITEM_COLUMNS = ("name", "name_en", "unit", "for_persons", "for_bodies", "position", "active")


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """A material as a guide asks for it; the two files are those to download."""

    name: str
    originals: int = 1
    copies: int = 0
    required: bool = True
    note: str = ""
    blank_form: Upload | None = None
    filled_sample: Upload | None = None


def check_may_found(actor: Actor) -> None:
    """Raises NotAllowed unless the actor may found and change items."""
    if actor is not SYSTEM and not actor.has_role(Role.ADMINISTRATOR):
        raise NotAllowed(_("Only an administrator may change this."))


@transaction.atomic
def found_item(
    *, code: str, implementation_code: str, unit: Unit, actor: Actor, at: datetime, **columns: Any
) -> ServiceItem:
    """A new item, to be applied for once a guide of it is published. Raises ValidationError, NotAllowed."""
    check_may_found(actor)
    item = ServiceItem(code=code, implementation_code=implementation_code, unit=unit, **columns)
    item.full_clean()
    item.save(force_insert=True)
    data = {"code": code, "implementation_code": implementation_code, "name": item.name}
    record(item.subject, "item_founded", at=at, actor=actor, data=data, opens=True)
    return item


@transaction.atomic
def change_item(item: ServiceItem, *, actor: Actor, at: datetime, **changes: Any) -> ServiceItem:
    """Rename an item, move it in lists, or take it out of use; its codes stay. Raises like `found_item`."""
    check_may_found(actor)
    for name, value in changes.items():
        if name not in ITEM_COLUMNS:
            raise Refused(_("This step cannot change: %(fields)s.") % {"fields": name})
        setattr(item, name, value)
    item.full_clean()
    item.save(update_fields=list(changes))
    data = {name: plain(value) for name, value in changes.items()}
    record(item.subject, "item_changed", at=at, actor=actor, data=data)
    return item


@transaction.atomic
def write(
    item: ServiceItem,
    *,
    columns: Mapping[str, Any],
    steps: Mapping[str, int],
    materials: Sequence[Brought],
    actor: Actor,
    at: datetime,
) -> ItemGuide:
    """The next version of an item's guide, as a draft beside the one that is published.

    `steps` are working days by step. Raises Refused, ValidationError and NotAllowed; nothing is written then.
    """
    if not actor.has_role(*rules.OPENING.by):
        raise NotAllowed(_("Your role does not permit this step."))
    ServiceItem.objects.select_for_update().get(pk=item.pk)
    last = item.guides.order_by("-number").first()
    if last is not None and last.state in (rules.DRAFT, rules.REVIEWED):
        raise Refused(_("The next version of this guide is under way already: please change that one."))
    guide = ItemGuide(item=item, number=last.number + 1 if last else 1, state=rules.DRAFT)
    _fill(guide, columns, actor=actor, at=at)
    guide.save(force_insert=True)
    put_steps(guide, steps)
    put_materials(guide, materials)
    _record(guide, rules.OPENING, actor=actor, at=at)
    return guide


def _fill(guide: ItemGuide, columns: Mapping[str, Any], *, actor: Actor, at: datetime) -> None:
    for name, value in columns.items():
        if name not in COLUMNS:
            raise Refused(_("This step cannot change: %(fields)s.") % {"fields": name})
        setattr(guide, name, value)
    guide.written_at = at
    if actor.id is not None and actor.id not in guide.writers:
        guide.writers = [*guide.writers, actor.id]
    if guide.promised_days > guide.statutory_days:
        raise Refused(_("The promised limit is longer than the statutory one."), field="promised_days")
    guide.full_clean(exclude=["item"])


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


def put_materials(guide: ItemGuide, materials: Sequence[Brought]) -> None:
    """The materials of a draft, in place of those it had."""
    guide.materials.all().delete()
    for position, each in enumerate(materials, 1):
        material = Material(
            guide=guide,
            position=position,
            **{name: getattr(each, name) for name in ("name", "originals", "copies", "required", "note")},
        )
        material.full_clean(exclude=["guide"])
        if not (each.originals or each.copies):
            raise Refused(_("Say how many originals or copies are brought: %(name)s.") % {"name": each.name})
        for name in ("blank_form", "filled_sample"):
            upload: Upload | None = getattr(each, name)
            if upload is not None:
                getattr(material, name).save(
                    f"{upload.sha256[:32]}.{upload.kind}", ContentFile(upload.data), save=False
                )
        material.save(force_insert=True)


@transaction.atomic
def change(
    guide: ItemGuide,
    *,
    columns: Mapping[str, Any],
    steps: Mapping[str, int] | None = None,
    actor: Actor,
    at: datetime,
    seen: int | None = None,
) -> ItemGuide:
    """Write a draft anew. Raises Refused, NotAllowed, Conflict, ValidationError."""
    locked = lock(guide, seen=seen)
    rule = rules.WORKFLOW.transition("change")
    _check(locked, rule, actor=actor, at=at)
    _fill(locked, columns, actor=actor, at=at)
    locked.version += 1
    locked.save()
    if steps is not None:
        put_steps(locked, steps)
    _record(locked, rule, actor=actor, at=at)
    return locked


def _check(guide: ItemGuide, rule: Transition, *, actor: Actor, at: datetime, **entered: Any) -> Move:
    move = Move(case=cast("Case", guide), actor=actor, at=at, **entered)
    rules.WORKFLOW.check(rule, move)
    return move


def allowed(guide: ItemGuide, *, actor: Actor, at: datetime) -> list[Transition]:
    """The steps that this actor may take now, for drawing buttons."""
    return [
        rule
        for rule in rules.WORKFLOW.allowed(cast("Case", guide), actor=actor, at=at)
        if rule.name not in ("change", "replace")
    ]


def lock(guide: ItemGuide, *, seen: int | None) -> ItemGuide:
    """The guide, locked behind its item. Raises Conflict when it changed since the actor looked at it."""
    ServiceItem.objects.select_for_update().get(pk=guide.item_id)
    locked = ItemGuide.objects.select_for_update(of=("self",)).select_related("item").get(pk=guide.pk)
    if seen is not None and seen != locked.version:
        raise Conflict(_("Somebody changed this guide while you were looking at it. Please look again."))
    return locked


@transaction.atomic
def take(
    guide: ItemGuide,
    name: str,
    *,
    actor: Actor,
    at: datetime,
    note: str = "",
    seen: int | None = None,
    **changes: Any,
) -> ItemGuide:
    """record_review, send_back or publish; the guide as it is afterwards. Raises Refused and its kinds."""
    locked = lock(guide, seen=seen)
    rule = rules.WORKFLOW.transition(name)
    if rule.name in ("change", "replace"):
        # The one has a verb of its own, the other follows from publishing the next version.
        raise Refused(_("There is no such step."))
    move = _check(locked, rule, actor=actor, at=at, note=note, changes=changes)
    if rule.name == "publish":
        _replace(locked.item, at=at)
    _move(locked, rule, move, changes, actor=actor, at=at, note=note)
    return locked


def _move(
    guide: ItemGuide,
    rule: Transition,
    move: Move,
    changes: Mapping[str, Any],
    *,
    actor: Actor,
    at: datetime,
    note: str = "",
) -> None:
    for column, value in {**changes, **(rule.sets(move) if rule.sets else {})}.items():
        setattr(guide, column, value)
    guide.state = rule.leads_to(move)
    guide.version += 1
    guide.save()
    _record(guide, rule, actor=actor, at=at, note=note)


def _replace(item: ServiceItem, *, at: datetime) -> None:
    before = item.guides.filter(state=rules.PUBLISHED).first()
    if before is None:
        return
    rule = rules.WORKFLOW.transition("replace")
    move = _check(before, rule, actor=SYSTEM, at=at)
    _move(before, rule, move, {}, actor=SYSTEM, at=at)


def _record(guide: ItemGuide, rule: Transition, *, actor: Actor, at: datetime, note: str = "") -> None:
    data = {
        "guide": guide.number,
        "state": guide.state,
        "note": note.strip(),
        "statutory_days": guide.statutory_days,
        "promised_days": guide.promised_days,
        "review_number": guide.review_number,
    }
    record(
        guide.item.subject,
        f"guide_{rule.name}",
        at=at,
        actor=actor,
        role=acting_role(rule, actor),
        data=data,
    )
