"""What came in over the demonstration's counter: documents and requests, answered by the units."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial

from approvals import demonstration_texts as texts
from approvals.incoming import Arrival, register
from approvals.models import Incoming
from portal.cases.actions import advance
from portal.cases.terms import local_day
from portal.organisation.actors import Actor, Role
from portal.site.story import Story

# A document's own limit, where it sets one; the rule's is 15.
OWN_DAYS, DOCUMENT_DAYS = 5, 15
EXTENDED_BY = 5
# What became of the first documents, besides being answered.
FATES = ("own", "extended", "given_back")


@dataclass(slots=True)
class Piece:
    """One thing that came in, its words, and where the story leaves it: "" is answered."""

    incoming: Incoming
    text: texts.IncomingText
    clerk: Actor
    handler: Actor
    left_in: str


@dataclass
class Mail:
    """`working_day` answers the working day so many before today."""

    story: Story
    clerks: Sequence[Actor]
    working_day: Callable[[int], date]
    told: set[tuple[str, str]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.rng = self.story.rng

    def plan(self, *, days: int, documents: int, requests: int) -> None:
        """Those that are open, and so many that were answered over the last `days` working days."""
        # Due tomorrow; just registered; a request in time, one put off, one of yesterday that nobody did.
        self.come(self.working_day(DOCUMENT_DAYS - 1), document=True, left_in="assigned")
        self.come(self.working_day(2), document=True, left_in="assigned")
        self.come(self.working_day(1), document=True, left_in="registered")
        self.come(self.working_day(1), document=False, left_in="assigned", same_day=False)
        self.come(self.working_day(1), document=False, left_in="not_today", same_day=True)
        self.come(self.working_day(1), document=False, left_in="assigned", same_day=True)
        for number in range(documents):
            fate = FATES[number] if number < len(FATES) else ""
            day = self.working_day(self.rng.randrange(DOCUMENT_DAYS + EXTENDED_BY, days))
            self.come(day, document=True, fate=fate)
        for _number in range(requests):
            self.come(self.working_day(self.rng.randrange(5, days)), document=False)

    def come(
        self,
        day: date,
        *,
        document: bool,
        fate: str = "",
        left_in: str = "",
        same_day: bool | None = None,
    ) -> None:
        self.story.plan(
            self.story.moment(day, 8, 11),
            partial(self.register, self.text(document, same_day), fate, left_in),
        )

    def text(self, document: bool, same_day: bool | None) -> texts.IncomingText:
        """Words that were not used yet, of a request that is (not) for the same day where that is said."""
        while True:
            text = texts.incoming_document(self.rng) if document else texts.incoming_request(self.rng)
            if same_day not in (None, text.same_day):
                continue
            if (key := (text.kind, text.subject)) not in self.told:
                self.told.add(key)
                return text

    def register(self, text: texts.IncomingText, fate: str, left_in: str, at: datetime) -> None:
        document = text.kind == "document"
        arrival = Arrival(
            form=text.kind,
            title=text.subject,
            sender=text.sender,
            content=f"{text.subject}。请研究办理并按时函复。"
            if document
            else f"来件人到窗口{text.subject}。",
            sender_phone="" if document else f"1990003{self.rng.randrange(10_000):04d}",
            sender_number=f"云示例〔{local_day(at).year}〕{self.rng.randrange(1, 200)}号" if document else "",
            dated_on=local_day(at) if document else None,
            own_days=OWN_DAYS if fate == "own" else None,
            same_day=text.same_day,
        )
        clerk = self.rng.choice(self.clerks)
        incoming = register(arrival, actor=clerk, at=at)
        handler = self.story.who(Role.HANDLER, unit=self.story.units[text.unit])
        piece = Piece(incoming, text, clerk, handler, left_in)
        if left_in != "registered":
            self.story.plan(
                at + timedelta(minutes=self.rng.randrange(5, 40)), partial(self.assign, piece, fate)
            )

    def assign(self, piece: Piece, fate: str, at: datetime) -> None:
        unit = self.story.units[piece.text.unit]
        advance(piece.incoming, "assign", actor=piece.clerk, at=at, unit=unit)
        if fate == "given_back":
            self.story.soon(at, self.give_back, piece)
        elif fate == "extended":
            self.story.soon(at, self.extend, piece, days=3)
        if piece.left_in == "not_today":
            self.story.plan(at + timedelta(hours=4), partial(self.put_off, piece))
        elif not piece.left_in and fate != "given_back":
            self.story.soon(at, self.reply, piece, days=self.days(piece, fate))

    def days(self, piece: Piece, fate: str) -> int:
        if piece.text.kind == "request":
            return 0 if piece.text.same_day else self.rng.randrange(1, 3)
        if fate == "extended":
            return DOCUMENT_DAYS + 2
        return self.rng.randrange(1, OWN_DAYS if fate == "own" else DOCUMENT_DAYS - 2)

    def give_back(self, piece: Piece, at: datetime) -> None:
        note = "来文涉及多个单位，请窗口核对主办单位后再交办。"
        advance(piece.incoming, "give_back", actor=piece.handler, at=at, note=note)
        self.story.soon(at, self.assign, piece, "", days=1)

    def extend(self, piece: Piece, at: datetime) -> None:
        note = "需汇总各区数据，确难按期完成，同意延期。"
        advance(
            piece.incoming, "extend", actor=self.story.supervisor, at=at, note=note, extend_by=EXTENDED_BY
        )

    def put_off(self, piece: Piece, at: datetime) -> None:
        note = "需到现场核实，当日不能办结，三个工作日内答复。"
        advance(piece.incoming, "not_today", actor=piece.handler, at=at, note=note)

    def reply(self, piece: Piece, at: datetime) -> None:
        number = ""
        if piece.text.kind == "document":
            number = f"云城管函〔{local_day(at).year}〕{self.rng.randrange(1, 200)}号"
        advance(
            piece.incoming,
            "reply",
            actor=piece.handler,
            at=at,
            reply=piece.text.reply,
            reply_number=number,
        )
