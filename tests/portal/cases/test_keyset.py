"""Paging by key: the order, the keys, and what the database is asked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from hotline import actions
from hotline.filters import TicketFilter, seen_tickets
from hotline.models import Ticket
from portal.cases.keyset import DUE_FIRST, NEWEST_FIRST, BadKey, key_of, parse_key, read_page
from tests.bureau import MONDAY, Bureau, matter


@pytest.mark.parametrize("text", ["", "1", "-", "1-", "-1", "a-b", "1-2-3", "１-２", "9" * 19 + "-1", "1 -2"])
def test_what_no_page_gave_out_is_no_key(text: str) -> None:
    with pytest.raises(BadKey):
        parse_key(text)


def test_a_key_keeps_the_moment_to_the_microsecond() -> None:
    at = datetime(9998, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)
    assert parse_key(key_of(Ticket(pk=7, next_due_at=at), DUE_FIRST)) == (at, 7)


@pytest.mark.parametrize("order", [DUE_FIRST, NEWEST_FIRST])
def test_pages_of_equal_moments_hold_every_row_once(bureau: Bureau, order: object) -> None:
    """Many limits end at the same midnight: the id tells them apart."""
    for minutes in (0, 0, 0, 0, 1, 1, 2):
        at = MONDAY + timedelta(minutes=minutes)
        actions.log_call(matter(bureau), actor=bureau.actor("operator"), at=at)
    every = list(read_page(Ticket.objects.all(), order=order, size=100).rows)
    assert len(every) == 7
    forwards, page = [], read_page(Ticket.objects.all(), order=order, size=2)
    while True:
        forwards += page.rows
        if not page.after:
            break
        page = read_page(Ticket.objects.all(), order=order, size=2, after=page.after)
    assert forwards == every
    backwards = list(page.rows)
    while page.before:
        page = read_page(Ticket.objects.all(), order=order, size=2, before=page.before)
        backwards = page.rows + backwards
    assert backwards == every


@pytest.mark.parametrize(
    ("username", "given", "indexes"),
    [
        ("operator", {}, {"case_queue"}),
        ("operator", {"state": "closed"}, {"case_newest"}),
        # With a handful of rows the planner may take either, and finds the unit's among them.
        ("handler", {}, {"case_unit_queue", "case_queue"}),
        ("handler", {"state": "closed"}, {"case_unit_newest", "case_newest"}),
    ],
)
def test_a_later_page_begins_in_the_index(
    bureau: Bureau, username: str, given: dict[str, str], indexes: set[str]
) -> None:
    """Neither the rows before the page nor all that are open are read and sorted."""
    found = TicketFilter(given, seen_tickets(bureau.actor(username)), now=MONDAY)
    assert found.is_valid()
    with connection.cursor() as cursor:
        # The few rows of a test would be read and sorted at once.
        for setting in ("enable_seqscan", "enable_bitmapscan", "enable_sort", "enable_incremental_sort"):
            cursor.execute(f"SET LOCAL {setting} = off")
        with connection.execute_wrapper(explained := Explained()):
            read_page(found.qs, order=found.order(), after="1793577600000000-5")
    plan = explained.plans[0]
    assert any(f"Index Scan using {index} on cases_case" in plan for index in indexes), plan
    line = next(line for line in plan.splitlines() if "Index Cond" in line and "ROW(" in line)
    assert f"ROW({found.order().moment}, id)" in line.replace("cases_case.", ""), plan
    assert "Sort" not in plan, plan


class Explained:
    """Keeps the plan of every statement that passes."""

    def __init__(self) -> None:
        self.plans: list[str] = []

    def __call__(self, execute, sql, params, many, context):  # type: ignore[no-untyped-def]
        with context["connection"].connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN {sql}", params)
            self.plans.append("\n".join(row[0] for row in cursor.fetchall()))
        return execute(sql, params, many, context)
