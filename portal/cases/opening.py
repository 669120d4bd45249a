"""A new case with its first clocks, written by one statement whatever the kind of the case.

`portal.cases.actions.open_case` is the only caller; it has the clocks from `deadlines.planned`. The ORM would
write the header, the app's own row and the clocks by a statement each, and think longer about each of them
than Postgres does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections, models

from portal.cases.models import Case, Deadline
from portal.cases.terms import DayUnit, Run, local_day
from portal.workdays.calendar import Calendar

# Of the row that the same statement writes; its reference is checked at commit, as every one is.
NEW_CASE = "(SELECT id FROM header)"


@dataclass(frozen=True, slots=True)
class Opening:
    """What a case began with: its clocks, and the calendar by which their last days were found.

    Whoever opened the case can be told its limits from this, without reading back what was just written.
    """

    clocks: Sequence[Deadline]
    calendar: Calendar


def first_run(clock: Deadline) -> Run:
    """A clock that has just begun, as a value: no time was excluded or added yet, so nothing is read."""
    return Run(
        started_on=local_day(clock.started_at),
        length=clock.length,
        unit=DayUnit(clock.unit),
        at_closing=clock.at_closing,
    )


def insert(case: Case, clocks: Sequence[Deadline], beside: Sequence[models.Model] = ()) -> None:
    """Write a new case and its clocks, and give them their keys. Raises IntegrityError as saving would.

    `beside` are new rows of the app's own that refer to the case; they are numbered in no order, and get no
    key here.
    """
    model, others = type(case), tuple(type(row) for row in beside)
    rows = [case, case, *clocks, *beside]
    fields = [_HEADER, _own(model), *[_CLOCK] * len(clocks), *[_beside(each, model) for each in others]]
    # Looked up once, and not for each value.
    database = connections[DEFAULT_DB_ALIAS]
    values = [
        field.get_db_prep_save(field.pre_save(row, True), database)
        for row, written in zip(rows, fields, strict=True)
        for field in written
    ]
    with database.cursor() as cursor:
        cursor.execute(_statement(model, len(clocks), others), values)
        case_id, clock_ids = cursor.fetchone()
    case.id = case.pk = case_id
    for clock, clock_id in zip(clocks, clock_ids or (), strict=True):
        clock.pk, clock.case_id = clock_id, case_id
    for row in (case, *clocks):
        row._state.adding, row._state.db = False, database.alias


Fields = tuple["models.Field[Any, Any]", ...]


def _fields(model: type[models.Model], *but: str) -> Fields:
    return tuple(field for field in model._meta.local_concrete_fields if field.attname not in but)


_HEADER = _fields(Case, "id")
_CLOCK = _fields(Deadline, "id", "case_id")


@cache
def _own(model: type[Case]) -> Fields:
    return _fields(model, _link(model))


@cache
def _beside(other: type[models.Model], model: type[Case]) -> Fields:
    return _fields(other, "id", _reference(other, model))


def _link(model: type[Case]) -> str:
    """The column by which the app's row hangs on the header."""
    link = model._meta.get_ancestor_link(Case)
    if link is None:
        raise TypeError(f"{model.__name__} stands on no header row")
    return link.attname


def _reference(other: type[models.Model], model: type[Case]) -> str:
    """The column by which another row refers to the case."""
    (found,) = (field for field in other._meta.local_concrete_fields if field.related_model is model)
    return found.attname


@cache
def _statement(model: type[Case], clocks: int, others: tuple[type[models.Model], ...]) -> str:
    parts = [
        f"header AS ({_insert(Case, _HEADER)} RETURNING id)",
        f"own AS ({_insert(model, _own(model), _link(model))})",
    ]
    if clocks:
        parts.append(f"clocks AS ({_insert(Deadline, _CLOCK, 'case_id', rows=clocks)} RETURNING id)")
    for number, other in enumerate(others):
        reference = _reference(other, model)
        parts.append(f"beside{number} AS ({_insert(other, _beside(other, model), reference)})")
    # The clocks' keys in the order of their rows, as they are numbered one after the other.
    ids = "(SELECT array_agg(id ORDER BY id) FROM clocks)" if clocks else "NULL"
    return f"WITH {', '.join(parts)} SELECT id, {ids} FROM header"  # noqa: S608 - our names


def _insert(model: type[models.Model], fields: Fields, reference: str = "", rows: int = 1) -> str:
    """An INSERT of so many rows; the column `reference` holds the key of the new case."""
    names, values = [f'"{field.column}"' for field in fields], ["%s"] * len(fields)
    if reference:
        names, values = [f'"{reference}"', *names], [NEW_CASE, *values]
    places = ", ".join([f"({', '.join(values)})"] * rows)
    return f'INSERT INTO "{model._meta.db_table}" ({", ".join(names)}) VALUES {places}'  # noqa: S608 - our names
