"""The default signer: the seal's key lies encrypted under SIGNING_DIR and is opened in this process."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache

from portal.documents.signing import authority, keystore, timestamps
from portal.documents.signing.certificates import Identity, common_name
from portal.documents.signing.pades import Sealer
from portal.documents.signing.signer import Signed
from portal.documents.signing.software import software_signer


class KeyFileSigner:
    """Signs with SIGNING_DIR/seal.pem; a renewed certificate is taken up with the next document."""

    @property
    def name(self) -> str:
        return common_name(keystore.certificates_in(keystore.SEAL)[0])

    def sign(self, pdf: bytes, *, reason: str, at: datetime) -> Signed:
        return _sealer(keystore.identity(keystore.SEAL), timestamps.chosen()).seal(pdf, reason=reason, at=at)


@lru_cache(maxsize=4)
def _sealer(seal: Identity, stamping: str) -> Sealer:
    signer = software_signer(seal, authority.ca_certificate())
    return Sealer(seal.certificate, signer, timestamps.made(stamping))
