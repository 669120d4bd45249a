"""Pages of a list that is sorted newest first, by the last row seen: no OFFSET, no COUNT.

A page costs the same however far down it lies, and a row that is added meanwhile shifts nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, TypeVar

from django.core.exceptions import BadRequest
from django.db.models import Model, Q, QuerySet
from django.http import QueryDict

Row = TypeVar("Row", bound=Model)
SIZE = 20
OLDER, NEWER = "older", "newer"


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """The rows of a page, and the addresses ("?…") of its neighbours, "" where there is none."""

    rows: list[Row]
    newer_url: str
    older_url: str


def page(
    found: QuerySet[Row],
    *,
    by: str,
    query: QueryDict,
    size: int = SIZE,
    pick: Callable[..., Any] | None = None,
) -> Page[Row]:
    """The page of `found` that the query asks for, sorted by the moment `by`, newest first, then by key.

    `pick(queryset, order, count)` reads that many rows where the queryset alone would not use its index.
    Raises BadRequest for a place in the list that no page of ours links to.
    """
    pick = pick or _slice
    forward = [f"-{by}", "-pk"]
    if mark := query.get(NEWER):
        moment, key = _read(mark)
        later = Q(**{f"{by}__gt": moment}) | Q(**{by: moment, "pk__gt": key})
        rows = list(pick(found.filter(later, **{f"{by}__gte": moment}), [by, "pk"], size + 1))
        has_newer, has_older = len(rows) > size, True
        rows = rows[:size][::-1]
    elif mark := query.get(OLDER):
        moment, key = _read(mark)
        earlier = Q(**{f"{by}__lt": moment}) | Q(**{by: moment, "pk__lt": key})
        rows = list(pick(found.filter(earlier, **{f"{by}__lte": moment}), forward, size + 1))
        has_newer, has_older = True, len(rows) > size
        rows = rows[:size]
    else:
        rows = list(pick(found, forward, size + 1))
        has_newer, has_older = False, len(rows) > size
        rows = rows[:size]
    if not rows:
        return Page([], "", "")
    return Page(
        rows,
        _address(query, NEWER, getattr(rows[0], by), rows[0].pk) if has_newer else "",
        _address(query, OLDER, getattr(rows[-1], by), rows[-1].pk) if has_older else "",
    )


def _slice(found: QuerySet[Row], order: list[str], count: int) -> QuerySet[Row]:
    return found.order_by(*order)[:count]


def _read(mark: str) -> tuple[datetime, int]:
    text, _separator, key = mark.rpartition("_")
    try:
        moment = datetime.fromisoformat(text)
        number = int(key)
    except ValueError:
        raise BadRequest("no place in the list") from None
    # Ours are in UTC; other offsets carry a moment out of what Python or Postgres can hold.
    if moment.utcoffset() != timedelta(0) or not 0 <= number < 2**63:
        raise BadRequest("no place in the list")
    return moment, number


def _address(query: QueryDict, direction: str, moment: datetime, key: int) -> str:
    kept = query.copy()
    kept.pop(OLDER, None)
    kept.pop(NEWER, None)
    kept[direction] = f"{moment.astimezone(UTC).isoformat()}_{key}"
    return f"?{kept.urlencode()}"
