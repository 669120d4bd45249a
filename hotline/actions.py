"""The hotline's verbs that touch more than the ticket itself: calls, and the table of limits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from hotline import workflow
from hotline.models import Call, Category, LimitRule, Nature, Source, Ticket, Urgency
from portal.cases.actions import advance, lock, open_case
from portal.cases.attachments import Photo, attach
from portal.cases.phones import normal_phone
from portal.cases.terms import local_day
from portal.cases.workflow import NotAllowed, Refused
from portal.ledger.actions import record
from portal.numbering.models import next_number
from portal.organisation.actors import SYSTEM, Actor, Role
from portal.organisation.models import Unit

LIMITS_SUBJECT = "hotline:limits"


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """What a citizen brings, as it was told on the telephone or written on the web."""

    category: Category
    place: str
    description: str
    urgency: str = Urgency.NORMAL
    caller_name: str = ""
    caller_phone: str = ""
    caller_email: str = ""


def new_number(at: datetime) -> str:
    """The next ticket number of the day in Asia/Shanghai, for example 12319-20261123-0007."""
    day = local_day(at).strftime("%Y%m%d")
    return f"12319-{day}-{next_number('12319', day):04d}"


def _open(
    matter: Matter, *, source: str, actor: Actor, at: datetime, call: dict[str, Any] | None = None
) -> Ticket:
    """A new ticket; `call` is what is kept of the telephone call that brought it."""
    if not matter.category.active:
        raise Refused(_("This category is no longer in use. Please choose another."), field="category")
    ticket = Ticket(
        kind="hotline",
        number=new_number(at),
        title=f"{matter.category.name}：{matter.place}"[:120],
        category=matter.category,
        urgency=matter.urgency,
        source=source,
        description=matter.description,
        place=matter.place,
        caller_name=matter.caller_name,
        caller_phone=normal_phone(matter.caller_phone),
        caller_email=matter.caller_email,
        operator_id=actor.id if actor.has_role(Role.OPERATOR) else None,
    )
    # Caller and number as the ticket has them: in the one form that the portal keeps.
    told = [Call(at=at, phone=ticket.caller_phone, name=ticket.caller_name, **call)] if call else []
    ticket.opening = open_case(
        ticket,
        actor=actor,
        at=at,
        data={"category": matter.category.code, "source": source},
        beside=told,
    )
    return ticket


@transaction.atomic
def log_call(
    matter: Matter, *, actor: Actor, at: datetime, answer: str = "", dispatch_to: Unit | None = None
) -> Ticket:
    """Log an incoming call: a ticket and its call, answered at once or dispatched where the operator does so.

    Raises NotAllowed unless the actor is an operator, Refused for what the workflow refuses.
    """
    operator_id = _operator_id(actor)
    call = {
        "direction": Call.Direction.IN,
        "outcome": Call.Outcome.ANSWERED if answer else Call.Outcome.TICKET,
        "operator_id": operator_id,
    }
    ticket = _open(matter, source=Source.CALL, actor=actor, at=at, call=call)
    if answer:
        return workflow.ticket_of(advance(ticket, "answer", actor=actor, at=at, note=answer))
    if dispatch_to is not None:
        return workflow.ticket_of(advance(ticket, "dispatch", actor=actor, at=at, unit=dispatch_to))
    return ticket


def note_call(*, actor: Actor, at: datetime, phone: str = "", name: str = "", note: str = "") -> Call:
    """Keep a call that brought no matter for the hotline: a wrong number, silence, thanks."""
    operator_id = _operator_id(actor)
    return Call.objects.create(
        direction=Call.Direction.IN,
        outcome=Call.Outcome.NO_MATTER,
        at=at,
        operator_id=operator_id,
        phone=normal_phone(phone),
        name=name,
        note=note,
    )


@transaction.atomic
def add_call(
    ticket: Ticket, *, actor: Actor, at: datetime, phone: str = "", name: str = "", note: str
) -> Call:
    """Keep another incoming call about a ticket there is already; it is part of the ticket's history."""
    operator_id = _operator_id(actor)
    locked = workflow.ticket_of(lock(ticket))
    if not note.strip():
        raise Refused(_("Please write down what the caller said."), field="note")
    call = Call.objects.create(
        ticket=locked,
        direction=Call.Direction.IN,
        outcome=Call.Outcome.ADDED,
        at=at,
        operator_id=operator_id,
        phone=normal_phone(phone),
        name=name,
        note=note,
    )
    record(
        locked.subject,
        "call_added",
        at=at,
        actor=actor,
        role=Role.OPERATOR,
        data={"call": call.pk, "note": note},
    )
    return call


@transaction.atomic
def report(matter: Matter, *, photos: Sequence[Photo] = (), actor: Actor, at: datetime) -> Ticket:
    """A citizen's report from the web, without an account. The ticket bears its number and look-up code."""
    ticket = _open(matter, source=Source.WEB, actor=actor, at=at)
    attach(ticket, photos, actor=actor, at=at)
    return ticket


@transaction.atomic
def reply(
    ticket: Ticket,
    *,
    text: str,
    photos: Sequence[Photo] = (),
    actor: Actor,
    at: datetime,
    seen: int | None = None,
) -> Ticket:
    """The unit's reply with its photos: both are there, or neither."""
    replied = advance(ticket, "reply", actor=actor, at=at, seen=seen, reply=text)
    attach(replied, photos, actor=actor, at=at)
    return workflow.ticket_of(replied)


@transaction.atomic
def call_back(
    ticket: Ticket,
    *,
    reached: bool,
    resolved: bool | None = None,
    rating: int | None = None,
    note: str = "",
    actor: Actor,
    at: datetime,
    seen: int | None = None,
) -> Call:
    """Keep a callback; what a reached citizen said of the matter stands on the ticket from then on.

    Raises Refused unless a reached citizen was asked whether it is resolved, and rated only if reached.
    """
    if reached and resolved is None:
        raise Refused(_("Please ask whether the matter is settled."), field="resolved")
    if not reached and (resolved is not None or rating is not None):
        raise Refused(_("Somebody who was not reached cannot have answered."), field="reached")
    operator_id = _operator_id(actor)
    changes: dict[str, Any] = {"resolved": resolved, "rating": rating} if reached else {}
    called = advance(ticket, "call_back", actor=actor, at=at, note=note, seen=seen, **changes)
    return Call.objects.create(
        ticket_id=called.pk,
        direction=Call.Direction.OUT,
        outcome=Call.Outcome.REACHED if reached else Call.Outcome.NOT_REACHED,
        at=at,
        operator_id=operator_id,
        phone=workflow.ticket_of(called).caller_phone,
        name=workflow.ticket_of(called).caller_name,
        note=note,
        resolved=resolved if reached else None,
        rating=rating if reached else None,
    )


def _operator_id(actor: Actor) -> int:
    """The operator's key; raises NotAllowed unless the actor is one."""
    if actor.id is None or not actor.has_role(Role.OPERATOR):
        raise NotAllowed(_("Your role does not permit this step."))
    return actor.id


# Categories and limits --------------------------------------------------------------------------------------

# Customary; a bureau sets its own. (dispatch, sign, reply, callback, extension), in working days.
DEFAULT_LIMITS = {
    (Nature.ENQUIRY, Urgency.NORMAL): (1, 1, 3, 3, 0),
    (Nature.ENQUIRY, Urgency.URGENT): (1, 1, 1, 1, 0),
    (Nature.ORDINARY, Urgency.NORMAL): (1, 1, 5, 3, 5),
    (Nature.ORDINARY, Urgency.URGENT): (1, 1, 3, 1, 0),
    (Nature.COMPLEX, Urgency.NORMAL): (1, 1, 15, 3, 15),
    (Nature.COMPLEX, Urgency.URGENT): (1, 1, 5, 1, 5),
}
DEFAULT_BASIS = "《政府热线服务规范》（GB/T 33358）；本局限时办结制"


def check_may_configure(actor: Actor) -> None:
    """Raises NotAllowed unless the actor may change categories and limits."""
    if actor is not SYSTEM and not actor.has_role(Role.ADMINISTRATOR):
        raise NotAllowed(_("Only an administrator may change this."))


@transaction.atomic
def create_category(
    *,
    code: str,
    name: str,
    name_en: str,
    nature: str,
    usual_unit: Unit,
    position: int,
    actor: Actor,
    at: datetime,
) -> Category:
    """A category with its limits at every urgency, from the defaults of its nature."""
    check_may_configure(actor)
    category = Category.objects.create(
        code=code, name=name, name_en=name_en, nature=nature, usual_unit=usual_unit, position=position
    )
    for urgency in Urgency:
        dispatch, sign, handle, callback, extension = DEFAULT_LIMITS[Nature(nature), urgency]
        LimitRule.objects.create(
            category=category,
            urgency=urgency,
            dispatch_days=dispatch,
            sign_days=sign,
            handle_days=handle,
            callback_days=callback,
            extend_at_most=extension,
            basis=DEFAULT_BASIS,
        )
    record(LIMITS_SUBJECT, "category_created", at=at, actor=actor, data={"code": code, "nature": nature})
    return category


LIMIT_FIELDS = ("dispatch_days", "sign_days", "handle_days", "callback_days", "extend_at_most", "basis")


@transaction.atomic
def set_limits(rule: LimitRule, *, actor: Actor, at: datetime, **limits: Any) -> LimitRule:
    """Change the limits of a category at an urgency, for tickets that open from now on (working days)."""
    check_may_configure(actor)
    locked = LimitRule.objects.select_for_update().get(pk=rule.pk)
    before = {name: getattr(locked, name) for name in LIMIT_FIELDS}
    for name, value in limits.items():
        if name not in LIMIT_FIELDS:
            raise Refused(_("This step cannot change: %(fields)s.") % {"fields": name})
        setattr(locked, name, value)
    locked.full_clean()
    locked.save(update_fields=list(limits))
    record(
        LIMITS_SUBJECT,
        "limits_set",
        at=at,
        actor=actor,
        data={"category": locked.category.code, "urgency": locked.urgency, "before": before, "after": limits},
    )
    return locked


@transaction.atomic
def change_category(category: Category, *, actor: Actor, at: datetime, **changes: Any) -> Category:
    """Rename a category, move it in the list, or take it out of use; tickets that have it keep it."""
    check_may_configure(actor)
    for name, value in changes.items():
        if name not in ("name", "name_en", "usual_unit", "position", "active"):
            raise Refused(_("This step cannot change: %(fields)s.") % {"fields": name})
        setattr(category, name, value)
    category.full_clean()
    category.save(update_fields=list(changes))
    data = {"code": category.code, **{name: getattr(value, "pk", value) for name, value in changes.items()}}
    record(LIMITS_SUBJECT, "category_changed", at=at, actor=actor, data=data)
    return category
