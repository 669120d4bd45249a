"""Many rows in one go, where the ORM's way would cost several times what the rows do.

For the few places where hundreds of rows are written or read in one transaction (a sweep, an import). What
the database checks, it checks here as well: constraints, foreign keys and triggers. Defaults of the model are
not filled in, and no signal is sent.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any, TypeVar

from django.db import connection, models

AnyModel = TypeVar("AnyModel", bound=models.Model)


def copy_in(model: type[models.Model], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write rows by one COPY, each a sequence of values in the order of `columns` (names of columns).

    Takes text, numbers, booleans, None, dates, aware moments, and lists and maps for a JSON column. Raises
    IntegrityError or DataError as an INSERT would; ValueError for a moment without a time zone.
    """
    names = ", ".join(f'"{name}"' for name in columns)
    # Django translates the driver's errors for execute() only.
    with connection.cursor() as cursor, connection.wrap_database_errors:
        cursor.copy_expert(f'COPY "{model._meta.db_table}" ({names}) FROM STDIN', io.StringIO(written(rows)))


def insert_one(model: type[models.Model], columns: Sequence[str], row: Sequence[Any]) -> None:
    """Write a single row: COPY waits for the database twice, which pays off from a few rows on only.

    Takes text, numbers, booleans, None, dates and aware moments.
    """
    names = ", ".join(f'"{name}"' for name in columns)
    places = ", ".join(["%s"] * len(columns))
    with connection.cursor() as cursor:
        cursor.execute(f'INSERT INTO "{model._meta.db_table}" ({names}) VALUES ({places})', row)  # noqa: S608


def written(rows: Iterable[Sequence[Any]]) -> str:
    """Rows in COPY's text format."""
    return "".join(["\t".join(map(_written, row)) + "\n" for row in rows])


def _written(value: Any) -> str:
    """A value in COPY's text format."""
    if isinstance(value, str):
        return _escaped(value)
    if value is None:
        return "\\N"
    if isinstance(value, (bool, int, float)):
        return str(value)
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError("a moment must name its time zone")
        return value.isoformat()
    if isinstance(value, date):
        return value.isoformat()
    return _escaped(json.dumps(value, ensure_ascii=False))


def _escaped(text: str) -> str:
    # One after another: several times quicker than str.translate.
    return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")


def fetch(model: type[AnyModel], sql: str, params: Sequence[Any]) -> list[AnyModel]:
    """The rows that a statement answers, as instances; `{columns}` in it stands for all of the model's own.

    The table must be called `m` in the statement.
    """
    fields = model._meta.concrete_fields
    names = [field.attname for field in fields]
    columns = ", ".join(f'm."{field.column}"' for field in fields)
    with connection.cursor() as cursor:
        cursor.execute(sql.replace("{columns}", columns), params)
        return [model.from_db(connection.alias, names, row) for row in cursor.fetchall()]
