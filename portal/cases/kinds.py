"""The kinds of case there are: each app registers its own, so that this floor imports none of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.db.models import Q
from django.utils.functional import Promise

from portal.cases.workflow import Workflow
from portal.organisation.actors import Actor, Role

if TYPE_CHECKING:
    from portal.cases.models import Case
    from portal.ledger.models import Event


@dataclass(frozen=True, slots=True)
class Contact:
    """How the person who brought the case is reached; an empty text where not known."""

    phone: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True)
class Audience:
    """Who of the staff is told: a person, everybody of a role, units, or nobody where all is empty."""

    staff_id: int | None = None
    role: Role | None = None
    unit_ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Kind:
    """What an app says of its kind of case.

    `url_name` is the page of staff, `public_url_name` that of the person who brought the case; both take
    the case's number. `seen_by` are the roles that see every case of the kind, `handled_by` those that see
    the cases of their own unit and of those below it; nobody else sees any. `unit_answers`: whether the
    case's unit keeps its limits; those of a complaint are kept by who looks into it. `sees_contact` says who
    may know the person's contact, of a row of `model`; without it, whoever sees the case. `also_seen` are
    cases besides that an actor sees, as a condition on the header. `audiences` are readers of notices that
    only this kind has, by the names that its transitions tell. `public_words` says of each event what it
    means to the person, "" of one that is not told; without it, steps are told by their labels.
    """

    code: str
    name: str | Promise
    model: type[Case]
    workflow: Workflow
    url_name: str
    public_url_name: str
    contact: Callable[[Case], Contact]
    seen_by: frozenset[Role]
    handled_by: frozenset[Role]
    term_names: Mapping[str, str | Promise]
    unit_answers: bool = True
    sees_contact: Callable[[Case, Actor], bool] | None = None
    also_seen: Callable[[Actor], Q] | None = None
    audiences: Mapping[str, Callable[[Case], Audience]] = field(default_factory=dict)
    public_words: Callable[[Sequence[Event]], list[str]] | None = None


_kinds: dict[str, Kind] = {}


def register(kind: Kind) -> None:
    if kind.code in _kinds and _kinds[kind.code] != kind:
        raise ValueError(f"there is another kind of case called {kind.code}")
    _kinds[kind.code] = kind


def every() -> list[Kind]:
    return list(_kinds.values())


def named(code: str) -> Kind:
    return _kinds[code]


def of(case: Case) -> Kind:
    return _kinds[case.kind]


def term_name(code: str) -> str | Promise:
    """What a limit is called, for people; its code where the app that knew it is gone."""
    for kind in _kinds.values():
        if code in kind.term_names:
            return kind.term_names[code]
    return code
