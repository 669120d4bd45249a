"""An existing pledge, from a Word file or as text, into its parts. Pure; `word_files` reads the file.

Nothing of a text is lost in silence but the number before a clause, and what the portal itself puts under a
pledge: the unit, the signer and the day. Whatever was guessed is said in `doubts`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import IO

from django.utils.translation import gettext as _

from pledges.word_files import Line, NotReadable, lines_of_file, lines_of_text
from pledges.workflow import LONGEST_CLAUSE, MOST_CLAUSES
from portal.cases.phones import is_phone, normal_phone

__all__ = ["Imported", "NotReadable", "read_text", "read_upload"]

LONGEST_TITLE = 60
MOST_DOUBTS = 20
EXAMPLES = "“一、”, “第一条”, “（一）”, “1.”"


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
class _Mark:
    """The number at a line's beginning: its scheme, its value, and the text after it."""

    scheme: str
    number: int
    rest: str


def read_text(text: str) -> Imported:
    """The pledge in a text, a paragraph a line. Raises NotReadable."""
    return _imported(lines_of_text(text), [])


def read_upload(file: IO[bytes], *, name: str, size: int) -> Imported:
    """The pledge in a .docx file, or a .txt file in UTF-8 or GB18030. Raises NotReadable."""
    lines, doubts = lines_of_file(file, name=name, size=size)
    return _imported(lines, doubts)


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


def _marks(lines: Sequence[Line]) -> list[_Mark | None]:
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


def _imported(lines: Sequence[Line], doubts: list[str]) -> Imported:
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
    lines: Sequence[Line], marks: Sequence[_Mark | None], scheme: str, doubts: list[str]
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


def _is_plain(line: Line, mark: _Mark | None) -> bool:
    return not mark and not line.numbered_by


def _ends(texts: Sequence[str], index: int) -> bool:
    return bool(_is_label(texts[index]) or _CLOSING.match(texts[index])) or _is_signature(texts, index)


def _is_label(text: str) -> bool:
    return len(text) <= _LONGEST_LABELLED and bool(_LABEL.match(text))


def _without_closing(
    lines: Sequence[Line], marks: Sequence[_Mark | None], starts: list[int], end: int, doubts: list[str]
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
