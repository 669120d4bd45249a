"""GET /healthz: is everything well? It asks with its own short-lived connections, so that a dead or hanging
server costs at most two seconds and nothing else of the portal is needed to say so."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import psycopg2
import redis
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from redis.backoff import NoBackoff
from redis.retry import Retry

HEARTBEAT = "heartbeat"
STALE_SECONDS = 60
# libpq takes anything below two seconds for two.
DATABASE_SECONDS = 2
BROKER_SECONDS = 1


def database() -> str:
    """How the database is: "ok" or the reason why not."""
    parameters = connection.get_connection_params() | {"connect_timeout": DATABASE_SECONDS}
    try:
        link = psycopg2.connect(**parameters)
        try:
            with link.cursor() as cursor:
                cursor.execute("SET statement_timeout = 1000")
                cursor.execute("SELECT 1")
        finally:
            link.close()
    except psycopg2.Error:
        return "no answer"
    return "ok"


def broker_and_beat() -> tuple[str, str]:
    """How the broker is, and the heartbeat that beat sends through a worker: "ok" or the reason why not."""
    client = redis.Redis.from_url(
        settings.CELERY_BROKER_URL,
        socket_connect_timeout=BROKER_SECONDS,
        socket_timeout=BROKER_SECONDS,
        retry=Retry(NoBackoff(), 0),
    )
    try:
        client.ping()
        beat = client.get(cache.make_key(HEARTBEAT))
    except redis.RedisError:
        return "no answer", "unknown: the broker does not answer"
    finally:
        client.close()
    if beat is None:
        return "ok", "no heartbeat yet"
    age = int(time.time()) - int(beat)
    return "ok", "ok" if age <= STALE_SECONDS else f"last heartbeat {age} seconds ago"


def healthz(request: HttpRequest) -> HttpResponse:
    """200 when all is well, else 503; the reasons name no address and no version."""
    with ThreadPoolExecutor(max_workers=1) as pool:
        waiting = pool.submit(broker_and_beat)
        database_state = database()
        broker_state, beat_state = waiting.result()
    checks = {"web": "ok", "database": database_state, "broker": broker_state, "beat": beat_state}
    well = all(state == "ok" for state in checks.values())
    response = JsonResponse(
        {"status": "ok" if well else "down", "checks": checks}, status=200 if well else 503
    )
    response["Cache-Control"] = "no-store"
    return response
