"""Pages of publications: a text is written, or many are brought; numbers are masked or confirmed one by one;
it is reviewed and comes out, corrects an item, or is the answer to a request.
"""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from disclosure import actions
from disclosure.import_xlsx import read_xlsx
from disclosure.models import Disclosure, Publication, PublicationFile, Version
from portal.ledger.models import Event
from tests.approvals.browsers import MOST_QUERIES, browser, queries_of
from tests.bureau import Bureau
from tests.disclosure import desks
from tests.disclosure import office as of
from tests.disclosure.desks import KNOWN, NOBODY, NOW, gets, pdf, photo, program
from tests.disclosure.office import QUESTION
from tests.disclosure.test_importing import GOOD, HEADINGS, as_csv, as_xlsx

founded, office, plain_papers = of.founded, of.office, of.plain_papers
today, fresh_cache = desks.today, desks.fresh_cache
pytestmark = pytest.mark.usefixtures("plain_papers")
LIST, NEW = reverse("disclosure:publications"), reverse("disclosure:publication_new")
IMPORT, TEMPLATE = reverse("disclosure:publication_import"), reverse("disclosure:import_template")
WRITTEN: dict[str, Any] = {
    "occasion": "made",
    "title": "关于湖心公园闭园维护的通告",
    "body": "湖心公园闭园维护，请市民错时游园。",
    "category": "office",
    "theme": "office",
    "unit": "greening",
    "dated_on": "2026-10-30",
    "document_number": "云城管发〔2026〕31号",
    "channels": ["website", "board"],
    "keywords": "公园 维护",
    "third_party": "",
}
CORRECTED = {name: value for name, value in WRITTEN.items() if name != "occasion"}
# Two of the form of a person's, in ranges that are not given out.
FIRST, SECOND = "19900000002", "19900000003"


def page(made: Publication) -> str:
    return reverse("disclosure:publication", args=[made.number])


def text_page(made: Publication, position: int = 1) -> str:
    return reverse("disclosure:publication_text", args=[made.number, position])


def correction(item: Disclosure) -> str:
    return reverse("disclosure:publication_correct", args=[item.index_number])


def forms(answer: Any) -> list[str]:
    return [form.step.name for form in answer.context["forms"]]


def once(client: Client, address: str) -> str:
    """The mark of the form that stands on a page."""
    found = re.search(r'name="once" value="([0-9a-f-]{36})"', client.get(address).content.decode())
    assert found is not None
    return found[1]


def only() -> Publication:
    return Publication.objects.get()


# Who opens what ---------------------------------------------------------------------------------------------

AUTHORS = gets(200, "disclosure", "handler", "handler_roads", nobody=302)
LISTED = AUTHORS | dict.fromkeys(("secrecy", "agency_head", "supervisor"), 200)
# It was written in the greening division.
ONE = LISTED | {"handler_roads": 404}
TO_CHANGE = AUTHORS | {"handler_roads": 404}


@pytest.mark.parametrize("who", NOBODY)
def test_who_opens_what(office: Bureau, who: str) -> None:
    made = of.publication_in("draft", office)
    item = of.public_item(office)
    client = browser(office, who)
    expected = {
        LIST: LISTED,
        NEW: AUTHORS,
        IMPORT: AUTHORS,
        TEMPLATE: AUTHORS,
        page(made): ONE,
        text_page(made): TO_CHANGE,
        correction(item): AUTHORS,
    }
    found = {address: client.get(address).status_code for address in expected}
    assert found == {address: who_gets[who] for address, who_gets in expected.items()}


@pytest.mark.parametrize("who", NOBODY)
def test_the_navigation_leads_whom_it_lets_in(office: Bureau, who: str) -> None:
    shown = f'href="{LIST}"' in browser(office, who).get("/").content.decode()
    assert shown is (LISTED[who] == 200)


@pytest.mark.parametrize("who", [who for who in NOBODY if AUTHORS[who] != 200])
def test_nobody_else_writes(office: Bureau, who: str) -> None:
    made = of.publication_in("draft", office)
    item = of.public_item(office)
    before = (Publication.objects.count(), of.as_kept(made))
    client = browser(office, who)
    for address, sent in ((NEW, WRITTEN), (correction(item), CORRECTED), (text_page(made), CORRECTED)):
        refused = client.post(address, sent)
        assert refused.status_code == 403
        # What somebody typed who was signed out in the meantime is shown once more.
        assert (WRITTEN["body"] in refused.content.decode()) is (who == "nobody")
    sheet = {"file": SimpleUploadedFile("表.csv", as_csv([HEADINGS])), "occasion": "made"}
    assert client.post(IMPORT, sheet).status_code == 403
    assert (Publication.objects.count(), of.as_kept(made)) == before


def test_a_text_is_changed_by_its_author_and_by_officers(office: Bureau) -> None:
    made = of.publication_in("draft", office)
    for who, status in {"handler": 200, "disclosure": 200, "disclosure2": 200, "handler2": 403}.items():
        client = browser(office, who)
        assert client.get(text_page(made)).status_code == status, who
        assert (text_page(made) in client.get(page(made)).content.decode()) is (status == 200), who
    sent = {**CORRECTED, "seen": made.version}
    assert browser(office, "handler2").post(text_page(made), sent).status_code == 403
    assert browser(office, "handler").get(text_page(made, 2)).status_code == 404
    # Handed in, it is changed by nobody until it is sent back.
    made = of.publication_in("review", office)
    for who in ("handler", "disclosure"):
        assert browser(office, who).get(text_page(made)).status_code == 403
        assert text_page(made) not in browser(office, who).get(page(made)).content.decode()


# A new text -------------------------------------------------------------------------------------------------


def test_a_text_is_written_and_kept_as_a_draft(office: Bureau) -> None:
    sent = {
        **WRITTEN,
        "third_party": of.THIRD_PARTY,
        "needs_approval": "on",
        "uploads": [photo("图.jpg"), pdf()],
    }
    done = browser(office, "handler").post(NEW, sent, follow=True)
    made = only()
    assert done.redirect_chain == [(page(made), 302)]
    assert re.fullmatch(r"GK-20261102-\d{4}", made.number)
    assert (made.state, made.author, made.unit) == (
        "draft",
        office.staff["handler"],
        office.units["greening"],
    )
    assert (made.occasion, made.third_party, made.needs_approval) == ("made", of.THIRD_PARTY, True)
    entry = made.entries.get()
    assert (entry.title, entry.body, entry.document_number) == (
        WRITTEN["title"],
        WRITTEN["body"],
        "云城管发〔2026〕31号",
    )
    assert (str(entry.dated_on), entry.channels, entry.keywords) == (
        "2026-10-30",
        ["website", "board"],
        "公园 维护",
    )
    assert [(each.name, each.kind) for each in entry.files.all()] == [
        ("图.jpg", "jpg"),
        ("决算表.pdf", "pdf"),
    ]
    # Twenty working days from Friday 30 October: Friday 27 November.
    assert of.last_days(made) == {"publish": "2026-11-27"}
    for words in (WRITTEN["title"], WRITTEN["body"], of.THIRD_PARTY, "决算表.pdf"):
        assert words in done.content.decode()


def test_an_author_chooses_the_own_unit_and_an_officer_any(office: Bureau) -> None:
    def units(who: str) -> list[str]:
        return re.findall(
            r'<option value="(greening|roads|bureau|hotline)"', browser(office, who).get(NEW).content.decode()
        )

    assert units("handler") == ["greening"]
    assert set(units("disclosure")) == {"greening", "roads", "bureau", "hotline"}
    refused = browser(office, "handler").post(NEW, {**WRITTEN, "unit": "roads"})
    assert (refused.status_code, list(refused.context["form"].errors)) == (400, ["unit"])
    assert not Publication.objects.exists()


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"occasion": ""}, "occasion"),
    ({"occasion": "whim"}, "occasion"),
    ({"title": " "}, "title"),
    ({"title": "题" * 201}, "title"),
    ({"title": "一\n二"}, "title"),
    ({"body": " "}, "body"),
    ({"body": "a\x00b"}, "body"),
    ({"category": ""}, "category"),
    ({"category": "nowhere"}, "category"),
    ({"theme": "nowhere"}, "theme"),
    ({"unit": "nowhere"}, "unit"),
    ({"dated_on": ""}, "dated_on"),
    ({"dated_on": "2026-02-30"}, "dated_on"),
    # It cannot be public before it was made.
    ({"dated_on": "2026-11-03"}, "dated_on"),
    ({"document_number": "第31号"}, "document_number"),
    ({"channels": []}, "channels"),
    ({"channels": ["rumour"]}, "channels"),
    ({"keywords": "词" * 121}, "keywords"),
    ({"third_party": "方" * 101}, "third_party"),
]


@pytest.mark.parametrize(("given", "field"), WRONG)
def test_what_is_wrong_is_said_at_its_field_and_nothing_typed_is_lost(
    office: Bureau, given: dict[str, Any], field: str
) -> None:
    sent = {**WRITTEN, **given}
    refused = browser(office, "disclosure").post(NEW, sent)
    assert refused.status_code == 400
    assert list(refused.context["form"].errors) == [field]
    assert_kept(refused, sent)
    assert not Publication.objects.exists()


def assert_kept(answer: Any, sent: dict[str, Any]) -> None:
    """What was typed stands in the form again, what was chosen is chosen."""
    text = answer.content.decode()
    form = answer.context["form"]
    for name, value in sent.items():
        assert form[name].value() == value, name
    for name in ("title", "document_number", "keywords", "dated_on"):
        if sent[name].strip():
            assert f'name="{name}" value="{sent[name]}"' in text
    assert sent["body"].strip() in text or not sent["body"].isprintable()
    for name in ("category", "theme", "unit"):
        if sent[name] in ("office", "greening"):
            select = re.search(rf'<select name="{name}".*?</select>', text, re.DOTALL)
            assert select is not None
            assert re.findall(r'value="(\w*)" selected', select[0]) == [sent[name]]


def test_everything_is_told_at_once(office: Bureau) -> None:
    wrong = {"title": "", "body": "", "category": "", "dated_on": "", "document_number": "x"}
    refused = browser(office, "disclosure").post(NEW, {**WRITTEN, **wrong})
    assert set(refused.context["form"].errors) == set(wrong)


def test_a_file_may_say_it_all(office: Bureau) -> None:
    done = browser(office, "handler").post(NEW, {**WRITTEN, "body": "", "uploads": [pdf()]})
    assert done.status_code == 302
    assert only().entries.get().body == ""


@pytest.mark.parametrize("files", ["hostile", "many"])
def test_files_that_do_not_fit_are_refused(office: Bureau, files: str) -> None:
    many = [photo(f"{each}.jpg", shade=each) for each in range(11)]
    sent = {**WRITTEN, "uploads": many if files == "many" else [photo(), program("函.pdf")]}
    refused = browser(office, "handler").post(NEW, sent)
    assert (refused.status_code, list(refused.context["form"].errors)) == (400, ["uploads"])
    assert ("函.pdf" in str(refused.context["form"].errors)) is (files == "hostile")
    # A browser does not keep them, and the page says so.
    assert "message-warning" in refused.content.decode()
    assert not Publication.objects.exists()
    assert not PublicationFile.objects.exists()


def test_a_double_click_opens_once(office: Bureau) -> None:
    author = browser(office, "handler")
    mark = once(author, NEW)
    answers = [author.post(NEW, {**WRITTEN, "once": mark}) for _click in range(2)]
    assert answers[0].url == answers[1].url == page(only())
    # Who goes back and corrects a word writes something else.
    assert author.post(NEW, {**WRITTEN, "once": mark, "title": "另一份通告"}).url != answers[0].url
    assert Publication.objects.count() == 2


def test_what_is_being_saved_is_not_saved_again(office: Bureau, monkeypatch: pytest.MonkeyPatch) -> None:
    author = browser(office, "handler")
    mark = once(author, NEW)
    monkeypatch.setattr(cache, "add", lambda *args: False)
    waits = author.post(NEW, {**WRITTEN, "once": mark})
    assert (waits.status_code, list(waits.context["form"].errors)) == (409, ["__all__"])
    assert_kept(waits, WRITTEN)
    assert not Publication.objects.exists()


# A text is changed ------------------------------------------------------------------------------------------


def rewrite(office: Bureau, made: Publication, who: str = "handler", **given: Any) -> Any:
    given = {**CORRECTED, "seen": Publication.objects.get(pk=made.pk).version, "do": "keep", **given}
    return browser(office, who).post(text_page(made), given)


def test_a_draft_is_changed(office: Bureau) -> None:
    made = of.drafted(office, of.text(office, files=[desks.attached("旧图.jpg")]))
    old = made.entries.get().files.get()
    shown = browser(office, "handler").get(text_page(made)).context["form"]
    assert shown["title"].value() == made.title
    done = rewrite(office, made, needs_approval="on", without=[old.pk], uploads=[photo("新图.jpg", shade=10)])
    assert done.url == page(made)
    made.refresh_from_db()
    entry = made.entries.get()
    assert (entry.title, entry.body, made.needs_approval) == (WRITTEN["title"], WRITTEN["body"], True)
    assert [each.name for each in entry.files.all()] == ["新图.jpg"]
    assert of.verbs_of(made)[-2:] == ["revise", "files_attached"]


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"title": ""}, "title"),
        ({"dated_on": "2026-11-03"}, "dated_on"),
        ({"document_number": "31"}, "document_number"),
        ({"channels": []}, "channels"),
        ({"category": "nowhere"}, "category"),
        ({"without": ["999999"]}, "without"),
        ({"confirmed": [SECOND]}, "confirmed"),
    ],
)
def test_a_wrong_change_is_said_at_its_field_and_stays(
    office: Bureau, given: dict[str, Any], field: str
) -> None:
    written = of.text(office, body=f"电话{FIRST}。", files=[desks.attached()])
    made = of.drafted(office, written)
    before = of.as_kept(made)
    refused = rewrite(office, made, **given)
    assert (refused.status_code, list(refused.context["form"].errors)) == (400, [field])
    assert refused.context["form"]["body"].value() == WRITTEN["body"]
    assert WRITTEN["body"] in refused.content.decode()
    assert of.as_kept(made) == before
    assert made.entries.get().body == f"电话{FIRST}。"


def test_the_last_file_of_a_text_without_words_stays(office: Bureau) -> None:
    made = of.drafted(office, of.text(office, body="", files=[desks.attached()]))
    file = made.entries.get().files.get()
    refused = rewrite(office, made, body="", without=[file.pk])
    assert (refused.status_code, list(refused.context["form"].errors)) == (400, ["body"])
    assert made.entries.get().files.count() == 1


def test_the_second_of_two_authors_is_told_and_sends_it_once_more(office: Bureau) -> None:
    made = of.publication_in("draft", office)
    seen = made.version
    assert rewrite(office, made, "disclosure", title="先改的标题").status_code == 302
    late = rewrite(office, made, seen=seen, body="后改的正文，花了一小时。")
    assert late.status_code == 409
    text = late.content.decode()
    assert office.staff["disclosure"].name in text
    assert "后改的正文，花了一小时。" in text
    assert made.entries.get().title == "先改的标题"
    # The form is about the draft as it stands now: what was typed can be kept after all.
    fresh = re.search(r'name="seen" value="(\d+)"', text)
    assert fresh is not None
    assert int(fresh[1]) == seen + 1
    assert rewrite(office, made, seen=fresh[1], body="后改的正文，花了一小时。").status_code == 302
    assert made.entries.get().body == "后改的正文，花了一小时。"


def test_what_was_handed_in_meanwhile_is_not_changed_and_not_lost(office: Bureau) -> None:
    made = of.publication_in("draft", office)
    seen = made.version
    of.move(made, "submit", office, "disclosure")
    late = rewrite(office, made, seen=seen, body="晚了一步的正文。")
    assert late.status_code == 409
    assert "晚了一步的正文。" in late.content.decode()
    # Nor with the version that holds now: it is said that it is too late.
    late = rewrite(office, made, body="晚了一步的正文。")
    assert late.status_code == 400
    assert "晚了一步的正文。" in late.content.decode()
    assert made.entries.get().body != "晚了一步的正文。"


# Numbers of persons -----------------------------------------------------------------------------------------


def with_numbers(office: Bureau) -> Publication:
    return of.drafted(office, of.text(office, body=f"联系人甲{FIRST}，联系人乙{SECOND}。"))


def test_numbers_are_shown_to_their_author_and_keep_it_from_being_handed_in(office: Bureau) -> None:
    made = with_numbers(office)
    shown = browser(office, "handler").get(page(made))
    assert [row["numbers"] for row in shown.context["texts"]] == [[FIRST, SECOND]]
    refused = browser(office, "handler").post(page(made), {"step": "submit", "seen": made.version})
    assert refused.status_code == 400
    said = " ".join(str(each) for errors in refused.context["tried"].errors.values() for each in errors)
    # The sentence does not tell them once more.
    assert "199****0002" in said
    assert FIRST not in said
    made.refresh_from_db()
    assert made.state == "draft"


def test_each_number_is_confirmed_by_itself(office: Bureau) -> None:
    made = with_numbers(office)
    body = f"联系人甲{FIRST}，联系人乙{SECOND}。"
    asked = browser(office, "handler").get(text_page(made)).context["form"]
    assert [value for value, _label in asked.fields["confirmed"].choices] == [FIRST, SECOND]
    rewrite(office, made, body=body, confirmed=[FIRST])
    assert made.entries.get().confirmed == [FIRST]
    shown = browser(office, "handler").get(page(made))
    assert [row["numbers"] for row in shown.context["texts"]] == [[SECOND]]
    assert (
        browser(office, "handler")
        .post(page(made), {"step": "submit", "seen": shown.context["publication"].version})
        .status_code
        == 400
    )
    # What is confirmed stays ticked on the page where the text is changed.
    again = browser(office, "handler").get(text_page(made)).content.decode()
    assert re.findall(r'name="confirmed" value="(\d+)"[^>]* checked', again) == [FIRST]
    rewrite(office, made, body=body, confirmed=[FIRST, SECOND])
    made.refresh_from_db()
    assert (
        browser(office, "handler").post(page(made), {"step": "submit", "seen": made.version}).status_code
        == 302
    )
    made.refresh_from_db()
    assert made.state == "review"


def test_a_button_masks_what_is_not_confirmed(office: Bureau) -> None:
    made = with_numbers(office)
    sent = {"title": f"关于甲{SECOND}的通告", "body": f"甲{FIRST}，乙{SECOND}。", "keywords": SECOND}
    assert rewrite(office, made, do="mask", confirmed=[FIRST], **sent).status_code == 302
    entry = made.entries.get()
    assert (entry.title, entry.body, entry.keywords) == (
        "关于甲199****0003的通告",
        f"甲{FIRST}，乙199****0003。",
        "199****0003",
    )
    made.refresh_from_db()
    assert (
        browser(office, "handler").post(page(made), {"step": "submit", "seen": made.version}).status_code
        == 302
    )


def test_a_number_of_the_bureau_is_no_persons(office: Bureau) -> None:
    unit = office.units["greening"]
    type(unit).objects.filter(pk=unit.pk).update(phone="0570-5550177")
    made = of.drafted(office, of.text(office, body="请拨打养护电话0570-5550177。"))
    client = browser(office, "handler")
    assert "confirmed" not in client.get(text_page(made)).context["form"].fields
    assert client.post(page(made), {"step": "submit", "seen": made.version}).status_code == 302


def test_a_number_in_a_file_is_asked_for_as_well(office: Bureau) -> None:
    made = of.drafted(office, of.text(office, files=[desks.attached(text=f"负责人{FIRST}")]))
    assert [row["numbers"] for row in browser(office, "handler").get(page(made)).context["texts"]] == [
        [FIRST]
    ]
    asked = browser(office, "handler").get(text_page(made)).context["form"]
    assert [value for value, _label in asked.fields["confirmed"].choices] == [FIRST]


# A spreadsheet ----------------------------------------------------------------------------------------------


def rows_of(*changes: dict[str, str]) -> list[list[Any]]:
    good = {**GOOD, "目录分类": "工作规则", "主题": "城市绿化"}
    rows = [
        {**good, "标题": f"关于绿化养护的通告（{number}）", **each} for number, each in enumerate(changes, 1)
    ]
    return [HEADINGS, *([row[heading] for heading in HEADINGS] for row in rows)]


def bring(office: Bureau, data: bytes, *, name: str = "通告.csv", who: str = "handler", **given: Any) -> Any:
    sent = {"file": SimpleUploadedFile(name, data), "occasion": "carried_over", "third_party": "", **given}
    return browser(office, who).post(IMPORT, sent)


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_spreadsheet_becomes_one_draft(office: Bureau, kind: str) -> None:
    rows = rows_of({}, {"成文日期": "2026-01-04"}, {})
    data = as_csv(rows) if kind == "csv" else as_xlsx(rows)
    done = bring(office, data, name=f"通告.{kind}", third_party=of.THIRD_PARTY, needs_approval="on")
    made = only()
    assert done.url == page(made)
    assert (made.state, made.occasion, made.title) == (
        "draft",
        "carried_over",
        "关于绿化养护的通告（1） 等3件",
    )
    assert (made.third_party, made.needs_approval, str(made.made_on)) == (of.THIRD_PARTY, True, "2026-01-04")
    assert [(each.position, each.title) for each in made.entries.all()] == [
        (number, f"关于绿化养护的通告（{number}）") for number in (1, 2, 3)
    ]
    assert browser(office, "handler").get(page(made)).context["count"] == 3


def test_what_is_wrong_is_told_by_row_and_nothing_is_kept(office: Bureau) -> None:
    rows = rows_of(
        {}, {"主题": "没有的主题"}, {"正文": f"电话{FIRST}"}, {"成文日期": "2026-11-03", "标题": ""}
    )
    events = Event.objects.count()
    refused = bring(office, as_csv(rows), needs_approval="on", third_party="某方")
    assert refused.status_code == 400
    sheet = refused.context["sheet"]
    # As the spreadsheet counts its rows, of which the first has the headings.
    assert [(each.row, each.column) for each in sheet.errors] == [
        (3, "主题"),
        (4, "正文"),
        (5, "标题"),
        (5, "成文日期"),
    ]
    text = refused.content.decode()
    shown = re.findall(r'<th scope="row"[^>]*>(\d+)</th><td[^>]*>([^<]*)</td><td[^>]*>([^<]*)</td>', text)
    assert shown == [(str(each.row), each.column, each.sentence) for each in sheet.errors]
    # What else was filled in stays; the number is not told once more.
    assert refused.context["form"]["third_party"].value() == "某方"
    assert refused.context["form"]["needs_approval"].value() is True
    assert FIRST not in text
    assert not Publication.objects.exists()
    assert Event.objects.count() == events


@pytest.mark.parametrize(
    ("data", "name", "given", "field"),
    [
        (b"", "a.csv", {}, "file"),
        (b"%PDF-1.7", "a.csv", {}, "file"),
        (b"\xff\xfe\x00", "a.xlsx", {}, "file"),
        (as_csv([HEADINGS]), "a.csv", {"occasion": ""}, "occasion"),
        (as_csv([HEADINGS]), "a.csv", {"third_party": "方" * 101}, "third_party"),
    ],
)
def test_a_file_that_is_no_spreadsheet_is_refused(
    office: Bureau, data: bytes, name: str, given: dict[str, str], field: str
) -> None:
    refused = bring(office, data, name=name, **given)
    assert (refused.status_code, list(refused.context["form"].errors)) == (400, [field])
    assert not Publication.objects.exists()


def test_without_a_file_nothing_is_read(office: Bureau) -> None:
    refused = browser(office, "handler").post(IMPORT, {"occasion": "made"})
    assert (refused.status_code, list(refused.context["form"].errors)) == (400, ["file"])


def test_a_spreadsheet_is_brought_once(office: Bureau) -> None:
    mark = once(browser(office, "handler"), IMPORT)
    first, second = (bring(office, as_csv(rows_of({}, {})), once=mark) for _click in range(2))
    assert first.url == second.url
    assert bring(office, as_csv(rows_of({}, {"关键词": "另外"})), once=mark).url != first.url
    assert Publication.objects.count() == 2


def test_an_author_brings_texts_of_the_own_unit_alone(office: Bureau) -> None:
    rows = as_csv(rows_of({}, {"发布机构": "市政设施养护中心"}))
    refused = bring(office, rows)
    assert refused.status_code == 400
    (error,) = refused.context["sheet"].errors
    # The heading is the first row, and the other unit's text is the second.
    assert (error.row, error.column) == (3, "发布单位")
    assert not Publication.objects.exists()
    assert bring(office, rows, who="disclosure").status_code == 302


def test_the_spreadsheet_to_be_filled_in(office: Bureau) -> None:
    found = browser(office, "handler").get(TEMPLATE)
    assert found["Content-Type"].endswith("spreadsheetml.sheet")
    assert found["Content-Disposition"].startswith("attachment")
    _row, headings = read_xlsx(found.content).rows[0]
    assert list(headings.values()) == HEADINGS
    # As it is it has but an example, which is no text.
    assert bring(office, found.content, name="a.xlsx").context["sheet"].errors
    assert not Publication.objects.exists()


# The page of one --------------------------------------------------------------------------------------------


def step(office: Bureau, who: str, made: Publication, name: str, **given: Any) -> Any:
    """Take a step on the page as it stands now."""
    given.setdefault("seen", Publication.objects.get(pk=made.pk).version)
    return browser(office, who).post(page(made), {"step": name, **given})


def taken(office: Bureau, who: str, made: Publication, name: str, **given: Any) -> str:
    done = step(office, who, made, name, **given)
    assert (done.status_code, getattr(done, "url", "")) == (302, page(made)), name
    made.refresh_from_db()
    return made.state


def test_the_whole_way(office: Bureau, client: Client) -> None:
    made = of.publication_in("draft", office, third_party=of.THIRD_PARTY)
    assert taken(office, "handler", made, "submit", note="请审。") == "review"
    assert taken(office, "secrecy", made, "send_back", note="请写明日期。") == "draft"
    assert taken(office, "handler", made, "submit") == "review"
    assert taken(office, "secrecy", made, "escalate", note="是否涉密有疑问。") == "escalated"
    determined = {"may_be_public": "yes", "determined_by": "样例市国家保密局", "note": "样密函〔2026〕3号"}
    assert taken(office, "secrecy", made, "record_determination", **determined) == "third_party"
    objects = {"third_party_answer": "objects", "public_interest": "关系公共安全。", "note": "来函反对。"}
    assert taken(office, "disclosure", made, "record_third_party", **objects) == "approval"
    assert taken(office, "agency_head", made, "approve") == "ready"
    assert taken(office, "disclosure", made, "schedule", publish_on="2026-11-05") == "scheduled"
    assert "2026年11月5日" in browser(office, "handler").get(page(made)).content.decode()
    assert taken(office, "disclosure", made, "unschedule", note="提前公开。") == "ready"
    assert taken(office, "supervisor", made, "urge", note="请抓紧。") == "ready"
    assert taken(office, "disclosure", made, "publish") == "published"
    item = made.entries.select_related("item").get().item
    assert item is not None
    assert client.get(item.get_absolute_url()).status_code == 200
    shown = browser(office, "handler").get(page(made))
    assert forms(shown) == []
    text = shown.content.decode()
    for words in (
        "请审。",
        "请写明日期。",
        "是否涉密有疑问。",
        "样例市国家保密局",
        "来函反对。",
        "关系公共安全。",
        "请抓紧。",
    ):
        assert words in text
    assert item.get_absolute_url() in text
    assert shown.context["entries"][0].who == office.staff["disclosure"].name


def test_who_reads_it_is_led_nowhere_that_is_closed(office: Bureau) -> None:
    """Every link of the page, for each of its readers."""
    asked = of.request_in("replied", office, asked=of.asking(may_publish=True))
    made = of.publication_in("published", office, request=asked, occasion="request")
    for who in ("handler", "disclosure", "secrecy", "agency_head", "supervisor"):
        client = browser(office, who)
        text = client.get(page(made)).content.decode()
        main = text[text.index("<main") : text.index("</main>")]
        links = set(re.findall(r'href="(/disclosure/[^"#?]*)', main))
        assert links
        assert {link: client.get(link).status_code for link in links} == dict.fromkeys(links, 200), who


def test_it_is_not_published_and_why(office: Bureau) -> None:
    made = of.publication_in("escalated", office)
    determined = {"may_be_public": "no", "determined_by": "样例市国家保密局", "note": "样密函〔2026〕3号"}
    assert taken(office, "secrecy", made, "record_determination", **determined) == "dropped"
    other = of.publication_in("ready", office)
    assert taken(office, "handler", other, "drop", note="文件已撤回。") == "dropped"
    assert not Disclosure.objects.exists()


def test_the_steps_of_each_reader(office: Bureau) -> None:
    made = of.publication_in("ready", office)
    expected: dict[str, list[str]] = {
        # What carries it on stands first, what ends it last.
        "disclosure": ["publish", "schedule", "send_back", "drop"],
        "handler": ["drop"],
        "handler2": [],
        "secrecy": [],
        "agency_head": [],
        "supervisor": ["urge"],
    }
    assert {who: forms(browser(office, who).get(page(made))) for who in expected} == expected


REFUSED: list[tuple[str, str, str, dict[str, str], str]] = [
    ("draft", "handler", "submit", {"note": "字" * 1001}, "note"),
    ("review", "secrecy", "pass_secrecy", {"secrecy_basis": " ", "note": "已逐条对照"}, "secrecy_basis"),
    ("review", "secrecy", "escalate", {"note": ""}, "note"),
    ("review", "secrecy", "send_back", {"note": " "}, "note"),
    (
        "escalated",
        "secrecy",
        "record_determination",
        {"determined_by": "保密局", "note": "来函"},
        "may_be_public",
    ),
    (
        *("escalated", "secrecy", "record_determination"),
        {"may_be_public": "yes", "determined_by": "", "note": "来函"},
        "determined_by",
    ),
    (
        "third_party",
        "disclosure",
        "record_third_party",
        {"third_party_answer": "", "note": "来函"},
        "third_party_answer",
    ),
    (
        *("third_party", "disclosure", "record_third_party"),
        {"third_party_answer": "silent", "public_interest": " ", "note": "逾期未答"},
        "public_interest",
    ),
    ("ready", "disclosure", "schedule", {"publish_on": "2026-11-02"}, "publish_on"),
    ("ready", "disclosure", "schedule", {"publish_on": "2026-12-01"}, "publish_on"),
    ("scheduled", "disclosure", "unschedule", {"note": ""}, "note"),
    ("draft", "handler", "drop", {"note": ""}, "note"),
    ("review", "supervisor", "urge", {"note": ""}, "note"),
]


def test_a_refusal_stands_at_its_field_with_what_was_typed(office: Bureau) -> None:
    for state, who, name, given, field in REFUSED:
        with of.undone():
            made = of.publication_in(state, office)
            before = of.as_kept(made)
            refused = step(office, who, made, name, **given)
            assert refused.status_code == 400, (name, given)
            tried = refused.context["tried"]
            assert list(tried.errors) == [field], (name, given)
            assert {each: tried[each].value() for each in given} == given
            assert all(value in refused.content.decode() for value in given.values())
            assert of.as_kept(made) == before, name


@pytest.mark.parametrize(
    ("state", "who", "name"),
    [
        ("review", "disclosure", "pass_secrecy"),
        ("review", "handler", "pass_secrecy"),
        # Whose turn it is sends it back.
        ("review", "disclosure", "send_back"),
        ("ready", "secrecy", "send_back"),
        ("ready", "handler", "publish"),
        ("approval", "disclosure", "approve"),
        ("draft", "handler2", "submit"),
        ("draft", "handler2", "drop"),
        ("draft", "disclosure", "urge"),
        ("draft", "supervisor", "drop"),
    ],
)
def test_a_step_of_others_is_forbidden(office: Bureau, state: str, who: str, name: str) -> None:
    made = of.publication_in(state, office)
    before = of.as_kept(made)
    assert step(office, who, made, name, note="x", secrecy_basis="x").status_code == 403
    assert of.as_kept(made) == before


def test_who_wrote_it_neither_reviews_nor_approves_it(office: Bureau) -> None:
    made = of.publication_in("review", office, who="officer_reviewer")
    assert step(office, "officer_reviewer", made, "pass_secrecy", secrecy_basis="不涉密。").status_code == 403
    made = of.publication_in("approval", office, who="officer_head")
    assert step(office, "officer_head", made, "approve").status_code == 403


def test_whoever_sees_none_takes_no_step(office: Bureau) -> None:
    made = of.publication_in("draft", office)
    before = of.as_kept(made)
    for who, status in {"nobody": 403, "clerk": 403, "administrator": 403, "handler_roads": 404}.items():
        assert step(office, who, made, "drop", note="不公开了吧。").status_code == status, who
    assert of.as_kept(made) == before


def test_a_step_that_there_is_not_and_one_that_is_over(office: Bureau) -> None:
    made = of.publication_in("dropped", office)
    assert step(office, "handler", made, "vanish").status_code == 400
    late = step(office, "supervisor", made, "urge", note="请抓紧办理")
    assert late.status_code == 400


def test_the_second_of_two_is_told_who_was_first(office: Bureau) -> None:
    made = of.publication_in("review", office)
    seen = made.version
    assert (
        step(office, "secrecy2", made, "pass_secrecy", seen=seen, secrecy_basis="不涉密。").status_code == 302
    )
    second = step(office, "secrecy", made, "escalate", seen=seen, note="管网分布图有疑问")
    assert second.status_code == 409
    text = second.content.decode()
    assert office.staff["secrecy2"].name in text
    assert "管网分布图有疑问" in text
    urged = step(office, "supervisor", made, "urge", seen=seen, note="请抓紧办理")
    assert urged.status_code == 409
    assert f'name="seen" value="{seen + 1}"' in urged.content.decode()


def test_of_many_texts_the_page_shows_fifty(office: Bureau) -> None:
    made = of.drafted(office, *(of.text(office, title=f"通告{each}") for each in range(52)))
    shown = browser(office, "handler").get(page(made))
    assert (len(shown.context["texts"]), shown.context["count"]) == (50, 52)
    assert shown.context["pages"] == [(1, 50), (51, 52)]
    # Who reviews them can read every one.
    rest = browser(office, "secrecy").get(f"{page(made)}?from=51")
    assert [each["text"].position for each in rest.context["texts"]] == [51, 52]


# Corrections ------------------------------------------------------------------------------------------------


def test_an_item_is_corrected(office: Bureau, client: Client) -> None:
    item = of.public_item(office)
    shown = browser(office, "disclosure").get(correction(item))
    form = shown.context["form"]
    assert form["title"].value() == item.title
    assert form["body"].value() == Version.objects.get(disclosure=item).body
    # Why it comes out is known: it was public before.
    assert "occasion" not in form.fields
    sent = {**CORRECTED, "correction_note": "开放时间更正。"}
    assert browser(office, "disclosure").post(correction(item), sent).status_code == 302
    made = Publication.objects.get(corrects=item)
    assert (made.occasion, made.correction_note, of.last_days(made)) == ("carried_over", "开放时间更正。", {})
    # Until it has gone the whole way, the old text holds.
    item.refresh_from_db()
    assert item.title != WRITTEN["title"]
    for name, who in (("submit", "disclosure"), ("pass_secrecy", "secrecy"), ("publish", "disclosure2")):
        of.move(made, name, office, who, at=NOW)
    item.refresh_from_db()
    assert (item.title, item.corrected_at) == (WRITTEN["title"], NOW)
    text = client.get(item.get_absolute_url()).content.decode()
    assert WRITTEN["body"] in text
    assert "开放时间更正。" in text
    assert Disclosure.objects.count() == 1


def test_a_correction_says_what_it_corrects(office: Bureau) -> None:
    item = of.public_item(office)
    for note in ("", " ", "字" * 201, "一\n二"):
        refused = browser(office, "disclosure").post(correction(item), {**CORRECTED, "correction_note": note})
        assert (refused.status_code, list(refused.context["form"].errors)) == (400, ["correction_note"])
        assert WRITTEN["body"] in refused.content.decode()
    assert not Publication.objects.filter(corrects=item).exists()


def test_one_correction_of_an_item_at_a_time(office: Bureau) -> None:
    item = of.public_item(office)
    sent = {**CORRECTED, "correction_note": "更正。"}
    assert browser(office, "disclosure").post(correction(item), sent).status_code == 302
    second = browser(office, "disclosure2").post(correction(item), sent)
    assert (second.status_code, list(second.context["form"].errors)) == (400, ["__all__"])
    assert Publication.objects.filter(corrects=item).count() == 1


def test_what_is_corrected_can_be_changed_while_it_is_a_draft(office: Bureau) -> None:
    item = of.public_item(office)
    browser(office, "disclosure").post(correction(item), {**CORRECTED, "correction_note": "更正。"})
    made = Publication.objects.get(corrects=item)
    assert rewrite(office, made, "disclosure", correction_note="").context["form"].errors.keys() == {
        "correction_note"
    }
    assert rewrite(office, made, "disclosure", correction_note="时间更正。").status_code == 302
    made.refresh_from_db()
    assert made.correction_note == "时间更正。"


def test_what_was_withdrawn_is_not_corrected(office: Bureau) -> None:
    item = of.public_item(office)
    browser(office, "disclosure").post(correction(item), {**CORRECTED, "correction_note": "更正。"})
    made = Publication.objects.get(corrects=item)
    actions.withdraw(item, reason="内容有误。", actor=office.actor("disclosure"), at=NOW)
    assert browser(office, "disclosure").get(correction(item)).status_code == 404
    assert browser(office, "disclosure").get(page(made)).status_code == 200
    # Nor is one that was under way.
    refused = step(office, "disclosure", made, "submit")
    assert refused.status_code == 400
    made.refresh_from_db()
    assert made.state == "draft"


# The answer to a request ------------------------------------------------------------------------------------


def answered(office: Bureau, *, may_publish: bool = True, state: str = "replied") -> Any:
    return of.request_in(state, office, asked=of.asking(may_publish=may_publish))


def from_request(made: Any) -> str:
    return f"{NEW}?request={made.number}"


def test_an_answer_is_published_without_its_applicant(office: Bureau) -> None:
    made = answered(office)
    desk = reverse("disclosure:request", args=[made.number])
    for who in ("disclosure", "secrecy", "agency_head", "supervisor"):
        link = from_request(made) in browser(office, who).get(desk).content.decode()
        assert link is (who == "disclosure"), who
    shown = browser(office, "disclosure").get(from_request(made))
    form = shown.context["form"]
    assert (form["title"].value(), form["body"].value(), form["occasion"].value()) == (
        QUESTION,
        made.reply_text,
        "request",
    )
    text = shown.content.decode()
    assert not [each for each in KNOWN if each in text]
    sent = {**WRITTEN, "occasion": "request"}
    assert browser(office, "disclosure").post(from_request(made), sent).status_code == 302
    publication = only()
    # It was not made to be published: no twenty days run.
    assert (publication.request, publication.occasion, of.last_days(publication)) == (made, "request", {})
    shown = browser(office, "disclosure").get(desk).content.decode()
    assert publication.number in shown
    assert from_request(made) not in shown
    assert made.number in browser(office, "disclosure").get(page(publication)).content.decode()


def test_the_address_of_the_request_stays_when_something_is_wrong(office: Bureau) -> None:
    made = answered(office)
    refused = browser(office, "disclosure").post(from_request(made), {**WRITTEN, "title": ""})
    assert refused.status_code == 400
    assert f'action="{from_request(made)}"' in refused.content.decode()


def test_what_may_not_be_published_is_not_begun(office: Bureau) -> None:
    """Without the applicant's consent, without an answer, and where nothing was given."""
    refused = of.request_in("reviewing", office, asked=of.asking(may_publish=True))
    of.do(refused, "reply", office, reply_type="internal", reply_text="属于内部事务。")
    cases = [answered(office, may_publish=False), answered(office, state="reviewing"), refused]
    client = browser(office, "disclosure")
    for made in cases:
        desk = reverse("disclosure:request", args=[made.number])
        assert from_request(made) not in client.get(desk).content.decode()
        assert client.get(from_request(made)).status_code == 404
        assert client.post(from_request(made), WRITTEN).status_code == 404
    # What is not there looks the same, and so does what is not the author's to see.
    for number in ("YS-20260101-9999", "x", "%00", "%ff"):
        assert client.get(f"{NEW}?request={number}").status_code in (400, 404), number
    assert browser(office, "handler").get(from_request(answered(office))).status_code == 404
    assert not Publication.objects.exists()


# The list ---------------------------------------------------------------------------------------------------


def numbers(answer: Any) -> list[str]:
    return [row.case.number for row in answer.context["rows"]]


def test_the_list_is_narrowed_down(office: Bureau) -> None:
    draft = of.publication_in("draft", office).number
    other = of.publication_in("review", office, who="handler_roads", occasion="carried_over").number
    over = of.publication_in("published", office).number
    seen = {
        "disclosure": [draft, other],
        "secrecy": [draft, other],
        "handler": [draft],
        "handler_roads": [other],
    }
    for who, found in seen.items():
        shown = browser(office, who).get(LIST)
        assert numbers(shown) == found
        assert (NEW in shown.content.decode()) is (AUTHORS[who] == 200)
    client = browser(office, "supervisor")
    for query, found in {
        "state=review": [other],
        "state=published": [over],
        "occasion=carried_over": [other],
        "unit=greening": [draft],
        f"number={over.lower()}": [over],
        "due=overdue": [],
    }.items():
        assert numbers(client.get(f"{LIST}?{query}")) == found, query


@pytest.mark.parametrize("query", ["state=reviewing", "occasion=whim", "due=never", "after=x", "unit=none"])
def test_nonsense_in_the_address_is_said_and_harms_nothing(office: Bureau, query: str) -> None:
    answer = browser(office, "disclosure").get(f"{LIST}?{query}")
    assert (answer.status_code, numbers(answer)) == (400, [])


def test_pages_follow_one_another(office: Bureau) -> None:
    made = [of.drafted(office).number for _each in range(21)]
    author = browser(office, "handler")
    first = author.get(LIST)
    second = author.get(first.context["older_url"])
    assert numbers(first) + numbers(second) == made
    assert numbers(author.get(second.context["newer_url"])) == made[:20]


# What it costs ----------------------------------------------------------------------------------------------


def test_the_list_costs_the_same_however_many_rows(office: Bureau) -> None:
    author = browser(office, "handler")
    item = of.public_item(office)
    of.drafted(office)
    few = queries_of(author, LIST)
    for _each in range(4):
        of.drafted(office, of.text(office), of.text(office, title="另一份"))
    of.drafted(office, corrects=item, correction_note="更正。")
    assert queries_of(author, LIST) == few <= MOST_QUERIES


@pytest.mark.parametrize("who", ["handler", "disclosure", "secrecy"])
def test_a_page_costs_the_same_however_many_texts(office: Bureau, who: str) -> None:
    def texts(count: int) -> list[Any]:
        return [
            of.text(office, title=f"通告{each}", body=f"电话{FIRST}。", files=[desks.attached(shade=each)])
            for each in range(count)
        ]

    client = browser(office, who)
    one, many = of.drafted(office, *texts(1)), of.drafted(office, *texts(8))
    assert queries_of(client, page(one)) == queries_of(client, page(many)) <= 15


def test_the_pages_on_which_one_writes_cost_the_same(office: Bureau) -> None:
    author = browser(office, "handler")
    files = [desks.attached(f"{each}.jpg", shade=each) for each in range(4)]
    one = of.drafted(office, of.text(office, files=files[:1]))
    many = of.drafted(office, *(of.text(office, files=files) for _each in range(5)))
    for address in (NEW, IMPORT):
        assert queries_of(author, address) <= MOST_QUERIES
    assert queries_of(author, text_page(one)) == queries_of(author, text_page(many, 3)) <= 15
