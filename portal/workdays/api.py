"""The public question to the calendar, for machines."""

from __future__ import annotations

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from portal.workdays.calendar import REASONS
from portal.workdays.current import current_calendar
from portal.workdays.forms import MAX_DAYS, CalculatorForm
from portal.workdays.wording import describe_reason


class CountedDaySerializer(serializers.Serializer):
    date = serializers.DateField()
    counted = serializers.BooleanField()
    reason = serializers.ChoiceField(choices=REASONS, help_text="A stable code.")
    text = serializers.CharField(help_text="The reason in the reader's language.")
    provisional = serializers.BooleanField(help_text="The notice for this day's year is not known yet.")


class WorkdaysAnswerSerializer(serializers.Serializer):
    end = serializers.DateField(help_text="The last day of the limit.")
    provisional = serializers.BooleanField(help_text="The answer may change with a notice to come.")
    days = CountedDaySerializer(many=True)


class AddWorkdays(APIView):
    """The n-th working day after a day, and every day between them."""

    # Without authenticators no session and no token is looked up.
    authentication_classes = ()
    permission_classes = (AllowAny,)

    @extend_schema(
        operation_id="workdays_add",
        summary="N working days from a day, explained day by day",
        auth=[],
        parameters=[
            OpenApiParameter("start", OpenApiTypes.DATE, required=True, description="Not counted itself."),
            OpenApiParameter(
                "days",
                {"type": "integer", "minimum": 0, "maximum": MAX_DAYS},
                required=True,
                description="Working days to count.",
            ),
        ],
        responses={
            200: WorkdaysAnswerSerializer,
            400: OpenApiResponse(
                {"type": "object", "additionalProperties": {"type": "array", "items": {"type": "string"}}},
                description="The field, and sentences saying what is wrong with it.",
            ),
        },
    )
    def get(self, request: Request) -> Response:
        form = CalculatorForm(request.query_params, calendar=current_calendar())
        if not form.is_valid():
            return Response(
                {name: [str(sentence) for sentence in errors] for name, errors in form.errors.items()},
                status=400,
            )
        return Response(
            {
                "end": form.answer.end.isoformat(),
                "provisional": form.answer.provisional,
                "days": [
                    {
                        "date": day.date.isoformat(),
                        "counted": day.counted,
                        "reason": day.reason,
                        "text": describe_reason(day),
                        "provisional": day.provisional,
                    }
                    for day in form.answer.days
                ],
            }
        )
