"""What the hotline tells the rest of the portal about itself."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from hotline import measures, statistics, workflow
from hotline.models import Ticket
from portal.cases import kinds
from portal.cases.models import Case
from portal.organisation.actors import Role
from portal.oversight import measures as oversight_measures
from portal.site import home, navigation, workbench
from portal.site.navigation import Item, Section

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
            handled_by=workflow.UNIT,
            term_names=workflow.TERM_NAMES,
        )
    )
    navigation.register(
        Section.SERVICES,
        Item(_("12319 hotline"), "hotline:start", order=10),
        Item(
            _("Report a problem"),
            "hotline:report",
            summary=_("Street lights, rubbish, broken pavements: with photos and without an account."),
            order=11,
        ),
    )
    navigation.register(
        Section.WORK,
        Item(_("Log a call"), "hotline:new_call", roles={Role.OPERATOR}, order=10),
        Item(_("My unit's desk"), "hotline:desk", roles={Role.HANDLER}, order=11),
        Item(
            _("Tickets"),
            "hotline:queue",
            roles={Role.OPERATOR, Role.HANDLER, Role.SUPERVISOR},
            order=12,
        ),
    )
    workbench.register(Role.OPERATOR, "hotline:queue")
    workbench.register(Role.HANDLER, "hotline:desk")
    home.register(statistics.figures)
    for measure in measures.MEASURES:
        oversight_measures.register(measure)
