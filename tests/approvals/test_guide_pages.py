"""The guides' desk: every version with its state, what it changes, its review and publication; its files."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from approvals import guides
from approvals.models import ItemGuide, Material
from portal.organisation.actions import change_roles
from portal.organisation.actors import SYSTEM, Role
from tests.approvals.browsers import MOST_QUERIES, browser, queries_of
from tests.approvals.public import PDF, looked_at, next_guide
from tests.approvals.window import MATERIALS, STEPS, guide_of
from tests.bureau import MONDAY, PEOPLE, Bureau

LIST = reverse("approvals:guides")
REVIEW = {"reviewer": "法制科", "review_number": "法审〔2026〕9号", "note": "合法。"}


@pytest.fixture
def bureau(window: Bureau) -> Bureau:
    return window


def draft(bureau: Bureau, **more: Any) -> ItemGuide:
    return next_guide("all", bureau, *MATERIALS, **more)


def page(guide: ItemGuide) -> str:
    return reverse("approvals:guide", args=[guide.pk])


def step(bureau: Bureau, who: str, guide: ItemGuide, name: str, **given: Any) -> Any:
    given.setdefault("seen", ItemGuide.objects.get(pk=guide.pk).version)
    return browser(bureau, who).post(page(guide), {"step": name, **given})


def forms(answer: Any) -> list[str]:
    return [form.step.name for form in answer.context["forms"]]


SEEN_BY = ("clerk", "office_head", "chief", "supervisor", "administrator")
GETS = {"nobody": 302} | dict.fromkeys([*PEOPLE, "clerk2"], 403) | dict.fromkeys((*SEEN_BY, "clerk2"), 200)


@pytest.mark.parametrize("who", GETS)
def test_who_opens_what(bureau: Bureau, who: str) -> None:
    written = draft(bureau)
    blank = Material.objects.filter(guide=written)[0]
    no_file = reverse("approvals:guide_file", args=["all", blank.pk, "blank"])
    client, gets = browser(bureau, who), GETS[who]
    expected = {
        LIST: gets,
        page(written): gets,
        page(guide_of("all")): gets,
        no_file: 404 if gets == 200 else gets,
    }
    assert {address: client.get(address).status_code for address in expected} == expected
    assert (f'href="{LIST}"' in client.get("/").content.decode()) is (gets == 200)


def test_every_version_stands_in_the_list(bureau: Bureau) -> None:
    written = draft(bureau)
    clerk = browser(bureau, "clerk")
    shown = {item.code: [each.number for each in item.versions] for item in clerk.get(LIST).context["items"]}
    assert shown == {"all": [2, 1], "joint": [1], "short": [1], "direct": [1]}
    drafts = clerk.get(f"{LIST}?state=draft")
    assert [each.pk for item in drafts.context["items"] for each in item.versions] == [written.pk]
    assert clerk.get(f"{LIST}?state=replaced").context["items"] == []
    assert clerk.get(f"{LIST}?state=nowhere").status_code == 404


def test_it_is_reviewed_and_published_on_its_page(bureau: Bureau) -> None:
    first, written = guide_of("all"), draft(bureau, promised_days=9, fee="每件10元")
    head = browser(bureau, "office_head").get(page(written))
    assert forms(head) == ["record_review"]
    assert [(each.old, each.new) for each in head.context["differences"]] == [
        ("7", "9"),
        ("不收费", "每件10元"),
    ]
    assert "每件10元" in head.content.decode()
    assert step(bureau, "office_head", written, "record_review", **REVIEW).url == page(written)
    assert forms(browser(bureau, "clerk").get(page(written))) == []
    assert forms(browser(bureau, "office_head").get(page(written))) == ["send_back"]
    assert step(bureau, "office_head", written, "publish").status_code == 403
    assert step(bureau, "chief", written, "publish", note="").status_code == 302
    assert guide_of("all") == written
    shown = browser(bureau, "supervisor").get(page(written))
    text = shown.content.decode()
    assert (forms(shown), shown.context["before"]) == ([], first)
    for words in ("法制科", "法审〔2026〕9号", "合法。", "审样例", "管样例"):
        assert words in text
    assert ItemGuide.objects.get(pk=first.pk).state == "replaced"


def test_sent_back_it_is_a_draft_again(bureau: Bureau) -> None:
    written = draft(bureau)
    step(bureau, "chief", written, "record_review", **REVIEW)
    assert step(bureau, "chief", written, "send_back", note="请补充依据。").status_code == 302
    shown = browser(bureau, "administrator").get(page(written))
    assert ItemGuide.objects.get(pk=written.pk).state == "draft"
    assert "请补充依据。" in shown.content.decode()
    assert reverse("admin:approvals_itemguide_change", args=[written.pk]) in shown.content.decode()


def test_who_wrote_it_is_told_why_there_is_no_button(bureau: Bureau) -> None:
    written = draft(bureau)
    roles = [Role.OFFICE_HEAD, Role.ADMINISTRATOR]
    change_roles(staff=bureau.staff["office_head"], roles=roles, actor=SYSTEM, at=MONDAY)
    head = bureau.actor("office_head")
    guides.change(written, columns={"fee": "每件10元"}, actor=head, at=timezone.now())
    shown = browser(bureau, "office_head").get(page(written))
    assert forms(shown) == []
    assert shown.context["is_about_me"]
    assert step(bureau, "office_head", written, "record_review", **REVIEW).status_code == 403


def test_what_a_draft_lacks_is_said(bureau: Bureau) -> None:
    written = draft(bureau)
    admin = bureau.actor("administrator")
    guides.change(written, columns={}, steps={**STEPS["all"], "survey": 9}, actor=admin, at=timezone.now())
    shown = browser(bureau, "chief").get(page(written))
    assert forms(shown) == []
    assert "13" in shown.context["hindrance"]
    refused = step(bureau, "chief", written, "record_review", **REVIEW)
    assert refused.status_code == 400
    assert "法审〔2026〕9号" in refused.content.decode()  # no longer possible, and yet not lost


@pytest.mark.parametrize("missing", ["reviewer", "review_number", "note"])
def test_a_refusal_stands_at_its_field(bureau: Bureau, missing: str) -> None:
    written = draft(bureau)
    refused = step(bureau, "chief", written, "record_review", **REVIEW | {missing: "  "})
    assert refused.status_code == 400
    assert list(refused.context["tried"].errors) == [missing]
    assert ItemGuide.objects.get(pk=written.pk).state == "draft"


def test_the_second_of_two_people_is_told(bureau: Bureau) -> None:
    written = draft(bureau)
    seen = written.version
    admin = bureau.actor("administrator")
    guides.change(written, columns={"fee": "每件10元"}, actor=admin, at=timezone.now())
    late = step(bureau, "chief", written, "record_review", seen=seen, **REVIEW)
    assert late.status_code == 409
    text = late.content.decode()
    assert 'value="法审〔2026〕9号"' in text
    assert f'name="seen" value="{seen + 1}"' in text
    assert step(bureau, "chief", written, "vanish").status_code == 400


def test_files_of_a_draft_are_for_those_who_work_on_it(bureau: Bureau) -> None:
    form = looked_at("申请表.pdf", PDF)
    written = next_guide("all", bureau, guides.Brought(name="申请表", blank_form=form))
    material = written.materials.get()
    address = reverse("approvals:guide_file", args=["all", material.pk, "blank"])
    clerk = browser(bureau, "clerk")
    assert f'href="{address}"' in clerk.get(page(written)).content.decode()
    answer = clerk.get(address)
    assert answer.content == PDF
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"].startswith("attachment")
    for wrong in (
        ["short", material.pk, "blank"],
        ["all", material.pk, "sample"],
        ["all", material.pk, "x"],
    ):
        assert clerk.get(reverse("approvals:guide_file", args=wrong)).status_code == 404
    # Everybody else has it once it is published.
    assert (
        browser(bureau, "nobody")
        .get(reverse("approvals:form_file", args=["all", material.pk, "blank"]))
        .status_code
        == 404
    )


def test_the_number_of_queries_does_not_grow(bureau: Bureau) -> None:
    chief = browser(bureau, "chief")
    few = queries_of(chief, LIST)
    written = draft(bureau)
    assert queries_of(chief, LIST) == few <= MOST_QUERIES
    for who in ("chief", "clerk", "administrator"):
        assert queries_of(browser(bureau, who), page(written)) <= MOST_QUERIES, who
    before = queries_of(chief, page(written))
    more = [guides.Brought(name=f"材料{number}") for number in range(5)]
    guides.change(written, columns={}, materials=more, actor=bureau.actor("administrator"), at=timezone.now())
    assert queries_of(chief, page(written)) == before
