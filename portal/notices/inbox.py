"""Whose a notice is: the person's own, or one to a unit whose cases are theirs, or to a role of theirs."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from portal.notices.models import Notice
from portal.organisation.actors import Actor

# More than so many unread ones are not counted: "99+" says enough.
MOST_COUNTED = 100


def inboxes(actor: Actor) -> list[Q]:
    """The inboxes that the actor reads, each a condition with an index of its own."""
    if not actor.is_staff or actor.id is None:
        return []
    units = set(actor.unit_ids) | ({actor.unit_id} if actor.unit_id is not None else set())
    return [
        Q(staff_id=actor.id),
        *(Q(unit_id=unit_id) for unit_id in sorted(units)),
        *(Q(role=role) for role in sorted(actor.roles)),
    ]


def owned_by(actor: Actor) -> QuerySet[Notice]:
    """Every notice of the actor's inboxes, to look one up or to mark them; lists use `newest`."""
    rule = Q(pk__in=())
    for each in inboxes(actor):
        rule |= each
    return Notice.objects.filter(rule)


def newest(found: QuerySet[Notice], actor: Actor, order: list[str], count: int) -> QuerySet[Notice]:
    """The first `count` of `found` in the actor's inboxes: a few rows from each index, then merged.

    One condition with OR would sort all that an inbox ever held.
    """
    parts = [found.filter(each).order_by(*order)[:count] for each in inboxes(actor)]
    if not parts:
        return found.none()
    return parts[0].union(*parts[1:], all=True).order_by(*order)[:count]


def unread_count(actor: Actor) -> int:
    """How many unread notices the actor has, `MOST_COUNTED` at most: one query."""
    parts = [Notice.objects.unread().filter(each).values("pk")[:MOST_COUNTED] for each in inboxes(actor)]
    if not parts:
        return 0
    return min(parts[0].union(*parts[1:], all=True).count(), MOST_COUNTED)


@transaction.atomic
def mark_read(notice: Notice, *, actor: Actor, at: datetime) -> None:
    """Keep who read it first, and when; a notice to a unit or a role is read for all of them."""
    _mark(owned_by(actor).filter(pk=notice.pk), actor=actor, at=at)


@transaction.atomic
def mark_all_read(*, actor: Actor, at: datetime) -> int:
    """Mark all that came to the actor's inboxes by `at`; answers how many were unread."""
    return _mark(owned_by(actor).filter(queued_at__lte=at), actor=actor, at=at)


def _mark(found: QuerySet[Notice, Any], *, actor: Actor, at: datetime) -> int:
    return found.filter(read_at=None).update(read_at=at, read_by=actor.id)
