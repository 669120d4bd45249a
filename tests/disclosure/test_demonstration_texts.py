"""The words of the demonstration's catalogue and requests: whole, fitting each other, and nobody's."""

from __future__ import annotations

import io
import re
from collections import Counter
from datetime import UTC, date, datetime

import pytest
from PIL import Image

from disclosure import demonstration_arranging, demonstration_asked, demonstration_files, personal
from disclosure import demonstration_texts as made
from disclosure.demonstration_people import credit_code, id_number, number_of
from disclosure.demonstration_powers import powers
from disclosure.demonstration_publishing import ENDED
from disclosure.demonstration_steps import FORMS
from disclosure.models.catalogue import Category, Theme
from disclosure.models.requests import ApplicantKind, InformationRequest
from disclosure.rules import publication, request
from disclosure.rules.replies import AGENCY, EARLIER, GROUNDS, REPLIES, WITHHELD
from disclosure.rules.request_terms import CHANNELS, NOTIFY_DAYS, REPLY_DAYS
from disclosure.synthetic_words import kinds, themes
from portal.cases.identity import check_credit_code, check_id_number
from portal.cases.phones import is_phone
from portal.organisation.demonstration import UNITS

ARRANGED, TEXTS, ASKED = demonstration_arranging.texts(), made.texts(), demonstration_asked.texts()
BRANCHES = {each["code"]: each for each in (*ARRANGED["topics"], *ARRANGED["branches"])}
THEMES = {each["code"]: each for each in ARRANGED["themes"]}
PHONES = {phone for *_unit, phone in UNITS}
BY_HAND = (*TEXTS["written"], *TEXTS["alone"])
PUBLISHED = [each["publish"] for each in ASKED["requests"] if "publish" in each]
DAY = date(2026, 11, 25)
FORBIDDEN = re.compile(r"TODO|XX|某某|待定")


def strings(value: object) -> list[str]:
    """Every string inside a value, however deep."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for each in value.values() for text in strings(each)]
    if isinstance(value, list | tuple):
        return [text for each in value for text in strings(each)]
    return []


# The catalogue ----------------------------------------------------------------------------------------------


def test_each_branch_lies_below_one_that_comes_before_it():
    seen = {each["code"] for each in ARRANGED["topics"]}
    assert len(seen) == 6
    for each in ARRANGED["branches"]:
        assert each["under"] in seen
        seen.add(each["code"])
    names = [each["name"] for each in BRANCHES.values()]
    assert len(seen) == len(BRANCHES) == len(set(names))


@pytest.mark.parametrize("given", [*BRANCHES.values(), *THEMES.values()], ids=lambda each: each["name"])
def test_names_in_both_languages_fit(given):
    model = Theme if given in THEMES.values() else Category
    for field in ("code", "name", "name_en"):
        assert 0 < len(given[field]) <= model._meta.get_field(field).max_length
    assert re.fullmatch(r"[一-龥0-9（）、]+", given["name"])
    assert given["name_en"].isascii()


def test_the_countys_directory_has_fifteen_items():
    county = sorted(code for code in BRANCHES if code.startswith("county-"))
    assert county == [f"county-{number:02d}" for number in range(1, 16)]
    assert {f"power-{each.kind.value}" for each in powers()} <= set(BRANCHES)


def test_the_generators_themes_are_the_catalogues():
    assert {each["name"] for each in THEMES.values()} == set(themes())
    # A kind of text whose name is misspelt here would get no file.
    assert set(FORMS) <= set(kinds())


def test_branches_without_drawn_texts_have_written_ones():
    bare = {code for code, each in BRANCHES.items() if each.get("written")} - {"powers"}
    written = Counter(each["category"] for each in TEXTS["written"])
    for code in bare:
        assert written[code] >= 3 or code.startswith("power-")


# Publications -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("given", [*BY_HAND, *PUBLISHED], ids=lambda each: each["title"])
def test_a_text_written_by_hand_has_its_place_and_no_slot_is_left_open(given):
    assert given["category"] in BRANCHES
    assert not any(each["under"] == given["category"] for each in ARRANGED["branches"])
    assert given["theme"] in THEMES
    assert given["unit"] in {code for code, *_rest in UNITS}
    title, body = (given[name].format(**made.slots(DAY)) for name in ("title", "body"))
    assert 8 <= len(title) <= 60
    assert 60 <= len(body.strip()) <= 600
    assert not FORBIDDEN.search(title + body)
    if correct := given.get("correct"):
        assert given["body"].count(correct["right"]) == 1
        assert correct["wrong"] not in given["body"]
        assert correct["note"]


def test_only_one_text_tells_numbers_and_it_waits_as_a_draft():
    telling = [each for each in BY_HAND if personal.find(each["body"], public_numbers=PHONES)]
    assert [(each["reaches"], len(personal.find(each["body"]))) for each in telling] == [("draft", 2)]
    others = strings([TEXTS["fates"], TEXTS["ends"], TEXTS["withdrawn"], PUBLISHED])
    assert [each for each in others if personal.find(each)] == []


def test_what_is_under_way_stands_in_every_state():
    reached = Counter(each["reaches"] for each in TEXTS["alone"])
    assert set(reached) == set(publication.STATES) - {"published"} | {"sent_back"}
    # A limit of twenty working days that ends today, and one that ended yesterday.
    made_on = [each["made_on"] for each in TEXTS["alone"] if each["reaches"] in ("review", "approval")]
    assert sorted(made_on)[-2:] == [publication.PUBLISH_DAYS, publication.PUBLISH_DAYS + 1]
    for each in TEXTS["alone"]:
        assert each["made_on"] >= each["begun"]
        assert ("on" in each) == (each["reaches"] == "scheduled")


def test_what_happens_on_the_way_says_all_that_its_step_asks_for():
    for fate in TEXTS["fates"].values():
        if "third_party" in fate:
            assert fate["answer"] in publication.THIRD_PARTY_ANSWERS
            assert bool(fate.get("public_interest")) == (fate["answer"] in publication.AGAINST)
            assert re.search("样例|示例", fate["third_party"])
        assert fate.get("sent_back") or fate["note"]
        assert ("escalated" in fate) == ("determined_by" in fate)
    assert len(TEXTS["withdrawn"]["reasons"]) == len(set(TEXTS["withdrawn"]["reasons"])) == 3
    assert ENDED == 10


# Requests ---------------------------------------------------------------------------------------------------


def test_23_requests_are_closed_and_nine_under_way():
    stops = Counter("stop" in each for each in ASKED["requests"])
    assert stops == {False: 23, True: 9}
    assert {each["channel"] for each in ASKED["requests"]} == set(CHANNELS)
    closed = [ASKED["applicants"][each["who"]]["kind"] for each in ASKED["requests"] if "stop" not in each]
    assert set(closed) == set(ApplicantKind.values)


@pytest.mark.parametrize("text", ASKED["requests"], ids=lambda each: each["description"][:20])
def test_a_request_has_what_each_of_its_steps_needs(text):
    steps = demonstration_asked.steps(text)
    names = [name for name, _days in steps]
    known = {each.name for each in request.TRANSITIONS}
    assert set(names) <= known
    assert all(days >= 0 for _name, days in steps)
    assert sum(days for _name, days in steps) < text["came"] or text.get("stop")
    assert len(text["description"]) <= 300
    assert len(text.get("title", "")) <= InformationRequest._meta.get_field("wanted_title").max_length
    if text.get("delivery") == "post":
        assert "address" in text or "address" in ASKED["applicants"][text["who"]]
    if text.get("delivery", "net") == "net":
        assert text.get("form", "electronic") == "electronic"
    if "ask_supplement" in names:
        assert sum(days for _name, days in steps[: names.index("ask_supplement") + 1]) <= NOTIFY_DAYS
    if "consult" in text and "record_opinion" in names:
        assert len(text["consult"]["answers"]) == len(text["consult"]["parties"])
        assert all(re.search("样例|示例|水利局", name) for _kind, name in text["consult"]["parties"])
    assert not FORBIDDEN.search("".join(strings(text)))
    if "reply" in names:
        reply = REPLIES[text["reply"]["type"]]
        assert len(text["reply"]["text"]) >= 15
        assert (AGENCY in reply.needs) == ("agency" in text["reply"])
        assert (GROUNDS in reply.needs) == ("grounds" in text["reply"])
        assert (EARLIER in reply.needs) == ("earlier" in text["reply"])
        assert set(text["reply"].get("grounds", ())) <= set(WITHHELD)
        assert ("item" in text["reply"]) == (reply.code == "already_public")
    if file := text.get("file"):
        assert {len(row) for row in file["rows"]} == {len(file["rows"][0])}
        assert REPLIES[text["reply"]["type"]].gives


def test_what_an_answer_refers_to_is_there():
    titles = {each["title"] for each in TEXTS["written"]} | {each.title for each in powers()}
    keys = {each["key"]: each for each in ASKED["requests"] if "key" in each}
    for text in ASKED["requests"]:
        reply = text.get("reply", {})
        assert reply.get("item") is None or reply["item"] in titles
        if "earlier" in reply:
            assert keys[reply["earlier"]]["who"] == text["who"]
            assert keys[reply["earlier"]]["came"] > text["came"] + REPLY_DAYS
    (published,) = [each for each in ASKED["requests"] if "publish" in each]
    assert published["may_publish"]


@pytest.mark.parametrize("applicant", ASKED["applicants"].values(), ids=lambda each: each["name"])
def test_applicants_have_valid_numbers_and_are_nobody(applicant):
    number = number_of(applicant)
    person = applicant["kind"] == "person"
    check_id_number(number) if person else check_credit_code(number)
    assert number[14:17] == "000" if person else number[8:12] == "MAYX"
    assert person == ("representative" not in applicant)
    assert re.search("样例|示例", applicant["name"])
    assert is_phone(applicant["phone"])
    assert applicant["phone"].startswith("1990004")
    assert applicant.get("email", "x@mail.example.invalid").endswith(".invalid")


def test_numbers_by_hand():
    # 3·7+3·9+8·5+2·4+1·2+9·1+8·6+8·3+4·9+1·10+2·5 = 235, which leaves 4 of 11, and that is written 8.
    assert id_number(date(1988, 4, 12)) == "330802198804120008"
    # M 22·3+A 10·7+Y 34·9+X 33·10+5·5+1·2 = 799, for 11 lacking 4; with all weights 2381, for 31 lacking 6.
    assert credit_code("91", 5001) == "91330802MAYX500146"
    assert len({number_of(each) for each in ASKED["applicants"].values()}) == len(ASKED["applicants"])


# Files ------------------------------------------------------------------------------------------------------


def test_files_are_the_same_every_time_and_different_from_each_other(tmp_path):
    at = datetime(2026, 6, 1, tzinfo=UTC)
    labels, rows = ("姓名", "意见"), (("1", "排查"),)
    for make in (
        lambda words: demonstration_files.picture(words),
        lambda words: demonstration_files.form(words, labels, at=at),
        lambda words: demonstration_files.table(words, ("序号", "内容"), rows),
    ):
        assert make("一个标题") == make("一个标题")
        assert make("一个标题").sha256 != make("另一个标题").sha256


def test_a_picture_is_a_small_jpeg_of_a_chart_or_a_plan():
    drawn = [demonstration_files.picture(f"望湖路第{number}次行动") for number in range(12)]
    assert {each.name for each in drawn} == {"各区完成情况.jpg", "作业路段示意图.jpg"}
    for each in drawn:
        assert len(each.data) < 60_000
        with Image.open(io.BytesIO(each.data)) as image:
            assert (image.format, image.size) == ("JPEG", demonstration_files.SIZE)
