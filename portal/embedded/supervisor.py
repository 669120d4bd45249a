"""`make run`: private servers, database, then web, worker and beat, watched until Ctrl-C."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import NoReturn

from portal.embedded import Trouble, environment, postgres, services, valkey
from portal.embedded.environment import Address
from portal.embedded.processes import alive, forget, locked, record, recorded, spawn, stop
from portal.embedded.services import ROOT, Var

NAME = "run"
CHILDREN = ("web", "worker", "beat")
PATIENCE = 90
# A worker or beat that dies is started again after 1, 2, 4, 8 and 16 s; one that has lived for ten
# minutes begins with a clean sheet.
RESTARTS = 5
CLEAN_SHEET = 600
LOG_LIMIT = 10 * 1024 * 1024


def say(sentence: str) -> None:
    print(sentence, flush=True)


@dataclass
class Child:
    name: str
    argv: list[str]
    process: subprocess.Popen[bytes] | None = None
    since: float = 0
    restarts: int = 0
    again_at: float = field(default=0)


class Ended(Exception):
    """Somebody asked us to stop."""


def _end(number: int, frame: FrameType | None) -> None:
    raise Ended


def _on_signals(action: Callable[[int, FrameType | None], None] | signal.Handlers) -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, action)


def commands(var: Var, where: Address) -> list[Child]:
    """The three processes and how each is started."""
    python = sys.executable
    celery = [python, "-m", "celery", "-A", "portal.celery"]
    shm = Path("/dev/shm")  # noqa: S108 - gunicorn's heartbeat file must not lie on a slow disk
    web = [python, "-m", "gunicorn", "portal.wsgi:application", "--bind", where.bind, "--no-control-socket"]
    web += ["--worker-class", "gthread", "--workers", "2", "--threads", "4", "--graceful-timeout", "8"]
    web += ["--timeout", "60"]
    if shm.is_dir() and os.access(shm, os.W_OK):
        web += ["--worker-tmp-dir", str(shm)]
    worker = [*celery, "worker", "--concurrency", "2", "--without-gossip", "--without-mingle"]
    worker += ["--loglevel", "WARNING"]
    beat = [*celery, "beat", "--loglevel", "WARNING", "--schedule", str(var.folder / "beat" / "schedule")]
    return [Child("web", web), Child("worker", worker), Child("beat", [*beat, "--pidfile="])]


class Supervisor:
    def __init__(self, var: Var, where: Address) -> None:
        self.var = var
        self.where = where
        self.children = commands(var, where)
        self.well = False
        self.step: subprocess.Popen[bytes] | None = None
        self.begun = time.monotonic()

    def run(self) -> int:
        """Returns the exit code: 0 after Ctrl-C or SIGTERM, 1 when something died."""
        with locked(self.var.run / "run.lock", wait=False) as held:
            if not held:
                other = recorded(self.var.run, NAME)
                raise Trouble(
                    f"The portal already runs from this folder (process {other.pid if other else '?'}): "
                    "`make stop` ends it."
                )
            record(self.var.run, NAME, os.getpid(), NAME)
            _on_signals(_end)
            try:
                self.start()
                self.watch()
            except Ended:
                say("\nStopping …")
                return 0
            except Trouble as trouble:
                print(trouble, file=sys.stderr, flush=True)
                return 1
            finally:
                self.stop()

    def start(self) -> None:
        end_leftovers(self.var)
        environment.check_free(self.where)
        environment.check_reachable(os.environ)
        names = environment.unnamed()
        if names:
            say("Starting the private servers …")
            services.start(self.var, NAME, names=names, say=lambda sentence: say(f"  {sentence}"))
        self.prepare()
        (self.var.folder / "beat").mkdir(mode=0o700, exist_ok=True)
        say("Starting web, worker and beat …")
        for child in self.children:
            self.launch(child)
        self.wait_until_well()
        say(f"\nThe portal answers at {self.where.url} ({time.monotonic() - self.begun:.1f} s).\n")
        accounts = self.var.run / "accounts.txt"
        if accounts.exists() and (text := accounts.read_text().rstrip()):
            say(text + "\n")
        say(f"Logs are in {self.var.folder / 'log'}. Ctrl-C stops everything.")

    def prepare(self) -> None:
        """Migrations, calendar, demonstration, static files; in a session of its own because of Ctrl-C."""
        argv = [sys.executable, "-m", "portal.embedded.prepare"]
        self.step = subprocess.Popen(argv, cwd=ROOT, stdin=subprocess.DEVNULL, start_new_session=True)
        record(self.var.run, "prepare", self.step.pid, NAME)
        code = self.step.wait()
        forget(self.var.run, "prepare")
        self.step = None
        if code:
            raise Trouble("The portal was not started.")

    def launch(self, child: Child) -> None:
        log = self.var.log(child.name)
        if log.exists() and log.stat().st_size > LOG_LIMIT:
            log.replace(log.with_suffix(".old.log"))
        child.process = spawn(self.var.run, child.name, child.argv, log=log, keeper=NAME, folder=ROOT)
        child.since = time.monotonic()

    def wait_until_well(self) -> None:
        """Until /healthz answers 200; says what is not yet well each time that changes."""
        deadline = time.monotonic() + PATIENCE
        told = ""
        while True:
            status, reasons = health(self.where)
            if status == 200:
                self.well = True
                return
            if reasons != told and reasons:
                say(f"  not yet: {reasons}")
                told = reasons
            self.look_after()
            if time.monotonic() > deadline:
                raise Trouble(
                    f"The portal did not get well within {PATIENCE} s ({reasons}); "
                    f"see the logs in {self.var.folder / 'log'}."
                )
            time.sleep(0.2)

    def watch(self) -> NoReturn:
        while True:
            self.look_after()
            time.sleep(0.5)

    def look_after(self) -> None:
        """Start a dead worker or beat again, once all was well; Trouble for anything else that died."""
        names = environment.unnamed()
        for variable, title, server in (
            ("DATABASE_URL", "Postgres", postgres.NAME),
            ("REDIS_URL", "Valkey", valkey.NAME),
        ):
            if variable in names and not alive(recorded(self.var.run, server)):
                raise Trouble(f"The private {title} died; see {self.var.log(server)}.")
        now = time.monotonic()
        for child in self.children:
            if child.process is None:
                if now >= child.again_at:
                    self.launch(child)
                continue
            code = child.process.poll()
            if code is None:
                continue
            how = f"was killed by signal {-code}" if code < 0 else f"ended with code {code}"
            log = self.var.log(child.name)
            if now - child.since > CLEAN_SHEET:
                child.restarts = 0
            if child.name == "web" or child.restarts >= RESTARTS or not self.well:
                raise Trouble(f"{child.name} {how}; see {log}.")
            stop(self.var.run, child.name)
            pause = 2**child.restarts
            child.restarts += 1
            child.process, child.again_at = None, now + pause
            say(f"{child.name} {how}; it is started again in {pause} s ({child.restarts} of {RESTARTS}).")

    def stop(self) -> None:
        _on_signals(signal.SIG_IGN)
        if self.step is not None:
            stop(self.var.run, "prepare", patience=3)
        for child in self.children:
            if child.process is not None and child.process.poll() is None:
                child.process.terminate()
        # Cold at the second asking: a task that is cut off is found again by the next sweep.
        ended = end_leftovers(self.var, patience=10) + stop_own_services(self.var)
        forget(self.var.run, NAME)
        if ended:
            say("Everything is stopped.")


def stop_own_services(var: Var) -> list[str]:
    """End the servers a run started or took over, not those of `make services`; returns their titles."""
    ended = []
    for variable, server in (("DATABASE_URL", postgres.NAME), ("REDIS_URL", valkey.NAME)):
        entry = recorded(var.run, server)
        if entry is not None and entry.keeper != "services":
            ended += services.stop(var, (variable,))
    return ended


def end_leftovers(var: Var, patience: float = 5) -> list[str]:
    """End web, worker and beat, those of a killed run too; returns the names of those that still lived."""
    return [
        name
        for name in ("prepare", *CHILDREN)
        if stop(var.run, name, patience=patience, signals=(signal.SIGTERM, signal.SIGQUIT))
    ]


def health(where: Address) -> tuple[int, str]:
    """(status, what is not well) of GET /healthz; status 0 while nobody answers."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(where.host, where.host)  # noqa: S104 - asked, not bound
    named = [name.strip() for name in os.environ.get("ALLOWED_HOSTS", "").split(",") if name.strip()]
    header = named[0].lstrip(".") if named and named[0] != "*" else host
    try:
        connection = http.client.HTTPConnection(host, where.port, timeout=10)
        connection.request("GET", "/healthz", headers={"Host": header})
        response = connection.getresponse()
        body = response.read(4000).decode(errors="replace").strip()
        connection.close()
    except (OSError, http.client.HTTPException):
        return 0, "the web process does not answer"
    return response.status, _reasons(body) or f"/healthz (it answers {response.status})"


def _reasons(body: str) -> str:
    """The checks that are not well, from healthz's JSON: "beat: no heartbeat yet"."""
    try:
        checks = json.loads(body)["checks"].items()
    except (ValueError, KeyError, TypeError, AttributeError):
        return ""
    return ", ".join(f"{name}: {state}" for name, state in checks if state != "ok")


def run(var: Var) -> int:
    where = environment.address(os.environ)
    environment.check_names(os.environ)
    var.prepare()
    return Supervisor(var, where).run()


def stop_everything(var: Var) -> list[str]:
    """`make stop`: a running `make run` first, then whatever a killed one left, then the servers."""
    ended = []
    entry = recorded(var.run, NAME)
    if entry is not None and alive(entry):
        os.kill(entry.pid, signal.SIGTERM)
        deadline = time.monotonic() + 60
        while alive(entry) and time.monotonic() < deadline:
            time.sleep(0.1)
        if alive(entry):
            os.kill(entry.pid, signal.SIGKILL)
        ended.append("the portal")
    forget(var.run, NAME)
    return ended + end_leftovers(var) + services.stop(var)
