"""Who signs: the interface every signer has, and the one that settings.SIGNER names."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Protocol

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string


class SigningFailed(Exception):
    """Nothing was signed; the message is a sentence that says why and holds no secret."""


@dataclass(frozen=True, slots=True)
class Signed:
    """A signed document. `signed_at` is what the timestamp authority's clock said, not the caller's `at`."""

    pdf: bytes = field(repr=False)
    signed_at: datetime
    # Common name and serial number (hexadecimal digits, as certificates are shown) of the certificate.
    signer: str
    serial: str


class Signer(Protocol):
    @property
    def name(self) -> str:
        """The common name on the certificate. Raises SigningFailed when there is no usable certificate."""

    def sign(self, pdf: bytes, *, reason: str, at: datetime) -> Signed:
        """The document with the bureau's signature added at its end: PAdES B-T.

        `at` is the moment that the document claims, aware; the timestamp in the signature is the authority's
        own. Raises SigningFailed.
        """


def the_signer() -> Signer:
    """The signer of this installation, one a process. Raises ImproperlyConfigured when SIGNER names none."""
    return _made(settings.SIGNER)


@lru_cache(maxsize=4)
def _made(path: str) -> Signer:
    try:
        made = import_string(path)()
    except (ImportError, TypeError):
        raise ImproperlyConfigured(f"SIGNER must be the dotted path of a signer, not {path!r}.") from None
    if not callable(getattr(made, "sign", None)):
        raise ImproperlyConfigured(f"SIGNER must be the dotted path of a signer, not {path!r}.")
    return made
