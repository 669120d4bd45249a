"""Who may look at a case: staff by role and unit, and the citizen who knows its number and look-up code."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterable

from django.http import Http404, HttpRequest

from portal.cases import kinds
from portal.cases.models import Case
from portal.organisation.actors import Actor
from portal.organisation.actors_of import actor_of

# The numbers that this session may follow; kept in the session, so that no code stands in an address.
SESSION_KEY = "followed_cases"
# The number of what this session has just brought; with it the code is shown, on a page of its own.
OPENED_KEY = "opened_case"
# The numbers of what this session is writing and has not sent.
DRAFTS_KEY = "drafts"
MOST_FOLLOWED = 20
# Numbers that are no case's, such as a draft's: an app answers where number and code lead, "" if nowhere.
elsewhere: list[Callable[[HttpRequest, str, str], str]] = []


def find_by_code(number: str, code: str) -> Case | None:
    """The case with this number if the code is its own, compared in constant time; None otherwise."""
    case = Case.objects.filter(number=number.strip().upper()).first()
    # Compared even when there is no such number, so that the time taken does not tell which was wrong.
    expected = case.lookup_code if case else "·" * 8
    given = code.strip().upper().replace(" ", "").replace("-", "")
    return case if hmac.compare_digest(expected.encode(), given.encode("utf-8", "replace")) else None


def remember(request: HttpRequest, case: Case) -> None:
    """From now on this session may follow the case."""
    if not request.user.is_authenticated:
        # Whoever planted a session in this browser before does not read along.
        request.session.cycle_key()
    numbers = [number for number in request.session.get(SESSION_KEY, []) if number != case.number]
    request.session[SESSION_KEY] = [*numbers, case.number][-MOST_FOLLOWED:]


def remember_beside(request: HttpRequest, case: Case, *, of: Case) -> None:
    """A case that belongs to one that this session follows and looks at: it may look at both."""
    if not follows(request, case.number):
        both = [of.number, case.number]
        others = [number for number in request.session.get(SESSION_KEY, []) if number not in both]
        request.session[SESSION_KEY] = [*others, *both][-MOST_FOLLOWED:]


def forget(request: HttpRequest) -> None:
    """This session may follow nothing any more: the next person at this computer finds no trace."""
    if request.user.is_authenticated:
        for key in (SESSION_KEY, OPENED_KEY, DRAFTS_KEY):
            request.session.pop(key, None)
    else:
        request.session.flush()


def follows(request: HttpRequest, number: str) -> bool:
    return number in request.session.get(SESSION_KEY, [])


def case_or_404(request: HttpRequest, number: str) -> tuple[Case, bool]:
    """The case, and whether it is shown to staff (else to the citizen who follows it).

    Raises Http404 for a case that does not exist and for one that is not theirs alike.
    """
    actor = actor_of(request)
    if actor.is_staff:
        case = Case.objects.visible_to(actor).select_related("unit", "holder").filter(number=number).first()
        if case is not None:
            return case, True
    if follows(request, number):
        case = Case.objects.select_related("unit").filter(number=number).first()
        if case is not None:
            return case, False
    raise Http404


def contacts_seen(cases: Iterable[Case], actor: Actor) -> set[int]:
    """The keys of those cases of which this actor may know how the person who brought them is reached.

    That an actor sees the cases is not asked here. One query for each kind that has a rule of its own.
    """
    keys: dict[str, set[int]] = {}
    for case in cases:
        keys.setdefault(case.kind, set()).add(case.pk)
    seen: set[int] = set()
    for kind in kinds.every():
        asked = keys.get(kind.code, set())
        if kind.sees_contact is None:
            seen |= asked
        elif asked:
            rows = kind.model.objects.for_list().filter(pk__in=asked)
            seen |= {row.pk for row in rows if kind.sees_contact(row, actor)}
    return seen
