"""The hotline's figures, each with its numerator and denominator; what is late and open counts as due.

Rates (domain: reports that must come out right): closing rate = closed ÷ dispatched; satisfied = the top
three grades ÷ valid ratings; on time = replies on time ÷ replies due.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from django.core.cache import cache
from django.db.models import Count, Q
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from hotline.models import BAD_RATINGS, Call, Ticket
from hotline.workflow import RECEIVED
from portal.cases.models import Deadline
from portal.cases.terms import local_day, midnight
from portal.site.home import Figure

CACHE_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Counts:
    """What happened from the day `since` on: of the tickets received from then on, and of the calls."""

    since: date
    received: int
    calls_in: int
    calls_back: int
    dispatched: int
    closed: int
    ratings: int
    satisfied: int
    replies_due: int
    replies_on_time: int


def count(*, since: date, now: datetime) -> Counts:
    """Count in three statements. `closed` are of those dispatched, so that the rate is a share of them.

    A reply is due once it was given or its limit has passed: the open ones that are late are in it.
    """
    start = midnight(since)
    left_the_centre = ~Q(state=RECEIVED) & Q(answered_at_once=False)
    tickets = Ticket.objects.filter(opened_at__gte=start, opened_at__lte=now).aggregate(
        received=Count("pk"),
        dispatched=Count("pk", filter=left_the_centre),
        closed=Count("pk", filter=left_the_centre & Q(closed_at__isnull=False)),
    )
    rated = Q(rating__isnull=False)
    calls = Call.objects.filter(at__gte=start, at__lte=now).aggregate(
        calls_in=Count("pk", filter=Q(direction=Call.Direction.IN)),
        calls_back=Count("pk", filter=Q(direction=Call.Direction.OUT)),
        ratings=Count("pk", filter=rated),
        satisfied=Count("pk", filter=rated & ~Q(rating__in=BAD_RATINGS)),
    )
    late = Q(due_at__lte=now)
    replies = Deadline.objects.filter(term="hotline.reply", started_at__gte=start).aggregate(
        replies_due=Count("pk", filter=Q(ended=Deadline.Ended.KEPT) | (Q(stopped_at=None) & late)),
        replies_on_time=Count("pk", filter=Q(ended=Deadline.Ended.KEPT, breached_at=None)),
    )
    return Counts(since=since, **tickets, **calls, **replies)


def this_year(now: datetime) -> Counts:
    """Since the first of January, at most five minutes old."""
    since = local_day(now).replace(month=1, day=1)
    key = f"hotline:counts:{since}"
    known: Counts | None = cache.get(key)
    if known is None:
        known = count(since=since, now=now)
        cache.set(key, known, CACHE_SECONDS)
    return known


def rates(counts: Counts) -> list[Figure]:
    """The three shares, each with what it is a share of."""
    return [
        Figure(_("Replies on time"), counts.replies_on_time, counts.replies_due, _("on time"), _("due")),
        Figure(_("Closing rate"), counts.closed, counts.dispatched, _("closed"), _("dispatched")),
        Figure(_("Satisfied citizens"), counts.satisfied, counts.ratings, _("satisfied"), _("ratings")),
    ]


def figures(now: datetime) -> Sequence[Figure]:
    """For the home page of the portal."""
    counts = this_year(now)
    return [
        replace(figure, label=format_lazy("{}: {}", _("12319 hotline"), figure.label), since=counts.since)
        for figure in rates(counts)
    ]
