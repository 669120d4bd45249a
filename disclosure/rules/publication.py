"""A text on its way into the catalogue: drafted, reviewed for secrecy, approved, published (公开审查).

Source: 政府信息公开条例 (国令711号, 2019): third parties art. 15, secrecy review before anything comes out
art. 17, twenty working days from the making of a document art. 26, what was given on request and is for
everyone art. 44. That a text may stand in the catalogue as it is, `disclosure.following` asks when it is
handed in and again when it comes out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, cast

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from portal.cases.checking import person_for, written
from portal.cases.models import Case
from portal.cases.terms import SHANGHAI, DayUnit, Limit, Term, local_day
from portal.cases.workflow import Move, NotAllowed, Refused, Route, Transition, Workflow
from portal.organisation.actors import Role

if TYPE_CHECKING:
    from disclosure.models import Publication

DRAFT, REVIEW, ESCALATED, THIRD_PARTY = "draft", "review", "escalated", "third_party"
APPROVAL, READY, SCHEDULED = "approval", "ready", "scheduled"
PUBLISHED, DROPPED = "published", "dropped"
STATES = {
    DRAFT: pgettext_lazy("publication", "draft"),
    REVIEW: gettext_lazy("secrecy review"),
    ESCALATED: gettext_lazy("in doubt: the competent authority is asked"),
    THIRD_PARTY: gettext_lazy("a third party is asked"),
    APPROVAL: gettext_lazy("superior's approval"),
    READY: gettext_lazy("ready to be published"),
    SCHEDULED: gettext_lazy("to be published on its day"),
    PUBLISHED: pgettext_lazy("publication", "published"),
    DROPPED: gettext_lazy("not published"),
}
FINAL = (PUBLISHED, DROPPED)
OPEN = frozenset(STATES) - set(FINAL)

MADE, ON_REQUEST, CARRIED_OVER = "made", "request", "carried_over"
OCCASIONS = {
    MADE: gettext_lazy("A document that was made, to be published unasked"),
    ON_REQUEST: gettext_lazy("Given on request, and for everyone to know"),
    CARRIED_OVER: gettext_lazy("Was public before: carried over from the former catalogue"),
}
PUBLISH, ON_ITS_DAY = "publication.publish", "publication.scheduled"
TERM_NAMES = {
    PUBLISH: gettext_lazy("publication"),
    ON_ITS_DAY: gettext_lazy("publication on its day"),
}
PUBLISH_DAYS = 20
MOST_AHEAD = 366

CONSENTS, OBJECTS, SILENT = "consents", "objects", "silent"
THIRD_PARTY_ANSWERS = {
    CONSENTS: gettext_lazy("consents"),
    OBJECTS: gettext_lazy("objects"),
    SILENT: gettext_lazy("said nothing in time"),
}

# Art. 15: only with the third party's consent, or for a public interest; silence is no consent.
AGAINST = frozenset({OBJECTS, SILENT})

OFFICER, UNIT = frozenset({Role.DISCLOSURE_OFFICER}), frozenset({Role.HANDLER})
REVIEWER, HEAD = frozenset({Role.SECRECY_REVIEWER}), frozenset({Role.AGENCY_HEAD})
SUPERVISORS, SYSTEM = frozenset({Role.SUPERVISOR}), frozenset({Role.SYSTEM})
AUTHORS = OFFICER | UNIT
SEEN_BY = OFFICER | REVIEWER | HEAD | SUPERVISORS
HANDLED_BY = UNIT


def publication_of(case: Case) -> Publication:
    return cast("Publication", case)


def publish_within(case: Case) -> Term | None:
    """Art. 26: twenty working days from the making of a document that is published unasked."""
    if publication_of(case).occasion != MADE:
        return None
    return Term(PUBLISH, PUBLISH_DAYS, DayUnit.WORKING_DAYS, 3, "政府信息公开条例第二十六条", Limit.STATUTORY)


def publish_within_anew(case: Case) -> Term | None:
    """`publish_within`, where the limit runs from another day than the one that holds now.

    Only then: a limit that was missed and began anew from the same day would be missed, and told, twice.
    """
    clock = case.deadlines.running().filter(term=PUBLISH).first()
    if clock is None or local_day(clock.started_at) == publication_of(case).made_on:
        return None
    return publish_within(case)


def when_it_was_made(move: Move) -> datetime:
    """The day of its making, which itself is not counted; of several texts the oldest."""
    return datetime.combine(publication_of(move.case).made_on, time(9), SHANGHAI)


# Guards and checks ------------------------------------------------------------------------------------------


def own_text(move: Move) -> None:
    """A unit's author sees to the own texts; a disclosure officer to any."""
    if move.actor.has_role(*OFFICER):
        return
    if move.actor.id is None or move.actor.id != publication_of(move.case).author_id:
        raise NotAllowed(_("Somebody else wrote this."))


def not_the_author(move: Move) -> None:
    if move.actor.id is not None and move.actor.id in publication_of(move.case).written_by:
        raise NotAllowed(_("Who wrote a text does not review it."))


def neither_author_nor_reviewer(move: Move) -> None:
    publication = publication_of(move.case)
    if move.actor.id is not None and move.actor.id in {*publication.written_by, publication.secrecy_by_id}:
        raise NotAllowed(_("Who wrote or reviewed a text does not approve it."))


def only_on_its_day(move: Move) -> None:
    """The portal itself publishes what an officer put on the schedule, on its day, and nothing else."""
    if move.actor.has_role(*OFFICER):
        return
    if move.case.state != SCHEDULED:
        raise NotAllowed(_("Your role does not permit this step."))
    day = publication_of(move.case).publish_on
    if day is None or day > local_day(move.at):
        raise Refused(_("This day has not come yet."))


def whose_turn(move: Move) -> None:
    """Back to its author it is sent by whoever has it now."""
    wanted = {
        REVIEW: REVIEWER,
        THIRD_PARTY: OFFICER,
        APPROVAL: HEAD,
        READY: OFFICER,
    }[move.case.state]
    if not move.actor.has_role(*wanted):
        raise NotAllowed(_("It is not your turn at this step."))


basis_is_written = written("secrecy_basis", gettext_lazy("Please write on what basis it was reviewed."))


def determination_fits(move: Move) -> None:
    if move.changes.get("may_be_public") is None:
        raise Refused(_("Please say whether it may be made public."), field="may_be_public")
    written("determined_by", gettext_lazy("Please name the authority that decided."))(move)


def answer_fits(move: Move) -> None:
    """Art. 15: over an objection only a public interest decides, and the agency's head with it."""
    answer = move.changes.get("third_party_answer")
    if answer not in THIRD_PARTY_ANSWERS:
        raise Refused(_("Please say what the answer is."), field="third_party_answer")
    if answer in AGAINST and not str(move.changes.get("public_interest", "")).strip():
        raise Refused(
            _("Without its consent only a public interest can demand it: please say which."),
            field="public_interest",
        )


def day_is_ahead(move: Move) -> None:
    """It appears at midnight, so that tomorrow is the first day that there is."""
    day, today = move.changes.get("publish_on"), local_day(move.at)
    if day is None or day <= today:
        raise Refused(_("Please choose a day from tomorrow on."), field="publish_on")
    if day > today + timedelta(days=MOST_AHEAD):
        raise Refused(_("This day is too far away."), field="publish_on")
    clock = move.clock(PUBLISH)
    if clock is not None and clock.breached_at is None and clock.due_on is not None and day > clock.due_on:
        sentence = _("It has to be public by %(day)s.")
        raise Refused(sentence % {"day": clock.due_on.isoformat()}, field="publish_on")


# Where it leads, and what follows ---------------------------------------------------------------------------

AFTER_REVIEW = frozenset({THIRD_PARTY, APPROVAL, READY})


def after_review(move: Move) -> str:
    publication = publication_of(move.case)
    if publication.third_party and not publication.third_party_answer:
        return THIRD_PARTY
    return after_third_party(move)


def after_third_party(move: Move) -> str:
    publication = publication_of(move.case)
    answer = move.changes.get("third_party_answer", publication.third_party_answer)
    return APPROVAL if publication.needs_approval or answer in AGAINST else READY


# What keeps a publication from coming out as it is, "" if nothing does; the catalogue's own verbs know.
obstacles: list[Callable[[Publication, date], str]] = []


def comes_out(move: Move) -> str:
    """What can no longer come out on its day is ready as before, and its people are told of it."""
    if move.actor.has_role(*OFFICER):
        return PUBLISHED
    publication, today = publication_of(move.case), local_day(move.at)
    # Asked twice of one move, and every text is read for it.
    if "state_on_its_day" not in publication.__dict__:
        stuck = any(each(publication, today) for each in obstacles)
        publication.__dict__["state_on_its_day"] = READY if stuck else PUBLISHED
    return str(publication.__dict__["state_on_its_day"])


def off_the_schedule(move: Move) -> Mapping[str, Any]:
    return {} if comes_out(move) == PUBLISHED else {"publish_on": None, "scheduled_on": None}


def determined(move: Move) -> str:
    return after_review(move) if move.changes["may_be_public"] else DROPPED


def holder_in(state: str, move: Move) -> int | None:
    """Whose turn it is in a state; where nobody is there for it, whoever has it keeps it."""
    publication = publication_of(move.case)
    but = {*publication.written_by, *((move.actor.id,) if move.actor.id else ())}
    if state == REVIEW:
        found = person_for(Role.SECRECY_REVIEWER, publication.unit_id, but=set(publication.written_by))
    elif state == APPROVAL:
        found = person_for(Role.AGENCY_HEAD, publication.unit_id, but=but)
    elif state == DRAFT:
        found = publication.author_id
    else:
        found = person_for(Role.DISCLOSURE_OFFICER, publication.unit_id)
    return found if found is not None else publication.holder_id


def goes_to(state: str) -> Any:
    def sets(move: Move) -> Mapping[str, Any]:
        return {"holder_id": holder_in(state, move)}

    return sets


def with_its_author(move: Move) -> Mapping[str, Any]:
    return {
        "author_id": move.actor.id,
        "holder_id": move.actor.id,
        "unit_id": publication_of(move.case).unit_id or move.actor.unit_id,
        "written_by": [move.actor.id] if move.actor.id else [],
    }


def rewritten(move: Move) -> Mapping[str, Any]:
    """Who changed a word of it has written it as well."""
    before = publication_of(move.case).written_by
    own = [move.actor.id] if move.actor.id is not None else []
    return {"written_by": sorted({*before, *own}), **_as_before_review()}


def _as_before_review() -> dict[str, Any]:
    """What was reviewed is no longer the text: the review begins anew."""
    return {
        "secrecy_basis": "",
        "secrecy_by_id": None,
        "secrecy_at": None,
        "third_party_answer": "",
        "public_interest": "",
        "approved_by_id": None,
        "publish_on": None,
    }


def reviewed(move: Move) -> Mapping[str, Any]:
    own = {"secrecy_by_id": move.actor.id, "secrecy_at": move.at}
    return {**own, "holder_id": holder_in(after_review(move), move)}


def decided_elsewhere(move: Move) -> Mapping[str, Any]:
    basis = f"{move.changes['determined_by']}：{move.note}"[:500]
    own = {"secrecy_by_id": move.actor.id, "secrecy_at": move.at, "secrecy_basis": basis}
    return {**own, "holder_id": holder_in(determined(move), move)}


def heard(move: Move) -> Mapping[str, Any]:
    return {"holder_id": holder_in(after_third_party(move), move)}


def approved(move: Move) -> Mapping[str, Any]:
    return {"approved_by_id": move.actor.id, "holder_id": holder_in(READY, move)}


def days_until(case: Case) -> Term:
    """Runs out at the midnight that begins the chosen day, when the portal itself publishes."""
    publication = publication_of(case)
    assert publication.publish_on is not None
    assert publication.scheduled_on is not None
    days = (publication.publish_on - publication.scheduled_on).days - 1
    return Term(ON_ITS_DAY, days, DayUnit.EXACT_DAYS, 0, "发布人指定的公开日期", Limit.STEP, then="publish")


OPENING = Transition(
    name="draft",
    label=gettext_lazy("Draft a text"),
    sources=frozenset(),
    target=DRAFT,
    by=AUTHORS,
    starts_earlier=(publish_within,),
    since=when_it_was_made,
    sets=with_its_author,
)
TRANSITIONS = (
    Transition(
        name="revise",
        label=gettext_lazy("Change the text"),
        sources=frozenset({DRAFT}),
        target=None,
        by=AUTHORS,
        guards=(own_text,),
        changes=("third_party", "needs_approval", "correction_note", "made_on"),
        takes=("texts",),
        private=("texts", "third_party"),
        starts_earlier=(publish_within_anew,),
        since=when_it_was_made,
        sets=rewritten,
    ),
    Transition(
        name="submit",
        label=gettext_lazy("Hand in for secrecy review"),
        sources=frozenset({DRAFT}),
        target=REVIEW,
        by=AUTHORS,
        guards=(own_text,),
        note="optional",
        sets=goes_to(REVIEW),
        tells=("reviewers",),
    ),
    Transition(
        name="pass_secrecy",
        label=gettext_lazy("No secret: it may be public"),
        sources=frozenset({REVIEW}),
        target=Route(AFTER_REVIEW, after_review),
        by=REVIEWER,
        guards=(not_the_author,),
        checks=(basis_is_written,),
        changes=("secrecy_basis",),
        note="optional",
        sets=reviewed,
        tells=("holder",),
    ),
    Transition(
        name="escalate",
        label=gettext_lazy("In doubt: ask the competent authority"),
        sources=frozenset({REVIEW}),
        target=ESCALATED,
        by=REVIEWER,
        guards=(not_the_author,),
        note="required",
        # Who asked the authority waits for its answer.
        sets=lambda move: {"holder_id": move.actor.id},
        tells=("author",),
    ),
    Transition(
        name="record_determination",
        label=gettext_lazy("Record what the authority decided"),
        sources=frozenset({ESCALATED}),
        target=Route(AFTER_REVIEW | {DROPPED}, determined),
        by=REVIEWER,
        guards=(not_the_author,),
        checks=(determination_fits,),
        changes=("may_be_public", "determined_by"),
        note="required",
        sets=decided_elsewhere,
        tells=("holder",),
    ),
    Transition(
        name="record_third_party",
        label=gettext_lazy("Record what the third party says"),
        sources=frozenset({THIRD_PARTY}),
        target=Route(frozenset({APPROVAL, READY}), after_third_party),
        by=OFFICER,
        checks=(answer_fits,),
        changes=("third_party_answer", "public_interest"),
        note="required",
        sets=heard,
        tells=("holder",),
    ),
    Transition(
        name="approve",
        label=gettext_lazy("Approve"),
        sources=frozenset({APPROVAL}),
        target=READY,
        by=HEAD,
        guards=(neither_author_nor_reviewer,),
        note="optional",
        sets=approved,
        tells=("holder",),
    ),
    Transition(
        name="publish",
        label=gettext_lazy("Publish"),
        sources=frozenset({READY, SCHEDULED}),
        target=Route(frozenset({PUBLISHED, READY}), comes_out),
        by=OFFICER | SYSTEM,
        guards=(only_on_its_day,),
        note="optional",
        sets=off_the_schedule,
        tells=("author", "holder"),
    ),
    Transition(
        name="schedule",
        label=gettext_lazy("Publish on a day to come"),
        sources=frozenset({READY}),
        target=SCHEDULED,
        by=OFFICER,
        checks=(day_is_ahead,),
        changes=("publish_on",),
        starts=(days_until,),
        sets=lambda move: {"scheduled_on": local_day(move.at)},
    ),
    Transition(
        name="unschedule",
        label=gettext_lazy("Not on that day after all"),
        sources=frozenset({SCHEDULED}),
        target=READY,
        by=OFFICER,
        note="required",
        voids=(ON_ITS_DAY,),
        sets=lambda move: {"publish_on": None, "scheduled_on": None},
    ),
    Transition(
        name="send_back",
        label=gettext_lazy("Send back to its author"),
        sources=frozenset({REVIEW, THIRD_PARTY, APPROVAL, READY}),
        target=DRAFT,
        by=REVIEWER | OFFICER | HEAD,
        guards=(whose_turn,),
        note="required",
        sets=lambda move: {**_as_before_review(), "holder_id": holder_in(DRAFT, move)},
        tells=("author",),
    ),
    Transition(
        name="drop",
        label=gettext_lazy("Do not publish"),
        sources=OPEN,
        target=DROPPED,
        by=AUTHORS,
        guards=(own_text,),
        note="required",
        tells=("author",),
    ),
    Transition(
        name="urge",
        label=gettext_lazy("Urge"),
        sources=OPEN,
        target=None,
        by=SUPERVISORS,
        note="required",
        tells=("holder",),
    ),
)
WORKFLOW = Workflow(states=STATES, opening=OPENING, transitions=TRANSITIONS, final=FINAL)
