"""Kills worker, beat, Valkey and Postgres at random moments while clocks fall due; run by test_kills.py.

Usage: python kills.py CLOCKS KILLS SEED, with PORTAL_VAR naming an empty folder. Prints what was done and
what was found, exits 0 when every stage of every clock took effect exactly once.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))
for name in ("DATABASE_URL", "REDIS_URL"):
    os.environ.pop(name, None)
os.environ |= {"DJANGO_SETTINGS_MODULE": "portal.settings", "SWEEP_SECONDS": "1", "DELIVER_SECONDS": "1"}

from portal.embedded import postgres, services, valkey  # noqa: E402
from portal.embedded.processes import recorded  # noqa: E402

VAR = services.Var.here()
PATIENCE = 180
CELERY = {
    "worker": [
        "worker",
        "--concurrency",
        "2",
        "--loglevel",
        "WARNING",
        "--without-gossip",
        "--without-mingle",
    ],
    "beat": ["beat", "--loglevel", "WARNING", "--schedule", str(VAR.folder / "beat"), "--pidfile", ""],
}


def start_celery(name: str) -> subprocess.Popen[bytes]:
    with VAR.log(name).open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "celery", "-A", "portal.celery", *CELERY[name]],
            cwd=ROOT,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )


def kill_group(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def kill_server(name: str) -> None:
    entry = recorded(VAR.run, name)
    assert entry is not None
    with contextlib.suppress(ProcessLookupError):
        os.kill(entry.pid, signal.SIGKILL)


def again_while_down(verb):
    """Do it, again and again while the database is away; a commit that was lost is simply done anew."""
    from django.db import InterfaceError, OperationalError, connection

    last = time.monotonic() + PATIENCE
    while True:
        try:
            return verb()
        except (OperationalError, InterfaceError):
            connection.close()
            if time.monotonic() > last:
                raise
            time.sleep(0.2)


def open_tickets(bureau, count: int, wave: int) -> None:
    """Tickets of three weeks ago: both of their clocks have fallen due, warning and end."""
    from hotline.actions import log_call
    from tests.bureau import MONDAY, matter

    operator = again_while_down(lambda: bureau.actor("operator"))
    for number in range(count):
        told = matter(bureau, place=f"第{wave}批第{number}处")
        again_while_down(lambda told=told: log_call(told, actor=operator, at=MONDAY))


def in_a_thread(verb, *arguments) -> None:
    from django.db import connection

    try:
        verb(*arguments)
    finally:
        connection.close()


def awake() -> int:
    from django.utils import timezone

    from portal.cases.models import Deadline

    return Deadline.objects.awake(timezone.now()).count()


def check() -> list[str]:
    """Every stage of every clock: one mark, event and outbox row, one card; the due moment on all of them."""
    from portal.cases.models import Deadline, SweepFailure
    from portal.ledger.models import Event
    from portal.ledger.verify import verify
    from portal.notices.models import Notice
    from portal.oversight.models import Card

    faults: list[str] = []
    events = Counter(
        (event.subject, event.verb, event.data["term"], event.at)
        for event in Event.objects.filter(verb__in=["limit_warned", "limit_missed"])
    )
    cards = Counter(Card.objects.values_list("deadline_id", "issued_at"))
    keys = Notice.objects.filter(key__startswith="deadline:").values_list("key", flat=True)
    notices = Counter(key.rpartition(":")[0] for key in keys)
    clocks = 0
    for deadline in Deadline.objects.select_related("case"):
        clocks += 1
        where = f"{deadline.case.number} {deadline.term}"
        if deadline.warned_at != deadline.warn_at or deadline.breached_at != deadline.due_at:
            faults.append(f"{where}: marks {deadline.warned_at} {deadline.breached_at}")
        subject, term = deadline.case.subject, deadline.term
        if events.pop((subject, "limit_warned", term, deadline.warn_at), 0) != 1:
            faults.append(f"{where}: not one warning at its moment")
        if events.pop((subject, "limit_missed", term, deadline.due_at), 0) != 1:
            faults.append(f"{where}: not one breach at its moment")
        if cards.pop((deadline.pk, deadline.due_at), 0) != 1:
            faults.append(f"{where}: not one card with the due moment")
        for stage in ("warn", "breach"):
            if notices.pop(f"deadline:{deadline.pk}:{stage}", 0) != 1:
                faults.append(f"{where}: not one outbox row for {stage}")
    faults += [f"one too many: {each}" for left in (events, cards, notices) for each in left]
    faults += [f"clock failed: {failure}" for failure in SweepFailure.objects.all()]
    faults += [f"ledger: {fault.sentence}" for fault in verify()]
    print(f"{clocks} clocks checked")
    return faults


def main(clocks: int, kills: int, seed: int) -> int:
    import django

    services.start(VAR, "test")
    django.setup()
    from django.core.management import call_command

    from tests.bureau import make_bureau

    call_command("migrate", verbosity=0)
    bureau = make_bureau()
    celery = {name: start_celery(name) for name in CELERY}
    # Each ticket has two clocks; a wave before every kill.
    wave = max(clocks // 2 // kills, 1)
    left, busy, killed = clocks // 2, 0, Counter[str]()
    order = [("worker", "beat", postgres.NAME, valkey.NAME)[number % 4] for number in range(kills)]
    dice = random.Random(seed)
    dice.shuffle(order)
    try:
        for number, victim in enumerate(order):
            count = left if number == kills - 1 else wave
            left -= count
            # Killed while an operator's verbs are under way and the sweep has something to do.
            operator = threading.Thread(target=in_a_thread, args=(open_tickets, bureau, count, number))
            operator.start()
            time.sleep(dice.uniform(0.1, 1.2))
            busy += again_while_down(awake) > 0
            if victim in celery:
                kill_group(celery[victim])
                celery[victim] = start_celery(victim)
            else:
                kill_server(victim)
                services.start(VAR, "test")
            killed[victim] += 1
            operator.join()
            for name, process in celery.items():
                if process.poll() is not None:
                    celery[name] = start_celery(name)
        last = time.monotonic() + PATIENCE
        while again_while_down(awake) and time.monotonic() < last:
            time.sleep(0.5)
            for name, process in celery.items():
                if process.poll() is not None:
                    celery[name] = start_celery(name)
        faults = again_while_down(check)
    finally:
        for process in celery.values():
            kill_group(process)
        services.stop(VAR)
    print(f"{busy} of {kills} kills met clocks that were due")
    print(", ".join(f"{name} killed {times} times" for name, times in sorted(killed.items())))
    print("\n".join(faults[:40]))
    return 1 if faults or busy < kills // 2 else 0


if __name__ == "__main__":
    sys.exit(main(*(int(argument) for argument in sys.argv[1:4])))
