"""`make check`: everything that reads the source without running the portal. No server is needed."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time

from portal.embedded.services import ROOT

# Settings as in production, with addresses that nobody answers at: a check must not depend on a database.
NOWHERE = {
    "DATABASE_URL": "postgres://nobody@127.0.0.1:1/nowhere",
    "REDIS_URL": "redis://127.0.0.1:1/0",
    "SECRET_KEY": "only-for-the-checks-" + "x" * 40 + "0123456789",
    "LEDGER_KEY": "0" * 64,
    "SIGNING_PASSPHRASE": "only-for-the-checks",
    "TIMESTAMP_URL": "own",
    "ALLOWED_HOSTS": "portal.invalid",
    "DEBUG": "0",
    "HTTPS": "1",
}


def steps() -> list[tuple[str, list[str]]]:
    python = sys.executable
    manage = [python, "-W", "ignore::RuntimeWarning", "manage.py"]
    return [
        ("ruff", [python, "-m", "ruff", "check", "."]),
        ("format", [python, "-m", "ruff", "format", "--check", "."]),
        ("mypy", [python, "-m", "mypy"]),
        ("certificates", [*manage, "make_certificates"]),
        ("settings for production", [*manage, "check", "--deploy", "--fail-level", "WARNING"]),
        ("migrations in step", [*manage, "makemigrations", "--check", "--dry-run"]),
        ("architecture", [python, "-m", "pytest", "-q", "--no-header", "tests/test_architecture.py"]),
        ("catalogue", [python, "-m", "portal.site.catalogue", "check"]),
    ]


def check() -> int:
    """Runs every step, whatever failed before it; returns the exit code."""
    with tempfile.TemporaryDirectory() as folder:
        return _run({**os.environ, **NOWHERE, "SIGNING_DIR": f"{folder}/signing"})


def _run(environment: dict[str, str]) -> int:
    failed = []
    for title, argv in steps():
        since = time.monotonic()
        print(f"{title} …", flush=True)
        answer = subprocess.run(
            argv, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        if answer.returncode:
            failed.append(title)
            print(answer.stdout, flush=True)
        print(
            f"{title}: {'failed' if answer.returncode else 'ok'} ({time.monotonic() - since:.1f} s)",
            flush=True,
        )
    if failed:
        print(f"make check: {', '.join(failed)} failed.", file=sys.stderr)
    return 1 if failed else 0
