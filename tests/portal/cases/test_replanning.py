"""A calendar notice moves running limits: shown first, then applied in one commit."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from portal.cases import actions, excluding, replanning
from portal.cases.deadlines import next_due
from portal.cases.models import Case, Deadline
from portal.cases.terms import moments
from portal.ledger.models import Event
from portal.organisation.actors import SYSTEM
from portal.workdays.actions import NoticeDay, NoticeRefused
from portal.workdays.current import current_calendar
from portal.workdays.models import CalendarNotice
from tests.bureau import moment, ticket

AT = moment("2026-12-15 10:00")
REST = [date(2027, 1, day) for day in (1, 4, 5)]
WORK = [date(2026, 12, 26), date(2027, 1, 9)]


def notice(actor=SYSTEM, **more):
    days = [NoticeDay(day, False, "元旦") for day in REST] + [NoticeDay(day, True, "元旦") for day in WORK]
    told = {
        "number": "国办发明电〔2026〕9号",
        "title": "国务院办公厅关于2027年部分节假日安排的通知",
        "issued_on": date(2026, 11, 20),
        "year": 2027,
        "days": days,
        "actor": actor,
        "at": AT,
    }
    return {**told, **more}


@pytest.fixture
def cases(bureau):
    """Opened on 24 December 2026: the reply limit runs into the year without a notice."""
    opened = moment("2026-12-24 09:00")
    made = [ticket(bureau, "handling", at=opened), ticket(bureau, "received", at=opened)]
    paused = ticket(bureau, "handling", at=opened)
    excluding.exclude_time(
        paused,
        "hotline.reply",
        starts_on=date(2026, 12, 28),
        ends_on=date(2026, 12, 29),
        reason="专家评审",
        basis="行政许可法第四十五条",
        evidence="告知书",
        actor=SYSTEM,
        at=opened,
    )
    return [*made, paused]


def last_days() -> dict[int, tuple[str, bool]]:
    return {
        each.pk: (each.due_on.isoformat(), each.provisional)
        for each in Deadline.objects.running().filter(term="hotline.reply")
    }


def test_before_the_notice_the_dates_are_provisional(cases):
    # 25, 28, 29, 30, 31 December are working days by the weekday.
    assert sorted(last_days().values()) == [
        ("2026-12-31", False),
        ("2026-12-31", False),
        ("2027-01-05", True),
    ]


def test_a_preview_says_what_would_move_and_changes_nothing(cases):
    before = last_days(), CalendarNotice.objects.count(), Event.objects.count()
    shifts = replanning.preview(**notice())
    moved = {
        (shift.number, shift.last_day_from.isoformat(), shift.last_day_to.isoformat()) for shift in shifts
    }
    # 26 December becomes a working day: one day earlier. With the pause, 1, 4 and 5 January are rest days.
    assert moved == {
        (cases[0].number, "2026-12-31", "2026-12-30"),
        (cases[1].number, "2026-12-31", "2026-12-30"),
        (cases[2].number, "2027-01-05", "2027-01-06"),
    }
    assert (last_days(), CalendarNotice.objects.count(), Event.objects.count()) == before


def test_applied_it_moves_them_and_says_so_in_the_ledger(cases):
    assert len(replanning.apply(**notice())) == 3
    assert sorted(last_days().values()) == [
        ("2026-12-30", False),
        ("2026-12-30", False),
        ("2027-01-06", False),
    ]
    told = Event.objects.filter(verb="limit_replanned")
    assert {event.subject for event in told} == {case.subject for case in cases}
    assert told[0].data["notice"] == "国办发明电〔2026〕9号"
    for case in Case.objects.all():
        assert case.next_due_at == next_due(Deadline.objects.filter(case=case))


def test_sql_and_the_pure_arithmetic_derive_the_same(cases):
    replanning.apply(**notice())
    calendar = current_calendar()
    for deadline in Deadline.objects.running().prefetch_related("pauses"):
        derived = moments(deadline.run(), calendar, warn=deadline.warn)
        found = (deadline.due_at, deadline.warn_at, deadline.provisional)
        assert found == (derived.due_at, derived.warn_at, derived.provisional)


def test_a_limit_that_was_missed_stays_missed(cases):
    missed = moment("2027-01-07 00:00")
    actions.sweep(at=missed)
    before = last_days()
    assert replanning.apply(**notice(at=missed + timedelta(hours=1))) == []
    assert last_days() == before


def test_a_limit_that_would_be_overdue_at_once_is_pointed_out(cases):
    at = moment("2026-12-31 08:00")
    shifts = replanning.preview(**notice(at=at))
    assert {shift.overdue_at_once for shift in shifts if shift.number == cases[0].number} == {True}
    assert {shift.overdue_at_once for shift in shifts if shift.number == cases[2].number} == {False}


def test_a_notice_that_is_refused_moves_nothing(cases):
    before = last_days()
    wrong = [NoticeDay(date(2027, 1, 6), True, "元旦")]
    with pytest.raises(NoticeRefused):
        replanning.apply(**notice(days=wrong))
    assert last_days() == before


def test_the_number_of_statements_does_not_grow_with_the_cases(bureau, cases, django_assert_max_num_queries):
    with django_assert_max_num_queries(60) as few:
        replanning.preview(**notice())
    for _number in range(10):
        ticket(bureau, "handling", at=moment("2026-12-24 09:00"))
    with django_assert_max_num_queries(60) as many:
        assert len(replanning.preview(**notice())) == 13
    assert len(many) == len(few)


def test_what_fell_due_before_the_notice_takes_effect_first(cases):
    """The worker was down: a notice may not move a limit that has passed."""
    at = moment("2027-01-01 09:00")
    holiday = [NoticeDay(date(2026, 12, 31), False, "元旦")]
    replanning.apply(**notice(at=at, days=holiday))
    missed = Deadline.objects.get(case=cases[0], term="hotline.reply")
    assert missed.breached_at == moment("2027-01-01 00:00")


def test_a_release_with_a_new_notice_moves_the_running_limits(cases, monkeypatch, capsys):
    from django.core.management import call_command

    from portal.workdays import actions as workdays
    from portal.workdays.planning import SeedNotice, seed_notices

    new = SeedNotice(2027, "", "国务院办公厅关于2027年部分节假日安排的通知", None, tuple(notice()["days"]))
    monkeypatch.setattr(workdays, "seed_notices", lambda: [*seed_notices(), new])
    monkeypatch.setattr("django.utils.timezone.now", lambda: AT)
    call_command("load_calendar")
    assert sorted(last_days().values())[0] == ("2026-12-30", False)
