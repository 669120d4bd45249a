"""Exactly once, whatever is killed: real worker, beat, Valkey and Postgres processes, ended with kill -9."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

DRIVER = Path(__file__).with_name("kills.py")


@pytest.mark.processes
def test_every_stage_takes_effect_once_whatever_is_killed(tmp_path):
    environment = {**os.environ, "PORTAL_VAR": str(tmp_path / "var")}
    done = subprocess.run(
        [sys.executable, str(DRIVER), "2000", "24", "20261123"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=900,
    )
    print(done.stdout)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    # A commit whose answer was lost with the server is done anew: there may be a few clocks more.
    assert int(done.stdout.split()[0]) >= 2000
