"""Who acts in a request, and what finding it out costs."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import RequestFactory

from portal.organisation.actions import create_unit
from portal.organisation.actors import ANONYMOUS, SYSTEM, Actor, Role
from portal.organisation.actors_of import actor_of
from portal.organisation.models import Staff, Unit

pytestmark = pytest.mark.django_db


def request_of(user: Any) -> Any:
    request = RequestFactory().get("/")
    request.user = user
    return request


def test_signed_out_is_anonymous() -> None:
    assert actor_of(request_of(AnonymousUser())) is ANONYMOUS
    assert actor_of(RequestFactory().get("/")) is ANONYMOUS


def test_one_query_for_the_units_and_none_the_second_time(
    make_staff: Any, unit: Unit, at: datetime, django_assert_num_queries: Any
) -> None:
    below = create_unit(name="下", code="below", parent=unit, actor=SYSTEM, at=at)
    beside = create_unit(name="旁", code="beside", actor=SYSTEM, at=at)
    request = request_of(Staff.objects.get(pk=make_staff(Role.HANDLER).pk))
    with django_assert_num_queries(1):
        actor = actor_of(request)
    with django_assert_num_queries(0):
        assert actor_of(request) is actor
    assert (actor.id, actor.unit_id, actor.unit_ids) == (request.user.pk, unit.pk, {unit.pk, below.pk})
    assert actor.sees_unit(below.pk)
    assert not actor.sees_unit(beside.pk)
    assert not actor.sees_unit(None)


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.SUPERVISOR, Role.ADMINISTRATOR])
def test_no_query_for_who_sees_everything(
    make_staff: Any, role: Role, django_assert_num_queries: Any
) -> None:
    staff = Staff.objects.get(pk=make_staff(role).pk)
    with django_assert_num_queries(0):
        actor = actor_of(request_of(staff))
    assert actor.sees_unit(None)
    assert actor.sees_unit(-1)


def test_a_handler_who_sees_everything_still_handles_for_the_own_unit(make_staff: Any, unit: Unit) -> None:
    actor = make_staff(Role.OPERATOR, Role.HANDLER).actor()
    assert actor.unit_ids == {unit.pk}


def test_the_portal_and_citizens_see_no_unit_by_themselves() -> None:
    assert not SYSTEM.sees_unit(1)
    assert not Actor(id=None, name="", roles=frozenset({Role.CITIZEN})).sees_unit(1)
