"""Publications against their table: who may take which step in which state, and where it leads.

What is refused besides stands in test_publication_refusals.py, what the clocks do in
test_publication_clocks.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction

from disclosure import actions, publishing
from disclosure.models import Disclosure, Publication, Validity
from disclosure.rules import publication as rules
from portal.cases import kinds
from portal.cases.actions import sweep
from portal.cases.workflow import NotAllowed, Refused
from portal.ledger.models import Event
from portal.organisation.actors import ANONYMOUS, CITIZEN, STAFF_ROLES
from tests.bureau import MONDAY, Bureau, moment
from tests.disclosure import office as of
from tests.disclosure import publication_table as table

founded, office = of.founded, of.office

EVERY = [(state, verb) for state in table.STATES for verb in table.VERBS]
MOVES = [(state, verb) for state, verb in EVERY if state in table.ALLOWED[verb]]


@pytest.fixture(scope="module")
def scenes(founded: Bureau, django_db_blocker: Any) -> Iterator[dict[str, int]]:
    """A publication in each state, made once: what is tried with it is undone."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield {state: of.publication_in(state, founded).pk for state in table.STATES}
        transaction.set_rollback(True)


@pytest.fixture
def scene(scenes: dict[str, int], db: None) -> Any:
    return lambda state: Publication.objects.get(pk=scenes[state])


def take(publication: Publication, verb: str, role: str, office: Bureau) -> Publication:
    """As somebody of the role who enters what is right. What the clock does, a sweep does in its time."""
    if role in table.ALLOWED[verb].get(publication.state, ()) and role == "system":
        sweep(at=of.after_last_day(publication, "publication.scheduled"))
        return Publication.objects.get(pk=publication.pk)
    return of.move_as(publication, verb, office, of.actor_of(office, role))


def tried(publication: Publication, verb: str, role: str, office: Bureau) -> str:
    """How a try ends, which is undone."""
    with of.undone():
        try:
            take(publication, verb, role, office)
        except NotAllowed:
            return "not allowed"
        except Refused:
            return "refused"
        return "taken"


def test_the_table_speaks_of_every_state_and_verb() -> None:
    workflow = kinds.named(publishing.KIND).workflow
    assert tuple(workflow.states) == table.STATES
    assert set(workflow.transitions) == set(table.VERBS) == set(table.ALLOWED)
    assert set(MOVES) == set(table.LEADS_TO)
    assert workflow.final == {"published", "dropped"}


# Where somebody of the right role is told that it is not for them, rather than not the time for it.
NOT_THEIRS = {
    # It is sent back by whose turn it is.
    *(
        (state, "send_back", role)
        for state, whose in table.ALLOWED["send_back"].items()
        for role in ("secrecy_reviewer", "disclosure_officer", "agency_head")
        if role not in whose
    ),
    # The portal publishes what was put on the schedule.
    ("ready", "publish", "system"),
}


@pytest.mark.parametrize(("state", "verb"), EVERY)
def test_who_may_take_a_step(scene: Any, office: Bureau, state: str, verb: str) -> None:
    """Each role tries, and each try is undone; who is refused for the role is told so."""
    publication, ever = scene(state), frozenset().union(*table.ALLOWED[verb].values())
    before, may = of.as_kept(publication), table.ALLOWED[verb].get(state, frozenset())
    expected = {
        role: "taken"
        if role in may
        else "refused"
        if role in ever and (state, verb, role) not in NOT_THEIRS
        else "not allowed"
        for role in table.ROLES
    }
    assert {role: tried(publication, verb, role, office) for role in table.ROLES} == expected
    assert of.as_kept(publication) == before


@pytest.mark.parametrize("state", table.STATES)
def test_the_buttons_are_those_of_the_table(scene: Any, office: Bureau, state: str) -> None:
    publication = scene(state)
    for role in table.ROLES:
        actor = of.actor_of(office, role)
        drawn = {each.name for each in rules.WORKFLOW.allowed(publication, actor=actor, at=MONDAY)}
        may = {verb for verb in table.VERBS if role in table.ALLOWED[verb].get(state, frozenset())}
        # The portal presses no button.
        assert drawn == (set() if role == "system" else may), role


@pytest.mark.parametrize(("state", "verb"), MOVES)
def test_where_a_step_leads(scene: Any, office: Bureau, state: str, verb: str) -> None:
    for role in sorted(table.ALLOWED[verb][state]):
        with of.undone():
            publication = scene(state)
            moved = take(publication, verb, role, office)
            found = Publication.objects.get(pk=publication.pk)
            expected = table.LEADS_TO[state, verb] or state
            assert moved.state == found.state == expected
            assert found.is_open == (expected not in ("published", "dropped"))
            last = Event.objects.of(publication.subject).filter(verb=verb).latest("seq")
            assert last.actor_id == of.actor_of(office, role).id
            assert (last.data["from"], last.data["state"]) == (state, expected)


# Whatever the table calls a case: what is asked for in the draft, and what is entered.
CASES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "a third party is concerned": ({"third_party": of.THIRD_PARTY}, {}),
    "a third party is concerned, and it needs approval": (
        {"third_party": of.THIRD_PARTY, "needs_approval": True},
        {},
    ),
    "it needs approval": ({"needs_approval": True}, {}),
    "may be public; a third party is concerned": ({"third_party": of.THIRD_PARTY}, {}),
    "may be public; it needs approval": ({"needs_approval": True}, {}),
    "may not be public": ({}, {"may_be_public": False}),
}


@pytest.mark.parametrize(("state", "verb", "case", "leads_to"), table.ROUTES)
def test_where_it_leads_otherwise(office: Bureau, state: str, verb: str, case: str, leads_to: str) -> None:
    needs, entered = CASES[case]
    publication = of.publication_in(state, office, **needs)
    who = of.PERSON_OF[min(table.ALLOWED[verb][state])]
    assert of.move(publication, verb, office, who, **entered).state == leads_to
    assert Publication.objects.get(pk=publication.pk).state == leads_to


@pytest.mark.parametrize("answer", ["objects", "silent"])
def test_over_an_objection_the_head_decides(office: Bureau, answer: str) -> None:
    """Art. 15 asks for a public interest: the table is silent on who weighs it, and the head does."""
    publication = of.publication_in("third_party", office)
    entered = {"third_party_answer": answer, "public_interest": "涉及行道树倒伏的公共安全。"}
    assert of.move(publication, "record_third_party", office, "disclosure", **entered).state == "approval"


def test_the_whole_way(office: Bureau) -> None:
    publication = of.drafted(office, third_party=of.THIRD_PARTY, needs_approval=True)
    way = [
        ("submit", "handler", "review"),
        ("escalate", "secrecy", "escalated"),
        ("record_determination", "secrecy2", "third_party"),
        ("record_third_party", "disclosure", "approval"),
        ("approve", "agency_head", "ready"),
        ("schedule", "disclosure", "scheduled"),
        ("unschedule", "disclosure2", "ready"),
        ("send_back", "disclosure", "draft"),
        ("revise", "disclosure2", "draft"),
        ("submit", "handler", "review"),
        ("pass_secrecy", "secrecy", "third_party"),
        ("record_third_party", "disclosure2", "approval"),
        ("approve", "agency_head", "ready"),
        ("publish", "disclosure", "published"),
    ]
    for verb, who, state in way:
        publication = of.move(publication, verb, office, who)
        assert publication.state == state, verb
    assert of.verbs_of(publication) == ["draft", *(verb for verb, _who, _state in way)]


# Whose turn it is -------------------------------------------------------------------------------------------

HELD_BY = {
    "draft": "handler",
    "review": "secrecy",
    "escalated": "secrecy",
    "third_party": "disclosure",
    "approval": "agency_head",
    "ready": "disclosure",
    "scheduled": "disclosure",
}


@pytest.mark.parametrize(("state", "who"), HELD_BY.items())
def test_whose_turn_it_is(scene: Any, office: Bureau, state: str, who: str) -> None:
    assert scene(state).holder_id == office.staff[who].pk


def test_it_is_never_the_turn_of_who_may_not(office: Bureau) -> None:
    """The first reviewer, and the first head, wrote it: it lies with another."""
    own = of.drafted(office, who="writer_reviewer")
    assert of.move(own, "submit", office, "writer_reviewer").holder_id == office.staff["secrecy"].pk
    passed = of.drafted(office, needs_approval=True)
    passed = of.move(passed, "submit", office, "handler")
    passed = of.move(passed, "pass_secrecy", office, "reviewer_head")
    assert passed.holder_id == office.staff["agency_head"].pk


def test_who_asks_the_authority_has_it_until_the_answer(office: Bureau) -> None:
    publication = of.publication_in("review", office)
    assert of.move(publication, "escalate", office, "secrecy2").holder_id == office.staff["secrecy2"].pk


def test_who_sends_back_sends_it_to_its_author(office: Bureau) -> None:
    for state, who in (
        ("review", "secrecy"),
        ("third_party", "disclosure"),
        ("approval", "agency_head"),
        ("ready", "disclosure"),
    ):
        publication = of.move(of.publication_in(state, office), "send_back", office, who)
        assert (publication.state, publication.holder_id) == ("draft", office.staff["handler"].pk)


def test_what_was_sent_back_was_reviewed_by_nobody(office: Bureau) -> None:
    publication = of.publication_in("third_party", office, needs_approval=True)
    publication = of.move(publication, "record_third_party", office, "disclosure")
    publication = of.move(publication, "send_back", office, "agency_head")
    found = Publication.objects.get(pk=publication.pk)
    assert (found.secrecy_basis, found.secrecy_by, found.secrecy_at) == ("", None, None)
    assert (found.third_party_answer, found.public_interest, found.approved_by) == ("", "", None)


# What comes of it -------------------------------------------------------------------------------------------


def test_the_texts_are_items_of_the_catalogue_in_their_order(office: Bureau) -> None:
    texts = [of.text(office, title=f"关于第{place}路段的通知") for place in (1, 2, 3)]
    publication = of.publication_in("published", office, *texts)
    items = [row.item for row in publication.entries.select_related("item")]
    assert [item.title for item in items if item] == [each.title for each in texts]
    numbers = [item.index_number for item in items if item]
    assert numbers == sorted(numbers)
    assert publication.title == "关于第1路段的通知 等3件"
    for item in items:
        assert item is not None
        published = Event.objects.of(item.subject).get()
        assert (published.verb, published.actor_id) == ("published", office.staff["disclosure"].pk)


@pytest.mark.parametrize("state", [each for each in table.STATES if each != "published"])
def test_nothing_is_public_before(office: Bureau, state: str) -> None:
    before = Disclosure.objects.count()
    of.publication_in(state, office)
    assert Disclosure.objects.count() == before


def test_a_correction_takes_the_place_of_the_text(office: Bureau) -> None:
    item = of.public_item(office)
    before = Disclosure.objects.count()
    corrected = of.publication_in(
        "published",
        office,
        of.text(office, title="关于行道树冬季修剪的通知（更正）"),
        corrects=item,
        correction_note="路段有误。",
        at=moment("2026-11-04 09:00"),
    )
    found = Disclosure.objects.get(pk=item.pk)
    assert (found.title, found.index_number) == ("关于行道树冬季修剪的通知（更正）", item.index_number)
    assert (found.published_at, found.corrected_at) == (MONDAY, moment("2026-11-04 09:00"))
    assert corrected.entries.get().item == found
    assert Disclosure.objects.count() == before


def test_a_correction_brings_nothing_back_into_force(office: Bureau) -> None:
    item = of.public_item(office)
    actions.end(item, Validity.REPEALED, by=None, actor=office.actor("disclosure"), at=MONDAY)
    of.publication_in("published", office, corrects=item, correction_note="日期有误。")
    assert Disclosure.objects.get(pk=item.pk).validity == "repealed"


# How it begins ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", [*table.ROLES, "anonymous"])
def test_who_drafts(office: Bureau, role: str) -> None:
    verb, who, state = table.OPENING
    actor = ANONYMOUS if role == "anonymous" else of.actor_of(office, role)
    before = Publication.objects.count()
    if role in who:
        made = publishing.draft([of.text(office)], actor=actor, at=MONDAY)
        assert made.state == Publication.objects.get(pk=made.pk).state == state
        assert of.verbs_of(made) == [verb]
        assert (made.author_id, made.holder_id, made.written_by) == (actor.id, actor.id, [actor.id])
    else:
        with pytest.raises(NotAllowed):
            publishing.draft([of.text(office)], actor=actor, at=MONDAY)
        assert Publication.objects.count() == before


def test_the_number_of_the_day(office: Bureau) -> None:
    moments = ("2026-11-10 00:00", "2026-11-10 23:59", "2026-11-11 00:00")
    numbers = [of.drafted(office, at=moment(each)).number for each in moments]
    assert numbers == ["GK-20261110-0001", "GK-20261110-0002", "GK-20261111-0001"]


def test_who_sees_a_publication(office: Bureau) -> None:
    """Those of the ladder all of them, a handler those of the own unit, the public none."""
    made = of.drafted(office)
    roles = {
        role
        for role in (each.value for each in STAFF_ROLES)
        if Publication.objects.visible_to(of.actor_of(office, role)).filter(pk=made.pk).exists()
    }
    assert roles == {"disclosure_officer", "secrecy_reviewer", "agency_head", "supervisor", "handler"}
    roads = office.actor("handler_roads")
    assert not Publication.objects.visible_to(roads).filter(pk=made.pk).exists()
    assert not Publication.objects.visible_to(CITIZEN).exists()
