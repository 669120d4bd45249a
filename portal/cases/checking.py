"""What the rules of several kinds of case ask: whose turn it is, and whether a text was written."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from portal.cases.workflow import Check, Move, Refused
from portal.organisation.actors import Role
from portal.organisation.models import Staff


def person_for(role: Role, unit_id: int | None, *, but: Collection[int] = ()) -> int | None:
    """Whose turn it is: of those in the role, first somebody of the unit, and nobody who may not."""
    found = list(Staff.objects.active().with_role(role).exclude(pk__in=but).order_by("id"))
    own = [each for each in found if unit_id is not None and each.unit_id == unit_id]
    return next((each.pk for each in [*own, *found]), None)


def written(name: str, sentence: Any) -> Check:
    """The text of that name was written; `sentence` asks for it."""

    def check(move: Move) -> None:
        if not str(move.changes.get(name) or move.given.get(name) or "").strip():
            raise Refused(str(sentence), field=name)

    return check
