"""Tokens for the API, and who cannot have one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from django.utils import translation
from rest_framework.authtoken.models import Token
from rest_framework.exceptions import AuthenticationFailed

from portal.ledger.models import Event
from portal.organisation.actions import change_roles, deactivate, issue_token, revoke_token
from portal.organisation.actors import NEEDS_SECOND_FACTOR, STAFF_ROLES, Actor, Role
from portal.organisation.authentication import StaffTokenAuthentication
from portal.organisation.models import Staff

pytestmark = pytest.mark.django_db

Make = Callable[..., Staff]


def call(rf: Any, key: str) -> Any:
    return StaffTokenAuthentication().authenticate(rf.get("/", HTTP_AUTHORIZATION=f"Token {key}"))


@pytest.mark.parametrize("role", STAFF_ROLES)
def test_who_may_hold_one(make_staff: Make, boss: Actor, at: datetime, rf: Any, role: Role) -> None:
    staff = make_staff(role)
    if role in NEEDS_SECOND_FACTOR:
        with pytest.raises(ValidationError):
            issue_token(staff=staff, actor=boss, at=at)
        assert not Token.objects.exists()
    else:
        user, _token = call(rf, issue_token(staff=staff, actor=boss, at=at))
        assert user == staff
        event = Event.objects.of(f"staff:{staff.username}").last()
        assert (event.verb, event.data) == ("token_issued", {})


def test_a_new_one_ends_the_old_one(make_staff: Make, boss: Actor, at: datetime, rf: Any) -> None:
    staff = make_staff(Role.OPERATOR)
    old = issue_token(staff=staff, actor=boss, at=at)
    new = issue_token(staff=staff, actor=boss, at=at)
    assert refusal(rf, old) == "This token is not valid."
    assert call(rf, new)[0] == staff
    revoke_token(staff=staff, actor=boss, at=at)
    assert refusal(rf, new) == "This token is not valid."
    verbs = [event.verb for event in Event.objects.of(f"staff:{staff.username}")]
    assert verbs == ["hired", "token_issued", "token_issued", "token_revoked"]


def refusal(rf: Any, key: str) -> str:
    with pytest.raises(AuthenticationFailed) as refused, translation.override("en"):
        call(rf, key)
    return str(refused.value.detail)


def test_a_token_from_before_the_role_is_refused(
    make_staff: Make, boss: Actor, at: datetime, rf: Any
) -> None:
    staff = make_staff(Role.OPERATOR)
    key = issue_token(staff=staff, actor=boss, at=at)
    change_roles(staff=staff, roles=[Role.OPERATOR, Role.SUPERVISOR], actor=boss, at=at)
    assert (
        refusal(rf, key)
        == "Supervisors and administrators sign in with a second factor and cannot use a token."
    )


def test_a_closed_account_is_refused_even_with_its_token(
    make_staff: Make, boss: Actor, at: datetime, rf: Any
) -> None:
    staff = make_staff(Role.OPERATOR)
    deactivate(staff=staff, actor=boss, at=at)
    Token.objects.create(user=staff, key="k" * 40)
    assert refusal(rf, "k" * 40) == "This account has been closed."


def test_over_the_wire(client: Client, make_staff: Make, boss: Actor, at: datetime) -> None:
    schema = reverse("api-schema")
    answer = client.get(schema, HTTP_AUTHORIZATION="Token nonsense")
    assert answer.status_code in (401, 403)
    assert list(answer.data) == ["detail"]
    key = issue_token(staff=make_staff(Role.OPERATOR), actor=boss, at=at)
    assert client.get(schema, HTTP_AUTHORIZATION=f"Token {key}").status_code == 200
