"""Word and Excel files that are kept as they come: whole, of one kind, with nothing in them but themselves.

The file is read as hostile input; it is never changed. Pure.
"""

from __future__ import annotations

import re
import zipfile

from lxml import etree

from portal.cases import packages
from portal.cases.packages import Package

MOST_MEMBERS = 2_000
MOST_UNPACKED = 100 * 1024 * 1024
# What text and tables reach is 30; zeros reach 1000.
MOST_RATIO = 200
# Lists of types and relationships alone are read as a whole.
MOST_MARKS = 100_000
MOST_LIST = 4 * 1024 * 1024

# By the type of the main part: the ending, and what the part's first element is.
KINDS = {
    f"application/vnd.openxmlformats-officedocument.{long}.main+xml": (ending, roots)
    for long, ending, roots in (
        ("wordprocessingml.document", "docx", {f"{{{each}}}document" for each in packages.WORD}),
        ("spreadsheetml.sheet", "xlsx", {f"{{{each}}}workbook" for each in packages.SHEET}),
    )
}
# Relationships of a file within the file: an object, a program's window, a text in another format.
_HOLDS = {"oleobject", "package", "control", "activexcontrolbinary", "afchunk", "subdocument"}
_HOLDS_MACROS = {"vbaproject", "wordvbadata", "xlmacrosheet", "xlintlmacrosheet", "attachedtoolbars"}
# They lead to members here, and these to places elsewhere.
_LOADS = {"externallink", "externallinkpath", "connections", "querytable", "webextensiontaskpanes"}
_FOLDERS = ("/embeddings/", "/activex/")
# Archives, Office's old files, programs, PDF; what is drawn (and .emz, which is drawn) may be packed.
_STARTS = (b"PK\x03\x04", b"PK\x05\x06", packages.OLE, b"Rar!", b"7z\xbc\xaf", b"MZ", b"\x7fELF", b"%PDF-")
# The template that a text was begun with, on its writer's own disk, which no other computer can ask for.
_OWN_DISK = re.compile(r"(file:///)?[A-Za-z]:[\\/]")
_NO_NAME = re.compile(r"^/|(^|/)\.\.(/|$)|[\\:\x00-\x1f\x7f]")
_LINK = 0o120000


class NotOffice(Exception):
    """A zip file, but neither a Word nor an Excel file."""


class HoldsFiles(Exception):
    """Another file, an object or a program's window is inside."""


class LoadsFromElsewhere(Exception):
    """Opening it would fetch something."""


def kind_of(data: bytes) -> str:
    """ "docx" or "xlsx", after everything in the file was looked at.

    Raises what is above, what `packages` raises, and whatever zipfile and lxml raise for a damaged file.
    """
    package = Package(data, members=MOST_MEMBERS, unpacked=MOST_UNPACKED, marks=MOST_MARKS, ratio=MOST_RATIO)
    if packages.TYPES not in package.zip.namelist():
        raise NotOffice
    _check_names(package)
    _check_layout(package, data)
    lists = [each for each in package.members if each.orig_filename.lower().endswith(".rels")]
    if any(each.file_size > MOST_LIST for each in (package.zip.getinfo(packages.TYPES), *lists)):
        raise packages.TooMuch
    types = package.content_types()
    for each in lists:
        _check_relationships(package, each.filename)
    kind = _kind(package, types)
    for each in package.members:
        _check_member(package, each)
    return kind


def _check_names(package: Package) -> None:
    names = [each.orig_filename.lower() for each in package.members]
    if len(set(names)) < len(names) or any(_NO_NAME.search(each) for each in names):
        raise zipfile.BadZipFile
    if any(each.external_attr >> 16 & 0o170000 == _LINK for each in package.members):
        raise zipfile.BadZipFile
    if any(folder in f"/{each}" and not each.endswith("/") for each in names for folder in _FOLDERS):
        raise HoldsFiles


def _check_layout(package: Package, data: bytes) -> None:
    """Nothing stands before, between or after the members: no second file for those who look elsewhere."""
    end = 0
    for each in sorted(package.members, key=lambda each: each.header_offset):
        start = each.header_offset
        # Behind a member that was written in one go stand its sums, of 12 to 24 bytes.
        if start < end or start - end > (24 if end else 0) or data[start : start + 4] != b"PK\x03\x04":
            raise zipfile.BadZipFile
        name, more = (int.from_bytes(data[start + at : start + at + 2], "little") for at in (26, 28))
        end = start + 30 + name + more + each.compress_size
    gap = package.zip.start_dir - end
    if not 0 <= gap <= 24 or package.zip.comment or data[-22:-18] != b"PK\x05\x06":
        raise zipfile.BadZipFile
    # Where viewers of PDF look for its head.
    if b"%PDF-" in data[:1024]:
        raise zipfile.BadZipFile


def _check_relationships(package: Package, name: str) -> None:
    for kind, target, outside in package.relationships(name):
        kind = kind.lower()
        if kind in _HOLDS_MACROS:
            raise packages.HasMacros
        if outside and kind != "hyperlink" and not (kind == "attachedtemplate" and _OWN_DISK.match(target)):
            raise LoadsFromElsewhere
        if kind in _LOADS:
            raise LoadsFromElsewhere
        if kind in _HOLDS:
            raise HoldsFiles


def _kind(package: Package, types: dict[str, str]) -> str:
    place = package.targets("_rels/.rels", "").get("officeDocument", "")
    declared = types.get(f"/{place.lower()}") or types.get(place.lower().rpartition(".")[2], "")
    if declared not in KINDS:
        raise NotOffice
    kind, roots = KINDS[declared]
    if _root(package, place) not in roots:
        raise zipfile.BadZipFile
    return kind


def _root(package: Package, name: str) -> str:
    """The first element of a member, however large the rest is."""
    parser = etree.XMLPullParser(events=("start",), **packages.SAFELY)
    for chunk in package.chunks(package.zip.getinfo(name)):
        if b"<!DOCTYPE" in chunk:
            break
        parser.feed(chunk)
        for _event, element in parser.read_events():
            return "" if element.getroottree().docinfo.doctype else str(element.tag)
    raise zipfile.BadZipFile


def _check_member(package: Package, info: zipfile.ZipInfo) -> None:
    """Reads a member to its end, so that its size and its sum are known to be true."""
    chunks = package.chunks(info)
    start = next(chunks, b"")
    for _chunk in chunks:
        pass
    if start.startswith(_STARTS):
        raise HoldsFiles
