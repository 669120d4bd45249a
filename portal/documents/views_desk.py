"""The desk of documents: the list, a document with its history, its revocation, and a new letter."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from portal.cases.models import Case
from portal.cases.pages import UnderWay, opened_once, put_error
from portal.cases.terms import local_day
from portal.cases.workflow import NotAllowed, Refused
from portal.documents import actions, kinds, letters, wording_desk
from portal.documents.filters import DocumentFilter
from portal.documents.forms import LetterForm, RevokeForm
from portal.documents.models import Document, Standing
from portal.documents.registration import LETTER
from portal.documents.rendering import RenderingFailed
from portal.ledger.models import Event
from portal.organisation.actors_of import actor_of
from portal.organisation.permissions import require_role
from portal.paging import page

# What the buttons of a letter say.
PREVIEW, DRAFT, ISSUE, CHANGE = "preview", "draft", "issue", "change"
WRITERS = tuple(sorted(LETTER.issued_by))
TYPED = ("title", "addressee", "text", "attachments", "contact")


@require_role()
@require_safe
@never_cache
def document_list(request: HttpRequest) -> HttpResponse:
    """The documents that the reader may see, newest first."""
    actor, today = actor_of(request), local_day(timezone.now())
    narrowed = DocumentFilter(request.GET, Document.objects.visible_to(actor), request=request, today=today)
    valid = narrowed.is_valid()
    shown = page(narrowed.qs, by="made_at", query=request.GET) if valid else None
    context = {
        "filter": narrowed,
        "page": shown,
        "rows": wording_desk.rows(shown.rows, today) if shown else [],
        "is_filtered": any(request.GET.get(name) for name in narrowed.form.fields),
        "may_write": actor.has_role(*WRITERS),
        "sees_batches": actor.has_role(*LETTER.seen_by),
    }
    return render(request, "documents/desk_list.html", context, status=200 if valid else 400)


# One document -----------------------------------------------------------------------------------------------


def _document_or_404(request: HttpRequest, code: str) -> Document:
    """A document that does not exist and one that is not the reader's to see look alike."""
    found = (
        Document.objects.visible_to(actor_of(request))
        .select_related("case", "replaced_by", "batch_item__batch")
        .filter(check_code=code)
        .first()
    )
    if found is None:
        raise Http404
    return found


@require_role()
@require_safe
@never_cache
def document(request: HttpRequest, code: str) -> HttpResponse:
    return _drawn(request, _document_or_404(request, code))


def _drawn(
    request: HttpRequest, found: Document, *, form: RevokeForm | None = None, status: int = 200
) -> HttpResponse:
    actor, today = actor_of(request), local_day(timezone.now())
    others = [found.replaced_by_id] if found.replaced_by_id else []
    seen = Document.objects.visible_to(actor)
    case = found.case
    if case is not None and not Case.objects.visible_to(actor).filter(pk=case.pk).exists():
        # A public document is read by those as well who may not see its case.
        case = None
    item = getattr(found, "batch_item", None)
    context = {
        "document": found,
        "standing": wording_desk.rows([found], today)[0].standing,
        "is_suspended": found.standing(today) is Standing.SUSPENDED,
        "case": case,
        "case_url": wording_desk.case_url(case),
        "replaced_by_seen": bool(others) and seen.filter(pk__in=others).exists(),
        "replaces": list(seen.filter(replaced_by=found).order_by("pk")),
        "batch": item.batch if item and actor.has_role(*LETTER.seen_by) else None,
        "entries": wording_desk.history(list(Event.objects.of(found.subject))),
        "form": (form or RevokeForm()) if not found.ended and _may_revoke(request, found) else None,
    }
    return render(request, "documents/desk_document.html", context, status=status)


def _may_revoke(request: HttpRequest, found: Document) -> bool:
    return actor_of(request).has_role(*kinds.named(found.kind).issued_by)


@require_role()
@require_POST
@never_cache
def revoke(request: HttpRequest, code: str) -> HttpResponse:
    """End a document before its time."""
    found = _document_or_404(request, code)
    if not _may_revoke(request, found):
        raise PermissionDenied(_("Your role may not revoke documents of this kind."))
    form = RevokeForm(request.POST)
    if not form.is_valid():
        return _drawn(request, found, form=form, status=400)
    try:
        actions.revoke(found, reason=form.cleaned_data["reason"], actor=actor_of(request), at=timezone.now())
    except NotAllowed as refused:
        raise PermissionDenied(str(refused.message)) from None
    except Refused as refused:
        if refused.field in form.fields:
            put_error(form, refused)
            return _drawn(request, found, form=form, status=400)
        # Somebody else was first: the page shows what became of it.
        messages.error(request, str(refused.message))
        return _drawn(request, _document_or_404(request, code), status=409)
    messages.success(request, _("The document is revoked. Its check page says so from now on."))
    return redirect("documents:document", code=code)


# A letter ---------------------------------------------------------------------------------------------------


@require_role(*WRITERS)
@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters(*TYPED)
@never_cache
def new_letter(request: HttpRequest) -> HttpResponse:
    """Write a letter, look at it as it would be, issue it. Before the last of these nothing is written."""
    today = local_day(timezone.now())
    do = request.POST.get("do", PREVIEW)
    if request.method != "POST":
        return _letter_form(request, LetterForm(today=today))
    if do == CHANGE:
        return _letter_form(request, LetterForm(initial=request.POST.dict(), today=today))
    form = LetterForm(request.POST, today=today)
    if not form.is_valid():
        return _letter_form(request, form, status=400)
    if do == ISSUE:
        return _issue(request, form)
    if do == DRAFT:
        return _draft(request, form)
    return _letter_preview(request, form)


def _letter_form(request: HttpRequest, form: LetterForm, *, status: int = 200) -> HttpResponse:
    return render(request, "documents/desk_letter.html", {"form": form}, status=status)


def _letter_preview(request: HttpRequest, form: LetterForm, *, status: int = 200) -> HttpResponse:
    letter = form.letter()
    context: dict[str, Any] = {
        "form": form,
        "letter": letter,
        "paragraphs": letter.paragraphs,
        "valid": (form.cleaned_data["valid_from"], form.cleaned_data["valid_until"]),
    }
    return render(request, "documents/desk_letter_preview.html", context, status=status)


def _draft(request: HttpRequest, form: LetterForm) -> HttpResponse:
    try:
        pdf = letters.draft(form.letter(), at=timezone.now())
    except RenderingFailed as failed:
        form.add_error(None, str(failed))
        return _letter_form(request, form, status=400)
    response = HttpResponse(pdf, content_type="application/pdf")
    name = content_disposition_header(as_attachment=False, filename=letters.file_name())
    response["Content-Disposition"] = name or "inline"
    return response


def _issue(request: HttpRequest, form: LetterForm) -> HttpResponse:
    actor, at = actor_of(request), timezone.now()

    def make() -> str:
        return actions.issue_by_hand(LETTER.code, actor=actor, at=at, **form.as_issued()).check_code

    try:
        code = opened_once(form, make, content=form.content(), actor=actor)
    except UnderWay:
        form.add_error(None, _("This letter is being issued already. You find it in the list of documents."))
        return _letter_preview(request, form, status=409)
    except NotAllowed as refused:
        raise PermissionDenied(str(refused.message)) from None
    except Refused as refused:
        put_error(form, refused)
        return _letter_form(request, form, status=400)
    messages.success(request, _("The letter is issued and signed."))
    return redirect("documents:document", code=code)
