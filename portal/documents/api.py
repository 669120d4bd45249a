"""Documents over the API, to read. What the check page says to anyone, it says here as well.

Those of a case are read by whoever may see the case: staff, and its owner with the look-up code.

Errors: 400 with the field and its sentences, 404 for a document that is not there, 429 for who guesses codes.
"""

from __future__ import annotations

import logging
from typing import Any

from django.core.exceptions import BadRequest
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import APIException, Throttled
from rest_framework.generics import GenericAPIView
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from portal.cases.api import CODE, OneCase
from portal.cases.filters import StrictFilterBackend
from portal.cases.terms import local_day
from portal.documents import kinds
from portal.documents.actions import Tampered, document_bytes
from portal.documents.filters import DocumentFilter
from portal.documents.models import Document, is_held_back
from portal.documents.serializers import CaseDocumentSerializer, DocumentPageSerializer, DocumentSerializer
from portal.documents.views_check import PDF_POLICY, Questions
from portal.organisation.actors_of import actor_of
from portal.paging import NEWER, OLDER, page

logger = logging.getLogger(__name__)

ERROR = {"type": "object", "properties": {"detail": {"type": "string"}}}
FIELD_ERRORS = {
    "type": "object",
    "additionalProperties": {"oneOf": [{"type": "array", "items": {"type": "string"}}, {"type": "string"}]},
}
WRONG = OpenApiResponse(FIELD_ERRORS, description="The field, and sentences saying what is wrong with it.")
NOT_FOUND = OpenApiResponse(ERROR, description="No document has this check code.")
TOO_MANY = OpenApiResponse(ERROR, description="Too many codes of no document from this address.")
PLACES = [
    OpenApiParameter(OLDER, OpenApiTypes.STR, description="From `next`: the page after a document."),
    OpenApiParameter(NEWER, OpenApiTypes.STR, description="From `previous`: the page before a document."),
]


class Documents(GenericAPIView):
    """The documents that one may read: the public ones for anyone."""

    queryset = Document.objects.none()
    serializer_class = DocumentSerializer
    permission_classes = (AllowAny,)
    pagination_class = None
    filter_backends = [StrictFilterBackend]
    filterset_class = DocumentFilter

    @extend_schema(
        operation_id="documents_list",
        summary="Documents that were issued, newest first",
        parameters=PLACES,
        filters=True,
        responses={200: DocumentPageSerializer, 400: WRONG},
    )
    def get(self, request: Request) -> Response:
        seen = Document.objects.visible_to(actor_of(request)).select_related("replaced_by")
        found = StrictFilterBackend().get_filterset(request, seen, self)
        if not found.is_valid():
            raise serializers.ValidationError(
                {name: [str(sentence) for sentence in errors] for name, errors in found.errors.items()}
            )
        try:
            shown = page(found.qs, by="made_at", query=request.query_params)
        except BadRequest:
            name = NEWER if request.query_params.get(NEWER) else OLDER
            sentence = _("There is no such page of the list. Please begin with the first.")
            raise serializers.ValidationError({name: [sentence]}) from None
        data = {
            "next": request.build_absolute_uri(shown.older_url) if shown.older_url else None,
            "previous": request.build_absolute_uri(shown.newer_url) if shown.newer_url else None,
            "results": shown.rows,
        }
        context = {"request": request, "today": local_day(timezone.now()), "may_read": True}
        return Response(DocumentPageSerializer(data, context=context).data)


class OneDocument(APIView):
    permission_classes = (AllowAny,)

    @extend_schema(
        operation_id="document",
        summary="A document by its check code, as its check page shows it",
        responses={200: DocumentSerializer, 404: NOT_FOUND, 429: TOO_MANY},
    )
    def get(self, request: Request, code: str) -> Response:
        found = Document.objects.select_related("replaced_by").filter(check_code=code).first()
        if found is None:
            guesses: Any = Questions()
            if not guesses.allow_request(request, self):
                raise Throttled(guesses.wait())
            raise Http404
        may_read = found.is_public or (
            Document.objects.visible_to(actor_of(request)).filter(pk=found.pk).exists()
        )
        context = {"request": request, "today": local_day(timezone.now()), "may_read": may_read}
        return Response(DocumentSerializer(found, context=context).data)


# Of a case -------------------------------------------------------------------------------------------------


class NotAsSigned(APIException):
    """Nothing is handed out as signed that is not what was signed."""

    status_code = 500

    def __init__(self) -> None:
        super().__init__(_("This file is not the one that was signed. The bureau has been told."))


class Whatever(BaseContentNegotiation):
    """A file is what it is and its refusal is JSON, whatever the reader says that it accepts."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        return parsers[0]

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        return renderers[0], renderers[0].media_type


NO_SUCH = OpenApiResponse(ERROR, description="It is not there, or it is not yours to see.")


class OfCase(OneCase):
    def documents(self, request: Request, number: str) -> QuerySet[Document]:
        """What was issued in the case. Raises Http404 for a case that is not the reader's."""
        case = self.case(request, number)
        # What is signed to be published later is nobody's yet.
        found = Document.objects.filter(case_id=case.pk).exclude(is_held_back()).order_by("made_at", "id")
        for_staff = self.seen_by_staff is not None
        closed = kinds.closed_to(actor_of(request)) if for_staff else kinds.not_for_owners()
        return found.exclude(kind__in=closed)


class CaseDocuments(OfCase):
    @extend_schema(
        operation_id="case_documents",
        summary="The papers of a case, oldest first, each with the address of its signed PDF",
        parameters=CODE,
        responses={200: CaseDocumentSerializer(many=True), 404: NO_SUCH, 429: TOO_MANY},
    )
    def get(self, request: Request, number: str) -> Response:
        context = {"request": request, "number": number, "today": local_day(timezone.now())}
        found = self.documents(request, number)
        return Response(CaseDocumentSerializer(found, many=True, context=context).data)


class CaseDocument(OfCase):
    content_negotiation_class = Whatever

    @extend_schema(
        operation_id="case_document",
        summary="A paper of a case: the signed PDF, byte for byte",
        parameters=CODE,
        responses={(200, "application/pdf"): OpenApiTypes.BINARY, 404: NO_SUCH, 429: TOO_MANY},
    )
    def get(self, request: Request, number: str, code: str) -> HttpResponse:
        found = self.documents(request, number).filter(check_code=code).first()
        if found is None:
            raise Http404
        try:
            data = document_bytes(found)
        except Tampered:
            logger.critical("The file of document %s is gone or was changed in storage.", found.number)
            raise NotAsSigned from None
        response = HttpResponse(data, content_type="application/pdf")
        name = content_disposition_header(as_attachment=False, filename=f"{found.number}.pdf")
        response["Content-Disposition"] = name or "inline"
        response["X-Content-Type-Options"] = "nosniff"
        response["Content-Security-Policy"] = PDF_POLICY
        add_never_cache_headers(response)
        return response
