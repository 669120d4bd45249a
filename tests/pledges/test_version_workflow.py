"""The way of a pledge as a table, written by hand from the bureau's rules: state × verb × person.

`draft → reviewed → signed → published → superseded | withdrawn`: the pledging unit or the disclosure office
writes, the disclosure office or the office head reviews, the office head or the chief representative signs,
the disclosure office publishes and withdraws. Who wrote a text neither reviews nor signs it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import Error, IntegrityError, connection, transaction

from pledges import actions, measuring
from pledges.actions import Draft, Promise
from pledges.models import Clause, Pledge, PledgeVersion, Result
from pledges.workflow import VERSION_WORKFLOW
from portal.cases.workflow import Conflict, NotAllowed, Refused
from portal.documents.models import Document, Standing
from portal.ledger.models import Event
from portal.ledger.verify import verify
from portal.organisation.actions import change_details, change_roles, create_unit, deactivate, hire
from portal.organisation.actors import ANONYMOUS, CITIZEN, STAFF_ROLES, SYSTEM, Role
from portal.organisation.second_factor import Confirmation
from tests.bureau import FOUNDED, MONDAY, PEOPLE, moment
from tests.pledges.office import confirmed, draft, take, version_in

NEXT_DAY = MONDAY + timedelta(days=1)

# Besides the small bureau's people: handlers of the unit above the pledging one and of one below it, and two
# who wrote on the text themselves, the one with every role of a signer, the other of the disclosure office.
OTHERS = {
    "handler_above": ("上样例", "bureau", [Role.HANDLER]),
    "handler_below": ("下样例", "nursery", [Role.HANDLER]),
    "wrote_too": ("写样例", "greening", [Role.HANDLER, Role.OFFICE_HEAD, Role.CHIEF_REPRESENTATIVE]),
    "officer_wrote": ("拟样例", "bureau", [Role.DISCLOSURE_OFFICER]),
    "gone": ("离样例", "bureau", [Role.DISCLOSURE_OFFICER, Role.OFFICE_HEAD, Role.CHIEF_REPRESENTATIVE]),
}

OFFICERS = {"disclosure", "disclosure2", "officer_wrote"}
# Who may do what in which state. What is not named is refused: to everybody else, and in every other state.
TABLE = {
    "draft": {
        # The unit's own handler and those above it, never those below or beside it.
        "change": {"handler", "handler_above", "wrote_too"} | OFFICERS,
        # officer_wrote and wrote_too have the role, and wrote.
        "review": {"disclosure", "disclosure2", "office_head"},
    },
    "reviewed": {
        "send_back": {"office_head", "chief", "wrote_too"} | OFFICERS,
        "sign": {"office_head", "chief"},
    },
    "signed": {"publish": OFFICERS, "withdraw": OFFICERS},
    "published": {"withdraw": OFFICERS},
    "superseded": {},
    "withdrawn": {},
}
# Whose role it is at all: everybody else is not allowed, whatever the state.
ROLE_OF = {
    "change": {"handler", "handler_roads", "handler_above", "handler_below", "wrote_too"} | OFFICERS,
    "review": {"office_head", "wrote_too"} | OFFICERS,
    "send_back": {"office_head", "chief", "wrote_too"} | OFFICERS,
    "sign": {"office_head", "chief", "wrote_too"},
    "publish": OFFICERS,
    "withdraw": OFFICERS,
}
POSSIBLE_IN = {
    "change": {"draft"},
    "review": {"draft"},
    "send_back": {"reviewed"},
    "sign": {"reviewed"},
    "publish": {"signed"},
    "withdraw": {"signed", "published"},
}
LEADS_TO = {
    "change": "draft",
    "review": "reviewed",
    "send_back": "draft",
    "sign": "signed",
    "publish": "published",
    "withdraw": "withdrawn",
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


def in_state(bureau, state: str) -> PledgeVersion:
    """Written by three people, reviewed by a fourth, signed by a fifth."""
    version = version_in("draft", bureau)
    for who in ("wrote_too", "officer_wrote"):
        version = actions.change(version, draft(), actor=bureau.actor(who), at=MONDAY)
    way = {
        "draft": [],
        "reviewed": ["review"],
        "signed": ["review", "sign"],
        "published": ["review", "sign", "publish"],
        "superseded": ["review", "sign", "publish"],
        "withdrawn": ["review", "sign", "publish", "withdraw"],
    }[state]
    who = {"review": "disclosure2", "sign": "chief", "publish": "disclosure", "withdraw": "disclosure"}
    for verb in way:
        version = take(version, verb, bureau, who[verb], MONDAY, "职责已调整。")
    if state == "superseded":
        version_in("published", bureau, at=MONDAY + timedelta(hours=1), pledge=version.pledge)
    return PledgeVersion.objects.get(pk=version.pk)


def people(bureau) -> dict:
    found = {username: bureau.actor(username) for username in [*PEOPLE, "disclosure2", "supervisor_greening"]}
    found |= {username: bureau.actor(username) for username in OTHERS}
    return {**found, "citizen": CITIZEN, "anonymous": ANONYMOUS, "system": SYSTEM}


def do(version, verb: str, actor, at=MONDAY, note: str = "按规定办理。", seen=None) -> PledgeVersion:
    """As somebody who enters everything right."""
    if verb == "change":
        return actions.change(version, draft("第一条。"), actor=actor, at=at, seen=seen)
    # Whoever they are, they have shown their second factor.
    seal = Confirmation(actor.id or 0, at)
    return actions.take(version, verb, actor=actor, at=at, note=note, seen=seen, confirmed=seal)


def with_clauses(*promises: Promise) -> Draft:
    return replace(draft(), clauses=promises)


def kept(version: PledgeVersion) -> tuple:
    """All that is in the database of a pledge."""
    pledge = version.pledge_id
    return (
        list(PledgeVersion.objects.filter(pledge=pledge).order_by("pk").values()),
        list(Clause.objects.filter(version__pledge=pledge).order_by("pk").values()),
        list(Document.objects.order_by("pk").values()),
        Event.objects.count(),
    )


def test_the_table_speaks_of_every_verb():
    # To be superseded follows from the next one's publication, and is nobody's step.
    assert set(VERSION_WORKFLOW.transitions) - {"supersede"} == set(LEADS_TO) == set(ROLE_OF)
    assert set(VERSION_WORKFLOW.states) == set(TABLE)


@pytest.mark.parametrize("state", TABLE)
def test_who_may_do_what(bureau, state):
    version = in_state(bureau, state)
    before = kept(version)
    for name, actor in people(bureau).items():
        expected = {verb for verb, who in TABLE[state].items() if name in who}
        drawn = {rule.name for rule in actions.allowed(version, actor=actor, at=MONDAY)} - {"supersede"}
        assert drawn == expected, f"{state}: buttons of {name}"
        for verb in LEADS_TO.keys() - expected:
            with pytest.raises(Refused) as refused:
                do(version, verb, actor)
            role_is_wrong = name not in ROLE_OF[verb]
            person_is_wrong = state in POSSIBLE_IN[verb]
            kind = NotAllowed if role_is_wrong or person_is_wrong else Refused
            assert type(refused.value) is kind, f"{state}: {verb} by {name}"
            assert refused.value.message
    assert kept(version) == before


@pytest.mark.parametrize(("state", "verb"), MOVES)
def test_where_a_verb_leads(bureau, state, verb):
    for who in sorted(TABLE[state][verb]):
        version = in_state(bureau, state)
        moved = do(version, verb, bureau.actor(who), NEXT_DAY)
        fresh = PledgeVersion.objects.get(pk=version.pk)
        assert moved.state == fresh.state == LEADS_TO[verb]
        assert moved.version == fresh.version == version.version + 1
        last = Event.objects.of(version.pledge.subject).last()
        assert (last.verb, last.actor_id, last.at) == (f"pledge_{verb}", bureau.staff[who].pk, NEXT_DAY)
        assert last.data["state"] == LEADS_TO[verb]
        assert last.data["version"] == 1


@pytest.mark.parametrize("name", ["write", "change", "nonsense", ""])
def test_what_is_no_step_is_refused_with_a_sentence(bureau, name):
    version = in_state(bureau, "draft")
    with pytest.raises(Refused) as refused:
        actions.take(version, name, actor=bureau.actor("handler"), at=MONDAY)
    assert refused.value.message


def test_nothing_is_superseded_by_nothing(bureau):
    version = in_state(bureau, "published")
    with pytest.raises(Refused):
        actions.take(version, "supersede", actor=SYSTEM, at=MONDAY)


# Who may begin ----------------------------------------------------------------------------------------------

BEGIN_FOR_GREENING = {"handler", "handler_above", "wrote_too"} | OFFICERS


def test_who_may_begin_a_pledge_of_a_unit(bureau):
    greening = bureau.units["greening"]
    for name, actor in people(bureau).items():
        if name in BEGIN_FOR_GREENING:
            version = actions.begin(greening, draft(), actor=actor, at=MONDAY)
            assert (version.state, version.number, version.version) == ("draft", 1, 1)
            assert (version.writers, version.pledge.unit) == ([actor.id], greening)
            first = Event.objects.of(version.pledge.subject).get()
            assert (first.verb, first.seq, first.actor_id) == ("pledge_write", 1, actor.id)
        else:
            with pytest.raises(NotAllowed):
                actions.begin(greening, draft(), actor=actor, at=MONDAY)
    assert Pledge.objects.count() == len(BEGIN_FOR_GREENING)


def test_who_may_begin_the_next_version(bureau):
    pledge = in_state(bureau, "published").pledge
    for name, actor in people(bureau).items():
        if name not in BEGIN_FOR_GREENING:
            with pytest.raises(NotAllowed):
                actions.begin_next(pledge, draft(), actor=actor, at=MONDAY)
    assert pledge.versions.count() == 1


@pytest.mark.parametrize("role", STAFF_ROLES)
def test_a_role_alone_writes_for_no_other_unit(bureau, role):
    """Whatever the role: of the roads, only a handler of the roads and the disclosure office write."""
    change_roles(staff=bureau.staff["clerk"], roles=[role], actor=SYSTEM, at=MONDAY)
    bureau.staff["clerk"].unit = bureau.units["hotline"]
    bureau.staff["clerk"].save()
    actor = bureau.actor("clerk")
    if role == Role.DISCLOSURE_OFFICER:
        assert actions.begin(bureau.units["roads"], draft(), actor=actor, at=MONDAY).pk
    else:
        with pytest.raises(NotAllowed):
            actions.begin(bureau.units["roads"], draft(), actor=actor, at=MONDAY)


def test_a_unit_that_no_longer_works_promises_nothing_more(bureau):
    bureau.units["roads"].active = False
    bureau.units["roads"].save()
    with pytest.raises(Refused) as refused:
        actions.begin(bureau.units["roads"], draft(), actor=bureau.actor("disclosure"), at=MONDAY)
    assert (type(refused.value), refused.value.field) == (Refused, "unit")


# Who wrote --------------------------------------------------------------------------------------------------


def test_who_wrote_once_is_a_writer_for_good(bureau):
    """Neither another's later text nor another role makes somebody fit to judge the own words."""
    version = version_in("draft", bureau)
    version = actions.change(version, draft(), actor=bureau.actor("officer_wrote"), at=MONDAY)
    version = actions.change(version, draft("新的一条。"), actor=bureau.actor("handler"), at=MONDAY)
    assert version.writers == [bureau.staff["handler"].pk, bureau.staff["officer_wrote"].pk]
    with pytest.raises(NotAllowed):
        do(version, "review", bureau.actor("officer_wrote"))
    handler = bureau.staff["handler"]
    change_roles(staff=handler, roles=[Role.OFFICE_HEAD], actor=SYSTEM, at=MONDAY)
    change_details(staff=handler, title="主任", actor=SYSTEM, at=MONDAY)
    handler.refresh_from_db()
    with pytest.raises(NotAllowed):
        do(version, "review", handler.actor())
    version = do(version, "review", bureau.actor("disclosure"))
    with pytest.raises(NotAllowed):
        do(version, "sign", handler.actor())
    # To send it back, and to publish what others found right, is no judgement of the own words.
    assert do(version, "send_back", handler.actor()).state == "draft"


def test_who_wrote_the_version_before_may_judge_the_next(bureau):
    pledge = in_state(bureau, "published").pledge
    version = actions.begin_next(pledge, draft(), actor=bureau.actor("handler"), at=MONDAY)
    assert version.writers == [bureau.staff["handler"].pk]
    assert do(version, "review", bureau.actor("officer_wrote")).state == "reviewed"


def test_what_was_sent_back_is_reviewed_again(bureau):
    version = in_state(bureau, "reviewed")
    assert (version.reviewed_by, version.reviewed_at) == (bureau.staff["disclosure2"], MONDAY)
    version = do(version, "send_back", bureau.actor("chief"), NEXT_DAY)
    assert (version.reviewed_by_id, version.reviewed_at) == (None, None)
    with pytest.raises(Refused):
        do(version, "sign", bureau.actor("chief"), NEXT_DAY)
    version = do(version, "review", bureau.actor("office_head"), NEXT_DAY)
    assert (version.reviewed_by, version.reviewed_at) == (bureau.staff["office_head"], NEXT_DAY)


# What was entered -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "verb", "who"),
    [
        ("reviewed", "send_back", "chief"),
        ("signed", "withdraw", "disclosure"),
        ("published", "withdraw", "disclosure"),
    ],
)
@pytest.mark.parametrize("note", ["", " \n\t"])
def test_a_reason_has_to_be_given(bureau, state, verb, who, note):
    version = in_state(bureau, state)
    before = kept(version)
    with pytest.raises(Refused) as refused:
        do(version, verb, bureau.actor(who), note=note)
    assert refused.value.field == "note"
    assert kept(version) == before


@pytest.mark.parametrize(
    ("state", "verb", "who"),
    [
        ("draft", "review", "disclosure"),
        ("reviewed", "sign", "chief"),
        ("signed", "publish", "disclosure"),
    ],
)
def test_no_reason_is_needed_to_go_on(bureau, state, verb, who):
    version = in_state(bureau, state)
    assert do(version, verb, bureau.actor(who), note="").state == LEADS_TO[verb]


def test_a_reason_is_kept_where_everyone_can_read_it_later(bureau):
    version = do(in_state(bureau, "reviewed"), "send_back", bureau.actor("chief"), note="  第二条太含糊。 ")
    assert Event.objects.of(version.pledge.subject).last().data["note"] == "第二条太含糊。"


def test_a_reason_that_is_too_long_is_said_at_its_field(bureau):
    with pytest.raises(Refused) as refused:
        do(in_state(bureau, "published"), "withdraw", bureau.actor("disclosure"), note="长" * 501)
    assert refused.value.field == "note"


def test_without_clauses_nothing_is_promised(bureau):
    version = actions.begin(
        bureau.units["greening"], with_clauses(), actor=bureau.actor("handler"), at=MONDAY
    )
    with pytest.raises(Refused) as refused:
        do(version, "review", bureau.actor("disclosure"))
    assert type(refused.value) is Refused
    assert "review" not in {
        rule.name for rule in actions.allowed(version, actor=bureau.actor("disclosure"), at=MONDAY)
    }


@pytest.mark.parametrize(
    ("promise", "field"),
    [
        (Promise(" \n "), "clauses.2.text"),
        (Promise("办结。", target=Decimal(95)), "clauses.2.measure"),
        (Promise("办结。", days=3), "clauses.2.measure"),
        (Promise("办结。", "hotline.nothing", 3, Decimal(95)), "clauses.2.measure"),
        (Promise("办结。", "hotline.closed_within", 3), "clauses.2.target"),
        (Promise("办结。", "hotline.closed_within", 3, Decimal(0)), "clauses.2.target"),
        (Promise("办结。", "hotline.closed_within", 3, Decimal("-1")), "clauses.2.target"),
        (Promise("办结。", "hotline.closed_within", 3, Decimal("100.01")), "clauses.2.target"),
        (Promise("办结。", "hotline.closed_within", None, Decimal(95)), "clauses.2.days"),
        (Promise("满意。", "hotline.satisfied", 3, Decimal(95)), "clauses.2.days"),
    ],
)
def test_what_is_wrong_with_a_clause_is_said_at_its_field(bureau, promise, field):
    version = in_state(bureau, "draft")
    before = kept(version)
    with pytest.raises(Refused) as refused:
        actions.change(
            version,
            with_clauses(Promise("第一条。"), promise),
            actor=bureau.actor("handler"),
            at=MONDAY,
        )
    assert refused.value.field == field
    assert kept(version) == before


@pytest.mark.parametrize("days", [0, 61, 70_000])
def test_a_promise_of_no_days_or_of_years_is_refused(bureau, days):
    promise = Promise("办结。", "hotline.closed_within", days, Decimal(95))
    refused = None
    try:
        with transaction.atomic():
            actions.begin(
                bureau.units["greening"], with_clauses(promise), actor=bureau.actor("handler"), at=MONDAY
            )
    except Refused as error:
        refused = error
    except Error:
        pass
    assert refused is not None
    assert refused.field == "clauses.1.days"


def test_a_target_that_the_table_cannot_hold_is_refused(bureau):
    promise = Promise("满意。", "hotline.satisfied", None, Decimal("0.001"))
    with pytest.raises(Refused), transaction.atomic():
        actions.begin(
            bureau.units["greening"], with_clauses(promise), actor=bureau.actor("handler"), at=MONDAY
        )


def test_a_pledge_has_two_hundred_clauses_at_most(bureau):
    handler, greening = bureau.actor("handler"), bureau.units["greening"]
    most = [f"第{number}件事。" for number in range(200)]
    assert actions.begin(greening, draft(*most), actor=handler, at=MONDAY).clauses.count() == 200
    with pytest.raises(Refused) as refused:
        actions.begin(greening, draft(*most, "多一件。"), actor=handler, at=MONDAY)
    assert refused.value.field == "clauses"


def test_the_last_day_is_not_before_the_first(bureau):
    handler, greening = bureau.actor("handler"), bureau.units["greening"]
    day = date(2026, 11, 2)
    assert actions.begin(greening, draft(valid_from=day, valid_until=day), actor=handler, at=MONDAY).pk
    with pytest.raises(Refused) as refused:
        actions.begin(
            greening, draft(valid_from=day, valid_until=date(2026, 11, 1)), actor=handler, at=MONDAY
        )
    assert refused.value.field == "valid_until"


def test_a_draft_is_written_anew_as_a_whole(bureau):
    version = version_in("draft", bureau, measured=True)
    actions.change(version, draft(" 只此一条。 ", title="新题"), actor=bureau.actor("handler"), at=NEXT_DAY)
    version.refresh_from_db()
    assert (version.title, version.written_at) == ("新题", NEXT_DAY)
    assert list(version.clauses.values_list("position", "text", "measure", "measure_target")) == [
        (1, "只此一条。", "", None)
    ]


# Signing ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("whose", [None, "office_head", "disclosure2"])
def test_nobody_signs_without_the_own_second_factor(bureau, whose):
    version = in_state(bureau, "reviewed")
    before = kept(version)
    seal = confirmed(bureau.actor(whose), MONDAY) if whose else None
    with pytest.raises(Refused) as refused:
        actions.take(version, "sign", actor=bureau.actor("chief"), at=MONDAY, confirmed=seal)
    assert refused.value.field == "code"
    assert kept(version) == before


def test_a_confirmation_gives_nobody_a_role(bureau):
    version = in_state(bureau, "reviewed")
    for who in ("handler", "disclosure", "supervisor", "administrator"):
        actor = bureau.actor(who)
        with pytest.raises(NotAllowed):
            actions.take(version, "sign", actor=actor, at=MONDAY, confirmed=confirmed(actor, MONDAY))


def test_a_signer_without_a_title_is_told_so(bureau):
    change_details(staff=bureau.staff["chief"], title="", actor=SYSTEM, at=MONDAY)
    version = in_state(bureau, "reviewed")
    before = kept(version)
    with pytest.raises(Refused) as refused:
        do(version, "sign", bureau.actor("chief"))
    assert type(refused.value) is Refused
    assert kept(version) == before


def test_a_signed_version_says_by_whom_it_is(bureau):
    version = in_state(bureau, "reviewed")
    version = do(version, "sign", bureau.actor("chief"), NEXT_DAY)
    assert (version.signer, version.signer_name, version.signer_title, version.signed_at) == (
        bureau.staff["chief"],
        "签样例",
        "首席代表",
        NEXT_DAY,
    )
    document = version.document
    assert (document.kind, document.title, document.is_public) == ("pledge", version.title, False)
    assert (document.valid_from, document.valid_until) == (date(2026, 11, 2), date(2027, 12, 31))
    assert version.published_at is None
    change_details(staff=bureau.staff["chief"], title="局长", actor=SYSTEM, at=NEXT_DAY)
    version.refresh_from_db()
    assert version.signer_title == "首席代表"


# Validity ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "verb", "who"),
    [
        ("draft", "review", "disclosure"),
        ("reviewed", "sign", "chief"),
        ("signed", "publish", "disclosure"),
    ],
)
def test_what_is_over_does_not_go_on(bureau, state, verb, who):
    """The last day still counts, until 24:00 in Shanghai."""
    version = version_in(state, bureau, valid_until=date(2026, 11, 5))
    before = kept(version)
    with pytest.raises(Refused) as refused:
        do(version, verb, bureau.actor(who), moment("2026-11-06 00:00"))
    assert type(refused.value) is Refused
    assert kept(version) == before
    moved = do(version, verb, bureau.actor(who), moment("2026-11-05 23:59:59"))
    assert moved.state == LEADS_TO[verb]


def test_what_is_over_can_still_be_sent_back_and_withdrawn(bureau):
    late = moment("2026-11-06 00:00")
    reviewed = version_in("reviewed", bureau, valid_until=date(2026, 11, 5))
    assert do(reviewed, "send_back", bureau.actor("chief"), late).state == "draft"
    published = version_in("published", bureau, valid_until=date(2026, 11, 5))
    assert do(published, "withdraw", bureau.actor("disclosure"), late).state == "withdrawn"


def test_a_first_version_may_be_published_before_it_holds(bureau):
    version = version_in("signed", bureau, valid_from=date(2026, 12, 1))
    version = do(version, "publish", bureau.actor("disclosure"))
    assert version.state == "published"
    assert version.document.standing(date(2026, 11, 30)) is Standing.NOT_YET
    assert [version.holds_on(date(2026, *day)) for day in ((11, 30), (12, 1))] == [False, True]


def test_the_next_version_takes_over_on_the_day_from_which_it_holds(bureau):
    first = in_state(bureau, "published")
    later = version_in("signed", bureau, pledge=first.pledge, valid_from=date(2026, 12, 1))
    before = kept(later)
    with pytest.raises(Refused) as refused:
        do(later, "publish", bureau.actor("disclosure"), moment("2026-11-30 23:59:59"))
    assert type(refused.value) is Refused
    assert "2026-12-01" in refused.value.message
    assert kept(later) == before
    assert do(later, "publish", bureau.actor("disclosure"), moment("2026-12-01 00:00")).state == "published"


@pytest.mark.parametrize("state", ["published", "superseded", "withdrawn", "signed"])
def test_holding_on_a_day(bureau, state):
    version = version_in(state, bureau, valid_until=date(2026, 11, 30))
    found = [version.holds_on(date(2026, *day)) for day in ((11, 1), (11, 2), (11, 30), (12, 1))]
    assert found == ([False, True, True, False] if state == "published" else [False] * 4)


# Versions ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["draft", "reviewed", "signed"])
def test_one_next_version_at_a_time(bureau, state):
    pledge = in_state(bureau, "published").pledge
    version_in(state, bureau, pledge=pledge)
    with pytest.raises(Refused) as refused:
        actions.begin_next(pledge, draft(), actor=bureau.actor("handler"), at=MONDAY)
    assert type(refused.value) is Refused
    assert pledge.versions.count() == 2


@pytest.mark.parametrize("state", ["draft", "reviewed", "signed"])
def test_a_first_version_has_no_next_before_it_is_published(bureau, state):
    version = in_state(bureau, state)
    with pytest.raises(Refused):
        actions.begin_next(version.pledge, draft(), actor=bureau.actor("handler"), at=MONDAY)


@pytest.mark.parametrize(("state", "number"), [("published", 2), ("withdrawn", 2), ("superseded", 3)])
def test_versions_are_numbered(bureau, state, number):
    version = in_state(bureau, state)
    following = actions.begin_next(version.pledge, draft(), actor=bureau.actor("handler"), at=MONDAY)
    assert following.number == number


def test_the_one_in_force_stays_until_the_next_is_published(bureau):
    first = in_state(bureau, "published")
    for state in ("draft", "reviewed", "signed"):
        pledge = version_in("published", bureau).pledge
        version_in(state, bureau, pledge=pledge)
        assert pledge.in_force.number == 1
        assert pledge.in_force.document.ended == ""
    assert first.pledge.in_force == first


def test_a_later_version_supersedes_and_keeps_the_earlier_one(bureau):
    first = in_state(bureau, "published")
    texts = list(first.clauses.values_list("text", flat=True))
    at = moment("2026-12-01 10:00")
    second = version_in("published", bureau, at=at, pledge=first.pledge, title="第二版")
    first.refresh_from_db()
    assert (first.state, first.ended_at, first.ended_reason) == ("superseded", at, "")
    assert (first.document.ended, first.document.ended_at) == ("superseded", at)
    assert first.document.replaced_by == second.document
    assert (second.document.ended, second.document.replaced_by) == ("", None)
    # What was signed stays readable for ever.
    assert first.document.is_public
    assert list(first.clauses.values_list("text", flat=True)) == texts
    assert list(PledgeVersion.objects.public().filter(pledge=first.pledge)) == [first, second]
    assert first.pledge.in_force == second
    verbs = Event.objects.of(first.pledge.subject).values_list("verb", "data__version", "at")
    assert list(verbs)[-2:] == [("pledge_supersede", 1, at), ("pledge_publish", 2, at)]
    assert list(verify()) == []


def test_a_third_supersedes_the_second_alone(bureau):
    first = in_state(bureau, "superseded")
    ended = first.ended_at
    third = version_in("published", bureau, at=moment("2026-12-02 10:00"), pledge=first.pledge)
    first.refresh_from_db()
    second = first.pledge.versions.get(number=2)
    assert [second.state, third.state, first.ended_at] == ["superseded", "published", ended]
    assert first.document.replaced_by == second.document
    assert second.document.replaced_by == third.document


def test_after_a_withdrawal_nothing_is_superseded(bureau):
    gone = in_state(bureau, "withdrawn")
    version_in("published", bureau, at=moment("2026-12-02 10:00"), pledge=gone.pledge)
    gone.refresh_from_db()
    assert (gone.state, gone.document.ended) == ("withdrawn", "revoked")


def test_withdrawing_leaves_a_tombstone_with_its_reason(bureau):
    version = in_state(bureau, "published")
    at = moment("2026-11-20 15:00")
    do(version, "withdraw", bureau.actor("disclosure"), at, note=" 职责已调整，由其他单位承担。 ")
    version.refresh_from_db()
    reason = "职责已调整，由其他单位承担。"
    assert (version.state, version.ended_at, version.ended_reason) == ("withdrawn", at, reason)
    document = version.document
    assert (document.ended, document.ended_at, document.ended_reason) == ("revoked", at, reason)
    assert document.replaced_by is None
    assert document.is_public
    assert version in PledgeVersion.objects.public()
    assert version.pledge.in_force is None
    assert version.clauses.count() == 3
    assert list(verify()) == []


def test_what_was_never_published_leaves_nothing_in_public(bureau):
    version = do(in_state(bureau, "signed"), "withdraw", bureau.actor("disclosure"))
    assert (version.published_at, version.document.is_public) == (None, False)
    assert version not in PledgeVersion.objects.public()
    assert Document.objects.get(pk=version.document_id).ended == "revoked"


# Who sees what ----------------------------------------------------------------------------------------------

SEES_DRAFTS = {
    "handler",
    "handler_above",
    "wrote_too",
    "office_head",
    "chief",
    "supervisor",
    "supervisor_greening",
} | OFFICERS


@pytest.mark.parametrize(
    ("state", "is_public"),
    [
        ("draft", False),
        ("reviewed", False),
        ("signed", False),
        ("published", True),
        ("superseded", True),
        ("withdrawn", True),
    ],
)
def test_who_sees_a_version(bureau, state, is_public):
    version = in_state(bureau, state)
    for name, actor in people(bureau).items():
        seen = version in PledgeVersion.objects.visible_to(actor)
        assert seen == (is_public or name in SEES_DRAFTS), f"{state}: {name}"
    assert (version in PledgeVersion.objects.public()) == is_public
    assert (version in PledgeVersion.objects.in_force()) == (state == "published")


# Two at the same page ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "first_verb", "first", "name", "second_verb", "second"),
    [
        ("draft", "change", "wrote_too", "写样例", "change", "handler"),
        ("draft", "change", "handler", "林样例", "review", "disclosure"),
        ("draft", "review", "disclosure2", "阅样例", "review", "disclosure"),
        ("reviewed", "send_back", "chief", "签样例", "sign", "office_head"),
        ("reviewed", "sign", "chief", "签样例", "sign", "office_head"),
        ("signed", "publish", "disclosure", "公样例", "publish", "disclosure2"),
        ("signed", "withdraw", "disclosure", "公样例", "publish", "disclosure2"),
        ("published", "withdraw", "disclosure2", "阅样例", "withdraw", "disclosure"),
    ],
)
def test_the_second_is_told_who_was_first(bureau, state, first_verb, first, name, second_verb, second):
    looked_at = in_state(bureau, state)
    at = moment("2026-11-02 14:37")
    do(PledgeVersion.objects.get(pk=looked_at.pk), first_verb, bureau.actor(first), at)
    before = kept(looked_at)
    actor, seen = bureau.actor(second), looked_at.version
    with pytest.raises(Conflict) as refused:
        do(looked_at, second_verb, actor, at, seen=seen)
    assert name in refused.value.message
    assert "14:37" in refused.value.message
    assert kept(looked_at) == before


def test_the_first_is_the_one_of_this_version(bureau):
    """What happened to another version of the pledge meanwhile is not what the second is told."""
    first = in_state(bureau, "published")
    draft_of_next = version_in("draft", bureau, pledge=first.pledge)
    seen = draft_of_next.version
    at = moment("2026-11-02 14:37")
    do(draft_of_next, "change", bureau.actor("wrote_too"), at)
    do(first, "withdraw", bureau.actor("disclosure2"), moment("2026-11-02 15:00"))
    with pytest.raises(Conflict) as refused:
        actions.take(draft_of_next, "review", actor=bureau.actor("disclosure"), at=at, seen=seen)
    assert "写样例" in refused.value.message
    assert "14:37" in refused.value.message


def test_who_looked_at_the_latest_goes_on(bureau):
    version = in_state(bureau, "draft")
    moved = actions.take(version, "review", actor=bureau.actor("disclosure"), at=MONDAY, seen=version.version)
    assert moved.state == "reviewed"


def test_to_be_superseded_is_a_change_that_a_second_is_told_of(bureau):
    first = in_state(bureau, "published")
    version_in("published", bureau, at=moment("2026-12-01 10:00"), pledge=first.pledge)
    with pytest.raises(Conflict) as refused:
        actions.take(
            first, "withdraw", actor=bureau.actor("disclosure2"), at=MONDAY, note="误。", seen=first.version
        )
    assert "公样例" in refused.value.message


# What the database holds ------------------------------------------------------------------------------------


def refuses(sql: str, *values: object) -> None:
    """Where a trigger or a constraint says no; those that wait for the commit are asked at once."""
    with pytest.raises(Error), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; " + sql, values)


SIGNED_STATES = ["signed", "published", "superseded", "withdrawn"]
TEXT_COLUMNS = [
    ("title", "别的题目"),
    ("preamble", "别的前言"),
    ("closing", ""),
    ("phone", "12345"),
    ("fax", ""),
    ("email", "x@portal.invalid"),
    ("valid_from", "2026-01-01"),
    ("valid_until", None),
    ("number", 9),
    ("writers", [1]),
    ("written_at", "2026-01-01T00:00:00Z"),
    ("reviewed_by_id", None),
    ("reviewed_at", None),
    ("signer_id", None),
    ("signer_name", "别人"),
    ("signer_title", "局长"),
    ("signed_at", "2026-01-01T00:00:00Z"),
    ("document_id", None),
]


@pytest.mark.parametrize("state", SIGNED_STATES)
def test_the_text_of_a_signed_version_cannot_be_changed(bureau, state):
    version = in_state(bureau, state)
    for column, value in TEXT_COLUMNS:
        refuses(f"UPDATE pledges_pledgeversion SET {column} = %s WHERE id = %s", value, version.pk)
    for name, value in (("title", "别的题目"), ("valid_until", date(2036, 1, 1)), ("signer_name", "别人")):
        with pytest.raises(Error), transaction.atomic():
            PledgeVersion.objects.filter(pk=version.pk).update(**{name: value})
        changed = PledgeVersion.objects.get(pk=version.pk)
        setattr(changed, name, value)
        with pytest.raises(Error), transaction.atomic():
            changed.save()


@pytest.mark.parametrize("state", SIGNED_STATES)
def test_the_clauses_of_a_signed_version_cannot_be_changed(bureau, state):
    version = in_state(bureau, state)
    clause = version.clauses.first()
    for column, value in (
        ("text", "什么也不承诺。"),
        ("position", 99),
        ("measure_target", 1),
        ("measure", "hotline.satisfied"),
        ("measure_days", 60),
    ):
        refuses(f"UPDATE pledges_clause SET {column} = %s WHERE id = %s", value, clause.pk)
    refuses("DELETE FROM pledges_clause WHERE id = %s", clause.pk)
    refuses(
        "INSERT INTO pledges_clause (version_id, position, text, measure) VALUES (%s, 9, '', '')", version.pk
    )
    with pytest.raises(Error), transaction.atomic():
        version.clauses.update(text="什么也不承诺。")
    with pytest.raises(Error), transaction.atomic():
        clause.delete()
    with pytest.raises(Error), transaction.atomic():
        Clause.objects.create(version=version, position=4, text="多一条。")
    clause.text = "什么也不承诺。"
    with pytest.raises(Error), transaction.atomic():
        clause.save()
    assert list(verify()) == []


@pytest.mark.parametrize("state", ["draft", "signed"])
def test_a_clause_does_not_move_into_a_signed_version(bureau, state):
    signed = in_state(bureau, "signed")
    other = version_in("draft", bureau)
    refuses("UPDATE pledges_clause SET version_id = %s, position = 99 WHERE version_id = %s AND position = 1",
            signed.pk, other.pk)  # fmt: skip


def test_a_clause_does_not_move_out_of_a_signed_version(bureau):
    signed = in_state(bureau, "signed")
    other = version_in("draft", bureau)
    refuses("UPDATE pledges_clause SET version_id = %s, position = 99 WHERE version_id = %s AND position = 1",
            other.pk, signed.pk)  # fmt: skip


@pytest.mark.parametrize(
    "changes",
    [
        {"measure": "hotline.satisfied", "measure_target": 0},
        {"measure": "hotline.satisfied", "measure_target": 101},
        {"measure": "", "measure_target": 95},
        {"measure": "", "measure_days": 3},
        pytest.param(
            {"measure": "hotline.satisfied", "measure_target": None},
        ),
    ],
)
def test_a_measure_and_its_target_come_together(bureau, changes):
    version = version_in("draft", bureau)
    with pytest.raises(Error), transaction.atomic():
        Clause.objects.filter(version=version, position=1).update(**changes)


def test_a_draft_is_still_a_draft_for_the_database(bureau):
    version = in_state(bureau, "draft")
    Clause.objects.filter(version=version, position=1).update(text="改写。")
    PledgeVersion.objects.filter(pk=version.pk).update(title="改题")
    version.refresh_from_db()
    assert (version.title, version.clauses.first().text) == ("改题", "改写。")


@pytest.mark.parametrize("state", TABLE)
def test_a_version_is_never_deleted(bureau, state):
    version = in_state(bureau, state)
    refuses("DELETE FROM pledges_pledgeversion WHERE id = %s", version.pk)
    refuses("DELETE FROM pledges_pledge WHERE id = %s", version.pledge_id)
    with pytest.raises(Error), transaction.atomic():
        PledgeVersion.objects.filter(pk=version.pk).delete()
    if state == "draft":
        # Without its clauses it still stays.
        version.clauses.all().delete()
        refuses("DELETE FROM pledges_pledgeversion WHERE id = %s", version.pk)


@pytest.mark.parametrize("state", SIGNED_STATES)
def test_what_is_signed_is_no_draft_any_more(bureau, state):
    version = in_state(bureau, state)
    for back in ("draft", "reviewed"):
        refuses("UPDATE pledges_pledgeversion SET state = %s WHERE id = %s", back, version.pk)


@pytest.mark.parametrize("state", ["draft", "reviewed"])
def test_nothing_is_signed_or_in_force_without_its_document(bureau, state):
    version = in_state(bureau, state)
    for forward in SIGNED_STATES:
        refuses("UPDATE pledges_pledgeversion SET state = %s WHERE id = %s", forward, version.pk)


def test_two_of_one_pledge_are_not_in_force_nor_under_way(bureau):
    first = in_state(bureau, "published")
    later = version_in("signed", bureau, pledge=first.pledge)
    refuses(
        "UPDATE pledges_pledgeversion SET state = 'published', published_at = now() WHERE id = %s", later.pk
    )
    with pytest.raises(IntegrityError), transaction.atomic():
        PledgeVersion.objects.create(
            pledge=first.pledge,
            number=3,
            state="draft",
            title="又一版",
            phone="12319",
            valid_from=date(2026, 11, 2),
            written_at=MONDAY,
        )


def test_a_withdrawal_without_a_reason_is_none(bureau):
    version = in_state(bureau, "published")
    refuses(
        "UPDATE pledges_pledgeversion SET state = 'withdrawn', ended_at = now() WHERE id = %s", version.pk
    )
    refuses("UPDATE pledges_pledgeversion SET state = 'superseded' WHERE id = %s", version.pk)
    refuses("UPDATE pledges_pledgeversion SET published_at = NULL WHERE id = %s", version.pk)


def test_results_are_neither_changed_nor_deleted(bureau):
    version = version_in("published", bureau, measured=True)
    measuring.measure_due(at=NEXT_DAY)
    result = Result.objects.get(clause__version=version)
    for column, value in (
        ("part", 0),
        ("whole", 5),
        ("kept", True),
        ("day", "2026-11-09"),
        ("measured_at", FOUNDED),
    ):
        refuses(f"UPDATE pledges_result SET {column} = %s WHERE id = %s", value, result.pk)
    refuses("DELETE FROM pledges_result WHERE id = %s", result.pk)
    with pytest.raises(Error), transaction.atomic():
        Result.objects.update(whole=1, kept=False)
    with pytest.raises(Error), transaction.atomic():
        result.delete()
    result.kept, result.whole = False, 1
    with pytest.raises(Error), transaction.atomic():
        result.save()
