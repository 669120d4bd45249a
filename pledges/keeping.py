"""Whether what was promised is kept: the latest answer of each measure, its trend, and breaches upheld."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from django.db.models import Count, OuterRef, Q, Subquery
from django.urls import NoReverseMatch, reverse

from pledges.models import Breach, Clause, PledgeVersion, Result
from portal.oversight.measures import Measure, Share

TREND_DAYS = 90
# The picture's own units: a line of 100 by 28, with room for its stroke.
WIDTH, HEIGHT, EDGE = 100.0, 28.0, 2.0


@dataclass(frozen=True, slots=True)
class Trend:
    """The results of some weeks, as a line and as rows; `line` and `target_y` are in the picture's units."""

    results: Sequence[Result]
    line: str
    target_y: str


@dataclass(frozen=True, slots=True)
class Kept:
    """A measured clause: the question, the target, and the answers there are."""

    clause: Clause
    measure: Measure
    target: Decimal
    latest: Result | None
    trend: Trend | None
    figures_url: str

    @property
    def question(self) -> str:
        return self.measure.question(self.clause.measure_days)

    @property
    def shown_target(self) -> str:
        return f"{self.target.normalize():f}%"


@dataclass(frozen=True, slots=True)
class Summary:
    """A pledge in a list: how many of its measured clauses were kept, missed, and not measurable as yet."""

    clauses: int = 0
    kept: int = 0
    missed: int = 0
    unmeasured: int = 0
    upheld: int = 0

    @property
    def measured(self) -> int:
        return self.kept + self.missed + self.unmeasured


def by_clause(version: PledgeVersion) -> dict[int, Kept]:
    """The measured clauses of a version by their numbers: two queries, however many."""
    clauses = [each for each in version.clauses.all() if each.measured_by is not None]
    results: dict[int, list[Result]] = {each.pk: [] for each in clauses}
    if clauses:
        newest = Result.objects.filter(clause=OuterRef("clause")).order_by("-day").values("day")[:1]
        shown = Result.objects.filter(
            clause__in=clauses, day__gt=Subquery(newest) - timedelta(days=TREND_DAYS)
        )
        for result in shown.order_by("clause", "day"):
            results[result.clause_id].append(result)
    return {each.position: _kept(each, results[each.pk]) for each in clauses}


def _kept(clause: Clause, results: list[Result]) -> Kept:
    measure = clause.measured_by
    assert measure is not None
    assert clause.measure_target is not None
    latest = results[-1] if results else None
    try:
        url = reverse(measure.figures_url_name)
    except NoReverseMatch:
        url = ""
    return Kept(clause, measure, clause.measure_target, latest, _trend(results, clause.measure_target), url)


def _trend(results: list[Result], target: Decimal) -> Trend | None:
    """None while there is no line to draw: two answers make one."""
    answered = [each for each in results if each.whole]
    if len(answered) < 2:
        return None
    first = answered[0].day
    span = (answered[-1].day - first).days or 1
    # From the lowest of what is shown to 100 %, so that a change of some per cent can be seen.
    floor = min(0.9 * min(_percent(each.share) for each in answered), float(target) * 0.9)
    points = (
        (EDGE + (each.day - first).days / span * (WIDTH - 2 * EDGE), _height(_percent(each.share), floor))
        for each in answered
    )
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return Trend(results, line, f"{_height(float(target), floor):.1f}")


def _percent(share: Share) -> float:
    return float(share.percent or 0)


def _height(percent: float, floor: float) -> float:
    return EDGE + (100 - percent) / (100 - floor) * (HEIGHT - 2 * EDGE)


def upheld_by_clause(version: PledgeVersion) -> dict[int, int]:
    """How many breaches of each clause were found to be one, by its number."""
    rows = Breach.objects.filter(clause__version=version, upheld=True).values_list("clause__position")
    return dict(rows.annotate(times=Count("pk")))


def upheld_by_version(pledge: int) -> dict[int, int]:
    """The same of a pledge's versions, by their keys: what was upheld of an earlier one is not forgotten."""
    rows = Breach.objects.filter(clause__version__pledge=pledge, upheld=True).values_list(
        "clause__version_id"
    )
    return dict(rows.annotate(times=Count("pk")))


def summaries(versions: Iterable[PledgeVersion]) -> dict[int, Summary]:
    """How each version stands, by its key: three queries for all of them."""
    keys = [each.pk for each in versions]
    return _summed(keys) if keys else {}


def _summed(keys: Collection[int]) -> dict[int, Summary]:
    counts: dict[int, Counter[str]] = {key: Counter() for key in keys}
    clauses = Clause.objects.filter(version__in=keys).values_list("version_id")
    rows = clauses.annotate(every=Count("pk"), measured=Count("pk", filter=~Q(measure="")))
    for key, every, measured in rows.order_by("version_id"):
        counts[key] += Counter(clauses=every, unmeasured=measured)
    # The newest answer of each clause alone.
    latest = Result.objects.filter(clause__version__in=keys).order_by("clause_id", "-day")
    for key, kept in latest.distinct("clause_id").values_list("clause__version_id", "kept"):
        if kept is not None:
            counts[key] += Counter(kept=int(kept), missed=int(not kept))
            counts[key]["unmeasured"] -= 1
    upheld = Breach.objects.filter(clause__version__in=keys, upheld=True).values_list("clause__version_id")
    for key, times in upheld.annotate(times=Count("pk")).order_by("clause__version_id"):
        counts[key]["upheld"] = times
    return {key: Summary(**each) for key, each in counts.items()}
