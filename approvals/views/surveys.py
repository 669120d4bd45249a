"""The page of a joint site survey, made for the phone at the site; printed, it is the survey's record."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from approvals import actions
from approvals.models import ApprovalCase
from approvals.rules.survey import check_may_add_photos, may_add_photos
from approvals.step_forms import form_for
from approvals.survey_forms import TakesPhotos
from approvals.views.cases import step_page
from approvals.views.reading import STAFF, applicant_for, approval_or_404, survey_records
from portal.cases.pages import put_error
from portal.cases.stepping import Tried, answer, shown
from portal.cases.workflow import NotAllowed, Refused
from portal.ledger.models import Event
from portal.organisation.actors_of import actor_of
from portal.organisation.permissions import require_role

# What the button says that sends photos alone.
ADD_PHOTOS = "add_photos"


@require_role(*STAFF)
@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters()
@never_cache
def survey(request: HttpRequest, number: str) -> HttpResponse:
    """Who, where and when, what is applied for, what the units say; the own unit's opinion is signed here.

    Photos that come after it are sent here as well, until the survey is concluded.
    """
    if request.method == "POST" and ADD_PHOTOS in request.POST:
        return _add_photos(request, number)
    return answer(
        request,
        step_page(
            request,
            number,
            draw=lambda row, tried: _draw(request, row, tried),
            done=lambda: redirect("approvals:survey", number),
        ),
    )


def _draw(
    request: HttpRequest, row: ApprovalCase, tried: Tried, *, more: TakesPhotos | None = None
) -> HttpResponse:
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
        "more": (more or TakesPhotos()) if may_add_photos(row, actor=actor) else None,
        **shown(row, signs, tried).context(tried),
    }
    return render(request, "approvals/survey.html", context, status=tried.status)


def _add_photos(request: HttpRequest, number: str) -> HttpResponse:
    """Photos that come after the unit's opinion."""
    row, actor = approval_or_404(request, number), actor_of(request)
    try:
        # Nobody's photos are read who may not add any.
        check_may_add_photos(row, actor=actor)
        form = TakesPhotos(request.POST, request.FILES)
        if not form.is_valid():
            return _draw(request, row, Tried(status=400), more=form)
        try:
            actions.add_photos(row, form.all_photos(form.cleaned_data), actor=actor, at=timezone.now())
        except Refused as refused:
            if refused.field is None:
                raise
            put_error(form, refused)
            return _draw(request, row, Tried(status=400), more=form)
    except NotAllowed as refused:
        raise PermissionDenied(str(refused.message)) from None
    except Refused as refused:
        # Concluded meanwhile, say: the page shows how it stands now.
        tried = Tried(sentence=str(refused.message), status=409)
        return _draw(request, approval_or_404(request, number), tried)
    messages.success(request, _("The photos were added."))
    return redirect("approvals:survey", number)
