"""`python -m benchmarks.sweeper DATABASE MOMENT`: one of several sweepers that begin together."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from datetime import datetime

from benchmarks.house import House, set_up

# Small, so that there are many batches to take from one another.
BATCH = 10


def main(database: str, moment: str) -> None:
    set_up()
    from portal.cases import actions

    with House(bureau=None).using(database):
        # Connected, everything imported and the calendar read before the start.
        actions.sweep(at=datetime.fromisoformat("2004-01-05T00:00+08:00"))
        print("ready", flush=True)
        sys.stdin.readline()
        result = actions.sweep(at=datetime.fromisoformat(moment), batch=BATCH)
        print(json.dumps(asdict(result)), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
