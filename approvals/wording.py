"""An application told in words: its history, for staff and for the applicant, and where it stands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from approvals import workflow
from approvals.models.applications import Rating
from approvals.rules import permit as permit_rules
from approvals.rules.checks import PROCEDURES, RECOMMENDATIONS, REFUSAL_GROUNDS, SERVED_BY, VERDICTS
from approvals.wording_public import (
    day_of,
    days_more,
    moment_of,
    names_of,
    paper_name,
    public_history,
    units_of,
)
from approvals.wording_standing import Stage, chain, where_it_stands
from portal.cases.history import Entry, stage_labels, title, who
from portal.ledger.models import Event
from portal.organisation.models import Staff, Unit

__all__ = ["Stage", "chain", "history", "paper_name", "permit_history", "public_history", "where_it_stands"]

CODED: dict[str, Any] = {
    "refusal_ground": REFUSAL_GROUNDS,
    "recommendation": RECOMMENDATIONS,
    "verdict": VERDICTS,
    "special_kind": PROCEDURES,
    "served_by": SERVED_BY,
}
# Texts that an event holds as they were written.
WRITTEN = ("competent_agency", "opinion", "denial_basis", "note")


def labels() -> dict[str, str]:
    """What each event of an application is called, for staff."""
    steps = (workflow.OPENING, *workflow.TRANSITIONS)
    return {step.name: str(step.label) for step in steps} | {
        **stage_labels(),
        "files_attached": _("Files were added"),
        "document_issued": _("A paper was issued"),
        "paper_served": _("A paper was served"),
    }


def history(events: Sequence[Event]) -> list[Entry]:
    """What happened to an application, for staff: newest first, with names and notes."""
    named, units = labels(), units_of(events)
    clerks = Staff.objects.in_bulk([pk for event in events if (pk := event.data.get("handover_to"))])
    entries = [
        Entry(event.at, title(event, named), who(event), "\n".join(_details(event, units, clerks)))
        for event in events
    ]
    return entries[::-1]


def _details(event: Event, units: dict[int, Unit], clerks: dict[int, Staff]) -> list[str]:
    data, verb, lines = event.data, event.verb, []
    lines += [str(names[data[name]]) for name, names in CODED.items() if data.get(name) in names]
    if verb == "check_materials":
        lines.append(_looked_at(data.get("checked") or {}))
    if verb == "arrange_survey":
        lines.append(
            _("%(moment)s, %(place)s") % {"moment": moment_of(data, "planned_at"), "place": data["place"]}
        )
        lines.append(names_of(event, units))
    if verb == "ask_supplement":
        lines.append(_("To be brought by %(day)s.") % {"day": day_of(data, "supplement_until")})
    if verb in ("special_procedure", "extend") and data.get("days"):
        lines.append(days_more(data["days"]))
    if verb == "ask_extension":
        lines.append(days_more(data.get("extension_asked") or 0))
    if verb in ("offer_handover", "reassign") and (clerk := clerks.get(data.get("handover_to", 0))):
        lines.append(_("to %(clerk)s") % {"clerk": clerk})
    if verb == "send_back" and data.get("survey_again"):
        lines.append(_("The site survey is to be held once more"))
    if verb in ("serve", "paper_served"):
        lines.append(day_of(data, "served_on"))
    if verb in ("document_issued", "paper_served"):
        number = str(data.get("document", ""))
        lines.append(_("%(name)s, %(number)s") % {"name": paper_name(number), "number": number})
    if verb == "files_attached":
        count = len(data.get("sha256", ()))
        lines.append(ngettext("%(count)d file", "%(count)d files", count) % {"count": count})
    if verb == "photos_attached":
        count = len(data.get("sha256", ()))
        lines.append(ngettext("%(count)d photo", "%(count)d photos", count) % {"count": count})
    if verb == "rate" and data.get("rating"):
        lines.append(str(Rating(data["rating"]).label))
    lines += [str(data[name]) for name in WRITTEN if data.get(name)]
    return [line for line in lines if line]


def _looked_at(checked: dict[str, Any]) -> str:
    """`checked` as the ledger keeps it: by the key of the material, [in order, problem]."""
    wrong = sum(found[0] is False for found in checked.values())
    if not wrong:
        return _("nothing wrong was found")
    return ngettext("%(count)d not in order", "%(count)d not in order", wrong) % {"count": wrong}


def permit_history(events: Sequence[Event]) -> list[Entry]:
    """What became of a permit, for staff: newest first."""
    steps = (permit_rules.OPENING, *permit_rules.TRANSITIONS)
    named = {f"permit_{step.name}": str(step.label) for step in steps}
    entries = [
        Entry(
            event.at,
            title(event, named),
            who(event),
            "\n".join(
                str(event.data[name]) for name in ("document", "basis", "note") if event.data.get(name)
            ),
        )
        for event in events
    ]
    return entries[::-1]
