"""The demonstration bureau for tests: all of it, or what some apps alone tell of it."""

from __future__ import annotations

from datetime import date

import pytest
from django.core.management import call_command

from portal.site.management.commands import load_demonstration

# A working day that another follows.
WEDNESDAY = date(2026, 11, 25)


def load(*, today: date = WEDNESDAY, seed: int = 7) -> None:
    """Takes most of a minute where all apps tell: one test for all of them does it, `test_demonstration`."""
    with pytest.MonkeyPatch.context() as patched:
        # The tests' own servers may be named by DATABASE_URL.
        patched.setenv("DEMONSTRATION", "1")
        call_command("load_demonstration", today=today.isoformat(), seed=seed, verbosity=0)


def told_by(monkeypatch: pytest.MonkeyPatch, *apps: str) -> None:
    """From now on only these apps tell of the bureau, besides the organisation, on which all stand."""
    wanted = {f"{app}.demonstration" for app in ("portal.organisation", *apps)}
    modules = [each for each in load_demonstration.demonstrations() if each.__name__ in wanted]
    monkeypatch.setattr(load_demonstration, "demonstrations", lambda: modules)
