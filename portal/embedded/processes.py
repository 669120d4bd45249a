"""Processes that outlive the one that started them: recorded by pid and start time under var/run/."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from portal.embedded import Trouble

try:
    import fcntl
except ImportError:  # pragma: no cover - no such module on Windows, where `make` is not at home either
    fcntl = None  # type: ignore[assignment]

NOBODY = 65534
# Children of this very process, which must be waited for or they stay as zombies.
_children: dict[int, subprocess.Popen[bytes]] = {}


@dataclass(frozen=True, slots=True)
class Record:
    """A process we started. `keeper` is what started it: "services", "run" or "test"."""

    name: str
    pid: int
    started: str
    keeper: str


def write_private(path: Path, text: str) -> None:
    """Replace a file in one step, readable by its owner alone."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def _stat(pid: int) -> list[str] | None:
    """The fields of /proc/<pid>/stat from the state (field 3) on; None when there is no such process."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (OSError, ValueError):
        return None


def start_time(pid: int) -> str | None:
    """When a living process started, in the system's own words; None when it is dead or a zombie."""
    if Path("/proc/self/stat").exists():
        fields = _stat(pid)
        if fields is None or fields[0] in "ZX":
            return None
        with contextlib.suppress(OSError):
            return f"{fields[19]}@{Path('/proc/sys/kernel/random/boot_id').read_text().strip()}"
        return fields[19]
    answer = subprocess.run(["ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True)
    state, _, started = answer.stdout.strip().partition(" ")
    return started.strip() if started and not state.startswith("Z") else None


def record_path(run: Path, name: str) -> Path:
    return run / f"{name}.json"


def record(run: Path, name: str, pid: int, keeper: str) -> Record:
    entry = Record(name, pid, start_time(pid) or "", keeper)
    write_private(record_path(run, name), json.dumps(asdict(entry)))
    return entry


def recorded(run: Path, name: str) -> Record | None:
    """What was recorded under this name, whether it still lives or not."""
    try:
        return Record(**json.loads(record_path(run, name).read_text()))
    except (OSError, ValueError, TypeError):
        return None


def alive(entry: Record | None) -> bool:
    """True when the recorded process itself still runs, and not another that got its number."""
    if entry is None or not entry.started:
        return False
    _reap(entry.pid)
    return start_time(entry.pid) == entry.started


def _reap(pid: int) -> None:
    if (child := _children.get(pid)) is not None and child.poll() is not None:
        del _children[pid]


def forget(run: Path, name: str) -> None:
    record_path(run, name).unlink(missing_ok=True)


def spawn(
    run: Path,
    name: str,
    argv: Sequence[str],
    *,
    log: Path,
    keeper: str,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> subprocess.Popen[bytes]:
    """Start a process in a session of its own, so that Ctrl-C reaches only the one who started it."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with open(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab") as output:
        child = subprocess.Popen(
            list(argv),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env=None if environment is None else dict(environment),
            cwd=folder,
        )
    _children[child.pid] = child
    record(run, name, child.pid, keeper)
    return child


def group_members(leader: int) -> list[int]:
    """Living processes of a group whose leader is gone; empty where /proc does not tell."""
    members = []
    for entry in Path("/proc").glob("[0-9]*"):
        fields = _stat(int(entry.name))
        if fields and fields[0] not in "ZX" and fields[2] == str(leader):
            members.append(int(entry.name))
    return members


def wait_until_gone(entry: Record, patience: float) -> bool:
    deadline = time.monotonic() + patience
    while alive(entry):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.03)
    return True


def stop(
    run: Path,
    name: str,
    *,
    patience: float = 10,
    signals: Sequence[signal.Signals] = (signal.SIGTERM,),
) -> bool:
    """End a recorded process and what it left of its group; True when there was anything to end.

    Each of `signals` gets `patience` seconds, then SIGKILL follows.
    """
    entry = recorded(run, name)
    if entry is None:
        return False
    found = alive(entry)
    for number in (*signals, signal.SIGKILL):
        if not alive(entry):
            break
        with contextlib.suppress(ProcessLookupError):
            os.kill(entry.pid, number)
        if wait_until_gone(entry, patience):
            break
    # A number is not given out again while a group bears it: whoever is left in it is ours.
    if start_time(entry.pid) is None:
        found = _end_group(entry.pid) or found
    forget(run, name)
    return found


def _end_group(leader: int, patience: float = 3) -> bool:
    """End what a dead leader left of its group; True when there was anybody."""
    found = False
    number, deadline = signal.SIGTERM, time.monotonic()
    while members := group_members(leader):
        found = True
        if time.monotonic() >= deadline:
            for pid in members:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, number)
            number, deadline = signal.SIGKILL, deadline + patience
        time.sleep(0.03)
    return found


@contextlib.contextmanager
def locked(path: Path, *, wait: bool = True) -> Iterator[bool]:
    """Hold a file's lock; yields False when it is held elsewhere and `wait` is off. Dies with the holder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "a") as file:
        held = True
        if fcntl is not None:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
            except BlockingIOError:
                held = False
        yield held


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(port: int, host: str = "127.0.0.1") -> bool:
    """True when somebody listens on the port."""
    try:
        with socket.create_connection((host, port), timeout=1):
            return True
    except OSError:
        return False


def as_owner(folder: Path) -> list[str]:
    """What to write before a command that refuses to run as root, so that it can use `folder`.

    An ordinary user needs nothing. Root enters a user namespace where it is nobody and still owns its
    files; where that is not allowed the folder is given to nobody and the command run as that user.
    """
    if os.geteuid() != 0:
        return []
    owner = folder.stat().st_uid
    if owner == 0:
        namespace = ["unshare", "--user", f"--map-user={NOBODY}", f"--map-group={NOBODY}"]
        if shutil.which("unshare"):
            probe = subprocess.run([*namespace, "true"], capture_output=True)
            if probe.returncode == 0:
                return namespace
        owner = NOBODY
        for path in (folder, *folder.rglob("*")):
            os.chown(path, NOBODY, NOBODY, follow_symlinks=False)
    if shutil.which("setpriv") is None:
        raise Trouble(
            "Postgres does not run as root: install the package util-linux (unshare, setpriv), "
            "or use an ordinary user."
        )
    return ["setpriv", f"--reuid={owner}", f"--regid={folder.stat().st_gid}", "--clear-groups"]
