"""A part of a Word or Excel file, told element by element and no further than is wanted. Pure.

Nothing is held: members are parsed as they are unpacked, and `portal.cases.packages` counts what comes out of
them. All of it raises what `packages` raises, and what zipfile and lxml raise for a damaged file.
"""

from __future__ import annotations

import posixpath
import zipfile
from collections.abc import Mapping

from lxml import etree

from portal.cases import packages
from portal.cases.office_files import MOST_MARKS, MOST_MEMBERS, MOST_RATIO, MOST_UNPACKED
from portal.cases.packages import Package

# A cell is two of them; 200 000 characters are in a hundredth of these.
MOST_ELEMENTS = 1_000_000

_COMPATIBLE = "http://schemas.openxmlformats.org/markup-compatibility/2006"
# Text that was moved away; small print over characters; properties.
_SKIPPED = {"moveFrom", "rt", "pPr", "rPr", "rPh"}


class Budget:
    """How many elements may still be read, and how many characters are still wanted."""

    def __init__(self, most: int) -> None:
        self.elements, self.characters = MOST_ELEMENTS, most

    @property
    def is_spent(self) -> bool:
        return self.elements < 0 or self.characters < 0


class Reader:
    """What the parser tells of every element; it builds no tree. Subclasses take `opened`, `closed`, `text`.

    `spaces` are the names' spaces that are known, each in braces; `root` is what the first element must be.
    """

    def __init__(self, budget: Budget, spaces: set[str], root: str) -> None:
        self._budget, self._spaces, self._root = budget, spaces, root
        self._depth = self._skipped_below = 0

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        self._budget.elements -= 1
        self._depth += 1
        space, _brace, name = tag.rpartition("}")
        known = f"{space}}}" in self._spaces
        if self._depth == 1 and not (known and name == self._root):
            raise zipfile.BadZipFile
        if self._skipped_below or self._budget.is_spent:
            return
        if (known and name in _SKIPPED) or tag == f"{{{_COMPATIBLE}}}Fallback":
            self._skipped_below = self._depth
        elif known:
            self.opened(name, attributes)

    def end(self, tag: str) -> None:
        space, _brace, name = tag.rpartition("}")
        if not self._skipped_below and f"{space}}}" in self._spaces:
            self.closed(name)
        if self._skipped_below == self._depth:
            self._skipped_below = 0
        self._depth -= 1

    def data(self, text: str) -> None:
        if not self._skipped_below and not self._budget.is_spent:
            self.text(text)

    def doctype(self, *_names: str | None) -> None:
        # No Office file declares entities.
        raise zipfile.BadZipFile

    def close(self) -> None:
        pass

    def opened(self, name: str, attributes: Mapping[str, str]) -> None:
        raise NotImplementedError

    def closed(self, name: str) -> None:
        raise NotImplementedError

    def text(self, text: str) -> None:
        raise NotImplementedError


def feed(package: Package, name: str, reader: Reader, budget: Budget) -> None:
    """Reads a member to its end, or until the budget is spent. Raises KeyError if there is none."""
    parser = etree.XMLParser(target=reader, remove_comments=True, remove_pis=True, **packages.SAFELY)
    for chunk in package.chunks(package.zip.getinfo(name)):
        parser.feed(chunk)
        if budget.is_spent:
            return
    parser.close()


def opened_package(data: bytes) -> tuple[Package, str]:
    """The package, after the same counts as an upload's, and the name of its main part."""
    package = Package(data, members=MOST_MEMBERS, unpacked=MOST_UNPACKED, marks=MOST_MARKS, ratio=MOST_RATIO)
    return package, package.targets("_rels/.rels", "")["officeDocument"]


def related(package: Package, place: str) -> dict[str, tuple[str, str]]:
    """What a part leads to within the file: by its number there, last word of its kind, and member."""
    folder, name = posixpath.split(place)
    found = {}
    try:
        root = package.xml(posixpath.join(folder, "_rels", f"{name}.rels"))
    except KeyError:
        return {}
    for each in root:
        if each.get("TargetMode", "").strip().lower() != "external":
            target = posixpath.normpath(posixpath.join("/", folder, each.get("Target", "")))
            found[each.get("Id", "")] = each.get("Type", "").rpartition("/")[2], target.lstrip("/")
    return found
