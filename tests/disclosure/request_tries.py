"""Steps of an information request with something wrong in them, for every entry of the table's REFUSALS."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from dataclasses import field as made_by
from datetime import datetime
from typing import Any

from disclosure import requesting
from disclosure.models import InformationRequest
from tests.bureau import MONDAY, Bureau, moment
from tests.disclosure import office as of

# What cannot come to be tried, and why.
DO_NOT_APPLY = {
    "a later day at the counter": "what is handed in is registered in the step in which it is entered, so "
    "that there is no Tuesday on which a request of Monday would still wait for its day",
    "an answer from tomorrow": "the step takes no day: an opinion counts from the moment it is recorded",
    "an answer before the question": "the step takes no day",
    "by pages for what is public": "which item the applicant is told of is entered with the reply, behind "
    "the fee; nothing of the request shows it before",
}

Scene = str | Callable[[Bureau], InformationRequest]
LATE, IN_TIME = moment("2026-12-01 00:00"), moment("2026-11-30 23:59")


@dataclass(frozen=True)
class Try:
    """A step with something wrong in it. A value that is a function is asked what it is (office, request)."""

    scene: Scene
    verb: str
    entered: dict[str, Any] = made_by(default_factory=dict)
    # Where the sentence is put; or which it is, where it is about no field.
    field: str | None = None
    says: str = ""
    who: str = "disclosure"
    at: datetime = MONDAY
    not_allowed: bool = False
    # What is put right; None where nothing would be.
    instead: dict[str, Any] | None = made_by(default_factory=dict)


def after(
    scene: str, *steps: tuple[str, str], who: str = "disclosure"
) -> Callable[[Bureau], InformationRequest]:
    def walk(office: Bureau) -> InformationRequest:
        made = of.request_in(scene, office, who=who)
        for name, whose in steps:
            made = of.do(made, name, office, whose)
        return made

    return walk


def by(channel: str) -> Callable[[Bureau], InformationRequest]:
    return lambda office: of.applied(office, channel=channel)


def with_earlier(count: int, at: datetime = MONDAY, **more: Any) -> Callable[[Bureau], InformationRequest]:
    """The last of several; the earlier ones were received at `at`."""

    def walk(office: Bureau) -> InformationRequest:
        for _each in range(count):
            of.applied(office, channel="counter", at=at, **more)
        return of.request_in("reviewing", office)

    return walk


def another(state: str, at: datetime = MONDAY, **more: Any) -> Callable[[Bureau, InformationRequest], Any]:
    return lambda office, request: of.request_in(state, office, at=at, asked=of.asking(**more))


def the_first(office: Bureau, request: InformationRequest) -> Any:
    return request.consultations.first()


def the_second(office: Bureau, request: InformationRequest) -> Any:
    return request.consultations.last()


def party_of_another(office: Bureau, request: InformationRequest) -> Any:
    return of.request_in("consulting", office).consultations.get()


def reply(reply_type: str, field: str, scene: Scene = of.ripe, **more: Any) -> Try:
    """An answer of a kind in which one thing is wrong."""
    own = {name: more.pop(name) for name in ("instead", "at", "says") if name in more}
    return Try(scene, "reply", {"reply_type": reply_type, **more}, field, **own)


THIRD, OTHERS = ("third_party", of.THIRD_PARTY), ("co_agency", of.CO_AGENCY)
OVER = "The limit can no longer be extended."
PASSED = "The limit for the answer has passed: please answer now."
NOT_OVER = "The time for it is not over yet."
REFUSALS_BY_GROUND = (
    *("state_secret", "other_law", "three_securities", "third_party", "internal", "deliberative"),
    *("enforcement_file", "administrative_query"),
)
# The table's reply type "publication" is `printed_matter`, as its cell is; its `reply_grounds` are the text.
NOT_GIVEN_OTHERWISE = (
    *("not_held", "needs_making", "still_unclear", "petition", "duplicate", "printed_matter"),
    *("confirm_again", "other"),
)

TRIES: dict[str, list[Try]] = {
    # The day of receipt
    "a day of one's own on the web": [
        Try("submitted", "register", {"received_on": of.day("2026-10-30")}, "received_on"),
        Try(by("fax"), "register", {"received_on": of.day("2026-10-30")}, "received_on"),
    ],
    "plain post of last week": [
        Try(by("post_plain"), "register", {"received_on": of.day("2026-10-28")}, "received_on"),
        Try(by("post_plain"), "register", {"received_on": None}, "received_on"),
    ],
    # The one notice
    "a second notice": [
        Try(
            "reviewing:supplemented",
            "ask_supplement",
            says="What is missing is asked for once, in one notice.",
            instead=None,
        )
    ],
    "a notice on the 8th day": [
        Try(
            state,
            "ask_supplement",
            says="The seven working days for a notice of what is missing are over.",
            at=moment("2026-11-12 00:00"),
            instead={"at": moment("2026-11-11 23:59")},
        )
        for state in ("registered", "reviewing")
    ],
    "a notice of nothing": [Try("registered", "ask_supplement", {"note": " "}, "note")],
    "no time to bring it": [
        Try("registered", "ask_supplement", {"supplement_days": days}, "supplement_days")
        for days in (0, 31, None)
    ],
    "a supplement of nothing": [
        Try("supplement", "supplement", {"description": " \n"}, "description", who=who)
        for who in ("citizen", "disclosure")
    ],
    "over on its last day": [
        Try(
            "supplement",
            "supplement_over",
            says=NOT_OVER,
            who="system",
            at=moment("2026-11-16 23:59"),
            instead=None,
        )
    ],
    "lapsed on its last day": [
        Try(
            "supplement",
            "lapse",
            says="The applicant still has time.",
            at=moment("2026-11-16 23:59"),
            instead={"at": moment("2026-11-17 00:00")},
        )
    ],
    "lapsed without a word": [
        Try("supplement:over", "lapse", {"note": ""}, "note", at=moment("2026-11-17 09:00"))
    ],
    # Others who have a say
    "nobody is asked": [Try("reviewing", "consult", {"parties": []}, "parties")],
    "a party without a name": [
        Try("reviewing", "consult", {"parties": [THIRD, ("co_agency", " ")]}, "parties")
    ],
    "a party of no kind": [
        Try("reviewing", "consult", {"parties": [("neighbour", of.THIRD_PARTY)]}, "parties")
    ],
    "the same party twice": [
        Try("reviewing", "consult", {"parties": [THIRD, ("co_agency", of.THIRD_PARTY)]}, "parties")
    ],
    "the applicant as third party": [
        Try("reviewing", "consult", {"parties": [("third_party", of.NAME)]}, "parties")
    ],
    "no question": [Try("reviewing", "consult", {"note": ""}, "note")],
    "a party that was asked before": [
        Try(
            "reviewing:agreed",
            "consult",
            {"parties": [THIRD]},
            "parties",
            instead={"parties": [OTHERS]},
        )
    ],
    "after the limit": [
        Try("reviewing", "consult", says=PASSED, at=LATE, instead={"at": moment("2026-11-27 09:00")})
    ],
    "an answer of somebody else": [
        Try("consulting", "record_opinion", {"party": party_of_another}, "party"),
        Try("consulting", "record_opinion", {"party": None}, "party"),
    ],
    "a second answer": [
        Try(
            after("consulting:two", ("record_opinion", "disclosure")),
            "record_opinion",
            {"party": the_first},
            "party",
            instead={"party": the_second},
        )
    ],
    "an answer that says nothing": [
        Try("consulting", "record_opinion", {"answer": answer}, "answer") for answer in ("", "silent", None)
    ],
    "an objection without reasons": [
        Try("consulting", "record_opinion", {"answer": "objects", "reason": " "}, "reason")
    ],
    "over on the 15th day": [
        Try(
            "consulting",
            "consultation_over",
            says=NOT_OVER,
            who="system",
            at=moment("2026-11-23 23:59"),
            instead=None,
        )
    ],
    # Secrecy
    "own work reviewed": [
        Try(
            after("reviewing", who="officer_reviewer"),
            "pass_secrecy",
            says="Who works on it cannot review its secrecy: somebody else does.",
            who="officer_reviewer",
            not_allowed=True,
            instead={"who": "secrecy"},
        )
    ],
    "a review without a basis": [
        Try("reviewing", "pass_secrecy", {"secrecy_basis": " "}, "secrecy_basis", who="secrecy")
    ],
    # Extension
    "21 days asked for": [Try("reviewing", "ask_extension", {"extension_asked": 21}, "extension_asked")],
    "0 days asked for": [
        Try("reviewing", "ask_extension", {"extension_asked": days}, "extension_asked")
        for days in (0, -1, None)
    ],
    "asked without a reason": [Try("reviewing", "ask_extension", {"note": ""}, "note")],
    "asked while undecided": [
        Try(
            "reviewing:asked",
            "ask_extension",
            says="An extension has been asked for already.",
            instead=None,
        )
    ],
    "asked a second time": [Try("reviewing:extended", "ask_extension", says=OVER, instead=None)],
    "asked too late": [Try("reviewing", "ask_extension", says=OVER, at=LATE, instead={"at": IN_TIME})],
    # The engine of the portal says at which input of the form: "days".
    "21 days": [Try("reviewing", "extend", {"extend_by": 21}, "days", who="agency_head")],
    "0 days": [
        Try("reviewing", "extend", {"extend_by": days}, "days", who="agency_head") for days in (0, -1)
    ],
    "a second extension": [
        Try("reviewing:extended", "extend", {"extend_by": 5}, says=OVER, who="agency_head", instead=None)
    ],
    "a second extension after a restart": [
        Try(
            after("registered:extended", ("ask_supplement", "disclosure"), ("supplement", "citizen")),
            verb,
            says=OVER,
            who=who,
            instead=None,
        )
        for verb, who in (("extend", "agency_head"), ("ask_extension", "disclosure"))
    ],
    "extended too late": [
        Try("reviewing", "extend", says=OVER, who="agency_head", at=LATE, instead={"at": IN_TIME})
    ],
    "extended without a reason": [Try("reviewing", "extend", {"note": ""}, "note", who="agency_head")],
    "extended by who asked": [
        Try(
            after("reviewing", ("ask_extension", "officer_head")),
            "extend",
            says="Who asks for an extension does not grant it.",
            who="officer_head",
            not_allowed=True,
            instead={"who": "agency_head"},
        )
    ],
    "nothing to refuse": [
        Try(
            "reviewing",
            "refuse_extension",
            says="No extension has been asked for.",
            who="agency_head",
            instead=None,
        )
    ],
    "refused without a reason": [
        Try("reviewing:asked", "refuse_extension", {"note": ""}, "note", who="agency_head")
    ],
    # Fees
    "by neither": [Try("reviewing", "ask_fee", {"fee_by": way}, "fee_by") for way in ("", "weight", None)],
    "by number and by pages": [
        Try(with_earlier(10), "ask_fee", {"fee_by": "number", "fee_pages": 45}, "fee_pages")
    ],
    "by pages, without them": [
        Try("reviewing", "ask_fee", {"fee_pages": pages}, "fee_pages") for pages in (None, 0)
    ],
    "a fee for the tenth": [
        Try(with_earlier(9), "ask_fee", {"fee_by": "number", "fee_pages": None}, "fee_by")
    ],
    "a fee for others' requests": [
        Try(
            with_earlier(10, applicant_number=of.ANOTHER_ID),
            "ask_fee",
            {"fee_by": "number", "fee_pages": None},
            "fee_by",
        )
    ],
    "a fee for last month's requests": [
        Try(
            with_earlier(10, at=moment("2026-10-30 09:00")),
            "ask_fee",
            {"fee_by": "number", "fee_pages": None},
            "fee_by",
        )
    ],
    "a fee for 30 pages": [
        Try("reviewing", "ask_fee", {"fee_pages": 30}, "fee_by", instead={"fee_pages": 31})
    ],
    "a second fee": [Try("reviewing:paid", "ask_fee", says="A fee is asked for once.", instead=None)],
    "a fee after the limit": [Try("reviewing", "ask_fee", says=PASSED, at=LATE, instead={"at": IN_TIME})],
    "paid on no day": [Try("fee", "record_payment", {"paid_on": None}, "paid_on")],
    "paid tomorrow": [Try("fee", "record_payment", {"paid_on": of.day("2026-11-03")}, "paid_on")],
    "paid before it was asked": [Try("fee", "record_payment", {"paid_on": of.day("2026-11-01")}, "paid_on")],
    "paid too late": [
        Try(
            "fee",
            "record_payment",
            {"paid_on": of.day("2026-12-01")},
            "paid_on",
            at=LATE,
            instead={"paid_on": of.day("2026-11-30")},
        )
    ],
    "over on the 20th day": [Try("fee", "fee_over", says=NOT_OVER, who="system", at=IN_TIME, instead=None)],
    # The reply
    "a reply of no type": [reply(kind, "reply_type", reply_text="答复。") for kind in ("", "granted")],
    "a reply without words": [reply("provided", "reply_text", reply_text=" \n")],
    "lapsed by reply": [reply(kind, "reply_type") for kind in ("supplement_lapsed", "fee_lapsed")],
    "a refusal without grounds": [reply(kind, "reply_text", reply_text="") for kind in REFUSALS_BY_GROUND],
    "not held, not handled, without grounds": [
        reply(kind, "reply_text", reply_text="") for kind in NOT_GIVEN_OTHERWISE
    ],
    "given without secrecy review": [
        reply("provided", "reply_type", "reviewing", instead={"reply_type": "internal"})
    ],
    "partly given without secrecy review": [
        reply(
            "partly",
            "reply_type",
            "reviewing",
            withheld_grounds=["internal"],
            instead={"reply_type": "internal", "withheld_grounds": []},
        )
    ],
    "partly, nothing withheld": [
        reply("partly", "withheld_grounds", withheld_grounds=grounds) for grounds in ([], ["not_held"])
    ],
    "given, something withheld": [reply("provided", "withheld_grounds", withheld_grounds=["internal"])],
    "public, but where?": [reply("already_public", "reply_text", reply_text="", public_item=None)],
    "another agency, but which?": [
        reply(kind, "competent_agency", competent_agency=" ")
        for kind in ("not_this_agency", "administrative_query")
    ],
    "a duplicate of nothing": [reply("duplicate", "earlier", earlier=None)],
    "a duplicate of itself": [reply("duplicate", "earlier", earlier=lambda office, request: request)],
    "somebody else's duplicate": [
        reply(
            "duplicate",
            "earlier",
            earlier=another("replied", MONDAY, applicant_name="易样例", applicant_number=of.ANOTHER_ID),
        )
    ],
    "a duplicate without an answer": [
        reply("duplicate", "earlier", earlier=another(state)) for state in ("reviewing", "closed:withdrawn")
    ],
    "a duplicate of a later one": [
        reply(
            "duplicate",
            "earlier",
            earlier=another("replied", moment("2026-11-03 09:00")),
            at=moment("2026-11-04 09:00"),
        )
    ],
    "a third party that nobody asked": [
        reply("third_party", "reply_type", "reviewing", instead={"reply_type": "internal"}),
        # Another agency is no third party.
        reply("third_party", "reply_type", "reviewing:agency_objected", instead={"reply_type": "internal"}),
    ],
    "given against an objection": [
        reply("provided", "public_interest", "reviewing:objected", public_interest=" ")
    ],
    "given against a co-agency": [
        reply("provided", "public_interest", "reviewing:agency_objected", public_interest="")
    ],
    "unclear without asking": [
        reply("still_unclear", "reply_type", "reviewing", instead={"reply_type": "needs_making"})
    ],
    "excessive without asking": [reply("excessive", "reply_text", reply_text="")],
    # Delivery
    "delivered tomorrow": [Try("replied", "deliver", {"served_on": of.day("2026-11-03")}, "served_on")],
    "delivered before the reply": [
        Try("replied", "deliver", {"served_on": of.day("2026-11-01")}, "served_on")
    ],
    "delivered on no day": [Try("replied", "deliver", {"served_on": None}, "served_on")],
    "delivered in no way": [
        Try("replied", "deliver", {"served_by": way}, "served_by") for way in ("", "pigeon")
    ],
    "delivered to nobody": [Try("replied", "deliver", {"served_to": " "}, "served_to")],
    # Besides
    "withdrawn by hearsay": [
        Try("reviewing", "withdraw", {"note": ""}, "note", instead={"who": "citizen", "note": ""})
    ],
    "pressed without a word": [Try("reviewing", "urge", {"note": ""}, "note", who="supervisor")],
}
# Before there is a request: the field, and what is asked with something wrong in it.
ASKED_WRONGLY: dict[str, list[tuple[str, requesting.Asking]]] = {
    "no name": [("applicant_name", of.asking(applicant_name=" "))],
    "no kind": [("applicant_kind", of.asking(applicant_kind=kind)) for kind in ("", "citizen")],
    "number of a person that cannot be": [
        ("applicant_number", of.asking(applicant_number=number))
        # A wrong check digit; 29 February 1999, whose check digit fits; nothing.
        for number in ("330802199003071230", "330802199902290013", "")
    ],
    "number of a company that cannot be": [
        ("applicant_number", of.of_a_company(applicant_number=number))
        for number in ("91330802MA2DEM013X", of.ID_NUMBER, "")
    ],
    "nobody speaks for it": [("representative", of.of_a_company(representative=" "))],
    "no way to reach them": [("phone", of.asking(phone="", email="", address=" "))],
    "nothing is wanted": [("description", of.asking(description=" "))],
    "by post to nowhere": [("address", of.asking(wanted_delivery="post"))],
    "paper over the net": [
        ("wanted_delivery", of.asking(wanted_form=form, wanted_delivery="net")) for form in ("paper", "disc")
    ],
}
