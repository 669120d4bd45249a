"""What `make test` adds up and says, and what the requirements files hold."""

from __future__ import annotations

import re
import socket
import threading
import tomllib

import pytest

from portal.embedded import bootstrap, postgres, testing
from portal.embedded.services import ROOT

REPORT = """<?xml version="1.0"?><testsuites>
<testsuite tests="10" failures="1" errors="2" skipped="3"/></testsuites>"""
FILES = (bootstrap.RUN, bootstrap.TEST, bootstrap.SERVERS, bootstrap.INSTALLER)


def pinned(name):
    return set(re.findall(r"^([a-z0-9-]+)==", (ROOT / name).read_text(), re.MULTILINE))


def test_two_halves_make_one_closing_line(tmp_path):
    report = tmp_path / "tests.xml"
    report.write_text(REPORT)
    assert testing.counts(report) == {"passed": 4, "failed": 1, "errors": 2, "skipped": 3}
    assert testing.closing_line(testing.counts(report), 61.5).strip("=") == (
        " 1 failed, 4 passed, 3 skipped, 2 errors in 61.50s "
    )


def test_a_run_that_left_no_report_broke(tmp_path):
    assert testing.counts(tmp_path / "none.xml")["errors"] == 1


@pytest.mark.parametrize("broken", ["browser", "driver"])
def test_a_browser_that_does_not_start_is_none(monkeypatch, broken):
    monkeypatch.setattr(testing, "browser", lambda: "/usr/bin/browser")
    monkeypatch.setattr(testing, "runs", lambda program: True)
    assert testing.can_browse()
    monkeypatch.setattr(testing, "runs", lambda program: ("browser" in str(program)) is (broken == "driver"))
    assert not testing.can_browse()


@pytest.mark.parametrize("word", [b"", b"N", b"HTTP/1.1 400"])
def test_a_port_that_opens_is_not_yet_a_postgres(word):
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer():
            connection, _ = listener.accept()
            with connection:
                connection.recv(8)
                connection.sendall(word)

        thread = threading.Thread(target=answer)
        thread.start()
        assert postgres.replies(listener.getsockname()[1]) is (word == b"N")
        thread.join()


@pytest.mark.parametrize("name", FILES)
def test_requirements_are_hashes_without_any_address(name):
    text = (ROOT / name).read_text()
    assert "://" not in text
    assert "--index" not in text
    assert "--find-links" not in text
    assert text.count("==") <= text.count("--hash=sha256:")


def test_requirements_hold_what_the_project_names():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

    def names(dependencies):
        return {re.split(r"[~<>=!\[;]", each)[0].strip() for each in dependencies}

    extras = project["optional-dependencies"]
    assert names(project["dependencies"]) <= pinned(bootstrap.RUN)
    assert pinned(bootstrap.RUN) | names(extras["dev"]) <= pinned(bootstrap.TEST)
    assert names(extras["embedded"]) <= pinned(bootstrap.SERVERS)


def test_a_venv_made_for_the_tests_serves_run_as_well():
    for_tests = bootstrap.stamp("python", (bootstrap.TEST, bootstrap.SERVERS))
    for_run = bootstrap.stamp("python", (bootstrap.RUN, bootstrap.SERVERS))
    assert bootstrap.in_step(for_tests, "python", bootstrap.RUN)
    assert bootstrap.in_step(for_tests, "python", bootstrap.TEST)
    assert bootstrap.in_step(for_run, "python", bootstrap.RUN)
    assert not bootstrap.in_step(for_run, "python", bootstrap.TEST)
    assert not bootstrap.in_step(for_run, "another python", bootstrap.RUN)
    assert not bootstrap.in_step({**for_run, bootstrap.SERVERS: "old"}, "python", bootstrap.RUN)
    assert not bootstrap.in_step({}, "python", bootstrap.RUN)
