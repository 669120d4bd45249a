"""The columns of a spreadsheet of items: by which headings each is known, in Chinese and in English. Pure."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from django.utils.translation import get_language


@dataclass(frozen=True, slots=True)
class Column:
    """A column by the name of its field; the first name of each language is the one that is shown."""

    field: str
    chinese: tuple[str, ...]
    english: tuple[str, ...]
    required: bool = True

    @property
    def heading(self) -> str:
        """In the reader's language."""
        return (self.chinese if (get_language() or "").startswith("zh") else self.english)[0]


# Besides, how the portal's own pages call them.
COLUMNS = (
    Column("title", ("标题",), ("title",)),
    Column("body", ("正文",), ("text",)),
    Column("category", ("目录分类", "类别"), ("category",)),
    Column("theme", ("主题", "主题分类"), ("theme",)),
    Column("unit", ("发布机构", "发布单位"), ("unit", "issuing unit")),
    Column("dated_on", ("成文日期",), ("made on",)),
    Column("document_number", ("文号",), ("document number",), required=False),
    Column("channels", ("公开渠道",), ("channels", "made public by"), required=False),
    Column("keywords", ("关键词",), ("keywords",), required=False),
)


def seen(text: str) -> str:
    """A text in one line, without the marks that nobody sees and that come along when something is copied."""
    return "".join(each for each in " ".join(text.split()) if each.isprintable())


def plain(text: str) -> str:
    """A name as names are compared: as it is seen, of one width, in small letters."""
    return seen(unicodedata.normalize("NFKC", text).casefold())


_BY_NAME = {plain(name): column for column in COLUMNS for name in (*column.chinese, *column.english)}


def column_named(heading: str) -> Column | None:
    return _BY_NAME.get(plain(heading))
