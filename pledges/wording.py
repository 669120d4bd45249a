"""Pledges and complaints in words: their history, for staff and for everyone, and how a version stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from pledges import workflow
from pledges.models import PledgeVersion
from portal.cases.history import Entry, stage_labels, title, who
from portal.ledger.models import Event
from portal.site.wording import local_date


@dataclass(frozen=True, slots=True)
class Standing:
    """How a version stands: a sign, a colour, words."""

    sign: str
    css: str
    words: str


def standing(version: PledgeVersion, today: date) -> Standing:
    if version.state == workflow.WITHDRAWN:
        return Standing("✕", "limit-over", pgettext("pledge", "withdrawn"))
    if version.state == workflow.SUPERSEDED:
        return Standing("↷", "limit-none", pgettext("pledge", "superseded"))
    if version.state != workflow.PUBLISHED:
        return Standing("…", "limit-none", version.state_label)
    if today < version.valid_from:
        words = _("in force from %(day)s") % {"day": local_date(version.valid_from)}
        return Standing("…", "limit-none", words)
    if not version.holds_on(today):
        return Standing("✕", "limit-none", _("its time is over"))
    return Standing("✓", "limit-ok", _("in force"))


# History ----------------------------------------------------------------------------------------------------


def version_history(events: Sequence[Event]) -> list[Entry]:
    """What happened to a version, for staff: newest first."""
    labels = {
        each.name: str(each.label) for each in (workflow.VERSION_OPENING, *workflow.VERSION_TRANSITIONS)
    }
    return [
        Entry(
            event.at,
            labels.get(event.verb.removeprefix("pledge_"), _("Something else was noted")),
            who(event),
            str(event.data.get("note") or ""),
        )
        for event in events
    ][::-1]


def _breach_labels() -> dict[str, str]:
    steps = (workflow.BREACH_OPENING, *workflow.BREACH_TRANSITIONS)
    return {step.name: str(step.label) for step in steps} | stage_labels()


def breach_history(events: Sequence[Event]) -> list[Entry]:
    """What happened to a complaint, for staff: newest first, with names and notes."""
    labels = _breach_labels()
    return [
        Entry(event.at, title(event, labels), who(event), "\n".join(_details(event))) for event in events
    ][::-1]


def _details(event: Event) -> list[str]:
    lines = [
        str(event.data[name]) for name in ("statement", "finding", "remedy", "note") if event.data.get(name)
    ]
    if days := event.data.get("put_right_days"):
        lines.append(
            ngettext(
                "to be put right within %(days)s working day",
                "to be put right within %(days)s working days",
                days,
            )
            % {"days": days}
        )
    return lines


def public_history(events: Sequence[Event]) -> list[Entry]:
    """The same in the complainant's words, oldest first: never a name, and of notes only the refusal's."""
    sentences = {
        "receive": _("Your complaint was received."),
        "accept": _("It was accepted."),
        "refuse": _("It was not accepted."),
        "investigate": _("The investigation began."),
        "explain": _("The unit gave its statement."),
        "uphold": _("It was found that the pledge was not kept. The unit has to put it right."),
        "reject": _("It was not found that the pledge was broken."),
        "put_right": _("The unit reports that it is put right; this is being checked."),
        "not_yet": _("The check found that it is not put right yet."),
        "close": _("It is put right, and the matter is closed."),
        "photos_attached": _("Your evidence was added."),
        "limit_missed": _("A limit was missed: %(term)s. The supervisors have been told."),
    }
    entries = []
    for event in events:
        if event.verb in sentences:
            text = str(event.data.get("note") or "") if event.verb == "refuse" else ""
            entries.append(Entry(event.at, title(event, sentences), text=text))
    return entries
