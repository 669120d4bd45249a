"""One row of a workflow is one rule: who, from where, to where, under which checks, and what the clocks do.

Ledger verbs, buttons and the tables in the documentation come from the same rows. Nothing else sets a state.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from portal.cases.terms import Term
from portal.organisation.actors import Actor, Role

if TYPE_CHECKING:
    from portal.cases.models import Case, Deadline
    from portal.workdays.calendar import Calendar


class Refused(Exception):
    """A rule said no. `message` is a sentence the user can read, `field` the input that it is about."""

    def __init__(self, message: str | Promise, *, field: str | None = None) -> None:
        super().__init__(str(message))
        self.message = message
        self.field = field


class NotAllowed(Refused):
    """The actor's role or unit may not do this at all."""


class Conflict(Refused):
    """Somebody else was first: the case is no longer what the actor saw."""


@dataclass(frozen=True, slots=True)
class Move:
    """A transition about to be taken, as its checks see it.

    `changes` are fields of the case that it writes, `given` what else was entered, to be kept beside it.
    `running` are the clocks of a locked case and `calendar` the one that holds until the transaction ends;
    None where a page asks for its buttons.
    """

    case: Case
    actor: Actor
    at: datetime
    changes: Mapping[str, Any] = field(default_factory=dict)
    given: Mapping[str, Any] = field(default_factory=dict)
    note: str = ""
    extend_by: int = 0
    running: Sequence[Deadline] | None = None
    calendar: Calendar | None = None

    def clock(self, *terms: str) -> Deadline | None:
        """The limit of the case that runs under one of these codes, read once for all who ask."""
        running = self.case.running_clocks() if self.running is None else self.running
        return next((each for each in running if each.term in terms), None)

    def may_extend(self, *terms: str) -> bool:
        """Whether a limit under one of these codes runs, was not missed, and was not extended yet."""
        clock = self.clock(*terms)
        if clock is None or clock.breached_at is not None or clock.extended:
            return False
        return clock.extend_at_most > 0


Check = Callable[[Move], None]
# A source that answers None says that a case like this has no such limit.
TermSource = Term | Callable[["Case"], Term | None]


@dataclass(frozen=True, slots=True)
class Route:
    """A way that forks: `choose` says of a move to which of the states in `among` it leads."""

    among: frozenset[str]
    choose: Callable[[Move], str]


@dataclass(frozen=True, slots=True)
class Transition:
    """One rule.

    - `sources` → `target`: states; a target of None leaves the state as it is, a `Route` depends on the case.
    - `by`: the roles that may take it. `guards` look at case and actor alone, and are asked before the button
      is drawn; `checks` look at what was entered as well.
    - `changes`: names of the case's fields that it may write; `takes`: names of what else is entered, which
      an effect of the app keeps beside the case; `private`: those whose words the ledger does not keep.
      `note` says whether a note is "required", "optional" or "" (none is asked for).
    - `starts`, `stops`, `voids`: clocks. A running clock that is started again begins anew; a stopped one was
      kept, a voided one no longer matters; `also_stops` says it of a move. Reaching a final state stops every
      clock.
    - `starts_earlier`: clocks that count from another event than the move, at the moment `since` answers.
    - `extends`: the limits to which the move adds `extend_by` days, with the note as its reason. The first
      that runs must still be extendable; the others follow it where they are not missed.
    - `tells`: audiences that are told, each by a template `notices/<kind>/<name>.<audience>.txt`.
    - `sets`: fields that follow from the move itself (who is responsible from now on).
    """

    name: str
    label: str | Promise
    sources: frozenset[str]
    target: str | Route | None
    by: frozenset[Role]
    guards: tuple[Check, ...] = ()
    checks: tuple[Check, ...] = ()
    changes: tuple[str, ...] = ()
    takes: tuple[str, ...] = ()
    private: tuple[str, ...] = ()
    note: str = ""
    starts: tuple[TermSource, ...] = ()
    stops: tuple[str, ...] = ()
    also_stops: Callable[[Move], tuple[str, ...]] | None = None
    voids: tuple[str, ...] = ()
    starts_earlier: tuple[TermSource, ...] = ()
    since: Callable[[Move], datetime] | None = None
    extends: tuple[str, ...] = ()
    tells: tuple[str, ...] = ()
    sets: Callable[[Move], Mapping[str, Any]] | None = None

    @property
    def targets(self) -> frozenset[str]:
        """The states that it may lead to; none where the state stays as it is."""
        if isinstance(self.target, Route):
            return self.target.among
        return frozenset() if self.target is None else frozenset({self.target})

    def leads_to(self, move: Move) -> str:
        """The state after the move."""
        if isinstance(self.target, Route):
            state = self.target.choose(move)
            if state not in self.target.among:
                raise ValueError(f"{self.name} does not lead to {state}")
            return state
        return move.case.state if self.target is None else self.target


class Workflow:
    """The rules of one kind of case. Refuses, when it is written, a state nobody can reach or leave."""

    def __init__(
        self,
        *,
        states: Mapping[str, str | Promise],
        opening: Transition,
        transitions: Iterable[Transition],
        final: Iterable[str],
    ) -> None:
        self.states = dict(states)
        self.opening = opening
        self.final = frozenset(final)
        self.transitions = {transition.name: transition for transition in transitions}
        self._refuse_nonsense([opening, *self.transitions.values()])

    def _refuse_nonsense(self, rules: list[Transition]) -> None:
        if len(self.transitions) + 1 != len({rule.name for rule in rules}):
            raise ValueError("two transitions share a name")
        named = {state for rule in rules for state in (*rule.sources, *rule.targets)}
        if unknown := (named | self.final) - set(self.states):
            raise ValueError(f"unknown states: {sorted(unknown)}")
        if not isinstance(self.opening.target, str) or self.opening.sources:
            raise ValueError("the opening leads from nowhere to the first state")
        reached = {self.opening.target}
        while more := {
            state
            for rule in self.transitions.values()
            if rule.sources & reached
            for state in rule.targets - reached
        }:
            reached |= more
        if lost := set(self.states) - reached:
            raise ValueError(f"states that nobody can reach: {sorted(lost)}")
        left = {source for rule in self.transitions.values() if rule.targets for source in rule.sources}
        if stuck := set(self.states) - left - self.final:
            raise ValueError(f"states that nobody can leave: {sorted(stuck)}")
        if revived := {
            rule.name for rule in rules if rule.sources & self.final and not rule.targets <= self.final
        }:
            raise ValueError(f"transitions out of a final state: {sorted(revived)}")

    def transition(self, name: str) -> Transition:
        """The transition of that name; raises Refused for a name that is none."""
        try:
            return self.transitions[name]
        except KeyError:
            raise Refused(_("There is no such step.")) from None

    def check_may(self, transition: Transition, move: Move) -> None:
        """Raises NotAllowed or Refused unless role, state and guards permit the transition."""
        if not move.actor.has_role(*transition.by):
            raise NotAllowed(_("Your role does not permit this step."))
        if transition.sources and move.case.state not in transition.sources:
            raise Refused(
                _("“%(step)s” is not possible while the case is “%(state)s”.")
                % {"step": transition.label, "state": self.states[move.case.state]}
            )
        for guard in transition.guards:
            guard(move)

    def check(self, transition: Transition, move: Move) -> None:
        """Raises Refused unless the whole move is right: who, when, and what was entered."""
        self.check_may(transition, move)
        unknown = (set(move.changes) - set(transition.changes)) | (set(move.given) - set(transition.takes))
        if unknown:
            raise Refused(_("This step cannot change: %(fields)s.") % {"fields": ", ".join(sorted(unknown))})
        if transition.note == "required" and not move.note.strip():
            raise Refused(_("Please say why, in a sentence."), field="note")
        for check in transition.checks:
            check(move)

    def allowed(self, case: Case, *, actor: Actor, at: datetime) -> list[Transition]:
        """The transitions that this actor may take now, for drawing buttons."""
        found = []
        for transition in self.transitions.values():
            try:
                self.check_may(transition, Move(case=case, actor=actor, at=at))
            except Refused:
                continue
            found.append(transition)
        return found
