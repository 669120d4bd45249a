"""A new case is written by one statement, and is then as if it had been saved."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, transaction

from hotline.models import Call, Ticket
from portal.cases.deadlines import next_due, planned
from portal.cases.models import Case, Deadline
from portal.cases.opening import first_run, insert
from portal.cases.terms import Term
from portal.workdays.current import current_calendar
from tests.bureau import moment

AT = moment("2026-11-02 09:00")
TERMS = (Term("hotline.dispatch", 1, basis="依据"), Term("hotline.reply", 5, warn=0))


def unsaved(bureau: Any, number: str = "12319-20261102-0001") -> Ticket:
    return Ticket(
        number=number,
        kind="hotline",
        title="100% 绿化\\养护：'青石路'",
        state="received",
        opened_at=AT,
        lookup_code="ABCDEFGH",
        category=bureau.categories["trees"],
        description="一行\n又一行\t%s",
        place="青石路",
        caller_phone="19900000001",
    )


def begun(terms: tuple[Term, ...] = TERMS) -> list[Deadline]:
    return [planned(term, at=AT, calendar=current_calendar()) for term in terms]


def values(row: Any) -> dict[str, Any]:
    return {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}


def test_what_stands_in_the_database_is_what_was_given(bureau, django_assert_num_queries):
    case, clocks = unsaved(bureau), begun()
    case.next_due_at = next_due(clocks)
    with django_assert_num_queries(1):
        insert(case, clocks)
    assert values(Ticket.objects.get(pk=case.pk)) == values(case)
    assert Case.objects.get(pk=case.pk).number == case.number
    assert [values(clock) for clock in Deadline.objects.filter(case=case)] == [
        values(clock) for clock in clocks
    ]
    assert [clock.term for clock in clocks] == ["hotline.dispatch", "hotline.reply"]


def test_it_can_be_saved_again_like_any_other(bureau):
    case, clocks = unsaved(bureau), begun()
    insert(case, clocks)
    case.place = clocks[0].basis = "别处"
    case.save()
    clocks[0].save()
    assert Ticket.objects.get().place == Deadline.objects.first().basis == "别处"


def test_a_case_may_begin_without_a_clock(bureau):
    case = unsaved(bureau)
    insert(case, [])
    assert not case.deadlines.exists()
    assert Ticket.objects.get() == case


def test_a_number_is_given_once(bureau):
    insert(unsaved(bureau), [])
    with pytest.raises(IntegrityError), transaction.atomic():
        insert(unsaved(bureau), begun())
    assert Deadline.objects.count() == 0


def test_a_clock_that_has_just_begun_runs_as_its_row_says(bureau, django_assert_num_queries):
    clocks = begun()
    insert(unsaved(bureau), clocks)
    with django_assert_num_queries(0):
        runs = [first_run(clock) for clock in clocks]
    assert runs == [clock.run() for clock in Deadline.objects.all()]


def test_rows_of_the_app_are_written_with_it(bureau, django_assert_num_queries):
    case, clocks = unsaved(bureau), begun()
    calls = [
        Call(direction="in", outcome=outcome, at=AT, operator=bureau.staff["operator"], phone="19900000001")
        for outcome in ("ticket", "added")
    ]
    with django_assert_num_queries(1):
        insert(case, clocks, calls)
    assert {call.outcome for call in case.calls.all()} == {"ticket", "added"}
    assert [clock.pk for clock in case.deadlines.all()] == [clock.pk for clock in clocks]
