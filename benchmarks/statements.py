"""Counting what goes to the database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


class Statements:
    """What was sent, COPY included; the transactions' own BEGIN and COMMIT are not among them."""

    def __init__(self) -> None:
        self.count = 0
        self.texts: list[str] = []

    def add(self, sql: str) -> None:
        self.count += 1
        self.texts.append(sql)

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        self.add(sql)
        return execute(sql, params, many, context)


@contextmanager
def counting() -> Iterator[Statements]:
    """Counts on the current connection, at next to no cost."""
    from django.db import connections
    from django.db.backends.utils import CursorWrapper

    counted = Statements()
    wrapper = connections["default"]

    class Cursor(CursorWrapper):
        # The only statement that passes by Django's own way of watching.
        def copy_expert(self, sql: str, *arguments: Any) -> Any:
            counted.add(sql)
            return self.cursor.copy_expert(sql, *arguments)

    wrapper.make_cursor = lambda cursor: Cursor(cursor, wrapper)
    try:
        with wrapper.execute_wrapper(counted):
            yield counted
    finally:
        del wrapper.make_cursor
