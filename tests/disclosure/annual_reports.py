"""Annual reports walked to their states by real verbs, and browsers of those who work on them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.test import Client

from disclosure import reporting
from disclosure.models.reports import AnnualReport
from portal.organisation import second_factor
from tests.bureau import Bureau, moment

# The year is over, and its report due in four weeks.
JANUARY = moment("2027-01-04 10:00")
FIGURES: dict[str, Any] = {
    "rules_made": 0,
    "rules_repealed": 0,
    "rules_in_force": 0,
    "normative_documents_made": 4201,
    "normative_documents_repealed": 4202,
    "normative_documents_in_force": 4203,
    "permits_decisions": 4204,
    "penalties_decisions": 4205,
    "compulsory_measures_decisions": 4206,
    "fees_amount": "4207.5",
}
TEXTS = {
    "overall": "（一）主动公开。今年公开的信息都在目录里。\n（二）依申请公开。都按期答复。",
    "problems": "目录的关键词不够细，明年逐条补齐。",
    "others": "没有其他需要报告的事项。",
}


def begun(office: Bureau, *, who: str = "disclosure", at: datetime = JANUARY) -> AnnualReport:
    """The report of 2026, with the first draft of its texts."""
    return reporting.begin(2026, actor=office.actor(who), at=at)


def written(office: Bureau, *, who: str = "disclosure", at: datetime = JANUARY) -> AnnualReport:
    """With all that it needs to be approved."""
    report = begun(office, who=who, at=at)
    return reporting.write(report, figures=FIGURES, texts=TEXTS, actor=office.actor(who), at=at)


def approved(office: Bureau, *, at: datetime = JANUARY) -> AnnualReport:
    return reporting.approve(written(office, at=at), actor=office.actor("agency_head"), at=at)


def browser(office: Bureau, who: str) -> Client:
    """In Chinese; "nobody" is not signed in."""
    client = Client()
    if who != "nobody":
        client.force_login(office.staff[who])
        session = client.session
        second_factor.mark_passed(session, office.staff[who])
        session.save()
    return client
