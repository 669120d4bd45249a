"""The engine: what a sweep does, once, at the right moment, and what moves a date."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import connection

from portal.cases import actions, effects, excluding
from portal.cases.explaining import deadline_limit
from portal.cases.models import NEVER, Case, Deadline, SweepFailure
from portal.cases.terms import SHANGHAI
from portal.cases.workflow import Conflict, Refused
from portal.ledger.models import Event
from portal.organisation.actors import SYSTEM
from portal.oversight.models import Card
from portal.workdays.current import current_calendar
from tests.bureau import MONDAY, matter, moment, ticket

# A call on Monday 2 November: dispatch within 1 working day, reply within 5.
DISPATCH_DUE = moment("2026-11-04 00:00")
REPLY_DUE = moment("2026-11-10 00:00")


def clock(case: Case, term: str) -> Deadline:
    return Deadline.objects.get(case=case, term=term, stopped_at=None)


def stages(case: Case) -> list[tuple[str, str]]:
    events = Event.objects.of(case.subject).filter(verb__startswith="limit_")
    return [(event.verb, event.data["term"]) for event in events]


def test_a_call_starts_the_clock_of_the_centre_and_the_promise_to_the_citizen(bureau):
    case = ticket(bureau)
    assert clock(case, "hotline.dispatch").due_at == DISPATCH_DUE
    assert clock(case, "hotline.reply").due_at == REPLY_DUE
    assert case.next_due_at == DISPATCH_DUE
    assert clock(case, "hotline.reply").wake_at == moment("2026-11-09 00:00")


def test_nothing_happens_a_moment_too_early(bureau):
    case = ticket(bureau)
    actions.sweep(at=moment("2026-11-03 00:00") - timedelta(microseconds=1))
    assert stages(case) == []


def test_a_sweep_warns_and_then_marks_the_breach_at_the_due_moment(bureau):
    case = ticket(bureau)
    assert actions.sweep(at=moment("2026-11-03 00:00")).warned == 1
    found = clock(case, "hotline.dispatch")
    assert (found.warned_at, found.breached_at) == (moment("2026-11-03 00:00"), None)
    assert actions.sweep(at=moment("2026-11-04 07:13")).breached == 1
    found.refresh_from_db()
    assert found.breached_at == DISPATCH_DUE
    assert found.wake_at is None
    last = Event.objects.get(subject=case.subject, verb="limit_missed")
    assert last.at == DISPATCH_DUE
    assert last.data["noticed_at"] == moment("2026-11-04 07:13").isoformat()


def test_a_late_sweep_makes_up_for_every_stage_oldest_first(bureau):
    case = ticket(bureau)
    actions.sweep(at=moment("2026-12-01 00:00"))
    assert stages(case) == [
        ("limit_warned", "hotline.dispatch"),
        ("limit_missed", "hotline.dispatch"),
        ("limit_warned", "hotline.reply"),
        ("limit_missed", "hotline.reply"),
    ]


def test_a_second_sweep_finds_nothing(bureau):
    case = ticket(bureau)
    actions.sweep(at=moment("2026-12-01 00:00"))
    again = actions.sweep(at=moment("2026-12-01 00:00"))
    assert (again.warned, again.breached, again.cases) == (0, 0, 0)
    assert len(stages(case)) == 4


def test_the_clock_speaks_before_the_actor(bureau):
    """Nobody can slip in a dispatch between the due moment and the sweep."""
    case = ticket(bureau)
    actions.advance(
        case,
        "dispatch",
        actor=bureau.actor("operator"),
        at=moment("2026-11-04 00:00"),
        unit=bureau.units["greening"],
    )
    verbs = list(Event.objects.of(case.subject).values_list("verb", flat=True))
    assert verbs == ["receive", "limit_warned", "limit_missed", "card_issued", "dispatch"]
    kept = Deadline.objects.get(case=case, term="hotline.dispatch")
    assert (kept.breached_at, kept.ended) == (DISPATCH_DUE, Deadline.Ended.KEPT)


def test_a_moment_before_the_limit_is_in_time(bureau):
    case = ticket(bureau)
    actions.advance(
        case,
        "dispatch",
        actor=bureau.actor("operator"),
        at=DISPATCH_DUE - timedelta(microseconds=1),
        unit=bureau.units["greening"],
    )
    assert Deadline.objects.get(case=case, term="hotline.dispatch").breached_at is None


def test_the_promise_to_the_citizen_runs_on_when_the_ticket_is_passed_on(bureau):
    case = ticket(bureau, "returned")
    promise = clock(case, "hotline.reply")
    assert (promise.started_at, promise.due_at) == (MONDAY, REPLY_DUE)
    assert clock(case, "hotline.dispatch").started_at == MONDAY


def test_a_closed_case_has_no_clock(bureau):
    case = ticket(bureau, "closed")
    assert not Deadline.objects.running().filter(case=case).exists()
    assert (case.next_due_at, case.closed_at) == (NEVER, MONDAY)


def test_a_sweep_costs_the_same_statements_for_one_and_for_many(bureau, django_assert_max_num_queries):
    ticket(bureau)
    with django_assert_max_num_queries(40) as one:
        actions.sweep(at=moment("2026-11-05 00:00"))
    for number in range(12):
        ticket(bureau, place=f"青石路{number}号")
    with django_assert_max_num_queries(40) as many:
        result = actions.sweep(at=moment("2026-11-05 00:00"))
    assert result.breached == 12
    assert len(many) == len(one)


def test_a_sweep_with_nothing_due_asks_little(bureau, django_assert_max_num_queries):
    ticket(bureau)
    with django_assert_max_num_queries(5):
        actions.sweep(at=MONDAY)


MANY_MORE = """
    WITH c AS (
        INSERT INTO cases_case
            (number, kind, title, state, unit_id, opened_at, lookup_code, version, next_due_at)
        SELECT 'X-' || n, kind, title, state, unit_id, opened_at, lookup_code, version, next_due_at
        FROM cases_case, generate_series(1, 5000) n RETURNING id)
    INSERT INTO cases_deadline
        (case_id, term, "limit", length, unit, warn, basis, at_closing, extensions_allowed, extend_at_most,
         "then", started_at, extended, due_at, provisional, wake_at, ended)
    SELECT c.id, 'x', 'step', 1, 'working_days', 0, '', false, 0, 0, '', now(), 0, due, false, due, ''
    FROM c, LATERAL (SELECT timestamptz '2027-01-01' + c.id * interval '1 minute' AS due) later
"""


def test_the_claim_walks_the_index_of_what_wakes(bureau):
    """What a sweep costs follows from what is due: the plan may not read the open cases, nor sort them."""
    ticket(bureau)
    with connection.cursor() as cursor:
        cursor.execute(MANY_MORE)
        cursor.execute("ANALYZE cases_case, cases_deadline")
        claim = actions.CLAIM_SQL.replace("{columns}", "m.*")
        cursor.execute(f"EXPLAIN {claim}", [moment("2026-11-05 00:00"), 200])
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "Index Scan using deadline_wakes" in plan
    assert "Seq Scan" not in plan


def test_a_bad_case_is_passed_by_and_tried_again_later(bureau, monkeypatch):
    bad, good = ticket(bureau), ticket(bureau, place="别处")

    def fails_for_one(batch):
        if any(each.case.pk == bad.pk for each in batch.fired):
            raise RuntimeError("the printer is on fire")
        return []

    monkeypatch.setattr(effects, "on_fired", [*effects.on_fired, fails_for_one])
    monkeypatch.setattr("portal.cases.deadlines.on_fired", effects.on_fired)
    at = moment("2026-11-04 08:00")
    result = actions.sweep(at=at)
    assert result.failed == 1
    assert clock(good, "hotline.dispatch").breached_at == DISPATCH_DUE
    assert clock(bad, "hotline.dispatch").breached_at is None
    failure = SweepFailure.objects.get()
    assert (failure.case_id, failure.attempts, failure.retry_at) == (bad.pk, 1, at + timedelta(minutes=1))
    assert "on fire" in failure.error
    assert actions.sweep(at=at + timedelta(seconds=59)).cases == 0
    monkeypatch.setattr("portal.cases.deadlines.on_fired", effects.on_fired[:-1])
    actions.sweep(at=at + timedelta(seconds=60))
    assert clock(bad, "hotline.dispatch").breached_at == DISPATCH_DUE
    assert not SweepFailure.objects.exists()


# Moving a date -------------------------------------------------------------------------------------------


def exclude(case, first, last, *, at=MONDAY, **more):
    told = {"reason": "专家评审", "basis": "行政许可法第四十五条", "evidence": "特别程序告知书"}
    return excluding.exclude_time(
        case, "hotline.reply", starts_on=first, ends_on=last, actor=SYSTEM, at=at, **{**told, **more}
    )


def test_excluded_time_moves_the_date(bureau):
    case = ticket(bureau)
    exclude(case, date(2026, 11, 4), date(2026, 11, 5))
    assert clock(case, "hotline.reply").due_at == moment("2026-11-12 00:00")
    assert Event.objects.of(case.subject).last().data["due_to"] == moment("2026-11-12 00:00").isoformat()


def test_a_clock_that_stands_still_never_falls_due_and_runs_again(bureau):
    case = ticket(bureau, "handling")
    exclude(case, date(2026, 11, 4), None, at=moment("2026-11-04 10:00"))
    assert clock(case, "hotline.reply").due_at is None
    assert actions.sweep(at=moment("2026-12-20 00:00")).breached == 0
    excluding.resume(
        case, "hotline.reply", ends_on=date(2026, 11, 12), actor=SYSTEM, at=moment("2026-11-12 16:00")
    )
    # 3 November counted; 4 to 12 did not: the four days left are 13, 16, 17, 18.
    assert clock(case, "hotline.reply").due_at == moment("2026-11-19 00:00")


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"reason": " "}, "reason"),
        ({"basis": ""}, "basis"),
        ({"evidence": ""}, "evidence"),
        ({"first": date(2026, 11, 1)}, "starts_on"),
        ({"last": date(2026, 11, 3)}, "ends_on"),
        ({"last": None, "first": date(2026, 11, 9)}, "starts_on"),
    ],
)
def test_time_is_excluded_only_with_its_papers(bureau, more, field):
    case = ticket(bureau)
    first, last = more.pop("first", date(2026, 11, 4)), more.pop("last", date(2026, 11, 5))
    with pytest.raises(Refused) as refused:
        exclude(case, first, last, **more)
    assert refused.value.field == field
    assert clock(case, "hotline.reply").due_at == REPLY_DUE
    assert clock(case, "hotline.reply").pauses.count() == 0


def test_a_missed_limit_can_no_longer_be_moved(bureau):
    case = ticket(bureau, "handling")
    with pytest.raises(Refused, match=r"missed|超期|不能"):
        exclude(case, date(2026, 11, 4), date(2026, 11, 5), at=REPLY_DUE)


def test_the_supervisor_extends_once_within_the_rule(bureau):
    case = ticket(bureau, "handling")
    supervisor = bureau.actor("supervisor")
    with pytest.raises(Refused):
        actions.advance(case, "extend", actor=supervisor, at=MONDAY, note="雨天无法施工", extend_by=6)
    actions.advance(case, "extend", actor=supervisor, at=MONDAY, note="雨天无法施工", extend_by=5)
    found = clock(case, "hotline.reply")
    assert (found.extended, found.due_at) == (5, moment("2026-11-17 00:00"))
    with pytest.raises(Refused):
        actions.advance(case, "extend", actor=supervisor, at=MONDAY, note="再延", extend_by=1)


def test_two_people_at_once_the_second_is_told_who_was_first(bureau):
    case = ticket(bureau)
    seen = case.version
    first, second = bureau.actor("operator"), bureau.actor("operator2")
    at = moment("2026-11-02 10:32")
    actions.advance(case, "dispatch", actor=first, at=at, seen=seen, unit=bureau.units["greening"])
    with pytest.raises(Conflict) as told:
        actions.advance(
            case,
            "dispatch",
            actor=second,
            at=at + timedelta(minutes=1),
            seen=seen,
            unit=bureau.units["roads"],
        )
    assert "接样例" in str(told.value.message)
    assert "10:32" in str(told.value.message)
    case.refresh_from_db()
    assert case.unit == bureau.units["greening"]


def test_a_refused_step_writes_nothing(bureau):
    case = ticket(bureau)
    before = Event.objects.count(), Deadline.objects.count()
    with pytest.raises(Refused):
        actions.advance(case, "dispatch", actor=bureau.actor("handler"), at=MONDAY)
    with pytest.raises(Refused):
        actions.advance(case, "dispatch", actor=bureau.actor("operator"), at=MONDAY)
    assert (Event.objects.count(), Deadline.objects.count()) == before


def test_the_number_of_the_day_follows_on_without_a_gap(bureau):
    first, second = ticket(bureau), ticket(bureau)
    assert (first.number, second.number) == ("12319-20261102-0001", "12319-20261102-0002")
    late = ticket(bureau, at=moment("2026-11-03 00:00"))
    assert late.number == "12319-20261103-0001"
    assert late.opened_at.astimezone(SHANGHAI).day == 3


def test_look_up_codes_are_made_of_letters_that_can_be_read_out(bureau):
    codes = {ticket(bureau, description=matter(bureau).description).lookup_code for _number in range(5)}
    assert len(codes) == 5
    assert all(len(code) == 8 and set(code) <= set(actions.CODE_LETTERS) for code in codes)


def test_an_extended_limit_warns_once_more(bureau):
    case = ticket(bureau, "handling")
    actions.sweep(at=moment("2026-11-09 00:00"))
    at = moment("2026-11-09 10:00")
    actions.advance(case, "extend", actor=bureau.actor("supervisor"), at=at, note="情况属实", extend_by=5)
    assert clock(case, "hotline.reply").wake_at == moment("2026-11-16 00:00")
    actions.sweep(at=moment("2026-11-17 00:00"))
    assert stages(case) == [
        ("limit_warned", "hotline.reply"),
        ("limit_warned", "hotline.reply"),
        ("limit_missed", "hotline.reply"),
    ]


def test_time_beyond_the_calendar_is_a_sentence(bureau):
    case = ticket(bureau, "handling")
    with pytest.raises(Refused, match=r"2030"):
        exclude(case, date(2026, 11, 4), date(2099, 1, 1))


def test_the_words_leave_out_excluded_time(bureau):
    case = ticket(bureau, "handling")
    exclude(case, date(2026, 11, 3), date(2026, 11, 13))
    found = deadline_limit(clock(case, "hotline.reply"), calendar=current_calendar(), now=MONDAY)
    assert found.words == "还剩 5 个工作日"


def test_a_missed_callback_is_the_centres_fault(bureau):
    case = ticket(bureau, "replied")
    actions.sweep(at=moment("2026-11-20 00:00"))
    card = Card.objects.get(case=case, deadline__term="hotline.callback")
    assert (card.holder, card.unit) == (bureau.staff["operator"], bureau.units["hotline"])
