"""A browser for the tests: pages that are watched for complaints, axe, and signing in."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test import Client
from playwright.sync_api import Page, Playwright

from portal.organisation import second_factor
from tests.browser import chromium
from tests.browser.walk import watch

WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
NO_BROWSER = "there is no Chromium on this machine (apt-get install chromium)"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = os.path.dirname(__file__)
    for item in items:
        if str(item.path).startswith(here):
            item.add_marker(pytest.mark.browser)
            if not chromium.found() and os.environ.get("CI") != "true":
                item.add_marker(pytest.mark.skip(reason=NO_BROWSER))


@pytest.fixture(scope="session")
def base_url() -> None:
    """None: every test asks its own server. (The plugin's own fixture warns, and warnings are errors.)"""


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    if not chromium.found():
        pytest.fail(NO_BROWSER)
    # Playwright keeps an event loop in this thread; Django would refuse every query of the tests after that.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    return {**browser_type_launch_args, **chromium.launch_options()}


@pytest.fixture(scope="session")
def connection_before(django_db_setup: None) -> BaseDatabaseWrapper:
    """The connection that the run's database was made ready with, before there is an event loop."""
    return connections["default"]


@pytest.fixture(scope="session")
def playwright(connection_before: BaseDatabaseWrapper, playwright: Playwright) -> Playwright:
    """Playwright, with the same database connection: inside an event loop Django would use another one."""
    connections["default"] = connection_before
    return playwright


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    viewport = {"width": 1280, "height": 900}
    return {**browser_context_args, "locale": "zh-CN", "timezone_id": "Asia/Shanghai", "viewport": viewport}


@pytest.fixture
def complaints() -> list[str]:
    """What the browser had to say: console messages, script errors, requests that leave the site."""
    return []


@pytest.fixture
def page(page: Page, live_server: Any, complaints: list[str]) -> Iterator[Page]:
    """A page that must have had nothing to complain of when the test is over."""
    watch(page, live_server.url, complaints)
    yield page
    assert complaints == []


@pytest.fixture
def axe(complaints: list[str]) -> Callable[[Page], list[str]]:
    """`axe(page)` → what is wrong by WCAG 2.2 A and AA, a line each, with the place."""

    def run(page: Page) -> list[str]:
        before = list(complaints)
        result = Axe().run(page, options={"runOnly": WCAG, "resultTypes": ["violations"]})
        complaints[:] = before  # axe's own doings are not the page's
        return [
            f"{page.url}: {violation['id']}: {violation['help']}: {node['html'][:160]}"
            for violation in result.response["violations"]
            for node in violation["nodes"]
        ]

    return run


@pytest.fixture
def sign_in(live_server: Any) -> Callable[..., None]:
    """`sign_in(page, staff)`: as after password and second factor, without walking through the pages."""

    def run(page: Page, staff: Any) -> None:
        client = Client()
        client.force_login(staff)
        session = client.session
        second_factor.mark_passed(session, staff)
        # allauth asks for the password again where it was not typed within minutes.
        record = {"method": "password", "at": time.time(), "reauthenticated": True}
        session["account_authentication_methods"] = [record]
        session["account_authentication_methods_user"] = str(staff.pk)
        session.save()
        cookie = client.cookies[settings.SESSION_COOKIE_NAME]
        page.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": live_server.url}])

    return run
