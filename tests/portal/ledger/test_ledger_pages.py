from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.conf import settings
from django.contrib.auth import get_user_model
from django.test import Client

from portal.ledger.actions import seal
from portal.ledger.keys import keyring
from portal.ledger.models import Event, Seal
from portal.organisation import second_factor
from tests.portal.ledger.tampering import AT

pytestmark = pytest.mark.django_db
ENGLISH = {"HTTP_COOKIE": "django_language=en"}


def seal_days(days: int) -> None:
    for n in range(days):
        assert seal(day=date(2026, 1, 1) + timedelta(days=n), at=AT)


def numbers(response) -> list[int]:
    return [each.number for each in response.context["seals"]]


def test_the_list_before_the_first_night(client: Client):
    page = client.get("/ledger/", **ENGLISH)
    assert page.status_code == 200
    assert "There is no seal yet" in page.content.decode()
    assert keyring().public_hex in page.content.decode()


def test_the_list_shows_each_seal(client: Client, ledger: dict[str, list[Event]]):
    page = client.get("/ledger/", **ENGLISH).content.decode()
    for each in Seal.objects.all():
        assert f'href="/ledger/{each.number}/"' in page
        for text in (each.root, each.hash, each.signature):
            assert text[:16] in page
    for address in ("/ledger/seals.json", "/ledger/verify_receipt.py"):
        assert f'href="{address}"' in page
        assert client.get(address).status_code == 200


def test_older_and_newer_pages(client: Client, django_assert_max_num_queries):
    seal_days(120)
    first = client.get("/ledger/")
    assert (numbers(first)[0], len(numbers(first)), first.context["newer_url"]) == (120, 50, "")
    second = client.get(first.context["older_url"])
    assert numbers(second) == list(range(70, 20, -1))
    with django_assert_max_num_queries(3):
        third = client.get(second.context["older_url"])
    assert (numbers(third)[-1], third.context["older_url"]) == (1, "")
    assert numbers(client.get(third.context["newer_url"])) == numbers(second)
    assert numbers(client.get(second.context["newer_url"])) == numbers(first)


@pytest.mark.parametrize("before", ["x", "-1", "1.5", "1" * 10, "９", "1 or 1=1", "1\x00"])
def test_a_page_that_cannot_be_is_a_sentence(client: Client, before: str):
    assert client.get("/ledger/", {"before": before}).status_code == 400


def test_a_seals_page_shows_all_that_was_signed(client: Client, ledger: dict[str, list[Event]]):
    each = Seal.objects.get(pk=2)
    page = client.get("/ledger/2/", **ENGLISH)
    text = page.content.decode()
    for value in (each.root, each.previous, each.hash, each.signature, keyring().public_hex):
        assert value in text
    assert (page.context["before_url"], page.context["after_url"]) == ("/ledger/1/", "")
    assert client.get("/ledger/1/").context["after_url"] == "/ledger/2/"


@pytest.mark.parametrize("number", ["0", "3", "9" * 30, "9" * 5000])
def test_a_seal_that_does_not_exist(client: Client, ledger: dict[str, list[Event]], number: str):
    assert client.get(f"/ledger/{number}/").status_code == 404


def test_the_list_for_machines(client: Client, ledger: dict[str, list[Event]]):
    answer = client.get("/ledger/seals.json")
    assert answer["Content-Type"] == "application/json"
    assert answer["Content-Disposition"] == 'attachment; filename="seals.json"'
    assert answer.json() == {
        "format": "portal-ledger-seals",
        "version": 1,
        "public_key": keyring().public_hex,
        "seals": [each.public() for each in Seal.objects.all()],
    }
    same = client.get("/ledger/seals.json", HTTP_IF_NONE_MATCH=answer["ETag"])
    assert (same.status_code, same.content) == (304, b"")
    seal(day=date(2026, 12, 1), at=AT)
    assert client.get("/ledger/seals.json", HTTP_IF_NONE_MATCH=answer["ETag"]).status_code == 200


def test_the_script_is_the_one_in_docs(client: Client):
    answer = client.get("/ledger/verify_receipt.py")
    assert answer["Content-Type"] == "text/x-python"
    assert answer["Content-Disposition"] == 'attachment; filename="verify_receipt.py"'
    assert answer.content == (settings.BASE_DIR / "docs/verify_receipt.py").read_bytes()


@pytest.mark.parametrize("address", ["", "seals.json", "verify_receipt.py", "1/"])
def test_nothing_is_posted_here(client: Client, address: str, ledger: dict[str, list[Event]]):
    assert client.post(f"/ledger/{address}").status_code == 405


def test_the_administrators_pages_only_read(admin_client: Client, ledger: dict[str, list[Event]]):
    session = admin_client.session
    second_factor.mark_passed(session, get_user_model().objects.get())
    session.save()
    event = ledger["case:A-1"][0]
    for address in ("event/", f"event/{event.pk}/change/", "event/?q=case:A", "seal/", "seal/1/change/"):
        assert admin_client.get(f"/admin/ledger/{address}").status_code == 200, address
    for address in ("event/add/", f"event/{event.pk}/delete/", "seal/add/", "seal/1/delete/"):
        assert admin_client.get(f"/admin/ledger/{address}").status_code == 403, address
    change = admin_client.post(f"/admin/ledger/event/{event.pk}/change/", {"verb": "x"})
    assert change.status_code == 403
