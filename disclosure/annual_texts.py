"""The first draft of the chapters in words, made from the figures; Chinese, as the report is.

Chapter one tells what 国办公开办函〔2021〕30号 names: 主动公开, 依申请公开, 政府信息管理, 平台建设, 监督保障.
Where somebody has to write, a mark says so, and the report is not approved as long as it stands there.
"""

from __future__ import annotations

from disclosure.annual import CARRIED_IN, CARRIED_OUT, RECEIVED, TOTAL, Facts, Tables
from disclosure.rules.annual import TO_WRITE
from disclosure.rules.replies import CANNOT, ENDED_OTHERWISE, NOT_PROCESSED, REFUSED

# How the results are told, and the cells that each of them adds up.
TOLD = (
    ("予以公开", ("granted",)),
    ("部分公开", ("partly",)),
    ("不予公开", REFUSED),
    ("无法提供", CANNOT),
    ("不予处理", NOT_PROCESSED),
    ("其他处理", ENDED_OTHERWISE),
)


def first_drafts(tables: Tables, facts: Facts) -> dict[str, str]:
    """A text for each chapter in words, by its code."""
    year = tables.year
    return {
        "overall": "\n".join(
            [
                f"本报告根据《中华人民共和国政府信息公开条例》编制，所列数据的统计期限为{year}年1月1日至{year}年12月31日。",
                f"（一）主动公开。{year}年，本机关通过门户主动公开政府信息{facts.published}条。",
                f"（二）依申请公开。{_requests(tables)}{_remedies(tables)}",
                f"（三）政府信息管理。{TO_WRITE}",
                f"（四）政府信息公开平台建设。{TO_WRITE}",
                f"（五）监督保障。{TO_WRITE}",
            ]
        ),
        "problems": f"（一）存在的主要问题。{TO_WRITE}\n（二）改进情况。{TO_WRITE}",
        "others": "\n".join(
            [f"（一）收取信息处理费情况。{_fees(year, facts)}", f"（二）其他需要报告的事项。{TO_WRITE}"]
        ),
    }


def _requests(tables: Tables) -> str:
    count = {row: columns[TOTAL] for row, columns in tables.requests.items()}
    told = [(word, sum(count[cell] for cell in cells)) for word, cells in TOLD]
    ended = f"办结{count[TOTAL]}件"
    if named := "、".join(f"{word}{number}件" for word, number in told if number):
        ended += f"，其中{named}"
    return (
        f"{tables.year}年，新收政府信息公开申请{count[RECEIVED]}件，上年结转{count[CARRIED_IN]}件；"
        f"{ended}；结转下年度继续办理{count[CARRIED_OUT]}件。"
    )


def _remedies(tables: Tables) -> str:
    reconsidered = tables.remedies["reconsideration"][TOTAL]
    suits = tables.remedies["suit"][TOTAL] + tables.remedies["suit_after"][TOTAL]
    if not reconsidered and not suits:
        return "没有因政府信息公开工作被申请行政复议、提起行政诉讼。"
    return f"因政府信息公开工作被申请行政复议{reconsidered}件、被提起行政诉讼{suits}件。"


def _fees(year: int, facts: Facts) -> str:
    if not facts.fees_paid:
        return f"{year}年，没有收取政府信息公开信息处理费。"
    return f"{year}年，对{facts.fees_paid}件申请收取信息处理费，共{facts.fees}元。"
