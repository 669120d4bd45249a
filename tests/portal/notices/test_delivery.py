"""Sending: at least once, retried, given up, and never telling a log whom it was for."""

from __future__ import annotations

import logging
import smtplib
import threading
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.core import mail
from django.db import connection, transaction
from django.utils import timezone

from portal.cases.terms import SHANGHAI
from portal.cases.workflow import NotAllowed, Refused
from portal.ledger.models import Event
from portal.notices import delivery, sms, tasks
from portal.notices.delivery import MOST_ATTEMPTS, deliver, wait_after
from portal.notices.models import Notice
from tests.portal.notices.bureau import AT, EMAIL, PHONE

SENT: list[tuple[str, str, str]] = []


class Kept:
    def send(self, *, key: str, phone: str, text: str) -> None:
        SENT.append((key, phone, text))


class Broken:
    def send(self, *, key: str, phone: str, text: str) -> None:
        raise ConnectionRefusedError(111, f"no gateway for {phone}")


@pytest.fixture
def kept(settings):
    SENT.clear()
    settings.SMS_BACKEND = f"{__name__}.Kept"
    return SENT


@pytest.fixture
def broken(settings):
    settings.SMS_BACKEND = f"{__name__}.Broken"


def test_a_text_message_goes_out_with_its_key_and_the_senders_name(bureau, kept, settings):
    ticket = bureau.ticket()
    result = deliver(at=AT)
    assert (result.sent, result.put_off, result.failed) == (1, 0, 0)
    ((key, phone, text),) = kept
    assert (key, phone) == (f"case:{ticket.number}:receive:1:citizen", PHONE)
    assert text.startswith(f"【{settings.BUREAU['name']}】您反映的问题已受理")
    assert "\n" not in text
    notice = Notice.objects.get(key=key)
    assert (notice.state, notice.delivered_at, notice.attempts) == ("delivered", AT, 1)
    assert deliver(at=AT + timedelta(minutes=1)).sent == 0
    assert len(kept) == 1


def test_mail_bears_the_same_message_id_whenever_it_is_sent(bureau):
    bureau.ticket(caller_phone="", caller_email=EMAIL)
    deliver(at=AT)
    Notice.objects.update(state="queued", next_attempt_at=AT, delivered_at=None)
    deliver(at=AT)
    first, second = mail.outbox
    assert first.to == second.to == [EMAIL]
    assert first.subject == "您的诉求已受理"
    assert first.extra_headers["Message-ID"] == second.extra_headers["Message-ID"]
    assert first.extra_headers["Message-ID"] == delivery.message_id(Notice.objects.get().key)


@pytest.mark.parametrize(
    ("hour", "minute", "sent"), [(8, 29, 0), (8, 30, 1), (20, 29, 1), (20, 30, 0), (3, 0, 0)]
)
def test_nothing_is_sent_at_night_even_if_it_has_waited_for_days(bureau, kept, hour, minute, sent):
    bureau.ticket()
    later = datetime(2026, 11, 27, hour, minute, tzinfo=SHANGHAI)
    assert deliver(at=later).sent == sent


def test_what_waits_for_the_morning_does_not_go_before(bureau, kept):
    bureau.ticket(at=datetime(2026, 11, 23, 22, 0, tzinfo=SHANGHAI))
    assert deliver(at=datetime(2026, 11, 23, 20, 0, tzinfo=SHANGHAI)).sent == 0
    assert deliver(at=datetime(2026, 11, 24, 8, 30, tzinfo=SHANGHAI)).sent == 1


def test_a_failure_is_tried_again_later_and_later_and_then_given_up(bureau, broken, caplog):
    bureau.ticket()
    at, waits = AT, []
    for attempt in range(1, MOST_ATTEMPTS + 1):
        result = deliver(at=at)
        notice = Notice.objects.get()
        assert notice.attempts == attempt
        if attempt < MOST_ATTEMPTS:
            assert (notice.state, result.put_off) == ("queued", 1)
            assert deliver(at=at).put_off == 0
            waits.append(notice.next_attempt_at - at)
            at = notice.next_attempt_at
    assert (notice.state, notice.next_attempt_at, result.failed) == ("failed", None, 1)
    assert waits[:4] == [timedelta(minutes=each) for each in (1, 4, 16, 64)]
    assert waits == sorted(waits) or max(waits) > timedelta(hours=12)  # a night may lie between
    assert deliver(at=at + timedelta(days=9)).put_off == 0


def test_each_wait_is_longer_until_half_a_day():
    waits = [wait_after(attempts) for attempts in range(1, MOST_ATTEMPTS)]
    assert waits == [timedelta(minutes=each) for each in (1, 4, 16, 64, 256, 720, 720)]


def test_neither_log_nor_error_says_whom_it_was_for(bureau, broken, caplog):
    bureau.ticket()
    with caplog.at_level(logging.DEBUG):
        deliver(at=AT)
    notice = Notice.objects.get()
    assert notice.error == "ConnectionRefusedError 111"
    assert PHONE not in caplog.text
    assert "您反映" not in caplog.text


def test_a_mail_servers_refusal_is_kept_by_its_code_alone():
    refused = smtplib.SMTPRecipientsRefused({EMAIL: (550, b"no such user")})
    assert delivery.without_personal_data(refused) == "SMTPRecipientsRefused"
    error = smtplib.SMTPResponseException(451, f"<{EMAIL}> try later")
    assert delivery.without_personal_data(error) == "SMTPResponseException 451"


def test_a_server_that_refuses_everything_is_not_asked_for_the_whole_queue(bureau, broken):
    for _each in range(delivery.REFUSALS_IN_A_ROW + 3):
        bureau.ticket()
    assert deliver(at=AT).put_off == delivery.REFUSALS_IN_A_ROW
    # The next wake-up goes on with those that were not asked yet.
    assert deliver(at=AT).put_off == 3


def test_the_limit_bounds_one_call_and_the_oldest_go_first(bureau, kept):
    numbers = [bureau.ticket(at=AT + timedelta(minutes=each)).number for each in range(3)]
    assert deliver(at=AT + timedelta(hours=1), limit=2).sent == 2
    assert [key.split(":")[1] for key, _phone, _text in kept] == numbers[:2]


def test_killed_between_sending_and_noting_it_is_sent_again_with_the_same_key(bureau, kept, monkeypatch):
    bureau.ticket()

    def killed(*args, **kwargs):
        raise SystemExit

    with monkeypatch.context() as patched:
        patched.setattr(Notice, "save", killed)
        with pytest.raises(SystemExit), transaction.atomic():
            deliver(at=AT)
    assert Notice.objects.get().state == "queued"
    deliver(at=AT)
    assert len(kept) == 2
    assert kept[0] == kept[1]


@pytest.mark.django_db(transaction=True)
def test_two_workers_never_take_the_same_notice(settings):
    """While one is being sent, another worker passes it by."""
    inside, go_on = threading.Event(), threading.Event()
    seen: list[str] = []

    class Slow:
        def send(self, *, key: str, phone: str, text: str) -> None:
            seen.append(key)
            if len(seen) == 1:
                inside.set()
                assert go_on.wait(20)

    for name in ("a", "b"):
        Notice.objects.create(
            key=name,
            channel="sms",
            address=PHONE,
            subject="s",
            body="b",
            queued_at=AT,
            deliver_after=AT,
            state="queued",
            next_attempt_at=AT,
        )
    results = []

    def work() -> None:
        try:
            results.append(deliver(at=AT))
        finally:
            connection.close()

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(sms, "backend", Slow)
        first = threading.Thread(target=work)
        first.start()
        assert inside.wait(20)
        assert deliver(at=AT).sent == 1
        go_on.set()
        first.join(20)
    assert seen == ["a", "b"]
    assert [result.sent for result in results] == [1]


def test_the_task_reads_the_clock(bureau, kept, monkeypatch):
    bureau.ticket()
    monkeypatch.setattr(timezone, "now", lambda: AT)
    tasks.deliver_waiting()
    assert len(kept) == 1
    assert tasks.deliver_waiting.name == "portal.notices.tasks.deliver"


# Text messages --------------------------------------------------------------------------------------------


def test_a_message_sent_twice_is_one_file_for_its_owner_alone(tmp_path, settings):
    settings.SMS_FILE_PATH = tmp_path / "sms"
    backend = sms.FileBackend()
    for _each in range(2):
        backend.send(key="case:12319-20261123-0001:receive:1:citizen", phone=PHONE, text="您好")
    (file,) = Path(settings.SMS_FILE_PATH).iterdir()
    assert file.read_text(encoding="utf-8").splitlines()[1:] == [f"to: {PHONE}", "", "您好"]
    assert file.stat().st_mode & 0o077 == 0


def test_two_keys_never_share_a_file():
    keys = ["a:b", "a_b", "a/b", "../a", "甲", "乙", "x" * 200, "x" * 199 + "y"]
    names = {sms.file_name(key) for key in keys}
    assert len(names) == len(keys)
    assert all("/" not in name and not name.startswith(".") for name in names)


def test_the_log_backend_tells_neither_number_nor_text(caplog, settings):
    settings.SMS_BACKEND = "portal.notices.sms.LogBackend"
    with caplog.at_level(logging.INFO):
        sms.backend().send(key="case:1:receive:1:citizen", phone=PHONE, text="查询码ABC")
    assert "case:1:receive:1:citizen" in caplog.text
    assert PHONE not in caplog.text
    assert "ABC" not in caplog.text


# Sending again --------------------------------------------------------------------------------------------


@pytest.fixture
def failed(bureau):
    bureau.ticket()
    Notice.objects.update(state="failed", next_attempt_at=None, attempts=8, error="OSError 111")
    return Notice.objects.get()


@pytest.mark.parametrize(
    ("who", "may"),
    [
        ("operator", False),
        ("handler", False),
        ("clerk", False),
        ("office_head", False),
        ("chief_representative", False),
        ("disclosure_officer", False),
        ("secrecy_reviewer", False),
        ("supervisor", True),
        ("administrator", True),
    ],
)
def test_who_may_send_again(bureau, failed, kept, who, may):
    if not may:
        with pytest.raises(NotAllowed):
            delivery.retry(failed, actor=bureau.actor(who), at=AT)
        assert Notice.objects.get().state == "failed"
        return
    delivery.retry(failed, actor=bureau.actor(who), at=AT)
    notice = Notice.objects.get()
    assert (notice.state, notice.attempts, notice.error) == ("queued", 0, "")
    event = Event.objects.of(failed.case.subject).last()
    assert (event.verb, event.actor_id, event.data) == (
        "notice_retried",
        bureau.staff[who].pk,
        {"notice": failed.key},
    )
    assert deliver(at=AT).sent == 1


def test_the_second_of_two_people_is_told_that_it_is_done(bureau, failed):
    delivery.retry(failed, actor=bureau.actor("supervisor"), at=AT)
    with pytest.raises(Refused, match="已"):
        delivery.retry(failed, actor=bureau.actor("administrator"), at=AT)


def test_a_notice_sent_again_at_night_waits_for_the_morning(bureau, failed):
    delivery.retry(
        failed, actor=bureau.actor("supervisor"), at=datetime(2026, 11, 23, 22, 0, tzinfo=SHANGHAI)
    )
    assert Notice.objects.get().next_attempt_at == datetime(2026, 11, 24, 8, 30, tzinfo=SHANGHAI)
