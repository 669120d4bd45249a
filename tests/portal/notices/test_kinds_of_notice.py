"""What a kind of case says of its notices: who answers where nobody is named, who may know an address.

Of a complaint about a pledge the unit is the one complained of: it is not told of its limits, and whoever the
complaint is against does not learn how the complainant is reached.
"""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from portal.cases.access import contacts_seen
from portal.cases.actions import sweep
from portal.cases.models import Case
from portal.notices.models import Notice
from portal.organisation import second_factor
from portal.organisation.actions import deactivate
from portal.organisation.actors import SYSTEM, Role
from tests.bureau import MONDAY, Bureau, moment, ticket
from tests.pledges.office import breach_in, make_office, version_in

FAILED = "/notices/failed/"


@pytest.fixture
def bureau(db: None) -> Bureau:
    return make_office()


def page_of(bureau: Bureau, who: str) -> Client:
    client, staff = Client(), bureau.staff[who]
    client.force_login(staff)
    session = client.session
    second_factor.mark_passed(session, staff)
    session.save()
    return client


def limits_told() -> list[Notice]:
    return list(Notice.objects.filter(key__startswith="deadline:"))


def test_the_limits_of_a_complaint_go_to_the_supervisors_and_never_to_the_unit(bureau):
    breach = breach_in("investigating", bureau, version_in("published", bureau))
    deactivate(staff=breach.holder, actor=SYSTEM, at=MONDAY)
    sweep(at=moment("2026-12-15 09:00"))
    told = limits_told()
    assert told
    assert {(each.role, each.unit_id, each.staff_id) for each in told} == {(Role.SUPERVISOR, None, None)}


def test_a_complaint_that_nobody_holds_goes_to_them_too(bureau):
    breach = breach_in("received", bureau, version_in("published", bureau))
    Case.objects.filter(pk=breach.pk).update(holder=None)
    sweep(at=moment("2026-11-05 09:00"))
    assert {(each.role, each.unit_id) for each in limits_told()} == {(Role.SUPERVISOR, None)}


def test_of_a_ticket_the_unit_answers(bureau):
    made = ticket(bureau, "handling")
    deactivate(staff=bureau.staff["handler"], actor=SYSTEM, at=MONDAY)
    sweep(at=moment("2026-12-15 09:00"))
    assert {each.unit for each in limits_told() if each.case_id == made.pk} == {bureau.units["greening"]}


def fail(*cases: Case) -> None:
    """The messages to the people who brought the cases could not be delivered."""
    Notice.objects.filter(case__in=cases, channel="sms").update(
        state=Notice.State.FAILED, next_attempt_at=None, attempts=8
    )


@pytest.mark.parametrize(
    ("who", "sees"),
    [
        ("supervisor", True),
        # The complaint is against her unit.
        ("supervisor_greening", False),
        # She keeps the post going, and handles no complaint.
        ("administrator", False),
    ],
)
def test_an_address_is_shown_to_those_who_may_know_it(bureau, who, sees):
    breach = breach_in("received", bureau, version_in("published", bureau))
    call = ticket(bureau)
    fail(breach, call)
    page = page_of(bureau, who).get(FAILED)
    shown = {entry["notice"].case_id: entry["address"] for entry in page.context["entries"]}
    assert shown == {breach.pk: "19900000002" if sees else "", call.pk: "19900000001"}
    text = page.content.decode()
    assert ("199****0002" in text) == sees
    assert "199****0001" in text
    assert ('">–</td>' in text) is not sees


def test_a_colleagues_address_is_not_the_complainants(bureau):
    breach = breach_in("received", bureau, version_in("published", bureau))
    Notice.objects.create(
        key="holder",
        case=breach,
        channel="email",
        staff=bureau.staff["supervisor"],
        address="duty@example.invalid",
        subject="通知",
        body="请办理",
        queued_at=MONDAY,
        deliver_after=MONDAY,
        state="failed",
    )
    page = page_of(bureau, "administrator").get(FAILED)
    assert [entry["address"] for entry in page.context["entries"]] == ["duty@example.invalid"]


def test_the_page_costs_the_same_however_many_failed(bureau):
    version = version_in("published", bureau)
    client = page_of(bureau, "administrator")

    def queries(count: int, hours: int) -> int:
        for number in range(count):
            at = MONDAY + timedelta(hours=hours, minutes=number)
            fail(breach_in("received", bureau, version, at=at), ticket(bureau, at=at))
        with CaptureQueriesContext(connection) as seen:
            assert client.get(FAILED).status_code == 200
        return len(seen)

    assert queries(1, 1) == queries(5, 2)


def test_of_a_case_whose_app_is_gone_nobody_knows_the_rule(bureau):
    made = ticket(bureau)
    made.kind = "gone"
    assert contacts_seen([made], bureau.actor("supervisor")) == set()
