"""What stands on the papers of the window, read from the PDFs themselves (domain.md, section 8).

All carry: agency, title, number, addressee with a masked number, item and its code, the law, contact, check
code, date, seal, proof of service. Each says besides what its article demands (行政许可法): 32 (receipt,
acceptance, supplement, refusal), 38 (decisions, remedies in a denial), 42 (extension), 45 (excluded time).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from approvals import papers
from approvals.actions import apply, take
from approvals.models import ApprovalCase, Paper
from portal.cases.actions import sweep
from portal.cases.workflow import Refused
from portal.documents.actions import document_bytes
from portal.documents.models import Document
from portal.ledger.models import Event
from portal.organisation.actors import CITIZEN, SYSTEM
from tests.approvals.window import CREDIT_CODE, ID_NUMBER, application, case_in, looked_at
from tests.bureau import MONDAY, Bureau, moment
from tests.portal.documents.papers import text_of

LAW = "《中华人民共和国行政许可法》"
REMEDIES = ("六十日内", "行政复议", "六个月内", "行政诉讼")


@pytest.fixture
def bureau(window: Bureau) -> Bureau:
    return window


@pytest.fixture
def walked(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Callable[..., ApprovalCase]:
    """`case_in`, with plain papers on the way: only the last paper is typeset and looked at."""

    def walk(state: str, bureau: Bureau, item: str = "all", *, at: datetime = MONDAY) -> ApprovalCase:
        from portal.documents import actions

        real = actions._signed
        request.getfixturevalue("plain_papers")
        try:
            return case_in(state, bureau, item, at=at)
        finally:
            monkeypatch.setattr(actions, "_signed", real)

    return walk


def text(case: ApprovalCase, purpose: str) -> str:
    """The latest paper of the purpose, as poppler reads it, without white space."""
    paper = Paper.objects.filter(case=case, purpose=purpose).latest("id")
    return text_of(document_bytes(paper.document))


def in_order(found: str, *parts: str) -> None:
    places = [found.index(part) for part in parts]
    assert places == sorted(places), parts


VALIDITY = {"valid_from": date(2026, 11, 2), "valid_until": date(2027, 11, 1)}
SPECIAL = {"special_kind": "hearing", "days": 5, "note": "涉及他人重大利益。"}
REFUSAL = {
    "refusal_ground": "not_this_agency",
    "competent_agency": "测试市水利局",
    "note": "占用的是河道管理范围。\n请向水利部门咨询。",
}
# purpose: (state, who, verb, what is entered, word of the number, title, the article it rests on)
ISSUED: dict[str, tuple[str, str, str, dict[str, Any], str, str, str]] = {
    "acceptance": (
        "received:in_order",
        "clerk",
        "accept",
        {},
        "许受",
        "行政许可申请受理通知书",
        "第三十二条",
    ),
    "supplement": (
        *("received:missing", "clerk", "ask_supplement", {"note": "图纸请按1:500绘制。"}),
        *("许补", "行政许可申请补正材料告知书", "第三十二条"),
    ),
    "refusal": (
        *("received", "clerk", "refuse", REFUSAL, "许拒", "行政许可申请不予受理决定书", "第三十二条"),
    ),
    "special": (
        *("accepted", "clerk", "special_procedure", SPECIAL),
        *("许特", "行政许可特别程序告知书", "第四十五条"),
    ),
    "extension": (
        *("accepted", "agency_head", "extend", {"extend_by": 10, "note": "需要征求文物部门意见。"}),
        *("许延", "行政许可延期办理告知书", "第四十二条"),
    ),
    "grant": (
        *("sign_off", "chief", "grant"),
        {"content": "占用绿地20平方米。\n不得砍伐树木。", "conditions": "设置围挡。\n到期恢复。", **VALIDITY},
        *("许准", "准予行政许可决定书", "第三十八条第一款"),
    ),
    "denial": (
        *("sign_off", "chief", "deny"),
        {"note": "现场有古树两株。\n占用将损毁其根系。", "denial_basis": "《城市绿化条例》第二十四条"},
        *("许否", "不予行政许可决定书", "第三十八条第二款"),
    ),
}


def issue(
    purpose: str, bureau: Bureau, walked: Callable[..., ApprovalCase], *, at: datetime = MONDAY, **more: Any
) -> ApprovalCase:
    if purpose == "receipt":
        return apply(application(), actor=CITIZEN, at=at)
    if purpose == "permit":
        return take(walked("granted", bureau, at=at), "issue_certificate", actor=bureau.actor("clerk"), at=at)
    state, who, verb, entered, *_more = ISSUED[purpose]
    case = walked(state, bureau, at=at)
    return take(case, verb, actor=bureau.actor(who), at=at, **{**entered, **more})


# What all carry ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("purpose", [*papers.PAPERS, "permit"])
def test_every_paper_carries_what_all_carry(bureau, walked, purpose):
    case = issue(purpose, bureau, walked)
    found = text(case, purpose)
    paper = Paper.objects.get(case=case, purpose=purpose)
    document = paper.document
    title, word = {
        "receipt": ("行政许可申请收件回执", "许收"),
        "permit": ("临时占用绿地许可证", "许证"),
        **{purpose: (each[5], each[4]) for purpose, each in ISSUED.items()},
    }[purpose]
    assert document.number == f"云城管{word}〔2026〕{document.number.partition('〕')[2]}"
    assert (document.title, document.case_id, document.is_public) == (title, case.pk, False)
    for each in (
        *(settings.BUREAU["name"], title, document.number, "测试市民", "330802**********39"),
        *("临时占用城市绿地审批", "11330800MB0DEM019D4000117000001", "2026年11月2日"),
        f"核验码{document.shown_code}",
    ):
        assert each in found, each
    if purpose != "permit":
        for each in (
            *("测试市民：", case.number, "因管道施工，临时占用门前绿地20平方米。", LAW, "送达回证"),
            *("测试市政务服务中心2楼城管窗口", "0570-5550140"),
            f"送达文书{title}（{document.number}）",
        ):
            assert each in found, each
    for private in (ID_NUMBER, "19900307", "19900000001", case.lookup_code):
        assert private not in found, private
    # Every sentence is Chinese, and nothing was left unfilled.
    for unfilled in ("None", "{", "}", "前前", "，，", "。。", "：。", "至止", "自起"):
        assert unfilled not in found, unfilled


@pytest.mark.parametrize("purpose", ISSUED)
def test_every_paper_rests_on_its_article(bureau, walked, purpose):
    found = text(issue(purpose, bureau, walked), purpose)
    assert f"{LAW}{ISSUED[purpose][6]}" in found


@pytest.mark.parametrize("purpose", [*papers.PAPERS])
def test_only_a_refusal_and_a_denial_tell_the_remedies(bureau, walked, purpose):
    found = text(issue(purpose, bureau, walked), purpose)
    told = {remedy for remedy in REMEDIES if remedy in found}
    assert told == (set(REMEDIES) if purpose in ("refusal", "denial") else set())


def test_a_bodys_credit_code_is_public_and_stands_in_full(bureau):
    told = application(
        applicant_kind="body",
        applicant_name="云溪某某商贸有限公司",
        applicant_number=CREDIT_CODE,
        representative="测试代理人",
    )
    found = text(apply(told, actor=CITIZEN, at=MONDAY), "receipt")
    assert f"统一社会信用代码{CREDIT_CODE}" in found
    assert "云溪某某商贸有限公司：" in found
    assert "身份证件号码" not in found


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_a_paper_is_chinese_whatever_language_the_page_is_in(bureau, walked, language):
    """Fails as long as the catalogue lacks the names of the procedures: a paper says "Hearing" then."""
    from django.utils import translation

    with translation.override(language):
        found = text(issue("special", bureau, walked), "special")
    assert "特别程序听证" in found
    assert "Hearing" not in found


# Their numbers ----------------------------------------------------------------------------------------------


def test_each_kind_of_paper_is_numbered_by_itself_and_without_a_gap(bureau, plain_papers):
    for _twice in range(2):
        case_in("serving:granted", bureau)
    case_in("received:again", bureau)
    case_in("received", bureau, at=moment("2027-01-04 09:00"))
    found = Paper.objects.order_by("id").values_list("document__number", flat=True)
    assert [number for number in found if "许收" in number] == [
        "云城管许收〔2026〕1号",
        "云城管许收〔2026〕2号",
        "云城管许收〔2026〕3号",
        # For what was supplemented there is a receipt as well.
        "云城管许收〔2026〕4号",
        "云城管许收〔2027〕1号",
    ]
    assert [number for number in found if "许证" in number] == [
        "云城管许证〔2026〕1号",
        "云城管许证〔2026〕2号",
    ]
    assert [number for number in found if "许补" in number] == ["云城管许补〔2026〕1号"]


def test_a_paper_that_is_not_issued_uses_up_no_number(bureau, plain_papers):
    case = case_in("sign_off", bureau)
    with pytest.raises(Refused):
        take(case, "deny", actor=bureau.actor("chief"), at=MONDAY, note="x", denial_basis="")
    case_in("serving:denied", bureau)
    [denial] = Paper.objects.filter(purpose="denial")
    assert denial.document.number == "云城管许否〔2026〕1号"


# What each says ---------------------------------------------------------------------------------------------


def test_a_receipt_says_until_when_the_bureau_answers_and_what_silence_means(bureau):
    found = text(apply(application(), actor=CITIZEN, at=MONDAY), "receipt")
    in_order(
        found,
        "收到日期2026年11月2日",
        "受理审查截止日2026年11月9日",
        "申请材料已收到",
        "逾期不告知的，自收到申请材料之日起即为受理",
        "1申请表原件1份",
        "2现场平面图复印件1份",
        "3授权委托书原件1份",
        "以上共3项。",
    )


def test_an_acceptance_notice_names_days_materials_and_what_is_excluded(bureau, walked):
    found = text(issue("acceptance", bureau, walked), "acceptance")
    in_order(
        found,
        "收到日期2026年11月2日",
        "受理日期2026年11月2日",
        "法定办结日2026年11月30日",
        "承诺办结日2026年11月11日",
        "予以受理",
        "许可依据：《城市绿化条例》第二十条。",
        "听证、招标、拍卖、检验、检测、检疫、鉴定和专家评审所需时间不计算在上述期限内",
        "已收材料",
        "1申请表原件1份",
        "2现场平面图复印件1份",
        "以上共2项。",
    )
    # Not required, and not brought.
    assert "授权委托书" not in found


def test_an_acceptance_a_day_later_says_so(bureau, walked):
    case = issue(
        "acceptance", bureau, lambda *args, **more: walked(args[0], bureau), at=moment("2026-11-04 10:00")
    )
    found = text(case, "acceptance")
    for each in ("收到日期2026年11月2日", "受理日期2026年11月4日", "法定办结日2026年12月2日"):
        assert each in found


def test_what_was_accepted_by_silence_was_accepted_on_the_day_of_receipt(bureau, walked):
    case = walked("received", bureau)
    sweep(at=moment("2026-11-10 00:00"))
    at = moment("2026-11-12 10:00")
    take(case, "certify_acceptance", actor=bureau.actor("clerk"), at=at)
    found = text(case, "acceptance")
    in_order(
        found,
        "收到日期2026年11月2日",
        "受理日期2026年11月2日",
        "法定办结日2026年11月30日",
        "承诺办结日2026年11月11日",
        "自收到申请材料之日起即为受理",
        "2026年11月12日",
    )
    assert "予以受理" not in found
    # Nobody had looked at the materials.
    assert "已收材料" not in found


def test_a_supplement_notice_names_everything_and_nothing_else(bureau, walked):
    found = text(issue("supplement", bureau, walked), "supplement")
    in_order(
        found,
        "现一次性告知需要补正的全部内容",
        "图纸请按1:500绘制。",
        "需要补正的材料",
        "1现场平面图图上未标注尺寸",
        "以上共1项。",
        "请在2026年11月23日前（含当日）补正",
        "逾期未补正的，本机关可以作出不予受理决定",
        "自收到补正材料之日起即为受理",
    )
    assert "申请表" not in found


def test_what_is_not_required_and_faulty_is_named_too(bureau, plain_papers, monkeypatch):
    case = case_in("received", bureau)
    clerk = bureau.actor("clerk")
    case = take(case, "check_materials", actor=clerk, at=MONDAY, checked=looked_at(case, 1, 3))
    monkeypatch.undo()
    found = text(take(case, "ask_supplement", actor=clerk, at=MONDAY), "supplement")
    for each in ("1申请表图上未标注尺寸", "2授权委托书图上未标注尺寸", "以上共2项。"):
        assert each in found


@pytest.mark.parametrize(
    ("ground", "says"),
    [
        ("not_needed", "该事项依法不需要取得行政许可"),
        ("not_this_agency", "该事项依法不属于本机关职权范围，请向测试市水利局申请"),
    ],
)
def test_a_refusal_says_why_and_whom_to_ask(bureau, walked, ground, says):
    found = text(issue("refusal", bureau, walked, refusal_ground=ground), "refusal")
    in_order(
        found,
        "收到日期2026年11月2日",
        f"{says}，依照{LAW}第三十二条，决定不予受理。",
        "理由：占用的是河道管理范围。",
        "请向水利部门咨询。",
        "如不服本决定",
    )
    assert found.count("理由：") == 1


def test_a_refusal_for_want_of_a_supplement(bureau, walked):
    case = walked("supplement", bureau)
    take(
        case,
        "refuse",
        actor=bureau.actor("clerk"),
        at=moment("2026-11-24 09:00"),
        refusal_ground="not_supplemented",
        note="至11月23日未收到。",
    )
    found = text(case, "refusal")
    assert "申请材料不齐全或者不符合法定形式，告知后未补正" in found
    assert "2026年11月24日" in found


def test_a_refusal_for_false_materials_rests_on_its_own_article(bureau, walked):
    told = {"refusal_ground": "not_admissible", "competent_agency": "", "note": "产权证明系伪造。"}
    found = text(issue("refusal", bureau, walked, **told), "refusal")
    assert "第七十八条" in found


def test_a_notice_of_a_special_procedure_says_how_long_it_takes(bureau, walked):
    """Art. 45: the applicant is told in writing how much time it takes."""
    found = text(issue("special", bureau, walked), "special")
    in_order(
        found,
        "所需时间5个工作日，自2026年11月3日起至2026年11月9日止",
        "所需时间不计算在办理期限内",
        "事由：涉及他人重大利益。",
        "提前结束的，办理期限自结束的次日起继续计算。",
    )


def test_an_extension_names_old_and_new_day_reason_and_who_approved(bureau, walked):
    found = text(issue("extension", bureau, walked), "extension")
    in_order(
        found,
        "原法定办结日2026年11月30日",
        "延期后办结日2026年12月14日",
        "经本机关负责人批准，延长办理期限10个工作日",
        "延期理由：需要征求文物部门意见。",
        "批准人：局样例。",
    )


def test_an_extension_after_excluded_time_names_the_days_as_they_were(bureau, walked):
    case = walked("accepted:special", bureau)
    take(case, "extend", actor=bureau.actor("agency_head"), at=MONDAY, extend_by=10, note="案情复杂。")
    found = text(case, "extension")
    assert "原法定办结日2026年12月7日" in found
    assert "延期后办结日2026年12月21日" in found


def test_a_grant_names_content_requirements_and_validity(bureau, walked):
    found = text(issue("grant", bureau, walked), "grant")
    in_order(
        found,
        "有效期自2026年11月2日起至2027年11月1日止",
        "许可证件临时占用绿地许可证",
        "决定准予行政许可",
        "许可依据：《城市绿化条例》第二十条。",
        "一、许可内容",
        "占用绿地20平方米。",
        "不得砍伐树木。",
        "二、许可要求",
        "设置围挡。",
        "到期恢复。",
    )


def test_a_grant_without_end_certificate_or_requirements(bureau, walked):
    case = walked("sign_off", bureau, "direct")
    told = {"content": "准予处置。", "valid_from": date(2026, 11, 2), "valid_until": None}
    take(case, "grant", actor=bureau.actor("chief"), at=MONDAY, **told)
    found = text(case, "grant")
    assert "有效期自2026年11月2日起，长期有效" in found
    assert "许可证件" not in found
    assert "许可要求" not in found


def test_a_denial_names_facts_reasons_and_the_law(bureau, walked):
    found = text(issue("denial", bureau, walked), "denial")
    in_order(
        found,
        "决定不予行政许可",
        "一、事实和理由",
        "现场有古树两株。",
        "占用将损毁其根系。",
        "二、依据",
        "《城市绿化条例》第二十四条",
        "如不服本决定",
    )


def test_a_certificate_says_what_where_and_how_long(bureau, walked):
    found = text(issue("permit", bureau, walked), "permit")
    for each in (
        "持证人：测试市民证件号码330802**********39",
        "许可内容：准予临时占用绿地20平方米。",
        "许可地点：青石路12号",
        "有效期限：自2026年11月2日起至2027年11月2日止",
    ):
        assert each in found
    assert "许可依据：《城市绿化条例》第二十条" in found


# Days that are not certain ----------------------------------------------------------------------------------


@pytest.mark.parametrize("purpose", ["receipt", "acceptance", "supplement", "special", "extension"])
def test_a_day_in_a_year_whose_holidays_are_unknown_is_provisional(bureau, walked, purpose):
    at = moment("2026-12-28 10:00")
    found = text(issue(purpose, bureau, walked, at=at), purpose)
    assert "2027年1月" in found
    assert "暂定" in found


# What cannot be printed -------------------------------------------------------------------------------------


def test_what_cannot_be_printed_is_said_at_its_field(bureau):
    with pytest.raises(Refused) as refused:
        apply(application(subject_matter="占用绿地\U0001f600"), actor=CITIZEN, at=MONDAY)
    assert refused.value.field == "subject_matter"
    assert "\U0001f600" in str(refused.value.message)


# The clock needs no paper -----------------------------------------------------------------------------------


def broken(*_args: Any, **_more: Any) -> Any:
    raise Refused("the printer is on fire")


@pytest.mark.parametrize("item", ["all", "short", "direct"])
def test_silence_accepts_without_a_paper_and_though_none_can_be_made(bureau, plain_papers, monkeypatch, item):
    case = case_in("received", bureau, item)
    before = Document.objects.count()
    monkeypatch.setattr("portal.documents.actions._signed", broken)
    result = sweep(at=moment("2026-11-10 00:00"))
    assert (result.followed, result.failed) == (1, 0)
    case = ApprovalCase.objects.get(pk=case.pk)
    assert case.deemed is True
    assert Document.objects.count() == before
    assert list(Paper.objects.filter(case=case).values_list("purpose", flat=True)) == ["receipt"]


@pytest.mark.parametrize("purpose", [*ISSUED, "permit"])
def test_where_no_paper_can_be_made_nothing_has_happened(bureau, plain_papers, monkeypatch, purpose):
    state, who, verb, entered, *_more = (
        ("granted", "clerk", "issue_certificate", {}) if purpose == "permit" else ISSUED[purpose]
    )
    case = case_in(state, bureau)
    before = (ApprovalCase.objects.filter(pk=case.pk).values().get(), Event.objects.count(), in_storage())
    monkeypatch.setattr("portal.documents.actions._signed", broken)
    with pytest.raises(Refused):
        take(case, verb, actor=bureau.actor(who), at=MONDAY, **entered)
    after = (ApprovalCase.objects.filter(pk=case.pk).values().get(), Event.objects.count(), in_storage())
    assert after == before


def in_storage() -> set[Path]:
    return {path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()}


def test_a_procedure_that_comes_too_late_leaves_no_paper_in_storage(bureau, plain_papers):
    case = case_in("accepted", bureau)
    before = in_storage()
    with pytest.raises(Refused):
        take(case, "special_procedure", actor=bureau.actor("clerk"), at=moment("2026-12-01 09:00"), **SPECIAL)
    assert in_storage() == before


# Proof of service -------------------------------------------------------------------------------------------


def test_the_proof_of_service_stands_with_what_was_decided(bureau, plain_papers):
    case = case_in("serving:granted", bureau)
    told = {"served_by": "post", "served_to": "测试市民", "served_on": date(2026, 11, 3)}
    take(case, "serve", actor=bureau.actor("clerk"), at=moment("2026-11-04 09:00"), **told)
    proofs = {
        paper.purpose: (paper.served_by, paper.served_to, paper.served_on)
        for paper in Paper.objects.filter(case=case)
    }
    served = ("post", "测试市民", date(2026, 11, 3))
    assert proofs == {
        "receipt": ("", "", None),
        "acceptance": ("", "", None),
        "grant": served,
        "permit": served,
    }


def test_who_issued_a_paper_is_known(bureau, plain_papers):
    case_in("serving:granted", bureau)
    made = dict(Paper.objects.values_list("purpose", "document__made_by_name"))
    assert made == {"receipt": "窗样例", "acceptance": "窗样例", "grant": "签样例", "permit": "窗样例"}
    assert SYSTEM.name not in made.values()
