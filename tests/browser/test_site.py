"""The site's own pages in a real browser: axe finds nothing; keyboard, phone and no script will do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from portal.organisation.actors import SYSTEM, Role
from portal.organisation.models import Staff
from portal.workdays.actions import seed_calendar
from portal.workdays.models import CalendarVersion

pytestmark = pytest.mark.django_db(transaction=True)

PUBLIC = ("/", "/sitemap/", "/accounts/login/", "/nowhere/")
SIGNED_IN = (
    "/workbench/",
    "/account/",
    "/accounts/password/",
    "/accounts/logout/",
    "/accounts/sessions/",
    "/accounts/second-factor/",
    "/accounts/second-factor/keys/",
    "/accounts/reauthenticate/",
)
PHONE = {"width": 390, "height": 844}


@pytest.fixture
def clerk(live_server: Any) -> Staff:
    # The desk says how long each limit has to run; an earlier test may have emptied the calendar.
    if not CalendarVersion.objects.exists():
        seed_calendar(at=timezone.now(), actor=SYSTEM)
    return Staff.objects.create_user("clerk", password="yunxi-12319", name="窗样例", roles=[Role.CLERK.value])


def choose(page: Page, live_server: Any, **cookies: str) -> None:
    page.context.add_cookies([{"name": k, "value": v, "url": live_server.url} for k, v in cookies.items()])


@pytest.mark.parametrize(("language", "elder"), [("zh-hans", "0"), ("zh-hans", "1"), ("en", "0")])
def test_axe_finds_nothing(
    page: Page,
    live_server: Any,
    axe: Callable[[Page], list[str]],
    sign_in: Callable[..., None],
    clerk: Staff,
    language: str,
    elder: str,
) -> None:
    choose(page, live_server, django_language=language, elder=elder)
    found = []
    for path in PUBLIC:
        page.goto(live_server.url + path)
        found += axe(page)
    sign_in(page, clerk)
    for path in SIGNED_IN:
        page.goto(live_server.url + path)
        found += axe(page)
    assert found == []


def test_no_page_is_wider_than_a_phone(
    page: Page, live_server: Any, sign_in: Callable[..., None], clerk: Staff
) -> None:
    page.set_viewport_size(PHONE)
    choose(page, live_server, elder="1")
    sign_in(page, clerk)
    for path in PUBLIC + SIGNED_IN:
        page.goto(live_server.url + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], path


def test_signing_in_and_out_with_the_keyboard(page: Page, live_server: Any, clerk: Staff) -> None:
    page.goto(live_server.url + "/accounts/login/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="跳到正文")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.type("clerk")
    page.keyboard.press("Tab")
    page.keyboard.type("yunxi-12319")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("窗口工作台")
    page.get_by_role("button", name="退出登录").click()
    expect(page.get_by_role("link", name="工作人员登录")).to_be_visible()


def test_a_wrong_password_is_said_beside_the_form(page: Page, live_server: Any, clerk: Staff) -> None:
    page.goto(live_server.url + "/accounts/login/")
    page.fill("[name=login]", "clerk")
    page.fill("[name=password]", "wrong")
    page.press("[name=password]", "Enter")
    expect(page.get_by_role("alert")).to_contain_text("密码")


def test_language_and_elder_mode_without_script(browser: Any, live_server: Any) -> None:
    context = browser.new_context(java_script_enabled=False, locale="zh-CN")
    page = context.new_page()
    page.goto(live_server.url + "/sitemap/")
    page.get_by_role("button", name="长者模式").click()
    assert page.locator("html").get_attribute("class") == "elder"
    page.get_by_role("button", name="English").click()
    assert page.locator("html").get_attribute("lang") == "en"
    assert page.url.endswith("/sitemap/")
    page.get_by_role("button", name="中文").click()
    assert page.locator("html").get_attribute("lang") == "zh-CN"
    context.close()


def test_the_menu_folds_out_on_a_phone(page: Page, live_server: Any) -> None:
    page.set_viewport_size(PHONE)
    page.goto(live_server.url + "/")
    link = page.get_by_role("navigation", name="主导航").get_by_role("link", name="工作日计算")
    expect(link).to_be_hidden()
    page.get_by_text("导航菜单").click()
    link.click()
    assert page.url.endswith("/workdays/")


def test_a_security_key_is_added_under_the_page_s_strict_policy(
    page: Page, live_server: Any, sign_in: Callable[..., None], clerk: Staff
) -> None:
    sign_in(page, clerk)
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    key = {"protocol": "ctap2", "transport": "usb", "hasUserVerification": True, "isUserVerified": True}
    devtools.send(
        "WebAuthn.addVirtualAuthenticator", {"options": {**key, "automaticPresenceSimulation": True}}
    )
    page.goto(live_server.url + "/accounts/second-factor/keys/add/")
    page.get_by_label("密钥名称").fill("窗口备用")
    # The browser asks its key first and sends the form then: the page's own address tells nothing of that.
    with page.expect_navigation():
        page.get_by_role("button", name="添加密钥").click()
    page.goto(live_server.url + "/accounts/second-factor/keys/")
    expect(page.get_by_role("cell", name="窗口备用")).to_be_visible()
