"""The rules of a hotline ticket: THE place for them.

Sources: GB/T 33358 (government hotline service), 国办发〔2020〕53号 and 国办函〔2025〕66号 on 12345
hotlines, the bureau's rules of limited-time handling (限时办结制) and first-contact responsibility
(首问负责制). Lengths are working days and stand in the table of limits, by category and urgency.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.cases.models import Case
from portal.cases.terms import DayUnit, Limit, Term
from portal.cases.workflow import Move, NotAllowed, Refused, Transition, Workflow
from portal.organisation.actors import Role
from portal.organisation.models import Staff, Unit
from portal.rows import fetch

if TYPE_CHECKING:
    from hotline.models import Call, Ticket

CENTRE_CODE = "hotline"
# How often the citizen is called in vain before a ticket may be closed without having been reached.
TRIES_BEFORE_CLOSING = 3

RECEIVED, DISPATCHED, HANDLING = "received", "dispatched", "handling"
RETURNED, REPLIED, CLOSED = "returned", "replied", "closed"

STATES = {
    RECEIVED: gettext_lazy("to be dispatched"),
    DISPATCHED: gettext_lazy("to be signed for"),
    HANDLING: gettext_lazy("being handled"),
    RETURNED: gettext_lazy("returned to the centre"),
    REPLIED: gettext_lazy("to be called back"),
    CLOSED: gettext_lazy("closed"),
}
TERM_NAMES = {
    "hotline.dispatch": gettext_lazy("dispatch"),
    "hotline.sign": gettext_lazy("signing for the ticket"),
    "hotline.reply": gettext_lazy("reply to the citizen"),
    "hotline.rework": gettext_lazy("rework"),
    "hotline.callback": gettext_lazy("callback"),
}


def ticket_of(case: Case) -> Ticket:
    return cast("Ticket", case)


# Terms ------------------------------------------------------------------------------------------------------


def dispatch_within(case: Case) -> Term:
    limits = ticket_of(case).limits
    return Term("hotline.dispatch", limits.dispatch_days, DayUnit.WORKING_DAYS, 1, limits.basis, Limit.STEP)


def sign_within(case: Case) -> Term:
    limits = ticket_of(case).limits
    return Term("hotline.sign", limits.sign_days, DayUnit.WORKING_DAYS, 1, limits.basis, Limit.STEP)


def reply_within(case: Case) -> Term:
    """The promise to the citizen: it runs from receipt, and passing the ticket on does not begin it anew."""
    limits = ticket_of(case).limits
    return Term(
        "hotline.reply",
        limits.handle_days,
        DayUnit.WORKING_DAYS,
        1,
        limits.basis,
        Limit.PROMISED,
        extensions=1 if limits.extend_at_most else 0,
        extend_at_most=limits.extend_at_most,
    )


def rework_within(case: Case) -> Term:
    limits = ticket_of(case).limits
    return Term("hotline.rework", limits.handle_days, DayUnit.WORKING_DAYS, 1, limits.basis, Limit.PROMISED)


def callback_within(case: Case) -> Term:
    limits = ticket_of(case).limits
    return Term("hotline.callback", limits.callback_days, DayUnit.WORKING_DAYS, 1, limits.basis, Limit.STEP)


# Who is responsible -----------------------------------------------------------------------------------------


def responsible_for(unit: Unit) -> Staff | None:
    """Whose name stands on the unit's limits until somebody signs: its first handler, else one above."""
    above: Unit | None = unit
    while above is not None:
        role = Role.OPERATOR if above.code == CENTRE_CODE else Role.HANDLER
        found = Staff.objects.active().with_role(role).of_unit(above).order_by("id").first()
        if found is not None:
            return found
        above = above.parent
    return None


def centre() -> Unit:
    """The hotline centre; raises Refused, with what to do, where the bureau has none."""
    found = fetch(Unit, "SELECT {columns} FROM organisation_unit m WHERE m.code = %s", [CENTRE_CODE])
    if not found:
        sentence = _(
            "There is no unit with the code “%(code)s”. An administrator must found the hotline centre."
        )
        raise Refused(sentence % {"code": CENTRE_CODE})
    return found[0]


def on_duty(operator_id: int | None, unit: Unit) -> int | None:
    """The operator who took it first, while still one; else somebody of the centre."""
    still = Staff.objects.active().with_role(Role.OPERATOR).filter(pk=operator_id)
    if operator_id is not None and still.exists():
        return operator_id
    duty = responsible_for(unit)
    return duty.pk if duty else None


def at_the_centre(move: Move) -> Mapping[str, Any]:
    unit = centre()
    if move.actor.has_role(Role.OPERATOR):
        return {"unit": unit, "holder_id": move.actor.id, "operator_id": move.actor.id}
    return {"unit": unit, "holder_id": on_duty(ticket_of(move.case).operator_id, unit)}


def with_the_unit(move: Move) -> Mapping[str, Any]:
    responsible = responsible_for(move.changes["unit"])
    ticket = ticket_of(move.case)
    # A report from the web has no operator until one dispatches it.
    return {
        "holder_id": responsible.pk if responsible else None,
        "operator_id": ticket.operator_id or move.actor.id,
        "extension_asked": None,
    }


def with_who_signed(move: Move) -> Mapping[str, Any]:
    return {"holder_id": move.actor.id}


def back_to_the_operator(move: Move) -> Mapping[str, Any]:
    holder_id = on_duty(ticket_of(move.case).operator_id, centre())
    return {"holder_id": holder_id, "replied_at": move.at, "extension_asked": None}


def back_to_the_unit(move: Move) -> Mapping[str, Any]:
    unit = move.case.unit
    responsible = responsible_for(unit) if unit else None
    return {"holder_id": responsible.pk if responsible else None, "rating": None, "resolved": None}


def answered(move: Move) -> Mapping[str, Any]:
    operator_id = ticket_of(move.case).operator_id or move.actor.id
    return {
        "reply": move.note,
        "replied_at": move.at,
        "answered_at_once": move.case.state == RECEIVED,
        "operator_id": operator_id,
    }


# Guards: case and actor alone -------------------------------------------------------------------------------


def own_unit(move: Move) -> None:
    if move.case.unit_id not in move.actor.unit_ids:
        raise NotAllowed(_("This ticket belongs to another unit."))


def nothing_asked_yet(move: Move) -> None:
    if ticket_of(move.case).extension_asked is not None:
        raise Refused(_("An extension has been asked for already; the supervisor has not decided yet."))


def reply_limit_extendable(move: Move) -> None:
    if not move.may_extend("hotline.reply"):
        raise Refused(_("The limit of this ticket cannot be extended (any more)."))


def extension_asked(move: Move) -> None:
    if ticket_of(move.case).extension_asked is None:
        raise Refused(_("Nobody has asked for an extension."))


def has_a_phone(move: Move) -> None:
    if not ticket_of(move.case).can_be_called:
        raise Refused(_("The citizen left no telephone number."))


def may_be_closed(move: Move) -> None:
    """A ticket is closed after a callback, never over a citizen who says that it is not settled."""
    ticket = ticket_of(move.case)
    if not ticket.can_be_called:
        return
    said = last_word(ticket)
    if said is not None and said.is_bad():
        raise Refused(_("The citizen is not satisfied: the ticket goes back to the unit to be put right."))
    if said is not None:
        return
    tries = callbacks_since_reply(ticket).count()
    if not tries:
        raise Refused(_("Please call the citizen back first."))
    if tries < TRIES_BEFORE_CLOSING:
        raise Refused(
            _("The citizen was not reached. Please try %(times)s times before you close the ticket.")
            % {"times": TRIES_BEFORE_CLOSING}
        )


def may_be_reworked(move: Move) -> None:
    said = last_word(ticket_of(move.case))
    if said is None or not said.is_bad():
        raise Refused(_("A ticket goes back to the unit when the citizen said that it is not settled."))


def callbacks_since_reply(ticket: Ticket) -> QuerySet[Call]:
    """The callbacks about the reply that stands now; earlier ones were about an earlier reply."""
    return ticket.callbacks().filter(at__gte=ticket.replied_at).order_by("-at", "-id")


def last_word(ticket: Ticket) -> Call | None:
    """What the citizen said last of the reply that stands now, None while nobody was reached.

    A call in vain afterwards does not take back what was said.
    """
    return callbacks_since_reply(ticket).filter(outcome="reached").first()


def not_replied_yet(move: Move) -> None:
    """Once a unit has replied, the way to the end leads through a callback."""
    if ticket_of(move.case).replied_at is not None:
        raise Refused(_("A unit has replied to this ticket before: please dispatch it again."))


# Checks: what was entered -----------------------------------------------------------------------------------


def a_unit_is_named(move: Move) -> None:
    unit = move.changes.get("unit")
    if unit is None or not unit.active:
        raise Refused(_("Please choose the unit that is to handle it."), field="unit")
    if unit.code == CENTRE_CODE:
        raise Refused(
            _("The centre answers at once or dispatches; it does not dispatch to itself."), field="unit"
        )
    if move.case.state == RETURNED and unit.pk == ticket_of(move.case).returned_by_id:
        raise Refused(_("This unit has just returned the ticket. Please choose another."), field="unit")


def days_are_asked(move: Move) -> None:
    days = move.changes.get("extension_asked")
    # The running clock's own figure: a new rule does not rewrite it.
    most = ticket_of(move.case).deadlines.get(term="hotline.reply", stopped_at=None).extend_at_most
    if days is None or not 1 <= days <= most:
        raise Refused(
            _("The extension must be between 1 and %(most)s days.") % {"most": most}, field="extension_asked"
        )


def a_reply_is_written(move: Move) -> None:
    if not str(move.changes.get("reply", "")).strip():
        raise Refused(_("Please write what was done, in words the citizen understands."), field="reply")


def an_answer_is_written(move: Move) -> None:
    if not move.note.strip():
        raise Refused(_("Please write down what you answered."), field="note")


# The rows ---------------------------------------------------------------------------------------------------

CENTRE = frozenset({Role.OPERATOR})
UNIT = frozenset({Role.HANDLER})

OPENING = Transition(
    name="receive",
    label=gettext_lazy("Receive"),
    sources=frozenset(),
    target=RECEIVED,
    by=frozenset({Role.OPERATOR, Role.CITIZEN}),
    starts=(dispatch_within, reply_within),
    sets=at_the_centre,
    tells=("citizen",),
)

TRANSITIONS = (
    Transition(
        name="answer",
        label=gettext_lazy("Answer and close"),
        sources=frozenset({RECEIVED, RETURNED}),
        target=CLOSED,
        by=CENTRE,
        guards=(not_replied_yet,),
        checks=(an_answer_is_written,),
        note="required",
        tells=("citizen",),
        sets=answered,
    ),
    Transition(
        name="dispatch",
        label=gettext_lazy("Dispatch"),
        sources=frozenset({RECEIVED, RETURNED}),
        target=DISPATCHED,
        by=CENTRE,
        checks=(a_unit_is_named,),
        changes=("unit",),
        note="optional",
        starts=(sign_within,),
        stops=("hotline.dispatch",),
        tells=("unit",),
        sets=with_the_unit,
    ),
    Transition(
        name="sign",
        label=gettext_lazy("Sign for"),
        sources=frozenset({DISPATCHED}),
        target=HANDLING,
        by=UNIT,
        guards=(own_unit,),
        stops=("hotline.sign",),
        sets=with_who_signed,
    ),
    Transition(
        name="return",
        label=gettext_lazy("Return"),
        sources=frozenset({DISPATCHED, HANDLING}),
        target=RETURNED,
        by=UNIT,
        guards=(own_unit,),
        note="required",
        starts=(dispatch_within,),
        stops=("hotline.sign",),
        tells=("holder",),
        sets=lambda move: {
            **at_the_centre(move),
            "returned_by_id": move.case.unit_id,
            "extension_asked": None,
        },
    ),
    Transition(
        name="ask_extension",
        label=gettext_lazy("Ask for an extension"),
        sources=frozenset({HANDLING}),
        target=None,
        by=UNIT,
        guards=(own_unit, nothing_asked_yet, reply_limit_extendable),
        checks=(days_are_asked,),
        changes=("extension_asked",),
        note="required",
        tells=("supervisors",),
    ),
    Transition(
        name="extend",
        label=gettext_lazy("Extend the limit"),
        sources=frozenset({HANDLING}),
        target=None,
        by=frozenset({Role.SUPERVISOR}),
        guards=(reply_limit_extendable,),
        note="required",
        extends=("hotline.reply",),
        tells=("holder", "citizen"),
        sets=lambda move: {"extension_asked": None},
    ),
    Transition(
        name="refuse_extension",
        label=gettext_lazy("Refuse the extension"),
        sources=frozenset({HANDLING}),
        target=None,
        by=frozenset({Role.SUPERVISOR}),
        guards=(extension_asked,),
        note="required",
        tells=("holder",),
        sets=lambda move: {"extension_asked": None},
    ),
    Transition(
        name="reply",
        label=gettext_lazy("Reply"),
        sources=frozenset({HANDLING}),
        target=REPLIED,
        by=UNIT,
        guards=(own_unit,),
        checks=(a_reply_is_written,),
        changes=("reply",),
        starts=(callback_within,),
        stops=("hotline.reply", "hotline.rework"),
        tells=("citizen", "holder"),
        sets=back_to_the_operator,
    ),
    Transition(
        name="call_back",
        label=gettext_lazy("Call back"),
        sources=frozenset({REPLIED}),
        target=None,
        by=CENTRE,
        guards=(has_a_phone,),
        changes=("rating", "resolved"),
        note="optional",
    ),
    Transition(
        name="rework",
        label=gettext_lazy("Back to the unit"),
        sources=frozenset({REPLIED}),
        target=DISPATCHED,
        by=CENTRE,
        guards=(may_be_reworked,),
        note="required",
        starts=(sign_within, rework_within),
        voids=("hotline.callback",),
        tells=("unit",),
        sets=back_to_the_unit,
    ),
    Transition(
        name="close",
        label=gettext_lazy("Close"),
        sources=frozenset({REPLIED}),
        target=CLOSED,
        by=CENTRE,
        guards=(may_be_closed,),
        note="optional",
        tells=("citizen",),
    ),
    Transition(
        name="urge",
        label=gettext_lazy("Urge"),
        sources=frozenset({DISPATCHED, HANDLING}),
        target=None,
        by=frozenset({Role.OPERATOR, Role.SUPERVISOR}),
        note="required",
        tells=("holder",),
    ),
)

WORKFLOW = Workflow(states=STATES, opening=OPENING, transitions=TRANSITIONS, final=(CLOSED,))
SEEN_BY = frozenset({Role.OPERATOR, Role.SUPERVISOR})
