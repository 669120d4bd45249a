"""What stands on the papers of an information request, read from the PDFs themselves (domain.md, section 8).

Each carries agency, title, number, addressee with a masked number, the law, contact and check code, and says
besides what its article demands (政府信息公开条例 30 to 42; 国办函〔2020〕109号).
"""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Callable
from typing import Any

import pypdf
import pytest
from django.conf import settings
from django.core.files.storage import default_storage

from disclosure.models import InformationRequest
from portal.cases.models import Pause
from portal.cases.uploads import Upload
from portal.cases.workflow import Refused
from portal.documents import kinds as documents
from portal.documents.actions import document_bytes
from portal.documents.models import Document
from portal.ledger.models import Event
from tests.bureau import MONDAY, Bureau, moment
from tests.disclosure import office as of
from tests.disclosure.table_three import CELL_OF

founded, office = of.founded, of.office

LAW = "《中华人民共和国政府信息公开条例》"
MASKED = "330802**********39"


def read(document: Document) -> str:
    """What stands on the pages, without white space and page numbers."""
    pages = pypdf.PdfReader(io.BytesIO(document_bytes(document))).pages
    return re.sub(r"—\d+—", "", re.sub(r"\s+", "", "".join(page.extract_text() for page in pages)))


def scene(office: Bureau, state: str, **more: Any) -> InformationRequest:
    """Walked with plain papers: only the paper that is looked at is typeset."""
    with of.plainly():
        return of.request_in(state, office, **more)


def text(request: InformationRequest, purpose: str) -> str:
    return read(request.papers.filter(purpose=purpose).latest("id").document)


def has(found: str, *parts: str) -> None:
    for part in parts:
        assert re.sub(r"\s+", "", part) in found, f"{part} is not in {found}"


# state, verb, who, what is entered, word of the number, title, article, what it says besides
ISSUED: dict[str, tuple[str, str, str, dict[str, Any], str, str, str, tuple[str, ...]]] = {
    "receipt": (
        *("submitted", "register", "disclosure", {}),
        *("依收", "政府信息公开申请登记回执", "第三十三条"),
        (
            "第三十一条",
            "网络提交",
            "2026年11月2日",
            "2026年11月11日前",
            "2026年11月30日前",
            "不计算在答复期限内",
        ),
    ),
    "supplement": (
        *("registered", "ask_supplement", "disclosure", {"note": "请写明路段。\n请写明年度。"}),
        *("依补", "政府信息公开申请补正告知书", "第三十条"),
        ("一次性", "请写明路段。", "请写明年度。", "2026年11月16日前", "重新计算", "视为放弃申请"),
    ),
    "extension": (
        *("reviewing", "extend", "agency_head", {"note": "需要检索的档案较多。"}),
        *("依延", "政府信息公开延期答复告知书", "第三十三条"),
        ("2026年11月30日", "2026年12月14日", "延长答复期限10个工作日", "需要检索的档案较多。", "局样例"),
    ),
    "fee": (
        *("reviewing", "ask_fee", "disclosure", {"note": "缴至样例银行。"}),
        *("依费", "政府信息公开信息处理费收费通知书", "第四十二条"),
        # 45 pages, of which 15 cost 10 yuan each.
        (
            "国办函〔2020〕109号",
            "150元",
            "45",
            "2026年11月30日",
            "缴至样例银行。",
            "视为放弃申请",
            "重新计算",
        ),
    ),
    "lapsed": (
        *("supplement:over", "lapse", "disclosure", {"note": "经电话核实，没有正当理由。"}),
        *("依止", "政府信息公开申请终止办理告知书", "第三十条"),
        ("逾期未补正", "没有正当理由", "重新提出申请"),
    ),
    "reply": (
        *("reviewing", "reply", "disclosure", of.REFUSED),
        *("依答", "政府信息公开申请答复书", "第十六条第一款"),
        ("2026年11月2日", of.REFUSED["reply_text"]),
    ),
}


@pytest.mark.parametrize("purpose", ISSUED)
def test_what_each_paper_says(office: Bureau, purpose: str) -> None:
    state, verb, who, entered, word, title, article, says = ISSUED[purpose]
    request = scene(office, state)
    at = moment("2026-11-17 09:00") if state == "supplement:over" else MONDAY
    request = of.do(request, verb, office, who, at=at, **entered)
    document = request.papers.get(purpose=purpose).document
    assert re.fullmatch(rf".+{word}〔2026〕\d+号", document.number)
    found = read(document)
    has(found, settings.BUREAU["name"], title, document.number, f"{of.NAME}：", MASKED)
    has(found, request.number, of.QUESTION, LAW, article, *says)
    has(found, settings.BUREAU["contact"], f"{document.check_code[:5]}-{document.check_code[5:]}")
    assert of.ID_NUMBER not in found
    assert request.phone not in found


def test_a_company_is_named_with_its_credit_code(office: Bureau) -> None:
    request = scene(office, "submitted", asked=of.of_a_company())
    found = text(of.do(request, "register", office), "receipt")
    has(found, "样例建设有限公司：", "统一社会信用代码", of.CREDIT_CODE)


@pytest.mark.parametrize(
    ("channel", "words"),
    [
        ("counter", "当面提交"),
        ("post_signed", "签收邮寄"),
        ("post_plain", "平常信函"),
        ("fax", "传真"),
    ],
)
def test_the_receipt_says_how_it_came(office: Bureau, channel: str, words: str) -> None:
    day = MONDAY.date() if channel == "post_signed" else None
    request = of.applied(office, channel=channel, received_on=day)
    if request.state == "submitted":
        request = of.do(request, "register", office)
    has(text(request, "receipt"), words)


def test_a_fee_by_number_says_so(office: Bureau) -> None:
    with of.plainly():
        for _each in range(10):
            of.applied(office, channel="counter")
    request = scene(office, "reviewing")
    request = of.do(request, "ask_fee", office, fee_by="number", fee_pages=None)
    has(text(request, "fee"), "100元", "11", "109号")


def test_what_was_not_paid_ends_with_a_paper(office: Bureau) -> None:
    request = scene(office, "fee:over")
    request = of.do(request, "lapse", office, at=moment("2026-12-01 09:00"))
    has(text(request, "lapsed"), f"{of.NAME}：", MASKED, "逾期未按收费通知要求缴纳", "109号", "2026年12月1日")


def test_a_limit_that_may_still_move_says_so(office: Bureau) -> None:
    """Of a year whose holidays nobody knows yet."""
    request = scene(office, "submitted", at=moment("2026-12-14 09:00"))
    request = of.do(request, "register", office, at=moment("2026-12-15 09:00"))
    has(text(request, "receipt"), "（暂定）")


# Letters to others ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "article", "silence"),
    [
        ("third_party", "第三十二条", "由本机关依法决定是否公开"),
        ("co_agency", "第三十四条", "视为同意公开"),
    ],
)
@pytest.mark.parametrize("asked", [of.asking(), of.of_a_company()])
def test_a_letter_to_others_never_names_the_applicant(
    office: Bureau, asked: Any, kind: str, article: str, silence: str
) -> None:
    request = scene(office, "reviewing", asked=asked)
    parties = [(kind, of.THIRD_PARTY)]
    request = of.do(request, "consult", office, parties=parties, note="请说明是否涉及商业秘密。")
    document = request.consultations.get().document
    found = read(document)
    has(found, "政府信息公开征求意见函", f"{of.THIRD_PARTY}：", LAW, article, silence)
    has(found, "2026年11月23日", "15个工作日", "请说明是否涉及商业秘密。")
    # In the applicant's own words and by the number somebody could tell who asks.
    assert of.QUESTION not in found
    assert request.number not in found
    reader = pypdf.PdfReader(io.BytesIO(document_bytes(document)))
    everything = f"{found}{reader.metadata}{reader.xmp_metadata and reader.xmp_metadata.stream.get_data()}"
    known = (asked.applicant_name, asked.applicant_number, asked.phone, asked.representative, MASKED)
    for each in filter(None, known):
        assert each not in everything


def test_each_gets_a_letter_of_their_own(office: Bureau) -> None:
    request = scene(office, "reviewing")
    request = of.do(request, "consult", office, parties=of.TWO_PARTIES)
    first, second = (read(each.document) for each in request.consultations.all())
    assert f"{of.THIRD_PARTY}：" in first
    assert f"{of.CO_AGENCY}：" in second
    assert of.CO_AGENCY not in first
    assert of.THIRD_PARTY not in second
    # They are others': not among the papers that the applicant gets.
    assert list(request.papers.values_list("purpose", flat=True)) == ["receipt"]


# One answer of each kind ------------------------------------------------------------------------------------

# The article of each answer (tests/disclosure/table_three.py, which has them by hand from the regulation).
ARTICLES = {
    "already_public": "第三十六条第一项",
    "provided": "第三十六条第二项",
    "partly": "第三十七条",
    "state_secret": "第十四条",
    "other_law": "第十四条",
    "three_securities": "第十四条",
    "third_party": "第十五条",
    "internal": "第十六条第一款",
    "deliberative": "第十六条第二款",
    "enforcement_file": "第十六条第二款",
    "administrative_query": "第三十六条第七项",
    "not_held": "第三十六条第四项",
    "not_this_agency": "第三十六条第五项",
    "needs_making": "第三十八条",
    "still_unclear": "第三十条",
    "petition": "第三十九条第一款",
    "duplicate": "第三十六条第六项",
    "printed_matter": "第三十九条第二款",
    "excessive": "第三十五条",
    "confirm_again": "第二条",
    # Withdrawn otherwise, put right by art. 41, …: what it rests on is in its words.
    "other": "第三十六条",
}
REMEDIES = ("六十日内", "行政复议", "行政诉讼")


@pytest.fixture(scope="module")
def ripe(founded: Bureau, django_db_blocker: Any) -> int:
    """A request that may be answered in every way, made once: each answer is undone."""
    with django_db_blocker.unblock(), of.plainly():
        return of.ripe(founded).pk


@pytest.mark.parametrize("reply_type", of.REPLY_TYPES)
def test_one_answer_of_each_kind(office: Bureau, ripe: int, reply_type: str) -> None:
    request = InformationRequest.objects.get(pk=ripe)
    at = moment("2026-11-03 09:00")
    entered = of.replying(request, reply_type, office)
    request = of.do(request, "reply", office, at=at, **entered)
    # What the hand-written table calls "publication" is printed matter here, as its line is.
    assert request.outcome == CELL_OF["publication" if reply_type == "printed_matter" else reply_type]
    assert (request.replied_at, request.reply_type) == (at, reply_type)
    found = text(request, "reply")
    assert request.papers.filter(purpose="reply").count() == 1
    has(found, f"{of.NAME}：", MASKED, "2026年11月2日收到", f"{LAW}{ARTICLES[reply_type]}")
    has(found, "现按下列情况答复。", "详见说明。", *REMEDIES)
    if item := entered.get("public_item"):
        has(found, item.title, item.index_number, f"{settings.PUBLIC_URL}{item.get_absolute_url()}")
    if earlier := entered.get("earlier"):
        has(found, earlier.number)
    has(found, entered.get("competent_agency", ""))
    if reply_type == "partly":
        has(found, "不予公开部分的理由", "第十六条第一款", "第十五条")


def test_every_kind_of_answer_is_read() -> None:
    ends_without = {"supplement_lapsed", "fee_lapsed"}
    assert {*of.REPLY_TYPES, "publication"} - {"printed_matter"} == CELL_OF.keys() - ends_without
    assert set(ARTICLES) == set(of.REPLY_TYPES)


def given(name: str) -> Upload:
    data = name.encode()
    return Upload(name, data, "pdf", "application/pdf", hashlib.sha256(data).hexdigest(), 1)


def test_the_answer_names_what_comes_with_it(office: Bureau) -> None:
    request = scene(office, "reviewing:reviewed")
    files = [given("决算表.pdf"), given("说明.pdf")]
    request = of.do(request, "reply", office, **of.PROVIDED, files=files)
    assert list(request.files.filter(is_given=True).values_list("name", flat=True)) == [
        "决算表.pdf",
        "说明.pdf",
    ]
    has(text(request, "reply"), "决算表.pdf", "说明.pdf")


def test_why_an_objection_was_overridden(office: Bureau) -> None:
    """Art. 32: for the public interest, with its reasons; not what the third party said."""
    request = scene(office, "reviewing:objected")
    reason = "涉及行道树倒伏的公共安全。"
    request = of.do(request, "reply", office, **of.PROVIDED, public_interest=reason)
    found = text(request, "reply")
    has(found, "第三方不同意公开", "公共利益", reason)
    assert of.THIRD_PARTY not in found
    assert of.OBJECTED["reason"].rstrip("。") not in found
    # Whose objection it was learns of it, and nothing of the applicant, who does not see the letter.
    letter = text(request, "decided")
    has(letter, f"{of.THIRD_PARTY}：", f"{LAW}第三十二条", reason)
    assert of.NAME not in letter
    assert "request_decided" in documents.not_for_owners()


def test_a_co_agency_is_called_by_what_it_is(office: Bureau) -> None:
    request = scene(office, "reviewing:agency_objected")
    request = of.do(request, "reply", office, **of.PROVIDED, public_interest="与公众安全有关。")
    found = text(request, "reply")
    has(found, "共同制作机关不同意公开")
    assert "第三方不同意公开" not in found
    assert not request.papers.filter(purpose="decided").exists()


# Where a paper cannot be made -------------------------------------------------------------------------------

VERBS = {
    "register": ("submitted", "disclosure", MONDAY),
    "ask_supplement": ("registered", "disclosure", MONDAY),
    "lapse": ("supplement:over", "disclosure", moment("2026-11-17 09:00")),
    "consult": ("reviewing", "disclosure", MONDAY),
    "extend": ("reviewing", "agency_head", MONDAY),
    "ask_fee": ("reviewing", "disclosure", MONDAY),
    "reply": ("reviewing:reviewed", "disclosure", MONDAY),
}


def stored() -> set[str]:
    """What lies in storage, of papers and of files."""
    found, folders = set(), [""]
    while folders:
        folder = folders.pop()
        inner, files = default_storage.listdir(folder)
        folders += [f"{folder}{each}/" for each in inner]
        found |= {f"{folder}{each}" for each in files}
    return found


def failing(monkeypatch: pytest.MonkeyPatch, *, after: int = 0) -> None:
    """The signer fails, once it has signed so many."""
    from portal.documents import actions

    left, real = iter(range(after)), actions._signed

    def signed(*args: Any, **more: Any) -> Any:
        if next(left, None) is None:
            raise Refused("这份文件不能签章。")
        return real(*args, **more)

    monkeypatch.setattr(actions, "_signed", signed)


def nothing_is_written(request: InformationRequest, act: Callable[[], object]) -> None:
    before, papers, kept = of.as_kept(request), Document.objects.count(), stored()
    with pytest.raises(Refused):
        act()
    assert of.as_kept(request) == before
    assert Document.objects.count() == papers
    assert stored() == kept


@pytest.mark.parametrize("verb", VERBS)
def test_nothing_is_written(office: Bureau, monkeypatch: pytest.MonkeyPatch, verb: str) -> None:
    state, who, at = VERBS[verb]
    request = scene(office, state)
    failing(monkeypatch)
    more = {"files": [given("决算表.pdf")]} if verb == "reply" else {}
    nothing_is_written(request, lambda: of.do(request, verb, office, who, at=at, **more))


def test_where_the_second_of_two_letters_fails(office: Bureau, monkeypatch: pytest.MonkeyPatch) -> None:
    request = scene(office, "reviewing")
    # Undone within the other, or the plain signer would stay for every test that follows.
    with of.plainly(), monkeypatch.context() as patch:
        failing(patch, after=1)
        nothing_is_written(request, lambda: of.do(request, "consult", office, parties=of.TWO_PARTIES))
    assert not request.consultations.exists()
    assert not Pause.objects.filter(deadline__case=request).exists()


def test_nothing_of_what_is_given_stays_where_there_are_too_many(office: Bureau) -> None:
    request = scene(office, "reviewing:reviewed")
    files = [given(f"{each}.pdf") for each in range(6)]
    with of.plainly():
        nothing_is_written(request, lambda: of.do(request, "reply", office, **of.PROVIDED, files=files))


@pytest.mark.parametrize(
    ("where", "wrong"),
    [
        ("applicant_name", "章\U0001f333例"),
        ("description", "行道树\U0001f333的决算"),
        ("wanted_title", "决算\U0001f333"),
    ],
)
def test_what_no_paper_can_print_is_told_at_once(office: Bureau, where: str, wrong: str) -> None:
    """Else it would lie there for ever: nobody could register it."""
    with pytest.raises(Refused) as refused:
        of.applied(office, **{where: wrong})
    assert refused.value.field == where
    assert not InformationRequest.objects.filter(**{where: wrong}).exists()


# What the ledger keeps --------------------------------------------------------------------------------------


def test_the_ledger_has_no_words_of_theirs(office: Bureau) -> None:
    """Neither what is asked for, nor the answer, nor the reasons of an objection, nor who was asked."""
    with of.plainly():
        request = of.request_in("supplement", office, asked=of.asking(wanted_title="修剪决算表"))
        request = of.do(request, "supplement", office, "citizen")
        request = of.do(request, "consult", office, parties=of.TWO_PARTIES)
        first, second = request.consultations.all()
        request = of.do(request, "record_opinion", office, party=first, **of.OBJECTED)
        request = of.do(request, "record_opinion", office, party=second)
        request = of.do(request, "pass_secrecy", office, "secrecy")
        reason = "涉及行道树倒伏的公共安全。"
        request = of.do(request, "reply", office, **of.PROVIDED, public_interest=reason)
        request = of.do(request, "deliver", office)
    told = Event.objects.of(request.subject)
    kept = " ".join(f"{each.verb} {each.data}" for each in told)
    for word in (
        *(of.QUESTION, "青石路", "修剪决算表", of.PROVIDED["reply_text"], reason, of.OBJECTED["reason"]),
        *(of.THIRD_PARTY, of.CO_AGENCY, of.NAME, of.ID_NUMBER, "19900000001"),
    ):
        assert word not in kept
    # That there were such words is kept.
    assert told.get(verb="supplement").data["description"] is True
    assert told.get(verb="reply").data["reply_text"] is True
    assert told.get(verb="consult").data["parties"] is True
    assert told.filter(verb="record_opinion").first().data["reason"] is True
