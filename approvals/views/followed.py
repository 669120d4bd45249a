"""The own application: where it stands, who has it, until when and why, and what the applicant can do."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from approvals import actions
from approvals.forms_public import OwnStepForm, SupplementForm, own_form
from approvals.models import ApprovalCase, BadRating
from approvals.rules.terms import SUPPLEMENT
from approvals.wording import chain, public_history, where_it_stands
from approvals.wording_ratings import put_right_clock
from approvals.workflow import WORKFLOW
from portal.cases import access
from portal.cases.explaining import case_deadlines, clocks_of
from portal.cases.pages import is_throttled, put_error, too_often
from portal.cases.stepping import Tried, check_is_for, shown
from portal.cases.terms import local_day
from portal.cases.workflow import Conflict, NotAllowed, Refused, Transition
from portal.ledger.models import Event
from portal.organisation.actors import CITIZEN
from portal.workdays.current import current_calendar

# What applicants are told when they did it.
THANKS = {
    "supplement": gettext_lazy("Sent. The limit for its acceptance begins anew today."),
    "withdraw": gettext_lazy("The application is withdrawn."),
    "rate": gettext_lazy("Thank you for your rating."),
}


@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters("note", "rating_words")
@never_cache
def followed(request: HttpRequest, number: str) -> HttpResponse:
    """To whoever knows number and code. Of staff it names nobody."""
    if not access.follows(request, number):
        return redirect("cases:follow")
    case = _load(number)
    if request.method == "POST":
        return _taken(request, case)
    return _draw(request, case)


def _load(number: str) -> ApprovalCase:
    return get_object_or_404(ApprovalCase.objects.select_related("unit", "permit__document"), number=number)


def _taken(request: HttpRequest, case: ApprovalCase) -> HttpResponse:
    at = timezone.now()
    try:
        step = WORKFLOW.transition(request.POST.get("step", ""))
        check_is_for(WORKFLOW, case, step, actor=CITIZEN, at=at)
        # Files are looked at while the form is checked, so a form that brings some counts even if wrong.
        if is_throttled(request, "own_step"):
            form, said = own_form(step, case, request.POST), too_often(request, "own_step")
            return said.on(_draw(request, case, Tried(form, said.sentence, 429)))
    except NotAllowed as refused:
        raise PermissionDenied(str(refused.message)) from None
    except Refused as refused:
        return _draw(request, case, Tried(sentence=str(refused.message), status=400))
    if (file := request.POST.get("remove", "")[:18]).isdecimal():
        return _without(request, case, int(file), at=at)
    form = own_form(step, case, request.POST, request.FILES)
    if not form.is_valid():
        kept = _keep_what_is_in_order(case, form, at=at)
        return _draw(request, case, Tried(form, status=400), kept=kept)
    try:
        _take(case, step, form, at=at)
    except Conflict:
        # Read anew: the page shows what the office made of it in the meantime.
        # The rule names the colleague who was first; to the applicant it was the office.
        sentence = _("The office has gone on with your application in the meantime. Please look again.")
        fresh = _load(case.number)
        kept = fresh.state == SUPPLEMENT and _keep_what_is_in_order(fresh, form, at=at)
        return _draw(request, fresh, Tried(form, sentence, 409), kept=kept)
    except Refused as refused:
        put_error(form, refused)
        return _draw(request, case, Tried(form, status=400))
    messages.success(request, str(THANKS[step.name]))
    return redirect("approvals:followed", case.number)


def _without(request: HttpRequest, case: ApprovalCase, file: int, *, at: Any) -> HttpResponse:
    """A file that was kept and not sent is taken out again."""
    try:
        actions.take_out(case, file, actor=CITIZEN, at=at)
    except Refused as refused:
        return _draw(request, case, Tried(sentence=str(refused.message), status=409))
    return redirect("approvals:followed", case.number)


def _keep_what_is_in_order(case: ApprovalCase, form: OwnStepForm, *, at: Any) -> bool:
    """One file that is refused, or one that is still missing, costs no other; whether some were kept."""
    if not isinstance(form, SupplementForm) or not form.uploads:
        return False
    try:
        actions.keep_for_supplement(case, form.uploads, actor=CITIZEN, at=at)
    except Refused as refused:
        put_error(form, refused)
        return False
    return True


def _take(case: ApprovalCase, step: Transition, form: OwnStepForm, *, at: Any) -> None:
    seen = form.cleaned_data["seen"]
    if isinstance(form, SupplementForm):
        actions.bring_supplement(case, form.uploads, actor=CITIZEN, at=at, seen=seen, **form.given())
    else:
        actions.take(case, step.name, actor=CITIZEN, at=at, seen=seen, **form.given())


def _draw(
    request: HttpRequest, case: ApprovalCase, tried: Tried | None = None, *, kept: bool = False
) -> HttpResponse:
    now, calendar = timezone.now(), current_calendar()
    tried = tried or Tried()
    allowed = actions.allowed(case, actor=CITIZEN, at=now)
    forms = shown(case, [own_form(step, case) for step in allowed], tried)
    clocks = clocks_of(case_deadlines(case), now=now, calendar=calendar)
    permit = getattr(case, "permit", None)
    bad_rating = BadRating.objects.filter(approval=case).first() if case.rating else None
    if bad_rating is not None:
        # Its own page, and how its limit was counted, are open to whoever follows the application.
        access.remember_beside(request, bad_rating, of=case)
    context = {
        "case": case,
        "clocks": clocks,
        "stands": where_it_stands(case, clocks),
        "chain": chain(case),
        "entries": public_history(list(Event.objects.of(case.subject))),
        "papers": list(case.papers.select_related("document")),
        "files": [each for each in case.files.select_related("material") if not case.is_unsent(each)],
        "permit": permit,
        "permit_over": permit is not None and _is_over(permit, now),
        "supplement": next((form for form in forms.forms if form.step.name == "supplement"), None),
        "others": [form for form in forms.forms if form.step.name != "supplement"],
        "chose_files": kept,
        # The browser keeps none, and what was refused as a whole kept none either.
        "lost_files": bool(request.FILES) and not kept,
        "bad_rating": bad_rating,
        "rating_clock": put_right_clock(bad_rating, now=now, calendar=calendar) if bad_rating else None,
        "is_waited_for": case.state == SUPPLEMENT,
        **forms.context(tried),
    }
    return render(request, "approvals/followed.html", context, status=tried.status)


def _is_over(permit: Any, now: Any) -> bool:
    return permit.valid_until is not None and permit.valid_until < local_day(now)
