"""The complaints about pledges, for those who handle them and for the units concerned."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from pledges import workflow
from pledges.filters import BreachFilter, seen_breaches
from pledges.forms import BreachStepForm, breach_form
from pledges.models import Breach
from pledges.steps import check_breach_is_for, take_breach_step
from pledges.wording import breach_history
from pledges.workflow import BREACH_WORKFLOW
from portal.cases.explaining import case_deadlines, clocks_of, row_of
from portal.cases.keyset import BadKey, Page, read_page
from portal.cases.pages import put_error
from portal.cases.step_forms import about_now, onward_first
from portal.cases.workflow import Conflict, NotAllowed, Refused
from portal.ledger.models import Event
from portal.organisation.actors_of import actor_of
from portal.organisation.permissions import require_role
from portal.workdays.current import current_calendar

READERS = tuple(sorted(workflow.HANDLES | workflow.UNIT))
PAGE_SIZE = 20


@require_role(*READERS)
@require_safe
@never_cache
def breach_list(request: HttpRequest) -> HttpResponse:
    """What is due first stands on top; a handler sees the complaints about the own unit's pledges."""
    actor, now, calendar = actor_of(request), timezone.now(), current_calendar()
    found = BreachFilter(request.GET, seen_breaches(actor), request=request, now=now, calendar=calendar)
    listed, status = Page([], "", ""), 400
    if found.is_valid():
        after, before = request.GET.get("after", ""), request.GET.get("before", "")
        try:
            listed = read_page(found.qs, order=found.order(), after=after, before=before, size=PAGE_SIZE)
            status = 200
        except BadKey:
            found.form.add_error(None, _("There is no such page of the list. Please begin with the first."))
    asked = {name: str(value) for name, value in request.GET.items() if value}
    for key in ("after", "before"):
        asked.pop(key, None)
    address = reverse("pledges:breaches")
    context = {
        "filter": found,
        "form": found.form,
        "is_filtered": bool(asked),
        "rows": [row_of(each, now=now, calendar=calendar) for each in listed.rows],
        "newer_url": f"{address}?{urlencode({**asked, 'before': listed.before})}" if listed.before else "",
        "older_url": f"{address}?{urlencode({**asked, 'after': listed.after})}" if listed.after else "",
        "address": address,
    }
    return render(request, "pledges/breaches.html", context, status=status)


def _breach_or_404(request: HttpRequest, number: str) -> Breach:
    found = (
        seen_breaches(actor_of(request)).select_related("taken_by", "result").filter(number=number).first()
    )
    if found is None:
        raise Http404
    return found


@require_role(*READERS)
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def breach(request: HttpRequest, number: str) -> HttpResponse:
    """All of a complaint. A step is sent back here, with the version of the case that was looked at."""
    found = _breach_or_404(request, number)
    return _take(request, found) if request.method == "POST" else _drawn(request, found)


def _take(request: HttpRequest, found: Breach) -> HttpResponse:
    actor, at = actor_of(request), timezone.now()
    try:
        step = BREACH_WORKFLOW.transition(request.POST.get("step", ""))
        check_breach_is_for(found, step, actor=actor, at=at)
    except NotAllowed as refused:
        raise PermissionDenied(str(refused.message)) from None
    except Refused as refused:
        return _drawn(request, found, sentence=str(refused.message), status=400)
    form = breach_form(step, found, request.POST)
    if not form.is_valid():
        return _drawn(request, found, tried=form, status=400)
    try:
        take_breach_step(found, step, actor=actor, at=at, seen=form.cleaned_data["seen"], given=form.given())
    except NotAllowed as refused:
        raise PermissionDenied(str(refused.message)) from None
    except Conflict as refused:
        now = _breach_or_404(request, found.number)
        return _drawn(request, now, tried=form, sentence=str(refused.message), status=409)
    except Refused as refused:
        put_error(form, refused)
        return _drawn(request, found, tried=form, status=400)
    messages.success(request, _("Done: %(step)s.") % {"step": step.label})
    return redirect("pledges:breach", found.number)


def _drawn(
    request: HttpRequest,
    found: Breach,
    *,
    tried: BreachStepForm | None = None,
    sentence: str = "",
    status: int = 200,
) -> HttpResponse:
    actor, now, calendar = actor_of(request), timezone.now(), current_calendar()
    forms = {
        step.name: breach_form(step, found) for step in BREACH_WORKFLOW.allowed(found, actor=actor, at=now)
    }
    lost: list[tuple[str, str]] = []
    if tried is not None and tried.step.name in forms:
        # Sent once more, it is about the complaint as it stands now.
        about_now(tried, found.version)
        forms[tried.step.name] = tried
    elif tried is not None:
        lost = tried.typed_texts()
        sentence = sentence or " ".join(str(each) for each in tried.non_field_errors())
    version = found.clause.version
    context: dict[str, Any] = {
        "breach": found,
        "version": version,
        "clocks": clocks_of(case_deadlines(found), now=now, calendar=calendar),
        "entries": breach_history(list(Event.objects.of(found.subject))),
        "photos": list(found.attachments.all()),
        "forms": onward_first(forms.values()),
        "tried": tried,
        "lost": lost,
        "sentence": sentence,
        "sees_the_complainant": workflow.sees_the_complainant(found, actor),
        "is_against_me": workflow.is_against(actor, unit=version.pledge.unit, signer_id=version.signer_id),
    }
    return render(request, "pledges/breach.html", context, status=status)
