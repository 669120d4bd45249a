"""What a transition writes of its case: header, own row and the clocks that it ends, in one statement.

`portal.cases.actions` is the only caller. The ORM would write each table by a statement of its own, and every
step that anybody takes comes by here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections, models

from portal.cases.models import Case, Deadline

# What ending a clock changes of it.
ENDED = frozenset({"stopped_at", "ended", "wake_at"})


def write(case: Case, names: Collection[str], ended: Sequence[Deadline] = ()) -> None:
    """Write the fields `names` (or their columns) of a locked case, and the clocks that were just ended.

    Raises ValueError for a field that the case does not have, IntegrityError as saving would.
    """
    link = type(case)._meta.get_ancestor_link(Case)
    tables: list[tuple[models.Model, type[models.Model], str]] = [
        *((each, Deadline, "id") for each in ended),
        (case, Case, "id"),
    ]
    if link is not None:
        tables.append((case, type(case), link.column))
    parts: list[str] = []
    values: list[Any] = []
    written: set[str] = set()
    for row, model, key in tables:
        fields = list(_fields(model, ENDED if row is not case else names))
        if row is case:
            written |= {each.name for each in fields} | {each.attname for each in fields}
        if fields:
            parts.append(_update(model, fields, key))
            values += [*_values(row, fields), row.pk]
    if strangers := set(names) - written:
        raise ValueError(f"{type(case).__name__} has no fields {sorted(strangers)}")
    steps = ", ".join(f"part{number} AS ({part})" for number, part in enumerate(parts))
    with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        cursor.execute(f"WITH {steps} SELECT 1", values)


def _fields(model: type[models.Model], names: Collection[str]) -> Iterable[models.Field[Any, Any]]:
    for field in model._meta.local_concrete_fields:
        if not field.primary_key and (field.name in names or field.attname in names):
            yield field


def _update(model: type[models.Model], fields: Sequence[models.Field[Any, Any]], key: str) -> str:
    places = ", ".join(f'"{each.column}" = %s' for each in fields)
    return f'UPDATE "{model._meta.db_table}" SET {places} WHERE "{key}" = %s'  # noqa: S608 - our names


def _values(row: models.Model, fields: Sequence[models.Field[Any, Any]]) -> list[Any]:
    database = connections[DEFAULT_DB_ALIAS]
    return [each.get_db_prep_save(each.pre_save(row, False), database) for each in fields]
