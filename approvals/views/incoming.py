"""Incoming documents and requests: registered, assigned, answered; and followed by who sent it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from approvals import incoming as verbs
from approvals.forms_incoming import IncomingFilter, RegisterForm, blank_forms, form_for, seen_incoming
from approvals.models import Incoming
from approvals.rules import incoming as rules
from approvals.wording_incoming import history, public_history
from portal.cases import access
from portal.cases.actions import advance
from portal.cases.explaining import case_deadlines, clocks_of, row_of
from portal.cases.pages import UnderWay, opened_once, put_error
from portal.cases.stepping import StepPage, Tried, answer, listed, shown
from portal.cases.workflow import NotAllowed, Refused, Transition
from portal.ledger.models import Event
from portal.organisation.actors import Role
from portal.organisation.actors_of import actor_of
from portal.organisation.permissions import require_role
from portal.workdays.current import current_calendar

READERS = tuple(sorted(rules.SEEN_BY | rules.UNIT))


@require_role(*READERS)
@require_safe
@never_cache
def incoming_list(request: HttpRequest) -> HttpResponse:
    """What is due first stands on top; a handler sees what was assigned to the own unit."""
    actor, now, calendar = actor_of(request), timezone.now(), current_calendar()
    found = IncomingFilter(request.GET, seen_incoming(actor), request=request, now=now, calendar=calendar)
    context, page, status = listed(request, found, reverse("approvals:incoming_list"))
    context |= {
        "rows": [row_of(each, now=now, calendar=calendar) for each in page.rows],
        "may_register": actor.has_role(*rules.CLERK),
    }
    return render(request, "approvals/incoming_list.html", context, status=status)


@require_role(*sorted(rules.CLERK))
@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters("sender", "sender_phone", "content")
@never_cache
def register(request: HttpRequest) -> HttpResponse:
    """Something that has just come in; what is shown next is its number, to be told to the sender."""
    template = "approvals/incoming_register.html"
    if request.method != "POST":
        return render(request, template, {"form": RegisterForm()})
    form, actor, at = RegisterForm(request.POST), actor_of(request), timezone.now()
    status = 400
    if form.is_valid():
        arrival = form.arrival()
        try:
            number = opened_once(
                form, lambda: verbs.register(arrival, actor=actor, at=at).number, actor=actor
            )
        except NotAllowed as refused:
            raise PermissionDenied(str(refused.message)) from None
        except Refused as refused:
            put_error(form, refused)
        except UnderWay:
            form.add_error(None, _("This is being saved already. You find it in the list."))
            status = 409
        else:
            messages.success(request, _("Registered: %(number)s.") % {"number": number})
            return redirect("approvals:incoming", number)
    return render(request, template, {"form": form}, status=status)


@require_role(*READERS)
@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters("reply", "note")
@never_cache
def incoming(request: HttpRequest, number: str) -> HttpResponse:
    """All of it. A step is sent back here, with the version of the case that was looked at."""
    actor = actor_of(request)

    def load() -> Incoming:
        found = seen_incoming(actor).filter(number=number).first()
        if found is None:
            raise Http404
        return found

    def done() -> HttpResponse:
        # A unit that gave it back sees it no longer.
        still_seen = seen_incoming(actor).filter(number=number).exists()
        return redirect("approvals:incoming", number) if still_seen else redirect("approvals:incoming_list")

    page = StepPage(
        workflow=rules.WORKFLOW,
        form_for=form_for,
        take=_take,
        load=load,
        draw=lambda found, tried: _drawn(request, found, tried),
        done=done,
    )
    return answer(request, page)


def _take(found: Incoming, step: Transition, *, given: dict[str, Any], **who: Any) -> None:
    advance(found, step.name, **who, **given)


def _drawn(request: HttpRequest, found: Incoming, tried: Tried) -> HttpResponse:
    actor, now, calendar = actor_of(request), timezone.now(), current_calendar()
    forms = blank_forms(found, rules.WORKFLOW.allowed(found, actor=actor, at=now))
    context = {
        "incoming": found,
        "clocks": clocks_of(case_deadlines(found), now=now, calendar=calendar),
        "entries": history(list(Event.objects.of(found.subject))),
        "sees_the_sender": rules.sees_the_sender(found, actor),
        "reads_the_code": actor.has_role(Role.CLERK),
        **shown(found, forms, tried).context(tried),
    }
    return render(request, "approvals/incoming.html", context, status=tried.status)


@require_safe
@never_cache
def followed(request: HttpRequest, number: str) -> HttpResponse:
    """What one sent: where it stands, who has it, until when and why. Of staff it names nobody."""
    if not access.follows(request, number):
        return redirect("cases:follow")
    found = get_object_or_404(Incoming.objects.for_list(), number=number)
    now, calendar = timezone.now(), current_calendar()
    clocks = clocks_of(case_deadlines(found), now=now, calendar=calendar)
    context = {
        "incoming": found,
        # One limit at a time; the last that began is the one that holds.
        "clock": max(clocks, key=lambda each: each.deadline.pk, default=None),
        "entries": public_history(list(Event.objects.of(found.subject))),
    }
    return render(request, "approvals/incoming_followed.html", context)
