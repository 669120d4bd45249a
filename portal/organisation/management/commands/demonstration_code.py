"""The six digits of a demonstration account's second factor, for those who have no phone at hand."""

from __future__ import annotations

from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.utils import decrypt
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.organisation import one_time_codes
from portal.organisation.demonstration import accounts, is_loaded


class Command(BaseCommand):
    help = "Print the current one-time code of a demonstration account."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "username", choices=[account.username for account in accounts() if account.secret]
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if not is_loaded():
            raise CommandError(_("The demonstration bureau is not loaded."))
        username = options["username"]
        secret = next(account.secret for account in accounts() if account.username == username)
        held = Authenticator.objects.filter(user__username=username, type=Authenticator.Type.TOTP).first()
        if secret is None or held is None or decrypt(held.data["secret"]) != secret:
            raise CommandError(_("This account has another second factor by now."))
        now = timezone.now()
        self.stdout.write(one_time_codes.code(secret, at=now))
        left = _("It holds for %(seconds)s more seconds, and once only.") % {
            "seconds": one_time_codes.seconds_left(at=now)
        }
        self.stderr.write(left)
