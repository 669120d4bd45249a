"""Who says when: an RFC 3161 authority that TIMESTAMP_URL names, or the bureau's own.

A timestamp bears the authority's own clock. What the portal calls `at` never enters it: that is the point.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import urlsplit

import aiohttp
from asn1crypto import cms, tsp
from asn1crypto import x509 as asn1
from cryptography.hazmat.primitives import hashes
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from pyhanko.sign.signers import Signer as CmsSigner
from pyhanko.sign.timestamps import TimeStamper, TimestampRequestError
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.generic_cms import validate_tst_signed_data
from pyhanko.sign.validation.status import TimestampSignatureStatus
from pyhanko_certvalidator import ValidationContext

from portal.documents.signing import authority, keystore
from portal.documents.signing.signer import SigningFailed
from portal.documents.signing.software import software_signer

OWN = "own"
ANSWERS_WITHIN = 10.0
LARGEST_ANSWER = 256 * 1024
QUERY, REPLY = "application/timestamp-query", "application/timestamp-reply"
# Made from a random UUID (ITU-T X.667): "the time of this portal's own machine, to the second".
POLICY = "2.25.176043957202170340291863573716385297821"
DIGESTS: dict[str, type[hashes.HashAlgorithm]] = {
    "sha256": hashes.SHA256,
    "sha384": hashes.SHA384,
    "sha512": hashes.SHA512,
}


def chosen() -> str:
    """What TIMESTAMP_URL says: an address, or OWN.

    On one machine nothing need be said. In production the choice is the bureau's: a timestamp by the one who
    signs proves nothing to others. Raises SigningFailed.
    """
    value = settings.TIMESTAMP_URL
    if not value and settings.PRODUCTION:
        raise SigningFailed(
            _(
                "TIMESTAMP_URL must be the address of a timestamp authority (RFC 3161), "
                "or own for the portal's own clock."
            )
        )
    if value in ("", OWN):
        return OWN
    try:
        parts = urlsplit(value)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        good = False
    # The value is not shown: it may hold a password.
    if not good:
        raise SigningFailed(_("TIMESTAMP_URL must look like https://host/path, or be own."))
    return value


def made(choice: str) -> TimeStamper:
    """The authority for what `chosen` answered. Raises SigningFailed."""
    if choice != OWN:
        return RemoteAuthority(choice)
    return OwnAuthority(software_signer(keystore.identity(keystore.CLOCK), authority.ca_certificate()))


class OwnAuthority(TimeStamper):
    """A timestamp authority in this process, signing as `signer` and reading `clock` for each answer."""

    def __init__(self, signer: CmsSigner, *, clock: Callable[[], datetime] = timezone.now) -> None:
        super().__init__()
        self._signer = signer
        self._clock = clock

    async def async_request_tsa_response(self, req: tsp.TimeStampReq) -> tsp.TimeStampResp:
        """The answer to a request (RFC 3161, section 2.4.2): granted, or rejected for its digest."""
        imprint = req["message_imprint"]
        digest = DIGESTS.get(imprint["hash_algorithm"]["algorithm"].native)
        if digest is None or len(imprint["hashed_message"].native) != digest.digest_size:
            refusal = {"status": "rejection", "fail_info": {"bad_alg"}}
            return tsp.TimeStampResp({"status": refusal})
        certificate = self._signer.signing_cert
        assert certificate is not None
        info = {
            "version": "v1",
            "policy": POLICY,
            "message_imprint": imprint,
            "serial_number": secrets.randbits(63),
            "gen_time": self._clock().astimezone(UTC).replace(microsecond=0),
            "accuracy": {"seconds": 1},
            "tsa": asn1.GeneralName("directory_name", certificate.subject),
        }
        if req["nonce"].native is not None:
            info["nonce"] = req["nonce"]
        content = cms.EncapsulatedContentInfo(
            {"content_type": "tst_info", "content": cms.ParsableOctetString(tsp.TSTInfo(info).dump())}
        )
        # In the manner of CAdES: the token says which certificate made it (ESSCertIDv2, RFC 5816).
        token = await self._signer.async_sign_general_data(content, "sha256", detached=False, use_cades=True)
        answer = tsp.TimeStampResp({"status": {"status": "granted"}, "time_stamp_token": token})
        # Read back from its bytes, the answer is not encoded again at each step that follows.
        return tsp.TimeStampResp.load(answer.dump())


class RemoteAuthority(TimeStamper):
    """The authority at an address. Its answers are checked before they become part of a document."""

    def __init__(self, url: str, *, within: float = ANSWERS_WITHIN) -> None:
        super().__init__()
        self._url = url
        self._within = within

    @property
    def host(self) -> str:
        """For messages: the address may hold a password."""
        return urlsplit(self._url).hostname or ""

    async def async_request_tsa_response(self, req: tsp.TimeStampReq) -> tsp.TimeStampResp:
        timeout = aiohttp.ClientTimeout(total=self._within)
        headers = {"Content-Type": QUERY, "Accept": REPLY}
        async with (
            aiohttp.ClientSession(timeout=timeout, trust_env=True) as session,
            session.post(self._url, data=req.dump(), headers=headers, raise_for_status=True) as answer,
        ):
            if answer.content_type != REPLY:
                raise TimestampRequestError("another kind of answer")
            data = bytearray()
            async for part in answer.content.iter_any():
                data += part
                if len(data) > LARGEST_ANSWER:
                    raise TimestampRequestError("too long an answer")
        return tsp.TimeStampResp.load(bytes(data), strict=True)

    async def async_timestamp(self, message_digest: bytes, md_algorithm: str) -> cms.ContentInfo:
        """A timestamp over the digest that the authority granted and that holds. Raises SigningFailed."""
        try:
            token = await super().async_timestamp(message_digest, md_algorithm)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise SigningFailed(
                _("The timestamp authority %(host)s does not answer or refuses (%(why)s).")
                % {"host": self.host, "why": self._why(error)}
            ) from None
        except Exception:
            # What a stranger sent is read piece by piece, and fails in ways that the reader does not list.
            raise self._unusable() from None
        await self._check(token, message_digest, md_algorithm)
        return token

    async def _check(self, token: cms.ContentInfo, digest: bytes, algorithm: str) -> None:
        """Signed by a certificate for timestamps, over our digest; trusted, where roots are given for it."""
        # Without roots nothing is trusted, yet the signature is checked all the same.
        roots = authority.timestamp_roots()
        others = [each for each in roots if each not in authority.trust_roots()]
        try:
            found = TimestampSignatureStatus(
                **await validate_tst_signed_data(
                    token["content"],
                    ValidationContext(trust_roots=roots, allow_fetching=False),
                    lambda name: digest if name == algorithm else b"",
                )
            )
        except (SignatureValidationError, ValueError, TypeError, KeyError):
            raise self._unusable() from None
        if not (found.intact and found.valid):
            raise self._unusable()
        if others and not found.trusted:
            raise SigningFailed(
                _("The timestamp of %(host)s was not made under a certificate in timestamp-roots.")
                % {"host": self.host}
            )

    def _why(self, error: Exception) -> str:
        if isinstance(error, TimeoutError):
            return f"> {self._within:g} s"
        if isinstance(error, aiohttp.ClientResponseError):
            return f"HTTP {error.status}"
        return type(error).__name__

    def _unusable(self) -> SigningFailed:
        return SigningFailed(
            _("The timestamp authority %(host)s sent an answer that cannot be used.") % {"host": self.host}
        )


class Witness(TimeStamper):
    """Asks an authority for one timestamp and remembers the moment that it bears."""

    def __init__(self, asked: TimeStamper) -> None:
        super().__init__()
        self._asked = asked
        self.moment: datetime | None = None

    async def async_timestamp(self, message_digest: bytes, md_algorithm: str) -> cms.ContentInfo:
        token = await self._asked.async_timestamp(message_digest, md_algorithm)
        self.moment = token["content"]["encap_content_info"]["content"].parsed["gen_time"].native
        return token
