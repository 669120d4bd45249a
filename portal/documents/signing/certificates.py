"""The three certificates of a bureau, as values: its authority, its seal, its clock (RFC 5280, RFC 3161)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

AUTHORITY_LASTS = timedelta(days=3653)
SEAL_LASTS = timedelta(days=1096)
# The clock of whoever checks may be a little slow.
EARLIER = timedelta(hours=1)
# X.520 gives a name 64 characters, and the library that writes it counts bytes: 21 Chinese characters.
LONGEST_NAME = 64

PublicKey = ec.EllipticCurvePublicKey | rsa.RSAPublicKey
NOTHING_ALLOWED = dict.fromkeys(
    (
        "digital_signature",
        "content_commitment",
        "key_encipherment",
        "data_encipherment",
        "key_agreement",
        "key_cert_sign",
        "crl_sign",
        "encipher_only",
        "decipher_only",
    ),
    False,
)


class Identity(NamedTuple):
    """A certificate with its key."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    def __repr__(self) -> str:
        return f"Identity({self.certificate.subject.rfc4514_string()})"


def new_key() -> ec.EllipticCurvePrivateKey:
    """P-256: every reader of PDFs checks it, and it signs in a tenth of a millisecond."""
    return ec.generate_private_key(ec.SECP256R1())


def new_authority(bureau: str, *, at: datetime) -> Identity:
    """The bureau's own certificate authority, for ten years. `bureau` has at most LONGEST_NAME bytes."""
    key, name = new_key(), _name(bureau, _fitting(bureau, "文件签章根证书"))
    builder = (
        _builder(name, key.public_key(), issuer=name, at=at, until=at + AUTHORITY_LASTS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage("key_cert_sign", "crl_sign"), critical=True)
    )
    return Identity(key, builder.sign(key, hashes.SHA256()))


def new_seal(authority: Identity, public: PublicKey, bureau: str, *, at: datetime) -> x509.Certificate:
    """What the bureau's documents are signed under: for three years, named after the bureau."""
    builder = _issued(authority, public, _name(bureau, bureau), at=at, lasts=SEAL_LASTS).add_extension(
        _usage("digital_signature", "content_commitment"), critical=True
    )
    return builder.sign(authority.key, hashes.SHA256())


def new_clock(authority: Identity, bureau: str, *, at: datetime) -> Identity:
    """The bureau's own timestamp authority, as long as the authority lasts; it may sign nothing else."""
    key, name = new_key(), _name(bureau, _fitting(bureau, "时间戳"))
    builder = (
        _issued(authority, key.public_key(), name, at=at, lasts=AUTHORITY_LASTS)
        .add_extension(_usage("digital_signature"), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
    )
    return Identity(key, builder.sign(authority.key, hashes.SHA256()))


def common_name(certificate: x509.Certificate) -> str:
    """Whom a certificate names: its common name, else its organisation, else the whole name."""
    for kind in (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME):
        if found := certificate.subject.get_attributes_for_oid(kind):
            return str(found[0].value)
    return certificate.subject.rfc4514_string()


def serial(certificate: x509.Certificate) -> str:
    return f"{certificate.serial_number:X}"


def _fitting(bureau: str, what: str) -> str:
    """With the bureau's name in front where there is room; it stands beside it as the organisation anyway."""
    whole = f"{bureau}{what}"
    return whole if len(whole.encode()) <= LONGEST_NAME else what


def _name(bureau: str, common: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "CN"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, bureau),
            x509.NameAttribute(NameOID.COMMON_NAME, common),
        ]
    )


def _usage(*allowed: str) -> x509.KeyUsage:
    return x509.KeyUsage(**{**NOTHING_ALLOWED, **dict.fromkeys(allowed, True)})


def _builder(
    name: x509.Name, public: PublicKey, *, issuer: x509.Name, at: datetime, until: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(at - EARLIER)
        .not_valid_after(until)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    )


def _issued(
    authority: Identity, public: PublicKey, name: x509.Name, *, at: datetime, lasts: timedelta
) -> x509.CertificateBuilder:
    """No certificate outlives its authority."""
    until = min(at + lasts, authority.certificate.not_valid_after_utc)
    subject = authority.certificate.subject
    return (
        _builder(name, public, issuer=subject, at=at, until=until)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key()), critical=False
        )
    )
