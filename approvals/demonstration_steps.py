"""The people of the demonstration's window, and the later steps that they take of an application."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from random import Random

from approvals import actions
from approvals import demonstration_texts as texts
from approvals.models import ApprovalCase, BadRating, ItemGuide
from approvals.rules.checks import months_later
from portal.cases.actions import advance
from portal.cases.terms import local_day
from portal.cases.uploads import Upload
from portal.organisation.actors import CITIZEN, Actor, Role
from portal.organisation.models import Staff
from portal.site.story import Story

# Extended by so many working days, of which the joint survey then takes most.
EXTENDED_BY = 8
LATE_BY = 6
SPECIAL_DAYS = 10
SERVED = (("hand", 6), ("post", 3), ("net", 1))
GRADES = ((5, 70), (4, 24), (3, 6))


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """What one application is to go through. `left_in` is where the story leaves it; then no step dawdles."""

    item: str
    project: texts.ProjectText | None = None
    consolidated: bool = False
    denied: bool = False
    web: bool = False
    untaken: bool = False
    supplement: bool = False
    extended: bool = False
    special: bool = False
    handed_over: bool = False
    sent_back: bool = False
    late: bool = False
    bad: bool = False
    unrated: bool = False
    left_in: str = ""


@dataclass(slots=True)
class Affair:
    """An application with what is said of it and who took it first. `done` are interludes that are over."""

    course: Course
    scene: texts.Scene
    case: ApprovalCase
    clerk: Actor
    done: set[str] = field(default_factory=set)
    planned_at: datetime | None = None

    def once(self, what: str) -> bool:
        """Whether the course has an interlude of that name that is still to come; it is marked as over."""
        if not getattr(self.course, what) or what in self.done:
            return False
        self.done.add(what)
        return True


@dataclass
class People:
    """Who works at the window; `told` are the subjects applied for so far, `affairs` the applications."""

    story: Story
    guides: Mapping[str, ItemGuide]
    count: Callable[[], None] = lambda: None
    told: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.rng: Random = self.story.rng
        people = self.story.people.values()
        self.clerks = [each for each in people if each.has_role(Role.CLERK)]
        self.head = self.story.who(Role.OFFICE_HEAD)
        self.chief = self.story.who(Role.CHIEF_REPRESENTATIVE)
        self.agency_head = self.story.who(Role.AGENCY_HEAD)
        self.staff = {each.pk: each for each in Staff.objects.all()}
        self.samples: dict[int, Upload] = {}
        self.affairs: list[Affair] = []

    def soon(self, at: datetime, deed: Callable[..., None], affair: Affair, *, days: float = 0) -> None:
        self.story.soon(at, deed, affair, days=days)

    def take(self, affair: Affair, name: str, *, actor: Actor, at: datetime, **entered: object) -> None:
        affair.case = actions.take(affair.case, name, actor=actor, at=at, **entered)  # type: ignore[arg-type]

    def go_on(self, affair: Affair, at: datetime) -> None:
        """Plan what comes next where the application stands now."""
        raise NotImplementedError


class Decisions(People):
    """From the sign-off to the rating."""

    def decide(self, affair: Affair, at: datetime) -> None:
        scene, today = affair.scene, local_day(at)
        if scene.outcome == "denied":
            self.take(
                affair,
                "deny",
                actor=self.chief,
                at=at,
                note=scene.denial_facts,
                denial_basis=scene.denial_basis,
            )
        else:
            months = self.guides[affair.course.item].validity_months
            self.take(
                affair,
                "grant",
                actor=self.chief,
                at=at,
                content=scene.content,
                conditions="\n".join(scene.conditions),
                valid_from=today,
                valid_until=months_later(today, months) if months else None,
            )
        self.go_on(affair, at)

    def issue(self, affair: Affair, at: datetime) -> None:
        self.take(affair, "issue_certificate", actor=affair.clerk, at=at)
        self.go_on(affair, at)

    def serve(self, affair: Affair, at: datetime) -> None:
        ways, weights = [way for way, _weight in SERVED], [weight for _way, weight in SERVED]
        case = affair.case
        self.take(
            affair,
            "serve",
            actor=affair.clerk,
            at=at,
            served_by=self.rng.choices(ways, weights)[0],
            served_to=case.representative or case.applicant_name,
            served_on=local_day(at),
        )
        if affair.course.bad or (self.rng.random() < 0.75 and not affair.course.unrated):
            self.soon(at, self.rate, affair, days=self.rng.randrange(4))

    def rate(self, affair: Affair, at: datetime) -> None:
        if not affair.course.bad:
            grades, weights = zip(*GRADES, strict=True)
            grade, words = self.rng.choices(grades, weights)[0], ""
            if self.rng.random() < 0.5:
                words = texts.good_words(self.rng)
            self.take(affair, "rate", actor=CITIZEN, at=at, rating=grade, rating_words=words)
            return
        bad = texts.bad_rating(self.rng)
        self.rate_badly(affair, bad, at)
        self.story.soon(at, self.call_back, affair.case, bad)

    def rate_badly(self, affair: Affair, bad: texts.BadRatingText, at: datetime) -> None:
        grade = self.rng.choice((1, 2))
        self.take(affair, "rate", actor=CITIZEN, at=at, rating=grade, rating_words=bad.words)

    def call_back(self, case: ApprovalCase, bad: texts.BadRatingText, at: datetime) -> None:
        task = BadRating.objects.get(approval=case)
        advance(task, "call_back", actor=self.head, at=at, note=bad.call_back)
        self.story.soon(at, self.put_right, task, bad, days=self.rng.randrange(2, 7))

    def put_right(self, task: BadRating, bad: texts.BadRatingText, at: datetime) -> None:
        advance(task, "put_right", actor=self.head, at=at, note=bad.put_right)


class Interludes(People):
    """What happens beside the chain of steps."""

    def offer_handover(self, affair: Affair, at: datetime) -> None:
        other = next(each for each in self.clerks if each.id != affair.clerk.id)
        assert other.id is not None
        self.take(
            affair,
            "offer_handover",
            actor=affair.clerk,
            at=at,
            handover_to=self.staff[other.id],
            note=texts.note(self.rng, "handovers"),
        )
        if affair.course.left_in != "offered":
            self.soon(at, self.accept_handover, affair)

    def accept_handover(self, affair: Affair, at: datetime) -> None:
        affair.clerk = next(each for each in self.clerks if each.id != affair.clerk.id)
        self.take(affair, "accept_handover", actor=affair.clerk, at=at)
        self.go_on(affair, at)

    def begin_special(self, affair: Affair, at: datetime) -> None:
        kind, why = texts.special_procedure(self.rng)
        self.take(
            affair,
            "special_procedure",
            actor=affair.clerk,
            at=at,
            special_kind=kind,
            days=SPECIAL_DAYS,
            note=why,
        )
        if affair.course.left_in != "special":
            self.soon(at, self.end_special, affair, days=self.rng.randrange(SPECIAL_DAYS - 4, SPECIAL_DAYS))

    def end_special(self, affair: Affair, at: datetime) -> None:
        self.take(affair, "end_special_procedure", actor=affair.clerk, at=at)
        self.go_on(affair, at)

    def ask_extension(self, affair: Affair, at: datetime) -> None:
        reason = affair.scene.extension_reason
        self.take(
            affair, "ask_extension", actor=affair.clerk, at=at, extension_asked=EXTENDED_BY, note=reason
        )
        if affair.course.left_in != "extension_asked":
            self.soon(at, self.extend, affair)

    def extend(self, affair: Affair, at: datetime) -> None:
        note = "情况属实，同意延长，请在延长期限内办结。"
        self.take(affair, "extend", actor=self.agency_head, at=at, extend_by=EXTENDED_BY, note=note)

    def refuse(self, affair: Affair, at: datetime) -> None:
        agency, words = texts.elsewhere(self.rng)
        self.take(
            affair,
            "refuse",
            actor=affair.clerk,
            at=at,
            refusal_ground="not_this_agency",
            competent_agency=agency,
            note=words,
        )

    def withdraw(self, affair: Affair, at: datetime) -> None:
        self.take(affair, "withdraw", actor=CITIZEN, at=at, note=texts.note(self.rng, "withdrawals"))
