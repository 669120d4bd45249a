"""What happened to a version of a guide, told for staff."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _

from approvals.rules import guide as rules
from portal.cases.history import Entry, title, who
from portal.ledger.models import Event


def history(events: Sequence[Event]) -> list[Entry]:
    """Newest first, with names and notes; the verbs of a guide bear a prefix in the ledger of its item."""
    labels = {f"guide_{step.name}": str(step.label) for step in (rules.OPENING, *rules.TRANSITIONS)}
    return [
        Entry(event.at, title(event, labels), who(event), "\n".join(_details(event)))
        for event in reversed(events)
    ]


def _details(event: Event) -> list[str]:
    data, lines = event.data, []
    if event.verb == "guide_record_review":
        lines.append(_("Opinion %(number)s") % {"number": data.get("review_number", "")})
    if data.get("note"):
        lines.append(data["note"])
    return lines
