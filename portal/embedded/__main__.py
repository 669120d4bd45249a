"""`python -m portal.embedded run | services | stop | test`: what the Makefile calls inside the venv."""

from __future__ import annotations

import sys

from portal.embedded import Trouble
from portal.embedded.services import Var, start


def main(arguments: list[str]) -> int:
    var = Var.here()
    try:
        if arguments == ["services"]:
            start(var, "services", say=print)
            return 0
        print("usage: python -m portal.embedded services", file=sys.stderr)
        return 2
    except Trouble as trouble:
        print(trouble, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
