"""A row that was altered behind the portal's back is found by comparing it with the ledger and the rules."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.core.management import CommandError, call_command

from portal.cases import actions, excluding
from portal.cases.models import Case, Deadline
from portal.ledger.verify import verify
from portal.organisation.actors import SYSTEM
from portal.oversight.cards import take_step
from portal.oversight.models import Card
from tests.bureau import MONDAY, moment, ticket


def faults() -> list[tuple[str, str]]:
    return [(fault.kind, fault.subject) for fault in verify()]


def test_a_case_as_its_verbs_left_it_has_no_fault(bureau):
    for state in ("received", "handling", "complained", "closed"):
        ticket(bureau, state)
    actions.sweep(at=moment("2026-12-01 00:00"))
    card = Card.objects.filter(holder__username="handler").first()
    take_step(card, "answer", text="已整改。", actor=bureau.actor("handler"), at=moment("2026-12-01 09:00"))
    assert faults() == []


def test_a_state_that_no_transition_led_to_is_found(bureau):
    case = ticket(bureau, "handling")
    Case.objects.filter(pk=case.pk).update(state="closed")
    assert faults() == [("case", case.subject)]


def test_a_missed_limit_that_was_rubbed_out_is_found(bureau):
    case = ticket(bureau, "handling")
    actions.sweep(at=moment("2026-11-10 00:00"))
    Deadline.objects.filter(case=case, term="hotline.reply").update(breached_at=None)
    # The mark is gone, and the alarm that ought to ring for it is off.
    assert faults() == [("case", case.subject)] * 2


def test_a_mark_that_the_ledger_knows_nothing_of_is_found(bureau):
    case = ticket(bureau, "handling")
    clock = Deadline.objects.get(case=case, term="hotline.reply")
    Deadline.objects.filter(pk=clock.pk).update(breached_at=clock.due_at, wake_at=None)
    assert faults() == [("case", case.subject)]


def test_a_due_date_that_was_moved_by_hand_is_found_and_named(bureau, capsys):
    case = ticket(bureau, "handling")
    clock = Deadline.objects.get(case=case, term="hotline.reply")
    later = clock.due_at + timedelta(days=7)
    Deadline.objects.filter(pk=clock.pk).update(due_at=later)
    assert faults() == [("case", case.subject)]
    with pytest.raises(CommandError):
        call_command("verify_ledger")
    assert case.number in "".join(capsys.readouterr())


def test_a_paused_limit_that_was_moved_by_hand_is_found(bureau):
    case = ticket(bureau, "handling")
    excluding.exclude_time(
        case,
        "hotline.reply",
        starts_on=date(2026, 11, 4),
        ends_on=date(2026, 11, 5),
        reason="专家评审",
        basis="行政许可法第四十五条",
        evidence="告知书",
        actor=SYSTEM,
        at=MONDAY,
    )
    assert faults() == []
    clock = Deadline.objects.get(case=case, term="hotline.reply")
    Deadline.objects.filter(pk=clock.pk).update(due_at=clock.due_at + timedelta(days=30))
    assert faults() == [("case", case.subject)]


def test_a_case_that_was_deleted_with_its_rows_is_found(bureau):
    case, other = ticket(bureau), ticket(bureau)
    for rows in (case.notices, case.deadlines, case.calls):
        rows.all().delete()
    case.delete()
    found = list(verify())
    assert [(fault.kind, fault.subject) for fault in found] == [("case", case.subject)]
    assert case.number in found[0].sentence
    assert other.number not in found[0].sentence


def test_an_alarm_that_was_switched_off_is_found(bureau):
    case = ticket(bureau, "handling")
    Deadline.objects.filter(case=case, term="hotline.reply").update(wake_at=None)
    assert faults() == [("case", case.subject)]
