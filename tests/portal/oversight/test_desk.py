"""The pages of supervision: who sees them, what they count, what they cost."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from portal.cases.actions import advance, sweep
from portal.cases.models import SweepFailure
from portal.oversight import figures
from portal.oversight.models import Card
from portal.workdays.current import current_calendar
from tests.portal.notices.bureau import AT

DESK, CARDS = "/oversight/", "/oversight/cards/"
LATE = datetime(2026, 12, 2, 2, 0, tzinfo=UTC)
MOST_QUERIES = 12


@pytest.fixture(autouse=True)
def _clock(monkeypatch):
    """Views read the clock; sessions live in the cache, which has a clock of its own."""
    monkeypatch.setattr(timezone, "now", lambda: LATE)


@pytest.fixture
def card(bureau) -> Card:
    bureau.handled()
    sweep(at=LATE)
    return Card.objects.get()


def page_of(card: Card) -> str:
    return reverse("oversight:card", args=[card.pk])


# Who sees what: desk, list, a card of the greening unit, answering it, withdrawing it.
ACCESS = {
    "operator": (403, 200, 404, 404, 404),
    "handler": (403, 200, 200, 302, 403),
    "mailed": (403, 200, 404, 404, 404),
    "clerk": (403, 403, 404, 404, 404),
    "office_head": (403, 403, 404, 404, 404),
    "chief_representative": (403, 403, 404, 404, 404),
    "disclosure_officer": (403, 403, 404, 404, 404),
    "secrecy_reviewer": (403, 403, 404, 404, 404),
    "supervisor": (200, 200, 200, 403, 302),
    "administrator": (403, 403, 404, 404, 404),
}


@pytest.mark.parametrize("who", ACCESS)
def test_who_sees_what(bureau, card, who):
    client = bureau.client(who)

    def step(name: str) -> int:
        address = reverse("oversight:step", args=[card.pk, name])
        return client.post(address, {f"{name}-text": "已整改", f"{name}-seen": "1"}).status_code

    found = (
        client.get(DESK).status_code,
        client.get(CARDS).status_code,
        client.get(page_of(card)).status_code,
        step("answer"),
    )
    # Withdrawing is possible from every state that is left open, so that its turn does not matter.
    Card.objects.filter(pk=card.pk).update(version=1, state="issued")
    card.steps.all().delete()
    assert (*found, step("withdraw")) == ACCESS[who]


def test_signed_out_every_page_leads_to_sign_in(card):
    for address in (DESK, CARDS, page_of(card)):
        assert Client().get(address).status_code == 302
    assert Client().post(reverse("oversight:step", args=[card.pk, "answer"])).status_code == 302


def test_a_list_shows_the_own_units_cards_alone(bureau, card):
    other = bureau.dispatched(at=AT, unit=bureau.roads)
    sweep(at=LATE)
    assert Card.objects.filter(case_id=other.pk).exists()
    rows = bureau.client("handler").get(CARDS).context["page"].rows
    assert {row.unit_id for row in rows} == {bureau.greening.pk}
    rows = bureau.client("supervisor").get(CARDS).context["page"].rows
    assert {row.unit_id for row in rows} == {bureau.greening.pk, bureau.roads.pk}


# The desk ---------------------------------------------------------------------------------------------------


def test_what_is_overdue_due_today_and_tomorrow_by_unit(bureau):
    """At ten on Wednesday 2 December. Signing is due a working day after dispatch."""

    def dispatched(day: int, hour: int = 2, unit=None):
        return bureau.dispatched(at=datetime(2026, 12, day, hour, tzinfo=UTC), unit=unit)

    bureau.handled(at=AT)  # reply due on 30 November: overdue
    advance(dispatched(1), "sign", actor=bureau.actor("handler"), at=LATE)  # reply due on the 8th
    dispatched(1)  # sign today
    dispatched(1, unit=bureau.roads)  # sign today
    dispatched(2, hour=1, unit=bureau.roads)  # sign tomorrow
    bureau.ticket(at=datetime(2026, 12, 1, 2, tzinfo=UTC))  # dispatch today: the centre's
    found = {load.unit.code: (load.overdue, load.today, load.tomorrow) for load in figures.load_by_unit(LATE)}
    assert found == {"greening": (1, 1, 0), "roads": (0, 1, 1), "hotline": (0, 1, 0)}
    assert figures.load_by_unit(LATE)[0].unit == bureau.greening


def test_the_midnight_after_the_last_day_is_still_that_day(bureau):
    bureau.dispatched(at=datetime(2026, 12, 1, 2, tzinfo=UTC))
    (today,) = figures.load_by_unit(datetime(2026, 12, 2, 15, 59, 59, tzinfo=UTC))
    (after,) = figures.load_by_unit(datetime(2026, 12, 2, 16, 0, tzinfo=UTC))
    assert (today.overdue, today.today, today.tomorrow) == (0, 1, 0)
    assert (after.overdue, after.today, after.tomorrow) == (1, 0, 0)


def test_the_figures_are_one_grouped_query_and_one_for_the_units(bureau, django_assert_num_queries):
    bureau.handled()
    bureau.dispatched(unit=bureau.roads)
    with django_assert_num_queries(2):
        figures.load_by_unit(LATE)


def test_the_longest_overdue_come_first_in_words_with_a_sign(bureau):
    second = bureau.handled(at=AT + timedelta(days=1))
    first = bureau.handled(at=AT)
    rows = figures.overdue_cases(LATE, current_calendar())
    assert [row.case.pk for row in rows] == [first.pk, second.pk]
    assert (rows[0].limit.level, rows[0].limit.sign) == ("over", "▲")
    assert "2" in rows[0].limit.words


def test_the_desk_shows_clocks_that_failed_and_notices_that_did_not_arrive(bureau, card):
    SweepFailure.objects.create(
        case=card.case,
        attempts=3,
        first_at=LATE - timedelta(hours=1),
        last_at=LATE,
        retry_at=LATE + timedelta(minutes=4),
        error="RuntimeError: no calendar",
    )
    card.case.notices.filter(channel="sms").update(state="failed", next_attempt_at=None, delivered_at=None)
    body = bureau.client("supervisor").get(DESK).content.decode()
    for part in ("RuntimeError: no calendar", "12-02 10:04", reverse("notices:failed"), card.number):
        assert part in body


def test_the_desk_of_a_bureau_without_trouble_says_so(bureau):
    response = bureau.client("supervisor").get(DESK)
    assert response.status_code == 200
    assert response.content.decode().count('class="empty"') == 3


def test_the_pages_cost_the_same_however_much_there_is(bureau):
    def queries(who: str, address: str) -> int:
        client = bureau.client(who)
        with CaptureQueriesContext(connection) as seen:
            assert client.get(address).status_code == 200
        return len(seen)

    def fill(count: int) -> None:
        for number in range(count):
            bureau.dispatched(at=AT, unit=[bureau.greening, bureau.roads][number % 2])
        sweep(at=LATE)

    fill(2)
    for failing in Card.objects.all()[:1]:
        SweepFailure.objects.create(
            case=failing.case, attempts=1, first_at=LATE, last_at=LATE, retry_at=LATE, error="x"
        )
    card = Card.objects.order_by("pk").first()
    asked = [("supervisor", DESK), ("supervisor", CARDS), ("handler", CARDS), ("supervisor", page_of(card))]
    few = [queries(*each) for each in asked]
    fill(12)
    many = [queries(*each) for each in asked]
    assert many == few
    assert max(many) <= MOST_QUERIES


# The list and its filter ------------------------------------------------------------------------------------


@pytest.fixture
def two(bureau) -> dict[str, Card]:
    """A yellow card of the greening unit of 1 December, answered, and a red one of roads of 3 December."""
    green, road = bureau.handled(at=AT), bureau.handled(at=AT + timedelta(days=2))
    green.deadlines.filter(term="hotline.reply").update(limit="promised")
    road.deadlines.filter(term="hotline.reply").update(limit="statutory")
    type(road).objects.filter(pk=road.pk).update(unit=bureau.roads, holder=bureau.staff["mailed"])
    sweep(at=LATE + timedelta(days=3))
    Card.objects.filter(case_id=green.pk).update(state="answered")
    return {"green": Card.objects.get(case_id=green.pk), "road": Card.objects.get(case_id=road.pk)}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, ["road", "green"]),
        ({"colour": "red"}, ["road"]),
        ({"colour": "yellow"}, ["green"]),
        ({"answered": "waiting"}, ["road"]),
        ({"answered": "undecided"}, ["green"]),
        ({"answered": "settled"}, []),
        ({"kind": "hotline"}, ["road", "green"]),
        ({"first": "2026-12-02"}, ["road"]),
        ({"first": "2026-12-01", "last": "2026-12-01"}, ["green"]),
        ({"last": "9999-12-31"}, ["road", "green"]),
    ],
)
def test_cards_are_narrowed(bureau, two, query, found):
    rows = bureau.client("supervisor").get(CARDS, query).context["page"].rows
    assert rows == [two[name] for name in found]


def test_cards_are_narrowed_by_unit(bureau, two):
    rows = bureau.client("supervisor").get(DESK, {"unit": bureau.roads.pk}).context["page"].rows
    assert rows == [two["road"]]


@pytest.mark.parametrize(
    "query",
    [
        {"colour": "green"},
        {"unit": "999999"},
        {"unit": "x\x00"},
        {"kind": "wedding"},
        {"first": "2026-02-30"},
        {"first": "2026-12-02", "last": "2026-12-01"},
        {"older": "x"},
    ],
)
def test_a_question_that_makes_no_sense_is_answered_with_400(bureau, query):
    assert bureau.client("supervisor").get(CARDS, query).status_code == 400


# A card -----------------------------------------------------------------------------------------------------


def test_a_handler_answers_and_a_supervisor_accepts_on_the_page(bureau, card):
    handler, supervisor = bureau.client("handler"), bureau.client("supervisor")
    assert [form.step.name for form in handler.get(page_of(card)).context["forms"]] == ["answer", "appeal"]
    answer = {"answer-text": "已调整排班", "answer-seen": "1"}
    response = handler.post(reverse("oversight:step", args=[card.pk, "answer"]), answer)
    assert response.url == page_of(card)
    shown = supervisor.get(page_of(card))
    assert [form.step.name for form in shown.context["forms"]] == ["accept", "uphold", "withdraw"]
    assert "已调整排班" in shown.content.decode()
    supervisor.post(reverse("oversight:step", args=[card.pk, "accept"]), {"accept-seen": "2"})
    card.refresh_from_db()
    assert card.state == "accepted"
    assert supervisor.get(page_of(card)).context["forms"] == []


@pytest.mark.parametrize("text", ["", "   ", "x" * 2001, "a\x07b"])
def test_what_cannot_be_kept_is_said_at_the_field(bureau, card, text):
    response = bureau.client("handler").post(
        reverse("oversight:step", args=[card.pk, "answer"]), {"answer-text": text, "answer-seen": "1"}
    )
    assert response.status_code == 400
    (form,) = [form for form in response.context["forms"] if form.step.name == "answer"]
    assert form.errors["text"]
    card.refresh_from_db()
    assert card.version == 1


def test_the_second_of_two_keeps_what_was_typed(bureau, card):
    handler = bureau.client("handler")
    data = {"answer-text": "先到", "answer-seen": "1"}
    handler.post(reverse("oversight:step", args=[card.pk, "answer"]), data)
    supervisor = bureau.client("supervisor")
    response = supervisor.post(
        reverse("oversight:step", args=[card.pk, "withdraw"]),
        {"withdraw-text": "情况属实", "withdraw-seen": "1"},
    )
    assert response.status_code == 409
    body = response.content.decode()
    assert "示例handler" in body
    (form,) = [form for form in response.context["forms"] if form.step.name == "withdraw"]
    assert (form["text"].value(), form["seen"].value()) == ("情况属实", "2")


def test_a_step_or_a_card_that_does_not_exist_is_not_found(bureau, card):
    client = bureau.client("supervisor")
    assert client.post(reverse("oversight:step", args=[card.pk, "forgive"])).status_code == 404
    assert client.get(reverse("oversight:card", args=[10**9])).status_code == 404
    assert client.get(reverse("oversight:step", args=[card.pk, "accept"])).status_code == 405


def test_a_reply_that_did_not_come_shows_as_late(bureau, card, monkeypatch):
    assert not bureau.client("supervisor").get(page_of(card)).context["late"]
    monkeypatch.setattr(timezone, "now", lambda: datetime(2026, 12, 7, 16, 0, tzinfo=UTC))
    assert bureau.client("supervisor").get(page_of(card)).context["late"]
    Card.objects.update(state="answered")
    assert not bureau.client("supervisor").get(page_of(card)).context["late"]
