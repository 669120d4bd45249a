"""Documents over the API, to read. What the check page says to anyone, it says here as well.

Errors: 400 with the field and its sentences, 404 for a document that is not there, 429 for who guesses codes.
"""

from __future__ import annotations

from typing import Any

from django.core.exceptions import BadRequest
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import Throttled
from rest_framework.generics import GenericAPIView
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from portal.cases.filters import StrictFilterBackend
from portal.cases.terms import local_day
from portal.documents.filters import DocumentFilter
from portal.documents.models import Document
from portal.documents.serializers import DocumentPageSerializer, DocumentSerializer
from portal.documents.views_check import Questions
from portal.organisation.actors_of import actor_of
from portal.paging import NEWER, OLDER, page

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
