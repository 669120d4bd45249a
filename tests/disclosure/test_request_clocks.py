"""The clocks of an information request (政府信息公开条例 art. 30 to 34; 国办函〔2020〕109号).

Days are counted by hand: in 2026, 15 to 23 February, 4 to 6 April and 1 to 7 October are holidays, 14 and 28
February, 20 September and 10 October are worked, and 25 to 27 September are a long weekend.
"""

from __future__ import annotations

from datetime import datetime

import pytest
from django.utils import translation

from disclosure.models import InformationRequest
from portal.cases.actions import sweep
from portal.cases.explaining import case_deadlines, clocks_of, deadline_as_data, explanation
from portal.cases.models import Deadline, Extension, Pause
from portal.cases.workflow import Refused
from portal.ledger.models import Event
from portal.oversight.models import Card
from portal.workdays.current import current_calendar
from tests.bureau import MONDAY, Bureau, moment
from tests.disclosure import office as of
from tests.disclosure.office import do, last_days, request_in

founded, office, plain_papers = of.founded, of.office, of.plain_papers
pytestmark = pytest.mark.usefixtures("plain_papers")

# The 7th, 15th and 20th working day after a day (domain.md, section 2, and counted on from there).
VECTORS = [
    ("2026-11-02 09:00", "2026-11-11", "2026-11-23", "2026-11-30"),
    ("2026-11-23 09:00", "2026-12-02", "2026-12-14", "2026-12-21"),
    ("2026-02-13 16:00", "2026-03-02", "2026-03-12", "2026-03-19"),
    # A rest day.
    ("2026-02-15 10:00", "2026-03-03", "2026-03-13", "2026-03-20"),
    ("2026-09-18 09:00", "2026-09-29", "2026-10-15", "2026-10-22"),
    ("2026-09-30 17:00", "2026-10-15", "2026-10-27", "2026-11-03"),
]


def clock(request: InformationRequest, term: str) -> Deadline:
    return Deadline.objects.filter(case=request, term=f"request.{term}").latest("pk")


def reply_by(request: InformationRequest) -> str:
    return last_days(request)["reply"]


def fresh(request: InformationRequest) -> InformationRequest:
    return InformationRequest.objects.get(pk=request.pk)


def once(request: InformationRequest, verb: str) -> Event:
    return Event.objects.of(request.subject).get(verb=verb)


# The day of receipt (art. 31) -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("channel", "came", "given", "confirmed", "received"),
    [
        # In person: that day, whenever it is entered.
        ("counter", "2026-11-02 09:00", None, None, "2026-11-02"),
        ("counter", "2026-11-04 16:00", "2026-11-02", None, "2026-11-02"),
        # Signed for: the day of signing.
        ("post_signed", "2026-11-04 09:00", "2026-11-02", None, "2026-11-02"),
        ("post_signed", "2026-11-02 09:00", "2026-11-02", None, "2026-11-02"),
        # The day on which both sides confirm it, not the one on which it came.
        ("web", "2026-10-31 22:00", None, "2026-11-02 09:00", "2026-11-02"),
        ("fax", "2026-10-30 22:00", None, "2026-11-02 17:00", "2026-11-02"),
        ("post_plain", "2026-10-29 09:00", None, "2026-11-02 09:00", "2026-11-02"),
    ],
)
def test_the_day_that_counts(
    office: Bureau, channel: str, came: str, given: str | None, confirmed: str | None, received: str
) -> None:
    day = of.day(given) if given else None
    request = of.applied(office, channel=channel, at=moment(came), received_on=day)
    if confirmed:
        assert request.state == "submitted"
        assert not Deadline.objects.filter(case=request, term="request.reply").exists()
        request = do(request, "register", office, at=moment(confirmed))
    assert (request.state, str(request.received_on)) == ("registered", received)
    assert last_days(request)["notify"] == "2026-11-11"
    assert reply_by(request) == "2026-11-30"
    assert not Card.objects.filter(case=request).exists()


@pytest.mark.parametrize("channel", ["web", "fax", "post_plain"])
def test_there_are_three_working_days_to_confirm_it(office: Bureau, channel: str) -> None:
    request = of.applied(office, channel=channel, at=moment("2026-10-30 22:00"))
    assert last_days(request) == {"confirm": "2026-11-04"}
    sweep(at=moment("2026-11-04 23:59"))
    assert not Card.objects.filter(case=request).exists()
    sweep(at=moment("2026-11-05 00:00"))
    card = Card.objects.get(case=request)
    assert (card.holder_name, card.colour) == ("公样例", "yellow")


@pytest.mark.parametrize(("at", "seventh", "_fifteenth", "twentieth"), VECTORS)
def test_seven_days_for_a_notice_and_twenty_for_the_answer(
    office: Bureau, at: str, seventh: str, _fifteenth: str, twentieth: str
) -> None:
    request = request_in("registered", office, at=moment(at))
    assert (last_days(request)["notify"], reply_by(request)) == (seventh, twentieth)
    reply = clock(request, "reply")
    assert (reply.limit, reply.extensions_allowed, reply.extend_at_most) == ("statutory", 1, 20)


def test_what_was_signed_for_long_ago_is_late_at_once(office: Bureau) -> None:
    entered = moment("2026-11-10 09:00")
    request = of.applied(office, channel="post_signed", at=entered, received_on=of.day("2026-09-30"))
    cards = Card.objects.filter(case=request).order_by("issued_at")
    assert [(each.issued_at, each.colour, each.holder_name) for each in cards] == [
        (moment("2026-10-16 00:00"), "red", "公样例"),
        (moment("2026-11-04 00:00"), "red", "公样例"),
    ]


# Supplement (art. 30) ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("at", "_seventh", "_fifteenth", "twentieth"), VECTORS)
def test_a_supplement_begins_the_twenty_days_anew(
    office: Bureau, at: str, _seventh: str, _fifteenth: str, twentieth: str
) -> None:
    """The first count no longer matters, and nobody has missed it."""
    asked = moment(at)
    request = request_in("supplement", office, at=asked)
    assert clock(request, "reply").ended == "void"
    request = do(request, "supplement", office, "citizen", at=asked)
    assert (request.state, reply_by(request)) == ("reviewing", twentieth)


@pytest.mark.parametrize(
    ("brought", "reply"),
    [
        ("2026-11-10 09:00", "2026-12-08"),
        # On its last day, and after it, with a good reason.
        ("2026-11-16 23:59", "2026-12-14"),
        ("2026-11-18 09:00", "2026-12-16"),
    ],
)
def test_the_twenty_days_run_from_the_supplement(office: Bureau, brought: str, reply: str) -> None:
    request = request_in("supplement", office)
    assert last_days(request)["supplement"] == "2026-11-16"
    request = do(request, "supplement", office, "citizen", at=moment(brought))
    assert (reply_by(request), request.supplement_over) == (reply, False)
    assert not Deadline.objects.running().filter(case=request).exclude(term="request.reply").exists()


def test_while_the_applicant_is_at_it_nothing_is_missed(office: Bureau) -> None:
    request = request_in("supplement", office)
    sweep(at=moment("2026-11-19 23:59"))
    assert not Card.objects.filter(case=request).exists()


@pytest.mark.parametrize("swept", ["2026-11-17 00:00", "2026-11-18 15:00"])
def test_the_time_for_a_supplement_ends_by_itself(office: Bureau, swept: str) -> None:
    request = request_in("supplement", office)
    sweep(at=moment("2026-11-16 23:59"))
    assert fresh(request).supplement_over is False
    sweep(at=moment(swept))
    sweep(at=moment(swept))
    over = once(request, "supplement_over")
    assert (over.at, over.actor_id) == (moment("2026-11-17 00:00"), None)
    assert (fresh(request).state, fresh(request).supplement_over) == ("supplement", True)
    # Then an officer has three working days to say whether there was a good reason.
    assert last_days(request)["lapsed"] == "2026-11-20"


def test_an_officer_who_does_not_decide_on_it_is_late(office: Bureau) -> None:
    """Also where no sweep came by on the day on which the time was over."""
    request = request_in("supplement", office)
    sweep(at=moment("2026-12-20 09:00"))
    card = Card.objects.get(case=request)
    assert (card.issued_at, card.holder_name) == (moment("2026-11-21 00:00"), "公样例")
    assert once(request, "supplement_over").at == moment("2026-11-17 00:00")


# Others who are asked (arts. 32 to 34): received and asked on 2 November, to be answered by the 30th --------


@pytest.mark.parametrize(("at", "_seventh", "fifteenth", "_twentieth"), VECTORS)
def test_fifteen_days_to_answer(
    office: Bureau, at: str, _seventh: str, fifteenth: str, _twentieth: str
) -> None:
    request = request_in("consulting", office, at=moment(at))
    assert last_days(request)["consult"] == fifteenth
    pause = Pause.objects.get(deadline__case=request)
    assert pause.starts_on == moment(at).date() + of.DAY
    assert str(pause.ends_on) == fifteenth


# The day of asking counts; those from the next to the day of the answer do not.
@pytest.mark.parametrize(
    ("answered", "reply"),
    [
        ("2026-11-02 17:00", "2026-11-30"),
        ("2026-11-03 09:00", "2026-12-01"),
        ("2026-11-04 23:59", "2026-12-02"),
        ("2026-11-06 09:00", "2026-12-04"),
        # On a Saturday: as many working days as on the Friday.
        ("2026-11-07 09:00", "2026-12-04"),
        ("2026-11-09 09:00", "2026-12-07"),
        ("2026-11-20 09:00", "2026-12-18"),
        ("2026-11-23 23:59", "2026-12-21"),
    ],
)
def test_the_days_until_an_answer_do_not_count(office: Bureau, answered: str, reply: str) -> None:
    request = request_in("consulting", office)
    assert reply_by(request) == "2026-12-21"
    request = do(request, "record_opinion", office, at=moment(answered))
    assert (request.state, reply_by(request)) == ("reviewing", reply)
    assert clock(request, "consult").ended == "kept"


@pytest.mark.parametrize("swept", ["2026-11-24 00:00", "2026-12-10 15:00"])
def test_silence_excludes_fifteen_days_and_ends_by_itself(office: Bureau, swept: str) -> None:
    request = request_in("consulting:two", office)
    sweep(at=moment("2026-11-23 23:59"))
    assert fresh(request).state == "consulting"
    sweep(at=moment(swept))
    sweep(at=moment(swept))
    assert (fresh(request).state, reply_by(request)) == ("reviewing", "2026-12-21")
    over = once(request, "consultation_over")
    assert (over.at, over.actor_id) == (moment("2026-11-24 00:00"), None)
    assert not Card.objects.filter(case=request).exists()


def test_an_opinion_after_the_time_is_over_is_too_late(office: Bureau) -> None:
    """Also where no sweep came by."""
    request = request_in("consulting", office)
    with pytest.raises(Refused):
        do(request, "record_opinion", office, at=moment("2026-11-24 00:00"))


def test_of_several_the_last_answer_counts(office: Bureau) -> None:
    request = request_in("consulting:two", office)
    request = do(request, "record_opinion", office, at=moment("2026-11-04 09:00"))
    assert (request.state, reply_by(request)) == ("consulting", "2026-12-21")
    request = do(request, "record_opinion", office, at=moment("2026-11-06 09:00"))
    assert (request.state, reply_by(request)) == ("reviewing", "2026-12-04")


def test_one_answers_and_another_is_silent(office: Bureau) -> None:
    request = request_in("consulting:two", office)
    do(request, "record_opinion", office, at=moment("2026-11-04 09:00"))
    sweep(at=moment("2026-11-24 00:00"))
    assert (fresh(request).state, reply_by(request)) == ("reviewing", "2026-12-21")
    answers = {each.kind: each.answer for each in request.consultations.all()}
    assert answers == {"third_party": "agrees", "co_agency": "agrees"}


def test_one_after_another(office: Bureau) -> None:
    """3 and 4 November, then 6 and 9 November: four working days."""
    request = do(request_in("consulting", office), "record_opinion", office, at=moment("2026-11-04 09:00"))
    parties = [("co_agency", of.CO_AGENCY)]
    request = do(request, "consult", office, at=moment("2026-11-05 09:00"), parties=parties)
    request = do(request, "record_opinion", office, at=moment("2026-11-09 09:00"))
    assert reply_by(request) == "2026-12-04"


def test_asked_later_on(office: Bureau) -> None:
    """On 11 November, the 7th day: 15 days that end on 2 December are excluded all the same."""
    request = do(request_in("reviewing", office), "consult", office, at=moment("2026-11-11 09:00"))
    assert (last_days(request)["consult"], reply_by(request)) == ("2026-12-02", "2026-12-21")


def test_what_is_excluded_says_why_by_what_law_and_by_which_letter(office: Bureau) -> None:
    request = request_in("consulting:two", office)
    pause = Pause.objects.get(deadline__case=request)
    assert pause.deadline.term == "request.reply"
    assert "征求" in pause.reason
    assert "政府信息公开条例第三十三条" in pause.basis
    for letter in request.consultations.all():
        assert letter.document.number in pause.evidence
    assert pause.by_id == office.staff["disclosure"].pk


# Extension (art. 33) ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("days", "reply"),
    [(1, "2026-12-01"), (5, "2026-12-07"), (10, "2026-12-14"), (20, "2026-12-28")],
)
@pytest.mark.parametrize("state", ["registered", "registered:asked", "reviewing"])
def test_the_head_extends_it(office: Bureau, state: str, days: int, reply: str) -> None:
    request = do(request_in(state, office), "extend", office, "agency_head", extend_by=days)
    assert (reply_by(request), request.extension_asked) == (reply, None)
    given = Extension.objects.get(deadline__case=request)
    assert (given.length, given.by_name, given.reason) == (days, "局样例", "情况属实，同意延长。")


@pytest.mark.parametrize("way", ["asked", "refused"])
def test_to_ask_gives_no_day(office: Bureau, way: str) -> None:
    request = request_in("reviewing:asked", office)
    if way == "refused":
        request = do(request, "refuse_extension", office, "agency_head")
        assert do(request, "ask_extension", office).extension_asked == 10
    assert reply_by(request) == "2026-11-30"


def test_extended_while_others_are_asked(office: Bureau) -> None:
    """Ten days more, and two that do not count."""
    request = do(request_in("consulting", office), "extend", office, "agency_head")
    request = do(request, "record_opinion", office, at=moment("2026-11-04 09:00"))
    assert reply_by(request) == "2026-12-16"


def test_after_a_restart_the_extension_is_gone_and_none_is_left(office: Bureau) -> None:
    request = do(request_in("registered:extended", office), "ask_supplement", office)
    request = do(request, "supplement", office, "citizen", at=moment("2026-11-10 09:00"))
    assert reply_by(request) == "2026-12-08"
    with pytest.raises(Refused):
        do(request, "extend", office, "agency_head", at=moment("2026-11-10 09:00"))


def test_into_a_year_whose_holidays_nobody_knows(office: Bureau) -> None:
    request = do(request_in("consulting", office), "extend", office, "agency_head", extend_by=20)
    assert clock(request, "reply").provisional
    assert not clock(request, "consult").provisional


# Fee (国办函〔2020〕109号 art. 6) ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("paid_on", "recorded", "reply"),
    [
        ("2026-11-02", "2026-11-02 17:00", "2026-11-30"),
        ("2026-11-10", "2026-11-10 09:00", "2026-12-08"),
        ("2026-11-10", "2026-11-12 09:00", "2026-12-08"),
        ("2026-11-30", "2026-11-30 23:59", "2026-12-28"),
    ],
)
def test_the_twenty_days_begin_anew_with_the_payment(
    office: Bureau, paid_on: str, recorded: str, reply: str
) -> None:
    request = request_in("fee", office)
    assert (last_days(request)["fee"], clock(request, "reply").ended) == ("2026-11-30", "void")
    request = do(request, "record_payment", office, at=moment(recorded), paid_on=of.day(paid_on))
    assert (request.state, reply_by(request)) == ("reviewing", reply)
    assert clock(request, "fee").ended == "kept"


@pytest.mark.parametrize("swept", ["2026-12-01 00:00", "2026-12-07 15:00"])
def test_what_is_not_paid_is_given_up_by_a_person(office: Bureau, swept: str) -> None:
    request = request_in("fee", office)
    sweep(at=moment("2026-11-30 23:59"))
    assert fresh(request).state == "fee"
    sweep(at=moment(swept))
    sweep(at=moment(swept))
    found, over = fresh(request), once(request, "fee_over")
    assert (found.state, found.payment_over, found.outcome) == ("fee", True, "")
    assert (over.at, over.actor_id) == (moment("2026-12-01 00:00"), None)
    # It was the applicant's own time; from now on it is the officer's.
    assert last_days(found)["lapsed"] == "2026-12-04"
    given_up = do(found, "lapse", office, at=moment("2026-12-07 16:00"))
    assert (given_up.state, given_up.outcome) == ("closed", "fee_lapsed")
    assert list(found.papers.values_list("purpose", flat=True)) == ["receipt", "fee", "lapsed"]


def test_what_was_paid_on_the_last_day_is_entered_on_the_next(office: Bureau) -> None:
    request = request_in("fee:over", office)
    at = moment("2026-12-01 10:00")
    with pytest.raises(Refused, match="2026-11-30") as refused:
        do(request, "record_payment", office, at=at, paid_on=of.day("2026-12-01"))
    assert refused.value.field == "paid_on"
    request = do(request, "record_payment", office, at=at, paid_on=of.day("2026-11-30"))
    assert (request.state, reply_by(request)) == ("reviewing", "2026-12-28")
    assert clock(request, "lapsed").ended == "kept"


def test_an_opinion_that_is_entered_late_excludes_no_more_days_than_passed(office: Bureau) -> None:
    request = request_in("consulting", office)
    request = do(
        request, "record_opinion", office, at=moment("2026-11-13 09:00"), answered_on=of.day("2026-11-06")
    )
    # 3 to 6 November do not count: four working days more than 30 November.
    assert (request.state, reply_by(request)) == ("reviewing", "2026-12-04")


@pytest.mark.parametrize("day", ["2026-11-01", "2026-11-14"])
def test_an_opinion_comes_between_the_letter_and_today(office: Bureau, day: str) -> None:
    request = request_in("consulting", office)
    with pytest.raises(Refused) as refused:
        do(request, "record_opinion", office, at=moment("2026-11-13 09:00"), answered_on=of.day(day))
    assert refused.value.field == "answered_on"


def test_on_the_last_day_nobody_is_asked(office: Bureau) -> None:
    request = request_in("reviewing", office)
    with pytest.raises(Refused, match=r"extended first|延长"):
        do(request, "consult", office, at=moment("2026-11-30 09:00"))
    do(request, "consult", office, at=moment("2026-11-27 09:00"))


@pytest.mark.parametrize(("earlier", "fee"), [(10, 100), (29, 100), (30, 200)])
def test_the_fee_is_that_of_the_place_in_the_month(office: Bureau, earlier: int, fee: int) -> None:
    for _each in range(earlier):
        of.applied(office, channel="counter")
    request = request_in("reviewing", office)
    request = do(request, "ask_fee", office, fee_by="number", fee_pages=None)
    assert (fresh(request).fee, fresh(request).fee_pages) == (fee, None)


# Missed -----------------------------------------------------------------------------------------------------


def missed(request: InformationRequest) -> list[tuple[str, str, datetime]]:
    """Limit, whose name, and since when, as the ledger has it; and for each there is a card."""
    events = Event.objects.of(request.subject).filter(verb="limit_missed")
    cards = {each.deadline.term: each for each in Card.objects.filter(case=request)}
    assert set(cards) == {each.data["term"] for each in events}
    for each in events:
        assert cards[each.data["term"]].holder_id == each.data["holder"]
    return [(each.data["term"], cards[each.data["term"]].holder_name, each.at) for each in events]


@pytest.mark.parametrize("swept", ["2026-12-01 00:00", "2026-12-09 09:00"])
@pytest.mark.parametrize(("who", "name"), [("disclosure", "公样例"), ("disclosure2", "开样例")])
def test_a_late_answer_bears_the_name_of_who_works_on_it(
    office: Bureau, who: str, name: str, swept: str
) -> None:
    request = request_in("reviewing", office, who=who)
    sweep(at=moment("2026-11-30 23:59"))
    assert missed(request) == []
    sweep(at=moment(swept))
    assert missed(request) == [("request.reply", name, moment("2026-12-01 00:00"))]
    assert Card.objects.get(case=request).colour == "red"
    # It stays missed when it is answered.
    do(request, "reply", office, at=moment("2026-12-10 09:00"))
    assert clock(request, "reply").breached_at == moment("2026-12-01 00:00")


def test_an_answer_on_the_last_day_is_in_time(office: Bureau) -> None:
    request = do(request_in("reviewing", office), "reply", office, at=moment("2026-11-30 23:59"))
    assert (clock(request, "reply").ended, clock(request, "reply").breached_at) == ("kept", None)
    assert last_days(request)["deliver"] == "2026-12-03"
    sweep(at=moment("2026-12-04 00:00"))
    assert missed(request) == [("request.deliver", "公样例", moment("2026-12-04 00:00"))]


def test_what_nobody_looked_at_in_seven_days_is_late(office: Bureau) -> None:
    request = request_in("registered", office)
    sweep(at=moment("2026-11-12 00:00"))
    assert missed(request) == [("request.notify", "公样例", moment("2026-11-12 00:00"))]


@pytest.mark.parametrize("state", ["submitted", "supplement", "consulting", "fee", "replied"])
def test_what_is_withdrawn_or_closed_has_no_clock(office: Bureau, state: str) -> None:
    request = request_in(state, office)
    if state == "replied":
        request = do(do(request, "deliver", office), "close", office)
    else:
        request = do(request, "withdraw", office, "citizen")
    assert not Deadline.objects.running().filter(case=request).exists()
    sweep(at=moment("2027-02-01 00:00"))
    assert missed(request) == []


# Explained --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("state", [*of.REQUEST_WAYS, *of.BY_THE_CLOCK])
def test_every_limit_is_explained(office: Bureau, state: str, language: str) -> None:
    """To the last day, with as many days counted as the limit has; what is excluded says why."""
    request = request_in(state, office)
    calendar, found = current_calendar(), case_deadlines(request)
    with translation.override(language):
        clocks = clocks_of(found, now=MONDAY, calendar=calendar)
        assert {each.deadline.pk for each in clocks} == {each.pk for each in found} != set()
        for each in found:
            told = deadline_as_data(each, calendar=calendar, now=MONDAY)
            assert told["explanation"][-1]["date"] == told["due_on"]
            counted = [day for day in told["explanation"] if day["counted"]]
            assert len(counted) == each.length + each.extended
            paused = {day["date"] for day in told["explanation"] if day["reason"] == "paused"}
            assert bool(paused) == any(pause.starts_on <= pause.ends_on for pause in each.pauses.all())
            assert told["name"] != each.term
            assert explanation(each, calendar=calendar, now=MONDAY).calendar_moved is False
