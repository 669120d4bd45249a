"""The part of `verify` that reads the seals and what they cover."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portal.ledger import chain, merkle
from portal.ledger.faults import Fault, event_named
from portal.ledger.keys import keyring
from portal.ledger.models import Event, Head, Seal

CHUNK = 2000
COVERED = ("id", "subject", "seq", "verb", "at", "hash")
Covered = tuple[int, str, int, str, datetime, str]


def seal_fault(seal: Seal, sentence: str) -> Fault:
    words = {"number": seal.number, "day": seal.day.isoformat()}
    return Fault(
        "seal", chain.SEALS, seal.number, sentence % words, seal.first_event_id or seal.last_event_id
    )


def check_seals(progress: Callable[[int], None]) -> Iterator[Fault]:
    """Every seal by itself, the seals as a chain, and each against the events that it covers."""
    before: Seal | None = None
    for seal in Seal.objects.order_by("number").iterator(chunk_size=1):
        number = before.number if before else 0
        if seal.number != number + 1:
            yield _missing_seals(number + 1, seal.number - 1, seal.first_event_id or seal.last_event_id)
        elif seal.previous != (before.hash if before else chain.NOTHING):
            yield seal_fault(seal, _("Seal %(number)d (%(day)s) does not follow the seal before it."))
        fault = _check_seal(seal)
        if fault is not None:
            yield fault
        else:
            # After a missing seal nobody knows where its events ended, so that only the signed range counts.
            follows = before is not None and seal.number == before.number + 1
            after = before.last_event_id if before and follows else (seal.first_event_id or 1) - 1
            yield from _check_covered(seal, None if seal.number == 1 else after, progress)
        before = seal
    yield from _check_last(before)


def _missing_seals(first: int, last: int, place: int) -> Fault:
    sentence = ngettext(
        "Seal %(first)d was removed.", "Seals %(first)d to %(last)d were removed.", last - first + 1
    )
    return Fault("seal", chain.SEALS, first, sentence % {"first": first, "last": last}, place)


def _check_seal(seal: Seal) -> Fault | None:
    header = seal.header()
    if chain.digest(header) != seal.hash:
        return seal_fault(seal, _("Seal %(number)d (%(day)s) was altered: it is not what was hashed."))
    if not keyring().has_signed(chain.seal_message(header), seal.signature):
        return seal_fault(seal, _("Seal %(number)d (%(day)s) does not bear the bureau's signature."))
    leaves = bytes(seal.leaves)
    if len(leaves) != 32 * seal.count or merkle.root(merkle.entries_of(leaves)).hex() != seal.root:
        return seal_fault(seal, _("The list of events of seal %(number)d (%(day)s) was altered."))
    return None


def _covered(seal: Seal, after: int | None) -> Iterator[Covered]:
    rows = Event.objects.filter(id__lte=seal.last_event_id).order_by("id")
    if after is not None:
        rows = rows.filter(id__gt=after)
    return rows.values_list(*COVERED).iterator(chunk_size=CHUNK)


def _check_covered(seal: Seal, after: int | None, progress: Callable[[int], None]) -> Iterator[Fault]:
    """The events with ids from above `after` to the seal's last, against its leaves in their order."""
    entries = merkle.entries_of(bytes(seal.leaves))
    places = {entry.hex(): place for place, entry in enumerate(entries)}
    words = {"number": seal.number, "day": seal.day.isoformat()}
    expected = 0  # the leaf that the next event should be
    last = ""
    for id, subject, seq, verb, at, hash in _covered(seal, after):
        progress(1)
        event = event_named(subject, seq, verb, at)
        name = {**words, "event": event}
        place = places.pop(hash, None)
        if place is None and (place := places.pop(chain.refused_leaf(id).hex(), None)) is not None:
            sentence = _(
                "%(event)s was already altered when seal %(number)d (%(day)s) was made, and was refused."
            )
            yield Fault("altered", subject, seq, sentence % name, id)
        elif place is None:
            sentence = _(
                "%(event)s does not stand in seal %(number)d (%(day)s), made later: it was put there since."
            )
            yield Fault("inserted", subject, seq, sentence % name, id)
            continue
        elif place < expected:
            sentence = _("%(event)s does not stand at the place that seal %(number)d (%(day)s) gives it.")
            yield Fault("altered", subject, seq, sentence % name, id)
            continue
        yield from _removed(seal, entries, range(expected, place), last, id)
        expected, last = place + 1, event
    yield from _removed(seal, entries, range(expected, len(entries)), last, seal.last_event_id)


def _removed(seal: Seal, entries: list[bytes], gap: range, last: str, place: int) -> Iterator[Fault]:
    """The leaves of the gap to which no event belongs any more."""
    for index in gap:
        hash = entries[index].hex()
        words: dict[str, Any] = {
            "number": seal.number,
            "day": seal.day.isoformat(),
            "place": index + 1,
            "count": seal.count,
            "hash": hash,
            "before": last,
        }
        if last:
            sentence = _(
                "Event %(place)d of %(count)d in seal %(number)d (%(day)s) is missing or was rewritten: "
                "it came after %(before)s, and its hash is %(hash)s."
            )
        else:
            sentence = _(
                "Event %(place)d of %(count)d in seal %(number)d (%(day)s) is missing or was rewritten: "
                "its hash is %(hash)s."
            )
        yield Fault("missing", chain.SEALS, seal.number, sentence % words, place)


def _check_last(last: Seal | None) -> Iterator[Fault]:
    """The end of the list against its head, which only the key can write."""
    head = Head.objects.filter(pk=chain.SEALS).first()
    number, place = (last.number, last.last_event_id) if last else (0, 0)
    if head is None:
        if last is not None:
            yield Fault("head", chain.SEALS, None, _("The head of the list of seals was removed."), place)
        return
    if not head.is_ours:
        sentence = _("The head of the list of seals was written without the portal's key.")
        yield Fault("head", chain.SEALS, None, sentence, place)
    if head.seq > number:
        yield _missing_seals(number + 1, head.seq, place)
    elif last is not None and head.seq < number:
        yield seal_fault(last, _("Seal %(number)d (%(day)s) was inserted: the list ended before it."))
    elif last is not None and head.hash != last.hash and head.is_ours:
        yield seal_fault(last, _("Seal %(number)d (%(day)s) was replaced: the head holds another hash."))


def check_published(published: Iterable[Mapping[str, Any]]) -> Iterator[Fault]:
    """Seals as they were published, from a copy kept elsewhere, against those that stand in the database.

    It finds what nothing inside the portal can: a list of seals that was made anew with the key.
    """
    ours = dict(Seal.objects.values_list("number", "hash"))
    for seal in published:
        if ours.get(seal["number"]) != seal["hash"]:
            sentence = _(
                "Seal %(number)s (%(day)s) was published with another hash than it has now: %(hash)s."
            )
            yield Fault("seal", chain.SEALS, seal["number"], sentence % seal)
