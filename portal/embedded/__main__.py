"""`python -m portal.embedded <command>`: what the Makefile calls; `stop` needs no package at all."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable

from portal.embedded import Trouble, environment, services
from portal.embedded.services import ROOT, Var


def run(var: Var) -> int:
    from portal.embedded import supervisor

    return supervisor.run(var)


def start_services(var: Var) -> int:
    names = environment.unnamed()
    if not names:
        print("DATABASE_URL and REDIS_URL are set: there is nothing to start.")
        return 0
    services.start(var, "services", names=names, say=print)
    print(f"Their addresses are in {var.addresses}; `make stop` ends them.")
    return 0


def stop(var: Var) -> int:
    from portal.embedded import supervisor

    ended = supervisor.stop_everything(var)
    print(f"Stopped: {', '.join(ended)}." if ended else "Nothing was running.")
    return 0


def test(var: Var) -> int:
    from portal.embedded import testing

    return testing.test(var)


def check(var: Var) -> int:
    from portal.embedded import checks

    return checks.check()


def healthy(var: Var) -> int:
    """For a container's health check: 0 when /healthz of this machine answers 200."""
    from portal.embedded import supervisor

    status, reasons = supervisor.health(
        environment.Address("127.0.0.1", environment.address(os.environ).port)
    )
    if status != 200:
        print(reasons, file=sys.stderr)
    return 0 if status == 200 else 1


def bench(var: Var) -> int:
    """The benchmarks, which start and end private servers of their own."""
    return subprocess.run([sys.executable, "-m", "benchmarks", *sys.argv[2:]], cwd=ROOT).returncode


def lock(var: Var) -> int:
    from portal.embedded import locking

    return locking.lock()


COMMANDS: dict[str, Callable[[Var], int]] = {
    "run": run,
    "services": start_services,
    "stop": stop,
    "test": test,
    "check": check,
    "bench": bench,
    "lock": lock,
    "healthy": healthy,
}


def main(arguments: list[str]) -> int:
    command = COMMANDS.get(arguments[0]) if arguments else None
    if command is None:
        print(f"usage: python -m portal.embedded {' | '.join(COMMANDS)}", file=sys.stderr)
        return 2
    os.chdir(ROOT)
    try:
        return command(Var.here())
    except Trouble as trouble:
        print(trouble, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
