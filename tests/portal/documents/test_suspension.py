"""A document that is suspended and reinstated: who is told what, and what the ledger keeps."""

from __future__ import annotations

import io
import json
from datetime import date, datetime, timedelta

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.utils import timezone, translation

from portal.cases.terms import local_day
from portal.cases.workflow import Refused
from portal.documents import actions
from portal.documents.models import Document, Ended, Standing
from portal.ledger.models import Event
from portal.organisation.actors import SYSTEM, Actor, Role
from tests.portal.notices.bureau import found

pytestmark = pytest.mark.django_db

CLERK = Actor(id=7, name="示例窗口", roles=frozenset({Role.CLERK}))
VALUES = {"addressee": "市财政局", "paragraphs": ["请函复。"]}
REASON = "现场与许可内容不符，限期整改。"
DAY = timedelta(days=1)
ENGLISH = {"HTTP_COOKIE": "django_language=en"}
CHINESE = {"HTTP_COOKIE": "django_language=zh-hans"}


@pytest.fixture(autouse=True)
def _fresh_cache() -> None:
    cache.clear()


@pytest.fixture
def now() -> datetime:
    return timezone.now()


def issued(at: datetime, **more) -> Document:
    return actions.issue("letter", title="关于占道的函", values=VALUES, actor=SYSTEM, at=at, **more)


def suspended(document: Document, at: datetime, reason: str = REASON) -> Document:
    return actions.suspend(document, reason=reason, actor=CLERK, at=at)


def reinstated(document: Document, at: datetime, reason: str = "整改完成。") -> Document:
    return actions.reinstate(document, reason=reason, actor=CLERK, at=at)


# The verbs --------------------------------------------------------------------------------------------------


def test_a_document_is_suspended_and_reinstated(now: datetime):
    document, today = issued(now), local_day(now)
    rests = suspended(document, now + DAY, f"  {REASON} ")
    assert (rests.suspended_at, rests.suspended_reason) == (now + DAY, REASON)
    assert rests.standing(today) is Standing.SUSPENDED
    holds = reinstated(document, now + 2 * DAY)
    assert (holds.suspended_at, holds.suspended_reason) == (None, "")
    assert holds.standing(today) is Standing.IN_FORCE
    assert suspended(document, now + 3 * DAY).standing(today) is Standing.SUSPENDED
    events = list(Event.objects.of(document.subject))
    assert [(event.verb, event.actor_id) for event in events[1:]] == [
        ("document_suspended", 7),
        ("document_reinstated", 7),
        ("document_suspended", 7),
    ]
    assert [event.data["reason"] for event in events[1:]] == [REASON, "整改完成。", REASON]
    assert events[1].at == now + DAY


# How the document stands, and whether each verb takes it then; written by hand from the rules.
MAY = {
    "in force": (True, False),
    "not yet": (True, False),
    "expired": (False, False),
    "suspended": (False, True),
    "suspended and expired": (False, True),
    "reinstated": (True, False),
    "revoked": (False, False),
    "superseded": (False, False),
    "suspended and revoked": (False, False),
}


def standing_like(how: str, now: datetime) -> Document:
    today = local_day(now)
    days = {
        "not yet": {"valid_from": today + DAY},
        "expired": {"valid_from": today - 9 * DAY, "valid_until": today - DAY},
        "suspended and expired": {"valid_from": today - 9 * DAY, "valid_until": today},
    }
    document = issued(now, **days.get(how, {}))
    if how.startswith("suspended") or how == "reinstated":
        suspended(document, now)
    if how == "reinstated":
        reinstated(document, now)
    if how.endswith("revoked"):
        actions.end(document, Ended.REVOKED, reason="有误", actor=CLERK, at=now)
    if how == "superseded":
        actions.end(document, Ended.SUPERSEDED, by=issued(now), actor=CLERK, at=now)
    return document


@pytest.mark.parametrize("how", MAY)
@pytest.mark.parametrize("verb", [suspended, reinstated])
def test_which_may_be_suspended_and_which_reinstated(how: str, verb, now: datetime):
    document = standing_like(how, now)
    before = Event.objects.of(document.subject).count()
    at = now + DAY if how == "suspended and expired" else now
    if MAY[how][verb is reinstated]:
        verb(document, at)
        assert Event.objects.of(document.subject).count() == before + 1
        return
    with translation.override("en"), pytest.raises(Refused) as refused:
        verb(document, at)
    assert str(refused.value.message).startswith("This document ")
    assert Event.objects.of(document.subject).count() == before


@pytest.mark.parametrize("reason", ["", " \n ", "长" * 501])
@pytest.mark.parametrize("verb", [suspended, reinstated])
def test_a_reason_must_be_given_that_can_be_kept(verb, reason: str, now: datetime):
    document = standing_like("suspended" if verb is reinstated else "in force", now)
    with pytest.raises(Refused) as refused:
        verb(document, now, reason)
    assert refused.value.field == "reason"


# What is over, or held back, is that first; a suspension counts more than a beginning that is still to come.
STANDS = {
    date(2026, 11, 30): Standing.SUSPENDED,
    date(2026, 12, 31): Standing.SUSPENDED,
    date(2027, 1, 1): Standing.EXPIRED,
}


def test_how_a_suspended_document_stands_by_day(now: datetime):
    document = suspended(issued(now, valid_from=date(2026, 12, 1), valid_until=date(2026, 12, 31)), now)
    assert {day: document.standing(day) for day in STANDS} == STANDS
    ended = actions.end(document, Ended.REVOKED, reason="有误", actor=CLERK, at=now)
    assert ended.standing(date(2026, 11, 30)) is Standing.REVOKED
    assert ended.suspended_at == now


# What people see --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("language", "word"), [(ENGLISH, "Suspended since"), (CHINESE, "暂停")])
def test_the_check_page_shows_it_and_readers_alone_learn_why(language, word: str, now: datetime):
    for is_public in (True, False):
        document = suspended(issued(now, is_public=is_public), now)
        page = Client().get(f"/verify/{document.check_code}/", **language).content.decode()
        assert word in page
        assert (REASON in page) is is_public
        file = SimpleUploadedFile("a.pdf", actions.document_bytes(document))
        answer = Client().post("/verify/", {"file": file}, HTTP_ACCEPT="text/html", **language)
        assert word in answer.content.decode()
        assert (REASON in answer.content.decode()) is is_public
        reinstated(document, now)
        assert word not in Client().get(f"/verify/{document.check_code}/", **language).content.decode()


def test_programs_are_told(now: datetime):
    bureau = found()
    document = suspended(issued(now, is_public=True), now)
    closed = suspended(issued(now), now)
    file = SimpleUploadedFile("a.pdf", actions.document_bytes(document))
    told = json.loads(Client().post("/verify/", {"file": file}, HTTP_ACCEPT="application/json").content)
    assert (told["verdict"], told["document"]["standing"]) == ("valid", "suspended")
    told = Client().get(f"/api/v1/documents/{document.check_code}/", **ENGLISH).json()
    assert (told["standing"], told["suspended_reason"], told["ended_at"]) == ("suspended", REASON, None)
    assert told["suspended_at"] is not None
    assert told["words"].startswith("Suspended since")
    strange = Client().get(f"/api/v1/documents/{closed.check_code}/", **ENGLISH).json()
    assert (strange["standing"], strange["suspended_reason"]) == ("suspended", None)
    listed = bureau.client("office_head").get("/api/v1/documents/", {"standing": "suspended"}).json()
    assert {row["number"] for row in listed["results"]} == {document.number, closed.number}


def test_the_desk_shows_it_with_its_history(now: datetime):
    bureau = found()
    document = suspended(issued(now), now)
    desk = bureau.client("office_head")
    desk.cookies["django_language"] = "en"
    page = desk.get(f"/documents/{document.check_code}/").content.decode()
    for each in ("Suspended since", REASON, "Revoke the document"):
        assert each in page
    reinstated(document, now)
    page = desk.get(f"/documents/{document.check_code}/").content.decode()
    assert "Suspended since" not in page
    for each in ("Suspended", "Reinstated", REASON, "整改完成。", "In force."):
        assert each in page


# Behind the portal's back -----------------------------------------------------------------------------------


def is_verified() -> bool:
    try:
        call_command("verify_ledger", stdout=io.StringIO())
    except CommandError:
        return False
    return True


@pytest.mark.parametrize(
    "change",
    [
        {"suspended_at": None, "suspended_reason": ""},
        {"suspended_reason": "别的理由"},
        {"suspended_at": datetime.fromisoformat("2026-01-01T00:00:00+00:00")},
    ],
)
def test_verify_ledger_finds_a_suspension_that_was_changed(change, now: datetime):
    document = suspended(issued(now), now)
    assert is_verified()
    Document.objects.filter(pk=document.pk).update(**change)
    assert not is_verified()


def test_verify_ledger_finds_a_suspension_that_nobody_ordered(now: datetime):
    document = suspended(issued(now), now)
    reinstated(document, now)
    assert is_verified()
    actions.end(suspended(document, now), Ended.REVOKED, reason="有误", actor=CLERK, at=now)
    assert is_verified()
    other = issued(now)
    Document.objects.filter(pk=other.pk).update(suspended_at=now, suspended_reason="我说了算")
    assert not is_verified()


@pytest.mark.parametrize("assignment", ["suspended_at = now()", "suspended_reason = '无日期'"])
def test_the_database_refuses_a_suspension_that_does_not_say_why_and_when(assignment: str, now: datetime):
    document = issued(now)
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE documents_document SET {assignment} WHERE id = %s", [document.pk])
