"""A ticket told in words: its limits, and its history for staff and for the citizen."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from hotline import workflow
from hotline.models import Category, Rating, Ticket
from portal.cases import kinds
from portal.cases.deadlines import planned
from portal.cases.history import Entry, stage_labels, title, who
from portal.ledger.models import Event
from portal.organisation.models import Unit
from portal.site.wording import local_date
from portal.workdays.calendar import Calendar, OutsideCalendar


def limit_sentences(category: Category, urgency: str, *, at: datetime, calendar: Calendar) -> list[str]:
    """What limits a ticket of this category that opens now would have, and until when."""
    ticket = Ticket(category=category, urgency=urgency)
    sentences = []
    for term in (workflow.dispatch_within(ticket), workflow.reply_within(ticket)):
        words = {
            "name": kinds.term_name(term.code),
            "days": ngettext("%(days)d working day", "%(days)d working days", term.length)
            % {"days": term.length},
        }
        try:
            clock = planned(term, at=at, calendar=calendar)
        except OutsideCalendar:
            sentences.append(_("%(name)s: %(days)s") % words)
            continue
        assert clock.due_on is not None
        words["last"] = local_date(clock.due_on)
        sentence = (
            _("%(name)s: %(days)s, until %(last)s (provisional)")
            if clock.provisional
            else _("%(name)s: %(days)s, until %(last)s")
        )
        sentences.append(sentence % words)
    return sentences


# History ----------------------------------------------------------------------------------------------------


def _step_labels() -> dict[str, str]:
    steps = (workflow.OPENING, *workflow.TRANSITIONS)
    return {step.name: str(step.label) for step in steps}


def history(events: Sequence[Event]) -> list[Entry]:
    """What happened to a ticket, for staff: newest first, with names and notes."""
    labels = _step_labels() | stage_labels() | {"call_added": _("Another call about this matter")}
    units = _units_of(events)
    entries = [
        Entry(event.at, title(event, labels), who(event), "\n".join(_details(event, units)))
        for event in events
    ]
    return entries[::-1]


def _units_of(events: Sequence[Event]) -> dict[int, Unit]:
    wanted = {event.data.get("unit") for event in events if event.verb in ("receive", "dispatch", "return")}
    return Unit.objects.in_bulk([pk for pk in wanted if isinstance(pk, int)])


def _details(event: Event, units: dict[int, Unit]) -> list[str]:
    data, lines = event.data, []
    if event.verb == "dispatch" and (unit := units.get(data.get("unit", 0))):
        lines.append(_("to %(unit)s") % {"unit": unit})
    if event.verb == "ask_extension":
        lines.append(_days(data.get("extension_asked", 0)))
    if event.verb == "extend":
        lines.append(_days(data.get("days", 0)))
    if event.verb == "call_back":
        lines.append(_callback(data))
    if event.verb == "photos_attached":
        count = len(data.get("sha256", ()))
        lines.append(ngettext("%(count)d photo", "%(count)d photos", count) % {"count": count})
    if event.verb in ("reply", "rework") and data.get("reply"):
        lines.append(data["reply"])
    if data.get("note"):
        lines.append(data["note"])
    return lines


def _days(days: int) -> str:
    return ngettext("%(days)d working day", "%(days)d working days", days) % {"days": days}


def _callback(data: dict[str, Any]) -> str:
    if data.get("resolved") is None:
        return _("not reached")
    words = [_("reached"), _("settled") if data["resolved"] else _("not settled")]
    if data.get("rating"):
        words.append(str(Rating(data["rating"]).label))
    return _(", ").join(words)


def public_history(events: Sequence[Event]) -> list[Entry]:
    """The same in the citizen's words, oldest first: which unit, never which person, and no inner note."""
    units = _units_of(events)
    unit: Unit | None = None
    entries = []
    for event in events:
        unit = units.get(event.data.get("unit", 0), unit) if event.verb in UNIT_VERBS else unit
        sentence = _public_sentence(event, str(unit or ""))
        if sentence:
            entries.append(Entry(event.at, sentence))
    return entries


UNIT_VERBS = ("receive", "dispatch", "return")


def _public_sentence(event: Event, unit: str) -> str:
    sentences = {
        "receive": _("The hotline received your matter."),
        "answer": _("The hotline answered your matter."),
        "dispatch": _("Your matter went to: %(unit)s."),
        "sign": _("%(unit)s has taken it in hand."),
        "return": _("The unit gave it back; the hotline centre looks for the right one."),
        "extend": _("The limit of the reply was extended."),
        "reply": _("The unit has replied."),
        "call_back": _("The hotline called you to ask whether it is settled."),
        "rework": _("It is not settled yet: the unit puts it right."),
        "close": _("Your matter was closed."),
        "urge": _("The unit was urged to hurry."),
        "call_added": _("Another call about it was noted."),
        "photos_attached": _("Photos were added."),
        "limit_missed": _("A limit was missed: %(term)s. The supervisors have been told."),
    }
    if event.verb not in sentences:
        return ""
    return sentences[event.verb] % {
        "unit": unit or _("The unit"),
        "term": kinds.term_name(str(event.data.get("term", ""))),
    }
