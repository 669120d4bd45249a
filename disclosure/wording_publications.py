"""A publication told in words: its history for staff."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _

from disclosure.rules import publication as rules
from portal.cases.history import Entry, stage_labels, title, who
from portal.ledger.models import Event


def history(events: Sequence[Event]) -> list[Entry]:
    """What happened, newest first, with names and notes."""
    steps = (rules.OPENING, *rules.TRANSITIONS)
    labels = {step.name: str(step.label) for step in steps} | stage_labels()
    labels["files_attached"] = _("Files were added")
    entries = [
        Entry(event.at, title(event, labels), who(event), "\n".join(_details(event))) for event in events
    ]
    return entries[::-1]


def _details(event: Event) -> list[str]:
    data, lines = event.data, []
    answer = rules.THIRD_PARTY_ANSWERS.get(data.get("third_party_answer", ""))
    if answer:
        lines.append(str(answer))
    for name in ("secrecy_basis", "determined_by", "publish_on", "public_interest", "note"):
        # What a step sets back to nothing is no news.
        if data.get(name):
            lines.append(str(data[name]))
    return lines
