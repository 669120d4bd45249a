"""Files of the app: an item's for everyone, a request's and a draft's for whoever may see them."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from disclosure.letters import TO_OTHERS
from disclosure.models import (
    Consultation,
    DisclosureFile,
    Publication,
    PublicationFile,
    RequestFile,
    RequestPaper,
)
from disclosure.rules import publication as publication_rules
from disclosure.rules import request as request_rules
from portal.cases.access import case_or_404
from portal.cases.serving import as_attachment, kept_bytes
from portal.cases.uploads import MEDIA_TYPES
from portal.documents.serving import signed_file
from portal.organisation.actors_of import actor_of
from portal.organisation.permissions import require_role


def handed_out(row: DisclosureFile | PublicationFile | RequestFile) -> HttpResponse:
    return as_attachment(kept_bytes(row.file), name=row.name, media_type=MEDIA_TYPES[row.kind])


@require_safe
def item_file(request: HttpRequest, index_number: str, pk: int) -> HttpResponse:
    """A file of an item, of the version that holds; of a withdrawn item, that it was there."""
    rows = DisclosureFile.objects.select_related("version__disclosure")
    row = get_object_or_404(rows, pk=pk, version__disclosure__index_number=index_number)
    item = row.version.disclosure
    if item.withdrawn_at is not None:
        return render(request, "disclosure/withdrawn.html", {"item": item}, status=410)
    newest = item.versions.order_by("-number").values_list("pk", flat=True)[0]
    # What was corrected is staff's to read: its publication has it.
    if row.version_id != newest:
        raise Http404
    return handed_out(row)


@require_role(*sorted(publication_rules.SEEN_BY | publication_rules.HANDLED_BY))
@require_safe
@never_cache
def publication_file(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    """A file of a text that is to come out, to whoever sees the publication."""
    seen = Publication.objects.visible_to(actor_of(request))
    publication = get_object_or_404(seen, number=number)
    return handed_out(get_object_or_404(PublicationFile, pk=pk, entry__publication=publication))


@require_safe
@never_cache
def request_file(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    """What the applicant sent, to them and to the officers; what was given, to whoever sees the case."""
    case, for_staff = case_or_404(request, number)
    row = get_object_or_404(RequestFile, pk=pk, request_id=case.pk)
    if for_staff and not row.is_given and not actor_of(request).has_role(*request_rules.KNOWS_THE_APPLICANT):
        raise Http404
    return handed_out(row)


@require_safe
@never_cache
def request_paper(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    """The signed file of a paper, which names the applicant: for them and for the officers alone."""
    case, for_staff = case_or_404(request, number)
    if for_staff and not actor_of(request).has_role(*request_rules.KNOWS_THE_APPLICANT):
        raise Http404
    row = get_object_or_404(RequestPaper.objects.select_related("document"), pk=pk, request_id=case.pk)
    if not for_staff and row.purpose in TO_OTHERS:
        raise Http404
    return signed_file(request, row.document)


@require_role(*sorted(request_rules.OFFICER))
@require_safe
@never_cache
def consultation_letter(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    """The letter to somebody who was asked, for the officers to send."""
    case, _for_staff = case_or_404(request, number)
    row = get_object_or_404(Consultation.objects.select_related("document"), pk=pk, request_id=case.pk)
    return signed_file(request, row.document)
