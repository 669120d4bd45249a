"""The supervisors' desk, and the cards for supervisors and for those whom they concern."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from portal.cases.terms import local_day
from portal.cases.workflow import Conflict, NotAllowed, Refused
from portal.notices.models import Notice
from portal.notices.views import case_url
from portal.organisation.actors import Role
from portal.organisation.actors_of import actor_of
from portal.organisation.permissions import require_role
from portal.oversight import appraisal, cards, figures, workflow
from portal.oversight.filters import CardFilter, OwnCardFilter
from portal.oversight.forms import StepForm, YearForm
from portal.oversight.models import Card
from portal.paging import page
from portal.workdays.current import current_calendar

MOST_FAILED_SHOWN = 100


def _listed(request: HttpRequest, filter_class: type[CardFilter]) -> dict[str, Any]:
    found = Card.objects.visible_to(actor_of(request)).select_related("case", "deadline", "unit")
    narrowed = filter_class(request.GET, queryset=found)
    return {
        "filter": narrowed,
        "page": page(narrowed.qs, by="issued_at", query=request.GET),
        "today": local_day(timezone.now()),
        "waiting": workflow.WAITING,
    }


def _status(narrowed: CardFilter) -> int:
    return 200 if narrowed.form.is_valid() else 400


@require_role(Role.SUPERVISOR)
@require_safe
@never_cache
def desk(request: HttpRequest) -> HttpResponse:
    """What is late, what will be, whose clock failed, and every card."""
    now = timezone.now()
    context = _listed(request, CardFilter) | {
        "loads": figures.load_by_unit(now),
        "overdue": [
            {"case": row.case, "limit": row.limit, "url": case_url(row.case)}
            for row in figures.overdue_cases(now, current_calendar())
        ],
        "failures": [
            {"failure": failure, "url": case_url(failure.case)} for failure in figures.failed_clocks()
        ],
        "undelivered": Notice.objects.failed().values("pk")[:MOST_FAILED_SHOWN].count(),
    }
    return render(request, "oversight/desk.html", context, status=_status(context["filter"]))


@require_role(Role.SUPERVISOR)
@require_safe
@never_cache
def appraisal_page(request: HttpRequest) -> HttpResponse:
    """What counts in the yearly appraisal of each unit, in a year up to now."""
    today = local_day(timezone.now())
    form = YearForm(request.GET or {"year": today.year}, this_year=today.year)
    context: dict[str, Any] = {"form": form, "items": appraisal.items(), "rows": []}
    if not form.is_valid():
        return render(request, "oversight/appraisal.html", context, status=400)
    year = form.cleaned_data["year"]
    context |= {"year": year, "rows": appraisal.table(date(year, 1, 1), min(date(year, 12, 31), today))}
    return render(request, "oversight/appraisal.html", context)


@require_role(Role.SUPERVISOR, Role.HANDLER, Role.OPERATOR)
@require_safe
@never_cache
def card_list(request: HttpRequest) -> HttpResponse:
    """The cards of the reader's unit; a supervisor sees them all."""
    sees_all = actor_of(request).has_role(Role.SUPERVISOR)
    context = _listed(request, CardFilter if sees_all else OwnCardFilter) | {"sees_all": sees_all}
    return render(request, "oversight/cards.html", context, status=_status(context["filter"]))


def _card_or_404(request: HttpRequest, pk: int) -> Card:
    """A card that does not exist and one that is not the reader's to see look alike."""
    found = Card.objects.select_related("case", "deadline", "unit", "holder").filter(pk=pk).first()
    if found is None or not workflow.may_see(found.facts(), actor_of(request)):
        raise Http404
    return found


@require_role()
@require_safe
@never_cache
def card_page(request: HttpRequest, pk: int) -> HttpResponse:
    return _drawn(request, _card_or_404(request, pk))


def _drawn(
    request: HttpRequest, card: Card, *, wrong: StepForm | None = None, status: int = 200
) -> HttpResponse:
    """The card's page, with a form for each step that the reader may take; `wrong` takes its step's place."""
    forms = [
        wrong
        if wrong is not None and wrong.step is step
        else StepForm(step=step, initial={"seen": card.version})
        for step in workflow.allowed(card.facts(), actor_of(request))
    ]
    context = {
        "card": card,
        "forms": forms,
        "case_url": case_url(card.case),
        "entries": [
            {"at": card.issued_at, "title": _("Issued by the clock"), "text": ""},
            *(
                {
                    "at": step.at,
                    "title": workflow.STEPS[step.step].label,
                    "who": step.by_name,
                    "text": step.text,
                }
                for step in card.steps.all()
            ),
        ],
        "late": card.reply_is_late(local_day(timezone.now())),
    }
    return render(request, "oversight/card.html", context, status=status)


@require_role()
@require_POST
def take_step(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    """Answer, appeal, accept, uphold or withdraw."""
    card = _card_or_404(request, pk)
    step = workflow.STEPS.get(name)
    if step is None:
        raise Http404
    form = StepForm(request.POST, step=step)
    if not form.is_valid():
        return _drawn(request, card, wrong=form, status=400)
    try:
        cards.take_step(
            card,
            name,
            text=form.cleaned_data["text"],
            actor=actor_of(request),
            at=timezone.now(),
            seen=form.cleaned_data["seen"],
        )
    except Refused as refused:
        status = 409 if isinstance(refused, Conflict) else 403 if isinstance(refused, NotAllowed) else 400
        messages.error(request, str(refused.message))
        now = _card_or_404(request, pk)
        # What was typed is kept, on a page that shows the card as it is by now.
        kept = request.POST.copy()
        kept[form.add_prefix("seen")] = str(now.version)
        return _drawn(request, now, wrong=StepForm(kept, step=step), status=status)
    messages.success(request, _("“%(step)s” has been recorded.") % {"step": step.label})
    return redirect("oversight:card", pk=pk)
