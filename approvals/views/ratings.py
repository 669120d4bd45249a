"""Bad ratings: whose applicant is to be called, and what is put right; and where the applicant sees it."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from approvals.forms_ratings import RatingFilter, RatingStepForm, seen_ratings
from approvals.models import BadRating
from approvals.rules import rating as rules
from approvals.wording_ratings import history, public_history, put_right_clock
from portal.cases import access
from portal.cases.actions import advance
from portal.cases.explaining import case_deadlines, clocks_of, row_of
from portal.cases.stepping import StepPage, Tried, answer, listed, shown
from portal.cases.workflow import Transition
from portal.ledger.models import Event
from portal.organisation.actors_of import actor_of
from portal.organisation.permissions import require_role
from portal.workdays.current import current_calendar

READERS = tuple(sorted(rules.HANDLES))


@require_role(*READERS)
@require_safe
@never_cache
def ratings(request: HttpRequest) -> HttpResponse:
    """Bad ratings that are to be put right; what is due first stands on top."""
    actor, now, calendar = actor_of(request), timezone.now(), current_calendar()
    found = RatingFilter(request.GET, seen_ratings(actor), request=request, now=now, calendar=calendar)
    context, page, status = listed(request, found, reverse("approvals:ratings"))
    context["rows"] = [row_of(each, now=now, calendar=calendar) for each in page.rows]
    return render(request, "approvals/ratings.html", context, status=status)


@require_role(*READERS)
@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters("note")
@never_cache
def rating(request: HttpRequest, number: str) -> HttpResponse:
    """The rating and what was rated. A step is sent back here, with the version that was looked at."""
    actor = actor_of(request)

    def load() -> BadRating:
        found = seen_ratings(actor).select_related("approval__first_contact").filter(number=number).first()
        if found is None:
            raise Http404
        return found

    page = StepPage(
        workflow=rules.WORKFLOW,
        form_for=RatingStepForm,
        take=_take,
        load=load,
        draw=lambda found, tried: _drawn(request, found, tried),
        done=lambda: redirect("approvals:rating", number),
    )
    return answer(request, page)


def _take(found: BadRating, step: Transition, *, given: dict[str, Any], **who: Any) -> None:
    advance(found, step.name, **who, **given)


def _drawn(request: HttpRequest, found: BadRating, tried: Tried) -> HttpResponse:
    actor, now, calendar = actor_of(request), timezone.now(), current_calendar()
    allowed = rules.WORKFLOW.allowed(found, actor=actor, at=now)
    forms = [RatingStepForm(step, found) for step in allowed]
    context = {
        "rating": found,
        "approval": found.approval,
        "clocks": clocks_of(case_deadlines(found), now=now, calendar=calendar),
        "entries": history(list(Event.objects.of(found.subject))),
        # Who was rated calls nobody about it.
        "is_about_me": actor.id == found.approval.first_contact_id,
        **shown(found, forms, tried).context(tried),
    }
    return render(request, "approvals/rating.html", context, status=tried.status)


@require_safe
@never_cache
def followed(request: HttpRequest, number: str) -> HttpResponse:
    """What becomes of one's own bad rating. Of staff it names nobody."""
    found = BadRating.objects.for_list().filter(number=number).first()
    # Whoever follows the application has rated it.
    if found is None or not any(access.follows(request, each.number) for each in (found, found.approval)):
        return redirect("cases:follow")
    # How its limit was counted stands on a page of its own.
    access.remember_beside(request, found, of=found.approval)
    context = {
        "rating": found,
        "approval": found.approval,
        "clock": put_right_clock(found, now=timezone.now(), calendar=current_calendar()),
        "entries": public_history(list(Event.objects.of(found.subject))),
    }
    return render(request, "approvals/rating_followed.html", context)
