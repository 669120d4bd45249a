"""What django-allauth asks about our accounts. They are made by an administrator, never by signing up."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context, ratelimit
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.organisation import actions, second_factor
from portal.organisation.actors import ANONYMOUS, Actor
from portal.organisation.models import Staff

LOCKED_FOR_MINUTES = 30
SIGNED_IN_AT = "signed_in_at"
FRESH_SECONDS = 5 * 60


class StaffAccountAdapter(DefaultAccountAdapter):
    """Sign-in of staff, with an event for each thing that happens to an account.

    A failed sign-in is written to the account it was tried on; a name that no account has is not kept,
    since people type passwords into the wrong field.
    """

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "account_inactive": _("This account has been closed."),
        "incorrect_password": _("The password is not correct."),
        "username_password_mismatch": _("The user name or the password is not correct."),
        "too_many_login_attempts": _(
            "Too many failed sign-ins. To protect the account, sign-in is locked for 30 minutes. "
            "If it was not you, tell an administrator."
        ),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        try:
            super().pre_authenticate(request, **credentials)
        except ValidationError:
            self._note_lock(request, str(credentials.get("username", "")))
            raise

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        if staff := _staff_named(str(credentials.get("username", ""))):
            self._note(request, staff, "sign_in_failed", actor=ANONYMOUS)

    def post_login(self, request: HttpRequest, user: Any, **kwargs: Any) -> HttpResponse:
        passed = second_factor.passed(request, user)
        self._note(request, user, "signed_in", actor=user.actor(), second_factor=passed)
        request.session[SIGNED_IN_AT] = timezone.now().timestamp()
        return super().post_login(request, user, **kwargs)

    def logout(self, request: HttpRequest) -> None:
        user = request.user
        if isinstance(user, Staff):
            self._note(request, user, "signed_out", actor=user.actor())
        super().logout(request)

    def set_password(self, user: Any, password: str) -> None:
        request = context.request
        actions.set_password(
            staff=user,
            password=password,
            actor=user.actor(),
            at=timezone.now(),
            address=self.get_client_ip(request),
        )

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Who has just signed in, with all there was to enter, is not asked again for five minutes."""
        request = context.request
        fresh = timezone.now().timestamp() - request.session.get(SIGNED_IN_AT, 0) < FRESH_SECONDS
        user = request.user
        if fresh and (second_factor.passed(request, user) or not second_factor.enrolled(user)):
            return False
        return super().is_reauthentication_required(app=app, **kwargs)

    def unlock(self, request: HttpRequest, staff: Staff, *, actor: Actor) -> None:
        """Forget the failed sign-ins of an account, for somebody who proved at the desk who it was."""
        actions.check_manages(actor)
        keys = (
            self._get_login_attempts_cache_key(request, username=staff.username),
            f"mfa-auth-user-{staff.pk}",
        )
        for key in keys:
            ratelimit.clear(request, action="login_failed", key=key)
        cache.delete(_lock_key(staff))
        self._note(request, staff, "unlocked", actor=actor)

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        # Not by host name, as allauth does: five tries are five tries under whatever name one calls us.
        return f"sign-in:{str(credentials.get('username', '')).strip().lower()}"

    def _note_lock(self, request: HttpRequest, username: str) -> None:
        """One event a lock-out, not one a refused try: nobody can fill the ledger by knocking."""
        staff = _staff_named(username)
        if staff and cache.add(_lock_key(staff), True, timeout=LOCKED_FOR_MINUTES * 60):
            self._note(request, staff, "sign_in_locked", actor=ANONYMOUS)

    def _note(self, request: HttpRequest, staff: Staff, verb: str, *, actor: Actor, **data: Any) -> None:
        actions.note_access(
            staff=staff,
            verb=verb,
            actor=actor,
            at=timezone.now(),
            address=self.get_client_ip(request),
            **data,
        )


def _staff_named(username: str) -> Staff | None:
    # Control characters are no user name, and Postgres refuses NUL.
    username = username.strip().lower()
    return Staff.objects.filter(username=username).first() if username.isprintable() else None


def _lock_key(staff: Staff) -> str:
    return f"sign-in-locked:{staff.pk}"
