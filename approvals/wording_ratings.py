"""A bad rating told in words: its history for staff, and for the applicant."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext as _

from approvals.models import BadRating
from approvals.rules import rating as rules
from portal.cases import kinds
from portal.cases.explaining import Clock, case_deadlines, clocks_of
from portal.cases.history import Entry, stage_labels, title, who
from portal.ledger.models import Event
from portal.workdays.calendar import Calendar


def history(events: Sequence[Event]) -> list[Entry]:
    """What happened, for staff: newest first, with names and what was said."""
    labels = {step.name: str(step.label) for step in (rules.OPENING, *rules.TRANSITIONS)} | stage_labels()
    return [
        Entry(event.at, title(event, labels), who(event), str(event.data.get("note", "")))
        for event in reversed(events)
    ]


def put_right_clock(rating: BadRating, *, now: datetime, calendar: Calendar) -> Clock | None:
    """Until when it is put right, for the applicant."""
    clocks = clocks_of(case_deadlines(rating), now=now, calendar=calendar)
    return next((each for each in clocks if each.deadline.term == rules.PUT_RIGHT_WITHIN.code), None)


def public_history(events: Sequence[Event]) -> list[Entry]:
    """The same for the applicant, oldest first: nobody's name, and no inner note."""
    told = zip(events, sentences(events), strict=True)
    return [Entry(event.at, sentence) for event, sentence in told if sentence]


def sentences(events: Sequence[Event]) -> list[str]:
    """What each event means to the applicant, "" of one that is not told."""
    words = {
        "receive": _("Your rating was received; it is looked into."),
        "call_back": _("We called you about it."),
        "not_reached": _("We called you and did not reach you."),
        "put_right": _("It was put right."),
        "limit_missed": _("A limit was missed: %(term)s. The supervisors have been told."),
    }
    return [
        words.get(event.verb, "") % {"term": kinds.term_name(str(event.data.get("term", "")))}
        for event in events
    ]
