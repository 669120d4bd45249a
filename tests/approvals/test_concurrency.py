"""Several at an application at once, in real transactions: one result, and a sentence for the others."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.db import connection, transaction

from approvals import permits
from approvals.actions import apply, take
from approvals.models import ApprovalCase, BadRating, Paper, Permit, Survey
from portal.cases import actions
from portal.cases.models import Deadline
from portal.cases.workflow import Conflict, Refused
from portal.documents.models import Document
from portal.ledger.models import Event
from portal.notices.models import Notice
from portal.organisation.actions import hire
from portal.organisation.actors import CITIZEN, SYSTEM, Role
from tests.approvals.window import application, case_in, make_window
from tests.bureau import FOUNDED, MONDAY, Bureau, moment

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("plain_papers")]

# The five days end with 9 November.
LAST_SECOND, MIDNIGHT = moment("2026-11-09 23:59:59"), moment("2026-11-10 00:00")
GRANT = {"content": "准予。", "valid_from": date(2026, 11, 2), "valid_until": date(2027, 11, 1)}
Verb = Callable[[], object]


@pytest.fixture
def bureau() -> Bureau:
    return make_window()


def at_once(*verbs: Verb) -> list[object]:
    """Run the verbs in threads of their own, starting together; what each answered or raised.

    Only what a rule refuses is an answer: a deadlock or a broken constraint fails the test.
    """
    gate = threading.Barrier(len(verbs))
    answers: list[object] = [None] * len(verbs)

    def run(position: int) -> None:
        gate.wait(timeout=20)
        try:
            answers[position] = verbs[position]()
        except Exception as error:
            answers[position] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(position,)) for position in range(len(verbs))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
        assert not thread.is_alive()
    for answer in answers:
        if isinstance(answer, Exception) and not isinstance(answer, Refused):
            raise answer
    return answers


def step(case: ApprovalCase, verb: str, bureau: Bureau, who: str, *, seen: bool = True, **more: Any) -> Verb:
    at = more.pop("at", MONDAY)
    actor = {"citizen": CITIZEN}.get(who) or bureau.actor(who)
    more = {**more, "seen": case.version} if seen else more
    return lambda: take(case, verb, actor=actor, at=at, **more)


def fresh(case: ApprovalCase) -> ApprovalCase:
    return ApprovalCase.objects.get(pk=case.pk)


def refusals(answers: list[object]) -> list[Refused]:
    return [answer for answer in answers if isinstance(answer, Refused)]


def verbs_of(case: ApprovalCase) -> list[str]:
    return list(Event.objects.of(case.subject).values_list("verb", flat=True))


# Two people -------------------------------------------------------------------------------------------------


def test_a_clerk_accepts_twice_at_once_and_is_told_who_was_first(bureau):
    """The same window in two tabs, or a second click."""
    case = case_in("received:in_order", bureau)
    answers = at_once(*[step(case, "accept", bureau, "clerk") for _tab in range(2)])
    [conflict] = refusals(answers)
    assert type(conflict) is Conflict
    assert "窗样例" in str(conflict.message)
    assert fresh(case).state == "accepted"
    assert verbs_of(case).count("accept") == 1
    assert Paper.objects.filter(case=case, purpose="acceptance").count() == 1
    assert Deadline.objects.running().filter(case=case).count() == 3


@pytest.mark.parametrize("seen", [True, False])
def test_two_clerks_take_what_came_from_the_web_and_one_has_it(bureau, seen):
    case = case_in("received:web", bureau)
    answers = at_once(*[step(case, "take", bureau, who, seen=seen) for who in ("clerk", "clerk2")])
    [refused] = refusals(answers)
    assert (type(refused) is Conflict) is seen
    assert verbs_of(case).count("take") == 1
    [first] = [answer for answer in answers if not isinstance(answer, Refused)]
    assert fresh(case).first_contact_id == first.first_contact_id


@pytest.mark.parametrize("rounds", range(3))
def test_two_decide_at_once_and_one_decision_stands(bureau, rounds):
    chief2 = hire(
        username="chief2",
        name="批样例",
        roles=[Role.CHIEF_REPRESENTATIVE],
        unit=bureau.units["bureau"],
        encoded_password="!",
        actor=SYSTEM,
        at=FOUNDED,
    )
    bureau.staff["chief2"] = chief2
    case = case_in("sign_off", bureau)
    denial = {"note": "损毁古树。", "denial_basis": "《城市绿化条例》第二十条"}
    answers = at_once(
        step(case, "grant", bureau, "chief", seen=False, **GRANT),
        step(case, "deny", bureau, "chief2", seen=False, **denial),
    )
    assert len(refusals(answers)) == 1
    found = fresh(case)
    decisions = list(Paper.objects.filter(case=case, purpose__in=("grant", "denial")))
    assert [paper.purpose for paper in decisions] == [{"granted": "grant", "denied": "denial"}[found.outcome]]
    assert Deadline.objects.running().filter(case=case, term="approvals.deliver").count() == 1


def test_the_applicant_withdraws_while_the_clerk_accepts(bureau):
    case = case_in("received:in_order", bureau)
    answers = at_once(
        step(case, "withdraw", bureau, "citizen", note="不再需要。"), step(case, "accept", bureau, "clerk")
    )
    [conflict] = refusals(answers)
    assert type(conflict) is Conflict
    found = fresh(case)
    assert found.state in ("withdrawn", "accepted")
    purposes = set(Paper.objects.filter(case=case).values_list("purpose", flat=True))
    assert ("acceptance" in purposes) is (found.state == "accepted")
    if found.state == "withdrawn":
        assert not Deadline.objects.running().filter(case=case).exists()


def test_two_units_sign_at_once_and_both_have_signed(bureau):
    """Neither waits for the other's page to be read again: each signs its own line."""
    case = case_in("survey", bureau)
    units = [bureau.units["greening"], bureau.units["roads"]]
    case = take(
        case,
        "arrange_survey",
        actor=bureau.actor("clerk"),
        at=MONDAY,
        units=units,
        planned_at=MONDAY,
        place="门前",
    )

    def opinion(who: str) -> Verb:
        told = {"verdict": "agree", "opinion": "同意。", "present": [bureau.staff[who]]}
        return step(case, "sign_opinion", bureau, who, seen=False, **told)

    answers = at_once(opinion("handler"), opinion("handler_roads"))
    assert refusals(answers) == []
    survey = Survey.objects.get(case=case)
    assert all(party.signed_at for party in survey.parties.all())
    assert len(survey.present_ids()) == 2


def test_one_unit_signs_twice_at_once_and_once_counts(bureau):
    case = case_in("survey:arranged", bureau)
    told = {"verdict": "agree", "opinion": "同意。", "present": [bureau.staff["handler"]]}
    answers = at_once(
        *[step(case, "sign_opinion", bureau, "handler", seen=False, **told) for _tab in range(2)]
    )
    assert len(refusals(answers)) == 1
    assert verbs_of(case).count("sign_opinion") == 2  # the bureau's, and one of greening's


def test_a_rating_counts_once(bureau):
    case = case_in("closed", bureau, "direct")
    answers = at_once(*[step(case, "rate", bureau, "citizen", seen=False, rating=1) for _click in range(3)])
    assert len(refusals(answers)) == 2
    assert BadRating.objects.filter(approval=case).count() == 1


def test_a_handover_is_taken_or_declined(bureau):
    case = case_in("received:offered", bureau)
    answers = at_once(
        step(case, "accept_handover", bureau, "clerk2", seen=False),
        step(case, "decline_handover", bureau, "clerk2", seen=False, note="休假。"),
    )
    assert len(refusals(answers)) == 1
    found = fresh(case)
    taken = "accept_handover" in verbs_of(case)
    assert found.first_contact == bureau.staff["clerk2" if taken else "clerk"]
    assert found.handover_to is None


def test_an_extension_is_given_once(bureau):
    case = case_in("accepted", bureau)
    more = {"extend_by": 5, "note": "同意。"}
    answers = at_once(
        *[step(case, "extend", bureau, "agency_head", seen=False, **more) for _click in range(2)]
    )
    assert len(refusals(answers)) == 1
    assert {
        each.extended
        for each in Deadline.objects.filter(case=case, term__in=("approvals.decide", "approvals.promise"))
    } == {5}


def test_a_permit_is_suspended_once(bureau):
    permit = Permit.objects.get(case=case_in("serving:granted", bureau))
    actor = bureau.actor("chief")

    def suspend() -> object:
        return permits.take(permit, "suspend", actor=actor, at=MONDAY, note="不符。", basis="第六十九条")

    assert len(refusals(at_once(suspend, suspend))) == 1
    assert Event.objects.filter(subject=permit.subject, verb="permit_suspend").count() == 1


def test_a_permit_is_changed_or_revoked_and_its_documents_agree(bureau):
    permit = Permit.objects.get(case=case_in("serving:granted", bureau))
    actor = bureau.actor("chief")
    told: dict[str, Any] = {"note": "不符。", "basis": "第六十九条", "actor": actor, "at": MONDAY}
    at_once(
        lambda: permits.take(permit, "change", content="新。", **told),
        lambda: permits.take(permit, "revoke", **told),
    )
    permit.refresh_from_db()
    assert permit.state == "revoked"
    assert permit.document.ended == "revoked"
    holding = Document.objects.filter(case=permit.case, kind="approval_permit", ended="")
    assert not holding.exists()


def test_papers_numbered_at_once_have_no_gap_and_no_twin(bureau):
    made = at_once(*[lambda: apply(application(), actor=CITIZEN, at=MONDAY) for _applicant in range(6)])
    assert sorted(case.number for case in made) == [f"SP-20261102-{n:04d}" for n in range(1, 7)]
    numbers = Document.objects.filter(kind="approval_receipt").values_list("number", flat=True)
    assert sorted(numbers) == [f"云城管许收〔2026〕{n}号" for n in range(1, 7)]


def test_many_steps_of_many_cases_at_once_wait_for_one_another_and_never_in_a_circle(bureau):
    """Case, deadlines, series, ledger: whoever locks in another order would deadlock here."""
    received = [case_in("received:in_order", bureau) for _case in range(3)]
    signing = [case_in("sign_off", bureau) for _case in range(2)]
    permit = Permit.objects.get(case=case_in("serving:granted", bureau))
    closing = case_in("granted", bureau)
    chief = bureau.actor("chief")
    verbs = [
        *[step(case, "accept", bureau, "clerk") for case in received],
        *[step(case, "grant", bureau, "chief", **GRANT) for case in signing],
        step(closing, "issue_certificate", bureau, "clerk"),
        lambda: permits.take(
            permit, "change", content="新。", note="变更。", basis="四十九条", actor=chief, at=MONDAY
        ),
        lambda: apply(application(), actor=CITIZEN, at=MONDAY),
        lambda: actions.sweep(at=MONDAY),
    ]
    assert refusals(at_once(*verbs)) == []
    certificates = Document.objects.filter(kind="approval_permit").values_list("number", flat=True)
    assert sorted(certificates) == [f"云城管许证〔2026〕{n}号" for n in (1, 2, 3)]


# The clock against a clerk ----------------------------------------------------------------------------------


@pytest.mark.parametrize("rounds", range(3))
def test_a_sweep_and_a_clerk_in_time_and_the_clerk_has_spoken(bureau, rounds):
    """The moment counts, not who came first: at 23:59:59 the window may still accept."""
    case = case_in("received:in_order", bureau)
    answers = at_once(
        step(case, "accept", bureau, "clerk", at=LAST_SECOND), lambda: actions.sweep(at=LAST_SECOND)
    )
    assert refusals(answers) == []
    found = fresh(case)
    assert (found.state, found.deemed) == ("accepted", False)


@pytest.mark.parametrize("rounds", range(3))
def test_a_sweep_against_a_clerk_who_is_late(bureau, rounds):
    """Whoever comes first at midnight: it was accepted by silence, once, and the clerk is told so."""
    case = case_in("received:in_order", bureau)
    answers = at_once(step(case, "accept", bureau, "clerk", at=MIDNIGHT), lambda: actions.sweep(at=MIDNIGHT))
    [refused] = refusals(answers)
    assert type(refused) is Conflict
    # Where the sweep passed over what the clerk held, the next one finds it.
    actions.sweep(at=MIDNIGHT)
    found = fresh(case)
    assert (found.state, found.deemed) == ("accepted", True)
    assert verbs_of(case).count("deem_accepted") == 1
    assert "accept" not in verbs_of(case)
    assert Notice.objects.filter(case=case, key__contains=":deem_accepted:").count() == 3
    assert not Paper.objects.filter(case=case, purpose="acceptance").exists()


def test_four_sweepers_accept_each_case_once(bureau):
    cases = [case_in("received", bureau) for _case in range(8)]
    at_once(*[lambda: actions.sweep(at=MIDNIGHT, batch=3) for _sweeper in range(4)])
    actions.sweep(at=MIDNIGHT)
    for case in cases:
        assert fresh(case).deemed is True
        assert verbs_of(case).count("deem_accepted") == 1
    assert Event.objects.filter(verb="deem_accepted").count() == 8


def test_a_sweep_passes_over_what_a_clerk_holds_and_finds_it_again(bureau):
    held, free = case_in("received", bureau), case_in("received", bureau)
    holding, done = threading.Event(), threading.Event()

    def hold() -> None:
        try:
            with transaction.atomic():
                actions.lock(held)
                holding.set()
                done.wait(timeout=30)
        finally:
            connection.close()

    thread = threading.Thread(target=hold)
    thread.start()
    assert holding.wait(timeout=20)
    assert actions.sweep(at=MIDNIGHT).followed == 1
    done.set()
    thread.join(timeout=30)
    assert (fresh(held).deemed, fresh(free).deemed) == (False, True)
    assert actions.sweep(at=MIDNIGHT).followed == 1
    assert fresh(held).deemed is True


def clocks(case: ApprovalCase) -> list[tuple[Any, ...]]:
    found = Deadline.objects.filter(case=case).order_by("term", "id")
    return [
        (
            *(each.term, each.started_at, each.due_at, each.warned_at, each.breached_at, each.stopped_at),
            each.ended,
        )
        for each in found
    ]


@pytest.mark.parametrize(
    "late", ["2026-11-10 00:01", "2026-11-11 08:00", "2026-11-19 08:00", "2026-12-02 08:00"]
)
def test_however_late_the_sweep_the_dates_are_those_of_one_in_time(bureau, late):
    """Nobody swept for days, or swept every day: the same limits and breaches, at the same moments."""
    daily, once = case_in("received", bureau), case_in("received", bureau)
    at = moment(late)
    # The one is swept as its days pass, the other is held by somebody until the end.
    holding, done = threading.Event(), threading.Event()

    def hold() -> None:
        try:
            with transaction.atomic():
                actions.lock(once)
                holding.set()
                done.wait(timeout=60)
        finally:
            connection.close()

    thread = threading.Thread(target=hold)
    thread.start()
    assert holding.wait(timeout=20)
    for day in range(2, 31):
        if (now := moment(f"2026-11-{day:02d} 00:00")) <= at:
            actions.sweep(at=now)
    actions.sweep(at=at)
    done.set()
    thread.join(timeout=30)
    assert fresh(once).deemed is False
    actions.sweep(at=at)
    assert fresh(once).deemed is True
    assert fresh(once).accepted_at == fresh(daily).accepted_at == MONDAY
    assert clocks(once) == clocks(daily)
    told = [[(event.verb, event.at) for event in Event.objects.of(case.subject)] for case in (once, daily)]
    assert sorted(told[0]) == sorted(told[1])


def test_a_clerk_who_comes_late_settles_what_the_clock_did_and_is_told(bureau):
    """No sweep has been by for ten days."""
    case = case_in("received:in_order", bureau)
    with pytest.raises(Conflict) as conflict:
        take(case, "accept", actor=bureau.actor("clerk"), at=moment("2026-11-12 09:00"), seen=case.version)
    assert conflict.value.message
    # Refused and undone: the next sweep writes it, at the moment at which it happened.
    assert fresh(case).deemed is False
    actions.sweep(at=moment("2026-11-12 10:00"))
    told = Event.objects.of(case.subject).get(verb="deem_accepted")
    assert told.at == MIDNIGHT
