"""The powers of an urban-management bureau (职权目录), and the spreadsheet that brings them in.

They are published because 政府信息公开条例 art. 20 asks for it. The texts are in `demonstration_powers.toml`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from disclosure.import_template import workbook_of

TEXTS = Path(__file__).with_name("demonstration_powers.toml")


class Kind(StrEnum):
    """The four kinds, by their names in the file."""

    PERMIT = "permit"
    PENALTY = "penalty"
    MEASURE = "measure"
    SERVICE = "service"


CHINESE = {
    Kind.PERMIT: "行政许可",
    Kind.PENALTY: "行政处罚",
    Kind.MEASURE: "行政强制",
    Kind.SERVICE: "社会经济事务管理",
}


@dataclass(frozen=True, slots=True)
class Power:
    """What the bureau may do. `unit` is the code of the demonstration's unit that does it.

    `basis` are laws, with their article where it is certain. `about` is a sentence without its end: of a
    penalty the conduct, of anything else what it is about. `how` is the procedure of a measure, else "".
    """

    kind: Kind
    name: str
    basis: tuple[str, ...]
    unit: str
    about: str
    how: str = ""

    @property
    def title(self) -> str:
        return f"{CHINESE[self.kind]}：{self.name}"

    @property
    def conduct(self) -> str:
        """Of a penalty alone, else ""."""
        return self.about if self.kind is Kind.PENALTY else ""


@cache
def powers() -> tuple[Power, ...]:
    """All of them, kind by kind: 21 permits, 158 penalties, 7 measures, 30 services."""
    found: dict[str, Any] = tomllib.loads(TEXTS.read_text(encoding="utf-8"))
    return tuple(
        Power(
            kind=kind,
            name=f"对{each['name']}的处罚" if kind is Kind.PENALTY else each["name"],
            basis=tuple(_law(part.split(), found["laws"]) for part in each["basis"].split(";")),
            unit=each["unit"],
            about=each["conduct" if kind is Kind.PENALTY else "about"],
            how=each.get("how", ""),
        )
        for kind in Kind
        for each in found[kind]["powers"]
    )


def as_rows(
    *,
    bureau: str,
    phone: str,
    categories: Mapping[Kind, str],
    theme: str,
    units: Mapping[str, str],
    dated_on: date,
) -> list[dict[str, str | date]]:
    """A row of the spreadsheet for each power, by field as in `import_headings.COLUMNS`.

    `categories` and `theme` are codes, names or paths of the catalogue, `units` names by code, `phone` is the
    number to complain to. Raises KeyError for a kind or unit that is missing.
    """
    return [
        {
            "title": each.title,
            "body": _body(each, bureau=bureau, unit=units[each.unit], phone=phone),
            "category": categories[each.kind],
            "theme": theme,
            "unit": units[each.unit],
            "dated_on": dated_on,
            "channels": "website",
            "keywords": f"职权目录、{CHINESE[each.kind]}",
        }
        for each in powers()
    ]


def as_workbook(**given: Any) -> bytes:
    """The rows as an .xlsx that `importing.read` takes; `given` is what `as_rows` asks for."""
    return workbook_of(as_rows(**given))


# Words ------------------------------------------------------------------------------------------------------

# 行政许可法 art. 32, 42 and 44; 行政处罚法 art. 44 and 51 to 63, in short.
HOW = {
    Kind.PERMIT: (
        "办理程序：在政务服务窗口或者网上提出申请，五个工作日内决定是否受理；受理后经审查和必要的现场踏勘，"
        "二十个工作日内作出决定，并在十个工作日内送达"
    ),
    Kind.PENALTY: (
        "办理程序：立案、调查取证、法制审核、事先告知并听取陈述申辩、作出决定、送达和执行；"
        "事实确凿、数额较小的适用简易程序，依法应当听证的告知听证权利"
    ),
    Kind.SERVICE: (
        "需要咨询或者反映情况的，可以通过12319热线、政务服务窗口和本局门户网站提出，由承办单位办理并答复"
    ),
}


def _body(power: Power, *, bureau: str, unit: str, phone: str) -> str:
    """Four or five sentences, each a paragraph: what, by which law, by whom, how, and whom to complain to."""
    what = {
        Kind.PERMIT: f"本项是{bureau}实施的行政许可“{power.name}”：{power.about}。",
        Kind.PENALTY: f"对{power.about}的行为，由{bureau}责令改正，并依法给予行政处罚。",
        Kind.MEASURE: f"本项是{bureau}依法实施的行政强制“{power.name}”：{power.about}。",
        Kind.SERVICE: f"本项是{bureau}承担的管理和服务工作“{power.name}”：{power.about}。",
    }
    how = f"办理程序：{power.how}" if power.how else HOW[power.kind]
    return "\n".join(
        (
            what[power.kind],
            f"依据是{'、'.join(power.basis)}。",
            f"本项职权由{unit}具体行使。",
            f"{how}。",
            f"对行使本项职权有意见的，可以拨打监督电话{phone}。",
        )
    )


def _law(parts: list[str], laws: Mapping[str, str]) -> str:
    """《…条例》第三十四条 for ["cityscape", "34"]; without an article where none is said."""
    name, *article = parts
    return laws[name] + "".join(f"第{numeral(int(each))}条" for each in article)


def numeral(number: int) -> str:
    """A number from 1 to 199 as the articles of laws are counted: 三十四, 一百一十一."""
    figures = "零一二三四五六七八九"
    hundreds, rest = divmod(number, 100)
    tens, ones = divmod(rest, 10)
    found = "一百" if hundreds else ""
    if tens:
        # 十五 stands alone as it is, behind a hundred it is 一十五.
        found += ("" if tens == 1 and not hundreds else figures[tens]) + "十"
    elif hundreds and ones:
        found += "零"
    return found + (figures[ones] if ones else "")
