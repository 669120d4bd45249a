"""What tests of documents share: tools of the system, a small typeset document, certificates of their own."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

import pytest
import typst
from django.utils import translation

from portal.documents.signing import authority

PAGE = """
#set document(title: "Letter", date: datetime(year: 2026, month: 11, day: 24))
#set text(font: "Libertinus Serif", lang: "en")
= A letter
Three working days, #link("https://portal.invalid/verify/")[check].
#pagebreak()
The second page.
"""


def needs(*tools: str) -> None:
    """Leave the test out where a tool of the system is missing; under CI=true that is a failure."""
    missing = [tool for tool in tools if shutil.which(tool) is None]
    if missing and os.environ.get("CI", "").lower() in ("1", "true", "yes"):
        pytest.fail(f"CI=true, but {', '.join(missing)} is missing.")
    if missing:
        pytest.skip(f"{', '.join(missing)} is not installed here")


@lru_cache(maxsize=1)
def typeset() -> bytes:
    """Two pages as the portal's own documents are: PDF/A-2b and PDF/UA-1."""
    return typst.compile(
        PAGE.encode(), pdf_standards=["a-2b", "ua-1"], ignore_system_fonts=True, timestamp=1_795_478_400
    )


@pytest.fixture(autouse=True)
def no_loop_of_a_browser() -> Iterator[None]:
    """A browser test leaves its event loop running in this thread; no web or worker process has one."""
    loop = asyncio._get_running_loop()
    asyncio._set_running_loop(None)
    yield
    asyncio._set_running_loop(loop)


@pytest.fixture
def letter() -> bytes:
    return typeset()


@pytest.fixture
def in_english() -> Iterator[None]:
    with translation.override("en"):
        yield


@pytest.fixture
def now() -> datetime:
    """The real time: a timestamp bears the authority's own clock."""
    return datetime.now(UTC)


@pytest.fixture
def signing(tmp_path: Path, settings, now: datetime, in_english: None) -> Path:
    """A directory of keys that is the test's own."""
    settings.SIGNING_DIR = tmp_path / "keys" / "signing"
    authority.make(at=now)
    return settings.SIGNING_DIR
