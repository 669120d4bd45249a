"""Fills an empty portal with the demonstration bureau: units, staff, cases, all made by real actions."""

from __future__ import annotations

import os
import sys
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from importlib import import_module
from types import ModuleType
from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction
from django.utils import timezone
from django.utils.module_loading import module_has_submodule
from tqdm import tqdm

from portal.embedded.prepare import wants_demonstration
from portal.organisation.models import Staff
from portal.site.story import Story


def demonstrations() -> list[ModuleType]:
    """The `demonstration` modules, in the order of INSTALLED_APPS: what others stand on comes first."""
    return [
        import_module(f"{app.name}.demonstration")
        for app in apps.get_app_configs()
        if app.module is not None and module_has_submodule(app.module, "demonstration")
    ]


class Progress:
    """`progress(step, done, total)`: a bar for each step, or one line a step where nobody watches.

    Those who tell of one story get on at the same time, so that all bars stay, each in its place.
    """

    def __init__(self, out: Any) -> None:
        self.out = out
        self.bars: dict[str, tqdm[Any]] = {}

    def __call__(self, step: str, done: int, total: int) -> None:
        bar = self.bars.get(step)
        if bar is None:
            bar = self.bars[step] = tqdm(
                total=total, desc=step, disable=not sys.stderr.isatty(), position=len(self.bars), leave=True
            )
            if bar.disable:
                self.out.write(f"  {step} …")
        bar.update(done - bar.n)

    def close(self) -> None:
        for bar in self.bars.values():
            bar.close()
        self.bars = {}


def load_all(modules: list[ModuleType], *, today: date, seed: int, progress: Progress) -> None:
    """What is simply there first, by `load`; then one story, which all that have a `plan` tell together."""
    for module in modules:
        if hasattr(module, "load"):
            module.load(today=today, seed=seed, progress=progress)
    tellers = [module for module in modules if hasattr(module, "plan")]
    if tellers:
        story = Story(today=today, seed=seed, progress=progress)
        for module in tellers:
            module.plan(story.part(module.__name__.removesuffix(".demonstration")))
        story.live()


@contextmanager
def shown(out: Any) -> Iterator[Progress]:
    progress = Progress(out)
    try:
        yield progress
    finally:
        progress.close()


@contextmanager
def all_or_nothing() -> Iterator[None]:
    """One transaction: a load that was cut short leaves an empty portal, and can be tried again.

    What fails within it undoes everything: a savepoint for each verb, a fifth of all statements, would be
    made in vain.
    """
    features = connection.features
    with transaction.atomic():
        features.uses_savepoints = False
        try:
            yield
        finally:
            del features.uses_savepoints


class Command(BaseCommand):
    help = "Load the demonstration bureau into an empty portal; dates are counted back from --today."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--today", help="the day that is today in the demonstration, YYYY-MM-DD")
        parser.add_argument("--seed", type=int, default=7, help="the same seed makes the same bureau")

    def handle(self, *args: Any, **options: Any) -> None:
        today = timezone.localdate()
        if options["today"]:
            try:
                today = date.fromisoformat(options["today"])
            except ValueError:
                raise CommandError(
                    f"--today must be a day like 2026-11-23, not {options['today']!r}."
                ) from None
        if not wants_demonstration(os.environ):
            raise CommandError(
                "The demonstration accounts' passwords are public, and DATABASE_URL names a database: "
                "set DEMONSTRATION=1 to load them into it all the same."
            )
        if Staff.objects.exists():
            self.stdout.write("There are members of staff already: nothing was loaded.")
            return
        started = time.monotonic()
        with shown(self.stdout) as progress, all_or_nothing():
            load_all(demonstrations(), today=today, seed=options["seed"], progress=progress)
        self.stdout.write(f"The demonstration bureau was loaded in {time.monotonic() - started:.1f} s.")
