"""Timing in turns, and the figures that come of it."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import perf_counter


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table. `met` is None for what has no bar and is told for information."""

    what: str
    ours: str
    theirs: str = ""
    ratio: float | None = None
    bar: str = ""
    met: bool | None = None


def in_turns(rounds: int, **contenders: Callable[[], float]) -> dict[str, list[float]]:
    """Each contender once a round, so that what else the machine does meets all of them alike.

    A contender answers its own seconds; the order turns around with every round.
    """
    found: dict[str, list[float]] = {name: [] for name in contenders}
    for number in range(rounds):
        order = list(contenders.items())
        for name, run in order if number % 2 == 0 else reversed(order):
            found[name].append(run())
    return found


def seconds(run: Callable[[], object]) -> float:
    begun = perf_counter()
    run()
    return perf_counter() - begun


def middling(run: Callable[[], object], times: int) -> float:
    """The middle of so many runs: who shares the machine lengthens some of them, not the middle one."""
    return statistics.median(seconds(run) for _number in range(times))


def medians(found: Mapping[str, list[float]]) -> dict[str, float]:
    return {name: statistics.median(each) for name, each in found.items()}


def in_words(value: float) -> str:
    """Seconds with three figures and a fitting unit."""
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if value >= size:
            return f"{_three(value / size)} {unit}"
    return f"{_three(value / 1e-9)} ns"


def _three(value: float) -> str:
    places = max(0, 2 - math.floor(math.log10(value))) if value > 0 else 0
    return f"{value:,.{places}f}"


def faster(what: str, ours: float, theirs: float, *, by: float) -> Figure:
    """Ours must be `by` times as fast as theirs (both in seconds)."""
    ratio = theirs / ours
    return Figure(what, in_words(ours), in_words(theirs), ratio, f"≥ {by:g} ×", ratio >= by)


def at_most(what: str, ours: float, theirs: float, *, times: float | None) -> Figure:
    """Ours may cost at most `times` what the other costs (both in seconds); None: no bar."""
    ratio = ours / theirs
    met = None if times is None else ratio <= times
    return Figure(what, in_words(ours), in_words(theirs), ratio, f"≤ {times:g} ×" if times else "", met)


def exactly(what: str, ours: int, wanted: int, *, theirs: str = "") -> Figure:
    return Figure(what, f"{ours:,}", theirs, None, f"= {wanted:,}", ours == wanted)
