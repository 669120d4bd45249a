"""What is hashed, and how: pure functions of values, the same for writing, verifying and receipts.

An event's hash covers its header: subject, seq, verb, at, role, actor_hash, data_hash, previous. The header
is public; who acted and the data stay inside and enter by their hashes. Both hashes are salted with a secret
that depends on the rest of the header, so that nobody can guess a name or a small value from a receipt, and
nobody without the key can write a header that passes.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.utils.functional import Promise

from portal.ledger.keys import keyring

# Stands where there is nothing before: the first event of a subject, the first seal.
NOTHING = "0" * 64
# The head that keeps the end of the list of seals; no event may use it.
SEALS = "ledger:seals"
CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def plain(value: Any) -> Any:
    """A value as the ledger keeps it: text, whole numbers, true, false, null, lists and maps.

    Fractions become text, since JSONB rewrites numbers and the hash must come out the same after reading.
    Raises ValueError for text that Postgres cannot hold, TypeError for what has no plain form.
    """
    # Nearly every value is exactly one of these; the rest of the question is for the others.
    if value is None or type(value) in (bool, int):
        return value
    if type(value) is str:
        return _storable(value)
    if type(value) is dict:
        return {plain(str(key)): plain(each) for key, each in value.items()}
    if isinstance(value, Enum):
        return plain(value.value)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, str):
        return _storable(str(value))
    if isinstance(value, float | Decimal | UUID | Promise):
        return str(value)
    if isinstance(value, datetime):
        return stamp(value) if value.tzinfo else value.isoformat()
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {plain(str(key)): plain(each) for key, each in value.items()}
    if isinstance(value, set | frozenset):
        return sorted((plain(each) for each in value), key=canonical)
    if isinstance(value, Iterable) and not isinstance(value, bytes):
        return [plain(each) for each in value]
    raise TypeError(f"the ledger keeps no {type(value).__name__}")


def _storable(text: str) -> str:
    if "\0" in text:
        raise ValueError("the ledger cannot hold a NUL character")
    text.encode()
    return text


def canonical(value: Any) -> bytes:
    """The one way of writing a plain value down: sorted keys, no spaces, UTF-8."""
    return CANONICAL.encode(value).encode()


def digest(value: Any) -> str:
    return sha256(canonical(value)).hexdigest()


# A batch of events bears few moments, and each goes into three places.
@lru_cache(maxsize=1024)
def stamp(at: datetime) -> str:
    """A moment in UTC with microseconds, always of the same length: 2026-11-23T08:00:00.000000Z."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


@dataclass(frozen=True, slots=True)
class Hashes:
    actor_hash: str
    data_hash: str
    hash: str


def header(
    *,
    subject: str,
    seq: int,
    verb: str,
    at: datetime,
    role: str,
    previous: str,
    actor_hash: str,
    data_hash: str,
) -> dict[str, Any]:
    """The public part of an event, which its hash covers."""
    return {
        "subject": subject,
        "seq": seq,
        "verb": verb,
        "at": stamp(at),
        "role": role,
        "actor_hash": actor_hash,
        "data_hash": data_hash,
        "previous": previous,
    }


def hashes(
    *,
    subject: str,
    seq: int,
    verb: str,
    at: datetime,
    role: str,
    previous: str,
    actor_id: int | None,
    actor_name: str,
    data: Any,
) -> Hashes:
    """The hashes of an event with these fields; `data` must be plain."""
    open_part = canonical([subject, seq, verb, stamp(at), role, previous])
    salt = hmac.digest(keyring().salt, open_part, "sha256")
    actor_hash = sha256(salt + b"actor" + canonical([actor_id, actor_name])).hexdigest()
    data_hash = sha256(salt + b"data" + canonical(data)).hexdigest()
    whole = header(
        subject=subject,
        seq=seq,
        verb=verb,
        at=at,
        role=role,
        previous=previous,
        actor_hash=actor_hash,
        data_hash=data_hash,
    )
    return Hashes(actor_hash, data_hash, digest(whole))


def head_mac(subject: str, seq: int, hash: str) -> str:
    """What only the key can write: that the chain of `subject` ends with event `seq`, whose hash this is."""
    return hmac.digest(keyring().head, canonical([subject, seq, hash]), "sha256").hex()


def head_is_ours(subject: str, seq: int, hash: str, mac: str) -> bool:
    return hmac.compare_digest(head_mac(subject, seq, hash).encode(), mac.encode())


def refused_leaf(event_id: int) -> bytes:
    """What a seal holds in place of an event that was altered before: it keeps the place, proves nothing."""
    return sha256(canonical(["refused", event_id])).digest()


def seal_message(header: Mapping[str, Any]) -> bytes:
    """What the bureau signs; the first line keeps the signature from serving for anything else."""
    return b"portal ledger seal\n" + canonical(header)


def receipt_message(receipt: Mapping[str, Any]) -> bytes:
    """What the bureau signs of a receipt: all but the signature."""
    return b"portal ledger receipt\n" + canonical(receipt)
