"""An existing pledge, from a Word file or as text, into its parts. Pure; the file is read as hostile input.

Nothing of a text is lost in silence but the number before a clause, and what the portal itself puts under a
pledge: the unit, the signer and the day. Whatever was guessed is said in `doubts`.
"""

from __future__ import annotations

import io
import re
import unicodedata
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import IO, Any

from django.utils.translation import gettext as _
from lxml import etree

from portal.cases.phones import is_phone, normal_phone
from portal.documents.typed import DROPPED

MOST_BYTES = 5 * 1024 * 1024
MOST_MEMBERS = 2_000
MOST_UNPACKED = 20 * 1024 * 1024
# Each < and = of a file may become an object many times its size; a long pledge has a tenth of these.
MOST_MARKS = 500_000
MOST_CLAUSES = 200
LONGEST_CLAUSE = 2_000
MOST_CHARACTERS = 500_000
LONGEST_TITLE = 60
MOST_DOUBTS = 20
EXAMPLES = "“一、”, “第一条”, “（一）”, “1.”"

# Tab and line ends may stand in a text; nothing else that cannot be seen, turns its order, or is no text.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


class NotReadable(Exception):
    """No pledge can be read from this; the message is a sentence for the user."""


@dataclass(frozen=True, slots=True)
class Imported:
    """The parts of a pledge as they were understood; `doubts` are sentences on what was not."""

    title: str
    preamble: list[str]
    clauses: list[str]
    closing: list[str]
    phone: str
    fax: str
    email: str
    doubts: list[str]


@dataclass(frozen=True, slots=True)
class _Line:
    """A line with something on it; `numbered_by` is Word's list when Word numbers it, "" otherwise."""

    text: str
    numbered_by: str = ""
    deeper: bool = False


@dataclass(frozen=True, slots=True)
class _Mark:
    """The number at a line's beginning: its scheme, its value, and the text after it."""

    scheme: str
    number: int
    rest: str


def read_text(text: str) -> Imported:
    """The pledge in a text, a paragraph a line. Raises NotReadable."""
    return _imported([_Line(each) for each in _lines(text)], [])


def read_upload(file: IO[bytes], *, name: str, size: int) -> Imported:
    """The pledge in a .docx file, or a .txt file in UTF-8 or GB18030. Raises NotReadable."""
    data = file.read(MOST_BYTES + 1) if size <= MOST_BYTES else b""
    if size > MOST_BYTES or len(data) > MOST_BYTES:
        raise NotReadable(_("The file is larger than %(most)d MB.") % {"most": MOST_BYTES // 1024 // 1024})
    ending = PurePath(name.lower()).suffix
    if ending in (".docm", ".dotm"):
        raise _macros()
    # Word's old format, and what a password locks, lie in the same container.
    if data.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") or ending in (".doc", ".dot", ".wps"):
        raise _old_or_locked()
    if ending == ".txt":
        return read_text(_decoded(data))
    if ending != ".docx":
        raise NotReadable(_("Choose a Word file (.docx) or a text file (.txt)."))
    try:
        lines, doubts = _read_word(data)
    except NotReadable:
        raise
    except Exception:
        # A damaged file makes its readers fail in ways that they do not list; each means the same here.
        raise NotReadable(_("This is no Word file (.docx), or it is damaged.")) from None
    return _imported(lines, doubts)


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


# Numbering --------------------------------------------------------------------------------------------------

_HAN = "[〇零一二三四五六七八九十百]{1,7}"
_SCHEMES = {
    "article": re.compile(rf"第\s*({_HAN}|\d{{1,3}})\s*条[\s、：:.．]*"),
    "han": re.compile(rf"({_HAN})\s*[、.．]"),
    "han in brackets": re.compile(rf"[（(〔]\s*({_HAN})\s*[）)〕]\s*、?"),
    # "1.5 km" and "10.1" number nothing.
    "arabic": re.compile(r"(\d{1,3}(?=\s*(?:、|[.．](?!\d)))|[⒈-⒛])\s*[、.．]?"),
    "arabic and bracket": re.compile(r"(\d{1,3})\s*[）)]\s*、?"),
    "arabic in brackets": re.compile(r"(?:[（(〔]\s*(\d{1,3})\s*[）)〕]|([⑴-⒇]))\s*、?"),
    "circled": re.compile(r"([①-⑳])\s*[、.．]?"),
}
# Outermost wherever they stand: a law's word for a clause, and the first level of GB/T 9704-2012.
_TOP = ("article", "han")
_CHAPTER = re.compile(rf"第\s*(?:{_HAN}|\d{{1,3}})\s*(?:章|节|编|部分)")


def _number(text: str) -> int:
    """12, １２, 十二, 一二, 一百零二, ⑿ as a number."""
    if text.isdecimal():
        return int(text)
    values = [int(unicodedata.numeric(each)) for each in text]
    if len(values) > 1 and max(values) < 10:
        return int("".join(map(str, values)))
    total = digit = 0
    for value in values:
        if len(values) > 1 and value >= 10:
            total += (digit or 1) * value
            digit = 0
        else:
            digit = value
    return total + digit


def _marks(lines: Sequence[_Line]) -> list[_Mark | None]:
    """The number before each line, typed or Word's own; deeper levels of Word's lists have none."""
    counted: dict[str, int] = {}
    marks: list[_Mark | None] = []
    for line in lines:
        mark = None
        if line.numbered_by and not line.deeper:
            counted[line.numbered_by] = counted.get(line.numbered_by, 0) + 1
            mark = _Mark(f"list {line.numbered_by}", counted[line.numbered_by], line.text)
        elif not line.numbered_by:
            mark = _typed_mark(line.text)
        marks.append(mark)
    return marks


def _typed_mark(text: str) -> _Mark | None:
    for scheme, pattern in _SCHEMES.items():
        if found := pattern.match(text):
            number = next(each for each in found.groups() if each)
            return _Mark(scheme, _number(number), text[found.end() :].strip())
    return None


def _outermost(marks: Sequence[_Mark | None]) -> str:
    """The scheme that numbers the clauses, "" when there is none.

    It has two paragraphs at least and counts up from one. Of several, it is the one that begins first.
    """
    numbers: dict[str, list[int]] = {}
    for mark in marks:
        if mark:
            numbers.setdefault(mark.scheme, []).append(mark.number)
    counting = [scheme for scheme, found in numbers.items() if found[0] == 1 and max(found) > 1]
    return next((scheme for scheme in _TOP if scheme in counting), next(iter(counting), ""))


# What stands around the clauses -----------------------------------------------------------------------------

_PHONE = r"电\s*话|热\s*线|联系方式"
_FAX = r"传\s*真|fax"
_EMAIL = r"(?:电子)?邮\s*箱|(?:电子)?邮件|e-?mail"
_OTHER = r"地\s*址|邮\s*编|邮政编码|网\s*址|联\s*系\s*人|监督单位|监督机构|监督部门"
_BEFORE = r"[^\s:：，,。；;、/／]{0,10}?"
_NUMBER = r"[+\d（(][\d\s（）()\-－—–]*\d"
_ADDRESS = r"[a-z0-9._%+-]+@[a-z0-9-]+(?:\.[a-z0-9-]+)+"
_CONTACT = re.compile(
    rf"(?P<label>{_BEFORE}(?:(?P<phone>{_PHONE})(?P<both>\s*[/／、及和（(]\s*传\s*真[)）]?)?"
    rf"|(?P<fax>{_FAX})|(?P<email>{_EMAIL}))(?:号码|地址)?)\s*[:：]?\s*"
    rf"(?P<value>(?(email){_ADDRESS}|{_NUMBER}))",
    re.IGNORECASE,
)
_LABEL = re.compile(
    rf"{_BEFORE}(?:{_PHONE}|{_FAX}|{_EMAIL}|{_OTHER})(?:号码|地址)?(?:\s*[/／、及和（(]\s*传\s*真[)）]?)?"
    rf"\s*(?:[:：]|(?=[\d（(])|$)",
    re.IGNORECASE,
)
_SIGNATURE = re.compile(
    r"(?:承\s*诺\s*(?:单\s*位|人|机关|部门|科室|者|方|日期|时间)|签\s*(?:名|字|章|署|发)|单\s*位(?:名称)?|日\s*期"
    r"|(?:单位|主要|分管)?(?:负责人|领导)|法定代表人)\s*(?:[（(][^）)]{1,10}[）)])?\s*(?:[:：]|$)"
    r"|.{0,40}[（(](?:盖章|公章|签章|签字|签名|印章)[）)]$"
)
_DATE = re.compile(
    r"(?:[^，。；！？：:]{1,30}\s)?\s*"
    r"(?:[\d〇○零一二三四五六七八九\s_＿]{0,10}年[\d一二三四五六七八九十\s_＿]{0,8}月[\d一二三四五六七八九十\s_＿]{0,8}日"
    r"|\d{4}[-./]\d{1,2}[-./]\d{1,2})"
)
_CLOSING = re.compile(
    r"以上|上述承诺|如有违反|如违反|如违诺|若违反|违反(?:以上|上述|本)|我们(?:郑重)?承诺|特此|本承诺|欢迎|敬请"
    r"|请(?:社会|广大|全体|市民|群众)|附[:：件]|此致"
)
# Longer lines are sentences; and the patterns above take their time with what goes on for ever.
_LONGEST_LABELLED = 200
_FINAL = tuple("。！？；：，、!?;:,.")


def _quoted(text: str) -> str:
    return text if len(text) <= 30 else f"{text[:29]}…"


def _is_name(text: str) -> bool:
    """A short line that is no sentence."""
    return len(text) <= LONGEST_TITLE and not text.endswith(_FINAL)


def _is_signature(texts: Sequence[str], index: int) -> bool:
    """Whether the line is a signature or its date; the unit's bare name stands directly above the date."""
    text = texts[index]
    if len(text) > _LONGEST_LABELLED:
        return False
    if _SIGNATURE.match(text) or _DATE.fullmatch(text):
        return True
    below = texts[index + 1] if index + 1 < len(texts) else ""
    dated = len(below) <= _LONGEST_LABELLED and _DATE.fullmatch(below)
    return bool(dated) and len(text) <= 40 and not re.search("[，。；！？：:@]", text)


def _imported(lines: Sequence[_Line], doubts: list[str]) -> Imported:
    marks = _marks(lines)
    scheme = _outermost(marks)
    if not scheme:
        sentence = _(
            "No clauses were found. They are two or more paragraphs, each with its number at the beginning, "
            "typed (%(examples)s) or put there by Word."
        )
        raise NotReadable(sentence % {"examples": EXAMPLES})
    texts = [line.text for line in lines]
    starts, end = _extent(lines, marks, scheme, doubts)
    end = _without_closing(lines, marks, starts, end, doubts)
    _doubt_headings(texts[:end], marks, scheme, doubts)
    title, preamble = _title(texts[: starts[0]], doubts)
    clauses = _clauses(texts, marks, starts, end, doubts)
    contacts, closing = _contacts(texts[end:], doubts)
    return Imported(title, preamble, clauses, closing, **contacts, doubts=doubts[:MOST_DOUBTS])


def _extent(
    lines: Sequence[_Line], marks: Sequence[_Mark | None], scheme: str, doubts: list[str]
) -> tuple[list[int], int]:
    """Where each clause starts, and the line with which the clauses have ended.

    A contact or a signature ends them, unless the numbering goes on below it.
    """
    texts = [line.text for line in lines]
    starts: list[int] = []
    ended, last = None, 0
    for index, mark in enumerate(marks):
        if mark and mark.scheme == scheme:
            if ended is not None and mark.number <= last:
                sentence = _(
                    "After the end of the clauses the numbering begins again at “%(line)s”: all from there "
                    "on is in the closing words. Are these several pledges?"
                )
                doubts.append(sentence % {"line": _quoted(texts[index])})
                break
            if mark.number == last:
                doubts.append(_("The number %(number)d stands twice.") % {"number": last})
            elif mark.number != last + 1:
                sentence = _("After number %(before)d comes number %(after)d: is a clause missing?")
                doubts.append(sentence % {"before": last, "after": mark.number})
            starts.append(index)
            ended, last = None, mark.number
        elif starts and ended is None and _is_plain(lines[index], mark) and _ends(texts, index):
            ended = index
    return starts, len(texts) if ended is None else ended


def _is_plain(line: _Line, mark: _Mark | None) -> bool:
    return not mark and not line.numbered_by


def _ends(texts: Sequence[str], index: int) -> bool:
    return bool(_is_label(texts[index]) or _CLOSING.match(texts[index])) or _is_signature(texts, index)


def _is_label(text: str) -> bool:
    return len(text) <= _LONGEST_LABELLED and bool(_LABEL.match(text))


def _without_closing(
    lines: Sequence[_Line], marks: Sequence[_Mark | None], starts: list[int], end: int, doubts: list[str]
) -> int:
    """The end of the last clause without what only looks like its last lines.

    Lines without a number under the last clause belong to it where other clauses have such lines as well.
    """
    plain = [_is_plain(line, mark) for line, mark in zip(lines, marks, strict=True)]
    if any(plain[starts[0] : starts[-1]]):
        return end
    start = end
    while plain[start - 1]:
        start -= 1
    # "第三条" alone on its line has its text below.
    mark = marks[start - 1]
    if start < end and mark and not mark.rest:
        start += 1
    if start < end:
        sentence = _("“%(line)s” after the last clause has no number: it was taken for closing words.")
        doubts.append(sentence % {"line": _quoted(lines[start].text)})
    return start


def _doubt_headings(
    texts: Sequence[str], marks: Sequence[_Mark | None], scheme: str, doubts: list[str]
) -> None:
    for text, mark in zip(texts, marks, strict=False):
        if _CHAPTER.match(text) or (scheme == "article" and mark and mark.scheme == "han"):
            sentence = _("“%(line)s” looks like a heading above several clauses: it was left where it stood.")
            doubts.append(sentence % {"line": _quoted(text)})


def _title(head: list[str], doubts: list[str]) -> tuple[str, list[str]]:
    """The title, and the other lines before the first clause."""
    named = (i for i, text in enumerate(head[:3]) if _is_name(text) and "承诺" in "".join(text.split()))
    index = next(named, 0)
    if not head or not _is_name(head[index]):
        doubts.append(_("No title was found."))
        return "", head
    for text in head[:index]:
        sentence = _("“%(line)s” stands above the title: it is now in the words before the clauses.")
        doubts.append(sentence % {"line": _quoted(text)})
    title = head[index]
    # 公 开 承 诺 书: blanks that only spread the characters over the line.
    if re.fullmatch(r"(?:\S\s+)+\S", title):
        title = "".join(title.split())
    return title, head[:index] + head[index + 1 :]


def _clauses(
    texts: Sequence[str], marks: Sequence[_Mark | None], starts: list[int], end: int, doubts: list[str]
) -> list[str]:
    clauses = []
    for start, stop in zip(starts, [*starts[1:], end], strict=True):
        mark = marks[start]
        assert mark
        text = "\n".join(each for each in (mark.rest, *texts[start + 1 : stop]) if each)
        if not text:
            sentence = _("The number %(number)d has no text: it was left out.")
            doubts.append(sentence % {"number": mark.number})
            continue
        if len(text) > LONGEST_CLAUSE:
            sentence = _("The clause with number %(number)d is longer than %(most)d characters.")
            raise NotReadable(sentence % {"number": mark.number, "most": LONGEST_CLAUSE})
        clauses.append(text)
    if len(clauses) > MOST_CLAUSES:
        raise NotReadable(_("There are more than %(most)d clauses.") % {"most": MOST_CLAUSES})
    return clauses


def _contacts(tail: list[str], doubts: list[str]) -> tuple[dict[str, str], list[str]]:
    """Telephone, fax and e-mail from the lines after the clauses; and what of these is closing words."""
    signed = [_is_signature(tail, index) for index in range(len(tail))]
    found: dict[str, list[tuple[str, str]]] = {"phone": [], "fax": [], "email": []}
    kept: list[tuple[str, set[str]]] = []
    index = 0
    while index < len(tail):
        text, is_signature = tail[index], signed[index]
        index += 1
        if len(text) > _LONGEST_LABELLED:
            kept.append((text, set()))
            continue
        # In a table the number stands in the next cell.
        if _LABEL.fullmatch(text) and index < len(tail) and len(tail[index]) <= _LONGEST_LABELLED:
            joined = f"{text} {tail[index]}"
            if _CONTACT.fullmatch(joined):
                text = joined
                index += 1
        values, rest = set(), text
        for each in _CONTACT.finditer(text):
            value = " ".join(unicodedata.normalize("NFKC", each["value"]).split())
            value = value if each["email"] else re.sub("[—–]+", "-", value)
            if not each["email"] and not is_phone(normal_phone(value)):
                continue
            kinds = [kind for kind in found if each[kind]] + (["fax"] if each["both"] else [])
            for kind in kinds:
                found[kind].append((each["label"], value))
            values.add(value)
            rest = rest.replace(each[0], "", 1)
        rest = rest.strip(" \u3000，,。；;、/／|")
        is_signature = is_signature or (rest != text and bool(_SIGNATURE.match(rest)))
        if rest and not is_signature:
            # Kept whole: half a line reads badly.
            kept.append((text, set()))
            if values or re.match(rf"{_BEFORE}(?:{_PHONE}|{_FAX}|{_EMAIL})", rest, re.IGNORECASE):
                sentence = _("“%(line)s” was not understood as a whole: it is in the closing words.")
                doubts.append(sentence % {"line": _quoted(text)})
        elif values:
            kept.append((text, values))
    taken = {kind: _taken(each, doubts) for kind, each in found.items()}
    closing = [text for text, values in kept if not values or values - set(taken.values())]
    return taken, closing


def _taken(found: list[tuple[str, str]], doubts: list[str]) -> str:
    """The one for complaints, else the first."""
    values = list(dict.fromkeys(value for _label, value in found))
    if not values:
        return ""
    taken = next((value for label, value in found if re.search("投诉|监督|举报", label)), values[0])
    if len(values) > 1:
        sentence = _("Of %(all)s only %(taken)s was taken: the others are in the closing words.")
        doubts.append(sentence % {"all": _(", ").join(values[:5]), "taken": taken})
    return taken


# Word -------------------------------------------------------------------------------------------------------

# Transitional, as Word and WPS write it, and strict.
_SPACES = (
    "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
    "http://purl.oclc.org/ooxml/wordprocessingml/main",
)
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


class _Package:
    """The members of a zip file; what they unpack to is counted as it comes out, whatever the headers say."""

    def __init__(self, data: bytes) -> None:
        self._zip = zipfile.ZipFile(io.BytesIO(data))
        self._left = MOST_UNPACKED
        names = self._zip.namelist()
        if len(names) > MOST_MEMBERS:
            raise _too_much()
        if any("vbaproject" in name.lower() for name in names):
            raise _macros()

    def read(self, name: str) -> bytes:
        """Raises KeyError when there is no such member, and whatever zipfile raises for a damaged one."""
        info = self._zip.getinfo(name)
        if info.flag_bits & 1:
            raise _old_or_locked()
        # Word knows no others, and zipfile unpacks these two by no more than it is asked for.
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise zipfile.BadZipFile
        with self._zip.open(info) as member:
            data = member.read(self._left + 1)
        if len(data) > self._left:
            raise _too_much()
        self._left -= len(data)
        return data

    def xml(self, name: str) -> Any:
        """The root of a member. Raises as `read`, and XMLSyntaxError."""
        data = self.read(name)
        if data.count(b"<") + data.count(b"=") > MOST_MARKS:
            raise _too_much()
        # No Word file declares entities. All are in UTF-8, as which the parser reads whatever is declared, so
        # that no declaration can hide in another encoding.
        if b"<!DOCTYPE" in data:
            raise zipfile.BadZipFile
        parser = etree.XMLParser(
            encoding="utf-8",
            resolve_entities=False,
            load_dtd=False,
            no_network=True,
            huge_tree=False,
            remove_comments=True,
            remove_pis=True,
        )
        return etree.fromstring(data, parser)

    def targets(self, name: str, folder: str) -> dict[str, str]:
        """Members that a list of relationships leads to, by the last word of their kind."""
        try:
            root = self.xml(name)
        except KeyError:
            return {}
        found: dict[str, str] = {}
        for each in root:
            target = each.get("Target", "")
            path = target[1:] if target.startswith("/") else folder + target
            if each.get("TargetMode") != "External":
                found.setdefault(each.get("Type", "").rpartition("/")[2], path)
        return found


def _read_word(data: bytes) -> tuple[list[_Line], list[str]]:
    """The lines of a Word file, those of tables and text boxes where they stand; and doubts.

    Raises NotReadable, and whatever zipfile and lxml raise for a damaged file.
    """
    package = _Package(data)
    declared = package.read("[Content_Types].xml").lower()
    if b"macroenabled" in declared or b"vbaproject" in declared:
        raise _macros()
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
            lines.append(_Line(line) if index else _Line(line, numbered_by, deeper))
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

    def __init__(self, package: _Package, members: dict[str, str]) -> None:
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
