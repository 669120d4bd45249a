"""What citizens and bodies ask the demonstration's bureau for: 23 requests that are closed, nine under way.

The county's year has 23 received and 23 answered. One of the 23 was given up, because its applicant did not
bring what was missing: the annual report counts that as a result as well (table 3, 六 1), so that all 23 are
dealt with, 22 of them with an answer that was delivered. Whatever has no `stop` in the file is one of them;
those under way were received in the last weeks, and are none of the 23.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from disclosure import demonstration_files as files
from disclosure import requesting
from disclosure.demonstration_asked import steps, texts
from disclosure.demonstration_days import Days
from disclosure.demonstration_people import number_of
from disclosure.demonstration_publishing import Publishing
from disclosure.demonstration_texts import Piece, written
from disclosure.models import Disclosure, InformationRequest
from disclosure.rules.publication import ON_REQUEST
from disclosure.rules.request_terms import POST_SIGNED, WEB
from portal.cases.terms import local_day
from portal.organisation.actors import CITIZEN

SECRECY = "经审查，所提供的内容不涉及国家秘密、工作秘密，可以提供。"


@dataclass(slots=True)
class Affair:
    """A request with what is said of it, and the steps that are still to be taken."""

    text: Mapping[str, Any]
    applicant: Mapping[str, Any]
    request: InformationRequest
    steps: list[tuple[str, float]] = field(default_factory=list)


class Requests:
    """`affairs` by their keys in the file; what is published on request is `publishing`'s to bring out."""

    def __init__(self, publishing: Publishing) -> None:
        self.publishing, self.story = publishing, publishing.story
        self.officer, self.reviewer, self.head = publishing.officer, publishing.reviewer, publishing.head
        self.days = Days(self.story)
        self.affairs: dict[str, Affair] = {}
        self.told = 0

    def plan_all(self) -> None:
        for text in texts()["requests"]:
            at = self.story.moment(self.days.before(text["came"]), *text.get("hours", (8, 11)))
            self.story.plan(at, partial(self.receive, text))

    # Received -----------------------------------------------------------------------------------------------

    def receive(self, text: Mapping[str, Any], at: datetime) -> None:
        self.told += 1
        self.story.progress("requests", self.told, len(texts()["requests"]))
        who, day = texts()["applicants"][text["who"]], local_day(at)
        asking = requesting.Asking(
            applicant_kind=who["kind"],
            applicant_name=who["name"],
            applicant_number=number_of(who),
            representative=who.get("representative", ""),
            phone=who["phone"],
            email=who.get("email", ""),
            address=text.get("address", who.get("address", "")),
            wanted_title=self.said(text.get("title", ""), day.year),
            description=self.said(text["description"], day.year),
            wanted_form=text.get("form", "electronic"),
            wanted_delivery=text.get("delivery", "net"),
            may_publish=text.get("may_publish", False),
        )
        request = requesting.apply(
            asking,
            channel=text["channel"],
            received_on=day if text["channel"] == POST_SIGNED else None,
            actor=CITIZEN if text["channel"] == WEB else self.officer,
            at=at,
        )
        affair = Affair(text, who, request, steps(text))
        self.affairs[text.get("key", request.number)] = affair
        self.go_on(affair, at)

    def said(self, text: str, year: int) -> str:
        return text.format(year=year, last_year=year - 1)

    # On its way ---------------------------------------------------------------------------------------------

    def go_on(self, affair: Affair, at: datetime) -> None:
        if affair.steps:
            name, days = affair.steps.pop(0)
            self.story.soon(at, self.step, affair, name, days=days)

    def step(self, affair: Affair, name: str, at: datetime) -> None:
        special: dict[str, Callable[[Affair, datetime], InformationRequest]] = {
            "supplement": self.supplement,
            "consult": self.consult,
            "record_opinion": self.record_opinion,
            "extend": self.extend,
            "pass_secrecy": self.pass_secrecy,
            "reply": self.reply,
        }
        if name in special:
            affair.request = special[name](affair, at)
        else:
            entered = self.entered(affair, name, at)
            affair.request = requesting.take(affair.request, name, actor=self.officer, at=at, **entered)
        if name == "close":
            self.after(affair, at)
        self.go_on(affair, at)

    def entered(self, affair: Affair, name: str, at: datetime) -> dict[str, Any]:
        """What the officer enters at a step."""
        text, today = affair.text, local_day(at)
        missing, fee = text.get("supplement", {}), text.get("fee", {})
        extension = text.get("extension", {})
        found: dict[str, Callable[[], dict[str, Any]]] = {
            "register": lambda: {"received_on": today},
            "ask_supplement": lambda: {"supplement_days": missing["days"], "note": missing["note"]},
            "lapse": lambda: {"note": missing["lapsed"]},
            "ask_extension": lambda: {"extension_asked": extension["days"], "note": extension["note"]},
            "ask_fee": lambda: {"fee_by": "pages", "fee_pages": fee["pages"], "note": fee["note"]},
            "record_payment": lambda: {"paid_on": today},
            "deliver": lambda: {
                "served_by": affair.request.wanted_delivery,
                "served_to": affair.applicant.get("representative", affair.applicant["name"]),
                "served_on": today,
            },
        }
        return found[name]() if name in found else {}

    def supplement(self, affair: Affair, at: datetime) -> InformationRequest:
        brings = affair.text["supplement"]["brings"]
        return requesting.bring_supplement(affair.request, description=brings, actor=CITIZEN, at=at)

    def consult(self, affair: Affair, at: datetime) -> InformationRequest:
        asked = affair.text["consult"]
        parties = [(kind, name) for kind, name in asked["parties"]]
        return requesting.take(
            affair.request, "consult", parties=parties, note=asked["note"], actor=self.officer, at=at
        )

    def record_opinion(self, affair: Affair, at: datetime) -> InformationRequest:
        """All who were asked have answered by then."""
        parties = affair.request.consultations.filter(answer="").order_by("pk")
        for party, (answer, reason) in zip(list(parties), affair.text["consult"]["answers"], strict=True):
            affair.request = requesting.take(
                affair.request,
                "record_opinion",
                party=party,
                answer=answer,
                reason=reason,
                actor=self.officer,
                at=at,
            )
        return affair.request

    def extend(self, affair: Affair, at: datetime) -> InformationRequest:
        given = affair.text["extension"]
        return requesting.take(
            affair.request, "extend", extend_by=given["days"], note=given["granted"], actor=self.head, at=at
        )

    def pass_secrecy(self, affair: Affair, at: datetime) -> InformationRequest:
        return requesting.take(
            affair.request, "pass_secrecy", secrecy_basis=SECRECY, actor=self.reviewer, at=at
        )

    def reply(self, affair: Affair, at: datetime) -> InformationRequest:
        given = affair.text["reply"]
        entered: dict[str, Any] = {
            "reply_type": given["type"],
            "reply_text": self.said(given["text"], local_day(affair.request.opened_at).year),
        }
        if "grounds" in given:
            entered["withheld_grounds"] = given["grounds"]
        if "agency" in given:
            entered["competent_agency"] = given["agency"]
        if "item" in given:
            entered["public_item"] = Disclosure.objects.listed().get(title=given["item"])
        if "earlier" in given:
            entered["earlier"] = self.affairs[given["earlier"]].request
        if "file" in affair.text:
            file = affair.text["file"]
            entered["files"] = [files.table(file["title"], file["rows"][0], file["rows"][1:])]
        return requesting.take(affair.request, "reply", actor=self.officer, at=at, **entered)

    # Afterwards ---------------------------------------------------------------------------------------------

    def after(self, affair: Affair, at: datetime) -> None:
        if "publish" in affair.text:
            self.story.soon(at, self.publish, affair, days=1)
        if "remedy" in affair.text:
            self.story.soon(at, self.note_remedy, affair, days=affair.text["remedy"]["opened"])

    def publish(self, affair: Affair, at: datetime) -> None:
        """Art. 44: what was given to one, and is for everybody to know."""
        own = self.publishing
        text = written(
            affair.text["publish"], made_on=local_day(at), shelves=own.shelves, units=self.story.units
        )
        own.begin([Piece(text)], author=self.officer, at=at, occasion=ON_REQUEST, request=affair.request)

    def note_remedy(self, affair: Affair, at: datetime) -> None:
        remedy = requesting.note_remedy(
            affair.request, kind="reconsideration", opened_on=local_day(at), actor=self.officer, at=at
        )
        given = affair.text["remedy"]
        later = self.story.later(at, given["decided"])

        def decide(at: datetime) -> None:
            requesting.note_remedy(
                affair.request,
                kind=remedy.kind,
                opened_on=remedy.opened_on,
                result=given["result"],
                decided_on=local_day(at) - timedelta(days=1),
                remedy=remedy,
                actor=self.officer,
                at=at,
            )

        self.story.plan(later, decide)
