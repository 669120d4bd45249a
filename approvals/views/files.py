"""What lies with an application: uploaded files and signed papers, for staff and for the applicant."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from approvals.models import MaterialFile, Paper
from approvals.registration import knows_the_applicant
from portal.cases.access import case_or_404
from portal.cases.models import Case
from portal.cases.serving import as_attachment, kept_bytes
from portal.cases.uploads import MEDIA_TYPES
from portal.documents.serving import signed_file
from portal.organisation.actors_of import actor_of


@require_safe
@never_cache
def file(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    """A file that was uploaded for a material, to the applicant and to staff who know whose it is."""
    case, for_staff = case_or_404(request, number)
    if for_staff and not knows_the_applicant(case, actor_of(request)):
        raise Http404
    return material_file(case, pk, for_staff=for_staff)


def material_file(case: Case, pk: int, *, for_staff: bool) -> HttpResponse:
    """The file of this key that lies with the case; raises Http404. Who may have it, the caller asks."""
    row = get_object_or_404(MaterialFile, pk=pk, case_id=case.pk)
    if for_staff and row.case is not None and row.case.is_unsent(row):
        raise Http404
    return as_attachment(kept_bytes(row.file), name=row.name, media_type=MEDIA_TYPES[row.kind])


@require_safe
@never_cache
def paper(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    """The signed file of a paper, byte for byte, to whoever may see the application."""
    case, _for_staff = case_or_404(request, number)
    row = get_object_or_404(Paper.objects.select_related("document"), pk=pk, case_id=case.pk)
    return signed_file(request, row.document)
