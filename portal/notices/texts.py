"""Notices in words: a plain-text template a kind of case, a step and an audience.

The first line is the subject, the rest the body. The texts are Chinese whatever the language of the page from
which a step was taken: they are the bureau's letters, not a part of the interface.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import cache
from typing import Any

from django.conf import settings
from django.template import Context, Engine, Template
from django.utils import translation

from portal.cases import kinds
from portal.cases.models import Deadline
from portal.cases.terms import ONE_DAY, SHANGHAI

LANGUAGE = "zh-hans"


@dataclass(frozen=True, slots=True)
class Text:
    subject: str
    body: str


@cache
def compiled(name: str) -> Template:
    return Engine.get_default().get_template(name)


def render(name: str, values: Mapping[str, Any]) -> Text:
    """The notice that the template makes of these values; raises TemplateDoesNotExist where there is none."""
    with translation.override(LANGUAGE):
        context = Context({"bureau": settings.BUREAU["name"], **values}, autoescape=False)
        subject, _newline, body = compiled(name).render(context).strip().partition("\n")
    return Text(" ".join(subject.split())[:200], body.strip())


def limit_name(deadline: Deadline) -> str:
    """What a limit is called in a notice, whatever language the page is in that lets the clock speak."""
    return _limit_name(deadline.term)


@cache
def _limit_name(term: str) -> str:
    with translation.override(LANGUAGE):
        return str(kinds.term_name(term))


def day(value: date) -> str:
    return f"{value.year}年{value.month}月{value.day}日"


def moment(value: datetime) -> str:
    """A moment in Shanghai's time; midnight as 24:00 of the day that it ends (民法典 art. 203)."""
    local = value.astimezone(SHANGHAI)
    if local.time() == time.min:
        return f"{day(local.date() - ONE_DAY)}24:00"
    return f"{day(local.date())}{local:%H:%M}"


def last_day(deadline: Deadline) -> str:
    """The last day of a limit; one that may still move, because its year's holidays are unknown, says so."""
    if deadline.due_on is None:
        return "（时限暂停计算）"
    return day(deadline.due_on) + ("（暂定）" if deadline.provisional else "")


def limits_of(running: Sequence[Deadline]) -> dict[str, str]:
    """The last days of running limits by the last word of their codes, as `{{ due.reply }}`."""
    return {deadline.term.rpartition(".")[2]: last_day(deadline) for deadline in running}
