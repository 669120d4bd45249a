"""What `make run` reads from /healthz, and that a second run from one folder is refused."""

from __future__ import annotations

import os
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from portal.embedded import Trouble, supervisor
from portal.embedded.environment import Address
from portal.embedded.processes import free_port, locked, record
from portal.embedded.services import Var


@pytest.fixture
def portal():
    """A server that answers /healthz with what the test puts in; keeps the Host it was asked by."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.server.asked = self.headers["Host"]
            status, body = self.server.answer
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *arguments):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_health_names_what_is_not_well(portal, monkeypatch):
    monkeypatch.setenv("ALLOWED_HOSTS", ".portal.example, other")
    portal.answer = (
        503,
        '{"status": "down", "checks": {"web": "ok", "broker": "no answer", "beat": "unknown"}}',
    )
    where = Address("127.0.0.1", portal.server_port)
    assert supervisor.health(where) == (503, "broker: no answer, beat: unknown")
    assert portal.asked == "portal.example"


@pytest.mark.parametrize("body", ["", "<h1>Bad Request</h1>", "[]", '{"checks": 3}'])
def test_an_answer_that_is_none_of_ours_is_shown_by_its_number(portal, body):
    portal.answer = (400, body)
    where = Address("0.0.0.0", portal.server_port)
    assert supervisor.health(where) == (400, "/healthz (it answers 400)")


def test_nobody_answers():
    assert supervisor.health(Address("127.0.0.1", free_port())) == (0, "the web process does not answer")


def test_a_second_run_from_the_same_folder_names_the_first(tmp_path):
    var = Var(tmp_path)
    var.prepare()
    record(var.run, "run", os.getpid(), "run")
    with locked(var.run / "run.lock"), pytest.raises(Trouble, match=rf"already runs .*{os.getpid()}"):
        supervisor.Supervisor(var, Address("127.0.0.1", free_port())).run()
    assert (var.run / "run.json").exists()


def test_the_three_processes_and_where_the_web_listens(tmp_path):
    children = {child.name: child.argv for child in supervisor.commands(Var(tmp_path), Address("::1", 8123))}
    assert list(children) == ["web", "worker", "beat"]
    assert "[::1]:8123" in children["web"]
    assert str(tmp_path / "beat" / "schedule") in children["beat"]
