"""The verb that registers an incoming document (来文) or request (来件); its steps are taken by `advance`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from approvals.models import Incoming
from approvals.rules import incoming as rules
from portal.cases.actions import open_case
from portal.cases.phones import normal_phone
from portal.cases.terms import local_day
from portal.cases.workflow import Refused
from portal.numbering.models import next_number
from portal.organisation.actors import Actor

KIND = "incoming"
PREFIXES = {rules.DOCUMENT: "LW", rules.REQUEST: "LJ"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """What came in. `own_days` are working days that a document sets itself; `same_day` is a request's."""

    form: str
    title: str
    sender: str
    content: str
    sender_phone: str = ""
    sender_number: str = ""
    dated_on: date | None = None
    own_days: int | None = None
    same_day: bool = False


@transaction.atomic
def register(arrival: Arrival, *, actor: Actor, at: datetime) -> Incoming:
    """Register it under a number of its own, such as LW-20261125-0001; its limit begins. Raises Refused."""
    _check(arrival, at=at)
    day = local_day(at).strftime("%Y%m%d")
    prefix = PREFIXES[arrival.form]
    incoming = Incoming(
        kind=KIND,
        number=f"{prefix}-{day}-{next_number(f'incoming.{arrival.form}', day):04d}",
        title=arrival.title.strip(),
        form=arrival.form,
        sender=arrival.sender.strip(),
        sender_phone=normal_phone(arrival.sender_phone),
        sender_number=arrival.sender_number.strip(),
        dated_on=arrival.dated_on,
        content=arrival.content.strip(),
        own_days=arrival.own_days,
        same_day=arrival.same_day,
    )
    open_case(incoming, actor=actor, at=at, data={"form": arrival.form})
    return incoming


def _check(arrival: Arrival, *, at: datetime) -> None:
    if arrival.form not in PREFIXES:
        raise Refused(_("Please choose whether it is a document or a request."), field="form")
    for name, sentence in (
        ("title", _("Please write what it is about.")),
        ("sender", _("Please write from whom it comes.")),
        ("content", _("Please write what it asks for.")),
    ):
        if not getattr(arrival, name).strip():
            raise Refused(sentence, field=name)
    if arrival.form == rules.REQUEST and arrival.own_days is not None:
        raise Refused(_("Only a document sets a limit of its own."), field="own_days")
    if arrival.form == rules.DOCUMENT and arrival.same_day:
        raise Refused(_("Only a request is answered on the same day."), field="same_day")
    if arrival.own_days is not None and not 1 <= arrival.own_days <= rules.MOST_OWN_DAYS:
        raise Refused(
            _("The limit must be between 1 and %(most)s working days.") % {"most": rules.MOST_OWN_DAYS},
            field="own_days",
        )
    if arrival.dated_on is not None and arrival.dated_on > local_day(at):
        raise Refused(_("The document cannot be dated after today."), field="dated_on")
