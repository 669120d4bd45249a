"""Where a long title breaks: lines of about one length, and no word torn apart.

GB/T 9704-2012, 7.3.1: a title of several lines keeps words whole, is symmetrical, and of fitting length
(词意完整、排列对称、长短适宜).
"""

from __future__ import annotations

import functools
import re
import unicodedata

# 22 pt characters in a type area of 156 mm are 20; a line that touches both edges looks like a body line.
FULL_LINE = 19.0
OPENING = "（《〈「『【〔［｛“‘([{"
CLOSING = "，。、；：？！）》〉」』】〕］｝”’…—·%％℃)]},.;:?!"
# Words and particles of official titles: none begins a line, none is broken by one.
NEVER_FIRST = "的了等们之"
WORDS = re.compile(
    "关于|实施方案|实施意见|实施细则|管理办法|三年行动|专项行动|专项整治|通知|公告|通告|通报|决定|意见|批复|报告|请示|方案|办法|规定|细则|公函|复函|工作|情况|事项|"
    "公开承诺书|承诺书|告知书|通知书|决定书|答复书|城市|[市县区]局|管理(?:局|处|所|站|科|中心)|服务中心|办事处|[大中]队|分局|管理|行政|许可|执法|综合|政府|信息|公开|实施|"
    "进一步|开展|加强|优化|营商环境|印发|市容|环境|卫生|道路|停车|垃圾|分类|治理|整治|服务|投诉|处理|补正|材料|受理|"
    "不予|准予|延长|期限|单位|部门|街道|社区|居民|小区|规范|提升|专项|行动|临时|占用|挖掘|户外|广告|设施|建筑|渣土|"
    r".{2}[路街巷]\d+号|[0-9A-Za-z.,/:_-]+|\d+[年月日号条个项件]|〔\d+〕\d+号|第.{1,3}[号条批次届季度]"
)


def width(text: str) -> float:
    """How wide a text is, in Chinese characters; Latin letters and digits count half."""
    return sum(1.0 if unicodedata.east_asian_width(each) in "WFA" else 0.5 for each in text)


def break_title(title: str, *, full: float = FULL_LINE) -> list[str]:
    """The title's lines: as few as it needs, about equally long, each `full` characters wide at the most.

    A title without a place to break (one word longer than a line) breaks where the line is full.
    """
    if width(title) <= full:
        return [title]
    costs = _costs(title)
    few = int(-(-width(title) // full))

    @functools.cache
    def best(start: int, lines: int) -> tuple[float, tuple[str, ...]]:
        rest = title[start:]
        if lines == 1:
            return (_raggedness(rest, few), (rest,)) if width(rest) <= full else (float("inf"), ())
        found: tuple[float, tuple[str, ...]] = (float("inf"), ())
        for end in range(start + 1, len(title)):
            line = title[start:end]
            if width(line) > full:
                break
            cost, others = best(end, lines - 1)
            cost += costs[end] + _raggedness(line, few)
            if cost < found[0]:
                found = (cost, (line.strip(), *others))
        return found

    def _raggedness(line: str, lines: int) -> float:
        return (width(line) - width(title) / lines) ** 2

    # A line more is better than a torn word; more than that is no title.
    fewest = best(0, few)
    one_more = best(0, few + 1)
    lines = list((fewest if fewest[0] < 400 or fewest[0] <= one_more[0] else one_more)[1])
    return lines or [title[at : at + int(full)] for at in range(0, len(title), int(full))]


def _costs(title: str) -> list[float]:
    """For each place between two characters, what a break there costs; a torn word costs most."""
    costs = [12.0] * (len(title) + 1)
    for at in range(1, len(title)):
        before, after = title[at - 1], title[at]
        if after in CLOSING or before in OPENING:
            costs[at] = 10_000.0
        elif after in NEVER_FIRST:
            costs[at] = 500.0
        elif title.startswith("关于", at):
            # Who, and about what: the one place where every official would break.
            costs[at] = -20.0
        elif before in CLOSING or after in OPENING or before == " ":
            costs[at] = 0.0
        elif before == "的":
            costs[at] = 1.0
        elif after.isascii() != before.isascii():
            # 青山路12号 and 2026年 are read as one.
            costs[at] = 60.0
    for word in WORDS.finditer(title):
        for at in range(word.start() + 1, word.end()):
            costs[at] = max(costs[at], 500.0)
        for edge in (word.start(), word.end()):
            costs[edge] = min(costs[edge], 3.0) if costs[edge] < 60 else costs[edge]
    return costs
