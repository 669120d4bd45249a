"""Information requests and publications over the API: everyone applies, staff take the steps of their roles.

Verbs and rules are the pages'. Errors: 400 with the field and its sentences, 403 and 404 for what is not the
reader's, 409 when somebody else was first, 429 for who applies too often.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import ScopedRateThrottle
from rest_framework.views import APIView

from disclosure import publishing, requesting
from disclosure.forms.publication_steps import PublicationFilter, seen_publications
from disclosure.forms.request_list import RequestFilter, seen_requests
from disclosure.models import InformationRequest, Publication
from disclosure.rules import publication as publication_rules
from disclosure.rules import request as request_rules
from disclosure.serializers_cases import (
    PUBLICATION_STEPS,
    REQUEST_STEPS,
    AskingSerializer,
    PublicationPageSerializer,
    PublicationRowSerializer,
    PublicationSerializer,
    ReceivedSerializer,
    RequestOpenedSerializer,
    RequestPageSerializer,
    RequestRowSerializer,
    RequestSerializer,
)
from portal.cases.api_once import KEY, key_of
from portal.cases.api_steps import (
    KEYS,
    NOT_FOUND,
    NOT_YOURS,
    TOO_LATE,
    TOO_MANY,
    WRONG,
    opened,
)
from portal.cases.api_taking import Rows, Step, about
from portal.cases.pages import UnderWay, said_once
from portal.cases.workflow import Conflict, Transition
from portal.organisation.actors import CITIZEN, Actor
from portal.organisation.actors_of import actor_of
from portal.organisation.permissions import HasRole

REQUEST_DESK = HasRole.of(*sorted(request_rules.SEEN_BY))
OFFICERS = HasRole.of(*sorted(request_rules.OFFICER))
PUBLICATION_DESK = HasRole.of(*sorted(publication_rules.SEEN_BY | publication_rules.HANDLED_BY))


# Applying ---------------------------------------------------------------------------------------------------


def open_once(
    form: AskingSerializer, opens: Callable[[], InformationRequest], *, key: str, actor: Actor
) -> Response:
    """Open the request unless the same was sent before under the same key; the answer about it."""
    made: list[InformationRequest] = []

    def number() -> str:
        made.append(opens())
        return str(made[0].number)

    try:
        found = said_once(["disclosure.api", key, actor.id, form.said()], number) if key else number()
    except UnderWay:
        raise Conflict(_("This request is being saved already. Please wait a moment.")) from None
    case = made[0] if made else InformationRequest.objects.get(number=found)
    response = opened(case, now=timezone.now())
    response.data["code"] = case.lookup_code
    return response


class Requests(Rows):
    """Everyone applies; those who deal with requests see the list."""

    queryset = InformationRequest.objects.none()
    serializer_class = RequestRowSerializer
    filterset_class = RequestFilter
    throttle_scope = "information_request"

    def get_permissions(self) -> list[Any]:
        return [AllowAny() if self.request.method == "POST" else REQUEST_DESK()]

    def get_throttles(self) -> list[Any]:
        return [ScopedRateThrottle()] if self.request.method == "POST" else []

    @extend_schema(
        operation_id="information_requests_list",
        summary="Information requests (依申请公开): open ones by what is due first, ended ones newest first",
        parameters=KEYS,
        filters=True,
        responses={200: RequestPageSerializer, 400: WRONG, 403: NOT_YOURS},
    )
    def get(self, request: Request) -> Response:
        return self.rows(request, seen_requests(actor_of(request)), RequestPageSerializer)

    @extend_schema(
        operation_id="information_requests_apply",
        summary="Apply for information that is not published; files as multipart form data",
        description="The bureau confirms the request with its applicant; from that day the 20 working days "
        "of 政府信息公开条例 art. 33 run (art. 31). Number and code together follow it at cases/{number}/.",
        auth=[],
        parameters=[KEY],
        request={"multipart/form-data": AskingSerializer, "application/json": AskingSerializer},
        responses={201: RequestOpenedSerializer, 400: WRONG, 409: TOO_LATE, 429: TOO_MANY},
    )
    def post(self, request: Request) -> Response:
        key = key_of(request)
        form = AskingSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        at = timezone.now()
        return open_once(
            form, lambda: requesting.apply(form.asking(), actor=CITIZEN, at=at), key=key, actor=CITIZEN
        )


class ReceivedRequests(APIView):
    permission_classes = [OFFICERS]

    @extend_schema(
        operation_id="information_requests_receive",
        summary="Enter a request that came in person, by post or by fax",
        parameters=[KEY],
        request={"multipart/form-data": ReceivedSerializer, "application/json": ReceivedSerializer},
        responses={201: RequestOpenedSerializer, 400: WRONG, 403: NOT_YOURS, 409: TOO_LATE},
    )
    def post(self, request: Request) -> Response:
        key, actor = key_of(request), actor_of(request)
        form = ReceivedSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        given, at = form.validated_data, timezone.now()

        def opens() -> InformationRequest:
            return requesting.apply(
                form.asking(), channel=given["channel"], received_on=given["received_on"], actor=actor, at=at
            )

        return open_once(form, opens, key=key, actor=actor)


# One request ------------------------------------------------------------------------------------------------


class OneRequest(APIView):
    permission_classes = [REQUEST_DESK]

    def found(self, request: Request, **where: Any) -> InformationRequest:
        rows: Any = InformationRequest.objects.visible_to(actor_of(request)).for_list()
        found: InformationRequest | None = rows.filter(number=where["number"]).first()
        if found is None:
            raise Http404
        return found

    def answer(self, request: Request, found: InformationRequest) -> Response:
        knows = actor_of(request).has_role(*request_rules.KNOWS_THE_APPLICANT)
        context = {**about(request_rules.WORKFLOW, found, request), "knows_the_applicant": knows}
        return Response(RequestSerializer(found, context=context).data)


class RequestView(OneRequest):
    @extend_schema(
        operation_id="information_requests_one",
        summary="A request, with its limits explained and the steps that may be taken now",
        responses={200: RequestSerializer, 403: NOT_YOURS, 404: NOT_FOUND},
    )
    def get(self, request: Request, number: str) -> Response:
        return self.answer(request, self.found(request, number=number))


class RequestStep(OneRequest, Step):
    workflow = request_rules.WORKFLOW

    def act(
        self,
        found: InformationRequest,
        step: Transition,
        *,
        actor: Actor,
        at: datetime,
        seen: int | None,
        given: dict[str, Any],
    ) -> None:
        requesting.take_step(found, step.name, actor=actor, at=at, seen=seen, **given)

    @classmethod
    def of(cls, name: str) -> Any:
        return cls.view_of(
            name, REQUEST_STEPS[name], operation="information_requests", answers=RequestSerializer
        )


# Publications -----------------------------------------------------------------------------------------------


class Publications(Rows):
    permission_classes = [PUBLICATION_DESK]
    queryset = Publication.objects.none()
    serializer_class = PublicationRowSerializer
    filterset_class = PublicationFilter

    @extend_schema(
        operation_id="publications_list",
        summary="Texts on their way into the catalogue: open ones by what is due first",
        parameters=KEYS,
        filters=True,
        responses={200: PublicationPageSerializer, 400: WRONG, 403: NOT_YOURS},
    )
    def get(self, request: Request) -> Response:
        seen = seen_publications(actor_of(request)).select_related("corrects")
        return self.rows(request, seen, PublicationPageSerializer)


class OnePublication(APIView):
    permission_classes = [PUBLICATION_DESK]

    def found(self, request: Request, **where: Any) -> Publication:
        rows: Any = Publication.objects.visible_to(actor_of(request)).for_list().select_related("corrects")
        found: Publication | None = rows.filter(number=where["number"]).first()
        if found is None:
            raise Http404
        return found

    def answer(self, request: Request, found: Publication) -> Response:
        context = about(publication_rules.WORKFLOW, found, request)
        # To change a text has a page, and no address here.
        context["allowed"] = [name for name in context["allowed"] if name in PUBLICATION_STEPS]
        return Response(PublicationSerializer(found, context=context).data)


class PublicationView(OnePublication):
    @extend_schema(
        operation_id="publications_one",
        summary="A publication, with its limits explained and the steps that may be taken now",
        responses={200: PublicationSerializer, 403: NOT_YOURS, 404: NOT_FOUND},
    )
    def get(self, request: Request, number: str) -> Response:
        return self.answer(request, self.found(request, number=number))


class PublicationStep(OnePublication, Step):
    workflow = publication_rules.WORKFLOW

    def act(
        self,
        found: Publication,
        step: Transition,
        *,
        actor: Actor,
        at: datetime,
        seen: int | None,
        given: dict[str, Any],
    ) -> None:
        publishing.take(found, step.name, actor=actor, at=at, seen=seen, **given)

    @classmethod
    def of(cls, name: str) -> Any:
        return cls.view_of(
            name, PUBLICATION_STEPS[name], operation="publications", answers=PublicationSerializer
        )
