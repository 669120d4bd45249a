"""The staff's list of tickets, and the page of one ticket with the steps that may be taken now."""

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

from hotline.filters import TicketFilter, seen_tickets
from hotline.models import Ticket
from hotline.step_forms import TicketStepForm, blank_forms, form_for
from hotline.steps import INPUT_OF, check_is_for, step_named, take
from hotline.views.common import STAFF, sees_the_caller
from hotline.wording import history
from hotline.workflow import DISPATCHED, HANDLING, RECEIVED, REPLIED, RETURNED, STATES, WORKFLOW
from portal.cases.explaining import case_deadlines, clocks_of, row_of
from portal.cases.keyset import BadKey, Page, read_page
from portal.cases.pages import put_error
from portal.cases.step_forms import about_now
from portal.cases.workflow import Conflict, NotAllowed, Refused
from portal.ledger.models import Event
from portal.organisation.actors import Role
from portal.organisation.actors_of import actor_of
from portal.organisation.permissions import require_role
from portal.workdays.current import current_calendar

PAGE_SIZE = 20
DESK_STATES = (DISPATCHED, HANDLING)


@require_role(*STAFF)
@require_safe
@never_cache
def queue(request: HttpRequest) -> HttpResponse:
    """Every ticket that the reader may see; what is due first stands on top."""
    return _list(request, desk=False)


@require_role(Role.HANDLER)
@require_safe
@never_cache
def desk(request: HttpRequest) -> HttpResponse:
    """What the own unit has to sign for and to handle."""
    return _list(request, desk=True)


def _list(request: HttpRequest, *, desk: bool) -> HttpResponse:
    actor, now, calendar = actor_of(request), timezone.now(), current_calendar()
    tickets = seen_tickets(actor)
    if desk:
        # A handler who is an operator as well sees every ticket, and has a desk of the own unit all the same.
        own = actor.unit_ids or {unit_id for unit_id in (actor.unit_id,) if unit_id is not None}
        tickets = tickets.filter(state__in=DESK_STATES, unit_id__in=own)
    found = TicketFilter(request.GET, tickets, request=request, now=now, calendar=calendar)
    if desk:
        del found.form.fields["unit"]
        found.form.fields["state"].choices = [
            ("", _("all open")),
            *((each, STATES[each]) for each in DESK_STATES),
        ]
    page = Page([], "", "")
    status = 200
    if found.is_valid():
        try:
            page = read_page(
                found.qs,
                order=found.order(),
                after=request.GET.get("after", ""),
                before=request.GET.get("before", ""),
                size=PAGE_SIZE,
            )
        except BadKey:
            found.form.add_error(None, _("There is no such page of the list. Please begin with the first."))
    if not found.is_valid():
        status = 400
    asked = {name: str(value) for name, value in request.GET.items() if value}
    for key in ("after", "before"):
        asked.pop(key, None)
    address = reverse("hotline:desk" if desk else "hotline:queue")
    context = {
        "desk": desk,
        "filter": found,
        "form": found.form,
        "is_filtered": bool(asked),
        "rows": [row_of(ticket, now=now, calendar=calendar) for ticket in page.rows],
        "newer_url": _address(address, asked, before=page.before),
        "older_url": _address(address, asked, after=page.after),
        "address": address,
        "views": [] if desk else _views(request, actor.has_role(Role.OPERATOR)),
        "shows_unit": actor.sees_every_unit or len(actor.unit_ids) > 1,
    }
    return render(request, "hotline/tickets.html", context, status=status)


def _address(address: str, asked: dict[str, str], **key: str) -> str:
    if not any(key.values()):
        return ""
    return f"{address}?{urlencode({**asked, **key})}"


def _views(request: HttpRequest, operator: bool) -> list[dict[str, Any]]:
    """The questions that are asked of the list every day, as links."""
    views = [
        ({}, _("All open")),
        ({"due": "overdue"}, _("Overdue")),
        ({"due": "today"}, _("Due today")),
    ]
    if operator:
        views += [
            ({"state": RECEIVED}, _("To be dispatched")),
            ({"state": RETURNED}, _("Returned")),
            ({"state": REPLIED}, _("To be called back")),
        ]
    asked = {name: value for name, value in request.GET.items() if value}
    url = reverse("hotline:queue")
    return [
        {"url": f"{url}?{urlencode(query)}" if query else url, "label": label, "current": asked == query}
        for query, label in views
    ]


@require_role(*STAFF)
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def ticket(request: HttpRequest, number: str) -> HttpResponse:
    """All of a ticket. A step is sent back here, with the version of the ticket that was looked at."""
    found = _ticket_or_404(request, number)
    if request.method == "POST":
        return _take(request, found)
    return _draw(request, found)


def _ticket_or_404(request: HttpRequest, number: str) -> Ticket:
    tickets = seen_tickets(actor_of(request)).select_related("operator", "category__usual_unit")
    found = tickets.filter(number=number).first()
    if found is None:
        raise Http404
    return found


def _take(request: HttpRequest, found: Ticket) -> HttpResponse:
    actor, at = actor_of(request), timezone.now()
    try:
        step = step_named(request.POST.get("step", ""))
        check_is_for(found, step, actor=actor, at=at)
    except NotAllowed as refused:
        raise PermissionDenied(str(refused.message)) from None
    except Refused as refused:
        return _draw(request, found, refused=refused, status=400)
    form = form_for(step, found, request.POST, request.FILES)
    if not form.is_valid():
        return _draw(request, found, tried=form, status=400)
    try:
        take(found, step, actor=actor, at=at, seen=form.cleaned_data["seen"], given=form.given())
    except NotAllowed as refused:
        raise PermissionDenied(str(refused.message)) from None
    except Conflict as refused:
        # Read anew: the page shows what the other person made of it.
        return _draw(request, _ticket_or_404(request, found.number), tried=form, refused=refused, status=409)
    except Refused as refused:
        put_error(form, refused, INPUT_OF)
        return _draw(request, found, tried=form, status=400)
    messages.success(request, _("Done: %(step)s.") % {"step": step.label})
    # A unit that returned a ticket sees it no longer.
    still_seen = seen_tickets(actor).filter(pk=found.pk).exists()
    return redirect("hotline:ticket", found.number) if still_seen else redirect("hotline:desk")


def _draw(
    request: HttpRequest,
    found: Ticket,
    *,
    tried: TicketStepForm | None = None,
    refused: Refused | None = None,
    status: int = 200,
) -> HttpResponse:
    actor, now, calendar = actor_of(request), timezone.now(), current_calendar()
    forms = blank_forms(found, WORKFLOW.allowed(found, actor=actor, at=now))
    lost: list[tuple[str, str]] = []
    sentences = [str(refused.message)] if refused else []
    if tried is not None:
        if tried.step.name in forms:
            # Sent once more, it is about the ticket as it stands now.
            about_now(tried, found.version)
            forms[tried.step.name] = tried
        else:
            # There is no form any more that could say it.
            lost = tried.typed_texts()
            sentences += [str(sentence) for errors in tried.errors.values() for sentence in errors]
    attachments = list(found.attachments.all())
    context = {
        "ticket": found,
        "clocks": clocks_of(case_deadlines(found), now=now, calendar=calendar),
        "entries": history(list(Event.objects.of(found.subject))),
        "calls": list(found.calls.select_related("operator")),
        "photos_public": [each for each in attachments if each.by_public],
        "photos_unit": [each for each in attachments if not each.by_public],
        "forms": list(forms.values()),
        "tried": tried,
        "sentences": sentences,
        "lost": lost,
        "reads_the_code": actor.has_role(Role.OPERATOR),
        "sees_the_caller": sees_the_caller(found, actor.roles, actor.unit_ids),
    }
    return render(request, "hotline/ticket.html", context, status=status)
