"""One order of time for all that tell of the demonstration bureau."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import partial

import pytest

from portal.cases.terms import SHANGHAI, midnight
from portal.ledger.actions import record
from portal.ledger.models import Event, Seal
from portal.organisation.actors import SYSTEM, Role
from portal.site import story as told
from portal.site.story import Story
from tests.bureau import Bureau, make_bureau

# A Monday: two rest days and a working day come before it.
TODAY = date(2026, 11, 23)
DAYS = 3


@pytest.fixture
def bureau(db: None) -> Bureau:
    return make_bureau()


@pytest.fixture
def story(bureau) -> Story:
    return begin()


def begin(seed: int = 7) -> Story:
    return Story(today=TODAY, seed=seed, progress=lambda *step: None, days=DAYS)


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=SHANGHAI)


def test_deeds_are_done_in_the_order_of_time(story):
    done = []
    first, second = story.part("first"), story.part("second")

    def early(moment: datetime) -> None:
        done.append(("early", moment))
        first.plan(at(21, 11), partial(note, "follows"))

    def note(name: str, moment: datetime) -> None:
        done.append((name, moment))

    first.plan(at(21, 12), partial(note, "late"))
    second.plan(at(21, 10), early)
    second.plan(at(21, 12), partial(note, "as late, planned afterwards"))
    story.live()
    assert done == [
        ("early", at(21, 10)),
        ("follows", at(21, 11)),
        ("late", at(21, 12)),
        ("as late, planned afterwards", at(21, 12)),
    ]


def test_each_night_sweeps_then_asks_the_apps_then_seals(story, monkeypatch):
    done = []
    monkeypatch.setattr(told, "sweep", lambda *, at: done.append(("sweep", at)))
    monkeypatch.setattr(told, "seal", lambda *, day, at: done.append(("seal", day)))
    story.part("first").every_night.append(lambda at: done.append(("first", at)))
    story.part("second").every_night.append(lambda at: done.append(("second", at)))
    story.live()
    nights = [TODAY - timedelta(days=back) for back in (3, 2, 1, 0)]
    assert done == [
        each
        for day in nights
        for each in (
            ("sweep", midnight(day) + timedelta(minutes=1)),
            ("first", midnight(day) + timedelta(minutes=5)),
            ("second", midnight(day) + timedelta(minutes=5)),
            ("seal", day - timedelta(days=1)),
        )
    ]


def test_what_is_done_at_night_is_sealed_in_that_night(story):
    story.every_night.append(lambda at: record("night:all", "noted", at=at, actor=SYSTEM))
    story.live()
    noted = list(Event.objects.filter(verb="noted").values_list("id", flat=True))
    sealed = Seal.objects.values_list("day", "last_event_id")
    assert list(sealed) == list(zip([date(2026, 11, day) for day in (19, 20, 21, 22)], noted, strict=True))


def test_nothing_is_done_from_the_end_on(story):
    done = []
    for moment in (story.until - timedelta(seconds=1), story.until, story.until + timedelta(days=1)):
        story.plan(moment, done.append)
    story.live()
    assert done == [story.until - timedelta(seconds=1)]
    assert story.until == at(23, 0, 11)


def test_it_is_founded_before_the_first_night(story):
    assert story.founded == at(19, 9)
    assert min(story.deeds)[0] == at(20, 0, 1)


def test_tellers_do_not_disturb_each_other(bureau):
    def chosen(story: Story) -> list[datetime]:
        return [story.moment(TODAY) for _each in range(5)]

    alone = chosen(begin().part("first"))
    story = begin()
    chosen(story)
    other = chosen(story.part("second"))
    assert chosen(story.part("first")) == alone != other
    assert chosen(begin(seed=8).part("first")) != alone
    assert story.part("first").rng is story.rng_for("first")


def test_moments_are_in_working_hours(story):
    for _each in range(50):
        assert 8 <= story.moment(TODAY).hour < 17
        assert 20 <= story.moment(TODAY, 20, 22).hour < 22
    # Friday evening, and two rest days after it.
    assert story.later(at(20, 17, 55), 0).date() == TODAY
    assert story.later(at(20, 10), 1).date() == TODAY
    soon = story.later(at(20, 10), 0.9) - at(20, 10)
    assert timedelta(minutes=10) <= soon < timedelta(minutes=110)


def test_soon_hands_on_what_it_was_given(story):
    done = []
    story.soon(at(20, 10), lambda *given: done.append(given), "one", 2, days=0)
    story.live()
    [(one, two, moment)] = done
    assert (one, two) == ("one", 2)
    assert at(20, 10, 10) <= moment < at(20, 11, 50)


def test_who_is_hired_for_what(story, bureau):
    assert story.supervisor == bureau.actor("supervisor") == story.people["supervisor"]
    assert story.who(Role.HANDLER) == bureau.actor("handler")
    assert story.who(Role.HANDLER, unit=story.units["roads"]) == bureau.actor("handler_roads")
    with pytest.raises(StopIteration):
        story.who(Role.CLERK, unit=story.units["roads"])
