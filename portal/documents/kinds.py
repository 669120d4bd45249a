"""The kinds of document there are: the portal's own, and those that each app registers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from portal.organisation.actors import Role

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise


@dataclass(frozen=True, slots=True)
class DocumentKind:
    """What an app says of a kind of document that it issues.

    `layout` names the file that sets it. `series_word` is the word of its numbers: with 函 they run
    云城管函〔2026〕1号, 2号, …, without a gap within a year. `issued_by` are the roles that may issue one by
    hand; an app's own verbs issue theirs under their own rules. `seen_by` are those that read every one that
    belongs to no case. `public` ones are read by anyone who has the number or the check code; of the others
    anyone may learn that they are genuine. One that `holds_once_public` is signed first and published later:
    until then it does not hold, and nobody finds it by its number. One that `tells_its_days` says to everyone
    who checks it from when and until when it holds, as a permit does, whose holder shows it. With `encloses`
    the file holds the values it was set from, for pages that are drawn from what was signed.
    """

    code: str
    name: _StrOrPromise
    layout: str
    series_word: str
    issued_by: frozenset[Role] = frozenset()
    seen_by: frozenset[Role] = frozenset()
    public: bool = False
    encloses: bool = False
    holds_once_public: bool = False
    tells_its_days: bool = False


_kinds: dict[str, DocumentKind] = {}


def register(kind: DocumentKind) -> None:
    """Make a kind known. Raises ValueError when another has its code, or its word for numbers."""
    for known in _kinds.values():
        if known != kind and (known.code == kind.code or known.series_word == kind.series_word):
            raise ValueError(f"there is another kind of document with the code or word of {kind.code}")
    _kinds[kind.code] = kind


def every() -> list[DocumentKind]:
    return list(_kinds.values())


def named(code: str) -> DocumentKind:
    """Raises KeyError for a code that nobody has registered."""
    return _kinds[code]


def held_back() -> list[str]:
    """The kinds whose documents hold only once they are public."""
    return [kind.code for kind in every() if kind.holds_once_public]
