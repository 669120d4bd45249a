"""Another project in a venv of its own, on a database beside ours; asked over a pipe, a line a question.

A peer called `name` has `<name>-requirements.txt` and `<name>_side.py` here; its venv is `.venv-<name>`.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.house import address_of, say, server
from portal.embedded import bootstrap
from portal.embedded.services import ROOT

HERE = ROOT / "benchmarks"


def python_of(name: str) -> Path:
    """The Python of the peer's venv; made when it is not there, or was made from other requirements."""
    venv, requirements = HERE / f".venv-{name}", HERE / f"{name}-requirements.txt"
    python, stamp = venv / "bin" / "python", venv / "made-from.txt"
    wanted = requirements.read_text() + sys.version
    if python.exists() and stamp.exists() and stamp.read_text() == wanted:
        return python
    say(f"making a venv with {name} …")
    uv = str(Path(sys.executable).parent / "uv")
    subprocess.run([uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(venv)], check=True)
    argv = [uv, "pip", "install", "--quiet", "--python", str(python), "-r", str(requirements)]
    subprocess.run(argv, check=True, env=bootstrap.mirror(sys.executable))
    stamp.write_text(wanted)
    return python


@dataclass(frozen=True, slots=True)
class Peer:
    name: str
    process: subprocess.Popen[str]

    def ask(self, verb: str, **given: Any) -> Any:
        """Do a verb of the peer's side in its process. Raises RuntimeError when it fails there."""
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(json.dumps({"verb": verb, **given}) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        answer = json.loads(line) if line else {"error": "the process ended"}
        if "error" in answer:
            raise RuntimeError(f"{self.name}: {answer['error']}")
        return answer["answer"]


def surroundings() -> dict[str, str]:
    """The environment for another Django, which must not find our settings in it."""
    return {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}


@contextlib.contextmanager
def opened(name: str, *, database: str, given: Mapping[str, str]) -> Iterator[Peer]:
    """The peer on an empty database of this name, whose address its environment has as PEER_DATABASE.

    `given` is put into its environment as well. Its process has ended when this is left.
    """
    python = python_of(name)
    with server() as cursor:
        cursor.execute(f'DROP DATABASE IF EXISTS "{database}"')
        cursor.execute(f'CREATE DATABASE "{database}"')
    process = subprocess.Popen(
        # -P: the peer's side lies beside modules of ours that are called like the peer's own packages.
        [str(python), "-P", str(HERE / f"{name}_side.py")],
        env={**surroundings(), "PEER_DATABASE": address_of(database), **given},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield Peer(name, process)
    finally:
        assert process.stdin
        # Closing flushes, which a process that ended early has no ear for.
        with contextlib.suppress(BrokenPipeError):
            process.stdin.close()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
