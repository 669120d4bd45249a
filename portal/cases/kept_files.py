"""Files that were written for rows which are undone: the database forgets the rows, storage keeps files.

A verb runs inside `undone_with_the_verb()`; whoever writes a file says so with `note`. When the outermost
verb fails, what was noted within it is deleted, so that no paper or photo of a person lies there unknown.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

_noted: ContextVar[list[tuple[Any, str]] | None] = ContextVar("noted", default=None)


@contextmanager
def undone_with_the_verb() -> Iterator[None]:
    """Around a verb's transaction; within another such block it does nothing of its own."""
    if _noted.get() is not None:
        yield
        return
    noted: list[tuple[Any, str]] = []
    token = _noted.set(noted)
    try:
        yield
    except BaseException:
        for storage, name in noted:
            storage.delete(name)
        raise
    finally:
        _noted.reset(token)


def note(file: Any) -> None:
    """A field's file that has just been written, by somebody who is within such a block."""
    noted = _noted.get()
    if noted is not None:
        noted.append((file.storage, file.name))
