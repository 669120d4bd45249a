"""A catalogue of some hundred synthetic items, made once a module; each test's own changes are undone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from django.db import connection, transaction

from disclosure import loading, searching
from tests.bureau import Bureau, make_bureau

LAST = date(2026, 11, 2)
COUNT = 400


@pytest.fixture(scope="module")
def filled(django_db_setup: None, django_db_blocker: Any) -> Iterator[Bureau]:
    with django_db_blocker.unblock(), transaction.atomic():
        bureau = make_bureau()
        loading.load(COUNT, last=LAST, seed=3)
        # What the statistics would say: within a transaction ANALYZE sees the rows, as VACUUM would not.
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE disclosure_searchtext")
        searching.forget_statistics()
        yield bureau
        transaction.set_rollback(True)
    searching.forget_statistics()


@pytest.fixture
def items(filled: Bureau, db: None) -> Bureau:
    """The bureau whose items they are."""
    return filled
