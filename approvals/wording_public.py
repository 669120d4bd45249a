"""The history of an application in the applicant's words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from approvals.models.applications import Rating
from approvals.papers import PAPER_NAMES, PAPERS, PERMIT_WORD
from approvals.rules.checks import PROCEDURES, REFUSAL_GROUNDS
from portal.cases import kinds
from portal.cases.history import Entry
from portal.ledger.models import Event
from portal.organisation.models import Unit
from portal.site.wording import local_date, local_moment


def paper_name(number: str) -> str:
    """What the paper of a document's number is called; the number itself for one that is not the window's."""
    words = {word: purpose for purpose, (_name, word) in PAPERS.items()} | {PERMIT_WORD: "permit"}
    found = next((purpose for word, purpose in words.items() if f"{word}〔" in number), None)
    return str(PAPER_NAMES[found]) if found else number


def day_of(data: dict[str, Any], name: str) -> str:
    """A day that an event holds, in words; "" where it holds none."""
    return local_date(date.fromisoformat(data[name])) if data.get(name) else ""


def moment_of(data: dict[str, Any], name: str) -> str:
    return local_moment(datetime.fromisoformat(data[name])) if data.get(name) else ""


def units_of(events: Sequence[Event]) -> dict[int, Unit]:
    """The units that the events name, by their keys: one query."""
    wanted = {pk for event in events for pk in event.data.get("units") or ()}
    return Unit.objects.in_bulk(sorted(wanted)) if wanted else {}


def names_of(event: Event, units: dict[int, Unit]) -> str:
    named = [str(units[pk]) for pk in event.data.get("units") or () if pk in units]
    return _(", ").join(named)


def public_history(events: Sequence[Event]) -> list[Entry]:
    """What happened, oldest first: which units, never which person, and of the notes none."""
    units = units_of(events)
    entries = []
    for event in events:
        sentence = _sentence(event)
        if sentence:
            entries.append(Entry(event.at, sentence, text=_more(event, units)))
    return entries


def sentences(events: Sequence[Event]) -> list[str]:
    """What each event means to the applicant, "" of one that is not told."""
    return [_sentence(event) for event in events]


def _sentence(event: Event) -> str:
    sentences = {
        "receive": _("The window received your application."),
        "take": _("The window took your application in hand."),
        "check_materials": _("The window looked at your materials."),
        "accept": _("Your application was accepted."),
        "deem_accepted": _("Your application counts as accepted from the day of receipt."),
        "ask_supplement": _("The window told you everything that is missing, in one notice."),
        "supplement": _("What was missing has arrived; the days for acceptance began anew."),
        "refuse": _("Your application was not accepted."),
        "withdraw": _("Your application was withdrawn."),
        "pass_preliminary": _("The window finished the preliminary review."),
        "arrange_survey": _("A joint site survey was arranged."),
        "sign_opinion": _("A unit signed its opinion on the site survey."),
        "conclude_survey": _("The site survey is concluded."),
        "pass_review": _("The window's office head finished the review."),
        "send_back": _("It went back to the window, to be examined once more."),
        "grant": _("Your application was granted."),
        "deny": _("Your application was denied."),
        "issue_certificate": _("Your certificate was made out."),
        "serve": _("The decision was delivered, and your application closed."),
        "special_procedure": _("A special procedure began; its days do not count."),
        "end_special_procedure": _("The special procedure ended; the days count again."),
        "extend": _("The agency's head extended the limit of the decision."),
        "accept_handover": _("Somebody else at the window answers for your application now."),
        "reassign": _("Somebody else at the window answers for your application now."),
        "urge": _("Whoever has your application was urged to hurry."),
        "rate": _("You rated how your application was handled."),
        "files_attached": _("Files were added."),
        "photos_attached": _("Photos of the site survey were added."),
        "document_issued": _("A paper was issued."),
        "paper_served": _("A paper was delivered."),
        "limit_missed": _("A limit was missed: %(term)s. The supervisors have been told."),
    }
    term = kinds.term_name(str(event.data.get("term", "")))
    return sentences.get(event.verb, "") % {"term": term}


def _more(event: Event, units: dict[int, Unit]) -> str:
    """What the applicant wants to know of it besides."""
    data = event.data
    if event.verb in ("document_issued", "paper_served"):
        number = str(data.get("document", ""))
        return _("%(name)s, %(number)s") % {"name": paper_name(number), "number": number}
    if event.verb == "ask_supplement":
        return _("To be brought by %(day)s.") % {"day": day_of(data, "supplement_until")}
    if event.verb == "refuse":
        return str(REFUSAL_GROUNDS.get(data.get("refusal_ground", ""), ""))
    if event.verb == "arrange_survey":
        words = {"moment": moment_of(data, "planned_at"), "place": data.get("place", "")}
        when = _("%(moment)s, %(place)s") % words
        return "\n".join([when, _("With: %(units)s") % {"units": names_of(event, units)}])
    if event.verb == "special_procedure":
        kind = PROCEDURES.get(data.get("special_kind", ""), "")
        return _("%(kind)s, until %(day)s") % {"kind": kind, "day": day_of(data, "special_until")}
    if event.verb == "extend":
        return days_more(data.get("days", 0))
    if event.verb == "serve":
        return day_of(data, "served_on")
    if event.verb == "rate" and data.get("rating"):
        return str(Rating(data["rating"]).label)
    return ""


def days_more(days: int) -> str:
    return ngettext("%(days)d working day", "%(days)d working days", days) % {"days": days}
