"""Makes the keys and certificates that documents are signed with. What is there already stays."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from portal.documents.signing import authority, keystore
from portal.documents.signing.certificates import common_name
from portal.documents.signing.signer import SigningFailed


class Command(BaseCommand):
    help = "Make the bureau's certificate authority, seal and timestamp authority under SIGNING_DIR."
    # The checks ask for the certificates that this command makes.
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        what = parser.add_mutually_exclusive_group()
        what.add_argument(
            "--renew", action="store_true", help="a new key and certificate for the seal; the old one is kept"
        )
        what.add_argument(
            "--for-pkcs11",
            action="store_true",
            help="a seal certificate for the key in the device that the PKCS11_ settings name",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        at = timezone.now()
        try:
            if not options["renew"]:
                authority.make(at=at)
            if options["renew"]:
                authority.renew_seal(at=at)
            if options["for_pkcs11"]:
                # Only here, as the library for devices is loaded where there is one.
                from portal.documents.signing.pkcs11 import device_key

                authority.issue_for_device(device_key(), at=at)
            self._show("device" if options["for_pkcs11"] else "seal")
        except SigningFailed as failed:
            raise CommandError(str(failed)) from None

    def _show(self, which: str) -> None:
        seal = keystore.certificates_in(f"{which}.pem")[0]
        self.stdout.write(
            f"Documents are signed as {common_name(seal)}: certificate {seal.serial_number:X}, "
            f"until {seal.not_valid_after_utc:%Y-%m-%d}."
        )
