"""Cards by the clock and by people, on the database."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from portal.cases.actions import advance, sweep
from portal.cases.models import Deadline
from portal.cases.terms import SHANGHAI
from portal.cases.workflow import Conflict, NotAllowed, Refused
from portal.ledger.models import Event
from portal.notices.models import Notice
from portal.organisation.actors import Role
from portal.oversight import cards
from portal.oversight.cards import take_step
from portal.oversight.models import Card
from portal.oversight.workflow import may_see
from tests.portal.notices.bureau import AT

LATE = datetime(2026, 12, 2, 2, 0, tzinfo=UTC)


@pytest.fixture
def card(bureau) -> Card:
    """For the reply limit of a ticket that the greening unit's handler signed for and then forgot."""
    bureau.handled()
    sweep(at=LATE)
    return Card.objects.get()


def test_a_missed_limit_gets_its_card_at_the_due_moment(bureau, card):
    """The card bears the due moment; the days to reply are counted from the one on which it was written."""
    due = datetime(2026, 12, 1, tzinfo=SHANGHAI)
    assert (card.number, card.colour, card.state) == ("黄牌〔2026〕1号", "yellow", "issued")
    assert (card.issued_at, card.reply_by) == (due, date(2026, 12, 7))
    assert (card.holder, card.holder_name, card.unit) == (
        bureau.staff["handler"],
        "示例handler",
        bureau.greening,
    )
    assert card.deadline.breached_at == due
    for part in (
        "园林处示例handler：",
        card.case.number,
        "承诺时限（5个工作日，依据",
        "2026年11月30日24:00届满",
        "2026年12月7日前",
    ):
        assert part in card.demand
    # The form of a document's number, as the law's own forms have it.
    assert re.fullmatch(r"[一-龥]{2,20}〔(19|20)\d{2}〕[1-9]\d*号", card.number)


def test_the_card_stands_in_the_cases_history(card):
    event = Event.objects.of(card.case.subject).get(verb="card_issued")
    assert (event.at, event.actor_id) == (card.issued_at, None)
    assert event.data == {
        "card": card.number,
        "colour": "yellow",
        "term": "hotline.reply",
        "reply_by": "2026-12-07",
        "holder": card.holder_id,
        "unit": card.unit_id,
    }


def test_a_second_sweep_issues_nothing(card):
    sweep(at=LATE + timedelta(days=30))
    assert Card.objects.count() == 1


def test_a_warning_is_no_card(bureau):
    bureau.handled()
    sweep(at=datetime(2026, 11, 30, 2, 0, tzinfo=UTC))
    assert Notice.objects.filter(key__contains=":warn:").count() == 1
    assert not Card.objects.exists()


def test_a_case_that_moves_before_any_sweep_has_its_card_too(bureau):
    """The clock speaks first: the reply that comes too late finds the card issued."""
    ticket = bureau.handled()
    advance(ticket, "reply", actor=bureau.actor("handler"), at=LATE, reply="已修复")
    assert Card.objects.get().case_id == ticket.pk
    verbs = list(Event.objects.of(ticket.subject).values_list("verb", flat=True))
    assert verbs.index("card_issued") < verbs.index("reply")


def test_card_and_notice_are_chinese_whatever_the_language_of_the_page(bureau):
    """The clock may speak while somebody reads in English."""
    ticket = bureau.handled()
    with translation.override("en"):
        advance(ticket, "reply", actor=bureau.actor("handler"), at=LATE, reply="已修复")
    card = Card.objects.get()
    missed = Notice.objects.get(key__contains=":breach:")
    with translation.override("zh-hans"):
        name = card.deadline.name
    for text in (card.demand, missed.subject, missed.body):
        assert name in text
        assert not re.search("[a-z]{3,}", text.replace("handler", ""))


def test_red_and_yellow_count_apart_and_each_without_a_gap(bureau):
    tickets = [bureau.handled(at=AT + timedelta(minutes=each)) for each in range(4)]
    Deadline.objects.filter(case_id=tickets[1].pk, term="hotline.reply").update(limit="statutory")
    Deadline.objects.filter(case_id=tickets[3].pk, term="hotline.reply").update(limit="statutory")
    sweep(at=LATE)
    numbers = dict(Card.objects.values_list("case_id", "number"))
    assert [numbers[ticket.pk] for ticket in tickets] == [
        "黄牌〔2026〕1号",
        "红牌〔2026〕1号",
        "黄牌〔2026〕2号",
        "红牌〔2026〕2号",
    ]


def test_the_year_is_the_one_in_which_the_limit_passed(bureau):
    # Monday 28 December and one working day to sign: due in 2026; dispatch of a Thursday 31st in 2027.
    bureau.dispatched(at=datetime(2026, 12, 28, 2, 0, tzinfo=UTC))
    bureau.dispatched(at=datetime(2026, 12, 31, 2, 0, tzinfo=UTC))
    sweep(at=datetime(2027, 1, 6, 2, 0, tzinfo=UTC))
    found = set(Card.objects.filter(deadline__term="hotline.sign").values_list("number", flat=True))
    assert {number[:7] for number in found} == {"黄牌〔2026", "黄牌〔2027"}


def test_a_number_that_was_undone_is_given_again(bureau, card):
    bureau.handled(at=LATE)
    after = LATE + timedelta(days=30)
    with transaction.atomic():
        sweep(at=after)
        assert Card.objects.filter(number="黄牌〔2026〕2号").exists()
        transaction.set_rollback(True)
    assert Card.objects.count() == 1
    sweep(at=after)
    assert set(Card.objects.values_list("number", flat=True)) == {"黄牌〔2026〕1号", "黄牌〔2026〕2号"}


def test_a_batch_costs_the_same_number_of_statements_however_large(bureau):
    def statements(count: int, at: datetime) -> int:
        for _each in range(count):
            bureau.handled(at=at)
        fired = Card.objects.count()
        with CaptureQueriesContext(connection) as seen:
            sweep(at=at + timedelta(days=25))
        assert Card.objects.count() == fired + count
        return len(seen)

    assert statements(2, AT) == statements(9, AT + timedelta(days=60))


def test_a_ticket_of_no_unit_and_nobody_gets_a_card_all_the_same(bureau):
    ticket = bureau.ticket()
    type(ticket).objects.filter(pk=ticket.pk).update(unit=None, holder=None)
    sweep(at=LATE)
    found = Card.objects.filter(case_id=ticket.pk)
    assert {(card.unit_id, card.holder_id, card.holder_name) for card in found} == {(None, None, "")}
    assert all(card.demand.startswith("承办单位：") for card in found)


def test_the_database_holds_one_card_a_deadline(card):
    card.pk, card.number = None, "黄牌〔2026〕99号"
    with pytest.raises(IntegrityError, match="deadline"), transaction.atomic():
        card.save(force_insert=True)


@pytest.mark.parametrize(
    ("values", "constraint"),
    [
        ({"demand": ""}, "a_card_demands_something"),
        ({"holder_name": ""}, "a_card_names_its_holder"),
        ({"colour": "green"}, "a_card_is_yellow_or_red"),
        ({"state": "lost"}, "a_card_is_in_a_known_state"),
    ],
)
def test_the_database_refuses_a_card_that_makes_no_sense(card, values, constraint):
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Card.objects.update(**values)


# By people -------------------------------------------------------------------------------------------------


def test_answered_and_accepted(bureau, card):
    take_step(card, "answer", text="人手不足，已调整排班。", actor=bureau.actor("handler"), at=LATE)
    told = Notice.objects.get(key=f"card:{card.pk}:answer:2")
    assert (told.role, told.unit_id) == (Role.SUPERVISOR, None)
    assert "人手不足，已调整排班。" in told.body
    done = take_step(card, "accept", actor=bureau.actor("supervisor"), at=LATE)
    assert (done.state, done.version) == ("accepted", 3)
    told = Notice.objects.get(key=f"card:{card.pk}:accept:3")
    assert told.unit == bureau.greening
    assert told.body.endswith("本卡办结。")
    assert [(step.number, step.step, step.by_name) for step in done.steps.all()] == [
        (1, "answer", "示例handler"),
        (2, "accept", "示例supervisor"),
    ]
    events = Event.objects.of(card.case.subject).filter(verb__startswith="card_")
    assert [(event.verb, event.actor_role) for event in events] == [
        ("card_issued", "system"),
        ("card_answered", "handler"),
        ("card_accepted", "supervisor"),
    ]
    assert events[1].data == {"card": card.number, "state": "answered", "note": "人手不足，已调整排班。"}


def test_appealed_upheld_answered_and_accepted(bureau, card):
    handler, supervisor = bureau.actor("handler"), bureau.actor("supervisor")
    take_step(card, "appeal", text="等待材料", actor=handler, at=LATE)
    take_step(card, "uphold", text="未办理延期", actor=supervisor, at=LATE)
    with pytest.raises(Refused):
        take_step(card, "appeal", text="再次申诉", actor=handler, at=LATE)
    take_step(card, "answer", text="已整改", actor=handler, at=LATE)
    assert take_step(card, "accept", text="同意", actor=supervisor, at=LATE).state == "accepted"


def test_withdrawn_after_an_appeal(bureau, card):
    take_step(card, "appeal", text="系统故障", actor=bureau.actor("handler"), at=LATE)
    done = take_step(card, "withdraw", text="情况属实", actor=bureau.actor("supervisor"), at=LATE)
    assert done.state == "withdrawn"
    assert "情况属实" in Notice.objects.get(key__contains=":withdraw:").body
    with pytest.raises(Refused):
        take_step(card, "answer", text="x", actor=bureau.actor("handler"), at=LATE)


def test_what_is_refused_leaves_nothing(bureau, card):
    before = (Notice.objects.count(), Event.objects.count())
    for name, actor, error in (
        ("answer", "mailed", NotAllowed),
        ("accept", "supervisor", Refused),
        ("withdraw", "handler", NotAllowed),
        ("withdraw", "administrator", NotAllowed),
        ("forgive", "supervisor", Refused),
    ):
        with pytest.raises(error):
            take_step(card, name, text="x", actor=bureau.actor(actor), at=LATE)
    with pytest.raises(Refused):
        take_step(card, "answer", text=" ", actor=bureau.actor("handler"), at=LATE)
    card.refresh_from_db()
    assert (card.state, card.version, card.steps.count()) == ("issued", 1, 0)
    assert (Notice.objects.count(), Event.objects.count()) == before


def test_the_second_of_two_supervisors_is_told_who_was_first(bureau, card):
    take_step(card, "answer", text="已整改", actor=bureau.actor("handler"), at=LATE)
    take_step(card, "accept", actor=bureau.actor("supervisor"), at=LATE, seen=2)
    with pytest.raises(Conflict) as conflict:
        take_step(card, "withdraw", text="x", actor=bureau.actor("supervisor2"), at=LATE, seen=2)
    assert "示例supervisor" in str(conflict.value.message)
    assert "10:00" in str(conflict.value.message)


def test_a_failing_card_undoes_the_mark_and_shows_up_as_a_clock_that_failed(bureau, monkeypatch):
    ticket = bureau.handled()

    def broken(*args, **kwargs):
        raise RuntimeError("no paper for cards")

    monkeypatch.setattr(cards, "demand", broken)
    assert sweep(at=LATE).failed == 1
    assert not Card.objects.exists()
    assert not Deadline.objects.filter(case_id=ticket.pk, breached_at__isnull=False).exists()
    assert not Notice.objects.filter(key__startswith="deadline:").exists()
    monkeypatch.undo()
    sweep(at=LATE + timedelta(minutes=2))
    assert Card.objects.get().issued_at == datetime(2026, 12, 1, tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("who", "sees"),
    [
        ("operator", False),
        ("handler", True),
        ("mailed", False),
        ("clerk", False),
        ("office_head", False),
        ("chief_representative", False),
        ("disclosure_officer", False),
        ("secrecy_reviewer", False),
        ("supervisor", True),
        ("administrator", False),
    ],
)
def test_the_list_and_the_rule_say_the_same(bureau, card, who, sees):
    actor = bureau.actor(who)
    assert Card.objects.visible_to(actor).exists() is sees
    assert may_see(card.facts(), actor) is sees
