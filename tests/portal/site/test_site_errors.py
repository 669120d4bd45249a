"""What the reader is told when something is wrong."""

from __future__ import annotations

from collections.abc import Callable

import psycopg2
import pytest
from django.core.exceptions import BadRequest, PermissionDenied
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory, override_settings
from django.urls import include, path
from django.utils import translation
from redis.exceptions import ConnectionError as RedisConnectionError
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from portal.cases.workflow import Conflict, NotAllowed, Refused
from portal.site import errors, lost

pytestmark = pytest.mark.django_db

ERRORS: dict[str, Exception] = {}
handler400, handler403 = "portal.site.errors.bad_request", "portal.site.errors.forbidden"
handler404, handler500 = "portal.site.errors.not_found", "portal.site.errors.server_error"


def fail(request: HttpRequest) -> HttpResponse:
    raise ERRORS["now"]


class FailingApi(APIView):
    permission_classes = ()

    def get(self, request: Request) -> Response:
        raise ERRORS["now"]


urlpatterns = [
    path("fail/", fail),
    path("api/fail/", FailingApi.as_view()),
    path("api/plain/", fail),
    path("", include("portal.urls")),
]


def gone(pgcode: str | None = None) -> OperationalError:
    """What psycopg2 and Django raise when the server goes away, or with another of Postgres's codes."""
    error = OperationalError("server closed the connection")
    error.__cause__ = type("Lost", (psycopg2.OperationalError,), {"pgcode": pgcode})()
    return error


@pytest.fixture
def ask(client: Client) -> Callable[..., HttpResponse]:
    def run(url: str, error: Exception) -> HttpResponse:
        ERRORS["now"] = error
        client.raise_request_exception = False
        with override_settings(ROOT_URLCONF=__name__):
            return client.get(url)

    return run


@pytest.mark.parametrize("error", [gone(), gone("57P01"), gone("40P01"), InterfaceError("closed")])
def test_a_lost_database_is_503_and_says_that_nothing_was_saved(
    ask: Callable[..., HttpResponse], error: Exception
) -> None:
    answer = ask("/fail/", error)
    assert answer.status_code == 503
    assert answer["Retry-After"] == "30"
    assert "没有保存" in answer.content.decode()
    assert "Traceback" not in answer.content.decode()


def test_a_lost_session_store_does_not_promise_that_nothing_was_saved(
    ask: Callable[..., HttpResponse],
) -> None:
    answer = ask("/fail/", RedisConnectionError("refused"))
    assert answer.status_code == 503
    assert "先查看所填内容是否已经登记" in answer.content.decode()


def test_a_commit_in_doubt_does_not_promise_either() -> None:
    def _commit() -> None:
        raise gone()

    with pytest.raises(OperationalError) as caught, translation.override("en"):
        _commit()
    with translation.override("en"):
        assert "Nothing was saved" not in lost.sentence(caught.value)
        assert "Nothing was saved" in lost.sentence(gone())


@pytest.mark.parametrize("url", ["/api/fail/", "/api/plain/"])
def test_the_api_says_it_in_json(ask: Callable[..., HttpResponse], url: str) -> None:
    answer = ask(url, gone())
    assert answer.status_code == 503
    assert "没有保存" in answer.json()["detail"]  # type: ignore[attr-defined]
    assert answer["Retry-After"] == "30"


def test_a_query_too_large_is_our_mistake_and_not_a_lost_database(ask: Callable[..., HttpResponse]) -> None:
    answer = ask("/fail/", gone("54001"))
    assert answer.status_code == 500
    assert "系统发生错误" in answer.content.decode()
    assert "系统发生错误" in ask("/api/plain/", ValueError("x")).json()["detail"]  # type: ignore[attr-defined]


def test_a_database_lost_in_a_middleware_is_503_as_well(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(self: object, request: HttpRequest) -> None:
        raise gone()

    monkeypatch.setattr("django.middleware.common.CommonMiddleware.process_request", broken)
    client.raise_request_exception = False
    assert client.get("/").status_code == 503


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        (PermissionDenied("只有督查人员可以查看。"), 403, "只有督查人员可以查看。"),
        (PermissionDenied(), 403, "您的账号无权访问此页面。"),
        (BadRequest("developer's words"), 400, "系统无法识别本次请求"),
    ],
)
def test_error_pages_speak_to_the_reader(
    ask: Callable[..., HttpResponse], error: Exception, status: int, words: str
) -> None:
    answer = ask("/fail/", error)
    assert answer.status_code == status
    assert words in answer.content.decode()
    assert "developer's words" not in answer.content.decode()


def test_an_unknown_address_is_a_page_with_a_way_out(client: Client) -> None:
    answer = client.get("/nowhere/")
    assert answer.status_code == 404
    assert 'href="/sitemap/"' in answer.content.decode()
    assert "页面不存在" in client.get("/api/nowhere/").json()["detail"]


def test_an_expired_form_says_so() -> None:
    client = Client(enforce_csrf_checks=True)
    answer = client.post("/elder/", {"on": "1"})
    assert answer.status_code == 403
    assert "表单已过期" in answer.content.decode()


@pytest.mark.parametrize(
    ("error", "status", "body"),
    [
        (Refused("no reason given", field="note"), 400, {"note": ["no reason given"]}),
        (Refused("not now"), 400, {"detail": "not now"}),
        (Conflict("B was first"), 409, {"detail": "B was first"}),
        (NotAllowed("not yours", field="unit"), 403, {"detail": "not yours"}),
        (PermissionDenied(), 403, None),
        (NotFound(), 404, None),
    ],
)
def test_the_api_answers_refusals_with_the_field_and_the_sentence(
    ask: Callable[..., HttpResponse], error: Exception, status: int, body: dict[str, object] | None
) -> None:
    answer = ask("/api/fail/", error)
    assert answer.status_code == status
    assert body is None or answer.json() == body  # type: ignore[attr-defined]


def test_the_pages_for_a_lost_server_need_neither_session_nor_database(
    django_assert_num_queries: object,
) -> None:
    request = RequestFactory().get("/")
    with django_assert_num_queries(0):  # type: ignore[operator]
        assert lost.unavailable(request, gone()).status_code == 503
        assert errors.server_error(request).status_code == 500
