"""Information requests against their table: who may take which step in which state, and where it leads.

What is refused besides stands in test_request_refusals.py, what the clocks do in test_request_clocks.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from django.db import transaction

from disclosure import requesting
from disclosure.models import InformationRequest
from disclosure.rules import request as rules
from portal.cases import kinds
from portal.cases.actions import sweep
from portal.cases.models import Deadline
from portal.cases.workflow import NotAllowed, Refused
from portal.ledger.models import Event
from portal.organisation.actors import ANONYMOUS, CITIZEN, STAFF_ROLES, Role
from portal.organisation.models import Staff
from tests.bureau import MONDAY, Bureau, moment
from tests.disclosure import office as of
from tests.disclosure import request_table as table

founded, office, plain_papers = of.founded, of.office, of.plain_papers
pytestmark = pytest.mark.usefixtures("plain_papers")

# The way of being in a state in which nothing but role and state decides, where the plain one is not it.
SCENES: dict[tuple[str, str], str] = {
    ("supplement", "lapse"): "supplement:over",
    ("fee", "lapse"): "fee:over",
    ("registered", "refuse_extension"): "registered:asked",
    ("reviewing", "refuse_extension"): "reviewing:asked",
    ("consulting", "refuse_extension"): "consulting:asked",
}
# What the portal itself does, it does when a limit has passed.
TERM_OF = {
    "supplement_over": "request.supplement",
    "consultation_over": "request.consult",
    "fee_over": "request.fee",
}
EVERY = [(state, verb) for state in table.STATES for verb in table.VERBS]
MOVES = [(state, verb) for state, verb in EVERY if state in table.ALLOWED[verb]]


def scene_of(state: str, verb: str) -> str:
    return SCENES.get((state, verb), state)


@pytest.fixture(scope="module")
def scenes(founded: Bureau, plain_papers: None, django_db_blocker: Any) -> Iterator[dict[str, int]]:
    """A request in each state, made once: what is tried with it is undone."""
    wanted = {scene_of(state, verb) for state, verb in EVERY}
    with django_db_blocker.unblock(), transaction.atomic():
        founded.staff |= {each.username: each for each in Staff.objects.select_related("unit")}
        # Those first for which the clock has to go on: it would go on for the others as well.
        in_order = sorted(wanted, key=lambda name: (name not in of.BY_THE_CLOCK, name))
        yield {name: of.request_in(name, founded).pk for name in in_order}
        transaction.set_rollback(True)


@pytest.fixture
def scene(scenes: dict[str, int], db: None) -> Any:
    return lambda state, verb: InformationRequest.objects.get(pk=scenes[scene_of(state, verb)])


def now_in(request: InformationRequest) -> datetime:
    """A moment at which the clock has already said what it had to say."""
    last = Event.objects.of(request.subject).latest("seq").at
    return max(last, MONDAY)


def take(request: InformationRequest, verb: str, role: str, office: Bureau) -> InformationRequest:
    """As somebody of the role who enters what is right. What the clock does, a sweep does in its time."""
    if role in table.ALLOWED[verb].get(request.state, ()) and role == "system":
        sweep(at=of.after_last_day(request, TERM_OF[verb]))
        return InformationRequest.objects.get(pk=request.pk)
    actor, at = of.actor_of(office, role), now_in(request)
    entered = of.entered_for(request, verb, at)
    return requesting.take(request, verb, actor=actor, at=at, **entered)


def tried(request: InformationRequest, verb: str, role: str, office: Bureau) -> str:
    """How a try ends, which is undone."""
    with of.undone():
        try:
            take(request, verb, role, office)
        except NotAllowed:
            return "not allowed"
        except Refused:
            return "refused"
        return "taken"


def test_the_table_speaks_of_every_state_verb_and_role() -> None:
    workflow = kinds.named(requesting.KIND).workflow
    assert tuple(workflow.states) == table.STATES
    assert set(workflow.transitions) == set(table.VERBS) == set(table.ALLOWED)
    assert set(table.ROLES) == {role.value for role in Role}
    assert set(MOVES) == set(table.LEADS_TO)
    assert workflow.final == {"closed"}


@pytest.mark.parametrize(("state", "verb"), EVERY)
def test_who_may_take_a_step(scene: Any, office: Bureau, state: str, verb: str) -> None:
    """Each role tries, and each try is undone; who is refused for the role is told so."""
    request, ever = scene(state, verb), frozenset().union(*table.ALLOWED[verb].values())
    before, may = of.as_kept(request), table.ALLOWED[verb].get(state, frozenset())
    expected = {
        role: "taken" if role in may else "refused" if role in ever else "not allowed" for role in table.ROLES
    }
    assert {role: tried(request, verb, role, office) for role in table.ROLES} == expected
    assert of.as_kept(request) == before


@pytest.mark.parametrize("state", table.STATES)
def test_the_buttons_are_those_of_the_table(scene: Any, office: Bureau, state: str) -> None:
    """What is drawn for a role is what it may take, where nothing of the request itself stands in the way."""
    requests = {scene_of(state, verb): scene(state, verb) for verb in table.VERBS}
    for role in table.ROLES:
        actor = of.actor_of(office, role)
        offered = {
            name: {each.name for each in rules.WORKFLOW.allowed(request, actor=actor, at=now_in(request))}
            for name, request in requests.items()
        }
        drawn = {verb for verb in table.VERBS if verb in offered[scene_of(state, verb)]}
        may = {verb for verb in table.VERBS if role in table.ALLOWED[verb].get(state, frozenset())}
        # The portal presses no button.
        assert drawn == (set() if role == "system" else may), role


@pytest.mark.parametrize(("state", "verb"), MOVES)
def test_where_a_step_leads(scene: Any, office: Bureau, state: str, verb: str) -> None:
    for role in sorted(table.ALLOWED[verb][state]):
        with of.undone():
            request = scene(state, verb)
            moved = take(request, verb, role, office)
            found = InformationRequest.objects.get(pk=request.pk)
            expected = table.LEADS_TO[state, verb] or state
            assert moved.state == found.state == expected
            assert found.is_open == (expected != "closed")
            ends = table.ENDS_AS.get((verb, state)) or table.ENDS_AS.get((verb, ""))
            assert found.outcome == (ends or request.outcome or found.outcome)
            last = Event.objects.of(request.subject).filter(verb=verb).latest("seq")
            assert last.actor_id == of.actor_of(office, role).id
            assert (last.data["from"], last.data["state"]) == (state, expected)


@pytest.mark.parametrize(("ending", "cell"), table.ENDS_AS.items())
def test_what_ends_without_a_reply_is_counted_in_its_cell(
    scene: Any, office: Bureau, ending: tuple[str, str], cell: str
) -> None:
    verb, only = ending
    for state, roles in table.ALLOWED[verb].items():
        if only not in ("", state):
            continue
        with of.undone():
            request = scene(state, verb)
            moved = take(request, verb, min(roles), office)
            assert (moved.outcome, moved.reply_type, moved.is_open) == (cell, "", False)
            assert moved.replied_at == moved.closed_at is not None
            assert not Deadline.objects.running().filter(case=moved).exists()


# How it begins ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", table.ROLES)
def test_who_applies(office: Bureau, role: str) -> None:
    verb, who, state = table.OPENING
    actor = of.actor_of(office, role)
    channel = "web" if role in ("citizen", "system") else "fax"
    before = InformationRequest.objects.count()
    if role in who:
        made = requesting.apply(of.asking(), channel=channel, actor=actor, at=MONDAY)
        assert made.state == InformationRequest.objects.get(pk=made.pk).state == state
        assert of.verbs_of(made) == [verb]
    else:
        with pytest.raises(NotAllowed):
            requesting.apply(of.asking(), channel=channel, actor=actor, at=MONDAY)
        assert InformationRequest.objects.count() == before


def test_nobody_applies_without_being_somebody(office: Bureau) -> None:
    with pytest.raises(NotAllowed):
        requesting.apply(of.asking(), actor=ANONYMOUS, at=MONDAY)


def test_the_number_of_the_day_and_a_code_to_follow_it(office: Bureau) -> None:
    moments = ("2026-11-10 00:00", "2026-11-10 23:59", "2026-11-11 00:00")
    made = [of.applied(office, at=moment(each)) for each in moments]
    numbers = [each.number for each in made]
    assert numbers == ["YS-20261110-0001", "YS-20261110-0002", "YS-20261111-0001"]
    assert len({each.lookup_code for each in made}) == 3


def test_from_the_web_it_is_with_an_officer_at_once(office: Bureau) -> None:
    made = of.applied(office)
    assert made.holder_id == office.staff["disclosure"].pk
    assert made.unit_id == office.units["bureau"].pk
    entered = of.applied(office, channel="fax", who="disclosure2")
    assert entered.holder_id == office.staff["disclosure2"].pk


@pytest.mark.parametrize("verb", ["register", "begin_review"])
def test_who_works_on_it_has_it(office: Bureau, verb: str) -> None:
    request = of.request_in({"register": "submitted", "begin_review": "registered"}[verb], office)
    assert of.do(request, verb, office, "disclosure2").holder_id == office.staff["disclosure2"].pk


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("33080219900307123 9", of.ID_NUMBER),
        ("３３０８０２１９９００３０７１２３９", of.ID_NUMBER),
        # A passport, of those who have no resident's number.
        ("e12345678", "E12345678"),
    ],
)
def test_numbers_of_persons_are_kept_in_one_form(office: Bureau, typed: str, kept: str) -> None:
    assert of.applied(office, applicant_number=typed).applicant_number == kept


# Art. 29 asks for a way to reach the applicant: of a letter it may be no more than an address.
@pytest.mark.parametrize(
    "contact",
    [
        {"phone": "", "address": "样例路1号"},
        {"phone": "", "email": "someone@example.invalid"},
        {"phone": "0570-5550140"},
    ],
)
def test_one_way_to_reach_them_is_enough(office: Bureau, contact: dict[str, str]) -> None:
    made = of.applied(office, channel="post_plain", **contact)
    assert of.do(made, "register", office).state == "registered"


@pytest.mark.parametrize(
    "asked",
    [
        {"description": "", "wanted_title": "行道树修剪规程"},
        {"description": "", "wanted_number": "样城管〔2026〕5号"},
        {"description": "行道树修剪的规程"},
    ],
)
def test_one_way_to_find_it_is_enough(office: Bureau, asked: dict[str, str]) -> None:
    assert of.applied(office, **asked).state == "submitted"


# Where several are asked ------------------------------------------------------------------------------------


def test_it_stays_until_the_last_has_answered(office: Bureau) -> None:
    request = of.request_in("consulting:two", office)
    first, second = request.consultations.all()
    request = of.do(request, "record_opinion", office, party=second, answer="agrees")
    assert request.state == "consulting"
    request = of.do(request, "record_opinion", office, party=first, **of.OBJECTED)
    assert request.state == "reviewing"
    answers = request.consultations.values_list("name", "answer", "reason")
    assert list(answers) == [
        (of.THIRD_PARTY, "objects", of.OBJECTED["reason"]),
        (of.CO_AGENCY, "agrees", ""),
    ]


def test_silence_means_what_the_law_says(office: Bureau) -> None:
    """Art. 32: the agency decides. Art. 34: consent."""
    request = of.request_in("reviewing:silent", office)
    answers = dict(request.consultations.values_list("kind", "answer"))
    assert answers == {"third_party": "silent", "co_agency": "agrees"}
    assert {each.answered_at for each in request.consultations.all()} == {moment("2026-11-24 00:00")}


@pytest.mark.parametrize(
    "reply", [of.PROVIDED, {"reply_type": "third_party", "reply_text": "涉及商业秘密。"}]
)
def test_after_silence_either_reply_is_taken(office: Bureau, reply: dict[str, str]) -> None:
    request = of.request_in("reviewing:silent", office)
    at = moment("2026-11-24 09:00")
    request = of.do(request, "pass_secrecy", office, "secrecy", at=at)
    assert of.do(request, "reply", office, at=at, **reply).state == "replied"


@pytest.mark.parametrize("way", ["reviewing:objected", "reviewing:agency_objected"])
def test_an_objection_is_overridden_with_a_reason(office: Bureau, way: str) -> None:
    request = of.request_in(way, office)
    reason = {"public_interest": "涉及行道树倒伏的公共安全。"}
    assert of.do(request, "reply", office, **of.PROVIDED, **reason).outcome == "granted"


def test_another_may_be_asked_later(office: Bureau) -> None:
    request = of.request_in("reviewing:agreed", office)
    parties = [("co_agency", of.CO_AGENCY)]
    assert of.do(request, "consult", office, parties=parties).state == "consulting"


# Who sees whom ----------------------------------------------------------------------------------------------


def test_who_sees_a_request_and_who_its_applicant(office: Bureau) -> None:
    request, kind = of.request_in("registered", office), kinds.named(requesting.KIND)
    sees = {
        role
        for role in (each.value for each in STAFF_ROLES)
        if InformationRequest.objects.visible_to(of.actor_of(office, role)).exists()
    }
    assert sees == {"disclosure_officer", "secrecy_reviewer", "agency_head", "supervisor"}
    assert kind.sees_contact is not None
    knows = {role for role in table.ROLES if kind.sees_contact(request, of.actor_of(office, role))}
    assert knows == {"disclosure_officer"}
    assert not InformationRequest.objects.visible_to(CITIZEN).exists()
