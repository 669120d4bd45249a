"""A year of information requests, walked by real verbs, and what each of them counts as: by hand.

The year is 2026. Around it lie requests of 2025 and 2027, and moments that are another day in UTC than here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from disclosure import annual, requesting
from disclosure.models import InformationRequest
from portal.cases.actions import sweep
from tests.bureau import Bureau, moment
from tests.disclosure import office as of
from tests.disclosure.table_three import CELL_OF

YEAR = 2026
KINDS = ("person", "company", "research", "public_interest", "legal_service", "other")

# Who is answered in each way, and what has to be said with it.
ANSWERED: dict[str, tuple[str, dict[str, Any]]] = {
    "already_public": ("person", {}),
    "provided": ("person", {}),
    "partly": ("company", {"withheld_grounds": ["internal"]}),
    "state_secret": ("company", {}),
    "other_law": ("research", {}),
    "three_securities": ("research", {}),
    "third_party": ("public_interest", {}),
    "internal": ("public_interest", {}),
    "deliberative": ("legal_service", {}),
    "enforcement_file": ("legal_service", {}),
    "administrative_query": ("other", {"competent_agency": "样例市不动产登记中心"}),
    "not_held": ("other", {}),
    "not_this_agency": ("person", {"competent_agency": "样例市水利局"}),
    "needs_making": ("company", {}),
    "still_unclear": ("research", {}),
    "petition": ("public_interest", {}),
    # Of the applicant to whom something was provided before.
    "duplicate": ("person", {}),
    "printed_matter": ("legal_service", {}),
    "excessive": ("other", {}),
    "confirm_again": ("person", {}),
    "other": ("company", {}),
}
# The hand-written table calls this answer by another name than the portal does.
NAMED_OTHERWISE = {"printed_matter": "publication"}


def cell_of(reply: str) -> str:
    return CELL_OF[NAMED_OTHERWISE.get(reply, reply)]


# Table 3 of 2026, counted by hand: the columns in the order of KINDS, and their total. The others are 0.
TABLE_3: dict[str, tuple[int, ...]] = {
    "received": (6, 4, 3, 5, 5, 4, 27),
    "carried_in": (1, 1, 1, 0, 0, 0, 3),
    "granted": (3, 0, 0, 0, 0, 0, 3),
    "partly": (0, 1, 0, 0, 0, 0, 1),
    "state_secret": (0, 1, 0, 0, 0, 0, 1),
    "other_law": (0, 0, 1, 0, 0, 0, 1),
    "three_securities": (0, 0, 1, 0, 0, 0, 1),
    "third_party": (0, 0, 0, 1, 0, 0, 1),
    "internal": (0, 1, 0, 1, 1, 0, 3),
    "deliberative": (0, 0, 0, 0, 1, 0, 1),
    "enforcement_file": (0, 0, 0, 0, 1, 0, 1),
    "administrative_query": (0, 0, 0, 0, 0, 1, 1),
    "not_held": (1, 0, 0, 0, 0, 1, 2),
    "needs_making": (0, 1, 0, 0, 0, 0, 1),
    "still_unclear": (0, 0, 1, 0, 0, 0, 1),
    "petition": (0, 0, 0, 1, 0, 0, 1),
    "duplicate": (1, 0, 0, 0, 0, 0, 1),
    "printed_matter": (0, 0, 0, 0, 1, 0, 1),
    "excessive": (0, 0, 0, 0, 0, 1, 1),
    "confirm_again": (1, 0, 0, 0, 0, 0, 1),
    "supplement_lapsed": (0, 0, 0, 0, 1, 0, 1),
    "fee_lapsed": (0, 0, 0, 1, 0, 0, 1),
    "other": (0, 1, 0, 0, 0, 1, 2),
    "total": (6, 5, 3, 4, 5, 4, 27),
    "carried_out": (1, 0, 1, 1, 0, 0, 3),
}
# Of the years beside it, the lines that are not 0.
TABLE_3_BEFORE: dict[str, tuple[int, ...]] = {
    "received": (1, 2, 1, 0, 0, 0, 4),
    "internal": (0, 1, 0, 0, 0, 0, 1),
    "total": (0, 1, 0, 0, 0, 0, 1),
    "carried_out": (1, 1, 1, 0, 0, 0, 3),
}
TABLE_3_AFTER: dict[str, tuple[int, ...]] = {
    "received": (1, 0, 0, 0, 0, 0, 1),
    "carried_in": (1, 0, 1, 1, 0, 0, 3),
    "internal": (1, 0, 1, 0, 0, 0, 2),
    "total": (1, 0, 1, 0, 0, 0, 2),
    "carried_out": (1, 0, 0, 1, 0, 0, 2),
}
# Table 4: upheld, corrected, other, pending, total.
TABLE_4: dict[str, tuple[int, ...]] = {
    "reconsideration": (1, 0, 0, 1, 2),
    "suit": (0, 0, 1, 0, 1),
    "suit_after": (0, 1, 0, 0, 1),
}
TABLE_4_BEFORE: dict[str, tuple[int, ...]] = {
    "reconsideration": (1, 0, 0, 0, 1),
    "suit": (0, 0, 0, 1, 1),
    "suit_after": (0, 0, 0, 0, 0),
}
TABLE_4_AFTER: dict[str, tuple[int, ...]] = {
    "reconsideration": (0, 1, 0, 0, 1),
    "suit": (0, 0, 0, 0, 0),
    "suit_after": (0, 0, 0, 1, 1),
}


@dataclass
class Years:
    """The requests by a name of their own, and the tables of 2026 as they came out on 2 January 2027."""

    office: Bureau
    requests: dict[str, InformationRequest] = field(default_factory=dict)
    january: annual.Tables | None = None

    def received(self, name: str, kind: str, at: datetime, **more: Any) -> InformationRequest:
        """A request of such an applicant, registered at `at` and received that day."""
        asked = of.asking(**more) if kind == "person" else of.of_a_company(applicant_kind=kind, **more)
        made = of.do(of.applied(self.office, asked=asked, at=at), "register", self.office, at=at)
        self.requests[name] = made
        return made

    def take(self, name: str, step: str, at: datetime, who: str = "disclosure", **entered: Any) -> None:
        self.requests[name] = of.do(self.requests[name], step, self.office, who, at=at, **entered)

    def answer(self, name: str, reply: str, at: datetime, **entered: Any) -> None:
        """Answer in a way, with all the steps that this way needs, at `at`."""
        if reply == "still_unclear":
            self.take(name, "ask_supplement", at)
            self.take(name, "supplement", at, "citizen")
        else:
            self.take(name, "begin_review", at)
        if reply in ("provided", "partly"):
            self.take(name, "pass_secrecy", at, "secrecy")
        if reply == "third_party":
            self.take(name, "consult", at)
            self.take(name, "record_opinion", at, answer="objects", reason="报价属于商业秘密。")
        self.take(name, "reply", at, reply_type=reply, reply_text="答复如下。", **entered)

    def remedy(self, name: str, kind: str, opened: str, decided: str = "", result: str = "pending") -> None:
        requesting.note_remedy(
            self.requests[name],
            kind=kind,
            opened_on=date.fromisoformat(opened),
            decided_on=date.fromisoformat(decided) if decided else None,
            result=result,
            actor=self.office.actor("disclosure"),
            at=moment(f"{decided or opened} 23:59"),
        )


def walk(office: Bureau) -> Years:
    """All three years, in the order in which things happened."""
    years = Years(office)
    _before(years)
    _of_the_year(years)
    years.january = annual.tables(YEAR)
    _after(years)
    return years


def _before(years: Years) -> None:
    years.received("before", "person", moment("2025-12-29 09:00"))
    years.received("done_before", "company", moment("2025-12-01 09:00"))
    years.received("long", "research", moment("2025-12-30 09:00"))
    years.received("at_midnight", "company", moment("2025-12-30 10:00"))
    years.answer("done_before", "internal", moment("2025-12-31 23:50"))
    years.remedy("done_before", "suit", "2025-12-31")
    years.remedy("done_before", "reconsideration", "2025-12-31", "2025-12-31", "upheld")


def _of_the_year(years: Years) -> None:
    # The first moment of the year; in UTC it is the afternoon of 31 December 2025.
    years.answer("at_midnight", "internal", moment("2026-01-01 00:00"))
    years.answer("before", "provided", moment("2026-01-12 09:00"))
    _lapsed(years)
    at = moment("2026-03-02 09:00")
    for reply, (kind, entered) in ANSWERED.items():
        years.received(reply, kind, at, description=f"申请公开第{len(years.requests)}项信息")
        more = {"earlier": years.requests["provided"]} if reply == "duplicate" else entered
        # The earlier request is one that was entered before.
        at = at.replace(minute=at.minute + 1)
        years.answer(reply, reply, at, **more)
    years.received("withdrawn", "other", moment("2026-05-06 09:00"))
    years.take("withdrawn", "withdraw", moment("2026-05-07 09:00"), "citizen")
    years.requests["never_received"] = of.applied(years.office, at=moment("2026-06-01 09:00"))
    years.take("never_received", "withdraw", moment("2026-06-02 09:00"), "citizen")
    years.remedy("internal", "reconsideration", "2026-06-01", "2026-07-01", "upheld")
    years.remedy("internal", "suit_after", "2026-08-03", "2026-10-09", "corrected")
    years.remedy("state_secret", "reconsideration", "2026-12-01")
    years.received("open", "public_interest", moment("2026-12-28 09:00"))
    years.received("eve", "legal_service", moment("2026-12-31 09:00"))
    years.received("late", "person", moment("2026-12-31 23:30"))
    years.answer("eve", "internal", moment("2026-12-31 23:50"))
    years.requests["unconfirmed"] = of.applied(years.office, at=moment("2026-12-31 20:00"))
    suit = years.requests["done_before"].remedies.get(kind="suit")
    _decide(years, "done_before", suit, "2026-03-01", "other")


def _lapsed(years: Years) -> None:
    """Those that nobody answers: what was missing did not come, and the fee was not paid."""
    at = moment("2026-01-19 09:00")
    years.received("lapsed", "legal_service", at)
    years.take("lapsed", "ask_supplement", at)
    years.received("unpaid", "public_interest", at)
    years.take("unpaid", "begin_review", at)
    years.take("unpaid", "ask_fee", at)
    over = max(
        of.after_last_day(years.requests["lapsed"], "request.supplement"),
        of.after_last_day(years.requests["unpaid"], "request.fee"),
    )
    sweep(at=over)
    for name in ("lapsed", "unpaid"):
        years.requests[name].refresh_from_db()
    years.take("lapsed", "lapse", over)
    years.take("unpaid", "lapse", over)


def _decide(years: Years, name: str, remedy: Any, decided: str, result: str) -> None:
    requesting.note_remedy(
        years.requests[name],
        kind=remedy.kind,
        opened_on=remedy.opened_on,
        decided_on=date.fromisoformat(decided),
        result=result,
        remedy=remedy,
        actor=years.office.actor("disclosure"),
        at=moment("2026-12-31 10:00") if decided < "2027" else moment(f"{decided} 10:00"),
    )


def _after(years: Years) -> None:
    # The first moment after it.
    years.answer("late", "internal", moment("2027-01-01 00:00"))
    years.take("unconfirmed", "register", moment("2027-01-04 09:00"))
    years.answer("long", "internal", moment("2027-01-05 09:00"))
    years.remedy("internal", "suit_after", "2027-01-05")
    _decide(years, "state_secret", years.requests["state_secret"].remedies.get(), "2027-02-01", "corrected")
