"""Three months of pledges: what units promised, what was measured each night, and what was complained of."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache, partial
from pathlib import Path
from typing import Any

from pledges import actions, complaints, measuring
from pledges.actions import Draft, Promise
from pledges.complaints import Grievance
from pledges.models import Breach, Clause, Pledge, PledgeVersion, Source
from portal.cases.actions import advance
from portal.cases.terms import ONE_DAY, SHANGHAI, midnight
from portal.organisation.actors import CITIZEN, Actor, Role
from portal.organisation.models import Unit
from portal.organisation.second_factor import Confirmation
from portal.oversight import measures
from portal.site.story import Story

DAYS = 91
# From writing a text to its publication, in working days: it is reviewed, signed and published, a day each.
PUBLISHED_AFTER = 3
HOLDS_YEARS = 2
# After the last measuring of the story, and before its last seal.
SHORTLY_AFTER_MIDNIGHT = timedelta(minutes=6)


def plan(story: Story) -> None:
    """Nine pledges `DAYS` days ago, one of them withdrawn; then later versions, measures and complaints."""
    if Pledge.objects.exists():
        return
    pledging = Pledging(story)
    pledging.plan_pledges()
    pledging.plan_complaints()
    story.every_night.append(pledging.measure)


@cache
def texts() -> dict[str, Any]:
    """What is promised and said, read once."""
    with Path(__file__).with_name("demonstration_texts.toml").open("rb") as file:
        found: dict[str, Any] = tomllib.load(file)
    return found


@dataclass(slots=True)
class Affair:
    """One complaint with what is said of it, who handles it, and the state in which the story leaves it."""

    breach: Breach
    text: dict[str, Any]
    ends: str
    by: Actor
    handler: Actor | None


@dataclass
class Pledging:
    """Who pledges, signs and answers for it; `pledges` by the unit's code."""

    story: Story
    pledges: dict[str, Pledge] = field(default_factory=dict)
    nights: int = 0

    def __post_init__(self) -> None:
        self.officer = self.story.who(Role.DISCLOSURE_OFFICER)
        self.head = self.story.who(Role.OFFICE_HEAD)

    def handler(self, unit: Unit) -> Actor | None:
        """Who works in the unit itself: nobody in the hotline centre and the permits office."""
        try:
            return self.story.who(Role.HANDLER, unit=unit)
        except StopIteration:
            return None

    def working_day(self, back: int) -> date:
        """The working day that lies so many working days before today; 1 is the last one before it."""
        calendar = self.story.calendar
        day = self.story.today - ONE_DAY
        wanted = calendar.ordinal(day) - back + 1
        while calendar.ordinal(day) != wanted or not calendar.is_working(day):
            day -= ONE_DAY
        return day

    # What is promised ---------------------------------------------------------------------------------------

    def plan_pledges(self) -> None:
        story = self.story
        begins = story.today - timedelta(days=DAYS + 1)
        for number, text in enumerate(texts()["pledges"]):
            day = story.calendar.add_workdays(begins, 1 + number % 3)
            story.plan(story.moment(day), partial(self.write, text))
            if "withdrawn" in text:
                day = self.working_day(text["withdrawn"])
                story.plan(story.moment(day), partial(self.withdraw, text))
        for text in texts()["next"]:
            story.plan(story.moment(self.working_day(text["written"])), partial(self.write, text))

    def draft(self, text: dict[str, Any], at: datetime, *, first_try: bool = False) -> Draft:
        """The text as it is written; it holds from the day on which it should be published."""
        starts = self.story.calendar.add_workdays(at.astimezone(SHANGHAI).date(), PUBLISHED_AFTER)
        if text.get("reaches", "published") != "published":
            # What waits at the desk can be signed and published by whoever looks at it today.
            starts = self.story.today
        clauses = [promise(each) for each in text["clauses"]]
        if first_try:
            before = text["sent_back"]
            clauses[before["clause"] - 1] = Promise(before["text"])
        return Draft(
            title=text["title"],
            preamble=text["preamble"].strip(),
            clauses=clauses,
            closing=text["closing"],
            phone=self.story.units[text["unit"]].phone,
            fax=text["fax"],
            email=text["email"],
            valid_from=starts,
            valid_until=date(starts.year + HOLDS_YEARS, 12, 31),
        )

    def write(self, text: dict[str, Any], at: datetime) -> None:
        unit = self.story.units[text["unit"]]
        writer = self.handler(unit) or self.officer
        draft = self.draft(text, at, first_try="sent_back" in text)
        if unit.code in self.pledges:
            version = actions.begin_next(self.pledges[unit.code], draft, actor=writer, at=at)
        else:
            version = actions.begin(unit, draft, actor=writer, at=at)
            self.pledges[unit.code] = version.pledge
        if text.get("reaches") != "draft":
            self.story.soon(at, self.review, text, version, days=1)

    def review(self, text: dict[str, Any], version: PledgeVersion, at: datetime) -> None:
        # Who wrote it does not review it.
        reviewer = self.head if self.officer.id in version.writers else self.officer
        version = actions.take(version, "review", actor=reviewer, at=at)
        if "sent_back" in text and version.version == 2:
            self.story.soon(at, self.send_back, text, version)
        elif text.get("reaches") != "reviewed":
            self.story.soon(at, self.sign, text, version, days=1)

    def send_back(self, text: dict[str, Any], version: PledgeVersion, at: datetime) -> None:
        note = text["sent_back"]["note"]
        version = actions.take(version, "send_back", actor=self.signer(text), at=at, note=note)
        self.story.soon(at, self.change, text, version, days=1)

    def change(self, text: dict[str, Any], version: PledgeVersion, at: datetime) -> None:
        writer = self.handler(version.pledge.unit) or self.officer
        version = actions.change(version, self.draft(text, at), actor=writer, at=at)
        self.story.soon(at, self.review, text, version, days=1)

    def signer(self, text: dict[str, Any]) -> Actor:
        return self.story.people[text.get("signer", "chief")]

    def sign(self, text: dict[str, Any], version: PledgeVersion, at: datetime) -> None:
        signer = self.signer(text)
        assert signer.id is not None
        # As somebody who has just shown the second factor.
        version = actions.take(version, "sign", actor=signer, at=at, confirmed=Confirmation(signer.id, at))
        self.story.soon(at, self.publish, version, days=1)

    def publish(self, version: PledgeVersion, at: datetime) -> None:
        actions.take(version, "publish", actor=self.officer, at=at)

    def withdraw(self, text: dict[str, Any], at: datetime) -> None:
        version = self.pledges[text["unit"]].in_force
        assert version is not None
        actions.take(version, "withdraw", actor=self.officer, at=at, note=text["reason"])

    # What was measured --------------------------------------------------------------------------------------

    def measure(self, at: datetime) -> None:
        """What the portal does each night; the breaches that open by it are handled as others are."""
        if not self.pledges:
            return
        self.nights += 1
        self.story.progress("pledges", self.nights, DAYS)
        if not measuring.measure_due(at=at).breaches:
            return
        found = Breach.objects.filter(source=Source.MEASURE, opened_at=at).order_by("pk")
        for breach in found.select_related("clause__version__pledge__unit"):
            self.take_up(breach, self.said_of(breach.clause), at)

    def said_of(self, clause: Clause) -> dict[str, Any]:
        missed: dict[str, Any] = texts()["missed"]
        code = clause.version.pledge.unit.code if clause.measure == "hotline.closed_within" else ""
        return missed["general"] | missed.get(code, {})

    # What is complained of ----------------------------------------------------------------------------------

    def plan_complaints(self) -> None:
        story = self.story
        people = story.rng.sample(texts()["people"], len(texts()["people"]))
        named = 0
        for text in texts()["complaints"]:
            name = phone = ""
            if text.get("named"):
                name, phone = people[named % len(people)].split()
                named += 1
            at = midnight(story.today) + SHORTLY_AFTER_MIDNIGHT
            if text["lodged"]:
                at = story.moment(self.working_day(text["lodged"]), 8, 22)
            story.plan(at, partial(self.complain, text, name, phone))

    def complain(self, text: dict[str, Any], name: str, phone: str, at: datetime) -> None:
        version = self.pledges[text["unit"]].in_force
        assert version is not None
        grievance = Grievance(
            clause=version.clauses.get(position=text["clause"]),
            description=text["description"],
            name=name,
            phone=phone,
        )
        self.take_up(complaints.complain(grievance, actor=CITIZEN, at=at), text, at)

    def take_up(self, breach: Breach, text: dict[str, Any], at: datetime) -> None:
        """Accepted or refused within a working day; decided seven working days after it was received."""
        by = self.officer if text.get("by") == "disclosure" else self.story.supervisor
        unit = breach.clause.version.pledge.unit
        affair = Affair(breach, text, text.get("ends", "closed"), by, self.handler(unit))
        if affair.ends == "refused":
            self.story.soon(at, self.refuse, affair, days=1)
        elif affair.ends != "received":
            self.story.soon(at, self.accept, affair, days=1)

    def refuse(self, affair: Affair, at: datetime) -> None:
        advance(affair.breach, "refuse", actor=affair.by, at=at, note=affair.text["refused"])

    def accept(self, affair: Affair, at: datetime) -> None:
        advance(affair.breach, "accept", actor=affair.by, at=at)
        if affair.ends != "accepted":
            self.story.soon(at, self.investigate, affair, days=1)

    def investigate(self, affair: Affair, at: datetime) -> None:
        advance(affair.breach, "investigate", actor=affair.by, at=at)
        if "statement" in affair.text and affair.handler:
            self.story.soon(at, self.explain, affair, affair.handler, days=2)
        if affair.ends != "investigating":
            self.story.soon(at, self.decide, affair, days=5)

    def explain(self, affair: Affair, handler: Actor, at: datetime) -> None:
        advance(affair.breach, "explain", actor=handler, at=at, statement=affair.text["statement"])

    def decide(self, affair: Affair, at: datetime) -> None:
        text = affair.text
        if affair.ends == "rejected":
            advance(affair.breach, "reject", actor=affair.by, at=at, finding=text["finding"])
            return
        days = text["put_right_days"]
        advance(affair.breach, "uphold", actor=affair.by, at=at, finding=text["finding"], put_right_days=days)
        if affair.ends != "upheld" and affair.handler:
            self.story.soon(at, self.put_right, affair, affair.handler, text["remedy"], days=days - 1)

    def put_right(self, affair: Affair, handler: Actor, remedy: str, at: datetime) -> None:
        advance(affair.breach, "put_right", actor=handler, at=at, remedy=remedy)
        if "not_yet" in affair.text and remedy != affair.text["remedy_again"]:
            self.story.soon(at, self.not_yet, affair, handler, days=2)
        elif affair.ends == "closed":
            self.story.soon(at, self.close, affair, days=2)

    def not_yet(self, affair: Affair, handler: Actor, at: datetime) -> None:
        text = affair.text
        advance(affair.breach, "not_yet", actor=affair.by, at=at, note=text["not_yet"])
        days = text["put_right_days"] - 1
        self.story.soon(at, self.put_right, affair, handler, text["remedy_again"], days=days)

    def close(self, affair: Affair, at: datetime) -> None:
        advance(affair.breach, "close", actor=affair.by, at=at, note=affair.text["note"])


def promise(clause: dict[str, Any]) -> Promise:
    """A clause; without its measure where the app that offers it is not installed."""
    if not measures.known(clause.get("measure", "")):
        return Promise(clause["text"])
    return Promise(clause["text"], clause["measure"], clause.get("days"), Decimal(clause["target"]))
