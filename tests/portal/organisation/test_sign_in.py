"""Signing in and out, what is kept of it, lock-out, idle time-out, and the addresses that do not exist."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.contrib import admin
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.cache import SessionStore
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from portal.ledger.models import Event
from portal.organisation import actions
from portal.organisation.actors import Actor, Role
from portal.organisation.adapters import StaffAccountAdapter
from portal.organisation.models import Staff

pytestmark = pytest.mark.django_db

Enter = Callable[..., Any]
Make = Callable[..., Staff]


def history(staff: Staff) -> list[str]:
    return [event.verb for event in Event.objects.of(f"staff:{staff.username}")][1:]


def signed_in(client: Client) -> bool:
    return SESSION_KEY in client.session


def test_in_and_out_are_kept_with_the_address(client: Client, make_staff: Make, enter: Enter) -> None:
    staff = make_staff(Role.CLERK)
    before = timezone.now()
    answer = enter(client, staff, REMOTE_ADDR="192.0.2.7")
    assert (answer.status_code, answer.url) == (302, reverse("site:workbench"))
    assert signed_in(client)
    client.post(reverse("account_logout"), REMOTE_ADDR="192.0.2.8")
    assert not signed_in(client)
    came, went = Event.objects.of(f"staff:{staff.username}")[1:]
    assert (came.verb, came.actor_id, came.actor_name) == ("signed_in", staff.pk, staff.name)
    assert came.data == {"address": "192.0.2.7", "second_factor": False}
    assert (went.verb, went.actor_id, went.data) == ("signed_out", staff.pk, {"address": "192.0.2.8"})
    assert before <= came.at <= went.at <= timezone.now()


def test_a_failure_is_kept_on_the_account_it_was_tried_on(
    client: Client, make_staff: Make, enter: Enter
) -> None:
    staff = make_staff(Role.CLERK)
    answer = enter(client, staff.username.upper(), "wrong")
    assert answer.status_code == 200
    assert answer.context["form"].non_field_errors() == [
        str(StaffAccountAdapter.error_messages["username_password_mismatch"])
    ]
    event = Event.objects.of(f"staff:{staff.username}").last()
    assert (event.verb, event.actor_id, event.actor_name) == ("sign_in_failed", None, "anonymous")
    assert event.data == {"address": "127.0.0.1"}


@pytest.mark.parametrize("name", ["nobody", "my-secret-password", "王", "a\tb", "x" * 5000, " "])
def test_a_name_that_no_account_has_is_not_kept(
    client: Client, enter: Enter, name: str, make_staff: Make
) -> None:
    make_staff(Role.CLERK)
    events = Event.objects.count()
    assert enter(client, name, "wrong").status_code == 200
    assert Event.objects.count() == events


def test_an_unknown_name_and_a_wrong_password_are_answered_alike(
    client: Client, make_staff: Make, enter: Enter
) -> None:
    unknown = enter(client, "nobody", "wrong").context["form"].non_field_errors()
    wrong = enter(client, make_staff(Role.CLERK), "wrong").context["form"].non_field_errors()
    assert unknown == wrong


def test_a_failure_locks_no_row_that_cases_refer_to(client: Client, make_staff: Make, enter: Enter) -> None:
    staff = make_staff(Role.CLERK)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        enter(client, staff, "wrong")
    locking = [query["sql"] for query in queries if "FOR " in query["sql"] and "UPDATE" in query["sql"]]
    assert not [sql for sql in locking if "organisation_staff" in sql]
    assert len(queries) <= 8


def test_five_failures_lock_for_half_an_hour(client: Client, make_staff: Make, enter: Enter) -> None:
    staff, other = make_staff(Role.CLERK), make_staff(Role.CLERK)
    now = timezone.now()
    with time_machine.travel(now, tick=False):
        for _attempt in range(5):
            enter(client, staff, "wrong")
        for _attempt in range(3):
            answer = enter(client, staff)
            assert answer.status_code == 200
            sentence = str(StaffAccountAdapter.error_messages["too_many_login_attempts"])
            assert answer.context["form"].non_field_errors() == [sentence]
            assert not signed_in(client)
        # By another of the site's names it is the same account.
        assert enter(client, staff, HTTP_HOST="localhost").status_code == 200
        assert history(staff) == ["sign_in_failed"] * 5 + ["sign_in_locked"]
        assert enter(client, other).status_code == 302
        client.logout()
    with time_machine.travel(now + timedelta(minutes=29), tick=False):
        assert enter(client, staff).status_code == 200
    with time_machine.travel(now + timedelta(minutes=31), tick=False):
        assert enter(client, staff).status_code == 302
    assert history(staff)[-1] == "signed_in"


def test_a_success_forgives_only_itself(client: Client, make_staff: Make, enter: Enter) -> None:
    staff = make_staff(Role.CLERK)
    for _attempt in range(4):
        enter(client, staff, "wrong")
    assert enter(client, staff).status_code == 302
    client.logout()
    enter(client, staff, "wrong")
    assert enter(client, staff).status_code == 200


def test_an_administrator_unlocks(
    client: Client, make_staff: Make, enter: Enter, sign_in: Any, rf: Any
) -> None:
    staff, admin_ = make_staff(Role.CLERK), make_staff(Role.ADMINISTRATOR)
    for _attempt in range(6):
        enter(client, staff, "wrong")
    desk = sign_in(admin_)
    desk.post(
        reverse("admin:organisation_staff_changelist"), {"action": "unlock", "_selected_action": [staff.pk]}
    )
    assert history(staff)[-1] == "unlocked"
    assert enter(Client(), staff).status_code == 302


def test_an_idle_session_ends_after_thirty_minutes(client: Client, make_staff: Make, enter: Enter) -> None:
    assert settings.SESSION_COOKIE_AGE == 30 * 60
    enter(client, make_staff(Role.CLERK))
    store = SessionStore(client.session.session_key)
    redis = store._cache._cache.get_client(None, write=True)  # type: ignore[attr-defined]
    key = store._cache.make_and_validate_key(store.cache_key)  # type: ignore[attr-defined]
    assert 29 * 60 < redis.ttl(key) <= 30 * 60
    # The browser forgets it when it closes, whatever the server says.
    assert client.cookies[settings.SESSION_COOKIE_NAME]["max-age"] == ""
    redis.expire(key, 60)
    assert client.get(reverse("site:account")).status_code == 200
    assert redis.ttl(key) > 29 * 60
    redis.delete(key)
    answer = client.get(reverse("site:account"))
    assert (answer.status_code, answer.url.split("?")[0]) == (302, reverse("account_login"))


def test_a_closed_account_gets_a_sentence_and_loses_its_sessions(
    client: Client,
    make_staff: Make,
    enter: Enter,
    boss: Actor,
    at: datetime,
    django_capture_on_commit_callbacks: Any,
) -> None:
    staff = make_staff(Role.CLERK)
    enter(client, staff)
    with django_capture_on_commit_callbacks(execute=True):
        actions.deactivate(staff=staff, actor=boss, at=at)
    assert not signed_in(client)
    assert client.get(reverse("site:account")).status_code == 302
    answer = enter(client, staff)
    assert (answer.status_code, answer.url) == (302, reverse("account_inactive"))
    assert client.get(answer.url).status_code == 200
    assert not signed_in(client)


def test_changing_the_password_is_kept_and_ends_other_sessions(
    client: Client, make_staff: Make, enter: Enter, password: str
) -> None:
    staff, elsewhere = make_staff(Role.CLERK), Client()
    enter(client, staff)
    enter(elsewhere, staff)
    new = "quite-another-8"
    answer = client.post(
        reverse("account_change_password"), {"oldpassword": password, "password1": new, "password2": new}
    )
    assert answer.status_code == 302
    assert history(staff)[-1] == "password_changed"
    assert client.get(reverse("site:account")).status_code == 200
    assert elsewhere.get(reverse("site:account")).status_code == 302
    assert enter(Client(), staff, new).status_code == 302


def test_a_weak_password_changes_nothing(
    client: Client, make_staff: Make, enter: Enter, password: str
) -> None:
    staff = make_staff(Role.CLERK)
    enter(client, staff)
    for weak in ("1234567890", "short-7", "password123"):
        answer = client.post(
            reverse("account_change_password"),
            {"oldpassword": password, "password1": weak, "password2": weak},
        )
        assert "password1" in answer.context["form"].errors
    assert history(staff) == ["signed_in"]


@pytest.mark.parametrize(
    "name",
    [
        "account_signup",
        "account_email",
        "account_reset_password",
        "account_set_password",
        "account_confirm_email",
        "account_request_login_code",
        "account_confirm_login_code",
        "socialaccount_signup",
        "mfa_login_webauthn",
    ],
)
def test_what_makes_no_sense_here_has_no_address(name: str) -> None:
    with pytest.raises(NoReverseMatch):
        reverse(name)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "signup/",
        "email/",
        "password/reset/",
        "password/set/",
        "confirm-email/",
        "3rdparty/",
        "login/code/",
    ],
)
def test_and_nothing_answers_there(client: Client, path: str) -> None:
    assert client.get(reverse("account_login").removesuffix("login/") + path).status_code == 404
    assert not StaffAccountAdapter().is_open_for_signup(None)


def test_the_administrators_pages_have_no_door_of_their_own(
    client: Client, make_staff: Make, sign_in: Any, password: str
) -> None:
    staff = make_staff(Role.ADMINISTRATOR)
    for method in (client.get, client.post):
        answer = method(reverse("admin:login"), {"username": staff.username, "password": password})
        assert answer.status_code == 302
        assert answer.url.startswith(reverse("account_login"))
    assert not signed_in(client)
    sign_in(staff)
    assert client.get(reverse("admin:password_change")).url == reverse("account_change_password")
    client.post(reverse("admin:logout"))
    assert not signed_in(client)
    assert history(staff) == ["signed_out"]
    assert admin.site.is_registered(Staff)


def test_next_leads_nowhere_else(client: Client, make_staff: Make, password: str) -> None:
    staff = make_staff(Role.CLERK)
    given = {"login": staff.username, "password": password, "next": "https://elsewhere.example/"}
    assert client.post(reverse("account_login"), given).url == reverse("site:workbench")
