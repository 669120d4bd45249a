"""The desk of documents: who gets in, the list, a document and its revocation."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation

from portal.cases.terms import local_day
from portal.documents import actions
from portal.documents.models import Document
from portal.documents.urls import urlpatterns
from portal.ledger.models import Event
from portal.organisation.actors import SYSTEM
from tests.portal.documents.desk import TITLE, issued, ordered
from tests.portal.notices.bureau import Bureau, found

pytestmark = pytest.mark.django_db
LIST = "/documents/"
DAY = timedelta(days=1)


@pytest.fixture
def bureau(db: None) -> Bureau:
    cache.clear()
    return found()


@pytest.fixture
def desk(bureau: Bureau) -> Client:
    client = bureau.client("office_head")
    client.cookies["django_language"] = "en"
    return client


def text_of(response: Any) -> str:
    return response.content.decode()


# Who gets what ----------------------------------------------------------------------------------------------

ROLES = (
    "operator",
    "handler",
    "clerk",
    "office_head",
    "chief_representative",
    "disclosure_officer",
    "secrecy_reviewer",
    "supervisor",
    "administrator",
)
# Columns in the order of ROLES; the document of the table is a letter that is not public.
TABLE = {
    "list": "200 200 200 200 200 200 200 200 200",
    "document": "404 404 404 200 200 200 404 200 404",
    "revoke": "405 405 405 405 405 405 405 405 405",
    "new": "403 403 403 200 200 403 403 403 403",
    "batches": "403 403 403 200 200 200 403 200 403",
    "new_batch": "403 403 403 200 200 403 403 403 403",
    "batch": "403 403 403 200 200 200 403 200 403",
    "batch_progress": "403 403 403 302 302 302 403 302 403",
    "stop": "403 403 403 405 405 405 403 405 403",
}
# The same by POST, each with nothing in it; the batch of the table was ordered by the office head.
POSTED = {
    "list": "405 405 405 405 405 405 405 405 405",
    "document": "405 405 405 405 405 405 405 405 405",
    "revoke": "404 404 404 400 400 403 404 403 404",
    "new": "403 403 403 400 400 403 403 403 403",
    "batches": "403 403 403 405 405 405 403 405 403",
    "new_batch": "403 403 403 400 400 403 403 403 403",
    "batch": "403 403 403 405 405 405 403 405 403",
    "batch_progress": "403 403 403 405 405 405 403 405 403",
    "stop": "403 403 403 302 403 403 403 403 403",
}


@pytest.mark.parametrize(("method", "rules"), [("get", TABLE), ("post", POSTED)])
def test_every_address_for_every_role(bureau: Bureau, method: str, rules: dict[str, str]):
    document, batch = issued(bureau), ordered(bureau, 1)
    batch_args = {"pk": batch.pk}
    takes = {"document": {"code": document.check_code}, "revoke": {"code": document.check_code}}
    takes |= dict.fromkeys(("batch", "batch_progress", "stop"), batch_args)
    expected, got = {}, {}
    clients = {role: bureau.client(role) for role in ROLES}
    for name, row in rules.items():
        address = reverse(f"documents:{name}", kwargs=takes.get(name))
        anonymous = getattr(Client(), method)(address)
        assert anonymous.status_code == 302, name
        assert anonymous["Location"].startswith("/accounts/login/")
        for role, status in zip(ROLES, row.split(), strict=True):
            expected[name, role] = int(status)
            got[name, role] = getattr(clients[role], method)(address).status_code
    assert got == expected
    assert Document.objects.count() == 1


def test_the_table_has_every_address():
    assert {pattern.name for pattern in urlpatterns} == set(TABLE) == set(POSTED)


# The list ---------------------------------------------------------------------------------------------------


def test_a_row_says_what_it_is_and_how_it_stands(bureau: Bureau, desk: Client):
    document = issued(bureau)
    page = text_of(desk.get(LIST))
    assert document.number in page
    assert TITLE in page
    assert "Official letter" in page
    assert document.made_by_name in page
    assert f"/documents/{document.check_code}/" in page
    assert "In force." in page


def test_a_document_that_is_public_is_everybodys_and_another_is_not(bureau: Bureau):
    secret, public = issued(bureau), issued(bureau, is_public=True)
    page = text_of(bureau.client("handler").get(LIST))
    assert public.number in page
    assert f"/documents/{secret.check_code}/" not in page


def test_the_list_costs_the_same_with_one_document_as_with_twenty(bureau: Bureau, desk: Client):
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert desk.get(LIST).status_code == 200
        return len(queries)

    first = issued(bureau)
    desk.get(LIST)
    one = cost()
    copies(first, 24)
    many = cost()
    assert many == one <= 7


def copies(document: Document, count: int) -> None:
    """More rows like one, for lists: each a minute older than the one before."""
    more = []
    for number in range(1, count + 1):
        row = Document.objects.get(pk=document.pk)
        row.pk, row.number = None, f"云城管函〔2020〕{number}号"
        row.check_code, row.sha256 = f"{number:010d}".replace("0", "A").replace("1", "B"), f"{number:064d}"
        row.made_at = document.made_at - timedelta(minutes=number)
        more.append(row)
    Document.objects.bulk_create(more)


def test_pages_follow_one_another_without_a_gap(bureau: Bureau, desk: Client):
    copies(issued(bureau), 24)
    first = desk.get(LIST)
    second = desk.get(LIST + first.context["page"].older_url)
    seen = [row.document.pk for row in (*first.context["rows"], *second.context["rows"])]
    assert len(first.context["rows"]) == 20
    assert seen == list(Document.objects.values_list("pk", flat=True))
    back = desk.get(LIST + second.context["page"].newer_url)
    assert [row.document.pk for row in back.context["rows"]] == seen[:20]
    assert desk.get(f"{LIST}?older=nowhere").status_code == 400


def test_what_the_list_can_be_narrowed_to(bureau: Bureau, desk: Client):
    today = local_day(timezone.now())
    other = {"title": "关于垃圾清运的函"}
    made = {
        "in_force": issued(bureau),
        "not_yet": issued(bureau, valid_from=today + DAY),
        "expired": issued(bureau, valid_from=today - timedelta(days=9), valid_until=today - DAY),
        "suspended": issued(bureau, valid_from=today + DAY),
        "revoked": issued(bureau, **other),
        "superseded": issued(bureau),
    }
    lasting = issued(bureau, valid_until=today)
    now, head = timezone.now(), bureau.actor("office_head")
    for each in ("suspended", "revoked"):
        actions.suspend(made[each], reason="整改", actor=SYSTEM, at=now)
    earlier = now - timedelta(days=5)
    actions.suspend(made["expired"], reason="整改", actor=SYSTEM, at=earlier)
    actions.revoke(made["revoked"], reason="有误", actor=head, at=now)
    actions.end(made["superseded"], actions.Ended.SUPERSEDED, by=lasting, actor=SYSTEM, at=now)

    def shown(**query: str) -> set[str]:
        response = desk.get(LIST, query)
        assert response.status_code == 200
        return {row.document.number for row in response.context["rows"]}

    for standing, document in made.items():
        document.refresh_from_db()
        assert document.standing(today) == standing
        also = {lasting.number} if standing == "in_force" else set()
        assert shown(standing=standing) == {document.number} | also
    assert shown(contains="垃圾") == {made["revoked"].number}
    assert shown(contains=made["expired"].number[2:]) == {made["expired"].number}
    assert shown(contains="100%") == set()
    assert len(shown(kind="letter")) == 7
    assert len(shown(issued_from=str(today), issued_to=str(today))) == 7
    assert shown(issued_from=str(today + DAY)) == set()
    assert shown(issued_to=str(today - DAY)) == set()
    assert len(shown(issued_to="9999-12-31")) == 7


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"issued_from": "2026-02-30"}, "There is no such day."),
        ({"issued_from": "2026-03-01", "issued_to": "2026-02-01"}, "The last day lies before the first."),
        ({"kind": "poem"}, "Select a valid choice."),
        ({"contains": "x" * 101}, "at most 100 characters"),
        ({"contains": "\x07"}, "characters that cannot be shown"),
    ],
)
def test_a_question_that_cannot_be_answered_is_said_at_its_field(desk: Client, query, sentence: str):
    response = desk.get(LIST, query)
    assert response.status_code == 400
    assert sentence in text_of(response)


# One document -----------------------------------------------------------------------------------------------


def test_the_page_of_a_document_has_everything_about_it(bureau: Bureau, desk: Client):
    document = issued(bureau, valid_until=local_day(timezone.now()) + timedelta(days=30))
    page = text_of(desk.get(f"/documents/{document.shown_code.lower()}/"))
    for said in (
        document.number,
        document.title,
        document.shown_code,
        document.sha256,
        document.layout_digest,
        document.signer,
        document.serial,
        f"/verify/{document.check_code}/document.pdf",
        f"/verify/{document.check_code}/receipt.json",
        "Issued and signed",
        "Revoke the document",
    ):
        assert str(said) in page


def test_a_revocation_is_recorded_with_its_reason(bureau: Bureau, desk: Client):
    document = issued(bureau)
    address = reverse("documents:revoke", args=[document.check_code])
    response = desk.post(address, {"reason": " 内容有误，另行发函。 "}, follow=True)
    document.refresh_from_db()
    assert (document.ended, document.ended_reason) == ("revoked", "内容有误，另行发函。")
    page = text_of(response)
    assert "The document is revoked." in page
    assert "内容有误" in page
    assert "Revoke the document" not in page
    assert [event.verb for event in Event.objects.of(document.subject)] == [
        "document_issued",
        "document_revoked",
    ]


@pytest.mark.parametrize("reason", ["", "   ", "x" * 501, "a\x07b"])
def test_a_revocation_without_a_fit_reason_changes_nothing(bureau: Bureau, desk: Client, reason: str):
    document = issued(bureau)
    response = desk.post(reverse("documents:revoke", args=[document.check_code]), {"reason": reason})
    assert response.status_code == 400
    assert response.context["form"].errors["reason"]
    document.refresh_from_db()
    assert document.ended == ""


def test_the_second_of_two_who_revoke_is_told_that_it_is_done(bureau: Bureau, desk: Client):
    document = issued(bureau)
    chief = bureau.actor("chief_representative")
    actions.revoke(document, reason="重复", actor=chief, at=timezone.now())
    response = desk.post(reverse("documents:revoke", args=[document.check_code]), {"reason": "有误"})
    assert response.status_code == 409
    assert "has ended already" in text_of(response)
    document.refresh_from_db()
    assert document.ended_reason == "重复"


def test_a_superseded_document_leads_to_its_successor_and_back(bureau: Bureau, desk: Client):
    old, new = issued(bureau), issued(bureau)
    actions.end(old, actions.Ended.SUPERSEDED, by=new, actor=SYSTEM, at=timezone.now())
    assert f"/documents/{new.check_code}/" in text_of(desk.get(f"/documents/{old.check_code}/"))
    assert f"/documents/{old.check_code}/" in text_of(desk.get(f"/documents/{new.check_code}/"))


# Around it --------------------------------------------------------------------------------------------------


def test_the_navigation_leads_those_who_work_with_documents(bureau: Bureau):
    with translation.override("en"):
        for role in ROLES:
            page = text_of(bureau.client(role).get("/account/"))
            wanted = role in ("office_head", "chief_representative", "disclosure_officer", "supervisor")
            assert ('href="/documents/"' in page) == wanted, role


def test_the_administrators_pages_show_neither_title_nor_file(bureau: Bureau):
    document = issued(bureau)
    client = bureau.client("administrator")
    page = text_of(client.get(f"/admin/documents/document/{document.pk}/change/"))
    assert document.sha256 in page
    assert TITLE not in page
    assert document.file.name not in page
    assert client.post(f"/admin/documents/document/{document.pk}/delete/").status_code == 403
