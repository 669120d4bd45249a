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
from portal.cases.actions import advance, sweep
from portal.cases.terms import ONE_DAY, SHANGHAI, midnight
from portal.ledger.actions import seal
from portal.notices.delivery import deliver
from portal.organisation.actors import CITIZEN, SYSTEM, Actor, Role
from portal.organisation.models import Staff, Unit
from portal.workdays.calendar import Calendar
from portal.workdays.current import current_calendar

TICKETS = 300
DAYS = 91
OPERATORS = ("operator", "operator2")
# Of the last tickets, some are left lying at the unit, so that their promise ends today, tomorrow, or did.
ORDINARY = tuple(category.code for category in texts.CATEGORIES if category.nature == "ordinary")
STRAY_CALLS = 24
LEFT_LYING = {"due today": (0, 4), "due tomorrow": (1, 4), "overdue": (-2, 3)}

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
        self.callers = texts.callers(self.rng, 180)
        self.units = {unit.code: unit for unit in Unit.objects.all()}
        self.categories = {category.code: category for category in Category.objects.all()}
        everyone = {staff.username: staff for staff in Staff.objects.select_related("unit")}
        self.operators = [everyone[name].actor() for name in OPERATORS]
        self.supervisor = next(s.actor() for s in everyone.values() if Role.SUPERVISOR in s.roles)
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
            self.plan(midnight(day) + timedelta(hours=9), self.post)
        # The last midnight belongs to the story: what became overdue with it is marked.
        self.until += timedelta(minutes=11)

    def sweep(self, at: datetime) -> None:
        sweep(at=at)

    def seal(self, at: datetime) -> None:
        seal(day=at.astimezone(SHANGHAI).date() - ONE_DAY, at=at)

    def post(self, at: datetime) -> None:
        deliver(at=at)

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

    def plan_tickets(self) -> None:
        lying = [(name, days) for name, (days, how_many) in LEFT_LYING.items() for _each in range(how_many)]
        for _name, days in lying:
            self.plan_lying(days)
        for _number in range(TICKETS - len(lying)):
            day = self.today - timedelta(days=self.rng.randrange(1, DAYS))
            # Round the clock, but fewer on rest days.
            if not self.calendar.is_working(day) and self.rng.random() < 0.5:
                day = self.calendar.add_workdays(day, 1)
                day = min(day, self.today - ONE_DAY)
            at = self.moment(day, 0, 24) if self.rng.random() < 0.15 else self.moment(day)
            self.plan(at, self.receive)
        for _number in range(STRAY_CALLS):
            self.plan(self.moment(self.today - timedelta(days=self.rng.randrange(1, DAYS))), self.stray_call)

    def plan_lying(self, days: int) -> None:
        """A ticket whose promise of five working days ends `days` working days after today."""
        ordinal = self.calendar.ordinal(self.today) + days
        start = self.today
        while self.calendar.ordinal(start) + 5 > ordinal or not self.calendar.is_working(start):
            start -= ONE_DAY
        self.plan(self.moment(start), partial(self.receive, lies=True))

    def receive(self, at: datetime, *, lies: bool = False) -> None:
        self.told += 1
        self.progress("12319", self.told, TICKETS)
        rng = self.rng
        source: texts.Source = "web" if rng.random() < 0.2 and not lies else "call"
        category = rng.choice(ORDINARY) if lies else None
        scene = texts.draw(rng, source=source, category=category)
        anonymous = rng.random() < 0.06 and not lies
        caller = rng.choice(self.callers)
        matter = actions.Matter(
            category=self.categories[scene.category],
            urgency=Urgency.URGENT if rng.random() < 0.08 and not lies else Urgency.NORMAL,
            place=scene.place.address,
            description=scene.description,
            caller_name="" if anonymous else caller.name,
            caller_phone="" if anonymous else caller.phone,
        )
        operator = rng.choice(self.operators)
        if source == "web":
            ticket = actions.report(matter, actor=CITIZEN, at=at)
            self.plan(
                self.later(at, 1 if rng.random() < 0.1 else 0),
                partial(self.dispatch, ticket, scene, operator),
            )
            return
        if scene.answer and rng.random() < 0.8 and not lies:
            actions.log_call(matter, actor=operator, at=at, answer=scene.answer)
            return
        ticket = actions.log_call(matter, actor=operator, at=at)
        wait = 2 if rng.random() < 0.03 and not lies else 0
        self.plan(self.later(at, wait), partial(self.dispatch, ticket, scene, operator, lies=lies))
        if rng.random() < 0.04:
            self.plan(self.later(at, 2), partial(self.call_again, ticket, operator))

    def stray_call(self, at: datetime) -> None:
        caller = self.rng.choice(self.callers)
        note = texts.stray_call_note(self.rng)
        actions.note_call(actor=self.rng.choice(self.operators), at=at, phone=caller.phone, note=note)

    def call_again(self, ticket: Ticket, operator: Actor, at: datetime) -> None:
        ticket.refresh_from_db()
        if ticket.is_open:
            note = texts.asked_again_note(self.rng)
            actions.add_call(ticket, actor=operator, at=at, phone=ticket.caller_phone, note=note)
            if ticket.state in ("dispatched", "handling"):
                advance(ticket, "urge", actor=operator, at=at, note=texts.urge_note(self.rng))

    def dispatch(
        self, ticket: Ticket, scene: texts.Scenario, operator: Actor, at: datetime, *, lies: bool = False
    ) -> None:
        code = scene.unit
        wrongly = scene.returns and self.rng.random() < 0.06 and not lies
        advance(ticket, "dispatch", actor=operator, at=at, unit=self.units[code])
        handler = self.handlers[self.units[code].pk]
        if wrongly:
            self.plan(self.later(at, 0), partial(self.send_back, ticket, scene, operator, handler))
            return
        wait = 2 if self.rng.random() < 0.05 and not lies else 0
        self.plan(self.later(at, wait), partial(self.sign, ticket, scene, operator, handler, lies=lies))

    def send_back(
        self, ticket: Ticket, scene: texts.Scenario, operator: Actor, handler: Actor, at: datetime
    ) -> None:
        returned = self.rng.choice(scene.returns)
        advance(ticket, "return", actor=handler, at=at, note=returned.reason)
        code = texts.BRIGADES[scene.place.district]
        if returned.belongs_to not in ("", "enforcement", scene.unit):
            code = returned.belongs_to
        elif scene.unit == code:
            code = "appearance"

        def reassign(at: datetime) -> None:
            advance(ticket, "dispatch", actor=operator, at=at, unit=self.units[code], note="改派")
            new = self.handlers[self.units[code].pk]
            self.plan(self.later(at, 0), partial(self.sign, ticket, scene, operator, new))

        self.plan(self.later(at, 0), reassign)

    def sign(
        self,
        ticket: Ticket,
        scene: texts.Scenario,
        operator: Actor,
        handler: Actor,
        at: datetime,
        *,
        lies: bool = False,
    ) -> None:
        advance(ticket, "sign", actor=handler, at=at)
        if lies:
            return
        rng = self.rng
        limit = ticket.limits.handle_days
        spent = rng.choice((0.3, 0.5, 0.7, 0.8)) if rng.random() > 0.05 else 1.4
        if ticket.limits.extend_at_most and rng.random() < 0.05:
            asked = self.later(at, max(limit * 0.4, 1))
            self.plan(asked, partial(self.ask_extension, ticket, scene, handler))
            spent = 1.2
        self.plan(
            self.later(at, limit * spent),
            partial(self.reply, ticket, scene, operator, handler, scene.replies[0]),
        )

    def ask_extension(self, ticket: Ticket, scene: texts.Scenario, handler: Actor, at: datetime) -> None:
        days = min(ticket.limits.extend_at_most, 5)
        advance(
            ticket,
            "ask_extension",
            actor=handler,
            at=at,
            note=self.rng.choice(scene.extensions),
            extension_asked=days,
        )
        self.plan(
            self.later(at, 0),
            lambda at: advance(
                ticket, "extend", actor=self.supervisor, at=at, note="情况属实，同意延期。", extend_by=days
            ),
        )

    def reply(
        self, ticket: Ticket, scene: texts.Scenario, operator: Actor, handler: Actor, text: str, at: datetime
    ) -> None:
        actions.reply(ticket, text=text, actor=handler, at=at)
        self.plan(
            self.later(at, self.rng.choice((0, 1, 1, 2))),
            partial(self.call_back, ticket, scene, operator, handler, first=text != scene.reworked),
        )

    def call_back(
        self,
        ticket: Ticket,
        scene: texts.Scenario,
        operator: Actor,
        handler: Actor,
        at: datetime,
        *,
        first: bool,
    ) -> None:
        ticket.refresh_from_db()
        if not ticket.can_be_called:
            advance(ticket, "close", actor=operator, at=at, note="来电人未留电话，无法回访。")
            return
        if self.rng.random() < 0.12:
            actions.call_back(
                ticket, reached=False, note=texts.not_reached_note(self.rng), actor=operator, at=at
            )
            if ticket.callbacks().filter(at__gte=ticket.replied_at).count() >= 3:
                advance(ticket, "close", actor=operator, at=at, note="三次回访均未接通。")
                return
            self.plan(
                self.later(at, 0.5),
                partial(self.call_back, ticket, scene, operator, handler, first=first),
            )
            return
        if first and self.rng.random() < 0.07:
            grade = self.rng.choice((1, 2, 2))
            actions.call_back(
                ticket,
                reached=True,
                resolved=False,
                rating=grade,
                note=texts.callback_note(self.rng, scene, resolved=False, rating=grade),
                actor=operator,
                at=at,
            )
            self.plan(self.later(at, 0), partial(self.rework, ticket, scene, operator, handler))
            return
        rating = self.rng.choices((5, 4, 3), (60, 30, 10))[0]
        actions.call_back(
            ticket,
            reached=True,
            resolved=True,
            rating=rating,
            note=texts.callback_note(self.rng, scene, resolved=True, rating=rating),
            actor=operator,
            at=at,
        )
        advance(ticket, "close", actor=operator, at=at)

    def rework(
        self, ticket: Ticket, scene: texts.Scenario, operator: Actor, handler: Actor, at: datetime
    ) -> None:
        advance(ticket, "rework", actor=operator, at=at, note="市民不满意，请重新办理并反馈。")

        def sign_again(at: datetime) -> None:
            advance(ticket, "sign", actor=handler, at=at)
            self.plan(
                self.later(at, 2), partial(self.reply, ticket, scene, operator, handler, scene.reworked)
            )

        self.plan(self.later(at, 0), sign_again)
