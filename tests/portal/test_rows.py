"""Rows written by COPY: what goes in comes out, and what the database refuses is refused the same way."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.db import DataError, IntegrityError, connection, transaction

from portal.cases.models import Case
from portal.ledger.models import Event
from portal.numbering.models import Series
from portal.rows import copy_in, fetch, insert_one
from portal.workdays.models import Day
from tests.bureau import make_bureau, ticket

AT = datetime(2026, 11, 24, 8, 30, 0, 5, tzinfo=UTC)
COLUMNS = (
    *("subject", "seq", "verb", "at", "actor_id", "actor_name", "actor_role"),
    *("data", "actor_hash", "data_hash", "previous", "hash"),
)

pytestmark = pytest.mark.django_db


def write_event(
    *, name: str = "张敏", data: Any = None, at: datetime = AT, actor_id: int | None = None
) -> Event:
    row = ("rows:1", 1, "note", at, actor_id, name, "", data or {}, "a", "b", "c", "d")
    copy_in(Event, COLUMNS, [row])
    return Event.objects.get(subject="rows:1")


@pytest.mark.parametrize(
    "text",
    ["", "\\N", "\\", "\\.", "a\tb", "一行\n又一行", "\r\n", "'\"", "\\n", "\\t\\", "{}", "NULL", " ", "😀"],
)
def test_text_comes_back_as_it_was(text: str):
    event = write_event(name=text, data={"note": [text, None, True, 3]})
    assert event.actor_name == text
    assert event.data == {"note": [text, None, True, 3]}


def test_nothing_is_null_and_moments_keep_their_instant():
    event = write_event(actor_id=None)
    assert event.actor_id is None
    assert event.at == AT


def test_a_moment_names_its_time_zone():
    with pytest.raises(ValueError, match="time zone"):
        write_event(at=datetime(2026, 11, 24, 8))  # noqa: DTZ001


def test_days_and_truths():
    columns = ("date", "working", "ordinal", "reason", "name", "provisional")
    row = (date(2035, 2, 28), True, 9_999, "workday", "", False)
    copy_in(Day, columns, [row])
    found = Day.objects.values_list(*columns)
    assert found.get(date=date(2035, 2, 28)) == row


def test_what_the_database_refuses_is_refused_in_djangos_words():
    with pytest.raises(IntegrityError), transaction.atomic():
        copy_in(Series, ("code", "period", "last"), [("a", "2026", 1), ("a", "2026", 2)])
    with pytest.raises(IntegrityError), transaction.atomic():
        copy_in(Series, ("code", "period", "last"), [("a", "2026", -1)])
    with pytest.raises(DataError), transaction.atomic():
        copy_in(Series, ("code", "period", "last"), [("a" * 41, "2026", 1)])
    assert not Series.objects.filter(code__startswith="a").exists()


def test_one_statement_whatever_the_size(django_assert_num_queries):
    for size in (1, 300):
        with django_assert_num_queries(1):
            copy_in(Series, ("code", "period", "last"), [(f"{size}-{n}", "2026", n) for n in range(size)])


@pytest.mark.parametrize("text", ["", "\\N", "a\tb\n", "'\"", "%s", "😀"])
def test_a_single_row_comes_back_as_it_was(text: str):
    row = (date(2035, 2, 28), True, 9_999, "workday", text, False)
    insert_one(Day, ("date", "working", "ordinal", "reason", "name", "provisional"), row)
    found = Day.objects.values_list("date", "working", "ordinal", "reason", "name", "provisional")
    assert found.get(date=date(2035, 2, 28)) == row
    with pytest.raises(IntegrityError), transaction.atomic():
        insert_one(Day, ("date", "working", "ordinal", "reason", "name", "provisional"), row)


def test_rows_are_fetched_as_instances():
    made = ticket(make_bureau())
    (found,) = fetch(Case, "SELECT {columns} FROM cases_case m WHERE m.number = %s", [made.number])
    assert isinstance(found, Case)
    assert (found.pk, found.title, found.next_due_at) == (made.pk, made.title, made.next_due_at)
    assert not found._state.adding
    assert found._state.db == connection.alias
