"""Who one can sign in as in the demonstration bureau."""

from __future__ import annotations

import unicodedata
from typing import Any

from django.contrib.auth.hashers import check_password
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from portal.organisation.demonstration import PASSWORD, Account, accounts, is_loaded
from portal.organisation.models import Staff


class Command(BaseCommand):
    help = "List the demonstration accounts, one a role."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--all", action="store_true", help="Every account, not one a role.")

    def handle(self, *args: Any, **options: Any) -> None:
        if not is_loaded():
            raise CommandError(_("The demonstration bureau is not loaded."))
        stored = dict(Staff.objects.active().values_list("username", "password"))
        # The accounts share one hash, and to try a password is slow on purpose.
        tried = {encoded: check_password(PASSWORD, encoded) for encoded in set(stored.values())}
        rows: list[tuple[str, ...]] = [(_("Role"), _("User name"), _("Password"), _("Second factor"))]
        for account in shown(options["all"]):
            if account.username not in stored:
                continue
            password = PASSWORD if tried[stored[account.username]] else _("(changed)")
            factor = (
                f"{account.secret}  (manage.py demonstration_code {account.username})"
                if account.secret
                else ""
            )
            rows.append((str(account.role.label), account.username, password, factor))
        for line in table(rows):
            self.stdout.write(line)


def shown(every: bool) -> list[Account]:
    """All accounts, or the first of each role."""
    first: dict[str, Account] = {}
    for account in accounts():
        first.setdefault(account.role, account)
    return list(accounts()) if every else list(first.values())


def table(rows: list[tuple[str, ...]]) -> list[str]:
    """Columns under one another, where a Chinese character takes two places."""
    widths = [max(width(row[column]) for row in rows) for column in range(len(rows[0]))]
    return [
        "  ".join(cell + " " * (widths[column] - width(cell)) for column, cell in enumerate(row)).rstrip()
        for row in rows
    ]


def width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)
