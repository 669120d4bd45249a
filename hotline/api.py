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
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.generics import GenericAPIView
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import ScopedRateThrottle
from rest_framework.utils.urls import remove_query_param, replace_query_param
from rest_framework.views import APIView

from hotline import actions
from hotline.filters import TicketFilter, TicketFilterBackend, seen_tickets
from hotline.keyset import BadKey, read_page
from hotline.models import Category, Ticket
from hotline.serializers import (
    STEPS,
    CategorySerializer,
    NewTicketSerializer,
    OpenedSerializer,
    ReportSerializer,
    StepSerializer,
    TicketRowSerializer,
    TicketSerializer,
    matter_of,
)
from hotline.steps import INPUT_OF, check_is_for, step_named, take
from hotline.views.common import STAFF, sees_the_caller
from hotline.wording import row_of
from hotline.workflow import WORKFLOW
from portal.cases.explaining import case_deadlines, deadline_as_data
from portal.cases.opening import first_run
from portal.cases.workflow import Conflict, NotAllowed, Refused
from portal.organisation.actors import CITIZEN, Role
from portal.organisation.actors_of import actor_of
from portal.organisation.permissions import HasRole
from portal.workdays.calendar import Calendar
from portal.workdays.current import current_calendar

PAGE_SIZE = 20
ERROR = {"type": "object", "properties": {"detail": {"type": "string"}}}
FIELD_ERRORS = {
    "type": "object",
    "additionalProperties": {"oneOf": [{"type": "array", "items": {"type": "string"}}, {"type": "string"}]},
}
WRONG = OpenApiResponse(FIELD_ERRORS, description="The field, and sentences saying what is wrong with it.")
NOT_YOURS = OpenApiResponse(ERROR, description="Your role does not permit it.")
NOT_FOUND = OpenApiResponse(ERROR, description="There is no such ticket, or it is not yours to see.")
TOO_LATE = OpenApiResponse(ERROR, description="Somebody else was first; the sentence says who and when.")
KEYS = [
    OpenApiParameter("after", OpenApiTypes.STR, description="From `next`: the page after a row."),
    OpenApiParameter("before", OpenApiTypes.STR, description="From `previous`: the page before a row."),
]


class TicketPageSerializer(serializers.Serializer[Any]):
    """A page of at most 20; nothing is counted, so that a page costs the same in a list of any length."""

    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = TicketRowSerializer(many=True)


def words_of(now: datetime, calendar: Calendar) -> Any:
    def words(ticket: Ticket) -> str:
        return row_of(ticket, now=now, calendar=calendar).limit.words

    return words


def opened(ticket: Ticket, *, now: datetime) -> Response:
    """The answer to whoever opened it, in the shape of `OpenedSerializer`: its values are plain already."""
    data = {
        "number": ticket.number,
        "lookup_code": ticket.lookup_code,
        "state": ticket.state,
        "deadlines": _limits(ticket, now=now),
    }
    return Response(data, status=201)


def _limits(ticket: Ticket, *, now: datetime) -> list[dict[str, Any]]:
    """The limits explained: from what is in hand where the ticket was only opened, else as they stand now."""
    if begun := ticket.opening:
        return [
            deadline_as_data(clock, calendar=begun.calendar, now=now, run=first_run(clock))
            for clock in begun.clocks
        ]
    calendar = current_calendar()
    return [deadline_as_data(row, calendar=calendar, now=now) for row in case_deadlines(ticket)]


class Tickets(GenericAPIView):
    """The tickets that one may see; logging a call is the operators'."""

    queryset = Ticket.objects.none()
    serializer_class = TicketRowSerializer
    pagination_class = None
    filter_backends = [TicketFilterBackend]
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
        found = TicketFilterBackend().get_filterset(request, seen_tickets(actor_of(request)), self)
        if not found.is_valid():
            raise serializers.ValidationError(
                {name: [str(sentence) for sentence in errors] for name, errors in found.errors.items()}
            )
        after, before = request.query_params.get("after", ""), request.query_params.get("before", "")
        try:
            page = read_page(found.qs, order=found.order(), after=after, before=before, size=PAGE_SIZE)
        except BadKey:
            name = "after" if after else "before"
            sentence = _("There is no such page of the list. Please begin with the first.")
            raise serializers.ValidationError({name: [sentence]}) from None
        address = remove_query_param(request.build_absolute_uri(), "after")
        address = remove_query_param(address, "before")
        data = {
            "next": replace_query_param(address, "after", page.after) if page.after else None,
            "previous": replace_query_param(address, "before", page.before) if page.before else None,
            "results": page.rows,
        }
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
            raise _renamed(refused, {"unit": "dispatch_to", "note": "answer"}) from None
        return opened(ticket, now=at)


class OneTicket(APIView):
    permission_classes = [HasRole.of(*STAFF)]

    def ticket(self, request: Request, number: str) -> Ticket:
        found = seen_tickets(actor_of(request)).filter(number=number).first()
        if found is None:
            raise Http404
        return found

    def answer(self, request: Request, ticket: Ticket) -> Response:
        now, calendar, actor = timezone.now(), current_calendar(), actor_of(request)
        context = {
            "words": words_of(now, calendar),
            "deadlines": [
                deadline_as_data(row, calendar=calendar, now=now) for row in case_deadlines(ticket)
            ],
            "allowed": [step.name for step in WORKFLOW.allowed(ticket, actor=actor, at=now)],
            "sees_the_caller": sees_the_caller(ticket, actor.roles, actor.unit_ids),
        }
        return Response(TicketSerializer(ticket, context=context).data)


class TicketView(OneTicket):
    @extend_schema(
        operation_id="hotline_ticket",
        summary="A ticket, with its limits explained and the steps that may be taken now",
        responses={200: TicketSerializer, 403: NOT_YOURS, 404: NOT_FOUND},
    )
    def get(self, request: Request, number: str) -> Response:
        return self.answer(request, self.ticket(request, number))


class StepView(OneTicket):
    """One step of the workflow; `of` makes the view of each."""

    step: str = ""
    serializer: type[StepSerializer] = StepSerializer

    def take(self, request: Request, number: str) -> Response:
        ticket, actor, at = self.ticket(request, number), actor_of(request), timezone.now()
        step = step_named(self.step)
        check_is_for(ticket, step, actor=actor, at=at)
        form = self.serializer(data=request.data)
        form.is_valid(raise_exception=True)
        seen = form.validated_data.get("seen")
        try:
            take(ticket, step, actor=actor, at=at, seen=seen, given=form.given())
        except Refused as refused:
            raise _renamed(refused, INPUT_OF) from None
        try:
            return self.answer(request, self.ticket(request, number))
        except Http404:
            # A unit that returned the ticket sees it no longer.
            return Response(status=204)

    @classmethod
    def of(cls, name: str) -> Any:
        serializer, rule = STEPS[name], WORKFLOW.transition(name)

        @extend_schema(
            operation_id=f"hotline_ticket_{name}",
            summary=f"Take the step “{name}”",
            description=f"By: {', '.join(sorted(rule.by))}. From: {', '.join(sorted(rule.sources))}.",
            request=serializer,
            responses={
                200: TicketSerializer,
                204: OpenApiResponse(description="Done; the ticket is no longer yours to see."),
                400: WRONG,
                403: NOT_YOURS,
                404: NOT_FOUND,
                409: TOO_LATE,
            },
        )
        def post(self: StepView, request: Request, number: str) -> Response:
            return self.take(request, number)

        view = type(f"{name.title().replace('_', '')}View", (cls,), {"post": post, "step": name})
        return view.as_view(serializer=serializer)  # type: ignore[attr-defined]


def _renamed(refused: Refused, names: dict[str, str]) -> Refused:
    """The same refusal with the name that the API has for the input."""
    if isinstance(refused, Conflict | NotAllowed) or refused.field not in names:
        return refused
    return Refused(refused.message, field=names[refused.field])


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
            429: OpenApiResponse(ERROR, description="Too many reports from this address."),
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
