"""A bureau made by real verbs, and browsers signed in as its people."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from PIL import Image
from rest_framework.test import APIClient

from portal.organisation import second_factor
from tests.bureau import Bureau, make_bureau


@pytest.fixture(autouse=True)
def _fresh_cache() -> Iterator[None]:
    """Who was slowed down in one test is not in the next; nor are figures kept."""
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def bureau(db: None) -> Bureau:
    return make_bureau()


@pytest.fixture
def just_now() -> datetime:
    """A moment ago, so that what a test opens has its whole limit before it."""
    return timezone.now() - timedelta(minutes=1)


def signed_in(client: Client, bureau: Bureau, username: str) -> Client:
    """As after password and second factor, without walking through the pages."""
    client.force_login(bureau.staff[username])
    session = client.session
    second_factor.mark_passed(session, bureau.staff[username])
    session.save()
    return client


@pytest.fixture
def browser_of(bureau: Bureau) -> Callable[[str], Client]:
    """`browser_of("operator")`: a browser of that person, in Chinese."""
    return lambda username: signed_in(Client(), bureau, username)


@pytest.fixture
def api_of(bureau: Bureau) -> Callable[[str], APIClient]:
    return lambda username: signed_in(APIClient(), bureau, username)


def photo_bytes(*, size: tuple[int, int] = (32, 24), kind: str = "JPEG") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, (90, 120, 60)).save(out, kind)
    return out.getvalue()


@pytest.fixture
def photo() -> SimpleUploadedFile:
    return SimpleUploadedFile("photo.jpg", photo_bytes(), content_type="image/jpeg")
