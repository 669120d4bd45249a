"""What a step of an application costs in statements, on the way of each that the window takes.

A step that writes no paper costs some ten; a paper has its number, its row, its place in two chains and among
the application's papers. Excluding time and extending move several limits at once, and are taken rarely.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from approvals.models import ApprovalCase
from tests.approvals import window as walks
from tests.approvals.window import case_in
from tests.bureau import MONDAY, Bureau

MOST = 15
MOVES_LIMITS = {"special_procedure": 20, "extend": 19, "end_special_procedure": 16}
WAYS = (
    *("closed:rated", "serving:denied", "refused", "withdrawn", "received:again", "received:offered"),
    *("accepted:special", "accepted:asked", "accepted:extended", "accepted:deemed", "survey:signed"),
)


@pytest.mark.usefixtures("plain_papers")
def test_a_step_takes_at_most_fifteen_statements(window: Bureau, monkeypatch: pytest.MonkeyPatch) -> None:
    costs: dict[str, int] = {}
    take = walks.take

    def counted(case: ApprovalCase, name: str, **given: Any) -> ApprovalCase:
        # Read anew, as a page does: nothing that an earlier step knew is at hand.
        fresh = ApprovalCase.objects.get(pk=case.pk)
        with CaptureQueriesContext(connection) as queries:
            taken = take(fresh, name, **given)
        marks = ("SAVEPOINT", "RELEASE")
        cost = sum(not each["sql"].startswith(marks) for each in queries.captured_queries)
        costs[name] = max(cost, costs.get(name, 0))
        return taken

    monkeypatch.setattr(walks, "take", counted)
    for way in WAYS:
        case_in(way, window)
    special = case_in("accepted:special", window)
    later = MONDAY + timedelta(hours=2)
    counted(special, "end_special_procedure", actor=window.actor("clerk"), at=later)
    sent = case_in("review", window)
    counted(sent, "send_back", actor=window.actor("office_head"), at=later, note="请补充现场照片。")

    dear = {name: cost for name, cost in costs.items() if cost > MOVES_LIMITS.get(name, MOST)}
    assert dear == {}
    assert len(costs) >= 18
