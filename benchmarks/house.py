"""Private servers for one run of the benchmarks, and databases of many sizes in them.

Nothing here touches var/: the servers' folder lies beside the results and is removed with them.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import signal
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from portal.embedded import Trouble, services
from portal.embedded.services import ROOT, Var

if TYPE_CHECKING:
    from tests.bureau import Bureau

RESULTS = ROOT / "benchmarks" / "results"
# Beside the results and not in /tmp, which may be memory: a synchronous commit must reach a disk.
FOLDER = RESULTS / "servers"


def say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)


@dataclass(slots=True)
class House:
    """The portal, set up on private servers; `bureau` is in every database made from the first one."""

    bureau: Bureau | None
    wrappers: dict[str, Any] = field(default_factory=dict)
    made: set[str] = field(default_factory=set)

    @contextlib.contextmanager
    def using(self, name: str) -> Iterator[None]:
        """Let the portal work on the database of this name; its connection stays open for the next time."""
        from django.db import connections
        from django.db.backends.postgresql.base import DatabaseWrapper

        before = connections["default"]
        if name not in self.wrappers:
            self.wrappers[name] = DatabaseWrapper({**before.settings_dict, "NAME": name}, "default")
        connections["default"] = self.wrappers[name]
        try:
            yield
        finally:
            connections["default"] = before

    def copy(self, name: str, of: str = "portal") -> None:
        """A database with what another one has; nobody may be connected to either."""
        self.close(name)
        self.close(of)
        with server() as cursor:
            cursor.execute(f'DROP DATABASE IF EXISTS "{name}"')
            cursor.execute(f'CREATE DATABASE "{name}" TEMPLATE "{of}"')

    def close(self, name: str) -> None:
        from django.db import connection

        if name == "portal":
            connection.close()
        if wrapper := self.wrappers.pop(name, None):
            wrapper.close()


@contextlib.contextmanager
def server() -> Iterator[Any]:
    """A cursor outside of any transaction, on no database of ours, for making and dropping databases."""
    import psycopg2

    found = psycopg2.connect(address_of("template1"))
    found.autocommit = True
    try:
        with found.cursor() as cursor:
            cursor.execute("SET synchronous_commit = off")
            yield cursor
    finally:
        found.close()


def address_of(database: str) -> str:
    from django.conf import settings

    return settings.DATABASE_URL.rpartition("/")[0] + f"/{database}"


@contextlib.contextmanager
def opened() -> Iterator[House]:
    """The house, from empty servers to a small bureau with its calendar; all gone at the end."""
    RESULTS.mkdir(exist_ok=True)
    with (RESULTS / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Trouble(
                "The benchmarks are running already; two at once would measure each other."
            ) from None
        signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
        for name in ("DATABASE_URL", "REDIS_URL", "DEBUG", "HTTPS"):
            os.environ.pop(name, None)
        os.environ |= {
            "PORTAL_VAR": str(FOLDER),
            "DJANGO_SETTINGS_MODULE": "portal.settings",
            "LOG_LEVEL": "WARNING",
        }
        var = Var.here()
        _remove(var)
        try:
            services.start(var, "test", say=say)
            yield House(_settle())
        finally:
            _remove(var)


def _remove(var: Var) -> None:
    """Also what a run left that was killed."""
    services.stop(var)
    shutil.rmtree(var.folder, ignore_errors=True)


def set_up() -> None:
    """Django, with static files as they lie there: what stands in a page is the same, without hashing."""
    import django
    from django.conf import settings

    settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
    (Path(settings.STATIC_ROOT)).mkdir(exist_ok=True)
    django.setup()


def _settle() -> Bureau:
    set_up()
    from django.core.management import call_command

    from tests.bureau import make_bureau

    call_command("migrate", verbosity=0)
    return make_bureau()
