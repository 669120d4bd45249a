"""Lists of cases and their steps over the API, where a step is one transition and nothing else."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from django.utils import timezone
from rest_framework import serializers
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from portal.cases.actions import advance
from portal.cases.api_steps import StepView, keyed_page, words_of
from portal.cases.explaining import case_deadlines, deadline_as_data
from portal.cases.filters import StrictFilterBackend
from portal.cases.models import Case
from portal.cases.workflow import Move, NotAllowed, Refused, Transition, Workflow
from portal.organisation.actors import Actor
from portal.organisation.actors_of import actor_of
from portal.workdays.current import current_calendar


def about(workflow: Workflow, found: Case, request: Request) -> dict[str, Any]:
    """What a serializer says of a case besides its row: its limits, and the steps of the reader."""
    now, calendar, actor = timezone.now(), current_calendar(), actor_of(request)
    return {
        "words": words_of(now, calendar),
        "deadlines": [deadline_as_data(row, calendar=calendar, now=now) for row in case_deadlines(found)],
        "allowed": [step.name for step in workflow.allowed(found, actor=actor, at=now)],
    }


class Step(StepView):
    """A step that is one transition and nothing else."""

    def check_is_for(self, found: Any, step: Transition, *, actor: Actor, at: datetime) -> None:
        try:
            self.workflow.check_may(step, Move(case=cast("Case", found), actor=actor, at=at))
        except NotAllowed:
            raise
        except Refused:
            return  # what stands in the way may be gone when the row is locked, and is said then

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
        advance(found, step.name, actor=actor, at=at, seen=seen, **given)


class Rows(GenericAPIView):
    """A list of cases of one kind that one may see."""

    pagination_class = None
    filter_backends = [StrictFilterBackend]

    def rows(self, request: Request, seen: Any, page: type[serializers.Serializer[Any]]) -> Response:
        context = {"words": words_of(timezone.now(), current_calendar())}
        return Response(page(keyed_page(self, request, seen), context=context).data)
