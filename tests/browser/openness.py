"""What lies on the pages of open government: texts on their way, and requests, in every state that shows.

Walked by the verbs that the pages take, each by whoever may. Names of people and places are made up.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import pylopdf_fonts_zh_cn
import typst

from disclosure import publishing, reporting, requesting
from disclosure.models import Category, Disclosure, InformationRequest, Publication, Theme
from portal.cases.actions import sweep
from portal.cases.terms import local_day
from portal.cases.uploads import Upload, read_upload
from portal.organisation.actors import CITIZEN
from tests.approvals.public import jpeg
from tests.bureau import Bureau
from tests.disclosure import office as of
from tests.disclosure.annual_reports import FIGURES
from tests.disclosure.annual_reports import TEXTS as TEXTS_OF_A_REPORT

# Nobody has these: one is for the office to mask, one for everybody to call.
PRIVATE_PHONE, SERVICE_PHONE = "19900000001", "0570-5550177"
FONTS = str(next(iter(pylopdf_fonts_zh_cn.__path__)))


def pdf_saying(*paragraphs: str) -> bytes:
    """A PDF with text in it, as an office's program would make it."""
    source = '#set text(font: "Noto Serif SC", lang: "zh")\n' + "\n\n".join(paragraphs)
    return typst.compile(source.encode(), font_paths=[FONTS], ignore_system_fonts=True)


def upload(name: str, data: bytes) -> Upload:
    return read_upload(io.BytesIO(data), name=name, size=len(data))


@dataclass(slots=True)
class Openness:
    """Publications and requests by state; the citizen of the tests follows those that are named in `own`."""

    publications: dict[str, Publication] = field(default_factory=dict)
    requests: dict[str, InformationRequest] = field(default_factory=dict)
    own: tuple[str, ...] = ("submitted", "supplement", "fee", "consulting", "answered", "withdrawn")

    def own_requests(self) -> list[InformationRequest]:
        return [self.requests[state] for state in self.own if state in self.requests]


def walked(bureau: Bureau, *, at: datetime, whole: bool = True) -> Openness:
    """All of them, or without `whole` those few that the table of addresses asks for."""
    made = Openness()
    made.publications = publications(bureau, at=at, whole=whole)
    made.requests = requests(bureau, at=at, whole=whole)
    annual_reports(bureau, at=at)
    if whole:
        sweep(at=at)
    return made


def annual_reports(bureau: Bureau, *, at: datetime) -> None:
    """Last year's, approved, and this year's, begun."""
    officer, year = bureau.actor("disclosure"), local_day(at).year
    report = reporting.begin(year - 1, actor=officer, at=at)
    report = reporting.write(report, figures=FIGURES, texts=TEXTS_OF_A_REPORT, actor=officer, at=at)
    reporting.approve(report, actor=bureau.actor("agency_head"), at=at)
    reporting.begin(year, actor=officer, at=at)


# Texts on their way -----------------------------------------------------------------------------------------


def text(bureau: Bureau, title: str, body: str, *, dated_on: date, **more: Any) -> publishing.Text:
    told: dict[str, Any] = {
        "category": Category.objects.get(code="notices"),
        "theme": Theme.objects.get(code="greening"),
        "unit": bureau.units["greening"],
        "title": title,
        "body": body,
        "dated_on": dated_on,
        "keywords": "绿化 养护",
    }
    return publishing.Text(**{**told, **more})


TEXTS = {
    "draft": (
        "关于青石路行道树迁移的公示",
        f"因管道改造，拟迁移青石路行道树十二株。\n\n有异议的，请于公示期内联系林样例，电话{PRIVATE_PHONE}。",
    ),
    "review": ("关于开展树木越冬防护工作的通知", "入冬前完成树干涂白，对新栽乔木加设防寒布。"),
    "escalated": ("地下管网分布图公开说明", "现说明管网分布图的公开范围。"),
    "third_party": ("公园经营项目招商结果公示", "湖心公园茶室经营项目已完成招商，现将结果公示。"),
    "approval": ("城市绿线调整方案公示", "现将城东片区绿线调整方案予以公示，征求社会意见。"),
    "ready": ("公园免费开放时间调整公告", "自下月一日起，湖心公园开放时间调整为六时至二十二时。"),
    "scheduled": ("元旦期间公园游园安全提示", "游园请遵守秩序，不在湖面、冰面逗留。"),
    "published": (
        "古树名木保护名录（2026年）",
        "现公布本市古树名木保护名录，共收录四十六株，名录见附件。\n\n"
        f"发现古树名木有枯枝、病虫害的，请拨打养护电话{SERVICE_PHONE}。",
    ),
    "dropped": ("绿化工程内部会商纪要", "会商未形成结论，留待下次研究。"),
    "late": ("行道树修剪作业规程", "规程分准备、作业、清理三个阶段。"),
}
WORD_OF_THE_FILE = "香樟王"


def publications(bureau: Bureau, *, at: datetime, whole: bool = True) -> dict[str, Publication]:
    """One in each state; "late" is past its limit, "many" has three texts, "correction" corrects an item."""
    today = local_day(at)
    files = {
        "draft": [upload("迁移方案.pdf", pdf_saying("迁移方案", f"施工负责人电话 {PRIVATE_PHONE}"))],
        "published": [
            upload("古树名木名录.pdf", pdf_saying("古树名木名录", f"第一号：{WORD_OF_THE_FILE}，树龄三百年")),
            upload("分布图.jpg", jpeg()),
        ],
    }

    def of_state(state: str, *, made: int = 3) -> publishing.Text:
        title, body = TEXTS[state]
        return text(
            bureau,
            title,
            body,
            dated_on=today - timedelta(days=made),
            document_number=f"云城管发〔2026〕{20 + list(TEXTS).index(state)}号",
            confirmed=[SERVICE_PHONE] if state == "published" else [],
            files=[publishing.read(each) for each in files.get(state, ())],
        )

    few, by_hand = ("draft", "published"), ("late", "scheduled")
    states = [each for each in TEXTS if each not in by_hand] if whole else few
    found = {state: of.publication_in(state, bureau, of_state(state), at=at) for state in states}
    if not whole:
        return found
    found["late"] = of.publication_in("review", bureau, of_state("late", made=60), at=at)
    found["scheduled"] = of.move(
        of.publication_in("ready", bureau, of_state("scheduled"), at=at),
        "schedule",
        bureau,
        "disclosure",
        at=at,
        publish_on=today + timedelta(days=3),
    )
    names = ("绿化养护月报（九月）", "绿化养护月报（十月）", "绿化养护月报（十一月）")
    several = [text(bureau, name, "本月巡查、补植、修剪情况。", dated_on=today) for name in names]
    found["many"] = of.drafted(bureau, *several, who="disclosure", at=at, occasion="carried_over")
    item = item_of(found["published"])
    corrected = text(bureau, item.title, "现公布本市古树名木保护名录，共四十七株。", dated_on=item.dated_on)
    found["correction"] = of.drafted(
        bureau, corrected, at=at, corrects=item, correction_note="株数由四十六株更正为四十七株。"
    )
    return found


def item_of(publication: Publication) -> Disclosure:
    item = publication.entries.get().item
    assert item is not None
    return item


# Requests ---------------------------------------------------------------------------------------------------

ASKED = {
    "submitted": "2025年全市行道树修剪经费决算",
    "registered": "湖心公园茶室招商的全部投标文件",
    "supplement": "绿化方面的数据",
    "reviewing": "青石路绿化带改造工程的施工合同",
    "asked": "近五年古树名木复壮工程的档案",
    "consulting": "样例园艺有限公司承接养护工程的报价文件",
    "fee": "2016年以来全部绿化工程的验收记录",
    "replied": "城东片区绿线划定的依据文件",
    "refused": "绿化处内部会商纪要",
    "answered": "行道树农药使用记录及供货合同",
    "withdrawn": "公园停车位数量",
    "late": "城市绿地系统规划的公众意见汇总",
}
ANSWER = "农药使用记录见附件。供货合同中的单价属于供货企业的商业秘密，企业不同意公开，不予提供。"
GIVEN = "农药使用记录.pdf"


def requests(bureau: Bureau, *, at: datetime, whole: bool = True) -> dict[str, InformationRequest]:
    """One in each state with its own question; "answered" was given in part, with a file, and closed."""
    of_a_person = upload("身份证.jpg", jpeg(60))

    def asking(state: str, **more: Any) -> requesting.Asking:
        return of.asking(description=ASKED[state], files=[of_a_person], **more)

    ways = {
        **{state: state for state in ("submitted", "supplement", "fee", "replied", "reviewing")},
        **{"registered": "registered", "asked": "reviewing:asked", "consulting": "consulting:two"},
        "withdrawn": "closed:withdrawn",
    }
    few = ("submitted", "consulting")
    found = {
        state: of.request_in(way, bureau, at=at, asked=asking(state))
        for state, way in ways.items()
        if whole or state in few
    }
    found["answered"] = answered(bureau, asking("answered", may_publish=True), at=at)
    if not whole:
        return found
    company = of.of_a_company(description=ASKED["refused"])
    asked = of.applied(bureau, channel="counter", asked=company, at=at - timedelta(days=3))
    asked = of.do(asked, "begin_review", bureau, at=at - timedelta(days=3))
    found["refused"] = of.do(asked, "reply", bureau, at=at)
    requesting.note_remedy(
        found["refused"],
        kind="reconsideration",
        opened_on=local_day(at),
        actor=bureau.actor("disclosure"),
        at=at,
    )
    late = of.applied(bureau, asked=asking("late"), at=at - timedelta(days=45))
    found["late"] = of.do(late, "register", bureau, at=at - timedelta(days=45))
    return found


def answered(bureau: Bureau, asked: requesting.Asking, *, at: datetime) -> InformationRequest:
    """Through everybody's hands within a fortnight, and closed."""
    day = [at - timedelta(days=each) for each in (14, 13, 12, 8, 7, 6, 5)]
    case = requesting.apply(asked, actor=CITIZEN, at=day[0])
    case = of.do(case, "register", bureau, at=day[1])
    case = of.do(case, "begin_review", bureau, at=day[1])
    case = of.do(case, "consult", bureau, at=day[2])
    case = of.do(case, "record_opinion", bureau, at=day[3], **of.OBJECTED)
    case = of.do(case, "pass_secrecy", bureau, "secrecy", at=day[4])
    case = of.do(
        case,
        "reply",
        bureau,
        at=day[5],
        reply_type="partly",
        reply_text=ANSWER,
        withheld_grounds=["third_party"],
        files=[upload(GIVEN, pdf_saying("农药使用记录", "全年使用低毒药剂四次"))],
    )
    case = of.do(case, "deliver", bureau, at=day[6])
    return of.do(case, "close", bureau, at=day[6])
