"""Issuing a document: its number, its signed bytes, its place in the ledger, and how it ends."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import InternalError, connection, transaction

from portal.cases.workflow import NotAllowed, Refused
from portal.documents import actions, kinds
from portal.documents.kinds import DocumentKind
from portal.documents.models import Document, Ended, Standing
from portal.ledger.models import Event
from portal.organisation.actors import CITIZEN, SYSTEM, Actor, Role
from tests.bureau import make_bureau, ticket

pytestmark = pytest.mark.django_db

AT = datetime(2026, 11, 24, 2, 30, tzinfo=UTC)
HEAD = Actor(id=7, name="示例主任", roles=frozenset({Role.OFFICE_HEAD}))
OPERATOR = Actor(id=8, name="示例话务员", roles=frozenset({Role.OPERATOR}))
VALUES = {
    "addressee": "市财政局",
    "paragraphs": ["请于三个工作日内函复。"],
    "office": "办公室",
    "phone": "12319",
}


def issued(*, at: datetime = AT, **more) -> Document:
    given = {"title": "关于商请核对路灯电费的函", "values": VALUES, "actor": HEAD, **more}
    return actions.issue("letter", at=at, **given)


def test_a_document_is_numbered_signed_kept_and_recorded():
    document = issued()
    assert document.number == "云城管函〔2026〕1号"
    found = actions.document_bytes(document)
    assert found.startswith(b"%PDF-")
    assert len(found) == document.size
    assert document.signer
    assert document.standing(date(2026, 11, 24)) is Standing.IN_FORCE
    (event,) = Event.objects.of(document.subject)
    assert (event.verb, event.actor_id, event.at) == ("document_issued", 7, AT)
    assert event.data["sha256"] == document.sha256
    assert event.data["layout_digest"] == document.layout_digest
    assert event.data["case"] is None


def test_numbers_follow_one_another_within_a_year_in_shanghai():
    numbers = [
        issued(at=at).number
        for at in (AT, AT, datetime(2026, 12, 31, 15, 59, tzinfo=UTC), datetime(2026, 12, 31, 16, tzinfo=UTC))
    ]
    assert numbers == [
        "云城管函〔2026〕1号",
        "云城管函〔2026〕2号",
        "云城管函〔2026〕3号",
        "云城管函〔2027〕1号",
    ]


def test_a_document_that_cannot_be_set_uses_up_no_number_and_leaves_nothing(settings):
    before = {path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()}
    with pytest.raises(Refused) as refused, transaction.atomic():
        issued(values={"paragraphs": ["一"]})
    assert refused.value.field == "addressee"
    with pytest.raises(Refused), transaction.atomic():
        issued(values={**VALUES, "paragraphs": ["没有字形的字：\U0003134a"]})
    assert issued().number == "云城管函〔2026〕1号"
    after = {path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()}
    assert len(after - before) == 1


def test_a_document_that_cannot_be_kept_leaves_no_file(settings, monkeypatch):
    def fails(*_arguments, **_more):
        raise RuntimeError("the ledger is away")

    before = {path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()}
    monkeypatch.setattr(actions, "record", fails)
    with pytest.raises(RuntimeError), transaction.atomic():
        issued()
    assert {path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()} == before
    assert not Document.objects.exists()


def test_a_document_of_a_case_stands_in_the_history_of_the_case():
    bureau = make_bureau()
    matter = ticket(bureau)
    document = issued(case=matter.case_ptr)
    last = Event.objects.of(matter.subject).last()
    assert last is not None
    assert (last.verb, last.data["document"]) == ("document_issued", document.number)
    assert Event.objects.of(document.subject).get().data["case"] == matter.number


# Who --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", list(Role))
def test_who_may_issue_a_letter_by_hand(role: Role):
    actor = Actor(id=9, name="示例", roles=frozenset({role}))
    given = {"title": "函", "values": VALUES, "actor": actor, "at": AT}
    if role in (Role.OFFICE_HEAD, Role.CHIEF_REPRESENTATIVE):
        assert actions.issue_by_hand("letter", **given).made_by_id == 9
    else:
        with pytest.raises(NotAllowed):
            actions.issue_by_hand("letter", **given)


def test_who_may_read_which():
    bureau = make_bureau()
    open_one = issued(is_public=True)
    letter = issued()
    of_a_ticket = issued(case=ticket(bureau, "handling").case_ptr)

    def read_by(actor: Actor) -> set[str]:
        return set(Document.objects.visible_to(actor).values_list("number", flat=True))

    assert read_by(CITIZEN) == read_by(SYSTEM) == {open_one.number}
    assert read_by(HEAD) == {open_one.number, letter.number, of_a_ticket.number}  # its own
    other_head = Actor(id=70, name="示例", roles=frozenset({Role.OFFICE_HEAD}))
    assert read_by(other_head) == {open_one.number, letter.number}
    assert read_by(bureau.actor("operator")) == {open_one.number, of_a_ticket.number}
    assert read_by(bureau.actor("handler")) == {open_one.number, of_a_ticket.number}
    assert read_by(bureau.actor("handler_roads")) == {open_one.number}
    assert read_by(bureau.actor("administrator")) == {open_one.number}


# How it ends ------------------------------------------------------------------------------------------------


def test_standing_by_day():
    document = issued(valid_from=date(2026, 12, 1), valid_until=date(2026, 12, 31))
    found = [document.standing(date(2026, *day)) for day in ((11, 30), (12, 1), (12, 31))]
    assert found == [Standing.NOT_YET, Standing.IN_FORCE, Standing.IN_FORCE]
    assert document.standing(date(2027, 1, 1)) is Standing.EXPIRED


def test_a_document_is_revoked_once_with_a_reason():
    document = issued()
    with pytest.raises(NotAllowed):
        actions.revoke(document, reason="写错了", actor=OPERATOR, at=AT)
    with pytest.raises(Refused) as refused:
        actions.revoke(document, reason="  ", actor=HEAD, at=AT)
    assert refused.value.field == "reason"
    revoked = actions.revoke(document, reason="收件单位有误", actor=HEAD, at=AT)
    assert revoked.standing(date(2026, 11, 24)) is Standing.REVOKED
    with pytest.raises(Refused):
        actions.revoke(document, reason="再次", actor=HEAD, at=AT)
    assert Event.objects.of(document.subject).last().data["reason"] == "收件单位有误"


def test_a_document_is_superseded_by_another():
    old, new = issued(), issued()
    ended = actions.end(old, Ended.SUPERSEDED, by=new, actor=HEAD, at=AT)
    assert ended.standing(date(2026, 11, 24)) is Standing.SUPERSEDED
    assert ended.replaced_by == new


# Behind the portal's back -----------------------------------------------------------------------------------


@pytest.mark.parametrize("column", ["number", "title", "sha256", "valid_until", "signed_at", "file"])
def test_the_database_refuses_to_change_what_was_issued(column: str):
    document = issued(valid_until=date(2026, 12, 31))
    value = "2030-01-01" if column in ("valid_until", "signed_at") else "x"
    with pytest.raises(InternalError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE documents_document SET {column} = %s WHERE id = %s", [value, document.pk])
    with pytest.raises(InternalError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM documents_document WHERE id = %s", [document.pk])


def verified() -> tuple[bool, str]:
    out = io.StringIO()
    try:
        call_command("verify_ledger", stdout=out)
    except CommandError:
        return False, out.getvalue()
    return True, out.getvalue()


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE documents_document SET number = '云城管函〔2026〕9号'",
        "UPDATE documents_document SET valid_until = '2036-01-01'",
        "UPDATE documents_document SET made_at = made_at - interval '1 year'",
        "UPDATE documents_document SET is_public = true",
        "UPDATE documents_document SET ended = 'revoked', ended_at = now(), ended_reason = '我说了算'",
        "DELETE FROM documents_document",
    ],
)
def test_verify_ledger_finds_a_row_that_was_changed(change: str):
    document = issued()
    assert verified()[0]
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE documents_document DISABLE TRIGGER USER")
        cursor.execute(change)
        cursor.execute("ALTER TABLE documents_document ENABLE TRIGGER USER")
    good, said = verified()
    assert not good
    assert document.check_code in said or "云城管函" in said


def test_verify_ledger_finds_a_revocation_that_was_taken_back():
    document = actions.revoke(issued(), reason="写错了", actor=HEAD, at=AT)
    assert verified()[0]
    Document.objects.filter(pk=document.pk).update(ended="", ended_at=None, ended_reason="")
    assert not verified()[0]


def test_verify_ledger_finds_tampered_and_missing_bytes():
    document = issued()
    path = Path(document.file.path)
    good = path.read_bytes()
    path.write_bytes(good[:-20] + b"x" + good[-19:])
    with pytest.raises(actions.Tampered):
        actions.document_bytes(document)
    found, said = verified()
    assert not found
    assert document.number in said
    path.write_bytes(good)
    assert verified()[0]
    path.unlink()
    assert not verified()[0]


# Kinds ------------------------------------------------------------------------------------------------------


def test_two_kinds_share_neither_code_nor_word():
    with pytest.raises(ValueError, match="another kind"):
        kinds.register(DocumentKind("letter", "x", "letter", "某"))
    with pytest.raises(ValueError, match="another kind"):
        kinds.register(DocumentKind("other", "x", "letter", "函"))
