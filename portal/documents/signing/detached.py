"""A second signature that stands beside the file, for algorithms that no PDF reader knows: SM2 with SM3.

The portal has no signer of this kind of its own: docs/signatures.md says which libraries were looked at, and
why a bureau's SM2 key belongs in a certified device. What such a device's adapter has to offer is here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Detached:
    """A signature over all bytes of a file, and what is needed to check it."""

    # As GB/T 35275 has it: SignedData without the content, DER.
    signature: bytes = field(repr=False)
    # What signed, as it is registered: 1.2.156.10197.1.501 is SM2 with SM3 (GM/T 0006).
    algorithm: str
    signed_at: datetime
    signer: str
    serial: str


class DetachedSigner(Protocol):
    @property
    def name(self) -> str:
        """The common name on the certificate. Raises SigningFailed when there is no usable certificate."""

    def sign_detached(self, data: bytes, *, at: datetime) -> Detached:
        """A signature over `data`, which are the bytes of a PDF that Signer.sign has signed already.

        `at` is the moment that the document claims, aware. Raises SigningFailed.
        """
