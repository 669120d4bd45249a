"""Files of the app: who gets which, from where they are handed out, and what is left of them afterwards."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from disclosure import actions, publishing
from disclosure.models import (
    Disclosure,
    DisclosureFile,
    InformationRequest,
    Publication,
    PublicationFile,
    RequestFile,
)
from portal.documents.actions import document_bytes
from tests.approvals.browsers import browser, follows, queries_of
from tests.approvals.public import jpeg
from tests.bureau import MONDAY, Bureau
from tests.disclosure import desks
from tests.disclosure import office as of
from tests.disclosure.desks import NOBODY, NOW, STAFF, gets

founded, office, plain_papers = of.founded, of.office, of.plain_papers
today, fresh_cache = desks.today, desks.fresh_cache
pytestmark = pytest.mark.usefixtures("plain_papers")
# As anybody, who gave number and code.
APPLICANT = "applicant"
READERS = ("disclosure", "secrecy", "agency_head", "supervisor")


def published(office: Bureau, *files: Any) -> Disclosure:
    return of.public_item(office, files=list(files) or [desks.attached("附图.jpg", shade=1)])


def corrected(office: Bureau, item: Disclosure, *files: Any) -> None:
    """With these files in the place of those that it takes over from the text that holds."""
    made = of.publication_in("draft", office, corrects=item, correction_note="附件更正。")
    taken_over = list(PublicationFile.objects.filter(entry__publication=made).values_list("pk", flat=True))
    text = of.text(office, files=list(files))
    actor = made.author.actor()
    made = publishing.revise(made, text, without=taken_over, actor=actor, at=MONDAY)
    made = of.move(made, "submit", office, made.author.username)
    made = of.move(made, "pass_secrecy", office, "secrecy")
    of.move(made, "publish", office, "disclosure")


def test_a_correction_takes_the_files_along(office: Bureau) -> None:
    item = published(office)
    of.publication_in("published", office, corrects=item, correction_note="标题更正。")
    before, after = DisclosureFile.objects.filter(version__disclosure=item).order_by("pk")
    assert (after.sha256, after.file.name) == (before.sha256, before.file.name)
    assert "附图.jpg" in Client().get(item.get_absolute_url()).content.decode()


def answered(office: Bureau) -> InformationRequest:
    """With a file from the applicant, one that was given, its papers, and a letter to a third party."""
    made = of.applied(office, files=[desks.upload("身份证.jpg", 2)])
    for name in ("register", "begin_review", "consult", "record_opinion"):
        made = of.do(made, name, office)
    of.do(made, "pass_secrecy", office, "secrecy")
    of.do(made, "reply", office, files=[desks.upload("决算.jpg", 3)])
    return InformationRequest.objects.get(pk=made.pk)


def item_file(item: Disclosure, row: DisclosureFile | None = None) -> str:
    found = row or DisclosureFile.objects.filter(version__disclosure=item).latest("pk")
    return reverse("disclosure:file", args=[item.index_number, found.pk])


def request_file(made: InformationRequest, *, is_given: bool) -> str:
    row = RequestFile.objects.get(request=made, is_given=is_given)
    return reverse("disclosure:request_file", args=[made.number, row.pk])


def paper(made: InformationRequest, purpose: str) -> str:
    return reverse("disclosure:request_paper", args=[made.number, made.papers.get(purpose=purpose).pk])


def letter(made: InformationRequest) -> str:
    return reverse("disclosure:consultation_letter", args=[made.number, made.consultations.get().pk])


def publication_file(made: Publication) -> str:
    return reverse("disclosure:publication_file", args=[made.number, made.entries.get().files.get().pk])


# Who gets which ---------------------------------------------------------------------------------------------

PUBLIC = dict.fromkeys((*NOBODY, APPLICANT), 200)
# What is not one's own looks like what is not there.
HIDDEN = dict.fromkeys((*NOBODY, APPLICANT), 404)
OFFICERS = HIDDEN | {"disclosure": 200, APPLICANT: 200}
TABLE: dict[str, tuple[Callable[[Bureau, InformationRequest], str], dict[str, int]]] = {
    "an item's": (lambda office, made: item_file(published(office)), PUBLIC),
    # What was corrected is staff's to read in its publication, and nobody's at the public address.
    "of a text that was corrected": (lambda office, made: _old_file(office), HIDDEN),
    "of an item that was withdrawn": (
        lambda office, made: _withdrawn_file(office),
        dict.fromkeys(PUBLIC, 410),
    ),
    "of a text that is to come out": (
        lambda office, made: publication_file(_draft(office)),
        gets(200, *READERS, "handler", nobody=302) | {"handler_roads": 404, APPLICANT: 302},
    ),
    # It shows who the applicant is.
    "from the applicant": (lambda office, made: request_file(made, is_given=False), OFFICERS),
    "given with the answer": (
        lambda office, made: request_file(made, is_given=True),
        HIDDEN | dict.fromkeys((*READERS, APPLICANT), 200),
    ),
    "the receipt": (lambda office, made: paper(made, "receipt"), OFFICERS),
    "the answer": (lambda office, made: paper(made, "reply"), OFFICERS),
    # The applicant does not learn who was asked.
    "a letter to a third party": (
        lambda office, made: letter(made),
        gets(200, "disclosure", nobody=302) | {APPLICANT: 302},
    ),
}


def _draft(office: Bureau) -> Publication:
    return of.drafted(office, of.text(office, files=[desks.attached("附图.jpg", shade=4)]))


def _old_file(office: Bureau) -> str:
    item = published(office)
    old = DisclosureFile.objects.get(version__disclosure=item)
    corrected(office, item, desks.attached("附图.jpg", shade=5))
    return item_file(item, old)


def _withdrawn_file(office: Bureau) -> str:
    item = published(office)
    actions.withdraw(item, reason="内容有误。", actor=office.actor("disclosure"), at=NOW)
    return item_file(item)


@pytest.mark.parametrize("which", TABLE)
def test_who_gets_which(office: Bureau, which: str) -> None:
    made = answered(office)
    place, expected = TABLE[which]
    address = place(office, made)
    assert set(expected) == {*STAFF, "nobody", APPLICANT}
    for who, status in expected.items():
        client = follows(made) if who == APPLICANT else browser(office, who)
        found = client.get(address)
        assert found.status_code == status, who
        if status == 200:
            assert_saved_and_not_shown(found, is_public=expected is PUBLIC)
        # Files are read, and nothing else is done to them.
        assert client.post(address).status_code in (302, 403, 404, 405), who


def assert_saved_and_not_shown(answer: Any, *, is_public: bool) -> None:
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer["Content-Security-Policy"]
    # What is not for everyone stays in no cache.
    assert is_public or "no-store" in answer.headers["Cache-Control"]


def test_every_kind_of_file_stands_in_the_table() -> None:
    from disclosure.urls import urlpatterns
    from disclosure.views import files

    names = {
        each.name for each in urlpatterns if getattr(each, "callback", None).__module__ == files.__name__
    }  # type: ignore[union-attr]
    assert names == {"file", "publication_file", "request_file", "request_paper", "consultation_letter"}


def test_staff_who_ask_for_themselves_get_what_is_theirs(office: Bureau) -> None:
    """Somebody who has no part in requests follows the own one, like anybody."""
    made = answered(office)
    clerk = browser(office, "clerk")
    clerk.post(reverse("cases:follow"), {"number": made.number, "code": made.lookup_code})
    for address in (
        request_file(made, is_given=False),
        request_file(made, is_given=True),
        paper(made, "reply"),
    ):
        assert clerk.get(address).status_code == 200
    assert clerk.get(letter(made)).status_code == 403


# What is in them --------------------------------------------------------------------------------------------


def test_a_file_comes_as_it_was_sent(office: Bureau) -> None:
    item = published(office, desks.attached("古树 名录.jpg", shade=7))
    found = Client().get(item_file(item))
    assert found["Content-Type"] == "image/jpeg"
    assert "filename*=utf-8''%E5%8F%A4%E6%A0%91%20%E5%90%8D%E5%BD%95.jpg" in found["Content-Disposition"]
    assert found.content == desks.upload("古树 名录.jpg", 7).data
    made = answered(office)
    given = follows(made).get(request_file(made, is_given=True))
    assert given.content == desks.upload("决算.jpg", 3).data
    answer = made.papers.select_related("document").get(purpose="reply")
    assert follows(made).get(paper(made, "reply")).content == document_bytes(answer.document)
    # Neither a name nor a matter shows in storage.
    kept = RequestFile.objects.get(request=made, is_given=False)
    assert "身份证" not in kept.file.name
    assert kept.sha256 in kept.file.name


def test_a_photo_from_the_applicant_was_drawn_anew(office: Bureau) -> None:
    """Place and camera are gone from it; what is kept is what was looked at."""
    made = answered(office)
    kept = browser(office, "disclosure").get(request_file(made, is_given=False)).content
    assert kept.startswith(b"\xff\xd8\xff")
    assert kept == desks.upload("身份证.jpg", 2).data != jpeg(2)


# Whose they are ---------------------------------------------------------------------------------------------


def test_a_file_is_read_with_its_own_matter(office: Bureau) -> None:
    made, other = answered(office), answered(office)
    officer = browser(office, "disclosure")
    sent = RequestFile.objects.get(request=other, is_given=True).pk
    reply, asked = other.papers.get(purpose="reply").pk, other.consultations.get().pk
    assert officer.get(reverse("disclosure:request_file", args=[made.number, sent])).status_code == 404
    assert officer.get(reverse("disclosure:request_paper", args=[made.number, reply])).status_code == 404
    assert (
        officer.get(reverse("disclosure:consultation_letter", args=[made.number, asked])).status_code == 404
    )
    # Who follows one request gets nothing of another.
    client = follows(made)
    assert client.get(request_file(other, is_given=True)).status_code == 404
    assert client.get(paper(other, "reply")).status_code == 404
    draft, text = _draft(office), _draft(office)
    pk = text.entries.get().files.get().pk
    assert officer.get(reverse("disclosure:publication_file", args=[draft.number, pk])).status_code == 404
    item, second = published(office), published(office, desks.attached(shade=9))
    row = DisclosureFile.objects.get(version__disclosure=second)
    assert Client().get(item_file(item, row)).status_code == 404


def test_what_is_not_there(office: Bureau) -> None:
    made, item = answered(office), published(office)
    officer = browser(office, "disclosure")
    for name in ("request_file", "request_paper", "consultation_letter"):
        assert officer.get(reverse(f"disclosure:{name}", args=[made.number, 999_999])).status_code == 404
        assert officer.get(reverse(f"disclosure:{name}", args=["YS-20260101-9999", 1])).status_code == 404
    assert (
        officer.get(reverse("disclosure:publication_file", args=["GK-20260101-9999", 1])).status_code == 404
    )
    for address in (
        item_file(item).replace(item.index_number, "MB0DEM019/2026-09999"),
        f"{item.get_absolute_url()}files/{2**63}/",
    ):
        assert Client().get(address).status_code == 404


def test_a_publication_shows_its_files_after_it_came_out(office: Bureau) -> None:
    """What was corrected is read there, by those who saw to it."""
    item = published(office)
    made = Publication.objects.get()
    corrected(office, item, desks.attached("附图.jpg", shade=6))
    assert browser(office, "handler").get(publication_file(made)).content == desks.upload("x.jpg", 1).data
    assert Client().get(item_file(item)).content == desks.upload("x.jpg", 6).data


# What is left of them ---------------------------------------------------------------------------------------


def test_a_file_that_was_taken_out_is_gone_from_the_item(office: Bureau) -> None:
    item = published(office)
    old = DisclosureFile.objects.get(version__disclosure=item)
    corrected(office, item)
    assert Client().get(item_file(item, old)).status_code == 404
    assert "附图.jpg" not in Client().get(item.get_absolute_url()).content.decode()


def test_of_what_was_withdrawn_the_address_says_why(office: Bureau) -> None:
    gone = Client().get(_withdrawn_file(office))
    assert gone.status_code == 410
    assert "内容有误。" in gone.content.decode()
    assert "附图.jpg" not in gone.content.decode()
    assert "Content-Disposition" not in gone.headers


def test_a_file_that_is_lost_is_not_there(office: Bureau) -> None:
    item, made = published(office), answered(office)
    DisclosureFile.objects.get(version__disclosure=item).file.storage.delete(
        DisclosureFile.objects.get(version__disclosure=item).file.name
    )
    assert Client().get(item_file(item)).status_code == 404
    row = RequestFile.objects.get(request=made, is_given=True)
    row.file.storage.delete(row.file.name)
    assert follows(made).get(request_file(made, is_given=True)).status_code == 404


def test_a_paper_that_is_not_as_signed_is_not_handed_out(office: Bureau) -> None:
    made = answered(office)
    document = made.papers.select_related("document").get(purpose="reply").document
    with open(document.file.path, "ab") as file:
        file.write(b"x")
    for client in (follows(made), browser(office, "disclosure")):
        refused = client.get(paper(made, "reply"))
        assert refused.status_code == 500
        assert "Content-Disposition" not in refused.headers


# What it costs ----------------------------------------------------------------------------------------------


def test_what_a_file_costs(office: Bureau) -> None:
    item, made = published(office), answered(office)
    assert queries_of(Client(), item_file(item)) <= 2
    applicant, officer = follows(made), browser(office, "disclosure")
    for address in (request_file(made, is_given=True), paper(made, "reply")):
        assert queries_of(applicant, address) <= 2
        assert queries_of(officer, address) <= 4
    assert queries_of(officer, letter(made)) <= 4
    assert queries_of(browser(office, "handler"), publication_file(_draft(office))) <= 4
