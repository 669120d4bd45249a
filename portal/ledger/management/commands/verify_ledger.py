"""manage.py verify_ledger: is the ledger as the portal wrote it?"""

from __future__ import annotations

import heapq
import json
from argparse import ArgumentParser
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, ProgrammingError
from django.db.models import Sum
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from tqdm import tqdm

from portal.ledger.faults import Fault
from portal.ledger.models import Event, Head, Seal
from portal.ledger.verify import verify
from portal.ledger.verify_seals import check_published


class Command(BaseCommand):
    help = "Check every event, chain and seal of the ledger; exit code 0 when all is as written, 1 when not."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--published",
            type=Path,
            metavar="SEALS.JSON",
            help="also compare with a copy of the public list of seals that was kept elsewhere",
        )
        parser.add_argument(
            "--most", type=int, default=200, help="how many faults to print, the first ones (default 200)"
        )

    def handle(self, *args: Any, published: Path | None, most: int, **options: Any) -> None:
        copy = read_published(published) if published else []
        try:
            self.check_all(copy, most)
        except (OperationalError, ProgrammingError) as error:
            reason = str(error).partition("\n")[0]
            raise CommandError(_("The ledger cannot be read: %(reason)s") % {"reason": reason}) from None

    def check_all(self, copy: list[dict[str, Any]], most: int) -> None:
        # A table that was changed, or was never made, is found here and not with cursors open.
        for model in (Event, Head, Seal):
            model._default_manager.first()
        events = Event.objects.count()
        seals = Seal.objects.headers().aggregate(sealed=Sum("count"))
        # Shown on a terminal only, and only when it takes longer than a glance.
        with tqdm(total=events + (seals["sealed"] or 0), disable=None, delay=2, unit="") as bar:
            found = Counting(verify(progress=bar.update))
            first = heapq.nsmallest(max(most, 1), found, key=lambda fault: fault.place)
        late = list(check_published(copy))
        for fault in [*first, *late]:
            self.stdout.write(fault.sentence)
        total = found.count + len(late)
        if total:
            if total > len(first) + len(late):
                self.stdout.write(_("… and %(count)d more.") % {"count": total - len(first) - len(late)})
            raise CommandError(
                ngettext(
                    "The ledger was changed outside the portal: %(count)d fault.",
                    "The ledger was changed outside the portal: %(count)d faults.",
                    total,
                )
                % {"count": total}
            )
        self.stdout.write(
            _("The ledger is as the portal wrote it: %(events)d events, %(seals)d seals.")
            % {"events": events, "seals": Seal.objects.count()}
        )


class Counting:
    """Passes faults on and counts them, so that no list of all of them is held."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults, self.count = faults, 0

    def __iter__(self) -> Iterator[Fault]:
        for fault in self.faults:
            self.count += 1
            yield fault


def read_published(path: Path) -> list[dict[str, Any]]:
    """The seals of a copy of /ledger/seals.json; raises CommandError when it is none."""
    try:
        seals = json.loads(path.read_bytes())["seals"]
        return [{"number": each["number"], "day": each["day"], "hash": each["hash"]} for each in seals]
    except OSError as error:
        raise CommandError(
            _("%(path)s cannot be read: %(reason)s") % {"path": path, "reason": error.strerror}
        ) from None
    except (ValueError, KeyError, TypeError, RecursionError):
        raise CommandError(_("%(path)s is not a list of seals.") % {"path": path}) from None
