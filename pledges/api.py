"""Everyone's pledges over the API: the same verbs and the same rules as the pages.

Errors: 400 with the field and its sentences, 403 for a role that may not, 404 for what is not the reader's to
see, 409 when somebody else was first, 429 for who asks too often.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from django.core.exceptions import BadRequest
from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import (
    OpenApiParameter,
    OpenApiResponse,
    PolymorphicProxySerializer,
    extend_schema,
)
from rest_framework import serializers
from rest_framework.generics import GenericAPIView
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import ScopedRateThrottle
from rest_framework.views import APIView

from pledges import complaints, keeping, workflow
from pledges.filters import PledgeFilter
from pledges.models import PledgeVersion, Result
from pledges.published import Signed, signed
from pledges.serializers import (
    ComplaintOpenedSerializer,
    ComplaintSerializer,
    MeasureSerializer,
    PledgePageSerializer,
    PledgeRowSerializer,
    PledgeSerializer,
    PledgeTextSerializer,
    Reader,
    TombstoneSerializer,
    link_as_data,
    row_as_data,
    text_as_data,
    tombstone_as_data,
)
from portal.cases.api_steps import ERROR, NOT_FOUND, TOO_MANY, WRONG, filtered, no_such_page, opened
from portal.cases.filters import StrictFilterBackend
from portal.cases.terms import local_day
from portal.documents.actions import Tampered
from portal.documents.api import NotAsSigned
from portal.organisation.actors import CITIZEN
from portal.organisation.actors_of import actor_of
from portal.oversight import measures
from portal.paging import NEWER, OLDER, page

logger = logging.getLogger(__name__)

PLACES = [
    OpenApiParameter(OLDER, OpenApiTypes.STR, description="From `next`: the page after a row."),
    OpenApiParameter(NEWER, OpenApiTypes.STR, description="From `previous`: the page before a row."),
]
NOT_AS_SIGNED = OpenApiResponse(ERROR, description="The file in storage is not the one that was signed.")


def reader_of(request: Request) -> Reader:
    return Reader(request=request, actor=actor_of(request), today=local_day(timezone.now()))


def paged(
    view: GenericAPIView[Any],
    request: Request,
    seen: QuerySet[PledgeVersion],
    *,
    by: str,
    draw: Callable[[list[PledgeVersion]], Any],
) -> dict[str, Any]:
    """The page of versions that is asked for, sorted by the moment `by`. Raises ValidationError."""
    found = filtered(view, request, seen)
    try:
        shown = page(found.qs, by=by, query=request.query_params)
    except BadRequest:
        raise no_such_page(NEWER if request.query_params.get(NEWER) else OLDER) from None
    return {
        "next": request.build_absolute_uri(shown.older_url) if shown.older_url else None,
        "previous": request.build_absolute_uri(shown.newer_url) if shown.newer_url else None,
        "results": draw(shown.rows),
    }


class Pledges(GenericAPIView):
    """The pledges in force, for anyone."""

    queryset = PledgeVersion.objects.none()
    serializer_class = PledgeRowSerializer
    permission_classes = (AllowAny,)
    pagination_class = None
    filter_backends = [StrictFilterBackend]
    filterset_class = PledgeFilter

    @extend_schema(
        operation_id="pledges_list",
        summary="Pledges in force, newest first, each with its signed file",
        parameters=PLACES,
        filters=True,
        auth=[],
        responses={200: PledgePageSerializer, 400: WRONG},
    )
    def get(self, request: Request) -> Response:
        reader = reader_of(request)

        def draw(rows: list[PledgeVersion]) -> list[dict[str, Any]]:
            found = keeping.summaries(rows)
            return [row_as_data(each, found[each.pk], reader) for each in rows]

        seen = PledgeVersion.objects.in_force().for_list()
        data = paged(self, request, seen, by="published_at", draw=draw)
        return Response(PledgePageSerializer(data).data)


def draw(version: PledgeVersion, reader: Reader) -> dict[str, Any]:
    """A version with its text out of the signed file. Raises NotAsSigned where that is no longer the one."""
    text: Signed | None = None
    if version.document is not None:
        try:
            text = signed(version)
        except Tampered:
            number = version.document.number
            logger.critical("The file of document %s is gone or was changed in storage.", number)
            raise NotAsSigned from None
    latest = Result.objects.filter(clause__version=version).select_related("clause")
    newest = latest.order_by("clause_id", "-day").distinct("clause_id")
    return text_as_data(
        version,
        text,
        reader,
        results={each.clause.position: each for each in newest},
        upheld=keeping.upheld_by_clause(version),
    )


def current(pledge_id: int) -> PledgeVersion:
    """The version that was published last. Raises Http404 where none has been."""
    public = PledgeVersion.objects.public().for_list()
    found = public.filter(pledge_id=pledge_id).order_by("-number").first()
    if found is None:
        raise Http404
    return found


class OnePledge(APIView):
    permission_classes = (AllowAny,)

    @extend_schema(
        operation_id="pledge",
        summary="A pledge, read out of its signed file; of one that was withdrawn, its tombstone",
        auth=[],
        responses={
            200: PolymorphicProxySerializer(
                component_name="PledgeOrTombstone",
                serializers=[PledgeSerializer, TombstoneSerializer],
                resource_type_field_name=None,
            ),
            404: NOT_FOUND,
            500: NOT_AS_SIGNED,
        },
    )
    def get(self, request: Request, pk: int) -> Response:
        version, reader = current(pk), reader_of(request)
        if version.state == workflow.WITHDRAWN:
            return Response(TombstoneSerializer(tombstone_as_data(version, reader)).data)
        data = draw(version, reader)
        public = PledgeVersion.objects.public().for_list().filter(pledge_id=pk).order_by("-number")
        data["versions"] = [link_as_data(each, reader) for each in public]
        return Response(PledgeSerializer(data).data)


class OneVersion(APIView):
    permission_classes = (AllowAny,)

    @extend_schema(
        operation_id="pledge_version",
        summary="A version of a pledge: a public one for anyone, others for those who work on it",
        responses={
            200: PolymorphicProxySerializer(
                component_name="VersionOrTombstone",
                serializers=[PledgeTextSerializer, TombstoneSerializer],
                resource_type_field_name=None,
            ),
            404: NOT_FOUND,
            500: NOT_AS_SIGNED,
        },
    )
    def get(self, request: Request, pk: int, number: int) -> Response:
        seen = PledgeVersion.objects.visible_to(actor_of(request)).for_list()
        version, reader = seen.filter(pledge_id=pk, number=number).first(), reader_of(request)
        if version is None:
            raise Http404
        if version.state == workflow.WITHDRAWN:
            return Response(TombstoneSerializer(tombstone_as_data(version, reader)).data)
        return Response(PledgeTextSerializer(draw(version, reader)).data)


class Complaints(APIView):
    """“This was not kept”, without an account."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    throttle_classes = (ScopedRateThrottle,)
    throttle_scope = "complaint"

    @extend_schema(
        operation_id="pledge_complaint",
        summary="Complain that a clause was not kept; photos as multipart form data",
        auth=[],
        request={"multipart/form-data": ComplaintSerializer, "application/json": ComplaintSerializer},
        responses={201: ComplaintOpenedSerializer, 400: WRONG, 404: NOT_FOUND, 429: TOO_MANY},
    )
    def post(self, request: Request, pk: int) -> Response:
        version = current(pk)
        form = ComplaintSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        given = form.validated_data
        if "version" in given:
            public = PledgeVersion.objects.public().filter(pledge_id=pk, number=given["version"]).first()
            if public is None:
                raise serializers.ValidationError({"version": [_("This pledge has no such version.")]})
            version = public
        clause = version.clauses.select_related("version__pledge__unit").filter(position=given["clause"])
        found = clause.first()
        if found is None:
            raise serializers.ValidationError({"clause": [_("This pledge has no such clause.")]})
        at = timezone.now()
        return opened(complaints.complain(form.grievance(found), actor=CITIZEN, at=at), now=at)


class Measures(APIView):
    """What a clause can be measured by."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    @extend_schema(
        operation_id="measures",
        summary="What the portal can answer about itself, for the clauses of pledges",
        auth=[],
        responses=MeasureSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        return Response(MeasureSerializer(measures.every(), many=True).data)
