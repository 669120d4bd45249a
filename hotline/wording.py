"""A ticket told in words: its limits, and its history for staff and for the citizen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from hotline import workflow
from hotline.models import Category, Rating, Ticket
from portal.cases import kinds
from portal.cases.deadlines import planned
from portal.cases.explaining import deadline_limit, whose_limit
from portal.cases.limits import LimitView, limit_view
from portal.cases.models import NEVER, Deadline
from portal.ledger.models import Event
from portal.organisation.actors import Role
from portal.organisation.models import Unit
from portal.site.wording import local_date
from portal.workdays.calendar import Calendar, OutsideCalendar


@dataclass(frozen=True, slots=True)
class Row:
    """A ticket in a list, with the limit that comes first."""

    ticket: Ticket
    limit: LimitView
    term: str


def row_of(ticket: Any, *, now: datetime, calendar: Calendar) -> Row:
    """Of a ticket whose `running_deadlines` were read with it."""
    first = min(
        (each for each in ticket.running_deadlines if each.due_at),
        key=lambda each: (each.due_at, each.pk),
        default=None,
    )
    if ticket.next_due_at >= NEVER or first is None:
        return Row(ticket, limit_view(None, now=now, calendar=calendar), "")
    limit = limit_view(
        first.due_at,
        now=now,
        calendar=calendar,
        provisional=first.provisional,
        at_closing=first.at_closing,
    )
    return Row(ticket, limit, first.name)


@dataclass(frozen=True, slots=True)
class Clock:
    """A limit of a ticket, as it runs or as it ended."""

    deadline: Deadline
    limit: LimitView
    whose: str


def clocks_of(deadlines: Iterable[Deadline], *, now: datetime, calendar: Calendar) -> list[Clock]:
    """The limits that run, what is due first on top, then those that ended."""
    clocks = [
        Clock(each, deadline_limit(each, calendar=calendar, now=now), whose_limit(each.limit))
        for each in deadlines
    ]
    return sorted(
        clocks,
        key=lambda each: (not each.deadline.is_running, each.deadline.due_at or NEVER, each.deadline.pk),
    )


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


@dataclass(frozen=True, slots=True)
class Entry:
    at: datetime
    title: str
    who: str = ""
    text: str = ""


def _step_labels() -> dict[str, str]:
    steps = (workflow.OPENING, *workflow.TRANSITIONS)
    return {step.name: str(step.label) for step in steps}


def _stage_labels() -> dict[str, str]:
    return {
        "limit_warned": _("A limit is about to pass: %(term)s"),
        "limit_missed": _("A limit was missed: %(term)s"),
        "limit_replanned": _("A limit was counted anew after a calendar notice: %(term)s"),
        "time_excluded": _("Time was excluded"),
        "clock_resumed": _("The clock runs again"),
        "photos_attached": _("Photos were added"),
        "call_added": _("Another call about this matter"),
        "card_issued": _("A card was issued: %(card)s"),
        "card_answered": _("The card was answered: %(card)s"),
        "card_appealed": _("The unit appealed against the card: %(card)s"),
        "card_accepted": _("The answer to the card was accepted: %(card)s"),
        "card_upheld": _("The card was upheld: %(card)s"),
        "card_withdrawn": _("The card was withdrawn: %(card)s"),
    }


def _title(event: Event, labels: dict[str, str]) -> str:
    template = labels.get(event.verb)
    if template is None:
        return _("Something else was noted")
    data = event.data
    return template % {
        "term": kinds.term_name(str(data.get("term", ""))),
        "card": data.get("card", ""),
    }


def _who(event: Event) -> str:
    if event.actor_id is not None:
        return event.actor_name
    return _("Citizen") if event.actor_role == Role.CITIZEN else _("The portal")


def history(events: Sequence[Event]) -> list[Entry]:
    """What happened to a ticket, for staff: newest first, with names and notes."""
    labels = _step_labels() | _stage_labels()
    units = _units_of(events)
    entries = [
        Entry(event.at, _title(event, labels), _who(event), "\n".join(_details(event, units)))
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
