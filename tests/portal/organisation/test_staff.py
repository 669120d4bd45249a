"""Staff, what the verbs refuse, and what the database holds."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management import call_command
from django.db import IntegrityError, transaction
from rest_framework.authtoken.models import Token

from portal.ledger.models import Event
from portal.organisation import actions
from portal.organisation.actors import ANONYMOUS, CITIZEN, STAFF_ROLES, SYSTEM, Actor, Role
from portal.organisation.models import Staff, Unit

pytestmark = pytest.mark.django_db

Make = Callable[..., Staff]


def someone(*roles: Role, id: int = 10**6) -> Actor:
    return Actor(id=id, name="x", roles=frozenset(roles))


def last(staff: Staff) -> Any:
    return Event.objects.of(f"staff:{staff.username}").last()


# Every verb, and a call that an administrator may make: the one table of this module's rights.
VERBS: dict[str, Callable[[Staff, Unit, Actor, datetime], object]] = {
    "hire": lambda s, u, a, at: actions.hire(username="new", name="新", actor=a, at=at),
    "change_roles": lambda s, u, a, at: actions.change_roles(staff=s, roles=[Role.CLERK], actor=a, at=at),
    "move_to_unit": lambda s, u, a, at: actions.move_to_unit(staff=s, unit=None, actor=a, at=at),
    "change_details": lambda s, u, a, at: actions.change_details(staff=s, phone="1", actor=a, at=at),
    "deactivate": lambda s, u, a, at: actions.deactivate(staff=s, actor=a, at=at),
    "reactivate": lambda s, u, a, at: actions.reactivate(staff=s, actor=a, at=at),
    "set_password": lambda s, u, a, at: actions.set_password(
        staff=s, password="another-long-one-9", actor=a, at=at
    ),
    "enrol_second_factor": lambda s, u, a, at: actions.enrol_second_factor(
        staff=s, secret="A" * 32, actor=a, at=at
    ),
    "reset_second_factor": lambda s, u, a, at: actions.reset_second_factor(staff=s, actor=a, at=at),
    "issue_token": lambda s, u, a, at: actions.issue_token(staff=s, actor=a, at=at),
    "revoke_token": lambda s, u, a, at: actions.revoke_token(staff=s, actor=a, at=at),
    "create_unit": lambda s, u, a, at: actions.create_unit(name="新", code="new", actor=a, at=at),
    "change_unit_details": lambda s, u, a, at: actions.change_unit_details(unit=u, name="y", actor=a, at=at),
    "rename_unit": lambda s, u, a, at: actions.rename_unit(unit=u, name="y", actor=a, at=at),
    "move_unit": lambda s, u, a, at: actions.move_unit(unit=u, parent=None, actor=a, at=at),
    "close_unit": lambda s, u, a, at: actions.close_unit(unit=u, actor=a, at=at),
    "reopen_unit": lambda s, u, a, at: actions.reopen_unit(unit=u, actor=a, at=at),
}


@pytest.mark.parametrize("verb", VERBS)
def test_only_administrators_and_the_portal(verb: str, make_staff: Make, at: datetime) -> None:
    staff = make_staff(Role.CLERK)
    other = actions.create_unit(name="别处", code="elsewhere", actor=SYSTEM, at=at)
    events = Event.objects.count()
    refused = [ANONYMOUS, CITIZEN, *(someone(role) for role in STAFF_ROLES if role != Role.ADMINISTRATOR)]
    for actor in refused:
        with pytest.raises(PermissionDenied):
            VERBS[verb](staff, other, actor, at)
    assert Event.objects.count() == events
    for actor in (someone(Role.ADMINISTRATOR), SYSTEM):
        with transaction.atomic():
            VERBS[verb](staff, other, actor, at)
            transaction.set_rollback(True)


@pytest.mark.parametrize(
    "verb",
    [
        "change_roles",
        "move_to_unit",
        "deactivate",
        "reactivate",
        "enrol_second_factor",
        "reset_second_factor",
    ],
)
def test_nobody_changes_the_own_rights(verb: str, make_staff: Make, unit: Unit, at: datetime) -> None:
    staff = make_staff(Role.ADMINISTRATOR)
    with pytest.raises(PermissionDenied):
        VERBS[verb](staff, unit, staff.actor(), at)


def test_everyone_sets_the_own_password_and_no_other(make_staff: Make, at: datetime) -> None:
    staff, other = make_staff(Role.CLERK), make_staff(Role.CLERK)
    actions.set_password(
        staff=staff, password="another-long-one-9", actor=staff.actor(), at=at, address="::1"
    )
    staff.refresh_from_db()
    assert staff.check_password("another-long-one-9")
    assert (last(staff).verb, last(staff).data) == ("password_changed", {"address": "::1"})
    with pytest.raises(PermissionDenied):
        actions.set_password(staff=other, password="another-long-one-9", actor=staff.actor(), at=at)
    with pytest.raises(ValidationError):
        actions.set_password(staff=staff, password="12345", actor=staff.actor(), at=at)


def test_hiring(boss: Actor, unit: Unit, at: datetime) -> None:
    staff = actions.hire(
        username="wang", name="王", roles=[Role.SUPERVISOR, Role.HANDLER], unit=unit, actor=boss, at=at
    )
    assert staff.roles == ["handler", "supervisor"]
    assert not staff.has_usable_password()
    assert (staff.date_joined, staff.is_staff, staff.is_superuser) == (at, False, False)
    event = last(staff)
    assert (event.verb, event.seq, event.at, event.actor_id) == ("hired", 1, at, boss.id)
    assert event.data == {"name": "王", "roles": ["handler", "supervisor"], "unit": "greening"}


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"username": "Wang"}, "username"),
        ({"username": "王"}, "username"),
        ({"username": "wang\n"}, "username"),
        ({"username": "x" * 61}, "username"),
        ({"username": "taken"}, "username"),
        ({"name": ""}, "name"),
        ({"name": "长" * 61}, "name"),
        ({"email": "not mail"}, "email"),
        ({"roles": [Role.HANDLER], "unit": None}, "unit"),
    ],
)
def test_hiring_refuses_what_does_not_fit(
    boss: Actor, make_staff: Make, unit: Unit, at: datetime, values: dict[str, Any], field: str
) -> None:
    make_staff(Role.CLERK, username="taken")
    with pytest.raises(ValidationError) as refused:
        actions.hire(**{"username": "wang", "name": "王", "unit": unit, **values}, actor=boss, at=at)
    assert field in refused.value.message_dict
    assert Staff.objects.count() == 1


@pytest.mark.parametrize("role", [Role.CITIZEN, Role.SYSTEM])
def test_nobody_is_hired_as_citizen_or_system(boss: Actor, unit: Unit, at: datetime, role: Role) -> None:
    with pytest.raises(ValidationError):
        actions.hire(username="wang", name="王", roles=[role], unit=unit, actor=boss, at=at)


def test_a_closed_unit_takes_nobody(boss: Actor, unit: Unit, at: datetime) -> None:
    actions.close_unit(unit=unit, actor=boss, at=at)
    with pytest.raises(ValidationError):
        actions.hire(username="wang", name="王", unit=unit, actor=boss, at=at)


def test_an_administrator_is_a_superuser_and_nobody_else(make_staff: Make, boss: Actor, at: datetime) -> None:
    staff = make_staff(Role.CLERK)
    actions.change_roles(staff=staff, roles=[Role.ADMINISTRATOR], actor=boss, at=at)
    staff.refresh_from_db()
    assert (staff.roles, staff.is_staff, staff.is_superuser) == (["administrator"], True, True)
    assert last(staff).data == {"before": ["clerk"], "after": ["administrator"]}
    actions.change_roles(staff=staff, roles=[], actor=boss, at=at)
    staff.refresh_from_db()
    assert (staff.is_staff, staff.is_superuser) == (False, False)


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ({"roles": ["administrator"]}, "administrator_is_superuser"),
        ({"is_superuser": True}, "administrator_is_superuser"),
        ({"is_staff": True, "is_superuser": True}, "administrator_is_superuser"),
        ({"roles": ["citizen"]}, "staff_roles_are_known"),
        ({"roles": ["clerk", "king"]}, "staff_roles_are_known"),
        ({"username": "Wang"}, "staff_username_is_plain"),
    ],
)
def test_the_database_refuses(make_staff: Make, change: dict[str, Any], constraint: str) -> None:
    staff = make_staff(Role.CLERK)
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Staff.objects.filter(pk=staff.pk).update(**change)


def test_what_changes_nothing_leaves_no_event(
    make_staff: Make, unit: Unit, boss: Actor, at: datetime
) -> None:
    staff = make_staff(Role.CLERK)
    actions.change_roles(staff=staff, roles=[Role.CLERK], actor=boss, at=at)
    actions.move_to_unit(staff=staff, unit=unit, actor=boss, at=at)
    actions.change_details(staff=staff, name=staff.name, actor=boss, at=at)
    actions.reactivate(staff=staff, actor=boss, at=at)
    actions.revoke_token(staff=staff, actor=boss, at=at)
    actions.reset_second_factor(staff=staff, actor=boss, at=at)
    assert last(staff).verb == "hired"


def test_a_handler_is_never_without_a_unit(make_staff: Make, boss: Actor, at: datetime) -> None:
    handler, clerk = make_staff(Role.HANDLER), make_staff(Role.CLERK, unit=None)
    with pytest.raises(ValidationError):
        actions.move_to_unit(staff=handler, unit=None, actor=boss, at=at)
    with pytest.raises(ValidationError):
        actions.change_roles(staff=clerk, roles=[Role.HANDLER], actor=boss, at=at)


def test_details_leave_their_names_in_the_ledger_not_their_values(
    make_staff: Make, boss: Actor, at: datetime
) -> None:
    staff = make_staff(Role.CLERK)
    actions.change_details(staff=staff, phone="13800000000", email="a@example.org", actor=boss, at=at)
    assert last(staff).data == {"changed": ["phone", "email"]}
    with pytest.raises(TypeError):
        actions.change_details(staff=staff, is_superuser="1", actor=boss, at=at)


def test_a_closed_account_can_do_nothing(make_staff: Make, boss: Actor, at: datetime) -> None:
    staff = make_staff(Role.OPERATOR)
    actions.issue_token(staff=staff, actor=boss, at=at)
    actions.deactivate(staff=staff, actor=boss, at=at)
    assert not Token.objects.exists()
    assert not staff.actor().is_staff
    assert (staff.actor().id, staff.actor().name) == (staff.pk, staff.name)
    assert list(Staff.objects.active()) == []
    actions.reactivate(staff=staff, actor=boss, at=at)
    assert staff.actor().has_role(Role.OPERATOR)


def test_querysets(make_staff: Make, unit: Unit) -> None:
    both = make_staff(Role.HANDLER, Role.CLERK)
    clerk = make_staff(Role.CLERK, unit=None)
    assert list(Staff.objects.with_role(Role.HANDLER)) == [both]
    assert list(Staff.objects.with_role(Role.HANDLER, Role.CLERK)) == [both, clerk]
    assert list(Staff.objects.of_unit(unit).with_role(Role.CLERK).active()) == [both]


def test_createsuperuser_makes_an_administrator() -> None:
    call_command("createsuperuser", username="first", name="第一", interactive=False, verbosity=0)
    staff = get_user_model().objects.get()
    assert staff.actor().has_role(Role.ADMINISTRATOR)
    assert staff.get_full_name() == "第一"
