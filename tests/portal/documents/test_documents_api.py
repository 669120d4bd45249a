"""Documents over the API: to anyone what the check page says, the rest to those who may read it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from portal.cases.terms import local_day
from portal.documents import actions
from portal.documents.models import Standing
from portal.organisation.actors import SYSTEM
from tests.portal.documents.desk import TITLE, issued
from tests.portal.documents.papers import pledge
from tests.portal.documents.test_desk import copies
from tests.portal.notices.bureau import Bureau, found

pytestmark = pytest.mark.django_db
LIST = "/api/v1/documents/"


@pytest.fixture
def bureau(db: None) -> Bureau:
    cache.clear()
    return found()


def listed(client: Client, **query: str) -> set[str]:
    response = client.get(LIST, query)
    assert response.status_code == 200, response.content
    return {row["number"] for row in response.json()["results"]}


def english() -> dict[str, Any]:
    return {"headers": {"Accept-Language": "en"}}


# Who sees a letter that is not public, in the list and with its title.
READS = {
    None: False,
    "operator": False,
    "handler": False,
    "clerk": False,
    "office_head": True,
    "chief_representative": True,
    "disclosure_officer": True,
    "secrecy_reviewer": False,
    "supervisor": True,
    "administrator": False,
}


@pytest.mark.parametrize(("who", "reads"), READS.items())
def test_who_reads_what(bureau: Bureau, who: str | None, reads: bool):
    client = bureau.client(who) if who else Client()
    secret, public = issued(bureau), issued(bureau, is_public=True)
    assert listed(client) == ({secret.number, public.number} if reads else {public.number})
    told = client.get(f"{LIST}{secret.check_code}/").json()
    assert told["number"] == secret.number
    assert told["title"] == (TITLE if reads else None)
    assert (told["document_url"] is not None) == reads
    told = client.get(f"{LIST}{public.check_code}/").json()
    assert told["title"] == TITLE
    assert client.get(told["document_url"]).content == actions.document_bytes(public)


def test_a_document_is_told_with_how_it_stands(bureau: Bureau):
    document = issued(bureau, is_public=True)
    address = f"{LIST}{document.shown_code.lower()}/"
    told = Client().get(address, **english()).json()
    assert told == {
        "number": document.number,
        "kind": "letter",
        "kind_name": "Official letter",
        "title": TITLE,
        "check_code": document.shown_code,
        "issued_at": told["issued_at"],
        "valid_from": str(local_day(document.made_at)),
        "valid_until": None,
        "standing": "in_force",
        "words": "In force.",
        "suspended_at": None,
        "suspended_reason": "",
        "ended_at": None,
        "ended_reason": "",
        "replaced_by": None,
        "is_public": True,
        "signer": document.signer,
        "signed_at": told["signed_at"],
        "sha256": document.sha256,
        "size": document.size,
        "check_url": f"http://testserver/verify/{document.check_code}/",
        "document_url": f"http://testserver/verify/{document.check_code}/document.pdf",
    }
    actions.revoke(document, reason="有误", actor=bureau.actor("office_head"), at=timezone.now())
    told = Client().get(address, **english()).json()
    assert (told["standing"], told["ended_reason"]) == ("revoked", "有误")
    assert told["words"].startswith("Revoked on")


# What is null to whoever may not read the document.
HIDDEN = (
    "title",
    "valid_from",
    "valid_until",
    "suspended_reason",
    "ended_reason",
    "sha256",
    "size",
    "document_url",
)


@pytest.mark.parametrize("who", [None, "handler", "office_head"])
def test_of_one_that_is_not_public_a_stranger_learns_how_it_stands(bureau: Bureau, who: str | None):
    client = bureau.client(who) if who else Client()
    today = local_day(timezone.now())
    document = issued(bureau, valid_until=today + timedelta(days=9))
    address = f"{LIST}{document.check_code}/"
    told = client.get(address, **english()).json()
    assert told["standing"] == "in_force"
    reads = who == "office_head"
    assert {name for name in HIDDEN if told[name] is None} == (set() if reads else set(HIDDEN))
    assert (told["words"] == "In force.") is not reads
    actions.revoke(document, reason="有误", actor=bureau.actor("office_head"), at=timezone.now())
    told = client.get(address, **english()).json()
    assert (told["standing"], told["ended_reason"]) == ("revoked", "有误" if reads else None)
    assert told["ended_at"] is not None


def test_what_is_signed_and_not_published_is_not_in_force(bureau: Bureau):
    given = {"title": "公开承诺书", "values": pledge(), "actor": SYSTEM, "at": timezone.now()}
    document = actions.issue("pledge", **given)
    past = actions.issue("pledge", **given, valid_from=date(2026, 1, 1), valid_until=date(2026, 1, 2))
    reader, stranger = bureau.client("office_head"), Client()
    for client in (reader, stranger):
        told = client.get(f"{LIST}{document.check_code}/", **english()).json()
        assert (told["standing"], told["words"]) == ("unpublished", "Signed, not yet published.")
        assert (told["sha256"] is None) is (client is stranger)
    # A list and its rows agree.
    held_back = {document.number, past.number}
    for standing in Standing.values:
        assert listed(reader, standing=standing) == (held_back if standing == "unpublished" else set())
    assert listed(stranger, standing="unpublished") == set()
    actions.publish(document, actor=SYSTEM, at=timezone.now())
    actions.end(past, actions.Ended.REVOKED, reason="有误", actor=SYSTEM, at=timezone.now())
    assert listed(stranger, standing="in_force") == {document.number}
    assert listed(reader, standing="revoked") == {past.number}
    assert listed(reader, standing="unpublished") == set()


def test_the_list_is_narrowed_as_the_page_is(bureau: Bureau):
    client = Client()
    one, other = issued(bureau, is_public=True), issued(bureau, is_public=True, title="关于垃圾清运的函")
    actions.revoke(other, reason="有误", actor=bureau.actor("office_head"), at=timezone.now())
    assert listed(client, standing="in_force") == {one.number}
    assert listed(client, contains="垃圾") == {other.number}
    assert listed(client, kind="letter", issued_from="2020-01-01") == {one.number, other.number}
    assert listed(client, issued_to="2020-01-01") == set()


def test_a_title_that_one_may_not_read_cannot_be_searched_for(bureau: Bureau):
    issued(bureau, title="关于某某的函")
    assert listed(Client(), contains="某某") == set()


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ({"standing": "asleep"}, "standing"),
        ({"issued_from": "yesterday"}, "issued_from"),
        ({"issued_from": "2026-02-02", "issued_to": "2026-02-01"}, "issued_to"),
        ({"kind": "poem"}, "kind"),
        ({"older": "nowhere"}, "older"),
        ({"newer": "2026-01-01_x"}, "newer"),
    ],
)
def test_a_wrong_question_is_answered_at_its_field(bureau: Bureau, query: dict[str, str], name: str):
    response = Client().get(LIST, query)
    assert response.status_code == 400
    assert list(response.json()) == [name]


def test_pages_lead_to_one_another_at_a_constant_cost(bureau: Bureau):
    client = Client()
    copies(issued(bureau, is_public=True), 24)
    with CaptureQueriesContext(connection) as queries:
        first = client.get(LIST).json()
    assert len(queries) == 1
    assert (len(first["results"]), first["previous"]) == (20, None)
    second = client.get(first["next"]).json()
    assert (len(second["results"]), second["next"]) == (5, None)
    assert client.get(second["previous"]).json()["results"] == first["results"]


def test_a_code_of_no_document_is_not_found_and_guessing_is_slow(bureau: Bureau):
    client = Client()
    assert client.get(f"{LIST}2222222222/").status_code == 404
    # Letters that stand in no code are no address.
    assert client.get(f"{LIST}0000000000/").status_code == 404
    statuses = [client.get(f"{LIST}22222-22222/").status_code for _time in range(40)]
    assert statuses[-1] == 429
    document = issued(bureau)
    assert client.get(f"{LIST}{document.check_code}/").status_code == 200


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_nothing_is_written_over_the_api(bureau: Bureau, method: str):
    client, document = bureau.client("office_head"), issued(bureau)
    for address in (LIST, f"{LIST}{document.check_code}/"):
        assert getattr(client, method)(address).status_code == 405
