"""Fills an empty catalogue with synthetic items, to measure with."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from tqdm import tqdm

from disclosure import loading


class Command(BaseCommand):
    help = "Fills an empty catalogue with N synthetic items, to measure with; never on a portal in use."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("count", type=int, metavar="N")
        parser.add_argument("--seed", type=int, default=1, help="the same seed gives the same items")

    def handle(self, *args: Any, **options: Any) -> None:
        count = options["count"]
        if count < 1:
            raise CommandError("N must be 1 or more.")
        with tqdm(total=count, unit=" items", disable=not self.stderr.isatty()) as bar:
            try:
                loading.load(
                    count,
                    last=timezone.localdate(),
                    seed=options["seed"],
                    progress=lambda done: bar.update(done - bar.n),
                )
            except ValueError as refused:
                raise CommandError(str(refused)) from None
        loading.settle()
        self.stdout.write(f"{count} items are in the catalogue.")
