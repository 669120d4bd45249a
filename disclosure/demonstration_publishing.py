"""What the demonstration's bureau publishes in its year: 1,687 texts, of which 216 are its powers.

The county's figure is of a year, and the portal of the story is half a year old: an item is published when
it appears in the catalogue, by people who work there, in a ledger that is sealed each night. So nothing is
published before the story begins. What the bureau made and published in the half year before comes over from
the former catalogue (`carried_over`) in the portal's first weeks, a month of it at a time, with the days on
which it was made; what was made since is published as it is made. All 1,687 were made within the last year,
and all of them came into this catalogue in it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from django.conf import settings

from disclosure import demonstration_texts as made
from disclosure import importing
from disclosure.demonstration_arranging import POWERS, Shelves
from disclosure.demonstration_days import Days
from disclosure.demonstration_powers import as_workbook, powers
from disclosure.demonstration_steps import FORMS, Steps
from disclosure.demonstration_texts import Piece, texts
from disclosure.models import Validity
from disclosure.publishing import WRITTEN, Text
from disclosure.rules import publication as rules
from portal.cases.terms import ONE_DAY, local_day
from portal.site.story import Story

PUBLISHED, PICTURES = 1687, 95
# One of them is the answer to a request, which demonstration_requests.py tells of.
ANSWERS = 1
YEAR = timedelta(days=365)
ENDED, WITHDRAWN_AFTER = 10, 25
FORM_FILES, TABLE_FILES = 4, 12
# Drawn texts with a picture are of these kinds, those with a table of the other.
PICTURED, TABLED = frozenset({"工作动态", "目标进展", "便民提示", "检查通报"}), "检查计划"
# On these working days before today every unit publishes what is left; on those before them one a day does.
LAST_TURNS = (6, 5, 4)


class Publishing(Steps):
    """What is published when, by whom."""

    def __init__(self, story: Story, shelves: Shelves) -> None:
        super().__init__(story)
        self.shelves, self.days, self.rng = shelves, Days(story), story.rng

    def plan_all(self) -> None:
        self.total = PUBLISHED - _by_themselves()
        pieces = self.pieces()
        self.plan_powers()
        self.plan_carried_over([each for each in pieces if each.text.dated_on < self.days.founded])
        self.plan_turns([each for each in pieces if each.text.dated_on >= self.days.founded])
        for given in texts()["alone"]:
            self.plan_alone(given)

    # What there is to publish -------------------------------------------------------------------------------

    def pieces(self) -> list[Piece]:
        """All texts but those that come alone or from a spreadsheet, in the order of their days."""
        by_hand = [self.by_hand(each) for each in texts()["written"]]
        others = len(powers()) + len(by_hand) + _by_themselves() + ANSWERS + ENDED
        drawn = made.drawn(
            PUBLISHED - others,
            rng=self.rng,
            first=self.story.today - YEAR,
            last=self.days.before(LAST_TURNS[0]),
            shelves=self.shelves,
            units=self.story.units,
        )
        self.attach([piece for piece, _validity in drawn])
        endings = self.endings(drawn)
        self.choose_withdrawn([piece for piece, _validity in drawn])
        return sorted([*(each for each, _validity in drawn), *by_hand, *endings], key=_day)

    def by_hand(self, given: dict[str, Any]) -> Piece:
        day = self.days.before(given["made"])
        text = made.written(given, made_on=day, shelves=self.shelves, units=self.story.units)
        return Piece(text, correct=given.get("correct"))

    def attach(self, drawn: Sequence[Piece]) -> None:
        for kinds, name, most in (
            (PICTURED, "picture", PICTURES),
            (frozenset(FORMS), "form", FORM_FILES),
            (frozenset({TABLED}), "tasks", TABLE_FILES),
        ):
            fitting = [each for each in drawn if not each.attachment and kinds & set(each.kinds)]
            for piece in self.rng.sample(fitting, min(most, len(fitting))):
                piece.attachment = name

    def endings(self, drawn: Sequence[tuple[Piece, str]]) -> list[Piece]:
        """Decisions that end texts of the former catalogue: those that were drawn as ended, then others."""
        old = [
            (piece, validity)
            for piece, validity in drawn
            if made.is_normative(piece) and piece.text.dated_on < self.days.founded
        ]
        old.sort(key=lambda each: each[1] == Validity.IN_FORCE)
        found = []
        for number, (target, validity) in enumerate(old[:ENDED], 1):
            how = Validity.REPEALED.value if validity == Validity.IN_FORCE else validity
            # Spread over the half year, after what they end has come over.
            day = self.days.before(9 * (ENDED + 2 - number))
            found.append(made.ending(target, how, number, made_on=day, shelves=self.shelves))
        return found

    def choose_withdrawn(self, drawn: Sequence[Piece]) -> None:
        first, last = self.days.founded, self.days.before(WITHDRAWN_AFTER)
        fitting = [each for each in drawn if first <= each.text.dated_on <= last and not each.attachment]
        reasons = texts()["withdrawn"]["reasons"]
        for piece, reason in zip(
            self.rng.sample(fitting, min(len(reasons), len(fitting))), reasons, strict=False
        ):
            piece.withdrawn = reason

    # The first weeks ----------------------------------------------------------------------------------------

    def plan_powers(self) -> None:
        self.story.plan(self.story.moment(self.days.after_founding(1), 9, 11), self.bring_powers)

    def bring_powers(self, at: datetime) -> None:
        """The powers come in a spreadsheet, all in one publication, which the agency's head approves."""
        data = as_workbook(
            bureau=settings.BUREAU["name"],
            phone=settings.BUREAU["contact"],
            categories=POWERS,
            theme="openness",
            units={code: unit.name for code, unit in self.story.units.items()},
            dated_on=self.days.founded - ONE_DAY,
        )
        sheet = importing.read(data, name="职权目录.xlsx", today=local_day(at))
        if sheet.errors:
            raise ValueError(f"the powers cannot be imported: {sheet.errors[0]}")
        rows = [Piece(Text(**{name: getattr(row, name) for name in WRITTEN})) for row in sheet.rows]
        self.begin(rows, author=self.officer, at=at, needs_approval=True)

    def plan_carried_over(self, pieces: Sequence[Piece]) -> None:
        by_month: dict[tuple[int, int], list[Piece]] = defaultdict(list)
        for piece in pieces:
            by_month[piece.text.dated_on.year, piece.text.dated_on.month].append(piece)
        for number, month in enumerate(by_month.values(), 2):
            at = self.story.moment(self.days.after_founding(number), 13, 16)
            self.story.plan(at, partial(self.carry_over, month))

    def carry_over(self, pieces: Sequence[Piece], at: datetime) -> None:
        self.begin(pieces, author=self.officer, at=at, occasion=rules.CARRIED_OVER)

    # The half year ------------------------------------------------------------------------------------------

    def plan_turns(self, pieces: Sequence[Piece]) -> None:
        """Each working day one unit hands in what it has made since its last turn; at last each its rest."""
        units = [self.story.units[code].pk for code in made.UNITS]
        last = [self.days.before(back) for back in LAST_TURNS]
        turns = [
            (day, units[number % len(units)])
            for number, day in enumerate(self.days.since_founding(but=LAST_TURNS[0]))
        ]
        turns += [(last[number % len(last)], unit) for number, unit in enumerate(units)]
        waiting = list(pieces)
        fates = texts()["fates"]
        for number, (day, unit) in enumerate(sorted(turns, key=lambda each: each[0])):
            mine = [each for each in waiting if each.text.unit.pk == unit and each.text.dated_on <= day]
            waiting = [each for each in waiting if each not in mine]
            if mine:
                at = self.story.moment(day, 8, 16)
                self.story.plan(at, partial(self.hand_in, mine, fates.get(str(number), {})))
        assert not waiting

    def hand_in(self, pieces: Sequence[Piece], fate: dict[str, Any], at: datetime) -> None:
        # Rules are approved by a superior.
        needs_approval = any(each.text.document_number.startswith(made.RULES) for each in pieces)
        author = self.author(pieces[0].text.unit)
        self.begin(pieces, author=author, at=at, fate=fate, needs_approval=needs_approval)

    # By themselves ------------------------------------------------------------------------------------------

    def plan_alone(self, given: dict[str, Any]) -> None:
        at = self.story.moment(self.days.before(given["begun"]), 8, 11)
        self.story.plan(at, partial(self.begin_alone, given))

    def begin_alone(self, given: dict[str, Any], at: datetime) -> None:
        day = self.days.before(given["made_on"])
        text = made.written(given, made_on=day, shelves=self.shelves, units=self.story.units)
        self.begin(
            [Piece(text)],
            author=self.author(text.unit),
            at=at,
            fate=given,
            stops=given["reaches"],
            publish_on=self.appears_on(given["on"]) if "on" in given else None,
            needs_approval=given.get("needs_approval", False),
        )

    def appears_on(self, back: int) -> date:
        """Today and tomorrow are days like any other to who does not work: the portal itself publishes."""
        return self.days.before(back) if back > 0 else self.story.today + timedelta(days=-back)


def _day(piece: Piece) -> date:
    return piece.text.dated_on


def _by_themselves() -> int:
    """How many appear on a day that was chosen for them, and that is not to come."""
    return sum(each["reaches"] == rules.SCHEDULED and each["on"] >= 0 for each in texts()["alone"])
