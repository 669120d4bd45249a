"""Information requests for staff: the list, what came over the counter or by post, and one with its steps."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from disclosure import requesting
from disclosure.forms.asking import ReceivedForm
from disclosure.forms.remedies import RemedyForm
from disclosure.forms.request_list import RequestFilter, seen_requests
from disclosure.forms.request_steps import blank_forms, form_for
from disclosure.letters import PAPER_NAMES
from disclosure.models import InformationRequest
from disclosure.rules import request as rules
from disclosure.wording_requests import history
from portal.cases.explaining import case_deadlines, clocks_of, row_of
from portal.cases.identity import masked_number
from portal.cases.pages import UnderWay, opened_once, put_error, what_was_sent
from portal.cases.stepping import StepPage, Tried, answer, listed, shown
from portal.cases.workflow import NotAllowed, Refused, Transition
from portal.ledger.models import Event
from portal.organisation.actors_of import actor_of
from portal.organisation.permissions import require_role
from portal.workdays.current import current_calendar

READERS = tuple(sorted(rules.SEEN_BY))


@require_role(*READERS)
@require_safe
@never_cache
def requests(request: HttpRequest) -> HttpResponse:
    """What is due first stands on top."""
    actor, now, calendar = actor_of(request), timezone.now(), current_calendar()
    found = RequestFilter(request.GET, seen_requests(actor), request=request, now=now, calendar=calendar)
    context, page, status = listed(request, found, reverse("disclosure:requests"))
    context |= {
        "rows": [row_of(each, now=now, calendar=calendar) for each in page.rows],
        "may_enter": actor.has_role(*rules.OFFICER),
    }
    return render(request, "disclosure/requests.html", context, status=status)


@require_role(*sorted(rules.OFFICER))
@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters()
@never_cache
def received(request: HttpRequest) -> HttpResponse:
    """A request that came in person, by post or by fax; what is shown next is its number."""
    template = "disclosure/request_received.html"
    if request.method != "POST":
        return render(request, template, {"form": ReceivedForm()})
    form, actor, at = ReceivedForm(request.POST, request.FILES), actor_of(request), timezone.now()
    status = 400
    if form.is_valid():
        asked = form.cleaned_data

        def opens() -> str:
            made = requesting.apply(
                form.asking(), channel=asked["channel"], received_on=asked["received_on"], actor=actor, at=at
            )
            return made.number

        try:
            number = opened_once(form, opens, actor=actor)
        except NotAllowed as refused:
            raise PermissionDenied(str(refused.message)) from None
        except Refused as refused:
            put_error(form, refused, {"files": "uploads"})
        except UnderWay:
            form.add_error(None, _("This is being saved already. You find it in the list."))
            status = 409
        else:
            messages.success(request, _("Registered: %(number)s.") % {"number": number})
            return redirect("disclosure:request", number)
    return render(request, template, {"form": form}, status=status)


@require_role(*READERS)
@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters()
@never_cache
def information_request(request: HttpRequest, number: str) -> HttpResponse:
    """All of it. A step is sent back here, with the version of the case that was looked at."""
    if request.method == "POST" and "remedy" in request.POST:
        return _note_remedy(request, number)
    actor, at = actor_of(request), timezone.now()

    def form(step: Transition, row: InformationRequest, data: Any) -> Any:
        return form_for(step, row, data, request.FILES, actor=actor, at=at)

    page = StepPage(
        workflow=rules.WORKFLOW,
        form_for=form,
        take=_take,
        load=lambda: _load(request, number),
        draw=lambda found, tried: _drawn(request, found, tried),
        done=lambda: redirect("disclosure:request", number),
    )
    return answer(request, page)


def _load(request: HttpRequest, number: str) -> InformationRequest:
    """Raises Http404 for what is not the reader's to see."""
    rows = InformationRequest.objects.visible_to(actor_of(request)).for_list()
    found = rows.select_related("public_item", "earlier", "secrecy_by").filter(number=number).first()
    if found is None:
        raise Http404
    return found


def _take(found: InformationRequest, step: Transition, *, given: dict[str, Any], **who: Any) -> None:
    requesting.take_step(found, step.name, **given, **who)


def _drawn(
    request: HttpRequest, found: InformationRequest, tried: Tried, *, remedy: RemedyForm | None = None
) -> HttpResponse:
    actor, now, calendar = actor_of(request), timezone.now(), current_calendar()
    forms = blank_forms(found, rules.WORKFLOW.allowed(found, actor=actor, at=now), actor=actor, at=now)
    knows = actor.has_role(*rules.KNOWS_THE_APPLICANT)
    papers = found.papers.select_related("document")
    may_note = actor.has_role(*rules.OFFICER) and found.replied_at is not None
    context = {
        "asked": found,
        "clocks": clocks_of(case_deadlines(found), now=now, calendar=calendar),
        "entries": history(list(Event.objects.of(found.subject)), knows_the_applicant=knows),
        "knows_the_applicant": knows,
        "applicant_number": found.applicant_number
        if knows or not found.is_person
        else masked_number(found.applicant_number),
        "files": list(found.files.all()),
        "papers": [{"paper": each, "name": PAPER_NAMES[each.purpose]} for each in papers],
        "consultations": list(found.consultations.select_related("document")),
        "earlier": found.earlier_like_it() if knows else [],
        "remedies": list(found.remedies.all()),
        "remedy_form": remedy or (RemedyForm() if may_note else None),
        "remedy_key": request.POST.get("remedy", ""),
        "may_publish_it": actor.has_role(*rules.OFFICER)
        and found.may_publish
        and found.reply_type in ("provided", "partly")
        and not found.publications.exists(),
        "publications": list(found.publications.all()),
        **shown(found, forms, tried).context(tried),
    }
    return render(request, "disclosure/request.html", context, status=tried.status)


def _note_remedy(request: HttpRequest, number: str) -> HttpResponse:
    """A reconsideration or a suit about the answer; the key of one that is noted already says which."""
    found, actor, at = _load(request, number), actor_of(request), timezone.now()
    if not actor.has_role(*rules.OFFICER):
        raise PermissionDenied(_("Your role does not permit this step."))
    form, key, status = RemedyForm(request.POST), request.POST["remedy"], 400
    remedy = next((each for each in found.remedies.all() if str(each.pk) == key), None)
    if form.is_valid() and key and remedy is None:
        # Noted as a new one, it would be counted twice.
        form.add_error(None, _("There is no such remedy of this request."))
    if form.is_valid():
        given = {name: value for name, value in form.cleaned_data.items() if name != "once"}

        def notes() -> str:
            return str(requesting.note_remedy(found, remedy=remedy, actor=actor, at=at, **given).pk)

        try:
            opened_once(form, notes, content=[found.number, what_was_sent(form)], actor=actor)
        except Refused as refused:
            put_error(form, refused)
        except UnderWay:
            form.add_error(None, _("This is being saved already. You find it in the list."))
            status = 409
        else:
            messages.success(request, _("The remedy is noted."))
            return redirect("disclosure:request", number)
    return _drawn(request, found, Tried(status=status), remedy=form)
