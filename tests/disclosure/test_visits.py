"""Visits are counted, of people and not of programs, with nothing kept of who it was."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, date, timedelta
from typing import Any

import pytest
import redis
from django.db import DatabaseError, connection
from django.test.utils import CaptureQueriesContext

from disclosure import loading, tasks, visits
from disclosure.models import Disclosure, Visits
from portal.cases.terms import SHANGHAI
from tests.bureau import make_bureau, moment

EVENING = moment("2026-11-02 23:59")
MIDNIGHT = moment("2026-11-03 00:00")
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:150.0) Gecko/20100101 Firefox/150.0"
WECHAT = (
    "Mozilla/5.0 (Linux; Android 16; HarmonyOS) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 "
    "Chrome/140.0.0.0 Mobile Safari/537.36 MicroMessenger/8.0.60"
)


@pytest.fixture
def two(db: None) -> list[Disclosure]:
    """Two items, and a table to count in, also before a migration makes one."""
    if Visits._meta.db_table not in connection.introspection.table_names():
        with connection.schema_editor() as editor:
            editor.create_model(Visits)
    visits._server().delete(visits._waiting())
    make_bureau()
    loading.load(2, last=date(2026, 11, 2), seed=3)
    return list(Disclosure.objects.order_by("pk"))


def rows() -> list[tuple[int, date, int]]:
    return list(Visits.objects.order_by("disclosure", "day").values_list("disclosure", "day", "count"))


# Who --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "agent",
    [
        *(
            FIREFOX,
            WECHAT,
            "Mozilla/5.0 (Linux; Android 13; CUBOT NOTE 50) Chrome/140.0 Mobile Safari/537.36",
        ),
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile/15E148 Safari/604.1",
    ],
)
def test_readers(agent: str) -> None:
    assert visits.is_reader("GET", agent)
    assert not visits.is_reader("HEAD", agent)
    assert not visits.is_reader("POST", agent)


@pytest.mark.parametrize(
    "agent",
    [
        *("", "Mozilla/5.0 (compatible; Baiduspider/2.0)", "Sogou web spider/4.0", "Bytespider"),
        *("Mozilla/5.0 (compatible; bingbot/2.0)", "Mozilla/5.0 (compatible; Googlebot/2.1)", "360Spider"),
        *("curl/8.5.0", "Wget/1.21", "python-requests/2.32", "Go-http-client/2.0", "Java/17.0.1", "okhttp/4"),
        *("Mozilla/5.0 (X11; Linux x86_64) HeadlessChrome/140.0.0.0", "facebookexternalhit/1.1"),
        "UptimeMonitor/1.0",
    ],
)
def test_programs(agent: str) -> None:
    assert not visits.is_reader("GET", agent)


# Counted ----------------------------------------------------------------------------------------------------


def test_counted_by_item_and_by_day_in_shanghai(two: list[Disclosure]) -> None:
    one, other = two
    for item, at in ((one, EVENING), (one, EVENING), (one, MIDNIGHT), (other, EVENING)):
        visits.count_visit(item.pk, at)
    assert rows() == []
    assert visits.keep_visits() == 4
    assert rows() == [
        (one.pk, date(2026, 11, 2), 2),
        (one.pk, date(2026, 11, 3), 1),
        (other.pk, date(2026, 11, 2), 1),
    ]
    assert (visits.visits_of(one), visits.visits_of(other)) == (3, 1)
    assert visits.visits_between(date(2026, 11, 2), date(2026, 11, 2)) == 3
    assert visits.visits_between(date(2026, 11, 3), date(2026, 11, 9)) == 1
    assert visits.visits_between(date(2026, 11, 2), date(2026, 11, 3)) == 4
    assert visits.visits_between(date(2026, 11, 4), date(2026, 11, 30)) == 0


def test_a_moment_in_another_zone_is_of_the_same_day(two: list[Disclosure]) -> None:
    assert MIDNIGHT.tzinfo is SHANGHAI
    visits.count_visit(two[0].pk, MIDNIGHT.astimezone(UTC))
    visits.keep_visits()
    assert rows() == [(two[0].pk, date(2026, 11, 3), 1)]


def test_what_was_moved_is_not_moved_again(two: list[Disclosure]) -> None:
    visits.count_visit(two[0].pk, EVENING)
    assert tasks.keep_visits() == 1
    assert tasks.keep_visits() == 0
    assert rows() == [(two[0].pk, date(2026, 11, 2), 1)]
    visits.count_visit(two[0].pk, EVENING + timedelta(seconds=30))
    assert tasks.keep_visits() == 1
    assert rows() == [(two[0].pk, date(2026, 11, 2), 2)]


def test_a_move_is_one_statement(two: list[Disclosure]) -> None:
    for item in two:
        for _time in range(3):
            visits.count_visit(item.pk, EVENING)
            visits.count_visit(item.pk, MIDNIGHT)
    with CaptureQueriesContext(connection) as queries:
        assert visits.keep_visits() == 12
    assert len(queries) == 1
    with CaptureQueriesContext(connection) as queries:
        assert visits.keep_visits() == 0
    assert len(queries) == 0


def test_a_count_asks_the_database_nothing(two: list[Disclosure]) -> None:
    with CaptureQueriesContext(connection) as queries:
        visits.count_visit(two[0].pk, EVENING)
    assert len(queries) == 0


def test_an_item_that_is_gone_stops_nothing(two: list[Disclosure]) -> None:
    visits.count_visit(two[1].pk + 1000, EVENING)
    visits.count_visit(two[0].pk, EVENING)
    visits.keep_visits()
    assert rows() == [(two[0].pk, date(2026, 11, 2), 1)]


def test_nothing_is_kept_but_item_day_and_number(two: list[Disclosure]) -> None:
    visits.count_visit(two[0].pk, EVENING)
    assert visits._server().hgetall(visits._waiting()) == {f"{two[0].pk} 2026-11-02".encode(): b"1"}
    assert {each.name for each in Visits._meta.get_fields()} == {"id", "disclosure", "day", "count"}


# What fails -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("raises", [redis.ConnectionError, redis.TimeoutError, redis.ResponseError])
def test_a_failure_to_count_is_no_failure_of_the_page(
    two: list[Disclosure],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    raises: type[Exception],
) -> None:
    def fails(*_all: Any) -> None:
        raise raises("at 192.0.2.7")

    monkeypatch.setattr(visits._server(), "hincrby", fails)
    with caplog.at_level(logging.WARNING, logger="disclosure.visits"):
        visits.count_visit(two[0].pk, EVENING)
    assert raises.__name__ in caplog.text
    assert "192.0.2.7" not in caplog.text


def test_what_the_database_did_not_take_waits_for_the_next_time(
    two: list[Disclosure], monkeypatch: pytest.MonkeyPatch
) -> None:
    visits.count_visit(two[0].pk, EVENING)
    really: Callable[..., None] = visits._add

    def fails(waiting: Any) -> None:
        # Somebody reads while the database is away.
        visits.count_visit(two[0].pk, EVENING)
        raise DatabaseError

    monkeypatch.setattr(visits, "_add", fails)
    with pytest.raises(DatabaseError):
        visits.keep_visits()
    assert rows() == []
    monkeypatch.setattr(visits, "_add", really)
    assert visits.keep_visits() == 2
    assert rows() == [(two[0].pk, date(2026, 11, 2), 2)]


def test_two_moves_at_once_take_different_visits(two: list[Disclosure]) -> None:
    visits.count_visit(two[0].pk, EVENING)
    first = visits._taken()
    visits.count_visit(two[0].pk, EVENING)
    second = visits._taken()
    visits._add(second)
    visits._add(first)
    assert rows() == [(two[0].pk, date(2026, 11, 2), 2)]
