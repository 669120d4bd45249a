"""What a pledge may promise of the window, and how it is counted.

Rate (domain: reports that must come out right): decided within the promised limit ÷ promised limits that
came due. What is late and open was due.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from approvals.rules.terms import PROMISE
from approvals.workflow import OUTCOMES
from portal.cases.models import Deadline
from portal.oversight.measures import Measure, Share, limits_kept


def decided_as_promised(
    *,
    unit_ids: Collection[int] | None,
    first: date,
    last: date,
    days: int | None,
    now: datetime,
    since: date | None = None,
) -> Share:
    """Applications decided within the days that their guide promises ÷ those of which the last day is over.

    A promise belongs to its last day, as extended or put off by a special procedure. What was withdrawn in
    time promised nothing that could be kept: nothing was decided.
    """
    promises = Deadline.objects.filter(term=PROMISE, case__kind="approval")
    if unit_ids is not None:
        promises = promises.filter(case__unit_id__in=unit_ids)
    undecided = Q(ended=Deadline.Ended.KEPT, breached_at=None) & ~Q(case__approvalcase__outcome__in=OUTCOMES)
    return limits_kept(promises.exclude(undecided), first=first, last=last, now=now, since=since)


MEASURES = (
    Measure(
        code="approvals.decided_as_promised",
        name=_("Applications decided within the promised days"),
        sentence=_("Applications to this unit that were decided within the days that the guide promises"),
        part_label=_("decided within them"),
        whole_label=_("due"),
        count=decided_as_promised,
        figures_url_name="approvals:start",
    ),
)
