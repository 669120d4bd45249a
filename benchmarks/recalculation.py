"""A million running limits derived anew in SQL, beside a bare scan of the same rows, and as an UPDATE."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from time import perf_counter
from typing import TYPE_CHECKING

from benchmarks import many
from benchmarks.figures import Figure, at_most, exactly, in_turns, medians, seconds

if TYPE_CHECKING:
    from benchmarks.house import House

ROUNDS = 7
UPDATE_SIZE = many.SIZES[1]

BARE_SQL = "SELECT count(due_at), min(due_at), max(due_at) FROM cases_deadline"
# Every limit lies elsewhere than the calendar says, so that the statement of the portal moves each of them.
SHIFTED_SQL = "UPDATE cases_deadline SET due_at = due_at + interval '1 hour' WHERE breached_at IS NULL"
# What a portal without working days would do: the same columns of the same rows from the start alone.
PLAIN_SQL = """
    UPDATE cases_deadline d
    SET due_at = d.started_at + interval '21 days', provisional = false,
        warn_at = CASE WHEN d.warned_at IS NULL THEN d.started_at + interval '20 days' ELSE d.warn_at END,
        wake_at = CASE WHEN d.warned_at IS NULL THEN d.started_at + interval '20 days'
                       ELSE d.started_at + interval '21 days' END
    WHERE d.stopped_at IS NULL AND d.breached_at IS NULL AND d.unit = 'working_days'
"""


def measure(house: House) -> Iterator[Figure]:
    from django.db import connection, transaction

    from portal.cases.replanning import APPLY_SQL, DERIVED_SQL

    derived = f"SELECT count(due_at), min(due_at), max(due_at) FROM ({DERIVED_SQL}) n"
    everything = (
        "SELECT count(due_at), min(due_at), max(due_at), min(warn_at), bool_or(provisional) "
        f"FROM ({DERIVED_SQL}) n"
    )

    def select(statement: str) -> Callable[[], float]:
        def run() -> float:
            with connection.cursor() as cursor:
                return seconds(lambda: cursor.execute(statement))

        return run

    size = many.SIZES[-1]
    with house.using(many.database(house, size)):
        with connection.cursor() as cursor:
            cursor.execute(BARE_SQL + " WHERE stopped_at IS NULL AND breached_at IS NULL")
            rows, first, last = cursor.fetchone()
            cursor.execute(derived)
            again = cursor.fetchone()
            cursor.execute(
                f"SELECT count(*) FROM ({DERIVED_SQL}) n JOIN cases_deadline d USING (id) "
                "WHERE d.due_at IS DISTINCT FROM n.due_at"
            )
            (wrong,) = cursor.fetchone()
        assert again == (rows, first, last), (again, rows, first, last)
        # The plan of a large aggregate is made for each execution, ours and theirs.
        found = medians(in_turns(ROUNDS, bare=select(BARE_SQL), ours=select(derived), all=select(everything)))
    yield at_most(f"{rows:,} due dates in SQL: bare scan", found["ours"], found["bare"], times=3)
    yield at_most("the same with warning and provisional mark", found["all"], found["bare"], times=None)
    yield exactly("due dates in SQL other than by the calendar in Python", wrong, 0)

    def update(statement: str) -> Callable[[], float]:
        def run() -> float:
            with transaction.atomic(), connection.cursor() as cursor:
                begun = perf_counter()
                # Where a statement asks from when on, it is told the beginning: every limit takes part.
                cursor.execute(statement, [many.wave_at(0)] * statement.count("%s"))
                took = perf_counter() - begun
                # The waves were missed, and as many clocks lent their keys to the rows of a sweep alone.
                assert cursor.rowcount >= UPDATE_SIZE - 2 * sum(many.WAVES), cursor.rowcount
                transaction.set_rollback(True)
            with connection.cursor() as cursor:
                cursor.execute("VACUUM cases_deadline")
            return took

        return run

    with house.using(many.database(house, UPDATE_SIZE)):
        with connection.cursor() as cursor:
            cursor.execute(SHIFTED_SQL)
            cursor.execute("VACUUM (ANALYZE) cases_deadline")
        found = medians(in_turns(5, plain=update(PLAIN_SQL), ours=update(APPLY_SQL)))
    yield at_most(
        f"UPDATE of {UPDATE_SIZE:,} limits: start + 21 days", found["ours"], found["plain"], times=1.5
    )
