"""What is shown of a text around the words that were found in it, with the words marked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from disclosure.normal import normal

AROUND, LONGEST = 40, 160


class Piece(NamedTuple):
    """A run of text, and whether it is one of the words."""

    text: str
    is_word: bool


def marked(text: str, words: Sequence[str]) -> list[Piece]:
    """The whole text in pieces."""
    spans = _spans(text, words)
    pieces: list[Piece] = []
    at = 0
    for start, end in spans:
        if start > at:
            pieces.append(Piece(text[at:start], False))
        pieces.append(Piece(text[start:end], True))
        at = end
    if at < len(text):
        pieces.append(Piece(text[at:], False))
    return pieces


def excerpt(text: str, words: Sequence[str]) -> list[Piece]:
    """Some of the text around the first word that stands in it; its beginning where none does."""
    flat = " ".join(text.split())
    spans = _spans(flat, words)
    start = max(0, spans[0][0] - AROUND) if spans else 0
    part = flat[start : start + LONGEST]
    pieces = marked(part, words)
    if start:
        pieces.insert(0, Piece("…", False))
    if start + LONGEST < len(flat):
        pieces.append(Piece("…", False))
    return pieces


def _spans(text: str, words: Sequence[str]) -> list[tuple[int, int]]:
    """Where the words stand in the text as it is written, merged where they overlap, in order."""
    plain, places = _plain(text)
    found: list[tuple[int, int]] = []
    for word in words:
        at = plain.find(word)
        while at >= 0:
            found.append((places[at], places[at + len(word) - 1] + 1))
            at = plain.find(word, at + len(word))
    merged: list[tuple[int, int]] = []
    for start, end in sorted(found):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _plain(text: str) -> tuple[str, list[int]]:
    """The text character by character in its normal form, and from which character each came."""
    plain: list[str] = []
    places: list[int] = []
    for place, character in enumerate(text):
        for each in normal(character) or " ":
            plain.append(each)
            places.append(place)
    return "".join(plain), places
