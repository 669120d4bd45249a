"""`python -m benchmarks [name…]`: all measurements or some; one table, and results/latest.json."""

from __future__ import annotations

import importlib
import json
import os
import platform
import sys
import time
import traceback
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version

from benchmarks.figures import Figure
from benchmarks.house import RESULTS, House, opened, say
from portal.embedded import Trouble

# In this order: what only reads the million comes before what writes it.
NAMES = (
    *("workdays", "sweep", "queue_page", "recalculation", "call", "api", "documents", "approvals"),
    *("searching", "wagtail"),
)
PACKAGES = (
    "django",
    "djangorestframework",
    "psycopg2-binary",
    "typst",
    "pyhanko",
    "holidays",
    "chinesecalendar",
)


def run(name: str, house: House) -> list[Figure]:
    """A measurement that breaks is a line of the table, so that the others are seen all the same."""
    begun = time.monotonic()
    say(f"{name} …")
    found: list[Figure] = []
    try:
        found.extend(importlib.import_module(f"benchmarks.{name}").measure(house))
    except Exception as error:
        traceback.print_exc()
        found.append(Figure(f"{name} broke off", type(error).__name__, met=False))
    say(f"{name}: {time.monotonic() - begun:.0f} s")
    return found


def table(figures: list[Figure]) -> str:
    rows = [("what", "ours", "theirs", "ratio", "bar", "met")]
    rows += [
        (
            each.what,
            each.ours,
            each.theirs,
            "" if each.ratio is None else f"{each.ratio:,.2f}",
            each.bar,
            {True: "yes", False: "NO", None: "–"}[each.met],
        )
        for each in figures
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    rows.insert(1, tuple("-" * width for width in widths))
    return "\n".join(
        " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows
    )


def machine() -> dict[str, object]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        (postgres,) = cursor.fetchone()
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "cores": os.cpu_count(),
        "load": os.getloadavg(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "postgres": postgres,
        **{name: version(name) for name in PACKAGES},
    }


def main(names: list[str]) -> int:
    if unknown := [name for name in names if name not in NAMES]:
        print(
            f"There is no measurement {', '.join(unknown)}; there are: {', '.join(NAMES)}.", file=sys.stderr
        )
        return 2
    begun = time.monotonic()
    figures: list[Figure] = []
    try:
        with opened() as house:
            about = machine()
            for name in names or NAMES:
                figures += run(name, house)
    except Trouble as trouble:
        print(trouble, file=sys.stderr)
        return 1
    finally:
        if figures:
            print(table(figures))
    about["seconds"] = round(time.monotonic() - begun)
    latest = {"machine": about, "figures": [asdict(each) for each in figures]}
    (RESULTS / "latest.json").write_text(json.dumps(latest, ensure_ascii=False, indent=1))
    missed = sum(each.met is False for each in figures)
    print(f"{len(figures)} figures in {about['seconds']} s; {missed} under the bar.")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
