"""What a pledge may promise of the complaints about pledges themselves."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime

from django.utils.translation import gettext_lazy as _

from portal.cases.models import Deadline
from portal.oversight.measures import Measure, Share, limits_kept


def answered_in_time(
    *,
    unit_ids: Collection[int] | None,
    first: date,
    last: date,
    days: int | None,
    now: datetime,
    since: date | None = None,
) -> Share:
    """Complaints about pledges of the unit that were decided within their limit ÷ those due."""
    limits = Deadline.objects.filter(term="pledges.answer")
    if unit_ids is not None:
        limits = limits.filter(case__unit_id__in=unit_ids)
    return limits_kept(limits, first=first, last=last, now=now, since=since)


COMPLAINTS_ANSWERED = Measure(
    code="pledges.answered_in_time",
    name=_("Complaints about pledges answered on time"),
    sentence=_("Complaints about this unit's pledges that were answered within their limit"),
    part_label=_("answered in time"),
    whole_label=_("due"),
    count=answered_in_time,
    figures_url_name="pledges:list",
)
