"""The pages of bad ratings: who opens them, what is asked, and what the applicant sees of it."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from approvals.models import BadRating
from portal.cases.actions import advance
from portal.organisation.actions import change_roles
from portal.organisation.actors import SYSTEM
from tests.approvals.browsers import MOST_QUERIES, browser, follows, queries_of
from tests.approvals.window import bad_rating_in
from tests.bureau import PEOPLE, Bureau

pytestmark = pytest.mark.usefixtures("plain_papers")
LIST = reverse("approvals:ratings")


@pytest.fixture
def bureau(window: Bureau) -> Bureau:
    return window


def made(bureau: Bureau, state: str = "received") -> BadRating:
    return bad_rating_in(state, bureau, at=timezone.now())


def page(task: BadRating) -> str:
    return reverse("approvals:rating", args=[task.number])


def step(client: Client, task: BadRating, name: str, note: str = "已说明情况。", **given: Any) -> Any:
    given.setdefault("seen", BadRating.objects.get(pk=task.pk).version)
    return client.post(page(task), {"step": name, "note": note, **given})


def forms(answer: Any) -> list[str]:
    return [form.step.name for form in answer.context["forms"]]


GETS = {"nobody": 302} | dict.fromkeys([*PEOPLE, "clerk2"], 403) | {"office_head": 200, "supervisor": 200}


@pytest.mark.parametrize("who", GETS)
def test_who_opens_what(bureau: Bureau, who: str) -> None:
    task, client = made(bureau), browser(bureau, who)
    assert [client.get(each).status_code for each in (LIST, page(task))] == [GETS[who]] * 2
    # Also to who works here it is told by number and look-up code alone.
    assert client.get(reverse("approvals:rating_followed", args=[task.number])).status_code == 302
    assert (f'href="{LIST}"' in client.get("/").content.decode()) is (GETS[who] == 200)


def test_the_page_says_what_was_rated_and_whom_to_call(bureau: Bureau) -> None:
    task = made(bureau)
    for who in ("office_head", "supervisor"):
        text = browser(bureau, who).get(page(task)).content.decode()
        for words in ("等得太久。", "不满意", task.approval.number, "测试市民", "19900000001", "窗样例"):
            assert words in text, (who, words)
        assert task.lookup_code not in text


def test_called_and_put_right(bureau: Bureau) -> None:
    task = made(bureau)
    head = browser(bureau, "office_head")
    assert forms(head.get(page(task))) == ["call_back", "not_reached"]
    assert step(head, task, "call_back", "申请人希望缩短等候时间。").status_code == 302
    assert forms(head.get(page(task))) == ["put_right"]
    assert step(head, task, "put_right", "已增开窗口。").url == page(task)
    closed = head.get(page(task))
    assert forms(closed) == []
    assert "申请人希望缩短等候时间。" in closed.content.decode()
    task.refresh_from_db()
    assert (task.state, task.remedy) == ("closed", "已增开窗口。")


def test_after_three_calls_in_vain_it_is_put_right_without(bureau: Bureau) -> None:
    task = made(bureau)
    supervisor = browser(bureau, "supervisor")
    for tries in range(3):
        assert "put_right" not in forms(supervisor.get(page(task)))
        assert step(supervisor, task, "put_right").status_code == 400
        assert step(supervisor, task, "not_reached", f"第{tries + 1}次无人接听。").status_code == 302
    assert forms(supervisor.get(page(task))) == ["call_back", "not_reached", "put_right"]
    assert step(supervisor, task, "put_right", "已增开窗口。").status_code == 302
    assert BadRating.objects.get(pk=task.pk).state == "closed"


@pytest.mark.parametrize(("state", "name"), [("received", "call_back"), ("contacted", "put_right")])
def test_what_was_said_must_be_written(bureau: Bureau, state: str, name: str) -> None:
    task = made(bureau, state)
    refused = step(browser(bureau, "supervisor"), task, name, "  ")
    assert refused.status_code == 400
    assert list(refused.context["tried"].errors) == ["note"]
    assert BadRating.objects.get(pk=task.pk).state == state


def test_the_second_of_two_people_loses_nothing(bureau: Bureau) -> None:
    task = made(bureau)
    seen = task.version
    assert step(browser(bureau, "office_head"), task, "call_back", seen=seen).status_code == 302
    second = step(browser(bureau, "supervisor"), task, "call_back", "他说等得太久。", seen=seen)
    assert second.status_code == 409
    text = second.content.decode()
    assert bureau.staff["office_head"].name in text
    assert "他说等得太久。" in text


def test_who_was_rated_sees_it_without_the_applicant_and_cannot_act(bureau: Bureau) -> None:
    task = made(bureau)
    change_roles(staff=bureau.staff["clerk"], roles=["office_head"], actor=SYSTEM, at=timezone.now())
    client = browser(bureau, "clerk")
    answer = client.get(page(task))
    assert forms(answer) == []
    assert "19900000001" not in answer.content.decode()
    assert "测试市民" not in answer.content.decode()
    assert "等得太久。" not in answer.content.decode()
    assert step(client, task, "call_back").status_code == 403


def test_the_applicant_reads_what_became_of_it_and_of_nobody(bureau: Bureau) -> None:
    task = made(bureau)
    head = bureau.actor("office_head")
    advance(task, "not_reached", actor=head, at=timezone.now(), note="第一次无人接听")
    advance(task, "call_back", actor=head, at=timezone.now(), note="内部记录")
    advance(task, "put_right", actor=head, at=timezone.now(), note="已增开窗口。")
    answer = follows(task).get(reverse("approvals:rating_followed", args=[task.number]))
    text = answer.content.decode()
    assert answer.status_code == 200
    assert "已增开窗口。" in text
    for inner in ("内部记录", "第一次无人接听", "19900000001", "测试市民", task.lookup_code):
        assert inner not in text
    assert not [staff.name for staff in bureau.staff.values() if staff.name in text]
    # Who follows another matter is asked for number and code.
    other = made(bureau)
    refused = follows(other).get(reverse("approvals:rating_followed", args=[task.number]))
    assert refused.url == reverse("cases:follow")


def test_the_list_shows_what_is_open(bureau: Bureau) -> None:
    received, contacted, closed = (made(bureau, state) for state in ("received", "contacted", "closed"))
    head = browser(bureau, "office_head")

    def numbers(query: str) -> set[str]:
        return {row.case.number for row in head.get(LIST + query).context["rows"]}

    assert numbers("") == {received.number, contacted.number}
    assert numbers("?state=closed") == {closed.number}
    assert numbers("?state=contacted") == {contacted.number}
    assert head.get(f"{LIST}?state=nowhere").status_code == 400


def test_the_number_of_queries_does_not_grow(bureau: Bureau) -> None:
    task = made(bureau)
    head = browser(bureau, "office_head")
    few = queries_of(head, LIST)
    made(bureau)
    made(bureau, "contacted")
    assert queries_of(head, LIST) == few <= MOST_QUERIES
    assert queries_of(head, page(task)) <= MOST_QUERIES
    followed = reverse("approvals:rating_followed", args=[task.number])
    assert queries_of(follows(task), followed) <= MOST_QUERIES
