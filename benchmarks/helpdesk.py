"""django-helpdesk in a venv of its own, on a database beside ours; asked over a pipe, a line a question."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.house import address_of, say, server
from portal.embedded import bootstrap
from portal.embedded.services import ROOT

HERE = ROOT / "benchmarks"
VENV = HERE / ".venv-helpdesk"
REQUIREMENTS = HERE / "helpdesk-requirements.txt"
STAMP = VENV / "made-from.txt"


def _python() -> Path:
    """The venv's Python; made when it is not there, or was made from other requirements."""
    python = VENV / "bin" / "python"
    wanted = REQUIREMENTS.read_text() + sys.version
    if python.exists() and STAMP.exists() and STAMP.read_text() == wanted:
        return python
    say("making a venv with django-helpdesk …")
    uv = str(Path(sys.executable).parent / "uv")
    subprocess.run([uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(VENV)], check=True)
    argv = [uv, "pip", "install", "--quiet", "--python", str(python), "-r", str(REQUIREMENTS)]
    subprocess.run(argv, check=True, env=bootstrap.mirror(sys.executable))
    STAMP.write_text(wanted)
    return python


@dataclass(frozen=True, slots=True)
class Helpdesk:
    process: subprocess.Popen[str]

    def ask(self, verb: str, **given: Any) -> Any:
        """Do a verb of helpdesk_side.py in the other process. Raises RuntimeError when it fails there."""
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(json.dumps({"verb": verb, **given}) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        answer = json.loads(line) if line else {"error": "the process ended"}
        if "error" in answer:
            raise RuntimeError(f"django-helpdesk: {answer['error']}")
        return answer["answer"]


@contextlib.contextmanager
def opened(size: int) -> Iterator[Helpdesk]:
    """django-helpdesk with one queue and `size` open tickets, on a database of its own."""
    name = f"helpdesk_{size}"
    python = _python()
    with server() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {name}")
        cursor.execute(f"CREATE DATABASE {name}")
    environment = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    process = subprocess.Popen(
        [str(python), "-P", str(HERE / "helpdesk_side.py")],
        env={**environment, "HELPDESK_DATABASE": address_of(name)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        desk = Helpdesk(process)
        desk.ask("fill", size=size)
        yield desk
    finally:
        assert process.stdin
        process.stdin.close()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
