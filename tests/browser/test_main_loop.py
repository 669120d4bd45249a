"""The main job in a browser: call, dispatch, signature, reply, callback, close; and a ticket let go."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from hotline.models import Ticket
from portal.cases.actions import sweep
from portal.oversight.models import Card
from tests.browser.walk import (
    browser_of_their_own,
    give_password,
    give_second_factor,
    has_exif,
    is_in_sight,
    photo_with_a_place,
    served,
    sign_in_at_the_door,
    tab_to,
)
from tests.bureau import Bureau, make_bureau, ticket

pytestmark = pytest.mark.django_db(transaction=True)

At = Callable[..., Page]
PHONE = "19900000001"
NUMBER = re.compile(r"12319-\d{8}-\d{4}")
REPLY = "已派人修剪枝条，现场已清理干净。"


@pytest.fixture
def bureau(live_server: Any) -> Bureau:
    # Who was slowed down in one test is not in the next.
    cache.clear()
    return make_bureau()


@pytest.fixture
def at(browser: Browser, live_server: Any, bureau: Bureau, complaints: list[str]) -> Iterator[At]:
    """`at()` is somebody at a browser of their own: nobody signed in, watched for complaints."""
    yield lambda **options: browser_of_their_own(browser, live_server.url, complaints, **options)
    for context in list(browser.contexts):
        context.close()
    assert complaints == []


def step(page: Page, name: str) -> Any:
    """The form of one step on a ticket's page."""
    return page.locator(f"#step-{name}")


def take(page: Page, name: str) -> None:
    """Press the button of a step, unfolding it where it is folded, and see that it was done."""
    button = step(page, name).locator("button[name=step]")
    if not button.is_visible():
        step(page, name).locator("summary").click()
    button.click()
    expect(page.locator(".message-success")).to_be_visible()


def open_from_list(page: Page, number: str) -> None:
    page.get_by_role("link", name=number).click()
    expect(page.locator(".case-head")).to_contain_text(number)


def fill_in_the_callback(page: Page) -> None:
    page.check("#step-call_back [name=reached][value=yes]")
    page.check("#step-call_back [name=resolved][value=yes]")
    page.select_option("#step-call_back [name=rating]", "5")
    page.fill("#step-call_back [name=note]", "市民表示满意。")


def follow(page: Page, number: str, code: str) -> None:
    page.goto("/cases/follow/")
    page.fill("[name=number]", number)
    page.fill("[name=code]", code)
    page.press("[name=code]", "Enter")
    page.wait_for_url(f"**/hotline/follow/{number}/")


def log_with_the_keyboard(page: Page, earlier: Ticket) -> tuple[str, str]:
    """From the list to a dispatched ticket without touching the mouse; number and look-up code."""
    keys = page.keyboard
    tab_to(page, page.get_by_role("link", name="来电登记"))
    keys.press("Enter")
    # One may type at once: the first question has the focus.
    expect(page.locator("[name=phone]")).to_be_focused()
    keys.type(PHONE, delay=5)
    shown = page.locator("#earlier")
    expect(shown).to_contain_text(earlier.number)
    expect(shown).to_contain_text(earlier.description)
    assert is_in_sight(shown.get_by_role("link", name=earlier.number))
    # Nobody has to pass by the button that is for those without script.
    keys.press("Tab")
    expect(page.locator("[name=name]")).to_be_focused()
    keys.type("测试市民")
    keys.press("Tab")
    expect(page.locator("[name=category]")).to_be_focused()
    keys.type("绿化")
    expect(page.locator("#limits .limit-lines")).to_contain_text("5 个工作日")
    # Urgency stays what it is; a figure with Alt goes straight to a question.
    keys.press("Alt+Digit3")
    expect(page.locator("[name=place]")).to_be_focused()
    keys.type("东街3号")
    keys.press("Tab")
    expect(page.locator("[name=description]")).to_be_focused()
    keys.type("行道树折断，压在人行道上。")
    keys.press("Tab")
    # Arrow keys go through how it goes on; only what belongs to the choice is shown.
    expect(page.locator("[name=goes_on][value=dispatch]")).to_be_focused()
    keys.press("ArrowDown")
    keys.press("ArrowDown")
    expect(page.locator("[name=goes_on][value=answer]")).to_be_checked()
    expect(page.locator("[name=unit]")).to_be_hidden()
    keys.press("ArrowUp")
    expect(page.locator("[name=goes_on][value=keep]")).to_be_checked()
    keys.press("Control+Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("来电已登记")
    number, code = page.locator(".spoken-pair dd").all_inner_texts()
    # The next call is one key away; this one's ticket is the next.
    expect(page.locator("a.btn-primary")).to_be_focused()
    keys.press("Tab")
    keys.press("Enter")
    expect(page.locator(".case-head")).to_contain_text(number)
    # The category's usual unit is proposed.
    tab_to(page, page.locator("#step-dispatch button"))
    keys.press("Enter")
    expect(page.locator(".message-success")).to_be_visible()
    return number, code.replace(" ", "")


def test_from_the_call_to_the_close(at: At, bureau: Bureau) -> None:
    for name in ("operator", "handler"):
        give_password(bureau.staff[name])
    earlier = ticket(bureau, "handling", at=timezone.now() - timedelta(hours=1))

    operator = at()
    sign_in_at_the_door(operator, "operator")
    number, code = log_with_the_keyboard(operator, earlier)
    made = Ticket.objects.get(number=number)
    assert (made.state, made.unit.code, made.caller_phone) == ("dispatched", "greening", PHONE)
    assert (made.category.code, made.place, made.lookup_code) == ("trees", "东街3号", code)

    handler = at()
    sign_in_at_the_door(handler, "handler")
    expect(handler.get_by_role("heading", level=1)).to_have_text("本单位工单")
    # What is due first stands on top: the signature within a day before a reply within five.
    assert handler.locator("tbody tr th[scope=row]").all_inner_texts() == [number, earlier.number]
    open_from_list(handler, number)
    take(handler, "sign")
    handler.fill("#step-reply [name=reply]", REPLY)
    handler.set_input_files("#step-reply [name=photos]", [photo_with_a_place()])
    take(handler, "reply")
    photo = handler.get_by_alt_text(re.compile("承办单位|处理"))
    expect(photo).to_have_js_property("naturalWidth", 240)

    operator.reload()
    expect(operator.locator("main")).to_contain_text(REPLY)
    # Before the callback nobody can close it.
    expect(step(operator, "close")).to_have_count(0)
    fill_in_the_callback(operator)
    take(operator, "call_back")
    expect(operator.locator("main")).to_contain_text("非常满意")
    take(operator, "close")
    expect(step(operator, "urge")).to_have_count(0)

    citizen = at(viewport={"width": 390, "height": 844})
    follow(citizen, number, code)
    expect(citizen.locator("main")).to_contain_text(REPLY)
    expect(citizen.locator("main")).to_contain_text("已办结")
    sent, kept = photo_with_a_place()["buffer"], served(citizen, citizen.locator(".photos img"))
    assert has_exif(sent)
    assert not has_exif(kept)
    for staff in bureau.staff.values():
        assert staff.name not in citizen.locator("body").inner_text()
    citizen.get_by_role("link", name="期限如何计算").click()
    last_day = citizen.locator("main table tbody tr").last
    expect(last_day).to_contain_text("第 5 日")
    expect(last_day).to_contain_text("最后一天")
    # The clock stopped with the reply: nothing is left of it, and nothing is said to be.
    expect(citizen.locator("main")).not_to_contain_text("还剩")

    # Somebody else, without the code, is led to the question for it; a photo without it is not there.
    stranger = at()
    stranger.goto(f"/hotline/follow/{number}/")
    expect(stranger).to_have_url(re.compile("/cases/follow/$"))
    assert stranger.request.get(citizen_photo_url(made)).status == 404


def citizen_photo_url(made: Ticket) -> str:
    return f"/cases/photos/{made.attachments.get().pk}/"


def test_a_report_from_the_web(at: At, bureau: Bureau) -> None:
    citizen = at(viewport={"width": 390, "height": 844})
    citizen.goto("/")
    citizen.locator("main").get_by_role("link", name="我要反映").click()
    citizen.select_option("[name=category]", "potholes")
    citizen.fill("[name=place]", "西岭路与南湖路口")
    citizen.fill("[name=description]", "路面有一个大坑，雨后积水。")
    citizen.set_input_files("[name=photos]", [photo_with_a_place("1.jpg"), photo_with_a_place("2.jpg")])
    citizen.get_by_role("button", name="提交").click()
    number, code = citizen.locator(".spoken-pair dd").all_inner_texts()
    assert NUMBER.fullmatch(number)
    made = Ticket.objects.get(number=number)
    assert (made.source, made.state, made.caller_phone) == ("web", "received", "")
    citizen.locator("main .btn-primary").click()
    photos = citizen.locator(".photos img")
    expect(photos).to_have_count(2)
    assert not has_exif(served(citizen, photos.first))
    # At another browser number and code are enough, as they were written down.
    elsewhere = at()
    follow(elsewhere, number.lower(), code)
    expect(elsewhere.locator("main")).to_contain_text("路面有一个大坑")


def test_a_ticket_that_is_let_go_is_warned_then_overdue_and_gets_its_card(at: At, bureau: Bureau) -> None:
    for name in ("handler", "supervisor"):
        give_password(bureau.staff[name])
    give_second_factor(bureau.staff["supervisor"])
    now = timezone.now()
    late = ticket(bureau, "dispatched", at=now - timedelta(days=30))
    fresh = ticket(bureau, "handling", at=now - timedelta(minutes=1))

    # The clock alone, as beat lets it: nobody touches the ticket. First it warns, then the limit is past.
    signature = late.deadlines.get(term="hotline.sign")
    sweep(at=signature.warn_at)
    signature.refresh_from_db()
    assert signature.warned_at is not None
    assert not Card.objects.exists()
    sweep(at=now)
    signature.refresh_from_db()
    assert signature.breached_at == signature.due_at
    assert {card.case_id for card in Card.objects.all()} == {late.pk}

    handler = at()
    sign_in_at_the_door(handler, "handler")
    rows = handler.locator("tbody tr")
    expect(rows.first).to_contain_text(late.number)
    limit = rows.first.locator(".limit")
    expect(limit).to_contain_text("超期")
    expect(limit.locator(".limit-sign")).to_have_text("▲")
    quiet = rows.filter(has_text=fresh.number).locator(".limit")
    expect(quiet).to_contain_text("还剩")
    # Red is for what is overdue alone.
    assert colour(limit) != colour(quiet)
    expect(handler.locator(".topbar-count")).to_be_visible()
    handler.get_by_role("link", name="消息").or_(handler.locator("a[href='/notices/']")).first.click()
    expect(handler.locator("main")).to_contain_text(late.number)

    supervisor = at()
    sign_in_at_the_door(supervisor, "supervisor", code=True)
    supervisor.goto("/oversight/")
    for card in Card.objects.all():
        expect(supervisor.locator("main")).to_contain_text(card.number)
    expect(supervisor.locator("#overdue ~ table, [aria-labelledby=overdue] table")).to_contain_text(
        late.number
    )
    first = Card.objects.order_by("pk").first()
    assert first is not None
    supervisor.get_by_role("link", name=first.number).click()
    expect(supervisor.locator("main")).to_contain_text(late.number)
    expect(supervisor.locator("main")).to_contain_text("园林绿化管理处")


def colour(limit: Any) -> str:
    return str(limit.evaluate("element => getComputedStyle(element).color"))


def test_the_same_loop_without_script(at: At, bureau: Bureau, sign_in: Callable[..., None]) -> None:
    earlier = ticket(bureau, "handling", at=timezone.now() - timedelta(hours=1))
    operator, handler, citizen = (at(java_script_enabled=False) for _each in range(3))
    sign_in(operator, bureau.staff["operator"])
    sign_in(handler, bureau.staff["handler"])

    operator.goto("/hotline/calls/new/")
    operator.fill("[name=phone]", PHONE)
    operator.fill("[name=category]", "trees")
    operator.fill("[name=place]", "东街3号")
    operator.click("button[value=look_up]")
    expect(operator.locator("#earlier")).to_contain_text(earlier.number)
    # What was typed before the look-up is still there.
    expect(operator.locator("[name=place]")).to_have_value("东街3号")
    operator.fill("[name=description]", "行道树折断。")
    operator.click("button[value=save]")
    number, code = operator.locator(".spoken-pair dd").all_inner_texts()

    handler.goto("/hotline/desk/")
    open_from_list(handler, number)
    take(handler, "sign")
    handler.fill("#step-reply [name=reply]", REPLY)
    handler.set_input_files("#step-reply [name=photos]", [photo_with_a_place()])
    take(handler, "reply")

    operator.goto("/hotline/tickets/?state=replied")
    open_from_list(operator, number)
    fill_in_the_callback(operator)
    take(operator, "call_back")
    take(operator, "close")
    assert Ticket.objects.get(number=number).state == "closed"

    follow(citizen, number, code)
    expect(citizen.locator("main")).to_contain_text(REPLY)
    expect(citizen.locator(".photos img")).to_have_count(1)
