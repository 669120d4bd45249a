"""A signer whose key never leaves its device: a token or a security module, through its PKCS#11 library."""

from __future__ import annotations

import contextlib
from datetime import datetime
from threading import Lock

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key
from django.conf import settings
from django.utils.translation import gettext as _
from pkcs11 import Attribute, KeyType, ObjectClass, Session
from pkcs11 import PublicKey as DeviceKey
from pkcs11.exceptions import (
    PinIncorrect,
    PinInvalid,
    PinLenRange,
    PinLocked,
    PKCS11Error,
    UserAlreadyLoggedIn,
)
from pkcs11.util.ec import encode_ec_public_key
from pkcs11.util.rsa import encode_rsa_public_key
from pyhanko.config.pkcs11 import TokenCriteria
from pyhanko.sign.pkcs11 import PKCS11Signer, open_pkcs11_session

from portal.documents.signing import keystore, timestamps
from portal.documents.signing.authority import to_asn1
from portal.documents.signing.certificates import PublicKey, common_name
from portal.documents.signing.pades import Sealer
from portal.documents.signing.signer import Signed, SigningFailed

WRONG_PIN = (PinIncorrect, PinInvalid, PinLenRange, PinLocked)
NEEDED = ("PKCS11_MODULE", "PKCS11_TOKEN", "PKCS11_PIN", "PKCS11_KEY_LABEL")


class Pkcs11Signer:
    """Signs with the key PKCS11_KEY_LABEL; its certificate is SIGNING_DIR/device.pem."""

    def __init__(self) -> None:
        # A session does one thing at a time, whichever thread asks.
        self._lock = Lock()
        self._session: Session | None = None
        self._sealers: dict[tuple[x509.Certificate, str], Sealer] = {}
        self._refused = ""

    @property
    def name(self) -> str:
        return common_name(keystore.certificates_in(keystore.DEVICE)[0])

    def sign(self, pdf: bytes, *, reason: str, at: datetime) -> Signed:
        chain, stamping = keystore.certificates_in(keystore.DEVICE), timestamps.chosen()
        with self._lock:
            try:
                return self._sealer(chain, stamping).seal(pdf, reason=reason, at=at)
            except PKCS11Error as error:
                # A device that was pulled out and put back is found again with the next document.
                self._forget()
                raise _failed(error) from None

    def close(self) -> None:
        """Leave the device; the next document opens it again."""
        with self._lock:
            self._forget()

    def _forget(self) -> None:
        session, self._session = self._session, None
        self._sealers.clear()
        if session is not None:
            with contextlib.suppress(PKCS11Error):
                session.close()

    def _sealer(self, chain: list[x509.Certificate], stamping: str) -> Sealer:
        if self._session is None:
            self._session = self._opened()
        key = (chain[0], stamping)
        if key not in self._sealers:
            self._sealers = {key: Sealer(chain[0], _signer(self._session, chain), timestamps.made(stamping))}
        return self._sealers[key]

    def _opened(self) -> Session:
        """A session with the device. A PIN that was refused is not tried again: devices lock themselves."""
        if settings.PKCS11_PIN and self._refused == settings.PKCS11_PIN:
            raise _wrong_pin()
        try:
            return open_session()
        except WRONG_PIN:
            self._refused = settings.PKCS11_PIN
            raise _wrong_pin() from None


def open_session() -> Session:
    """A session with the token PKCS11_TOKEN. Raises SigningFailed, or PKCS11Error for the device's answer."""
    missing = [name for name in NEEDED if not getattr(settings, name)]
    if missing:
        raise SigningFailed(_("%(names)s must be set.") % {"names": ", ".join(missing)})
    token = TokenCriteria(label=settings.PKCS11_TOKEN)
    try:
        return open_pkcs11_session(settings.PKCS11_MODULE, token_criteria=token, user_pin=settings.PKCS11_PIN)
    except UserAlreadyLoggedIn:
        # A process signs in once, and all its sessions with the device are then signed in.
        return open_pkcs11_session(settings.PKCS11_MODULE, token_criteria=token)
    except PKCS11Error:
        raise
    except (OSError, RuntimeError):
        raise SigningFailed(_("PKCS11_MODULE is not the library of a PKCS#11 device.")) from None


def device_key() -> PublicKey:
    """The public half of the key PKCS11_KEY_LABEL, for its certificate. Raises SigningFailed."""
    try:
        with open_session() as session:
            found = _public_key(session)
    except WRONG_PIN:
        raise _wrong_pin() from None
    except PKCS11Error as error:
        raise _failed(error) from None
    if found is None:
        raise SigningFailed(
            _("The device has no public key (P-256 or RSA) with the label %(label)s.")
            % {"label": settings.PKCS11_KEY_LABEL}
        )
    return found


def _public_key(session: Session) -> PublicKey | None:
    wanted = {Attribute.CLASS: ObjectClass.PUBLIC_KEY, Attribute.LABEL: settings.PKCS11_KEY_LABEL}
    for each in list(session.get_objects(wanted)):
        if not isinstance(each, DeviceKey):
            continue
        if each.key_type is KeyType.EC:
            found = load_der_public_key(encode_ec_public_key(each))
        elif each.key_type is KeyType.RSA:
            found = load_der_public_key(encode_rsa_public_key(each))
        else:
            continue
        if isinstance(found, rsa.RSAPublicKey | ec.EllipticCurvePublicKey):
            return found
    return None


def _signer(session: Session, chain: list[x509.Certificate]) -> PKCS11Signer:
    public = _public_key(session)
    if public is not None and public != chain[0].public_key():
        raise SigningFailed(
            _("The certificate in %(file)s was not issued for the device's key.") % {"file": keystore.DEVICE}
        )
    return PKCS11Signer(
        session,
        signing_cert=to_asn1(chain[0]),
        ca_chain=[to_asn1(each) for each in chain[1:]],
        key_label=settings.PKCS11_KEY_LABEL,
        # Small devices sign a digest, and leave it to us to make it.
        use_raw_mechanism=isinstance(chain[0].public_key(), ec.EllipticCurvePublicKey),
    )


def _wrong_pin() -> SigningFailed:
    return SigningFailed(
        _(
            "The device refuses PKCS11_PIN. It is not tried again until it is changed, "
            "as devices lock themselves."
        )
    )


def _failed(error: PKCS11Error) -> SigningFailed:
    return SigningFailed(_("The signing device failed (%(why)s).") % {"why": type(error).__name__})
