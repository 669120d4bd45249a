"""`python -m portal.embedded.prepare`: what must be in the database before the portal can answer.

One process for all steps, as starting Django takes longer than any of them has to do the second time.
The demonstration accounts' list is left in var/run/accounts.txt, to be shown once the portal answers.
"""

from __future__ import annotations

import hashlib
import io
import os
import sys
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path

from portal.embedded import Trouble
from portal.embedded.services import ROOT, Var


def static_state() -> str:
    """A digest that changes when a static file of ours or an installed package does."""
    digest = hashlib.sha256()
    folders = [ROOT / "static", *ROOT.glob("*/static"), *ROOT.glob("*/*/static")]
    for folder in sorted(set(folders)):
        if ROOT / ".venv" in folder.parents or ROOT / "var" in folder.parents:
            continue
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                state = path.stat()
                digest.update(f"{path.relative_to(ROOT)} {state.st_size} {state.st_mtime_ns}\n".encode())
    digest.update((ROOT / "requirements.txt").read_bytes())
    return digest.hexdigest()


def collect_static(call: Callable[..., object], var: Var) -> None:
    stamp, state = var.folder / "static.stamp", static_state()
    if stamp.exists() and stamp.read_text() == state and (var.folder / "static").is_dir():
        return
    print("Collecting static files …", flush=True)
    call("collectstatic", interactive=False, verbosity=0)
    stamp.write_text(state)


def wants_demonstration(environment: Mapping[str, str]) -> bool:
    """Its accounts' passwords are public: a named database gets them only when asked for."""
    return environment.get("DEMONSTRATION", "0" if environment.get("DATABASE_URL") else "1") == "1"


def prepare(var: Var) -> None:
    """Raises Trouble with the step's name and the reason; the whole is in var/log/prepare.log."""
    step = "The settings"
    try:
        import django
        from django.core.management import call_command

        django.setup()
        step = "Migrating"
        print("Migrating the database …", flush=True)
        call_command("migrate", interactive=False, verbosity=0)
        step = "Loading the calendar"
        print("Loading the calendar …", flush=True)
        call_command("load_calendar")
        step = "Making certificates"
        call_command("make_certificates", stdout=io.StringIO())
        accounts = io.StringIO()
        if not wants_demonstration(os.environ):
            print("The demonstration bureau is left out; DEMONSTRATION=1 loads it.", flush=True)
        else:
            step = "Loading the demonstration bureau"
            print("Loading the demonstration bureau …", flush=True)
            call_command("load_demonstration")
            call_command("demonstration_accounts", stdout=accounts)
        (var.run / "accounts.txt").write_text(accounts.getvalue())
        step = "Collecting static files"
        collect_static(call_command, var)
    except Exception as error:
        log = var.log("prepare")
        log.write_text(traceback.format_exc())
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        reason = lines[0] if lines else type(error).__name__
        raise Trouble(f"{step} failed: {reason.rstrip('.')}. All of it is in {log}.") from None


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    sys.path.insert(0, str(Path(ROOT)))
    try:
        prepare(Var.here())
    except Trouble as trouble:
        print(trouble, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
