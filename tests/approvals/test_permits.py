"""What becomes of a permit: state × verb × person by hand, its document, and what a stranger learns of it.

行政许可法 8, 49, 69, 70. A permit is granted for 20 square metres, valid from 2 November 2026 for a year.
"""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from approvals import permits
from approvals.actions import take
from approvals.models import ApprovalCase, Paper, Permit
from approvals.permits import values_of
from portal.cases.terms import SHANGHAI
from portal.cases.workflow import Conflict, NotAllowed, Refused
from portal.documents.models import Document, Standing
from portal.ledger.models import Event
from portal.organisation.actors import ANONYMOUS, CITIZEN, SYSTEM, Actor
from tests.approvals.window import ID_NUMBER, case_in
from tests.bureau import MONDAY, Bureau, moment

TUESDAY = moment("2026-11-03 10:00")
AFTER_ITS_END = moment("2027-11-03 10:00")
VERBS = ("suspend", "reinstate", "change", "revoke")
EVERYBODY = [
    *("clerk", "clerk2", "office_head", "chief", "agency_head", "handler", "handler_roads", "operator"),
    *("disclosure", "secrecy", "supervisor", "administrator", "citizen", "anonymous", "system"),
]
# What the chief representative may do, and nobody else may do anything. An item without a certificate has no
# permit at all.
TABLE = {
    "in_force": {"suspend", "change", "revoke"},
    "suspended": {"reinstate", "revoke"},
    "revoked": set(),
}
LEADS_TO = {"suspend": "suspended", "reinstate": "in_force", "change": "in_force", "revoke": "revoked"}
REASON, BASIS = "现场与许可内容不符。", "《中华人民共和国行政许可法》第六十九条"
ENTERED: dict[str, dict[str, Any]] = {
    "suspend": {"note": REASON, "basis": BASIS},
    "reinstate": {"note": "整改完成。"},
    "change": {
        "note": "依被许可人申请变更。",
        "basis": "《中华人民共和国行政许可法》第四十九条",
        "content": "准予临时占用绿地15平方米。",
        "conditions": "设置围挡。\n到期恢复原状。",
        "valid_until": date(2027, 6, 30),
    },
    "revoke": {"note": REASON, "basis": BASIS},
}


@pytest.fixture
def bureau(window: Bureau, plain_papers: None) -> Bureau:
    return window


def permit_in(state: str, bureau: Bureau, *, at: datetime = MONDAY) -> Permit:
    case = case_in("serving:granted", bureau, at=at)
    permit = Permit.objects.get(case=case)
    if state == "suspended":
        do(permit, "suspend", bureau, at=at)
    elif state == "revoked":
        do(permit, "revoke", bureau, at=at)
    return Permit.objects.get(case=case)


def actor_of(bureau: Bureau, who: str) -> Actor:
    others = {"citizen": CITIZEN, "anonymous": ANONYMOUS, "system": SYSTEM}
    return others[who] if who in others else bureau.actor(who)


def do(
    permit: Permit, verb: str, bureau: Bureau, who: str = "chief", *, at: datetime = TUESDAY, **more: Any
) -> Permit:
    return permits.take(permit, verb, actor=actor_of(bureau, who), at=at, **{**ENTERED[verb], **more})


def kept(permit: Permit) -> tuple[Any, ...]:
    return (
        Permit.objects.filter(pk=permit.pk).values().get(),
        list(Document.objects.filter(case=permit.case).order_by("pk").values()),
        Paper.objects.filter(case=permit.case).count(),
        Event.objects.count(),
    )


# The table --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", TABLE)
def test_who_may_do_what(bureau, state):
    permit = permit_in(state, bureau)
    assert permit.state == state
    before = kept(permit)
    for who in EVERYBODY:
        actor = actor_of(bureau, who)
        offered = {rule.name for rule in permits.allowed(permit, actor=actor, at=TUESDAY)}
        assert offered == (TABLE[state] if who == "chief" else set()), f"{state}: buttons of {who}"
        for verb in VERBS:
            if verb in offered:
                continue
            with pytest.raises(Refused) as refused:
                do(permit, verb, bureau, who)
            assert refused.value.message
            if who != "chief":
                assert type(refused.value) is NotAllowed, f"{state}: {verb} by {who}"
    assert kept(permit) == before


@pytest.mark.parametrize(
    ("state", "verb"), [(state, verb) for state in TABLE for verb in sorted(TABLE[state])]
)
def test_where_a_verb_leads(bureau, state, verb):
    permit = permit_in(state, bureau)
    moved = do(permit, verb, bureau)
    found = Permit.objects.get(pk=permit.pk)
    assert moved.state == found.state == LEADS_TO[verb]
    assert found.version == permit.version + 1
    told = Event.objects.of(permit.subject).last()
    assert (told.verb, told.actor_id, told.at) == (f"permit_{verb}", bureau.staff["chief"].pk, TUESDAY)
    assert told.actor_role == "chief_representative"
    assert told.data["note"] == ENTERED[verb]["note"]
    assert told.data["document"] == found.document.number


@pytest.mark.parametrize("state", TABLE)
def test_there_is_no_other_verb(bureau, state):
    permit = permit_in(state, bureau)
    for verb in ("issue", "grant", "delete", ""):
        with pytest.raises(Refused):
            permits.take(permit, verb, actor=bureau.actor("chief"), at=TUESDAY, note="x")


@pytest.mark.parametrize(
    ("item", "state", "there"),
    [
        ("all", "serving:granted", True),
        ("short", "serving:granted", True),
        ("all", "granted", False),
        ("all", "serving:denied", False),
        ("direct", "serving:granted", False),
    ],
)
def test_which_application_has_a_permit(bureau, item, state, there):
    assert Permit.objects.filter(case=case_in(state, bureau, item)).exists() is there


# What was entered -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "verb", "entered", "field"),
    [
        ("in_force", "suspend", {"note": " "}, "note"),
        ("in_force", "suspend", {"basis": " "}, "basis"),
        ("suspended", "reinstate", {"note": ""}, "note"),
        ("in_force", "revoke", {"note": ""}, "note"),
        ("in_force", "revoke", {"basis": ""}, "basis"),
        ("in_force", "change", {"note": ""}, "note"),
        ("in_force", "change", {"basis": ""}, "basis"),
        ("in_force", "change", {"content": "\n"}, "content"),
        # Yesterday.
        ("in_force", "change", {"valid_until": date(2026, 11, 2)}, "valid_until"),
    ],
)
def test_what_is_missing_is_said_at_the_field(bureau, state, verb, entered, field):
    permit = permit_in(state, bureau)
    before = kept(permit)
    with pytest.raises(Refused) as refused:
        do(permit, verb, bureau, **entered)
    assert refused.value.field == field
    assert kept(permit) == before


@pytest.mark.parametrize(
    ("verb", "more"),
    [
        ("suspend", {"content": "别的内容"}),
        ("revoke", {"valid_until": date(2030, 1, 1)}),
        ("change", {"state": "revoked"}),
        ("change", {"valid_from": date(2026, 1, 1)}),
    ],
)
def test_a_step_writes_only_its_own_fields(bureau, verb, more):
    permit = permit_in("in_force", bureau)
    before = kept(permit)
    with pytest.raises(Refused):
        do(permit, verb, bureau, **more)
    assert kept(permit) == before


def test_a_last_day_before_the_first_is_said_at_the_field(bureau):
    case = case_in("sign_off", bureau)
    told = {"content": "准予。", "valid_from": date(2026, 12, 1), "valid_until": date(2027, 11, 30)}
    case = take(case, "grant", actor=bureau.actor("chief"), at=MONDAY, **told)
    take(case, "issue_certificate", actor=bureau.actor("clerk"), at=MONDAY)
    permit = Permit.objects.get(case=case)
    with pytest.raises(Refused) as refused:
        do(permit, "change", bureau, valid_until=date(2026, 11, 20))
    assert refused.value.field == "valid_until"


def test_a_permit_with_an_end_does_not_lose_it(bureau):
    permit = permit_in("in_force", bureau)
    with pytest.raises(Refused) as refused:
        do(permit, "change", bureau, valid_until=None)
    assert refused.value.field == "valid_until"


@pytest.mark.parametrize("verb", ["suspend", "revoke"])
def test_reasons_that_are_too_long_are_refused_in_words(bureau, verb):
    permit = permit_in("in_force", bureau)
    with pytest.raises(Refused):
        do(permit, verb, bureau, note="长" * 480, basis="据" * 40)


# What is over -----------------------------------------------------------------------------------------------


def test_what_has_expired_is_not_brought_back_by_a_change(bureau):
    permit = permit_in("in_force", bureau)
    with pytest.raises(Refused):
        do(permit, "change", bureau, at=AFTER_ITS_END, valid_until=date(2029, 1, 1))


def test_there_is_nothing_to_suspend_of_what_has_expired(bureau):
    permit = permit_in("in_force", bureau)
    before = kept(permit)
    with pytest.raises(Refused):
        do(permit, "suspend", bureau, at=AFTER_ITS_END)
    assert kept(permit) == before


# Its document -----------------------------------------------------------------------------------------------


def standing(permit: Permit, on: date) -> Standing:
    return Document.objects.get(pk=Permit.objects.get(pk=permit.pk).document_id).standing(on)


def test_a_permit_holds_as_its_document_does(bureau):
    permit = permit_in("in_force", bureau)
    assert (permit.document.valid_from, permit.document.valid_until) == (date(2026, 11, 2), date(2027, 11, 2))
    day = date(2026, 11, 3)
    assert standing(permit, day) is Standing.IN_FORCE
    assert standing(permit, date(2027, 11, 2)) is Standing.IN_FORCE
    assert standing(permit, date(2027, 11, 3)) is Standing.EXPIRED
    do(permit, "suspend", bureau)
    assert standing(permit, day) is Standing.SUSPENDED
    do(permit, "reinstate", bureau)
    assert standing(permit, day) is Standing.IN_FORCE
    do(permit, "suspend", bureau)
    do(permit, "revoke", bureau)
    assert standing(permit, day) is Standing.REVOKED
    ended = Document.objects.get(pk=permit.document_id)
    assert ended.ended_reason == f"{REASON}（{BASIS}）"


def test_a_change_issues_a_new_certificate_in_place_of_the_old(bureau):
    permit = permit_in("in_force", bureau)
    old = permit.document
    do(permit, "change", bureau)
    found = Permit.objects.get(pk=permit.pk)
    old.refresh_from_db()
    assert (old.ended, old.replaced_by) == ("superseded", found.document)
    assert old.standing(date(2026, 11, 3)) is Standing.SUPERSEDED
    assert found.document.number == "云城管许证〔2026〕2号"
    assert (found.document.valid_from, found.document.valid_until) == (date(2026, 11, 2), date(2027, 6, 30))
    assert (found.content, found.valid_until) == ("准予临时占用绿地15平方米。", date(2027, 6, 30))
    assert values_of(found)["conditions"] == ["设置围挡。", "到期恢复原状。"]
    papers = Paper.objects.filter(case=permit.case, purpose="permit").order_by("id")
    assert [each.document for each in papers] == [old, found.document]
    # What was decided stays as it was decided.
    assert ApprovalCase.objects.get(pk=permit.case_id).content == "准予临时占用绿地20平方米。"


def test_what_is_not_changed_stays(bureau):
    permit = permit_in("in_force", bureau)
    permits.take(
        permit,
        "change",
        actor=bureau.actor("chief"),
        at=TUESDAY,
        note="更正。",
        basis="第四十九条",
        content="新。",
    )
    found = Permit.objects.get(pk=permit.pk)
    assert (found.content, found.valid_until, found.conditions) == ("新。", permit.valid_until, "")


def test_a_certificate_masks_the_holder_and_names_the_basis(bureau):
    values = values_of(permit_in("in_force", bureau))
    assert values["holder_number"] == "330802**********39"
    assert ID_NUMBER not in json.dumps(values, ensure_ascii=False)
    assert values.get("basis") == "《城市绿化条例》第二十条"


def test_who_was_first_is_said(bureau):
    permit = permit_in("in_force", bureau)
    do(permit, "suspend", bureau)
    before = kept(permit)
    with pytest.raises(Conflict) as conflict:
        do(permit, "revoke", bureau, seen=permit.version)
    assert conflict.value.message
    assert kept(permit) == before


# In public --------------------------------------------------------------------------------------------------


def page(document: Document, language: str = "zh-hans") -> str:
    answer = Client().get(f"/verify/{document.check_code}/", HTTP_COOKIE=f"django_language={language}")
    assert answer.status_code == 200
    return answer.content.decode()


def today() -> datetime:
    """The check page asks the clock itself: these permits are granted now."""
    return timezone.now().astimezone(SHANGHAI)


@pytest.mark.parametrize(
    ("verbs", "english"),
    [
        ((), "In force"),
        (("suspend",), "Suspended since"),
        (("suspend", "reinstate"), "In force"),
        (("revoke",), "Revoked on"),
        (("suspend", "revoke"), "Revoked on"),
        (("change",), "Replaced by another document"),
    ],
)
def test_a_stranger_learns_whether_it_holds_and_nothing_of_the_holder(bureau, verbs, english):
    at = today()
    permit = permit_in("in_force", bureau, at=at)
    document = permit.document
    for verb in verbs:
        more = {"valid_until": permit.valid_until} if verb == "change" else {}
        do(permit, verb, bureau, at=at, **more)
    shown = page(document, "en")
    assert document.number in shown
    assert english in shown
    for text in (shown, page(document)):
        for private in (
            *(
                "测试市民",
                ID_NUMBER,
                "330802**********39",
                "青石路",
                "20平方米",
                "19900000001",
                permit.case.number,
            ),
            *(REASON, BASIS, permit.case.lookup_code, document.sha256),
        ):
            assert private not in text
    assert Client().get(f"/verify/{document.check_code}/document.pdf").status_code == 404


def test_a_stranger_learns_until_when_it_holds(bureau):
    at = today()
    document = permit_in("in_force", bureau, at=at).document
    assert document.valid_until is not None
    last = document.valid_until
    assert f"{last.year}年{last.month}月{last.day}日" in page(document)


def test_the_receipt_of_a_permit_names_nobody(bureau):
    at = today()
    permit = permit_in("suspended", bureau, at=at)
    answer = Client().get(f"/verify/{permit.document.check_code}/receipt.json")
    assert answer.status_code == 200
    text = json.dumps(answer.json(), ensure_ascii=False)
    for private in ("测试市民", "签样例", ID_NUMBER, REASON, "20平方米"):
        assert private not in text


@pytest.mark.parametrize(
    ("who", "reads"),
    [
        *[(who, True) for who in ("clerk", "clerk2", "office_head", "chief", "agency_head", "supervisor")],
        # Its unit was asked to the survey.
        ("handler", True),
        *[(who, False) for who in ("handler_roads", "operator", "disclosure", "secrecy", "administrator")],
    ],
)
def test_who_of_the_staff_reads_it(bureau, who, reads):
    document = permit_in("in_force", bureau).document
    assert Document.objects.visible_to(bureau.actor(who)).filter(pk=document.pk).exists() is reads
    assert not Document.objects.visible_to(CITIZEN).filter(pk=document.pk).exists()
