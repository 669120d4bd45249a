"""The second factor of supervisors and administrators: no page without it, no way around it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import validate_totp_code
from allauth.usersessions.models import UserSession
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from portal.ledger.models import Event
from portal.organisation import actions, one_time_codes, second_factor
from portal.organisation.actors import NEEDS_SECOND_FACTOR, STAFF_ROLES, SYSTEM, Actor, Role
from portal.organisation.middleware import RequireSecondFactor
from portal.organisation.models import Staff

pytestmark = pytest.mark.django_db

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
Make = Callable[..., Staff]
Enter = Callable[..., Any]


@pytest.fixture
def committing(monkeypatch: pytest.MonkeyPatch) -> None:
    """What waits for the commit happens at once."""
    monkeypatch.setattr("django.db.transaction.on_commit", lambda call, using=None, robust=False: call())


def history(staff: Staff) -> list[str]:
    return [event.verb for event in Event.objects.of(f"staff:{staff.username}")][1:]


def code_now() -> str:
    return one_time_codes.code(SECRET, at=timezone.now())


def enrol(staff: Staff, at: datetime) -> None:
    actions.enrol_second_factor(staff=staff, secret=SECRET, actor=SYSTEM, at=at)


def set_up(client: Client) -> Any:
    """Walk through the set-up page as a person with an authenticator app would."""
    client.get(reverse("mfa_activate_totp"))
    secret = client.session["mfa.totp.secret"]
    return client.post(reverse("mfa_activate_totp"), {"code": one_time_codes.code(secret, at=timezone.now())})


def where(answer: Any) -> str:
    return answer.url.split("?")[0] if answer.status_code == 302 else str(answer.status_code)


def test_our_codes_are_those_that_allauth_takes() -> None:
    assert validate_totp_code(SECRET, code_now())
    at = datetime.fromisoformat("2005-03-18T01:58:29+00:00")
    # RFC 6238, appendix B: 07081804 of eight digits.
    assert one_time_codes.code("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", at=at) == "081804"
    assert one_time_codes.seconds_left(at=at) == 1


@pytest.mark.parametrize("role", STAFF_ROLES)
def test_who_needs_one(client: Client, make_staff: Make, enter: Enter, role: Role) -> None:
    enter(client, make_staff(role))
    answer = client.get(reverse("site:account"))
    if role in NEEDS_SECOND_FACTOR:
        assert where(answer) == reverse("mfa_activate_totp")
        assert {Role.SUPERVISOR, Role.ADMINISTRATOR} == NEEDS_SECOND_FACTOR
    else:
        assert answer.status_code == 200


# Where somebody stands who has signed in with the password alone: (page, no factor yet, factor not used)
STEPS = [
    ("site:home", "mfa_activate_totp", "mfa_reauthenticate"),
    ("site:workbench", "mfa_activate_totp", "mfa_reauthenticate"),
    ("site:account", "mfa_activate_totp", "mfa_reauthenticate"),
    ("admin:index", "mfa_activate_totp", "mfa_reauthenticate"),
    ("account_change_password", "mfa_activate_totp", "mfa_reauthenticate"),
    ("usersessions_list", "mfa_activate_totp", "mfa_reauthenticate"),
    ("mfa_view_recovery_codes", "mfa_activate_totp", "mfa_reauthenticate"),
    ("mfa_generate_recovery_codes", "mfa_activate_totp", "mfa_reauthenticate"),
    ("mfa_deactivate_totp", "mfa_activate_totp", "mfa_reauthenticate"),
    ("mfa_reauthenticate", "mfa_activate_totp", "200"),
    ("mfa_index", "200", "mfa_reauthenticate"),
    ("mfa_activate_totp", "200", "mfa_reauthenticate"),
    ("mfa_list_webauthn", "200", "mfa_reauthenticate"),
    ("mfa_add_webauthn", "200", "mfa_reauthenticate"),
    ("account_reauthenticate", "200", "mfa_reauthenticate"),
    ("account_logout", "200", "200"),
]


@pytest.mark.parametrize(("name", "without", "unused"), STEPS, ids=[step[0] for step in STEPS])
@pytest.mark.parametrize("role", sorted(NEEDS_SECOND_FACTOR))
def test_nothing_but_the_way_to_it(
    client: Client,
    make_staff: Make,
    enter: Enter,
    at: datetime,
    role: Role,
    name: str,
    without: str,
    unused: str,
) -> None:
    staff = make_staff(role)
    enter(client, staff)
    answer = client.get(reverse(name))
    assert where(answer) == (without if without == "200" else reverse(without))
    enrol(staff, at)
    answer = client.get(reverse(name))
    assert where(answer) == (unused if unused == "200" else reverse(unused))


def test_languages_and_signing_out_stay_open(client: Client, make_staff: Make, enter: Enter) -> None:
    enter(client, make_staff(Role.SUPERVISOR))
    assert client.post(
        reverse("set_language"), {"language": "en", "next": "/accounts/second-factor/"}
    ).url == ("/accounts/second-factor/")
    client.post(reverse("account_logout"))
    assert client.get(reverse("site:home")).status_code == 200


def test_the_api_says_so_in_a_sentence(client: Client, make_staff: Make, enter: Enter) -> None:
    enter(client, make_staff(Role.SUPERVISOR))
    answer = client.get(reverse("api-schema"))
    assert answer.status_code == 403
    assert list(answer.json()) == ["detail"]


def test_a_part_of_a_page_sends_the_whole_page_away(client: Client, make_staff: Make, enter: Enter) -> None:
    enter(client, make_staff(Role.SUPERVISOR))
    answer = client.get(reverse("site:account"), HTTP_HX_REQUEST="true")
    assert answer.headers["HX-Redirect"].startswith(reverse("mfa_activate_totp"))


def test_setting_up_opens_the_portal(
    client: Client, make_staff: Make, enter: Enter, committing: None
) -> None:
    staff = make_staff(Role.SUPERVISOR)
    enter(client, staff)
    assert where(set_up(client)) == reverse("mfa_view_recovery_codes")
    assert client.get(reverse("site:account")).status_code == 200
    assert client.get(reverse("mfa_view_recovery_codes")).status_code == 200
    assert sorted(history(staff)) == ["second_factor_added", "second_factor_added", "signed_in"]
    kinds = {event.data.get("kind") for event in Event.objects.of(f"staff:{staff.username}")}
    assert kinds == {None, "totp", "recovery_codes"}


def test_the_next_sign_in_asks_for_the_code(
    client: Client, make_staff: Make, enter: Enter, at: datetime
) -> None:
    staff = make_staff(Role.ADMINISTRATOR)
    enrol(staff, at)
    assert where(enter(client, staff)) == reverse("mfa_authenticate")
    # Not in before the code: even the public sees more than a half-signed-in person could change.
    assert where(client.get(reverse("site:account"))) == reverse("account_login")
    assert client.post(reverse("mfa_authenticate"), {"code": "000000"}).status_code == 200
    assert history(staff) == ["second_factor_added", "second_factor_failed"]
    event = Event.objects.of(f"staff:{staff.username}").last()
    assert (event.actor_id, event.data) == (None, {"address": "127.0.0.1", "kind": "totp"})
    assert where(client.post(reverse("mfa_authenticate"), {"code": code_now()})) == reverse("site:workbench")
    assert client.get(reverse("site:account")).status_code == 200
    event = Event.objects.of(f"staff:{staff.username}").last()
    assert (event.verb, event.data["second_factor"]) == ("signed_in", True)


def test_codes_cannot_be_guessed_for_ever(
    client: Client, make_staff: Make, enter: Enter, at: datetime
) -> None:
    staff = make_staff(Role.SUPERVISOR)
    enrol(staff, at)
    enter(client, staff)
    for _attempt in range(5):
        client.post(reverse("mfa_authenticate"), {"code": "000000"})
    answer = client.post(reverse("mfa_authenticate"), {"code": code_now()})
    assert "code" in answer.context["form"].errors
    assert where(client.get(reverse("site:account"))) == reverse("account_login")


def test_a_session_from_before_the_factor_has_to_use_it(
    client: Client, make_staff: Make, enter: Enter, committing: None
) -> None:
    """A stolen password in another browser gets nowhere, not even to a factor of its own."""
    staff, thief = make_staff(Role.SUPERVISOR), Client()
    enter(client, staff)
    enter(thief, staff)
    set_up(client)
    assert where(thief.get(reverse("site:account"))) == reverse("mfa_reauthenticate")
    assert where(set_up_attempt(thief)) == reverse("mfa_reauthenticate")
    secret = Authenticator.objects.get(user=staff, type="totp").data["secret"]
    answer = thief.post(
        reverse("mfa_reauthenticate") + "?next=" + reverse("site:account"),
        {"code": one_time_codes.code(secret, at=timezone.now())},
    )
    assert where(answer) == reverse("site:account")
    assert thief.get(reverse("site:account")).status_code == 200


def set_up_attempt(client: Client) -> Any:
    return client.post(reverse("mfa_activate_totp"), {"code": "123456"})


def test_a_role_given_later_is_asked_at_the_next_page(
    client: Client, make_staff: Make, enter: Enter, boss: Actor, at: datetime
) -> None:
    staff = make_staff(Role.CLERK)
    enter(client, staff)
    assert client.get(reverse("site:account")).status_code == 200
    actions.change_roles(staff=staff, roles=[Role.SUPERVISOR], actor=boss, at=at)
    assert where(client.get(reverse("site:account"))) == reverse("mfa_activate_totp")


def test_removing_the_last_factor_closes_the_portal_again(
    client: Client, make_staff: Make, enter: Enter, password: str, committing: None
) -> None:
    staff, elsewhere = make_staff(Role.SUPERVISOR), Client()
    enter(client, staff)
    set_up(client)
    enter(elsewhere, staff)
    secret = Authenticator.objects.get(user=staff, type="totp").data["secret"]
    code = one_time_codes.code(secret, at=timezone.now())
    elsewhere.post(reverse("mfa_authenticate"), {"code": code})
    assert elsewhere.get(reverse("site:account")).status_code == 200
    again = client.post(reverse("account_reauthenticate"), {"password": password})
    assert again.status_code == 302
    client.post(reverse("mfa_deactivate_totp"))
    assert where(client.get(reverse("site:account"))) == reverse("mfa_activate_totp")
    assert where(elsewhere.get(reverse("site:account"))) == reverse("account_login")
    assert "second_factor_removed" in history(staff)


def test_an_administrators_reset_ends_every_session(
    client: Client, make_staff: Make, enter: Enter, boss: Actor, at: datetime, committing: None
) -> None:
    staff = make_staff(Role.SUPERVISOR)
    enter(client, staff)
    set_up(client)
    assert UserSession.objects.filter(user=staff).exists()
    actions.reset_second_factor(staff=staff, actor=boss, at=at)
    assert not Authenticator.objects.exists()
    assert not UserSession.objects.exists()
    assert where(client.get(reverse("site:account"))) == reverse("account_login")
    event = Event.objects.of(f"staff:{staff.username}").last()
    assert (event.verb, event.data) == ("second_factor_reset", {"kinds": ["recovery_codes", "totp"]})


def test_it_costs_no_query_once_it_is_passed(
    client: Client, make_staff: Make, sign_in: Any, rf: Any, django_assert_num_queries: Any
) -> None:
    staff = make_staff(Role.SUPERVISOR)
    request = rf.get("/")
    request.session, request.user = sign_in(staff).session, staff
    middleware = RequireSecondFactor(lambda request: HttpResponse())
    with django_assert_num_queries(0):
        assert middleware.process_view(request, lambda request: None, (), {}) is None


def test_the_mark_is_the_persons_own(client: Client, make_staff: Make, sign_in: Any) -> None:
    one, other = make_staff(Role.SUPERVISOR), make_staff(Role.SUPERVISOR)
    sign_in(one)
    session = client.session
    session[second_factor.SESSION_KEY] = other.pk
    session.save()
    assert where(client.get(reverse("site:account"))) == reverse("mfa_activate_totp")
