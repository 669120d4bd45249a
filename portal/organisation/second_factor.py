"""Which sessions have passed a second factor.

allauth asks for the second factor when somebody signs in who has one. What is left is a session that was
signed in before the factor was enrolled, or by somebody who has none yet: `passed` tells them apart by a mark
that only a used or a newly enrolled authenticator leaves in the session, so that no page has to ask the
database. When the last authenticator goes, every session of the person ends.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from allauth.core.internal.cryptokit import normalize_user_code
from allauth.mfa import app_settings as mfa_settings
from allauth.mfa.base.forms import ReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext as _

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


@dataclass(frozen=True, slots=True)
class Confirmation:
    """That a person has shown their second factor for one act, at an aware moment."""

    staff_id: int
    at: datetime


def confirm(staff: Staff, code: str, *, at: datetime) -> Confirmation:
    """Ask for a code of the authenticator app, or a recovery code, for what is signed by hand.

    Each code serves once, and failures count towards the lock-out as they do at sign-in. Raises
    ValidationError with a sentence.
    """
    typed = {Authenticator.Type.TOTP, Authenticator.Type.RECOVERY_CODES}
    # Recovery codes stand in for a factor that exists.
    if not enrolled(staff) or not Authenticator.objects.filter(user=staff, type__in=typed).exists():
        raise ValidationError(
            _("To sign, you need an authenticator app: please add one to your account first."), "no_factor"
        )
    form = ReauthenticateForm({"code": code}, user=staff)
    if not form.is_valid() and form.has_error("code", "incorrect_code"):
        raise ValidationError(
            _("This code is not right. Please type the one that the app shows now."), "wrong"
        )
    if not form.is_valid():
        raise ValidationError([str(sentence) for found in form.errors.values() for sentence in found])
    # allauth forgets a code after one period, and takes it for as many as a late clock is allowed.
    seconds = mfa_settings.TOTP_PERIOD * (2 * mfa_settings.TOTP_TOLERANCE + 1)
    if not cache.add(f"second_factor:used:{staff.pk}:{normalize_user_code(code)}", 1, seconds):
        raise ValidationError(_("This code has been used already. Please wait for the next one."), "used")
    form.authenticator.record_usage()
    return Confirmation(staff.pk, at)


def end_sessions(staff_id: int, *, but: str | None = None) -> None:
    """Sign this person out everywhere, except for the session with the key `but`."""
    for session in UserSession.objects.filter(user_id=staff_id).exclude(session_key=but or ""):
        session.end()
