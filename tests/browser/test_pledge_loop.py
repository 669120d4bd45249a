"""A pledge in a browser, from the first word to the complaint of its breach, by the roles concerned."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from pledges.models import Breach, PledgeVersion
from portal.documents.signing import authority
from portal.organisation import one_time_codes
from tests.browser.walk import SECRET, browser_of_their_own, give_second_factor, photo_with_a_place
from tests.bureau import Bureau
from tests.pledges.office import make_office
from tests.portal.documents.conftest import needs
from tests.portal.documents.test_signing_pdfsig import MISMATCH, TRUSTED, VALID, WHOLE, Reader

pytestmark = pytest.mark.django_db(transaction=True)

At = Callable[..., Page]
CLAUSES = [
    "行道树倒伏、断枝危及安全的，接报后一小时内到场处置。",
    "群众反映的一般绿化问题，三个工作日内办结。",
    "公园免费开放时间不少于每日十四小时。",
    "公园座椅、健身器材损坏的，两个工作日内修复或者围挡。",
    "修剪、移植树木，提前三日在现场公示。",
    "打药作业避开早晚高峰，提前告知周边居民。",
    "绿化浇水不得冲洗行人和车辆。",
    "占用绿地的审批意见，五个工作日内答复。",
    "来电来访有人接待，不推诿。",
    "办理结果主动告知反映人。",
]


@pytest.fixture
def bureau(live_server: Any) -> Bureau:
    cache.clear()
    return make_office()


@pytest.fixture
def at(browser: Browser, live_server: Any, bureau: Bureau, complaints: list[str]) -> Iterator[At]:
    yield lambda **options: browser_of_their_own(browser, live_server.url, complaints, **options)
    for context in list(browser.contexts):
        context.close()
    assert complaints == []


def take(page: Page, name: str) -> None:
    """Press the button of a step, unfolding it where it is folded, and see that it was done."""
    step = page.locator(f"#step-{name}")
    button = step.locator("button[name=step]")
    if not button.is_visible():
        step.locator("summary").click()
    button.click()
    expect(page.locator(".message-success")).to_be_visible()


def sign(page: Page) -> None:
    step = page.locator("#step-sign")
    if not step.locator("[name=code]").is_visible():
        step.locator("summary").click()
    page.fill("#step-sign [name=code]", "000000")
    step.locator("button[name=step]").click()
    # A wrong code signs nothing, and says so at its field.
    expect(page.locator("#step-sign .field-error")).to_be_visible()
    page.fill("#step-sign [name=code]", one_time_codes.code(SECRET, at=timezone.now()))
    take(page, "sign")


def write(page: Page, texts: list[str]) -> None:
    """The clauses, with rows added as they are needed; what was typed stays."""
    fields = page.locator("[name^=clauses-][name$=-text]")
    while fields.count() < len(texts):
        page.get_by_role("button", name="增加一条").click()
        expect(fields).not_to_have_count(0)
    for index, text in enumerate(texts):
        page.fill(f"[name=clauses-{index}-text]", text)


def test_a_pledge_is_written_signed_published_superseded_and_complained_of(
    at: At, bureau: Bureau, sign_in: Callable[..., None], tmp_path: Path
) -> None:
    needs("pdfsig", "certutil")
    people = {
        who: at() for who in ("handler", "disclosure", "chief", "office_head", "supervisor")
    }  # each at a browser of their own
    for who in ("chief", "office_head"):
        give_second_factor(bureau.staff[who])
    for who, page in people.items():
        sign_in(page, bureau.staff[who])
    handler, disclosure = people["handler"], people["disclosure"]

    # Written, clause by clause: ten of them, one with a measure.
    handler.goto("/pledges/desk/new/")
    handler.select_option("[name=unit]", "greening")
    handler.fill("[name=title]", "园林绿化服务公开承诺书")
    handler.fill("[name=phone]", "0570-5550124")
    handler.fill("[name=valid_from]", timezone.localdate().isoformat())
    write(handler, CLAUSES)
    handler.select_option("[name=clauses-1-measure]", "hotline.closed_within")
    handler.fill("[name=clauses-1-days]", "3")
    handler.fill("[name=clauses-1-target]", "95")
    handler.get_by_role("button", name="保存草稿").last.click()
    expect(handler.locator(".message-success")).to_be_visible()
    version = PledgeVersion.objects.get()
    desk = f"/pledges/desk/{version.pk}/"
    stranger = at(viewport={"width": 390, "height": 844})
    stranger.goto("/pledges/")
    expect(stranger.locator("main")).not_to_contain_text("园林绿化服务")
    # Who wrote it has no button to review it.
    expect(handler.locator("#step-review")).to_have_count(0)

    disclosure.goto(desk)
    take(disclosure, "review")
    people["chief"].goto(desk)
    sign(people["chief"])
    stranger.goto(f"/pledges/{version.pledge_id}/")
    expect(stranger.locator("main")).to_contain_text("页面不存在")
    disclosure.goto(desk)
    take(disclosure, "publish")

    stranger.goto("/pledges/")
    stranger.get_by_role("link", name="园林绿化服务公开承诺书").click()
    for text in CLAUSES:
        expect(stranger.locator("main")).to_contain_text(text)
    expect(stranger.locator("main")).to_contain_text("首席代表 签样例")

    # The file, for any reader: valid with the bureau's certificate, broken by a single byte.
    version.refresh_from_db()
    pdf = stranger.request.get(f"/verify/{version.document.check_code}/document.pdf").body()
    assert stranger.request.get("/verify/ca.pem").body() == authority.ca_pem()
    reader = Reader(tmp_path / "reader", pem=authority.ca_pem())
    assert reader.says(pdf) == (VALID, TRUSTED, WHOLE)
    place = len(pdf) // 3
    assert reader.says(pdf[:place] + bytes([pdf[place] ^ 1]) + pdf[place + 1 :])[0] == MISMATCH

    # Superseded: the next version begins with the text of the last.
    handler.goto(desk)
    handler.get_by_role("link", name="起草下一版").click()
    handler.fill("[name=clauses-1-text]", "群众反映的一般绿化问题，两个工作日内办结。")
    handler.fill("[name=clauses-1-days]", "2")
    # From when it holds is asked anew.
    expect(handler.locator("[name=valid_from]")).to_have_value("")
    handler.fill("[name=valid_from]", timezone.localdate().isoformat())
    handler.get_by_role("button", name="保存草稿").last.click()
    expect(handler.locator(".change")).to_have_count(1)
    following = PledgeVersion.objects.get(number=2)
    for who, name in (("disclosure", "review"), ("office_head", "sign"), ("disclosure", "publish")):
        people[who].goto(f"/pledges/desk/{following.pk}/")
        sign(people[who]) if name == "sign" else take(people[who], name)
    stranger.goto(f"/pledges/{version.pledge_id}/")
    expect(stranger.locator("main")).to_contain_text("两个工作日内办结")
    stranger.get_by_role("link", name="第1版到第2版的改动").click()
    expect(stranger.locator(".change ins").first).to_contain_text("两")
    stranger.goto(f"/pledges/{version.pledge_id}/versions/1/")
    expect(stranger.locator("main")).to_contain_text("三个工作日内办结")
    expect(stranger.locator("main")).to_contain_text("旧版")
    stranger.goto(f"/verify/{version.document.check_code}/")
    expect(stranger.locator("main")).to_contain_text("取代")

    # Complained of, without a name, with a photo.
    stranger.goto(f"/pledges/{version.pledge_id}/")
    stranger.locator("#clause-2").get_by_role("link", name="这条没有做到").click()
    expect(stranger.locator("[name=clause]")).to_have_value("2")
    stranger.fill("[name=description]", "反映五天了，枯树还没有处理。")
    stranger.set_input_files("[name=photos]", [photo_with_a_place()])
    stranger.get_by_role("button", name="提交投诉").click()
    number = stranger.locator(".spoken-pair dd").first.inner_text()
    breach = Breach.objects.get(number=number)
    assert breach.is_anonymous
    assert breach.clause.version_id == following.pk

    supervisor = people["supervisor"]
    supervisor.goto("/pledges/complaints/")
    supervisor.get_by_role("link", name=number).click()
    take(supervisor, "accept")
    take(supervisor, "investigate")
    handler.goto(f"/pledges/complaints/{number}/")
    handler.fill("#step-explain [name=statement]", "因连日降雨未能及时处理。")
    take(handler, "explain")
    supervisor.reload()
    supervisor.fill("#step-uphold [name=finding]", "经查，超过承诺时限未处理，投诉属实。")
    supervisor.fill("#step-uphold [name=put_right_days]", "2")
    take(supervisor, "uphold")
    handler.reload()
    handler.fill("#step-put_right [name=remedy]", "枯树已移除，并补植。")
    take(handler, "put_right")
    supervisor.reload()
    take(supervisor, "close")

    stranger.goto(f"/pledges/follow/{number}/")
    expect(stranger.locator("main")).to_contain_text("枯树已移除，并补植。")
    expect(stranger.locator("main")).to_contain_text("已整改到位")
    for staff in bureau.staff.values():
        assert staff.name not in stranger.locator("main").inner_text()
    stranger.goto(f"/pledges/{version.pledge_id}/")
    expect(stranger.locator("#clause-2")).to_contain_text("1件投诉属实")
    supervisor.goto("/oversight/appraisal/")
    row = supervisor.locator("tbody tr", has_text="园林绿化管理处")
    expect(row.locator("td").last).to_have_text("1")


def test_the_desk_without_script(at: At, bureau: Bureau, sign_in: Callable[..., None]) -> None:
    handler, disclosure = (at(java_script_enabled=False) for _each in range(2))
    sign_in(handler, bureau.staff["handler"])
    sign_in(disclosure, bureau.staff["disclosure"])
    handler.goto("/pledges/desk/import/")
    handler.fill(
        "[name=pasted]", "园林承诺书\n" + "\n".join(f"{n}．{text}" for n, text in enumerate(CLAUSES, 1))
    )
    handler.click("main form .btn-primary")
    expect(handler.locator("[name^=clauses-][name$=-text]")).to_have_count(10)
    handler.select_option("[name=unit]", "greening")
    handler.fill("[name=phone]", "0570-5550124")
    handler.fill("[name=valid_from]", timezone.localdate().isoformat())
    # Enter in a field saves, and does not add a clause.
    handler.press("[name=phone]", "Enter")
    expect(handler.locator(".message-success")).to_be_visible()
    version = PledgeVersion.objects.get()
    assert [each.text for each in version.clauses.all()] == CLAUSES
    disclosure.goto(f"/pledges/desk/{version.pk}/")
    take(disclosure, "review")
    version.refresh_from_db()
    assert version.state == "reviewed"
