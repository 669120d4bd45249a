"""Reading a stranger's file in a process of its own, which may be lost at any moment.

The caller writes a line of JSON, then the file; the program answers with JSON, on standard input and output.
No Django in the program, no settings, no database, no environment.
"""

from __future__ import annotations

import json
import logging
import os
import resource
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
# A file keeps a core busy for half a second: more at once would only make pages wait.
MOST_AT_ONCE = 2
# What reading a file never needs: the interpreter asks before it does any of these.
FORBIDDEN = (
    "socket.connect",
    "socket.bind",
    "socket.getaddrinfo",
    "socket.gethostby",
    "socket.sendto",
    "subprocess.",
    "os.system",
    "os.exec",
    "os.fork",
    "os.posix_spawn",
    "os.spawn",
    "os.remove",
    "os.rename",
    "ctypes.dlopen",
)

places = threading.BoundedSemaphore(MOST_AT_ONCE)


class TooBusy(Exception):
    """As many files are being read as this process reads at once."""


# The one that asks ------------------------------------------------------------------------------------------


def ask(
    program: str,
    data: bytes,
    asked: Mapping[str, Any],
    *,
    memory: int,
    cpu: int,
    wall: float,
    patience: float,
    places: threading.BoundedSemaphore = places,
) -> Mapping[str, Any]:
    """What a module that ends in `answer` says of a file; {"problem": "too_much"} where it had to be ended.

    `memory` in bytes, `cpu` and `wall` in seconds. Raises TooBusy after `patience` seconds in which no place
    became free.
    """
    if not places.acquire(timeout=patience):
        raise TooBusy
    try:
        done = subprocess.run(  # noqa: S603 - our own program, and nothing of the visitor's on its line
            [sys.executable, "-E", "-s", "-B", "-m", program, str(memory), str(cpu)],
            input=json.dumps(asked).encode() + b"\n" + data,
            stdout=subprocess.PIPE,
            # What a reader says of a stranger's file holds that file's words, which belong in no log.
            stderr=subprocess.DEVNULL,
            timeout=wall,
            env={},
            cwd=ROOT,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return {"problem": "too_much"}
    finally:
        places.release()
    if done.returncode != 0:
        # Ended by a limit, or so badly that not even its own handling ran.
        return {"problem": "too_much"}
    found: Mapping[str, Any] = json.loads(done.stdout)
    return found


# What a program meets at its limits; a SystemError is Python's word for memory that it lacked on the way out.
SPENT = (MemoryError, RecursionError, SystemError)


# The program ------------------------------------------------------------------------------------------------


def answer(read: Callable[[Mapping[str, Any], bytes], Mapping[str, Any]]) -> None:
    """The program's whole life: `read` is given what was asked, and the file. Memory and CPU on its line."""
    confine(int(sys.argv[1]), int(sys.argv[2]))
    # The reader would tell of every fault with a traceback, to nobody, and at a cost.
    logging.disable(logging.CRITICAL)
    asked = json.loads(sys.stdin.buffer.readline())
    try:
        found = read(asked, sys.stdin.buffer.read())
    except SPENT:
        found = {"problem": "too_much"}
    except Exception:
        # A damaged file makes the reader fail in ways that it does not list; each means the same here.
        found = {"problem": "broken"}
    sys.stdout.write(json.dumps(found))


def confine(memory: int, cpu: int) -> None:
    """From here on this process can harm nobody but itself. `memory` in bytes, `cpu` in seconds."""
    os.nice(10)
    for what, most in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, cpu),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_NOFILE, 32),
    ):
        ceiling = resource.getrlimit(what)[1]
        most = most if ceiling == resource.RLIM_INFINITY else min(most, ceiling)
        resource.setrlimit(what, (most, most))
    sys.addaudithook(_refuse)


def _refuse(event: str, args: Any) -> None:
    if event.startswith(FORBIDDEN):
        raise PermissionError(event)
