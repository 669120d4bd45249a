"""What a check of the ledger finds, and how it names an event."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

SHANGHAI = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is not as the portal left it, in a sentence.

    `kind` is altered, inserted, missing, head, seal, or a word of the module that adds a check. `seq` is the
    event's place within its subject, None where the fault is no single event's. `place` orders faults by the
    event id nearest to them, so that the first is the one furthest back.
    """

    kind: str
    subject: str
    seq: int | None
    sentence: str
    place: int = 0


def event_named(subject: str, seq: int, verb: str, at: datetime) -> str:
    """case:12319-20261123-0001 no. 3 (sign, 2026-11-23 10:00:00)"""
    return _("%(subject)s no. %(seq)d (%(verb)s, %(at)s)") % {
        "subject": subject,
        "seq": seq,
        "verb": verb,
        "at": at.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S"),
    }


def places_named(subject: str, first: int, last: int) -> str:
    """case:12319-20261123-0001 no. 3, or nos. 3 to 5."""
    if first == last:
        return _("%(subject)s no. %(seq)d") % {"subject": subject, "seq": first}
    return _("%(subject)s nos. %(first)d to %(last)d") % {"subject": subject, "first": first, "last": last}
