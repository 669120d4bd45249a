"""Tables without indexes and foreign keys while millions of rows are poured in; as before afterwards."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any

CONSTRAINTS_SQL = """
    SELECT conrelid::regclass::text, quote_ident(conname), contype::text, pg_get_constraintdef(oid)
    FROM pg_constraint
    WHERE contype IN ('f', 'p', 'u') AND (conrelid::regclass::text = ANY(%s)
          OR (contype = 'f' AND confrelid::regclass::text = ANY(%s)))
    ORDER BY contype <> 'f', conname
"""
INDEXES_SQL = """
    SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid)
    FROM pg_index i LEFT JOIN pg_constraint c ON c.conindid = i.indexrelid AND c.contype IN ('p', 'u')
    WHERE i.indrelid::regclass::text = ANY(%s) AND c.oid IS NULL
"""


@contextlib.contextmanager
def bare(cursor: Any, tables: Sequence[str]) -> Iterator[None]:
    """Inside a transaction. Foreign keys come back without a look at the rows: copies of good ones."""
    cursor.execute(CONSTRAINTS_SQL, [list(tables), list(tables)])
    constraints = cursor.fetchall()
    cursor.execute(INDEXES_SQL, [list(tables)])
    indexes = cursor.fetchall()
    for table, name, _kind, _definition in constraints:
        cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
    for name, _definition in indexes:
        cursor.execute(f"DROP INDEX {name}")
    yield
    for _name, definition in indexes:
        cursor.execute(definition)
    for table, name, kind, definition in reversed(constraints):
        late = " NOT VALID" if kind == "f" else ""
        cursor.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}{late}")
