"""The desk: write a pledge, clause by clause or out of a file, and take it through review to publication."""

from __future__ import annotations

import re
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from pledges import actions, keeping, workflow
from pledges.actions import measure_in_chinese
from pledges.filters import VersionFilter
from pledges.forms import (
    CLAUSES_SHOWN,
    Clauses,
    DraftForm,
    ImportForm,
    VersionStepForm,
    clause_rows,
    moved_to,
    put_promise_error,
)
from pledges.importing import Imported, NotReadable, read_text, read_upload
from pledges.models import Pledge, PledgeVersion
from pledges.published import compared, promised
from pledges.registration import WORK_ON_PLEDGES
from pledges.steps import check_version_is_for, take_version_step
from pledges.wording import standing, version_history
from portal.cases.pages import UnderWay, opened_once, put_error
from portal.cases.step_forms import about_now, onward_first
from portal.cases.terms import local_day
from portal.cases.workflow import Conflict, NotAllowed, Refused
from portal.documents.rendering import RenderingFailed
from portal.ledger.models import Event
from portal.organisation import second_factor
from portal.organisation.actors import Actor
from portal.organisation.actors_of import actor_of
from portal.organisation.models import Staff
from portal.organisation.permissions import require_role
from portal.paging import page

WRITERS = tuple(sorted(workflow.WRITERS))
READERS = tuple(sorted(WORK_ON_PLEDGES))
# What a button of the text's form says; everything else saves.
ADD = "add"
PLACE = re.compile(r"[0-9]{1,3}")


@require_role(*READERS)
@require_safe
@never_cache
def desk(request: HttpRequest) -> HttpResponse:
    """Every version that the reader may see, drafts too; what was changed last stands on top."""
    actor, today = actor_of(request), local_day(timezone.now())
    seen = PledgeVersion.objects.at_the_desk_of(actor).for_list()
    found = VersionFilter(request.GET, seen, request=request)
    valid = found.is_valid()
    listed = page(found.qs if valid else seen.none(), by="written_at", query=request.GET)
    context = {
        "filter": found,
        "page": listed,
        "rows": [{"version": each, "standing": standing(each, today)} for each in listed.rows],
        "is_filtered": any(request.GET.get(name) for name in ("q", "state", "unit")),
        "may_write": actor.has_role(*workflow.WRITERS),
    }
    return render(request, "pledges/desk.html", context, status=200 if valid else 400)


def _version_or_404(request: HttpRequest, pk: int) -> PledgeVersion:
    return get_object_or_404(PledgeVersion.objects.at_the_desk_of(actor_of(request)).for_list(), pk=pk)


# Writing ----------------------------------------------------------------------------------------------------


@require_role(*WRITERS)
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def new(request: HttpRequest) -> HttpResponse:
    """A new pledge of a unit. Nothing is written before it is saved."""
    actor = actor_of(request)
    if request.method != "POST":
        return _text_page(request, DraftForm(actor=actor), _clauses(blank=CLAUSES_SHOWN))
    form, clauses = DraftForm(request.POST, actor=actor), Clauses(request.POST, prefix="clauses")
    if request.POST.get("do") == ADD:
        return _one_more(request, DraftForm(initial=_typed(request), actor=actor))
    return _save(
        request,
        form,
        clauses,
        lambda draft: actions.begin(form.cleaned_data["unit"], draft, actor=actor, at=timezone.now()),
    )


@require_role(*WRITERS)
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def next_version(request: HttpRequest, pk: int) -> HttpResponse:
    """The next version of a pledge, begun with the text of the last."""
    actor = actor_of(request)
    pledge = get_object_or_404(Pledge.objects.select_related("unit"), pk=pk)
    last = PledgeVersion.objects.at_the_desk_of(actor).filter(pledge=pledge).order_by("-number").first()
    if last is None:
        raise Http404
    if not workflow.may_write_for(actor, pledge.unit_id):
        raise PermissionDenied(_("You may write pledges of your own unit only."))
    begun = {"last": last, "in_force": pledge.in_force}
    if request.method != "POST":
        # From when it holds is to be said anew.
        initial = _as_typed(last) | {"valid_from": None}
        form = DraftForm(initial=initial, actor=actor, unit=pledge.unit)
        return _text_page(
            request, form, _clauses(clause_rows(last.clauses.all())), last=last, in_force=pledge.in_force
        )
    if request.POST.get("do") == ADD:
        return _one_more(request, DraftForm(initial=_typed(request), actor=actor, unit=pledge.unit), **begun)
    form = DraftForm(request.POST, actor=actor, unit=pledge.unit)
    return _save(
        request,
        form,
        Clauses(request.POST, prefix="clauses"),
        lambda draft: actions.begin_next(pledge, draft, actor=actor, at=timezone.now()),
        **begun,
    )


@require_role(*WRITERS)
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def change(request: HttpRequest, pk: int) -> HttpResponse:
    """The text of a draft, to be written anew."""
    found, actor = _version_or_404(request, pk), actor_of(request)
    rule = workflow.VERSION_WORKFLOW.transition("change")
    try:
        actions.check(found, rule, actor=actor, at=timezone.now())
    except NotAllowed as refused:
        raise PermissionDenied(str(refused.message)) from None
    except Refused as refused:
        messages.error(request, str(refused.message))
        return redirect("pledges:version_desk", pk)
    unit = found.pledge.unit
    if request.method != "POST":
        form = DraftForm(initial=_as_typed(found) | {"seen": found.version}, actor=actor, unit=unit)
        return _text_page(request, form, _clauses(clause_rows(found.clauses.all())), changed=found)
    if request.POST.get("do") == ADD:
        return _one_more(request, DraftForm(initial=_typed(request), actor=actor, unit=unit), changed=found)
    form = DraftForm(request.POST, actor=actor, unit=unit)
    return _save(
        request,
        form,
        Clauses(request.POST, prefix="clauses"),
        lambda draft: actions.change(
            found, draft, actor=actor, at=timezone.now(), seen=form.cleaned_data["seen"]
        ),
        changed=found,
    )


def _as_typed(version: PledgeVersion) -> dict[str, Any]:
    names = ("title", "preamble", "closing", "phone", "fax", "email", "valid_from", "valid_until")
    return {name: getattr(version, name) for name in names}


def _typed(request: HttpRequest) -> dict[str, Any]:
    return {name: value for name, value in request.POST.items() if not name.startswith("clauses-")}


def _clauses(rows: list[dict[str, Any]] | None = None, *, blank: int = 1) -> Any:
    """The clauses' forms, numbered, with some empty ones behind them."""
    shown = [*(rows or []), *({} for _each in range(blank))][: workflow.MOST_CLAUSES]
    made = Clauses(
        initial=[{**row, "ORDER": number} for number, row in enumerate(shown, 1)], prefix="clauses"
    )
    for number, form in enumerate(made.forms, 1):
        form.initial.setdefault("ORDER", number)
        form.fields["ORDER"].initial = number
    return made


def _one_more(request: HttpRequest, form: DraftForm, **context: Any) -> HttpResponse:
    """The page as it was typed, with one row more; nothing is checked yet, so nothing is lost."""
    typed = Clauses(request.POST, prefix="clauses")
    count = min(typed.total_form_count(), workflow.MOST_CLAUSES)
    names = ("text", "measure", "days", "target", "ORDER")
    rows = [
        {name: request.POST.get(f"clauses-{index}-{name}", "") for name in names} for index in range(count)
    ]
    places = [int(row["ORDER"]) if PLACE.fullmatch(row["ORDER"]) else None for row in rows]
    order = sorted(range(count), key=lambda index: moved_to(index + 1, places[index]))
    rows = [rows[index] for index in order]
    return _text_page(request, form, _clauses([{**row, "ORDER": ""} for row in rows]), **context)


def _text_page(
    request: HttpRequest, form: DraftForm, clauses: Any, *, status: int = 200, **context: Any
) -> HttpResponse:
    return render(request, "pledges/text.html", {"form": form, "clauses": clauses, **context}, status=status)


def _save(request: HttpRequest, form: DraftForm, clauses: Any, write: Any, **context: Any) -> HttpResponse:
    """Save the text by `write(draft)`; what is wrong is said at its field, and nothing is written."""
    # Both are checked, so that everything that is wrong is said at once.
    if not all([form.is_valid(), clauses.is_valid()]):
        return _text_page(request, form, clauses, status=400, **context)
    rows = clauses.rows()
    draft = form.draft(promise for _form, promise in rows)
    try:
        pk = int(opened_once(form, lambda: str(write(draft).pk)))
    except UnderWay:
        form.add_error(None, _("This pledge is being saved already. Please wait a moment."))
        return _text_page(request, form, clauses, status=409, **context)
    except NotAllowed as refused:
        raise PermissionDenied(str(refused.message)) from None
    except Refused as refused:
        if not put_promise_error(rows, refused.field or "", str(refused.message)):
            put_error(form, refused)
        conflict = isinstance(refused, Conflict)
        if conflict and "changed" in context:
            # Sent once more, it is about the draft as it stands now.
            about_now(form, _version_or_404(request, context["changed"].pk).version)
        return _text_page(request, form, clauses, status=409 if conflict else 400, **context)
    messages.success(request, _("The draft is saved."))
    return redirect("pledges:version_desk", pk)


# From a file ------------------------------------------------------------------------------------------------


@require_role(*WRITERS)
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def bring_in(request: HttpRequest) -> HttpResponse:
    """An existing pledge out of a file: its parts stand in the form, to be looked at; nothing is written."""
    if request.method != "POST":
        return render(request, "pledges/import.html", {"form": ImportForm()})
    form = ImportForm(request.POST, request.FILES)
    found: Imported | None = None
    if form.is_valid():
        file = form.cleaned_data["file"]
        try:
            if file:
                found = read_upload(file, name=file.name, size=file.size)
            else:
                found = read_text(form.cleaned_data["pasted"])
        except NotReadable as refused:
            form.add_error("file" if file else "pasted", str(refused))
    if found is None:
        return render(request, "pledges/import.html", {"form": form}, status=400)
    initial = {
        "title": found.title,
        "preamble": "\n".join(found.preamble),
        "closing": "\n".join(found.closing),
        "phone": found.phone,
        "fax": found.fax,
        "email": found.email,
    }
    text = DraftForm(initial=initial, actor=actor_of(request))
    rows = [{"text": each} for each in found.clauses]
    return _text_page(request, text, _clauses(rows, blank=0), imported=found)


# One version, and its steps ---------------------------------------------------------------------------------


@require_role(*READERS)
@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters("code")
@never_cache
def version(request: HttpRequest, pk: int) -> HttpResponse:
    """All of a version. A step is sent back here, with the version's count of changes that was looked at."""
    found = _version_or_404(request, pk)
    return _take(request, found) if request.method == "POST" else _drawn(request, found)


@require_role(*READERS)
@require_safe
@never_cache
def preview(request: HttpRequest, pk: int) -> HttpResponse:
    """The paper as it would be, without number, code and signature: the signer sees what will be signed."""
    found = _version_or_404(request, pk)
    if found.document is not None:
        return redirect("verify:file", found.document.check_code)
    try:
        pdf = actions.preview(found, at=timezone.now())
    except RenderingFailed as failed:
        return _drawn(request, found, sentence=str(failed), status=400)
    response = HttpResponse(pdf, content_type="application/pdf")
    name = content_disposition_header(as_attachment=False, filename=f"{found.title}（样稿）.pdf")
    response["Content-Disposition"] = name or "inline"
    return response


def _steps(found: PledgeVersion, request: HttpRequest) -> list[VersionStepForm]:
    rules = actions.allowed(found, actor=actor_of(request), at=timezone.now())
    return onward_first(VersionStepForm(rule, found) for rule in rules if rule.name != "change")


def _drawn(
    request: HttpRequest,
    found: PledgeVersion,
    *,
    tried: VersionStepForm | None = None,
    sentence: str = "",
    status: int = 200,
) -> HttpResponse:
    actor, now = actor_of(request), timezone.now()
    clauses = list(found.clauses.all())
    in_force = found.pledge.in_force
    changes = None
    if in_force is not None and in_force.number < found.number:
        changes = compared(_promises(in_force), _promises(found))
    forms = {form.step.name: form for form in _steps(found, request)}
    lost: list[tuple[str, str]] = []
    if tried is not None and tried.step.name in forms:
        # Sent once more, it is about the version as it stands now.
        about_now(tried, found.version)
        forms[tried.step.name] = tried
    elif tried is not None:
        lost = tried.typed_texts()
    kept = keeping.by_clause(found)
    can_change = any(rule.name == "change" for rule in actions.allowed(found, actor=actor, at=now))
    events = Event.objects.of(found.pledge.subject).filter(data__version=found.number)
    context = {
        "version": found,
        "standing": standing(found, local_day(now)),
        "rows": [{"clause": each, "kept": kept.get(each.position)} for each in clauses],
        "writers": Staff.objects.filter(pk__in=found.writers).order_by("pk"),
        "in_force": in_force,
        "changes": changes,
        "forms": list(forms.values()),
        "tried": tried,
        "lost": lost,
        "sentence": sentence,
        "can_change": can_change,
        "may_begin_next": _may_begin_next(found, actor),
        "entries": version_history(list(events)),
        "needs_factor": "sign" in forms and not second_factor.enrolled(request.user),  # type: ignore[arg-type]
        "account_url": reverse("mfa_index"),
    }
    return render(request, "pledges/version.html", context, status=status)


def _promises(version: PledgeVersion) -> list[str]:
    return [promised(each.text, measure_in_chinese(each)) for each in version.clauses.all()]


def _may_begin_next(found: PledgeVersion, actor: Actor) -> bool:
    """The last version is over or in force, and nobody writes the next one yet."""
    last = found.pledge.versions.order_by("-number").values_list("pk", flat=True).first()
    ended = found.state in (workflow.PUBLISHED, workflow.WITHDRAWN)
    return last == found.pk and ended and workflow.may_write_for(actor, found.pledge.unit_id)


def _take(request: HttpRequest, found: PledgeVersion) -> HttpResponse:
    actor, at = actor_of(request), timezone.now()
    try:
        rule = workflow.VERSION_WORKFLOW.transition(request.POST.get("step", ""))
        check_version_is_for(found, rule, actor=actor, at=at)
    except NotAllowed as refused:
        raise PermissionDenied(str(refused.message)) from None
    except Refused as refused:
        return _drawn(request, found, sentence=str(refused.message), status=400)
    form = VersionStepForm(rule, found, request.POST)
    if not form.is_valid():
        return _drawn(request, found, tried=form, status=400)
    try:
        take_version_step(found, rule, actor=actor, at=at, **form.cleaned_data)
    except NotAllowed as refused:
        raise PermissionDenied(str(refused.message)) from None
    except Conflict as refused:
        # Read anew: the page shows what the other person made of it.
        now = _version_or_404(request, found.pk)
        return _drawn(request, now, tried=form, sentence=str(refused.message), status=409)
    except Refused as refused:
        put_error(form, refused)
        return _drawn(request, found, tried=form, sentence=form_sentence(form), status=400)
    messages.success(request, _("Done: %(step)s.") % {"step": rule.label})
    return redirect("pledges:version_desk", found.pk)


def form_sentence(form: VersionStepForm) -> str:
    """What is about no field: it is said above, as the step may be none of this page's any more."""
    return " ".join(str(sentence) for sentence in form.non_field_errors())
