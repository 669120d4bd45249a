"""Which sessions have passed a second factor.

allauth asks for the second factor when somebody signs in who has one. What is left is a session that was
signed in before the factor was enrolled, or by somebody who has none yet: `passed` tells them apart by a mark
that only a used or a newly enrolled authenticator leaves in the session, so that no page has to ask the
database. When the last authenticator goes, every session of the person ends.
"""

from __future__ import annotations

from typing import Any

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.http import HttpRequest

from portal.organisation.actors import NEEDS_SECOND_FACTOR
from portal.organisation.models import Staff

SESSION_KEY = "second_factor_of"
# Recovery codes stand in for a factor that exists; alone they are none.
FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


def needed(staff: Staff) -> bool:
    """Whether the roles of this person demand a second factor (GB/T 22239, 8.1.4.1)."""
    return staff.has_staff_role(*NEEDS_SECOND_FACTOR)


def enrolled(staff: Staff) -> bool:
    return Authenticator.objects.filter(user=staff, type__in=FACTORS).exists()


def passed(request: HttpRequest, staff: Staff) -> bool:
    """Whether this session used, or enrolled, a second factor of this person."""
    return bool(request.session.get(SESSION_KEY) == staff.pk)


def mark_passed(session: Any, staff: Staff) -> None:
    session[SESSION_KEY] = staff.pk


def end_sessions(staff_id: int, *, but: str | None = None) -> None:
    """Sign this person out everywhere, except for the session with the key `but`."""
    for session in UserSession.objects.filter(user_id=staff_id).exclude(session_key=but or ""):
        session.end()
