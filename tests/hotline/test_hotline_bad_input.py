"""What comes in wrong: the field and a sentence, and nothing half-written."""

from __future__ import annotations

import contextlib
import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from PIL import Image
from rest_framework.test import APIClient

from hotline.models import Call, Ticket
from portal.cases.attachments import MOST_BYTES
from portal.cases.models import Attachment, Deadline
from portal.ledger.models import Event
from portal.notices.models import Notice
from tests.bureau import Bureau, ticket

BrowserOf = Callable[[str], Client]
REPORT = {"category": "potholes", "place": "东街", "description": "路面塌陷。"}


def png(width: int, height: int, data: bytes) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def zipped() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("photo.jpg", "x")
    return out.getvalue()


def drawn(kind: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (64, 64)).save(out, kind)
    return out.getvalue()


DISGUISED = {
    "pdf": b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n",
    "html": b"<!doctype html><script>alert(1)</script>",
    "svg": b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
    "zip": zipped(),
    "gif": drawn("GIF"),
    "tiff": drawn("TIFF"),
    "empty": b"",
    "half a photo": drawn("JPEG")[:200],
    "only the first bytes of one": b"\xff\xd8\xff\xe0\x00\x10JFIF\x00",
    "a bomb of pixels": png(30_000, 30_000, zlib.compress(b"\0" * 1000)),
    "a bomb that warns": png(12_000, 12_000, zlib.compress(b"\0" * 1000)),
    "a broken stream": png(10, 10, b"not compressed"),
    "no size": png(0, 0, b""),
    "too large": b"\xff\xd8\xff\xe0" + b"\0" * MOST_BYTES,
}


def rows() -> dict[str, int]:
    models = (Ticket, Call, Deadline, Event, Notice, Attachment)
    return {model.__name__: model.objects.count() for model in models}


def upload(name: str) -> SimpleUploadedFile:
    return SimpleUploadedFile("photo.jpg", DISGUISED[name], content_type="image/jpeg")


@pytest.mark.parametrize("name", DISGUISED)
def test_a_disguised_upload_is_no_photo(client: Client, bureau: Bureau, name: str) -> None:
    before = rows()
    page = client.post(reverse("hotline:report"), REPORT | {"photos": [upload(name)]})
    assert page.status_code == 400
    assert set(page.context["form"].errors) == {"photos"}
    assert "路面塌陷。" in page.content.decode()
    answer = APIClient().post("/api/v1/reports/", REPORT | {"photos": [upload(name)]}, format="multipart")
    assert answer.status_code == 400
    assert set(answer.json()) == {"photos"}
    assert rows() == before


@pytest.mark.parametrize("name", ["html", "a bomb of pixels"])
def test_a_reply_with_a_bad_photo_replies_nothing(
    browser_of: BrowserOf, bureau: Bureau, just_now: datetime, name: str, photo: SimpleUploadedFile
) -> None:
    made = ticket(bureau, "handling", at=just_now)
    before = rows()
    given = {"step": "reply", "seen": made.version, "reply": "已修补。", "photos": [photo, upload(name)]}
    page = browser_of("handler").post(reverse("hotline:ticket", args=[made.number]), given)
    assert page.status_code == 400
    assert set(page.context["tried"].errors) == {"photos"}
    assert rows() == before
    made.refresh_from_db()
    assert made.state == "handling"


def test_seven_photos_are_too_many(client: Client, bureau: Bureau) -> None:
    photos = [SimpleUploadedFile(f"{n}.jpg", drawn("JPEG"), content_type="image/jpeg") for n in range(7)]
    page = client.post(reverse("hotline:report"), REPORT | {"photos": photos})
    assert set(page.context["form"].errors) == {"photos"}
    for each in photos:
        each.seek(0)
    answer = APIClient().post("/api/v1/reports/", REPORT | {"photos": photos}, format="multipart")
    assert set(answer.json()) == {"photos"}
    assert not Ticket.objects.exists()


def test_what_hides_in_a_photo_is_not_kept(client: Client, bureau: Bureau) -> None:
    hidden = drawn("JPEG") + b"<script>alert(1)</script>" + zipped()
    photo = SimpleUploadedFile("../../etc/名字.php", hidden, content_type="text/html")
    assert client.post(reverse("hotline:report"), REPORT | {"photos": [photo]}).status_code == 302
    kept = Attachment.objects.get()
    with kept.file.open() as file:
        assert b"script" not in file.read()
    assert ".." not in kept.file.name
    with contextlib.closing(client.get(reverse("cases:photo", args=[kept.pk]))) as shown:
        assert shown.headers["Content-Type"] == "image/jpeg"


WRONG_REPORTS: list[tuple[dict[str, Any], str]] = [
    ({"category": ""}, "category"),
    ({"category": "none"}, "category"),
    ({"category": "trees\0"}, "category"),
    ({"place": ""}, "place"),
    ({"place": "路" * 10_000}, "place"),
    ({"place": "a\tb"}, "place"),
    ({"place": "a\0b"}, "place"),
    ({"description": "   "}, "description"),
    ({"description": "字" * 10_000}, "description"),
    ({"description": "\x1b[31m"}, "description"),
    ({"description": "\u202egnp"}, "description"),
    ({"name": "名" * 10_000}, "name"),
    ({"phone": "abc"}, "phone"),
    ({"phone": "1" * 10_000}, "phone"),
    ({"email": "a@"}, "email"),
    ({"email": "a" * 10_000 + "@example.org"}, "email"),
    ({"once": "x"}, "once"),
    ({"website": "x"}, "website"),
]


@pytest.mark.parametrize(("given", "field"), WRONG_REPORTS)
def test_a_report_that_is_not_well_formed(
    client: Client, bureau: Bureau, given: dict[str, Any], field: str
) -> None:
    before = rows()
    page = client.post(reverse("hotline:report"), REPORT | given)
    assert page.status_code == 400
    assert set(page.context["form"].errors) == {field}
    assert rows() == before


def test_half_a_surrogate_pair_does_no_harm(client: Client, bureau: Bureau) -> None:
    """A browser cannot send one; a program that does has it replaced, or is refused, and breaks nothing."""
    body = "category=potholes&place=%ED%A0%80&description=%ED%A0%80x"
    page = client.post(reverse("hotline:report"), body, content_type="application/x-www-form-urlencoded")
    assert page.status_code in (302, 400)
    client.post(reverse("cases:follow"), "number=%ED%A0%80&code=%ED%A0%80", content_type="text/plain")
    wrong = client.post(
        reverse("cases:follow"),
        "number=%ED%A0%80&code=%ED%A0%80",
        content_type="application/x-www-form-urlencoded",
    )
    assert wrong.status_code == 400


WRONG_CALLS: list[tuple[dict[str, Any], str]] = [
    ({"phone": "1"}, "phone"),
    ({"phone": "19900000001" * 1000}, "phone"),
    ({"name": "\x00"}, "name"),
    ({"urgency": "never"}, "urgency"),
    ({"place": ""}, "place"),
    ({"place": "青石\x0c路"}, "place"),
    ({"description": ""}, "description"),
    ({"description": "字" * 10_000}, "description"),
    ({"goes_on": "nowhere"}, "goes_on"),
    ({"goes_on": "no_matter", "description": "字" * 1001}, "description"),
    ({"goes_on": "answer", "answer": " "}, "answer"),
    ({"goes_on": "answer", "answer": "字" * 10_000}, "answer"),
    ({"unit": "nowhere"}, "unit"),
    ({"unit": "hotline"}, "unit"),
    ({"category": "questions"}, "unit"),  # its usual unit is the centre itself
]
CALL = {
    "do": "save",
    "phone": "",
    "name": "",
    "category": "trees",
    "urgency": "normal",
    "place": "青石路12号",
    "description": "枝条压到人行道。",
    "goes_on": "dispatch",
    "unit": "",
    "answer": "",
}


@pytest.mark.parametrize(("given", "field"), WRONG_CALLS)
def test_a_call_that_is_not_well_formed(
    browser_of: BrowserOf, bureau: Bureau, given: dict[str, Any], field: str
) -> None:
    before = rows()
    page = browser_of("operator").post(reverse("hotline:new_call"), CALL | given)
    assert page.status_code == 400
    assert set(page.context["form"].errors) == {field}
    assert rows() == before


WRONG_STEPS: list[tuple[str, str, dict[str, Any], str]] = [
    ("received", "operator", {"step": "dispatch", "unit": ""}, "unit"),
    ("received", "operator", {"step": "dispatch", "unit": "hotline"}, "unit"),
    ("received", "operator", {"step": "dispatch", "unit": "roads", "note": "\x01"}, "note"),
    ("received", "operator", {"step": "dispatch", "unit": "roads", "note": "字" * 10_000}, "note"),
    ("received", "operator", {"step": "dispatch", "unit": "roads", "seen": "x"}, "seen"),
    ("received", "operator", {"step": "dispatch", "unit": "roads", "seen": "9" * 30}, "seen"),
    ("dispatched", "handler", {"step": "return"}, "note"),
    ("handling", "handler", {"step": "reply", "reply": ""}, "reply"),
    ("handling", "handler", {"step": "reply", "reply": "字" * 10_000}, "reply"),
    (
        "handling",
        "handler",
        {"step": "ask_extension", "extension_asked": "3.5", "note": "x"},
        "extension_asked",
    ),
    ("handling", "supervisor", {"step": "extend", "extend_by": "40", "note": "x"}, "extend_by"),
    ("replied", "operator", {"step": "call_back", "reached": "maybe"}, "reached"),
    ("replied", "operator", {"step": "call_back", "reached": "yes"}, "resolved"),
    ("replied", "operator", {"step": "call_back", "reached": "no", "rating": "5"}, "reached"),
    ("replied", "operator", {"step": "call_back", "reached": "yes", "rating": "9"}, "rating"),
    # What stands in the way is not a field's matter.
    ("received", "operator", {"step": "close"}, "__all__"),
    ("replied", "operator", {"step": "close"}, "__all__"),
    ("replied", "operator", {"step": "rework", "note": "x"}, "__all__"),
    ("closed", "operator", {"step": "dispatch", "unit": "roads"}, "__all__"),
]


@pytest.mark.parametrize(("state", "username", "given", "field"), WRONG_STEPS)
def test_a_step_that_is_refused(
    browser_of: BrowserOf,
    bureau: Bureau,
    just_now: datetime,
    state: str,
    username: str,
    given: dict[str, Any],
    field: str,
) -> None:
    made = ticket(bureau, state, at=just_now)
    before = rows()
    url = reverse("hotline:ticket", args=[made.number])
    page = browser_of(username).post(url, {"seen": made.version, **given})
    assert page.status_code == 400
    assert set(page.context["tried"].errors) == {field}
    for sentence in page.context["tried"].errors[field]:
        assert str(sentence) in page.content.decode().replace("&quot;", '"')
    assert rows() == before


@pytest.mark.parametrize("step", ["", "receive", "explode", "__init__", "x" * 10_000, "\0"])
def test_an_unknown_step_is_none(
    browser_of: BrowserOf, bureau: Bureau, just_now: datetime, step: str
) -> None:
    made = ticket(bureau, at=just_now)
    page = browser_of("operator").post(reverse("hotline:ticket", args=[made.number]), {"step": step})
    assert page.status_code == 400
    assert str(page.context["sentences"][0]) in page.content.decode()


@pytest.mark.parametrize("number", ["12319-20261123-0007%01", "12319-20261123-", "%F0%9F", "..", "a" * 300])
def test_an_address_that_is_no_number(browser_of: BrowserOf, number: str) -> None:
    assert browser_of("operator").get(f"/hotline/tickets/{number}/").status_code == 404
    assert browser_of("operator").get(f"/hotline/follow/{number}/").status_code == 404


@pytest.mark.parametrize("phone", ["", "\0", "1" * 10_000, "＇ OR 1=1", "\ud800".encode("utf-8", "replace")])
def test_a_caller_who_cannot_be_looked_up(browser_of: BrowserOf, phone: Any) -> None:
    page = browser_of("operator").post(reverse("hotline:caller"), {"phone": phone})
    assert page.status_code == 200
    assert page.context["earlier"] == []


@pytest.mark.parametrize("category", ["", "\x01", "字" * 10_000, "%", "_"])
def test_a_category_that_cannot_be_looked_up(browser_of: BrowserOf, category: str) -> None:
    page = browser_of("operator").get(reverse("hotline:limits"), {"category": category, "urgency": "\x01"})
    assert page.status_code == 200
    assert page.context["limits"] == []
