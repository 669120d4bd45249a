"""What has to be found of pledges in the demonstration bureau, once it is loaded."""

from __future__ import annotations

import io
from datetime import timedelta

from allauth.mfa.models import Authenticator
from django.test import Client
from django.urls import reverse

from pledges import demonstration, published
from pledges.models import Breach, Clause, Pledge, PledgeVersion, Result
from pledges.workflow import BREACH_STATES
from portal.cases.limits import limit_view
from portal.cases.models import Deadline
from portal.cases.terms import ONE_DAY, local_day, midnight
from portal.documents.actions import document_bytes
from portal.documents.checking import Verdict, check_upload
from portal.documents.models import Document
from portal.ledger.models import Event
from portal.notices.models import Notice
from portal.organisation.demonstration import ACCOUNTS
from portal.organisation.models import Staff
from portal.oversight import measures
from portal.oversight.models import Card
from portal.workdays.current import current_calendar
from tests.lived_through import WEDNESDAY


def ten_pledges():
    assert Pledge.objects.count() == 10


def in_force():
    return PledgeVersion.objects.in_force().select_related("pledge__unit", "document")


def eight_units_have_a_pledge_in_force_and_one_withdrew_its_own():
    assert sorted(each.pledge.unit.code for each in in_force()) == [
        "appearance",
        "enforcement",
        "facilities",
        "greening",
        "hotline",
        "parking",
        "permits",
        "sanitation",
    ]
    assert all(5 <= each.clauses.count() <= 10 for each in in_force())
    (withdrawn,) = PledgeVersion.objects.filter(state="withdrawn").select_related("pledge__unit")
    assert withdrawn.pledge.unit.code == "advertising"
    assert "行政审批办公室" in withdrawn.ended_reason
    (superseded,) = PledgeVersion.objects.filter(state="superseded")
    later = superseded.pledge.in_force
    assert (superseded.number, later.number) == (1, 2)
    before, after = (list(each.clauses.values_list("text", flat=True)) for each in (superseded, later))
    assert 0 < len(set(before) - set(after)) < len(before)
    assert len(after) > len(before)


def who_wrote_a_text_did_not_sign_it_and_it_says_what_was_signed():
    for version in in_force():
        assert version.signer_id not in version.writers
        assert version.reviewed_by_id not in version.writers
        signed = published.signed(version)
        assert [each.text for each in signed.clauses] == [each.text for each in version.clauses.all()]
        assert signed.unit == version.pledge.unit.name
    assert {each.signer.username for each in in_force()} == {"chief", "office_head"}
    data = document_bytes(in_force()[0].document)
    assert check_upload(io.BytesIO(data), size=len(data), at=midnight(WEDNESDAY)).verdict is Verdict.VALID
    sent_back = Event.objects.filter(verb="pledge_send_back").get()
    assert "送达" in sent_back.data["note"]


def first_texts_are_in_force_before_anybody_complains():
    firsts = PledgeVersion.objects.filter(number=1, published_at__isnull=False)
    assert firsts.count() == 9
    begins = midnight(WEDNESDAY - timedelta(days=demonstration.DAYS))
    assert max(each.published_at for each in firsts) < begins + timedelta(days=14)
    assert not Breach.objects.filter(opened_at__lt=max(each.published_at for each in firsts)).exists()


def a_draft_and_a_reviewed_version_wait_at_the_desk_unseen():
    waiting = {"draft": "dust", "reviewed": "facilities"}
    for state, unit in waiting.items():
        version = PledgeVersion.objects.select_related("pledge__unit").get(state=state)
        assert version.pledge.unit.code == unit
        assert version.valid_from == WEDNESDAY
        assert not version.is_public
        assert version.document is None
        address = reverse("pledges:version", args=[version.pledge_id, version.number])
        assert Client().get(address).status_code == 404
    assert Document.objects.filter(kind="pledge", is_public=False).count() == 0
    assert PledgeVersion.objects.public().count() == PledgeVersion.objects.count() - len(waiting)


def missed_now() -> set[str]:
    """Units with a pledge in force whose latest answer says: missed."""
    latest = Result.objects.order_by("clause_id", "-day").distinct("clause_id")
    clauses = [each.clause_id for each in latest if each.kept is False]
    units = Clause.objects.filter(pk__in=clauses, version__state="published")
    return set(units.values_list("version__pledge__unit__code", flat=True))


def missed_ever() -> set[str]:
    found = Result.objects.filter(kept=False)
    return set(found.values_list("clause__version__pledge__unit__code", flat=True).distinct())


def opened_by_measures() -> dict[str, set[str]]:
    """The states of the breaches that the portal opened itself, by unit."""
    found: dict[str, set[str]] = {}
    for breach in Breach.objects.filter(source="measure").select_related("clause__version__pledge__unit"):
        found.setdefault(breach.clause.version.pledge.unit.code, set()).add(breach.state)
    return found


def two_units_miss_a_measure_and_the_portal_opens_a_breach_by_itself():
    assert missed_now() == missed_ever() == {"sanitation", "parking"}
    by_unit = opened_by_measures()
    assert by_unit["parking"] == {"upheld"}
    assert "closed" in by_unit["sanitation"]
    opened = Event.objects.filter(verb="receive", data__source="measure")
    assert opened.count() == Breach.objects.filter(source="measure").count()
    assert not opened.exclude(actor_id=None).exists()
    upheld = Breach.objects.get(clause__version__pledge__unit__code="parking", source="measure")
    assert upheld.clause.version.number == 2
    assert upheld.statement
    assert upheld.finding


def each_measured_clause_has_an_answer_for_each_night():
    for version in in_force().prefetch_related("clauses"):
        for clause in version.clauses.exclude(measure=""):
            assert measures.known(clause.measure)
            days = [each.day for each in clause.results.order_by("day")]
            first = max(version.valid_from, local_day(version.published_at))
            wanted = (WEDNESDAY - first).days
            assert days == [first + timedelta(days=each) for each in range(wanted)]
    codes = set(Clause.objects.exclude(measure="").values_list("measure", flat=True))
    assert codes >= {
        "hotline.closed_within",
        "hotline.replies_on_time",
        "hotline.satisfied",
        "hotline.signed_on_time",
        "cases.promised_kept",
        "pledges.answered_in_time",
    }


def complaints_in_every_state_named_and_anonymous():
    assert set(Breach.objects.values_list("state", flat=True)) == set(BREACH_STATES)
    complaints = Breach.objects.filter(source="complaint")
    anonymous = [each for each in complaints if each.is_anonymous]
    assert 5 < len(anonymous) < complaints.count() - 5
    takers = set(complaints.exclude(taken_by=None).values_list("taken_by__username", flat=True))
    assert takers == {"supervisor", "disclosure"}
    assert Event.objects.filter(verb="not_yet").exists()
    texted = set(Notice.objects.filter(channel="sms", case__kind="breach").values_list("case_id", flat=True))
    assert texted == {each.pk for each in complaints if not each.is_anonymous}


def something_is_overdue_due_today_and_due_tomorrow():
    now, calendar = midnight(WEDNESDAY), current_calendar()
    due = Breach.objects.open().values_list("next_due_at", "state")
    seen = {(limit_view(at, now=now, calendar=calendar).due_on, state) for at, state in due}
    tomorrow = WEDNESDAY + ONE_DAY
    assert {(WEDNESDAY, "received"), (tomorrow, "received")} <= seen
    assert {(tomorrow, state) for state in ("investigating", "upheld", "put_right")} <= seen
    (late,) = Deadline.objects.filter(case__kind="breach").exclude(breached_at=None)
    assert late.term == "pledges.put_right"
    assert Card.objects.get(deadline=late).unit.code == "enforcement"


def who_signs_has_a_second_factor_to_sign_with():
    for version in in_force():
        assert Authenticator.objects.filter(user=version.signer_id, type=Authenticator.Type.TOTP).exists()
    names = {each.username for each in ACCOUNTS if each.secret}
    assert {"chief", "office_head", "supervisor", "administrator"} == names
    assert Staff.objects.filter(username__in=names).count() == len(names)


CHECKS = (
    ten_pledges,
    eight_units_have_a_pledge_in_force_and_one_withdrew_its_own,
    who_wrote_a_text_did_not_sign_it_and_it_says_what_was_signed,
    first_texts_are_in_force_before_anybody_complains,
    a_draft_and_a_reviewed_version_wait_at_the_desk_unseen,
    two_units_miss_a_measure_and_the_portal_opens_a_breach_by_itself,
    each_measured_clause_has_an_answer_for_each_night,
    complaints_in_every_state_named_and_anonymous,
    something_is_overdue_due_today_and_due_tomorrow,
    who_signs_has_a_second_factor_to_sign_with,
)
