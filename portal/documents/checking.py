"""What a file that somebody brings is worth: signed by whom, when, changed since, still in force.

Two witnesses are heard. The signature in the file says who signed it and that no byte changed; the register
says which documents the bureau has issued and whether they still hold. Only where both agree is a file called
genuine. So no list of revoked certificates is needed: what a stolen key signs is not in the register.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import IO, Any

from django.conf import settings
from django.db.models import Q

from portal.cases import confined
from portal.cases.terms import local_day
from portal.documents.models import Document, Standing, is_held_back
from portal.documents.signing import authority
from portal.documents.signing.signer import SigningFailed

MOST_BYTES = 20 * 1024 * 1024
# Measured: a signed document of one page takes 67 MB of address space (the reader's own modules, nearly all
# of it), one of 20 MB 138. Almost three times that leaves room for files that unpack into more; two web
# processes with two readers each then take 1.5 GB at the very worst.
MEMORY = 384 * 1024 * 1024
# A signed document takes 0.5, one of 20 MB 0.8.
CPU_SECONDS = 3
WALL_SECONDS = 10.0
PATIENCE_SECONDS = 2.0
READER = "portal.documents.reading"
CODES = re.compile(rb"(?<![0-9A-Z])[2-9A-HJKMNP-Z]{5}-[2-9A-HJKMNP-Z]{5}(?![0-9A-Z])")
MOST_NAMES = 20

# One room for all who read a stranger's file.
MOST_AT_ONCE, TooBusy, _places = confined.MOST_AT_ONCE, confined.TooBusy, confined.places


class Verdict(StrEnum):
    VALID = "valid"
    VALID_NOT_OURS = "valid_not_ours"
    CHANGED = "changed"
    # Signature and register do not agree: signed by us yet never issued, or issued and not signed by us.
    CONTRADICTION = "contradiction"
    NO_SIGNATURE = "no_signature"
    NOT_A_PDF = "not_a_pdf"
    TOO_LARGE = "too_large"
    UNREADABLE = "unreadable"


class Trust(StrEnum):
    OURS = "ours"
    # Ours, but the certificate had ended, or had not begun, when it signed.
    LAPSED = "lapsed"
    UNKNOWN = "unknown"


class Why(StrEnum):
    """What is behind a verdict that can come about in several ways."""

    NONE = ""
    BYTES = "bytes"
    ADDED = "added"
    CERTIFICATE = "certificate"
    NOT_ISSUED = "not_issued"
    NOT_SIGNED_BY_US = "not_signed_by_us"
    METHOD = "method"
    ENCRYPTED = "encrypted"
    BROKEN = "broken"
    TOO_MUCH = "too_much"


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature. `signer` is what its certificate says, which only for ours is more than a claim.

    `stamped_at` is the time of a clock that is believed; `claimed_at` the signer's own statement.
    """

    signer: str
    serial: str
    intact: bool
    trust: Trust
    stamped_at: datetime | None
    claimed_at: datetime | None
    covers_file: bool
    added_lawfully: bool
    end: int
    problem: str = ""

    @property
    def readable(self) -> bool:
        return not self.problem

    @property
    def signed_at(self) -> datetime | None:
        return self.stamped_at or self.claimed_at

    @property
    def is_ours(self) -> bool:
        return self.trust is Trust.OURS

    @property
    def names_the_bureau(self) -> bool:
        """Whether a stranger's certificate bears the bureau's name: anybody can make himself one."""
        name = re.sub(r"\s", "", settings.BUREAU["name"])
        return not self.is_ours and bool(name) and name in re.sub(r"\s", "", self.signer)


@dataclass(frozen=True, slots=True)
class Finding:
    """The answer about one file. `document` is the one that it is, or that it seems to have been made from.

    `is_original` says which: the file is, byte for byte, what was issued. `standing` is the document's on the
    day of the check.
    """

    verdict: Verdict
    sha256: str = ""
    why: Why = Why.NONE
    signatures: tuple[Signature, ...] = ()
    document: Document | None = None
    is_original: bool = False
    standing: Standing | None = None

    @property
    def principal(self) -> Signature | None:
        """The signature that the verdict is about: ours, else the last one that could be read."""
        readable = [each for each in self.signatures if each.readable]
        ours = [each for each in readable if each.trust is not Trust.UNKNOWN]
        return next(reversed(ours or readable), None)

    @property
    def signer(self) -> str:
        return self.principal.signer if self.principal else ""

    @property
    def signed_at(self) -> datetime | None:
        return self.principal.signed_at if self.principal else None

    @property
    def timestamp_ok(self) -> bool:
        return self.principal is not None and self.principal.stamped_at is not None

    @property
    def changed_since(self) -> bool:
        return self.verdict is Verdict.CHANGED


def check_upload(file: IO[bytes], *, size: int, at: datetime) -> Finding:
    """What an uploaded file is worth at a moment; `size` in bytes, as announced.

    Never raises for a file, however bad. Raises TooBusy when others are being read and the wait was in vain.
    """
    if size > MOST_BYTES or len(data := file.read(MOST_BYTES + 1)) > MOST_BYTES:
        return Finding(Verdict.TOO_LARGE)
    sha256 = hashlib.sha256(data).hexdigest()
    if not data.startswith(b"%PDF-"):
        return Finding(Verdict.NOT_A_PDF, sha256)
    found = _read(data, at=at)
    signatures = tuple(_signatures(found.get("signatures", [])))
    document = _document_of(data, sha256, signatures, found.get("names", []))
    is_original = document is not None and document.sha256 == sha256
    verdict, why = _judged(str(found["problem"]), signatures, is_original=is_original)
    return Finding(
        verdict,
        sha256,
        why,
        signatures,
        document,
        is_original,
        document.standing(local_day(at)) if document else None,
    )


# The process ------------------------------------------------------------------------------------------------


def _read(data: bytes, *, at: datetime) -> Mapping[str, Any]:
    """What the process says of the file; where it was ended, that is an answer as well."""
    try:
        roots, clocks = authority.trust_roots(), authority.timestamp_roots()
    except SigningFailed:
        # Nothing was ever signed here: nobody's signature is the bureau's.
        roots, clocks = [], []
    asked = {
        "roots": [base64.b64encode(each.dump()).decode() for each in roots],
        "clocks": [base64.b64encode(each.dump()).decode() for each in clocks],
        "at": at.isoformat(),
    }
    return confined.ask(
        READER,
        data,
        asked,
        memory=MEMORY,
        cpu=CPU_SECONDS,
        wall=WALL_SECONDS,
        patience=PATIENCE_SECONDS,
        places=_places,
    )


def _signatures(rows: list[dict[str, Any]]) -> list[Signature]:
    return [
        Signature(
            signer=row.get("signer", ""),
            serial=row.get("serial", ""),
            intact=row.get("intact", False),
            trust=Trust(row.get("trust", Trust.UNKNOWN)),
            stamped_at=_moment(row.get("stamped_at", "")),
            claimed_at=_moment(row.get("claimed_at", "")),
            covers_file=row.get("covers_file", False),
            added_lawfully=row.get("added_lawfully", False),
            end=row["end"],
            problem=row["problem"],
        )
        for row in rows
    ]


def _moment(text: str) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


# The register -----------------------------------------------------------------------------------------------


def _document_of(
    data: bytes, sha256: str, signatures: tuple[Signature, ...], names: list[str]
) -> Document | None:
    """The document that the file is, or was before something was added, or says that it is; one query.

    The check code stands in every document's properties, which few programs leave out when they save a file.
    """
    hashes = [sha256]
    hashes += [
        hashlib.sha256(memoryview(data)[: each.end]).hexdigest()
        for each in signatures
        if 0 < each.end < len(data)
    ]
    said = {each.decode() for each in _first(CODES.finditer(data))} | set(names)
    codes = {each.replace("-", "") for each in said}
    found = list(
        Document.objects.select_related("replaced_by").filter(
            Q(sha256__in=hashes) | Q(check_code__in=codes) | (Q(number__in=names) & ~is_held_back())
        )[:MOST_NAMES]
    )
    # What the bytes prove counts before what the file says.
    order = {each: place for place, each in enumerate(hashes)}
    found.sort(key=lambda each: order.get(each.sha256, len(order)))
    return found[0] if found else None


def _first(matches: Any) -> list[bytes]:
    return [match[0] for match, _count in zip(matches, range(MOST_NAMES), strict=False)]


# The verdict ------------------------------------------------------------------------------------------------


def _judged(problem: str, signatures: tuple[Signature, ...], *, is_original: bool) -> tuple[Verdict, Why]:
    """The rule, from what the process found and whether the register has these very bytes."""
    if problem:
        return Verdict.UNREADABLE, Why(problem)
    if not signatures:
        return (
            (Verdict.CONTRADICTION, Why.NOT_SIGNED_BY_US) if is_original else (Verdict.NO_SIGNATURE, Why.NONE)
        )
    readable = [each for each in signatures if each.readable]
    if any(not each.intact for each in readable) or any(each.problem == "damaged" for each in signatures):
        return Verdict.CHANGED, Why.BYTES
    if any(each.trust is Trust.LAPSED for each in readable):
        return Verdict.CONTRADICTION, Why.CERTIFICATE
    ours = [each for each in readable if each.is_ours]
    if ours:
        # Nothing may be added to a document of the bureau: it was complete when it was signed.
        if not any(each.covers_file for each in ours):
            return Verdict.CHANGED, Why.ADDED
        return (Verdict.VALID, Why.NONE) if is_original else (Verdict.CONTRADICTION, Why.NOT_ISSUED)
    if is_original:
        return Verdict.CONTRADICTION, Why.NOT_SIGNED_BY_US
    if len(readable) < len(signatures):
        return Verdict.UNREADABLE, Why.METHOD
    if not all(each.covers_file or each.added_lawfully for each in signatures):
        return Verdict.CHANGED, Why.ADDED
    return Verdict.VALID_NOT_OURS, Why.NONE
