"""What has to be found of open government in the demonstration bureau, once it is loaded."""

from __future__ import annotations

import re
from collections import Counter
from datetime import timedelta

from disclosure import annual, personal, workflow
from disclosure.models import (
    Category,
    Disclosure,
    DisclosureFile,
    InformationRequest,
    Publication,
    PublicationEntry,
    SearchText,
    Theme,
    Version,
)
from disclosure.rules import publication, request_terms
from portal.cases.models import Deadline
from portal.cases.terms import ONE_DAY, local_day, midnight
from portal.ledger.models import Event
from portal.organisation.models import Staff
from portal.oversight.models import Card
from portal.site.story import DAYS
from tests.lived_through import WEDNESDAY

TOMORROW, YEAR_AGO = WEDNESDAY + ONE_DAY, WEDNESDAY - timedelta(days=365)
FOUNDED = WEDNESDAY - timedelta(days=DAYS + 1)


# The catalogue ----------------------------------------------------------------------------------------------


def six_topics_fifteen_items_of_the_county_and_no_empty_branch():
    roots = Category.objects.filter(parent=None).order_by("position")
    assert [each.name for each in roots] == [
        "审批事项",
        "执法责任",
        "便民措施",
        "工作规则",
        "违诺投诉",
        "工作目标进展",
    ]
    county = Category.objects.filter(code__startswith="county-")
    assert {each.code for each in county} == {f"county-{number:02d}" for number in range(1, 16)}
    assert not county.filter(parent=None).exists()
    leaves = Category.objects.filter(children=None)
    read = Disclosure.objects.listed()
    assert [each.name for each in leaves if not read.filter(category=each).exists()] == []
    assert 12 <= Theme.objects.count() <= 15
    assert [each.name for each in Theme.objects.all() if not read.filter(theme=each).exists()] == []
    made = Event.objects.filter(verb__in=("category_made", "theme_made"))
    assert made.count() == Category.objects.count() + Theme.objects.count()
    assert set(made.values_list("actor_name", flat=True)) == {
        Staff.objects.get(username="administrator").name
    }


def a_year_has_1687_texts():
    items = Disclosure.objects.all()
    assert items.count() == 1687
    assert len({each.title for each in items}) > 1600
    # All were made and came into the catalogue within a year; those from before the portal were carried over.
    assert all(YEAR_AGO <= each.dated_on <= local_day(each.published_at) <= WEDNESDAY for each in items)
    assert min(local_day(each.published_at) for each in items) > FOUNDED
    carried = PublicationEntry.objects.filter(
        publication__occasion="carried_over", publication__corrects=None
    )
    assert 600 < carried.count() < 1000
    assert all(each.dated_on < FOUNDED for each in carried)
    made = PublicationEntry.objects.filter(publication__occasion="made").exclude(item=None)
    powers = made.filter(item__category__code__startswith="power-")
    assert all(each.dated_on >= FOUNDED for each in made.exclude(pk__in=powers))
    assert len({local_day(each.item.published_at) for each in made.select_related("item")}) > 80


def the_powers_came_in_one_spreadsheet():
    (powers,) = Publication.objects.filter(entries__category__code="power-penalty").distinct()
    assert powers.entries.count() == 216
    assert powers.state == "published"
    assert powers.approved_by.username == "agency_head"
    by_kind = Counter(powers.entries.values_list("category__code", flat=True))
    assert by_kind == {"power-permit": 21, "power-penalty": 158, "power-measure": 7, "power-service": 30}


def pictures_and_papers_come_with_texts():
    held = DisclosureFile.objects.filter(problem="")
    assert held.count() == DisclosureFile.objects.count()
    kinds = Counter(held.values_list("kind", flat=True))
    assert kinds == {"jpg": 95, "pdf": 4, "docx": 12}
    assert held.values("version__disclosure").distinct().count() == sum(kinds.values())
    assert all("责任单位" in each.text for each in held.filter(kind="docx"))
    assert all(each.text for each in held.filter(kind="pdf"))


def four_were_corrected_ten_ended_and_three_withdrawn():
    corrected = Disclosure.objects.exclude(corrected_at=None)
    assert corrected.count() == 4
    for item in corrected:
        first, second = item.versions.order_by("number")
        assert first.body != second.body
        assert second.note
    ended = Disclosure.objects.exclude(validity="in_force").select_related("ended_by")
    assert ended.count() == 10
    assert {each.validity for each in ended} == {"amended", "repealed"}
    for item in ended:
        assert item.document_number in item.ended_by.versions.get().body
        assert item.published_at < item.ended_by.published_at
        assert ("废止" if item.validity == "repealed" else "修改") in item.ended_by.title
    assert len({each.ended_by_id for each in ended}) == 10
    withdrawn = Disclosure.objects.exclude(withdrawn_at=None)
    assert len({each.withdrawn_reason for each in withdrawn}) == withdrawn.count() == 3
    assert SearchText.objects.count() == 1684


def the_catalogue_tells_no_numbers_of_persons():
    public = workflow.public_numbers()
    for version in Version.objects.all():
        assert personal.find(f"{version.title}\n{version.body}", public_numbers=public) == []


# Publications -----------------------------------------------------------------------------------------------


def nobody_reviewed_or_approved_what_they_had_written():
    done = Publication.objects.filter(state="published")
    assert done.count() > 100
    for each in done:
        assert each.secrecy_by_id not in each.written_by
        assert each.approved_by_id not in {*each.written_by, each.secrecy_by_id}
    authors = {each.author.username for each in done.select_related("author")}
    assert {"disclosure", "handler", "handler_greening", "handler_permits", "handler_hotline"} <= authors
    taken = Counter(Event.objects.filter(subject__startswith="case:GK-").values_list("verb", flat=True))
    assert taken["send_back"] == 3
    assert taken["record_determination"] == 1
    assert Counter(done.values_list("third_party_answer", flat=True)).keys() >= {
        "consents",
        "objects",
        "silent",
    }
    assert all(each.public_interest for each in done.filter(third_party_answer__in=("objects", "silent")))


def publications_stand_in_every_state():
    assert set(Publication.objects.values_list("state", flat=True)) == set(publication.STATES)
    assert Publication.objects.open().count() == 11
    assert Publication.objects.get(state="scheduled").publish_on == TOMORROW
    by_itself = Event.objects.filter(subject__startswith="case:GK-", verb="publish", actor_id=None)
    assert by_itself.count() == 3
    assert {each.actor_role for each in by_itself} == {"system"}
    assert WEDNESDAY in {local_day(each.at) for each in by_itself}
    sent_back = [
        each
        for each in Publication.objects.filter(state="draft")
        if Event.objects.of(each.subject).filter(verb="send_back").exists()
    ]
    assert len(sent_back) == 1


def numbers_of_persons_wait_for_somebody_to_look_at_them():
    texts = PublicationEntry.objects.filter(publication__state="draft", confirmed=[])
    telling = [each for each in texts if personal.find(each.body)]
    assert len(telling) == 1
    assert not Disclosure.objects.filter(title=telling[0].title).exists()


def one_publication_is_due_today_and_one_overdue():
    clocks = Deadline.objects.running().filter(case__kind="publication", term=publication.PUBLISH)
    assert clocks.filter(due_at=midnight(TOMORROW)).count() == 1
    (late,) = Deadline.objects.filter(case__kind__in=("publication", "information_request")).exclude(
        breached_at=None
    )
    assert late.breached_at == midnight(WEDNESDAY)
    assert late.case.state == "approval"
    card = Card.objects.get(deadline=late)
    assert (card.colour, card.state) == ("red", "issued")
    assert card.holder.username == "agency_head"


# Requests ---------------------------------------------------------------------------------------------------

OUTCOMES = {
    "granted": 9,
    "partly": 2,
    "third_party": 1,
    "internal": 1,
    "enforcement_file": 1,
    "not_held": 4,
    "needs_making": 1,
    "still_unclear": 1,
    "petition": 1,
    "duplicate": 1,
    "supplement_lapsed": 1,
}


def all_23_requests_were_answered_delivered_and_closed():
    closed = InformationRequest.objects.filter(state="closed")
    assert closed.count() == 23
    assert Counter(closed.values_list("outcome", flat=True)) == OUTCOMES
    # One was given up by its applicant; of that there is a notice instead.
    (lapsed,) = closed.filter(reply_type="")
    assert lapsed.papers.filter(purpose="lapsed").count() == 1
    answered = closed.exclude(pk=lapsed.pk)
    assert all(each.served_on and each.papers.filter(purpose="reply").count() == 1 for each in answered)
    assert len(set(answered.values_list("reply_type", flat=True))) == 12
    kinds = {"person", "company", "research", "public_interest", "legal_service", "other"}
    assert set(closed.values_list("applicant_kind", flat=True)) == kinds
    assert set(closed.values_list("channel", flat=True)) == set(request_terms.CHANNELS)
    for each in closed.exclude(secrecy_by=None).select_related("secrecy_by"):
        assert each.secrecy_by.username == "secrecy"


def what_happened_to_requests_is_of_many_kinds():
    closed = InformationRequest.objects.filter(state="closed")
    assert {each.answer for request in closed for each in request.consultations.all()} == {
        "agrees",
        "objects",
    }
    kinds = [each.kind for request in closed for each in request.consultations.all()]
    assert sorted(kinds) == ["co_agency", "third_party", "third_party"]
    assert closed.exclude(extended_at=None).count() == 1
    paid = closed.exclude(paid_on=None).get()
    # 70 pages at 10 yuan and 18 at 20.
    assert (paid.fee_pages, paid.fee) == (118, 1060)
    again = closed.get(reply_type="duplicate")
    assert again.earlier.reply_type == "provided"
    assert again.earlier.applicant_number == again.applicant_number
    public = closed.filter(reply_type="already_public")
    assert {each.public_item.category.code for each in public} == {"county-08", "power-permit"}
    (remedy,) = closed.get(reply_type="enforcement_file").remedies.all()
    assert (remedy.kind, remedy.result) == ("reconsideration", "upheld")
    assert closed.filter(files__is_given=True).distinct().count() == 6


def one_answer_is_for_everybody():
    published = Publication.objects.exclude(request=None).get()
    assert (published.state, published.occasion) == ("published", "request")
    assert published.request.may_publish
    assert published.request.state == "closed"
    assert published.entries.get().item.title == published.request.wanted_title


def nine_requests_are_under_way():
    open_ones = InformationRequest.objects.open()
    assert Counter(open_ones.values_list("state", flat=True)) == {
        "submitted": 1,
        "registered": 1,
        "supplement": 1,
        "reviewing": 2,
        "consulting": 1,
        "fee": 1,
        "replied": 1,
        "delivered": 1,
    }
    assert open_ones.exclude(extension_asked=None).count() == 1
    assert open_ones.get(state="submitted").channel == "web"
    reply = Deadline.objects.running().get(
        case__kind="information_request", due_at=midnight(TOMORROW + ONE_DAY)
    )
    assert (reply.term, reply.case.state) == (request_terms.REPLY, "reviewing")


def the_years_tables_come_out_even():
    found = annual.tables(WEDNESDAY.year)
    assert annual.check(found) == []


def nobody_is_called_so():
    for each in InformationRequest.objects.all():
        for name in filter(None, (each.applicant_name, each.representative, each.served_to)):
            assert re.search("样例|示例", name)
        assert re.fullmatch(r"1990004\d{4}", each.phone)
        number = each.applicant_number
        assert number[14:17] == "000" if each.is_person else number[8:12] == "MAYX"


CHECKS = (
    six_topics_fifteen_items_of_the_county_and_no_empty_branch,
    a_year_has_1687_texts,
    the_powers_came_in_one_spreadsheet,
    pictures_and_papers_come_with_texts,
    four_were_corrected_ten_ended_and_three_withdrawn,
    the_catalogue_tells_no_numbers_of_persons,
    nobody_reviewed_or_approved_what_they_had_written,
    publications_stand_in_every_state,
    numbers_of_persons_wait_for_somebody_to_look_at_them,
    one_publication_is_due_today_and_one_overdue,
    all_23_requests_were_answered_delivered_and_closed,
    what_happened_to_requests_is_of_many_kinds,
    one_answer_is_for_everybody,
    nine_requests_are_under_way,
    the_years_tables_come_out_even,
    nobody_is_called_so,
)
