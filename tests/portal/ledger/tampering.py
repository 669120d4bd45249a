"""Writing events as the portal does, and changing them as somebody does who has the database alone."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from django.core.management import CommandError, call_command
from django.db import connection, transaction

from portal.ledger.actions import Entry, record_many
from portal.ledger.models import Event
from portal.organisation.actors import Actor, Role

AT = datetime(2026, 11, 20, 2, 30, tzinfo=UTC)
CLERK = Actor(id=41, name="张敏", roles=frozenset({Role.OPERATOR, Role.HANDLER}))
TABLES = ("ledger_event", "ledger_head", "ledger_seal")


def write(subject: str, *verbs: str, at: datetime = AT) -> list[Event]:
    """Events of one subject, an hour apart."""
    with transaction.atomic():
        record_many(
            [
                Entry(
                    subject, verb, at + timedelta(hours=n), CLERK, {"note": f"说明 {n}"}, role=Role.OPERATOR
                )
                for n, verb in enumerate(verbs)
            ]
        )
    return list(Event.objects.of(subject))[-len(verbs) :]


@contextmanager
def behind_the_portals_back() -> Iterator[Callable[..., int]]:
    """Somebody with the database and without the key: runs SQL with the triggers switched off."""
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER ALL")

        def run(sql: str, *params: Any) -> int:
            cursor.execute(sql, params)
            assert cursor.rowcount, f"nothing was tampered with: {sql}"
            return cursor.rowcount

        yield run
        for table in TABLES:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER ALL")


def verified(*arguments: str) -> tuple[int, list[str]]:
    """What `manage.py verify_ledger` prints, and its exit code; the closing words of a failure come last."""
    out = io.StringIO()
    try:
        call_command("verify_ledger", *arguments, stdout=out)
    except CommandError as error:
        return error.returncode, [*out.getvalue().splitlines(), str(error)]
    return 0, out.getvalue().splitlines()
