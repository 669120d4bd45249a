"""Several at once, in real transactions: one result, and a sentence for the others."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from django.db import connection

from portal.cases import actions
from portal.cases.models import Deadline
from portal.cases.workflow import Conflict, Refused
from portal.ledger.models import Event
from portal.oversight.models import Card
from tests.bureau import MONDAY, make_bureau, moment, ticket

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*verbs: Callable[[], object]) -> list[object]:
    """Run the verbs in threads of their own, starting together; what each answered or raised."""
    gate = threading.Barrier(len(verbs))
    answers: list[object] = [None] * len(verbs)

    def run(position: int) -> None:
        gate.wait(timeout=20)
        try:
            answers[position] = verbs[position]()
        except Refused as refused:
            answers[position] = refused
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(position,)) for position in range(len(verbs))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
        assert not thread.is_alive()
    return answers


def test_four_sweepers_at_once_do_nothing_twice():
    bureau = make_bureau()
    for number in range(30):
        ticket(bureau, place=f"青石路{number}号")
    at = moment("2026-11-20 00:00")
    at_once(*[lambda: actions.sweep(at=at, batch=5) for _sweeper in range(4)])
    # Who found everything taken went home; what one held while another looked is found by the next sweep.
    actions.sweep(at=at)
    clocks = Deadline.objects.count()
    assert clocks == 60
    assert Deadline.objects.exclude(breached_at=None).count() == clocks
    assert Event.objects.filter(verb="limit_missed").count() == clocks
    assert Event.objects.filter(verb="limit_warned").count() == clocks
    assert Card.objects.count() == clocks


def test_two_operators_dispatch_at_once_and_one_is_told():
    bureau = make_bureau()
    case = ticket(bureau)

    def dispatch(who: str, unit: str) -> Callable[[], object]:
        return lambda: actions.advance(
            case, "dispatch", actor=bureau.actor(who), at=MONDAY, seen=case.version, unit=bureau.units[unit]
        )

    answers = at_once(dispatch("operator", "greening"), dispatch("operator2", "roads"))
    assert sum(isinstance(answer, Conflict) for answer in answers) == 1
    case.refresh_from_db()
    first = next(answer for answer in answers if not isinstance(answer, Refused))
    assert case.unit == first.unit
    assert Event.objects.filter(subject=case.subject, verb="dispatch").count() == 1


def test_numbers_given_at_once_have_no_gap_and_no_twin():
    bureau = make_bureau()
    made = at_once(*[lambda: ticket(bureau) for _operator in range(6)])
    assert sorted(case.number for case in made) == [f"12319-20261102-{n:04d}" for n in range(1, 7)]


def test_a_sweep_passes_over_a_case_that_somebody_holds():
    bureau = make_bureau()
    held, free = ticket(bureau), ticket(bureau)
    at = moment("2026-11-04 00:00")
    holding, done = threading.Event(), threading.Event()

    def hold() -> None:
        from django.db import transaction

        try:
            with transaction.atomic():
                actions.lock(held)
                holding.set()
                done.wait(timeout=30)
        finally:
            connection.close()

    thread = threading.Thread(target=hold)
    thread.start()
    assert holding.wait(timeout=20)
    result = actions.sweep(at=at)
    done.set()
    thread.join(timeout=30)
    assert result.breached == 1
    assert Deadline.objects.get(case=free, term="hotline.dispatch").breached_at == at
    assert actions.sweep(at=at).breached == 1
    assert Deadline.objects.get(case=held, term="hotline.dispatch").breached_at == at
