"""Everyone's way to take a list of the catalogue along: as CSV, XLSX or JSON, with the page's filters."""

from __future__ import annotations

import tempfile
from urllib.parse import urlencode

from django.conf import settings
from django.http import FileResponse, Http404, HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from disclosure import browsing, exporting
from disclosure.filters import CatalogueFilter
from disclosure.models import Disclosure
from portal.cases.pages import is_throttled, too_many, too_often
from portal.cases.workflow import Refused

# How often one address may have a file is in the settings, under this name.
SCOPE = "export"
TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "json": "application/json",
}


def question(request: HttpRequest) -> str:
    """What the list is narrowed by, as `disclosure/_exports.html` puts it into its addresses; "" for all."""
    asked = {name: request.GET.get(name, "") for name in CatalogueFilter.base_filters}
    return urlencode({name: value for name, value in asked.items() if value})


@require_GET
def export(request: HttpRequest, kind: str) -> HttpResponseBase:
    """All items of the list as a file. 400 for a wrong question or too long a list, 429 for too many files.

    A HEAD would make the whole file for nothing, and is not taken.
    """
    if kind not in TYPES:
        raise Http404
    asked = CatalogueFilter(request.GET, Disclosure.objects.none())
    if not asked.is_valid():
        return render(request, "disclosure/catalogue.html", {"filter": asked}, status=400)
    if is_throttled(request, SCOPE):
        return too_often(request, SCOPE).on(too_many(request))
    names = browsing.names()
    try:
        found = exporting.batches(
            asked.words(), asked.wanted(names.below), names=names, site=settings.PUBLIC_URL
        )
    except Refused as refused:
        context = {"sentence": refused.message, "question": question(request)}
        return render(request, "disclosure/export_refused.html", context, status=400)
    now = timezone.localtime()
    name = f"{_('Catalogue of government information')}-{now:%Y-%m-%d}.{kind}"
    if kind == "xlsx":
        # Closed, and gone, with the answer.
        file = tempfile.TemporaryFile()  # noqa: SIM115
        exporting.write_xlsx(found, file, at=now)
        file.seek(0)
        return FileResponse(file, as_attachment=True, filename=name, content_type=TYPES[kind])
    chunks = exporting.csv_of(found) if kind == "csv" else exporting.json_of(found)
    response = StreamingHttpResponse(chunks, content_type=TYPES[kind])
    response["Content-Disposition"] = content_disposition_header(True, name) or ""
    return response
