"""The tables of the annual report (国办公开办函〔2021〕30号), by hand: lines and columns in their order.

`CELL_OF` says for each way in which a request ends which line of table 3 counts it. A request counts once;
one that was partly granted counts as that alone.
"""

from __future__ import annotations

# Reply type, or how it ended without a reply → cell. Articles are of 政府信息公开条例 (国令711号).
CELL_OF: dict[str, str] = {
    "already_public": "granted",  # 36(1): （一）予以公开
    "provided": "granted",  # 36(2): （一）予以公开
    "partly": "partly",  # 37: （二）部分公开
    "state_secret": "state_secret",  # 14, 36(3): （三）不予公开 1.属于国家秘密
    "other_law": "other_law",  # 14, 36(3): （三）2.其他法律行政法规禁止公开
    "three_securities": "three_securities",  # 14, 36(3): （三）3.危及“三安全一稳定”
    "third_party": "third_party",  # 15, 32, 36(3): （三）4.保护第三方合法权益
    "internal": "internal",  # 16(1), 36(3): （三）5.属于三类内部事务信息
    "deliberative": "deliberative",  # 16(2), 36(3): （三）6.属于四类过程性信息
    "enforcement_file": "enforcement_file",  # 16(2), 36(3): （三）7.属于行政执法案卷
    "administrative_query": "administrative_query",  # 36(7): （三）8.属于行政查询事项
    "not_held": "not_held",  # 36(4): （四）无法提供 1.本机关不掌握相关政府信息
    "not_this_agency": "not_held",  # 36(5): （四）1.本机关不掌握相关政府信息
    "needs_making": "needs_making",  # 38: （四）2.没有现成信息需要另行制作
    "still_unclear": "still_unclear",  # 29, 30: （四）3.补正后申请内容仍不明确
    "petition": "petition",  # 39(1): （五）不予处理 1.信访举报投诉类申请
    "duplicate": "duplicate",  # 36(6): （五）2.重复申请
    "publication": "printed_matter",  # 39(2): （五）3.要求提供公开出版物
    "excessive": "excessive",  # 35: （五）4.无正当理由大量反复申请
    "confirm_again": "confirm_again",  # 2: （五）5.要求行政机关确认或重新出具已获取信息
    # 30: （六）其他处理 1.申请人无正当理由逾期不补正、行政机关不再处理其政府信息公开申请
    "supplement_lapsed": "supplement_lapsed",
    # 42, 109号 art. 6: （六）2.申请人逾期未按收费通知要求缴纳费用、行政机关不再处理其政府信息公开申请
    "fee_lapsed": "fee_lapsed",
    "other": "other",  # withdrawn, or 41 (更正): （六）3.其他
}

# Table 3, 收到和处理政府信息公开申请情况: (cell, name), every line from the first to the last.
ROWS: list[tuple[str, str]] = [
    ("received", "一、本年新收政府信息公开申请数量"),
    ("carried_in", "二、上年结转政府信息公开申请数量"),
    ("results", "三、本年度办理结果"),
    ("granted", "（一）予以公开"),
    ("partly", "（二）部分公开（区分处理的，只计这一情形，不计其他情形）"),
    ("refused", "（三）不予公开"),
    ("state_secret", "1.属于国家秘密"),
    ("other_law", "2.其他法律行政法规禁止公开"),
    ("three_securities", "3.危及“三安全一稳定”"),
    ("third_party", "4.保护第三方合法权益"),
    ("internal", "5.属于三类内部事务信息"),
    ("deliberative", "6.属于四类过程性信息"),
    ("enforcement_file", "7.属于行政执法案卷"),
    ("administrative_query", "8.属于行政查询事项"),
    ("cannot_provide", "（四）无法提供"),
    ("not_held", "1.本机关不掌握相关政府信息"),
    ("needs_making", "2.没有现成信息需要另行制作"),
    ("still_unclear", "3.补正后申请内容仍不明确"),
    ("not_processed", "（五）不予处理"),
    ("petition", "1.信访举报投诉类申请"),
    ("duplicate", "2.重复申请"),
    ("printed_matter", "3.要求提供公开出版物"),
    ("excessive", "4.无正当理由大量反复申请"),
    ("confirm_again", "5.要求行政机关确认或重新出具已获取信息"),
    ("handled_otherwise", "（六）其他处理"),
    ("supplement_lapsed", "1.申请人无正当理由逾期不补正、行政机关不再处理其政府信息公开申请"),
    ("fee_lapsed", "2.申请人逾期未按收费通知要求缴纳费用、行政机关不再处理其政府信息公开申请"),
    ("other", "3.其他"),
    ("total", "（七）总计"),
    ("carried_out", "四、结转下年度继续办理"),
]
# These stand at the left of the lines below them. The form has no figures of their own for them: a page that
# shows their sums adds to the form, and they count in no total.
HEADINGS: frozenset[str] = frozenset(
    {"results", "refused", "cannot_provide", "not_processed", "handled_otherwise"}
)
# What a heading, or the total, is the sum of.
SUMS: dict[str, tuple[str, ...]] = {
    "refused": (
        "state_secret",
        "other_law",
        "three_securities",
        "third_party",
        "internal",
        "deliberative",
        "enforcement_file",
        "administrative_query",
    ),
    "cannot_provide": ("not_held", "needs_making", "still_unclear"),
    "not_processed": ("petition", "duplicate", "printed_matter", "excessive", "confirm_again"),
    "handled_otherwise": ("supplement_lapsed", "fee_lapsed", "other"),
    "total": ("granted", "partly", "refused", "cannot_provide", "not_processed", "handled_otherwise"),
}
# In each column: 第一项加第二项之和，等于第三项加第四项之和; the third is its total, (七).
BALANCE: tuple[tuple[str, str], tuple[str, str]] = (("received", "carried_in"), ("total", "carried_out"))

# Table 3, the columns: (applicant_kind, name). All but the first stand under ORGANISATIONS.
COLUMNS: list[tuple[str, str]] = [
    ("person", "自然人"),
    ("company", "商业企业"),
    ("research", "科研机构"),
    ("public_interest", "社会公益组织"),
    ("legal_service", "法律服务机构"),
    ("other", "其他"),
    ("total", "总计"),
]
APPLICANTS, ORGANISATIONS = "申请人情况", "法人或其他组织"

# Table 2, 主动公开政府信息情况: (item of art. 20, [(line, name)], [(column, name)]).
TABLE_2: list[tuple[str, list[tuple[str, str]], list[tuple[str, str]]]] = [
    (
        "第二十条第（一）项",
        [("rules", "规章"), ("normative_documents", "行政规范性文件")],
        [("made", "本年制发件数"), ("repealed", "本年废止件数"), ("in_force", "现行有效件数")],
    ),
    ("第二十条第（五）项", [("permits", "行政许可")], [("decisions", "本年处理决定数量")]),
    (
        "第二十条第（六）项",
        [("penalties", "行政处罚"), ("compulsory_measures", "行政强制")],
        [("decisions", "本年处理决定数量")],
    ),
    # In units of ten thousand yuan.
    ("第二十条第（八）项", [("fees", "行政事业性收费")], [("amount", "本年收费金额（单位：万元）")]),
]

# Table 4, 政府信息公开行政复议、行政诉讼情况: one line of figures, three times these five columns.
TABLE_4: list[tuple[str, str]] = [
    ("upheld", "结果维持"),
    ("corrected", "结果纠正"),
    ("other", "其他结果"),
    ("pending", "尚未审结"),
    ("total", "总计"),
]
# (kind of a remedy, name). Both suits stand under 行政诉讼.
TABLE_4_GROUPS: list[tuple[str, str]] = [
    ("reconsideration", "行政复议"),
    ("suit", "未经复议直接起诉"),
    ("suit_after", "复议后起诉"),
]
SUITS = "行政诉讼"
