"""What a step of a publication or of an information request costs the database: statements, counted.

More than fifteen are those of a step that issues a paper (a number, a chain of its own, an event), that moves
limits besides (excluded time, an extension: a row, the limit, an event), or that brings an item out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from disclosure import publishing, requesting
from portal.cases.actions import sweep
from portal.organisation.actors import CITIZEN
from tests.bureau import MONDAY, Bureau, moment
from tests.disclosure import office as of

founded, office, plain_papers = of.founded, of.office, of.plain_papers
pytestmark = pytest.mark.usefixtures("plain_papers")


def statements(act: Callable[[], object]) -> int:
    """Of what is done; a savepoint is one only because a test runs in a transaction."""
    with CaptureQueriesContext(connection) as seen:
        act()
    return sum(not each["sql"].startswith(("SAVEPOINT", "RELEASE")) for each in seen)


# verb: the state, who, and how many.
REQUEST_STEPS: dict[str, tuple[str, str, int]] = {
    "register": ("submitted", "disclosure", 15),
    "begin_review": ("registered", "disclosure", 8),
    "ask_supplement": ("registered", "disclosure", 16),
    "supplement": ("supplement", "citizen", 12),
    "lapse": ("supplement:over", "disclosure", 14),
    "consult": ("reviewing", "disclosure", 21),
    "record_opinion": ("consulting", "disclosure", 19),
    "pass_secrecy": ("reviewing", "secrecy", 10),
    "ask_extension": ("reviewing", "disclosure", 9),
    "extend": ("reviewing:asked", "agency_head", 20),
    "refuse_extension": ("reviewing:asked", "agency_head", 10),
    "ask_fee": ("reviewing", "disclosure", 15),
    "record_payment": ("fee", "disclosure", 11),
    "reply": ("reviewing:reviewed", "disclosure", 16),
    "deliver": ("replied", "disclosure", 9),
    "close": ("delivered", "disclosure", 8),
    "withdraw": ("reviewing", "citizen", 10),
    "urge": ("reviewing", "supervisor", 10),
}
PUBLICATION_STEPS: dict[str, tuple[str, str, int]] = {
    "revise": ("draft", "handler", 14),
    "submit": ("draft", "handler", 12),
    "pass_secrecy": ("review", "secrecy", 10),
    "escalate": ("review", "secrecy", 9),
    "record_determination": ("escalated", "secrecy", 10),
    "record_third_party": ("third_party", "disclosure", 8),
    "approve": ("approval", "agency_head", 10),
    "schedule": ("ready", "disclosure", 8),
    "unschedule": ("scheduled", "disclosure", 7),
    "publish": ("ready", "disclosure", 19),
    "send_back": ("ready", "disclosure", 9),
    "drop": ("ready", "disclosure", 9),
    "urge": ("ready", "supervisor", 9),
}


@pytest.mark.parametrize(("verb", "step"), REQUEST_STEPS.items())
def test_steps_of_a_request(office: Bureau, verb: str, step: tuple[str, str, int]) -> None:
    state, who, most = step
    request = of.request_in(state, office)
    at = moment("2026-11-17 09:00") if state == "supplement:over" else MONDAY
    actor = CITIZEN if who == "citizen" else office.actor(who)
    entered: dict[str, Any] = of.entered_for(request, verb, at)
    if verb == "supplement":
        found = statements(lambda: requesting.bring_supplement(request, actor=actor, at=at, **entered))
    else:
        found = statements(lambda: requesting.take(request, verb, actor=actor, at=at, **entered))
    assert found == most


@pytest.mark.parametrize(("verb", "step"), PUBLICATION_STEPS.items())
def test_steps_of_a_publication(office: Bureau, verb: str, step: tuple[str, str, int]) -> None:
    state, who, most = step
    publication, actor = of.publication_in(state, office), office.actor(who)
    more = {"text": of.text(office)} if verb == "revise" else {}
    assert statements(lambda: of.move_as(publication, verb, office, actor, **more)) == most


@pytest.mark.parametrize(("channel", "most"), [("web", 8), ("post_plain", 5), ("counter", 20)])
def test_to_apply(office: Bureau, channel: str, most: int) -> None:
    """In person it is registered, with its receipt, in the same step."""
    actor, asked = (CITIZEN if channel == "web" else office.actor("disclosure")), of.asking()
    found = statements(lambda: requesting.apply(asked, channel=channel, actor=actor, at=MONDAY))
    assert found == most


@pytest.mark.parametrize(("count", "most"), [(1, (5, 12, 19)), (60, (5, 12, 23))])
def test_many_texts_cost_as_much_as_one(office: Bureau, count: int, most: tuple[int, int, int]) -> None:
    """Hardly more: many events are written together, and one alone by itself."""
    texts: Sequence[publishing.Text] = [of.text(office)] * count
    author, reviewer, officer = (office.actor(each) for each in ("handler", "secrecy", "disclosure"))
    made: list[Any] = []
    drafting = statements(lambda: made.append(publishing.draft(texts, actor=author, at=MONDAY)))
    handing_in = statements(lambda: publishing.take(made[0], "submit", actor=author, at=MONDAY))
    of.move_as(made[0], "pass_secrecy", office, reviewer)
    coming_out = statements(lambda: publishing.take(made[0], "publish", actor=officer, at=MONDAY))
    assert (drafting, handing_in, coming_out) == most


@pytest.mark.parametrize(
    ("scene", "at", "most"),
    [
        ("supplement", "2026-11-17 00:00", 25),
        ("consulting:two", "2026-11-24 00:00", 26),
        ("fee", "2026-12-01 00:00", 25),
        ("scheduled", "2026-11-05 00:00", 30),
    ],
)
def test_what_the_clock_does(office: Bureau, scene: str, at: str, most: int) -> None:
    """A sweep that finds it, and finds then that there is no more."""
    of.publication_in(scene, office) if scene == "scheduled" else of.request_in(scene, office)
    assert statements(lambda: sweep(at=moment(at))) == most
