"""Six applications in a browser, from the web to their end, through all who have a part in them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from approvals.models import ApprovalCase, Draft, Material, MaterialFile
from portal.cases.actions import sweep
from portal.cases.models import Attachment
from portal.notices.models import Notice
from tests.approvals.window import ID_NUMBER, make_window
from tests.browser.walk import browser_of_their_own, photo_with_a_place
from tests.bureau import Bureau

pytestmark = pytest.mark.django_db(transaction=True)

PHONE = {"width": 390, "height": 844}


@dataclass(slots=True)
class People:
    """Everybody at a browser of their own, opened when there is something to do; applicants at a phone."""

    bureau: Bureau
    open: Callable[..., Page]
    sign_in: Callable[..., None]
    pages: dict[str, Page] = field(default_factory=dict)

    def at(self, who: str) -> Page:
        if who not in self.pages:
            phone = who in ("applicant", "handler")
            self.pages[who] = self.open(**({"viewport": PHONE} if phone else {}))
            if who != "applicant":
                self.sign_in(self.pages[who], self.bureau.staff[who])
        return self.pages[who]

    def case(self, who: str, number: str) -> Page:
        page = self.at(who)
        page.goto(f"/approvals/cases/{number}/")
        return page


@pytest.fixture
def people(
    browser: Browser, live_server: Any, sign_in: Callable[..., None], complaints: list[str]
) -> Iterator[People]:
    cache.clear()
    opened = lambda **options: browser_of_their_own(browser, live_server.url, complaints, **options)  # noqa: E731
    yield People(make_window(), opened, sign_in)
    for context in list(browser.contexts):
        context.close()
    assert complaints == []


def files_of(page: Page, position: int, item: str) -> Any:
    material = Material.objects.get(guide__item__code=item, guide__state="published", position=position)
    return page.locator(f"#material-{material.pk} input[type=file]")


def fill_in(page: Page, item: str) -> None:
    page.goto("/approvals/")
    page.locator(f"a[href='/approvals/items/{item}/']").first.click()
    page.locator(f"a[href='/approvals/items/{item}/apply/']").first.click()
    page.check("[name=applicant_kind][value=person]")
    page.fill("[name=applicant_name]", "测试市民")
    page.fill("[name=applicant_number]", ID_NUMBER)
    page.fill("[name=phone]", "19900000001")
    page.fill("[name=subject_matter]", "因管道施工，临时占用门前绿地20平方米。")
    page.fill("[name=place]", "青石路12号")


def send(page: Page, item: str) -> str:
    """Apply on the web, with a file for each material that is required; the application's number."""
    fill_in(page, item)
    for position in (1, 2):
        files_of(page, position, item).set_input_files([photo_with_a_place(f"材料{position}.jpg")])
    page.locator("button[name=do][value=send]").click()
    return str(page.locator(".spoken-pair dd").first.inner_text())


def take(page: Page, name: str) -> None:
    """Press the button of a step, unfolding it where it is folded, and see that it was done."""
    step = unfolded(page, name)
    # The page before may show that an earlier step was done.
    with page.expect_navigation():
        step.locator("button[name=step]").click()
    expect(page.locator(".message-success")).to_be_visible()


def unfolded(page: Page, name: str) -> Any:
    step = page.locator(f"#step-{name}")
    if not step.locator("button[name=step]").is_visible():
        step.locator("summary").click()
    return step


def check(page: Page, *, missing: str = "") -> None:
    """Look at every material; the second is in order, or not."""
    step = unfolded(page, "check_materials")
    rows = step.locator(".checklist-row")
    for row in range(rows.count()):
        faulty = missing and row == 1
        rows.nth(row).locator(f"input[type=radio][value={'no' if faulty else 'yes'}]").check()
        if faulty:
            rows.nth(row).locator("input[type=text]").fill(missing)
    take(page, "check_materials")


def accept(people: People, number: str) -> Page:
    clerk = people.case("clerk", number)
    take(clerk, "take")
    check(clerk)
    take(clerk, "accept")
    return clerk


def pass_preliminary(page: Page) -> None:
    step = unfolded(page, "pass_preliminary")
    step.locator("[name=recommendation][value=grant]").check()
    step.locator("[name=note]").fill("材料齐全，符合条件。")
    take(page, "pass_preliminary")


def serve(page: Page) -> None:
    step = unfolded(page, "serve")
    step.locator("[name=served_by][value=hand]").check()
    step.locator("[name=served_to]").fill("测试市民")
    take(page, "serve")


def followed(people: People, number: str) -> Page:
    page = people.at("applicant")
    page.goto(f"/approvals/follow/{number}/")
    return page


def no_staff_named(people: People, page: Page) -> None:
    text = page.locator("main").inner_text()
    assert not [staff.name for staff in people.bureau.staff.values() if staff.name in text]


# The six ----------------------------------------------------------------------------------------------------


def test_granted_with_a_joint_survey(people: People) -> None:
    number = send(people.at("applicant"), "all")
    clerk = accept(people, number)
    pass_preliminary(clerk)
    survey = unfolded(clerk, "arrange_survey")
    survey.locator("[name=units][value=greening]").check()
    survey.locator("[name=units][value=bureau]").check()
    hour = timezone.localtime()
    survey.locator("[name=planned_at]").fill(hour.strftime("%Y-%m-%dT%H:%M"))
    take(clerk, "arrange_survey")
    expect(followed(people, number).locator("main")).to_contain_text("踏勘")
    for who in ("handler", "clerk"):
        page = people.at(who)
        page.goto(f"/approvals/surveys/{number}/")
        page.check("[name=verdict][value=agree]")
        page.fill("[name=opinion]", "现场与申请一致，同意。")
        if who == "handler":
            page.set_input_files("[name=photos]", [photo_with_a_place()])
        page.locator("button[name=step][value=sign_opinion]").click()
        expect(page.locator(".message-success").first).to_be_visible()
    photos = Attachment.objects.filter(case__number=number)
    assert photos.count() == 1
    take(people.case("clerk", number), "conclude_survey")
    head = people.case("office_head", number)
    review = unfolded(head, "pass_review")
    review.locator("[name=recommendation][value=grant]").check()
    review.locator("[name=note]").fill("同意初审意见。")
    take(head, "pass_review")
    take(people.case("chief", number), "grant")
    clerk = people.case("clerk", number)
    take(clerk, "issue_certificate")
    serve(clerk)

    page = followed(people, number)
    expect(page.locator("main")).to_contain_text("准予")
    no_staff_named(people, page)
    # Every paper can be had, and the certificate has a public page that says how long it holds.
    links = page.locator("a[href*='/papers/']")
    assert links.count() == 4
    for place in range(links.count()):
        answer = page.request.get(str(links.nth(place).get_attribute("href")))
        assert answer.body().startswith(b"%PDF-")
    page.locator("main a[href^='/verify/']").first.click()
    expect(page.locator("main")).to_contain_text("现行有效")
    expect(page.locator("main")).not_to_contain_text("测试市民")
    # Rated badly: a task with a clock for somebody who was not rated.
    page = followed(people, number)
    page.locator("[name=rating][value='2']").check()
    page.fill("[name=rating_words]", "等得太久。")
    page.locator("button[name=step][value=rate]").click()
    expect(page.locator(".message-success")).to_be_visible()
    head = people.at("office_head")
    head.goto("/approvals/ratings/")
    head.locator("a[href^='/approvals/ratings/CP-']").first.click()
    unfolded(head, "call_back").locator("[name=note]").fill("已电话致歉并说明。")
    take(head, "call_back")
    unfolded(head, "put_right").locator("[name=note]").fill("已优化踏勘排期。")
    take(head, "put_right")


def test_supplemented_and_granted(people: People) -> None:
    number = send(people.at("applicant"), "short")
    clerk = people.case("clerk", number)
    take(clerk, "take")
    check(clerk, missing="平面图未标注尺寸")
    expect(clerk.locator("#step-accept")).to_have_count(0)
    take(clerk, "ask_supplement")
    page = followed(people, number)
    expect(page.locator("#step-supplement")).to_contain_text("平面图未标注尺寸")
    page.locator("#step-supplement input[type=file]").first.set_input_files([photo_with_a_place("改.jpg")])
    page.locator("#step-supplement button.btn-primary").click()
    expect(page.locator(".message-success")).to_be_visible()
    clerk = people.case("clerk", number)
    # One notice, and no second.
    expect(clerk.locator("#step-ask_supplement")).to_have_count(0)
    check(clerk)
    take(clerk, "accept")
    pass_preliminary(clerk)
    take(people.case("chief", number), "grant")
    clerk = people.case("clerk", number)
    take(clerk, "issue_certificate")
    serve(clerk)
    expect(followed(people, number).locator("main")).to_contain_text("补正")


def test_refused(people: People) -> None:
    number = send(people.at("applicant"), "direct")
    clerk = people.case("clerk", number)
    take(clerk, "take")
    step = unfolded(clerk, "refuse")
    step.locator("[name=refusal_ground][value=not_this_agency]").check()
    step.locator("[name=note]").fill("该事项不属于本机关职权范围。")
    # The competent agency is to be named, so that the applicant need not search.
    step.locator("button[name=step]").click()
    expect(clerk.locator("#step-refuse .field-error")).to_be_visible()
    expect(clerk.locator("#step-refuse [name=note]")).to_have_value("该事项不属于本机关职权范围。")
    clerk.fill("#step-refuse [name=competent_agency]", "测试市水利局")
    take(clerk, "refuse")
    page = followed(people, number)
    expect(page.locator("main")).to_contain_text("测试市水利局")
    no_staff_named(people, page)


def test_accepted_by_silence(people: People) -> None:
    with time_machine.travel(timezone.now() - timedelta(days=11), tick=True):
        number = send(people.at("applicant"), "direct")
    sweep(at=timezone.now())
    case = ApprovalCase.objects.get(number=number)
    assert case.deemed
    assert case.accepted_at == case.received_at
    assert Notice.objects.filter(case=case, role="supervisor").exists()
    expect(followed(people, number).locator("main")).to_contain_text("视为受理")
    clerk = people.case("clerk", number)
    take(clerk, "take")
    take(clerk, "certify_acceptance")
    take(people.case("chief", number), "grant")
    serve(people.case("clerk", number))
    assert ApprovalCase.objects.get(number=number).state == "closed"


def test_extended_and_with_a_special_procedure(people: People) -> None:
    number = send(people.at("applicant"), "short")
    clerk = accept(people, number)
    before = ApprovalCase.objects.get(number=number).deadlines.get(term="approvals.decide").due_on
    step = unfolded(clerk, "ask_extension")
    step.locator("[name=extension_asked]").fill("10")
    step.locator("[name=note]").fill("案情复杂，需补充论证。")
    take(clerk, "ask_extension")
    # By the agency's head alone.
    expect(people.case("chief", number).locator("#step-extend")).to_have_count(0)
    head = people.case("agency_head", number)
    unfolded(head, "extend").locator("[name=note]").fill("情况属实，同意延长。")
    take(head, "extend")
    clerk = people.case("clerk", number)
    step = unfolded(clerk, "special_procedure")
    step.locator("[name=special_kind]").select_option("expert_review")
    step.locator("[name=days]").fill("3")
    step.locator("[name=note]").fill("组织专家评审。")
    take(clerk, "special_procedure")
    decide = ApprovalCase.objects.get(number=number).deadlines.get(term="approvals.decide")
    assert before is not None
    assert decide.due_on is not None
    assert decide.extended == 10
    assert decide.due_on > before
    page = followed(people, number)
    expect(page.locator("main")).to_contain_text("专家评审")
    # Why this day, day by day, for the applicant as well.
    page.locator(f"a[href*='/deadlines/{decide.pk}/']").first.click()
    expect(page.locator("main")).to_contain_text("延")
    clerk = people.case("clerk", number)
    take(clerk, "end_special_procedure")
    pass_preliminary(clerk)
    take(people.case("chief", number), "grant")
    clerk = people.case("clerk", number)
    take(clerk, "issue_certificate")
    serve(clerk)


def test_denied(people: People) -> None:
    number = send(people.at("applicant"), "short")
    pass_preliminary(accept(people, number))
    chief = people.case("chief", number)
    step = unfolded(chief, "deny")
    step.locator("[name=denial_basis]").fill("《城市绿化条例》第二十条")
    step.locator("[name=note]").fill("占用将损毁古树。")
    take(chief, "deny")
    serve(people.case("clerk", number))
    page = followed(people, number)
    expect(page.locator("main")).to_contain_text("不予")
    page.locator("[name=rating][value='5']").check()
    page.locator("button[name=step][value=rate]").click()
    expect(page.locator(".message-success")).to_be_visible()


# Two at once, twice, and cut off ----------------------------------------------------------------------------


def test_two_clerks_on_one_application(people: People) -> None:
    number = send(people.at("applicant"), "direct")
    first, second = people.case("clerk", number), people.case("clerk2", number)
    take(first, "take")
    unfolded(second, "take").locator("button[name=step]").click()
    expect(second.locator(".message-error")).to_contain_text("窗样例")
    case = ApprovalCase.objects.get(number=number)
    assert case.first_contact == people.bureau.staff["clerk"]


def test_a_double_click_sends_one_application(people: People) -> None:
    page = people.at("applicant")
    fill_in(page, "direct")
    for position in (1, 2):
        files_of(page, position, "direct").set_input_files([photo_with_a_place(f"材料{position}.jpg")])
    page.locator("button[name=do][value=send]").dblclick()
    expect(page.locator(".spoken-pair dd").first).to_be_visible()
    assert ApprovalCase.objects.count() == 1
    assert Draft.objects.count() == 0


def test_a_connection_that_is_lost_in_mid_upload_leaves_what_was_there(people: People) -> None:
    page = people.at("applicant")
    fill_in(page, "direct")
    files_of(page, 1, "direct").set_input_files([photo_with_a_place("申请表.jpg")])
    page.locator("button[name=do][value=save]").last.click()
    expect(page.locator("#draft")).to_be_visible()
    kept = list(MaterialFile.objects.values_list("name", "sha256"))
    assert len(kept) == 1
    # The upload never ends: the request is cut off on its way.
    address = page.url
    page.route(
        "**/apply/", lambda route: route.abort() if route.request.method == "POST" else route.continue_()
    )
    files_of(page, 2, "direct").set_input_files([photo_with_a_place("平面图.jpg")])
    page.locator("button[name=do][value=send]").click(no_wait_after=True)
    page.wait_for_timeout(300)
    page.unroute("**/apply/")
    page.goto(address)
    expect(page.locator("[name=applicant_name]")).to_have_value("测试市民")
    expect(page.locator(".material-files")).to_contain_text("申请表.jpg")
    assert list(MaterialFile.objects.values_list("name", "sha256")) == kept
    assert ApprovalCase.objects.count() == 0
    files_of(page, 2, "direct").set_input_files([photo_with_a_place("平面图.jpg")])
    page.locator("button[name=do][value=send]").click()
    expect(page.locator(".spoken-pair dd").first).to_be_visible()
    assert ApprovalCase.objects.count() == 1
