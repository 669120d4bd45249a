"""What every test stands on: the settings a test needs, made before Django is set up.

Servers are the private ones of `make services`, or those named by DATABASE_URL and REDIS_URL. Each
run and each of its workers has a database and a Redis number of its own.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import zlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
os.environ.setdefault("SECRET_KEY", "only-for-the-tests-" + "x" * 40)
os.environ.setdefault("LEDGER_KEY", "0" * 64)
os.environ.setdefault("SIGNING_PASSPHRASE", "only-for-the-tests")
os.environ.setdefault("TIMESTAMP_URL", "own")
os.environ.setdefault("ALLOWED_HOSTS", "localhost,127.0.0.1")
os.environ.setdefault("HTTPS", "0")

import django
from django.conf import settings
from django.utils import translation

# Checks that stand beside the tests say as much as those in them.
pytest.register_assert_rewrite(
    *(f"tests.{app}.demonstration_checks" for app in ("approvals", "disclosure", "hotline", "pledges"))
)


def redis_of_this_process(url: str) -> str:
    """The server's address with a number from 1 to 15: emptying a cache empties a whole number."""
    run = zlib.crc32(os.environ.get("TEST_DATABASE_NAME", "").encode())
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    return urlsplit(url)._replace(path=f"/{1 + (run + worker) % 15}").geturl()


def settings_for_tests(folder: Path) -> None:
    """Quick, and away from the data of a portal that runs beside the tests."""
    (folder / "static").mkdir()
    settings.REDIS_URL = settings.CELERY_BROKER_URL = redis_of_this_process(settings.REDIS_URL)
    settings.CACHES["default"]["LOCATION"] = settings.REDIS_URL
    settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.STATIC_ROOT = folder / "static"
    settings.MEDIA_ROOT = folder / "media"
    settings.EMAIL_FILE_PATH = folder / "mail"
    settings.SMS_FILE_PATH = folder / "sms"
    settings.SIGNING_DIR = folder / "signing"


def make_certificates() -> None:
    """What documents are signed with, once a process: a hundredth of a second."""
    from portal.documents.signing import authority

    authority.make(at=datetime.now(UTC))


def let_the_ledger_be_emptied() -> None:
    """After a test with real commits Django empties every table, which the ledger's triggers refuse."""
    import pgtrigger
    from django.test import TransactionTestCase

    flush = TransactionTestCase._fixture_teardown

    def teardown(self: TransactionTestCase) -> None:
        with pgtrigger.ignore():
            flush(self)

    TransactionTestCase._fixture_teardown = teardown


FOLDER = Path(tempfile.mkdtemp(prefix="portal-tests-"))
settings_for_tests(FOLDER)
django.setup()
let_the_ledger_be_emptied()
make_certificates()


def pytest_unconfigure(config: pytest.Config) -> None:
    shutil.rmtree(FOLDER, ignore_errors=True)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    """The calendar is loaded once a run, since every limit needs it."""
    from portal.organisation.actors import SYSTEM
    from portal.workdays.actions import seed_calendar

    with django_db_blocker.unblock():
        seed_calendar(at=datetime(2026, 1, 5, 1, tzinfo=UTC), actor=SYSTEM)


@pytest.fixture(autouse=True)
def _in_chinese() -> None:
    """A request in English leaves its language active in the process of its test."""
    translation.deactivate()
