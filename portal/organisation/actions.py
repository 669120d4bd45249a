"""The verbs on units and staff: who may, what is checked, and the event that stays.

Every verb is one transaction with its ledger event, takes an aware `at`, and raises `PermissionDenied` when
the actor may not, `ValidationError` when the values do not fit; both carry a sentence for the reader. What
people type into the records (phone, e-mail) is not copied to the ledger, only the names of the fields.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import partial
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.utils import encrypt
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from rest_framework.authtoken.models import Token

from portal.ledger.actions import record
from portal.organisation.actors import NEEDS_SECOND_FACTOR, Actor, Role
from portal.organisation.models import Staff, Unit, subtree_ids
from portal.organisation.second_factor import end_sessions

DETAILS = ("name", "phone", "email", "title")
UNIT_DETAILS = ("name", "name_en", "phone")


def subject_of(row: Staff | Unit) -> str:
    """What the ledger calls this member of staff or this unit."""
    return f"staff:{row.username}" if isinstance(row, Staff) else f"unit:{row.code}"


# Checks -----------------------------------------------------------------------------------------------


def check_manages(actor: Actor) -> None:
    """Only administrators, and the portal itself, change units and staff."""
    if not actor.has_role(Role.ADMINISTRATOR, Role.SYSTEM):
        raise PermissionDenied(_("Only an administrator may change units and staff."))


def check_manages_another(actor: Actor, staff: Staff) -> None:
    """`check_manages`, and nobody widens or ends the own rights: a second person looks at it."""
    check_manages(actor)
    if actor.id is not None and actor.id == staff.pk:
        raise PermissionDenied(_("You cannot change your own roles or your own account's state."))


def check_roles_fit(roles: Iterable[str], unit: Unit | None) -> None:
    """A unit handler without a unit would see no case at all."""
    if Role.HANDLER.value in roles and unit is None:
        raise ValidationError({"unit": _("A unit handler needs a unit.")})


def check_unit_open(unit: Unit | None) -> None:
    if unit is not None and not unit.active:
        raise ValidationError({"unit": _("This unit has been closed.")})


def check_parent(unit: Unit, parent: Unit | None) -> None:
    """A unit cannot hang below itself."""
    if parent is not None and unit.pk is not None and parent.pk in subtree_ids(unit.pk):
        raise ValidationError({"parent": _("A unit cannot be placed below itself.")})
    if parent is not None and not parent.active:
        raise ValidationError({"parent": _("This unit has been closed.")})


# Staff ------------------------------------------------------------------------------------------------


@transaction.atomic
def hire(
    *,
    username: str,
    name: str,
    actor: Actor,
    at: datetime,
    roles: Iterable[Role | str] = (),
    unit: Unit | None = None,
    password: str | None = None,
    encoded_password: str = "",
    phone: str = "",
    email: str = "",
    title: str = "",
) -> Staff:
    """A new member of staff. Without a password nobody can sign in until one is set.

    `encoded_password` is one that was hashed elsewhere, for imports; it takes the place of `password`.
    """
    check_manages(actor)
    staff = Staff(
        username=username, name=name, unit=unit, phone=phone, email=email, title=title, date_joined=at
    )
    staff.set_roles(roles)
    check_roles_fit(staff.roles, unit)
    check_unit_open(unit)
    if encoded_password:
        staff.password = encoded_password
    elif password is not None:
        validate_password(password, staff)
        staff.set_password(password)
    else:
        staff.set_unusable_password()
    staff.full_clean()
    staff.save(force_insert=True)
    data = {"name": name, "roles": staff.roles, "unit": unit.code if unit else None}
    record(subject_of(staff), "hired", at=at, actor=actor, data=data, opens=True)
    return staff


@transaction.atomic
def change_roles(*, staff: Staff, roles: Iterable[Role | str], actor: Actor, at: datetime) -> None:
    """Replace the roles. Nothing happens when they are the same."""
    check_manages_another(actor, staff)
    _lock(staff)
    before = list(staff.roles)
    staff.set_roles(roles)
    check_roles_fit(staff.roles, staff.unit)
    if staff.roles != before:
        staff.save(update_fields=["roles", "is_staff", "is_superuser"])
        _tell(staff, "roles_changed", at=at, actor=actor, before=before, after=staff.roles)


@transaction.atomic
def move_to_unit(*, staff: Staff, unit: Unit | None, actor: Actor, at: datetime) -> None:
    """Into another unit, or out of all of them."""
    check_manages_another(actor, staff)
    _lock(staff)
    check_roles_fit(staff.roles, unit)
    check_unit_open(unit)
    before = staff.unit
    if before != unit:
        staff.unit = unit
        staff.save(update_fields=["unit"])
        _tell(
            staff,
            "moved",
            at=at,
            actor=actor,
            before=before.code if before else None,
            after=unit.code if unit else None,
        )


@transaction.atomic
def change_details(*, staff: Staff, actor: Actor, at: datetime, **values: str) -> None:
    """Correct what `DETAILS` names. Nothing happens when all is as it was."""
    check_manages(actor)
    _lock(staff)
    changed = _apply(staff, DETAILS, values)
    if changed:
        _tell(staff, "details_changed", at=at, actor=actor, changed=changed)


@transaction.atomic
def deactivate(*, staff: Staff, actor: Actor, at: datetime) -> None:
    """Close the account: no sign-in, no token, and the sessions under way end."""
    check_manages_another(actor, staff)
    _lock(staff)
    if staff.is_active:
        staff.is_active = False
        staff.save(update_fields=["is_active"])
        Token.objects.filter(user=staff).delete()
        _tell(staff, "deactivated", at=at, actor=actor)
        transaction.on_commit(partial(end_sessions, staff.pk))


@transaction.atomic
def reactivate(*, staff: Staff, actor: Actor, at: datetime) -> None:
    check_manages_another(actor, staff)
    _lock(staff)
    if not staff.is_active:
        check_unit_open(staff.unit)
        staff.is_active = True
        staff.save(update_fields=["is_active"])
        _tell(staff, "reactivated", at=at, actor=actor)


# Signing in -------------------------------------------------------------------------------------------


@transaction.atomic
def set_password(*, staff: Staff, password: str, actor: Actor, at: datetime, address: str = "") -> None:
    """A new password: one's own, or one that an administrator gives. All other sessions end with it."""
    if actor.id != staff.pk or actor.id is None:
        check_manages(actor)
    validate_password(password, staff)
    _lock(staff)
    staff.set_password(password)
    staff.save(update_fields=["password"])
    _tell(staff, "password_changed", at=at, actor=actor, **_from(address))


@transaction.atomic
def enrol_second_factor(*, staff: Staff, secret: str, actor: Actor, at: datetime) -> None:
    """Tie an authenticator app to the account by a secret (base 32) that the person already holds."""
    check_manages_another(actor, staff)
    _lock(staff)
    kind = Authenticator.Type.TOTP
    Authenticator.objects.create(user=staff, type=kind, data={"secret": encrypt(secret)}, created_at=at)
    _tell(staff, "second_factor_added", at=at, actor=actor, kind=kind.value)


@transaction.atomic
def reset_second_factor(*, staff: Staff, actor: Actor, at: datetime) -> None:
    """Take every second factor away from somebody who lost the device; the next sign-in sets up anew."""
    check_manages_another(actor, staff)
    _lock(staff)
    kinds = sorted(Authenticator.objects.filter(user=staff).values_list("type", flat=True))
    if kinds:
        # Row by row, for the signal that ends the sessions.
        Authenticator.objects.filter(user=staff).delete()
        _tell(staff, "second_factor_reset", at=at, actor=actor, kinds=kinds)


@transaction.atomic
def issue_token(*, staff: Staff, actor: Actor, at: datetime) -> str:
    """A key for the API, in place of an older one; shown once.

    Refused for roles that need a second factor, because a token would go around it.
    """
    check_manages(actor)
    _lock(staff)
    check_may_hold_token(staff)
    Token.objects.filter(user=staff).delete()
    token = Token.objects.create(user=staff)
    _tell(staff, "token_issued", at=at, actor=actor)
    return token.key


def check_may_hold_token(staff: Staff) -> None:
    if not staff.is_active:
        raise ValidationError(_("This account has been closed."))
    if staff.has_staff_role(*NEEDS_SECOND_FACTOR):
        raise ValidationError(
            _("Supervisors and administrators sign in with a second factor and cannot use a token.")
        )


@transaction.atomic
def revoke_token(*, staff: Staff, actor: Actor, at: datetime) -> None:
    check_manages(actor)
    _lock(staff)
    deleted, _by_model = Token.objects.filter(user=staff).delete()
    if deleted:
        _tell(staff, "token_revoked", at=at, actor=actor)


@transaction.atomic
def note_access(
    *, staff: Staff, verb: str, actor: Actor, at: datetime, address: str = "", **data: Any
) -> None:
    """Keep who signed in or out, from where, and with what result (网络安全法 21: logs of six months).

    The address is for the bureau's own audit: it is no part of what a receipt shows.
    """
    _tell(staff, verb, at=at, actor=actor, **_from(address), **data)


# Units ------------------------------------------------------------------------------------------------


@transaction.atomic
def create_unit(
    *,
    name: str,
    code: str,
    actor: Actor,
    at: datetime,
    name_en: str = "",
    parent: Unit | None = None,
    phone: str = "",
) -> Unit:
    """A new unit; its code stands in the records and never changes."""
    check_manages(actor)
    unit = Unit(name=name, name_en=name_en, code=code, parent=parent, phone=phone)
    check_parent(unit, parent)
    unit.full_clean()
    unit.save(force_insert=True)
    data = {"name": name, "parent": parent.code if parent else None}
    record(subject_of(unit), "created", at=at, actor=actor, data=data, opens=True)
    return unit


@transaction.atomic
def change_unit_details(*, unit: Unit, actor: Actor, at: datetime, **values: str) -> None:
    """Rename a unit or correct what else `UNIT_DETAILS` names."""
    check_manages(actor)
    _lock(unit)
    before = unit.name
    changed = _apply(unit, UNIT_DETAILS, values)
    if "name" in changed:
        _tell(unit, "renamed", at=at, actor=actor, before=before, after=unit.name, changed=changed)
    elif changed:
        _tell(unit, "details_changed", at=at, actor=actor, changed=changed)


def rename_unit(*, unit: Unit, name: str, actor: Actor, at: datetime, name_en: str = "") -> None:
    change_unit_details(unit=unit, name=name, name_en=name_en, actor=actor, at=at)


@transaction.atomic
def move_unit(*, unit: Unit, parent: Unit | None, actor: Actor, at: datetime) -> None:
    """Hang a unit, with all below it, elsewhere in the tree."""
    check_manages(actor)
    # The whole small table, so that two moves at once cannot close a circle between them.
    list(Unit.objects.select_for_update(no_key=True).order_by("pk").values_list("pk"))
    unit.refresh_from_db()
    check_parent(unit, parent)
    before = unit.parent
    if before != parent:
        unit.parent = parent
        unit.save(update_fields=["parent"])
        _tell(
            unit,
            "moved",
            at=at,
            actor=actor,
            before=before.code if before else None,
            after=parent.code if parent else None,
        )


@transaction.atomic
def close_unit(*, unit: Unit, actor: Actor, at: datetime) -> None:
    """No new staff and no new cases; what it did stays under its name."""
    check_manages(actor)
    _lock(unit)
    if not unit.active:
        return
    if unit.staff.filter(is_active=True).exists() or unit.children.filter(active=True).exists():
        raise ValidationError({"active": _("This unit still has staff or units below it; move them first.")})
    unit.active = False
    unit.save(update_fields=["active"])
    _tell(unit, "closed", at=at, actor=actor)


@transaction.atomic
def reopen_unit(*, unit: Unit, actor: Actor, at: datetime) -> None:
    check_manages(actor)
    _lock(unit)
    if not unit.active:
        check_parent(unit, unit.parent)
        unit.active = True
        unit.save(update_fields=["active"])
        _tell(unit, "reopened", at=at, actor=actor)


# ------------------------------------------------------------------------------------------------------


def _lock(row: Staff | Unit) -> None:
    """Hold the row until the transaction ends, and read it as it stands now.

    NO KEY UPDATE, so that cases which refer to the row can be opened meanwhile.
    """
    if isinstance(row, Staff):
        row.refresh_from_db(from_queryset=Staff.objects.select_for_update(no_key=True))
    else:
        row.refresh_from_db(from_queryset=Unit.objects.select_for_update(no_key=True))


def _tell(row: Staff | Unit, verb: str, *, at: datetime, actor: Actor, **data: Any) -> None:
    record(subject_of(row), verb, at=at, actor=actor, data=data)


def _apply(row: Staff | Unit, allowed: tuple[str, ...], values: dict[str, str]) -> list[str]:
    """Write the values that differ; the names of the fields that did."""
    if unknown := set(values) - set(allowed):
        raise TypeError(f"not a detail: {sorted(unknown)}")
    changed = [name for name in allowed if name in values and getattr(row, name) != values[name]]
    for name in changed:
        setattr(row, name, values[name])
    if changed:
        row.full_clean()
        row.save(update_fields=changed)
    return changed


def _from(address: str) -> dict[str, str]:
    return {"address": address} if address else {}
