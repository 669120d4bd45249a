"""Complaints of breach (违诺投诉) as a table, written by hand from the rules: state × verb × person.

`received → accepted | refused → investigating → upheld | rejected → put right → closed`: 1 working day to
receive, 15 to answer, the complainant told at each step. A supervisor or the disclosure office decides, the
pledging unit has its say and puts it right, and nobody handles a complaint against themselves.
"""

from __future__ import annotations

from datetime import date, datetime

import pytest
from django.db import Error, transaction

from pledges import actions, complaints
from pledges.complaints import Grievance
from pledges.models import Breach, PledgeVersion
from pledges.workflow import BREACH_WORKFLOW, is_against
from portal.cases.actions import advance, sweep
from portal.cases.models import Deadline
from portal.cases.terms import SHANGHAI
from portal.cases.workflow import Conflict, NotAllowed, Refused
from portal.ledger.models import Event
from portal.ledger.verify import verify
from portal.notices.models import Notice
from portal.organisation.actions import change_roles, create_unit, deactivate, hire, move_to_unit
from portal.organisation.actors import ANONYMOUS, CITIZEN, SYSTEM, Actor, Role
from portal.oversight import appraisal
from portal.oversight.models import Card
from tests.bureau import FOUNDED, MONDAY, PEOPLE, moment
from tests.pledges.office import breach_in, draft, take, version_in

PHONE, EMAIL = "19900000002", "citizen@portal.invalid"
LATER = moment("2026-11-04 10:00")

# Besides the small bureau's people. The pledge is the greening division's; the nursery is a unit below it.
OTHERS = {
    "handler_above": ("上样例", "bureau", [Role.HANDLER]),
    "handler_below": ("下样例", "nursery", [Role.HANDLER]),
    "supervisor_below": ("圃样例", "nursery", [Role.SUPERVISOR]),
    "supervisor_roads": ("巡样例", "roads", [Role.SUPERVISOR]),
    "officer_greening": ("绿样例", "greening", [Role.DISCLOSURE_OFFICER]),
    "both": ("兼样例", "greening", [Role.HANDLER, Role.SUPERVISOR]),
    # Signs the pledge, and is of the disclosure office.
    "signed_it": ("章样例", "bureau", [Role.CHIEF_REPRESENTATIVE, Role.DISCLOSURE_OFFICER]),
    "gone": ("离样例", "bureau", [Role.SUPERVISOR, Role.HANDLER]),
}

DECIDERS = {"supervisor", "supervisor_roads", "disclosure", "disclosure2"}
CONCERNED = {"supervisor_greening", "supervisor_below", "officer_greening", "both", "signed_it"}
UNIT = {"handler", "handler_above", "both"}
# Who may do what in which state. What is not named is refused: to everybody else, and in every other state.
TABLE = {
    "received": {"accept": DECIDERS, "refuse": DECIDERS},
    "accepted": {"investigate": DECIDERS, "explain": UNIT},
    "refused": {},
    "investigating": {"explain": UNIT, "uphold": DECIDERS, "reject": DECIDERS},
    "upheld": {"put_right": UNIT},
    "rejected": {},
    "put_right": {"not_yet": DECIDERS, "close": DECIDERS},
    "closed": {},
}
POSSIBLE_IN = {
    "accept": {"received"},
    "refuse": {"received"},
    "investigate": {"accepted"},
    "explain": {"accepted", "investigating"},
    "uphold": {"investigating"},
    "reject": {"investigating"},
    "put_right": {"upheld"},
    "not_yet": {"put_right"},
    "close": {"put_right"},
}
# Whose role it is at all: everybody else is not allowed, whatever the state.
DECIDES_BY_ROLE = DECIDERS | CONCERNED
ANSWERS_BY_ROLE = UNIT | {"handler_roads", "handler_below"}
ROLE_OF = dict.fromkeys(POSSIBLE_IN, DECIDES_BY_ROLE) | {
    "explain": ANSWERS_BY_ROLE,
    "put_right": ANSWERS_BY_ROLE,
}
LEADS_TO = {
    "accept": "accepted",
    "refuse": "refused",
    "investigate": "investigating",
    "explain": "=",
    "uphold": "upheld",
    "reject": "rejected",
    "put_right": "put_right",
    "not_yet": "upheld",
    "close": "closed",
}
# What somebody enters who does it right.
ENTERED = {
    "explain": {"statement": "当日已派人，群众未在现场。"},
    "uphold": {"finding": "经查，确未按时到场。", "put_right_days": 5},
    "reject": {"finding": "现场记录显示当日已到场。"},
    "put_right": {"remedy": "已到场处理，并增加巡查班次。"},
}
MOVES = [(state, verb) for state, verbs in TABLE.items() for verb in sorted(verbs)]


@pytest.fixture
def bureau(bureau):
    bureau.units["nursery"] = create_unit(
        code="nursery",
        name="苗圃",
        name_en="Nursery",
        parent=bureau.units["greening"],
        actor=SYSTEM,
        at=FOUNDED,
    )
    for username, (name, unit, roles) in OTHERS.items():
        bureau.staff[username] = hire(
            username=username,
            name=name,
            roles=roles,
            unit=bureau.units[unit],
            title="负责人",
            encoded_password="!",
            actor=SYSTEM,
            at=FOUNDED,
        )
    deactivate(staff=bureau.staff["gone"], actor=SYSTEM, at=FOUNDED)
    return bureau


@pytest.fixture
def version(bureau) -> PledgeVersion:
    """In force since the first Monday of the year, signed by `signed_it`."""
    at = moment("2026-01-05 10:00")
    made = version_in("reviewed", bureau, at=at, valid_from=date(2026, 1, 5))
    made = take(made, "sign", bureau, "signed_it", at)
    return take(made, "publish", bureau, "disclosure", at)


def people(bureau) -> dict[str, Actor]:
    found = {username: bureau.actor(username) for username in [*PEOPLE, "disclosure2", "supervisor_greening"]}
    found |= {username: bureau.actor(username) for username in OTHERS}
    return {**found, "citizen": CITIZEN, "anonymous": ANONYMOUS, "system": SYSTEM}


def complain(version: PledgeVersion, *, at: datetime = MONDAY, clause: int = 1, **more) -> Breach:
    told = {"description": "反映三天无人到场。", "name": "测试市民", "phone": PHONE, **more}
    found = version.clauses.get(position=clause)
    return complaints.complain(Grievance(clause=found, **told), actor=CITIZEN, at=at)


def do(breach: Breach, verb: str, actor: Actor, at: datetime = MONDAY, **more) -> Breach:
    given = {"note": "按规定办理。", **ENTERED.get(verb, {}), **more}
    return advance(breach, verb, actor=actor, at=at, **given)


def fresh(breach: Breach) -> Breach:
    return Breach.objects.get(pk=breach.pk)


def kept(breach: Breach) -> tuple:
    """All that is in the database of a complaint."""
    return (
        Breach.objects.filter(pk=breach.pk).values().get(),
        list(Deadline.objects.filter(case=breach).order_by("pk").values()),
        Event.objects.count(),
        Notice.objects.count(),
    )


def test_the_table_speaks_of_every_verb():
    assert set(BREACH_WORKFLOW.transitions) == set(LEADS_TO) == set(ROLE_OF)
    assert set(BREACH_WORKFLOW.states) == set(TABLE)


@pytest.mark.parametrize("state", TABLE)
def test_who_may_do_what(bureau, version, state):
    breach = breach_in(state, bureau, version)
    before = kept(breach)
    for name, actor in people(bureau).items():
        expected = {verb for verb, who in TABLE[state].items() if name in who}
        drawn = {rule.name for rule in BREACH_WORKFLOW.allowed(breach, actor=actor, at=MONDAY)}
        assert drawn == expected, f"{state}: buttons of {name}"
        for verb in LEADS_TO.keys() - expected:
            with pytest.raises(Refused) as refused:
                do(breach, verb, actor)
            role_is_wrong = name not in ROLE_OF[verb]
            person_is_wrong = state in POSSIBLE_IN[verb]
            kind = NotAllowed if role_is_wrong or person_is_wrong else Refused
            assert type(refused.value) is kind, f"{state}: {verb} by {name}"
            assert refused.value.message
    assert kept(breach) == before


@pytest.mark.parametrize(("state", "verb"), MOVES)
def test_where_a_verb_leads(bureau, version, state, verb):
    for who in sorted(TABLE[state][verb]):
        breach = breach_in(state, bureau, version)
        moved = do(breach, verb, bureau.actor(who), LATER)
        expected = state if LEADS_TO[verb] == "=" else LEADS_TO[verb]
        assert moved.state == fresh(breach).state == expected
        last = Event.objects.of(breach.subject).last()
        assert (last.verb, last.actor_id, last.at) == (verb, bureau.staff[who].pk, LATER)
        is_over = expected in ("refused", "rejected", "closed")
        assert fresh(breach).closed_at == (LATER if is_over else None)


# Complaining ------------------------------------------------------------------------------------------------


def test_who_may_complain(bureau, version):
    """Who works here complains as a citizen does; the bureau's roles open no complaint."""
    clause = version.clauses.first()
    for name, actor in people(bureau).items():
        grievance = Grievance(clause=clause, description="无人到场。")
        if name in ("citizen", "system"):
            assert complaints.complain(grievance, actor=actor, at=MONDAY).state == "received"
        else:
            with pytest.raises(NotAllowed):
                complaints.complain(grievance, actor=actor, at=MONDAY)
    assert Breach.objects.count() == 2


@pytest.mark.parametrize("state", ["draft", "reviewed", "signed"])
def test_nobody_complains_of_what_was_not_published(bureau, state):
    with pytest.raises(Refused) as refused:
        complain(version_in(state, bureau))
    assert refused.value.field == "clause"
    assert Breach.objects.count() == 0


def test_nobody_complains_of_what_was_withdrawn_unpublished(bureau):
    signed = version_in("signed", bureau)
    with pytest.raises(Refused):
        complain(take(signed, "withdraw", bureau, "disclosure", MONDAY, "有误。"))


@pytest.mark.parametrize("state", ["published", "superseded", "withdrawn"])
def test_of_what_was_once_published_anyone_may_complain(bureau, state):
    """It bound while it was in force; whether it did on that day is found out by who handles it."""
    assert complain(version_in(state, bureau)).state == "received"


@pytest.mark.parametrize("description", ["", " \n "])
def test_a_complaint_says_what_was_not_kept(version, description):
    with pytest.raises(Refused) as refused:
        complain(version, description=description)
    assert refused.value.field == "description"


@pytest.mark.parametrize(
    ("told", "is_anonymous"),
    [
        ({"name": "", "phone": "", "email": ""}, True),
        ({"name": "测试市民", "phone": "", "email": ""}, False),
        ({"name": "", "phone": PHONE, "email": ""}, False),
        ({"name": "", "phone": "", "email": EMAIL}, False),
    ],
)
def test_named_or_anonymous(version, told, is_anonymous):
    breach = complain(version, **told)
    assert fresh(breach).is_anonymous is is_anonymous
    assert fresh(breach).personal() == told


def test_what_a_complaint_begins_with(bureau, version):
    breach = fresh(complain(version, clause=2, phone="+86 199-0000 0002", description=" 迟了两天。 "))
    assert (breach.kind, breach.number, breach.state) == ("breach", "WN-20261102-0001", "received")
    assert (breach.source, breach.result, breach.clause.position) == ("complaint", None, 2)
    assert (breach.description, breach.complainant_phone) == ("迟了两天。", PHONE)
    assert breach.title == "园林绿化服务公开承诺书（第1版）第2条"
    assert (breach.unit, breach.holder) == (bureau.units["greening"], bureau.staff["supervisor"])
    assert (breach.upheld, breach.decided_at, breach.taken_by) == (None, None, None)
    assert len(breach.lookup_code) == 8
    first = Event.objects.of(breach.subject).get()
    assert (first.verb, first.actor_id) == ("receive", None)
    assert (first.data["version"], first.data["clause"], first.data["source"]) == (1, 2, "complaint")


def test_complaints_are_numbered_by_the_day_in_shanghai(version):
    moments = ["2026-11-02 00:00", "2026-11-02 23:59:59", "2026-11-03 00:00"]
    assert [complain(version, at=moment(at)).number for at in moments] == [
        "WN-20261102-0001",
        "WN-20261102-0002",
        "WN-20261103-0001",
    ]


def test_who_complained_stands_in_no_record(bureau, version):
    breach = breach_in("closed", bureau, version, email=EMAIL, description="林荫路无人到场。")
    written = " ".join(str(event.data) for event in Event.objects.of(breach.subject))
    told = " ".join(notice.subject + notice.body for notice in Notice.objects.filter(case=breach))
    for personal in ("测试市民", PHONE, EMAIL, "林荫路"):
        assert personal not in written
        assert personal not in told


# Nobody against themselves ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "verb"), [move for move in MOVES if move[1] not in ("explain", "put_right")]
)
def test_nobody_handles_a_complaint_against_themselves(bureau, version, state, verb):
    breach = breach_in(state, bureau, version)
    before = kept(breach)
    for who in sorted(CONCERNED):
        with pytest.raises(NotAllowed):
            do(breach, verb, bureau.actor(who))
    assert kept(breach) == before


def test_who_comes_to_work_in_the_unit_hands_over(bureau, version):
    breach, who = breach_in("received", bureau, version), "supervisor"
    do(breach, "accept", bureau.actor(who))
    move_to_unit(staff=bureau.staff[who], unit=bureau.units["nursery"], actor=SYSTEM, at=MONDAY)
    bureau.staff[who].refresh_from_db()
    with pytest.raises(NotAllowed):
        do(breach, "investigate", bureau.actor(who))


def test_who_signed_stays_concerned_in_another_role_and_unit(bureau, version):
    signer = bureau.staff["signed_it"]
    change_roles(staff=signer, roles=[Role.SUPERVISOR], actor=SYSTEM, at=MONDAY)
    move_to_unit(staff=signer, unit=bureau.units["roads"], actor=SYSTEM, at=MONDAY)
    signer.refresh_from_db()
    with pytest.raises(NotAllowed):
        do(breach_in("received", bureau, version), "accept", signer.actor())


def test_who_signed_another_version_is_not_concerned(bureau, version):
    following = version_in("published", bureau, pledge=version.pledge)
    assert following.signer == bureau.staff["chief"]
    breach = breach_in("received", bureau, following)
    assert do(breach, "accept", bureau.actor("signed_it")).state == "accepted"
    assert type(do(breach_in("received", bureau, version), "accept", bureau.actor("supervisor"))) is Breach


def test_whom_it_concerns(bureau, version):
    unit, signer = version.pledge.unit, version.signer_id
    for who in DECIDES_BY_ROLE:
        assert is_against(bureau.actor(who), unit=unit, signer_id=signer) == (who in CONCERNED), who


def test_nobody_is_concerned_for_want_of_a_unit_or_a_signer(bureau, version):
    nowhere = Actor(id=10**6, name="示例", roles=frozenset({Role.SUPERVISOR}))
    assert not is_against(nowhere, unit=version.pledge.unit, signer_id=version.signer_id)
    assert not is_against(CITIZEN, unit=version.pledge.unit, signer_id=None)


@pytest.mark.parametrize("who", ["supervisor", "disclosure"])
def test_what_the_bureau_promises_as_a_whole_is_no_one_units_own(bureau, who):
    """Else nobody who works in the bureau's own office could handle a complaint about its pledge."""
    version = actions.begin(bureau.units["bureau"], draft(), actor=bureau.actor("handler_above"), at=MONDAY)
    for verb, by in (("review", "disclosure"), ("sign", "chief"), ("publish", "disclosure")):
        version = take(version, verb, bureau, by, MONDAY)
    assert do(complain(version), "accept", bureau.actor(who)).state == "accepted"


# Who is responsible -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "holder", "taken_by"),
    [
        ("received", "supervisor", None),
        ("accepted", "supervisor", "supervisor"),
        ("refused", "supervisor", "supervisor"),
        ("investigating", "supervisor", "supervisor"),
        ("upheld", "handler", "supervisor"),
        ("rejected", "supervisor", "supervisor"),
        ("put_right", "supervisor", "supervisor"),
        ("closed", "supervisor", "supervisor"),
    ],
)
def test_every_limit_has_a_name_on_it(bureau, version, state, holder, taken_by):
    breach = breach_in(state, bureau, version)
    assert breach.unit == bureau.units["greening"]
    assert breach.holder == bureau.staff[holder]
    assert breach.taken_by == (bureau.staff[taken_by] if taken_by else None)


def test_who_takes_it_has_it(bureau, version):
    breach = complain(version)
    assert do(breach, "accept", bureau.actor("disclosure")).holder == bureau.staff["disclosure"]
    assert do(breach, "explain", bureau.actor("handler")).holder == bureau.staff["disclosure"]
    assert do(breach, "investigate", bureau.actor("disclosure2")).holder == bureau.staff["disclosure2"]
    assert do(breach, "uphold", bureau.actor("disclosure2")).holder == bureau.staff["handler"]
    # Who took it first answers for it to the end, whoever decided and whoever is on duty (首问负责制).
    assert do(breach, "put_right", bureau.actor("handler_above")).holder == bureau.staff["disclosure"]
    assert do(breach, "not_yet", bureau.actor("supervisor")).holder == bureau.staff["handler"]
    assert do(breach, "put_right", bureau.actor("handler")).holder == bureau.staff["disclosure"]


def test_instead_of_who_decided_and_left_somebody_on_duty_checks(bureau, version):
    breach = breach_in("upheld", bureau, version)
    deactivate(staff=bureau.staff["supervisor"], actor=SYSTEM, at=MONDAY)
    assert do(breach, "put_right", bureau.actor("handler")).holder == bureau.staff["supervisor_roads"]


@pytest.mark.parametrize(
    ("left", "holder"),
    [
        ([], "supervisor"),
        # Those of the pledging unit, and of a unit below it, are never on duty for it.
        (["supervisor"], "supervisor_roads"),
        (["supervisor", "supervisor_roads"], "disclosure"),
        (["supervisor", "supervisor_roads", "disclosure"], "disclosure2"),
        (["supervisor", "supervisor_roads", "disclosure", "disclosure2"], None),
    ],
)
def test_who_is_on_duty_is_not_concerned(bureau, version, left, holder):
    for username in left:
        deactivate(staff=bureau.staff[username], actor=SYSTEM, at=MONDAY)
    assert complain(version).holder == (bureau.staff[holder] if holder else None)


@pytest.mark.parametrize(
    ("left", "holder"),
    [
        ([], "handler"),
        (["handler"], "both"),
        # Where the unit has no handler, one of the unit above; never of a unit below or beside it.
        (["handler", "both"], "handler_above"),
        (["handler", "both", "handler_above"], None),
    ],
)
def test_who_puts_it_right(bureau, version, left, holder):
    breach = breach_in("investigating", bureau, version)
    for username in left:
        deactivate(staff=bureau.staff[username], actor=SYSTEM, at=MONDAY)
    upheld = do(breach, "uphold", bureau.actor("supervisor"))
    assert upheld.holder == (bureau.staff[holder] if holder else None)


# What was entered -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "verb", "who", "entered", "field"),
    [
        ("received", "refuse", "supervisor", {"note": " \n"}, "note"),
        ("investigating", "explain", "handler", {"statement": " "}, "statement"),
        ("accepted", "explain", "handler", {"statement": None}, "statement"),
        ("investigating", "uphold", "supervisor", {"finding": ""}, "finding"),
        ("investigating", "uphold", "supervisor", {"put_right_days": None}, "put_right_days"),
        ("investigating", "uphold", "supervisor", {"put_right_days": 0}, "put_right_days"),
        ("investigating", "uphold", "supervisor", {"put_right_days": -1}, "put_right_days"),
        ("investigating", "uphold", "supervisor", {"put_right_days": 31}, "put_right_days"),
        ("investigating", "reject", "supervisor", {"finding": "\t"}, "finding"),
        ("upheld", "put_right", "handler", {"remedy": ""}, "remedy"),
        ("put_right", "not_yet", "supervisor", {"note": ""}, "note"),
    ],
)
def test_what_is_missing_is_said_at_the_field(bureau, version, state, verb, who, entered, field):
    breach = breach_in(state, bureau, version)
    before = kept(breach)
    with pytest.raises(Refused) as refused:
        do(breach, verb, bureau.actor(who), **entered)
    assert (type(refused.value), refused.value.field) == (Refused, field)
    assert kept(breach) == before


@pytest.mark.parametrize(
    ("state", "verb", "who"),
    [
        ("received", "accept", "supervisor"),
        ("accepted", "investigate", "supervisor"),
        ("put_right", "close", "supervisor"),
        ("investigating", "uphold", "supervisor"),
    ],
)
def test_no_note_is_needed_to_go_on(bureau, version, state, verb, who):
    breach = breach_in(state, bureau, version)
    assert do(breach, verb, bureau.actor(who), note="").state == LEADS_TO[verb]


@pytest.mark.parametrize(
    ("state", "verb", "who", "changes"),
    [
        ("received", "accept", "supervisor", {"description": "无事。"}),
        ("investigating", "explain", "handler", {"finding": "无事。"}),
        ("investigating", "reject", "supervisor", {"put_right_days": 5}),
        ("upheld", "put_right", "handler", {"put_right_days": 30}),
        ("put_right", "not_yet", "supervisor", {"put_right_days": 30}),
        ("put_right", "close", "supervisor", {"upheld": False}),
    ],
)
def test_a_step_writes_only_its_own_fields(bureau, version, state, verb, who, changes):
    breach = breach_in(state, bureau, version)
    before = kept(breach)
    with pytest.raises(Refused):
        do(breach, verb, bureau.actor(who), **changes)
    assert kept(breach) == before


@pytest.mark.parametrize(("verb", "upheld"), [("uphold", True), ("reject", False)])
def test_a_decision_is_kept_with_its_moment(bureau, version, verb, upheld):
    breach = breach_in("investigating", bureau, version)
    do(breach, verb, bureau.actor("disclosure"), LATER)
    found = fresh(breach)
    assert (found.upheld, found.decided_at, found.finding) == (upheld, LATER, ENTERED[verb]["finding"])


@pytest.mark.parametrize("state", ["received", "accepted", "refused", "investigating"])
def test_what_was_not_decided_is_neither(bureau, version, state):
    breach = breach_in(state, bureau, version)
    assert (breach.upheld, breach.decided_at) == (None, None)


def test_the_decision_stands_when_it_is_not_put_right_yet(bureau, version):
    breach = breach_in("put_right", bureau, version)
    do(breach, "not_yet", bureau.actor("supervisor"), LATER)
    found = fresh(breach)
    assert (found.state, found.upheld, found.decided_at) == ("upheld", True, MONDAY)
    assert found.put_right_days == 5


def test_the_second_is_told_who_was_first(bureau, version):
    breach = complain(version)
    seen = breach.version
    do(breach, "accept", bureau.actor("disclosure2"), moment("2026-11-02 14:37"))
    with pytest.raises(Conflict) as refused:
        do(breach, "refuse", bureau.actor("supervisor"), moment("2026-11-02 14:38"), seen=seen)
    assert "阅样例" in refused.value.message
    assert "14:37" in refused.value.message
    assert fresh(breach).state == "accepted"


# Clocks -----------------------------------------------------------------------------------------------------


def clocks(breach: Breach) -> dict[str, Deadline]:
    """The latest of each limit."""
    return {each.term: each for each in Deadline.objects.filter(case=breach).order_by("id")}


@pytest.mark.parametrize(
    ("state", "running", "done"),
    [
        ("received", {"pledges.receive", "pledges.answer"}, set()),
        ("accepted", {"pledges.answer"}, {"pledges.receive"}),
        ("refused", set(), {"pledges.receive", "pledges.answer"}),
        ("investigating", {"pledges.answer"}, {"pledges.receive"}),
        ("upheld", {"pledges.put_right"}, {"pledges.receive", "pledges.answer"}),
        ("rejected", set(), {"pledges.receive", "pledges.answer"}),
        ("put_right", {"pledges.check"}, {"pledges.receive", "pledges.answer", "pledges.put_right"}),
        ("closed", set(), {"pledges.receive", "pledges.answer", "pledges.put_right", "pledges.check"}),
    ],
)
def test_which_clocks_run(bureau, version, state, running, done):
    breach = breach_in(state, bureau, version)
    assert set(Deadline.objects.running().filter(case=breach).values_list("term", flat=True)) == running
    stopped = Deadline.objects.filter(case=breach).exclude(stopped_at=None)
    assert {each.term for each in stopped} == done
    assert {each.ended for each in stopped} <= {Deadline.Ended.KEPT}


# Counted by hand with the State Council's notice for 2026: rest 15–23 February, 25–27 September and 1–7
# October; at work on the Saturdays and Sundays 14 and 28 February, 20 September and 10 October.
@pytest.mark.parametrize(
    ("received", "receive", "answer"),
    [
        ("2026-11-02 09:00", "2026-11-03", "2026-11-23"),
        ("2026-11-02 23:59:59", "2026-11-03", "2026-11-23"),
        ("2026-11-03 00:00", "2026-11-04", "2026-11-24"),
        ("2026-11-07 12:00", "2026-11-09", "2026-11-27"),
        ("2026-11-23 09:00", "2026-11-24", "2026-12-14"),
        ("2026-02-13 16:00", "2026-02-14", "2026-03-12"),
        ("2026-02-15 10:00", "2026-02-24", "2026-03-13"),
        ("2026-09-18 10:00", "2026-09-20", "2026-10-15"),
        ("2026-09-30 17:00", "2026-10-08", "2026-10-27"),
    ],
)
def test_a_day_to_receive_and_fifteen_to_answer(version, received, receive, answer):
    found = clocks(complain(version, at=moment(received)))
    assert found["pledges.receive"].due_on.isoformat() == receive
    assert found["pledges.answer"].due_on.isoformat() == answer
    # The last day ends at 24:00 in Shanghai.
    due = found["pledges.answer"].due_at.astimezone(SHANGHAI)
    assert (due.hour, due.minute, due.date() > date.fromisoformat(answer)) == (0, 0, True)


def test_whose_limits_they_are(bureau, version):
    breach = breach_in("put_right", bureau, version)
    assert {term: (clock.limit, clock.length) for term, clock in clocks(breach).items()} == {
        "pledges.receive": ("step", 1),
        "pledges.answer": ("promised", 15),
        "pledges.put_right": ("step", 5),
        "pledges.check": ("step", 3),
    }


@pytest.mark.parametrize(
    ("upheld", "days", "due"),
    [
        ("2026-11-02 10:00", 1, "2026-11-03"),
        ("2026-11-02 10:00", 5, "2026-11-09"),
        ("2026-11-02 10:00", 30, "2026-12-14"),
        ("2026-09-30 10:00", 5, "2026-10-13"),
    ],
)
def test_what_is_upheld_is_put_right_within_the_days_that_are_given(bureau, version, upheld, days, due):
    at = moment(upheld)
    breach = breach_in("investigating", bureau, version, at=at)
    do(breach, "uphold", bureau.actor("supervisor"), at, put_right_days=days)
    assert clocks(breach)["pledges.put_right"].due_on.isoformat() == due


@pytest.mark.parametrize(
    ("put_right", "due"),
    [("2026-11-04 10:00", "2026-11-09"), ("2026-09-30 10:00", "2026-10-10")],
)
def test_what_was_put_right_is_checked_in_three_days(bureau, version, put_right, due):
    at = moment(put_right)
    breach = breach_in("upheld", bureau, version, at=at)
    do(breach, "put_right", bureau.actor("handler"), at)
    assert clocks(breach)["pledges.check"].due_on.isoformat() == due


def test_what_is_not_put_right_yet_has_the_same_days_once_more(bureau, version):
    breach = breach_in("put_right", bureau, version)
    # Thursday 5 November, and five working days.
    do(breach, "not_yet", bureau.actor("supervisor"), moment("2026-11-05 10:00"))
    rights = Deadline.objects.filter(case=breach, term="pledges.put_right").order_by("id")
    assert [(each.ended, each.due_on.isoformat()) for each in rights] == [
        ("kept", "2026-11-09"),
        ("", "2026-11-12"),
    ]
    assert clocks(breach)["pledges.check"].ended == Deadline.Ended.KEPT
    do(breach, "put_right", bureau.actor("handler"), moment("2026-11-06 10:00"))
    checks = Deadline.objects.filter(case=breach, term="pledges.check").order_by("id")
    assert [each.due_on.isoformat() for each in checks] == ["2026-11-05", "2026-11-11"]


def test_to_accept_late_is_late(bureau, version):
    """The clock speaks first: also where no sweep has come by."""
    breach = complain(version)
    late = moment("2026-11-04 00:00")
    do(breach, "accept", bureau.actor("supervisor"), late)
    assert clocks(breach)["pledges.receive"].breached_at == late
    in_time = complain(version)
    do(in_time, "accept", bureau.actor("supervisor"), moment("2026-11-03 23:59:59"))
    assert clocks(in_time)["pledges.receive"].breached_at is None


# Missed limits ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "term", "in_time", "missed", "holder", "unit"),
    [
        ("received", "receive", "2026-11-03 23:59:59", "2026-11-04 00:00", "supervisor", "bureau"),
        ("investigating", "answer", "2026-11-23 23:59:59", "2026-11-24 00:00", "supervisor", "bureau"),
        ("upheld", "put_right", "2026-11-09 23:59:59", "2026-11-10 00:00", "handler", "greening"),
        ("put_right", "check", "2026-11-05 23:59:59", "2026-11-06 00:00", "supervisor", "bureau"),
    ],
)
def test_a_missed_limit_is_a_card_to_who_has_it(bureau, version, state, term, in_time, missed, holder, unit):
    breach = breach_in(state, bureau, version)
    sweep(at=moment(in_time))
    assert not Card.objects.exists()
    sweep(at=moment(missed))
    sweep(at=moment(missed))
    card = Card.objects.get()
    assert (card.case_id, card.deadline.term) == (breach.pk, f"pledges.{term}")
    assert (card.colour, card.issued_at) == ("yellow", moment(missed))
    assert (card.holder, card.unit) == (bureau.staff[holder], bureau.units[unit])
    # Who holds it is told, and not the complainant.
    key = f"deadline:{card.deadline_id}:breach"
    assert Notice.objects.get(key__startswith=key).staff == bureau.staff[holder]


def test_what_is_over_gets_no_card(bureau, version):
    for state in ("refused", "rejected", "closed"):
        breach_in(state, bureau, version)
    sweep(at=moment("2027-01-15 00:00"))
    assert not Card.objects.exists()


# Notices ----------------------------------------------------------------------------------------------------

TELLS = [
    ("received", "accept", "supervisor", {"citizen", "unit"}),
    ("received", "refuse", "supervisor", {"citizen"}),
    ("accepted", "investigate", "supervisor", {"citizen"}),
    # No step of the complaint's, and within the bureau.
    ("investigating", "explain", "handler", {"holder"}),
    ("investigating", "uphold", "supervisor", {"citizen", "unit", "supervisors"}),
    ("investigating", "reject", "supervisor", {"citizen", "unit"}),
    ("upheld", "put_right", "handler", {"citizen", "holder"}),
    ("put_right", "not_yet", "supervisor", {"unit"}),
    ("put_right", "close", "supervisor", {"citizen"}),
]


def told(breach: Breach, verb: str) -> dict[str, Notice]:
    found = Notice.objects.filter(key__startswith=f"case:{breach.number}:{verb}:")
    return {notice.key.rpartition(":")[2]: notice for notice in found}


@pytest.mark.parametrize(("state", "verb", "who", "audiences"), TELLS)
@pytest.mark.parametrize("is_anonymous", [False, True])
def test_who_is_told_of_a_step(bureau, version, state, verb, who, audiences, is_anonymous):
    nobody = {"name": "", "phone": "", "email": ""} if is_anonymous else {}
    breach = breach_in(state, bureau, version, **nobody)
    moved = do(breach, verb, bureau.actor(who), LATER)
    found = told(breach, verb)
    assert found.keys() - {"citizen"} == audiences - {"citizen"}
    assert ("citizen" in found) >= ("citizen" in audiences and not is_anonymous)
    assert not (is_anonymous and "citizen" in found)
    for audience, notice in found.items():
        assert breach.number in notice.subject + notice.body
        assert notice.queued_at == LATER
        if audience == "citizen":
            assert (notice.channel, notice.address, notice.state) == ("sms", PHONE, "queued")
        elif audience == "unit":
            assert (notice.channel, notice.unit) == ("portal", bureau.units["greening"])
        elif audience == "supervisors":
            assert (notice.channel, notice.role) == ("portal", Role.SUPERVISOR)
        else:
            assert (notice.channel, notice.staff) == ("portal", moved.holder)


def test_the_complainant_is_told_that_it_is_not_put_right_yet(bureau, version):
    """Who read that it was put right, and being checked, is told at this step as at each."""
    breach = breach_in("put_right", bureau, version)
    do(breach, "not_yet", bureau.actor("supervisor"), LATER)
    assert "citizen" in told(breach, "not_yet")


@pytest.mark.parametrize(
    ("contact", "channel", "address"),
    [
        ({"phone": PHONE, "email": EMAIL}, "sms", PHONE),
        ({"phone": "", "email": EMAIL}, "email", EMAIL),
        # A fixed line shows no text message.
        ({"phone": "0571-87654321", "email": EMAIL}, "email", EMAIL),
        ({"phone": "0571-87654321", "email": ""}, None, ""),
        ({"phone": "", "email": ""}, None, ""),
        ({"name": "", "phone": "", "email": ""}, None, ""),
    ],
)
def test_the_complainant_is_reached_by_what_was_left(bureau, version, contact, channel, address):
    breach = breach_in("closed", bureau, version, **contact)
    steps = ["receive", "accept", "investigate", "uphold", "put_right", "close"]
    if channel is None:
        assert not Notice.objects.filter(key__endswith=":citizen").exists()
        assert not Notice.objects.exclude(channel="portal").exists()
        return
    for verb in steps:
        notice = told(breach, verb)["citizen"]
        assert (notice.channel, notice.address) == (channel, address)
    assert Notice.objects.filter(key__endswith=":citizen").count() == len(steps)


def test_the_complainant_is_told_number_code_and_last_days(bureau, version):
    breach = complain(version)
    found = told(breach, "receive")
    assert found.keys() == {"citizen", "holder"}
    for part in (breach.number, breach.lookup_code, "2026年11月3日", "2026年11月23日"):
        assert part in found["citizen"].body
    assert found["holder"].staff == bureau.staff["supervisor"]
    assert breach.lookup_code not in found["holder"].body


def test_the_unit_reads_by_when_it_is_to_be_put_right(bureau, version):
    breach = breach_in("investigating", bureau, version)
    do(breach, "uphold", bureau.actor("supervisor"))
    found = told(breach, "uphold")
    for audience in ("citizen", "unit", "supervisors"):
        assert "2026年11月9日" in found[audience].body


def test_at_night_the_message_waits_for_the_morning(version):
    breach = complain(version, at=moment("2026-11-02 23:10"))
    assert told(breach, "receive")["citizen"].deliver_after == moment("2026-11-03 08:30")


# The appraisal ----------------------------------------------------------------------------------------------


def counted(first: str, last: str) -> dict[str, int]:
    """How often a pledge was found not kept, by the unit's code."""
    place = [item.code for item in appraisal.items()].index("pledges.upheld")
    rows = appraisal.table(date.fromisoformat(first), date.fromisoformat(last))
    found = {row.unit.code: row.counts[place][1] for row in rows}
    return {code: times for code, times in found.items() if times}


def test_what_is_upheld_counts_in_the_units_appraisal(bureau, version):
    for state in ("received", "accepted", "refused", "investigating", "rejected"):
        breach_in(state, bureau, version)
    assert counted("2026-01-01", "2026-12-31") == {}
    for state in ("upheld", "put_right", "closed"):
        breach_in(state, bureau, version)
    assert counted("2026-01-01", "2026-12-31") == {"greening": 3}


def test_it_counts_on_the_day_of_the_decision_and_once(bureau, version):
    breach = breach_in("investigating", bureau, version)
    do(breach, "uphold", bureau.actor("supervisor"), moment("2026-11-30 23:59:59"))
    do(breach, "put_right", bureau.actor("handler"), moment("2026-12-01 09:00"))
    do(breach, "not_yet", bureau.actor("supervisor"), moment("2026-12-02 09:00"))
    do(breach, "put_right", bureau.actor("handler"), moment("2026-12-03 09:00"))
    do(breach, "close", bureau.actor("supervisor"), moment("2026-12-04 09:00"))
    assert counted("2026-11-30", "2026-11-30") == {"greening": 1}
    assert counted("2026-11-01", "2026-11-29") == counted("2026-12-01", "2026-12-31") == {}


def test_it_counts_for_the_unit_that_pledged(bureau, version):
    roads = actions.begin(bureau.units["roads"], draft(), actor=bureau.actor("handler_roads"), at=MONDAY)
    for verb, by in (("review", "disclosure"), ("sign", "chief"), ("publish", "disclosure")):
        roads = take(roads, verb, bureau, by, MONDAY)
    breach = complain(roads)
    for verb in ("accept", "investigate", "uphold"):
        do(breach, verb, bureau.actor("supervisor_greening"))
    breach_in("upheld", bureau, version)
    breach_in("upheld", bureau, version)
    assert counted("2026-11-02", "2026-11-02") == {"greening": 2, "roads": 1}


# Who sees it, and what the database holds -------------------------------------------------------------------

SEEN_BY = DECIDES_BY_ROLE | {"handler", "handler_above"}


@pytest.mark.parametrize("state", ["received", "closed"])
def test_who_sees_a_complaint(bureau, version, state):
    breach = breach_in(state, bureau, version)
    for name, actor in people(bureau).items():
        assert Breach.objects.visible_to(actor).filter(pk=breach.pk).exists() == (name in SEEN_BY), name


@pytest.mark.parametrize(
    ("state", "changes"),
    [
        ("received", {"upheld": True}),
        pytest.param("received", {"upheld": True, "decided_at": MONDAY}),
        ("received", {"decided_at": MONDAY}),
        ("received", {"source": "measure"}),
        pytest.param("upheld", {"put_right_days": None}),
        ("upheld", {"put_right_days": 0}),
        ("upheld", {"decided_at": None}),
    ],
)
def test_the_database_refuses_half_a_decision(bureau, version, state, changes):
    breach = breach_in(state, bureau, version)
    with pytest.raises(Error), transaction.atomic():
        Breach.objects.filter(pk=breach.pk).update(**changes)


@pytest.mark.parametrize(
    ("state", "changes"),
    [
        ("closed", {"upheld": False}),
        ("closed", {"upheld": None, "decided_at": None}),
        ("upheld", {"decided_at": LATER}),
        ("rejected", {"upheld": True, "put_right_days": 1}),
        ("received", {"upheld": False, "decided_at": MONDAY}),
    ],
)
def test_a_decision_turned_round_is_found(bureau, version, state, changes):
    breach = breach_in(state, bureau, version)
    assert list(verify()) == []
    Breach.objects.filter(pk=breach.pk).update(**changes)
    assert breach.subject in {fault.subject for fault in verify()}
