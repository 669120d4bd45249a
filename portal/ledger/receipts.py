"""What a person takes home: the public side of a subject's events, and the proof that they are sealed."""

from __future__ import annotations

from typing import Any

from django.db.models import Exists, OuterRef

from portal.ledger import chain, merkle
from portal.ledger.keys import keyring
from portal.ledger.models import Event, Seal

FORMAT = "portal-ledger-receipt"
VERSION = 1


def receipt(subject: str) -> dict[str, Any]:
    """All events of the subject, without the names of staff and without internal data, ready for JSON.

    Each event has its public header and hash; `seal` is the number of the seal that holds it and `proof` how
    (leaf `index` of `size`, and the `path` to the root), both null until the night. `seals` are the seals
    that the proofs lead to. The bureau signs the whole, and so stands by what is not sealed yet as well.
    `docs/verify_receipt.py` checks it offline. Two queries.
    """
    events = list(Event.objects.of(subject))
    inside = Event.objects.filter(
        subject=subject, id__gte=OuterRef("first_event_id"), id__lte=OuterRef("last_event_id")
    ).order_by()
    seals = list(Seal.objects.filter(Exists(inside)).order_by("number"))
    rows = {
        event.seq: {**event.header(), "hash": event.hash, "seal": None, "proof": None} for event in events
    }
    for seal in seals:
        entries = merkle.entries_of(bytes(seal.leaves))
        places = {entry.hex(): index for index, entry in enumerate(entries)}
        tree = merkle.levels(entries)
        for event in events:
            if not (seal.first_event_id or 0) <= event.pk <= seal.last_event_id:
                continue
            rows[event.seq]["seal"] = seal.number
            # An event that its seal does not hold has no proof, and the reader is told so by the script.
            if (index := places.get(event.hash)) is not None:
                rows[event.seq]["proof"] = {
                    "index": index,
                    "size": len(entries),
                    "path": [step.hex() for step in merkle.path(tree, index)],
                }
    found = {
        "format": FORMAT,
        "version": VERSION,
        "subject": subject,
        "public_key": keyring().public_hex,
        "events": list(rows.values()),
        "seals": [seal.public() for seal in seals],
    }
    return {**found, "signature": keyring().sign(chain.receipt_message(found))}
