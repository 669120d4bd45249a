"""Pledges over the API: the same verbs and the same rules as the pages.

Errors: 400 with the field and its sentences, 403 for a role that may not, 404 for what is not the reader's to
see, 409 when somebody else was first, 429 for who asks too often.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
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
from rest_framework.exceptions import APIException
from rest_framework.generics import GenericAPIView
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import ScopedRateThrottle
from rest_framework.views import APIView

from pledges import actions, keeping, workflow
from pledges.filters import BreachFilter, PledgeFilter, VersionFilter, seen_breaches
from pledges.models import Breach, Pledge, PledgeVersion, Result
from pledges.published import Signed, signed
from pledges.registration import WORK_ON_PLEDGES
from pledges.serializers import (
    BREACH_STEPS,
    VERSION_STEPS,
    BreachPageSerializer,
    BreachRowSerializer,
    BreachSerializer,
    ChangedDraftSerializer,
    ComplaintOpenedSerializer,
    ComplaintSerializer,
    DeskPageSerializer,
    DeskRowSerializer,
    DeskVersionSerializer,
    DraftSerializer,
    MeasureSerializer,
    NewPledgeSerializer,
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
from pledges.steps import (
    check_breach_is_for,
    check_version_is_for,
    take_breach_step,
    take_version_step,
)
from pledges.views.breaches import sees_the_complainant
from portal.cases.api_steps import (
    ERROR,
    KEYS,
    NOT_FOUND,
    NOT_YOURS,
    TOO_LATE,
    TOO_MANY,
    WRONG,
    StepView,
    filtered,
    keyed_page,
    no_such_page,
    opened,
    words_of,
)
from portal.cases.explaining import case_deadlines, deadline_as_data
from portal.cases.filters import StrictFilterBackend
from portal.cases.terms import local_day
from portal.cases.workflow import Transition
from portal.documents.actions import Tampered
from portal.organisation.actors import CITIZEN, Actor
from portal.organisation.actors_of import actor_of
from portal.organisation.models import Staff
from portal.organisation.permissions import HasRole
from portal.oversight import measures
from portal.paging import NEWER, OLDER, page
from portal.workdays.current import current_calendar

logger = logging.getLogger(__name__)

DESK = HasRole.of(*sorted(WORK_ON_PLEDGES))
WRITERS = HasRole.of(*sorted(workflow.WRITERS))
BREACH_DESK = HasRole.of(*sorted(workflow.HANDLES | workflow.UNIT))
PLACES = [
    OpenApiParameter(OLDER, OpenApiTypes.STR, description="From `next`: the page after a row."),
    OpenApiParameter(NEWER, OpenApiTypes.STR, description="From `previous`: the page before a row."),
]
NOT_AS_SIGNED = OpenApiResponse(ERROR, description="The file in storage is not the one that was signed.")


class NotAsSigned(APIException):
    """Nothing is shown as signed that is not what was signed."""

    status_code = 500

    def __init__(self) -> None:
        super().__init__(_("This file is not the one that was signed. The bureau has been told."))


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


# For everyone -----------------------------------------------------------------------------------------------


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
        return opened(actions.complain(form.grievance(found), actor=CITIZEN, at=at), now=at)


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


# The desk of versions ---------------------------------------------------------------------------------------


def at_desk(version: PledgeVersion, request: Request, *, status: int = 200) -> Response:
    """All of a version, with the steps that its reader may take now."""
    reader, now = reader_of(request), timezone.now()
    names = dict(Staff.objects.filter(pk__in=version.writers).values_list("pk", "name"))
    context = {
        "reader": reader,
        "writers": [names[each] for each in version.writers if each in names],
        "allowed": [step.name for step in actions.allowed(version, actor=reader.actor, at=now)],
    }
    return Response(DeskVersionSerializer(version, context=context).data, status=status)


def seen_version(request: Request, pk: int) -> PledgeVersion:
    """Raises Http404 for a version that is not the reader's to see."""
    seen = PledgeVersion.objects.visible_to(actor_of(request)).for_list().select_related("reviewed_by")
    found = seen.filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


class DeskVersions(GenericAPIView):
    """Versions of every state that one may see."""

    queryset = PledgeVersion.objects.none()
    serializer_class = DeskRowSerializer
    pagination_class = None
    filter_backends = [StrictFilterBackend]
    filterset_class = VersionFilter

    def get_permissions(self) -> list[Any]:
        return [WRITERS() if self.request.method == "POST" else DESK()]

    @extend_schema(
        operation_id="pledge_versions_list",
        summary="Versions of pledges, drafts too, what was changed last on top",
        parameters=PLACES,
        filters=True,
        responses={200: DeskPageSerializer, 400: WRONG, 403: NOT_YOURS},
    )
    def get(self, request: Request) -> Response:
        reader = reader_of(request)
        seen = PledgeVersion.objects.visible_to(reader.actor).for_list()
        data = paged(self, request, seen, by="written_at", draw=list)
        return Response(DeskPageSerializer(data, context={"reader": reader}).data)

    @extend_schema(
        operation_id="pledge_versions_create",
        summary="Write a new pledge, as a draft",
        request={"application/json": NewPledgeSerializer},
        responses={201: DeskVersionSerializer, 400: WRONG, 403: NOT_YOURS},
    )
    def post(self, request: Request) -> Response:
        form = NewPledgeSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        unit, actor = form.validated_data["unit"], actor_of(request)
        version = actions.begin(unit, form.draft(), actor=actor, at=timezone.now())
        return at_desk(version, request, status=201)


class NextVersions(APIView):
    permission_classes = (WRITERS,)

    @extend_schema(
        operation_id="pledge_next_version",
        summary="Write the next version of a pledge, as a draft beside the one in force",
        request={"application/json": DraftSerializer},
        responses={201: DeskVersionSerializer, 400: WRONG, 403: NOT_YOURS, 404: NOT_FOUND},
    )
    def post(self, request: Request, pk: int) -> Response:
        actor = actor_of(request)
        seen = PledgeVersion.objects.visible_to(actor)
        pledge = Pledge.objects.select_related("unit").filter(pk__in=seen.filter(pledge=pk).values("pledge"))
        found = pledge.first()
        if found is None:
            raise Http404
        workflow.check_may_write_for(actor, found.unit)
        form = DraftSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        version = actions.begin_next(found, form.draft(), actor=actor, at=timezone.now())
        return at_desk(version, request, status=201)


class DeskVersion(APIView):
    permission_classes = (DESK,)

    @extend_schema(
        operation_id="pledge_version_at_desk",
        summary="A version, with the steps that may be taken now",
        responses={200: DeskVersionSerializer, 403: NOT_YOURS, 404: NOT_FOUND},
    )
    def get(self, request: Request, pk: int) -> Response:
        return at_desk(seen_version(request, pk), request)

    @extend_schema(
        operation_id="pledge_version_change",
        summary="Write a draft anew",
        request={"application/json": ChangedDraftSerializer},
        responses={200: DeskVersionSerializer, 400: WRONG, 403: NOT_YOURS, 404: NOT_FOUND, 409: TOO_LATE},
    )
    def put(self, request: Request, pk: int) -> Response:
        version, actor, at = seen_version(request, pk), actor_of(request), timezone.now()
        step = workflow.VERSION_WORKFLOW.transition("change")
        check_version_is_for(version, step, actor=actor, at=at)
        form = ChangedDraftSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        actions.change(version, form.draft(), actor=actor, at=at, seen=form.validated_data["seen"])
        return at_desk(seen_version(request, pk), request)


class VersionStep(StepView):
    """One step of a version; `of` makes the view of each."""

    permission_classes = (DESK,)
    workflow = workflow.VERSION_WORKFLOW

    def found(self, request: Request, **where: Any) -> PledgeVersion:
        return seen_version(request, where["pk"])

    def answer(self, request: Request, found: PledgeVersion) -> Response:
        return at_desk(found, request)

    def check_is_for(self, found: PledgeVersion, step: Transition, *, actor: Actor, at: datetime) -> None:
        check_version_is_for(found, step, actor=actor, at=at)

    def act(
        self,
        found: PledgeVersion,
        step: Transition,
        *,
        actor: Actor,
        at: datetime,
        seen: int | None,
        given: dict[str, Any],
    ) -> None:
        take_version_step(found, step, actor=actor, at=at, seen=seen, **given)

    @classmethod
    def of(cls, name: str) -> Any:
        return cls.view_of(
            name, VERSION_STEPS[name], operation="pledge_version", answers=DeskVersionSerializer
        )


# The desk of complaints -------------------------------------------------------------------------------------


class Breaches(GenericAPIView):
    """The complaints that one may see."""

    permission_classes = (BREACH_DESK,)
    queryset = Breach.objects.none()
    serializer_class = BreachRowSerializer
    pagination_class = None
    filter_backends = [StrictFilterBackend]
    filterset_class = BreachFilter

    @extend_schema(
        operation_id="breaches_list",
        summary="Complaints about pledges: open ones by what is due first, closed ones newest first",
        parameters=KEYS,
        filters=True,
        responses={200: BreachPageSerializer, 400: WRONG, 403: NOT_YOURS},
    )
    def get(self, request: Request) -> Response:
        now, calendar = timezone.now(), current_calendar()
        data = keyed_page(self, request, seen_breaches(actor_of(request)))
        return Response(BreachPageSerializer(data, context={"words": words_of(now, calendar)}).data)


class OneBreach(APIView):
    permission_classes = (BREACH_DESK,)

    def breach(self, request: Request, number: str) -> Breach:
        seen = seen_breaches(actor_of(request)).select_related("result__clause", "taken_by")
        found = seen.filter(number=number).first()
        if found is None:
            raise Http404
        return found

    def answer(self, request: Request, found: Breach) -> Response:
        now, calendar, actor = timezone.now(), current_calendar(), actor_of(request)
        rules = workflow.BREACH_WORKFLOW
        context = {
            "words": words_of(now, calendar),
            "deadlines": [deadline_as_data(row, calendar=calendar, now=now) for row in case_deadlines(found)],
            "allowed": [step.name for step in rules.allowed(found, actor=actor, at=now)],
            "sees_the_complainant": sees_the_complainant(found, actor),
        }
        return Response(BreachSerializer(found, context=context).data)


class BreachView(OneBreach):
    @extend_schema(
        operation_id="breach",
        summary="A complaint, with its limits explained and the steps that may be taken now",
        responses={200: BreachSerializer, 403: NOT_YOURS, 404: NOT_FOUND},
    )
    def get(self, request: Request, number: str) -> Response:
        return self.answer(request, self.breach(request, number))


class BreachStep(OneBreach, StepView):
    """One step of a complaint; `of` makes the view of each."""

    workflow = workflow.BREACH_WORKFLOW

    def found(self, request: Request, **where: Any) -> Breach:
        return self.breach(request, where["number"])

    def check_is_for(self, found: Breach, step: Transition, *, actor: Actor, at: datetime) -> None:
        check_breach_is_for(found, step, actor=actor, at=at)

    def act(
        self,
        found: Breach,
        step: Transition,
        *,
        actor: Actor,
        at: datetime,
        seen: int | None,
        given: dict[str, Any],
    ) -> None:
        take_breach_step(found, step, actor=actor, at=at, seen=seen, given=given)

    @classmethod
    def of(cls, name: str) -> Any:
        return cls.view_of(name, BREACH_STEPS[name], operation="breach", answers=BreachSerializer)
