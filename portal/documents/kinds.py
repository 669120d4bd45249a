"""The kinds of document there are: the portal's own, and those that each app registers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from portal.organisation.actors import Actor, Role

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
    the file holds the values it was set from, for pages that are drawn from what was signed. Those of a case
    are read by the staff who see the case, or by the `case_readers` among them where they name somebody whom
    the others need not know; and by the person who brought the case, unless they are not `for_owner`.
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
    case_readers: frozenset[Role] = frozenset()
    for_owner: bool = True


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


def closed_to(actor: Actor) -> list[str]:
    """The kinds that this member of staff does not read, also where the case is theirs to see."""
    return [each.code for each in every() if each.case_readers and not actor.has_role(*each.case_readers)]


def not_for_owners() -> list[str]:
    """The kinds that the person who brought the case does not read."""
    return [each.code for each in every() if not each.for_owner]


def held_back() -> list[str]:
    """The kinds whose documents hold only once they are public."""
    return [kind.code for kind in every() if kind.holds_once_public]
