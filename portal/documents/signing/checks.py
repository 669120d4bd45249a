"""`manage.py check --deploy`: whether the portal can sign documents, and for how long yet."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.core.exceptions import ImproperlyConfigured
from django.utils import timezone, translation

from portal.documents.signing import keystore, timestamps
from portal.documents.signing.signer import SigningFailed, the_signer

WARN_BEFORE = timedelta(days=60)
KEY_FILE = "portal.documents.signing.keyfile.KeyFileSigner"
DEVICE = "portal.documents.signing.pkcs11.Pkcs11Signer"


# Not with every command: the certificates are made by one, after the database is there.
@register(Tags.security, deploy=True)
def documents_can_be_signed(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    with translation.override("en"):
        try:
            choice = timestamps.chosen()
        except SigningFailed as failed:
            found.append(Error(str(failed), id="documents.E001"))
        else:
            if choice != timestamps.OWN and not keystore.certificates_under(keystore.TIMESTAMP_ROOTS):
                found.append(
                    Warning(
                        "There is no certificate in SIGNING_DIR/timestamp-roots, so that the check page "
                        "believes no timestamp of the authority at TIMESTAMP_URL.",
                        id="documents.W002",
                    )
                )
        try:
            # Asks the files alone: a device may be away for a moment, and counts wrong PINs.
            name = the_signer().name
            if settings.SIGNER == KEY_FILE:
                keystore.identity(keystore.SEAL)
                keystore.identity(keystore.CLOCK)
        except (SigningFailed, ImproperlyConfigured) as failed:
            found.append(Error(str(failed), id="documents.E002"))
        else:
            found += _lasting(name)
    return found


def _lasting(name: str) -> list[CheckMessage]:
    file = {KEY_FILE: keystore.SEAL, DEVICE: keystore.DEVICE}.get(settings.SIGNER)
    if file is None:
        return []
    end = keystore.certificates_in(file)[0].not_valid_after_utc
    if timezone.now() >= end:
        text = f"The certificate that documents are signed under ({name}) ended on {end:%Y-%m-%d}."
        return [Error(text, hint="manage.py make_certificates --renew", id="documents.E003")]
    if timezone.now() >= end - WARN_BEFORE:
        text = f"The certificate that documents are signed under ({name}) ends on {end:%Y-%m-%d}."
        return [Warning(text, hint="manage.py make_certificates --renew", id="documents.W001")]
    return []
