"""Everyone's pages of information requests: how to apply, the application, and the own request afterwards."""

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
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_safe

from disclosure import requesting
from disclosure.forms.asking import PublicAskForm
from disclosure.forms.request_steps import own_form
from disclosure.letters import PAPER_NAMES, TO_OTHERS
from disclosure.models import InformationRequest
from disclosure.rules import request as rules
from disclosure.rules.fees import FREE_PAGES, FREE_REQUESTS
from disclosure.wording_requests import public_history
from portal.cases import access
from portal.cases.explaining import case_deadlines, clocks_of
from portal.cases.pages import UnderWay, is_throttled, opened_once, put_error, too_often
from portal.cases.stepping import Tried, check_is_for, shown
from portal.cases.workflow import Conflict, NotAllowed, Refused
from portal.ledger.models import Event
from portal.organisation.actors import CITIZEN
from portal.workdays.current import current_calendar

THANKS = {
    "supplement": gettext_lazy("Sent. The limit for the answer begins anew today."),
    "withdraw": gettext_lazy("The request is withdrawn."),
}


@require_safe
def start(request: HttpRequest) -> HttpResponse:
    """How information is asked for, by when the answer comes, and what it costs."""
    context = {"free_requests": FREE_REQUESTS, "free_pages": FREE_PAGES}
    return render(request, "disclosure/requests_start.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters()
@sensitive_variables("form")
@never_cache
def apply(request: HttpRequest) -> HttpResponse:
    """The application. What is shown next is its number and look-up code."""
    template = "disclosure/apply.html"
    if request.method != "POST":
        return render(request, template, {"form": PublicAskForm()})
    form = PublicAskForm(request.POST, request.FILES)
    if is_throttled(request, "information_request"):
        often = too_often(request, "information_request")
        form.full_clean()
        form.add_error(None, often.sentence)
        return often.on(render(request, template, {"form": form}, status=429))
    status, at = 400, timezone.now()
    if form.is_valid():
        try:
            number = opened_once(form, lambda: requesting.apply(form.asking(), actor=CITIZEN, at=at).number)
        except Refused as refused:
            put_error(form, refused, {"files": "uploads"})
        except UnderWay:
            form.add_error(None, _("This is being sent already. Please wait a moment."))
            status = 409
        else:
            case = InformationRequest.objects.get(number=number)
            access.remember(request, case)
            request.session[access.OPENED_KEY] = number
            return redirect("disclosure:applied")
    return render(request, template, {"form": form}, status=status)


@require_safe
@never_cache
def applied(request: HttpRequest) -> HttpResponse:
    """Number and code of what this session has just sent, to be written down."""
    number = request.session.get(access.OPENED_KEY, "")
    case = InformationRequest.objects.filter(number=number).first() if number else None
    if case is None or not access.follows(request, number):
        return redirect("disclosure:requests_start")
    clock = case.deadlines.running().order_by("pk").first()
    return render(request, "disclosure/applied.html", {"case": case, "clock": clock})


@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters()
@never_cache
def followed(request: HttpRequest, number: str) -> HttpResponse:
    """To whoever knows number and code: where it stands, until when and why. Of staff it names nobody."""
    if not access.follows(request, number):
        return redirect("cases:follow")
    found = _load(number)
    if request.method == "POST":
        return _taken(request, found)
    return _drawn(request, found, Tried())


def _load(number: str) -> InformationRequest:
    rows: Any = InformationRequest.objects.select_related("unit", "public_item", "earlier")
    found: InformationRequest = get_object_or_404(rows, number=number)
    return found


def _taken(request: HttpRequest, found: InformationRequest) -> HttpResponse:
    """One of the applicant's own steps."""
    at = timezone.now()
    try:
        step = rules.WORKFLOW.transition(request.POST.get("step", ""))
        check_is_for(rules.WORKFLOW, found, step, actor=CITIZEN, at=at)
    except NotAllowed as refused:
        raise PermissionDenied(str(refused.message)) from None
    except Refused as refused:
        return _drawn(request, found, Tried(sentence=str(refused.message), status=400))
    form = own_form(step, found, request.POST, request.FILES)
    if is_throttled(request, "information_request"):
        often = too_often(request, "information_request")
        return often.on(_drawn(request, found, Tried(form, often.sentence, 429)))
    if not form.is_valid():
        return _drawn(request, found, Tried(form, status=400))
    try:
        seen = form.cleaned_data["seen"]
        requesting.take_step(found, step.name, actor=CITIZEN, at=at, seen=seen, **form.given())
    except NotAllowed as refused:
        raise PermissionDenied(str(refused.message)) from None
    except Conflict:
        # The rule names the colleague who was first; to the applicant it was the office.
        sentence = _("The office has gone on with your request in the meantime. Please look again.")
        return _drawn(request, _load(found.number), Tried(form, sentence, 409))
    except Refused as refused:
        put_error(form, refused, dict(form.input_of))
        return _drawn(request, found, Tried(form, status=400))
    messages.success(request, str(THANKS[step.name]))
    return redirect("disclosure:followed", found.number)


def _drawn(request: HttpRequest, found: InformationRequest, tried: Tried) -> HttpResponse:
    now, calendar = timezone.now(), current_calendar()
    allowed = rules.WORKFLOW.allowed(found, actor=CITIZEN, at=now)
    clocks = clocks_of(case_deadlines(found), now=now, calendar=calendar)
    papers = found.papers.exclude(purpose__in=TO_OTHERS).select_related("document")
    context = {
        "case": found,
        # The own limit of whoever is to act now, and that of the answer.
        "clocks": [each for each in clocks if each.deadline.is_running and each.deadline.due_on],
        "entries": public_history(list(Event.objects.of(found.subject))),
        "papers": [{"paper": each, "name": PAPER_NAMES[each.purpose]} for each in papers],
        "given_files": [each for each in found.files.all() if each.is_given],
        "own_files": [each for each in found.files.all() if not each.is_given],
        **shown(found, [own_form(step, found) for step in allowed], tried).context(tried),
    }
    return render(request, "disclosure/request_followed.html", context, status=tried.status)
