"""Browsers of the window's people, and what every page of it has to keep to."""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from portal.organisation import second_factor
from tests.bureau import Bureau

MOST_QUERIES = 12


def browser(bureau: Bureau, who: str) -> Client:
    """As after password and second factor, in Chinese; "nobody" is not signed in."""
    client = Client()
    if who != "nobody":
        client.force_login(bureau.staff[who])
        session = client.session
        second_factor.mark_passed(session, bureau.staff[who])
        session.save()
    return client


def follows(case: Any) -> Client:
    """A browser of who gave number and look-up code."""
    client = Client()
    given = {"number": case.number, "code": case.lookup_code}
    assert client.post(reverse("cases:follow"), given).status_code == 302
    return client


def queries_of(client: Client, address: str) -> int:
    """How many it takes to show a page, after a first visit has filled what is kept."""
    assert client.get(address).status_code == 200
    with CaptureQueriesContext(connection) as found:
        client.get(address)
    return len(found)
