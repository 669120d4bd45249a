"""The six digits that an authenticator app would show: RFC 6238, as allauth checks them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import struct
from datetime import datetime

STEP_SECONDS = 30
DIGITS = 6


def code(secret: str, *, at: datetime) -> str:
    """The code at an aware moment, for a secret in base 32."""
    counter = int(at.timestamp()) // STEP_SECONDS
    # SHA-1 is what the apps speak; its weakness is no matter within an HMAC.
    digest = hmac.new(base64.b32decode(secret), struct.pack(">Q", counter), hashlib.sha1).digest()
    offset = digest[-1] & 0x0F
    number = struct.unpack(">I", digest[offset : offset + 4])[0] & 0x7FFFFFFF
    return str(number % 10**DIGITS).zfill(DIGITS)


def seconds_left(*, at: datetime) -> int:
    """How long the code of this moment still holds."""
    return STEP_SECONDS - int(at.timestamp()) % STEP_SECONDS
