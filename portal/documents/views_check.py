"""The check page, open to everybody: what a file is worth, and what the register says of a document."""

from __future__ import annotations

import logging
from typing import Any

from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
    JsonResponse,
)
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import add_never_cache_headers, get_conditional_response, patch_cache_control
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods, require_safe
from rest_framework.throttling import SimpleRateThrottle

from portal.cases.terms import local_day
from portal.documents import wording_check as wording
from portal.documents.actions import Tampered, document_bytes
from portal.documents.checking import Finding, TooBusy, Verdict, check_upload
from portal.documents.forms_check import QuestionForm, UploadForm, too_large
from portal.documents.models import Document
from portal.documents.signing import authority
from portal.documents.signing.signer import SigningFailed
from portal.ledger.actions import receipt
from portal.organisation.actors_of import actor_of

logger = logging.getLogger(__name__)

BUSY_SECONDS = 60
# A reader of PDFs may draw it and nothing else: no script, no form, nothing from elsewhere.
PDF_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; object-src 'self'; frame-ancestors 'none'; sandbox"
)


class _Limit(SimpleRateThrottle):
    """So many of one kind for each address of a visitor."""

    def get_cache_key(self, request: Any, view: Any) -> str:
        return self.cache_format % {"scope": self.scope, "ident": self.get_ident(request)}


class Uploads(_Limit):
    """Each costs half a second of a processor."""

    scope, rate = "check_upload", "30/min"


class Questions(_Limit):
    """Numbers follow one another: nobody shall walk through them."""

    scope, rate = "check_question", "30/min"


def _is_throttled(request: HttpRequest, limit: type[_Limit]) -> bool:
    return not limit().allow_request(request, None)  # type: ignore[arg-type]


# A file, or a question ---------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@csrf_exempt
@never_cache
def check(request: HttpRequest) -> HttpResponseBase:
    """The page, the answer about a file (POST `file`), or the way to the document that is asked for (?q=).

    A program asks for JSON, or says nothing of HTML, and has no form to take a token from: nothing is changed
    here, so that nobody's session can be misused. What a browser sends must come from our own form.
    """
    if request.method == "POST":
        browser = "text/html" in request.headers.get("Accept", "")
        return _check_from_form(request) if browser else _check_file(request)
    if "q" in request.GET:
        return _answer_question(request)
    return _page(request)


@csrf_protect
def _check_from_form(request: HttpRequest) -> HttpResponse:
    return _check_file(request)


def _check_file(request: HttpRequest) -> HttpResponse:
    as_json = request.get_preferred_type(["text/html", "application/json"]) == "application/json"
    if _is_throttled(request, Uploads):
        if as_json:
            return JsonResponse({"detail": _("Too many attempts")}, status=429)
        return render(request, "429.html", status=429)
    form, at = UploadForm(request.POST, request.FILES), timezone.now()
    found = None
    if form.is_valid():
        file = form.cleaned_data["file"]
        try:
            found = check_upload(file, size=file.size, at=at)
        except TooBusy:
            form.add_error("file", _("Many people are checking right now. Please try again in a minute."))
            return _refused(request, form, as_json, status=503)
        if found.verdict is Verdict.TOO_LARGE:
            form.add_error("file", too_large())
            found = None
    if found is None:
        return _refused(request, form, as_json, status=400)
    about = _about(found.document, request) if found.document else {}
    words = wording.of_finding(found, may_read=about.get("may_read", False))
    if as_json:
        return JsonResponse(_for_programs(found, words))
    signatures = wording.of_signatures(found)
    context = {"found": found, "words": words, "signatures": signatures, "checked_at": at, **about}
    return render(request, "documents/checked.html", context)


def _refused(request: HttpRequest, form: UploadForm, as_json: bool, *, status: int) -> HttpResponse:
    if as_json:
        response: HttpResponse = JsonResponse(form.errors, status=status)
    else:
        response = _page(request, upload=form, status=status)
    if status == 503:
        response["Retry-After"] = str(BUSY_SECONDS)
    return response


def _answer_question(request: HttpRequest) -> HttpResponse:
    if _is_throttled(request, Questions):
        return render(request, "429.html", status=429)
    form = QuestionForm(request.GET)
    if form.is_valid():
        assert form.found is not None
        return redirect("verify:document", form.found.check_code)
    return _page(request, question=form, status=404 if form.has_error("q", "unknown") else 400)


def _page(
    request: HttpRequest,
    *,
    upload: UploadForm | None = None,
    question: QuestionForm | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {"upload": upload or UploadForm(), "question": question or QuestionForm()}
    return render(request, "documents/check.html", context, status=status)


def _for_programs(found: Finding, words: wording.Words) -> dict[str, Any]:
    """The answer as data: verdicts and times as codes and ISO 8601, sentences in the visitor's language."""
    document = found.document
    return {
        "verdict": found.verdict.value,
        "why": found.why.value,
        "sentence": f"{words.title} {words.sentence}",
        "sha256": found.sha256,
        "signer": found.signer,
        "signed_at": found.signed_at.isoformat() if found.signed_at else None,
        "timestamp_ok": found.timestamp_ok,
        "changed_since": found.changed_since,
        "signatures": [
            {
                "signer": each.signer,
                "ours": each.is_ours,
                "intact": each.intact,
                "whole_file": each.covers_file,
                "signed_at": each.signed_at.isoformat() if each.signed_at else None,
                "timestamp_ok": each.stamped_at is not None,
            }
            for each in found.signatures
        ],
        "document": document
        and {
            "number": document.number,
            "check_code": document.shown_code,
            "is_original": found.is_original,
            "standing": found.standing and found.standing.value,
            "url": reverse("verify:document", args=[document.check_code]),
        },
    }


# The register ------------------------------------------------------------------------------------------


@require_safe
@never_cache
def document(request: HttpRequest, code: str) -> HttpResponseBase:
    """What the register says of a document: of one that is not public, whether it is genuine and holds."""
    address = reverse("verify:document", args=[code])
    if request.path != address:
        return HttpResponseRedirect(address)
    found = Document.objects.select_related("replaced_by").filter(check_code=code).first()
    if found is None:
        if _is_throttled(request, Questions):
            return render(request, "429.html", status=429)
        form = QuestionForm({"q": code})
        form.is_valid()
        return _page(request, question=form, status=404)
    return render(request, "documents/document.html", _about(found, request))


def _about(found: Document, request: HttpRequest) -> dict[str, Any]:
    standing, may_read = found.standing(local_day(timezone.now())), _may_read(found, request)
    return {
        "document": found,
        "standing": standing,
        "standing_words": wording.of_standing(found, standing, may_read=may_read),
        "may_read": may_read,
    }


def _may_read(found: Document, request: HttpRequest) -> bool:
    if found.is_public:
        return True
    actor = actor_of(request)
    return actor.is_staff and Document.objects.visible_to(actor).filter(pk=found.pk).exists()


@require_safe
def file(request: HttpRequest, code: str) -> HttpResponseBase:
    """The signed file, byte for byte: of a public document to anyone, of another to those who may see it."""
    found = get_object_or_404(Document.objects.visible_to(actor_of(request)), check_code=code)
    etag = f'"{found.sha256}"'
    # What the visitor has already is not read again from storage.
    response = get_conditional_response(request, etag=etag)
    if response is None:
        try:
            data = document_bytes(found)
        except Tampered:
            logger.critical("The file of document %s is gone or was changed in storage.", found.number)
            sentence = _("This file is not the one that was signed. The bureau has been told.")
            response = render(request, "500.html", {"sentence": sentence}, status=500)
            add_never_cache_headers(response)
            return response
        response = HttpResponse(data, content_type="application/pdf")
        name = content_disposition_header(as_attachment=False, filename=f"{found.number}.pdf")
        response["Content-Disposition"] = name or "inline"
    response["ETag"] = etag
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = PDF_POLICY
    if found.is_public:
        # Asked again each time, since a document may cease to be public.
        patch_cache_control(response, public=True, no_cache=True)
    else:
        add_never_cache_headers(response)
    return response


@require_safe
@never_cache
def receipt_of(request: HttpRequest, code: str) -> JsonResponse:
    """What the ledger knows of a document, without names, to be checked offline."""
    found = get_object_or_404(Document, check_code=code)
    response = JsonResponse(receipt(found.subject), json_dumps_params={"ensure_ascii": False, "indent": 1})
    response["Content-Disposition"] = f'attachment; filename="receipt-{found.check_code}.json"'
    return response


@require_safe
def ca(request: HttpRequest) -> HttpResponse:
    """The certificate under which the bureau's signatures are believed, for the visitor's own reader."""
    try:
        data = authority.ca_pem()
    except SigningFailed:
        raise Http404 from None
    return HttpResponse(
        data,
        content_type="application/x-pem-file",
        headers={"Content-Disposition": 'attachment; filename="ca.pem"', "X-Content-Type-Options": "nosniff"},
    )
