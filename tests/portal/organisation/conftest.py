from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import count
from typing import Any

import pytest
from django.contrib.auth.hashers import make_password
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from portal.organisation import second_factor
from portal.organisation.actions import create_unit, hire
from portal.organisation.actors import SYSTEM, Actor, Role
from portal.organisation.models import Staff, Unit

AT = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
PASSWORD = "a-long-password-7"


@pytest.fixture(autouse=True)
def _fresh_cache() -> Iterator[None]:
    """Failed sign-ins of one test are no failures of the next."""
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def at() -> datetime:
    return AT


@pytest.fixture
def boss() -> Actor:
    """An administrator who is nobody's row, to act on everyone."""
    return Actor(id=10**6, name="boss", roles=frozenset({Role.ADMINISTRATOR}))


@pytest.fixture
def unit(db: None) -> Unit:
    return create_unit(name="园林处", name_en="Greening", code="greening", actor=SYSTEM, at=AT)


@pytest.fixture
def make_staff(unit: Unit) -> Callable[..., Staff]:
    """`make_staff(Role.CLERK, …)`: hired into the unit, with `PASSWORD`."""
    numbers = count(1)

    def make(*roles: Role, **values: object) -> Staff:
        number = next(numbers)
        given = {"username": f"person{number}", "name": f"甲{number}", "unit": unit, **values}
        return hire(roles=roles, encoded_password=make_password(PASSWORD), actor=SYSTEM, at=AT, **given)

    return make


@pytest.fixture
def sign_in(client: Client) -> Callable[[Staff], Client]:
    """`sign_in(staff)`: the client as somebody who has entered everything that was asked for."""

    def run(staff: Staff) -> Client:
        client.force_login(staff)
        session = client.session
        second_factor.mark_passed(session, staff)
        session.save()
        return client

    return run


@pytest.fixture
def password() -> str:
    """What everyone of `make_staff` signs in with."""
    return PASSWORD


@pytest.fixture
def enter(password: str) -> Callable[..., Any]:
    """`enter(client, staff)`: the sign-in form, filled in and sent; a wrong password on demand."""

    def run(client: Client, who: Staff | str, typed: str = password, **extra: Any) -> Any:
        name = who if isinstance(who, str) else who.username
        return client.post(reverse("account_login"), {"login": name, "password": typed}, **extra)

    return run
