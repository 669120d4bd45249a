"""The citizen's pages: report, follow by number and look-up code, and see how the hotline does."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from hotline.models import Ticket
from portal.cases import fields, pages
from tests.bureau import Bureau, ticket

REPORT = {
    "category": "potholes",
    "place": "东街与青石路口",
    "description": "路面塌陷，约脸盆大小。",
    "name": "",
    "phone": "",
    "email": "",
    "website": "",
}


def test_a_citizen_reports_and_follows(client: Client, bureau: Bureau, photo: SimpleUploadedFile) -> None:
    done = client.post(reverse("hotline:report"), REPORT | {"photos": [photo]}, follow=True)
    made = Ticket.objects.get()
    text = done.content.decode()
    assert made.number in text
    assert made.lookup_code[:4] in text
    assert all(made.lookup_code not in url for url, _status in done.redirect_chain)
    assert made.attachments.get().by_public
    other = Client()
    assert other.get(reverse("hotline:followed", args=[made.number])).url == reverse("cases:follow")
    code = made.lookup_code.lower()
    seen = other.post(reverse("cases:follow"), {"number": made.number, "code": f"{code[:4]} {code[4:]}"})
    assert seen.url == reverse("hotline:followed", args=[made.number])
    page = other.get(seen.url).content.decode()
    assert "东街与青石路口" in page
    assert "/cases/photos/" in page
    assert f"/cases/{made.number}/deadlines/" in page


def test_the_same_sentence_for_a_wrong_number_and_a_wrong_code(client: Client, bureau: Bureau) -> None:
    made = ticket(bureau)
    answers = [
        client.post(reverse("cases:follow"), {"number": number, "code": code})
        for number, code in ((made.number, "AAAAAAAA"), ("12319-19990101-0001", made.lookup_code))
    ]
    assert [answer.status_code for answer in answers] == [400, 400]
    assert answers[0].context["form"].errors == answers[1].context["form"].errors


def test_the_citizen_sees_units_and_no_staff(client: Client, bureau: Bureau) -> None:
    made = ticket(bureau, "closed")
    client.post(reverse("cases:follow"), {"number": made.number, "code": made.lookup_code})
    text = client.get(reverse("hotline:followed", args=[made.number])).content.decode()
    assert bureau.units["greening"].name in text
    assert "已派人修剪" in text
    for staff in bureau.staff.values():
        assert staff.name not in text
    assert "19900000001" not in text


def test_guessing_codes_is_slowed_down(client: Client, bureau: Bureau) -> None:
    made = ticket(bureau)
    statuses = [
        client.post(reverse("cases:follow"), {"number": made.number, "code": "AAAAAAAA"}).status_code
        for _try in range(31)
    ]
    assert statuses == [400] * 30 + [429]


def test_reports_from_one_address_are_limited(client: Client, bureau: Bureau) -> None:
    statuses = [client.post(reverse("hotline:report"), REPORT).status_code for _try in range(21)]
    assert statuses == [302] * 20 + [429]
    assert Ticket.objects.count() == 20


def test_wrong_reports_with_photos_count_before_a_photo_is_decoded(
    client: Client, bureau: Bureau, monkeypatch: pytest.MonkeyPatch
) -> None:
    decoded: list[int] = []
    monkeypatch.setattr(fields, "read_photos", lambda files: decoded.append(len(files)) or [])
    for _try in range(21):
        photo = SimpleUploadedFile("photo.jpg", b"x", content_type="image/jpeg")
        answer = client.post(reverse("hotline:report"), REPORT | {"place": "", "photos": [photo]})
    assert answer.status_code == 429
    assert decoded == [1] * 20


def test_a_made_up_address_does_not_help_who_guesses(client: Client, bureau: Bureau) -> None:
    guess = {"number": ticket(bureau).number, "code": "AAAAAAAA"}
    statuses = [
        client.post(
            reverse("cases:follow"), guess, headers={"X-Forwarded-For": f"192.0.2.{each}"}
        ).status_code
        for each in range(31)
    ]
    assert statuses == [400] * 30 + [429]
    url = reverse("api-case", args=[guess["number"]])
    answer = client.get(url, {"code": "AAAAAAAA"}, headers={"X-Forwarded-For": "192.0.2.99"})
    assert answer.status_code == 429


def test_a_session_planted_before_reads_nothing(client: Client, bureau: Bureau) -> None:
    first, second = ticket(bureau), ticket(bureau)
    client.post(reverse("cases:follow"), {"number": first.number, "code": first.lookup_code})
    planted = client.cookies["sessionid"].value
    client.post(reverse("cases:follow"), {"number": second.number, "code": second.lookup_code})
    assert client.cookies["sessionid"].value != planted
    for each in (first, second):
        assert client.get(reverse("hotline:followed", args=[each.number])).status_code == 200
    other = Client()
    other.cookies["sessionid"] = planted
    assert other.get(reverse("hotline:followed", args=[second.number])).status_code == 302


def test_who_finishes_leaves_nothing_behind(client: Client, bureau: Bureau) -> None:
    page = client.post(reverse("hotline:report"), REPORT, follow=True).content.decode()
    number = Ticket.objects.get().number
    kept = client.cookies["sessionid"].value
    assert reverse("cases:finish") in page
    followed = reverse("hotline:followed", args=[number])
    assert reverse("cases:finish") in client.get(followed).content.decode()
    assert client.get(reverse("cases:finish")).status_code == 405
    done = client.post(reverse("cases:finish"), follow=True)
    assert "凭编号和查询码" in done.content.decode()
    assert client.get(followed).url == reverse("cases:follow")
    assert client.get(reverse("hotline:reported")).url == reverse("hotline:report")
    other = Client()
    other.cookies["sessionid"] = kept
    assert other.get(followed).status_code == 302


def test_staff_who_finish_stay_signed_in(browser_of: Callable[[str], Client], bureau: Bureau) -> None:
    made, browser = ticket(bureau), browser_of("clerk")
    browser.post(reverse("cases:follow"), {"number": made.number, "code": made.lookup_code})
    followed = reverse("hotline:followed", args=[made.number])
    assert browser.get(followed).status_code == 200
    browser.post(reverse("cases:finish"))
    assert browser.get(followed).status_code == 302
    # Still signed in: on to the desk, and not to the door.
    assert browser.get(reverse("site:workbench")).url == reverse("approvals:desk")


def test_a_program_that_fills_in_everything_reports_nothing(client: Client, bureau: Bureau) -> None:
    refused = client.post(reverse("hotline:report"), REPORT | {"website": "http://x.invalid"})
    assert refused.status_code == 400
    assert not Ticket.objects.exists()


def test_a_report_sent_twice_opens_one_ticket(client: Client, bureau: Bureau) -> None:
    once = client.get(reverse("hotline:report")).context["form"].initial["once"]
    for _click in range(2):
        assert client.post(reverse("hotline:report"), REPORT | {"once": once}).status_code == 302
    assert Ticket.objects.count() == 1


def test_who_goes_back_and_corrects_a_word_opens_another(client: Client, bureau: Bureau) -> None:
    once = client.get(reverse("hotline:report")).context["form"].initial["once"]
    for place in ("东街与青石路口", "西街与青石路口", "西街与青石路口"):
        client.post(reverse("hotline:report"), REPORT | {"once": once, "place": place})
    assert set(Ticket.objects.values_list("place", flat=True)) == {"东街与青石路口", "西街与青石路口"}
    assert Ticket.objects.count() == 2


def test_the_mark_of_another_form_does_not_answer_with_its_number(
    client: Client, browser_of: Callable[[str], Client], bureau: Bureau
) -> None:
    call = {
        "category": "potholes",
        "urgency": "normal",
        "place": "东街与青石路口",
        "description": "路面塌陷。",
        "goes_on": "no_matter",
        "once": str(uuid4()),
    }
    noted = browser_of("operator").post(reverse("hotline:new_call"), call)
    assert noted.url == reverse("hotline:call_noted")
    sent = client.post(reverse("hotline:report"), REPORT | {"once": call["once"]}, follow=True)
    assert Ticket.objects.get().number in sent.content.decode()


def test_a_save_that_died_holds_the_form_for_a_minute_only(
    client: Client, bureau: Bureau, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: list[int] = []
    monkeypatch.setattr(pages.cache, "add", lambda key, value, seconds: kept.append(seconds) or False)
    assert client.post(reverse("hotline:report"), REPORT | {"once": str(uuid4())}).status_code == 409
    assert kept == [60]


def test_the_start_page_says_shares_of_what(client: Client, bureau: Bureau, just_now: datetime) -> None:
    ticket(bureau, "closed", at=just_now)
    ticket(bureau, "dispatched", at=just_now)
    rates = {rate.label: rate for rate in client.get(reverse("hotline:start")).context["rates"]}
    shares = [(rate.part, rate.whole) for rate in rates.values()]
    assert shares == [(1, 1), (1, 2), (1, 1)]
