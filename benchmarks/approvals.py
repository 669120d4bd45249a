"""The window among a million applications and among a thousand: desks, a page to follow, the API, steps."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import count
from typing import TYPE_CHECKING, Any

from benchmarks import many_applications as many
from benchmarks.figures import Figure, at_most, in_turns, in_words, medians, middling
from benchmarks.statements import counting

if TYPE_CHECKING:
    from benchmarks.house import House

ROUNDS = 9
A_ROUND = 10
TIMES, MOST_QUERIES, MOST_OF_A_STEP = 1.5, 12, 15
# Each desk, and which of its applications a page of it shows.
DESKS = {
    "a clerk's desk": "clerk",
    "the desk of a clerk with few of them": "clerk2",
    "the office head's desk": "office_head",
}


def measure(house: House) -> Iterator[Figure]:
    from django.urls import reverse

    names = {size: many.database(house, size) for size in many.SIZES}
    readers = Readers(house, names)
    for title, person in DESKS.items():
        yield from compared(
            title,
            {size: readers.get(size, person, reverse("approvals:desk")) for size in names},
            readers,
            shows=20,
        )
    follows = {size: readers.followed(size) for size in names}
    yield from compared("the page to follow an application", follows, readers, shows=1)
    api = {size: readers.api(size) for size in names}
    yield from compared("API: GET of an application", api, readers, shows=1)
    for size in names:
        yield from steps(house, names[size], size)


class Readers:
    """Browsers of the people of the window, in the databases of each size."""

    def __init__(self, house: House, names: dict[int, str]) -> None:
        self.house, self.names = house, names
        self.numbers = {}
        for size, name in names.items():
            with house.using(name):
                self.numbers[size] = self.newest()

    def newest(self) -> tuple[str, str]:
        """Number and look-up code of one that was made by real verbs, with what a page of it shows."""
        from approvals.models import ApprovalCase

        found = (
            ApprovalCase.objects.filter(state="review").order_by("pk").values_list("number", "lookup_code")
        )
        return found[0]

    def get(self, size: int, person: str, address: str) -> Callable[[], bytes]:
        from django.test import Client

        client = Client(SERVER_NAME="127.0.0.1")
        with self.house.using(self.names[size]):
            client.force_login(self.house.bureau.staff[person])
        return asking(client, address)

    def followed(self, size: int) -> Callable[[], bytes]:
        from django.test import Client
        from django.urls import reverse

        client = Client(SERVER_NAME="127.0.0.1")
        number, code = self.numbers[size]
        with self.house.using(self.names[size]):
            answer = client.post(reverse("cases:follow"), {"number": number, "code": code})
            assert answer.status_code == 302, answer.content
        return asking(client, reverse("approvals:followed", args=[number]))

    def api(self, size: int) -> Callable[[], bytes]:
        from django.test import Client
        from django.urls import reverse
        from rest_framework.authtoken.models import Token

        with self.house.using(self.names[size]):
            token, _new = Token.objects.get_or_create(user=self.house.bureau.staff["clerk"])
        client = Client(SERVER_NAME="127.0.0.1", headers={"Authorization": f"Token {token.key}"})
        return asking(client, reverse("api-approval", args=[self.numbers[size][0]]))

    def timed(self, size: int, get: Callable[[], bytes]) -> Callable[[], float]:
        def run() -> float:
            with self.house.using(self.names[size]):
                return middling(get, A_ROUND)

        return run


def asking(client: Any, address: str) -> Callable[[], bytes]:
    def get() -> bytes:
        answer = client.get(address)
        assert answer.status_code == 200, (address, answer.status_code)
        content: bytes = answer.content
        return content

    return get


def compared(
    title: str, gets: dict[int, Callable[[], bytes]], readers: Readers, *, shows: int
) -> Iterator[Figure]:
    """The same page among few and among many: what it costs, and how many statements it takes."""
    few, lots = many.SIZES
    most = 0
    for size, get in gets.items():
        with readers.house.using(readers.names[size]):
            get()
            with counting() as counted:
                content = get()
        shown = len(set(re.findall(rb"SP-\d{8}-\d+", content)))
        assert shown >= shows, (title, size, shown)
        most = max(most, counted.count)
    runs = {"few": readers.timed(few, gets[few]), "lots": readers.timed(lots, gets[lots])}
    found = medians(in_turns(ROUNDS, **runs))
    yield at_most(f"{title}: {lots:,} to {few:,}", found["lots"], found["few"], times=TIMES)
    yield Figure(f"{title}: queries", str(most), "", None, f"≤ {MOST_QUERIES}", most <= MOST_QUERIES)


def steps(house: House, name: str, size: int) -> Iterator[Figure]:
    """One step of an application, committed: one that writes nothing beside it, and one with a paper."""
    from django.utils import timezone

    from approvals.actions import take
    from tests.approvals.window import case_in

    bureau = house.bureau
    with house.using(name):
        # A few to begin with: what is typeset and signed for the first time takes longer.
        wanted = A_ROUND * 2 + 3
        at = timezone.now()
        received = [case_in("received:in_order", bureau, "short", at=at) for _number in range(wanted)]
        clerk, taken = bureau.actor("clerk"), count()
        accepted = []

        def accept() -> None:
            accepted.append(take(received[next(taken)], "accept", actor=clerk, at=timezone.now()))

        passed = count()

        def pass_on() -> None:
            note = {"recommendation": "grant", "note": "材料齐全，符合条件。"}
            take(accepted[next(passed)], "pass_preliminary", actor=clerk, at=timezone.now(), **note)

        for title, run in (("accept, with its notice", accept), ("finish the preliminary review", pass_on)):
            run()
            run()
            with counting() as counted:
                run()
            taken_by_it = middling(run, A_ROUND * 2)
            number = counted.count
            yield Figure(f"a step among {size:,}: {title}", in_words(taken_by_it))
            yield Figure(
                "… statements", str(number), "", None, f"≤ {MOST_OF_A_STEP}", number <= MOST_OF_A_STEP
            )
