"""What stands in the way of a step of an information request: every entry of the table as a real try.

Each is refused at its field, or with its sentence; nothing is written then; and the same step with that put
right is taken, so that nothing else was in the way.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from django.utils.translation import gettext

from disclosure import requesting
from disclosure.models import InformationRequest
from portal.cases.workflow import NotAllowed, Refused
from portal.organisation.actors import CITIZEN, Role
from tests.bureau import MONDAY, Bureau
from tests.disclosure import office as of
from tests.disclosure import request_table as table
from tests.disclosure.request_tries import ASKED_WRONGLY, DO_NOT_APPLY, TRIES, Try

founded, office, plain_papers = of.founded, of.office, of.plain_papers
pytestmark = pytest.mark.usefixtures("plain_papers")

EVERY = [
    pytest.param(each, id=title if len(tries) == 1 else f"{title} {place}")
    for title, tries in TRIES.items()
    for place, each in enumerate(tries, 1)
]


def entered(found: Try, request: InformationRequest, office: Bureau) -> dict[str, Any]:
    told = {}
    if found.verb == "reply" and found.entered["reply_type"] in of.REPLY_TYPES:
        told = of.replying(request, found.entered["reply_type"], office)
    told |= found.entered
    return {name: value(office, request) if callable(value) else value for name, value in told.items()}


def put_right(found: Try, request: InformationRequest, office: Bureau) -> dict[str, Any]:
    """What is entered where nothing is wrong: what was right as it was, and `instead` of the rest."""
    assert found.instead is not None
    wanted = {"who": found.who, "at": found.at, **found.instead}
    if found.verb == "reply":
        kind = wanted.get("reply_type", found.entered["reply_type"])
        wanted = {**of.replying(request, kind if kind in of.REPLY_TYPES else "internal", office), **wanted}
        if found.field == "public_interest":
            wanted["public_interest"] = "涉及行道树倒伏的公共安全。"
    return {name: value(office, request) if callable(value) else value for name, value in wanted.items()}


@pytest.mark.parametrize("found", EVERY)
def test_what_stands_in_the_way(office: Bureau, found: Try) -> None:
    request = of.request_in(found.scene, office) if isinstance(found.scene, str) else found.scene(office)
    wrong = entered(found, request, office)
    before = of.as_kept(request)
    with pytest.raises(Refused) as refused:
        of.do(request, found.verb, office, found.who, at=found.at, **wrong)
    assert (type(refused.value) is NotAllowed) == found.not_allowed
    assert refused.value.field == found.field
    if found.says:
        assert str(refused.value.message) == gettext(found.says)
    assert of.as_kept(request) == before
    if found.instead is not None:
        of.do(request, found.verb, office, **put_right(found, request, office))


# Before there is a request ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("where", "asked"),
    [pytest.param(*each, id=title) for title, tries in ASKED_WRONGLY.items() for each in tries],
)
def test_what_is_no_request(office: Bureau, where: str, asked: requesting.Asking) -> None:
    for channel in ("web", "post_plain"):
        with pytest.raises(Refused) as refused:
            of.applied(office, channel=channel, asked=asked)
        assert refused.value.field == where
    assert not InformationRequest.objects.exists()


@pytest.mark.parametrize("channel", ["counter", "post_signed", "post_plain", "fax"])
def test_a_citizen_at_the_counter(office: Bureau, channel: str) -> None:
    with pytest.raises(NotAllowed):
        requesting.apply(of.asking(), channel=channel, received_on=MONDAY.date(), actor=CITIZEN, at=MONDAY)
    with pytest.raises(NotAllowed):
        requesting.apply(of.asking(), channel="web", actor=office.actor("disclosure"), at=MONDAY)


@pytest.mark.parametrize(("title", "received_on"), [("no", None), ("tomorrow", of.day("2026-11-03"))])
def test_signed_for_on_no_day_or_tomorrow(office: Bureau, title: str, received_on: Any) -> None:
    with pytest.raises(Refused) as refused:
        of.applied(office, channel="post_signed", received_on=received_on)
    assert refused.value.field == "received_on"
    assert not InformationRequest.objects.exists()


def test_every_entry_of_the_table_is_tried() -> None:
    here = {"a citizen at the counter", "signed for on no day", "signed for tomorrow"}
    assert {title for title, *_rest in table.REFUSALS} == here | {*TRIES, *ASKED_WRONGLY, *DO_NOT_APPLY}
    verbs = {title: verb for title, _situation, verb, _why in table.REFUSALS}
    assert all(each.verb in (verbs[title], "ask_extension") for title in TRIES for each in TRIES[title])


def test_who_reviewed_the_secrecy_does_not_give_the_information(office: Bureau) -> None:
    """Of two roles in one person, one at a time: otherwise nobody else has looked."""
    request = of.request_in("reviewing:reviewed", office)
    both = replace(office.actor("secrecy"), roles=frozenset({Role.SECRECY_REVIEWER, Role.DISCLOSURE_OFFICER}))
    with pytest.raises(NotAllowed):
        requesting.take(request, "reply", actor=both, at=MONDAY, **of.PROVIDED)
    # A refusal gives nothing.
    assert requesting.take(request, "reply", actor=both, at=MONDAY, **of.REFUSED).state == "replied"


def test_what_was_objected_to_is_withheld_or_given_for_a_reason(office: Bureau) -> None:
    """Also where only a part is given (art. 32, 37)."""
    partly = {"reply_type": "partly", "reply_text": "提供部分内容。", "withheld_grounds": ["internal"]}
    request = of.request_in("reviewing:objected", office)
    with pytest.raises(Refused) as refused:
        of.do(request, "reply", office, **partly)
    assert refused.value.field == "public_interest"
    with of.undone():
        withheld = {**partly, "withheld_grounds": ["internal", "third_party"]}
        assert of.do(request, "reply", office, **withheld).state == "replied"
    assert of.do(request, "reply", office, **partly, public_interest="涉及公共安全。").state == "replied"


def test_nothing_is_withheld_for_a_third_party_that_nobody_asked(office: Bureau) -> None:
    request = of.request_in("reviewing:reviewed", office)
    with pytest.raises(Refused) as refused:
        of.do(
            request,
            "reply",
            office,
            reply_type="partly",
            reply_text="提供部分内容。",
            withheld_grounds=["third_party"],
        )
    assert refused.value.field == "withheld_grounds"
