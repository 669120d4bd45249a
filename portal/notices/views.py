"""The inbox, and for supervisors and administrators what could not be delivered."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from portal.cases import kinds
from portal.cases.access import contacts_seen
from portal.cases.models import Case
from portal.cases.workflow import Refused
from portal.notices import delivery, inbox
from portal.notices.filters import FailedFilter, InboxFilter
from portal.notices.models import Notice
from portal.organisation.actors import Role
from portal.organisation.actors_of import actor_of
from portal.organisation.models import Unit
from portal.organisation.permissions import require_role
from portal.paging import page


def case_url(case: Case | None) -> str:
    """The staff's page of a case; "" where its app has none."""
    if case is None:
        return ""
    try:
        return reverse(kinds.of(case).url_name, args=[case.number])
    except (KeyError, NoReverseMatch):
        return ""


@require_role()
@require_safe
@never_cache
def inbox_page(request: HttpRequest) -> HttpResponse:
    """The reader's notices, newest first, and those of the reader's units and roles."""
    actor = actor_of(request)
    narrowed = InboxFilter(request.GET, queryset=Notice.objects.all())
    shown = page(
        narrowed.qs,
        by="queued_at",
        query=request.GET,
        pick=lambda found, order, count: inbox.newest(found, actor, order, count),
    )
    cases = Case.objects.in_bulk({row.case_id for row in shown.rows if row.case_id is not None})
    units = {row.unit_id for row in shown.rows if row.unit_id is not None}
    names = {row.pk: str(row) for row in Unit.objects.filter(pk__in=units)}
    context = {
        "filter": narrowed,
        "page": shown,
        "entries": [
            {
                "notice": row,
                "case": cases.get(row.case_id),
                "url": case_url(cases.get(row.case_id)),
                "addressee": names.get(row.unit_id, "")
                if row.unit_id
                else (Role(row.role).label if row.role else ""),
            }
            for row in shown.rows
        ],
        "unread": inbox.unread_count(actor),
    }
    return render(request, "notices/inbox.html", context, status=200 if narrowed.form.is_valid() else 400)


@require_role()
@require_POST
def read(request: HttpRequest, pk: int) -> HttpResponse:
    """Mark one of the reader's notices as read, and go back to the list or on to its case."""
    actor = actor_of(request)
    notice = get_object_or_404(inbox.owned_by(actor).select_related("case"), pk=pk)
    inbox.mark_read(notice, actor=actor, at=timezone.now())
    target = (case_url(notice.case) if request.POST.get("open") else "") or request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure()):
        target = reverse("notices:inbox")
    return redirect(target)


@require_role()
@require_POST
def read_all(request: HttpRequest) -> HttpResponse:
    count = inbox.mark_all_read(actor=actor_of(request), at=timezone.now())
    messages.success(
        request,
        ngettext("%(count)d notice marked as read.", "%(count)d notices marked as read.", count)
        % {"count": count},
    )
    return redirect("notices:inbox")


@require_role(*delivery.MAY_RETRY)
@require_safe
@never_cache
def failed_page(request: HttpRequest) -> HttpResponse:
    """What could not be delivered after all attempts, newest first; addresses are masked, or hidden."""
    narrowed = FailedFilter(request.GET, queryset=Notice.objects.failed().select_related("case"))
    shown = page(narrowed.qs, by="queued_at", query=request.GET)
    # An administrator keeps the post going, and has no business in the cases themselves.
    actor = actor_of(request)
    sees_cases = actor.has_role(Role.SUPERVISOR)
    # A colleague's own address is nobody's secret; that of the person who brought a case may be.
    persons = {row.case_id: row.case for row in shown.rows if row.case is not None and row.staff_id is None}
    hidden = persons.keys() - contacts_seen(persons.values(), actor)
    context = {
        "filter": narrowed,
        "page": shown,
        "entries": [
            {
                "notice": row,
                "url": case_url(row.case) if sees_cases else "",
                "address": "" if row.staff_id is None and row.case_id in hidden else row.address,
            }
            for row in shown.rows
        ],
    }
    return render(request, "notices/failed.html", context, status=200 if narrowed.form.is_valid() else 400)


@require_role(*delivery.MAY_RETRY)
@require_POST
def retry(request: HttpRequest, pk: int) -> HttpResponse:
    """Queue a failed notice anew."""
    notice = Notice.objects.select_related("case").filter(pk=pk).first()
    if notice is None:
        raise Http404
    try:
        delivery.retry(notice, actor=actor_of(request), at=timezone.now())
    except Refused as refused:
        messages.error(request, str(refused.message))
    else:
        messages.success(request, _("The notice is queued again."))
    return redirect("notices:failed")
