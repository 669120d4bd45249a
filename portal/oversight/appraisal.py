"""What counts in a unit's yearly appraisal (绩效考评). Apps add theirs, by `appraisal.register(item)`.

Here it is only counted and shown, each figure with where it comes from; what follows from it people decide.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from django.db.models import Count
from django.utils.translation import gettext_lazy as _

from portal.cases.terms import ONE_DAY, midnight
from portal.organisation.models import Unit
from portal.oversight.models import Card
from portal.oversight.workflow import Colour, State

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise


@dataclass(frozen=True, slots=True)
class Item:
    """Something that counts against a unit: `count(first, last)` answers how often, by the unit's id.

    Both days are Asia/Shanghai's, and included. A unit that it never happened to may be left out.
    """

    code: str
    label: _StrOrPromise
    count: Callable[[date, date], Mapping[int, int]]


@dataclass(frozen=True, slots=True)
class Row:
    """A unit, and for each item its label and how often it happened."""

    unit: Unit
    counts: list[tuple[_StrOrPromise, int]]


_items: dict[str, Item] = {}


def register(item: Item) -> None:
    """Let something count. A second registration has no effect; raises ValueError for another of its code."""
    if _items.setdefault(item.code, item) != item:
        raise ValueError(f"something else counts as {item.code}")


def items() -> list[Item]:
    return list(_items.values())


def table(first: date, last: date) -> list[Row]:
    """The units to which something happened, by code, with a count for each of `items()`: a query each."""
    counted = [dict(item.count(first, last)) for item in items()]
    concerned = {unit_id for each in counted for unit_id, times in each.items() if times}
    units = Unit.objects.filter(pk__in=concerned).order_by("code")
    labels = [item.label for item in items()]
    return [
        Row(unit, [(label, each.get(unit.pk, 0)) for label, each in zip(labels, counted, strict=True)])
        for unit in units
    ]


def _cards(colour: Colour) -> Callable[[date, date], Mapping[int, int]]:
    def count(first: date, last: date) -> Mapping[int, int]:
        """Cards that stand: one that was withdrawn counts for nothing."""
        found = Card.objects.filter(
            colour=colour, issued_at__gte=midnight(first), issued_at__lt=midnight(last + ONE_DAY)
        ).exclude(state=State.WITHDRAWN)
        rows = found.exclude(unit=None).values_list("unit_id").annotate(times=Count("pk"))
        return {int(unit_id): times for unit_id, times in rows}

    return count


YELLOW_CARDS = Item("oversight.yellow_cards", _("Yellow cards"), _cards(Colour.YELLOW))
RED_CARDS = Item("oversight.red_cards", _("Red cards"), _cards(Colour.RED))
