"""What tests of the window's API have in common: addresses, and what is sent."""

from __future__ import annotations

from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from approvals.models import ApprovalCase
from tests.approvals.window import ID_NUMBER
from tests.bureau import Bureau
from tests.hotline.conftest import photo_bytes, signed_in

ITEMS, APPLICATIONS, APPROVALS = (
    "/api/v1/service-items/",
    "/api/v1/applications/",
    "/api/v1/approvals/",
)
INCOMING, RATINGS, PERMITS, CASES = (
    "/api/v1/incoming/",
    "/api/v1/ratings/",
    "/api/v1/permits/",
    "/api/v1/cases/",
)
APPLICATION: dict[str, Any] = {
    "item": "all",
    "applicant_kind": "person",
    "applicant_name": "测试市民",
    "applicant_number": ID_NUMBER,
    "phone": "199-0000-0001",
    "email": "citizen@portal.invalid",
    "address": "青石路12号2单元",
    "subject_matter": "因管道施工，临时占用门前绿地20平方米。",
    "place": "青石路12号",
}


def client_of(bureau: Bureau, username: str) -> APIClient:
    """That person's, signed in; "nobody" is anyone."""
    return APIClient() if username == "nobody" else signed_in(APIClient(), bureau, username)


def send(client: APIClient, url: str, given: Any = None, **headers: str) -> Any:
    """As JSON, answered in English."""
    return client.post(url, given or {}, format="json", headers={"Accept-Language": "en", **headers})


def photo(name: str = "图.jpg", *, side: int = 32) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, photo_bytes(size=(side, side)), content_type="image/jpeg")


def of(case: ApprovalCase, step: str = "") -> str:
    return f"{APPROVALS}{case.number}/{step}/" if step else f"{APPROVALS}{case.number}/"


def own(case: ApprovalCase, step: str) -> str:
    return f"{APPLICATIONS}{case.number}/{step}/"


def cost(client: APIClient, url: str) -> int:
    """Queries of a request that has been made once before, so that nothing is kept for the first time."""
    client.get(url)
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(url)
    assert answer.status_code == 200, answer.content
    return len(queries)
