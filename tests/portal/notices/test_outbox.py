"""What is queued, for whom, when; and that it stands or falls with what it tells of."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from portal.cases import effects
from portal.cases.actions import advance, sweep
from portal.cases.models import Deadline
from portal.cases.terms import SHANGHAI
from portal.notices import outbox
from portal.notices.hours import is_sendable, sendable_from
from portal.notices.models import Notice
from portal.organisation.actions import deactivate
from portal.organisation.actors import SYSTEM, Role
from tests.portal.notices.bureau import AT, EMAIL, PHONE


def shanghai(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("at", "then"),
    [
        ("2026-11-23 08:29:59", "2026-11-23 08:30"),
        ("2026-11-23 08:30", "2026-11-23 08:30"),
        ("2026-11-23 20:29:59", "2026-11-23 20:29:59"),
        ("2026-11-23 20:30", "2026-11-24 08:30"),
        ("2026-11-23 23:59", "2026-11-24 08:30"),
        ("2026-11-24 00:00", "2026-11-24 08:30"),
        # New Year's Eve: the next morning is another year's.
        ("2026-12-31 22:00", "2027-01-01 08:30"),
    ],
)
def test_nobody_is_woken_by_a_message(at, then):
    assert sendable_from(shanghai(at)) == shanghai(then)
    assert sendable_from(shanghai(at).astimezone(UTC)) == shanghai(then)
    assert is_sendable(shanghai(at)) == (at == then or at == "2026-11-23 20:29:59")


def only(**found) -> Notice:
    return Notice.objects.get(**found)


def test_the_caller_is_told_number_code_and_last_day(bureau):
    ticket = bureau.ticket()
    notice = only(key=f"case:{ticket.number}:receive:1:citizen")
    assert (notice.channel, notice.address, notice.state) == ("sms", PHONE, "queued")
    assert (notice.staff_id, notice.unit_id, notice.role) == (None, None, None)
    assert notice.queued_at == notice.deliver_after == notice.next_attempt_at == AT
    # Five working days after Monday 23 November: Monday 30 November.
    for part in (ticket.number, ticket.lookup_code, "2026年11月30日"):
        assert part in notice.body
    # Nothing that others could read over a shoulder: no name, no place, nothing of what was told.
    for part in ("张三", "青石路口", "路灯"):
        assert part not in notice.body + notice.subject


def test_a_limit_in_a_year_without_notice_is_told_as_provisional(bureau):
    ticket = bureau.ticket(at=datetime(2026, 12, 28, 2, 0, tzinfo=UTC))
    assert "（暂定）" in only(key=f"case:{ticket.number}:receive:1:citizen").body


@pytest.mark.parametrize(
    ("matter", "channel", "address"),
    [
        ({"caller_phone": PHONE, "caller_email": EMAIL}, "sms", PHONE),
        ({"caller_phone": "+85291234567"}, "sms", "+85291234567"),
        ({"caller_phone": "", "caller_email": EMAIL}, "email", EMAIL),
        # A fixed line shows no text message.
        ({"caller_phone": "0571-87654321", "caller_email": EMAIL}, "email", EMAIL),
    ],
)
def test_the_caller_is_reached_by_what_was_left(bureau, matter, channel, address):
    bureau.ticket(**matter)
    notice = only(key__contains=":receive:")
    assert (notice.channel, notice.address) == (channel, address)


@pytest.mark.parametrize("phone", ["", "0571-87654321"])
def test_a_caller_who_left_no_address_is_told_nothing(bureau, phone):
    bureau.ticket(caller_phone=phone)
    assert not Notice.objects.exists()


def test_at_night_the_message_waits_for_the_morning(bureau):
    bureau.ticket(at=shanghai("2026-11-23 22:15"))
    notice = only(key__contains=":receive:")
    assert notice.queued_at == shanghai("2026-11-23 22:15")
    assert notice.deliver_after == notice.next_attempt_at == shanghai("2026-11-24 08:30")


def test_the_unit_finds_the_ticket_in_its_inbox_at_once(bureau):
    ticket = bureau.dispatched(at=shanghai("2026-11-23 22:15"))
    notice = only(key=f"case:{ticket.number}:dispatch:2:unit")
    assert (notice.channel, notice.unit_id, notice.staff_id) == ("portal", bureau.greening.pk, None)
    assert (notice.state, notice.delivered_at) == ("delivered", shanghai("2026-11-23 22:15"))
    assert "签收时限：2026年11月24日" in notice.body


def test_supervisors_are_told_by_one_row_however_many_there_are(bureau):
    ticket = bureau.handled()
    advance(
        ticket,
        "ask_extension",
        actor=bureau.actor("handler"),
        at=AT,
        note="需专业检测",
        extension_asked=5,
    )
    notice = only(key__contains=":ask_extension:")
    assert (notice.role, notice.staff_id, notice.unit_id) == (Role.SUPERVISOR, None, None)
    assert "延期5个工作日" in notice.body
    assert "申请理由：需专业检测" in notice.body


def test_two_audiences_are_told_by_one_statement(bureau):
    ticket = bureau.handled()
    with CaptureQueriesContext(connection) as seen:
        advance(ticket, "reply", actor=bureau.actor("handler"), at=AT, reply="已修复")
    inserts = [each["sql"] for each in seen if each["sql"].startswith('COPY "notices_notice"')]
    assert len(inserts) == 1
    told = {notice.key.rpartition(":")[2] for notice in Notice.objects.filter(key__contains=":reply:")}
    assert told == {"citizen", "holder"}


def test_a_responsible_person_with_an_address_gets_mail_and_sees_it_in_the_inbox(bureau):
    ticket = bureau.dispatched(unit=bureau.roads)
    advance(ticket, "urge", actor=bureau.actor("operator"), at=AT, note="群众再次来电")
    notice = only(key=f"case:{ticket.number}:urge:3:holder")
    assert (notice.channel, notice.address) == ("email", "roads@example.invalid")
    assert notice.staff == bureau.staff["mailed"]
    assert notice.state == "queued"


def test_instead_of_a_responsible_person_who_left_the_unit_is_told(bureau):
    ticket = bureau.dispatched()
    deactivate(staff=bureau.staff["handler"], actor=SYSTEM, at=AT)
    advance(ticket, "urge", actor=bureau.actor("operator"), at=AT, note="请尽快")
    notice = only(key__contains=":urge:")
    assert (notice.staff_id, notice.unit_id) == (None, bureau.greening.pk)


def test_what_is_undone_was_never_told(bureau, monkeypatch):
    def broken(moved):
        raise RuntimeError("a floor above failed")

    monkeypatch.setattr(effects, "on_moved", effects.on_moved)
    effects.on_moved.append(broken)
    try:
        with pytest.raises(RuntimeError):
            bureau.ticket()
    finally:
        effects.on_moved.remove(broken)
    assert not Notice.objects.exists()


def test_the_same_occasion_cannot_be_told_twice(bureau):
    bureau.ticket()
    twin = only()
    twin.pk = None
    with pytest.raises(IntegrityError, match="key"), transaction.atomic():
        twin.save(force_insert=True)


def test_an_unknown_audience_is_an_error_and_not_a_silence(bureau):
    ticket = bureau.ticket()
    with pytest.raises(ValueError, match="'press'"):
        outbox._readers(ticket, ("press",))


# Limits ---------------------------------------------------------------------------------------------------


def test_every_stage_of_a_limit_is_told_once_with_its_due_moment(bureau):
    ticket = bureau.handled()
    late = datetime(2026, 12, 5, 2, 0, tzinfo=UTC)
    sweep(at=late)
    sweep(at=late)
    deadline = Deadline.objects.get(case=ticket, term="hotline.reply")
    warn, breach = (only(key__startswith=f"deadline:{deadline.pk}:{stage}:") for stage in ("warn", "breach"))
    assert (warn.queued_at, breach.queued_at) == (deadline.warn_at, deadline.due_at)
    assert breach.queued_at == shanghai("2026-12-01 00:00")
    assert "2026年11月30日届满" in warn.body
    assert "延期" in warn.body
    assert "2026年11月30日24:00届满" in breach.body
    assert warn.staff == breach.staff == bureau.staff["handler"]
    assert Notice.objects.filter(key__startswith="deadline:").count() == 2


def test_a_limit_at_midnight_sends_no_mail_at_midnight(bureau):
    bureau.dispatched(unit=bureau.roads)
    sweep(at=shanghai("2026-11-25 00:01"))
    breach = only(key__contains=":breach:")
    assert (breach.channel, breach.queued_at) == ("email", shanghai("2026-11-25 00:00"))
    assert breach.next_attempt_at == shanghai("2026-11-25 08:30")


def test_a_batch_costs_the_same_number_of_statements_however_large(bureau):
    def statements(count: int, at: datetime) -> int:
        for number in range(count):
            bureau.dispatched(at=at, unit=[bureau.greening, bureau.roads][number % 2])
        with CaptureQueriesContext(connection) as seen:
            sweep(at=at + timedelta(days=30))
        assert Notice.objects.filter(key__contains=":breach:", queued_at__gt=at).count() >= count
        return len(seen)

    assert statements(2, AT) == statements(9, AT + timedelta(days=60))
