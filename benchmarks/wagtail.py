"""The catalogue's list beside Wagtail's, of the same items, over HTTP in process: first page and a deep one.

Wagtail runs in a venv of its own, on a database beside ours (wagtail_side.py); its list is written as its own
tutorial writes one.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from benchmarks import peer, searching
from benchmarks.figures import Figure, faster, in_turns, in_words, medians, middling
from benchmarks.house import FOLDER, say
from benchmarks.statements import counting

if TYPE_CHECKING:
    from pathlib import Path

    from django.test import Client

    from benchmarks.house import House

SIZE = searching.SMALL
FASTER = 30
ROUNDS, A_ROUND = 9, 5
# As the portal's list has them, and wagtail_site/catalogue.
PAGE_SIZE = 20
# Our items in the columns of wagtail_side.FRESH.
ITEMS = """
    COPY (
        SELECT row_number() OVER (ORDER BY d.id),
            d.title, d.document_number, d.dated_on, d.published_at, v.body
        FROM disclosure_disclosure d JOIN disclosure_version v ON v.disclosure_id = d.id
        WHERE d.withdrawn_at IS NULL
    ) TO STDOUT
"""


def measure(house: House) -> Iterator[Figure]:
    from django.test import Client

    name = searching.database(house, SIZE)
    items = FOLDER / "items.txt"
    client = Client(SERVER_NAME="127.0.0.1")
    half = SIZE // 2
    with house.using(name):
        _write_items(items)
        addresses = {"first": "/disclosure/", "deep": _address_behind(half)}
        titles = {"first": _titles(0), "deep": _titles(half)}
        queries = max(_read(client, address, titles[place]) for place, address in addresses.items())
    pages = {"first": 1, "deep": half // PAGE_SIZE + 1}

    def ours(place: str) -> float:
        with house.using(name):
            return middling(lambda: _get(client, addresses[place]), A_ROUND)

    given = {"WAGTAIL_PROJECT": str(_project())}
    with peer.opened("wagtail", database=f"wagtail_{SIZE}", given=given) as wagtail:
        say(f"filling Wagtail with {SIZE:,} pages …")
        assert wagtail.ask("fill", file=str(items)) == SIZE
        items.unlink()
        seen = {place: wagtail.ask("read", number=number) for place, number in pages.items()}
        for place, answer in seen.items():
            _must_show(answer["html"], titles[place])

        def theirs(place: str) -> float:
            return wagtail.ask("timed", number=pages[place], times=A_ROUND)

        found = {
            place: medians(in_turns(ROUNDS, ours=partial(ours, place), theirs=partial(theirs, place)))
            for place in pages
        }
    yield faster(f"{SIZE:,} items, first page of the list: Wagtail", **found["first"], by=FASTER)
    yield Figure(
        "… queries",
        str(queries),
        str(seen["first"]["statements"]),
        None,
        f"≤ {searching.LIST_QUERIES}",
        queries <= searching.LIST_QUERIES,
    )
    deep = found["deep"]
    yield Figure(
        f"… the page behind {half:,} items",
        in_words(deep["ours"]),
        in_words(deep["theirs"]),
        deep["theirs"] / deep["ours"],
    )


def _project() -> Path:
    """A project as Wagtail's own command makes it; it is removed with the servers."""
    folder = FOLDER / "wagtail"
    folder.mkdir()
    command = peer.python_of("wagtail").parent / "wagtail"
    argv = [str(command), "start", "mysite", str(folder)]
    subprocess.run(argv, check=True, stdout=subprocess.DEVNULL, env=peer.surroundings())
    return folder


def _write_items(file: Path) -> None:
    from django.db import connection

    with connection.cursor() as cursor, file.open("w", encoding="utf-8") as rows:
        cursor.copy_expert(ITEMS, rows)


def _address_behind(row: int) -> str:
    """The page of our list that begins behind so many rows."""
    from disclosure.browsing import NEWEST_FIRST
    from disclosure.models import Disclosure
    from portal.cases.keyset import key_of

    last = Disclosure.objects.listed().order_by("-published_at", "-id")[row - 1]
    return f"/disclosure/?after={key_of(last, NEWEST_FIRST)}"


def _titles(row: int) -> list[str]:
    """What must stand on a page that begins behind so many rows."""
    from disclosure.models import Disclosure

    newest = Disclosure.objects.listed().order_by("-published_at", "-id")
    return list(newest.values_list("title", flat=True)[row : row + PAGE_SIZE])


def _get(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, (address, answer.status_code)
    return answer.content.decode()


def _read(client: Client, address: str, titles: list[str]) -> int:
    """How many statements a page of ours takes that was read before; it must show what it should."""
    _get(client, address)
    with counting() as counted:
        _must_show(_get(client, address), titles)
    return counted.count


def _must_show(html: str, titles: list[str]) -> None:
    """The same items on both sides, or what is measured is not the same."""
    from django.utils.html import escape

    missing = [title for title in titles if escape(title) not in html]
    assert len(titles) == PAGE_SIZE, titles
    assert not missing, missing
