"""The kinds of case there are: each app registers its own, so that this floor imports none of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.functional import Promise

from portal.cases.workflow import Workflow
from portal.organisation.actors import Actor, Role

if TYPE_CHECKING:
    from portal.cases.models import Case


@dataclass(frozen=True, slots=True)
class Contact:
    """How the person who brought the case is reached; an empty text where not known."""

    phone: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True)
class Kind:
    """What an app says of its kind of case.

    `url_name` is the page of staff, `public_url_name` that of the person who brought the case; both take
    the case's number. `seen_by` are the roles that see every case of the kind, `handled_by` those that see
    the cases of their own unit and of those below it; nobody else sees any. `unit_answers`: whether the
    case's unit keeps its limits; those of a complaint are kept by who looks into it. `sees_contact` says who
    may know the person's contact, of a row of `model`; without it, whoever sees the case.
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
