"""A bad rating (差评) opens a task with a clock, in the transaction of the rating."""

from __future__ import annotations

from approvals.models import BadRating
from approvals.rules import rating as rules
from approvals.rules.terms import approval_of
from portal.cases.actions import open_case
from portal.cases.effects import Moved
from portal.cases.terms import local_day
from portal.numbering.models import next_number

KIND = "bad_rating"


def open_if_bad(moved: Moved) -> None:
    """Open the task where the grade is one of the last two."""
    approval = approval_of(moved.case)
    if approval.rating not in rules.BAD:
        return
    day = local_day(moved.at).strftime("%Y%m%d")
    task = BadRating(
        kind=KIND,
        number=f"CP-{day}-{next_number('bad_rating', day):04d}",
        title=f"差评整改：{approval.title}"[:120],
        approval=approval,
    )
    open_case(task, actor=moved.actor, at=moved.at, data={"case": approval.number, "rating": approval.rating})
