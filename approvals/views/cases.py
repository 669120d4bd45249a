"""The page of one application for staff: all of it, with the steps that may be taken now."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from approvals import actions
from approvals.models import ApprovalCase
from approvals.papers import PAPER_NAMES
from approvals.rules.rating import may_read_words
from approvals.rules.service import may_record
from approvals.service_forms import ServiceForm
from approvals.step_forms import blank_forms, form_for
from approvals.steps import take
from approvals.views.reading import STAFF, applicant_for, approval_or_404, brought, survey_records
from approvals.wording import chain, history
from approvals.workflow import WORKFLOW
from portal.cases.explaining import case_deadlines, clocks_of
from portal.cases.pages import put_error
from portal.cases.stepping import StepPage, Tried, answer, shown
from portal.cases.terms import local_day
from portal.cases.workflow import Conflict, NotAllowed, Refused, Transition
from portal.ledger.models import Event
from portal.organisation.actors import Actor
from portal.organisation.actors_of import actor_of
from portal.organisation.permissions import require_role
from portal.workdays.current import current_calendar


@require_role(*STAFF)
@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters()
@never_cache
def case(request: HttpRequest, number: str) -> HttpResponse:
    """All of an application. A step is sent back here, with the version that was looked at."""
    if request.method == "POST" and "paper" in request.POST:
        return _record_service(request, number)
    return answer(
        request,
        step_page(
            request,
            number,
            draw=lambda row, tried: _draw(request, row, tried),
            done=lambda: redirect("approvals:case", number),
        ),
    )


def step_page(request: HttpRequest, number: str, *, draw: Any, done: Any) -> StepPage:
    """What the pages of an application have in common, whichever of them a step is sent to."""
    actor, at = actor_of(request), timezone.now()

    def form(step: Transition, row: ApprovalCase, data: Any) -> Any:
        return form_for(step, row, data, request.FILES, actor=actor, at=at)

    return StepPage(
        workflow=WORKFLOW,
        form_for=form,
        take=take,
        load=lambda: approval_or_404(request, number),
        draw=draw,
        done=done,
    )


def _draw(
    request: HttpRequest,
    row: ApprovalCase,
    tried: Tried,
    *,
    served: ServiceForm | None = None,
) -> HttpResponse:
    actor, now = actor_of(request), timezone.now()
    blank = blank_forms(row, actions.allowed(row, actor=actor, at=now), actor=actor, at=now)
    events = list(Event.objects.of(row.subject))
    context = {
        "case": row,
        "chain": chain(row),
        "clocks": clocks_of(case_deadlines(row), now=now, calendar=current_calendar()),
        "applicant": applicant_for(row, actor),
        "materials": brought(row),
        "records": survey_records(row, events),
        "papers": _papers(row, actor=actor, at=now, served=served),
        "permit": getattr(row, "permit", None),
        "entries": history(events),
        "reads_words": may_read_words(row, actor),
        **shown(row, blank.values(), tried).context(tried),
    }
    return render(request, "approvals/case.html", context, status=tried.status)


# Papers -----------------------------------------------------------------------------------------------------


def _papers(
    row: ApprovalCase, *, actor: Actor, at: datetime, served: ServiceForm | None
) -> list[dict[str, Any]]:
    """Every paper, with the form of its proof of service where this reader records it."""
    found = []
    for paper in row.papers.select_related("document"):
        form = None
        if served is not None and served.paper.pk == paper.pk and paper.served_on is None:
            form = served
        elif paper.served_on is None and may_record(row, paper.purpose, actor=actor):
            form = ServiceForm(paper, today=local_day(at))
        found.append({"paper": paper, "name": PAPER_NAMES[paper.purpose], "form": form})
    return found


def _record_service(request: HttpRequest, number: str) -> HttpResponse:
    """Keep the proof of service of one paper; `paper` is its key."""
    row, actor, at = approval_or_404(request, number), actor_of(request), timezone.now()
    asked = request.POST["paper"]
    paper = next((each for each in row.papers.all() if str(each.pk) == asked), None)
    if paper is None:
        raise Http404
    if not may_record(row, paper.purpose, actor=actor):
        raise PermissionDenied(_("This proof of service is for somebody else to record."))
    form = ServiceForm(paper, request.POST, today=local_day(at))
    if not form.is_valid():
        return _draw(request, row, Tried(status=400), served=form)
    try:
        actions.record_service(paper, actor=actor, at=at, **form.cleaned_data)
    except NotAllowed as refused:
        raise PermissionDenied(str(refused.message)) from None
    except Conflict as refused:
        return _conflict(request, number, str(refused.message))
    except Refused as refused:
        put_error(form, refused)
        return _draw(request, row, Tried(status=400), served=form)
    messages.success(request, _("The proof of service is kept."))
    return redirect("approvals:case", number)


def _conflict(request: HttpRequest, number: str, sentence: str) -> HttpResponse:
    """Somebody was first: the page shows what they recorded."""
    return _draw(request, approval_or_404(request, number), Tried(sentence=sentence, status=409))
