"""What the floors above do when a clock fires or a case moves, inside the same transaction.

Cards and notices stand above cases, so they register here instead of being imported. Each function is
called in the order of registration; what it raises undoes the whole commit, so that mark, event, card and
outbox row are there together or not at all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from portal.ledger.actions import Entry
from portal.ledger.models import Event
from portal.organisation.actors import Actor
from portal.organisation.colleagues import Colleague
from portal.workdays.calendar import Calendar

if TYPE_CHECKING:
    from portal.cases.models import Case, Deadline
    from portal.cases.workflow import Transition

Stage = Literal["warn", "breach"]


@dataclass(frozen=True, slots=True)
class Fired:
    """A stage of a deadline that fell due. `at` is the due moment, `noticed_at` the one of the sweep.

    `case` is the header row, with its kind, number, unit and holder.
    """

    case: Case
    deadline: Deadline
    stage: Stage
    at: datetime
    noticed_at: datetime


@dataclass(frozen=True, slots=True)
class Batch:
    """All that fires in one transaction, oldest first, with what more than one effect has to know.

    `calendar` is the one that the transaction holds, `holders` are the responsible persons by their ids.
    """

    fired: Sequence[Fired]
    calendar: Calendar
    holders: Mapping[int | None, Colleague]


@dataclass(frozen=True, slots=True)
class Moved:
    """A transition that was taken; `case` is the whole case (a Ticket, say), as it is after the move.

    `running` are the clocks that run from now on, `given` what was entered beside the case's own fields,
    `calendar` the one that the transaction holds (None where a case was opened), `event` what the ledger
    keeps of the move: the end of the case's chain when the first effect is called.
    """

    case: Case
    transition: Transition
    actor: Actor
    at: datetime
    note: str
    opened: bool
    running: Sequence[Deadline]
    event: Event
    given: Mapping[str, Any] = field(default_factory=dict)
    calendar: Calendar | None = None


# A batch of a sweep is handed over whole: a function here may use a constant number of statements only. The
# events that it answers are written together with those of the stages, after them.
on_fired: list[Callable[[Batch], Sequence[Entry]]] = []
on_moved: list[Callable[[Moved], None]] = []
