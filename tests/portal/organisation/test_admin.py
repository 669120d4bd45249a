"""The administrators' pages: every change is a verb's, with its event, and a refusal is a sentence."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse
from rest_framework.authtoken.models import Token, TokenProxy

from portal.ledger.models import Event
from portal.organisation.actions import create_unit
from portal.organisation.actors import SYSTEM, Role
from portal.organisation.models import Staff, Unit

pytestmark = pytest.mark.django_db

Make = Callable[..., Staff]


@pytest.fixture
def desk(make_staff: Make, sign_in: Any) -> Client:
    """An administrator at work, in English."""
    client: Client = sign_in(make_staff(Role.ADMINISTRATOR, username="chief-admin"))
    client.cookies["django_language"] = "en"
    return client


def history(subject: str) -> list[str]:
    return [event.verb for event in Event.objects.of(subject)]


def staff_form(staff: Staff | None = None, **changes: Any) -> dict[str, Any]:
    values = {
        "username": staff.username if staff else "new",
        "name": staff.name if staff else "新人",
        "title": "",
        "phone": "",
        "email": "",
        "unit": staff.unit_id or "" if staff else "",
        "roles": staff.roles if staff else [],
        "new_password": "",
        "is_active": "on",
    }
    values.update(changes)
    return {key: value for key, value in values.items() if value is not None}


def change_page(staff: Staff) -> str:
    return reverse("admin:organisation_staff_change", args=[staff.pk])


def test_hiring(desk: Client, unit: Unit) -> None:
    page = reverse("admin:organisation_staff_add")
    assert desk.get(page).status_code == 200
    given = staff_form(unit=unit.pk, roles=["handler", "clerk"], new_password="a-fine-password-3")
    assert desk.post(page, given).status_code == 302
    staff = Staff.objects.get(username="new")
    assert staff.check_password("a-fine-password-3")
    assert (staff.roles, staff.unit) == (["handler", "clerk"], unit)
    event = Event.objects.of("staff:new").get()
    assert (event.verb, event.actor_name, event.actor_role) == ("hired", "甲1", "administrator")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"username": "Not Plain"}, "username"),
        ({"username": "chief-admin"}, "username"),
        ({"name": "长" * 61}, "name"),
        ({"name": "a\x00b"}, "name"),
        ({"roles": ["king"]}, "roles"),
        ({"roles": ["citizen"]}, "roles"),
        ({"roles": ["handler"]}, "unit"),
        ({"new_password": "1234567890"}, "new_password"),
        ({"unit": "999999"}, "unit"),
        ({"email": "nonsense"}, "email"),
    ],
)
def test_hiring_shows_what_does_not_fit(desk: Client, changes: dict[str, Any], field: str) -> None:
    answer = desk.post(reverse("admin:organisation_staff_add"), staff_form(**changes))
    assert answer.status_code == 200
    assert field in answer.context["adminform"].form.errors
    assert Staff.objects.count() == 1


def test_every_change_is_a_verbs(desk: Client, make_staff: Make, at: Any) -> None:
    staff = make_staff(Role.CLERK)
    other = create_unit(name="别处", code="elsewhere", actor=SYSTEM, at=at)
    page = change_page(staff)
    assert desk.get(page).status_code == 200
    subject = f"staff:{staff.username}"
    assert desk.post(page, staff_form(staff)).status_code == 302
    assert history(subject) == ["hired"]
    desk.post(page, staff_form(staff, phone="1", unit=other.pk, roles=["clerk", "handler"]))
    assert history(subject) == ["hired", "details_changed", "moved", "roles_changed"]
    desk.post(page, staff_form(staff, phone="1", unit="", roles=["clerk"]))
    assert history(subject)[4:] == ["roles_changed", "moved"]
    staff.refresh_from_db()
    desk.post(page, staff_form(staff, phone="1", is_active=None, new_password="a-fine-password-3"))
    assert history(subject)[6:] == ["deactivated", "password_changed"]
    staff.refresh_from_db()
    assert (staff.phone, staff.unit, staff.roles, staff.is_active) == ("1", None, ["clerk"], False)
    assert staff.check_password("a-fine-password-3")
    actors = {event.actor_name for event in Event.objects.of(subject)[1:]}
    assert actors == {"甲1"}


def test_the_user_name_never_changes(desk: Client, make_staff: Make) -> None:
    staff = make_staff(Role.CLERK)
    desk.post(change_page(staff), staff_form(staff, username="other", is_superuser="on", is_staff="on"))
    fresh = Staff.objects.get(pk=staff.pk)
    assert (fresh.username, fresh.is_superuser, fresh.is_staff) == (staff.username, False, False)


def test_ones_own_rights_are_not_ones_own_to_change(desk: Client) -> None:
    me = Staff.objects.get(username="chief-admin")
    desk.post(change_page(me), staff_form(me, roles=["clerk"], unit="", is_active=None, phone="7"))
    me.refresh_from_db()
    assert (me.roles, me.is_active, me.phone) == (["administrator"], True, "7")
    assert me.unit is not None


def test_nothing_is_deleted(desk: Client, make_staff: Make) -> None:
    staff = make_staff(Role.CLERK)
    assert (
        desk.post(reverse("admin:organisation_staff_delete", args=[staff.pk]), {"post": "yes"}).status_code
        == 403
    )
    given = {"action": "delete_selected", "_selected_action": [staff.pk], "post": "yes"}
    desk.post(reverse("admin:organisation_staff_changelist"), given)
    assert Staff.objects.filter(pk=staff.pk).exists()


def test_tokens_by_action(desk: Client, make_staff: Make) -> None:
    clerk, supervisor = make_staff(Role.CLERK), make_staff(Role.SUPERVISOR)
    page = reverse("admin:organisation_staff_changelist")
    chosen = [clerk.pk, supervisor.pk]
    answer = desk.post(page, {"action": "issue_tokens", "_selected_action": chosen}, follow=True)
    text = answer.content.decode()
    assert Token.objects.get().user == clerk
    assert Token.objects.get().key in text
    assert f"{supervisor.username}: Supervisors and administrators" in text
    desk.post(page, {"action": "revoke_tokens", "_selected_action": chosen})
    assert not Token.objects.exists()
    assert history(f"staff:{clerk.username}") == ["hired", "token_issued", "token_revoked"]


def test_the_second_factor_of_somebody_else_only(desk: Client) -> None:
    me = Staff.objects.get(username="chief-admin")
    page = reverse("admin:organisation_staff_changelist")
    given = {"action": "reset_second_factors", "_selected_action": [me.pk]}
    assert "You cannot change your own" in desk.post(page, given, follow=True).content.decode()


def unit_form(**values: Any) -> dict[str, Any]:
    given = {"name": "处", "name_en": "", "code": "", "parent": "", "phone": "", "active": "on", **values}
    return {key: value for key, value in given.items() if value is not None}


def test_units(desk: Client, unit: Unit) -> None:
    add = reverse("admin:organisation_unit_add")
    assert desk.get(add).status_code == 200
    assert desk.post(add, unit_form(code="new", parent=unit.pk)).status_code == 302
    new = Unit.objects.get(code="new")
    page = reverse("admin:organisation_unit_change", args=[new.pk])
    desk.post(page, unit_form(name="新名", parent=""))
    desk.post(page, unit_form(name="新名", parent="", active=None))
    new.refresh_from_db()
    assert (new.code, new.name, new.parent, new.active) == ("new", "新名", None, False)
    assert history("unit:new") == ["created", "renamed", "moved", "closed"]


def test_a_circle_of_units_is_shown_at_the_field(desk: Client, unit: Unit, at: Any) -> None:
    below = create_unit(name="下", code="below", parent=unit, actor=SYSTEM, at=at)
    page = reverse("admin:organisation_unit_change", args=[unit.pk])
    answer = desk.post(page, unit_form(name=unit.name, parent=below.pk))
    assert answer.context["adminform"].form.errors["parent"] == ["A unit cannot be placed below itself."]


def test_a_refusal_of_the_verb_is_a_sentence_and_nothing_is_half_written(desk: Client, unit: Unit) -> None:
    page = reverse("admin:organisation_unit_change", args=[unit.pk])
    answer = desk.post(page, unit_form(name="改名", active=None), follow=True)
    assert "This unit still has staff or units below it" in answer.content.decode()
    unit.refresh_from_db()
    assert (unit.name, unit.active) == ("园林处", True)
    assert history("unit:greening") == ["created"]


def test_groups_and_keys_have_no_page() -> None:
    assert not admin.site.is_registered(Group)
    assert not admin.site.is_registered(TokenProxy)
    assert {model._meta.label for model in admin.site._registry} >= {
        "organisation.Staff",
        "organisation.Unit",
    }
    assert not [model for model in admin.site._registry if model._meta.app_label in ("mfa", "account")]
