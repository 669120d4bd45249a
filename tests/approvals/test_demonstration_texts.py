"""The made-up bureau's items: facts in order, numbers valid, nothing left unfilled."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import astuple, fields
from datetime import date
from random import Random

import pytest

from approvals import demonstration_texts as texts
from portal.cases.phones import is_phone
from portal.organisation.demonstration import UNITS

ITEMS = texts.items()
CODES = [item.code for item in ITEMS]
RAW = {raw["code"]: raw for raw in texts.texts()["items"]}
UNIT_CODES = {code for code, *_rest in UNITS}
SLOTS = {"place", "project", "subject", "size", "bays"}
# What every made-up name has in it: an example of, a sample of.
MADE_UP = re.compile(r"样例|示例")
FORBIDDEN = re.compile(r"TODO|XX|某某|待定")


def strings(value: object) -> list[str]:
    """Every string inside a value, however deep."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for each in value.values() for text in strings(each)]
    if isinstance(value, list | tuple | set):
        return [text for each in value for text in strings(each)]
    return []


WRITTEN = strings(texts.texts())


def is_id_number(number: str) -> bool:
    """GB 11643 by ISO 7064 MOD 11-2: 2 to the power of its position, X for ten; and the day exists."""
    digits = [10 if figure == "X" else int(figure) for figure in number]
    date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    total = sum(digit * pow(2, 17 - position) for position, digit in enumerate(digits))
    return re.fullmatch(r"\d{17}[\dX]", number) is not None and total % 11 == 1


def is_credit_code(code: str) -> bool:
    """GB 32100 by ISO 7064: the weights are the powers of 3 modulo 31; all of it adds up to nothing."""
    values = ["0123456789ABCDEFGHJKLMNPQRTUWXY".index(character) for character in code]
    total = sum(value * pow(3, position, 31) for position, value in enumerate(values[:17]))
    return len(code) == 18 and (total + values[17]) % 31 == 0


def is_organisation_code(code: str) -> bool:
    """GB 11714: the nine characters inside a credit code."""
    weights = (3, 7, 9, 10, 5, 8, 4, 2, 1)
    last = 10 if code[8] == "X" else int(code[8])
    values = [*(int(character, 36) for character in code[:8]), last]
    return sum(weight * value for weight, value in zip(weights, values, strict=True)) % 11 == 0


def test_the_independent_arithmetic_knows_numbers_from_outside():
    # Published examples: GB 11643's own, GB 32100's form, and a mistyped one each.
    assert is_id_number("11010519491231002X")
    assert not is_id_number("110105194912310021")
    assert is_credit_code("91350100M000100Y43")
    assert not is_credit_code("91350100M000100Y44")


# The items -------------------------------------------------------------------------------------------------


def test_there_are_thirteen_different_items_with_well_formed_codes():
    assert len(ITEMS) == len(set(CODES)) == 13
    for field in ("name", "name_en", "short", "basic_code"):
        assert len({getattr(item, field) for item in ITEMS}) == 13, field
    for item in ITEMS:
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", item.code)
        assert re.fullmatch(r"\d{12}", item.basic_code)
        assert 4 <= len(item.short) <= 8
        assert item.for_persons or item.for_bodies
        assert texts.item(item.code) is item


@pytest.mark.parametrize("item", ITEMS, ids=CODES)
def test_limits_are_within_each_other(item):
    days = [days for _step, days in item.steps]
    assert all(each >= 1 for each in days)
    assert sum(days) <= item.promised_days <= item.statutory_days <= 20
    assert 1 <= item.promised_days <= 10
    assert [step for step, _days in item.steps] == [step for step in texts.STEPS if item.has(step)]
    assert set(RAW[item.code]["steps"]) <= set(texts.STEPS)
    assert item.has("sign_off")


def test_items_differ_in_their_steps_and_in_what_they_end_with():
    assert sum(not item.has("survey") for item in ITEMS) >= 3
    assert sum(not item.has("preliminary") for item in ITEMS) >= 1
    assert sum(not item.has("review") for item in ITEMS) >= 2
    assert sum(item.certificate == "" for item in ITEMS) in (2, 3)
    assert sum(item.joint for item in ITEMS) in (1, 2)
    assert sum(item.validity_months is None for item in ITEMS) >= 1
    assert sum(not item.for_persons for item in ITEMS) >= 2


@pytest.mark.parametrize("item", ITEMS, ids=CODES)
def test_a_guide_is_whole_and_fits_its_fields(item):
    assert item.unit in UNIT_CODES
    assert all(line.startswith("《") for line in item.basis.split("\n"))
    assert all(line.strip() == line and line for line in item.basis.split("\n") + item.conditions.split("\n"))
    assert (item.fee == "不收费") == (item.fee_basis == "")
    assert item.fee != "不收费" or item.fee_exemptions == ""
    longest = {"name": 80, "name_en": 120, "basis": 4000, "conditions": 4000, "fee": 1000, "hours": 200}
    for field, most in {**longest, "certificate": 60}.items():
        assert len(getattr(item, field)) <= most, field
    assert item.validity_months is None or item.validity_months >= 1


@pytest.mark.parametrize("item", ITEMS, ids=CODES)
def test_materials_are_few_named_once_and_one_is_a_form(item):
    assert 3 <= len(item.materials) <= 7
    assert len({material.name for material in item.materials}) == len(item.materials)
    assert any(material.form for material in item.materials)
    assert sum(bool(material.problems) for material in item.materials) >= 3
    assert item.materials[0].required
    for material in item.materials:
        assert material.originals + material.copies >= 1
        assert len(material.name) <= 120
        assert len(material.note) <= 200
        assert all(0 < len(problem) <= 200 for problem in material.problems)
        assert not material.form or 6 <= len(material.form) <= 14
        assert len({label for label, _value in material.form}) == len(material.form)
        assert all(label.strip() and value.strip() for label, value in material.form)


def test_what_an_article_is_cited_for_is_read_from_its_law():
    """The articles that are cited, by hand from the laws' texts: a new one is to be looked up first."""
    known = {
        "城市市容和环境卫生管理条例": {"十一", "十四", "十七", "二十二"},
        "中华人民共和国广告法": {"四十一", "四十二"},
        "城市道路管理条例": {
            *("二十八", "三十", "三十一", "三十三", "三十五", "三十六", "三十七"),
        },
        "中华人民共和国道路交通安全法": {"三十三", "四十八"},
        "中华人民共和国固体废物污染环境防治法": {"五十三", "五十五", "六十二", "六十三"},
        "城市生活垃圾管理办法": {"十七", "二十五"},
        "城市绿化条例": {"十一", "十九", "二十", "二十四"},
        "城镇排水与污水处理条例": {"二十", "二十一", "二十二"},
    }
    cited = re.compile(r"《([^》]+)》((?:[、至]?第[一二三四五六七八九十]+条)+)")
    found = [match for text in WRITTEN for match in cited.findall(text)]
    assert len(found) > 30
    for law, articles in found:
        assert set(re.findall(r"第([一二三四五六七八九十]+)条", articles)) <= known[law], law


# What is written -------------------------------------------------------------------------------------------


def test_every_choice_is_balanced_and_every_slot_known():
    for text in WRITTEN:
        without = re.sub(r"\[[^\[\]|]+(\|[^\[\]|]+)+\]", "", text)
        assert not re.search(r"[\[\]|]", without), text
        assert set(re.findall(r"\{([^{}]*)\}", text)) <= SLOTS, text
        assert text.count("{") == text.count("}")
        assert text == text.strip() or text.endswith("\n")
        assert not FORBIDDEN.search(text), text


@pytest.mark.parametrize("code", CODES)
def test_a_scene_has_enough_to_tell(code):
    item, scene = texts.item(code), RAW[code]["scene"]
    assert 8 <= len(set(scene["subjects"])) == len(scene["subjects"]) <= 12
    assert texts.is_about_a_project(code) or 8 <= len(set(scene["places"])) == len(scene["places"])
    assert 2 <= len(scene["contents"]) <= 4
    assert 3 <= len(scene["conditions"]) <= 5
    assert 4 <= len(scene["opinions"]) <= 6 if item.has("preliminary") else not scene["opinions"]
    assert 3 <= len(scene["review_opinions"]) <= 5 if item.has("review") else not scene["review_opinions"]
    assert bool(scene.get("survey")) == item.has("survey")
    written = [opinion for opinions in scene.get("survey", {}).values() for opinion in opinions.values()]
    assert not written or 4 <= len(set(written)) == len(written) <= 6
    assert 2 <= len(scene["denials"]) <= 3
    assert len(scene["extension_reasons"]) == 2
    assert all("《" in denial["basis"] for denial in scene["denials"])
    assert all("{place}" in text or "{project}" in text for text in scene["subjects"])
    assert all("{subject}" in text for text in scene["contents"])


def test_every_unit_is_known():
    units = {unit for raw in RAW.values() for unit in raw["scene"].get("survey", {})}
    units |= {raw["unit"] for kind in texts.texts()["incoming"].values() for raw in kind}
    units |= {raw["unit"] for raw in RAW.values()}
    units |= set(texts.BRIGADES.values())
    assert units <= UNIT_CODES
    for raw in RAW.values():
        for place in raw["scene"]["places"]:
            assert place[:3] in texts.BRIGADES, place


def test_every_trade_that_applies_is_known_and_every_known_one_applies():
    trades = {trade for raw in RAW.values() for trade in raw["scene"]["trades"]}
    assert trades == set(texts.texts()["applicants"]["bodies"])


def test_nobody_is_called_like_anybody():
    people = texts.texts()["applicants"]["persons"]
    bodies = [name for names in texts.texts()["applicants"]["bodies"].values() for name in names]
    assert len(people) == len(set(people)) >= 30
    assert len(bodies) == len(set(bodies)) >= 25
    assert all(re.fullmatch(r"[一-龥](样例|示例)", name) for name in people)
    assert all(
        name.startswith("云溪") and name.endswith("有限公司") and MADE_UP.search(name) for name in bodies
    )
    names = re.compile(r"人$|人及电话$|代表人$|负责人$|单位$|名称$")
    for item in ITEMS:
        for material in item.materials:
            for label, value in material.form:
                if names.search(label) and label not in (
                    "货物名称",
                    "设施名称",
                    "活动名称",
                    "工程名称",
                    "项目名称",
                ):
                    assert MADE_UP.search(value), (label, value)


def test_numbers_in_the_texts_are_valid_and_telephones_are_nobodys():
    for text in WRITTEN:
        for number in re.findall(r"(?<![0-9A-Z])[0-9A-Z]{18}(?![0-9A-Z])", text):
            assert is_id_number(number) if number[:17].isdigit() else is_credit_code(number), number
        for phone in re.findall(r"(?<!\d)1\d{10}(?!\d)", text):
            assert phone.startswith("1990001")


def test_nothing_is_written_twice():
    for field in ("subjects", "contents", "opinions"):
        counted = Counter(text for raw in RAW.values() for text in raw["scene"][field])
        assert counted.most_common(1)[0][1] == 1, counted.most_common(1)
    known = texts.texts()
    assert len(set(known["ratings"]["good"])) == 12
    assert len({raw["words"] for raw in known["ratings"]["bad"]}) == 6
    assert len({raw["subject"] for raw in known["incoming"]["documents"]}) == 12
    assert len({raw["sender"] for raw in known["incoming"]["documents"]}) == 12
    assert len({raw["subject"] for raw in known["incoming"]["requests"]}) == 12


# What is drawn ---------------------------------------------------------------------------------------------


def drawn(seed: int) -> list[object]:
    rng = Random(seed)
    said: list[object] = []
    for code in CODES:
        said += [texts.draw(rng, code), texts.draw(rng, code, denied=True), texts.applicant(rng, code)]
    said += [*texts.projects(rng, 5), texts.incoming_document(rng), texts.incoming_request(rng)]
    return [
        *said,
        texts.good_words(rng),
        texts.bad_rating(rng),
        texts.note(rng, "urges"),
        texts.elsewhere(rng),
    ]


def test_the_same_seed_says_the_same_words():
    assert drawn(7) == drawn(7)
    assert drawn(7) != drawn(8)


@pytest.mark.parametrize("code", CODES)
def test_a_scene_leaves_no_slot_open_and_fits_the_steps_of_its_item(code):
    rng, item = Random(2), texts.item(code)
    names = {material.name for material in item.materials}
    for n in range(200):
        scene = texts.draw(rng, code, denied=n % 4 == 0)
        assert {field.name for field in fields(scene)} >= {"item", "subject", "place"}
        assert not [text for text in strings(astuple(scene)) if re.search(r"[{}\[\]|]", text)]
        assert scene.place.startswith("云溪市")
        assert len(scene.subject) <= 100
        assert max(len(scene.content), len(scene.denial_facts), len(scene.opinion)) <= 1000
        assert bool(scene.opinion) == item.has("preliminary")
        assert bool(scene.survey) == item.has("survey")
        assert bool(scene.review_opinion) == item.has("review")
        assert tuple(opinion.unit for opinion in scene.survey) == texts.survey_units(code, scene.district)
        assert {opinion.unit for opinion in scene.survey} <= UNIT_CODES - {"enforcement"}
        assert len({opinion.unit for opinion in scene.survey}) == len(scene.survey)
        assert {name for name, _problem in scene.problems} <= names
        assert 1 <= len(scene.problems) == len(dict(scene.problems)) <= 3
        denied = scene.outcome == "denied"
        assert bool(scene.content) == bool(scene.conditions) != denied
        assert bool(scene.denial_facts) == bool(scene.denial_basis) == denied
        assert {opinion.verdict == "disagree" for opinion in scene.survey} <= {denied}
        assert scene.recommendation == ("deny" if denied and not scene.survey else "grant")
        assert denied or scene.subject in scene.content


@pytest.mark.parametrize("code", CODES)
def test_thirty_applications_of_an_item_are_thirty_subjects(code):
    rng, told = Random(3), set()
    assert len({texts.draw(rng, code, told=told).subject for _ in range(30)}) == 30
    assert len(told) == 30


def test_when_nothing_new_is_left_it_is_said():
    rng, told = Random(3), set()
    for _ in range(texts.ATTEMPTS):
        told.add(texts.draw(rng, "banners", denied=True).subject)
    with pytest.raises(ValueError, match="Nothing is left"):
        texts.draw(rng, "banners", denied=True, told=told)


def test_a_hundred_and_seven_projects_differ_in_name_and_place():
    projects = texts.projects(Random(4), 107)
    assert len({project.name for project in projects}) == len({project.place for project in projects}) == 107
    known = texts.texts()["projects"]
    assert sum(len(known[use]) for use in ("homes", "mixed", "commerce")) >= 20
    for project in projects:
        assert not re.search(r"[{}\[\]|]", project.name)
        # No rounding comes in: half the households and a hundredth of the floor are whole.
        assert project.bays * 100 == project.households * 50 + project.commercial
        assert project.bays >= 1


def test_an_application_for_a_project_names_it_and_its_bays():
    rng = Random(5)
    project = texts.projects(rng, 1)[0]
    scene = texts.draw(rng, "plan-review", project=project)
    assert (scene.project, scene.place) == (project, project.place)
    assert project.name in scene.subject
    assert f"{project.bays}个" in scene.content
    assert [code for code in CODES if texts.is_about_a_project(code)] == ["plan-review"]


@pytest.mark.parametrize("item", ITEMS, ids=CODES)
def test_applicants_may_apply_and_have_valid_numbers(item):
    rng = Random(6)
    applicants = [texts.applicant(rng, item.code) for _ in range(60)]
    kinds = {applicant.kind for applicant in applicants}
    assert ("person" in kinds, "body" in kinds) == (item.for_persons, item.for_bodies)
    for applicant in applicants:
        person = applicant.kind == "person"
        assert is_id_number(applicant.number) if person else is_credit_code(applicant.number)
        assert person or is_organisation_code(applicant.number[8:17])
        assert person == (applicant.representative == "")
        assert is_phone(applicant.phone)
        assert applicant.phone.startswith(("1990001", "1990002"))
        assert re.fullmatch(r"云溪市(东溪|西岭|南湖)区\D+\d+号", applicant.address)


def test_a_body_is_the_same_every_time_and_no_two_share_a_number():
    rng = Random(7)
    bodies = {texts.applicant(rng, code, kind="body") for code in CODES for _ in range(60)}
    assert len(bodies) == len({body.name for body in bodies}) == len({body.number for body in bodies}) == 30


def test_identity_numbers_are_valid_and_given_to_nobody():
    rng = Random(8)
    for _ in range(500):
        number = texts.id_number(rng)
        assert is_id_number(number)
        assert (number[:6], number[14:17]) == ("330802", "000")


def test_every_credit_code_is_valid():
    codes = [texts.credit_code(serial) for serial in range(0, 10_000, 7)]
    assert all(is_credit_code(code) and is_organisation_code(code[8:17]) for code in codes)
    assert len(set(codes)) == len(codes)
    with pytest.raises(ValueError, match="no body"):
        texts.credit_code(10_000)


def test_what_comes_in_is_answered_by_a_unit():
    rng = Random(9)
    for _ in range(100):
        document, request = texts.incoming_document(rng), texts.incoming_request(rng)
        assert (document.kind, request.kind, document.same_day) == ("document", "request", False)
        for incoming in (document, request):
            assert incoming.unit in UNIT_CODES
            assert all((incoming.subject, incoming.reply, incoming.sender))
            assert not re.search(r"[{}\[\]|]", incoming.subject + incoming.reply)
    requests = texts.texts()["incoming"]["requests"]
    assert {raw["same_day"] for raw in requests} == {True, False}


def test_a_special_procedure_is_one_of_the_law():
    rng = Random(10)
    kinds = {texts.special_procedure(rng)[0] for _ in range(50)}
    assert kinds <= {
        *(
            "hearing",
            "tender",
            "auction",
            "inspection",
            "testing",
            "quarantine",
            "appraisal",
            "expert_review",
        ),
    }
