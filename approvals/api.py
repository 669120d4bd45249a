"""The one-stop window over the API, for everyone: its items, to apply, and the applicant's own steps.

What becomes of an application is read at cases/{number}/, its papers at cases/{number}/documents/. Errors:
400 with the field and its sentences, 404 for a number that does not belong to the code, 409 when somebody
else was first, 429 for who asks too often.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.generics import GenericAPIView
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import ScopedRateThrottle
from rest_framework.views import APIView

from approvals import actions
from approvals.filters_public import ItemFilter
from approvals.models import ApprovalCase, ItemGuide
from approvals.serializers import (
    ApplicationOpenedSerializer,
    ApplicationSerializer,
    BringSerializer,
    GuideSerializer,
    ItemSerializer,
    OwnSerializer,
    RateSerializer,
    WithdrawOwnSerializer,
)
from portal.cases.access import find_by_code
from portal.cases.api import CODE_HEADER, CaseSerializer, case_as_data, code_given
from portal.cases.api_once import KEY, key_of
from portal.cases.api_steps import NOT_FOUND, TOO_LATE, TOO_MANY, WRONG, filtered, opened, renamed
from portal.cases.filters import StrictFilterBackend
from portal.cases.pages import UnderWay, said_once
from portal.cases.workflow import Conflict, Refused
from portal.organisation.actors import CITIZEN, Actor

# Items and their guides -------------------------------------------------------------------------------------


class Items(GenericAPIView):
    """What one can apply for today."""

    queryset = ItemGuide.objects.none()
    serializer_class = ItemSerializer
    authentication_classes = ()
    permission_classes = (AllowAny,)
    pagination_class = None
    filter_backends = [StrictFilterBackend]
    filterset_class = ItemFilter

    @extend_schema(
        operation_id="approvals_items_list",
        summary="Items that can be applied for, in the window's order",
        filters=True,
        auth=[],
        responses={200: ItemSerializer(many=True), 400: WRONG},
    )
    def get(self, request: Request) -> Response:
        published = ItemGuide.objects.published().select_related("item")
        found = filtered(self, request, published.order_by("item__position", "item_id"))
        return Response(ItemSerializer(found.qs, many=True, context={"request": request}).data)


class OneItem(APIView):
    authentication_classes = ()
    permission_classes = (AllowAny,)

    @extend_schema(
        operation_id="approvals_item",
        summary="The guide (办事指南) of an item: basis, conditions, materials, steps, limits, fee, place",
        auth=[],
        responses={200: GuideSerializer, 404: NOT_FOUND},
    )
    def get(self, request: Request, code: str) -> Response:
        guide = ItemGuide.objects.published().for_public().filter(item__code=code).first()
        if guide is None:
            raise Http404
        return Response(GuideSerializer(guide, context={"request": request}).data)


# Applying ---------------------------------------------------------------------------------------------------


def receive_once(
    form: ApplicationSerializer, opens: Callable[[], ApprovalCase], *, key: str, actor: Actor
) -> Response:
    """Open the application unless the same was sent before under the same key; the answer about it."""
    made: list[ApprovalCase] = []

    def number() -> str:
        made.append(opens())
        return str(made[0].number)

    try:
        found = said_once(["approvals.api", key, actor.id, form.said()], number) if key else number()
    except UnderWay:
        raise Conflict(_("This application is being saved already. Please wait a moment.")) from None
    except Refused as refused:
        # The rule speaks of the guide, the API of its item.
        raise renamed(refused, {"guide": "item"}) from None
    case = made[0] if made else ApprovalCase.objects.get(number=found)
    response = opened(case, now=timezone.now())
    response.data["code"] = case.lookup_code
    return response


class Applications(APIView):
    """A citizen's application, without an account."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    throttle_classes = (ScopedRateThrottle,)
    throttle_scope = "application"

    @extend_schema(
        operation_id="approvals_apply",
        summary="Apply for an item; files as multipart form data",
        description="An application is received without files as well, or with some of them: to be received "
        "is the applicant's right (行政许可法 art. 32). Within five working days one notice names everything "
        "that is missing, and it goes on when that is there. A form that people fill in should say what is "
        "missing before they send it, as the portal's own does.",
        auth=[],
        parameters=[KEY],
        request={"multipart/form-data": ApplicationSerializer, "application/json": ApplicationSerializer},
        responses={201: ApplicationOpenedSerializer, 400: WRONG, 409: TOO_LATE, 429: TOO_MANY},
    )
    def post(self, request: Request) -> Response:
        key = key_of(request)
        form = ApplicationSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        at = timezone.now()
        return receive_once(
            form, lambda: actions.apply(form.application(), actor=CITIZEN, at=at), key=key, actor=CITIZEN
        )


# The applicant's own steps ----------------------------------------------------------------------------------


class OwnStep(APIView):
    """A step of the applicant, known by the look-up code, which stands in a header or in the body."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    throttle_classes = (ScopedRateThrottle,)
    throttle_scope = "lookup"

    def case(self, request: Request, number: str) -> ApprovalCase:
        """Raises Http404 alike for a number that is none and for a code that is another's."""
        said = request.data.get("code") if hasattr(request.data, "get") else None
        code = request.headers.get("X-Case-Code") or said or code_given(request)
        found = find_by_code(number, code if isinstance(code, str) else "")
        case = ApprovalCase.objects.filter(pk=found.pk).first() if found else None
        if case is None:
            raise Http404
        return case

    def read(self, form: type[OwnSerializer], request: Request, case: ApprovalCase) -> dict[str, Any]:
        filled = form(data=request.data, context={"case": case})
        filled.is_valid(raise_exception=True)
        return {name: value for name, value in filled.validated_data.items() if name != "code"}

    def answer(self, take: Callable[[datetime], ApprovalCase]) -> Response:
        """Take the step; the case as its owner reads it from then on."""
        try:
            moved = take(timezone.now())
        except Conflict:
            # The rule names the colleague who was first; to the applicant it was the office.
            sentence = _("The office has gone on with your application in the meantime. Please look again.")
            raise Conflict(sentence) from None
        return Response(CaseSerializer(case_as_data(moved)).data)


ANSWERS: dict[int, Any] = {200: CaseSerializer, 400: WRONG, 404: NOT_FOUND, 409: TOO_LATE, 429: TOO_MANY}


class Supplement(OwnStep):
    @extend_schema(
        operation_id="approvals_own_supplement",
        summary="Bring what was missing; files as multipart form data",
        auth=[],
        parameters=[CODE_HEADER],
        request={"multipart/form-data": BringSerializer, "application/json": BringSerializer},
        responses=ANSWERS,
    )
    def post(self, request: Request, number: str) -> Response:
        case = self.case(request, number)
        given = self.read(BringSerializer, request, case)
        files = given.pop("files")
        return self.answer(lambda at: actions.bring_supplement(case, files, actor=CITIZEN, at=at, **given))


class Withdraw(OwnStep):
    @extend_schema(
        operation_id="approvals_own_withdraw",
        summary="Withdraw the application before it is decided, saying why",
        auth=[],
        parameters=[CODE_HEADER],
        request=WithdrawOwnSerializer,
        responses=ANSWERS,
    )
    def post(self, request: Request, number: str) -> Response:
        case = self.case(request, number)
        given = self.read(WithdrawOwnSerializer, request, case)
        return self.answer(lambda at: actions.take(case, "withdraw", actor=CITIZEN, at=at, **given))


class Rate(OwnStep):
    @extend_schema(
        operation_id="approvals_own_rate",
        summary="Rate how it was handled (好差评), once, when it is over",
        auth=[],
        parameters=[CODE_HEADER],
        request=RateSerializer,
        responses=ANSWERS,
    )
    def post(self, request: Request, number: str) -> Response:
        case = self.case(request, number)
        given = {"rating_words": "", **self.read(RateSerializer, request, case)}
        return self.answer(lambda at: actions.take(case, "rate", actor=CITIZEN, at=at, **given))
