"""The answer to an information request (答复书): one for each kind of answer, with its article and remedies."""

from __future__ import annotations

from typing import Any

from django.conf import settings

from disclosure.letters import LAW, REMEDIES, REMEDIES_OF_OTHERS, after, keep, put
from disclosure.models import Consultation, InformationRequest
from disclosure.rules.replies import REPLIES, Reply
from disclosure.rules.request_checks import OBJECTS, THIRD_PARTY
from disclosure.rules.request_terms import request_of
from portal.cases.effects import Moved
from portal.documents.typed import in_full


def issue_reply(moved: Moved) -> None:
    """The answer (答复书): one for each kind, with its article, its reasons and the remedies."""
    request = request_of(moved.case)
    reply = REPLIES[request.reply_type]
    assert request.received_on is not None
    document = put(
        request,
        "reply",
        moved,
        facts=[("收到申请之日", in_full(request.received_on)), ("答复类型", reply.chinese)],
        paragraphs=[_opening(request), *_body(request, reply)],
        closing=_closing(request, reply),
    )
    keep(request, "reply", document)


def objectors(request: InformationRequest) -> list[Consultation]:
    """Who was asked and objected."""
    return [each for each in request.consultations.all() if each.answer == OBJECTS]


def tell_objectors(moved: Moved) -> None:
    """Art. 32: a third party that objected learns in writing what is given all the same, and why."""
    request = request_of(moved.case)
    if not REPLIES[request.reply_type].gives or not request.public_interest:
        return
    for each in objectors(request):
        if each.kind != THIRD_PARTY:
            continue
        document = put(
            request,
            "decided",
            moved,
            addressee=each.name,
            common=False,
            facts=[("征求意见函文号", each.document.number)],
            paragraphs=[
                f"你（单位）对公开征求意见函所列的政府信息提出了不同意的意见。本机关认为不公开可能对公共利益造成重大影响，依照{LAW}第三十二条，决定予以公开。",
                *after("理由", request.public_interest),
            ],
            closing=[REMEDIES_OF_OTHERS],
            after_event=False,
        )
        keep(request, "decided", document)


def _opening(request: InformationRequest) -> str:
    assert request.received_on is not None
    when = in_full(request.received_on)
    return f"本机关于{when}收到你（单位）提出的政府信息公开申请，经审查，现答复如下。"


def _body(request: InformationRequest, reply: Reply) -> list[str | dict[str, Any]]:
    item, earlier = request.public_item, request.earlier
    decided = {
        "already_public": "你（单位）申请的政府信息已经主动公开，现告知获取该信息的方式、途径。",
        "provided": "你（单位）申请的政府信息可以公开，现予提供。",
        "partly": "你（单位）申请的信息中含有不应当公开的内容，但是能够作区分处理，现提供可以公开的内容，其余部分不予公开。",
        "not_held": "本机关经检索，没有所申请公开的政府信息。",
        "not_this_agency": f"所申请公开的信息不属于本机关负责公开，请向{request.competent_agency}提出申请。",
        "needs_making": "所申请的信息需要对现有政府信息进行加工、分析，本机关不予提供。",
        "still_unclear": "经补正，申请内容仍不明确，本机关无法提供。",
        "duplicate": "本机关已就你（单位）相同的申请作出答复，不再重复处理。",
        "petition": "你（单位）以政府信息公开申请的形式进行信访、投诉、举报等活动，本机关不作为政府信息公开申请处理，请通过相应渠道提出。",
        "printed_matter": "你（单位）的申请要求提供公开出版物，本机关不作为政府信息公开申请处理，现告知获取的途径。",
        "excessive": "你（单位）申请公开政府信息的数量、频次明显超过合理范围，说明的理由不合理，本机关不予处理。",
        "confirm_again": "你（单位）要求确认或者重新出具已经获取的政府信息，本机关不予处理。",
        "administrative_query": f"有关法律、行政法规对所申请信息的获取有特别规定，请依照其规定向{request.competent_agency}办理。",
        "other": "对你（单位）的申请处理如下。",
    }.get(reply.code, f"{reply.chinese}，决定不予公开。")
    lines: list[str | dict[str, Any]] = [f"依据：{LAW}{reply.article}。", decided]
    if item is not None:
        address = f"{settings.PUBLIC_URL}{item.get_absolute_url()}"
        lines.append(f"《{item.title}》，索引号{item.index_number}，网址 {address} 。")
    if earlier is not None:
        lines.append(f"此前的申请编号为{earlier.number}。")
    if request.withheld_grounds:
        why = "；".join(
            f"{REPLIES[each].chinese}（{REPLIES[each].article}）" for each in request.withheld_grounds
        )
        lines.append(f"不予公开部分的理由：{why}。")
    if request.public_interest:
        third = any(each.kind == THIRD_PARTY for each in objectors(request))
        who = (
            "第三方不同意公开，本机关认为不公开可能对公共利益造成重大影响"
            if third
            else "共同制作机关不同意公开，本机关决定公开的理由"
        )
        lines += after(who, request.public_interest)
    return [*lines, *after("理由" if reply.refuses else "说明", request.reply_text)]


def _closing(request: InformationRequest, reply: Reply) -> list[str]:
    names = [each.name for each in request.files.all() if each.is_given]
    given = [f"随本答复书提供：{'、'.join(names)}。"] if names else []
    # 行政复议法 (2023) art. 23: of a refusal to disclose; scope beyond that is not settled.
    refused = reply.cell not in ("granted",) and reply.refuses
    return [*given, REMEDIES if refused else REMEDIES_OF_OTHERS]
