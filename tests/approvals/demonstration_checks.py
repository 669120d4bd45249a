"""What has to be found of the window in the demonstration bureau, once it is loaded."""

from __future__ import annotations

import re
from collections import Counter
from datetime import timedelta

from approvals import demonstration
from approvals.models import (
    ApprovalCase,
    BadRating,
    Draft,
    Incoming,
    ItemGuide,
    Material,
    Paper,
    Permit,
    ServiceItem,
    SurveyParty,
)
from approvals.rules import incoming, permit, rating
from approvals.workflow import FINAL, STATES
from portal.cases.limits import limit_view
from portal.cases.models import Deadline
from portal.cases.terms import ONE_DAY, local_day, midnight
from portal.ledger.models import Event
from portal.oversight import measures
from portal.oversight.models import Card
from portal.workdays.current import current_calendar
from tests.lived_through import WEDNESDAY

FIRST = midnight(WEDNESDAY - timedelta(days=demonstration.HALF_YEAR_DAYS))
# Six working days before: what is under way was received since.
END = midnight(WEDNESDAY - timedelta(days=8))


def thirteen_items_each_with_a_published_guide():
    assert ServiceItem.objects.count() == ItemGuide.objects.published().count() == 13
    for guide in ItemGuide.objects.all():
        assert guide.reviewed_by_id not in guide.writers
        assert sum(each.days for each in guide.steps.all()) <= guide.promised_days
    forms = Material.objects.exclude(blank_form="")
    assert forms.count() > 13
    assert all(each.filled_sample and each.blank_form.size != each.filled_sample.size for each in forms)


def half_a_year_with_116_received_and_all_of_them_closed():
    received = ApprovalCase.objects.filter(opened_at__gte=FIRST, opened_at__lt=END)
    assert received.count() == 116
    closed = ApprovalCase.objects.filter(state="closed", closed_at__gte=FIRST, closed_at__lt=END)
    assert set(closed.values_list("pk")) == set(received.values_list("pk"))
    assert Counter(closed.values_list("consolidated_bill", flat=True)) == {True: 107, False: 9}
    # Nobody else's is among the closed ones, and all others came after them.
    assert ApprovalCase.objects.filter(state="closed").count() == 116
    assert ApprovalCase.objects.filter(opened_at__gte=END).count() == ApprovalCase.objects.count() - 116


def what_happened_in_the_half_year_is_of_many_kinds():
    closed = ApprovalCase.objects.filter(state="closed")
    assert Counter(closed.values_list("outcome", flat=True)) == {"granted": 112, "denied": 4}
    assert closed.filter(deemed=True).count() == 1
    assert closed.exclude(supplement_asked_at=None).count() >= 5
    assert closed.exclude(special_kind="").count() == 3
    assert closed.filter(source="web").count() >= 10
    took = Event.objects.filter(subject__startswith="case:SP-").values_list("verb", flat=True)
    counted = Counter(took)
    assert counted["extend"] == 2
    assert counted["accept_handover"] == 2
    assert counted["send_back"] == 2
    assert SurveyParty.objects.exclude(signed_at=None).values("survey").distinct().count() > 40


def nobody_reviewed_what_they_had_done_themselves():
    for case in ApprovalCase.objects.filter(state="closed"):
        before = {pk for step in ("accept", "preliminary", "survey") for pk in case.done_by.get(step, ())}
        assert not before & set(case.done_by.get("review", ()))
        assert not (before | set(case.done_by.get("review", ()))) & set(case.done_by["sign_off"])


def applications_in_every_state():
    assert set(ApprovalCase.objects.values_list("state", flat=True)) == set(STATES)
    under_way = ApprovalCase.objects.open()
    assert not under_way.filter(state__in=FINAL).exists()
    assert under_way.filter(source="web", first_contact=None).count() == 2
    assert under_way.exclude(handover_to=None).count() == 1
    assert under_way.exclude(extension_asked=None).count() == 1
    assert under_way.filter(special_until__gt=WEDNESDAY).count() == 1
    assert ApprovalCase.objects.get(state="refused").competent_agency


def one_unit_has_still_to_sign_at_a_survey():
    open_surveys = SurveyParty.objects.filter(
        survey__concluded_at=None, survey__planned_at__lt=midnight(WEDNESDAY)
    )
    by_survey: dict[int, list[bool]] = {}
    for party in open_surveys:
        by_survey.setdefault(party.survey_id, []).append(party.signed_at is None)
    assert by_survey
    assert all(waiting.count(True) == 1 < len(waiting) for waiting in by_survey.values())


def applications_are_overdue_due_today_and_due_tomorrow():
    now, calendar = midnight(WEDNESDAY), current_calendar()
    dues = ApprovalCase.objects.open().values_list("next_due_at", flat=True)
    views = [limit_view(each, now=now, calendar=calendar) for each in dues]
    assert [each.level for each in views].count("over") == 1
    assert {WEDNESDAY, WEDNESDAY + ONE_DAY} <= {each.due_on for each in views}


def what_is_overdue_has_a_card_that_waits_for_an_answer():
    (late,) = Deadline.objects.filter(term="approvals.promise", stopped_at=None).exclude(breached_at=None)
    assert local_day(late.breached_at) == WEDNESDAY
    assert Card.objects.get(deadline=late).state == "issued"
    missed = Deadline.objects.filter(term="approvals.promise").exclude(breached_at=None)
    # Two surveys came late, and one application was accepted by silence before anybody had read it.
    assert missed.count() == 4


def permits_hold_are_suspended_and_revoked():
    assert set(Permit.objects.values_list("state", flat=True)) == set(permit.STATES)
    assert Permit.objects.count() > 40
    # One was changed: a later certificate took the place of the first.
    certificates = Paper.objects.filter(purpose="permit")
    assert certificates.count() == Permit.objects.count() + 1
    assert (
        Paper.objects.filter(purpose__in=("grant", "denial"), case__state="closed", served_on=None).count()
        == 0
    )


def documents_and_requests_came_in():
    assert Counter(Incoming.objects.values_list("form", flat=True)) == {"document": 12, "request": 12}
    assert set(Incoming.objects.values_list("state", flat=True)) == set(incoming.STATES)
    assert Incoming.objects.open().filter(same_day=True).count() == 1
    verbs = set(Event.objects.filter(subject__regex="case:L[WJ]-").values_list("verb", flat=True))
    assert {"assign", "give_back", "not_today", "extend", "reply"} <= verbs
    assert Incoming.objects.exclude(own_days=None).count() == 1


def bad_ratings_are_tasks():
    assert Counter(BadRating.objects.values_list("state", flat=True)) == {"closed": 2, "received": 1}
    assert {rating.CLOSED, rating.RECEIVED} <= set(rating.STATES)
    rated = ApprovalCase.objects.exclude(rating=None)
    assert rated.count() > 60
    assert rated.filter(rating__lte=2).count() == 3


def a_draft_waits_on_the_web():
    draft = Draft.objects.get()
    assert draft.files.exists()
    assert set(draft.data) >= {"applicant_name", "phone", "subject_matter"}


def nobody_is_called_so():
    for case in ApprovalCase.objects.all():
        named = (case.applicant_name, case.representative, case.served_to)
        assert all(re.search("样例|示例", each) for each in named if each), named
        assert re.fullmatch(r"199000[12]\d{4}", case.phone)
        # Of bodies and persons that cannot be: the serial of an ID number is 000.
        number = case.applicant_number
        assert number[14:17] == "000" if case.is_person else number[8:12] == "MAYX"


def decisions_kept_what_was_promised():
    share = measures.named("approvals.decided_as_promised").count(
        unit_ids=None, first=local_day(FIRST), last=WEDNESDAY - ONE_DAY, days=None, now=midnight(WEDNESDAY)
    )
    assert share.whole - share.part == 4
    assert share.whole > 116


CHECKS = (
    thirteen_items_each_with_a_published_guide,
    half_a_year_with_116_received_and_all_of_them_closed,
    what_happened_in_the_half_year_is_of_many_kinds,
    nobody_reviewed_what_they_had_done_themselves,
    applications_in_every_state,
    one_unit_has_still_to_sign_at_a_survey,
    applications_are_overdue_due_today_and_due_tomorrow,
    what_is_overdue_has_a_card_that_waits_for_an_answer,
    permits_hold_are_suspended_and_revoked,
    documents_and_requests_came_in,
    bad_ratings_are_tasks,
    a_draft_waits_on_the_web,
    nobody_is_called_so,
    decisions_kept_what_was_promised,
)
