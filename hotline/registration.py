"""What the hotline tells the rest of the portal about itself."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from hotline import workflow
from hotline.models import Ticket
from portal.cases import kinds
from portal.cases.models import Case

KIND = "hotline"


def contact(case: Case) -> kinds.Contact:
    ticket = workflow.ticket_of(case)
    return kinds.Contact(phone=ticket.caller_phone, email=ticket.caller_email)


def register() -> None:
    kinds.register(
        kinds.Kind(
            code=KIND,
            name=_("Hotline ticket"),
            model=Ticket,
            workflow=workflow.WORKFLOW,
            url_name="hotline:ticket",
            public_url_name="hotline:followed",
            contact=contact,
            seen_by=workflow.SEEN_BY,
            term_names=workflow.TERM_NAMES,
        )
    )
