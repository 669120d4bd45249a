"""A pledge as it was signed: read out of the signed file, and never out of the tables beside it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.core.cache import cache

from pledges.comparing import Change, compare
from pledges.models import PledgeVersion
from portal.documents.actions import Tampered, document_bytes
from portal.documents.enclosed import NothingEnclosed, enclosed

# Two long texts take a second to compare, and come out the same every time.
KEPT_SECONDS = 24 * 60 * 60


@dataclass(frozen=True, slots=True)
class SignedClause:
    number: int
    text: str
    measure: str


@dataclass(frozen=True, slots=True)
class Signed:
    """What stands in the signed file. Days are Asia/Shanghai's; texts are in Chinese, as they were signed."""

    number: str
    title: str
    agency: str
    unit: str
    preamble: list[str]
    clauses: list[SignedClause]
    closing: list[str]
    phone: str
    fax: str
    email: str
    valid_from: date
    valid_until: date | None
    dated_on: date
    signer_name: str
    signer_title: str


def signed(version: PledgeVersion) -> Signed:
    """The version as it was signed. Raises Tampered when its file is gone, or is not the one that was signed.

    The file is read, hashed and taken apart at every call: what was changed in storage is never shown.
    """
    document = version.document
    assert document is not None
    data = document_bytes(document)
    try:
        values = enclosed(data)
    except NothingEnclosed:
        raise Tampered(f"the file of {document.number} holds no pledge") from None
    return _of(values)


def _of(values: dict[str, Any]) -> Signed:
    until = values.get("valid_until") or ""
    return Signed(
        number=values["number"],
        title=values["title"],
        agency=values["agency"],
        unit=values["unit"],
        preamble=list(values["paragraphs"]),
        clauses=[
            SignedClause(number, each["text"], each["measure"])
            for number, each in enumerate(values["clauses"], 1)
        ],
        closing=list(values["closing"]),
        phone=values["phone"],
        fax=values["fax"],
        email=values["email"],
        valid_from=date.fromisoformat(values["valid_from"]),
        valid_until=date.fromisoformat(until) if until else None,
        dated_on=date.fromisoformat(values["dated_on"]),
        signer_name=values["signer"]["name"],
        signer_title=values["signer"]["title"],
    )


def promised(text: str, measure: str) -> str:
    """A clause with what it is measured by: a target that is lowered changes the promise."""
    return f"{text}\n考核指标：{measure}" if measure else text


def compared(old: Sequence[str], new: Sequence[str]) -> list[Change]:
    """What changed between the clauses of two texts; kept under a hash of both."""
    said = json.dumps([list(old), list(new)], ensure_ascii=False).encode()
    key = f"pledges:compared:{hashlib.sha256(said).hexdigest()}"
    found: list[Change] | None = cache.get(key)
    if found is None:
        found = compare(old, new)
        cache.set(key, found, KEPT_SECONDS)
    return found
