"""What the tests of the desk share: a bureau, letters as they are typed, tables, batches."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from django.utils import timezone

from portal.documents import actions, batches
from portal.documents.letters import Letter
from portal.documents.models import Batch, Document
from tests.portal.notices.bureau import Bureau

TITLE = "关于青石路路灯改造的函"
TYPED = {
    "title": TITLE,
    "addressee": "青石路社区居民委员会",
    "text": "贵单位来函收悉。\n\n经研究，现函复如下：一、路灯改造于12月1日开工。\n特此函复。",
    "attachments": "施工范围图\n施工时间表",
    "contact": "市政设施养护中心 12319",
}
PATTERN = {
    "title": "关于{小区}停水的函",
    "addressee": "{小区}业主委员会",
    "text": "因管道检修，｛小区｝将于{日期}停水。\n请提前储水。",
    "attachments": "",
    "contact": "",
}
# What no font of a document can print.
UNPRINTABLE = "\U0001f6b0"


def typed(**more: Any) -> dict[str, Any]:
    """A letter as the form sends it, from a page just opened."""
    return {**TYPED, "once": str(uuid.uuid4()), **more}


def table(count: int, *, prefix: str = "小区") -> str:
    return "小区,日期\n" + "".join(f"{prefix}{n},12月{n}日\n" for n in range(1, count + 1))


def issued(bureau: Bureau, *, by: str = "office_head", at: datetime | None = None, **more: Any) -> Document:
    letter = Letter(TITLE, "青石路社区", "现函复如下。")
    given = {"title": TITLE, "values": letter.values(), **more}
    return actions.issue_by_hand("letter", actor=bureau.actor(by), at=at or timezone.now(), **given)


def rows(count: int, *, bad: tuple[int, ...] = ()) -> list[tuple[str, dict[str, Any]]]:
    """Letters of a batch; those numbered in `bad` cannot be typeset."""
    made = []
    for number in range(1, count + 1):
        text = f"第{number}封。" + (UNPRINTABLE if number in bad else "")
        made.append((f"第{number}封函", Letter("", f"第{number}小区", text).values()))
    return made


def ordered(
    bureau: Bureau, count: int, *, by: str = "office_head", at: datetime | None = None, **more: Any
) -> Batch:
    return batches.order(
        "letter",
        title="停水通知",
        rows=rows(count, **more),
        actor=bureau.actor(by),
        at=at or timezone.now(),
    )


def numbers() -> list[int]:
    """The running numbers of every letter, in order."""
    found = Document.objects.filter(kind="letter").values_list("number", flat=True)
    return sorted(int(number.partition("〕")[2].removesuffix("号")) for number in found)
