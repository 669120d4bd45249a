"""What rows and columns of the annual report are called: on the form, and to who reads in English.

Source: 政府信息公开工作年度报告格式 (国办公开办函〔2021〕30号).
"""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy

from disclosure.rules.replies import RESULTS


@dataclass(frozen=True, slots=True)
class Name:
    """A row, a column or a heading; `chinese` is how the form prints it."""

    code: str
    chinese: str
    label: str | Promise

    def __str__(self) -> str:
        return str(self.label) if (get_language() or "").startswith("en") else self.chinese


def _by_code(*names: Name) -> dict[str, Name]:
    return {each.code: each for each in names}


CHAPTERS = _by_code(
    Name("overall", "一、总体情况", gettext_lazy("1. Overview")),
    Name("proactive", "二、主动公开政府信息情况", gettext_lazy("2. What was made public unasked")),
    Name(
        "requests", "三、收到和处理政府信息公开申请情况", gettext_lazy("3. Requests received and dealt with")
    ),
    Name(
        "remedies",
        "四、因政府信息公开工作被申请行政复议、提起行政诉讼情况",
        gettext_lazy("4. Reconsiderations and suits about open government"),
    ),
    Name(
        "problems", "五、存在的主要问题及改进情况", gettext_lazy("5. Problems, and what is done about them")
    ),
    Name("others", "六、其他需要报告的事项", gettext_lazy("6. What else is to be reported")),
)

# Table 2: item of art. 20, its lines and their columns.
ITEMS = _by_code(
    Name("item_1", "第二十条第（一）项", gettext_lazy("Article 20, item 1")),
    Name("item_5", "第二十条第（五）项", gettext_lazy("Article 20, item 5")),
    Name("item_6", "第二十条第（六）项", gettext_lazy("Article 20, item 6")),
    Name("item_8", "第二十条第（八）项", gettext_lazy("Article 20, item 8")),
)
CONTENT = Name("content", "信息内容", gettext_lazy("What it is about"))
LINES = _by_code(
    Name("rules", "规章", gettext_lazy("Rules")),
    Name("normative_documents", "行政规范性文件", gettext_lazy("Normative documents")),
    Name("permits", "行政许可", gettext_lazy("Permits")),
    Name("penalties", "行政处罚", gettext_lazy("Penalties")),
    Name("compulsory_measures", "行政强制", gettext_lazy("Compulsory measures")),
    Name("fees", "行政事业性收费", gettext_lazy("Administrative fees")),
)
MEASURES = _by_code(
    Name("made", "本年制发件数", gettext_lazy("Made this year")),
    Name("repealed", "本年废止件数", gettext_lazy("Repealed this year")),
    Name("in_force", "现行有效件数", gettext_lazy("In force")),
    Name("decisions", "本年处理决定数量", gettext_lazy("Decisions this year")),
    Name("amount", "本年收费金额（单位：万元）", gettext_lazy("Collected this year, in ten thousand yuan")),
)

# Table 3.
RECEIVED = Name("received", "一、本年新收政府信息公开申请数量", gettext_lazy("1. Received this year"))
CARRIED_IN = Name(
    "carried_in", "二、上年结转政府信息公开申请数量", gettext_lazy("2. Carried over from last year")
)
RESULTS_OF_YEAR = Name("results", "三、本年度办理结果", gettext_lazy("3. Results of this year"))
CARRIED_OUT = Name("carried_out", "四、结转下年度继续办理", gettext_lazy("4. Carried over to next year"))
ROWS = _by_code(
    RECEIVED, CARRIED_IN, *(Name(row.code, row.chinese, row.label) for row in RESULTS), CARRIED_OUT
)
APPLICANTS = Name("applicants", "申请人情况", gettext_lazy("Applicants"))
ORGANISATIONS = Name("organisations", "法人或其他组织", gettext_lazy("Legal persons and other bodies"))
TOTAL = Name("total", "总计", gettext_lazy("Total"))
COLUMNS = _by_code(
    Name("person", "自然人", gettext_lazy("Natural person")),
    Name("company", "商业企业", gettext_lazy("Company")),
    Name("research", "科研机构", gettext_lazy("Research body")),
    Name("public_interest", "社会公益组织", gettext_lazy("Public-interest body")),
    Name("legal_service", "法律服务机构", gettext_lazy("Legal service body")),
    Name("other", "其他", gettext_lazy("Other body")),
    TOTAL,
)
BALANCE = Name(
    "balance",
    "（本列数据的勾稽关系为：第一项加第二项之和，等于第三项加第四项之和）",
    gettext_lazy("In each column the first and second add up to the third and fourth."),
)

# Table 4.
SUITS = Name("suits", "行政诉讼", gettext_lazy("Suits"))
REMEDIES = _by_code(
    Name("reconsideration", "行政复议", gettext_lazy("Administrative reconsideration")),
    Name("suit", "未经复议直接起诉", gettext_lazy("Suit without reconsideration")),
    Name("suit_after", "复议后起诉", gettext_lazy("Suit after reconsideration")),
)
REMEDY_RESULTS = _by_code(
    Name("upheld", "结果维持", gettext_lazy("Upheld")),
    Name("corrected", "结果纠正", gettext_lazy("Corrected")),
    Name("other", "其他结果", gettext_lazy("Other result")),
    Name("pending", "尚未审结", gettext_lazy("Not decided yet")),
    TOTAL,
)
