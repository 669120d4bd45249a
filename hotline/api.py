"""The hotline over the API: the same verbs and the same rules as the pages.

Errors: 400 with the field and its sentences, 403 for a role that may not, 404 for a ticket that is not the
reader's to see, 409 when somebody else was first, 429 for who asks too often.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.generics import GenericAPIView
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import ScopedRateThrottle
from rest_framework.views import APIView

from hotline import actions
from hotline.filters import TicketFilter, seen_tickets
from hotline.models import Category, Ticket
from hotline.serializers import (
    STEPS,
    CategorySerializer,
    NewTicketSerializer,
    OpenedSerializer,
    ReportSerializer,
    TicketRowSerializer,
    TicketSerializer,
    matter_of,
)
from hotline.steps import INPUT_OF, check_is_for, take
from hotline.views.common import STAFF, sees_the_caller
from hotline.workflow import WORKFLOW
from portal.cases.api_steps import (
    KEYS,
    NOT_FOUND,
    NOT_YOURS,
    TOO_MANY,
    WRONG,
    keyed_page,
    opened,
    renamed,
    words_of,
)
from portal.cases.api_steps import StepView as CaseStepView
from portal.cases.explaining import case_deadlines, deadline_as_data
from portal.cases.filters import StrictFilterBackend
from portal.cases.workflow import Refused, Transition
from portal.organisation.actors import CITIZEN, Actor, Role
from portal.organisation.actors_of import actor_of
from portal.organisation.permissions import HasRole
from portal.workdays.current import current_calendar


class TicketPageSerializer(serializers.Serializer[Any]):
    """A page of at most 20; nothing is counted, so that a page costs the same in a list of any length."""

    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = TicketRowSerializer(many=True)


class Tickets(GenericAPIView):
    """The tickets that one may see; logging a call is the operators'."""

    queryset = Ticket.objects.none()
    serializer_class = TicketRowSerializer
    pagination_class = None
    filter_backends = [StrictFilterBackend]
    filterset_class = TicketFilter

    def get_permissions(self) -> list[Any]:
        return [HasRole.of(Role.OPERATOR)() if self.request.method == "POST" else HasRole.of(*STAFF)()]

    @extend_schema(
        operation_id="hotline_tickets_list",
        summary="Tickets: open ones by what is due first, closed ones newest first",
        parameters=KEYS,
        filters=True,
        responses={200: TicketPageSerializer, 400: WRONG, 403: NOT_YOURS},
    )
    def get(self, request: Request) -> Response:
        now, calendar = timezone.now(), current_calendar()
        data = keyed_page(self, request, seen_tickets(actor_of(request)))
        return Response(TicketPageSerializer(data, context={"words": words_of(now, calendar)}).data)

    @extend_schema(
        operation_id="hotline_tickets_create",
        summary="Log a call",
        request=NewTicketSerializer,
        responses={201: OpenedSerializer, 400: WRONG, 403: NOT_YOURS},
    )
    def post(self, request: Request) -> Response:
        given, at = NewTicketSerializer.read(request.data), timezone.now()
        answer, unit = given.get("answer", ""), given.get("dispatch_to")
        if answer and unit:
            sentence = _("Please either answer at once or dispatch, not both.")
            raise serializers.ValidationError({"dispatch_to": [sentence]})
        try:
            ticket = actions.log_call(
                matter_of(given), actor=actor_of(request), at=at, answer=answer, dispatch_to=unit
            )
        except Refused as refused:
            raise renamed(refused, {"unit": "dispatch_to", "note": "answer"}) from None
        return opened(ticket, now=at)


class OneTicket(APIView):
    permission_classes = [HasRole.of(*STAFF)]

    def ticket(self, request: Request, number: str) -> Ticket:
        found = seen_tickets(actor_of(request)).filter(number=number).first()
        if found is None:
            raise Http404
        return found

    def answer(self, request: Request, found: Ticket) -> Response:
        now, calendar, actor = timezone.now(), current_calendar(), actor_of(request)
        context = {
            "words": words_of(now, calendar),
            "deadlines": [deadline_as_data(row, calendar=calendar, now=now) for row in case_deadlines(found)],
            "allowed": [step.name for step in WORKFLOW.allowed(found, actor=actor, at=now)],
            "sees_the_caller": sees_the_caller(found, actor.roles, actor.unit_ids),
        }
        return Response(TicketSerializer(found, context=context).data)


class TicketView(OneTicket):
    @extend_schema(
        operation_id="hotline_ticket",
        summary="A ticket, with its limits explained and the steps that may be taken now",
        responses={200: TicketSerializer, 403: NOT_YOURS, 404: NOT_FOUND},
    )
    def get(self, request: Request, number: str) -> Response:
        return self.answer(request, self.ticket(request, number))


class StepView(OneTicket, CaseStepView):
    """One step of the workflow; `of` makes the view of each."""

    workflow = WORKFLOW
    input_of = INPUT_OF

    def found(self, request: Request, **where: Any) -> Ticket:
        return self.ticket(request, where["number"])

    def check_is_for(self, found: Ticket, step: Transition, *, actor: Actor, at: datetime) -> None:
        check_is_for(found, step, actor=actor, at=at)

    def act(
        self,
        found: Ticket,
        step: Transition,
        *,
        actor: Actor,
        at: datetime,
        seen: int | None,
        given: dict[str, Any],
    ) -> None:
        take(found, step, actor=actor, at=at, seen=seen, given=given)

    @classmethod
    def of(cls, name: str) -> Any:
        return cls.view_of(
            name, STEPS[name], operation="hotline_ticket", answers=TicketSerializer, leaves=True
        )


class Reports(APIView):
    """A citizen's report, without an account."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    throttle_classes = (ScopedRateThrottle,)
    throttle_scope = "report"

    @extend_schema(
        operation_id="hotline_report",
        summary="Report a problem; photos as multipart form data",
        auth=[],
        request={"multipart/form-data": ReportSerializer, "application/json": ReportSerializer},
        responses={
            201: OpenedSerializer,
            400: WRONG,
            429: TOO_MANY,
        },
    )
    def post(self, request: Request) -> Response:
        form = ReportSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        at = timezone.now()
        photos = form.validated_data.get("photos", ())
        return opened(actions.report(form.matter(), photos=photos, actor=CITIZEN, at=at), now=at)


class Categories(GenericAPIView):
    """What a ticket can be about."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    pagination_class = None
    filter_backends: list[Any] = []
    queryset = Category.objects.filter(active=True).select_related("usual_unit")
    serializer_class = CategorySerializer

    @extend_schema(
        operation_id="hotline_categories",
        summary="The categories in use",
        auth=[],
        responses=CategorySerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        return Response(CategorySerializer(self.get_queryset(), many=True).data)
