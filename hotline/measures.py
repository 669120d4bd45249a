"""What a pledge may promise of the hotline, and how it is counted.

Rates (domain: reports that must come out right): on time = on time ÷ due; satisfied = the top three grades ÷
valid ratings. What is late and open was due.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection
from datetime import date, datetime
from typing import Any, TypeVar

from django.db.models import BigIntegerField, Count, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.fields.json import KT
from django.db.models.functions import Cast, Coalesce, Concat, TruncDate
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from hotline.models import BAD_RATINGS, Call
from portal.cases.models import Case, Deadline
from portal.cases.terms import ONE_DAY, SHANGHAI, local_day, midnight
from portal.ledger.models import Event
from portal.oversight.measures import Measure, Share, limits_kept
from portal.workdays.calendar import Calendar
from portal.workdays.current import current_calendar

# The verbs that bring a ticket to another unit. Reply, callback, rework and closing leave it where it is: a
# ticket's `unit` is its handling unit to the end, and the centre only while nobody else has it.
MOVES = ("receive", "dispatch", "return")

Rows = TypeVar("Rows", bound=QuerySet[Any, Any])


def closed_within(
    *,
    unit_ids: Collection[int] | None,
    first: date,
    last: date,
    days: int | None,
    now: datetime,
    since: date | None = None,
) -> Share:
    """Tickets closed by the end of the `days`-th working day after receipt ÷ those of which that day is over.

    A ticket belongs to the window by that day, so that each that is counted had its full time. Raises
    ValueError unless `days` is 1 or more, OutsideCalendar where the window begins before the calendar.
    """
    if days is None or days < 1:
        raise ValueError("say within how many working days, 1 or more")
    calendar = current_calendar()
    last = min(last, local_day(now) - ONE_DAY)
    if last < first:
        return Share(0, 0)
    begin, end = receipt_days(calendar, first=first, last=last, days=days)
    begin = max(begin, since or begin)
    # All that is asked stands in the header; its kind is named so that the index of the newest serves.
    tickets = Case.objects.filter(kind="hotline", opened_at__gte=midnight(begin), opened_at__lt=midnight(end))
    if unit_ids is not None:
        tickets = tickets.filter(unit_id__in=unit_ids)
    # A row for each pair of days, not for each ticket.
    rows = (
        tickets.annotate(
            received_on=TruncDate("opened_at", tzinfo=SHANGHAI),
            closed_on=TruncDate("closed_at", tzinfo=SHANGHAI),
        )
        .values_list("received_on", "closed_on")
        .annotate(tickets=Count("pk"))
    )
    part = whole = 0
    for received_on, closed_on, count in rows:
        whole += count
        if closed_on is not None and closed_on <= calendar.add_workdays(received_on, days):
            part += count
    return Share(part, whole)


def receipt_days(calendar: Calendar, *, first: date, last: date, days: int) -> tuple[date, date]:
    """The days, from one up to and without the other, whose `days`-th working day is in [first, last].

    They follow one another, as a later receipt never ends earlier. Raises OutsideCalendar.
    """

    def first_ending_after(day: date) -> date:
        passed = calendar.ordinal(day) - days
        place = bisect_right(calendar.days, passed, key=lambda each: calendar.ordinal(each.date))
        return calendar.days[place].date

    return first_ending_after(first - ONE_DAY), first_ending_after(last)


def replies_on_time(
    *,
    unit_ids: Collection[int] | None,
    first: date,
    last: date,
    days: int | None,
    now: datetime,
    since: date | None = None,
) -> Share:
    """Limits of the reply to the citizen kept ÷ due; they are whose the ticket was when it was answered."""
    replies = Deadline.objects.filter(term="hotline.reply")
    answered = Coalesce(OuterRef("stopped_at"), Value(now))
    replies = _of(replies, unit_ids, ticket="case__ticket", at=answered)
    return limits_kept(replies, first=first, last=last, now=now, since=since)


def signed_on_time(
    *,
    unit_ids: Collection[int] | None,
    first: date,
    last: date,
    days: int | None,
    now: datetime,
    since: date | None = None,
) -> Share:
    """Limits of signing for a ticket kept ÷ due. A ticket handed back in time was not left lying either."""
    signed = Deadline.objects.filter(term="hotline.sign")
    signed = _of(signed, unit_ids, ticket="case__ticket", at=OuterRef("started_at"))
    return limits_kept(signed, first=first, last=last, now=now, since=since)


def satisfied(
    *,
    unit_ids: Collection[int] | None,
    first: date,
    last: date,
    days: int | None,
    now: datetime,
    since: date | None = None,
) -> Share:
    """The top three grades ÷ the ratings given at callbacks in the window; each callback's own is counted."""
    rated = Call.objects.filter(
        rating__isnull=False, at__gte=midnight(first), at__lt=midnight(last + ONE_DAY), at__lte=now
    )
    if since is not None:
        rated = rated.filter(ticket__opened_at__gte=midnight(since))
    rated = _of(rated, unit_ids, ticket="ticket", at=OuterRef("at"))
    content = Count("pk", filter=~Q(rating__in=BAD_RATINGS))
    return Share(**rated.aggregate(part=content, whole=Count("pk")))


def _of(rows: Rows, unit_ids: Collection[int] | None, *, ticket: str, at: Any) -> Rows:
    """Those rows whose ticket was with one of the units at the moment `at`, a reference to the row's own.

    A ticket that was never returned has had one unit. Of others the ledger knows: who has it now is not to
    answer for what an earlier unit left lying.
    """
    if unit_ids is None:
        return rows
    moves = Event.objects.filter(
        subject=Concat(Value("case:"), OuterRef(f"{ticket}__number")), verb__in=MOVES, at__lte=at
    )
    unit_then = moves.order_by("-seq").values(unit=Cast(KT("data__unit"), BigIntegerField()))[:1]
    never_returned = Q(**{f"{ticket}__returned_by": None})
    return rows.alias(unit_then=Subquery(unit_then)).filter(
        Q(never_returned, **{f"{ticket}__unit_id__in": unit_ids}) | Q(~never_returned, unit_then__in=unit_ids)
    )


MEASURES = (
    Measure(
        code="hotline.closed_within",
        name=_("Hotline tickets closed within the promised days"),
        sentence=ngettext_lazy(
            "Tickets of this unit closed within %(days)s working day",
            "Tickets of this unit closed within %(days)s working days",
            "days",
        ),
        part_label=_("closed in time"),
        whole_label=_("due"),
        count=closed_within,
        figures_url_name="hotline:start",
        takes_days=True,
    ),
    Measure(
        code="hotline.replies_on_time",
        name=_("Hotline replies given on time"),
        sentence=_("Replies of this unit given within their limit"),
        part_label=_("replied in time"),
        whole_label=_("due"),
        count=replies_on_time,
        figures_url_name="hotline:start",
    ),
    Measure(
        code="hotline.satisfied",
        name=_("Citizens satisfied at the callback"),
        sentence=_("Citizens who were satisfied when they were called back about this unit's tickets"),
        part_label=_("satisfied"),
        whole_label=_("ratings"),
        count=satisfied,
        figures_url_name="hotline:start",
    ),
    Measure(
        code="hotline.signed_on_time",
        name=_("Hotline tickets signed for on time"),
        sentence=_("Tickets that this unit signed for, or returned, within the limit"),
        part_label=_("signed for in time"),
        whole_label=_("due"),
        count=signed_on_time,
        figures_url_name="hotline:start",
    ),
)
