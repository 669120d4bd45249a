"""The page of a permit: what holds, its certificate, what became of it, and the steps that may be taken."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from approvals import permits
from approvals.models import Permit
from approvals.permit_forms import PermitStepForm
from approvals.rules.permit import WORKFLOW
from approvals.views.reading import STAFF, approval_or_404
from approvals.wording import permit_history
from portal.cases.stepping import StepPage, Tried, answer, shown
from portal.cases.terms import local_day
from portal.cases.workflow import Transition
from portal.ledger.models import Event
from portal.organisation.actors_of import actor_of
from portal.organisation.permissions import require_role


@require_role(*STAFF)
@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters()
@never_cache
def permit(request: HttpRequest, number: str) -> HttpResponse:
    """A permit. A step is sent back here, with the count of changes that was looked at."""
    return answer(
        request,
        StepPage(
            workflow=WORKFLOW,
            form_for=PermitStepForm,
            take=_take,
            load=lambda: _permit_or_404(request, number),
            draw=lambda row, tried: _draw(request, row, tried),
            done=lambda: redirect("approvals:permit", number),
        ),
    )


def _permit_or_404(request: HttpRequest, number: str) -> Permit:
    case = approval_or_404(request, number)
    found = getattr(case, "permit", None)
    if found is None:
        raise Http404
    found.case = case
    return found


def _take(row: Permit, step: Transition, *, given: dict[str, Any], **who: Any) -> Permit:
    return permits.take(row, step.name, **who, **given)


def _draw(request: HttpRequest, row: Permit, tried: Tried) -> HttpResponse:
    actor, now = actor_of(request), timezone.now()
    blank = [PermitStepForm(step, row) for step in permits.allowed(row, actor=actor, at=now)]
    context = {
        "permit": row,
        "case": row.case,
        "is_over": row.valid_until is not None and row.valid_until < local_day(now),
        "papers": list(row.case.papers.filter(purpose="permit").select_related("document").order_by("-pk")),
        "entries": permit_history(list(Event.objects.of(row.subject))),
        **shown(row, blank, tried).context(tried),
    }
    return render(request, "approvals/permit.html", context, status=tried.status)
