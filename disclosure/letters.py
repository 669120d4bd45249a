"""The papers of an information request (依申请公开文书), issued in the transaction of their step.

Addressed to the applicant, with the number masked; Chinese whatever language the page is in, as they are the
bureau's letters. Each is typeset, numbered and signed by `portal.documents`, and kept with the request.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from disclosure.models import Consultation, InformationRequest, RequestPaper
from disclosure.rules import request_checks as checks
from disclosure.rules.fees import explained_by_number, explained_by_pages
from disclosure.rules.replies import FEE_LAPSED, SUPPLEMENT_LAPSED
from disclosure.rules.request_terms import BRING, CONSULT, NOTIFY, PAY, REPLY, request_of
from portal.cases.effects import Moved
from portal.cases.identity import masked_number
from portal.cases.models import Deadline
from portal.cases.terms import last_day
from portal.cases.workflow import Refused
from portal.documents.actions import issue
from portal.documents.models import Document
from portal.documents.typed import in_full

# purpose: (name of the document, word of its numbers)
PAPERS = {
    "receipt": ("政府信息公开申请登记回执", "依收"),
    "supplement": ("政府信息公开申请补正告知书", "依补"),
    "consult": ("政府信息公开征求意见函", "依征"),
    "extension": ("政府信息公开延期答复告知书", "依延"),
    "fee": ("政府信息公开信息处理费收费通知书", "依费"),
    "reply": ("政府信息公开申请答复书", "依答"),
    "lapsed": ("政府信息公开申请终止办理告知书", "依止"),
    "decided": ("政府信息公开决定告知书", "依告"),
}
# For readers of the pages, in their language.
# To others than the applicant, who does not learn who they are.
TO_OTHERS = frozenset({"consult", "decided"})
PAPER_NAMES = {
    "receipt": _("Receipt of a request"),
    "supplement": _("Supplement notice"),
    "consult": _("Letter to those whom it concerns"),
    "extension": _("Extension notice"),
    "fee": _("Fee notice"),
    "reply": _("Answer to the request"),
    "lapsed": _("Notice that the request is given up"),
    "decided": _("Letter to a third party that objected"),
}
LAW = "《中华人民共和国政府信息公开条例》"
# 行政复议法 (2023) art. 11 and 23: a refusal to disclose is reconsidered before it is brought to court.
REMEDIES = (
    "如不服本答复，可以自收到本答复书之日起六十日内向本级人民政府申请行政复议；对行政复议决定不服的，可以自收到"
    "行政复议决定书之日起十五日内依法向人民法院提起行政诉讼。"
)
REMEDIES_OF_OTHERS = (
    "如不服本答复，可以自收到本答复书之日起六十日内向本级人民政府申请行政复议，或者自收到本答复书之日起六个月内"
    "依法向人民法院提起行政诉讼。"
)
CHANNELS = {
    "web": "网络提交",
    "counter": "当面提交",
    "post_signed": "签收邮寄",
    "post_plain": "平常信函",
    "fax": "传真",
}


def kind_of(purpose: str) -> str:
    return f"request_{purpose}"


def put(
    request: InformationRequest,
    purpose: str,
    moved: Moved,
    *,
    paragraphs: Sequence[str | dict[str, Any]],
    facts: Sequence[tuple[str, str]] = (),
    closing: Sequence[str] = (),
    addressee: str = "",
    common: bool = True,
    after_event: bool = True,
) -> Document:
    """Issue a paper of the request. Raises Refused, at the field, where it cannot be made."""
    values: dict[str, Any] = {
        "addressee": addressee or request.applicant_name,
        "facts": [
            {"label": label, "value": value}
            for label, value in [*(_common(request) if common else _named(request)), *facts]
            if value
        ],
        "paragraphs": [each for each in paragraphs if each],
        "closing": list(closing),
        "contact": f"{settings.BUREAU['name']}政务公开办，电话{settings.BUREAU['contact']}",
        "service": purpose != "receipt",
    }
    name, _word = PAPERS[purpose]
    try:
        return issue(
            kind_of(purpose),
            title=name,
            values=values,
            actor=moved.actor,
            at=moved.at,
            case=request,
            after=moved.event if after_event else None,
        )
    except Refused as refused:
        # What the layout calls a place means nothing to whoever typed it.
        field = "applicant_name" if refused.field == "addressee" else None
        raise Refused(refused.message, field=field) from None


def keep(request: InformationRequest, purpose: str, document: Document) -> RequestPaper:
    return RequestPaper.objects.create(request=request, purpose=purpose, document=document)


def _named(request: InformationRequest) -> list[tuple[str, str]]:
    """What others learn: an applicant's own words, and the number, would say who asks."""
    return [("涉及的信息", request.wanted_title), ("文号", request.wanted_number)]


def _subject(request: InformationRequest) -> list[tuple[str, str]]:
    asked = " ".join(request.description.split())
    return [
        ("申请公开的信息", request.wanted_title),
        ("文号", request.wanted_number),
        ("内容描述", asked if len(asked) <= 300 else f"{asked[:300]}……"),
        ("办件编号", request.number),
    ]


def _common(request: InformationRequest) -> list[tuple[str, str]]:
    number = "身份证件号码" if request.is_person else "统一社会信用代码"
    shown = masked_number(request.applicant_number) if request.is_person else request.applicant_number
    return [("申请人", request.applicant_name), (number, shown), *_subject(request)]


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def after(word: str, text: str) -> list[str]:
    """The lines of a text, the first behind a word that says what it is."""
    lines = _lines(text)
    return [f"{word}：{lines[0]}", *lines[1:]] if lines else []


def _due(running: Sequence[Deadline], term: str) -> str:
    """The last day of a limit; one that may still move, because its year's holidays are unknown, says so."""
    found = next((each for each in running if each.term == term), None)
    if found is None or found.due_on is None:
        return ""
    return in_full(found.due_on) + ("（暂定）" if found.provisional else "")


def issue_receipt(moved: Moved) -> None:
    request = request_of(moved.case)
    assert request.received_on is not None
    reply, notify = _due(moved.running, REPLY), _due(moved.running, NOTIFY)
    document = put(
        request,
        "receipt",
        moved,
        facts=[
            ("提交方式", CHANNELS[request.channel]),
            ("收到申请之日", in_full(request.received_on)),
            ("答复截止日", reply),
        ],
        paragraphs=[
            "你（单位）提出的政府信息公开申请已登记。",
            f"收到申请之日依照{LAW}第三十一条确定，当日不计入期限。申请内容不明确的，本机关将在{notify}前（含当日）"
            f"一次性告知需要补正的事项；不需要补正的，将在{reply}前（含当日）答复（同条例第三十三条）。",
            "征求第三方和其他机关意见所需时间不计算在答复期限内。",
        ],
    )
    keep(request, "receipt", document)


def issue_supplement(moved: Moved) -> None:
    request = request_of(moved.case)
    until = _due(moved.running, BRING)
    document = put(
        request,
        "supplement",
        moved,
        facts=[("补正截止日", until)],
        paragraphs=[
            f"你（单位）的申请内容不明确，依照{LAW}第三十条，现一次性告知需要补正的事项如下。",
            *_lines(moved.note),
        ],
        closing=[
            f"请在{until}前（含当日）补正。答复期限自收到补正的申请之日起重新计算；无正当理由逾期不补正的，视为放弃申请，"
            "本机关不再处理该申请。",
        ],
    )
    keep(request, "supplement", document)


def ask_parties(moved: Moved, parties: Sequence[tuple[str, str]]) -> list[Consultation]:
    """A letter to each of those who are asked, all at once."""
    request = request_of(moved.case)
    until = _due(moved.running, CONSULT)
    rows = []
    for place, (kind, name) in enumerate(parties):
        of_third_party = kind == checks.THIRD_PARTY
        article = "第三十二条" if of_third_party else "第三十四条"
        silence = (
            "逾期未提出意见的，由本机关依法决定是否公开。"
            if of_third_party
            else "逾期未提出意见的，视为同意公开。"
        )
        whose = "涉及你（单位）的合法权益" if of_third_party else "由你单位与本机关共同制作"
        document = put(
            request,
            "consult",
            moved,
            addressee=name.strip(),
            # Who asks is nobody's business but the bureau's.
            common=False,
            facts=[("反馈截止日", until)],
            paragraphs=[
                f"本机关收到政府信息公开申请，所申请的信息{whose}，依照{LAW}{article}，现征求你（单位）是否同意公开的意见。",
                *after("说明", moved.note),
                f"请自收到本函之日起15个工作日内书面反馈；不同意公开的，请说明理由。{silence}",
            ],
            after_event=place == 0,
        )
        rows.append(
            Consultation.objects.create(
                request=request, kind=kind, name=name.strip(), asked_at=moved.at, document=document
            )
        )
    return rows


def issue_extension(moved: Moved) -> None:
    request = request_of(moved.case)
    deadline = next(each for each in moved.running if each.term == REPLY)
    assert moved.calendar is not None
    before = last_day(replace(deadline.run(), extended=0), moved.calendar)
    document = put(
        request,
        "extension",
        moved,
        facts=[("原答复截止日", in_full(before)), ("延期后答复截止日", _due(moved.running, REPLY))],
        paragraphs=[
            f"你（单位）的申请不能在20个工作日内答复，依照{LAW}第三十三条，经本机关政府信息公开工作机构负责人同意，"
            f"延长答复期限{deadline.extended}个工作日，特此告知。",
            *after("延期理由", moved.note),
            f"同意人：{moved.actor.name}。",
        ],
    )
    keep(request, "extension", document)


def issue_fee(moved: Moved) -> None:
    request = request_of(moved.case)
    # The letter is in Chinese, whatever language the page is in.
    with translation.override("zh-hans"):
        if request.fee_by == checks.BY_NUMBER:
            how = explained_by_number(request.place_in_month())
        else:
            how = explained_by_pages(request.fee_pages or 0)
    document = put(
        request,
        "fee",
        moved,
        facts=[("应缴金额", f"{request.fee}元"), ("缴费截止日", _due(moved.running, PAY))],
        paragraphs=[
            f"依照{LAW}第四十二条和《政府信息公开信息处理费管理办法》（国办函〔2020〕109号），本次申请收取信息处理费{request.fee}元。",
            *how,
            *after("缴纳方式", moved.note),
        ],
        closing=[
            "请自收到本通知次日起20个工作日内缴纳；逾期未缴纳的，视为放弃申请，本机关不再处理该申请。",
            "答复期限自完成缴费次日起重新计算。对收费决定不服的，不单独申请行政复议或者提起行政诉讼；可以在缴费期满后，就本机关不再处理该申请的行为依法申请行政复议或者提起行政诉讼。",
        ],
    )
    keep(request, "fee", document)


def issue_lapsed(moved: Moved) -> None:
    request = request_of(moved.case)
    why = {
        SUPPLEMENT_LAPSED: f"你（单位）无正当理由逾期未补正，依照{LAW}第三十条，视为放弃申请，本机关不再处理该申请。",
        FEE_LAPSED: "你（单位）逾期未按收费通知要求缴纳信息处理费，视为放弃申请，本机关不再处理该申请"
        "（国办函〔2020〕109号）。",
    }[request.outcome]
    document = put(
        request,
        "lapsed",
        moved,
        paragraphs=[why, *_lines(moved.note)],
        closing=["你（单位）可以重新提出申请。", REMEDIES_OF_OTHERS],
    )
    keep(request, "lapsed", document)
