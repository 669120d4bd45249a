"""The form in which texts and questions are compared: what LIKE finds in it, the search finds."""

from __future__ import annotations

import re
import unicodedata

SPACES = re.compile(r"\s+")
# Longer ones are no words that anybody looks for.
MOST_WORDS, LONGEST_WORD = 8, 60


def normal(text: str) -> str:
    """Full-width figures and letters as plain ones, small letters, white space as single blanks."""
    return SPACES.sub(" ", unicodedata.normalize("NFKC", text).casefold()).strip().replace("\0", "")


def words_of(question: str) -> list[str]:
    """The words of a question, each once; what stands in quotation marks is one word with its blanks."""
    found: list[str] = []
    for quoted, plain in re.findall(r"[\"“”]([^\"“”]+)[\"“”]|([^\s\"“”]+)", question):
        word = normal(quoted or plain)[:LONGEST_WORD]
        if word and word not in found:
            found.append(word)
    return found[:MOST_WORDS]
