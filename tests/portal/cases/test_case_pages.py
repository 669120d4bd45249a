"""Who sees a deadline, a photo, a receipt, and a case over the API: every role is tried."""

from __future__ import annotations

import io
import json

import pytest
from django.core.cache import cache
from django.test import Client
from PIL import Image

from hotline import actions as hotline
from portal.cases.attachments import read_photo
from portal.cases.models import Attachment
from portal.organisation import second_factor
from portal.organisation.actors import CITIZEN
from tests.bureau import MONDAY, PEOPLE, matter, ticket

# A ticket of the greening division. Staff who do not see it are told that there is none.
SEE_IT = {"operator", "operator2", "handler", "supervisor"}


@pytest.fixture(autouse=True)
def nobody_guessed_yet():
    cache.clear()


def signed_in(bureau, username: str) -> Client:
    client = Client()
    client.force_login(bureau.staff[username])
    session = client.session
    second_factor.mark_passed(session, bureau.staff[username])
    session.save()
    return client


def follower(*numbers: str) -> Client:
    """A citizen who has given number and code of these cases before."""
    client = Client()
    session = client.session
    session["followed_cases"] = list(numbers)
    session.save()
    client.cookies["sessionid"] = session.session_key
    return client


def photo() -> bytes:
    file = io.BytesIO()
    image = Image.new("RGB", (60, 40), "green")
    exif = Image.Exif()
    exif[0x010F] = "Camera maker"
    exif.get_ifd(0x8825)[1] = "N"
    image.save(file, "JPEG", exif=exif)
    return file.getvalue()


@pytest.fixture
def case(bureau):
    made = ticket(bureau, "handling")
    data = photo()
    hotline.reply(
        made,
        text="已修剪。",
        photos=[read_photo(io.BytesIO(data), size=len(data))],
        actor=bureau.actor("handler"),
        at=MONDAY,
    )
    made.refresh_from_db()
    return made


def addresses(case) -> list[str]:
    clock = case.deadlines.get(term="hotline.reply")
    return [
        f"/cases/{case.number}/deadlines/{clock.pk}/",
        f"/cases/{case.number}/receipt.json",
        f"/cases/photos/{case.attachments.get().pk}/",
        f"/api/v1/cases/{case.number}/",
        f"/api/v1/cases/{case.number}/deadlines/",
    ]


@pytest.mark.parametrize("username", PEOPLE)
def test_which_staff_see_it(bureau, case, username):
    client = signed_in(bureau, username)
    expected = 200 if username in SEE_IT else 404
    assert [client.get(address).status_code for address in addresses(case)] == [expected] * 5


def test_a_stranger_sees_nothing(case):
    assert [Client().get(address).status_code for address in addresses(case)] == [404] * 5


def test_the_citizen_sees_the_own_case_and_no_other(bureau, case):
    other = ticket(bureau, place="别处")
    pages = addresses(case)[:3]
    assert [follower(case.number).get(address).status_code for address in pages] == [200] * 3
    assert [follower(other.number).get(address).status_code for address in pages] == [404] * 3


def test_a_deadline_of_another_case_is_not_shown_under_this_one(bureau, case):
    other = ticket(bureau, place="别处")
    wrong = f"/cases/{case.number}/deadlines/{other.deadlines.first().pk}/"
    assert follower(case.number).get(wrong).status_code == 404


def test_the_api_opens_with_the_code_alone(case):
    found = Client().get(f"/api/v1/cases/{case.number}/", {"code": case.lookup_code.lower()})
    assert found.status_code == 200
    told = found.json()
    assert (told["number"], told["state"]) == (case.number, "replied")
    assert [step["verb"] for step in told["steps"]] == ["receive", "dispatch", "sign", "reply"]
    reply = next(each for each in told["deadlines"] if each["term"] == "hotline.reply")
    assert (reply["due_on"], reply["provisional"]) == ("2026-11-09", False)
    assert [day["date"] for day in reply["explanation"] if day["counted"]] == [
        "2026-11-03",
        "2026-11-04",
        "2026-11-05",
        "2026-11-06",
        "2026-11-09",
    ]
    for private in ("样例", case.caller_phone, case.caller_name):
        assert private not in found.content.decode()


@pytest.mark.parametrize("code", ["", "AAAAAAAA", "é", "\x01", "9" * 5000])
def test_a_wrong_code_is_as_good_as_no_case(case, code):
    assert Client().get(f"/api/v1/cases/{case.number}/", {"code": code}).status_code == 404
    assert Client().get("/api/v1/cases/12319-20261102-9999/", {"code": code}).status_code == 404


def test_who_guesses_codes_is_slowed_down(case):
    client = Client()
    answers = {
        client.get(f"/api/v1/cases/{case.number}/", {"code": "AAAAAAAA"}).status_code for _try in range(31)
    }
    assert answers == {404, 429}


def test_a_photo_is_served_without_what_it_knew(bureau, case):
    answer = follower(case.number).get(f"/cases/photos/{case.attachments.get().pk}/")
    data = answer.content
    assert answer["Content-Type"] == "image/jpeg"
    with Image.open(io.BytesIO(data)) as served:
        assert dict(served.getexif()) == {}
    assert b"Camera maker" not in data


def test_the_receipt_names_no_person(case):
    told = follower(case.number).get(f"/cases/{case.number}/receipt.json").content.decode()
    assert json.loads(told)["subject"] == case.subject
    for private in ("样例", "修剪", case.caller_phone, case.caller_name, case.lookup_code):
        assert private not in told


def test_the_explanation_says_every_day_and_the_last(bureau, case):
    page = follower(case.number).get(addresses(case)[0]).content.decode()
    assert "2026年11月9日" in page
    assert page.count("第 ") >= 5
    assert "林样例" not in page


def test_a_report_with_photos_keeps_them_or_nothing(bureau):
    data = photo()
    made = hotline.report(
        matter(bureau), photos=[read_photo(io.BytesIO(data), size=len(data))], actor=CITIZEN, at=MONDAY
    )
    assert made.attachments.get().by_public
    assert Attachment.objects.count() == 1


# The calendar notice ---------------------------------------------------------------------------------------

NOTICE = {
    "number": "国办发明电[2026]9号",
    "title": "国务院办公厅关于2027年部分节假日安排的通知",
    "issued_on": "2026-11-20",
    "year": "2027",
    "days_text": "2027-01-01,休,元旦\n2026-12-26,班,元旦",
}


@pytest.mark.parametrize("username", PEOPLE)
def test_who_enters_a_notice(bureau, username):
    answer = signed_in(bureau, username).get("/cases/calendar/new/")
    assert answer.status_code == (200 if username in ("supervisor", "administrator") else 403)


def test_a_notice_is_previewed_then_confirmed(bureau, time_machine):
    time_machine.move_to(MONDAY.replace(month=12, day=1), tick=False)
    ticket(bureau, "handling", at=MONDAY.replace(month=12, day=24))
    client = signed_in(bureau, "supervisor")
    preview = client.post("/cases/calendar/new/", NOTICE)
    assert preview.status_code == 200
    assert "2026年12月30日" in preview.content.decode()
    assert client.get("/workdays/2027/").content.decode().count("国办发明电〔2026〕9号") == 0
    again = client.post("/cases/calendar/new/", {**NOTICE, "change": "1"})
    assert NOTICE["title"] in again.content.decode()
    done = client.post("/cases/calendar/new/", {**NOTICE, "confirmed": "on"})
    assert (done.status_code, done["Location"]) == (302, "/workdays/2027/")
    assert "国办发明电〔2026〕9号" in client.get("/workdays/2027/").content.decode()


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"number": "9号"}, "number"),
        ({"issued_on": "2026-02-30"}, "issued_on"),
        ({"year": "x"}, "year"),
        ({"days_text": ""}, "days_text"),
        ({"days_text": "2027-02-30,休,元旦"}, "days_text"),
        ({"days_text": "2027-01-04,班,元旦"}, "days_text"),
    ],
)
def test_a_wrong_notice_is_said_at_its_field(bureau, time_machine, wrong, field):
    time_machine.move_to(MONDAY.replace(month=12, day=1), tick=False)
    answer = signed_in(bureau, "supervisor").post(
        "/cases/calendar/new/", {**NOTICE, **wrong, "confirmed": "on"}
    )
    assert answer.status_code == 400
    assert list(answer.context["form"].errors) == [field]
    assert NOTICE["title"] in answer.content.decode()


@pytest.mark.parametrize("number", ["x" * 41, "a.b", "%E5%8F%B7", "a%20b", "%27"])
def test_what_is_no_number_reaches_no_database(client, db, django_assert_num_queries, number):
    for url in (f"/cases/{number}/receipt.json", f"/cases/{number}/deadlines/1/", f"/api/v1/cases/{number}/"):
        with django_assert_num_queries(0):
            assert client.get(url).status_code == 404


def test_staff_guess_no_more_than_others_and_work_without_limit(case, bureau):
    url = f"/api/v1/cases/{case.number}/"
    handler, clerk = signed_in(bureau, "handler"), signed_in(bureau, "clerk")
    assert [handler.get(url).status_code for _try in range(32)] == [200] * 32
    guesses = [clerk.get(url, {"code": "AAAAAAAA"}).status_code for _try in range(31)]
    assert guesses == [404] * 30 + [429]
