"""What the pledges tell the rest of the portal about themselves."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from pledges import appraisal, workflow
from pledges.actions import DOCUMENT_KIND
from pledges.complaints import KIND
from pledges.measures import COMPLAINTS_ANSWERED
from pledges.models import Breach
from portal.cases import kinds
from portal.cases.models import Case
from portal.documents import kinds as document_kinds
from portal.documents.kinds import DocumentKind
from portal.organisation.actors import Actor, Role
from portal.oversight import appraisal as appraised
from portal.oversight import measures
from portal.site import navigation, workbench
from portal.site.navigation import Item, Section

PLEDGE = DocumentKind(
    code=DOCUMENT_KIND,
    name=_("Public pledge"),
    layout="pledge",
    series_word="承",
    seen_by=workflow.VERSIONS_SEEN_BY,
    encloses=True,
    holds_once_public=True,
)
WORK_ON_PLEDGES = workflow.WRITERS | workflow.VERSIONS_SEEN_BY


def contact(case: Case) -> kinds.Contact:
    breach = workflow.breach_of(case)
    return kinds.Contact(phone=breach.complainant_phone, email=breach.complainant_email)


def sees_contact(case: Case, actor: Actor) -> bool:
    return workflow.sees_the_complainant(workflow.breach_of(case), actor)


def register() -> None:
    from pledges.verifying import check_pledges
    from portal.ledger.verify import more_checks

    kinds.register(
        kinds.Kind(
            code=KIND,
            name=_("Breach of a pledge"),
            model=Breach,
            workflow=workflow.BREACH_WORKFLOW,
            url_name="pledges:breach",
            public_url_name="pledges:followed",
            contact=contact,
            seen_by=workflow.BREACHES_SEEN_BY,
            handled_by=workflow.UNIT,
            term_names=workflow.TERM_NAMES,
            unit_answers=False,
            sees_contact=sees_contact,
        )
    )
    document_kinds.register(PLEDGE)
    measures.register(COMPLAINTS_ANSWERED)
    appraised.register(appraisal.UPHELD)
    if check_pledges not in more_checks:
        more_checks.append(check_pledges)
    navigation.register(
        Section.OPENNESS,
        Item(
            _("Public pledges"),
            "pledges:list",
            summary=_("What the bureau promises, signed, and whether it is kept. Tell us what was not."),
            order=5,
        ),
    )
    navigation.register(
        Section.WORK,
        Item(_("Pledges being written"), "pledges:desk", roles=WORK_ON_PLEDGES, order=40),
        Item(
            _("Complaints about pledges"),
            "pledges:breaches",
            roles=workflow.HANDLES | workflow.UNIT,
            order=41,
        ),
    )
    workbench.register(Role.CHIEF_REPRESENTATIVE, "pledges:desk")
    workbench.register(Role.OFFICE_HEAD, "pledges:desk")
