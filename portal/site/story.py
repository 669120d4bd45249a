"""The story that the demonstration bureau has lived through: what every app tells of, in one order of time.

People act one after the other, and each night the clock sweeps and the ledger is sealed, as it is in a bureau
that works. What somebody would do tomorrow has not been done yet, so that there is always something due
today, tomorrow, and too late.

An app's `demonstration.plan(story)` sets up what it needs at `story.founded` and plans its first deeds; a
deed plans what follows from it.
"""

from __future__ import annotations

import copy
import heapq
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import partial
from itertools import count

from portal.cases.actions import sweep
from portal.cases.terms import ONE_DAY, SHANGHAI, midnight
from portal.ledger.actions import seal
from portal.notices.delivery import deliver
from portal.notices.inbox import mark_all_read
from portal.organisation.actors import Actor, Role
from portal.organisation.models import Staff, Unit
from portal.oversight.cards import take_step
from portal.oversight.models import Card
from portal.workdays.current import current_calendar

# Half a year of the window for approvals, which tells the longest; others begin later.
DAYS = 184
# Notices of the last days wait to be read.
UNREAD_DAYS = 2
# Cards are of cases of every kind: no word of tickets here.
CARD_ANSWERS = (
    "因现场需多次核查导致超期，已完成办理，并对经办人进行了提醒。",
    "当日外出处置突发事项未及时操作系统，已明确AB岗，避免再次发生。",
    "对时限掌握不准，已组织学习限时办结制，并设专人每日核对到期事项。",
    "因等待其他单位反馈造成延误，今后需延期的将提前申请。",
)

Progress = Callable[[str, int, int], None]
Deed = Callable[[datetime], None]


@dataclass(kw_only=True)
class Story:
    """A heap of deeds, and the nights between them, from `days` days before `today` to its first midnight.

    Deeds of the same moment are done in the order in which they were planned. `every_night` is done at five
    past midnight, between the sweep and the seal. `progress(step, done, total)` shows one step at a time.
    """

    today: date
    seed: int
    progress: Progress
    days: int = DAYS
    every_night: list[Deed] = field(default_factory=list)
    deeds: list[tuple[datetime, int, Deed]] = field(default_factory=list)
    order: count[int] = field(default_factory=count)
    chances: dict[str, random.Random] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.calendar = current_calendar()
        self.rng = self.rng_for("nights")
        self.founded = datetime.combine(self.today - timedelta(days=self.days + 1), time(9), SHANGHAI)
        # The last midnight belongs to the story: what became overdue with it is marked.
        self.until = midnight(self.today) + timedelta(minutes=11)
        self.units = {unit.code: unit for unit in Unit.objects.all()}
        # By user name, in the order in which they were hired: who comes later has no part in the story.
        hired = Staff.objects.select_related("unit").order_by("pk")
        self.people = {staff.username: staff.actor() for staff in hired}
        self.holders = {actor.id: actor for actor in self.people.values()}
        self.supervisor = self.who(Role.SUPERVISOR)
        self.plan_nights()

    def rng_for(self, name: str) -> random.Random:
        """The chance of one teller, always the same object, so that tellers do not disturb each other."""
        # The same seed tells the same story: this is chance, not secrecy.
        return self.chances.setdefault(name, random.Random(f"{self.seed}:{name}"))  # noqa: S311

    def part(self, name: str) -> Story:
        """The same story as one teller tells it: all is shared but `rng`, by which moments are chosen too."""
        mine = copy.copy(self)
        mine.rng = self.rng_for(name)
        return mine

    def who(self, role: Role, *, unit: Unit | None = None) -> Actor:
        """Who was hired first for a role, of everyone or of one unit; raises StopIteration if nobody was."""
        return next(
            actor
            for actor in self.people.values()
            if actor.has_role(role) and (unit is None or actor.unit_id == unit.pk)
        )

    def live(self) -> None:
        """Do what is planned, the earliest first, up to and without the moment `until`."""
        while self.deeds:
            at, _order, deed = heapq.heappop(self.deeds)
            if at >= self.until:
                break
            deed(at)

    def plan(self, at: datetime, deed: Deed) -> None:
        heapq.heappush(self.deeds, (at, next(self.order), deed))

    # The day ------------------------------------------------------------------------------------------------

    def moment(self, day: date, first: int = 8, last: int = 17) -> datetime:
        """Some moment of a day, from the hour `first` to the hour `last`: working hours by default."""
        seconds = self.rng.randrange((last - first) * 3600)
        return datetime.combine(day, time(first), SHANGHAI) + timedelta(seconds=seconds)

    def later(self, at: datetime, working_days: float) -> datetime:
        """So many whole working days later, in working hours; less than one is within the hour or two."""
        whole = int(working_days)
        if whole == 0:
            after = at + timedelta(minutes=self.rng.randrange(10, 110))
            if after.astimezone(SHANGHAI).hour < 18:
                return after
            whole = 1
        day = self.calendar.add_workdays(at.astimezone(SHANGHAI).date(), whole)
        return self.moment(day)

    def soon(self, at: datetime, deed: Callable[..., None], *more: object, days: float = 0) -> None:
        """Plan `deed(*more, at)` for so many working days after `at`."""
        self.plan(self.later(at, days), partial(deed, *more))

    # The night ----------------------------------------------------------------------------------------------

    def plan_nights(self) -> None:
        for back in range(self.days, -1, -1):
            begins = midnight(self.today - timedelta(days=back))
            self.plan(begins + timedelta(minutes=1), self.sweep)
            self.plan(begins + timedelta(minutes=5), self.between)
            self.plan(begins + timedelta(minutes=10), self.seal)
            self.plan(begins + timedelta(hours=9), self.morning)

    def sweep(self, at: datetime) -> None:
        sweep(at=at)

    def between(self, at: datetime) -> None:
        for deed in self.every_night:
            deed(at)

    def seal(self, at: datetime) -> None:
        seal(day=at.astimezone(SHANGHAI).date() - ONE_DAY, at=at)

    def morning(self, at: datetime) -> None:
        """What was told over night goes out and is read; who got a card says why, within a day or two."""
        deliver(at=at)
        if (midnight(self.today) - at).days % 7 == UNREAD_DAYS:
            for actor in self.people.values():
                mark_all_read(actor=actor, at=at)
        for card in Card.objects.filter(issued_at__gt=at - ONE_DAY, holder__isnull=False).order_by("pk"):
            if self.rng.random() < 0.85:
                self.soon(at, self.answer_card, card, days=self.rng.choice((0, 1, 2)))

    def answer_card(self, card: Card, at: datetime) -> None:
        text = self.rng.choice(CARD_ANSWERS)
        take_step(card, "answer", text=text, actor=self.holders[card.holder_id], at=at)
        self.soon(at, self.decide_card, card, days=1)

    def decide_card(self, card: Card, at: datetime) -> None:
        if self.rng.random() < 0.85:
            take_step(card, "accept", text="整改情况属实，予以销号。", actor=self.supervisor, at=at)
        else:
            take_step(card, "uphold", text="理由不充分，请补充整改措施。", actor=self.supervisor, at=at)
