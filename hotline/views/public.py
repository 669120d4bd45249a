"""The citizen's pages: report a problem, follow it by number and look-up code, see how the hotline does."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from hotline import actions, statistics
from hotline.forms import ReportForm
from hotline.models import Ticket
from hotline.wording import public_history
from portal.cases import access
from portal.cases.explaining import case_deadlines, clocks_of
from portal.cases.pages import UnderWay, is_throttled, opened_once, put_error, too_many
from portal.cases.workflow import Refused
from portal.ledger.models import Event
from portal.organisation.actors import CITIZEN
from portal.workdays.current import current_calendar


@require_safe
def start(request: HttpRequest) -> HttpResponse:
    """What the hotline is for, and its figures."""
    counts = statistics.this_year(timezone.now())
    return render(request, "hotline/start.html", {"figures": counts, "rates": statistics.rates(counts)})


@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters("name", "phone", "email", "description")
@never_cache
def report(request: HttpRequest) -> HttpResponse:
    """A report without an account."""
    if request.method != "POST":
        return render(request, "hotline/report.html", {"form": ReportForm()})
    # Photos are decoded while the form is checked, so a form that brings some counts even if it is wrong.
    if request.FILES and is_throttled(request, "report"):
        return too_many(request)
    form = ReportForm(request.POST, request.FILES)
    if form.is_valid():
        if not request.FILES and is_throttled(request, "report"):
            return too_many(request)
        matter, photos, at = form.matter(), form.cleaned_data["photos"], timezone.now()
        try:
            number = opened_once(
                form, lambda: actions.report(matter, photos=photos, actor=CITIZEN, at=at).number
            )
        except Refused as refused:
            put_error(form, refused)
        except UnderWay:
            form.add_error(None, _("Your report is being saved already. Please wait a moment."))
            return render(request, "hotline/report.html", {"form": form}, status=409)
        else:
            ticket = Ticket.objects.get(number=number)
            access.remember(request, ticket)
            request.session[access.OPENED_KEY] = number
            return redirect("hotline:reported")
    return render(request, "hotline/report.html", {"form": form}, status=400)


@require_safe
@never_cache
def reported(request: HttpRequest) -> HttpResponse:
    """Number and look-up code of the report that this browser has just sent."""
    ticket = Ticket.objects.filter(number=request.session.get(access.OPENED_KEY, "")).first()
    if ticket is None:
        return redirect("hotline:report")
    clock = ticket.deadlines.filter(term="hotline.reply").order_by("id").first()
    return render(request, "hotline/reported.html", {"ticket": ticket, "reply_clock": clock})


@require_safe
@never_cache
def followed(request: HttpRequest, number: str) -> HttpResponse:
    """The own ticket: where it stands, who has it, until when and why. Of staff it names nobody."""
    if not access.follows(request, number):
        return redirect("cases:follow")
    ticket = get_object_or_404(Ticket.objects.for_list(), number=number)
    now, calendar = timezone.now(), current_calendar()
    clocks = clocks_of(case_deadlines(ticket), now=now, calendar=calendar)
    attachments = list(ticket.attachments.all())
    context = {
        "ticket": ticket,
        "clocks": clocks,
        "promised": next((each for each in clocks if each.deadline.limit == "promised"), None),
        "entries": public_history(list(Event.objects.of(ticket.subject))),
        "photos_own": [each for each in attachments if each.by_public],
        "photos_unit": [each for each in attachments if not each.by_public],
    }
    return render(request, "hotline/followed.html", context)
