"""To apply, at the counter and on the web: who may, for what, with which number; and what is there then."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest
from django.conf import settings

from approvals import guides
from approvals.actions import Application, apply, bring_supplement, receive_at_counter
from approvals.models import ApprovalCase, GivenMaterial, ItemGuide, Material, MaterialFile, Paper
from portal.cases.models import Deadline
from portal.cases.uploads import Upload
from portal.cases.workflow import NotAllowed, Refused
from portal.documents.models import Document
from portal.ledger.models import Event
from portal.notices.models import Notice
from portal.organisation.actors import ANONYMOUS, CITIZEN, SYSTEM, Actor
from tests.approvals.window import (
    CREDIT_CODE,
    ID_NUMBER,
    MATERIALS,
    STEPS,
    application,
    case_in,
    columns,
    guide_of,
    publish,
)
from tests.bureau import MONDAY, Bureau, moment

BODY = {
    "applicant_kind": "body",
    "applicant_name": "云溪某某商贸有限公司",
    "applicant_number": CREDIT_CODE,
    "representative": "测试代理人",
}


@pytest.fixture
def bureau(window: Bureau, plain_papers: None) -> Bureau:
    return window


def actor_of(bureau: Bureau, who: str) -> Actor:
    others = {"citizen": CITIZEN, "anonymous": ANONYMOUS, "system": SYSTEM}
    return others[who] if who in others else bureau.actor(who)


def upload(text: str) -> Upload:
    data = text.encode()
    sha256 = hashlib.sha256(data).hexdigest()
    return Upload(name=f"{text}.pdf", data=data, kind="pdf", media_type="application/pdf", sha256=sha256)


def with_files(*texts: str, item: str = "all") -> Application:
    """An application with a file of each text for the guide's first material."""
    material = guide_of(item).materials.get(position=1)
    return replace(application(item), files={material.pk: [upload(text) for text in texts]})


def in_storage() -> set[Path]:
    return {path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()}


def counts() -> tuple[int, ...]:
    tables = (ApprovalCase, GivenMaterial, MaterialFile, Paper, Document, Deadline, Notice, Event)
    return tuple(table.objects.count() for table in tables)


def refused(told: Application, actor: Actor = CITIZEN) -> Refused:
    """Why the application is refused; nothing of it is in the database then."""
    before = counts()
    with pytest.raises(Refused) as found:
        apply(told, actor=actor, at=MONDAY)
    assert counts() == before
    assert found.value.message
    return found.value


# Who --------------------------------------------------------------------------------------------------------

MAY = {
    "clerk": True,
    "clerk2": True,
    "citizen": True,
    "office_head": False,
    "chief": False,
    "agency_head": False,
    "handler": False,
    "handler_roads": False,
    "operator": False,
    "disclosure": False,
    "secrecy": False,
    "supervisor": False,
    "administrator": False,
    "anonymous": False,
    "system": False,
}


@pytest.mark.parametrize("who", MAY)
def test_who_may_open_an_application(bureau, who):
    actor = actor_of(bureau, who)
    if not MAY[who]:
        assert type(refused(application(), actor)) is NotAllowed
        return
    case = ApprovalCase.objects.get(pk=apply(application(), actor=actor, at=MONDAY).pk)
    at_the_counter = who != "citizen"
    assert case.state == "received"
    assert case.source == ("counter" if at_the_counter else "web")
    owner = bureau.staff[who] if at_the_counter else None
    assert (case.first_contact, case.holder) == (owner, owner)
    assert (case.opened_at, case.received_at, case.accepted_at) == (MONDAY, MONDAY, None)
    assert case.unit == bureau.units["bureau"]


# For what ---------------------------------------------------------------------------------------------------


def next_version(bureau: Bureau) -> ItemGuide:
    return guides.write(
        guide_of("all").item,
        columns=columns("all"),
        steps=STEPS["all"],
        materials=MATERIALS,
        actor=bureau.actor("administrator"),
        at=MONDAY,
    )


def test_one_applies_by_a_guide_that_is_published(bureau):
    before = guide_of("all")
    draft = next_version(bureau)
    assert refused(replace(application(), guide=draft)).field == "guide"
    reviewed = guides.take(
        draft,
        "record_review",
        reviewer="法制科",
        review_number="法审〔2026〕9号",
        note="合法。",
        actor=bureau.actor("office_head"),
        at=MONDAY,
    )
    assert refused(replace(application(), guide=reviewed)).field == "guide"
    published = guides.take(reviewed, "publish", actor=bureau.actor("chief"), at=MONDAY)
    case = apply(application(), actor=CITIZEN, at=MONDAY)
    assert case.guide == published
    before.refresh_from_db()
    assert refused(replace(application(), guide=before)).field == "guide"


def test_what_runs_keeps_the_guide_under_which_it_began(bureau):
    case = case_in("received", bureau)
    old = case.guide_id
    publish(next_version(bureau), bureau)
    assert ApprovalCase.objects.get(pk=case.pk).guide_id == old
    assert {each.material.guide_id for each in ApprovalCase.objects.get(pk=case.pk).given} == {old}


def change_item(bureau: Bureau, **changes: bool) -> None:
    item = guide_of("all").item
    guides.change_item(item, actor=bureau.actor("administrator"), at=MONDAY, **changes)


def test_an_item_that_is_out_of_use_is_not_applied_for(bureau):
    told = application()
    change_item(bureau, active=False)
    told.guide.item.refresh_from_db()
    assert refused(told).field == "guide"


@pytest.mark.parametrize(
    ("changes", "person", "body"),
    [
        ({"for_persons": True, "for_bodies": True}, True, True),
        ({"for_persons": False}, False, True),
        ({"for_bodies": False}, True, False),
    ],
)
@pytest.mark.parametrize("who", ["clerk", "citizen"])
def test_an_item_says_for_whom_it_is(bureau, who, changes, person, body):
    change_item(bureau, **changes)
    for told, may in ((application(), person), (application(**BODY), body)):
        if may:
            apply(told, actor=actor_of(bureau, who), at=MONDAY)
        else:
            assert refused(told, actor_of(bureau, who)).field == "applicant_kind"


# With which number ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("more", "number"),
    [
        ({"applicant_number": "330802 19900307 1239"}, ID_NUMBER),
        ({"applicant_number": "１１０１０５１９４９１２３１００２ｘ"}, "11010519491231002X"),
        ({**BODY, "applicant_number": "91330802-ma2dem01-3r"}, CREDIT_CODE),
    ],
)
def test_a_number_is_kept_in_its_normal_form(bureau, more, number):
    case = apply(application(**more), actor=CITIZEN, at=MONDAY)
    assert ApprovalCase.objects.get(pk=case.pk).applicant_number == number
    assert list(ApprovalCase.objects.of_applicant(number)) == [case]


@pytest.mark.parametrize("who", ["clerk", "citizen"])
@pytest.mark.parametrize(
    "more",
    [
        {"applicant_number": ""},
        {"applicant_number": "330802199003071238"},
        {"applicant_number": "33080219900307123"},
        {"applicant_number": CREDIT_CODE},
        {**BODY, "applicant_number": ID_NUMBER},
        {**BODY, "applicant_number": "91330802MA2DEM013S"},
    ],
)
def test_a_wrong_number_is_said_at_the_field(bureau, who, more):
    found = refused(application(**more), actor_of(bureau, who))
    assert found.field == "applicant_number"
    # The sentence says what is wrong, and does not repeat the number.
    assert not more["applicant_number"] or more["applicant_number"] not in str(found.message)


def test_the_phone_is_kept_in_one_form(bureau):
    case = apply(application(phone="+86 199-0000-0001"), actor=CITIZEN, at=MONDAY)
    assert ApprovalCase.objects.get(pk=case.pk).phone == "19900000001"


# What is there then -----------------------------------------------------------------------------------------


def test_applications_are_numbered_within_the_day_in_shanghai(bureau):
    made = [
        apply(application(item), actor=actor_of(bureau, who), at=moment(at)).number
        for item, who, at in [
            ("all", "clerk", "2026-11-02 09:00"),
            ("direct", "citizen", "2026-11-02 23:59:59"),
            ("all", "citizen", "2026-11-03 00:00"),
            ("all", "clerk2", "2026-11-03 00:01"),
        ]
    ]
    assert made == ["SP-20261102-0001", "SP-20261102-0002", "SP-20261103-0001", "SP-20261103-0002"]


def test_a_refused_application_uses_up_no_number(bureau):
    refused(application(applicant_number="1"))
    refused(with_files(*[f"{n}" for n in range(21)]))
    assert apply(application(), actor=CITIZEN, at=MONDAY).number == "SP-20261102-0001"


@pytest.mark.parametrize("who", ["clerk", "citizen"])
def test_who_applies_gets_a_receipt_and_is_told(bureau, who):
    case = apply(application(), actor=actor_of(bureau, who), at=MONDAY)
    [paper] = Paper.objects.filter(case=case)
    assert paper.purpose == "receipt"
    assert paper.document.number == "云城管许收〔2026〕1号"
    assert paper.document.case_id == case.pk
    assert paper.document.is_public is False
    [told] = Notice.objects.filter(case=case)
    assert (told.channel, told.address) == ("sms", "19900000001")
    assert case.number in told.body
    assert case.lookup_code in told.body
    assert "2026年11月9日" in told.body
    for private in ("测试市民", ID_NUMBER, "青石路"):
        assert private not in told.subject + told.body


@pytest.mark.parametrize(
    ("more", "channel", "address"),
    [
        ({"phone": "0570-5550140"}, None, None),
        ({"phone": "0570-5550140", "email": "a@example.com"}, "email", "a@example.com"),
        ({"email": "a@example.com"}, "sms", "19900000001"),
    ],
)
def test_how_the_applicant_is_reached(bureau, more, channel, address):
    case = apply(application(**more), actor=CITIZEN, at=MONDAY)
    found = [(each.channel, each.address) for each in Notice.objects.filter(case=case)]
    assert found == ([(channel, address)] if channel else [])


def test_every_material_of_the_guide_waits_to_be_looked_at(bureau):
    case = apply(application(), actor=CITIZEN, at=MONDAY)
    found = ApprovalCase.objects.get(pk=case.pk).given
    assert [each.material.name for each in found] == ["申请表", "现场平面图", "授权委托书"]
    assert {(each.in_order, each.problem) for each in found} == {(None, "")}


def test_who_applies_stands_neither_in_the_title_nor_in_the_ledger(bureau):
    told = application(**BODY, email="a@example.com", address="测试路1号", phone="19900000002")
    case = apply(told, actor=CITIZEN, at=MONDAY)
    kept = json.dumps(
        [event.data for event in Event.objects.filter(at=MONDAY).exclude(verb__startswith="guide")],
        ensure_ascii=False,
    )
    for private in (
        *(BODY["applicant_name"], CREDIT_CODE, "测试代理人", "19900000002", "a@example.com", "测试路1号"),
        "因管道施工",
        case.lookup_code,
    ):
        assert private not in case.title
        assert private not in kept


def test_the_title_is_cut_where_the_place_is_long(bureau):
    case = apply(application(place="长" * 200), actor=CITIZEN, at=MONDAY)
    assert len(ApprovalCase.objects.get(pk=case.pk).title) == 120


# At the counter in one go -----------------------------------------------------------------------------------


def looked(item: str = "all", **problems: str) -> dict[int, tuple[bool | None, str]]:
    return {
        each.pk: (each.name not in problems, problems.get(each.name, ""))
        for each in guide_of(item).materials.all()
    }


@pytest.mark.parametrize(("accept", "state"), [(True, "accepted"), (False, "received")])
def test_a_clerk_receives_checks_and_accepts_at_once(bureau, accept, state):
    case = receive_at_counter(application(), looked(), accept=accept, actor=bureau.actor("clerk"), at=MONDAY)
    assert case.state == ApprovalCase.objects.get(pk=case.pk).state == state
    purposes = {"receipt", "acceptance"} if accept else {"receipt"}
    assert set(Paper.objects.filter(case=case).values_list("purpose", flat=True)) == purposes


def test_what_is_not_in_order_is_not_received_by_halves(bureau):
    before = counts()
    with pytest.raises(Refused) as found:
        receive_at_counter(
            application(), looked(申请表="缺签名。"), accept=True, actor=bureau.actor("clerk"), at=MONDAY
        )
    assert found.value.field == "checked"
    assert counts() == before


def test_nobody_receives_at_the_counter_over_the_net(bureau):
    before = counts()
    with pytest.raises(NotAllowed):
        receive_at_counter(application(), looked(), accept=False, actor=CITIZEN, at=MONDAY)
    assert counts() == before


# Files ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("who", "by_public"), [("citizen", True), ("clerk", False)])
def test_files_are_kept_by_their_material_and_their_hashes_recorded(bureau, who, by_public):
    case = apply(with_files("甲", "乙"), actor=actor_of(bureau, who), at=MONDAY)
    rows = list(MaterialFile.objects.filter(case=case))
    assert [row.name for row in rows] == ["甲.pdf", "乙.pdf"]
    assert {row.material.position for row in rows} == {1}
    assert {row.by_public for row in rows} == {by_public}
    for row in rows:
        with row.file.open("rb") as kept:
            assert kept.read() == row.name.removesuffix(".pdf").encode()
        # Neither a name nor a number in the path.
        assert row.file.name.startswith(f"materials/{row.sha256[:2]}/{row.sha256}")
    told = Event.objects.of(case.subject).get(verb="files_attached")
    assert told.data == {"sha256": [row.sha256 for row in rows]}


def test_the_same_file_is_kept_once(bureau):
    case = apply(with_files("甲", "甲"), actor=CITIZEN, at=MONDAY)
    assert MaterialFile.objects.filter(case=case).count() == 1


def test_as_many_files_as_are_allowed_and_not_one_more(bureau):
    names = [f"{number}" for number in range(20)]
    case = apply(with_files(*names), actor=CITIZEN, at=MONDAY)
    assert MaterialFile.objects.filter(case=case).count() == 20
    assert "20" in str(refused(with_files(*names, "20")).message)


def test_a_file_for_what_the_guide_does_not_ask_for_is_a_fault_of_the_caller(bureau):
    stranger = Material.objects.get(guide=guide_of("direct"), position=1)
    before = counts()
    with pytest.raises(ValueError, match="does not ask for"):
        apply(replace(application(), files={stranger.pk: [upload("甲")]}), actor=CITIZEN, at=MONDAY)
    assert counts() == before


def test_a_supplement_brings_files_only_for_what_the_guide_asks_for(bureau):
    case = case_in("supplement", bureau)
    stranger = Material.objects.get(guide=guide_of("direct"), position=1)
    with pytest.raises((ValueError, Refused)):
        bring_supplement(case, {stranger.pk: [upload("甲")]}, actor=CITIZEN, at=MONDAY)
    assert not MaterialFile.objects.filter(case=case).exists()


def test_a_supplement_brings_its_files_or_nothing(bureau):
    case = case_in("supplement", bureau)
    second = case.guide.materials.get(position=2)
    before = counts()
    with pytest.raises(Refused):
        bring_supplement(case, {second.pk: [upload(f"{n}") for n in range(21)]}, actor=CITIZEN, at=MONDAY)
    assert counts() == before
    moved = bring_supplement(case, {second.pk: [upload("图")]}, actor=CITIZEN, at=MONDAY)
    assert moved.state == "received"
    assert [row.name for row in MaterialFile.objects.filter(case=case)] == ["图.pdf"]


def too_many_files(bureau: Bureau) -> None:
    apply(with_files(*[f"{n}" for n in range(21)]), actor=CITIZEN, at=MONDAY)


def not_in_order(bureau: Bureau) -> None:
    clerk = bureau.actor("clerk")
    receive_at_counter(with_files("甲"), looked(申请表="缺签名。"), accept=True, actor=clerk, at=MONDAY)


def not_a_clerk(bureau: Bureau) -> None:
    apply(with_files("甲"), actor=bureau.actor("handler"), at=MONDAY)


@pytest.mark.parametrize("attempt", [not_a_clerk, too_many_files, not_in_order])
def test_what_is_refused_leaves_no_file_behind(bureau, attempt):
    before = in_storage()
    with pytest.raises(Refused):
        attempt(bureau)
    assert in_storage() == before
