"""The Chinese catalogue, kept without gettext's binaries.

`python -m portal.site.catalogue extract|compile|check`:

`extract` brings locale/zh_Hans/LC_MESSAGES/django.po in step with the sources, keeping what is translated;
`compile` writes the .mo beside it, which is committed; `check` says, with exit code 1, which strings have no
Chinese, are doubtful or missing, and whether the .mo is stale. Needs Babel, which only developers have.
"""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_python
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parents[2]
PO = ROOT / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"
MO = PO.with_suffix(".mo")
PACKAGES = ("portal", "disclosure", "approvals", "hotline", "pledges")
# What a function takes: (has a context first, how many strings).
FUNCTIONS = {
    **dict.fromkeys(("_", "gettext", "gettext_lazy", "gettext_noop"), (False, 1)),
    **dict.fromkeys(("ngettext", "ngettext_lazy"), (False, 2)),
    **dict.fromkeys(("pgettext", "pgettext_lazy"), (True, 1)),
    **dict.fromkeys(("npgettext", "npgettext_lazy"), (True, 2)),
}
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w*\}")
COMMENT = "# The portal's Chinese: see portal/site/catalogue.py."
HEADERS = [
    ("Language", "zh_Hans"),
    ("MIME-Version", "1.0"),
    ("Content-Type", "text/plain; charset=utf-8"),
    ("Content-Transfer-Encoding", "8bit"),
    ("Plural-Forms", "nplurals=1; plural=0;"),
]

Words = str | tuple[str, str]


class Chinese(Catalog):
    """A catalogue without dates or versions, so that a change shows what changed and nothing else."""

    mime_headers = property(lambda self: HEADERS, lambda self, headers: None)

    def __init__(self) -> None:
        super().__init__(locale="zh_Hans", header_comment=COMMENT, fuzzy=False)


def sources() -> Iterator[tuple[Path, str]]:
    """Every file that may hold a string for the reader, and its text as Python."""
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path, path.read_text()
    for path in sorted((ROOT / "templates").rglob("*")):
        if path.suffix in (".html", ".txt"):
            text = templatize(path.read_text(), origin=str(path))
            # A template's indentation means nothing, Python's does.
            yield path, "\n".join(line.strip() for line in text.splitlines())


def strings() -> set[tuple[Words, str | None]]:
    """What the sources say to the reader: a string, or singular and plural; and its context."""
    found: set[tuple[Words, str | None]] = set()
    for path, text in sources():
        for line, function, given, _comments in extract_python(io.BytesIO(text.encode()), FUNCTIONS, (), {}):
            has_context, count = FUNCTIONS[str(function)]
            parts: tuple[Any, ...] = given if isinstance(given, tuple) else (given,)
            context = parts[0] if has_context else None
            words = parts[has_context : has_context + count]
            if not any(words):
                continue  # a variable: its strings stand elsewhere
            if not all(words):
                raise SystemExit(f"{path}, line {line}: {function}() takes plain strings only.")
            found.add((words[0] if count == 1 else (words[0], words[1]), context))
    return found


def read() -> Catalog:
    """The catalogue as it is committed."""
    if not PO.exists():
        return Chinese()
    with PO.open("rb") as file:
        return read_po(file, locale="zh_Hans")


def extract() -> None:
    """Bring the .po in step with the sources: what is new has no Chinese yet, what is gone is left out."""
    known, fresh = read(), Chinese()
    for words, context in strings():
        old = known.get(words, context)
        fresh.add(words, old.string if old else "", flags=old.flags if old else (), context=context)
    PO.parent.mkdir(parents=True, exist_ok=True)
    with PO.open("wb") as file:
        write_po(file, fresh, width=0, no_location=True, sort_output=True)


def compiled() -> bytes:
    """What the .mo has to hold."""
    catalogue, file = Chinese(), io.BytesIO()
    for message in read():
        if message.id:
            catalogue.add(message.id, message.string, flags=message.flags, context=message.context)
    write_mo(file, catalogue)
    return file.getvalue()


def faults() -> Iterator[str]:
    """What is wrong with the committed catalogue, a line each."""
    catalogue = read()
    for words, context in sorted(strings(), key=str):
        name = repr(words if isinstance(words, str) else words[0])
        message = catalogue.get(words, context)
        if message is None:
            yield f"not in the catalogue: {name}"
            continue
        chinese = str(message.string if isinstance(message.string, str) else (message.string or [""])[0])
        if not chinese:
            yield f"no Chinese: {name}"
        elif message.fuzzy:
            yield f"doubtful Chinese: {name}"
        else:
            english = words if isinstance(words, str) else words[1]
            if set(PLACEHOLDER.findall(english)) != set(PLACEHOLDER.findall(chinese)):
                yield f"other placeholders in the Chinese: {name}"
    if not MO.exists() or MO.read_bytes() != compiled():
        yield "django.mo is older than django.po: run `python -m portal.site.catalogue compile`"


def main(arguments: list[str]) -> int:
    """Run one of the three commands; the exit code."""
    match arguments:
        case ["extract"]:
            extract()
        case ["compile"]:
            MO.write_bytes(compiled())
        case ["check"]:
            wrong = list(faults())
            print(*wrong, sep="\n")  # noqa: T201
            return 1 if wrong else 0
        case _:
            print(__doc__)  # noqa: T201
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
