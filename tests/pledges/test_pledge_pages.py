"""The pages of pledges: what they show to whom, what is asked, and that nothing typed is lost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pgtrigger
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import InternalError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from pledges import actions
from pledges.measuring import measure_due
from pledges.models import Breach, Pledge, PledgeVersion
from pledges.verifying import check_pledges
from portal.cases.actions import advance
from portal.cases.workflow import NotAllowed, Refused
from portal.documents.models import Document
from portal.organisation.actions import hire
from portal.organisation.actors import SYSTEM, Role
from tests.browser.people import enter
from tests.bureau import FOUNDED, MONDAY, Bureau, ticket
from tests.pledges.office import TEXTS, breach_in, draft, take, version_in

MOST_QUERIES = 12


@pytest.fixture
def browser_of(bureau: Bureau) -> Callable[[str], Client]:
    def signed_in(who: str) -> Client:
        client = Client()
        enter(client, bureau.staff[who])
        return client

    return signed_in


def page(name: str, *args: Any) -> str:
    return reverse(f"pledges:{name}", args=args)


def typed(*clauses: str, **more: str) -> dict[str, str]:
    """The text's form as a browser sends it."""
    form = {
        "unit": "greening",
        "title": "示例承诺书",
        "phone": "0570-5550100",
        "valid_from": "2026-11-02",
        "clauses-TOTAL_FORMS": str(len(clauses)),
        "clauses-INITIAL_FORMS": "0",
    }
    for index, text in enumerate(clauses):
        form |= {f"clauses-{index}-text": text, f"clauses-{index}-ORDER": str(index + 1)}
    return form | more


# Everyone's pages -------------------------------------------------------------------------------------------


def test_a_pledge_is_shown_as_it_was_signed(client, bureau):
    version = version_in("published", bureau)
    answer = client.get(page("pledge", version.pledge_id))
    text = answer.content.decode()
    assert all(each in text for each in TEXTS)
    assert version.document.number in text
    assert "签样例" in text
    for each in (1, 2, 3):
        assert f"{page('complain', version.pledge_id)}?version=1&amp;clause={each}" in text


@pytest.mark.parametrize("state", ["draft", "reviewed", "signed"])
def test_what_is_not_published_is_nowhere(client, bureau, state):
    version = version_in(state, bureau, title="尚未公开的承诺书")
    assert "尚未公开" not in client.get(page("list")).content.decode()
    for address in (
        page("pledge", version.pledge_id),
        page("version", version.pledge_id, 1),
        page("complain", version.pledge_id),
    ):
        assert client.get(address).status_code == 404
    if version.document:
        code = version.document.check_code
        assert client.get(reverse("verify:file", args=[code])).status_code == 404
        assert "尚未公开" not in client.get(reverse("verify:document", args=[code])).content.decode()


def test_the_next_version_is_nowhere_while_the_last_is_in_force(client, bureau):
    version = version_in("published", bureau)
    version_in("signed", bureau, pledge=version.pledge, title="下一版承诺书")
    assert "下一版" not in client.get(page("pledge", version.pledge_id)).content.decode()
    assert client.get(page("version", version.pledge_id, 2)).status_code == 404
    assert client.get(page("differences", version.pledge_id, 1, 2)).status_code == 404


def test_a_file_that_was_changed_is_not_shown_as_signed(client, bureau):
    version = version_in("published", bureau)
    with version.document.file.open("r+b") as file:
        file.seek(100)
        file.write(b"x")
    answer = client.get(page("pledge", version.pledge_id))
    assert answer.status_code == 500
    assert TEXTS[0] not in answer.content.decode()


def test_earlier_texts_stay_and_what_changed_is_shown(client, bureau):
    version = version_in("published", bureau)
    texts = ("1个工作日内到场查看，并拍照留存。", TEXTS[1], "新增一条：每月公布办理情况。")
    handler = bureau.actor("handler")
    later = actions.begin_next(version.pledge, draft(*texts), actor=handler, at=MONDAY)
    for name, who in (("review", "disclosure"), ("sign", "chief"), ("publish", "disclosure")):
        later = take(later, name, bureau, who, MONDAY)
    earlier = client.get(page("version", version.pledge_id, 1)).content.decode()
    assert TEXTS[2] in earlier
    answer = client.get(page("differences", version.pledge_id, 1, 2))
    kinds = [(each.kind, each.old_number, each.new_number) for each in answer.context["changes"]]
    assert ("same", 2, 2) in kinds
    assert any(kind == "added" for kind, _old, _new in kinds)
    assert client.get(page("differences", version.pledge_id, 2, 1)).status_code == 404


def test_a_withdrawn_pledge_is_a_tombstone(client, bureau):
    version = version_in("withdrawn", bureau)
    text = client.get(page("pledge", version.pledge_id)).content.decode()
    assert "职责已调整，由其他单位承担。" in text
    assert TEXTS[0] not in text
    # What was signed stays readable.
    assert client.get(reverse("verify:file", args=[version.document.check_code])).status_code == 200
    # What was not kept while it held may still be told: to withdraw a pledge is no way out.
    assert client.get(page("complain", version.pledge_id)).status_code == 200


def test_search_finds_titles_numbers_and_clauses(client, bureau):
    version = version_in("published", bureau)
    for words in ("绿化服务", "到场查看", version.document.number):
        assert version.title in client.get(page("list"), {"q": words}).content.decode()
    for words in ("火箭", "%", "_"):
        assert version.title not in client.get(page("list"), {"q": words}).content.decode()
    assert client.get(page("list"), {"q": "x" * 101}).status_code == 400
    assert client.get(page("list"), {"unit": "nowhere"}).status_code == 400


def test_the_list_and_a_pledge_cost_the_same_however_many(client, bureau):
    def queries(address: str) -> int:
        with CaptureQueriesContext(connection) as seen:
            assert client.get(address).status_code == 200
        return len(seen)

    version = version_in("published", bureau, measured=True)
    client.get(page("pledge", version.pledge_id))
    few = [queries(page("list")), queries(page("pledge", version.pledge_id))]
    for _each in range(3):
        version_in("published", bureau, measured=True)
    assert [queries(page("list")), queries(page("pledge", version.pledge_id))] == few
    assert max(few) <= MOST_QUERIES


# Complaints -------------------------------------------------------------------------------------------------

TOLD = {"clause": "2", "description": "三天没有人来。"}


@pytest.fixture
def november(monkeypatch: pytest.MonkeyPatch) -> None:
    """Views read the clock: it is the Monday on which the pledge was published."""
    monkeypatch.setattr(timezone, "now", lambda: MONDAY)


@pytest.mark.usefixtures("november")
def test_anyone_complains_and_follows(client, bureau):
    version = version_in("published", bureau)
    address = page("complain", version.pledge_id)
    assert client.get(address, {"clause": "2"}).context["form"]["clause"].value() == "2"
    done = client.post(address, TOLD | {"phone": "199 0000 0003"}, follow=True)
    breach = Breach.objects.get()
    assert (breach.clause.position, breach.complainant_phone) == (2, "19900000003")
    assert breach.number in done.content.decode()
    other = Client()
    assert other.get(page("followed", breach.number)).url == reverse("cases:follow")
    other.post(reverse("cases:follow"), {"number": breach.number, "code": breach.lookup_code})
    shown = other.get(page("followed", breach.number)).content.decode()
    assert "三天没有人来。" in shown
    assert "19900000003" not in shown


@pytest.mark.usefixtures("november")
@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"clause": ""}, "clause"),
        ({"clause": "9"}, "clause"),
        ({"clause": "x"}, "clause"),
        ({"description": "  "}, "description"),
        ({"description": "长" * 2001}, "description"),
        ({"description": "a\x07b"}, "description"),
        ({"phone": "12"}, "phone"),
        ({"email": "nobody"}, "email"),
        ({"website": "https://x.invalid"}, "website"),
    ],
)
def test_a_wrong_complaint_is_a_sentence_at_its_field(client, bureau, wrong, field):
    version = version_in("published", bureau)
    answer = client.post(page("complain", version.pledge_id), TOLD | wrong)
    assert answer.status_code == 400
    assert answer.context["form"].errors[field]
    assert not Breach.objects.exists()


@pytest.mark.usefixtures("november")
def test_a_complaint_sent_twice_is_one(client, bureau):
    version = version_in("published", bureau)
    address = page("complain", version.pledge_id)
    once = client.get(address).context["form"].initial["once"]
    for _click in range(2):
        assert client.post(address, TOLD | {"once": once}).status_code == 302
    assert Breach.objects.count() == 1


def test_who_sees_the_complainant(bureau, browser_of):
    breach = breach_in("investigating", bureau, version_in("published", bureau))
    for who, sees in (
        ("supervisor", True),
        ("disclosure", True),
        ("handler", False),
        ("supervisor_greening", False),
    ):
        text = browser_of(who).get(page("breach", breach.number)).content.decode()
        assert ("19900000002" in text) == sees, who
        assert ("测试市民" in text) == sees, who


def test_nobody_takes_a_step_against_themselves(bureau, browser_of):
    breach = breach_in("received", bureau, version_in("published", bureau))
    address = page("breach", breach.number)
    own = browser_of("supervisor_greening")
    assert own.get(address).context["forms"] == []
    assert own.post(address, {"step": "accept", "seen": breach.version}).status_code == 403
    other = browser_of("supervisor").post(address, {"step": "accept", "seen": breach.version})
    assert other.status_code == 302


def test_the_second_of_two_is_told_who_was_first(bureau, browser_of):
    breach = breach_in("investigating", bureau, version_in("published", bureau))
    address, seen = page("breach", breach.number), breach.version
    found = {"step": "uphold", "seen": seen, "finding": "属实。", "put_right_days": "5"}
    assert browser_of("supervisor").post(address, found).status_code == 302
    late = browser_of("disclosure").post(address, found | {"step": "reject", "finding": "不属实。"})
    assert late.status_code == 409
    assert "督样例" in late.content.decode()
    # What was typed is not lost, though the step is none any more.
    assert ("不属实。" in str(late.context["lost"])) is True


# The desk ---------------------------------------------------------------------------------------------------


def test_a_pledge_is_written_clause_by_clause(bureau, browser_of):
    client = browser_of("handler")
    measure = {"clauses-1-measure": "hotline.closed_within", "clauses-1-days": "3", "clauses-1-target": "95"}
    # The second shall stand first.
    order = {"clauses-0-ORDER": "2", "clauses-1-ORDER": "1"}
    done = client.post(page("new"), typed("甲。", "乙。", "", **measure, **order))
    version = PledgeVersion.objects.get()
    assert done.url == page("version_desk", version.pk)
    assert [(each.text, each.measure) for each in version.clauses.all()] == [
        ("乙。", "hotline.closed_within"),
        ("甲。", ""),
    ]
    assert client.get(done.url).status_code == 200


def test_one_more_clause_loses_nothing(bureau, browser_of):
    answer = browser_of("handler").post(
        page("new"), typed("甲。", do="add", title="没写完", valid_from="2026-13-01")
    )
    assert answer.status_code == 200
    texts = [form["text"].value() for form in answer.context["clauses"]]
    assert [each or "" for each in texts[:2]] == ["甲。", ""]
    assert answer.context["form"]["title"].value() == "没写完"
    assert answer.context["form"]["valid_from"].value() == "2026-13-01"
    assert not Pledge.objects.exists()


@pytest.mark.parametrize(
    ("wrong", "where"),
    [
        ({"title": ""}, "title"),
        ({"title": "长" * 101}, "title"),
        ({"phone": "abc"}, "phone"),
        ({"email": "x"}, "email"),
        ({"valid_from": "2026-02-30"}, "valid_from"),
        ({"valid_until": "2026-01-01"}, "valid_until"),
        ({"unit": "roads"}, "unit"),
        ({"unit": "nowhere"}, "unit"),
        ({"clauses-0-target": "95"}, "clause measure"),
        ({"clauses-0-measure": "hotline.satisfied"}, "clause target"),
        ({"clauses-0-measure": "hotline.closed_within", "clauses-0-target": "95"}, "clause days"),
        ({"clauses-0-measure": "nothing"}, "clause measure"),
        ({"clauses-0-target": "101"}, "clause target"),
        ({"clauses-0-text": "长" * 2001}, "clause text"),
        ({"clauses-0-text": "", "clauses-0-measure": "hotline.satisfied"}, "clause text"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_nothing_is_written(bureau, browser_of, wrong, where):
    answer = browser_of("handler").post(page("new"), typed("甲。") | wrong)
    assert answer.status_code == 400
    name = where.removeprefix("clause ")
    errors = answer.context["clauses"].forms[0].errors if name != where else answer.context["form"].errors
    assert errors[name]
    assert not Pledge.objects.exists()


@pytest.mark.parametrize("count", ["", "x", "-1", "999999", "1000000000000"])
def test_a_made_up_number_of_clauses_is_refused(bureau, browser_of, count):
    answer = browser_of("handler").post(page("new"), typed("甲。", **{"clauses-TOTAL_FORMS": count}))
    assert answer.status_code == 400
    assert not Pledge.objects.exists()


def test_an_existing_pledge_is_looked_at_before_it_is_saved(bureau, browser_of):
    client = browser_of("handler")
    text = "园林处承诺书\n一、按时办理。\n二、热情服务。\n投诉电话：0570-5550100"
    for given in ({"pasted": text}, {"file": SimpleUploadedFile("承诺书.txt", text.encode())}):
        answer = client.post(page("import"), given)
        assert [form["text"].value() for form in answer.context["clauses"]] == ["按时办理。", "热情服务。"]
        assert answer.context["form"]["phone"].value() == "0570-5550100"
    assert not Pledge.objects.exists()
    for given in ({}, {"pasted": "没有编号"}, {"file": SimpleUploadedFile("x.docx", b"PK\x03\x04")}):
        assert client.post(page("import"), given).status_code == 400


def test_the_second_writer_is_told_who_was_first(bureau, browser_of):
    version = version_in("draft", bureau)
    form = typed("改过的。", seen=str(version.version))
    assert browser_of("handler").post(page("change", version.pk), form).status_code == 302
    late = browser_of("disclosure").post(page("change", version.pk), form)
    assert late.status_code == 409
    assert "林样例" in late.content.decode()
    # What was typed is still there, and may be sent once more.
    assert late.context["clauses"].forms[0]["text"].value() == "改过的。"
    again = typed("改过的。", seen=str(late.context["form"]["seen"].value()))
    assert browser_of("disclosure").post(page("change", version.pk), again).status_code == 302


def test_the_next_version_begins_with_the_last_text(bureau, browser_of):
    version = version_in("published", bureau, measured=True)
    answer = browser_of("handler").get(page("next_version", version.pledge_id))
    assert [form["text"].value() for form in answer.context["clauses"]][:3] == list(TEXTS)
    assert answer.context["clauses"].forms[1]["measure"].value() == "hotline.closed_within"


def test_to_sign_is_asked_for_a_code(bureau, browser_of):
    version = version_in("reviewed", bureau)
    client, address = browser_of("chief"), page("version_desk", version.pk)
    assert client.get(address).context["needs_factor"] is True
    for code in ("", "123456"):
        answer = client.post(address, {"step": "sign", "seen": version.version, "code": code})
        assert answer.status_code == 400
        assert answer.context["tried"].errors["code"]
    version.refresh_from_db()
    assert version.state == "reviewed"
    assert not Document.objects.exists()


def test_who_wrote_it_finds_no_button_to_review(bureau, browser_of):
    at = MONDAY
    own = actions.begin(bureau.units["greening"], draft(), actor=bureau.actor("disclosure"), at=at)
    address = page("version_desk", own.pk)
    assert [form.step.name for form in browser_of("disclosure").get(address).context["forms"]] == []
    assert browser_of("disclosure").post(address, {"step": "review", "seen": 1}).status_code == 403
    assert [form.step.name for form in browser_of("disclosure2").get(address).context["forms"]] == ["review"]


# What reviewers found ---------------------------------------------------------------------------------------


@pytest.mark.usefixtures("november")
def test_a_complaint_is_about_the_text_that_was_read(client, bureau):
    version = version_in("published", bureau)
    shown = client.get(page("complain", version.pledge_id), {"version": "1", "clause": "1"})
    hidden = shown.context["form"]["version"].value()
    following = actions.begin_next(
        version.pledge, draft("另一条。", *TEXTS), actor=bureau.actor("handler"), at=MONDAY
    )
    for name, who in (("review", "disclosure"), ("sign", "chief"), ("publish", "disclosure")):
        following = take(following, name, bureau, who, MONDAY)
    sent = TOLD | {"clause": "1", "version": hidden}
    assert client.post(page("complain", version.pledge_id), sent).status_code == 302
    assert Breach.objects.get().clause == version.clauses.get(position=1)


@pytest.mark.parametrize(
    ("numbers", "order"),
    [
        # The fourth moved to the first place, the first to the third, two that change places.
        ("1231", "丁甲乙丙"),
        ("3234", "乙丙甲丁"),
        ("2134", "乙甲丙丁"),
        ("1234", "甲乙丙丁"),
        ("9234", "乙丙丁甲"),
    ],
)
def test_a_clause_that_is_moved_gets_the_number_that_was_asked_for(bureau, browser_of, numbers, order):
    places = {f"clauses-{index}-ORDER": number for index, number in enumerate(numbers)}
    browser_of("handler").post(page("new"), typed(*"甲乙丙丁", **places))
    assert "".join(each.text for each in PledgeVersion.objects.get().clauses.all()) == order


def test_a_lowered_target_is_a_changed_promise(client, bureau):
    version = version_in("published", bureau, measured=True)
    promises = list(draft(measured=True).clauses)
    promises[1] = replace(promises[1], target=Decimal(60))
    text = replace(draft(), clauses=promises, phone="0570-5550999")
    following = actions.begin_next(version.pledge, text, actor=bureau.actor("handler"), at=MONDAY)
    for name, who in (("review", "disclosure"), ("sign", "chief"), ("publish", "disclosure")):
        following = take(following, name, bureau, who, MONDAY)
    answer = client.get(page("differences", version.pledge_id, 1, 2))
    (changed,) = [each for each in answer.context["changes"] if each.kind == "changed"]
    assert changed.new_number == 2
    assert "".join(piece.text for piece in changed.pieces if piece.kind == "added").strip("%") == "60"
    assert ["0570-5550124", "0570-5550999"] in [list(each[1:]) for each in answer.context["others"]]


def test_what_was_typed_survives_a_conflict(bureau, browser_of):
    version = version_in("reviewed", bureau)
    note = {"step": "send_back", "seen": version.version, "note": "第二条应写明起算时间。"}
    assert browser_of("office_head").post(page("version_desk", version.pk), note).status_code == 302
    late = browser_of("chief").post(page("version_desk", version.pk), note)
    assert late.status_code == 409
    assert "第二条应写明起算时间。" in str(late.context["lost"])


def test_a_number_of_thousands_of_digits_is_no_place(bureau, browser_of):
    half = typed("甲。", do="add", **{"clauses-0-ORDER": "9" * 5000})
    assert browser_of("handler").post(page("new"), half).status_code == 200


def test_the_signer_sees_the_paper_before_it_is_signed(bureau, browser_of):
    version = version_in("reviewed", bureau)
    answer = browser_of("chief").get(page("preview", version.pk))
    assert answer["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF-")
    assert not Document.objects.exists()
    signed = version_in("signed", bureau)
    assert browser_of("chief").get(page("preview", signed.pk)).status_code == 302


def test_who_reviewed_does_not_sign(bureau):
    version = version_in("draft", bureau)
    version = take(version, "review", bureau, "office_head", MONDAY)
    with pytest.raises(NotAllowed):
        take(version, "sign", bureau, "office_head", MONDAY)


def test_who_spoke_for_the_unit_does_not_decide(bureau):
    both = hire(
        username="both",
        name="兼样例",
        roles=[Role.HANDLER, Role.DISCLOSURE_OFFICER],
        unit=bureau.units["bureau"],
        encoded_password="!",
        actor=SYSTEM,
        at=FOUNDED,
    ).actor()
    breach = breach_in("investigating", bureau, version_in("published", bureau))
    advance(breach, "explain", actor=both, at=MONDAY, statement="情况属实。")
    with pytest.raises(NotAllowed):
        advance(breach, "reject", actor=both, at=MONDAY, finding="不属实。")


def test_a_text_that_was_swapped_after_the_review_is_not_signed(bureau):
    version = version_in("reviewed", bureau)
    with pytest.raises(InternalError), transaction.atomic():
        version.clauses.filter(position=1).update(text="换过的。")
    with pgtrigger.ignore():
        version.clauses.filter(position=1).update(text="换过的。")
    with pytest.raises(Refused):
        take(version, "sign", bureau, "chief", MONDAY)
    assert [fault.subject for fault in check_pledges()] == [version.pledge.subject]


@pytest.mark.parametrize(
    "change",
    [{"finding": "改过的。"}, {"put_right_days": 9}, {"clause_position": 1}, {"statement": "改过的。"}],
)
def test_a_complaint_changed_behind_the_portals_back_is_found(bureau, change):
    version = version_in("published", bureau)
    breach = breach_in("upheld", bureau, version, clause=2)
    assert list(check_pledges()) == []
    if position := change.pop("clause_position", None):
        change = {"clause": version.clauses.get(position=position)}
    Breach.objects.filter(pk=breach.pk).update(**change)
    assert [fault.subject for fault in check_pledges()] == [breach.subject]


def test_a_mark_that_does_not_follow_from_the_count_is_found(bureau):
    version = version_in("published", bureau, measured=True)
    measure_due(at=MONDAY + timedelta(days=3))
    assert list(check_pledges()) == []
    with pgtrigger.ignore():
        version.clauses.get(position=2).results.update(part=0, whole=1, kept=True)
    assert list(check_pledges())


def test_what_was_received_before_the_promise_is_not_counted(bureau):
    ticket(bureau, "handling", at=MONDAY - timedelta(days=5))
    version = version_in("published", bureau, measured=True)
    measure_due(at=MONDAY + timedelta(days=4))
    assert {result.whole for result in version.clauses.get(position=2).results.all()} == {0}
