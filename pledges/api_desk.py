"""The desk of pledges over the API, of versions and of complaints: the same verbs and rules as the pages.

Errors are those of `pledges.api`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from pledges import actions, workflow
from pledges.api import PLACES, paged, reader_of
from pledges.filters import BreachFilter, VersionFilter, seen_breaches
from pledges.models import Breach, Pledge, PledgeVersion
from pledges.registration import WORK_ON_PLEDGES
from pledges.serializers_desk import (
    BREACH_STEPS,
    VERSION_STEPS,
    BreachPageSerializer,
    BreachRowSerializer,
    BreachSerializer,
    ChangedDraftSerializer,
    DeskPageSerializer,
    DeskRowSerializer,
    DeskVersionSerializer,
    DraftSerializer,
    NewPledgeSerializer,
)
from pledges.steps import (
    check_breach_is_for,
    check_version_is_for,
    take_breach_step,
    take_version_step,
)
from portal.cases.api_steps import (
    KEYS,
    NOT_FOUND,
    NOT_YOURS,
    TOO_LATE,
    WRONG,
    StepView,
    keyed_page,
    words_of,
)
from portal.cases.explaining import case_deadlines, deadline_as_data
from portal.cases.filters import StrictFilterBackend
from portal.cases.workflow import Transition
from portal.organisation.actors import Actor
from portal.organisation.actors_of import actor_of
from portal.organisation.models import Staff
from portal.organisation.permissions import HasRole
from portal.workdays.current import current_calendar

DESK = HasRole.of(*sorted(WORK_ON_PLEDGES))
WRITERS = HasRole.of(*sorted(workflow.WRITERS))
BREACH_DESK = HasRole.of(*sorted(workflow.HANDLES | workflow.UNIT))

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
    seen = PledgeVersion.objects.at_the_desk_of(actor_of(request)).for_list().select_related("reviewed_by")
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
        seen = PledgeVersion.objects.at_the_desk_of(reader.actor).for_list()
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
            "sees_the_complainant": workflow.sees_the_complainant(found, actor),
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
