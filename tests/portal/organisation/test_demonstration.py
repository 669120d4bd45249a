"""The demonstration bureau's people, and the commands that say who they are."""

from __future__ import annotations

import io
import time
from datetime import date
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from portal.ledger.models import Event
from portal.organisation import demonstration
from portal.organisation.actions import change_details, set_password
from portal.organisation.actors import NEEDS_SECOND_FACTOR, STAFF_ROLES, SYSTEM, Role
from portal.organisation.models import Staff, Unit

pytestmark = pytest.mark.django_db

TODAY = date(2026, 11, 23)


@pytest.fixture
def steps() -> list[tuple[str, int, int]]:
    return []


@pytest.fixture
def loaded(steps: list[tuple[str, int, int]]) -> None:
    demonstration.load(today=TODAY, seed=1, progress=lambda *step: steps.append(step))


def printed(command: str, *args: str) -> str:
    out = io.StringIO()
    with translation.override("en"):
        call_command(command, *args, stdout=out, stderr=io.StringIO())
    return out.getvalue()


@pytest.mark.usefixtures("loaded")
def test_units_in_a_tree_and_staff_in_every_role() -> None:
    root = Unit.objects.get(code="yunxi")
    assert (root.name, root.parent) == ("云溪市城市管理局", None)
    assert len(root.subtree_ids()) == Unit.objects.count() == len(demonstration.UNITS)
    assert len(Unit.objects.get(code="enforcement").subtree_ids()) == 4
    assert all(unit.name_en for unit in Unit.objects.all())
    for role in STAFF_ROLES:
        assert Staff.objects.with_role(role).exists(), role
    with_handler = set(Staff.objects.with_role(Role.HANDLER).values_list("unit__code", flat=True))
    assert with_handler >= {"sanitation", "greening", "facilities", "enforcement", "east", "parking"}
    assert Staff.objects.get(username="handler_greening").unit.code == "greening"


@pytest.mark.usefixtures("loaded")
def test_it_was_all_done_by_the_portal_and_long_enough_ago(steps: list[tuple[str, int, int]]) -> None:
    begun = demonstration.founded_at(TODAY)
    assert timezone.localtime(begun).isoformat() == "2026-05-07T09:00:00+08:00"
    events = Event.objects.filter(subject__regex="^(staff|unit):")
    assert {(event.at, event.actor_name) for event in events} == {(begun, SYSTEM.name)}
    factors = Authenticator.objects.count()
    assert events.count() == len(demonstration.UNITS) + len(demonstration.ACCOUNTS) + factors
    total = len(demonstration.UNITS) + len(demonstration.ACCOUNTS)
    assert [(done, of) for _label, done, of in steps] == [(n, total) for n in range(1, total + 1)]


@pytest.mark.usefixtures("loaded")
def test_loading_twice_changes_nothing() -> None:
    before = Event.objects.count()
    demonstration.load(today=TODAY, seed=2, progress=lambda *step: pytest.fail("nothing to do"))
    assert Event.objects.count() == before


def test_one_hash_serves_all(settings: Any, steps: list[tuple[str, int, int]]) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]
    begun = time.perf_counter()
    demonstration.load(today=TODAY, seed=1, progress=lambda *step: None)
    assert time.perf_counter() - begun < 10
    assert Staff.objects.values_list("password", flat=True).distinct().order_by().count() == 1


@pytest.mark.usefixtures("loaded")
@pytest.mark.parametrize("role", STAFF_ROLES)
def test_everyone_can_sign_in_as_printed(client: Client, role: Role) -> None:
    table = printed("demonstration_accounts").splitlines()
    with translation.override("en"):
        label = str(role.label)
    (line,) = [line for line in table if line.startswith(f"{label}  ")]
    username, password, *factor = line.removeprefix(label).split()
    answer = client.post(reverse("account_login"), {"login": username, "password": password})
    if role in NEEDS_SECOND_FACTOR | {Role.OFFICE_HEAD, Role.CHIEF_REPRESENTATIVE}:
        assert answer.url == reverse("mfa_authenticate")
        assert factor, f"{username} has nothing printed"
        assert len(factor[0]) == 32
        assert f"manage.py demonstration_code {username}" in line
        code = printed("demonstration_code", username).strip()
        answer = client.post(reverse("mfa_authenticate"), {"code": code})
    assert answer.status_code == 302
    assert answer.url == reverse("site:workbench")


@pytest.mark.usefixtures("loaded")
def test_one_a_role_or_all_of_them() -> None:
    assert len(printed("demonstration_accounts").splitlines()) == 1 + len(STAFF_ROLES)
    assert len(printed("demonstration_accounts", "--all").splitlines()) == 1 + len(demonstration.ACCOUNTS)


@pytest.mark.usefixtures("loaded")
def test_a_password_that_was_changed_is_not_promised() -> None:
    staff = Staff.objects.get(username="operator")
    set_password(staff=staff, password="something-else-4", actor=SYSTEM, at=timezone.now())
    line = next(line for line in printed("demonstration_accounts").splitlines() if " operator " in line)
    assert demonstration.PASSWORD not in line
    change_details(staff=staff, title="x", actor=SYSTEM, at=timezone.now())
    Authenticator.objects.filter(user__username="supervisor").delete()
    with pytest.raises(CommandError):
        printed("demonstration_code", "supervisor")


@pytest.mark.parametrize("command", [("demonstration_accounts",), ("demonstration_code", "supervisor")])
def test_the_commands_refuse_without_the_bureau(command: tuple[str, ...]) -> None:
    with pytest.raises(CommandError):
        printed(*command)
