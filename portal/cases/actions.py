"""The verbs of a case: open it, take a transition, let the clock speak.

Each is all or nothing in one transaction: lock the calendar (shared) and then the case, settle what fell due
before `at`, check, write, move the clocks, record the event, and let the floors above do what follows
(notices, cards).
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.db import DatabaseError, connection, transaction
from django.db.models import Model, QuerySet
from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.cases import deadlines, kinds
from portal.cases.effects import Fired, Moved, on_moved
from portal.cases.kept_files import undone_with_the_verb
from portal.cases.models import Case, Deadline, SweepFailure
from portal.cases.moving import write
from portal.cases.opening import Opening, insert
from portal.cases.terms import SHANGHAI, Term
from portal.cases.workflow import Conflict, Move, Refused, TermSource, Transition
from portal.ledger.actions import record
from portal.ledger.models import Event
from portal.organisation.actors import SYSTEM, Actor, Role
from portal.rows import fetch
from portal.workdays.calendar import Calendar
from portal.workdays.current import lock_calendar_shared

logger = logging.getLogger(__name__)

# Events that move a case's version besides its workflow's own.
BY_HAND = {
    "time_excluded": gettext_lazy("Exclude time"),
    "clock_resumed": gettext_lazy("Let the clock run again"),
}
# Without 0, 1, I, L and O, which a citizen confuses on the telephone; 31^8 are 8.5 × 10^11 codes.
CODE_LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"


def new_lookup_code() -> str:
    """Eight letters and figures that nobody can guess, with which a citizen follows the case."""
    return "".join(secrets.choice(CODE_LETTERS) for _position in range(8))


def resolve(terms: Sequence[TermSource], case: Case) -> list[Term]:
    """The terms that the case runs under; a source may say that a case like this has no such limit."""
    found = (term if isinstance(term, Term) else term(case) for term in terms)
    return [term for term in found if term is not None]


# Part of the verb that calls it: all of that is undone, or nothing, so that a savepoint would buy nothing.
@transaction.atomic(savepoint=False)
def open_case(
    case: Case,
    *,
    actor: Actor,
    at: datetime,
    note: str = "",
    data: dict[str, Any] | None = None,
    beside: Sequence[Model] = (),
) -> Opening:
    """Open a case that an app has filled in and not saved: its number, kind, title, unit and own fields.

    Sets state, look-up code and clocks, and writes one event. `beside` are rows of the app's own that refer
    to the case and are written with it. Answers what it began with. Raises Refused as the workflow's opening
    does.
    """
    kind = kinds.of(case)
    rule = kind.workflow.opening
    case.state = str(rule.target)
    case.opened_at = at
    case.lookup_code = new_lookup_code()
    move = Move(case=case, actor=actor, at=at, note=note)
    kind.workflow.check(rule, move)
    for field, value in (rule.sets(move) if rule.sets else {}).items():
        setattr(case, field, value)
    calendar = lock_calendar_shared()
    clocks = [deadlines.planned(term, at=at, calendar=calendar) for term in resolve(rule.starts, case)]
    since = rule.since(move) if rule.since else at
    earlier = resolve(rule.starts_earlier, case)
    begun = [deadlines.planned(term, at=since, calendar=calendar) for term in earlier]
    clocks += begun
    case.next_due_at = deadlines.next_due(clocks)
    insert(case, clocks, beside)
    event = record(
        case.subject,
        rule.name,
        at=at,
        actor=actor,
        role=acting_role(rule, actor),
        data={"state": case.state, "unit": case.unit_id, "note": note, **(data or {})},
        opens=True,
    )
    _tell(
        Moved(
            case=case,
            transition=rule,
            actor=actor,
            at=at,
            note=note,
            opened=True,
            running=clocks,
            event=event,
        )
    )
    # What counts from an earlier event may have passed already; the case's own event comes first.
    _let_the_past_speak(case, begun, held_by=case.holder_id, at=at, calendar=calendar)
    return Opening(clocks, calendar)


@undone_with_the_verb()
@transaction.atomic
def advance(
    case: Case,
    name: str,
    *,
    actor: Actor,
    at: datetime,
    note: str = "",
    seen: int | None = None,
    extend_by: int = 0,
    given: Mapping[str, Any] | None = None,
    **changes: Any,
) -> Case:
    """Take the transition `name` on the case, and answer the case as it is afterwards.

    `seen` is the version that the actor looked at when deciding: when somebody moved the case since, raises
    Conflict, which says who and when. `changes` are fields that the transition may write, `given` is what it
    takes besides, `extend_by` the days (of the limit's own unit) that an extending one adds. Raises Refused
    (or NotAllowed) when role, state, a check or the clock says no.
    """
    calendar = lock_calendar_shared()
    locked = lock(case)
    running = settle(locked, at=at, calendar=calendar)
    check_unchanged(locked, seen=seen)
    workflow = kinds.of(locked).workflow
    rule = workflow.transition(name)
    move = Move(
        case=locked,
        actor=actor,
        at=at,
        changes=changes,
        given=given or {},
        note=note,
        extend_by=extend_by,
        running=running,
        calendar=calendar,
    )
    workflow.check(rule, move)
    _take(rule, move, running, calendar)
    return locked


def lock(case: Case) -> Case:
    """The case as its own kind (a Ticket, say), locked: header first, as everybody does.

    In two statements: one over both tables would lock the app's row before the header, and a sweep the
    other way round.
    """
    model = kinds.named(case.kind).model
    try:
        Case.objects.select_for_update().only("pk").get(pk=case.pk)
        return model._default_manager.for_step().select_for_update(of=("self",)).get(pk=case.pk)
    except ObjectDoesNotExist:
        raise Refused(_("This case does not exist.")) from None


def check_unchanged(case: Case, *, seen: int | None) -> None:
    """Raises Conflict, saying who was first, when the case moved since the actor looked at it."""
    if seen is None or seen == case.version:
        return
    workflow = kinds.of(case).workflow
    moving = [workflow.opening.name, *workflow.transitions, *BY_HAND]
    last = Event.objects.of(case.subject).filter(verb__in=moving).last()
    if last is None:
        raise Conflict(_("Somebody changed this case while you were looking at it. Please look again."))
    labels = {workflow.opening.name: workflow.opening.label, **BY_HAND}
    labels |= {name: rule.label for name, rule in workflow.transitions.items()}
    raise Conflict(
        _("%(who)s was first: “%(step)s” at %(time)s. Please look at the case again before you go on.")
        % {
            "who": last.actor_name if last.actor_id else _("The portal"),
            "step": labels[last.verb],
            "time": formats.date_format(last.at.astimezone(SHANGHAI), "H:i"),
        }
    )


def acting_role(rule: Transition, actor: Actor) -> Role | None:
    """Under which of the actor's roles the rule was taken; the ledger keeps it."""
    return next((role for role in Role if role in rule.by and role in actor.roles), None)


def settle(case: Case, *, at: datetime, calendar: Calendar) -> list[Deadline]:
    """The clock speaks first: do all that fell due on a locked case by `at`; answers what still runs.

    Stages take effect in the order of their moments. Where the clock itself takes a transition, that
    transition is recorded at the due moment.
    """
    running = deadlines.running(case)
    while True:
        acting = min(
            (each for each in running if each.then and each.is_running and each.due_at and each.due_at <= at),
            key=lambda each: (each.due_at, each.pk),
            default=None,
        )
        until = acting.due_at if acting and acting.due_at else at
        deadlines.fire([(case, each) for each in running], at=until, calendar=calendar)
        if acting is None or acting.due_at is None:
            return [each for each in running if each.is_running]
        deadlines.end(acting, at=acting.due_at, ended=Deadline.Ended.FOLLOWED)
        workflow = kinds.of(case).workflow
        rule = workflow.transition(acting.then)
        move = Move(case=case, actor=SYSTEM, at=acting.due_at, running=running, calendar=calendar)
        workflow.check(rule, move)
        _take(rule, move, running, calendar)
        running = deadlines.running(case)


def _take(rule: Transition, move: Move, running: list[Deadline], calendar: Calendar) -> None:
    """Write a checked transition: fields, state, clocks, event, and what follows from it."""
    case, at = move.case, move.at
    workflow = kinds.of(case).workflow
    before = case.state
    changes = {**move.changes, **(rule.sets(move) if rule.sets else {})}
    held_by = case.holder_id
    for field, value in changes.items():
        setattr(case, field, value)
    case.state = rule.leads_to(move)
    if case.state in workflow.final and case.closed_at is None:
        case.closed_at = at
    running = [each for each in running if each.is_running]
    ends = case.state in workflow.final
    terms = [] if ends else resolve(rule.starts, case)
    earlier = [] if ends else resolve(rule.starts_earlier, case)
    starting = {term.code for term in (*terms, *earlier)}
    stops = {*rule.stops, *(rule.also_stops(move) if rule.also_stops else ())}
    kept = [each for each in running if each.term in stops or ends]
    void = [each for each in running if each.term in rule.voids and each not in kept]
    anew = [each for each in running if each.term in starting and each not in kept and each not in void]
    for clocks, how in (
        (kept, Deadline.Ended.KEPT),
        (void, Deadline.Ended.VOID),
        (anew, Deadline.Ended.RESTARTED),
    ):
        deadlines.mark_ended(clocks, at=at, ended=how)
    extended = _extend(rule, move, running, calendar) if rule.extends else {}
    started = [deadlines.planned(term, at=at, calendar=calendar) for term in terms]
    begun = (
        [deadlines.planned(term, at=rule.since(move), calendar=calendar) for term in earlier]
        if rule.since
        else []
    )
    still = [*(each for each in running if each.is_running), *started, *begun]
    case.next_due_at = deadlines.next_due(still)
    case.version += 1
    # Clocks end before their like begin: no two of a term run at once.
    write(case, {"state", "closed_at", "version", "next_due_at", *changes}, [*kept, *void, *anew])
    deadlines.start(case, [*started, *begun])
    _let_the_past_speak(case, begun, held_by=held_by, at=at, calendar=calendar)
    event = record(
        case.subject,
        rule.name,
        at=at,
        actor=move.actor,
        role=acting_role(rule, move.actor),
        data={"from": before, "state": case.state, "note": move.note, **extended}
        | {
            # That a private text was written is kept for ever, its words are not.
            name: bool(value) if name in rule.private else plain(value)
            for name, value in {**move.given, **changes}.items()
        },
    )
    _tell(
        Moved(
            case=case,
            transition=rule,
            actor=move.actor,
            at=at,
            note=move.note,
            opened=False,
            running=still,
            given=move.given,
            calendar=calendar,
            event=event,
        )
    )


def _let_the_past_speak(
    case: Case, begun: list[Deadline], *, held_by: int | None, at: datetime, calendar: Calendar
) -> None:
    """What counts from an earlier event may have passed already: under whoever held the case until now."""
    if not begun:
        return
    holder_id, case.holder_id = case.holder_id, held_by
    deadlines.fire([(case, each) for each in begun], at=at, calendar=calendar)
    case.holder_id = holder_id


def _extend(rule: Transition, move: Move, running: list[Deadline], calendar: Calendar) -> dict[str, Any]:
    concerned = sorted(
        (each for each in running if each.term in rule.extends),
        key=lambda each: rule.extends.index(each.term),
    )
    if not concerned:
        raise Refused(_("This limit no longer runs."))
    first, following = concerned[0], [each for each in concerned[1:] if each.breached_at is None]
    old = first.due_at
    deadlines.extend(
        [first, *following],
        length=move.extend_by,
        reason=move.note,
        actor=move.actor,
        at=move.at,
        calendar=calendar,
    )
    return {
        "term": first.term,
        "days": move.extend_by,
        "due_from": plain(old),
        "due_to": plain(first.due_at),
    }


def running_term(running: list[Deadline], term: str) -> Deadline:
    """The running limit of that code; raises Refused when none runs."""
    found = next((each for each in running if each.term == term), None)
    if found is None:
        raise Refused(_("This limit no longer runs."))
    return found


def plain(value: Any) -> Any:
    """A value as the ledger keeps it: rows by key, moments and days as text; so in lists and maps."""
    if isinstance(value, Mapping):
        return {str(name): plain(each) for name, each in value.items()}
    if isinstance(value, (list, tuple, set, QuerySet)):
        return [plain(each) for each in value]
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    return value.pk if hasattr(value, "pk") else value


def _tell(moved: Moved) -> None:
    for effect in on_moved:
        effect(moved)


# The sweep ------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class SweepResult:
    """What a sweep did: stages marked, transitions the clock took, and cases that failed."""

    warned: int = 0
    breached: int = 0
    followed: int = 0
    failed: int = 0
    cases: int = 0

    def count(self, fired: Sequence[Fired]) -> None:
        self.warned += sum(each.stage == "warn" for each in fired)
        self.breached += sum(each.stage == "breach" for each in fired)


def sweep(*, at: datetime, batch: int = 200, most: int = 100_000) -> SweepResult:
    """Let every stage that fell due by `at` take effect, oldest first, in batches of one transaction each.

    Costs what is due, not what is open. Right when run late, twice or by several at once: a case that
    another holds is passed over, and found again at the next sweep. `most` bounds the cases of one call.
    """
    result = SweepResult()
    while result.cases < most:
        try:
            with transaction.atomic():
                more = _sweep_batch(at=at, batch=batch, result=result)
        except Exception as error:
            sentence = "a batch failed and is taken case by case: %s"
            logger.error(sentence, plainly(error), exc_info=traceable(error))
            due = _due_case_ids(at=at, batch=batch)
            if not due:
                raise
            for case_id in due:
                _sweep_alone(case_id, at=at, result=result)
            continue
        if not more:
            return result
    return result


# Walks the index of what wakes and stops at the limit, so that it costs what is due, not what is open.
CLAIM_SQL = (
    "SELECT {columns} FROM cases_case m JOIN cases_deadline d ON d.case_id = m.id "
    "WHERE d.wake_at <= %s ORDER BY d.wake_at LIMIT %s FOR UPDATE OF m SKIP LOCKED"
)
AWAKE_SQL = (
    "SELECT {columns} FROM cases_deadline m WHERE m.case_id = ANY(%s) AND m.wake_at <= %s "
    "ORDER BY m.case_id, m.id FOR UPDATE"
)


def _due_case_ids(*, at: datetime, batch: int) -> list[int]:
    ids = Deadline.objects.awake(at).values_list("case_id", flat=True)[:batch]
    return list(dict.fromkeys(ids))


def _sweep_batch(*, at: datetime, batch: int, result: SweepResult) -> bool:
    """Claim the cases with the oldest due stages, those that nobody else holds, and settle them.

    Answers whether there may be more.
    """
    calendar = lock_calendar_shared()
    claimed = fetch(Case, CLAIM_SQL, [at, batch])
    if not claimed:
        return False
    cases = {case.pk: case for case in claimed}
    awake = fetch(Deadline, AWAKE_SQL, [list(cases), at])
    acting = {each.case_id for each in awake if each.then and each.due_at and each.due_at <= at}
    fired = deadlines.fire(
        [(cases[each.case_id], each) for each in awake if each.case_id not in acting],
        at=at,
        calendar=calendar,
    )
    for case_id in sorted(acting):
        settle(lock(cases[case_id]), at=at, calendar=calendar)
    _forget_failures(list(cases))
    # Counted last: a batch that fails has counted nothing.
    result.count(fired)
    result.followed += len(acting)
    result.cases += len(cases)
    # A step that the clock took may have begun a limit that has passed as well.
    return len(claimed) == batch or bool(acting)


def _forget_failures(case_ids: list[int]) -> None:
    """What could not be settled before has been settled now."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM cases_sweepfailure WHERE case_id = ANY(%s)", [case_ids])


def _sweep_alone(case_id: int, *, at: datetime, result: SweepResult) -> None:
    """Settle one case of a failed batch; a case that fails again is put off and shown to the supervisor."""
    result.cases += 1
    try:
        with transaction.atomic():
            calendar = lock_calendar_shared()
            case = Case.objects.select_for_update(skip_locked=True).filter(pk=case_id).first()
            if case is None:
                return
            settle(lock(case), at=at, calendar=calendar)
            _forget_failures([case_id])
    except Exception as error:
        logger.error("the clock of case %d failed: %s", case_id, plainly(error), exc_info=traceable(error))
        result.failed += 1
        _note_failure(case_id, error, at=at)


def traceable(error: Exception) -> bool:
    """Whether the error may be written down in full: the database quotes rows, with what people told us."""
    return not isinstance(error, DatabaseError)


def plainly(error: Exception) -> str:
    """The error in a line without personal data."""
    if traceable(error):
        return f"{type(error).__name__}: {error}"[:500]
    return f"{type(error).__name__} {getattr(error.__cause__, 'pgcode', None) or ''}".strip()


@transaction.atomic
def _note_failure(case_id: int, error: Exception, *, at: datetime) -> None:
    Case.objects.select_for_update().get(pk=case_id)
    failure = SweepFailure.objects.filter(case_id=case_id).first() or SweepFailure(
        case_id=case_id, attempts=0, first_at=at
    )
    failure.attempts += 1
    failure.last_at = at
    # One minute, then two, four … up to an hour.
    failure.retry_at = at + timedelta(minutes=min(2 ** (failure.attempts - 1), 60))
    failure.error = plainly(error)
    failure.save()
    deadlines.put_off(case_id, until=failure.retry_at)
