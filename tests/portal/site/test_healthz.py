"""GET /healthz: 200 when all is well, else 503 with the reasons, quickly, whatever is dead."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connections
from django.test import Client

from portal.site import health
from portal.site.tasks import heartbeat


@pytest.fixture
def beating() -> Iterator[None]:
    heartbeat()
    yield
    cache.delete(health.HEARTBEAT)


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port that takes connections and never says a word, as a stopped server does."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield server.getsockname()[1]


def checks(client: Client) -> tuple[int, dict[str, str]]:
    answer = client.get("/healthz")
    assert answer["Cache-Control"] == "no-store"
    assert answer.json()["status"] == ("ok" if answer.status_code == 200 else "down")
    return answer.status_code, answer.json()["checks"]


@pytest.mark.django_db
@pytest.mark.usefixtures("beating")
def test_all_is_well(client: Client) -> None:
    assert checks(client) == (200, {"web": "ok", "database": "ok", "broker": "ok", "beat": "ok"})


@pytest.mark.django_db
def test_a_silent_beat_is_a_reason(client: Client) -> None:
    cache.delete(health.HEARTBEAT)
    status, found = checks(client)
    assert status == 503
    assert found["beat"] == "no heartbeat yet"
    cache.set(health.HEARTBEAT, int(time.time()) - 61, timeout=None)
    status, found = checks(client)
    assert status == 503
    assert found["beat"].startswith("last heartbeat 6")
    cache.delete(health.HEARTBEAT)


@pytest.mark.usefixtures("beating")
def test_a_dead_or_hanging_database_is_said_within_three_seconds(
    client: Client, monkeypatch: pytest.MonkeyPatch, silent_port: int
) -> None:
    database = connections["default"]
    parameters = database.get_connection_params()
    for port in (1, silent_port):
        wrong = {**parameters, "host": "127.0.0.1", "port": port}
        monkeypatch.setattr(database, "get_connection_params", lambda wrong=wrong: wrong)
        started = time.monotonic()
        status, found = checks(client)
        assert time.monotonic() - started < 3
        assert (status, found["database"], found["broker"]) == (503, "no answer", "ok")
        assert parameters.get("password", "no password") not in str(found)


@pytest.mark.django_db
def test_a_dead_or_hanging_broker_is_said_within_three_seconds(
    client: Client, monkeypatch: pytest.MonkeyPatch, silent_port: int
) -> None:
    for port in (1, silent_port):
        monkeypatch.setattr(settings, "CELERY_BROKER_URL", f"redis://127.0.0.1:{port}/0")
        started = time.monotonic()
        status, found = checks(client)
        assert time.monotonic() - started < 3
        assert (status, found["database"], found["broker"]) == (503, "ok", "no answer")
        assert found["beat"].startswith("unknown")


@pytest.mark.django_db
def test_a_signed_in_browser_may_ask_as_well(client: Client) -> None:
    client.cookies[settings.SESSION_COOKIE_NAME] = "x" * 32
    answer = client.get("/healthz")
    assert settings.SESSION_COOKIE_NAME not in answer.cookies
