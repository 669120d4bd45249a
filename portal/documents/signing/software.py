"""pyHanko's signer for a key that is open in this process."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Any

from asn1crypto import keys, tsp
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pyhanko.sign.attributes import CMSAttributeProvider, SigningCertificateV2Provider
from pyhanko.sign.general import as_signing_certificate_v2
from pyhanko.sign.signers import SimpleSigner
from pyhanko_certvalidator.registry import SimpleCertificateStore

from portal.documents.signing.authority import to_asn1
from portal.documents.signing.certificates import Identity


class _WhichCertificate(SigningCertificateV2Provider):
    """The attribute that names the signer's certificate, read back from its bytes.

    As pyHanko builds it, it is encoded again, part within part, at each step of the signing: some thousand
    times, and two thirds of what a signature costs.
    """

    def __init__(self, der: bytes) -> None:
        self._der = der

    async def build_attr_value(self, dry_run: bool = False) -> tsp.SigningCertificateV2:
        return tsp.SigningCertificateV2.load(self._der)


class _Signer(SimpleSigner):
    @cached_property
    def _which(self) -> bytes:
        der: bytes = as_signing_certificate_v2(self.signing_cert).dump()
        return der

    def _signed_attr_providers(self, *args: Any, **kwargs: Any) -> Iterator[CMSAttributeProvider]:
        for each in super()._signed_attr_providers(*args, **kwargs):
            names = isinstance(each, SigningCertificateV2Provider)
            yield _WhichCertificate(self._which) if names else each


def software_signer(identity: Identity, *chain: x509.Certificate) -> SimpleSigner:
    """Signs as `identity`; the certificates of `chain` go into each signature."""
    der = identity.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return _Signer(
        signing_cert=to_asn1(identity.certificate),
        signing_key=keys.PrivateKeyInfo.load(der),
        cert_registry=store_of(*chain),
    )


def store_of(*chain: x509.Certificate) -> SimpleCertificateStore:
    store = SimpleCertificateStore()
    store.register_multiple([to_asn1(each) for each in chain])
    return store
