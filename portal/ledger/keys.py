"""The secrets of the ledger, all from settings.LEDGER_KEY: one to sign seals, one for heads, one for salts.

The database never holds any of them, so that who can write to the database alone can write nothing into the
ledger that would pass.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from functools import lru_cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured


@dataclass(frozen=True, slots=True)
class Keyring:
    signing: Ed25519PrivateKey
    public: Ed25519PublicKey
    head: bytes
    salt: bytes

    @property
    def public_hex(self) -> str:
        """The public key, 64 hexadecimal digits: what the bureau publishes."""
        return self.public.public_bytes_raw().hex()

    def sign(self, message: bytes) -> str:
        return self.signing.sign(message).hex()

    def has_signed(self, message: bytes, signature: str) -> bool:
        try:
            self.public.verify(bytes.fromhex(signature), message)
        except (InvalidSignature, ValueError):
            return False
        return True


@lru_cache(maxsize=4)
def _derived(text: str) -> Keyring:
    try:
        seed = bytes.fromhex(text)
    except ValueError:
        seed = b""
    if len(seed) != 32:
        raise ImproperlyConfigured("LEDGER_KEY must be 64 hexadecimal digits.")
    signing = Ed25519PrivateKey.from_private_bytes(seed)
    return Keyring(
        signing=signing,
        public=signing.public_key(),
        head=hmac.digest(seed, b"portal.ledger: heads", "sha256"),
        salt=hmac.digest(seed, b"portal.ledger: salts", "sha256"),
    )


def keyring() -> Keyring:
    """The keys of this installation; raises ImproperlyConfigured when LEDGER_KEY is no key."""
    return _derived(settings.LEDGER_KEY)
