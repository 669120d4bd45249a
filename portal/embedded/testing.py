"""`make test`: all tests, with the private servers and a browser where none is named or installed."""

from __future__ import annotations

import importlib.util
import os
import shlex
import shutil
import subprocess
import sys
import time
from pathlib import Path
from xml.etree import ElementTree

from portal.embedded import Trouble, environment, services
from portal.embedded.services import ROOT, Var

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
PACKAGES = ("chromium", "libatomic1")
KEYS = {
    "SECRET_KEY": "only-for-the-tests-" + "x" * 40,
    "LEDGER_KEY": "0" * 64,
    "SIGNING_PASSPHRASE": "only-for-the-tests",
    "TIMESTAMP_URL": "own",
    "ALLOWED_HOSTS": "localhost,127.0.0.1",
    "HTTPS": "0",
}
CPU = "2"


def browser() -> str | None:
    return next((found for name in BROWSERS if (found := shutil.which(name))), None)


def runs(program: str | Path) -> bool:
    return subprocess.run([program, "--version"], capture_output=True).returncode == 0


def can_browse() -> bool:
    """Whether the browser and what drives it start here.

    The driver wants a library that few other programs do; Ubuntu's chromium is a note that one must
    install it otherwise.
    """
    spec = importlib.util.find_spec("playwright")
    folders = (spec.submodule_search_locations or []) if spec else []
    found = browser()
    return found is not None and runs(found) and all(runs(Path(p) / "driver" / "node") for p in folders)


def fetch_browser() -> bool:
    """True when there is a browser that can be driven, after apt-get where it was missing and we are root."""
    if can_browse() or os.geteuid() != 0 or not shutil.which("apt-get"):
        return can_browse()
    print("Installing chromium with apt-get …", flush=True)
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for argv in (
        ["apt-get", "update", "-qq"],
        ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *PACKAGES],
    ):
        answer = subprocess.run(argv, env=quiet, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if answer.returncode:
            print((answer.stdout.strip() or "apt-get failed").splitlines()[-1], flush=True)
            break
    return can_browse()


def counts(report: Path) -> dict[str, int]:
    """How many tests passed, failed, broke and were skipped, from pytest's own report."""
    try:
        suites = ElementTree.parse(report).getroot().iter("testsuite")  # noqa: S314 - written by us just now
        total = {"tests": 0, "failures": 0, "errors": 0, "skipped": 0}
        for suite in suites:
            for key in total:
                total[key] += int(suite.get(key, 0))
    except (OSError, ElementTree.ParseError):
        return {"passed": 0, "failed": 0, "errors": 1, "skipped": 0}
    passed = total["tests"] - total["failures"] - total["errors"] - total["skipped"]
    return {
        "passed": passed,
        "failed": total["failures"],
        "errors": total["errors"],
        "skipped": total["skipped"],
    }


def closing_line(total: dict[str, int], seconds: float) -> str:
    parts = [f"{total[key]} {key}" for key in ("failed", "passed", "skipped", "errors") if total[key]]
    return f" {', '.join(parts) or 'no tests ran'} in {seconds:.2f}s ".center(80, "=")


def pytest(var: Var, name: str, arguments: list[str], settings: dict[str, str]) -> tuple[int, dict[str, int]]:
    report = var.folder / f"tests-{name}.xml"
    report.unlink(missing_ok=True)
    argv = [sys.executable, "-m", "pytest", f"--junitxml={report}", *arguments]
    code = subprocess.run(argv, cwd=ROOT, env={**os.environ, **settings}).returncode
    return code, counts(report)


def test(var: Var) -> int:
    """Runs what is not marked `processes` on two cores, then the rest alone; returns the exit code."""
    everything = os.environ.get("CI", "").lower() in ("1", "true", "yes")
    environment.check_names({**KEYS, **os.environ})
    environment.check_reachable(os.environ)
    var.prepare()
    begun = time.monotonic()
    left_out = ""
    if not fetch_browser():
        left_out = (
            "Left out: the browser tests, as chromium or libatomic1 is missing and could not be fetched."
        )
        if everything:
            raise Trouble("CI=true, but chromium or libatomic1 is missing and could not be fetched.")
    names = environment.unnamed()
    started = services.start(var, "test", names=names, say=print) if names else []
    settings = {key: value for key, value in KEYS.items() if not os.environ.get(key)}
    chosen = shlex.split(os.environ.get("ARGS", ""))
    without = " and not browser" if left_out else ""
    try:
        first, one = pytest(var, "main", ["-n", CPU, "-m", f"not processes{without}", *chosen], settings)
        second, two = pytest(var, "processes", ["-m", f"processes{without}", *chosen], settings)
    finally:
        services.stop(var, tuple(started))
    total = {key: one[key] + two[key] for key in one}
    # 5: pytest found none to run, which a choice in ARGS may well mean for one half.
    failed = [code for code in (first, second) if code not in (0, 5)]
    print(closing_line(total, time.monotonic() - begun), flush=True)
    if left_out:
        print(left_out, flush=True)
    if everything and total["skipped"]:
        raise Trouble(f"CI=true, but {total['skipped']} tests were left out.")
    return 1 if failed or not total["passed"] else 0
