"""What `make run` can know to be wrong before anything starts: one sentence each, naming the variable."""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from portal.embedded import Trouble
from portal.embedded.postgres import OLDEST

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 8000


@dataclass(frozen=True, slots=True)
class Address:
    """Where the portal listens."""

    host: str
    port: int

    @property
    def bind(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def url(self) -> str:
        """As a person on this machine opens it."""
        shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(self.host, self.host)  # noqa: S104 - shown, not bound
        return f"http://{f'[{shown}]' if ':' in shown and '[' not in shown else shown}:{self.port}/"


def address(environment: Mapping[str, str]) -> Address:
    """HOST and PORT; Trouble when PORT is no port."""
    text = environment.get("PORT", "").strip() or str(DEFAULT_PORT)
    if not re.fullmatch(r"[0-9]{1,5}", text) or not 1 <= int(text) <= 65535:
        raise Trouble(f"PORT must be a whole number from 1 to 65535, not {text!r}.")
    return Address(environment.get("HOST", "").strip().strip("[]") or DEFAULT_HOST, int(text))


def check_free(where: Address) -> None:
    """Trouble when the port is taken or the host is not this machine's."""
    try:
        found = socket.getaddrinfo(where.host, where.port, type=socket.SOCK_STREAM)
        family, kind, protocol, _, target = found[0]
    except OSError:
        raise Trouble(f"HOST must be an address or name of this machine, not {where.host!r}.") from None
    with socket.socket(family, kind, protocol) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(target)
        except PermissionError:
            raise Trouble(f"Port {where.port} is reserved for root: set PORT to 1024 or more.") from None
        except OSError as error:
            if error.errno == 99:
                raise Trouble(f"HOST must be an address of this machine, not {where.host!r}.") from None
            raise Trouble(
                f"Port {where.port} on {where.host} is taken by another program: "
                "end it, or set PORT to another number."
            ) from None


def check_names(environment: Mapping[str, str]) -> None:
    """What must be set together, and the shape of the addresses."""
    database, redis = environment.get("DATABASE_URL", ""), environment.get("REDIS_URL", "")
    if database:
        _check_url(
            "DATABASE_URL", database, ("postgres", "postgresql"), "postgres://user:password@host:5432/name"
        )
        for name in ("SECRET_KEY", "LEDGER_KEY", "SIGNING_PASSPHRASE", "ALLOWED_HOSTS"):
            if not environment.get(name, "").strip():
                raise Trouble(f"{name} must be set when DATABASE_URL is set.")
    if redis:
        _check_url("REDIS_URL", redis, ("redis", "rediss", "unix"), "redis://:password@host:6379/0")
    if (flag := environment.get("DEMONSTRATION", "0")) not in ("0", "1"):
        raise Trouble(f"DEMONSTRATION must be 1 or 0, not {flag!r}.")
    key = environment.get("LEDGER_KEY", "").strip()
    if key and not re.fullmatch(r"[0-9a-fA-F]{64}", key):
        raise Trouble("LEDGER_KEY must be 64 hexadecimal digits; `openssl rand -hex 32` makes one.")


def _check_url(name: str, value: str, schemes: tuple[str, ...], example: str) -> None:
    try:
        parts = urlsplit(value)
        good = parts.scheme in schemes and (parts.port or True)
    except ValueError:
        good = False
    if good and "postgres" in schemes:
        good = len(parts.path) > 1
    if not good:
        raise Trouble(f"{name} must look like {example}.")


def _where(url: str) -> str:
    """Host and port for a message: never the password."""
    parts = urlsplit(url)
    name = parts.hostname or parts.path
    return f"{name}:{parts.port}" if parts.port else name


def check_reachable(environment: Mapping[str, str]) -> None:
    """Trouble when a named server does not answer, refuses us or is too old. Needs the installed packages."""
    if url := environment.get("DATABASE_URL"):
        _check_postgres(url)
    if url := environment.get("REDIS_URL"):
        _check_redis(url)


def _first_line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0].rstrip(".") if lines else type(error).__name__


def _check_postgres(url: str) -> None:
    import psycopg2

    try:
        connection = psycopg2.connect(url, connect_timeout=5)
    except (psycopg2.Error, UnicodeError) as error:
        raise Trouble(f"DATABASE_URL: {_where(url)} does not let us in: {_first_line(error)}.") from None
    try:
        version = connection.server_version // 10000
        if version < OLDEST:
            raise Trouble(f"DATABASE_URL: {_where(url)} is Postgres {version}; {OLDEST} or newer is needed.")
        if connection.get_parameter_status("server_encoding") != "UTF8":
            raise Trouble(f"DATABASE_URL: the database at {_where(url)} must be encoded in UTF8.")
    finally:
        connection.close()


def _check_redis(url: str) -> None:
    import redis

    try:
        with redis.Redis.from_url(url, socket_connect_timeout=5, socket_timeout=5) as client:
            client.ping()
    except (redis.RedisError, OSError, ValueError) as error:
        raise Trouble(f"REDIS_URL: {_where(url)} does not let us in: {_first_line(error)}.") from None


def unnamed(environment: Mapping[str, str] = os.environ) -> tuple[str, ...]:
    """The servers nobody named, which are therefore ours to start."""
    return tuple(name for name in ("DATABASE_URL", "REDIS_URL") if not environment.get(name))
