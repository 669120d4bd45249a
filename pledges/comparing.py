"""What changed from one version of a pledge to the next, clause by clause. Pure.

Clauses are matched by likeness, not by number: one put in at the top makes none of the others "changed".
The work is bounded, see MOST_SAMPLED and MOST_WORK; 200 clauses of 2,000 characters take seconds at worst.
"""

from __future__ import annotations

import heapq
import re
import zlib
from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import accumulate
from typing import Literal

Kind = Literal["same", "changed", "added", "removed"]
PieceKind = Literal["same", "added", "removed"]

# Of a long clause this many of its pairs of characters stand for all, chosen alike in every text, so that
# looking at each of 200 x 200 couples costs a quarter of a second. Shorter clauses are compared whole.
MOST_SAMPLED = 200
# Below, two clauses share no more than turns of phrase, and one is not the other's next version.
LEAST_LIKENESS = 0.3
# Looks at a token, or at a couple of equal ones, over all changed clauses, each of which has the same share:
# some seconds at worst. Where a share is used up, what was not looked at yet is shown as changed whole.
# Ordinary language, 200 clauses of 2,000 characters each changed in 50 places, is far from it.
MOST_WORK = 50_000_000
# What stays equal for fewer characters than this, between two changes, is read more easily as changed.
SHORTEST_ISLAND = 3

# Numbers, in figures or Chinese, and foreign words are read as one, and change as one.
_TOKEN = re.compile(r"\d+(?:[.,:]\d+)*|[〇零一二三四五六七八九十百千万两]+|[A-Za-z]+|.", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Piece:
    text: str
    kind: PieceKind


@dataclass(frozen=True, slots=True)
class Change:
    """A clause and what became of it; numbers count from 1.

    The pieces are in reading order: those that are the same or removed are the old text, those that are the
    same or added the new one. A clause that only moved is "same", with two numbers.
    """

    kind: Kind
    old_number: int | None
    new_number: int | None
    pieces: list[Piece]


def compare(old: Sequence[str], new: Sequence[str]) -> list[Change]:
    """The changes in the order of the new version; what was removed stands where it stood."""
    old_of = _matches(old, new)
    survivors = set(old_of.values())
    # Removed clauses, by the clause before them that is still there; 0 for those at the top.
    removed: dict[int, list[Change]] = defaultdict(list)
    before = 0
    for number, text in enumerate(old, 1):
        if number - 1 in survivors:
            before = number
        else:
            removed[before].append(Change("removed", number, None, _whole(text, "removed")))
    changed = sum(old[index] != new[other] for other, index in old_of.items())
    share = MOST_WORK // max(changed, 1)
    changes = removed[0]
    for index, text in enumerate(new):
        if index not in old_of:
            changes.append(Change("added", None, index + 1, _whole(text, "added")))
            continue
        was = old[old_of[index]]
        number = old_of[index] + 1
        if was == text:
            changes.append(Change("same", number, index + 1, _whole(text, "same")))
        else:
            changes.append(Change("changed", number, index + 1, pieces(was, text, most_work=share)))
        changes += removed[number]
    return changes


def _whole(text: str, kind: PieceKind) -> list[Piece]:
    return [Piece(text, kind)] if text else []


# Which clause was which -------------------------------------------------------------------------------------


def _matches(old: Sequence[str], new: Sequence[str]) -> dict[int, int]:
    """For each new clause that was there before, its old index: equal texts first, then the likest."""
    waiting: dict[str, deque[int]] = defaultdict(deque)
    for index, text in enumerate(old):
        waiting[text].append(index)
    old_of = {index: waiting[text].popleft() for index, text in enumerate(new) if waiting.get(text)}
    taken = set(old_of.values())
    old_left = {index: _sample(text) for index, text in enumerate(old) if index not in taken}
    new_left = {index: _sample(text) for index, text in enumerate(new) if index not in old_of}
    couples = []
    for index, sample in new_left.items():
        for other, its_sample in old_left.items():
            likeness = 2 * len(sample & its_sample) / (len(sample) + len(its_sample) or 1)
            if likeness >= LEAST_LIKENESS:
                # Of couples equally like, the one that moved least.
                couples.append((-likeness, abs(index - other), index, other))
    for _likeness, _moved, index, other in sorted(couples):
        if index not in old_of and other not in taken:
            old_of[index] = other
            taken.add(other)
    return old_of


def _sample(text: str) -> set[int]:
    """Checksums of the pairs of neighbouring characters, the smallest ones; of one character, its own."""
    pairs = {text[index : index + 2] for index in range(max(len(text) - 1, min(len(text), 1)))}
    return set(heapq.nsmallest(MOST_SAMPLED, {zlib.crc32(pair.encode()) for pair in pairs}))


# Inside a clause --------------------------------------------------------------------------------------------


def pieces(old: str, new: str, *, most_work: int = MOST_WORK) -> list[Piece]:
    """What stayed, went and came between two texts, in pieces that a person can read."""
    before, after = _TOKEN.findall(old), _TOKEN.findall(new)
    start = _common(before, after)
    end = _common(before[start:][::-1], after[start:][::-1])
    middle = _parts(before[start : len(before) - end], after[start : len(after) - end], most_work)
    head, tail = "".join(before[:start]), "".join(before[len(before) - end :])
    return _grouped([(head, head), *middle, (tail, tail)])


def _common(before: Sequence[str], after: Sequence[str]) -> int:
    """How many tokens at the beginning are equal."""
    length = 0
    for one, other in zip(before, after, strict=False):
        if one != other:
            break
        length += 1
    return length


def _parts(before: list[str], after: list[str], most_work: int) -> list[tuple[str, str]]:
    """Old and new text part by part; a part whose two texts are equal stayed.

    As `SequenceMatcher.get_matching_blocks`, but widest parts first, and no longer than `most_work` allows.
    """
    counted = Counter(after)
    work = list(accumulate((1 + counted[token] for token in before), initial=0))
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    blocks = [(len(before), len(after), 0)]
    waiting = deque([(0, len(before), 0, len(after))])
    while waiting:
        i, i_end, j, j_end = waiting.popleft()
        most_work -= work[i_end] - work[i]
        if most_work < 0:
            break
        at, its_at, length = matcher.find_longest_match(i, i_end, j, j_end)
        if length:
            blocks.append((at, its_at, length))
            for part in ((i, at, j, its_at), (at + length, i_end, its_at + length, j_end)):
                if part[0] < part[1] and part[2] < part[3]:
                    waiting.append(part)
    found = []
    i = j = 0
    for at, its_at, length in sorted(blocks):
        found.append(("".join(before[i:at]), "".join(after[j:its_at])))
        i, j = at + length, its_at + length
        found.append(("".join(before[at:i]), "".join(after[its_at:j])))
    return found


def _grouped(parts: Iterable[tuple[str, str]]) -> list[Piece]:
    """Pieces, with short islands between two changes joined to them."""
    found: list[Piece] = []
    gone = come = island = ""
    for was, text in parts:
        if was != text:
            gone, come, island = gone + island + was, come + island + text, ""
        elif (gone or come) and len(text) < SHORTEST_ISLAND and not island:
            island = text
        elif text:
            found += [*_whole(gone, "removed"), *_whole(come, "added"), *_whole(island + text, "same")]
            gone = come = island = ""
    return [*found, *_whole(gone, "removed"), *_whole(come, "added"), *_whole(island, "same")]
