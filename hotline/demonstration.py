"""Three months of the hotline, lived through hour by hour: every row is the doing of somebody's action."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from hotline import actions
from hotline import demonstration_texts as texts
from hotline.models import Category, Ticket, Urgency
from hotline.workflow import TRIES_BEFORE_CLOSING, WORKFLOW
from portal.cases.actions import advance
from portal.cases.terms import ONE_DAY
from portal.organisation.actors import CITIZEN, SYSTEM, Actor, Role
from portal.organisation.models import Unit
from portal.site.story import Story

DAYS = 91
TICKETS = 300
OPERATORS = ("operator", "operator2")
STRAY_CALLS = 24
ORDINARY = tuple(category.code for category in texts.CATEGORIES if category.nature == "ordinary")
PROMISED = 5
# Some tickets are left lying in a state: so many, whose promise ends so many working days after today.
LEFT_LYING = (
    ("handling", 0, 4),
    ("handling", 1, 4),
    ("handling", -2, 3),
    ("received", 4, 3),
    ("dispatched", 4, 4),
    ("returned", 4, 2),
    ("replied", 3, 3),
)


def plan(story: Story) -> None:
    """The categories when the bureau is founded; then tickets and stray calls over the last `DAYS` days."""
    if Category.objects.exists():
        return
    create_categories(units=story.units, at=story.founded)
    Hotline(story).plan_tickets()


def create_categories(*, units: dict[str, Unit], at: datetime) -> None:
    for position, category in enumerate(texts.CATEGORIES):
        actions.create_category(
            code=category.code,
            name=category.name,
            name_en=category.name_en,
            nature=category.nature,
            usual_unit=units[category.unit],
            position=position,
            actor=SYSTEM,
            at=at,
        )


@dataclass(slots=True)
class Affair:
    """One ticket with the people who deal with it; `left_in` is the state in which it is left lying."""

    ticket: Ticket
    scene: texts.Scenario
    operator: Actor
    left_in: str = ""
    handler: Actor = SYSTEM


@dataclass
class Hotline:
    """Who calls and who answers; `told` counts the tickets so far."""

    story: Story
    told: int = 0

    def __post_init__(self) -> None:
        self.rng = self.story.rng
        self.told_of: set[tuple[str, str]] = set()
        self.callers = texts.callers(self.rng, 180)
        self.categories = {category.code: category for category in Category.objects.all()}
        self.operators = [self.story.people[name] for name in OPERATORS]

    def plan_tickets(self) -> None:
        lying = [(state, days) for state, days, how_many in LEFT_LYING for _each in range(how_many)]
        for state, days in lying:
            self.plan_lying(state, days)
        story, rng = self.story, self.rng
        for _number in range(TICKETS - len(lying)):
            day = story.today - timedelta(days=rng.randrange(1, DAYS))
            # Round the clock, but fewer on rest days.
            if not story.calendar.is_working(day) and rng.random() < 0.5:
                day = min(story.calendar.add_workdays(day, 1), story.today - ONE_DAY)
            at = story.moment(day, 0, 24) if rng.random() < 0.15 else story.moment(day)
            story.plan(at, self.receive)
        for _number in range(STRAY_CALLS):
            day = story.today - timedelta(days=rng.randrange(1, DAYS))
            story.plan(story.moment(day), self.stray_call)

    def plan_lying(self, state: str, days: int) -> None:
        """A ticket whose promise ends `days` working days after today, or before it."""
        calendar, today = self.story.calendar, self.story.today
        ordinal = calendar.ordinal(today) + days
        start = today - ONE_DAY
        while calendar.ordinal(start) + PROMISED > ordinal or not calendar.is_working(start):
            start -= ONE_DAY
        self.story.plan(self.story.moment(start, 8, 12), partial(self.receive, left_in=state))

    def receive(self, at: datetime, *, left_in: str = "") -> None:
        self.told += 1
        self.story.progress("12319", self.told, TICKETS)
        rng = self.rng
        source: texts.Source = "web" if rng.random() < 0.2 and not left_in else "call"
        category = rng.choice(ORDINARY) if left_in else None
        scene = texts.draw(rng, source=source, category=category, told=self.told_of)
        anonymous = rng.random() < 0.06 and not left_in
        caller = rng.choice(self.callers)
        matter = actions.Matter(
            category=self.categories[scene.category],
            urgency=Urgency.URGENT if rng.random() < 0.08 and not left_in else Urgency.NORMAL,
            place=scene.place.address,
            description=scene.description,
            caller_name="" if anonymous else caller.name,
            caller_phone="" if anonymous else caller.phone,
        )
        operator = rng.choice(self.operators)
        if source == "web":
            affair = Affair(actions.report(matter, actor=CITIZEN, at=at), scene, operator)
            self.story.soon(at, self.dispatch, affair, days=1 if rng.random() < 0.1 else 0)
        elif scene.answer and rng.random() < 0.8 and not left_in:
            actions.log_call(matter, actor=operator, at=at, answer=scene.answer)
        else:
            affair = Affair(actions.log_call(matter, actor=operator, at=at), scene, operator, left_in)
            if left_in != "received":
                late = rng.random() < 0.03 and not left_in
                self.story.soon(at, self.dispatch, affair, days=2 if late else 0)
            if rng.random() < 0.04:
                self.story.soon(at, self.call_again, affair, days=2)

    def stray_call(self, at: datetime) -> None:
        caller = self.rng.choice(self.callers)
        note = texts.stray_call_note(self.rng)
        actions.note_call(actor=self.rng.choice(self.operators), at=at, phone=caller.phone, note=note)

    def call_again(self, affair: Affair, at: datetime) -> None:
        ticket, operator = affair.ticket, affair.operator
        ticket.refresh_from_db()
        if ticket.is_open:
            note = texts.asked_again_note(self.rng)
            actions.add_call(ticket, actor=operator, at=at, phone=ticket.caller_phone, note=note)
            if ticket.state in ("dispatched", "handling"):
                advance(ticket, "urge", actor=operator, at=at, note=texts.urge_note(self.rng))

    def dispatch(self, affair: Affair, at: datetime, *, code: str = "") -> None:
        unit = self.story.units[code or affair.scene.unit]
        affair.handler = self.story.who(Role.HANDLER, unit=unit)
        advance(affair.ticket, "dispatch", actor=affair.operator, at=at, unit=unit)
        if affair.left_in == "returned" or (not affair.left_in and not code and self.rng.random() < 0.06):
            self.story.soon(at, self.send_back, affair)
        elif affair.left_in != "dispatched":
            late = self.rng.random() < 0.05 and not affair.left_in
            self.story.soon(at, self.sign, affair, days=2 if late else 0)

    def send_back(self, affair: Affair, at: datetime) -> None:
        scene = affair.scene
        returned = self.rng.choice(scene.returns)
        advance(affair.ticket, "return", actor=affair.handler, at=at, note=returned.reason)
        brigade = texts.BRIGADES[scene.place.district]
        code = brigade if returned.belongs_to in ("", "enforcement", scene.unit) else returned.belongs_to
        if not affair.left_in:
            code = "appearance" if code == scene.unit else code
            self.story.plan(self.story.later(at, 0), partial(self.dispatch, affair, code=code))

    def sign(self, affair: Affair, at: datetime) -> None:
        advance(affair.ticket, "sign", actor=affair.handler, at=at)
        if affair.left_in == "handling":
            return
        rng = self.rng
        limits = affair.ticket.limits
        spent = rng.choice((0.3, 0.5, 0.7, 0.8)) if rng.random() > 0.05 else 1.4
        if affair.left_in == "replied":
            spent = 0.2
        elif limits.extend_at_most and rng.random() < 0.05:
            self.story.soon(at, self.ask_extension, affair, days=max(limits.handle_days * 0.4, 1))
            spent = 1.2
        self.story.soon(at, self.reply, affair, affair.scene.replies[0], days=limits.handle_days * spent)

    def may(self, affair: Affair, step: str, *, actor: Actor, at: datetime) -> bool:
        """Whether the ticket still stands so that somebody may take a step that was planned earlier."""
        affair.ticket.refresh_from_db()
        return any(rule.name == step for rule in WORKFLOW.allowed(affair.ticket, actor=actor, at=at))

    def ask_extension(self, affair: Affair, at: datetime) -> None:
        # A ticket that was dispatched late may be overdue by now: then nothing is left to extend.
        if not self.may(affair, "ask_extension", actor=affair.handler, at=at):
            return
        days = min(affair.ticket.limits.extend_at_most, 5)
        note = self.rng.choice(affair.scene.extensions)
        advance(affair.ticket, "ask_extension", actor=affair.handler, at=at, note=note, extension_asked=days)
        self.story.soon(at, self.extend, affair, days)

    def extend(self, affair: Affair, days: int, at: datetime) -> None:
        if self.may(affair, "extend", actor=self.story.supervisor, at=at):
            note = "情况属实，同意延期。"
            advance(affair.ticket, "extend", actor=self.story.supervisor, at=at, note=note, extend_by=days)

    def reply(self, affair: Affair, text: str, at: datetime) -> None:
        actions.reply(affair.ticket, text=text, actor=affair.handler, at=at)
        if affair.left_in != "replied":
            self.story.soon(at, self.call_back, affair, days=self.rng.choice((0, 1, 1, 2)))

    def call_back(self, affair: Affair, at: datetime) -> None:
        ticket, operator, rng = affair.ticket, affair.operator, self.rng
        ticket.refresh_from_db()
        if not ticket.can_be_called:
            advance(ticket, "close", actor=operator, at=at, note="来电人未留电话，无法回访。")
        elif rng.random() < 0.12:
            note = texts.not_reached_note(rng)
            actions.call_back(ticket, reached=False, note=note, actor=operator, at=at)
            if ticket.callbacks().filter(at__gte=ticket.replied_at).count() >= TRIES_BEFORE_CLOSING:
                advance(ticket, "close", actor=operator, at=at, note="三次回访均未接通。")
            else:
                self.story.soon(at, self.call_back, affair)
        else:
            complains = ticket.reply != affair.scene.reworked and rng.random() < 0.07
            rating = rng.choice((1, 2, 2)) if complains else rng.choices((5, 4, 3), (60, 30, 10))[0]
            note = texts.callback_note(rng, affair.scene, resolved=not complains, rating=rating)
            actions.call_back(
                ticket, reached=True, resolved=not complains, rating=rating, note=note, actor=operator, at=at
            )
            if complains:
                self.story.soon(at, self.rework, affair)
            else:
                advance(ticket, "close", actor=operator, at=at)

    def rework(self, affair: Affair, at: datetime) -> None:
        note = "市民不满意，请重新办理并反馈。"
        advance(affair.ticket, "rework", actor=affair.operator, at=at, note=note)
        self.story.soon(at, self.sign_again, affair)

    def sign_again(self, affair: Affair, at: datetime) -> None:
        advance(affair.ticket, "sign", actor=affair.handler, at=at)
        self.story.soon(at, self.reply, affair, affair.scene.reworked, days=2)
