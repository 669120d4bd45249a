"""A long list page by page, by key: no count of it, no offset into it.

A page is asked for by the key of the row before it (or after it): the moment it is sorted by, and its id.
The cost is that of the rows shown, however many come before them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import BigIntegerField, BooleanField, DateTimeField, F, Func, QuerySet, Value
from django.db.models.lookups import GreaterThan, LessThan

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
KEY = re.compile(r"(\d{1,18})-(\d{1,18})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Order:
    """What a list is sorted by: a moment of the row (never null), then its id, both in one direction."""

    moment: str
    newest_first: bool


DUE_FIRST = Order("next_due_at", newest_first=False)
NEWEST_FIRST = Order("opened_at", newest_first=True)


class BadKey(ValueError):
    """The key is none that a page of ours gave out."""


@dataclass(frozen=True, slots=True)
class Page:
    """Rows in order; `before` and `after` are the keys of the pages beside this one, "" for none."""

    rows: list[Any]
    before: str
    after: str


class Row(Func):
    """Columns compared as one value, as the index holds them: (next_due_at, id) > (…, …)."""

    template = "(%(expressions)s)"
    output_field = BooleanField()


class IdBeside(F):
    """The id in the table that the named column is in.

    A case's own id is in the table of its kind too, and Django would compare that one, which no index of the
    header holds.
    """

    def resolve_expression(self, query: Any = None, *args: Any, **options: Any) -> Any:
        column: Any = super().resolve_expression(query, *args, **options)
        return column.target.model._meta.pk.get_col(column.alias)


def key_of(row: Any, order: Order) -> str:
    return f"{(getattr(row, order.moment) - EPOCH) // MICROSECOND}-{row.pk}"


def parse_key(text: str) -> tuple[datetime, int]:
    """The moment and the id of a key; raises BadKey."""
    found = KEY.fullmatch(text)
    if found is None:
        raise BadKey(text)
    try:
        return EPOCH + int(found[1]) * MICROSECOND, int(found[2])
    except OverflowError:
        raise BadKey(text) from None


def read_page(
    queryset: QuerySet[Any], *, order: Order, after: str = "", before: str = "", size: int = 20
) -> Page:
    """One page of at most `size` rows after (or before) a key; the first page without one. Raises BadKey.

    One row more than is shown is read, and tells whether the list goes on.
    """
    backwards = bool(before) and not after
    key = before if backwards else after
    descending = order.newest_first != backwards
    if key:
        moment, pk = parse_key(key)
        here = Row(F(order.moment), IdBeside(order.moment))
        there = Row(Value(moment, output_field=DateTimeField()), Value(pk, output_field=BigIntegerField()))
        queryset = queryset.filter(LessThan(here, there) if descending else GreaterThan(here, there))
    sign = "-" if descending else ""
    rows: Sequence[Any] = list(queryset.order_by(f"{sign}{order.moment}", f"{sign}id")[: size + 1])
    more, rows = len(rows) > size, rows[:size]
    if backwards:
        rows = rows[::-1]
    comes_before = more if backwards else bool(key)
    comes_after = bool(key) if backwards else more
    return Page(
        rows=list(rows),
        before=key_of(rows[0], order) if rows and comes_before else "",
        after=key_of(rows[-1], order) if rows and comes_after else "",
    )
