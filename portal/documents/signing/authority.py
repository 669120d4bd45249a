"""The bureau's own certificate authority: what it issues, and under whom a signature is believed."""

from __future__ import annotations

from datetime import datetime

from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import Encoding
from django.conf import settings
from django.utils.translation import gettext as _

from portal.documents.signing import certificates, keystore
from portal.documents.signing.certificates import Identity, PublicKey
from portal.documents.signing.signer import SigningFailed


def make(*, at: datetime) -> bool:
    """Make authority, seal and timestamp authority where there are none; False when they are there already.

    They appear together or not at all, and of two processes at once one wins. Raises SigningFailed.
    """
    if keystore.has(keystore.AUTHORITY):
        return False
    if not settings.SIGNING_PASSPHRASE:
        raise SigningFailed(_("SIGNING_PASSPHRASE must be set before keys are made."))
    bureau = _bureau()
    issuer = certificates.new_authority(bureau, at=at)
    key = certificates.new_key()
    seal = Identity(key, certificates.new_seal(issuer, key.public_key(), bureau, at=at))
    clock = certificates.new_clock(issuer, bureau, at=at)
    return keystore.put_all({keystore.AUTHORITY: issuer, keystore.SEAL: seal, keystore.CLOCK: clock})


def renew_seal(*, at: datetime) -> x509.Certificate:
    """A new key and certificate for the seal; the old certificate is kept, its key is not.

    Raises SigningFailed when there is nothing to renew or the authority has ended.
    """
    with keystore.alone():
        former = keystore.certificates_in(keystore.SEAL)[0]
        issuer = _living(at)
        key = certificates.new_key()
        fresh = Identity(key, certificates.new_seal(issuer, key.public_key(), _bureau(), at=at))
        keystore.keep(former)
        keystore.put_identity(keystore.SEAL, fresh)
    return fresh.certificate


def issue_for_device(public: PublicKey, *, at: datetime) -> x509.Certificate:
    """A seal certificate for a key that lives in a device, put where Pkcs11Signer finds it.

    The one that was there is kept. Raises SigningFailed.
    """
    with keystore.alone():
        issuer = _living(at)
        certificate = certificates.new_seal(issuer, public, _bureau(), at=at)
        if keystore.has(keystore.DEVICE):
            keystore.keep(keystore.certificates_in(keystore.DEVICE)[0])
        keystore.put_certificates(keystore.DEVICE, [certificate, issuer.certificate])
    return certificate


def _living(at: datetime) -> Identity:
    issuer = keystore.identity(keystore.AUTHORITY)
    end = issuer.certificate.not_valid_after_utc
    if at >= end:
        raise SigningFailed(
            _("The bureau's certificate authority ended on %(day)s: a new one is needed.")
            % {"day": f"{end:%Y-%m-%d}"}
        )
    return issuer


def _bureau() -> str:
    name = settings.BUREAU["name"].strip()
    if not 0 < len(name.encode()) <= certificates.LONGEST_NAME:
        raise SigningFailed(
            _("To stand on a certificate, BUREAU_NAME must have 1 to %(chinese)s Chinese characters.")
            % {"chinese": certificates.LONGEST_NAME // 3}
        )
    return name


# What is trusted ------------------------------------------------------------------------------------------


def ca_certificate() -> x509.Certificate:
    """The authority's certificate. No passphrase is needed. Raises SigningFailed when there is none yet."""
    return keystore.certificates_in(keystore.AUTHORITY)[0]


def ca_pem() -> bytes:
    """The authority's certificate, PEM, for /verify/ca.pem: what a reader imports. Raises SigningFailed."""
    return ca_certificate().public_bytes(Encoding.PEM)


def trust_roots() -> list[asn1.Certificate]:
    """Under which certificates a signature is the bureau's own, for pyHanko. Raises SigningFailed.

    Its authority, those it had before, and each seal certificate that another authority issued: that
    authority itself is not trusted, as it certifies others too.
    """
    known = [ca_certificate(), *keystore.certificates_under(keystore.FORMER)]
    if keystore.has(keystore.DEVICE):
        known.append(keystore.certificates_in(keystore.DEVICE)[0])
    own = [each for each in known if _is_authority(each)]
    return [to_asn1(each) for each in known if each in own or not any(_issued(by, each) for by in own)]


def timestamp_roots() -> list[asn1.Certificate]:
    """Under which certificates a timestamp is believed: the bureau's authorities and timestamp-roots/.

    Raises SigningFailed.
    """
    known = [ca_certificate(), *keystore.certificates_under(keystore.FORMER)]
    others = keystore.certificates_under(keystore.TIMESTAMP_ROOTS)
    return [to_asn1(each) for each in (*filter(_is_authority, known), *others)]


def to_asn1(certificate: x509.Certificate) -> asn1.Certificate:
    """The same certificate as pyHanko takes it."""
    return asn1.Certificate.load(certificate.public_bytes(Encoding.DER))


def _issued(by: x509.Certificate, certificate: x509.Certificate) -> bool:
    """By the signature, as two authorities may bear one name."""
    try:
        certificate.verify_directly_issued_by(by)
    except (InvalidSignature, ValueError, TypeError):
        return False
    return True


def _is_authority(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False
