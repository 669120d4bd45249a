"""What is in an uploaded PDF besides its pages: `python -m portal.cases.pdf_files memory cpu`.

Every object that the file lists is looked at, those in compressed object streams as well; nothing is run,
drawn or fetched. The file comes from anyone, so this is a program of `confined`. No Django here.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from portal.cases.confined import SPENT, answer

MOST_PAGES = 500
# A document of 500 pages with twenty tables' cells on each, all tagged, has 30 000, and takes four seconds.
MOST_OBJECTS = 60_000

SCRIPTS, LAUNCHES, EMBEDDED = "scripts", "launches", "embedded"
# Names that say it wherever they stand: as the kind of an action, of a mark on a page, of a list of names.
NAMES = {
    "/JavaScript": SCRIPTS,
    "/OnInstantiate": SCRIPTS,
    "/Launch": LAUNCHES,
    "/ImportData": LAUNCHES,
    "/GoToR": LAUNCHES,
    "/GoToE": LAUNCHES,
    "/EmbeddedFile": EMBEDDED,
    "/EmbeddedFiles": EMBEDDED,
    "/FileAttachment": EMBEDDED,
    "/RichMedia": EMBEDDED,
}
# Short names may be anything's, say a font's; they say it as a key that stands beside one of others.
KEYS = {
    "/JS": ({"/S"}, SCRIPTS),
    "/XFA": ({"/Fields"}, SCRIPTS),
    "/EF": ({"/F", "/UF", "/Type"}, EMBEDDED),
    "/Collection": ({"/Pages"}, EMBEDDED),
}

Key = tuple[int, int]


class Found(Exception):
    """The file is refused; the message is the problem's code."""


def main() -> None:
    answer(lambda _asked, data: read(data))


def read(data: bytes) -> dict[str, Any]:
    """{"problem": code or "", "pages": how many}. Raises whatever the reader raises for a damaged file."""
    try:
        # A file that breaks off; or one behind the PDF, which is a second one for those who look at the end.
        if not data.rstrip(b"\0\t\n\f\r ").endswith(b"%%EOF"):
            raise Found("broken")
        if zipfile.is_zipfile(io.BytesIO(data)):
            raise Found(EMBEDDED)
        _search(data)
        return {"problem": "", "pages": _Walk(data).pages()}
    except Found as found:
        return {"problem": str(found), "pages": 0}


def _letters(name: str) -> bytes:
    """The pattern of a name, each of whose letters may be written as its number."""
    return "".join(f"(?:{each}|#(?i:{ord(each):02x}))" for each in name).encode()


_NAMED = re.compile(b"/(?:" + b"|".join(_letters(name[1:]) for name in NAMES) + rb")(?![0-9A-Za-z_#.-])")


def _search(data: bytes) -> None:
    """What is not listed, or stands twice in a dictionary, one viewer passes over and another finds."""
    if found := _NAMED.search(data):
        name = re.sub(rb"#(..)", lambda code: bytes([int(code[1], 16)]), found[0])
        raise Found(NAMES[name.decode()])


@dataclass(slots=True)
class _Object:
    """What is kept of an object: to which it leads, and the nodes below, if it is a node of a tree."""

    leads_to: list[Key] = field(default_factory=list)
    kids: list[Key] | Key | None = None


class _Walk:
    def __init__(self, data: bytes) -> None:
        # Imported here, so that it happens within the limits.
        from pyhanko.pdf_utils import generic
        from pyhanko.pdf_utils.decode_limits import DecodeLimits
        from pyhanko.pdf_utils.reader import PdfFileReader

        self._generic = generic
        # Not strict: scanners and printers' drivers take liberties that no viewer minds.
        self._reader = PdfFileReader(io.BytesIO(data), strict=False, decode_limits=DecodeLimits())
        if "/Encrypt" in self._reader.trailer:
            raise Found("encrypted")
        self._seen: dict[Key, _Object] = {}
        self._inside: dict[int, dict[int, _Object]] = {}
        listed = self._listed()
        if len(listed) > MOST_OBJECTS:
            raise Found("too_much")
        self._follow(self._looked_at(self._reader.trailer.flatten()).leads_to)
        for key in listed - self._seen.keys():
            self._try(key)

    def pages(self) -> int:
        """The leaves of the page tree. Raises Found for a tree that is none, and for more than MOST_PAGES."""
        count, nodes = 0, set()
        left = [_key(self._reader.root.raw_get("/Pages"))]
        while left:
            key = left.pop()
            node = self._seen.get(key)
            if node is None:
                continue
            if node.kids is None:
                count += 1
            elif key in nodes:
                raise Found("broken")
            else:
                nodes.add(key)
                left += self._seen[node.kids].leads_to if isinstance(node.kids, tuple) else node.kids
            if count > MOST_PAGES:
                raise Found("too_many_pages")
        if not count:
            raise Found("broken")
        return count

    def _listed(self) -> set[Key]:
        table = self._reader.xrefs
        return {
            (each.idnum, each.generation)
            for revision in range(table.total_revisions)
            for each in table.explicit_refs_in_revision(revision)
        }

    def _follow(self, left: list[Key]) -> None:
        while left:
            key = left.pop()
            if key in self._seen:
                continue
            if len(self._seen) > MOST_OBJECTS:
                raise Found("too_much")
            if (found := self._object(key)) is not None:
                self._seen[key] = found
                left += found.leads_to

    def _try(self, key: Key) -> None:
        """An object that nothing leads to may be damaged; but a viewer that mends the file will find it."""
        try:
            self._object(key)
        except (Found, *SPENT):
            raise
        except Exception:
            return

    def _object(self, key: Key) -> _Object | None:
        """An object by its number, None for one that the file lacks, which counts as nothing."""
        reference = self._generic.Reference(*key, self._reader)
        place = self._reader.xrefs[reference]
        if place is None:
            return None
        if not isinstance(place, int):
            return self._in_stream(place.obj_stream_id).get(key[0])
        found = self._looked_at(self._reader.get_object(reference))
        # A reader remembers all that it has read; here each object is looked at once.
        self._reader.resolved_objects.clear()
        return found

    def _in_stream(self, number: int) -> dict[int, _Object]:
        """The objects in a stream of objects, by number; all are looked at, also those not listed."""
        if number not in self._inside:
            stream = self._reader.get_object(self._generic.Reference(number, 0, self._reader))
            data, first = stream.data, int(stream["/First"])
            _search(data)
            heads = [int(each) for each in data[:first].split()[: 2 * int(stream["/N"])]]
            file = io.BytesIO(data)
            found = {}
            for own, offset in zip(heads[::2], heads[1::2], strict=True):
                file.seek(first + offset)
                reference = self._generic.Reference(own, 0, self._reader)
                found[own] = self._looked_at(self._generic.read_object(file, reference))
            self._inside[number] = found
        return self._inside[number]

    def _looked_at(self, top: Any) -> _Object:
        found = _Object()
        for each in self._parts(top):
            if self._leads(each):
                found.leads_to.append(_key(each))
            elif isinstance(each, self._generic.NameObject) and each in NAMES:
                raise Found(NAMES[each])
            elif isinstance(each, dict):
                for key, (beside, problem) in KEYS.items():
                    if key in each and beside & each.keys():
                        raise Found(problem)
                # A stream that lies in another file.
                if isinstance(each, self._generic.StreamObject) and "/F" in each:
                    raise Found(LAUNCHES)
        kids = dict.get(top, "/Kids") if isinstance(top, dict) else None
        if self._leads(kids):
            found.kids = _key(kids)
        elif isinstance(kids, list):
            found.kids = [_key(each) for each in list.__iter__(kids) if self._leads(each)]
        return found

    def _leads(self, each: Any) -> bool:
        return isinstance(each, self._generic.IndirectObject)

    def _parts(self, top: Any) -> Iterator[Any]:
        """An object and all that stands in it, in the order in which it stands there; nothing is followed."""
        left = [top]
        while left:
            each = left.pop()
            yield each
            if isinstance(each, dict):
                left += [part for pair in dict.items(each) for part in pair]
            elif isinstance(each, list):
                left += list.__iter__(each)


def _key(reference: Any) -> Key:
    return reference.idnum, reference.generation


if __name__ == "__main__":
    main()
