"""A letter from the form to the signed file: looked at, drafted, issued once, refused at its field."""

from __future__ import annotations

import subprocess
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from portal.cases.terms import local_day
from portal.cases.workflow import Refused
from portal.documents import actions, views_desk
from portal.documents.models import Document
from portal.numbering.models import Series
from portal.organisation.actions import change_roles
from portal.organisation.actors import SYSTEM, Role
from tests.portal.documents.conftest import needs
from tests.portal.documents.desk import TITLE, UNPRINTABLE, typed
from tests.portal.notices.bureau import Bureau, found

pytestmark = pytest.mark.django_db
NEW = "/documents/new/"
DAY = timedelta(days=1)


@pytest.fixture
def bureau(db: None) -> Bureau:
    cache.clear()
    return found()


@pytest.fixture
def desk(bureau: Bureau) -> Client:
    client = bureau.client("office_head")
    client.cookies["django_language"] = "en"
    return client


def text_of(response: Any) -> str:
    return response.content.decode()


def test_a_letter_is_previewed_drafted_and_issued(desk: Client):
    form = typed(is_public="on")
    preview = desk.post(NEW, {**form, "do": "preview"})
    assert preview.status_code == 200
    assert "经研究，现函复如下" in text_of(preview)
    draft = desk.post(NEW, {**form, "do": "draft"})
    assert draft["Content-Type"] == "application/pdf"
    issued_one = desk.post(NEW, {**form, "do": "issue"})
    document = Document.objects.get()
    assert issued_one["Location"] == f"/documents/{document.check_code}/"
    assert document.title == TITLE
    assert document.is_public
    assert document.made_by_name == "示例office_head"
    assert document.number.endswith("〕1号")
    assert actions.document_bytes(document).startswith(b"%PDF-")


def test_a_preview_and_a_draft_write_nothing_and_use_no_number(desk: Client, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    written = ("INSERT", "UPDATE", "DELETE", "COPY")
    with CaptureQueriesContext(connection) as queries:
        assert desk.post(NEW, {**typed(), "do": "preview"}).status_code == 200
        assert desk.post(NEW, {**typed(), "do": "draft"}).status_code == 200
        assert desk.post(NEW, {**typed(), "do": "change"}).status_code == 200
    assert [each["sql"] for each in queries if each["sql"].lstrip().startswith(written)] == []
    assert not Series.objects.filter(code__startswith="document.").exists()
    assert list(tmp_path.iterdir()) == []
    assert not Document.objects.exists()


def test_a_draft_says_that_it_is_one_and_bears_no_signature(desk: Client):
    pdf = desk.post(NEW, {**typed(), "do": "draft"}).content
    assert b"/ByteRange" not in pdf
    needs("pdftotext")
    text = subprocess.run(
        ["pdftotext", "-", "-"], input=pdf, stdout=subprocess.PIPE, check=True
    ).stdout.decode()
    assert "样稿（未编号、未签章）" in text
    assert "DRAFT-DRAFT" in text
    assert "施工范围图" in text


def test_the_preview_carries_every_field_on_to_the_next_step(desk: Client):
    until = str(local_day(timezone.now()) + timedelta(days=30))
    form = typed(valid_until=until, is_public="on")
    for do in ("preview", "change"):
        shown = desk.post(NEW, {**form, "do": do}).context["form"]
        for name, value in form.items():
            kept = shown[name].value()
            assert str(kept) == ("True" if name == "is_public" and do == "preview" else value), (do, name)


def test_a_second_click_issues_nothing_more(desk: Client):
    form = {**typed(), "do": "issue"}
    first, second = desk.post(NEW, form), desk.post(NEW, form)
    assert first["Location"] == second["Location"]
    assert Document.objects.count() == 1


def test_who_goes_back_and_corrects_a_word_issues_another_letter(desk: Client):
    form = {**typed(), "do": "issue"}
    desk.post(NEW, form)
    desk.post(NEW, {**form, "text": "更正后的内容。"})
    assert Document.objects.count() == 2


def test_the_same_words_from_a_form_opened_anew_are_another_letter(desk: Client):
    desk.post(NEW, {**typed(), "do": "issue"})
    desk.post(NEW, {**typed(), "do": "issue"})
    assert Document.objects.count() == 2


def test_a_click_while_the_first_is_at_work_is_told_so(desk: Client, monkeypatch: pytest.MonkeyPatch):
    form = {**typed(), "do": "issue"}
    real, answers = actions.issue_by_hand, []

    def slow(*args: Any, **options: Any) -> Document:
        answers.append(desk.post(NEW, form))
        return real(*args, **options)

    monkeypatch.setattr(views_desk.actions, "issue_by_hand", slow)
    assert desk.post(NEW, form).status_code == 302
    assert answers[0].status_code == 409
    assert "is being issued already" in text_of(answers[0])
    assert Document.objects.count() == 1


def test_a_letter_that_failed_may_be_sent_again(desk: Client, monkeypatch: pytest.MonkeyPatch):
    form = {**typed(), "do": "issue"}

    def refuses(*args: Any, **options: Any) -> Document:
        raise Refused("The document cannot be signed: no key.")

    with monkeypatch.context() as patched:
        patched.setattr(views_desk.actions, "issue_by_hand", refuses)
        response = desk.post(NEW, form)
    assert response.status_code == 400
    assert response.context["form"].non_field_errors() == ["The document cannot be signed: no key."]
    assert TITLE in text_of(response)
    assert desk.post(NEW, form).status_code == 302
    assert Document.objects.count() == 1


def test_a_mark_belongs_to_one_person(bureau: Bureau):
    form = typed()
    for who in ("office_head", "chief_representative", "office_head"):
        assert bureau.client(who).post(NEW, {**form, "do": "issue"}).status_code == 302
    by = sorted(Document.objects.values_list("made_by_name", flat=True))
    assert by == ["示例chief_representative", "示例office_head"]


YESTERDAY = str(local_day(timezone.now()) - DAY)
WRONG = [
    ("title", "", "required"),
    ("title", "题" * 201, "at most 200 characters"),
    ("title", "两\n行", "in one line"),
    ("title", f"题{UNPRINTABLE}", "cannot print"),
    ("addressee", "", "required"),
    ("addressee", f"社{UNPRINTABLE}区", "cannot print"),
    ("text", " \n ", "required"),
    ("text", f"第一段。\n第二段{UNPRINTABLE}。", "cannot print"),
    ("text", "a\u202eb", "characters that cannot be shown"),
    ("text", "字" * 20_001, "at most 20000 characters"),
    ("attachments", "图\n" * 31, "At most 30 attachments"),
    ("attachments", f"图{UNPRINTABLE}", "cannot print"),
    ("attachments", "图" * 201, "longer than 200 characters"),
    ("contact", UNPRINTABLE, "cannot print"),
    ("valid_from", "2026-02-30", "no such day"),
    ("valid_until", YESTERDAY, "never be in force"),
    ("once", "nonsense", "valid UUID"),
]


@pytest.mark.parametrize(("name", "value", "sentence"), WRONG)
@pytest.mark.parametrize("do", ["preview", "draft", "issue"])
def test_what_is_wrong_is_said_at_its_field(desk: Client, name: str, value: str, sentence: str, do: str):
    response = desk.post(NEW, {**typed(), name: value, "do": do})
    assert response.status_code == 400
    assert list(response.context["form"].errors) == [name]
    assert sentence in " ".join(response.context["form"].errors[name])
    assert not Document.objects.exists()


def test_a_validity_that_ends_before_it_begins(desk: Client):
    today = local_day(timezone.now())
    days = {"valid_from": str(today + timedelta(days=9)), "valid_until": str(today + timedelta(days=8))}
    response = desk.post(NEW, {**typed(**days), "do": "issue"})
    assert response.context["form"].errors["valid_until"] == ["The last day lies before the first."]


def test_a_role_that_is_taken_away_between_preview_and_issue(bureau: Bureau):
    client = bureau.client("office_head")
    form = typed()
    assert client.post(NEW, {**form, "do": "preview"}).status_code == 200
    head = bureau.staff["office_head"]
    change_roles(staff=head, roles=[Role.CLERK], actor=SYSTEM, at=timezone.now())
    assert client.post(NEW, {**form, "do": "issue"}).status_code == 403
    assert not Document.objects.exists()
