"""The window's figures, each with its numerator and denominator; what is late and open counts as due."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from django.core.cache import cache
from django.db.models import Count, Q
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from approvals.models import ApprovalCase
from approvals.rules.terms import PROMISE
from approvals.workflow import OUTCOMES
from portal.cases.models import Deadline
from portal.cases.terms import local_day, midnight
from portal.site.home import Figure

CACHE_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Counts:
    """What happened from the day `since` on: applications received and decided, promises due and kept."""

    since: date
    received: int
    decided: int
    granted: int
    promises_due: int
    promises_kept: int


def count(*, since: date, now: datetime) -> Counts:
    """Count in two statements. A promise is due once it was decided upon, or once its limit has passed.

    So the open ones that are late are in it; what was withdrawn in time is not, as nothing was decided.
    """
    start = midnight(since)
    cases = ApprovalCase.objects.aggregate(
        received=Count("pk", filter=Q(opened_at__gte=start, opened_at__lte=now)),
        decided=Count("pk", filter=Q(decided_at__gte=start, decided_at__lte=now)),
        granted=Count("pk", filter=Q(decided_at__gte=start, decided_at__lte=now, outcome="granted")),
    )
    decided = Q(ended=Deadline.Ended.KEPT, case__approvalcase__outcome__in=OUTCOMES)
    late = Q(breached_at__isnull=False) | Q(stopped_at=None, due_at__lte=now)
    promises = Deadline.objects.filter(term=PROMISE, started_at__gte=start, started_at__lte=now).aggregate(
        promises_due=Count("pk", filter=decided | late),
        promises_kept=Count("pk", filter=decided & Q(breached_at=None)),
    )
    return Counts(since=since, **cases, **promises)


def this_year(now: datetime) -> Counts:
    """Since the first of January, at most five minutes old."""
    since = local_day(now).replace(month=1, day=1)
    key = f"approvals:counts:{since}"
    known: Counts | None = cache.get(key)
    if known is None:
        known = count(since=since, now=now)
        cache.set(key, known, CACHE_SECONDS)
    return known


def rates(counts: Counts) -> list[Figure]:
    """The shares, each with what it is a share of."""
    return [
        Figure(
            _("Decided within the promised limit"),
            counts.promises_kept,
            counts.promises_due,
            _("within it"),
            _("due"),
        )
    ]


def figures(now: datetime) -> Sequence[Figure]:
    """For the home page of the portal."""
    counts = this_year(now)
    return [
        replace(figure, label=format_lazy("{}: {}", _("One-stop window"), figure.label), since=counts.since)
        for figure in rates(counts)
    ]
