"""What stands beside applications over the API: what comes in, bad ratings, permits. Verbs and rules are the
pages', errors those of `approvals.api_desk`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from approvals import permits
from approvals.api_desk import DESK
from approvals.filters import seen_approvals
from approvals.forms_incoming import IncomingFilter, seen_incoming
from approvals.forms_ratings import RatingFilter, seen_ratings
from approvals.incoming import register
from approvals.models import BadRating, Incoming, Permit
from approvals.rules import incoming as incoming_rules
from approvals.rules import permit as permit_rules
from approvals.rules import rating as rating_rules
from approvals.serializers_beside import (
    INCOMING_STEPS,
    PERMIT_STEPS,
    RATING_STEPS,
    ArrivalSerializer,
    IncomingPageSerializer,
    IncomingRowSerializer,
    IncomingSerializer,
    PermitAtDeskSerializer,
    RatingPageSerializer,
    RatingRowSerializer,
    RatingSerializer,
)
from portal.cases.api_steps import KEYS, NOT_FOUND, NOT_YOURS, WRONG
from portal.cases.api_taking import Rows, Step, about
from portal.cases.workflow import Transition
from portal.organisation.actors import Actor, Role
from portal.organisation.actors_of import actor_of
from portal.organisation.permissions import HasRole

COUNTER = HasRole.of(*sorted(incoming_rules.SEEN_BY | incoming_rules.UNIT))
RATING_DESK = HasRole.of(*sorted(rating_rules.HANDLES))


# What comes in ----------------------------------------------------------------------------------------------


class IncomingRows(Rows):
    queryset = Incoming.objects.none()
    serializer_class = IncomingRowSerializer
    filterset_class = IncomingFilter

    def get_permissions(self) -> list[Any]:
        return [HasRole.of(Role.CLERK)() if self.request.method == "POST" else COUNTER()]

    @extend_schema(
        operation_id="approvals_incoming_list",
        summary="Incoming documents and requests: open ones by what is due first, answered ones newest first",
        parameters=KEYS,
        filters=True,
        responses={200: IncomingPageSerializer, 400: WRONG, 403: NOT_YOURS},
    )
    def get(self, request: Request) -> Response:
        return self.rows(request, seen_incoming(actor_of(request)), IncomingPageSerializer)

    @extend_schema(
        operation_id="approvals_incoming_register",
        summary="Register an incoming document or request",
        request=ArrivalSerializer,
        responses={201: IncomingSerializer, 400: WRONG, 403: NOT_YOURS},
    )
    def post(self, request: Request) -> Response:
        form = ArrivalSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        actor = actor_of(request)
        made = register(form.arrival(), actor=actor, at=timezone.now())
        found = seen_incoming(actor).get(pk=made.pk)
        sees = incoming_rules.sees_the_sender(found, actor_of(request))
        context = {**about(incoming_rules.WORKFLOW, found, request), "sees_the_sender": sees}
        return Response(IncomingSerializer(found, context=context).data, status=201)


class OneIncoming(APIView):
    permission_classes = [COUNTER]

    def found(self, request: Request, **where: Any) -> Incoming:
        found = seen_incoming(actor_of(request)).filter(number=where["number"]).first()
        if found is None:
            raise Http404
        return found

    def answer(self, request: Request, found: Incoming) -> Response:
        sees = incoming_rules.sees_the_sender(found, actor_of(request))
        context = {**about(incoming_rules.WORKFLOW, found, request), "sees_the_sender": sees}
        return Response(IncomingSerializer(found, context=context).data)


class IncomingView(OneIncoming):
    @extend_schema(
        operation_id="approvals_incoming",
        summary="What came in, with its limit explained and the steps that may be taken now",
        responses={200: IncomingSerializer, 403: NOT_YOURS, 404: NOT_FOUND},
    )
    def get(self, request: Request, number: str) -> Response:
        return self.answer(request, self.found(request, number=number))


class IncomingStep(OneIncoming, Step):
    """One step of what came in; `of` makes the view of each."""

    workflow = incoming_rules.WORKFLOW
    # What the rule of extending calls its inputs.
    input_of = {"days": "extend_by", "reason": "note"}

    @classmethod
    def of(cls, name: str) -> Any:
        serializer = INCOMING_STEPS[name]
        return cls.view_of(
            name, serializer, operation="approvals_incoming", answers=IncomingSerializer, leaves=True
        )


# Bad ratings ------------------------------------------------------------------------------------------------


class RatingRows(Rows):
    permission_classes = [RATING_DESK]
    queryset = BadRating.objects.none()
    serializer_class = RatingRowSerializer
    filterset_class = RatingFilter

    @extend_schema(
        operation_id="approvals_ratings_list",
        summary="Bad ratings: open ones by what is due first, those put right newest first",
        parameters=KEYS,
        filters=True,
        responses={200: RatingPageSerializer, 400: WRONG, 403: NOT_YOURS},
    )
    def get(self, request: Request) -> Response:
        return self.rows(request, seen_ratings(actor_of(request)), RatingPageSerializer)


class OneRating(APIView):
    permission_classes = [RATING_DESK]

    def found(self, request: Request, **where: Any) -> BadRating:
        found = seen_ratings(actor_of(request)).filter(number=where["number"]).first()
        if found is None:
            raise Http404
        return found

    def answer(self, request: Request, found: BadRating) -> Response:
        # Who was rated calls nobody about it.
        calls = actor_of(request).id != found.approval.first_contact_id
        context = {**about(rating_rules.WORKFLOW, found, request), "calls": calls}
        return Response(RatingSerializer(found, context=context).data)


class RatingView(OneRating):
    @extend_schema(
        operation_id="approvals_rating",
        summary="A bad rating, with whom to call and the steps that may be taken now",
        responses={200: RatingSerializer, 403: NOT_YOURS, 404: NOT_FOUND},
    )
    def get(self, request: Request, number: str) -> Response:
        return self.answer(request, self.found(request, number=number))


class RatingStep(OneRating, Step):
    """One step of a bad rating; `of` makes the view of each."""

    workflow = rating_rules.WORKFLOW

    @classmethod
    def of(cls, name: str) -> Any:
        return cls.view_of(name, RATING_STEPS[name], operation="approvals_rating", answers=RatingSerializer)


# Permits ----------------------------------------------------------------------------------------------------


class OnePermit(APIView):
    permission_classes = [DESK]

    def found(self, request: Request, **where: Any) -> Permit:
        """The permit that the application led to. Raises Http404 for one that is not the reader's to see."""
        seen = seen_approvals(actor_of(request)).filter(number=where["number"]).values("pk")
        found = Permit.objects.select_related("document", "case").filter(case__in=seen).first()
        if found is None:
            raise Http404
        return found

    def answer(self, request: Request, found: Permit) -> Response:
        allowed = permits.allowed(found, actor=actor_of(request), at=timezone.now())
        context = {"request": request, "allowed": [step.name for step in allowed]}
        return Response(PermitAtDeskSerializer(found, context=context).data)


class PermitView(OnePermit):
    @extend_schema(
        operation_id="approvals_permit",
        summary="The permit that an application led to, and the steps that may be taken now",
        responses={200: PermitAtDeskSerializer, 403: NOT_YOURS, 404: NOT_FOUND},
    )
    def get(self, request: Request, number: str) -> Response:
        return self.answer(request, self.found(request, number=number))


class PermitStep(OnePermit, Step):
    """One step of a permit; `of` makes the view of each."""

    workflow = permit_rules.WORKFLOW

    def act(
        self,
        found: Any,
        step: Transition,
        *,
        actor: Actor,
        at: datetime,
        seen: int | None,
        given: dict[str, Any],
    ) -> None:
        # What is left out stays as it is, and has to fit like what is given.
        kept = {"valid_until": found.valid_until} if "valid_until" in step.changes else {}
        permits.take(found, step.name, actor=actor, at=at, seen=seen, **{**kept, **given})

    @classmethod
    def of(cls, name: str) -> Any:
        serializer = PERMIT_STEPS[name]
        return cls.view_of(name, serializer, operation="approvals_permit", answers=PermitAtDeskSerializer)
