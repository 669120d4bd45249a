"""The public pages and the API: the answer, its reasons, and sentences for bad input."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.translation import override

from portal.organisation.actors import Actor
from portal.workdays.actions import NoticeDay, enter_notice
from portal.workdays.calendar import Calendar, Day
from portal.workdays.current import current_calendar
from portal.workdays.wording import HOLIDAY_NAMES, describe_reason, holiday_name

pytestmark = pytest.mark.usefixtures("loaded")
API = "/api/v1/workdays/add"


def ask(client: Client, **query: str) -> Any:
    return client.get(reverse("workdays:calculator"), query)


def test_the_page_before_anything_is_asked(client: Client) -> None:
    response = client.get(reverse("workdays:calculator"))
    assert response.status_code == 200
    assert "answer" not in response.context


def test_the_page_says_the_last_day_and_explains_every_day(client: Client) -> None:
    response = ask(client, start="2026-02-13", days="15")
    page = response.content.decode()
    assert response.status_code == 200
    assert "2026年3月12日 星期四" in page
    rows = [row for _month, rows in response.context["months"] for row in rows]
    assert len(rows) == 27
    assert [row.number for row in rows if row.counted] == list(range(1, 16))
    by_day = {row.day: row for row in rows}
    assert not by_day["2月23日"].counted
    assert "春节" in by_day["2月23日"].reason
    assert "国办发明电〔2025〕7号" in by_day["2月23日"].reason
    assert by_day["2月28日"].counted
    assert by_day["2月14日"].counted


def test_a_provisional_answer_says_so_in_words(client: Client) -> None:
    response = ask(client, start="2026-12-20", days="15")
    assert response.context["answer"].provisional
    assert response.context["provisional_years"] == "2027"
    sure = ask(client, start="2026-11-23", days="15")
    assert not sure.context["answer"].provisional
    english = client.get(
        reverse("workdays:calculator"),
        {"start": "2027-01-04", "days": "0"},
        HTTP_COOKIE="django_language=en",
    )
    assert "Provisional: the State Council has not announced" in english.content.decode()


def test_no_day_to_wait_ends_on_the_day_itself(client: Client) -> None:
    response = ask(client, start="2026-02-15", days="0")
    assert response.status_code == 200
    assert "2026年2月15日 星期日" in response.content.decode()


def test_what_was_written_can_be_seen_and_corrected(client: Client) -> None:
    page = ask(client, start="2026-02-30", days="15").content.decode()
    assert 'value="2026-02-30"' in page
    assert 'type="date"' not in page


BAD = [
    ({"start": "2026-02-30", "days": "15"}, "start"),
    ({"start": "", "days": "15"}, "start"),
    ({"days": "15"}, "start"),
    ({"start": "2026-02-13"}, "days"),
    ({"start": "2026-02-13", "days": ""}, "days"),
    ({"start": "2026-02-13", "days": "-1"}, "days"),
    ({"start": "2026-02-13", "days": "251"}, "days"),
    ({"start": "2026-02-13", "days": "9" * 10_000}, "days"),
    ({"start": "2026-02-13", "days": "many"}, "days"),
    ({"start": "2026-02-13", "days": "1.5"}, "days"),
    ({"start": "2026-02-13\x01", "days": "15"}, "start"),
    ({"start": "13.02.2026", "days": "15"}, "start"),
    ({"start": "x" * 5_000, "days": "15"}, "start"),
    ({"start": "1999-01-01", "days": "15"}, "start"),
    ({"start": "9999-12-31", "days": "15"}, "start"),
    ({"start": "2030-12-30", "days": "15"}, "days"),
    ({"start": "<script>", "days": "15"}, "start"),
]


@pytest.mark.parametrize(("query", "field"), BAD)
def test_bad_input_gets_400_and_a_sentence_at_the_field(
    client: Client, query: dict[str, str], field: str
) -> None:
    page = ask(client, **query)
    assert page.status_code == 400
    assert list(page.context["form"].errors) == [field]
    assert f"id_{field}_error" in page.content.decode()
    assert "<script>" not in page.content.decode()
    answer = client.get(API, query)
    assert answer.status_code == 400
    assert list(answer.json()) == [field]
    assert all(isinstance(sentence, str) and sentence for sentence in answer.json()[field])


def test_the_api_answers_as_documented(client: Client, seeded: Calendar) -> None:
    answer = client.get(API, {"start": "2026-02-13", "days": "15"})
    body = answer.json()
    assert answer.status_code == 200
    assert list(body) == ["end", "provisional", "days"]
    assert (body["end"], body["provisional"]) == ("2026-03-12", False)
    assert body["days"][0].keys() >= {"date", "counted", "reason"}
    explained = seeded.explain(date(2026, 2, 13), 15)
    assert [(day["date"], day["counted"], day["reason"]) for day in body["days"]] == [
        (day.date.isoformat(), day.counted, day.reason) for day in explained
    ]
    assert {day["reason"] for day in body["days"]} == {"workday", "weekend", "holiday", "makeup"}


def test_the_api_answers_with_a_slash_and_in_both_languages(client: Client) -> None:
    query = {"start": "2026-02-13", "days": "4"}
    chinese = client.get(API + "/", query, headers={"accept-language": "zh-CN"}).json()
    english = client.get(API, query, headers={"accept-language": "en"}).json()
    assert chinese["end"] == english["end"]
    assert "Spring Festival" in english["days"][1]["text"]
    assert "春节" in chinese["days"][1]["text"]


def test_the_api_says_provisional(client: Client) -> None:
    body = client.get(API, {"start": "2026-12-31", "days": "1"}).json()
    assert body["provisional"] is True
    assert body["days"][-1]["provisional"] is True


def test_the_api_reads_nothing_but_the_version(client: Client, django_assert_num_queries: Any) -> None:
    current_calendar()
    with django_assert_num_queries(1):
        client.get(API, {"start": "2026-02-13", "days": "250"})


def test_the_api_takes_no_other_method(client: Client) -> None:
    assert client.post(API, {"start": "2026-02-13", "days": "15"}).status_code == 405


def test_a_page_reads_the_version_and_a_year_its_notices(
    client: Client, django_assert_num_queries: Any
) -> None:
    current_calendar()
    with django_assert_num_queries(1):
        ask(client, start="2026-02-13", days="250")
    with django_assert_num_queries(2):
        client.get(reverse("workdays:year", args=[2026]))


def test_a_year_shows_its_notice_holidays_and_makeup_days(client: Client) -> None:
    response = client.get(reverse("workdays:year", args=[2026]))
    page = response.content.decode()
    assert response.context["working_days"] == 248
    assert "国办发明电〔2025〕7号" in page
    spring = next(row for row in response.context["holidays"] if row.name == "春节")
    assert spring.rest.startswith("2月15日")
    assert "2月23日" in spring.rest
    assert spring.work == "2月14日 星期六、2月28日 星期六"
    assert [row.name for row in response.context["holidays"]] == [
        "元旦",
        "春节",
        "清明节",
        "劳动节",
        "端午节",
        "中秋节",
        "国庆节",
    ]
    assert len(response.context["months"]) == 12
    assert all(len(week) == 7 for _month, weeks in response.context["months"] for week in weeks)


def test_a_year_shows_the_days_its_notice_names_in_the_december_before(client: Client) -> None:
    response = client.get(reverse("workdays:year", args=[2006]))
    assert response.context["holidays"][0].work == "12月31日 星期六"


def test_an_amended_year_shows_both_notices(client: Client) -> None:
    response = client.get(reverse("workdays:year", args=[2020]))
    assert [notice.number for notice, _issued in response.context["notices"]] == [
        "国办发明电〔2019〕16号",
        "国办发明电〔2020〕1号",
    ]


def test_a_provisional_year_says_so_until_its_notice_is_entered(
    client: Client, at: datetime, supervisor: Actor
) -> None:
    url = reverse("workdays:year", args=[2027])
    response = client.get(url)
    assert response.context["provisional"]
    assert response.context["notices"] == []
    enter_notice(
        number="国办发明电〔2026〕9号",
        title="2027",
        issued_on=date(2026, 11, 20),
        year=2027,
        days=[NoticeDay(date(2027, 1, 1), False, "<b>元旦</b>")],
        at=at,
        actor=supervisor,
    )
    response = client.get(url)
    assert not response.context["provisional"]
    assert "<b>元旦" not in response.content.decode()


@pytest.mark.parametrize("year", [0, 2003, 2031, 10**30])
def test_a_year_the_calendar_does_not_know_is_404(client: Client, year: int) -> None:
    assert client.get(f"/workdays/{year}/").status_code == 404


def test_every_reason_is_said_in_both_languages(seeded: Calendar) -> None:
    days = {(day.reason, day.provisional): day for day in seeded.days}
    assert set(days) == {
        ("workday", False),
        ("weekend", False),
        ("holiday", False),
        ("makeup", False),
        ("workday", True),
        ("weekend", True),
        ("holiday", True),
    }
    by_notice = Day(date(2027, 2, 8), True, "workday", "春节", "国办发明电〔2027〕1号")
    with override("en"):
        said = {key: describe_reason(day) for key, day in days.items()}
        said_again = describe_reason(by_notice)
    assert len({*said.values(), said_again}) == len(said) + 1
    assert said["workday", False] == "Working day"
    assert said["weekend", True] == "Weekend, provisional"
    assert said_again == "Working day by notice: Spring Festival (国办发明电〔2027〕1号)"


def test_every_seeded_holiday_has_an_english_name(seeded: Calendar) -> None:
    names = {part for day in seeded.days if day.name for part in day.name.split("、")}
    assert names == set(HOLIDAY_NAMES)
    with override("en"):
        assert holiday_name("国庆节、中秋节") == "National Day, Mid-Autumn Festival"
        assert holiday_name("火把节") == "火把节"
