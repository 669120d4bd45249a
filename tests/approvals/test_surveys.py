"""The joint survey (联合踏勘): each unit signs its own, two of the staff at least, an appointment that moves.

行政许可法 34: what is to be verified on the spot is verified by two of the staff or more. The table of who
may take which step is in test_approval_workflow.py; here is what becomes of the record.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest

from approvals.actions import allowed, take
from approvals.models import ApprovalCase, Survey, SurveyParty
from portal.cases.models import Case
from portal.cases.workflow import NotAllowed, Refused
from portal.ledger.models import Event
from portal.notices.models import Notice
from portal.organisation.actions import change_roles, close_unit, deactivate, hire
from portal.organisation.actors import CITIZEN, SYSTEM, Role
from portal.organisation.models import Staff, Unit
from tests.approvals.window import case_in
from tests.bureau import FOUNDED, MONDAY, Bureau, moment

TUESDAY = moment("2026-11-03 14:00")
WEDNESDAY = moment("2026-11-04 09:30")
AFTERWARDS = moment("2026-11-04 16:00")


@pytest.fixture
def bureau(window: Bureau, plain_papers: None) -> Bureau:
    return window


def fresh(case: ApprovalCase) -> ApprovalCase:
    return ApprovalCase.objects.get(pk=case.pk)


def arrange(
    case: ApprovalCase,
    bureau: Bureau,
    *units: str,
    on: datetime = TUESDAY,
    at: datetime = MONDAY,
    **more: Any,
) -> ApprovalCase:
    told = {"units": [bureau.units[code] for code in units], "planned_at": on, "place": "青石路12号", **more}
    return take(fresh(case), "arrange_survey", actor=bureau.actor("clerk"), at=at, **told)


def sign(
    case: ApprovalCase, bureau: Bureau, who: str, *present: str, at: datetime = AFTERWARDS, **more: Any
) -> ApprovalCase:
    told = {"verdict": "agree", "opinion": "现场与申请一致，同意。", **more}
    there = [bureau.staff[each] for each in present or (who,)]
    return take(fresh(case), "sign_opinion", actor=bureau.actor(who), at=at, present=there, **told)


def conclude(case: ApprovalCase, bureau: Bureau, *, at: datetime = AFTERWARDS) -> ApprovalCase:
    return take(fresh(case), "conclude_survey", actor=bureau.actor("clerk"), at=at)


def told_units(case: ApprovalCase, verb: str = "arrange_survey") -> list[str]:
    found = Notice.objects.filter(case=case, key__contains=f":{verb}:", unit__isnull=False)
    return sorted(found.values_list("unit__code", flat=True))


def colleague(bureau: Bureau, username: str, unit: str, role: Role = Role.HANDLER) -> Staff:
    made = hire(
        username=username,
        name="勘样例",
        roles=[role],
        unit=bureau.units[unit],
        encoded_password="!",
        actor=SYSTEM,
        at=FOUNDED,
    )
    bureau.staff[username] = made
    return made


# One record -------------------------------------------------------------------------------------------------


def test_a_survey_is_one_record_with_a_place_for_each_units_opinion(bureau):
    case = arrange(case_in("survey", bureau), bureau, "greening", "roads", note="请带量尺。")
    survey = Survey.objects.get(case=case)
    assert (survey.planned_at, survey.place, survey.note) == (TUESDAY, "青石路12号", "请带量尺。")
    assert (survey.arranged_at, survey.concluded_at) == (MONDAY, None)
    parties = survey.parties.order_by("id")
    assert [party.unit.code for party in parties] == ["greening", "roads"]
    assert {(party.verdict, party.signed_at, party.signed_by) for party in parties} == {("", None, None)}


def test_a_unit_named_twice_takes_part_once(bureau):
    case = arrange(case_in("survey", bureau), bureau, "greening", "roads", "greening")
    assert SurveyParty.objects.filter(survey__case=case).count() == 2
    assert told_units(case) == ["greening", "roads"]


def test_each_unit_and_the_applicant_are_told(bureau):
    case = arrange(case_in("survey", bureau), bureau, "greening", "roads", note="请带量尺。")
    assert told_units(case) == ["greening", "roads"]
    for notice in Notice.objects.filter(case=case, key__contains=":arrange_survey:", unit__isnull=False):
        assert case.number in notice.subject
        for each in ("2026年11月3日14:00", "青石路12号", "请带量尺。"):
            assert each in notice.body
    [sms] = Notice.objects.filter(case=case, channel="sms", key__contains=":arrange_survey:")
    assert "2026年11月3日14:00" in sms.body
    # What units tell one another is not for the applicant.
    assert "请带量尺" not in sms.body


def test_rows_and_querysets_of_units_are_the_same_to_the_verb(bureau):
    case = case_in("survey", bureau)
    take(
        case,
        "arrange_survey",
        actor=bureau.actor("clerk"),
        at=MONDAY,
        units=Unit.objects.filter(code="greening"),
        planned_at=TUESDAY,
        place="青石路12号",
    )
    present = Staff.objects.filter(username="handler")
    told = {"verdict": "agree", "opinion": "同意。", "present": present}
    take(fresh(case), "sign_opinion", actor=bureau.actor("handler"), at=AFTERWARDS, **told)
    assert SurveyParty.objects.get(survey__case=case).present.count() == 1


# An appointment that moves ----------------------------------------------------------------------------------


def test_an_appointment_is_moved_and_everybody_told_anew(bureau):
    case = arrange(case_in("survey", bureau), bureau, "greening", "roads")
    arrange(case, bureau, "greening", "bureau", on=WEDNESDAY, place="北门集合")
    survey = Survey.objects.get(case=case)
    assert (survey.planned_at, survey.place) == (WEDNESDAY, "北门集合")
    assert sorted(survey.parties.values_list("unit__code", flat=True)) == ["bureau", "greening"]
    # The first two of the first appointment, the last two of the second.
    assert told_units(case) == ["bureau", "greening", "greening", "roads"]
    latest = Notice.objects.filter(case=case, unit__code="greening").latest("id")
    assert "2026年11月4日09:30" in latest.body
    assert "北门集合" in latest.body


def test_who_is_no_longer_asked_does_not_sign(bureau):
    case = arrange(case_in("survey", bureau), bureau, "greening", "roads")
    arrange(case, bureau, "greening", on=WEDNESDAY)
    with pytest.raises(NotAllowed):
        sign(case, bureau, "handler_roads")


def test_a_unit_that_does_not_sign_is_replaced_and_one_that_signed_stays(bureau):
    """Else a survey at which one unit cannot sign would never be concluded."""
    case = arrange(case_in("survey", bureau), bureau, "greening", "roads")
    sign(case, bureau, "handler")
    signed = SurveyParty.objects.filter(survey__case=case, unit=bureau.units["greening"]).values().get()
    with pytest.raises(Refused) as refused:
        arrange(case, bureau, "bureau", at=AFTERWARDS, on=AFTERWARDS)
    assert refused.value.field == "units"
    arrange(case, bureau, "greening", "bureau", on=AFTERWARDS, at=AFTERWARDS)
    parties = SurveyParty.objects.filter(survey__case=case).order_by("id")
    assert [each.unit.code for each in parties] == ["greening", "bureau"]
    assert parties.filter(unit=bureau.units["greening"]).values().get() == signed


def test_an_appointment_is_not_made_for_yesterday_nor_with_a_closed_unit(bureau):
    case = case_in("survey", bureau)
    with pytest.raises(Refused) as refused:
        arrange(case, bureau, "greening", on=moment("2026-11-01 15:00"))
    assert refused.value.field == "planned_at"
    closed = Unit.objects.get(code="hotline")
    for each in Staff.objects.filter(unit=closed):
        deactivate(staff=each, actor=SYSTEM, at=MONDAY)
    close_unit(unit=closed, actor=SYSTEM, at=MONDAY)
    closed.refresh_from_db()
    with pytest.raises(Refused) as refused:
        arrange(case, bureau, "greening", units=[bureau.units["greening"], closed])
    assert refused.value.field == "units"


def test_nobody_signs_what_has_not_taken_place(bureau):
    case = arrange(case_in("survey", bureau), bureau, "greening", on=TUESDAY)
    with pytest.raises(Refused):
        sign(case, bureau, "handler", at=moment("2026-11-03 13:59"))
    sign(case, bureau, "handler", at=TUESDAY)


# Each unit signs its own ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("units", "who", "signs"),
    [
        (("greening", "roads"), "handler", "greening"),
        (("greening", "roads"), "handler_roads", "roads"),
        (("bureau", "roads"), "clerk", "bureau"),
        (("bureau", "roads"), "clerk2", "bureau"),
        # A handler signs for neither the unit above nor a sister unit; nobody above signs for one below.
        (("bureau", "roads"), "handler", None),
        (("roads",), "clerk", None),
        # Of a unit that takes part, but in no role that signs.
        (("bureau",), "office_head", None),
        (("bureau",), "chief", None),
        (("bureau",), "agency_head", None),
        (("bureau",), "supervisor", None),
        (("bureau",), "administrator", None),
    ],
)
def test_who_signs_for_which_unit(bureau, units, who, signs):
    case = arrange(case_in("survey", bureau), bureau, *units)
    offered = {rule.name for rule in allowed(fresh(case), actor=bureau.actor(who), at=AFTERWARDS)}
    assert ("sign_opinion" in offered) is (signs is not None)
    if signs is None:
        with pytest.raises(NotAllowed):
            sign(case, bureau, who)
    else:
        sign(case, bureau, who)
    signed = SurveyParty.objects.filter(survey__case=case).exclude(signed_at=None)
    assert [party.unit.code for party in signed] == ([signs] if signs else [])


def test_an_opinion_keeps_who_signed_when_and_who_was_there(bureau):
    colleague(bureau, "handler3", "greening")
    case = arrange(case_in("survey", bureau), bureau, "greening")
    sign(
        case,
        bureau,
        "handler",
        "handler",
        "handler3",
        verdict="conditional",
        opinion="  同意，但须避让古树。 ",
    )
    party = SurveyParty.objects.get(survey__case=case)
    assert (party.verdict, party.opinion) == ("conditional", "同意，但须避让古树。")
    assert (party.signed_by, party.signed_at) == (bureau.staff["handler"], AFTERWARDS)
    assert set(party.present.all()) == {bureau.staff["handler"], bureau.staff["handler3"]}


@pytest.mark.parametrize("stranger", ["handler_roads", "clerk", "operator"])
def test_a_unit_names_its_own_people(bureau, stranger):
    case = arrange(case_in("survey", bureau), bureau, "greening", "roads")
    with pytest.raises(Refused) as refused:
        sign(case, bureau, "handler", "handler", stranger)
    assert refused.value.field == "present"


def test_who_has_left_was_not_there(bureau):
    gone = colleague(bureau, "gone", "greening")
    deactivate(staff=gone, actor=SYSTEM, at=MONDAY)
    gone.refresh_from_db()
    case = arrange(case_in("survey", bureau), bureau, "greening")
    with pytest.raises(Refused) as refused:
        sign(case, bureau, "handler", "handler", "gone")
    assert refused.value.field == "present"


@pytest.mark.parametrize(
    ("present", "enough"),
    [
        ({"handler": ("handler",)}, False),
        ({"handler": ("handler", "handler")}, False),
        ({"handler": ("handler", "handler3")}, True),
        ({"handler": ("handler3",)}, False),
        ({"handler": ("handler",), "handler_roads": ("handler_roads",)}, True),
    ],
)
def test_two_of_the_staff_at_least(bureau, present, enough):
    """Of one unit or of several, as long as they are two; who signs without having been there is none."""
    colleague(bureau, "handler3", "greening")
    units = {"handler": "greening", "handler_roads": "roads"}
    case = arrange(case_in("survey", bureau), bureau, *[units[who] for who in present])
    for who, there in present.items():
        sign(case, bureau, who, *there)
    if enough:
        assert conclude(case, bureau).state == "review"
        assert Survey.objects.get(case=case).concluded_at == AFTERWARDS
    else:
        with pytest.raises(Refused):
            conclude(case, bureau)
        assert Survey.objects.get(case=case).concluded_at is None


def test_the_clerk_is_told_of_each_opinion_but_not_of_their_own(bureau):
    case = arrange(case_in("survey", bureau), bureau, "greening", "bureau")
    sign(case, bureau, "clerk")
    assert not Notice.objects.filter(case=case, key__contains=":sign_opinion:").exists()
    sign(case, bureau, "handler")
    [told] = Notice.objects.filter(case=case, key__contains=":sign_opinion:")
    assert told.staff == bureau.staff["clerk"]


# Nobody is stuck --------------------------------------------------------------------------------------------


def goes_on(case: ApprovalCase, bureau: Bureau) -> bool:
    """Whether somebody of the staff has a step that leads out of the survey, or changes it."""
    leads_on = {"arrange_survey", "sign_opinion", "conclude_survey", "send_back"}
    offered = {
        rule.name
        for who in bureau.staff
        for rule in allowed(fresh(case), actor=bureau.actor(who), at=AFTERWARDS)
    }
    return bool(offered & leads_on)


def test_a_unit_in_which_nobody_can_sign_is_not_asked(bureau):
    case = case_in("survey", bureau)
    with pytest.raises(Refused) as refused:
        arrange(case, bureau, "greening", "hotline")
    assert refused.value.field == "units"


def test_a_survey_goes_on_when_a_unit_can_no_longer_sign(bureau):
    case = arrange(case_in("survey", bureau), bureau, "greening", "roads")
    sign(case, bureau, "handler")
    change_roles(staff=bureau.staff["handler_roads"], roles=["operator"], actor=SYSTEM, at=MONDAY)
    bureau.staff["handler_roads"].refresh_from_db()
    assert goes_on(case, bureau)


# Again ------------------------------------------------------------------------------------------------------


def again(case: ApprovalCase, bureau: Bureau) -> ApprovalCase:
    """Sent back from the sign-off to be surveyed once more, and at the survey again."""
    at = moment("2026-11-05 09:00")
    back = take(
        fresh(case), "send_back", actor=bureau.actor("chief"), at=at, note="请重新踏勘。", survey_again=True
    )
    return take(
        back, "pass_preliminary", actor=bureau.actor("clerk"), at=at, note="同前。", recommendation="grant"
    )


def test_a_second_survey_is_a_record_of_its_own(bureau):
    case = again(case_in("sign_off", bureau), bureau)
    assert case.state == "survey"
    arrange(case, bureau, "roads", on=moment("2026-11-06 09:00"), at=moment("2026-11-05 10:00"))
    first, second = Survey.objects.filter(case=case).order_by("id")
    assert first.concluded_at is not None
    assert second.concluded_at is None
    assert {party.unit.code for party in first.parties.all()} == {"greening", "bureau"}
    assert all(party.signed_at for party in first.parties.all())


def test_who_was_at_the_first_survey_does_not_review_after_the_second(bureau):
    colleague(bureau, "handler4", "roads")
    case = again(case_in("sign_off", bureau), bureau)
    assert bureau.staff["handler"].pk in case.done_by["survey"]
    arrange(case, bureau, "roads", on=moment("2026-11-06 09:00"), at=moment("2026-11-05 10:00"))
    at = moment("2026-11-06 15:00")
    sign(case, bureau, "handler_roads", "handler_roads", "handler4", at=at)
    case = conclude(case, bureau, at=at)
    assert {bureau.staff[who].pk for who in ("handler", "handler_roads", "handler4", "clerk")} <= set(
        case.done_by["survey"]
    )
    change_roles(staff=bureau.staff["handler"], roles=["office_head"], actor=SYSTEM, at=at)
    bureau.staff["handler"].refresh_from_db()
    with pytest.raises(NotAllowed):
        take(
            fresh(case),
            "pass_review",
            actor=bureau.actor("handler"),
            at=at,
            note="同意。",
            recommendation="grant",
        )


# Who sees it ------------------------------------------------------------------------------------------------

SEE_EVERY = {"clerk", "clerk2", "office_head", "chief", "agency_head", "supervisor"}


def seers(case: ApprovalCase, bureau: Bureau) -> set[str]:
    people = {who: bureau.actor(who) for who in bureau.staff}
    found = {who for who, actor in people.items() if Case.objects.visible_to(actor).filter(pk=case.pk)}
    # Asked of the header and of the application alike.
    assert found == {
        who for who, actor in people.items() if ApprovalCase.objects.visible_to(actor).filter(pk=case.pk)
    }
    assert not Case.objects.visible_to(CITIZEN).filter(pk=case.pk)
    return found


@pytest.mark.parametrize(
    "state",
    ["received", "supplement", "accepted", "survey", "granted", "serving:denied", "refused", "withdrawn"],
)
def test_who_sees_an_application_to_whose_survey_nobody_was_asked(bureau, state):
    case = case_in(state, bureau)
    asked = {"handler"} if state in ("granted", "serving:denied") else set()
    assert seers(case, bureau) == SEE_EVERY | asked


def test_a_unit_sees_the_application_from_when_it_is_asked(bureau):
    case = arrange(case_in("survey", bureau), bureau, "greening")
    assert seers(case, bureau) == SEE_EVERY | {"handler"}
    arrange(case, bureau, "roads", on=WEDNESDAY)
    assert seers(case, bureau) == SEE_EVERY | {"handler_roads"}


def test_of_a_unit_that_is_asked_only_who_would_sign_sees_it(bureau):
    colleague(bureau, "secretary", "greening", Role.DISCLOSURE_OFFICER)
    case = arrange(case_in("survey", bureau), bureau, "greening")
    assert seers(case, bureau) == SEE_EVERY | {"handler"}


def test_nobody_sees_more_because_a_survey_was_arranged(bureau):
    other = case_in("survey", bureau)
    arrange(case_in("survey", bureau), bureau, "greening")
    assert seers(other, bureau) == SEE_EVERY


def test_the_ledger_keeps_who_was_there_by_number(bureau):
    case = arrange(case_in("survey", bureau), bureau, "greening")
    sign(case, bureau, "handler")
    told = Event.objects.of(case.subject).get(verb="sign_opinion")
    assert told.data["present"] == [bureau.staff["handler"].pk]
    assert told.data["verdict"] == "agree"
    planned = Event.objects.of(case.subject).get(verb="arrange_survey").data
    assert planned["units"] == [bureau.units["greening"].pk]
    assert date.fromisoformat(planned["planned_at"][:10]) == date(2026, 11, 3)
