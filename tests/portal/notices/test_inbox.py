"""The inbox: whose notices it shows, page by page, and what reading does; and the page of failed ones."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import BadRequest
from django.db import IntegrityError, connection, transaction
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from portal.notices import inbox
from portal.notices.models import Notice
from portal.organisation.actors import ANONYMOUS, CITIZEN, SYSTEM, Role
from portal.paging import page
from tests.portal.notices.bureau import AT, PHONE

INBOX = "/notices/"
FAILED = "/notices/failed/"


def put(key: str, *, minutes: int = 0, **reader) -> Notice:
    at = AT + timedelta(minutes=minutes)
    values = {
        "channel": "portal",
        "subject": f"通知{key}",
        "body": "灯已修好",
        "queued_at": at,
        "deliver_after": at,
        "state": "delivered",
        "delivered_at": at,
    }
    return Notice.objects.create(key=key, **{**values, **reader})


def put_failed(key: str, **values) -> Notice:
    given = {"channel": "sms", "address": PHONE, "state": "failed", "delivered_at": None, "attempts": 8}
    return put(key, **{**given, **values})


# Whose ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "sees"),
    [
        ("operator", {"centre"}),
        ("handler", {"greening", "handler"}),
        ("mailed", {"roads"}),
        ("clerk", {"roads"}),
        ("supervisor", {"supervisors"}),
        ("administrator", set()),
    ],
)
def test_everyone_sees_the_own_notices_the_units_and_the_roles(bureau, who, sees):
    put("centre", unit=bureau.centre)
    put("greening", unit=bureau.greening)
    put("roads", unit=bureau.roads)
    put("handler", staff=bureau.staff["handler"])
    put("supervisors", role=Role.SUPERVISOR)
    put_failed("citizen")
    actor = bureau.actor(who)
    assert set(inbox.owned_by(actor).values_list("key", flat=True)) == sees
    assert inbox.unread_count(actor) == len(sees)
    body = bureau.client(who).get(INBOX).content.decode()
    for key in ("centre", "greening", "roads", "handler", "supervisors", "citizen"):
        assert (f"通知{key}" in body) == (key in sees)


@pytest.mark.parametrize("actor", [ANONYMOUS, CITIZEN, SYSTEM])
def test_who_does_not_work_here_has_no_inbox(db, actor, django_assert_num_queries):
    put("supervisors", role=Role.SUPERVISOR)
    with django_assert_num_queries(0):
        assert inbox.unread_count(actor) == 0
        assert not list(inbox.newest(Notice.objects.all(), actor, ["-queued_at", "-pk"], 5))
    assert not inbox.owned_by(actor).exists()


def test_the_count_of_unread_ones_is_one_query_and_ends_at_a_hundred(bureau, django_assert_num_queries):
    actor = bureau.actor("handler")
    for number in range(60):
        put(f"own{number}", staff=bureau.staff["handler"])
        put(f"unit{number}", unit=bureau.greening)
    with django_assert_num_queries(1):
        assert inbox.unread_count(actor) == 100


def test_signed_out_the_inbox_leads_to_sign_in(db):
    assert Client().get(INBOX).status_code == 302
    assert Client().post(reverse("notices:read_all")).status_code == 302


# Reading --------------------------------------------------------------------------------------------------


def test_a_notice_is_marked_as_read_by_who_read_it_first(bureau):
    notice = put("greening", unit=bureau.greening)
    response = bureau.client("handler").post(reverse("notices:read", args=[notice.pk]))
    assert (response.status_code, response.url) == (302, INBOX)
    notice.refresh_from_db()
    assert notice.read_by == bureau.staff["handler"]
    first = notice.read_at
    inbox.mark_read(notice, actor=bureau.actor("handler"), at=AT + timedelta(days=9))
    notice.refresh_from_db()
    assert notice.read_at == first


def test_nobody_marks_the_notices_of_others(bureau):
    notice = put("greening", unit=bureau.greening)
    assert bureau.client("mailed").post(reverse("notices:read", args=[notice.pk])).status_code == 404
    inbox.mark_read(notice, actor=bureau.actor("mailed"), at=AT)
    notice.refresh_from_db()
    assert notice.is_unread


def test_all_are_marked_but_not_those_that_came_since(bureau):
    put("one", unit=bureau.greening)
    put("two", staff=bureau.staff["handler"])
    other = put("other", unit=bureau.roads)
    newer = put("newer", minutes=5, unit=bureau.greening)
    assert inbox.mark_all_read(actor=bureau.actor("handler"), at=AT) == 2
    assert set(Notice.objects.unread()) == {other, newer}


def test_reading_leads_nowhere_else(bureau):
    notice = put("greening", unit=bureau.greening)
    response = bureau.client("handler").post(
        reverse("notices:read", args=[notice.pk]), {"next": "https://elsewhere.invalid/"}
    )
    assert response.url == INBOX


# Pages ----------------------------------------------------------------------------------------------------


def test_the_list_is_read_page_by_page_there_and_back(bureau):
    # Three inboxes, and moments that several share.
    readers = [{"unit": bureau.greening}, {"staff": bureau.staff["handler"]}]
    keys = [put(f"n{number:02}", minutes=number // 3, **readers[number % 2]).key for number in range(50)][
        ::-1
    ]
    client = bureau.client("handler")

    def shown(query: str):
        response = client.get(INBOX + query)
        assert response.status_code == 200
        return [entry["notice"].key for entry in response.context["entries"]], response.context["page"]

    first, first_page = shown("")
    second, second_page = shown(first_page.older_url)
    third, third_page = shown(second_page.older_url)
    assert first + second + third == keys
    assert (first_page.newer_url, third_page.older_url) == ("", "")
    again, again_page = shown(third_page.newer_url)
    assert again == second
    assert shown(again_page.newer_url)[0] == first


@pytest.mark.parametrize(
    "mark",
    [
        "x",
        "2026-11-23_5",
        "2026-11-23T02:00:00+00:00_x",
        "2026-11-23T02:00:00+00:00_-1",
        "_",
        "\x00_1",
        "2026-11-23T02:00:00+00:00_99999999999999999999",
        "9999-12-31T23:59:59-23:59_9223372036854775807",
        "0001-01-01T00:00:00+23:59_1",
        "2026-01-01T00:00:00+23:59:59.999999_1",
    ],
)
def test_a_made_up_place_in_the_list_is_refused(bureau, mark):
    query = QueryDict(mutable=True)
    query["older"] = mark
    with pytest.raises(BadRequest):
        page(Notice.objects.all(), by="queued_at", query=query)
    assert bureau.client("handler").get(INBOX, {"newer": mark}).status_code == 400


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+00:00", "9999-12-31T23:59:59.999999+00:00"])
def test_the_ends_of_time_are_places_without_rows_beyond(bureau, moment):
    put("only", unit=bureau.greening)
    for direction in ("older", "newer"):
        answer = bureau.client("handler").get(INBOX, {direction: f"{moment}_{2**63 - 1}"})
        assert answer.status_code == 200


def test_only_unread_and_only_of_a_case(bureau):
    ticket = bureau.dispatched()
    put("other", minutes=1, unit=bureau.greening)
    client = bureau.client("handler")
    found = client.get(INBOX, {"case": f" {ticket.number.lower()} "}).context["entries"]
    assert [entry["notice"].case for entry in found] == [ticket.case_ptr]
    inbox.mark_read(found[0]["notice"], actor=bureau.actor("handler"), at=AT)
    unread = client.get(INBOX, {"unread": "on"}).context["entries"]
    assert [entry["notice"].key for entry in unread] == ["other"]


def test_the_page_costs_the_same_however_much_there_is(bureau):
    client = bureau.client("handler")

    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert client.get(INBOX).status_code == 200
        return len(seen)

    bureau.dispatched()
    few = queries()
    for number in range(40):
        put(f"n{number}", minutes=number, unit=bureau.greening)
    bureau.dispatched(at=AT + timedelta(hours=2))
    assert queries() == few <= 12


def test_an_inbox_reads_its_index(bureau):
    put("one", unit=bureau.greening)
    put("two", staff=bureau.staff["handler"])
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        found = inbox.newest(Notice.objects.all(), bureau.actor("handler"), ["-queued_at", "-pk"], 21)
        plan = found.explain()
    assert "notice_inbox_staff" in plan
    assert "notice_inbox_unit" in plan


# Failed ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("operator", 403),
        ("handler", 403),
        ("clerk", 403),
        ("office_head", 403),
        ("chief_representative", 403),
        ("disclosure_officer", 403),
        ("secrecy_reviewer", 403),
        ("supervisor", 200),
        ("administrator", 200),
    ],
)
def test_who_sees_what_could_not_be_delivered(bureau, who, status):
    notice = put_failed("citizen", error="OSError 111")
    client = bureau.client(who)
    response = client.get(FAILED)
    assert response.status_code == status
    body = response.content.decode()
    assert ("139****0001" in body) == (status == 200)
    assert PHONE not in body
    assert "灯已修好" not in body
    retried = client.post(reverse("notices:retry", args=[notice.pk]))
    assert retried.status_code == (302 if status == 200 else 403)
    notice.refresh_from_db()
    assert notice.state == ("queued" if status == 200 else "failed")


def test_failed_ones_are_narrowed_by_channel(bureau):
    put_failed("phone")
    put_failed("mail", channel="email", address="a@example.invalid")
    client = bureau.client("supervisor")
    found = client.get(FAILED, {"channel": "email"}).context["entries"]
    assert [entry["notice"].key for entry in found] == ["mail"]
    assert client.get(FAILED, {"channel": "pigeon"}).status_code == 400
    assert client.post(reverse("notices:retry", args=[10**9])).status_code == 404


# What the database holds ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "constraint"),
    [
        ({}, "a_notice_has_one_reader"),
        ({"role": "supervisor", "address": "x"}, "a_notice_has_one_reader"),
        ({"channel": "sms", "address": PHONE, "state": "queued"}, "only_a_queued_notice_is_tried_again"),
        ({"role": "supervisor", "delivered_at": None}, "only_a_queued_notice_is_tried_again"),
        (
            {"role": "supervisor", "state": "failed", "delivered_at": None},
            "a_notice_in_the_portal_is_there_at_once",
        ),
        ({"role": "supervisor", "deliver_after": AT - timedelta(1)}, "a_notice_is_written_before_it_goes"),
        ({"role": "supervisor", "read_at": AT}, "a_read_notice_says_who_read_it"),
        ({"channel": "sms"}, "a_notice_has_one_reader"),
    ],
)
def test_the_database_refuses_a_notice_that_makes_no_sense(db, values, constraint):
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        put("odd", **values)
