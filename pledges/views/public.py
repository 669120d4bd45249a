"""Everyone's pages: the pledges of every unit, each as it was signed, and “this was not kept”."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from itertools import groupby
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from pledges import complaints, keeping, measuring, workflow
from pledges.complaints import KIND
from pledges.filters import PledgeFilter
from pledges.forms import ComplaintForm
from pledges.models import Breach, PledgeVersion
from pledges.published import Signed, compared, promised, signed
from pledges.wording import public_history, standing
from portal.cases import access
from portal.cases.explaining import case_deadlines, clocks_of
from portal.cases.pages import UnderWay, is_throttled, opened_once, put_error, too_many
from portal.cases.terms import local_day
from portal.cases.workflow import Refused
from portal.documents.actions import Tampered
from portal.ledger.models import Event
from portal.organisation.actors import CITIZEN
from portal.site.wording import local_date
from portal.workdays.current import current_calendar

logger = logging.getLogger(__name__)

VERSION = re.compile(r"[0-9]{1,4}")


@require_safe
def pledge_list(request: HttpRequest) -> HttpResponse:
    """The pledges in force, by unit; those that were withdrawn stay below, as tombstones."""
    in_force = PledgeVersion.objects.in_force().for_list()
    found = PledgeFilter(request.GET, in_force.order_by("pledge__unit__code", "title", "pk"), request=request)
    valid = found.is_valid()
    versions = list(found.qs) if valid else []
    summaries, today = keeping.summaries(versions), local_day(timezone.now())
    units = [
        {
            "unit": unit,
            "rows": [
                {"version": each, "summary": summaries[each.pk], "standing": standing(each, today)}
                for each in rows
            ],
        }
        for unit, rows in groupby(versions, key=lambda each: each.pledge.unit)
    ]
    asked = any(request.GET.get(name) for name in ("q", "unit"))
    withdrawn = PledgeVersion.objects.public().filter(state=workflow.WITHDRAWN).for_list()
    context = {
        "filter": found,
        "units": units,
        "count": len(versions),
        "is_filtered": asked,
        "withdrawn": [] if asked else withdrawn.order_by("-ended_at", "-pk")[:50],
        "window": measuring.WINDOW_DAYS,
    }
    return render(request, "pledges/list.html", context, status=200 if valid else 400)


def public_version(pledge: int, number: int | None = None) -> PledgeVersion:
    """A version that has been published; without a number the one in force, else the last that was.

    Raises Http404 for all others, so that nobody learns of a draft that it exists.
    """
    found = PledgeVersion.objects.public().for_list().filter(pledge_id=pledge)
    if number is not None:
        return get_object_or_404(found, number=number)
    version = found.in_force().first() or found.order_by("-number").first()
    if version is None:
        raise Http404
    return version


@require_safe
def pledge(request: HttpRequest, pk: int) -> HttpResponse:
    return _shown(request, public_version(pk))


@require_safe
def version(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """An earlier text, and the one in force, at an address that stays."""
    return _shown(request, public_version(pk, number))


def _shown(request: HttpRequest, found: PledgeVersion) -> HttpResponse:
    today = local_day(timezone.now())
    context: dict[str, Any] = {
        "version": found,
        "standing": standing(found, today),
        "versions": _versions(found.pledge_id),
        "window": measuring.WINDOW_DAYS,
        "trend_days": keeping.TREND_DAYS,
    }
    if found.state == workflow.WITHDRAWN:
        return render(request, "pledges/withdrawn.html", context)
    return _from_signed(request, found, lambda text: render(request, "pledges/pledge.html", context | text))


def _versions(pledge: int) -> list[dict[str, Any]]:
    """The published versions, newest first, with what to compare each with, and its upheld complaints."""
    found = list(PledgeVersion.objects.public().filter(pledge=pledge).order_by("-number"))
    upheld = keeping.upheld_by_version(pledge)
    rows = []
    for each, earlier in zip(found, [*found[1:], None], strict=True):
        withdrawn = earlier is None or workflow.WITHDRAWN in (each.state, earlier.state)
        before = None if earlier is None or withdrawn else earlier.number
        rows.append({"version": each, "before": before, "upheld": upheld.get(each.pk, 0)})
    return rows


def _from_signed(
    request: HttpRequest, found: PledgeVersion, draw: Callable[[dict[str, Any]], HttpResponse]
) -> HttpResponse:
    """The page of what was signed; where its file was changed, nothing is shown as if it had been signed."""
    try:
        text = signed(found)
    except Tampered:
        return _tampered(request, found)
    kept, upheld = keeping.by_clause(found), keeping.upheld_by_clause(found)
    clauses = [
        {"clause": each, "kept": kept.get(each.number), "upheld": upheld.get(each.number, 0)}
        for each in text.clauses
    ]
    return draw({"signed": text, "clauses": clauses})


def _tampered(request: HttpRequest, found: PledgeVersion) -> HttpResponse:
    assert found.document is not None
    logger.critical("The file of pledge %s is gone or was changed in storage.", found.document.number)
    sentence = _("The file of this pledge is not the one that was signed, so its text is not shown.")
    response = render(request, "500.html", {"sentence": sentence}, status=500)
    add_never_cache_headers(response)
    return response


@require_safe
def differences(request: HttpRequest, pk: int, old: int, new: int) -> HttpResponse:
    """What changed from one published version to another, clause by clause, out of the signed files."""
    before, after = public_version(pk, old), public_version(pk, new)
    if old >= new or workflow.WITHDRAWN in (before.state, after.state):
        # Of what was withdrawn the tombstone is shown, and no text beside it.
        raise Http404
    try:
        texts: tuple[Signed, Signed] = (signed(before), signed(after))
    except Tampered:
        return _tampered(request, after)
    changes = compared(
        *([promised(clause.text, clause.measure) for clause in each.clauses] for each in texts)
    )
    context = {
        "before": before,
        "after": after,
        "changes": changes,
        "others": _other_changes(*texts),
        "unchanged": sum(each.kind == "same" for each in changes),
    }
    return render(request, "pledges/differences.html", context)


def _promises(text: Signed) -> list[str]:
    return [promised(each.text, each.measure) for each in text.clauses]


def _other_changes(old: Signed, new: Signed) -> list[tuple[str, str, str]]:
    """What else changed: (what, as it was, as it is)."""
    parts = [
        (_("Title"), old.title, new.title),
        (_("Words before the clauses"), "\n".join(old.preamble), "\n".join(new.preamble)),
        (_("Words after the clauses"), "\n".join(old.closing), "\n".join(new.closing)),
        (_("Complaints telephone"), old.phone, new.phone),
        (_("Fax"), old.fax, new.fax),
        (_("E-mail"), old.email, new.email),
        (_("Valid from"), local_date(old.valid_from), local_date(new.valid_from)),
        (
            _("Valid until"),
            *(local_date(each.valid_until) if each.valid_until else "" for each in (old, new)),
        ),
        (_("Signing officer"), *(f"{each.signer_title} {each.signer_name}" for each in (old, new))),
    ]
    return [(what, before, after) for what, before, after in parts if before != after]


# This was not kept ------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters("name", "phone", "email", "description")
@never_cache
def complain(request: HttpRequest, pk: int) -> HttpResponse:
    """A complaint about a clause, named or anonymous, without an account."""
    asked = request.POST.get("version") or request.GET.get("version") or ""
    found = public_version(pk, int(asked) if VERSION.fullmatch(asked) else None)
    if request.method != "POST":
        clause = request.GET.get("clause", "")
        initial = {"clause": clause} if VERSION.fullmatch(clause) else {}
        return _complaint_form(request, found, ComplaintForm(version=found, initial=initial))
    # Photos are decoded while the form is checked, so a form that brings some counts even if it is wrong.
    if request.FILES and is_throttled(request, "complaint"):
        return too_many(request)
    form = ComplaintForm(request.POST, request.FILES, version=found)
    if not form.is_valid():
        return _complaint_form(request, found, form, status=400)
    if not request.FILES and is_throttled(request, "complaint"):
        return too_many(request)
    grievance, at = form.grievance(), timezone.now()
    try:
        number = opened_once(form, lambda: complaints.complain(grievance, actor=CITIZEN, at=at).number)
    except Refused as refused:
        put_error(form, refused)
        return _complaint_form(request, found, form, status=400)
    except UnderWay:
        form.add_error(None, _("Your complaint is being saved already. Please wait a moment."))
        return _complaint_form(request, found, form, status=409)
    breach = Breach.objects.get(number=number)
    access.remember(request, breach)
    request.session[access.OPENED_KEY] = number
    return redirect("pledges:complained")


def _complaint_form(
    request: HttpRequest, found: PledgeVersion, form: ComplaintForm, *, status: int = 200
) -> HttpResponse:
    return render(request, "pledges/complain.html", {"version": found, "form": form}, status=status)


@require_safe
@never_cache
def complained(request: HttpRequest) -> HttpResponse:
    """Number and look-up code of the complaint that this browser has just sent."""
    breach = Breach.objects.filter(number=request.session.get(access.OPENED_KEY, "")).first()
    if breach is None:
        return redirect("pledges:list")
    clock = breach.deadlines.filter(term="pledges.answer").order_by("id").first()
    return render(request, "pledges/complained.html", {"breach": breach, "answer_clock": clock})


@require_safe
@never_cache
def followed(request: HttpRequest, number: str) -> HttpResponse:
    """The own complaint: where it stands, until when and why, what was found. Of staff it names nobody."""
    if not access.follows(request, number):
        return redirect("cases:follow")
    breach = get_object_or_404(Breach.objects.for_list(), number=number, kind=KIND)
    now, calendar = timezone.now(), current_calendar()
    context = {
        "breach": breach,
        "version": breach.clause.version,
        "clocks": clocks_of(case_deadlines(breach), now=now, calendar=calendar),
        "entries": public_history(list(Event.objects.of(breach.subject))),
        "photos": [each for each in breach.attachments.all() if each.by_public],
    }
    return render(request, "pledges/followed.html", context)
