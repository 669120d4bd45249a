"""Every text that a transition promises is there, in Chinese, and says nothing about anybody else."""

from __future__ import annotations

import pytest
from django.template import TemplateDoesNotExist
from django.utils import translation

from portal.cases import kinds
from portal.cases.models import Deadline
from portal.cases.terms import SHANGHAI
from portal.notices import texts
from portal.notices.outbox import template_of
from tests.portal.notices.bureau import AT

PROMISED = [
    (kind.code, rule.name, audience)
    for kind in kinds.every()
    for rule in (kind.workflow.opening, *kind.workflow.transitions.values())
    for audience in rule.tells
]


def test_something_is_promised():
    assert ("hotline", "receive", "citizen") in PROMISED
    assert len(PROMISED) >= 12


@pytest.mark.parametrize(("kind", "verb", "audience"), PROMISED)
def test_every_promised_text_is_written(bureau, kind, verb, audience):
    ticket = bureau.handled()
    ticket.extension_asked = 3
    values = {
        "case": ticket,
        "number": ticket.number,
        "note": "理由在此",
        "due": texts.limits_of(ticket.deadlines.running()),
    }
    with translation.override("en"):
        text = texts.render(template_of(ticket, verb, audience), values)
    assert text.subject
    assert "\n" not in text.subject
    assert ticket.number in text.subject + text.body
    assert text.body.endswith(("。", "理由在此"))
    assert "{" not in text.body
    # The limit that runs now is told wherever a limit is told at all.
    assert "None" not in text.body
    if audience == "citizen":
        assert len(text.body) <= 140
        for secret in (ticket.caller_name, ticket.caller_phone, ticket.place, ticket.description, "理由在此"):
            assert secret not in text.body + text.subject
        assert (ticket.lookup_code in text.body) == (verb == "receive")


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
