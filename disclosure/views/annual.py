"""Annual reports: read by everyone once they are approved, and made at the desk with every number open."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.cache import get_conditional_response, patch_cache_control
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from disclosure import annual, annual_form, annual_names, reporting
from disclosure.annual_docx import docx
from disclosure.forms.annual import ApproveForm, ChaptersForm, FiguresForm, ReportForm
from disclosure.models.reports import AnnualReport, ReportState
from disclosure.rules import annual as rules
from portal.cases.pages import put_error
from portal.cases.serving import as_attachment
from portal.cases.terms import local_day
from portal.cases.uploads import MEDIA_TYPES
from portal.cases.workflow import Conflict, NotAllowed, Refused
from portal.documents.letters import draft_of
from portal.documents.rendering import RenderingFailed
from portal.organisation.actors_of import actor_of
from portal.organisation.permissions import require_role
from portal.paging import page

READERS = tuple(sorted(rules.READERS))
# What the buttons of the desk say.
BEGIN, FIGURES, TEXTS, APPROVE = "begin", "figures", "texts", "approve"
FORMS: dict[str, type[ReportForm]] = {FIGURES: FiguresForm, TEXTS: ChaptersForm, APPROVE: ApproveForm}


# Everyone's pages -------------------------------------------------------------------------------------------


@require_safe
def report_list(request: HttpRequest) -> HttpResponse:
    """The reports that were approved, the newest year first: one a year, so that there are few."""
    found = AnnualReport.objects.filter(state=ReportState.APPROVED).select_related("document")
    rows = [{"report": each, "title": reporting.title_of(each.year)} for each in found]
    return render(request, "disclosure/annual_reports.html", {"rows": rows})


def _approved(year: int) -> AnnualReport:
    found = AnnualReport.objects.select_related("document")
    return get_object_or_404(found, year=year, state=ReportState.APPROVED)


@require_safe
def report(request: HttpRequest, year: int) -> HttpResponse:
    """All six chapters, with the tables as they were approved."""
    found = _approved(year)
    context = {
        "report": found,
        "title": reporting.title_of(year),
        "chapters": annual_form.chapters(found.figures, found.texts, reporting.tables_of(found), str),
    }
    return render(request, "disclosure/annual_report.html", context)


@require_safe
def word_file(request: HttpRequest, year: int) -> HttpResponseBase:
    """The same as a Word file. An approved report never changes: who has it is not sent it again."""
    found = _approved(year)
    assert found.document is not None
    etag = f'"{found.document.sha256}"'
    response = get_conditional_response(request, etag=etag)
    if response is None:
        name = f"{reporting.title_of(year)}.docx"
        response = as_attachment(docx(found), name=name, media_type=MEDIA_TYPES["docx"])
    response["ETag"] = etag
    patch_cache_control(response, public=True, no_cache=True)
    return response


# The desk ---------------------------------------------------------------------------------------------------


@require_role(*READERS)
@require_safe
@never_cache
def desk_list(request: HttpRequest) -> HttpResponse:
    """The reports there are, and the years of which one may be begun: the last one and this one."""
    found = {each.year: each for each in AnnualReport.objects.select_related("author", "approved_by")}
    this_year = local_day(timezone.now()).year
    years = sorted({*found, this_year, this_year - 1}, reverse=True)
    rows = [{"year": year, "report": found.get(year), "due_on": rules.due_on(year)} for year in years]
    return render(request, "disclosure/annual_desk_list.html", {"rows": rows})


@require_role(*READERS)
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def desk(request: HttpRequest, year: int) -> HttpResponse:
    """A report in the making: its numbers as they are now, what is entered, and what is missing."""
    now = timezone.now()
    try:
        rules.check_year(year, today=local_day(now))
    except Refused:
        raise Http404 from None
    if request.method == "POST":
        return _taken(request, year, now)
    return _drawn(request, year, now)


def _report_of(year: int) -> AnnualReport | None:
    found = AnnualReport.objects.select_related("author", "approved_by", "document")
    return found.filter(year=year).first()


def _taken(request: HttpRequest, year: int, now: datetime) -> HttpResponse:
    """What a button of the desk does; the page again, where it is refused."""
    do, actor = request.POST.get("do", ""), actor_of(request)
    try:
        if do == BEGIN:
            reporting.begin(year, actor=actor, at=now)
            messages.success(request, _("The report is begun."))
            return redirect("disclosure:annual_desk", year)
        found = _report_of(year)
        if found is None or do not in FORMS:
            raise Http404
        form = FORMS[do](found, request.POST)
        if not form.is_valid():
            return _drawn(request, year, now, tried=(do, form), status=400)
    except NotAllowed as refused:
        raise PermissionDenied(str(refused.message)) from None
    except Refused as refused:
        # Somebody else began it at the same moment.
        messages.error(request, str(refused.message))
        return _drawn(request, year, now, status=409)
    return _saved(request, found, do, form, now)


def _saved(
    request: HttpRequest, found: AnnualReport, do: str, form: ReportForm, now: datetime
) -> HttpResponse:
    actor, seen, entered = actor_of(request), form.cleaned_data["seen"], form.entered()
    try:
        if do == APPROVE:
            reporting.approve(found, seen=seen, actor=actor, at=now)
            messages.success(request, _("The report is approved, signed and public."))
        else:
            reporting.write(found, **{do: entered}, seen=seen, actor=actor, at=now)
            messages.success(request, _("Saved."))
    except NotAllowed as refused:
        raise PermissionDenied(str(refused.message)) from None
    except Conflict as refused:
        messages.error(request, str(refused.message))
        kept = request.POST.copy()
        # What was typed stays, beside the report as it is by now.
        kept["seen"] = str(AnnualReport.objects.values_list("version", flat=True).get(pk=found.pk))
        return _drawn(request, found.year, now, tried=(do, FORMS[do](found, kept)), status=409)
    except Refused as refused:
        if do == APPROVE:
            messages.error(request, str(refused.message))
        else:
            put_error(form, refused)
        return _drawn(request, found.year, now, tried=(do, form), status=400)
    return redirect("disclosure:annual_desk", found.year)


def _drawn(
    request: HttpRequest,
    year: int,
    now: datetime,
    *,
    tried: tuple[str, ReportForm] | None = None,
    status: int = 200,
) -> HttpResponse:
    actor, today, found = actor_of(request), local_day(now), _report_of(year)
    tables = reporting.tables_of(found) if found else annual.tables(year)
    is_draft = found is not None and not found.is_approved
    context: dict[str, Any] = {
        "year": year,
        "report": found,
        "title": reporting.title_of(year),
        "due_on": rules.due_on(year),
        "is_late": today > rules.due_on(year),
        "chapters": annual_form.chapters(
            found.figures if found else {}, found.texts if found else {}, tables, str
        ),
        "may_write": actor.has_role(*rules.WRITERS),
        "problems": annual.check(tables),
        "differences": annual.carried_differently(tables, _tables_before(year)),
        "to_write": rules.TO_WRITE,
    }
    if found is not None and is_draft:
        context["obstacles"] = reporting.obstacles(found, tables, today=today)
        context["may_approve"] = rules.may_approve(found.writers, actor)
        context["forms"] = {do: form(found) for do, form in FORMS.items()} | dict([tried] if tried else [])
    return render(request, "disclosure/annual_desk.html", context, status=status)


def _tables_before(year: int) -> annual.Tables | None:
    """Those that were approved a year before."""
    before = AnnualReport.objects.filter(year=year - 1, state=ReportState.APPROVED)
    kept = before.values_list("tables", flat=True).first()
    return annual.Tables.of(year - 1, kept) if kept is not None else None


@require_role(*READERS)
@require_safe
@never_cache
def preview(request: HttpRequest, year: int) -> HttpResponse:
    """The document as it would be, without number and signature. Nothing is written."""
    found = get_object_or_404(AnnualReport, year=year, state=ReportState.DRAFT)
    values = reporting.values_of(found, reporting.tables_of(found))
    title = reporting.title_of(year)
    try:
        pdf = draft_of(reporting.KIND.code, values, title=title, at=timezone.now())
    except RenderingFailed as failed:
        messages.error(request, _("The document cannot be typeset: %(why)s") % {"why": failed})
        return redirect("disclosure:annual_desk", year)
    response = HttpResponse(pdf, content_type=MEDIA_TYPES["pdf"])
    name = content_disposition_header(as_attachment=False, filename=f"{title}.pdf")
    response["Content-Disposition"] = name or "inline"
    return response


# The cases behind a number ----------------------------------------------------------------------------------


@require_role(*READERS)
@require_safe
@never_cache
def cases(request: HttpRequest, year: int, row: str, column: str) -> HttpResponse:
    """The requests that a number of table 3 counts."""
    try:
        found = annual.cases_of(year, row, column)
    except KeyError:
        raise Http404 from None
    shown = page(found, by="opened_at", query=request.GET)
    context = {
        "year": year,
        "page": shown,
        "requests": shown.rows,
        "row": annual_names.ROWS[row],
        "column": annual_names.COLUMNS[column],
    }
    return render(request, "disclosure/annual_cases.html", context)


@require_role(*READERS)
@require_safe
@never_cache
def remedies(request: HttpRequest, year: int, row: str, column: str) -> HttpResponse:
    """The requests whose remedies a number of table 4 counts: few, and one with two stands there twice."""
    try:
        found = annual.remedies_of(year, row, column).select_related("request")
    except KeyError:
        raise Http404 from None
    context = {
        "year": year,
        "requests": [each.request for each in found],
        "row": annual_names.REMEDIES[row],
        "column": annual_names.REMEDY_RESULTS[column],
    }
    return render(request, "disclosure/annual_cases.html", context)
