"""The units as a tree, and who works in each: one query for the units, one for the staff."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from portal.organisation.models import Staff, Unit


@dataclass(frozen=True, slots=True)
class Entry:
    """A unit, the one above it, and its active staff by user name."""

    unit: Unit
    above: Unit | None
    staff: tuple[Staff, ...]


def directory() -> list[Entry]:
    """Active units from the top down, each after the one above it."""
    people: dict[int | None, list[Staff]] = defaultdict(list)
    for staff in Staff.objects.active().order_by("username"):
        people[staff.unit_id].append(staff)
    below: dict[int | None, list[Unit]] = defaultdict(list)
    for unit in Unit.objects.active().order_by("pk"):
        below[unit.parent_id].append(unit)
    entries: list[Entry] = []
    waiting: list[tuple[Unit, Unit | None]] = [(unit, None) for unit in reversed(below[None])]
    while waiting:
        unit, above = waiting.pop()
        entries.append(Entry(unit, above, tuple(people[unit.pk])))
        waiting.extend((child, unit) for child in reversed(below[unit.pk]))
    return entries
