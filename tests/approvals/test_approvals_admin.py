"""The administrators' pages of the window write through the verbs alone, and show no applicant."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import models
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from approvals import guides
from approvals.guide_parts import Brought
from approvals.models import ApprovalCase, BadRating, Incoming, ItemGuide, Material, Permit, ServiceItem
from portal.ledger.models import Event
from portal.organisation.actions import hire
from portal.organisation.actors import SYSTEM, Role
from tests.approvals.browsers import browser
from tests.approvals.public import PDF, PROGRAM, looked_at, next_guide, next_version
from tests.approvals.window import BUREAU_CODE, MATERIALS, bad_rating_in, case_in, guide_of, incoming_in
from tests.bureau import FOUNDED, PEOPLE, Bureau

pytestmark = pytest.mark.usefixtures("plain_papers")
ADD = reverse("admin:approvals_itemguide_add")


@pytest.fixture
def bureau(window: Bureau) -> Bureau:
    return window


@pytest.fixture
def administrator(bureau: Bureau) -> Client:
    return browser(bureau, "administrator")


def verbs(item: str = "all") -> list[str]:
    return list(Event.objects.of(f"item:{item}").values_list("verb", flat=True))


def pdf(data: bytes = PDF, name: str = "申请表.pdf") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data, content_type="application/pdf")


def change(guide: ItemGuide) -> str:
    return reverse("admin:approvals_itemguide_change", args=[guide.pk])


def as_sent(answer: Any) -> dict[str, Any]:
    """What a browser sends of the page, when nothing is touched and no file is chosen."""
    formsets = [each.formset for each in answer.context["inline_admin_formsets"]]
    found = [answer.context["adminform"].form]
    found += [form for each in formsets for form in (each.management_form, *each.forms)]
    sent: dict[str, Any] = {}
    for form in found:
        for bound in form:
            value = bound.value()
            if value is None or value is False or isinstance(value, models.fields.files.FieldFile):
                continue
            sent[bound.html_name] = "on" if value is True else value
    return sent


def errors(answer: Any) -> dict[str, list[str]]:
    """The errors of the page by the names of their fields."""
    found = dict(answer.context["adminform"].form.errors)
    for each in answer.context["inline_admin_formsets"]:
        for form in each.formset.forms:
            found |= {form.add_prefix(name): list(said) for name, said in form.errors.items()}
    return {name: [str(one) for one in said] for name, said in found.items()}


def rows(guide: ItemGuide) -> list[tuple[str, int, int, bool]]:
    return [(each.name, each.originals, each.copies, each.required) for each in guide.materials.all()]


AS_WRITTEN = [("申请表", 1, 0, True), ("现场平面图", 0, 1, True), ("授权委托书", 1, 0, False)]


# Items ------------------------------------------------------------------------------------------------------


def item_form(bureau: Bureau, **more: Any) -> dict[str, Any]:
    return {
        "code": "lamps",
        "implementation_code": f"{BUREAU_CODE}4000117099999",
        "name": "景观灯设置",
        "name_en": "Landscape lighting",
        "unit": bureau.units["bureau"].pk,
        "for_persons": "on",
        "position": 9,
        **more,
    }


def test_an_item_is_founded_by_its_verb(administrator: Client, bureau: Bureau) -> None:
    done = administrator.post(reverse("admin:approvals_serviceitem_add"), item_form(bureau))
    assert done.status_code == 302, errors(done)
    made = ServiceItem.objects.get(code="lamps")
    assert (made.for_persons, made.for_bodies, made.active) == (True, False, True)
    assert verbs("lamps") == ["item_founded"]


def test_an_item_is_renamed_and_keeps_its_codes(administrator: Client, bureau: Bureau) -> None:
    item = ServiceItem.objects.get(code="all")
    url = reverse("admin:approvals_serviceitem_change", args=[item.pk])
    given = item_form(bureau, name="临时占用绿地", for_bodies="on")
    assert administrator.post(url, given).status_code == 302
    item.refresh_from_db()
    assert (item.code, item.name, item.active) == ("all", "临时占用绿地", False)
    assert item.implementation_code.endswith("00001")
    assert verbs()[-1] == "item_changed"


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"implementation_code": f"{BUREAU_CODE}9000117099999"}, "implementation_code"),
        ({"implementation_code": "x"}, "implementation_code"),
        ({"code": "all"}, "code"),
        ({"name": ""}, "name"),
        ({"for_persons": ""}, "for_persons"),
    ],
)
def test_what_is_wrong_with_an_item_is_said_at_its_field(
    administrator: Client, bureau: Bureau, given: dict[str, str], field: str
) -> None:
    refused = administrator.post(reverse("admin:approvals_serviceitem_add"), item_form(bureau, **given))
    assert refused.status_code == 200
    assert list(errors(refused)) == [field]
    assert 'value="Landscape lighting"' in refused.content.decode()
    assert ServiceItem.objects.count() == 4


def test_nothing_is_deleted(administrator: Client) -> None:
    guide = guide_of("all")
    for name, pk in (("serviceitem", guide.item_id), ("itemguide", guide.pk)):
        assert administrator.post(reverse(f"admin:approvals_{name}_delete", args=[pk])).status_code == 403


# The next version of a guide --------------------------------------------------------------------------------


def test_whose_guide_is_asked_first(administrator: Client) -> None:
    text = administrator.get(ADD).content.decode()
    for code in ("all", "joint", "short", "direct"):
        assert f"{ADD}?item={code}" in text
    assert administrator.get(f"{ADD}?item=nowhere").status_code == 404


def test_the_next_version_begins_with_the_last(administrator: Client) -> None:
    address = f"{ADD}?item=all"
    sent = as_sent(administrator.get(address))
    done = administrator.post(address, sent | {"promised_days": 9, "step_survey": "", "fee": "每件10元"})
    assert done.status_code == 302, errors(done)
    first, made = guide_of("all"), ItemGuide.objects.get(item__code="all", state="draft")
    assert (made.number, made.promised_days, made.fee, made.basis) == (2, 9, "每件10元", first.basis)
    assert made.days_by_step == {"preliminary": 2, "review": 1, "sign_off": 1}
    assert rows(made) == rows(first) == AS_WRITTEN
    assert made.writers == [int(administrator.session["_auth_user_id"])]
    assert verbs()[-1] == "guide_write"


def test_the_next_version_keeps_the_files_of_the_last(administrator: Client, bureau: Bureau) -> None:
    form = looked_at("申请表.pdf", PDF)
    last = next_version(
        "all", bureau, Brought(name="申请表", blank_form=form, filled_sample=form), MATERIALS[1]
    )
    address = f"{ADD}?item=all"
    page = administrator.get(address)
    file = reverse("approvals:guide_file", args=["all", last.materials.all()[0].pk, "blank"])
    assert f'href="{file}"' in page.content.decode()
    sent = as_sent(page)
    other = pdf(PDF + b"\n")
    done = administrator.post(address, sent | {"materials-0-blank_file": other, "materials-1-place": "1"})
    assert done.status_code == 302, errors(done)
    made = ItemGuide.objects.get(item__code="all", state="draft")
    assert [each.name for each in made.materials.all()] == ["申请表", "现场平面图"]
    kept, before = made.materials.all()[0], last.materials.all()[0]
    assert kept.filled_sample.name == before.filled_sample.name
    assert kept.blank_form.name != before.blank_form.name
    with default_storage.open(kept.blank_form.name) as opened:
        assert opened.read() == PDF + b"\n"


def test_a_first_version_is_written_from_nothing(administrator: Client, bureau: Bureau) -> None:
    administrator.post(reverse("admin:approvals_serviceitem_add"), item_form(bureau))
    address = f"{ADD}?item=lamps"
    first = as_sent(administrator.get(f"{ADD}?item=all"))
    given = {name: value for name, value in first.items() if not name.startswith("materials-")}
    given |= {
        "materials-TOTAL_FORMS": "2",
        "materials-INITIAL_FORMS": "0",
        "materials-0-name": "申请表",
        "materials-0-originals": "1",
        "materials-0-copies": "0",
        "materials-0-required": "on",
        "materials-0-blank_file": pdf(),
        # As a browser sends a row that nobody touched.
        "materials-1-originals": "1",
        "materials-1-copies": "0",
        "materials-1-required": "on",
    }
    done = administrator.post(address, given)
    assert done.status_code == 302, errors(done)
    made = ItemGuide.objects.get(item__code="lamps")
    assert (made.number, made.state) == (1, "draft")
    assert rows(made) == [("申请表", 1, 0, True)]
    assert verbs("lamps") == ["item_founded", "guide_write"]


def test_a_version_that_is_under_way_is_opened_instead(administrator: Client, bureau: Bureau) -> None:
    draft = next_guide("all", bureau, *MATERIALS)
    address = f"{ADD}?item=all"
    assert administrator.get(address).url == change(draft)
    sent = as_sent(administrator.get(f"{ADD}?item=short"))
    refused = administrator.post(address, sent)
    assert refused.status_code == 200
    assert "__all__" in errors(refused)
    assert ItemGuide.objects.filter(item__code="all").count() == 2


# A draft ----------------------------------------------------------------------------------------------------


@pytest.fixture
def draft(bureau: Bureau) -> ItemGuide:
    form = looked_at("申请表.pdf", PDF)
    return next_guide("all", bureau, Brought(name="申请表", blank_form=form), *MATERIALS[1:])


def test_a_draft_is_changed_whole(administrator: Client, draft: ItemGuide) -> None:
    sent = as_sent(administrator.get(change(draft)))
    blank = draft.materials.all()[0].blank_form.name
    # The second and the third change places, the third gets a file, a fourth comes.
    sent |= {
        "fee": "每件10元",
        "step_survey": "2",
        "materials-1-place": "3",
        "materials-2-place": "2",
        "materials-2-sample_file": pdf(PDF + b"\n", "示范.pdf"),
        "materials-3-name": "身份证明",
        "materials-3-originals": "0",
        "materials-3-copies": "1",
        "materials-3-required": "on",
    }
    done = administrator.post(change(draft), sent)
    assert done.status_code == 302, errors(done)
    draft.refresh_from_db()
    assert (draft.fee, draft.version) == ("每件10元", 2)
    changed = ItemGuide.objects.get(pk=draft.pk)
    assert changed.days_by_step["survey"] == 2
    assert rows(changed) == [AS_WRITTEN[0], AS_WRITTEN[2], AS_WRITTEN[1], ("身份证明", 0, 1, True)]
    materials = list(changed.materials.all())
    assert materials[0].blank_form.name == blank
    assert materials[1].filled_sample
    assert verbs()[-1] == "guide_change"


def test_a_material_and_a_file_are_taken_away(administrator: Client, draft: ItemGuide) -> None:
    sent = as_sent(administrator.get(change(draft)))
    sent |= {"materials-0-blank_file-clear": "on", "materials-1-DELETE": "on"}
    assert administrator.post(change(draft), sent).status_code == 302
    assert rows(draft) == [AS_WRITTEN[0], AS_WRITTEN[2]]
    assert not draft.materials.all()[0].blank_form


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"promised_days": "21"}, "promised_days"),
        ({"statutory_days": "25"}, "statutory_days"),
        ({"extend_at_most": "12"}, "extend_at_most"),
        ({"basis": ""}, "basis"),
        ({"phone": "nobody"}, "phone"),
        ({"step_sign_off": ""}, "step_sign_off"),
        ({"materials-0-name": ""}, "materials-0-name"),
        ({"materials-1-copies": "0"}, "materials-1-originals"),
        ({"materials-0-originals": "99"}, "materials-0-originals"),
        ({"materials-2-sample_file": SimpleUploadedFile("a.pdf", PROGRAM)}, "materials-2-sample_file"),
        ({"materials-2-sample_file": SimpleUploadedFile("a.pdf", b"")}, "materials-2-sample_file"),
    ],
)
def test_a_refusal_is_said_at_its_field_and_nothing_is_half_written(
    administrator: Client, draft: ItemGuide, given: dict[str, Any], field: str
) -> None:
    sent = as_sent(administrator.get(change(draft)))
    before = (ItemGuide.objects.filter(pk=draft.pk).values().get(), list(Material.objects.values()), verbs())
    folder = default_storage.listdir(f"guides/{draft.pk}")
    changed = {"fee": "每件10元", "materials-1-blank_file": pdf(PDF + b"\n\n"), **given}
    refused = administrator.post(change(draft), sent | changed)
    assert refused.status_code == 200
    assert list(errors(refused)) == [field]
    assert "每件10元" in refused.content.decode()
    after = (ItemGuide.objects.filter(pk=draft.pk).values().get(), list(Material.objects.values()), verbs())
    assert after == before
    assert default_storage.listdir(f"guides/{draft.pk}") == folder


def test_what_was_refused_can_be_sent_once_more_with_its_files(
    administrator: Client, draft: ItemGuide
) -> None:
    sent = as_sent(administrator.get(change(draft)))
    refused = administrator.post(change(draft), sent | {"promised_days": "21", "fee": "每件10元"})
    again = as_sent(refused) | {"promised_days": "8"}
    assert administrator.post(change(draft), again).status_code == 302
    draft.refresh_from_db()
    assert (draft.fee, draft.promised_days) == ("每件10元", 8)
    assert draft.materials.all()[0].blank_form


def test_nobody_overwrites_another(administrator: Client, draft: ItemGuide, bureau: Bureau) -> None:
    sent = as_sent(administrator.get(change(draft)))
    other = hire(
        username="administrator2",
        name="典样例",
        roles=[Role.ADMINISTRATOR],
        unit=bureau.units["bureau"],
        encoded_password="!",
        actor=SYSTEM,
        at=FOUNDED,
    ).actor()
    guides.change(draft, columns={"fee": "每件20元"}, actor=other, at=timezone.now())
    refused = administrator.post(change(draft), sent | {"fee": "每件10元"})
    assert refused.status_code == 200
    assert "__all__" in errors(refused)
    assert "每件10元" in refused.content.decode()
    draft.refresh_from_db()
    assert draft.fee == "每件20元"


def test_files_of_another_item_are_not_kept(administrator: Client, bureau: Bureau) -> None:
    form = looked_at("申请表.pdf", PDF)
    strange = next_guide("short", bureau, Brought(name="别的申请表", blank_form=form)).materials.get()
    address = f"{ADD}?item=all"
    sent = as_sent(administrator.get(address)) | {"materials-0-keeps": strange.pk}
    refused = administrator.post(address, sent)
    assert refused.status_code == 200
    assert errors(refused)
    assert not ItemGuide.objects.filter(item__code="all", state="draft").exists()


@pytest.mark.parametrize("state", ["reviewed", "published", "replaced"])
def test_from_the_review_on_it_is_there_to_look_at(
    administrator: Client, bureau: Bureau, draft: ItemGuide, state: str
) -> None:
    entered = {"reviewer": "法制科", "review_number": "法审〔2026〕9号", "note": "合法。"}
    if state != "replaced":
        guides.take(draft, "record_review", actor=bureau.actor("chief"), at=timezone.now(), **entered)
    if state == "published":
        guides.take(draft, "publish", actor=bureau.actor("chief"), at=timezone.now())
    if state == "replaced":
        first = guide_of("all")
        guides.take(draft, "record_review", actor=bureau.actor("chief"), at=timezone.now(), **entered)
        guides.take(draft, "publish", actor=bureau.actor("chief"), at=timezone.now())
        draft = first
    shown = administrator.get(change(draft))
    assert shown.status_code == 200
    text = shown.content.decode()
    assert "申请表" in text
    assert 'name="_save"' not in text
    assert administrator.post(change(draft), {"fee": "每件10元"}).status_code == 403


def test_the_number_of_queries_does_not_grow_with_the_versions(
    administrator: Client, bureau: Bureau, django_assert_max_num_queries: Any
) -> None:
    for _each in range(3):
        next_version("all", bureau, *MATERIALS)
    address = reverse("admin:approvals_itemguide_changelist")
    administrator.get(address)
    with django_assert_max_num_queries(12):
        assert administrator.get(address).status_code == 200


# To look at -------------------------------------------------------------------------------------------------

PRIVATE = ("测试市民", "19900000001", "330802199003071239", "因管道施工", "等得太久")


def made(bureau: Bureau, model: type[Any]) -> Any:
    at = timezone.now()
    if model is Permit:
        return Permit.objects.get(case=case_in("closed", bureau, at=at))
    if model is BadRating:
        return bad_rating_in("closed", bureau, at=at)
    if model is Incoming:
        return incoming_in("closed", bureau, form="request", at=at)
    return case_in("closed:rated", bureau, at=at)


@pytest.mark.parametrize("model", [ApprovalCase, Incoming, BadRating, Permit])
def test_what_runs_is_there_to_look_at_without_the_applicant(
    administrator: Client, bureau: Bureau, model: type[Any]
) -> None:
    row, name = made(bureau, model), model._meta.model_name
    listed = administrator.get(reverse(f"admin:approvals_{name}_changelist"))
    shown = administrator.get(reverse(f"admin:approvals_{name}_change", args=[row.pk]))
    code = getattr(row, "lookup_code", None)
    for page in (listed, shown):
        assert page.status_code == 200
        assert not [each for each in (*PRIVATE, *filter(None, [code])) if each in page.content.decode()]
    address = reverse(f"admin:approvals_{name}_change", args=[row.pk])
    assert administrator.post(address, {}).status_code == 403
    assert administrator.post(reverse(f"admin:approvals_{name}_delete", args=[row.pk])).status_code == 403
    assert administrator.get(reverse(f"admin:approvals_{name}_add")).status_code == 403


@pytest.mark.parametrize("who", ["nobody", *(each for each in PEOPLE if each != "administrator")])
def test_nobody_else_gets_in(bureau: Bureau, draft: ItemGuide, who: str) -> None:
    client = browser(bureau, who)
    for name in ("serviceitem", "itemguide", "approvalcase", "incoming", "badrating", "permit"):
        assert client.get(reverse(f"admin:approvals_{name}_changelist")).status_code == 302
    assert client.get(change(draft)).status_code == 302
    assert client.post(ADD + "?item=all", {"fee": "0"}).status_code == 302
