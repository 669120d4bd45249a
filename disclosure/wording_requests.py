"""An information request told in words: its history for staff and for the applicant, and where it stands."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from disclosure.rules import request as rules
from disclosure.rules.request_checks import ANSWERS, REMEDY_KINDS, REMEDY_RESULTS
from portal.cases import kinds
from portal.cases.history import Entry, stage_labels, title, who
from portal.ledger.models import Event

# Whose notes may say who the applicant is, or are the applicant's own words.
OF_THE_APPLICANT = frozenset({"register", "supplement", "withdraw", "lapse"})


def history(events: Sequence[Event], *, knows_the_applicant: bool = True) -> list[Entry]:
    """What happened, for staff: newest first, with names, and with the notes that the reader may know."""
    steps = (rules.OPENING, *rules.TRANSITIONS)
    labels = {step.name: str(step.label) for step in steps} | stage_labels()
    labels |= {
        "files_attached": _("Files were added"),
        "document_issued": _("A paper was issued"),
        "remedy_noted": _("A remedy was noted"),
    }
    entries = [
        Entry(event.at, title(event, labels), who(event), "\n".join(_details(event, knows_the_applicant)))
        for event in events
    ]
    return entries[::-1]


def _details(event: Event, knows_the_applicant: bool) -> list[str]:
    data, lines = event.data, []
    if event.verb == "document_issued":
        lines.append(str(data.get("document", "")))
    if event.verb == "record_opinion":
        lines.append(str(ANSWERS.get(data.get("answer", ""), "")))
    if event.verb in ("extend", "ask_extension"):
        days = data.get("days") or data.get("extension_asked") or 0
        lines.append(ngettext("%(days)d working day", "%(days)d working days", days) % {"days": days})
    if event.verb == "ask_fee":
        lines.append(_("%(fee)s yuan") % {"fee": data.get("fee", 0)})
    if event.verb == "remedy_noted":
        kind, result = REMEDY_KINDS.get(data.get("kind", "")), REMEDY_RESULTS.get(data.get("result", ""))
        lines.append(f"{kind}: {result}")
    shown = knows_the_applicant or event.verb not in OF_THE_APPLICANT
    lines += [str(data[name]) for name in ("secrecy_basis", "note") if data.get(name) and shown]
    return [line for line in lines if line]


def public_history(events: Sequence[Event]) -> list[Entry]:
    """The same for the applicant, oldest first: no person of the staff, no inner note."""
    told = zip(events, sentences(events), strict=True)
    return [Entry(event.at, sentence) for event, sentence in told if sentence]


def sentences(events: Sequence[Event]) -> list[str]:
    """What each event means to the applicant, "" of one that is not told."""
    return [_public_sentence(event) for event in events]


def _public_sentence(event: Event) -> str:
    told = {
        "submit": _("You applied for information."),
        "register": _("It counts as received; the limit for the answer runs."),
        "begin_review": _("It is complete, and is being worked on."),
        "ask_supplement": _("You were asked to supplement it."),
        "supplement": _("Your supplement arrived; the limit for the answer began anew."),
        "supplement_over": _("The time for your supplement is over."),
        "lapse": _("It was given up, because nothing came in time."),
        "consult": _("Others whom it concerns are asked; these days do not count."),
        "consultation_over": _("The time for their opinions is over; the days count again."),
        "clock_resumed": _("They have answered; the days count again."),
        "extend": _("The limit of the answer was extended."),
        "ask_fee": _("You were asked to pay a fee."),
        "record_payment": _("Your payment arrived; the limit for the answer began anew."),
        "fee_over": _("The time for the payment is over."),
        "reply": _("It was answered."),
        "deliver": _("The answer was delivered."),
        "withdraw": _("It was withdrawn."),
        "limit_missed": _("A limit was missed: %(term)s. The supervisors have been told."),
    }
    sentence = told.get(event.verb, "")
    return sentence % {"term": kinds.term_name(str(event.data.get("term", "")))} if sentence else ""
