"""What came in, told in words: its history for staff and for the sender."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from approvals.rules import incoming as rules
from portal.cases import kinds
from portal.cases.history import Entry, stage_labels, title, who
from portal.ledger.models import Event
from portal.organisation.models import Unit

# Whose events name the unit that has it from then on.
UNIT_VERBS = ("register", "assign", "give_back")


def history(events: Sequence[Event]) -> list[Entry]:
    """What happened, for staff: newest first, with names and notes."""
    steps = (rules.OPENING, *rules.TRANSITIONS)
    labels = {step.name: str(step.label) for step in steps} | stage_labels()
    units = _units_of(events)
    entries = [
        Entry(event.at, title(event, labels), who(event), "\n".join(_details(event, units)))
        for event in events
    ]
    return entries[::-1]


def _units_of(events: Sequence[Event]) -> dict[int, Unit]:
    wanted = {event.data.get("unit") for event in events if event.verb in UNIT_VERBS}
    return Unit.objects.in_bulk([pk for pk in wanted if isinstance(pk, int)])


def _details(event: Event, units: dict[int, Unit]) -> list[str]:
    data, lines = event.data, []
    if event.verb == "assign" and (unit := units.get(data.get("unit", 0))):
        lines.append(_("to %(unit)s") % {"unit": unit})
    if event.verb == "extend":
        days = data.get("days", 0)
        lines.append(ngettext("%(days)d working day", "%(days)d working days", days) % {"days": days})
    lines += [data[name] for name in ("reply_number", "reply", "note") if data.get(name)]
    return lines


def public_history(events: Sequence[Event]) -> list[Entry]:
    """The same for the sender, oldest first: which unit, never which person, and no inner note."""
    units = _units_of(events)
    entries = []
    for event in events:
        sentence = _public_sentence(event, units)
        if sentence:
            entries.append(Entry(event.at, sentence))
    return entries


def sentences(events: Sequence[Event]) -> list[str]:
    """What each event means to the sender, "" of one that is not told."""
    units = _units_of(events)
    return [_public_sentence(event, units) for event in events]


def _public_sentence(event: Event, units: dict[int, Unit]) -> str:
    sentences = {
        "register": _("The window registered it."),
        "assign": _("It went to: %(unit)s."),
        "give_back": _("It went back to the window, which looks for the right unit."),
        "not_today": _("It cannot be done on the same day: it takes three working days."),
        "extend": _("The limit of the answer was extended."),
        "reply": _("It was answered."),
        "limit_missed": _("A limit was missed: %(term)s. The supervisors have been told."),
    }
    if event.verb not in sentences:
        return ""
    return sentences[event.verb] % {
        "unit": units.get(event.data.get("unit", 0)) or _("The unit"),
        "term": kinds.term_name(str(event.data.get("term", ""))),
    }
