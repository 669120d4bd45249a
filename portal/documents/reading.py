"""Reads one uploaded PDF and says what is signed in it: `python -m portal.documents.reading memory cpu`.

The file comes from anyone, so this is a program of `portal.cases.confined`, which `checking` starts. It is
asked with `roots` and `clocks`, certificates as base64 of DER, and `at`, ISO. No Django here.
"""

from __future__ import annotations

import asyncio
import base64
import io
from datetime import datetime, timedelta
from typing import Any

from portal.cases.confined import SPENT, answer, confine

__all__ = ["confine", "read"]

METHODS = ("/ETSI.CAdES.detached", "/adbe.pkcs7.detached")
MOST_SIGNATURES = 20
LONGEST_TEXT = 200
# In the certificate's own life, to learn whether it was ever the bureau's.
AN_HOUR = timedelta(hours=1)


def main() -> None:
    answer(
        lambda asked, data: read(
            data,
            roots=[base64.b64decode(each) for each in asked["roots"]],
            clocks=[base64.b64decode(each) for each in asked["clocks"]],
            at=datetime.fromisoformat(asked["at"]),
        )
    )


def read(data: bytes, *, roots: list[bytes], clocks: list[bytes], at: datetime) -> dict[str, Any]:
    """What a PDF says of itself, and what is true of its signatures, oldest first.

    `roots` are the certificates, DER, under which a signature is the bureau's; `clocks` those under which a
    timestamp is believed. `at` is the moment for which a signature without one is judged. Answers {"problem"}
    alone for a file that cannot be read, and raises whatever the reader raises for a damaged one.
    """
    # Imported here, so that it happens within the limits.
    from pyhanko.pdf_utils.decode_limits import DecodeLimits
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.fields import enumerate_sig_fields

    reader = PdfFileReader(io.BytesIO(data), decode_limits=DecodeLimits())
    if reader.encrypted:
        return {"problem": "encrypted"}
    fields = list(enumerate_sig_fields(reader, filled_status=True))
    if len(fields) > MOST_SIGNATURES:
        return {"problem": "too_much"}
    trust = _Trust(roots, clocks, at)
    # One event loop for all of them; without a signature none is needed.
    signatures = asyncio.run(_signatures(reader, fields, trust, len(data))) if fields else []
    signatures.sort(key=lambda each: each["end"])
    return {"problem": "", "signatures": signatures, "names": _names(reader)}


class _Trust:
    """Whom to believe. Nothing is ever fetched: whom a file names would be asked, whoever that is."""

    def __init__(self, roots: list[bytes], clocks: list[bytes], at: datetime) -> None:
        from asn1crypto.x509 import Certificate

        self.at = at
        self._roots = [Certificate.load(each) for each in roots]
        self._clocks = [Certificate.load(each) for each in clocks]

    def signers(self, moment: datetime) -> Any:
        return self._context(self._roots, moment)

    def clocks(self, moment: datetime) -> Any:
        return self._context(self._clocks, moment)

    def _context(self, trusted: list[Any], moment: datetime) -> Any:
        from pyhanko_certvalidator import ValidationContext

        # An empty list trusts nobody; None would stand for the machine's own roots.
        return ValidationContext(trust_roots=trusted, moment=moment, allow_fetching=False)


async def _signatures(reader: Any, fields: list[Any], trust: _Trust, size: int) -> list[dict[str, Any]]:
    from pyhanko.sign.validation import EmbeddedPdfSignature

    found = []
    for name, _value, field in fields:
        problem = "method"
        try:
            known = field.get_object()["/V"].get("/SubFilter") in METHODS
            problem = "damaged" if known else "method"
            signature = EmbeddedPdfSignature(reader, field, name)
            places = [int(each) for each in signature.byte_range]
            sound = len(places) == 4 and min(places) >= 0 and sum(places[2:]) <= size
            # Well-formed: whatever fails from here on is an algorithm that is not known.
            problem = "method" if sound and signature.signer_cert else problem
            # The time of the whole document, not of a person, says nothing of who signed.
            if signature.sig_object_type != "/DocTimeStamp":
                found.append(await _looked_at(signature, trust, size))
        except SPENT:
            raise
        except Exception:
            found.append({"problem": problem, "end": size})
    return found


async def _looked_at(signature: Any, trust: _Trust, size: int) -> dict[str, Any]:
    from pyhanko.sign.validation import SignatureCoverageLevel, async_validate_pdf_signature

    stamped_at = await _stamped_at(signature, trust)
    moment = stamped_at or trust.at
    status = await async_validate_pdf_signature(
        signature, trust.signers(moment), ts_validation_context=trust.clocks(moment)
    )
    certificate = signature.signer_cert
    start, before, after, length = (int(each) for each in signature.byte_range)
    gap = 2 * len(signature.pkcs7_content) + 2
    # pyHanko adds the lengths up; that the gap is where the signature stands is for us to see.
    whole = (start, after, after + length) == (0, before + gap, size)
    covers_file = status.coverage == SignatureCoverageLevel.ENTIRE_FILE and whole
    claimed = signature.self_reported_timestamp
    return {
        "problem": "",
        "end": after + length,
        "signer": _line(_named(certificate)),
        "serial": f"{certificate.serial_number:X}"[:60],
        "intact": bool(status.intact and status.valid),
        "trust": await _trust_in(signature, status, trust),
        "stamped_at": stamped_at.isoformat() if stamped_at else "",
        "claimed_at": claimed.isoformat() if claimed and claimed.tzinfo else "",
        "covers_file": covers_file,
        # Whatever came later was but another signature, or a form filled in as the signer allowed.
        "added_lawfully": bool(status.docmdp_ok),
    }


async def _stamped_at(signature: Any, trust: _Trust) -> datetime | None:
    """When a clock that is believed has seen the signature; None when none has.

    The clock's certificate is judged at the time that it gives: it may have ended since, as the signer's may.
    """
    from pyhanko.sign.validation.generic_cms import (
        extract_tst_data_iter,
        message_imprint_checker,
        validate_tst_signed_data,
    )
    from pyhanko.sign.validation.status import TimestampSignatureStatus

    for token in extract_tst_data_iter(signature.signer_info, signed=False):
        try:
            moment: datetime = token["encap_content_info"]["content"].parsed["gen_time"].native
            found = await validate_tst_signed_data(
                token, trust.clocks(moment), message_imprint_checker(signature.signer_info)
            )
            status = TimestampSignatureStatus(**found)
        except SPENT:
            raise
        except Exception:  # noqa: S112 - a damaged token is no token
            continue
        if status.intact and status.valid and status.trusted:
            return moment
    return None


async def _trust_in(signature: Any, status: Any, trust: _Trust) -> str:
    """ "ours"; "lapsed" when the certificate is ours but did not hold at that time; else "unknown"."""
    from pyhanko.sign.validation import async_validate_pdf_signature

    if status.trusted:
        return "ours"
    certificate = signature.signer_cert
    life = certificate.not_valid_before + AN_HOUR
    again = await async_validate_pdf_signature(signature, trust.signers(life), skip_diff=True)
    return "lapsed" if again.trusted else "unknown"


def _named(certificate: Any) -> str:
    """Whom the certificate names: its common name, else its organisation, else the whole name."""
    parts = certificate.subject.native
    for kind in ("common_name", "organization_name"):
        if found := parts.get(kind):
            return found if isinstance(found, str) else str(found[0])
    return str(certificate.subject.human_friendly)


def _names(reader: Any) -> list[str]:
    """What the file calls itself: number and check code, if it is one of the bureau's."""
    found = []
    try:
        about = reader.trailer_view["/Info"]
        for key in ("/Keywords", "/Subject"):
            if key in about:
                found.append(_line(str(about[key])))
    except SPENT:
        raise
    except Exception:
        return []
    return found


def _line(text: str) -> str:
    """One line of limited length, without marks that could disguise it."""
    return "".join(each if each.isprintable() else " " for each in text[:LONGEST_TEXT]).strip()


if __name__ == "__main__":
    main()
