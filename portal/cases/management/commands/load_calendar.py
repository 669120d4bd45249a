"""`manage.py load_calendar`: the notices that come with the portal, and what they move."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction
from django.utils import timezone

from portal.cases.replanning import replan_running
from portal.organisation.actors import SYSTEM
from portal.workdays.actions import seed_calendar


class Command(BaseCommand):
    help = "Loads the working-day calendar. May be run again: notices entered by hand are kept."

    def handle(self, *args: Any, **options: Any) -> None:
        at = timezone.now()
        # A newer release may bring a year's notice: calendar and running limits change in one commit.
        with transaction.atomic():
            written = seed_calendar(at=at, actor=SYSTEM)
            moved = replan_running(actor=SYSTEM, at=at, notice="load_calendar") if written else []
        if written:
            self.stdout.write(f"Calendar: {written} days loaded.")
        else:
            self.stdout.write("Calendar: up to date.")
        if moved:
            self.stdout.write(f"{len(moved)} running limits moved with it.")
