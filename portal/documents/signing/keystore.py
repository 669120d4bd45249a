"""The files under settings.SIGNING_DIR: read when needed, written whole or not at all, one writer at a time.

    authority.pem  seal.pem  timestamp.pem    a private key (PKCS#8, encrypted) and its certificate, each
    device.pem                                certificate of a key in a device, then those up to its root
    former/*.pem                              certificates that were replaced, without their keys
    timestamp-roots/*.pem                     whom else the bureau believes the time

The directory is 0700 and every file 0600. docs/signatures.md tells how they are kept and replaced.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)
from django.conf import settings
from django.utils.translation import gettext as _

from portal.documents.signing.certificates import Identity
from portal.documents.signing.signer import SigningFailed

AUTHORITY, SEAL, CLOCK, DEVICE = "authority.pem", "seal.pem", "timestamp.pem", "device.pem"
FORMER, TIMESTAMP_ROOTS = "former", "timestamp-roots"


def folder() -> Path:
    return Path(settings.SIGNING_DIR)


def has(name: str) -> bool:
    return (folder() / name).exists()


# Reading --------------------------------------------------------------------------------------------------


def identity(name: str) -> Identity:
    """A certificate and its opened key. Raises SigningFailed when it is missing, damaged or stays closed."""
    path = folder() / name
    return _read_identity(path, _state(path), settings.SIGNING_PASSPHRASE)


def certificates_in(name: str) -> list[x509.Certificate]:
    """The certificates of one file, in their order. Raises SigningFailed."""
    path = folder() / name
    return list(_read_certificates(path, _state(path)))


def certificates_under(name: str) -> list[x509.Certificate]:
    """The certificates of all files of a folder, which may be missing. Raises SigningFailed."""
    paths = sorted((folder() / name).glob("*.pem"))
    return [each for path in paths for each in _read_certificates(path, _state(path))]


def _state(path: Path) -> tuple[int, int]:
    """Changes when another file takes the place: a renewed certificate is taken up without a restart."""
    try:
        found = path.stat()
    except OSError:
        raise SigningFailed(
            _("%(file)s is missing in SIGNING_DIR: run manage.py make_certificates.") % {"file": path.name}
        ) from None
    return found.st_ino, found.st_mtime_ns


@lru_cache(maxsize=64)
def _read_certificates(path: Path, state: tuple[int, int]) -> tuple[x509.Certificate, ...]:
    try:
        return tuple(x509.load_pem_x509_certificates(path.read_bytes()))
    except (OSError, ValueError):
        raise SigningFailed(
            _("%(file)s in SIGNING_DIR holds no certificate.") % {"file": path.name}
        ) from None


@lru_cache(maxsize=16)
def _read_identity(path: Path, state: tuple[int, int], passphrase: str) -> Identity:
    certificate = _read_certificates(path, state)[0]
    try:
        key = load_pem_private_key(path.read_bytes(), passphrase.encode())
    except (OSError, ValueError, TypeError):
        raise SigningFailed(
            _(
                "The key in %(file)s cannot be opened: SIGNING_PASSPHRASE is not the one it was made with, "
                "or the file is damaged."
            )
            % {"file": path.name}
        ) from None
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.public_key() != certificate.public_key():
        raise SigningFailed(
            _("The key in %(file)s is not the one its certificate was issued for.") % {"file": path.name}
        )
    return Identity(key, certificate)


# Writing --------------------------------------------------------------------------------------------------


def put_all(identities: Mapping[str, Identity]) -> bool:
    """Put the first files there, all at once; False when another process was first. Raises SigningFailed.

    The directory is made under another name and renamed, which takes the place of nothing or of an empty
    directory, never of one that holds something.
    """
    whole = folder()
    try:
        whole.parent.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(prefix=f".{whole.name}-", dir=whole.parent))
        try:
            for name, each in identities.items():
                _write(fresh / name, _pem(each))
            _sync(fresh)
            fresh.rename(whole)
            _sync(whole.parent)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
    except OSError as error:
        if has(AUTHORITY):
            return False
        raise SigningFailed(
            _(
                "The certificates cannot be put into SIGNING_DIR (%(why)s): it must be a folder that does "
                "not exist yet or is empty, and not itself the place where a disk is mounted."
            )
            % {"why": error.strerror}
        ) from None
    return True


def put_identity(name: str, fresh: Identity) -> None:
    _replace(folder() / name, _pem(fresh))


def put_certificates(name: str, chain: list[x509.Certificate]) -> None:
    _replace(folder() / name, b"".join(each.public_bytes(Encoding.PEM) for each in chain))


def keep(certificate: x509.Certificate) -> None:
    """Keep a certificate that is about to be replaced, among the former ones."""
    (folder() / FORMER).mkdir(mode=0o700, exist_ok=True)
    put_certificates(f"{FORMER}/{certificate.serial_number:X}.pem", [certificate])


@contextmanager
def alone() -> Iterator[None]:
    """One change at a time, whichever process asks for it. Raises SigningFailed when nothing is there yet."""
    try:
        descriptor = os.open(folder(), os.O_RDONLY)
    except OSError:
        raise SigningFailed(
            _("There are no certificates in SIGNING_DIR yet: run manage.py make_certificates.")
        ) from None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _pem(each: Identity) -> bytes:
    encryption = BestAvailableEncryption(settings.SIGNING_PASSPHRASE.encode())
    key = each.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)
    return key + each.certificate.public_bytes(Encoding.PEM)


def _write(path: Path, data: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _replace(path: Path, data: bytes) -> None:
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    _write(fresh, data)
    fresh.replace(path)
    _sync(path.parent)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
