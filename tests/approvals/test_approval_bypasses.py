"""A rule that one verb keeps is not walked around by another; nobody answers for another's silence."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import Any

import pytest

from approvals import guides
from approvals.actions import allowed, take
from approvals.models import ApprovalCase
from portal.cases.actions import advance, sweep
from portal.cases.models import Deadline
from portal.cases.workflow import NotAllowed, Refused
from portal.ledger.models import Event
from portal.notices.models import Notice
from portal.organisation.actions import change_roles
from portal.organisation.actors import CITIZEN, SYSTEM
from portal.oversight.models import Card
from tests.approvals.window import MATERIALS, bad_rating_in, case_in, columns, guide_of, looked_at, publish
from tests.bureau import MONDAY, Bureau, moment

AFTER_SILENCE = moment("2026-11-10 10:00")


@pytest.fixture
def bureau(window: Bureau, plain_papers: None) -> Bureau:
    return window


def becomes(bureau: Bureau, who: str, *roles: str) -> None:
    change_roles(staff=bureau.staff[who], roles=list(roles), actor=SYSTEM, at=MONDAY)
    bureau.staff[who].refresh_from_db()


def do(
    case: ApprovalCase, verb: str, bureau: Bureau, who: str, *, at: datetime = MONDAY, **more: Any
) -> ApprovalCase:
    actor = CITIZEN if who == "citizen" else bureau.actor(who)
    return take(ApprovalCase.objects.get(pk=case.pk), verb, actor=actor, at=at, **more)


GRANT: dict[str, Any] = {
    "content": "准予。",
    "valid_from": date(2026, 11, 10),
    "valid_until": date(2027, 11, 9),
}


# Four eyes --------------------------------------------------------------------------------------------------


def test_who_certified_an_acceptance_by_silence_does_not_sign_it_off(bureau):
    becomes(bureau, "clerk", "clerk", "chief_representative")
    case = case_in("received:web", bureau, "direct")
    sweep(at=AFTER_SILENCE)
    do(case, "take", bureau, "clerk", at=AFTER_SILENCE)
    do(case, "certify_acceptance", bureau, "clerk", at=AFTER_SILENCE)
    with pytest.raises(NotAllowed):
        do(case, "grant", bureau, "clerk", at=AFTER_SILENCE, **GRANT)


# What was entered against what is known ---------------------------------------------------------------------


def test_what_is_in_order_is_not_refused_for_want_of_a_supplement(bureau):
    case = case_in("received:again", bureau)
    do(case, "check_materials", bureau, "clerk", checked=looked_at(case))
    with pytest.raises(Refused) as refused:
        do(case, "refuse", bureau, "clerk", refusal_ground="not_supplemented", note="未补正。")
    assert refused.value.field == "refusal_ground"


def test_nothing_is_granted_for_longer_than_the_guide_says(bureau):
    case = case_in("sign_off", bureau)
    told = {**GRANT, "valid_from": date(2026, 11, 2), "valid_until": date(2126, 11, 1)}
    with pytest.raises(Refused) as refused:
        do(case, "grant", bureau, "chief", **told)
    assert refused.value.field == "valid_until"


def test_a_button_is_not_drawn_for_what_cannot_be_done(bureau):
    case = case_in("accepted", bureau)
    at = moment("2026-12-01 09:00")
    with pytest.raises(Refused):
        do(case, "special_procedure", bureau, "clerk", at=at, special_kind="hearing", days=5, note="听证。")
    sweep(at=at)
    offered = {
        rule.name
        for rule in allowed(ApprovalCase.objects.get(pk=case.pk), actor=bureau.actor("clerk"), at=at)
    }
    assert "special_procedure" not in offered


# Nobody forgets it ------------------------------------------------------------------------------------------


def test_somebody_is_told_when_the_supplement_has_not_come(bureau):
    case = case_in("supplement", bureau)
    sweep(at=moment("2026-11-24 00:00"))
    told = Notice.objects.filter(case=case, queued_at__gt=MONDAY)
    assert Deadline.objects.running().filter(case=case).exists() or told.exists()


# Nobody answers for another's silence -----------------------------------------------------------------------


def test_a_promise_that_silence_broke_is_not_laid_to_who_gets_the_case_next(bureau):
    guide = guides.write(
        guide_of("direct").item,
        columns={**columns("direct"), "promised_days": 3},
        steps={"sign_off": 1},
        materials=MATERIALS,
        actor=bureau.actor("administrator"),
        at=MONDAY,
    )
    publish(guide, bureau)
    case = case_in("received", bureau, "direct")
    sweep(at=moment("2026-11-10 00:00"))
    promise = Deadline.objects.get(case=case, term="approvals.promise")
    assert promise.breached_at == moment("2026-11-06 00:00")
    card = Card.objects.get(case=case, deadline=promise)
    assert card.holder == bureau.staff["clerk"]


def test_who_called_in_vain_within_the_day_has_called_within_the_day(bureau):
    task = bad_rating_in("received", bureau)
    for _call in range(3):
        advance(task, "not_reached", actor=bureau.actor("office_head"), at=MONDAY, note="无人接听。")
    sweep(at=moment("2026-11-04 00:00"))
    assert Deadline.objects.get(case_id=task.pk, term="rating.call").breached_at is None


# What the ledger keeps --------------------------------------------------------------------------------------


def test_the_ledger_keeps_for_ever_neither_who_received_it_nor_what_the_applicant_wrote(bureau):
    case = case_in("serving:granted", bureau)
    served = {"served_by": "post", "served_to": "测试收件人", "served_on": date(2026, 11, 2)}
    do(case, "serve", bureau, "clerk", **served)
    do(case, "rate", bureau, "citizen", rating=5, rating_words="请联系我家属测试某。")
    kept = json.dumps([event.data for event in Event.objects.of(case.subject)], ensure_ascii=False)
    for private in ("测试收件人", "测试某"):
        assert private not in kept
