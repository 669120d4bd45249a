"""What may be answered to an information request, and where each answer is counted in the annual report.

Source: 政府信息公开条例 (国令711号, 2019) art. 14–16 (what is not given), 30 and 35–41 (how a request is
answered); the rows are those of table 3 of the official format of the annual report (年度报告格式).
"""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

LAW = "《中华人民共和国政府信息公开条例》"
# What an answer needs besides its text.
EARLIER, AGENCY, GROUNDS = "earlier", "competent_agency", "grounds"
SUPPLEMENTED, CONSULTED = "asked_to_supplement", "third_party_asked"


@dataclass(frozen=True, slots=True)
class Reply:
    """A way to answer: what staff choose by, what the letter says, and the row of table 3 it belongs to.

    One that `gives` hands out information, so that its secrecy must have been reviewed. `needs` names what
    has to be given with it; one that `refuses` says why, in words of its own.
    """

    code: str
    label: str | Promise
    chinese: str
    article: str
    cell: str
    gives: bool = False
    needs: frozenset[str] = frozenset()
    refuses: bool = False


_EVERY = (
    Reply(
        "already_public",
        gettext_lazy("Already public: where it is found"),
        "该政府信息已经主动公开",
        "第三十六条第一项",
        "granted",
    ),
    Reply(
        "provided",
        gettext_lazy("Provided"),
        "予以公开",
        "第三十六条第二项",
        "granted",
        gives=True,
    ),
    Reply(
        "partly",
        gettext_lazy("Provided in part, the rest withheld"),
        "部分公开",
        "第三十七条",
        "partly",
        gives=True,
        needs=frozenset({GROUNDS}),
        refuses=True,
    ),
    Reply(
        "state_secret",
        gettext_lazy("Refused: state secret"),
        "该政府信息依法确定为国家秘密",
        "第十四条",
        "state_secret",
        refuses=True,
    ),
    Reply(
        "other_law",
        gettext_lazy("Refused: another law or regulation forbids it"),
        "法律、行政法规禁止公开该政府信息",
        "第十四条",
        "other_law",
        refuses=True,
    ),
    Reply(
        "three_securities",
        gettext_lazy("Refused: national, public or economic security, social stability"),
        "该政府信息公开后可能危及国家安全、公共安全、经济安全、社会稳定",
        "第十四条",
        "three_securities",
        refuses=True,
    ),
    Reply(
        "third_party",
        gettext_lazy("Refused: a third party's trade secret or privacy"),
        "该政府信息公开会对第三方合法权益造成损害",
        "第十五条",
        "third_party",
        needs=frozenset({CONSULTED}),
        refuses=True,
    ),
    Reply(
        "internal",
        gettext_lazy("Refused: internal affairs"),
        "该政府信息属于行政机关内部事务信息",
        "第十六条第一款",
        "internal",
        refuses=True,
    ),
    Reply(
        "deliberative",
        gettext_lazy("Refused: deliberation in progress"),
        "该政府信息属于行政机关履行行政管理职能过程中形成的过程性信息",
        "第十六条第二款",
        "deliberative",
        refuses=True,
    ),
    Reply(
        "enforcement_file",
        gettext_lazy("Refused: file of an enforcement case"),
        "该政府信息属于行政执法案卷信息",
        "第十六条第二款",
        "enforcement_file",
        refuses=True,
    ),
    Reply(
        "administrative_query",
        gettext_lazy("Refused: a register with rules of its own is to be asked"),
        "该政府信息的获取由有关法律、行政法规另行规定",
        "第三十六条第七项",
        "administrative_query",
        refuses=True,
        needs=frozenset({AGENCY}),
    ),
    Reply(
        "not_held",
        gettext_lazy("Does not exist, after a search"),
        "经检索，该政府信息不存在",
        "第三十六条第四项",
        "not_held",
        refuses=True,
    ),
    Reply(
        "not_this_agency",
        gettext_lazy("Another agency has it"),
        "该政府信息不属于本机关负责公开",
        "第三十六条第五项",
        "not_held",
        needs=frozenset({AGENCY}),
        refuses=True,
    ),
    Reply(
        "needs_making",
        gettext_lazy("Would first have to be made or analysed"),
        "该信息需要行政机关对现有政府信息进行加工、分析",
        "第三十八条",
        "needs_making",
        refuses=True,
    ),
    Reply(
        "still_unclear",
        gettext_lazy("Still unclear after the supplement"),
        "补正后申请内容仍不明确",
        "第三十条",
        "still_unclear",
        needs=frozenset({SUPPLEMENTED}),
        refuses=True,
    ),
    Reply(
        "petition",
        gettext_lazy("Not processed: a petition, complaint or report"),
        "该申请以政府信息公开申请的形式进行信访、投诉、举报等活动",
        "第三十九条第一款",
        "petition",
        refuses=True,
    ),
    Reply(
        "duplicate",
        gettext_lazy("Not processed: asked and answered before"),
        "行政机关已就该申请作出答复，申请人重复申请公开相同政府信息",
        "第三十六条第六项",
        "duplicate",
        needs=frozenset({EARLIER}),
        refuses=True,
    ),
    Reply(
        "printed_matter",
        gettext_lazy("Not processed: a gazette, newspaper, journal or book"),
        "该申请要求提供政府公报、报刊、书籍等公开出版物",
        "第三十九条第二款",
        "printed_matter",
        refuses=True,
    ),
    Reply(
        "excessive",
        gettext_lazy("Not processed: very many or repeated requests without good reason"),
        "该申请属于无正当理由大量、反复申请",
        "第三十五条",
        "excessive",
        refuses=True,
    ),
    Reply(
        "confirm_again",
        gettext_lazy("Not processed: asks to confirm or reissue what was received"),
        "该申请要求行政机关确认或者重新出具已经获取的政府信息",
        # What is government information at all: something that is recorded, not to be certified anew.
        "第二条",
        "confirm_again",
        refuses=True,
    ),
    Reply(
        "other",
        gettext_lazy("Dealt with otherwise (say how)"),
        "对该申请作其他处理",
        "第三十六条",
        "other",
        refuses=True,
    ),
)
REPLIES = {each.code: each for each in _EVERY}
# What part of a document may be withheld for, when the rest is given (art. 37).
WITHHELD = tuple(
    code
    for code in REPLIES
    if code
    in (
        "state_secret",
        "other_law",
        "three_securities",
        "third_party",
        "internal",
        "deliberative",
        "enforcement_file",
    )
)
# How a request ends that nobody answers.
SUPPLEMENT_LAPSED, FEE_LAPSED, OTHER = "supplement_lapsed", "fee_lapsed", "other"


@dataclass(frozen=True, slots=True)
class Row:
    """A row of table 3: its cell, or the cells that it adds up; `chinese` as the format prints it."""

    code: str
    chinese: str
    label: str | Promise
    cells: tuple[str, ...]
    level: int = 2


REFUSED = (
    *("state_secret", "other_law", "three_securities", "third_party", "internal", "deliberative"),
    *("enforcement_file", "administrative_query"),
)
CANNOT = ("not_held", "needs_making", "still_unclear")
NOT_PROCESSED = ("petition", "duplicate", "printed_matter", "excessive", "confirm_again")
ENDED_OTHERWISE = (SUPPLEMENT_LAPSED, FEE_LAPSED, OTHER)
CELLS = ("granted", "partly", *REFUSED, *CANNOT, *NOT_PROCESSED, *ENDED_OTHERWISE)

RESULTS = (
    Row("granted", "（一）予以公开", gettext_lazy("(1) Granted"), ("granted",), 1),
    Row(
        "partly",
        "（二）部分公开（区分处理的，只计这一情形，不计其他情形）",
        gettext_lazy("(2) Granted in part"),
        ("partly",),
        1,
    ),
    Row("refused", "（三）不予公开", gettext_lazy("(3) Refused"), REFUSED, 1),
    Row("state_secret", "1.属于国家秘密", gettext_lazy("1. State secret"), ("state_secret",)),
    Row("other_law", "2.其他法律行政法规禁止公开", gettext_lazy("2. Another law forbids it"), ("other_law",)),
    Row(
        "three_securities",
        "3.危及“三安全一稳定”",
        gettext_lazy("3. Security and stability"),
        ("three_securities",),
    ),
    Row("third_party", "4.保护第三方合法权益", gettext_lazy("4. Rights of a third party"), ("third_party",)),
    Row("internal", "5.属于三类内部事务信息", gettext_lazy("5. Internal affairs"), ("internal",)),
    Row("deliberative", "6.属于四类过程性信息", gettext_lazy("6. Deliberation"), ("deliberative",)),
    Row("enforcement_file", "7.属于行政执法案卷", gettext_lazy("7. Enforcement file"), ("enforcement_file",)),
    Row(
        "administrative_query",
        "8.属于行政查询事项",
        gettext_lazy("8. Administrative query"),
        ("administrative_query",),
    ),
    Row("cannot", "（四）无法提供", gettext_lazy("(4) Cannot be provided"), CANNOT, 1),
    Row("not_held", "1.本机关不掌握相关政府信息", gettext_lazy("1. Not held by this agency"), ("not_held",)),
    Row(
        "needs_making",
        "2.没有现成信息需要另行制作",
        gettext_lazy("2. Would have to be made"),
        ("needs_making",),
    ),
    Row(
        "still_unclear",
        "3.补正后申请内容仍不明确",
        gettext_lazy("3. Unclear after the supplement"),
        ("still_unclear",),
    ),
    Row("not_processed", "（五）不予处理", gettext_lazy("(5) Not processed"), NOT_PROCESSED, 1),
    Row("petition", "1.信访举报投诉类申请", gettext_lazy("1. Petitions and complaints"), ("petition",)),
    Row("duplicate", "2.重复申请", gettext_lazy("2. Asked before"), ("duplicate",)),
    Row("printed_matter", "3.要求提供公开出版物", gettext_lazy("3. Printed matter"), ("printed_matter",)),
    Row("excessive", "4.无正当理由大量反复申请", gettext_lazy("4. Very many or repeated"), ("excessive",)),
    Row(
        "confirm_again",
        "5.要求行政机关确认或重新出具已获取信息",
        gettext_lazy("5. Confirm or reissue"),
        ("confirm_again",),
    ),
    Row("otherwise", "（六）其他处理", gettext_lazy("(6) Ended otherwise"), ENDED_OTHERWISE, 1),
    Row(
        "supplement_lapsed",
        "1.申请人无正当理由逾期不补正、行政机关不再处理其政府信息公开申请",
        gettext_lazy("1. Not supplemented in time"),
        (SUPPLEMENT_LAPSED,),
    ),
    Row(
        "fee_lapsed",
        "2.申请人逾期未按收费通知要求缴纳费用、行政机关不再处理其政府信息公开申请",
        gettext_lazy("2. Fee not paid in time"),
        (FEE_LAPSED,),
    ),
    Row("other", "3.其他", gettext_lazy("3. Other"), (OTHER,)),
    Row("total", "（七）总计", gettext_lazy("(7) Total"), CELLS, 1),
)


def reply_named(code: str) -> Reply | None:
    return REPLIES.get(code)
