"""The page of a joint site survey, made for the phone at the site; printed, it is the survey's record."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from approvals import actions
from approvals.models import ApprovalCase
from approvals.step_forms import form_for
from approvals.views.cases import step_page
from approvals.views.reading import STAFF, applicant_for, survey_records
from approvals.views.stepping import Tried, answer, shown
from portal.ledger.models import Event
from portal.organisation.actors_of import actor_of
from portal.organisation.permissions import require_role


@require_role(*STAFF)
@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters()
@never_cache
def survey(request: HttpRequest, number: str) -> HttpResponse:
    """Who, where and when, what is applied for, what the units say; the own unit's opinion is signed here."""
    return answer(
        request,
        step_page(
            request,
            number,
            draw=lambda row, tried: _draw(request, row, tried),
            done=lambda: redirect("approvals:survey", number),
        ),
    )


def _draw(request: HttpRequest, row: ApprovalCase, tried: Tried) -> HttpResponse:
    actor, now = actor_of(request), timezone.now()
    signs = [
        form_for(step, row, actor=actor, at=now)
        for step in actions.allowed(row, actor=actor, at=now)
        if step.name == "sign_opinion"
    ]
    records = survey_records(row, Event.objects.of(row.subject).filter(verb="photos_attached"))
    context = {
        "case": row,
        "applicant": applicant_for(row, actor),
        "record": records[0] if records else None,
        "own": next((each.party for each in records[0].opinions if each.party.unit_id == actor.unit_id), None)
        if records
        else None,
        **shown(row, signs, tried).context(tried),
    }
    return render(request, "approvals/survey.html", context, status=tried.status)
