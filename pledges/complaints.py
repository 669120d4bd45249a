"""The verb that opens a complaint of breach (违诺投诉).

A complaint is a case: its steps are taken by `portal.cases.actions.advance`, and what touches more than the
case stands here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from pledges.models import Breach, Clause, PledgeVersion, Source
from portal.cases.actions import open_case
from portal.cases.attachments import Photo, attach
from portal.cases.phones import normal_phone
from portal.cases.terms import local_day
from portal.cases.workflow import Refused
from portal.numbering.models import next_number
from portal.organisation.actors import Actor

KIND = "breach"


@dataclass(frozen=True, slots=True, kw_only=True)
class Grievance:
    """What was not kept, as the complainant tells it. Without name, phone and e-mail it is anonymous."""

    clause: Clause
    description: str
    name: str = ""
    phone: str = ""
    email: str = ""
    photos: Sequence[Photo] = field(default=())


def new_number(at: datetime) -> str:
    """The next number of the day in Asia/Shanghai, for example WN-20261123-0007 (违诺)."""
    day = local_day(at).strftime("%Y%m%d")
    return f"WN-{day}-{next_number('breach', day):04d}"


@transaction.atomic
def complain(grievance: Grievance, *, actor: Actor, at: datetime) -> Breach:
    """Open a complaint about a clause of a version that has been published. Raises Refused.

    What was not kept while it held may be complained of after its end: to withdraw a pledge is no way out.
    """
    version = grievance.clause.version
    if not version.is_public:
        raise Refused(_("This pledge has not been published."), field="clause")
    if local_day(at) < version.valid_from:
        raise Refused(
            _("This pledge holds from %(day)s on.") % {"day": version.valid_from.isoformat()}, field="clause"
        )
    if not grievance.description.strip():
        raise Refused(_("Please tell us what was not kept."), field="description")
    breach = open_breach(
        grievance.clause,
        description=grievance.description.strip(),
        source=Source.COMPLAINT,
        actor=actor,
        at=at,
        complainant_name=grievance.name.strip(),
        complainant_phone=normal_phone(grievance.phone),
        complainant_email=grievance.email.strip(),
    )
    attach(breach, grievance.photos, actor=actor, at=at)
    return breach


def open_breach(
    clause: Clause, *, description: str, source: str, actor: Actor, at: datetime, **more: Any
) -> Breach:
    """A breach of a clause, opened as a case: by a complaint, or by a measure that was missed."""
    version = clause.version
    breach = Breach(
        kind=KIND,
        number=new_number(at),
        title=_title(version, clause.position),
        clause=clause,
        source=source,
        description=description,
        **more,
    )
    open_case(
        breach,
        actor=actor,
        at=at,
        data={
            "pledge": version.pledge_id,
            "version": version.number,
            "clause": clause.position,
            "source": source,
        },
    )
    return breach


def _title(version: PledgeVersion, position: int) -> str:
    return f"{version.title[:90]}（第{version.number}版）第{position}条"
