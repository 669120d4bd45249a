"""What is refused before a page sees it, and what no cache keeps."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.conf import settings
from django.http import HttpResponse
from django.test import Client, RequestFactory
from rest_framework.test import APIClient

from portal.organisation.models import Staff
from portal.site.middleware import MEGABYTE, Unwanted

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff() -> Staff:
    return Staff.objects.create_user("somebody", name="某人", roles=["operator"])


@pytest.mark.parametrize("url", ["/x%00y/", "/hotline/?a=%00", "/hotline/?%00=1", "/workdays/?a=1&b=x%00"])
def test_a_nul_in_an_address_is_400_in_words(client: Client, url: str) -> None:
    answer = client.get(url)
    assert answer.status_code == 400
    assert "无法识别本次请求" in answer.content.decode()
    assert answer["X-Content-Type-Options"] == "nosniff"


def test_the_api_says_so_in_json(client: Client) -> None:
    answer = client.get("/api/v1/tickets/?number=%00")
    assert answer.status_code == 400
    assert list(answer.json()) == ["detail"]


def test_a_sign_written_twice_is_no_nul(client: Client) -> None:
    assert client.get("/hotline/?a=%2500").status_code == 200


def announce(client: Client, url: str, megabytes: int, kind: str) -> int:
    """The answer to a body that is announced as so large; none of it is sent."""
    answer = client.generic("POST", url, b"", CONTENT_TYPE=kind, CONTENT_LENGTH=str(megabytes * MEGABYTE))
    return answer.status_code


FORM = "multipart/form-data; boundary=x"


@pytest.mark.parametrize(
    ("url", "megabytes", "kind"),
    [
        ("/cases/follow/", 4, FORM),
        ("/accounts/login/", 4, "application/x-www-form-urlencoded"),
        ("/hotline/report/", 63, FORM),
        ("/api/v1/reports/", 63, FORM),
        ("/api/v1/reports/", 30, "application/json"),
    ],
)
def test_more_than_a_page_takes_is_413(client: Client, url: str, megabytes: int, kind: str) -> None:
    assert announce(client, url, megabytes, kind) == 413


def test_it_says_how_much_would_be_taken(client: Client) -> None:
    answer = client.generic("POST", "/hotline/report/", b"", CONTENT_TYPE=FORM, CONTENT_LENGTH="99999999")
    assert "62 MB" in answer.content.decode()
    answer = client.generic("POST", "/api/v1/x/", b"", CONTENT_TYPE=FORM, CONTENT_LENGTH="99999999")
    assert "3 MB" in answer.json()["detail"]


@pytest.mark.parametrize("url", ["/hotline/report/", "/api/v1/reports/", "/cases/calendar/new/"])
def test_photos_and_tables_are_taken(rf: RequestFactory, url: str) -> None:
    request = rf.generic("POST", url, b"", CONTENT_TYPE=FORM, CONTENT_LENGTH=str(61 * MEGABYTE))
    assert Unwanted(lambda _request: HttpResponse("taken"))(request).content == b"taken"


def test_a_made_up_length_is_none(client: Client) -> None:
    answer = client.generic("POST", "/cases/follow/", b"", CONTENT_LENGTH="-7x")
    assert answer.status_code in (400, 403)


@pytest.mark.parametrize("depth", [10, 100_000])
def test_brackets_without_end_are_the_senders_mistake(db: None, depth: int) -> None:
    body = b'{"place":' + b"[" * depth + b"]" * depth + b"}"
    answer = APIClient().generic("POST", "/api/v1/reports/", body, content_type="application/json")
    assert answer.status_code == 400
    assert (list(answer.json()) == ["detail"]) == (depth > 10)


def test_a_nul_among_the_ticked_rows_of_the_administrators(client: Client, staff: Staff) -> None:
    client.force_login(staff)
    given = {"action": "unlock", "_selected_action": ["1", "\0"]}
    assert client.post("/admin/organisation/staff/", given).status_code == 400


def test_what_staff_read_is_kept_nowhere(client: Client, staff: Staff) -> None:
    public = client.get("/workdays/")
    assert "Cache-Control" not in public or "no-store" not in public["Cache-Control"]
    assert settings.SESSION_COOKIE_NAME not in public.cookies
    client.force_login(staff)
    for url in ("/", "/workdays/", "/hotline/tickets/", "/sitemap/", "/no-such-page/"):
        assert "no-store" in client.get(url)["Cache-Control"], url


@pytest.mark.parametrize("url", ["/api/v1/tickets/", "/api/v1/cases/12319-20260101-0001/"])
def test_cases_over_the_api_are_kept_nowhere(client: Client, url: str) -> None:
    assert "no-store" in client.get(url)["Cache-Control"]


def test_a_stranger_costs_no_session(client: Client, django_assert_num_queries: Callable) -> None:
    with django_assert_num_queries(0):
        client.get("/no-such-page/")
