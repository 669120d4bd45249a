"""The staff's list of tickets, 20 a page, among a million and among a thousand."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from benchmarks import many
from benchmarks.figures import Figure, at_most, exactly, in_turns, medians, middling
from benchmarks.statements import counting

if TYPE_CHECKING:
    from benchmarks.house import House

ROUNDS = 9
A_ROUND = 10
MOST_QUERIES = 12
# Pages that a long list could make dear, each with who asks.
PAGES = {
    "first page": ("operator", ""),
    "a page in the middle": ("operator", "?after={middle}"),
    "a unit's desk": ("handler", "DESK"),
    "one state": ("operator", "?state=handling"),
}


def measure(house: House) -> Iterator[Figure]:
    from django.test import Client
    from django.urls import reverse

    from hotline.models import Ticket
    from portal.cases.keyset import DUE_FIRST, key_of

    few, lots = many.SIZES[0], many.SIZES[-1]
    names = {size: many.database(house, size) for size in (few, lots)}
    clients = {}
    for person in ("operator", "handler"):
        clients[person] = Client(SERVER_NAME="127.0.0.1")
        with house.using(names[few]):
            clients[person].force_login(house.bureau.staff[person])
    middle = {}
    for size in (few, lots):
        with house.using(names[size]):
            lowest, highest = (
                Ticket.objects.order_by(f"{sign}next_due_at", f"{sign}id")[0] for sign in ("", "-")
            )
            half = lowest.next_due_at + (highest.next_due_at - lowest.next_due_at) / 2
            ticket = Ticket.objects.filter(next_due_at__gte=half).order_by("next_due_at", "id")[0]
            middle[size] = key_of(ticket, DUE_FIRST)

    def page(size: int, person: str, query: str) -> Callable[[], bytes]:
        address = reverse("hotline:desk" if query == "DESK" else "hotline:queue")
        asked = "" if query == "DESK" else query.format(middle=middle[size])

        def get() -> bytes:
            answer = clients[person].get(address + asked)
            assert answer.status_code == 200, (address, answer.status_code)
            return answer.content

        return get

    def timed(size: int, get: Callable[[], bytes]) -> Callable[[], float]:
        def run() -> float:
            with house.using(names[size]):
                return middling(get, A_ROUND)

        return run

    seen: list[str] = []
    most = 0
    for title, (person, query) in PAGES.items():
        gets = {size: page(size, person, query) for size in (few, lots)}
        for size, get in gets.items():
            with house.using(names[size]):
                get()
                with counting() as counted:
                    content = get()
            shown = len(set(re.findall(rb"12319-\d{8}-\d+", content)))
            assert shown == 20, (title, size, shown)
            seen += counted.texts
            most = max(most, counted.count)
        found = medians(in_turns(ROUNDS, few=timed(few, gets[few]), lots=timed(lots, gets[lots])))
        what = f"list of 20, {title}: {lots:,} to {few:,}"
        yield at_most(what, found["lots"], found["few"], times=1.5)
    yield Figure("list of 20: queries", str(most), "", None, f"≤ {MOST_QUERIES}", most <= MOST_QUERIES)
    # The mark at the inbox counts, too, but within LIMIT 100.
    dear = sum("OFFSET " in each or ("COUNT(" in each and "LIMIT" not in each) for each in seen)
    yield exactly("list of 20: queries with OFFSET, or COUNT( without LIMIT", dear, 0)
