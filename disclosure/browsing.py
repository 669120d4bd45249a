"""A page of the catalogue, and the numbers beside its filters: three statements, whatever there is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.utils.translation import get_language

from disclosure import searching
from disclosure.models import Disclosure, Version
from disclosure.searching import Condition, Key
from portal.cases.keyset import Order, read_page

NEWEST_FIRST = Order("published_at", newest_first=True)
PAGE_SIZE = 20
# The columns that are counted, each under the filters of all the others.
COUNTED = ("category_id", "theme_id", "unit_id", "year", "validity")
Wanted = Mapping[str, Sequence[Any]]


@dataclass(frozen=True, slots=True)
class Named:
    """A category, theme or unit as the filters show it."""

    pk: int
    code: str
    name: str
    parent_id: int | None


@dataclass(frozen=True, slots=True)
class Names:
    """What the keys in an item stand for, and each category with everything below it."""

    categories: dict[int, Named]
    themes: dict[int, Named]
    units: dict[int, Named]
    below: dict[int, list[int]] = field(default_factory=dict)

    def tree(self) -> list[tuple[Named, int]]:
        """Every category behind the one it belongs to, with how deep it stands."""
        found: list[tuple[Named, int]] = []

        def put(parent_id: int | None, depth: int) -> None:
            for each in self.categories.values():
                if each.parent_id == parent_id:
                    found.append((each, depth))
                    put(each.pk, depth + 1)

        put(None, 0)
        return found

    def path(self, category_id: int) -> list[Named]:
        """From the root of the catalogue down to the category."""
        found: list[Named] = []
        at: int | None = category_id
        while at is not None:
            found.append(self.categories[at])
            at = self.categories[at].parent_id
        return found[::-1]


NAMES = """
    SELECT 'category', id, code, name, name_en, parent_id, position FROM disclosure_category
    UNION ALL SELECT 'theme', id, code, name, name_en, NULL, position FROM disclosure_theme
    UNION ALL SELECT 'unit', id, code, name, name_en, NULL, 0 FROM organisation_unit
    ORDER BY 7, 2
"""


def names() -> Names:
    """Everything that the filters name, in the reader's language, in one statement."""
    english = (get_language() or "").startswith("en")
    found: dict[str, dict[int, Named]] = {"category": {}, "theme": {}, "unit": {}}
    with connection.cursor() as cursor:
        cursor.execute(NAMES)
        for kind, pk, code, name, name_en, parent_id, _position in cursor.fetchall():
            found[kind][pk] = Named(pk, code, name_en if english and name_en else name, parent_id)
    categories = found["category"]
    below: dict[int, list[int]] = {pk: [pk] for pk in categories}
    for pk, category in categories.items():
        above = category.parent_id
        while above is not None:
            below[above].append(pk)
            above = categories[above].parent_id
    return Names(categories, found["theme"], found["unit"], below)


# A page -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CataloguePage:
    """Items in order, and the keys of the pages beside this one; "" for none.

    `total` is None for more than are counted, and on every page but the first.
    """

    items: list[Disclosure]
    before: str
    after: str
    total: int | None = None


def newest(wanted: Wanted, *, after: str = "", before: str = "", size: int = PAGE_SIZE) -> CataloguePage:
    """The items that are wanted, newest first, in one statement. Raises BadKey for no key of ours."""
    listed = Disclosure.objects.listed().filter(**{f"{name}__in": values for name, values in wanted.items()})
    page = read_page(listed.for_list(), order=NEWEST_FIRST, after=after, before=before, size=size)
    return CataloguePage(page.rows, page.before, page.after)


def found(
    words: Sequence[str], wanted: Wanted, *, after: Key | None = None, size: int = PAGE_SIZE
) -> searching.Results:
    """The places of the items that contain the words, those with all of them in the title first."""
    return searching.search(words, narrowed=condition(wanted), after=after, size=size)


def items_of(keys: Sequence[int]) -> list[Disclosure]:
    """Items with the text that holds, in the order of their keys."""
    texts = Version.objects.filter(disclosure__in=keys).order_by("disclosure_id", "number")
    bodies = dict(texts.values_list("disclosure_id", "body"))
    rows = {each.pk: each for each in Disclosure.objects.for_list().filter(pk__in=keys)}
    for pk, row in rows.items():
        row.body = bodies[pk]
    return [rows[pk] for pk in keys]


def condition(wanted: Wanted) -> Condition:
    """The same as the search takes it."""
    parts = [f"d.{name} = ANY(%s)" for name in wanted]
    return Condition(" AND ".join(parts), tuple(list(values) for values in wanted.values()))


# The numbers beside the filters -----------------------------------------------------------------------------


def tallies(wanted: Wanted) -> dict[str, dict[Any, int]]:
    """How many items each value of a column would leave, under what is wanted of the other columns."""
    return _grouped("disclosure_tally d", "sum(d.count)", wanted)


def total(tallied: Mapping[str, Mapping[Any, int]], wanted: Wanted) -> int:
    """How many items are wanted, out of the numbers that stand beside the filters."""
    column = next(iter(wanted), "validity")
    counts = tallied[column]
    return sum(counts.get(value, 0) for value in wanted.get(column, counts))


def tallies_among(keys: Sequence[int]) -> dict[str, dict[Any, int]]:
    """How many of these items have each value of a column."""
    among = condition({"id": keys})
    return _grouped(f"disclosure_disclosure d WHERE {among.sql}", "count(*)", {}, last=among.values)


def _grouped(
    table: str, counts: str, wanted: Wanted, *, last: Sequence[Any] = ()
) -> dict[str, dict[Any, int]]:
    columns: list[str] = []
    values: list[Any] = []
    for column in COUNTED:
        others = {name: each for name, each in wanted.items() if name != column}
        where = condition(others)
        columns.append(f"{counts} FILTER (WHERE {where.sql or 'TRUE'})")
        values += where.values
    sql = f"""
        SELECT {", ".join(f"d.{name}" for name in COUNTED)}, {", ".join(columns)} FROM {table}
        GROUP BY GROUPING SETS ({", ".join(f"(d.{name})" for name in COUNTED)})
    """  # noqa: S608 - our own names
    found: dict[str, dict[Any, int]] = {name: {} for name in COUNTED}
    with connection.cursor() as cursor:
        cursor.execute(sql, [*values, *last])
        for row in cursor.fetchall():
            keys, numbers = row[: len(COUNTED)], row[len(COUNTED) :]
            for name, key, number in zip(COUNTED, keys, numbers, strict=True):
                if key is not None and number:
                    found[name][key] = int(number)
    return found
