"""The operator's page: a call logged with the keyboard alone."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from hotline import actions
from hotline.filters import seen_tickets
from hotline.forms import AddedCallForm, CallForm, GoesOn
from hotline.models import Category, Ticket, Urgency
from hotline.wording import limit_sentences
from portal.cases.explaining import Row, row_of
from portal.cases.pages import UnderWay, opened_once, put_error
from portal.cases.phones import is_phone, normal_phone
from portal.cases.workflow import Refused
from portal.organisation.actors import Role
from portal.organisation.actors_of import actor_of
from portal.organisation.permissions import require_role
from portal.workdays.current import current_calendar

# What the submit buttons say; everything else saves the call.
LOOK_UP, ADD = "look_up", "add:"
EARLIER_SHOWN = 8
# What a rule calls an input, and what this page calls it.
NAMES = {"note": "answer"}


@require_role(Role.OPERATOR)
@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters("phone", "name", "description", "answer")
@never_cache
def new_call(request: HttpRequest) -> HttpResponse:
    """Log a call: look up the caller, add the call to an earlier ticket, or open a new one."""
    if request.method != "POST":
        return _draw(request, CallForm())
    do = request.POST.get("do", "")
    if do.startswith(ADD):
        return _add(request, do.removeprefix(ADD))
    form = CallForm(request.POST)
    if do == LOOK_UP:
        # Redrawn with what was typed, and without complaining of what was not asked yet.
        kept = {name: request.POST.get(name, "") for name in form.fields}
        return _draw(request, CallForm(initial=kept), phone=kept["phone"])
    if form.is_valid():
        try:
            return _save(request, form)
        except Refused as refused:
            put_error(form, refused, NAMES)
        except UnderWay:
            form.add_error(None, _("This call is being saved already. You find it in the list of tickets."))
            return _draw(request, form, status=409)
    return _draw(request, form, status=400)


def _save(request: HttpRequest, form: CallForm) -> HttpResponse:
    actor, at, cleaned = actor_of(request), timezone.now(), form.cleaned_data
    goes_on = cleaned["goes_on"]

    def opens() -> str:
        if goes_on == GoesOn.NO_MATTER:
            actions.note_call(
                phone=cleaned["phone"],
                name=cleaned["name"],
                note=cleaned["description"],
                actor=actor,
                at=at,
            )
            return "-"
        matter = form.matter()
        ticket = actions.log_call(
            matter,
            actor=actor,
            at=at,
            answer=cleaned["answer"] if goes_on == GoesOn.ANSWER else "",
            dispatch_to=(cleaned["unit"] or matter.category.usual_unit)
            if goes_on == GoesOn.DISPATCH
            else None,
        )
        return ticket.number

    if goes_on == GoesOn.ANSWER and not cleaned["answer"].strip():
        raise Refused(_("Please write down what you answered."), field="answer")
    number = opened_once(form, opens)
    if number == "-":
        return redirect("hotline:call_noted")
    return redirect("hotline:call_logged", number=number)


def _add(request: HttpRequest, number: str) -> HttpResponse:
    actor = actor_of(request)
    ticket = seen_tickets(actor).filter(number=number[:40].replace("\0", "")).first()
    form, added = CallForm(request.POST), AddedCallForm(request.POST)
    # Only what such a call asks for is complained of; the rest stays as it was typed.
    form.errors.clear()
    if ticket is None:
        form.add_error(None, _("There is no such ticket."))
    elif added.is_valid():
        try:
            actions.add_call(
                ticket,
                actor=actor,
                at=timezone.now(),
                phone=added.cleaned_data["phone"],
                name=added.cleaned_data["name"],
                note=added.cleaned_data["description"],
            )
            return redirect("hotline:call_added", number=ticket.number)
        except Refused as refused:
            put_error(form, refused, {"note": "description"})
    else:
        for name, sentences in added.errors.items():
            form.add_error(name, list(sentences))
    return _draw(request, form, phone=form.typed("phone"), status=400)


def _draw(request: HttpRequest, form: CallForm, *, phone: str = "", status: int = 200) -> HttpResponse:
    if form.is_bound:
        phone = form.typed("phone")
        category, urgency = form.data.get("category", ""), form.data.get("urgency", "")
    else:
        category, urgency = form.initial.get("category", ""), form.initial.get("urgency", "")
    context = {
        "form": form,
        **_earlier(request, phone),
        **_limits(str(category), str(urgency)),
    }
    return render(request, "hotline/new_call.html", context, status=status)


def _earlier(request: HttpRequest, phone: str) -> dict[str, Any]:
    phone = normal_phone(phone[:40])
    if not is_phone(phone):
        return {"earlier": [], "asked": False}
    now, calendar = timezone.now(), current_calendar()
    tickets: Any = seen_tickets(actor_of(request))
    found = list(tickets.of_caller(phone)[: EARLIER_SHOWN + 1])
    rows: list[Row] = [row_of(each, now=now, calendar=calendar) for each in found[:EARLIER_SHOWN]]
    return {"earlier": rows, "asked": True, "more": len(found) > EARLIER_SHOWN}


def _limits(category: str, urgency: str) -> dict[str, Any]:
    """The limits that a ticket of this category would have, where the category is known already."""
    try:
        found = CallForm.base_fields["category"].clean(category)
    except ValidationError as unclear:
        return {"limits": [], "unclear": unclear.messages}
    if not isinstance(found, Category):
        return {"limits": []}
    known = urgency if urgency in Urgency.values else Urgency.NORMAL
    sentences = limit_sentences(found, known, at=timezone.now(), calendar=current_calendar())
    return {"limits": sentences, "category": found}


@require_role(Role.OPERATOR)
@require_POST
@sensitive_post_parameters("phone")
@never_cache
def caller(request: HttpRequest) -> HttpResponse:
    """The earlier tickets of a caller, while the number is being typed. By POST: no number in an address."""
    return render(request, "hotline/_earlier.html", _earlier(request, request.POST.get("phone", "")))


@require_role(Role.OPERATOR)
@require_safe
@never_cache
def limits(request: HttpRequest) -> HttpResponse:
    """The limits of a category at an urgency, while they are being chosen."""
    found = _limits(request.GET.get("category", ""), request.GET.get("urgency", ""))
    return render(request, "hotline/_limits.html", found)


@require_role(Role.OPERATOR)
@require_safe
@never_cache
def call_logged(request: HttpRequest, number: str) -> HttpResponse:
    """What is read to the caller: the number and the look-up code."""
    ticket = get_object_or_404(Ticket.objects.for_list(), number=number)
    clock = ticket.deadlines.filter(term="hotline.reply").order_by("id").first()
    context = {"ticket": ticket, "reply_clock": clock}
    return render(request, "hotline/call_logged.html", context)


@require_role(Role.OPERATOR)
@require_safe
@never_cache
def call_added(request: HttpRequest, number: str) -> HttpResponse:
    ticket = get_object_or_404(Ticket.objects.for_list(), number=number)
    return render(request, "hotline/call_logged.html", {"ticket": ticket, "added": True})


@require_role(Role.OPERATOR)
@require_safe
@never_cache
def call_noted(request: HttpRequest) -> HttpResponse:
    return render(request, "hotline/call_logged.html", {})
