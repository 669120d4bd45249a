"""The catalogue: searching 200,000 and 1,000,000 items beside LIKE, every class of word; lists, deep pages.

What is found is counted against LIKE for some words of each class: the search must find all of it. LIKE
itself is asked as the search is: how many there are, and the twenty newest.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from benchmarks.figures import Figure, at_most, exactly, in_turns, in_words, medians, middling, seconds
from benchmarks.house import say
from benchmarks.statements import counting

if TYPE_CHECKING:
    from benchmarks.house import House

SMALL, LARGE = 200_000, 1_000_000
CLASSES = ("rare", "one_percent", "frequent", "four", "two_words", "phrase")
WORDS_A_CLASS, LIKE_WORDS = 30, 4
FIRST_PAGE_SECONDS = 0.150
FASTER, FASTER_FREQUENT = 100, 15
DEEP, LIST_QUERIES = 1.35, 3
# So far into a list, and so many pages into a search.
DEEP_ROW, DEEP_PAGE = 500_000, 40
ROUNDS = 9


def measure(house: House) -> Iterator[Figure]:
    small, large = (database(house, size) for size in (SMALL, LARGE))
    with house.using(small):
        yield from beside_like()
    with house.using(large):
        for kind in CLASSES:
            times = [seconds(asking(word)) for word in words_of_class(kind)]
            p95 = percentile(times)
            yield Figure(
                f"{LARGE:,} items, first page, {kind}: p95 of {len(times)} words",
                in_words(p95),
                in_words(statistics.median(times)) + " (p50)",
                None,
                f"≤ {FIRST_PAGE_SECONDS * 1000:.0f} ms",
                p95 <= FIRST_PAGE_SECONDS,
            )
        yield from deep_pages()
        yield from lists()


def database(house: House, size: int) -> str:
    """The name of a database with `size` items, made when first asked for."""
    name = f"catalogue_{size}"
    if name not in house.made:
        say(f"filling a catalogue with {size:,} items …")
        house.copy(name)
        with house.using(name):
            fill(size)
        house.made.add(name)
    return name


def fill(size: int) -> None:
    from datetime import date

    from disclosure import loading

    loading.load(size, last=date(2026, 11, 20))
    loading.settle()


def words_of_class(kind: Any, count: int = WORDS_A_CLASS) -> list[list[str]]:
    from disclosure.normal import words_of
    from disclosure.synthetic_words import sample_words

    return [words_of(each) for each in sample_words(kind, seed=7, count=count)]


def percentile(times: Sequence[float]) -> float:
    """The time that 95 of 100 stay within."""
    return sorted(times)[max(0, round(len(times) * 0.95) - 1)]


def asking(words: list[str]) -> Callable[[], object]:
    """A first page as a reader gets it: places, total, and the items with their texts."""
    from disclosure import browsing

    def ask() -> object:
        found = browsing.found(words, {})
        return browsing.items_of([each.pk for each in found.keys])

    ask()
    return ask


def beside_like() -> Iterator[Figure]:
    missed = 0
    for kind in CLASSES:
        words = words_of_class(kind)
        ours = [middling(asking(word), 3) for word in words]
        theirs = []
        for word in words[:LIKE_WORDS]:
            begun, found = _timed_like(word)
            theirs.append(begun)
            missed += _missed(word, found)
        p95, like = percentile(ours), statistics.median(theirs)
        times = FASTER_FREQUENT if kind == "frequent" else FASTER
        yield Figure(
            f"{SMALL:,} items, {kind}: p95 of {len(ours)} words, and LIKE",
            in_words(p95),
            in_words(like),
            like / p95,
            f"≥ {times} ×",
            like / p95 >= times,
        )
    yield exactly(f"of what LIKE finds among {SMALL:,}: missed, or found without cause", missed, 0)


def _timed_like(words: list[str]) -> tuple[float, list[int]]:
    """How long LIKE takes for count and page; and everything that it finds."""
    from django.db import connection

    where = " AND ".join(["words LIKE %s"] * len(words))
    likes = [f"%{word}%" for word in words]
    with connection.cursor() as cursor:

        def ask() -> None:
            cursor.execute(f"SELECT count(*) FROM disclosure_searchtext WHERE {where}", likes)
            cursor.fetchall()
            cursor.execute(
                f"SELECT disclosure_id FROM disclosure_searchtext WHERE {where} "
                "ORDER BY published_at + interval '0' DESC, disclosure_id DESC LIMIT 20",
                likes,
            )
            cursor.fetchall()

        taken = seconds(ask)
        cursor.execute(f"SELECT disclosure_id FROM disclosure_searchtext WHERE {where}", likes)
        return taken, [row[0] for row in cursor.fetchall()]


def _missed(words: list[str], expected: list[int]) -> int:
    """By how many the search's own set differs: all that the index finds, and every page of a short one."""
    from disclosure import searching

    found = set(searching.ids(words, searching.Condition()))
    wrong = len(found ^ set(expected))
    if len(expected) <= 2000:
        pages: list[int] = []
        after = None
        while True:
            page = searching.search(words, after=after, size=100)
            pages += [each.pk for each in page.keys]
            if not page.more:
                break
            after = page.keys[-1]
        wrong += len(set(pages) ^ set(expected)) + len(pages) - len(set(pages))
    return wrong


def deep_pages() -> Iterator[Figure]:
    """A page deep in the results of a frequent word, and one of a word that the index looks up."""
    from disclosure import browsing

    for kind in ("frequent", "one_percent"):
        words = words_of_class(kind, 1)[0]
        after = None
        for _page in range(DEEP_PAGE):
            after = browsing.found(words, {}, after=after).keys[-1]
        first = browsing.found(words, {}).keys[-1]
        # The first page counts besides; the second is what a page costs.
        runs = {"first": turning(words, first), "deep": turning(words, after)}
        found = medians(in_turns(ROUNDS, **runs))
        title = f"{LARGE:,} items, {kind}: page {DEEP_PAGE} to page 2 of a search"
        yield at_most(title, found["deep"], found["first"], times=DEEP)


def turning(words: list[str], key: Any) -> Callable[[], float]:
    from disclosure import browsing

    return lambda: middling(lambda: browsing.found(words, {}, after=key), 5)


def lists() -> Iterator[Figure]:
    """The list as everybody gets it, over HTTP in process: its first page, and one half a million rows in."""
    from django.test import Client

    from disclosure.browsing import NEWEST_FIRST
    from disclosure.models import Disclosure
    from portal.cases.keyset import key_of

    client = Client(SERVER_NAME="127.0.0.1")
    row = Disclosure.objects.order_by("-published_at", "-id")[DEEP_ROW]
    addresses = {"first": "/disclosure/", "deep": f"/disclosure/?after={key_of(row, NEWEST_FIRST)}"}

    def get(address: str) -> None:
        answer = client.get(address)
        assert answer.status_code == 200

    for address in addresses.values():
        get(address)
    with counting() as counted:
        get(addresses["deep"])
    runs = {
        name: (lambda address=address: middling(lambda: get(address), 10))
        for name, address in addresses.items()
    }
    found = medians(in_turns(ROUNDS, **runs))
    yield at_most(f"row {DEEP_ROW:,} of a list to its first page", found["deep"], found["first"], times=DEEP)
    yield Figure(
        "… queries", str(counted.count), "", None, f"≤ {LIST_QUERIES}", counted.count <= LIST_QUERIES
    )
