"""The app's figures, each with its numerator and denominator; what is late and open counts as due."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.core.cache import cache
from django.db.models import Count, Q
from django.utils.translation import gettext_lazy as _

from disclosure.rules.request_terms import REPLY
from portal.cases.models import Deadline
from portal.cases.terms import local_day, midnight
from portal.site.home import Figure

CACHE_SECONDS = 300


def answered_in_time(now: datetime) -> tuple[int, int]:
    """Of the limits for answers that began this year: how many were kept, and how many were due, in one
    statement. A limit that began anew, or was given up with its request, was never due.
    """
    start = midnight(local_day(now).replace(month=1, day=1))
    late = Q(breached_at__isnull=False) | Q(stopped_at=None, due_at__lte=now)
    answered = Q(ended=Deadline.Ended.KEPT, case__informationrequest__reply_type__gt="")
    counts = Deadline.objects.filter(term=REPLY, started_at__gte=start, started_at__lte=now).aggregate(
        due=Count("pk", filter=answered | late), kept=Count("pk", filter=answered & Q(breached_at=None))
    )
    return counts["kept"], counts["due"]


def figures(now: datetime) -> Sequence[Figure]:
    """For the home page of the portal; at most five minutes old."""
    since = local_day(now).replace(month=1, day=1)
    key = f"disclosure:answered:{since}"
    known: tuple[int, int] | None = cache.get(key)
    if known is None:
        known = answered_in_time(now)
        cache.set(key, known, CACHE_SECONDS)
    label = _("Information requests answered within the limit")
    return [Figure(label, *known, _("within it"), _("due"), since=since)]
