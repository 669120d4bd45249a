"""The deadline engine: the only writer of Deadline, Pause and Extension.

A deadline is a row, never a delayed message. Everything here runs inside the caller's transaction, under the
lock that the caller holds on the case; the lock order is the case first, then its deadlines. Moments are
aware datetimes; days are dates in Asia/Shanghai.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, datetime

from django.db import connection
from django.db.models import Q
from django.utils.translation import gettext as _

from portal.cases.effects import Batch, Fired, Stage, on_fired
from portal.cases.models import NEVER, Case, Deadline, Extension, Pause
from portal.cases.terms import Run, Term, local_day, moments
from portal.cases.workflow import Refused
from portal.ledger.actions import Entry, record_many
from portal.organisation.actors import SYSTEM, Actor
from portal.organisation.colleagues import colleagues
from portal.workdays.calendar import Calendar, OutsideCalendar

STAGE_VERBS = {"warn": "limit_warned", "breach": "limit_missed"}


def planned(term: Term, *, at: datetime, calendar: Calendar) -> Deadline:
    """A deadline of the term that starts at `at`, not yet saved and on no case.

    Raises OutsideCalendar when it would end beyond what the calendar knows.
    """
    deadline = Deadline(
        term=term.code,
        limit=term.limit,
        length=term.length,
        unit=term.unit,
        warn=term.warn,
        basis=term.basis,
        at_closing=term.at_closing,
        extensions_allowed=term.extensions,
        extend_at_most=term.extend_at_most,
        then=term.then,
        started_at=at,
    )
    run = Run(local_day(at), term.length, unit=term.unit, at_closing=term.at_closing)
    _derive(deadline, run, calendar)
    return deadline


def _derive(deadline: Deadline, run: Run, calendar: Calendar) -> None:
    """Set everything that follows from start, term, pauses, extensions and calendar.

    A warning that moves behind the one given is given again: the limit it warned of has moved as well.
    """
    try:
        derived = moments(run, calendar, warn=deadline.warn)
    except OutsideCalendar as outside:
        sentence = _("The limit would end after %(last)s, the last day that the calendar knows.")
        raise Refused(sentence % {"last": outside.last.isoformat()}) from None
    if (
        deadline.warned_at is not None
        and derived.warn_at is not None
        and derived.warn_at > deadline.warned_at
    ):
        deadline.warned_at = None
    deadline.warn_at, deadline.due_at, deadline.provisional = (
        derived.warn_at,
        derived.due_at,
        derived.provisional,
    )
    deadline.wake_at = next_stage_at(deadline)


def next_stage_at(deadline: Deadline) -> datetime | None:
    """The next moment at which something is to happen, None when nothing is."""
    if deadline.stopped_at is not None or deadline.breached_at is not None or deadline.due_at is None:
        return None
    if deadline.warned_at is None and deadline.warn_at is not None:
        return min(deadline.warn_at, deadline.due_at)
    return deadline.due_at


def next_due(deadlines: Iterable[Deadline]) -> datetime:
    """What a queue sorts the case by: its earliest running limit, NEVER when none runs."""
    return min((each.due_at for each in deadlines if each.is_running and each.due_at), default=NEVER)


def running(case: Case) -> list[Deadline]:
    """The case's running deadlines, locked. The caller holds the case's lock."""
    return list(Deadline.objects.running().filter(case=case).select_for_update().order_by("id"))


def start(case: Case, rows: Sequence[Deadline]) -> None:
    """Let planned clocks run on the case. Each term's own running clock must have been ended before."""
    for row in rows:
        row.case_id = case.pk
    if rows:
        Deadline.objects.bulk_create(rows)


def mark_ended(deadlines: Sequence[Deadline], *, at: datetime, ended: Deadline.Ended) -> None:
    """Stop running clocks for good, as they stand in memory: the caller writes them with their case."""
    for deadline in deadlines:
        deadline.stopped_at, deadline.ended, deadline.wake_at = at, ended, None


def end(deadline: Deadline, *, at: datetime, ended: Deadline.Ended) -> None:
    """Stop a running clock for good."""
    mark_ended([deadline], at=at, ended=ended)
    deadline.save(update_fields=["stopped_at", "ended", "wake_at"])


# Stages ---------------------------------------------------------------------------------------------------


def stages_due(deadline: Deadline, at: datetime) -> list[tuple[datetime, Stage]]:
    """The stages of a deadline that fell due by `at` and were not marked yet, as (due moment, stage)."""
    if not deadline.is_running or deadline.due_at is None or deadline.breached_at is not None:
        return []
    found: list[tuple[datetime, Stage]] = []
    if deadline.warned_at is None and deadline.warn_at is not None and deadline.warn_at <= at:
        found.append((deadline.warn_at, "warn"))
    if deadline.due_at <= at:
        found.append((deadline.due_at, "breach"))
    return found


# Written out: saying this through the ORM costs as much as doing it.
MARK = """
    UPDATE cases_deadline SET
        warned_at = CASE WHEN id = ANY(%(warned)s::bigint[]) THEN warn_at ELSE warned_at END,
        breached_at = CASE WHEN id = ANY(%(breached)s::bigint[]) THEN due_at ELSE breached_at END,
        wake_at = CASE WHEN id = ANY(%(breached)s::bigint[]) THEN NULL ELSE due_at END
    WHERE id = ANY(%(all)s::bigint[])
"""


def fire(pairs: Sequence[tuple[Case, Deadline]], *, at: datetime, calendar: Calendar) -> list[Fired]:
    """Mark every stage that fell due by `at`, and do all that follows, in a constant number of statements.

    Takes locked deadlines with their locked cases; those whose clock takes a transition instead of being
    missed (`then`) get their warning here and nothing else. Returns what fired, oldest first.
    """
    fired = sorted(
        (
            Fired(case=case, deadline=deadline, stage=stage, at=moment, noticed_at=at)
            for case, deadline in pairs
            for moment, stage in stages_due(deadline, at)
            if not (stage == "breach" and deadline.then)
        ),
        key=lambda each: (each.at, each.deadline.pk),
    )
    if not fired:
        return []
    for each in fired:
        if each.stage == "warn":
            each.deadline.warned_at = each.at
        else:
            each.deadline.breached_at = each.at
    for each in fired:
        each.deadline.wake_at = next_stage_at(each.deadline)
    marked: dict[Stage, list[int]] = {"warn": [], "breach": []}
    for each in fired:
        marked[each.stage].append(each.deadline.pk)
    with connection.cursor() as cursor:
        warned, breached = marked["warn"], marked["breach"]
        cursor.execute(MARK, {"warned": warned, "breached": breached, "all": warned + breached})
    entries = [
        Entry(
            subject=each.case.subject,
            verb=STAGE_VERBS[each.stage],
            at=each.at,
            actor=SYSTEM,
            data={
                "term": each.deadline.term,
                "due_at": each.deadline.due_at.isoformat() if each.deadline.due_at else None,
                "noticed_at": at.isoformat(),
                "holder": each.case.holder_id,
                "unit": each.case.unit_id,
            },
        )
        for each in fired
    ]
    batch = Batch(fired, calendar, colleagues({each.case.holder_id for each in fired}))
    for effect in on_fired:
        entries += effect(batch)
    # In one go, so that the end of each chain is locked and moved once.
    record_many(entries)
    return fired


# Excluded time and extensions -----------------------------------------------------------------------------


def check_runs(deadline: Deadline) -> None:
    """Raises Refused when the clock was stopped or its limit is missed: what fell due stays fallen due."""
    if not deadline.is_running:
        raise Refused(_("This limit no longer runs."))
    if deadline.breached_at is not None:
        raise Refused(_("This limit has been missed already; it can no longer be moved."))


def pause(
    deadlines: Sequence[Deadline],
    *,
    starts_on: date,
    ends_on: date | None,
    reason: str,
    basis: str,
    evidence: str,
    actor: Actor,
    at: datetime,
    calendar: Calendar,
) -> list[Pause]:
    """Exclude the days `starts_on` to `ends_on` (both included) from running clocks; None leaves them open.

    Of the clocks after the first, one that began within the days has nothing to exclude before its start.
    Source: 行政许可法 art. 45 and the like, named in `basis`. Raises Refused when a document, reason or basis
    is missing, when the days lie before the first clock's start, or when a limit is missed already.
    """
    for field, value, sentence in (
        ("reason", reason, _("Please say why the time is excluded.")),
        ("basis", basis, _("Please name the legal basis.")),
        ("evidence", evidence, _("Please name the document.")),
    ):
        if not value.strip():
            raise Refused(sentence, field=field)
    if starts_on < local_day(deadlines[0].started_at):
        raise Refused(_("Time before the limit began cannot be excluded."), field="starts_on")
    if ends_on is None and starts_on > local_day(at):
        raise Refused(_("Time with an open end can be excluded from today at the latest."), field="starts_on")
    rows = [
        Pause(
            deadline=each,
            starts_on=max(starts_on, local_day(each.started_at)),
            ends_on=ends_on,
            reason=reason.strip(),
            basis=basis.strip(),
            evidence=evidence.strip(),
            by_name=actor.name,
            by_id=actor.id,
            at=at,
        )
        for each in deadlines
    ]
    for row in rows:
        check_runs(row.deadline)
        if ends_on is not None and ends_on < row.starts_on:
            raise Refused(_("The last day lies before the first."), field="ends_on")
    if ends_on is None and Pause.objects.filter(deadline__in=deadlines, ends_on=None).exists():
        raise Refused(_("This clock stands still already."), field="ends_on")
    Pause.objects.bulk_create(rows)
    replan(deadlines, at=at, calendar=calendar)
    return rows


def resume(deadlines: Sequence[Deadline], *, ends_on: date, at: datetime, calendar: Calendar) -> list[Pause]:
    """End excluded time early, or such as has no end yet; `ends_on` is its last day, which does not count.

    Time that would have begun after `ends_on` is not excluded at all. Raises Refused when no day of a clock
    is excluded now or to come, or `ends_on` lies before the pause or in the future.
    """
    today = local_day(at)
    still = open_pauses(deadlines, on=today)
    rows = []
    for deadline in deadlines:
        check_runs(deadline)
        if deadline.pk not in still:
            raise Refused(_("This clock does not stand still."))
        row = still[deadline.pk]
        rows.append(row)
        if row.starts_on <= today:
            if not row.starts_on <= ends_on <= today:
                sentence = _("The last excluded day lies between the first one and today.")
                raise Refused(sentence, field="ends_on")
            row.ends_on = ends_on
    Pause.objects.filter(pk__in=[each.pk for each in rows if each.starts_on > today]).delete()
    Pause.objects.bulk_update([each for each in rows if each.starts_on <= today], ["ends_on"])
    replan(deadlines, at=at, calendar=calendar)
    return rows


def open_pauses(deadlines: Sequence[Deadline], *, on: date) -> dict[int, Pause]:
    """The excluded time that has not ended by a day, by the key of its clock."""
    found = Pause.objects.filter(Q(ends_on=None) | Q(ends_on__gte=on), deadline__in=deadlines)
    return {each.deadline_id: each for each in found}


def extend(
    deadlines: Sequence[Deadline],
    *,
    length: int,
    reason: str,
    actor: Actor,
    at: datetime,
    calendar: Calendar,
) -> list[Extension]:
    """Add `length` days of each limit's own unit to running clocks, on the basis of each.

    Raises Refused beyond what a term allows (how often, how much in all), without a reason, or too late.
    """
    given = Extension.objects.filter(deadline__in=deadlines).values_list("deadline_id", flat=True)
    times = Counter(given)
    for deadline in deadlines:
        check_runs(deadline)
        if not deadline.extensions_allowed:
            raise Refused(_("This limit cannot be extended."))
        if times[deadline.pk] >= deadline.extensions_allowed:
            raise Refused(
                _("This limit has been extended already; it may be extended %(times)s time(s).")
                % {"times": deadline.extensions_allowed}
            )
        if not 1 <= length <= deadline.extend_at_most - deadline.extended:
            raise Refused(
                _("The extension must be between 1 and %(most)s days.")
                % {"most": deadline.extend_at_most - deadline.extended},
                field="days",
            )
    if not reason.strip():
        raise Refused(_("Please say why, in a sentence."), field="reason")
    rows = [
        Extension(
            deadline=each,
            length=length,
            reason=reason.strip(),
            basis=each.basis,
            by_name=actor.name,
            by_id=actor.id,
            at=at,
        )
        for each in deadlines
    ]
    Extension.objects.bulk_create(rows)
    for deadline in deadlines:
        deadline.extended += length
    replan(deadlines, at=at, calendar=calendar)
    return rows


def replan(deadlines: Sequence[Deadline], *, at: datetime, calendar: Calendar) -> None:
    """Derive deadlines anew from their rows and save what changed.

    The caller has settled what fell due before `at`, so that no missed limit can be moved away.
    """
    pauses: dict[int, list[Pause]] = {each.pk: [] for each in deadlines}
    for pause in Pause.objects.filter(deadline__in=deadlines).order_by("starts_on", "id"):
        pauses[pause.deadline_id].append(pause)
    for deadline in deadlines:
        _derive(deadline, deadline.run(pauses[deadline.pk]), calendar)
        if deadline.due_at is not None and deadline.due_at <= at:
            raise Refused(_("The limit would then have passed already."))
    Deadline.objects.bulk_update(
        deadlines, ["extended", "warn_at", "due_at", "provisional", "wake_at", "warned_at"]
    )


def put_off(case_id: int, *, until: datetime) -> None:
    """Let a case's due stages sleep until a later try. The marks bear their due moments all the same."""
    Deadline.objects.filter(Q(wake_at__lte=until), case_id=case_id).update(wake_at=until)
