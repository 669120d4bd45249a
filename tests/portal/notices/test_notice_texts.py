"""Every text that a transition promises is there, in Chinese, and says nothing about anybody else."""

from __future__ import annotations

import pytest
from django.template import TemplateDoesNotExist

from portal.cases.models import Deadline
from portal.cases.terms import SHANGHAI
from portal.notices import texts
from tests.portal.notices.bureau import AT
from tests.portal.notices.promised import PROMISED, check_text, promised_of


def test_something_is_promised():
    assert ("hotline", "receive", "citizen") in PROMISED
    assert len(PROMISED) >= 12


@pytest.mark.parametrize(("verb", "audience"), promised_of("hotline"))
def test_every_promised_text_is_written(bureau, verb, audience):
    ticket = bureau.handled()
    ticket.extension_asked = 3
    secrets = (ticket.caller_name, ticket.caller_phone, ticket.place, ticket.description)
    check_text(ticket, verb, audience, secrets=secrets)


def test_a_text_that_nobody_wrote_is_an_error(bureau):
    with pytest.raises(TemplateDoesNotExist):
        texts.render("notices/hotline/receive.press.txt", {})


def test_plain_text_is_not_escaped_for_html(bureau):
    ticket = bureau.ticket()
    values = {
        "case": ticket,
        "number": ticket.number,
        "note": "A&B <紧急>",
        "due": texts.limits_of(ticket.deadlines.running()),
    }
    assert "催办意见：A&B <紧急>" in texts.render("notices/hotline/urge.holder.txt", values).body


def test_a_subject_stays_one_line_and_short():
    text = texts.render("notices/limit_warned.txt", {"number": "甲" * 300, "limit": "乙"})
    assert len(text.subject) == 200


def test_a_text_asks_the_database_for_nothing(bureau, django_assert_num_queries):
    """The clocks come with the move: writing a notice costs its INSERT alone."""
    ticket = bureau.ticket()
    due = texts.limits_of(ticket.deadlines.running())
    values = {"case": ticket, "number": ticket.number, "note": "", "due": due}
    with django_assert_num_queries(0):
        for name in ("close.citizen", "receive.citizen", "dispatch.unit"):
            texts.render(f"notices/hotline/{name}.txt", values)


def test_midnight_is_the_end_of_a_day():
    assert texts.moment(AT.astimezone(SHANGHAI).replace(hour=0)) == "2026年11月22日24:00"
    assert texts.moment(AT) == "2026年11月23日10:00"


def test_a_clock_that_stands_still_has_no_last_day():
    assert texts.last_day(Deadline(due_at=None)) == "（时限暂停计算）"
