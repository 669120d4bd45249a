"""Papers of tests that are about rules: kept, numbered and recorded, but neither typeset nor signed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from django.core.cache import cache

from portal.documents.signing.signer import Signed


@pytest.fixture(autouse=True)
def _fresh_cache() -> Iterator[None]:
    """Who was slowed down in one test is not in the next."""
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def plain_papers(monkeypatch: pytest.MonkeyPatch) -> None:
    """To typeset and to sign takes longer than all the rest of a step; other tests look at the papers."""

    def signed(
        kind: Any, title: str, values: Any, enclosing: Any, *, number: str, code: str, at: datetime
    ) -> Signed:
        return Signed(pdf=f"{number} {code} {values}".encode(), signer="plain", serial="0", signed_at=at)

    monkeypatch.setattr("portal.documents.actions._signed", signed)
