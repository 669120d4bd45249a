"""Searching the catalogue in Chinese by Postgres alone: title over body, new over old, all that LIKE finds.

A page is found in one of two ways, and each would be slow for the other's words. A frequent word stands in
every few items: the newest are walked through, and a page is full after some hundred. A rare word would have
to be looked for in all of them: its items come from an index of pairs of characters, all at once, and are
sorted. Which way it is, Postgres's own statistics of the pairs say, and of words of several pairs a first
stretch of the walk. In both, the text itself has the last word: nothing is found that does not contain the
words, and nothing is missed that does. It is asked by strpos, which finds what LIKE finds in a quarter of
the time.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any, Literal, NamedTuple

from django.db import connection

# Beyond so many matches nobody counts them: the page says "more than".
MOST_COUNTED = 1000
# What one row found by the index costs, in rows that are walked over in their order.
INDEX_COSTS = 10
# What few rows the index may lead to is looked up without further thought.
FEW = 500
# The first stretch of a walk; how many of its rows have the words shows how frequent they are. Those of which
# there are fewer than so many in it are looked up.
STRETCH, SOME = 500, 2
# So many times the rows that a page should need are walked through before the index is asked after all.
PATIENCE = 2
# Of a long phrase the index is asked for its rarest pairs: more would cost more than the rows they save.
PAIRS_ASKED = 3
# So many results in a walk are a sample of all; what by them lies so far above the bound is beyond it.
SAMPLE, CERTAINLY = 20, 1.5
STATISTICS_SECONDS = 300

Column = Literal["words", "title"]


class Key(NamedTuple):
    """The place of an item among the results: those with the words in their title come first."""

    in_title: bool
    published_at: datetime
    pk: int


@dataclass(frozen=True, slots=True)
class Condition:
    """What the items are narrowed by: SQL over the item's own row `d`, and its values."""

    sql: str = ""
    values: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Results:
    """A page of results and whether there are more; `total` is None beyond what is counted or not asked."""

    keys: list[Key]
    more: bool
    total: int | None


def search(
    words: Sequence[str], *, narrowed: Condition | None = None, after: Key | None = None, size: int = 20
) -> Results:
    """The page of results behind the key `after`, for words in their normal form (`normal.words_of`).

    Each word has to stand in the item, wherever. `total` counts all of them, on the first page alone.
    """
    narrowed = narrowed or Condition()
    parts: list[Part] = []
    if after is None or after.in_title:
        parts.append(_part("title", words, narrowed, after, size + 1))
    found = [key for part in parts for key in part.keys]
    if len(found) <= size:
        behind = after if after is not None and not after.in_title else None
        parts.append(_part("words", words, narrowed, behind, size + 1 - len(found)))
        found += parts[-1].keys
    total = _total(parts, words, narrowed) if after is None else None
    return Results(found[:size], len(found) > size, total)


def _total(parts: Sequence[Part], words: Sequence[str], narrowed: Condition) -> int | None:
    """How many results there are in all, counted only where the parts of the page do not say it already.

    None for more than about MOST_COUNTED: what a stretch of the newest shows is a sample, and no count.
    """
    if parts[-1].is_many:
        return None
    if len(parts) == 2 and all(part.total is not None for part in parts):
        total = sum(part.total or 0 for part in parts)
        return None if total > MOST_COUNTED else total
    if len(parts) == 1 and not narrowed.sql and _stand_in_many(words):
        return None
    return count(words, narrowed)


def _stand_in_many(words: Sequence[str]) -> bool:
    """The same where the page was full of titles, so that nothing was seen of the other items."""
    walked = _walked("words", words, Condition(), None, SAMPLE, STRETCH)
    return _are_many(walked)


def _are_many(walked: Walked) -> bool:
    """Whether so many results in so many rows mean that there are more than are counted."""
    found = len(walked.keys)
    return found >= SAMPLE and found / walked.rows * _statistics().rows >= CERTAINLY * MOST_COUNTED


def count(words: Sequence[str], narrowed: Condition) -> int | None:
    """How many items contain the words, None for more than are counted."""
    matching, values = _matching("words", words, narrowed, _has("words", words))
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM ({matching} LIMIT %s) m", [*values, MOST_COUNTED + 1])  # noqa: S608
        (total,) = cursor.fetchone()
    return None if total > MOST_COUNTED else total


def ids(words: Sequence[str], narrowed: Condition) -> list[int]:
    """The keys of all items that contain the words; for questions whose results were counted."""
    matching, values = _matching("words", words, narrowed, _has("words", words))
    with connection.cursor() as cursor:
        cursor.execute(matching, values)
        return [row[0] for row in cursor.fetchall()]


# The two ways -----------------------------------------------------------------------------------------------


class Part(NamedTuple):
    """Some of the results. `total`: how many of the kind there are, if all were looked up; `is_many`: more
    than are counted, as far as that is certain without counting."""

    keys: list[Key]
    total: int | None = None
    is_many: bool = False


def _part(column: Column, words: Sequence[str], narrowed: Condition, after: Key | None, limit: int) -> Part:
    """Results with the words in the title (column "title"), or only elsewhere; at most `limit`."""
    rows = _statistics().rows
    if _share(column, words) * rows <= FEW:
        return _looked_up(column, words, narrowed, after, limit)
    walked = _walked(column, words, narrowed, after, limit, STRETCH)
    if SOME <= len(walked.keys) < limit:
        seen = len(walked.keys) / STRETCH
        walk = math.ceil(PATIENCE * limit / seen)
        if walk < INDEX_COSTS * seen * rows:
            further = limit - len(walked.keys)
            walked += _walked(column, words, narrowed, after, further, walk, skip=STRETCH)
    if len(walked.keys) < limit:
        return _looked_up(column, words, narrowed, after, limit)
    return Part(walked.keys, is_many=column == "words" and not narrowed.sql and _are_many(walked))


class Walked(NamedTuple):
    """Results, and through how many rows one has to go for them."""

    keys: list[Key]
    rows: int

    def __add__(self, further: Any) -> Walked:
        return Walked([*self.keys, *further.keys], STRETCH + further.rows)


def _walked(
    column: Column,
    words: Sequence[str],
    narrowed: Condition,
    after: Key | None,
    limit: int,
    walk: int,
    skip: int = 0,
) -> Walked:
    """From new to old through so many items, behind those to be skipped.

    Fewer than `limit` where the words are rarer than that.
    """
    behind, values = _behind(after)
    joined, where, more = _joined(narrowed)
    fits, wanted = _fits(column, words)
    sql = f"""
        SELECT disclosure_id, published_at, place FROM (
            SELECT s.*, row_number() OVER () AS place FROM (
                SELECT s.disclosure_id, s.published_at, s.title, s.words
                FROM disclosure_searchtext s {joined} WHERE {where} AND {behind}
                ORDER BY s.published_at DESC, s.disclosure_id DESC LIMIT %s OFFSET %s
            ) s
        ) s WHERE {fits} LIMIT %s
    """  # noqa: S608 - our own names
    with connection.cursor() as cursor:
        cursor.execute(sql, [*more, *values, walk, skip, *wanted, limit])
        rows = cursor.fetchall()
    keys = [Key(column == "title", at, pk) for pk, at, _place in rows]
    return Walked(keys, rows[-1][2] if len(rows) == limit else walk)


def _looked_up(
    column: Column, words: Sequence[str], narrowed: Condition, after: Key | None, limit: int
) -> Part:
    """All that the index of pairs finds, and of these the page."""
    matching, values = _matching(column, words, narrowed, _fits(column, words))
    behind, place = _behind(after)
    sql = f"""
        WITH m AS MATERIALIZED ({matching})
        SELECT disclosure_id, published_at, (SELECT count(*) FROM m) FROM m s WHERE {behind}
        ORDER BY published_at DESC, disclosure_id DESC LIMIT %s
    """  # noqa: S608 - our own names
    with connection.cursor() as cursor:
        cursor.execute(sql, [*values, *place, limit])
        rows = cursor.fetchall()
    keys = [Key(column == "title", at, pk) for pk, at, _total in rows]
    # Without a row on the page nothing says how many there are, unless it was the first.
    total = rows[0][2] if rows else (0 if after is None else None)
    return Part(keys, total)


def _matching(
    column: Column, words: Sequence[str], narrowed: Condition, fits: tuple[str, list[str]]
) -> tuple[str, list[Any]]:
    """The statement that finds every item with the words in the column, by the index and the text itself."""
    joined, where, more = _joined(narrowed)
    has, wanted = fits
    pairs = _asked(column, words)
    sql = f"""
        SELECT s.disclosure_id, s.published_at FROM disclosure_searchtext s {joined}
        WHERE {where} AND disclosure_grams(s.{column}) @> %s::int[] AND {has}
    """  # noqa: S608 - our own names
    return sql, [*more, pairs, *wanted]


def _asked(column: Column, words: Sequence[str]) -> list[int]:
    """The rarest pair of each word, and the rarest of all besides."""
    known = _statistics().shares[column]

    def share(gram: int) -> float:
        return known.get(gram, 0.0)

    firsts = [min(grams(word), key=share) for word in words]
    others = sorted((gram for word in words for gram in grams(word)), key=share)
    return list(dict.fromkeys([*firsts, *others]))[: max(PAIRS_ASKED, len(words))]


def _fits(column: Column, words: Sequence[str]) -> tuple[str, list[str]]:
    """All words in the title; or all of them in the item, and not all in its title."""
    in_title, titles = _has("title", words)
    if column == "title":
        return in_title, titles
    anywhere, wanted = _has("words", words)
    return f"{anywhere} AND NOT ({in_title})", [*wanted, *titles]


def _joined(narrowed: Condition) -> tuple[str, str, list[Any]]:
    if not narrowed.sql:
        return "", "TRUE", []
    return "JOIN disclosure_disclosure d ON d.id = s.disclosure_id", narrowed.sql, list(narrowed.values)


def _has(column: Column, words: Sequence[str]) -> tuple[str, list[str]]:
    """That every word stands in the column, as LIKE would find it."""
    return " AND ".join([f"strpos(s.{column}, %s) > 0"] * len(words)), list(words)


def _behind(after: Key | None) -> tuple[str, list[Any]]:
    if after is None:
        return "TRUE", []
    return "(s.published_at, s.disclosure_id) < (%s, %s)", [after.published_at, after.pk]


# How frequent -----------------------------------------------------------------------------------------------


def grams(word: str) -> list[int]:
    """The pairs of characters of a word as the index holds them; of one character the character itself."""
    if len(word) == 1:
        return [ord(word)]
    return [_signed(ord(first) << 16 | ord(second)) for first, second in pairwise(word)]


def _signed(value: int) -> int:
    """As Postgres's integer holds it: what is shifted out on the left is gone."""
    value &= 0xFFFFFFFF
    return value - (1 << 32) if value >= 1 << 31 else value


class Statistics(NamedTuple):
    """How many items there are, and in which share of them the frequent pairs stand, by column."""

    rows: float
    shares: dict[Column, dict[int, float]]
    read_at: float


_kept: Statistics | None = None


def _share(column: Column, words: Sequence[str]) -> float:
    """In which share of the items all of the words may stand at most: that of their rarest pair.

    Of a pair that is not among the frequent ones it is known that it is no more frequent than they are.
    """
    known = _statistics().shares[column]
    least = min(known.values(), default=0.0)
    return min(known.get(gram, least) for word in words for gram in grams(word))


def _statistics() -> Statistics:
    """What Postgres's last ANALYZE found, kept for some minutes: it says what is quick, not what is found."""
    global _kept
    kept = _kept
    if kept is None or time.monotonic() - kept.read_at > STATISTICS_SECONDS:
        kept = _kept = Statistics(
            _rows(), {"title": _shares("title"), "words": _shares("words")}, time.monotonic()
        )
    return kept


def _rows() -> float:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT greatest(reltuples, 0) FROM pg_class WHERE oid = 'disclosure_searchtext'::regclass"
        )
        return float(cursor.fetchone()[0])


def _shares(column: Column) -> dict[int, float]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT most_common_elems::text::int[], most_common_elem_freqs FROM pg_stats "
            "WHERE schemaname = current_schema() AND tablename = %s",
            [f"search_{column}"],
        )
        row = cursor.fetchone()
    # Behind the shares stand three numbers about them all.
    return dict(zip(row[0], row[1], strict=False)) if row and row[0] else {}


def forget_statistics() -> None:
    """After so many items at once that what was known of them is no longer so."""
    global _kept
    _kept = None
