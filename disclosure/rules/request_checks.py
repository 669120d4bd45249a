"""Who may take a step of an information request, and what has to be right about it.

Guards look at request and actor alone, and are asked before a button is drawn; checks look at what was
entered. Source: 政府信息公开条例 (国令711号, 2019); fees by 国办函〔2020〕109号.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from disclosure.rules import fees
from disclosure.rules.replies import (
    AGENCY,
    CONSULTED,
    EARLIER,
    GROUNDS,
    REPLIES,
    SUPPLEMENTED,
    WITHHELD,
)
from disclosure.rules.request_terms import (
    COUNTER,
    EXTEND_AT_MOST,
    FEE,
    LEAST_SUPPLEMENT_DAYS,
    MOST_SUPPLEMENT_DAYS,
    NOTIFY,
    PAY,
    POST_SIGNED,
    REPLY,
    request_of,
)
from portal.cases.terms import local_day
from portal.cases.workflow import Check, Move, NotAllowed, Refused

THIRD_PARTY, CO_AGENCY = "third_party", "co_agency"
PARTY_KINDS = {
    THIRD_PARTY: gettext_lazy("Third party whose rights it may touch"),
    CO_AGENCY: gettext_lazy("Agency that made it together with this one"),
}
AGREES, OBJECTS, SILENT = "agrees", "objects", "silent"
ANSWERS = {
    AGREES: gettext_lazy("agrees that it is disclosed"),
    OBJECTS: gettext_lazy("objects"),
    SILENT: gettext_lazy("said nothing in time"),
}
BY_NUMBER, BY_PAGES = "number", "pages"
FEES_BY = {
    BY_NUMBER: gettext_lazy("By the number of requests in the month"),
    BY_PAGES: gettext_lazy("By pages"),
}
SERVED_BY = {
    "net": gettext_lazy("Over the net"),
    "post": gettext_lazy("By post"),
    "hand": gettext_lazy("Handed over"),
}
SERVED_CHOICES = list(SERVED_BY.items())
MOST_PARTIES = 10


def time_is_over(term: str) -> Check:
    """The clock's own step, and not before its moment: a last day ends at 24:00 (民法典 art. 203)."""

    def check(move: Move) -> None:
        clock = move.clock(term)
        if clock is None or clock.due_at is None or clock.due_at > move.at:
            raise Refused(_("The time for it is not over yet."))

    return check


# Receipt ----------------------------------------------------------------------------------------------------


def day_of_receipt_fits(move: Move) -> None:
    """Art. 31: in person the day of handing in, by signed-for post the day of signing, else of confirming."""
    request, today = request_of(move.case), local_day(move.at)
    day = move.changes.get("received_on")
    if day is None:
        raise Refused(_("Please say on what day it counts as received."), field="received_on")
    if day > today:
        raise Refused(_("This day has not come yet."), field="received_on")
    if request.channel in (COUNTER, POST_SIGNED):
        if day > local_day(request.opened_at):
            raise Refused(_("It was here before it was entered."), field="received_on")
    elif day != today:
        sentence = _("What nobody signed for is received on the day on which both sides confirm it: today.")
        raise Refused(sentence, field="received_on")


# Supplement -------------------------------------------------------------------------------------------------


def not_asked_before(move: Move) -> None:
    if request_of(move.case).supplement_asked_at is not None:
        raise Refused(_("What is missing is asked for once, in one notice."))


def still_in_time_to_ask(move: Move) -> None:
    """Art. 30: within seven working days of receipt; after them what came is worked on as it is."""
    # It has ended where the work has begun; the seven days are the same.
    clock = move.case.deadlines.filter(term=NOTIFY).order_by("pk").last()
    if clock is None or clock.due_at is None or clock.due_at <= move.at:
        raise Refused(_("The seven working days for a notice of what is missing are over."))


def supplement_days_fit(move: Move) -> None:
    days = move.changes.get("supplement_days")
    if days is None or not LEAST_SUPPLEMENT_DAYS <= days <= MOST_SUPPLEMENT_DAYS:
        words = {"least": LEAST_SUPPLEMENT_DAYS, "most": MOST_SUPPLEMENT_DAYS}
        sentence = _("The applicant gets between %(least)s and %(most)s working days.") % words
        raise Refused(sentence, field="supplement_days")


def description_is_written(move: Move) -> None:
    if not str(move.changes.get("description", "")).strip():
        raise Refused(_("Please describe the information that is wanted."), field="description")


def applicant_is_overdue(move: Move) -> None:
    """The time for supplement or fee is over: what came on its last day may be entered later."""
    request = request_of(move.case)
    if not (request.payment_over if move.case.state == FEE else request.supplement_over):
        raise Refused(_("The applicant still has time."))


# Consultation -----------------------------------------------------------------------------------------------


def limit_not_missed(move: Move) -> None:
    """No time is excluded from a limit that has passed, and no fee asked for behind it (109号 art. 6)."""
    clock = move.clock(REPLY)
    if clock is None or clock.breached_at is not None:
        raise Refused(_("The limit for the answer has passed: please answer now."))


def not_on_the_last_day(move: Move) -> None:
    """What is excluded begins tomorrow: on the last day it would come too late."""
    clock = move.clock(REPLY)
    if clock is not None and clock.due_on is not None and clock.due_on <= local_day(move.at):
        raise Refused(_("Today is the last day of the limit: it has to be extended first."))


def somebody_is_asked(move: Move) -> None:
    parties = move.given.get("parties") or ()
    if not parties:
        raise Refused(_("Please name whom you ask."), field="parties")
    if len(parties) > MOST_PARTIES:
        raise Refused(_("At most %(most)s can be asked at a time.") % {"most": MOST_PARTIES}, field="parties")
    names = [name.strip() for _kind, name in parties]
    if any(kind not in PARTY_KINDS for kind, _name in parties) or not all(names):
        raise Refused(_("Please name whom you ask."), field="parties")
    if any(len(name) > 100 for name in names):
        raise Refused(_("A name has at most 100 characters."), field="parties")
    request = request_of(move.case)
    asked = {each.name for each in request.consultations.all()}
    if len(set(names)) < len(names) or asked & set(names):
        raise Refused(_("Each is asked once."), field="parties")
    if request.applicant_name in names:
        raise Refused(_("The applicant is no third party."), field="parties")


def opinion_fits(move: Move) -> None:
    request = request_of(move.case)
    party = move.given.get("party")
    open_parties = {each.pk: each for each in request.consultations.all() if not each.answer}
    if party is None or party.pk not in open_parties:
        raise Refused(_("Please choose somebody who was asked and has not answered."), field="party")
    if move.given.get("answer") not in (AGREES, OBJECTS):
        raise Refused(_("Please say what the answer is."), field="answer")
    day, today = move.given.get("answered_on") or local_day(move.at), local_day(move.at)
    if not local_day(party.asked_at) <= day <= today:
        raise Refused(_("The answer came between the letter and today."), field="answered_on")
    if move.given["answer"] == OBJECTS and not str(move.given.get("reason", "")).strip():
        # Art. 32: a third party that objects gives its reasons.
        raise Refused(_("Please write down the reasons of the objection."), field="reason")


# Secrecy ----------------------------------------------------------------------------------------------------


def somebody_else_works_on_it(move: Move) -> None:
    """Who answers does not review the secrecy of what is given (政府信息公开条例 art. 17)."""
    if move.actor.id is not None and move.actor.id == move.case.holder_id:
        raise NotAllowed(_("Who works on it cannot review its secrecy: somebody else does."))


def basis_is_written(move: Move) -> None:
    if not str(move.changes.get("secrecy_basis", "")).strip():
        raise Refused(_("Please write on what basis it was reviewed."), field="secrecy_basis")


# Extension --------------------------------------------------------------------------------------------------


def asked_by_somebody_else(move: Move) -> None:
    """The head's consent is worth something only if it is another's."""
    if move.actor.id is not None and move.actor.id == request_of(move.case).extension_asked_by_id:
        raise NotAllowed(_("Who asks for an extension does not grant it."))


def limit_extendable(move: Move) -> None:
    """Art. 33: once, before the limit has passed; a limit that began anew is no second occasion."""
    if request_of(move.case).extended_at is not None or not move.may_extend(REPLY):
        raise Refused(_("The limit can no longer be extended."))


def nothing_asked_yet(move: Move) -> None:
    if request_of(move.case).extension_asked is not None:
        raise Refused(_("An extension has been asked for already."))


def extension_asked(move: Move) -> None:
    if request_of(move.case).extension_asked is None:
        raise Refused(_("No extension has been asked for."))


def days_are_asked(move: Move) -> None:
    days = move.changes.get("extension_asked")
    if days is None or not 1 <= days <= EXTEND_AT_MOST:
        sentence = _("An extension is between 1 and %(most)s working days.") % {"most": EXTEND_AT_MOST}
        raise Refused(sentence, field="extension_asked")


# Fee --------------------------------------------------------------------------------------------------------


def no_fee_yet(move: Move) -> None:
    if request_of(move.case).fee_by:
        raise Refused(_("A fee is asked for once."))


def fee_of(move: Move) -> int:
    """The fee in yuan: by the number of requests in the month, or by pages, never by both.

    Raises Refused where the way does not fit or nothing is due.
    """
    by, pages = move.changes.get("fee_by"), move.changes.get("fee_pages")
    if by not in FEES_BY:
        raise Refused(_("Please choose how the fee is reckoned: it is one or the other."), field="fee_by")
    if by == BY_NUMBER:
        if pages is not None:
            raise Refused(_("A fee by the number of requests counts no pages."), field="fee_pages")
        fee = fees.fee_by_number(request_of(move.case).place_in_month())
    else:
        if pages is None or pages < 1:
            raise Refused(_("Please say how many pages it has."), field="fee_pages")
        fee = fees.fee_by_pages(pages)
    if fee == 0:
        raise Refused(_("For so little no fee is taken."), field="fee_by")
    return fee


def fee_is_due(move: Move) -> None:
    fee_of(move)


def day_of_payment_fits(move: Move) -> None:
    day, asked = move.changes.get("paid_on"), request_of(move.case).fee_asked_at
    if day is None:
        raise Refused(_("Please say on what day it was paid."), field="paid_on")
    assert asked is not None
    if not local_day(asked) <= day <= local_day(move.at):
        raise Refused(_("It was paid between the day of the notice and today."), field="paid_on")
    last = move.case.deadlines.filter(term=PAY).order_by("pk").last()
    if last is not None and last.due_on is not None and day > last.due_on:
        # 国办函〔2020〕109号: who has not paid in twenty working days has given it up.
        raise Refused(
            _("It was paid too late: the last day was %(day)s.") % {"day": last.due_on.isoformat()},
            field="paid_on",
        )


# The answer -------------------------------------------------------------------------------------------------


def staff_say_why(move: Move) -> None:
    """Applicants need no reason to withdraw; an officer writes down who told them, and how."""
    if move.actor.is_staff and not move.note.strip():
        raise Refused(_("Please say why, in a sentence."), field="note")


def reply_fits(move: Move) -> None:
    """The kind of answer, with all that it needs. Raises Refused at the field."""
    request, given = request_of(move.case), {**move.changes, **move.given}
    reply = REPLIES.get(str(given.get("reply_type", "")))
    if reply is None:
        raise Refused(_("Please choose how the request is answered."), field="reply_type")
    text = str(given.get("reply_text", "")).strip()
    if not text:
        sentence = _("Please write the reasons.") if reply.refuses else _("Please write what is answered.")
        raise Refused(sentence, field="reply_text")
    _check_needs(request, reply.needs, given)
    grounds = given.get("withheld_grounds") or ()
    if grounds and (GROUNDS not in reply.needs or not set(grounds) <= set(WITHHELD)):
        raise Refused(_("Only an answer in part withholds something."), field="withheld_grounds")
    if "third_party" in grounds and not _third_parties(request):
        raise Refused(_("The third party has to be asked in writing first."), field="withheld_grounds")
    if reply.gives:
        if move.actor.id is not None and move.actor.id == request.secrecy_by_id:
            raise NotAllowed(_("Who reviewed its secrecy does not give it: somebody else does."))
        _check_may_be_given(request, given)


def _third_parties(request: Any) -> list[Any]:
    return [each for each in request.consultations.all() if each.kind == THIRD_PARTY]


def _check_needs(request: Any, needs: frozenset[str], given: dict[str, Any]) -> None:
    if (item := given.get("public_item")) is not None and item.withdrawn_at is not None:
        raise Refused(_("This item was withdrawn."), field="public_item")
    if CONSULTED in needs and not _third_parties(request):
        # Art. 32: they might agree.
        raise Refused(_("The third party has to be asked in writing first."), field="reply_type")
    if AGENCY in needs and not str(given.get("competent_agency", "")).strip():
        raise Refused(_("Please name the agency that is to be asked."), field="competent_agency")
    if GROUNDS in needs and not given.get("withheld_grounds"):
        raise Refused(_("Please say on what grounds a part is withheld."), field="withheld_grounds")
    if SUPPLEMENTED in needs and request.supplemented_at is None:
        raise Refused(
            _("A request is unclear only after its applicant was asked to supplement it."), field="reply_type"
        )
    if EARLIER in needs:
        earlier = given.get("earlier")
        if earlier is None or earlier.pk == request.pk:
            raise Refused(_("Please give the number of the earlier request."), field="earlier")
        # One that was withdrawn or given up has ended as well, but nobody answered it (art. 36 no. 6).
        if earlier.applicant_number != request.applicant_number or not earlier.reply_type:
            raise Refused(
                _("The earlier request has to be of the same applicant, and answered."), field="earlier"
            )
        if earlier.opened_at >= request.opened_at:
            raise Refused(_("The earlier request came later than this one."), field="earlier")


def _check_may_be_given(request: Any, given: dict[str, Any]) -> None:
    """Art. 17: reviewed for secrecy before it is given; art. 32: an objection is overridden with a reason."""
    if not request.secrecy_basis:
        raise Refused(
            _("Information is given only after its secrecy was reviewed: it has not been yet."),
            field="reply_type",
        )
    objected = [each for each in request.consultations.all() if each.answer == OBJECTS]
    # What a third party objected to is withheld on that ground, or given for a reason.
    withheld = "third_party" in (given.get("withheld_grounds") or ())
    if objected and not withheld and not str(given.get("public_interest", "")).strip():
        raise Refused(
            _("Somebody who was asked objected. Please say what demands it all the same."),
            field="public_interest",
        )


def service_fits(move: Move) -> None:
    """How, to whom and when it was delivered: between the answer and today."""
    request, day = request_of(move.case), move.changes.get("served_on")
    if move.changes.get("served_by") not in SERVED_BY:
        raise Refused(_("Please choose how it was served."), field="served_by")
    if not str(move.changes.get("served_to", "")).strip():
        raise Refused(_("Please write who received it."), field="served_to")
    assert request.replied_at is not None
    if day is None or not local_day(request.replied_at) <= day <= local_day(move.at):
        raise Refused(_("It was served between the day of the answer and today."), field="served_on")


# Remedies (table 4) -----------------------------------------------------------------------------------------

REMEDY_KINDS = {
    "reconsideration": gettext_lazy("Administrative reconsideration"),
    "suit": gettext_lazy("Suit without reconsideration"),
    "suit_after": gettext_lazy("Suit after reconsideration"),
}
REMEDY_RESULTS = {
    "pending": gettext_lazy("Not decided yet"),
    "upheld": gettext_lazy("Upheld"),
    "corrected": gettext_lazy("Corrected"),
    "other": gettext_lazy("Other result"),
}


def check_remedy(request: Any, *, opened_on: date, decided_on: date | None, result: str, today: date) -> None:
    """Raises Refused for a remedy that cannot be: before the answer, in days to come, or half decided."""
    if request.replied_at is None or opened_on < local_day(request.replied_at):
        raise Refused(_("A remedy follows the answer."), field="opened_on")
    if opened_on > today:
        raise Refused(_("This day has not come yet."), field="opened_on")
    if (decided_on is None) != (result == "pending"):
        raise Refused(_("What was decided has a day and a result."), field="decided_on")
    if decided_on is not None and not opened_on <= decided_on <= today:
        raise Refused(_("It was decided between its beginning and today."), field="decided_on")
