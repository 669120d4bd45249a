"""The nightly measuring: what is asked for which days, kept once, and when a miss opens a breach.

The measure is one of our own, so that each day's answer is known; one test asks the hotline's as well.
Days and windows are counted by hand: a window is the 30 days that end with the day, and never begins before
the pledge holds and is public.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from pledges import actions, complaints, measuring
from pledges.actions import Promise
from pledges.measuring import Measured
from pledges.models import Breach, Clause, PledgeVersion, Result
from portal.cases.actions import advance
from portal.ledger.models import Event
from portal.ledger.verify import verify
from portal.notices.models import Notice
from portal.organisation.actions import hire
from portal.organisation.actors import SYSTEM, Role
from portal.oversight import appraisal, measures
from portal.oversight.measures import Measure, Share
from tests.bureau import FOUNDED, MONDAY, moment, ticket
from tests.pledges.office import draft, take, version_in
from tests.portal.cases.test_concurrency import at_once

CODE, WITH_DAYS = "test.share", "test.share_within"
KEPT, MISSED, NOTHING = Share(19, 20), Share(18, 20), Share(0, 0)


class Figures:
    """Answers by day, `usual` for the others; and what it was asked."""

    def __init__(self) -> None:
        self.usual = KEPT
        self.by_day: dict[date, Share] = {}
        self.asked: list[dict] = []

    def count(self, **asked) -> Share:
        self.asked.append(asked)
        return self.by_day.get(asked["last"], self.usual)


@pytest.fixture
def figures(monkeypatch) -> Figures:
    found = Figures()
    for code, sentence in ((CODE, "办结的事项"), (WITH_DAYS, "%(days)s个工作日内办结的事项")):
        measure = Measure(
            code=code,
            name="办结率",
            sentence=sentence,
            part_label="办结",
            whole_label="全部",
            count=found.count,
            figures_url_name="site:home",
            takes_days=code == WITH_DAYS,
        )
        monkeypatch.setitem(measures._measures, code, measure)
    return found


def november(day: int) -> date:
    return date(2026, 11, 1) + timedelta(days=day - 1)


def night_after(day: int) -> datetime:
    """Twenty past midnight, when that day of November (31 is 1 December) has just ended."""
    return moment("2026-11-01 00:20") + timedelta(days=day)


def measured(
    bureau, *promises: Promise, at: datetime = MONDAY, code: str = "greening", **more
) -> PledgeVersion:
    """In force since Monday 2 November, with one plain clause and one of at least 95 %."""
    promises = promises or (Promise("热情服务。"), Promise("及时办结。", CODE, None, Decimal(95)))
    text = replace(draft(**more), clauses=promises)
    version = actions.begin(bureau.units[code], text, actor=bureau.actor("disclosure2"), at=at)
    for verb, by in (("review", "disclosure"), ("sign", "chief"), ("publish", "disclosure")):
        version = take(version, verb, bureau, by, at)
    return version


def results(version: PledgeVersion | None = None) -> list[tuple]:
    found = Result.objects.filter(clause__version=version) if version else Result.objects.all()
    return list(found.order_by("clause", "day").values_list("first", "day", "part", "whole", "kept"))


def closed(breach: Breach, bureau, at: datetime) -> None:
    given = {
        "uphold": {"finding": "属实。", "put_right_days": 1},
        "put_right": {"remedy": "已整改。"},
    }
    way = [("accept", "supervisor"), ("investigate", "supervisor"), ("uphold", "supervisor")]
    for verb, who in [*way, ("put_right", "handler"), ("close", "supervisor")]:
        advance(breach, verb, actor=bureau.actor(who), at=at, **given.get(verb, {}))


# Which days -------------------------------------------------------------------------------------------------


def test_the_first_day_is_measured_when_it_is_over(bureau, figures):
    version = measured(bureau)
    assert measuring.measure_due(at=moment("2026-11-02 23:59:59")) == Measured(0, 0)
    assert figures.asked == []
    assert measuring.measure_due(at=moment("2026-11-03 00:00")) == Measured(1, 0)
    assert results(version) == [(november(2), november(2), 19, 20, True)]
    result = Result.objects.get()
    assert (result.clause.position, result.measured_at) == (2, moment("2026-11-03 00:00"))


@pytest.mark.parametrize(
    ("valid_from", "published", "first"),
    [
        # Neither before it is public …
        (date(2026, 10, 1), "2026-11-04 09:00", november(4)),
        (date(2026, 10, 1), "2026-11-04 23:59:59", november(4)),
        # … nor before it holds.
        (november(6), "2026-11-04 09:00", november(6)),
        (november(4), "2026-11-04 09:00", november(4)),
    ],
)
def test_no_day_is_measured_before_it_binds(bureau, figures, valid_from, published, first):
    version = measured(bureau, at=moment(published), valid_from=valid_from)
    measuring.measure_due(at=night_after(8))
    assert [(each[0], each[1]) for each in results(version)] == [
        (first, first + timedelta(days=number)) for number in range((november(8) - first).days + 1)
    ]


def test_the_window_is_thirty_days_and_begins_with_the_pledge(bureau, figures):
    version = measured(bureau)
    measuring.measure_due(at=night_after(35))
    windows = {each[1]: each[0] for each in results(version)}
    assert len(windows) == 34
    assert windows[november(2)] == windows[november(10)] == november(2)
    # 2 November to 1 December are thirty days.
    assert windows[date(2026, 12, 1)] == november(2)
    assert windows[date(2026, 12, 2)] == november(3)
    assert windows[date(2026, 12, 5)] == november(6)
    assert [(asked["first"], asked["last"]) for asked in figures.asked] == [
        (first, day) for day, first in sorted(windows.items())
    ]


def test_nights_that_were_slept_through_are_made_up(bureau, figures):
    version = measured(bureau)
    measuring.measure_due(at=night_after(3))
    assert measuring.measure_due(at=night_after(7)) == Measured(4, 0)
    assert [each[1] for each in results(version)] == [november(day) for day in (2, 3, 4, 5, 6, 7)]
    # Each was asked as of the moment at which it was answered.
    assert {asked["now"] for asked in figures.asked} == {night_after(3), night_after(7)}


def test_after_a_long_sleep_sixty_nights_are_made_up(bureau, figures):
    version = measured(bureau)
    late = moment("2027-03-01 00:20")
    assert measuring.measure_due(at=late) == Measured(60, 0)
    days = [each[1] for each in results(version)]
    # 31 days of December would be too many: 28 of February, 31 of January, and the last of December.
    assert (days[0], days[-1]) == (date(2026, 12, 31), date(2027, 2, 28))
    assert measuring.measure_due(at=late) == Measured(0, 0)


def test_once_a_night_is_enough_and_every_hour_is_harmless(bureau, figures):
    measured(bureau)
    for hour in range(24):
        measuring.measure_due(at=moment(f"2026-11-03 {hour:02}:20"))
    assert len(results()) == len(figures.asked) == 1


def test_the_last_day_of_validity_is_the_last_that_is_measured(bureau, figures):
    version = measured(bureau, valid_until=november(4))
    measuring.measure_due(at=night_after(3))
    assert measuring.measure_due(at=night_after(20)) == Measured(1, 0)
    assert measuring.measure_due(at=night_after(21)) == Measured(0, 0)
    assert [each[1] for each in results(version)] == [november(2), november(3), november(4)]


@pytest.mark.parametrize("state", ["draft", "reviewed", "signed"])
def test_what_is_not_published_is_not_measured(bureau, state):
    version_in(state, bureau, measured=True)
    assert measuring.measure_due(at=night_after(5)) == Measured(0, 0)


@pytest.mark.parametrize("state", ["superseded", "withdrawn"])
def test_what_is_no_longer_in_force_is_measured_no_more(bureau, figures, state):
    version = measured(bureau)
    measuring.measure_due(at=night_after(3))
    at = moment("2026-11-04 15:00")
    if state == "withdrawn":
        take(version, "withdraw", bureau, "disclosure", at, "职责已调整。")
    else:
        version_in("published", bureau, at=at, pledge=version.pledge)
    assert measuring.measure_due(at=night_after(9)) == Measured(0, 0)
    assert [each[1] for each in results(version)] == [november(2), november(3)]


def test_the_next_version_by_the_same_measure_wipes_no_slate(bureau, figures):
    first = measured(bureau)
    measuring.measure_due(at=night_after(3))
    text = replace(draft(), clauses=[Promise("及时办结。", CODE, None, Decimal(95))])
    at = moment("2026-11-04 15:00")
    second = actions.begin_next(first.pledge, text, actor=bureau.actor("disclosure2"), at=at)
    for verb, by in (("review", "disclosure"), ("sign", "chief"), ("publish", "disclosure")):
        second = take(second, verb, bureau, by, at)
    measuring.measure_due(at=night_after(5))
    assert [(each[0], each[1]) for each in results(second)] == [
        (november(2), november(4)),
        (november(2), november(5)),
    ]


# What is asked ----------------------------------------------------------------------------------------------


def test_a_unit_answers_for_those_below_it_and_the_bureau_for_all(bureau, figures):
    greening = measured(bureau)
    # Somebody must answer for what the bureau promises as a whole.
    hire(
        username="handler_bureau",
        name="局样例",
        roles=[Role.HANDLER],
        unit=bureau.units["bureau"],
        encoded_password="!",
        actor=SYSTEM,
        at=FOUNDED,
    )
    measured(bureau, Promise("及时办结。", WITH_DAYS, 3, Decimal("99.5")), code="bureau")
    measuring.measure_due(at=night_after(2))
    of_unit, of_bureau = figures.asked
    assert set(of_unit["unit_ids"]) == {greening.pledge.unit_id}
    assert of_unit["days"] is None
    assert (of_bureau["unit_ids"], of_bureau["days"]) == (None, 3)


def test_every_clause_is_asked_by_itself(bureau, figures):
    version = measured(
        bureau,
        Promise("其一。", CODE, None, Decimal(95)),
        Promise("其二。"),
        Promise("其三。", CODE, None, Decimal("95.01")),
    )
    assert measuring.measure_due(at=night_after(2)) == Measured(2, 1)
    assert [each[4] for each in results(version)] == [True, False]
    assert Breach.objects.get().clause.position == 3


@pytest.mark.parametrize(
    ("part", "whole", "target", "kept", "shown"),
    [
        (19, 20, "95", True, "95.0%"),
        (949, 1000, "95", False, "94.9%"),
        (9499, 10000, "95", False, "94.9%"),
        (94999, 100000, "95", False, "94.9%"),
        (9500, 10000, "95", True, "95.0%"),
        (2, 3, "66.66", True, "66.6%"),
        (2, 3, "66.67", False, "66.6%"),
        (9999, 10000, "100", False, "99.9%"),
        (7, 7, "100", True, "100.0%"),
        (0, 3, "0.01", False, "0.0%"),
        (1, 10000, "0.01", True, "0.0%"),
        (0, 0, "95", None, "–"),
    ],
)
def test_a_target_is_reached_exactly_or_not(bureau, figures, part, whole, target, kept, shown):
    figures.usual = Share(part, whole)
    version = measured(bureau, Promise("及时办结。", CODE, None, Decimal(target)))
    assert measuring.measure_due(at=night_after(2)) == Measured(1, 1 if kept is False else 0)
    assert results(version) == [(november(2), november(2), part, whole, kept)]
    assert Result.objects.get().share.shown == shown


def test_a_measure_that_nobody_knows_is_passed_by_and_made_up(bureau, figures, monkeypatch):
    version = measured(
        bureau, Promise("其一。", CODE, None, Decimal(95)), Promise("其二。", WITH_DAYS, 3, Decimal(95))
    )
    known = measures._measures.pop(CODE)
    assert measuring.measure_due(at=night_after(3)) == Measured(2, 0)
    assert set(version.clauses.filter(results__isnull=False).values_list("position", flat=True)) == {2}
    measures._measures[CODE] = known
    assert measuring.measure_due(at=night_after(3)) == Measured(2, 0)
    assert list(verify()) == []


def test_a_measure_that_fails_keeps_no_other_from_being_asked(bureau, figures, monkeypatch):
    def fails(**_asked):
        raise RuntimeError("the figures are away")

    failing = replace(measures.named(CODE), code="test.fails", count=fails)
    monkeypatch.setitem(measures._measures, "test.fails", failing)
    measured(bureau, Promise("其一。", "test.fails", None, Decimal(95)))
    well = measured(bureau)
    measuring.measure_due(at=night_after(2))
    assert len(results(well)) == 1


def test_the_hotlines_own_measure(bureau):
    """Three working days from Monday are over on Thursday the 5th: one ticket closed in time, one open."""
    ticket(bureau, "closed")
    ticket(bureau, "handling")
    version = version_in("published", bureau, measured=True)
    assert measuring.measure_due(at=night_after(4)) == Measured(3, 0)
    assert measuring.measure_due(at=night_after(5)) == Measured(1, 1)
    assert [each[2:] for each in results(version)] == [*[(0, 0, None)] * 3, (1, 2, False)]


# A miss opens a breach --------------------------------------------------------------------------------------


def test_where_nothing_was_to_be_measured_nothing_is_missed(bureau, figures):
    figures.usual = NOTHING
    version = measured(bureau)
    assert measuring.measure_due(at=night_after(4)) == Measured(3, 0)
    assert [each[2:] for each in results(version)] == [(0, 0, None)] * 3
    assert Breach.objects.count() == 0


def test_a_miss_opens_a_breach_by_itself(bureau, figures):
    figures.by_day[november(3)] = MISSED
    version = measured(bureau)
    assert measuring.measure_due(at=night_after(3)) == Measured(2, 1)
    breach = Breach.objects.get()
    assert (breach.source, breach.state, breach.number) == ("measure", "received", "WN-20261104-0001")
    assert (breach.clause, breach.result.day) == (version.clauses.get(position=2), november(3))
    assert (breach.unit, breach.holder) == (bureau.units["greening"], bureau.staff["supervisor"])
    assert breach.opened_at == night_after(3)
    assert breach.is_anonymous
    for part in ("办结的事项", "95%", "2026-11-02", "2026-11-03", "18÷20", "90.0%"):
        assert part in breach.description
    first = Event.objects.of(breach.subject).get()
    assert (first.verb, first.actor_id, first.data["source"]) == ("receive", None, "measure")
    due = {each.term: each.due_on.isoformat() for each in breach.deadlines.all()}
    # From Wednesday 4 November: one working day, and fifteen.
    assert due == {"pledges.receive": "2026-11-05", "pledges.answer": "2026-11-25"}
    assert [notice.key.rpartition(":")[2] for notice in Notice.objects.all()] == ["holder"]
    assert list(verify()) == []


def test_a_missed_measure_is_handled_as_a_complaint_is(bureau, figures):
    figures.usual = MISSED
    measured(bureau)
    measuring.measure_due(at=night_after(2))
    closed(Breach.objects.get(), bureau, moment("2026-11-03 10:00"))
    assert Breach.objects.get().state == "closed"
    assert not Notice.objects.filter(key__endswith=":citizen").exists()
    place = [item.code for item in appraisal.items()].index("pledges.upheld")
    (row,) = appraisal.table(november(3), november(3))
    assert (row.unit.code, row.counts[place][1]) == ("greening", 1)


def test_no_second_breach_while_one_is_open(bureau, figures):
    figures.usual = MISSED
    measured(bureau)
    measuring.measure_due(at=night_after(2))
    # Far beyond the window of the first miss, and still nobody has closed it.
    assert measuring.measure_due(at=night_after(50)) == Measured(48, 0)
    assert Breach.objects.count() == 1


def test_the_same_window_opens_no_second_breach_and_a_later_one_does(bureau, figures):
    figures.usual = MISSED
    measured(bureau)
    measuring.measure_due(at=night_after(2))
    closed(Breach.objects.get(), bureau, moment("2026-11-04 10:00"))
    # 1 December looks back to 2 November, on which the breach was opened …
    assert measuring.measure_due(at=night_after(31)) == Measured(29, 0)
    # … and 2 December no longer.
    assert measuring.measure_due(at=night_after(32)) == Measured(1, 1)
    assert [breach.result.day for breach in Breach.objects.order_by("pk")] == [november(2), date(2026, 12, 2)]
    assert measuring.measure_due(at=night_after(33)) == Measured(1, 0)


def test_made_up_in_one_night_it_is_the_same(bureau, figures):
    """Nights that are made up open the breach of the oldest miss, and no other while that is open."""
    figures.usual = MISSED
    measured(bureau)
    assert measuring.measure_due(at=night_after(40)) == Measured(39, 1)
    assert Breach.objects.get().result.day == november(2)


def test_a_target_that_is_reached_again_and_missed_later(bureau, figures):
    figures.by_day = {november(2): MISSED, november(20): MISSED, date(2026, 12, 10): MISSED}
    measured(bureau)
    measuring.measure_due(at=night_after(2))
    closed(Breach.objects.get(), bureau, moment("2026-11-04 10:00"))
    assert measuring.measure_due(at=night_after(39)) == Measured(37, 0)
    assert measuring.measure_due(at=night_after(40)) == Measured(1, 1)


def test_another_clause_and_a_citizens_complaint_keep_no_breach_back(bureau, figures):
    from pledges.complaints import Grievance
    from portal.organisation.actors import CITIZEN

    figures.usual = MISSED
    version = measured(
        bureau, Promise("其一。", CODE, None, Decimal(95)), Promise("其二。", CODE, None, Decimal(96))
    )
    clause = version.clauses.get(position=1)
    complaints.complain(Grievance(clause=clause, description="太慢。"), actor=CITIZEN, at=MONDAY)
    assert measuring.measure_due(at=night_after(2)) == Measured(2, 2)


def test_an_answer_and_its_breach_are_one_commit(bureau, figures, monkeypatch):
    def fails(*_arguments, **_more):
        raise RuntimeError("no case can be opened")

    figures.usual = MISSED
    measured(bureau)
    with monkeypatch.context() as broken:
        broken.setattr(complaints, "open_case", fails)
        assert measuring.measure_due(at=night_after(2)) == Measured(failed=1)
    assert (Result.objects.count(), Breach.objects.count()) == (0, 0)
    assert measuring.measure_due(at=night_after(2)) == Measured(1, 1)


def test_a_day_has_one_answer(bureau, figures):
    version = measured(bureau)
    measuring.measure_due(at=night_after(2))
    clause = version.clauses.get(position=2)
    figures.usual = MISSED
    assert measuring.measure_day(clause, november(2), at=night_after(9)) is False
    assert results(version)[0][4] is True
    with pytest.raises(IntegrityError), transaction.atomic():
        Result.objects.create(
            clause=clause,
            first=november(2),
            day=november(2),
            part=0,
            whole=1,
            kept=False,
            measured_at=MONDAY,
        )


@pytest.mark.parametrize(("part", "whole", "kept"), [(2, 1, True), (0, 0, True), (0, 0, False), (1, 1, None)])
def test_the_database_refuses_an_answer_that_is_none(bureau, figures, part, whole, kept):
    clause = measured(bureau).clauses.get(position=2)
    with pytest.raises(IntegrityError), transaction.atomic():
        Result.objects.create(
            clause=clause,
            first=november(2),
            day=november(2),
            part=part,
            whole=whole,
            kept=kept,
            measured_at=MONDAY,
        )


# Two nights at once, with real commits ----------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_two_at_once_give_one_answer_and_one_breach(bureau, figures):
    figures.usual = MISSED
    measured(bureau)
    measured(bureau, code="roads")
    nights = [lambda: measuring.measure_due(at=night_after(6)) for _night in range(3)]
    answers = at_once(*nights)
    assert all(isinstance(answer, Measured) for answer in answers)
    assert sum(answer.results for answer in answers) == Result.objects.count() == 2 * 5
    assert sum(answer.breaches for answer in answers) == Breach.objects.count() == 2
    assert {breach.number for breach in Breach.objects.all()} == {"WN-20261107-0001", "WN-20261107-0002"}
    assert list(verify()) == []


@pytest.mark.django_db(transaction=True)
def test_what_was_answered_before_a_crash_stays_and_the_rest_is_made_up(bureau, figures):
    figures.usual = MISSED
    measured(bureau)

    def dies(**asked):
        if asked["last"] == november(4):
            raise RuntimeError("killed")
        return MISSED

    well = measures.named(CODE)
    measures._measures[CODE] = replace(well, count=dies)
    assert measuring.measure_due(at=night_after(5)) == Measured(3, 1, failed=1)
    # The night that failed keeps none of the others back.
    assert (Result.objects.count(), Breach.objects.count()) == (3, 1)
    measures._measures[CODE] = well
    assert measuring.measure_due(at=night_after(5)) == Measured(1, 0)
    assert Clause.objects.get(measure=CODE).results.count() == 4


@pytest.mark.django_db(transaction=True)
def test_a_night_and_a_publication_at_once(bureau, figures):
    """Whoever is first: no day of the earlier version is lost, none of the later one is invented."""
    first = measured(bureau)
    text = replace(draft(), clauses=[Promise("及时办结。", CODE, None, Decimal(95))])
    second = actions.begin_next(first.pledge, text, actor=bureau.actor("disclosure2"), at=MONDAY)
    for verb, by in (("review", "disclosure"), ("sign", "chief")):
        second = take(second, verb, bureau, by, MONDAY)
    at = night_after(2)
    answers = at_once(
        lambda: measuring.measure_due(at=at),
        lambda: take(second, "publish", bureau, "disclosure", at),
    )
    assert answers[1].state == "published"
    assert results(second) == []
    assert [each[1] for each in results(first)] in ([], [november(2)])
    assert list(verify()) == []
