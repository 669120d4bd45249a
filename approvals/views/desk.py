"""The window's desk and the list of applications: what is due first stands on top."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from approvals import workflow
from approvals.filters import ApprovalFilter, seen_approvals
from approvals.forms_counter import FindForm
from approvals.rules.terms import SERVING, SUPPLEMENT
from approvals.waiting import DESK_ROLES, waits_for, why
from portal.cases.explaining import row_of
from portal.cases.keyset import DUE_FIRST, BadKey, Page, read_page
from portal.cases.stepping import PAGE_SIZE, listed
from portal.organisation.actors import Actor
from portal.organisation.actors_of import actor_of
from portal.organisation.permissions import require_role
from portal.workdays.current import current_calendar

READERS = tuple(sorted(workflow.SEEN_BY | workflow.HANDLED_BY))
# So many are offered where several numbers end in the same figures.
FOUND_SHOWN = 12


@require_role(*sorted(DESK_ROLES))
@require_safe
@never_cache
def desk(request: HttpRequest) -> HttpResponse:
    """What waits for the reader; with `number`, the way to one application."""
    if "number" in request.GET:
        return _find(request)
    return _desk(request, FindForm())


def _desk(request: HttpRequest, find: FindForm, *, status: int = 200) -> HttpResponse:
    actor = actor_of(request)
    page, address, sentence = Page([], "", ""), reverse("approvals:desk"), ""
    try:
        page = read_page(
            seen_approvals(actor).filter(waits_for(actor)),
            order=DUE_FIRST,
            after=request.GET.get("after", ""),
            before=request.GET.get("before", ""),
            size=PAGE_SIZE,
        )
    except BadKey:
        sentence, status = _("There is no such page of the list. Please begin with the first."), 400
    context = {
        **_rows(page.rows, actor),
        "find": find,
        "sentence_about_page": sentence,
        "newer_url": f"{address}?{urlencode({'before': page.before})}" if page.before else "",
        "older_url": f"{address}?{urlencode({'after': page.after})}" if page.after else "",
        "may_receive": actor.has_role(*workflow.CLERK),
    }
    return render(request, "approvals/desk.html", context, status=status)


def _rows(cases: list[Any], actor: Actor) -> dict[str, Any]:
    now, calendar = timezone.now(), current_calendar()
    rows = [(row_of(each, now=now, calendar=calendar), why(each, actor)) for each in cases]
    return {"rows": [{"row": row, "case": row.case, "why": reason} for row, reason in rows]}


def _find(request: HttpRequest) -> HttpResponse:
    """On to the application of the number; the choice, where several end like that."""
    find, actor = FindForm(request.GET), actor_of(request)
    if not find.is_valid():
        return _desk(request, find, status=400)
    found: list[Any] = list(find.among(seen_approvals(actor))[: FOUND_SHOWN + 1])
    if len(found) == 1:
        return redirect("approvals:case", found[0].number)
    if not found:
        find.add_error("number", _("You see no application whose number is that or ends like that."))
        return _desk(request, find, status=404)
    context = {
        **_rows(found[:FOUND_SHOWN], actor),
        "find": find,
        "several": True,
        "more": len(found) > FOUND_SHOWN,
        "may_receive": actor.has_role(*workflow.CLERK),
    }
    return render(request, "approvals/desk.html", context)


@require_role(*READERS)
@require_safe
@never_cache
def cases(request: HttpRequest) -> HttpResponse:
    """Every application that the reader may see, with what is asked of the list every day as links."""
    actor, now, calendar = actor_of(request), timezone.now(), current_calendar()
    found = ApprovalFilter(request.GET, seen_approvals(actor), request=request, now=now, calendar=calendar)
    context, page, status = listed(request, found, reverse("approvals:cases"))
    context |= {
        **_rows(page.rows, actor),
        "views": _views(request, everything=actor.has_role(*workflow.SEEN_BY)),
        "may_receive": actor.has_role(*workflow.CLERK),
        "shows_unit": True,
    }
    return render(request, "approvals/cases.html", context, status=status)


def _views(request: HttpRequest, *, everything: bool) -> list[dict[str, Any]]:
    """The questions that are asked of the list every day; `everything`: of somebody who sees all of it."""
    views = [
        ({}, _("All open")),
        ({"due": "overdue"}, _("Overdue")),
        ({"due": "today"}, _("Due today")),
    ]
    if everything:
        views += [
            ({"taken_by": "nobody"}, _("Not taken yet")),
            ({"state": SUPPLEMENT}, _("Waiting for the applicant")),
            ({"state": SERVING}, _("To be served")),
        ]
    asked = {name: value for name, value in request.GET.items() if value}
    url = reverse("approvals:cases")
    return [
        {"url": f"{url}?{urlencode(query)}" if query else url, "label": label, "current": asked == query}
        for query, label in views
    ]
