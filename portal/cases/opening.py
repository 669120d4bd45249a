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

from django.db import connection, models

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


def insert(case: Case, clocks: Sequence[Deadline]) -> None:
    """Write a new case and its clocks, and give them their keys. Raises IntegrityError as saving would."""
    rows: list[models.Model] = [case, case, *clocks]
    written = [_HEADER, _own(type(case)), *[_CLOCK] * len(clocks)]
    values = [
        field.get_db_prep_save(field.pre_save(row, True), connection)
        for row, fields in zip(rows, written, strict=True)
        for field in fields
    ]
    with connection.cursor() as cursor:
        cursor.execute(_statement(type(case), len(clocks)), values)
        case_id, clock_ids = cursor.fetchone()
    case.id = case.pk = case_id
    for clock, clock_id in zip(clocks, clock_ids or (), strict=True):
        clock.pk, clock.case_id = clock_id, case_id
    for row in (case, *clocks):
        row._state.adding, row._state.db = False, connection.alias


Fields = tuple["models.Field[Any, Any]", ...]


def _fields(model: type[models.Model], *but: str) -> Fields:
    return tuple(field for field in model._meta.local_concrete_fields if field.attname not in but)


_HEADER = _fields(Case, "id")
_CLOCK = _fields(Deadline, "id", "case_id")


@cache
def _own(model: type[Case]) -> Fields:
    return _fields(model, _link(model))


def _link(model: type[Case]) -> str:
    """The column by which the app's row hangs on the header."""
    link = model._meta.get_ancestor_link(Case)
    if link is None:
        raise TypeError(f"{model.__name__} stands on no header row")
    return link.attname


@cache
def _statement(model: type[Case], clocks: int) -> str:
    own, table = _own(model), model._meta.db_table
    # All names are our own: tables and columns of models.
    header = f"INSERT INTO cases_case ({_names(_HEADER)}) VALUES ({_places(_HEADER)}) RETURNING id"  # noqa: S608
    beside = f'INSERT INTO "{table}" ({_link(model)}, {_names(own)}) VALUES ({NEW_CASE}, {_places(own)})'  # noqa: S608
    if not clocks:
        return f"WITH header AS ({header}), own AS ({beside}) SELECT id, NULL FROM header"  # noqa: S608
    rows = ", ".join([f"({NEW_CASE}, {_places(_CLOCK)})"] * clocks)
    begun = f"INSERT INTO cases_deadline (case_id, {_names(_CLOCK)}) VALUES {rows} RETURNING id"  # noqa: S608
    # The clocks' keys in the order of their rows, as they are numbered one after the other.
    return (
        f"WITH header AS ({header}), own AS ({beside}), clocks AS ({begun}) "  # noqa: S608
        "SELECT id, (SELECT array_agg(id ORDER BY id) FROM clocks) FROM header"
    )


def _names(fields: Fields) -> str:
    return ", ".join(f'"{field.column}"' for field in fields)


def _places(fields: Fields) -> str:
    return ", ".join(["%s"] * len(fields))
