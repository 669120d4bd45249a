"""A setting that is wrong is one sentence that names it: no traceback, and no password."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

COMPLETE = {
    "DATABASE_URL": "postgres://portal:hidden@127.0.0.1:1/portal",
    "REDIS_URL": "redis://:hidden@127.0.0.1:1/0",
    "SECRET_KEY": "x" * 50,
    "LEDGER_KEY": "a1" * 32,
    "SIGNING_PASSPHRASE": "x" * 50,
    "ALLOWED_HOSTS": "portal.example",
}


def run(**environment: str) -> subprocess.CompletedProcess[str]:
    """`manage.py diffsettings` with these variables, which reads the settings and asks no server."""
    kept = {"PATH": os.environ["PATH"], "PYTHONPATH": "", "LANG": "C.UTF-8"}
    return subprocess.run(
        [sys.executable, "manage.py", "diffsettings"],
        cwd=settings.BASE_DIR,
        env={**kept, **COMPLETE, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_complete_settings_are_taken() -> None:
    done = run(LOG_LEVEL="warning", SESSION_IDLE_MINUTES="15")
    assert done.returncode == 0, done.stderr
    assert "SESSION_COOKIE_AGE = 900" in done.stdout


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        (
            "LOG_LEVEL",
            "loud",
            "LOG_LEVEL must be one of DEBUG, INFO, WARNING, ERROR, CRITICAL, not 'LOUD'.",
        ),
        ("SESSION_IDLE_MINUTES", "0", "SESSION_IDLE_MINUTES must be 1 or more."),
        ("SESSION_IDLE_MINUTES", "half", "SESSION_IDLE_MINUTES must be a whole number, not 'half'."),
        (
            "REDIS_URL",
            "http://:hidden@host",
            "REDIS_URL must look like redis://:password@host:6379/0.",
        ),
        ("REDIS_URL", "redis://host:x", "REDIS_URL must look like redis://:password@host:6379/0."),
        ("REDIS_URL", "", "REDIS_URL must be set when DATABASE_URL is set."),
        (
            "DATABASE_URL",
            "mysql://portal:hidden@db/portal",
            "DATABASE_URL must look like postgres://user:password@host:5432/name.",
        ),
        ("DATABASE_URL", "hidden", "DATABASE_URL must look like postgres://user:password@host:5432/name."),
    ],
)
def test_a_broken_setting_is_one_sentence(tmp_path: Path, name: str, value: str, sentence: str) -> None:
    done = run(**{name: value, "PORTAL_VAR": str(tmp_path)})
    assert done.returncode == 1
    assert done.stderr.strip() == sentence
