"""What happened, told from the ledger's events: an entry of a timeline, and who did it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from portal.cases import kinds
from portal.ledger.models import Event
from portal.organisation.actors import Role


@dataclass(frozen=True, slots=True)
class Entry:
    at: datetime
    title: str
    who: str = ""
    text: str = ""


def who(event: Event) -> str:
    """Whose doing the event was, for staff."""
    if event.actor_id is not None:
        return event.actor_name
    return _("Citizen") if event.actor_role == Role.CITIZEN else _("The portal")


def stage_labels() -> dict[str, str]:
    """What clocks, cards and photos leave in the history of a case of any kind, for staff."""
    return {
        "limit_warned": _("A limit is about to pass: %(term)s"),
        "limit_missed": _("A limit was missed: %(term)s"),
        "limit_replanned": _("A limit was counted anew after a calendar notice: %(term)s"),
        "time_excluded": _("Time was excluded"),
        "clock_resumed": _("The clock runs again"),
        "photos_attached": _("Photos were added"),
        "card_issued": _("A card was issued: %(card)s"),
        "card_answered": _("The card was answered: %(card)s"),
        "card_appealed": _("The unit appealed against the card: %(card)s"),
        "card_accepted": _("The answer to the card was accepted: %(card)s"),
        "card_upheld": _("The card was upheld: %(card)s"),
        "card_withdrawn": _("The card was withdrawn: %(card)s"),
    }


def title(event: Event, labels: Mapping[str, str]) -> str:
    """The label of the event's verb, with the limit or the card that it is about."""
    template = labels.get(event.verb)
    if template is None:
        return _("Something else was noted")
    data = event.data
    return template % {
        "term": kinds.term_name(str(data.get("term", ""))),
        "card": data.get("card", ""),
    }
