"""What the window tells the rest of the portal about itself."""

from __future__ import annotations

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from approvals import (
    actions,
    draft_access,
    following,
    incoming,
    measures,
    papers,
    permits,
    ratings,
    statistics,
    surveys,
    waiting,
    wording_incoming,
    wording_public,
    wording_ratings,
)
from approvals import workflow as approval
from approvals.models import ApprovalCase, BadRating, Incoming, SurveyParty
from approvals.rules import guide as guide_rules
from approvals.rules import incoming as incoming_rules
from approvals.rules import rating as rating_rules
from approvals.rules import terms
from approvals.rules.terms import approval_of
from portal.cases import access, effects, kinds
from portal.cases.kinds import Audience
from portal.cases.models import Case
from portal.documents import kinds as document_kinds
from portal.documents.kinds import DocumentKind
from portal.organisation.actors import Actor, Role
from portal.oversight import measures as oversight_measures
from portal.site import home, navigation, workbench
from portal.site.navigation import Item, Section

# Who may know whom to call; a unit that joins a survey meets the applicant there.
KNOWS_THE_APPLICANT = frozenset({Role.CLERK, Role.OFFICE_HEAD, Role.CHIEF_REPRESENTATIVE})


def contact(case: Case) -> kinds.Contact:
    application = approval_of(case)
    return kinds.Contact(phone=application.phone, email=application.email)


def knows_the_applicant(case: Case, actor: Actor) -> bool:
    """The window and those who decide; a unit only until the survey to which it was asked is concluded."""
    if actor.has_role(*KNOWS_THE_APPLICANT):
        return True
    if not actor.has_role(*approval.HANDLED_BY):
        return False
    asked = SurveyParty.objects.filter(survey__case_id=case.pk, survey__concluded_at=None)
    return case.unit_id in actor.unit_ids or asked.filter(unit_id=actor.unit_id or 0).exists()


def where_their_unit_takes_part(actor: Actor) -> Q:
    """Applications of other units, for the survey to which the actor's own is asked."""
    if not actor.has_role(*approval.HANDLED_BY):
        return Q(pk__in=())
    return Q(pk__in=SurveyParty.objects.filter(unit_id=actor.unit_id or 0).values("survey__case_id"))


def _incoming_contact(case: Case) -> kinds.Contact:
    return kinds.Contact(phone=incoming_rules.incoming_of(case).sender_phone)


def _rating_contact(case: Case) -> kinds.Contact:
    return contact(rating_rules.rating_of(case).approval)


def register() -> None:
    kinds.register(
        kinds.Kind(
            code=actions.KIND,
            name=_("Application"),
            model=ApprovalCase,
            workflow=approval.WORKFLOW,
            url_name="approvals:case",
            public_url_name="approvals:followed",
            contact=contact,
            seen_by=approval.SEEN_BY,
            handled_by=approval.HANDLED_BY,
            term_names=terms.TERM_NAMES,
            public_words=wording_public.sentences,
            sees_contact=knows_the_applicant,
            also_seen=where_their_unit_takes_part,
            audiences={
                "agency_head": lambda case: Audience(role=Role.AGENCY_HEAD),
                "handover": lambda case: Audience(staff_id=approval_of(case).handover_to_id),
                "owner": lambda case: Audience(staff_id=approval_of(case).first_contact_id),
                "parties": surveys.parties,
            },
        )
    )
    kinds.register(
        kinds.Kind(
            code=incoming.KIND,
            name=_("Incoming document or request"),
            model=Incoming,
            workflow=incoming_rules.WORKFLOW,
            url_name="approvals:incoming",
            public_url_name="approvals:incoming_followed",
            contact=_incoming_contact,
            seen_by=incoming_rules.SEEN_BY,
            handled_by=incoming_rules.UNIT,
            term_names=incoming_rules.TERM_NAMES,
            public_words=wording_incoming.sentences,
        )
    )
    kinds.register(
        kinds.Kind(
            code=ratings.KIND,
            name=_("Bad rating"),
            model=BadRating,
            workflow=rating_rules.WORKFLOW,
            url_name="approvals:rating",
            public_url_name="approvals:rating_followed",
            contact=_rating_contact,
            seen_by=rating_rules.HANDLES,
            handled_by=frozenset(),
            term_names=rating_rules.TERM_NAMES,
            public_words=wording_ratings.sentences,
            unit_answers=False,
        )
    )
    for purpose, (_name, word) in papers.PAPERS.items():
        document_kinds.register(
            DocumentKind(
                code=papers.kind_of(purpose),
                name=papers.PAPER_NAMES[purpose],
                layout="notice",
                series_word=word,
            )
        )
    document_kinds.register(
        DocumentKind(
            code=permits.DOCUMENT_KIND,
            name=papers.PAPER_NAMES["permit"],
            layout="certificate",
            series_word=papers.PERMIT_WORD,
            tells_its_days=True,
        )
    )
    navigation.register(
        Section.WORK,
        Item(
            _("Incoming documents and requests"),
            "approvals:incoming_list",
            roles=incoming_rules.SEEN_BY | incoming_rules.UNIT,
            order=24,
        ),
        Item(_("Bad ratings"), "approvals:ratings", roles=rating_rules.HANDLES, order=25),
        Item(_("Guides of the items"), "approvals:guides", roles=guide_rules.SEEN_BY, order=26),
    )
    navigation.register(
        Section.SERVICES,
        Item(
            _("One-stop window"),
            "approvals:start",
            summary=_("Apply for a licence, follow it day by day, and see until when it is decided."),
            order=5,
        ),
    )
    home.register(statistics.figures)
    for measure in measures.MEASURES:
        oversight_measures.register(measure)
    navigation.register(
        Section.WORK,
        Item(_("Window desk"), "approvals:desk", roles=waiting.DESK_ROLES, order=20),
        Item(_("Applications"), "approvals:cases", roles=approval.SEEN_BY | approval.HANDLED_BY, order=21),
        Item(_("New application"), "approvals:new", roles=approval.CLERK, order=22),
    )
    workbench.register(Role.CLERK, "approvals:desk")
    workbench.register(Role.AGENCY_HEAD, "approvals:desk")
    if draft_access.goes_on not in access.elsewhere:
        access.elsewhere.append(draft_access.goes_on)
    if following.follow not in effects.on_moved:
        effects.on_moved.insert(0, following.follow)
