"""The verbs of items and their guides: founded, written, legally reviewed, published.

Rules: `approvals.rules.guide`. A guide is frozen from its review on; what runs keeps the one it began with.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from django.db import transaction
from django.utils.translation import gettext as _

from approvals.guide_parts import Brought, put_materials, put_steps
from approvals.models import ItemGuide, ServiceItem
from approvals.rules import guide as rules
from portal.cases.actions import acting_role, plain
from portal.cases.kept_files import undone_with_the_verb
from portal.cases.models import Case
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
    _check_item(item)
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
    _check_item(item)
    item.save(update_fields=list(changes))
    data = {name: plain(value) for name, value in changes.items()}
    record(item.subject, "item_changed", at=at, actor=actor, data=data)
    return item


def _check_item(item: ServiceItem) -> None:
    if not (item.for_persons or item.for_bodies):
        raise Refused(
            _("Please say for whom the item is: for persons, for companies and other bodies, or for both."),
            field="for_persons",
        )
    item.full_clean()


@undone_with_the_verb()
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
    rules.check_limits(guide)
    guide.full_clean(exclude=["item"])


@undone_with_the_verb()
@transaction.atomic
def change(
    guide: ItemGuide,
    *,
    columns: Mapping[str, Any],
    steps: Mapping[str, int] | None = None,
    materials: Sequence[Brought] | None = None,
    actor: Actor,
    at: datetime,
    seen: int | None = None,
) -> ItemGuide:
    """Write a draft anew, with its steps and materials where they are given.

    Raises Refused, NotAllowed, Conflict, ValidationError; nothing is written then.
    """
    locked = lock(guide, seen=seen)
    rule = rules.WORKFLOW.transition("change")
    _check(locked, rule, actor=actor, at=at)
    _fill(locked, columns, actor=actor, at=at)
    locked.version += 1
    locked.save()
    if steps is not None:
        put_steps(locked, steps)
    if materials is not None:
        put_materials(locked, materials)
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
