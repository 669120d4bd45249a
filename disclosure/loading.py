"""Many synthetic items at once, for measuring: `manage.py load_disclosures 1000000`.

They come by COPY and past the ledger, so that they are no records of the bureau; what is searched and counted
is the same as of items that were published one by one. The indexes of pairs are made after the rows, which
takes a fraction of the time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice

from django.conf import settings
from django.db import connection, transaction

from disclosure import searching, synthetic, synthetic_words
from disclosure.codes import index_number
from disclosure.models import Category, Channel, Disclosure, SearchText, Theme, Version
from disclosure.normal import normal
from portal.numbering.models import Series
from portal.organisation.actions import create_unit
from portal.organisation.actors import SYSTEM
from portal.organisation.models import Unit
from portal.rows import copy_in

BATCH = 10_000
# A year's index numbers are five figures.
YEARS = 20
ITEM = (
    *("id", "index_number", "category_id", "theme_id", "unit_id", "title", "document_number", "dated_on"),
    *("published_at", "year", "validity", "channels", "keywords", "withdrawn_reason"),
)
VERSION = ("disclosure_id", "number", "title", "document_number", "body", "published_at", "note")
SEARCHED = ("disclosure_id", "published_at", "title", "words")
TALLY = """
    INSERT INTO disclosure_tally (category_id, theme_id, unit_id, year, validity, count)
    SELECT category_id, theme_id, unit_id, year, validity, count(*) FROM disclosure_disclosure
    WHERE withdrawn_at IS NULL GROUP BY 1, 2, 3, 4, 5
"""


@transaction.atomic
def load(
    count: int, *, last: date, seed: int = 1, progress: Callable[[int], None] = lambda done: None
) -> None:
    """Fill an empty catalogue with `count` items, published over the twenty years up to `last`.

    Raises ValueError when there are items already, or more are asked for than there are index numbers.
    `progress` is told how many are there.
    """
    if Disclosure.objects.exists():
        raise ValueError("there are items in the catalogue already")
    categories, themes, units = _arranged(last)
    first = last.replace(year=last.year - YEARS + 1, month=1, day=1)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT indexname, indexdef FROM pg_indexes WHERE indexname IN ('search_words', 'search_title')"
        )
        made = cursor.fetchall() if count > BATCH else []
        for name, _definition in made:
            cursor.execute(f"DROP INDEX {name}")
    source = synthetic.texts(
        count, seed=seed, first=first, last=last, categories=list(categories), units=list(units)
    )
    done, last_of_year = 0, dict[int, int]()
    while batch := list(islice(source, BATCH)):
        _copy(batch, done, categories, themes, units, last_of_year)
        done += len(batch)
        progress(done)
    with connection.cursor() as cursor:
        # An index is not made while rows still wait for the check of what they refer to.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET LOCAL maintenance_work_mem = '1GB'")
        for name, definition in made:
            cursor.execute(definition)
            cursor.execute(f"ALTER INDEX {name} ALTER COLUMN 1 SET STATISTICS 500")
        cursor.execute(TALLY)
        cursor.execute(
            "SELECT setval(pg_get_serial_sequence('disclosure_disclosure', 'id'), %s)", [max(done, 1)]
        )
    for year, number in last_of_year.items():
        Series.objects.update_or_create(code="disclosure", period=str(year), defaults={"last": number})


def settle() -> None:
    """What the database knows of many new rows: statistics, and which pages hold nothing but visible rows."""
    with connection.cursor() as cursor:
        for model in (Disclosure, SearchText, Version):
            cursor.execute(f"VACUUM ANALYZE {model._meta.db_table}")
    searching.forget_statistics()


def _arranged(last: date) -> tuple[dict[str, int], dict[str, int], dict[str, int]]:
    """Keys of categories, themes and units by their names; made where there are none yet."""
    if not Category.objects.exists():
        for position, name in enumerate(synthetic_words.kinds(), 1):
            Category.objects.create(
                code=f"c{position}", name=name, name_en=f"Category {position}", position=position
            )
    for position, name in enumerate(synthetic_words.themes(), 1):
        Theme.objects.get_or_create(
            name=name, defaults={"code": f"t{position}", "name_en": f"Theme {position}", "position": position}
        )
    if not Unit.objects.exists():
        bureau = settings.BUREAU
        create_unit(
            code="bureau",
            name=bureau["name"],
            name_en=bureau["name_en"],
            parent=None,
            actor=SYSTEM,
            at=datetime.combine(last, time(1), UTC),
        )
    found: list[dict[str, int]] = []
    for model in (Category, Theme, Unit):
        found.append(dict(model.objects.values_list("name", "pk")))
    return found[0], found[1], found[2]


def _copy(
    batch: Sequence[synthetic.Text],
    done: int,
    categories: dict[str, int],
    themes: dict[str, int],
    units: dict[str, int],
    last_of_year: dict[int, int],
) -> None:
    items, versions, searched = [], [], []
    for pk, text in enumerate(batch, done + 1):
        year = text.published_on.year
        last_of_year[year] = number = last_of_year.get(year, 0) + 1
        index = index_number(settings.BUREAU["organisation_code"], year, number)
        # By the second, so that no two of a day are in doubt about their order.
        at = datetime.combine(text.published_on, time(1), UTC) + timedelta(seconds=pk % 28_800)
        keywords = " ".join(text.keywords)[:120]
        kind = (categories[text.category], themes[text.theme], units[text.unit])
        items.append(
            (
                *(pk, index, *kind, text.title, text.document_number, text.dated_on, at, year),
                *(text.validity, "{" + Channel.WEBSITE + "}", keywords, ""),
            )
        )
        versions.append((pk, 1, text.title, text.document_number, text.body, at, ""))
        words = normal(" ".join((text.title, text.document_number, index, keywords, text.body)))
        searched.append((pk, at, normal(text.title), words))
    copy_in(Disclosure, ITEM, items)
    copy_in(Version, VERSION, versions)
    copy_in(SearchText, SEARCHED, searched)
