"""Three months of the hotline, lived through hour by hour: every row is the doing of somebody's action.

People act in the order of time, and each night the clock sweeps and the ledger is sealed, as it is in a
bureau that works. What somebody would do tomorrow has not been done yet, so that there is always something
due today, tomorrow, and too late.
"""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import partial
from itertools import count

from django.db import transaction

from hotline import actions
from hotline import demonstration_texts as texts
from hotline.models import Category, Ticket, Urgency
from hotline.workflow import TRIES_BEFORE_CLOSING
from portal.cases.actions import advance, sweep
from portal.cases.terms import ONE_DAY, SHANGHAI, midnight
from portal.ledger.actions import seal
from portal.notices.delivery import deliver
from portal.notices.inbox import mark_all_read
from portal.organisation.actors import CITIZEN, SYSTEM, Actor, Role
from portal.organisation.models import Staff, Unit
from portal.oversight.cards import take_step
from portal.oversight.models import Card
from portal.workdays.calendar import Calendar
from portal.workdays.current import current_calendar

TICKETS = 300
DAYS = 91
OPERATORS = ("operator", "operator2")
STRAY_CALLS = 24
ORDINARY = tuple(category.code for category in texts.CATEGORIES if category.nature == "ordinary")
PROMISED = 5
# Notices of the last days wait to be read.
UNREAD_DAYS = 2
CARD_ANSWERS = (
    "因现场需多次核查导致超期，已完成办理，并对经办人进行了提醒。",
    "当日外出处置突发事项未及时操作系统，已明确AB岗，避免再次发生。",
    "对时限掌握不准，已组织学习限时办结制，并设专人每日核对到期工单。",
    "因等待施工队伍排期造成延误，今后需延期的将提前申请。",
)
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

Progress = Callable[[str, int, int], None]
Deed = Callable[[datetime], None]


def load(*, today: date, seed: int, progress: Progress) -> None:
    """Let the hotline live from `DAYS` days before `today` until the midnight with which `today` begins."""
    if Category.objects.exists():
        return
    with transaction.atomic():
        founded = datetime.combine(today - timedelta(days=DAYS + 1), time(9), SHANGHAI)
        create_categories(founded)
        # The same seed tells the same story: this is chance, not secrecy.
        rng = random.Random(seed)  # noqa: S311
        Story(today=today, rng=rng, calendar=current_calendar(), progress=progress).live()


def create_categories(at: datetime) -> None:
    units = {unit.code: unit for unit in Unit.objects.all()}
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
class Story:
    """What happens, in the order of time: a heap of deeds, each of which may plan the next."""

    today: date
    rng: random.Random
    calendar: Calendar
    progress: Progress
    deeds: list[tuple[datetime, int, Deed]] = field(default_factory=list)
    order: count[int] = field(default_factory=count)
    told: int = 0

    def __post_init__(self) -> None:
        self.until = midnight(self.today)
        self.told_of: set[tuple[str, str]] = set()
        self.callers = texts.callers(self.rng, 180)
        self.units = {unit.code: unit for unit in Unit.objects.all()}
        self.categories = {category.code: category for category in Category.objects.all()}
        everyone = {staff.username: staff for staff in Staff.objects.select_related("unit")}
        self.operators = [everyone[name].actor() for name in OPERATORS]
        self.people = {staff.pk: staff.actor() for staff in everyone.values()}
        self.supervisor = next(who for who in self.people.values() if who.has_role(Role.SUPERVISOR))
        self.handlers: dict[int, Actor] = {}
        for staff in sorted(everyone.values(), key=lambda staff: staff.pk):
            if Role.HANDLER in staff.roles and staff.unit_id is not None:
                self.handlers.setdefault(staff.unit_id, staff.actor())

    def live(self) -> None:
        self.plan_nights()
        self.plan_tickets()
        while self.deeds:
            at, _order, deed = heapq.heappop(self.deeds)
            if at >= self.until:
                break
            deed(at)
        self.progress("12319", TICKETS, TICKETS)

    def plan(self, at: datetime, deed: Deed) -> None:
        heapq.heappush(self.deeds, (at, next(self.order), deed))

    # The night ----------------------------------------------------------------------------------------------

    def plan_nights(self) -> None:
        for back in range(DAYS, -1, -1):
            day = self.today - timedelta(days=back)
            self.plan(midnight(day) + timedelta(minutes=1), self.sweep)
            self.plan(midnight(day) + timedelta(minutes=10), self.seal)
            self.plan(midnight(day) + timedelta(hours=9), self.morning)
        # The last midnight belongs to the story: what became overdue with it is marked.
        self.until += timedelta(minutes=11)

    def sweep(self, at: datetime) -> None:
        sweep(at=at)

    def seal(self, at: datetime) -> None:
        seal(day=at.astimezone(SHANGHAI).date() - ONE_DAY, at=at)

    def morning(self, at: datetime) -> None:
        """What was told over night goes out and is read; who got a card says why, within a day or two."""
        deliver(at=at)
        if (midnight(self.today) - at).days % 7 == UNREAD_DAYS:
            for actor in self.people.values():
                mark_all_read(actor=actor, at=at)
        for card in Card.objects.filter(issued_at__gt=at - ONE_DAY, holder__isnull=False):
            if self.rng.random() < 0.85:
                self.soon(at, self.answer_card, card, days=self.rng.choice((0, 1, 2)))

    def answer_card(self, card: Card, at: datetime) -> None:
        assert card.holder_id is not None
        text = self.rng.choice(CARD_ANSWERS)
        take_step(card, "answer", text=text, actor=self.people[card.holder_id], at=at)
        self.soon(at, self.decide_card, card, days=1)

    def decide_card(self, card: Card, at: datetime) -> None:
        if self.rng.random() < 0.85:
            take_step(card, "accept", text="整改情况属实，予以销号。", actor=self.supervisor, at=at)
        else:
            take_step(card, "uphold", text="理由不充分，请补充整改措施。", actor=self.supervisor, at=at)

    # The day ------------------------------------------------------------------------------------------------

    def moment(self, day: date, first: int = 8, last: int = 17) -> datetime:
        """Some moment of a day, in working hours."""
        seconds = self.rng.randrange((last - first) * 3600)
        return datetime.combine(day, time(first), SHANGHAI) + timedelta(seconds=seconds)

    def later(self, at: datetime, working_days: float) -> datetime:
        """So many working days later, in working hours; 0.1 is within the hour or two."""
        whole = int(working_days)
        if whole == 0:
            after = at + timedelta(minutes=self.rng.randrange(10, 110))
            if after.astimezone(SHANGHAI).hour < 18:
                return after
            whole = 1
        day = self.calendar.add_workdays(at.astimezone(SHANGHAI).date(), whole)
        return self.moment(day)

    def soon(self, at: datetime, deed: Callable[..., None], *more: object, days: float = 0) -> None:
        self.plan(self.later(at, days), partial(deed, *more))

    def plan_tickets(self) -> None:
        lying = [(state, days) for state, days, how_many in LEFT_LYING for _each in range(how_many)]
        for state, days in lying:
            self.plan_lying(state, days)
        for _number in range(TICKETS - len(lying)):
            day = self.today - timedelta(days=self.rng.randrange(1, DAYS))
            # Round the clock, but fewer on rest days.
            if not self.calendar.is_working(day) and self.rng.random() < 0.5:
                day = min(self.calendar.add_workdays(day, 1), self.today - ONE_DAY)
            at = self.moment(day, 0, 24) if self.rng.random() < 0.15 else self.moment(day)
            self.plan(at, self.receive)
        for _number in range(STRAY_CALLS):
            self.plan(self.moment(self.today - timedelta(days=self.rng.randrange(1, DAYS))), self.stray_call)

    def plan_lying(self, state: str, days: int) -> None:
        """A ticket whose promise ends `days` working days after today, or before it."""
        ordinal = self.calendar.ordinal(self.today) + days
        start = self.today - ONE_DAY
        while self.calendar.ordinal(start) + PROMISED > ordinal or not self.calendar.is_working(start):
            start -= ONE_DAY
        self.plan(self.moment(start, 8, 12), partial(self.receive, left_in=state))

    def receive(self, at: datetime, *, left_in: str = "") -> None:
        self.told += 1
        self.progress("12319", self.told, TICKETS)
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
            self.soon(at, self.dispatch, affair, days=1 if rng.random() < 0.1 else 0)
        elif scene.answer and rng.random() < 0.8 and not left_in:
            actions.log_call(matter, actor=operator, at=at, answer=scene.answer)
        else:
            affair = Affair(actions.log_call(matter, actor=operator, at=at), scene, operator, left_in)
            if left_in != "received":
                self.soon(at, self.dispatch, affair, days=2 if rng.random() < 0.03 and not left_in else 0)
            if rng.random() < 0.04:
                self.soon(at, self.call_again, affair, days=2)

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
        unit = self.units[code or affair.scene.unit]
        affair.handler = self.handlers[unit.pk]
        advance(affair.ticket, "dispatch", actor=affair.operator, at=at, unit=unit)
        if affair.left_in == "returned" or (not affair.left_in and not code and self.rng.random() < 0.06):
            self.soon(at, self.send_back, affair)
        elif affair.left_in != "dispatched":
            late = self.rng.random() < 0.05 and not affair.left_in
            self.soon(at, self.sign, affair, days=2 if late else 0)

    def send_back(self, affair: Affair, at: datetime) -> None:
        scene = affair.scene
        returned = self.rng.choice(scene.returns)
        advance(affair.ticket, "return", actor=affair.handler, at=at, note=returned.reason)
        brigade = texts.BRIGADES[scene.place.district]
        code = brigade if returned.belongs_to in ("", "enforcement", scene.unit) else returned.belongs_to
        if not affair.left_in:
            code = "appearance" if code == scene.unit else code
            self.plan(self.later(at, 0), partial(self.dispatch, affair, code=code))

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
            self.soon(at, self.ask_extension, affair, days=max(limits.handle_days * 0.4, 1))
            spent = 1.2
        self.soon(at, self.reply, affair, affair.scene.replies[0], days=limits.handle_days * spent)

    def ask_extension(self, affair: Affair, at: datetime) -> None:
        days = min(affair.ticket.limits.extend_at_most, 5)
        note = self.rng.choice(affair.scene.extensions)
        advance(affair.ticket, "ask_extension", actor=affair.handler, at=at, note=note, extension_asked=days)
        self.soon(at, self.extend, affair, days)

    def extend(self, affair: Affair, days: int, at: datetime) -> None:
        note = "情况属实，同意延期。"
        advance(affair.ticket, "extend", actor=self.supervisor, at=at, note=note, extend_by=days)

    def reply(self, affair: Affair, text: str, at: datetime) -> None:
        actions.reply(affair.ticket, text=text, actor=affair.handler, at=at)
        if affair.left_in != "replied":
            self.soon(at, self.call_back, affair, days=self.rng.choice((0, 1, 1, 2)))

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
                self.soon(at, self.call_back, affair)
        else:
            complains = ticket.reply != affair.scene.reworked and rng.random() < 0.07
            rating = rng.choice((1, 2, 2)) if complains else rng.choices((5, 4, 3), (60, 30, 10))[0]
            note = texts.callback_note(rng, affair.scene, resolved=not complains, rating=rating)
            actions.call_back(
                ticket, reached=True, resolved=not complains, rating=rating, note=note, actor=operator, at=at
            )
            if complains:
                self.soon(at, self.rework, affair)
            else:
                advance(ticket, "close", actor=operator, at=at)

    def rework(self, affair: Affair, at: datetime) -> None:
        note = "市民不满意，请重新办理并反馈。"
        advance(affair.ticket, "rework", actor=affair.operator, at=at, note=note)
        self.soon(at, self.sign_again, affair)

    def sign_again(self, affair: Affair, at: datetime) -> None:
        advance(affair.ticket, "sign", actor=affair.handler, at=at)
        self.soon(at, self.reply, affair, affair.scene.reworked, days=2)
