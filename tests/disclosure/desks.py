"""What tests of the app's pages and of its API have in common: a clock, what is sent, and who is who.

`today` and `fresh_cache` are fixtures that hold for all tests of a module that makes them its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile

from disclosure.publishing import Attached
from portal.cases.uploads import Upload
from tests.approvals.public import PDF, PROGRAM, jpeg, looked_at
from tests.bureau import PEOPLE, moment
from tests.disclosure.office import ID_NUMBER, NAME, QUESTION

# Half an hour after everything that a test opens, and the same Monday.
NOW = moment("2026-11-02 09:30")
STAFF = tuple(PEOPLE)
NOBODY = ("nobody", *STAFF)
PHONE, EMAIL, ADDRESS = "19900000001", "asks@portal.invalid", "青石路12号2单元"
# As somebody sees the applicant who need not know them: name, number, phone.
MASKED = ("章某", "330802**********39", "199****0001")
KNOWN = (NAME, ID_NUMBER, PHONE)
# A number of the form of a person's, in a range that is not given out.
MOBILE = "19900000002"
ASKS: dict[str, Any] = {
    "applicant_kind": "person",
    "applicant_name": NAME,
    "applicant_number": ID_NUMBER,
    "phone": "199-0000-0001",
    "email": EMAIL,
    "address": ADDRESS,
    "description": QUESTION,
    "wanted_form": "electronic",
    "wanted_delivery": "net",
}


@pytest.fixture(autouse=True)
def today() -> Iterator[datetime]:
    """Views read the clock: it is half past nine on that Monday."""
    with time_machine.travel(NOW, tick=False):
        yield NOW


@pytest.fixture(autouse=True)
def fresh_cache() -> Iterator[None]:
    """Who was slowed down in one test is not in the next."""
    cache.clear()
    yield
    cache.clear()


def gets(status: int, *who: str, otherwise: int = 403, nobody: int | None = None) -> dict[str, int]:
    """Whom an address answers so: these with `status`, all others with `otherwise`."""
    others = dict.fromkeys(STAFF, otherwise)
    return {"nobody": otherwise if nobody is None else nobody} | others | dict.fromkeys(who, status)


def pdf(name: str = "决算表.pdf") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, PDF, content_type="application/pdf")


def photo(name: str = "图.jpg", shade: int = 90) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, jpeg(shade), content_type="image/jpeg")


def program(name: str = "函.pdf") -> SimpleUploadedFile:
    """What is no PDF, whatever it is called."""
    return SimpleUploadedFile(name, PROGRAM, content_type="application/pdf")


def upload(name: str = "图.jpg", shade: int = 90) -> Upload:
    return looked_at(name, jpeg(shade))


def attached(name: str = "附图.jpg", shade: int = 90, text: str = "") -> Attached:
    """A file of a text to come out, with what was read in it."""
    return Attached(upload(name, shade), text)
