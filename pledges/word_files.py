"""The lines of a Word file or of a text, read as hostile input. Pure.

The numbers that Word itself puts before paragraphs are no text: a line says which list numbers it.
"""

from __future__ import annotations

import re
import zipfile
from dataclasses import dataclass
from pathlib import PurePath
from typing import IO, Any

from django.utils.translation import gettext as _
from lxml import etree

from portal.cases import packages
from portal.cases.packages import Package
from portal.documents.typed import DROPPED

MOST_BYTES = 5 * 1024 * 1024
MOST_MEMBERS = 2_000
MOST_UNPACKED = 20 * 1024 * 1024
# Each < and = of a file may become an object many times its size; a long pledge has a tenth of these.
MOST_MARKS = 500_000
MOST_CHARACTERS = 500_000

# Tab and line ends may stand in a text; nothing else that cannot be seen, turns its order, or is no text.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


class NotReadable(Exception):
    """No pledge can be read from this; the message is a sentence for the user."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line with something on it; `numbered_by` is Word's list when Word numbers it, "" otherwise."""

    text: str
    numbered_by: str = ""
    deeper: bool = False


def lines_of_text(text: str) -> list[Line]:
    """The lines of a text that hold something. Raises NotReadable."""
    return [Line(each) for each in _lines(text)]


def lines_of_file(file: IO[bytes], *, name: str, size: int) -> tuple[list[Line], list[str]]:
    """The lines of a .docx file, or of a .txt file in UTF-8 or GB18030; and doubts. Raises NotReadable."""
    data = file.read(MOST_BYTES + 1) if size <= MOST_BYTES else b""
    if size > MOST_BYTES or len(data) > MOST_BYTES:
        raise NotReadable(_("The file is larger than %(most)d MB.") % {"most": MOST_BYTES // 1024 // 1024})
    ending = PurePath(name.lower()).suffix
    if ending in (".docm", ".dotm"):
        raise _macros()
    # Word's old format, and what a password locks, lie in the same container.
    if data.startswith(packages.OLE) or ending in (".doc", ".dot", ".wps"):
        raise _old_or_locked()
    if ending == ".txt":
        return lines_of_text(_decoded(data)), []
    if ending != ".docx":
        raise NotReadable(_("Choose a Word file (.docx) or a text file (.txt)."))
    try:
        return _read_word(data)
    except NotReadable:
        raise
    except packages.HasMacros:
        raise _macros() from None
    except packages.IsLocked:
        raise _old_or_locked() from None
    except packages.TooMuch:
        raise _too_much() from None
    except Exception:
        # A damaged file makes its readers fail in ways that they do not list; each means the same here.
        raise NotReadable(_("This is no Word file (.docx), or it is damaged.")) from None


def _macros() -> NotReadable:
    return NotReadable(_("The file contains macros. Save it as .docx, which holds none."))


def _old_or_locked() -> NotReadable:
    return NotReadable(
        _(
            "The file is in an older format of Word or WPS, or locked with a password. "
            "Open it there and save it as .docx, without a password."
        )
    )


def _too_much() -> NotReadable:
    return NotReadable(_("The file holds far more than a pledge. Save the text alone as a new .docx file."))


def _too_long() -> NotReadable:
    return NotReadable(_("The text is longer than %(most)d characters.") % {"most": MOST_CHARACTERS})


def _decoded(data: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        # A workbook, or text in UTF-16, decodes to this.
        if "\0" in text:
            break
        return text
    raise NotReadable(_("The file is no text file in UTF-8 or GB18030."))


def _lines(text: str) -> list[str]:
    """The lines that hold something, without what prints nothing. Raises NotReadable."""
    if len(text) > MOST_CHARACTERS:
        raise _too_long()
    if found := _CONTROL.search(text):
        code = f"U+{ord(found[0]):04X}"
        raise NotReadable(_("The text contains the control character %(code)s.") % {"code": code})
    plain = text.translate(DROPPED).replace("\t", " ")
    return [line for each in plain.splitlines() if (line := each.strip())]


# Word -------------------------------------------------------------------------------------------------------

_SPACES = packages.WORD
_COMPATIBLE = "http://schemas.openxmlformats.org/markup-compatibility/2006"
_KNOWN = (
    *("document", "body", "p", "pPr", "t", "tab", "ptab", "br", "cr", "noBreakHyphen"),
    *("ins", "del", "moveFrom", "moveTo", "rt"),
)
_NAMES = {f"{{{space}}}{name}": name for space in _SPACES for name in _KNOWN}
_NAMES[f"{{{_COMPATIBLE}}}Fallback"] = "Fallback"
# Deleted text; a drawing's text once more, for programs that do not know drawings; ruby's small print.
_SKIPPED = ("pPr", "del", "moveFrom", "Fallback", "rt")
_PRINTED = {"tab": " ", "ptab": " ", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}


def _read_word(data: bytes) -> tuple[list[Line], list[str]]:
    """The lines of a Word file, those of tables and text boxes where they stand; and doubts.

    Raises NotReadable, and whatever zipfile and lxml raise for a damaged file.
    """
    package = Package(data, members=MOST_MEMBERS, unpacked=MOST_UNPACKED, marks=MOST_MARKS)
    package.content_types()
    # Seldom, but lawfully, it is not word/document.xml.
    place = package.targets("_rels/.rels", "")["officeDocument"]
    folder, _slash, name = place.rpartition("/")
    folder = f"{folder}/" if folder else ""
    root = package.xml(place)
    if _NAMES.get(root.tag) != "document":
        raise zipfile.BadZipFile
    others = package.targets(f"{folder}_rels/{name}.rels", folder)
    numbering = _Numbering(package, others)
    doubts = []
    if any(_NAMES.get(each.tag) in ("ins", "del", "moveFrom", "moveTo") for each in root.iter()):
        doubts.append(_("The file has tracked changes: they were read as if accepted."))
    paragraphs = _paragraphs(root, numbering)
    if sum(len(text) for text, _list, _deeper in paragraphs) > MOST_CHARACTERS:
        raise _too_long()
    lines = []
    for text, numbered_by, deeper in paragraphs:
        for index, line in enumerate(_lines(text)):
            # A line broken by hand has no number of its own.
            lines.append(Line(line) if index else Line(line, numbered_by, deeper))
    return lines, doubts


def _paragraphs(root: Any, numbering: _Numbering) -> list[tuple[str, str, bool]]:
    """Each paragraph's text, the list that numbers it, and whether below that list's first level."""
    found = []
    # A paragraph may hold text boxes with paragraphs of their own.
    open_: list[list[str]] = []
    walk = etree.iterwalk(root, events=("start", "end"))
    for event, element in walk:
        name = _NAMES.get(element.tag, "")
        if name in _SKIPPED:
            if event == "start":
                walk.skip_subtree()
        elif name == "p" and event == "start":
            open_.append([])
        elif name == "p":
            found.append(("".join(open_.pop()), *numbering.of(element)))
        elif open_ and event == "start":
            if name == "t":
                open_[-1].append(element.text or "")
            elif name in _PRINTED:
                open_[-1].append(_PRINTED[name])
    return found


def _child(element: Any, *path: str) -> Any | None:
    """The first descendant along a path of Word's names."""
    for name in path:
        names = {f"{{{space}}}{name}" for space in _SPACES}
        element = next((each for each in element if each.tag in names), None)
        if element is None:
            return None
    return element


def _value(element: Any | None, name: str = "val") -> str:
    """An attribute of Word's; "" where it, or the element, is missing."""
    if element is None:
        return ""
    return next((value for space in _SPACES if (value := element.get(f"{{{space}}}{name}"))), "")


class _Numbering:
    """Which paragraphs Word numbers by itself: their numbers are no text, and stand in two other members."""

    def __init__(self, package: Package, members: dict[str, str]) -> None:
        self._abstract: dict[str, str] = {}
        self._unnumbered: set[tuple[str, str]] = set()
        self._styles: dict[str, tuple[str, str, str]] = {}
        if "numbering" in members:
            self._read_lists(package.xml(members["numbering"]))
        if "styles" in members:
            self._read_styles(package.xml(members["styles"]))

    def _read_lists(self, root: Any) -> None:
        for each in root:
            if number := _value(each, "numId"):
                self._abstract[number] = _value(_child(each, "abstractNumId"))
            abstract = _value(each, "abstractNumId")
            for level in each if abstract else ():
                if _value(_child(level, "numFmt")) in ("bullet", "none"):
                    self._unnumbered.add((abstract, _value(level, "ilvl")))

    def _read_styles(self, root: Any) -> None:
        for each in root:
            if style := _value(each, "styleId"):
                numbering = _child(each, "pPr", "numPr")
                number = _value(_child(numbering, "numId")) if numbering is not None else ""
                level = _value(_child(numbering, "ilvl")) if numbering is not None else ""
                self._styles[style] = (number, level, _value(_child(each, "basedOn")))

    def _of_style(self, style: str) -> tuple[str, str]:
        """The list and the level that a style gives, or one that it is based on."""
        seen: set[str] = set()
        while style in self._styles and style not in seen:
            seen.add(style)
            number, level, style = self._styles[style]
            if number:
                return number, level
        return "", ""

    def of(self, paragraph: Any) -> tuple[str, bool]:
        """The list that numbers a paragraph, "" for none; and whether below the list's first level."""
        properties = _child(paragraph, "pPr")
        if properties is None:
            return "", False
        number, level = self._of_style(_value(_child(properties, "pStyle")))
        own = _child(properties, "numPr")
        if own is not None:
            number = _value(_child(own, "numId")) or number
            level = _value(_child(own, "ilvl")) or level
        # 0 takes a paragraph out of its style's list.
        if number in ("", "0"):
            return "", False
        # One list may go under several numbers: after a restart, or after text was pasted.
        name, level = self._abstract.get(number, number), level or "0"
        if (name, level) in self._unnumbered:
            return "", False
        return name, level != "0"
