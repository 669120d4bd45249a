"""What happened to an account, in words: every person may see what is kept about their own (个保法 45)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from portal.ledger.models import Event
from portal.organisation.actions import subject_of
from portal.organisation.models import Staff

WORDS = {
    "hired": _("Account opened"),
    "roles_changed": _("Roles changed"),
    "moved": _("Moved to another unit"),
    "details_changed": _("Details corrected"),
    "deactivated": _("Account closed"),
    "reactivated": _("Account opened again"),
    "password_changed": _("Password changed"),
    "signed_in": _("Signed in"),
    "signed_out": _("Signed out"),
    "sign_in_failed": _("Failed sign-in"),
    "sign_in_locked": _("Sign-in locked after too many failures"),
    "unlocked": _("Sign-in unlocked"),
    "second_factor_added": _("Second factor added"),
    "second_factor_removed": _("Second factor removed"),
    "second_factor_reset": _("Second factor taken away"),
    "second_factor_failed": _("Wrong code of the second factor"),
    "recovery_codes_made": _("New recovery codes"),
    "token_issued": _("Token for the API issued"),
    "token_revoked": _("Token for the API revoked"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that happened; `failed` is what its owner should look at."""

    at: datetime
    what: str
    who: str
    address: str
    failed: bool


def lines(staff: Staff, *, limit: int = 50) -> list[Line]:
    """The newest first."""
    events = Event.objects.of(subject_of(staff)).order_by("-seq")[:limit]
    return [
        Line(
            at=event.at,
            what=str(WORDS.get(event.verb, event.verb)),
            who=event.actor_name if event.actor_id not in (None, staff.pk) else "",
            address=event.data.get("address", ""),
            failed=event.verb in ("sign_in_failed", "sign_in_locked", "second_factor_failed"),
        )
        for event in events
    ]
