"""What lies with an application: uploaded files and signed papers, for staff and for the applicant."""

from __future__ import annotations

import logging

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from approvals.models import MaterialFile, Paper
from approvals.registration import knows_the_applicant
from portal.cases.access import case_or_404
from portal.cases.models import Case
from portal.cases.uploads import MEDIA_TYPES
from portal.documents.actions import Tampered, document_bytes
from portal.organisation.actors_of import actor_of

logger = logging.getLogger(__name__)
# Whoever opens it in the browser all the same gets a page that can do nothing.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; object-src 'self'; frame-ancestors 'none'; sandbox"


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
    try:
        # No larger than an upload may be, so it is read at once and closed again.
        with row.file.open("rb") as found:
            data = found.read()
    except OSError:
        raise Http404 from None
    return as_attachment(data, name=row.name, media_type=MEDIA_TYPES[row.kind])


@require_safe
@never_cache
def paper(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    """The signed file of a paper, byte for byte, to whoever may see the application."""
    case, _for_staff = case_or_404(request, number)
    row = get_object_or_404(Paper.objects.select_related("document"), pk=pk, case_id=case.pk)
    try:
        data = document_bytes(row.document)
    except Tampered:
        logger.critical("The file of document %s is gone or was changed in storage.", row.document.number)
        sentence = _("This file is not the one that was signed. The bureau has been told.")
        return render(request, "500.html", {"sentence": sentence}, status=500)
    return as_attachment(data, name=f"{row.document.number}.pdf", media_type=MEDIA_TYPES["pdf"])


def as_attachment(data: bytes, *, name: str, media_type: str) -> HttpResponse:
    """Bytes of a stranger's file, to be saved and not shown; `name` was cleaned when it came in."""
    return HttpResponse(
        data,
        content_type=media_type,
        headers={
            "Content-Disposition": content_disposition_header(as_attachment=True, filename=name)
            or "attachment",
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": POLICY,
        },
    )
