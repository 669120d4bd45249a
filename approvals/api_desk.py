"""Applications over the API at the desks of staff: the same verbs and rules as the pages.

Errors are those of `approvals.api`, and 403 for a role that may not.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from approvals import actions
from approvals.api import receive_once
from approvals.filters import ApprovalFilter, seen_approvals
from approvals.models import ApprovalCase, Paper
from approvals.registration import knows_the_applicant
from approvals.rules.rating import may_read_words
from approvals.rules.service import check_may_record
from approvals.rules.survey import check_may_add_photos
from approvals.serializers import ApplicationOpenedSerializer
from approvals.serializers_desk import (
    ApprovalPageSerializer,
    ApprovalRowSerializer,
    ApprovalSerializer,
    CounterSerializer,
)
from approvals.serializers_steps import STEPS, PhotosSerializer, ServiceSerializer
from approvals.steps import INPUT_OF, check_is_for, take
from approvals.views.files import material_file
from approvals.views.reading import SEES_ID_NUMBERS, STAFF, approval_or_404
from approvals.workflow import WORKFLOW
from portal.cases.api_once import KEY, key_of
from portal.cases.api_steps import (
    KEYS,
    NOT_FOUND,
    NOT_YOURS,
    TOO_LATE,
    WRONG,
    StepView,
    keyed_page,
    renamed,
    words_of,
)
from portal.cases.explaining import case_deadlines, deadline_as_data
from portal.cases.filters import StrictFilterBackend
from portal.cases.workflow import NotAllowed, Refused, Transition
from portal.documents.api import Whatever
from portal.organisation.actors import Actor, Role
from portal.organisation.actors_of import actor_of
from portal.organisation.permissions import HasRole
from portal.workdays.current import current_calendar

DESK = HasRole.of(*STAFF)


class Approvals(GenericAPIView):
    """The applications that one may see; to receive one at the counter is the clerks'."""

    queryset = ApprovalCase.objects.none()
    serializer_class = ApprovalRowSerializer
    pagination_class = None
    filter_backends = [StrictFilterBackend]
    filterset_class = ApprovalFilter

    def get_permissions(self) -> list[Any]:
        return [HasRole.of(Role.CLERK)() if self.request.method == "POST" else DESK()]

    @extend_schema(
        operation_id="approvals_list",
        summary="Applications: open ones by what is due first, ended ones newest first",
        parameters=KEYS,
        filters=True,
        responses={200: ApprovalPageSerializer, 400: WRONG, 403: NOT_YOURS},
    )
    def get(self, request: Request) -> Response:
        now, calendar = timezone.now(), current_calendar()
        data = keyed_page(self, request, seen_approvals(actor_of(request)))
        return Response(ApprovalPageSerializer(data, context={"words": words_of(now, calendar)}).data)

    @extend_schema(
        operation_id="approvals_receive",
        summary="Receive an application at the counter; files as multipart form data",
        parameters=[KEY],
        request={"multipart/form-data": CounterSerializer, "application/json": CounterSerializer},
        responses={201: ApplicationOpenedSerializer, 400: WRONG, 403: NOT_YOURS, 409: TOO_LATE},
    )
    def post(self, request: Request) -> Response:
        key, actor = key_of(request), actor_of(request)
        form = CounterSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        at, given = timezone.now(), form.validated_data

        def receive() -> ApprovalCase:
            further = {name: given[name] for name in ("accept", "ask_supplement")}
            if not given["checked"] and not any(further.values()):
                return actions.apply(form.application(), actor=actor, at=at)
            return actions.receive_at_counter(
                form.application(), given["checked"], actor=actor, at=at, **further
            )

        return receive_once(form, receive, key=key, actor=actor)


class OneApproval(APIView):
    permission_classes = [DESK]

    def answer(self, request: Request, found: ApprovalCase) -> Response:
        now, calendar, actor = timezone.now(), current_calendar(), actor_of(request)
        clocks = case_deadlines(found)
        context = {
            "request": request,
            "words": words_of(now, calendar),
            "deadlines": [deadline_as_data(each, calendar=calendar, now=now) for each in clocks],
            "allowed": [step.name for step in actions.allowed(found, actor=actor, at=now)],
            "knows_the_applicant": knows_the_applicant(found, actor),
            "reads_words": may_read_words(found, actor),
            "reads_numbers": actor.has_role(*SEES_ID_NUMBERS),
        }
        return Response(ApprovalSerializer(found, context=context).data)


class ApprovalView(OneApproval):
    @extend_schema(
        operation_id="approvals_one",
        summary="An application, with its limits explained and the steps that may be taken now",
        responses={200: ApprovalSerializer, 403: NOT_YOURS, 404: NOT_FOUND},
    )
    def get(self, request: Request, number: str) -> Response:
        return self.answer(request, approval_or_404(request, number))


class ApprovalFileView(APIView):
    permission_classes = [DESK]
    content_negotiation_class = Whatever

    @extend_schema(
        operation_id="approvals_file",
        summary="A file that was uploaded for a material, for those who may know whose application it is",
        responses={(200, "application/octet-stream"): OpenApiTypes.BINARY, 403: NOT_YOURS, 404: NOT_FOUND},
    )
    def get(self, request: Request, number: str, pk: int) -> HttpResponse:
        found = approval_or_404(request, number)
        if not knows_the_applicant(found, actor_of(request)):
            raise Http404
        return material_file(found, pk, for_staff=True)


class PaperService(OneApproval):
    """The proof of service of a paper; that of a decision is given with the step that closes the case."""

    permission_classes = [HasRole.of(Role.CLERK)]

    @extend_schema(
        operation_id="approvals_paper_service",
        summary="Record how a paper was served (送达回证), once",
        request=ServiceSerializer,
        responses={
            200: ApprovalSerializer,
            400: WRONG,
            403: NOT_YOURS,
            404: NOT_FOUND,
            409: TOO_LATE,
        },
    )
    def post(self, request: Request, number: str, pk: int) -> Response:
        found, actor, at = approval_or_404(request, number), actor_of(request), timezone.now()
        paper = get_object_or_404(Paper, pk=pk, case_id=found.pk)
        try:
            check_may_record(found, paper.purpose, actor=actor)
        except NotAllowed:
            raise
        except Refused:
            pass  # what else stands in the way is said by the verb, after the input
        form = ServiceSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        actions.record_service(paper, actor=actor, at=at, **form.validated_data)
        return self.answer(request, approval_or_404(request, number))


class SurveyPhotos(OneApproval):
    @extend_schema(
        operation_id="approvals_survey_photos",
        summary="Add photos of the site after one's unit has signed its opinion; as multipart form data",
        request={"multipart/form-data": PhotosSerializer},
        responses={200: ApprovalSerializer, 400: WRONG, 403: NOT_YOURS, 404: NOT_FOUND},
    )
    def post(self, request: Request, number: str) -> Response:
        found, actor, at = approval_or_404(request, number), actor_of(request), timezone.now()
        check_may_add_photos(found, actor=actor)
        form = PhotosSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        actions.add_photos(found, form.validated_data["photos"], actor=actor, at=at)
        return self.answer(request, approval_or_404(request, number))


class ApprovalStep(OneApproval, StepView):
    """One step of the workflow; `of` makes the view of each."""

    workflow = WORKFLOW

    def found(self, request: Request, **where: Any) -> ApprovalCase:
        return approval_or_404(request, where["number"])

    def context(self, found: ApprovalCase) -> dict[str, Any]:
        return {"guide": found.guide}

    def check_is_for(self, found: ApprovalCase, step: Transition, *, actor: Actor, at: datetime) -> None:
        check_is_for(found, step, actor=actor, at=at)

    def act(
        self,
        found: ApprovalCase,
        step: Transition,
        *,
        actor: Actor,
        at: datetime,
        seen: int | None,
        given: dict[str, Any],
    ) -> None:
        try:
            take(found, step, actor=actor, at=at, seen=seen, given=given)
        except Refused as refused:
            # Another step has an input of its own that is called days.
            raise renamed(refused, INPUT_OF if step.extends else {}) from None

    @classmethod
    def of(cls, name: str) -> Any:
        return cls.view_of(name, STEPS[name], operation="approvals", answers=ApprovalSerializer, leaves=True)
