"""Listens to allauth, which has no other way of saying that a second factor was used, added or lost."""

from __future__ import annotations

from typing import Any

from allauth.core import context
from allauth.mfa import signals
from allauth.mfa.models import Authenticator
from django.db import transaction
from django.db.models.signals import post_delete
from django.http import HttpRequest
from django.utils import timezone

from portal.organisation import second_factor
from portal.organisation.actions import note_access
from portal.organisation.actors import ANONYMOUS
from portal.organisation.adapters import StaffAccountAdapter
from portal.organisation.models import Staff


def connect() -> None:
    """Called once, when the app is ready."""
    signals.authenticator_used.connect(_on_used, dispatch_uid="organisation.used")
    signals.authenticator_added.connect(_on_added, dispatch_uid="organisation.added")
    signals.authenticator_removed.connect(_on_removed, dispatch_uid="organisation.removed")
    signals.authenticator_reset.connect(_on_reset, dispatch_uid="organisation.reset")
    signals.authentication_failed.connect(_on_failed, dispatch_uid="organisation.failed")
    post_delete.connect(_on_deleted, sender=Authenticator, dispatch_uid="organisation.deleted")


def _on_used(*, request: HttpRequest, user: Staff, **_kwargs: Any) -> None:
    second_factor.mark_passed(request.session, user)


def _on_added(*, request: HttpRequest, user: Staff, authenticator: Authenticator, **_kwargs: Any) -> None:
    if authenticator.type in second_factor.FACTORS:
        second_factor.mark_passed(request.session, user)
    _note(request, user, "second_factor_added", authenticator)


def _on_removed(*, request: HttpRequest, user: Staff, authenticator: Authenticator, **_kwargs: Any) -> None:
    _note(request, user, "second_factor_removed", authenticator)


def _on_reset(*, request: HttpRequest, user: Staff, authenticator: Authenticator, **_kwargs: Any) -> None:
    _note(request, user, "recovery_codes_made", authenticator)


def _on_failed(*, request: HttpRequest, user: Staff, authenticator: Authenticator, **_kwargs: Any) -> None:
    _note(request, user, "second_factor_failed", authenticator)


def _on_deleted(*, instance: Authenticator, **_kwargs: Any) -> None:
    """Every road to a deletion comes by here: the person's own, and an administrator's reset."""
    if instance.type in second_factor.FACTORS:
        staff_id = instance.user_id
        transaction.on_commit(lambda: _end_what_leaned_on_it(staff_id))


def _end_what_leaned_on_it(staff_id: int) -> None:
    """With the last factor, the marks that sessions carry are worth nothing."""
    if Authenticator.objects.filter(user_id=staff_id, type__in=second_factor.FACTORS).exists():
        return
    here = None
    request = context.request
    if request is not None and getattr(request, "user", None) and request.user.pk == staff_id:
        request.session.pop(second_factor.SESSION_KEY, None)
        here = request.session.session_key
    second_factor.end_sessions(staff_id, but=here)


def _note(request: HttpRequest, staff: Staff, verb: str, authenticator: Authenticator) -> None:
    note_access(
        staff=staff,
        verb=verb,
        # Before the sign-in is through, it is only somebody who knows the password.
        actor=staff.actor() if request.user.is_authenticated else ANONYMOUS,
        at=timezone.now(),
        address=StaffAccountAdapter(request).get_client_ip(request),
        kind=str(authenticator.type),
    )
