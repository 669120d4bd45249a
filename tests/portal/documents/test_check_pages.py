from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.conf import settings as configured
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from portal.cases.terms import local_day
from portal.documents import actions, checking
from portal.documents.models import Document
from portal.organisation import second_factor
from portal.organisation.actors import SYSTEM
from tests.bureau import PEOPLE, Bureau, make_bureau
from tests.portal.documents import samples
from tests.portal.documents.papers import pledge

pytestmark = pytest.mark.django_db

ENGLISH = {"HTTP_COOKIE": "django_language=en"}
PLEDGED = "园林绿化服务公开承诺书"
TITLE = "关于处理某市民来信的函"
VALUES = {"paragraphs": ["道路已修好。"], "addressee": "测试单位"}
JSON = {"HTTP_ACCEPT": "application/json"}
BROWSER = {"HTTP_ACCEPT": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.fixture(autouse=True)
def _fresh_cache() -> Iterator[None]:
    """What one test asked does not count in the next."""
    cache.clear()
    yield
    cache.clear()


def issued(at: datetime, **more: Any) -> Document:
    return actions.issue("letter", title=TITLE, values=VALUES, actor=SYSTEM, at=at, **more)


@pytest.fixture
def public(now: datetime) -> Document:
    return issued(now, is_public=True)


@pytest.fixture
def closed(now: datetime) -> Document:
    return issued(now)


@pytest.fixture
def bureau() -> Bureau:
    return make_bureau()


def upload(client: Client, data: bytes, name: str = "x.pdf", **more: Any) -> Any:
    return client.post("/verify/", {"file": SimpleUploadedFile(name, data)}, **more)


def text(page: Any) -> str:
    return page.content.decode()


# A file -------------------------------------------------------------------------------------------------


def test_the_page(client: Client, django_assert_num_queries):
    with django_assert_num_queries(0):
        page = client.get("/verify/", **ENGLISH)
    assert page.status_code == 200
    for part in ('name="file"', 'enctype="multipart/form-data"', 'name="q"', "csrfmiddlewaretoken", "ca.pem"):
        assert part in text(page)


def test_a_genuine_file(client: Client, public: Document, django_assert_num_queries):
    data = actions.document_bytes(public)
    with django_assert_num_queries(1):
        page = upload(client, data, **ENGLISH)
    assert page.status_code == 200
    for part in ("Genuine, and in force.", public.number, TITLE, configured.BUREAU["name"], public.sha256):
        assert part in text(page)
    assert f'href="/verify/{public.check_code}/document.pdf"' in text(page)
    assert page["Cache-Control"].startswith("max-age=0")


def test_a_changed_file_leads_to_the_original(client: Client, public: Document):
    page = text(upload(client, samples.added_to(actions.document_bytes(public)), **ENGLISH))
    assert "Changed after it was signed." in page
    assert "What the bureau really issued" in page
    assert f'href="/verify/{public.check_code}/document.pdf"' in page


def test_a_changed_file_tells_nothing_of_a_document_that_is_not_public(client: Client, closed: Document):
    page = text(upload(client, samples.added_to(actions.document_bytes(closed)), **ENGLISH))
    assert closed.number in page
    assert TITLE not in page
    assert "document.pdf" not in page.replace("nss document.pdf", "")


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"PK\x03\x04" + bytes(99), "This file is not a PDF."),
        (b"%PDF-1.7\n%%EOF", "This file could not be checked."),
        (samples.encrypted(), "It is protected with a password."),
        (samples.plain(samples.CATALOG, samples.PAGES, b"<<>>"), "This file is not signed."),
        (samples.signature(b"00"), "Its signature no longer fits its contents."),
    ],
)
def test_a_bad_file_is_a_sentence(client: Client, data: bytes, sentence: str):
    page = upload(client, data, **ENGLISH)
    assert page.status_code == 200
    assert sentence in text(page)


def test_a_strangers_words_are_written_as_words(client: Client, letter: bytes, now: datetime):
    stranger = samples.identity("<script>alert(1)</script>", begins=now - timedelta(days=1))
    page = text(upload(client, samples.signed_by(stranger, letter, at=now), **ENGLISH))
    assert "Signed and unchanged, but not by this bureau." in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script>alert" not in page


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({}, "Please choose a file."),
        ({"file": "text"}, "Please choose a file."),
        ({"file": SimpleUploadedFile("x.pdf", b"")}, "This file is empty."),
    ],
)
def test_no_file_is_a_sentence_at_the_field(client: Client, given: dict[str, Any], sentence: str):
    page = client.post("/verify/", given, **ENGLISH)
    assert page.status_code == 400
    assert sentence in text(page)
    assert 'id="id_file_error"' in text(page)


def test_too_large_a_file(client: Client, monkeypatch: pytest.MonkeyPatch):
    from portal.documents import forms_check

    for module in (checking, forms_check):
        monkeypatch.setattr(module, "MOST_BYTES", 1024 * 1024)
    page = upload(client, bytes(1024 * 1024 + 1), **ENGLISH)
    assert page.status_code == 400
    assert "The file is larger than 1 MB" in text(page)
    assert upload(client, bytes(1024 * 1024 + 1), **JSON).status_code == 400


def test_too_many_at_once(client: Client, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(checking, "PATIENCE_SECONDS", 0.01)
    for _place in range(checking.MOST_AT_ONCE):
        assert checking._places.acquire(blocking=False)
    try:
        page = upload(client, b"%PDF-1.7\n%%EOF", **ENGLISH)
    finally:
        for _place in range(checking.MOST_AT_ONCE):
            checking._places.release()
    assert (page.status_code, page["Retry-After"]) == (503, "60")
    assert "Many people are checking right now." in text(page)


def test_a_visitor_may_not_keep_the_portal_busy(client: Client):
    answers = [upload(client, b"x").status_code for _each in range(31)]
    assert answers == [200] * 30 + [429]
    assert upload(client, b"x", **JSON).status_code == 429


def test_a_browser_needs_our_form_and_a_program_does_not(public: Document):
    client = Client(enforce_csrf_checks=True)
    data = actions.document_bytes(public)
    assert upload(client, data, **BROWSER).status_code == 403
    assert upload(client, data, **JSON).status_code == 200
    assert upload(client, data).status_code == 200
    token = client.get("/verify/").cookies["csrftoken"].value
    given = {"file": io.BytesIO(data), "csrfmiddlewaretoken": token}
    assert client.post("/verify/", given, **BROWSER).status_code == 200


def test_the_answer_for_programs(client: Client, public: Document):
    answer = upload(client, actions.document_bytes(public), **JSON)
    assert answer["Content-Type"] == "application/json"
    found = json.loads(answer.content)
    assert found["verdict"] == "valid"
    assert (found["signer"], found["timestamp_ok"], found["changed_since"]) == (
        configured.BUREAU["name"],
        True,
        False,
    )
    assert found["sha256"] == public.sha256
    assert found["document"] == {
        "number": public.number,
        "check_code": public.shown_code,
        "is_original": True,
        "standing": "in_force",
        "url": f"/verify/{public.check_code}/",
    }
    assert json.loads(upload(client, b"x", **JSON).content)["document"] is None
    assert json.loads(client.post("/verify/", {}, **JSON).content)["file"]


def test_nothing_of_a_file_is_logged_or_kept(
    client: Client, letter: bytes, now: datetime, caplog: pytest.LogCaptureFixture, tmp_path, settings
):
    settings.FILE_UPLOAD_TEMP_DIR = str(tmp_path)
    stranger = samples.identity("张测试", begins=now - timedelta(days=1))
    data = samples.signed_by(stranger, letter + b"%" + b"x" * 2_700_000 + b"\n", at=now)
    caplog.set_level(logging.DEBUG)
    upload(client, data, name="张测试的申请.pdf")
    assert "张测试" not in caplog.text
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("method", ["put", "delete", "patch"])
def test_other_methods(client: Client, method: str):
    assert getattr(client, method)("/verify/").status_code == 405


# A number, a code ---------------------------------------------------------------------------------------


def test_by_number_and_by_code(client: Client, closed: Document, django_assert_num_queries):
    written = closed.number.replace("〔", "[").replace("〕", "]")
    for asked in (closed.number, written, closed.check_code, closed.shown_code.lower()):
        with django_assert_num_queries(1):
            page = client.get("/verify/", {"q": asked})
        assert (page.status_code, page["Location"]) == (302, f"/verify/{closed.check_code}/")


@pytest.mark.parametrize(
    ("asked", "status"), [("2222222222", 404), ("云城管函〔2026〕999号", 404), ("", 400), ("x" * 201, 400)]
)
def test_what_is_not_there_is_a_sentence(client: Client, asked: str, status: int):
    page = client.get("/verify/", {"q": asked}, **ENGLISH)
    assert page.status_code == status
    assert 'id="id_q_error"' in text(page)


def test_numbers_cannot_be_walked_through(client: Client):
    answers = [client.get("/verify/", {"q": f"云城管函〔2026〕{n}号"}).status_code for n in range(31)]
    assert answers == [404] * 30 + [429]
    assert client.get("/verify/2222222222/").status_code == 429


def test_an_unknown_code_is_a_sentence_too(client: Client):
    page = client.get("/verify/22222-22222/", follow=True, **ENGLISH)
    assert page.status_code == 404
    assert "The bureau has issued no document with this number or check code." in text(page)


def test_other_ways_to_write_a_code_lead_to_one_address(client: Client, public: Document):
    for written in (public.shown_code, public.check_code.lower()):
        assert client.get(f"/verify/{written}/")["Location"] == f"/verify/{public.check_code}/"
    assert client.get("/verify/O1O1O-O1O1O/").status_code == 404


def test_a_public_document(client: Client, public: Document, django_assert_num_queries):
    with django_assert_num_queries(1):
        page = client.get(f"/verify/{public.check_code}/", **ENGLISH)
    for part in (public.number, TITLE, "Official letter", "In force.", public.sha256, public.shown_code):
        assert part in text(page)
    assert f'href="/verify/{public.check_code}/document.pdf"' in text(page)


def test_of_one_that_is_not_public_only_that_it_is_genuine(client: Client, closed: Document):
    page = text(client.get(f"/verify/{closed.check_code}/", **ENGLISH))
    for part in (closed.number, "Official letter", "In force."):
        assert part in page
    for part in (TITLE, "测试单位", f"{closed.check_code}/document.pdf", closed.made_by_name, closed.sha256):
        assert part not in page


def test_one_that_was_revoked_says_why(client: Client, public: Document, now: datetime):
    actions.end(public, actions.Ended.REVOKED, reason="内容有误。", actor=SYSTEM, at=now)
    page = text(client.get(f"/verify/{public.check_code}/", **ENGLISH))
    assert "Revoked on" in page
    assert "内容有误。" in page
    answer = text(upload(client, actions.document_bytes(public), **ENGLISH))
    assert "Genuine, but not in force." in answer


def test_one_that_was_replaced_leads_on(client: Client, public: Document, now: datetime):
    newer = issued(now, is_public=True)
    actions.end(public, actions.Ended.SUPERSEDED, by=newer, actor=SYSTEM, at=now)
    page = text(client.get(f"/verify/{public.check_code}/", **ENGLISH))
    assert f'href="/verify/{newer.check_code}/"' in page
    assert newer.number in page


def test_one_that_does_not_hold_yet_or_no_longer(client: Client, now: datetime):
    today = local_day(now)
    over = {"valid_from": today - timedelta(days=9), "valid_until": today - timedelta(days=1)}
    later = issued(now, valid_from=today + timedelta(days=3), is_public=True)
    past = issued(now, is_public=True, **over)
    assert "Not yet in force" in text(client.get(f"/verify/{later.check_code}/", **ENGLISH))
    assert "Expired" in text(client.get(f"/verify/{past.check_code}/", **ENGLISH))


def reader(client: Client, bureau: Bureau, who: str = "office_head") -> Client:
    """Who may read letters that are not public."""
    client.force_login(bureau.staff[who])
    client.cookies["django_language"] = "en"
    return client


def test_days_and_reasons_are_told_to_readers_alone(bureau: Bureau, now: datetime):
    today = local_day(now)
    last = {"valid_until": today + timedelta(days=3)}
    past = {"valid_from": today - timedelta(days=9), "valid_until": today - timedelta(days=1)}
    made = {
        "In force until": issued(now, **last),
        "it holds from": issued(now, valid_from=today + timedelta(days=3)),
        "it held until": issued(now, **past),
        "内容有误。": issued(now),
    }
    actions.end(made["内容有误。"], actions.Ended.REVOKED, reason="内容有误。", actor=SYSTEM, at=now)
    stands = ("In force.", "Not yet in force.", "No longer in force.", "Revoked on")
    stranger, own = Client(), reader(Client(), bureau)
    for (secret, document), word in zip(made.items(), stands, strict=True):
        page = text(stranger.get(f"/verify/{document.check_code}/", **ENGLISH))
        assert word in page
        assert secret not in page
        assert document.sha256 not in page
        # Who brings the file learns no more of the register.
        answer = text(upload(stranger, actions.document_bytes(document), **ENGLISH))
        assert "Hash of your file" in answer
        assert secret not in answer
        page = text(own.get(f"/verify/{document.check_code}/"))
        assert secret in page
        assert document.sha256 in page


# Signed now, published later ----------------------------------------------------------------------------


def pledged(at: datetime, **more: Any) -> Document:
    return actions.issue("pledge", title=PLEDGED, values=pledge(), actor=SYSTEM, at=at, **more)


def test_one_that_is_not_published_yet_is_not_called_in_force(bureau: Bureau, now: datetime):
    document, stranger = pledged(now), Client()
    stranger.cookies["django_language"] = "en"
    for client in (stranger, reader(Client(), bureau)):
        page = text(client.get(f"/verify/{document.check_code}/"))
        assert "Issued by this bureau" in page
        assert "Signed, not yet published." in page
        assert "In force" not in page
        assert (PLEDGED in page) is (client is not stranger)
    answer = text(upload(stranger, actions.document_bytes(document), **ENGLISH))
    assert "Genuine, but not in force." in answer
    assert "Signed, not yet published." in answer
    found = json.loads(upload(stranger, actions.document_bytes(document), **JSON).content)
    assert (found["verdict"], found["document"]["standing"]) == ("valid", "unpublished")
    actions.publish(document, actor=SYSTEM, at=now)
    page = text(stranger.get(f"/verify/{document.check_code}/", **ENGLISH))
    assert "In force." in page
    assert PLEDGED in page


def test_its_number_finds_it_once_it_is_published(client: Client, now: datetime):
    document = pledged(now)
    unknown = client.get("/verify/", {"q": "云城管承〔2026〕999号"}, **ENGLISH)
    asked = client.get("/verify/", {"q": document.number}, **ENGLISH)
    assert asked.status_code == unknown.status_code == 404
    assert asked.context["question"].errors == unknown.context["question"].errors
    # The check code, which nobody guesses, still says that it is genuine.
    by_code = client.get("/verify/", {"q": document.check_code})
    assert by_code["Location"] == f"/verify/{document.check_code}/"
    # One that ended without having been published is not there by its number either.
    withdrawn = pledged(now)
    actions.end(withdrawn, actions.Ended.REVOKED, reason="不再公布。", actor=SYSTEM, at=now)
    assert client.get("/verify/", {"q": withdrawn.number}).status_code == 404
    page = text(client.get(f"/verify/{withdrawn.check_code}/", **ENGLISH))
    assert "Revoked on" in page
    assert "不再公布。" not in page
    actions.publish(document, actor=SYSTEM, at=now)
    assert client.get("/verify/", {"q": document.number}).status_code == 302


def test_a_file_that_only_names_its_number_does_not_find_it(
    client: Client, now: datetime, monkeypatch: pytest.MonkeyPatch
):
    document = pledged(now)
    named = {"problem": "", "signatures": [], "names": [document.number]}
    monkeypatch.setattr(checking, "_read", lambda data, at: named)
    page = text(upload(client, b"%PDF-1.7 forged", **ENGLISH))
    assert "This file is not signed." in page
    assert document.check_code not in page
    actions.publish(document, actor=SYSTEM, at=now)
    assert document.check_code in text(upload(client, b"%PDF-1.7 forged", **ENGLISH))


# The PDF ------------------------------------------------------------------------------------------------


def test_the_pdf_of_a_public_document(client: Client, public: Document):
    answer = client.get(f"/verify/{public.check_code}/document.pdf")
    assert answer.content == actions.document_bytes(public)
    assert answer["Content-Type"] == "application/pdf"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["ETag"] == f'"{public.sha256}"'
    assert "no-cache" in answer["Cache-Control"]
    assert "sandbox" in answer["Content-Security-Policy"]
    assert "script" not in answer["Content-Security-Policy"]
    assert answer["Content-Disposition"].startswith("inline; filename*=utf-8''%E4%BA%91")
    assert answer["Content-Disposition"].isascii()


def test_what_the_visitor_has_is_not_sent_again(
    client: Client, public: Document, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("portal.documents.views_check.document_bytes", None)
    answer = client.get(
        f"/verify/{public.check_code}/document.pdf", headers={"If-None-Match": f'"{public.sha256}"'}
    )
    assert (answer.status_code, answer.content) == (304, b"")


SEES = dict.fromkeys(PEOPLE, 404) | dict.fromkeys(("office_head", "chief", "disclosure", "supervisor"), 200)


@pytest.mark.parametrize("who", ["nobody", *PEOPLE])
def test_who_may_read_what_is_not_public(bureau: Bureau, client: Client, closed: Document, who: str):
    if who != "nobody":
        client.force_login(bureau.staff[who])
        session = client.session
        second_factor.mark_passed(session, bureau.staff[who])
        session.save()
    expected = SEES.get(who, 404)
    answer = client.get(f"/verify/{closed.check_code}/document.pdf")
    assert answer.status_code == expected
    page = text(client.get(f"/verify/{closed.check_code}/"))
    assert (TITLE in page) is (expected == 200)
    if expected == 200:
        assert "no-store" in answer["Cache-Control"]


@pytest.mark.parametrize("harm", ["changed", "gone"])
def test_a_file_that_was_tampered_with(
    client: Client, public: Document, harm: str, caplog: pytest.LogCaptureFixture
):
    if harm == "gone":
        public.file.storage.delete(public.file.name)
    else:
        with open(public.file.path, "r+b") as file:
            file.seek(200)
            file.write(b"!")
    page = client.get(f"/verify/{public.check_code}/document.pdf", **ENGLISH)
    assert page.status_code == 500
    assert "This file is not the one that was signed. The bureau has been told." in text(page)
    (line,) = [each for each in caplog.records if each.levelno == logging.CRITICAL]
    assert public.number in line.getMessage()
    assert TITLE not in line.getMessage()


@pytest.mark.parametrize("code", ["2222222222", "x", "../../etc/passwd", "%00"])
def test_a_pdf_that_is_not_there(client: Client, code: str):
    assert client.get(f"/verify/{code}/document.pdf").status_code in (400, 404)


def test_the_certificate(client: Client):
    from cryptography.x509 import load_pem_x509_certificate

    answer = client.get("/verify/ca.pem")
    assert answer["Content-Type"] == "application/x-pem-file"
    found = load_pem_x509_certificate(answer.content)
    assert configured.BUREAU["name"] in found.subject.rfc4514_string()
    assert b"PRIVATE" not in answer.content


def test_no_certificate_yet(client: Client, tmp_path, settings):
    settings.SIGNING_DIR = tmp_path / "nothing"
    assert client.get("/verify/ca.pem").status_code == 404


def test_the_receipt_names_nobody(bureau: Bureau, client: Client, now: datetime):
    document = actions.issue("letter", title=TITLE, values=VALUES, actor=bureau.actor("office_head"), at=now)
    answer = client.get(f"/verify/{document.check_code}/receipt.json")
    found = json.loads(answer.content)
    assert found["subject"] == document.subject
    assert [each["verb"] for each in found["events"]] == ["document_issued"]
    assert PEOPLE["office_head"][0] not in answer.content.decode()
    assert TITLE not in answer.content.decode()
    assert client.get("/verify/2222222222/receipt.json").status_code == 404
