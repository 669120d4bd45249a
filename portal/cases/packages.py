"""A zip file of Office's, opened as hostile input: what it holds, counted as it comes out. Pure.

What a caller forbids beyond macros and passwords, and the sentence for each, are the caller's.
"""

from __future__ import annotations

import copy
import io
import zipfile
from collections.abc import Iterator
from typing import Any

from lxml import etree

# Office's old formats, and what a password locks, lie in this container.
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# Transitional, as Word, Excel and WPS write it, and strict.
WORD = (
    "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
    "http://purl.oclc.org/ooxml/wordprocessingml/main",
)
SHEET = (
    "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
    "http://purl.oclc.org/ooxml/spreadsheetml/main",
)
# How every parser is made.
SAFELY: dict[str, Any] = {
    "encoding": "utf-8",
    "resolve_entities": False,
    "load_dtd": False,
    "no_network": True,
    "huge_tree": False,
}
TYPES = "[Content_Types].xml"
AT_ONCE = 64 * 1024
# Below this a member may be as empty as it likes.
RATIO_FLOOR = 1024 * 1024


class TooMuch(Exception):
    """More members, more bytes or more marks than the caller allows."""


class HasMacros(Exception):
    """There are macros inside, or it says that there are."""


class IsLocked(Exception):
    """A member is locked with a password."""


class Package:
    """The members of a zip file. `unpacked` counts for all that is read together, in bytes.

    `marks` bounds the elements and attributes of an XML member, `ratio` what a member's bytes become.
    Raises what is above, and whatever zipfile raises for a damaged file.
    """

    def __init__(
        self, data: bytes, *, members: int, unpacked: int, marks: int, ratio: int | None = None
    ) -> None:
        # Each entry of the list becomes an object ten times its size before zipfile can be asked for a count.
        if data.count(b"PK\x01\x02") > members:
            raise TooMuch
        self.zip = zipfile.ZipFile(io.BytesIO(data))
        self._left, self._marks, self._ratio = unpacked, marks, ratio
        self.members = self.zip.infolist()
        if any("vbaproject" in each.orig_filename.lower() for each in self.members):
            raise HasMacros

    def chunks(self, info: zipfile.ZipInfo) -> Iterator[bytes]:
        """What a member unpacks to, whatever the headers say; raises BadZipFile where they say otherwise."""
        if info.flag_bits & 1:
            raise IsLocked
        # Office knows no others, and zipfile unpacks these two by no more than it is asked for.
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise zipfile.BadZipFile
        # zipfile stops at the size that is declared; other programs do not.
        unbounded = copy.copy(info)
        unbounded.file_size = 2**62
        size = 0
        with self.zip.open(unbounded) as member:
            while chunk := member.read(AT_ONCE):
                size += len(chunk)
                if size > info.file_size:
                    raise zipfile.BadZipFile
                self._left -= len(chunk)
                thin = self._ratio and size > RATIO_FLOOR and size > self._ratio * info.compress_size
                if self._left < 0 or thin:
                    raise TooMuch
                yield chunk
        if size != info.file_size:
            raise zipfile.BadZipFile

    def read(self, name: str) -> bytes:
        """Raises KeyError when there is no such member."""
        return b"".join(self.chunks(self.zip.getinfo(name)))

    def xml(self, name: str) -> Any:
        """The root of a member. Raises as `read`, and XMLSyntaxError."""
        data = self.read(name)
        if data.count(b"<") + data.count(b"=") > self._marks:
            raise TooMuch
        # No Office file declares entities. All are in UTF-8, as which the parser reads whatever is declared,
        # so that no declaration can hide in another encoding.
        if b"<!DOCTYPE" in data:
            raise zipfile.BadZipFile
        return etree.fromstring(data, etree.XMLParser(remove_comments=True, remove_pis=True, **SAFELY))

    def content_types(self) -> dict[str, str]:
        """Types in small letters, by a member's name ("/word/document.xml") or by an ending ("xml").

        Raises HasMacros for types that only files with macros have.
        """
        found = {}
        for each in self.xml(TYPES):
            name = each.get("PartName") or each.get("Extension") or ""
            found[name.lower()] = each.get("ContentType", "").lower()
        if any(each in kind for kind in found.values() for each in ("macro", "vbaproject")):
            raise HasMacros
        return found

    def relationships(self, name: str) -> Iterator[tuple[str, str, bool]]:
        """What a list of relationships leads to: last word of the kind, target, and whether it is outside."""
        for each in self.xml(name):
            outside = each.get("TargetMode", "").strip().lower() == "external"
            yield each.get("Type", "").rpartition("/")[2], each.get("Target", ""), outside

    def targets(self, name: str, folder: str) -> dict[str, str]:
        """Members that a list of relationships leads to, by the last word of their kind; {} without it."""
        found: dict[str, str] = {}
        try:
            for kind, target, outside in self.relationships(name):
                if not outside:
                    found.setdefault(kind, target[1:] if target.startswith("/") else folder + target)
        except KeyError:
            return {}
        return found
