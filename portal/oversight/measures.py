"""Questions the portal can answer about itself. Apps offer them: `register(measure)` in `AppConfig.ready()`.

A pledge's clause names one, with a target; whether it is kept is then counted, not claimed. Like every rate
it is a share of what was due, and what is late and still open was due (domain: reports that must come out
right).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Protocol

from django.db.models import Count, Q
from django.utils.translation import gettext_lazy as _

from portal.cases import kinds
from portal.cases.models import Deadline, DeadlineQuerySet
from portal.cases.terms import ONE_DAY, Limit, midnight

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise


@dataclass(frozen=True, slots=True)
class Share:
    """`part` of `whole` things. Raises ValueError where the part is no part of the whole."""

    part: int
    whole: int

    def __post_init__(self) -> None:
        if not 0 <= self.part <= self.whole:
            raise ValueError(f"{self.part} of {self.whole} is no share")

    @property
    def percent(self) -> Decimal | None:
        """Not rounded to be shown; None of nothing."""
        return Decimal(self.part * 100) / self.whole if self.whole else None

    @property
    def shown(self) -> str:
        """One decimal, cut off and not rounded up, so that 99.96 % never reads as all; "–" of nothing."""
        if not self.whole:
            return "–"
        tenths = self.part * 1000 // self.whole
        return f"{tenths // 10}.{tenths % 10}%"

    def reaches(self, target: Decimal) -> bool | None:
        """Whether it is at least `target` percent; None of nothing, which is neither kept nor missed.

        In whole numbers, so that 94.96 % is never 95 %, and two thirds are what they are.
        """
        if not self.whole:
            return None
        return self.part * 100 >= Fraction(target) * self.whole


class Counting(Protocol):
    """How a measure is counted, at the moment `now`: nothing below reads the clock.

    `unit_ids` are the unit in question and those below it, None the whole bureau. The days `first` and `last`
    are Asia/Shanghai's and both included. `days` are working days, for measures that take them.
    What was received, or whose limit began, before the day `since` is left out: nobody had promised it then.
    """

    def __call__(
        self,
        *,
        unit_ids: Collection[int] | None,
        first: date,
        last: date,
        days: int | None,
        now: datetime,
        since: date | None = None,
    ) -> Share: ...


@dataclass(frozen=True, slots=True)
class Measure:
    """One question: how it is asked, what is counted out of what, and where the figures are public.

    `sentence` holds %(days)s where the measure takes days, by `ngettext_lazy` with the number "days".
    `figures_url_name` is a public page without arguments.
    """

    code: str
    name: _StrOrPromise
    sentence: _StrOrPromise
    part_label: _StrOrPromise
    whole_label: _StrOrPromise
    count: Counting
    figures_url_name: str
    takes_days: bool = False

    def question(self, days: int | None = None) -> str:
        """The sentence in the reader's language; `days` in working days. Raises ValueError without them."""
        if self.takes_days and days is None:
            raise ValueError(f"{self.code} takes a number of working days")
        return str(self.sentence % {"days": days})


_measures: dict[str, Measure] = {}


def register(measure: Measure) -> None:
    """Offer a measure. Raises ValueError where another has its code; a second registration has no effect."""
    if measure.code in _measures and _measures[measure.code] != measure:
        raise ValueError(f"there is another measure called {measure.code}")
    _measures[measure.code] = measure


def every() -> list[Measure]:
    """In order of registration."""
    return list(_measures.values())


def named(code: str) -> Measure:
    """Raises KeyError where the app that knew it is gone."""
    return _measures[code]


def known(code: str) -> bool:
    return code in _measures


# Limits -----------------------------------------------------------------------------------------------------


def limits_kept(
    limits: DeadlineQuerySet, *, first: date, last: date, now: datetime, since: date | None = None
) -> Share:
    """Of these limits, those kept on time ÷ those whose last day lies in [first, last] and is over at `now`.

    A limit belongs to its last day alone, however early it was kept: no two windows count it twice, and
    each that is counted had its full time. One that was void or begun anew before then never came due.
    """
    # A limit is due at the midnight after its last day, or at closing time on it.
    came_due = limits.filter(due_at__gt=midnight(first), due_at__lte=min(midnight(last + ONE_DAY), now))
    if since is not None:
        came_due = came_due.filter(started_at__gte=midnight(since))
    kept = Q(ended=Deadline.Ended.KEPT, breached_at=None)
    # What is missed stays missed, whatever became of it; the sweep may not have marked it yet. Where the
    # clock takes a step by itself, passing the limit is no breach.
    missed = Q(breached_at__isnull=False) | Q(stopped_at=None, then="")
    counted = came_due.aggregate(part=Count("pk", filter=kept), whole=Count("pk", filter=kept | missed))
    return Share(**counted)


def promised_kept(
    *,
    unit_ids: Collection[int] | None,
    first: date,
    last: date,
    days: int | None,
    now: datetime,
    since: date | None = None,
) -> Share:
    """Over every kind of case whose unit keeps its limits. A case is its unit's that has or had it last."""
    answered = [kind.code for kind in kinds.every() if kind.unit_answers]
    promised = Deadline.objects.filter(limit=Limit.PROMISED, case__kind__in=answered)
    if unit_ids is not None:
        promised = promised.filter(case__unit_id__in=unit_ids)
    return limits_kept(promised, first=first, last=last, now=now, since=since)


PROMISED_KEPT = Measure(
    code="cases.promised_kept",
    name=_("Promised limits kept"),
    sentence=_("Promised limits of this unit's cases that were kept"),
    part_label=_("kept"),
    whole_label=_("due"),
    count=promised_kept,
    figures_url_name="site:home",
)
