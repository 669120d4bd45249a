"""pyHanko's signer for a key that is open in this process."""

from __future__ import annotations

from asn1crypto import keys
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pyhanko.sign.signers import SimpleSigner
from pyhanko_certvalidator.registry import SimpleCertificateStore

from portal.documents.signing.authority import to_asn1
from portal.documents.signing.certificates import Identity


def software_signer(identity: Identity, *chain: x509.Certificate) -> SimpleSigner:
    """Signs as `identity`; the certificates of `chain` go into each signature."""
    der = identity.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return SimpleSigner(
        signing_cert=to_asn1(identity.certificate),
        signing_key=keys.PrivateKeyInfo.load(der),
        cert_registry=store_of(*chain),
    )


def store_of(*chain: x509.Certificate) -> SimpleCertificateStore:
    store = SimpleCertificateStore()
    store.register_multiple([to_asn1(each) for each in chain])
    return store
