"""Who somebody is, as a value: for those who write to many at once."""

from __future__ import annotations

from collections.abc import Set
from typing import NamedTuple

from portal.organisation.models import Staff


class Colleague(NamedTuple):
    """A member of staff; `unit_name` is "" for who has no unit, `is_active` False for who has left."""

    id: int
    name: str
    email: str
    is_active: bool
    unit_id: int | None
    unit_name: str


def colleagues(ids: Set[int | None]) -> dict[int | None, Colleague]:
    """Those of the staff with these ids, by id: one query, none where nobody is asked for."""
    wanted = ids - {None}
    if not wanted:
        return {}
    rows = Staff.objects.filter(pk__in=wanted).values_list(
        "pk", "name", "email", "is_active", "unit_id", "unit__name"
    )
    return {
        pk: Colleague(pk, name, email, is_active, unit_id, unit_name or "")
        for pk, name, email, is_active, unit_id, unit_name in rows
    }
