"""What the app tells the rest of the portal about itself."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from disclosure import following, letters, publishing, reporting, requesting, statistics
from disclosure import wording_requests as request_words
from disclosure.models import InformationRequest, Publication
from disclosure.rules import annual as annual_rules
from disclosure.rules import publication as publication_rules
from disclosure.rules import request as request_rules
from disclosure.rules import request_terms
from disclosure.rules.publication import publication_of
from disclosure.rules.request_terms import request_of
from portal.cases import effects, kinds
from portal.cases.kinds import Audience
from portal.cases.models import Case
from portal.documents import kinds as document_kinds
from portal.documents.kinds import DocumentKind
from portal.organisation.actors import Actor, Role
from portal.site import home, navigation, workbench
from portal.site.navigation import Item, Section


def _applicant(case: Case) -> kinds.Contact:
    request = request_of(case)
    return kinds.Contact(phone=request.phone, email=request.email)


def _knows_the_applicant(case: Case, actor: Actor) -> bool:
    return actor.has_role(*request_rules.KNOWS_THE_APPLICANT)


def register() -> None:
    kinds.register(
        kinds.Kind(
            code=publishing.KIND,
            name=_("Publication"),
            model=Publication,
            workflow=publication_rules.WORKFLOW,
            url_name="disclosure:publication",
            # Nobody outside brings one; who has a number and no code is led to the form that asks for both.
            public_url_name="disclosure:publication",
            contact=lambda case: kinds.Contact(),
            seen_by=publication_rules.SEEN_BY,
            handled_by=publication_rules.HANDLED_BY,
            term_names=publication_rules.TERM_NAMES,
            public_words=lambda events: [""] * len(events),
            audiences={
                "reviewers": lambda case: Audience(role=Role.SECRECY_REVIEWER),
                "author": lambda case: Audience(staff_id=publication_of(case).author_id),
            },
        )
    )
    kinds.register(
        kinds.Kind(
            code=requesting.KIND,
            name=_("Information request"),
            model=InformationRequest,
            workflow=request_rules.WORKFLOW,
            url_name="disclosure:request",
            public_url_name="disclosure:followed",
            contact=_applicant,
            seen_by=request_rules.SEEN_BY,
            handled_by=frozenset(),
            term_names=request_terms.TERM_NAMES,
            sees_contact=_knows_the_applicant,
            public_words=request_words.sentences,
            audiences={"agency_head": lambda case: Audience(role=Role.AGENCY_HEAD)},
        )
    )
    for purpose, (_name, word) in letters.PAPERS.items():
        document_kinds.register(
            DocumentKind(
                code=letters.kind_of(purpose),
                name=letters.PAPER_NAMES[purpose],
                layout="notice",
                series_word=word,
                # They name the applicant, or those who were asked.
                case_readers=request_rules.KNOWS_THE_APPLICANT,
                for_owner=purpose not in letters.TO_OTHERS,
            )
        )
    document_kinds.register(reporting.KIND)
    navigation.register(
        Section.OPENNESS,
        Item(
            _("Catalogue of government information"),
            "disclosure:catalogue",
            summary=_("Everything that the bureau makes public, to browse and to search."),
            order=5,
        ),
        Item(
            _("Apply for information"),
            "disclosure:requests_start",
            summary=_("Ask for what is not published; the answer comes within 20 working days."),
            order=6,
        ),
        Item(_("Annual reports on open government"), "disclosure:annual_reports", order=7),
    )
    readers = publication_rules.SEEN_BY | publication_rules.HANDLED_BY
    navigation.register(
        Section.WORK,
        Item(_("Publications"), "disclosure:publications", roles=readers, order=30),
        Item(_("Information requests"), "disclosure:requests", roles=request_rules.SEEN_BY, order=31),
        Item(_("Annual reports"), "disclosure:annual_desk_list", roles=annual_rules.READERS, order=32),
    )
    home.register(statistics.figures)
    workbench.register(Role.DISCLOSURE_OFFICER, "disclosure:requests")
    workbench.register(Role.SECRECY_REVIEWER, "disclosure:publications")
    if following.obstacle not in publication_rules.obstacles:
        publication_rules.obstacles.append(following.obstacle)
    if following.follow not in effects.on_moved:
        effects.on_moved.insert(0, following.follow)
