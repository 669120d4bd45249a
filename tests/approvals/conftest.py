"""Papers of tests that are about rules: kept, numbered and recorded, but neither typeset nor signed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from django.core.cache import cache
from django.db import transaction

from portal.documents.signing.signer import Signed
from portal.organisation.models import Staff
from tests.approvals.window import make_window
from tests.bureau import Bureau


@pytest.fixture(autouse=True)
def _fresh_cache() -> Iterator[None]:
    """Who was slowed down in one test is not in the next."""
    cache.clear()
    yield
    cache.clear()


@pytest.fixture(scope="module")
def window_of_the_module(django_db_setup: None, django_db_blocker: Any) -> Iterator[Bureau]:
    """The window, founded once a module: each test's own changes are undone, this at the module's end."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield make_window()
        transaction.set_rollback(True)


@pytest.fixture
def window(window_of_the_module: Bureau, db: None) -> Bureau:
    """The module's window, with members of staff as they stand in the database."""
    made = window_of_the_module
    staff = {each.username: each for each in Staff.objects.select_related("unit")}
    return Bureau(units=made.units, staff=staff, categories=made.categories)


@pytest.fixture
def plain_papers(monkeypatch: pytest.MonkeyPatch) -> None:
    """To typeset and to sign takes longer than all the rest of a step; other tests look at the papers."""

    def signed(
        kind: Any, title: str, values: Any, enclosing: Any, *, number: str, code: str, at: datetime
    ) -> Signed:
        return Signed(pdf=f"{number} {code} {values}".encode(), signer="plain", serial="0", signed_at=at)

    monkeypatch.setattr("portal.documents.actions._signed", signed)
