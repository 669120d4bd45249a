"""Counting what goes to the database."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class Statements:
    """For `connection.execute_wrapper`; the transactions' own BEGIN and COMMIT are not among them."""

    def __init__(self) -> None:
        self.count = 0
        self.texts: list[str] = []

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        self.count += 1
        self.texts.append(sql)
        return execute(sql, params, many, context)
