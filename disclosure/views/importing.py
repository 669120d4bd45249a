"""Many texts from a spreadsheet: what is wrong is told by row before anything is kept; else it is a draft."""

from __future__ import annotations

from dataclasses import replace

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from disclosure import importing, publishing
from disclosure.forms.publications import ImportForm
from disclosure.rules import publication as rules
from portal.cases.pages import UnderWay, opened_once, put_error
from portal.cases.serving import as_attachment
from portal.cases.terms import local_day
from portal.cases.uploads import MEDIA_TYPES
from portal.cases.workflow import NotAllowed, Refused
from portal.organisation.actors import Actor
from portal.organisation.actors_of import actor_of
from portal.organisation.permissions import require_role

AUTHORS = tuple(sorted(rules.AUTHORS))


@require_role(*AUTHORS)
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def bring(request: HttpRequest) -> HttpResponse:
    """A spreadsheet becomes one publication with all its texts, or nothing, with every reason by its row."""
    if request.method != "POST":
        return _draw(request, ImportForm())
    form, actor, at = ImportForm(request.POST, request.FILES), actor_of(request), timezone.now()
    if not form.is_valid():
        return _draw(request, form, status=400)
    file, given = form.cleaned_data["file"], form.cleaned_data
    try:
        sheet = importing.read(file.read(), name=file.name or "", today=local_day(at))
    except Refused as refused:
        put_error(form, refused)
        return _draw(request, form, status=400)
    sheet = _for_own_unit(sheet, actor)
    if sheet.errors:
        return _draw(request, form, sheet, status=400)
    status = 400

    def opens() -> str:
        made = publishing.draft(
            [text_of(row) for row in sheet.rows],
            occasion=given["occasion"],
            third_party=given["third_party"],
            needs_approval=given["needs_approval"],
            actor=actor,
            at=at,
        )
        return made.number

    try:
        number = opened_once(form, opens, actor=actor)
    except NotAllowed as refused:
        raise PermissionDenied(str(refused.message)) from None
    except Refused as refused:
        put_error(form, refused)
    except UnderWay:
        form.add_error(None, _("This is being saved already. You find it in the list."))
        status = 409
    else:
        sentence = _("%(count)s texts are kept as a draft: %(number)s.")
        messages.success(request, sentence % {"count": len(sheet.rows), "number": number})
        return redirect("disclosure:publication", number)
    return _draw(request, form, status=status)


def _for_own_unit(sheet: importing.Sheet, actor: Actor) -> importing.Sheet:
    """What a unit's author may not write is told by row as well, before anything is kept."""
    if actor.has_role(*rules.OFFICER):
        return sheet
    column, sentence = _("Issuing unit"), _("You write for your own unit.")
    others = [row for row in sheet.rows if row.unit.pk not in actor.unit_ids]
    wrong = [importing.RowError(row.number, column, sentence) for row in others]
    if not wrong:
        return sheet
    most = importing.MOST_ERRORS
    return replace(sheet, rows=[], errors=wrong[:most], more_errors=max(0, len(wrong) - most))


def text_of(row: importing.Row) -> publishing.Text:
    """A row of a spreadsheet as the verbs take a text."""
    names = publishing.WRITTEN
    return publishing.Text(**{name: getattr(row, name) for name in names})


def _draw(
    request: HttpRequest, form: ImportForm, sheet: importing.Sheet | None = None, status: int = 200
) -> HttpResponse:
    context = {"form": form, "sheet": sheet}
    return render(request, "disclosure/publication_import.html", context, status=status)


@require_role(*AUTHORS)
@require_safe
@never_cache
def template(request: HttpRequest) -> HttpResponse:
    """A spreadsheet to be filled in, with the names of categories, themes and units."""
    name = _("Catalogue to be filled in") + ".xlsx"
    return as_attachment(importing.template_workbook(), name=name, media_type=MEDIA_TYPES["xlsx"])
