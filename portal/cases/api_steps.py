"""What the API of every kind of case does alike: lists by key, limits explained, steps of a workflow.

Errors: 400 with the field and its sentences, 403 for a role that may not, 404 for what is not the reader's to
see, 409 when somebody else was first, 429 for who asks too often.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import remove_query_param, replace_query_param
from rest_framework.views import APIView

from portal.cases.explaining import case_deadlines, deadline_as_data, row_of
from portal.cases.filters import StrictFilterBackend
from portal.cases.keyset import BadKey, read_page
from portal.cases.models import Case
from portal.cases.opening import first_run
from portal.cases.workflow import Conflict, NotAllowed, Refused, Transition, Workflow
from portal.organisation.actors import Actor
from portal.organisation.actors_of import actor_of
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
NOT_FOUND = OpenApiResponse(ERROR, description="It is not there, or it is not yours to see.")
TOO_LATE = OpenApiResponse(ERROR, description="Somebody else was first; the sentence says who and when.")
TOO_MANY = OpenApiResponse(ERROR, description="Too many from this address.")
KEYS = [
    OpenApiParameter("after", OpenApiTypes.STR, description="From `next`: the page after a row."),
    OpenApiParameter("before", OpenApiTypes.STR, description="From `previous`: the page before a row."),
]


def filtered(view: GenericAPIView[Any], request: Request, seen: QuerySet[Any]) -> Any:
    """The view's filter over what may be seen. Raises ValidationError at the field that makes no sense."""
    found = StrictFilterBackend().get_filterset(request, seen, view)
    if not found.is_valid():
        raise serializers.ValidationError(
            {name: [str(sentence) for sentence in errors] for name, errors in found.errors.items()}
        )
    return found


def no_such_page(name: str) -> serializers.ValidationError:
    """For the name of the parameter that leads to no page of the list."""
    sentence = _("There is no such page of the list. Please begin with the first.")
    return serializers.ValidationError({name: [sentence]})


def keyed_page(view: GenericAPIView[Any], request: Request, seen: QuerySet[Any]) -> dict[str, Any]:
    """The page that is asked for, with the addresses of its neighbours. Raises ValidationError."""
    found = filtered(view, request, seen)
    after, before = request.query_params.get("after", ""), request.query_params.get("before", "")
    try:
        page = read_page(found.qs, order=found.order(), after=after, before=before, size=PAGE_SIZE)
    except BadKey:
        raise no_such_page("after" if after else "before") from None
    address = remove_query_param(request.build_absolute_uri(), "after")
    address = remove_query_param(address, "before")
    return {
        "next": replace_query_param(address, "after", page.after) if page.after else None,
        "previous": replace_query_param(address, "before", page.before) if page.before else None,
        "results": page.rows,
    }


def words_of(now: datetime, calendar: Calendar) -> Callable[[Case], str]:
    """Says of a case of a list the limit that comes first."""

    def words(case: Case) -> str:
        return row_of(case, now=now, calendar=calendar).limit.words

    return words


def opened(case: Any, *, now: datetime) -> Response:
    """The answer to whoever opened it: number, code, and the limits, plain already. No cache keeps it."""
    data = {
        "number": case.number,
        "lookup_code": case.lookup_code,
        "state": case.state,
        "deadlines": _limits(case, now=now),
    }
    response = Response(data, status=201)
    add_never_cache_headers(response)
    return response


def _limits(case: Any, *, now: datetime) -> list[dict[str, Any]]:
    """The limits explained: from what is in hand where the case was only opened, else as they stand now."""
    if begun := getattr(case, "opening", None):
        return [
            deadline_as_data(clock, calendar=begun.calendar, now=now, run=first_run(clock))
            for clock in begun.clocks
        ]
    calendar = current_calendar()
    return [deadline_as_data(row, calendar=calendar, now=now) for row in case_deadlines(case)]


def renamed(refused: Refused, names: Mapping[str, str]) -> Refused:
    """The same refusal with the name that the API has for the input."""
    name = names.get(refused.field or "")
    if isinstance(refused, Conflict | NotAllowed) or name is None:
        return refused
    return Refused(refused.message, field=name)


class StepView(APIView):
    """One step of a workflow; `view_of` makes the view of each.

    An app's own view says how the thing is found (`found`, with what stands in the address), whether the step
    is the actor's at all (`check_is_for`), how it is taken (`act`), and how the thing is drawn (`answer`).
    """

    workflow: ClassVar[Workflow]
    # What a rule calls an input, where the API calls it otherwise.
    input_of: ClassVar[Mapping[str, str]] = {}
    step: str = ""
    serializer: type[serializers.Serializer[Any]] = serializers.Serializer

    def found(self, request: Request, **where: Any) -> Any:
        """Raises Http404 for what is not the reader's to see."""
        raise NotImplementedError

    def answer(self, request: Request, found: Any) -> Response:
        raise NotImplementedError

    def context(self, found: Any) -> dict[str, Any]:
        """What the step's serializer has to know of the thing."""
        return {}

    def check_is_for(self, found: Any, step: Transition, *, actor: Actor, at: datetime) -> None:
        raise NotImplementedError

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
        raise NotImplementedError

    def take(self, request: Request, **where: Any) -> Response:
        found, actor, at = self.found(request, **where), actor_of(request), timezone.now()
        step = self.workflow.transition(self.step)
        self.check_is_for(found, step, actor=actor, at=at)
        form = self.serializer(data=request.data, context=self.context(found))
        form.is_valid(raise_exception=True)
        given = dict(form.validated_data)
        seen = given.pop("seen", None)
        try:
            self.act(found, step, actor=actor, at=at, seen=seen, given=given)
        except Refused as refused:
            raise renamed(refused, self.input_of) from None
        try:
            return self.answer(request, self.found(request, **where))
        except Http404:
            # A unit that returned the case sees it no longer.
            return Response(status=204)

    @classmethod
    def view_of(
        cls,
        name: str,
        serializer: type[serializers.Serializer[Any]],
        *,
        operation: str,
        answers: type[serializers.Serializer[Any]],
        leaves: bool = False,
    ) -> Any:
        """The view of the step `name`; `leaves` where who takes a step may see the case no longer."""
        rule = cls.workflow.transition(name)
        gone = {204: OpenApiResponse(description="Done; the case is no longer yours to see.")}

        @extend_schema(
            operation_id=f"{operation}_{name}",
            summary=f"Take the step “{name}”",
            description=f"By: {', '.join(sorted(rule.by))}. From: {', '.join(sorted(rule.sources))}.",
            request=serializer,
            responses={200: answers, 400: WRONG, 403: NOT_YOURS, 404: NOT_FOUND, 409: TOO_LATE}
            | (gone if leaves else {}),
        )
        def post(self: StepView, request: Request, **where: Any) -> Response:
            return self.take(request, **where)

        title = name.title().replace("_", "")
        view = type(f"{cls.__name__}{title}", (cls,), {"post": post, "step": name})
        return view.as_view(serializer=serializer)  # type: ignore[attr-defined]
