"""The limits and states of an information request (依申请公开); days are working days (政府信息公开条例)."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from django.utils.translation import gettext_lazy, pgettext_lazy

from portal.cases.models import Case
from portal.cases.terms import DayUnit, Limit, Term

if TYPE_CHECKING:
    from disclosure.models import InformationRequest

SUBMITTED, REGISTERED, SUPPLEMENT = "submitted", "registered", "supplement"
REVIEWING, CONSULTING, FEE = "reviewing", "consulting", "fee"
REPLIED, DELIVERED, CLOSED = "replied", "delivered", "closed"
STATES = {
    SUBMITTED: gettext_lazy("to be confirmed with the applicant"),
    REGISTERED: gettext_lazy("registered, to be examined"),
    SUPPLEMENT: gettext_lazy("to be supplemented by the applicant"),
    REVIEWING: gettext_lazy("being worked on"),
    CONSULTING: gettext_lazy("others are being asked for their opinion"),
    FEE: gettext_lazy("fee to be paid by the applicant"),
    REPLIED: gettext_lazy("answered, to be delivered"),
    DELIVERED: pgettext_lazy("information request", "delivered"),
    CLOSED: pgettext_lazy("information request", "closed"),
}
FINAL = (CLOSED,)

# How it came, which says on what day it counts as received (art. 31).
WEB, COUNTER, POST_SIGNED, POST_PLAIN, FAX = "web", "counter", "post_signed", "post_plain", "fax"
CHANNELS = {
    WEB: gettext_lazy("Web"),
    COUNTER: gettext_lazy("In person"),
    POST_SIGNED: gettext_lazy("Post that was signed for"),
    POST_PLAIN: gettext_lazy("Plain post"),
    FAX: gettext_lazy("Fax"),
}
# Of these the day is there when they come; the others are received when both sides have confirmed them.
RECEIVED_AT_ONCE = frozenset({COUNTER, POST_SIGNED})

CONFIRM, NOTIFY, REPLY = "request.confirm", "request.notify", "request.reply"
BRING, LAPSED, CONSULT = "request.supplement", "request.lapsed", "request.consult"
PAY, DELIVER = "request.fee", "request.deliver"
TERM_NAMES = {
    CONFIRM: gettext_lazy("confirming the request with the applicant"),
    NOTIFY: gettext_lazy("notice of everything that is missing"),
    REPLY: pgettext_lazy("information request", "answer to the request"),
    BRING: gettext_lazy("supplement by the applicant"),
    LAPSED: gettext_lazy("deciding after nothing came in time"),
    CONSULT: gettext_lazy("opinions of those who were asked"),
    PAY: gettext_lazy("payment by the applicant"),
    DELIVER: gettext_lazy("delivery of the answer"),
}
LAW = "政府信息公开条例"
REPLY_DAYS = EXTEND_AT_MOST = 20
NOTIFY_DAYS, CONSULT_DAYS, PAY_DAYS = 7, 15, 20
# What a supplement may take is not in the law, which says: a reasonable time.
LEAST_SUPPLEMENT_DAYS, SUPPLEMENT_DAYS, MOST_SUPPLEMENT_DAYS = 5, 10, 30

# The bureau's own rule for what citizens bring: three working days.
CONFIRM_WITHIN = Term(CONFIRM, 3, DayUnit.WORKING_DAYS, 1, "本局限时办结制", Limit.STEP)
# Art. 30: from receipt, one notice.
NOTIFY_WITHIN = Term(NOTIFY, NOTIFY_DAYS, DayUnit.WORKING_DAYS, 2, f"{LAW}第三十条", Limit.STATUTORY)
# Art. 33: from receipt, or from the day on which supplement or fee arrived.
REPLY_WITHIN = Term(
    REPLY,
    REPLY_DAYS,
    DayUnit.WORKING_DAYS,
    3,
    f"{LAW}第三十三条",
    Limit.STATUTORY,
    extensions=1,
    extend_at_most=EXTEND_AT_MOST,
)
# Whoever was not brought what was missing decides soon, so that no request lies there for ever.
LAPSED_WITHIN = Term(LAPSED, 3, DayUnit.WORKING_DAYS, 1, "本局限时办结制", Limit.STEP)
# Art. 32 and 34: who says nothing in time has said it by that.
CONSULT_WITHIN = Term(
    CONSULT,
    CONSULT_DAYS,
    DayUnit.WORKING_DAYS,
    2,
    f"{LAW}第三十二条、第三十四条",
    Limit.STEP,
    then="consultation_over",
)
PAY_WITHIN = Term(
    PAY,
    PAY_DAYS,
    DayUnit.WORKING_DAYS,
    3,
    "政府信息公开信息处理费管理办法（国办函〔2020〕109号）",
    Limit.STEP,
    then="fee_over",
)
DELIVER_WITHIN = Term(DELIVER, 3, DayUnit.WORKING_DAYS, 1, "本局限时办结制", Limit.STEP)


def request_of(case: Case) -> InformationRequest:
    return cast("InformationRequest", case)


def bring_within(case: Case) -> Term:
    """The applicant's own time for a supplement; when it is over nobody has missed anything."""
    days = request_of(case).supplement_days
    return Term(BRING, days, DayUnit.WORKING_DAYS, 1, f"{LAW}第三十条", Limit.STEP, then="supplement_over")
