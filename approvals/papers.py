"""The papers of an application (文书): what each says, issued in the transaction of the step it belongs to.

Addressed to the applicant, with the ID number masked; Chinese whatever language the page is in, as they are
the bureau's letters. Each is typeset, numbered and signed by `portal.documents`, and kept with the case.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from django.utils.translation import gettext_lazy as _

from approvals.models import ApprovalCase, Paper
from approvals.rules.terms import BRING, DECIDE, PROMISE, approval_of
from portal.cases.effects import Moved
from portal.cases.identity import masked_number
from portal.cases.models import Deadline
from portal.cases.terms import ONE_DAY, last_day, local_day
from portal.cases.workflow import Refused
from portal.documents.actions import issue
from portal.documents.typed import in_full
from portal.workdays.calendar import Calendar

# purpose: (name of the document, word of its numbers)
PAPERS = {
    "receipt": ("行政许可申请收件回执", "许收"),
    "acceptance": ("行政许可申请受理通知书", "许受"),
    "supplement": ("行政许可申请补正材料告知书", "许补"),
    "refusal": ("行政许可申请不予受理决定书", "许拒"),
    "special": ("行政许可特别程序告知书", "许特"),
    "extension": ("行政许可延期办理告知书", "许延"),
    "grant": ("准予行政许可决定书", "许准"),
    "denial": ("不予行政许可决定书", "许否"),
}
PERMIT_WORD = "许证"
# For readers of the pages, in their language.
PAPER_NAMES = {
    "receipt": _("Receipt of an application"),
    "acceptance": _("Acceptance notice"),
    "supplement": _("Supplement notice"),
    "refusal": _("Refusal to accept"),
    "special": _("Special procedure notice"),
    "extension": _("Extension notice"),
    "grant": _("Decision: granted"),
    "denial": _("Decision: denied"),
    "permit": _("Permit"),
}
# As the law has them (art. 45), for papers and records that are Chinese whatever the page's language.
PROCEDURE_NAMES = {
    "hearing": "听证",
    "tender": "招标",
    "auction": "拍卖",
    "inspection": "检验",
    "testing": "检测",
    "quarantine": "检疫",
    "appraisal": "鉴定",
    "expert_review": "专家评审",
}
# 行政复议法 (2023) art. 24: a local government hears complaints about its own departments.
REMEDIES = "如不服本决定，可以自收到本决定书之日起六十日内向本级人民政府申请行政复议，或者自收到本决定书之日起六个月内依法向人民法院提起行政诉讼。"


def kind_of(purpose: str) -> str:
    return f"approval_{purpose}"


def put(
    case: ApprovalCase,
    purpose: str,
    moved: Moved,
    *,
    paragraphs: Sequence[str | dict[str, Any]],
    facts: Sequence[tuple[str, str]] = (),
    listing: dict[str, Any] | None = None,
    closing: Sequence[str] = (),
) -> Paper:
    """Issue a paper of the application and keep it with it. Raises Refused where it cannot be made."""
    name, _word = PAPERS[purpose]
    values: dict[str, Any] = {
        "addressee": case.applicant_name,
        "facts": [{"label": label, "value": value} for label, value in [*_common(case), *facts] if value],
        "paragraphs": [each for each in paragraphs if each],
        "closing": list(closing),
        "contact": f"{case.guide.place}，电话{case.guide.phone}",
    }
    if listing is not None:
        values["listing"] = listing
    try:
        document = issue(
            kind_of(purpose),
            title=name,
            values=values,
            actor=moved.actor,
            at=moved.at,
            case=case,
            after=moved.event,
        )
    except Refused as refused:
        raise Refused(refused.message, field=_typed_as(refused.field, values)) from None
    return Paper.objects.create(case=case, purpose=purpose, document=document)


def _typed_as(field: str | None, values: dict[str, Any]) -> str | None:
    """Where somebody typed what the layout refuses; what it calls the place means nothing to them."""
    if field is None or not field.startswith("facts."):
        return {"addressee": "applicant_name"}.get(field or "", field)
    place = field.split(".")[1]
    label = values["facts"][int(place) - 1]["label"] if place.isdecimal() else ""
    return {"申请人": "applicant_name", "申请内容": "subject_matter"}.get(label, field)


def basis_of(case: ApprovalCase) -> str:
    """The legal basis of the item, in one line."""
    return "、".join(line.strip(" ；;。") for line in case.guide.basis.splitlines() if line.strip())


def _common(case: ApprovalCase) -> list[tuple[str, str]]:
    number = "身份证件号码" if case.is_person else "统一社会信用代码"
    return [
        ("申请人", case.applicant_name),
        (number, masked_number(case.applicant_number) if case.is_person else case.applicant_number),
        ("申请事项", case.guide.item.name),
        ("实施编码", case.guide.item.implementation_code),
        ("办件编号", case.number),
        ("申请内容", " ".join(case.subject_matter.split())),
    ]


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _due(running: Sequence[Deadline], term: str) -> str:
    """The last day of a limit; one that may still move, because its year's holidays are unknown, says so."""
    found = next((each for each in running if each.term == term), None)
    if found is None or found.due_on is None:
        return ""
    return in_full(found.due_on) + ("（暂定）" if found.provisional else "")


def procedure_of(case: ApprovalCase) -> str:
    return PROCEDURE_NAMES[case.special_kind]


def issue_receipt(moved: Moved) -> Paper:
    case = approval_of(moved.case)
    accept_by = _due(moved.running, "approvals.accept")
    again = moved.transition.name != "receive"
    return put(
        case,
        "receipt",
        moved,
        facts=[("收到日期", in_full(local_day(moved.at))), ("受理审查截止日", accept_by)],
        paragraphs=[
            "你（单位）补正的申请材料已收到。" if again else "你（单位）提交的行政许可申请材料已收到。",
            f"本机关将在{accept_by}前（含当日）作出是否受理的决定，或者一次性告知需要补正的全部内容；逾期不告知的，自收到"
            "申请材料之日起即为受理（《中华人民共和国行政许可法》第三十二条）。",
        ],
        listing={"heading": "办事指南要求的材料", "rows": [_material_row(each, "") for each in case.given]},
    )


def _material_row(each: Any, text: str) -> dict[str, str]:
    material = each.material
    forms = [
        f"原件{material.originals}份" if material.originals else "",
        f"复印件{material.copies}份" if material.copies else "",
    ]
    return {"name": material.name, "text": text or "，".join(form for form in forms if form)}


def issue_acceptance(moved: Moved) -> Paper:
    case = approval_of(moved.case)
    assert case.accepted_at is not None
    running = {each.term: each for each in moved.running}
    decide, promise = (_due(list(running.values()), term) for term in (DECIDE, PROMISE))
    how = (
        "你（单位）的申请在法定期限内未获告知需要补正，依照《中华人民共和国行政许可法》第三十二条，自收到申请材料之日起即为受理。"
        if case.deemed
        else "你（单位）提出的申请，属于本机关职权范围，申请材料齐全、符合法定形式，依照《中华人民共和国行政许可法》第三十二条，予以受理。"
    )
    return put(
        case,
        "acceptance",
        moved,
        facts=[
            ("收到日期", in_full(local_day(case.received_at))),
            ("受理日期", in_full(local_day(case.accepted_at))),
            ("法定办结日", decide),
            ("承诺办结日", promise),
        ],
        paragraphs=[
            how,
            f"许可依据：{basis_of(case)}。",
            "听证、招标、拍卖、检验、检测、检疫、鉴定和专家评审所需时间不计算在上述期限内，发生时另行书面告知。",
        ],
        listing={
            "heading": "已收材料",
            "rows": [_material_row(each, "") for each in case.given if each.in_order],
        }
        if any(each.in_order for each in case.given)
        else None,
    )


def issue_supplement(moved: Moved) -> Paper:
    case = approval_of(moved.case)
    rows = [_material_row(each, each.problem) for each in case.missing()]
    return put(
        case,
        "supplement",
        moved,
        paragraphs=[
            "经审查，你（单位）提交的申请材料不齐全或者不符合法定形式，依照《中华人民共和国行政许可法》第三十二条，现一次性告知需要补正的全部内容如下。",
            *_lines(moved.note),
        ],
        listing={"heading": "需要补正的材料", "rows": rows},
        closing=[
            f"请在{_due(moved.running, BRING)}前（含当日）补正；逾期未补正的，本机关可以作出不予受理决定。",
            "补正材料送达后，受理审查期限自收到补正材料之日起重新计算；逾期不作答复的，自收到补正材料之日起即为受理。",
        ],
    )


def issue_refusal(moved: Moved) -> Paper:
    case = approval_of(moved.case)
    grounds = {
        "not_needed": "该事项依法不需要取得行政许可",
        "not_this_agency": f"该事项依法不属于本机关职权范围，请向{case.competent_agency}申请",
        "not_supplemented": "申请材料不齐全或者不符合法定形式，告知后未补正",
        "not_admissible": "属于隐瞒有关情况、提供虚假材料，或者尚在法定不得申请的期限内",
    }
    # Art. 32 knows competence, need and completeness; false materials and the bar after them stand in art. 78, 79.
    articles = "第七十八条、第七十九条" if case.refusal_ground == "not_admissible" else "第三十二条"
    return put(
        case,
        "refusal",
        moved,
        facts=[("收到日期", in_full(local_day(case.received_at)))],
        paragraphs=[
            f"你（单位）提出的行政许可申请，经审查，{grounds[case.refusal_ground]}，依照《中华人民共和国行政许可法》{articles}，决定不予受理。",
            *[f"理由：{line}" if not at else line for at, line in enumerate(_lines(moved.note))],
        ],
        closing=[REMEDIES],
    )


def issue_special(moved: Moved) -> Paper:
    case = approval_of(moved.case)
    assert case.special_until is not None
    kind = procedure_of(case)
    assert moved.calendar is not None
    begins, ends = in_full(local_day(moved.at) + ONE_DAY), in_full(case.special_until)
    if moved.calendar.is_provisional(case.special_until):
        ends += "（暂定）"
    days = moved.given["days"]
    return put(
        case,
        "special",
        moved,
        facts=[
            ("特别程序", kind),
            ("所需时间", f"{days}个工作日，自{begins}起至{ends}止"),
        ],
        paragraphs=[
            f"你（单位）的申请在办理中依法需要进行{kind}，所需时间不计算在办理期限内（《中华人民共和国行政许可法》第四十五条），特此告知。",
            *[f"事由：{line}" if not at else line for at, line in enumerate(_lines(moved.note))],
            f"{kind}提前结束的，办理期限自结束的次日起继续计算。",
        ],
    )


def issue_extension(moved: Moved) -> Paper:
    case = approval_of(moved.case)
    deadline = next(each for each in moved.running if each.term == DECIDE)
    assert moved.calendar is not None
    return put(
        case,
        "extension",
        moved,
        facts=[
            ("原法定办结日", in_full(_before(deadline, moved.calendar))),
            ("延期后办结日", _due(moved.running, DECIDE)),
        ],
        paragraphs=[
            "你（单位）的申请不能在法定期限内办结，经本机关负责人批准，延长办理期限"
            f"{deadline.extended}个工作日（《中华人民共和国行政许可法》第四十二条），特此告知。",
            *[f"延期理由：{line}" if not at else line for at, line in enumerate(_lines(moved.note))],
            f"批准人：{moved.actor.name}。",
        ],
    )


def _before(deadline: Deadline, calendar: Calendar) -> date:
    """The last day as it was without the extension."""
    run = deadline.run()
    return last_day(replace(run, extended=0), calendar)


def issue_grant(moved: Moved) -> Paper:
    case = approval_of(moved.case)
    assert case.valid_from is not None
    until = f"至{in_full(case.valid_until)}止" if case.valid_until else "，长期有效"
    requirements: list[str | dict[str, Any]] = []
    if case.conditions:
        requirements = [{"level": 1, "text": "许可要求"}, *_lines(case.conditions)]
    return put(
        case,
        "grant",
        moved,
        facts=[("有效期", f"自{in_full(case.valid_from)}起{until}"), ("许可证件", case.guide.certificate)],
        paragraphs=[
            "你（单位）的申请经审查符合法定条件、标准，依照《中华人民共和国行政许可法》第三十八条第一款，决定准予行政许可。",
            f"许可依据：{basis_of(case)}。",
            {"level": 1, "text": "许可内容"},
            *_lines(case.content),
            *requirements,
        ],
        closing=["被许可人应当按照许可内容和要求从事活动，依法接受监督检查。"],
    )


def issue_denial(moved: Moved) -> Paper:
    case = approval_of(moved.case)
    return put(
        case,
        "denial",
        moved,
        paragraphs=[
            "你（单位）的申请经审查不符合法定条件、标准，依照《中华人民共和国行政许可法》第三十八条第二款，决定不予行政许可。",
            {"level": 1, "text": "事实和理由"},
            *_lines(moved.note),
            {"level": 1, "text": "依据"},
            *_lines(case.denial_basis),
        ],
        closing=[REMEDIES],
    )
