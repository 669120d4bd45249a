"""What the tests that walk through the portal share: people at their browsers, and what they carry."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

from django.utils import timezone
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, Request, expect

from portal.organisation import actions, one_time_codes
from portal.organisation.actors import SYSTEM
from portal.organisation.models import Staff

PASSWORD = "walks-through-12319"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
MOST_TABS = 80


def watch(page: Page, site: str, complaints: list[str]) -> None:
    """Write to `complaints` what stands on the console, script errors, and requests off the site."""

    def on_console(message: ConsoleMessage) -> None:
        # The browser notes the status of an error page, which a test asks for on purpose.
        refused = message.text.startswith("Failed to load resource") and message.location["url"] == page.url
        if not refused:
            complaints.append(f"{page.url}: console {message.type}: {message.text}")

    def on_request(request: Request) -> None:
        if not request.url.startswith((site, "data:", "blob:", "about:")):
            complaints.append(f"{page.url}: asks for {request.url}")

    page.on("console", on_console)
    page.on("pageerror", lambda error: complaints.append(f"{page.url}: error {error}"))
    page.on("request", on_request)
    page.set_default_timeout(10_000)


def browser_of_their_own(browser: Browser, site: str, complaints: list[str], **options: Any) -> Page:
    """A page in a browser that shares no cookie with any other; Chinese, 1280 wide, watched."""
    context: BrowserContext = browser.new_context(
        **{
            "base_url": site,
            "locale": "zh-CN",
            "timezone_id": "Asia/Shanghai",
            "viewport": {"width": 1280, "height": 900},
            **options,
        }
    )
    page = context.new_page()
    watch(page, site, complaints)
    return page


# Signing in -------------------------------------------------------------------------------------------------


def give_password(staff: Staff) -> None:
    actions.set_password(staff=staff, password=PASSWORD, actor=SYSTEM, at=timezone.now())


def give_second_factor(staff: Staff) -> None:
    actions.enrol_second_factor(staff=staff, secret=SECRET, actor=SYSTEM, at=timezone.now())


def sign_in_at_the_door(page: Page, username: str, *, code: bool = False) -> None:
    """Through the sign-in page, with the password and, where the role needs it, the app's six digits."""
    page.goto("/accounts/login/")
    page.fill("[name=login]", username)
    page.fill("[name=password]", PASSWORD)
    page.press("[name=password]", "Enter")
    if code:
        page.wait_for_url("**/second-factor/code/**")
        # Of the half minute before: the same code is not taken twice, and a test may sign in again. Such a
        # code is refused as soon as this half minute ends, so that a new one is waited for just before that.
        left = 30 - timezone.now().timestamp() % 30
        if left < 8:
            page.wait_for_timeout(left * 1000 + 100)
        page.fill("[name=code]", one_time_codes.code(SECRET, at=timezone.now() - timedelta(seconds=30)))
        page.press("[name=code]", "Enter")
    expect(page.get_by_role("button", name="退出登录")).to_be_visible()


# The keyboard -----------------------------------------------------------------------------------------------


def tab_to(page: Page, target: Locator) -> None:
    """Press Tab until `target` has the focus."""
    for _step in range(MOST_TABS):
        if target.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{target} is not reached with Tab")


def is_in_sight(target: Locator) -> bool:
    """Whether it stands in the part of the page that the window shows."""
    return bool(
        target.evaluate(
            "e => { const b = e.getBoundingClientRect(); return b.top >= 0 && b.bottom <= innerHeight; }"
        )
    )


# Photos -----------------------------------------------------------------------------------------------------

GPS, ORIENTATION, MAKE = 0x8825, 0x0112, 0x010F


def photo_with_a_place(name: str = "photo.jpg", *, size: tuple[int, int] = (240, 180)) -> dict[str, Any]:
    """An upload as a telephone makes it: with camera and position in its EXIF."""
    exif = Image.Exif()
    exif[MAKE] = "Testphone"
    exif.get_ifd(GPS).update({1: "N", 2: (30.0, 15.0, 0.0), 3: "E", 4: (120.0, 9.0, 0.0)})
    image = Image.new("RGB", size, (96, 140, 72))
    # Half of it darker, so that it is not one grey plane to look at.
    image.paste((60, 70, 80), (0, size[1] // 2, *size))
    out = io.BytesIO()
    image.save(out, "JPEG", exif=exif)
    return {"name": name, "mimeType": "image/jpeg", "buffer": out.getvalue()}


def has_exif(data: bytes) -> bool:
    with Image.open(io.BytesIO(data)) as image:
        return bool(image.getexif()) or b"Exif" in data or b"Testphone" in data


def served(page: Page, image: Locator) -> bytes:
    """The bytes behind an <img>, asked for as its reader."""
    answer = page.request.get(image.evaluate("element => element.src"))
    assert answer.status == 200
    assert answer.headers["content-type"] == "image/jpeg"
    return answer.body()
