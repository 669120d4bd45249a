"""What a calendar notice does to the clocks that run: shown first, then applied in one commit.

The mass of the deadlines is derived by one statement, on the ordinals of the working days; the few with
excluded time, and those that count calendar days, by the same arithmetic that started them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from portal.cases.actions import sweep
from portal.cases.deadlines import next_stage_at
from portal.cases.kinds import term_name
from portal.cases.models import Deadline, Pause
from portal.cases.terms import ONE_DAY, DayUnit, local_day, moments
from portal.ledger.actions import Entry, record_many
from portal.organisation.actors import Actor
from portal.workdays.actions import NoticeDay, enter_notice
from portal.workdays.calendar import Calendar
from portal.workdays.current import lock_calendar_exclusive

# Rows of one INSERT into the ledger; bounds memory, not correctness.
CHUNK = 2000


@dataclass(frozen=True, slots=True)
class Shift:
    """A running deadline that moves: from one due moment to another (aware; the first moment too late)."""

    deadline_id: int
    case_id: int
    number: str
    title: str
    term: str
    due_from: datetime
    due_to: datetime
    overdue_at_once: bool

    @property
    def term_name(self) -> str:
        return str(term_name(self.term))

    @property
    def last_day_from(self) -> date:
        return local_day(self.due_from) - ONE_DAY

    @property
    def last_day_to(self) -> date:
        return local_day(self.due_to) - ONE_DAY


# What follows from each working day, in order, so that the n-th entry is the n-th day's: read once a
# statement, then looked up like a list's entry, where a join would search a million times.
WORKING_SQL = "(ARRAY(SELECT {} FROM workdays_day WHERE working ORDER BY ordinal))"
BEGINNING_SQL = WORKING_SQL.format("date::timestamp AT TIME ZONE 'Asia/Shanghai'")
CLOSING_SQL = WORKING_SQL.format("(date + time '17:30') AT TIME ZONE 'Asia/Shanghai'")
END_SQL = WORKING_SQL.format("(date + 1)::timestamp AT TIME ZONE 'Asia/Shanghai'")
PROVISIONAL_SQL = WORKING_SQL.format("provisional")

# Every running deadline that counts working days and has no excluded time, derived anew from the day table;
# not those that would end beyond the calendar. Asia/Shanghai has kept UTC+8 without summer time since 1992,
# and the calendar begins in 2004: by its name, the zone's history would be searched for every row.
DERIVED_SQL = f"""
    SELECT d.id,
           CASE WHEN d.at_closing THEN {CLOSING_SQL}[l.ordinal] ELSE {END_SQL}[l.ordinal] END AS due_at,
           CASE WHEN d.warn > 0 AND d.length + d.extended > 0
                THEN {BEGINNING_SQL}[s.ordinal + greatest(d.length + d.extended - d.warn + 1, 1)]
                END AS warn_at,
           {PROVISIONAL_SQL}[l.ordinal] AS provisional
    FROM cases_deadline d
    JOIN workdays_day s ON s.date = (d.started_at AT TIME ZONE INTERVAL '8 hours')::date
    CROSS JOIN LATERAL (SELECT s.ordinal + d.length + d.extended
                               + (d.length + d.extended = 0 AND NOT s.working)::int AS ordinal) l
    LEFT JOIN (SELECT DISTINCT deadline_id FROM cases_pause) p ON p.deadline_id = d.id
    WHERE d.stopped_at IS NULL AND d.breached_at IS NULL AND d.unit = 'working_days'
      AND p.deadline_id IS NULL AND l.ordinal <= (SELECT max(ordinal) FROM workdays_day WHERE working)
"""  # noqa: S608 - all parts are constants of this module

CHANGED_SQL = f"""
    SELECT c.id, c.number, c.title, d.id, d.term, d.due_at, n.due_at, n.warn_at, n.provisional
    FROM ({DERIVED_SQL}) n
    JOIN cases_deadline d ON d.id = n.id
    JOIN cases_case c ON c.id = d.case_id
    WHERE d.due_at > %s
      AND ((d.due_at, d.provisional) IS DISTINCT FROM (n.due_at, n.provisional)
           OR (d.warned_at IS NULL AND d.warn_at IS DISTINCT FROM n.warn_at))
    ORDER BY n.due_at, d.id
"""  # noqa: S608 - both parts are constants of this module

APPLY_SQL = f"""
    UPDATE cases_deadline d
    SET due_at = n.due_at, provisional = n.provisional,
        warn_at = CASE WHEN d.warned_at IS NULL THEN n.warn_at ELSE d.warn_at END,
        wake_at = CASE WHEN d.warned_at IS NULL AND n.warn_at IS NOT NULL
                       THEN least(n.warn_at, n.due_at) ELSE n.due_at END
    FROM ({DERIVED_SQL}) n
    WHERE d.id = n.id AND d.due_at > %s
      AND ((d.due_at, d.provisional) IS DISTINCT FROM (n.due_at, n.provisional)
           OR (d.warned_at IS NULL AND d.warn_at IS DISTINCT FROM n.warn_at))
"""  # noqa: S608 - both parts are constants of this module

LOCK_CASES_SQL = "SELECT id FROM cases_case WHERE id = ANY(%s) ORDER BY id FOR UPDATE"

NEXT_DUE_SQL = """
    UPDATE cases_case c SET next_due_at = n.due_at
    FROM (SELECT case_id, min(due_at) AS due_at FROM cases_deadline
          WHERE stopped_at IS NULL AND due_at IS NOT NULL AND case_id = ANY(%s) GROUP BY case_id) n
    WHERE c.id = n.case_id AND c.next_due_at IS DISTINCT FROM n.due_at
"""


class _Rehearsed(Exception):
    pass


def preview(
    *,
    number: str,
    title: str,
    issued_on: date,
    year: int,
    days: Sequence[NoticeDay],
    source: str = "",
    actor: Actor,
    at: datetime,
) -> list[Shift]:
    """Which running deadlines the notice would move. Rehearses the real thing and undoes it.

    Raises NoticeRefused as entering it would.
    """
    shifts: list[Shift] = []
    try:
        with transaction.atomic():
            shifts = apply(
                number=number,
                title=title,
                issued_on=issued_on,
                year=year,
                days=days,
                source=source,
                actor=actor,
                at=at,
            )
            raise _Rehearsed
    except _Rehearsed:
        return shifts


@transaction.atomic
def apply(
    *,
    number: str,
    title: str,
    issued_on: date,
    year: int,
    days: Sequence[NoticeDay],
    source: str = "",
    actor: Actor,
    at: datetime,
) -> list[Shift]:
    """Enter a notice and move every running deadline that it touches, in one transaction.

    A limit that was missed stays missed; a warning that was given stays given. Raises NoticeRefused.
    """
    notice = enter_notice(
        number=number,
        title=title,
        issued_on=issued_on,
        year=year,
        days=days,
        source=source,
        actor=actor,
        at=at,
    )
    return replan_running(actor=actor, at=at, notice=notice.number)


@transaction.atomic
def replan_running(*, actor: Actor, at: datetime, notice: str) -> list[Shift]:
    """Derive every running deadline anew from the calendar in force; answers those whose due date moved.

    What fell due before `at` takes effect first, by the dates that stood then.
    """
    calendar = lock_calendar_exclusive()
    sweep(at=at)
    shifts = [*_replan_by_table(at), *_replan_by_hand(calendar, at)]
    for first in range(0, len(shifts), CHUNK):
        record_many([_entry(shift, actor, at, notice) for shift in shifts[first : first + CHUNK]])
    with connection.cursor() as cursor:
        cursor.execute(NEXT_DUE_SQL, [sorted({shift.case_id for shift in shifts})])
    return sorted(shifts, key=lambda shift: (shift.due_to, shift.deadline_id))


def _replan_by_table(at: datetime) -> list[Shift]:
    with connection.cursor() as cursor:
        cursor.execute(CHANGED_SQL, [at])
        rows = cursor.fetchall()
        # Cases before deadlines, as everybody locks them, and in one order. Nobody writes deadlines
        # meanwhile: who does holds the calendar, and we hold it alone.
        cursor.execute(LOCK_CASES_SQL, [sorted({row[0] for row in rows})])
        cursor.execute(APPLY_SQL, [at])
    return [
        Shift(deadline_id, case_id, number, title, term, old, new, overdue_at_once=new <= at)
        for case_id, number, title, deadline_id, term, old, new, _warn, _provisional in rows
        if old != new
    ]


def by_hand() -> QuerySet[Deadline]:
    """Running deadlines that the table of working days alone cannot derive: paused, or in calendar days."""
    paused = Exists(Pause.objects.filter(deadline=OuterRef("pk")))
    return (
        Deadline.objects.running()
        .filter(Q(breached_at=None) & (Q(unit=DayUnit.CALENDAR_DAYS) | paused))
        .select_related("case")
        .prefetch_related("pauses")
        .order_by("case_id", "id")
    )


def _replan_by_hand(calendar: Calendar, at: datetime) -> list[Shift]:
    others = list(by_hand().filter(Q(due_at=None) | Q(due_at__gt=at)))
    shifts = []
    with connection.cursor() as cursor:
        cursor.execute(LOCK_CASES_SQL, [sorted({deadline.case_id for deadline in others})])
    for deadline in others:
        old = deadline.due_at
        derived = moments(deadline.run(), calendar, warn=deadline.warn)
        if deadline.warned_at is None:
            deadline.warn_at = derived.warn_at
        deadline.due_at, deadline.provisional = derived.due_at, derived.provisional
        deadline.wake_at = next_stage_at(deadline)
        deadline.save(update_fields=["warn_at", "due_at", "provisional", "wake_at"])
        if old is not None and deadline.due_at is not None and old != deadline.due_at:
            case = deadline.case
            shifts.append(
                Shift(
                    deadline.pk,
                    case.pk,
                    case.number,
                    case.title,
                    deadline.term,
                    old,
                    deadline.due_at,
                    overdue_at_once=deadline.due_at <= at,
                )
            )
    return shifts


def _entry(shift: Shift, actor: Actor, at: datetime, notice: str) -> Entry:
    return Entry(
        subject=f"case:{shift.number}",
        verb="limit_replanned",
        at=at,
        actor=actor,
        data={
            "term": shift.term,
            "due_from": shift.due_from.isoformat(),
            "due_to": shift.due_to.isoformat(),
            "notice": notice,
        },
    )
