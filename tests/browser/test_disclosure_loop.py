"""Open government in a browser: a text and a request through all who have a part in them, and back."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.core.cache import cache
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from disclosure.models import Disclosure, InformationRequest, Publication
from tests.browser.openness import PRIVATE_PHONE, pdf_saying
from tests.browser.walk import browser_of_their_own, photo_with_a_place, tab_to
from tests.bureau import Bureau
from tests.disclosure import office as of

pytestmark = pytest.mark.django_db(transaction=True)

PHONE = {"width": 390, "height": 844}
TITLE = "古树名木保护名录（2026年）"
WORD = "香樟王"
BODY = f"现公布古树名木保护名录，共四十六株。\n\n发现枯枝的，请联系林样例，电话{PRIVATE_PHONE}。"
MASKED = "199****0001"
LIST = pdf_saying("古树名木名录", f"第一号：{WORD}，树龄三百年")

Axe = Callable[[Page], list[str]]


@dataclass(slots=True)
class People:
    """Staff each at a browser of their own; citizens at a phone, one of them without script."""

    bureau: Bureau
    open: Callable[..., Page]
    sign_in: Callable[..., None]
    pages: dict[str, Page] = field(default_factory=dict)

    def at(self, who: str) -> Page:
        if who not in self.pages:
            options: dict[str, Any] = {"viewport": PHONE} if who in ("citizen", "without_script") else {}
            if who == "without_script":
                options["java_script_enabled"] = False
            self.pages[who] = self.open(**options)
            if who in self.bureau.staff:
                self.sign_in(self.pages[who], self.bureau.staff[who])
        return self.pages[who]

    def text(self, who: str, number: str) -> Page:
        return self._at(who, f"/disclosure/desk/publications/{number}/")

    def request(self, who: str, number: str) -> Page:
        return self._at(who, f"/disclosure/desk/requests/{number}/")

    def _at(self, who: str, address: str) -> Page:
        page = self.at(who)
        page.goto(address)
        return page


@pytest.fixture
def people(
    browser: Browser, live_server: Any, sign_in: Callable[..., None], complaints: list[str]
) -> Iterator[People]:
    cache.clear()
    opened = lambda **options: browser_of_their_own(browser, live_server.url, complaints, **options)  # noqa: E731
    yield People(of.make_office(), opened, sign_in)
    for context in list(browser.contexts):
        context.close()
    assert complaints == []


def unfolded(page: Page, name: str) -> Any:
    step = page.locator(f"#step-{name}")
    if not step.locator("button[name=step]").is_visible():
        step.locator("summary").click()
    return step


def take(page: Page, name: str, **entered: str) -> None:
    """Fill in what a step asks for, press its button, and see that it was done."""
    step = unfolded(page, name)
    for field_name, value in entered.items():
        step.locator(f"[name={field_name}]").fill(value)
    with page.expect_navigation():
        step.locator("button[name=step]").click()
    expect(page.locator(".message-success")).to_be_visible()


def save(page: Page, *, do: str = "") -> None:
    with page.expect_navigation():
        page.locator(f"main form button{f'[name=do][value={do}]' if do else '[data-saves]'}").first.click()


def place(page: Page) -> None:
    """Where in the catalogue it stands, and of when it is."""
    page.select_option("[name=category]", "office")
    page.select_option("[name=theme]", "office")
    page.fill("[name=dated_on]", timezone.localdate().isoformat())


def a_file(name: str, data: bytes) -> dict[str, Any]:
    return {"name": name, "mimeType": "application/pdf", "buffer": data}


def search(page: Page, words: str) -> Page:
    page.goto("/disclosure/")
    page.fill("[name=q]", words)
    with page.expect_navigation():
        page.press("[name=q]", "Enter")
    return page


def review_and_publish(people: People, number: str) -> Disclosure:
    """The reviewer finds it on the own desk and passes it; the officer publishes."""
    reviewer = people.at("secrecy")
    reviewer.goto("/disclosure/desk/publications/")
    reviewer.locator(f"a[href$='/{number}/']").click()
    take(reviewer, "pass_secrecy", secrecy_basis="《保守国家秘密法》第十三条，逐项对照，不涉密。")
    take(people.text("disclosure", number), "publish")
    item = Publication.objects.get(number=number).entries.get().item
    assert item is not None
    return item


# A text -----------------------------------------------------------------------------------------------------


def test_a_text_is_written_masked_reviewed_published_corrected_and_withdrawn(people: People) -> None:
    handler = people.at("handler")
    handler.goto("/disclosure/desk/publications/")
    handler.locator("a[href='/disclosure/desk/publications/new/']").click()
    handler.fill("[name=title]", TITLE)
    handler.fill("[name=body]", BODY)
    place(handler)
    handler.set_input_files("[name=uploads]", [a_file("古树名木名录.pdf", LIST)])
    save(handler)
    number = Publication.objects.get().number
    citizen = search(people.at("citizen"), "名录")
    expect(citizen.locator("main")).not_to_contain_text(TITLE)

    # Handing in says what stands in the way, and masks the number in its own sentence.
    with handler.expect_navigation():
        unfolded(handler, "submit").locator("button[name=step]").click()
    expect(handler.locator("main .message-error").first).to_be_visible()
    expect(handler.locator("#step-submit")).to_contain_text(MASKED)
    assert Publication.objects.get().state == "draft"
    handler.locator(".message-warning a").first.click()
    expect(handler.locator("main fieldset").first).to_contain_text(PRIVATE_PHONE)
    save(handler, do="mask")
    expect(handler.locator(".said")).to_contain_text(MASKED)
    expect(handler.locator("main")).not_to_contain_text(PRIVATE_PHONE)
    take(handler, "submit", note="名录见附件。")
    # Who wrote it neither changes it any more nor reviews it.
    expect(handler.locator("#step-submit, #step-pass_secrecy, a[href$='/texts/1/']")).to_have_count(0)

    item = review_and_publish(people, number)

    # Found by a word that stands in the file alone, and read.
    search(citizen, WORD)
    citizen.locator(".items a").click()
    expect(citizen.locator("h1")).to_have_text(TITLE)
    expect(citizen.locator(".body")).to_contain_text(MASKED)
    link = citizen.locator(".paper-list a")
    assert citizen.request.get(str(link.get_attribute("href"))).body() == LIST
    old_file = str(link.get_attribute("href"))

    # Corrected: it goes the whole way again, and until then nothing changes for anybody.
    officer = people.at("disclosure")
    officer.goto(item.get_absolute_url())
    officer.locator("a[href^='/disclosure/desk/items/']").click()
    officer.locator("a[href$='/correct/']").click()
    # What belonged to it comes along, unless it is taken out.
    expect(officer.locator("main")).to_contain_text("古树名木名录.pdf")
    officer.fill("[name=correction_note]", "株数由四十六株更正为四十七株。")
    officer.fill("[name=body]", "现公布古树名木保护名录，共四十七株。")
    longer = pdf_saying("古树名木名录", f"第一号：{WORD}", "第四十七号：银杏")
    officer.set_input_files("[name=uploads]", [a_file("古树名木名录.pdf", longer)])
    save(officer)
    correction = Publication.objects.get(corrects=item).number
    expect(officer.locator("section .paper-list a")).to_have_count(2)
    officer.locator("a[href$='/texts/1/']").last.click()
    officer.locator("[name=without]").first.check()
    save(officer, do="keep")
    take(officer, "submit")
    citizen.goto(item.get_absolute_url())
    expect(citizen.locator(".body")).to_contain_text("四十六株")
    assert review_and_publish(people, correction) == item
    citizen.goto(item.get_absolute_url())
    expect(citizen.locator(".message").first).to_contain_text("株数由四十六株更正为四十七株。")
    expect(citizen.locator(".body")).to_contain_text("四十七株")
    assert citizen.request.get(str(citizen.locator(".paper-list a").get_attribute("href"))).body() == longer
    assert citizen.request.get(old_file).status == 404

    # Withdrawn: its address says that it was there, and why; its words and files are gone.
    officer.goto(f"/disclosure/desk/items/{item.index_number}/")
    form = officer.locator("details", has=officer.locator("button[value=withdraw]"))
    form.locator("summary").click()
    form.locator("[name=reason]").fill("名录需要重新核对。")
    with officer.expect_navigation():
        form.locator("button[value=withdraw]").click()
    answer = citizen.goto(item.get_absolute_url())
    assert answer is not None
    assert answer.status == 410
    expect(citizen.locator("main")).to_contain_text(item.index_number)
    expect(citizen.locator("main")).to_contain_text("名录需要重新核对。")
    expect(citizen.locator("main")).not_to_contain_text(TITLE)
    assert citizen.request.get(old_file).status == 410
    expect(search(citizen, WORD).locator(".items")).to_have_count(0)


# A request --------------------------------------------------------------------------------------------------

ASKED = "绿化方面的数据"
CLEARER = "2025年行道树农药的使用记录和供货合同"
RECORD = pdf_saying("农药使用记录", "全年使用低毒药剂四次")


def fill_in(page: Page) -> None:
    page.check("[name=applicant_kind][value=person]")
    page.fill("[name=applicant_name]", of.NAME)
    page.fill("[name=applicant_number]", of.ID_NUMBER)
    page.fill("[name=phone]", PRIVATE_PHONE)
    page.fill("[name=description]", ASKED)
    page.check("[name=may_publish]")


def test_a_request_without_script_is_supplemented_consulted_on_answered_in_part_and_published(
    people: People,
) -> None:
    citizen = people.at("without_script")
    citizen.goto("/")
    citizen.locator("main a[href='/disclosure/requests/']").first.click()
    citizen.locator("a[href='/disclosure/requests/apply/']").click()
    fill_in(citizen)
    citizen.set_input_files("[name=uploads]", [photo_with_a_place("身份证.jpg")])
    # The field that only programs fill in is out of everybody's sight.
    trap = citizen.locator("[name=website]").bounding_box()
    assert trap is not None
    assert trap["x"] + trap["width"] < 0
    citizen.locator("main form button[data-saves]").click()
    number = citizen.locator(".spoken-pair dd").first.inner_text()
    citizen.locator(f"a[href='/disclosure/requests/{number}/']").click()

    officer = people.at("disclosure")
    officer.goto("/disclosure/desk/requests/")
    officer.locator(f"a[href$='/{number}/']").click()
    take(officer, "register", note="已电话确认。")
    take(officer, "ask_supplement", supplement_days="10", note="请写明需要哪一年、哪一类的数据。")

    # What is missing stands in the notice, one press away from where it is brought.
    citizen.reload()
    panel = citizen.locator("#step-supplement")
    notice = str(panel.locator("a[href*='/papers/']").get_attribute("href"))
    assert citizen.request.get(notice).body().startswith(b"%PDF-")
    panel.locator("[name=description]").fill(CLEARER)
    panel.locator("button[name=step]").click()
    expect(citizen.locator(".message-success")).to_be_visible()
    expect(citizen.locator("main")).to_contain_text(CLEARER)

    officer = people.request("disclosure", number)
    # Who has not yet been reviewed is given nothing.
    step = unfolded(officer, "reply")
    step.locator("[name=reply_type]").select_option("provided")
    step.locator("[name=reply_text]").fill("现予提供。")
    with officer.expect_navigation():
        step.locator("button[name=step]").click()
    expect(officer.locator("#step-reply .field-error").first).to_be_visible()
    take(officer, "consult", third_parties=of.THIRD_PARTY, note="请说明是否涉及商业秘密。")
    step = unfolded(officer, "record_opinion")
    step.locator("[name=party]").select_option(label=of.THIRD_PARTY)
    step.locator("[name=answer][value=objects]").check()
    take(officer, "record_opinion", reason="单价属于本公司的商业秘密。")

    reviewer = people.request("secrecy", number)
    expect(reviewer.locator("main")).not_to_contain_text(of.ID_NUMBER)
    expect(reviewer.locator("main")).not_to_contain_text(of.NAME)
    take(reviewer, "pass_secrecy", secrecy_basis="《保守国家秘密法》第十三条，不涉密。")

    officer = people.request("disclosure", number)
    step = unfolded(officer, "reply")
    step.locator("[name=reply_type]").select_option("partly")
    step.locator("[name=withheld_grounds][value=third_party]").check()
    step.locator("[name=uploads]").set_input_files([a_file("农药使用记录.pdf", RECORD)])
    take(officer, "reply", reply_text="使用记录见附件；合同单价属于商业秘密，不予提供。")

    # Letter and file, to the one who asked and to nobody else.
    citizen.reload()
    answer = citizen.locator("section[aria-labelledby=answer-head]")
    expect(answer).to_contain_text("合同单价属于商业秘密")
    files = [str(link.get_attribute("href")) for link in answer.locator("a").all()]
    assert len(files) == 2
    given = [citizen.request.get(each).body() for each in files]
    assert given[0] == RECORD
    assert given[1].startswith(b"%PDF-")
    stranger = people.at("citizen")
    assert [stranger.request.get(each).status for each in files] == [404, 404]
    text = citizen.locator("main").inner_text()
    assert not [staff.name for staff in people.bureau.staff.values() if staff.name in text]

    take(officer, "deliver")
    take(officer, "close")
    assert InformationRequest.objects.get(number=number).outcome == "partly"

    # What was given, for everyone, without a word about who asked.
    officer.locator(f"a[href='/disclosure/desk/publications/new/?request={number}']").click()
    officer.fill("[name=title]", "2025年行道树农药使用记录")
    place(officer)
    save(officer)
    publication = Publication.objects.get(request__number=number).number
    take(officer, "submit")
    item = review_and_publish(people, publication)
    search(stranger, "农药").locator(".items a").click()
    expect(stranger.locator("h1")).to_have_text("2025年行道树农药使用记录")
    page_text = stranger.locator("body").inner_text()
    assert not [each for each in (of.NAME, of.ID_NUMBER, PRIVATE_PHONE, number) if each in page_text]
    assert item.versions.count() == 1


def test_an_application_by_the_keyboard_alone(people: People, axe: Axe) -> None:
    page = people.at("citizen")
    page.goto("/disclosure/requests/apply/")
    send = page.locator("main form button[data-saves]")
    tab_to(page, send)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    # Everything that is wrong is said at once, beside its field.
    expect(page.locator("[role=alert]")).to_be_visible()
    assert page.locator(".field-error").count() >= 4
    assert axe(page) == []
    for name, typed in (
        ("applicant_kind", " "),
        ("applicant_name", of.NAME),
        ("applicant_number", of.ID_NUMBER),
        ("phone", PRIVATE_PHONE),
        ("description", CLEARER),
    ):
        tab_to(page, page.locator(f"[name={name}]").first)
        if typed == " ":
            page.keyboard.press("Space")
        else:
            page.keyboard.type(typed)
        expect(page.locator(f"[name={name}]").first).to_be_in_viewport()
    # The field for programs is passed over.
    trap = page.locator("[name=website]")
    tab_to(page, send)
    expect(trap).to_have_value("")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    expect(page.locator(".spoken-number").first).to_be_visible()
    assert axe(page) == []
    number = InformationRequest.objects.get().number
    follow = page.locator(f"a[href='/disclosure/requests/{number}/']")
    tab_to(page, follow)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text(CLEARER)


# A spreadsheet ----------------------------------------------------------------------------------------------

HEADINGS = ("标题", "正文", "目录分类", "主题", "发布机构", "成文日期", "文号", "公开渠道", "关键词")


def sheet(*rows: dict[str, str]) -> dict[str, Any]:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(HEADINGS)
    good = {
        "正文": "本月巡查、补植、修剪情况。",
        "目录分类": "工作规则",
        "主题": "城市绿化",
        "发布机构": "园林绿化管理处",
        "成文日期": "2026-01-05",
    }
    for row in rows:
        writer.writerow([{**good, **row}.get(heading, "") for heading in HEADINGS])
    return {"name": "目录.csv", "mimeType": "text/csv", "buffer": out.getvalue().encode()}


def test_a_spreadsheet_with_wrong_rows_and_then_a_right_one(people: People, axe: Axe) -> None:
    officer = people.at("disclosure")
    officer.goto("/disclosure/desk/publications/")
    officer.locator("a[href='/disclosure/desk/publications/import/']").click()
    template = officer.locator("a[href$='/template/']").get_attribute("href")
    assert officer.request.get(str(template)).body().startswith(b"PK")

    def bring(*rows: dict[str, str]) -> None:
        officer.set_input_files("[name=file]", [sheet(*rows)])
        officer.check("[name=occasion][value=carried_over]")
        save(officer)

    months = [f"绿化养护月报（{month}月）" for month in ("九", "十", "十一")]
    bring(
        {"标题": months[0]},
        {"标题": months[1], "目录分类": "没有的分类"},
        {"标题": months[2], "成文日期": "2026-02-30", "正文": f"联系电话{PRIVATE_PHONE}。"},
    )
    # By row and column, all at once; nothing was kept.
    told = officer.locator("main tbody tr")
    assert [each.locator("th").inner_text() for each in told.all()] == ["3", "4", "4"]
    expect(told.nth(0)).to_contain_text("目录分类")
    expect(told.nth(0)).to_contain_text("没有的分类")
    expect(officer.locator("main")).not_to_contain_text(PRIVATE_PHONE)
    assert axe(officer) == []
    assert Publication.objects.count() == 0

    bring(*({"标题": each} for each in months))
    expect(officer.locator(".message-success")).to_be_visible()
    number = Publication.objects.get().number
    expect(officer.locator("main section.panel")).to_have_count(3)
    take(officer, "submit")
    take(people.text("secrecy", number), "pass_secrecy", secrecy_basis="逐条对照，不涉密。")
    take(people.text("disclosure", number), "publish")
    found = search(people.at("citizen"), "月报").locator(".items h2 a")
    assert sorted(found.all_inner_texts()) == sorted(months)
