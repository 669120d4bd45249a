"""A bureau with an office for disclosure, and its publications and requests, walked by real verbs.

Nobody sets a state: each step is taken by whoever may, all at the same moment unless another is given.
`founded`, `office` and `plain_papers` are fixtures; a test module makes them its own: `office = of.office`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction

from disclosure import actions, publishing, requesting
from disclosure.models import Category, Disclosure, InformationRequest, Publication, Theme
from portal.cases.actions import sweep
from portal.cases.models import Case, Deadline
from portal.cases.terms import local_day, midnight
from portal.documents.signing.signer import Signed
from portal.ledger.models import Event
from portal.organisation.actions import hire
from portal.organisation.actors import CITIZEN, SYSTEM, Actor, Role
from portal.organisation.models import Staff
from tests.bureau import FOUNDED, MONDAY, Bureau, make_bureau

# Made up, with check digits that fit.
ID_NUMBER, ANOTHER_ID, CREDIT_CODE = "330802199003071239", "330802198511124566", "91330802MA2DEM013R"
NAME, THIRD_PARTY, CO_AGENCY = "章样例", "样例园艺有限公司", "样例市水利局"
QUESTION = "贵局2025年行道树修剪的经费决算"

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)

# Second persons, and those who have two roles: name, unit, roles.
MORE_PEOPLE = {
    "handler2": ("苗样例", "greening", [Role.HANDLER]),
    "disclosure2": ("开样例", "bureau", [Role.DISCLOSURE_OFFICER]),
    "secrecy2": ("保样例", "bureau", [Role.SECRECY_REVIEWER]),
    "head2": ("领样例", "bureau", [Role.AGENCY_HEAD]),
    "writer_reviewer": ("兼样例", "roads", [Role.HANDLER, Role.SECRECY_REVIEWER]),
    "officer_reviewer": ("双样例", "bureau", [Role.DISCLOSURE_OFFICER, Role.SECRECY_REVIEWER]),
    "officer_head": ("主样例", "bureau", [Role.DISCLOSURE_OFFICER, Role.AGENCY_HEAD]),
    "reviewer_head": ("总样例", "bureau", [Role.SECRECY_REVIEWER, Role.AGENCY_HEAD]),
}
# Who has each role of the tables; a handler is the author of what a publication's tests look at.
PERSON_OF = {
    "clerk": "clerk",
    "operator": "operator",
    "handler": "handler",
    "office_head": "office_head",
    "chief_representative": "chief",
    "agency_head": "agency_head",
    "disclosure_officer": "disclosure",
    "secrecy_reviewer": "secrecy",
    "supervisor": "supervisor",
    "administrator": "administrator",
}


def make_office() -> Bureau:
    """`make_bureau` with second persons, a category and a theme."""
    bureau = make_bureau()
    for username, (name, unit, roles) in MORE_PEOPLE.items():
        bureau.staff[username] = hire(
            username=username,
            name=name,
            roles=roles,
            unit=bureau.units[unit],
            encoded_password="!",
            actor=SYSTEM,
            at=FOUNDED,
        )
    administrator = bureau.actor("administrator")
    for row, name in ((Category(), "工作规则"), (Theme(), "城市绿化")):
        actions.arrange(row, code="office", name=name, name_en="Sample", actor=administrator, at=FOUNDED)
    return bureau


@pytest.fixture(scope="module")
def founded(django_db_setup: None, django_db_blocker: Any) -> Iterator[Bureau]:
    """The office, founded once a module: each test's own changes are undone, this at the module's end."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield make_office()
        transaction.set_rollback(True)


@pytest.fixture
def office(founded: Bureau, db: None) -> Bureau:
    """The module's office, with members of staff as they stand in the database."""
    staff = {each.username: each for each in Staff.objects.select_related("unit")}
    return Bureau(units=founded.units, staff=staff, categories=founded.categories)


@contextmanager
def plainly() -> Iterator[None]:
    """Papers are kept, numbered and recorded, but neither typeset nor signed, which would take long."""

    def signed(
        kind: Any, title: str, values: Any, enclosing: Any, *, number: str, code: str, at: Any
    ) -> Signed:
        return Signed(pdf=f"{number} {code} {values}".encode(), signer="plain", serial="0", signed_at=at)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("portal.documents.actions._signed", signed)
        yield


@pytest.fixture(scope="module")
def plain_papers() -> Iterator[None]:
    """`plainly` for a whole module: other tests look at the papers."""
    with plainly():
        yield


@contextmanager
def undone() -> Iterator[None]:
    """What is done within is undone afterwards."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def actor_of(office: Bureau, role: str) -> Actor:
    """Who acts in a role of the tables."""
    return {"citizen": CITIZEN, "system": SYSTEM}.get(role) or office.actor(PERSON_OF[role])


def after_last_day(case: Case, term: str) -> datetime:
    """The first moment at which the running limit has passed."""
    due = Deadline.objects.running().get(case=case, term=term).due_at
    assert due is not None
    return due


def last_days(case: Case) -> dict[str, str]:
    """The last day of each limit that the case has or had, the latest of each."""
    return {
        each.term.partition(".")[2]: str(each.due_on)
        for each in Deadline.objects.filter(case=case).order_by("id")
    }


def verbs_of(case: Case) -> list[str]:
    """What the ledger has of a case, in order."""
    return list(Event.objects.of(case.subject).values_list("verb", flat=True))


def as_kept(case: Case) -> tuple[Any, ...]:
    """What the database has of a case and of the ledger, to see that nothing was written."""
    model = Publication if case.kind == publishing.KIND else InformationRequest
    return (
        model._default_manager.filter(pk=case.pk).values().get(),
        list(Deadline.objects.filter(case=case).order_by("pk").values()),
        Event.objects.count(),
    )


# Publications -----------------------------------------------------------------------------------------------


def text(office: Bureau, at: datetime = MONDAY, **more: Any) -> publishing.Text:
    told: dict[str, Any] = {
        "category": Category.objects.get(code="office"),
        "theme": Theme.objects.get(code="office"),
        "unit": office.units["greening"],
        "title": "关于行道树冬季修剪的通知",
        "body": "本月起分路段修剪行道树，请过往行人绕行。",
        "dated_on": local_day(at),
    }
    return publishing.Text(**{**told, **more})


def drafted(
    office: Bureau,
    *texts: publishing.Text,
    who: str = "handler",
    at: datetime = MONDAY,
    **more: Any,
) -> Publication:
    """A draft; of one text of the author's unit that was made that day, unless others are given."""
    own = text(office, at, unit=office.staff[who].unit)
    return publishing.draft(texts or [own], actor=office.actor(who), at=at, **more)


# What somebody enters who does it right; the rest asks for no more than a note.
PUBLICATION_ENTERED: dict[str, dict[str, Any]] = {
    "pass_secrecy": {"secrecy_basis": "《保守国家秘密法》，不涉密。"},
    "record_determination": {"may_be_public": True, "determined_by": "样例市国家保密局"},
    "record_third_party": {"third_party_answer": "consents"},
    "schedule": {"publish_on": date(2026, 11, 5)},
}


def move(
    publication: Publication, name: str, office: Bureau, who: str, *, at: datetime = MONDAY, **entered: Any
) -> Publication:
    """Take a step as somebody who does it right, but for what is `entered`; `who` may be "system"."""
    actor = SYSTEM if who == "system" else office.actor(who)
    return move_as(publication, name, office, actor, at=at, **entered)


def move_as(
    publication: Publication,
    name: str,
    office: Bureau,
    actor: Actor,
    *,
    at: datetime = MONDAY,
    **entered: Any,
) -> Publication:
    """`move` for whoever is named as an actor."""
    if name == "revise":
        entered = {"text": text(office, body="路段如附表，请过往行人绕行。"), **entered}
        return publishing.revise(publication, actor=actor, at=at, **entered)
    told = {"note": "按规定办理。", **PUBLICATION_ENTERED.get(name, {}), **entered}
    return publishing.take(publication, name, actor=actor, at=at, **told)


# The steps that lead to a state, and what has to be so for it.
PUBLICATION_WAYS: dict[str, tuple[dict[str, Any], tuple[tuple[str, str], ...]]] = {
    "draft": ({}, ()),
    "review": ({}, (("submit", "handler"),)),
    "escalated": ({}, (("submit", "handler"), ("escalate", "secrecy"))),
    "third_party": (
        {"third_party": THIRD_PARTY},
        (("submit", "handler"), ("pass_secrecy", "secrecy")),
    ),
    "approval": ({"needs_approval": True}, (("submit", "handler"), ("pass_secrecy", "secrecy"))),
    "ready": ({}, (("submit", "handler"), ("pass_secrecy", "secrecy"))),
    "scheduled": (
        {},
        (("submit", "handler"), ("pass_secrecy", "secrecy"), ("schedule", "disclosure")),
    ),
    "published": (
        {},
        (("submit", "handler"), ("pass_secrecy", "secrecy"), ("publish", "disclosure")),
    ),
    "dropped": ({}, (("drop", "handler"),)),
}


def publication_in(
    state: str,
    office: Bureau,
    *texts: publishing.Text,
    who: str = "handler",
    reviewer: str = "secrecy",
    at: datetime = MONDAY,
    **more: Any,
) -> Publication:
    """A publication that `who` wrote and `reviewer` looked at, walked to a state at `at`."""
    needs, steps = PUBLICATION_WAYS[state]
    made = drafted(office, *texts, who=who, at=at, **{**needs, **more})
    by = {"handler": who, "secrecy": reviewer}
    for name, whose in steps:
        made = move(made, name, office, by.get(whose, whose), at=at)
    assert made.state == state
    return Publication.objects.get(pk=made.pk)


def public_item(office: Bureau, *, at: datetime = MONDAY, **more: Any) -> Disclosure:
    """An item of the catalogue, published through its workflow."""
    made = publication_in("published", office, text(office, at, **more), at=at)
    row = made.entries.select_related("item").get()
    assert row.item is not None
    return row.item


# Information requests ---------------------------------------------------------------------------------------


def asking(**more: Any) -> requesting.Asking:
    told: dict[str, Any] = {
        "applicant_kind": "person",
        "applicant_name": NAME,
        "applicant_number": ID_NUMBER,
        "phone": "19900000001",
        "description": QUESTION,
    }
    return requesting.Asking(**{**told, **more})


def of_a_company(**more: Any) -> requesting.Asking:
    told = {
        "applicant_kind": "company",
        "applicant_name": "样例建设有限公司",
        "applicant_number": CREDIT_CODE,
        "representative": "范样例",
    }
    return asking(**{**told, **more})


# What somebody enters who does it right; the rest asks for no more than a note.
REQUEST_ENTERED: dict[str, dict[str, Any]] = {
    "ask_supplement": {"supplement_days": 10, "note": "请写明所需信息的路段。"},
    "consult": {"parties": [("third_party", THIRD_PARTY)], "note": "请说明是否涉及商业秘密。"},
    "pass_secrecy": {"secrecy_basis": "《保守国家秘密法》，不涉密。"},
    "ask_extension": {"extension_asked": 10, "note": "需要检索的档案较多。"},
    "extend": {"extend_by": 10, "note": "情况属实，同意延长。"},
    "ask_fee": {"fee_by": "pages", "fee_pages": 45},
}
PROVIDED = {"reply_type": "provided", "reply_text": "现将决算表提供给你。"}
REFUSED = {"reply_type": "internal", "reply_text": "该信息属于本机关内部管理事务。"}


def entered_for(request: InformationRequest, name: str, at: datetime) -> dict[str, Any]:
    """What somebody enters who does it right at that moment."""
    today = local_day(at)
    if name == "register":
        return {"received_on": today}
    if name == "supplement":
        return {"description": f"{QUESTION}，限青石路"}
    if name == "record_opinion":
        return {"party": request.consultations.filter(answer="").first(), "answer": "agrees"}
    if name == "record_payment":
        return {"paid_on": today}
    if name == "reply":
        return PROVIDED if request.secrecy_basis else REFUSED
    if name == "deliver":
        return {"served_by": "net", "served_to": NAME, "served_on": today}
    without_note = ("record_opinion", "reply", "supplement_over", "consultation_over", "fee_over")
    return REQUEST_ENTERED.get(name, {} if name in without_note else {"note": "按规定办理。"})


def do(
    request: InformationRequest,
    name: str,
    office: Bureau,
    who: str = "disclosure",
    *,
    at: datetime = MONDAY,
    **entered: Any,
) -> InformationRequest:
    """Take a step as somebody who does it right, but for what is `entered`.

    `who` is a member of staff by user name, "citizen", or "system".
    """
    actor = {"citizen": CITIZEN, "system": SYSTEM}.get(who) or office.actor(who)
    told = {**entered_for(request, name, at), **entered}
    if name == "supplement":
        return requesting.bring_supplement(request, actor=actor, at=at, **told)
    return requesting.take(request, name, actor=actor, at=at, **told)


def applied(
    office: Bureau, *, channel: str = "web", at: datetime = MONDAY, who: str = "disclosure", **more: Any
) -> InformationRequest:
    """A request by the channel; those that a citizen does not send on the web are entered by `who`."""
    received_on = more.pop("received_on", None)
    actor = CITIZEN if channel == "web" else office.actor(who)
    asked = more.pop("asked", None) or asking(**more)
    return requesting.apply(asked, channel=channel, received_on=received_on, actor=actor, at=at)


TWO_PARTIES = [("third_party", THIRD_PARTY), ("co_agency", CO_AGENCY)]
# What each step of a way is: a verb, or one with a person and with what is entered.
Step = str | tuple[str, str] | tuple[str, str, dict[str, Any]]
RECEIVED: tuple[Step, ...] = ("register",)
AT_WORK: tuple[Step, ...] = (*RECEIVED, "begin_review")
SUPPLEMENTED: tuple[Step, ...] = (*RECEIVED, "ask_supplement", ("supplement", "citizen"))
REVIEWED: tuple[Step, ...] = (*AT_WORK, ("pass_secrecy", "secrecy"))
ASKED_FOR_MORE_TIME: tuple[Step, ...] = (*AT_WORK, "ask_extension")
EXTENDED: tuple[Step, ...] = (*AT_WORK, ("extend", "agency_head", {"extend_by": 5}))
OBJECTED = {"answer": "objects", "reason": "报价属于本公司的商业秘密。"}
REPLIED: tuple[Step, ...] = (*REVIEWED, "reply")
DELIVERED: tuple[Step, ...] = (*REPLIED, "deliver")
REQUEST_WAYS: dict[str, tuple[Step, ...]] = {
    "submitted": (),
    "registered": RECEIVED,
    "registered:asked": (*RECEIVED, "ask_extension"),
    "registered:extended": (*RECEIVED, ("extend", "agency_head", {"extend_by": 5})),
    "supplement": (*RECEIVED, "ask_supplement"),
    "reviewing": AT_WORK,
    "reviewing:supplemented": SUPPLEMENTED,
    "reviewing:reviewed": REVIEWED,
    "reviewing:asked": ASKED_FOR_MORE_TIME,
    "reviewing:extended": EXTENDED,
    "reviewing:agreed": (*AT_WORK, "consult", "record_opinion"),
    "reviewing:objected": (*REVIEWED, "consult", ("record_opinion", "disclosure", OBJECTED)),
    "reviewing:agency_objected": (
        *REVIEWED,
        ("consult", "disclosure", {"parties": [("co_agency", CO_AGENCY)]}),
        ("record_opinion", "disclosure", OBJECTED),
    ),
    "reviewing:paid": (*AT_WORK, "ask_fee", "record_payment"),
    "consulting": (*AT_WORK, "consult"),
    "consulting:two": (*AT_WORK, ("consult", "disclosure", {"parties": TWO_PARTIES})),
    "consulting:asked": (*ASKED_FOR_MORE_TIME, "consult"),
    "fee": (*AT_WORK, "ask_fee"),
    "replied": REPLIED,
    "delivered": DELIVERED,
    "closed": (*DELIVERED, "close"),
    "closed:withdrawn": (*AT_WORK, ("withdraw", "citizen")),
}
# Where the clock itself has to speak first: the way that comes before, and the limit that passes.
BY_THE_CLOCK = {
    "supplement:over": ("supplement", "request.supplement"),
    "reviewing:silent": ("consulting:two", "request.consult"),
    "fee:over": ("fee", "request.fee"),
}


def request_in(
    state: str,
    office: Bureau,
    *,
    at: datetime = MONDAY,
    asked: requesting.Asking | None = None,
    who: str = "disclosure",
) -> InformationRequest:
    """A request from the web that `who` works on, walked to a state at `at`, or a way of being in it.

    The ways are those of REQUEST_WAYS and BY_THE_CLOCK; of the latter the clock takes the last step.
    """
    before, term = BY_THE_CLOCK.get(state, (state, ""))
    made = applied(office, at=at, asked=asked)
    for step in REQUEST_WAYS[before]:
        name, whose, entered = (step, who, {}) if isinstance(step, str) else (*step, {})[:3]
        made = do(made, name, office, who if whose == "disclosure" else whose, at=at, **entered)
    if term:
        sweep(at=after_last_day(made, term))
    found = InformationRequest.objects.get(pk=made.pk)
    assert found.state == state.partition(":")[0]
    return found


def ripe(office: Bureau, *, at: datetime = MONDAY) -> InformationRequest:
    """A request that may be answered in every way: supplemented, a third party was asked, secrecy reviewed.

    The same applicant has an earlier one that was answered: `REPLY_ENTERED` refers to it.
    """
    request_in("replied", office, at=at)
    made = request_in("reviewing:supplemented", office, at=at + timedelta(minutes=1))
    for name, who in (
        ("consult", "disclosure"),
        ("record_opinion", "disclosure"),
        ("pass_secrecy", "secrecy"),
    ):
        made = do(made, name, office, who, at=at + timedelta(minutes=1))
    return made


# Of each kind of answer what it needs besides its text.
REPLY_NEEDS: dict[str, tuple[str, ...]] = {
    "already_public": ("public_item",),
    "partly": ("withheld_grounds",),
    "administrative_query": ("competent_agency",),
    "not_this_agency": ("competent_agency",),
    "duplicate": ("earlier",),
}
REPLY_TYPES = (
    *("already_public", "provided", "partly"),
    *("state_secret", "other_law", "three_securities", "third_party"),
    *("internal", "deliberative", "enforcement_file", "administrative_query"),
    *("not_held", "not_this_agency", "needs_making", "still_unclear"),
    *("petition", "duplicate", "printed_matter", "excessive", "confirm_again", "other"),
)


def replying(request: InformationRequest, reply_type: str, office: Bureau) -> dict[str, Any]:
    """What somebody enters who answers a `ripe` request in this way and does it right."""
    needs = REPLY_NEEDS.get(reply_type, ())
    more = {
        "public_item": lambda: public_item(office),
        "withheld_grounds": lambda: ["internal", "third_party"],
        "competent_agency": lambda: "样例市自然资源局",
        "earlier": lambda: InformationRequest.objects.earliest("opened_at"),
    }
    told = {"reply_type": reply_type, "reply_text": "现按下列情况答复。\n详见说明。"}
    return {**told, **{name: more[name]() for name in needs}}


def day(text: str) -> date:
    return date.fromisoformat(text)


def first_moment_after(text: str) -> datetime:
    """The midnight that ends a day."""
    return midnight(day(text) + timedelta(days=1))
