"""Pages about any case: a deadline explained, a photo, a receipt; and the entry of a calendar notice."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from portal.cases import kinds, replanning
from portal.cases.access import case_or_404
from portal.cases.explaining import explanation
from portal.cases.forms import NoticeForm
from portal.cases.models import Attachment
from portal.ledger.actions import receipt
from portal.organisation.actors import Role
from portal.organisation.actors_of import actor_of
from portal.organisation.permissions import require_role
from portal.workdays.actions import NoticeRefused
from portal.workdays.current import current_calendar

# So many moved limits are listed one by one; more are counted.
SHIFTS_SHOWN = 200


@require_safe
@never_cache
def deadline(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    """Why a limit ends when it ends, for staff and for the citizen whose case it is."""
    case, for_staff = case_or_404(request, number)
    row = get_object_or_404(case.deadlines.prefetch_related("pauses", "extensions"), pk=pk)
    found = explanation(row, calendar=current_calendar(), now=timezone.now())
    kind = kinds.of(case)
    context = {
        "case": case,
        "deadline": row,
        "found": found,
        "for_staff": for_staff,
        "back_url": kind.url_name if for_staff else kind.public_url_name,
    }
    return render(request, "cases/deadline.html", context)


@require_safe
@never_cache
def photo(request: HttpRequest, pk: int) -> HttpResponse:
    """A photo of a case, to whoever may see the case. It was drawn anew when it came in."""
    row = get_object_or_404(Attachment.objects.select_related("case"), pk=pk)
    case_or_404(request, row.case.number)
    try:
        # Drawn by us and never large, so it is read at once and the file is closed again.
        with row.file.open("rb") as file:
            return HttpResponse(file.read(), content_type="image/jpeg")
    except FileNotFoundError:
        raise Http404 from None


@require_safe
@never_cache
def case_receipt(request: HttpRequest, number: str) -> JsonResponse:
    """What the ledger knows of the case, with its proofs, to be checked offline."""
    case, _for_staff = case_or_404(request, number)
    response = JsonResponse(receipt(case.subject), json_dumps_params={"ensure_ascii": False, "indent": 1})
    response["Content-Disposition"] = f'attachment; filename="receipt-{case.number}.json"'
    return response


@require_role(Role.SUPERVISOR, Role.ADMINISTRATOR)
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def enter_notice(request: HttpRequest) -> HttpResponse:
    """Enter a calendar notice: first the list of the limits that would move, then, confirmed, all at once."""
    if "change" in request.POST:
        # Back from the preview: the same words again, to be changed.
        given = {name: value for name, value in request.POST.items() if name != "confirmed"}
        return render(request, "cases/notice_form.html", {"form": NoticeForm(initial=given)})
    form = NoticeForm(request.POST or None, request.FILES or None)
    context: dict[str, object] = {"form": form}
    if request.method == "POST" and form.is_valid():
        verb = replanning.apply if form.cleaned_data["confirmed"] else replanning.preview
        try:
            shifts = verb(**form.notice(), actor=actor_of(request), at=timezone.now())
        except NoticeRefused as refused:
            form.refuse(refused)
        else:
            if form.cleaned_data["confirmed"]:
                messages.success(
                    request,
                    ngettext(
                        "The notice is in force. %(count)d running limit moved.",
                        "The notice is in force. %(count)d running limits moved.",
                        len(shifts),
                    )
                    % {"count": len(shifts)},
                )
                return redirect("workdays:year", year=form.cleaned_data["year"])
            context |= {
                "form": form.to_confirm(),
                "shifts": shifts[:SHIFTS_SHOWN],
                "count": len(shifts),
                "late": sum(shift.overdue_at_once for shift in shifts),
                "days": sorted(form.cleaned_data["days"], key=lambda day: day.date),
            }
            return render(request, "cases/notice_preview.html", context)
    return render(request, "cases/notice_form.html", context, status=400 if form.errors else 200)
