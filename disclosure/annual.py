"""The tables of the annual report, counted from the requests (政府信息公开条例 art. 50).

Of the form (国办公开办函〔2021〕30号) table 3 is 收到和处理政府信息公开申请情况, table 4
政府信息公开行政复议、行政诉讼情况. Days are those of Asia/Shanghai. Only what happened by the end of the year
counts, and as it stood then: a table that is made in January comes out the same in June. Each number is the
count of a queryset that can be opened, `cases_of` and `remedies_of`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Self

from django.db.models import Count, Q, QuerySet, Sum
from django.utils.translation import gettext as _

from disclosure import annual_names as names
from disclosure.models import Disclosure, InformationRequest, Remedy
from disclosure.rules.replies import CELLS, RESULTS
from disclosure.rules.request_checks import REMEDY_KINDS, REMEDY_RESULTS
from portal.cases.terms import midnight

RECEIVED, CARRIED_IN, CARRIED_OUT, TOTAL = "received", "carried_in", "carried_out", "total"
PENDING = "pending"
KINDS = ("person", "company", "research", "public_interest", "legal_service", "other")
COLUMNS = (*KINDS, TOTAL)
# What the form has figures for: headings such as （三）不予公开 stand beside their lines without one.
CELLS_OF = {row.code: row.cells for row in RESULTS if row.code in (*CELLS, TOTAL)}
ROWS = (RECEIVED, CARRIED_IN, *CELLS_OF, CARRIED_OUT)
REMEDIES = tuple(REMEDY_KINDS)
DECIDED = tuple(each for each in REMEDY_RESULTS if each != PENDING)
REMEDY_COLUMNS = (*DECIDED, PENDING, TOTAL)

Counts = dict[str, dict[str, int]]


@dataclass(frozen=True, slots=True)
class Tables:
    """`requests` is table 3, by row and column; `remedies` table 4, by kind and result."""

    year: int
    requests: Counts
    remedies: Counts

    def kept(self) -> dict[str, Counts]:
        """As JSON keeps it; `of` reads it again."""
        return {"requests": self.requests, "remedies": self.remedies}

    @classmethod
    def of(cls, year: int, kept: Mapping[str, Any]) -> Self:
        return cls(year, kept["requests"], kept["remedies"])


@dataclass(frozen=True, slots=True)
class Facts:
    """What the portal knows besides: items that came out in the year, and fees paid in it, in yuan."""

    published: int
    fees_paid: int
    fees: int


@dataclass(frozen=True, slots=True)
class Span:
    """A year in Asia/Shanghai: its first day and moment, and those at which it is over."""

    first: date
    after: date
    begins: datetime
    ends: datetime

    @classmethod
    def of(cls, year: int) -> Self:
        first, after = date(year, 1, 1), date(year + 1, 1, 1)
        return cls(first, after, midnight(first), midnight(after))


# Table 3 ----------------------------------------------------------------------------------------------------


def _conditions(year: int) -> dict[str, Q]:
    """What makes a request count in a row; all are of requests that were received (art. 31)."""
    span = Span.of(year)
    answered = Q(replied_at__gte=span.begins, replied_at__lt=span.ends)
    unanswered_then = Q(replied_at=None) | Q(replied_at__gte=span.begins)
    unanswered_still = Q(replied_at=None) | Q(replied_at__gte=span.ends)
    return {
        RECEIVED: Q(received_on__gte=span.first, received_on__lt=span.after),
        CARRIED_IN: Q(received_on__lt=span.first) & unanswered_then,
        **{code: answered & Q(outcome__in=cells) for code, cells in CELLS_OF.items()},
        CARRIED_OUT: Q(received_on__lt=span.after) & unanswered_still,
    }


def cases_of(year: int, row: str, column: str) -> QuerySet[InformationRequest]:
    """The requests behind a number of table 3. Raises KeyError for a row or column that there is not."""
    if column not in COLUMNS:
        raise KeyError(column)
    found: Any = InformationRequest.objects.received().filter(_conditions(year)[row])
    return found if column == TOTAL else found.filter(applicant_kind=column)


def _requests(year: int) -> Counts:
    conditions, span = _conditions(year), Span.of(year)
    concerned = Q(replied_at=None) | Q(replied_at__gte=span.begins) | Q(received_on__gte=span.first)
    counts = {row: Count("pk", filter=condition) for row, condition in conditions.items()}
    # A row's name may be that of a field.
    named = {f"row_{row}": count for row, count in counts.items()}
    rows: Any = InformationRequest.objects.received().filter(concerned)
    found = {each["applicant_kind"]: each for each in rows.values("applicant_kind").annotate(**named)}
    return {
        row: {
            **{kind: found[kind][f"row_{row}"] if kind in found else 0 for kind in KINDS},
            # Of all that there are, so that one of a kind that the form does not know would be noticed.
            TOTAL: sum(each[f"row_{row}"] for each in found.values()),
        }
        for row in ROWS
    }


# Table 4 ----------------------------------------------------------------------------------------------------


def _remedies_concerned(year: int) -> Q:
    """Begun in the year, or begun before and not decided when it began.

    The form says nothing of those that are carried over. Each is counted in every year in which it was under
    way, as a request is in table 3: so one that was pending is found again with its result.
    """
    span = Span.of(year)
    return Q(opened_on__lt=span.after) & (Q(decided_on=None) | Q(decided_on__gte=span.first))


def _remedy_conditions(year: int) -> dict[str, Q]:
    """How a remedy stood at the end of the year: one that was decided later was pending."""
    after = Span.of(year).after
    decided = {result: Q(result=result, decided_on__lt=after) for result in DECIDED}
    return {**decided, PENDING: Q(decided_on=None) | Q(decided_on__gte=after), TOTAL: Q()}


def remedies_of(year: int, kind: str, column: str) -> QuerySet[Remedy]:
    """The remedies behind a number of table 4. Raises KeyError for a kind or column that there is not."""
    if kind not in REMEDIES:
        raise KeyError(kind)
    concerned = _remedies_concerned(year) & _remedy_conditions(year)[column]
    return Remedy.objects.filter(concerned, kind=kind)


def _remedies(year: int) -> Counts:
    counts = {column: Count("pk", filter=condition) for column, condition in _remedy_conditions(year).items()}
    rows: Any = Remedy.objects.filter(_remedies_concerned(year)).order_by()
    found = {each["kind"]: each for each in rows.values("kind").annotate(**counts)}
    return {
        kind: {column: found[kind][column] if kind in found else 0 for column in REMEDY_COLUMNS}
        for kind in REMEDIES
    }


# All of it --------------------------------------------------------------------------------------------------


def tables(year: int) -> Tables:
    """Both tables, in one statement each."""
    return Tables(year, _requests(year), _remedies(year))


def facts(year: int) -> Facts:
    """In two statements. What was published and withdrawn later was published all the same."""
    span = Span.of(year)
    published = Disclosure.objects.filter(year=year).count()
    paid = InformationRequest.objects.filter(paid_on__gte=span.first, paid_on__lt=span.after)
    fees = paid.aggregate(number=Count("pk"), sum=Sum("fee"))
    return Facts(published=published, fees_paid=fees["number"], fees=fees["sum"] or 0)


def check(found: Tables) -> list[str]:
    """What does not come out even, in sentences; none when all is right.

    In each column 第一项加第二项之和，等于第三项加第四项之和; （七） is the sum of its lines, 总计 of its
    columns.
    """
    return [*_columns_that_differ(found), *_sums_that_differ(found)]


def _columns_that_differ(found: Tables) -> Iterator[str]:
    for column in COLUMNS:
        count = {row: found.requests[row][column] for row in ROWS}
        came, left = count[RECEIVED] + count[CARRIED_IN], count[TOTAL] + count[CARRIED_OUT]
        name, cells = names.COLUMNS[column], sum(count[cell] for cell in CELLS)
        if came != left:
            sentence = _(
                "Table 3, “%(column)s”: %(came)s came in or were carried over from the year before, but "
                "%(left)s were ended or are carried over."
            )
            yield sentence % {"column": name, "came": came, "left": left}
        if cells != count[TOTAL]:
            sentence = _("Table 3, “%(column)s”: the results add up to %(sum)s, the total is %(total)s.")
            yield sentence % {"column": name, "sum": cells, "total": count[TOTAL]}


def _sums_that_differ(found: Tables) -> Iterator[str]:
    """Across the columns: rows of table 3, and the three parts of table 4."""
    parts = [
        (names.ROWS[row], counts, sum(counts[kind] for kind in KINDS))
        for row, counts in found.requests.items()
    ]
    parts += [
        (names.REMEDIES[kind], counts, sum(counts[each] for each in (*DECIDED, PENDING)))
        for kind, counts in found.remedies.items()
    ]
    for name, counts, added in parts:
        if added != counts[TOTAL]:
            sentence = _("“%(row)s”: the columns add up to %(sum)s, the total is %(total)s.")
            yield sentence % {"row": name, "sum": added, "total": counts[TOTAL]}


def carried_differently(found: Tables, before: Tables | None) -> list[str]:
    """Where what was carried over is not what the approved report of the year before said, in sentences.

    A request that was entered late, with an earlier day of receipt, does that: it has to be explained, and
    stops nothing.
    """
    if before is None:
        return []
    sentence = _(
        "“%(column)s”: the report of %(year)s carried over %(then)s requests, by now there are %(now)s."
    )
    pairs = ((each, before.requests[CARRIED_OUT][each], found.requests[CARRIED_IN][each]) for each in COLUMNS)
    return [
        sentence % {"column": names.COLUMNS[column], "year": before.year, "then": then, "now": now}
        for column, then, now in pairs
        if then != now
    ]
