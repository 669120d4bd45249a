"""Records of processes: a number alone is never enough to end one."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

import pytest

from portal.embedded.processes import (
    alive,
    group_members,
    locked,
    record,
    recorded,
    spawn,
    start_time,
    stop,
    write_private,
)

WAIT = [sys.executable, "-c", "import signal; signal.pause()"]
DEAF = [
    sys.executable,
    "-c",
    "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); signal.pause()",
]
PARENT = [
    sys.executable,
    "-c",
    "import subprocess, sys, signal;"
    "subprocess.Popen([sys.executable, '-c', 'import signal; print(1, flush=True); signal.pause()']);"
    "signal.pause()",
]


def until_written(log):
    while not (log.exists() and log.stat().st_size):
        os.sched_yield()


def test_a_spawned_process_is_recorded_and_ended(tmp_path):
    child = spawn(tmp_path, "web", WAIT, log=tmp_path / "web.log", keeper="run")
    entry = recorded(tmp_path, "web")
    assert entry is not None
    assert (entry.pid, entry.keeper) == (child.pid, "run")
    assert alive(entry)
    assert stop(tmp_path, "web")
    assert not alive(entry)
    assert recorded(tmp_path, "web") is None
    assert not stop(tmp_path, "web")


def test_one_that_does_not_listen_is_killed(tmp_path):
    log = tmp_path / "deaf.log"
    child = spawn(tmp_path, "deaf", DEAF, log=log, keeper="run")
    until_written(log)
    assert stop(tmp_path, "deaf", patience=0.1)
    assert child.wait() == -signal.SIGKILL


def test_another_process_with_the_same_number_is_left_alone(tmp_path):
    stranger = subprocess.Popen(WAIT)
    try:
        record(tmp_path, "web", stranger.pid, "run")
        file = tmp_path / "web.json"
        file.write_text(json.dumps({**json.loads(file.read_text()), "started": "long ago"}))
        assert not alive(recorded(tmp_path, "web"))
        assert not stop(tmp_path, "web")
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_what_a_killed_parent_left_behind_is_ended_too(tmp_path):
    log = tmp_path / "parent.log"
    child = spawn(tmp_path, "parent", PARENT, log=log, keeper="run")
    until_written(log)
    child.kill()
    child.wait()
    orphans = group_members(child.pid)
    assert len(orphans) == 1
    assert stop(tmp_path, "parent")
    assert start_time(orphans[0]) is None


@pytest.mark.parametrize("text", ["", "{", "[]", '{"pid": 1}'])
def test_a_broken_record_is_no_record(tmp_path, text):
    (tmp_path / "web.json").write_text(text)
    assert recorded(tmp_path, "web") is None
    assert not stop(tmp_path, "web")


def test_a_dead_process_has_no_start_time():
    child = subprocess.Popen([sys.executable, "-c", ""])
    # A zombie until it is waited for: dead all the same.
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert start_time(child.pid) is None
    child.wait()
    assert start_time(child.pid) is None


def test_a_private_file_is_readable_by_its_owner_alone(tmp_path):
    path = tmp_path / "embedded.json"
    write_private(path, "one")
    write_private(path, "two")
    assert path.read_text() == "two"
    assert path.stat().st_mode & 0o777 == 0o600
    assert os.listdir(tmp_path) == ["embedded.json"]


def test_a_lock_is_held_by_one(tmp_path):
    with locked(tmp_path / "lock") as first:
        assert first
        with locked(tmp_path / "lock", wait=False) as second:
            assert not second
    with locked(tmp_path / "lock", wait=False) as third:
        assert third
