"""The sweep with 100 due: beside django-helpdesk's, among few and many, with nothing due, four at once."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime
from time import perf_counter
from typing import TYPE_CHECKING, Any

from benchmarks import helpdesk, many
from benchmarks.figures import Figure, at_most, exactly, faster, in_turns, in_words, medians
from benchmarks.statements import counting
from benchmarks.sweep_floor import write_again
from portal.embedded.services import ROOT

if TYPE_CHECKING:
    from benchmarks.house import House

NOTHING_DUE = 0.002
SWEEPERS = 4


def due_moments() -> list[tuple[datetime, datetime]]:
    """For each wave, when its clocks warn and when they are missed."""
    from portal.cases.models import Deadline

    found = []
    for number in range(len(many.WAVES)):
        clocks = Deadline.objects.running().filter(started_at=many.wave_at(number))
        ((warn_at, due_at),) = set(clocks.values_list("warn_at", "due_at"))
        found.append((warn_at, due_at))
    return found


def breached_at(moment: datetime) -> list[int]:
    """The deadlines that were missed at this moment, by their ids."""
    from portal.cases.models import Deadline

    return list(Deadline.objects.filter(breached_at=moment).order_by("pk").values_list("pk", flat=True))


def measure(house: House) -> Iterator[Figure]:
    from portal.cases import actions

    names = {size: many.database(house, size) for size in many.SIZES}
    with house.using(names[many.SIZES[0]]):
        moments = due_moments()
    waves = dict.fromkeys(many.SIZES, 0)
    statements: dict[int, list[int]] = {size: [] for size in many.SIZES}

    def ours(size: int) -> Callable[[], float]:
        """The next wave is warned first; then what is timed: 100 limits missed, events, cards, notices."""

        def run() -> float:
            warn_at, due_at = moments[waves[size]]
            due = many.WAVES[waves[size]]
            waves[size] += 1
            with house.using(names[size]):
                actions.sweep(at=warn_at)
                with counting() as counted:
                    begun = perf_counter()
                    result = actions.sweep(at=due_at)
                    took = perf_counter() - begun
            assert (result.breached, result.warned, result.failed) == (due, 0, 0), result
            statements[size].append(counted.count)
            return took

        return run

    other: dict[int, set[float]] = {size: set() for size in many.SIZES}

    def theirs(size: int) -> Callable[[], float]:
        def run() -> float:
            answer = desks[size].ask("sweep", due=many.DUE)
            other[size].add(answer["statements"])
            return float(answer["seconds"])

        return run

    contenders: dict[str, Callable[[], float]] = {}
    with ExitStack() as stack:
        desks = {size: stack.enter_context(helpdesk.opened(size)) for size in many.SIZES}
        for size in many.SIZES:
            contenders[f"ours {size}"], contenders[f"theirs {size}"] = ours(size), theirs(size)
            # Nothing of what is timed is read, compiled or planned for the first time.
            contenders[f"ours {size}"]()
            desks[size].ask("sweep", due=many.WARM_UP)
        found = in_turns(many.ROUNDS, **contenders)
    median = medians(found)
    for size in many.SIZES:
        what = f"sweep, 100 due of {size:,}: escalate_tickets"
        yield faster(what, median[f"ours {size}"], median[f"theirs {size}"], by=50)
    few, lots = many.SIZES[0], many.SIZES[-1]
    yield at_most(
        f"sweep, 100 due of {lots:,}: ours of {few:,}",
        median[f"ours {lots}"],
        median[f"ours {few}"],
        times=1.5,
    )
    yield from _rows_alone(house, names, median, moments)
    counts = sorted({count for each in statements.values() for count in each})
    yield Figure(
        "sweep: statements for 10 or 100 due, few or many open",
        " or ".join(map(str, counts)),
        f"{max(other[few]):.0f}",
        None,
        "constant",
        len(counts) == 1,
    )
    with house.using(names[lots]):
        at = moments[-1][1]
        idle = statistics.median(_sweep_nothing(actions.sweep, at) for _number in range(100))
    yield Figure(f"sweep, nothing due of {lots:,}", in_words(idle), "", None, "≤ 2 ms", idle <= NOTHING_DUE)
    yield from _four_at_once(house, moments[-1][1])


def _rows_alone(
    house: House,
    names: dict[int, str],
    median: dict[str, float],
    moments: list[tuple[datetime, datetime]],
) -> Iterator[Figure]:
    """The rows of the waves that were timed, written once more: what is left for the rest to cost."""
    size = many.SIZES[1]
    with house.using(names[size]):
        alone = statistics.median(
            write_again(names[size], breached_at(due_at), number)
            for number, (_warn_at, due_at) in enumerate(moments[1:])
        )
    what = f"sweep, 100 due of {size:,}: its rows alone"
    yield at_most(what, median[f"ours {size}"], alone, times=None)
    ratio = median[f"theirs {size}"] / alone
    yield Figure("… its rows alone: escalate_tickets", in_words(alone), "", ratio)


def _sweep_nothing(sweep: Callable[..., Any], at: datetime) -> float:
    begun = perf_counter()
    result = sweep(at=at)
    took = perf_counter() - begun
    assert result.cases == 0
    return took


def _four_at_once(house: House, at: datetime) -> Iterator[Figure]:
    """All waves fall due at once, both stages; four processes sweep in small batches, begun together."""
    from portal.cases.models import Deadline
    from portal.ledger.models import Event
    from portal.notices.models import Notice
    from portal.oversight.models import Card

    house.copy("four", of=many.BASE)
    argv = [sys.executable, "-m", "benchmarks.sweeper", "four", at.isoformat()]
    sweepers = [
        subprocess.Popen(argv, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _number in range(SWEEPERS)
    ]
    try:
        for each in sweepers:
            assert each.stdout
            assert each.stdout.readline() == "ready\n", "a sweeper did not start"
        for each in sweepers:
            assert each.stdin
            each.stdin.write("go\n")
            each.stdin.flush()
        results = [json.loads(each.stdout.readline()) for each in sweepers if each.stdout]
    finally:
        for each in sweepers:
            each.kill()
            each.wait()
    with house.using("four"):
        clocks = Deadline.objects.running().filter(due_at__lte=at)
        marks = Counter(
            Event.objects.filter(verb__in=["limit_warned", "limit_missed"]).values_list("subject", "verb")
        )
        cards = Counter(Card.objects.values_list("deadline_id", flat=True))
        notices = Counter(Notice.objects.filter(key__startswith="deadline:").values_list("key", flat=True))
        due = clocks.count()
        assert clocks.filter(breached_at=None).count() == 0, "a limit was passed by"
    house.close("four")
    shares = ", ".join(str(each["cases"]) for each in results)
    again = [sum(each.values()) - len(each) for each in (marks, cards, notices)]
    found = (len(marks), len(cards), len(notices))
    yield exactly(
        f"four sweepers, {due} due (took {shares}): twice", sum(again), 0,
    )  # fmt: skip
    missing = sum(found) - 2 * due - due - 2 * due
    yield exactly("four sweepers: events, cards and notices too few or too many", abs(missing), 0)
