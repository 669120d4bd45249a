"""The clocks of a publication: twenty working days from the making of a document (政府信息公开条例 art. 26),
and the midnight at which what was scheduled comes out by itself.

Days are counted by hand: in 2026, 15 to 23 February and 1 to 7 October are holidays, 14 and 28 February,
20 September and 10 October are worked.
"""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import translation

from disclosure import actions
from disclosure.models import Disclosure, Publication
from portal.cases.actions import sweep
from portal.cases.explaining import case_deadlines, clocks_of, deadline_as_data
from portal.cases.models import Deadline
from portal.ledger.models import Event
from portal.notices.models import Notice
from portal.oversight.models import Card
from portal.workdays.current import current_calendar
from tests.bureau import MONDAY, Bureau, moment
from tests.disclosure import office as of

founded, office = of.founded, of.office
PUBLISH, ON_ITS_DAY = "publication.publish", "publication.scheduled"


def clock(publication: Publication, term: str = PUBLISH) -> Deadline:
    return Deadline.objects.filter(case=publication, term=term).latest("pk")


def state_of(publication: Publication) -> str:
    return Publication.objects.get(pk=publication.pk).state


# From the day of making -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("made_on", "last"),
    [
        ("2026-11-02", "2026-11-30"),
        ("2026-10-30", "2026-11-27"),
        # A Saturday, on which a document was made all the same.
        ("2026-10-31", "2026-11-27"),
        ("2026-09-30", "2026-11-03"),
        ("2026-09-18", "2026-10-22"),
        ("2026-02-13", "2026-03-19"),
        ("2026-02-15", "2026-03-20"),
        ("2011-09-30", "2011-11-02"),
    ],
)
def test_twenty_working_days_from_the_making(office: Bureau, made_on: str, last: str) -> None:
    draft = of.drafted(office, of.text(office, dated_on=of.day(made_on)))
    found = clock(draft)
    assert (str(found.due_on), found.limit) == (last, "statutory")
    assert found.started_at == moment(f"{made_on} 09:00")
    assert "第二十六条" in found.basis


def test_of_several_the_oldest_counts(office: Bureau) -> None:
    days = ("2026-10-30", "2026-10-28", "2026-11-02")
    draft = of.drafted(office, *(of.text(office, dated_on=of.day(each)) for each in days))
    assert str(clock(draft).due_on) == "2026-11-25"


@pytest.mark.parametrize("occasion", ["request", "carried_over"])
def test_occasions_without_a_clock(office: Bureau, occasion: str) -> None:
    old = of.text(office, dated_on=of.day("2019-05-15"))
    draft = of.drafted(office, old, occasion=occasion)
    assert not Deadline.objects.filter(case=draft).exists()
    assert not Card.objects.filter(case=draft).exists()


def test_a_correction_has_no_clock(office: Bureau) -> None:
    """What it corrects is public already."""
    old = of.text(office, dated_on=of.day("2019-05-15"))
    draft = of.drafted(office, old, corrects=of.public_item(office), correction_note="路段有误。")
    assert not Deadline.objects.filter(case=draft).exists()


def test_what_was_made_long_ago_is_overdue_at_once_under_its_authors_name(office: Bureau) -> None:
    draft = of.drafted(office, of.text(office, dated_on=of.day("2026-09-18")))
    missed = Event.objects.of(draft.subject).get(verb="limit_missed")
    author = office.staff["handler"]
    assert (missed.data["term"], missed.data["holder"]) == (PUBLISH, author.pk)
    assert missed.at == clock(draft).breached_at == moment("2026-10-23 00:00")
    card = Card.objects.get(case=draft)
    assert (card.colour, card.holder_name, card.unit_id) == ("red", "林样例", office.units["greening"].pk)
    assert of.verbs_of(draft)[0] == "draft"


def test_a_limit_is_missed_by_whoever_has_it_then(office: Bureau) -> None:
    waiting = of.publication_in("review", office)
    sweep(at=moment("2026-11-30 23:59"))
    assert not Card.objects.filter(case=waiting).exists()
    sweep(at=moment("2026-12-03 08:00"))
    card = Card.objects.get(case=waiting)
    assert (card.holder_id, card.issued_at) == (office.staff["secrecy"].pk, moment("2026-12-01 00:00"))


@pytest.mark.parametrize(("revised", "last"), [("2026-10-28", "2026-11-25"), ("2026-11-02", "2026-11-30")])
def test_another_day_of_making_moves_the_limit(office: Bureau, revised: str, last: str) -> None:
    draft = of.drafted(office, of.text(office, dated_on=of.day("2026-10-30")))
    of.move(draft, "revise", office, "handler", text=of.text(office, dated_on=of.day(revised)))
    assert Publication.objects.get(pk=draft.pk).made_on == of.day(revised)
    assert str(clock(draft).due_on) == last
    assert Deadline.objects.filter(case=draft, term=PUBLISH, ended="restarted").count() == 1


def test_another_word_of_the_text_moves_nothing(office: Bureau) -> None:
    """And the card of a limit that was missed is not issued a second time."""
    late = of.text(office, dated_on=of.day("2026-09-18"))
    draft = of.drafted(office, late, of.text(office))
    more = of.text(office, body="路段如附表。", dated_on=of.day("2026-10-12"))
    of.move(draft, "revise", office, "handler", text=more, position=2)
    assert Deadline.objects.filter(case=draft).count() == Card.objects.filter(case=draft).count() == 1
    assert Publication.objects.get(pk=draft.pk).made_on == of.day("2026-09-18")


def test_to_be_sent_back_gives_nobody_more_time(office: Bureau) -> None:
    publication = of.publication_in("ready", office)
    of.move(publication, "send_back", office, "disclosure", at=moment("2026-11-20 09:00"))
    assert str(clock(publication).due_on) == "2026-11-30"


@pytest.mark.parametrize(("verb", "state"), [("publish", "ready"), ("drop", "draft")])
def test_the_limit_ends_with_it(office: Bureau, verb: str, state: str) -> None:
    publication = of.publication_in(state, office)
    of.move(publication, verb, office, "disclosure", at=moment("2026-11-30 23:59"))
    found = clock(publication)
    assert (found.ended, found.breached_at) == ("kept", None)


def test_what_is_published_late_was_late(office: Bureau) -> None:
    publication = of.publication_in("ready", office)
    of.move(publication, "publish", office, "disclosure", at=moment("2026-12-01 00:00"))
    assert clock(publication).breached_at == moment("2026-12-01 00:00")
    # Whoever had it then, though nobody swept.
    assert Card.objects.get(case=publication).holder_id == office.staff["disclosure"].pk


# On its day -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("scheduled", "for_day"),
    [
        ("2026-11-02 09:00", "2026-11-03"),
        ("2026-11-02 09:00", "2026-11-05"),
        ("2026-11-02 23:59", "2026-11-06"),
        # Sunday 8 November, on which a day of work follows.
        ("2026-11-08 10:00", "2026-11-10"),
        # A Saturday is a day on which one may publish: its eve is a working day.
        ("2026-11-02 09:00", "2026-11-07"),
        ("2026-11-02 09:00", "2026-11-08"),
        ("2026-11-02 09:00", "2026-11-09"),
        ("2026-11-07 10:00", "2026-11-08"),
    ],
)
@pytest.mark.parametrize("late", [0, 34])
def test_it_comes_out_at_the_midnight_that_begins_its_day(
    office: Bureau, scheduled: str, for_day: str, late: int
) -> None:
    """Not a minute before; and under that midnight also where the sweep comes later."""
    publication = of.publication_in("ready", office)
    day = of.day(for_day)
    of.move(publication, "schedule", office, "disclosure", at=moment(scheduled), publish_on=day)
    midnight = moment(f"{for_day} 00:00")
    sweep(at=midnight - of.MINUTE)
    assert state_of(publication) == "scheduled"
    sweep(at=midnight + late * of.HOUR)
    sweep(at=midnight + late * of.HOUR)
    assert state_of(publication) == "published"
    item = publication.entries.select_related("item").get().item
    assert item is not None
    assert item.published_at == midnight
    published = Event.objects.of(publication.subject).get(verb="publish")
    assert (published.at, published.actor_id) == (midnight, None)
    assert clock(publication, ON_ITS_DAY).ended == "followed"
    assert not Card.objects.filter(case=publication).exists()


def test_on_the_last_day_of_the_limit_it_is_in_time(office: Bureau) -> None:
    publication = of.publication_in("ready", office)
    of.move(publication, "schedule", office, "disclosure", publish_on=of.day("2026-11-27"))
    sweep(at=moment("2026-12-02 09:00"))
    assert (clock(publication).ended, clock(publication).breached_at) == ("kept", None)


def test_what_is_late_already_may_be_scheduled(office: Bureau) -> None:
    late = of.publication_in("ready", office, of.text(office, dated_on=of.day("2026-09-18")))
    of.move(late, "schedule", office, "disclosure", publish_on=of.day("2026-11-05"))
    sweep(at=moment("2026-11-05 00:00"))
    assert state_of(late) == "published"


@pytest.mark.parametrize(("verb", "state"), [("unschedule", "ready"), ("drop", "dropped")])
def test_what_was_taken_from_the_schedule_does_not_come_out(office: Bureau, verb: str, state: str) -> None:
    publication = of.publication_in("scheduled", office)
    of.move(publication, verb, office, "disclosure")
    before = Disclosure.objects.count()
    sweep(at=moment("2026-11-06 00:00"))
    assert state_of(publication) == state
    assert Disclosure.objects.count() == before


def test_an_officer_need_not_wait_for_it(office: Bureau) -> None:
    publication = of.publication_in("scheduled", office)
    of.move(publication, "publish", office, "disclosure", at=moment("2026-11-03 09:00"))
    before = Disclosure.objects.count()
    sweep(at=moment("2026-11-05 00:00"))
    assert Disclosure.objects.count() == before


def test_what_cannot_come_out_is_ready_as_before_and_its_people_are_told(office: Bureau) -> None:
    """The item that it corrects was withdrawn: the clock stops for nobody, and somebody can act."""
    item = of.public_item(office)
    stuck = of.publication_in("scheduled", office, corrects=item, correction_note="路段有误。")
    other = of.publication_in("scheduled", office)
    actions.withdraw(item, reason="发布有误。", actor=office.actor("disclosure"), at=MONDAY)
    assert sweep(at=moment("2026-11-05 00:00")).failed == 0
    assert (state_of(stuck), state_of(other)) == ("ready", "published")
    told = Notice.objects.filter(case=stuck, queued_at=moment("2026-11-05 00:00"))
    assert all("未能按日公开" in each.subject for each in told)
    assert told.exists()
    of.move(stuck, "drop", office, "disclosure", at=moment("2026-11-05 09:00"), note="原信息已撤回。")
    assert state_of(stuck) == "dropped"


# Explained --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", of.PUBLICATION_WAYS)
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_limit_is_explained(office: Bureau, state: str, language: str) -> None:
    publication = of.publication_in(state, office)
    calendar, found = current_calendar(), case_deadlines(publication)
    assert found
    with translation.override(language):
        clocks = clocks_of(found, now=MONDAY, calendar=calendar)
        assert {each.deadline.pk for each in clocks} == {each.pk for each in found}
        for each in found:
            told: dict[str, Any] = deadline_as_data(each, calendar=calendar, now=MONDAY)
            assert told["explanation"][-1]["date"] == told["due_on"]
            counted = [day for day in told["explanation"] if day["counted"]]
            assert len(counted) == each.length
            assert told["name"] != each.term
