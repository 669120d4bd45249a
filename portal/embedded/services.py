"""Both private servers together, and var/embedded.json, where settings.py finds their addresses."""

from __future__ import annotations

import json
import os
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from portal.embedded import Trouble, postgres, valkey
from portal.embedded.processes import answers, free_port, locked, record, recorded, write_private

ROOT = Path(__file__).resolve().parent.parent.parent


@dataclass(frozen=True, slots=True)
class Var:
    """Where everything private to this machine lies; PORTAL_VAR moves it."""

    folder: Path

    @classmethod
    def here(cls) -> Var:
        return cls(Path(os.environ.get("PORTAL_VAR") or ROOT / "var").resolve())

    @property
    def run(self) -> Path:
        return self.folder / "run"

    def log(self, name: str) -> Path:
        return self.folder / "log" / f"{name}.log"

    @property
    def addresses(self) -> Path:
        return self.folder / "embedded.json"

    def prepare(self) -> None:
        """Make the folders. Raises Trouble when they cannot be written."""
        try:
            # Passable, as root may have to run Postgres as another user; what lies in it is private.
            for folder, mode in ((self.folder, 0o711), (self.run, 0o700), (self.folder / "log", 0o700)):
                folder.mkdir(mode=mode, parents=True, exist_ok=True)
                if not os.access(folder, os.W_OK | os.X_OK):
                    raise PermissionError
        except OSError:
            raise Trouble(
                f"{self.folder} cannot be written: it belongs to another user. "
                "Use that user, or set PORTAL_VAR to a folder of your own."
            ) from None


def _known(var: Var) -> dict[str, str]:
    try:
        return dict(json.loads(var.addresses.read_text()))
    except (OSError, ValueError, TypeError):
        return {}


def _parts(url: str) -> tuple[int, str]:
    """(port, password) of an address we wrote; port 0 when it is not one."""
    try:
        parts = urlsplit(url)
        return parts.port or 0, parts.password or ""
    except ValueError:
        return 0, ""


def _keep_port(port: int) -> int:
    """The port of last time, so that addresses stay; another when somebody else took it."""
    return free_port() if not port or answers(port) else port


def _postgres(var: Var, url: str, keeper: str) -> tuple[str, bool]:
    port, password = _parts(url)
    data, log = var.folder / "postgres", var.log("postgres")
    if postgres.running(var.run, data):
        if port and postgres.replies(port):
            return url, False
        postgres.quit_server(var.run)
    port = _keep_port(port)
    lost = not password
    password = password or secrets.token_urlsafe(24)
    if not data.exists():
        postgres.create(data, log, password)
    elif lost:
        postgres.change_password(data, log, password)
    postgres.start(var.run, data, log, port, keeper)
    return f"postgres://portal:{password}@127.0.0.1:{port}/portal", True


def _valkey(var: Var, url: str, keeper: str) -> tuple[str, bool]:
    port, password = _parts(url)
    if valkey.running(var.run):
        if port and valkey.pings(port, password):
            return url, False
        valkey.quit_server(var.run)
    port = _keep_port(port)
    password = password or secrets.token_urlsafe(24)
    valkey.start(var.run, var.folder / "valkey", var.log("valkey"), port, password, keeper)
    return f"redis://:{password}@127.0.0.1:{port}/0", True


def start(
    var: Var,
    keeper: str,
    *,
    names: tuple[str, ...] = ("DATABASE_URL", "REDIS_URL"),
    say: Callable[[str], None] = lambda sentence: None,
) -> list[str]:
    """Start the private servers that stand for `names`; returns which of them were not running before.

    A server that another `make run` left without its master is taken over by `keeper`.
    """
    started: list[str] = []
    # Known to be missing before anything is started: nothing half is left running.
    if "DATABASE_URL" in names:
        postgres.binaries()
    if "REDIS_URL" in names:
        valkey.binary()
    var.prepare()
    with locked(var.run / "services.lock"):
        known = _known(var)
        for name, title, begin, server in (
            ("DATABASE_URL", "Postgres", _postgres, postgres.NAME),
            ("REDIS_URL", "Valkey", _valkey, valkey.NAME),
        ):
            if name not in names:
                continue
            since = time.monotonic()
            known[name], new = begin(var, known.get(name, ""), keeper)
            write_private(var.addresses, json.dumps(known))
            port = _parts(known[name])[0]
            if new:
                started.append(name)
                say(f"{title} started on 127.0.0.1:{port} ({time.monotonic() - since:.1f} s).")
            else:
                entry = recorded(var.run, server)
                if keeper == "services" and entry and entry.keeper != keeper:
                    record(var.run, server, entry.pid, keeper)
                say(f"{title} runs on 127.0.0.1:{port}.")
    return started


def stop(var: Var, names: tuple[str, ...] = ("DATABASE_URL", "REDIS_URL")) -> list[str]:
    """End the private servers that stand for `names`; returns the titles of those that ran."""
    ended = []
    if "DATABASE_URL" in names and postgres.running(var.run, var.folder / "postgres"):
        postgres.quit_server(var.run)
        ended.append("Postgres")
    if "REDIS_URL" in names and valkey.quit_server(var.run):
        ended.append("Valkey")
    return ended
