"""Items and the versions of their guides: written, legally reviewed by somebody else, published, frozen."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.files.storage import default_storage
from django.db import IntegrityError, InternalError, transaction
from django.utils import translation

from approvals import guides
from approvals.actions import apply
from approvals.actions import take as take_step
from approvals.codes import validate_implementation_code
from approvals.comparing import differences
from approvals.guide_parts import Brought, Kept, put_materials, put_steps
from approvals.models import ApprovalCase, GuideStep, ItemGuide, Material, ServiceItem
from approvals.rules import guide as rules
from portal.cases.workflow import Conflict, NotAllowed, Refused
from portal.ledger.models import Event
from portal.organisation.actions import change_roles
from portal.organisation.actors import ANONYMOUS, CITIZEN, SYSTEM, Actor, Role
from tests.approvals.public import PDF, looked_at
from tests.approvals.window import (
    BUREAU_CODE,
    MATERIALS,
    STEPS,
    application,
    case_in,
    columns,
    guide_of,
    publish,
)
from tests.bureau import FOUNDED, MONDAY, PEOPLE, Bureau

pytestmark = pytest.mark.usefixtures("plain_papers")
ITEM = "all"
REVIEW = {"reviewer": "法制科", "review_number": "法审〔2026〕9号", "note": "合法。"}


@pytest.fixture
def bureau(window: Bureau) -> Bureau:
    return window


def people(bureau: Bureau) -> dict[str, Actor]:
    staff = {username: bureau.actor(username) for username in [*PEOPLE, "clerk2"]}
    return {**staff, "citizen": CITIZEN, "anonymous": ANONYMOUS, "system": SYSTEM}


def draft(bureau: Bureau, who: str = "administrator", **more: Any) -> ItemGuide:
    """The next version of an item whose first is in force."""
    given: dict[str, Any] = {"steps": STEPS[ITEM], "materials": MATERIALS}
    for name in ("steps", "materials"):
        given[name] = more.pop(name, given[name])
    item = ServiceItem.objects.get(code=ITEM)
    text = {**columns(ITEM), **more}
    return guides.write(item, columns=text, **given, actor=bureau.actor(who), at=MONDAY)


def take(guide: ItemGuide, name: str, who: Actor, **given: Any) -> ItemGuide:
    entered = REVIEW if name == "record_review" else {"note": "请补充依据。"}
    return guides.take(guide, name, actor=who, at=MONDAY, **{**entered, **given})


def in_state(state: str, bureau: Bureau) -> ItemGuide:
    guide = draft(bureau)
    if state != "draft":
        guide = take(guide, "record_review", bureau.actor("office_head"))
    if state in ("published", "replaced"):
        guide = take(guide, "publish", bureau.actor("chief"))
    if state == "replaced":
        publish(draft(bureau), bureau)
    return ItemGuide.objects.get(pk=guide.pk)


def kept(guide: ItemGuide) -> tuple[Any, ...]:
    return (
        ItemGuide.objects.filter(pk=guide.pk).values().get(),
        list(GuideStep.objects.filter(guide=guide).values()),
        list(Material.objects.filter(guide=guide).values()),
        Event.objects.count(),
    )


# The table: who may do what in which state ------------------------------------------------------------------

# Written by the administrator: the office head and the chief representative did not write it.
TABLE: dict[str, dict[str, set[str]]] = {
    "draft": {"record_review": {"office_head", "chief"}},
    "reviewed": {"send_back": {"office_head", "chief"}, "publish": {"chief"}},
    "published": {},
    "replaced": {},
}
LEADS_TO = {"record_review": "reviewed", "send_back": "draft", "publish": "published"}
# Whose role it is at all: for everybody else it is a matter of permission.
ROLE_OF = {
    "record_review": {"office_head", "chief"},
    "send_back": {"office_head", "chief"},
    "publish": {"chief"},
}


@pytest.mark.parametrize("state", TABLE)
def test_who_may_do_what(bureau: Bureau, state: str) -> None:
    guide = in_state(state, bureau)
    assert guide.state == state
    before = kept(guide)
    for name, actor in people(bureau).items():
        expected = {verb for verb, who in TABLE[state].items() if name in who}
        drawn = {rule.name for rule in guides.allowed(guide, actor=actor, at=MONDAY)}
        assert drawn == expected, f"{state}: buttons of {name}"
        for verb in LEADS_TO.keys() - expected:
            with pytest.raises(Refused) as refused:
                take(guide, verb, actor)
            kind = Refused if name in ROLE_OF[verb] else NotAllowed
            assert type(refused.value) is kind, f"{state}: {verb} by {name}"
    assert kept(guide) == before


@pytest.mark.parametrize(("state", "verb"), [(s, verb) for s, verbs in TABLE.items() for verb in verbs])
def test_where_a_verb_leads(bureau: Bureau, state: str, verb: str) -> None:
    for who in sorted(TABLE[state][verb]):
        with transaction.atomic():
            guide = in_state(state, bureau)
            moved = take(guide, verb, bureau.actor(who))
            assert moved.state == ItemGuide.objects.get(pk=guide.pk).state == LEADS_TO[verb]
            last = Event.objects.of(guide.item.subject).filter(verb=f"guide_{verb}").last()
            assert last is not None
            assert (last.actor_id, last.at) == (bureau.staff[who].pk, MONDAY)
            transaction.set_rollback(True)


def test_the_table_speaks_of_every_verb() -> None:
    assert set(rules.WORKFLOW.transitions) == {*LEADS_TO, "change", "replace"}
    assert set(rules.WORKFLOW.states) == set(TABLE)


@pytest.mark.parametrize("verb", ["change", "replace", "vanish"])
def test_what_has_a_verb_of_its_own_is_no_step(bureau: Bureau, verb: str) -> None:
    with pytest.raises(Refused):
        take(draft(bureau), verb, bureau.actor("administrator"))


# Writing ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["clerk", "chief", "supervisor", "handler", "operator", "agency_head"])
def test_nobody_else_writes(bureau: Bureau, who: str) -> None:
    with pytest.raises(NotAllowed):
        draft(bureau, who)
    guide = draft(bureau)
    with pytest.raises(NotAllowed):
        guides.change(guide, columns={"fee": "每件10元"}, actor=bureau.actor(who), at=MONDAY)
    assert ItemGuide.objects.filter(item=guide.item).count() == 2


def test_one_version_at_a_time_is_under_way(bureau: Bureau) -> None:
    guide = draft(bureau)
    assert (guide.number, guide.state) == (2, "draft")
    with pytest.raises(Refused):
        draft(bureau)
    take(guide, "record_review", bureau.actor("chief"))
    with pytest.raises(Refused):
        draft(bureau)
    assert ItemGuide.objects.filter(item=guide.item).count() == 2


def who_heads_the_office_too(bureau: Bureau) -> Actor:
    """Where few people work, the head of the office keeps the guides as well."""
    roles = [Role.OFFICE_HEAD, Role.ADMINISTRATOR]
    change_roles(staff=bureau.staff["office_head"], roles=roles, actor=SYSTEM, at=FOUNDED)
    return bureau.actor("office_head")


def test_the_head_of_an_office_writes_no_guide(bureau: Bureau) -> None:
    with pytest.raises(NotAllowed):
        draft(bureau, "office_head")
    with pytest.raises(NotAllowed):
        guides.change(draft(bureau), columns={"fee": "x"}, actor=bureau.actor("office_head"), at=MONDAY)


def test_who_wrote_does_not_record_the_review(bureau: Bureau) -> None:
    writer = who_heads_the_office_too(bureau)
    guide = draft(bureau, "office_head")
    with pytest.raises(NotAllowed):
        take(guide, "record_review", writer)
    assert guides.allowed(guide, actor=writer, at=MONDAY) == []
    assert take(guide, "record_review", bureau.actor("chief")).state == "reviewed"


def test_who_changed_a_word_wrote_it_too(bureau: Bureau) -> None:
    guide, writer = draft(bureau), who_heads_the_office_too(bureau)
    guides.change(guide, columns={"fee": "每件10元"}, actor=writer, at=MONDAY)
    with pytest.raises(NotAllowed):
        take(guide, "record_review", writer)


def test_the_second_of_two_writers_loses_nothing_of_the_first(bureau: Bureau) -> None:
    guide = draft(bureau)
    admin, head = bureau.actor("administrator"), who_heads_the_office_too(bureau)
    guides.change(guide, columns={"fee": "每件10元"}, actor=admin, at=MONDAY, seen=guide.version)
    with pytest.raises(Conflict):
        guides.change(guide, columns={"fee": "每件20元"}, actor=head, at=MONDAY, seen=guide.version)
    with pytest.raises(Conflict):
        take(guide, "record_review", bureau.actor("chief"), seen=guide.version)
    assert ItemGuide.objects.get(pk=guide.pk).fee == "每件10元"


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"promised_days": 21}, "promised_days"),
        ({"statutory_days": 21, "promised_days": 7}, "statutory_days"),
        ({"extend_at_most": 11}, "extend_at_most"),
        ({"joint": True, "statutory_days": 46}, "statutory_days"),
    ],
)
def test_a_limit_beyond_the_law_is_refused_at_its_field(
    bureau: Bureau, given: dict[str, Any], field: str
) -> None:
    guide = draft(bureau)
    before = kept(guide)
    with pytest.raises(Refused) as refused:
        guides.change(guide, columns=given, actor=bureau.actor("administrator"), at=MONDAY)
    assert refused.value.field == field
    assert kept(guide) == before


@pytest.mark.parametrize(
    ("given", "constraint"),
    [
        ({"promised_days": 21}, "promised_is_within_statutory"),
        ({"statutory_days": 21}, "statutory_limit_is_within_the_law"),
        ({"extend_at_most": 11}, "statutory_limit_is_within_the_law"),
        ({"promised_days": 0}, "guide_limits_are_days"),
        ({"state": "reviewed"}, "a_guide_beyond_draft_was_reviewed"),
    ],
)
def test_the_database_holds_it_too(bureau: Bureau, given: dict[str, Any], constraint: str) -> None:
    guide = draft(bureau)
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        ItemGuide.objects.filter(pk=guide.pk).update(**given)


@pytest.mark.parametrize(
    "given", [{"basis": ""}, {"phone": "nobody"}, {"promised_days": 0}, {"place": "a\nb"}]
)
def test_what_no_guide_can_be_without_is_asked_for(bureau: Bureau, given: dict[str, Any]) -> None:
    guide = draft(bureau)
    before = kept(guide)
    with pytest.raises(ValidationError):
        guides.change(guide, columns=given, actor=bureau.actor("administrator"), at=MONDAY)
    assert kept(guide) == before


def test_a_verb_writes_no_other_column(bureau: Bureau) -> None:
    guide = draft(bureau)
    for name in ("state", "number", "writers", "reviewed_at"):
        with pytest.raises(Refused):
            guides.change(guide, columns={name: 1}, actor=bureau.actor("administrator"), at=MONDAY)


# Complete before it is reviewed -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "parts",
    [
        # Promised are seven working days; the steps take eight.
        {"steps": {"preliminary": 2, "survey": 4, "review": 1, "sign_off": 1}},
        {"steps": {"preliminary": 2, "survey": 3, "review": 1}},
        {"steps": {}},
        {"materials": ()},
    ],
)
def test_what_is_not_complete_is_not_reviewed(bureau: Bureau, parts: dict[str, Any]) -> None:
    guide = draft(bureau, **parts)
    with pytest.raises(Refused) as refused:
        take(guide, "record_review", bureau.actor("chief"))
    assert type(refused.value) is Refused
    assert ItemGuide.objects.get(pk=guide.pk).state == "draft"


def test_steps_may_take_as_long_as_is_promised(bureau: Bureau) -> None:
    guide = draft(bureau, steps={"preliminary": 6, "sign_off": 1})
    assert take(guide, "record_review", bureau.actor("chief")).state == "reviewed"


@pytest.mark.parametrize("name", ["reviewer", "review_number", "note"])
def test_a_review_says_who_and_by_what_opinion(bureau: Bureau, name: str) -> None:
    guide = draft(bureau)
    with pytest.raises(Refused) as refused:
        take(guide, "record_review", bureau.actor("chief"), **{name: " "})
    assert refused.value.field == name


def test_what_is_sent_back_was_not_reviewed(bureau: Bureau) -> None:
    guide = in_state("reviewed", bureau)
    assert guide.reviewed_by == bureau.staff["office_head"]
    back = take(guide, "send_back", bureau.actor("chief"))
    assert (back.reviewed_by, back.reviewed_at, back.reviewer, back.review_number) == (None, None, "", "")
    guides.change(back, columns={"fee": "每件10元"}, actor=bureau.actor("administrator"), at=MONDAY)


# Frozen -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["reviewed", "published", "replaced"])
def test_from_the_review_on_the_text_stays(bureau: Bureau, state: str) -> None:
    guide = in_state(state, bureau)
    with pytest.raises(Refused):
        guides.change(guide, columns={"fee": "每件10元"}, actor=bureau.actor("administrator"), at=MONDAY)
    whole = [
        lambda: ItemGuide.objects.filter(pk=guide.pk).update(fee="每件10元"),
        lambda: ItemGuide.objects.filter(pk=guide.pk).update(promised_days=1),
        lambda: guide.delete(),
        lambda: GuideStep.objects.filter(guide=guide).update(days=1),
        lambda: GuideStep.objects.filter(guide=guide).delete(),
        lambda: GuideStep.objects.filter(guide=guide)[0].delete(),
        lambda: Material.objects.filter(guide=guide).update(name="别的材料"),
        lambda: Material.objects.filter(guide=guide).delete(),
        lambda: Material.objects.create(guide=guide, position=9, name="又一份材料"),
        lambda: put_steps(guide, {"sign_off": 1}),
        lambda: put_materials(guide, MATERIALS),
    ]
    before = kept(guide)
    for change in whole:
        with pytest.raises((InternalError, IntegrityError)), transaction.atomic():
            change()
    assert kept(guide) == before


def test_nothing_is_moved_into_a_reviewed_guide(bureau: Bureau) -> None:
    published, guide = guide_of(ITEM), draft(bureau)
    with pytest.raises(InternalError), transaction.atomic():
        Material.objects.filter(guide=guide, position=1).update(guide=published, position=9)


def test_when_it_was_published_is_written_once(bureau: Bureau) -> None:
    guide = in_state("published", bureau)
    with pytest.raises(InternalError), transaction.atomic():
        ItemGuide.objects.filter(pk=guide.pk).update(published_at=guide.written_at.replace(year=2025))


# Published --------------------------------------------------------------------------------------------------


def test_publishing_replaces_the_version_before(bureau: Bureau) -> None:
    first = guide_of(ITEM)
    second = publish(draft(bureau, promised_days=9), bureau)
    first.refresh_from_db()
    assert (first.state, second.state) == ("replaced", "published")
    assert first.replaced_at == second.published_at
    assert guide_of(ITEM) == second
    verbs = Event.objects.of(first.item.subject).values_list("verb", "data__guide")
    assert list(verbs)[-3:] == [("guide_record_review", 2), ("guide_replace", 1), ("guide_publish", 2)]


def test_one_version_is_published_at_most(bureau: Bureau) -> None:
    first, second = guide_of(ITEM), in_state("reviewed", bureau)
    with pytest.raises(IntegrityError, match="one_published_guide_an_item"), transaction.atomic():
        ItemGuide.objects.filter(pk=second.pk).update(state="published", published_at=MONDAY)
    assert guide_of(ITEM) == first


def test_what_runs_keeps_the_version_that_it_began_with(bureau: Bureau) -> None:
    case = case_in("accepted", bureau)
    first = case.guide
    second = publish(draft(bureau, promised_days=15, steps={"sign_off": 1}), bureau)
    running = ApprovalCase.objects.get(pk=case.pk)
    assert running.guide == first
    assert {each.term: each.length for each in running.deadlines.all()}["approvals.promise"] == 7
    # It still goes the way of its own version, through the survey.
    moved = take_step(
        running,
        "pass_preliminary",
        actor=bureau.actor("clerk"),
        at=MONDAY,
        recommendation="grant",
        note="材料齐全。",
    )
    assert (moved.state, application(ITEM).guide) == ("survey", second)


def test_a_replaced_version_can_no_longer_be_applied_for(bureau: Bureau) -> None:
    old = application(ITEM)
    publish(draft(bureau), bureau)
    old.guide.refresh_from_db()
    with pytest.raises(Refused) as refused:
        apply(old, actor=CITIZEN, at=MONDAY)
    assert refused.value.field == "guide"


# Files to download ------------------------------------------------------------------------------------------


def files(guide: ItemGuide) -> dict[str, tuple[str, str]]:
    rows = Material.objects.filter(guide=guide)
    return {each.name: (each.blank_form.name, each.filled_sample.name) for each in rows}


FORM, SAMPLE = looked_at("申请表.pdf", PDF), looked_at("示范.pdf", PDF + b"\n")


def with_files() -> tuple[Brought, ...]:
    return (Brought(name="申请表", blank_form=FORM, filled_sample=SAMPLE), Brought(name="平面图"))


def test_what_did_not_change_keeps_its_files(bureau: Bureau) -> None:
    guide = draft(bureau, materials=with_files())
    blank, sample = files(guide)["申请表"]
    again = (
        Brought(name="平面图"),
        Brought(name="申请书", copies=2, blank_form=Kept(blank), filled_sample=Kept(sample)),
    )
    admin = bureau.actor("administrator")
    guides.change(guide, columns={}, materials=again, actor=admin, at=MONDAY)
    assert files(guide) == {"平面图": ("", ""), "申请书": (blank, sample)}
    with default_storage.open(blank) as file:
        assert file.read() == PDF


def test_the_next_version_shares_the_files_of_the_last(bureau: Bureau) -> None:
    first = publish(draft(bureau, materials=with_files()), bureau)
    blank, _sample = files(first)["申请表"]
    second = draft(bureau, materials=(Brought(name="申请表", blank_form=Kept(blank)),))
    assert files(second) == {"申请表": (blank, "")}
    with default_storage.open(blank) as file:
        assert file.read() == PDF


@pytest.mark.parametrize("name", ["guides/1/other.pdf", "../../settings.py", "/etc/passwd", ""])
def test_only_a_file_of_the_items_own_guides_is_kept(bureau: Bureau, name: str) -> None:
    guide = draft(bureau)
    before = kept(guide)
    with pytest.raises(Refused), transaction.atomic():
        guides.change(
            guide,
            columns={},
            materials=(Brought(name="申请表", blank_form=Kept(name)),),
            actor=bureau.actor("administrator"),
            at=MONDAY,
        )
    assert kept(guide) == before


def test_what_is_refused_leaves_no_file_behind(bureau: Bureau) -> None:
    guide = draft(bureau)
    before = kept(guide)
    wrong = (Brought(name="申请表", blank_form=FORM), Brought(name="平面图", originals=0, copies=0))
    with pytest.raises(Refused) as refused:
        guides.change(guide, columns={}, materials=wrong, actor=bureau.actor("administrator"), at=MONDAY)
    assert refused.value.field == "materials"
    assert kept(guide) == before
    folder = f"guides/{guide.pk}"
    assert not default_storage.exists(folder) or default_storage.listdir(folder)[1] == []


# Items ------------------------------------------------------------------------------------------------------


def found(actor: Actor, **more: Any) -> ServiceItem:
    given: dict[str, Any] = {
        "code": "lamps",
        "name": "景观灯设置",
        "name_en": "Landscape lighting",
        "implementation_code": f"{BUREAU_CODE}4000117099999",
        "unit": more.pop("unit"),
    }
    return guides.found_item(**{**given, **more}, actor=actor, at=MONDAY)


def test_an_administrator_founds_and_changes_items(bureau: Bureau) -> None:
    item = found(bureau.actor("administrator"), unit=bureau.units["bureau"])
    guides.change_item(
        item, name="景观照明设置", active=False, actor=bureau.actor("administrator"), at=MONDAY
    )
    item.refresh_from_db()
    assert (item.name, item.active) == ("景观照明设置", False)
    assert list(Event.objects.of(item.subject).values_list("verb", flat=True)) == [
        "item_founded",
        "item_changed",
    ]


@pytest.mark.parametrize("who", ["office_head", "chief", "clerk", "supervisor"])
def test_nobody_else_does(bureau: Bureau, who: str) -> None:
    with pytest.raises(NotAllowed):
        found(bureau.actor(who), unit=bureau.units["bureau"])
    with pytest.raises(NotAllowed):
        guides.change_item(ServiceItem.objects.get(code=ITEM), name="x", actor=bureau.actor(who), at=MONDAY)


@pytest.mark.parametrize(
    "change", [{"code": "other"}, {"implementation_code": f"{BUREAU_CODE}4000117000009"}]
)
def test_the_codes_of_an_item_stay(bureau: Bureau, change: dict[str, str]) -> None:
    with pytest.raises(Refused):
        guides.change_item(
            ServiceItem.objects.get(code=ITEM), actor=bureau.actor("administrator"), at=MONDAY, **change
        )


def test_an_item_is_for_somebody(bureau: Bureau) -> None:
    with pytest.raises(Refused) as refused:
        found(bureau.actor("administrator"), unit=bureau.units["bureau"], for_persons=False, for_bodies=False)
    assert refused.value.field == "for_persons"
    with pytest.raises(IntegrityError, match="an_item_is_for_somebody"), transaction.atomic():
        ServiceItem.objects.filter(code=ITEM).update(for_persons=False, for_bodies=False)


def test_an_implementation_code_is_there_once(bureau: Bureau) -> None:
    taken = ServiceItem.objects.get(code=ITEM).implementation_code
    with pytest.raises(ValidationError):
        found(bureau.actor("administrator"), unit=bureau.units["bureau"], implementation_code=taken)


@pytest.mark.parametrize(
    "code",
    [
        f"{BUREAU_CODE}4000117010000",
        f"{BUREAU_CODE}1000117010000",
        f"{BUREAU_CODE}5999999999999",
    ],
)
def test_implementation_codes(code: str) -> None:
    validate_implementation_code(code)


@pytest.mark.parametrize(
    "code",
    [
        "",
        BUREAU_CODE,
        f"{BUREAU_CODE}400011701000",  # one figure less
        f"{BUREAU_CODE}40001170100000",  # one more
        f"{BUREAU_CODE}0000117010000",  # no such level
        f"{BUREAU_CODE}6000117010000",
        f"{BUREAU_CODE}400011701000X",
        f"{BUREAU_CODE[:-1]}A4000117010000",  # its check character does not fit
        f"{BUREAU_CODE.lower()}4000117010000",
        f" {BUREAU_CODE}400011701000",
    ],
)
def test_what_is_no_implementation_code(code: str) -> None:
    with pytest.raises(ValidationError):
        validate_implementation_code(code)


# What a version changes -------------------------------------------------------------------------------------


def compared(bureau: Bureau, **more: Any) -> dict[str, tuple[str, str]]:
    new = ItemGuide.objects.for_public().get(pk=draft(bureau, **more).pk)
    old = ItemGuide.objects.for_public().get(item__code=ITEM, state="published")
    return {each.name: (each.old, each.new) for each in differences(old, new)}


def test_what_is_the_same_is_no_difference(bureau: Bureau) -> None:
    assert compared(bureau) == {}


def test_differences_are_said_field_by_field(bureau: Bureau) -> None:
    materials = (
        MATERIALS[1],
        Brought(name="申请表", originals=2, note="加盖公章"),
        Brought(name="身份证明", originals=0, copies=1, required=False),
    )
    with translation.override("en"):
        found = compared(
            bureau,
            promised_days=5,
            fee="每件10元",
            validity_months=None,
            steps={"preliminary": 2, "sign_off": 2},
            materials=materials,
        )
    assert found == {
        "Promised limit": ("7", "5"),
        "Fee": ("不收费", "每件10元"),
        "Valid for months": ("12", ""),
        "Step: joint site survey": ("3 working days", ""),
        "Step: office head's review": ("1 working day", ""),
        "Step: chief representative's sign-off": ("1 working day", "2 working days"),
        "Material: 申请表": ("1 original\nalways\n加盖公章", "2 originals\nalways\n加盖公章"),
        "Material: 身份证明": ("", "1 copy\nwhere it applies"),
        "Material: 授权委托书": ("1 original\nwhere it applies", ""),
    }


def test_another_file_and_another_order_are_differences(bureau: Bureau) -> None:
    publish(draft(bureau, materials=with_files()), bureau)
    changed = (Brought(name="申请表", blank_form=SAMPLE, filled_sample=SAMPLE), Brought(name="平面图"))
    found = compared(bureau, materials=changed[::-1])
    assert len(found) == 2
    same = ItemGuide.objects.get(item__code=ITEM, state="draft")
    guides.change(same, columns={}, materials=with_files(), actor=bureau.actor("administrator"), at=MONDAY)
    old = ItemGuide.objects.for_public().get(item__code=ITEM, state="published")
    assert differences(old, ItemGuide.objects.for_public().get(pk=same.pk)) == []
