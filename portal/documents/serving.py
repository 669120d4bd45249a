"""Handing out a signed document, byte for byte, to a reader who was asked before whether they may have it."""

from __future__ import annotations

import logging

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from portal.cases.serving import as_attachment
from portal.cases.uploads import MEDIA_TYPES
from portal.documents.actions import Tampered, document_bytes
from portal.documents.models import Document

logger = logging.getLogger(__name__)


def signed_file(request: HttpRequest, document: Document) -> HttpResponse:
    """The signed file; of one that was changed in storage a sentence, and a line in the log."""
    try:
        data = document_bytes(document)
    except Tampered:
        logger.critical("The file of document %s is gone or was changed in storage.", document.number)
        sentence = _("This file is not the one that was signed. The bureau has been told.")
        return render(request, "500.html", {"sentence": sentence}, status=500)
    return as_attachment(data, name=f"{document.number}.pdf", media_type=MEDIA_TYPES["pdf"])
