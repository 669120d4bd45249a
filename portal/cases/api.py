"""Any kind of case over the API: to staff who may see it, and to its owner with number and look-up code."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from django.utils import timezone
from django.utils.functional import cached_property
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import ScopedRateThrottle
from rest_framework.views import APIView

from portal.cases import kinds
from portal.cases.access import find_by_code
from portal.cases.deadlines import STAGE_VERBS
from portal.cases.explaining import case_deadlines, deadline_as_data
from portal.cases.models import Case
from portal.ledger.models import Event
from portal.organisation.actors_of import actor_of
from portal.workdays.current import current_calendar

CODE_HEADER = OpenApiParameter(
    "X-Case-Code",
    str,
    OpenApiParameter.HEADER,
    description="The look-up code, for the citizen whose case it is. Better than `code`: no log keeps it.",
)
CODE = [
    CODE_HEADER,
    OpenApiParameter("code", str, description="The look-up code, where no header can be sent."),
]


def code_given(request: Request) -> str:
    """The look-up code that came with a request: in its header, else in its address; "" without one."""
    return str(request.headers.get("X-Case-Code") or request.query_params.get("code", ""))


class DaySerializer(serializers.Serializer[Any]):
    date = serializers.DateField()
    counted = serializers.BooleanField()
    number = serializers.IntegerField(allow_null=True)
    reason = serializers.CharField()
    text = serializers.CharField()
    provisional = serializers.BooleanField()


class DeadlineSerializer(serializers.Serializer[Any]):
    """A limit: its days are days in Asia/Shanghai, `due_at` is the first moment that is too late."""

    id = serializers.IntegerField()
    term = serializers.CharField()
    name = serializers.CharField()
    limit = serializers.ChoiceField(choices=["statutory", "promised", "step"])
    started_at = serializers.DateTimeField()
    due_on = serializers.DateField(allow_null=True)
    due_at = serializers.DateTimeField(allow_null=True)
    provisional = serializers.BooleanField()
    warned_at = serializers.DateTimeField(allow_null=True)
    breached_at = serializers.DateTimeField(allow_null=True)
    stopped_at = serializers.DateTimeField(allow_null=True)
    words = serializers.CharField()
    basis = serializers.CharField()
    explanation = DaySerializer(many=True)


class StepSerializer(serializers.Serializer[Any]):
    verb = serializers.CharField()
    label = serializers.CharField()
    at = serializers.DateTimeField()


class CaseSerializer(serializers.Serializer[Any]):
    number = serializers.CharField()
    kind = serializers.CharField()
    title = serializers.CharField()
    state = serializers.CharField()
    state_label = serializers.CharField()
    unit = serializers.CharField(allow_null=True)
    opened_at = serializers.DateTimeField()
    closed_at = serializers.DateTimeField(allow_null=True)
    steps = StepSerializer(many=True)
    deadlines = DeadlineSerializer(many=True)


def steps_of(case: Case) -> list[dict[str, Any]]:
    """What happened so far, without names and notes: the case's owner reads it."""
    kind = kinds.of(case)
    workflow = kind.workflow
    labels = {workflow.opening.name: workflow.opening.label} | {
        rule.name: rule.label for rule in workflow.transitions.values()
    }
    recorded = Event.objects.filter(subject=case.subject).exclude(verb__in=STAGE_VERBS.values())
    events = [event for event in recorded.order_by("seq") if event.verb in labels]
    told = kind.public_words(events) if kind.public_words else [str(labels[event.verb]) for event in events]
    return [
        {"verb": event.verb, "label": words, "at": event.at}
        for event, words in zip(events, told, strict=True)
        if words
    ]


def limits_of(case: Case) -> list[dict[str, Any]]:
    """Every limit of a case as it stands now, with its explanation."""
    calendar, now = current_calendar(), timezone.now()
    return [deadline_as_data(row, calendar=calendar, now=now) for row in case_deadlines(case)]


def case_as_data(case: Case) -> dict[str, Any]:
    """A case in the shape of `CaseSerializer`, as its owner reads it."""
    return {
        "number": case.number,
        "kind": case.kind,
        "title": case.title,
        "state": case.state,
        "state_label": case.state_label,
        "unit": case.unit.localized_name if case.unit else None,
        "opened_at": case.opened_at,
        "closed_at": case.closed_at,
        "steps": steps_of(case),
        "deadlines": limits_of(case),
    }


class OneCase(APIView):
    permission_classes = [AllowAny]
    throttle_classes = [ScopedRateThrottle]
    throttle_scope = "lookup"

    def get_throttles(self) -> list[Any]:
        # Only who guesses is slowed down: staff work with the list, and may guess no more than others.
        return [] if self.seen_by_staff is not None else super().get_throttles()

    @cached_property
    def seen_by_staff(self) -> Case | None:
        actor = actor_of(self.request)
        if not actor.is_staff:
            return None
        visible = Case.objects.visible_to(actor).select_related("unit")
        return visible.filter(number=self.kwargs["number"]).first()

    def case(self, request: Request, number: str) -> Case:
        case = self.seen_by_staff or find_by_code(number, code_given(request))
        if case is None:
            raise Http404
        return case


class CaseView(OneCase):
    @extend_schema(parameters=CODE, responses=CaseSerializer)
    def get(self, request: Request, number: str) -> Response:
        """A case: its state, its steps, and its limits with their explanation."""
        return Response(CaseSerializer(case_as_data(self.case(request, number))).data)


class DeadlinesView(OneCase):
    @extend_schema(parameters=CODE, responses=DeadlineSerializer(many=True))
    def get(self, request: Request, number: str) -> Response:
        """The limits of a case, each with every day and why it counted or not."""
        return Response(DeadlineSerializer(limits_of(self.case(request, number)), many=True).data)
