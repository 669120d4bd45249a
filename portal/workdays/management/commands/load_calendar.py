"""`manage.py load_calendar`: the notices that come with the portal, and provisional years after them."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from portal.organisation.actors import SYSTEM
from portal.workdays.actions import seed_calendar


class Command(BaseCommand):
    help = "Loads the working-day calendar. May be run again: notices entered by hand are kept."

    def handle(self, *args: Any, **options: Any) -> None:
        written = seed_calendar(at=timezone.now(), actor=SYSTEM)
        if written:
            self.stdout.write(f"Calendar: {written} days loaded.")
        else:
            self.stdout.write("Calendar: up to date.")
